//! An answered leg: who is there, what was agreed, and which ways its user wants sound to flow.
//!
//! Each leg's offer is answered at once from what is known of the other side, and what it changed is then offered to the other side
//! ([`settle`]). So no phone waits for another: a side that refuses, is slow, or offers something itself at the same moment leaves its own
//! session as it was, and the next settled exchange brings both to the same terms again.

use std::time::Duration;

use media::sdp::{self, Codec, Direction, Formats, SdpError};
use media::{PlayId, Sound};
use model::Pii;
use model::call::Party;
use model::trace::Mark;
use sip::api::{self as sip_api, LegId};
use sip::resolve::Target;

use crate::line::Line;
use crate::secrecy::Secrecy;
use crate::site::At;
use crate::step::{Heard, Step};
use crate::timers::CallTimer;

/// When what a peer refused for the moment is offered once more: a phone that is busy with a change of its own says so for a time between
/// nothing and ten seconds (RFC 3261 section 14.2), and whoever waits hears nobody.
const ONCE_MORE: Duration = Duration::from_secs(5);

/// Who is at the other end of a leg.
#[derive(Clone, Debug, Default)]
pub(crate) struct Who {
    /// For the record.
    pub(crate) party: Party,
    /// Whoever is called must not learn who it is (RFC 3323). The clinic's own record knows all the same.
    pub(crate) private: bool,
    /// What phones that ring show before their name.
    pub(crate) label: Option<Pii<String>>,
    /// The clinic's own user, if it is a phone that proved to be theirs.
    pub(crate) user: Option<String>,
    /// The trunk that it came over, or that we called it over.
    pub(crate) trunk: Option<String>,
    /// The address of that trunk that we called.
    pub(crate) server: Option<Target>,
    /// Whether its sound is encrypted.
    pub(crate) secrecy: Secrecy,
    /// Where its signalling comes from; its sound will, too, as far as it does not say otherwise.
    pub(crate) at: Option<Pii<At>>,
}

impl Who {
    /// As others may see them.
    pub(crate) fn shown(&self) -> Party {
        let mut shown = if self.private { Party::default() } else { self.party.clone() };
        if let Some(label) = &self.label {
            let (label, name) = (label.expose(), shown.name.expose());
            shown.name = if name.is_empty() { label.clone().into() } else { format!("{label}: {name}").into() };
        }
        shown
    }

    /// Where its signalling comes from.
    pub(crate) fn address(&self) -> Option<At> {
        self.at.as_ref().map(|at| *at.expose())
    }

    /// For a trace: a name, else a number.
    pub(crate) fn said(&self) -> String {
        match (self.party.name.expose().as_str(), &self.party.number) {
            ("", Some(number)) => number.as_str().to_owned(),
            ("", None) => "somebody".to_owned(),
            (name, _) => name.to_owned(),
        }
    }
}

/// What an offer of ours says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Terms {
    ways: Direction,
    codecs: Vec<Codec>,
}

impl Terms {
    fn new(formats: &Formats, ways: Direction) -> Self {
        Self { ways, codecs: formats.codecs.iter().map(|p| p.codec).collect() }
    }
}

/// What a peer refused.
#[derive(Clone, Debug)]
struct Refused {
    terms: Terms,
    again: Again,
}

/// Whether what was refused is offered again, though nothing else was wanted since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    /// It was refused for the moment: in a while.
    Later,
    /// The while is over.
    Now,
    /// It was refused for good, or once more.
    No,
}

/// An answered leg with its line.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) leg: LegId,
    pub(crate) line: Line,
    pub(crate) who: Who,
    /// What may be said on it, under its own numbers. Two peers shall know the same if they can: then nothing is translated.
    pub(crate) agreed: Formats,
    /// Which ways its user wants sound to flow.
    wish: Direction,
    /// Which ways the other side does, as this one was told last.
    told: Direction,
    /// Our re-INVITE is with it, and says this.
    offering: Option<Terms>,
    /// Our offer went in a 2xx, and says this; the answer comes with the ACK.
    offered: Option<Terms>,
    /// What it refused is not offered again until something else is wanted, but once if that was for the moment.
    refused: Option<Box<Refused>>,
    /// It was asked for every codec there is.
    widened: bool,
    /// What the box plays to it.
    hears: Option<Heard>,
}

impl Peer {
    /// A leg that has agreed on `agreed` and was told that the other side wants sound both ways.
    pub(crate) const fn new(leg: LegId, line: Line, who: Who, agreed: Formats) -> Self {
        Self {
            leg,
            line,
            who,
            agreed,
            wish: Direction::SendRecv,
            told: Direction::SendRecv,
            offering: None,
            offered: None,
            refused: None,
            widened: false,
            hears: None,
        }
    }

    /// The box plays that to it from now on, or nothing.
    pub(crate) fn hear(&mut self, what: Option<Heard>, step: &mut Step<'_>) {
        if self.hears != what {
            self.hears = what;
            match what {
                Some(what) => step.hear(self.line.session, what),
                None => step.hear_no_more(self.line.session),
            }
        }
    }

    /// It is asked whether it takes a call, in these words.
    pub(crate) fn hear_who(&mut self, words: Sound, step: &mut Step<'_>) {
        self.hears = Some(Heard::Take);
        // Nobody waits for their end.
        step.media(media::Command::Play { session: self.line.session, play: PlayId(0), sound: words });
    }

    /// It would hear what is played now: it does not hold, and nothing else is played to it.
    pub(crate) const fn is_listening(&self) -> bool {
        self.hears.is_none() && self.wish.receives()
    }

    /// It hears music while the other one holds.
    pub(crate) fn wait_for(&mut self, other: &Self, step: &mut Step<'_>) {
        let waits = !other.wish.receives() && step.card.help.is_none();
        self.hear(waits.then_some(Heard::Music), step);
    }

    /// The same, if it was told something else.
    #[must_use]
    pub(crate) fn told(self, told: Direction) -> Self {
        Self { told, ..self }
    }

    /// Which ways its user wants sound to flow.
    pub(crate) const fn wish(&self) -> Direction {
        self.wish
    }

    /// What was agreed is only our offer yet, which went in a 2xx: the answer comes with the ACK.
    pub(crate) fn await_answer(&mut self) {
        self.offered = Some(Terms::new(&self.agreed, self.told));
    }

    /// The answer that was awaited came. True if one was.
    pub(crate) fn answer_came(&mut self) -> bool {
        self.offered.take().is_some()
    }

    /// True if sound is to be expected from it, given what the other side wants.
    pub(crate) const fn should_speak(&self) -> bool {
        self.wish.sends() && self.told.receives()
    }

    /// An exchange is under way, or the peer has not said yet what it can do.
    pub(crate) const fn is_busy(&self) -> bool {
        self.offering.is_some() || self.offered.is_some()
    }

    /// The two have no codec in common: their sound is translated.
    pub(crate) fn is_apart(&self, other: &Self) -> bool {
        self.agreed.common(&other.agreed).codecs.is_empty()
    }

    /// It has just said all that it can.
    pub(crate) const fn told_all(&mut self) {
        self.widened = true;
    }

    /// Somebody else talks with it from now on.
    pub(crate) fn meets_another(&mut self) {
        self.refused = None;
        self.widened = false;
    }

    /// What their description says that they want and can.
    pub(crate) fn described(&mut self, audio: &sdp::Audio, told: Direction, step: &mut Step<'_>) {
        self.line.send_to(audio, &self.agreed, &self.who, step);
        self.wish = heard(self.wish, audio.wanted(), told);
    }

    /// Answers a re-INVITE about audio: hold, resume, a new address, other codecs, or a request for our offer. What cannot be done is
    /// refused, and the call goes on as it was (RFC 3261 section 14.2). `name` is for the trace.
    pub(crate) fn reinvited(&mut self, offer: &[u8], other: Option<&Self>, name: &str, step: &mut Step<'_>) {
        let leg = self.leg;
        let ways = ways_for(other, step);
        // What the other cannot say is taken up only where the sound is translated already.
        let limit = other.filter(|o| !self.is_apart(o)).map_or_else(Formats::ours, |o| o.agreed.clone());
        let mut line = self.line.clone();
        line.next();
        if offer.is_empty() {
            let formats = self.agreed.common(&limit);
            let body = line.offer(&formats, ways, &self.who, step);
            self.line = line;
            self.offered = Some(Terms::new(&formats, ways));
            step.sip(sip_api::Command::AnswerReinvite { leg, body });
            return;
        }
        let described = sdp::Session::parse(offer).and_then(|theirs| {
            let body = line.answer(&theirs, &limit, ways, &self.who, step)?;
            let audio = theirs.audio.ok_or(SdpError::NotAcceptable("no audio"))?;
            Ok((audio, body))
        });
        match described {
            Ok((audio, body)) => {
                self.line = line;
                self.agreed = audio.formats.common(&limit);
                step.sip(sip_api::Command::AnswerReinvite { leg, body });
                self.changed(&audio, self.told, name, step);
                self.told = ways;
            }
            Err(e) => {
                step.note(Mark::Warn, format!("{name} asked for other media, which was refused"), e.reason());
                step.sip(sip_api::Command::RefuseReinvite { leg, code: e.status() });
            }
        }
    }

    /// The answer to an offer of ours came with an ACK.
    pub(crate) fn ack_answered(&mut self, body: &[u8], name: &str, step: &mut Step<'_>) -> Result<(), SdpError> {
        let Some(terms) = self.offered.take() else { return Ok(()) };
        self.answered(body, &terms, name, step)
    }

    /// Our re-INVITE was accepted.
    pub(crate) fn reoffer_answered(&mut self, body: &[u8], name: &str, step: &mut Step<'_>) -> Result<(), SdpError> {
        let Some(terms) = self.offering.take() else { return Ok(()) };
        self.refused = None;
        self.answered(body, &terms, name, step)
    }

    /// Our re-INVITE was refused: the session is as it was (RFC 3261 section 14.1).
    pub(crate) fn reoffer_refused(&mut self, code: u16, name: &str, step: &mut Step<'_>) {
        let Some(terms) = self.offering.take() else { return };
        step.note(Mark::Warn, format!("{name} refused a change of the call"), format!("status {code}"));
        let was_asked_again = self.refused.as_ref().is_some_and(|refused| refused.again == Again::Now);
        let again = if sip_api::is_passing(code) && !was_asked_again { Again::Later } else { Again::No };
        if again == Again::Later {
            step.set(CallTimer::OnceMore, ONCE_MORE);
        }
        self.refused = Some(Box::new(Refused { terms, again }));
    }

    /// What it could not do at that moment is offered once more.
    pub(crate) fn may_be_asked_again(&mut self) {
        if let Some(refused) = self.refused.as_mut().filter(|refused| refused.again == Again::Later) {
            refused.again = Again::Now;
        }
    }

    /// The other side wants these ways now. If it refused others, the user has changed their mind since, and what they come back to is offered
    /// anew: else a call would stay as it was refused to its end.
    fn is_wanted(&mut self, ways: Direction) {
        if self.refused.as_ref().is_some_and(|refused| refused.terms.ways != ways) {
            self.refused = None;
        }
    }

    /// Our re-INVITE met a change of theirs, whose answer is newer: what is still to be said is offered anew.
    pub(crate) fn reoffer_overtaken(&mut self) {
        self.offering = None;
    }

    fn answered(&mut self, body: &[u8], terms: &Terms, name: &str, step: &mut Step<'_>) -> Result<(), SdpError> {
        let theirs = sdp::Session::parse(body)?;
        let audio = theirs.open_audio().ok_or(SdpError::NotAcceptable("the answer has no audio"))?;
        let mut agreed = audio.formats.common(&Formats::ours());
        // An answer may not add what was not offered (RFC 3264 section 6.1). To believe one that does would mean to offer for ever.
        agreed.codecs.retain(|p| terms.codecs.contains(&p.codec));
        if agreed.codecs.is_empty() {
            return Err(SdpError::NotAcceptable("the answer has no codec of the offer"));
        }
        self.line.accept(audio, &self.who, step)?;
        self.agreed = agreed;
        self.changed(audio, terms.ways, name, step);
        self.told = terms.ways;
        Ok(())
    }

    fn changed(&mut self, audio: &sdp::Audio, told: Direction, name: &str, step: &mut Step<'_>) {
        let before = self.wish.receives();
        self.described(audio, told, step);
        if self.wish.receives() != before {
            let what = if before { "put the call on hold" } else { "took the call back" };
            step.note(Mark::Detail, format!("{name} {what}"), audio.direction.name());
        }
    }

    fn offer(&mut self, formats: &Formats, ways: Direction, step: &mut Step<'_>) {
        let terms = Terms::new(formats, ways);
        if self.refused.as_ref().is_some_and(|refused| refused.terms == terms && refused.again != Again::Now) {
            return;
        }
        self.line.next();
        let body = self.line.offer(formats, ways, &self.who, step);
        self.offering = Some(terms);
        step.sip(sip_api::Command::Reinvite { leg: self.leg, body });
    }

    /// Offers sound anew, after its line was closed for T.38, which came to nothing: of what was agreed what carries a fax, or else all there is.
    pub(crate) fn offer_sound(&mut self, step: &mut Step<'_>) {
        let mut formats = self.agreed.common(&Formats::g711());
        if formats.codecs.is_empty() {
            formats = self.every_format();
        }
        self.offer(&formats, Direction::SendRecv, step);
    }

    /// Every codec there is, under the numbers that the leg knows, and first what was agreed.
    pub(crate) fn every_format(&self) -> Formats {
        let mut all = self.agreed.clone();
        let ours = Formats::ours();
        let missing = ours.codecs.iter().filter(|p| !self.agreed.codecs.iter().any(|a| a.codec == p.codec));
        all.codecs.extend(missing.copied());
        all.telephone_event = all.telephone_event.or(ours.telephone_event);
        all
    }
}

/// Brings two peers who talk with each other to the same terms: whoever does not know yet what the other wants gets a re-INVITE. Two that
/// have no codec in common are asked for more once; if that comes to nothing, their sound is translated.
pub(crate) fn settle(a: &mut Peer, b: &mut Peer, step: &mut Step<'_>) {
    let (to_a, to_b) = (ways_for(Some(b), step), ways_for(Some(a), step));
    a.is_wanted(to_a);
    b.is_wanted(to_b);
    let busy = a.is_busy() || b.is_busy();
    let apart = a.is_apart(b);
    if !busy && apart && !(a.widened && b.widened) {
        return widen(a, b, step);
    }
    let (for_a, for_b) =
        if busy || apart { (a.agreed.clone(), b.agreed.clone()) } else { (shared(a, b), shared(b, a)) };
    for (peer, formats, ways) in [(a, for_a, to_a), (b, for_b, to_b)] {
        if !peer.is_busy() && (ways != peer.told || formats.codecs.len() != peer.agreed.codecs.len()) {
            peer.offer(&formats, ways, step);
        }
    }
}

/// What both agreed to. A phone of ours that knows telephone events goes on with them where the other end knows none, which then hears its keys by
/// their tones: few phones fall back to pressing by tones themselves, and their keys would be lost.
fn shared(one: &Peer, other: &Peer) -> Formats {
    let common = one.agreed.common(&other.agreed);
    let own = one.agreed.telephone_event.filter(|_| one.who.user.is_some());
    Formats { telephone_event: common.telephone_event.or(own), ..common }
}

/// The same for a peer with whom nobody talks now.
pub(crate) fn settle_alone(peer: &mut Peer, step: &mut Step<'_>) {
    let ways = ways_for(None, step);
    if !peer.is_busy() && peer.told != ways {
        peer.offer(&peer.agreed.clone(), ways, step);
    }
}

/// And once more, for one that could not at that moment.
pub(crate) fn once_more(peer: &mut Peer, step: &mut Step<'_>) {
    peer.may_be_asked_again();
    settle_alone(peer, step);
}

/// Two legs that agreed on different codecs with others were put together: each is asked for all there are.
fn widen(a: &mut Peer, b: &mut Peer, step: &mut Step<'_>) {
    let (to_a, to_b) = (ways_for(Some(b), step), ways_for(Some(a), step));
    for (peer, ways) in [(a, to_a), (b, to_b)] {
        if !std::mem::replace(&mut peer.widened, true) {
            peer.offer(&peer.every_format(), ways, step);
        }
    }
}

/// Which ways a peer is told that sound flows: as the other side wants it, but that who is held hears music, also where the other side would
/// rather have no sound at all (`inactive`). The hold of an emergency call is answered and not passed on, so
/// that nothing a phone does can cost the leg that carries it.
fn ways_for(other: Option<&Peer>, step: &Step<'_>) -> Direction {
    let wish = other.filter(|_| step.card.help.is_none()).map_or(Direction::SendRecv, |o| o.wish);
    if wish.receives() { wish } else { Direction::SendOnly }
}

/// What a user wants, after a description of theirs that was made knowing `told`. A phone that was told "you hear nothing" cannot show whether
/// it would listen, and says `inactive` or `recvonly` only because of that (RFC 6337 section 5.3): what it wanted before still counts.
const fn heard(before: Direction, said: Direction, told: Direction) -> Direction {
    let sends = if told.receives() || said.sends() { said.sends() } else { before.sends() };
    let receives = if told.sends() || said.receives() { said.receives() } else { before.receives() };
    Direction::of(sends, receives)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_held_phone_says_is_not_its_wish() {
        use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
        let table = [
            // (it wanted, it says, it was told, so it wants)
            (SendRecv, SendOnly, SendRecv, SendOnly),
            (SendRecv, RecvOnly, SendOnly, SendRecv),
            (SendRecv, Inactive, SendOnly, SendOnly),
            (SendRecv, Inactive, Inactive, SendRecv),
            (SendOnly, Inactive, Inactive, SendOnly),
            (SendOnly, SendRecv, Inactive, SendRecv),
            (SendRecv, RecvOnly, SendRecv, RecvOnly),
        ];
        for (before, said, told, wish) in table {
            assert_eq!(heard(before, said, told), wish, "{before:?} {said:?} {told:?}");
        }
    }
}
