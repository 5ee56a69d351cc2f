//! What the handlers ask of the store and of the appliance, and what they are told when it does not answer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use model::call::CallRecord;
use model::command::{Command, CommandOutcome};
use model::fax::Door;
use model::ladder::Ladder;
use model::missed::MissedMark;
use model::{CallId, FaxId, Instant, Offer, PhoneNumber, Settings, Wall};
use store::TokenKind;
use store::effect::Effect;
use store::rows::{FaxRow, Shown};
use tokio::sync::oneshot;

use crate::auth::{Principal, Proof};
use crate::failure::Failure;
use crate::messages::capture::pcapng;
use crate::{App, Binding, CommandRequest};

/// How long an order may wait to be taken; the queue is short, so a longer wait means that nobody takes orders.
const TAKEN_WITHIN: Duration = Duration::from_secs(3);
/// How long its answer may take: a document of 100 MB on a slow disk.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);
/// Looking at one fax again within this time is the same look, for the audit: a page refreshes itself, and has many pictures.
const ONE_LOOK: Duration = Duration::from_mins(10);
/// Looks that are remembered.
const MAX_LOOKS: usize = 4_096;

/// As what a fax's pages are downloaded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Pdf,
    Tiff,
}

impl Form {
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Tiff => "image/tiff",
        }
    }

    /// What its files' names end with.
    pub(crate) const fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Tiff => "tif",
        }
    }
}

/// Gives an order to the appliance and waits for its answer.
pub(crate) async fn order(app: &App, command: Command) -> Result<CommandOutcome, Failure> {
    let is_many = matches!(&command, Command::SendFaxes { to, .. } if to.len() > 1);
    let _turn = if is_many { Some(app.many.acquire().await.map_err(|_| Failure::NotTaken)?) } else { None };
    let (reply, answer) = oneshot::channel();
    if app.commands.send_timeout(CommandRequest { command, reply }, TAKEN_WITHIN).await.is_err() {
        tracing::error!("the appliance takes no orders");
        return Err(Failure::NotTaken);
    }
    match tokio::time::timeout(ANSWERED_WITHIN, answer).await {
        Ok(Ok(outcome)) => outcome.map_err(Failure::Command),
        Ok(Err(_)) | Err(_) => {
            tracing::error!("the appliance did not answer an order");
            Err(Failure::Unknown)
        }
    }
}

/// May this person fax to this number? The sentence to say if not.
pub(crate) fn admit(settings: &Settings, by: &Principal, door: Door, to: &PhoneNumber, at: Wall) -> Result<(), String> {
    let plan = plan::Plan::in_force(settings).plan;
    let request = plan::Request { by: &by.rights, door, to, settings, at };
    plan.admit(&request).map(drop).map_err(|denied| denied.sentence)
}

/// May this person lay out such a document? The sentence to say if not.
pub(crate) fn admit_offer(
    settings: &Settings,
    by: &Principal,
    door: Door,
    (offer, open): (&Offer, bool),
    at: Wall,
) -> Result<(), String> {
    let plan = plan::Plan::in_force(settings).plan;
    let laying = plan::Laying { by: &by.rights, door, offer, open, settings, at };
    plan.admit_offer(&laying).map(drop).map_err(|denied| denied.sentence)
}

/// The numbers of ours at which the fax machine answers.
pub(crate) fn fax_numbers(settings: &Settings) -> Vec<PhoneNumber> {
    plan::Plan::in_force(settings).plan.fax_numbers(settings)
}

/// How many faxes wait for a person.
pub(crate) async fn needs_person(app: &App) -> Result<u64, Failure> {
    let counts = app.store.faxes().counts().await?;
    Ok(counts.needs_person_in + counts.needs_person_out)
}

/// Users whose names hold what is looked for.
pub(crate) fn named(settings: &Settings, text: &str) -> Vec<String> {
    let text = text.trim().to_lowercase();
    let people = settings.people.iter().filter(|p| !text.is_empty() && p.name.expose().to_lowercase().contains(&text));
    people.map(|person| person.user.clone()).collect()
}

/// One fax, by the id of its address.
pub(crate) async fn fax(app: &App, id: &str) -> Result<FaxRow, Failure> {
    let id: FaxId = id.parse().map_err(|_| Failure::NotFound)?;
    app.store.faxes().get(id).await?.ok_or(Failure::NotFound)
}

/// One finished call, by the id of its address.
pub(crate) async fn call(app: &App, id: &str) -> Result<Option<CallRecord>, Failure> {
    let id: CallId = id.parse().map_err(|_| Failure::NotFound)?;
    Ok(app.store.calls().get(id).await?)
}

/// Writes a line to the audit. `subject` is never personal.
pub(crate) async fn audit(app: &App, by: &str, what: &str, subject: &str) -> Result<(), Failure> {
    let (by, what, subject) = (by.to_owned(), what.to_owned(), subject.to_owned());
    let at = app.clock.now().wall;
    app.store.perform(Effect::Audit { by, what, subject, at }).await.map(drop).map_err(not_recorded)
}

/// The same of something that leaves the appliance with a person who gets it.
pub(crate) async fn leaves(app: &App, by: &Principal, what: &str, subject: &str) -> Result<(), Failure> {
    if by.looks { audit(app, &by.user, what, subject).await } else { Ok(()) }
}

/// What is looked at of a fax, and so what whoever looks has seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// A page that says how it stands.
    Standing,
    /// What is written on it, which says nothing of that: a picture, a file, whatever a program asks for.
    Pages,
    /// A page that refreshed itself: nobody may sit before it.
    ByItself,
}

impl Look {
    /// At a page, by a person or by itself.
    pub(crate) const fn at_page(by_itself: bool) -> Self {
        if by_itself { Self::ByItself } else { Self::Standing }
    }
}

/// A look that is on record: when it was, when the fax had changed last, and how it stood if that was shown.
type LastLook = (Instant, Wall, Option<Shown>);

/// Who has looked at what lately.
#[derive(Default)]
pub(crate) struct Views(Mutex<HashMap<(String, FaxId), LastLook>>);

/// The pages of a fax as one file. They leave the appliance with it, so that is recorded.
pub(crate) async fn fax_file(
    app: &App,
    by: &Principal,
    row: &FaxRow,
    form: Form,
    title: String,
) -> Result<Vec<u8>, Failure> {
    if row.pages == 0 {
        return Err(Failure::NotFound);
    }
    viewed(app, by, row, Look::Pages).await?;
    // Waits for its turn: what is drawn at the same time is bounded, what is read from the store with it.
    let _turn = app.drawing.acquire().await.map_err(|_| Failure::NotDrawn)?;
    let pages = app.store.faxes().pages(row.id).await?;
    let (bind, created) = (app.bind_pages.clone(), row.created);
    let bound = tokio::task::spawn_blocking(move || match form {
        Form::Pdf => bind(pages, Binding::Pdf { title: &title, created }),
        Form::Tiff => bind(pages, Binding::Tiff),
    });
    bound.await.ok().flatten().ok_or(Failure::NotDrawn)
}

/// Records that a person looks at a fax. What cannot be recorded is not shown (45 CFR 164.312(b)).
///
/// A look that repeats one of the last minutes is not recorded again, unless the fax changed in between: a look also says that somebody
/// has seen how it ended, where it was shown. A page that refreshed itself is no new look of anybody, but it is no way around the record either.
pub(crate) async fn viewed(app: &App, by: &Principal, fax: &FaxRow, look: Look) -> Result<(), Failure> {
    if !by.looks {
        return Ok(());
    }
    let now = app.clock.now();
    let key = (by.user.clone(), fax.id);
    let last = app.views.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
    let shown = (look == Look::Standing).then(|| fax.shown());
    let recorded = last.is_some_and(|(at, changed, known)| {
        let same = changed == fax.changed && (shown.is_none() || shown == known);
        look == Look::ByItself || same && now.instant.saturating_since(at) < ONE_LOOK
    });
    if recorded {
        return Ok(());
    }
    let effect = Effect::FaxViewed { fax: fax.id, by: by.user.clone(), shown, at: now.wall };
    app.store.perform(effect).await.map_err(not_recorded)?;
    let mut looks = app.views.0.lock().unwrap_or_else(PoisonError::into_inner);
    if looks.len() >= MAX_LOOKS {
        looks.clear();
    }
    looks.insert(key, (now.instant, fax.changed, shown));
    Ok(())
}

/// Who has listened to what lately, by the recording's or the message's id, or read which call's messages, with a line in the audit.
#[derive(Default)]
pub(crate) struct Listens(Mutex<HashMap<(String, String), Instant>>);

impl Listens {
    /// True if a request for recorded sound is part of a listen that is on record: a player that plays on, or somebody who goes back in it. The
    /// beginning is a listen of its own; a later part may be all that somebody wants to hear, so it is one where no listen went before.
    pub(crate) fn goes_on(&self, by: &Principal, item: &str, begins: bool, now: Instant) -> bool {
        let listens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = listens.get(&(by.user.clone(), item.to_owned()));
        !begins && last.is_some_and(|at| now.saturating_since(*at) < ONE_LOOK)
    }

    /// A listen is on record.
    pub(crate) fn recorded(&self, by: &Principal, item: &str, now: Instant) {
        let mut listens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if listens.len() >= MAX_LOOKS {
            listens.clear();
        }
        listens.insert((by.user.clone(), item.to_owned()), now);
    }
}

/// A call's messages as they are kept, and true; of one that is up, or ended a moment ago, those until now, and false.
pub(crate) async fn ladder(app: &App, id: CallId) -> Result<Option<(Ladder, bool)>, Failure> {
    let kept = || async { Ok::<_, Failure>(app.store.calls().ladder(id).await?.map(|ladder| (ladder, true))) };
    if let Some(kept) = kept().await? {
        return Ok(Some(kept));
    }
    match order(app, Command::ReadLadder { call: id }).await {
        Ok(CommandOutcome::Ladder(until_now)) => Ok(Some((*until_now, false))),
        // It was stored in between, or there was never such a call.
        Ok(_) | Err(Failure::Command(_)) => kept().await,
        Err(failure) => Err(failure),
    }
}

/// A program reads the messages of a call. They leave the appliance with it, so that is recorded: once, of a call that it follows.
pub(crate) async fn ladder_read(app: &App, by: &Principal, id: CallId) -> Result<(), Failure> {
    let (item, now) = (id.to_string(), app.clock.now().instant);
    if by.looks && !app.listens.goes_on(by, &item, false, now) {
        audit(app, &by.user, "ladder_read", &item).await?;
        app.listens.recorded(by, &item, now);
    }
    Ok(())
}

/// A call's messages as a file for Wireshark. They leave the appliance with it, so that is recorded.
pub(crate) async fn capture(app: &App, by: &Principal, id: CallId) -> Result<Response, Failure> {
    let (ladder, _) = ladder(app, id).await?.ok_or(Failure::NotFound)?;
    leaves(app, by, "capture_saved", &id.to_string()).await?;
    // The name says which call, not whose: it ends up in folders of downloads.
    let name = format!("attachment; filename=\"call-{id}.pcapng\"");
    let file = pcapng(&ladder);
    Ok(([(CONTENT_TYPE, "application/octet-stream".to_owned()), (CONTENT_DISPOSITION, name)], file).into_response())
}

/// A person says what they do about a call that nobody took.
pub(crate) async fn mark_missed(app: &App, by: &Principal, id: &str, verb: &str) -> Result<CallId, Failure> {
    let call: CallId = id.parse().map_err(|_| Failure::NotFound)?;
    let mark = MissedMark::from_word(verb).ok_or(Failure::NotFound)?;
    order(app, Command::MarkMissed { by: by.user.clone(), call, mark }).await?;
    Ok(call)
}

pub(crate) fn not_recorded(error: store::effect::StoreError) -> Failure {
    tracing::error!(%error, "the audit could not be written");
    Failure::NotRecorded
}

/// Whose API token this is. A store that cannot be read knows nobody.
pub(crate) async fn principal_of_token(app: &App, token: &str) -> Option<Principal> {
    let now = app.clock.now().wall;
    let user = app.store.tokens().check(token, TokenKind::Api, now).await.ok()??;
    Principal::of(app, user, Proof::Token)
}
