//! A modem that speaks T.30 itself (Class 2, 2.0): our fake of one serves efax, which knows such modems since 1999, and the clinic's faxes
//! go out by it to efax at the other end of the line.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fax::cover::Cover;
use fax::page::{Bitmap, Page};
use interop::exchange::Exchange;
use interop::hylafax::HylaFax;
use interop::mailbox::Mail;
use interop::pages::of_pdf;
use interop::{Demo, Peer, free_offset, run, wait_for};
use model::settings::FaxClass;
use modem::fake::Manner;

/// A page takes half a minute, and its greetings as long.
const CALL: Duration = Duration::from_secs(240);
const SOON: Duration = Duration::from_secs(30);
/// Rows that efax's own line at the top may cover.
const OVERPRINTED: u32 = 40;

/// Many modems of Class 2 give received pages with their bits turned, and efax takes that for granted.
const TWO: Manner = Manner { reversed: true, ..Manner::of(FaxClass::Two) };
const TWO_ZERO: Manner = Manner::of(FaxClass::TwoZero);
/// One that corrects errors.
const CORRECTING: Manner = Manner { corrects: true, ..TWO_ZERO };

/// A page with letters of a kind.
fn letter() -> Page {
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

fn efax(port: &Path, folder: &Path, class: &str, args: &[&str]) -> Peer {
    let mut command = Command::new("efax");
    // A lock of the test's own.
    command.arg("-d").arg(port).args([class, "-l", "555 0199", "-x"]);
    command.arg(folder.join(format!("LCK{class}"))).args(args);
    Peer::start(&format!("efax{class}"), folder, &mut command)
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in ASCII")
}

/// The pages that efax wrote down under this name.
fn received(folder: &Path, name: &str) -> Vec<Bitmap> {
    let page = |n: u32| {
        let file = folder.join(format!("{name}.{n:03}"));
        let tiff = folder.join(format!("{name}.{n}.tif"));
        file.exists().then(|| {
            run("tiffcp", &["-c", "g4", "-r", "10000", path(&file), path(&tiff)]);
            let page = Page::from_tiff(&fs::read(&tiff).expect("a file")).expect("a page");
            page.decode().expect("whole")
        })
    };
    (1..).map_while(page).collect()
}

/// The sample clinic with the exchange's first modem, ready.
fn clinic(exchange: &Exchange) -> Demo {
    let device = path(&exchange.first).to_owned();
    let demo = Demo::start_changed(free_offset(), |sample| {
        let modem = format!("[[modems]]\nname = \"closet\"\ndevice = \"{device}\"\nrings = 1\n");
        let sample = sample.replace("[fax]\n", "[fax]\nlines = [{ modem = \"closet\" }]\n");
        format!("{sample}\n{modem}")
    });
    let state = || demo.api("/api/v1/status")["modems"][0]["state"] == "ready";
    wait_for("the modem is ready", SOON, || state().then_some(()));
    demo
}

/// The fake is proved by a program that has driven real modems, in both dialects.
#[test]
fn efax_sends_by_a_modem_of_class_2_0_and_receives_by_one_of_class_2() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exchange = Exchange::of(folder.path(), [Some(TWO_ZERO), Some(TWO)]);
    let (strip, tiff) = (folder.path().join("page.001"), folder.path().join("page.tif"));
    let sent = letter();
    fs::write(&tiff, sent.to_tiff()).expect("a file in a temporary folder");
    run("tiffcp", &["-c", "g3:1d", "-f", "lsb2msb", "-r", "10000", path(&tiff), path(&strip)]);
    let into = folder.path().join("in");
    let receives = efax(&exchange.second, folder.path(), "-o2", &["-w", "-iS0=1", "-r", path(&into)]);
    let sends = efax(&exchange.first, folder.path(), "-o0", &["-t", "5551234", path(&strip)]);
    let said = sends.succeed(CALL);
    let heard = receives.succeed(CALL);
    let pages = received(folder.path(), "in");
    assert_eq!(pages.len(), 1, "{said}\n{heard}");
    let sent = sent.decode().expect("whole");
    let down = pages[0].height().checked_sub(sent.height()).expect("no row is missing");
    let same = |down: u32| (OVERPRINTED..sent.height()).all(|y| pages[0].row(y + down) == sent.row(y));
    assert!((0..=down).any(same), "the page is another\n{said}\n{heard}");
}

#[test]
fn a_mailed_fax_goes_out_by_a_modem_of_class_2() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exchange = Exchange::of(folder.path(), [Some(TWO), None]);
    let demo = clinic(&exchange);
    let state = || demo.api("/api/v1/status")["modems"][0].clone();
    let today = String::from_utf8(demo.get("/")).expect("a page is UTF-8");
    assert!(today.contains("It faxes in Class 2 and leads the talk"), "{}", state());
    assert!(today.contains("the modem waits for that"), "{}", state());

    let peer = efax(&exchange.second, folder.path(), "-o1", &["-w", "-iS0=1", "-r", path(&folder.path().join("in"))]);
    let letter = folder.path().join("letter.pdf");
    let cover = Cover { message: "A letter of one page.".into(), ..Cover::default() };
    fs::write(&letter, cover.to_pdf()).expect("a file in a temporary folder");
    Mail::to(&demo, "12025550177").attach(&letter, "application/pdf").accepted();
    let said = peer.succeed(CALL);
    let sent = demo.wait_for_fax("sent", |fax| fax["state"] == "sent");
    let id = sent["id"].as_str().expect("an id");
    let fax = demo.api(&format!("/api/v1/faxes/{id}"));
    let attempts = fax["attempts"].as_array().expect("a list");
    assert_eq!(attempts.len(), 1, "{fax:#}\n{said}");
    assert_eq!((&attempts[0]["line"], &attempts[0]["cause"]), (&"closet".into(), &"delivered".into()), "{fax:#}");
    let pdf = folder.path().join("sent.pdf");
    fs::write(&pdf, demo.get(&format!("/faxes/{id}/fax.pdf"))).expect("a file in a temporary folder");
    let (ours, theirs) = (of_pdf(&pdf), received(folder.path(), "in"));
    assert_eq!(ours.len(), theirs.len(), "as many pages");
    for (n, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        let rows: Vec<Vec<u8>> = (0..theirs.height()).map(|y| theirs.row(y).to_vec()).collect();
        // Our machine prints a line of its own above the page.
        let down = rows.len().checked_sub(ours.rows.len()).expect("no row is missing");
        assert!((0..=down).any(|down| rows[down..down + ours.rows.len()] == ours.rows), "page {} is another", n + 1);
    }
}

/// The clinic's modem turns its bits, and efax drives one of the other dialect.
#[test]
fn efax_faxes_to_the_clinic_whose_modem_is_of_class_2() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exchange = Exchange::of(folder.path(), [Some(TWO), Some(TWO_ZERO)]);
    let demo = clinic(&exchange);
    let (strip, tiff) = (folder.path().join("page.001"), folder.path().join("page.tif"));
    let sent = letter();
    fs::write(&tiff, sent.to_tiff()).expect("a file in a temporary folder");
    run("tiffcp", &["-c", "g3:1d", "-f", "lsb2msb", "-r", "10000", path(&tiff), path(&strip)]);
    let said = efax(&exchange.second, folder.path(), "-o0", &["-t", "5551234", path(&strip)]).succeed(CALL);

    let came = demo.wait_for_fax("received", |fax| fax["direction"] == "in" && fax["state"] == "received");
    let id = came["id"].as_str().expect("an id");
    let fax = demo.api(&format!("/api/v1/faxes/{id}"));
    let attempts = fax["attempts"].as_array().expect("a list");
    assert_eq!((&attempts[0]["line"], &attempts[0]["cause"]), (&"closet".into(), &"delivered".into()), "{fax:#}");
    let pdf = folder.path().join("came.pdf");
    fs::write(&pdf, demo.get(&format!("/faxes/{id}/fax.pdf"))).expect("a file in a temporary folder");
    let pages = of_pdf(&pdf);
    assert_eq!(pages.len(), 1, "{said}");
    let (came, sent) = (&pages[0].rows, sent.decode().expect("whole"));
    // efax prints a line of its own at the top, and spoils the last row of a file that ends without six EOL ("EOF before RTC").
    let sent: Vec<Vec<u8>> = (OVERPRINTED..sent.height() - 1).map(|y| sent.row(y).to_vec()).collect();
    let same = |down: usize| sent.iter().enumerate().filter(|(y, row)| came.get(y + down) == Some(*row)).count();
    let best = (0..came.len()).map(same).max().unwrap_or(0);
    assert_eq!(best, sent.len(), "the page is another: {} rows came\n{said}\n{fax:#}", came.len());
}

/// The fax over the clinic's modem, and its pages as the console gives them to a person.
fn delivered(demo: &Demo, fax: &serde_json::Value, coding: &str, folder: &Path) -> Vec<interop::pages::Picture> {
    let id = fax["id"].as_str().expect("an id");
    let fax = demo.api(&format!("/api/v1/faxes/{id}"));
    let attempts = fax["attempts"].as_array().expect("a list");
    assert_eq!(attempts.len(), 1, "{fax:#}");
    assert_eq!((&attempts[0]["line"], &attempts[0]["cause"]), (&"closet".into(), &"delivered".into()), "{fax:#}");
    assert_eq!(attempts[0]["error_correction"], true, "{fax:#}");
    let told = String::from_utf8_lossy(&demo.get(&format!("/faxes/{id}"))).into_owned();
    assert!(told.contains(&format!(" {coding}, ")), "{told}");
    let pdf = folder.join(format!("{id}.pdf"));
    fs::write(&pdf, demo.get(&format!("/faxes/{id}/fax.pdf"))).expect("a file in a temporary folder");
    of_pdf(&pdf)
}

/// Error correction and T.6, as HylaFAX knows both.
#[test]
fn a_mailed_fax_goes_out_by_a_modem_of_class_2_that_corrects_errors_to_hylafax() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exchange = Exchange::of(folder.path(), [Some(CORRECTING), None]);
    let demo = clinic(&exchange);
    let mut hylafax = HylaFax::at(&exchange.second, folder.path(), demo.peer_port(0));
    hylafax.answers(folder.path());
    Mail::to(&demo, "12025550177").referral().accepted();
    let sent = demo.wait_for_fax("sent", |fax| fax["state"] == "sent");
    let ours = delivered(&demo, &sent, "MMR", folder.path());
    let theirs = hylafax.received(SOON);
    assert_eq!(ours.len(), theirs.len(), "as many pages\n{}", hylafax.log());
    for (n, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        let theirs = theirs.decode().expect("whole");
        let rows: Vec<Vec<u8>> = (0..theirs.height()).map(|y| theirs.row(y).to_vec()).collect();
        // Our machine prints a line of its own above the page.
        let down = rows.len().checked_sub(ours.rows.len()).expect("no row is missing");
        assert!((0..=down).any(|down| rows[down..down + ours.rows.len()] == ours.rows), "page {} is another", n + 1);
    }
}

/// HylaFAX drives the fake itself, as an existing one does that was configured for such a modem.
#[test]
fn hylafax_sends_by_a_modem_of_class_2_0_that_corrects_errors() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exchange = Exchange::of(folder.path(), [None, Some(CORRECTING)]);
    let demo = clinic(&exchange);
    let (file, sent) = (folder.path().join("letter.tif"), letter());
    fs::write(&file, sent.to_tiff()).expect("a file in a temporary folder");
    let mut hylafax = HylaFax::at(&exchange.second, folder.path(), demo.peer_port(0));
    // Its conversion of pages loses their last row of dots.
    hylafax.configure("ModemSoftRTFCC: no");
    for line in
        ["ModemType: Class2.0", "Class2Cmd: AT+FCLASS=2.0", "ModemMfrQueryCmd: !fakes", "ModemModelQueryCmd: !fake"]
    {
        hylafax.configure(line);
    }
    hylafax.sends(folder.path(), "5551234", &file, CALL);
    let came = demo.wait_for_fax("received", |fax| fax["direction"] == "in" && fax["state"] == "received");
    assert_eq!(came["pages"], 1, "{came:#}\n{}", hylafax.log());
}

/// The same the other way: HylaFAX, by a modem of Class 1, sends to the clinic, whose modem corrects errors by itself.
#[test]
fn hylafax_faxes_to_the_clinic_whose_modem_of_class_2_0_corrects_errors() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exchange = Exchange::of(folder.path(), [Some(CORRECTING), None]);
    let demo = clinic(&exchange);
    let (file, sent) = (folder.path().join("letter.tif"), letter());
    fs::write(&file, sent.to_tiff()).expect("a file in a temporary folder");
    let mut hylafax = HylaFax::at(&exchange.second, folder.path(), demo.peer_port(0));
    // Its conversion of pages loses their last row of dots.
    hylafax.configure("ModemSoftRTFCC: no");
    hylafax.sends(folder.path(), "5551234", &file, CALL);
    let came = demo.wait_for_fax("received", |fax| fax["direction"] == "in" && fax["state"] == "received");
    let pages = delivered(&demo, &came, "MH", folder.path());
    assert_eq!(pages.len(), 1, "{came:#}\n{}", hylafax.log());
    // It prints a line of its own at the top.
    let sent = sent.decode().expect("whole");
    let sent: Vec<Vec<u8>> = (OVERPRINTED..sent.height()).map(|y| sent.row(y).to_vec()).collect();
    let rows = &pages[0].rows;
    let down = rows.len().checked_sub(sent.len()).expect("no row is missing");
    assert!((0..=down).any(|down| rows[down..down + sent.len()] == sent), "the page is another\n{}", hylafax.log());
}
