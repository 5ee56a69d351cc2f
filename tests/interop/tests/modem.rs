//! A fax modem of the clinic's own, on a line at whose other end stands efax or HylaFAX: faxes go out by it and come in by it, and one that
//! is pulled out in the midst of a page costs a minute and no page.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fax::page::Page;
use interop::exchange::Exchange;
use interop::mailbox::Mail;
use interop::pages::{Picture, of_pdf};
use interop::{Demo, Peer, free_offset, run, wait_for};
use serde_json::Value;

/// A page takes half a minute, and its greetings as long.
const CALL: Duration = Duration::from_secs(240);
const SOON: Duration = Duration::from_secs(30);
const NUMBER: &str = "12025550177";

/// The sample clinic with the exchange's first modem, by which alone its faxes go out.
fn clinic(exchange: &Exchange) -> Demo {
    Demo::start_changed(free_offset(), |sample| {
        let modem = format!("[[modems]]\nname = \"closet\"\ndevice = \"{}\"\nrings = 1\n", exchange.first.display());
        let sample = sample.replace("[fax]\n", "[fax]\nlines = [{ modem = \"closet\" }]\n");
        format!("{sample}\n{modem}")
    })
}

fn state(demo: &Demo) -> String {
    demo.api("/api/v1/status")["modems"][0]["state"].as_str().expect("a modem with a state").to_owned()
}

fn wait_until_ready(demo: &Demo) {
    wait_for("the modem is ready", SOON, || (state(demo) == "ready").then_some(()));
}

/// efax on the other line; what it receives goes into this folder.
fn efax(exchange: &Exchange, folder: &Path, args: &[&str]) -> Peer {
    let mut command = Command::new("efax");
    // Class 1, and a lock of the test's own.
    command.arg("-d").arg(&exchange.second).args(["-o1", "-l", "555 0199"]);
    command.arg("-x").arg(folder.join("LCK")).args(args);
    Peer::start("efax", folder, &mut command)
}

fn efax_receives(exchange: &Exchange, folder: &Path, name: &str) -> Peer {
    efax(exchange, folder, &["-w", "-iS0=1", "-r", &folder.join(name).display().to_string()])
}

/// The pages that efax wrote down under this name.
fn received_by_efax(folder: &Path, name: &str) -> Vec<Picture> {
    let page = |n: u32| {
        let file = folder.join(format!("{name}.{n:03}"));
        let tiff = folder.join(format!("{name}.{n}.tif"));
        file.exists().then(|| {
            run("tiffcp", &["-c", "g4", "-r", "10000", &file.display().to_string(), &tiff.display().to_string()]);
            picture(&Page::from_tiff(&fs::read(&tiff).expect("a file")).expect("a page"))
        })
    };
    (1..).map_while(page).collect()
}

fn picture(page: &Page) -> Picture {
    let bitmap = page.decode().expect("whole");
    Picture { width: bitmap.width() as usize, rows: (0..bitmap.height()).map(|y| bitmap.row(y).to_vec()).collect() }
}

/// The pages of a fax, as the console gives them to a person.
fn pages_of(demo: &Demo, fax: &Value, folder: &Path) -> Vec<Picture> {
    let id = fax["id"].as_str().expect("an id");
    let path = folder.join(format!("{id}.pdf"));
    fs::write(&path, demo.get(&format!("/faxes/{id}/fax.pdf"))).expect("a file in a temporary folder");
    of_pdf(&path)
}

/// The same dots below the line that our machine prints above a page.
#[track_caller]
fn assert_pages(sent: &[Picture], received: &[Picture]) {
    assert_eq!(sent.len(), received.len(), "as many pages");
    for (n, (sent, received)) in sent.iter().zip(received).enumerate() {
        let down = received.rows.len().checked_sub(sent.rows.len());
        let same = |down: usize| received.rows[down..down + sent.rows.len()] == sent.rows;
        assert!(down.is_some_and(|most| (0..=most).any(same)), "page {} is another: {down:?} rows longer", n + 1);
    }
}

#[test]
fn a_mailed_fax_goes_out_by_our_modem_to_efax() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exchange = Exchange::start(folder.path());
    let demo = clinic(&exchange);
    let peer = efax_receives(&exchange, folder.path(), "in");
    wait_until_ready(&demo);
    Mail::to(&demo, NUMBER).referral().accepted();
    let said = peer.succeed(CALL);
    let sent = demo.wait_for_fax("sent", |fax| fax["state"] == "sent");
    assert_eq!((sent["cause"].as_str(), sent["attempts"].as_u64()), (Some("delivered"), Some(1)), "{sent:#}\n{said}");
    assert_pages(&pages_of(&demo, &sent, folder.path()), &received_by_efax(folder.path(), "in"));
}
