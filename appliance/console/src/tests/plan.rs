//! The page that explains a call, and the plan that goes live.

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use model::Wall;
use model::command::{Command, CommandError};
use model::switches::{HoursSwitch, Switch};
use model::time::Now;
use store::effect::{Effect, NewPlan};

use super::{Answer, Clinic, post};

pub(super) async fn send(clinic: &Clinic, path: &str, cookie: &str, form: &[(&str, &str)]) -> Answer {
    let encode = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    let body: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    clinic.ask(post(path, Some(cookie)).body(Body::from(body.join("&"))).expect("request")).await
}

pub(super) fn uses(clinic: &Clinic, plan: &str) {
    clinic.settings.send_modify(|settings| {
        let new = model::Settings { plan: plan.to_owned(), ..(**settings).clone() };
        *settings = new.into();
    });
}

#[tokio::test]
async fn a_call_is_drawn_and_told_in_the_same_words() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    uses(&clinic, "group-practice");
    let page = clinic.get("/plan?to=main&day=2026-12-24&time=17%3A30", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    for part in [
        "Thursday 24 December 2026, 17:30, Christmas Eve: the hours office are closed.",
        "<svg class=\"way\"",
        "class=\"box announcement now\"",
        "class=\"box menu not-now\"",
        "class=\"arrow perhaps\"",
        "3. announcement holiday",
        "it is Friday 20 November 2026, 09:00, and the hours office are open.",
        "not at this time",
    ] {
        assert!(page.body.contains(part), "{part}\n{}", page.body);
    }
    assert!(!page.body.contains("Next opening"), "{}", page.body);
    // Who may not change the plan is not offered to.
    assert!(!page.body.contains("/plan/text"));
    let page = clinic.get("/plan?to=911&from=101", &cookie).await.body;
    assert!(page.contains("911 is an emergency number: it goes out before any other rule."));
}

#[tokio::test]
async fn at_night_the_page_says_when_the_doors_open_again() {
    let night = Now::simulation_start().after(Duration::from_hours(13)).wall;
    let clinic = Clinic::open_at(night).await;
    let cookie = clinic.sign_in("102").await;
    uses(&clinic, "group-practice");
    let page = clinic.get("/plan", &cookie).await.body;
    let office = page.split("<strong>office</strong>").nth(1).and_then(|rest| rest.split("</li>").next());
    let office = office.expect("the hours");
    for part in ["Closed", "it is Friday 20 November 2026, 22:00", "Next opening:", "Monday 23 November, 08:00"] {
        assert!(office.contains(part), "{part}\n{office}");
    }
}

#[tokio::test]
async fn a_plan_that_speaks_of_what_is_not_there_holds_and_says_so_and_one_that_nobody_can_read_does_not() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "name = \"Ours\"\n[extensions.600]\nring = [\"101\"]\nnobody = \"voicemail 177\"\n");
    let page = clinic.get("/plan?to=600&from=102", &cookie).await.body;
    assert!(page.contains("The plan speaks of what is not there") && page.contains("Ours"), "{page}");
    assert!(page.contains("600 is an extension of this plan"), "{page}");
    uses(&clinic, "name = \"Ours\"\n[extensions.600]\nrings = [\"101\"]\n");
    let page = clinic.get("/plan?to=600", &cookie).await.body;
    assert!(page.contains("The plan has problems, and does not hold") && page.contains("Lifeline"), "{page}");
}

/// Who calls may be anybody: the plan may lead some elsewhere.
#[tokio::test]
async fn what_happens_to_whom_is_asked_by_number_too() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    uses(&clinic, "name = \"Ours\"\n[[callers]]\nnumbers = [\"+1900\", \"hidden\"]\nto = \"busy\"\n");
    let led = "The plan leads such callers to busy.";
    for (from, is_led) in [("1-900-234-5678", true), ("hidden", true), ("202-555-0177", false), ("", false)] {
        let page = clinic.get(&format!("/plan?to=main&from={from}"), &cookie).await.body;
        assert_eq!((page.contains(led), page.contains("class=\"way\"")), (is_led, true), "{from}: {page}");
    }
    let page = clinic.get("/plan?to=main&from=911", &cookie).await.body;
    assert!(
        page.contains("“911” is no extension of a person and no number outside.") && !page.contains("class=\"way\""),
        "{page}"
    );
}

#[tokio::test]
async fn what_cannot_be_asked_is_said() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    assert!(clinic.get("/plan?to=abc", &cookie).await.body.contains("characters that no phone number has"));
    assert!(clinic.get("/plan?day=soon", &cookie).await.body.contains("That is no day and time."));
    let echoed = clinic.get("/plan?to=%22%3E%3Cscript%3E&from=%3Ci%3E", &cookie).await.body;
    assert!(!echoed.contains("\"><script>"));
    assert!(!echoed.contains("<i>"));
}

#[tokio::test]
async fn a_plan_with_problems_shows_each_beside_its_line_and_changes_nothing() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let text = "name = \"Mine\"\r\n[extensions.911]\r\nring = [\"101\"]\r\n[outside]\r\nnational = \"moon\"\r\n";
    let page = send(&clinic, "/plan/text", &cookie, &[("text", text), ("act", "live")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("1 problem. Nothing was changed."), "{}", page.body);
    assert!(page.body.contains(
        "<li value=\"2\" class=\"wrong\"><code>[extensions.911]</code><p><strong>911 is an emergency number</strong>"
    ));
    let page = send(&clinic, "/plan/text", &cookie, &[("text", &text.replace("911", "100")), ("act", "live")]).await;
    assert!(page.body.contains("there is no trunk &#34;moon&#34;"), "{}", page.body);
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn what_cannot_be_said_does_not_go_live_and_a_text_that_nobody_speaks_is_a_hint() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let text = "[extensions.600]\r\nto = \"announcement hours\"\r\n[announcements.hours]\r\nprompt = \"our-hours\"\r\n";
    let page = send(&clinic, "/plan/text", &cookie, &[("text", text), ("act", "live")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("<li value=\"4\" class=\"wrong\">"), "{}", page.body);
    assert!(page.body.contains("there is no prompt &#34;our-hours&#34;"), "{}", page.body);
    assert!(clinic.ordered().is_empty());
    let told = text.replace("prompt = \"our-hours\"", "say = \"We open at eight.\"");
    let page = send(&clinic, "/plan/text", &cookie, &[("text", &told), ("act", "check")]).await;
    assert!(page.status.is_success() && page.body.contains("No problems"));
    assert!(page.body.contains("<li value=\"4\"><p><strong>this text is for people to read"), "{}", page.body);
    let spoken = text.replace("our-hours", "clinic_closed");
    let page = send(&clinic, "/plan/text", &cookie, &[("text", &spoken), ("act", "live")]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_good_plan_goes_live_only_when_that_is_ordered() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let text = "name = \"Mine\"\r\n[extensions.100]\r\nring = [\"101\"]\r\n";
    let page = send(&clinic, "/plan/text", &cookie, &[("text", text), ("act", "check")]).await;
    assert!(page.status.is_success() && page.body.contains("No problems"));
    assert!(clinic.ordered().is_empty());
    let page = send(&clinic, "/plan/text", &cookie, &[("text", text), ("act", "live")]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    match clinic.ordered().as_slice() {
        [Command::SetPlan { by, text: ordered, instead_of: None }] => {
            assert_eq!((by.as_str(), ordered.as_str()), ("101", text.replace('\r', "").as_str()));
        }
        other => panic!("{other:?}"),
    }
    clinic.answers(Err(CommandError::NotStored("The disk is full. Nothing was accepted.".to_owned())));
    let page = send(&clinic, "/plan/text", &cookie, &[("text", text), ("act", "live")]).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
}

/// Two who have the text before them at the same time: the later one learns of the other's, and loses nothing of theirs.
#[tokio::test]
async fn whoever_is_later_with_a_plan_is_told_and_undoes_nothing_unasked() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let over = |page: &str| page.split("name=\"over\" value=\"").nth(1)?.split('"').next().map(str::to_owned);
    let first = "name = \"First\"\n";
    uses(&clinic, first);
    let began = over(&clinic.get("/plan/text", &cookie).await.body).expect("what they began with");
    let mine = "name = \"Mine\"\n";
    let send = async |act, over: &str| {
        send(&clinic, "/plan/text", &cookie, &[("text", mine), ("act", act), ("over", over)]).await
    };
    assert_eq!(
        over(&send("check", &began).await.body).as_ref(),
        Some(&began),
        "checked, it is still made from that one"
    );
    assert_eq!(send("live", &began).await.status, StatusCode::SEE_OTHER);
    assert!(matches!(
        clinic.ordered().as_slice(),
        [Command::SetPlan { instead_of: Some(other), .. }] if other == first
    ));

    let (theirs, at) = ("name = \"Theirs\"\n".to_owned(), clinic.app.clock.now().wall);
    let kept = Effect::SavePlan(NewPlan { text: theirs.clone(), by: "102".to_owned(), at });
    clinic.app.store.perform(kept).await.expect("kept");
    uses(&clinic, &theirs);
    assert_eq!(over(&send("check", &began).await.body).as_ref(), Some(&began));
    let late = send("live", &began).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    for said in ["Another plan has gone live since you began.", "Nurse let it go live:", "name = &#34;Mine&#34;"] {
        assert!(late.body.contains(said), "{said}: {}", late.body);
    }
    assert!(clinic.ordered().is_empty());
    // Said once more, it is meant.
    let again = over(&late.body).expect("the other one");
    assert_eq!(send("live", &again).await.status, StatusCode::SEE_OTHER);
    assert!(matches!(
        clinic.ordered().as_slice(),
        [Command::SetPlan { text, instead_of: Some(other), .. }] if text == mine && *other == theirs
    ));
    clinic.answers(Err(CommandError::NotNow("Another plan has gone live meanwhile.".to_owned())));
    let beaten = send("live", &again).await;
    assert_eq!(beaten.status, StatusCode::CONFLICT);
    assert!(beaten.body.contains("gone live meanwhile.") && beaten.body.contains("&#34;Mine&#34;"), "{}", beaten.body);
}

#[tokio::test]
async fn a_plan_that_was_live_is_one_press_away() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    for (n, name) in ["First", "Second"].iter().enumerate() {
        let (text, at) = (format!("name = \"{name}\"\n"), Wall(1_795_183_200_000 + i64::try_from(n).expect("small")));
        clinic.app.store.perform(Effect::SavePlan(NewPlan { text, by: "101".to_owned(), at })).await.expect("kept");
    }
    let page = clinic.get("/plan/text", &cookie).await.body;
    assert!(page.contains("First") && page.contains("Second") && page.contains("Front desk"));
    let answer = send(&clinic, "/plan/back", &cookie, &[("generation", "1")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(matches!(clinic.ordered().as_slice(), [Command::SetPlan { text, .. }] if text == "name = \"First\"\n"));
    assert_eq!(send(&clinic, "/plan/back", &cookie, &[("generation", "7")]).await.status, StatusCode::NOT_FOUND);
    let stale = send(&clinic, "/plan/back", &cookie, &[("generation", "1"), ("over", "another")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.body.contains("name = &#34;First&#34;") && clinic.ordered().is_empty(), "{}", stale.body);
    let other = clinic.sign_in("102").await;
    assert_eq!(send(&clinic, "/plan/back", &other, &[("generation", "1")]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_clinic_is_closed_for_a_while_and_by_its_hours_again() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let answer = send(&clinic, "/plan/hours", &cookie, &[("state", "closed"), ("until", "14:00")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let ordered = clinic.ordered();
    let [Command::Switch { by, switch: Switch::Hours { to: Some(to) } }] = ordered.as_slice() else {
        panic!("{ordered:?}")
    };
    assert!(by == "101" && !to.open && to.until.is_some_and(|until| until > clinic.app.clock.now().wall));
    let to = *to;
    clinic.snapshot.send_modify(|s| {
        std::sync::Arc::make_mut(s).switches.set(&Switch::Hours { to: Some(to) });
    });
    let page = clinic.get("/plan", &cookie).await.body;
    assert!(page.contains("the night switch says closed until") && page.contains("14:00"), "{page}");
    let bad = send(&clinic, "/plan/hours", &cookie, &[("state", "closed"), ("until", "soon")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    send(&clinic, "/plan/hours", &cookie, &[("state", "hours"), ("until", "")]).await;
    assert!(matches!(clinic.ordered().as_slice(), [Command::Switch { switch: Switch::Hours { to: None }, .. }]));
}

/// "Open until then" goes before the switch of the night, and when it is over that switch holds again: a call of that time is told so.
#[tokio::test]
async fn another_time_is_explained_with_the_switches_as_they_stand_then() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let until = Wall(clinic.app.clock.now().wall.millis() + 3_600_000);
    clinic.snapshot.send_modify(|s| {
        let switches = &mut std::sync::Arc::make_mut(s).switches;
        switches.set(&Switch::Night { on: Some(true) });
        switches.set(&Switch::Hours { to: Some(HoursSwitch { open: true, until: Some(until) }) });
    });
    let page = clinic.get("/plan?to=main", &cookie).await.body;
    assert!(page.contains("Schedule front: the night switch says open until"), "{page}");
    let page = clinic.get("/plan?to=main&day=2036-01-02&time=10%3A00", &cookie).await.body;
    assert!(page.contains("Schedule front: the night switch says closed."), "{page}");
}
