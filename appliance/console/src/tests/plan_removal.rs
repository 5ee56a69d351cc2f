//! What goes from a plan by form: only with a word about where its calls go instead, and after it was said what changes. And hours that come.

use axum::http::StatusCode;

use super::Clinic;
use super::plan::{send, uses};
use super::plan_forms::{change, shows, text};

#[tokio::test]
async fn a_queue_goes_once_its_callers_have_somewhere_to_go() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let page = clinic.get("/plan/groups", &cookie).await;
    shows(
        &page,
        &[
            "<a class=\"link\" href=\"/plan/groups#menu-main\">menu main: key 1</a>",
            "<a class=\"link\" href=\"/plan/groups#menu-main\">menu main: nothing pressed</a>",
            "<a class=\"link\" href=\"/plan/hours#calls-front\">by the hours (front): while it is open</a>",
        ],
    );
    let alone = [("what", "queue appointments"), ("instead", "")];
    for act in ["", "live"] {
        let refused = change(&clinic, &cookie, "/plan/groups/remove", act, &alone).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(
            &refused,
            &["Calls still get to queue appointments. Choose where they go instead", "<details open><summary>Take out"],
        );
    }
    assert!(clinic.ordered().is_empty());
    let instead = [("what", "queue appointments"), ("instead", "101")];
    let asked = change(&clinic, &cookie, "/plan/groups/remove", "", &instead).await;
    shows(
        &asked,
        &[
            "<li>Menu main, key 1: Front desk (101) (until now: queue appointments).</li>",
            "<li>Menu main, nothing pressed: Front desk (101) (until now: queue appointments).</li>",
            "<li>Gone from the plan: queue appointments.</li>",
            "<li>No call gets to “announcement call-again” any more. It stays in the plan.</li>",
        ],
    );
    assert!(clinic.ordered().is_empty(), "nothing happens before somebody has seen it");
    change(&clinic, &cookie, "/plan/groups/remove", "live", &instead).await;
    let new = text(&clinic);
    assert!(!new.contains("queue appointments") && !new.contains("[queues.appointments]"), "{new}");
    // What nothing leads to any more goes without a question.
    uses(&clinic, &new);
    shows(&clinic.get("/plan/groups", &cookie).await, &["Nothing of the plan leads here."]);
    let lost = [("what", "announcement call-again")];
    shows(
        &change(&clinic, &cookie, "/plan/groups/remove", "", &lost).await,
        &["<li>Gone from the plan: announcement call-again.</li>"],
    );
    change(&clinic, &cookie, "/plan/groups/remove", "live", &lost).await;
    let after = text(&clinic);
    assert!(!after.contains("call-again"), "{after}");
    let gone = change(&clinic, &cookie, "/plan/groups/remove", "live", &instead).await;
    assert_eq!(gone.status, StatusCode::UNPROCESSABLE_ENTITY);
    shows(&gone, &["This is not in the plan any more."]);
}

#[tokio::test]
async fn only_a_phone_takes_the_place_of_a_group_that_a_number_rings() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let page = clinic.get("/plan/groups", &cookie).await;
    shows(&page, &["<a class=\"link\" href=\"/plan/numbers#number-main\">(202) 555-0199: rings it</a>"]);
    for (instead, says) in
        [("hang up", "only a phone can take its place"), ("100", "This is not in the plan any more.")]
    {
        let fields = [("what", "100"), ("instead", instead)];
        let page = change(&clinic, &cookie, "/plan/groups/remove", "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[says]);
    }
    let fields = [("what", "100"), ("instead", "102")];
    let asked = change(&clinic, &cookie, "/plan/groups/remove", "", &fields).await;
    shows(
        &asked,
        &[
            "<li>(202) 555-0199, leads to: Nurse (102) (until now: extension 100).</li>",
            "<li>Gone from the plan: extension 100.</li>",
        ],
    );
    assert_eq!(asked.body.matches("(until now").count(), 1, "{}", asked.body);
    change(&clinic, &cookie, "/plan/groups/remove", "live", &fields).await;
    let new = text(&clinic);
    assert!(new.contains("number = \"main\"\nring = [\"102\"]\n") && !new.contains("[extensions.100]"), "{new}");
    // Neither a person nor a number of the clinic goes so, nor what is no step.
    uses(&clinic, &new);
    for what in ["101", "main", "schedule none", "fax machine", "menu none", ""] {
        let page = change(&clinic, &cookie, "/plan/groups/remove", "live", &[("what", what), ("instead", "101")]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
        shows(&page, &["This is not in the plan any more."]);
    }
    // A person who has a group under their own extension keeps the extension.
    uses(&clinic, &format!("{new}[extensions.101]\nring = [\"101\", \"102\"]\n"));
    let own = [("what", "101")];
    shows(
        &change(&clinic, &cookie, "/plan/groups/remove", "", &own).await,
        &["<li>Front desk (101) rings alone again.</li>"],
    );
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn a_rota_goes_and_a_form_that_was_open_meanwhile_takes_nothing() {
    let clinic = Clinic::open().await;
    let (cookie, nurse) = (clinic.sign_in("101").await, clinic.sign_in("102").await);
    uses(&clinic, "group-practice");
    let page = clinic.get("/plan/oncall", &cookie).await;
    shows(&page, &["<a class=\"link\" href=\"/plan/groups#told-closed\">announcement closed: comes after it</a>"]);
    let fields = [("what", "rota doctor"), ("instead", "announcement nobody-on-call")];
    let asked = change(&clinic, &cookie, "/plan/oncall/remove", "", &fields).await;
    shows(
        &asked,
        &[
            "announcement closed, and then: announcement nobody-on-call (until now: whoever is on call (doctor)).",
            "Gone from the plan: whoever is on call (doctor).",
        ],
    );
    let over = asked.body.split("name=\"over\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let late = |over| [("over", over), ("act", "live"), fields[0], fields[1]];
    let over = over.expect("which plan it changes").to_owned();
    assert_eq!(send(&clinic, "/plan/oncall/remove", &nurse, &late(&over)).await.status, StatusCode::FORBIDDEN);
    change(&clinic, &cookie, "/plan/oncall/remove", "live", &fields).await;
    let new = text(&clinic);
    // What is noted right above it goes with it.
    assert!(!new.contains("doctor]") && !new.contains("# Turns change every Monday"), "{new}");
    // Another has changed the plan since.
    let other = plan::library("group-practice").expect("it is there").replace("seconds = 15", "seconds = 20");
    uses(&clinic, &other);
    let late = send(&clinic, "/plan/oncall/remove", &cookie, &late(&over)).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn hours_and_what_is_led_by_them_go() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "multi-site");
    let page = clinic.get("/plan/hours", &cookie).await;
    shows(
        &page,
        &[
            "<a class=\"link\" href=\"/plan/hours#calls-hill\">by the hours (hill)</a>",
            "<select id=\"week-hill-instead\" name=\"instead\"><option value=\"harbor\" selected>",
            "<select id=\"calls-hill-hours\" name=\"hours\"><option value=\"harbor\">harbor</option><option value=\"hill\" selected>",
            "<a class=\"link\" href=\"/plan/hours#calls-hill\">by the hours (hill): while it is closed</a>",
        ],
    );
    for instead in ["", "hill", "nobody"] {
        let fields = [("name", "hill"), ("instead", instead)];
        let refused = change(&clinic, &cookie, "/plan/hours/remove-week", "live", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&refused, &["Calls are still led by the hours hill.", "<details open><summary>Take out"]);
    }
    let fields = [("name", "hill"), ("instead", "harbor")];
    let asked = change(&clinic, &cookie, "/plan/hours/remove-week", "", &fields).await;
    shows(
        &asked,
        &["<li>hill, by the hours: harbor (until now: hill).</li>", "<li>Gone from the plan: the hours hill.</li>"],
    );
    assert!(clinic.ordered().is_empty(), "nothing happens before somebody has seen it");
    change(&clinic, &cookie, "/plan/hours/remove-week", "live", &fields).await;
    let new = text(&clinic);
    assert!(!new.contains("[hours.hill]") && new.contains("[schedules.hill]\nhours = \"harbor\"\n"), "{new}");
    // By hand: led by other hours, and these stay.
    let led =
        [("schedule", "hill"), ("hours", "harbor"), ("open", "200"), ("closed", "schedule harbor"), ("holiday", "")];
    let asked = change(&clinic, &cookie, "/plan/hours/calls", "", &led).await;
    shows(&asked, &["<li>No call is led by the hours hill any more. They stay in the plan.</li>"]);
    // What is led by hours goes only with a word about its calls, and then the hours are in nobody's way.
    uses(&clinic, "group-practice");
    shows(&clinic.get("/plan/hours", &cookie).await, &["There are no other hours that could lead them"]);
    let alone = [("name", "office")];
    let refused = change(&clinic, &cookie, "/plan/hours/remove-week", "live", &alone).await;
    shows(&refused, &["Calls are still led by the hours office."]);
    let refused =
        change(&clinic, &cookie, "/plan/hours/remove", "live", &[("what", "schedule front"), ("instead", "")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    shows(&refused, &["Calls still get to by the hours (front)."]);
    assert!(clinic.ordered().is_empty());
    let fields = [("what", "schedule front"), ("instead", "menu main")];
    let asked = change(&clinic, &cookie, "/plan/hours/remove", "", &fields).await;
    shows(
        &asked,
        &[
            "<li>(202) 555-0199, leads to: menu main (until now: by the hours (front)).</li>",
            "<li>Gone from the plan: by the hours (front).</li>",
            "<li>No call is led by the hours office any more. They stay in the plan.</li>",
        ],
    );
    change(&clinic, &cookie, "/plan/hours/remove", "live", &fields).await;
    let new = text(&clinic);
    assert!(!new.contains("[schedules.front]") && !new.contains("# What a caller meets."), "{new}");
    uses(&clinic, &new);
    shows(&clinic.get("/plan/hours", &cookie).await, &["No calls are led by these hours."]);
    let asked = change(&clinic, &cookie, "/plan/hours/remove-week", "", &alone).await;
    assert_eq!(asked.body.matches("<li>Gone from the plan: the hours office.</li>").count(), 1, "{}", asked.body);
    assert!(!asked.body.contains("as its weekday again"), "days of hours that are gone are not said: {}", asked.body);
    change(&clinic, &cookie, "/plan/hours/remove-week", "live", &alone).await;
    let none = text(&clinic);
    assert!(!none.contains("hours.office") && none.contains("[holidays.days]"), "{none}");
    uses(&clinic, &none);
    shows(&clinic.get("/plan/hours", &cookie).await, &["The clinic has no hours yet", "menu main."]);
    let gone = change(&clinic, &cookie, "/plan/hours/remove-week", "live", &alone).await;
    shows(&gone, &["This is not in the plan any more."]);
}

#[tokio::test]
async fn more_hours_come_and_lead_calls() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    // The first hours come in another way, which leads calls by them, too.
    let page = clinic.get("/plan/hours", &cookie).await;
    assert!(
        !page.body.contains("/plan/hours/add-week") && !page.body.contains("/plan/hours/add-calls"),
        "{}",
        page.body
    );
    uses(&clinic, "group-practice");
    let week = |name: &'static str| [("name", name), ("from-0-0", "08:00"), ("until-0-0", "10:00")];
    for (fields, says) in [
        (&week("office")[..], "The plan has one of this name already."),
        (&week("the lab"), "A name has letters, digits"),
        (&[("name", "lab")], "Say on at least one day when the clinic is open."),
    ] {
        let page = change(&clinic, &cookie, "/plan/hours/add-week", "live", fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[says, &format!("value=\"{}\"", fields[0].1)]);
    }
    let asked = change(&clinic, &cookie, "/plan/hours/add-week", "", &week("lab")).await;
    shows(&asked, &["<li>New hours: lab.</li>", "<li>lab, Monday: 08:00–10:00 (until now: closed).</li>"]);
    change(&clinic, &cookie, "/plan/hours/add-week", "live", &week("lab")).await;
    let new = text(&clinic);
    assert!(new.contains("\n[hours.lab]\nmonday = \"08:00-10:00\"\nholidays = false\n"), "{new}");
    uses(&clinic, &new);
    let calls = |open: &'static str| {
        [("name", "lab"), ("hours", "lab"), ("open", open), ("closed", "schedule front"), ("holiday", "")]
    };
    let nowhere = change(&clinic, &cookie, "/plan/hours/add-calls", "live", &calls("")).await;
    shows(&nowhere, &["Say where calls go while it is open", "<option value=\"schedule front\" selected>"]);
    let asked = change(&clinic, &cookie, "/plan/hours/add-calls", "", &calls("102")).await;
    shows(
        &asked,
        &[
            "<li>New: by the hours (lab). While lab is open, calls go to: Nurse (102). While it is closed: by the hours (front).</li>",
            "<li>No call gets to “schedule lab” yet. Let something lead there:",
        ],
    );
    change(&clinic, &cookie, "/plan/hours/add-calls", "live", &calls("102")).await;
    let led = text(&clinic);
    let block = "[schedules.lab]\nhours = \"lab\"\nopen = \"102\"\nclosed = \"schedule front\"\n";
    assert!(led.contains(block), "{led}");
    // Calls that come back to themselves have no end.
    uses(&clinic, &led);
    let round = [("schedule", "lab"), ("hours", "lab"), ("open", "schedule lab"), ("closed", "hang up")];
    let round = change(&clinic, &cookie, "/plan/hours/calls", "live", &round).await;
    assert_eq!(round.status, StatusCode::UNPROCESSABLE_ENTITY);
    shows(&round, &["goes round for ever"]);
}
