//! Which dots a shape covers: rows of a filled path, rows of a thick line. Dots count by their middle, without smoothing.

use hayro::kurbo::{BezPath, PathEl, Point, Rect, flatten};

/// Edges of one path that are looked at, each once for every row it crosses. A map of a city has less; what is beyond is left
/// out, and those dots keep the class below.
const MAX_CROSSINGS: usize = 400_000;

/// The dots `from..to` of row `y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) y: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Span {
    /// The part within `clip`, if there is any.
    pub(super) fn within(&self, clip: Rect) -> Option<(usize, usize)> {
        // Casts saturate at zero.
        let inside = self.y >= clip.y0.floor() as usize && self.y < clip.y1.ceil() as usize;
        let (from, to) = (self.from.max(clip.x0.floor() as usize), self.to.min(clip.x1.ceil() as usize));
        (inside && from < to).then_some((from, to))
    }
}

/// The dots inside `path` within `visible`.
pub(super) fn fill(path: &BezPath, even_odd: bool, visible: Rect) -> Vec<Span> {
    // Row, place, and direction of each crossing of an edge with the middle line of a row.
    let mut crossings: Vec<(usize, f64, i32)> = Vec::new();
    lines(path, true, |from, to| cross(from, to, visible, &mut crossings));
    crossings.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    spans(&crossings, even_odd, visible)
}

/// Each straight piece of `path`. `close`: also from the end of each open part back to its start, as filling does.
pub(super) fn lines(path: &BezPath, close: bool, mut line: impl FnMut(Point, Point)) {
    let (mut from, mut start) = (Point::ZERO, Point::ZERO);
    flatten(path, 0.5, |element| match element {
        PathEl::MoveTo(point) => {
            if close {
                line(from, start);
            }
            (from, start) = (point, point);
        }
        PathEl::LineTo(point) => {
            line(from, point);
            from = point;
        }
        PathEl::ClosePath => {
            line(from, start);
            from = start;
        }
        // `flatten` gives lines only.
        PathEl::QuadTo(..) | PathEl::CurveTo(..) => {}
    });
    if close {
        line(from, start);
    }
}

fn cross(a: Point, b: Point, visible: Rect, crossings: &mut Vec<(usize, f64, i32)>) {
    let (upper, lower, direction) = if a.y <= b.y { (a, b, 1) } else { (b, a, -1) };
    // Rows whose middle y + 0.5 lies in upper..lower.
    let first = (upper.y.max(visible.y0.floor()) - 0.5).ceil().max(0.0);
    let last = (lower.y.min(visible.y1.ceil()) - 0.5).ceil().max(0.0);
    let slope = (lower.x - upper.x) / (lower.y - upper.y);
    for row in first as usize..last as usize {
        if crossings.len() == MAX_CROSSINGS {
            return;
        }
        #[allow(clippy::cast_precision_loss, reason = "a page has some thousand rows")]
        let middle = row as f64 + 0.5;
        crossings.push((row, upper.x + (middle - upper.y) * slope, direction));
    }
}

fn spans(crossings: &[(usize, f64, i32)], even_odd: bool, visible: Rect) -> Vec<Span> {
    let mut spans = Vec::new();
    for row in crossings.chunk_by(|a, b| a.0 == b.0) {
        let mut winding = 0;
        for pair in row.windows(2) {
            winding += pair[0].2;
            let inside = if even_odd { winding % 2 != 0 } else { winding != 0 };
            let (from, to) = (pair[0].1.max(visible.x0.floor()), pair[1].1.min(visible.x1.ceil()));
            if inside && from < to {
                spans.push(Span { y: row[0].0, from: dot(from), to: dot(to) });
            }
        }
    }
    spans
}

/// The first dot whose middle is at `x` or right of it.
fn dot(x: f64) -> usize {
    (x - 0.5).ceil().max(0.0) as usize
}

/// A straight line of some width.
pub(super) struct Band {
    a: Point,
    b: Point,
    half: f64,
}

impl Band {
    pub(super) const fn new(a: Point, b: Point, half: f64) -> Self {
        Self { a, b, half }
    }

    pub(super) fn bounds(&self) -> Rect {
        Rect::from_points(self.a, self.b).inflate(self.half, self.half)
    }

    /// Its rows within `visible`, each widened by the line's width.
    pub(super) fn spans(&self, visible: Rect) -> impl Iterator<Item = Span> + use<> {
        let (upper, lower) = if self.a.y <= self.b.y { (self.a, self.b) } else { (self.b, self.a) };
        let half = self.half;
        let first = (upper.y - half).max(visible.y0).floor().max(0.0) as usize;
        let last = (lower.y + half).min(visible.y1).ceil().max(0.0) as usize;
        let run = lower.y - upper.y;
        (first..last).map(move |y| {
            #[allow(clippy::cast_precision_loss, reason = "a page has some thousand rows")]
            let middle = y as f64 + 0.5;
            // Where the line's middle is in the rows that this row's part of the band can reach.
            let at = |y: f64| {
                let share = if run > 0.0 { ((y - upper.y) / run).clamp(0.0, 1.0) } else { 0.0 };
                upper.x + (lower.x - upper.x) * share
            };
            let (mut left, mut right) = (at(middle - half), at(middle + half));
            if run <= 0.0 {
                (left, right) = (upper.x, lower.x);
            }
            let (left, right) = (left.min(right) - half, left.max(right) + half);
            Span { y, from: left.max(0.0) as usize, to: right.ceil().max(0.0) as usize }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Rect = Rect::new(0.0, 0.0, 20.0, 20.0);

    fn picture(spans: impl IntoIterator<Item = Span>, rows: usize) -> Vec<String> {
        let mut picture = vec![vec!['.'; 10]; rows];
        for span in spans {
            picture[span.y][span.from..span.to.min(10)].fill('#');
        }
        picture.into_iter().map(|row| row.into_iter().collect()).collect()
    }

    #[test]
    fn a_ring_has_a_hole() {
        let mut ring = Rect::new(1.0, 0.0, 9.0, 5.0).to_path_for_test();
        ring.extend(Rect::new(3.0, 1.0, 7.0, 4.0).to_path_for_test());
        let expected = [".########.", ".##....##.", ".##....##.", ".##....##.", ".########."];
        assert_eq!(picture(fill(&ring, true, ALL), 5), expected);
        assert_eq!(picture(fill(&ring, false, ALL), 5)[2], ".########.");
    }

    #[test]
    fn what_is_open_or_outside_is_closed_and_cut() {
        let mut triangle = BezPath::new();
        triangle.move_to((-1000.0, -5.0));
        triangle.line_to((1000.0, -5.0));
        triangle.line_to((5.0, 1.0e9));
        let spans = fill(&triangle, false, Rect::new(0.0, 0.0, 10.0, 3.0));
        assert_eq!(spans.len(), 3);
        assert!(spans.iter().all(|span| (span.from, span.to) == (0, 10)), "{spans:?}");
    }

    #[test]
    fn a_slanted_line_covers_its_own_way_only() {
        let band = Band::new(Point::new(1.0, 1.0), Point::new(8.0, 4.0), 0.5);
        let rows = picture(band.spans(ALL), 5);
        assert_eq!(rows[0], "##........");
        assert!(rows[2].starts_with("..") && rows[2].ends_with(".."), "{rows:?}");
        assert_eq!(&rows[4][8..], "#.");
        let flat = Band::new(Point::new(8.0, 2.0), Point::new(2.0, 2.0), 0.5);
        assert_eq!(picture(flat.spans(ALL), 4), ["..........", ".########.", ".########.", ".........."]);
    }

    trait ToPath {
        fn to_path_for_test(&self) -> BezPath;
    }

    impl ToPath for Rect {
        fn to_path_for_test(&self) -> BezPath {
            use hayro::kurbo::Shape;
            self.to_path(0.1)
        }
    }
}
