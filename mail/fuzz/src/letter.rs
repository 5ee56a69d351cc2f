//! Any message that somebody mails to a fax number orders what has a bound, in words that can be printed, or is refused in a sentence.

use std::panic;
use std::sync::Once;

use mail::Rejection;
use mail::faxmail::{Config, parse};

/// Small, so that short messages reach each bound.
const CONFIG: Config =
    Config { max_parts: 20, max_documents: 4, max_bytes: 4096, inline_image: 64, max_text: 600, max_lines: 60 };

pub fn run(data: &[u8]) {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(watch);
    match parse(data, &CONFIG) {
        Ok(order) => {
            assert!(order.cover.is_some() || !order.documents.is_empty(), "it orders nothing");
            let documents = order.documents.iter().map(|document| document.bytes.expose().len());
            assert!(documents.len() <= CONFIG.max_documents && documents.sum::<usize>() <= CONFIG.max_bytes);
            for document in &order.documents {
                assert!(!document.bytes.expose().is_empty() && is_line(document.name.expose()));
            }
            assert!(is_line(order.subject.expose()));
            assert!(order.dropped.iter().all(|name| is_line(name.expose())));
            if let Some(cover) = &order.cover {
                let text = cover.expose();
                assert!(text.chars().count() <= CONFIG.max_text && text.lines().count() <= CONFIG.max_lines);
                assert!(!text.trim().is_empty() && !text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
            }
        }
        Err(refusal) => {
            let rejection = Rejection::from(refusal);
            assert!((500..600).contains(&rejection.code) && is_line(rejection.text.expose()));
            assert!(!rejection.text.expose().is_empty());
        }
    }
}

fn is_line(text: &str) -> bool {
    !text.contains(char::is_control)
}

/// libFuzzer ends the process at any panic. From now on at those of this repository alone: one in the parser is one message that is refused.
fn watch() {
    let ends = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let file = panic.location().map_or("", |place| place.file());
        if !file.contains("/mail-parser-") {
            ends(panic);
        }
    }));
}
