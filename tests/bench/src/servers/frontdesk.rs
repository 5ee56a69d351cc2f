//! The product as an appliance: `frontdesk run` on a folder that its demo has filled with a clinic and its phones.
//!
//! The demo itself would do for few calls; but it has 200 ports for media, which rest for four seconds after each call.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use model::time::Clock;
use serde_json::Value;

use crate::phones::Account;
use crate::process::{Ports, Process};

/// Above what the system gives to sockets that ask for any port. Enough for a hundred calls per second, resting included.
pub(super) const MEDIA: [u16; 2] = [61_000, 65_499];

/// Phones of one extension that the registrar takes.
pub(crate) const PHONES_OF_ONE: u32 = 5;
/// The password of those who were hired.
const HIRED: &str = "benchmark";

/// Who can be hired: 200 to 599 are nobody's in the demo.
pub(crate) const MOST_HIRED: u32 = 400;

/// The extension of the `n`th of those who were hired.
fn extension(n: u32) -> String {
    (200 + n).to_string()
}

/// A folder with a clinic in it.
pub(crate) struct Clinic {
    program: PathBuf,
    dir: tempfile::TempDir,
    /// What the demo said of it.
    json: Value,
    offset: u16,
}

/// A running appliance. Dropping it ends it.
pub(crate) struct Frontdesk {
    process: Process,
    json: Value,
    sip: SocketAddr,
}

impl Clinic {
    /// Lets the demo fill a fresh folder, and ends it.
    pub(super) fn new(media: [u16; 2]) -> io::Result<Self> {
        let program = super::program()?;
        let dir = tempfile::tempdir()?;
        let offset = interop::free_offset();
        let json = interop::Demo::start_on(&dir.path().join("state"), offset).json.clone();
        let at = |port: u16| port + offset;
        let config = format!(
            "state = \"state\"\nsettings = \"unused.toml\"\nsip = \"127.0.0.1:{}\"\nsip_tls = \"127.0.0.1:{}\"\nmedia = {media:?}\n\
             console = \"127.0.0.1:{}\"\nsubmission = \"127.0.0.1:{}\"\n",
            at(5060),
            at(5061),
            at(8080),
            at(2587)
        );
        std::fs::write(dir.path().join("frontdesk.toml"), config)?;
        std::fs::write(dir.path().join("unused.toml"), "")?;
        Ok(Self { program, dir, json, offset })
    }

    /// More people, each with a phone's secret: into the store itself, since no door adds people while the appliance runs.
    pub(super) fn hire(&self, count: u32) -> io::Result<()> {
        let state = self.dir.path().join("state");
        let root = store::RootKey::load_or_create(&state.join("root.key")).map_err(io::Error::other)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let domain = self.json.pointer("/sip/domain").and_then(Value::as_str).unwrap_or_default().to_owned();
        runtime.block_on(async {
            let at = Clock::start().now().wall;
            let store = store::Store::open(&state.join("store"), root).await.map_err(io::Error::other)?;
            let (_, mut text) = store.settings().load().await.map_err(io::Error::other)?.unwrap_or_default();
            let mut hiring = tokio::task::JoinSet::new();
            for user in (0..count).map(extension) {
                text += &format!("\n[[people]]\nextension = \"{user}\"\nname = \"Nurse {user}\"\n");
                let sip::User { user, ha1_md5, ha1_sha256, ha1_sha512_256 } =
                    sip::User::from_password(&user, &domain, HIRED);
                let secret = store::SipSecret { user, ha1_md5, ha1_sha256, ha1_sha512_256 };
                let people = store.people();
                hiring.spawn(async move { people.set_sip_secret(secret, "bench", at).await });
            }
            while let Some(hired) = hiring.join_next().await {
                hired.map_err(io::Error::other)?.map_err(io::Error::other)?;
            }
            store.settings().save(&text, "bench", at).await.map_err(io::Error::other)?;
            Ok(())
        })
    }

    /// Its state as the demo left it. What an appliance keeps over a restart would be a load of its own: a phone of the round before, which is not there
    /// any more, is still registered, and each call would ring there too.
    pub(super) fn begin_anew(&self) -> io::Result<()> {
        let [state, first] = ["state", "first"].map(|name| self.dir.path().join(name));
        let copy = |from: &Path, to: &Path| {
            let copied = Command::new("cp").arg("--archive").args([from, to]).status()?;
            if copied.success() { Ok(()) } else { Err(io::Error::other("the state could not be copied")) }
        };
        if !first.exists() {
            return copy(&state, &first);
        }
        std::fs::remove_dir_all(&state)?;
        copy(&first, &state)
    }

    /// Starts the appliance on it.
    pub(super) fn start(&self) -> io::Result<Frontdesk> {
        let at = |port: u16| port + self.offset;
        let config = self.dir.path().join("frontdesk.toml").to_string_lossy().into_owned();
        let ports = Ports { udp: vec![at(5060)], tcp: vec![at(5060), at(8080), at(2587)] };
        let process = Process::start(Clock::start(), &self.program, &["run", "--config", &config], &ports)?;
        Ok(Frontdesk { process, json: self.json.clone(), sip: (Ipv4Addr::LOCALHOST, at(5060)).into() })
    }
}

impl Frontdesk {
    pub(super) const fn address(&self) -> SocketAddr {
        self.sip
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(self) -> io::Result<()> {
        self.process.kill()
    }

    /// Its resident memory in megabytes, now and at its peak.
    pub(crate) fn resident(&self) -> io::Result<(f64, f64)> {
        self.process.resident()
    }

    /// The accounts of those who were hired.
    pub(crate) fn many(&self, count: u32) -> Vec<Account> {
        let account = |user| Account { user, password: HIRED.to_owned(), domain: self.domain(), server: self.sip };
        (0..count).map(extension).map(account).collect()
    }

    /// Where it listens for TLS, and the file of the authority that signed its certificate.
    pub(crate) fn secure(&self) -> (SocketAddr, &str) {
        ((Ipv4Addr::LOCALHOST, self.sip.port() + 1).into(), self.text("/sip/ca"))
    }

    /// Where the clinic's trunk leads; the demo's carrier is not there any more.
    pub(crate) fn carrier_port(&self) -> u16 {
        self.sip.port() + 10
    }

    pub(super) fn domain(&self) -> String {
        self.text("/sip/domain").to_owned()
    }

    pub(super) fn password(&self, user: &str) -> String {
        let people = self.json["extensions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let person = people.iter().find(|person| person["user"] == user);
        person.and_then(|person| person["password"].as_str()).unwrap_or_default().to_owned()
    }

    /// How many calls are on record, as the API tells it.
    pub(crate) fn records(&self) -> io::Result<u64> {
        /// The longest list that it gives.
        const PAGE: usize = 200;
        let (mut count, mut before) = (0, String::new());
        loop {
            let page = self.api(&format!("/api/v1/calls?limit={PAGE}{before}"))?;
            let calls = page["calls"].as_array().map(Vec::as_slice).unwrap_or_default();
            count += calls.len() as u64;
            match calls.last().and_then(|call| call["id"].as_str()) {
                Some(id) if calls.len() == PAGE => before = format!("&before={id}"),
                _ => return Ok(count),
            }
        }
    }

    /// Whether the messages of the call that ended last are in the store.
    pub(crate) fn last_ladder_is_kept(&self) -> io::Result<bool> {
        let page = self.api("/api/v1/calls?limit=1")?;
        let Some(id) = page.pointer("/calls/0/id").and_then(Value::as_str) else { return Ok(false) };
        let address = self.text("/console").replace("http://", "");
        // It may be nowhere, between the switchboard and the store.
        let path = format!("/api/v1/calls/{id}/ladder");
        let answer = interop::http::get(&address, &path, Some(self.text("/api_token")))?;
        let ladder: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        Ok(answer.status == 200 && ladder["complete"] == true)
    }

    fn api(&self, path: &str) -> io::Result<Value> {
        let token = format!("Authorization: Bearer {}", self.text("/api_token"));
        let url = format!("{}{path}", self.text("/console"));
        let answer = interop::run("curl", &["--silent", "--show-error", "--fail", "--header", &token, &url]);
        serde_json::from_str(&answer).map_err(io::Error::other)
    }

    fn text(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }
}
