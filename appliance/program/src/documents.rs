//! Fax pages as files for people.

use console::ReceiptPaper;
use fax::page::Page;
use fax::paper::Receipt;
use model::{Pii, Wall};

/// A fax's pages as one PDF, or nothing if a page cannot be read.
pub(crate) fn fax_pdf(pages: Vec<Pii<Vec<u8>>>, title: &str) -> Option<Vec<u8>> {
    let pages: Vec<_> = pages.iter().map(|p| Page::from_tiff(p.expose())).collect::<Result<_, _>>().ok()?;
    (!pages.is_empty()).then(|| fax::pdf::to_pdf(&pages, title, Wall::default()))
}

/// A receipt, printed. A first page that cannot be read is left out.
pub(crate) fn receipt_pdf(paper: ReceiptPaper) -> Vec<u8> {
    let ReceiptPaper { clinic, title, sentence, facts, heading, attempts, first_page } = paper;
    let first_page = first_page.and_then(|tiff| Page::from_tiff(tiff.expose()).ok());
    Receipt { clinic, title, sentence, facts, heading, attempts, first_page }.to_pdf()
}
