//! A PDF that is taken becomes pages that can be read, or is refused in words: nothing of ours panics, and what is small takes little time and memory,
//! which the fuzzer watches. Where what we render with panics, the document ends with that, as it does in the process that reads documents of others,
//! and nothing else does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use fax::convert::{MAX_PAGES, render};
use model::command::Document;
use model::{PictureKind, Pii};

use crate::assert_pages;

pub fn run(data: &[u8]) {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(watch);
    // As the reader of documents tells them apart.
    let head = &data[..data.len().min(1024)];
    if PictureKind::of(data).is_some() || !head.windows(5).any(|window| window == b"%PDF-") {
        return;
    }
    let document = Document {
        name: "document".into(),
        media_type: "application/pdf".to_owned(),
        bytes: Pii::new(data.to_vec()),
    };
    if let Ok(rendered) = catch_unwind(AssertUnwindSafe(|| render(&[document]))) {
        assert_pages(rendered, MAX_PAGES);
    }
}

/// libFuzzer ends the process at any panic. From now on at those of this repository alone.
fn watch() {
    let ends = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let file = panic.location().map_or("", |place| place.file());
        let of_others = file.contains("/registry/src/") || file.starts_with("/rustc/") || file.contains("/library/");
        if !of_others {
            ends(panic);
        }
    }));
}
