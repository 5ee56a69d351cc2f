//! A call of our fax machine: from the first INVITE until it is known how the fax travels, and from there only its end.
//!
//! Who was called proposes T.38 (T.38 annex D.2.2.4): when we are called we do it as soon as the call stands; when we call, we give the
//! other side a moment and then do it ourselves, since some gateways wait for the caller. After the switch nothing moves the session
//! back: a refresh gets the same description again, a proposal of audio is refused.
//!
//! Some carriers of faxes take T.38 alone: whoever refuses our call for its media is called once more with that. The next fax over that trunk
//! begins with it, until it fails, or sound is taken there; where it fails, the fax calls once more with sound.
//!
//! Meanwhile, or if T.38 is refused or never answered, the fax begins as sound on the G.711 line that the call has anyway: the machine
//! at the other end waits half a minute and no longer, and a machine that shares its line with a telephone wants to hear ours call.
//! Until a page begins, an agreement on T.38 still moves it there.

mod agreeing;
mod dialling;

use std::time::Duration;

use media::sdp::{self, Formats, Payload};
use model::Pii;
use model::call::{CallEnd, Fault, Party};
use model::fax::{Cause, Direction};
use model::trace::Mark;
use plan::{Decision, Target};
use sip::api::{self as sip_api, EndReason, Event as SipEvent};

use crate::api::Event;
use crate::call::entry::{FaxMark, Side};
use crate::call::guest::Guest;
use crate::call::peer::Peer;
use crate::call::ringing::Waiting;
use crate::call::start::{Obstacle, answer_with};
use crate::call::{CallEvent, EndedFor, Stage};
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;

/// A fax machine that has not answered by then is off; the queue tries again later.
const ANSWER: Duration = Duration::from_secs(60);
/// How long the called machine has for its proposal before we make ours: its gateway first hears it say CED, which takes up to 4 s.
const THEIR_TURN: Duration = Duration::from_secs(3);
/// How long the called machine may take with its T.38 before we call as a machine does (T.30 section 4.1): the CNG tone and our ears.
const CALLING_TONE: Duration = Duration::from_secs(1);
/// How often it is looked whether an offer of ours has its answer, so that the next one may go.
const FREE_AGAIN: Duration = Duration::from_millis(500);
/// As the called machine, how long our proposal may take before we answer as a machine does. T.30 section 4.2 gives it 1.8 to 2.5 s.
const ANSWERING_TONE: Duration = Duration::from_secs(2);
/// Then the line carries the fax, one way or the other, or the call is worth nothing to it. Longer than Timer B, so that SIP says first what is wrong.
const AGREE: Duration = Duration::from_secs(40);

/// Keys that a caller may press: an extension, as the routes of the settings know them.
const MOST_KEYS: usize = 8;

/// The stage.
pub(crate) struct FaxCall {
    direction: Direction,
    peer: Peer,
    state: State,
    /// The codec of its sound, once both have one.
    codec: Option<Payload>,
    /// The fax has begun as sound.
    sounding: bool,
    /// It has begun its pages.
    under_way: bool,
    /// It travels as sound and nothing is said of T.38: that did not work with this number before, or the settings say so.
    only_sound: bool,
    /// Called: the keys that the caller has pressed.
    keys: String,
    /// The fax session has the line, in whatever way.
    handed_over: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// We called; no answer yet. `image`: with T.38 alone. `last`: the other of the two was tried before.
    Dialling { heard: bool, image: bool, last: bool },
    /// We answered with audio; its ACK is awaited.
    Answered,
    /// We answered its T.38 offer; its ACK is awaited.
    AnsweredImage(sdp::Image),
    /// Our turn to propose T.38 has not come.
    TheirTurn,
    /// Our proposal is with them.
    Proposed,
    /// They do not take T.38.
    Refused,
    /// The fax session has the line, over T.38.
    Attached,
}

/// Calls a fax machine.
pub(crate) fn place(decision: &Decision, obstacle: Option<Obstacle>, as_sound: bool, step: &mut Step<'_>) -> Stage {
    for why in &decision.why {
        step.note(Mark::Detail, why.clone(), "");
    }
    let (trunk, number) = match (&decision.target, obstacle) {
        (Target::Trunk { .. }, Some(obstacle)) => {
            let ending = obstacle.ending(step);
            return step.finish(ending);
        }
        (Target::Trunk { trunk, number, .. }, None) => (trunk, number),
        _ => return step.finish(Ending::new(CallEnd::Refused, Fault::Us).fax(Cause::NotAllowed)),
    };
    let Some(mut line) = step.open(Side::Callee) else {
        step.note(Mark::Bad, "Every media port is in use", "");
        return step.finish(Ending::overload());
    };
    let image = !as_sound && dialling::begins_with_image(trunk, step);
    if image {
        step.note(Mark::Detail, "Lately they took fax over IP alone: the call has no sound", "T.38");
    }
    let Some(peer) = dialling::dial(image, trunk, number, &mut line, step) else {
        return step.finish(Ending::new(CallEnd::TrunkFailed, Fault::Us));
    };
    let mut call = FaxCall::new(Direction::Out, peer, State::Dialling { heard: false, image, last: false });
    call.only_sound = as_sound;
    Stage::Fax(Box::new(call))
}

impl FaxCall {
    const fn new(direction: Direction, peer: Peer, state: State) -> Self {
        Self {
            direction,
            peer,
            state,
            codec: None,
            sounding: false,
            under_way: false,
            only_sound: false,
            keys: String::new(),
            handed_over: false,
        }
    }

    /// Our fax machine answers a caller.
    pub(crate) fn answer(waiting: &Waiting, step: &mut Step<'_>) -> Stage {
        step.card.fax = Some(FaxMark::NotYet);
        let image = waiting.offer.as_ref().filter(|o| o.open_audio().is_none()).and_then(|o| o.open_image().cloned());
        let answered = match image {
            Some(image) => answer_image(waiting, image, step),
            None => answer_with(waiting, &Formats::g711(), step).map(|peer| (peer, State::Answered)),
        };
        match answered {
            Ok((peer, state)) => {
                step.note(Mark::Good, "The fax machine answered", "");
                step.set(CallTimer::AgreeT38, AGREE);
                let mut call = Self::new(Direction::In, peer, state);
                call.codec = waiting.offer.as_ref().and_then(sdp::Session::open_audio).and_then(codec);
                let port = step.card.to.number.as_ref().and_then(|to| step.site.settings.port_of(to));
                call.only_sound = port.is_some_and(|port| !port.t38);
                Stage::Fax(Box::new(call))
            }
            Err(ending) => step.finish(ending),
        }
    }

    /// A fax machine has called a number for people: ours takes the call over from whoever answered.
    pub(crate) fn take_over(peer: Peer, step: &mut Step<'_>) -> Stage {
        step.note(Mark::Good, "A fax machine calls: ours takes the call over", "CNG");
        Self::begin(peer, step)
    }

    /// A machine spoke to something of ours that answers in people's stead.
    pub(crate) fn of_machine(mut guest: Guest, step: &mut Step<'_>) -> Stage {
        guest.hears_nothing(step);
        Self::take_over(guest.peer, step)
    }

    /// Somebody was handed on to it, or led there.
    pub(crate) fn of_guest(mut guest: Guest, step: &mut Step<'_>) -> Stage {
        step.note(Mark::Good, "The fax machine answered", "");
        guest.hears_nothing(step);
        Self::begin(guest.peer, step)
    }

    fn begin(mut peer: Peer, step: &mut Step<'_>) -> Stage {
        step.card.fax = Some(FaxMark::NotYet);
        step.card.to = Party { number: Some(step.site.settings.fax_number.clone()), name: Pii::default() }.into();
        peer.hear(None, step);
        step.media(media::Command::Idle { session: peer.line.session });
        step.set(CallTimer::AgreeT38, AGREE);
        let mut this = Self::new(Direction::In, peer, State::Answered);
        this.codec = this.peer.agreed.codecs.first().copied();
        step.set(CallTimer::FaxAudio, ANSWERING_TONE);
        if this.peer.is_busy() {
            this.state = State::TheirTurn;
            step.set(CallTimer::ProposeT38, FREE_AGAIN);
        } else {
            this.propose(step);
        }
        Stage::Fax(Box::new(this))
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match event {
            CallEvent::Sip(event) => self.on_sip(event, step),
            CallEvent::Timer(CallTimer::NoAnswer) => step.finish(Ending::new(CallEnd::NoAnswer, Fault::Callee)),
            CallEvent::Timer(CallTimer::ProposeT38) => {
                // Who was on hold when they were handed on agrees to be heard first: one offer at a time.
                if self.state == State::TheirTurn && self.peer.is_busy() {
                    step.set(CallTimer::ProposeT38, FREE_AGAIN);
                } else if self.state == State::TheirTurn {
                    self.propose(step);
                }
                Stage::Fax(self)
            }
            CallEvent::Timer(CallTimer::FaxAudio) => {
                if matches!(self.state, State::TheirTurn | State::Proposed) {
                    self.sound(step);
                }
                Stage::Fax(self)
            }
            CallEvent::Timer(CallTimer::AgreeT38) if self.state != State::Attached && !self.sounding => {
                self.no_t38("no answer in time", step)
            }
            CallEvent::FaxUnderWay => {
                self.under_way = true;
                Stage::Fax(self)
            }
            CallEvent::Media(media::Event::BindFailed { .. }) => {
                step.note(Mark::Bad, "No media port could be opened", "");
                step.finish(Ending::our_fault())
            }
            CallEvent::Media(media::Event::Dtmf { digit, .. }) => self.pressed(digit, step),
            CallEvent::FaxDone => self.done(EndedFor::APerson, step),
            CallEvent::HangUp(why) => {
                step.note(Mark::Warn, why.sentence(), "");
                self.done(why, step)
            }
            CallEvent::Timer(_)
            | CallEvent::UsedUp(_)
            | CallEvent::Mailbox(_)
            | CallEvent::Recording(_)
            | CallEvent::Callback(_)
            | CallEvent::Media(_)
            | CallEvent::FaxCarried(..)
            | CallEvent::Transfer(_)
            | CallEvent::NoTransfer { .. }
            | CallEvent::Replace(_)
            | CallEvent::Onward(_) => Stage::Fax(self),
        }
    }

    fn on_sip(mut self: Box<Self>, event: SipEvent, step: &mut Step<'_>) -> Stage {
        match event {
            SipEvent::Progress { .. } => {
                self.heard(step);
                Stage::Fax(self)
            }
            SipEvent::Answered { body, .. } => self.answered(&body, step),
            SipEvent::Refused { code, .. } => self.refused(code, step),
            SipEvent::Established { .. } => self.established(step),
            SipEvent::AckAnswer { body, .. } => self.ack_answered(&body, step),
            SipEvent::Reinvite { offer, .. } => self.reinvited(&offer, step),
            SipEvent::ReinviteAnswered { body, .. } => self.proposal_answered(&body, step),
            SipEvent::ReinviteRefused { code, .. } => match self.state {
                State::Proposed => self.proposal_refused(code, step),
                _ => {
                    self.peer.reoffer_refused(code, "The other side", step);
                    Stage::Fax(self)
                }
            },
            // They changed the audio meanwhile: ours is made anew.
            SipEvent::ReinviteOvertaken { .. } => {
                if self.state == State::Proposed {
                    self.propose(step);
                } else {
                    self.peer.reoffer_overtaken();
                }
                Stage::Fax(self)
            }
            SipEvent::Ended { reason, .. } => self.ended(reason, step),
            SipEvent::Dtmf { digit, .. } => self.pressed(*digit.expose(), step),
            // A new call, or about no call at all, which does not come here.
            _ => Stage::Fax(self),
        }
    }

    /// A caller who knows whom the fax is for presses an extension before its machine calls; once a page is on the line it is no person.
    fn pressed(mut self: Box<Self>, digit: char, step: &mut Step<'_>) -> Stage {
        if self.direction == Direction::In && !self.under_way && self.keys.len() < MOST_KEYS {
            self.keys.push(digit);
            self.tell_keys(step);
        }
        Stage::Fax(self)
    }

    fn tell_keys(&self, step: &mut Step<'_>) {
        if self.handed_over && !self.keys.is_empty() {
            step.event(Event::FaxKeys { call: step.card.id, keys: Pii::new(self.keys.clone()) });
        }
    }

    fn established(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        match self.state.clone() {
            State::Answered if self.only_sound && self.sound(step) => self.state = State::Refused,
            State::Answered => {
                step.set(CallTimer::FaxAudio, ANSWERING_TONE);
                self.propose(step);
            }
            State::AnsweredImage(image) => self.attach(&image, step),
            _ => {}
        }
        Stage::Fax(self)
    }

    fn ended(&self, reason: EndReason, step: &mut Step<'_>) -> Stage {
        let lost = reason == EndReason::Lost;
        step.note(Mark::Detail, if lost { "The other side vanished" } else { "The other side hung up" }, "");
        let ending = if lost {
            Ending::new(CallEnd::Lost, self.their_fault())
        } else {
            Ending::new(CallEnd::HungUp, Fault::None)
        };
        // Whoever hangs up before T.38 was a person who dialled the fax number, or a person who was called by a fax.
        step.finish(ending.fax(Cause::NotAFax))
    }

    /// Nobody needs it any more, or somebody else does more.
    fn done(&self, why: EndedFor, step: &mut Step<'_>) -> Stage {
        let end = match self.state {
            State::Dialling { .. } => CallEnd::Abandoned,
            _ => CallEnd::HungUp,
        };
        // Nobody has cancelled a fax that made room for help: it goes on as soon as there is a line.
        let cause = if why == EndedFor::Help { Cause::TrunkDown } else { Cause::Cancelled };
        step.finish(Ending::new(end, Fault::None).fax(cause))
    }

    const fn their_fault(&self) -> Fault {
        match self.direction {
            Direction::In => Fault::Caller,
            Direction::Out => Fault::Callee,
        }
    }
}

/// What is said on an audio line of theirs, under their number for it.
fn codec(audio: &sdp::Audio) -> Option<Payload> {
    audio.formats.common(&Formats::g711()).codecs.first().copied()
}

/// Some gateways offer T.38 from the start.
fn answer_image(waiting: &Waiting, image: sdp::Image, step: &mut Step<'_>) -> Result<(Peer, State), Ending> {
    let refused = |code| Ending::new(CallEnd::Refused, Fault::Caller).code(code).fax(Cause::NoT38);
    let Some(offer) = &waiting.offer else { return Err(refused(488)) };
    let Some(mut line) = step.open_to(Side::Caller, waiting.at()) else {
        return Err(Ending::overload());
    };
    let body = line.t38_answer(offer, step).map_err(|e| refused(e.status()))?;
    step.sip(sip_api::Command::Answer { leg: waiting.leg, body });
    step.answered();
    Ok((Peer::new(waiting.leg, line, waiting.who.clone(), Formats::g711()), State::AnsweredImage(image)))
}
