//! JsSIP, a SIP phone in JavaScript, in a real browser. It is fetched from npm into a cache under `target`, once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::peer::{outcome, skipped};
use crate::{Demo, repository, wait_for};

/// What is fetched: the phone, and what makes one script of it.
const PACKAGES: [&str; 2] = ["jssip@3.10.1", "esbuild@0.25"];
const SOON: Duration = Duration::from_secs(20);

/// JsSIP as one script that defines `JsSIP`; `None`, and the test counts as skipped, if npm cannot fetch it.
///
/// # Panics
/// If what npm fetched cannot be made one script.
pub fn script() -> Option<String> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock();
    // Another version is another file.
    let file = repository("target").join(format!("{}.js", PACKAGES[0].replace('@', "-")));
    if !file.exists() {
        // Cargo may build elsewhere, and then there is no such folder yet.
        fs::create_dir_all(repository("target")).expect("target can be made");
        // Beside, and renamed at the end: another process may look for it at the same time.
        let fresh = tempfile::tempdir_in(repository("target")).expect("target can be written");
        let folder = fresh.path().display().to_string();
        let mut args = vec!["install", "--prefix", &folder, "--no-audit", "--no-fund", "--ignore-scripts"];
        args.extend(PACKAGES);
        let (fetched, said) = outcome("npm", &args);
        if !fetched {
            skipped(&format!("JsSIP cannot be fetched from npm, so no browser phone was tried: {said}"));
            return None;
        }
        fs::rename(bundle(fresh.path()), &file).expect("renamed");
    }
    Some(fs::read_to_string(file).expect("the script"))
}

fn bundle(packages: &Path) -> PathBuf {
    let script = packages.join("jssip.js");
    let output = Command::new(packages.join("node_modules/.bin/esbuild"))
        .arg(packages.join("node_modules/jssip/lib-es5/JsSIP.js"))
        .args(["--bundle", "--format=iife", "--global-name=JsSIP", "--footer:js=window.JsSIP=JsSIP", "--minify"])
        .arg(format!("--outfile={}", script.display()))
        .output()
        .expect("esbuild was fetched");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    script
}

/// A phone on the page that a browser shows.
pub struct WebPhone<'a> {
    browser: &'a Browser,
}

impl<'a> WebPhone<'a> {
    /// Starts one that registers as `user` over the WebSocket at `url`.
    pub fn start(browser: &'a Browser, script: &str, demo: &Demo, url: &str, user: &str) -> Self {
        browser.script(script);
        let settings = json!({
            "url": url, "uri": format!("sip:{user}@{}", demo.text("/sip/domain")), "password": demo.secret(user, "password"),
        });
        browser.script(&format!("const settings = {settings};\n{PHONE}"));
        Self { browser }
    }

    /// Does something with `phone`, which is the JsSIP user agent.
    pub fn order(&self, script: &str) {
        self.browser.script(script);
    }

    /// Waits until this was told.
    ///
    /// # Panics
    /// If it is not in time; what was told is shown.
    pub fn wait_for(&self, what: &str) -> Value {
        let told = || self.browser.script("return window.told");
        let has = |list: &Value| list.as_array()?.iter().find(|t| t[0] == what).cloned();
        let found = crate::peer::patiently(SOON, || has(&told()));
        found.unwrap_or_else(|| panic!("the web phone did not tell {what:?}: {:#}", told()))
    }
}

/// Every event that a test may ask for goes to `told`, with a status where there is one.
const PHONE: &str = r"
window.told = [];
const tell = (what, detail) => window.told.push([what, detail === undefined ? null : detail]);
const phone = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(settings.url)], uri: settings.uri, password: settings.password,
    register_expires: 120, session_timers: false,
});
window.phone = phone;
window.tell = tell;
phone.on('connected', () => tell('connected'));
phone.on('disconnected', e => tell('disconnected', e.reason || null));
phone.on('registered', e => tell('registered', e.response.status_code));
phone.on('registrationFailed', e => tell('registrationFailed', e.cause));
phone.on('newRTCSession', e => {
    if (e.originator !== 'remote') { return; }
    tell('called', e.request.from.uri.user);
    e.session.terminate({status_code: 486});
});
phone.on('newMessage', e => { if (e.originator === 'remote') { tell('message', e.request.body); } });
window.answers = name => ({
    succeeded: e => tell(name, e.response.status_code),
    failed: e => tell(name, e.response ? e.response.status_code : e.message ? e.message.status_code : e.cause),
});
phone.start();
";

/// Waits until so many phones of an extension are registered.
///
/// # Panics
/// If they are not in time.
pub fn wait_for_registered(demo: &Demo, extension: &str, count: u64) {
    wait_for(&format!("{count} phones of {extension}"), SOON, || {
        let status = demo.api("/api/v1/status");
        let phones = status["phones"].as_array().expect("a list");
        phones.iter().any(|p| p["extension"] == extension && p["registered"] == count).then_some(())
    });
}
