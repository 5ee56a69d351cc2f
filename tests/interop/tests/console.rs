//! The console in a real browser: the login link works once, the pages open, and nothing breaks their content security policy.

use interop::Demo;
use interop::browser::Browser;
use serde_json::Value;

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

fn path_of(link: &str) -> String {
    let at = link.find("/login/").expect("a login link");
    link[at..].to_owned()
}
