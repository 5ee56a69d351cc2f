//! Whom to call for a caller: the phones of extensions, a trunk, or help.

use std::collections::VecDeque;
use std::time::Duration;

use media::sdp::{Direction, Formats};
use model::call::Party;
use model::trace::Mark;
use model::{PhoneNumber, Pii};
use plan::RingOrder;
use sip::api::{Body, LegId, NameAddr, OutgoingCall};
use sip::resolve::{Target, Trouble};

use crate::call::manners::{self, Manners};
use crate::call::peer::Who;
use crate::call::phones::{Phone, Phones};
use crate::call::rounds::Rounds;
use crate::call::start::user_part;
use crate::line::Line;
use crate::registrar::Device;
use crate::secrecy::{Proposal, Secrecy};
use crate::site::At;
use crate::step::Step;

/// How long a call may stay unanswered where the plan sets no time; carriers give up after about this long too.
pub(crate) const UNANSWERED: Duration = Duration::from_secs(180);
/// Help may be slow in a disaster, and the caller is the one who decides to give up.
const UNANSWERED_EMERGENCY: Duration = Duration::from_secs(600);
/// An emergency trunk that has said nothing for so long gets company: the next trunk is called beside it and the first answer
/// wins. It is not given up, since slow is not dead. Timer B alone would leave the caller in silence for 32 s. In an ordinary call an
/// address of a trunk that has not even said 100 by then is given up for the next one.
pub(crate) const NEXT_TRUNK: Duration = Duration::from_secs(4);
/// One that has said that the call is on its way, and no more, gets company after this. So does one that has said 100 from another address of its
/// own: a second call at once would reach the same people as the first.
pub(crate) const SAID_LITTLE: Duration = Duration::from_secs(12);
/// A phone that shall answer by itself does so at once, or not at all.
pub(crate) const BY_ITSELF: Duration = Duration::from_secs(12);
/// Addresses of one trunk that one call tries: a caller does not wait for more.
pub(crate) const MAX_SERVERS: usize = 4;

/// Where the plan sends a call.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    /// All phones of these extensions at once.
    /// `by_itself`: they answer by themselves. `later`: those who ring after them, one by one; beside them if `growing`.
    /// `group`: they are a group, of however many are left of it. `elsewhere`: where the one who is called wants all calls to go instead.
    Phones {
        extensions: Vec<String>,
        only: Option<Device>,
        ring: Duration,
        waiting: Phones,
        by_itself: bool,
        later: VecDeque<String>,
        growing: bool,
        group: bool,
        elsewhere: Option<PhoneNumber>,
    },
    /// One trunk, and those that are tried if it fails.
    /// `tried`: the addresses of it that were called. `within`: how long it may ring.
    Trunk { trunk: String, or: VecDeque<String>, number: PhoneNumber, tried: Vec<Target>, within: Duration },
    /// Trunk after trunk, and all addresses of each, until one answers.
    Emergency(Rounds),
}

/// What everybody who is called is offered.
pub(crate) enum Pitch<'a> {
    /// Sound, to each under keys of their own.
    Sound { line: &'a Line, formats: &'a Formats, ways: Direction },
    /// T.38, and no sound.
    Image { line: &'a Line },
}

impl Pitch<'_> {
    /// An offer to somebody there.
    fn to(&self, secrecy: Secrecy, at: At, step: &mut Step<'_>) -> (Body, Proposal) {
        match self {
            Self::Sound { line, formats, ways } => {
                let dtls = step.site.fingerprint;
                let proposal = secrecy.propose(dtls.is_some(), step.random);
                let line = line.named_to(at, step.site);
                (line.pitch(formats, *ways, &proposal, step), proposal)
            }
            Self::Image { line } => (line.named_to(at, step.site).t38_pitch(step), Proposal::default()),
        }
    }
}

/// A leg that is being called.
#[derive(Clone, Debug)]
pub(crate) struct Fork {
    pub(crate) leg: LegId,
    /// Whom it reaches.
    pub(crate) who: Who,
    /// The phone it goes to; none for a trunk.
    pub(crate) phone: Option<Phone>,
    /// Under which keys it may answer.
    pub(crate) proposal: Proposal,
    /// It has said 100: its server is there.
    pub(crate) trying: bool,
    /// It has said 183 without sound, which some carriers' border says to every call.
    pub(crate) on_its_way: bool,
    /// Help has waited for it long enough, though it said that.
    pub(crate) waited_for: bool,
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
    pub(crate) fn trunk(trunk: String, or: Vec<String>, number: PhoneNumber) -> Self {
        Self::Trunk { trunk, or: or.into(), number, tried: Vec::new(), within: UNANSWERED }
    }

    /// The same, given up after so long.
    #[must_use]
    pub(crate) fn within(mut self, ring: Duration) -> Self {
        if let Self::Trunk { within, .. } = &mut self {
            *within = ring;
        }
        self
    }

    pub(crate) fn emergency(number: String, trunks: &[String]) -> Self {
        Self::Emergency(Rounds::new(number, trunks))
    }

    /// The phones of these extensions, or one device of theirs.
    pub(crate) fn phones(extensions: Vec<String>, only: Option<Device>, ring: Duration) -> Self {
        let (waiting, later, group) = (Phones::default(), VecDeque::new(), extensions.len() > 1);
        let (by_itself, growing, elsewhere) = (false, false, None);
        Self::Phones { extensions, only, ring, waiting, by_itself, later, growing, group, elsewhere }
    }

    /// The same, for what is left of a group, if it is one.
    #[must_use]
    pub(crate) const fn of_group(mut self, is_one: bool) -> Self {
        if let Self::Phones { group, .. } = &mut self {
            *group |= is_one;
        }
        self
    }

    /// The phones of this extension answer by themselves.
    pub(crate) fn intercom(extension: String) -> Self {
        let mut route = Self::phones(vec![extension], None, BY_ITSELF);
        if let Self::Phones { by_itself, .. } = &mut route {
            *by_itself = true;
        }
        route
    }

    /// The same, for somebody whose calls go elsewhere.
    #[must_use]
    pub(crate) fn led_elsewhere(mut self, to: Option<PhoneNumber>) -> Self {
        if let Self::Phones { elsewhere, .. } = &mut self {
            *elsewhere = to;
        }
        self
    }

    /// Where the one who is called wants the call to go, once.
    pub(crate) fn elsewhere(&mut self) -> Option<PhoneNumber> {
        match self {
            Self::Phones { elsewhere, .. } => elsewhere.take(),
            Self::Trunk { .. } | Self::Emergency(_) => None,
        }
    }

    /// The same, in this order.
    #[must_use]
    pub(crate) fn in_order(mut self, order: RingOrder, step: &Step<'_>) -> Self {
        if let Self::Phones { extensions, later, growing, group: true, .. } = &mut self
            && order != RingOrder::Together
        {
            // Who calls a group that they are in does not want their own phone to ring.
            let own = step.card.from.number.as_ref().map(PhoneNumber::as_str);
            extensions.retain(|e| own != Some(e.as_str()));
            step.sort(extensions, order);
            *later = extensions.split_off(extensions.len().min(1)).into();
            *growing = order == RingOrder::Growing;
        }
        self
    }

    /// Whoever rings after those who ring now is next. True: those go on ringing. `None`: there is nobody.
    pub(crate) fn advance(&mut self) -> Option<bool> {
        let Self::Phones { extensions, later, growing, .. } = self else { return None };
        *extensions = vec![later.pop_front()?];
        Some(*growing)
    }

    pub(crate) const fn unanswered(&self) -> Duration {
        match self {
            Self::Phones { ring, .. } => *ring,
            Self::Trunk { within, .. } => *within,
            Self::Emergency(_) => UNANSWERED_EMERGENCY,
        }
    }

    /// The one extension that is called, if it is one and all of its phones. The last of a group whose turn it is, or whom the others have left
    /// alone, is not: the call was for the group.
    pub(crate) fn one_person(&self) -> Option<&str> {
        match self {
            Self::Phones { extensions, only: None, by_itself: false, group: false, .. } => {
                match extensions.as_slice() {
                    [one] => Some(one),
                    _ => None,
                }
            }
            Self::Phones { .. } | Self::Trunk { .. } | Self::Emergency(_) => None,
        }
    }

    pub(crate) const fn is_phones(&self) -> bool {
        matches!(self, Self::Phones { .. })
    }

    /// Leaves this extension out of a group: who transfers somebody to a group that they are in does not want them back.
    pub(crate) fn without(&mut self, extension: Option<&PhoneNumber>) {
        if let Self::Phones { extensions, later, group: true, .. } = self {
            extensions.retain(|e| extension.is_none_or(|own| own.as_str() != e));
            later.retain(|e| extension.is_none_or(|own| own.as_str() != e));
        }
    }

    /// Leaves only those whose phones are fax machines, and whoever has their calls go elsewhere, which is seen there. False if that is nobody.
    pub(crate) fn keep_machines(&mut self, step: &Step<'_>) -> bool {
        let Self::Phones { extensions, later, elsewhere, .. } = self else { return false };
        if elsewhere.is_some() {
            return true;
        }
        let settings = &step.site.settings;
        let is_machine = |e: &String| settings.extension(e).is_some_and(|p| settings.has_fax_gateway(&p.user));
        extensions.retain(is_machine);
        later.retain(is_machine);
        !extensions.is_empty() || !later.is_empty()
    }

    /// There is nobody to call, so that nothing need be opened for it.
    pub(crate) fn is_empty(&self, caller: &Party, step: &Step<'_>) -> bool {
        match self {
            Self::Phones { elsewhere: Some(_), .. } => false,
            Self::Phones { extensions, only, later, group, .. } => {
                let nobody = |of: &[String]| Phones::of(of, *group, only.as_ref(), caller, step).is_empty();
                nobody(extensions) && later.iter().all(|e| nobody(std::slice::from_ref(e)))
            }
            Self::Trunk { .. } | Self::Emergency(_) => false,
        }
    }

    /// Calls everybody who is to be called first, for `caller`.
    pub(crate) fn first(&mut self, caller: &Who, pitch: &Pitch<'_>, step: &mut Step<'_>) -> Vec<Fork> {
        match self {
            Self::Phones { extensions, only, waiting, by_itself, group, .. } => {
                *waiting = Phones::of(extensions, *group, only.as_ref(), &caller.party, step);
                phones(&waiting.next(&[]), caller, pitch, *by_itself, step)
            }
            Self::Trunk { .. } | Self::Emergency(_) => self.next(&[], caller, pitch, step),
        }
    }

    /// Calls who comes next while `forks` ring: the phones that better ones made room for, the next address of a trunk (RFC 3263
    /// section 4.3), or the next of an emergency's trunks that is not being called already.
    pub(crate) fn next(&mut self, forks: &[Fork], caller: &Who, pitch: &Pitch<'_>, step: &mut Step<'_>) -> Vec<Fork> {
        match self {
            Self::Phones { waiting, by_itself, .. } => {
                let next = waiting.next(forks);
                if next.is_empty() { Vec::new() } else { phones(&next, caller, pitch, *by_itself, step) }
            }
            Self::Trunk { trunk, or, number, tried, .. } => loop {
                let left = tried.len() < MAX_SERVERS;
                let fork = left.then(|| over_trunk(trunk, number, pitch, false, caller.private, tried, step)).flatten();
                if let Some(fork) = fork {
                    if tried.is_empty() && !or.is_empty() {
                        let others: Vec<&str> = or.iter().map(String::as_str).collect();
                        step.note(Mark::Detail, format!("If it fails: {}", others.join(", then ")), "");
                    }
                    tried.extend(fork.who.server.clone());
                    return vec![fork];
                }
                let Some(other) = or.pop_front() else { return Vec::new() };
                *trunk = other;
                tried.clear();
            },
            Self::Emergency(rounds) => rounds.next(forks, pitch, step).into_iter().collect(),
        }
    }

    /// A fork was let go for a reason of our own: whom it reached is to be called again.
    pub(crate) fn again(&mut self, fork: &Fork) {
        match self {
            Self::Phones { .. } => {}
            Self::Trunk { tried, .. } => tried.retain(|server| fork.who.server.as_ref() != Some(server)),
            Self::Emergency(rounds) => rounds.again(fork),
        }
    }

    /// One of the forks was refused.
    pub(crate) fn refused(&mut self, fork: &Fork, code: u16) {
        match (self, &fork.phone) {
            (Self::Phones { waiting, .. }, Some(phone)) => waiting.refused(phone, code),
            (Self::Emergency(rounds), _) => rounds.refused(fork, code),
            _ => {}
        }
    }

    /// The trunks that were not called yet, in their order.
    pub(crate) fn next_trunks(&self) -> Vec<String> {
        match self {
            Self::Phones { .. } => Vec::new(),
            Self::Trunk { or, .. } => or.iter().cloned().collect(),
            Self::Emergency(rounds) => rounds.trunks(),
        }
    }

    /// How long those that are being called may be silent before a trunk, or an address of it, that is left to try is called too, or instead. `None`
    /// if none is left.
    pub(crate) fn patience(&self, forks: &[Fork], step: &Step<'_>) -> Option<Duration> {
        match self {
            Self::Phones { .. } => None,
            Self::Trunk { trunk, or, tried, .. } => {
                let other = tried.len() < MAX_SERVERS && step.servers.order(trunk).iter().any(|t| !tried.contains(t));
                (other || !or.is_empty()).then_some(NEXT_TRUNK)
            }
            Self::Emergency(rounds) => rounds.patience(forks, step),
        }
    }
}

fn phones(targets: &[Phone], caller: &Who, pitch: &Pitch<'_>, by_itself: bool, step: &mut Step<'_>) -> Vec<Fork> {
    let phones = if targets.len() == 1 { "phone" } else { "phones" };
    step.note(Mark::Good, format!("Ringing {} {phones}", targets.len()), "");
    targets.iter().filter_map(|target| phone(target, caller, pitch, by_itself, step)).collect()
}

/// Calls one phone, if it is still where it was.
pub(crate) fn phone(
    phone: &Phone,
    caller: &Who,
    pitch: &Pitch<'_>,
    by_itself: bool,
    step: &mut Step<'_>,
) -> Option<Fork> {
    let (registrar, settings) = (step.registrar, &step.site.settings);
    let shown = caller.shown();
    let from = match caller.private {
        true => manners::anonymous(),
        false => NameAddr {
            display: shown.name.clone(),
            uri: format!("sip:{}@{}", user_part(shown.number.as_ref()), settings.domain).into(),
        },
    };
    let mut headers = if by_itself { auto_answer(&settings.domain) } else { Vec::new() };
    headers.extend(caller.private.then(|| ("Privacy", "id".into())));
    let person = settings.person(&phone.user)?;
    // One that waited may be gone, or may have moved.
    let bound = registrar.phones(&phone.user).iter().find(|b| b.is(&phone.way))?;
    let to = NameAddr { display: person.name.clone(), uri: format!("sip:{}@{}", person.user, settings.domain).into() };
    let secrecy = Secrecy::of_phone(settings, &person.user, bound.flow.transport);
    let at = At::of(&bound.flow);
    let (offer, proposal) = pitch.to(secrecy, at, step);
    let call = OutgoingCall {
        route: bound.path.clone(),
        owner: Some(person.user.as_str().into()),
        headers,
        ..OutgoingCall::new(bound.contact.clone(), bound.flow, from, to, offer)
    };
    let leg = step.invite(call, None);
    step.desk(leg, &person.extension, shown);
    let number = PhoneNumber::Internal(person.extension.clone());
    let party = Party { number: Some(number), name: person.name.clone() };
    let who = Who { party, user: Some(person.user.clone()), secrecy, at: Some(Pii::new(at)), ..Who::default() };
    Some(Fork {
        leg,
        who,
        phone: Some(phone.clone()),
        proposal,
        trying: false,
        on_its_way: false,
        waited_for: false,
        heard: false,
    })
}

/// How phones are told to answer by themselves. There is a standard (RFC 5373) that few of them know, and each vendor has its own: Snom,
/// Grandstream, Fanvil, Cisco and baresip read `answer-after`, Yealink, Mitel and Gigaset `alert-autoanswer`, Poly what its settings name
/// ("Auto Answer"), Panasonic and softphones `P-Auto-Answer`. What a phone does not know it ignores.
fn auto_answer(domain: &str) -> Vec<(&'static str, Pii<String>)> {
    vec![
        ("Answer-Mode", "Auto".into()),
        ("Call-Info", Pii::new(format!("<sip:{domain}>;answer-after=0"))),
        ("Alert-Info", Pii::new(format!("<http://{domain}>;info=alert-autoanswer;delay=0"))),
        ("Alert-Info", "Auto Answer".into()),
        ("P-Auto-Answer", "normal".into()),
    ]
}

/// Calls a number over a trunk, as that carrier wants it: at its first address that is not among `tried`. `otherwise`: it may have refused
/// how the last offer would encrypt.
pub(crate) fn over_trunk(
    trunk: &str,
    number: &PhoneNumber,
    pitch: &Pitch<'_>,
    otherwise: bool,
    private: bool,
    tried: &[Target],
    step: &mut Step<'_>,
) -> Option<Fork> {
    let settings = &step.site.settings;
    let Some(to) = settings.trunk(trunk) else {
        step.note(Mark::Bad, format!("The plan names a trunk {trunk} that is not in the settings"), "");
        return None;
    };
    let all = step.servers.order(trunk);
    let Some(server) = all.iter().find(|t| !tried.contains(t)).cloned() else {
        if !all.is_empty() {
            step.note(Mark::Bad, format!("Each address of the trunk {trunk} was tried"), "");
            return None;
        }
        let why = match step.servers.trouble(trunk) {
            Some(Trouble::NoDns) => "the DNS does not answer",
            Some(Trouble::NoAddress) => "the DNS knows no such server",
            None => "it has not been looked up yet",
        };
        step.note(Mark::Bad, format!("Nobody knows where the trunk {trunk} is"), why);
        return None;
    };
    step.note(Mark::Good, format!("Calling over the trunk {trunk}"), "");
    let Manners { uri, from, to: called, headers } = manners::of(to, number, private, step);
    let secrecy = Secrecy::of_trunk(settings, trunk, server.transport);
    let at = At::alone(server.address.ip());
    let (offer, proposal) = pitch.to(if otherwise { secrecy.otherwise() } else { secrecy }, at, step);
    let mut call = OutgoingCall::new(uri, step.site.flow_to(&server), from, called, offer);
    (call.trunk, call.headers) = (Some(trunk.to_owned()), headers);
    call.for_help = step.card.help.is_some();
    let leg = step.invite(call, Some(trunk));
    let party = Party { number: Some(number.clone()), name: Pii::default() };
    Some(Fork {
        leg,
        who: Who {
            party,
            trunk: Some(trunk.to_owned()),
            server: Some(server),
            secrecy,
            at: Some(Pii::new(at)),
            ..Who::default()
        },
        phone: None,
        proposal,
        trying: false,
        on_its_way: false,
        waited_for: false,
        heard: false,
    })
}
