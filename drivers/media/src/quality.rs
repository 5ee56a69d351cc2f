//! How good the sound of a leg was, one way, by the E-model of ITU-T G.107 reduced to what was measured: loss, and delay.
//!
//! All other inputs have the default values of G.107 clause 7.7, with which the rating is 93.2. So it says what the network did to a call, and
//! nothing of a noisy room, an old handset, or an echo, which nobody measures here. Where loss or delay was not measured there is no score.
//!
//! G.711 only. G.722 and Opus are scored as if they were G.711: that their wider band sounds better (G.107.1 has a scale of its own for it, and
//! nothing for Opus, nor has G.113) is left out, so that two calls compare; and that Opus bears a loss better is, too.

use std::time::Duration;

use model::call::Mos;

/// What was measured of one way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
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

/// The rating with default values (G.107 clause 7.7).
const DEFAULT_RATING: f64 = 93.2;
/// The packet-loss robustness of G.711 with the concealment of its appendix I, which phones have (G.113 appendix I).
const ROBUSTNESS: f64 = 25.1;
/// Below this nobody minds a delay (mT of G.107 clause 7.4).
const UNNOTICED_MS: f64 = 100.0;
/// Two seconds of sound. Of fewer packets a single loss would say too much.
const FEWEST: u64 = 100;

impl Way {
    /// Its score; `None` for too little sound.
    pub(crate) fn score(&self) -> Option<Mos> {
        (self.expected >= FEWEST).then(|| opinion(DEFAULT_RATING - self.for_delay() - self.for_loss()))
    }

    /// Idd of clause 7.4.
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

    /// Ie,eff of clause 7.5, where Ie is 0.
    fn for_loss(&self) -> f64 {
        let rate = self.lost as f64 / self.expected as f64;
        // BurstR: the mean gap over that of losses by chance. Losses that are farther apart than that count as chance.
        let burst = self.gap.map_or(1.0, |gap| (gap * (1.0 - rate)).max(1.0));
        let percent = rate * 100.0;
        95.0 * percent / (percent / burst + ROBUSTNESS)
    }
}

/// Annex B: from a rating to a score.
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

    #[test]
    fn of_nearly_nothing_nothing_is_said() {
        assert_eq!(score(Way { expected: 99, lost: 1, ..way() }), "unknown");
    }
}
