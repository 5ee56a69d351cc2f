//! Messages that wait, for phones that never subscribed to hear of them: many show their lamp by a NOTIFY that they did not ask for (RFC 3842
//! section 4.1). Those that did subscribe hear of it as watchers do.

use model::Pii;
use sip::api::{self as sip_api, Content, NameAddr, Package, SendId};

use crate::api::Output;
use crate::pbx::Pbx;
use crate::pbx::letters::{Errand, sending};
use crate::registrar::{Bound, Way};
use crate::watch::{self, Mailbox};

/// Phones of which it is known that they have not heard of their messages: more than a clinic has.
const MOST_UNTOLD: usize = 4096;

/// A phone as it started: one that loses its power keeps its address, and begins its registrations under another Call-ID (RFC 3261 section
/// 10.2.4).
#[derive(PartialEq, Eq)]
pub(crate) struct Start {
    contact: Pii<String>,
    call_id: String,
}

impl Start {
    pub(crate) fn of(bound: &Bound) -> Self {
        Self { contact: bound.contact.clone(), call_id: bound.call_id.clone() }
    }
}

impl Pbx {
    /// True if messages can be left for this extension.
    pub fn has_mailbox(&self, extension: &str) -> bool {
        self.site.plan.has_mailbox(extension, &self.site.settings)
    }

    /// So many messages wait for an extension now.
    pub(crate) fn messages_wait(&mut self, extension: String, mailbox: Mailbox) {
        self.lamps_changed = true;
        let user = self.site.settings.extension(&extension).map(|person| person.user.clone());
        self.mailboxes.insert(extension.clone(), mailbox);
        let phones = user.map_or_else(Vec::new, |user| {
            // A device hears it once, over its newest flow.
            let newest = self.registrar.devices(&user);
            let is_newest = |b: &&Bound| newest.iter().any(|device| device.is(&b.way()));
            self.registrar.phones(&user).iter().filter(is_newest).cloned().collect()
        });
        for phone in &phones {
            self.say_summary(&extension, phone);
        }
    }

    /// A phone has registered that was not there before, or has started anew, or was away when it was to be told: what changed meanwhile it has
    /// not heard.
    pub(crate) fn greet(&mut self, user: &str, before: &[Start]) {
        let Some(extension) = self.site.settings.person(user).map(|person| person.extension.clone()) else { return };
        if !self.mailboxes.contains_key(&extension) {
            return;
        }
        let untold = |bound: &&Bound| !before.contains(&Start::of(bound)) || self.untold.contains(&bound.way());
        let phones: Vec<Bound> = self.registrar.phones(user).iter().filter(untold).cloned().collect();
        for phone in &phones {
            self.untold.remove(&phone.way());
            self.say_summary(&extension, phone);
        }
    }

    /// One NOTIFY at a time to each phone, so that none overtakes another: what changes meanwhile is said after it.
    fn say_summary(&mut self, extension: &str, phone: &Bound) {
        let settings = &self.site.settings;
        let Some(person) = settings.extension(extension) else { return };
        let said = self.mailboxes.get(extension).copied().unwrap_or_default();
        let under_way = |errand: &Errand| matches!(errand, Errand::Summary { way, .. } if phone.is(way));
        if self.watchers.hears_of_messages(&person.user, &phone.flow) || self.errands.values().any(under_way) {
            return;
        }
        let name = NameAddr { display: Pii::default(), uri: format!("sip:{}@{}", person.user, settings.domain).into() };
        let document = watch::summary(settings, extension, said);
        let content = Content::State { package: Package::MessageSummary, document };
        let order = sending(phone, name.clone(), name, content);
        let id = SendId(self.next_errand);
        self.next_errand += 1;
        self.errands.insert(id, Errand::Summary { extension: extension.to_owned(), way: phone.way(), said });
        self.out.push_back(Output::Sip(sip_api::Command::Send { id, sending: order.into() }));
    }

    /// A phone has heard it, or does not care to, or is not there: that one hears it when it registers next. Only one that has heard it is told what
    /// changed meanwhile.
    pub(crate) fn summary_said(&mut self, extension: &str, way: &Way, said: Mailbox, code: u16) {
        let is_away = matches!(code, 408 | 503);
        if !is_away && (code >= 300 || self.mailboxes.get(extension) == Some(&said)) {
            return;
        }
        let user = self.site.settings.extension(extension).map(|person| person.user.clone());
        let phones = user.map_or_else(Vec::new, |user| self.registrar.phones(&user).to_vec());
        if is_away {
            // A phone that is registered no more is told when it comes back all the same.
            if phones.iter().any(|bound| bound.is(way)) && self.untold.len() < MOST_UNTOLD {
                self.untold.insert(way.clone());
            }
            return;
        }
        if let Some(phone) = phones.iter().find(|bound| bound.is(way)) {
            self.say_summary(extension, phone);
        }
    }
}
