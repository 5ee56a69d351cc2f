//! Offers and answers (RFC 3264) over the messages that may carry them (RFC 6337 section 2.1): at most one offer is out at a time, in
//! either direction, and one that is refused, cancelled or met by another leaves the session as it was.
//!
//! It knows descriptions as bytes and messages as places. What a description in a message means, an offer, an answer, a preview of
//! one, a repetition, or a collision, follows from the place and the state alone: [`Exchange::meaning`] is that table.

use crate::api::Body;

/// What carries an offer. The answer comes in the message that responds to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// An INVITE; answered in a reliable provisional response or in the 2xx.
    Invite,
    /// The 2xx to an INVITE that had none; answered in the ACK.
    Accept,
    /// A reliable provisional response to an INVITE that had none; answered in the PRACK.
    Reliable,
    /// A PRACK, when the exchange of the INVITE is over; answered in its 2xx.
    Prack,
    /// An UPDATE; answered in its 2xx.
    Update,
}

/// Where a description of theirs stands.
#[allow(dead_code, reason = "the table is whole; we make no offer in a PRACK, so none is answered there")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Invite,
    /// A provisional response that may be lost.
    Provisional,
    Reliable,
    Accept,
    Ack,
    Prack,
    /// The 2xx to a PRACK of ours.
    PrackAccept,
    Update,
    /// The 2xx to an UPDATE of ours.
    UpdateAccept,
}

/// What a description of theirs means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Offer,
    Answer,
    /// What the answer is going to be, if no other dialog answers: good for early media, binding for nobody.
    Preview,
    /// Nothing: an answer that was given before, or one that nobody asked for.
    Nothing,
    /// Our offer is out: 491 (RFC 3261 section 14.2, RFC 3311 section 5.2).
    OursIsOut,
    /// Their last offer is not answered yet: 500 with Retry-After.
    TheirsIsOut,
}

#[derive(Clone, PartialEq, Eq, Default)]
enum State {
    #[default]
    Idle,
    /// Ours is out.
    Offered(Carrier, Body),
    /// Our INVITE is out without one: theirs comes with the 2xx.
    Wanted,
    /// Theirs waits for our user.
    Asked(Carrier, Body),
}

/// What both sides last agreed on.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Agreed {
    pub(crate) ours: Body,
    pub(crate) theirs: Body,
}

/// The exchange of one dialog.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Exchange {
    state: State,
    agreed: Option<Agreed>,
}

impl Exchange {
    /// What a description in a message of theirs means now.
    pub(crate) fn meaning(&self, place: Place) -> Meaning {
        use Carrier as C;
        use Place as P;
        let offers = matches!(place, P::Invite | P::Prack | P::Update);
        match (&self.state, place) {
            (State::Offered(C::Invite, _), P::Provisional) => Meaning::Preview,
            (State::Offered(C::Invite, _), P::Reliable | P::Accept)
            | (State::Offered(C::Accept, _), P::Ack)
            | (State::Offered(C::Reliable, _), P::Prack)
            | (State::Offered(C::Prack, _), P::PrackAccept)
            | (State::Offered(C::Update, _), P::UpdateAccept) => Meaning::Answer,
            (State::Wanted, P::Accept) => Meaning::Offer,
            (State::Offered(..) | State::Wanted, _) if offers => Meaning::OursIsOut,
            (State::Asked(..), _) if offers => Meaning::TheirsIsOut,
            (State::Idle, _) if offers => Meaning::Offer,
            _ => Meaning::Nothing,
        }
    }

    /// Our offer goes out. False if that must wait: an offer is out already.
    pub(crate) fn offer(&mut self, carrier: Carrier, body: &Body) -> bool {
        let free = self.is_idle();
        if free {
            self.state = State::Offered(carrier, body.clone());
        }
        free
    }

    /// Our INVITE goes out without an offer. False if that must wait.
    pub(crate) fn want(&mut self) -> bool {
        let free = self.is_idle();
        if free {
            self.state = State::Wanted;
        }
        free
    }

    /// Our INVITE goes out with this, or asks for theirs if it is empty.
    pub(crate) fn begin(&mut self, body: &Body) -> bool {
        if body.is_empty() { self.want() } else { self.offer(Carrier::Invite, body) }
    }

    /// Their offer came and waits for our user. Only after [`meaning`](Self::meaning) said that it is one.
    pub(crate) fn ask(&mut self, carrier: Carrier, body: &Body) {
        if matches!(self.state, State::Idle | State::Wanted) {
            self.state = State::Asked(carrier, body.clone());
        }
    }

    /// We answer their offer.
    pub(crate) fn answer(&mut self, ours: &Body) {
        if let State::Asked(_, theirs) = &self.state {
            self.agreed = Some(Agreed { ours: ours.clone(), theirs: theirs.clone() });
            self.state = State::Idle;
        }
    }

    /// They answer our offer.
    pub(crate) fn answered(&mut self, theirs: &Body) {
        if let State::Offered(_, ours) = &self.state {
            self.agreed = Some(Agreed { ours: ours.clone(), theirs: theirs.clone() });
            self.state = State::Idle;
        }
    }

    /// The offer that is out came to nothing: the session is as it was.
    pub(crate) fn withdraw(&mut self) {
        self.state = State::Idle;
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.state == State::Idle
    }

    /// How our offer that is out travels, and what it says.
    pub(crate) fn offered(&self) -> Option<(Carrier, &Body)> {
        match &self.state {
            State::Offered(carrier, body) => Some((*carrier, body)),
            _ => None,
        }
    }

    /// How their offer came that waits for our user.
    pub(crate) fn asked(&self) -> Option<Carrier> {
        match &self.state {
            State::Asked(carrier, _) => Some(*carrier),
            _ => None,
        }
    }

    /// The session as it is.
    pub(crate) fn agreed(&self) -> Option<&Agreed> {
        self.agreed.as_ref()
    }

    /// Our part of it, if an offer of theirs says again what they said last: a refresh, and no wish.
    pub(crate) fn repeats(&self, offer: &[u8]) -> Option<Body> {
        let agreed = self.agreed.as_ref().filter(|a| self.is_idle() && *a.theirs == *offer && !offer.is_empty())?;
        Some(agreed.ours.clone())
    }
}

/// Without the descriptions, which hold addresses.
impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.state {
            State::Idle => write!(f, "Idle"),
            State::Wanted => write!(f, "Wanted"),
            State::Offered(carrier, _) => write!(f, "Offered({carrier:?})"),
            State::Asked(carrier, _) => write!(f, "Asked({carrier:?})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Carrier as C;
    use super::Meaning as M;
    use super::Place as P;
    use super::*;

    /// One thing that happens.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        /// We offer this; whether that may be.
        Offer(C, &'static str, bool),
        /// Our INVITE goes out without an offer.
        Want,
        /// Theirs stands in this place; what it must mean. An offer and an answer are then taken.
        Heard(P, &'static str, M),
        /// We answer theirs.
        Answer(&'static str),
        /// 488, 491, CANCEL, silence.
        Withdraw,
    }
    use Step::{Answer, Heard, Offer, Want, Withdraw};

    fn carrier(place: P) -> C {
        match place {
            P::Invite => C::Invite,
            P::Prack => C::Prack,
            P::Accept => C::Accept,
            _ => C::Update,
        }
    }

    fn run(steps: &[Step]) -> Exchange {
        let mut x = Exchange::default();
        for step in steps {
            match *step {
                Offer(carrier, body, may) => assert_eq!(x.offer(carrier, &Body::from(body)), may, "{step:?}"),
                Heard(place, body, expected) => {
                    assert_eq!(x.meaning(place), expected, "{step:?} in {x:?} of {steps:?}");
                    match expected {
                        M::Offer => x.ask(carrier(place), &Body::from(body)),
                        M::Answer => x.answered(&Body::from(body)),
                        _ => {}
                    }
                }
                Want => assert!(x.want(), "{step:?} in {x:?} of {steps:?}"),
                Answer(body) => x.answer(&Body::from(body)),
                Withdraw => x.withdraw(),
            }
        }
        x
    }

    /// Every story: its name, its steps, and what is agreed in the end (ours/theirs, or nothing).
    #[rustfmt::skip]
    const STORIES: &[(&str, &[Step], &str)] = &[
        // The six patterns of RFC 6337 table 1, in both directions where both exist.
        ("1 ours", &[Offer(C::Invite, "o", true), Heard(P::Accept, "a", M::Answer)], "o/a"),
        ("1 theirs", &[Heard(P::Invite, "o", M::Offer), Answer("a")], "a/o"),
        ("2 ours", &[Offer(C::Accept, "o", true), Heard(P::Ack, "a", M::Answer)], "o/a"),
        ("2 theirs", &[Want, Heard(P::Provisional, "x", M::Nothing), Heard(P::Accept, "o", M::Offer), Answer("a")], "a/o"),
        ("3 ours", &[Offer(C::Invite, "o", true), Heard(P::Reliable, "a", M::Answer), Heard(P::Accept, "b", M::Nothing)], "o/a"),
        ("3 theirs", &[Heard(P::Invite, "o", M::Offer), Answer("a"), Answer("b")], "a/o"),
        ("4 ours", &[Offer(C::Reliable, "o", true), Heard(P::Prack, "a", M::Answer)], "o/a"),
        ("5 ours", &[Offer(C::Invite, "o", true), Heard(P::Reliable, "a", M::Answer), Offer(C::Prack, "p", true), Heard(P::PrackAccept, "q", M::Answer)], "p/q"),
        ("5 theirs", &[Heard(P::Invite, "o", M::Offer), Answer("a"), Heard(P::Prack, "p", M::Offer), Answer("q")], "q/p"),
        ("6 ours", &[Offer(C::Update, "o", true), Heard(P::UpdateAccept, "a", M::Answer)], "o/a"),
        ("6 theirs", &[Heard(P::Update, "o", M::Offer), Answer("a")], "a/o"),
        // An unreliable description is a preview, as often as it comes.
        ("preview", &[Offer(C::Invite, "o", true), Heard(P::Provisional, "x", M::Preview), Heard(P::Provisional, "x", M::Preview), Heard(P::Accept, "a", M::Answer)], "o/a"),
        ("late preview", &[Offer(C::Invite, "o", true), Heard(P::Reliable, "a", M::Answer), Heard(P::Provisional, "b", M::Nothing)], "o/a"),
        // What is refused leaves what was.
        ("488 to ours", &[Offer(C::Invite, "o", true), Heard(P::Accept, "a", M::Answer), Offer(C::Invite, "p", true), Withdraw], "o/a"),
        ("488 to theirs", &[Heard(P::Invite, "o", M::Offer), Answer("a"), Heard(P::Invite, "p", M::Offer), Withdraw, Heard(P::Update, "q", M::Offer), Answer("b")], "b/q"),
        ("nothing was there", &[Offer(C::Invite, "o", true), Withdraw], ""),
        // Glare: theirs meets ours, ours waits for theirs, theirs meets theirs.
        ("491", &[Offer(C::Invite, "o", true), Heard(P::Invite, "x", M::OursIsOut), Heard(P::Update, "x", M::OursIsOut), Withdraw, Heard(P::Invite, "x", M::Offer), Answer("a")], "a/x"),
        ("491 while theirs is wanted", &[Want, Heard(P::Update, "x", M::OursIsOut), Heard(P::Accept, "o", M::Offer), Heard(P::Invite, "x", M::TheirsIsOut), Answer("a")], "a/o"),
        ("wanted and refused", &[Offer(C::Invite, "o", true), Heard(P::Accept, "a", M::Answer), Want, Withdraw], "o/a"),
        ("491 in the 2xx", &[Offer(C::Accept, "o", true), Heard(P::Update, "x", M::OursIsOut), Heard(P::Ack, "a", M::Answer)], "o/a"),
        ("500", &[Heard(P::Invite, "o", M::Offer), Heard(P::Update, "x", M::TheirsIsOut), Heard(P::Prack, "x", M::TheirsIsOut), Answer("a")], "a/o"),
        ("ours waits", &[Heard(P::Update, "o", M::Offer), Offer(C::Invite, "x", false), Answer("a"), Offer(C::Invite, "x", true)], "a/o"),
        ("ours waits for ours", &[Offer(C::Update, "o", true), Offer(C::Invite, "x", false), Heard(P::UpdateAccept, "a", M::Answer)], "o/a"),
        // Answers that nobody asked for.
        ("stray ack", &[Heard(P::Ack, "x", M::Nothing), Heard(P::UpdateAccept, "x", M::Nothing), Heard(P::PrackAccept, "x", M::Nothing), Heard(P::Accept, "x", M::Nothing)], ""),
        ("the wrong answer", &[Offer(C::Update, "o", true), Heard(P::Accept, "x", M::Nothing), Heard(P::Ack, "x", M::Nothing), Heard(P::UpdateAccept, "a", M::Answer)], "o/a"),
    ];

    #[test]
    fn every_pattern_ends_as_it_must() {
        for (name, steps, expected) in STORIES {
            let x = run(steps);
            let text = |b: &Body| String::from_utf8_lossy(b).into_owned();
            let agreed = x.agreed().map(|a| format!("{}/{}", text(&a.ours), text(&a.theirs))).unwrap_or_default();
            assert_eq!(agreed, *expected, "{name}");
        }
    }

    #[test]
    fn only_the_same_bytes_are_a_repetition() {
        let x = run(&[Heard(P::Invite, "o", M::Offer), Answer("a")]);
        assert_eq!((x.repeats(b"o"), x.repeats(b"o2"), x.repeats(b"")), (Some("a".into()), None, None));
        let x = run(&[Heard(P::Invite, "o", M::Offer), Answer("a"), Offer(C::Invite, "p", true)]);
        assert_eq!(x.repeats(b"o"), None);
    }
}
