//! A phone in a real browser: JsSIP in Chromium, over the WebSocket of the console's port (RFC 7118), with TLS and the clinic's own authority
//! and without. Its sound is encrypted by DTLS-SRTP; every phone has a tone of its own height, and what each hears is judged.

use std::io::{Read, Write};
use std::net::TcpStream;

use interop::Demo;
use interop::baresip::Baresip;
use interop::browser::Browser;
use interop::jssip::{self, WebPhone, wait_for_registered};
use interop::sipp::Phone;

#[test]
fn a_browser_registers_over_wss_and_is_called() {
    let Some(script) = jssip::script() else { return };
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let browser = Browser::start_secure(&demo, folder.path());
    browser.open("/login");
    assert!(browser.title().starts_with("Sign in"), "over TLS, without a warning: {}", browser.title());
    let wss = demo.text("/sip/wss");
    let phone = WebPhone::start(&browser, &script, &demo, &wss, "101");
    assert_eq!(phone.wait_for("registered")[1], 200);
    wait_for_registered(&demo, "101", 1);

    phone.order("phone.sendOptions('sip:clinic.demo', null, {eventHandlers: answers('options')})");
    assert_eq!(phone.wait_for("options")[1], 200);
    let nurse = Phone::new(&demo, "102", 1);
    nurse.register();
    nurse.call("call", "101");
    assert_eq!(phone.wait_for("called")[1], "102");

    // The page is loaded again, and the phone comes back by another connection: the old one must not hold up a call.
    browser.open("/login");
    let again = WebPhone::start(&browser, &script, &demo, &wss, "101");
    again.wait_for("registered");
    nurse.call("call", "101");
    assert_eq!(again.wait_for("called")[1], "102");
}

/// In Hz; baresip's is 8000 by a period in samples.
const BROWSER: i64 = 1000;
const DESK: (u16, i64) = (16, 500);

#[test]
fn a_browser_and_a_desk_phone_talk() {
    let Some(script) = jssip::script() else { return };
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let browser = Browser::start(&demo, folder.path());
    browser.open("/login");
    let phone = WebPhone::start(&browser, &script, &demo, &demo.text("/sip/ws"), "101");
    phone.wait_for("registered");
    let mut desk = Baresip::start(&demo, "102", 1, DESK.0);

    phone.order(&format!("dial('102', {BROWSER})"));
    phone.wait_for("answered");
    desk.wait_until_heard(1000);
    phone.wait_until_heard(DESK.1);
    phone.order("session.terminate()");
    let call = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&call);
    let story = demo.story(&call);
    assert!(story.contains("Encrypted, AES") && story.contains("Not encrypted"), "{story}");

    browser.open("/login");
    let phone = WebPhone::start(&browser, &script, &demo, &demo.text("/sip/ws"), "101");
    phone.wait_for("registered");
    phone.order(&format!("window.answering = {BROWSER}"));
    desk.order("dial 101");
    phone.wait_for("answered");
    desk.wait_until_heard(1000);
    phone.wait_until_heard(DESK.1);
    desk.order("hangup");
    phone.wait_for("ended");
    demo.wait_for_call(2, "101", "hung_up");
}

#[test]
fn a_browser_hears_its_echo_and_holds() {
    let Some(script) = jssip::script() else { return };
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let browser = Browser::start_secure(&demo, folder.path());
    browser.open("/login");
    let phone = WebPhone::start(&browser, &script, &demo, &demo.text("/sip/wss"), "101");
    phone.wait_for("registered");
    phone.order(&format!("dial('*43', {BROWSER})"));
    phone.wait_until_heard(BROWSER);
    phone.order("session.hold()");
    phone.wait_until_silent();
    phone.order("session.unhold()");
    phone.wait_until_heard(BROWSER);
    phone.order("session.terminate()");
    let call = demo.wait_for_call(1, "*43", "hung_up");
    let story = demo.story(&call);
    assert!(story.contains("Encrypted, AES"), "{story}");
}

#[test]
fn a_browser_registers_over_ws_on_the_loopback() {
    let Some(script) = jssip::script() else { return };
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let browser = Browser::start(&demo, folder.path());
    browser.open("/login");
    let phone = WebPhone::start(&browser, &script, &demo, &demo.text("/sip/ws"), "103");
    phone.wait_for("registered");
    phone.order("phone.unregister({all: true}); phone.stop()");
    wait_for_registered(&demo, "103", 0);
}

#[test]
fn a_page_of_another_site_reaches_no_phone_system() {
    let demo = Demo::start();
    let console = demo.text("/console").replace("http://", "");
    let ask = |headers: &str| {
        let mut stream = TcpStream::connect(&console).expect("the console listens");
        let upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        let request = format!("GET /ws/sip HTTP/1.1\r\nHost: {console}\r\n{upgrade}{headers}\r\n");
        stream.write_all(request.as_bytes()).expect("written");
        let mut line = [0; 12];
        stream.read_exact(&mut line).expect("an answer");
        String::from_utf8_lossy(&line[9..]).into_owned()
    };
    let sip = "Sec-WebSocket-Protocol: sip\r\n";
    assert_eq!(ask(&format!("{sip}Origin: https://evil.example\r\n")), "403");
    assert_eq!(ask(&format!("{sip}Origin: null\r\n")), "403");
    assert_eq!(ask("Sec-WebSocket-Protocol: chat\r\n"), "400");
    assert_eq!(ask(&sip.replace("sip", "sip\r\nOrigin: http://localhost:3000")), "101");
    assert_eq!(ask(sip), "101", "a program that is no browser");
}
