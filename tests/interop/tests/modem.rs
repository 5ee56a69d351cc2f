//! A fax modem of the clinic's own, on a line at whose other end stands efax or HylaFAX: faxes go out by it and come in by it, and one that
//! is pulled out in the midst of a page costs a minute and no page.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use fax::page::{Bitmap, Page};
use interop::exchange::Exchange;
use interop::hylafax::HylaFax;
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
    clinic_at(&exchange.first.display().to_string(), 1)
}

/// The same with the modem at this port, which answers after so many rings.
fn clinic_at(device: &str, rings: u32) -> Demo {
    Demo::start_changed(free_offset(), |sample| {
        let modem = format!("[[modems]]\nname = \"closet\"\ndevice = \"{device}\"\nrings = {rings}\n");
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

/// How each attempt of a fax ended, the first one first; all were made by our modem.
fn attempts(demo: &Demo, fax: &Value) -> Vec<String> {
    let fax = demo.api(&format!("/api/v1/faxes/{}", fax["id"].as_str().expect("an id")));
    let attempts = fax["attempts"].as_array().expect("a list");
    assert!(attempts.iter().all(|attempt| attempt["line"] == "closet"), "{fax:#}");
    attempts.iter().map(|attempt| attempt["cause"].as_str().unwrap_or("none").to_owned()).collect()
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
    assert_eq!(attempts(&demo, &sent), ["delivered"], "{sent:#}\n{said}");
    assert_pages(&pages_of(&demo, &sent, folder.path()), &received_by_efax(folder.path(), "in"));
}

#[test]
fn efax_sends_a_fax_to_our_modem() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exchange = Exchange::start(folder.path());
    let demo = clinic(&exchange);
    let strip = folder.path().join("page.001");
    let sent = letter();
    let tiff = folder.path().join("page.tif");
    fs::write(&tiff, sent.to_tiff()).expect("a file in a temporary folder");
    run("tiffcp", &["-c", "g3:1d", "-f", "lsb2msb", "-r", "10000", path(&tiff), path(&strip)]);
    wait_until_ready(&demo);
    let peer = efax(&exchange, folder.path(), &["-t", "5551234", path(&strip)]);
    let said = peer.succeed(CALL);
    let came = demo.wait_for_fax("received", |fax| fax["state"] == "received");
    assert_eq!(came["pages"], 1, "{came:#}\n{said}");
    let (sent, came) = (picture(&sent), pages_of(&demo, &came, folder.path()));
    // efax prints a line of its own over the top of a page, and ends it with blank rows.
    let down = came[0].rows.len().checked_sub(sent.rows.len()).expect("no row is missing");
    let same = |down: usize| (OVERPRINTED..sent.rows.len()).all(|y| came[0].rows[y + down] == sent.rows[y]);
    assert!((0..=down).any(same), "the page is another");
    wait_until_ready(&demo);
}

/// Pulled out when the first of three pages is confirmed, and plugged in again as another port under the same name.
#[test]
fn a_modem_that_is_unplugged_in_the_midst_of_a_fax_costs_no_page_and_sends_none_twice() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exchange = Exchange::start(folder.path());
    let demo = clinic(&exchange);
    let peer = efax_receives(&exchange, folder.path(), "first");
    wait_until_ready(&demo);
    Mail::to(&demo, NUMBER).referral().accepted();
    demo.wait_for_fax("one page further", |fax| fax["pages_confirmed"] == 1);
    exchange.unplug();
    let waits = demo.wait_for_fax("waiting again", |fax| fax["state"] == "waiting");
    assert_eq!((waits["cause"].as_str(), waits["pages_confirmed"].as_u64()), (Some("dropped"), Some(1)), "{waits:#}");
    wait_for("the console says so", SOON, || (state(&demo) == "away").then_some(()));
    let today = || String::from_utf8(demo.get("/")).expect("a page is UTF-8");
    wait_for("and what to do", SOON, || today().contains("Is it plugged in and switched on?").then_some(()));
    drop(peer.interrupt(CALL));

    let peer = efax_receives(&exchange, folder.path(), "second");
    exchange.plug_in();
    let said = peer.succeed(CALL);
    let sent = demo.wait_for_fax("sent", |fax| fax["state"] == "sent");
    assert_eq!(attempts(&demo, &sent), ["dropped", "delivered"], "{sent:#}\n{said}");
    let pages = pages_of(&demo, &sent, folder.path());
    let (first, second) = (received_by_efax(folder.path(), "first"), received_by_efax(folder.path(), "second"));
    // What efax has of the page that broke off is a part of the second, which it never confirmed.
    assert_pages(&pages[..1], &first[..1]);
    assert_pages(&pages[1..], &second);
    assert_eq!(demo.faxes().len(), 1);
}

/// Rows that efax's own line at the top may cover.
const OVERPRINTED: usize = 40;

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

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in ASCII")
}

#[test]
fn a_mailed_fax_goes_out_by_our_modem_to_hylafax() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exchange = Exchange::start(folder.path());
    let demo = clinic(&exchange);
    let mut hylafax = HylaFax::at(&exchange.second, folder.path(), demo.peer_port(0));
    hylafax.answers(folder.path());
    wait_until_ready(&demo);
    Mail::to(&demo, NUMBER).referral().accepted();
    let sent = demo.wait_for_fax("sent", |fax| fax["state"] == "sent");
    assert_eq!(attempts(&demo, &sent), ["delivered"], "{sent:#}\n{}", hylafax.log());
    let came: Vec<_> = hylafax.received(SOON).iter().map(picture).collect();
    assert_pages(&pages_of(&demo, &sent, folder.path()), &came);
}

/// Who calls is told by the exchange between the first ring and the second.
#[test]
fn hylafax_sends_a_fax_to_our_modem_which_knows_who_calls() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exchange = Exchange::start(folder.path());
    let demo = clinic_at(&exchange.first.display().to_string(), 2);
    let file = folder.path().join("letter.tif");
    fs::write(&file, letter().to_tiff()).expect("a file in a temporary folder");
    let mut hylafax = HylaFax::at(&exchange.second, folder.path(), demo.peer_port(0));
    wait_until_ready(&demo);
    hylafax.sends(folder.path(), "5551234", &file, CALL);
    let came = demo.wait_for_fax("received", |fax| fax["state"] == "received");
    let text = came.to_string();
    assert!(text.contains("+12025550123"), "nobody knows who called: {came:#}");
    let (sent, came) = (picture(&letter()), pages_of(&demo, &came, folder.path()));
    // HylaFAX prints its line over the first rows and leaves out the last.
    let rows = OVERPRINTED..sent.rows.len() - 1;
    let at = |down: usize| rows.clone().all(|y| came[0].rows.get(y + down) == Some(&sent.rows[y]));
    assert!((0..OVERPRINTED).any(at), "the page is another");
}

/// The modem stands at the other end of a network, at a port that ser2net gives away.
#[test]
fn a_mailed_fax_goes_out_by_a_modem_in_the_network() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let exchange = Exchange::start(folder.path());
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr()).expect("a port").port();
    let device = exchange.first.display();
    let config = folder.path().join("ser2net.yaml");
    let text = format!(
        "%YAML 1.1\n---\nconnection: &modem\n  accepter: telnet(rfc2217),tcp,127.0.0.1,{port}\n  connector: \
         serialdev(nouucplock),{device},115200n81,local\n  options:\n    kickolduser: true\n"
    );
    fs::write(&config, text).expect("a file in a temporary folder");
    let mut command = Command::new("/usr/sbin/ser2net");
    let server = Peer::start("ser2net", folder.path(), command.args(["-n", "-d", "-c", path(&config)]));
    let demo = clinic_at(&format!("rfc2217://127.0.0.1:{port}"), 1);
    let peer = efax_receives(&exchange, folder.path(), "in");
    wait_until_ready(&demo);
    Mail::to(&demo, NUMBER).referral().accepted();
    let said = peer.succeed(CALL);
    let sent = demo.wait_for_fax("sent", |fax| fax["state"] == "sent");
    assert_eq!(attempts(&demo, &sent), ["delivered"], "{sent:#}\n{said}\n{}", server.printed());
    assert_pages(&pages_of(&demo, &sent, folder.path()), &received_by_efax(folder.path(), "in"));
    // A server that is switched off is a modem that was unplugged.
    drop(server);
    wait_for("the console says so", SOON, || (state(&demo) == "away").then_some(()));
}
