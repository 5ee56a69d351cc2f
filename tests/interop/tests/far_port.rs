//! A port of the clinic in the network: a fax modem to programs on other machines, by RFC 2217. Its judges are pyserial, a client of others, and our own
//! modem driver in a second Frontdesk, which faxes by it both ways.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use fax::page::Page;
use interop::mailbox::Mail;
use interop::pages::{Picture, of_pdf};
use interop::{Demo, Peer, free_offset, wait_for};
use rustix::net::sockopt;
use serde_json::Value;
use skip::skipped;

/// A page takes half a minute, and its greetings as long.
const CALL: Duration = Duration::from_secs(300);
/// Debian's, which has Debian's packages, whichever else is there.
const PYTHON: &str = "/usr/bin/python3";
const SOON: Duration = Duration::from_secs(30);

/// The sample clinic with such a port, for calls to its fax number, and where it is.
fn clinic() -> (Demo, u16) {
    let offset = free_offset();
    // One of those that belong to the test that owns the demo.
    let port = 6100 + offset + 7;
    let setting = format!(
        "[[virtual_modems]]\nname = \"windows\"\nlisten = \"127.0.0.1:{port}\"\ntrunk = \"main\"\nnumber = \"+12025550199\"\n"
    );
    let demo = Demo::start_changed(offset, |sample| format!("{sample}\n{setting}"));
    // Nobody has it open, so that no call rings there.
    wait_until(&demo, "away");
    (demo, port)
}

fn state(demo: &Demo) -> String {
    demo.api("/api/v1/status")["virtual_modems"][0]["state"].as_str().expect("a port with a state").to_owned()
}

fn wait_until(demo: &Demo, is: &str) {
    wait_for(&format!("the port is {is}"), SOON, || (state(demo) == is).then_some(()));
}

/// How the calls to this number ended, of those that have.
fn calls_to(demo: &Demo, number: &str) -> Vec<Value> {
    let calls = demo.api("/api/v1/calls?limit=50")["calls"].as_array().expect("a list").clone();
    let to = format!("+{number}");
    calls.into_iter().filter(|call| call["direction"] == "out" && call["to"]["number"] == *to).collect()
}

#[test]
fn pyserial_opens_a_port_in_the_network_calls_hangs_up_by_dtr_and_answers() {
    let looked = Command::new(PYTHON).args(["-c", "import serial"]).stderr(Stdio::null()).status();
    if !looked.is_ok_and(|status| status.success()) {
        return skipped("there is no pyserial (python3-serial): no other client of RFC 2217 was tried");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (demo, port) = clinic();
    let (refused, good) = (demo.text("/fax_numbers/t38_refused"), demo.text("/fax_numbers/good"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/far_port/pyserial.py");
    let mut command = Command::new(PYTHON);
    let mut peer = Peer::start("pyserial", folder.path(), command.args([script, &port.to_string(), &refused]));
    peer.wait_until_printed("waits for a call", CALL);
    // Its call has ended with DTR.
    wait_for("the call is over", SOON, || (!calls_to(&demo, &refused).is_empty()).then_some(()));
    Mail::to(&demo, &good).referral().accepted();
    let said = peer.succeed(CALL);
    assert!(said.contains("second: This fax port is in use by another program."), "{said}");
    wait_until(&demo, "away");
}

/// Our modem driver is the fax server: a second Frontdesk, whose only line is the port of the first. What it sends is faxed back.
#[test]
fn our_own_modem_driver_faxes_by_a_port_in_the_network_both_ways() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (demo, port) = clinic();
    let server = Demo::start_changed(free_offset(), |sample| {
        let modem = format!("[[modems]]\nname = \"closet\"\ndevice = \"rfc2217://127.0.0.1:{port}\"\nrings = 1\n");
        let sample = sample.replace("[fax]\n", "[fax]\nlines = [{ modem = \"closet\" }]\n");
        format!("{sample}\n{modem}")
    });
    let modem = || server.api("/api/v1/status")["modems"][0]["state"].as_str().expect("a state").to_owned();
    wait_for("the modem is ready", SOON, || (modem() == "ready").then_some(()));
    let number = demo.text("/fax_numbers/good");
    Mail::to(&server, &number).referral().accepted();
    let sent = server.wait_for_fax("sent", |fax| fax["state"] == "sent");
    let pages = pages_of(&server, &sent, folder.path());
    assert_pages(&pages, &far_end(&demo, &number));
    // A machine that has no time for both loses the call before the last page; what was confirmed is there.
    let is_back = |fax: &Value| fax["direction"] == "in" && (fax["state"] == "received" || fax["state"] == "partial");
    let back = server.wait_for_fax("back", is_back);
    let confirmed = back["pages_confirmed"].as_u64().and_then(|pages| usize::try_from(pages).ok()).unwrap_or(0);
    assert!(confirmed > 0, "{back:#}");
    assert_pages(&far_end(&demo, &number)[..confirmed], &pages_of(&server, &back, folder.path())[..confirmed]);
    // They were the program's.
    assert!(demo.faxes().is_empty(), "{:#?}", demo.faxes());
    wait_until(&demo, "ready");
}

#[test]
fn a_program_in_the_network_that_vanishes_ends_its_call_and_frees_the_port() {
    let (demo, port) = clinic();
    let number = demo.text("/fax_numbers/t38_refused");
    for n in 0..2 {
        let mut program = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        program.set_read_timeout(Some(SOON)).expect("an option");
        program.write_all(b"ATE0\r").expect("it is connected");
        let mut said = Vec::new();
        while !said.ends_with(b"OK\r\n") {
            let mut byte = [0];
            program.read_exact(&mut byte).expect("the modem answers");
            said.extend(byte);
        }
        program.write_all(format!("AT+FCLASS=1\rATD{number}\r").as_bytes()).expect("it is connected");
        wait_until(&demo, "in_call");
        sockopt::set_socket_linger(&program, Some(Duration::ZERO)).expect("an option");
        drop(program);
        wait_until(&demo, "away");
        wait_for("the call is over", SOON, || (calls_to(&demo, &number).len() > n).then_some(()));
    }
}

/// The pages that the machine at this number wrote down.
fn far_end(demo: &Demo, number: &str) -> Vec<Picture> {
    let folder = PathBuf::from(demo.text("/received_dir")).join(number);
    let mut files: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.sort_by_key(|p| p.to_string_lossy().rsplit('-').next().map(str::to_owned));
    let page = |file: &PathBuf| Page::from_tiff(&std::fs::read(file).expect("a file")).expect("a TIFF");
    files.iter().map(|file| picture(&page(file))).collect()
}

fn picture(page: &Page) -> Picture {
    let bitmap = page.decode().expect("whole");
    Picture { width: bitmap.width() as usize, rows: (0..bitmap.height()).map(|y| bitmap.row(y).to_vec()).collect() }
}

/// The pages of a fax, as the console gives them to a person.
fn pages_of(demo: &Demo, fax: &Value, folder: &Path) -> Vec<Picture> {
    let id = fax["id"].as_str().expect("an id");
    let path = folder.join(format!("{id}.pdf"));
    std::fs::write(&path, demo.get(&format!("/faxes/{id}/fax.pdf"))).expect("a file in a temporary folder");
    of_pdf(&path)
}

/// The same dots below the line that a machine prints above a page.
#[track_caller]
fn assert_pages(sent: &[Picture], received: &[Picture]) {
    assert_eq!(sent.len(), received.len(), "as many pages");
    for (n, (sent, received)) in sent.iter().zip(received).enumerate() {
        let down = received.rows.len().checked_sub(sent.rows.len());
        let same = |down: usize| received.rows[down..down + sent.rows.len()] == sent.rows;
        assert!(down.is_some_and(|most| (0..=most).any(same)), "page {} is another: {down:?} rows longer", n + 1);
    }
}
