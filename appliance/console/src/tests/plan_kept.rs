//! Messages and recordings, by form.

use axum::http::StatusCode;

use super::Clinic;
use super::plan::uses;
use super::plan_forms::{BARE, change, shows, text};

#[tokio::test]
async fn who_has_a_mailbox_is_chosen_and_so_is_what_becomes_of_the_main_numbers_messages() {
    let clinic = Clinic::open().await;
    let (cookie, nurse) = (clinic.sign_in("101").await, clinic.sign_in("102").await);
    uses(&clinic, BARE);
    assert_eq!(clinic.get("/plan/kept", &nurse).await.status, StatusCode::FORBIDDEN);
    shows(
        &clinic.get("/plan/kept", &cookie).await,
        &["<dt>Who has a mailbox</dt><dd>nobody</dd>", "<dt>A message lasts at most</dt><dd>3 min 0 s</dd>"],
    );
    let fields = |who: &'static str, seconds: &'static str, more: &[(&'static str, &'static str)]| {
        let rest = [("who", who), ("seconds", seconds), ("mail_as", "opus")];
        rest.into_iter().chain(more.iter().copied()).collect::<Vec<_>>()
    };
    for (fields, says) in [
        (fields("these", "180", &[]), "Choose who is meant."),
        (fields("", "180", &[("people", "103")]), "Say that only those who are chosen are meant"),
        (fields("all", "5", &[]), "Seconds of a message at most: write a number from 10 to 600."),
        (fields("these", "180", &[("people", "103"), ("main", "102")]), "102"),
    ] {
        let page = change(&clinic, &cookie, "/plan/kept/messages", "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}");
        shows(&page, &[says, "<details open><summary>Change who has a mailbox"]);
    }
    assert!(clinic.ordered().is_empty());
    let some = fields("these", "180", &[("people", "101"), ("people", "103"), ("main", "103")]);
    let asked = change(&clinic, &cookie, "/plan/kept/messages", "", &some).await;
    shows(
        &asked,
        &[
            "<li>Messages, Who has a mailbox: Front desk (101), Doctor &#60;Okafor&#62; (103) (until now: nobody).</li>",
            "<li>Messages, Messages for groups and the main number go to: Doctor &#60;Okafor&#62; (103) (until now: nobody: their callers leave none).</li>",
            "<li>Messages, Sent by mail as: Opus, an eighth as large (until now: WAV, which every program plays).</li>",
        ],
    );
    change(&clinic, &cookie, "/plan/kept/messages", "live", &some).await;
    let new = text(&clinic);
    let block = "\n[voicemail]\npeople = [\"101\", \"103\"]\nmain = \"103\"\nmail_as = \"opus\"\n";
    assert_eq!(new, format!("{BARE}{block}"));
    uses(&clinic, &new);
    shows(
        &clinic.get("/plan/kept", &cookie).await,
        &["name=\"people\" value=\"103\" checked", "<option value=\"these\" selected>"],
    );
    change(&clinic, &cookie, "/plan/kept/messages", "live", &fields("", "180", &[])).await;
    assert_eq!(text(&clinic), BARE);
}

#[tokio::test]
async fn calls_are_recorded_once_a_form_says_which_and_how() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "solo-practice");
    let before = plan::library("solo-practice").expect("it is there");
    let page = clinic.get("/plan/kept", &cookie).await;
    shows(&page, &["<dt>Calls are recorded</dt><dd>never</dd>", "name=\"calls\" value=\"in\" checked"]);
    assert!(!page.body.contains("<dt>Whose calls</dt>"), "of no recording there is no more to say");
    let usual =
        [("who", "all"), ("keep_days", "30"), ("decline", "9"), ("code", "*1"), ("calls", "in"), ("calls", "out")];
    let fields = |start: &'static str, rest: &[(&'static str, &'static str)], more: &[(&'static str, &'static str)]| {
        [("start", start)].iter().chain(rest).chain(more).copied().collect::<Vec<_>>()
    };
    for (fields, says) in [
        (fields("always", &usual[..4], &[]), "Choose which calls are recorded"),
        (fields("always", &usual[1..], &[("who", "these")]), "Choose who is meant."),
        (
            fields("always", &[("keep_days", "0"), ("decline", "9"), ("code", "*1"), ("calls", "in")], &[]),
            "Days until a recording is destroyed: write a number from 1 to 3650.",
        ),
        (fields("always", &[&usual[..2], &usual[3..]].concat(), &[("decline", "x")]), "write one digit"),
        (
            fields("always", &[&usual[..3], &usual[4..]].concat(), &[("code", "11")]),
            "The code is a star and one or two digits",
        ),
        (fields("always", &usual, &[("numbers", "+12025550199")]), "this plan answers no such number"),
        (fields("always", &usual, &[("rooms", "899")]), "this plan has no such room"),
    ] {
        let page = change(&clinic, &cookie, "/plan/kept/recording", "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}");
        shows(&page, &[says, "<details open><summary>Change what is recorded"]);
    }
    assert!(clinic.ordered().is_empty());
    let off = change(&clinic, &cookie, "/plan/kept/recording", "live", &fields("", &usual, &[])).await;
    assert_eq!((off.status, clinic.ordered().len()), (StatusCode::SEE_OTHER, 0), "what is the same changes nothing");
    let some = fields("on-demand", &usual, &[("rooms", "800"), ("beep", "on"), ("numbers", "main")]);
    let asked = change(&clinic, &cookie, "/plan/kept/recording", "", &some).await;
    shows(
        &asked,
        &[
            "<li>Recordings, Calls are recorded: once somebody dials the code in the call (until now: never).</li>",
            "<li>Recordings, What is said in rooms: room 800 (until now: none).</li>",
            "<li>Recordings, A tone follows the words: yes (until now: no).</li>",
        ],
    );
    assert!(!asked.body.contains("Whose calls"), "what is as usual is not said");
    change(&clinic, &cookie, "/plan/kept/recording", "live", &some).await;
    let new = text(&clinic);
    let block = "\n[recording]\nstart = \"on demand\"\nnumbers = [\"main\"]\nrooms = [\"800\"]\nbeep = true\n";
    assert_eq!(new.replace(block, ""), before);
    uses(&clinic, &new);
    let page = clinic.get("/plan/kept", &cookie).await;
    shows(
        &page,
        &["<dt>Whose calls</dt><dd>everybody</dd>", "name=\"rooms\" value=\"800\" checked", "name=\"beep\" checked"],
    );
    let silent = fields("always", &usual[1..], &[("who", "these"), ("people", "103"), ("silent", "on")]);
    let asked = change(&clinic, &cookie, "/plan/kept/recording", "", &silent).await;
    shows(
        &asked,
        &[
            "from their beginning (until now: once somebody",
            "<li>Recordings, Whose calls: Doctor &#60;Okafor&#62; (103) (until now: everybody).</li>",
            "<li>Recordings, Nobody is told: yes (until now: no).</li>",
            "<li>Recordings, A tone follows the words: no (until now: yes).</li>",
        ],
    );
    change(&clinic, &cookie, "/plan/kept/recording", "live", &fields("", &usual, &[])).await;
    assert_eq!(text(&clinic), before);
}
