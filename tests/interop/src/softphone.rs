//! baresip without a screen: a WAV file speaks, nobody listens, and what is heard goes to other files. Here it does one thing and ends; as
//! [`Baresip`](crate::baresip::Baresip) it is driven.

use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::{Demo, Peer, sid};

/// How a softphone reaches the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Over UDP.
    Udp,
    /// Over UDP and IPv6.
    Udp6,
    /// Over UDP, by the demo's second address of IPv4.
    Second,
    /// Over TLS.
    Tls,
    /// Over UDP, by the proxy at this port.
    Proxy(u16),
    /// Over UDP, from another host.
    From(Host),
    /// Over UDP, as somebody whom the demo knows by their address alone: it registers nowhere.
    Outside,
}

/// A softphone in a network of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its address.
    pub own: IpAddr,
    /// Where it finds the box: a name or an address, with a port.
    pub server: &'static str,
    /// Who tells it addresses.
    pub dns: Option<SocketAddr>,
}

/// How a softphone encrypts its sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all.
    None,
    /// With keys in the signalling, if the other end can.
    Offered,
    /// With such keys, or not at all.
    Demanded,
    /// With keys by DTLS.
    Dtls,
}

/// What else is particular about a softphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Nothing.
    Usual,
    /// It wants reports on the port of the sound (RFC 5761).
    Muxed,
    /// It speaks Opus and nothing else.
    Opus,
    /// It answers when somebody says so.
    ByHand,
    /// It is that of Debian sid, and answers by itself what tells it to, and all else when somebody says so.
    ByItself,
}

/// Starts one that registers as `user` and does this (`/dial *43`) for so many seconds; `n` tells the test's softphones apart.
///
/// # Panics
/// If it cannot be started.
pub fn start(demo: &Demo, folder: &Path, user: &str, way: Way, n: u16, order: &str, seconds: u16) -> Peer {
    let (port, media) = (demo.peer_port(20 * n), demo.peer_port(20 * n + 4));
    let media = media..=media + 14;
    Config {
        demo,
        user,
        way,
        port,
        media,
        period: KILOHERTZ,
        encryption: Encryption::None,
        manner: Manner::Usual,
        more: "",
    }
    .write(folder);
    let mut command = Command::new("baresip");
    command.arg("-f").arg(folder).args(["-t", &seconds.to_string()]);
    if !order.is_empty() {
        command.args(["-e", order]);
    }
    Peer::start("baresip", folder, &mut command)
}

/// Longer than any of them takes to register and call.
pub const SOON: Duration = Duration::from_secs(20);
/// Where a Debian has baresip's modules.
const MODULES: &str = "usr/lib/baresip/modules";
/// The period of a tone of 1 kHz.
const KILOHERTZ: u16 = 8;

/// What baresip reads at its start.
pub(crate) struct Config<'a> {
    pub(crate) demo: &'a Demo,
    pub(crate) user: &'a str,
    pub(crate) way: Way,
    pub(crate) port: u16,
    pub(crate) media: RangeInclusive<u16>,
    /// Samples in a period of its tone: it has `8000 / period` Hz.
    pub(crate) period: u16,
    /// How it encrypts its sound.
    pub(crate) encryption: Encryption,
    /// What else is particular about it.
    pub(crate) manner: Manner,
    /// More lines of its configuration.
    pub(crate) more: &'a str,
}

impl Config<'_> {
    pub(crate) fn write(&self, folder: &Path) {
        let files = [
            ("config", self.config(folder).into_bytes()),
            ("accounts", self.account().into_bytes()),
            ("contacts", Vec::new()),
            ("tone.wav", tone(self.period)),
        ];
        for (name, text) in files {
            fs::write(folder.join(name), text).expect("a file in a temporary folder");
        }
    }

    fn config(&self, folder: &Path) -> String {
        let (at, port) = (folder.display(), self.port);
        let interface = match self.way {
            Way::Udp6 => Ipv6Addr::LOCALHOST.into(),
            Way::From(host) => host.own,
            _ => IpAddr::from(Ipv4Addr::LOCALHOST),
        };
        let listens = SocketAddr::new(interface, port);
        let account = if matches!(self.way, Way::Proxy(_)) { "" } else { "module_tmp account.so\n" };
        let mut config = format!(
            "sip_listen {listens}\nnet_interface {interface}\nrtp_ports {}-{}\n\
             audio_source aufile,{at}/tone.wav\naudio_player aubridge,nobody\naudio_alert aubridge,nobody\n\
             ausrc_srate 8000\nauplay_srate 8000\nrtp_stats yes\nausrc_channels 1\nauplay_channels 1\nsnd_path {at}\n\
             module_path {}\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\n\
             module sndfile.so\nmodule_app rtcpsummary.so\n{account}module_app menu.so\n{}",
            self.media.start(),
            self.media.end(),
            if self.manner == Manner::ByItself { sid::existing(MODULES) } else { Path::new("/").join(MODULES) }
                .display(),
            self.more
        );
        match self.way {
            Way::Udp | Way::Second | Way::Outside => Ok(()),
            // Flows belong to a device, which has a name.
            Way::Proxy(_) => writeln!(config, "module_tmp uuid.so\nmodule_tmp account.so"),
            Way::Udp6 => writeln!(config, "prefer_ipv6 yes"),
            Way::From(host) => {
                let family = if host.own.is_ipv6() { "prefer_ipv6 yes\n" } else { "" };
                let dns = host.dns.map(|dns| format!("dns_server {dns}\n")).unwrap_or_default();
                write!(config, "{family}{dns}")
            }
            Way::Tls => writeln!(config, "sip_cafile {}", self.demo.text("/sip/ca")),
        }
        .expect("text grows");
        match self.manner {
            Manner::Opus => config.push_str("module opus.so\n"),
            // It answers once it has beeped, and has nothing to beep with.
            Manner::ByItself => config.push_str("sip_autoanswer_beep no\n"),
            Manner::Usual | Manner::Muxed | Manner::ByHand => {}
        }
        match self.encryption {
            Encryption::None => Ok(()),
            Encryption::Offered | Encryption::Demanded => writeln!(config, "module srtp.so"),
            Encryption::Dtls => writeln!(config, "module dtls_srtp.so"),
        }
        .expect("text grows");
        config
    }

    fn account(&self) -> String {
        let (demo, user) = (self.demo, self.user);
        if self.way == Way::Outside {
            return format!("<sip:{user}@127.0.0.1>;regint=0;answermode=auto\n");
        }
        let (domain, password) = (demo.text("/sip/domain"), demo.secret(user, "password"));
        let (transport, server) = match self.way {
            Way::Udp | Way::Outside => ("", format!("{}:{}", demo.text("/sip/host"), demo.text("/sip/udp"))),
            Way::Udp6 => ("", format!("[::1]:{}", demo.text("/sip/udp"))),
            Way::Second => ("", format!("{}:{}", demo.text("/sip/host2"), demo.text("/sip/udp"))),
            Way::Proxy(port) => ("", format!("127.0.0.1:{port}")),
            Way::From(host) => ("", host.server.to_owned()),
            Way::Tls => {
                (";transport=tls", format!("{}:{};transport=tls", demo.text("/sip/host"), demo.text("/sip/tls")))
            }
        };
        // Behind a proxy it must know what a Path is, which it says only together with flows (RFC 5626).
        let flows = if matches!(self.way, Way::Proxy(_)) { ";sipnat=outbound" } else { "" };
        let encryption = match self.encryption {
            Encryption::None => "",
            Encryption::Offered => ";mediaenc=srtp",
            Encryption::Demanded => ";mediaenc=srtp-mand",
            Encryption::Dtls => ";mediaenc=dtls_srtp",
        };
        let manner = match self.manner {
            Manner::Usual | Manner::ByHand => "",
            Manner::ByItself => ";sip_autoanswer=yes",
            Manner::Muxed => ";rtcp_mux=yes",
            Manner::Opus => ";audio_codecs=opus/48000/2",
        };
        let by_hand = matches!(self.manner, Manner::ByHand | Manner::ByItself);
        let answers = if by_hand { "manual" } else { "auto" };
        format!(
            "<sip:{user}@{domain}{transport}>;auth_pass={password};outbound=\"sip:{server}\";regint=60;answermode={answers}{encryption}{flows}{manner}\n"
        )
    }
}

/// A minute of a tone at 8,000 samples a second: a triangle of so many samples, again and again.
pub(crate) fn tone(period: u16) -> Vec<u8> {
    let half = i16::try_from(period / 2).expect("short");
    let rise = (0..half).map(|n| 8000 - n * (16_000 / half));
    let fall = (0..half).map(|n| n * (16_000 / half) - 8000);
    let wave: Vec<i16> = rise.chain(fall).collect();
    let samples: Vec<u8> = wave.repeat(480_000 / wave.len()).into_iter().flat_map(i16::to_le_bytes).collect();
    wav(8000, &samples)
}

/// A WAV file of one channel with 16 bits.
fn wav(rate: u32, samples: &[u8]) -> Vec<u8> {
    let length = u32::try_from(samples.len()).expect("short");
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + length).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(rate.to_le_bytes());
    wav.extend((2 * rate).to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(length.to_le_bytes());
    wav.extend(samples);
    wav
}

/// Ten seconds of a tone at 48,000 samples a second, as browsers take them: a whole number of its waves, so that it has no seam when it is
/// played again and again.
pub(crate) fn sine(hertz: u32) -> Vec<u8> {
    const RATE: u32 = 48_000;
    let turn = std::f64::consts::TAU * f64::from(hertz) / f64::from(RATE);
    let samples: Vec<u8> =
        (0..10 * RATE).flat_map(|n| (((turn * f64::from(n)).sin() * 9000.0) as i16).to_le_bytes()).collect();
    wav(RATE, &samples)
}

/// The files in which the baresip of this folder keeps what it hears, one a call.
///
/// # Panics
/// If the folder is gone.
pub fn recordings(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("the folder").flatten().map(|e| e.path());
    files.filter(|p| p.to_string_lossy().ends_with("-dec.wav")).collect()
}

/// What baresip decoded of a call, until now, as 8,000 samples a second of one channel: of what Opus gives every sixth is enough for a tone.
pub fn samples(recording: &Path) -> Vec<i16> {
    let wav = fs::read(recording).unwrap_or_default();
    let Some((header, samples)) = wav.split_at_checked(44) else { return Vec::new() };
    let channels = usize::from(u16::from_le_bytes([header[22], header[23]]));
    let rate = u32::from_le_bytes([header[24], header[25], header[26], header[27]]) as usize;
    let step = 2 * channels.max(1) * (rate / 8000).max(1);
    samples.chunks_exact(step).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

/// The packets of its one call: sent and received. It prints no statistics of calls below five seconds.
///
/// # Panics
/// If it printed none.
pub fn packets(said: &str) -> (u32, u32) {
    let line = said.lines().find_map(|l| l.strip_prefix("packets:"));
    let line = line.unwrap_or_else(|| panic!("no statistics: {said}"));
    let numbers: Vec<u32> = line.split_whitespace().filter_map(|n| n.parse().ok()).collect();
    assert_eq!(numbers.len(), 2, "{line}");
    (numbers[0], numbers[1])
}
