//! HylaFAX, the fax server that is most in use, with a spool folder of the test's own, at the port of a modem.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fax::page::Page;

use crate::{Peer, repository, run, wait_for};

/// How long its parts take to begin.
const SOON: Duration = Duration::from_secs(30);

/// A running HylaFAX. Its parts end with it.
pub struct HylaFax {
    spool: PathBuf,
    /// HylaFAX wants its modems under `/dev`.
    device: PathBuf,
    port: u16,
    parts: Vec<Peer>,
}

impl Drop for HylaFax {
    fn drop(&mut self) {
        self.parts.clear();
        let _ = fs::remove_file(&self.device);
    }
}

impl HylaFax {
    /// At the modem of this port, with the folder for its spool, and its own service at this TCP port.
    ///
    /// # Panics
    /// If it is not installed, or the test may not make a device.
    pub fn at(modem: &Path, folder: &Path, port: u16) -> Self {
        // HylaFAX gives up root for a user of its own, who must come to the spool and to the port.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("a folder of our own");
        let real = modem.canonicalize().expect("the port is there");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o666)).expect("a port of our own");
        let spool = folder.join("spool");
        let etc = spool.join("etc");
        run("cp", &["-a", "/var/spool/hylafax", text(&spool)]);
        run("cp", &["-a", "/etc/hylafax/.", text(&etc)]);
        let device = PathBuf::from(format!("/dev/ttyHYL{port}"));
        let _ = fs::remove_file(&device);
        symlink(modem, &device).expect("the test may make a device");
        let config = etc.join(format!("config.ttyHYL{port}"));
        fs::copy(repository("tests/interop/hylafax.conf"), &config).expect("a file in a temporary folder");
        let hosts = etc.join("hosts.hfaxd");
        fs::write(&hosts, "localhost\n127.0.0.1\n").expect("a file in a temporary folder");
        fs::set_permissions(&hosts, fs::Permissions::from_mode(0o600)).expect("a file of our own");
        run("chown", &["uucp", text(&config), text(&hosts)]);
        let mut this = Self { spool, device, port, parts: Vec::new() };
        let queue = this.spool.join("FIFO");
        this.part(folder, "faxq", &["-D"]);
        wait_for("its queue runs", SOON, || queue.exists().then_some(()));
        this
    }

    /// Puts one more line into its configuration of the modem.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn configure(&self, line: &str) {
        let config = self.spool.join(format!("etc/config.{}", self.modem()));
        let before = fs::read_to_string(&config).expect("a configuration of our own");
        fs::write(&config, format!("{before}{line}\n")).expect("a file in a temporary folder");
    }

    fn part(&mut self, folder: &Path, name: &str, args: &[&str]) {
        let mut command = Command::new(format!("/usr/sbin/{name}"));
        self.parts.push(Peer::start(name, folder, command.args(args).args(["-q", text(&self.spool)])));
    }

    fn modem(&self) -> String {
        format!("ttyHYL{}", self.port)
    }

    /// Sends these files to this number, and waits until it says that it has.
    ///
    /// # Panics
    /// If it cannot.
    pub fn sends(&mut self, folder: &Path, number: &str, file: &Path, within: Duration) {
        self.does(folder, &["-d", number, text(file)], within);
    }

    /// Calls this number and asks for the document that is held ready there, and waits until it says that it has it.
    ///
    /// # Panics
    /// If it cannot.
    pub fn polls(&mut self, folder: &Path, number: &str, within: Duration) {
        self.does(folder, &["-p", "-d", number], within);
    }

    /// Gives it a job, and waits until it says that this is done.
    fn does(&mut self, folder: &Path, job: &[&str], within: Duration) {
        let (port, modem) = (self.port.to_string(), self.modem());
        self.part(folder, "hfaxd", &["-d", "-l", "127.0.0.1", "-i", &port]);
        let listens = || std::net::TcpStream::connect(("127.0.0.1", self.port)).ok();
        drop(wait_for("its service listens", SOON, listens));
        run("/usr/sbin/faxmodem", &["-q", text(&self.spool), &modem]);
        let service = format!("127.0.0.1:{port}");
        // Sound is not what a busy machine carries well: it may call again, as it does on any line.
        run("sendfax", &[&["-h", &service, "-n", "-T", "3", "-t", "3"], job].concat());
        let job = self.spool.join("doneq/q1");
        let done = wait_for("its job is done", within, || fs::read_to_string(&job).ok());
        assert!(done.lines().any(|line| line == "state:7"), "its job failed:\n{done}\n{}", self.log());
    }

    /// Answers calls from now on.
    pub fn answers(&mut self, folder: &Path) {
        let modem = self.modem();
        let mut command = Command::new("/usr/sbin/faxgetty");
        self.parts.push(Peer::start("faxgetty", folder, command.args(["-q", text(&self.spool), &modem])));
    }

    /// Waits until whoever answers calls has tried the modem, which it opens and closes for that, and waits for one.
    ///
    /// # Panics
    /// If it does not in time.
    pub fn waits_for_a_call(&self, within: Duration) {
        let status = self.spool.join("status").join(self.modem());
        let idle = || fs::read_to_string(&status).ok().filter(|status| status.contains("Running and idle")).map(drop);
        wait_for("it waits for a call", within, idle);
    }

    /// The pages of the fax that it received, once it has one.
    ///
    /// # Panics
    /// If there is none in time.
    pub fn received(&self, within: Duration) -> Vec<Page> {
        let whole = || {
            let mut files = fs::read_dir(self.spool.join("recvq")).ok()?.flatten().map(|entry| entry.path());
            files.find(|path| path.extension().is_some_and(|end| end == "tif"))
        };
        let file = wait_for("it has received a fax", within, whole);
        let page = |n: usize| {
            let one = self.spool.join(format!("tmp/{n}.tif"));
            let from = format!("{},{n}", file.display());
            let split = Command::new("tiffcp").args(["-c", "g4", "-r", "10000", &from, text(&one)]).output();
            split
                .is_ok_and(|done| done.status.success())
                .then(|| Page::from_tiff(&fs::read(&one).expect("a file")).expect("a page of a fax"))
        };
        (0..).map_while(page).collect()
    }

    /// What it says of its calls.
    pub fn log(&self) -> String {
        let files = fs::read_dir(self.spool.join("log")).into_iter().flatten().flatten();
        files.filter_map(|entry| fs::read_to_string(entry.path()).ok()).collect()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in ASCII")
}
