//! The harness of the interop tests: a demo of its own for each test, on ports of its own, and the real peers (SIPp, baresip, swaks,
//! tshark, Chromium) as child processes. Nothing here knows the inside of the product: it reads `demo.json`, as a stranger would.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::Value;

/// A running demo. Dropping it ends it with SIGTERM and waits.
pub struct Demo {
    /// What `demo.json` says.
    pub json: Value,
    /// The state folder.
    pub state: PathBuf,
    child: Child,
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

    /// Starts a demo on this folder and offset; used to start again where one was.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_on(state: &Path, offset: u16) -> Self {
        let mut child = Command::new(program())
            .args(["demo", "--port-offset", &offset.to_string(), "--state"])
            .arg(state)
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
        Self { json, state: state.to_owned(), child, _dir: None }
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

    /// Ends it as a crash does: SIGKILL, no goodbye.
    ///
    /// # Panics
    /// If the process cannot be killed.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// An answer of the console's API.
    ///
    /// # Panics
    /// If the API does not answer with JSON.
    pub fn api(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.text("/console"));
        let token = format!("Authorization: Bearer {}", self.text("/api_token"));
        let answer = run("curl", &["--silent", "--show-error", "--fail", "--header", &token, &url]);
        serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{path} is not JSON ({e}): {answer}"))
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// Runs a peer to its end and returns what it printed.
///
/// # Panics
/// If it cannot be started or fails; its output is shown.
pub fn run(program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| panic!("{program} cannot be started ({e}); cargo xtask deps installs it"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?} failed: {}\n{text}\n{errors}", output.status);
    text
}

/// The program under test: where `cargo xtask test` says, or built beside this test.
fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("FRONTDESK_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a test has a path");
    let target = test.parent().and_then(Path::parent).expect("target/<profile>/deps/<test>");
    target.join("frontdesk")
}

/// An offset whose ports nobody uses: tests run side by side, and so may a developer's own demo.
///
/// # Panics
/// If no offset is free.
pub fn free_offset() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Spread by process, since each test may be a process of its own.
    let start = u16::try_from(std::process::id() % 40).expect("small") * 1000;
    for _ in 0..80 {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let offset = 1000 + (start + step * 1000) % 50_000;
        let free = |port: u16| UdpSocket::bind(("127.0.0.1", port)).is_ok();
        let listens = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(5060 + offset) && free(5070 + offset) && listens(8080 + offset) && listens(2587 + offset) {
            return offset;
        }
    }
    panic!("no free ports");
}
