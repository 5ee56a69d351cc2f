//! The office manager adds somebody in the console, gives their phone a password there, and removes them again, while the box runs. The phone is SIPp,
//! the browser is curl.

use std::process::Command;
use std::time::Duration;

use interop::clinic::Clinic;
use interop::sipp::Phone;
use interop::{program, run, wait_for};

/// A browser at this box, in which the office manager is signed in.
struct Browser {
    at: String,
    jar: String,
}

impl Browser {
    fn signed_in(clinic: &Clinic) -> Self {
        let state = clinic.folder().join("state");
        let link = wait_for("a link is given", Duration::from_secs(60), || {
            let asked = Command::new(program()).args(["access", "link", "103", "--state"]).arg(&state).output();
            let printed = String::from_utf8(asked.expect("the program is built").stdout).expect("text");
            printed.lines().find(|link| link.starts_with("http://")).map(str::to_owned)
        });
        let at = link.split("/login/").next().expect("an origin").to_owned();
        let browser = Self { at, jar: clinic.folder().join("cookies").display().to_string() };
        let page = browser.sends(link.strip_prefix(&browser.at).expect("a path"), &[]);
        assert!(page.contains("Office manager"), "{page}");
        browser
    }

    fn sees(&self, path: &str) -> String {
        run("curl", &["--silent", "--location", "--cookie", &self.jar, &format!("{}{path}", self.at)])
    }

    /// The same of a box that may not listen yet.
    fn tries(&self, path: &str) -> Option<String> {
        let url = format!("{}{path}", self.at);
        let curl = Command::new("curl").args(["--silent", "--location", "--cookie", &self.jar, &url]).output();
        curl.ok().filter(|done| done.status.success()).and_then(|done| String::from_utf8(done.stdout).ok())
    }

    /// Sends a form, and gives the page that it ends at.
    fn sends(&self, path: &str, form: &[(&str, &str)]) -> String {
        let (origin, url) = (format!("Origin: {}", self.at), format!("{}{path}", self.at));
        let mut words = vec!["--silent", "--location", "--cookie", &self.jar, "--cookie-jar", &self.jar];
        words.extend(["--header", &origin, "--data", ""]);
        let fields: Vec<String> = form.iter().map(|(name, said)| format!("{name}={said}")).collect();
        fields.iter().for_each(|field| words.extend(["--data-urlencode", field]));
        run("curl", &[words, vec![url.as_str()]].concat())
    }
}

/// What a field of a page says.
fn value<'a>(page: &'a str, field: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("id=\"{field}\"")).unwrap_or_else(|| panic!("no {field} in {page}"));
    rest.split_once("value=\"").and_then(|(_, rest)| rest.split('"').next()).expect("a value")
}

#[test]
fn somebody_is_added_in_the_console_calls_and_is_called_with_the_password_that_it_shows_and_is_removed_again() {
    let clinic = Clinic::new("");
    let running = clinic.start();
    let browser = Browser::signed_in(&clinic);
    let form = browser.sees("/people/add");
    let extension = value(&form, "extension").to_owned();
    assert_eq!(extension, "104");
    let over = form.split_once("name=\"over\" value=\"").and_then(|(_, rest)| rest.split('"').next()).expect("over");
    let ada = [("over", over), ("extension", &extension), ("name", "Ada"), ("location", "Room 7, first floor")];
    let page = browser.sends("/people/add", &ada);
    assert!(page.contains("Ada, 104") && page.contains("no password yet"), "{page}");

    let page = browser.sends("/people/104/password/phones", &[]);
    let password = value(&page, "password").to_owned();
    let server = format!("127.0.0.1:{}", clinic.port(5060));
    assert!(page.contains(&format!("127.0.0.1, port {}", clinic.port(5060))) && page.contains("clinic.demo"), "{page}");
    let phone = |password: &str, n| {
        Phone::at(server.clone(), "clinic.demo".to_owned(), ("104", password), clinic.port(6100) + n)
    };
    let ada = phone(&password, 0);
    ada.register();
    wait_for("the console shows the phone", Duration::from_secs(30), || {
        let page = browser.sees("/people");
        let row = page.split_once("id=\"person-104\"").and_then(|(_, rest)| rest.split("</tr>").next())?;
        row.contains("</span>Registered").then_some(())
    });
    // A phone of somebody else reaches them.
    let given = browser.sends("/people/101/password/phones", &[]);
    let desk =
        Phone::at(server.clone(), "clinic.demo".to_owned(), ("101", value(&given, "password")), clinic.port(6200));
    desk.register();
    let waits = ada.waits("answer");
    desk.call("call", "104");
    drop(waits);

    // A new password ends the old one.
    let page = browser.sends("/people/104/password/phones", &[]);
    phone(&password, 20).fails("register", &[("expires", "300")]);
    let newer = value(&page, "password").to_owned();
    phone(&newer, 40).register();

    // Who leaves is signed off, and nobody is there any more.
    let question = browser.sees("/people/104/remove");
    assert!(question.contains("Remove Ada?"), "{question}");
    let page = browser.sends("/people/104/remove", &[]);
    assert!(!page.contains("Ada") && page.contains("Nurse"), "{page}");
    phone(&newer, 60).fails("register", &[("expires", "300")]);
    // What was changed is there after a restart.
    drop(running);
    let _running = clinic.start();
    let people = wait_for("the console is back", Duration::from_secs(60), || {
        let page = browser.tries("/people")?;
        page.contains("Office manager").then_some(page)
    });
    assert!(!people.contains("Ada") && people.contains("Nurse"), "{people}");
}
