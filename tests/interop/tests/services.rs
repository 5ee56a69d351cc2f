//! What phones ask of a registrar and an event server beyond calls: SIPp as a device with flows behind an edge, and watching lamps, messages
//! and presence; sipsak asking and writing; baresip waiting for messages; Linphone registering by SHA-256, watching a colleague and
//! hearing itself.

use std::fs;
use std::process::Command;
use std::time::Duration;

use interop::linphone::{Linphone, Manner};
use interop::sipp::Phone;
use interop::{Demo, Peer, wait_for};

const SOON: Duration = Duration::from_secs(15);

#[test]
fn a_device_behind_an_edge_gets_its_path_flow_and_names() {
    let demo = Demo::start();
    let nurse = Phone::new(&demo, "102", 1);
    let instance = ("instance", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    nurse.run("register_outbound", &[instance, ("flow", "1")]);
    nurse.run("register_outbound", &[instance, ("flow", "1")]);
    let registered = demo.api("/api/v1/status")["phones"][1]["registered"].clone();
    assert_eq!(registered, 1, "the flow was replaced, not added");

    let desk = Phone::new(&demo, "101", 0);
    desk.register();
    let waits = nurse.waits("answer");
    desk.call("call", "102");
    waits.succeed(SOON);
    let received = nurse.received();
    let is_sent_on = |m: &String| m.starts_with("INVITE ") && m.contains("\nRoute: <sip:edge.clinic.demo;lr;ob>");
    assert!(received.iter().any(is_sent_on), "{received:#?}");
    demo.wait_for_call(1, "102", "hung_up");
}

#[test]
fn a_lamp_follows_a_call_and_carries_what_a_pickup_needs() {
    let demo = Demo::start();
    let (desk, nurse, doctor) = (Phone::new(&demo, "101", 0), Phone::new(&demo, "102", 1), Phone::new(&demo, "103", 2));
    desk.register();
    nurse.register();
    let keys = [("about", "102"), ("package", "dialog"), ("accept", "application/dialog-info+xml")];
    let mut watcher = doctor.watches("102", &keys);
    wait_for("the lamp is dark", SOON, || doctor.messages().contains("state=\"full\"").then_some(()));
    let waits = nurse.waits("answer");
    desk.call("call", "102");
    waits.succeed(SOON);
    assert!(watcher.end(SOON).is_some_and(|s| s.success()), "{}", doctor.messages());

    let told = doctor.messages();
    for state in ["early", "confirmed", "terminated"] {
        assert!(told.contains(&format!("<state>{state}</state>")), "{state}: {told}");
    }
    let versions: Vec<u32> =
        told.split("dialog-info\" version=\"").skip(1).filter_map(|v| v.split('"').next()?.parse().ok()).collect();
    assert!(versions.len() >= 4 && versions.is_sorted(), "{versions:?}");
    let early = told.split("<dialog ").find(|d| d.contains("<state>early")).expect("it rang");
    assert!(
        early.contains("call-id=\"") && early.contains("local-tag=\"") && early.contains("remote-tag=\""),
        "{early}"
    );
    assert!(early.contains("sip:101@clinic.demo"), "{early}");
}

#[test]
fn messages_and_presence_are_told() {
    let demo = Demo::start();
    let desk = Phone::new(&demo, "101", 0);
    let summary = [("about", "101"), ("package", "message-summary"), ("accept", "application/simple-message-summary")];
    desk.watches("101", &summary).succeed(SOON);
    assert!(desk.messages().contains("Voice-Message: 0/0 (0/0)"), "{}", desk.messages());

    // The scenario ends when somebody can be reached: the nurse registers while it waits.
    let presence = [("about", "102"), ("package", "presence"), ("accept", "application/pidf+xml")];
    let watcher = desk.watches("102", &presence);
    wait_for("nobody is there", SOON, || desk.messages().contains("<basic>closed").then_some(()));
    Phone::new(&demo, "102", 1).register();
    watcher.succeed(SOON);
}

/// sipsak 0.9.8.1 of Debian 12 dies of its own in its message mode (`-M`), so it sends the message from a file.
#[test]
fn sipsak_asks_what_we_can_do_and_writes_to_an_extension() {
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = format!("{}:{}", demo.text("/sip/host"), demo.text("/sip/udp"));
    let said = interop::run("sipsak", &["-vv", "-s", &format!("sip:102@{server}")]);
    for header in ["Allow: INVITE", "SUBSCRIBE", "Supported: ", "Accept: application/sdp", "Allow-Events: dialog"] {
        assert!(said.contains(header), "{header}: {said}");
    }

    let text = "Room 2 is free";
    let domain = demo.text("/sip/domain");
    let message = format!(
        "MESSAGE sip:102@{domain} SIP/2.0\nFrom: <sip:101@{domain}>;tag=sak\nTo: <sip:102@{domain}>\nCall-ID: sak@127.0.0.1\n\
         CSeq: 1 MESSAGE\nMax-Forwards: 70\nContent-Type: text/plain\nContent-Length: {}\n\n{text}",
        text.len()
    );
    let file = folder.path().join("message");
    fs::write(&file, message).expect("a file");
    let write = || {
        let password = demo.secret("101", "password");
        let file = file.display().to_string();
        let args = ["-vvv", "-f", &file, "-u", "101", "-a", &password, "-s", &format!("sip:102@{server}")];
        interop::peer::outcome("sipsak", &args).1
    };
    assert!(write().contains("SIP/2.0 480"), "nobody reads it: 102 has no phone");

    let nurse = Phone::new(&demo, "102", 1);
    nurse.register();
    let reads = nurse.waits("read");
    let said = write();
    assert!(said.contains("SIP/2.0 200 OK"), "{said}");
    reads.succeed(SOON);
    let read = nurse.received();
    let is_it = |m: &String| m.ends_with(text) && m.contains("\nFrom: \"Front desk\" <sip:101@clinic.demo>");
    assert!(read.iter().any(is_it), "{read:#?}");
}

#[test]
fn baresip_hears_how_many_messages_wait() {
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = folder.path();
    // mwi.so first: a millisecond after it was loaded it walks its list and adds to it, and never ends if an account has registered
    // by then. The others take that millisecond.
    let config = format!(
        "sip_listen 127.0.0.1:{}\nnet_interface 127.0.0.1\nmodule_path /usr/lib/baresip/modules\nmodule mwi.so\nmodule g711.so\n\
         module_tmp account.so\nmodule_app menu.so\n",
        demo.peer_port(0)
    );
    let account = format!(
        "<sip:101@{}>;auth_pass={};outbound=\"sip:{}:{}\";regint=60;mwi=yes\n",
        demo.text("/sip/domain"),
        demo.secret("101", "password"),
        demo.text("/sip/host"),
        demo.text("/sip/udp")
    );
    for (name, text) in [("config", config), ("accounts", account), ("contacts", String::new())] {
        fs::write(at.join(name), text).expect("a file in a temporary folder");
    }
    let mut command = Command::new("baresip");
    command.arg("-f").arg(at).args(["-t", "6"]);
    let said = Peer::start("baresip", at, &mut command).succeed(Duration::from_secs(30));
    assert!(said.contains("MWI for sip:101@clinic.demo") && said.contains("Messages-Waiting: no"), "{said}");
}

#[test]
fn linphone_registers_by_sha_256_watches_a_colleague_and_hears_itself() {
    let demo = Demo::start();
    let nurse = Phone::new(&demo, "102", 1);
    nurse.register();
    let mut linphone = Linphone::start(&demo, "101", 0, 8, Manner::Usual);
    linphone.wait_until_printed("is Online");
    wait_for("it signs by SHA-256", SOON, || {
        linphone.log().contains("algorithm=SHA-256, username=\"101\"").then_some(())
    });
    assert!(linphone.log().contains("gr=urn:uuid:"), "it took its GRUU");

    linphone.tell("call sip:*43@clinic.demo");
    linphone.wait_until_heard(1000);
    linphone.tell("terminate");
    demo.wait_for_call(1, "*43", "hung_up");
    linphone.quit();
}
