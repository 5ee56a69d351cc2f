//! The two threads on which the program's tasks run: one for calls and faxes, one for the office.
//!
//! A message of a call goes from its socket to the SIP endpoint, from there to the clinic and back, ten times in a call. Among several threads each
//! handing over may wake another one, which costs more than what is computed between; so all that a call needs runs on one. And a page that a browser
//! asks for, or a large mail, keeps no call waiting: they have the other. What blocks or computes for long is left to threads of its own
//! (`spawn_blocking`, the store, the media thread, child processes), as before.

use tokio::runtime::{Builder, Handle, Runtime};

use super::Failure;

/// See the module. They end when it is dropped.
pub(crate) struct Threads {
    calls: Runtime,
    office: Runtime,
}

impl Threads {
    /// Both, with nothing to do yet.
    ///
    /// # Errors
    /// The system gives no more threads or descriptors.
    pub(crate) fn start() -> Result<Self, Failure> {
        Ok(Self { calls: thread("calls")?, office: thread("office")? })
    }

    /// Where consoles and mail are served.
    pub(crate) fn office(&self) -> Handle {
        self.office.handle().clone()
    }

    /// Runs the program's life, whose tasks are those of calls unless it gives them to the office.
    pub(crate) fn live<T>(&self, life: impl Future<Output = T>) -> T {
        self.calls.block_on(life)
    }
}

/// A runtime "of several threads" that has one: that of the current thread would stand still whenever nobody waits in it.
fn thread(name: &str) -> Result<Runtime, Failure> {
    let runtime = Builder::new_multi_thread().worker_threads(1).thread_name(name).enable_all().build();
    runtime.map_err(|e| Failure(format!("the thread \"{name}\" could not be started: {e}")))
}
