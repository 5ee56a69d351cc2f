//! What the plan has not had before: a group with an extension of its own, a menu, a queue, an announcement. Each is filled in at once, since nothing that
//! is only half there can go live.

use std::collections::BTreeMap;

use plan::Destination;
use plan::edit::{Change, Editor, Group, GroupOf, MENU_WAITS, MenuKeys, Said, Saying};

use super::super::Ctx;
use super::forms::{Fields, Places, Select, Slip};
use super::groups::{self, ToldCard, order_select, phone_selects, then_selects};
use super::heard::said_anew;
use super::menus::{self, MenuCard};
use super::queues::{self, QueueForm};

/// Phones that a new group has places for.
const PHONES: usize = 4;
/// How a new group rings, and for how long.
const ORDER: &str = "together";
const SECONDS: &str = "25";

/// What a form wants to add.
pub(super) fn wanted(ctx: &Ctx, editor: &Editor, what: &str, fields: &Fields) -> Option<Result<Vec<Change>, String>> {
    Some(match what {
        "add-group" => group(ctx, editor, fields),
        "add-lead" => lead(ctx, editor, fields),
        "add-menu" => menu(ctx, fields),
        "add-queue" => queues::wanted(ctx, editor, true, fields),
        "add-announcement" => announcement(ctx, fields),
        _ => return None,
    })
}

fn group(ctx: &Ctx, editor: &Editor, fields: &Fields) -> Result<Vec<Change>, String> {
    let number = own_extension(ctx, editor, fields)?;
    let new = groups::group(ctx, GroupOf::Extension(number), fields)?;
    if new.ring.is_empty() {
        return Err(ctx.t("add-nobody"));
    }
    Ok(vec![Change::AddGroup(new)])
}

/// An extension that leads somewhere.
fn lead(ctx: &Ctx, editor: &Editor, fields: &Fields) -> Result<Vec<Change>, String> {
    let number = own_extension(ctx, editor, fields)?;
    let to = Destination::parse(fields.said("to")).ok_or_else(|| ctx.t("lead-no-place"))?;
    Ok(vec![Change::AddLead(number, to)])
}

/// An extension that neither a person nor the plan has.
fn own_extension(ctx: &Ctx, editor: &Editor, fields: &Fields) -> Result<String, String> {
    let number = fields.said("number").to_owned();
    let Some(step @ Destination::Extension(_)) = Destination::parse(&number) else {
        return Err(ctx.t("add-no-number"));
    };
    if ctx.settings.extension(&number).is_some() || editor.has(&step) {
        return Err(ctx.with("add-taken", &[("number", (&number).into())]));
    }
    Ok(number)
}

fn menu(ctx: &Ctx, fields: &Fields) -> Result<Vec<Change>, String> {
    let name = named(ctx, "menu", fields)?;
    let nobody = Destination::parse(fields.said("nobody")).unwrap_or(Destination::HangUp);
    let said = said(ctx, Saying::Menu(name.clone()), fields)?;
    let new = menus::menu(ctx, MenuKeys { name, nobody, ..no_menu() }, fields)?;
    if new.keys.is_empty() && new.names.is_empty() && !new.extensions {
        return Err(ctx.t("add-no-keys"));
    }
    Ok(vec![Change::AddMenu(new, said)])
}

fn announcement(ctx: &Ctx, fields: &Fields) -> Result<Vec<Change>, String> {
    let at = Saying::Announcement(named(ctx, "announcement", fields)?);
    let then = Destination::parse(fields.said("then")).filter(|to| *to != Destination::HangUp);
    Ok(vec![Change::AddSaid(Said { then, ..said(ctx, at, fields)? })])
}

/// A name that a plan can have.
pub(super) fn named(ctx: &Ctx, kind: &str, fields: &Fields) -> Result<String, String> {
    let name = fields.said("name");
    let is_one = Destination::parse(&format!("{kind} {name}")).is_some() && !name.contains(' ');
    if is_one { Ok(name.to_owned()) } else { Err(ctx.t("form-no-name")) }
}

fn said(ctx: &Ctx, at: Saying, fields: &Fields) -> Result<Said, String> {
    let said = said_anew(at, fields);
    if said.prompts.is_empty() && said.texts.is_empty() { Err(ctx.t("add-no-words")) } else { Ok(said) }
}

/// One that has no name yet, and no keys.
fn no_menu() -> MenuKeys {
    let (seconds, times) = MENU_WAITS;
    MenuKeys {
        name: String::new(),
        keys: BTreeMap::new(),
        extensions: false,
        names: Vec::new(),
        seconds,
        times,
        nobody: Destination::HangUp,
    }
}

/// The forms, as they were filled in if one has come back.
pub(super) struct Additions {
    pub(super) group: GroupForm,
    pub(super) lead: LeadForm,
    pub(super) menu: MenuCard,
    pub(super) queue: QueueForm,
    pub(super) told: ToldCard,
}

/// An extension that leads on, to add or to change.
pub(super) struct LeadForm {
    pub(super) number: String,
    pub(super) to: Select,
    pub(super) is_open: bool,
}

impl LeadForm {
    /// `to`: where it leads now, if it is there.
    pub(super) fn new(
        ctx: &Ctx,
        places: &Places,
        number: &str,
        to: Option<&Destination>,
        typed: Option<&Fields>,
    ) -> Self {
        let value = |field: &str, now: &str| typed.map_or(now, |fields| fields.said(field)).to_owned();
        let none = to.is_none().then(|| ctx.t("oncall-choose"));
        let now = to.map(ToString::to_string).unwrap_or_default();
        Self {
            number: value("number", number),
            to: places.select(ctx, ("to", ctx.t("lead-where")), &value("to", &now), none),
            is_open: typed.is_some(),
        }
    }
}

/// A group to add.
pub(super) struct GroupForm {
    pub(super) number: String,
    pub(super) members: Vec<Select>,
    pub(super) order: Select,
    pub(super) seconds: String,
    pub(super) then: Vec<Select>,
    pub(super) is_open: bool,
}

impl Additions {
    pub(super) fn new(ctx: &Ctx, places: &Places, editor: &Editor, slip: &Slip) -> Self {
        let nothing = |at: Saying| Said { at, prompts: Vec::new(), texts: BTreeMap::new(), then: None };
        let menu_words = nothing(Saying::Menu(String::new()));
        let told_words = nothing(Saying::Announcement(String::new()));
        Self {
            group: GroupForm::new(ctx, places, editor, slip.of("add-group")),
            lead: LeadForm::new(ctx, places, &free_number(ctx, editor), None, slip.of("add-lead")),
            menu: MenuCard::filled(ctx, places, &no_menu(), &menu_words, slip.of("add-menu")),
            queue: QueueForm::empty(ctx, editor, places, slip.of("add-queue")),
            told: ToldCard::filled(ctx, places, "", &told_words, slip.of("add-announcement")),
        }
    }
}

impl GroupForm {
    fn new(ctx: &Ctx, places: &Places, editor: &Editor, typed: Option<&Fields>) -> Self {
        let value = |field: &str, usual: &str| typed.map_or(usual, |fields| fields.said(field)).to_owned();
        let ring: Vec<String> = typed.map_or_else(Vec::new, |fields| fields.all("ring").map(str::to_owned).collect());
        let nothing = Group {
            of: GroupOf::Extension(String::new()),
            ring: Vec::new(),
            order: ORDER.to_owned(),
            seconds: 0,
            nobody: None,
            busy: None,
            unreachable: None,
            screen: None,
        };
        Self {
            number: value("number", &free_number(ctx, editor)),
            members: phone_selects(ctx, editor, &ring, PHONES.max(ring.len())),
            order: order_select(ctx, &value("order", ORDER)),
            seconds: value("seconds", SECONDS),
            then: then_selects(ctx, places, &nothing, typed),
            is_open: typed.is_some(),
        }
    }
}

/// A number that nobody has, as long as those of others.
fn free_number(ctx: &Ctx, editor: &Editor) -> String {
    let taken: Vec<String> = editor
        .destinations(&ctx.settings)
        .into_iter()
        .filter_map(|to| match to {
            Destination::Extension(number) => Some(number),
            _ => None,
        })
        .collect();
    (600..700).map(|n: u32| n.to_string()).find(|number| !taken.contains(number)).unwrap_or_default()
}
