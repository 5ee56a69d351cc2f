//! What a REGISTER that is right does to the bindings of its user: all of it, or nothing (RFC 3261 section 10.3).

use std::time::Duration;

use model::{Now, Random};
use sip::api::{Contact, Register};
use sip::gruu;

use super::{Bound, EXPIRES, MAX_BINDINGS};

/// Why nothing was changed.
pub(super) enum Refused {
    /// The CSeq is not above the one that made the binding: an old request that the network kept back.
    OutOfOrder,
    /// A lifetime is below what we grant.
    TooBrief,
}

/// Carries it out. True if something changed.
pub(super) fn update(
    bound: &mut Vec<Bound>,
    now: Now,
    random: &mut Random,
    register: &Register,
) -> Result<bool, Refused> {
    let touched = |b: &Bound| register.remove_all || register.contacts.iter().any(|c| means(c, b));
    if bound.iter().any(|b| touched(b) && b.call_id == register.call_id && b.cseq >= register.cseq) {
        return Err(Refused::OutOfOrder);
    }
    if register.contacts.iter().any(|c| (1..*EXPIRES.start()).contains(&c.expires)) {
        return Err(Refused::TooBrief);
    }
    if register.remove_all {
        let had = !bound.is_empty();
        bound.clear();
        return Ok(had);
    }
    for contact in register.contacts.iter().take(MAX_BINDINGS) {
        let grip = grip(bound, contact, register, random);
        bound.retain(|b| !means(contact, b));
        if contact.expires != 0 {
            make_room(bound);
            bound.push(binding(now, contact, register, grip));
        }
    }
    Ok(!register.contacts.is_empty())
}

/// True if a contact means this binding: the same flow of the same device, wherever that is now (RFC 5626 section 6), or the same URI.
fn means(contact: &Contact, bound: &Bound) -> bool {
    bound.is_flow(&contact.instance, contact.reg_id) || bound.contact == contact.uri
}

/// The device's temporary names hold as long as it registers by the same Call-ID (RFC 5627 section 5.1).
fn grip(bound: &[Bound], contact: &Contact, register: &Register, random: &mut Random) -> String {
    if contact.instance.is_empty() || !register.wants_gruu {
        return String::new();
    }
    let same = |b: &&Bound| b.instance == contact.instance && b.call_id == register.call_id && !b.grip.is_empty();
    bound.iter().find(same).map_or_else(|| gruu::grip(random), |b| b.grip.clone())
}

fn make_room(bound: &mut Vec<Bound>) {
    if bound.len() >= MAX_BINDINGS {
        let oldest = bound.iter().enumerate().min_by_key(|(_, b)| b.expires).map(|(i, _)| i);
        oldest.map(|i| bound.remove(i));
    }
}

fn binding(now: Now, contact: &Contact, register: &Register, grip: String) -> Bound {
    let lifetime = Duration::from_secs(u64::from(contact.expires.min(*EXPIRES.end())));
    Bound {
        contact: contact.uri.clone(),
        flow: register.flow,
        path: register.path.clone(),
        instance: contact.instance.clone(),
        reg_id: contact.reg_id,
        priority: contact.priority,
        grip,
        agent: register.agent.clone(),
        call_id: register.call_id.clone(),
        cseq: register.cseq,
        since: now.instant,
        expires: now.instant + lifetime,
        until: now.wall + lifetime,
        missed: 0,
    }
}
