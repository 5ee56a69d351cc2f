//! A caller whom nobody answers leaves a message, and what they said is heard in the mail, in the console and by phone; a lamp tells that it is
//! there; the program may die in the middle of it. What callers hear before it is recorded by phone.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use interop::baresip::{Baresip, pitch, talk};
use interop::sipp::Phone;
use interop::spoken::Words;
use interop::{Demo, Peer, free_offset, http, mailbox, wait_for};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(40);
/// The caller's tone: its period in samples, and what that is in Hz.
const CALLER: (u16, usize) = (16, 500);
/// Those who record greetings, each with a tone of their own.
const NURSE: (u16, usize) = (16, 500);
const DESK: (u16, usize) = (10, 800);
const DOCTOR: (u16, usize) = (32, 250);
/// Always open, unless somebody switches the night on.
const STATES: &str = "[ringing]
seconds = 5
[voicemail]
people = ['all']
[hours.office]
weekdays = '00:00-24:00'
saturday = '00:00-24:00'
sunday = '00:00-24:00'
[schedules.front]
hours = 'office'
open = '102'
closed = 'voicemail 102'
[extensions.600]
to = 'schedule front'";

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

/// A demo in which greetings have states, and the nurse's phone, which has chosen her PIN and is in her mailbox.
fn in_her_mailbox() -> (Demo, Baresip) {
    let demo = Demo::start_planned(STATES, "");
    let mut nurse = Baresip::start(&demo, "102", 0, NURSE.0);
    nurse.order("dial *97");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
    // A PIN, and the same again.
    nurse.press("2580#2580#");
    nurse.wait_until_told(&Words::of(&demo, "en.no_messages"), 0);
    (demo, nurse)
}

/// Her phone goes, and another comes, which rings and is not answered, or refuses.
fn another_phone(demo: &Demo, mut nurse: Baresip) -> Phone {
    nurse.order("quit");
    wait_for("her phone is gone", SOON, || (demo.registered("102") == 0).then_some(()));
    let phone = Phone::new(demo, "102", 14);
    phone.register();
    phone
}

#[test]
fn a_greeting_that_was_recorded_by_phone_is_heard_by_whom_nobody_answers_and_not_by_whoever_finds_a_busy_phone() {
    let (demo, mut nurse) = in_her_mailbox();
    record(&demo, &mut nurse, "1");
    let phone = another_phone(&demo, nurse);
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    let rings = phone.waits("ring");
    assert_greeted(&demo, &mut doctor, "102", NURSE.1);
    rings.succeed(SOON);

    // She has recorded nothing for when she is busy, and callers hear the box.
    let busy = phone.waits("refuse_busy");
    doctor.order("dial 102");
    doctor.wait_for_events("CALL_ESTABLISHED", 2);
    let told = doctor.wait_until_told(&Words::of(&demo, "en.greeting_busy"), 0).end;
    let told = doctor.wait_until_told(&Words::of(&demo, "en.leave_a_message"), told).end;
    doctor.wait_until_beeped(told);
    doctor.order("hangup");
    busy.succeed(SOON);
}

/// By her PIN, and not without it, others record for when she is busy, and for when the clinic is closed.
#[test]
fn greetings_for_a_busy_phone_and_for_the_night_are_recorded_by_the_pin_at_another_phone_and_not_by_a_wrong_one() {
    let (demo, nurse) = in_her_mailbox();
    let phone = another_phone(&demo, nurse);
    let words = |key: &str| Words::of(&demo, key);
    let mut desk = Baresip::start(&demo, "101", 1, DESK.0);
    desk.order("dial *98");
    desk.wait_for_events("CALL_ESTABLISHED", 1);
    desk.press("102#1111#");
    let refused = desk.wait_until_told(&words("en.wrong_pin"), 0).end;
    desk.wait_until_told(&words("en.enter_pin"), refused);
    desk.press("2580#");
    record(&demo, &mut desk, "2");
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    let busy = phone.waits("refuse_busy");
    assert_greeted(&demo, &mut doctor, "102", DESK.1);
    busy.succeed(SOON);

    doctor.order("dial *98");
    doctor.wait_for_events("CALL_ESTABLISHED", 2);
    doctor.press("102#2580#");
    record(&demo, &mut doctor, "3");
    desk.order("dial *28");
    desk.wait_until_told(&words("en.night_on"), 0);
    desk.wait_for_events("CALL_CLOSED", 2);
    assert_greeted(&demo, &mut desk, "600", DOCTOR.1);
}

/// In a mailbox, whose PIN is typed: records the greeting that this key stands for, for two seconds at least, and hangs up once it is kept.
fn record(demo: &Demo, phone: &mut Baresip, key: &str) {
    let words = |key: &str| Words::of(demo, key);
    let calls = phone.events("CALL_ESTABLISHED");
    // Whoever knows the menus need not hear them.
    phone.press(&format!("3{key}2"));
    phone.records(&words("en.record_greeting"), &words("en.greeting_saved"));
    phone.order("hangup");
    phone.wait_for_events("CALL_CLOSED", calls);
}

/// Whoever calls this number now hears this tone, what to do, and the tone after which one speaks.
fn assert_greeted(demo: &Demo, caller: &mut Baresip, number: &str, hertz: usize) {
    let calls = caller.events("CALL_ESTABLISHED");
    caller.order(&format!("dial {number}"));
    caller.wait_for_events("CALL_ESTABLISHED", calls + 1);
    let told = caller.wait_until_told(&Words::of(demo, "en.leave_a_message"), 0);
    let heard = caller.heard();
    let greeted = pitch(&heard[..told.start.saturating_sub(800)]);
    assert!((hertz - hertz / 10..hertz + hertz / 10).contains(&greeted), "{number}: {greeted} Hz, not {hertz}");
    caller.wait_until_beeped(told.end);
    caller.order("hangup");
    caller.wait_for_events("CALL_CLOSED", calls + 1);
}

/// Whoever called from outside is at the end of a trunk, and is called over it.
#[test]
fn whoever_left_a_message_is_called_back_by_a_key_and_they_talk() {
    let plan = "[[inbound]]\nnumber = 'main'\nto = 'voicemail 103'\n[voicemail]\npeople = ['all']\n[outside]\nnational = 'patients'";
    let demo = Demo::start_planned(plan, "[[trunks]]\nname = \"patients\"\naddress = \"127.0.0.1:PORT_OUTSIDE\"");
    let words = |key: &str| Words::of(&demo, key);
    let mut patient = Baresip::start_outside(&demo, "+12025550123", 0, DOCTOR.0);
    // Whose messages the API lists.
    let mut owner = Baresip::start(&demo, "103", 1, NURSE.0);
    patient.order(&format!("dial sip:+12025550100@127.0.0.1:{}", demo.text("/sip/udp")));
    let told = patient.wait_until_told(&words("en.leave_a_message"), 0).end;
    patient.wait_until_beeped(told);
    patient.assert_silent();
    patient.assert_silent();
    patient.order("hangup");
    patient.wait_for_events("CALL_CLOSED", 1);
    new_message(&demo);

    owner.order("dial *97");
    owner.wait_for_events("CALL_ESTABLISHED", 1);
    owner.press("2580#2580#");
    let told = owner.wait_until_told(&words("en.new_message"), 0).end;
    owner.press("1");
    owner.wait_until_told(&words("en.message_from"), told);
    owner.press("8");
    patient.wait_for_events("CALL_ESTABLISHED", 2);
    talk((&owner, NURSE.1), (&patient, DOCTOR.1));
    owner.order("hangup");
    patient.wait_for_events("CALL_CLOSED", 2);
    let story = demo.story(&demo.wait_for_call(2, "+12025550123", "hung_up"));
    assert!(story.contains("Whoever left the message is called back"), "{story}");
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
