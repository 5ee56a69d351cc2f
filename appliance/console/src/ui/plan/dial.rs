//! What to dial: everybody's numbers, and what phones do by a code, for whoever sits at one; it is made to be printed.

use askama::Template;
use model::number::TEST_OF_HELP;
use model::settings::Right;
use plan::edit::{Editor, GroupOf};
use plan::{InForce, Plan, Service};

use super::super::{Answer, Ctx, Place, Shell, page};
use super::codes::{LISTS, service_said};
use super::differences::phones_said;
use super::forms::{self, place_said};

/// `GET /dial`.
pub(crate) async fn dial_page(ctx: Ctx) -> Answer {
    let InForce { plan, .. } = Plan::in_force(&ctx.settings);
    let mut lists = vec![people(&ctx)];
    lists.extend(forms::editor(&ctx).map(|editor| places(&ctx, &editor)));
    lists.extend(LISTS.iter().map(|(title, services)| List {
        title: ctx.t(title),
        rows: services.iter().filter_map(|service| row(&ctx, &plan, *service)).collect(),
    }));
    lists.retain(|list| !list.rows.is_empty());
    let page_of = DialPage {
        shell: ctx.shell(ctx.t("dial-title"), Place::Elsewhere, &[]).await,
        help: help(&ctx, &plan),
        lists,
        may_change: ctx.may(Right::Manage),
    };
    page(&page_of)
}

#[derive(Template)]
#[template(path = "dial.html")]
struct DialPage {
    shell: Shell,
    help: String,
    lists: Vec<List>,
    may_change: bool,
}

struct List {
    title: String,
    rows: Vec<Row>,
}

struct Row {
    dialled: String,
    /// What is dialled right after it: "a number".
    then: String,
    does: String,
}

impl Row {
    fn new(dialled: impl Into<String>, does: impl Into<String>) -> Self {
        Self { dialled: dialled.into(), then: String::new(), does: does.into() }
    }
}

/// How help is called, and how that is tried where it can be.
fn help(ctx: &Ctx, plan: &Plan) -> String {
    let numbers = plan.emergency_numbers(&ctx.settings.numbering);
    let (tests, numbers): (Vec<_>, Vec<_>) = numbers.into_iter().partition(|number| number.ends_with(TEST_OF_HELP));
    let help = ctx.with("dial-help", &[("numbers", (&numbers.join(", ")).into())]);
    let test = tests.first().map(|number| ctx.with("dial-help-test", &[("number", number.into())]));
    test.into_iter().fold(help, |help, test| format!("{help} {test}"))
}

fn people(ctx: &Ctx) -> List {
    let rows = ctx.settings.people.iter().map(|person| Row::new(&person.extension, person.name.expose()));
    List { title: ctx.t("dial-people"), rows: rows.collect() }
}

/// What else has a number inside.
fn places(ctx: &Ctx, editor: &Editor) -> List {
    let groups = editor.groups().into_iter().filter_map(|group| match group.of {
        GroupOf::Extension(number) if ctx.settings.extension(&number).is_none() => {
            Some(Row::new(number, phones_said(ctx, &group.ring)))
        }
        _ => None,
    });
    let leads = editor.leading().iter().map(|(number, to)| Row::new(number, place_said(ctx, to)));
    let rooms = editor.rooms().into_iter().map(|room| {
        let does = ctx.t(if room.pin.is_some() { "dial-room-pin" } else { "dial-room" });
        Row::new(room.number, does)
    });
    let parking = editor.parking();
    let park = Row::new(parking.orbits.replace('-', "–"), ctx.t("dial-park"));
    let record = editor.recording().map(|own| Row::new(own.code, ctx.t("dial-recording")));
    let mut rows: Vec<_> = groups.chain(leads).chain(rooms).collect();
    rows.sort_by(|one, other| one.dialled.cmp(&other.dialled));
    rows.push(park);
    rows.extend(record);
    List { title: ctx.t("dial-places"), rows }
}

/// A code that this person has a use for.
fn row(ctx: &Ctx, plan: &Plan, service: Service) -> Option<Row> {
    let codes: Vec<&str> = plan.codes(service).collect();
    let has_use = match service {
        Service::Queues => plan.queues().next().is_some(),
        Service::MyMailbox => {
            let own = ctx.settings.person(&ctx.principal.user);
            own.is_some_and(|person| plan.has_mailbox(&person.extension, &ctx.settings))
        }
        Service::AnyMailbox => ctx.settings.people.iter().any(|p| plan.has_mailbox(&p.extension, &ctx.settings)),
        Service::Record => ctx.may(Right::Manage),
        _ => true,
    };
    if codes.is_empty() || !has_use {
        return None;
    }
    let then = match service {
        Service::Pickup | Service::Intercom => "dial-then-extension",
        Service::Page if plan.page_group().is_some() => "dial-then-group-or-all",
        Service::Page => "dial-then-group",
        Service::Directory => "dial-then-letters",
        Service::Queues => "dial-then-queue",
        Service::Forward(_) | Service::Private | Service::Record => "dial-then-number",
        _ => return Some(Row::new(codes.join(" "), service_said(ctx, service))),
    };
    Some(Row { then: ctx.t(then), ..Row::new(codes.join(" "), service_said(ctx, service)) })
}
