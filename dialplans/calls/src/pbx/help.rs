//! Phones are told that somebody calls for help: those of the extensions that the plan names (`[emergency] alert`), as a message of text
//! (RFC 3428) that each shows in its own way.
//!
//! It is said after all that the call itself wants said, so that help waits for none of it; what becomes of it is nobody's loss, since the
//! console and the mail say the same.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::time::Duration;

use model::fax::Direction;
use model::{Now, Pii, Wall};
use sip::api::{self as sip_api, Content, NameAddr, SendId};

use crate::api::{Event, Output};
use crate::call::entry::{Card, Entry};
use crate::call::{CallEvent, EndedFor};
use crate::pbx::Pbx;
use crate::pbx::letters::{Errand, sending};
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
        let under_way = self.errands.values().filter(|errand| matches!(errand, Errand::Help)).count();
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
                orders.push(sending(device, self.ourselves(), to.clone(), content));
            }
        }
        for order in orders.into_iter().take(MAX_TOLD.saturating_sub(under_way)) {
            let id = SendId(self.next_errand);
            self.next_errand += 1;
            self.errands.insert(id, Errand::Help);
            self.out.push_back(Output::Sip(sip_api::Command::Send { id, sending: order.into() }));
        }
    }

    /// Every trunk has refused a call for help, this one as a carrier does whose channels are all in use: one of our own calls on it ends. A fax
    /// that we send comes first, which goes on later as if nothing had been; then one that we receive, which its sender repeats. Two who talk are
    /// parted only where as many calls are up as the carrier allows: whoever began last. Never a call for help, nor one that came in since help was
    /// called: a dispatcher may be calling back.
    pub(super) fn make_room(&mut self, now: Now, trunk: &str) {
        let channels = self.site.settings.trunk(trunk).map_or(0, |trunk| trunk.channels);
        let is_full = self.in_use(trunk) >= channels;
        let calls_back =
            |card: &Card| card.direction == Direction::In && self.help_since(now).is_some_and(|at| card.started >= at);
        let may_end = |e: &Entry| {
            let card = &e.card;
            let talks = card.fax.is_none();
            e.ending().is_none()
                && card.help.is_none()
                && !card.sought_help
                && !(talks && (!is_full || calls_back(card)))
        };
        let on_it = self.calls.iter().filter(|(_, e)| may_end(e) && e.channels(trunk) > 0);
        let dearness = |e: &Entry| match (e.card.fax, e.card.direction) {
            (Some(_), Direction::Out) => 0,
            (Some(_), _) => 1,
            (None, _) => 2,
        };
        let least = on_it.min_by_key(|(_, e)| (dearness(e), Reverse(e.card.answered.unwrap_or(now.wall))));
        if let Some(id) = least.map(|(id, _)| *id) {
            self.step(now, id, CallEvent::HangUp(EndedFor::Help));
        }
    }

    /// A call for help begins.
    pub(super) fn help_is_called(&mut self, now: Now) {
        self.help_called = match self.help_called {
            Some((first, _)) if self.awaits_help(now) => Some((first, now)),
            _ => Some((now, now)),
        };
    }

    /// Help was called lately, and may call back.
    pub(super) fn awaits_help(&self, now: Now) -> bool {
        /// They call back within minutes, or when the ambulance does not find the door.
        const CALLED_BACK: Duration = Duration::from_secs(3600);
        self.help_called.is_some_and(|(_, last)| now.instant < last.instant + CALLED_BACK)
    }

    /// When the first of those calls for help was made after which help may call back.
    fn help_since(&self, now: Now) -> Option<Wall> {
        self.help_called.filter(|_| self.awaits_help(now)).map(|(first, _)| first.wall)
    }

    /// Who says what nobody in particular says.
    pub(super) fn ourselves(&self) -> NameAddr {
        let settings = &self.site.settings;
        NameAddr { display: settings.clinic_name.clone().into(), uri: format!("sip:{}", settings.domain).into() }
    }
}
