//! How a call comes to be: an INVITE at the door, or a fax that is to be sent.

use std::sync::Arc;

use model::call::Party;
use model::fax::Direction;
use model::{CallId, Now, PhoneNumber, Pii};
use plan::{Caller, Calling, Decision, Facts, Named, Service, Target};
use prompts::Prompt;
use sip::api::{self as sip_api, LegId};

use crate::api::Output;
use crate::call::entry::{Card, Entry, FaxMark, LegState};
use crate::call::{self, Arrival, Journey, Newcomer, Obstacle, Who};
use crate::door::{self, Door, Visitor};
use crate::guard::Unproved;
use crate::ladders;
use crate::pbx::Pbx;
use crate::pbx::codes::Special;
use crate::pbx::onward::Followed;
use crate::registrar::Device;
use crate::secrecy::Secrecy;
use crate::site::At;
use crate::watch::Desk;

/// What a carrier says of a call that it brings. It proves nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CarrierSays<'a> {
    /// For which number it was meant before it was sent on to us.
    sent_on: Option<&'a PhoneNumber>,
    /// Who calls.
    calling: Calling<'a>,
}

impl Pbx {
    pub(super) fn on_invite(&mut self, now: Now, leg: LegId, mut invite: sip_api::Invite) {
        if self.legs.contains_key(&leg) {
            return;
        }
        let only = self.device_meant(&mut invite);
        let door = door::answer(now, &self.site, &self.registrar, &self.servers, &mut self.guard, &invite);
        self.watch_failures();
        let command = match door {
            Door::Open(visitor) => {
                self.reach(leg, &invite, &visitor.caller);
                // Who calls for help wants help, whatever else the request says.
                let helps = visitor.dialled.as_ref().is_some_and(|d| self.site.plan.is_emergency(d));
                return match invite.replaces.filter(|_| !helps) {
                    Some(asked) => self.on_replaces(now, leg, asked, invite, visitor),
                    None => self.welcome(now, leg, invite, only, visitor),
                };
            }
            Door::Shut(Unproved::Challenge { stale }) => sip_api::Command::ChallengeInvite { leg, stale },
            Door::Shut(Unproved::Refuse { code }) => sip_api::Command::Refuse { leg, code, retry_after: None },
        };
        self.out.push_back(Output::Sip(command));
    }

    /// The device of a GRUU (RFC 5627); what is dialled becomes its owner's extension, so that the plan decides as about any call. A name
    /// that is no device's of ours is taken for what else it says: nobody's call for help is lost over a parameter.
    fn device_meant(&self, invite: &mut sip_api::Invite) -> Option<Device> {
        let device = self.registrar.device(invite.dialled.expose(), invite.gr.as_deref()?)?;
        invite.dialled = self.site.settings.person(&device.user)?.extension.clone().into();
        Some(device)
    }

    /// A phone that names itself by a GRUU of ours: the endpoint must know where it is.
    fn reach(&mut self, leg: LegId, invite: &sip_api::Invite, caller: &Caller) {
        let (Some((user, gr)), Caller::Extension { user: owner }) = (&invite.contact_gruu, caller) else { return };
        let device = self.registrar.device(user.expose(), gr.expose()).filter(|device| device.user == *owner);
        let Some(device) = device else { return };
        let bound = self.registrar.in_order(&device.user).into_iter().find(|b| b.instance == device.instance);
        if let Some(bound) = bound {
            let (uri, route) = (bound.contact.clone(), bound.path.clone());
            self.out.push_back(Output::Sip(sip_api::Command::Reach { leg, uri, route }));
        }
    }

    fn welcome(&mut self, now: Now, leg: LegId, invite: sip_api::Invite, only: Option<Device>, visitor: Visitor) {
        self.light_caller(leg, invite.dialog, &visitor);
        let (offer, hops) = (invite.offer, invite.hops);
        let id = CallId::new(now.wall, &mut self.random);
        let Visitor { caller, whose: _, direction, from, private, diverted, dialled, device } = visitor;
        let (dialled, unnamed) = self.meant(&caller, dialled);
        let (private, from) = (private || unnamed, self.as_we_know_them(&caller, from));
        let says = CarrierSays {
            sent_on: diverted.first().and_then(|d| d.number.as_ref()),
            calling: self.calling(now, &caller, &from),
        };
        let label = dialled.as_ref().and_then(|dialled| self.label(&caller, dialled, says, now));
        let blocked = matches!(caller, Caller::Trunk { .. }) && self.is_kept_out(now, &from, dialled.as_ref());
        let first = dialled.as_ref().filter(|_| !blocked).and_then(|d| self.back_from_help(now, &caller, d));
        let is_first = first.is_some();
        let decision = match &dialled {
            _ if blocked => Decision {
                // 603 and not 404: the carrier need not look for another way (RFC 3261 section 21.6.2).
                target: Target::Refuse { code: 603, sentence: "This caller is blocked.".to_owned() },
                why: vec!["This caller is blocked.".to_owned()],
                staff: None,
                closed: false,
            },
            Some(dialled) => first.unwrap_or_else(|| self.decide(&caller, dialled, says, now)),
            None => Decision {
                target: Target::Refuse { code: 404, sentence: "That is not a number.".to_owned() },
                why: vec!["What was dialled is not a number.".to_owned()],
                staff: None,
                closed: false,
            },
        };
        let decision = self.not_into_a_call(now, &caller, decision);
        let done = match self.special(now, &caller, &decision.target) {
            Some(Special::Take(id, replaces)) => {
                let Caller::Extension { user } = caller else { return };
                if let Some(entry) = self.calls.get_mut(&id) {
                    Arc::make_mut(&mut entry.legs).insert(leg, LegState::Offered);
                }
                self.legs.insert(leg, id);
                let who = self.visiting(user, from, &invite.flow);
                return self.come_in(now, id, Newcomer { leg, who, offer, replaces });
            }
            Some(Special::Own(done)) => Some(done),
            None => None,
        };
        let mut passed = Vec::new();
        let closed = decision.closed;
        let Followed { payer, decision, unwanted } = match only {
            None if !is_first => self.follow(caller.clone(), decision, &mut passed, now),
            // One device that is meant, or whoever is to hear that help calls back, whatever they have switched.
            _ => Followed { payer: caller.clone(), decision, unwanted: None },
        };
        let obstacle = self.obstacle(&decision.target);
        let word = self.word_for(&caller, &payer, &decision);
        let language = self.site.settings.language;
        let journey = dialled.clone().map(|dialled| Journey::new(caller.clone(), dialled, language).closed(closed));
        let tolls = self.toll(&payer, &decision.target, obstacle, now).into_iter().collect();
        let at = Some(Pii::new(At::of(&invite.flow)));
        let mut who = Who { party: from.clone(), private, label, at, ..Who::default() };
        let (settings, transport) = (&self.site.settings, invite.flow.transport);
        match caller {
            Caller::Trunk { name } => {
                who.secrecy = Secrecy::of_trunk(settings, &name, transport);
                who.trunk = Some(name);
            }
            Caller::Extension { user } => {
                who.secrecy = Secrecy::of_phone(settings, &user, transport);
                who.user = Some(user);
            }
            Caller::Device | Caller::Appliance => who.secrecy = Secrecy::of(None, transport),
        }
        let ip = Some(invite.flow.remote.ip());
        let device = match (&decision.target, &who.user) {
            // By a code before the number, it is known only now.
            (Target::Emergency { .. }, Some(user)) if device.is_empty() => door::device(&self.site, user, ip),
            _ => device,
        };
        let help = match &decision.target {
            Target::Emergency { number, alert, .. } => {
                let says_to_be = from.number.as_ref().and_then(|n| self.site.settings.extension(n.as_str()));
                Some(door::help(&self.site, number, alert, says_to_be, ip))
            }
            _ => None,
        };
        if let Some(help) = &help {
            self.help_is_called(now, help);
        }
        let to = self.called(dialled);
        let trunks = who.trunk.iter().map(|trunk| (leg, trunk.clone())).collect();
        let may_be_help = who.trunk.is_some() && self.awaits_help(now);
        let card = Card::new(id, direction, from, to, now.wall);
        let card = Card { help, may_be_help, trunks, hops, tolls, passed, ..card };
        self.ladders.add(id, leg, ladders::caller(&card.from, who.trunk.clone()));
        let mut entry = Entry::new(card);
        Arc::make_mut(&mut entry.legs).insert(leg, LegState::Offered);
        self.legs.insert(leg, id);
        self.calls.insert(id, entry);
        let arrival =
            Arrival { leg, who, diverted, offer, decision, unwanted, word, obstacle, only, done, journey, device };
        self.begin(now, id, |step| call::arrive(arrival, step));
    }

    /// A number that is dialled by a code, and whether ours shall stay hidden: what follows the code is decided about as any number is.
    fn meant(&self, caller: &Caller, dialled: Option<PhoneNumber>) -> (Option<PhoneNumber>, bool) {
        let (Caller::Extension { .. }, Some(PhoneNumber::Service(text))) = (caller, &dialled) else {
            return (dialled, false);
        };
        match self.site.plan.service(text) {
            Some((Service::Private, digits)) => (self.site.read(digits).ok(), true),
            Some((Service::Directory, letters)) => (self.named(letters).or(dialled), false),
            _ => (dialled, false),
        }
    }

    /// Whom a colleague means by the first letters of a name, if it is only one: their phone shows it.
    fn named(&self, letters: &str) -> Option<PhoneNumber> {
        match plan::by_letters(&self.site.settings, letters, |_| true) {
            Named::These(found) if found.len() == 1 => Some(PhoneNumber::Internal(found[0].extension.clone())),
            Named::Nobody | Named::These(_) | Named::Many => None,
        }
    }

    /// A caller from outside whom staff do not want. A fax without a number is let in: machines seldom have one to show. So is everybody
    /// for a while after help was called: a dispatcher who calls back often shows no number.
    fn is_kept_out(&self, now: Now, from: &Party, dialled: Option<&PhoneNumber>) -> bool {
        let clinic = &self.site.switches.clinic;
        match &from.number {
            Some(number) => clinic.blocked.contains(number),
            None if dialled == Some(&self.site.settings.fax_number) => false,
            None if self.awaits_help(now) => false,
            None => clinic.refuse_anonymous,
        }
    }

    /// Who calls, for the plan's rules about callers. Those about hidden numbers rest while a dispatcher may call back.
    fn calling<'a>(&self, now: Now, caller: &Caller, from: &'a Party) -> Calling<'a> {
        match (caller, &from.number) {
            (Caller::Trunk { .. }, Some(number)) => Calling::Number(number),
            (Caller::Trunk { .. }, None) if !self.awaits_help(now) => Calling::Hidden,
            _ => Calling::Unsaid,
        }
    }

    /// Somebody outside by the name that the clinic gives them, if it does.
    fn as_we_know_them(&self, caller: &Caller, from: Party) -> Party {
        let known = from.number.as_ref().filter(|_| matches!(caller, Caller::Trunk { .. }));
        match known.and_then(|number| self.site.plan.name_of(number, &self.site.settings)) {
            Some(name) => Party { name: name.to_owned().into(), ..from },
            None => from,
        }
    }

    /// What phones show before the name of whoever calls from outside.
    fn label(&self, caller: &Caller, dialled: &PhoneNumber, says: CarrierSays<'_>, now: Now) -> Option<Pii<String>> {
        let facts = Facts { calling: says.calling, ..Facts::new(caller, dialled, &self.site.settings, now.wall) };
        matches!(caller, Caller::Trunk { .. }).then(|| self.site.plan.label(&facts).map(Pii::new))?
    }

    /// A phone that calls has a lamp too, and is not free: also one that calls for help and was asked for no proof. What only says to be an
    /// extension's phone has none.
    pub(super) fn light_caller(&mut self, leg: LegId, dialog: sip_api::DialogId, visitor: &Visitor) {
        let Some(person) = visitor.whose.as_ref().and_then(|user| self.site.settings.person(user)) else { return };
        let desk = Desk::new(&person.extension, self.called(visitor.dialled.clone()));
        self.desks.insert(leg, Desk { dialog, ..desk });
    }

    pub(super) fn called(&self, dialled: Option<PhoneNumber>) -> Party {
        let settings = &self.site.settings;
        let name = match &dialled {
            Some(PhoneNumber::Internal(extension)) => settings.extension(extension).map(|p| p.name.clone()),
            Some(number) => self.site.plan.name_of(number, settings).map(|name| name.to_owned().into()),
            None => None,
        };
        Party { name: name.unwrap_or_default(), number: dialled }
    }

    /// What the plan says, after what was used. Staff hear of a limit that was reached.
    pub(super) fn decide(
        &mut self,
        caller: &Caller,
        dialled: &PhoneNumber,
        says: CarrierSays<'_>,
        now: Now,
    ) -> Decision {
        let used = self.used(caller, now);
        let CarrierSays { sent_on, calling } = says;
        let facts = Facts { used, sent_on, calling, ..Facts::new(caller, dialled, &self.site.settings, now.wall) };
        let mut decision = self.site.plan.route(&Facts { night: self.site.night(now.wall), ..facts });
        self.first_with_room(&mut decision.target);
        self.first_that_works(&mut decision.target, now);
        self.tell_staff(decision.staff.as_deref(), now);
        decision
    }

    /// What one of our phones hears of its own call, which the plan does not allow. A machine hears nothing of words, and whose call somebody else
    /// has led out of the clinic has not chosen that.
    fn word_for(&self, caller: &Caller, payer: &Caller, decision: &Decision) -> Option<Prompt> {
        let (Caller::Extension { user }, Target::Refuse { code: 403, .. }) = (caller, &decision.target) else {
            return None;
        };
        if payer != caller || self.site.settings.has_fax_gateway(user) {
            return None;
        }
        Some(if decision.staff.is_some() { Prompt::LimitReached } else { Prompt::NotAllowed })
    }

    /// What stands in the way of one call more; emergency calls do not ask.
    fn obstacle(&self, target: &Target) -> Option<Obstacle> {
        let live = || self.calls.values().filter(|e| e.ending().is_none()).count();
        if self.calls.len() >= self.limits.calls && live() >= self.limits.calls {
            return Some(Obstacle::Calls);
        }
        self.no_channel(target).then_some(Obstacle::Channels)
    }

    /// A trunk that is full goes after those that are not.
    fn first_with_room(&self, target: &mut Target) {
        let Target::Trunk { trunk, or, .. } = target else { return };
        let full = |trunk: &str| self.site.settings.trunk(trunk).is_none_or(|t| self.in_use(trunk) >= t.channels);
        if full(trunk)
            && let Some(free) = or.iter().position(|other| !full(other))
        {
            let free = or.remove(free);
            or.insert(0, std::mem::replace(trunk, free));
        }
    }

    /// It goes over a trunk that is full.
    pub(crate) fn no_channel(&self, target: &Target) -> bool {
        let Target::Trunk { trunk, .. } = target else { return false };
        let channels = self.site.settings.trunk(trunk).map_or(0, |t| t.channels);
        self.in_use(trunk) >= channels
    }

    pub(super) fn place_fax(&mut self, now: Now, id: CallId, to: PhoneNumber, over: Option<String>, as_sound: bool) {
        if self.calls.contains_key(&id) {
            tracing::error!(call = %id, "a fax call was ordered under the number of a call that is up");
            return;
        }
        let mut decision = self.decide(&Caller::Appliance, &to, CarrierSays::default(), now);
        // The fax queue knows which of the trunks has just failed.
        if let (Target::Trunk { trunk, .. }, Some(over)) = (&mut decision.target, over)
            && *trunk != over
            && self.site.settings.trunk(&over).is_some()
        {
            decision.why.push(format!("The fax queue chose the trunk “{over}”."));
            *trunk = over;
        }
        let obstacle = self.obstacle(&decision.target);
        let settings = &self.site.settings;
        let from = Party { number: Some(settings.fax_number.clone()), name: settings.clinic_name.clone().into() };
        let card = Card::new(id, Direction::Out, from, self.called(Some(to)), now.wall);
        let card = Card { fax: Some(FaxMark::NotYet), ..card };
        self.calls.insert(id, Entry::new(card));
        self.begin(now, id, |step| call::place_fax(&decision, obstacle, as_sound, step));
    }
}
