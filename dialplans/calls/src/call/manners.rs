//! How one carrier wants to be told who calls whom: the form of the numbers, the caller's name, and that a call was sent on.

use model::fax::Direction;
use model::settings::{CallerId, Diversion, Identity, Trunk};
use model::{PhoneNumber, Pii};
use sip::api::NameAddr;

use crate::step::Step;
use crate::trunks::domain;

/// What an INVITE to a carrier says.
pub(crate) struct Manners {
    pub(crate) uri: Pii<String>,
    pub(crate) from: NameAddr,
    pub(crate) to: NameAddr,
    pub(crate) headers: Vec<(&'static str, Pii<String>)>,
}

/// Outside, the clinic calls as itself: its main number is the one to call back, or the one that the plan shows for whoever calls. An
/// emergency service always gets the main number, or that of the place that help is called from, and nothing of that is left to
/// the carrier's terms, or to a phone that wants to stay unknown (`private`), when somebody calls for help.
pub(crate) fn of(trunk: &Trunk, number: &PhoneNumber, private: bool, step: &Step<'_>) -> Manners {
    let (settings, terms) = (&step.site.settings, &trunk.terms);
    let (domain, urgent) = (domain(trunk), step.card.help.is_some());
    let write = |number: &PhoneNumber| terms.numbers_out.write(number, &settings.numbering);
    let at_carrier = |number: &PhoneNumber| format!("sip:{}@{domain}", write(number));
    let shown = if urgent || step.card.fax.is_some() { None } else { shown(number, step) };
    let own = match (&shown, &step.card.help) {
        (_, Some(help)) => &help.shown,
        (Some(shown), None) => &shown.number,
        (None, None) if step.card.fax.is_some() => &settings.fax_number,
        (None, None) => &settings.main_number,
    };
    let our_name = shown.as_ref().and_then(|shown| shown.name.as_ref()).unwrap_or(&settings.clinic_name);
    let sent_on = sent_on(step).filter(|_| !urgent);
    // Without an account the carrier knows us by our address, and the domain is ours.
    let our_domain = if terms.account.is_some() { domain.clone() } else { settings.domain.clone() };
    let ours = |number: &PhoneNumber, name: &str| NameAddr {
        display: name.into(),
        uri: format!("sip:{}@{our_domain}", write(number)).into(),
    };
    let clinic = ours(own, our_name);
    let hidden = (terms.caller_id == CallerId::Anonymous || private) && !urgent;
    let from = match (terms.caller_id, &sent_on) {
        _ if hidden => anonymous(),
        // What the clinic calls a number is nobody's outside.
        (CallerId::Original, Some(original)) if step.site.plan.name_of(original, settings).is_some() => {
            ours(original, "")
        }
        (CallerId::Original, Some(original)) => ours(original, step.card.from.name.expose()),
        _ => clinic.clone(),
    };
    let mut headers = Vec::new();
    let vouch = match terms.identity {
        Identity::None => None,
        Identity::Asserted => Some("P-Asserted-Identity"),
        Identity::Preferred => Some("P-Preferred-Identity"),
    };
    headers.extend(vouch.map(|name| (name, Pii::new(format!("<{}>", clinic.uri.expose())))));
    if hidden {
        headers.push(("Privacy", "id".into()));
    }
    if sent_on.is_some() {
        let here = at_carrier(own);
        match terms.diversion {
            Diversion::None => {}
            Diversion::Diversion => {
                headers.push(("Diversion", Pii::new(format!("<{here}>;reason=unconditional;counter=1"))));
            }
            Diversion::HistoryInfo => {
                let history = format!("<{here}>;index=1, <{}>;index=1.1;mp=1", at_carrier(number));
                headers.push(("History-Info", Pii::new(history)));
            }
        }
    }
    headers.extend(place(trunk, step));
    let uri = Pii::new(at_carrier(number));
    Manners { to: NameAddr { display: String::new().into(), uri: uri.clone() }, uri, from, headers }
}

/// Nobody, as RFC 3323 section 4.1.1.3 writes it.
pub(crate) fn anonymous() -> NameAddr {
    NameAddr { display: "Anonymous".into(), uri: "sip:anonymous@anonymous.invalid".into() }
}

/// As whom the plan shows this call: that of whoever calls, or of whoever forwarded it out.
fn shown(number: &PhoneNumber, step: &Step<'_>) -> Option<plan::Shown> {
    let caller = match &step.card.from.number {
        Some(PhoneNumber::Internal(extension)) => Some(extension.as_str()),
        _ => None,
    };
    let whose = step.card.passed.last().map(String::as_str).or(caller);
    step.site.plan.shows(whose, number, &step.site.settings)
}

/// Who called the clinic from outside, if this call sends theirs on.
fn sent_on(step: &Step<'_>) -> Option<PhoneNumber> {
    let from_outside = step.card.direction == Direction::In;
    step.card.from.number.clone().filter(|n| from_outside && matches!(n, PhoneNumber::E164(_)))
}

/// Where somebody calls for help from, if the carrier wants that said.
fn place(trunk: &Trunk, step: &Step<'_>) -> Option<(&'static str, Pii<String>)> {
    let header = trunk.terms.location_header.as_ref()?;
    let help = step.card.help.as_ref()?;
    let mut place = vec![help.address.expose().as_str(), help.location.expose().as_str()];
    place.retain(|text| !text.is_empty());
    (!place.is_empty()).then(|| (header_name(header), Pii::new(place.join("; "))))
}

/// The settings allow these two.
fn header_name(name: &str) -> &'static str {
    if name == "Subject" { "Subject" } else { "X-Location" }
}
