//! Asterisk with the fax of spandsp as the carrier of a trunk: a mailed PDF becomes its TIFF, and a TIFF that it sends stands in the inbox,
//! over T.38 and as sound. Every page must be the same dot by dot.

use std::fs;
use std::path::Path;
use std::time::Duration;

use fax::page::{Bitmap, Page};
use interop::asterisk::{Asterisk, Faxes};
use interop::mailbox::Mail;
use interop::pages::{Picture, assert_same, of_pdf};
use interop::{Demo, free_offset, run, wait_for};
use serde_json::Value;

/// A page takes half a minute, and its greetings as long.
const CALL: Duration = Duration::from_secs(240);
/// Sound is not what a busy machine carries well: Asterisk may call again, as machines do on any line.
const CALLS_AS_SOUND: usize = 3;
const NUMBER: &str = "12025550177";

/// Asterisk, and a demo whose line it is.
fn carrier(folder: &Path, faxes: Faxes) -> (Asterisk, Demo) {
    let offset = free_offset();
    let port = 6100 + offset + 300;
    let asterisk = Asterisk::start(folder, port, 5060 + offset, faxes);
    let trunks = format!("[[trunks]]\nname = \"main\"\naddress = \"127.0.0.1:{port}\"\n");
    (asterisk, Demo::start_with_trunks(&trunks, offset))
}

/// A mailed PDF of three pages goes there, in one call.
fn goes_out(faxes: Faxes) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (asterisk, demo) = carrier(folder.path(), faxes);
    Mail::to(&demo, NUMBER).referral().accepted();
    let is_sent = |fax: &Value| fax["direction"] == "out" && fax["state"] == "sent";
    let sent = wait_for("the fax is sent", 2 * CALL, || demo.faxes().into_iter().find(is_sent));
    assert!(sent["attempts_made"] == 1, "{sent:#}\n{}", asterisk.log());
    let told = asterisk.told(1, CALL);
    assert!(told.starts_with("SUCCESS 3 pages") && told.ends_with(way(faxes)), "{told}");
    assert_same(&pages_of(&demo, &sent, folder.path()), &pages_of_tiff(&asterisk.received(NUMBER), folder.path()));
}

/// A TIFF of two pages comes from there.
fn comes_in(faxes: Faxes) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (asterisk, demo) = carrier(folder.path(), faxes);
    let (tiff, sent) = letter(folder.path());
    let tiff = fs::read(tiff).expect("libtiff wrote it");
    let mut calls = 0;
    let told = loop {
        asterisk.sends("+12025550199", &tiff);
        calls += 1;
        let told = asterisk.told(calls, CALL);
        if told.starts_with("SUCCESS") || faxes != Faxes::Sound || calls == CALLS_AS_SOUND {
            break told;
        }
    };
    assert!(told.starts_with("SUCCESS 2 pages") && told.ends_with(way(faxes)), "{told}\n{}", asterisk.log());
    let came = demo.wait_for_fax("received", |fax| fax["direction"] == "in" && fax["state"] == "received");
    assert_eq!(came["pages"], 2, "{came:#}");
    assert_same(&sent, &pages_of(&demo, &came, folder.path()));
}

/// What Asterisk says of how a fax went.
fn way(faxes: Faxes) -> &'static str {
    match faxes {
        Faxes::T38 | Faxes::Proposed => "by T38",
        Faxes::Sound => "by audio",
    }
}

#[test]
#[ignore = "nightly: needs Debian sid's Asterisk (cargo xtask sid)"]
fn a_mailed_pdf_reaches_asterisk_over_t38() {
    goes_out(Faxes::T38);
}

#[test]
#[ignore = "nightly: needs Debian sid's Asterisk (cargo xtask sid)"]
fn a_mailed_pdf_reaches_asterisk_as_sound() {
    goes_out(Faxes::Sound);
}

#[test]
#[ignore = "nightly: needs Debian sid's Asterisk (cargo xtask sid)"]
fn a_fax_of_asterisk_comes_in_over_t38() {
    comes_in(Faxes::T38);
}

#[test]
#[ignore = "nightly: needs Debian sid's Asterisk (cargo xtask sid)"]
fn a_mailed_pdf_reaches_asterisk_that_may_propose_t38_with_parity() {
    goes_out(Faxes::Proposed);
}

#[test]
#[ignore = "nightly: needs Debian sid's Asterisk (cargo xtask sid)"]
fn a_fax_of_asterisk_that_may_propose_t38_with_parity_comes_in() {
    comes_in(Faxes::Proposed);
}

#[test]
#[ignore = "nightly: needs Debian sid's Asterisk (cargo xtask sid)"]
fn a_fax_of_asterisk_comes_in_as_sound() {
    comes_in(Faxes::Sound);
}

/// Two pages with letters of a kind, in one TIFF.
fn letter(folder: &Path) -> (std::path::PathBuf, Vec<Picture>) {
    let pages = [0, 7].map(|turn| {
        let mut bitmap = Bitmap::new(1728, 1100);
        for y in (0..1100).filter(|y| y % 40 < 26) {
            for word in 0..24 {
                let start = word * 72 + y / 40 % 31;
                bitmap.fill_run(y, start, start + 3 + (y * 5 + word * 11 + turn) % 17);
            }
        }
        bitmap
    });
    let all = folder.join("letter.tif").display().to_string();
    let files = [0, 1].map(|n| {
        let file = folder.join(format!("letter-{n}.tif"));
        fs::write(&file, Page::encode(&pages[n], 204, 98).to_tiff()).expect("a file in a temporary folder");
        file.display().to_string()
    });
    run("tiffcp", &[&files[0], &files[1], &all]);
    (all.into(), pages.iter().map(picture).collect())
}

/// The pages of a TIFF, each taken out by libtiff.
fn pages_of_tiff(tiff: &Path, folder: &Path) -> Vec<Picture> {
    let folder = folder.join("split");
    fs::create_dir(&folder).expect("a folder in a temporary folder");
    run("tiffsplit", &[&tiff.display().to_string(), &format!("{}/", folder.display())]);
    let mut files: Vec<_> = fs::read_dir(&folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    files.sort();
    let page = |(n, file): (usize, &std::path::PathBuf)| {
        let whole = folder.join(format!("page-{n}.tif"));
        run("tiffcp", &["-c", "g4", "-r", "10000", &file.display().to_string(), &whole.display().to_string()]);
        picture(&Page::from_tiff(&fs::read(&whole).expect("a file")).expect("a page").decode().expect("whole"))
    };
    files.iter().enumerate().map(page).collect()
}

fn picture(bitmap: &Bitmap) -> Picture {
    Picture { width: bitmap.width() as usize, rows: (0..bitmap.height()).map(|y| bitmap.row(y).to_vec()).collect() }
}

/// The pages of a fax, as the console gives them to a person.
fn pages_of(demo: &Demo, fax: &Value, folder: &Path) -> Vec<Picture> {
    let id = fax["id"].as_str().expect("an id");
    let path = folder.join(format!("{id}.pdf"));
    fs::write(&path, demo.get(&format!("/faxes/{id}/fax.pdf"))).expect("a file in a temporary folder");
    of_pdf(&path)
}
