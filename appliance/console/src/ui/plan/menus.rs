//! Menus: what their keys do, whom callers find, and how they wait.

use std::collections::BTreeMap;

use plan::edit::{EVERYBODY, MENU_SECONDS, MENU_TIMES, MenuKeys, Said};

use super::super::Ctx;
use super::differences::{key_said, phones_said};
use super::forms::{self, Fields, Places, Select, Slip, number};
use super::heard::WordsView;
use super::removal::RemovalForm;
use super::whom::{Asks, Whom};

/// The keys of a telephone, in their places.
pub(super) const KEYS: [char; 12] = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
/// Whom callers find by their names.
const FINDS: Asks = Asks {
    way: "finds",
    label: "menu-finds",
    nobody: Some("menu-finds-nobody"),
    all: "menu-finds-all",
    these: "menu-finds-these",
    chosen: "found",
    which: "menu-finds-which",
    whom: "menu-finds-whom",
};

/// What the keys do, whom callers find otherwise and how it waits; what the form does not ask stays as it was.
pub(super) fn menu(ctx: &Ctx, before: MenuKeys, fields: &Fields) -> Result<MenuKeys, String> {
    let wait = |field: &str, label: &str, before: u64, bounds| match fields.get(field) {
        Some(_) => number(ctx, fields, field, label, bounds),
        None => Ok(before),
    };
    Ok(MenuKeys {
        keys: keys(fields),
        extensions: fields.get("extensions").is_some(),
        names: FINDS.read(ctx, fields)?,
        seconds: wait("seconds", "menu-seconds", before.seconds, MENU_SECONDS)?,
        times: wait("times", "menu-times", before.times, MENU_TIMES)?,
        ..before
    })
}

/// What each key is to do.
pub(super) fn keys(fields: &Fields) -> BTreeMap<char, String> {
    let key = |key: &char| {
        let does = fields.said(&field_of(*key)).to_owned();
        (!does.is_empty()).then_some((*key, does))
    };
    KEYS.iter().filter_map(key).collect()
}

/// How the field of a key is called: "*" and "#" have words.
fn field_of(key: char) -> String {
    match key {
        '*' => "key-star".to_owned(),
        '#' => "key-hash".to_owned(),
        digit => format!("key-{digit}"),
    }
}

/// A menu as the keys of a telephone.
pub(super) struct MenuCard {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) lost: bool,
    /// A new one has none.
    pub(super) removal: Option<RemovalForm>,
    pub(super) keys: Vec<KeyView>,
    pub(super) no_key: String,
    pub(super) words: WordsView,
    pub(super) selects: Vec<Select>,
    pub(super) nobody: Select,
    /// Whom callers find otherwise.
    pub(super) finds_said: Vec<String>,
    pub(super) extensions: bool,
    pub(super) finds: Whom,
    pub(super) waits: String,
    pub(super) seconds: String,
    pub(super) times: String,
    pub(super) is_open: bool,
}

pub(super) struct KeyView {
    pub(super) key: char,
    pub(super) does: Option<String>,
}

impl MenuCard {
    pub(super) fn new(ctx: &Ctx, places: &Places, menu: &MenuKeys, said: &Said, slip: &Slip) -> Self {
        let typed = slip.of("menu").filter(|fields| fields.said("name") == menu.name);
        Self::filled(ctx, places, menu, said, typed)
    }

    pub(super) fn filled(ctx: &Ctx, places: &Places, menu: &MenuKeys, said: &Said, typed: Option<&Fields>) -> Self {
        let select = |key: &char| {
            let field = field_of(*key);
            let now = menu.keys.get(key).map_or("", String::as_str);
            let chosen = typed.map_or(now, |fields| fields.said(&field)).to_owned();
            let label = ctx.with("key-label", &[("key", (&key.to_string()).into())]);
            let mut select = places.select(ctx, (field, label), &chosen, Some(ctx.t("key-nothing")));
            let others = ["again", "language en", "language es", "language fr"];
            select.offer(others.map(|word| (word.to_owned(), key_said(ctx, word))), &chosen);
            select
        };
        let nobody = menu.nobody.to_string();
        let value =
            |field: &str, now: u64| typed.map_or_else(|| now.to_string(), |fields| fields.said(field).to_owned());
        let finds = FINDS.form(ctx, &menu.names, typed);
        let by_name =
            (!menu.names.is_empty()).then(|| format!("{}: {}", ctx.t("menu-finds"), finds_said(ctx, &menu.names)));
        Self {
            id: format!("menu-{}", menu.name),
            name: typed.map_or(&*menu.name, |fields| fields.said("name")).to_owned(),
            lost: false,
            removal: None,
            keys: KEYS
                .iter()
                .map(|key| KeyView { key: *key, does: menu.keys.get(key).map(|to| key_said(ctx, to)) })
                .collect(),
            no_key: forms::place_said(ctx, &menu.nobody),
            words: WordsView::new(ctx, said, typed),
            selects: KEYS.iter().map(select).collect(),
            nobody: places.select(
                ctx,
                ("nobody", ctx.t("menu-no-key")),
                typed.map_or(&nobody, |fields| fields.said("nobody")),
                None,
            ),
            finds_said: menu.extensions.then(|| ctx.t("menu-extensions-said")).into_iter().chain(by_name).collect(),
            extensions: typed.map_or(menu.extensions, |fields| fields.get("extensions").is_some()),
            finds,
            waits: waits_said(ctx, menu),
            seconds: value("seconds", menu.seconds),
            times: value("times", menu.times),
            is_open: typed.is_some(),
        }
    }
}

/// How a menu waits for a key.
pub(super) fn waits_said(ctx: &Ctx, menu: &MenuKeys) -> String {
    ctx.with("menu-waits", &[("seconds", menu.seconds.into()), ("times", menu.times.into())])
}

/// Whom callers find by the letters of a name.
pub(super) fn finds_said(ctx: &Ctx, names: &[String]) -> String {
    match names {
        [] => ctx.t("menu-finds-nobody"),
        [all] if all == EVERYBODY => ctx.t("menu-finds-all"),
        these => phones_said(ctx, these),
    }
}
