//! The console's own telephone in a real browser, used as a person uses it: fields are filled, buttons pressed, and its words read. Its
//! microphone hears a tone of its own height, and what comes to its speaker is judged.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::peer::patiently;
use crate::{Demo, wait_for};

/// For what takes a telephone a second.
const SOON: Duration = Duration::from_secs(20);

/// A person at the telephone.
pub struct Telephone {
    /// The browser with the page.
    pub browser: Browser,
    _folder: tempfile::TempDir,
}

impl Telephone {
    /// Signs this person in, opens the telephone and waits until it is ready. `n` tells the test's browsers apart.
    ///
    /// # Panics
    /// If it does not come to that.
    pub fn start(demo: &Demo, user: &str, n: u16, hertz: u32) -> Self {
        Self::start_at(demo, &demo.text("/console"), user, n, hertz)
    }

    /// The same at this address of the console.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_at(demo: &Demo, console: &str, user: &str, n: u16, hertz: u32) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let browser = Browser::start_with_microphone(demo, console, folder.path(), n, hertz);
        browser.sign_in(&demo.secret(user, "login").replace(&demo.text("/console"), console));
        browser.open("/phone");
        let this = Self { browser, _folder: folder };
        this.wait_until_says("#phone-state", "Ready");
        this.prepare();
        this
    }

    /// The same for one whose computer has this family of addresses alone: "IPv4" or "IPv6".
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_in(demo: &Demo, user: &str, n: u16, hertz: u32, family: &str) -> Self {
        let this = Self::start(demo, user, n, hertz);
        this.browser.script(&format!("window.family = {}", json!(family)));
        this
    }

    /// The address that its sound goes to.
    ///
    /// # Panics
    /// If it has no path in time.
    pub fn speaks_to(&self) -> String {
        wait_for("the browser's path", SOON, || {
            let said = self.browser.script(
                r"
                window.peer?.getStats().then(stats => {
                    const pair = [...stats.values()].find(s => s.type === 'candidate-pair' && s.nominated && s.bytesReceived);
                    window.path = pair && stats.get(pair.remoteCandidateId)?.address;
                });
                return window.path || null;",
            );
            said.as_str().map(str::to_owned)
        })
    }

    /// A steady tone is noise to a browser: the filter is switched off, as a person with a headset of their own may do. And an ear is
    /// put to the speaker.
    fn prepare(&self) {
        self.browser.script(
            r"
            const filter = document.getElementById('phone-filter');
            filter.checked = false;
            filter.dispatchEvent(new Event('change'));
            window.RTCPeerConnection = class extends RTCPeerConnection {
                constructor(...how) { super(...how); window.peer = this; window.path = null; }
                setRemoteDescription(said) {
                    const other = line => line.startsWith('a=candidate:') && window.family
                        && line.split(' ')[4].includes(':') !== (window.family === 'IPv6');
                    const sdp = said.sdp.split('\r\n').filter(line => !other(line)).join('\r\n');
                    return super.setRemoteDescription({ type: said.type, sdp });
                }
            };
            window.sockets = new Set();
            const send = WebSocket.prototype.send;
            WebSocket.prototype.send = function (text) { window.sockets.add(this); return send.call(this, text); };
            const play = phoneSound.play;
            window.heard = () => 0;
            phoneSound.play = stream => {
                const [audio, player] = [phoneSound.audio(), play(stream)];
                const ear = audio.createAnalyser();
                ear.fftSize = 8192;
                audio.createMediaStreamSource(stream).connect(ear);
                window.heard = () => {
                    const levels = new Uint8Array(ear.frequencyBinCount);
                    ear.getByteFrequencyData(levels);
                    const loudest = levels.indexOf(Math.max(...levels));
                    return levels[loudest] > 100 ? Math.round(loudest * audio.sampleRate / ear.fftSize) : 0;
                };
                return player;
            };",
        );
    }

    /// Types a name or number, and calls it.
    pub fn dial(&self, to: &str) {
        self.browser.script(&format!("document.getElementById('phone-number').value = {}", json!(to)));
        self.browser.click("#phone-dial button");
    }

    /// Presses the button of the call that has it: "answer", "hang-up", "hold" …
    pub fn press(&self, act: &str) {
        let selector = format!("[data-act={act}]");
        wait_for(&format!("the button {act}"), SOON, || self.has(&selector).then_some(()));
        self.browser.click(&selector);
    }

    /// Hands the call on to this number.
    pub fn transfer(&self, to: &str) {
        self.press("transfer");
        self.browser.script(&format!("document.querySelector('[data-transfer] input').value = {}", json!(to)));
        self.browser.click("[data-transfer] button");
    }

    /// The connection breaks, as a network does that goes away.
    pub fn lose_connection(&self) {
        self.browser.script("window.sockets.forEach(socket => socket.close())");
    }

    /// The network swallows what is said to and by this page, and neither end notices: both sockets take it.
    pub fn swallow(&self) {
        self.browser.script("window.sockets.forEach(socket => { socket.onmessage = null; socket.send = () => {}; })");
    }

    /// From now on the browser asks before it gives the microphone, and the person does not [`allow`](Self::allow) it yet.
    pub fn asks_for_microphone(&self) {
        self.browser.script(
            r"
            const devices = navigator.mediaDevices;
            const get = devices.getUserMedia.bind(devices);
            devices.getUserMedia = wanted => new Promise(asked => {
                window.allow = () => asked(get(wanted).then(stream => window.microphone = stream));
            });",
        );
    }

    /// The person allows it.
    ///
    /// # Panics
    /// If nothing asks.
    pub fn allow(&self) {
        wait_for("the browser asks for the microphone", SOON, || {
            (self.browser.script("return !!window.allow") == true).then_some(())
        });
        self.browser.script("window.allow()");
    }

    /// Waits until it has connected itself so often since it was opened.
    ///
    /// # Panics
    /// If it does not in time.
    pub fn wait_for_connections(&self, count: u64) {
        let connections = || self.browser.script("return window.sockets.size").as_u64();
        wait_for("another connection", SOON, || connections().filter(|n| *n >= count).map(drop));
    }

    fn has(&self, selector: &str) -> bool {
        self.browser.script(&format!("return !!document.querySelector({})", json!(selector))) == true
    }

    /// What stands there.
    pub fn says(&self, selector: &str) -> String {
        let script =
            format!("return [...document.querySelectorAll({})].map(e => e.textContent).join(' | ')", json!(selector));
        self.browser.script(&script).as_str().unwrap_or_default().to_owned()
    }

    /// Waits until this stands there.
    ///
    /// # Panics
    /// If it does not in time; what stands on the page is shown.
    pub fn wait_until_says(&self, selector: &str, what: &str) {
        let said = patiently(SOON, || self.says(selector).contains(what).then_some(()));
        let page = || self.browser.script("return document.body.innerText");
        assert!(said.is_some(), "{what:?} at {selector}: {:#?}\n{:#?}", page(), self.browser.complaints());
    }

    /// Waits until a call stands like this: "In a call with", "On hold".
    ///
    /// # Panics
    /// As [`wait_until_says`](Self::wait_until_says).
    pub fn wait_for_call(&self, state: &str) {
        self.wait_until_says("#phone-calls [data-state]", state);
    }

    /// Waits until the last thing that was said begins so.
    ///
    /// # Panics
    /// As [`wait_until_says`](Self::wait_until_says).
    pub fn wait_for_note(&self, what: &str) {
        self.wait_until_says("#phone-note", what);
    }

    /// Waits until what it sends and what it gets is of this codec: "audio/opus".
    ///
    /// # Panics
    /// If it is not in time.
    pub fn wait_until_speaks(&self, codec: &str) {
        let both = format!("in {codec}, out {codec}");
        let mut said = Value::Null;
        let came = patiently(SOON, || {
            said = self.browser.script(
                r"
                window.peer?.getStats().then(stats => {
                    const codec = kind => [...stats.values()].filter(s => s.type === kind && s.packetsSent !== 0 && s.codecId)
                        .map(s => stats.get(s.codecId)?.mimeType);
                    window.codecs = `in ${codec('inbound-rtp')}, out ${codec('outbound-rtp')}`;
                });
                return window.codecs || null;",
            );
            (said == both.as_str()).then_some(())
        });
        assert!(came.is_some(), "{both} is to be spoken, not {said}: {:#?}", self.browser.complaints());
    }

    /// Waits until it hears a tone of this height; 0 is silence.
    ///
    /// # Panics
    /// If it does not in time.
    pub fn wait_until_heard(&self, hertz: i64) {
        let near = hertz - hertz / 10..=hertz + hertz / 10;
        let mut heard = Value::Null;
        let came = patiently(SOON, || {
            heard = self.browser.script("return window.heard()");
            near.contains(&heard.as_i64().unwrap_or(-1)).then_some(())
        });
        assert!(came.is_some(), "a tone of {hertz} Hz is to be heard, not {heard}: {:#?}", self.browser.complaints());
    }
}
