//! A machine at the far end that follows a script and never hangs up: over T.38 it says to each frame of our end what the script says, as sound it
//! plays what it is given. Our end is real, a session with its engine.

use std::time::Duration;

use fax::audio::Law;
use fax::page::Page;
use fax::session::{Input, Params, Role};
use fax::udptl::Sender;
use fax::worker::proto::Way;
use model::{Instant, Now};

use self::Say::{Frame, Tone};
use crate::party::Party;

/// Longer than the longest call that a session bears (3 h): whoever gets here hangs.
const LIMIT: Duration = Duration::from_secs(4 * 3600);
/// Frames, and what is said in them.
pub(crate) const DIS: u8 = 0x80;
pub(crate) const DTC: u8 = 0x81;
pub(crate) const CFR: u8 = 0x84;
pub(crate) const FTT: u8 = 0x44;
pub(crate) const MCF: u8 = 0x8c;
pub(crate) const RTP: u8 = 0xcc;
pub(crate) const RTN: u8 = 0x4c;
pub(crate) const PPR: u8 = 0xbc;
pub(crate) const RNR: u8 = 0xec;
pub(crate) const CTR: u8 = 0xc4;
pub(crate) const ERR: u8 = 0x1c;
pub(crate) const DCN: u8 = 0xfa;
pub(crate) const CRP: u8 = 0x1a;
/// A frame that T.30 does not know.
pub(crate) const UNKNOWN: u8 = 0x77;

/// Indicators of T.38 (table 5).
pub(crate) const CNG: u8 = 1;
pub(crate) const CED: u8 = 2;
pub(crate) const FLAGS: u8 = 3;

/// What a DIS of a machine of these days says (T.30 Table 2): it receives, knows all speeds, fine pages, two dimensions and error correction.
pub(crate) const ABLE: &[usize] = &[10, 11, 12, 14, 15, 16, 24, 27, 31, 32, 40, 48, 56, 64];

/// One thing that a machine says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Say {
    /// A frame; several behind each other are one breath.
    Frame(u8),
    /// One indicator.
    Tone(u8),
}

/// What the machine does.
#[derive(Clone, Copy)]
pub(crate) struct Machine {
    /// The bits of its DIS.
    pub(crate) dis: &'static [usize],
    /// What it says unasked when it has answered, and then every so many seconds, or never again.
    pub(crate) greets: (&'static [Say], Option<u64>),
    /// What it says to a frame of ours, which is told in words, and how often one of that name came before.
    pub(crate) answers: fn(&str, u32) -> &'static [Say],
}

/// Plays it to an end of ours that sends this, if anything. Gives that end, when it has finished, and how long that took.
pub(crate) fn play(role: Role, params: Params, pages: &[Page], machine: Machine) -> (Party, Duration) {
    let began = Now::simulation_start();
    let document = (!pages.is_empty()).then(|| Page::multi_tiff(pages));
    let params = Params { station_id: "+1 202 555 0123".to_owned(), t85: false, ..params };
    let party = Party::new(began, role, params, document.as_deref());
    let mut call = Call { now: began, party, machine, sender: Sender::new(400), coming: Vec::new(), heard: Vec::new() };
    call.say(Duration::from_secs(3), machine.greets.0);
    let mut greets = machine.greets.1.map(|every| (began.instant + Duration::from_secs(3 + every), every));
    while call.party.outcome.is_none() {
        let coming = call.coming.first().map_or(Instant::FAR_FUTURE, |(at, _)| *at);
        let next = call.party.timeout.min(coming).min(greets.map_or(Instant::FAR_FUTURE, |(at, _)| at));
        assert!(next < began.instant + LIMIT, "it does not end: {:#?}", call.party.trace);
        call.now = call.now.after(next.saturating_since(call.now.instant));
        if let Some((at, every)) = greets.as_mut().filter(|(at, _)| *at <= call.now.instant) {
            *at = *at + Duration::from_secs(*every);
            call.say(Duration::ZERO, machine.greets.0);
        }
        call.step();
    }
    let took = call.now.instant - began.instant;
    (call.party, took)
}

struct Call {
    now: Now,
    party: Party,
    machine: Machine,
    sender: Sender,
    /// Packets on their way to our end, by when they come.
    coming: Vec<(Instant, Vec<u8>)>,
    /// Names of the frames that our end has said.
    heard: Vec<String>,
}

impl Call {
    fn step(&mut self) {
        let now = self.now;
        while self.coming.first().is_some_and(|(at, _)| *at <= now.instant) && self.party.outcome.is_none() {
            let (_, packet) = self.coming.remove(0);
            let datagram = self.sender.encode(&packet);
            self.party.input(now, Input::Datagram(&datagram));
        }
        if self.party.timeout <= now.instant {
            self.party.input(now, Input::Timeout);
        }
        self.party.datagrams.clear();
        let said: Vec<String> = self
            .party
            .trace
            .iter()
            .filter_map(|line| line.split_once("→ "))
            .map(|(_, frame)| frame.trim_end().to_owned())
            .collect();
        for frame in said.into_iter().skip(self.heard.len()) {
            let name = |frame: &str| frame.split([' ', ':']).next().unwrap_or_default().to_owned();
            let before = self.heard.iter().filter(|heard| name(heard) == name(&frame)).count() as u32;
            let answer = (self.machine.answers)(&frame, before);
            self.heard.push(frame.clone());
            self.say(patience(&name(&frame)), answer);
        }
    }

    /// So long from now the machine begins to say this.
    fn say(&mut self, after: Duration, words: &[Say]) {
        let mut at = self.now.instant + after;
        let mut put = |at: Instant, packet: Vec<u8>| self.coming.push((at, packet));
        let mut last = None;
        for (n, word) in words.iter().enumerate() {
            match *word {
                Tone(tone) => put(at, indicator(tone)),
                Frame(fcf) => {
                    if !matches!(last, Some(Frame(_))) {
                        put(at, indicator(FLAGS));
                        at = at + Duration::from_millis(1000);
                    }
                    let ends = !matches!(words.get(n + 1), Some(Frame(_)));
                    let (data, end) = frame(fcf, self.machine.dis, ends);
                    at = at + Duration::from_millis(300);
                    put(at, data);
                    put(at, end);
                }
            }
            last = Some(*word);
            at = at + Duration::from_millis(75);
        }
        self.coming.sort_by_key(|(at, _)| *at);
    }
}

/// How long it takes until our end has said all that belongs to this frame, which is told before it is on the wire, and listens: then a machine
/// answers, within T4 (2.55 s at the shortest).
fn patience(frame: &str) -> Duration {
    Duration::from_millis(match frame {
        // The training and its check come behind it.
        "DCS" => 6000,
        "DIS" | "DTC" => 3500,
        _ => 2500,
    })
}

fn indicator(number: u8) -> Vec<u8> {
    vec![number << 1]
}

/// A frame as two packets: what it says, and its end.
fn frame(fcf: u8, dis: &[usize], last: bool) -> (Vec<u8>, Vec<u8>) {
    let mut frame = vec![0xff, if last { 0x13 } else { 0x03 }, fcf];
    match fcf {
        DIS | DTC => {
            let octets = dis.iter().max().map_or(3, |bit| bit.div_ceil(8)).max(3);
            let mut facts = vec![0_u8; octets];
            dis.iter().for_each(|bit| facts[(bit - 1) / 8] |= 1 << ((bit - 1) % 8));
            frame.extend(facts);
        }
        // All of it again.
        PPR => frame.extend([0xff; 32]),
        _ => {}
    }
    let mut data = vec![0xc0, 0x01, 0x80, 0x00, frame.len() as u8 - 1];
    data.extend(frame.iter().map(|octet| octet.reverse_bits()));
    (data, vec![0xc0, 0x01, if last { 0x40 } else { 0x20 }])
}

/// Plays sound to an end of ours, span after span of 20 ms, until it has finished; and how long that took.
pub(crate) fn sound(role: Role, law: Law, pages: &[Page], mut plays: impl FnMut() -> [i16; 160]) -> (Party, Duration) {
    let began = Now::simulation_start();
    let document = (!pages.is_empty()).then(|| Page::multi_tiff(pages));
    let params = Params { station_id: "+1 202 555 0123".to_owned(), way: Way::Audio(law), ..Params::default() };
    let mut party = Party::new(began, role, params, document.as_deref());
    let (mut now, mut timestamp) = (began, 0_u32);
    while party.outcome.is_none() {
        now = now.after(Duration::from_millis(20));
        assert!(now.instant < began.instant + LIMIT, "it does not end: {:#?}", party.trace);
        let payload: Vec<u8> = plays().iter().map(|sample| law.encode(*sample)).collect();
        party.input(now, Input::Sound { at: now.instant, timestamp, law, payload: &payload });
        timestamp = timestamp.wrapping_add(160);
        if party.outcome.is_none() && party.timeout <= now.instant {
            party.input(now, Input::Timeout);
        }
        party.sounds.clear();
    }
    (party, now.instant - began.instant)
}
