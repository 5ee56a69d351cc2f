//! What a REGISTER that is right does to the bindings of its user: all of it, or nothing (RFC 3261 section 10.3).

use std::time::Duration;

use model::{Now, Random};
use sip::api::{Contact, Flow, Register};
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
    let touched = |b: &Bound| register.remove_all || register.contacts.iter().any(|c| means(c, &register.flow, b));
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
        bound.retain(|b| !means(contact, &register.flow, b));
        if contact.expires != 0 {
            make_room(bound);
            bound.push(binding(now, contact, register, grip));
        }
    }
    Ok(!register.contacts.is_empty())
}

/// True if a contact that came by this flow means this binding: the same flow of the same device, wherever that is now (RFC 5626 section 6), or,
/// where either says nothing of such, the same URI. A device may have one URI for all of its flows, and another behind another router has the same;
/// but one that speaks from the very same place is there instead of it.
fn means(contact: &Contact, flow: &Flow, bound: &Bound) -> bool {
    let same_uri = bound.contact == contact.uri;
    let same_place = bound.flow.transport == flow.transport && bound.flow.remote == flow.remote;
    if bound.is_other_device(&contact.instance) {
        return same_uri && same_place;
    }
    if contact.reg_id == 0 || bound.reg_id == 0 {
        return same_uri;
    }
    bound.is_flow(&contact.instance, contact.reg_id)
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
