//! What goes from the plan: a group, a menu, an announcement, a queue, a rota, a schedule, hours. While something leads there it goes only with a
//! word about where those calls go instead; what leads there is said, each with its place.

use plan::Destination;
use plan::edit::{By, Change, Editor, GroupOf, Lead, Source};

use super::super::Ctx;
use super::differences::group_said;
use super::forms::{Fields, Places, Select, Slip, place_said};
use super::hours::hours_select;
use super::numbers;

/// The form under what can go.
pub(super) struct RemovalForm {
    /// As a plan writes it: "menu main".
    pub(super) what: String,
    /// What leads there, and where that is changed.
    pub(super) leads: Vec<(String, String)>,
    /// Where calls go instead, if any get there.
    pub(super) instead: Option<Select>,
    pub(super) is_open: bool,
}

/// What the form wants.
pub(super) fn wanted(ctx: &Ctx, editor: &Editor, fields: &Fields) -> Result<Change, String> {
    let gone = || ctx.t("form-gone");
    let what = Destination::parse(fields.said("what")).filter(|what| is_there(editor, what)).ok_or_else(gone)?;
    let leads = leads(ctx, editor, &what);
    if leads.is_empty() {
        return Ok(Change::Without(what, None));
    }
    match Destination::parse(fields.said("instead")) {
        None => Err(ctx.with("remove-in-use", &[("name", (&place_said(ctx, &what)).into())])),
        Some(instead) if instead == what => Err(gone()),
        Some(instead) if !leads.iter().all(|lead| lead.may_be(&instead)) => Err(ctx.t("remove-only-phones")),
        instead => Ok(Change::Without(what, instead)),
    }
}

fn is_there(editor: &Editor, what: &Destination) -> bool {
    match what {
        Destination::Extension(_)
        | Destination::Schedule(_)
        | Destination::Menu(_)
        | Destination::Announcement(_)
        | Destination::Queue(_)
        | Destination::Rota(_) => editor.has(what),
        _ => false,
    }
}

/// What would lead nowhere without it. A person's extension is there without a group of its own.
fn leads(ctx: &Ctx, editor: &Editor, what: &Destination) -> Vec<Lead> {
    match what {
        Destination::Extension(number) if ctx.settings.extension(number).is_some() => Vec::new(),
        _ => editor.leads_to(what),
    }
}

impl RemovalForm {
    pub(super) fn new(ctx: &Ctx, editor: &Editor, places: &Places, what: &Destination, slip: &Slip) -> Self {
        let written = what.to_string();
        let typed = slip.of("remove").filter(|fields| fields.said("what") == written);
        let leads = leads(ctx, editor, what);
        let instead = (!leads.is_empty()).then(|| {
            let may_be = |to: &Destination| to != what && leads.iter().all(|lead| lead.may_be(to));
            let chosen = typed.map_or("", |fields| fields.said("instead"));
            places.only(may_be).select(ctx, ("instead", ctx.t("remove-instead")), chosen, Some(ctx.t("oncall-choose")))
        });
        let mut said: Vec<_> = leads.iter().map(|lead| (lead_said(ctx, lead), href(editor, &lead.from))).collect();
        said.dedup();
        Self { what: written, leads: said, instead, is_open: typed.is_some() }
    }
}

/// The form under hours, which can go, too.
pub(super) struct HoursRemoval {
    pub(super) id: String,
    /// What is led by them, and where that is changed.
    pub(super) leads: Vec<(String, String)>,
    /// Which hours lead it instead, if something is led by them and there are others.
    pub(super) instead: Option<Select>,
    pub(super) is_open: bool,
}

impl HoursRemoval {
    pub(super) fn new(ctx: &Ctx, editor: &Editor, name: &str, slip: &Slip) -> Self {
        let typed = slip.of("remove-week").filter(|fields| fields.said("name") == name);
        let schedules = editor.schedules_by(name);
        let mut others = editor.weeks();
        others.retain(|week| week.name != name);
        let chosen = typed.map(|fields| fields.said("instead")).filter(|chosen| !chosen.is_empty());
        let chosen = chosen.or_else(|| others.first().map(|week| week.name.as_str())).unwrap_or_default();
        let instead = (!schedules.is_empty() && !others.is_empty())
            .then(|| hours_select(ctx, "instead", "remove-hours-instead", chosen, &others));
        let lead = |schedule: String| {
            let step = Destination::Schedule(schedule);
            (place_said(ctx, &step), href(editor, &Source::Step(step)))
        };
        Self {
            id: format!("week-{name}"),
            leads: schedules.into_iter().map(lead).collect(),
            instead,
            is_open: typed.is_some(),
        }
    }
}

/// What that form wants.
pub(super) fn hours_wanted(ctx: &Ctx, editor: &Editor, fields: &Fields) -> Result<Change, String> {
    let name = fields.said("name");
    let is_other = |instead: &&str| *instead != name && editor.weeks().iter().any(|week| week.name == *instead);
    if editor.schedules_by(name).is_empty() {
        return Ok(Change::WithoutHours(name.to_owned(), None));
    }
    match Some(fields.said("instead")).filter(is_other) {
        Some(instead) => Ok(Change::WithoutHours(name.to_owned(), Some(instead.to_owned()))),
        None => Err(ctx.with("remove-hours-in-use", &[("name", name.into())])),
    }
}

/// What leads on.
pub(super) fn source_said(ctx: &Ctx, from: &Source) -> String {
    match from {
        Source::Number(number) => group_said(ctx, &GroupOf::Number(number.clone())),
        Source::Step(step) => place_said(ctx, step),
        Source::Callers(n) => ctx.with("lead-callers", &[("place", (n + 1).into())]),
    }
}

/// "menu main: key 2".
fn lead_said(ctx: &Ctx, lead: &Lead) -> String {
    let from = source_said(ctx, &lead.from);
    let how = match &lead.by {
        By::Word("nobody") if matches!(lead.from, Source::Step(Destination::Menu(_))) => ctx.t("lead-no-key"),
        By::Word(word) | By::Among(word) => ctx.t(&format!("lead-{word}")),
        By::Key(key) => ctx.with("lead-key", &[("key", (&key.to_string()).into())]),
        By::StandsIn(_) => ctx.t("oncall-stand-in"),
    };
    ctx.with("lead-said", &[("from", (&from).into()), ("how", (&how).into())])
}

/// Where it is changed.
fn href(editor: &Editor, from: &Source) -> String {
    let is_group = |of: &GroupOf| editor.groups().iter().any(|group| group.of == *of);
    match from {
        Source::Number(number) if is_group(&GroupOf::Number(number.clone())) => {
            format!("/plan/groups#number-{}", number.trim_start_matches('+'))
        }
        Source::Step(Destination::Extension(number)) => format!("/plan/groups#extension-{number}"),
        Source::Step(Destination::Menu(name)) => format!("/plan/groups#menu-{name}"),
        Source::Step(Destination::Announcement(name)) => format!("/plan/groups#told-{name}"),
        Source::Step(Destination::Queue(name)) => format!("/plan/groups#queue-{name}"),
        Source::Step(Destination::Schedule(name)) => format!("/plan/hours#calls-{name}"),
        Source::Step(Destination::Rota(name)) => format!("/plan/oncall#rota-{name}"),
        Source::Callers(n) => format!("/plan/callers#rule-{}", n + 1),
        Source::Number(number) => format!("{}#{}", numbers::PAGE, numbers::id_of(number)),
        Source::Step(_) => "/plan/text".to_owned(),
    }
}
