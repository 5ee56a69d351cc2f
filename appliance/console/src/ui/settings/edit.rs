//! The text of the settings: checked as a whole, with what it would change and when; saved it takes the place of what is in use, while everything
//! runs. What was saved before is one press away.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use model::Settings;
use model::command::{Command, CommandError};
use model::settings::{Change, Problem, Proposal, When};
use plan::Plan;
use serde::Deserialize;

use super::super::checked::{LineView, ProblemView, lines};
use super::super::words::TimeView;
use super::super::{Answer, Ctx, Place, Shell, page_with};
use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;

/// So many of the generations that are kept are shown: whoever wants to go back wants one of the last.
const SHOWN: usize = 10;

/// What a person has written, and what for.
#[derive(Deserialize)]
pub(crate) struct Written {
    text: String,
    /// "check" or "save".
    act: String,
    /// The generation that it was made from.
    over: u64,
    /// The phones of which they have been told that nobody answers them any more.
    #[serde(default)]
    shut_out: String,
}

/// Which settings to go back to.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    generation: u64,
    over: u64,
}

/// What was done before.
#[derive(Deserialize, Default)]
pub(crate) struct After {
    /// They were saved.
    #[serde(default)]
    saved: Option<String>,
}

/// `GET /settings`.
pub(crate) async fn form(ctx: Ctx, axum::extract::Query(after): axum::extract::Query<After>) -> Answer {
    let (generation, text) = ctx.app.store.settings().load().await?.unwrap_or_default();
    let said = if after.saved.is_some() { Said::Saved } else { Said::Nothing };
    show(&ctx, text, generation, said).await
}

/// `POST /settings`.
pub(crate) async fn save(
    ctx: Ctx,
    State(app): State<App>,
    principal: Principal,
    Form(written): Form<Written>,
) -> Answer {
    // A browser sends its own line ends.
    let text = written.text.replace("\r\n", "\n");
    match propose(&ctx, &text) {
        Err(problems) => show(&ctx, text, written.over, Said::Problems(problems)).await,
        Ok(proposal) if written.act == "save" && shut_out(&ctx, &proposal) == written.shut_out => {
            take_the_place(&ctx, &app, principal, text, written.over).await
        }
        Ok(proposal) => show(&ctx, text, written.over, Said::Good(Box::new(proposal))).await,
    }
}

/// `POST /settings/back`.
pub(crate) async fn back(ctx: Ctx, State(app): State<App>, principal: Principal, Form(wanted): Form<Wanted>) -> Answer {
    let text = app.store.settings().text_of(wanted.generation).await?.ok_or(Failure::NotFound)?;
    match propose(&ctx, &text) {
        // What was good then may not be now: the plan speaks of others by now, say.
        Err(problems) => show(&ctx, text, wanted.over, Said::Problems(problems)).await,
        Ok(proposal) if !shut_out(&ctx, &proposal).is_empty() => {
            show(&ctx, text, wanted.over, Said::Good(Box::new(proposal))).await
        }
        Ok(_) => take_the_place(&ctx, &app, principal, text, wanted.over).await,
    }
}

fn propose(ctx: &Ctx, text: &str) -> Result<Proposal, Vec<Problem>> {
    Plan::in_force(&ctx.settings).plan.propose(text, &ctx.settings)
}

/// Phones that are there and that nobody would answer any more.
fn shut_out(ctx: &Ctx, proposal: &Proposal) -> String {
    proposal.shut_out_said(&ctx.snapshot.phones)
}

/// In place of the settings that they had before them: what another has changed since then is not undone unasked.
async fn take_the_place(ctx: &Ctx, app: &App, principal: Principal, text: String, over: u64) -> Answer {
    let order = Command::SetSettings { by: principal.user, text: text.clone().into(), over };
    match data::order(app, order).await {
        Err(Failure::Command(CommandError::NotNow(sentence))) => {
            let newest = ctx.app.store.settings().generations(1).await?.into_iter().next();
            let (over, sentence) = match newest {
                Some((generation, by, at)) if generation != over => {
                    let (by, at) = (saved_by(ctx, &by), ctx.local.when(at));
                    let said = ctx.with("settings-overtaken-by", &[("by", (&by).into()), ("time", (&at).into())]);
                    (generation, said)
                }
                _ => (over, sentence),
            };
            show(ctx, text, over, Said::Overtaken(sentence)).await
        }
        answer => answer.map(|_| Redirect::to("/settings?saved=1").into_response()),
    }
}

/// Whoever saved settings, if not a person.
fn saved_by(ctx: &Ctx, by: &str) -> String {
    match by {
        "box" => ctx.t("settings-by-box"),
        "first start" => ctx.t("settings-by-first"),
        user => ctx.person(user),
    }
}

enum Said {
    Nothing,
    Saved,
    Good(Box<Proposal>),
    Problems(Vec<Problem>),
    /// Others were saved meanwhile; the sentence says whose.
    Overtaken(String),
}

impl Said {
    fn status(&self) -> StatusCode {
        match self {
            Self::Nothing | Self::Saved | Self::Good(_) => StatusCode::OK,
            Self::Problems(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Overtaken(_) => StatusCode::CONFLICT,
        }
    }
}

/// `over` is the generation that the text takes the place of.
async fn show(ctx: &Ctx, text: String, over: u64, said: Said) -> Answer {
    let settings = ctx.app.store.settings();
    let newest = settings.load().await?.unwrap_or_default();
    let rows = settings.generations(SHOWN).await?;
    let versions = rows.into_iter().map(|(generation, by, at)| Version {
        generation,
        by: saved_by(ctx, &by),
        at: ctx.time(at),
        is_used: generation == newest.0,
    });
    let status = said.status();
    let (mut problems, mut changes, mut overtaken, mut lost) = (Vec::new(), None, None, String::new());
    let was_saved = matches!(said, Said::Saved);
    match said {
        Said::Nothing | Said::Saved => {}
        Said::Good(proposal) => {
            lost = shut_out(ctx, &proposal);
            changes = Some(Changes::of(proposal.changes(&ctx.settings, Settings::parse(&newest.1).ok().as_ref())));
        }
        Said::Problems(all) => problems = all,
        Said::Overtaken(sentence) => overtaken = Some(sentence),
    }
    let (placed, unplaced): (Vec<_>, Vec<_>) = problems.into_iter().partition(|p| p.line().is_some());
    let template = Edit {
        shell: ctx.shell(ctx.t("nav-settings"), Place::Settings, &[]).await,
        was_saved,
        waiting: waiting(ctx, &newest.1),
        count: ctx.with("settings-problems", &[("count", (placed.len() + unplaced.len()).into())]),
        lines: if placed.is_empty() { Vec::new() } else { lines(&text, &placed) },
        unplaced: unplaced.iter().map(|p| (p.at.clone(), ProblemView::new(p))).collect(),
        versions: versions.collect(),
        rows: text.lines().count().clamp(16, 40),
        changes,
        shut_out_said: ctx.with("settings-shut-out-who", &[("phones", (&lost).into())]),
        shut_out: lost,
        text,
        over,
        overtaken,
    };
    page_with(status, &template)
}

/// What was saved and waits for the next start.
fn waiting(ctx: &Ctx, newest: &str) -> Vec<String> {
    let Ok(proposal) = Proposal::read(newest, &ctx.settings) else { return Vec::new() };
    let changes = proposal.changes(&ctx.settings, None).into_iter();
    changes.filter(|change| change.when == When::NextStart).map(|change| change.what).collect()
}

#[derive(Template)]
#[template(path = "settings.html")]
struct Edit {
    shell: Shell,
    text: String,
    over: u64,
    rows: usize,
    was_saved: bool,
    /// What was saved before and has not taken effect yet.
    waiting: Vec<String>,
    /// What it would change, if it is good.
    changes: Option<Changes>,
    /// Phones that it would shut out.
    shut_out: String,
    shut_out_said: String,
    overtaken: Option<String>,
    count: String,
    lines: Vec<LineView>,
    /// Problems that stand on no line of this text: of the plan, say.
    unplaced: Vec<(String, ProblemView)>,
    versions: Vec<Version>,
}

impl Edit {
    const fn is_wrong(&self) -> bool {
        !self.lines.is_empty() || !self.unplaced.is_empty()
    }
}

/// What would change, by when it takes effect.
struct Changes {
    now: Vec<String>,
    next_start: Vec<String>,
    never: Vec<String>,
}

impl Changes {
    fn of(all: Vec<Change>) -> Self {
        let of = |when| all.iter().filter(|c| c.when == when).map(|c| c.what.clone()).collect();
        Self { now: of(When::Now), next_start: of(When::NextStart), never: of(When::Never) }
    }

    const fn is_empty(&self) -> bool {
        self.now.is_empty() && self.next_start.is_empty() && self.never.is_empty()
    }
}

struct Version {
    generation: u64,
    by: String,
    at: TimeView,
    is_used: bool,
}
