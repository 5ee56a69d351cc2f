//! A picture of any kind that is taken becomes pages that can be read, or is refused in words: nothing panics, and what is small takes little time
//! and memory, which the fuzzer watches.

use fax::convert::{MAX_PAGES, render};
use model::command::Document;
use model::{PictureKind, Pii};

pub fn run(data: &[u8]) {
    // What is none is a text or a PDF, perhaps, and not what is looked at.
    if !PictureKind::of(data).is_some_and(PictureKind::is_taken) {
        return;
    }
    let document = Document {
        name: "picture".into(),
        media_type: "application/octet-stream".to_owned(),
        bytes: Pii::new(data.to_vec()),
    };
    match render(&[document]) {
        Ok(pages) => {
            assert!((1..=MAX_PAGES).contains(&pages.len()), "{} pages", pages.len());
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
