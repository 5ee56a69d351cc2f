//! What people do with faxes beyond sending and taking them: undo, decide about a repetition, file, forward, block; and what is counted.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use model::command::{Command, CommandOutcome, Document};
use model::fax::{Cause, Delivery, Door, FaxState, Outcome, Retention};
use model::filing::{Filing, Way};
use model::mail::{MailPurpose, SmtpReply};
use model::sending::{Manner, Priority, Profile, Wish};
use model::trace::Trace;
use model::{AttemptId, FaxId, MailId, PhoneNumber, Pii, Random, Wall};
use store::effect::{Decision, Effect, FaxNext, MailNext, NewFax, NewOutgoing, Place, WayNext};

use super::{Clinic, form, post, request};
use crate::local::Local;
use crate::texts::Texts;

impl Clinic {
    async fn accept(&self, seed: u64, not_before: Option<Wall>) -> FaxId {
        let at = self.app.clock.now().wall;
        let id = FaxId::new(at, &mut Random::from_u64(seed));
        let documents = vec![Document {
            name: "a.pdf".into(),
            media_type: "application/pdf".to_owned(),
            bytes: Pii::new(b"%PDF-1.4".to_vec()),
        }];
        let new = NewFax {
            id,
            door: Door::Console,
            by: "102".to_owned(),
            to: PhoneNumber::E164("+12025550188".to_owned()),
            fetch: false,
            forwards: None,
            subject: "Twice".into(),
            documents,
            left_out: Pii::from("logo.png"),
            receipt_to: Some("nurse@clinic.demo".into()),
            retention: Retention::Clinical,
            wish: Wish { not_before, ..Wish::default() },
            at,
        };
        self.app.store.perform(Effect::AcceptFax(Box::new(new))).await.expect("accepted");
        let pages = vec![Pii::new(b"one page".to_vec())];
        let rendered = Effect::FaxRendered { fax: id, pages, twins_since: Some(Wall(0)), at };
        self.app.store.perform(rendered).await.expect("rendered");
        id
    }

    async fn fill(&self, path: &str, body: &'static str, cookie: &str) -> StatusCode {
        self.ask(post(path, Some(cookie)).body(Body::from(body)).expect("request")).await.status
    }
}

#[tokio::test]
async fn a_fax_that_has_not_left_is_undone_with_one_press() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let leaves = clinic.app.clock.now().wall + Duration::from_secs(30);
    let fax = clinic.accept(1, Some(leaves)).await;
    let page = clinic.get(&format!("/faxes/{fax}"), &cookie).await.body;
    assert!(page.contains("It leaves at") && page.contains("Undo"), "{page}");
    assert!(page.contains(&format!("action=\"/faxes/{fax}/recall\" method=\"post\"")), "no second question");
    let list = clinic.get("/faxes", &cookie).await.body;
    assert!(list.contains(&format!("action=\"/faxes/{fax}/recall\"")) && list.contains("Leaves at"));
    assert_eq!(clinic.post(&format!("/faxes/{fax}/recall"), &cookie).await.status, StatusCode::SEE_OTHER);
    assert!(matches!(clinic.ordered()[..], [Command::CancelFax { fax: f, .. }] if f == fax));
}

/// A time alone is today's: whoever reads "again at 09:00" in the evening waits for a fax that goes tomorrow.
#[tokio::test]
async fn a_time_that_is_not_todays_has_its_day() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let now = clinic.app.clock.now().wall;
    let later = now + Duration::from_hours(48);
    let day = Local::new(&clinic.app.settings.borrow().clone(), Texts::choose(None), now).day(later);
    let fax = clinic.accept(1, Some(later)).await;
    let page = clinic.get(&format!("/faxes/{fax}"), &cookie).await.body;
    assert!(page.contains(&format!("It leaves at {day}, ")), "{page}");

    let cancel = Effect::DecideFax { fax, by: "102".to_owned(), decision: Decision::Cancel, at: now };
    clinic.app.store.perform(cancel).await.expect("cancelled");
    let fax = clinic.accept(2, None).await;
    let attempt = AttemptId::new(now, &mut Random::from_u64(3));
    let start = Effect::StartAttempt { fax, attempt, line: "main".to_owned(), first_page: 0, at: now };
    clinic.app.store.perform(start).await.expect("started");
    let finish = Effect::FinishAttempt {
        fax,
        attempt,
        outcome: Outcome::without_session(Cause::Busy),
        next: FaxNext::Retry { at: later },
        lesson: Box::default(),
        trace: Trace::default(),
        at: now,
    };
    clinic.app.store.perform(finish).await.expect("finished");
    for (path, said) in [(format!("/faxes/{fax}"), "Attempt 2 at"), ("/faxes".to_owned(), "Again at")] {
        let page = clinic.get(&path, &cookie).await.body;
        assert!(page.contains(&format!("{said} {day}, ")), "{said}: {page}");
    }
}

#[tokio::test]
async fn a_receipt_that_nobody_got_is_said_on_the_page_of_its_fax() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let fax = clinic.accept(1, None).await;
    let at = clinic.app.clock.now().wall;
    let id = MailId::new(at, &mut Random::from_u64(1));
    let receipt = NewOutgoing {
        id,
        purpose: MailPurpose::Receipt(fax),
        from: Pii::default(),
        to: "nurse@clinic.demo".into(),
        body: Pii::new(b"Your fax arrived".to_vec()),
        at,
    };
    clinic.app.store.perform(Effect::QueueMails { mails: vec![receipt], outbox: None }).await.expect("queued");
    let page = || async { clinic.get(&format!("/faxes/{fax}"), &cookie).await.body };
    let lost = "could not be delivered by mail";
    assert!(!page().await.contains(lost));
    let reply = SmtpReply::new(550, "no such mailbox");
    let gave_up = Effect::MailTried { mail: id, reply, next: MailNext::GaveUp, at };
    clinic.app.store.perform(gave_up).await.expect("written");
    let page = page().await;
    assert!(page.contains(lost) && page.contains("logo.png"), "{page}");
}

/// A received fax of somebody, which goes into a folder too.
async fn received(clinic: &Clinic, seed: u64, state: FaxState) -> FaxId {
    let does = |effect| async { clinic.app.store.perform(effect).await.expect("written") };
    let (at, random) = (clinic.app.clock.now().wall, &mut Random::from_u64(seed));
    let (fax, attempt) = (FaxId::new(at, random), AttemptId::new(at, random));
    let (to, line) = (PhoneNumber::E164("+12025550198".to_owned()), "main, T.38".to_owned());
    does(Effect::BeginReceived { fax, attempt, from: None, to, line, at }).await;
    let page = Pii::new(vec![1]);
    does(Effect::ReceivedPage { fax, number: 0, page, bad_rows: 0, in_part: false, known: None, at }).await;
    let outcome = Outcome { pages_confirmed: 1, ..Outcome::without_session(Cause::Delivered) };
    let ways = vec![Way::Folder("scans".to_owned())];
    let place = Place { owner: Some("102".to_owned()), ways, ..Place::default() };
    does(Effect::FinishReceived { fax, attempt, outcome, state, place, trace: Trace::default(), at }).await;
    fax
}

#[tokio::test]
async fn who_did_not_get_a_received_fax_is_named_and_nobody_who_did() {
    const NO_MAIL: &str = "It could not be mailed to its reader";
    const NO_FOLDER: &str = "It could not be written into the folder “scans”";
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let at = clinic.app.clock.now().wall;
    let does = |effect| async { clinic.app.store.perform(effect).await.expect("written") };
    let page = async |fax: FaxId| clinic.get(&format!("/faxes/{fax}"), &cookie).await.body;
    let way = Way::Folder("scans".to_owned());
    let gave_up = |fax| {
        let (way, why) = (way.clone(), Some("the disk is full".to_owned()));
        Effect::WayTried { fax, way, next: WayNext::GaveUp, why, by: None, at }
    };

    let unwritten = received(&clinic, 21, FaxState::Received).await;
    does(gave_up(unwritten)).await;
    let list = clinic.get("/faxes?show=needs", &cookie).await.body;
    assert!(
        list.contains(&unwritten.to_string()) && list.contains("It could not be written into its folder"),
        "{list}"
    );
    let (path, token) = (format!("/api/v1/faxes/{unwritten}"), clinic.token("102").await);
    let (_, fax) = super::api::ask(&clinic, axum::http::Method::GET, &path, &token, None).await;
    assert_eq!((&fax["unwritten"], &fax["delivery"]), (&true.into(), &"none".into()));
    let seen = page(unwritten).await;
    assert!(seen.contains(NO_FOLDER) && seen.contains("the disk is full") && !seen.contains(NO_MAIL), "{seen}");

    // No server has refused what was never made a mail.
    let partial = received(&clinic, 22, FaxState::Partial).await;
    does(Effect::SetDelivery { fax: partial, delivery: Delivery::Failed }).await;
    does(gave_up(partial)).await;
    let seen = page(partial).await;
    let unmade = format!("{NO_MAIL}. Frontdesk could not make a mail of it.");
    assert!(seen.contains(&unmade) && seen.contains(NO_FOLDER), "{seen}");

    let refused = received(&clinic, 23, FaxState::Received).await;
    let id = MailId::new(at, &mut Random::from_u64(24));
    let (purpose, to) = (MailPurpose::ReceivedFax(refused), "nurse@clinic.demo".into());
    let mail = NewOutgoing { id, purpose, from: Pii::default(), to, body: Pii::new(b"A fax".to_vec()), at };
    does(Effect::QueueMails { mails: vec![mail], outbox: None }).await;
    let reply = SmtpReply::new(550, "no such mailbox");
    does(Effect::MailTried { mail: id, reply, next: MailNext::GaveUp, at }).await;
    let seen = page(refused).await;
    assert!(seen.contains(NO_MAIL) && seen.contains("The mail server did not take it."), "{seen}");
    assert!(!seen.contains(NO_FOLDER), "{seen}");
}

#[tokio::test]
async fn a_repetition_waits_for_a_person_and_names_the_other() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let first = clinic.accept(1, None).await;
    let twin = clinic.accept(2, None).await;
    let page = clinic.get(&format!("/faxes/{twin}"), &cookie).await.body;
    for part in ["This looks like a fax that was ordered already.", "Send it too", "recall this one"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains(&format!("href=\"/faxes/{first}\"")));
    let asked = clinic.get(&format!("/faxes/{twin}/again"), &cookie).await.body;
    assert!(asked.contains("They get the same pages a second time."));
    assert!(clinic.get("/faxes?show=needs", &cookie).await.body.contains(&twin.to_string()));
}

#[tokio::test]
async fn a_received_fax_is_filed_forwarded_and_its_caller_blocked() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let fax = clinic.faxes.unowned;
    for (body, expected) in [
        ("what=folder&folder=Lab", Filing::Folder(Some("Lab".to_owned()))),
        ("what=folder&folder=", Filing::Folder(None)),
        ("what=done", Filing::Done),
        ("what=open", Filing::Open),
        ("what=junk", Filing::Junk(true)),
        ("what=not-junk", Filing::Junk(false)),
    ] {
        assert_eq!(clinic.fill(&format!("/faxes/{fax}/file"), body, &cookie).await, StatusCode::SEE_OTHER, "{body}");
        let ordered = clinic.ordered();
        let [Command::FileFax { by, filing, .. }] = &ordered[..] else { panic!("{ordered:?}") };
        assert_eq!((by.as_str(), filing), ("102", &expected));
    }
    // What is kept for good is the manager's to say.
    let hold = format!("/faxes/{fax}/file");
    assert_eq!(clinic.fill(&hold, "what=hold", &cookie).await, StatusCode::FORBIDDEN);
    let manager = clinic.sign_in("101").await;
    assert_eq!(clinic.fill(&hold, "what=hold", &manager).await, StatusCode::SEE_OTHER);
    assert!(matches!(&clinic.ordered()[..], [Command::FileFax { filing: Filing::LegalHold(true), .. }]));

    clinic.post(&format!("/faxes/{fax}/block"), &cookie).await;
    let ordered = clinic.ordered();
    assert!(
        matches!(&ordered[..], [Command::BlockFaxes { blocked: true, .. }, Command::FileFax { .. }]),
        "{ordered:?}"
    );
    let asked = clinic.get(&format!("/faxes/{fax}/forward?to=202-555-0163"), &cookie).await.body;
    assert!(asked.contains("(202) 555-0163") && asked.contains("pages go to this number"), "the number, written back");
    assert!(clinic.ordered().is_empty());
    clinic.answers(Ok(CommandOutcome::FaxAccepted(clinic.faxes.waiting)));
    let done = clinic.fill(&format!("/faxes/{fax}/forward?to=%2B12025550163"), "", &cookie).await;
    assert_eq!(done, StatusCode::SEE_OTHER);
    assert!(matches!(&clinic.ordered()[..], [Command::ForwardFax { to, .. }] if to.as_str() == "+12025550163"));
    for (to, said) in
        [("911", "A fax is never sent to an emergency number."), ("2025550", "That is not a possible phone number")]
    {
        let again = clinic.get(&format!("/faxes/{fax}/forward?to={to}"), &cookie).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
        for part in [said, &format!("value=\"{to}\""), &format!("href=\"/faxes/{fax}\""), "aria-invalid=\"true\""] {
            assert!(again.body.contains(part), "{part}: {}", again.body);
        }
    }
}

/// One press too many, and nothing of a laboratory comes any more, of which nobody hears.
#[tokio::test]
async fn nobody_is_shut_out_unasked() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let fax = clinic.faxes.unowned;
    let page = clinic.get(&format!("/faxes/{fax}"), &cookie).await.body;
    let block = format!("/faxes/{fax}/block");
    assert!(page.contains(&format!("href=\"{block}\"")) && !page.contains(&format!("action=\"{block}\"")), "{page}");
    let asked = clinic.get(&block, &cookie).await.body;
    let action = format!("action=\"{block}\" method=\"post\"");
    for part in ["(202) 555-0171", "2 faxes came from this number in the last 90 days.", &action] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    let unknown = format!("/faxes/{}/block", clinic.faxes.partial);
    assert_eq!(clinic.get(&unknown, &cookie).await.status, StatusCode::NOT_FOUND);

    let call = clinic.app.store.calls().recent(200, None).await.expect("read");
    let inbound = |call: &&model::call::CallRecord| {
        call.direction == model::fax::Direction::In && matches!(call.from.number, Some(PhoneNumber::E164(_)))
    };
    let call = call.iter().find(inbound).expect("a call from outside");
    let number = call.from.number.clone().expect("a number");
    let (path, block) = (format!("/calls/{}", call.id), format!("/calls/{}/block", call.id));
    let page = clinic.get(&path, &cookie).await.body;
    assert!(page.contains(&format!("href=\"{block}\"")) && !page.contains("action=\"/switch/block\""), "{page}");
    let asked = clinic.get(&block, &cookie).await.body;
    assert!(asked.contains(" with this number in the last 90 days.") && asked.contains(&format!("action=\"{block}\"")));
    assert!(clinic.ordered().is_empty(), "asking orders nothing");
    let done = clinic.post(&block, &cookie).await;
    assert_eq!((done.status, done.headers["location"].to_str().expect("text")), (StatusCode::SEE_OTHER, path.as_str()));
    let ordered = clinic.ordered();
    let switch = model::switches::Switch::Block { number, on: true };
    assert!(matches!(&ordered[..], [Command::Switch { switch: done, .. }] if *done == switch), "{ordered:?}");
}

#[tokio::test]
async fn whoever_may_send_and_not_see_forwards_nothing() {
    let clinic = Clinic::open().await;
    let mut settings = (*clinic.app.settings.borrow().clone()).clone();
    for person in &mut settings.people {
        person.rights = vec![model::settings::Right::SendFaxes];
    }
    clinic.settings.send_replace(std::sync::Arc::new(settings));
    let cookie = clinic.sign_in("102").await;
    let path = format!("/faxes/{}/forward?to=%2B12025550163", clinic.faxes.unowned);
    assert_eq!(clinic.get(&path, &cookie).await.status, StatusCode::FORBIDDEN);
    assert_eq!(clinic.fill(&path, "", &cookie).await, StatusCode::FORBIDDEN);
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn what_was_learned_is_shown_counted_and_can_be_forgotten() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let number = PhoneNumber::E164("+12025550163".to_owned());
    let at = clinic.app.clock.now().wall;
    let manner = Manner { max_bit_rate: 9_600, ..Manner::default() };
    let profile = Profile { manner, learned: Some(at), attempts: 14, sent: 13, in_a_row: 12, ..Profile::default() };
    let by = "102".to_owned();
    clinic.app.store.perform(Effect::ForgetMachine { number, profile, by, at }).await.expect("written");
    let sent = clinic.faxes.sent;
    let page = clinic.get(&format!("/faxes/{sent}"), &cookie).await.body;
    for part in ["Their machine", "13 of 14 attempts", "up to 9600 bit/s", "Forget what was learned"] {
        assert!(page.contains(part), "{part}");
    }
    clinic.post(&format!("/faxes/{sent}/forget"), &cookie).await;
    assert!(
        matches!(&clinic.ordered()[..], [Command::ForgetMachine { number, .. }] if number.as_str() == "+12025550163")
    );
    let statistics = clinic.get("/faxes/statistics", &cookie).await.body;
    for part in ["main, T.38", "1 arrived, 5 did not", "Their line was busy.", "(202) 555-0163", "92 %"] {
        assert!(statistics.contains(part), "{part}: {statistics}");
    }
    // The picture has a month, and not one bar for the one day on which something was sent.
    let table = statistics.split("id=\"days-table\"").nth(1).and_then(|rest| rest.split("</table>").next());
    assert_eq!(table.expect("the days as a table").matches("<tr><td>").count(), 30);
}

#[tokio::test]
async fn a_receipt_says_every_attempt_and_shows_no_page_unless_the_settings_allow_it() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let uncertain = clinic.faxes.uncertain;
    let paper = clinic.get(&format!("/faxes/{uncertain}/receipt.pdf"), &cookie).await;
    assert_eq!(paper.headers["content-type"], "application/pdf");
    for part in
        ["Not sure it arrived", "(202) 555-0163", "Their line was busy.", "first_page: None", "2 of 3 confirmed"]
    {
        assert!(paper.body.contains(part), "{part}: {}", paper.body);
    }
    let settings = format!("{}receipt_page = true\n", crate::sample::SETTINGS);
    clinic.settings.send_replace(model::Settings::parse(&settings).expect("good").into());
    let paper = clinic.get(&format!("/faxes/{uncertain}/receipt.pdf"), &cookie).await;
    assert!(paper.body.contains("first_page: Some"), "{}", paper.body);
    let inward = clinic.faxes.unowned;
    assert_eq!(clinic.get(&format!("/faxes/{inward}/receipt.pdf"), &cookie).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_receipt_of_what_a_person_says_arrived_claims_no_confirmation_and_names_them() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let fax = clinic.faxes.uncertain;
    let tried = clinic.app.store.faxes().attempts(fax).await.expect("attempts");
    let ended = tried.last().and_then(|attempt| attempt.ended).expect("an end");
    let by = "102".to_owned();
    let at = clinic.app.clock.now().wall + Duration::from_mins(90);
    clinic.app.store.perform(Effect::DecideFax { fax, by, decision: Decision::Arrived, at }).await.expect("decided");
    let local = crate::local::Local::new(&clinic.settings.borrow(), crate::texts::Texts::choose(None), at);
    let who = clinic.settings.borrow().person("102").expect("a person").name.expose().clone();
    let sentence = "Their machine had not confirmed it; somebody has said in Frontdesk that it arrived.";

    let paper = clinic.get(&format!("/faxes/{fax}/receipt.pdf"), &cookie).await.body;
    assert!(!paper.contains("Every page was confirmed"), "{paper}");
    let said = format!("(\"Said to have arrived by\", \"{who}, {}\")", local.exact(at));
    let over = format!("(\"Ended\", \"{}\")", local.exact(ended));
    for part in [&format!("Arrived. {sentence}"), "2 of 3 confirmed", &said, &over] {
        assert!(paper.contains(part), "{part}: {paper}");
    }
    let page = clinic.get(&format!("/faxes/{fax}"), &cookie).await.body;
    for part in [&format!("{who} said that it arrived"), "<dt>Said to have arrived by</dt>", "not confirmed"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let token = clinic.token("102").await;
    let asked = request(Method::GET, &format!("/api/v1/faxes/{fax}"), None)
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty());
    let body = clinic.ask(asked.expect("request")).await.body;
    assert!(body.contains(sentence) && body.contains("\"done_by\":\"102\""), "{body}");
}

#[tokio::test]
async fn a_page_says_no_more_of_what_arrived_than_is_known() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let fax = clinic.faxes.waiting;
    let asked = clinic.get(&format!("/faxes/{fax}/recall"), &cookie).await.body;
    assert!(asked.contains("No page of it is confirmed by their machine, though it was called."), "{asked}");
    let at = clinic.app.clock.now().wall;
    let attempt = AttemptId::new(at, &mut Random::from_u64(8));
    let line = "main, T.38".to_owned();
    clinic.app.store.perform(Effect::StartAttempt { fax, attempt, line, first_page: 0, at }).await.expect("started");
    let outcome = Outcome { pages_confirmed: 2, ..Outcome::without_session(Cause::Dropped) };
    let next = FaxNext::Final(FaxState::Failed);
    let (lesson, trace) = (Box::default(), Trace::default());
    let end = Effect::FinishAttempt { fax, attempt, outcome, next, lesson, trace, at };
    clinic.app.store.perform(end).await.expect("ended");
    let page = clinic.get(&format!("/faxes/{fax}"), &cookie).await.body;
    for part in ["Only a part of this fax was sent.", "2 of 5 pages are confirmed by their machine."] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let partial = clinic.get(&format!("/faxes/{}", clinic.faxes.partial), &cookie).await.body;
    assert!(partial.contains("Nothing was confirmed to their machine that is not here."), "{partial}");
}

#[tokio::test]
async fn a_program_gives_its_order_a_key_a_time_and_an_urgency() {
    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    clinic.answers(Ok(CommandOutcome::FaxAccepted(clinic.faxes.waiting)));
    let order = async |key: &str, extra: &[(&str, &[u8])], document: &[u8]| {
        let mut fields = vec![("to", None, b"+1 202 555 0163".as_slice()), ("document", Some("a.pdf"), document)];
        fields.extend(extra.iter().map(|(name, value)| (*name, None, *value)));
        let (kind, body) = form(&fields);
        let asked = request(Method::POST, "/api/v1/faxes", None)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", kind)
            .header("idempotency-key", key);
        let status = clinic.ask(asked.body(Body::from(body)).expect("request")).await.status;
        (status, clinic.ordered().pop())
    };
    let wish = |ordered: Option<Command>| match ordered {
        Some(Command::SendFax { wish, .. }) => wish,
        other => panic!("{other:?}"),
    };
    let leaves = clinic.app.clock.now().wall + Duration::from_hours(24);
    let (status, first) =
        order("a", &[("priority", b"urgent"), ("not_before", leaves.timestamp().to_string().as_bytes())], b"%PDF-1.4")
            .await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let first = wish(first);
    assert_eq!((first.priority, first.not_before), (Priority::Urgent, Some(leaves)));
    let again = wish(order("a", &[], b"%PDF-1.4").await.1).key.expect("a key");
    let same = wish(order("a", &[], b"%PDF-1.4").await.1).key.expect("a key");
    let other = wish(order("a", &[], b"%PDF-1.5").await.1).key.expect("a key");
    assert_eq!(again.key.expose(), "a");
    assert!(again == same && again.fingerprint != other.fingerprint);
    for (key, extra) in [
        ("x".repeat(129), &[][..]),
        (String::new(), &[]),
        ("a".to_owned(), &[("priority", b"soon".as_slice())]),
        ("a".to_owned(), &[("not_before", b"tomorrow")]),
    ] {
        let (status, ordered) = order(&key, extra, b"%PDF-1.4").await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && ordered.is_none(), "{key} {extra:?}");
    }
}

/// What was corrected is another order, which the key of the first must not be answered for.
#[tokio::test]
async fn an_order_that_was_corrected_is_not_taken_for_the_first_under_its_key() {
    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    clinic.answers(Ok(CommandOutcome::FaxAccepted(clinic.faxes.waiting)));
    let print = async |path: &str, extra: &[(&str, &str)], file: &str| {
        let mut fields = vec![("document", Some(file), b"Metoprolol <s>5 mg</s> 10 mg".as_slice())];
        if path == "/api/v1/faxes" {
            fields.push(("to", None, b"+1 202 555 0163"));
        }
        fields.extend(extra.iter().map(|(name, value)| (*name, None, value.as_bytes())));
        let (kind, body) = form(&fields);
        let asked = request(Method::POST, path, None)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", kind)
            .header("idempotency-key", "a");
        let answer = clinic.ask(asked.body(Body::from(body)).expect("request")).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
        match clinic.ordered().pop() {
            Some(Command::SendFax { wish, .. }) => wish.key.expect("a key").fingerprint,
            Some(Command::OfferFax { key, .. }) => key.expect("a key").fingerprint,
            other => panic!("{other:?}"),
        }
    };
    let faxes = "/api/v1/faxes";
    let plain = print(faxes, &[], "letter.txt").await;
    let subaddress = print(faxes, &[("subaddress", "44")], "letter.txt").await;
    let password = print(faxes, &[("password", "44")], "letter.txt").await;
    let page = print(faxes, &[], "letter.html").await;
    assert!(plain == print(faxes, &[], "letter.txt").await, "the same is the same");
    let all = [plain, subaddress, password, page];
    assert!((0..4).all(|a| (0..a).all(|b| all[a] != all[b])), "{all:?}");
    let (offers, open) = ("/api/v1/faxes/offers", [("open", "true")]);
    assert!(print(offers, &open, "letter.txt").await != print(offers, &open, "letter.html").await);
    // A key that a program used with an earlier version names the same order.
    let mut old = ring::digest::Context::new(&ring::digest::SHA256);
    for part in [b"+1 202 555 0163".as_slice(), b"", b"", b"", b"44", b"Metoprolol <s>5 mg</s> 10 mg"] {
        old.update(&part.len().to_le_bytes());
        old.update(part);
    }
    assert_eq!(old.finish().as_ref(), subaddress);
}
