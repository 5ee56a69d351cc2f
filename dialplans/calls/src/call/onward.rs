//! A call whose search came to nothing may go on elsewhere: somebody forwards such calls, or their phone said where to. The stage asks,
//! the switchboard answers within the same input, since the plan, the limits and what others have switched are its to know.

use model::PhoneNumber;
use model::call::CallEnd;
use model::switches::Forward;
use model::trace::Mark;
use plan::Target;

use crate::refusal::Ending;
use crate::step::Step;
use crate::tolls::Toll;

/// What a stage asks.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Who forwards.
    pub(crate) extension: String,
    /// Where to.
    pub(crate) to: PhoneNumber,
    /// How the call ends if it cannot go there.
    pub(crate) ending: Ending,
    /// It does not go on there, but rings there too.
    pub(crate) also: bool,
}

/// The answer.
pub(crate) struct Onward {
    /// Who forwards.
    pub(crate) by: String,
    /// How the call ends if there is no way.
    pub(crate) ending: Ending,
    /// Where it goes, and what that costs whoever forwards; else why not.
    pub(crate) way: Result<(Target, Option<Toll>), String>,
    pub(crate) why: Vec<String>,
    /// Everybody whose forwarding the call has followed.
    pub(crate) passed: Vec<String>,
    /// It was asked for what rings beside somebody's phones.
    pub(crate) also: bool,
}

/// Which forwarding is meant for a call that would end so.
pub(crate) const fn when(ending: &Ending) -> Option<Forward> {
    match ending.end {
        // Whoever declines wants it to go elsewhere, as if they talked.
        CallEnd::Busy | CallEnd::Refused => Some(Forward::Busy),
        CallEnd::NoAnswer => Some(Forward::NoAnswer),
        CallEnd::Unreachable => Some(Forward::Unreachable),
        CallEnd::HungUp | CallEnd::Abandoned | CallEnd::TrunkFailed | CallEnd::Lost | CallEnd::OurFault => None,
    }
}

impl Onward {
    /// Where it goes, as any call may; else how it ends.
    pub(crate) fn target(self, step: &mut Step<'_>) -> Result<(Target, Option<Toll>), Ending> {
        for why in self.why {
            step.note(Mark::Detail, why, "");
        }
        step.card.passed = self.passed;
        let nobody = self.ending.end == CallEnd::NoAnswer;
        step.card.find_me =
            nobody && step.site.plan.finds_by_key() && matches!(self.way, Ok((Target::Trunk { .. }, _)));
        match self.way {
            Ok(way) => {
                step.note(Mark::Good, format!("{} forwards such calls", self.by), "");
                Ok(way)
            }
            Err(why) => {
                step.note(Mark::Warn, format!("{} forwards such calls, and this one cannot go there", self.by), why);
                Err(self.ending)
            }
        }
    }
}
