//! PDF documents.
//!
//! The renderer is lenient: it repairs what it can and leaves out what it cannot. A fax must not: a page or a picture that is
//! silently missing is the one failure nobody sees. So what it left out is looked for: a file without its end, fewer pages than
//! the document counts, contents that cannot be unpacked, every warning about a font or a picture, and what stands on a page beside its contents.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hayro::hayro_interpret::{Context, InterpreterCache, InterpreterSettings, InterpreterWarning, interpret_page};
use hayro::hayro_syntax::object::{Array, Dict, Stream};
use hayro::hayro_syntax::page::Page as PdfPage;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::kurbo::{Affine, Rect};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{PixmapMut, RasterizerSettings, RenderContext, Resources, TargetInit};
use hayro::{RenderCache, RenderSettings, render_into};

use super::binarise::{Raster, binarise};
use super::canvas::Canvas;
use super::layout::{Layout, place, place_large};
use super::recorder::Recorder;
use super::scene::Scene;
use super::sole::Sole;
use super::{Emit, MAX_PAGES, Problem, beside, sheets};
use crate::grain::Grain;
use crate::page::Bitmap;

/// Points in an inch.
const POINTS: f64 = 72.0;
/// How far from its end a PDF says where its table of objects is (ISO 32000-1, annex H asks for 1024; some writers add more).
const TAIL: usize = 4096;

/// Gives the pages of `document` to `emit`.
pub(super) fn render(document: &[u8], grain: Grain, emit: Emit<'_>) -> Result<(), Problem> {
    let tail = &document[document.len().saturating_sub(TAIL)..];
    let pdf = Pdf::new(document.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected | DecryptionError::UnsupportedAlgorithm) => {
            Problem::Encrypted
        }
        LoadPdfError::Decryption(_) => Problem::Broken,
        LoadPdfError::Invalid if counts_no_page(document) => Problem::Empty,
        LoadPdfError::Invalid => Problem::Broken,
    })?;
    let pages = pdf.pages();
    if pages.len() > MAX_PAGES {
        return Err(Problem::TooManyPages);
    }
    // A file that was cut has lost its end.
    if !tail.windows(9).any(|window| window == b"startxref") || pages.len() < counted(&pdf) {
        return Err(Problem::Broken);
    }
    if pages.is_empty() {
        return Err(Problem::Empty);
    }
    if !beside::is_its_pages(&pdf) {
        return Err(Problem::Entries);
    }
    let left_out = Arc::new(AtomicBool::new(false));
    let settings = InterpreterSettings {
        warning_sink: Arc::new({
            let left_out = Arc::clone(&left_out);
            move |warning| match warning {
                // A form's box without a picture for its state is empty, not lost.
                InterpreterWarning::UnresolvedAnnotationAppearance => {}
                _ => left_out.store(true, Ordering::Relaxed),
            }
        }),
        ..InterpreterSettings::default()
    };
    let (cache, classes) = (RenderCache::new(), InterpreterCache::new());
    let mut painter = Painter::new(grain);
    for page in pages.iter() {
        if !has_all_contents(page) {
            return Err(Problem::Broken);
        }
        if !beside::is_painted(page) {
            return Err(Problem::Entries);
        }
        let mut whole = |page| if left_out.load(Ordering::Relaxed) { Err(Problem::Broken) } else { emit(page) };
        painter.paint(page, &cache, &classes, &settings, &mut whole)?;
    }
    Ok(())
}

/// How many pages the document says it has.
fn counted(pdf: &Pdf) -> usize {
    let root = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id());
    let count = root.and_then(|root| root.get::<Dict<'_>>("Pages")).and_then(|pages| pages.get::<i32>("Count"));
    count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
}

/// The renderer takes a document without pages for a damaged one.
fn counts_no_page(document: &[u8]) -> bool {
    let says = |text: &[u8]| document.windows(text.len()).any(|window| window == text);
    (says(b"/Count 0") || says(b"/Count  0")) && (says(b"/Kids []") || says(b"/Kids[]") || says(b"/Kids [ ]"))
}

/// False if a part of the page's contents cannot be unpacked, or is in another file; the renderer would go on without it.
fn has_all_contents(page: &PdfPage<'_>) -> bool {
    // What a stream names a file for (ISO 32000-1 §7.3.8.2) is not here, and no other file is read.
    let is_here = |stream: &Stream<'_>| !stream.dict().contains_key("F") && stream.decoded_data().is_ok();
    let raw = page.raw();
    if let Some(stream) = raw.get::<Stream<'_>>("Contents") {
        return is_here(&stream);
    }
    let Some(parts) = raw.get::<Array<'_>>("Contents") else {
        // No contents at all is a white page, which is a page.
        return !raw.contains_key("Contents");
    };
    let found = parts.iter::<Stream<'_>>().filter(is_here).count();
    found == parts.raw_iter().count()
}

/// Keeps the paper, and the memory of what stands where on it, between pages.
struct Painter {
    grain: Grain,
    canvas: Canvas,
    context: RenderContext,
    resources: Resources,
    scene: Scene,
}

impl Painter {
    fn new(grain: Grain) -> Self {
        let (canvas, context) = (Canvas::default(), RenderContext::new(1, 1));
        Self { grain, canvas, context, resources: Resources::default(), scene: Scene::default() }
    }

    fn paint<'a>(
        &mut self,
        page: &'a PdfPage<'a>,
        cache: &RenderCache<'a>,
        classes: &InterpreterCache<'a>,
        settings: &InterpreterSettings,
        emit: Emit<'_>,
    ) -> Result<(), Problem> {
        let (width, height) = page.render_dimensions();
        let (across, along) = (f64::from(width) / POINTS, f64::from(height) / POINTS);
        let layout = match place(across, along, self.grain) {
            Err(Problem::TooLarge) if is_picture(page, classes, settings) => place_large(across, along, self.grain),
            layout => layout,
        }?;
        let transform = to_fax(&layout, f64::from(width)) * initial(page);
        let (grain, columns, rows) = (self.grain, dots(layout.columns), dots(layout.rows));
        let sheet = |top: u32| {
            let from = Affine::translate((0.0, -f64::from(top))) * transform;
            self.sheet(page, cache, classes, settings, from, (columns, rows))
        };
        sheets::give(&layout, grain, sheet, emit)
    }

    /// What of a page stands on so many dots across and along, where `transform` brings it there.
    fn sheet<'a>(
        &mut self,
        page: &'a PdfPage<'a>,
        cache: &RenderCache<'a>,
        classes: &InterpreterCache<'a>,
        settings: &InterpreterSettings,
        transform: Affine,
        (columns, rows): (u16, u16),
    ) -> Result<Bitmap, Problem> {
        self.context.reset_and_resize(columns, rows);
        render_into(page, cache, settings, &RenderSettings::default(), &mut self.context, transform);
        self.context.flush();
        let painted = self.canvas.dots(columns, rows);
        let target = PixmapMut::new(columns, rows, painted).ok_or(Problem::TooLarge)?;
        let clear = RasterizerSettings { target_init: TargetInit::Clear(WHITE), ..RasterizerSettings::default() };
        self.context.render_with(target, &mut self.resources, clear);

        self.scene.clear(usize::from(columns), usize::from(rows));
        record(page, classes, settings, transform, &mut self.scene);
        let raster = Raster { width: usize::from(columns), rows: usize::from(rows), rgba: painted };
        Ok(binarise(&raster, &self.scene))
    }
}

/// Where a writer took each pixel of a photograph for a point, the page is a poster by its size alone.
fn is_picture<'a>(page: &'a PdfPage<'a>, classes: &InterpreterCache<'a>, settings: &InterpreterSettings) -> bool {
    let (width, height) = page.render_dimensions();
    let paper = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let mut context = Context::new(initial(page), paper, classes, page.xref(), settings.clone());
    let mut sole = Sole::new(paper);
    interpret_page(page, &mut context, &mut sole);
    sole.is_picture()
}

/// The second walk over the page, for the classes.
fn record<'a>(
    page: &'a PdfPage<'a>,
    classes: &InterpreterCache<'a>,
    settings: &InterpreterSettings,
    transform: Affine,
    scene: &mut Scene,
) {
    #[allow(clippy::cast_precision_loss, reason = "a page has some thousand dots a side")]
    let target = Rect::new(0.0, 0.0, scene.width() as f64, scene.rows() as f64);
    let mut context = Context::new(transform, target, classes, page.xref(), settings.clone());
    interpret_page(page, &mut context, &mut Recorder::new(scene));
}

/// From points, upright and from the top left, to dots.
fn to_fax(layout: &Layout, width: f64) -> Affine {
    let scale = Affine::scale_non_uniform(layout.scale.0 / POINTS, layout.scale.1 / POINTS);
    let place = Affine::translate((layout.left, 0.0)) * scale;
    if layout.turned {
        // Against the clock: the right side becomes the top.
        place * Affine::new([0.0, -1.0, 1.0, 0.0, 0.0, width])
    } else {
        place
    }
}

fn initial(page: &PdfPage<'_>) -> Affine {
    use hayro::hayro_interpret::TransformExt;
    page.initial_transform(true).to_kurbo()
}

/// Sides of a fax page are far below 65,536.
fn dots(side: u32) -> u16 {
    u16::try_from(side).unwrap_or(u16::MAX)
}
