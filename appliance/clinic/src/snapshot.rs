//! What is live, for the console, and the alerts that staff must see.

use std::collections::VecDeque;

use mail::compose::{self, AlertFacts};
use model::event::{Alert, LiveFax, Snapshot};
use model::fax::Direction;
use model::mail::MailPurpose;
use model::{CommandError, Event, MailId, Now, Pii};
use store::effect::Effect;

use crate::vault::Then;
use crate::{Clinic, Output};

/// The newest alerts. Those that left are in the store.
#[derive(Default)]
pub(crate) struct Alerts {
    next: u64,
    newest_first: VecDeque<Alert>,
}

/// What a page can show; an alert a minute for most of an hour.
const MAX_ALERTS: usize = 50;

impl Alerts {
    fn raise(&mut self, now: Now, sentence: Pii<String>) {
        self.next += 1;
        self.newest_first.truncate(MAX_ALERTS - 1);
        let alert = Alert { id: self.next, at: now.wall, sentence, open: true, acknowledged_by: None };
        self.newest_first.push_front(alert);
    }

    pub(crate) fn acknowledge(&mut self, id: u64, by: &str) -> Result<(), CommandError> {
        let alert = self
            .newest_first
            .iter_mut()
            .find(|a| a.id == id && a.open)
            .ok_or_else(|| CommandError::NotNow("That alert was seen already.".to_owned()))?;
        alert.open = false;
        alert.acknowledged_by = Some(by.to_owned());
        Ok(())
    }
}

impl Clinic {
    /// Somebody called for help: staff see it, and get it by mail, at the moment of the call and without delaying it.
    /// `tell` names the extensions that the plan wants told.
    pub(crate) fn alert(&mut self, now: Now, sentence: Pii<String>, tell: &[String]) {
        tracing::warn!("an emergency call was made");
        self.alerts.raise(now, sentence.clone());
        self.out.push_back(Output::Event(Event::Alerts));
        self.store(Effect::RecordAlert { sentence: sentence.clone(), at: now.wall }, Then::Must);
        let told = |extension: &String| self.settings.extension(extension).and_then(|p| p.mail.clone());
        let readers: Vec<_> = tell.iter().filter_map(told).collect();
        let mut mails = Vec::new();
        for to in readers {
            let id = MailId::new(now.wall, &mut self.random);
            let body = compose::alert(&AlertFacts {
                id,
                at: now.wall,
                to: &to,
                settings: &self.settings,
                sentence: &sentence,
                happened: now.wall,
                location: None,
            });
            mails.push(self.outgoing(id, MailPurpose::Alert, to, body, now));
        }
        self.queue_mails(mails, None);
    }

    /// Staff see it on every page of the console, and it stays on record. It is no emergency, so no mail goes out.
    pub(crate) fn notice(&mut self, now: Now, sentence: Pii<String>) {
        self.alerts.raise(now, sentence.clone());
        self.out.push_back(Output::Event(Event::Alerts));
        self.store(Effect::RecordAlert { sentence, at: now.wall }, Then::Must);
    }

    /// The same, unless it waits to be seen already: what goes wrong again and again must not hide everything else.
    pub(crate) fn notice_once(&mut self, now: Now, sentence: Pii<String>) {
        if !self.alerts.newest_first.iter().any(|alert| alert.open && alert.sentence == sentence) {
            self.notice(now, sentence);
        }
    }

    /// All that is live, as one value.
    pub fn snapshot(&self) -> Snapshot {
        let faxes = self
            .lines
            .by_call
            .values()
            .map(|line| LiveFax {
                fax: line.attempt.fax,
                attempt: line.attempt.id,
                // What is given away goes out, though they called.
                direction: if line.giving.is_some() { Direction::Out } else { line.direction },
                number: line.number.clone(),
                pages_confirmed: line.first_page + line.pages_confirmed,
                pages: line.total,
                bit_rate: line.bit_rate,
                doing: line.doing.clone(),
            })
            .collect();
        Snapshot {
            calls: self.pbx.live_calls(),
            callbacks: self.pbx.callbacks(),
            phones: self.pbx.phones(),
            trunks: self.pbx.trunks(),
            modems: self.modems.states(&self.settings),
            virtual_modems: self.ports.states(&self.settings),
            switches: self.pbx.switches().clone(),
            defence: self.pbx.defence(),
            faxes,
            alerts: self.alerts.newest_first.iter().cloned().collect(),
            // The clinic knows of no computer; whoever runs it does.
            machine: Vec::new(),
            office: false,
            unlocked: self.vault.is_unlocked(),
        }
    }
}
