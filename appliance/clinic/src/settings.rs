//! The clinic's settings are changed while everything runs: checked as a whole, with the plan that is live, then durable, and only then used. Calls
//! and faxes that are up go on as they are, and help is reached before, meanwhile and after.

use std::sync::Arc;

use model::settings::{Problem, Proposal, TrunkPassword};
use model::{CommandError, CommandOutcome, Event, Now, Settings};
use store::TrunkSecret;
use store::effect::{Done, Effect, NewSettings, Staff, StoreError};

use crate::restart::not_stored;
use crate::vault::Then;
use crate::{Clinic, Output};

impl Clinic {
    pub(crate) fn set_settings(&mut self, now: Now, id: u64, by: String, text: &str, over: u64) {
        // Settings and plan are checked with each other: of the two, one is kept after the other.
        if self.keeping_plans > 0 || self.keeping_settings {
            let sentence = "Somebody else is changing the settings or the plan this very moment. Nothing was changed; \
                            look again.";
            return self.reply(id, Err(CommandError::NotNow(sentence.to_owned())));
        }
        let proposal = match self.plan.propose(text, &self.settings) {
            Ok(proposal) => proposal,
            Err(problems) => return self.reply(id, Err(CommandError::NotAllowed(sentence(&problems)))),
        };
        let settings = Arc::new(proposal.used_beside(&self.settings));
        let gone = proposal.gone(&self.settings);
        let Proposal { text, passwords, settings: written } = proposal;
        let accounts = written.trunks.iter().filter_map(|trunk| {
            let account = trunk.terms.account.as_ref()?;
            Some((trunk.name.clone(), account.auth_user.clone()))
        });
        let new = NewSettings {
            text,
            over,
            secrets: passwords.into_iter().map(secret).collect(),
            accounts: accounts.collect(),
            gone,
            staff: Staff::of(&settings),
            // Where no plan was ever kept, the next start would take the one that they name.
            plan: (written.plan != self.settings.plan).then(|| self.settings.plan.clone()),
            by,
            at: now.wall,
        };
        self.keeping_settings = self.vault.is_unlocked();
        self.store_if_open(id, Effect::SaveSettings(Box::new(new)), Then::SettingsKept { id, settings });
    }

    pub(crate) fn settings_kept(
        &mut self,
        now: Now,
        id: u64,
        settings: Arc<Settings>,
        result: Result<Done, StoreError>,
    ) {
        self.keeping_settings = false;
        let done = match result {
            Ok(done) => done,
            Err(StoreError::WrongState) => {
                let sentence = "Other settings have been saved meanwhile. Nothing was changed.".to_owned();
                return self.reply(id, Err(CommandError::NotNow(sentence)));
            }
            Err(error) => return self.reply(id, Err(not_stored(&error))),
        };
        let plan = self.plan.clone();
        let is_gone = |extension: &String| settings.extension(extension).is_none();
        let gone: Vec<_> = self.settings.people.iter().map(|person| person.extension.clone()).filter(is_gone).collect();
        self.reload(now, settings.clone(), plan.clone());
        for mailbox in gone {
            self.store(Effect::LoadMailbox { mailbox: mailbox.clone() }, Then::LeftBehind { mailbox });
        }
        self.out.push_back(Output::Live { settings, plan });
        self.laid_back(Some(done));
        for event in [Event::Phones, Event::Lines, Event::Plan] {
            self.out.push_back(Output::Event(event));
        }
        self.reply(id, Ok(CommandOutcome::Done));
    }
}

fn secret(TrunkPassword { trunk, user, password }: TrunkPassword) -> TrunkSecret {
    TrunkSecret { trunk, user, password: password.into() }
}

fn sentence(problems: &[Problem]) -> String {
    let first = problems.first().map(ToString::to_string).unwrap_or_default();
    match problems.len() {
        1 => format!("The settings have a problem in {first}. Nothing was changed."),
        count => format!("The settings have {count} problems, the first in {first}. Nothing was changed."),
    }
}
