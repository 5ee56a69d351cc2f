//! Session timers (RFC 4028): which of the two refreshes a call, how often, and when a call that is not refreshed is over.
//!
//! Pure arithmetic on what messages say. The refresh itself, and the end of a call that nobody refreshed, are the endpoint's.

use std::time::Duration;

use crate::wire::{self, MIN_SE, Message, Name, Refresher, SessionExpires, Writer};

/// The longest that a peer may make us agree to. Beyond a day a timer finds no dead call in time to matter.
pub(crate) const MOST: u32 = 86_400;

/// What we want: the interval, and the least that we accept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    pub(crate) expires: u32,
    pub(crate) min_se: u32,
}

const fn side(refresher: Refresher) -> &'static str {
    match refresher {
        Refresher::Uac => "uac",
        Refresher::Uas => "uas",
    }
}

/// What a message says of the session timer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) expires: Option<u32>,
    pub(crate) refresher: Option<Refresher>,
    pub(crate) min_se: u32,
    /// Its sender knows session timers; a `Session-Expires` without that is a proxy's.
    pub(crate) supported: bool,
}

/// What a 2xx agrees on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) interval: u32,
    pub(crate) refresher: Refresher,
    /// The other side must know what is agreed.
    require: bool,
}

/// The timer of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionTimer {
    pub(crate) interval: u32,
    /// We refresh.
    pub(crate) ours: bool,
}

impl Terms {
    pub(crate) fn read(message: &Message) -> Self {
        let session = message.value(Name::SessionExpires).and_then(SessionExpires::parse);
        let tags = message.list(Name::Supported).chain(message.list(Name::Require));
        Self {
            expires: session.map(|s| s.seconds),
            refresher: session.and_then(|s| s.refresher),
            min_se: message.value(Name::MinSe).and_then(wire::min_se).unwrap_or(0),
            supported: { tags }.any(|tag| tag.eq_ignore_ascii_case(b"timer")),
        }
    }

    /// True if the request must be refused with 422. Who does not know session timers could not understand that (section 8).
    pub(crate) fn is_too_small(&self, policy: Policy) -> bool {
        self.supported && self.expires.is_some_and(|e| e < policy.min_se)
    }

    /// What we agree to in our 2xx; `ours` is who refreshed so far (section 9, table 2).
    pub(crate) fn accept(&self, policy: Policy, ours: Option<bool>) -> Option<Accepted> {
        // A call for help with an interval that is too small is taken all the same, and stands without a timer.
        if !self.supported && self.expires.is_none() || self.is_too_small(policy) {
            return None;
        }
        let wanted = self.expires.unwrap_or(policy.expires).min(policy.expires);
        let least = policy.min_se.max(self.min_se.min(MOST)).max(MIN_SE);
        let refresher = match (self.supported, self.refresher) {
            (false, _) => Refresher::Uas,
            (true, Some(refresher)) => refresher,
            (true, None) if ours == Some(true) => Refresher::Uas,
            (true, None) => Refresher::Uac,
        };
        let require = refresher == Refresher::Uac;
        Some(Accepted { interval: wanted.max(least), refresher, require })
    }

    /// What a 2xx to a request of ours agreed on. None: the other side knows no timers.
    pub(crate) fn agreed(&self) -> Option<SessionTimer> {
        let interval = self.expires?.clamp(MIN_SE, MOST);
        // A 2xx must name the refresher; if it does not, it is better that somebody refreshes.
        Some(SessionTimer { interval, ours: self.refresher != Some(Refresher::Uas) })
    }
}

impl Accepted {
    /// Writes it into the 2xx.
    pub(crate) fn write(self, writer: Writer) -> Writer {
        let value = format!("{};refresher={}", self.interval, side(self.refresher));
        let writer = writer.header("Session-Expires", &[value.as_bytes()]);
        if self.require { writer.header("Require", &[b"timer"]) } else { writer }
    }

    /// The timer that it starts at the end which sent it.
    pub(crate) const fn timer(self) -> SessionTimer {
        SessionTimer { interval: self.interval, ours: matches!(self.refresher, Refresher::Uas) }
    }
}

impl SessionTimer {
    /// When we refresh (section 10: half the interval).
    pub(crate) fn refresh_after(self) -> Duration {
        Duration::from_secs(u64::from(self.interval / 2))
    }

    /// When a call that was not refreshed is over: a little before the interval ends, so that our BYE comes before the other's.
    pub(crate) fn over_after(self) -> Duration {
        Duration::from_secs(u64::from(self.interval - (self.interval / 3).min(32)))
    }
}

/// Writes what we want into a request: the interval, with who refreshes if that was agreed before, and the least we accept.
pub(crate) fn propose(writer: Writer, policy: Policy, current: Option<SessionTimer>) -> Writer {
    let value = match current {
        Some(timer) => {
            let refresher = if timer.ours { Refresher::Uac } else { Refresher::Uas };
            format!("{};refresher={}", timer.interval.max(policy.min_se), side(refresher))
        }
        None => policy.expires.max(policy.min_se).to_string(),
    };
    writer.header("Session-Expires", &[value.as_bytes()]).number("Min-SE", policy.min_se)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { expires: 1800, min_se: 90 };

    fn terms(headers: &str) -> Terms {
        let text = format!("INVITE sip:a SIP/2.0\r\n{headers}\r\n\r\n");
        Terms::read(&Message::parse(text.as_bytes()).expect("a message"))
    }

    #[test]
    fn what_we_agree_to() {
        // Headers, who refreshed before, and the answer: interval and refresher, 422, or no timer.
        for (headers, before, expected) in [
            ("X: y", None, "none"),
            ("Supported: timer", None, "1800 uac"),
            ("k: replaces, TIMER", Some(true), "1800 uas"),
            ("k: timer", Some(false), "1800 uac"),
            ("k: timer\r\nx: 600", None, "600 uac"),
            ("k: timer\r\nx: 600 ; refresher=uas", None, "600 uas"),
            ("k: timer\r\nx: 7200;refresher=UAC", None, "1800 uac"),
            ("k: timer\r\nx: 7200\r\nMin-SE: 3600", None, "3600 uac"),
            ("k: timer\r\nx: 89", None, "422"),
            ("k: timer\r\nx: 90", None, "90 uac"),
            // A proxy's wish for a caller that knows no timers: we refresh, and never refuse.
            ("x: 600", None, "600 uas"),
            ("x: 60;refresher=uac", None, "90 uas"),
            ("k: timer\r\nx: much", None, "1800 uac"),
            ("k: timer\r\nx: 99999999999", None, "1800 uac"),
        ] {
            let terms = terms(headers);
            let text = if terms.is_too_small(POLICY) {
                "422".to_owned()
            } else {
                let name = |a: Accepted| format!("{} {}", a.interval, side(a.refresher));
                terms.accept(POLICY, before).map_or("none".into(), name)
            };
            assert_eq!(text, expected, "{headers}");
        }
    }

    #[test]
    fn what_a_2xx_means() {
        let timer = |interval, ours| Some(SessionTimer { interval, ours });
        assert_eq!(terms("x: 1800;refresher=uac").agreed(), timer(1800, true));
        assert_eq!(terms("x: 1800;refresher=uas").agreed(), timer(1800, false));
        assert_eq!(terms("x: 1").agreed(), timer(90, true));
        assert_eq!(terms("x: 4294967295;refresher=uas").agreed(), timer(MOST, false));
        assert_eq!(terms("k: timer").agreed(), None);
    }

    #[test]
    fn a_call_is_refreshed_at_half_time_and_over_a_little_before_the_end() {
        let times = |interval| {
            let timer = SessionTimer { interval, ours: true };
            (timer.refresh_after().as_secs(), timer.over_after().as_secs())
        };
        assert_eq!((times(1800), times(90)), ((900, 1768), (45, 60)));
    }
}
