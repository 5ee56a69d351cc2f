//! Somebody leaves: asked twice, with what goes and what stays, and not while the plan or the settings speak of them.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use model::command::CommandError;
use model::settings::{Person, Problem, edit};
use model::{PhoneNumber, Settings};

use super::super::access::{by_a_person, ways_said};
use super::super::decide::Confirm;
use super::super::{Answer, Ctx, Place, Shell, page as render, page_with};
use super::newest::{self, Newest, Ordered};
use super::{manages_alone, plan_problems};
use crate::failure::Failure;
use crate::numbers::capital;

/// `GET /people/{id}/remove`: asks once more.
pub(crate) async fn confirm(ctx: Ctx, Path(user): Path<String>) -> Answer {
    let newest = Newest::of(&ctx.app).await?;
    let person = newest.settings.person(&user).ok_or(Failure::NotFound)?;
    if let Err(hindrance) = without(&ctx, &newest, person) {
        return hindrance.page(&ctx, person, StatusCode::OK).await;
    }
    let (name, extension) = (person.name.expose().as_str(), person.extension.as_str());
    let said = |key: &str| ctx.with(key, &[("name", name.into()), ("extension", extension.into())]);
    let mut lines = vec![said("staff-remove-phones")];
    lines.extend(ways_said(&ctx, &user).await?);
    lines.extend(left(&ctx, person).await?);
    lines.push(ctx.t("staff-remove-stays"));
    let mail = person.mail.as_ref().filter(|mail| is_delivered_to(&newest.settings, mail.expose()));
    lines.extend(mail.map(|mail| ctx.with("staff-remove-faxes", &[("mail", mail.expose().into())])));
    lines.extend(forwarders(&ctx, extension).map(|who| ctx.with("staff-remove-forwards", &[("who", (&who).into())])));
    render(&Confirm {
        shell: ctx.shell(said("staff-remove-title"), Place::People, &[]).await,
        big: String::new(),
        lines,
        action: format!("/people/{user}/remove"),
        button: ctx.t("staff-remove-button"),
        class: "d",
        back: format!("/people/{user}"),
        back_title: name.to_owned(),
        keep: ctx.t("staff-remove-keep"),
    })
}

/// What they leave, and what goes with them.
async fn left(ctx: &Ctx, person: &Person) -> Result<Vec<String>, Failure> {
    let (faxes, mailboxes) = (ctx.app.store.faxes(), ctx.app.store.voicemails());
    let has_greetings = !mailboxes.greetings(&person.extension).await?.is_empty();
    let counts = mailboxes.counts(&person.extension).await?;
    let mut lines = Vec::from_iter(has_greetings.then(|| ctx.t("staff-remove-greetings")));
    let counted = [
        ("staff-remove-laid-back", faxes.mine(&person.user).await?),
        ("staff-remove-messages", u64::from(counts.new) + u64::from(counts.kept)),
    ];
    for (key, count) in counted.into_iter().filter(|(_, count)| *count > 0) {
        lines.push(ctx.with(key, &[("count", count.into()), ("extension", (&person.extension).into())]));
    }
    Ok(lines)
}

/// `POST /people/{id}/remove`. The settings first: what lets somebody in who is not there any more opens no page, and calls nobody.
pub(crate) async fn remove(ctx: Ctx, Path(user): Path<String>) -> Answer {
    by_a_person(&ctx.principal)?;
    let newest = Newest::of(&ctx.app).await?;
    let person = newest.settings.person(&user).ok_or(Failure::NotFound)?;
    let text = match without(&ctx, &newest, person) {
        Ok(text) => text,
        Err(hindrance) => return hindrance.page(&ctx, person, StatusCode::CONFLICT).await,
    };
    match newest::order(&ctx, text, newest.generation, |settings| settings.person(&user).is_none()).await {
        Ordered::Done => {}
        Ordered::Overtaken => return Err(Failure::Command(CommandError::NotNow(newest::overtaken(&ctx).await))),
        Ordered::Refused(sentence) => return Err(Failure::Command(CommandError::NotNow(sentence))),
    }
    let name = person.name.expose().as_str();
    (ctx.app.take_back)(user.clone(), ctx.principal.user.clone()).await.map_err(|sentence| {
        let why = capital(sentence.trim_end_matches('.'));
        let said = [("name", name.into()), ("why", (&why).into()), ("user", (&user).into())];
        Failure::Command(CommandError::NotStored(ctx.with("staff-remove-half", &said)))
    })?;
    Ok(Redirect::to("/people").into_response())
}

/// Why somebody cannot go yet.
enum Hindrance {
    /// Nobody else manages.
    Last,
    /// The plan speaks of them, in these lines.
    Plan(Vec<Problem>),
    /// The settings do, or cannot be changed by a form.
    Settings(Vec<Problem>),
}

/// The text of the settings without them, if nothing speaks of them.
fn without(ctx: &Ctx, newest: &Newest, person: &Person) -> Result<String, Hindrance> {
    if manages_alone(&newest.settings, &person.user) {
        return Err(Hindrance::Last);
    }
    let text = edit::remove_person(newest.text.expose(), &person.extension);
    let text = text.map_err(|problem| Hindrance::Settings(vec![problem]))?;
    let settings = Settings::parse(&text).map_err(Hindrance::Settings)?;
    let problems = plan_problems(&ctx.settings, settings);
    if problems.is_empty() { Ok(text) } else { Err(Hindrance::Plan(problems)) }
}

/// True if received faxes go there by mail, whoever is among the people.
fn is_delivered_to(settings: &Settings, mail: &str) -> bool {
    let routes = settings.faxing.routes.iter().flat_map(|route| route.mail.iter().flatten());
    settings.fax_to_mail.iter().chain(routes).any(|to| to.expose().eq_ignore_ascii_case(mail))
}

/// Whose calls are forwarded to this extension, by name.
fn forwarders(ctx: &Ctx, extension: &str) -> Option<String> {
    let to = PhoneNumber::Internal(extension.to_owned());
    let forwards = |person: &&Person| {
        person.extension != extension
            && ctx.snapshot.switches.of(&person.extension).is_some_and(|own| own.forward.values().any(|n| *n == to))
    };
    let names: Vec<_> = ctx.settings.people.iter().filter(forwards).map(|p| p.name.expose().as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

impl Hindrance {
    async fn page(self, ctx: &Ctx, person: &Person, status: StatusCode) -> Answer {
        let name = person.name.expose().as_str();
        let (why, problems, plan) = match self {
            Self::Last => (ctx.t("staff-last"), Vec::new(), false),
            Self::Plan(problems) => (ctx.with("staff-in-plan-what", &[("name", name.into())]), problems, true),
            Self::Settings(problems) => (ctx.with("staff-in-settings-what", &[("name", name.into())]), problems, false),
        };
        let text = if plan { super::super::plan::text_of(&ctx.settings.plan).to_owned() } else { String::new() };
        let template = NotYet {
            shell: ctx.shell(ctx.with("staff-not-yet", &[("name", name.into())]), Place::People, &[]).await,
            why,
            lines: problems.iter().map(|problem| LineView::new(problem, &text)).collect(),
            plan,
            back: format!("/people/{}", person.user),
            back_title: name.to_owned(),
        };
        page_with(status, &template)
    }
}

#[derive(Template)]
#[template(path = "not_yet.html")]
struct NotYet {
    shell: Shell,
    why: String,
    lines: Vec<LineView>,
    /// Its text is one press away.
    plan: bool,
    back: String,
    back_title: String,
}

struct LineView {
    /// Of the plan's text.
    number: Option<usize>,
    /// What stands there, or where else it stands.
    text: String,
    what: String,
}

impl LineView {
    fn new(problem: &Problem, plan: &str) -> Self {
        let number: Option<usize> = problem.at.strip_prefix("line ").and_then(|n| n.parse().ok());
        let line = number.and_then(|n| plan.lines().nth(n.checked_sub(1)?)).map(str::to_owned);
        let number = number.filter(|_| line.is_some());
        let what = capital(&problem.what);
        // What to do is said of a plan that is written, not of a person who goes; of the settings it is the same.
        let what = if number.is_some() { what } else { format!("{what} {}", capital(&problem.help)) };
        Self { number, text: line.unwrap_or_else(|| problem.at.clone()), what }
    }
}
