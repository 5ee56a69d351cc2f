//! Messages that wait, for phones that never subscribed to hear of them: many show their lamp by a NOTIFY that they did not ask for (RFC 3842
//! section 4.1). Those that did subscribe hear of it as watchers do.

use model::Pii;
use sip::api::{self as sip_api, Content, NameAddr, Package, SendId};

use crate::api::Output;
use crate::pbx::Pbx;
use crate::pbx::letters::{Errand, sending};
use crate::registrar::Bound;
use crate::watch::{self, Mailbox};

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
        let phones = user.map_or_else(Vec::new, |user| self.registrar.phones(&user).to_vec());
        for phone in &phones {
            self.say_summary(&extension, phone);
        }
    }

    /// A phone has registered that was not there before: what changed meanwhile it has not heard.
    pub(crate) fn greet(&mut self, user: &str, contacts: &[Pii<String>]) {
        let Some(extension) = self.site.settings.person(user).map(|person| person.extension.clone()) else { return };
        if !self.mailboxes.contains_key(&extension) {
            return;
        }
        let new = |bound: &&Bound| !contacts.contains(&bound.contact);
        let phones: Vec<Bound> = self.registrar.phones(user).iter().filter(new).cloned().collect();
        for phone in &phones {
            self.say_summary(&extension, phone);
        }
    }

    /// One NOTIFY at a time to each phone, so that none overtakes another: what changes meanwhile is said after it.
    fn say_summary(&mut self, extension: &str, phone: &Bound) {
        let settings = &self.site.settings;
        let Some(person) = settings.extension(extension) else { return };
        let said = self.mailboxes.get(extension).copied().unwrap_or_default();
        let under_way =
            |errand: &Errand| matches!(errand, Errand::Summary { contact, .. } if *contact == phone.contact);
        if self.watchers.hears_of_messages(&person.user, &phone.flow) || self.errands.values().any(under_way) {
            return;
        }
        let name = NameAddr { display: Pii::default(), uri: format!("sip:{}@{}", person.user, settings.domain).into() };
        let document = watch::summary(settings, extension, said);
        let content = Content::State { package: Package::MessageSummary, document };
        let order = sending(phone, name.clone(), name, content);
        let id = SendId(self.next_errand);
        self.next_errand += 1;
        let contact = phone.contact.clone();
        self.errands.insert(id, Errand::Summary { extension: extension.to_owned(), contact, said });
        self.out.push_back(Output::Sip(sip_api::Command::Send { id, sending: order.into() }));
    }

    /// A phone has heard it, or does not care to. Only one that has is told what changed meanwhile.
    pub(crate) fn summary_said(&mut self, extension: &str, contact: &Pii<String>, said: Mailbox, code: u16) {
        if code >= 300 || self.mailboxes.get(extension) == Some(&said) {
            return;
        }
        let user = self.site.settings.extension(extension).map(|person| person.user.clone());
        let phones = user.map_or_else(Vec::new, |user| self.registrar.phones(&user).to_vec());
        if let Some(phone) = phones.iter().find(|bound| bound.contact == *contact) {
            self.say_summary(extension, phone);
        }
    }
}
