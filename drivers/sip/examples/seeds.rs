//! Writes what the fuzzers begin with into a folder: each torture message, and whole calls in the steps of the fuzz target `endpoint`.
//!
//! `cargo xtask fuzz` runs it.

#[path = "../tests/torture/notation.rs"]
mod notation;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("the folder to write to")?);
    std::fs::create_dir_all(&folder)?;
    for (name, message) in notation::all() {
        std::fs::write(folder.join(name), message)?;
    }
    for (name, steps) in calls() {
        std::fs::write(folder.join(name), steps.join(&0xFF))?;
    }
    Ok(())
}

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

fn request(method: &str, branch: &str, cseq: u32, to_tag: &str, extra: &str, body: &str) -> Vec<u8> {
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "{method} sip:101@clinic.demo SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK{branch};rport\r\nMax-Forwards: 70\r\n\
         From: <sip:102@clinic.demo>;tag=p\r\nTo: <sip:101@clinic.demo>{to_tag}\r\nCall-ID: c1\r\nCSeq: {cseq} {method}\r\n\
         Contact: <sip:102@10.0.0.2>\r\n{extra}{kind}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Calls and registrations; a step of one byte is what the user does, or time.
fn calls() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let in_dialog = |method, branch, cseq, extra| request(method, branch, cseq, ";tag=$tag", extra, "");
    let invite = |extra| request("INVITE", "1", 1, "", extra, OFFER);
    let ack = || in_dialog("ACK", "2", 1, "");
    let reinvite = || request("INVITE", "3", 2, ";tag=$tag", "Session-Expires: 90;refresher=uac\r\n", OFFER);
    let timer = "Supported: timer, 100rel, replaces\r\nSession-Expires: 120\r\nMin-SE: 90\r\n";
    let prack = || in_dialog("PRACK", "7", 2, "RAck: 1 1 INVITE\r\n");
    let refer = || in_dialog("REFER", "8", 3, "Refer-To: <sip:103@clinic.demo>\r\n");
    let stream = |message: Vec<u8>| [&[7], &message[..]].concat();
    vec![
        ("call", vec![invite(""), vec![1], ack(), in_dialog("BYE", "4", 2, "")]),
        (
            "call-refreshed",
            vec![invite(timer), vec![9], vec![1], ack(), vec![6], reinvite(), vec![1], vec![6], vec![3]],
        ),
        ("call-reliable", vec![invite("Require: 100rel\r\n"), vec![9], prack(), vec![1], ack(), vec![4], vec![3]]),
        ("call-cancelled", vec![invite(""), vec![9], request("CANCEL", "1", 1, "", "", ""), vec![6]]),
        ("call-lost", vec![invite(""), vec![1], vec![6]]),
        ("call-refused", vec![stream(invite("")), vec![2], stream(request("ACK", "1", 1, ";tag=$tag", "", ""))]),
        ("transfer", vec![invite(""), vec![1], ack(), refer(), vec![1], vec![5], vec![3]]),
        (
            "register",
            vec![request("REGISTER", "5", 1, "", "", ""), vec![8], request("REGISTER", "6", 2, "", "", ""), vec![1]],
        ),
        ("stream", vec![b"\x07\r\n\r\n".to_vec(), stream(request("OPTIONS", "9", 1, "", "", ""))]),
    ]
}
