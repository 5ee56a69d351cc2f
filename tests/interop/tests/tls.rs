//! Phones over TLS: a softphone registers, calls and is called over the connection that it opened; OpenSSL checks the certificate; and a
//! certificate that is made anew is shown to the next who connects, while those who are connected go on.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use interop::softphone::{self, SOON, Way};
use interop::{Demo, Peer, wait_for};

#[test]
fn a_softphone_registers_and_calls_over_tls() {
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let said = softphone::start(&demo, folder.path(), "101", Way::Tls, 0, "/dial *43", 7).succeed(SOON + SOON);
    assert!(said.contains("{0/TLS/v4} 200 OK") && said.contains("Call established"), "{said}");
    let (sent, received) = softphone::packets(&said);
    assert!(sent >= 100 && received >= 100, "packets out and in: {sent} {received}");
    assert_eq!(demo.wait_for_call(1, "*43", "hung_up")["from"]["number"], "101");
}

#[test]
fn a_softphone_is_called_over_the_connection_that_it_opened() {
    let demo = Demo::start();
    let (desk, nurse) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let mut called = softphone::start(&demo, nurse.path(), "102", Way::Tls, 1, "", 30);
    called.wait_until_printed("200 OK", SOON);
    let said = softphone::start(&demo, desk.path(), "101", Way::Tls, 0, "/dial 102", 7).succeed(SOON + SOON);
    assert!(said.contains("Call established"), "{said}");
    let ended = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&ended);
}

#[test]
fn the_certificate_is_of_the_clinics_authority_for_the_clinics_names() {
    let demo = Demo::start();
    let ca = demo.text("/sip/ca");
    for name in [["-verify_hostname", &demo.text("/sip/domain")], ["-verify_ip", "127.0.0.1"], ["-verify_ip", "::1"]] {
        let (accepted, said) = handshake(&demo, &ca, &name);
        assert!(accepted && said.contains("Verification: OK"), "{name:?}: {said}");
    }
    let (accepted, said) = handshake(&demo, &ca, &["-verify_hostname", "carrier.example"]);
    assert!(!accepted, "another name: {said}");
    let folder = tempfile::tempdir().expect("a folder");
    let other = another_authority(folder.path());
    let (accepted, said) = handshake(&demo, &other, &[]);
    assert!(!accepted, "another authority: {said}");
    for old in ["-tls1", "-tls1_1"] {
        assert!(!handshake(&demo, &ca, &[old, "-cipher", "ALL:@SECLEVEL=0"]).0, "{old} is accepted");
    }
}

#[test]
fn a_renewed_certificate_is_shown_and_nobody_is_disconnected() {
    let demo = Demo::start();
    let ca = demo.text("/sip/ca");
    let mut connected = Connected::open(&demo, &ca);
    assert!(connected.options().starts_with("SIP/2.0 200"));
    let serial = |demo: &Demo| {
        let shown = handshake(demo, &ca, &["-showcerts"]).1;
        shown.split("-----BEGIN CERTIFICATE-----").nth(1).map(str::to_owned).expect("a certificate")
    };
    let before = serial(&demo);
    interop::run("kill", &["-HUP", &demo.pid().to_string()]);
    wait_for("a fresh certificate is shown", SOON, || (serial(&demo) != before).then_some(()));
    assert!(connected.options().starts_with("SIP/2.0 200"), "the old connection goes on");
}

/// One TLS connection by OpenSSL, that checks what it is shown. Whether it came about, and what OpenSSL said.
fn handshake(demo: &Demo, ca: &str, more: &[&str]) -> (bool, String) {
    let address = format!("127.0.0.1:{}", demo.text("/sip/tls"));
    let mut args = vec!["s_client", "-connect", &address, "-CAfile", ca, "-verify_return_error"];
    if !more.contains(&"-showcerts") {
        args.push("-brief");
    }
    args.extend(more);
    interop::peer::outcome("openssl", &args)
}

fn another_authority(folder: &Path) -> String {
    let (key, pem) = (folder.join("key.pem"), folder.join("other.pem"));
    let (key, pem) = (key.display().to_string(), pem.display().to_string());
    let curve = "ec_paramgen_curve:prime256v1";
    interop::run(
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            curve,
            "-nodes",
            "-keyout",
            &key,
            "-out",
            &pem,
            "-subj",
            "/CN=other",
        ],
    );
    fs::metadata(&pem).expect("OpenSSL made it");
    pem
}

/// A TLS connection that stays, by OpenSSL.
struct Connected {
    child: std::process::Child,
    asked: u32,
}

impl Connected {
    fn open(demo: &Demo, ca: &str) -> Self {
        let address = format!("127.0.0.1:{}", demo.text("/sip/tls"));
        let child = Command::new("openssl")
            .args(["s_client", "-connect", &address, "-CAfile", ca, "-verify_return_error", "-quiet", "-no_ign_eof"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl; cargo xtask deps installs it");
        Self { child, asked: 0 }
    }

    /// The first line of the answer to an OPTIONS.
    fn options(&mut self) -> String {
        self.asked += 1;
        let n = self.asked;
        let text = format!(
            "OPTIONS sip:clinic.demo SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK{n}\r\nMax-Forwards: 70\r\n\
             From: <sip:x@clinic.demo>;tag=x\r\nTo: <sip:clinic.demo>\r\nCall-ID: x{n}\r\nCSeq: {n} OPTIONS\r\nContent-Length: 0\r\n\r\n"
        );
        self.child.stdin.as_mut().expect("a pipe").write_all(text.as_bytes()).expect("OpenSSL takes it");
        let mut answer = Vec::new();
        let mut byte = [0];
        while !answer.ends_with(b"\r\n\r\n") {
            self.child.stdout.as_mut().expect("a pipe").read_exact(&mut byte).expect("an answer");
            answer.push(byte[0]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_softphone_calls_over_ipv6() {
    let demo = Demo::start();
    if demo.json.pointer("/sip/host6").is_none() {
        skip::skipped("this system has no ::1; nothing was tried over IPv6");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut phone: Peer = softphone::start(&demo, folder.path(), "101", Way::Udp6, 0, "/dial *43", 7);
    phone.wait_until_printed("v6} 200 OK", SOON);
    assert!(phone.end(Duration::from_secs(30)).is_some());
    let said = phone.printed();
    assert!(said.contains("Call established"), "{said}");
}
