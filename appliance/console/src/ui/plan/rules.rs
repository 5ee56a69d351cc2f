//! Rules for some callers: who is led elsewhere than others, or marked for those whom they ring, in the order in which they are asked.

use askama::Template;
use axum::http::StatusCode;
use model::PhoneNumber;
use plan::Destination;
use plan::edit::{CallerRule, Change, Editor};

use super::super::{Answer, Ctx, Place, Shell, page_with};
use super::edit::mark;
use super::forms::{self, Fields, Places, Posted, Select, Sent, Slip, SlipView, boxes, place_said};
use super::hours::Broken;
use super::numbers::number_said;

const PAGE: &str = "/plan/callers";

/// `GET /plan/callers`.
pub(crate) async fn rules_page(ctx: Ctx) -> Answer {
    show(&ctx, &Slip::default(), StatusCode::OK).await
}

/// `POST /plan/callers/{what}`.
pub(crate) async fn change_rules(ctx: Ctx, posted: Posted) -> Answer {
    match posted.change(&ctx, PAGE, |_, sent| wanted(&ctx, sent)).await? {
        Ok(done) => Ok(done),
        Err(slip) => show(&ctx, &slip, slip.status()).await,
    }
}

fn wanted(ctx: &Ctx, sent: &Sent) -> Result<Change, String> {
    let (fields, gone) = (&sent.fields, || ctx.t("form-gone"));
    let which = || fields.said("rule").parse().map_err(|_| gone());
    match sent.what.as_str() {
        "add" => Ok(Change::AddCallerRule(rule(ctx, fields)?)),
        "change" => Ok(Change::CallerRule(which()?, rule(ctx, fields)?)),
        "remove" => Ok(Change::TakeCallerRule(which()?)),
        "raise" => Ok(Change::RaiseCallerRule(which()?)),
        _ => Err(gone()),
    }
}

fn rule(ctx: &Ctx, fields: &Fields) -> Result<CallerRule, String> {
    let rule = CallerRule {
        numbers: beginnings(ctx, fields, |_| false)?,
        hidden: fields.get("hidden").is_some(),
        called: fields.all("called").map(str::to_owned).collect(),
        to: Destination::parse(fields.said("to")),
        label: Some(fields.said("label")).filter(|label| !label.is_empty()).map(str::to_owned),
    };
    if rule.numbers.is_empty() && !rule.hidden {
        return Err(ctx.t("callers-nobody"));
    }
    if rule.to.is_none() && rule.label.is_none() {
        return Err(ctx.t("callers-nothing"));
    }
    Ok(rule)
}

/// How the numbers begin that are typed with commas between them; of what is no number outside, `is_one` says whether it may stand there.
pub(super) fn beginnings(ctx: &Ctx, fields: &Fields, is_one: impl Fn(&str) -> bool) -> Result<Vec<String>, String> {
    let mut numbers: Vec<String> = Vec::new();
    for text in fields.said("numbers").split([',', ';', '\n']).map(str::trim).filter(|text| !text.is_empty()) {
        let number = if is_one(text) { text.to_owned() } else { beginning(ctx, text)? };
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

/// A short number, or how some begin: as the plan has it.
pub(super) fn is_short(text: &str) -> bool {
    (3..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// How numbers begin: with their country code, or a number of this country in full.
fn beginning(ctx: &Ctx, text: &str) -> Result<String, String> {
    let bare: String = text.chars().filter(|c| !" ()-./".contains(*c)).collect();
    let is_full =
        bare.strip_prefix('+').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    if is_full {
        return Ok(bare);
    }
    match ctx.settings.numbering.parse(text) {
        Ok(number @ PhoneNumber::E164(_)) => Ok(number.as_str().to_owned()),
        _ => Err(ctx.with("callers-no-number", &[("number", text.into())])),
    }
}

/// Whose calls: "numbers that begin with +1900, or no number".
fn whose(ctx: &Ctx, rule: &CallerRule) -> String {
    let numbers = rule.numbers.join(", ");
    let args = [("numbers", (&numbers).into())];
    match (rule.numbers.is_empty(), rule.hidden) {
        (false, false) => ctx.with("callers-from", &args),
        (false, true) => ctx.with("callers-from-or-hidden", &args),
        (true, _) => ctx.t("callers-hidden"),
    }
}

/// What becomes of them.
fn done(ctx: &Ctx, rule: &CallerRule) -> String {
    let to = rule.to.as_ref().map(|to| ctx.with("callers-led", &[("to", (&place_said(ctx, to)).into())]));
    let label = rule.label.as_ref().map(|label| ctx.with("callers-marked", &[("label", label.into())]));
    let called: Vec<_> = rule.called.iter().map(|number| number_said(ctx, number)).collect();
    let called = called.join(", ");
    let called = (!called.is_empty()).then(|| ctx.with("callers-called", &[("numbers", (&called).into())]));
    to.into_iter().chain(label).chain(called).collect::<Vec<_>>().join(" · ")
}

/// The whole rule.
pub(super) fn rule_said(ctx: &Ctx, rule: &CallerRule) -> String {
    format!("{}: {}", whose(ctx, rule), done(ctx, rule))
}

async fn show(ctx: &Ctx, slip: &Slip, status: StatusCode) -> Answer {
    let shell = ctx.shell(ctx.t("callers-title"), Place::Plan, &[]).await;
    let Some(editor) = forms::editor(ctx) else {
        return page_with(status, &Broken { shell });
    };
    let places = Places::new(ctx, &editor);
    let row = |(n, rule): (usize, &CallerRule)| {
        let typed = slip.of("change").filter(|fields| fields.said("rule") == n.to_string());
        RuleRow {
            id: format!("rule-{}", n + 1),
            number: n,
            whose: whose(ctx, rule),
            done: done(ctx, rule),
            form: RuleForm::new(ctx, &editor, &places, rule, typed),
        }
    };
    let page = RulesPage {
        slip: &slip.said,
        over: mark(&ctx.settings),
        rules: editor.caller_rules().iter().enumerate().map(row).collect(),
        add: RuleForm::new(ctx, &editor, &places, &CallerRule::default(), slip.of("add")),
        shell,
    };
    page_with(status, &page)
}

#[derive(Template)]
#[template(path = "plan_callers.html")]
struct RulesPage<'a> {
    shell: Shell,
    slip: &'a SlipView,
    over: String,
    rules: Vec<RuleRow>,
    add: RuleForm,
}

struct RuleRow {
    id: String,
    number: usize,
    whose: String,
    done: String,
    form: RuleForm,
}

struct RuleForm {
    numbers: String,
    hidden: bool,
    /// A number of the clinic, how it is said, and whether the rule is for calls to it.
    called: Vec<(String, String, bool)>,
    to: Select,
    label: String,
    is_open: bool,
}

impl RuleForm {
    fn new(ctx: &Ctx, editor: &Editor, places: &Places, rule: &CallerRule, typed: Option<&Fields>) -> Self {
        let value = |field: &str, now: &str| typed.map_or(now, |fields| fields.said(field)).to_owned();
        let to = rule.to.as_ref().map(ToString::to_string).unwrap_or_default();
        let own = editor.own_numbers();
        let others = rule.called.iter().filter(|number| !own.contains(number));
        let called = own.iter().chain(others).map(|n| (n.clone(), number_said(ctx, n)));
        Self {
            numbers: value("numbers", &rule.numbers.join(", ")),
            hidden: typed.map_or(rule.hidden, |fields| fields.get("hidden").is_some()),
            called: boxes("called", called, &rule.called, typed),
            to: places.select(ctx, ("to", ctx.t("callers-to")), &value("to", &to), Some(ctx.t("callers-as-others"))),
            label: value("label", rule.label.as_deref().unwrap_or_default()),
            is_open: typed.is_some(),
        }
    }
}
