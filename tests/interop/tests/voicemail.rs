//! A caller whom nobody answers leaves a message, and what they said is heard in the mail, in the console and by phone; a lamp tells that it is
//! there; the program may die in the middle of it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use interop::baresip::Baresip;
use interop::{Demo, Peer, free_offset, http, mailbox, wait_for};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(40);
/// The caller's tone: its period in samples, and what that is in Hz.
const CALLER: (u16, usize) = (16, 500);

#[test]
fn a_message_is_heard_in_the_mail_in_the_console_and_by_phone() {
    let demo = Demo::start();
    let mailbox = demo.api("/api/v1/voicemails")["mailbox"].as_str().expect("whose").to_owned();
    let mut caller = Baresip::start(&demo, "101", 0, CALLER.0);
    leave(&mut caller, &mailbox);
    caller.order("hangup");

    let message = new_message(&demo);
    let id = message["id"].as_str().expect("an id");
    assert!(message["milliseconds"].as_u64() > Some(1_500), "{message}");
    assert_eq!(message["from"]["number"], "101");
    assert!(lamp(&demo, &mailbox).contains("Voice-Message: 1/0"), "its owner's phones are told");

    // As a mail.
    let mail = wait_for("the mail", SOON, || {
        mailbox::sink(&demo).into_iter().map(|(_, mail)| mail).find(|mail| mail.contains("audio/wav"))
    });
    assert!(mail.contains("Subject: Message from Front desk, 101"), "{}", &mail[..mail.len().min(800)]);
    assert_tone("in the mail", &wav_of(&mail));

    // In the console: a picture, and a player that may ask for a part.
    let page = String::from_utf8(demo.get("/voicemail")).expect("a page");
    assert!(page.contains("<svg class=\"wave\"") && page.contains(&format!("/voicemail/{id}/message.wav")), "{page}");
    let path = format!("/api/v1/voicemails/{id}/message.wav");
    let (status, part) = ask(&demo, "GET", &path, "Range: bytes=44-8043\r\n");
    assert_eq!((status, part.len()), (206, 8_000));
    assert_eq!(new_message(&demo)["state"], "kept", "whoever hears any part of it has listened");
    assert_tone("in the console", &demo.get(&path));
    assert!(lamp(&demo, &mailbox).contains("Voice-Message: 0/1"), "it was heard");

    // By phone, after the PIN.
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let (status, _) = ask_with(&demo, "POST", "/voicemail/pin", form, b"pin=2580");
    assert_eq!(status, 303);
    let mut owner = Baresip::start(&demo, &mailbox, 1, 8);
    owner.order("dial *97");
    owner.wait_for_events("CALL_ESTABLISHED", 1);
    // The last is for the menu: whoever knows it need not wait for it.
    for key in ["2", "5", "8", "0", "#", "2"] {
        owner.order(&format!("sndcode {key}"));
    }
    owner.wait_until_heard(CALLER.1);
    owner.order("hangup");

    // Deleted, and taken back.
    for (verb, state) in [("delete", "deleted"), ("restore", "kept")] {
        assert_eq!(ask(&demo, "POST", &format!("/api/v1/voicemails/{id}/{verb}"), "").0, 200);
        assert_eq!(demo.api("/api/v1/voicemails")["voicemails"][0]["state"], state);
    }

    // Given to a colleague by phone.
    owner.order("dial *97");
    owner.wait_for_events("CALL_ESTABLISHED", 2);
    for key in ["2", "5", "8", "0", "#", "2", "4", "1", "0", "1", "#", "1"] {
        owner.order(&format!("sndcode {key}"));
    }
    wait_for("the message to be given", SOON, || {
        demo.api("/api/v1/voicemails")["voicemails"].as_array().is_some_and(Vec::is_empty).then_some(())
    });
    owner.order("hangup");
    assert!(lamp(&demo, "101").contains("Voice-Message: 1/0"), "their lamp is lit");
    assert!(lamp(&demo, &mailbox).contains("Voice-Message: 0/0"), "and the giver's is out");
}

#[test]
fn what_was_said_before_kill_9_is_a_message_and_a_mail() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (state, offset) = (folder.path().join("state"), free_offset());
    let demo = Demo::start_on(&state, offset);
    let mailbox = demo.api("/api/v1/voicemails")["mailbox"].as_str().expect("whose").to_owned();
    let mut caller = Baresip::start(&demo, "101", 0, CALLER.0);
    leave(&mut caller, &mailbox);
    demo.kill();

    let demo = Demo::start_on(&state, offset);
    let message = new_message(&demo);
    assert!(message["milliseconds"].as_u64() >= Some(1_000), "{message}");
    let id = message["id"].as_str().expect("an id");
    let mail = wait_for("the mail", SOON, || {
        mailbox::sink(&demo).into_iter().map(|(_, mail)| mail).find(|mail| mail.contains("audio/wav"))
    });
    assert_tone("in the mail", &wav_of(&mail));
    assert_tone("in the console", &demo.get(&format!("/api/v1/voicemails/{id}/message.wav")));
}

/// Calls a mailbox whose owner has no phone, hears the greeting and the tone to their end, and goes on speaking for two seconds.
fn leave(caller: &mut Baresip, mailbox: &str) {
    caller.order(&format!("dial {mailbox}"));
    caller.wait_for_events("CALL_ESTABLISHED", 1);
    caller.wait_until_spoken_to();
    caller.assert_silent();
    caller.assert_silent();
}

fn new_message(demo: &Demo) -> Value {
    wait_for("the message", SOON, || {
        let all = demo.api("/api/v1/voicemails");
        all["voicemails"].as_array().expect("a list").first().cloned()
    })
}

fn ask(demo: &Demo, method: &str, path: &str, headers: &str) -> (u16, Vec<u8>) {
    ask_with(demo, method, path, headers, b"")
}

fn ask_with(demo: &Demo, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let address = demo.text("/console").replace("http://", "");
    let headers = format!("Authorization: Bearer {}\r\n{headers}", demo.text("/api_token"));
    let answer = http::request(&address, method, path, &headers, body).expect("the console answers");
    (answer.status, answer.body)
}

/// The WAV file inside a mail.
fn wav_of(mail: &str) -> Vec<u8> {
    let start = mail.find("UklGR").expect("a WAV file in base64");
    let body: String =
        mail[start..].lines().take_while(|l| !l.is_empty() && !l.starts_with("--")).map(str::trim).collect();
    base64::engine::general_purpose::STANDARD.decode(body).expect("base64")
}

/// What sox makes of it: longer than a second, loud, and of the caller's height.
fn assert_tone(whence: &str, wav: &[u8]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("message.wav");
    fs::write(&file, wav).expect("a file in a temporary folder");
    let output = Command::new("sox").arg(&file).args(["-n", "stat"]).output().expect("sox is there");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let value = |name: &str| -> f64 {
        let line = said.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("{name}: {said}"));
        line.rsplit(' ').next().and_then(|v| v.trim().parse().ok()).unwrap_or_else(|| panic!("{name}: {said}"))
    };
    assert!(value("Length (seconds)") > 1.0, "{whence}: {said}");
    assert!(value("Maximum amplitude") > 0.1, "{whence}: {said}");
    let (heard, tone) = (value("Rough   frequency"), CALLER.1 as f64);
    assert!((heard - tone).abs() < tone / 4.0, "{whence}: {said}");
}

/// What a phone of this extension is told of its messages.
fn lamp(demo: &Demo, user: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at: &Path = folder.path();
    // mwi.so first, as in `services.rs`.
    let config = format!(
        "sip_listen 127.0.0.1:{}\nnet_interface 127.0.0.1\nmodule_path /usr/lib/baresip/modules\nmodule mwi.so\nmodule g711.so\n\
         module_tmp account.so\nmodule_app menu.so\n",
        demo.peer_port(200)
    );
    let (domain, host, port) = (demo.text("/sip/domain"), demo.text("/sip/host"), demo.text("/sip/udp"));
    let password = demo.secret(user, "password");
    let account =
        format!("<sip:{user}@{domain}>;auth_pass={password};outbound=\"sip:{host}:{port}\";regint=60;mwi=yes\n");
    for (name, text) in [("config", config), ("accounts", account), ("contacts", String::new())] {
        fs::write(at.join(name), text).expect("a file in a temporary folder");
    }
    let mut command = Command::new("baresip");
    command.arg("-f").arg(at).args(["-t", "6"]);
    Peer::start("baresip-lamp", at, &mut command).succeed(Duration::from_secs(30))
}
