//! Send a fax: fill in, see the number written back, confirm. What was typed is kept through every mistake, and an error is a sentence
//! beside its field. Who may send what where is the plan's to say, here as at every other door.

mod confirm;
mod drafts;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Multipart, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use model::command::{Command, CommandOutcome, Document};
use model::fax::Door;
use model::sending::{Priority, Wish};
use model::settings::Right;
use model::{Inside, PhoneNumber, Pii};
use serde::Deserialize;

use super::words::fax_href;
use super::{Answer, Ctx, Place, Shell, page, page_with};
use crate::data;
use crate::failure::Failure;
use crate::numbers::{Numbers, capital};
use crate::upload::{Upload, accepted, problem_of};

pub(crate) use confirm::confirm;
pub(crate) use drafts::Drafts;
pub(super) use drafts::{Draft, Fate};

/// A fax may be ordered this far ahead, in milliseconds: a month. What is further away is in a calendar, not in a queue.
pub(crate) const MAX_AHEAD: i64 = 31 * 86_400_000;

/// Where whoever has sent to several numbers sees them: the newest stand on top.
const OF_MANY: &str = "/faxes?show=out";
/// Where it is said to whoever may send faxes and see none that it was taken.
const TAKEN: &str = "/send?taken=true";

/// What the address may say.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    to: String,
    #[serde(default)]
    draft: String,
    #[serde(default)]
    taken: bool,
}

/// `GET /send`.
pub(crate) async fn form(ctx: Ctx, Query(asked): Query<Asked>) -> Answer {
    let filled = match draft(&ctx, &asked.draft) {
        Some(draft) => Filled::of(&draft),
        None => Filled { to: asked.to, taken: asked.taken, ..Filled::default() },
    };
    page(&filled.form(&ctx).await)
}

/// `POST /send`: checks, and leads to the page that asks once more.
pub(crate) async fn check(ctx: Ctx, form: Multipart) -> Answer {
    let mut upload = Upload::read_typed(&ctx.app, form).await?;
    let document = document_of(&ctx, &mut upload, "send-no-document");
    let wish = Wanted::of(&ctx, &upload.priority, &upload.not_before);
    let inside = Inside::parse(&upload.subaddress, &upload.password);
    let mut filled = Filled {
        to: upload.to,
        subject: upload.subject,
        priority: upload.priority,
        not_before: upload.not_before,
        subaddress: upload.subaddress,
        password: upload.password,
        ..Filled::default()
    };
    let mut numbers = numbers(&ctx, &filled.to).unwrap_or_else(|sentence| {
        filled.to_error = sentence;
        Numbers::default()
    });
    if let Err(sentence) = &wish {
        filled.when_error.clone_from(sentence);
    }
    match &inside {
        Err(sentence) => (*sentence).clone_into(&mut filled.inside_error),
        // What opens one machine is no other's to know.
        Ok(inside) if *inside != Inside::default() && numbers.all.len() > 1 => {
            filled.inside_error = ctx.t("send-inside-one");
        }
        Ok(_) => {}
    }
    let inside = inside.ok().filter(|_| filled.inside_error.is_empty());
    let wish = wish.ok().zip(inside).map(|(wish, inside)| Wish { inside, ..wish });
    let document = match document {
        Ok(document) => document,
        Err((status, sentence)) => {
            filled.document_error = sentence;
            return page_with(status, &filled.form(&ctx).await);
        }
    };
    if !numbers.have_room_for(std::slice::from_ref(&document)) {
        filled.to_error = ctx.t("send-too-large-for-all");
    }
    if wish.is_none() || !filled.to_error.is_empty() {
        numbers = Numbers::default();
    }
    let kept = ctx.app.drafts.keep(Draft {
        key: ctx.app.sessions.random_key(),
        user: ctx.principal.user.clone(),
        typed: filled.to.clone(),
        to: numbers,
        wish: wish.unwrap_or_default(),
        asked: [&filled.priority, &filled.not_before, &filled.subaddress, &filled.password].map(String::clone),
        subject: filled.subject.clone(),
        document,
        born: ctx.app.clock.now().instant,
        fate: Fate::Open.into(),
    });
    if kept.to.all.is_empty() {
        filled.kept = Some(kept);
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &filled.form(&ctx).await);
    }
    Ok(Redirect::to(&format!("/send/{}", kept.key)).into_response())
}

/// The document that came, or the one that came before; or why it cannot be had, and under which status. `none`: what is said where none came.
pub(super) fn document_of(ctx: &Ctx, upload: &mut Upload, none: &str) -> Result<Document, (StatusCode, String)> {
    if upload.too_large {
        return Err((StatusCode::PAYLOAD_TOO_LARGE, ctx.t("upload-too-large")));
    }
    if upload.busy {
        return Err((StatusCode::TOO_MANY_REQUESTS, ctx.t("upload-busy")));
    }
    let document = match upload.documents.drain(..).next() {
        Some(document) => match problem_of(&document) {
            Some(key) => Err(ctx.t(key)),
            None => Ok(document),
        },
        None => draft(ctx, &upload.draft).map(|d| d.document.clone()).ok_or_else(|| ctx.t(none)),
    };
    document.map_err(|sentence| (StatusCode::UNPROCESSABLE_ENTITY, sentence))
}

/// `POST /send/{draft}`: orders it, once.
pub(crate) async fn send(ctx: Ctx, Path(key): Path<String>) -> Answer {
    let Some(draft) = draft(&ctx, &key) else { return Err(Failure::Unusable(ctx.t("send-gone"))) };
    if draft.to.all.is_empty() {
        return Ok(Redirect::to(&form_href(&draft)).into_response());
    }
    let mut fate = draft.fate.lock().await;
    match *fate {
        Fate::Open => {}
        Fate::Accepted(fax) => return Ok(taken(&ctx, &fax_href(fax))),
        Fate::AllAccepted => return Ok(taken(&ctx, OF_MANY)),
        Fate::Unknown => return Err(Failure::Unknown),
    }
    // If the browser goes away now, this task is dropped while the order may be carried out: until we know better, it is unknown.
    *fate = Fate::Unknown;
    match data::order(&ctx.app, order_of(&ctx, &draft)).await {
        Ok(CommandOutcome::FaxAccepted(fax)) => {
            *fate = Fate::Accepted(fax);
            Ok(taken(&ctx, &fax_href(fax)))
        }
        Ok(CommandOutcome::FaxesAccepted(_)) => {
            *fate = Fate::AllAccepted;
            Ok(taken(&ctx, OF_MANY))
        }
        Ok(CommandOutcome::Done | CommandOutcome::Ladder(_)) | Err(Failure::Unknown) => Err(Failure::Unknown),
        Err(Failure::Command(error)) => {
            *fate = Fate::Open;
            drop(fate);
            let filled = Filled { problem: Some(error.to_string()), ..Filled::of(&draft) };
            page_with(StatusCode::CONFLICT, &filled.form(&ctx).await)
        }
        Err(failure) => {
            *fate = Fate::Open;
            Err(failure)
        }
    }
}

/// An order was taken: to where it is seen, or, for whom faxes are none to see, to a form that says so.
pub(super) fn taken(ctx: &Ctx, there: &str) -> Response {
    Redirect::to(if ctx.may(Right::SeeFaxes) { there } else { TAKEN }).into_response()
}

fn order_of(ctx: &Ctx, draft: &Draft) -> Command {
    let (by, door) = (ctx.principal.user.clone(), Door::Console);
    let subject = Pii::new(draft.subject.clone());
    let (documents, wish) = (vec![draft.document.clone()], draft.wish.clone());
    match &draft.to.all[..] {
        [to] => Command::SendFax { by, door, to: to.clone(), subject, documents, wish },
        all => Command::SendFaxes { by, door, to: all.to_vec(), subject, documents, wish },
    }
}

/// The number, if it is one and the plan lets this person fax to it; else the sentence to say.
pub(super) fn admitted(ctx: &Ctx, typed: &str) -> Result<PhoneNumber, String> {
    let number = ctx.settings.numbering.parse(typed).map_err(|e| capital(&e.to_string()))?;
    data::admit(&ctx.settings, &ctx.principal, Door::Console, &number, ctx.local.now)?;
    Ok(number)
}

/// The same of all numbers of an order.
fn numbers(ctx: &Ctx, typed: &str) -> Result<Numbers, String> {
    let when = (Door::Console, ctx.local.now);
    Numbers::read(typed, &ctx.settings, &ctx.principal, when, ctx.local.texts).map_err(|failure| failure.sentence())
}

pub(super) fn draft(ctx: &Ctx, key: &str) -> Option<Arc<Draft>> {
    ctx.app.drafts.find(key, &ctx.principal.user, ctx.app.clock.now().instant)
}

fn form_href(draft: &Draft) -> String {
    format!("/send?draft={}", draft.key)
}

pub(super) fn document_line(ctx: &Ctx, draft: &Draft) -> String {
    let size = ctx.local.size(draft.document.bytes.expose().len());
    ctx.with("send-kept", &[("name", draft.document.name.expose().into()), ("size", (&size).into())])
}

/// When and how urgently, as it was chosen.
pub(super) struct Wanted;

impl Wanted {
    /// A time that is past is as good as none.
    pub(super) fn of(ctx: &Ctx, priority: &str, not_before: &str) -> Result<Wish, String> {
        let priority = Priority::from_word(priority).unwrap_or_default();
        let not_before = match not_before {
            "" => None,
            text => {
                let at = ctx.local.read_time(text).ok_or_else(|| ctx.t("send-bad-time"))?;
                if at.millis_since(ctx.local.now) > MAX_AHEAD {
                    return Err(ctx.t("send-too-late"));
                }
                Some(at)
            }
        };
        Ok(Wish { priority, not_before, ..Wish::default() })
    }
}

/// The form as a person has filled it in so far.
#[derive(Default)]
struct Filled {
    priority: String,
    not_before: String,
    when_error: String,
    subaddress: String,
    password: String,
    inside_error: String,
    to: String,
    to_error: String,
    subject: String,
    document_error: String,
    kept: Option<Arc<Draft>>,
    problem: Option<String>,
    taken: bool,
}

impl Filled {
    fn of(draft: &Arc<Draft>) -> Self {
        let kept = Some(draft.clone());
        let [priority, not_before, subaddress, password] = draft.asked.clone();
        let (to, subject) = (draft.typed.clone(), draft.subject.clone());
        Self { to, subject, kept, priority, not_before, subaddress, password, ..Self::default() }
    }

    async fn form(self, ctx: &Ctx) -> Form {
        let limit = ctx.local.size(ctx.settings.max_message);
        let kept = self.kept.map(|d| (d.key.clone(), document_line(ctx, &d)));
        Form {
            shell: ctx.shell(ctx.t("send-a-fax"), Place::Elsewhere, &[]).await,
            office: ctx.snapshot.office,
            taken: self.taken,
            accepted: accepted(),
            document_hint: match &kept {
                Some(_) => ctx.t("send-document-other"),
                None if ctx.snapshot.office => ctx.with("send-document-hint-office", &[("size", (&limit).into())]),
                None => ctx.with("send-document-hint", &[("size", (&limit).into())]),
            },
            problem: self.problem,
            priorities: priorities(ctx, &self.priority),
            not_before: self.not_before,
            when_error: self.when_error,
            opened: !(self.subaddress.is_empty() && self.password.is_empty()),
            subaddress: self.subaddress,
            password: self.password,
            inside_error: self.inside_error,
            to: self.to,
            to_error: self.to_error,
            subject: self.subject,
            document_error: self.document_error,
            kept,
        }
    }
}

struct Choice {
    word: &'static str,
    title: String,
    chosen: bool,
}

fn priorities(ctx: &Ctx, chosen: &str) -> Vec<Choice> {
    let chosen = Priority::from_word(chosen).unwrap_or_default();
    let choice = |p: Priority| Choice {
        word: p.word(),
        title: ctx.t(&format!("send-priority-{}", p.word())),
        chosen: p == chosen,
    };
    [Priority::Normal, Priority::Urgent, Priority::Bulk].into_iter().map(choice).collect()
}

#[derive(Template)]
#[template(path = "send.html")]
struct Form {
    shell: Shell,
    office: bool,
    taken: bool,
    problem: Option<String>,
    priorities: Vec<Choice>,
    not_before: String,
    when_error: String,
    opened: bool,
    subaddress: String,
    password: String,
    inside_error: String,
    to: String,
    to_error: String,
    subject: String,
    kept: Option<(String, String)>,
    accepted: String,
    document_hint: String,
    document_error: String,
}
