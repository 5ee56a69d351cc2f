//! `*43`: the caller hears themselves, which tells a person whether their phone works in both directions.

use std::time::Duration;

use model::call::{CallEnd, Fault};
use model::trace::Mark;

use crate::call::guest::{Guest, Said};
use crate::call::peer::Peer;
use crate::call::ringing::Waiting;
use crate::call::start::answer_alone;
use crate::call::{CallEvent, Stage};
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;

/// A receiver that was laid beside its phone must not hold a port for days.
const LIMIT: Duration = Duration::from_secs(600);

/// The stage.
pub(crate) struct Echo {
    guest: Guest,
}

impl Echo {
    pub(crate) fn begin(waiting: &Waiting, step: &mut Step<'_>) -> Stage {
        match answer_alone(waiting, step) {
            Ok(peer) => Self::of_guest(Guest::new(peer), step),
            Err(ending) => step.finish(ending),
        }
    }

    /// The same with a caller whom we have answered.
    pub(crate) fn of_guest(mut guest: Guest, step: &mut Step<'_>) -> Stage {
        guest.hears_nothing(step);
        step.taken();
        step.media(media::Command::Echo { session: guest.peer.line.session });
        step.set(CallTimer::EchoLimit, LIMIT);
        step.note(Mark::Good, "The echo test answered", "");
        Stage::Echo(Box::new(Self { guest }))
    }

    /// Who is here.
    pub(crate) const fn guest(&self) -> &Guest {
        &self.guest
    }

    /// Somebody takes the seat of whoever called here.
    pub(crate) fn taken_by(self: Box<Self>, party: Peer, step: &mut Step<'_>) -> Stage {
        Self::of_guest(self.guest.succeeded_by(party, step), step)
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match self.guest.on(event, step) {
            Err(ending) => step.finish(ending),
            Ok(Said::Other(CallEvent::Timer(CallTimer::EchoLimit))) => {
                step.finish(Ending::new(CallEnd::HungUp, Fault::None))
            }
            Ok(Said::Key(_) | Said::Over | Said::Nothing | Said::Other(_)) => Stage::Echo(self),
        }
    }
}
