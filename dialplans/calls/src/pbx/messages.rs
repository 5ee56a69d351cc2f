//! The messages of calls: what the endpoint recorded of their legs, after their end or while they are up.

use model::{CallId, CommandError};
use sip::api as sip_api;

use crate::api::{Event, Output};
use crate::ladders;
use crate::pbx::Pbx;

impl Pbx {
    pub(crate) fn on_recorded(&mut self, legs: &[sip_api::Recording], turned_away: &[sip_api::RefusedMessage]) {
        for recording in legs {
            for (call, ladder) in self.ladders.recorded(recording) {
                self.out.push_back(Output::Event(Event::Ladder { call, ladder: ladder.into() }));
            }
        }
        if !turned_away.is_empty() {
            self.out.push_back(Output::Event(Event::TurnedAway(ladders::turned_away(turned_away))));
        }
    }

    /// Somebody wants to see the messages of a call that is up: the endpoint has those of the legs that are.
    pub(crate) fn read_ladder(&mut self, order: u64, call: CallId) {
        match self.ladders.ask(order, call) {
            Some(legs) => self.out.push_back(Output::Sip(sip_api::Command::ReadMessages { ask: order, legs })),
            None => self.out.push_back(Output::Event(Event::LadderAnswered { order, result: Err(over()) })),
        }
    }

    pub(crate) fn on_messages(&mut self, order: u64, legs: &[sip_api::Recording]) {
        let result = self.ladders.until_now(order, legs).map(Box::new).ok_or_else(over);
        self.out.push_back(Output::Event(Event::LadderAnswered { order, result }));
    }
}

fn over() -> CommandError {
    CommandError::NotNow("The call is over, and its messages are kept with its record.".to_owned())
}
