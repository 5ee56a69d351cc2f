//! The messages of a call between two real phones, as its page and Wireshark show them.

use std::fs;
use std::time::Duration;

use interop::browser::Browser;
use interop::sipp::Phone;
use interop::{Demo, run, wait_for};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(15);

/// A call from 101 to 102 that was answered, and its ladder.
fn called(demo: &Demo) -> (String, Value) {
    let (desk, nurse) = (Phone::new(demo, "101", 0), Phone::new(demo, "102", 1));
    desk.register();
    nurse.register();
    let waits = nurse.waits("answer");
    desk.call("call", "102");
    waits.succeed(SOON);
    let id = demo.wait_for_call(1, "102", "hung_up")["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/calls/{id}/ladder");
    let address = demo.text("/console").replace("http://", "");
    let token = demo.text("/api_token");
    let ladder = wait_for("the messages are kept", SOON, || {
        let answer = interop::http::get(&address, &path, Some(&token)).ok()?;
        let ladder: Value = serde_json::from_slice(&answer.body).expect("JSON");
        (ladder["complete"] == true).then_some(ladder)
    });
    (id, ladder)
}

/// What one leg said, without what may or may not come (100 Trying), in order.
fn leg(ladder: &Value, lane: u64) -> Vec<String> {
    let messages = ladder["messages"].as_array().expect("a list");
    let of_lane = messages.iter().filter(|m| m["lane"] == lane && m["again"] == false);
    let first = |m: &Value| {
        let line = m["first_line"].as_str().expect("text");
        let word = line.strip_prefix("SIP/2.0 ").unwrap_or(line).split(' ').next().unwrap_or_default().to_owned();
        format!("{} {word}", m["direction"].as_str().expect("text"))
    };
    of_lane.map(first).filter(|line| !line.ends_with(" 100")).collect()
}

#[test]
fn a_call_has_every_message_of_both_legs_and_no_secret() {
    let demo = Demo::start();
    let (id, ladder) = called(&demo);
    let caller = ["in INVITE", "out 401", "in ACK", "in INVITE", "out 180", "out 200", "in ACK", "in BYE", "out 200"];
    assert_eq!(leg(&ladder, 0), caller, "{ladder:#}");
    assert_eq!(leg(&ladder, 1), ["out INVITE", "in 180", "in 200", "out ACK", "out BYE", "in 200"], "{ladder:#}");

    let page = String::from_utf8(demo.get(&format!("/calls/{id}"))).expect("a page is UTF-8");
    let told = [
        "Front desk called 102",
        "Frontdesk asked Front desk for its password",
        "Front desk called 102 again, with its password",
        "Frontdesk called Nurse",
        "Nurse rings",
        "Nurse answered",
        "Front desk hung up",
        "Nurse confirmed the end",
    ];
    let mut rest = page.as_str();
    for sentence in told {
        let at = rest.find(&format!(">{sentence}<")).unwrap_or_else(|| panic!("{sentence} does not follow on\n{page}"));
        rest = &rest[at..];
    }
    let everything = ladder.to_string() + &page;
    for (what, before) in [("nonce", "nonce="), ("response", "response="), ("opaque", "opaque=")] {
        let values = everything.split(before).skip(1);
        let shown = values.filter(|v| !v.starts_with("removed")).count();
        assert_eq!(shown, 0, "a {what} can be read");
    }
    assert!(everything.contains("nonce=removed") && everything.contains("response=removed"), "they were there");
}

#[test]
fn the_messages_of_a_call_can_be_seen_while_it_is_up() {
    let demo = Demo::start();
    let (desk, nurse) = (Phone::new(&demo, "101", 0), Phone::new(&demo, "102", 1));
    desk.register();
    nurse.register();
    let waits = nurse.waits("ring");
    let calls = desk.start("give_up", "102");
    let up = wait_for("it rings", SOON, || {
        let live = demo.api("/api/v1/calls/live");
        (live["calls"][0]["phase"] == "ringing").then(|| live["calls"][0].clone())
    });
    let id = up["id"].as_str().expect("an id");
    assert_eq!((&up["from"]["number"], &up["to"]["number"]), (&"101".into(), &"102".into()));
    let ladder = demo.api(&format!("/api/v1/calls/{id}/ladder"));
    assert_eq!(leg(&ladder, 1), ["out INVITE", "in 180"], "{ladder:#}");
    let page = || String::from_utf8(demo.get(&format!("/calls/{id}"))).expect("a page is UTF-8");
    let while_up = page();
    assert!(while_up.contains(">Nurse rings<") && while_up.contains("every 5s"), "{while_up}");
    waits.succeed(SOON);
    calls.succeed(SOON);
    let record = |page: &String| page.contains(">Front desk gave up<") && !page.contains("every 5s");
    wait_for("the same address has its record", SOON, || Some(page()).filter(record));
}

#[test]
fn wireshark_reads_the_capture_and_finds_nothing_wrong_with_it() {
    let demo = Demo::start();
    let (id, ladder) = called(&demo);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("call.pcapng");
    fs::write(&file, demo.get(&format!("/api/v1/calls/{id}/capture"))).expect("written");
    let file = file.display().to_string();
    // The demo does not listen at the port of SIP, so Wireshark is told.
    let decode = format!("udp.port=={},sip", demo.text("/sip/udp"));
    let checks = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"];
    let fields = [
        "_ws.col.Protocol",
        "sip.Method",
        "sip.Status-Code",
        "_ws.malformed",
        "ip.checksum.status",
        "udp.checksum.status",
    ];
    let mut args = vec!["-r", &file, "-d", &decode, "-T", "fields", "-E", "separator=|", "-E", "occurrence=f"];
    args.extend(checks);
    args.extend(fields.iter().flat_map(|f| ["-e", f]));
    let decoded = run("tshark", &args);
    let rows: Vec<Vec<&str>> =
        decoded.lines().map(|l| l.split('|').collect()).filter(|r: &Vec<_>| r.len() == 6).collect();
    assert_eq!(rows.len(), ladder["messages"].as_array().expect("a list").len(), "{decoded}");
    for row in &rows {
        assert!(row[0].starts_with("SIP"), "{row:?}");
        assert_eq!((row[3], row[4], row[5]), ("", "1", "1"), "malformed, or a wrong checksum: {row:?}");
    }
    // The call as its "SIP Flows" see it.
    let statistics = run("tshark", &["-r", &file, "-d", &decode, "-q", "-z", "sip,stat"]);
    for counted in ["INVITE", "BYE", "ACK", "180 Ringing", "200 OK"] {
        assert!(statistics.contains(counted), "{counted} is missing\n{statistics}");
    }
    let worse = run("tshark", &["-r", &file, "-d", &decode, "-q", "-z", "expert,warn"]);
    assert!(!worse.contains("Malformed") && !worse.contains("Errors ("), "{worse}");
}

#[test]
fn a_browser_draws_arrows_from_side_to_side_and_opens_a_message() {
    let demo = Demo::start();
    let (id, _) = called(&demo);
    let folder = tempfile::tempdir().expect("a folder");
    let browser = Browser::start(&demo, folder.path());
    browser.sign_in(&demo.text("/login"));
    browser.open(&format!("/calls/{id}"));
    let arrows = browser.script("return document.querySelectorAll('.ladder .arrow').length");
    assert!(arrows.as_u64() >= Some(15), "{arrows}");
    let opens = "const s = document.querySelector('.ladder summary'); s.focus(); \
                 const focused = document.activeElement === s; s.click(); \
                 return focused && s.parentElement.open && s.parentElement.querySelector('pre').textContent.startsWith('INVITE ')";
    assert_eq!(browser.script(opens), Value::Bool(true));
    // An arrow goes from the middle of one column to the middle of the other.
    let drawn = "const r = document.querySelector('.ladder li .rung'), c = r.querySelectorAll('i'), a = r.querySelector('.arrow').getBoundingClientRect(); \
                 const mid = n => { const b = c[n].getBoundingClientRect(); return (b.left + b.right) / 2 }; \
                 return Math.abs(a.left - mid(0)) < 3 && Math.abs(a.right - mid(1)) < 3";
    assert_eq!(browser.script(drawn), Value::Bool(true), "{}", browser.page());
    assert_eq!(browser.complaints(), Vec::<Value>::new());
}
