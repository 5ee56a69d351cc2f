//! Queues, changed and added by form.

use axum::http::StatusCode;

use super::Clinic;
use super::plan::uses;
use super::plan_forms::{change, shows, text};

const QUEUE: [(&str, &str); 13] = [
    ("name", "appointments"),
    ("ring", "102"),
    ("ring", ""),
    ("ring", "101"),
    ("order", "one by one"),
    ("seconds", "15"),
    ("wait", "600"),
    ("at_most", "8"),
    ("every", "45"),
    ("say_wait", "on"),
    ("callback", "2"),
    ("minutes", "120"),
    ("nobody", "announcement call-again"),
];

/// The form with these fields otherwise.
fn with(fields: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let is_other = |name: &str| fields.iter().any(|(other, _)| *other == name);
    let rest = QUEUE.into_iter().chain([("full", "announcement call-again")]).filter(|(name, _)| !is_other(name));
    rest.chain(fields.iter().copied()).collect()
}

#[tokio::test]
async fn how_callers_wait_is_shown_and_changed() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    shows(
        &clinic.get("/plan/groups", &cookie).await,
        &[
            "<h2 id=\"queue-appointments\">Queue appointments</h2>",
            "<dt>Longest wait</dt><dd>10 min</dd>",
            "<dt>Their place is said</dt><dd>every 45 s, with how long it may take</dd>",
            "<dt>Called back by key</dt><dd>key 2, within 120 min",
            "<dt>If it is full</dt><dd>announcement call-again</dd>",
            "name=\"at_most\" type=\"text\" inputmode=\"numeric\" required value=\"8\"",
        ],
    );
    let same = with(&[("order", "longest idle"), ("ring", "101"), ("ring", "102")]);
    let sent = change(&clinic, &cookie, "/plan/groups/queue", "live", &same).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    assert!(clinic.ordered().is_empty(), "what is the same changes nothing");
    let fields = with(&[("wait", "300"), ("callback", ""), ("full", ""), ("prompt", "all_busy"), ("text-", "")]);
    let asked = change(&clinic, &cookie, "/plan/groups/queue", "", &fields).await;
    shows(
        &asked,
        &[
            "queue appointments, who rings: Nurse (102), Front desk (101) (until now: Front desk (101), Nurse (102)).",
            "queue appointments, How they ring: one after the other (until now: whoever has not talked",
            "queue appointments, Longest wait: 5 min (until now: 10 min).",
            "queue appointments, Called back by key: no (until now: key 2, within 120 min",
            "queue appointments, If it is full: the caller hears that the line is busy (until now: announcement call-again).",
            "queue appointments, what callers hear: all_busy (until now: nothing).",
        ],
    );
    assert_eq!(asked.body.matches("(until now").count(), 6, "{}", asked.body);
    assert!(clinic.ordered().is_empty());
    change(&clinic, &cookie, "/plan/groups/queue", "live", &fields).await;
    let new = text(&clinic);
    for line in ["ring = [\"102\", \"101\"]\n", "order = \"one by one\"\n", "wait = 300\n", "prompt = \"all_busy\"\n"] {
        assert!(new.contains(line), "{line}{new}");
    }
    assert!(!new.contains("callback = ") && !new.contains("full = "), "{new}");
}

#[tokio::test]
async fn what_is_wrong_with_a_queue_is_said_of_its_field() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    for (field, typed, says) in [
        ("wait", "9", "Longest wait (seconds): write a number from 10 to 7200."),
        ("seconds", "soon", "Each phone rings (seconds): write a number from 5 to 180."),
        ("at_most", "101", "Most who wait: write a number from 1 to 100."),
        ("every", "5", "Place said every (seconds): write a number from 10 to 600."),
        ("minutes", "0", "Called back within (minutes): write a number from 5 to 720."),
        ("every", "", "say every how many seconds."),
        ("ring", "", "Choose at least one phone that rings."),
        ("name", "none", "This is not in the plan any more."),
    ] {
        let fields = with(&[(field, typed), ("nobody", "hang up")]);
        let page = change(&clinic, &cookie, "/plan/groups/queue", "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        shows(&page, &[says]);
        if field != "name" {
            shows(&page, &["<details open><summary>Change this queue", &format!("name=\"{field}\"")]);
            shows(&page, &["<option value=\"hang up\" selected>"]);
        }
    }
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn a_queue_is_added_under_a_name_of_its_own() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "solo-practice");
    shows(&clinic.get("/plan/groups", &cookie).await, &["Add a queue", "name=\"wait\""]);
    let fields = |name: &'static str| with(&[("name", name), ("nobody", "voicemail 101"), ("full", "")]);
    let page = change(&clinic, &cookie, "/plan/groups/add-queue", "live", &fields("the desk")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    shows(&page, &["A name has letters, digits", "value=\"the desk\""]);
    let asked = change(&clinic, &cookie, "/plan/groups/add-queue", "", &fields("desk")).await;
    shows(
        &asked,
        &["New: queue desk, whose callers ring Nurse (102), Front desk (101).", "No call gets to “queue desk” yet."],
    );
    change(&clinic, &cookie, "/plan/groups/add-queue", "live", &fields("desk")).await;
    let new = text(&clinic);
    assert!(new.contains("[queues.desk]\nring = [\"102\", \"101\"]\norder = \"one by one\"\n"), "{new}");
    uses(&clinic, &new);
    shows(&clinic.get("/plan/groups", &cookie).await, &["No call gets here now"]);
    let again = change(&clinic, &cookie, "/plan/groups/add-queue", "live", &fields("desk")).await;
    shows(&again, &["one of this name already"]);
}
