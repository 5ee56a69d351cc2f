//! The real program as a child, and what the kernel says of it from outside.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use model::time::Clock;

/// How often the kernel is asked for the ports. Half of it is the error of the measured time.
const LOOK: Duration = Duration::from_millis(2);
/// A start that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What must listen.
pub(crate) struct Ports {
    pub(crate) udp: Vec<u16>,
    pub(crate) tcp: Vec<u16>,
}

impl Ports {
    /// True when each is bound; looked up, not tried, so that the program is not disturbed.
    fn listen(&self) -> io::Result<bool> {
        let (udp, tcp) = (fs::read_to_string("/proc/net/udp")?, fs::read_to_string("/proc/net/tcp")?);
        // A UDP socket that is bound and not connected has the state 07, a listening TCP socket 0A.
        Ok(self.udp.iter().all(|port| is_in(&udp, *port, "07")) && self.tcp.iter().all(|port| is_in(&tcp, *port, "0A")))
    }
}

/// Whether proc(5)'s table has this local port in this state.
fn is_in(table: &str, port: u16, state: &str) -> bool {
    let port = format!(":{port:04X}");
    table.lines().any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, in_state) = (fields.next(), fields.nth(1));
        local.is_some_and(|local| local.ends_with(&port)) && in_state == Some(state)
    })
}

/// A started program. Dropping it ends it.
pub(crate) struct Process {
    child: Ending,
    /// From its start to the moment when all ports listened.
    pub(crate) took: Duration,
}

impl Process {
    /// Starts it and waits for its ports.
    pub(crate) fn start(clock: Clock, program: &Path, arguments: &[&str], ports: &Ports) -> io::Result<Self> {
        if ports.listen()? {
            return Err(io::Error::other("the ports for the measurement are in use"));
        }
        let start = clock.now().instant;
        let mut command = Command::new(program);
        // Its log is of no interest: that it did not start is said by its status.
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = Self { child: Ending(command.spawn()?), took: Duration::ZERO };
        while process.took < PATIENCE {
            let listens = ports.listen()?;
            process.took = clock.now().instant.saturating_since(start);
            if listens {
                return Ok(process);
            }
            if let Some(status) = process.child.0.try_wait()? {
                return Err(io::Error::other(format!("the program ended with {status}")));
            }
            pause(LOOK);
        }
        Err(io::Error::other("the program does not listen"))
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Ends it at once, without a chance to do anything more.
    pub(crate) fn kill(mut self) -> io::Result<()> {
        self.child.0.kill()?;
        self.child.0.wait().map(drop)
    }

    /// Its resident memory in megabytes, now and at its peak.
    pub(crate) fn resident(&self) -> io::Result<(f64, f64)> {
        resident(&self.child.0.id().to_string())
    }
}

/// The resident memory in megabytes of a process, `self` or a number, now and at its peak.
pub(crate) fn resident(process: &str) -> io::Result<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let field = |name: &str| {
        let kilobytes = status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?;
        Some(kilobytes.parse::<f64>().ok()? / 1024.0)
    };
    field("VmRSS:").zip(field("VmHWM:")).ok_or_else(|| io::Error::other("/proc/PID/status holds no memory"))
}

/// A child that SIGTERM ends, and its own children with it, when this is dropped.
pub(crate) struct Ending(pub(crate) Child);

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = self.0.wait();
    }
}

/// Sleeps.
#[allow(clippy::disallowed_methods, reason = "what another program does can only be waited for")]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_looked_up_with_its_state() {
        let table =
            "  sl  local_address rem_address   st tx_queue\n   0: 0100007F:13C4 00000000:0000 0A 00000000:00000000\n";
        assert!(is_in(table, 0x13c4, "0A"));
        assert!(!is_in(table, 0x13c4, "01"));
        assert!(!is_in(table, 0x3c4, "0A"));
    }
}
