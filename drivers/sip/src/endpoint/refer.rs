//! Transfers: REFER inside a call with its NOTIFYs (RFC 3515, RFC 4488), and INVITE with Replaces (RFC 3891).

use std::time::Duration;

use super::Endpoint;
use super::answer::SIPFRAG;
use crate::api::{Event, Flow, LegId, Refer, Replaces};
use crate::dialog::contact;
use crate::dialog::leg::{Leg, Phase};
use crate::dialog::referral::{REFER_EXPIRES, Referral, State, Subscription, target};
use crate::transaction::client::Purpose;
use crate::transaction::server::User;
use crate::transaction::timer::{Owner, Timer};
use crate::wire::lex::{self, text};
use crate::wire::{DialogId, EventType, Method, Name, Request, reason};

impl Endpoint {
    /// REFER inside a call: one at a time, so that a flood of them costs its sender more than us.
    pub(super) fn referred(&mut self, leg: LegId, flow: Flow, request: Request, tag: String) {
        let read = self.read_refer(leg, &request);
        let (id, silent) = (request.cseq, is_silent(&request));
        let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
        let refer = match read {
            Ok(refer) => refer,
            Err(code) => {
                self.answer(server, code);
                return;
            }
        };
        let Some(found) = self.legs.find(leg) else { return };
        let subscription = (!silent).then_some(Subscription { until: self.cx.now, sent: None, next: None });
        let first = !std::mem::replace(&mut found.was_referred, true);
        found.referral = Some(Referral { server: Some(server), id, first, code: 100, subscription });
        self.cx.tell(Event::Refer { leg, refer });
    }

    fn read_refer(&self, leg: LegId, request: &Request) -> Result<Refer, u16> {
        let found = self.legs.get(leg).ok_or(481u16)?;
        match found.phase {
            Phase::Confirmed | Phase::Accepted { bye: false } => {}
            Phase::Ending | Phase::Accepted { bye: true } => return Err(481),
            // Nobody is connected yet who could be handed on.
            _ => return Err(403),
        }
        if found.referral.is_some() {
            return Err(491);
        }
        let asked = target(&request.message)?;
        let replaces = match asked.replaces.as_deref().and_then(DialogId::parse) {
            Some(dialog) => Some(self.legs.by_dialog(&dialog).filter(|&other| other != leg).ok_or(603u16)?),
            None => None,
        };
        Ok(Refer { to: text(&asked.uri).into(), dialled: asked.user.into(), replaces })
    }

    pub(super) fn accept_refer(&mut self, leg: LegId) {
        let Some(referral) = self.legs.find(leg).and_then(|l| l.referral.as_mut()) else { return };
        let Some(server) = referral.server.take() else { return };
        let heard = referral.subscription.is_some();
        let until = self.cx.now + Duration::from_secs(REFER_EXPIRES.into());
        if let Some(subscription) = &mut referral.subscription {
            subscription.until = until;
            self.cx.timers.set(Owner::Leg(leg), Timer::Refer, until);
        }
        let Some(flow) = self.servers.find(server).map(|s| s.source) else { return };
        self.answer_with(server, 202, |writer| {
            let writer = writer.header("Contact", &[contact(flow).as_bytes()]);
            if heard { writer.end() } else { writer.header("Refer-Sub", &[b"false"]).end() }
        });
        self.say(leg, State::Active);
    }

    pub(super) fn refer_progress(&mut self, leg: LegId, code: u16) {
        let Some(found) = self.legs.find(leg) else { return };
        // Not before it was accepted, and nothing after its end.
        let Some(referral) = found.referral.as_mut().filter(|r| r.server.is_none() && r.code < 200) else { return };
        referral.code = code.clamp(100, 699);
        let last = code >= 200;
        if last && referral.subscription.is_none() {
            found.referral = None;
            return;
        }
        self.say(leg, if last { State::NoResource } else { State::Active });
    }

    pub(super) fn refuse_refer(&mut self, leg: LegId, code: u16) {
        let Some(found) = self.legs.find(leg) else { return };
        if let Some(server) = found.referral.take_if(|r| r.server.is_some()).and_then(|r| r.server) {
            self.answer(server, code.clamp(300, 699));
        }
    }

    /// SUBSCRIBE inside a call can only mean its REFER: it refreshes the subscription or ends it (RFC 6665 section 4.2.1).
    pub(super) fn refer_subscribed(&mut self, leg: LegId, flow: Flow, request: Request, tag: String) {
        let event = request.message.value(Name::Event).and_then(EventType::parse).filter(|e| e.package == b"refer");
        let ours = event.is_some();
        let wanted = request.message.value(Name::Expires).and_then(lex::number::<u32>).unwrap_or(REFER_EXPIRES);
        let expires = wanted.min(REFER_EXPIRES);
        let until = self.cx.now + Duration::from_secs(expires.into());
        let referral = self.legs.find(leg).and_then(|l| l.referral.as_mut()).filter(|r| r.server.is_none());
        let subscription =
            referral.filter(|r| event.is_some_and(|e| r.is_meant(&e))).and_then(|r| r.subscription.as_mut());
        // One that has said its last word is over.
        let subscription = subscription.filter(|s| s.sent != Some(true));
        let meant = subscription.map(|s| s.until = until).is_some();
        let server = self.servers.create(&mut self.cx, request, flow, tag, User::Endpoint);
        match (ours, meant) {
            (false, _) => {
                self.answer_with(server, 489, |writer| writer.header("Allow-Events", &[b"refer"]).end());
            }
            // Not 481, which would end the call with the subscription (RFC 5057 section 5.2).
            (true, false) => self.answer(server, 403),
            (true, true) => {
                self.answer_with(server, 200, |writer| {
                    writer.number("Expires", expires).header("Contact", &[contact(flow).as_bytes()]).end()
                });
                self.cx.timers.set(Owner::Leg(leg), Timer::Refer, until);
                self.say(leg, if expires == 0 { State::Timeout } else { State::Active });
            }
        }
    }

    /// The subscription's time is over. What was referred goes on without a listener.
    pub(super) fn refer_expired(&mut self, leg: LegId) {
        self.say(leg, State::Timeout);
    }

    /// A NOTIFY was answered, or not (408).
    pub(super) fn notified(&mut self, leg: LegId, code: u16) {
        let Some(found) = self.legs.find(leg) else { return };
        let Some(referral) = &mut found.referral else { return };
        let Some(subscription) = &mut referral.subscription else { return };
        let ended = subscription.sent == Some(true) || code >= 300;
        if !ended {
            if let Some(state) = subscription.taken() {
                self.send_notify(leg, state);
            }
            return;
        }
        referral.subscription = None;
        self.cx.timers.clear(Owner::Leg(leg), &[Timer::Refer]);
        if referral.code >= 200 {
            found.referral = None;
        }
    }

    /// Tells the subscriber where things stand, as soon as it has taken what was said before.
    fn say(&mut self, leg: LegId, state: State) {
        let Some(found) = self.legs.find(leg) else { return };
        let Some(subscription) = found.referral.as_mut().and_then(|r| r.subscription.as_mut()) else { return };
        if let Some(state) = subscription.say(state) {
            self.send_notify(leg, state);
        }
    }

    fn send_notify(&mut self, leg: LegId, state: State) {
        let branch = self.branch();
        let Some(found) = self.legs.find(leg) else { return };
        let Leg { dialog, referral: Some(referral), .. } = found else { return };
        let left = referral.subscription.as_ref().map_or(0, |s| s.until.saturating_since(self.cx.now).as_secs());
        dialog.local_cseq += 1;
        let fragment = format!("SIP/2.0 {} {}\r\n", referral.code, reason(referral.code));
        let data = dialog
            .request(Method::Notify, dialog.local_cseq, &branch)
            .header("Contact", &[contact(dialog.flow).as_bytes()])
            .header("Event", &[referral.event().as_bytes()])
            .header("Subscription-State", &[state.text(left).as_bytes()])
            .header("User-Agent", &[self.config.software.as_bytes()])
            .body(SIPFRAG, fragment.as_bytes());
        let hop = dialog.next_hop(&self.peers);
        self.clients.start(&mut self.cx, Method::Notify, &branch, hop, data, Purpose::Notify(leg));
    }

    /// The call of a REFER ends: the REFER is answered if it was not, and its subscriber hears the last that is known.
    pub(super) fn end_refer(&mut self, leg: LegId) {
        let Some(found) = self.legs.find(leg) else { return };
        let Some(referral) = &mut found.referral else { return };
        if let Some(server) = referral.server {
            found.referral = None;
            self.answer(server, 487);
            return;
        }
        let silent = referral.subscription.as_ref().is_none_or(|s| s.sent == Some(true));
        if !silent {
            self.send_notify(leg, State::NoResource);
        }
        if let Some(found) = self.legs.find(leg) {
            found.referral = None;
        }
        self.cx.timers.clear(Owner::Leg(leg), &[Timer::Refer]);
    }

    /// The call that an INVITE wants to replace; the error is the status to answer (RFC 3891 section 3).
    pub(super) fn replaced(&self, request: &Request) -> Result<Option<Replaces>, u16> {
        let Some(value) = request.message.value(Name::Replaces) else { return Ok(None) };
        let dialog = DialogId::parse(value).ok_or(400u16)?;
        let leg = self.legs.by_dialog(&dialog).ok_or(481u16)?;
        match self.legs.get(leg).map(|l| &l.phase) {
            Some(Phase::Confirmed | Phase::Accepted { bye: false }) if dialog.early_only => Err(486),
            Some(Phase::Confirmed | Phase::Accepted { bye: false } | Phase::Outgoing { .. }) => {
                Ok(Some(Replaces { leg, early_only: dialog.early_only }))
            }
            Some(Phase::Ending | Phase::Accepted { bye: true } | Phase::Cancelling { .. }) => Err(603),
            // Only a call that we make can be picked up while it rings, not one that somebody makes to us.
            Some(Phase::Incoming { .. }) | None => Err(481),
        }
    }
}

/// `Refer-Sub: false`: its sender wants to hear nothing more (RFC 4488).
fn is_silent(request: &Request) -> bool {
    let (value, _) = lex::value_and_params(request.message.value(Name::ReferSub).unwrap_or_default());
    value.eq_ignore_ascii_case(b"false")
}

impl crate::dialog::leg::Legs {
    /// The leg of a dialog, named as Replaces does: our tag is its `to-tag`. Some phones name their own first.
    fn by_dialog(&self, dialog: &DialogId<'_>) -> Option<LegId> {
        let of = |ours: &[u8], theirs: &[u8]| {
            let (id, leg) = self.tagged(ours)?;
            leg.has_dialog(dialog.call_id, theirs).then_some(id)
        };
        of(dialog.to_tag, dialog.from_tag).or_else(|| of(dialog.from_tag, dialog.to_tag))
    }
}
