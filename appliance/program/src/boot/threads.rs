//! The two threads on which the program's tasks run: one for calls and faxes, one for the office.
//!
//! A message of a call goes from its socket to the SIP endpoint, from there to the clinic and back, ten times in a call. Among several threads each
//! handing over may wake another one, which costs more than what is computed between; so all that a call needs runs on one. And a page that a browser
//! asks for, or a large mail, keeps no call waiting: they have the other. What blocks or computes for long is left to threads of its own
//! (`spawn_blocking`, the store, the media thread, child processes), as before.
//!
//! Each is a runtime of the current thread, and a thread does nothing but run it. One "of several threads" that has one thread keeps accounts of work
//! that nobody could take from it, each time that it goes to sleep. And the thread that starts the program runs neither: phones call for help before
//! the store is open, and wait for nothing that is done until then.

use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::Failure;

/// See the module. They end when it is dropped.
pub(crate) struct Threads {
    calls: Thread,
    office: Thread,
}

impl Threads {
    /// Both, with nothing to do yet.
    ///
    /// # Errors
    /// The system gives no more threads or descriptors.
    pub(crate) fn start() -> Result<Self, Failure> {
        Ok(Self { calls: Thread::start("calls")?, office: Thread::start("office")? })
    }

    /// Where consoles and mail are served.
    pub(crate) fn office(&self) -> Handle {
        self.office.runs.clone()
    }

    /// Runs the program's life, whose tasks are those of calls unless it gives them to the office. What it does itself is done on this thread.
    pub(crate) fn live<T>(&self, life: impl Future<Output = T>) -> T {
        self.calls.runs.block_on(life)
    }
}

/// A thread that runs the tasks that are given to it.
struct Thread {
    runs: Handle,
    /// Dropped: its end is near.
    until: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Thread {
    fn start(name: &str) -> Result<Self, Failure> {
        let failure = |e| Failure(format!("the thread \"{name}\" could not be started: {e}"));
        let runtime = Builder::new_current_thread().thread_name(name).enable_all().build().map_err(failure)?;
        let runs = runtime.handle().clone();
        let (until, end) = oneshot::channel::<()>();
        let run = move || drop(runtime.block_on(end));
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run).map_err(failure)?;
        Ok(Self { runs, until: Some(until), thread: Some(thread) })
    }
}

impl Drop for Thread {
    /// Waits for it: what it owns is gone when this returns.
    fn drop(&mut self) {
        self.until = None;
        if let Some(thread) = self.thread.take() {
            // Tasks do not end it by their panics, so there is nothing to tell.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    /// More than any machine needs.
    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn each_runs_its_tasks_on_its_thread_while_nobody_waits_and_its_end_ends_them() {
        let threads = Threads::start().expect("two threads");
        let calls = threads.live(async { Handle::current() });
        let (say, said) = mpsc::channel();
        let (hold, held) = mpsc::channel::<()>();
        for thread in [calls, threads.office()] {
            let (say, hold) = (say.clone(), hold.clone());
            thread.spawn(async move {
                tokio::task::yield_now().await;
                let _ = say.send(std::thread::current().name().map(str::to_owned));
                pending::<()>().await;
                drop(hold);
            });
        }
        drop(hold);
        let mut names = [(); 2].map(|()| said.recv_timeout(PATIENCE).expect("a task that runs").expect("a name"));
        names.sort();
        assert_eq!(names, ["calls", "office"]);
        drop(threads);
        assert_eq!(held.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
    }
}
