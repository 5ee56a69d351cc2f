//! How the clinic's phones are treated.

use serde::{Deserialize, Serialize};

use super::media::Media;
use super::raw::Check;

/// The section `[phones]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Phones {
    /// How often a phone behind a NAT is asked whether it is there, in seconds; 0 never.
    pub qualify_seconds: u32,
    /// Every phone of the clinic knows digests by SHA-512-256; those that don't cannot register then.
    pub strong_digest: bool,
    /// Trunks may send messages of text to extensions.
    pub trunk_messages: bool,
    /// Whether the sound of the phones is encrypted, where nothing is said for one person.
    pub media: Option<Media>,
}

impl Default for Phones {
    fn default() -> Self {
        Self { qualify_seconds: 60, strong_digest: false, trunk_messages: false, media: None }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPhones {
    qualify_seconds: Option<u32>,
    #[serde(default)]
    strong_digest: bool,
    #[serde(default)]
    trunk_messages: bool,
    media: Option<Media>,
}

/// Below this the question would come before the answer to the last one is given up.
const SHORTEST_ROUND: u32 = 20;

impl RawPhones {
    pub(super) fn check(&self, check: &mut Check) -> Phones {
        let qualify_seconds = self.qualify_seconds.unwrap_or(Phones::default().qualify_seconds);
        if (1..SHORTEST_ROUND).contains(&qualify_seconds) {
            check.say("phones.qualify_seconds", "too short", format!("0 is never; else at least {SHORTEST_ROUND}"));
        }
        let Self { strong_digest, trunk_messages, media, .. } = *self;
        Phones { qualify_seconds, strong_digest, trunk_messages, media }
    }
}
