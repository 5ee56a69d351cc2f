//! The way of a call through the plan: where it is led when a step has reached nobody, when a caller has pressed a key, when words are over.
//!
//! A call that nobody has answered yet goes on ringing where the next step rings; it is answered only by a step that speaks to it. A call
//! for help has no way: it is never led anywhere.

use model::Language;
use model::PhoneNumber;
use model::call::{CallEnd, Fault, Party};
use model::trace::Mark;
use model::voicemail::GreetingKind;
use plan::{Caller, Calling, Decision, Destination, Facts, Missed, Next, Screening, Target};
use prompts::Prompt;

use crate::call::announcement::Speaking;
use crate::call::entry::Side;
use crate::call::guest::Guest;
use crate::call::menu::Choosing;
use crate::call::naming::{self, Name, Naming};
use crate::call::oncall::OnCall;
use crate::call::peer::{self, Peer, Who};
use crate::call::queue::Queueing;
use crate::call::ringing::{Ringing, Waiting};
use crate::call::route::Route;
use crate::call::seeking::Seeking;
use crate::call::start::{self, answer_alone};
use crate::call::told::Outcome;
use crate::call::transferring::Terms;
use crate::call::{Echo, FaxCall, InRoom, LeavingMessage, Mailbox, Room, Stage, Talking, Told};
use crate::refusal::Ending;
use crate::registrar::Device;
use crate::step::Step;

/// Steps that one call may be led through. A caller who goes round a menu more often than that is not choosing.
const MAX_STEPS: u16 = 200;

/// As what a call asks the plan, and what its caller has said of themselves.
#[derive(Clone, Debug)]
pub(crate) struct Journey {
    caller: Caller,
    dialled: PhoneNumber,
    /// In which language the caller is spoken to.
    pub(crate) language: Language,
    steps: u16,
    /// The plan has found the clinic closed.
    closed: bool,
    /// What the caller has said when they were asked for their name.
    pub(crate) name: Option<Name>,
    /// It has begun anew once, since the plan has changed meanwhile.
    is_anew: bool,
}

/// The caller, answered or not.
pub(crate) enum Seat {
    /// Nobody has answered.
    Waiting(Waiting),
    /// We have.
    Answered(Guest),
}

impl Seat {
    const fn who(&self) -> &Who {
        match self {
            Self::Waiting(waiting) => &waiting.who,
            Self::Answered(guest) => &guest.peer.who,
        }
    }

    /// They can be spoken to.
    fn hears(&self) -> bool {
        match self {
            Self::Waiting(waiting) => waiting.offers_sound(),
            Self::Answered(_) => true,
        }
    }
}

impl Journey {
    pub(crate) fn new(caller: Caller, dialled: PhoneNumber, language: Language) -> Self {
        Self { caller, dialled, language, steps: 0, closed: false, name: None, is_anew: false }
    }

    /// The same, of a call that came to its first step since the clinic is closed.
    pub(crate) fn closed(self, closed: bool) -> Self {
        Self { closed, ..self }
    }

    /// Of somebody who is led to what somebody else has dialled for them.
    pub(crate) fn of(who: &Who, dialled: PhoneNumber, step: &Step<'_>) -> Self {
        let caller = match (&who.trunk, &who.user) {
            (Some(trunk), _) => Caller::Trunk { name: trunk.clone() },
            (None, Some(user)) => Caller::Extension { user: user.clone() },
            (None, None) => Caller::Device,
        };
        Self::new(caller, dialled, step.site.settings.language)
    }

    /// The same way, for somebody else.
    pub(crate) fn with(self, who: &Who, step: &Step<'_>) -> Self {
        Self { steps: self.steps, ..Self::of(who, self.dialled, step) }
    }

    /// What its caller, or who called for them, has dialled.
    pub(crate) const fn dialled(&self) -> &PhoneNumber {
        &self.dialled
    }

    /// What the plan says about a destination now.
    fn ask(&self, to: &Destination, missed: Option<Missed>, step: &Step<'_>) -> Decision {
        let facts = Facts::new(&self.caller, &self.dialled, &step.site.settings, step.now.wall);
        let (night, closed) = (step.site.night(step.now.wall), self.closed);
        // Only a call that may come from help asks anew what its own number says: nobody is led elsewhere then for hiding theirs.
        let calling = step.card.from.number.as_ref().filter(|_| matches!(self.caller, Caller::Trunk { .. }));
        let calling = calling.map_or(Calling::Unsaid, Calling::Number);
        step.site.plan.follow(to, &Facts { night, missed, closed, calling, ..facts })
    }

    /// A step of the plan may be gone that a caller is led to who is in one of the plan before: the call begins anew then at the number that
    /// it was for.
    fn begins_anew(&mut self, to: &Destination, step: &mut Step<'_>) -> bool {
        let from_outside = matches!(self.caller, Caller::Trunk { .. });
        let anew = from_outside && !self.is_anew && !step.site.plan.has(to, &step.site.settings);
        if anew {
            self.is_anew = true;
            let why = format!("{} is not in the plan any more; the call begins anew", to.described());
            step.note(Mark::Warn, why, "the plan was changed meanwhile");
        }
        anew
    }
}

/// Leads a call on to a step of the plan.
pub(crate) fn go_on(seat: Seat, journey: Journey, to: &Destination, step: &mut Step<'_>) -> Stage {
    lead(seat, journey, to, None, step)
}

/// The same; `missed`: what became of those who were called before.
pub(crate) fn lead(
    seat: Seat,
    mut journey: Journey,
    to: &Destination,
    missed: Option<Missed>,
    step: &mut Step<'_>,
) -> Stage {
    journey.steps += 1;
    if journey.steps > MAX_STEPS {
        step.note(Mark::Bad, "The call was led on too often", "");
        return step.finish(Ending::new(CallEnd::HungUp, Fault::Caller));
    }
    // Who was sought outside until now is not who comes next, and costs nothing.
    step.card.find_me = false;
    step.card.tolls.retain(|toll| toll.since.is_some());
    let decision = match journey.begins_anew(to, step) {
        true => journey.ask(&Destination::Dialled, None, step),
        false => journey.ask(to, missed, step),
    };
    journey.closed = decision.closed;
    for why in &decision.why {
        step.note(Mark::Detail, why.clone(), "");
    }
    enter(seat, journey, decision.target, None, step)
}

/// The call is at a step of the plan.
pub(crate) fn enter(seat: Seat, journey: Journey, target: Target, only: Option<Device>, step: &mut Step<'_>) -> Stage {
    match target {
        Target::Ring { extensions, group, ring, order, screening, then } if journey.steps == 0 => {
            let route = Route::phones(extensions, only, ring).of_group(group).in_order(order, step);
            ring_for(seat, journey, route, screening, then, step)
        }
        Target::Ring { mut extensions, group, ring, order, screening, then } => {
            // Who is called at first was asked for what they have switched before the call was taken up; who comes later, is now.
            let elsewhere = match extensions.as_slice() {
                [one] if !group => step.elsewhere(one),
                _ => None,
            };
            if group {
                extensions.retain(|e| step.absent(e).is_none());
            }
            if extensions.is_empty() || elsewhere == Some(None) {
                step.note(Mark::Warn, "Nobody there wants to be called now", "");
                return match then.after(Missed::NotDisturbed) {
                    Some(to) => lead(seat, journey, to, Some(Missed::NotDisturbed), step),
                    None => refuse(&seat, 486, step),
                };
            }
            // Where their calls go instead somebody else answers, who has not asked for it.
            let screening = if elsewhere.is_some() { Screening::Nobody } else { screening };
            let route = Route::phones(extensions, only, ring).of_group(group);
            let route = route.led_elsewhere(elsewhere.flatten()).in_order(order, step);
            ring_for(seat, journey, route, screening, then, step)
        }
        Target::Trunk { trunk, or, number } => {
            call(seat, journey, Route::trunk(trunk, or, number), Next::default(), step)
        }
        Target::Menu(menu) => with_guest(seat, step, |guest, step| Choosing::begin(guest, journey, *menu, step)),
        Target::Announcement(said) => {
            with_guest(seat, step, |guest, step| Speaking::begin(guest, journey, *said, step))
        }
        Target::Queue(queue) => with_guest(seat, step, |guest, step| Queueing::begin(guest, journey, *queue, step)),
        Target::Rota(rota) => with_guest(seat, step, |guest, step| OnCall::begin(guest, journey, *rota, step)),
        Target::FaxMachine if step.site.refuses_faxes(step.card.from.number.as_ref()) => {
            step.note(Mark::Warn, "A fax from this caller is not wanted", "refused before it was answered");
            step.finish(Ending::new(CallEnd::Refused, Fault::None).code(603))
        }
        Target::Room { room, .. } if step.is_full(&room) => {
            step.note(Mark::Warn, format!("The room {room} is full"), "");
            let busy = Ending::new(CallEnd::Busy, Fault::Callee);
            match seat {
                Seat::Waiting(waiting) => Told::refused(&waiting, Prompt::NotPossible, busy, step),
                Seat::Answered(_) => step.finish(busy),
            }
        }
        Target::Room { room, pin } => match seat {
            Seat::Waiting(waiting) => InRoom::begin(&waiting, Room { number: room, pin }, step),
            Seat::Answered(guest) => InRoom::of_guest(guest, Room { number: room, pin }, step),
        },
        Target::Orbit { .. } | Target::Service { .. } => match seat {
            Seat::Waiting(waiting) => {
                Told::begin(&waiting, Outcome::refused("Calls are not sent there.", Prompt::NotPossible), step)
            }
            Seat::Answered(_) => not_there(step),
        },
        Target::FaxMachine => match seat {
            Seat::Waiting(waiting) => FaxCall::answer(&waiting, step),
            Seat::Answered(guest) => FaxCall::of_guest(guest, step),
        },
        // Whoever calls for help wants a person.
        Target::Voicemail { .. } if step.card.help.is_some() || step.card.sought_help => {
            step.finish(Ending::new(CallEnd::NoAnswer, Fault::Callee))
        }
        Target::Voicemail { mailbox, greeting } => leave_message(seat, &journey, mailbox, greeting, step),
        Target::Mailbox { extension } => match seat {
            Seat::Waiting(waiting) => Mailbox::begin(&waiting, extension, step),
            Seat::Answered(_) => not_there(step),
        },
        Target::Refuse { code, .. } => refuse(&seat, code, step),
        Target::Echo => match seat {
            Seat::Waiting(waiting) => Echo::begin(&waiting, step),
            Seat::Answered(guest) => Echo::of_guest(guest, step),
        },
        // Nothing leads to help: people dial it.
        Target::Emergency { .. } => step.finish(Ending::our_fault()),
    }
}

/// A party that `by` hands on to a step of the plan, which leads it on from there as it leads everybody who calls. `past`: the same step,
/// as the next one after somebody who does not want to be called.
pub(crate) fn handed_on(
    party: Peer,
    side: Side,
    by: Peer,
    (target, past): (Target, Option<Destination>),
    terms: Terms,
    step: &mut Step<'_>,
) -> Stage {
    let refused = match &target {
        Target::Voicemail { .. } if step.card.sought_help => Some("Who sought help wants a person"),
        Target::FaxMachine if step.site.refuses_faxes(party.who.party.number.as_ref()) => {
            Some("A fax from there is not wanted")
        }
        _ => None,
    };
    if let Some(why) = refused {
        step.refuse_transfer(by.leg, 603, why);
        return Talking::again(party, side, by, step);
    }
    for why in terms.why {
        step.note(Mark::Detail, why, "");
    }
    step.note(Mark::Good, format!("{} transfers {} to {}", by.who.said(), party.who.said(), terms.to), "REFER");
    step.handed_over(&by);
    step.drop_leg(by.leg, &Ending::new(CallEnd::HungUp, Fault::None));
    let (guest, journey) = take_up(party, side, terms.dialled, step);
    match past {
        Some(to) => lead(Seat::Answered(guest), journey, &to, Some(Missed::NotDisturbed), step),
        None => enter(Seat::Answered(guest), journey, target, None, step),
    }
}

/// A party that talked until now is led by the plan, as a caller who had dialled that.
pub(crate) fn take_up(mut party: Peer, side: Side, dialled: PhoneNumber, step: &mut Step<'_>) -> (Guest, Journey) {
    if side == Side::Callee {
        step.turn_round();
    }
    party.hear(None, step);
    peer::settle_alone(&mut party, step);
    let journey = Journey::of(&party.who, dialled.clone(), step);
    let name = step.site.settings.extension(dialled.as_str()).map(|person| person.name.clone()).unwrap_or_default();
    step.card.to = Party { number: Some(dialled), name }.into();
    (Guest::new(party), journey)
}

/// What is only for those whom nobody has answered yet.
fn not_there(step: &mut Step<'_>) -> Stage {
    step.note(Mark::Warn, "A caller who was answered already cannot be led there", "");
    step.finish(Ending::new(CallEnd::HungUp, Fault::None))
}

/// Nobody took the call: it goes on as the plan says, else it ends.
pub(crate) fn nobody(seat: Seat, journey: Option<Journey>, then: &Next, ending: &Ending, step: &mut Step<'_>) -> Stage {
    let missed = missed(ending);
    match (then.after(missed), journey) {
        (Some(to), Some(journey)) => lead(seat, journey, to, Some(missed), step),
        _ => step.finish(*ending),
    }
}

fn leave_message(seat: Seat, journey: &Journey, mailbox: String, greeting: GreetingKind, step: &mut Step<'_>) -> Stage {
    match seat {
        Seat::Waiting(waiting) => LeavingMessage::begin(&waiting, mailbox, greeting, step),
        Seat::Answered(guest) => LeavingMessage::of_guest(guest, journey.language, mailbox, greeting, step),
    }
}

fn call(seat: Seat, journey: Journey, route: Route, then: Next, step: &mut Step<'_>) -> Stage {
    match seat {
        Seat::Waiting(waiting) => Ringing::begin(waiting, route, Some(journey), then, step),
        Seat::Answered(guest) => Seeking::begin(guest, journey, route, then, step),
    }
}

/// Phones ring, once the caller has said their name if they are to.
fn ring_for(
    seat: Seat,
    journey: Journey,
    route: Route,
    screening: Screening,
    then: Next,
    step: &mut Step<'_>,
) -> Stage {
    if !seat.hears() || !naming::is_for(seat.who(), screening, step) || route.is_empty(&seat.who().party, step) {
        return call(seat, journey, route, then, step);
    }
    with_guest(seat, step, |guest, step| Naming::begin(guest, journey, route, then, step))
}

/// With a caller who was answered, if need be now.
fn with_guest(seat: Seat, step: &mut Step<'_>, next: impl FnOnce(Guest, &mut Step<'_>) -> Stage) -> Stage {
    match seat {
        Seat::Answered(guest) => next(guest, step),
        Seat::Waiting(waiting) => match answer_alone(&waiting, step) {
            Ok(peer) => next(Guest::new(peer), step),
            Err(ending) => step.finish(ending),
        },
    }
}

fn refuse(seat: &Seat, code: u16, step: &mut Step<'_>) -> Stage {
    let end = match (seat, code) {
        (Seat::Answered(_), _) => return step.finish(Ending::new(CallEnd::HungUp, Fault::None)),
        (Seat::Waiting(_), 404) => CallEnd::Unreachable,
        (Seat::Waiting(_), 486) => CallEnd::Busy,
        (Seat::Waiting(_), 480) => CallEnd::NoAnswer,
        (Seat::Waiting(_), _) => CallEnd::Refused,
    };
    let fault = if end == CallEnd::Refused { start::refused_by_plan(step) } else { Fault::Caller };
    step.finish(Ending::new(end, fault).code(code))
}

/// What a way of reaching somebody came to, as the plan asks.
pub(crate) const fn missed(ending: &Ending) -> plan::Missed {
    match ending.end {
        CallEnd::Busy => plan::Missed::Busy,
        CallEnd::Unreachable | CallEnd::TrunkFailed => plan::Missed::Unreachable,
        _ => plan::Missed::NoAnswer,
    }
}
