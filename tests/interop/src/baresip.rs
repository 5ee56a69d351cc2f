//! baresip as a phone of the clinic: it is driven by its control port, plays a tone of its own, and keeps what it hears.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::ops::Range;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::softphone::{Config, Encryption, Manner, Way, recordings, samples};
use crate::spoken::{self, Words};
use crate::{Demo, Peer, sid, wait_for};

/// How long baresip may take for what takes it milliseconds.
const PATIENCE: Duration = Duration::from_secs(45);
/// Samples in a second.
const SECOND: usize = 8000;
/// A sample from which on it counts as sound.
const LOUD: u16 = 1500;

/// A headless baresip: a file speaks, nobody listens, and what is heard goes to other files.
pub struct Baresip {
    peer: Peer,
    control: TcpStream,
    unread: Vec<u8>,
    said: Vec<Value>,
    folder: tempfile::TempDir,
}

impl Baresip {
    /// Registers as this extension and answers every call; `n` tells the test's phones apart. Its tone has `8000 / period` Hz.
    ///
    /// # Panics
    /// If it does not start, or does not come to be registered.
    pub fn start(demo: &Demo, user: &str, n: u16, period: u16) -> Self {
        Self::start_as(demo, user, n, period, Way::Udp, Encryption::None)
    }

    /// The same, behind the proxy at this port.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_behind(demo: &Demo, proxy: u16, user: &str, n: u16, period: u16) -> Self {
        Self::start_as(demo, user, n, period, Way::Proxy(proxy), Encryption::None)
    }

    /// The same over this transport, with its sound encrypted like this.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_as(demo: &Demo, user: &str, n: u16, period: u16, way: Way, encryption: Encryption) -> Self {
        Self::start_with(demo, user, n, period, way, encryption, Manner::Usual)
    }

    /// The same over UDP in the clear, and it wants reports on the port of the sound (RFC 5761).
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_muxed(demo: &Demo, user: &str, n: u16, period: u16) -> Self {
        Self::start_with(demo, user, n, period, Way::Udp, Encryption::None, Manner::Muxed)
    }

    /// The same over UDP in the clear, and it speaks nothing but Opus.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_opus(demo: &Demo, user: &str, n: u16, period: u16) -> Self {
        Self::start_with(demo, user, n, period, Way::Udp, Encryption::None, Manner::Opus)
    }

    /// The same over UDP in the clear, and it rings until it is told to answer ("accept", or "hangup" to refuse). What it says and is told over SIP
    /// stands in what it prints.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_by_hand(demo: &Demo, user: &str, n: u16, period: u16) -> Self {
        Self::start_with(demo, user, n, period, Way::Udp, Encryption::None, Manner::ByHand)
    }

    /// The same as Debian sid has it, which answers by itself what tells it to (Call-Info and the like).
    ///
    /// # Panics
    /// As [`start`](Self::start), and where there is none.
    pub fn start_by_itself(demo: &Demo, user: &str, n: u16, period: u16) -> Self {
        Self::start_with(demo, user, n, period, Way::Udp, Encryption::None, Manner::ByItself)
    }

    /// A phone outside that answers every call to this number, at the port of the test's phone `n`: the end of a trunk, if a trunk has that
    /// address. What it dials is a URI at the demo.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_outside(demo: &Demo, number: &str, n: u16, period: u16) -> Self {
        Self::start_with(demo, number, n, period, Way::Outside, Encryption::None, Manner::Usual)
    }

    fn start_with(
        demo: &Demo,
        user: &str,
        n: u16,
        period: u16,
        way: Way,
        encryption: Encryption,
        manner: Manner,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ports = demo.peer_port(n * 40);
        let more = format!("ctrl_tcp_listen 127.0.0.1:{}\ncall_max_calls 4\nmodule_app ctrl_tcp.so\n", ports + 39);
        let media = ports + 10..=ports + 34;
        Config { demo, user, way, port: ports, media, period, encryption, manner, more: &more }.write(folder.path());
        let mut command =
            if manner == Manner::ByItself { sid::program("usr/bin/baresip") } else { Command::new("baresip") };
        command.arg("-f").arg(folder.path());
        if matches!(way, Way::From(_)) || matches!(manner, Manner::ByHand | Manner::ByItself) {
            // What it says and is told over SIP stands in what it prints.
            command.arg("-s");
        }
        let peer = Peer::start(&format!("baresip-{user}"), folder.path(), &mut command);
        let control =
            wait_for("baresip's control port", PATIENCE, || TcpStream::connect(("127.0.0.1", ports + 39)).ok());
        control.set_read_timeout(Some(Duration::from_millis(50))).expect("a socket");
        let this = Self { peer, control, unread: Vec::new(), said: Vec::new(), folder };
        if way != Way::Outside {
            wait_for(&format!("{user} is registered"), PATIENCE, || (demo.registered(user) > 0).then_some(()));
        }
        this
    }

    /// Orders something: "dial 102", "hold", "resume", "transfer 103", "hangup".
    ///
    /// # Panics
    /// If baresip is gone.
    pub fn order(&mut self, what: &str) {
        let (command, params) = what.split_once(' ').unwrap_or((what, ""));
        let text = json!({"command": command, "params": params, "token": what}).to_string();
        self.control.write_all(format!("{}:{text},", text.len()).as_bytes()).expect("baresip listens");
    }

    /// Waits until it has told of so many events of this type ("CALL_ESTABLISHED") since its start.
    ///
    /// # Panics
    /// If it does not in time; all that it told is shown.
    pub fn wait_for_events(&mut self, kind: &str, count: usize) {
        let seen = crate::peer::patiently(PATIENCE, || (self.events(kind) >= count).then_some(()));
        assert!(seen.is_some(), "{kind} × {count}: {:#?}\n{}", self.said, self.peer.printed());
    }

    /// How many events of this type it has told of until now.
    pub fn events(&mut self, kind: &str) -> usize {
        self.listen();
        self.said.iter().filter(|event| event["type"] == kind).count()
    }

    /// The keys that it was told of by telephone events.
    pub fn told_keys(&mut self) -> String {
        self.listen();
        let told = self.said.iter().filter(|event| event["type"] == "CALL_DTMF_START");
        told.filter_map(|event| event["param"].as_str()).collect()
    }

    /// What it says of the reports of its calls so far, by their short names: "DL" is the round trip in milliseconds, "PL" what was lost on
    /// the way there and here.
    ///
    /// # Panics
    /// If it says nothing in time.
    pub fn summary(&self) -> BTreeMap<String, String> {
        let line = || self.printed().lines().find_map(|l| l.split_once("EX=BareSip;").map(|(_, rest)| rest.to_owned()));
        let line = wait_for("baresip's summary of reports", PATIENCE, line);
        let fields = line.split(';').filter_map(|field| field.split_once('='));
        fields.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
    }

    /// What it printed.
    pub fn printed(&self) -> String {
        self.peer.printed()
    }

    /// Waits until it has heard another second, and that was a tone of this height.
    ///
    /// # Panics
    /// If it hears nothing more, or anything else.
    pub fn wait_until_heard(&self, hertz: usize) {
        let near = hertz - hertz / 10..hertz + hertz / 10;
        let before: BTreeMap<PathBuf, usize> =
            recordings(self.folder.path()).into_iter().map(|f| (f.clone(), samples(&f).len())).collect();
        let pitches = || {
            let files =
                recordings(self.folder.path()).into_iter().map(|f| (samples(&f), before.get(&f).copied().unwrap_or(0)));
            files
                .filter(|(heard, before)| heard.len() >= before + SECOND)
                .map(|(heard, _)| pitch(&heard))
                .collect::<Vec<_>>()
        };
        let heard = crate::peer::patiently(PATIENCE, || pitches().iter().any(|p| near.contains(p)).then_some(()));
        assert!(heard.is_some(), "a tone of {hertz} Hz is to be heard, not {:?} Hz\n{}", pitches(), self.printed());
    }

    /// Waits until it has heard another second in which each of these tones is, and this one, its own, is not.
    ///
    /// # Panics
    /// If it does not come.
    pub fn wait_until_heard_all(&self, tones: &[usize], but_not: usize) {
        let before: BTreeMap<PathBuf, usize> =
            recordings(self.folder.path()).into_iter().map(|f| (f.clone(), samples(&f).len())).collect();
        let mut heard = String::new();
        let came = crate::peer::patiently(PATIENCE, || {
            recordings(self.folder.path()).into_iter().find_map(|file| {
                let all = samples(&file);
                if all.len() < before.get(&file).copied().unwrap_or(0) + 2 * SECOND {
                    return None;
                }
                let last = &all[all.len() - SECOND..];
                let others: Vec<f64> = tones.iter().map(|hertz| strength(last, *hertz)).collect();
                heard = format!("{tones:?} Hz as {others:?}, {but_not} Hz as {}", strength(last, but_not));
                are_in(last, tones, but_not).then_some(())
            })
        });
        assert!(came.is_some(), "{tones:?} Hz are to be heard, and {but_not} Hz is not: {heard}\n{}", self.printed());
    }

    /// Waits until it has heard another second of music on hold: notes of its chords, and not this tone.
    ///
    /// # Panics
    /// If it does not come.
    pub fn wait_until_heard_music(&self, but_not: usize) {
        const NOTES: [usize; 6] = [147, 165, 196, 220, 262, 330];
        let mut heard = String::new();
        let came = crate::peer::patiently(PATIENCE, || {
            recordings(self.folder.path()).into_iter().find_map(|file| {
                let all = samples(&file);
                let last = &all[all.len().saturating_sub(SECOND)..];
                let notes = NOTES.map(|hertz| strength(last, hertz));
                let other = strength(last, but_not);
                heard = format!("{NOTES:?} Hz as {notes:?}, {but_not} Hz as {other}");
                (last.len() == SECOND && other < 100.0 && notes.iter().any(|note| *note > 300.0)).then_some(())
            })
        });
        assert!(came.is_some(), "music is to be heard: {heard}\n{}", self.printed());
    }

    /// Waits until it has heard another two seconds of whatever it may be.
    ///
    /// # Panics
    /// If nobody speaks.
    pub fn wait_until_spoken_to(&self) {
        let length = || recordings(self.folder.path()).iter().map(|f| samples(f).len()).sum::<usize>();
        let before = length();
        let heard = crate::peer::patiently(PATIENCE, || (length() >= before + 2 * SECOND).then_some(()));
        assert!(heard.is_some(), "somebody should speak\n{}", self.printed());
    }

    /// Waits until it has heard sound of this height anywhere in what it heard so far, for a quarter of a second in all: short tones
    /// with rests between them.
    ///
    /// # Panics
    /// If it hears nothing, or anything else.
    pub fn wait_until_heard_in_part(&self, hertz: usize) {
        let near = hertz - hertz / 10..hertz + hertz / 10;
        let pitches =
            || recordings(self.folder.path()).iter().filter_map(|f| pitch_of_parts(&samples(f))).collect::<Vec<_>>();
        let heard = crate::peer::patiently(PATIENCE, || pitches().iter().any(|p| near.contains(p)).then_some(()));
        assert!(heard.is_some(), "a tone of {hertz} Hz is to be heard, not {:?} Hz\n{}", pitches(), self.printed());
    }

    /// What it heard of its latest call, until now.
    pub fn heard(&self) -> Vec<i16> {
        let began =
            |file: &PathBuf| fs::metadata(file).and_then(|data| data.created().or_else(|_| data.modified())).ok();
        recordings(self.folder.path()).into_iter().max_by_key(began).map(|file| samples(&file)).unwrap_or_default()
    }

    /// Waits until it was told this in its latest call, after so many samples of it; where that was.
    ///
    /// # Panics
    /// If it is told nothing, or anything else.
    pub fn wait_until_told(&self, words: &Words, after: usize) -> Range<usize> {
        let told = crate::peer::patiently(PATIENCE, || words.find(&self.heard(), after));
        told.unwrap_or_else(|| {
            let heard = self.heard();
            panic!("{} is to be heard in {} samples after {after}\n{}", words.key(), heard.len(), self.printed())
        })
    }

    /// Waits until the tone has come after which one speaks, after so many samples of its latest call; where it ended.
    ///
    /// # Panics
    /// If it does not come.
    pub fn wait_until_beeped(&self, after: usize) -> usize {
        let beep = crate::peer::patiently(PATIENCE, || spoken::beep(&self.heard(), after));
        beep.unwrap_or_else(|| panic!("no tone came after {after} samples\n{}", self.printed()))
    }

    /// Presses these keys, one after the other.
    ///
    /// # Panics
    /// If baresip is gone.
    pub fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            self.order(&format!("sndcode {key}"));
        }
    }

    /// Waits until music plays, after so many samples of its latest call; at which of the music's own samples it began there.
    ///
    /// # Panics
    /// If it does not come.
    pub fn wait_until_plays(&self, music: &Words, after: usize) -> usize {
        let place = crate::peer::patiently(PATIENCE, || music.plays(&self.heard(), after));
        place.unwrap_or_else(|| panic!("{} is to be heard after {after}\n{}", music.key(), self.printed()))
    }

    /// Asserts that nothing more comes to be heard: what was recorded stays as it is.
    ///
    /// # Panics
    /// If sound comes.
    pub fn assert_silent(&self) {
        let length =
            || recordings(self.folder.path()).iter().map(|f| fs::metadata(f).map_or(0, |m| m.len())).sum::<u64>();
        let quiet = crate::peer::patiently(PATIENCE, || {
            let before = length();
            let changed = crate::peer::patiently(Duration::from_secs(1), || (length() != before).then_some(()));
            changed.is_none().then_some(())
        });
        assert!(quiet.is_some(), "nothing should be heard\n{}", self.printed());
    }

    /// Speaks for two seconds at least once it was asked to, ends that by the key for it, and waits until that was kept.
    ///
    /// # Panics
    /// If it is not asked, or nothing is kept.
    pub fn records(&mut self, asked: &Words, kept: &Words) {
        let asked = self.wait_until_told(asked, 0).end;
        let begins = self.wait_until_beeped(asked);
        self.assert_silent();
        self.assert_silent();
        self.press("#");
        self.wait_until_told(kept, begins);
    }

    /// Reads what it has to tell: netstrings of JSON.
    fn listen(&mut self) {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = self.control.read(&mut buffer) {
            self.unread.extend_from_slice(&buffer[..n]);
        }
        while let Some(colon) = self.unread.iter().position(|b| *b == b':') {
            let length: usize =
                String::from_utf8_lossy(&self.unread[..colon]).trim_start_matches(',').parse().expect("a length");
            if self.unread.len() < colon + 1 + length + 1 {
                break;
            }
            let text = &self.unread[colon + 1..=colon + length];
            self.said.extend(serde_json::from_slice::<Value>(text));
            self.unread.drain(..colon + length + 2);
        }
    }
}

/// Each, with the height of their own tone, hears the other's, and not their own.
///
/// # Panics
/// If one of them does not.
pub fn talk(one: (&Baresip, usize), other: (&Baresip, usize)) {
    one.0.wait_until_heard(other.1);
    other.0.wait_until_heard(one.1);
}

/// How often the sound of the last second rises through zero; 0 if it is not loud for nearly all of it.
pub fn pitch(samples: &[i16]) -> usize {
    let last = &samples[samples.len().saturating_sub(SECOND)..];
    let loud = last.chunks_exact(80).filter(|c| c.iter().any(|s| s.unsigned_abs() > LOUD)).count();
    if loud < 90 {
        return 0;
    }
    last.windows(2).filter(|w| w[0] < 0 && w[1] >= 0).count()
}

/// Whether each of these tones is in it, and this one is not.
pub fn are_in(samples: &[i16], tones: &[usize], but_not: usize) -> bool {
    let own = strength(samples, but_not);
    tones.iter().map(|hertz| strength(samples, *hertz)).all(|other| other > 500.0 && other > 10.0 * own)
}

/// The amplitude of one tone among others (Goertzel), of samples at 8000 a second.
pub fn strength(samples: &[i16], hertz: usize) -> f64 {
    let turn = std::f64::consts::TAU * hertz as f64 / SECOND as f64;
    let factor = 2.0 * turn.cos();
    let (mut one, mut two) = (0.0, 0.0);
    for sample in samples {
        let next = f64::from(*sample) + factor * one - two;
        (two, one) = (one, next);
    }
    let power = one * one + two * two - factor * one * two;
    2.0 * power.max(0.0).sqrt() / samples.len() as f64
}

/// The pitch of all that is loud, as if it were a second; `None` if that is less than a quarter of one.
fn pitch_of_parts(samples: &[i16]) -> Option<usize> {
    let loud = |c: &&[i16]| c.iter().any(|s| s.unsigned_abs() > LOUD);
    let loud: Vec<i16> = samples.chunks_exact(80).filter(loud).flatten().copied().collect();
    let rises = loud.windows(2).filter(|w| w[0] < 0 && w[1] >= 0).count();
    (loud.len() >= SECOND / 4).then(|| rises * SECOND / loud.len())
}
