//! A sound card of a phone's own, made by PulseAudio: a tone comes from its microphone, and what goes to its loudspeaker is kept.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::baresip::{are_in, strength};
use crate::peer::patiently;
use crate::{Peer, wait_for};

const PATIENCE: Duration = Duration::from_secs(45);
/// Samples in a second of what is heard.
const SECOND: usize = 8000;

/// What its loudspeaker is called, and what can be heard of that.
const SPEAKER: &str = "speaker";

/// A running card. Dropping it takes it away.
pub struct SoundCard {
    _server: Peer,
    _recorder: Peer,
    folder: tempfile::TempDir,
}

impl SoundCard {
    /// One whose microphone hears a tone of this height.
    ///
    /// # Panics
    /// Without PulseAudio.
    pub fn start(hertz: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = folder.path();
        let mut server = Command::new("pulseaudio");
        // Nothing of the machine's own configuration, and nothing that others could use.
        server.args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"]);
        server.env("HOME", at).env("XDG_RUNTIME_DIR", at);
        let socket = Self::socket(at.to_owned());
        for module in [
            format!("module-native-protocol-unix socket={} auth-anonymous=1", socket.display()),
            format!("module-sine-source rate=48000 frequency={hertz}"),
            format!("module-null-sink sink_name={SPEAKER} rate=48000 channels=1"),
        ] {
            server.args(["-L", &module]);
        }
        let server = Peer::start("pulseaudio", at, &mut server);
        wait_for("the sound card is there", Duration::from_secs(20), || socket.exists().then_some(()));
        let mut recorder = Command::new("parec");
        recorder.args(["--rate=8000", "--channels=1", "--format=s16le", "--latency-msec=20"]);
        recorder.arg(format!("--device={SPEAKER}.monitor")).arg("heard.raw");
        let recorder = Peer::start("parec", at, recorder.env("PULSE_SERVER", address(&socket)).env("HOME", at));
        Self { _server: server, _recorder: recorder, folder }
    }

    /// How a program reaches it, as its environment says.
    pub fn server(&self) -> String {
        address(&Self::socket(self.folder.path().to_owned()))
    }

    /// What came to its loudspeaker until now, as 8,000 samples a second.
    pub fn heard(&self) -> Vec<i16> {
        let raw = fs::read(self.folder.path().join("heard.raw")).unwrap_or_default();
        raw.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
    }

    /// Waits until another second has come there in which each of these tones is, and this one, its own, is not.
    ///
    /// # Panics
    /// If it does not come.
    pub fn wait_until_heard_all(&self, tones: &[usize], but_not: usize) {
        let before = self.heard().len();
        let mut last = Vec::new();
        let came = patiently(PATIENCE, || {
            let heard = self.heard();
            last = heard[heard.len().saturating_sub(SECOND)..].to_vec();
            (heard.len() >= before + SECOND && are_in(&last, tones, but_not)).then_some(())
        });
        let found: Vec<f64> = tones.iter().chain([&but_not]).map(|hertz| strength(&last, *hertz)).collect();
        assert!(came.is_some(), "{tones:?} Hz are to be heard, and {but_not} Hz is not: {found:?}");
    }

    fn socket(folder: PathBuf) -> PathBuf {
        folder.join("socket")
    }
}

fn address(socket: &std::path::Path) -> String {
    format!("unix:{}", socket.display())
}
