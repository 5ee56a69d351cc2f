//! Who may call outside otherwise than all, or over which trunks: a list in which the first that fits decides.

use plan::edit::{CallRight, Change};

use super::super::Ctx;
use super::costs::{calls_said, kind_boxes, kinds};
use super::differences::phones_said;
use super::forms::{Fields, Select, Slip, people};
use super::outside::{trunk_selects, trunks, trunks_said};
use super::rules::{beginnings, is_short};

/// What a form wants.
pub(super) fn wanted(ctx: &Ctx, what: &str, fields: &Fields) -> Result<Change, String> {
    let which = || fields.said("right").parse().map_err(|_| ctx.t("form-gone"));
    match what {
        "add" => Ok(Change::AddRight(right(ctx, fields)?)),
        "change" => Ok(Change::Right(which()?, right(ctx, fields)?)),
        "remove" => Ok(Change::TakeRight(which()?)),
        "raise" => Ok(Change::RaiseRight(which()?)),
        _ => Err(ctx.t("form-gone")),
    }
}

fn right(ctx: &Ctx, fields: &Fields) -> Result<CallRight, String> {
    let right = CallRight {
        people: fields.all("people").map(str::to_owned).collect(),
        numbers: beginnings(ctx, fields, is_short)?,
        kinds: kinds(fields),
        over: trunks(fields, "trunks"),
    };
    // Without any of these it would be for all calls, for which there is another form.
    if right.people.is_empty() && right.numbers.is_empty() && right.kinds.is_empty() {
        return Err(ctx.t("rights-nobodys"));
    }
    Ok(right)
}

/// Whose calls, and to whom.
fn whose(ctx: &Ctx, right: &CallRight) -> String {
    let calls = calls_said(ctx, &right.kinds, &right.numbers);
    if right.people.is_empty() {
        return calls;
    }
    ctx.with("rights-of", &[("who", (&phones_said(ctx, &right.people)).into()), ("calls", (&calls).into())])
}

/// The whole of it.
pub(super) fn right_said(ctx: &Ctx, right: &CallRight) -> String {
    format!("{}: {}", whose(ctx, right), trunks_said(ctx, &right.over))
}

/// One that is there.
pub(super) struct RightRow {
    pub(super) id: String,
    pub(super) number: usize,
    pub(super) whose: String,
    pub(super) over: String,
    /// Both.
    pub(super) said: String,
    pub(super) form: RightForm,
}

/// One to fill in.
pub(super) struct RightForm {
    pub(super) people: Vec<(String, String, bool)>,
    pub(super) numbers: String,
    /// A kind, how it is said, and whether it is meant.
    pub(super) kinds: Vec<(String, String, bool)>,
    pub(super) over: Vec<Select>,
    pub(super) is_open: bool,
}

/// All of them, in their order.
pub(super) fn rows(ctx: &Ctx, rights: &[CallRight], slip: &Slip) -> Vec<RightRow> {
    let row = |(n, right): (usize, &CallRight)| {
        let typed = slip.of("change").filter(|fields| fields.said("right") == n.to_string());
        RightRow {
            id: format!("right-{}", n + 1),
            number: n,
            whose: whose(ctx, right),
            over: trunks_said(ctx, &right.over),
            said: right_said(ctx, right),
            form: RightForm::new(ctx, right, typed),
        }
    };
    rights.iter().enumerate().map(row).collect()
}

impl RightForm {
    pub(super) fn new(ctx: &Ctx, right: &CallRight, typed: Option<&Fields>) -> Self {
        let numbers = right.numbers.join(", ");
        let now = typed.map_or_else(|| right.over.clone(), |fields| trunks(fields, "trunks"));
        Self {
            people: people(ctx, "people", &right.people, typed),
            numbers: typed.map_or(&*numbers, |fields| fields.said("numbers")).to_owned(),
            kinds: kind_boxes(ctx, &right.kinds, typed),
            over: trunk_selects(ctx, "trunks", &now, "outside-off"),
            is_open: typed.is_some(),
        }
    }
}
