//! The console in a real browser: the login link works once, the pages open, and nothing breaks their content security policy.

use std::time::Duration;

use interop::browser::Browser;
use interop::{Demo, free_offset, wait_for};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_person_signs_in_once_and_sees_the_clinic() {
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let browser = Browser::start(&demo, folder.path());
    browser.open("/");
    assert!(browser.title().starts_with("Sign in"), "a stranger sees nothing: {}", browser.title());
    let link = demo.text("/login");
    browser.sign_in(&link);
    for (path, title) in [
        ("/", "Today"),
        ("/calls", "Calls"),
        ("/voicemail", "Messages"),
        ("/faxes", "Faxes"),
        ("/people", "People"),
        ("/send", "Send a fax"),
    ] {
        browser.open(path);
        assert!(browser.title().starts_with(title), "{path} is titled {}", browser.title());
        assert!(browser.page().contains("Harbor Street Clinic"), "{path}");
    }
    assert_eq!(browser.complaints(), [Value::Null; 0], "the browser does not complain");

    let answer =
        interop::http::get(&demo.text("/console").replace("http://", ""), &path_of(&link), None).expect("an answer");
    assert_eq!(answer.status, 410, "the link is used up");
}

#[test]
fn a_refresh_leaves_what_somebody_has_begun_to_fill_in() {
    // A plan with hours.
    let demo = Demo::start_changed(free_offset(), |sample| sample.replace("\"solo-practice\"", "\"group-practice\""));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let browser = Browser::start(&demo, folder.path());
    browser.sign_in(&demo.text("/login"));
    let refresh = || {
        let away = "document.querySelector('#live > .sub').textContent = '?'; htmx.trigger(document.body, 'live-all')";
        browser.script(away);
        let back = "return document.querySelector('#live > .sub').textContent != '?'";
        wait_for("the page is looked at anew", SOON, || (browser.script(back) == true).then_some(()));
    };
    let fields = |form: &str| {
        browser.script(&format!(
            "return [...document.querySelector('form[action=\"{form}\"]').elements].filter(e => e.name).map(e => e.value)"
        ))
    };
    // Whoever chose a thing has gone on to the next field, and from there to a third.
    browser.open("/plan");
    browser.type_into("#state", "Open");
    browser.type_into("#until", "11:45PM");
    browser.type_into("#to", "102");
    browser.click("#live h1");
    for _ in 0..2 {
        refresh();
        assert_eq!(fields("/plan/hours"), json!(["open", "23:45"]), "the clinic is not closed by who chose Open");
    }
    browser.click("form[action='/plan/hours'] button");
    wait_for("the clinic is open", SOON, || {
        (browser.script("return document.querySelectorAll('#state option').length") == 3).then_some(())
    });
    // Nobody has touched this one: it follows what holds.
    browser.script("document.querySelector('#state').value = 'closed'");
    refresh();
    assert_eq!(fields("/plan/hours"), json!(["hours", ""]));
    assert_eq!(browser.complaints(), [Value::Null; 0], "the browser does not complain");
}

fn path_of(link: &str) -> String {
    let at = link.find("/login/").expect("a login link");
    link[at..].to_owned()
}
