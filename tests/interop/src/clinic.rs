//! The appliance itself on loopback, started by `frontdesk run` as a clinic does it: with nobody in it yet.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::{free_offset, program, wait_for};

/// A process that ends, as by a crash, when it is dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until somebody listens on this port.
///
/// # Panics
/// If nobody does within a minute.
pub fn listening(port: u16) {
    wait_for(&format!("somebody listens on port {port}"), Duration::from_secs(60), || {
        TcpStream::connect(("127.0.0.1", port)).ok()
    });
}

/// The addresses of a box, and its folder.
pub struct Clinic {
    offset: u16,
    dir: tempfile::TempDir,
    /// Its configuration.
    pub config: PathBuf,
}

impl Clinic {
    /// One that was never started. `more` is more of its configuration.
    ///
    /// # Panics
    /// If there is no place for it.
    pub fn new(more: &str) -> Self {
        let offset = free_offset();
        let port = |base: u16| base + offset;
        let dir = tempfile::tempdir().expect("a folder");
        let settings = include_str!("../../../appliance/program/src/demo/clinic.toml")
            .replace("PORT_CARRIER", &port(5070).to_string())
            .replace("PORT_SINK", &port(2526).to_string());
        fs::write(dir.path().join("clinic.toml"), settings).expect("written");
        let config = dir.path().join("frontdesk.toml");
        let text = format!(
            "state = \"state\"\nsettings = \"clinic.toml\"\nsip = \"127.0.0.1:{}\"\nsip_tls = \"127.0.0.1:{}\"\nmedia = [{}, {}]\n\
             console = \"127.0.0.1:{}\"\nconsole_tls = \"127.0.0.1:{}\"\nsubmission = \"127.0.0.1:{}\"\n{more}",
            port(5060),
            port(5061),
            port(4600),
            port(4799),
            port(8080),
            port(8543),
            port(2587)
        );
        fs::write(&config, text).expect("written");
        Self { offset, dir, config }
    }

    /// Its folder, in which the state is `state`.
    pub fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// The port that is this one in a demo without an offset.
    pub fn port(&self, base: u16) -> u16 {
        base + self.offset
    }

    /// What answers calls for help.
    ///
    /// # Panics
    /// Without SIPp.
    pub fn carrier(&self) -> Running {
        let carrier = Command::new("sipp")
            .args(["-sn", "uas", "-i", "127.0.0.1", "-p", &self.port(5070).to_string(), "-mi", "127.0.0.1", "-nostdin"])
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sipp: cargo xtask deps installs it");
        Running(carrier)
    }

    /// Starts it, and waits for nothing.
    pub fn start(&self) -> Running {
        Running(spawn(Command::new(program()).args(["run", "--config"]).arg(&self.config)))
    }

    /// A first start, and a crash once the capsule is written.
    pub fn has_run(&self) {
        let first = self.start();
        // When mail submission listens the capsule is written too.
        listening(self.port(2587));
        // SIGKILL: what a crash does.
        drop(first);
    }
}

/// Starts a process that reads nothing and whose complaints nobody reads.
///
/// # Panics
/// If there is no such program.
pub fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
}
