//! Keys of phones that switch something on the phone itself: what is wished there is switched here, by the same rules as by a code, and what
//! is switched by whatever other door is told to the phone.

use model::switches::Switch;
use model::{Now, Pii};
use sip::api::{self as sip_api, Content, NameAddr, SendId, SubscriptionId};

use crate::api::{Event, Output};
use crate::pbx::Pbx;
use crate::pbx::letters::{Errand, sending};
use crate::watch::{Feature, Wish};

impl Pbx {
    /// A phone of this user has pressed one. Its phone is told how that feature stands then, also where nothing changed.
    pub(super) fn pressed(&mut self, now: Now, id: SubscriptionId, user: &str, wish: Wish) {
        let Some(extension) = self.site.settings.person(user).map(|person| person.extension.clone()) else { return };
        let (feature, switch) = match wish {
            Wish::Unknown => {
                Feature::ALL.into_iter().for_each(|feature| self.watchers.owe(id, feature));
                self.lamps_changed = true;
                return;
            }
            Wish::DoNotDisturb(on) => {
                (Feature::DoNotDisturb, Ok(Switch::DoNotDisturb { extension: extension.clone(), on: Some(on) }))
            }
            Wish::Forward { when, to } => {
                let switch = self.target(to).map(|to| Switch::Forward { extension: extension.clone(), when, to });
                (Feature::Forward(when), switch)
            }
        };
        let before = self.site.switches.clone();
        let done = switch.and_then(|switch| self.switch(now, &switch).map(|_| switch));
        match done {
            Ok(switch) if before != self.site.switches => {
                self.out.push_back(Output::Event(Event::KeyPressed { user: user.to_owned(), switch }));
            }
            Ok(_) => {}
            Err(why) => self.explain(id, user, &why),
        }
        self.watchers.owe(id, feature);
        self.lamps_changed = true;
    }

    /// Where calls are to go, as its user typed it.
    fn target(&self, typed: Option<Pii<String>>) -> Result<Option<model::PhoneNumber>, String> {
        let Some(typed) = typed else { return Ok(None) };
        let parsed = self.site.read(typed.expose());
        parsed.map(Some).map_err(|_| "Calls cannot be forwarded there: that is no number.".to_owned())
    }

    /// The phone shows only that nothing came of it; why is written to it, where phones show messages. What becomes of that is nobody's loss.
    fn explain(&mut self, id: SubscriptionId, user: &str, why: &str) {
        let Some(flow) = self.watchers.place(id) else { return };
        let phones = self.registrar.phones(user);
        let Some(phone) = phones.iter().find(|bound| bound.flow.remote == flow.remote).cloned() else { return };
        // One at a time to each phone: who presses again and again reads it once.
        let is_told = |errand: &Errand| matches!(errand, Errand::Told { way } if phone.is(way));
        if self.errands.values().any(is_told) {
            return;
        }
        let from = self.ourselves();
        let to = NameAddr { display: Pii::default(), uri: format!("sip:{user}@{}", self.site.settings.domain).into() };
        let content = Content::Message { content_type: "text/plain".to_owned(), body: why.to_owned().into() };
        let order = sending(&phone, from, to, content);
        let id = SendId(self.next_errand);
        self.next_errand += 1;
        self.errands.insert(id, Errand::Told { way: phone.way() });
        self.out.push_back(Output::Sip(sip_api::Command::Send { id, sending: order.into() }));
    }
}
