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
        Self { browser, _folder: folder }.opened()
    }

    /// The same on a computer with three microphones, which beep, and three speakers.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_with_devices(demo: &Demo, user: &str, n: u16) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let browser = Browser::start_with_devices(demo, folder.path(), n);
        browser.sign_in(&demo.secret(user, "login"));
        Self { browser, _folder: folder }.opened()
    }

    /// Opens the page of the telephone (again), and waits until it is ready.
    ///
    /// # Panics
    /// If it does not come to that.
    #[must_use]
    pub fn opened(self) -> Self {
        self.browser.open("/phone");
        self.wait_until_says("#phone-state", "Ready");
        self.prepare();
        self
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
            const loudest = ear => {
                const levels = new Uint8Array(ear.frequencyBinCount);
                ear.getByteFrequencyData(levels);
                const most = levels.indexOf(Math.max(...levels));
                return levels[most] > 100 ? Math.round(most * ear.context.sampleRate / ear.fftSize) : 0;
            };
            const earOf = stream => {
                const audio = phoneSound.audio();
                const ear = audio.createAnalyser();
                ear.fftSize = 8192;
                audio.createMediaStreamSource(stream).connect(ear);
                return ear;
            };
            // Whatever sounds: how high, and in which speaker.
            window.sounded = [];
            const Player = window.Audio;
            window.Audio = function () {
                const player = new Player();
                player.addEventListener('playing', () => {
                    if (!player.srcObject) return;
                    const ear = earOf(player.srcObject);
                    const timer = setInterval(() => {
                        if (player.paused || !player.srcObject) return clearInterval(timer);
                        const hertz = loudest(ear);
                        const same = window.sounded.some(s => s.hertz === hertz && s.speaker === player.sinkId);
                        if (hertz && player.currentTime > 0 && !same) window.sounded.push({ hertz, speaker: player.sinkId });
                    }, 50);
                });
                return player;
            };
            // Which microphones were opened, and whether each is on.
            window.opened = [];
            const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = wanted => open(wanted).then(stream => {
                window.opened.push(...stream.getAudioTracks());
                return stream;
            });
            const play = phoneSound.play;
            window.heard = () => 0;
            phoneSound.play = stream => {
                const [player, ear] = [play(stream), earOf(stream)];
                window.heard = () => loudest(ear);
                return player;
            };",
        );
    }

    /// Chooses a device for this ("microphone", "speaker", "ringer") by its name.
    ///
    /// # Panics
    /// If there is none of this name.
    pub fn choose(&self, what: &str, name: &str) {
        if self.browser.script("return document.getElementById('phone-devices').open") == false {
            self.browser.click("#phone-devices summary");
        }
        self.wait_until_says(&format!("#phone-{what} option"), name);
        self.browser.type_into(&format!("#phone-{what}"), name);
    }

    /// What is chosen for this: its name, and what the browser calls it.
    pub fn chosen(&self, what: &str) -> [String; 2] {
        // They are looked for while the page is shown already.
        wait_for("the devices", SOON, || self.has(&format!("#phone-{what} option")).then_some(()));
        let said = self.browser.script(&format!(
            "const list = document.getElementById('phone-{what}'); return [list.selectedOptions[0].text, list.value]"
        ));
        [0, 1].map(|n| said[n].as_str().unwrap_or_default().to_owned())
    }

    /// Waits until a tone of this height sounds, or has sounded since the page was opened, in the speaker that the browser calls so.
    ///
    /// # Panics
    /// If it does not in time.
    pub fn wait_until_sounds(&self, hertz: i64, speaker: &str) {
        let came = patiently(SOON, || self.sounds(hertz, speaker).then_some(()));
        assert!(came.is_some(), "{hertz} Hz in {speaker}: {:#}", self.browser.script("return window.sounded"));
    }

    /// Whether it has sounded there until now.
    pub fn sounds(&self, hertz: i64, speaker: &str) -> bool {
        let near = hertz - hertz / 20..=hertz + hertz / 20;
        let is = |s: &Value| s["speaker"] == speaker && s["hertz"].as_i64().is_some_and(|hertz| near.contains(&hertz));
        self.browser.script("return window.sounded").as_array().is_some_and(|sounded| sounded.iter().any(is))
    }

    /// The microphones that were opened since the page was: what each is called, and whether it is on.
    pub fn microphones(&self) -> Vec<(String, bool)> {
        let opened =
            self.browser.script("return window.opened.map(track => [track.label, track.readyState === 'live'])");
        let one = |track: &Value| Some((track[0].as_str()?.to_owned(), track[1].as_bool()?));
        opened.as_array().into_iter().flatten().filter_map(one).collect()
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
