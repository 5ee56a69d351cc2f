//! A box that has started again after a crash and lacks something: the passphrase, which nobody has typed yet, ports that other programs have, a disk
//! that can be written. Phones reach help. The carrier is SIPp.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use interop::caller::Caller;
use interop::clinic::{Clinic, Running, listening, spawn};
use interop::peer::{note, patiently, timed};
use interop::{program, run, wait_for};
use skip::skipped;

/// An answer of the console's port: status and body.
fn http(port: u16, form: &[(&str, &str)]) -> (String, String) {
    asked(&format!("http://127.0.0.1:{port}/"), form)
}

/// The same over TLS.
fn https(port: u16, form: &[(&str, &str)]) -> (String, String) {
    asked(&format!("https://127.0.0.1:{port}/"), form)
}

fn asked(url: &str, form: &[(&str, &str)]) -> (String, String) {
    // As a browser says of a form that it was given there.
    let origin = format!("Origin: {}", url.trim_end_matches('/'));
    let mut args = vec!["--silent", "--insecure", "--max-time", "60", "--write-out", "\n%{http_code}"];
    args.extend(["--header", &origin, url]);
    let fields: Vec<String> = form.iter().map(|(name, value)| format!("{name}={value}")).collect();
    fields.iter().for_each(|field| args.extend(["--data-urlencode", field]));
    let text = run("curl", &args);
    let (body, status) = text.rsplit_once('\n').expect("curl writes the status last");
    (status.to_owned(), body.to_owned())
}

/// Calls 911 from a phone that never registered and returns the final status.
fn call_911(server: u16) -> String {
    call_911_at(SocketAddr::from(([127, 0, 0, 1], server)))
}

fn call_911_at(server: SocketAddr) -> String {
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
        socket.send_to(invite.as_bytes(), server).expect("sent");
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
    let clinic = Clinic::new("key = \"passphrase\"\n");
    let (console, mail, sip) = (clinic.port(8080), clinic.port(2587), clinic.port(5060));
    let _carrier = clinic.carrier();

    // The first start: the passphrase is chosen, and typed twice.
    let first = clinic.start();
    listening(console);
    let (status, page) = http(console, &[]);
    assert_eq!(status, "503", "{page}");
    assert!(page.contains("Choose a passphrase"), "{page}");
    let long = "correct horse battery staple";
    for (typed, again, said) in [("short", "short", "twelve characters"), (long, "correct horse", "not the same")] {
        let (status, page) = http(console, &[("passphrase", typed), ("again", again)]);
        assert_eq!(status, "422", "{page}");
        assert!(page.contains(said), "{page}");
    }
    let (status, page) = http(console, &[("passphrase", long), ("again", long)]);
    assert_eq!(status, "200", "{page}");
    // When mail submission listens the capsule is written too.
    listening(mail);
    // SIGKILL: what a crash does.
    drop(first);

    let mut second = clinic.start();
    let (answer, took) = timed(|| call_911(sip));
    assert_eq!(answer, "SIP/2.0 200 OK");
    note(&format!("911 was answered {took:?} after the start, with the store locked"));
    // Whoever renews the certificates sends SIGHUP, whether somebody has typed the passphrase or not.
    run("kill", &["-HUP", &second.0.id().to_string()]);
    assert_eq!(call_911(sip), "SIP/2.0 200 OK", "phones do not end by that");
    assert!(TcpStream::connect(("127.0.0.1", mail)).is_err(), "mail must wait for the passphrase");
    listening(console);
    let (status, page) = http(console, &[("passphrase", "wrong")]);
    assert_eq!(status, "403", "{page}");
    assert!(page.contains("Frontdesk is locked") && page.contains("does not open it"), "{page}");
    // A file that cannot be read is not the fault of who types.
    let salt = clinic.folder().join("state/store/passphrase.json");
    let good = fs::read(&salt).expect("it was written");
    fs::write(&salt, "{").expect("damaged");
    let (status, page) = http(console, &[("passphrase", long)]);
    assert_eq!(status, "500", "{page}");
    assert!(page.contains("whatever is typed"), "{page}");
    fs::write(&salt, good).expect("restored");
    let (status, _) = https(clinic.port(8543), &[("passphrase", long)]);
    assert_eq!(status, "200", "the page is there over TLS too");
    listening(mail);
    // A locked box is told to end, and ends when nobody talks with help any more.
    drop(second);
    second = clinic.start();
    let caller = Caller::of_help(sip);
    run("kill", &["-TERM", &second.0.id().to_string()]);
    caller.hangs_up();
    let ended = wait_for("it ends", Duration::from_secs(30), || second.0.try_wait().expect("a child"));
    assert!(ended.success(), "{ended}");
}

#[test]
fn nothing_that_help_does_not_need_keeps_anybody_from_it() {
    let clinic = Clinic::new("");
    let ports = [8080, 8543, 2587, 5061].map(|base| clinic.port(base));
    let _carrier = clinic.carrier();
    clinic.has_run();

    // The first settings are in the store: somebody has tidied up. And other programs have every port but that of phones.
    fs::remove_file(clinic.folder().join("clinic.toml")).expect("removed");
    let others = ports.map(|port| TcpListener::bind(("127.0.0.1", port)).expect("free after the crash"));
    let running = clinic.start();
    assert_eq!(call_911(clinic.port(5060)), "SIP/2.0 200 OK");
    drop(others);
    ports.into_iter().for_each(listening);
    // The console itself, and no longer the page of a locked box.
    wait_for("the console", Duration::from_secs(60), || (http(clinic.port(8080), &[]).0 != "503").then_some(()));
    drop(running);
}

#[test]
fn a_port_of_phones_that_another_program_has_is_waited_for_and_the_others_work() {
    let clinic = Clinic::new("");
    let _carrier = clinic.carrier();
    let [taken, free] = [1, 2].map(|last| SocketAddr::from(([127, 0, 0, last], clinic.port(5060))));
    let text = fs::read_to_string(&clinic.config).expect("it was written");
    let text = text.replace(&format!("sip = \"{taken}\""), &format!("sip = [\"{taken}\", \"{free}\"]"));
    fs::write(&clinic.config, text).expect("written");

    // At a first start somebody reads why.
    let other = (UdpSocket::bind(taken).expect("free"), TcpListener::bind(taken).expect("free"));
    let mut command = Command::new(program());
    let first = command.args(["run", "--config"]).arg(&clinic.config).stdin(Stdio::null()).output().expect("it starts");
    let said = String::from_utf8_lossy(&first.stderr);
    assert!(!first.status.success() && said.contains("in use") && said.contains(&taken.port().to_string()), "{said}");
    drop(other);
    clinic.has_run();

    let other = (UdpSocket::bind(taken).expect("free"), TcpListener::bind(taken).expect("free"));
    let _running = clinic.start();
    assert_eq!(call_911_at(free), "SIP/2.0 200 OK");
    drop(other);
    listening(taken.port());
    assert_eq!(call_911_at(taken), "SIP/2.0 200 OK");
}

#[test]
fn a_damaged_capsule_keeps_nobody_from_help_while_the_store_is_closed() {
    let clinic = Clinic::new("");
    let _carrier = clinic.carrier();
    clinic.has_run();
    let state = clinic.folder().join("state");
    fs::write(state.join("lifeline"), "damaged").expect("written");
    fs::remove_file(state.join("root.key")).expect("removed");
    let _running = clinic.start();
    assert_eq!(call_911(clinic.port(5060)), "SIP/2.0 200 OK");
}

/// Starts the box in a view of its own of the file system, which this shell script makes of its state folder (`$1`). `None` where the system lets
/// nobody have one.
fn starts_seeing(clinic: &Clinic, view: &str) -> Option<Running> {
    let unshared = |then: &str| {
        let mut command = Command::new("unshare");
        let script = format!("{view} && {then}");
        command.args(["--map-root-user", "--mount", "sh", "-c", &script, "sh"]).arg(clinic.folder().join("state"));
        command
    };
    let is_there = unshared("true").output().is_ok_and(|out| out.status.success());
    let program = || spawn(unshared("exec \"$2\" run --config \"$3\"").arg(program()).arg(&clinic.config));
    is_there.then(|| Running(program()))
}

#[test]
fn a_full_disk_keeps_nobody_from_help_and_all_is_well_once_there_is_room() {
    let clinic = Clinic::new("");
    let _carrier = clinic.carrier();
    clinic.has_run();
    // A disk of its own with what is there, and then with nothing left.
    let view = "mkdir \"$1.before\" && cp -a \"$1/.\" \"$1.before\" && mount -t tmpfs -o size=64m none \"$1\" && \
                cp -a \"$1.before/.\" \"$1\" && rm -r \"$1.before\" && ! cat /dev/zero 2>/dev/null > \"$1/fills\" && \
                ! echo x 2>/dev/null > \"$1/x\"";
    let Some(running) = starts_seeing(&clinic, view) else {
        return skipped("no full disk was tried: this system lets nobody have a view of files of their own");
    };
    assert_eq!(call_911(clinic.port(5060)), "SIP/2.0 200 OK");
    let seen = format!("/proc/{}/root", running.0.id());
    let state = clinic.folder().join("state");
    let fills = Path::new(&seen).join(state.strip_prefix("/").expect("a whole path")).join("fills");
    assert_eq!(call_911(clinic.port(5060)), "SIP/2.0 200 OK", "and once more, with what the first has left");
    listening(clinic.port(8080));
    let (status, page) = http(clinic.port(8080), &[]);
    assert_eq!(status, "503", "{page}");
    assert!(page.contains("Frontdesk cannot read its store") && page.contains("the disk is full"), "{page}");
    fs::remove_file(fills).expect("there is room");
    listening(clinic.port(2587));
    wait_for("the console", Duration::from_secs(60), || (http(clinic.port(8080), &[]).0 != "503").then_some(()));
    assert_eq!(call_911(clinic.port(5060)), "SIP/2.0 200 OK");
}

#[test]
fn a_store_of_which_pages_are_damaged_keeps_nobody_from_help() {
    let clinic = Clinic::new("");
    let _carrier = clinic.carrier();
    // Ended cleanly, so that all is in the database itself.
    let mut first = clinic.start();
    listening(clinic.port(2587));
    run("kill", &["-TERM", &first.0.id().to_string()]);
    wait_for("it ends", Duration::from_secs(30), || first.0.try_wait().expect("a child"));
    let store = clinic.folder().join("state/store");
    // All but what says that it is one: whatever is read first cannot be.
    let mut damaged = 0;
    for file in fs::read_dir(&store).expect("it has run").flatten().map(|entry| entry.path()) {
        let mut bytes = fs::read(&file).expect("readable");
        for byte in bytes.iter_mut().skip(8192).step_by(512) {
            *byte ^= 1;
            damaged += 1;
        }
        fs::write(&file, bytes).expect("written");
    }
    assert!(damaged > 100, "{damaged}");
    let _running = clinic.start();
    assert_eq!(call_911(clinic.port(5060)), "SIP/2.0 200 OK");
    listening(clinic.port(8080));
    let (status, page) = http(clinic.port(8080), &[]);
    assert_eq!(status, "503", "{page}");
    assert!(page.contains("Frontdesk cannot read its store") && page.contains("its database is damaged"), "{page}");
    assert_eq!(call_911(clinic.port(5060)), "SIP/2.0 200 OK");
}

#[test]
fn a_disk_that_can_only_be_read_keeps_nobody_from_help() {
    let clinic = Clinic::new("");
    let _carrier = clinic.carrier();
    clinic.has_run();

    let view = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && ! touch \"$1/x\" 2>/dev/null";
    let Some(_running) = starts_seeing(&clinic, view) else {
        return skipped(
            "no disk that can only be read was tried: this system lets nobody have a view of files of their own",
        );
    };
    assert_eq!(call_911(clinic.port(5060)), "SIP/2.0 200 OK");
    listening(clinic.port(8080));
    let (status, page) = http(clinic.port(8080), &[]);
    assert_eq!(status, "503", "{page}");
    assert!(page.contains("Frontdesk cannot read its store") && page.contains("cannot be opened"), "{page}");
}
