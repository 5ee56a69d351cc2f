//! The text of the plan: it is checked as a whole, each problem beside its line, and goes live only without any. The last ones that
//! were live are kept; each is one press away.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use model::Settings;
use model::command::{Command, CommandError};
use model::settings::Problem;
use plan::Plan;
use ring::digest;
use serde::Deserialize;

use super::super::checked::{LineView, ProblemView, lines};
use super::super::words::TimeView;
use super::super::{Answer, Ctx, Place, Shell, page_with};
use crate::App;
use crate::auth::Principal;
use crate::data;
use crate::failure::Failure;

/// What a person has written, and what for.
#[derive(Deserialize)]
pub(crate) struct Written {
    text: String,
    /// "check" or "live".
    act: String,
    /// Which plan was live when they began; nothing if they do not say.
    #[serde(default)]
    over: String,
}

/// Which plan to go back to, or which library plan to begin with.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    generation: u64,
    #[serde(default)]
    over: String,
}

/// What to begin with.
#[derive(Deserialize, Default)]
pub(crate) struct Begin {
    #[serde(default)]
    library: String,
}

/// `GET /plan/text`.
pub(crate) async fn form(ctx: Ctx, axum::extract::Query(begin): axum::extract::Query<Begin>) -> Answer {
    let text = match plan::library(&begin.library) {
        Some(text) => text.to_owned(),
        None => text_of(&ctx.settings.plan).to_owned(),
    };
    show(&ctx, text, mark(&ctx.settings), Said::Nothing).await
}

/// `POST /plan/text`.
pub(crate) async fn save(
    ctx: Ctx,
    State(app): State<App>,
    principal: Principal,
    Form(written): Form<Written>,
) -> Answer {
    // A browser sends its own line ends.
    let text = written.text.replace("\r\n", "\n");
    let problems = problems(&ctx.settings, &text);
    if !problems.is_empty() {
        return show(&ctx, text, written.over, Said::Problems(problems)).await;
    }
    if written.act != "live" {
        return show(&ctx, text, written.over, Said::Good).await;
    }
    go_live(&ctx, &app, principal, text, &written.over).await
}

/// `POST /plan/back`.
pub(crate) async fn back(ctx: Ctx, State(app): State<App>, principal: Principal, Form(wanted): Form<Wanted>) -> Answer {
    let all = app.store.plans().all().await?;
    let row = all.into_iter().find(|row| row.generation == wanted.generation).ok_or(Failure::NotFound)?;
    let text = text_of(&row.text).to_owned();
    let problems = problems(&ctx.settings, &text);
    if !problems.is_empty() {
        // People or trunks that it speaks of have left meanwhile: whoever wants it back must say what comes in their place.
        return show(&ctx, text, wanted.over, Said::Problems(problems)).await;
    }
    go_live(&ctx, &app, principal, text, &wanted.over).await
}

async fn go_live(ctx: &Ctx, app: &App, principal: Principal, text: String, over: &str) -> Answer {
    match set_live(ctx, app, principal, text.clone(), over).await? {
        Some(sentence) => {
            let over = if over.is_empty() { String::new() } else { mark(&ctx.settings) };
            show(ctx, text, over, Said::Overtaken(sentence)).await
        }
        None => Ok(Redirect::to("/plan").into_response()),
    }
}

/// In place of the plan that they had before them: what another has changed since then is not undone unasked, and what is said then comes back.
pub(super) async fn set_live(
    ctx: &Ctx,
    app: &App,
    principal: Principal,
    text: String,
    over: &str,
) -> Result<Option<String>, Failure> {
    if !over.is_empty() && over != mark(&ctx.settings) {
        return overtaken(ctx).await.map(Some);
    }
    let instead_of = (!over.is_empty()).then(|| ctx.settings.plan.clone());
    match data::order(app, Command::SetPlan { by: principal.user, text, instead_of }).await {
        // Somebody was faster by a moment, and is not known here yet: another press says who.
        Err(Failure::Command(CommandError::NotNow(sentence))) => Ok(Some(sentence)),
        answer => answer.map(|_| None),
    }
}

/// Who has let another plan go live, if that is known: the plan of the settings is nobody's.
pub(super) async fn overtaken(ctx: &Ctx) -> Result<String, Failure> {
    let newest = ctx.app.store.plans().all().await?.into_iter().next().filter(|row| row.text == ctx.settings.plan);
    Ok(match newest {
        Some(row) => {
            let (by, at) = (ctx.person(&row.by), ctx.local.when(row.at));
            ctx.with("plan-overtaken-by", &[("by", (&by).into()), ("time", (&at).into())])
        }
        None => ctx.t("plan-overtaken-what"),
    })
}

/// What tells the plan that is live from any other, in a form.
pub(super) fn mark(settings: &Settings) -> String {
    let sum = digest::digest(&digest::SHA256, settings.plan.as_bytes());
    sum.as_ref().iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// A plan of the library may be live, or kept, by its name.
pub(in crate::ui) fn text_of(plan: &str) -> &str {
    plan::library(plan).unwrap_or(plan)
}

pub(super) fn problems(settings: &Settings, text: &str) -> Vec<Problem> {
    match Plan::parse(text) {
        Ok(plan) => plan.check(settings).into_iter().chain(plan.check_prompts(prompts::is_known)).collect(),
        Err(problems) => problems,
    }
}

/// What may not do what is expected, beside its line. A text with problems has none: they come first.
fn hints(text: &str) -> Vec<HintView> {
    let hints = Plan::parse(text).map(|plan| plan.hints(prompts::is_recorded)).unwrap_or_default();
    hints.iter().map(|hint| HintView { line: hint.line().unwrap_or(1), hint: ProblemView::new(hint) }).collect()
}

enum Said {
    Nothing,
    Good,
    Problems(Vec<Problem>),
    /// Another plan went live meanwhile; the sentence says whose.
    Overtaken(String),
}

impl Said {
    fn status(&self) -> StatusCode {
        match self {
            Self::Nothing | Self::Good => StatusCode::OK,
            Self::Problems(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Overtaken(_) => StatusCode::CONFLICT,
        }
    }
}

/// `over` is the plan in whose place the text goes live.
async fn show(ctx: &Ctx, text: String, over: String, said: Said) -> Answer {
    let rows = ctx.app.store.plans().all().await?;
    let versions = rows.iter().enumerate().map(|(n, row)| Version {
        generation: row.generation,
        name: Plan::parse(text_of(&row.text)).map_or_else(|_| ctx.t("plan-unnamed"), |plan| plan.name().to_owned()),
        by: ctx.person(&row.by),
        at: ctx.time(row.at),
        is_live: n == 0,
    });
    let (status, good) = (said.status(), matches!(said, Said::Good));
    let (problems, overtaken) = match said {
        Said::Nothing | Said::Good => (Vec::new(), None),
        Said::Problems(problems) => (problems, None),
        Said::Overtaken(sentence) => (Vec::new(), Some(sentence)),
    };
    let count = ctx.with("plan-problems", &[("count", problems.len().into())]);
    let template = Edit {
        shell: ctx.shell(ctx.t("plan-text"), Place::Plan, &[]).await,
        versions: versions.collect(),
        lines: if problems.is_empty() { Vec::new() } else { lines(&text, &problems) },
        hints: if problems.is_empty() { hints(&text) } else { Vec::new() },
        rows: text.lines().count().clamp(12, 40),
        problems: problems.iter().map(ProblemView::new).collect(),
        library: plan::library_names().map(str::to_owned).collect(),
        text,
        over,
        good,
        overtaken,
        count,
    };
    page_with(status, &template)
}

#[derive(Template)]
#[template(path = "plan_text.html")]
struct Edit {
    shell: Shell,
    text: String,
    over: String,
    rows: usize,
    good: bool,
    overtaken: Option<String>,
    count: String,
    problems: Vec<ProblemView>,
    lines: Vec<LineView>,
    hints: Vec<HintView>,
    versions: Vec<Version>,
    library: Vec<String>,
}

struct HintView {
    line: usize,
    hint: ProblemView,
}

struct Version {
    generation: u64,
    name: String,
    by: String,
    at: TimeView,
    is_live: bool,
}
