//! Call records as a table (RFC 4180): one line a call, as they were written when it ended and never changed since. Who saves one is on record,
//! since it leaves the appliance, and of which days.

use std::fmt::Write as _;
use std::io;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::call::{CallRecord, FarEnd, Fault, LegQuality, Mos, Party};
use model::fax::Direction;
use model::settings::Right;
use model::{CallId, Settings, Wall};
use serde::Deserialize;
use store::effect::StoreError;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::App;
use crate::auth::{Pass, Principal};
use crate::data;
use crate::failure::Failure;
use crate::texts::Texts;

/// Records that are read at a time: of a table that is on its way, two such pieces are in memory.
const AT_ONCE: usize = 500;

/// Which records.
#[derive(Deserialize)]
pub(crate) struct Asked {
    /// From this day on, in the clinic's zone ("2026-11-01").
    from: Option<String>,
    /// Before this day.
    to: Option<String>,
}

const HEAD: &str = "id,direction,from_number,from_name,to_number,to_name,started,answered,ended,seconds,end,fault,emergency,\
    caller_packets_in,caller_packets_out,caller_lost,caller_jitter_ms,\
    callee_packets_in,callee_packets_out,callee_lost,callee_jitter_ms,\
    caller_round_trip_ms,caller_far_expected,caller_far_lost,caller_far_lost_before,caller_far_jitter_ms,caller_mos_in,caller_mos_out,\
    callee_round_trip_ms,callee_far_expected,callee_far_lost,callee_far_lost_before,callee_far_jitter_ms,callee_mos_in,callee_mos_out,\
    queue,queue_seconds,queue_end,started_local,answered_local,ended_local,missed,left_message\r\n";
/// Where this stands first, a spreadsheet reads what follows as UTF-8, and no name is garbled.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The records that are asked for, newest first. They are read while they are sent, so that a table may have those of many years. What cannot
/// be read at all is said; what breaks off later, also since whoever asked may not see calls any more, ends the answer before its end, and a
/// browser says that.
///
/// For a `spreadsheet` it begins with a mark that programs would take for a part of the first column's name.
pub(crate) async fn calls(
    app: &App,
    (by, headers): (&Principal, &HeaderMap),
    asked: &Asked,
    spreadsheet: bool,
) -> Result<Response, Failure> {
    let pass = Pass::of(headers).ok_or(Failure::NotAllowed)?;
    let settings = app.settings.borrow().clone();
    let [from, to] = [date(asked.from.as_deref())?, date(asked.to.as_deref())?];
    let said = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    data::leaves(app, by, "calls_exported", &format!("{}..{}", said(from), said(to))).await?;
    let [from, to] = [begins(from, &settings)?, begins(to, &settings)?];
    let (app, zone) = (app.clone(), settings.zone());
    let mut records = Records { app, pass, zone, from, before: to.map(CallId::earliest), over: false };
    let mark = if spreadsheet { BYTE_ORDER_MARK } else { "" };
    let first = format!("{mark}{HEAD}{}", records.next().await?);
    let (pieces, sent) = mpsc::channel(1);
    #[allow(clippy::disallowed_methods, reason = "this is a shell: one task a table, which ends with its connection")]
    tokio::spawn(records.send(first, pieces));
    let name = "attachment; filename=\"calls.csv\"";
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8; header=present"), (CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(ReceiverStream::new(sent))).into_response())
}

/// What is left of a table.
struct Records {
    app: App,
    /// Of whoever gets it.
    pass: Pass,
    /// The clinic's, for times as people there read them.
    zone: TimeZone,
    /// None that began earlier.
    from: Option<Wall>,
    before: Option<CallId>,
    over: bool,
}

impl Records {
    /// The lines of the next records.
    async fn next(&mut self) -> Result<String, StoreError> {
        let records = self.app.store.calls().recent(AT_ONCE, self.before).await?;
        let mut lines = String::new();
        for record in records.iter().take_while(|record| self.from.is_none_or(|from| record.started >= from)) {
            line(&mut lines, record, &self.zone);
            self.before = Some(record.id);
        }
        self.over = records.len() < AT_ONCE || records.last().map(|record| record.id) != self.before;
        Ok(lines)
    }

    /// Until all are sent, nobody takes them any more, or whoever does may not see them any more.
    async fn send(mut self, first: String, to: mpsc::Sender<io::Result<String>>) {
        let mut lines = Ok(first);
        loop {
            // Asked when there is room for more, which is just before it leaves.
            let Ok(room) = to.reserve().await else { return };
            if !self.may_still().await {
                lines = Err(io::Error::other("the right to see calls has ended"));
            }
            let broken = lines.is_err();
            room.send(lines);
            if broken || self.over {
                return;
            }
            lines = self.next().await.map_err(io::Error::other);
        }
    }

    async fn may_still(&self) -> bool {
        self.pass.holder(&self.app).await.is_some_and(|now| now.may(Right::SeeCalls))
    }
}

/// A day as it was written; none, if none was.
fn date(text: Option<&str>) -> Result<Option<Date>, Failure> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| text.parse().map_err(|_| no_day())).transpose()
}

/// The first moment of a day in the clinic's zone.
fn begins(date: Option<Date>, settings: &Settings) -> Result<Option<Wall>, Failure> {
    let Some(date) = date else { return Ok(None) };
    let start = date.to_zoned(settings.zone()).map_err(|_| no_day())?;
    Ok(Some(Wall(start.timestamp().as_millisecond())))
}

pub(crate) fn no_day() -> Failure {
    Failure::Unusable(Texts::choose(None).get("export-day"))
}

fn line(table: &mut String, record: &CallRecord, zone: &TimeZone) {
    let direction = if record.direction == Direction::In { "in" } else { "out" };
    let fault = match record.fault {
        Fault::None => "none",
        Fault::Caller => "caller",
        Fault::Callee => "callee",
        Fault::Trunk => "trunk",
        Fault::Us => "us",
    };
    let seconds = record.answered.map(|at| (record.ended.millis_since(at) / 1000).to_string()).unwrap_or_default();
    let time = |at: Wall| at.timestamp().to_string();
    let [from_number, from_name] = party(&record.from);
    let [to_number, to_name] = party(&record.to);
    let fields = [
        record.id.to_string(),
        direction.to_owned(),
        from_number,
        from_name,
        to_number,
        to_name,
        time(record.started),
        record.answered.map(time).unwrap_or_default(),
        time(record.ended),
        seconds,
        record.end.word().to_owned(),
        fault.to_owned(),
        record.emergency.to_string(),
    ];
    let fields: Vec<String> = fields.iter().map(|f| field(f)).collect();
    let _ = write!(table, "{}", fields.join(","));
    for leg in [&record.caller_quality, &record.callee_quality] {
        quality(table, leg);
    }
    for leg in [&record.caller_quality, &record.callee_quality] {
        reported(table, leg);
    }
    waited(table, record);
    let local = |at: Wall| at.in_zone(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let answered = record.answered.map(local).unwrap_or_default();
    let (started, ended) = (local(record.started), local(record.ended));
    let _ = write!(table, ",{started},{answered},{ended},{},{}\r\n", record.is_missed(), record.left_message);
}

/// The queues that the caller waited in, for how long in all of them, and what the last wait came to.
fn waited(table: &mut String, record: &CallRecord) {
    let names: Vec<&str> = record.queued.iter().map(|wait| wait.queue.as_str()).collect();
    let seconds = record.queued.iter().map(|wait| wait.millis).sum::<u64>() / 1000;
    let last = record.queued.last().map(|wait| (seconds.to_string(), wait.end.word()));
    let (seconds, end) = last.unwrap_or_default();
    let _ = write!(table, ",{},{seconds},{end}", field(&names.join("; ")));
}

fn party(party: &Party) -> [String; 2] {
    let number = party.number.as_ref().map_or_else(String::new, |n| n.as_str().to_owned());
    [number, party.name.expose().clone()]
}

fn quality(table: &mut String, leg: &LegQuality) {
    let jitter = f64::from(leg.jitter_us) / 1000.0;
    let _ = write!(table, ",{},{},{},{jitter:.1}", leg.packets_in, leg.packets_out, leg.lost);
}

/// What its end reported, and the scores that follow from both; nothing where nothing was measured.
fn reported(table: &mut String, leg: &LegQuality) {
    let far = |of: fn(&FarEnd) -> u64| leg.far.as_ref().map(|far| of(far).to_string());
    let milliseconds = |us: u32| format!("{:.1}", f64::from(us) / 1000.0);
    let score = |mos: Option<Mos>| mos.map(|mos| format!("{:.2}", f64::from(mos.0) / 100.0));
    for value in [
        leg.round_trip_us.map(milliseconds),
        far(|far| far.expected),
        far(|far| far.lost),
        far(|far| far.lost_before),
        leg.far.map(|far| milliseconds(far.jitter_us)),
        score(leg.mos_in),
        score(leg.mos_out),
    ] {
        let _ = write!(table, ",{}", value.unwrap_or_default());
    }
}

/// A field, quoted where it must be. Callers choose their names: one that a spreadsheet would take for a formula is told that it is a text.
fn field(text: &str) -> String {
    let number =
        text.strip_prefix('+').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !number;
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_name_is_a_text_in_every_spreadsheet() {
        for (name, expected) in [
            ("Nurse", "Nurse"),
            ("Quux, Adalbert", "\"Quux, Adalbert\""),
            ("\"Q\"", "\"\"\"Q\"\"\""),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("@SUM(1,2)", "\"'@SUM(1,2)\""),
            ("+12025550101", "+12025550101"),
            ("+1+2", "'+1+2"),
            ("-5", "'-5"),
        ] {
            assert_eq!(field(name), expected);
        }
    }
}
