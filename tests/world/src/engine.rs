//! A fax engine in lock-step: the real worker in a thread, which gets one order at a time and is waited for.

use clinic::FaxWorkerStart;
use fax::worker::proto::{FromWorker, ToWorker};
use fax::worker::{self, Channel, Files};

/// A running engine. Dropping it ends it.
pub struct Engine {
    channel: Channel,
    files: Files,
}

impl Engine {
    /// Starts one, and says what it reports until it waits.
    #[allow(clippy::disallowed_methods, reason = "the worker blocks by design; it is never waited for by time")]
    pub fn start(start: FaxWorkerStart) -> (Self, Vec<FromWorker>) {
        let (channel, theirs) = Channel::pair(false).expect("a socket pair");
        let files = Files::new(start.document.as_deref()).expect("memory files");
        let their_files = files.try_clone().expect("memory files");
        std::thread::spawn(move || worker::run(theirs, their_files));
        channel.send(&ToWorker::Start(start.start)).expect("a fresh worker listens");
        let mut engine = Self { channel, files };
        let said = engine.hear();
        (engine, said)
    }

    /// Gives an order, and says what the engine reports until it waits again.
    pub fn give(&mut self, order: &ToWorker) -> Vec<FromWorker> {
        if self.channel.order(&self.files, order).is_err() || *order == ToWorker::Stop {
            return Vec::new();
        }
        self.hear()
    }

    fn hear(&mut self) -> Vec<FromWorker> {
        let mut said = Vec::new();
        loop {
            let Ok(reports) = self.channel.reports(&self.files) else { return said };
            said.extend(reports);
            if said.last().is_some_and(FromWorker::waits) {
                return said;
            }
        }
    }
}
