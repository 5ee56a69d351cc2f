//! Limits and prices: what calls outside may be and may cost, and what a minute of them costs.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::StatusCode;
use plan::Class;
use plan::edit::{Change, LIMITS, Rate};

use super::super::{Answer, Ctx, Place, Shell, page_with};
use super::edit::mark;
use super::forms::{self, Fields, Posted, Sent, Slip, SlipView, boxes, number};
use super::hours::Broken;
use super::offhours::{self, OffForm};
use super::rules::{beginnings, is_short};

const PAGE: &str = "/plan/costs";
/// Of the limits the one that is money.
const MONEY: &str = "spent_per_day";
/// As the plan has it.
const LIMIT: std::ops::Range<u64> = 1..10_001;

/// `GET /plan/costs`.
pub(crate) async fn costs_page(ctx: Ctx) -> Answer {
    show(&ctx, &Slip::default(), StatusCode::OK).await
}

/// `POST /plan/costs/{what}`.
pub(crate) async fn change_costs(ctx: Ctx, posted: Posted) -> Answer {
    match posted.change(&ctx, PAGE, |_, sent| wanted(&ctx, sent)).await? {
        Ok(done) => Ok(done),
        Err(slip) => show(&ctx, &slip, slip.status()).await,
    }
}

fn wanted(ctx: &Ctx, sent: &Sent) -> Result<Change, String> {
    let (fields, gone) = (&sent.fields, || ctx.t("form-gone"));
    let which = || fields.said("rate").parse().map_err(|_| gone());
    match sent.what.as_str() {
        "limits" => limits(ctx, fields).map(Change::Limits),
        "off" => offhours::wanted(ctx, fields),
        "add" => Ok(Change::AddRate(rate(ctx, fields)?)),
        "change" => Ok(Change::Rate(which()?, rate(ctx, fields)?)),
        "remove" => Ok(Change::TakeRate(which()?)),
        "raise" => Ok(Change::RaiseRate(which()?)),
        _ => Err(gone()),
    }
}

fn limits(ctx: &Ctx, fields: &Fields) -> Result<BTreeMap<&'static str, String>, String> {
    let mut limits = BTreeMap::new();
    for key in LIMITS.into_iter().filter(|key| !fields.said(key).is_empty()) {
        let value = match key {
            MONEY => money(fields.said(key))
                .ok_or_else(|| ctx.with("costs-no-money", &[("field", (&limit_said(ctx, key)).into())]))?,
            key => number(ctx, fields, key, &label_of(key), LIMIT)?.to_string(),
        };
        limits.insert(key, value);
    }
    Ok(limits)
}

fn rate(ctx: &Ctx, fields: &Fields) -> Result<Rate, String> {
    Ok(Rate {
        numbers: beginnings(ctx, fields, is_short)?,
        kinds: kinds(fields),
        per_minute: money(fields.said("per_minute")).ok_or_else(|| ctx.t("costs-no-price"))?,
    })
}

/// An amount as a plan writes it. Whether it is too much, or has too many digits, the plan says.
fn money(text: &str) -> Option<String> {
    let text = text.replace(',', ".");
    let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    // No number of TOML begins with a nought that says nothing.
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    (!text.is_empty() && digits(whole) && digits(part))
        .then(|| if text.contains('.') { format!("{whole}.{part}") } else { whole.to_owned() })
}

fn label_of(key: &str) -> String {
    format!("costs-{}", key.replace('_', "-"))
}

/// "Calls of one person at a time".
pub(super) fn limit_said(ctx: &Ctx, key: &str) -> String {
    ctx.t(&label_of(key))
}

/// "Calls: abroad, to numbers that begin with +44: 0.15 a minute".
pub(super) fn rate_said(ctx: &Ctx, rate: &Rate) -> String {
    let price = rate.per_minute.as_str();
    ctx.with("costs-said", &[("calls", (&calls_said(ctx, &rate.kinds, &rate.numbers)).into()), ("price", price.into())])
}

/// "Calls: abroad, to numbers that begin with +44".
pub(super) fn calls_said(ctx: &Ctx, kinds: &[String], numbers: &[String]) -> String {
    let kinds: Vec<_> = kinds.iter().map(|kind| kind_said(ctx, kind)).collect();
    let kinds = kinds.join(", ");
    let calls =
        if kinds.is_empty() { ctx.t("costs-all") } else { ctx.with("costs-of-kind", &[("kinds", (&kinds).into())]) };
    let numbers = numbers.join(", ");
    if numbers.is_empty() {
        return calls;
    }
    ctx.with("costs-to", &[("calls", (&calls).into()), ("numbers", (&numbers).into())])
}

/// The kinds of numbers that a form has chosen, in the order of their prices.
pub(super) fn kinds(fields: &Fields) -> Vec<String> {
    let kinds = Class::ALL.map(Class::word).into_iter();
    kinds.filter(|kind| fields.all("kinds").any(|chosen| chosen == *kind)).map(str::to_owned).collect()
}

/// All of them, to choose.
pub(super) fn kind_boxes(ctx: &Ctx, chosen: &[String], typed: Option<&Fields>) -> Vec<(String, String, bool)> {
    let all = Class::ALL.map(Class::word).map(|kind| (kind.to_owned(), kind_said(ctx, kind)));
    boxes("kinds", all, chosen, typed)
}

/// "abroad".
pub(super) fn kind_said(ctx: &Ctx, kind: &str) -> String {
    ctx.t(&format!("costs-{kind}"))
}

async fn show(ctx: &Ctx, slip: &Slip, status: StatusCode) -> Answer {
    let shell = ctx.shell(ctx.t("costs-title"), Place::Plan, &[]).await;
    let Some(editor) = forms::editor(ctx) else {
        return page_with(status, &Broken { shell });
    };
    let (now, typed) = (editor.limits(), slip.of("limits"));
    let limit = |key: &'static str| {
        let value = now.get(key).cloned().unwrap_or_default();
        LimitRow {
            key,
            label: limit_said(ctx, key),
            said: if value.is_empty() { ctx.t("costs-no-limit") } else { value.clone() },
            value: typed.map_or(value, |fields| fields.said(key).to_owned()),
        }
    };
    let row = |(n, rate): (usize, &Rate)| {
        let typed = slip.of("change").filter(|fields| fields.said("rate") == n.to_string());
        RateRow {
            id: format!("rate-{}", n + 1),
            number: n,
            calls: calls_said(ctx, &rate.kinds, &rate.numbers),
            price: ctx.with("costs-price", &[("price", rate.per_minute.as_str().into())]),
            said: rate_said(ctx, rate),
            form: RateForm::new(ctx, rate, typed),
        }
    };
    let page = CostsPage {
        slip: &slip.said,
        over: mark(&ctx.settings),
        limits: LIMITS.into_iter().map(limit).collect(),
        limits_open: typed.is_some(),
        off: OffForm::new(ctx, &editor, slip),
        rates: editor.rates().iter().enumerate().map(row).collect(),
        add: RateForm::new(ctx, &Rate::default(), slip.of("add")),
        shell,
    };
    page_with(status, &page)
}

#[derive(Template)]
#[template(path = "plan_costs.html")]
struct CostsPage<'a> {
    shell: Shell,
    slip: &'a SlipView,
    over: String,
    limits: Vec<LimitRow>,
    limits_open: bool,
    off: OffForm,
    rates: Vec<RateRow>,
    add: RateForm,
}

struct LimitRow {
    key: &'static str,
    label: String,
    said: String,
    value: String,
}

struct RateRow {
    id: String,
    number: usize,
    calls: String,
    price: String,
    /// Both.
    said: String,
    form: RateForm,
}

struct RateForm {
    numbers: String,
    /// A kind, how it is said, and whether the price is for it.
    kinds: Vec<(String, String, bool)>,
    per_minute: String,
    is_open: bool,
}

impl RateForm {
    fn new(ctx: &Ctx, rate: &Rate, typed: Option<&Fields>) -> Self {
        let value = |field: &str, now: &str| typed.map_or(now, |fields| fields.said(field)).to_owned();
        Self {
            numbers: value("numbers", &rate.numbers.join(", ")),
            kinds: kind_boxes(ctx, &rate.kinds, typed),
            per_minute: value("per_minute", &rate.per_minute),
            is_open: typed.is_some(),
        }
    }
}
