//! A received fax that is given to a colleague, or laid back: the forms, the orders, and what is told of it.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use model::FaxId;
use model::command::{Command, CommandError};
use store::effect::{Decision, Effect, Handing, Staff};

use super::{Answer, Clinic, post, request};

impl Clinic {
    async fn says(&self, path: &str, body: &'static str, cookie: &str) -> Answer {
        self.ask(post(path, Some(cookie)).body(Body::from(body)).expect("request")).await
    }

    /// As the appliance does it.
    async fn hands(&self, fax: FaxId, by: &str, before: Option<&str>, to: Option<&str>) {
        let [before, to] = [before, to].map(|user| user.map(str::to_owned));
        let at = self.app.clock.now().wall;
        let handing = Handing { fax, by: by.to_owned(), to, before, at };
        self.app.store.perform(Effect::HandFax(Box::new(handing))).await.expect("handed");
    }
}

#[tokio::test]
async fn a_fax_is_given_to_who_may_see_it_and_the_order_names_whose_it_was() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let fax = clinic.faxes.unowned;
    let path = format!("/faxes/{fax}");
    let page = clinic.get(&path, &cookie).await.body;
    assert!(page.contains("Nobody has it yet.") && !page.contains("Lay it back"), "{page}");
    assert!(page.contains("<option value=\"101\">Front desk</option><option value=\"102\">Nurse</option>"), "{page}");
    assert!(!page.contains("<option value=\"103\">"), "who may not see faxes is not offered");

    let answer = clinic.says(&format!("{path}/give"), "owner=&to=101", &cookie).await;
    assert_eq!((answer.status, answer.headers["location"].as_bytes()), (StatusCode::SEE_OTHER, path.as_bytes()));
    let ordered = clinic.ordered();
    let [Command::HandFax { by, fax: which, to, before }] = &ordered[..] else { panic!("{ordered:?}") };
    assert_eq!((by.as_str(), *which, to.as_deref(), before.as_deref()), ("102", fax, Some("101"), None));
    clinic.says(&format!("{path}/lay-back"), "owner=101", &cookie).await;
    let ordered = clinic.ordered();
    assert!(matches!(&ordered[..], [Command::HandFax { to: None, before: Some(owner), .. }] if owner == "101"));

    let sentence = "Front desk has this fax now: somebody was faster. Nothing was changed.";
    clinic.answers(Err(CommandError::NotNow(sentence.to_owned())));
    let late = clinic.says(&format!("{path}/give"), "owner=&to=102", &cookie).await;
    assert!(late.status == StatusCode::CONFLICT && late.body.contains(sentence), "{late:?}");
    clinic.ordered();
    for (verb, body) in [("give", "owner=&to="), ("give", "to=101"), ("lay-back", "")] {
        let answer = clinic.says(&format!("{path}/{verb}"), body, &cookie).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{verb} {body}");
    }
    let other = clinic.sign_in("103").await;
    assert_eq!(clinic.says(&format!("{path}/give"), "owner=&to=103", &other).await.status, StatusCode::FORBIDDEN);
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn whose_a_fax_has_been_stands_on_its_page_and_what_is_mine_in_a_list() {
    let clinic = Clinic::open().await;
    let nurse = clinic.sign_in("102").await;
    let fax = clinic.faxes.unowned;
    let desk = clinic.sign_in("101").await;
    let empty = clinic.get("/faxes?show=mine", &desk).await.body;
    assert!(empty.contains("No received fax is yours to look after."), "{empty}");
    let at = clinic.app.clock.now().wall;
    let by = "101".to_owned();
    clinic.app.store.perform(Effect::DecideFax { fax, by, decision: Decision::Take, at }).await.expect("taken");
    clinic.hands(fax, "101", Some("101"), Some("102")).await;
    let page = clinic.get(&format!("/faxes/{fax}"), &nurse).await.body;
    let story = ["Front desk took it", "Front desk gave it to Nurse"];
    assert!(story.iter().all(|said| page.contains(said)), "{page}");
    assert!(page.contains("It is yours.") && page.contains("name=\"owner\" value=\"102\""), "{page}");
    assert!(!page.contains("<option value=\"102\">"), "whose it is already");
    assert!(
        clinic.get("/", &nurse).await.body.contains("<a class=\"link\" href=\"/faxes?show=mine\">2 faxes are yours")
    );
    assert!(clinic.get("/faxes?show=mine", &nurse).await.body.contains(&format!("id=\"fax-{fax}\"")));
    assert!(!clinic.get("/faxes?show=mine", &desk).await.body.contains(&format!("id=\"fax-{fax}\"")));

    clinic.hands(fax, "101", Some("102"), Some("101")).await;
    clinic.hands(fax, "102", Some("101"), None).await;
    let page = clinic.get(&format!("/faxes/{fax}"), &desk).await.body;
    for said in ["Front desk took it over from Nurse", "Nurse laid it back", "Nobody has it yet.", "Take it"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    // What is done with is nobody's to give: first it is said that it is not.
    let (by, filing) = ("102".to_owned(), model::filing::Filing::Done);
    clinic.app.store.perform(Effect::FileFax { fax, by, filing, at }).await.expect("filed");
    assert!(!clinic.get(&format!("/faxes/{fax}"), &desk).await.body.contains("Give it to"));
}

#[tokio::test]
async fn a_program_gives_a_fax_and_reads_whose_it_has_been() {
    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    let fax = clinic.faxes.unowned;
    let ask = async |method: Method, path: &str, body: &'static str| {
        let asked = request(method, path, None)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = clinic.ask(asked.body(Body::from(body)).expect("request")).await;
        let value: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        (answer.status, value)
    };
    let (status, body) = ask(Method::POST, &format!("/api/v1/faxes/{fax}/give"), "to=101&owner=").await;
    assert_eq!((status, &body["id"]), (StatusCode::OK, &fax.to_string().into()));
    assert!(
        matches!(&clinic.ordered()[..], [Command::HandFax { by, to: Some(to), before: None, .. }] if by == "102" && to == "101")
    );
    let (status, body) = ask(Method::POST, &format!("/api/v1/faxes/{fax}/lay-back"), "").await;
    assert_eq!((status, &body["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &"unusable".into()));
    assert!(clinic.ordered().is_empty(), "it did not say whose it was");

    clinic.hands(fax, "101", None, Some("102")).await;
    let (_, body) = ask(Method::GET, &format!("/api/v1/faxes/{fax}"), "").await;
    let change = &body["owners"][0];
    assert_eq!((&change["by"], &change["before"], &change["owner"]), (&"101".into(), &().into(), &"102".into()));
    let (_, body) = ask(Method::GET, "/api/v1/faxes?mine=true", "").await;
    let mine = body["faxes"].as_array().expect("a list");
    assert_eq!((mine.len(), &mine[0]["id"]), (2, &fax.to_string().into()), "the newest first");
    assert!(mine.iter().all(|fax| fax["owner"] == "102"), "{mine:?}");
}

/// It was nobody's decision about this fax.
#[tokio::test]
async fn a_fax_says_that_whoever_had_it_may_not_see_it_any_more() {
    let clinic = Clinic::open().await;
    let (fax, at) = (clinic.faxes.unowned, clinic.app.clock.now().wall);
    clinic.hands(fax, "102", None, Some("102")).await;
    let staff = Staff { mailboxes: vec!["101".to_owned(), "102".to_owned()], readers: vec!["101".to_owned()] };
    clinic.app.store.perform(Effect::StaffIs(staff, at)).await.expect("laid back");
    let page = clinic.get(&format!("/faxes/{fax}"), &clinic.sign_in("101").await).await.body;
    assert!(
        page.contains("Nobody has it yet.") && page.contains("Nurse has left, or may not see faxes any more"),
        "{page}"
    );
}
