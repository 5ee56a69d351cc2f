//! Who stands at the door with an INVITE, and what is asked of them before the plan is.

use std::net::IpAddr;

use model::call::Party;
use model::fax::Direction;
use model::number::NumberFormat;
use model::settings::{Person, Spot};
use model::{PhoneNumber, Pii};
use plan::Caller;
use sip::api::{self as sip_api, Auth, Flow};

use crate::call::entry::Help;
use crate::guard::{Guard, Unproved};
use crate::registrar::Registrar;
use crate::site::Site;
use crate::trunks::Servers;

/// What happens at the door.
pub(crate) enum Door {
    /// It may come in; the plan decides where to.
    Open(Visitor),
    /// It has to say who it is, or stays outside.
    Shut(Unproved),
}

/// Who came in.
pub(crate) struct Visitor {
    pub(crate) caller: Caller,
    /// Whose phone of ours it is: who it proved to be, or who has registered by the path of a call for help. What it only says counts for nothing.
    pub(crate) whose: Option<String>,
    pub(crate) direction: Direction,
    pub(crate) from: Party,
    /// Those who are called must not learn who calls.
    pub(crate) private: bool,
    /// For whom the call was meant before it was sent on to us, the last first, as a carrier says.
    pub(crate) diverted: Vec<Party>,
    /// What was dialled; none if it is no number at all.
    pub(crate) dialled: Option<PhoneNumber>,
    /// For an alert: "Extension 101 (Front desk, room 2)". Empty for who has proved who they are and is not known to call for help.
    pub(crate) device: String,
}

/// Decides. A phone on the clinic's networks that dials an emergency number is let in before anything else is looked at.
pub(crate) fn answer(
    now: model::Now,
    site: &Site,
    registrar: &Registrar,
    servers: &Servers,
    guard: &mut Guard,
    invite: &sip_api::Invite,
) -> Door {
    let source = match &invite.vouched {
        Some(vouched) if site.settings.trunk(&vouched.trunk).is_some() => Source::Trunk(vouched.trunk.clone()),
        _ => source(site, servers, &invite.flow),
    };
    match source {
        Source::Trunk(name) => {
            let format = site.settings.trunk(&name).map(|t| t.terms.numbers_in).unwrap_or_default();
            let dialled = format.read(invite.dialled.expose(), &site.settings.numbering).ok();
            Door::Open(from_trunk(site, name, format, invite, dialled))
        }
        Source::Stranger => Door::Shut(Unproved::Refuse { code: 403 }),
        Source::Inside => {
            let dialled = site.read(invite.dialled.expose()).ok();
            if dialled.as_ref().is_some_and(|d| site.plan.is_emergency(d)) {
                return Door::Open(in_need(site, registrar, invite, dialled));
            }
            match guard.proved(now.instant, &invite.auth, &invite.flow) {
                Ok(user) if site.settings.person(user).is_some() => {
                    let visitor = from_phone(site, user, Caller::Extension { user: user.to_owned() }, dialled);
                    Door::Open(Visitor { private: invite.private, ..visitor })
                }
                Ok(_) => Door::Shut(Unproved::Refuse { code: 403 }),
                Err(unproved) => Door::Shut(unproved),
            }
        }
    }
}

/// True for somebody on the clinic's own networks who is no trunk.
pub(crate) fn is_inside(site: &Site, servers: &Servers, flow: &Flow) -> bool {
    matches!(source(site, servers, flow), Source::Inside)
}

/// True for a trunk.
pub(crate) fn is_trunk(site: &Site, servers: &Servers, flow: &Flow) -> bool {
    matches!(source(site, servers, flow), Source::Trunk(_))
}

enum Source {
    Trunk(String),
    Inside,
    Stranger,
}

/// A trunk's whole address is a trunk even inside our networks (a gateway on the next shelf, the demo's carrier); its bare address
/// is one only outside them, where no phone of ours can share it.
fn source(site: &Site, servers: &Servers, flow: &Flow) -> Source {
    let ip = flow.remote.ip().to_canonical();
    if let Some(trunk) = servers.exact(std::net::SocketAddr::new(ip, flow.remote.port())) {
        return Source::Trunk(trunk.to_owned());
    }
    if site.settings.is_own_network(ip) {
        return Source::Inside;
    }
    match servers.at(ip) {
        Some(trunk) => Source::Trunk(trunk.to_owned()),
        None => Source::Stranger,
    }
}

fn from_trunk(
    site: &Site,
    name: String,
    format: NumberFormat,
    invite: &sip_api::Invite,
    dialled: Option<PhoneNumber>,
) -> Visitor {
    // Who wants to stay unknown does (RFC 3323), also where the carrier tells us who it is.
    let vouched = invite.vouched.as_ref();
    let private = vouched.is_some_and(|v| v.private);
    let asserted = vouched.and_then(|v| v.asserted.as_ref());
    let said = asserted.map_or(&invite.from_user, |a| &a.user);
    let display = asserted.map(|a| &a.display).filter(|d| !d.expose().is_empty()).unwrap_or(&invite.from.display);
    // A carrier can name any outside number; what looks like an extension of ours from there is a lie.
    let number = format.read(said.expose(), &site.settings.numbering).ok();
    let outside = |n: &PhoneNumber| matches!(n, PhoneNumber::E164(_));
    let number = number.filter(|n| !private && outside(n));
    let before = |named: &sip_api::Named| Party {
        number: format.read(named.user.expose(), &site.settings.numbering).ok().filter(outside),
        name: shown(&named.display),
    };
    Visitor {
        caller: Caller::Trunk { name },
        whose: None,
        direction: Direction::In,
        from: Party { number, name: if private { Pii::default() } else { shown(display) } },
        // It shows nobody already.
        private: false,
        diverted: vouched.map_or_else(Vec::new, |v| v.diverted.iter().map(before).collect()),
        dialled,
        device: String::new(),
    }
}

/// What a user's phone at this address is, for an alert: "Extension 101 (Front desk, room 2)".
pub(crate) fn device(site: &Site, user: &str, ip: Option<IpAddr>) -> String {
    let person = site.settings.person(user);
    let extension = person.map_or(user, |p| p.extension.as_str());
    let name = person.map_or("", |p| p.name.expose().as_str());
    format!("Extension {extension}{}", about(name, site.settings.spot(Some(user), ip)))
}

/// Who and where, in brackets: " (Front desk, room 2)". Nothing, if nothing is known.
fn about(name: &str, spot: Spot<'_>) -> String {
    let place = spot.to_string();
    let mut about = vec![name, &place];
    about.retain(|text| !text.is_empty());
    if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) }
}

/// A call for help from a phone at this address, which says to be this person's.
pub(crate) fn help(site: &Site, number: &str, tell: &[String], person: Option<&Person>, ip: Option<IpAddr>) -> Help {
    let spot = site.settings.spot(person.map(|person| person.user.as_str()), ip);
    Help {
        number: number.to_owned(),
        tell: tell.to_vec(),
        told: false,
        address: spot.elsewhere.unwrap_or(&site.settings.address).to_owned().into(),
        location: spot.location.to_owned().into(),
        shown: spot.number.unwrap_or(&site.settings.main_number).clone(),
        by: person.map(|person| person.extension.clone()).zip(ip),
    }
}

fn from_phone(site: &Site, user: &str, caller: Caller, dialled: Option<PhoneNumber>) -> Visitor {
    let person = site.settings.person(user);
    let extension = person.map_or(user, |p| p.extension.as_str());
    Visitor {
        caller,
        whose: Some(user.to_owned()),
        direction: Direction::Out,
        from: Party {
            number: Some(PhoneNumber::Internal(extension.to_owned())),
            name: person.map_or_else(Pii::default, |p| p.name.clone()),
        },
        private: false,
        diverted: Vec::new(),
        dialled,
        device: String::new(),
    }
}

/// Somebody needs help. Who it is matters only to those who are told: what the phone proved, else by which path its registration
/// came, else what it says of itself. Where several have registered by that path, what it says tells which of them it is.
fn in_need(site: &Site, registrar: &Registrar, invite: &sip_api::Invite, dialled: Option<PhoneNumber>) -> Visitor {
    let (settings, ip) = (&site.settings, invite.flow.remote.ip().to_canonical());
    let proved = match &invite.auth {
        Auth::Valid { user } => settings.person(user),
        _ => None,
    };
    let caller = proved.map_or(Caller::Device, |p| Caller::Extension { user: p.user.clone() });
    let claimed = settings.person(invite.from_user.expose());
    let registered: Vec<&Person> = registrar.users_at(&invite.flow).filter_map(|user| settings.person(user)).collect();
    let registered = match (registered.as_slice(), claimed) {
        ([_, _, ..], Some(claimed)) => registered.into_iter().find(|person| person.user == claimed.user),
        (all, _) => all.first().copied(),
    };
    match proved.or(registered).or(claimed) {
        Some(person) => {
            let mut visitor = from_phone(site, &person.user, caller, dialled);
            visitor.device = device(site, &person.user, Some(ip));
            if proved.or(registered).is_none() {
                visitor.whose = None;
                visitor.device = format!("A phone that has not registered and calls itself {}", visitor.device);
            }
            visitor
        }
        None => Visitor {
            caller,
            whose: None,
            direction: Direction::Out,
            from: Party { number: None, name: name_of(invite) },
            private: false,
            diverted: Vec::new(),
            dialled,
            device: format!("A phone that has not registered, at {ip}{},", about("", settings.spot(None, Some(ip)))),
        },
    }
}

/// A name that a stranger gives goes into rows and onto displays: it is cut where no display is wide enough any more.
const MAX_NAME: usize = 80;

fn name_of(invite: &sip_api::Invite) -> Pii<String> {
    shown(&invite.from.display)
}

fn shown(display: &Pii<String>) -> Pii<String> {
    Pii::new(display.expose().chars().filter(|c| !c.is_control()).take(MAX_NAME).collect())
}
