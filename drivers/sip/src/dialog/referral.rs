//! Transfers as the dialog that carries the REFER sees them: what it asks for, and the subscription that tells how it goes
//! (RFC 3515, RFC 4488; Replaces is RFC 3891).
//!
//! A subscription is told by one NOTIFY at a time: a second one that overtook the first would make that one old, and a phone answers
//! what is old with 500. What happens meanwhile waits, the newest of it only.

use model::Instant;

use crate::transaction::server::ServerId;
use crate::wire::{Address, Message, Name, Scheme, lex};

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
    pub(crate) fn is_meant(&self, event: &[u8]) -> bool {
        let params = lex::find_outside(event, b";").map_or(&event[..0], |at| &event[at + 1..]);
        match lex::param(params, "id").flatten() {
            Some(id) => lex::number(id) == Some(self.id),
            None => self.first,
        }
    }
}

/// What a REFER asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ReferTo {
    /// The URI without its headers.
    pub(crate) uri: Vec<u8>,
    pub(crate) user: String,
    pub(crate) replaces: Option<Dialogs>,
}

/// A dialog as Replaces names it, from the view of whom it is sent to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dialogs {
    pub(crate) call_id: Vec<u8>,
    pub(crate) to_tag: Vec<u8>,
    pub(crate) from_tag: Vec<u8>,
    pub(crate) early_only: bool,
}

/// Reads `Refer-To`. The error is the status to answer; none that would make the phone forget its call (RFC 5057 section 5.2 lists
/// which do), so what is well-formed and not ours to do is 603.
pub(crate) fn refer_to(message: &Message) -> Result<ReferTo, u16> {
    let value = message.value(Name::ReferTo).ok_or(400u16)?;
    let mut members = lex::list(value);
    let address = members.next().and_then(|v| Address::parse(v).ok()).ok_or(400u16)?;
    if members.next().is_some() {
        return Err(400);
    }
    let uri = address.uri;
    let invites = lex::param(uri.params, "method").flatten().is_none_or(|m| m.eq_ignore_ascii_case(b"INVITE"));
    if uri.scheme == Scheme::Other || !invites {
        return Err(603);
    }
    let headers = uri.headers.unwrap_or_default();
    let without = uri.raw.len() - uri.headers.map_or(0, |h| h.len() + 1);
    let mut replaced = headers.split(|&b| b == b'&').filter_map(|header| {
        let equals = header.iter().position(|&b| b == b'=')?;
        lex::unescape(&header[..equals]).eq_ignore_ascii_case(b"replaces").then(|| &header[equals + 1..])
    });
    let replaces = replaced.next().map(|value| replaces(&lex::unescape(value)).ok_or(400u16)).transpose()?;
    if replaced.next().is_some() {
        return Err(400);
    }
    Ok(ReferTo { uri: uri.raw[..without].to_vec(), user: uri.user(), replaces })
}

/// Reads the value of `Replaces`: `call-id;to-tag=a;from-tag=b;early-only` (RFC 3891 section 6.1).
pub(crate) fn replaces(value: &[u8]) -> Option<Dialogs> {
    let semicolon = value.iter().position(|&b| b == b';')?;
    let (call_id, params) = (lex::trim(&value[..semicolon]), &value[semicolon + 1..]);
    let tag = |name| lex::param(params, name).flatten().filter(|tag| !tag.is_empty());
    (!call_id.is_empty()).then_some(())?;
    Some(Dialogs {
        call_id: call_id.to_vec(),
        to_tag: tag("to-tag")?.to_vec(),
        from_tag: tag("from-tag")?.to_vec(),
        early_only: lex::param(params, "early-only").is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<ReferTo, u16> {
        let text = format!("REFER sip:a SIP/2.0\r\n{value}\r\n\r\n");
        refer_to(&Message::parse(text.as_bytes()).expect("a message"))
    }

    #[test]
    fn what_refer_to_says() {
        let blind = read("r: \"Nurse\" <sip:%2a72@clinic.demo;user=phone>").expect("valid");
        assert_eq!((&blind.uri[..], &*blind.user), (&b"sip:%2a72@clinic.demo;user=phone"[..], "*72"));
        assert_eq!(read("Refer-To: tel:+12025550123").expect("valid").user, "+12025550123");
        let attended =
            read("Refer-To: <sip:103@10.0.0.1?x=y&REPLACES=c%401%3Bto-tag%3Dours%3Bfrom-tag%3Dtheirs>;method=z")
                .expect("valid");
        let expected =
            Dialogs { call_id: b"c@1".into(), to_tag: b"ours".into(), from_tag: b"theirs".into(), early_only: false };
        assert_eq!((&attended.uri[..], attended.replaces), (&b"sip:103@10.0.0.1"[..], Some(expected)));
        for (bad, code) in [
            ("X: y", 400),
            ("Refer-To: <sip:a", 400),
            ("Refer-To: <sip:a@b>, <sip:c@d>", 400),
            ("Refer-To: <sip:a@b?Replaces=1%3Bto-tag%3D2>", 400),
            ("Refer-To: <sip:a@b?Replaces=1%3Bto-tag%3D2%3Bfrom-tag%3D3&replaces=1>", 400),
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
