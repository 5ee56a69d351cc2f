//! What people do with a received fax once it is here, and what is known of the machine behind an outgoing one.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use model::command::Command;
use model::fax::{Direction, FaxState};
use model::filing::{Filing, Way};
use model::settings::Right;
use model::{PhoneNumber, Wall};
use serde::Deserialize;
use store::rows::{FaxRow, MailState};

use super::decide::Confirm;
use super::fax::heading;
use super::words::fax_href;
use super::{Answer, Ctx, Fact, Place, Shell, page, page_with};
use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;
use crate::numbers::capital;

/// Characters of a folder's name.
const MAX_FOLDER: usize = 60;
/// How far back is counted what came from a number, before it is not answered any more, in milliseconds: 90 days.
pub(super) const LOOKED_BACK: i64 = 90 * 86_400_000;

/// The card of a received fax: where it stands, and the buttons.
pub(super) struct FilingView {
    pub(super) folder: String,
    pub(super) done: bool,
    pub(super) junk: bool,
    pub(super) legal_hold: bool,
    pub(super) can_hold: bool,
    pub(super) can_block: bool,
    pub(super) can_forward: bool,
}

impl FilingView {
    pub(super) fn new(ctx: &Ctx, row: &FaxRow) -> Option<Self> {
        if row.direction != Direction::In || row.state == FaxState::Receiving {
            return None;
        }
        Some(Self {
            folder: row.folder.clone().unwrap_or_default(),
            done: row.done.is_some(),
            junk: row.junk,
            legal_hold: row.legal_hold,
            can_hold: ctx.may(Right::Manage),
            can_block: row.number.is_some(),
            can_forward: row.pages > 0 && ctx.may(Right::SendFaxes),
        })
    }
}

/// What is known of the machine that an outgoing fax goes to.
pub(super) struct MachineView {
    pub(super) facts: Vec<Fact>,
    pub(super) can_forget: bool,
}

impl MachineView {
    pub(super) async fn of(ctx: &Ctx, row: &FaxRow) -> Result<Option<Self>, Failure> {
        let number = row.number.as_ref().filter(|_| row.direction == Direction::Out);
        let Some(number) = number else { return Ok(None) };
        let Some(profile) = ctx.app.store.faxes().machine(number).await? else { return Ok(None) };
        let counted = [("attempts", profile.attempts.into()), ("sent", profile.sent.into())];
        let mut facts = vec![(ctx.t("machine-arrived"), ctx.with("machine-of", &counted))];
        if profile.in_a_row > 1 {
            facts.push((ctx.t("machine-in-a-row"), profile.in_a_row.to_string()));
        }
        if profile.returned > 0 {
            facts.push((ctx.t("machine-returned"), profile.returned.to_string()));
        }
        facts.push((ctx.t("machine-manner"), profile.first(ctx.local.now).words()));
        if let Some(at) = profile.learned {
            facts.push((ctx.t("machine-learned"), ctx.local.when(at)));
        }
        if let Some(at) = profile.one_a_call {
            facts.push((ctx.t("machine-one-a-call"), ctx.local.when(at)));
        }
        let learned = profile.learned.is_some() || profile.one_a_call.is_some();
        let can_forget = learned && ctx.may(Right::SendFaxes);
        Ok(Some(Self { facts, can_forget }))
    }
}

/// How far a received fax has come on its ways other than mail.
pub(super) async fn ways(ctx: &Ctx, row: &FaxRow) -> Result<Vec<Fact>, Failure> {
    if row.direction != Direction::In {
        return Ok(Vec::new());
    }
    let ways = ctx.app.store.faxes().ways(row.id).await?;
    let fact = |way: &store::rows::WayRow| {
        let title = match &way.way {
            Way::Folder(name) => ctx.with("way-folder", &[("name", name.into())]),
            Way::Api => ctx.t("way-api"),
        };
        let key = match (way.state, &way.way) {
            (MailState::Queued, Way::Api) => "way-waits",
            (MailState::Queued, Way::Folder(_)) => "delivery-queued",
            (MailState::Delivered, _) => "delivery-delivered",
            (MailState::Failed, _) => "way-failed",
        };
        (title, ctx.t(key))
    };
    Ok(ways.iter().map(fact).collect())
}

/// What a form says.
#[derive(Deserialize)]
pub(crate) struct Filed {
    what: String,
    #[serde(default)]
    folder: String,
}

/// `POST /faxes/{id}/file`.
pub(crate) async fn file(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    Form(form): Form<Filed>,
) -> Answer {
    let fax = id.parse().map_err(|_| Failure::NotFound)?;
    let name: String = form.folder.chars().filter(|c| !c.is_control()).take(MAX_FOLDER).collect();
    let name = name.trim();
    let filing = match form.what.as_str() {
        "folder" => Filing::Folder((!name.is_empty()).then(|| name.to_owned())),
        "done" => Filing::Done,
        "open" => Filing::Open,
        "junk" => Filing::Junk(true),
        "not-junk" => Filing::Junk(false),
        "hold" | "release" if !principal.may(Right::Manage) => return Err(Failure::NotAllowed),
        "hold" => Filing::LegalHold(true),
        "release" => Filing::LegalHold(false),
        _ => return Err(Failure::NotFound),
    };
    data::order(&app, Command::FileFax { by: principal.user, fax, filing }).await?;
    Ok(Redirect::to(&fax_href(fax)).into_response())
}

/// `GET /faxes/{id}/block`: asks once more, and says how much came from them: of a laboratory that is not answered, nobody hears anything.
pub(crate) async fn confirm_block(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let row = data::fax(&ctx.app, &id).await?;
    let number = caller(&row)?;
    let since = Wall(ctx.local.now.millis() - LOOKED_BACK);
    let count = ctx.app.store.faxes().received_from(&number, since).await?;
    page(&Confirm {
        big: ctx.number(&number),
        lines: vec![ctx.with("block-fax-count", &[("count", count.into())]), ctx.t("block-fax-what")],
        action: format!("{}/block", fax_href(row.id)),
        button: ctx.t("filing-block"),
        class: "d",
        back: fax_href(row.id),
        back_title: heading(&ctx, &row),
        keep: ctx.t("block-fax-keep"),
        shell: ctx.shell(ctx.t("block-fax-title"), Place::Faxes, &[]).await,
    })
}

/// `POST /faxes/{id}/block`: the fax is junk, and its caller is not answered any more.
pub(crate) async fn block(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> Answer {
    let row = data::fax(&app, &id).await?;
    let number = caller(&row)?;
    let by = principal.user;
    data::order(&app, Command::BlockFaxes { by: by.clone(), number, blocked: true }).await?;
    data::order(&app, Command::FileFax { by, fax: row.id, filing: Filing::Junk(true) }).await?;
    Ok(Redirect::to(&fax_href(row.id)).into_response())
}

/// Whose fax it is, if their machine showed a number.
fn caller(row: &FaxRow) -> Result<PhoneNumber, Failure> {
    row.number.clone().filter(|_| row.direction == Direction::In).ok_or(Failure::NotFound)
}

/// What a form says of a blocked number.
#[derive(Deserialize)]
pub(crate) struct Unblocked {
    number: String,
}

/// `POST /faxes/unblock`.
pub(crate) async fn unblock(State(app): State<App>, principal: Principal, Form(form): Form<Unblocked>) -> Answer {
    let settings = app.settings.borrow().clone();
    let number = settings.numbering.parse(&form.number).map_err(|_| Failure::NotFound)?;
    data::order(&app, Command::BlockFaxes { by: principal.user, number, blocked: false }).await?;
    Ok(Redirect::to("/faxes/statistics#blocked").into_response())
}

/// `POST /faxes/{id}/forget`: what was learned of its machine.
pub(crate) async fn forget(State(app): State<App>, principal: Principal, Path(id): Path<String>) -> Answer {
    let row = data::fax(&app, &id).await?;
    let number = row.number.clone().ok_or(Failure::NotFound)?;
    data::order(&app, Command::ForgetMachine { by: principal.user, number }).await?;
    Ok(Redirect::to(&fax_href(row.id)).into_response())
}

/// Where a fax is to go on to.
#[derive(Deserialize)]
pub(crate) struct Onward {
    #[serde(default)]
    to: String,
}

/// `GET /faxes/{id}/forward?to=…`: the number, written back.
pub(crate) async fn confirm_forward(ctx: Ctx, Path(id): Path<String>, Query(asked): Query<Onward>) -> Answer {
    let row = data::fax(&ctx.app, &id).await?;
    let to = match super::send::admitted(&ctx, &asked.to) {
        Ok(to) => to,
        Err(error) => return onward_again(&ctx, &row, asked.to, error).await,
    };
    let query = super::faxes::form_urlencoded(&[("to", to.as_str())]);
    page(&Confirm {
        big: ctx.number(&to),
        lines: vec![ctx.with("forward-what", &[("count", row.pages.into())])],
        action: format!("{}/forward?{}", fax_href(row.id), query.trim_end_matches('&')),
        button: ctx.t("forward-button"),
        class: "p",
        back: fax_href(row.id),
        back_title: heading(&ctx, &row),
        keep: ctx.t("confirm-keep-again"),
        shell: ctx.shell(ctx.t("forward-title"), Place::Faxes, &[]).await,
    })
}

/// The number once more, as it was typed, with what is wrong with it.
async fn onward_again(ctx: &Ctx, row: &FaxRow, to: String, error: String) -> Answer {
    let form = OnwardForm {
        href: fax_href(row.id),
        fax_title: heading(ctx, row),
        to,
        error,
        shell: ctx.shell(ctx.t("forward-title"), Place::Faxes, &[]).await,
    };
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
}

#[derive(Template)]
#[template(path = "onward.html")]
struct OnwardForm {
    shell: Shell,
    href: String,
    fax_title: String,
    to: String,
    error: String,
}

/// `POST /faxes/{id}/forward?to=…`.
pub(crate) async fn forward(
    State(app): State<App>,
    principal: Principal,
    Path(id): Path<String>,
    Query(asked): Query<Onward>,
) -> Answer {
    let fax = id.parse().map_err(|_| Failure::NotFound)?;
    let settings = app.settings.borrow().clone();
    let to = settings.numbering.parse(&asked.to).map_err(|e| Failure::Unusable(capital(&e.to_string())))?;
    match data::order(&app, Command::ForwardFax { by: principal.user, fax, to }).await? {
        model::CommandOutcome::FaxAccepted(new) => Ok(Redirect::to(&fax_href(new)).into_response()),
        model::CommandOutcome::Done | model::CommandOutcome::FaxesAccepted(_) | model::CommandOutcome::Ladder(_) => {
            Err(Failure::Unknown)
        }
    }
}
