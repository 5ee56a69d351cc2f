//! Linphone as a phone of the clinic, without a sound card: a file speaks, and what is heard goes to another. Its SIP, its media and its
//! codecs (libopus, its own G.722) are none of ours.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::baresip::pitch;
use crate::softphone::tone;
use crate::sound_card::SoundCard;
use crate::{Demo, Peer, wait_for};

/// How long it may take for what takes it a second.
const PATIENCE: Duration = Duration::from_secs(20);
/// Samples in a second of what it heard, as it is looked at.
const SECOND: usize = 8000;
/// What it says.
const SAYS: &str = "tone.wav";
/// What it hears: of the last call alone.
const HEARS: &str = "heard.wav";

/// What is particular about one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Nothing: of its codecs Opus comes first, in the clear.
    Usual,
    /// It knows G.722 and nothing else.
    G722,
    /// It knows G.711 and nothing else.
    G711,
    /// It knows G.711 and nothing else, with keys in the signalling or not at all.
    Encrypted,
}

/// A Linphone on its console, which is typed at.
pub struct Linphone {
    peer: Peer,
    folder: tempfile::TempDir,
    manner: Manner,
}

impl Linphone {
    /// Registers as this extension, with 102 as its friend; `n` tells the test's phones apart. Its tone has `8000 / period` Hz.
    ///
    /// # Panics
    /// If it does not start, or does not come to be registered.
    pub fn start(demo: &Demo, user: &str, n: u16, period: u16, manner: Manner) -> Self {
        let mut this = Self::launch(demo, user, n, manner, &tone(period), None);
        for line in ["soundcard use files", &format!("play {SAYS}"), &format!("record {HEARS}")] {
            this.tell(line);
        }
        this.registers(demo, user)
    }

    /// The same with G.711 alone, and with this sound card: what it hears is there.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_with_card(demo: &Demo, user: &str, n: u16, card: &SoundCard) -> Self {
        let mut this = Self::launch(demo, user, n, Manner::G711, &[], Some(card));
        // A microphone that hears one tone for ever hears no echo, whatever a canceller makes of it.
        this.tell("ec off");
        this.registers(demo, user)
    }

    fn registers(self, demo: &Demo, user: &str) -> Self {
        wait_for(&format!("{user} is registered"), PATIENCE, || (demo.registered(user) > 0).then_some(()));
        self
    }

    fn launch(demo: &Demo, user: &str, n: u16, manner: Manner, says: &[u8], card: Option<&SoundCard>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = folder.path();
        fs::create_dir_all(at.join(".local/share/linphone")).expect("a folder for its database");
        fs::write(at.join("rc"), settings(demo, user, n, manner)).expect("a file in a temporary folder");
        fs::write(at.join(SAYS), says).expect("a file in a temporary folder");
        let mut command = Command::new("linphonec");
        command.env("HOME", at).args(["-c", "rc", "-d", "6", "-l", "log"]);
        command.envs(card.map(|card| ("PULSE_SERVER", card.server())));
        Self { peer: Peer::start_listening("linphone", at, &mut command), folder, manner }
    }

    /// Types a line: "call sip:102@clinic.demo", "terminate".
    ///
    /// # Panics
    /// If it is gone.
    pub fn tell(&mut self, line: &str) {
        self.peer.tell(line);
    }

    /// Waits until it has printed this.
    ///
    /// # Panics
    /// If it ends or takes longer; what it printed is shown.
    pub fn wait_until_printed(&mut self, text: &str) {
        self.peer.wait_until_printed(text, PATIENCE);
    }

    /// What it wrote of its doings, with every SIP message.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join("log")).unwrap_or_default()).into_owned()
    }

    /// Waits until the last second that it heard was a tone of this height.
    ///
    /// # Panics
    /// If it hears nothing, or anything else.
    pub fn wait_until_heard(&self, hertz: usize) {
        let near = hertz - hertz / 10..hertz + hertz / 10;
        let mut last = 0;
        let heard = crate::peer::patiently(PATIENCE, || {
            let heard = self.heard();
            last = if heard.len() >= SECOND { pitch(&heard) } else { 0 };
            near.contains(&last).then_some(())
        });
        assert!(heard.is_some(), "a tone of {hertz} Hz is to be heard, not {last} Hz\n{}", self.peer.printed());
    }

    /// What it heard until now, as 8,000 samples a second: of more every second or sixth is enough for a tone. The rate is written into the file
    /// only when the call is over.
    fn heard(&self) -> Vec<i16> {
        let wav = fs::read(self.folder.path().join(HEARS)).unwrap_or_default();
        let step = match self.manner {
            Manner::Usual => 6,
            Manner::G722 => 2,
            Manner::G711 | Manner::Encrypted => 1,
        };
        wav.get(44..).unwrap_or_default().chunks_exact(2 * step).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
    }

    /// Ends it as its user would.
    ///
    /// # Panics
    /// If it does not end.
    pub fn quit(mut self) {
        self.tell("quit");
        assert!(self.peer.end(PATIENCE).is_some(), "it ends: {}", self.peer.printed());
    }
}

/// What it reads at its start.
fn settings(demo: &Demo, user: &str, n: u16, manner: Manner) -> String {
    let (host, port, domain) = (demo.text("/sip/host"), demo.text("/sip/udp"), demo.text("/sip/domain"));
    let encryption = match manner {
        Manner::Encrypted => "media_encryption=srtp\nmedia_encryption_mandatory=1\n",
        Manner::Usual | Manner::G722 | Manner::G711 => "",
    };
    // What is not named here is switched on or off as it likes.
    let codecs: &[(&str, u32)] = match manner {
        Manner::Usual => &[],
        Manner::G722 => &[("G722", 8000)],
        Manner::G711 | Manner::Encrypted => &[("PCMU", 8000), ("PCMA", 8000)],
    };
    let others =
        [("opus", 48_000), ("speex", 32_000), ("speex", 16_000), ("speex", 8000), ("G729", 8000), ("GSM", 8000)];
    let others = others.into_iter().chain([("PCMU", 8000), ("PCMA", 8000), ("G722", 8000)]);
    let off = others.filter(|codec| !codecs.is_empty() && !codecs.contains(codec)).map(|codec| (codec, 0));
    let codecs = codecs.iter().map(|codec| (*codec, 1)).chain(off);
    let codec = |(number, ((mime, rate), enabled))| {
        let channels = if mime == "opus" { 2 } else { 1 };
        format!("[audio_codec_{number}]\nmime={mime}\nrate={rate}\nchannels={channels}\nenabled={enabled}\n")
    };
    let codecs: String = codecs.enumerate().map(codec).collect();
    format!(
        "[sip]\nsip_port={}\nsip_tcp_port=0\nsip_tls_port=0\ndefault_proxy=0\n{encryption}[rtp]\naudio_rtp_port={}\n\
         [proxy_0]\nreg_proxy=<sip:{host}:{port}>\nreg_identity=<sip:{user}@{domain}>\nreg_route=<sip:{host}:{port};lr>\n\
         reg_expires=300\nreg_sendregister=1\npublish=0\n\
         [auth_info_0]\nusername={user}\npasswd={}\nrealm={domain}\ndomain={domain}\n\
         [friend_0]\nurl=\"Nurse\" <sip:102@{domain}>\npol=accept\nsubscribe=1\n{codecs}",
        demo.peer_port(n * 20),
        demo.peer_port(n * 20 + 10),
        demo.secret(user, "password"),
    )
}
