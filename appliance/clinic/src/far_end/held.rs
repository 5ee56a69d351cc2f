//! The document that some numbers hold ready: two pages, as a laboratory lays out for the practices that fetch their results.

use std::sync::LazyLock;

use fax::cover::Cover;
use fax::page::Page;
use model::command::Document;

/// The pages. They are drawn once: the simulation builds many far ends.
pub fn held() -> Vec<Page> {
    static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| {
        ["Results of this week, page 1.", "Results of this week, page 2."].into_iter().filter_map(page).collect()
    });
    PAGES.clone()
}

fn page(message: &str) -> Option<Page> {
    let cover = Cover { clinic: "Lakeside Laboratory".into(), message: message.into(), ..Cover::default() };
    let document =
        Document { name: "results.pdf".into(), media_type: "application/pdf".to_owned(), bytes: cover.to_pdf().into() };
    fax::convert::render(&[document]).ok()?.into_iter().next()
}
