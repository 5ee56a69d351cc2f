//! Shows what a document becomes: `to_pages letter.pdf scan.png … OUT` writes OUT-1.png, OUT-2.png …

use model::Pii;
use model::command::Document;

#[allow(clippy::print_stderr, clippy::disallowed_methods, reason = "a tool for the command line")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(out) = arguments.pop().filter(|_| !arguments.is_empty()) else {
        return Err("usage: to_pages DOCUMENT… OUT".into());
    };
    let mut documents = Vec::new();
    for name in arguments {
        let bytes = Pii::new(std::fs::read(&name)?);
        documents.push(Document { name: Pii::new(name), media_type: String::new(), bytes });
    }
    let start = std::time::Instant::now();
    let pages = fax::convert::render(&documents).map_err(|error| error.sentence().into_inner())?;
    eprintln!("{} pages in {:?}", pages.len(), start.elapsed());
    for (number, page) in (1..).zip(&pages) {
        // As wide as the page: every dot is a pixel of its own, only stretched along.
        std::fs::write(format!("{out}-{number}.png"), fax::preview::png(page, page.width)?)?;
        eprintln!("page {number}: {page:?}");
    }
    Ok(())
}
