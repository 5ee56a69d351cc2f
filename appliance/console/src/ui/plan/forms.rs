//! Forms that change the plan's text: what somebody wants is written into the text that is live, and goes the text's own way from there: checked as a
//! whole, said in sentences before it goes live, never over what another has changed meanwhile, and kept beside the others.

use askama::Template;
use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use model::PhoneNumber;
use model::settings::Problem;
use plan::Destination;
use plan::edit::{Change, Editor, Refusal};

use super::super::checked::ProblemView;
use super::super::{Answer, Ctx, Place, Shell, page};
use super::differences::differences;
use super::edit::{mark, overtaken, problems, set_live, text_of};
use crate::App;
use crate::auth::Principal;
use crate::failure::Failure;
use crate::numbers::capital;

/// The fields of a form, in their order; a name may come several times.
#[derive(Default)]
pub(super) struct Fields(pub(super) Vec<(String, String)>);

impl Fields {
    /// What stands in a field; nothing where the form has none of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.trim())
    }

    /// The same, and nothing is an empty text.
    pub(super) fn said(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// What stands in all fields of this name, without empty ones.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, value)| own == name && !value.trim().is_empty()).map(|(_, value)| value.trim())
    }
}

/// A form that has come back: what was typed stands in it again, and why it came back above it.
#[derive(Default)]
pub(super) struct Slip {
    /// The form.
    pub(super) what: String,
    pub(super) fields: Fields,
    status: StatusCode,
    /// What the page says above all.
    pub(super) said: SlipView,
}

/// Why nothing was changed.
#[derive(Default)]
pub(super) struct SlipView {
    /// What is wrong with what was typed.
    pub(super) wrong: Vec<ProblemView>,
    /// The text has problems that have nothing to do with it.
    pub(super) elsewhere: bool,
    /// The text is to be changed by hand.
    pub(super) by_hand: bool,
    /// Another plan went live meanwhile; the sentence says whose.
    pub(super) overtaken: Option<String>,
}

impl SlipView {
    pub(super) fn is_none(&self) -> bool {
        self.wrong.is_empty() && !self.elsewhere && !self.by_hand && self.overtaken.is_none()
    }
}

impl Slip {
    /// What was typed there before, if this form came back.
    pub(super) fn of(&self, what: &str) -> Option<&Fields> {
        (self.what == what && !self.what.is_empty()).then_some(&self.fields)
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }
}

/// A form that was sent.
pub(super) struct Sent {
    /// Which page it stands on: "/plan/hours".
    pub(super) page: &'static str,
    /// Which form of the page.
    pub(super) what: String,
    pub(super) fields: Fields,
}

impl Sent {
    /// It comes back with these sentences.
    pub(super) fn wrong(self, sentences: Vec<String>) -> Slip {
        let wrong = sentences.into_iter().map(|what| ProblemView { what, help: String::new() }).collect();
        self.back(StatusCode::UNPROCESSABLE_ENTITY, SlipView { wrong, ..SlipView::default() })
    }

    fn back(self, status: StatusCode, said: SlipView) -> Slip {
        Slip { what: self.what, fields: self.fields, status, said }
    }
}

/// The number in a field, within its bounds; the sentence names the field.
pub(super) fn number(
    ctx: &Ctx,
    fields: &Fields,
    field: &str,
    label: &str,
    bounds: std::ops::Range<u64>,
) -> Result<u64, String> {
    let number = fields.said(field).parse().ok().filter(|number| bounds.contains(number));
    number.ok_or_else(|| {
        let label = ctx.t(label);
        let (least, most) = (bounds.start, bounds.end.saturating_sub(1));
        ctx.with("form-number", &[("field", (&label).into()), ("least", least.into()), ("most", most.into())])
    })
}

/// A number with its country code that was typed; `other` is the sentence about any other.
pub(super) fn full_number(ctx: &Ctx, typed: &str, other: &str) -> Result<PhoneNumber, String> {
    match ctx.settings.numbering.parse(typed) {
        Ok(number @ PhoneNumber::E164(_)) => Ok(number),
        Ok(_) => Err(ctx.with(other, &[("number", typed.into())])),
        Err(error) => Err(capital(&error.to_string())),
    }
}

/// All people, and whoever else is chosen: an extension, whose it is, and whether it is chosen.
pub(super) fn people(ctx: &Ctx, field: &str, chosen: &[String], typed: Option<&Fields>) -> Vec<(String, String, bool)> {
    let mut all: Vec<&String> = ctx.settings.people.iter().map(|person| &person.extension).collect();
    all.extend(chosen.iter().filter(|extension| ctx.settings.extension(extension).is_none()));
    let all = all.into_iter().map(|one| (one.clone(), extension_said(ctx, one)));
    boxes(field, all, chosen, typed)
}

/// All that can be chosen: what a box stands for, how that is said, and whether it is chosen, now or as somebody has filled the form in.
pub(super) fn boxes(
    field: &str,
    all: impl IntoIterator<Item = (String, String)>,
    chosen: &[String],
    typed: Option<&Fields>,
) -> Vec<(String, String, bool)> {
    let is_chosen = |value: &String| match typed {
        Some(fields) => fields.all(field).any(|other| other == value),
        None => chosen.contains(value),
    };
    let boxes = all.into_iter().map(|(value, said)| {
        let is_chosen = is_chosen(&value);
        (value, said, is_chosen)
    });
    boxes.collect()
}

/// The plan as it is live, to change it; or nothing, if nobody can read it.
pub(super) fn editor(ctx: &Ctx) -> Option<Editor> {
    Editor::open(text_of(&ctx.settings.plan)).ok()
}

/// A form of a page that is `…/{what}`, as somebody has posted it.
pub(crate) struct Posted {
    app: App,
    principal: Principal,
    what: String,
    fields: Fields,
}

impl FromRequest<App> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let principal = Principal::from_request_parts(&mut parts, app).await.map_err(IntoResponse::into_response)?;
        let Path(what) = Path::from_request_parts(&mut parts, app).await.map_err(IntoResponse::into_response)?;
        let form = Form::from_request(Request::from_parts(parts, body), app).await;
        let Form(fields) = form.map_err(IntoResponse::into_response)?;
        Ok(Self { app: app.clone(), principal, what, fields: Fields(fields) })
    }
}

impl Posted {
    /// What it comes to, as `wanted` reads it; `Err` is the form once more. A plan that nobody can read is changed by no form, and its page says so.
    pub(super) async fn changes(
        self,
        ctx: &Ctx,
        page: &'static str,
        wanted: impl FnOnce(&Editor, &Sent) -> Result<Vec<Change>, Vec<String>>,
    ) -> Result<Result<Response, Slip>, Failure> {
        let Some(editor) = editor(ctx) else { return Ok(Err(Slip::default())) };
        let sent = Sent { page, what: self.what, fields: self.fields };
        let wanted = wanted(&editor, &sent);
        change(ctx, &self.app, self.principal, &editor, wanted, sent).await
    }

    /// The same of a page each of whose forms is one change, or wrong for one reason.
    pub(super) async fn change(
        self,
        ctx: &Ctx,
        page: &'static str,
        wanted: impl FnOnce(&Editor, &Sent) -> Result<Change, String>,
    ) -> Result<Result<Response, Slip>, Failure> {
        let one = |editor: &_, sent: &_| wanted(editor, sent).map(|change| vec![change]).map_err(|why| vec![why]);
        self.changes(ctx, page, one).await
    }
}

/// Lets what a form wants go live, or asks before; `Err` is the form once more, as where it says sentences of what is wrong with it.
async fn change(
    ctx: &Ctx,
    app: &App,
    principal: Principal,
    editor: &Editor,
    wanted: Result<Vec<Change>, Vec<String>>,
    sent: Sent,
) -> Result<Result<Response, Slip>, Failure> {
    let changes = match wanted {
        Ok(changes) => changes,
        Err(sentences) => return Ok(Err(sent.wrong(sentences))),
    };
    let old = text_of(&ctx.settings.plan).to_owned();
    let new = match editor.with(&changes) {
        Ok(new) => new,
        Err(Refusal::ByHand) => {
            return Ok(Err(
                sent.back(StatusCode::UNPROCESSABLE_ENTITY, SlipView { by_hand: true, ..SlipView::default() })
            ));
        }
        Err(Refusal::Gone) => return Ok(Err(sent.wrong(vec![ctx.t("form-gone")]))),
        Err(Refusal::Taken) => return Ok(Err(sent.wrong(vec![ctx.t("form-taken")]))),
    };
    if new == old {
        return Ok(Ok(Redirect::to(sent.page).into_response()));
    }
    let found = problems(&ctx.settings, &new);
    if !found.is_empty() {
        return Ok(Err(sent.back(StatusCode::UNPROCESSABLE_ENTITY, told_apart(found, &problems(&ctx.settings, &old)))));
    }
    let over = sent.fields.said("over").to_owned();
    let beaten = if sent.fields.said("act") == "live" {
        set_live(ctx, app, principal, new, &over).await?
    } else if over == mark(&ctx.settings) {
        return ask(ctx, editor, &new, sent).await.map(Ok);
    } else {
        Some(overtaken(ctx).await?)
    };
    Ok(match beaten {
        None => Ok(Redirect::to(sent.page).into_response()),
        Some(sentence) => {
            Err(sent.back(StatusCode::CONFLICT, SlipView { overtaken: Some(sentence), ..SlipView::default() }))
        }
    })
}

/// What this change brings is said beside its form; what was wrong before stands elsewhere in the text.
fn told_apart(found: Vec<Problem>, before: &[Problem]) -> SlipView {
    let is_old = |problem: &Problem| before.iter().any(|old| old.what == problem.what && old.help == problem.help);
    let elsewhere = found.iter().any(is_old);
    let wrong = found.iter().filter(|problem| !is_old(problem)).map(ProblemView::new).collect();
    SlipView { wrong, elsewhere, ..SlipView::default() }
}

/// What is about to change, in sentences.
async fn ask(ctx: &Ctx, editor: &Editor, new: &str, sent: Sent) -> Answer {
    let after = Editor::open(new).map_err(|_| Failure::NotDrawn)?;
    let mut sentences = differences(ctx, editor, &after);
    if sentences.is_empty() {
        sentences.push(ctx.t("form-changes"));
    }
    let fields = sent.fields.0.into_iter().filter(|(name, _)| name != "act").collect();
    page(&Confirm {
        shell: ctx.shell(ctx.t("form-confirm"), Place::Plan, &[]).await,
        action: format!("{}/{}", sent.page, sent.what),
        back: sent.page,
        sentences,
        fields,
    })
}

#[derive(Template)]
#[template(path = "plan_confirm.html")]
struct Confirm {
    shell: Shell,
    action: String,
    back: &'static str,
    sentences: Vec<String>,
    fields: Vec<(String, String)>,
}

/// Something that can be chosen.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) title: String,
    pub(super) selected: bool,
}

/// A field in which one thing is chosen.
pub(super) struct Select {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) choices: Vec<Choice>,
}

impl Select {
    /// One of `all`, each with how it is said; `chosen` is one of them even where it is not.
    pub(super) fn new(
        name: impl Into<String>,
        label: impl Into<String>,
        chosen: &str,
        all: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let mut choices: Vec<_> =
            all.into_iter().map(|(value, title)| Choice { selected: value == chosen, value, title }).collect();
        if !choices.iter().any(|choice| choice.selected) {
            choices.push(Choice { value: chosen.to_owned(), title: chosen.to_owned(), selected: true });
        }
        Self { name: name.into(), label: label.into(), choices }
    }

    /// These can be chosen, too.
    pub(super) fn offer(&mut self, more: impl IntoIterator<Item = (String, String)>, chosen: &str) {
        for (value, title) in more {
            self.choices.retain(|choice| choice.value != value);
            self.choices.push(Choice { selected: value == chosen, value, title });
        }
    }
}

/// Where calls may be led, each as the plan writes it and as it is said.
pub(super) struct Places(Vec<(String, String)>);

impl Places {
    pub(super) fn new(ctx: &Ctx, editor: &Editor) -> Self {
        let all = editor.destinations(&ctx.settings);
        Self(all.iter().map(|to| (to.to_string(), place_said(ctx, to))).collect())
    }

    /// Those of them that may be.
    pub(super) fn only(&self, may_be: impl Fn(&Destination) -> bool) -> Self {
        let is_one = |(value, _): &&(String, String)| Destination::parse(value).is_some_and(|to| may_be(&to));
        Self(self.0.iter().filter(is_one).cloned().collect())
    }

    /// One of them. `none` says what it means that nothing is chosen.
    pub(super) fn select(
        &self,
        ctx: &Ctx,
        (name, label): (impl Into<String>, impl Into<String>),
        chosen: &str,
        none: Option<String>,
    ) -> Select {
        let none = none.map(|title| (String::new(), title));
        let own = Destination::parse(chosen).filter(|_| !self.0.iter().any(|(value, _)| value == chosen));
        let own = own.map(|to| (chosen.to_owned(), place_said(ctx, &to)));
        Select::new(name, label, chosen, none.into_iter().chain(self.0.iter().cloned()).chain(own))
    }
}

/// A place where calls go, in plain words.
pub(super) fn place_said(ctx: &Ctx, to: &Destination) -> String {
    let named = |key: &str, name: &str| ctx.with(key, &[("name", name.into())]);
    match to {
        Destination::Extension(number) => extension_said(ctx, number),
        Destination::Schedule(name) => named("place-schedule", name),
        Destination::Menu(name) => named("place-menu", name),
        Destination::Announcement(name) => named("place-announcement", name),
        Destination::Queue(name) => named("place-queue", name),
        Destination::Rota(name) => named("place-rota", name),
        Destination::Voicemail(number) => named("place-voicemail", &extension_said(ctx, number)),
        Destination::Outside(number) => named("place-outside", &ctx.number(number)),
        Destination::Dialled => ctx.t("place-dialled"),
        Destination::FaxMachine => ctx.t("place-fax"),
        Destination::Busy => ctx.t("place-busy"),
        Destination::HangUp => ctx.t("place-end"),
    }
}

/// "Front desk (101)"; a number of the plan is nobody's.
pub(super) fn extension_said(ctx: &Ctx, number: &str) -> String {
    match ctx.settings.extension(number) {
        Some(person) => format!("{} ({number})", person.name.expose()),
        None => ctx.with("place-extension", &[("name", number.into())]),
    }
}
