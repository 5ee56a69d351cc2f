//! The people of the clinic, added, changed and removed by who manages.

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::StatusCode;
use model::call::Party;
use model::command::{Command, CommandError};
use model::settings::{Media, PhoneFax, Right};
use model::switches::{Forward, Switch};
use model::voicemail::GreetingKind;
use model::{PhoneNumber, Pii, Random, Settings, Sound, VoicemailId};
use store::effect::{Handing, NewGreeting};
use store::{Effect, SipSecret};

use super::plan::uses;
use super::{Answer, Clinic, post};
use crate::sample::SETTINGS;

async fn send(clinic: &Clinic, path: &str, cookie: &str, form: &[(&str, &str)]) -> Answer {
    let encode = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    let body: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    clinic.ask(post(path, Some(cookie)).body(Body::from(body.join("&"))).expect("request")).await
}

/// A clinic that was started once, in which settings that are ordered are used.
async fn started() -> Clinic {
    let clinic = Clinic::open().await;
    let at = clinic.app.clock.now().wall;
    clinic.app.store.settings().save(SETTINGS, "first start", at).await.expect("saved");
    clinic.settles.store(true, Ordering::Relaxed);
    clinic
}

/// The text of the settings that were saved last.
async fn saved(clinic: &Clinic) -> (u64, String) {
    clinic.app.store.settings().load().await.expect("read").expect("there")
}

/// What a hidden or typed field of the page says.
fn value<'a>(page: &'a str, field: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("name=\"{field}\"")).unwrap_or_else(|| panic!("no {field} in {page}"));
    let (_, rest) = rest.split_once("value=\"").unwrap_or_else(|| panic!("{field}: {page}"));
    rest.split('"').next().expect("an end")
}

/// What stands beside a field.
fn error<'a>(page: &'a str, field: &str) -> &'a str {
    let Some((_, rest)) = page.split_once(&format!("id=\"{field}-error\">")) else { return "" };
    rest.split('<').next().expect("an end")
}

const ADA: [(&str, &str); 5] = [
    ("extension", "104"),
    ("name", "Ada <Lovelace>"),
    ("location", "Room 7"),
    ("mail", "ada@clinic.demo"),
    ("see_faxes", "on"),
];

fn with<'a>(form: &[(&'a str, &'a str)], field: &'a str, said: &'a str) -> Vec<(&'a str, &'a str)> {
    form.iter().copied().filter(|(name, _)| *name != field).chain([(field, said)]).collect()
}

#[tokio::test]
async fn somebody_new_is_in_the_settings_at_once_and_all_else_there_is_as_it_was() {
    let clinic = started().await;
    let desk = clinic.sign_in("101").await;
    assert!(clinic.get("/people", &desk).await.body.contains("href=\"/people/add\""));
    let page = clinic.get("/people/add", &desk).await.body;
    assert_eq!((value(&page, "extension"), value(&page, "over")), ("104", "1"));
    assert!(page.contains("3 digits") && page.contains("calls for help"), "{page}");
    let added = send(&clinic, "/people/add", &desk, &with(&ADA, "over", "1")).await;
    assert_eq!(
        (added.status, &added.headers["location"]),
        (StatusCode::SEE_OTHER, &"/people/104".parse().expect("a path"))
    );
    let (generation, text) = saved(&clinic).await;
    let block = "\n[[people]]\nextension = \"104\"\nname = \"Ada <Lovelace>\"\nmail = \"ada@clinic.demo\"\nrights = [\"see_faxes\"]\nlocation = \"Room 7\"\n";
    assert_eq!((generation, text), (2, SETTINGS.replacen("[[trunks]]", &format!("{block}[[trunks]]"), 1)));
    let page = clinic.get("/people/104", &desk).await.body;
    for said in [
        "Ada &#60;Lovelace&#62;",
        "Room 7 · ada@clinic.demo",
        "no password yet",
        "/people/104/password/phones",
        "/people/104/link",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(value(&clinic.get("/people/add", &desk).await.body, "extension"), "105");
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_what_was_typed_stays() {
    let clinic = started().await;
    let desk = clinic.sign_in("101").await;
    uses(&clinic, "name = \"Ours\"\n[extensions.600]\nring = [\"101\"]\n[rooms.800]\n[park]\norbits = \"700-709\"\n");
    let long = "x".repeat(81);
    for (field, typed, said) in [
        ("extension", "", "Write an extension"),
        ("extension", "102", "Nurse has this extension"),
        ("extension", "1044", "Use 3 digits"),
        ("extension", "911", "911"),
        ("extension", "600", "600 is an extension of this plan"),
        ("extension", "705", "an orbit"),
        ("extension", "800", "conference room"),
        ("name", " ", "Write a name"),
        ("name", &long, "at most 80"),
        ("location", "", "Write where the phone stands"),
        ("mail", "Ada <ada@clinic.demo>", "without a name"),
        ("mail", "ada", "No mail can go"),
    ] {
        let form = [with(&ADA, field, typed), vec![("over", "1"), ("media", "srtp")]].concat();
        let answer = send(&clinic, "/people/add", &desk, &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}: {}", answer.body);
        assert!(error(&answer.body, field).contains(said), "{typed}: {:?} {}", error(&answer.body, field), answer.body);
        assert!(answer.body.contains("aria-invalid=\"true\""));
        for kept in ["name=\"see_faxes\" aria-describedby=\"see_faxes-hint\" checked", "value=\"srtp\" selected"] {
            assert!(answer.body.contains(kept), "{kept}: {}", answer.body);
        }
        if field != "name" {
            assert_eq!(value(&answer.body, "name"), "Ada &#60;Lovelace&#62;");
        }
    }
    assert!(clinic.ordered().is_empty());
    assert_eq!(saved(&clinic).await, (1, SETTINGS.to_owned()));
    // The appliance has the last word.
    clinic.answers(Err(CommandError::NotAllowed("The moon is in the wrong house.".to_owned())));
    let answer = send(&clinic, "/people/add", &desk, &with(&ADA, "over", "1")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("The moon is in the wrong house.") && answer.body.contains("Lovelace"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn whoever_is_later_is_told_and_undoes_nothing_unasked() {
    let clinic = started().await;
    let desk = clinic.sign_in("101").await;
    let at = clinic.app.clock.now().wall;
    clinic.app.store.settings().save(&format!("# new\n{SETTINGS}"), "102", at).await.expect("saved");
    let late = send(&clinic, "/people/add", &desk, &with(&ADA, "over", "1")).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(
        late.body.contains("Somebody was faster") && late.body.contains("Nurse has changed the settings"),
        "{}",
        late.body
    );
    assert_eq!((value(&late.body, "over"), value(&late.body, "name")), ("2", "Ada &#60;Lovelace&#62;"));
    assert!(clinic.ordered().is_empty());
    assert_eq!(send(&clinic, "/people/add", &desk, &with(&ADA, "over", "2")).await.status, StatusCode::SEE_OTHER);
    let (generation, text) = saved(&clinic).await;
    assert!(generation == 3 && text.starts_with("# new\n") && text.contains("Lovelace"), "{text}");
    // One who was faster by a moment is known to the appliance alone.
    clinic.answers(Err(CommandError::NotNow("Other settings have been saved meanwhile.".to_owned())));
    let late =
        send(&clinic, "/people/102/change", &desk, &[("over", "3"), ("name", "Ruth"), ("location", "Attic")]).await;
    assert_eq!(
        (late.status, value(&late.body, "name"), value(&late.body, "location")),
        (StatusCode::CONFLICT, "Ruth", "Attic")
    );
}

#[tokio::test]
async fn a_change_is_of_that_person_and_of_what_was_changed_alone() {
    let clinic = started().await;
    let desk = clinic.sign_in("101").await;
    let page = clinic.get("/people/102/change", &desk).await.body;
    assert_eq!((value(&page, "name"), value(&page, "mail")), ("Nurse", "nurse@clinic.demo"));
    assert!(page.contains("An extension stays with its person") && !page.contains("id=\"extension\""), "{page}");
    let form = [
        ("over", "1"),
        ("extension", "177"),
        ("name", "Nurse"),
        ("mail", ""),
        ("location", "Room 2, first floor"),
        ("see_calls", "on"),
        ("see_faxes", "on"),
        ("send_faxes", "on"),
        ("media", "dtls"),
        ("fax", "on"),
    ];
    assert_eq!(send(&clinic, "/people/102/change", &desk, &form).await.status, StatusCode::SEE_OTHER);
    let (_, text) = saved(&clinic).await;
    let place = "location = \"Room 2, first floor\"\n";
    let wanted = SETTINGS.replace("mail = \"nurse@clinic.demo\"\n", "");
    assert_eq!(text, wanted.replace(place, &format!("{place}media = \"dtls\"\nfax = \"gateway\"\n")));
    let settings = clinic.app.settings.borrow().clone();
    let nurse = settings.person("102").expect("there");
    assert_eq!((nurse.media, nurse.fax, settings.person("177")), (Some(Media::Dtls), Some(PhoneFax::Gateway), None));
    assert_eq!(clinic.get("/people/177/change", &desk).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_last_who_manages_keeps_that_right_and_stays() {
    let clinic = started().await;
    let desk = clinic.sign_in("101").await;
    let form = [("over", "1"), ("name", "Front desk"), ("location", "Reception"), ("see_people", "on")];
    let answer = send(&clinic, "/people/101/change", &desk, &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(error(&answer.body, "rights").contains("Nobody else manages"), "{}", answer.body);
    assert!(!clinic.get("/people/101", &desk).await.body.contains("/people/101/remove"));
    let (asked, done) = (clinic.get("/people/101/remove", &desk).await, clinic.post("/people/101/remove", &desk).await);
    assert_eq!((asked.status, done.status), (StatusCode::OK, StatusCode::CONFLICT));
    for answer in [asked, done] {
        assert!(answer.body.contains("Nobody else manages"), "{}", answer.body);
    }
    assert!(clinic.ordered().is_empty());
    // With another beside them they may go.
    uses(&clinic, "name = \"Ours\"\n");
    let form = [("over", "1"), ("name", "Nurse"), ("location", "Room 2"), ("manage", "on")];
    assert_eq!(send(&clinic, "/people/102/change", &desk, &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(clinic.post("/people/101/remove", &desk).await.status, StatusCode::SEE_OTHER);
    assert_eq!(clinic.get("/people", &desk).await.status, StatusCode::SEE_OTHER, "they are signed out");
    let settings = clinic.app.settings.borrow().clone();
    assert_eq!(settings.people.iter().map(|p| p.rights.contains(&Right::Manage)).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn who_leaves_is_asked_about_twice_and_takes_along_what_let_them_in() {
    let clinic = started().await;
    let desk = clinic.sign_in("101").await;
    let doctor = clinic.sign_in("103").await;
    let (people, at) = (clinic.app.store.people(), clinic.app.clock.now().wall);
    let [ha1_md5, ha1_sha256, ha1_sha512_256] = ["1", "2", "3"].map(str::to_owned);
    let secret = SipSecret { user: "103".into(), ha1_md5, ha1_sha256, ha1_sha512_256 };
    people.set_sip_secret(secret.clone(), "101", at).await.expect("set");
    clinic.token("103").await;
    let to = Some(PhoneNumber::Internal("103".to_owned()));
    clinic.switched(&[Switch::Forward { extension: "102".to_owned(), when: Forward::Busy, to }]);
    let question = clinic.get("/people/103/remove", &desk).await;
    for said in [
        "Remove Doctor &#60;Okafor&#62;?",
        "Extension 103 ends",
        "signed in at 1 browser",
        "1 program that acts",
        "Their faxes and calls stay",
        "those of Nurse",
    ] {
        assert!(question.body.contains(said), "{said}: {}", question.body);
    }
    assert!(clinic.ordered().is_empty(), "a question changes nothing");
    let gone = clinic.post("/people/103/remove", &desk).await;
    assert_eq!((gone.status, &gone.headers["location"]), (StatusCode::SEE_OTHER, &"/people".parse().expect("a path")));
    let (_, text) = saved(&clinic).await;
    let block =
        SETTINGS.find("[[people]]\nextension = \"103\"").expect("there")..SETTINGS.find("[[trunks]]").expect("there");
    assert_eq!(text, SETTINGS.replace(&SETTINGS[block], ""));
    assert_eq!(people.ways("103", at).await.expect("read"), store::Ways::default());
    assert_eq!(clinic.get("/", &doctor).await.status, StatusCode::SEE_OTHER);
    assert_eq!(clinic.get("/people/103", &desk).await.status, StatusCode::NOT_FOUND);
    // Whoever has the extension after them is not let in by what was left behind all the same.
    people.set_sip_secret(secret, "101", at).await.expect("set");
    let form = [with(&ADA, "extension", "103"), vec![("over", "2")]].concat();
    assert_eq!(send(&clinic, "/people/add", &desk, &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(people.ways("103", at).await.expect("read"), store::Ways::default());
}

/// What a person leaves is known before they are removed, and not found out by whoever comes after them.
#[tokio::test]
async fn who_removes_somebody_reads_first_what_they_leave() {
    let clinic = started().await;
    let desk = clinic.sign_in("101").await;
    let asked = async || clinic.get("/people/103/remove", &desk).await.body;
    let before = asked().await;
    for unsaid in ["waits for somebody again", "PIN", "greeting"] {
        assert!(!before.contains(unsaid), "{unsaid}: {before}");
    }
    let (store, fax, at) = (&clinic.app.store, clinic.faxes.unowned, clinic.app.clock.now().wall);
    let (mailbox, by) = ("103".to_owned(), "103".to_owned());
    let voicemail = VoicemailId::new(at, &mut Random::from_u64(9));
    let sound = || Pii::new(Sound { rate: 8_000, samples: vec![500; 8_000] });
    let handing = Handing { fax, by: "101".to_owned(), to: Some("103".to_owned()), before: None, at };
    let (call, from) = (clinic.call, Party::default());
    for effect in [
        Effect::HandFax(Box::new(handing)),
        Effect::BeginVoicemail { voicemail, mailbox: mailbox.clone(), call, from, at },
        Effect::VoicemailPart { voicemail, number: 0, sound: sound(), at },
        Effect::FinishVoicemail { voicemail, urgent: None, at },
        Effect::SetPin { mailbox: mailbox.clone(), pin: "738291".into(), by: by.clone(), at },
        Effect::SetGreeting(NewGreeting { mailbox, kind: GreetingKind::Busy, sound: Some(sound()), by, at }),
    ] {
        store.perform(effect).await.expect("stored");
    }
    let after = asked().await;
    for said in [
        "1 received fax that they look after waits for somebody again",
        "1 message in their mailbox stays",
        "The PIN of their mailbox ends",
        "Their greetings end",
    ] {
        assert!(after.contains(said), "{said}: {after}");
    }
}

#[tokio::test]
async fn nobody_leaves_of_whom_the_plan_or_the_settings_speak() {
    let clinic = started().await;
    let desk = clinic.sign_in("101").await;
    // That of the library rings her.
    let (asked, done) = (clinic.get("/people/102/remove", &desk).await, clinic.post("/people/102/remove", &desk).await);
    assert_eq!((asked.status, done.status), (StatusCode::OK, StatusCode::CONFLICT));
    for answer in [asked, done] {
        for said in [
            "Nurse cannot be removed yet",
            "ring = [&#34;101&#34;, &#34;102&#34;]",
            "Nobody has the extension 102.",
            "href=\"/plan/text\"",
        ] {
            assert!(answer.body.contains(said), "{said}: {}", answer.body);
        }
    }
    // What the plan has always said of nobody keeps nobody here.
    uses(&clinic, "name = \"Ours\"\n[extensions.600]\nring = [\"101\", \"177\"]\n");
    assert!(clinic.get("/people/102/remove", &desk).await.body.contains("Remove Nurse?"));
    let routed = format!("{SETTINGS}deliver_to = [\"NURSE@clinic.demo\"]\n");
    let at = clinic.app.clock.now().wall;
    clinic.app.store.settings().save(&routed, "101", at).await.expect("saved");
    assert!(clinic.get("/people/102/remove", &desk).await.body.contains("go on to nurse@clinic.demo by mail"));
    let owned = format!("{SETTINGS}[[fax.routes]]\ncalled = \"+12025550198\"\nowner = \"102\"\n");
    assert!(Settings::parse(&owned).is_ok());
    clinic.app.store.settings().save(&owned, "101", at).await.expect("saved");
    let page = clinic.post("/people/102/remove", &desk).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(
        page.body.contains("fax.routes[0].owner") && page.body.contains("There is no such person"),
        "{}",
        page.body
    );
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn what_could_not_be_taken_back_of_who_left_is_said() {
    let clinic = started().await;
    let mut handles = crate::Handles::clone(&clinic.app);
    handles.take_back = std::sync::Arc::new(|_, _| Box::pin(async { Err("the disk is full".to_owned()) }));
    let clinic = Clinic { router: crate::router(handles), ..clinic };
    let desk = clinic.sign_in("101").await;
    let page = clinic.post("/people/103/remove", &desk).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    for said in ["is removed, but not all", "The disk is full.", "frontdesk access forget 103"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
}

#[tokio::test]
async fn nobody_else_changes_people_and_no_token_does() {
    let clinic = started().await;
    let nurse = clinic.sign_in("102").await;
    let bearer = format!("Bearer {}", clinic.token("101").await);
    for path in ["/people/add", "/people/102/change", "/people/102/remove"] {
        assert_eq!(clinic.get(path, &nurse).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(clinic.post(path, &nurse).await.status, StatusCode::FORBIDDEN, "{path}");
        let asked = post(path, None).header("authorization", &bearer).body(Body::from("name=x")).expect("request");
        assert_eq!(clinic.ask(asked).await.status, StatusCode::FORBIDDEN, "{path}");
        let from = super::request(axum::http::Method::POST, path, Some(&clinic.sign_in("101").await));
        let asked =
            from.header("content-type", "application/x-www-form-urlencoded").header("sec-fetch-site", "cross-site");
        assert_eq!(clinic.ask(asked.body(Body::from("name=x")).expect("request")).await.status, StatusCode::FORBIDDEN);
    }
    assert!(
        !clinic.get("/people/102", &nurse).await.body.contains("/change"),
        "nobody is offered what they may not do"
    );
    assert!(clinic.ordered().iter().all(|order| !matches!(order, Command::SetSettings { .. })));
}
