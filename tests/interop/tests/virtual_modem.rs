//! Fax programs of others on a virtual modem: efax sends a page to our machine and receives one from it, each in its own way of Class 1.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fax::page::{Bitmap, Page};
use interop::vmodem::{FarEnd, Line};
use interop::{Peer, run};
use model::fax::Cause;

/// A page takes half a minute, and its greetings as long.
const CALL: Duration = Duration::from_secs(180);

/// Rows that a line at the top may cover.
const HEADER: u32 = 40;

/// A page with letters of a kind.
fn page() -> Page {
    let mut bitmap = Bitmap::new(1728, 1100);
    for y in 0..1100 {
        if y % 40 < 26 {
            for word in 0..24 {
                bitmap.fill_run(y, word * 72 + y / 40 % 31, word * 72 + y / 40 % 31 + 3 + (y * 5 + word * 11) % 17);
            }
        }
    }
    Page::encode(&bitmap, 204, 98)
}

fn efax(line: &Line, folder: &Path, args: &[&str]) -> Peer {
    let mut command = Command::new("efax");
    // Class 1, and a lock of the test's own.
    command.arg("-d").arg(&line.port).args(["-o1", "-l", "555 0199"]);
    command.arg("-x").arg(folder.join("LCK")).args(args);
    Peer::start("efax", folder, &mut command)
}

#[test]
fn efax_sends_to_our_machine() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sent = page();
    let tiff = folder.path().join("page.tif");
    fs::write(&tiff, sent.to_tiff()).expect("a file in a temporary folder");
    let strip = folder.path().join("page.001").display().to_string();
    run("tiffcp", &["-c", "g3:1d", "-f", "lsb2msb", "-r", "10000", &tiff.display().to_string(), &strip]);
    let line = Line::plug_in(FarEnd::Receives);
    let peer = efax(&line, folder.path(), &["-t", "5551234", &strip]);
    let done = line.done(CALL);
    let said = peer.succeed(CALL);
    assert_eq!((done.outcome.cause, done.outcome.pages_confirmed), (Cause::Delivered, 1), "{said}");
    let (received, sent) = (done.pages[0].decode().expect("whole"), sent.decode().expect("whole"));
    // efax prints a line of its own at the top, and ends a page with blank rows.
    assert!(received.height() >= sent.height(), "{} rows", received.height());
    let same = |down: u32| (HEADER..sent.height()).all(|y| received.row(y + down) == sent.row(y));
    assert!((0..=received.height() - sent.height()).any(same), "the page is another");
}

#[test]
fn efax_receives_from_our_machine() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sent = vec![page(), page()];
    let line = Line::plug_in(FarEnd::Sends(sent.clone()));
    let into = folder.path().join("in").display().to_string();
    let peer = efax(&line, folder.path(), &["-w", "-iS0=1", "-r", &into]);
    let done = line.done(CALL);
    let said = peer.succeed(CALL);
    assert_eq!((done.outcome.cause, done.outcome.pages_confirmed), (Cause::Delivered, 2), "{said}");
    for (n, sent) in sent.iter().enumerate() {
        let file = folder.path().join(format!("in.{:03}", n + 1));
        let tiff = folder.path().join(format!("{n}.tif"));
        run("tiffcp", &["-c", "g4", "-r", "10000", &file.display().to_string(), &tiff.display().to_string()]);
        let received = Page::from_tiff(&fs::read(&tiff).expect("a file")).expect("a page").decode().expect("whole");
        let sent = sent.decode().expect("whole");
        assert!((0..sent.height()).all(|y| received.row(y) == sent.row(y)), "page {} is another", n + 1);
    }
}
