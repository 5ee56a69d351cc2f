//! Whom to call for a caller: the phones of extensions, a trunk, or help.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use model::call::Party;
use model::settings::Person;
use model::trace::Mark;
use model::{PhoneNumber, Pii};
use sip::api::{LegId, NameAddr, OutgoingCall};
use sip::resolve::{Target, Trouble};

use crate::call::peer::Who;
use crate::call::start::user_part;
use crate::registrar::Bound;
use crate::step::Step;

/// How long a call may stay unanswered where the plan sets no time; carriers give up after about this long too.
pub(crate) const UNANSWERED: Duration = Duration::from_secs(180);
/// Help may be slow in a disaster, and the caller is the one who decides to give up.
const UNANSWERED_EMERGENCY: Duration = Duration::from_secs(600);
/// An emergency trunk that has said nothing for so long gets company: the next trunk is called beside it and the first answer
/// wins. It is not given up, since slow is not dead. Timer B alone would leave the caller in silence for 32 s. In an ordinary call an
/// address of a trunk that has not even said 100 by then is given up for the next one.
pub(crate) const NEXT_TRUNK: Duration = Duration::from_secs(4);
/// How often the list of emergency trunks is gone through before the call is given up.
const ROUNDS: usize = 2;
/// Addresses of one trunk that one call tries: a caller does not wait for more.
const MAX_SERVERS: usize = 4;
/// Legs of one call. A group of 20 extensions with a phone each fits; every leg is an INVITE of its own.
const MAX_FORKS: usize = 30;

/// Where the plan sends a call.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    /// All phones of these extensions at once.
    Phones { extensions: Vec<String>, ring: Duration },
    /// One trunk.
    /// `tried`: the addresses of it that were called.
    Trunk { trunk: String, number: PhoneNumber, tried: Vec<Target> },
    /// Trunk after trunk until one answers.
    Emergency { number: String, waiting: VecDeque<String> },
}

/// A leg that is being called.
#[derive(Clone, Debug)]
pub(crate) struct Fork {
    pub(crate) leg: LegId,
    /// Whom it reaches.
    pub(crate) who: Who,
    /// It has said something beyond 100.
    pub(crate) heard: bool,
}

impl Fork {
    /// For the trace: "Nurse", "the trunk main".
    pub(crate) fn name(&self) -> String {
        self.who.trunk.as_ref().map_or_else(|| self.who.said(), |trunk| format!("the trunk {trunk}"))
    }
}

impl Route {
    pub(crate) const fn trunk(trunk: String, number: PhoneNumber) -> Self {
        Self::Trunk { trunk, number, tried: Vec::new() }
    }

    pub(crate) fn emergency(number: String, trunks: &[String]) -> Self {
        let waiting = trunks.iter().cycle().take(trunks.len() * ROUNDS).cloned().collect();
        Self::Emergency { number, waiting }
    }

    pub(crate) const fn unanswered(&self) -> Duration {
        match self {
            Self::Phones { ring, .. } => *ring,
            Self::Trunk { .. } => UNANSWERED,
            Self::Emergency { .. } => UNANSWERED_EMERGENCY,
        }
    }

    pub(crate) const fn is_phones(&self) -> bool {
        matches!(self, Self::Phones { .. })
    }

    /// Leaves this extension out of a group: who transfers somebody to a group that they are in does not want them back.
    pub(crate) fn without(&mut self, extension: Option<&PhoneNumber>) {
        if let Self::Phones { extensions, .. } = self
            && extensions.len() > 1
        {
            extensions.retain(|e| extension.is_none_or(|own| own.as_str() != e));
        }
    }

    /// There is nobody to call, so that nothing need be opened for it.
    pub(crate) fn is_empty(&self, caller: &Party, step: &Step<'_>) -> bool {
        matches!(self, Self::Phones { extensions, .. } if registered(extensions, caller, step).is_empty())
    }

    /// Calls everybody who is to be called first, for `caller`.
    pub(crate) fn first(&mut self, caller: &Party, offer: &Bytes, step: &mut Step<'_>) -> Vec<Fork> {
        match self {
            Self::Phones { extensions, .. } => phones(extensions, caller, offer, step),
            Self::Trunk { .. } | Self::Emergency { .. } => self.next(&[], offer, step).into_iter().collect(),
        }
    }

    /// Calls the next address of a trunk (RFC 3263 section 4.3), or the next one of an emergency's trunks that is not being called already.
    pub(crate) fn next(&mut self, forks: &[Fork], offer: &Bytes, step: &mut Step<'_>) -> Option<Fork> {
        let (number, waiting) = match self {
            Self::Phones { .. } => return None,
            Self::Trunk { tried, .. } if tried.len() == MAX_SERVERS => return None,
            Self::Trunk { trunk, number, tried } => {
                let fork = over_trunk(trunk, number.as_str(), offer, tried, step)?;
                tried.extend(fork.who.server.clone());
                return Some(fork);
            }
            Self::Emergency { number, waiting } => (number, waiting),
        };
        while let Some(trunk) = waiting.pop_front() {
            if forks.iter().any(|f| f.who.trunk.as_ref() == Some(&trunk)) {
                continue;
            }
            if let Some(fork) = over_trunk(&trunk, number, offer, &[], step) {
                return Some(fork);
            }
        }
        None
    }

    /// There is a trunk, or an address of it, left to try.
    pub(crate) fn has_next(&self, step: &Step<'_>) -> bool {
        match self {
            Self::Phones { .. } => false,
            Self::Trunk { trunk, tried, .. } => {
                tried.len() < MAX_SERVERS && step.carriers.order(trunk).iter().any(|t| !tried.contains(t))
            }
            Self::Emergency { waiting, .. } => !waiting.is_empty(),
        }
    }
}

fn registered<'s>(extensions: &[String], caller: &Party, step: &Step<'s>) -> Vec<(&'s Person, &'s Bound)> {
    let (registrar, settings) = (step.registrar, &step.site.settings);
    let own = caller.number.as_ref().map(PhoneNumber::as_str);
    // Who calls a group that they are in does not want their own phone to ring; who calls themselves alone does.
    let group = extensions.len() > 1;
    let called = extensions.iter().filter(|e| !group || own != Some(e.as_str()));
    called
        .filter_map(|extension| settings.extension(extension))
        .flat_map(|person| registrar.phones(&person.user).iter().map(move |bound| (person, bound)))
        .take(MAX_FORKS)
        .collect()
}

fn phones(extensions: &[String], caller: &Party, offer: &Bytes, step: &mut Step<'_>) -> Vec<Fork> {
    let targets = registered(extensions, caller, step);
    let settings = &step.site.settings;
    let phones = if targets.len() == 1 { "phone" } else { "phones" };
    step.note(Mark::Good, format!("Ringing {} {phones}", targets.len()), "");
    let from = NameAddr {
        display: caller.name.clone(),
        uri: format!("sip:{}@{}", user_part(caller.number.as_ref()), settings.domain).into(),
    };
    let forks = targets.into_iter().map(|(person, bound)| {
        let to =
            NameAddr { display: person.name.clone(), uri: format!("sip:{}@{}", person.user, settings.domain).into() };
        let call = OutgoingCall::new(bound.contact.clone(), bound.flow, from.clone(), to, offer.clone());
        let leg = step.invite(call, None);
        let number = PhoneNumber::Internal(person.extension.clone());
        let party = Party { number: Some(number), name: person.name.clone() };
        Fork { leg, who: Who { party, user: Some(person.user.clone()), ..Who::default() }, heard: false }
    });
    forks.collect()
}

/// Outside, the clinic calls as itself: its main number is the one to call back, for an emergency service too.
///
/// It goes to the first address of the trunk that is not among `tried`.
pub(crate) fn over_trunk(
    trunk: &str,
    number: &str,
    offer: &Bytes,
    tried: &[Target],
    step: &mut Step<'_>,
) -> Option<Fork> {
    let settings = &step.site.settings;
    let Some(to) = settings.trunk(trunk) else {
        step.note(Mark::Bad, format!("The plan names a trunk {trunk} that is not in the settings"), "");
        return None;
    };
    let Some(server) = step.carriers.order(trunk).iter().find(|t| !tried.contains(t)).cloned() else {
        let why = match step.carriers.trouble(trunk) {
            Some(Trouble::NoDns) => "the DNS does not answer",
            Some(Trouble::NoAddress) => "the DNS knows no such server",
            None => "it has not been looked up yet",
        };
        step.note(Mark::Bad, format!("Nobody knows where the trunk {trunk} is"), why);
        return None;
    };
    step.note(Mark::Good, format!("Calling over the trunk {trunk}"), "");
    let own = if step.card.fax.is_some() { &settings.fax_number } else { &settings.main_number };
    let from = NameAddr {
        display: settings.clinic_name.clone().into(),
        uri: format!("sip:{}@{}", own.as_str(), settings.domain).into(),
    };
    let uri = Pii::new(format!("sip:{number}@{}", to.server));
    let called = NameAddr { display: String::new().into(), uri: uri.clone() };
    let call = OutgoingCall::new(uri, step.site.flow_to(&server), from, called, offer.clone());
    let leg = step.invite(call, Some(trunk));
    let party = Party { number: settings.numbering.parse(number).ok(), name: Pii::default() };
    Some(Fork {
        leg,
        who: Who { party, user: None, trunk: Some(trunk.to_owned()), server: Some(server) },
        heard: false,
    })
}
