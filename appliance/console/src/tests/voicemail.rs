//! Messages on their page and over the API: each person has their own.

use axum::body::Body;
use axum::http::StatusCode;
use model::call::Party;
use model::command::{Command, CommandError};
use model::voicemail::{GreetingKind, VoicemailMark};
use model::{CallId, PhoneNumber, Pii, Random, Sound, VoicemailId};
use store::Effect;
use store::effect::{Giving, NewGreeting};

use super::{Clinic, form, get, post};

/// Calling back is the browser's own telephone with the number on it: a PC without another opens nothing for "tel:".
const BACK: &str = "href=\"/phone?call=%2B12025550166\" target=\"frontdesk-phone\" data-phone>Call back<";

/// A message of two seconds for this extension.
async fn left(clinic: &Clinic, mailbox: &str) -> VoicemailId {
    let (at, mut random) = (clinic.app.clock.now().wall, Random::from_u64(9));
    let voicemail = VoicemailId::new(at, &mut random);
    let from = Party { number: Some(PhoneNumber::E164("+12025550166".to_owned())), name: Pii::from("<b>Adalbert</b>") };
    let call = CallId::new(at, &mut random);
    let sound = Pii::new(Sound { rate: 8_000, samples: vec![8_000; 16_000] });
    for effect in [
        Effect::BeginVoicemail { voicemail, mailbox: mailbox.to_owned(), call, from, at },
        Effect::VoicemailPart { voicemail, number: 0, sound, at },
        Effect::VoicemailUrgent { voicemail, urgent: true },
        Effect::FinishVoicemail { voicemail, urgent: None, at },
    ] {
        clinic.app.store.perform(effect).await.expect("stored");
    }
    voicemail
}

#[tokio::test]
async fn a_person_sees_hears_and_deletes_their_own_messages() {
    let clinic = Clinic::open().await;
    let id = left(&clinic, "101").await;
    let (owner, other) = (clinic.sign_in("101").await, clinic.sign_in("102").await);
    let page = clinic.get("/voicemail", &owner).await.body;
    for part in ["1 new message", "Urgent", "&#60;b&#62;Adalbert", "<svg class=\"wave\"", "2 s", BACK] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(clinic.get("/voicemail", &other).await.body.contains("No messages"));
    let told = async |who: &str| clinic.get("/calls", who).await.body.contains(", 1 new message");
    assert!(told(&owner).await && !told(&other).await, "every page says so, to whom it is for");

    let path = format!("/voicemail/{id}/message.wav");
    assert_eq!(clinic.get(&path, &other).await.status, StatusCode::NOT_FOUND);
    assert!(clinic.ordered().is_empty());
    let part = get(&path, Some(&owner)).header("range", "bytes=44-99").body(Body::empty()).expect("request");
    let part = clinic.ask(part).await;
    assert_eq!(
        (part.status, part.headers["content-range"].to_str().expect("text")),
        (StatusCode::PARTIAL_CONTENT, "bytes 44-99/32044")
    );
    let heard = clinic.ordered();
    assert!(matches!(&heard[..], [Command::MarkVoicemail { by, mark: VoicemailMark::Heard, .. }] if by == "101"));
    let on = get(&path, Some(&owner)).header("range", "bytes=100-").body(Body::empty()).expect("request");
    assert_eq!(clinic.ask(on).await.status, StatusCode::PARTIAL_CONTENT);
    assert!(clinic.ordered().is_empty(), "whoever plays on listens once");
    let whole = clinic.get(&path, &owner).await;
    assert_eq!((whole.status, whole.headers["content-length"].to_str().expect("text")), (StatusCode::OK, "32044"));
    let heard = clinic.ordered();
    assert!(matches!(&heard[..], [Command::MarkVoicemail { by, mark: VoicemailMark::Heard, .. }] if by == "101"));

    assert_eq!(clinic.post(&format!("/voicemail/{id}/delete"), &owner).await.status, StatusCode::SEE_OTHER);
    assert!(matches!(&clinic.ordered()[..], [Command::MarkVoicemail { mark: VoicemailMark::Delete, .. }]));
    assert_eq!(clinic.post(&format!("/voicemail/{id}/burn"), &owner).await.status, StatusCode::NOT_FOUND);
}

/// A program looks how large it is, and nobody has heard it.
#[tokio::test]
async fn a_message_of_which_only_the_head_was_asked_for_is_new() {
    let clinic = Clinic::open().await;
    let id = left(&clinic, "101").await;
    let owner = clinic.sign_in("101").await;
    for path in [format!("/voicemail/{id}/message.wav"), format!("/api/v1/voicemails/{id}/message.wav")] {
        let head = super::request(axum::http::Method::HEAD, &path, Some(&owner)).body(Body::empty());
        let head = clinic.ask(head.expect("request")).await;
        assert_eq!((head.status, head.headers["content-length"].as_bytes()), (StatusCode::OK, b"32044".as_slice()));
        assert!(clinic.ordered().is_empty(), "{path}");
    }
    clinic.get(&format!("/voicemail/{id}/message.wav"), &owner).await;
    assert_eq!(clinic.ordered().len(), 1, "who listens then does");
}

#[tokio::test]
async fn a_message_is_given_to_a_colleague() {
    let clinic = Clinic::open().await;
    super::plan::uses(
        &clinic,
        "[[inbound]]\nnumber = \"main\"\nring = [\"101\"]\n[voicemail]\npeople = [\"101\", \"102\"]\n",
    );
    let id = left(&clinic, "101").await;
    let (owner, other) = (clinic.sign_in("101").await, clinic.sign_in("102").await);
    let page = clinic.get("/voicemail", &owner).await.body;
    assert!(page.contains("<option value=\"102\">Nurse</option>"), "{page}");
    assert!(!page.contains("<option value=\"103\">"), "who has no mailbox is not offered: {page}");
    let given = post(&format!("/voicemail/{id}/give"), Some(&owner)).body(Body::from("to=102")).expect("request");
    assert_eq!(clinic.ask(given).await.status, StatusCode::SEE_OTHER);
    let orders = clinic.ordered();
    let [Command::GiveVoicemail { by, voicemail, to }] = &orders[..] else { panic!("{orders:?}") };
    assert_eq!((by.as_str(), *voicemail, to.as_str()), ("101", id, "102"));
    let token = clinic.token("101").await;
    let asked = super::request(axum::http::Method::POST, &format!("/api/v1/voicemails/{id}/give"), None)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("to=102"));
    assert_eq!(clinic.ask(asked.expect("request")).await.status, StatusCode::OK);
    assert!(matches!(&clinic.ordered()[..], [Command::GiveVoicemail { to, .. }] if to == "102"));
    let (by, at) = ("101".to_owned(), clinic.app.clock.now().wall);
    let effect =
        Effect::GiveVoicemail(Giving { voicemail: id, mailbox: "101".to_owned(), to: "102".to_owned(), by, at });
    clinic.app.store.perform(effect).await.expect("given");
    assert!(clinic.get("/voicemail", &owner).await.body.contains("No messages"));
    assert!(clinic.get("/voicemail", &other).await.body.contains("given by Front desk"));
    clinic.answers(Err(CommandError::NotFound("It is not there any more.".to_owned())));
    let asked = super::request(axum::http::Method::POST, &format!("/api/v1/voicemails/{id}/heard"), None)
        .header("authorization", format!("Bearer {token}"));
    let gone = clinic.ask(asked.body(Body::empty()).expect("request")).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert!(gone.body.contains("\"code\":\"not_found\""), "{}", gone.body);
}

#[tokio::test]
async fn a_greeting_is_a_wav_file_and_a_pin_is_digits() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let upload = async |file: &[u8]| {
        let (kind, body) = form(&[("greeting", Some("greeting.wav"), file)]);
        let request = super::request(axum::http::Method::POST, "/voicemail/greetings/busy", Some(&cookie));
        let request = request.header("sec-fetch-site", "same-origin").header("content-type", kind);
        clinic.ask(request.body(Body::from(body)).expect("request")).await
    };
    let wav = Sound { rate: 16_000, samples: vec![500; 16_000] }.to_wav();
    assert_eq!(upload(&wav).await.status, StatusCode::SEE_OTHER);
    let ordered = clinic.ordered();
    let [Command::SetGreeting { kind: GreetingKind::Busy, sound: Some(sound), .. }] = &ordered[..] else {
        panic!("{ordered:?}")
    };
    assert_eq!((sound.expose().rate, sound.expose().millis()), (8_000, 1_000));
    let refused = upload(b"no wav").await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("not a WAV file"));
}

/// Beside the greetings, and no longer than callers wait who have found somebody.
#[tokio::test]
async fn a_name_is_uploaded_heard_and_taken_away() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let upload = async |file: Option<&[u8]>| {
        let (kind, body) = match file {
            Some(file) => form(&[("greeting", Some("name.wav"), file)]),
            None => form(&[]),
        };
        let request = super::request(axum::http::Method::POST, "/voicemail/greetings/name", Some(&cookie));
        let request = request.header("sec-fetch-site", "same-origin").header("content-type", kind);
        clinic.ask(request.body(Body::from(body)).expect("request")).await
    };
    assert!(clinic.get("/voicemail", &cookie).await.body.contains("Not recorded; callers hear your extension"));
    let said = |seconds: usize| Sound { rate: 8_000, samples: vec![500; 8_000 * seconds] };
    let long = upload(Some(&said(9).to_wav())).await;
    assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", long.body);
    assert_eq!(upload(Some(&said(2).to_wav())).await.status, StatusCode::SEE_OTHER);
    let ordered = clinic.ordered();
    let [Command::SetGreeting { by, kind: GreetingKind::Name, sound: Some(sound) }] = &ordered[..] else {
        panic!("{ordered:?}")
    };
    assert_eq!((by.as_str(), sound.expose().millis()), ("101", 2_000));
    let (mailbox, by, at) = ("101".to_owned(), "101".to_owned(), clinic.app.clock.now().wall);
    let sound = Some(Pii::new(said(2)));
    let effect = Effect::SetGreeting(NewGreeting { mailbox, kind: GreetingKind::Name, sound, by, at });
    clinic.app.store.perform(effect).await.expect("stored");
    let page = clinic.get("/voicemail", &cookie).await.body;
    assert!(page.contains("/voicemail/greetings/name/greeting.wav") && page.contains("Take it away"), "{page}");
    assert_eq!(clinic.get("/voicemail/greetings/name/greeting.wav", &cookie).await.status, StatusCode::OK);
    assert_eq!(upload(None).await.status, StatusCode::SEE_OTHER);
    let ordered = clinic.ordered();
    assert!(
        matches!(&ordered[..], [Command::SetGreeting { kind: GreetingKind::Name, sound: None, .. }]),
        "{ordered:?}"
    );
}

/// By the same rule as by phone, and in a sentence that says what to choose instead.
#[tokio::test]
async fn a_pin_is_digits_and_not_what_everybody_tries_first() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let set = async |pin: &str| {
        let request = post("/voicemail/pin", Some(&cookie)).body(Body::from(format!("pin={pin}"))).expect("request");
        clinic.ask(request).await
    };
    assert_eq!(set("2580").await.status, StatusCode::SEE_OTHER);
    assert!(matches!(&clinic.ordered()[..], [Command::SetPin { by, pin }] if by == "101" && pin.expose() == "2580"));
    for (pin, said) in [
        ("12", "four to ten digits"),
        ("101", "four to ten digits"),
        ("25x0", "four to ten digits"),
        ("1234", "Choose another"),
        ("1111", "Choose another"),
        ("9876", "Choose another"),
    ] {
        let refused = set(pin).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{pin}");
        assert!(refused.body.contains(said), "{pin}: {}", refused.body);
        // Beside its field, among the messages of whoever types it.
        let field = refused.body.split_once("id=\"pin\"").expect("the form").1;
        let field = field.split_once("</form>").expect("its end").0;
        assert!(field.contains(&format!("value=\"{pin}\"")) && field.contains("id=\"pin-error\""), "{field}");
        assert!(refused.body.contains("id=\"messages\""));
    }
    assert!(clinic.ordered().is_empty(), "nothing was ordered");
    assert_eq!(clinic.get("/voicemail/pin", &cookie).await.headers["location"], "/voicemail");
}
