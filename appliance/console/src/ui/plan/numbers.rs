//! The numbers of the clinic: which of them it answers, where their calls go, and by which of them its own calls show themselves.

use askama::Template;
use axum::http::StatusCode;
use model::PhoneNumber;
use plan::Destination;
use plan::edit::{Answers, Change, Editor, GroupOf, Number, NumberUse};

use super::super::{Answer, Ctx, Place, Shell, page_with};
use super::differences::{group_said, phones_said};
use super::edit::mark;
use super::forms::{self, Fields, Places, Posted, Select, Sent, Slip, SlipView, full_number, place_said};
use super::hours::Broken;
use super::shows::{self, ShowForm, ShowRow};

pub(super) const PAGE: &str = "/plan/numbers";
/// How a plan calls the two numbers that are there whatever it says.
pub(super) const OWN: [&str; 2] = ["main", "fax"];

/// `GET /plan/numbers`.
pub(crate) async fn numbers_page(ctx: Ctx) -> Answer {
    show(&ctx, &Slip::default(), StatusCode::OK).await
}

/// `POST /plan/numbers/{what}`.
pub(crate) async fn change_numbers(ctx: Ctx, posted: Posted) -> Answer {
    match posted.change(&ctx, PAGE, |editor, sent| wanted(&ctx, editor, sent)).await? {
        Ok(done) => Ok(done),
        Err(slip) => show(&ctx, &slip, slip.status()).await,
    }
}

fn wanted(ctx: &Ctx, editor: &Editor, sent: &Sent) -> Result<Change, String> {
    let fields = &sent.fields;
    match sent.what.as_str() {
        "change" => changed(ctx, editor, fields),
        "add" => added(ctx, editor, fields),
        "remove" => removed(ctx, editor, fields),
        what => shows::wanted(ctx, editor, what, fields),
    }
}

fn changed(ctx: &Ctx, editor: &Editor, fields: &Fields) -> Result<Change, String> {
    let number = fields.said("number");
    let old = editor.numbers().into_iter().find(|own| own.number == number);
    let to = match (&old, fields.said("to")) {
        (Some(Number { to: phones @ Answers::Phones(_), .. }), "") => phones.clone(),
        (_, to) => place(ctx, to)?,
    };
    let new = Number { number: number.to_owned(), to, label: label(fields) };
    match old {
        Some(_) => Ok(Change::Number(new)),
        None if OWN.contains(&number) => Ok(Change::AddNumber(new)),
        None => Err(ctx.t("form-gone")),
    }
}

fn added(ctx: &Ctx, editor: &Editor, fields: &Fields) -> Result<Change, String> {
    let number = full_number(ctx, fields.said("number"), "numbers-inside")?;
    if editor.numbers().iter().any(|own| own_number(ctx, &own.number).as_ref() == Some(&number)) {
        return Err(ctx.with("numbers-taken", &[("number", (&ctx.number(&number)).into())]));
    }
    let of_settings = [&ctx.settings.main_number, &ctx.settings.fax_number];
    let own = of_settings.into_iter().zip(OWN).find(|(own, _)| **own == number).map(|(_, word)| word);
    let to = place(ctx, fields.said("to"))?;
    let number = own.unwrap_or(number.as_str()).to_owned();
    Ok(Change::AddNumber(Number { number, to, label: label(fields) }))
}

fn removed(ctx: &Ctx, editor: &Editor, fields: &Fields) -> Result<Change, String> {
    let number = fields.said("number").to_owned();
    if editor.uses_of(&number).is_empty() {
        return Ok(Change::TakeNumber(number));
    }
    Err(ctx.with("numbers-in-use", &[("number", (&number_said(ctx, &number)).into())]))
}

fn place(ctx: &Ctx, to: &str) -> Result<Answers, String> {
    Destination::parse(to).map(Answers::At).ok_or_else(|| ctx.t("numbers-no-place"))
}

fn label(fields: &Fields) -> Option<String> {
    Some(fields.said("label")).filter(|label| !label.is_empty()).map(str::to_owned)
}

/// The number that a plan means.
fn own_number(ctx: &Ctx, written: &str) -> Option<PhoneNumber> {
    match written {
        "main" => Some(ctx.settings.main_number.clone()),
        "fax" => Some(ctx.settings.fax_number.clone()),
        other => ctx.settings.numbering.parse(other).ok(),
    }
}

/// A number of the clinic, as people write it.
pub(super) fn number_said(ctx: &Ctx, written: &str) -> String {
    group_said(ctx, &GroupOf::Number(written.to_owned()))
}

/// Where its calls go.
pub(super) fn answers_said(ctx: &Ctx, to: &Answers) -> String {
    match to {
        Answers::At(to) => place_said(ctx, to),
        Answers::Phones(phones) => phones_said(ctx, phones),
    }
}

/// What becomes of a number of which the plan says nothing, if it is one that is there all the same.
pub(super) fn unsaid(ctx: &Ctx, written: &str) -> Option<&'static str> {
    let number = own_number(ctx, written)?;
    if number == ctx.settings.main_number {
        Some("numbers-all-ring")
    } else {
        (number == ctx.settings.fax_number).then_some("place-fax")
    }
}

/// Where it is shown and changed.
pub(super) fn id_of(written: &str) -> String {
    let is_of_name = |c: &char| c.is_ascii_alphanumeric();
    format!("number-{}", written.chars().filter(is_of_name).collect::<String>())
}

async fn show(ctx: &Ctx, slip: &Slip, status: StatusCode) -> Answer {
    let shell = ctx.shell(ctx.t("numbers-title"), Place::Plan, &[]).await;
    let Some(editor) = forms::editor(ctx) else {
        return page_with(status, &Broken { shell });
    };
    let places = Places::new(ctx, &editor);
    let mut numbers: Vec<_> = editor
        .numbers()
        .iter()
        .map(|own| NumberCard::new(ctx, &editor, &places, &own.number, Some(own), slip))
        .collect();
    // The two that are there whatever the plan says, at the end where it says nothing of them.
    for word in OWN {
        let is_said = |own: &Number| own_number(ctx, &own.number) == own_number(ctx, word);
        if !editor.numbers().iter().any(is_said) {
            numbers.push(NumberCard::new(ctx, &editor, &places, word, None, slip));
        }
    }
    let page = NumbersPage {
        slip: &slip.said,
        over: mark(&ctx.settings),
        numbers,
        add: NumberForm::new(ctx, &places, None, None, slip.of("add")),
        shows: shows::rows(ctx, &editor, slip),
        add_show: ShowForm::empty(ctx, &editor, slip),
        shows_sub: ctx.with("shows-sub", &[("number", (&ctx.number(&ctx.settings.main_number)).into())]),
        shell,
    };
    page_with(status, &page)
}

#[derive(Template)]
#[template(path = "plan_numbers.html")]
struct NumbersPage<'a> {
    shell: Shell,
    slip: &'a SlipView,
    over: String,
    numbers: Vec<NumberCard>,
    add: NumberForm,
    shows: Vec<ShowRow>,
    add_show: ShowForm,
    shows_sub: String,
}

struct NumberCard {
    id: String,
    /// As the plan writes it.
    number: String,
    title: String,
    /// "main number", or "faxes".
    tags: Vec<String>,
    said: String,
    label: Option<String>,
    /// Where it is changed who rings, if the number rings several phones itself.
    group: Option<String>,
    /// Fax programs behind the box answer it.
    of_port: bool,
    form: NumberForm,
    /// The plan says nothing of it, and nothing can go.
    removal: Option<NumberRemoval>,
}

struct NumberForm {
    number: String,
    to: Select,
    label: String,
    is_open: bool,
}

/// What comes when it goes, or what speaks of it.
struct NumberRemoval {
    then: String,
    uses: Vec<(String, String)>,
    is_open: bool,
}

impl NumberCard {
    fn new(ctx: &Ctx, editor: &Editor, places: &Places, number: &str, own: Option<&Number>, slip: &Slip) -> Self {
        let typed = |what: &str| slip.of(what).filter(|fields| fields.said("number") == number);
        let settings = &ctx.settings;
        let meant = own_number(ctx, number);
        let is_main = meant.as_ref() == Some(&settings.main_number);
        let is_fax = match own {
            Some(own) => own.to == Answers::At(Destination::FaxMachine),
            None => !is_main,
        };
        let tags = [(is_main, "numbers-main"), (is_fax, "numbers-fax")];
        let of_group = GroupOf::Number(number.to_owned());
        let is_group = editor.groups().iter().any(|group| group.of == of_group);
        let none = unsaid(ctx, number);
        let said = match (own, none) {
            (Some(own), _) => answers_said(ctx, &own.to),
            (None, none) => none.map(|key| ctx.t(key)).unwrap_or_default(),
        };
        let then = none.map_or_else(
            || ctx.t("numbers-then-none"),
            |key| ctx.with("numbers-then", &[("to", (&ctx.t(key)).into())]),
        );
        Self {
            id: id_of(number),
            number: number.to_owned(),
            title: number_said(ctx, number),
            tags: tags.into_iter().filter(|(is, _)| *is).map(|(_, key)| ctx.t(key)).collect(),
            said,
            label: own
                .and_then(|own| own.label.as_ref())
                .map(|label| ctx.with("numbers-labelled", &[("label", label.into())])),
            group: is_group.then(|| format!("/plan/groups#number-{}", number.trim_start_matches('+'))),
            of_port: meant.is_some_and(|number| settings.port_of(&number).is_some()),
            form: NumberForm::new(ctx, places, own, none, typed("change")),
            removal: own.map(|_| NumberRemoval {
                then,
                uses: editor.uses_of(number).into_iter().map(|other| use_said(ctx, other)).collect(),
                is_open: typed("remove").is_some(),
            }),
        }
    }
}

/// What speaks of a number, and where that is changed.
fn use_said(ctx: &Ctx, other: NumberUse) -> (String, String) {
    let nth = |key: &str, n: usize| ctx.with(key, &[("place", (n + 1).into())]);
    match other {
        NumberUse::Callers(n) => (nth("lead-callers", n), format!("/plan/callers#rule-{}", n + 1)),
        NumberUse::Shows(n) => (nth("numbers-use-shows", n), format!("{PAGE}#show-{}", n + 1)),
        NumberUse::Recording => (ctx.t("numbers-use-recording"), "/plan/text".to_owned()),
    }
}

impl NumberForm {
    /// `unsaid`: what becomes of its calls while the plan says nothing.
    fn new(ctx: &Ctx, places: &Places, own: Option<&Number>, unsaid: Option<&str>, typed: Option<&Fields>) -> Self {
        let value = |field: &str, now: &str| typed.map_or(now, |fields| fields.said(field)).to_owned();
        let (now, none) = match own.map(|own| &own.to) {
            Some(Answers::At(to)) => (to.to_string(), None),
            Some(to @ Answers::Phones(_)) => {
                (String::new(), Some(ctx.with("numbers-as-now", &[("phones", (&answers_said(ctx, to)).into())])))
            }
            None => (String::new(), Some(ctx.t(unsaid.unwrap_or("oncall-choose")))),
        };
        let label = own.and_then(|own| own.label.as_deref()).unwrap_or_default();
        Self {
            number: value("number", ""),
            to: places.select(ctx, ("to", ctx.t("numbers-to")), &value("to", &now), none),
            label: value("label", label),
            is_open: typed.is_some(),
        }
    }
}
