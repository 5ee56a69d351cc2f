//! What is live, for the console, and the alerts that staff must see.

use std::collections::VecDeque;

use mail::compose::{self, AlertFacts};
use model::event::{Alert, LiveFax, Snapshot};
use model::fax::Direction;
use model::mail::MailPurpose;
use model::{CommandError, Event, MailId, Now, Pii, Wall};
use store::effect::Effect;
use store::rows::AlertRow;

use crate::vault::Then;
use crate::{Clinic, Output};

/// The newest alerts. All are in the store, and those that nobody has seen are here again after a start.
#[derive(Default)]
pub(crate) struct Alerts {
    last: u64,
    newest_first: VecDeque<Alert>,
}

/// What a page can show; an alert a minute for most of an hour.
const MAX_ALERTS: usize = 50;

/// Numbers of alerts in a millisecond; what JavaScript can count to is enough for two hundred years of it.
const IN_A_MILLISECOND: u64 = 1000;

fn open(id: u64, at: Wall, sentence: Pii<String>, help: Option<Pii<String>>) -> Alert {
    Alert { id, at, sentence, help, open: true, acknowledged_by: None }
}

impl Alerts {
    /// Its number, which is another's in no later run: it begins with the time.
    fn raise(&mut self, now: Now, sentence: Pii<String>, help: Option<Pii<String>>) -> u64 {
        let of_now = u64::try_from(now.wall.millis()).unwrap_or(0).saturating_mul(IN_A_MILLISECOND);
        self.last = (self.last + 1).max(of_now);
        self.newest_first.push_front(open(self.last, now.wall, sentence, help));
        self.make_room();
        self.last
    }

    /// After a start: what nobody had seen before it, newest first, and the highest number of all. Some may have been raised since, which
    /// the store has by now or has yet to hear of.
    fn restore(&mut self, unseen: Vec<AlertRow>, last: u64) {
        self.last = self.last.max(last);
        let since = self.newest_first.len();
        for row in unseen {
            let mut raised = self.newest_first.iter_mut().take(since);
            match raised.find(|alert| alert.id == row.id || alert.at == row.at && alert.sentence == row.sentence) {
                Some(alert) if alert.at == row.at && alert.sentence == row.sentence => continue,
                // The clock went back: who acknowledges the one must not have seen the other.
                Some(alert) => {
                    self.last += 1;
                    alert.id = self.last;
                }
                None => (),
            }
            self.newest_first.push_back(open(row.id, row.at, row.sentence, row.help));
        }
        self.newest_first.make_contiguous().sort_by_key(|alert| std::cmp::Reverse(alert.id));
        self.make_room();
    }

    /// Of too many the oldest go: first those that somebody has seen, and a call for help that nobody has, last.
    fn make_room(&mut self) {
        while self.newest_first.len() > MAX_ALERTS {
            let oldest = |goes: fn(&Alert) -> bool| self.newest_first.iter().rposition(goes);
            let gone = oldest(|alert| !alert.open).or_else(|| oldest(|alert| alert.help.is_none()));
            self.newest_first.remove(gone.unwrap_or(MAX_ALERTS));
        }
    }

    pub(crate) fn acknowledge(&mut self, id: u64, by: &str) -> Result<Alert, CommandError> {
        let alert = self
            .newest_first
            .iter_mut()
            .find(|a| a.id == id && a.open)
            .ok_or_else(|| CommandError::NotNow("That alert was seen already.".to_owned()))?;
        alert.open = false;
        alert.acknowledged_by = Some(by.to_owned());
        Ok(alert.clone())
    }
}

impl Clinic {
    /// Somebody called for help: staff see it, and get it by mail, at the moment of the call and without delaying it.
    /// `tell` names the extensions that the plan wants told.
    pub(crate) fn alert(&mut self, now: Now, sentence: Pii<String>, address: Pii<String>, tell: &[String]) {
        tracing::warn!("an emergency call was made");
        // While the store is locked nobody knows the street.
        self.raise(now, sentence.clone(), Some(address.clone()).filter(|address| !address.expose().is_empty()));
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
                address: &address,
            });
            mails.push(self.outgoing(id, MailPurpose::Alert, to, body, now));
        }
        self.queue_mails(mails, None);
    }

    /// Staff see it on every page of the console, and it stays on record. It is no emergency, so no mail goes out.
    pub(crate) fn notice(&mut self, now: Now, sentence: Pii<String>) {
        self.raise(now, sentence, None);
    }

    fn raise(&mut self, now: Now, sentence: Pii<String>, help: Option<Pii<String>>) {
        let id = self.alerts.raise(now, sentence.clone(), help.clone());
        self.out.push_back(Output::Event(Event::Alerts));
        self.store(Effect::RecordAlert { id, sentence, help, at: now.wall }, Then::Must);
    }

    /// The same, unless it waits to be seen already: what goes wrong again and again must not hide everything else.
    pub(crate) fn notice_once(&mut self, now: Now, sentence: Pii<String>) {
        if !self.alerts.newest_first.iter().any(|alert| alert.open && alert.sentence == sentence) {
            self.notice(now, sentence);
        }
    }

    /// What nobody had seen before the start waits again.
    pub(crate) fn resume_alerts(&mut self, unseen: Vec<AlertRow>, last: u64) {
        let changes = !unseen.is_empty();
        self.alerts.restore(unseen, last);
        if changes {
            self.out.push_back(Output::Event(Event::Alerts));
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
            plugged: Vec::new(),
            office: false,
            unlocked: self.vault.is_unlocked(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_seen_makes_room_before_what_waits() {
        let (mut alerts, mut now) = (Alerts::default(), Now::simulation_start());
        let mut raised = Vec::new();
        for _ in 0..MAX_ALERTS {
            raised.push(alerts.raise(now, Pii::from("An alert"), None));
        }
        for seen in [raised[10], raised[20]] {
            alerts.acknowledge(seen, "101").expect("it waits");
        }
        for (gone, left) in [(raised[10], 49), (raised[20], 50), (raised[0], 50)] {
            now = now.after(Duration::from_secs(60));
            raised.push(alerts.raise(now, Pii::from("Another"), None));
            assert!(alerts.newest_first.iter().all(|alert| alert.id != gone));
            let open = alerts.newest_first.iter().filter(|alert| alert.open).count();
            assert_eq!((open, alerts.newest_first.len()), (left, MAX_ALERTS));
        }
        assert!(alerts.newest_first.iter().is_sorted_by(|a, b| a.id > b.id));
    }

    /// A folder that takes no faxes, say, has much to tell.
    #[test]
    fn no_number_of_troubles_hides_a_call_for_help() {
        let (mut alerts, now) = (Alerts::default(), Now::simulation_start());
        let help = alerts.raise(now, Pii::from("101 called 911"), Some(Pii::from("1 Lake St")));
        for _ in 0..2 * MAX_ALERTS {
            alerts.raise(now, Pii::from("A trouble"), None);
        }
        assert_eq!((alerts.newest_first.len(), alerts.newest_first[MAX_ALERTS - 1].id), (MAX_ALERTS, help));
        alerts.acknowledge(help, "101").expect("it waits");
        alerts.raise(now, Pii::from("A trouble"), None);
        assert!(alerts.newest_first.iter().all(|alert| alert.id != help));
    }

    #[test]
    fn what_comes_back_after_a_start_stands_below_what_was_raised_since() {
        let now = Now::simulation_start();
        let mut before = Alerts::default();
        let unseen: Vec<_> = (0..MAX_ALERTS).map(|_| before.raise(now, Pii::from("Before"), None)).rev().collect();
        let mut alerts = Alerts::default();
        // The clock went back meanwhile, and two were raised before the store was read.
        let early = Now { wall: now.wall.before(Duration::from_secs(3600)), ..now };
        let since = [early, now.after(Duration::from_secs(60))].map(|now| alerts.raise(now, Pii::from("Since"), None));
        let row = |id: &u64| AlertRow { id: *id, at: now.wall, sentence: Pii::from("Before"), help: None };
        alerts.restore(unseen.iter().map(row).collect(), unseen[0]);
        assert_eq!((alerts.newest_first.len(), alerts.newest_first[0].id), (MAX_ALERTS, since[1]));
        assert!(alerts.raise(early, Pii::from("Now"), None) > since[1]);
    }

    /// The clock went back over a restart, to the millisecond of alerts of which some were seen.
    #[test]
    fn no_two_alerts_have_one_number() {
        let now = Now::simulation_start();
        let mut before = Alerts::default();
        let unseen = before.raise(now, Pii::from("Before"), None);
        let seen = before.raise(now, Pii::from("Seen"), None);
        let mut alerts = Alerts::default();
        alerts.raise(now, Pii::from("Since"), None);
        let row = AlertRow { id: unseen, at: now.wall, sentence: Pii::from("Before"), help: None };
        alerts.restore(vec![row], seen);
        alerts.raise(now, Pii::from("Now"), None);
        let heads = |alerts: &Alerts| {
            let all = alerts.newest_first.iter();
            all.map(|a| (a.id - unseen, a.open, a.sentence.expose().clone())).collect::<Vec<_>>()
        };
        let all = |open| [(3, true, "Now".to_owned()), (2, true, "Since".to_owned()), (0, open, "Before".to_owned())];
        assert_eq!(heads(&alerts), all(true));
        assert_eq!(alerts.acknowledge(unseen, "101").map(|alert| alert.sentence), Ok(Pii::from("Before")));
        assert_eq!(heads(&alerts), all(false));
    }
}
