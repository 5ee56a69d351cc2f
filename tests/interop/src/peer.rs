//! Programs of others as child processes: run to their end, or beside the test. Whatever a test starts ends with it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// How often a state that nobody announces is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Runs a peer to its end and returns what it printed.
///
/// # Panics
/// If it cannot be started or fails; its output is shown.
pub fn run(program: &str, args: &[&str]) -> String {
    let (passed, text) = outcome(program, args);
    assert!(passed, "{program} {args:?} failed\n{text}");
    text
}

/// Runs a peer to its end: whether it succeeded, and all that it printed.
///
/// # Panics
/// If it cannot be started.
pub fn outcome(program: &str, args: &[&str]) -> (bool, String) {
    let output = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| panic!("{program} cannot be started ({e}); cargo xtask deps installs it"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

/// A peer that runs beside the test, its output in a file. Dropping it kills it.
pub struct Peer {
    child: Child,
    log: PathBuf,
    name: String,
}

impl Peer {
    /// Starts `command` in `folder`; what it prints goes to a file `name`.log there.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(name: &str, folder: &Path, command: &mut Command) -> Self {
        Self::spawn(name, folder, command.stdin(Stdio::null()))
    }

    /// Starts `command` in `folder` as [`start`](Self::start) does; it listens to what [`tell`](Self::tell) says.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start_listening(name: &str, folder: &Path, command: &mut Command) -> Self {
        Self::spawn(name, folder, command.stdin(Stdio::piped()))
    }

    /// Types a line.
    ///
    /// # Panics
    /// If it does not listen (any more).
    pub fn tell(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("it was started to listen");
        writeln!(stdin, "{line}").expect("it listens");
    }

    fn spawn(name: &str, folder: &Path, command: &mut Command) -> Self {
        let log = folder.join(format!("{name}.log"));
        let file = File::create(&log).expect("a file in a temporary folder");
        let errors = file.try_clone().expect("a second handle");
        let child = command
            .current_dir(folder)
            .stdout(file)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|e| panic!("{name} cannot be started ({e}); cargo xtask deps installs it"));
        Self { child, log, name: name.to_owned() }
    }

    /// What it printed until now.
    pub fn printed(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has printed this.
    ///
    /// # Panics
    /// If it ends or takes longer; what it printed is shown.
    pub fn wait_until_printed(&mut self, text: &str, within: Duration) {
        let seen = patiently(within, || self.printed().contains(text).then_some(()));
        assert!(seen.is_some(), "{} did not print {text:?}:\n{}", self.name, self.printed());
    }

    /// Waits for its end and gives what it printed.
    ///
    /// # Panics
    /// If it fails or takes longer; what it printed is shown.
    pub fn succeed(mut self, within: Duration) -> String {
        let status = self.end(within);
        assert!(status.is_some_and(|s| s.success()), "{} failed ({status:?}):\n{}", self.name, self.printed());
        self.printed()
    }

    /// Waits for its end: `None` if it takes longer.
    pub fn end(&mut self, within: Duration) -> Option<ExitStatus> {
        patiently(within, || self.child.try_wait().expect("a child can be asked"))
    }

    /// Asks it to end (SIGINT, as Ctrl-C does), waits, and gives what it printed.
    pub fn interrupt(mut self, within: Duration) -> String {
        let _ = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        let _ = self.end(within);
        self.printed()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `look` sees something.
///
/// # Panics
/// If it does not in time.
pub fn wait_for<T>(what: &str, within: Duration, look: impl FnMut() -> Option<T>) -> T {
    patiently(within, look).unwrap_or_else(|| panic!("{what}: not within {} s", within.as_secs()))
}

/// Looks again and again, for at most `within`. Programs of others do not announce what they do; this is the one place of the tests that
/// waits on the clock.
#[allow(clippy::disallowed_methods, reason = "real programs are driven in real time")]
pub fn patiently<T>(within: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let start = std::time::Instant::now();
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        if start.elapsed() > within {
            return None;
        }
        std::thread::sleep(LOOK);
    }
}

/// How long `work` took.
#[allow(clippy::disallowed_methods, reason = "real programs are driven in real time")]
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = std::time::Instant::now();
    let done = work();
    (done, start.elapsed())
}

/// Tells whoever reads the output of the tests, a measure for example.
#[allow(clippy::print_stderr, reason = "the output of a test is its standard error")]
pub fn note(text: &str) {
    eprintln!("{text}");
}
