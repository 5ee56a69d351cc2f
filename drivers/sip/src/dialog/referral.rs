//! Transfers as the dialog that carries the REFER sees them: what it asks for, and the subscription that tells how it goes
//! (RFC 3515, RFC 4488; Replaces is RFC 3891).
//!
//! A subscription is told by one NOTIFY at a time: a second one that overtook the first would make that one old, and a phone answers
//! what is old with 500. What happens meanwhile waits, the newest of it only.

use model::Instant;

use crate::transaction::server::ServerId;
use crate::wire::{DialogId, EventType, Message, Name, ReferTo, Scheme, lex};

/// How long a phone is told how its transfer goes; longer than anything may ring.
pub(crate) const REFER_EXPIRES: u32 = 300;

/// The one REFER of a leg that is under way.
pub(crate) struct Referral {
    /// Its transaction, until our user has accepted or refused it.
    pub(crate) server: Option<ServerId>,
    /// Its CSeq: the `id` of its subscription.
    pub(crate) id: u32,
    /// The first of its dialog. The later ones are told apart by their `id` (RFC 3515 section 2.4.6).
    pub(crate) first: bool,
    /// What our user last said of it.
    pub(crate) code: u16,
    pub(crate) subscription: Option<Subscription>,
}

/// Somebody listens to how it goes.
pub(crate) struct Subscription {
    pub(crate) until: Instant,
    /// A NOTIFY waits for its answer; true if it is the last one.
    pub(crate) sent: Option<bool>,
    /// The state that the next one must say.
    pub(crate) next: Option<State>,
}

/// `Subscription-State` of a NOTIFY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Active,
    /// It is decided (or the call is over), and nothing more will be said.
    NoResource,
    /// Its time is over, or its subscriber wanted no more.
    Timeout,
}

impl State {
    pub(crate) const fn is_last(self) -> bool {
        !matches!(self, Self::Active)
    }

    /// The header's value.
    pub(crate) fn text(self, seconds_left: u64) -> String {
        match self {
            Self::Active => format!("active;expires={seconds_left}"),
            Self::NoResource => "terminated;reason=noresource".to_owned(),
            Self::Timeout => "terminated;reason=timeout".to_owned(),
        }
    }
}

impl Subscription {
    /// What is to be sent now, if nothing is on its way; otherwise it waits. Nothing follows an end.
    pub(crate) fn say(&mut self, state: State) -> Option<State> {
        if self.sent == Some(true) {
            return None;
        }
        if self.sent.is_some() {
            if !self.next.is_some_and(State::is_last) {
                self.next = Some(state);
            }
            return None;
        }
        self.sent = Some(state.is_last());
        Some(state)
    }

    /// The NOTIFY was taken; what is to be sent next.
    pub(crate) fn taken(&mut self) -> Option<State> {
        self.sent = None;
        let next = self.next.take()?;
        self.say(next)
    }
}

impl Referral {
    /// The value of `Event` in its NOTIFYs.
    pub(crate) fn event(&self) -> String {
        if self.first { "refer".to_owned() } else { format!("refer;id={}", self.id) }
    }

    /// True if a SUBSCRIBE with this `Event` means it.
    pub(crate) fn is_meant(&self, event: &EventType<'_>) -> bool {
        event.id.map_or(self.first, |id| lex::number(id) == Some(self.id))
    }
}

/// What a REFER asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The URI without its headers.
    pub(crate) uri: Vec<u8>,
    pub(crate) user: String,
    /// The value of a Replaces among its headers.
    pub(crate) replaces: Option<Vec<u8>>,
}

/// Reads `Refer-To`. The error is the status to answer; none that would make the phone forget its call (RFC 5057 section 5.2 lists
/// which do), so what is well-formed and not ours to do is 603.
pub(crate) fn target(message: &Message) -> Result<Target, u16> {
    let value = message.value(Name::ReferTo).ok_or(400u16)?;
    let refer = ReferTo::parse(value).map_err(|_| 400u16)?;
    let uri = refer.uri;
    if uri.scheme == Scheme::Other || refer.other_method().is_some() {
        return Err(603);
    }
    let replaces = refer.replaces();
    if replaces.as_deref().is_some_and(|value| DialogId::parse(value).is_none()) {
        return Err(400);
    }
    let without = uri.raw.len() - uri.headers.map_or(0, |h| h.len() + 1);
    Ok(Target { uri: uri.raw[..without].to_vec(), user: uri.user(), replaces })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Target, u16> {
        let text = format!("REFER sip:a SIP/2.0\r\n{value}\r\n\r\n");
        target(&Message::parse(text.as_bytes()).expect("a message"))
    }

    #[test]
    fn what_refer_to_says() {
        let blind = read("r: \"Nurse\" <sip:%2a72@clinic.demo;user=phone>").expect("valid");
        assert_eq!((&blind.uri[..], &*blind.user), (&b"sip:%2a72@clinic.demo;user=phone"[..], "*72"));
        assert_eq!(read("Refer-To: tel:+12025550123").expect("valid").user, "+12025550123");
        let attended =
            read("Refer-To: <sip:103@10.0.0.1?x=y&REPLACES=c%401%3Bto-tag%3Dours%3Bfrom-tag%3Dtheirs>;method=z")
                .expect("valid");
        let replaces = Some(&b"c@1;to-tag=ours;from-tag=theirs"[..]);
        assert_eq!((&attended.uri[..], attended.replaces.as_deref()), (&b"sip:103@10.0.0.1"[..], replaces));
        for (bad, code) in [
            ("X: y", 400),
            ("Refer-To: <sip:a", 400),
            ("Refer-To: <sip:a@b>, <sip:c@d>", 400),
            ("Refer-To: <sip:a@b?Replaces=1%3Bto-tag%3D2>", 400),
            ("Refer-To: <http://clinic.demo/>", 603),
            ("Refer-To: <sip:a@b;method=BYE>", 603),
        ] {
            assert_eq!(read(bad), Err(code), "{bad}");
        }
    }

    #[test]
    fn one_notify_at_a_time_and_nothing_after_the_last() {
        let mut s = Subscription { until: Instant::ZERO, sent: None, next: None };
        assert_eq!(s.say(State::Active), Some(State::Active));
        assert_eq!((s.say(State::Active), s.say(State::NoResource), s.say(State::Active)), (None, None, None));
        assert_eq!(s.taken(), Some(State::NoResource));
        assert_eq!((s.say(State::Timeout), s.next), (None, None));
    }
}
