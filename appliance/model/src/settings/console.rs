//! How long people stay signed in at the console.

use std::time::Duration;

use serde::Deserialize;

use super::raw::Check;

/// How long a session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// A desk at which nobody did anything for so long shows nothing any more (automatic logoff, 45 CFR 164.312(a)(2)(iii)).
    pub idle: Duration,
    /// How long somebody may stay signed in on a computer of their own; `None`: nobody may.
    pub stay: Option<Duration>,
}

impl SignIn {
    /// The longest that a session lasts on a computer that others use, too: a working day.
    pub const WORKING_DAY: Duration = Duration::from_hours(12);
    /// Who stays signed in is signed off all the same when nobody was there for so long: the computer may be lost.
    pub const STAY_IDLE: Duration = Duration::from_hours(7 * 24);
}

impl Default for SignIn {
    fn default() -> Self {
        Self { idle: Duration::from_mins(30), stay: Some(Duration::from_hours(30 * 24)) }
    }
}

/// The section `[console]`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawConsole {
    idle_minutes: Option<u32>,
    stay_days: Option<u32>,
}

impl RawConsole {
    pub(super) fn check(self, check: &mut Check) -> SignIn {
        let usual = SignIn::default();
        let idle = self.idle_minutes.map_or(usual.idle, |minutes| {
            if !(5..=720).contains(&minutes) {
                let help = "write 5 to 720 minutes; it is 30 if it is left out";
                check.say("console.idle_minutes", "a desk cannot be left for so long, or so short", help);
            }
            Duration::from_mins(minutes.into())
        });
        let stay = self.stay_days.map_or(usual.stay, |days| {
            if days > 90 {
                check.say("console.stay_days", "nobody stays signed in for so long", "write at most 90; 0: nobody may");
            }
            (days > 0).then(|| Duration::from_hours(24 * u64::from(days)))
        });
        SignIn { idle, stay }
    }
}
