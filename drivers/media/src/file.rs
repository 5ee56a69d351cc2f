//! A recording as a file of Opus, for whoever takes it away: Ogg pages (RFC 3533) as RFC 7845 has them for Opus, of one channel.
//!
//! What a decoder gives back is as long as the recording, to the sample: it is told how much to skip at the beginning, since an encoder looks
//! ahead, and where the last packet ends.

use ogg::{PacketWriteEndInfo, PacketWriter};
use opus::{Application, Bitrate, Channels, Encoder, Signal};

use crate::sound::Clip;

/// Positions in such a file count so many samples a second, whatever was encoded (RFC 7845 section 4).
const CLOCK: u32 = 48_000;
/// Packets of 20 ms on a page: a second, so that a player finds every place.
const PAGE: usize = 50;
/// Of 10: nobody waits for it in a call.
const COMPLEXITY: i32 = 9;
/// The longest packet that an encoder gives (RFC 6716 section 3.2.1).
const LONGEST: usize = 1275;

/// The file; `None` if there is nothing to hear, or the encoder fails. `serial` tells its stream from others, should somebody put them
/// together. Minutes of it take seconds: it is made where no call waits.
pub fn opus(clip: &Clip, serial: u32) -> Option<Vec<u8>> {
    let (rate, samples) = (clip.rate(), clip.samples());
    if samples.is_empty() {
        return None;
    }
    let mut encoder = encoder(rate).ok()?;
    // Of the encoder's samples one is so many of the clock's.
    let factor = u64::from(CLOCK / rate);
    let ahead = usize::try_from(encoder.get_lookahead().ok()?).ok()?;
    let skipped = ahead as u64 * factor;
    let frame = rate as usize / 50;
    let frames = (samples.len() + ahead).div_ceil(frame);
    let mut file = PacketWriter::new(Vec::new());
    file.write_packet(head(u16::try_from(skipped).ok()?, rate), serial, PacketWriteEndInfo::EndPage, 0).ok()?;
    file.write_packet(tags(), serial, PacketWriteEndInfo::EndPage, 0).ok()?;
    for n in 0..frames {
        let is_last = n + 1 == frames;
        let mut step = samples.get(n * frame..).unwrap_or_default().iter().copied().take(frame).collect::<Vec<_>>();
        step.resize(frame, 0);
        let packet = encoder.encode_vec(&step, LONGEST).ok()?;
        let (end, position) = match is_last {
            true => (PacketWriteEndInfo::EndStream, skipped + samples.len() as u64 * factor),
            false if (n + 1) % PAGE == 0 => (PacketWriteEndInfo::EndPage, ((n + 1) * frame) as u64 * factor),
            false => (PacketWriteEndInfo::NormalPacket, ((n + 1) * frame) as u64 * factor),
        };
        file.write_packet(packet, serial, end, position).ok()?;
    }
    Some(file.into_inner())
}

fn encoder(rate: u32) -> opus::Result<Encoder> {
    let mut encoder = Encoder::new(rate, Channels::Mono, Application::Voip)?;
    encoder.set_signal(Signal::Voice)?;
    encoder.set_complexity(COMPLEXITY)?;
    // What a voice needs in the band that it has (RFC 7587 section 3.1.1); silence takes less.
    encoder.set_bitrate(Bitrate::Bits(if rate < 12_000 { 16_000 } else { 24_000 }))?;
    Ok(encoder)
}

/// The first packet (RFC 7845 section 5.1).
fn head(skipped: u16, rate: u32) -> Vec<u8> {
    let mut head = b"OpusHead".to_vec();
    head.extend([1, 1]);
    head.extend(skipped.to_le_bytes());
    head.extend(rate.to_le_bytes());
    // No gain, and one channel as it is.
    head.extend([0, 0, 0]);
    head
}

/// The second (section 5.2): who made it, and nothing of what it is.
fn tags() -> Vec<u8> {
    let vendor = opus::version();
    let mut tags = b"OpusTags".to_vec();
    tags.extend(u32::try_from(vendor.len()).unwrap_or(0).to_le_bytes());
    tags.extend(vendor.as_bytes());
    tags.extend(0u32.to_le_bytes());
    tags
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::process::Command;

    use ogg::PacketReader;

    use super::*;
    use crate::voice::detect::level;

    fn tone(rate: u32, hertz: f64, count: usize) -> Clip {
        let turn = std::f64::consts::TAU * hertz / f64::from(rate);
        Clip::new(rate, (0..count).map(|n| (8000.0 * (turn * n as f64).sin()) as i16).collect::<Vec<_>>())
    }

    /// What is heard of a file at 48 kHz, as a player hears it: without what is to be skipped, and to where the last page ends.
    fn heard(file: &[u8]) -> Vec<i16> {
        let mut reader = PacketReader::new(Cursor::new(file));
        let mut decoder = opus::Decoder::new(CLOCK, Channels::Mono).expect("a decoder");
        let (mut out, mut end) = (Vec::new(), 0);
        let mut next = || reader.read_packet().expect("whole pages");
        let head = next().expect("a head").data;
        assert_eq!((&head[..10], head.len()), (&b"OpusHead\x01\x01"[..], 19));
        let skipped = usize::from(u16::from_le_bytes([head[10], head[11]]));
        assert_eq!(next().expect("tags").data[..8], *b"OpusTags");
        while let Some(packet) = next() {
            let mut step = vec![0; 5_760];
            let count = decoder.decode(&packet.data, &mut step, false).expect("Opus");
            out.extend_from_slice(&step[..count]);
            if packet.last_in_page() {
                assert!(packet.last_in_stream() || packet.absgp_page() as usize == out.len(), "where the page ends");
                end = packet.absgp_page() as usize;
            }
        }
        assert!(end <= out.len() && out.len() - end < 960, "{end} of {}", out.len());
        out[skipped..end].to_vec()
    }

    #[test]
    fn a_tone_comes_back_as_long_and_as_loud_as_it_was() {
        for (rate, hertz, count) in
            [(8_000, 500.0, 24_001), (8_000, 1_000.0, 8_000), (16_000, 5_000.0, 40_000), (8_000, 700.0, 1)]
        {
            let clip = tone(rate, hertz, count);
            let back = heard(&opus(&clip, 7).expect("a file"));
            assert_eq!(back.len(), count * (CLOCK / rate) as usize, "{rate} {hertz}");
            if count > 1 {
                let (inner, first) = (&back[back.len() / 4..], &back[..CLOCK as usize / 10]);
                let kept = level(inner, CLOCK, hertz) / level(clip.samples(), rate, hertz);
                assert!((0.7..1.4).contains(&kept), "{rate} {hertz}: {kept}");
                assert!(level(first, CLOCK, hertz) > 0.3 * level(inner, CLOCK, hertz), "from its beginning");
            }
        }
        assert_eq!(opus(&tone(8_000, 500.0, 0), 7), None);
    }

    #[test]
    fn a_minute_of_a_voice_is_an_eighth_of_what_it_is_as_wav_at_most() {
        let mut voice = Vec::new();
        for n in 0..60 {
            voice.extend_from_slice(tone(8_000, 150.0 + 40.0 * f64::from(n % 7), 8_000).samples());
        }
        let file = opus(&Clip::new(8_000, voice), 1).expect("a file");
        assert!(file.len() < 60 * 16_000 / 7, "{}", file.len());
    }

    /// By programs of others.
    #[test]
    fn opus_tools_find_nothing_wrong_with_a_file_and_hear_the_tone_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, wav) = (folder.path().join("a.opus"), folder.path().join("a.wav"));
        let count = 3 * 8_000 + 123;
        std::fs::write(&file, opus(&tone(8_000, 500.0, count), 42).expect("a file")).expect("written");
        let Ok(said) = Command::new("opusinfo").arg(&file).output() else {
            return skip::skipped("opusinfo (of opus-tools) is not installed");
        };
        let text = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success() && !text.contains("WARNING") && !text.contains("ERROR"), "{text}");
        for fact in ["Original sample rate: 8000 Hz", "Playback length: 0m:03.015s", "Packet duration:   20.0ms"] {
            assert!(text.contains(fact), "{fact}: {text}");
        }
        let output = Command::new("opusdec").args(["--quiet", "--rate", "8000"]).arg(&file).arg(&wav).output();
        assert!(output.expect("it is in the same package").status.success());
        let back = model::Sound::from_wav(&std::fs::read(&wav).expect("a file"), 10).expect("a sound");
        assert!(back.samples.len().abs_diff(count) <= 1, "{} of {count}", back.samples.len());
        let kept = level(&back.samples[4_000..20_000], 8_000, 500.0)
            / level(tone(8_000, 500.0, 16_000).samples(), 8_000, 500.0);
        assert!((0.7..1.4).contains(&kept), "{kept}");
    }
}
