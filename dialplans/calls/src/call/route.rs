//! Whom to call for a caller: the phones of extensions, a trunk, or help.

use std::collections::VecDeque;
use std::time::Duration;

use model::call::Party;
use model::trace::Mark;
use model::{PhoneNumber, Pii};
use sip::api::{Body, LegId, NameAddr, OutgoingCall};
use sip::resolve::{Target, Trouble};

use crate::call::manners::{self, Manners};
use crate::call::peer::Who;
use crate::call::phones::{Phone, Phones};
use crate::call::start::user_part;
use crate::registrar::Device;
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

/// Where the plan sends a call.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    /// All phones of these extensions at once.
    Phones { extensions: Vec<String>, only: Option<Device>, ring: Duration, waiting: Phones },
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
    /// The phone it goes to; none for a trunk.
    pub(crate) phone: Option<Phone>,
    /// It has said 100: its server is there.
    pub(crate) trying: bool,
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

    /// The phones of these extensions, or one device of theirs.
    pub(crate) fn phones(extensions: Vec<String>, only: Option<Device>, ring: Duration) -> Self {
        Self::Phones { extensions, only, ring, waiting: Phones::default() }
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

    /// Whose mailbox takes a message if nobody answers. Who calls for help is never asked to leave one.
    pub(crate) fn mailbox(&self, step: &Step<'_>) -> Option<String> {
        let site = step.site;
        match self {
            Self::Phones { extensions, .. } if step.card.help.is_none() && !step.card.sought_help => {
                site.plan.mailbox_of(extensions, &site.settings)
            }
            _ => None,
        }
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
        let nobody = |extensions: &[String], only| Phones::of(extensions, only, caller, step).is_empty();
        matches!(self, Self::Phones { extensions, only, .. } if nobody(extensions, only.as_ref()))
    }

    /// Calls everybody who is to be called first, for `caller`.
    pub(crate) fn first(&mut self, caller: &Party, offer: &Body, step: &mut Step<'_>) -> Vec<Fork> {
        match self {
            Self::Phones { extensions, only, waiting, .. } => {
                *waiting = Phones::of(extensions, only.as_ref(), caller, step);
                phones(&waiting.next(&[]), caller, offer, step)
            }
            Self::Trunk { .. } | Self::Emergency { .. } => self.next(&[], caller, offer, step),
        }
    }

    /// Calls who comes next while `forks` ring: the phones that better ones made room for, the next address of a trunk (RFC 3263
    /// section 4.3), or the next of an emergency's trunks that is not being called already.
    pub(crate) fn next(&mut self, forks: &[Fork], caller: &Party, offer: &Body, step: &mut Step<'_>) -> Vec<Fork> {
        match self {
            Self::Phones { waiting, .. } => {
                let next = waiting.next(forks);
                if next.is_empty() { Vec::new() } else { phones(&next, caller, offer, step) }
            }
            Self::Trunk { tried, .. } if tried.len() == MAX_SERVERS => Vec::new(),
            Self::Trunk { trunk, number, tried } => {
                let fork = over_trunk(trunk, number.as_str(), offer, tried, step);
                tried.extend(fork.as_ref().and_then(|f| f.who.server.clone()));
                fork.into_iter().collect()
            }
            Self::Emergency { number, waiting } => {
                next_trunk(number, waiting, forks, offer, step).into_iter().collect()
            }
        }
    }

    /// A fork was let go for a reason of our own: whom it reached is to be called again.
    pub(crate) fn again(&mut self, fork: Fork) {
        match self {
            Self::Phones { .. } => {}
            Self::Trunk { tried, .. } => tried.retain(|server| fork.who.server.as_ref() != Some(server)),
            Self::Emergency { waiting, .. } => fork.who.trunk.into_iter().for_each(|trunk| waiting.push_front(trunk)),
        }
    }

    /// One of the forks was refused.
    pub(crate) fn refused(&mut self, fork: &Fork, code: u16) {
        if let (Self::Phones { waiting, .. }, Some(phone)) = (self, &fork.phone) {
            waiting.refused(phone, code);
        }
    }

    /// There is a trunk, or an address of it, left to try.
    pub(crate) fn has_next(&self, step: &Step<'_>) -> bool {
        match self {
            Self::Phones { .. } => false,
            Self::Trunk { trunk, tried, .. } => {
                tried.len() < MAX_SERVERS && step.servers.order(trunk).iter().any(|t| !tried.contains(t))
            }
            Self::Emergency { waiting, .. } => !waiting.is_empty(),
        }
    }
}

fn next_trunk(
    number: &str,
    waiting: &mut VecDeque<String>,
    forks: &[Fork],
    offer: &Body,
    step: &mut Step<'_>,
) -> Option<Fork> {
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

fn phones(targets: &[Phone], caller: &Party, offer: &Body, step: &mut Step<'_>) -> Vec<Fork> {
    let (registrar, settings) = (step.registrar, &step.site.settings);
    let phones = if targets.len() == 1 { "phone" } else { "phones" };
    step.note(Mark::Good, format!("Ringing {} {phones}", targets.len()), "");
    let from = NameAddr {
        display: caller.name.clone(),
        uri: format!("sip:{}@{}", user_part(caller.number.as_ref()), settings.domain).into(),
    };
    let forks = targets.iter().filter_map(|phone| {
        let person = settings.person(&phone.user)?;
        // One that waited may be gone, or may have moved.
        let bound = registrar.phones(&phone.user).iter().find(|b| b.contact == phone.contact)?;
        let to =
            NameAddr { display: person.name.clone(), uri: format!("sip:{}@{}", person.user, settings.domain).into() };
        let call = OutgoingCall {
            route: bound.path.clone(),
            ..OutgoingCall::new(bound.contact.clone(), bound.flow, from.clone(), to, offer.clone())
        };
        let leg = step.invite(call, None);
        step.desk(leg, &person.extension, caller.clone());
        let number = PhoneNumber::Internal(person.extension.clone());
        let party = Party { number: Some(number), name: person.name.clone() };
        let who = Who { party, user: Some(person.user.clone()), ..Who::default() };
        Some(Fork { leg, who, phone: Some(phone.clone()), trying: false, heard: false })
    });
    forks.collect()
}

/// Calls a number over a trunk, as that carrier wants it: at its first address that is not among `tried`.
pub(crate) fn over_trunk(
    trunk: &str,
    number: &str,
    offer: &Body,
    tried: &[Target],
    step: &mut Step<'_>,
) -> Option<Fork> {
    let settings = &step.site.settings;
    let Some(to) = settings.trunk(trunk) else {
        step.note(Mark::Bad, format!("The plan names a trunk {trunk} that is not in the settings"), "");
        return None;
    };
    let Some(server) = step.servers.order(trunk).iter().find(|t| !tried.contains(t)).cloned() else {
        let why = match step.servers.trouble(trunk) {
            Some(Trouble::NoDns) => "the DNS does not answer",
            Some(Trouble::NoAddress) => "the DNS knows no such server",
            None => "it has not been looked up yet",
        };
        step.note(Mark::Bad, format!("Nobody knows where the trunk {trunk} is"), why);
        return None;
    };
    step.note(Mark::Good, format!("Calling over the trunk {trunk}"), "");
    let dialled = settings.numbering.parse(number).unwrap_or_else(|_| PhoneNumber::Short(number.to_owned()));
    let Manners { uri, from, to: called, headers } = manners::of(to, &dialled, step);
    let mut call = OutgoingCall::new(uri, step.site.flow_to(&server), from, called, offer.clone());
    (call.trunk, call.headers) = (Some(trunk.to_owned()), headers);
    let leg = step.invite(call, Some(trunk));
    let party = Party { number: settings.numbering.parse(number).ok(), name: Pii::default() };
    Some(Fork {
        leg,
        who: Who { party, user: None, trunk: Some(trunk.to_owned()), server: Some(server) },
        phone: None,
        trying: false,
        heard: false,
    })
}
