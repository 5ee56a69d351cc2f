//! A PDF becomes fax pages in a child process, ours and `pdftoppm`'s, with the start of the child counted at both.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use fax::convert::io::Converter;
use model::Pii;
use model::command::Document;

use crate::cpu;

/// How often it is looked whether a child is gone, whose CPU time counts only then.
const LOOK: Duration = Duration::from_millis(2);

/// What is sent: a referral of three pages.
const REFERRAL: &[u8] = include_bytes!("../../../fixtures/referral.pdf");
/// What is converted: four pages, of text, a table in colours, a photograph and a scan.
const MIXED: &[u8] = include_bytes!("../../../fixtures/mixed.pdf");

/// The referral as the product takes it.
pub(crate) fn document() -> Document {
    pdf("referral.pdf", REFERRAL)
}

/// The mixed document as the product takes it.
pub(super) fn mixed() -> Document {
    pdf("mixed.pdf", MIXED)
}

fn pdf(name: &str, bytes: &[u8]) -> Document {
    Document {
        name: Pii::new(name.to_owned()),
        media_type: "application/pdf".to_owned(),
        bytes: Pii::new(bytes.to_vec()),
    }
}

/// CPU time of so many conversions by the sandboxed child of the product.
pub(super) fn ours(program: &Path, times: u32) -> io::Result<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let before = cpu::ended_children()?;
    let converter = Converter { program: program.to_owned(), ..Converter::default() };
    runtime.block_on(async {
        for _ in 0..times {
            let pages = converter.run(&[mixed()]).await;
            pages.map_err(|error| io::Error::other(error.to_string()))?;
            // The runtime waits for the child in its own time.
            while has_children()? {
                tokio::time::sleep(LOOK).await;
            }
        }
        io::Result::Ok(())
    })?;
    Ok(cpu::ended_children()? - before)
}

/// The same by `pdftoppm`, at the resolution of a fax and in black and white.
pub(super) fn poppler(times: u32) -> io::Result<Duration> {
    let dir = tempfile::tempdir()?;
    let input = dir.path().join("in.pdf");
    fs::write(&input, MIXED)?;
    let before = cpu::ended_children()?;
    for _ in 0..times {
        let mut command = Command::new("pdftoppm");
        command.args(["-mono", "-rx", "204", "-ry", "196"]).arg(&input).arg(dir.path().join("out"));
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
        if !status.success() {
            return Err(io::Error::other(format!("pdftoppm ended with {status}")));
        }
    }
    Ok(cpu::ended_children()? - before)
}

fn has_children() -> io::Result<bool> {
    for task in fs::read_dir("/proc/self/task")? {
        if !fs::read_to_string(task?.path().join("children")).unwrap_or_default().trim().is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
