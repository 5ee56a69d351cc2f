//! The way of a call as a drawing: rows of boxes from top to bottom, as far from the beginning as the call has steps to take. Only
//! measures and texts; the template makes the SVG, and the style sheet its colours.

use std::collections::VecDeque;

use plan::{Certainty, Way};

/// Widths and distances in pixels, on the grid of 4.
const BOX_WIDTH: usize = 252;
const GAP: usize = 28;
const ROW_GAP: usize = 68;
const MARGIN: usize = 16;
const LINE: usize = 18;
/// What fits into a line of a box in the console's font; a longer word is cut.
const LINE_CHARS: usize = 31;
/// Lines of a box: what does not fit is in the list below the drawing.
const MAX_LINES: usize = 5;
/// Width of a character of a label.
const LABEL_CHAR: usize = 7;

/// The drawing.
pub(super) struct Drawing {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) boxes: Vec<Drawn>,
    pub(super) arrows: Vec<DrawnArrow>,
}

/// A box.
pub(super) struct Drawn {
    pub(super) class: String,
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) title: Text,
    pub(super) lines: Vec<Text>,
}

/// A line of text.
pub(super) struct Text {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) text: String,
}

/// An arrow with its label.
pub(super) struct DrawnArrow {
    pub(super) class: &'static str,
    pub(super) path: String,
    pub(super) head: String,
    pub(super) label: Option<Label>,
}

/// A label, on a ground of its own so that the line does not cross it.
pub(super) struct Label {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) text: Text,
}

/// Lays a way out.
pub(super) fn draw(way: &Way) -> Drawing {
    let rows = rows(way);
    let widest = rows.iter().map(Vec::len).max().unwrap_or(1);
    let width = 2 * MARGIN + widest * BOX_WIDTH + widest.saturating_sub(1) * GAP;
    let mut boxes: Vec<Option<Drawn>> = way.boxes.iter().map(|_| None).collect();
    let mut y = MARGIN;
    for row in &rows {
        let own = row.len() * BOX_WIDTH + row.len().saturating_sub(1) * GAP;
        let mut x = (width - own) / 2;
        let mut tallest = 0;
        for &number in row {
            let drawn = one(way, number, x, y);
            tallest = tallest.max(drawn.height);
            x += BOX_WIDTH + GAP;
            boxes[number] = Some(drawn);
        }
        y += tallest + ROW_GAP;
    }
    let boxes: Vec<Drawn> = boxes.into_iter().flatten().collect();
    let arrows = arrows(way, &boxes);
    Drawing { width, height: y.saturating_sub(ROW_GAP) + MARGIN, boxes, arrows }
}

/// Which boxes stand in which row: as many arrows from the beginning as it takes.
fn rows(way: &Way) -> Vec<Vec<usize>> {
    let mut depth: Vec<Option<usize>> = vec![None; way.boxes.len()];
    let mut next = VecDeque::from([(0, 0)]);
    while let Some((number, deep)) = next.pop_front() {
        match depth.get_mut(number) {
            Some(known @ None) => *known = Some(deep),
            _ => continue,
        }
        next.extend(way.arrows.iter().filter(|a| a.from == number).map(|a| (a.to, deep + 1)));
    }
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for (number, deep) in depth.into_iter().enumerate() {
        let deep = deep.unwrap_or(0);
        rows.resize_with(rows.len().max(deep + 1), Vec::new);
        rows[deep].push(number);
    }
    rows
}

fn one(way: &Way, number: usize, x: usize, y: usize) -> Drawn {
    let of = &way.boxes[number];
    let text = |line: usize, text: String| Text { x: x + 12, y: y + 24 + line * LINE, text };
    let title =
        wrapped(&format!("{}. {}", number + 1, of.title), LINE_CHARS - 2).into_iter().next().unwrap_or_default();
    let mut lines: Vec<String> = of.lines.iter().flat_map(|l| wrapped(l, LINE_CHARS)).collect();
    if lines.len() > MAX_LINES {
        lines.truncate(MAX_LINES);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    let height = 36 + lines.len() * LINE;
    let lines = lines.into_iter().enumerate().map(|(n, line)| text(n + 1, line)).collect();
    let class = format!("box {} {}", of.kind, class(of.certainty));
    Drawn { class, x, y, width: BOX_WIDTH, height, title: text(0, title), lines }
}

const fn class(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Now => "now",
        Certainty::Perhaps => "perhaps",
        Certainty::NotNow => "not-now",
    }
}

fn arrows(way: &Way, boxes: &[Drawn]) -> Vec<DrawnArrow> {
    let mut drawn = Vec::new();
    // What leaves a box, and what enters it, is spread over its edge, so that no two arrows lie on each other.
    for (number, arrow) in way.arrows.iter().enumerate() {
        let (Some(from), Some(to)) = (boxes.get(arrow.from), boxes.get(arrow.to)) else { continue };
        let place = |all: &mut dyn Iterator<Item = usize>, edge: &Drawn| {
            let all: Vec<usize> = all.collect();
            let at = all.iter().position(|n| *n == number).unwrap_or(0);
            edge.x + edge.width * (at + 1) / (all.len() + 1)
        };
        let each = || way.arrows.iter().enumerate();
        let out = place(&mut each().filter(|(_, a)| a.from == arrow.from).map(|(n, _)| n), from);
        let into = place(&mut each().filter(|(_, a)| a.to == arrow.to).map(|(n, _)| n), to);
        let (y1, y2) = (from.y + from.height, to.y);
        let (path, middle) = if y2 > y1 {
            let bend = (y1 + y2) / 2;
            (format!("M{out} {y1}C{out} {bend} {into} {bend} {into} {}", y2 - 8), ((out + into) / 2, bend))
        } else {
            // Back up, or to a neighbour: around the right side.
            let side = (from.x + from.width).max(to.x + to.width) + GAP / 2;
            let path = format!(
                "M{out} {y1}C{out} {} {side} {} {side} {y1}L{side} {y2}C{side} {} {into} {} {into} {}",
                y1 + 28,
                y1 + 28,
                y2 - 28,
                y2 - 28,
                y2 - 8
            );
            (path, (out, y1 + 14))
        };
        let head = format!("{},{} {},{} {into},{y2}", into - 4, y2 - 8, into + 4, y2 - 8);
        drawn.push(DrawnArrow { class: class(arrow.certainty), path, head, label: label(&arrow.when, middle) });
    }
    drawn
}

fn label(text: &str, (x, y): (usize, usize)) -> Option<Label> {
    if text.is_empty() {
        return None;
    }
    let width = text.chars().count() * LABEL_CHAR + 12;
    let left = x.saturating_sub(width / 2);
    let text = Text { x: left + 6, y: y + 4, text: text.to_owned() };
    Some(Label { x: left, y: y.saturating_sub(10), width, text })
}

/// Words in lines of at most so many characters.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word: String = word.chars().take(most).collect();
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use model::{Now, Settings};
    use plan::{Caller, Facts, Plan};

    use super::*;

    fn ways() -> impl Iterator<Item = Way> {
        let settings = Settings::parse(crate::sample::SETTINGS).expect("good");
        plan::library_names().map(move |name| {
            let plan = Plan::parse(plan::library(name).expect("it is there")).expect("good");
            let caller = Caller::Trunk { name: "main".to_owned() };
            plan.explain(&Facts::new(&caller, &settings.main_number, &settings, Now::simulation_start().wall))
        })
    }

    #[test]
    fn no_box_lies_on_another_and_all_are_on_the_paper() {
        for way in ways() {
            let drawing = draw(&way);
            assert_eq!(drawing.boxes.len(), way.boxes.len());
            assert_eq!(drawing.arrows.len(), way.arrows.len());
            for (n, a) in drawing.boxes.iter().enumerate() {
                assert!(a.x + a.width <= drawing.width && a.y + a.height <= drawing.height);
                for b in &drawing.boxes[n + 1..] {
                    let apart =
                        a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
                    assert!(apart, "{} lies on {}", a.title.text, b.title.text);
                }
            }
        }
    }

    #[test]
    fn words_are_kept_whole_where_they_fit() {
        assert_eq!(wrapped("The caller waits in the queue", 12), ["The caller", "waits in the", "queue"]);
        assert_eq!(wrapped("Donaudampfschifffahrt ahoy", 8), ["Donaudam", "ahoy"]);
        assert_eq!(wrapped("", 8), [""; 0]);
    }
}
