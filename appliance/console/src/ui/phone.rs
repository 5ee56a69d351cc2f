//! The telephone of whoever is signed in, as a window of its own: what is on it before its script begins, and the directory beside it.

use askama::Template;
use axum::extract::Query;
use axum::http::{HeaderName, HeaderValue};
use model::PhoneNumber;
use model::settings::{Person, Right};
use plan::Plan;
use serde::Deserialize;

use super::alerts::{self, AlertView};
use super::faxes::form_urlencoded;
use super::{Answer, Ctx, page as render};
use crate::http::assets::{Assets, assets};
use crate::local::Local;
use crate::texts::Arg;

/// Every key with the letters that stand on it.
const KEYS: [(&str, &str); 12] = [
    ("1", ""),
    ("2", "ABC"),
    ("3", "DEF"),
    ("4", "GHI"),
    ("5", "JKL"),
    ("6", "MNO"),
    ("7", "PQRS"),
    ("8", "TUV"),
    ("9", "WXYZ"),
    ("*", ""),
    ("0", "+"),
    ("#", ""),
];

/// What the script says, in its own moments.
const WORDS: [&str; 59] = [
    "phone-answer",
    "phone-refuse",
    "phone-hang-up",
    "phone-hold",
    "phone-resume",
    "phone-mute",
    "phone-unmute",
    "phone-transfer",
    "phone-connect",
    "phone-cancel",
    "phone-is-connecting",
    "phone-is-ready",
    "phone-is-not-ready",
    "phone-is-lost",
    "phone-is-signed-out",
    "phone-is-unanswered",
    "phone-is-elsewhere",
    "phone-elsewhere",
    "phone-handed-over",
    "phone-is-mute-bell",
    "phone-call-calling",
    "phone-call-ringing",
    "phone-call-called",
    "phone-call-answering",
    "phone-call-rings-on",
    "phone-call-talking",
    "phone-call-held",
    "phone-call-holding",
    "phone-call-muted",
    "phone-call-transferring",
    "phone-call-transferred",
    "phone-call-ended",
    "phone-call-unknown",
    "phone-call-kept",
    "phone-call-unchanged",
    "phone-microphone-changed",
    "phone-microphone-lost",
    "phone-why-hung-up",
    "phone-why-stopped",
    "phone-why-busy",
    "phone-why-declined",
    "phone-why-no-answer",
    "phone-why-unknown-number",
    "phone-why-not-allowed",
    "phone-why-unreachable",
    "phone-why-no-sound",
    "phone-why-lost",
    "phone-why-overloaded",
    "phone-why-failed",
    "phone-why-too-many",
    "phone-why-not-a-number",
    "phone-why-several",
    "phone-why-no-such-call",
    "phone-why-nonsense",
    "phone-why-signed-out",
    "phone-why-no-microphone",
    "phone-why-no-device",
    "phone-why-not-secure",
    "phone-why-not-connected",
];
/// The same, of calls for help.
const WORDS_FOR_HELP: [&str; 3] = ["phone-help", "phone-help-mute", "phone-handed-help"];

/// As many as the field takes.
const MAX_DIGITS: usize = 64;

/// Nothing else in the console may listen.
const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(self), payment=(), usb=()";

/// The telephone with this number on it, for a link. Where it is not one of a person or a line, there is no link: nobody calls for help by a
/// slip in a list.
pub(super) fn with_number(number: Option<&PhoneNumber>) -> Option<String> {
    let number = number.filter(|n| matches!(n, PhoneNumber::Internal(_) | PhoneNumber::E164(_)))?;
    Some(format!("/phone?{}", form_urlencoded(&[("call", number.as_str())]).trim_end_matches('&')))
}

/// What the address may say.
#[derive(Deserialize)]
pub(crate) struct Asked {
    /// The number that stands in the field. It is dialled by whoever presses Call, and by nobody else.
    #[serde(default)]
    call: String,
}

/// `GET /phone`.
pub(crate) async fn page(ctx: Ctx, Query(asked): Query<Asked>) -> Answer {
    let own = ctx.settings.person(&ctx.principal.user).map(|p| p.extension.clone()).unwrap_or_default();
    let people = ctx.settings.people.iter().filter(|p| !p.extension.is_empty());
    let emergency = Plan::in_force(&ctx.settings).plan.emergency_numbers(&ctx.settings.numbering);
    let devices = [
        ("microphone", ctx.t("phone-microphone")),
        ("speaker", ctx.t("phone-speaker")),
        ("ringer", ctx.t("phone-ringer")),
    ];
    let mut answer = render(&Phone {
        assets: assets(),
        title: ctx.t("phone-title"),
        clinic: ctx.settings.clinic_name.clone(),
        user: ctx.principal.user.clone(),
        name: ctx.principal.name.expose().clone(),
        sub: ctx.with("phone-sub", &[("extension", own.as_str().into())]),
        emergency: emergency.join(" "),
        alerts: alerts::open(&ctx),
        call: asked.call.chars().filter(|c| c.is_ascii_digit() || "+*#".contains(*c)).take(MAX_DIGITS).collect(),
        people: people.map(|p| PersonView::new(&ctx, p, &own)).collect(),
        devices,
        words: WORDS.iter().chain(&WORDS_FOR_HELP).map(|key| (*key, word(&ctx, key))).collect(),
        local: ctx.local.clone(),
    })?;
    let name = HeaderName::from_static("permissions-policy");
    answer.headers_mut().insert(name, HeaderValue::from_static(PERMISSIONS));
    Ok(answer)
}

/// A text with places for what only the script knows.
fn word(ctx: &Ctx, key: &str) -> String {
    ctx.with(key, &[("who", Arg::from("%who%")), ("why", Arg::from("%why%"))])
}

#[derive(Template)]
#[template(path = "phone.html")]
struct Phone {
    local: Local,
    assets: &'static Assets,
    title: String,
    clinic: String,
    user: String,
    name: String,
    sub: String,
    emergency: String,
    /// As on every other page: whoever has only this window before them must see that somebody calls for help.
    alerts: Vec<AlertView>,
    call: String,
    people: Vec<PersonView>,
    devices: [(&'static str, String); 3],
    words: Vec<(&'static str, String)>,
}

impl Phone {
    fn t(&self, key: &str) -> String {
        self.local.texts.get(key)
    }
}

struct PersonView {
    name: String,
    extension: String,
    /// The dot and its word, for those who may see people.
    state: Option<(&'static str, String)>,
    own: bool,
}

impl PersonView {
    fn new(ctx: &Ctx, person: &Person, own: &str) -> Self {
        let state = ctx.may(Right::SeePeople).then(|| {
            let (dot, word) = stands(ctx, &person.extension);
            (dot, ctx.t(word))
        });
        Self {
            name: person.name.expose().clone(),
            extension: person.extension.clone(),
            state,
            own: person.extension == own,
        }
    }
}

fn stands(ctx: &Ctx, extension: &str) -> (&'static str, &'static str) {
    let is = |number: &Option<PhoneNumber>| matches!(number, Some(PhoneNumber::Internal(n)) if n == extension);
    let there = ctx.snapshot.phones.iter().any(|p| p.extension == extension && p.phones > p.silent);
    if ctx.snapshot.calls.iter().any(|c| is(&c.from.number) || is(&c.to.number)) {
        (" w", "phone-in-call")
    } else if there {
        ("", "phone-free")
    } else {
        (" off", "phone-away")
    }
}
