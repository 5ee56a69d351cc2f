//! What the program is told from outside.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Failure;

/// Signals. What comes before somebody asks is kept.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

/// What one of them wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// SIGTERM or Ctrl-C.
    End,
    /// SIGHUP: the certificates are read again.
    Certificates,
}

impl Signals {
    /// From here on they end the program only when it wants to.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let of = |kind| signal(kind).map_err(|e| Failure(format!("signals cannot be received: {e}")));
        let (terminate, interrupt) = (of(SignalKind::terminate())?, of(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, hang_up: of(SignalKind::hangup())? })
    }

    /// Waits for the next. What it has not told yet is not lost when it is dropped.
    pub(super) async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.terminate.recv() => Wish::End,
            _ = self.interrupt.recv() => Wish::End,
            _ = self.hang_up.recv() => Wish::Certificates,
        }
    }
}
