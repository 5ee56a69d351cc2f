//! Who is on call, and what a plan has not had before: by form.

use std::time::Duration;

use axum::http::StatusCode;
use model::time::Now;

use super::Clinic;
use super::plan::uses;
use super::plan_forms::{change, shows, text};

/// The doctors' form, as it is shown.
const DOCTORS: [(&str, &str); 9] = [
    ("name", "doctor"),
    ("who", "103"),
    ("who", "102"),
    ("since", "2026-11-16"),
    ("days", "7"),
    ("change", "08:00"),
    ("seconds", "25"),
    ("press_1", "on"),
    ("nobody", "announcement nobody-on-call"),
];

#[tokio::test]
async fn who_is_on_call_is_told_to_all_and_drawn_for_who_changes_it() {
    let clinic = Clinic::open().await;
    let (manager, nurse) = (clinic.sign_in("101").await, clinic.sign_in("102").await);
    uses(&clinic, "group-practice");
    let page = clinic.get("/plan", &nurse).await;
    shows(&page, &["<strong>doctor</strong>: ", "until Monday 23 November, 08:00"]);
    assert!(!page.body.contains("/plan/oncall"), "{}", page.body);
    assert_eq!(clinic.get("/plan/oncall", &nurse).await.status, StatusCode::FORBIDDEN);
    let page = clinic.get("/plan/oncall", &manager).await;
    shows(
        &page,
        &[
            "until Monday 23 November, 08:00",
            "Monday 16 November, 08:00 – Monday 23 November, 08:00",
            "Monday 23 November, 08:00 – Monday 30 November, 08:00",
            // From Friday at midnight until Monday at eight: 80 of 672 hours.
            "<rect class=\"bar\" x=\"0\" y=\"0\" width=\"171\" height=\"20\"/>",
            "name=\"days\" type=\"text\" inputmode=\"numeric\" required value=\"7\"",
            "Let others take turns, too",
        ],
    );
}

#[tokio::test]
async fn whoever_stands_in_is_said_before_it_goes_live_and_can_be_taken_back() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let fields = |until: &'static str| {
        [
            ("name", "doctor"),
            ("who", "101"),
            ("from-day", "2026-11-21"),
            ("from-time", "12:00"),
            ("until-day", until),
            ("until-time", "08:00"),
        ]
    };
    let page = change(&clinic, &cookie, "/plan/oncall/stand-in", "live", &fields("2026-11-20")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    shows(&page, &["This ends before it begins.", "value=\"2026-11-21\""]);
    let two: Vec<_> = fields("2026-11-22").into_iter().chain([("outside", "202-555-0144")]).collect();
    shows(&change(&clinic, &cookie, "/plan/oncall/stand-in", "live", &two).await, &["only one stands in."]);
    let asked = change(&clinic, &cookie, "/plan/oncall/stand-in", "", &fields("2026-11-22")).await;
    shows(
        &asked,
        &["Front desk (101) stands in on call (doctor): Saturday 21 November, 12:00 – Sunday 22 November, 08:00."],
    );
    assert!(clinic.ordered().is_empty());
    change(&clinic, &cookie, "/plan/oncall/stand-in", "live", &fields("2026-11-22")).await;
    let live = text(&clinic);
    assert!(live.contains("\"2026-11-21 12:00 - 2026-11-22 08:00\" = \"101\""), "{live}");
    uses(&clinic, &live);
    shows(&clinic.get("/plan/oncall", &cookie).await, &["class=\"bar differs\"", "stands in"]);
    let key = [("name", "doctor"), ("key", "2026-11-21 12:00 - 2026-11-22 08:00")];
    let asked = change(&clinic, &cookie, "/plan/oncall/back", "", &key).await;
    shows(&asked, &["Front desk (101) does not stand in any more on call (doctor)"]);
    change(&clinic, &cookie, "/plan/oncall/back", "live", &key).await;
    assert!(!text(&clinic).contains("2026-11-21 12:00"));
}

#[tokio::test]
async fn turns_change_from_now_on_and_a_number_outside_takes_one() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let rest = [
        ("since", "2026-11-16"),
        ("days", "7"),
        ("change", "08:00"),
        ("seconds", "25"),
        ("press_1", "on"),
        ("nobody", "hang up"),
    ];
    let fields: Vec<_> = [("name", "doctor"), ("who", "103"), ("who", ""), ("outside", "202-555-0144")]
        .into_iter()
        .chain(rest)
        .collect();
    let asked = change(&clinic, &cookie, "/plan/oncall/turns", "", &fields).await;
    shows(&asked, &["on call (doctor), the turns from now on", "outside: (202) 555-0144"]);
    change(&clinic, &cookie, "/plan/oncall/turns", "live", &fields).await;
    let live = text(&clinic);
    assert!(live.contains("turns = [\"103\", \"outside +12025550144\"]"), "{live}");
    for (wrong, says) in [(("outside", "911"), "That is no number outside the clinic."), (("days", "x"), "in digits")] {
        let fields: Vec<_> = [wrong].into_iter().chain(fields.iter().copied().filter(|f| f.0 != wrong.0)).collect();
        let page = change(&clinic, &cookie, "/plan/oncall/turns", "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[says]);
    }
    let nobody: Vec<_> = [("name", "doctor"), ("who", "")].into_iter().chain(rest).collect();
    shows(&change(&clinic, &cookie, "/plan/oncall/turns", "live", &nobody).await, &["Choose who is on call."]);
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn who_is_called_after_whoever_is_on_call_is_said_and_changed() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let told = "<dt>If they do not take the call</dt><dd>the others who take turns are called</dd>";
    shows(&clinic.get("/plan/oncall", &cookie).await, &[told, "name=\"after-outside\""]);
    let fields = |more: &[(&'static str, &'static str)]| DOCTORS.iter().chain(more).copied().collect::<Vec<_>>();
    let same = change(&clinic, &cookie, "/plan/oncall/turns", "live", &fields(&[("then", ""), ("after", "")])).await;
    assert_eq!(same.status, StatusCode::SEE_OTHER);
    assert!(clinic.ordered().is_empty(), "what is the same changes nothing");
    // Who chooses somebody has to say that they alone are called.
    for (more, says) in [
        (&[("then", ""), ("after", "101")][..], "Say that only those who are chosen are called"),
        (&[("then", "these"), ("after-outside", "911")], "That is no number outside the clinic."),
    ] {
        let page = change(&clinic, &cookie, "/plan/oncall/turns", "live", &fields(more)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[says, more[1].1]);
    }
    let these = fields(&[("then", "these"), ("after", ""), ("after", "101"), ("after-outside", "202-555-0144")]);
    let asked = change(&clinic, &cookie, "/plan/oncall/turns", "", &these).await;
    shows(
        &asked,
        &["doctor, If they do not take the call: Front desk (101), outside: (202) 555-0144 (until now: the others"],
    );
    change(&clinic, &cookie, "/plan/oncall/turns", "live", &these).await;
    let live = text(&clinic);
    assert!(live.contains("escalate = [\"101\", \"outside +12025550144\"]"), "{live}");
    uses(&clinic, &live);
    shows(
        &clinic.get("/plan/oncall", &cookie).await,
        &["<dd>Front desk (101), outside: (202) 555-0144</dd>", "<option value=\"these\" selected>"],
    );
    change(&clinic, &cookie, "/plan/oncall/turns", "live", &fields(&[("then", "these"), ("after", "")])).await;
    assert!(text(&clinic).contains("escalate = []"), "nobody is called after them");
}

/// Opened on Friday, sent on Monday, when the next turn has begun: what nobody has changed stays.
#[tokio::test]
async fn a_form_that_was_open_while_turns_changed_changes_no_turn() {
    let monday = Now::simulation_start().after(Duration::from_hours(73)).wall;
    let clinic = Clinic::open_at(monday).await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let now = clinic.get("/plan/oncall", &cookie).await;
    shows(&now, &["name=\"since\" value=\"2026-11-23\"", "Monday 23 November, 08:00 – Monday 30 November, 08:00"]);
    let sent = change(&clinic, &cookie, "/plan/oncall/turns", "live", &DOCTORS).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    assert!(clinic.ordered().is_empty(), "nothing goes live");
}

#[tokio::test]
async fn a_new_rota_has_a_name_of_its_own() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let fields = |name: &'static str| {
        [
            ("name", name),
            ("who", "102"),
            ("since", "2026-11-20"),
            ("days", "1"),
            ("change", "17:00"),
            ("seconds", "25"),
            ("nobody", "hang up"),
        ]
    };
    for (name, says) in [("doctor", "one of this name already"), ("on call", "A name has letters, digits")] {
        let page = change(&clinic, &cookie, "/plan/oncall/add", "live", &fields(name)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[says, &format!("value=\"{name}\"")]);
    }
    let asked = change(&clinic, &cookie, "/plan/oncall/add", "", &fields("nurse")).await;
    shows(&asked, &["On call (nurse), from now on: "]);
    change(&clinic, &cookie, "/plan/oncall/add", "live", &fields("nurse")).await;
    let live = text(&clinic);
    assert!(live.contains("[rotas.nurse]\nturns = [\"102\"]\nsince = \"2026-11-20\""), "{live}");
    assert!(live.contains("press_1 = false"), "{live}");
    let told = [&fields("nurse")[..], &[("prompt", "stay_for_doctor")]].concat();
    change(&clinic, &cookie, "/plan/oncall/add", "live", &told).await;
    assert_eq!(text(&clinic).replace("prompt = \"stay_for_doctor\"\n", ""), live);
}

#[tokio::test]
async fn what_a_rota_says_to_its_callers_is_heard_first_and_changes() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let page = clinic.get("/plan/oncall", &cookie).await;
    shows(&page, &["<h3>What callers hear first</h3>", "id=\"rota-doctor-text-\""]);
    let fields = |more: &[(&'static str, &'static str)]| DOCTORS.iter().chain(more).copied().collect::<Vec<_>>();
    let words = fields(&[("prompt", "stay_for_doctor"), ("prompt", ""), ("text-", "Please stay.")]);
    let asked = change(&clinic, &cookie, "/plan/oncall/turns", "", &words).await;
    shows(
        &asked,
        &[
            "<li>whoever is on call (doctor), what callers hear: stay_for_doctor (until now: nothing).</li>",
            "<li>whoever is on call (doctor), to read: “Please stay.”</li>",
        ],
    );
    change(&clinic, &cookie, "/plan/oncall/turns", "live", &words).await;
    let live = text(&clinic);
    assert!(
        live.contains(
            "nobody = \"announcement nobody-on-call\"\nprompt = \"stay_for_doctor\"\nsay = \"Please stay.\"\n"
        ),
        "{live}"
    );
    uses(&clinic, &live);
    let heard = prompts::text(clinic.settings.borrow().language, "stay_for_doctor").expect("it has words");
    shows(
        &clinic.get("/plan/oncall", &cookie).await,
        &[&format!("<p>“{heard}”</p>"), "<option value=\"stay_for_doctor\" selected>", ">Please stay.</textarea>"],
    );
    let gone = change(&clinic, &cookie, "/plan/oncall/turns", "live", &[("name", "nurse"), words[1]]).await;
    shows(&gone, &["This is not in the plan any more."]);
    change(&clinic, &cookie, "/plan/oncall/turns", "live", &fields(&[("text-", "")])).await;
    assert_eq!(text(&clinic), plan::library("group-practice").expect("it is there"), "as it was before");
}

#[tokio::test]
async fn a_group_a_menu_and_an_announcement_are_added_by_form() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "solo-practice");
    let page = clinic.get("/plan/groups", &cookie).await;
    shows(&page, &["Add a group", "Add a menu", "Add an announcement"]);
    let group = |number: &'static str| {
        [("number", number), ("ring", "102"), ("ring", ""), ("order", "together"), ("seconds", "25"), ("nobody", "")]
    };
    for (number, says) in [("101", "101 is somebody’s already."), ("six", "Give it an extension")] {
        let page = change(&clinic, &cookie, "/plan/groups/add-group", "live", &group(number)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[says, &format!("value=\"{number}\"")]);
    }
    let asked = change(&clinic, &cookie, "/plan/groups/add-group", "", &group("640")).await;
    shows(&asked, &["New: extension 640 rings "]);
    change(&clinic, &cookie, "/plan/groups/add-group", "live", &group("640")).await;
    let live = text(&clinic);
    assert!(live.contains("[extensions.640]\nring = [\"102\"]\norder = \"together\"\nseconds = 25\n"), "{live}");

    let told = |text: &'static str| [("name", "snow"), ("text-", text), ("then", "101")];
    shows(
        &change(&clinic, &cookie, "/plan/groups/add-announcement", "live", &told("")).await,
        &["Choose a sentence that callers hear"],
    );
    let asked = change(&clinic, &cookie, "/plan/groups/add-announcement", "", &told("Closed, for snow.")).await;
    shows(&asked, &["New: announcement snow, and then: Front desk (101)."]);
    change(&clinic, &cookie, "/plan/groups/add-announcement", "live", &told("Closed, for snow.")).await;
    let live = text(&clinic);
    assert!(live.contains("[announcements.snow]\nsay = \"Closed, for snow.\"\nthen = \"101\"\n"), "{live}");

    let menu = |key: &'static str| {
        [("name", "night"), ("key-1", key), ("prompt", "clinic_closed"), ("text-", ""), ("nobody", "hang up")]
    };
    let none = change(&clinic, &cookie, "/plan/groups/add-menu", "live", &menu("")).await;
    shows(&none, &["Say what at least one key does."]);
    let asked = change(&clinic, &cookie, "/plan/groups/add-menu", "", &menu("102")).await;
    shows(&asked, &["New: menu night. 1: "]);
    change(&clinic, &cookie, "/plan/groups/add-menu", "live", &menu("102")).await;
    assert!(text(&clinic).contains("[menus.night]"));
}
