//! The harness of the interop tests: a demo of its own for each test, on ports of its own, and the real peers (SIPp, baresip, swaks,
//! tshark, Chromium) as child processes. Nothing here knows the inside of the product: it reads `demo.json`, as a stranger would.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use serde_json::Value;

pub mod asterisk;
pub mod authority;
pub mod axe;
pub mod baresip;
pub mod browser;
pub mod caller;
pub mod clinic;
pub mod ear;
pub mod exchange;
pub mod far_end;
pub mod http;
pub mod hylafax;
pub mod jssip;
pub mod kamailio;
pub mod linphone;
pub mod lossy;
pub mod mailbox;
pub mod names;
pub mod network;
pub mod pages;
pub mod peer;
pub mod pty;
pub mod sealed;
pub mod sid;
pub mod sipp;
pub mod softphone;
pub mod sound_card;
pub mod spoken;
pub mod telephone;
pub mod toned;
pub mod two_networks;
pub mod vmodem;

pub use peer::{Peer, run, wait_for};

/// A fax of a few pages takes a minute, since T.30 runs in real time, and twice that on a busy machine.
pub const FAX_PATIENCE: Duration = Duration::from_secs(150);

/// A running demo. Dropping it ends it with SIGTERM and waits.
pub struct Demo {
    /// What `demo.json` says.
    pub json: Value,
    /// The state folder.
    pub state: PathBuf,
    child: Child,
    /// The host that it runs at, if that is another than the test's.
    home: Option<network::Host>,
    _dir: Option<tempfile::TempDir>,
}

impl Demo {
    /// Starts a demo on a fresh folder.
    ///
    /// # Panics
    /// If it does not start: without it no test has a meaning.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut demo = Self::start_on(&dir.path().join("state"), free_offset());
        demo._dir = Some(dir);
        demo
    }

    /// Starts a demo with these trunks in place of its own; `PORT_CARRIER` in them is the port of the demo's carrier.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_with_trunks(trunks: &str, offset: u16) -> Self {
        Self::start_with(trunks, offset, None)
    }

    /// The same, and names are looked up at this port.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_with(trunks: &str, offset: u16, dns: Option<u16>) -> Self {
        Self::start_otherwise(offset, dns, |sample| with_trunks(sample, trunks))
    }

    /// Starts a demo whose sample clinic was changed like this.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_changed(offset: u16, change: impl FnOnce(&str) -> String) -> Self {
        Self::start_otherwise(offset, None, change)
    }

    /// Starts a demo with this plan in place of its own, and with more settings; `PORT_OUTSIDE` in them is the port of the test's phone 0.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_planned(plan: &str, more: &str) -> Self {
        let offset = free_offset();
        Self::start_changed(offset, |sample| planned(sample, plan, more, offset))
    }

    fn start_otherwise(offset: u16, dns: Option<u16>, change: impl FnOnce(&str) -> String) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let sample =
            fs::read_to_string(repository("appliance/program/src/demo/clinic.toml")).expect("the sample clinic");
        let settings = dir.path().join("clinic.toml");
        fs::write(&settings, change(&sample)).expect("a file in a temporary folder");
        let mut demo = Self::launch(&dir.path().join("state"), offset, Some(&settings), dns);
        demo._dir = Some(dir);
        demo
    }

    /// Starts a demo on this folder and offset; used to start again where one was.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_on(state: &Path, offset: u16) -> Self {
        // The sample was changed for the first start, and so it is for the next.
        let changed = state.parent().map(|folder| folder.join("clinic.toml")).filter(|file| file.exists());
        Self::launch(state, offset, changed.as_deref(), None)
    }

    fn launch(state: &Path, offset: u16, settings: Option<&Path>, dns: Option<u16>) -> Self {
        let mut child = Command::new(program())
            .args(["demo", "--port-offset", &offset.to_string(), "--state"])
            .arg(state)
            .args(settings.into_iter().flat_map(|file| [Path::new("--settings"), file]))
            .args(dns.into_iter().flat_map(|port| ["--dns".to_owned(), format!("127.0.0.1:{port}")]))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program is built: cargo build --bin frontdesk");
        let stdout = child.stdout.take().expect("a pipe");
        let mut lines = BufReader::new(stdout).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line.contains("Ctrl-C ends it"));
        assert!(ready, "the demo ended before it was ready: {:?}", child.wait());
        let text = fs::read(state.join("demo.json")).expect("demo.json is there when the demo is ready");
        let json = serde_json::from_slice(&text).expect("demo.json is JSON");
        Self { json, state: state.to_owned(), child, home: None, _dir: None }
    }

    /// The text at this JSON pointer.
    ///
    /// # Panics
    /// If the contract has no such text.
    pub fn text(&self, pointer: &str) -> String {
        match self.json.pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            other => panic!("demo.json has no text at {pointer}: {other:?}"),
        }
    }

    /// The secret of an extension.
    ///
    /// # Panics
    /// If there is no such extension.
    pub fn secret(&self, user: &str, key: &str) -> String {
        let list = self.json["extensions"].as_array().expect("a list");
        let entry = list.iter().find(|e| e["user"] == user).expect("the extension exists");
        entry[key].as_str().expect("a secret").to_owned()
    }

    /// The process, for tests that kill it.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The offset of its ports.
    ///
    /// # Panics
    /// If the contract is broken.
    pub fn offset(&self) -> u16 {
        let port = self.json["sip"]["udp"].as_u64().expect("a port");
        u16::try_from(port - 5060).expect("a port")
    }

    /// A port for a peer: the ports from 6100 to 6499 above the offset belong to the test that owns this demo. No demo uses them.
    pub fn peer_port(&self, n: u16) -> u16 {
        6100 + self.offset() + n
    }

    /// Ends it as a crash does: SIGKILL, no goodbye. Gives back the folder, which goes away with it.
    ///
    /// # Panics
    /// If the process cannot be killed.
    pub fn kill(mut self) -> Option<tempfile::TempDir> {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
        self._dir.take()
    }

    /// An answer of the console's API.
    ///
    /// # Panics
    /// If the API does not answer with JSON.
    pub fn api(&self, path: &str) -> Value {
        let answer = self.get(path);
        serde_json::from_slice(&answer).unwrap_or_else(|e| panic!("{path} is not JSON ({e})"))
    }

    /// What the console serves here to the manager.
    ///
    /// # Panics
    /// If it is anything but 200.
    pub fn get(&self, path: &str) -> Vec<u8> {
        let address = self.text("/console").replace("http://", "");
        let token = self.text("/api_token");
        let ask = || http::get(&address, path, Some(&token));
        let answer = self.home.as_ref().map_or_else(ask, |home| home.inside(ask)).expect("the console answers");
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        answer.body
    }

    /// Waits until `n` calls have ended, and checks of the newest which number it went to and how it ended.
    ///
    /// # Panics
    /// If it was another one, or there are not as many in time.
    pub fn wait_for_call(&self, n: usize, to: &str, end: &str) -> Value {
        let look = || {
            let calls = self.api("/api/v1/calls?limit=50")["calls"].as_array().expect("a list").clone();
            (calls.len() >= n).then_some(calls)
        };
        let calls = wait_for(&format!("call {n} is on record"), Duration::from_secs(10), look);
        assert!(calls.len() == n && calls[0]["to"]["number"] == to && calls[0]["end"] == end, "{calls:#?}");
        calls[0].clone()
    }

    /// Asserts that more than a second of sound was heard from both sides of a call that took two: on a busy machine the first and the
    /// last packets may miss it.
    ///
    /// # Panics
    /// If less was heard.
    pub fn assert_sound_both_ways(&self, call: &Value) {
        let id = call["id"].as_str().expect("a call has an id");
        let page = String::from_utf8(self.get(&format!("/calls/{id}"))).expect("a page is UTF-8");
        let received = page.split("Packets received</dt><dd>").skip(1);
        let received: Vec<u32> = received.filter_map(|rest| rest.split('<').next()?.parse().ok()).collect();
        assert!(received.len() == 2 && received.iter().all(|n| *n > 50), "packets of both legs: {received:?}");
    }

    /// How many phones of this extension are registered.
    ///
    /// # Panics
    /// If there is no such extension.
    pub fn registered(&self, extension: &str) -> u64 {
        let status = self.api("/api/v1/status");
        let phones = status["phones"].as_array().expect("a list");
        let of = phones.iter().find(|p| p["extension"] == extension);
        of.and_then(|p| p["registered"].as_u64()).expect("the extension is listed")
    }

    /// What was written down about a call, as its page tells it.
    ///
    /// # Panics
    /// If there is no such page.
    pub fn story(&self, call: &Value) -> String {
        let id = call["id"].as_str().expect("a call has an id");
        String::from_utf8(self.get(&format!("/calls/{id}"))).expect("a page is UTF-8")
    }

    /// The faxes, newest first.
    ///
    /// # Panics
    /// If the API does not list them.
    pub fn faxes(&self) -> Vec<Value> {
        self.api("/api/v1/faxes?limit=200")["faxes"].as_array().expect("a list").clone()
    }

    /// Waits for a fax of which this is true.
    ///
    /// # Panics
    /// If none comes in time; the faxes that there are, are shown.
    pub fn wait_for_fax(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let found = peer::patiently(FAX_PATIENCE, || self.faxes().into_iter().find(&is));
        found.unwrap_or_else(|| panic!("no fax is {what}: {:#?}", self.faxes()))
    }
}

impl Demo {
    /// Ends it with SIGTERM, if it has not ended, and waits.
    fn end(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = Command::new("kill").arg(self.child.id().to_string()).status();
            let _ = self.child.wait();
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.end();
    }
}

/// The sample clinic with this plan in place of its own, and with more settings, for this offset.
///
/// # Panics
/// If the sample has no plan any more.
pub fn planned(sample: &str, plan: &str, more: &str, offset: u16) -> String {
    let changed = sample.replacen("plan = \"solo-practice\"", &format!("plan = \"\"\"\n{plan}\n\"\"\""), 1);
    assert_ne!(changed, sample, "the sample's plan");
    format!("{changed}\n{}", more.replace("PORT_OUTSIDE", &(6100 + offset).to_string()))
}

/// The sample clinic with these trunks in place of its own.
pub(crate) fn with_trunks(sample: &str, trunks: &str) -> String {
    let (before, after) = sample.split_once("[[trunks]]").expect("it has a trunk");
    let (_, after) = after.split_once("[mail]").expect("the mail follows");
    format!("{before}{trunks}\n[mail]{after}")
}

/// The program under test: where `cargo xtask test` says, or built beside this test.
///
/// # Panics
/// If the test itself has no path.
pub fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("FRONTDESK_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a test has a path");
    let target = test.parent().and_then(Path::parent).expect("target/<profile>/deps/<test>");
    target.join("frontdesk")
}

/// Offsets that are tried.
const SLOTS: u32 = 24;

/// An offset whose ports nobody uses: tests run side by side, and so may a developer's own demo. It is this process's until that ends: what
/// is to listen there begins later, and another process may look meanwhile.
///
/// # Panics
/// If no offset is free.
pub fn free_offset() -> u16 {
    static HELD: Mutex<BTreeMap<u16, File>> = Mutex::new(BTreeMap::new());
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Spread by process, since each test may be a process of its own. All stays below 32768, where the system begins to hand out
    // ports for connections that go out.
    let start = u16::try_from(std::process::id() % SLOTS).expect("small");
    let mut held = HELD.lock().expect("no holder panics");
    for round in 0..2 * SLOTS {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let offset = 1000 + ((start + step) % 24) * 1000;
        // Browsers refuse to open port 10080, whatever listens there (the fetch standard's list of bad ports).
        if 8080 + offset == 10_080 {
            continue;
        }
        match held.entry(offset) {
            // What an earlier test of this process has had is taken again only when there is nothing else.
            Entry::Occupied(_) if round < SLOTS => continue,
            Entry::Occupied(_) => {}
            Entry::Vacant(vacant) => {
                let Some(lock) = lock_of(offset) else { continue };
                vacant.insert(lock);
            }
        }
        let free = |port: u16| UdpSocket::bind(("127.0.0.1", port)).is_ok();
        let listens = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
        let tls = listens(5061 + offset) && listens(8543 + offset);
        if free(5060 + offset) && free(5070 + offset) && listens(8080 + offset) && listens(2587 + offset) && tls {
            return offset;
        }
    }
    panic!("no free ports");
}

/// The lock of an offset, which ends with its process; `None` if another has it. Each user has files of their own: what one has made in a
/// folder for all another may not open, and who runs there is known by the ports.
fn lock_of(offset: u16) -> Option<File> {
    let user = rustix::process::geteuid().as_raw();
    let path = std::env::temp_dir().join(format!("frontdesk-offset-{user}-{offset}.lock"));
    match File::options().create(true).truncate(false).write(true).open(path) {
        Ok(file) => file.try_lock().ok().map(|()| file),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => None,
        Err(error) => panic!("a temporary folder: {error}"),
    }
}

/// A path of the repository, as its root sees it.
///
/// # Panics
/// If the repository has another shape.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("tests/interop is two folders deep").join(path)
}
