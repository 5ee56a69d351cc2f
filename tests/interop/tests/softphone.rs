//! baresip, a softphone with a SIP stack, a media stack and a jitter buffer that are none of ours, registers and hears itself.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use interop::{Demo, Peer};

/// Seconds that baresip runs. It prints no statistics of calls below five.
const TALK: &str = "7";

#[test]
fn baresip_registers_and_hears_its_echo() {
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    configure(&demo, folder.path());
    let mut command = Command::new("baresip");
    command.arg("-f").arg(folder.path()).args(["-e", "/dial *43", "-t", TALK]);
    let said = Peer::start("baresip", folder.path(), &mut command).succeed(Duration::from_secs(30));
    assert!(said.contains("Call established"), "{said}");

    let packets =
        said.lines().find_map(|l| l.strip_prefix("packets:")).unwrap_or_else(|| panic!("no statistics: {said}"));
    let packets: Vec<u32> = packets.split_whitespace().filter_map(|n| n.parse().ok()).collect();
    assert!(packets.len() == 2 && packets.iter().all(|n| *n >= 100), "packets out and in: {packets:?}");
    let heard = heard(folder.path());
    assert!((900..1100).contains(&pitch(&heard)), "a tone of 1 kHz was played, {} Hz came back", pitch(&heard));

    let record = demo.wait_for_call(1, "*43", "hung_up");
    assert_eq!(record["from"]["number"], "101");
}

/// A headless softphone: a WAV file speaks, nobody listens, and what is heard goes to another file.
fn configure(demo: &Demo, folder: &Path) {
    let at = folder.display();
    let (port, media) = (demo.peer_port(0), demo.peer_port(10));
    let config = format!(
        "sip_listen 127.0.0.1:{port}\nnet_interface 127.0.0.1\nrtp_ports {media}-{}\n\
         audio_source aufile,{at}/tone.wav\naudio_player aubridge,nobody\naudio_alert aubridge,nobody\n\
         ausrc_srate 8000\nauplay_srate 8000\nrtp_stats yes\nausrc_channels 1\nauplay_channels 1\nsnd_path {at}\n\
         module_path /usr/lib/baresip/modules\nmodule g711.so\nmodule aufile.so\nmodule aubridge.so\n\
         module sndfile.so\nmodule_tmp account.so\nmodule_app menu.so\n",
        media + 20
    );
    let (user, password) = ("101", demo.secret("101", "password"));
    let (host, sip) = (demo.text("/sip/host"), demo.text("/sip/udp"));
    let account = format!(
        "<sip:{user}@{}>;auth_pass={password};outbound=\"sip:{host}:{sip}\";regint=60\n",
        demo.text("/sip/domain")
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

/// The samples that baresip decoded.
fn heard(folder: &Path) -> Vec<i16> {
    let files = fs::read_dir(folder).expect("the folder").flatten().map(|e| e.path());
    let file =
        files.into_iter().find(|p| p.to_string_lossy().ends_with("-dec.wav")).expect("baresip keeps what it hears");
    let wav = fs::read(file).expect("a file");
    wav[44..].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

/// How often the sound rises through zero in a second, where it is loud: silence before and after is left out.
fn pitch(samples: &[i16]) -> usize {
    let loud: Vec<_> =
        samples.chunks_exact(80).filter(|c| c.iter().any(|s| s.unsigned_abs() > 2000)).flatten().collect();
    assert!(loud.len() >= 8000, "more than a second of sound came back, not {} samples", loud.len());
    let rises = loud.windows(2).filter(|w| *w[0] < 0 && *w[1] >= 0).count();
    rises * 8000 / loud.len()
}
