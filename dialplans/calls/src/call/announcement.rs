//! A caller is told something, and led on when it is over.

use std::time::Duration;

use model::trace::Mark;
use plan::Announcement;

use crate::call::guest::{Guest, Said};
use crate::call::peer::Peer;
use crate::call::way::{self, Journey, Seat};
use crate::call::{CallEvent, Stage};
use crate::step::Step;
use crate::timers::CallTimer;
use crate::words::spoken;

/// No words are longer. It is for a sound whose end nobody reports.
const LONGEST: Duration = Duration::from_secs(300);

/// The stage.
pub(crate) struct Speaking {
    guest: Guest,
    journey: Journey,
    said: Announcement,
}

impl Speaking {
    pub(crate) fn begin(mut guest: Guest, journey: Journey, said: Announcement, step: &mut Step<'_>) -> Stage {
        step.note(Mark::Good, format!("The caller hears the announcement {}", said.name), "");
        guest.hears_all(spoken(&said.words, &[], journey.language), step);
        step.set(CallTimer::Key, LONGEST);
        Stage::Speaking(Box::new(Self { guest, journey, said }))
    }

    /// Who is here.
    pub(crate) const fn guest(&self) -> &Guest {
        &self.guest
    }

    /// The caller is a fax machine, and ours takes the call.
    pub(crate) fn left_to_machine(self, step: &mut Step<'_>) -> Guest {
        step.clear(CallTimer::Key);
        self.guest
    }

    /// Somebody takes the seat of whoever called here.
    pub(crate) fn taken_by(self: Box<Self>, party: Peer, step: &mut Step<'_>) -> Stage {
        let Self { guest, journey, said } = *self;
        let guest = guest.succeeded_by(party, step);
        let journey = journey.with(&guest.peer.who, step);
        Self::begin(guest, journey, said, step)
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match self.guest.on(event, step) {
            Err(ending) => step.finish(ending),
            Ok(Said::Over | Said::Other(CallEvent::Timer(CallTimer::Key))) => {
                step.clear(CallTimer::Key);
                let Self { guest, journey, said } = *self;
                way::go_on(Seat::Answered(guest), journey, &said.then, step)
            }
            Ok(Said::Key(_) | Said::Nothing | Said::Other(_)) => Stage::Speaking(self),
        }
    }
}
