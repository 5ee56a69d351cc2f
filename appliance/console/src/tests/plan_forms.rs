//! The plan that is changed by forms: what is asked before, what goes live, and what does not.

use axum::http::StatusCode;
use model::command::Command;
use store::effect::{Effect, NewPlan};

use super::plan::{send, uses};
use super::{Answer, Clinic};

/// A plan that says nothing but what it must.
pub(super) const BARE: &str = "[[inbound]]\nnumber = \"main\"\nring = [\"101\"]\n";

/// Everything else that stands in a text.
const REST: &str = "# Ours since 2024.\n[[inbound]]\nnumber = \"main\"\nto = \"schedule front\" # the desk\n[schedules.front]\nhours = \"office\"\n\
     open = \"101\"\nclosed = \"announcement closed\"\n[announcements.closed]\nprompt = \"clinic_closed\"\n";

fn over(page: &str) -> String {
    let mark = page.split("name=\"over\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    mark.expect("the page says which plan it changes").to_owned()
}

/// A form of a page, filled in.
pub(super) async fn change(clinic: &Clinic, cookie: &str, path: &str, act: &str, fields: &[(&str, &str)]) -> Answer {
    let page = path.rsplit_once('/').expect("a page and its form").0;
    let over = over(&clinic.get(page, cookie).await.body);
    let fields: Vec<_> = [("over", over.as_str()), ("act", act)].into_iter().chain(fields.iter().copied()).collect();
    send(clinic, path, cookie, &fields).await
}

/// The text that was ordered to go live.
pub(super) fn text(clinic: &Clinic) -> String {
    match clinic.ordered().as_slice() {
        [Command::SetPlan { by, text, instead_of: Some(_) }] if by == "101" => text.clone(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub(super) fn shows(answer: &Answer, parts: &[&str]) {
    for part in parts {
        assert!(answer.body.contains(part), "{part}\n{}", answer.body);
    }
}

#[tokio::test]
async fn a_week_is_drawn_and_said_day_by_day() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, &format!("{REST}[hours.office]\nmonday = \"08:00-12:00, 13:00-17:00\"\nsunday = \"22:00-24:00\"\n"));
    let page = clinic.get("/plan/hours", &cookie).await;
    shows(
        &page,
        &[
            "<rect class=\"bar\" x=\"480\" y=\"0\" width=\"240\" height=\"20\"/><rect class=\"bar\" x=\"780\"",
            "<span>08:00–12:00, 13:00–17:00</span>",
            "<span>22:00–24:00</span>",
            "name=\"from-0-1\" value=\"13:00\"",
            "name=\"until-6-0\" value=\"00:00\"",
            "<dt>while it is closed</dt><dd>announcement closed</dd>",
            "<dt>while it is open</dt><dd>Front desk (101)</dd>",
        ],
    );
    assert_eq!(page.body.matches("<b>Tuesday</b>").count(), 1);
    // Whoever may not manage is not led there.
    let nurse = clinic.sign_in("102").await;
    assert!(!clinic.get("/plan", &nurse).await.body.contains("/plan/hours\">"));
    assert!(clinic.get("/plan", &cookie).await.body.contains("href=\"/plan/hours\""));
}

#[tokio::test]
async fn hours_are_asked_about_in_a_sentence_and_go_live_with_nothing_else_changed() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let mut week = vec![("hours", "office"), ("holidays", "on")];
    for (from, until) in [("from-0-0", "until-0-0"), ("from-1-0", "until-1-0"), ("from-3-0", "until-3-0")] {
        week.extend([(from, "08:00"), (until, "12:00")]);
    }
    week.extend([("from-4-0", "08:00"), ("until-4-0", "14:00")]);
    week.extend([("from-0-1", "13:00"), ("until-0-1", "17:00"), ("from-1-1", "13:00"), ("until-1-1", "17:00")]);
    week.extend([("from-3-1", "13:00"), ("until-3-1", "17:00"), ("from-2-0", "10:00"), ("until-2-0", "00:00")]);
    let asked = change(&clinic, &cookie, "/plan/hours/week", "", &week).await;
    assert_eq!(asked.status, StatusCode::OK);
    shows(
        &asked,
        &[
            "<li>office, Wednesday: 10:00–24:00 (until now: 08:00–12:00, 13:00–17:00).</li>",
            "<input type=\"hidden\" name=\"from-2-0\" value=\"10:00\">",
            "name=\"act\" value=\"live\"",
        ],
    );
    assert_eq!(asked.body.matches("<li>office").count(), 1);
    assert!(clinic.ordered().is_empty(), "nothing happens before somebody has seen it");
    let live = change(&clinic, &cookie, "/plan/hours/week", "live", &week).await;
    assert_eq!(
        (live.status, &live.headers["location"]),
        (StatusCode::SEE_OTHER, &"/plan/hours".parse().expect("text"))
    );
    let before = plan::library("group-practice").expect("it is there");
    let expected =
        before.replace("friday = \"08:00-14:00\"\n", "friday = \"08:00-14:00\"\nwednesday = \"10:00-24:00\"\n");
    assert_eq!(text(&clinic), expected);
}

#[tokio::test]
async fn hours_that_cannot_be_come_back_as_they_were_typed() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, &format!("{REST}[hours.office]\nmonday = \"08:00-12:00\"\n"));
    let fields = [
        ("hours", "office"),
        ("from-0-0", "09:30"),
        ("from-1-0", "17:00"),
        ("until-1-0", "08:00"),
        ("from-2-0", "08:00"),
        ("until-2-0", "12:00"),
        ("from-2-1", "11:00"),
        ("until-2-1", "13:00"),
    ];
    for act in ["", "live"] {
        let page = change(&clinic, &cookie, "/plan/hours/week", act, &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(
            &page,
            &[
                "Monday: say both from when and until when, or neither.",
                "Tuesday: these hours end before they begin.",
                "Wednesday: these hours overlap.",
                "name=\"from-0-0\" value=\"09:30\"",
                "<details open>",
            ],
        );
    }
    // What the plan itself refuses stands there in the plan's own words.
    let never = change(&clinic, &cookie, "/plan/hours/week", "", &[("hours", "office")]).await;
    assert_eq!(never.status, StatusCode::UNPROCESSABLE_ENTITY);
    shows(&never, &["these hours never open"]);
    let gone = change(&clinic, &cookie, "/plan/hours/week", "", &[("hours", "nobody")]).await;
    shows(&gone, &["This is not in the plan any more."]);
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn what_is_wrong_elsewhere_in_the_text_is_not_blamed_on_the_form() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, &format!("{REST}[hours.office]\nmonday = \"08:00-12:00\"\n[extensions.600]\nring = [\"177\"]\n"));
    let fields = [("hours", "office"), ("from-0-0", "08:00"), ("until-0-0", "13:00")];
    let page = change(&clinic, &cookie, "/plan/hours/week", "live", &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    shows(&page, &["The plan has a problem that has nothing to do with this.", "name=\"until-0-0\" value=\"13:00\""]);
    assert!(!page.body.contains("177"), "{}", page.body);
    assert!(clinic.ordered().is_empty());
    uses(&clinic, "name = \"Ours\"\n[extensions.600]\nrings = [\"101\"]\n");
    for path in ["/plan/hours", "/plan/groups", "/plan/oncall", "/plan/numbers", "/plan/names"] {
        shows(&clinic.get(path, &cookie).await, &["No form can change it as it is.", "href=\"/plan/text\""]);
    }
}

/// Two who change the hours at the same time: the later one is told, and undoes nothing unasked.
#[tokio::test]
async fn whoever_is_later_with_a_form_is_told_who_was_first() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let mine = format!("{REST}[hours.office]\nmonday = \"08:00-12:00\"\n");
    uses(&clinic, &mine);
    let began = over(&clinic.get("/plan/hours", &cookie).await.body);
    let theirs = format!("{mine}tuesday = \"09:00-10:00\"\n");
    let kept =
        Effect::SavePlan(NewPlan { text: theirs.clone(), by: "102".to_owned(), at: clinic.app.clock.now().wall });
    clinic.app.store.perform(kept).await.expect("kept");
    uses(&clinic, &theirs);
    let fields = |over: &str, act: &str| {
        let all = [("over", over), ("act", act), ("hours", "office"), ("from-0-0", "08:00"), ("until-0-0", "13:00")];
        all.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    for act in ["", "live"] {
        let fields = fields(&began, act);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let late = send(&clinic, "/plan/hours/week", &cookie, &fields).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        shows(&late, &["Nurse let it go live:", "name=\"until-0-0\" value=\"13:00\""]);
        assert!(clinic.ordered().is_empty());
        assert_ne!(over(&late.body), began, "sent once more, it is meant");
    }
}

#[tokio::test]
async fn a_holiday_is_added_by_its_day_and_name_and_taken_away() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(
        &clinic,
        &format!("{REST}[hours.office]\nmonday = \"08:00-12:00\"\n[holidays.days]\n\"2020-05-01\" = \"Moving\"\n"),
    );
    let page = clinic.get("/plan/hours", &cookie).await;
    shows(&page, &["row flat past", "Friday 1 May 2020", "Moving · closed"]);
    let day = [("date", "2036-12-24"), ("name", "Christmas \"Eve\"")];
    let asked = change(&clinic, &cookie, "/plan/hours/add", "", &day).await;
    shows(&asked, &["Change the plan?", "value=\"Christmas &#34;Eve&#34;\""]);
    change(&clinic, &cookie, "/plan/hours/add", "live", &day).await;
    let new = text(&clinic);
    assert!(new.ends_with("\"2020-05-01\" = \"Moving\"\n\"2036-12-24\" = \"Christmas \\\"Eve\\\"\"\n"), "{new}");
    let short = [("date", "2026-12-31"), ("name", "New Year"), ("from-day-0", "08:00"), ("until-day-0", "12:00")];
    change(&clinic, &cookie, "/plan/hours/add", "live", &short).await;
    assert!(text(&clinic).contains("[hours.office.except]\n\"2026-12-31\" = \"08:00-12:00\"  # New Year\n"));
    change(&clinic, &cookie, "/plan/hours/remove", "live", &[("hours", ""), ("key", "2020-05-01")]).await;
    assert!(!text(&clinic).contains("Moving"));
    change(&clinic, &cookie, "/plan/hours/country", "live", &[("country", "IE")]).await;
    let irish = text(&clinic);
    assert!(irish.contains("country = \"IE\"\n"), "{irish}");
    uses(&clinic, &irish);
    shows(
        &clinic.get("/plan/hours", &cookie).await,
        &["Saint Stephen&#39;s Day · closed", "#add\">Other hours on that day"],
    );
    for (fields, said) in [
        (&[("date", "soon"), ("name", "x")][..], "Choose the day."),
        (&[("date", "2036-12-24"), ("name", " ")], "Give the day a name"),
        (
            &[
                ("date", "2036-12-24"),
                ("name", "x"),
                ("yearly", "on"),
                ("from-day-0", "08:00"),
                ("until-day-0", "09:00"),
            ],
            "A day that comes every year",
        ),
    ] {
        let page = change(&clinic, &cookie, "/plan/hours/add", "live", fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[said]);
    }
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn calls_are_led_elsewhere_while_the_clinic_is_closed_and_what_nobody_reaches_then_is_named() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, &format!("{REST}[hours.office]\nmonday = \"08:00-12:00\"\n[voicemail]\npeople = [\"all\"]\n"));
    let fields = [("schedule", "front"), ("open", "101"), ("closed", "voicemail 101"), ("holiday", "hang up")];
    let asked = change(&clinic, &cookie, "/plan/hours/calls", "", &fields).await;
    shows(
        &asked,
        &[
            "front, while it is closed: mailbox of Front desk (101) (until now: announcement closed).",
            "front, on holidays: the call ends (until now: as while it is closed).",
            "No call gets to “announcement closed” any more. It stays in the plan.",
        ],
    );
    change(&clinic, &cookie, "/plan/hours/calls", "live", &fields).await;
    let new = text(&clinic);
    assert!(new.contains("closed = \"voicemail 101\"\nholiday = \"hang up\"\n[announcements.closed]"), "{new}");
    uses(&clinic, &new);
    shows(&clinic.get("/plan/groups", &cookie).await, &["No call gets here now"]);
}

#[tokio::test]
async fn the_plan_that_comes_with_the_box_gets_hours_and_keeps_its_notes() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let page = clinic.get("/plan/hours", &cookie).await;
    shows(&page, &["The clinic has no hours yet", "extension 100.", "name=\"from-0-0\" value=\"08:00\""]);
    let fields = [
        ("from-0-0", "08:00"),
        ("until-0-0", "17:00"),
        ("country", "US"),
        ("tells", "on"),
        ("closed", "voicemail 101"),
    ];
    let asked = change(&clinic, &cookie, "/plan/hours/open", "", &fields).await;
    shows(
        &asked,
        &[
            "New hours: office.",
            "While the clinic is open, calls go to: extension 100.",
            "(202) 555-0199, leads to: by the hours (main) (until now: extension 100).",
        ],
    );
    change(&clinic, &cookie, "/plan/hours/open", "live", &fields).await;
    let new = text(&clinic);
    let notes = |text: &str| text.lines().filter(|line| line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(notes(&new), notes(plan::library("solo-practice").expect("it is there")));
    uses(&clinic, &new);
    let night = clinic.get("/plan?to=main&day=2027-08-01&time=03%3A00", &cookie).await;
    shows(&night, &["The caller hears the announcement closed."]);
    let never = change(&clinic, &cookie, "/plan/hours/week", "", &[("hours", "office")]).await;
    assert_eq!(never.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_menu_is_shown_as_keys_and_changed() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let page = clinic.get("/plan/groups", &cookie).await;
    shows(
        &page,
        &[
            "<li><b>2</b> <span>Nurse (102)</span></li>",
            "<li><b>9</b> <span>go on in Spanish</span></li>",
            "<li class=\"off\"><b>5</b>",
            "id=\"menu-main-key-hash\"",
            "queue appointments",
        ],
    );
    let fields = [
        ("name", "main"),
        ("key-1", "queue appointments"),
        ("key-2", "102"),
        ("key-3", "103"),
        ("key-hash", "again"),
        ("extensions", "on"),
        ("nobody", "queue appointments"),
        ("prompt", "menu_practice"),
        ("prompt", ""),
        ("text-en", "Press 1."),
        ("text-es", ""),
    ];
    let asked = change(&clinic, &cookie, "/plan/groups/menu", "", &fields).await;
    shows(
        &asked,
        &[
            "Menu main, key 9: does nothing (until now: go on in Spanish).",
            "Menu main, key #: hear it again (until now: does nothing).",
            "menu main, what callers hear: menu_practice (until now: menu_practice, es/menu_language_9).",
        ],
    );
    change(&clinic, &cookie, "/plan/groups/menu", "live", &fields).await;
    let new = text(&clinic);
    for line in [
        "keys = { 1 = \"queue appointments\", 2 = \"102\", 3 = \"103\", \"#\" = \"again\" }\n",
        "prompt = \"menu_practice\"\n",
        "say = { en = \"Press 1.\" }\n",
    ] {
        assert!(new.contains(line), "{line}{new}");
    }
    // A menu without keys is none, and nobody can say a prompt that is not there.
    let none =
        change(&clinic, &cookie, "/plan/groups/menu", "live", &[("name", "main"), ("nobody", "101"), ("prompt", "x")])
            .await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn who_rings_is_chosen_by_name_in_an_order() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let page = clinic.get("/plan/groups", &cookie).await;
    shows(
        &page,
        &["<li>Front desk (101)</li><li>Nurse (102)</li>", "<dd>all at once</dd>", "Doctor &#60;Okafor&#62; (103)"],
    );
    let fields = [
        ("kind", "extension"),
        ("name", "100"),
        ("ring", "102"),
        ("ring", "101"),
        ("ring", ""),
        ("ring", "102"),
        ("order", "one by one"),
        ("seconds", "12"),
        ("nobody", "voicemail 101"),
    ];
    let asked = change(&clinic, &cookie, "/plan/groups/ring", "", &fields).await;
    shows(
        &asked,
        &[
            "extension 100, who rings: Nurse (102), Front desk (101) (until now: Front desk (101), Nurse (102)).",
            "extension 100, How they ring: one after the other (until now: all at once).",
        ],
    );
    change(&clinic, &cookie, "/plan/groups/ring", "live", &fields).await;
    let new = text(&clinic);
    let group = "ring = [\"102\", \"101\"]\nseconds = 12\norder = \"one by one\"\nnobody = \"voicemail 101\"\n# screen";
    assert!(new.contains(group), "{new}");
    let nobody = [("kind", "extension"), ("name", "100"), ("order", "together"), ("seconds", "30")];
    let page = change(&clinic, &cookie, "/plan/groups/ring", "live", &nobody).await;
    shows(&page, &["nobody rings here"]);
    let soon = [("kind", "extension"), ("name", "100"), ("ring", "101"), ("order", "together"), ("seconds", "2")];
    let page = change(&clinic, &cookie, "/plan/groups/ring", "live", &soon).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    shows(&page, &["write a number of seconds from 5 to 180"]);
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn an_announcement_gets_other_words_and_leads_elsewhere() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, &format!("{REST}[hours.office]\nmonday = \"08:00-12:00\"\n"));
    let fields = [
        ("name", "closed"),
        ("prompt", "clinic_closed"),
        ("prompt", "clinic_emergency"),
        ("text-", ""),
        ("then", "102"),
    ];
    let asked = change(&clinic, &cookie, "/plan/groups/told", "", &fields).await;
    shows(&asked, &["announcement closed, and then: Nurse (102) (until now: the call ends)."]);
    change(&clinic, &cookie, "/plan/groups/told", "live", &fields).await;
    let new = text(&clinic);
    assert!(
        new.contains("[announcements.closed]\nprompt = [\"clinic_closed\", \"clinic_emergency\"]\nthen = \"102\"\n"),
        "{new}"
    );
}

#[tokio::test]
async fn a_number_outside_gets_a_name_and_loses_it() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let fields = [("number", "202 555 0142"), ("name", "Lab on <Main>")];
    shows(
        &change(&clinic, &cookie, "/plan/names/set", "", &fields).await,
        &["(202) 555-0142 is called Lab on &#60;Main&#62;."],
    );
    change(&clinic, &cookie, "/plan/names/set", "live", &fields).await;
    let new = text(&clinic);
    assert!(new.ends_with("\n[names]\n\"+12025550142\" = \"Lab on <Main>\"\n"), "{new}");
    uses(&clinic, &new);
    shows(&clinic.get("/plan/names", &cookie).await, &["Lab on &#60;Main&#62;", "(202) 555-0142"]);
    change(&clinic, &cookie, "/plan/names/remove", "live", &[("number", "+12025550142")]).await;
    assert!(text(&clinic).ends_with("[names]\n"));
    for (number, said) in
        [("101", "That is no number outside the clinic."), ("abc", "characters that no phone number has")]
    {
        let page = change(&clinic, &cookie, "/plan/names/set", "live", &[("number", number), ("name", "x")]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[said]);
    }
    assert!(clinic.ordered().is_empty());
}
