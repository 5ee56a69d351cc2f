//! Queues: who takes their calls, how callers wait and what they are told meanwhile, and where they go who have waited long enough.

use std::collections::BTreeMap;

use plan::Destination;
use plan::edit::{
    CALLBACK_MINUTES, Change, EVERY_SECONDS, Editor, QUEUE_MOST, QUEUE_SECONDS, Queue, RING_SECONDS, Said, Saying,
};

use super::super::Ctx;
use super::additions::named;
use super::differences::{order_said, place_of};
use super::forms::{Fields, Places, Select, Slip, extension_said, number};
use super::groups::{MORE, MOST_RINGING, order_select, phone_selects, rings};
use super::heard::{WordsView, said, said_anew};
use super::menus;
use super::removal::RemovalForm;

/// What a new queue begins with.
const NEW: (&str, u64, u64, u64, u64) = ("longest idle", 20, 600, 10, 60);
/// How long it is tried to call back.
const MINUTES: u64 = 120;

/// What the form of a queue, or of a new one, wants.
pub(super) fn wanted(ctx: &Ctx, editor: &Editor, is_new: bool, fields: &Fields) -> Result<Vec<Change>, String> {
    let name = if is_new { named(ctx, "queue", fields)? } else { fields.said("name").to_owned() };
    let at = Saying::Queue(name.clone());
    if is_new {
        return Ok(vec![Change::AddQueue(queue(ctx, fields, name)?, said_anew(at, fields))]);
    }
    let said = said(editor, at, fields).ok_or_else(|| ctx.t("form-gone"))?;
    Ok(vec![Change::Queue(queue(ctx, fields, name)?), said])
}

fn queue(ctx: &Ctx, fields: &Fields, name: String) -> Result<Queue, String> {
    let ring = rings(fields);
    if ring.is_empty() {
        return Err(ctx.t("add-nobody"));
    }
    let every = match fields.said("every") {
        "" => 0,
        _ => number(ctx, fields, "every", "queue-every", EVERY_SECONDS)?,
    };
    let say_wait = fields.get("say_wait").is_some();
    if say_wait && every == 0 {
        return Err(ctx.t("queue-wait-alone"));
    }
    let callback = match fields.said("callback").chars().next() {
        None => None,
        Some(key) => Some((key, number(ctx, fields, "minutes", "queue-minutes", CALLBACK_MINUTES)?)),
    };
    Ok(Queue {
        name,
        ring,
        order: fields.said("order").to_owned(),
        seconds: number(ctx, fields, "seconds", "queue-seconds", RING_SECONDS)?,
        wait: number(ctx, fields, "wait", "queue-wait", QUEUE_SECONDS)?,
        at_most: number(ctx, fields, "at_most", "queue-most", QUEUE_MOST)?,
        every,
        say_wait,
        callback,
        full: Destination::parse(fields.said("full")),
        nobody: Destination::parse(fields.said("nobody")),
    })
}

/// A queue to read and to change.
pub(super) struct QueueCard {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) lost: bool,
    pub(super) ring: Vec<String>,
    pub(super) facts: Vec<(String, String)>,
    pub(super) form: QueueForm,
    pub(super) removal: RemovalForm,
}

/// A queue to fill in.
pub(super) struct QueueForm {
    pub(super) name: String,
    pub(super) members: Vec<Select>,
    pub(super) order: Select,
    /// The field, its label, its value.
    pub(super) numbers: Vec<(&'static str, String, String)>,
    pub(super) every: String,
    pub(super) say_wait: bool,
    pub(super) callback: Select,
    pub(super) minutes: String,
    pub(super) full: Select,
    pub(super) nobody: Select,
    pub(super) words: WordsView,
    pub(super) is_open: bool,
}

/// All queues.
pub(super) fn cards(ctx: &Ctx, editor: &Editor, places: &Places, slip: &Slip) -> Vec<QueueCard> {
    let (words, lost) = (editor.said(), editor.unreached());
    let card = |queue: Queue| {
        let step = Destination::Queue(queue.name.clone());
        let said = words.iter().find(|said| said.at == Saying::Queue(queue.name.clone()))?;
        let typed = slip.of("queue").filter(|fields| fields.said("name") == queue.name);
        Some(QueueCard {
            id: format!("queue-{}", queue.name),
            lost: lost.contains(&step.to_string().as_str()),
            ring: queue.ring.iter().map(|number| extension_said(ctx, number)).collect(),
            facts: facts(ctx, &queue).into_iter().map(|(key, how)| (ctx.t(key), how)).collect(),
            form: QueueForm::new(ctx, editor, places, &queue, said, typed),
            removal: RemovalForm::new(ctx, editor, places, &step, slip),
            name: queue.name,
        })
    };
    editor.queues().into_iter().filter_map(card).collect()
}

/// How callers wait there, each with the key of what it is.
pub(super) fn facts(ctx: &Ctx, queue: &Queue) -> Vec<(&'static str, String)> {
    let duration = |seconds: u64| match seconds {
        whole if whole >= 60 && whole.is_multiple_of(60) => ctx.with("queue-time", &[("count", (whole / 60).into())]),
        seconds => ctx.local.duration(seconds * 1000),
    };
    let place = match (queue.every, queue.say_wait) {
        (0, _) => ctx.t("queue-never"),
        (every, false) => ctx.with("queue-each", &[("time", (&duration(every)).into())]),
        (every, true) => ctx.with("queue-each-wait", &[("time", (&duration(every)).into())]),
    };
    let callback = queue.callback.map_or_else(
        || ctx.t("oncall-no"),
        |(key, minutes)| {
            let time = duration(minutes * 60);
            ctx.with("queue-by-key", &[("key", (&key.to_string()).into()), ("time", (&time).into())])
        },
    );
    vec![
        ("group-order", order_said(ctx, &queue.order)),
        ("queue-rings", duration(queue.seconds)),
        ("queue-longest", duration(queue.wait)),
        ("queue-most", queue.at_most.to_string()),
        ("queue-place", place),
        ("queue-callback", callback),
        ("queue-full", place_of(ctx, queue.full.as_ref(), "place-busy")),
        ("queue-nobody", place_of(ctx, queue.nobody.as_ref(), "place-end")),
    ]
}

impl QueueForm {
    /// For a queue that the plan has not had.
    pub(super) fn empty(ctx: &Ctx, editor: &Editor, places: &Places, typed: Option<&Fields>) -> Self {
        let (order, seconds, wait, at_most, every) = NEW;
        let queue = Queue {
            name: String::new(),
            ring: vec![String::new(); 2],
            order: order.to_owned(),
            seconds,
            wait,
            at_most,
            every,
            say_wait: true,
            callback: None,
            full: None,
            nobody: None,
        };
        let at = Saying::Queue(String::new());
        let said = Said { at, prompts: Vec::new(), texts: BTreeMap::new(), then: None };
        Self::new(ctx, editor, places, &queue, &said, typed)
    }

    fn new(ctx: &Ctx, editor: &Editor, places: &Places, queue: &Queue, said: &Said, typed: Option<&Fields>) -> Self {
        let value = |field: &str, now: &str| typed.map_or(now, |fields| fields.said(field)).to_owned();
        let ring: Vec<String> =
            typed.map_or_else(|| queue.ring.clone(), |fields| fields.all("ring").map(str::to_owned).collect());
        let written = |place: &Option<Destination>| place.as_ref().map(ToString::to_string).unwrap_or_default();
        let place = |field: &'static str, key: &str, now: &Option<Destination>, none: &str| {
            places.select(ctx, (field, ctx.t(key)), &value(field, &written(now)), Some(ctx.t(none)))
        };
        let key = queue.callback.map(|(key, _)| key.to_string()).unwrap_or_default();
        let keys = menus::KEYS.iter().map(|key| {
            let key = key.to_string();
            (key.clone(), ctx.with("key-label", &[("key", (&key).into())]))
        });
        let keys = std::iter::once((String::new(), ctx.t("queue-no-key"))).chain(keys);
        let minutes = queue.callback.map_or(MINUTES, |(_, minutes)| minutes);
        let every = if queue.every == 0 { String::new() } else { queue.every.to_string() };
        let numbers = [
            ("seconds", "queue-seconds", queue.seconds),
            ("wait", "queue-wait", queue.wait),
            ("at_most", "queue-most", queue.at_most),
        ];
        Self {
            name: value("name", &queue.name),
            members: phone_selects(ctx, editor, &ring, (ring.len() + MORE).min(MOST_RINGING)),
            order: order_select(ctx, &value("order", &queue.order)),
            numbers: numbers.map(|(field, key, now)| (field, ctx.t(key), value(field, &now.to_string()))).into(),
            every: value("every", &every),
            say_wait: typed.map_or(queue.say_wait, |fields| fields.get("say_wait").is_some()),
            callback: Select::new("callback", ctx.t("queue-callback"), &value("callback", &key), keys),
            minutes: value("minutes", &minutes.to_string()),
            full: place("full", "queue-full", &queue.full, "place-busy"),
            nobody: place("nobody", "queue-nobody", &queue.nobody, "place-end"),
            words: WordsView::new(ctx, said, typed),
            is_open: typed.is_some(),
        }
    }
}
