//! What is kept of calls: whose callers may leave a message, and which calls are recorded.

use askama::Template;
use axum::http::StatusCode;
use plan::edit::{
    Change, EVERYBODY, Editor, KEEP_DAYS, MESSAGE_SECONDS, Mailboxes, Recording, mailed_as, recorded_calls,
};

use super::super::{Answer, Ctx, Place, Shell, page_with};
use super::differences::phones_said;
use super::edit::mark;
use super::forms::{self, Fields, Posted, Select, Sent, Slip, SlipView, boxes, extension_said, number};
use super::hours::Broken;
use super::numbers::number_said;
use super::whom::{Asks, Whom};

const PAGE: &str = "/plan/kept";
/// No call is recorded.
const OFF: &str = "";
const ALWAYS: &str = "always";
const ON_DEMAND: &str = "on-demand";
/// What else may be said of a recording.
const FLAGS: [&str; 3] = ["emergency", "beep", "silent"];

/// Who has a mailbox.
const HAVE: Asks = Asks {
    way: "who",
    label: "mailbox-who",
    nobody: Some("menu-finds-nobody"),
    all: "menu-finds-all",
    these: "menu-finds-these",
    chosen: "people",
    which: "kept-which",
    whom: "kept-whom",
};

/// Whose calls are recorded.
const RECORDED: Asks = Asks { label: "records-who", nobody: None, ..HAVE };

/// `GET /plan/kept`.
pub(crate) async fn kept_page(ctx: Ctx) -> Answer {
    show(&ctx, &Slip::default(), StatusCode::OK).await
}

/// `POST /plan/kept/{what}`.
pub(crate) async fn change_kept(ctx: Ctx, posted: Posted) -> Answer {
    match posted.change(&ctx, PAGE, |_, sent| wanted(&ctx, sent)).await? {
        Ok(done) => Ok(done),
        Err(slip) => show(&ctx, &slip, slip.status()).await,
    }
}

fn wanted(ctx: &Ctx, sent: &Sent) -> Result<Change, String> {
    match sent.what.as_str() {
        "messages" => mailboxes(ctx, &sent.fields).map(Change::Mailboxes),
        "recording" => recording(ctx, &sent.fields).map(Change::Recording),
        _ => Err(ctx.t("form-gone")),
    }
}

fn mailboxes(ctx: &Ctx, fields: &Fields) -> Result<Mailboxes, String> {
    Ok(Mailboxes {
        people: HAVE.read(ctx, fields)?,
        main: Some(fields.said("main")).filter(|main| !main.is_empty()).map(str::to_owned),
        seconds: number(ctx, fields, "seconds", "mailbox-seconds", MESSAGE_SECONDS)?,
        mail_as: fields.said("mail_as").to_owned(),
    })
}

fn recording(ctx: &Ctx, fields: &Fields) -> Result<Option<Recording>, String> {
    let always = match fields.said("start") {
        OFF => return Ok(None),
        start => start == ALWAYS,
    };
    let all = |field: &str| fields.all(field).map(str::to_owned).collect::<Vec<_>>();
    // As the plan lists them, whatever the browser does.
    let calls = recorded_calls().filter(|word| fields.all("calls").any(|chosen| chosen == *word));
    let calls: Vec<_> = calls.map(str::to_owned).collect();
    let rooms = all("rooms");
    if calls.is_empty() && rooms.is_empty() {
        return Err(ctx.t("records-nothing"));
    }
    let (decline, code) = (fields.said("decline"), fields.said("code"));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if decline.len() != 1 || !is_digits(decline) {
        return Err(ctx.t("records-no-key"));
    }
    if !code.strip_prefix('*').is_some_and(|rest| (1..=2).contains(&rest.len()) && is_digits(rest)) {
        return Err(ctx.t("records-no-code"));
    }
    Ok(Some(Recording {
        always,
        people: RECORDED.read(ctx, fields)?,
        numbers: all("numbers"),
        calls,
        rooms,
        emergency: fields.get("emergency").is_some(),
        silent: fields.get("silent").is_some(),
        beep: fields.get("beep").is_some(),
        decline: decline.to_owned(),
        code: code.to_owned(),
        keep_days: number(ctx, fields, "keep_days", "records-days", KEEP_DAYS)?,
    }))
}

/// Whose callers may leave a message, in words.
pub(super) fn mailbox_facts(ctx: &Ctx, own: &Mailboxes) -> Vec<(String, String)> {
    let main = own.main.as_ref().map_or_else(|| ctx.t("mailbox-nowhere"), |main| extension_said(ctx, main));
    vec![
        (ctx.t("mailbox-who"), whom_said(ctx, &own.people, "menu-finds-nobody")),
        (ctx.t("mailbox-main"), main),
        (ctx.t("mailbox-longest"), ctx.local.duration(own.seconds * 1000)),
        (ctx.t("mailbox-as"), ctx.t(&format!("mailbox-as-{}", own.mail_as))),
    ]
}

/// Which calls are recorded, in words; of none there is nothing else to say.
pub(super) fn recording_facts(ctx: &Ctx, own: Option<&Recording>) -> Vec<(String, String)> {
    let start = match own {
        None => "records-off",
        Some(own) if own.always => "records-always",
        Some(_) => "records-on-demand",
    };
    let start = (ctx.t("records-start"), ctx.t(start));
    let Some(own) = own else { return vec![start] };
    let list = |all: Vec<String>, none: &str| if all.is_empty() { ctx.t(none) } else { all.join(", ") };
    let flag = |(field, is): (&str, bool)| (ctx.t(&format!("records-{field}")), yes(ctx, is));
    let rooms = own.rooms.iter().map(|room| room_said(ctx, room)).collect();
    let mut facts = vec![
        start,
        (ctx.t("records-who"), whom_said(ctx, &own.people, "menu-finds-all")),
        (ctx.t("records-calls"), list(own.calls.iter().map(|word| call_said(ctx, word)).collect(), "records-none")),
        (
            ctx.t("records-numbers"),
            list(own.numbers.iter().map(|number| number_said(ctx, number)).collect(), "records-all-numbers"),
        ),
        (ctx.t("records-rooms"), list(rooms, "records-none")),
        (ctx.t("records-days"), own.keep_days.to_string()),
        (ctx.t("records-decline"), own.decline.clone()),
        (ctx.t("records-code"), own.code.clone()),
    ];
    facts.extend(FLAGS.into_iter().zip([own.emergency, own.beep, own.silent]).map(flag));
    facts
}

fn whom_said(ctx: &Ctx, people: &[String], none: &str) -> String {
    match people {
        [] => ctx.t(none),
        [all] if all == EVERYBODY => ctx.t("menu-finds-all"),
        these => phones_said(ctx, these),
    }
}

fn yes(ctx: &Ctx, is: bool) -> String {
    ctx.t(if is { "oncall-yes" } else { "oncall-no" })
}

fn call_said(ctx: &Ctx, word: &str) -> String {
    ctx.t(&format!("records-{word}"))
}

fn room_said(ctx: &Ctx, room: &str) -> String {
    if room == EVERYBODY { ctx.t("records-all-rooms") } else { ctx.with("rooms-one", &[("number", room.into())]) }
}

async fn show(ctx: &Ctx, slip: &Slip, status: StatusCode) -> Answer {
    let shell = ctx.shell(ctx.t("kept-title"), Place::Plan, &[]).await;
    let Some(editor) = forms::editor(ctx) else {
        return page_with(status, &Broken { shell });
    };
    let page = KeptPage {
        slip: &slip.said,
        over: mark(&ctx.settings),
        messages: MessagesForm::new(ctx, &editor.mailboxes(), slip.of("messages")),
        recording: RecordingForm::new(ctx, &editor, slip.of("recording")),
        shell,
    };
    page_with(status, &page)
}

#[derive(Template)]
#[template(path = "plan_kept.html")]
struct KeptPage<'a> {
    shell: Shell,
    slip: &'a SlipView,
    over: String,
    messages: MessagesForm,
    recording: RecordingForm,
}

struct MessagesForm {
    said: Vec<(String, String)>,
    who: Whom,
    main: Select,
    seconds: String,
    mail_as: Select,
    is_open: bool,
}

impl MessagesForm {
    fn new(ctx: &Ctx, own: &Mailboxes, typed: Option<&Fields>) -> Self {
        let value = |field: &str, now: &str| typed.map_or(now, |fields| fields.said(field)).to_owned();
        let people = ctx.settings.people.iter().map(|person| &person.extension);
        let people = people.map(|extension| (extension.clone(), extension_said(ctx, extension)));
        let nowhere = std::iter::once((String::new(), ctx.t("mailbox-nowhere")));
        let main = value("main", own.main.as_deref().unwrap_or_default());
        let ways = mailed_as().map(|word| (word.to_owned(), ctx.t(&format!("mailbox-as-{word}"))));
        Self {
            said: mailbox_facts(ctx, own),
            who: HAVE.form(ctx, &own.people, typed),
            main: Select::new("main", ctx.t("mailbox-main"), &main, nowhere.chain(people)),
            seconds: value("seconds", &own.seconds.to_string()),
            mail_as: Select::new("mail_as", ctx.t("mailbox-as"), &value("mail_as", &own.mail_as), ways),
            is_open: typed.is_some(),
        }
    }
}

struct RecordingForm {
    said: Vec<(String, String)>,
    start: Select,
    who: Whom,
    calls: Vec<(String, String, bool)>,
    numbers: Vec<(String, String, bool)>,
    rooms: Vec<(String, String, bool)>,
    keep_days: String,
    decline: String,
    code: String,
    /// The field, its label, and whether it is chosen.
    flags: Vec<(&'static str, String, bool)>,
    is_open: bool,
}

impl RecordingForm {
    fn new(ctx: &Ctx, editor: &Editor, typed: Option<&Fields>) -> Self {
        let own = editor.recording();
        let start = match &own {
            None => OFF,
            Some(own) if own.always => ALWAYS,
            Some(_) => ON_DEMAND,
        };
        let said = recording_facts(ctx, own.as_ref());
        let own = own.unwrap_or_default();
        let value = |field: &str, now: &str| typed.map_or(now, |fields| fields.said(field)).to_owned();
        let starts = [(OFF, "records-off"), (ON_DEMAND, "records-on-demand"), (ALWAYS, "records-always")];
        let starts = starts.map(|(value, key)| (value.to_owned(), ctx.t(key)));
        let people = if own.people.is_empty() { vec![EVERYBODY.to_owned()] } else { own.people.clone() };
        let calls = recorded_calls().map(|word| (word.to_owned(), call_said(ctx, word)));
        // Nobody talks at the fax number.
        let numbers = std::iter::once("main".to_owned()).chain(editor.own_numbers()).filter(|number| number != "fax");
        let numbers: std::collections::BTreeSet<_> = numbers.chain(own.numbers.iter().cloned()).collect();
        let numbers = numbers.into_iter().map(|number| (number.clone(), number_said(ctx, &number)));
        let rooms = editor.rooms().into_iter().map(|room| room.number);
        let rooms = std::iter::once(EVERYBODY.to_owned()).filter(|_| !editor.rooms().is_empty()).chain(rooms);
        let rooms = rooms.map(|room| (room.clone(), room_said(ctx, &room)));
        let flags = FLAGS.into_iter().zip([own.emergency, own.beep, own.silent]);
        Self {
            said,
            start: Select::new("start", ctx.t("records-start"), &value("start", start), starts),
            who: RECORDED.form(ctx, &people, typed),
            calls: boxes("calls", calls, &own.calls, typed),
            numbers: boxes("numbers", numbers, &own.numbers, typed),
            rooms: boxes("rooms", rooms, &own.rooms, typed),
            keep_days: value("keep_days", &own.keep_days.to_string()),
            decline: value("decline", &own.decline),
            code: value("code", &own.code),
            flags: flags
                .map(|(field, now)| {
                    let label = ctx.t(&format!("records-{field}"));
                    (field, label, typed.map_or(now, |fields| fields.get(field).is_some()))
                })
                .collect(),
            is_open: typed.is_some(),
        }
    }
}
