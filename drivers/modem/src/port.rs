//! A serial port, opened so that no other program talks into it, and given back.
//!
//! Two locks: a UUCP lock file, which is what mgetty, HylaFAX, minicom and their kind look at, and the kernel's own (`TIOCEXCL`).
//! A lock file whose process is gone is nobody's.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::far::{self, Far};

use serialport::{DataBits, FlowControl, Parity, SerialPort, StopBits};

/// Where the lock files are.
pub const LOCKS: &str = "/var/lock";
/// Where udev names the ports by what is plugged in, whichever number the kernel gave it this time.
pub const BY_ID: &str = "/dev/serial/by-id";
/// As fast as a fax modem's port goes without losing anything: eight times the fastest carrier.
const BAUD: u32 = 115_200;
/// How long a read waits before it looks whether the port is still wanted, and a write whether what it writes still is.
const LOOK: Duration = Duration::from_millis(50);
/// Bytes read at once: 20 ms of the port.
const CHUNK: usize = 256;

/// Why a port cannot be had.
#[derive(Debug)]
pub enum PortError {
    /// Another program has it, with this process number.
    Taken(u32),
    /// There is none, or it may not be opened.
    Unusable(io::Error),
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken(process) => write!(f, "another program (process {process}) uses this port"),
            Self::Unusable(error) => write!(f, "the port cannot be opened: {error}"),
        }
    }
}

impl std::error::Error for PortError {}

impl PortError {
    /// What a person reads: what is wrong, and what to do.
    pub fn sentence(&self, port: &Path) -> String {
        let far = far::address(port).is_some();
        let port = port.display();
        match self {
            Self::Unusable(error) if far => {
                format!(
                    "{port} cannot be used: {error}. Is the modem's server switched on, and the port the right one?"
                )
            }
            Self::Taken(process) => {
                format!("Another program (process {process}) uses {port}. Stop that program, or take another port.")
            }
            Self::Unusable(error) => match error.kind() {
                io::ErrorKind::NotFound => format!("There is nothing at {port}. Is it plugged in and switched on?"),
                io::ErrorKind::PermissionDenied => {
                    format!("Frontdesk may not open {port}. Let its user into the port's group (on Debian: dialout).")
                }
                _ => format!("{port} cannot be opened: {error}."),
            },
        }
    }
}

/// A lock file; dropping it removes it.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
}

impl Lock {
    /// Locks the port for this process, in the folder `locks`. Both names of a port are one: a link is followed to what it names.
    pub fn take(locks: &Path, port: &Path) -> Result<Self, PortError> {
        let port = fs::canonicalize(port).map_err(PortError::Unusable)?;
        let name = port.strip_prefix("/dev").unwrap_or(&port).to_string_lossy().replace('/', "_");
        let path = locks.join(format!("LCK..{name}"));
        // Made whole under a name of its own and then linked: nobody ever sees half a lock.
        let own = locks.join(format!("LTMP.{name}.{}", std::process::id()));
        fs::write(&own, format!("{:>10}\n", std::process::id())).map_err(PortError::Unusable)?;
        let result = Self::link(&own, &path);
        let _ = fs::remove_file(&own);
        result.map(|()| {
            held().insert(path.clone());
            Self { path }
        })
    }

    fn link(own: &Path, path: &Path) -> Result<(), PortError> {
        // Twice: once more after a dead one's lock was taken away.
        for _ in 0..2 {
            match fs::hard_link(own, path) {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(PortError::Unusable(error)),
            }
            match holder(path) {
                Some(process) => return Err(PortError::Taken(process)),
                None => drop(fs::remove_file(path)),
            }
        }
        Err(PortError::Taken(0))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        held().remove(&self.path);
    }
}

/// The lock files of this process: in a container it has the number of the one before, which may have left its own behind.
static HELD: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn held() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The living process that holds a lock file.
fn holder(path: &Path) -> Option<u32> {
    let process: u32 = fs::read_to_string(path).ok()?.trim().parse().ok()?;
    if process == std::process::id() && !held().contains(path) {
        return None;
    }
    let pid = rustix::process::Pid::from_raw(i32::try_from(process).ok()?)?;
    match rustix::process::test_kill_process(pid) {
        Err(rustix::io::Errno::SRCH) => None,
        // It lives, or it is somebody else's and lives.
        _ => Some(process),
    }
}

/// The ports that stand under a name that stays the same, sorted.
pub fn stable_names(by_id: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(by_id).map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()));
    let mut names: Vec<_> = entries.map(Iterator::collect).unwrap_or_default();
    names.sort();
    names
}

/// Where a port is.
enum Wire {
    Here(Box<dyn SerialPort>),
    Far(Far),
}

/// An open port. What comes is read by a thread of its own, so that nothing of it is late.
pub struct Port {
    wire: Wire,
    /// The reader reads as long as this is true.
    open: Arc<AtomicBool>,
    _lock: Option<Lock>,
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Port")
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.open.store(false, Ordering::Relaxed);
    }
}

impl Port {
    /// Opens it. What comes is handed to `hear`, and `None` once, when the port is gone without our having closed it. Where there is no
    /// folder for lock files that we may write into, as on a NAS, no program looks into it either: the kernel's lock is enough.
    #[allow(clippy::disallowed_methods, reason = "the thread that reads this port")]
    pub fn open(
        locks: &Path,
        path: &Path,
        mut hear: impl FnMut(Option<&[u8]>) -> bool + Send + 'static,
    ) -> Result<Self, PortError> {
        let open = Arc::new(AtomicBool::new(true));
        if let Some(address) = far::address(path) {
            // Whether another program has it is the server's to say: it lets one in at a time.
            let far = Far::open(address, open.clone(), hear).map_err(PortError::Unusable)?;
            return Ok(Self { wire: Wire::Far(far), open, _lock: None });
        }
        let may_lock = rustix::fs::access(locks, rustix::fs::Access::WRITE_OK).is_ok();
        let lock = may_lock.then(|| Lock::take(locks, path)).transpose()?;
        let unusable = |error: serialport::Error| PortError::Unusable(error.into());
        let port = serialport::new(path.to_string_lossy(), BAUD)
            .data_bits(DataBits::Eight)
            .parity(Parity::None)
            .stop_bits(StopBits::One)
            .flow_control(FlowControl::Hardware)
            .timeout(LOOK)
            .open()
            .map_err(unusable)?;
        let mut reader = port.try_clone().map_err(unusable)?;
        let wanted = open.clone();
        std::thread::spawn(move || {
            let mut chunk = [0; CHUNK];
            while wanted.load(Ordering::Relaxed) {
                match reader.read(&mut chunk) {
                    Ok(length) if length > 0 => {
                        if !hear(Some(&chunk[..length])) {
                            return;
                        }
                    }
                    Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::Interrupted) => {}
                    // No bytes where there should be some, or an error: it was unplugged.
                    _ => {
                        hear(None);
                        return;
                    }
                }
            }
        });
        Ok(Self { wire: Wire::Here(port), open, _lock: lock })
    }

    /// Writes, as fast as the modem takes it. It may take nothing for as long as `patience`; what is `recalled` meanwhile is let be.
    pub fn write(&mut self, bytes: &[u8], patience: Duration, recalled: &dyn Fn() -> bool) -> io::Result<()> {
        match &mut self.wire {
            Wire::Here(port) => write_all(|rest| port.write(rest), bytes, patience, recalled),
            Wire::Far(far) => far.write(bytes, patience, recalled),
        }
    }

    /// Throws away what is still on its way.
    pub fn flush(&mut self) {
        match &mut self.wire {
            // What cannot be thrown away comes, and is then no answer to anything.
            Wire::Here(port) => drop(port.clear(serialport::ClearBuffer::All)),
            Wire::Far(far) => far.flush(),
        }
    }

    /// Says that we are here, or not. False if there is no such wire, as on a pseudo-terminal.
    pub fn dtr(&mut self, on: bool) -> bool {
        match &mut self.wire {
            Wire::Here(port) => port.write_data_terminal_ready(on).is_ok(),
            Wire::Far(far) => {
                far.dtr(on);
                true
            }
        }
    }
}

/// Writes to what waits for [`LOOK`] at most, each time.
fn write_all(
    mut write: impl FnMut(&[u8]) -> io::Result<usize>,
    bytes: &[u8],
    patience: Duration,
    recalled: &dyn Fn() -> bool,
) -> io::Result<()> {
    let (mut rest, mut waited) = (bytes, Duration::ZERO);
    while !rest.is_empty() && !recalled() {
        match write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => (rest, waited) = (&rest[written..], Duration::ZERO),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::TimedOut && waited < patience => waited += LOOK,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A port that takes two octets, then nothing for so long, then all.
    fn written(stalls: Duration, patience: Duration, recalled_after: Duration) -> (io::Result<()>, Vec<u8>) {
        let (mut taken, passed) = (Vec::new(), Cell::new(Duration::ZERO));
        let write = |rest: &[u8]| {
            if !taken.is_empty() && passed.get() < stalls {
                passed.set(passed.get() + LOOK);
                return Err(io::ErrorKind::TimedOut.into());
            }
            let part = rest.len().min(2);
            taken.extend(&rest[..part]);
            Ok(part)
        };
        let result = write_all(write, b"page", patience, &|| passed.get() >= recalled_after);
        (result, taken)
    }

    #[test]
    fn a_modem_that_repeats_a_block_is_waited_for_and_what_is_recalled_meanwhile_is_not_written() {
        let seconds = Duration::from_secs;
        let (result, taken) = written(seconds(60), seconds(120), Duration::MAX);
        assert!(result.is_ok() && taken == b"page", "{result:?}");
        let (result, taken) = written(seconds(60), seconds(10), Duration::MAX);
        assert!(result.is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) && taken == b"pa");
        let (result, taken) = written(seconds(60), seconds(120), seconds(5));
        assert!(result.is_ok() && taken == b"pa", "{result:?}");
    }

    #[test]
    fn a_port_is_one_programs() {
        let dir = tempfile::tempdir().unwrap();
        let port = dir.path().join("ttyX");
        fs::write(&port, "").unwrap();
        let lock = Lock::take(dir.path(), &port).unwrap();
        // The test's own process is a living one.
        assert!(
            matches!(Lock::take(dir.path(), &port), Err(PortError::Taken(process)) if process == std::process::id())
        );
        // By another name it is the same port.
        let other = dir.path().join("by-id");
        std::os::unix::fs::symlink(&port, &other).unwrap();
        assert!(matches!(Lock::take(dir.path(), &other), Err(PortError::Taken(_))));
        drop(lock);
        let lock = Lock::take(dir.path(), &other).unwrap();
        drop(lock);
        assert!(stable_names(dir.path()).iter().all(|path| !path.to_string_lossy().contains("LCK")));
    }

    #[test]
    fn the_lock_of_a_program_that_had_our_number_is_nobodys() {
        let dir = tempfile::tempdir().unwrap();
        let port = dir.path().join("ttyX");
        fs::write(&port, "").unwrap();
        fs::write(dir.path().join(format!("LCK..{}", port.to_string_lossy().replace('/', "_"))), own_number()).unwrap();
        let lock = Lock::take(dir.path(), &port).unwrap();
        assert_eq!(fs::read_to_string(&lock.path).unwrap(), own_number(), "the name is the one that it had");
        assert!(matches!(Lock::take(dir.path(), &port), Err(PortError::Taken(_))));
    }

    fn own_number() -> String {
        format!("{:>10}\n", std::process::id())
    }

    #[test]
    fn a_dead_programs_lock_is_nobodys() {
        let dir = tempfile::tempdir().unwrap();
        let port = dir.path().join("ttyX");
        fs::write(&port, "").unwrap();
        let lock = Lock::take(dir.path(), &port).unwrap();
        for content in ["         0\n", "2147483000\n", "nonsense", ""] {
            fs::write(&lock.path, content).unwrap();
            let again = Lock::take(dir.path(), &port).unwrap();
            std::mem::forget(again);
        }
        assert!(matches!(Lock::take(dir.path(), Path::new("/nowhere/tty")), Err(PortError::Unusable(_))));
    }
}
