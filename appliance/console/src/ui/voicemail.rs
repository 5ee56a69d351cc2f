//! Messages that callers left for whoever is signed in: their own, and nobody else's.

use askama::Template;
use axum::extract::{Form, Multipart, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use model::command::Command;
use model::voicemail::{GreetingKind, PinFault, Voicemail, VoicemailMark, VoicemailState};
use model::{Pii, Sound};
use plan::Plan;
use serde::Deserialize;

use super::words::{Tag, TimeView, party};
use super::{Answer, Ctx, Place, Shell, page as render, page_with, phone};
use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;
use crate::recorded::{mailbox, message_wav, wav};
use crate::upload::{self, SoundForm};

/// Bytes of a greeting's file: two minutes in stereo at 48 kHz with 24 bits.
const GREETING_BYTES: usize = 36 << 20;
/// The rate at which greetings are kept: that of the telephone.
const GREETING_RATE: u32 = 8_000;

/// `GET /voicemail`.
pub(crate) async fn page(ctx: Ctx) -> Answer {
    render(&Page::new(&ctx, &["live-voicemail"]).await?)
}

/// `GET /voicemail/pin`: whoever loads the form again after a slip.
pub(crate) async fn to_page() -> Redirect {
    Redirect::to("/voicemail")
}

impl Page {
    /// `live`: none, if it is drawn with a form that is filled in.
    async fn new(ctx: &Ctx, live: &[&str]) -> Result<Self, Failure> {
        let mailbox = mailbox(&ctx.app, &ctx.principal.user)?;
        let store = ctx.app.store.voicemails();
        let all = store.list(&mailbox).await?;
        let own = store.greetings(&mailbox).await?;
        let has_pin = store.has_pin(&mailbox).await?;
        let new = all.iter().filter(|m| m.state == VoicemailState::New).count();
        let (deleted, there): (Vec<_>, Vec<_>) = all.iter().partition(|m| m.state == VoicemailState::Deleted);
        let view = |messages: Vec<&Voicemail>| messages.into_iter().map(|m| Message::new(ctx, m)).collect::<Vec<_>>();
        let greeting = |kind: GreetingKind| Greeting {
            kind: kind.word(),
            title: ctx.t(&format!("greeting-{}", kind.word())),
            own: own.contains(&kind),
            state: ctx.t(match (kind, own.contains(&kind)) {
                (GreetingKind::Name, true) => "name-own",
                (GreetingKind::Name, false) => "name-none",
                (_, true) => "greeting-own",
                (_, false) => "greeting-standard",
            }),
            remove: ctx.t(if kind == GreetingKind::Name { "name-remove" } else { "greeting-remove" }),
        };
        Ok(Self {
            shell: ctx.shell(ctx.t("nav-voicemail"), Place::Voicemail, live).await,
            sub: ctx.with("voicemail-new", &[("count", new.into())]),
            messages: view(there),
            colleagues: colleagues(ctx, &mailbox),
            deleted: view(deleted),
            greetings: GreetingKind::ALL.into_iter().map(greeting).collect(),
            pin: ctx.t(if has_pin { "voicemail-pin-set" } else { "voicemail-pin-unset" }),
            pin_typed: String::new(),
            pin_error: String::new(),
            own: mailbox,
        })
    }
}

/// `GET /voicemail/{id}/message.wav`: in whole or in part, as players ask.
pub(crate) async fn sound(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    message_wav(&app, &principal, &id, &headers).await
}

/// `GET /voicemail/greetings/{kind}/greeting.wav`.
pub(crate) async fn greeting_sound(
    State(app): State<App>,
    principal: Principal,
    Path(kind): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let kind = GreetingKind::from_word(&kind).ok_or(Failure::NotFound)?;
    let mailbox = mailbox(&app, &principal.user)?;
    let sound = app.store.voicemails().greeting(&mailbox, kind).await?.ok_or(Failure::NotFound)?;
    Ok(wav(sound.expose(), &format!("greeting-{}.wav", kind.word()), &headers))
}

/// `POST /voicemail/{id}/heard`, `…/new`, `…/delete`, `…/restore`.
pub(crate) async fn mark(
    State(app): State<App>,
    principal: Principal,
    Path((id, verb)): Path<(String, String)>,
) -> Answer {
    let voicemail = id.parse().map_err(|_| Failure::NotFound)?;
    let mark = mark_of(&verb).ok_or(Failure::NotFound)?;
    data::order(&app, Command::MarkVoicemail { by: principal.user, voicemail, mark }).await?;
    Ok(Redirect::to("/voicemail").into_response())
}

/// To whom.
#[derive(Deserialize)]
pub(crate) struct Given {
    to: String,
}

impl Given {
    /// The extension of whoever is named, by their extension or as a user.
    pub(crate) fn extension(self, app: &App) -> String {
        let settings = app.settings.borrow();
        settings.person(&self.to).map_or(self.to, |person| person.extension.clone())
    }
}

/// `POST /voicemail/{id}/give`.
pub(crate) async fn give(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    Form(form): Form<Given>,
) -> Answer {
    let voicemail = id.parse().map_err(|_| Failure::NotFound)?;
    let to = form.extension(&app);
    data::order(&app, Command::GiveVoicemail { by: principal.user, voicemail, to }).await?;
    Ok(Redirect::to("/voicemail").into_response())
}

/// What a verb of an address orders.
pub(crate) fn mark_of(verb: &str) -> Option<VoicemailMark> {
    match verb {
        "heard" => Some(VoicemailMark::Heard),
        "new" => Some(VoicemailMark::New),
        "delete" => Some(VoicemailMark::Delete),
        "restore" => Some(VoicemailMark::Restore),
        _ => None,
    }
}

/// What the form says.
#[derive(Deserialize)]
pub(crate) struct Pin {
    pin: String,
}

/// `POST /voicemail/pin`.
pub(crate) async fn set_pin(ctx: Ctx, Form(form): Form<Pin>) -> Answer {
    let (pin, own) = (form.pin.trim(), mailbox(&ctx.app, &ctx.principal.user)?);
    // The appliance refuses it too; said here it is what was typed that is wrong, and not who may type it.
    if let Some(fault) = PinFault::of(pin, &own) {
        let page = Page::new(&ctx, &[]).await?;
        let page = Page { pin_error: fault.sentence().to_owned(), pin_typed: pin.to_owned(), ..page };
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    data::order(&ctx.app, Command::SetPin { by: ctx.principal.user, pin: Pii::from(pin) }).await?;
    Ok(Redirect::to("/voicemail").into_response())
}

/// `POST /voicemail/greetings/{kind}`: a WAV file, or the form without one to go back to the standard text, or to no name.
pub(crate) async fn set_greeting(
    State(app): State<App>,
    principal: Principal,
    Path(kind): Path<String>,
    form: Multipart,
) -> Answer {
    let kind = GreetingKind::from_word(&kind).ok_or(Failure::NotFound)?;
    let _turn = upload::turn(&app)?;
    let file = SoundForm::read(form, GREETING_BYTES).await?.file;
    let sound = match file.is_empty() {
        true => None,
        false => {
            let read = tokio::task::spawn_blocking(move || {
                Sound::from_wav(&file, kind.longest()).map(|sound| sound.at_rate(GREETING_RATE))
            });
            let sound = read.await.map_err(|_| Failure::NotDrawn)?.map_err(|e| Failure::Unusable(e.to_string()))?;
            Some(Pii::new(sound))
        }
    };
    data::order(&app, Command::SetGreeting { by: principal.user, kind, sound }).await?;
    Ok(Redirect::to("/voicemail").into_response())
}

#[derive(Template)]
#[template(path = "voicemail.html")]
struct Page {
    shell: Shell,
    sub: String,
    messages: Vec<Message>,
    /// Who may be given one: extension and name.
    colleagues: Vec<(String, String)>,
    deleted: Vec<Message>,
    greetings: Vec<Greeting>,
    pin: String,
    /// One that cannot be used, and why.
    pin_typed: String,
    pin_error: String,
    /// The person's extension.
    own: String,
}

/// Everybody else who has a mailbox.
fn colleagues(ctx: &Ctx, own: &str) -> Vec<(String, String)> {
    let plan = Plan::in_force(&ctx.settings).plan;
    let others = ctx.settings.people.iter().filter(|person| person.extension != own);
    let may = others.filter(|person| plan.has_mailbox(&person.extension, &ctx.settings));
    may.map(|person| (person.extension.clone(), person.name.expose().clone())).collect()
}

struct Greeting {
    kind: &'static str,
    title: String,
    own: bool,
    /// What callers hear.
    state: String,
    /// What becomes of it at the press of a button.
    remove: String,
}

struct Message {
    id: String,
    who: String,
    /// The telephone with their number on it.
    call: Option<String>,
    tags: Vec<Tag>,
    is_new: bool,
    length: String,
    at: TimeView,
    /// "Given by Nurse"; empty if its caller left it here.
    given: String,
    wave: Vec<Bar>,
}

/// A bar of the waveform.
struct Bar {
    x: usize,
    y: u32,
    height: u32,
}

impl Message {
    fn new(ctx: &Ctx, message: &Voicemail) -> Self {
        let mut tags = Vec::new();
        if message.urgent {
            tags.push(Tag { class: "bad", text: ctx.t("voicemail-urgent") });
        }
        if message.state == VoicemailState::New {
            tags.push(Tag { class: "ok", text: ctx.t("voicemail-state-new") });
        }
        Self {
            id: message.id.to_string(),
            who: party(ctx, &message.from),
            call: phone::with_number(message.from.number.as_ref()),
            tags,
            is_new: message.state == VoicemailState::New,
            length: ctx.local.duration(message.millis),
            at: ctx.time(message.created),
            given: message
                .given_by
                .as_ref()
                .map_or_else(String::new, |by| ctx.with("voicemail-given-by", &[("who", (&ctx.person(by)).into())])),
            wave: wave(&message.peaks),
        }
    }
}

/// The picture of a message, 40 high: one bar for each part, never so low that it cannot be seen.
fn wave(peaks: &[u8]) -> Vec<Bar> {
    // Loudness as it is heard, and not as it is measured: a voice at a tenth of the scale fills half of the picture.
    let height = |peak: u8| (2 + (f64::from(peak).sqrt() * 3.8) as u32).min(40);
    let bar = |(n, peak): (usize, &u8)| {
        let height = height(*peak);
        Bar { x: n * 3, y: (40 - height) / 2, height }
    };
    peaks.iter().enumerate().map(bar).collect()
}
