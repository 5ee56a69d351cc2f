//! Whether a page of a PDF is one picture: a photograph, or a scan. Such a page has the size that its writer made of a count of pixels, and
//! may be shrunk as the picture itself is.

use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask};
use hayro::kurbo::{BezPath, Rect, Shape};

/// What is seen of the page so far, when the interpreter walks over it.
pub(super) struct Sole {
    page: Rect,
    pictures: usize,
    /// The share of the page that the last one covers.
    covered: f64,
    others: usize,
}

impl Sole {
    pub(super) const fn new(page: Rect) -> Self {
        Self { page, pictures: 0, covered: 0.0, others: 0 }
    }

    /// One picture, and nothing else that can be seen. On a sheet that is mostly empty it would shrink to nothing.
    pub(super) fn is_picture(&self) -> bool {
        self.pictures == 1 && self.others == 0 && self.covered > 0.5
    }
}

impl<'a> Device<'a> for Sole {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, draw_mode: &DrawMode) {
        self.others += usize::from(!matches!(draw_mode, DrawMode::Invisible));
    }

    fn push_clip_path(&mut self, _: &ClipPath) {}

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}

    /// What was read from a scan lies over it, to be searched and not to be seen.
    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, draw_mode: &DrawMode) {
        self.others += usize::from(!matches!(draw_mode, DrawMode::Invisible));
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let own = Rect::new(0.0, 0.0, f64::from(image.width()), f64::from(image.height()));
        let seen = (props.transform * own.to_path(0.1)).bounding_box().intersect(self.page);
        self.covered = seen.area() / self.page.area();
        self.pictures += 1;
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}
