//! JsSIP, a SIP phone in JavaScript, in a real browser. It is fetched from npm into a cache under `target`, once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Browser;
use skip::skipped;

use crate::peer::outcome;
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

    /// Waits until it hears a tone of this height.
    ///
    /// # Panics
    /// If it does not in time.
    pub fn wait_until_heard(&self, hertz: i64) {
        let near = hertz - hertz / 10..hertz + hertz / 10;
        let mut heard = 0;
        let came = crate::peer::patiently(SOON, || {
            heard = self.browser.script("return window.heard()").as_i64().unwrap_or_default();
            near.contains(&heard).then_some(())
        });
        let told = self.browser.script("return window.told");
        assert!(came.is_some(), "a tone of {hertz} Hz is to be heard, not {heard} Hz: {told:#}");
    }

    /// Waits until it hears nothing.
    ///
    /// # Panics
    /// If it goes on hearing something.
    pub fn wait_until_silent(&self) {
        let quiet = || (self.browser.script("return window.heard()") == 0).then_some(());
        assert!(crate::peer::patiently(SOON, quiet).is_some(), "nothing should be heard");
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
    if (!window.answering) { return e.session.terminate({status_code: 486}); }
    window.session = e.session;
    e.session.on('peerconnection', p => listen(p.peerconnection));
    e.session.on('confirmed', () => tell('answered'));
    e.session.on('ended', () => tell('ended'));
    e.session.on('failed', f => tell('failed', f.cause));
    e.session.answer({mediaStream: tone(window.answering)});
});
phone.on('newMessage', e => { if (e.originator === 'remote') { tell('message', e.request.body); } });
// The console's policy keeps pages from the microphone, so the sound is one that the page makes.
const audio = new AudioContext();
window.tone = hertz => {
    const [source, out] = [audio.createOscillator(), audio.createMediaStreamDestination()];
    source.frequency.value = hertz;
    source.connect(out);
    source.start();
    return out.stream;
};
// What is heard, as the height of its loudest tone; 0 for silence.
window.heard = () => 0;
const listen = connection => connection.addEventListener('track', e => {
    const stream = new MediaStream([e.track]);
    // Without a player Chromium decodes nothing.
    const player = new Audio();
    player.srcObject = stream;
    player.muted = true;
    player.play();
    const ear = audio.createAnalyser();
    ear.fftSize = 8192;
    audio.createMediaStreamSource(stream).connect(ear);
    window.heard = () => {
        const levels = new Uint8Array(ear.frequencyBinCount);
        ear.getByteFrequencyData(levels);
        const loudest = levels.indexOf(Math.max(...levels));
        return levels[loudest] > 100 ? Math.round(loudest * audio.sampleRate / ear.fftSize) : 0;
    };
});
window.dial = (number, hertz) => {
    window.session = phone.call(`sip:${number}@clinic.demo`, {mediaStream: tone(hertz), eventHandlers: {
        failed: e => tell('failed', e.message ? e.message.status_code : e.cause),
        confirmed: () => tell('answered'), ended: () => tell('ended'),
    }});
    listen(window.session.connection);
};
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
