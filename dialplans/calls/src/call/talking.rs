//! Two peers talk. Each may hold, resume, move or narrow its media; the other is told what concerns it. A BYE of either ends both.

use model::call::{CallEnd, Fault};
use model::trace::Mark;
use sip::api::{EndReason, Event as SipEvent, LegId};

use crate::call::pair::Pair;
use crate::call::peer::Peer;
use crate::call::{CallEvent, Stage};
use crate::refusal::Ending;
use crate::step::Step;

/// The stage.
pub(crate) struct Talking {
    pair: Pair,
}

impl Talking {
    /// Two peers who are bridged.
    pub(crate) fn begin(near: Peer, far: Peer, step: &mut Step<'_>) -> Stage {
        let pair = Pair { near, far };
        Self { pair }.settled(step)
    }

    fn settled(mut self, step: &mut Step<'_>) -> Stage {
        match self.pair.settle(step) {
            Ok(()) => Stage::Talking(Box::new(self)),
            Err(ending) => step.finish(ending),
        }
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match event {
            CallEvent::Sip(SipEvent::Ended { leg, reason }) => self.ended(leg, reason, step),
            CallEvent::Sip(event) => match self.pair.on_sip(&event, step) {
                Ok(()) => self.settled(step),
                Err(ending) => step.finish(ending),
            },
            CallEvent::Media(event) => match self.pair.on_media(&event, step) {
                Ok(()) => Stage::Talking(self),
                Err(ending) => step.finish(ending),
            },
            CallEvent::HangUp => {
                step.note(Mark::Warn, "A person ended the call from the console", "");
                step.finish(Ending::new(CallEnd::HungUp, Fault::None))
            }
            CallEvent::Timer(_) | CallEvent::FaxDone => Stage::Talking(self),
        }
    }

    fn ended(self: Box<Self>, leg: LegId, reason: EndReason, step: &mut Step<'_>) -> Stage {
        let Some(side) = self.pair.side(leg) else { return Stage::Talking(self) };
        let ending = self.pair.left(side, reason, step);
        step.finish(ending)
    }
}
