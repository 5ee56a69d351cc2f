//! How good the sound of a leg was, one way, by the E-model of ITU-T G.107 (G.711) or G.107.1 (wide band), reduced to what was measured: loss,
//! and delay.
//!
//! All other inputs have the default values of the recommendation, so it says what the network and the codec did to a call, and
//! nothing of a noisy room, an old handset, or an echo, which nobody measures here. Where loss or delay was not measured there is no score.
//!
//! Each codec is scored on the scale of its own band: 4.4 of G.711 is a good telephone, 4.3 of G.722 good sound of twice the band, as those judged
//! who heard nothing else. So a score says how near a call came to what its codec can, and does not compare two codecs: on one
//! scale for both (G.107.1) the best of G.711 would be 3.6, and nobody who reads it would know why.

use std::time::Duration;

use model::call::Mos;

use crate::sdp::Codec;

/// What was measured of one way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) codec: Codec,
    /// Packets that should have come.
    pub(crate) expected: u64,
    /// Those that did not.
    pub(crate) lost: u64,
    /// How many in a row were missing on average, if that is known.
    pub(crate) gap: Option<f64>,
    /// There and back.
    pub(crate) round_trip: Duration,
    pub(crate) jitter: Duration,
    /// What a packet holds.
    pub(crate) packet: Duration,
}

/// What a codec is to the E-model.
struct Constants {
    /// The rating with default values, without a codec.
    whole: f64,
    /// What the rating is divided by before it becomes a score.
    scale: f64,
    /// Ie: what the codec costs, also without loss.
    impairment: f64,
    /// Bpl: how well it bears loss.
    robustness: f64,
}

impl Constants {
    const fn of(codec: Codec) -> Self {
        match codec {
            // G.107 clause 7.7; of G.113 appendix I, with the concealment of G.711 appendix I, which phones have.
            Codec::Pcmu | Codec::Pcma => Self { whole: 93.2, scale: 1.0, impairment: 0.0, robustness: 25.1 },
            // G.107.1. Both are assumed, since the table itself (G.113 appendix IV) was not at hand: 13 is what it is said to have for
            // 64 kbit/s, and the robustness is that of another codec of this band (G.722.2), concealment included.
            Codec::G722 => Self { impairment: 13.0, robustness: 4.6, ..Self::WIDE },
            // The ITU-T publishes nothing for Opus. Assumed: clean it is as good as G.722, which is less than can be heard of it at the
            // 24 kbit/s and more that phones send. Its robustness is what M. Alahmadi and others derived from measured scores at 25 to 40 kbit/s
            // with loss at random (9.8 to 11.3; github.com/mohaoahmadi/Opus_Codec_Quality_Evaluation), where the next packet
            // repairs nothing; where it does, Opus bears more.
            Codec::Opus => Self { impairment: 13.0, robustness: 10.0, ..Self::WIDE },
        }
    }

    /// G.107.1: default values (clause 7), and annex A.
    const WIDE: Self = Self { whole: 129.0, scale: 1.29, impairment: 0.0, robustness: 1.0 };
}

/// Below this nobody minds a delay (mT of G.107 clause 7.4, and for the wide band).
const UNNOTICED_MS: f64 = 100.0;
/// Two seconds of sound. Of fewer packets a single loss would say too much.
const FEWEST: u64 = 100;

impl Way {
    /// Its score; `None` for too little sound.
    pub(crate) fn score(&self) -> Option<Mos> {
        let Constants { whole, scale, .. } = Constants::of(self.codec);
        (self.expected >= FEWEST).then(|| opinion((whole - self.for_delay() - self.for_codec()) / scale))
    }

    /// Idd of clause 7.4, the same in both recommendations.
    fn for_delay(&self) -> f64 {
        let delay = self.delay().as_secs_f64() * 1000.0;
        if delay <= UNNOTICED_MS {
            return 0.0;
        }
        let x = (delay / UNNOTICED_MS).log2();
        let root = |v: f64| (1.0 + v.powi(6)).powf(1.0 / 6.0);
        25.0 * (root(x) - 3.0 * root(x / 3.0) + 2.0)
    }

    /// From mouth to ear. What an end waits to level the jitter out nobody reports: a phone that adapts waits for a packet, or for twice the
    /// jitter where that is more.
    fn delay(&self) -> Duration {
        self.round_trip / 2 + self.packet + self.packet.max(self.jitter * 2)
    }

    /// Ie,eff of clause 7.5: what the codec and the loss cost together. G.107.1 has the same without bursts, since nobody measured them; what they
    /// cost the telephone's band they are taken to cost the wide one.
    fn for_codec(&self) -> f64 {
        let Constants { impairment, robustness, .. } = Constants::of(self.codec);
        let rate = self.lost as f64 / self.expected as f64;
        // BurstR: the mean gap over that of losses by chance. Losses that are farther apart than that count as chance.
        let burst = self.gap.map_or(1.0, |gap| (gap * (1.0 - rate)).max(1.0));
        let percent = rate * 100.0;
        impairment + (95.0 - impairment) * percent / (percent / burst + robustness)
    }
}

/// Annex B of G.107, and annex A of G.107.1 once the rating is scaled: from a rating to a score.
fn opinion(r: f64) -> Mos {
    let r = r.clamp(0.0, 100.0);
    let score = (r * (r - 60.0) * (100.0 - r)).mul_add(7e-6, 0.035f64.mul_add(r, 1.0));
    Mos((score.clamp(1.0, 4.5) * 100.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way() -> Way {
        Way {
            codec: Codec::Pcmu,
            expected: 10_000,
            lost: 0,
            gap: None,
            round_trip: Duration::ZERO,
            jitter: Duration::ZERO,
            packet: Duration::from_millis(20),
        }
    }

    fn score(way: Way) -> String {
        way.score().map_or_else(|| "unknown".to_owned(), |mos| format!("{}.{:02}", mos.0 / 100, mos.0 % 100))
    }

    /// Table B.1 of G.107, which rounds as it likes.
    #[test]
    fn ratings_become_scores() {
        for (r, expected) in [(90.0, 4.34), (80.0, 4.03), (70.0, 3.60), (60.0, 3.10), (50.0, 2.58)] {
            assert!((f64::from(opinion(r).0) / 100.0 - expected).abs() < 0.011, "{r}: {:?}", opinion(r));
        }
        assert_eq!((opinion(-20.0), opinion(120.0)), (Mos(100), Mos(450)));
    }

    #[test]
    fn loss_and_delay_cost() {
        assert_eq!(score(way()), "4.41");
        assert_eq!(score(Way { lost: 100, ..way() }), "4.33");
        assert_eq!(score(Way { lost: 300, ..way() }), "4.13");
        assert_eq!(score(Way { lost: 300, gap: Some(4.0), ..way() }), "4.10");
        assert_eq!(score(Way { lost: 2000, ..way() }), "2.63");
        assert_eq!(score(Way { lost: 10_000, ..way() }), "1.18");
        assert_eq!(score(Way { round_trip: Duration::from_millis(120), ..way() }), "4.41", "100 ms: nobody minds");
        assert_eq!(score(Way { round_trip: Duration::from_millis(520), ..way() }), "3.96");
        assert_eq!(score(Way { round_trip: Duration::from_secs(2), ..way() }), "2.52");
        assert_eq!(score(Way { jitter: Duration::from_millis(150), ..way() }), "3.88");
    }

    /// Without loss a codec of the wide band has what G.107.1 gives for an impairment of 13: (129 - 13) / 1.29 = 89.9. Loss costs G.722 more, and
    /// Opus less, than what a codec that is not the call's would be charged.
    #[test]
    fn each_codec_has_its_own_constants() {
        for (codec, clean, one_percent, five_percent) in [
            (Codec::Pcma, "4.41", "4.33", "3.92"),
            (Codec::G722, "4.34", "3.97", "2.93"),
            (Codec::Opus, "4.34", "4.17", "3.54"),
        ] {
            let way = Way { codec, ..way() };
            let scores = [0, 100, 500].map(|lost| score(Way { lost, ..way }));
            assert_eq!(scores, [clean, one_percent, five_percent], "{codec:?}");
        }
    }

    #[test]
    fn of_nearly_nothing_nothing_is_said() {
        assert_eq!(score(Way { expected: 99, lost: 1, ..way() }), "unknown");
    }
}
