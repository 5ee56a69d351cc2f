//! Writes what the fuzzers of documents begin with into a folder: a folder in it for each target.
//!
//! `cargo xtask fuzz` runs it.

#![allow(clippy::unwrap_used, reason = "what the tests make documents with says so")]

#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../../tests/documents/mod.rs"]
mod documents;
mod pdfs;
mod pictures;

use std::path::PathBuf;

use fax::convert::{Problem, render};
use model::Pii;
use model::command::Document;

/// A file by its name.
type Seed = (String, Vec<u8>);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("the folder to write to")?);
    for (target, files) in [("pictures", pictures::all()?), ("pdf", pdfs::all())] {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder)?;
        for (name, bytes) in files {
            std::fs::write(folder.join(&name), &bytes)?;
            // One that is refused at once leads the fuzzer nowhere.
            let document = Document { name: name.into(), media_type: String::new(), bytes: Pii::new(bytes) };
            if let Err(error) = render(&[document])
                && error.kind != Problem::Encrypted
            {
                return Err(format!("{} becomes no page: {:?}", error.name.expose(), error.kind).into());
            }
        }
    }
    Ok(())
}
