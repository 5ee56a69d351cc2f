//! Asking phones behind a NAT whether they are there. The question keeps the NAT's door open, and who does not answer several in a row is
//! shown as not answering; the registration stays, since a NAT may open again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use model::{Instant, Now, Pii};
use sip::api::{self as sip_api, Content, NameAddr, SendId};

use crate::api::{Event, Output};
use crate::pbx::Pbx;
use crate::pbx::letters::{Errand, sending};
use crate::registrar::{Bound, Way};
use crate::timers::Timer;

/// Phones are asked in turns, a second apart, each in the same turn of every round: a thousand phones are 17 questions a second.
const TURN: Duration = Duration::from_secs(1);

impl Pbx {
    /// Goes on asking as long as there is anybody to ask.
    pub(crate) fn watch_turns(&mut self, now: Instant) {
        let anybody =
            self.site.settings.phones.qualify_seconds > 0 && self.registrar.bound().any(|(_, b)| b.is_behind_nat());
        if !anybody {
            self.timers.clear(Timer::Qualify);
        } else if self.timers.at(Timer::Qualify).is_none() {
            self.timers.set(Timer::Qualify, now + TURN);
        }
    }

    /// One user's phones changed. Nobody else's are looked at, of whom there may be a thousand: if one of them is behind NAT its turn is set
    /// already, and if nobody is any more the next turn finds it out.
    pub(crate) fn watch_turn_of(&mut self, now: Instant, user: &str) {
        let unset = self.site.settings.phones.qualify_seconds > 0 && self.timers.at(Timer::Qualify).is_none();
        if unset && self.registrar.phones(user).iter().any(Bound::is_behind_nat) {
            self.timers.set(Timer::Qualify, now + TURN);
        }
    }

    /// The next turn: those whose turn it is are asked.
    pub(crate) fn ask_turn(&mut self, now: Now) {
        let round = u64::from(self.site.settings.phones.qualify_seconds.max(1));
        let turn = now.instant.nanos() / 1_000_000_000 % round;
        let due = |(user, b): &(&str, &Bound)| b.is_behind_nat() && place(user, b) % round == turn;
        let asked: Vec<(String, Bound)> =
            self.registrar.bound().filter(due).map(|(user, b)| (user.to_owned(), b.clone())).collect();
        for (user, bound) in asked {
            let id = SendId(self.next_errand);
            self.next_errand += 1;
            let domain = &self.site.settings.domain;
            let from = NameAddr { display: Pii::default(), uri: format!("sip:{domain}").into() };
            let to = NameAddr { display: Pii::default(), uri: format!("sip:{user}@{domain}").into() };
            let order = sending(&bound, from, to, Content::Options);
            self.errands.insert(id, Errand::Qualify { user, way: bound.way() });
            self.out.push_back(Output::Sip(sip_api::Command::Send { id, sending: order.into() }));
        }
        self.watch_turns(now.instant);
    }

    /// A phone answered, or did not.
    pub(crate) fn qualified(&mut self, user: &str, way: &Way, there: bool) {
        if self.registrar.answered(user, way, there) {
            self.out.push_back(Output::Event(Event::PhonesChanged));
        }
    }
}

/// In which turn of each round a phone is asked.
fn place(user: &str, bound: &Bound) -> u64 {
    let mut hasher = DefaultHasher::new();
    (user, bound.contact.expose()).hash(&mut hasher);
    hasher.finish()
}
