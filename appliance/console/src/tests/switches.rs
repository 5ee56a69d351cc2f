//! What staff switch in the console: the same as at their phones, for themselves or, who manages the clinic, for all.

use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use model::command::{Command, CommandError};
use model::switches::{Forward, HoursSwitch, Switch};
use model::{PhoneNumber, Snapshot, Switches, Wall};

use super::plan::uses;
use super::{Answer, Clinic, post};

impl Clinic {
    async fn form(&self, path: &str, cookie: &str, form: &str) -> Answer {
        self.ask(post(path, Some(cookie)).body(Body::from(form.to_owned())).expect("request")).await
    }

    pub(super) fn switched(&self, all: &[Switch]) {
        let mut switches = Switches::default();
        for switch in all {
            switches.set(switch);
        }
        self.snapshot.send_modify(|s| *s = Arc::new(Snapshot { switches, ..(**s).clone() }));
    }

    fn orders(&self) -> Vec<Switch> {
        let switch = |order| match order {
            Command::Switch { by, switch } => {
                assert!(!by.is_empty());
                switch
            }
            other => panic!("{other:?}"),
        };
        self.ordered().into_iter().map(switch).collect()
    }
}

fn outside(number: &str) -> PhoneNumber {
    PhoneNumber::E164(number.to_owned())
}

/// A UPS has a serial port, too.
#[tokio::test]
async fn a_device_that_is_no_modem_is_named_on_today_until_somebody_says_so_and_again_when_that_is_taken_back() {
    let clinic = Clinic::open().await;
    let manager = clinic.sign_in("101").await;
    let (ups, modem) = ("/dev/serial/by-id/usb-UPS-if00".to_owned(), "/dev/serial/by-id/usb-FAX-if00".to_owned());
    let plugged = vec![ups.clone(), modem.clone()];
    clinic.snapshot.send_modify(|s| *s = Arc::new(Snapshot { plugged, ..(**s).clone() }));
    let said = |page: &str, port: &str| {
        page.contains(&format!("in no setting: \u{2068}{port}\u{2069}"))
            || page.contains(&format!("in no setting: {port}"))
    };
    let page = clinic.get("/", &manager).await.body;
    assert!(said(&page, &ups) && said(&page, &modem), "{page}");
    let form = |port: &str, on: bool| format!("port={}&on={on}", port.replace('/', "%2F"));
    assert_eq!(clinic.form("/ports/no-modem", &manager, &form(&ups, true)).await.status, StatusCode::SEE_OTHER);
    // What is not plugged in was typed by hand.
    assert_eq!(clinic.form("/ports/no-modem", &manager, &form("/dev/ttyS9", true)).await.status, StatusCode::NOT_FOUND);
    let none = Switch::NoModem { port: ups.clone(), on: true };
    assert_eq!(clinic.orders(), std::slice::from_ref(&none));
    clinic.switched(&[none]);
    let page = clinic.get("/", &manager).await.body;
    assert!(!said(&page, &ups) && said(&page, &modem) && page.contains("1 device is no modem"), "{page}");
    assert_eq!(clinic.form("/ports/no-modem", &manager, &form(&ups, false)).await.status, StatusCode::SEE_OTHER);
    assert_eq!(clinic.orders(), [Switch::NoModem { port: ups.clone(), on: false }]);
    // Who does not manage sees what is plugged in, and presses nothing.
    let page = clinic.get("/", &clinic.sign_in("102").await).await.body;
    assert!(said(&page, &modem) && !page.contains("/ports/no-modem"), "{page}");
}

#[tokio::test]
async fn what_is_switched_at_a_phone_stands_on_the_page_of_the_people() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let page = clinic.get("/people", &cookie).await.body;
    assert!(page.contains("The clinic goes by its hours") && page.contains("Every caller is let in."));
    clinic.switched(&[
        Switch::DoNotDisturb { extension: "102".to_owned(), on: Some(true) },
        Switch::Forward {
            extension: "103".to_owned(),
            when: Forward::Busy,
            to: Some(PhoneNumber::Internal("101".to_owned())),
        },
        Switch::Night { on: Some(true) },
        Switch::Block { number: outside("+12025550148"), on: true },
    ]);
    let page = clinic.get("/people", &cookie).await.body;
    for said in ["Do not disturb", "When busy: Front desk (101)", "The clinic is switched to night", "(202) 555-0148"] {
        assert!(page.contains(said), "{said}\n{page}");
    }
}

#[tokio::test]
async fn a_form_is_one_order_for_each_switch_that_is_another_one_now() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    clinic.switched(&[Switch::Forward {
        extension: "102".to_owned(),
        when: Forward::Busy,
        to: Some(outside("+12025550148")),
    }]);
    let page = clinic.get("/people/102", &cookie).await.body;
    assert!(page.contains("value=\"(202) 555-0148\""), "{page}");
    let form = "do-not-disturb=on&always=&busy=%28202%29+555-0148&no-answer=103&unreachable=";
    let answer = clinic.form("/people/102", &cookie, form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let [dnd, forward] = clinic.orders().try_into().expect("two orders");
    assert_eq!(dnd, Switch::DoNotDisturb { extension: "102".to_owned(), on: Some(true) });
    let to = Some(PhoneNumber::Internal("103".to_owned()));
    assert_eq!(forward, Switch::Forward { extension: "102".to_owned(), when: Forward::NoAnswer, to });
    assert_eq!(clinic.get("/people/177", &cookie).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_switches_for_somebody_else_without_the_right() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let other = clinic.form("/people/101", &cookie, "do-not-disturb=on").await;
    assert_ne!(other.status, StatusCode::SEE_OTHER);
    assert!(clinic.orders().is_empty());
}

/// Whoever may see nobody else's still has their own, and finds them.
#[tokio::test]
async fn everybody_reaches_their_own_switches() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("103").await;
    assert!(clinic.get("/voicemail", &cookie).await.body.contains("href=\"/people/103\""));
    let own = clinic.get("/people/103", &cookie).await;
    assert!(own.status == StatusCode::OK && !own.body.contains("href=\"/people\""), "{}", own.body);
    let saved = clinic.form("/people/103", &cookie, "was-do-not-disturb=false&do-not-disturb=on&was-always=").await;
    assert_eq!((saved.status, saved.headers["location"].as_bytes()), (StatusCode::SEE_OTHER, &b"/people/103"[..]));
    assert_eq!(clinic.orders(), [Switch::DoNotDisturb { extension: "103".to_owned(), on: Some(true) }]);
    for path in ["/people/101", "/people"] {
        assert_eq!(clinic.get(path, &cookie).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(clinic.form("/people/101", &cookie, "do-not-disturb=on").await.status, StatusCode::FORBIDDEN);
    assert!(clinic.orders().is_empty());
}

/// One of several fields cannot be read.
#[tokio::test]
async fn a_slip_switches_nothing_and_the_form_comes_back_as_it_was_filled_in() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let form = "was-do-not-disturb=false&do-not-disturb=on&was-always=&always=103&was-busy=101&busy=101&was-no-answer=&no-answer=no%20body\
                &was-unreachable=&unreachable=%2B";
    let answer = clinic.form("/people/102", &cookie, form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(clinic.orders().is_empty());
    let said = |field: &str| {
        let (_, rest) =
            answer.body.split_once(&format!("<input type=\"hidden\" name=\"was-{field}\"")).expect("a field");
        rest.split_once("</div>").expect("its end").0.to_owned()
    };
    assert!(said("do-not-disturb").contains("checked"), "{}", answer.body);
    let always = said("always");
    assert!(
        always.contains("value=\"103\"") && always.starts_with(" value=\"\""),
        "what it was is known still: {always}"
    );
    assert!(!always.contains("class=\"error\""), "{always}");
    for (field, typed) in [("no-answer", "value=\"no body\""), ("unreachable", "value=\"+\"")] {
        let field = said(field);
        assert!(field.contains(typed) && field.contains("aria-invalid=\"true\""), "{field}");
        assert!(field.contains("class=\"error\""), "{field}");
    }
    // Nobody has touched this one, and at the phone it was ended since.
    assert!(said("busy").starts_with(" value=\"\""), "{}", said("busy"));
}

/// The appliance says no to one of them.
#[tokio::test]
async fn an_order_that_is_refused_leaves_the_form_as_it_was_filled_in() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    clinic.answers(Err(CommandError::NotNow("That would lead in a circle.".into())));
    let answer = clinic.form("/people/102", &cookie, "was-always=&always=103").await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("That would lead in a circle.") && answer.body.contains("value=\"103\""));
}

#[tokio::test]
async fn the_night_and_callers_who_are_not_let_in() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    for (path, form, switch) in [
        ("/switch/night", "on=true", Switch::Night { on: Some(true) }),
        ("/switch/let-in", "number=%2B12025550148", Switch::Block { number: outside("+12025550148"), on: false }),
    ] {
        assert_eq!(clinic.form(path, &cookie, form).await.status, StatusCode::SEE_OTHER, "{path}");
        assert_eq!(clinic.orders(), [switch]);
    }
}

/// The page says how callers find the clinic, and not only how the switch of the night stands.
#[tokio::test]
async fn how_callers_find_the_clinic_is_said() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let until = Wall(clinic.app.clock.now().wall.millis() + 600_000);
    let hours = |open, until| Switch::Hours { to: Some(HoursSwitch { open, until }) };
    let night = |on| Switch::Night { on: Some(on) };
    for (switched, said) in [
        (vec![], "The clinic goes by its hours"),
        (vec![night(true)], "The clinic is switched to night"),
        (vec![hours(true, None)], "The clinic is open, whatever its hours"),
        (vec![hours(true, Some(until))], "The clinic is open until "),
        (vec![hours(false, Some(until))], "The clinic is closed until "),
        (vec![night(false), hours(false, None)], "The clinic is switched to night"),
    ] {
        clinic.switched(&switched);
        let page = clinic.get("/people", &cookie).await.body;
        assert!(page.contains(said), "{said}\n{page}");
    }
}

/// The page of a person was open since the morning: what was switched at the phone meanwhile stays, and only what was changed in it is ordered.
#[tokio::test]
async fn a_page_that_was_open_for_long_undoes_nothing() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let to = PhoneNumber::Internal("103".to_owned());
    clinic.switched(&[Switch::Forward { extension: "102".to_owned(), when: Forward::Always, to: Some(to) }]);
    let form = "was-do-not-disturb=false&do-not-disturb=on&was-always=&always=&was-busy=&busy=101";
    assert_eq!(clinic.form("/people/102", &cookie, form).await.status, StatusCode::SEE_OTHER);
    let [dnd, busy] = clinic.orders().try_into().expect("two orders");
    assert_eq!(dnd, Switch::DoNotDisturb { extension: "102".to_owned(), on: Some(true) });
    let to = Some(PhoneNumber::Internal("101".to_owned()));
    assert_eq!(busy, Switch::Forward { extension: "102".to_owned(), when: Forward::Busy, to });
}

const QUEUES: &str = "[[inbound]]\nnumber = \"main\"\nto = \"queue desk\"\n[queues.desk]\nring = [\"101\", \"102\"]\n\
                      [extensions.600]\nto = \"queue nurses\"\n[queues.nurses]\nring = [\"102\"]\n";

/// Who waits, who takes calls, and one's own turn: on the page of the day, and on a person's page.
#[tokio::test]
async fn everybody_takes_calls_of_a_queue_or_does_not() {
    let clinic = Clinic::open().await;
    uses(&clinic, QUEUES);
    let cookie = clinic.sign_in("101").await;
    let page = clinic.get("/", &cookie).await.body;
    for said in ["nobody waits", "Taken by Front desk, Nurse", "Take no calls"] {
        assert!(page.contains(said), "{said}\n{page}");
    }
    // Hers to switch is only the one that rings at hers.
    assert_eq!(page.matches("action=\"/switch/queue\"").count(), 1);
    clinic.snapshot.send_modify(|snapshot| {
        let snapshot = Arc::make_mut(snapshot);
        let since = model::Wall(snapshot.calls[0].started.millis());
        snapshot.calls[0].queue = Some(model::call::InQueue { name: "desk".to_owned(), since });
        let out = |extension: &str, queue: &str| Switch::Queues {
            extension: extension.to_owned(),
            queues: vec![queue.to_owned()],
            takes: false,
        };
        snapshot.switches.set(&out("102", "nurses"));
        snapshot.switches.set(&out("101", "desk"));
    });
    let page = clinic.get("/", &cookie).await.body;
    for said in ["1 caller waits, for ", "Taken by Nurse", "Nobody takes its calls.", "Take calls"] {
        assert!(page.contains(said), "{said}\n{page}");
    }
    assert_eq!(clinic.form("/switch/queue", &cookie, "queue=desk&takes=true").await.status, StatusCode::SEE_OTHER);
    let turn = |extension: &str, queue: &str, takes| Switch::Queues {
        extension: extension.to_owned(),
        queues: vec![queue.to_owned()],
        takes,
    };
    assert_eq!(clinic.orders(), [turn("101", "desk", true)]);
    let page = clinic.get("/people/102", &cookie).await.body;
    assert!(page.contains("name=\"queue-desk\" checked") && page.contains("name=\"queue-nurses\">"), "{page}");
    assert!(clinic.get("/people", &cookie).await.body.contains("Takes no calls of nurses"));
    // A page of before a queue was there, or a program, says nothing of it.
    assert_eq!(clinic.form("/people/102", &cookie, "was-busy=&busy=").await.status, StatusCode::SEE_OTHER);
    assert_eq!(clinic.orders(), []);
    let form = "was-queue-desk=true&was-queue-nurses=false&queue-nurses=on";
    assert_eq!(clinic.form("/people/102", &cookie, form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(clinic.orders(), [turn("102", "desk", false), turn("102", "nurses", true)]);
}
