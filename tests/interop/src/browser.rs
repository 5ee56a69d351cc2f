//! Headless Chromium, driven over the WebDriver protocol. It ends with the test.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::{Demo, Peer, http, wait_for};

const SOON: Duration = Duration::from_secs(30);

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// What it is called.
    pub name: &'static str,
    /// The person likes dark pages.
    pub dark: bool,
    /// The window, in pixels.
    pub width: u16,
    /// Likewise.
    pub height: u16,
}

/// A browser with its driver.
pub struct Browser {
    console: String,
    driver: String,
    session: String,
    _peer: Peer,
}

impl Browser {
    /// Starts one, with its profile in this folder.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(demo: &Demo, folder: &Path) -> Self {
        Self::start_with(demo, folder, demo.text("/console"))
    }

    /// Starts one that knows the demo's authority, as a browser of the clinic would, and opens the console over TLS.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_secure(demo: &Demo, folder: &Path) -> Self {
        let home = folder.join(".pki/nssdb");
        fs::create_dir_all(&home).expect("a folder in a temporary folder");
        let (home, ca) = (format!("sql:{}", home.display()), demo.text("/sip/ca"));
        crate::run("certutil", &["-d", &home, "-N", "--empty-password"]);
        crate::run("certutil", &["-d", &home, "-A", "-t", "C,,", "-n", "clinic", "-i", &ca]);
        let wss = demo.text("/sip/wss");
        let console = wss.strip_prefix("wss").and_then(|rest| rest.strip_suffix("/ws/sip")).expect("a URL");
        Self::start_with(demo, folder, format!("https{console}"))
    }

    /// Starts one that opens the console here, and whose microphone hears a tone of this height for ever; `n` tells the test's browsers apart.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_with_microphone(demo: &Demo, console: &str, folder: &Path, n: u16, hertz: u32) -> Self {
        let tone = folder.join("microphone.wav");
        fs::write(&tone, crate::softphone::sine(hertz)).expect("a file in a temporary folder");
        let tone = format!("--use-file-for-fake-audio-capture={}", tone.display());
        Self::start_with_sound(demo, console, folder, n, &[tone])
    }

    /// The same on a computer with three microphones and three speakers: Chromium's false ones, whose microphones beep (20 ms of a square wave of
    /// 400 Hz, each half a second).
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_with_devices(demo: &Demo, folder: &Path, n: u16) -> Self {
        Self::start_with_sound(demo, &demo.text("/console"), folder, n, &[])
    }

    fn start_with_sound(demo: &Demo, console: &str, folder: &Path, n: u16, more: &[String]) -> Self {
        let mut all = vec![
            "--use-fake-device-for-media-stream".to_owned(),
            "--use-fake-ui-for-media-stream".to_owned(),
            // Without it a browser looks for paths from the computer's other addresses alone, of which there may be none in IPv6.
            "--allow-loopback-in-peer-connection".to_owned(),
        ];
        all.extend_from_slice(more);
        Self::start_on(folder, console.to_owned(), demo.peer_port(200 + n), &all)
    }

    fn start_with(demo: &Demo, folder: &Path, console: String) -> Self {
        Self::start_on(folder, console, demo.peer_port(200), &[])
    }

    fn start_on(folder: &Path, console: String, port: u16, more: &[String]) -> Self {
        let driver = format!("127.0.0.1:{port}");
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}")).env("HOME", folder);
        let mut peer = Peer::start("chromedriver", folder, &mut command);
        peer.wait_until_printed("started successfully", SOON);
        let profile = format!("--user-data-dir={}", folder.join("profile").display());
        let mut args =
            vec!["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", &profile];
        args.extend([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            // Nobody clicks on these pages before they make sound.
            "--autoplay-policy=no-user-gesture-required",
        ]);
        args.extend(more.iter().map(String::as_str));
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": args}, "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let mut browser = Self { console, driver, session: String::new(), _peer: peer };
        let answer = browser.post("", &wanted);
        browser.session = format!("/{}", answer["sessionId"].as_str().expect("a session"));
        browser
    }

    /// Opens the one-time link and presses its button; Today is shown after that.
    ///
    /// # Panics
    /// If Today is not shown.
    pub fn sign_in(&self, link: &str) {
        self.post("/url", &json!({ "url": link }));
        self.click("form button[type=submit]");
        wait_for("Today is shown", SOON, || self.title().starts_with("Today").then_some(()));
    }

    /// Opens a page of the console.
    pub fn open(&self, path: &str) {
        self.post("/url", &json!({ "url": format!("{}{path}", self.console) }));
    }

    /// Presses what this CSS selector finds first.
    ///
    /// # Panics
    /// If it finds nothing.
    pub fn click(&self, selector: &str) {
        let id = self.find(selector);
        self.post(&format!("/element/{id}/click"), &json!({}));
    }

    /// Types into what this CSS selector finds first; of a list, chooses what begins so.
    ///
    /// # Panics
    /// If it finds nothing.
    pub fn type_into(&self, selector: &str, text: &str) {
        let id = self.find(selector);
        self.post(&format!("/element/{id}/value"), &json!({ "text": text }));
    }

    fn find(&self, selector: &str) -> String {
        let found = self.post("/element", &json!({"using": "css selector", "value": selector}));
        let id = found.as_object().and_then(|o| o.values().next()).and_then(Value::as_str);
        id.expect("it is on the page").to_owned()
    }

    /// What this script returns on the page.
    pub fn script(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// The title of the page.
    pub fn title(&self) -> String {
        self.script("return document.title").as_str().unwrap_or_default().to_owned()
    }

    /// The page as it is now.
    pub fn page(&self) -> String {
        self.script("return document.documentElement.outerHTML").as_str().unwrap_or_default().to_owned()
    }

    /// What the browser wrote into its console that is worse than information: broken policies, missing files, failed scripts.
    ///
    /// # Panics
    /// If there is no log.
    pub fn complaints(&self) -> Vec<Value> {
        let log = self.post("/se/log", &json!({"type": "browser"}));
        let worse = |e: &&Value| e["level"] == "SEVERE" || e["level"] == "WARNING";
        log.as_array().expect("a log").iter().filter(worse).cloned().collect()
    }

    /// Looks at all pages from now on like this.
    pub fn look(&self, look: &Look) {
        let scheme = if look.dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", &media);
        // A phone's bars of pages lie over them and take no room.
        let mobile = look.width < 600;
        let window = json!({"width": look.width, "height": look.height, "deviceScaleFactor": 1, "mobile": mobile});
        self.devtools("Emulation.setDeviceMetricsOverride", &window);
    }

    /// The whole page as a PNG, also what is below the window.
    ///
    /// # Panics
    /// If the browser draws none.
    pub fn picture(&self) -> Vec<u8> {
        let drawn = self.devtools("Page.captureScreenshot", &json!({"format": "png", "captureBeyondViewport": true}));
        let text = drawn["data"].as_str().expect("a picture");
        base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
    }

    fn devtools(&self, cmd: &str, params: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({"cmd": cmd, "params": params}))
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let path = format!("/session{}{path}", self.session);
        let answer = http::post_json(&self.driver, &path, body).expect("the driver answers");
        let said: Value = serde_json::from_slice(&answer.body).expect("the driver speaks JSON");
        assert_eq!(answer.status, 200, "{path}: {said:#}");
        said["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session; the driver, with the peer.
        let _ = http::request(&self.driver, "DELETE", &format!("/session{}", self.session), "", b"");
    }
}
