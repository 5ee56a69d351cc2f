//! What runs beside the faxes: programs that never rest, and a bare timer.

use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// As often as the engine's clock moves on.
const EVERY: Duration = Duration::from_millis(20);

/// Programs of ordinary rank that take all the time they get; they end with this value.
pub(crate) struct Spinners(Vec<Child>);

impl Spinners {
    pub(crate) fn start(count: usize) -> io::Result<Self> {
        let spinner = || Command::new("/proc/self/exe").arg("spin").stdin(Stdio::piped()).spawn();
        (0..count).map(|_| spinner()).collect::<io::Result<_>>().map(Self)
    }
}

impl Drop for Spinners {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // One that has ended by itself needs no more.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The whole life of such a program: until whoever started it is gone.
pub(crate) fn spin() -> io::Result<()> {
    // Its parent may go before others, and it must not.
    rustix::process::setpriority_process(None, 0)?;
    let parent = rustix::process::getppid();
    let mut turned = 0_u64;
    while rustix::process::getppid() == parent {
        for _ in 0..10_000_000 {
            turned = std::hint::black_box(turned.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
    }
    Ok(())
}

/// A thread that does nothing but to wake.
pub(super) struct Timer {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<f64>>,
}

impl Timer {
    #[allow(clippy::disallowed_methods, reason = "a bare timer of the system's is what is measured")]
    pub(super) fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let (mut late, mut due) = (Vec::new(), Instant::now());
            while !told.load(Ordering::Relaxed) {
                due += EVERY;
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                late.push(due.elapsed().as_secs_f64() * 1e6);
            }
            late
        });
        Self { stop, thread }
    }

    /// How late it woke, in microseconds.
    pub(super) fn stop(self) -> Vec<f64> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}
