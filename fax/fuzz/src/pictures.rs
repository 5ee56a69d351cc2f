//! A picture of any kind that is taken becomes pages that can be read, or is refused in words: nothing panics, and what is small takes little time
//! and memory, which the fuzzer watches.

use fax::convert::{MAX_PAGES, render};
use model::command::Document;
use model::{PictureKind, Pii};

use crate::assert_pages;

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
    assert_pages(render(&[document]), MAX_PAGES);
}
