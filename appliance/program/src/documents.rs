//! Fax pages as files for people.

use fax::page::Page;
use model::{Pii, Wall};

/// A fax's pages as one PDF, or nothing if a page cannot be read.
pub(crate) fn fax_pdf(pages: Vec<Pii<Vec<u8>>>, title: &str) -> Option<Vec<u8>> {
    let pages: Vec<_> = pages.iter().map(|p| Page::from_tiff(p.expose())).collect::<Result<_, _>>().ok()?;
    (!pages.is_empty()).then(|| fax::pdf::to_pdf(&pages, title, Wall::default()))
}
