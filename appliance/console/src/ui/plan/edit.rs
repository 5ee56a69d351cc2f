//! The text of the plan: it is checked as a whole, each problem beside its line, and goes live only without any. The last ones that
//! were live are kept; each is one press away.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use model::Settings;
use model::command::Command;
use model::settings::Problem;
use plan::Plan;
use serde::Deserialize;

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
}

/// Which plan to go back to, or which library plan to begin with.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    generation: u64,
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
        None => text_of(&ctx.settings),
    };
    show(&ctx, text, Said::Nothing).await
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
        return show(&ctx, text, Said::Problems(problems)).await;
    }
    if written.act != "live" {
        return show(&ctx, text, Said::Good).await;
    }
    data::order(&app, Command::SetPlan { by: principal.user, text }).await?;
    Ok(Redirect::to("/plan").into_response())
}

/// `POST /plan/back`.
pub(crate) async fn back(ctx: Ctx, State(app): State<App>, principal: Principal, Form(wanted): Form<Wanted>) -> Answer {
    let all = app.store.plans().all().await?;
    let row = all.into_iter().find(|row| row.generation == wanted.generation).ok_or(Failure::NotFound)?;
    let problems = problems(&ctx.settings, &row.text);
    if !problems.is_empty() {
        // People or trunks that it speaks of have left meanwhile: whoever wants it back must say what comes in their place.
        return show(&ctx, row.text, Said::Problems(problems)).await;
    }
    data::order(&app, Command::SetPlan { by: principal.user, text: row.text }).await?;
    Ok(Redirect::to("/plan").into_response())
}

fn text_of(settings: &Settings) -> String {
    plan::library(&settings.plan).map_or_else(|| settings.plan.clone(), str::to_owned)
}

fn problems(settings: &Settings, text: &str) -> Vec<Problem> {
    match Plan::parse(text) {
        Ok(plan) => plan.check(settings).into_iter().chain(plan.check_prompts(prompts::is_known)).collect(),
        Err(problems) => problems,
    }
}

/// What may not do what is expected, beside its line. A text with problems has none: they come first.
fn hints(text: &str) -> Vec<HintView> {
    let hints = Plan::parse(text).map(|plan| plan.hints(prompts::is_recorded)).unwrap_or_default();
    hints.iter().map(|hint| HintView { line: line_of(hint), hint: ProblemView::new(hint) }).collect()
}

enum Said {
    Nothing,
    Good,
    Problems(Vec<Problem>),
}

async fn show(ctx: &Ctx, text: String, said: Said) -> Answer {
    let rows = ctx.app.store.plans().all().await?;
    let versions = rows.iter().enumerate().map(|(n, row)| Version {
        generation: row.generation,
        name: Plan::parse(&row.text).map_or_else(|_| ctx.t("plan-unnamed"), |plan| plan.name().to_owned()),
        by: ctx.person(&row.by),
        at: ctx.time(row.at),
        is_live: n == 0,
    });
    let (good, problems) = match said {
        Said::Nothing => (false, Vec::new()),
        Said::Good => (true, Vec::new()),
        Said::Problems(problems) => (false, problems),
    };
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
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
        good,
        count,
    };
    page_with(status, &template)
}

/// The lines with problems and their neighbours, so that a problem is read where it is.
fn lines(text: &str, problems: &[Problem]) -> Vec<LineView> {
    let at: Vec<usize> = problems.iter().map(line_of).collect();
    let near = |number: usize| at.iter().any(|line| line.abs_diff(number) <= 1);
    text.lines()
        .enumerate()
        .map(|(n, line)| (n + 1, line))
        .filter(|(number, _)| near(*number))
        .map(|(number, line)| LineView {
            number,
            text: line.to_owned(),
            problems: problems.iter().filter(|p| line_of(p) == number).map(ProblemView::new).collect(),
        })
        .collect()
}

fn line_of(problem: &Problem) -> usize {
    problem.at.strip_prefix("line ").and_then(|n| n.parse().ok()).unwrap_or(1)
}

#[derive(Template)]
#[template(path = "plan_text.html")]
struct Edit {
    shell: Shell,
    text: String,
    rows: usize,
    good: bool,
    count: String,
    problems: Vec<ProblemView>,
    lines: Vec<LineView>,
    hints: Vec<HintView>,
    versions: Vec<Version>,
    library: Vec<String>,
}

struct ProblemView {
    what: String,
    help: String,
}

impl ProblemView {
    fn new(problem: &Problem) -> Self {
        Self { what: problem.what.clone(), help: problem.help.clone() }
    }
}

struct HintView {
    line: usize,
    hint: ProblemView,
}

struct LineView {
    number: usize,
    text: String,
    problems: Vec<ProblemView>,
}

struct Version {
    generation: u64,
    name: String,
    by: String,
    at: TimeView,
    is_live: bool,
}
