//! Fills a [`Scene`] while the interpreter walks over a page: the same walk as for painting, with a device that paints classes
//! instead of colours.

use std::collections::HashMap;

use hayro::hayro_interpret::font::{Glyph, GlyphIdentifier, GlyphRun};
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, FillRule, Image, ImageDrawProps, Paint, SoftMask, StrokeProps,
};
use hayro::kurbo::{Affine, BezPath, PathEl, Rect, Shape};

use super::outline::{Band, Span, fill, lines};
use super::scene::{FAINT_LINE, FAINT_TEXT, Id, MarkKind, Object, PICTURE, Rgb, Scene, contrast};

/// A filled shape or stroke is a line, not an area, if it is thinner than this: 2 mm.
const THIN: f64 = 16.0;
/// A straight line that is thinner than this can lose half of its ink to each of two rows; it is made one dot wide.
const HAIRLINE: f64 = 1.5;
/// A filled shape without straight sides is a mark if it fits into this square: 8 mm. Larger ones are areas.
const SPOT: f64 = 64.0;
/// Text higher than this (13 mm) and fainter than [`WATERMARK_CONTRAST`] is a watermark: made solid, it would cover the page.
const WATERMARK_HEIGHT: f64 = 100.0;
const WATERMARK_CONTRAST: u8 = 110;
/// Letters whose box is remembered: more than any font has that one document uses.
const MAX_BOXES: usize = 20_000;

/// The device.
pub(super) struct Recorder<'s> {
    scene: &'s mut Scene,
    clips: Vec<Rect>,
    opacity: Vec<f32>,
    boxes: HashMap<GlyphIdentifier, Rect>,
    /// Inside the drawing of a Type 3 letter everything is a mark.
    in_letter: bool,
}

/// How a thing covers what is below it.
#[derive(Clone, Copy)]
struct Cover {
    colour: Rgb,
    alpha: f32,
    multiply: bool,
}

impl Cover {
    fn is_opaque(&self) -> bool {
        !self.multiply && self.alpha > 0.98
    }

    /// What is seen where this lies over `below`.
    fn over(&self, below: Rgb) -> Rgb {
        std::array::from_fn(|i| {
            let (own, below) = (f32::from(self.colour[i]), f32::from(below[i]));
            let own = if self.multiply { own * below / 255.0 } else { own };
            // The cast saturates.
            (below + (own - below) * self.alpha).round() as u8
        })
    }
}

impl<'s> Recorder<'s> {
    pub(super) fn new(scene: &'s mut Scene) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "a page has some thousand rows")]
        let page = Rect::new(0.0, 0.0, scene.width() as f64, scene.rows() as f64);
        Self { scene, clips: vec![page], opacity: vec![1.0], boxes: HashMap::new(), in_letter: false }
    }

    fn clip(&self) -> Rect {
        self.clips.last().copied().unwrap_or(Rect::ZERO)
    }

    /// `None` if the paint is no flat colour.
    fn cover(&self, paint: &Paint<'_>, blend: BlendMode, masked: bool) -> Option<Cover> {
        let Paint::Color(colour) = paint else { return None };
        let [r, g, b, a] = colour.to_rgba().to_rgba8();
        // A soft mask is taken for half of the ink: it is there, but not all of it.
        let mask = if masked { 0.5 } else { 1.0 };
        let alpha = f32::from(a) / 255.0 * self.opacity.last().copied().unwrap_or(1.0) * mask;
        Some(Cover { colour: [r, g, b], alpha, multiply: matches!(blend, BlendMode::Multiply | BlendMode::Darken) })
    }

    /// Text and lines: `spans` in the colour of `cover`, on what lies at the middle of `bounds`.
    fn mark(&mut self, cover: Cover, kind: MarkKind, faint: u8, bounds: Rect, spans: impl Iterator<Item = Span>) {
        let seen = bounds.intersect(self.clip());
        if seen.is_zero_area() {
            return;
        }
        let middle = seen.center();
        let (x, y) = (middle.x as usize, middle.y as usize);
        let mut colour = cover.colour;
        if !cover.is_opaque() {
            let below = self.ground_colour(x, y);
            colour = below.map_or(colour, |below| cover.over(below));
        }
        let Some(id) = self.scene.mark(colour, kind, faint, x, y) else { return };
        self.paint(spans, id);
    }

    /// How faint a filled shape may be.
    const fn faint(&self) -> u8 {
        if self.in_letter { FAINT_TEXT } else { FAINT_LINE }
    }

    /// True for large letters that are hardly darker than what they stand on.
    fn is_watermark(&self, colour: Rgb, bounds: Rect) -> bool {
        let middle = bounds.intersect(self.clip()).center();
        let below = self.ground_colour(middle.x as usize, middle.y as usize);
        bounds.height() > WATERMARK_HEIGHT && below.is_some_and(|below| contrast(colour, below) < WATERMARK_CONTRAST)
    }

    fn ground_colour(&self, x: usize, y: usize) -> Option<Rgb> {
        if y >= self.scene.rows() || x >= self.scene.width() {
            return None;
        }
        self.scene.colour(self.scene.at(x, y))
    }

    fn area(&mut self, cover: Cover, bounds: Rect, spans: impl Iterator<Item = Span>) {
        let clip = self.clip();
        if cover.is_opaque() {
            let id = self.scene.id(Object::Area(cover.colour));
            // A rule of a table lies between two rows, and the row that is filled later covers half of it. It stays.
            let rim = |y: usize| y <= bounds.y0.ceil().max(0.0) as usize || y + 2 > bounds.y1.floor().max(0.0) as usize;
            for span in spans {
                if let Some((from, to)) = span.within(clip) {
                    self.scene.paint_area(span.y, from, to, id, rim(span.y));
                }
            }
            return;
        }
        let mut known = HashMap::new();
        for span in spans {
            if let Some((from, to)) = span.within(clip) {
                self.scene.tint(span.y, from, to, &mut known, &|below| cover.over(below));
            }
        }
    }

    fn paint(&mut self, spans: impl Iterator<Item = Span>, id: Id) {
        let clip = self.clip();
        for span in spans {
            if let Some((from, to)) = span.within(clip) {
                self.scene.paint(span.y, from, to, id);
            }
        }
    }

    fn fill_path(&mut self, path: &BezPath, props: &DrawProps<'_>, rule: FillRule) {
        let path = props.transform * path;
        let bounds = path.bounding_box();
        let Some(visible) = visible(bounds, self.clip()) else { return };
        let even_odd = rule == FillRule::EvenOdd;
        let Some(cover) = self.cover(&props.paint, props.blend_mode, props.soft_mask.is_some()) else {
            self.paint(fill(&path, even_odd, visible).into_iter(), PICTURE);
            return;
        };
        let thin = bounds.width().min(bounds.height());
        if thin < 1.0 {
            self.hairline(cover, bounds);
        } else if thin < THIN {
            self.mark(cover, MarkKind::Drawn, self.faint(), bounds, padded(bounds));
        } else if self.in_letter || (bounds.width().max(bounds.height()) < SPOT && !is_rectangle(&path)) {
            self.mark(cover, MarkKind::Spot, self.faint(), bounds, fill(&path, even_odd, visible).into_iter());
        } else {
            self.area(cover, bounds, fill(&path, even_odd, visible).into_iter());
        }
    }

    /// A line of less than a dot, or hardly more: one dot wide, where its middle is.
    fn hairline(&mut self, cover: Cover, bounds: Rect) {
        let (x, y) = (bounds.center().x.floor(), bounds.center().y.floor());
        let bounds = Rect::new(
            if bounds.width() < 1.0 { x } else { bounds.x0 },
            if bounds.height() < 1.0 { y } else { bounds.y0 },
            if bounds.width() < 1.0 { x + 1.0 } else { bounds.x1 },
            if bounds.height() < 1.0 { y + 1.0 } else { bounds.y1 },
        );
        self.mark(cover, MarkKind::Hairline, FAINT_LINE, bounds, exact(bounds));
    }

    fn stroke_path(&mut self, path: &BezPath, props: &DrawProps<'_>, stroke: &StrokeProps) {
        let path = props.transform * path;
        let width = (f64::from(stroke.line_width) * props.transform.determinant().abs().sqrt()).max(1.0);
        let bounds = path.bounding_box().inflate(width / 2.0 + 1.0, width / 2.0 + 1.0);
        let Some(visible) = visible(bounds, self.clip()) else { return };
        let cover = self.cover(&props.paint, props.blend_mode, props.soft_mask.is_some());
        // Gaps of a dashed line are seen in the painted colours only.
        let hairline = width < HAIRLINE && stroke.dash_array.is_empty();
        lines(&path, false, |from, to| {
            let band = Band::new(from, to, width / 2.0 + 1.0);
            let upright = (from.x - to.x).abs() < 0.5 || (from.y - to.y).abs() < 0.5;
            match cover {
                None => self.paint(band.spans(visible), PICTURE),
                Some(cover) if width > THIN => self.area(cover, band.bounds(), band.spans(visible)),
                Some(cover) if hairline && upright => self.hairline(cover, Rect::from_points(from, to)),
                Some(cover) => self.mark(cover, MarkKind::Drawn, FAINT_LINE, band.bounds(), band.spans(visible)),
            }
        });
    }

    fn letter(&mut self, glyph: &Glyph<'_>, props: &DrawProps<'_>, transform: Affine) {
        let Glyph::Outline(outline) = glyph else { return };
        let Some(cover) = self.cover(&props.paint, props.blend_mode, props.soft_mask.is_some()) else { return };
        let key = outline.identifier();
        let own = match self.boxes.get(&key) {
            Some(known) => *known,
            None => {
                let bounds = outline.outline().bounding_box();
                if self.boxes.len() < MAX_BOXES {
                    self.boxes.insert(key, bounds);
                }
                bounds
            }
        };
        if own.is_zero_area() {
            return;
        }
        let bounds = (props.transform * transform).transform_rect_bbox(own);
        if visible(bounds, self.clip()).is_some() && !self.is_watermark(cover.over([255; 3]), bounds) {
            self.mark(cover, MarkKind::Drawn, FAINT_TEXT, bounds, padded(bounds));
        }
    }
}

impl<'a> Device<'a> for Recorder<'_> {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, draw_mode: &DrawMode) {
        match draw_mode {
            DrawMode::Fill(rule) => self.fill_path(path, &props, *rule),
            DrawMode::Stroke(stroke) => self.stroke_path(path, &props, stroke),
            DrawMode::FillAndStroke(rule, stroke) => {
                self.fill_path(path, &props, *rule);
                self.stroke_path(path, &props, stroke);
            }
            DrawMode::Invisible => {}
        }
    }

    fn push_clip_path(&mut self, clip_path: &ClipPath) {
        let clip = self.clip().intersect(clip_path.path.bounding_box());
        self.clips.push(clip);
    }

    fn push_transparency_group(&mut self, opacity: f32, mask: Option<SoftMask<'a>>, _: BlendMode) {
        let outer = self.opacity.last().copied().unwrap_or(1.0);
        self.opacity.push(outer * opacity * if mask.is_some() { 0.5 } else { 1.0 });
    }

    fn draw_glyph_run(&mut self, glyph_run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, draw_mode: &DrawMode) {
        if matches!(draw_mode, DrawMode::Invisible) {
            return;
        }
        for glyph in glyph_run.glyphs() {
            if let Glyph::Type3(drawn) = &**glyph {
                self.in_letter = true;
                drawn.interpret(self, props.transform, glyph.transform(), &props.paint);
                self.in_letter = false;
            } else {
                self.letter(glyph, &props, glyph.transform());
            }
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let own = Rect::new(0.0, 0.0, f64::from(image.width()), f64::from(image.height()));
        let path = props.transform * own.to_path(0.1);
        let Some(visible) = visible(path.bounding_box(), self.clip()) else { return };
        self.paint(fill(&path, false, visible).into_iter(), PICTURE);
    }

    fn pop_clip(&mut self) {
        if self.clips.len() > 1 {
            self.clips.pop();
        }
    }

    fn pop_transparency_group(&mut self) {
        if self.opacity.len() > 1 {
            self.opacity.pop();
        }
    }
}

/// The part of `bounds` that can be seen. Everything beyond the page ends here, infinities included.
fn visible(bounds: Rect, clip: Rect) -> Option<Rect> {
    let visible = bounds.inflate(1.0, 1.0).intersect(clip);
    (bounds.is_finite() && !visible.is_zero_area()).then_some(visible)
}

/// The rows of a box and one dot around it: what is smoothed at its rim is part of it.
fn padded(bounds: Rect) -> impl Iterator<Item = Span> {
    exact(Rect::new(bounds.x0.floor() - 1.0, bounds.y0.floor() - 1.0, bounds.x1.ceil() + 1.0, bounds.y1.ceil() + 1.0))
}

/// The rows of a box. It may lie partly outside the page, but not far: only rows that can exist are given.
fn exact(bounds: Rect) -> impl Iterator<Item = Span> {
    // The casts saturate; a page has less than 65,536 rows.
    let (from, to) = (bounds.x0.max(0.0) as usize, bounds.x1.ceil().max(0.0) as usize);
    (bounds.y0.max(0.0) as usize..bounds.y1.ceil().clamp(0.0, 65_536.0) as usize).map(move |y| Span { y, from, to })
}

/// True if the path is one rectangle with upright sides.
fn is_rectangle(path: &BezPath) -> bool {
    let bounds = path.bounding_box();
    let near = |a: f64, b: f64| (a - b).abs() < 0.5;
    path.elements().len() <= 6
        && path.elements().iter().all(|element| match element {
            PathEl::MoveTo(p) | PathEl::LineTo(p) => {
                (near(p.x, bounds.x0) || near(p.x, bounds.x1)) && (near(p.y, bounds.y0) || near(p.y, bounds.y1))
            }
            PathEl::ClosePath => true,
            _ => false,
        })
}
