//! What the program is told from outside.

use std::io::{IsTerminal as _, stdin, stdout};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Failure;

/// Signals. What comes before somebody asks is kept.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    /// What SIGHUP wants.
    hung_up: Wish,
}

/// What one of them wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// SIGTERM or Ctrl-C, and SIGHUP where that says that somebody's terminal is gone.
    End,
    /// SIGHUP: the certificates are read again.
    Certificates,
}

impl Signals {
    /// From here on they end the program only when it wants to.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let of = |kind| signal(kind).map_err(|e| Failure(format!("signals cannot be received: {e}")));
        let (terminate, interrupt) = (of(SignalKind::terminate())?, of(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, hang_up: of(SignalKind::hangup())?, hung_up: Wish::Certificates })
    }

    /// For who is started by hand: a terminal that is closed says SIGHUP, and what was started in it would live on with its ports, and nobody to
    /// end it. Without a terminal SIGHUP keeps its meaning.
    pub(crate) fn end_with_their_terminal(self) -> Self {
        let by_hand = stdin().is_terminal() || stdout().is_terminal();
        Self { hung_up: if by_hand { Wish::End } else { self.hung_up }, ..self }
    }

    /// Waits for the next. What it has not told yet is not lost when it is dropped.
    pub(super) async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.terminate.recv() => Wish::End,
            _ = self.interrupt.recv() => Wish::End,
            _ = self.hang_up.recv() => self.hung_up,
        }
    }
}
