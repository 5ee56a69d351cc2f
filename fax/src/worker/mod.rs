//! The worker: one process (a thread, in tests) that runs the T.30 engine of one call and nothing else.
//!
//! It has no clock and no network. The parent's [`Session`](crate::session::Session) gives it one order at a time, a packet or a
//! span of time, and it answers with what the engine wants sent, then `Idle`. A run is therefore the same in simulated time and
//! in real time. A crash, a hang or a kill costs this call only, and no page is confirmed that the parent has not made durable.

pub mod channel;
pub mod child;
mod engine;
pub mod frames;
mod header;
pub mod proto;

use std::sync::Arc;

use spandsp::{Config, Document, T38Terminal};

pub use self::channel::{Channel, Files, Gone};
pub use self::child::{WorkerHandle, child_main, spawn};
use self::engine::{Engine, Line};
use self::proto::{FromWorker, Start, Task, ToWorker, VERSION};

/// Runs one call, until the parent says `Stop` or is gone. Blocks.
pub fn run(channel: Channel, files: Files) -> Result<(), Gone> {
    let channel = Arc::new(channel);
    let ToWorker::Start(start) = channel.recv()? else { return Err(Gone) };
    channel.send(&FromWorker::Ready { version: VERSION })?;
    if start.version != VERSION {
        return Err(Gone);
    }
    let line = Arc::new(Line::default());
    let mut terminal = match terminal(&start, &channel, Arc::new(files), &line) {
        Ok(terminal) => terminal,
        Err(failed) => {
            channel.send(&FromWorker::Fault { what: failed.to_string() })?;
            return wait_for_the_end(&channel);
        }
    };
    channel.send(&FromWorker::Idle)?;
    loop {
        match channel.recv()? {
            ToWorker::Ifp { seq, data } => terminal.feed(seq, &data),
            ToWorker::Tick { samples } => terminal.tick(samples),
            ToWorker::PageCommitted => terminal.t30().set_receiver_not_ready(0),
            ToWorker::Stop => return Ok(()),
            // The rest are answers, and nothing was asked.
            ToWorker::Start(_) | ToWorker::PageLater | ToWorker::PageRefused | ToWorker::Go => return Err(Gone),
        }
        if line.is_silent() {
            // Nothing that the engine does matters any more, and its state may be one that it was never tried in.
            return wait_for_the_end(&channel);
        }
        channel.send(&FromWorker::Idle)?;
    }
}

fn terminal(
    start: &Start,
    channel: &Arc<Channel>,
    files: Arc<Files>,
    line: &Arc<Line>,
) -> Result<T38Terminal, spandsp::SetupFailed> {
    let path = match &start.task {
        Task::Send { header, .. } if !header.expose().is_empty() => {
            header::stamp(&files, header.expose()).map_err(|_| spandsp::SetupFailed)?
        }
        _ => files.document_path(),
    };
    let document = match &start.task {
        Task::Send { first_page, .. } => Document::Send { path: &path, first: *first_page },
        Task::Receive => Document::Receive { path: &path },
    };
    let config = Config { document, ident: &start.station_id, ecm: start.ecm, max_bit_rate: start.max_bit_rate };
    let sending = matches!(start.task, Task::Send { .. });
    let engine = Engine::new(Arc::clone(channel), files, Arc::clone(line), sending);
    T38Terminal::new(&config, Box::new(engine))
}

/// Takes orders and does nothing, until the parent stops or kills us.
fn wait_for_the_end(channel: &Channel) -> Result<(), Gone> {
    while channel.recv::<ToWorker>()? != ToWorker::Stop {}
    Ok(())
}
