//! Fax pages as files for people.

use console::{Binding, ReceiptPaper};
use fax::page::Page;
use fax::paper::Receipt;
use model::Pii;

/// A fax's pages as one file, or nothing if a page cannot be read.
pub(crate) fn bind_pages(pages: Vec<Pii<Vec<u8>>>, binding: Binding<'_>) -> Option<Vec<u8>> {
    let pages: Vec<_> = pages.iter().map(|p| Page::from_tiff(p.expose())).collect::<Result<_, _>>().ok()?;
    (!pages.is_empty()).then(|| match binding {
        Binding::Pdf { title, created } => fax::pdf::to_pdf(&pages, title, created),
        Binding::Tiff => Page::multi_tiff(&pages),
    })
}

/// A receipt, printed. A first page that cannot be read is left out.
pub(crate) fn receipt_pdf(paper: ReceiptPaper) -> Vec<u8> {
    let ReceiptPaper { clinic, title, sentence, facts, heading, attempts, first_page } = paper;
    let first_page = first_page.and_then(|tiff| Page::from_tiff(tiff.expose()).ok());
    Receipt { clinic, title, sentence, facts, heading, attempts, first_page }.to_pdf()
}
