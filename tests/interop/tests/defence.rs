//! Those who do not belong here, with the programs that they use: sipvicious, and SIPp as a flood. They get nothing, nobody else notices, and
//! the console says what happened.

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use interop::peer::outcome;
use interop::sipp::Phone;
use interop::{Demo, Peer, http, repository, run, wait_for};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(20);
/// What a program of theirs may take; it is ended then.
const BOUND: &str = "10";

#[test]
fn sipvicious_finds_nothing_and_phones_at_its_address_work_on() {
    let demo = Demo::start();
    let (desk, nurse) = (Phone::new(&demo, "101", 0), Phone::new(&demo, "102", 1));
    desk.register();
    nurse.register();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let port = demo.text("/sip/udp");

    let said = attack(folder.path(), &["svmap", "-p", &port, "127.0.0.1"]);
    assert!(said.contains("found nothing"), "{said}");
    let block = only_block(&demo);
    assert!(block["address"] == "127.0.0.1" && block["reason"] == "scanner", "{block:#}");
    let said = attack(folder.path(), &["svwar", "-e100-199", "-p", &port, "--maximumtime=2", "127.0.0.1"]);
    assert!(said.contains("found nothing"), "{said}");

    // The phones that were here before, and one that comes now.
    call(&desk, "call", &nurse, "answer");
    demo.wait_for_call(1, "102", "hung_up");
    Phone::new(&demo, "103", 2).register();
    assert_eq!(only_block(&demo)["reason"], "scanner", "their passwords do not speak for the scanner");
    Phone::with_password(&demo, "nobody", "", 3).call("call_emergency", "911");
    demo.wait_for_call(2, "911", "hung_up");

    let page = String::from_utf8(demo.get("/people")).expect("a page is UTF-8");
    assert!(page.contains("A program there searches for telephone systems."), "{page}");
    assert_eq!(lift(&demo), 303);
    wait_for("the address is answered again", SOON, || blocks(&demo).is_empty().then_some(()));
    assert!(demo.api("/api/v1/defence")["turned_away"]["from_blocked_addresses"].as_u64() > Some(0));
}

#[test]
fn sipvicious_under_another_name_learns_no_extension_and_no_password() {
    let demo = Demo::start();
    let (desk, nurse) = (Phone::new(&demo, "101", 0), Phone::new(&demo, "102", 1));
    desk.register();
    nurse.register();
    let folder = tempfile::tempdir().expect("a temporary folder");
    disguise(folder.path());
    let port = demo.text("/sip/udp");
    let disguised = |program: &str, more: &[&str]| {
        let code = format!("import sys; sys.argv[0] = '{program}'; from sipvicious.{program} import main; main()");
        attack(folder.path(), &[&["python3", "-c", &code, "-p", &port], more, &["127.0.0.1"]].concat())
    };
    let said = disguised("svwar", &["-e100-199"]);
    assert!(said.contains("authentication request for an unknown extension"), "all extensions look alike: {said}");
    // 500 guesses, and then the right one.
    let mut words: Vec<String> = (1000..1500).map(|n| n.to_string()).collect();
    words.push(demo.secret("101", "password"));
    let list = folder.path().join("words");
    fs::write(&list, words.join("\n")).expect("a file in a temporary folder");
    let said = disguised("svcrack", &["-u101", "-d", list.to_str().expect("a path")]);
    assert!(!said.contains(words.last().expect("a word")), "{said}");
    let block = only_block(&demo);
    assert!(block["reason"] == "wrong_passwords" && block["times"] == 1, "{block:#}");
    // The right password of 101 proves that its phone is still at home here: the block ends.
    call(&desk, "call", &nurse, "answer");
    demo.wait_for_call(1, "102", "hung_up");
    wait_for("the phone ended the block", SOON, || blocks(&demo).is_empty().then_some(()));
}

#[test]
fn a_flood_of_calls_from_one_address_is_ended_and_others_call_on() {
    let demo = Demo::start();
    let (desk, nurse) = (Phone::new(&demo, "101", 0), Phone::new(&demo, "102", 1));
    desk.register();
    nurse.register();
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Loopback has many addresses: the flood is another machine than the phones.
    let mut flood = Command::new("sipp");
    flood.arg(format!("127.0.0.1:{}", demo.text("/sip/udp"))).arg("-sf");
    flood.arg(repository("tests/interop/scenarios/flood.xml")).args(["-i", "127.0.0.66", "-p"]);
    flood.arg(demo.peer_port(300).to_string()).args(["-r", "2000", "-m", "40000", "-nostdin", "-timeout", "15"]);
    let flood = Peer::start("sipp-flood", folder.path(), &mut flood);
    let block = wait_for("the flood is ended", SOON, || blocks(&demo).first().cloned());
    assert!(block["address"] == "127.0.0.66" && block["reason"] == "asking", "{block:#}");
    call(&desk, "call", &nurse, "answer");
    let call = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&call);
    Phone::with_password(&demo, "nobody", "", 3).call("call_emergency", "911");
    demo.wait_for_call(2, "911", "hung_up");
    flood.interrupt(SOON);
    let turned_away = &demo.api("/api/v1/defence")["turned_away"];
    assert!(turned_away["from_blocked_addresses"].as_u64() > Some(1000), "{turned_away:#}");
    let page = String::from_utf8(demo.get("/people")).expect("a page is UTF-8");
    assert!(page.contains("127.0.0.66") && page.contains("It asked again and again"), "{page}");
}

/// Runs one of their programs to its end, or for a few seconds, and gives what it printed.
fn attack(folder: &Path, command: &[&str]) -> String {
    // It keeps its notes in the home folder, and the disguised one is found there.
    let folder = folder.display();
    let environment = [&format!("HOME={folder}")[..], &format!("PYTHONPATH={folder}"), "PYTHONDONTWRITEBYTECODE=1"];
    outcome("env", &[&environment, &["timeout", "-s", "INT", BOUND][..], command].concat()).1
}

/// A copy of sipvicious that does not say its name.
fn disguise(folder: &Path) {
    run("cp", &["-r", "/usr/share/sipvicious/sipvicious", &folder.display().to_string()]);
    let helper = folder.join("sipvicious/libs/svhelper.py");
    let text = fs::read_to_string(&helper).expect("sipvicious is installed: cargo xtask deps");
    assert!(text.contains("useragent='friendly-scanner'"), "sipvicious says another name now");
    fs::write(&helper, text.replace("friendly-scanner", "Yealink SIP-T46S")).expect("a file in a temporary folder");
}

fn blocks(demo: &Demo) -> Vec<Value> {
    demo.api("/api/v1/defence")["blocked_addresses"].as_array().expect("a list").clone()
}

fn only_block(demo: &Demo) -> Value {
    let one = || <[Value; 1]>::try_from(blocks(demo)).ok();
    let [block] = wait_for("one address is blocked", SOON, one);
    block
}

/// The button of the console. The status of the answer.
fn lift(demo: &Demo) -> u16 {
    let address = demo.text("/console").replace("http://", "");
    let headers = format!(
        "Authorization: Bearer {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        demo.text("/api_token")
    );
    http::request(&address, "POST", "/door/lift", &headers, b"address=127.0.0.1").expect("the console answers").status
}

fn call(caller: &Phone, calls: &str, called: &Phone, answers: &str) {
    let called = called.waits(answers);
    caller.call(calls, "102");
    called.succeed(SOON);
}

/// A router that writes another address over the inside one of whatever goes out, as a "SIP ALG" does. It ends with the test's process.
fn meddling_router(inside: SocketAddr, outside: SocketAddr) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = socket.local_addr().expect("an address");
    let run = move || {
        let mut data = [0; 4096];
        while let Ok((length, from)) = socket.recv_from(&mut data) {
            let (to, out) = if from == inside {
                let text = String::from_utf8_lossy(&data[..length]);
                (outside, text.replace("127.0.0.1", "127.99.0.1").into_bytes())
            } else {
                (inside, data[..length].to_vec())
            };
            let _ = socket.send_to(&out, to);
        }
    };
    std::thread::Builder::new().name("router".to_owned()).spawn(run).expect("a thread");
    address
}

#[test]
fn a_router_that_changes_our_messages_is_found_by_another_frontdesk_outside() {
    let outside = Demo::start();
    let at = |demo: &Demo| SocketAddr::from(([127, 0, 0, 1], demo.text("/sip/udp").parse().expect("a port")));
    let offset = interop::free_offset();
    let inside = SocketAddr::from(([127, 0, 0, 1], 5060 + offset));
    let router = meddling_router(inside, at(&outside));
    let mirrors = format!("mirrors = [\"{}\", \"{router}\"]\n", at(&outside));
    let demo = Demo::start_changed(offset, |settings| mirrors + settings);
    assert_eq!(at(&demo), inside);
    let said = wait_for("both mirrors answered", Duration::from_secs(30), || {
        let mirrors = demo.api("/api/v1/defence")["mirrors"].as_array().expect("a list").clone();
        (mirrors.len() == 2).then_some(mirrors)
    });
    let of = |mirror: SocketAddr| said.iter().find(|m| m["mirror"] == mirror.to_string()).expect("each is told");
    assert_eq!(of(at(&outside))["found"], "unchanged", "{said:?}");
    let changed = ["via", "contact", "call_id", "body", "length"];
    assert_eq!((&of(router)["found"], &of(router)["changed"]), (&"changed".into(), &changed.as_slice().into()));
    let page = String::from_utf8(demo.get("/people")).expect("a page is UTF-8");
    assert!(page.contains("The router here changes phone messages on their way out"), "{page}");
}
