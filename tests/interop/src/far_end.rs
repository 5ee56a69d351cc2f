//! SIPp as the machine at the far end of a trunk, for faxes: what it does is put together from pieces (`scenarios/t38`), and the ports that it
//! names for sound and for T.38 are the test's, which judges what comes there. Nothing is ever said from them: nobody is a fax machine here.

use std::fmt::Write as _;
use std::fs;
use std::net::UdpSocket;
use std::time::Duration;

use fax::udptl::{Datagram, Sender};
use serde_json::{Value, json};

use crate::ear::linear;
use crate::peer::{Peer, note, patiently};
use crate::sipp::Phone;
use crate::{Demo, free_offset, http, repository, wait_for, with_trunks};

/// How long anything of signalling may take, a page's way into the queue included.
const SOON: Duration = Duration::from_secs(30);
/// How long what a machine says may take to be heard: a calling one is silent for 3 s after each tone.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a packet is waited for at once.
const LOOK: Duration = Duration::from_millis(100);
/// Packets after which the clock is looked at.
const AT_ONCE: usize = 50;
/// Samples that are judged at once, a tenth of a second.
const JUDGED: usize = 800;

/// An open line of sound.
pub const SOUND: &str = "m=audio [sound] RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv";
/// An open line of T.38, as gateways write it.
pub const T38: &str = "m=image [image] udptl t38\na=T38FaxVersion:0\na=T38MaxBitRate:14400\na=T38FaxRateManagement:transferredTCF\n\
     a=T38FaxMaxDatagram:400\na=T38FaxUdpEC:t38UDPRedundancy";
/// A line of sound that is closed.
pub const NO_SOUND: &str = "m=audio 0 RTP/AVP 0";
/// A line of T.38 that is closed.
pub const NO_T38: &str = "m=image 0 udptl t38";

/// The tone by which a machine that was called answers (CED), in Hz.
pub const CED: usize = 2100;
/// The tone by which one calls (CNG).
pub const CNG: usize = 1100;
/// The packet of T.38 that says the same as that tone (T.38 table 4: a `t30-indicator`, packed by PER).
pub const CED_PACKET: &[u8] = &[0x04];
/// As above.
pub const CNG_PACKET: &[u8] = &[0x02];
/// That what it has to say follows, by V.21: its greetings, which are repeated until somebody answers.
pub const PREAMBLE_PACKET: &[u8] = &[0x06];

/// One after the other is what it does.
#[derive(Clone, Copy, Debug)]
pub enum Does<'a> {
    /// Calls with this offer, our fax number if nothing else was said, and is answered.
    Calls(&'a str),
    /// Calls with this offer, and is refused with this code.
    IsNotTaken(&'a str, &'a str),
    /// Is called, and answers with sound.
    Answers,
    /// Is called without sound, and answers with this. [`Does::RefusesSound`] says what becomes of a call with sound.
    AnswersImage(&'a str),
    /// Comes last: a call with sound is refused with this status, and is one of its calls.
    RefusesSound(&'a str),
    /// Is called, and refuses with this status.
    Refuses(&'a str),
    /// Gets a re-INVITE.
    IsAsked,
    /// Answers that with 200 and this.
    Agrees(&'a str),
    /// Answers that with this status.
    Disagrees(&'a str),
    /// Sends a re-INVITE, its request of this number, with this offer.
    Proposes(u32, &'a str),
    /// Is answered with 200.
    IsAgreedWith(u32),
    /// Is answered with this code.
    IsRefused(u32, &'a str),
    /// Its re-INVITE and the one that it got have crossed: both are refused with 491.
    Meets(u32),
    /// Comes again before the other side does.
    Pauses,
    /// Waits for [`FarEnd::goes_on`].
    WaitsToBeTold,
    /// Hangs up.
    HangsUp,
    /// Is hung up on.
    IsHungUpOn,
}

impl Does<'_> {
    /// The file, and what stands there for what.
    fn piece(self) -> (&'static str, Vec<(&'static str, String)>) {
        let number = |number: u32| ("NUMBER", number.to_string());
        match self {
            Self::Calls(offer) => ("calls", vec![("OFFER", offer.to_owned())]),
            Self::IsNotTaken(offer, code) => {
                ("is_not_taken", vec![("OFFER", offer.to_owned()), ("CODE", code.to_owned())])
            }
            Self::Answers => ("answers", Vec::new()),
            Self::AnswersImage(answer) => ("answers_image", vec![("ANSWER", answer.to_owned())]),
            Self::RefusesSound(status) => ("refuses_sound", vec![("STATUS", status.to_owned())]),
            Self::Refuses(status) => ("refuses", vec![("STATUS", status.to_owned())]),
            Self::IsAsked => ("is_asked", Vec::new()),
            Self::Agrees(answer) => ("agrees", vec![("ANSWER", answer.to_owned())]),
            Self::Disagrees(status) => ("disagrees", vec![("STATUS", status.to_owned())]),
            Self::Proposes(n, offer) => ("proposes", vec![number(n), ("OFFER", offer.to_owned())]),
            Self::IsAgreedWith(n) => ("is_agreed_with", vec![number(n)]),
            Self::IsRefused(n, code) => ("is_refused", vec![number(n), ("CODE", code.to_owned())]),
            Self::Meets(n) => ("meets", vec![number(n)]),
            Self::Pauses => ("pauses", Vec::new()),
            Self::WaitsToBeTold => ("waits_to_be_told", Vec::new()),
            Self::HangsUp => ("hangs_up", Vec::new()),
            Self::IsHungUpOn => ("is_hung_up_on", Vec::new()),
        }
    }

    /// What the piece says to SIPp.
    fn xml(self) -> String {
        let (name, changes) = self.piece();
        let file = repository("tests/interop/scenarios/t38").join(format!("{name}.xml"));
        let text = fs::read_to_string(file).expect("a piece");
        let inner = text.split_once("\">\n").and_then(|(_, rest)| rest.rsplit_once("</scenario>"));
        let inner = inner.expect("a scenario").0.to_owned();
        changes.into_iter().fold(inner, |text, (what, by)| text.replace(what, &by))
    }
}

/// What somebody does, for SIPp.
///
/// # Panics
/// If a piece is not there.
pub fn scenario(pieces: &[Does<'_>]) -> String {
    let mut scenario = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"far end\">\n".to_owned();
    for piece in pieces {
        scenario += &piece.xml();
    }
    // SIPp refuses what is kept and never used.
    for name in ["me", "them", "cseq", "via"] {
        if scenario.contains(&format!("assign_to=\"{name}\"")) {
            writeln!(scenario, "  <Reference variables=\"{name}\"/>").expect("a String takes every write");
        }
    }
    scenario += "</scenario>\n";
    scenario
}

/// The far end of a trunk that has one channel: as long as a call that is over holds that, there is no other.
pub struct FarEnd {
    phone: Phone,
    server: String,
    number: String,
    /// What comes to the port that it names for sound.
    pub sound: Wire,
    /// What comes to the port that it names for T.38.
    pub image: Wire,
}

impl FarEnd {
    /// Such a far end, and the demo whose trunk leads there.
    ///
    /// # Panics
    /// If the demo does not start.
    pub fn with_demo() -> (Self, Demo) {
        Self::with_changed(str::to_owned)
    }

    /// The same, where the sample clinic was changed like this.
    ///
    /// # Panics
    /// As [`with_demo`](Self::with_demo).
    pub fn with_changed(change: impl FnOnce(&str) -> String) -> (Self, Demo) {
        let offset = free_offset();
        let trunks = format!("[[trunks]]\nname = \"main\"\naddress = \"127.0.0.1:{}\"\nchannels = 1\n", 6100 + offset);
        let demo = Demo::start_changed(offset, |sample| change(&with_trunks(sample, &trunks)));
        let phone = Phone::with_password(&demo, "outside", "", 0);
        let server = format!("{}:{}", demo.text("/sip/host"), demo.text("/sip/udp"));
        let ear = phone.ear();
        let this =
            Self { server, number: demo.text("/clinic/fax"), sound: Wire::at(ear), image: Wire::at(ear + 2), phone };
        (this, demo)
    }

    /// The same, which calls this number.
    #[must_use]
    pub fn calling(mut self, number: String) -> Self {
        self.number = number;
        self
    }

    /// It begins: it calls, or it waits to be called.
    pub fn does(&self, pieces: &[Does<'_>]) -> Peer {
        self.does_within(SOON, pieces)
    }

    /// The same, which may take longer.
    ///
    /// # Panics
    /// If SIPp does not start.
    pub fn does_within(&self, within: Duration, pieces: &[Does<'_>]) -> Peer {
        self.does_in(1, within, pieces)
    }

    /// The same in each of two calls, which follow each other at once.
    ///
    /// # Panics
    /// If SIPp does not start.
    pub fn does_twice(&self, pieces: &[Does<'_>]) -> Peer {
        self.does_in(2, SOON, pieces)
    }

    fn does_in(&self, times: u32, within: Duration, pieces: &[Does<'_>]) -> Peer {
        let _ = fs::remove_file(self.phone.file("waits"));
        let _ = fs::remove_file(self.phone.file("messages.log"));
        self.sound.forget();
        self.image.forget();
        let scenario = scenario(pieces);
        let calls = matches!(pieces.first(), Some(Does::Calls(_) | Does::IsNotTaken(..)));
        let number = if calls { self.number.as_str() } else { "" };
        let port = |n: u16| (self.phone.ear() + n).to_string();
        let keys = [("sound", port(0)), ("image", port(2))];
        let keys = keys.each_ref().map(|(key, value)| (*key, value.as_str()));
        self.phone.plays(&scenario, (&self.server, number), &keys, (times, within))
    }

    /// Waits until it waits to be told for the `n`-th time, and gives its Call-ID.
    ///
    /// # Panics
    /// If it does not come to that.
    pub fn waits(&self, n: usize) -> String {
        let said = || fs::read_to_string(self.phone.file("waits")).unwrap_or_default();
        let call = patiently(SOON, || said().lines().nth(n - 1).map(str::to_owned));
        call.unwrap_or_else(|| panic!("SIPp does not wait to be told: {}", self.phone.messages()))
    }

    /// Waits until it waits to be told for the `n`-th time, and tells it to go on.
    ///
    /// # Panics
    /// If it does not come to that.
    pub fn goes_on(&self, n: usize) {
        let call = self.waits(n);
        let word = format!(
            "NOTIFY sip:sipp@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-told-{n}\r\n\
             From: <sip:test@127.0.0.1>;tag=test\r\nTo: <sip:sipp@127.0.0.1>\r\nCall-ID: {call}\r\nCSeq: {n} NOTIFY\r\n\
             Content-Length: 0\r\n\r\n"
        );
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.send_to(word.as_bytes(), ("127.0.0.1", self.phone.port())).expect("sent");
    }

    /// What came to it that begins like this, the oldest first.
    pub fn came(&self, beginning: &str) -> Vec<String> {
        self.phone.received().into_iter().filter(|message| message.starts_with(beginning)).collect()
    }

    /// The descriptions of media that came to it, the oldest first.
    pub fn descriptions(&self) -> Vec<String> {
        let mut all = self.phone.received();
        // On a busy machine one may be sent again.
        all.dedup();
        let bodies = all.iter().filter_map(|message| Some(message.split_once("\r\n\r\n")?.1));
        bodies.filter(|body| body.starts_with("v=0")).map(str::to_owned).collect()
    }
}

impl Drop for FarEnd {
    /// Whoever looks into a failure wants to see what was said.
    fn drop(&mut self) {
        if std::thread::panicking() {
            note(&self.phone.messages());
        }
    }
}

/// A port for media, at which nobody speaks but by [`Wire::says`].
pub struct Wire {
    socket: UdpSocket,
}

impl Wire {
    fn at(port: u16) -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", port)).expect("the port is the test's own");
        socket.set_read_timeout(Some(LOOK)).expect("a socket");
        Self { socket }
    }

    /// What has come until now was not said from now on.
    ///
    /// # Panics
    /// If the system takes no orders.
    pub fn forget(&self) {
        self.socket.set_nonblocking(true).expect("a socket");
        while self.packet().is_some() {}
        self.socket.set_nonblocking(false).expect("a socket");
    }

    /// Says this by T.38, to whoever has sent something last.
    ///
    /// # Panics
    /// If nothing comes.
    pub fn says(&self, ifp: &[u8], longest: usize) {
        let mut buffer = [0; 2048];
        let from =
            patiently(PATIENCE, || Some(self.socket.recv_from(&mut buffer).ok()?.1)).expect("a packet of theirs");
        self.socket.send_to(&Sender::new(longest).encode(ifp), from).expect("sent");
    }

    fn packet(&self) -> Option<Vec<u8>> {
        let mut buffer = [0; 2048];
        let length = self.socket.recv(&mut buffer).ok()?;
        Some(buffer[..length].to_vec())
    }

    /// Looks at packet after packet, until one is what is waited for.
    fn patiently(&self, mut is_it: impl FnMut(Vec<u8>) -> bool) -> bool {
        let each = || std::iter::from_fn(|| self.packet()).take(AT_ONCE).any(&mut is_it).then_some(());
        patiently(PATIENCE, each).is_some()
    }

    /// Waits until a tone of this height is heard for a tenth of a second, in RTP of µ-law.
    ///
    /// # Panics
    /// If it is not.
    pub fn hears(&self, hertz: usize) {
        let (mut heard, mut packets) = (Vec::new(), 0);
        let near = hertz - hertz / 20..hertz + hertz / 20;
        let came = self.patiently(|packet| {
            // RTP of version 2 and nothing that makes its header longer, with G.711 µ-law.
            assert!(packet.len() > 12 && packet[0] == 0x80 && packet[1] & 0x7f == 0, "no sound: {packet:x?}");
            packets += 1;
            heard.extend(packet[12..].iter().map(|byte| linear(*byte)));
            if heard.len() < JUDGED {
                return false;
            }
            let judged: Vec<i16> = heard.drain(..JUDGED).collect();
            let rises = judged.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
            let is_loud = judged.iter().filter(|sample| sample.unsigned_abs() > 1000).count() > JUDGED / 2;
            is_loud && near.contains(&(rises * 8000 / JUDGED))
        });
        assert!(came, "a tone of {hertz} Hz is to be heard, in {packets} packets");
    }

    /// Waits until a packet of T.38 comes that says this. All that comes until then is UDPTL, none longer than this.
    ///
    /// # Panics
    /// If it does not, or something else does.
    pub fn gets(&self, ifp: &[u8], longest: usize) {
        let mut packets = 0;
        let came = self.patiently(|packet| {
            assert!(packet.len() <= longest, "{} octets: {packet:x?}", packet.len());
            let datagram = Datagram::parse(&packet).unwrap_or_else(|_| panic!("no UDPTL: {packet:x?}"));
            packets += 1;
            datagram.primary == ifp
        });
        assert!(came, "a packet {ifp:x?} is to come, after {packets}");
    }
}

/// Waits until nothing is on a line any more.
///
/// # Panics
/// If something stays.
pub fn rests(demo: &Demo) {
    let rest = || {
        let status = demo.api("/api/v1/status");
        let idle = status["calls"] == 0 && status["faxes_on_the_line"] == 0 && status["trunks"][0]["in_use"] == 0;
        idle.then_some(())
    };
    wait_for("the line is free again", SOON, rest);
}

/// Has a fax recalled that waits for its next attempt.
///
/// # Panics
/// If that is refused.
pub fn recall(demo: &Demo, fax: &Value) {
    let address = demo.text("/console").replace("http://", "");
    let headers = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", demo.text("/api_token"));
    let path = format!("/api/v1/faxes/{}/recall", fax["id"].as_str().expect("an id"));
    let answer = http::request(&address, "POST", &path, &headers, json!({}).to_string().as_bytes()).expect("an answer");
    assert_eq!(answer.status, 204, "{}", String::from_utf8_lossy(&answer.body));
}
