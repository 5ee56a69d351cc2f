//! Two fax machines of others: one behind a phone of ours (an adapter with a telephone socket, as the settings say), one behind a trunk.
//! Each leg is sound or T.38, and what passes between them is no business of the switchboard's: it says how both travel, and a gateway
//! translates ([`Event::Between`]).
//!
//! Once a machine is heard, or either side proposes T.38, the trunk is asked for T.38. Where it refuses, the fax goes on as sound through a
//! fixed buffer. The phone is not asked: its adapter proposes T.38 by itself if it knows it, and sound is as good as its line inside the house.
//! A trunk that calls with T.38 alone needs no asking: the phone is rung with sound, and whichever way it goes on, the gateway stands between.
//!
//! Of two sides over T.38 neither is to send faster than the other takes: who agrees later is told of the slower of the two in the same exchange, and
//! who agreed before, where they are the faster one, by one more.

use std::time::Duration;

use media::sdp::{Formats, Payload};
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use sip::api::{self as sip_api, Event as SipEvent};

use crate::api::{Event, FaxWay};
use crate::call::entry::{FaxMark, Side};
use crate::call::peer::Peer;
use crate::call::{CallEvent, Stage, image, pair};
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;

/// How often it is looked whether an exchange that is under way is over, so that ours may begin.
const FREE_AGAIN: Duration = Duration::from_millis(500);
/// One after the other.
const SIDES: [Side; 2] = [Side::Caller, Side::Callee];

/// The stage.
pub(crate) struct FaxBetween {
    /// The caller, and the called one.
    ends: [End; 2],
    /// What passes is the gateway's.
    handed_over: bool,
    /// Pages that were confirmed.
    pages: u32,
}

struct End {
    peer: Peer,
    way: FaxWay,
    proposal: Proposal,
    /// Over T.38, of which the other side takes no more than this, in bit/s: it is to be told.
    slower: Option<u32>,
}

/// Our proposal of T.38 to a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proposal {
    /// None, or they were faster.
    No,
    /// It goes as soon as nothing else is under way.
    Due,
    /// It is with them.
    Sent,
    /// They know T.38, and it says that it goes slower than they were told.
    Slower,
}

/// On which side of two who talk there is a phone whose faxes are translated, if the other one is behind a trunk and both know what a
/// machine can say. Never of a call for help.
pub(super) fn machine(near: &Peer, far: &Peer, step: &Step<'_>) -> Option<Side> {
    let settings = &step.site.settings;
    let is = |peer: &Peer| peer.who.user.as_ref().is_some_and(|user| settings.has_fax_gateway(user));
    let side = match (is(near), is(far)) {
        (true, false) if far.who.trunk.is_some() => Side::Caller,
        (false, true) if near.who.trunk.is_some() => Side::Callee,
        _ => return None,
    };
    let speak = sound(near).is_some() && sound(far).is_some();
    (speak && step.card.help.is_none()).then_some(side)
}

/// What is said on a leg by a machine.
fn sound(peer: &Peer) -> Option<Payload> {
    peer.agreed.common(&Formats::g711()).codecs.first().copied()
}

impl FaxBetween {
    /// A machine is heard, or a side speaks of T.38 in a call with a phone that is one. `None`: a leg has lost its sound meanwhile.
    pub(super) fn new(mut near: Peer, mut far: Peer, step: &mut Step<'_>) -> Option<Box<Self>> {
        near.hear(None, step);
        far.hear(None, step);
        Self::of(near, far)
    }

    fn of(near: Peer, far: Peer) -> Option<Box<Self>> {
        let end = |peer: Peer| {
            let way = FaxWay::Audio(sound(&peer)?);
            Some(End { peer, way, proposal: Proposal::No, slower: None })
        };
        Some(Box::new(Self { ends: [end(near)?, end(far)?], handed_over: false, pages: 0 }))
    }

    /// A trunk's caller came with T.38 alone, and a machine of ours has answered with sound.
    pub(super) fn translated(near: Peer, agreed: &media::sdp::Image, far: Peer, step: &mut Step<'_>) -> Stage {
        let Some(mut this) = Self::of(near, far) else { return step.finish(Ending::our_fault()) };
        step.taken();
        this.attach(0, agreed, step);
        Stage::FaxBetween(this)
    }

    /// A machine calls, or answers.
    pub(super) fn heard(mut self: Box<Self>, machine: Side, step: &mut Step<'_>) -> Stage {
        step.note(Mark::Good, "A fax machine is on the line", "CNG or V.21");
        self.ask(index(machine.other()), step);
        Stage::FaxBetween(self)
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match event {
            CallEvent::Sip(event) => self.on_sip(&event, step),
            CallEvent::Media(event) => self.on_media(&event, step),
            CallEvent::Timer(CallTimer::ProposeT38) => {
                for which in [0, 1] {
                    if self.ends[which].proposal == Proposal::Due {
                        self.ask(which, step);
                    }
                }
                Stage::FaxBetween(self)
            }
            CallEvent::FaxCarried(pages, how) => {
                for page in self.pages + 1..=pages {
                    step.note(Mark::Good, format!("Page {page} was translated and confirmed"), how.clone());
                }
                self.pages = self.pages.max(pages);
                Stage::FaxBetween(self)
            }
            CallEvent::FaxDone => {
                step.note(Mark::Bad, "The gateway between the two fax machines ended", "");
                step.finish(Ending::our_fault())
            }
            CallEvent::HangUp(why) => {
                step.note(Mark::Warn, why.sentence(), "");
                step.finish(Ending::new(CallEnd::HungUp, Fault::None))
            }
            CallEvent::Timer(_)
            | CallEvent::UsedUp(_)
            | CallEvent::Mailbox(_)
            | CallEvent::Recording(_)
            | CallEvent::Callback(_)
            | CallEvent::FaxUnderWay
            | CallEvent::Transfer(_)
            | CallEvent::NoTransfer { .. }
            | CallEvent::Replace(_)
            | CallEvent::Onward(_) => Stage::FaxBetween(self),
        }
    }

    fn on_media(self: Box<Self>, event: &media::Event, step: &mut Step<'_>) -> Stage {
        let session = crate::call::session_of(event);
        let Some(which) = self.ends.iter().position(|end| Some(end.peer.line.session) == session) else {
            return Stage::FaxBetween(self);
        };
        match pair::on_media(&self.ends[which].peer, SIDES[which], event, step) {
            Ok(()) => Stage::FaxBetween(self),
            Err(ending) => step.finish(ending),
        }
    }

    pub(super) fn on_sip(mut self: Box<Self>, event: &SipEvent, step: &mut Step<'_>) -> Stage {
        let leg = crate::call::leg_of(event);
        let Some(which) = self.ends.iter().position(|end| Some(end.peer.leg) == leg) else {
            return Stage::FaxBetween(self);
        };
        let side = SIDES[which];
        let End { peer, way, proposal, .. } = &mut self.ends[which];
        match event {
            SipEvent::Ended { reason, .. } => {
                let ending = pair::left(peer, side, *reason, step);
                return step.finish(ending);
            }
            SipEvent::Reinvite { offer, .. } => self.reinvited(which, offer, step),
            SipEvent::ReinviteAnswered { body, .. } if *proposal == Proposal::Sent => self.answered(which, body, step),
            SipEvent::ReinviteAnswered { body, .. } if *proposal == Proposal::Slower => {
                *proposal = Proposal::No;
                image::moved(peer, body, step);
                if image::proposed(body).is_none() {
                    step.note(
                        Mark::Warn,
                        format!("T.38 is closed by {}", of(which)),
                        "its answer about a slower speed",
                    );
                }
            }
            SipEvent::ReinviteRefused { code: 481, .. } if matches!(*proposal, Proposal::Sent | Proposal::Slower) => {
                step.note(Mark::Bad, format!("{} vanished", pair::name(side)), "status 481");
                return step.finish(Ending::new(CallEnd::Lost, Fault::Trunk));
            }
            // Half a minute later the machines are in the midst of it, and are not disturbed.
            SipEvent::ReinviteRefused { code: 408, .. } if *proposal == Proposal::Sent => {
                *proposal = Proposal::No;
                step.note(
                    Mark::Warn,
                    format!("{} does not answer about T.38: the fax stays sound there", pair::name(side)),
                    "status 408",
                );
            }
            SipEvent::ReinviteRefused { code, .. } if *proposal == Proposal::Sent => {
                self.refused(which, &format!("status {code}"), step);
            }
            // The session is as it was (RFC 3261 section 14.1), and goes on.
            SipEvent::ReinviteRefused { code, .. } if *proposal == Proposal::Slower => {
                *proposal = Proposal::No;
                let title = format!("The slower speed is not taken by {}: its T.38 stays as it was", of(which));
                step.note(Mark::Warn, title, format!("status {code}"));
            }
            SipEvent::ReinviteOvertaken { .. } if *proposal == Proposal::Sent => self.ask(which, step),
            // The answer that theirs got has said it.
            SipEvent::ReinviteOvertaken { .. } if *proposal == Proposal::Slower => *proposal = Proposal::No,
            SipEvent::AckAnswer { body, .. } if matches!(way, FaxWay::T38(_)) => image::ack_answered(peer, body, step),
            // What is under way about sound goes on as in any call.
            event => {
                if let Err(ending) = pair::on_sip(peer, None, side, event, step) {
                    return step.finish(ending);
                }
                self.speaks(which, step);
            }
        }
        Stage::FaxBetween(self)
    }

    /// A side is asked for T.38: now, or as soon as it may be.
    fn ask(&mut self, which: usize, step: &mut Step<'_>) {
        let end = &mut self.ends[which];
        let knows_it = matches!(end.way, FaxWay::T38(_));
        if knows_it && end.slower.is_none() {
            return;
        }
        if end.peer.is_busy() {
            end.proposal = Proposal::Due;
            step.set(CallTimer::ProposeT38, FREE_AGAIN);
            return;
        }
        if let Some(rate) = end.slower.take().filter(|_| knows_it) {
            step.note(Mark::Detail, format!("We tell {} that T.38 goes slower", of(which)), format!("{rate} bit/s"));
            end.peer.line.goes_no_faster_than(rate);
            let body = end.peer.line.t38_offer();
            step.sip(sip_api::Command::Propose { leg: end.peer.leg, body });
            end.proposal = Proposal::Slower;
            return;
        }
        step.note(Mark::Detail, format!("We propose T.38 to {}", of(which)), "re-INVITE");
        let body = end.peer.line.t38_offer();
        step.sip(sip_api::Command::Propose { leg: end.peer.leg, body });
        end.proposal = Proposal::Sent;
    }

    fn answered(&mut self, which: usize, body: &[u8], step: &mut Step<'_>) {
        self.ends[which].peer.line.t38_answered();
        match image::proposed(body) {
            Some((image, _)) => self.attach(which, &image, step),
            None => {
                // With a 200 that refuses the line, the leg has none left: sound was closed for it.
                self.ends[which].peer.offer_sound(step);
                self.refused(which, "the answer has no T.38", step);
            }
        }
    }

    /// A side is and stays sound.
    fn refused(&mut self, which: usize, detail: &str, step: &mut Step<'_>) {
        step.note(Mark::Warn, format!("T.38 is not taken by {}: there the fax goes as sound", of(which)), detail);
        self.ends[which].proposal = Proposal::No;
        self.hand_over(step);
    }

    fn reinvited(&mut self, which: usize, offer: &[u8], step: &mut Step<'_>) {
        let [caller, callee] = &mut self.ends;
        let (end, other) = if which == 0 { (caller, callee) } else { (callee, caller) };
        if matches!(end.way, FaxWay::T38(_)) {
            return image::refreshed(&mut end.peer, offer, step);
        }
        let Some((image, theirs)) = image::proposed(offer) else {
            end.peer.reinvited(offer, Some(&other.peer), pair::name(SIDES[which]), step);
            return self.speaks(which, step);
        };
        let leg = end.peer.leg;
        step.note(Mark::Detail, format!("T.38 is proposed by {}", of(which)), "re-INVITE");
        match end.peer.line.t38_answer(&theirs, step) {
            Ok(body) => {
                step.sip(sip_api::Command::AnswerReinvite { leg, body });
                self.attach(which, &image, step);
                // A trunk takes T.38 perhaps, and loses no packet to it.
                if self.ends[1 - which].peer.who.trunk.is_some() && self.ends[1 - which].proposal == Proposal::No {
                    self.ask(1 - which, step);
                }
            }
            Err(e) => step.sip(sip_api::Command::RefuseReinvite { leg, code: e.status() }),
        }
    }

    /// From here on a side is one over T.38. The other one, if it becomes one, too, is told of no speed that would not pass here; if it is one and was
    /// told of such a speed, it hears once more.
    fn attach(&mut self, which: usize, agreed: &media::sdp::Image, step: &mut Step<'_>) {
        let (other, rate) = (&mut self.ends[1 - which], agreed.t38.max_bit_rate);
        match other.way {
            FaxWay::Audio(_) => other.peer.line.goes_no_faster_than(rate),
            FaxWay::T38(theirs) => {
                other.slower = (theirs.max_bit_rate.min(other.peer.line.t38_bit_rate()) > rate).then_some(rate);
            }
        }
        let end = &mut self.ends[which];
        end.proposal = Proposal::No;
        end.way = FaxWay::T38(agreed.t38);
        image::begins(&end.peer, agreed, step);
        self.hand_over(step);
        if self.ends[1 - which].slower.is_some() {
            self.ask(1 - which, step);
        }
    }

    /// Its sound may be another now.
    fn speaks(&mut self, which: usize, step: &mut Step<'_>) {
        let end = &mut self.ends[which];
        let FaxWay::Audio(before) = end.way else { return };
        if let Some(now) = sound(&end.peer).filter(|now| *now != before) {
            end.way = FaxWay::Audio(now);
            if self.handed_over {
                self.hand_over(step);
            }
        }
    }

    fn hand_over(&mut self, step: &mut Step<'_>) {
        let ways = self.ends.each_ref().map(|end| end.way);
        let (title, detail) = match ways {
            [FaxWay::T38(_), FaxWay::T38(_)] => ("The fax passes as it is", "T.38 on both sides"),
            [FaxWay::Audio(_), FaxWay::Audio(_)] => ("The fax passes as sound", "fixed buffer"),
            _ => ("The fax is translated", "between sound and T.38"),
        };
        step.note(Mark::Good, title, detail);
        self.handed_over = true;
        step.card.fax = Some(FaxMark::Attached);
        let sides = self.ends.each_ref().map(|end| (end.peer.line.session, end.way));
        step.event(Event::Between { call: step.card.id, sides });
    }
}

const fn index(side: Side) -> usize {
    if matches!(side, Side::Caller) { 0 } else { 1 }
}

const fn of(which: usize) -> &'static str {
    if which == 0 { "the caller" } else { "the called side" }
}
