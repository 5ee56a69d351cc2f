//! Calls outside: which kinds of numbers may be called and over which trunks, who may call otherwise, how help is called and who is told of it.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::StatusCode;
use plan::Class;
use plan::edit::{CallRight, Change, Editor, Help};

use super::super::{Answer, Ctx, Place, Shell, page_with};
use super::costs::kind_said;
use super::differences::phones_said;
use super::edit::mark;
use super::forms::{self, Fields, Posted, Select, Sent, Slip, SlipView, people};
use super::hours::Broken;
use super::rights::{self, RightForm, RightRow};

pub(super) const PAGE: &str = "/plan/outside";

/// `GET /plan/outside`.
pub(crate) async fn outside_page(ctx: Ctx) -> Answer {
    show(&ctx, &Slip::default(), StatusCode::OK).await
}

/// `POST /plan/outside/{what}`.
pub(crate) async fn change_outside(ctx: Ctx, posted: Posted) -> Answer {
    match posted.change(&ctx, PAGE, |_, sent| wanted(&ctx, sent)).await? {
        Ok(done) => Ok(done),
        Err(slip) => show(&ctx, &slip, slip.status()).await,
    }
}

fn wanted(ctx: &Ctx, sent: &Sent) -> Result<Change, String> {
    let fields = &sent.fields;
    match sent.what.as_str() {
        "kinds" => Ok(Change::Outside(Class::ALL.map(|kind| (kind.word(), trunks(fields, kind.word()))).into())),
        "help" => help(ctx, fields).map(Change::Help),
        "press-1" => Ok(Change::PressOne(fields.get("press_1").is_some())),
        what => rights::wanted(ctx, what, fields),
    }
}

/// The trunks of a field that stands there several times, each once.
pub(super) fn trunks(fields: &Fields, field: &str) -> Vec<String> {
    let mut trunks: Vec<String> = Vec::new();
    for trunk in fields.all(field) {
        if !trunks.iter().any(|known| known == trunk) {
            trunks.push(trunk.to_owned());
        }
    }
    trunks
}

fn help(ctx: &Ctx, fields: &Fields) -> Result<Help, String> {
    let numbers = fields.said("numbers").split([',', ';', ' ']).map(str::trim).filter(|number| !number.is_empty());
    let numbers: Vec<_> = numbers.map(str::to_owned).collect();
    if let Some(other) = numbers.iter().find(|number| !number.bytes().all(|b| b.is_ascii_digit())) {
        return Err(ctx.with("help-no-number", &[("number", other.into())]));
    }
    Ok(Help { numbers, trunks: trunks(fields, "trunks"), alert: fields.all("alert").map(str::to_owned).collect() })
}

/// Over which trunks, in words.
pub(super) fn trunks_said(ctx: &Ctx, trunks: &[String]) -> String {
    match trunks {
        [] => ctx.t("outside-off"),
        [first, rest @ ..] => rest.iter().fold(first.clone(), |said, next| {
            ctx.with("outside-then", &[("said", (&said).into()), ("next", next.into())])
        }),
    }
}

/// What may be called, in words: a kind of number, and over which trunks.
pub(super) fn kinds_said(ctx: &Ctx, outside: &BTreeMap<&'static str, Vec<String>>) -> Vec<(String, String)> {
    let said = |kind: Class| {
        let trunks = outside.get(kind.word()).map_or(&[][..], Vec::as_slice);
        (kind_said(ctx, kind.word()), trunks_said(ctx, trunks))
    };
    Class::ALL.map(said).into()
}

/// How help is called, in words.
pub(super) fn help_said(ctx: &Ctx, help: &Help) -> Vec<(String, String)> {
    let trunks = if help.trunks.is_empty() { ctx.t("help-any") } else { trunks_said(ctx, &help.trunks) };
    let alert = if help.alert.is_empty() { ctx.t("help-everybody") } else { phones_said(ctx, &help.alert) };
    let numbers = if help.numbers.is_empty() { ctx.t("help-none") } else { help.numbers.join(", ") };
    [("help-trunks", trunks), ("help-alert", alert), ("help-numbers", numbers)]
        .map(|(key, said)| (ctx.t(key), said))
        .into()
}

/// What whoever answers a call that was led outside does.
pub(super) fn press_1_said(ctx: &Ctx, press_1: bool) -> String {
    ctx.t(if press_1 { "press-1-yes" } else { "press-1-no" })
}

/// Places for trunks, in their order: all that there are, and those that are written.
pub(super) fn trunk_selects(ctx: &Ctx, field: &'static str, now: &[String], none: &str) -> Vec<Select> {
    let known = ctx.settings.trunks.iter().map(|trunk| trunk.name.clone()).collect::<Vec<_>>();
    let places = known.len().max(now.len());
    let select = |n: usize| {
        let place = [("place", (n + 1).into())];
        let label = if places == 1 { ctx.t("outside-trunk") } else { ctx.with("outside-place", &place) };
        let none = ctx.t(if n == 0 { none } else { "outside-no-more" });
        let all = known.iter().map(|trunk| (trunk.clone(), trunk.clone()));
        let all = std::iter::once((String::new(), none)).chain(all);
        Select::new(field, label, now.get(n).map_or("", String::as_str), all)
    };
    (0..places).map(select).collect()
}

async fn show(ctx: &Ctx, slip: &Slip, status: StatusCode) -> Answer {
    let shell = ctx.shell(ctx.t("outside-title"), Place::Plan, &[]).await;
    let Some(editor) = forms::editor(ctx) else {
        return page_with(status, &Broken { shell });
    };
    let page = OutsidePage {
        slip: &slip.said,
        over: mark(&ctx.settings),
        kinds: KindsForm::new(ctx, &editor, slip.of("kinds")),
        rights: rights::rows(ctx, &editor.call_rights(), slip),
        add: RightForm::new(ctx, &CallRight::default(), slip.of("add")),
        help: HelpForm::new(ctx, &editor.help(), slip.of("help")),
        press_1: editor.press_1(),
        press_1_said: press_1_said(ctx, editor.press_1()),
        shell,
    };
    page_with(status, &page)
}

#[derive(Template)]
#[template(path = "plan_outside.html")]
struct OutsidePage<'a> {
    shell: Shell,
    slip: &'a SlipView,
    over: String,
    kinds: KindsForm,
    rights: Vec<RightRow>,
    add: RightForm,
    help: HelpForm,
    press_1: bool,
    press_1_said: String,
}

struct KindsForm {
    said: Vec<(String, String)>,
    /// A kind of number, and the trunks over which it is called.
    kinds: Vec<(String, Vec<Select>)>,
    is_open: bool,
}

impl KindsForm {
    fn new(ctx: &Ctx, editor: &Editor, typed: Option<&Fields>) -> Self {
        let outside = editor.outside();
        let form = |kind: Class| {
            let now = outside.get(kind.word()).cloned().unwrap_or_default();
            let now = typed.map_or(now, |fields| trunks(fields, kind.word()));
            (kind_said(ctx, kind.word()), trunk_selects(ctx, kind.word(), &now, "outside-off"))
        };
        Self { said: kinds_said(ctx, &outside), kinds: Class::ALL.map(form).into(), is_open: typed.is_some() }
    }
}

struct HelpForm {
    said: Vec<(String, String)>,
    trunks: Vec<Select>,
    alert: Vec<(String, String, bool)>,
    numbers: String,
    is_open: bool,
}

impl HelpForm {
    fn new(ctx: &Ctx, help: &Help, typed: Option<&Fields>) -> Self {
        let now = typed.map_or_else(|| help.trunks.clone(), |fields| trunks(fields, "trunks"));
        let numbers = help.numbers.join(", ");
        Self {
            said: help_said(ctx, help),
            trunks: trunk_selects(ctx, "trunks", &now, "help-any"),
            alert: people(ctx, "alert", &help.alert, typed),
            numbers: typed.map_or(&*numbers, |fields| fields.said("numbers")).to_owned(),
            is_open: typed.is_some(),
        }
    }
}
