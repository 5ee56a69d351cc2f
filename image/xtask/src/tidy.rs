//! What no compiler checks. All problems are told at once, each with its place and what to do.
//!
//! The rules are functions from text to problems, so that they are tested on small texts; here is only what gathers the files.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::run::{self, Failure, Outcome, failed, usage};

mod deny;
mod levels;
mod lints;
mod manifest;
mod named;
mod source;

pub(crate) const HELP: &str = "\
cargo xtask tidy - what no compiler checks

USAGE
    cargo xtask tidy

    levels      A crate depends only on the crates that its level allows (the table is in image/xtask/src/tidy/levels.rs).
    manifests   Every package takes version, edition, licence and lints from the workspace, is not published, and is named
                after its folder; dependencies come from [workspace.dependencies].
    sources     Every .rs file opens with //! docs and stays below 600 lines, its tests not counted. No unfinished or
                debugging macros. No test sleeps.
    promises    SPECIFICATION.md names only files and folders that are there.
    others      What others made, as Cargo.lock and its manifests name it: no crate, source or licence against deny.toml. (Licence files
                and advisories are read by cargo deny, which no command of ours starts.)
    text        No trailing white space, no carriage return, one line feed at the end.

Prints every problem as file:line: what, and below it what to do.

EXIT STATUS
    0  tidy
    1  not; it was said above
";

/// Something to repair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    file: String,
    /// 0: the whole file.
    line: usize,
    what: String,
    help: &'static str,
}

impl Problem {
    fn new(file: &str, line: usize, what: impl Into<String>, help: &'static str) -> Self {
        Self { file: file.to_owned(), line, what: what.into(), help }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.what)?,
            line => write!(f, "{}:{line}: {}", self.file, self.what)?,
        }
        write!(f, "\n    help: {}", self.help)
    }
}

pub(crate) fn run(args: &[String]) -> Outcome {
    if let Some(arg) = args.first() {
        return usage(format!("tidy does not know \"{arg}\"."));
    }
    let root = run::root();
    let mut problems = levels::check(&run::metadata()?, &root.to_string_lossy());
    let files = files(&root)?;
    let read = |path: &str| fs::read_to_string(root.join(path)).map_err(|e| unreadable(&root.join(path), &e));
    let rules = deny::Rules::read(&read("deny.toml")?);
    problems.extend(deny::check(&rules, &read("Cargo.lock")?, &run::metadata_of_all(&rules.targets)?));
    let house = files.iter().find(|(path, _)| path == "clippy.toml").map_or("", |(_, text)| text);
    for (path, text) in &files {
        problems.extend(source::text(path, text));
        if path.ends_with(".rs") {
            problems.extend(source::rust(path, text));
        }
        if path == "SPECIFICATION.md" {
            problems.extend(named::check(path, text, |named| root.join(named).exists()));
        }
        if path.ends_with("/clippy.toml") {
            problems.extend(lints::check(path, text, house));
        }
        if path.ends_with("Cargo.toml") {
            problems.extend(manifest::check(path, text));
        }
    }
    problems.sort();
    for problem in &problems {
        println!("{problem}");
    }
    match problems.len() {
        0 => {
            println!("{} files are tidy.", files.len());
            Ok(())
        }
        1 => failed("tidy: 1 problem"),
        n => failed(format!("tidy: {n} problems")),
    }
}

/// The kinds of files that are written by hand.
const TEXT: &[&str] = &["rs", "toml", "md", "html", "css", "js", "ftl", "sql", "sh", "yml", "yaml", "xml"];
/// What is not: build results, inputs of tests that must stay as they came, and other people's files.
const SKIPPED: &[&str] = &["target", "fixtures", "vendor", ".git", ".demo"];

/// Every text file below `root` with its path from there, in order.
fn files(root: &Path) -> Result<Vec<(String, String)>, Failure> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|e| unreadable(&folder, &e))?;
        for entry in entries {
            let path = entry.map_err(|e| unreadable(&folder, &e))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_symlink() || SKIPPED.contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| TEXT.iter().any(|t| e == *t)) {
                let bytes = fs::read(&path).map_err(|e| unreadable(&path, &e))?;
                let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
                found.push((relative, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Failed(format!("{} can't be read: {error}", path.display()))
}
