//! Menus, groups and queues: what the keys of a menu do, who rings for a call and in which order, and what callers are told.

use askama::Template;
use axum::http::StatusCode;
use plan::Destination;
use plan::edit::{self, Change, Editor, Group, GroupOf, MenuKeys, Said, Saying};

use super::super::{Answer, Ctx, Place, Shell, page_with};
use super::additions::{self, Additions, LeadForm};
use super::differences::{group_said, order_said, place_of};
use super::edit::mark;
use super::forms::{self, Fields, Places, Posted, Select, Sent, Slip, SlipView, extension_said};
use super::heard::{WordsView, said};
use super::hours::Broken;
use super::menus::{self, MenuCard};
use super::queues::{self, QueueCard};
use super::removal::{self, RemovalForm};

const PAGE: &str = "/plan/groups";
/// Empty places of a form, for those who are to be added.
pub(super) const MORE: usize = 2;
/// Nothing rings more phones: as the plan has it.
pub(super) const MOST_RINGING: usize = 20;

/// `GET /plan/groups`.
pub(crate) async fn groups_page(ctx: Ctx) -> Answer {
    show(&ctx, &Slip::default(), StatusCode::OK).await
}

/// `POST /plan/groups/{what}`.
pub(crate) async fn change_groups(ctx: Ctx, posted: Posted) -> Answer {
    match posted
        .changes(&ctx, PAGE, |editor, sent| changes(&ctx, editor, sent).map_err(|sentence| vec![sentence]))
        .await?
    {
        Ok(done) => Ok(done),
        Err(slip) => show(&ctx, &slip, slip.status()).await,
    }
}

fn changes(ctx: &Ctx, editor: &Editor, sent: &Sent) -> Result<Vec<Change>, String> {
    let (fields, gone) = (&sent.fields, || ctx.t("form-gone"));
    let name = fields.said("name");
    if let Some(added) = additions::wanted(ctx, editor, &sent.what, fields) {
        return added;
    }
    match sent.what.as_str() {
        "ring" => {
            let of = group_of(fields).ok_or_else(gone)?;
            Ok(vec![Change::Group(group(ctx, of, fields)?)])
        }
        "lead" => {
            let to = Destination::parse(fields.said("to")).ok_or_else(|| ctx.t("lead-no-place"))?;
            Ok(vec![Change::Lead(fields.said("number").to_owned(), to)])
        }
        "menu" => {
            let nobody = Destination::parse(fields.said("nobody")).ok_or_else(gone)?;
            let old = editor.menus().into_iter().find(|menu| menu.name == name).ok_or_else(gone)?;
            let menu = Change::Menu(menus::menu(ctx, MenuKeys { nobody, ..old }, fields)?);
            Ok(vec![menu, said(editor, Saying::Menu(name.to_owned()), fields).ok_or_else(gone)?])
        }
        "told" => {
            let mut change = said(editor, Saying::Announcement(name.to_owned()), fields).ok_or_else(gone)?;
            if let Change::Said(said) = &mut change {
                said.then = Destination::parse(fields.said("then")).filter(|to| *to != Destination::HangUp);
            }
            Ok(vec![change])
        }
        "queue" => queues::wanted(ctx, editor, false, fields),
        "remove" => removal::wanted(ctx, editor, fields).map(|change| vec![change]),
        _ => Err(gone()),
    }
}

/// Who rings, in which order, for how many seconds, and what comes if none of them takes the call.
pub(super) fn group(ctx: &Ctx, of: GroupOf, fields: &Fields) -> Result<Group, String> {
    let place = |field: &str| Destination::parse(fields.said(field));
    Ok(Group {
        of,
        ring: rings(fields),
        order: fields.said("order").to_owned(),
        seconds: fields.said("seconds").parse().map_err(|_| ctx.t("group-no-seconds"))?,
        nobody: place("nobody"),
        busy: place("busy"),
        unreachable: place("unreachable"),
        screen: Some(fields.said("screen")).filter(|word| !word.is_empty()).map(str::to_owned),
    })
}

/// Who rings, each once.
pub(super) fn rings(fields: &Fields) -> Vec<String> {
    let mut ring: Vec<String> = Vec::new();
    for number in fields.all("ring") {
        // Who was chosen twice rings where they come first.
        if !ring.iter().any(|known| known == number) {
            ring.push(number.to_owned());
        }
    }
    ring
}

fn group_of(fields: &Fields) -> Option<GroupOf> {
    let name = fields.said("name").to_owned();
    Some(match fields.said("kind") {
        "extension" => GroupOf::Extension(name),
        "number" => GroupOf::Number(name),
        _ => return None,
    })
}

async fn show(ctx: &Ctx, slip: &Slip, status: StatusCode) -> Answer {
    let shell = ctx.shell(ctx.t("groups-title"), Place::Plan, &[]).await;
    let Some(editor) = forms::editor(ctx) else {
        return page_with(status, &Broken { shell });
    };
    let places = Places::new(ctx, &editor);
    let words = editor.said();
    let of = |at: Saying| words.iter().find(|said| said.at == at);
    let menus = editor.menus();
    let menus = menus
        .iter()
        .filter_map(|menu| Some(MenuCard::new(ctx, &places, menu, of(Saying::Menu(menu.name.clone()))?, slip)));
    let announcements = words.iter().filter_map(|said| match &said.at {
        Saying::Announcement(name) => Some(ToldCard::new(ctx, &places, name, said, slip)),
        Saying::Menu(_) | Saying::Queue(_) | Saying::Rota(_) => None,
    });
    let lost = editor.unreached();
    let is_lost = |step: &Destination| lost.contains(&step.to_string().as_str());
    let removal = |step: &Destination| Some(RemovalForm::new(ctx, &editor, &places, step, slip));
    let page = GroupsPage {
        slip: &slip.said,
        over: mark(&ctx.settings),
        add: Additions::new(ctx, &places, &editor, slip),
        queues: queues::cards(ctx, &editor, &places, slip),
        leading: editor
            .leading()
            .iter()
            .map(|(number, to)| LeadCard::new(ctx, &places, &editor, (number, to), slip))
            .collect(),
        groups: editor.groups().iter().map(|group| GroupCard::new(ctx, &places, &editor, group, slip)).collect(),
        menus: menus
            .map(|card| {
                let step = Destination::Menu(card.name.clone());
                MenuCard { lost: is_lost(&step), removal: removal(&step), ..card }
            })
            .collect(),
        announcements: announcements
            .map(|card| {
                let step = Destination::Announcement(card.name.clone());
                ToldCard { lost: is_lost(&step), removal: removal(&step), ..card }
            })
            .collect(),
        shell,
    };
    page_with(status, &page)
}

#[derive(Template)]
#[template(path = "plan_groups.html")]
struct GroupsPage<'a> {
    shell: Shell,
    slip: &'a SlipView,
    over: String,
    add: Additions,
    groups: Vec<GroupCard>,
    queues: Vec<QueueCard>,
    menus: Vec<MenuCard>,
    announcements: Vec<ToldCard>,
    leading: Vec<LeadCard>,
}

impl GroupsPage<'_> {
    /// What stands on it, each with its place: a page that is long on a phone is not looked through from above.
    fn contents(&self) -> Vec<(&str, String)> {
        let named = |key: &str, name: &str| format!("{} {name}", self.shell.t(key));
        let menus = self.menus.iter().map(|menu| (&*menu.id, named("menu-title", &menu.name)));
        let groups = self.groups.iter().map(|group| (&*group.id, group.title.clone()));
        let leading = self.leading.iter().map(|lead| (&*lead.id, lead.title.clone()));
        let queues = self.queues.iter().map(|queue| (&*queue.id, named("queue-title", &queue.name)));
        let told = self.announcements.iter().map(|told| (&*told.id, named("told-title", &told.name)));
        let add = std::iter::once(("add", self.shell.t("add-title")));
        menus.chain(groups).chain(leading).chain(queues).chain(told).chain(add).collect()
    }
}

/// An extension that leads on.
struct LeadCard {
    id: String,
    title: String,
    to: String,
    form: LeadForm,
    removal: RemovalForm,
}

impl LeadCard {
    fn new(ctx: &Ctx, places: &Places, editor: &Editor, (number, to): (&str, &Destination), slip: &Slip) -> Self {
        let typed = slip.of("lead").filter(|fields| fields.said("number") == number);
        let step = Destination::Extension(number.to_owned());
        Self {
            id: format!("extension-{number}"),
            title: extension_said(ctx, number),
            to: forms::place_said(ctx, to),
            form: LeadForm::new(ctx, places, number, Some(to), typed),
            removal: RemovalForm::new(ctx, editor, places, &step, slip),
        }
    }
}

/// Who rings.
struct GroupCard {
    id: String,
    kind: &'static str,
    name: String,
    title: String,
    ring: Vec<String>,
    facts: Vec<(String, String)>,
    order: Select,
    seconds: String,
    members: Vec<Select>,
    then: Vec<Select>,
    /// A number of the clinic is no group that could go.
    removal: Option<RemovalForm>,
    is_open: bool,
}

impl GroupCard {
    fn new(ctx: &Ctx, places: &Places, editor: &Editor, group: &Group, slip: &Slip) -> Self {
        let (kind, name) = match &group.of {
            GroupOf::Extension(name) => ("extension", name),
            GroupOf::Number(name) => ("number", name),
        };
        let typed = slip.of("ring").filter(|fields| fields.said("kind") == kind && fields.said("name") == name);
        let ring: Vec<String> =
            typed.map_or_else(|| group.ring.clone(), |fields| fields.all("ring").map(str::to_owned).collect());
        let step = match &group.of {
            GroupOf::Extension(name) => Some(Destination::Extension(name.clone())),
            GroupOf::Number(_) => None,
        };
        let value = |field: &str, now: &str| typed.map_or(now, |fields| fields.said(field)).to_owned();
        Self {
            id: format!("{kind}-{}", name.trim_start_matches('+')),
            kind,
            name: name.clone(),
            title: group_said(ctx, &group.of),
            ring: group.ring.iter().map(|number| extension_said(ctx, number)).collect(),
            facts: {
                let rings = [
                    (ctx.t("group-order"), order_said(ctx, &group.order)),
                    (ctx.t("group-seconds"), ctx.local.duration(group.seconds * 1000)),
                ];
                // What is as if nobody answers needs no line of its own.
                let then = missed(group).into_iter().filter(|(field, _, to, _)| *field == "nobody" || to.is_some());
                let then = then.map(|(_, key, to, none)| (ctx.t(key), place_of(ctx, to.as_ref(), none)));
                let screen =
                    group.screen.as_ref().map(|_| (ctx.t("group-screen"), screen_said(ctx, group.screen.as_deref())));
                rings.into_iter().chain(then).chain(screen).collect()
            },
            order: order_select(ctx, &value("order", &group.order)),
            seconds: value("seconds", &group.seconds.to_string()),
            members: phone_selects(ctx, editor, &ring, (ring.len() + MORE).min(MOST_RINGING)),
            then: then_selects(ctx, places, group, typed),
            removal: step.map(|step| RemovalForm::new(ctx, editor, places, &step, slip)),
            is_open: typed.is_some(),
        }
    }
}

/// What comes if none of them takes the call: the field, its label, where it leads, and what it means that it leads nowhere.
pub(super) fn missed(group: &Group) -> [(&'static str, &'static str, &Option<Destination>, &'static str); 3] {
    [
        ("nobody", "group-nobody", &group.nobody, "group-none"),
        ("busy", "group-busy", &group.busy, "group-as-nobody"),
        ("unreachable", "group-unreachable", &group.unreachable, "group-as-nobody"),
    ]
}

/// The same to choose, and who says their name before all that.
pub(super) fn then_selects(ctx: &Ctx, places: &Places, group: &Group, typed: Option<&Fields>) -> Vec<Select> {
    let select = |(field, key, to, none): (&'static str, &str, &Option<Destination>, &str)| {
        let now = to.as_ref().map(ToString::to_string).unwrap_or_default();
        let chosen = typed.map_or(&*now, |fields| fields.said(field));
        places.select(ctx, (field, ctx.t(key)), chosen, Some(ctx.t(none)))
    };
    let words = std::iter::once("").chain(edit::screenings());
    let words = words.map(|word| (word.to_owned(), screen_said(ctx, Some(word))));
    let now = group.screen.as_deref().unwrap_or_default();
    let chosen = typed.map_or(now, |fields| fields.said("screen"));
    let screen = Select::new("screen", ctx.t("group-screen"), chosen, words);
    missed(group).into_iter().map(select).chain([screen]).collect()
}

/// Who says their name first.
pub(super) fn screen_said(ctx: &Ctx, word: Option<&str>) -> String {
    match word {
        Some(word) if edit::screenings().any(|known| known == word) => ctx.t(&format!("screen-{word}")),
        _ => ctx.t("screen-nobody"),
    }
}

/// So many places for phones, with those that ring.
pub(super) fn phone_selects(ctx: &Ctx, editor: &Editor, ring: &[String], places: usize) -> Vec<Select> {
    let phones = phones(ctx, editor);
    let member = |n: usize| {
        let label = ctx.with("group-member", &[("place", (n + 1).into())]);
        let all = std::iter::once((String::new(), ctx.t("group-nobody-here"))).chain(phones.iter().cloned());
        Select::new("ring", label, ring.get(n).map_or("", String::as_str), all)
    };
    (0..places).map(member).collect()
}

pub(super) fn order_select(ctx: &Ctx, chosen: &str) -> Select {
    let orders = edit::orders().map(|word| (word.to_owned(), order_said(ctx, word)));
    Select::new("order", ctx.t("group-order"), chosen, orders)
}

/// Whoever can ring: people, and the groups of the plan.
pub(super) fn phones(ctx: &Ctx, editor: &Editor) -> Vec<(String, String)> {
    let people = ctx.settings.people.iter().map(|person| person.extension.clone());
    let groups = editor.groups().into_iter().filter_map(|group| match group.of {
        GroupOf::Extension(number) => Some(number),
        GroupOf::Number(_) => None,
    });
    let all: std::collections::BTreeSet<String> = people.chain(groups).collect();
    all.into_iter().map(|number| (number.clone(), extension_said(ctx, &number))).collect()
}

/// What callers are told, and what comes then.
pub(super) struct ToldCard {
    id: String,
    name: String,
    lost: bool,
    /// A new one has none.
    removal: Option<RemovalForm>,
    then_said: String,
    words: WordsView,
    then: Select,
    is_open: bool,
}

impl ToldCard {
    fn new(ctx: &Ctx, places: &Places, name: &str, said: &Said, slip: &Slip) -> Self {
        Self::filled(ctx, places, name, said, slip.of("told").filter(|fields| fields.said("name") == name))
    }

    pub(super) fn filled(ctx: &Ctx, places: &Places, name: &str, said: &Said, typed: Option<&Fields>) -> Self {
        let then = said.then.clone().unwrap_or(Destination::HangUp);
        let now = then.to_string();
        Self {
            id: format!("told-{name}"),
            name: typed.map_or(name, |fields| fields.said("name")).to_owned(),
            lost: false,
            removal: None,
            then_said: forms::place_said(ctx, &then),
            words: WordsView::new(ctx, said, typed),
            then: places.select(
                ctx,
                ("then", ctx.t("said-then")),
                typed.map_or(&now, |fields| fields.said("then")),
                None,
            ),
            is_open: typed.is_some(),
        }
    }
}
