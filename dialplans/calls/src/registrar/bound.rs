//! One phone, as the registrar knows it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use model::call::Binding;
use model::{Instant, Now, Pii, Random, Wall};
use sip::api::{Contact, Flow, Transport};
use sip::gruu;
use sip::wire::{Uri, uri};

/// Which of a user's bindings: a device may have one Contact for all of its flows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Way {
    contact: Pii<String>,
    instance: String,
    reg_id: u32,
}

/// One binding: a phone, or one flow of a device that has several.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    pub(crate) contact: Pii<String>,
    pub(crate) flow: Flow,
    /// The proxies on the way to it, the one next to us first.
    pub(crate) path: Vec<Pii<String>>,
    /// Which device it is, or empty.
    pub(crate) instance: String,
    /// Which of the device's flows, or 0.
    pub(crate) reg_id: u32,
    /// In thousandths.
    pub(crate) priority: u16,
    /// The secret behind its temporary GRUUs, or empty.
    pub(crate) grip: String,
    pub(crate) agent: String,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    /// When it was made or refreshed.
    pub(crate) since: Instant,
    pub(crate) expires: Instant,
    pub(crate) until: Wall,
    /// How many OPTIONS in a row it has not answered.
    pub(crate) missed: u8,
}

impl Bound {
    /// Its name among those of its user.
    pub(crate) fn way(&self) -> Way {
        Way { contact: self.contact.clone(), instance: self.instance.clone(), reg_id: self.reg_id }
    }

    /// True if it is that one.
    pub(crate) fn is(&self, way: &Way) -> bool {
        self.reg_id == way.reg_id && self.contact == way.contact && self.instance == way.instance
    }

    /// True if each names its device, and they are two: what they name alike, behind two routers say, is no sign that they are one.
    pub(crate) fn is_other_device(&self, instance: &str) -> bool {
        !self.instance.is_empty() && !instance.is_empty() && self.instance != instance
    }

    /// True if it is this flow of this device.
    pub(crate) fn is_flow(&self, instance: &str, reg_id: u32) -> bool {
        reg_id != 0 && self.reg_id == reg_id && self.instance == instance
    }

    /// True if both are the same device, so that it would ring twice if both were called.
    pub(crate) fn is_same_device(&self, other: &Self) -> bool {
        !self.instance.is_empty() && self.instance == other.instance
    }

    /// Datagrams come from another address than the one that its Contact names: somebody rewrites them on the way, and forgets how.
    pub(crate) fn is_behind_nat(&self) -> bool {
        let uri = Uri::parse(self.contact.expose().as_bytes()).ok();
        let named = uri.and_then(|u| Some((uri::literal(u.host)?, u.port.unwrap_or(5060))));
        let remote = (self.flow.remote.ip().to_canonical(), self.flow.remote.port());
        self.flow.transport == Transport::Udp && self.path.is_empty() && named != Some(remote)
    }

    /// It has not answered several questions in a row: one may be lost on the way.
    pub(crate) const fn is_silent(&self) -> bool {
        self.missed >= 3
    }

    /// As our answer lists it. With `names`, the clinic's domain, its device gets GRUUs: a fresh temporary one each time.
    pub(crate) fn as_contact(&self, now: Instant, user: &str, names: Option<&str>, random: &mut Random) -> Contact {
        let left = self.expires.saturating_since(now).as_secs();
        let named = names.filter(|_| !self.grip.is_empty());
        let gruus = named.map(|domain| {
            let public = gruu::public(user, domain, &self.instance);
            (public.into(), gruu::temporary(&self.grip, domain, random).into())
        });
        Contact {
            uri: self.contact.clone(),
            expires: u32::try_from(left).unwrap_or(u32::MAX),
            priority: self.priority,
            instance: self.instance.clone(),
            reg_id: self.reg_id,
            gruus,
        }
    }

    /// For the store.
    pub(crate) fn as_binding(&self, user: &str) -> Binding {
        Binding {
            user: user.to_owned(),
            contact: self.contact.clone(),
            flow: write_flow(&self.flow),
            agent: self.agent.clone(),
            expires: self.until,
            path: self.path.clone(),
            instance: self.instance.clone(),
            reg_id: self.reg_id,
            priority: self.priority,
            grip: self.grip.clone(),
            call_id: self.call_id.clone(),
            cseq: self.cseq,
        }
    }

    /// What the store kept; `None` if it cannot be read or has ended.
    pub(crate) fn restored(now: Now, local: &dyn Fn(IpAddr) -> SocketAddr, binding: Binding) -> Option<Self> {
        let left = u64::try_from(binding.expires.millis_since(now.wall)).unwrap_or(0);
        // A clock that jumped must not make a binding immortal.
        let left = Duration::from_millis(left).min(Duration::from_secs((*super::EXPIRES.end()).into()));
        let flow = read_flow(&binding, local)?;
        (!left.is_zero()).then(|| Self {
            contact: binding.contact,
            flow,
            path: binding.path,
            instance: binding.instance,
            reg_id: binding.reg_id,
            priority: binding.priority,
            grip: binding.grip,
            agent: binding.agent,
            call_id: binding.call_id,
            cseq: binding.cseq,
            // Older than whatever comes now.
            since: Instant::ZERO,
            expires: now.instant + left,
            until: now.wall + left,
            missed: 0,
        })
    }
}

/// "udp 127.0.0.1:5090".
fn write_flow(flow: &Flow) -> String {
    format!("{} {}", flow.transport, flow.remote)
}

/// A connection does not outlive the process: a phone is called where it listens, if no NAT hides that, or over whatever connection it has by
/// then.
fn read_flow(binding: &Binding, local: &dyn Fn(IpAddr) -> SocketAddr) -> Option<Flow> {
    let (transport, remote) = binding.flow.split_once(' ')?;
    let transport: Transport = transport.parse().ok()?;
    if transport.is_websocket() {
        // A browser cannot be connected to; it comes back by itself.
        return None;
    }
    let remote: SocketAddr = remote.parse().ok()?;
    let flow = Flow { transport, local: local(remote.ip()), remote, connection: 0 };
    let first = binding.path.first().unwrap_or(&binding.contact);
    let listens = || flow.to_where_it_listens(first.expose());
    Some(if transport.is_reliable() { listens().unwrap_or(flow) } else { flow })
}
