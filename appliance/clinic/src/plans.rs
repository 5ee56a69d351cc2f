//! A dial plan goes live: it is checked as a whole, then durable, and only then used. Calls that are up go on as they are.

use std::sync::Arc;

use model::{CommandError, CommandOutcome, Event, Now, Settings};
use plan::Plan;
use store::effect::{Done, Effect, NewPlan, StoreError};

use crate::restart::not_stored;
use crate::vault::Then;
use crate::{Clinic, Output};

impl Clinic {
    pub(crate) fn set_plan(&mut self, now: Now, id: u64, by: String, text: String, instead_of: Option<&str>) {
        // Settings and plan are checked with each other.
        if self.keeping_settings {
            let sentence =
                "The settings are being changed this very moment. Nothing was changed; try again.".to_owned();
            return self.reply(id, Err(CommandError::NotNow(sentence)));
        }
        // One that is being kept may be live in a moment, and is as good as live to whoever must not undo it.
        if instead_of.is_some_and(|plan| self.keeping_plans > 0 || plan != self.settings.plan) {
            let sentence = "Another plan has gone live meanwhile. Nothing was changed.".to_owned();
            return self.reply(id, Err(CommandError::NotNow(sentence)));
        }
        // A text of one line would be taken for the name of a library plan.
        let text = if text.ends_with('\n') { text } else { text + "\n" };
        let settings = Settings { plan: text.clone(), ..(*self.settings).clone() };
        let good = Plan::of(&settings).and_then(|plan| match calls::unknown_prompts(&plan) {
            unknown if unknown.is_empty() => Ok(plan),
            unknown => Err(unknown),
        });
        match good {
            Ok(plan) => {
                let then = Then::PlanKept { id, settings: Arc::new(settings), plan: Arc::new(plan) };
                self.keeping_plans += usize::from(self.vault.is_unlocked());
                self.store_if_open(id, Effect::SavePlan(NewPlan { text, by, at: now.wall }), then);
            }
            Err(problems) => {
                let first = problems.first().map(ToString::to_string).unwrap_or_default();
                let sentence =
                    format!("The plan has {} problems, the first in {first}. Nothing was changed.", problems.len());
                self.reply(id, Err(CommandError::NotAllowed(sentence)));
            }
        }
    }

    pub(crate) fn plan_kept(
        &mut self,
        now: Now,
        id: u64,
        settings: Arc<Settings>,
        plan: Arc<Plan>,
        result: Result<Done, StoreError>,
    ) {
        self.keeping_plans = self.keeping_plans.saturating_sub(1);
        if let Err(error) = result {
            return self.reply(id, Err(not_stored(&error)));
        }
        // Everything but the plan is as it is now, whatever changed while it was written.
        let settings = Arc::new(Settings { plan: settings.plan.clone(), ..(*self.settings).clone() });
        self.reload(now, settings.clone(), plan.clone());
        self.out.push_back(Output::Live { settings, plan });
        self.out.push_back(Output::Event(Event::Plan));
        self.reply(id, Ok(CommandOutcome::Done));
    }
}
