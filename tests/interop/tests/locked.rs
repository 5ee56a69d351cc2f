//! A box that is opened by a passphrase, after a crash, before anybody has typed it: phones reach help, and nothing else is said.
//! The carrier is SIPp.

use std::fs;
use std::net::{TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use interop::peer::{note, patiently, timed};
use interop::{free_offset, program, run, wait_for};

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(config: &Path) -> Running {
    let child = Command::new(program())
        .args(["run", "--config"])
        .arg(config)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    Running(child)
}

/// Waits until somebody listens on this port.
fn listening(port: u16) {
    wait_for(&format!("somebody listens on port {port}"), Duration::from_secs(60), || {
        TcpStream::connect(("127.0.0.1", port)).ok()
    });
}

/// An answer of the console's port: status and body.
fn http(port: u16, form: Option<&str>) -> (String, String) {
    let url = format!("http://127.0.0.1:{port}/");
    let mut args = vec!["--silent", "--max-time", "60", "--write-out", "\n%{http_code}", &url];
    if let Some(form) = form {
        args.extend(["--data-urlencode", form]);
    }
    let text = run("curl", &args);
    let (body, status) = text.rsplit_once('\n').expect("curl writes the status last");
    (status.to_owned(), body.to_owned())
}

/// Calls 911 from a phone that never registered and returns the final status.
fn call_911(server: u16) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(Duration::from_millis(500))).expect("a timeout");
    let me = socket.local_addr().expect("an address");
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\n";
    let invite = format!(
        "INVITE sip:911@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {me};branch=z9hG4bK-help;rport\r\nMax-Forwards: 70\r\n\
         From: <sip:nobody@127.0.0.1>;tag=1\r\nTo: <sip:911@127.0.0.1>\r\nCall-ID: {me}\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:nobody@{me}>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    );
    let mut buffer = [0; 4096];
    let answer = patiently(Duration::from_secs(20), || {
        // Sent again until something answers, as a phone does (timer A).
        socket.send_to(invite.as_bytes(), ("127.0.0.1", server)).expect("sent");
        while let Ok(len) = socket.recv(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..len]).into_owned();
            let line = text.lines().next().unwrap_or_default().to_owned();
            if line.starts_with("SIP/2.0 ") && !line.starts_with("SIP/2.0 1") {
                return Some(line);
            }
        }
        None
    });
    answer.unwrap_or_else(|| "no answer".to_owned())
}

#[test]
fn help_is_reached_after_a_crash_before_anybody_typed_the_passphrase() {
    let offset = free_offset();
    let port = |base: u16| base + offset;
    let dir = tempfile::tempdir().expect("a folder");
    let settings = include_str!("../../../appliance/program/src/demo/clinic.toml")
        .replace("PORT_CARRIER", &port(5070).to_string())
        .replace("PORT_SINK", &port(2526).to_string());
    fs::write(dir.path().join("clinic.toml"), settings).expect("written");
    let config = dir.path().join("frontdesk.toml");
    let text = format!(
        "state = \"state\"\nsettings = \"clinic.toml\"\nkey = \"passphrase\"\nsip = \"127.0.0.1:{}\"\nmedia = [{}, {}]\n\
         console = \"127.0.0.1:{}\"\nsubmission = \"127.0.0.1:{}\"\n",
        port(5060),
        port(4600),
        port(4799),
        port(8080),
        port(2587)
    );
    fs::write(&config, text).expect("written");
    let carrier = Command::new("sipp")
        .args(["-sn", "uas", "-i", "127.0.0.1", "-p", &port(5070).to_string(), "-mi", "127.0.0.1", "-nostdin"])
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sipp: cargo xtask deps installs it");
    let _carrier = Running(carrier);

    // The first start: the passphrase is chosen.
    let first = start(&config);
    listening(port(8080));
    let (status, page) = http(port(8080), None);
    assert_eq!(status, "503", "{page}");
    assert!(page.contains("Frontdesk is locked"), "{page}");
    let (status, page) = http(port(8080), Some("passphrase=correct horse battery staple"));
    assert_eq!(status, "200", "{page}");
    // When mail submission listens the capsule is written too.
    listening(port(2587));
    // SIGKILL: what a crash does.
    drop(first);

    let second = start(&config);
    let (answer, took) = timed(|| call_911(port(5060)));
    assert_eq!(answer, "SIP/2.0 200 OK");
    note(&format!("911 was answered {took:?} after the start, with the store locked"));
    // Whoever renews the certificates sends SIGHUP, whether somebody has typed the passphrase or not.
    run("kill", &["-HUP", &second.0.id().to_string()]);
    assert_eq!(call_911(port(5060)), "SIP/2.0 200 OK", "phones do not end by that");
    assert!(TcpStream::connect(("127.0.0.1", port(2587))).is_err(), "mail must wait for the passphrase");
    listening(port(8080));
    let (status, page) = http(port(8080), Some("passphrase=wrong"));
    assert_eq!(status, "403", "{page}");
    let (status, _) = http(port(8080), Some("passphrase=correct horse battery staple"));
    assert_eq!(status, "200");
    listening(port(2587));
    drop(second);
}
