//! By which of its numbers the clinic shows itself outside, where that is not the main one: whose calls, and to whom.

use plan::edit::{Change, Editor, ShowRule};

use super::super::Ctx;
use super::forms::{Fields, Select, Slip, extension_said, people};
use super::numbers::{OWN, number_said};
use super::rules::{beginnings, is_short};

/// What a form wants.
pub(super) fn wanted(ctx: &Ctx, editor: &Editor, what: &str, fields: &Fields) -> Result<Change, String> {
    let which = || fields.said("rule").parse().map_err(|_| ctx.t("form-gone"));
    match what {
        "show-add" => Ok(Change::AddShow(rule(ctx, editor, fields)?)),
        "show-change" => Ok(Change::Show(which()?, rule(ctx, editor, fields)?)),
        "show-remove" => Ok(Change::TakeShow(which()?)),
        "show-raise" => Ok(Change::RaiseShow(which()?)),
        _ => Err(ctx.t("form-gone")),
    }
}

fn rule(ctx: &Ctx, editor: &Editor, fields: &Fields) -> Result<ShowRule, String> {
    let number = fields.said("shown").to_owned();
    if !own_numbers(editor).contains(&number) {
        return Err(ctx.t("shows-no-number"));
    }
    Ok(ShowRule {
        people: fields.all("people").map(str::to_owned).collect(),
        numbers: beginnings(ctx, fields, is_short)?,
        number,
        name: Some(fields.said("name")).filter(|name| !name.is_empty()).map(str::to_owned),
    })
}

/// Whoever is called calls one of these back.
fn own_numbers(editor: &Editor) -> Vec<String> {
    let others = editor.own_numbers().into_iter().filter(|own| !OWN.contains(&own.as_str()));
    OWN.map(str::to_owned).into_iter().chain(others).collect()
}

/// Whose calls: "Calls of Doctor (103), to numbers that begin with +1202".
fn calls_said(ctx: &Ctx, rule: &ShowRule) -> String {
    let who: Vec<_> = rule.people.iter().map(|extension| extension_said(ctx, extension)).collect();
    let (who, numbers) = (who.join(", "), rule.numbers.join(", "));
    let calls = if who.is_empty() { ctx.t("shows-all") } else { ctx.with("shows-of", &[("who", (&who).into())]) };
    if numbers.is_empty() {
        return calls;
    }
    ctx.with("costs-to", &[("calls", (&calls).into()), ("numbers", (&numbers).into())])
}

/// As whom they show themselves.
fn shown_said(ctx: &Ctx, rule: &ShowRule) -> String {
    let number = number_said(ctx, &rule.number);
    match &rule.name {
        Some(name) => ctx.with("shows-as", &[("number", (&number).into()), ("name", name.into())]),
        None => number,
    }
}

/// The whole entry.
pub(super) fn show_said(ctx: &Ctx, rule: &ShowRule) -> String {
    let (calls, shown) = (calls_said(ctx, rule), shown_said(ctx, rule));
    ctx.with("shows-said", &[("calls", (&calls).into()), ("shown", (&shown).into())])
}

pub(super) struct ShowRow {
    pub(super) id: String,
    pub(super) number: usize,
    pub(super) calls: String,
    pub(super) shown: String,
    pub(super) form: ShowForm,
}

pub(super) struct ShowForm {
    /// An extension, whose it is, and whether these calls are meant.
    pub(super) people: Vec<(String, String, bool)>,
    pub(super) numbers: String,
    pub(super) shown: Select,
    pub(super) name: String,
    pub(super) is_open: bool,
}

/// All entries, in their order.
pub(super) fn rows(ctx: &Ctx, editor: &Editor, slip: &Slip) -> Vec<ShowRow> {
    let row = |(n, rule): (usize, &ShowRule)| ShowRow {
        id: format!("show-{}", n + 1),
        number: n,
        calls: calls_said(ctx, rule),
        shown: shown_said(ctx, rule),
        form: {
            let typed = slip.of("show-change").filter(|fields| fields.said("rule") == n.to_string());
            ShowForm::new(ctx, editor, rule, typed)
        },
    };
    editor.show_rules().iter().enumerate().map(row).collect()
}

impl ShowForm {
    pub(super) fn empty(ctx: &Ctx, editor: &Editor, slip: &Slip) -> Self {
        Self::new(ctx, editor, &ShowRule::default(), slip.of("show-add"))
    }

    fn new(ctx: &Ctx, editor: &Editor, rule: &ShowRule, typed: Option<&Fields>) -> Self {
        let value = |field: &str, now: &str| typed.map_or(now, |fields| fields.said(field)).to_owned();
        let mut numbers = own_numbers(editor);
        if rule.number.is_empty() {
            numbers.insert(0, String::new());
        }
        let said = |number: &String| match number.as_str() {
            "" => ctx.t("oncall-choose"),
            number => number_said(ctx, number),
        };
        let numbers = numbers.iter().map(|number| (number.clone(), said(number)));
        Self {
            people: people(ctx, "people", &rule.people, typed),
            numbers: value("numbers", &rule.numbers.join(", ")),
            shown: Select::new("shown", ctx.t("shows-number"), &value("shown", &rule.number), numbers),
            name: value("name", rule.name.as_deref().unwrap_or_default()),
            is_open: typed.is_some(),
        }
    }
}
