//! A carrier over TLS: Kamailio with a certificate of an authority of its own, which the settings name.

use std::fs;
use std::time::Duration;

use interop::authority::Authority;
use interop::kamailio::{Kamailio, PASSWORD, USER};
use interop::names::Names;
use interop::sipp::Phone;
use interop::{Demo, free_offset, wait_for};

const SOON: Duration = Duration::from_secs(10);
const TLS: &str = "[server:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\n\
                   private_key = FOLDER/key.pem\ncertificate = FOLDER/certificate.pem\n";

/// The carrier sip.carrier.test, whose certificate says that it is `certified`, and a demo whose line it is. The phones of SIPp are numbered
/// from 0; `0` is outside and called, `1` outside and calls.
fn carrier(certified: &str) -> (Kamailio, Names, Demo) {
    let offset = free_offset();
    let port = |n: u16| 6100 + offset + n;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let authority = Authority::new(folder.path());
    authority.certify(certified);
    let config = TLS.replace("FOLDER", &folder.path().display().to_string());
    fs::write(folder.path().join("tls.cfg"), config).expect("a file in a temporary folder");
    let keys = [
        ("PASSWORD", PASSWORD.to_owned()),
        ("CALLED_PORT", port(0).to_string()),
        ("CALLER_PORT", port(20).to_string()),
        ("TLS_PORT", port(391).to_string()),
    ];
    let pem = authority.pem();
    let kamailio = Kamailio::start_in(folder, "secure", port(390), &keys);
    let names = Names::start(port(399), &["host-record=sip.carrier.test,127.0.0.1".to_owned()]);
    let trunks = format!(
        "[[trunks]]\nname = \"main\"\naddress = \"sip.carrier.test:{}\"\ntransport = \"tls\"\nauthority = '''{pem}'''\n\
         domain = \"carrier.test\"\nuser = \"{USER}\"\npassword = \"{PASSWORD}\"\nregister = true\n",
        port(391)
    );
    let demo = Demo::start_with(&trunks, offset, Some(port(399)));
    (kamailio, names, demo)
}

fn is_line(demo: &Demo, word: &str) {
    let line = || demo.api("/api/v1/status")["trunks"][0]["line"].as_str().expect("a word").to_owned();
    wait_for(&format!("the line is {word}"), SOON, || (line() == word).then_some(()));
}

#[test]
fn a_carrier_that_proves_its_name_is_registered_with_called_and_answered_over_tls() {
    let (kamailio, _names, demo) = carrier("sip.carrier.test");
    is_line(&demo, "registered");
    let called = Phone::with_password(&demo, "outside", "", 0);
    let desk = Phone::new(&demo, "101", 2);
    desk.register();

    let answering = called.waits("answer");
    desk.call("call", "12025550123");
    answering.succeed(SOON);
    let ended = demo.wait_for_call(1, "+12025550123", "hung_up");
    demo.assert_sound_both_ways(&ended);

    // The carrier calls over the connection that we opened: there is no other way to where that came from.
    let answering = desk.waits("answer");
    let caller = Phone::with_password(&demo, "outside", "", 1);
    caller.call_at(&format!("127.0.0.1:{}", demo.peer_port(390)), "call_emergency", "+12025550100");
    answering.succeed(SOON);
    let ended = demo.wait_for_call(2, "+12025550100", "hung_up");
    demo.assert_sound_both_ways(&ended);

    let log = kamailio.peer.printed();
    for method in ["REGISTER", "INVITE", "ACK", "BYE"] {
        let over_tls = |line: &str| line.contains(&format!("GOT {method} ")) && line.contains(" by tls from ");
        assert!(log.lines().any(over_tls), "no {method} over TLS: {log}");
    }
    let plain = demo.text("/sip/udp");
    assert!(!log.contains(&format!("from 127.0.0.1:{plain} ")), "nothing of ours came without TLS: {log}");
}

#[test]
fn a_carrier_whose_certificate_names_another_is_not_told_a_word() {
    let (kamailio, _names, demo) = carrier("sip.somebody-else.test");
    is_line(&demo, "untrusted");
    let desk = Phone::new(&demo, "101", 2);
    desk.register();
    desk.call("call_refused", "12025550123");
    demo.wait_for_call(1, "+12025550123", "trunk_failed");
    let log = kamailio.peer.printed();
    assert!(!log.contains("GOT "), "{log}");
}
