//! Rooms and parking: where many talk, and where callers wait until somebody takes them up again.

use askama::Template;
use axum::http::StatusCode;
use plan::edit::{Change, PARK_SECONDS, PIN, Parking, Room};

use super::super::{Answer, Ctx, Place, Shell, page_with};
use super::edit::mark;
use super::forms::{self, Fields, Posted, Sent, Slip, SlipView, number};
use super::hours::Broken;

const PAGE: &str = "/plan/rooms";

/// `GET /plan/rooms`.
pub(crate) async fn rooms_page(ctx: Ctx) -> Answer {
    show(&ctx, &Slip::default(), StatusCode::OK).await
}

/// `POST /plan/rooms/{what}`.
pub(crate) async fn change_rooms(ctx: Ctx, posted: Posted) -> Answer {
    match posted.change(&ctx, PAGE, |_, sent| wanted(&ctx, sent)).await? {
        Ok(done) => Ok(done),
        Err(slip) => show(&ctx, &slip, slip.status()).await,
    }
}

fn wanted(ctx: &Ctx, sent: &Sent) -> Result<Change, String> {
    let fields = &sent.fields;
    match sent.what.as_str() {
        "add" => Ok(Change::AddRoom(added(ctx, fields)?)),
        "change" => Ok(Change::Room(room(ctx, fields)?)),
        "remove" => Ok(Change::TakeRoom(fields.said("number").to_owned())),
        "park" => Ok(Change::Parking(Parking {
            orbits: orbits(ctx, fields)?,
            seconds: number(ctx, fields, "seconds", "park-seconds", PARK_SECONDS)?,
        })),
        _ => Err(ctx.t("form-gone")),
    }
}

fn added(ctx: &Ctx, fields: &Fields) -> Result<Room, String> {
    let room = room(ctx, fields)?;
    let is_number = !room.number.is_empty() && is_digits(&room.number);
    if is_number { Ok(room) } else { Err(ctx.t("rooms-no-number")) }
}

fn room(ctx: &Ctx, fields: &Fields) -> Result<Room, String> {
    let pin = Some(fields.said("pin")).filter(|pin| !pin.is_empty());
    if pin.is_some_and(|pin| !(PIN.contains(&pin.len()) && is_digits(pin))) {
        return Err(ctx.t("rooms-no-pin"));
    }
    Ok(Room { number: fields.said("number").to_owned(), pin: pin.map(str::to_owned) })
}

/// "700-709". How many they may be, and whether phones can dial them, the plan says.
fn orbits(ctx: &Ctx, fields: &Fields) -> Result<String, String> {
    let (first, last) = (fields.said("first"), fields.said("last"));
    let are_numbers = !first.is_empty() && [first, last].into_iter().all(is_digits);
    // With as many digits each, the order of texts is that of numbers.
    if are_numbers && first.len() == last.len() && first <= last {
        Ok(format!("{first}-{last}"))
    } else {
        Err(ctx.t("park-no-orbits"))
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// Who comes in.
pub(super) fn pin_said(ctx: &Ctx, room: &Room) -> String {
    ctx.t(if room.pin.is_some() { "rooms-with-pin" } else { "rooms-without-pin" })
}

async fn show(ctx: &Ctx, slip: &Slip, status: StatusCode) -> Answer {
    let shell = ctx.shell(ctx.t("rooms-title"), Place::Plan, &[]).await;
    let Some(editor) = forms::editor(ctx) else {
        return page_with(status, &Broken { shell });
    };
    let row = |room: &Room| {
        let typed = slip.of("change").filter(|fields| fields.said("number") == room.number);
        RoomRow { who: pin_said(ctx, room), form: RoomForm::new(room, typed) }
    };
    let none = Room { number: String::new(), pin: None };
    let page = RoomsPage {
        slip: &slip.said,
        over: mark(&ctx.settings),
        rooms: editor.rooms().iter().map(row).collect(),
        add: RoomForm::new(&none, slip.of("add")),
        park: ParkForm::new(ctx, &editor.parking(), slip.of("park")),
        shell,
    };
    page_with(status, &page)
}

#[derive(Template)]
#[template(path = "plan_rooms.html")]
struct RoomsPage<'a> {
    shell: Shell,
    slip: &'a SlipView,
    over: String,
    rooms: Vec<RoomRow>,
    add: RoomForm,
    park: ParkForm,
}

struct RoomRow {
    who: String,
    form: RoomForm,
}

struct RoomForm {
    number: String,
    pin: String,
    is_open: bool,
}

impl RoomForm {
    fn new(room: &Room, typed: Option<&Fields>) -> Self {
        let value = |field: &str, now: &str| typed.map_or(now, |fields| fields.said(field)).to_owned();
        Self {
            number: value("number", &room.number),
            pin: value("pin", room.pin.as_deref().unwrap_or_default()),
            is_open: typed.is_some(),
        }
    }
}

struct ParkForm {
    said: Vec<(String, String)>,
    first: String,
    last: String,
    seconds: String,
    is_open: bool,
}

impl ParkForm {
    fn new(ctx: &Ctx, parking: &Parking, typed: Option<&Fields>) -> Self {
        let (first, last) = parking.orbits.split_once('-').unwrap_or_default();
        let seconds = parking.seconds.to_string();
        let value = |field: &str, now: &str| typed.map_or(now, |fields| fields.said(field)).to_owned();
        Self {
            said: park_facts(ctx, parking),
            first: value("first", first),
            last: value("last", last),
            seconds: value("seconds", &seconds),
            is_open: typed.is_some(),
        }
    }
}

/// Where callers are parked, in words.
pub(super) fn park_facts(ctx: &Ctx, parking: &Parking) -> Vec<(String, String)> {
    vec![
        (ctx.t("park-orbits"), parking.orbits.replace('-', "–")),
        (ctx.t("park-back"), ctx.local.duration(parking.seconds * 1000)),
    ]
}
