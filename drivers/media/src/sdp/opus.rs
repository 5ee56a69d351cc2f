//! What a description says of Opus (RFC 7587 section 6.1).

use sdp_types::Media;

/// What an end wishes of the Opus that is sent to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpusWishes {
    /// Samples a second that it can play.
    pub max_playback: u32,
    /// It makes good for a lost packet by what the next one repeats of it.
    pub fec: bool,
}

impl Default for OpusWishes {
    /// Those of an end that says nothing.
    fn default() -> Self {
        Self { max_playback: 48_000, fec: false }
    }
}

impl OpusWishes {
    /// What stands in `a=fmtp` of this number. A rate that nobody plays is as if it was not there; how many channels its end would like is too:
    /// there is one voice on a telephone.
    pub(super) fn read(media: &Media, number: u8) -> Self {
        let mut wishes = Self::default();
        let lines = media.get_attribute_values("fmtp").flatten().filter_map(|value| value.split_once(' '));
        let ours = lines.filter(|(n, _)| n.parse() == Ok(number));
        for (name, value) in ours.flat_map(|(_, all)| all.split(';')).filter_map(|one| one.split_once('=')) {
            match (name.trim().to_ascii_lowercase().as_str(), value.trim()) {
                ("useinbandfec", value) => wishes.fec = value == "1",
                ("maxplaybackrate", value) => {
                    let rate = value.parse().ok().filter(|rate| (8_000..=48_000).contains(rate));
                    wishes.max_playback = rate.unwrap_or(wishes.max_playback);
                }
                _ => {}
            }
        }
        wishes
    }

    /// For `a=fmtp`. What is not said has the defaults of the RFC.
    pub(super) fn text(self) -> String {
        let (fec, rate) = (u8::from(self.fec), self.max_playback);
        let narrower =
            if rate < Self::default().max_playback { format!(";maxplaybackrate={rate}") } else { String::new() };
        format!("useinbandfec={fec};stereo=0{narrower}")
    }

    /// No more than both play, and made good for as the other says.
    pub(super) fn narrowed(self, other: Self) -> Self {
        Self { max_playback: self.max_playback.min(other.max_playback), fec: other.fec }
    }
}
