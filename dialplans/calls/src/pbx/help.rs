//! Phones are told that somebody calls for help: those of the extensions that the plan names (`[emergency] alert`), as a message of text
//! (RFC 3428) that each shows in its own way.
//!
//! It is said after all that the call itself wants said, so that help waits for none of it. Where the newest way to a phone has failed the next one
//! is tried; what becomes of it then is nobody's loss, since the console and the mail say the same.

use std::net::IpAddr;

use model::Pii;
use sip::api::{Content, NameAddr};

use crate::api::{Event, Output};
use crate::pbx::Pbx;
use crate::pbx::letters::{Errand, Handing};
use crate::registrar::Bound;

/// Phones that are being told at once; each has 32 s for its answer. Whoever dials for help again and again must not make us a flood.
const MAX_TOLD: usize = 200;

/// An alert that a step has raised.
pub(super) struct Alarm {
    sentence: Pii<String>,
    tell: Vec<String>,
    quiet: Option<(String, IpAddr)>,
}

/// Those among what a step says.
pub(super) fn alarms(out: &[Output]) -> Vec<Alarm> {
    let alarm = |output: &Output| match output {
        Output::Event(Event::Alert { sentence, tell, quiet, .. }) => {
            Some(Alarm { sentence: sentence.clone(), tell: tell.clone(), quiet: quiet.clone() })
        }
        _ => None,
    };
    out.iter().filter_map(alarm).collect()
}

impl Pbx {
    /// Each device of those who are to be told but the one that is to be quiet.
    pub(super) fn tell_phones(&mut self, alarm: &Alarm) {
        let under_way = self.errands.values().filter(|errand| matches!(errand, Errand::Help(_))).count();
        let is_quiet = |extension: &str, device: &Bound| {
            let quiet = alarm.quiet.as_ref().filter(|(by, _)| by == extension);
            quiet.is_some_and(|(_, ip)| ip.to_canonical() == device.flow.remote.ip().to_canonical())
        };
        let settings = &self.site.settings;
        let people = alarm.tell.iter().filter_map(|extension| settings.extension(extension));
        let mut orders = Vec::new();
        for person in people {
            let uri = format!("sip:{}@{}", person.user, settings.domain).into();
            let to = NameAddr { display: person.name.clone(), uri };
            let devices = self.registrar.devices(&person.user).into_iter();
            for device in devices.filter(|device| !is_quiet(&person.extension, device)) {
                let body = alarm.sentence.expose().clone().into();
                let content = Content::Message { content_type: "text/plain".to_owned(), body };
                orders.push(Handing::new(&person.user, device, self.ourselves(), to.clone(), content));
            }
        }
        for order in orders.into_iter().take(MAX_TOLD.saturating_sub(under_way)) {
            self.hand(order, Errand::Help);
        }
    }

    /// True if a phone of this extension is in a call for help.
    pub(super) fn calls_for_help(&self, extension: &str) -> bool {
        let helps = |leg| self.legs.get(leg).and_then(|id| self.calls.get(id)).is_some_and(|e| e.card.help.is_some());
        self.desks.iter().any(|(leg, desk)| desk.extension == extension && helps(leg))
    }

    /// Who says what nobody in particular says.
    pub(super) fn ourselves(&self) -> NameAddr {
        let settings = &self.site.settings;
        NameAddr { display: settings.clinic_name.clone().into(), uri: format!("sip:{}", settings.domain).into() }
    }
}
