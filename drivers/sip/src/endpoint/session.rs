//! Session timers (RFC 4028) as an endpoint keeps them: what its 2xx agree on, its refreshes, and the end of a call that nobody
//! refreshed. Its user hears only of that end.

use bytes::Bytes;

use super::Endpoint;
use super::answer::SDP;
use super::outgoing::begin_update;
use crate::api::{Flow, LegId, is_passing};
use crate::dialog::leg::{MAX_ATTEMPTS, Phase};
use crate::dialog::session_timer::{MOST, Policy, SessionTimer, Terms, propose};
use crate::transaction::client::{ClientId, Purpose};
use crate::transaction::server::ServerId;
use crate::transaction::timer::{COMES_BACK, Owner, REFRESH_AGAIN, REFRESH_ALONE, Timer};
use crate::wire::{MIN_SE, Method, Name, Response, Writer};

impl Endpoint {
    /// What we want of a session timer; `raised` is what the peer's 422 said.
    pub(super) fn policy(&self, raised: u32) -> Policy {
        let min_se = self.config.min_se.max(raised).max(MIN_SE);
        Policy { expires: self.config.session_expires.max(min_se), min_se }
    }

    /// 200 to an INVITE, re-INVITE or UPDATE, with the timer that it agrees on. The bytes, if somebody still wanted them.
    pub(super) fn accept_session(&mut self, leg: LegId, server: ServerId, body: &[u8]) -> Option<Bytes> {
        let terms = Terms::read(&self.servers.find(server)?.request.as_deref()?.message);
        let found = self.legs.get(leg)?;
        // Before there is a call there is nothing to refresh.
        let stands = matches!(found.phase, Phase::Confirmed | Phase::Accepted { .. });
        let before = found.session.timer.map(|timer| timer.ours);
        let accepted = terms.accept(self.policy(0), before).filter(|_| stands);
        let data = self.answer_with(server, 200, |writer| {
            let writer = match accepted {
                Some(accepted) => accepted.write(writer),
                None => writer,
            };
            writer.body(SDP, body)
        });
        if stands {
            self.start_session(leg, accepted.map(|a| a.timer()));
        }
        data
    }

    /// The session was agreed on or refreshed just now.
    pub(super) fn start_session(&mut self, leg: LegId, timer: Option<SessionTimer>) {
        let Some(found) = self.legs.find(leg) else { return };
        found.session.timer = timer;
        found.session.due = false;
        let owner = Owner::Leg(leg);
        self.cx.timers.clear(owner, &[Timer::Refresh, Timer::SessionExpires]);
        if !matches!(found.phase, Phase::Confirmed | Phase::Accepted { bye: false }) {
            return;
        }
        let Some(timer) = timer else {
            // Who calls for help, and a carrier, is cut off by no silence of theirs: that their call is over is theirs to say.
            if found.owner.is_some() && !found.session.unwanted {
                self.cx.timers.set(owner, Timer::Refresh, self.cx.now + REFRESH_ALONE);
            }
            return;
        };
        if !found.helps {
            self.cx.timers.set(owner, Timer::SessionExpires, self.cx.now + timer.over_after());
        }
        if timer.ours {
            self.cx.timers.set(owner, Timer::Refresh, self.cx.now + timer.refresh_after());
        }
    }

    /// A 2xx to a request of ours that agrees on a timer, or does not. Who refreshes goes on with it in any case: to find a dead call
    /// is worth two messages.
    pub(super) fn session_agreed(&mut self, leg: LegId, response: &Response) {
        let before = self.legs.get(leg).and_then(|l| l.session.timer).filter(|timer| timer.ours);
        self.start_session(leg, Terms::read(&response.message).agreed().or(before));
    }

    /// The headers of a session timer in an INVITE or re-INVITE of this leg.
    pub(super) fn propose_session(&self, leg: LegId, writer: Writer) -> Writer {
        let session = self.legs.get(leg).map(|l| &l.session);
        let policy = self.policy(session.map_or(0, |s| s.raised));
        propose(writer, policy, session.and_then(|s| s.timer))
    }

    /// The peer wants longer intervals (422). False if it wanted that before, or wants what makes no sense.
    pub(super) fn raise(&mut self, leg: LegId, response: &Response) -> bool {
        let wanted = Terms::read(&response.message).min_se;
        let Some(found) = self.legs.find(leg) else { return false };
        let before = found.session.raised.max(self.config.min_se);
        let sensible = wanted > before && wanted <= MOST;
        if sensible {
            found.session.raised = wanted;
        }
        sensible
    }

    /// Our refresh is due: an UPDATE, which no fax or hold can be hurt by, or else a re-INVITE that says the same as before.
    pub(super) fn refresh(&mut self, leg: LegId) {
        let Some(found) = self.legs.find(leg) else { return };
        match found.phase {
            // Its ACK will come, or the leg ends.
            Phase::Accepted { bye: false } => {
                self.cx.timers.set(Owner::Leg(leg), Timer::Refresh, self.cx.now + REFRESH_AGAIN);
            }
            Phase::Confirmed if found.updates || found.exchange.agreed().is_none() => {
                found.session.attempt = 0;
                self.send_update(leg);
            }
            Phase::Confirmed => {
                found.session.due = true;
                self.next_change(leg);
            }
            _ => {}
        }
    }

    /// A refresh was refused, but not because the call is gone. Who agreed to none has said with that, too, that it is there. Or it did not reach
    /// the peer, whose connection is gone, and who may come back.
    pub(super) fn refresh_again(&mut self, leg: LegId) {
        let Some(found) = self.legs.get(leg) else { return };
        let since = found.dialog.severed;
        match found.session.timer {
            Some(timer) if timer.ours => {
                self.cx.timers.set(Owner::Leg(leg), Timer::Refresh, self.cx.now + REFRESH_AGAIN);
            }
            None if since.is_some_and(|since| self.cx.now - since >= COMES_BACK) => self.lose(leg),
            None => self.start_session(leg, None),
            Some(_) => {}
        }
    }

    /// A refresh by re-INVITE was refused, which is the last that is tried: who agreed to none, and can or will not do it, is left alone.
    pub(super) fn refresh_refused(&mut self, leg: LegId, code: u16) {
        if let Some(found) = self.legs.find(leg).filter(|l| l.session.timer.is_none()) {
            found.session.unwanted |= !is_passing(code);
        }
        self.refresh_again(leg);
    }

    fn send_update(&mut self, leg: LegId) {
        let branch = self.branch();
        let Some(found) = self.legs.find(leg) else { return };
        found.session.attempt += 1;
        found.dialog.local_cseq += 1;
        let dialog = &found.dialog;
        let writer = begin_update(dialog, &branch, &self.config.software);
        let hop = dialog.next_hop(&self.peers);
        let data = self.propose_session(leg, writer).end();
        let client = self.clients.start(&mut self.cx, Method::Update, &branch, hop, data, Purpose::Update(leg));
        if let Some(found) = self.legs.find(leg) {
            found.session.updating = Some(client);
        }
    }

    pub(super) fn update_answered(&mut self, leg: LegId, client: ClientId, flow: Flow, response: &Response) {
        let Some(found) = self.legs.find(leg).filter(|l| l.session.updating == Some(client)) else { return };
        found.session.updating = None;
        if !matches!(found.phase, Phase::Confirmed) {
            return;
        }
        let may_raise = found.session.attempt < MAX_ATTEMPTS;
        let alone = found.session.timer.is_none();
        match response.code {
            ..300 => {
                found.dialog.refresh(response.message.list(Name::Contact).next());
                found.dialog.answered_by(flow);
                self.session_agreed(leg, response);
            }
            408 if found.helps => self.refresh_again(leg),
            408 | 481 => self.lose(leg),
            422 if may_raise && self.raise(leg, response) => self.send_update(leg),
            // It said that it knows UPDATE, and does not, or wants none.
            code if matches!(code, 405 | 501) || alone && !is_passing(code) => self.refresh_otherwise(leg),
            _ => self.refresh_again(leg),
        }
    }

    /// Refreshes by a re-INVITE what was to be refreshed by UPDATE.
    fn refresh_otherwise(&mut self, leg: LegId) {
        let Some(found) = self.legs.find(leg) else { return };
        found.updates = false;
        found.session.due = found.exchange.agreed().is_some();
        self.next_change(leg);
    }
}
