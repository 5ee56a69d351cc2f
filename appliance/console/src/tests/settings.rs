//! The settings as a text that is checked and saved while everything runs.

use axum::body::Body;
use axum::http::StatusCode;
use model::Wall;
use model::command::{Command, CommandError};
use model::settings::LONGEST_SETTINGS;
use store::effect::{Effect, NewSettings, Staff};

use super::{Answer, Clinic, post};
use crate::sample::SETTINGS;

async fn send(clinic: &Clinic, path: &str, cookie: &str, form: &[(&str, &str)]) -> Answer {
    let encode = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    let body: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    clinic.ask(post(path, Some(cookie)).body(Body::from(body.join("&"))).expect("request")).await
}

/// A clinic that was started once, and who manages it.
async fn started() -> (Clinic, String) {
    let clinic = Clinic::open().await;
    clinic.app.store.settings().save(SETTINGS, "first start", Wall(1_795_183_200_000)).await.expect("saved");
    let cookie = clinic.sign_in("101").await;
    (clinic, cookie)
}

async fn saves(clinic: &Clinic, text: &str, over: u64, by: &str) {
    let new = NewSettings {
        text: text.into(),
        over,
        secrets: Vec::new(),
        accounts: Vec::new(),
        gone: Vec::new(),
        staff: Staff { mailboxes: Vec::new(), readers: Vec::new() },
        plan: None,
        by: by.to_owned(),
        at: clinic.app.clock.now().wall,
    };
    clinic.app.store.perform(Effect::SaveSettings(Box::new(new))).await.expect("saved");
}

fn with_104() -> String {
    SETTINGS.replacen("[[trunks]]", "[[people]]\nextension = \"104\"\nname = \"Aide\"\n[[trunks]]", 1)
}

#[tokio::test]
async fn who_manages_finds_the_text_and_nobody_else_does() {
    let (clinic, cookie) = started().await;
    let page = clinic.get("/settings", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    for part in ["name = &#34;Harbor Street Clinic&#34;", "name=\"over\" value=\"1\"", "The first start", "Number 1"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(clinic.get("/", &cookie).await.body.contains("href=\"/settings\""));
    let nurse = clinic.sign_in("102").await;
    assert!(!clinic.get("/", &nurse).await.body.contains("href=\"/settings\""));
    assert_eq!(clinic.get("/settings", &nurse).await.status, StatusCode::FORBIDDEN);
    let form = [("text", SETTINGS), ("act", "save"), ("over", "1")];
    assert_eq!(send(&clinic, "/settings", &nurse, &form).await.status, StatusCode::FORBIDDEN);
    let back = [("generation", "1"), ("over", "1")];
    assert_eq!(send(&clinic, "/settings/back", &nurse, &back).await.status, StatusCode::FORBIDDEN);
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn problems_stand_beside_their_lines_and_no_password_stands_there() {
    let (clinic, cookie) = started().await;
    let text = SETTINGS
        .replace("America/New_York", "Mars/Olympus")
        .replace("address = \"127.0.0.1:5070\"", "user = \"u\"\npassword = \"between us\"\naddress = \"a b\"");
    let line = 1 + text.lines().position(|line| line.contains("a b")).expect("it is there");
    let page = send(&clinic, "/settings", &cookie, &[("text", &text), ("act", "save"), ("over", "1")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("2 problems. Nothing was changed."), "{}", page.body);
    assert!(page.body.contains("<li value=\"7\" class=\"wrong\"><code>timezone ="), "{}", page.body);
    assert!(page.body.contains(&format!("<li value=\"{line}\" class=\"wrong\">")), "{}", page.body);
    assert!(page.body.contains("<code>password = …</code>"), "{}", page.body);
    assert_eq!(page.body.matches("between us").count(), 1, "as they wrote it, in the text alone");
    // What the plan speaks of stands on no line of this text.
    super::plan::uses(&clinic, "name = \"Ours\"\n[extensions.600]\nring = [\"103\"]\n");
    let text = SETTINGS.replace("extension = \"103\"", "extension = \"105\"");
    let page = send(&clinic, "/settings", &cookie, &[("text", &text), ("act", "save"), ("over", "1")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("nobody has the extension 103"), "{}", page.body);
    assert!(page.body.contains("the plan that is live, line 3"), "{}", page.body);
    let long = format!("{SETTINGS}{}", "#".repeat(LONGEST_SETTINGS));
    let page = send(&clinic, "/settings", &cookie, &[("text", &long), ("act", "save"), ("over", "1")]).await;
    assert!(page.body.contains("the text is longer than 128 KiB"), "{}", page.status);
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn what_would_change_and_when_is_said_before_it_is_saved() {
    let (clinic, cookie) = started().await;
    let modem = "[[modems]]\nname = \"closet\"\ndevice = \"/dev/ttyACM0\"\n[mail]";
    let text = with_104().replace("[mail]", modem).replace("solo-practice", "dental").replace('\n', "\r\n");
    let page = send(&clinic, "/settings", &cookie, &[("text", &text), ("act", "check"), ("over", "1")]).await;
    assert_eq!(page.status, StatusCode::OK);
    for part in ["No problems", "104 is added.", "At once", "Fax modems.", "At the next start", "Not at all"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(clinic.ordered().is_empty());
    let same = send(&clinic, "/settings", &cookie, &[("text", SETTINGS), ("act", "check"), ("over", "1")]).await;
    assert!(same.body.contains("it says what the settings in use say"), "{}", same.body);

    let page = send(&clinic, "/settings", &cookie, &[("text", &text), ("act", "save"), ("over", "1")]).await;
    assert_eq!((page.status, page.headers["location"].as_bytes()), (StatusCode::SEE_OTHER, &b"/settings?saved=1"[..]));
    match clinic.ordered().as_slice() {
        [Command::SetSettings { by, text: ordered, over: 1 }] => {
            assert_eq!((by.as_str(), ordered.expose().as_str()), ("101", text.replace('\r', "").as_str()));
        }
        other => panic!("{other:?}"),
    }
    // The modem waits.
    saves(&clinic, &text.replace('\r', ""), 1, "101").await;
    let page = clinic.get("/settings?saved=1", &cookie).await.body;
    assert!(page.contains("Saved, and in use") && page.contains("Waits for the next start"), "{page}");
    assert!(page.contains("Front desk") && page.contains("Number 2"), "{page}");
}

#[tokio::test]
async fn whoever_would_shut_phones_out_from_help_too_is_told_which_and_asked_again() {
    let (clinic, cookie) = started().await;
    clinic.snapshot.send_modify(|snapshot| {
        let phones = &mut std::sync::Arc::make_mut(snapshot).phones;
        for (phone, ip) in phones.iter_mut().zip(["127.0.0.1", "10.0.5.12"]) {
            phone.addresses = vec![ip.parse().expect("an address")];
        }
    });
    let before = "networks = [\"127.0.0.0/8\", \"10.0.5.0/24\"";
    let (narrow, wide) = (SETTINGS.to_owned(), SETTINGS.replace("networks = [\"127.0.0.0/8\"", before));
    assert_ne!(narrow, wide, "the sample's networks");
    let form = |text: &'static str| [("text", text), ("act", "save"), ("over", "1")];
    let told = send(&clinic, "/settings", &cookie, &form(SETTINGS)).await;
    assert_eq!(told.status, StatusCode::OK);
    for part in ["Phones would be shut out", "102 (10.0.5.12): registered now", "Save all the same"] {
        assert!(told.body.contains(part), "{part}: {}", told.body);
    }
    assert!(!told.body.contains("101 (127") && !told.body.contains("No problems"), "{}", told.body);
    assert!(clinic.ordered().is_empty());
    // What was said of other phones is not said of these.
    let other = [form(SETTINGS).as_slice(), &[("shut_out", "102 (10.0.5.13)")]].concat();
    assert_eq!(send(&clinic, "/settings", &cookie, &other).await.status, StatusCode::OK);
    assert!(clinic.ordered().is_empty());
    let back = send(&clinic, "/settings/back", &cookie, &[("generation", "1"), ("over", "1")]).await;
    assert!(back.body.contains("Phones would be shut out"), "{}", back.body);
    assert!(clinic.ordered().is_empty());

    let sure = [form(SETTINGS).as_slice(), &[("shut_out", "102 (10.0.5.12)")]].concat();
    assert_eq!(send(&clinic, "/settings", &cookie, &sure).await.status, StatusCode::SEE_OTHER);
    let inside = [("text", wide.as_str()), ("act", "save"), ("over", "1")];
    assert_eq!(send(&clinic, "/settings", &cookie, &inside).await.status, StatusCode::SEE_OTHER);
    assert_eq!(clinic.ordered().len(), 2);
}

#[tokio::test]
async fn whoever_is_later_with_settings_is_told_who_was_faster_and_undoes_nothing_unasked() {
    let (clinic, cookie) = started().await;
    saves(&clinic, &with_104(), 1, "102").await;
    clinic.answers(Err(CommandError::NotNow("Other settings have been saved meanwhile.".to_owned())));
    let mine = SETTINGS.replace("Nurse", "Head nurse");
    let late = send(&clinic, "/settings", &cookie, &[("text", &mine), ("act", "save"), ("over", "1")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    for said in ["Settings have been saved since you began.", "Nurse saved them:", "Head nurse", "value=\"2\""] {
        assert!(late.body.contains(said), "{said}: {}", late.body);
    }
    assert!(matches!(clinic.ordered().as_slice(), [Command::SetSettings { over: 1, .. }]));
    // Somebody is at it this very moment.
    clinic.answers(Err(CommandError::NotNow("Somebody else is changing them.".to_owned())));
    let late = send(&clinic, "/settings", &cookie, &[("text", &mine), ("act", "save"), ("over", "2")]).await;
    assert!(late.body.contains("Somebody else is changing them."), "{}", late.body);
    clinic.answers(Err(CommandError::NotStored("The disk is full. Nothing was accepted.".to_owned())));
    let full = send(&clinic, "/settings", &cookie, &[("text", &mine), ("act", "save"), ("over", "2")]).await;
    assert_eq!(full.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn settings_of_before_are_one_press_away_through_the_same_checks() {
    let (clinic, cookie) = started().await;
    saves(&clinic, &with_104(), 1, "box").await;
    let page = clinic.get("/settings", &cookie).await.body;
    assert!(page.contains("At the box") && page.contains("value=\"1\"><input"), "{page}");
    let answer = send(&clinic, "/settings/back", &cookie, &[("generation", "1"), ("over", "2")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let ordered = clinic.ordered();
    assert!(
        matches!(ordered.as_slice(), [Command::SetSettings { text, over: 2, .. }] if text.expose() == SETTINGS),
        "{ordered:?}"
    );
    let gone = send(&clinic, "/settings/back", &cookie, &[("generation", "7"), ("over", "2")]).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    super::plan::uses(&clinic, "name = \"Ours\"\n[extensions.600]\nring = [\"103\"]\n");
    let without = SETTINGS.replace("extension = \"103\"", "extension = \"105\"");
    saves(&clinic, &without, 2, "102").await;
    let refused = send(&clinic, "/settings/back", &cookie, &[("generation", "3"), ("over", "3")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("nobody has the extension 103") && clinic.ordered().is_empty(), "{}", refused.body);
}
