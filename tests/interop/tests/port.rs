//! A port of the clinic that is a fax modem to programs of others: what they send by it travels in a call over the clinic's trunk, and a
//! real machine at the other end receives it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fax::page::{Bitmap, Page};
use interop::hylafax::HylaFax;
use interop::mailbox::Mail;
use interop::pages::Picture;
use interop::{Demo, Peer, free_offset, run, wait_for};
use serde_json::Value;

/// A page takes half a minute, and its greetings as long.
const CALL: Duration = Duration::from_secs(240);
const SOON: Duration = Duration::from_secs(30);
/// Rows of the letter.
const ROWS: usize = 1100;
/// Rows that a program's own line at the top may cover.
const OVERPRINTED: usize = 40;

/// The sample clinic with such a port, and the port.
fn clinic(folder: &Path) -> (Demo, PathBuf) {
    clinic_with(folder, "")
}

/// The same, with more said of the port.
fn clinic_with(folder: &Path, more: &str) -> (Demo, PathBuf) {
    let link = folder.join("ttyFAX");
    let port =
        format!("[[virtual_modems]]\nname = \"desk\"\nlink = \"{}\"\ntrunk = \"main\"\n{more}\n", link.display());
    let demo = Demo::start_changed(free_offset(), |sample| format!("{sample}\n{port}"));
    // One with a number of its own waits for a program.
    let is = if more.contains("number") { "away" } else { "ready" };
    wait_for("the port is there", SOON, || (state(&demo) == is && link.exists()).then_some(()));
    (demo, link)
}

fn state(demo: &Demo) -> String {
    demo.api("/api/v1/status")["virtual_modems"][0]["state"].as_str().expect("a port with a state").to_owned()
}

/// The pages that the machine at this number wrote down.
fn far_end(demo: &Demo, number: &str) -> Vec<Picture> {
    let folder = PathBuf::from(demo.text("/received_dir")).join(number);
    let mut files: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.sort_by_key(|p| p.to_string_lossy().rsplit('-').next().map(str::to_owned));
    files.iter().map(|file| picture(&Page::from_tiff(&fs::read(file).expect("a file")).expect("a TIFF"))).collect()
}

fn picture(page: &Page) -> Picture {
    let bitmap = page.decode().expect("whole");
    Picture { width: bitmap.width() as usize, rows: (0..bitmap.height()).map(|y| bitmap.row(y).to_vec()).collect() }
}

/// A page with letters of a kind.
fn letter() -> Page {
    let mut bitmap = Bitmap::new(1728, ROWS as u32);
    for y in 0..ROWS as u32 {
        if y % 40 < 26 {
            for word in 0..24 {
                bitmap.fill_run(y, word * 72 + y / 40 % 31, word * 72 + y / 40 % 31 + 3 + (y * 5 + word * 11) % 17);
            }
        }
    }
    Page::encode(&bitmap, 204, 98)
}

/// The dots of the letter below what a program prints over its top (in place of as many rows, give or take some) and above the blank rows
/// with which it ends.
#[track_caller]
fn assert_letter(came: &[Picture], rows: usize) {
    assert_eq!(came.len(), 1, "one page");
    let (sent, came) = (picture(&letter()).rows, &came[0].rows);
    let below = &sent[OVERPRINTED..rows];
    let at = |y: &usize| y + below.len() <= came.len();
    let found = (OVERPRINTED / 2..).take_while(at).any(|y| came[y..y + below.len()] == *below);
    assert!(found, "the page is another: {} rows of {}", came.len(), sent.len());
}

/// efax at the port sends the letter to this number.
fn efax(port: &Path, folder: &Path, number: &str) -> Peer {
    let (tiff, strip) = (folder.join("page.tif"), folder.join("page.001"));
    fs::write(&tiff, letter().to_tiff()).expect("a file in a temporary folder");
    let (tiff, strip) = (tiff.display().to_string(), strip.display().to_string());
    run("tiffcp", &["-c", "g3:1d", "-f", "lsb2msb", "-r", "10000", &tiff, &strip]);
    let mut command = Command::new("efax");
    command.arg("-d").arg(port).args(["-o1", "-l", "555 0199", "-x"]).arg(folder.join("LCK"));
    Peer::start("efax", folder, command.args(["-t", number, &strip]))
}

#[test]
fn efax_sends_a_fax_by_our_port_and_over_our_trunk() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (demo, port) = clinic(folder.path());
    let number = demo.text("/fax_numbers/t38_refused");
    let peer = efax(&port, folder.path(), &number);
    let said = peer.succeed(CALL);
    let came = wait_for("the page is there", SOON, || Some(far_end(&demo, &number)).filter(|pages| !pages.is_empty()));
    assert_letter(&came, ROWS);
    assert!(said.contains("received MCF"), "{said}");
    wait_for("the port is free again", SOON, || (state(&demo) == "ready").then_some(()));
    // It was a call of the clinic's, and none of its faxes.
    let calls = demo.api("/api/v1/calls?limit=50")["calls"].as_array().expect("a list").clone();
    let to = format!("+{number}");
    assert!(calls.iter().any(|call| call["direction"] == "out" && call["to"]["number"] == *to), "{calls:#?}");
    assert!(demo.faxes().iter().all(|fax| fax["direction"] == "in"), "{:#?}", demo.faxes());
}

#[test]
fn a_program_hears_why_its_call_came_to_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (demo, port) = clinic(folder.path());
    let busy = demo.text("/fax_numbers/busy");
    for (number, words) in [(busy.as_str(), "number is busy"), ("911", "dial command failed")] {
        let mut peer = efax(&port, folder.path(), number);
        assert!(peer.end(CALL).is_some_and(|status| !status.success()), "efax says that it failed");
        assert!(peer.printed().contains(words), "{}", peer.printed());
        wait_for("the port is free again", SOON, || (state(&demo) == "ready").then_some(()));
    }
    // Help was never called.
    demo.wait_for_call(1, &format!("+{busy}"), "busy");
}

/// The machine takes T.38, and the modem's sounds are translated.
#[test]
fn hylafax_sends_a_fax_by_our_port_to_a_machine_behind_t38() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (demo, port) = clinic(folder.path());
    let number = demo.text("/fax_numbers/good");
    let file = folder.path().join("letter.tif");
    fs::write(&file, letter().to_tiff()).expect("a file in a temporary folder");
    let mut hylafax = HylaFax::at(&port, folder.path(), demo.peer_port(0));
    // Its conversion of a page while it is sent leaves out the last row (MemoryDecoder::convertDataFormat): without it, all are there.
    hylafax.configure("ModemSoftRTFCC: no");
    hylafax.sends(folder.path(), &number, &file, CALL);
    let came = wait_for("the page is there", SOON, || Some(far_end(&demo, &number)).filter(|pages| !pages.is_empty()));
    // HylaFAX prints its line over the first rows.
    assert_letter(&came, ROWS);
    let to = format!("+{number}");
    assert_over_t38(&demo, |call| call["direction"] == "out" && call["to"]["number"] == *to);
}

/// The analogue machine is HylaFAX at a port of a second Frontdesk, which speaks sound alone and is a phone of the first: its adapter, so to
/// say. The first one's trunk leads to a machine behind T.38.
#[test]
fn hylafax_behind_an_adapter_of_ours_faxes_through_our_gateway_to_a_machine_behind_t38() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let phone = "extension = \"103\"\n";
    let demo =
        Demo::start_changed(free_offset(), |sample| sample.replace(phone, &format!("{phone}fax = \"gateway\"\n")));
    let (link, password) = (folder.path().join("ttyFAX"), demo.secret("103", "password"));
    let sip = demo.text("/sip/udp");
    let adapter = format!(
        "[[trunks]]\nname = \"house\"\naddress = \"127.0.0.1:{sip}\"\ndomain = \"clinic.demo\"\nuser = \"103\"\npassword = \
         \"{password}\"\nregister = true\n[[virtual_modems]]\nname = \"desk\"\nlink = \"{}\"\ntrunk = \"house\"\nt38 = false\n",
        link.display()
    );
    let adapter = Demo::start_changed(free_offset(), |sample| format!("{sample}\n{adapter}"));
    wait_for("the port is there", SOON, || (state(&adapter) == "ready" && link.exists()).then_some(()));
    wait_for("the adapter is a phone", SOON, || (demo.registered("103") > 0).then_some(()));

    let number = demo.text("/fax_numbers/good");
    let file = folder.path().join("letter.tif");
    fs::write(&file, letter().to_tiff()).expect("a file in a temporary folder");
    let mut hylafax = HylaFax::at(&link, folder.path(), demo.peer_port(0));
    hylafax.sends(folder.path(), &number, &file, CALL);
    let came = wait_for("the page is there", SOON, || Some(far_end(&demo, &number)).filter(|pages| !pages.is_empty()));
    // With its conversion HylaFAX leaves out the last row.
    assert_letter(&came, ROWS - 1);
    let to = format!("+{number}");
    let told = story(&demo, |call| call["direction"] == "out" && call["to"]["number"] == *to);
    for line in ["Both sides agreed on T.38", "The fax is translated", "Page 1 was translated and confirmed"] {
        assert!(told.contains(line), "{line}\n{told}");
    }
}

/// The call that this finds went over T.38, as its page says.
#[track_caller]
fn assert_over_t38(demo: &Demo, which: impl Fn(&Value) -> bool) {
    let told = story(demo, which);
    assert!(told.contains("Both sides agreed on T.38"), "{told}");
}

/// The page of the call that this finds.
#[track_caller]
fn story(demo: &Demo, which: impl Fn(&Value) -> bool) -> String {
    let calls = demo.api("/api/v1/calls?limit=50")["calls"].as_array().expect("a list").clone();
    let call = calls.iter().find(|call| which(call)).unwrap_or_else(|| panic!("a call of the clinic's: {calls:#?}"));
    demo.story(call)
}

/// The machine that we fax to faxes back over T.38, to the number of the port.
#[test]
fn a_call_for_our_port_rings_there_and_efax_answers() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (demo, port) = clinic_with(folder.path(), "number = \"+12025550199\"");
    let number = demo.text("/fax_numbers/good");
    let mut command = Command::new("efax");
    command.arg("-d").arg(&port).args(["-o1", "-l", "555 0199", "-x"]).arg(folder.path().join("LCK"));
    let peer = Peer::start(
        "efax",
        folder.path(),
        command.args(["-w", "-iS0=2", "-i+VCID=1", "-r"]).arg(folder.path().join("in")),
    );
    wait_for("efax waits at the port", SOON, || (state(&demo) == "ready").then_some(()));
    Mail::to(&demo, &number).referral().accepted();
    demo.wait_for_fax("sent", |fax| fax["state"] == "sent");
    wait_for("it rings", CALL, || matches!(state(&demo).as_str(), "ringing" | "in_call").then_some(()));
    let said = peer.succeed(CALL);
    let sent = far_end(&demo, &number);
    let page = |n: usize| {
        let (file, tiff) = (folder.path().join(format!("in.{n:03}")), folder.path().join(format!("in.{n}.tif")));
        run("tiffcp", &["-c", "g4", "-r", "10000", &file.display().to_string(), &tiff.display().to_string()]);
        picture(&Page::from_tiff(&fs::read(&tiff).expect("a file")).expect("a page"))
    };
    assert_eq!(sent.len(), 3, "the referral has three pages");
    for (n, sent) in sent.iter().enumerate() {
        let came = page(n + 1);
        // efax has no error correction, and each moment for which a busy machine has no time costs some rows.
        let same =
            |down: usize| (0..sent.rows.len()).filter(|y| came.rows.get(y + down) == Some(&sent.rows[*y])).count();
        let rows = (0..OVERPRINTED).map(same).max().unwrap_or(0);
        assert!(rows * 4 >= sent.rows.len() * 3, "page {} is another: {rows} rows\n{said}", n + 1);
    }
    assert_over_t38(&demo, |call| call["direction"] == "in");
    // It was the program's call, and our own machine has no fax of it.
    assert!(demo.faxes().iter().all(|fax| fax["direction"] == "out"), "{:#?}", demo.faxes());
    wait_for("nobody has the port open any more", SOON, || (state(&demo) == "away").then_some(()));
}
