//! The people of the clinic: who manages adds, changes and removes them. What a form says is written into the text of the settings, in which all else
//! stays as it is, and goes live as one order; what is wrong with it stands beside its field.
//!
//! Only a person at a page does it, no program's token: whoever adds people gives rights.

mod draft;
mod newest;
mod remove;

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use model::Settings;
use model::settings::{Person, PhoneFax, Problem, Right, edit};

use self::draft::{Draft, Wrong, first_free};
use self::newest::{Newest, Ordered};
pub(crate) use self::remove::{confirm as confirm_remove, remove};
use super::access::by_a_person;
use super::{Answer, Ctx, Place, Shell, page as render, page_with};
use crate::failure::Failure;
use crate::numbers::capital;

/// A form as it was sent: a name for each field that said something.
type Sent = HashMap<String, String>;

/// `GET /people/add`.
pub(crate) async fn form(ctx: Ctx) -> Answer {
    let newest = Newest::of(&ctx.app).await?;
    let extension = first_free(&live(&ctx, &newest.settings)).unwrap_or_default();
    let draft = Draft { extension, ..Draft::default() };
    render(&PersonForm::new(&ctx, None, newest.generation, &draft, Said::default()).await)
}

/// `POST /people/add`.
pub(crate) async fn add(ctx: Ctx, Form(sent): Form<Sent>) -> Answer {
    by_a_person(&ctx.principal)?;
    let newest = Newest::of(&ctx.app).await?;
    let form = Filled { person: None, over: over(&sent, &newest), draft: Draft::of(&sent) };
    if form.over != newest.generation {
        return form.overtaken(&ctx).await;
    }
    let mut wrong = form.draft.wrong(&ctx);
    if !wrong.contains_key("extension")
        && let Some(taken) = draft::taken(&ctx, &form.draft.extension, &live(&ctx, &newest.settings))
    {
        wrong.insert("extension", taken);
    }
    let person = form.draft.person();
    let text = match written(&ctx, &newest, (&person, |text: &str| edit::add_person(text, &person)), wrong) {
        Ok(text) => text,
        Err(said) => return form.refused(&ctx, said).await,
    };
    // What an earlier person of this extension was given lets nobody in as the new one.
    if ctx.app.store.people().ways(&person.user, ctx.local.now).await? != store::Ways::default() {
        let done = (ctx.app.take_back)(person.user.clone(), ctx.principal.user.clone()).await;
        if let Err(sentence) = done {
            return form.refused(&ctx, Said::refused(capital(sentence.trim_end_matches('.')))).await;
        }
    }
    let user = person.user.clone();
    form.go_live(&ctx, text, move |settings| settings.person(&user).is_some()).await
}

/// `GET /people/{id}/change`.
pub(crate) async fn change_form(ctx: Ctx, Path(user): Path<String>) -> Answer {
    let newest = Newest::of(&ctx.app).await?;
    let person = newest.settings.person(&user).ok_or(Failure::NotFound)?;
    let draft = Draft::as_it_is(person);
    render(&PersonForm::new(&ctx, Some(person), newest.generation, &draft, Said::default()).await)
}

/// `POST /people/{id}/change`.
pub(crate) async fn change(ctx: Ctx, Path(user): Path<String>, Form(sent): Form<Sent>) -> Answer {
    by_a_person(&ctx.principal)?;
    let newest = Newest::of(&ctx.app).await?;
    let before = newest.settings.person(&user).ok_or(Failure::NotFound)?;
    // Whoever has another extension is somebody else to phones, mailboxes and the plan.
    let draft = Draft { extension: before.extension.clone(), ..Draft::of(&sent) };
    let form = Filled { person: Some(before.clone()), over: over(&sent, &newest), draft };
    if form.over != newest.generation {
        return form.overtaken(&ctx).await;
    }
    let mut wrong = form.draft.wrong(&ctx);
    if !form.draft.rights.contains(&Right::Manage) && manages_alone(&newest.settings, &user) {
        wrong.insert("rights", ctx.t("staff-last-rights"));
    }
    let person = form.draft.person();
    let text = match written(&ctx, &newest, (&person, |text: &str| edit::change_person(text, &person)), wrong) {
        Ok(text) => text,
        Err(said) => return form.refused(&ctx, said).await,
    };
    if text == *newest.text.expose() {
        return form.done();
    }
    let wanted = Settings::parse(&text).ok().and_then(|settings| settings.person(&user).cloned());
    form.go_live(&ctx, text, move |settings| settings.person(&user) == wanted.as_ref()).await
}

/// The text with the change, if the form is right and the settings are with it.
fn written(
    ctx: &Ctx,
    newest: &Newest,
    (person, change): (&Person, impl FnOnce(&str) -> Result<String, Problem>),
    mut wrong: Wrong,
) -> Result<String, Said> {
    if !wrong.is_empty() {
        return Err(Said { wrong, ..Said::default() });
    }
    let text = change(newest.text.expose()).map_err(|problem| Said::refused(newest::sentence_of(&problem)))?;
    let (settings, problems) = match Settings::parse(&text) {
        Ok(settings) => {
            let own = settings.people.iter().position(|p| p.user == person.user).unwrap_or_default();
            let mail = format!("people[{own}].mail");
            let problems = settings.unusable_addresses().into_iter().filter(|problem| problem.at == mail).collect();
            (Some(settings), problems)
        }
        Err(problems) => (None, problems),
    };
    // All was right before, so what is not is about this person.
    let mut others = Vec::new();
    for problem in problems {
        let field = problem.at.strip_prefix("people[").and_then(|at| at.split_once("]."));
        match field.and_then(|(_, field)| draft::FIELDS.into_iter().find(|known| *known == field)) {
            Some(field) => _ = wrong.insert(field, format!("{} {}", capital(&problem.what), capital(&problem.help))),
            None => others.push(problem),
        }
    }
    let named = settings.map(|settings| plan_problems(&ctx.settings, settings)).unwrap_or_default();
    others.extend(named.into_iter().map(|problem| Problem { at: ctx.t("staff-in-plan"), ..problem }));
    if wrong.is_empty() && others.is_empty() {
        return Ok(text);
    }
    let refused = (!others.is_empty()).then(|| newest::sentence_of_all(&others));
    Err(Said { wrong, refused, overtaken: None })
}

/// Over which settings somebody has filled a form in.
fn over(sent: &Sent, newest: &Newest) -> u64 {
    sent.get("over").and_then(|over| over.parse().ok()).unwrap_or(newest.generation)
}

/// A form as it was filled in.
struct Filled {
    /// Whom it changes, as they are; nobody, if it adds somebody.
    person: Option<Person>,
    over: u64,
    draft: Draft,
}

impl Filled {
    /// Lets the text go live, and shows whom it is about; or the form again.
    async fn go_live(self, ctx: &Ctx, text: String, mut is_seen: impl FnMut(&Settings) -> bool) -> Answer {
        match newest::order(ctx, text, self.over, |settings| is_seen(settings)).await {
            Ordered::Done => self.done(),
            Ordered::Refused(sentence) => self.refused(ctx, Said::refused(sentence)).await,
            Ordered::Overtaken => self.overtaken(ctx).await,
        }
    }

    fn done(&self) -> Answer {
        Ok(Redirect::to(&format!("/people/{}", self.draft.extension)).into_response())
    }

    async fn refused(self, ctx: &Ctx, said: Said) -> Answer {
        self.shown(ctx, StatusCode::UNPROCESSABLE_ENTITY, said).await
    }

    /// Somebody else was faster. Another press is over what is the newest now.
    async fn overtaken(self, ctx: &Ctx) -> Answer {
        let said = Said { overtaken: Some(newest::overtaken(ctx).await), ..Said::default() };
        let over = Newest::of(&ctx.app).await?.generation;
        Self { over, ..self }.shown(ctx, StatusCode::CONFLICT, said).await
    }

    async fn shown(self, ctx: &Ctx, status: StatusCode, said: Said) -> Answer {
        page_with(status, &PersonForm::new(ctx, self.person.as_ref(), self.over, &self.draft, said).await)
    }
}

/// The newest settings with the plan that is live, which is kept apart from them.
fn live(ctx: &Ctx, newest: &Settings) -> Settings {
    Settings { plan: ctx.settings.plan.clone(), ..newest.clone() }
}

/// What the plan that is live says against these settings, and did not before.
fn plan_problems(now: &Settings, new: Settings) -> Vec<Problem> {
    let before = plan::Plan::in_force(now).problems;
    let after = plan::Plan::in_force(&Settings { plan: now.plan.clone(), ..new }).problems;
    let is_old = |problem: &Problem| before.iter().any(|old| (&old.at, &old.what) == (&problem.at, &problem.what));
    after.into_iter().filter(|problem| !is_old(problem)).collect()
}

/// True of whoever is the only one who manages: without them nobody could let anybody in.
pub(super) fn manages_alone(settings: &Settings, user: &str) -> bool {
    let mut all = settings.people.iter().filter(|p| p.rights.contains(&Right::Manage));
    all.next().is_some_and(|first| first.user == user) && all.next().is_none()
}

/// What is said of a form that was not taken.
#[derive(Default)]
struct Said {
    wrong: Wrong,
    /// What is about none of its fields.
    refused: Option<String>,
    /// Somebody else has changed the settings meanwhile.
    overtaken: Option<String>,
}

impl Said {
    fn refused(sentence: String) -> Self {
        Self { refused: Some(sentence), ..Self::default() }
    }
}

#[derive(Template)]
#[template(path = "person_form.html")]
struct PersonForm {
    shell: Shell,
    sub: String,
    action: String,
    back: String,
    back_title: String,
    button: String,
    over: u64,
    /// Somebody new has an extension to choose.
    is_new: bool,
    extension: String,
    extension_hint: String,
    name: String,
    mail: String,
    location: String,
    rights: Vec<RightView>,
    media: Vec<MediaView>,
    fax: bool,
    more_is_open: bool,
    extension_error: String,
    name_error: String,
    mail_error: String,
    location_error: String,
    rights_error: String,
    refused: Option<String>,
    overtaken: Option<String>,
    /// Where what they are now is seen beside the form.
    now: String,
}

struct RightView {
    word: &'static str,
    label: String,
    hint: String,
    has: bool,
}

struct MediaView {
    word: &'static str,
    label: String,
    chosen: bool,
}

impl PersonForm {
    async fn new(ctx: &Ctx, person: Option<&Person>, over: u64, draft: &Draft, mut said: Said) -> Self {
        let mut error = |field: &str| said.wrong.remove(field).unwrap_or_default();
        let (extension_error, name_error) = (error("extension"), error("name"));
        let (mail_error, location_error, rights_error) = (error("mail"), error("location"), error("rights"));
        let name = person.map(|p| p.name.expose().clone());
        let title = match &name {
            Some(name) => ctx.with("staff-change-title", &[("name", name.into())]),
            None => ctx.t("staff-add"),
        };
        let user = person.map(|p| p.user.as_str()).unwrap_or_default();
        let rights = Right::ALL.map(|right| {
            let word = draft::word_of(right);
            RightView {
                word,
                label: ctx.t(&format!("staff-right-{}", word.replace('_', "-"))),
                hint: ctx.t(&format!("staff-hint-{}", word.replace('_', "-"))),
                has: draft.rights.contains(&right),
            }
        });
        let media = draft::MEDIA.map(|(word, media)| MediaView {
            word,
            label: ctx.t(&format!("staff-media-{word}")),
            chosen: draft.media == media,
        });
        Self {
            shell: ctx.shell(title, Place::People, &[]).await,
            sub: ctx.t(if person.is_some() { "staff-change-sub" } else { "staff-add-sub" }),
            action: if person.is_some() { format!("/people/{user}/change") } else { "/people/add".to_owned() },
            back: if person.is_some() { format!("/people/{user}") } else { "/people".to_owned() },
            back_title: name.unwrap_or_else(|| ctx.t("nav-people")),
            button: ctx.t(if person.is_some() { "staff-change-button" } else { "staff-add-button" }),
            over,
            is_new: person.is_none(),
            extension: draft.extension.clone(),
            extension_hint: ctx
                .with("staff-extension-hint", &[("digits", ctx.settings.numbering.extension_digits.into())]),
            name: draft.name.clone(),
            mail: draft.mail.clone(),
            location: draft.location.clone(),
            rights: rights.into(),
            media: media.into(),
            fax: draft.fax == Some(PhoneFax::Gateway),
            more_is_open: draft.fax.is_some() || draft.media.is_some(),
            extension_error,
            name_error,
            mail_error,
            location_error,
            rights_error,
            refused: said.refused,
            overtaken: said.overtaken,
            now: if person.is_some() { format!("/people/{user}/change") } else { "/people".to_owned() },
        }
    }
}
