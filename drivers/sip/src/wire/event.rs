//! Events (RFC 6665 section 8.2): `Event` and `Subscription-State`.

use super::lex;

/// `Event: dialog;id=7`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventType<'a> {
    /// The package with its templates (`presence.winfo`). It is compared byte by byte.
    pub package: &'a [u8],
    /// `id`, which tells two subscriptions of one dialog apart.
    pub id: Option<&'a [u8]>,
    /// All parameters.
    pub params: &'a [u8],
}

impl<'a> EventType<'a> {
    /// Reads it.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (package, params) = lex::value_and_params(value);
        let id = lex::param(params, "id").flatten();
        lex::is_token(package).then_some(Self { package, id, params })
    }
}

/// What a NOTIFY says of its subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It stands.
    Active,
    /// Nobody has allowed it yet.
    Pending,
    /// It is over.
    Terminated,
}

/// `Subscription-State: active;expires=600`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscriptionState<'a> {
    /// The state. One that nobody knows counts as active: the subscription is not over.
    pub state: State,
    /// Seconds that are left.
    pub expires: Option<u32>,
    /// Why it is over: `timeout`, `noresource` …
    pub reason: Option<&'a [u8]>,
    /// Seconds until it may be tried again.
    pub retry_after: Option<u32>,
}

impl<'a> SubscriptionState<'a> {
    /// Reads it.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (state, params) = lex::value_and_params(value);
        let state = match state {
            s if s.eq_ignore_ascii_case(b"pending") => State::Pending,
            s if s.eq_ignore_ascii_case(b"terminated") => State::Terminated,
            s if lex::is_token(s) => State::Active,
            _ => return None,
        };
        let number = |name| lex::param(params, name).flatten().and_then(lex::number);
        let reason = lex::param(params, "reason").flatten();
        Some(Self { state, expires: number("expires"), reason, retry_after: number("retry-after") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events() {
        let event = EventType::parse(b" dialog ; ID=7;sla").expect("valid");
        assert_eq!((event.package, event.id), (&b"dialog"[..], Some(&b"7"[..])));
        assert!(lex::param(event.params, "sla").is_some());
        assert_eq!(EventType::parse(b"presence.winfo").expect("valid").package, b"presence.winfo");
        assert!(["", ";id=1", "a b"].iter().all(|bad| EventType::parse(bad.as_bytes()).is_none()));
    }

    #[test]
    fn states() {
        let over = SubscriptionState::parse(b"Terminated;reason=timeout ; retry-after=5").expect("valid");
        assert_eq!((over.state, over.reason, over.retry_after), (State::Terminated, Some(&b"timeout"[..]), Some(5)));
        let active = SubscriptionState::parse(b"active;expires=600").expect("valid");
        assert_eq!((active.state, active.expires), (State::Active, Some(600)));
        assert_eq!(
            SubscriptionState::parse(b"novel;expires=x").map(|s| (s.state, s.expires)),
            Some((State::Active, None))
        );
        assert_eq!(SubscriptionState::parse(b"pending").map(|s| s.state), Some(State::Pending));
        assert!(SubscriptionState::parse(b"").is_none());
    }
}
