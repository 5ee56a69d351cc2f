//! How a call begins: the plan has decided, and here the decision becomes legs.

use std::net::SocketAddr;

use media::sdp;
use model::call::{CallEnd, Fault, Party};
use model::fax::Direction;
use model::trace::Mark;
use model::{PhoneNumber, Pii};
use plan::{Decision, Destination, Missed, Next, Target};
use prompts::Prompt;
use sip::api::{self as sip_api, LegId};

use crate::api::Event;
use crate::call::entry::{Help, Side};
use crate::call::peer::{Peer, Who};
use crate::call::ringing::{Ringing, Waiting};
use crate::call::route::Route;
use crate::call::told::Outcome;
use crate::call::way::{self, Journey, Seat};
use crate::call::{Echo, Page, Script, Stage, Studio, Told};
use crate::line::Line;
use crate::refusal::Ending;
use crate::registrar::Device;
use crate::step::Step;

/// A caller at the door, whose call the plan has decided about.
pub(crate) struct Arrival {
    pub(crate) leg: LegId,
    pub(crate) who: Who,
    /// For whom it was meant before it was sent on to us, the last first.
    pub(crate) diverted: Vec<Party>,
    pub(crate) offer: Option<sip_api::Body>,
    pub(crate) decision: Decision,
    /// It is refused since nobody there wants to be called, or since it cannot go where their calls go; and this is where the plan leads it
    /// then.
    pub(crate) unwanted: Option<Destination>,
    /// What is said to the caller about that, where it is for them to hear.
    pub(crate) word: Option<Prompt>,
    /// Something that only emergency calls may pass.
    pub(crate) obstacle: Option<Obstacle>,
    /// The one device that is meant.
    pub(crate) only: Option<Device>,
    /// What a code that was dialled comes to.
    pub(crate) done: Option<Done>,
    /// As what the plan is asked when the call is led on; none if what was dialled is no number.
    pub(crate) journey: Option<Journey>,
    /// What the caller's device is, for an alert: "Extension 101 (Front desk, room 2)".
    pub(crate) device: String,
}

/// What a code that was dialled comes to.
pub(crate) enum Done {
    /// Something is done, or cannot be, and the caller hears which.
    Told(Outcome),
    /// The phones of this extension answer by themselves.
    Intercom(String),
    /// The phones of these do, and only listen. So many others are in a call.
    Page { extensions: Vec<String>, left_out: usize },
    /// Whoever listens to this group of addresses hears the caller.
    PageGroup(SocketAddr),
    /// The caller records what callers hear.
    Record(Script),
}

/// Why a call that is allowed cannot be had now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// As many calls as we carry.
    Calls,
    /// As many calls as the trunk carries.
    Channels,
}

impl Obstacle {
    pub(crate) fn ending(self, step: &mut Step<'_>) -> Ending {
        match self {
            Self::Calls => {
                step.note(Mark::Bad, "Frontdesk carries as many calls as it may", "503 with Retry-After");
                Ending::overload()
            }
            Self::Channels => {
                step.note(Mark::Bad, "Every channel of the trunk is in use", "");
                Ending::no_channel()
            }
        }
    }
}

/// Takes the call up, or refuses it.
pub(crate) fn arrive(arrival: Arrival, step: &mut Step<'_>) -> Stage {
    if arrival.who.private && step.card.help.is_none() {
        step.note(Mark::Detail, "The caller does not want to be known to those who are called", "Privacy");
    }
    for before in arrival.diverted.iter().filter(|before| **before != Party::default()) {
        let whom = Who { party: before.clone(), ..Who::default() }.said();
        step.note(
            Mark::Detail,
            format!("The carrier says that the call was for {whom} first"),
            "Diversion, History-Info",
        );
    }
    for why in &arrival.decision.why {
        step.note(Mark::Detail, why.clone(), "");
    }
    if let Some(help) = step.card.help.clone() {
        let sentence = format!("{} called {}.", arrival.device, help.number);
        let Help { tell, address, by, .. } = help;
        step.event(Event::Alert { call: step.card.id, sentence: Pii::new(sentence), address, tell, quiet: by });
    }
    let offer = match arrival.offer.as_deref().map(sdp::Session::parse).transpose() {
        Ok(offer) => offer,
        Err(e) => {
            step.note(Mark::Bad, "The phone offered media that Frontdesk does not know", e.reason());
            return step.finish(Ending::new(CallEnd::Refused, Fault::Caller).code(e.status()));
        }
    };
    if let Some(audio) = offer.as_ref().and_then(sdp::Session::open_audio)
        && let Err(e) = arrival.who.secrecy.permits_offer(audio)
        && step.card.help.is_none()
    {
        step.note(Mark::Bad, format!("{} may not call like this", arrival.who.said()), e.reason());
        return step.finish(Ending::new(CallEnd::Refused, Fault::Caller).code(e.status()));
    }
    if let Err(e) = step.site.meets(offer.as_ref().and_then(sdp::Session::named))
        && step.card.help.is_none()
    {
        step.note(Mark::Bad, format!("{} cannot be heard", arrival.who.said()), e.reason());
        return step.finish(Ending::new(CallEnd::Refused, Fault::Caller).code(e.status()));
    }
    let waiting = Waiting { leg: arrival.leg, who: arrival.who, offer, moved: None };
    match (arrival.decision.target, arrival.obstacle) {
        // No way through the plan: whatever it says, this goes to help and nowhere else.
        (Target::Emergency { number, trunks, .. }, _) => {
            Ringing::begin(waiting, Route::emergency(number, &trunks), None, Next::default(), step)
        }
        (Target::Refuse { code, .. }, obstacle) => {
            if let (Some(to), Some(journey), None) = (arrival.unwanted, arrival.journey, obstacle) {
                return way::lead(Seat::Waiting(waiting), journey, &to, Some(Missed::NotDisturbed), step);
            }
            let (end, fault) = match code {
                404 => (CallEnd::Unreachable, Fault::Caller),
                480 => (CallEnd::NoAnswer, Fault::Callee),
                486 => (CallEnd::Busy, Fault::Callee),
                _ => (CallEnd::Refused, refused_by_plan(step)),
            };
            let ending = Ending::new(end, fault).code(code);
            match arrival.word.filter(|_| obstacle.is_none() && waiting.offers_sound()) {
                Some(word) => Told::refused(&waiting, word, ending, step),
                None => step.finish(ending),
            }
        }
        (_, Some(obstacle)) => {
            let ending = obstacle.ending(step);
            step.finish(ending)
        }
        (Target::Echo, None) => Echo::begin(&waiting, step),
        (target, None) => match (arrival.done, arrival.journey) {
            (Some(Done::Told(outcome)), _) => Told::begin(&waiting, outcome, step),
            (Some(Done::Intercom(extension)), journey) => {
                let nobody = step.site.plan.if_nobody(std::slice::from_ref(&extension), &step.site.settings);
                let then = Next { nobody, ..Next::default() };
                Ringing::begin(waiting, Route::intercom(extension), journey, then, step)
            }
            (Some(Done::Page { extensions, left_out }), _) => {
                if left_out > 0 {
                    step.note(Mark::Detail, format!("Left out, since they are in a call: {left_out}"), "");
                }
                Page::begin(&waiting, &extensions, step)
            }
            (Some(Done::PageGroup(group)), _) => Page::to_group(&waiting, group, step),
            (Some(Done::Record(script)), _) => Studio::begin(&waiting, script, step),
            (None, Some(journey)) => way::enter(Seat::Waiting(waiting), journey, target, arrival.only, step),
            (None, None) => step.finish(Ending::our_fault()),
        },
    }
}

/// Answers a caller with audio of our own, bridged to nobody yet.
pub(crate) fn answer_alone(waiting: &Waiting, step: &mut Step<'_>) -> Result<Peer, Ending> {
    answer_with(waiting, &sdp::Formats::ours(), step)
}

/// The same with no more than `ours`.
pub(crate) fn answer_with(waiting: &Waiting, ours: &sdp::Formats, step: &mut Step<'_>) -> Result<Peer, Ending> {
    let Some(line) = step.open_to(Side::Caller, waiting.at()) else {
        step.note(Mark::Bad, "Every media port is in use", "");
        return Err(Ending::overload());
    };
    answer_on(waiting, line, ours, step)
}

/// The same on a line that is open.
pub(crate) fn answer_on(
    waiting: &Waiting,
    line: Line,
    ours: &sdp::Formats,
    step: &mut Step<'_>,
) -> Result<Peer, Ending> {
    let both = sdp::Direction::SendRecv;
    let mut peer = Peer::new(waiting.leg, line, waiting.who.clone(), ours.clone());
    let body = match &waiting.offer {
        Some(offer) => peer.line.answer(offer, ours, both, &waiting.who, step).map_err(|e| {
            step.note(Mark::Bad, "The phone offered no audio that Frontdesk knows", e.reason());
            Ending::new(CallEnd::Refused, Fault::Caller).code(e.status())
        })?,
        None => {
            peer.await_answer();
            peer.line.offer(ours, both, &waiting.who, step)
        }
    };
    if let Some(audio) = waiting.offer.as_ref().and_then(sdp::Session::open_audio) {
        peer.described(audio, both, step);
    }
    step.sip(sip_api::Command::Answer { leg: waiting.leg, body });
    step.answered();
    Ok(peer)
}

/// The number as a SIP user part; what has none calls as anonymous (RFC 3323 section 4.1).
pub(crate) fn user_part(number: Option<&PhoneNumber>) -> &str {
    number.map_or("anonymous", PhoneNumber::as_str)
}

/// Whose fault it is that the plan sends a call away: a caller from outside has done nothing wrong, and nobody need call them back.
pub(crate) fn refused_by_plan(step: &Step<'_>) -> Fault {
    if step.card.direction == Direction::In { Fault::None } else { Fault::Caller }
}
