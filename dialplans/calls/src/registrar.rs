//! Where each extension's phones are.
//!
//! Every REGISTER needs a digest, and the user it proves must be the one it registers. A phone is reached by the flow over which it
//! registered, not by what its Contact says: behind NAT only that path is open. What is wrong is answered by a challenge, and by
//! 403 once an address has guessed too often; a phone whose credentials are right is never locked out.

use std::collections::BTreeMap;
use std::time::Duration;

use model::call::Binding;
use model::{Instant, Now, Pii, Settings, Wall};
use sip::api::{Auth, Contact, Flow, Register, Transport};

use crate::guard::Guard;

/// A phone on the desk, one at home, a softphone, and room to change one. The oldest leaves when a sixth comes: a phone that forgets
/// its Contact at each restart must not fill the list for an hour.
const MAX_BINDINGS: usize = 5;

/// Shorter asks for traffic, longer leaves a vanished phone ringing in the void.
const EXPIRES: std::ops::RangeInclusive<u32> = 60..=3600;

/// One phone.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) contact: Pii<String>,
    pub(crate) flow: Flow,
    agent: String,
    call_id: String,
    cseq: u32,
    expires: Instant,
    until: Wall,
}

/// What a REGISTER came to.
#[derive(Debug)]
pub(crate) enum Answer {
    Accept { contacts: Vec<Contact>, changed: bool },
    Challenge { stale: bool },
    Reject { code: u16 },
}

/// All registrations.
#[derive(Debug, Default)]
pub(crate) struct Registrar {
    users: BTreeMap<String, Vec<Bound>>,
}

impl Registrar {
    /// Decides about a REGISTER and, if it is right, carries it out whole (RFC 3261 section 10.3).
    pub(crate) fn register(&mut self, now: Now, settings: &Settings, guard: &mut Guard, register: &Register) -> Answer {
        match &register.auth {
            Auth::Valid { user } if *user != register.user => return Answer::Reject { code: 403 },
            Auth::Valid { .. } => {}
            Auth::Stale => return Answer::Challenge { stale: true },
            Auth::None => return Answer::Challenge { stale: false },
            Auth::Wrong => {
                return if guard.wrong(now.instant, &register.flow) {
                    Answer::Challenge { stale: false }
                } else {
                    Answer::Reject { code: 403 }
                };
            }
        }
        if settings.person(&register.user).is_none() {
            return Answer::Reject { code: 404 };
        }
        let mut bound = self.users.get(&register.user).cloned().unwrap_or_default();
        bound.retain(|b| b.expires > now.instant);
        let changed = match update(&mut bound, now, register) {
            Ok(changed) => changed,
            Err(OutOfOrder) => return Answer::Reject { code: 400 },
        };
        let contacts = bound.iter().map(|b| b.as_contact(now.instant)).collect();
        if bound.is_empty() {
            self.users.remove(&register.user);
        } else {
            self.users.insert(register.user.clone(), bound);
        }
        Answer::Accept { contacts, changed }
    }

    /// The phones of a user.
    pub(crate) fn phones(&self, user: &str) -> &[Bound] {
        self.users.get(user).map_or(&[], Vec::as_slice)
    }

    /// Whose phone speaks over this flow.
    pub(crate) fn user_at(&self, flow: &Flow) -> Option<&str> {
        let here = |b: &Bound| b.flow.transport == flow.transport && b.flow.remote == flow.remote;
        self.users.iter().find(|(_, bound)| bound.iter().any(here)).map(|(user, _)| user.as_str())
    }

    /// Drops what has ended. True if something had.
    pub(crate) fn expire(&mut self, now: Instant) -> bool {
        self.retain(|_, b| b.expires > now)
    }

    /// Drops the phones of people who left the clinic. True if there were any.
    pub(crate) fn keep_people(&mut self, settings: &Settings) -> bool {
        self.retain(|user, _| settings.person(user).is_some())
    }

    fn retain(&mut self, keep: impl Fn(&str, &Bound) -> bool) -> bool {
        let before = self.count();
        for (user, bound) in &mut self.users {
            bound.retain(|b| keep(user, b));
        }
        self.users.retain(|_, bound| !bound.is_empty());
        self.count() != before
    }

    fn count(&self) -> usize {
        self.users.values().map(Vec::len).sum()
    }

    /// When the next one ends.
    pub(crate) fn next_expiry(&self) -> Option<Instant> {
        self.users.values().flatten().map(|b| b.expires).min()
    }

    /// All, for the store.
    pub(crate) fn bindings(&self) -> Vec<Binding> {
        let of = |(user, bound): (&String, &Vec<Bound>)| -> Vec<Binding> {
            bound.iter().map(|b| b.as_binding(user)).collect()
        };
        self.users.iter().flat_map(of).collect()
    }

    /// Takes up what the store kept over a restart. What cannot be read or has ended is left out: the phone registers again.
    pub(crate) fn restore(&mut self, now: Now, local: std::net::SocketAddr, bindings: Vec<Binding>) {
        for binding in bindings {
            let left = binding.expires.millis_since(now.wall);
            // A clock that jumped must not make a binding immortal.
            let left = Duration::from_millis(u64::try_from(left).unwrap_or(0)).min(Duration::from_secs(3600));
            let Some(flow) = read_flow(&binding.flow, local) else { continue };
            let bound = self.users.entry(binding.user).or_default();
            // A phone that was faster than the store has a binding that is newer than the one kept.
            let back = bound.iter().any(|b| b.contact == binding.contact);
            if back || left.is_zero() || bound.len() >= MAX_BINDINGS {
                continue;
            }
            bound.push(Bound {
                contact: binding.contact,
                flow,
                agent: binding.agent,
                call_id: String::new(),
                cseq: 0,
                expires: now.instant + left,
                until: now.wall + left,
            });
        }
        self.users.retain(|_, bound| !bound.is_empty());
    }
}

impl Bound {
    pub(crate) fn agent(&self) -> &str {
        &self.agent
    }

    pub(crate) fn until(&self) -> Wall {
        self.until
    }

    fn as_contact(&self, now: Instant) -> Contact {
        let left = self.expires.saturating_since(now).as_secs();
        Contact { uri: self.contact.clone(), expires: u32::try_from(left).unwrap_or(u32::MAX) }
    }

    fn as_binding(&self, user: &str) -> Binding {
        Binding {
            user: user.to_owned(),
            contact: self.contact.clone(),
            flow: write_flow(&self.flow),
            agent: self.agent.clone(),
            expires: self.until,
        }
    }
}

/// The CSeq is not above the one that made the binding: an old request that the network kept back.
struct OutOfOrder;

fn update(bound: &mut Vec<Bound>, now: Now, register: &Register) -> Result<bool, OutOfOrder> {
    let touched = |b: &Bound| register.remove_all || register.contacts.iter().any(|c| c.uri == b.contact);
    if bound.iter().any(|b| touched(b) && b.call_id == register.call_id && b.cseq >= register.cseq) {
        return Err(OutOfOrder);
    }
    if register.remove_all {
        let had = !bound.is_empty();
        bound.clear();
        return Ok(had);
    }
    for contact in register.contacts.iter().take(MAX_BINDINGS) {
        bound.retain(|b| b.contact != contact.uri);
        if contact.expires == 0 {
            continue;
        }
        if bound.len() >= MAX_BINDINGS {
            let oldest = bound.iter().enumerate().min_by_key(|(_, b)| b.expires).map(|(i, _)| i);
            oldest.map(|i| bound.remove(i));
        }
        let lifetime = Duration::from_secs(u64::from(contact.expires.clamp(*EXPIRES.start(), *EXPIRES.end())));
        bound.push(Bound {
            contact: contact.uri.clone(),
            flow: register.flow,
            agent: register.agent.clone(),
            call_id: register.call_id.clone(),
            cseq: register.cseq,
            expires: now.instant + lifetime,
            until: now.wall + lifetime,
        });
    }
    Ok(!register.contacts.is_empty())
}

/// "udp 127.0.0.1:5090".
fn write_flow(flow: &Flow) -> String {
    format!("{} {}", flow.transport, flow.remote)
}

/// A connection does not outlive the process: a TCP phone is called over whatever connection it has by then.
fn read_flow(text: &str, local: std::net::SocketAddr) -> Option<Flow> {
    let (transport, remote) = text.split_once(' ')?;
    let transport: Transport = transport.parse().ok()?;
    if transport.is_websocket() {
        // A browser cannot be connected to; it comes back by itself.
        return None;
    }
    Some(Flow { transport, local, remote: remote.parse().ok()?, connection: 0 })
}
