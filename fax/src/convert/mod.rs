//! Documents become pages.
//!
//! [`render`] turns PDFs, pictures ([`PictureKind`]), texts and HTML documents into 1-bit pages, in order: of 1728 dots at 204 × 196 dpi, or finer. All or
//! nothing: if one document cannot be rendered whole, there is no page at all and the error names it, because a letter that lacks a page looks
//! whole to its reader. What a document is, is read from its bytes; what it claims to be counts only between a text and HTML, which may begin
//! with any word.
//!
//! `render` computes in this process and trusts the document no more than Rust makes it. A hostile document can still take all
//! the time and memory there is, so outside of tests and the simulation it runs in a child process: [`io::run`] starts
//! `frontdesk convert`, which is [`child_main`].
//!
//! Office documents become PDFs first, by a child of their own ([`office`]); in this process they are refused.
//!
//! Known limits: a PDF that needs a password is refused, and so are a picture that moves and one in HEIC; of HTML only the text is
//! printed, and of a text only letters that Helvetica or DejaVu has; blend modes other than the common
//! ones are painted as near as the renderer can.

mod beside;
mod binarise;
mod canvas;
mod child;
pub mod io;
mod layout;
pub mod office;
mod outline;
mod picture;
mod portable;
mod prose;
mod protocol;
mod recorder;
mod runs;
mod scan;
mod scene;
mod sheets;
mod sole;
mod tiles;

use std::fmt;

use model::command::Document;
use model::{PictureKind, Pii, Resolution};
use serde::{Deserialize, Serialize};

pub use self::child::{child_main, close_in};
use crate::grain::Grain;
use crate::page::Page;

/// Documents of one fax: the fifty that a mail may bring, its cover page, and the text that this has no room for.
pub const MAX_DOCUMENTS: usize = 52;
/// Bytes of all documents of one fax. A mail of the largest size carries less.
pub const MAX_BYTES: usize = 64 << 20;
/// Pages of one fax: three hours on the line at a minute a page, and no tray holds more.
pub const MAX_PAGES: usize = if cfg!(feature = "fuzzing") { 8 } else { 200 };

/// Why documents did not become pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvertError {
    /// Which document, from 0.
    pub document: usize,
    /// Its file name.
    pub name: Pii<String>,
    /// What is wrong with it.
    pub kind: Problem,
}

/// What is wrong with a document. All but [`Problem::OurFault`] are final: the same bytes will fail again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Problem {
    /// It needs a password.
    Encrypted,
    /// It is damaged, cut short, or uses something that we cannot paint. Part of it would be missing.
    Broken,
    /// It has no page, or no byte.
    Empty,
    /// With it the fax has more than [`MAX_PAGES`] pages, or [`MAX_DOCUMENTS`] documents.
    TooManyPages,
    /// It has too many bytes or pixels, or its page is so large that nobody could read the fax.
    TooLarge,
    /// It is no PDF, no picture of a known kind, no text and no HTML.
    UnknownType,
    /// It is a picture of a known kind, made in a way that we cannot read.
    Unsupported,
    /// It is an office document, and there is no LibreOffice to read it.
    Office,
    /// It is a text in letters that we cannot print.
    Letters,
    /// It took too long.
    Timeout,
    /// It made the converter crash.
    Crashed,
    /// The converter could not be started or was ended from outside. The document is not to blame: try again.
    OurFault,
    /// It is a picture that moves.
    Moving,
    /// It is a photograph of a phone in HEIC.
    Heic,
    /// It is a PDF with entries, notes or whole documents that a viewer shows and that are no part of its pages.
    Entries,
}

impl ConvertError {
    /// What happened, for the person who sent it. Names the document, so it is personal.
    pub fn sentence(&self) -> Pii<String> {
        let name = self.name.expose();
        let name =
            if name.trim().is_empty() { format!("Document {}", self.document + 1) } else { format!("“{name}”") };
        Pii::new(match self.kind {
            Problem::Encrypted => format!("{name} is protected by a password. Send it without one."),
            Problem::Entries => format!(
                "{name} has entries, notes or other documents that are not part of its pages, so they would be missing. Print it to a PDF and send that."
            ),
            Problem::Broken => format!("{name} is damaged or incomplete, so no part of the fax was sent."),
            Problem::Empty => format!("{name} has no pages."),
            Problem::TooManyPages => format!("{name} makes the fax longer than {MAX_PAGES} pages."),
            Problem::TooLarge => format!("{name} is too large to be sent as a fax."),
            Problem::UnknownType => {
                format!("{name} is not a PDF, a picture ({}) or a text.", model::picture::WORDS)
            }
            Problem::Unsupported => {
                format!("{name} is a picture of a kind that Frontdesk cannot read. Send it as a PDF or a JPEG.")
            }
            Problem::Office => format!(
                "{name} is an office document, which this Frontdesk cannot print. Save it as a PDF and send that."
            ),
            Problem::Letters => format!("{name} has letters that Frontdesk cannot print. Send it as a PDF."),
            Problem::Timeout => format!("{name} took too long to prepare."),
            Problem::Crashed => format!("{name} could not be read: it stopped the converter."),
            Problem::Moving => format!("{name} is a moving picture, which no fax can show. Send a still one."),
            Problem::Heic => {
                format!("{name} is a photograph in HEIC, which cannot be faxed. {}", model::picture::NO_HEIC)
            }
            Problem::OurFault => format!("{name} could not be prepared because of a fault in Frontdesk."),
        })
    }

    /// True if trying again can help.
    pub const fn is_ours(&self) -> bool {
        matches!(self.kind, Problem::OurFault)
    }
}

impl fmt::Display for ConvertError {
    /// Without the name, for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "document {} cannot be rendered: {:?}", self.document + 1, self.kind)
    }
}

impl std::error::Error for ConvertError {}

/// The pages of `documents`, in order, fine.
pub fn render(documents: &[Document]) -> Result<Vec<Page>, ConvertError> {
    render_at(documents, Resolution::Fine)
}

/// The pages of `documents`, in order.
pub fn render_at(documents: &[Document], resolution: Resolution) -> Result<Vec<Page>, ConvertError> {
    let bytes: Vec<&[u8]> = documents.iter().map(|document| document.bytes.expose().as_slice()).collect();
    let mut pages = Vec::new();
    render_each(&bytes, Claims::of(documents), Grain::of(resolution), &mut |step| {
        if let Step::Page(page) = step {
            pages.push(page);
        }
    })
    .map_err(|(document, kind)| error(documents, document, kind))?;
    Ok(pages)
}

/// How far the rendering is.
enum Step {
    /// This document is next.
    Begins(usize),
    /// A page of it.
    Page(Page),
}

/// Which documents are HTML, as whoever sent them says: a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Claims(u64);

impl Claims {
    fn of(documents: &[Document]) -> Self {
        let html = documents.iter().enumerate().filter(|(_, d)| d.media_type.eq_ignore_ascii_case("text/html"));
        // Of more than there may be, none is looked at.
        Self(html.fold(0, |all, (number, _)| all | 1u64.checked_shl(number as u32).unwrap_or(0)))
    }

    fn html(self, number: usize) -> bool {
        self.0.checked_shr(number as u32).unwrap_or(0) & 1 == 1
    }
}

/// Tells each step to `say` as it happens. On an error what was given counts for nothing.
fn render_each(
    documents: &[&[u8]],
    claims: Claims,
    grain: Grain,
    say: &mut dyn FnMut(Step),
) -> Result<(), (usize, Problem)> {
    check_size(documents)?;
    let mut left = MAX_PAGES;
    for (number, document) in documents.iter().enumerate() {
        say(Step::Begins(number));
        let mut emit = |page| {
            left = left.checked_sub(1).ok_or(Problem::TooManyPages)?;
            say(Step::Page(page));
            Ok(())
        };
        let rendered = match Type::of(document, claims.html(number)) {
            Type::Pdf => portable::render(document, grain, &mut emit),
            Type::Picture(PictureKind::Tiff) => scan::render(document, grain, &mut emit),
            Type::Picture(kind) => picture::render(document, kind, grain, &mut emit),
            Type::Text => prose::text(document, grain, &mut emit),
            Type::Html => prose::html(document, grain, &mut emit),
            Type::Office => Err(Problem::Office),
            Type::Nothing => Err(Problem::Empty),
            Type::Unknown => Err(Problem::UnknownType),
        };
        rendered.map_err(|problem| (number, problem))?;
    }
    Ok(())
}

fn check_size(documents: &[&[u8]]) -> Result<(), (usize, Problem)> {
    if documents.is_empty() {
        return Err((0, Problem::Empty));
    }
    let mut bytes = 0usize;
    for (number, document) in documents.iter().enumerate() {
        bytes = bytes.saturating_add(document.len());
        if number >= MAX_DOCUMENTS {
            return Err((number, Problem::TooManyPages));
        }
        if bytes > MAX_BYTES {
            return Err((number, Problem::TooLarge));
        }
    }
    Ok(())
}

fn error(documents: &[Document], document: usize, kind: Problem) -> ConvertError {
    let name = documents.get(document).map(|document| document.name.clone()).unwrap_or_default();
    ConvertError { document, name, kind }
}

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Pdf,
    Picture(PictureKind),
    Text,
    Html,
    Office,
    Nothing,
    Unknown,
}

impl Type {
    fn of(document: &[u8], claims_html: bool) -> Self {
        // Readers accept a PDF whose header is within the first kilobyte; mail gateways put lines before it.
        let head = &document[..document.len().min(1024)];
        if document.is_empty() {
            Self::Nothing
        } else if let Some(kind) = PictureKind::of(document) {
            Self::Picture(kind)
        } else if head.windows(5).any(|window| window == b"%PDF-") {
            Self::Pdf
        } else if model::is_office(document) {
            Self::Office
        } else {
            prose::type_of(document, claims_html)
        }
    }
}

/// Takes a page; an error ends the document.
type Emit<'a> = &'a mut dyn FnMut(Page) -> Result<(), Problem>;

/// A page as every document gives it.
fn encode(bitmap: &crate::page::Bitmap, grain: Grain) -> Page {
    Page::encode(bitmap, grain.x_dpi, grain.y_dpi)
}
