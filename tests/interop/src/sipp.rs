//! SIPp as a phone. Each phone has a port of its own; a scenario is a file of `tests/interop/scenarios`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::{Demo, Peer, repository, sid};

/// SIPp gives up by itself after this; a scenario takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// What SIPp ends with if all went well but that what came back was not what it had sent.
const RTP_CHECK_FAILED: i32 = 253;

/// A phone with an extension's user and password.
pub struct Phone {
    folder: tempfile::TempDir,
    server: String,
    domain: String,
    user: String,
    password: String,
    port: u16,
    transport: &'static str,
    signs_server: bool,
    /// It is the SIPp of Debian sid.
    newest: bool,
    /// The certificate of the authority that it trusts, over TLS.
    trusts: Option<String>,
}

impl Phone {
    /// The phone of this extension; `n` tells the test's phones apart.
    ///
    /// # Panics
    /// If the extension does not exist.
    pub fn new(demo: &Demo, user: &str, n: u16) -> Self {
        Self::with_password(demo, user, &demo.secret(user, "password"), n)
    }

    /// A phone that says it is this user.
    ///
    /// # Panics
    /// If no folder can be made.
    pub fn with_password(demo: &Demo, user: &str, password: &str, n: u16) -> Self {
        let server = format!("{}:{}", demo.text("/sip/host"), demo.text("/sip/udp"));
        Self::at(server, demo.text("/sip/domain"), (user, password), demo.peer_port(n * 20))
    }

    /// One that signs in at this server, for this domain, and has this port and those above it.
    ///
    /// # Panics
    /// If no folder can be made.
    pub fn at(server: String, domain: String, (user, password): (&str, &str), port: u16) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("tone.ulaw"), tone()).expect("a file in a temporary folder");
        Self {
            folder,
            server,
            domain,
            user: user.to_owned(),
            password: password.to_owned(),
            port,
            transport: "u1",
            signs_server: false,
            newest: false,
            trusts: None,
        }
    }

    /// The same phone over TCP.
    pub fn over_tcp(mut self) -> Self {
        self.transport = "t1";
        self
    }

    /// The same phone as the SIPp of Debian sid: that of Debian 12 has neither TLS nor SRTP.
    pub fn newest(mut self) -> Self {
        self.newest = true;
        self
    }

    /// The same phone over TLS, trusting the demo's authority. It is the SIPp of Debian sid.
    pub fn over_tls(self, demo: &Demo) -> Self {
        let ca = demo.text("/sip/ca");
        self.over_tls_trusting(demo, &ca)
    }

    /// The same phone over TLS, trusting the authority whose certificate is this file.
    pub fn over_tls_trusting(mut self, demo: &Demo, authority: &str) -> Self {
        self.server = format!("{}:{}", demo.text("/sip/host"), demo.text("/sip/tls"));
        self.transport = "l1";
        self.trusts = Some(authority.to_owned());
        self.newest()
    }

    /// The same phone, signing as SIPp does where nobody tells it otherwise: the digest's URI is the server's address, whatever the
    /// request's is.
    pub fn signing_the_server(mut self) -> Self {
        self.signs_server = true;
        self
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where a scenario hears that does not leave that to SIPp.
    pub fn ear(&self) -> u16 {
        self.port + 10
    }

    /// Runs a scenario without a number: registering.
    pub fn run(&self, scenario: &str, keys: &[(&str, &str)]) {
        self.start_with(scenario, "", keys).succeed(PATIENCE);
    }

    /// Runs a scenario without a number that must fail, and gives what SIPp complains of.
    ///
    /// # Panics
    /// If it succeeds, or does not end.
    pub fn fails(&self, scenario: &str, keys: &[(&str, &str)]) -> String {
        let mut peer = self.start_with(scenario, "", keys);
        let status = peer.end(PATIENCE);
        assert!(status.is_some_and(|status| !status.success()), "{scenario} did not fail ({status:?})");
        fs::read_to_string(self.file("errors.log")).unwrap_or_default() + &peer.printed()
    }

    /// Registers and stays so for five minutes.
    pub fn register(&self) {
        self.run("register", &[("expires", "300")]);
    }

    /// Runs a scenario that calls this number, to its end.
    pub fn call(&self, scenario: &str, number: &str) {
        self.start(scenario, number).succeed(PATIENCE);
    }

    /// Runs a scenario that calls this number and hands it on to that one.
    pub fn transfer(&self, scenario: &str, number: &str, target: &str) {
        self.start_transfer(scenario, number, target).succeed(PATIENCE);
    }

    /// Starts such a scenario.
    pub fn start_transfer(&self, scenario: &str, number: &str, target: &str) -> Peer {
        self.start_with(scenario, number, &[("target", target)])
    }

    /// Runs a scenario that calls this number at another server than the demo.
    pub fn call_at(&self, server: &str, scenario: &str, number: &str) {
        self.start_at(server, scenario, number, &[]).succeed(PATIENCE);
    }

    /// Starts a scenario of the called side; it is listening when this returns.
    ///
    /// # Panics
    /// If SIPp does not come to listen.
    pub fn waits(&self, scenario: &str) -> Peer {
        self.waits_and_rings(scenario, Duration::ZERO)
    }

    /// The same; where the scenario lets it, it rings so long before it answers.
    ///
    /// # Panics
    /// As [`waits`](Self::waits).
    pub fn waits_and_rings(&self, scenario: &str, ringing: Duration) -> Peer {
        let ringing = ringing.as_millis().to_string();
        self.listens(self.command(&self.server, scenario, "", &[], &["-d", &ringing]))
    }

    /// The same, which rings for no time, with more keys.
    pub(crate) fn waits_with(&self, scenario: &str, keys: &[(&str, &str)]) -> Peer {
        self.listens(self.command(&self.server, scenario, "", keys, &[]))
    }

    fn listens(&self, peer: Peer) -> Peer {
        let bound = || fs::read_to_string("/proc/net/udp").ok().filter(|t| t.contains(&format!(":{:04X} ", self.port)));
        crate::wait_for("SIPp listens", PATIENCE, bound);
        peer
    }

    /// Registers, and answers by this scenario what comes over the connection that it has opened, for twenty seconds or until that is
    /// done; it is registered when this returns.
    ///
    /// # Panics
    /// If it does not come to be registered.
    pub fn stays(&self, demo: &Demo, scenario: &str) -> Peer {
        let receives = repository("tests/interop/scenarios").join(format!("{scenario}.xml")).display().to_string();
        let keys = [("expires", "300")];
        let peer = self.command(&self.server, "register_and_stay", "", &keys, &["-rxsf", &receives]);
        crate::wait_for("it is registered", PATIENCE, || (demo.registered(&self.user) > 0).then_some(()));
        peer
    }

    /// Runs a scenario that calls this number, sends a pattern and compares what comes back: a fifth of it must be the same. Whether it
    /// was, and whether all else went well.
    pub fn hears_itself(&self, scenario: &str, number: &str) -> bool {
        let mut peer = self.command(&self.server, scenario, number, &[], &["-audiotolerance", "0.8"]);
        let status = peer.end(PATIENCE).and_then(|status| status.code());
        let differs = status == Some(RTP_CHECK_FAILED);
        assert!(differs || status == Some(0), "{scenario} failed ({status:?}):\n{}", peer.printed());
        !differs
    }

    /// Starts a scenario that calls this number.
    pub fn start(&self, scenario: &str, number: &str) -> Peer {
        self.start_with(scenario, number, &[])
    }

    /// The same; its sound is at its [`ear`](Self::ear).
    pub fn start_with_ear(&self, scenario: &str, number: &str) -> Peer {
        self.start_with(scenario, number, &[("ear", &self.ear().to_string())])
    }

    /// Starts a subscription to what is known about an extension; it signs for that extension's URI.
    pub fn watches(&self, about: &str, keys: &[(&str, &str)]) -> Peer {
        self.start_with("watch", about, keys)
    }

    /// Starts a scenario of a phone that follows what an extension has switched; it signs for that extension's URI.
    pub fn follows(&self, scenario: &str, about: &str) -> Peer {
        self.start_with(scenario, about, &[("about", about)])
    }

    /// Starts one half of a controller that calls this number; the two meet at `twin` (-3pcc), where the one that waits for orders must
    /// listen first. It does when this returns.
    pub fn controls(&self, scenario: &str, number: &str, twin: &str) -> Peer {
        let peer = self.command(&self.server, scenario, number, &[("twin", twin)], &["-3pcc", twin]);
        let port: u16 = twin.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let listens = || fs::read_to_string("/proc/net/tcp").ok().filter(|t| t.contains(&format!(":{port:04X} ")));
        crate::wait_for("one half listens", PATIENCE, listens);
        peer
    }

    pub(crate) fn start_with(&self, scenario: &str, number: &str, keys: &[(&str, &str)]) -> Peer {
        self.start_at(&self.server, scenario, number, keys)
    }

    fn start_at(&self, server: &str, scenario: &str, number: &str, keys: &[(&str, &str)]) -> Peer {
        self.command(server, scenario, number, keys, &[])
    }

    fn command(&self, server: &str, scenario: &str, number: &str, keys: &[(&str, &str)], more: &[&str]) -> Peer {
        // One that a test has made is at a path of its own.
        let file = repository("tests/interop/scenarios").join(format!("{scenario}.xml"));
        let name = file.file_stem().expect("a file").to_string_lossy().into_owned();
        let uri = if number.is_empty() { self.domain.clone() } else { format!("{number}@{}", self.domain) };
        let port = |n: u16| (self.port + n).to_string();
        let seconds = PATIENCE.as_secs().to_string();
        let mut command = if self.newest { sid::program("usr/bin/sipp") } else { Command::new("sipp") };
        command.args(self.trusts.iter().flat_map(|authority| ["-tls_ca", authority]));
        command.arg(server).arg("-sf").arg(file).args(["-m", "1", "-nostdin", "-timeout_error", "-timeout", &seconds]);
        command.args(["-i", "127.0.0.1", "-p", &port(0), "-cp", &port(1), "-t", self.transport]);
        // Without "@": the Call-ID goes into the Refer-To of a transfer.
        command.args(["-mp", &port(2), "-cid_str", "%u-%p"]);
        command.args(["-au", &self.user, "-ap", &self.password]);
        if !self.signs_server {
            command.args(["-auth_uri", &uri]);
        }
        command.args(["-key", "user", &self.user, "-key", "domain", &self.domain]);
        command.args(["-key", "ear", &self.ear().to_string()]);
        command.args(more);
        command.args(["-trace_err", "-error_file", "errors.log", "-trace_msg", "-message_file", "messages.log"]);
        for (key, value) in keys {
            command.args(["-key", key, value]);
        }
        // Who is called sends back what it hears; who calls plays the tone.
        if number.is_empty() {
            command.arg("-rtp_echo");
        } else {
            command.args(["-s", number]);
        }
        Peer::start(&format!("sipp-{name}"), self.folder.path(), &mut command)
    }

    /// Starts a scenario that the test has put together, against this server, in so many calls and for at most so long; without a number it
    /// is called, and listening when this returns.
    ///
    /// # Panics
    /// If SIPp does not come to listen.
    pub fn plays(
        &self,
        scenario: &str,
        (server, number): (&str, &str),
        keys: &[(&str, &str)],
        (calls, within): (u32, Duration),
    ) -> Peer {
        fs::write(self.file("made.xml"), scenario).expect("a file in a temporary folder");
        let made = self.file("made").display().to_string();
        let (calls, seconds) = (calls.to_string(), within.as_secs().to_string());
        let peer = self.command(server, &made, number, keys, &["-m", &calls, "-timeout", &seconds]);
        if number.is_empty() { self.listens(peer) } else { peer }
    }

    /// Starts a call by the scenario of a phone that knows no telephone events, whose sound is at its [`ear`](Self::ear), which takes the place of
    /// another phone in its dialog (RFC 3891). It signs for the number that it calls.
    ///
    /// # Panics
    /// If the scenario cannot be read.
    pub fn takes_over(&self, number: &str, from: &Self) -> Peer {
        let theirs = from.dialog();
        let scenario = fs::read_to_string(repository("tests/interop/scenarios/call_by_tones.xml")).expect("a scenario");
        let scenario = scenario.replace("\nCSeq: 2 INVITE\n", &format!("\nReplaces: {theirs}\nCSeq: 2 INVITE\n"));
        self.plays(&scenario, (&self.server, number), &[], (1, PATIENCE))
    }

    /// The dialog of the call that it has made last, as Replaces names it to whom it called.
    fn dialog(&self) -> String {
        let answered = || {
            let is_answer = |m: &String| m.starts_with("SIP/2.0 200 ") && m.contains(" INVITE");
            self.received().into_iter().rev().find(is_answer)
        };
        let answer = crate::wait_for("it is answered", PATIENCE, answered);
        let field = |name: &str| answer.lines().find_map(|line| line.strip_prefix(name)).expect("a field").trim();
        let tag = |name: &str| field(name).split_once(";tag=").expect("a tag").1;
        format!("{};to-tag={};from-tag={}", field("Call-ID:"), tag("To:"), tag("From:"))
    }

    /// All messages of its last scenario, as they came and went.
    pub fn messages(&self) -> String {
        fs::read_to_string(self.file("messages.log")).unwrap_or_default()
    }

    /// What came to it in its last scenario, message for message.
    pub fn received(&self) -> Vec<String> {
        // A line of dashes and the time, "UDP message received [511] bytes :", an empty line, the message, a line's end.
        let messages = self.messages();
        let each = messages.split("-----------------------------------------------").skip(1);
        let came = each.filter_map(|one| one.split_once(" message received ")?.1.split_once("\n\n"));
        came.map(|(_, message)| message.strip_suffix('\n').unwrap_or(message).to_owned()).collect()
    }

    /// A file of its folder, which is there as long as it.
    pub fn file(&self, name: &str) -> std::path::PathBuf {
        Path::new(self.folder.path()).join(name)
    }
}

/// A second of a tone (about 1 kHz) in G.711 µ-law: one period of eight samples, again and again.
fn tone() -> Vec<u8> {
    [0x9e, 0x8b, 0x86, 0x8b, 0x1e, 0x0b, 0x06, 0x0b].repeat(1000)
}
