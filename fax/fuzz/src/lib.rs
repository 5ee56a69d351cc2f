//! What the fuzzers of documents run.

pub mod pdf;
pub mod pictures;

use fax::convert::ConvertError;
use fax::page::Page;

/// Asserts that a document became pages that can be read, or was refused in words.
fn assert_pages(rendered: Result<Vec<Page>, ConvertError>, most: usize) {
    match rendered {
        Ok(pages) => {
            assert!((1..=most).contains(&pages.len()), "{} pages", pages.len());
            for page in &pages {
                let bitmap = page.decode().expect("a page of ours can be read");
                assert!(bitmap.width() == 1728 && bitmap.height() > 0, "{bitmap:?}");
            }
        }
        Err(error) => {
            assert_eq!(error.document, 0);
            assert!(!error.sentence().expose().is_empty());
        }
    }
}
