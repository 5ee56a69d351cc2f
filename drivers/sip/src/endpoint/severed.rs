//! Calls whose connection is gone, and where they go on. What phones watch is told by the same ways.
//!
//! A connection ends long before a call does: a carrier closes one that has been quiet, a phone opens another, a router forgets both. That says
//! nothing about the call, whose sound goes its own way. What we say in it goes from then on
//! - by another connection to the same place, where we had opened it (RFC 3261 section 18.1.1);
//! - to a phone of one of our users, where it is registered, now or as soon as it registers again; of a phone that speaks in datagrams no end is
//!   seen, and its registering by another path is what says that it has left the one before;
//! - to a carrier, where it listens, and never to the port that it had connected from (section 12.2.1.1);
//! - to anybody else at the address that they name, if they speak from there.
//!
//! None of these is certain before the peer is heard there. Until then silence is no sign that the call is over.

use std::collections::{BTreeSet, HashMap};

use super::Endpoint;
use crate::api::{Contact, Event, Flow, LegId, Register, Transport};
use crate::dialog::Dialog;
use crate::dialog::leg::{Leg, MAX_ATTEMPTS, Phase};
use crate::transaction::client::ClientId;
use crate::transaction::server::Servers;
use crate::transaction::timer::{COMES_BACK, Owner, Timer};
use crate::wire::Uri;

/// One binding of a user.
struct Home {
    contact: String,
    /// Which device it is, or empty.
    instance: String,
    flow: Flow,
}

impl Home {
    /// True if the peer of this dialog is that phone: by its name, by its Contact, or, since many a phone puts the port of its connection into
    /// that, by all of it but the port.
    fn is_of(&self, dialog: &Dialog) -> bool {
        if !self.instance.is_empty() && !dialog.instance.is_empty() {
            return self.instance == dialog.instance;
        }
        let contact = self.contact.as_bytes();
        let same_host = self.flow.remote.ip() == dialog.flow.remote.ip();
        dialog.contacts().any(|named| named == contact || same_host && is_same_place(named, contact))
    }
}

fn is_same_place(one: &[u8], other: &[u8]) -> bool {
    let (one, other) = (Uri::parse(one), Uri::parse(other));
    matches!((one, other), (Ok(one), Ok(other)) if one.user == other.user && one.host == other.host)
}

/// What was encrypted stays so.
fn is_no_worse(flow: Flow, than: Flow) -> bool {
    flow.transport.is_secure() || !than.transport.is_secure()
}

/// Where the users' phones are, as far as their calls need it.
#[derive(Default)]
pub(super) struct Homes {
    /// The newest is the last. As many as our user grants, and only of those whom it knows.
    bound: HashMap<String, Vec<Home>>,
    /// Calls of phones that have not been heard since their connection ended.
    missing: BTreeSet<LegId>,
}

impl Homes {
    /// A phone registered; `granted` are all contacts that its user has now. The paths of datagrams that it has left with that: it names itself as
    /// before, or is the same device.
    fn registered(&mut self, register: Register, granted: &[Contact]) -> Vec<Flow> {
        let Register { user, contacts, flow, .. } = register;
        let is_granted = |uri: &str| granted.iter().any(|contact| contact.uri.expose() == uri);
        let named = |home: &Home| contacts.iter().any(|contact| *contact.uri.expose() == home.contact);
        let mut homes = self.bound.remove(&user).unwrap_or_default();
        // One that keeps several paths says which this is; any other has left the one that it had, though its name may stand for a while.
        let device = |home: &Home| {
            let same = |c: &&Contact| !c.instance.is_empty() && c.instance == home.instance;
            contacts.iter().filter(same).any(|c| c.reg_id == 0 || !is_granted(&home.contact))
        };
        // Two phones behind two routers may have one name.
        let other = |home: &Home| {
            let differs =
                |c: &Contact| !c.instance.is_empty() && !home.instance.is_empty() && c.instance != home.instance;
            contacts.iter().any(|c| *c.uri.expose() == home.contact && differs(c))
        };
        let same = |home: &Home| named(home) && !other(home) || device(home);
        let has_left = |home: &&Home| home.flow.connection == 0 && home.flow != flow && same(home);
        let left = homes.iter().filter(has_left).map(|home| home.flow).collect();
        // A device may keep several connections (RFC 5626); each is forgotten when it ends.
        let stands = |home: &Home| home.flow.connection != 0 && home.flow != flow;
        let is_kept = |home: &Home| {
            let same = |c: &Contact| c.instance.is_empty() || home.instance.is_empty() || c.instance == home.instance;
            granted.iter().any(|c| *c.uri.expose() == home.contact && same(c))
        };
        homes.retain(|home| is_kept(home) && (!named(home) || other(home) || stands(home)));
        for contact in contacts.iter().filter(|contact| is_granted(contact.uri.expose())) {
            let (contact, instance) = (contact.uri.expose().clone(), contact.instance.clone());
            homes.push(Home { contact, instance, flow });
        }
        if !homes.is_empty() {
            self.bound.insert(user, homes);
        }
        left
    }

    /// By this connection nobody is reached any more.
    fn left(&mut self, gone: Flow) {
        self.bound.retain(|_, homes| {
            homes.retain(|home| home.flow != gone);
            !homes.is_empty()
        });
    }

    /// Where the peer of this dialog is registered, if it is a phone of this user.
    pub(super) fn way_to(&self, user: Option<&str>, dialog: &Dialog) -> Option<Flow> {
        self.of(user?, dialog)
    }

    fn of(&self, user: &str, dialog: &Dialog) -> Option<Flow> {
        let homes = self.bound.get(user)?.iter();
        homes
            .map(|home| (home, home.flow))
            .rfind(|(home, flow)| home.is_of(dialog) && is_no_worse(*flow, dialog.flow))
            .map(|(_, flow)| flow)
    }
}

/// What we say to its peer goes by this flow, and so does the answer that it waits for: it knows its call by the branch, whatever the connection.
fn go_on_by(leg: &mut Leg, flow: Flow, servers: &mut Servers) {
    leg.dialog.flow = flow;
    if let Phase::Incoming { server } = leg.phase {
        servers.answer_by(server, flow);
    }
    if let Some(asked) = leg.asked() {
        servers.answer_by(asked.server, flow);
    }
    if let Some(answer) = &mut leg.unacknowledged {
        answer.flow = flow;
    }
    if let Some(ringing) = leg.reliable.as_mut().and_then(|reliable| reliable.sent.as_mut()) {
        ringing.flow = flow;
    }
}

impl Endpoint {
    /// A connection ended. The calls over it that have another way now.
    pub(super) fn sever(&mut self, gone: Flow) -> Vec<LegId> {
        // One without a number is an order that found no connection.
        if gone.connection == 0 {
            return Vec::new();
        }
        self.homes.left(gone);
        let mut moved = Vec::new();
        for leg in self.legs.over(gone) {
            let way = self.other_way(leg);
            let Some(found) = self.legs.find(leg) else { continue };
            let first = found.dialog.severed.replace(found.dialog.severed.unwrap_or(self.cx.now)).is_none();
            if let Some(flow) = way {
                go_on_by(found, flow, &mut self.servers);
                // What fails again without a word of the peer is not tried for ever.
                moved.extend(Some(leg).filter(|_| first));
            }
            if found.owner.is_some() {
                self.homes.missing.insert(leg);
                // Who wants no refresh is not asked for long, but then it must show that it is there.
                if first && found.session.unwanted {
                    self.cx.timers.set(Owner::Leg(leg), Timer::Refresh, self.cx.now + COMES_BACK);
                }
            }
        }
        moved
    }

    fn other_way(&self, leg: LegId) -> Option<Flow> {
        let found = self.legs.get(leg)?;
        let gone = found.dialog.flow;
        if gone.can_be_replaced() {
            return Some(gone);
        }
        let home = found.owner.as_ref().and_then(|user| self.homes.of(user, &found.dialog));
        let carrier = || {
            let line = self.trunks.lines.get(&found.over.as_ref()?.id)?;
            let ip = gone.remote.ip().to_canonical();
            let here = |f: &&Flow| f.remote.ip().to_canonical() == ip && is_no_worse(**f, gone);
            let mut flows = line.config.flows.iter().filter(here);
            let first = flows.clone().next()?;
            Some(Flow { connection: 0, ..*flows.find(|f| f.transport == gone.transport).unwrap_or(first) })
        };
        home.or_else(carrier).or_else(|| found.dialog.listens())
    }

    /// Something begins with a phone of this user, if that is known. If the connection by which it registered is gone, it begins by another of the
    /// same phone, or where that listens.
    pub(super) fn find_way(&self, dialog: &mut Dialog, user: Option<&str>) {
        let flow = dialog.flow;
        let is_stream = matches!(flow.transport, Transport::Tcp | Transport::Tls);
        if !is_stream || flow.can_be_replaced() || self.streams.last_heard(flow).is_some() {
            return;
        }
        let home = self.homes.way_to(user, dialog);
        if let Some(way) = home.or_else(|| dialog.listens()) {
            dialog.flow = way;
        }
    }

    /// A call to a phone met a connection that was dead, or ended before the phone said a word: it goes once more by the other way that there is.
    /// A phone that has heard of it all the same knows by its Call-ID and CSeq that it is the same (section 8.2.2.2).
    pub(super) fn invite_there(&mut self, leg: LegId, gone: Flow) -> bool {
        let is_phone = |found: &Leg| found.owner.is_some() && found.over.is_none() && !gone.can_be_replaced();
        let waits = |found: &Leg| matches!(found.phase, Phase::Outgoing { .. });
        let goes = self.legs.get(leg).is_some_and(|found| is_phone(found) && waits(found));
        if goes {
            self.send_invite(leg);
        }
        goes
    }

    /// A phone registered, as its user has granted: calls of it that were cut off go on there, and so do those whose path it has left, since its
    /// router or its network gave it another one.
    pub(super) fn at_home(&mut self, register: Register, granted: &[Contact]) {
        let user = register.user.clone();
        for left in self.homes.registered(register, granted) {
            for leg in self.legs.over(left) {
                let Some(found) = self.legs.find(leg).filter(|l| l.owner.as_ref() == Some(&user)) else { continue };
                if let Some(flow) = self.homes.of(&user, &found.dialog) {
                    go_on_by(found, flow, &mut self.servers);
                }
            }
        }
        for leg in std::mem::take(&mut self.homes.missing) {
            let Some(found) = self.legs.find(leg).filter(|l| l.dialog.severed.is_some()) else { continue };
            if let Some(flow) = self.homes.of(&user, &found.dialog).filter(|_| found.owner.as_ref() == Some(&user)) {
                go_on_by(found, flow, &mut self.servers);
            }
            self.homes.missing.insert(leg);
        }
        self.find_subscribers(&user);
    }

    /// The peer has answered something.
    pub(super) fn is_there(&mut self, leg: LegId) {
        if let Some(found) = self.legs.find(leg) {
            found.dialog.severed = None;
        }
    }

    /// True if it means nothing that a change or refresh was not answered: its connection broke, or the peer has not been heard since one did.
    pub(super) fn is_cut_off(&self, leg: LegId, code: u16) -> bool {
        code == 503 || self.legs.get(leg).is_some_and(|found| found.dialog.severed.is_some())
    }

    /// A re-INVITE of ours got no answer, and the call goes on: it goes again, if it can go by another connection (`again`), or counts as refused
    /// for now.
    pub(super) fn change_broke(&mut self, leg: LegId, client: ClientId, again: bool, code: u16) {
        let Some(found) = self.legs.find(leg) else { return };
        let Some((mut ask, _)) = found.take_sent(client) else { return };
        found.exchange.withdraw();
        if !matches!(found.phase, Phase::Confirmed) {
            return;
        }
        ask.attempt += 1;
        if again && ask.attempt <= MAX_ATTEMPTS {
            return self.send_reinvite(leg, ask);
        }
        if ask.told {
            self.cx.tell(Event::ReinviteRefused { leg, code });
        } else {
            self.refresh_again(leg);
        }
        self.next_change(leg);
    }
}
