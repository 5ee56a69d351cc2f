//! baresip without a screen: a WAV file speaks, and nobody listens.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::{Demo, Peer};

/// How a softphone reaches the demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Over UDP and IPv6.
    Udp6,
    /// Over TLS.
    Tls,
}

/// Starts one that registers as `user` and does this (`/dial *43`) for so many seconds; `n` tells the test's softphones apart.
///
/// # Panics
/// If it cannot be started.
pub fn start(demo: &Demo, folder: &Path, user: &str, way: Way, n: u16, order: &str, seconds: u16) -> Peer {
    configure(demo, folder, user, way, n);
    let mut command = Command::new("baresip");
    command.arg("-f").arg(folder).args(["-t", &seconds.to_string()]);
    if !order.is_empty() {
        command.args(["-e", order]);
    }
    Peer::start("baresip", folder, &mut command)
}

/// Longer than any of them takes to register and call.
pub const SOON: Duration = Duration::from_secs(20);

fn configure(demo: &Demo, folder: &Path, user: &str, way: Way, n: u16) {
    let at = folder.display();
    let (port, media) = (demo.peer_port(20 * n), demo.peer_port(20 * n + 4));
    let (host, interface, server) = match way {
        Way::Udp6 => ("[::1]", "::1", format!("[::1]:{}", demo.text("/sip/udp"))),
        Way::Tls => {
            ("127.0.0.1", "127.0.0.1", format!("{}:{};transport=tls", demo.text("/sip/host"), demo.text("/sip/tls")))
        }
    };
    let more = match way {
        Way::Udp6 => "prefer_ipv6 yes\n".to_owned(),
        Way::Tls => format!("sip_cafile {}\n", demo.text("/sip/ca")),
    };
    let config = format!(
        "sip_listen {host}:{port}\nnet_interface {interface}\nrtp_ports {media}-{}\n{more}\
         audio_source aufile,{at}/tone.wav\naudio_player aubridge,nobody\naudio_alert aubridge,nobody\n\
         ausrc_srate 8000\nauplay_srate 8000\nrtp_stats yes\nausrc_channels 1\nauplay_channels 1\n\
         module_path /usr/lib/baresip/modules\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\n\
         module_tmp account.so\nmodule_app menu.so\n",
        media + 14
    );
    let transport = if way == Way::Tls { ";transport=tls" } else { "" };
    let account = format!(
        "<sip:{user}@{}{transport}>;auth_pass={};outbound=\"sip:{server}\";regint=60;answermode=auto\n",
        demo.text("/sip/domain"),
        demo.secret(user, "password")
    );
    let files = [("config", config.into_bytes()), ("accounts", account.into_bytes()), ("contacts", Vec::new())];
    for (name, text) in files.into_iter().chain([("tone.wav", tone())]) {
        fs::write(folder.join(name), text).expect("a file in a temporary folder");
    }
}

/// Ten seconds of 1 kHz at 8,000 samples a second: one period is eight samples.
fn tone() -> Vec<u8> {
    let period: [i16; 8] = [0, 5657, 8000, 5657, 0, -5657, -8000, -5657];
    let samples: Vec<u8> = period.repeat(10_000).into_iter().flat_map(i16::to_le_bytes).collect();
    let length = u32::try_from(samples.len()).expect("short");
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + length).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(8000_u32.to_le_bytes());
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(length.to_le_bytes());
    wav.extend(samples);
    wav
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
