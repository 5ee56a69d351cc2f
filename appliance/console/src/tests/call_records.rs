//! Past calls: as a table that leaves the house, and what they come to.

use axum::http::StatusCode;
use model::call::{CallRecord, QueueEnd, Queued};
use model::{CallId, Random, Wall};
use store::effect::Effect;

use super::Clinic;

#[tokio::test]
async fn records_are_saved_as_a_table_by_who_may_see_calls() {
    let clinic = Clinic::open().await;
    let table = clinic.get("/calls.csv", &clinic.sign_in("101").await).await;
    assert_eq!(table.status, StatusCode::OK);
    assert!(
        table.body.starts_with("\u{feff}id,direction,from_number,") && table.body.contains(&clinic.call.to_string()),
        "{}",
        table.body
    );
    let columns = |line: &str| line.split(',').count();
    let mut lines = table.body.lines();
    let head = columns(lines.next().expect("a head"));
    assert!(lines.all(|line| columns(line) >= head));
    assert!(clinic.audit().await.contains(&"101 calls_exported".to_owned()));
    let page = clinic.get("/calls", &clinic.sign_in("101").await).await.body;
    for part in ["action=\"/calls.csv\" method=\"get\"", "type=\"date\" name=\"from\"", "type=\"date\" name=\"to\""] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(clinic.get("/calls.csv", &clinic.sign_in("103").await).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        clinic.get("/calls.csv?from=yesterday", &clinic.sign_in("101").await).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

/// A spreadsheet shows the hours that people here know, and whose calls were missed; a program reads the same columns without a mark before them.
#[tokio::test]
async fn a_table_says_when_it_was_here_and_what_was_missed() {
    let clinic = Clinic::open().await;
    let some = clinic.app.store.calls().recent(1, None).await.expect("read").remove(0);
    // Two in the afternoon in New York, before and after its clocks went forward.
    let (winter, summer) = (Wall(1_741_374_000_000), Wall(1_741_629_600_000));
    let mut random = Random::from_u64(10);
    let mut missed = |at: Wall| CallRecord {
        id: CallId::new(at, &mut random),
        direction: model::fax::Direction::In,
        started: at,
        answered: None,
        ended: at + std::time::Duration::from_secs(30),
        left_message: true,
        ..some.clone()
    };
    let records = vec![missed(winter), missed(summer)];
    let is_missed = records[0].is_missed();
    clinic.app.store.perform(Effect::RecordCalls(records.into())).await.expect("stored");
    let token = clinic.token("101").await;
    let (answer, _) =
        super::api::ask(&clinic, axum::http::Method::GET, "/api/v1/calls.csv?to=2025-03-15", &token, None).await;
    let mut lines = answer.body.lines();
    let head: Vec<&str> = lines.next().expect("a head").split(',').collect();
    assert_eq!(
        (head[0], &head[head.len() - 5..]),
        ("id", &["started_local", "answered_local", "ended_local", "missed", "left_message"][..])
    );
    let ends: Vec<String> =
        lines.map(|line| line.splitn(head.len() - 4, ',').last().expect("five").to_owned()).collect();
    let expected = |day: &str, offset: &str| {
        format!("2025-03-{day}T14:00:00{offset},,2025-03-{day}T14:00:30{offset},{is_missed},true")
    };
    assert_eq!(ends, [expected("10", "-04:00"), expected("07", "-05:00")]);
}

/// Who saves the calls of a year for good must have all of them, and not a table that looks like all.
#[tokio::test]
async fn a_table_has_every_record_of_its_days_and_these_are_on_record() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let some = clinic.app.store.calls().recent(1, None).await.expect("read").remove(0);
    let mut random = Random::from_u64(8);
    // Early afternoon in New York on four days of a year before.
    let day = |n: i64| Wall(1_741_800_000_000 + n * 86_400_000);
    let records = (0..2_000).map(|n| {
        let at = Wall(day(n / 500).millis() + n);
        CallRecord { id: CallId::new(at, &mut random), started: at, answered: None, ended: at, ..some.clone() }
    });
    let records: Vec<CallRecord> = records.collect();
    for records in records.chunks(250) {
        clinic.app.store.perform(Effect::RecordCalls(records.to_vec().into())).await.expect("stored");
    }
    let count = async |days: &str| {
        let table = clinic.get(&format!("/calls.csv?{days}"), &cookie).await;
        assert!(table.status.is_success() && !table.headers.contains_key("content-length"), "it is sent as it is read");
        let ids: std::collections::BTreeSet<_> = table.body.lines().skip(1).map(|line| &line[..26]).collect();
        assert_eq!(ids.len(), table.body.lines().count() - 1, "each once");
        ids.len()
    };
    assert_eq!(count("from=2025-03-13&to=2025-03-15").await, 1_000);
    assert_eq!(count("from=2025-03-12&to=2025-03-13").await, 500);
    assert_eq!(count("from=&to=2025-03-16").await, 2_000);
    assert_eq!(count("to=2025-03-12").await, 0);
    assert!(count("").await > 2_000);
    let rows = clinic.app.store.audit().list(500).await.expect("rows");
    let exported: Vec<_> =
        rows.iter().rev().filter(|row| row.what == "calls_exported").map(|row| &row.subject).collect();
    assert_eq!(exported, ["2025-03-13..2025-03-15", "2025-03-12..2025-03-13", "..2025-03-16", "..2025-03-12", ".."]);
}

/// What somebody who runs the front desk asks: when callers come, whether they are taken, and how long they wait.
#[tokio::test]
async fn how_calls_go_is_shown_by_day_by_hour_and_by_queue() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let some = clinic.app.store.calls().recent(1, None).await.expect("read").remove(0);
    let mut random = Random::from_u64(9);
    // The day before, at the same time; and so long ago that it is not shown.
    let now = clinic.app.clock.now().wall;
    let ago = |days: i64| Wall(now.millis() - days * 86_400_000);
    let mut waits = |days: i64, seconds: u64, end: QueueEnd| {
        let at = ago(days);
        let queued = vec![Queued { queue: "nurses".to_owned(), since: at, millis: seconds * 1000, end }];
        CallRecord { id: CallId::new(at, &mut random), started: at, queued, ..some.clone() }
    };
    let records = vec![
        waits(1, 42, QueueEnd::Taken),
        waits(1, 80, QueueEnd::Taken),
        waits(1, 125, QueueEnd::Left),
        waits(40, 999, QueueEnd::Taken),
    ];
    let id = records[2].id;
    clinic.app.store.perform(Effect::RecordCalls(records.into())).await.expect("stored");
    let page = clinic.get("/calls/statistics", &cookie).await.body;
    let row = "<td>nurses</td><td class=\"num\">3</td><td class=\"num\">2</td><td class=\"num\">33 %</td><td class=\"num\">1 min 1 s</td>\
               <td class=\"num wide-only\">2 min 5 s</td><td class=\"num\">1</td>";
    assert!(page.contains(row), "{page}");
    for part in ["id=\"days-table\"", "id=\"hours-table\"", "<td>08:00</td>"] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(clinic.get("/calls", &cookie).await.body.contains("href=\"/calls/statistics\""));
    let one = clinic.get(&format!("/calls/{id}"), &cookie).await.body;
    assert!(one.contains("Waited in the queue nurses") && one.contains("2 min 5 s, then the caller hung up"), "{one}");
    let table = clinic.get("/calls.csv", &cookie).await.body;
    assert!(
        table.lines().any(|line| line.starts_with(&id.to_string()) && line.contains(",nurses,125,left,")),
        "{table}"
    );
    let said = clinic.get("/api/v1/calls", &cookie).await.body;
    assert!(said.contains("\"seconds\":125"), "{said}");
    assert_eq!(clinic.get("/calls/statistics", &clinic.sign_in("103").await).await.status, StatusCode::FORBIDDEN);
}
