//! How long a client may be silent (RFC 5321, 4.5.3.2). Whoever has not signed in gets less: they cost a connection each.

use std::time::Duration;

use super::Access;
use super::session::{Phase, Session};

/// The longest session. A message of the largest size crosses a slow line in a quarter of that.
pub(super) const SESSION: Duration = Duration::from_secs(60 * 60);

/// The timers; one is set at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    /// Nobody signed in yet.
    Stranger,
    /// The next command.
    Command,
    /// The next piece of a message.
    Data,
    /// The answer to a question of ours. The store bounds its own time; giving up before it answered could only make a message
    /// that we have accepted look refused.
    Question,
}

impl Timer {
    pub(super) fn of(phase: &Phase, session: &Session, access: Access) -> Self {
        match phase {
            Phase::Data(..) => Self::Data,
            _ if phase.is_question() => Self::Question,
            _ if session.by.is_some() || access == Access::Open => Self::Command,
            _ => Self::Stranger,
        }
    }

    pub(super) const fn after(self) -> Duration {
        match self {
            Self::Stranger => Duration::from_secs(60),
            // 4.5.3.2.7: a server should wait at least 5 minutes for a command.
            Self::Command => Duration::from_secs(5 * 60),
            // 4.5.3.2.5: 3 minutes for a block of data.
            Self::Data => Duration::from_secs(3 * 60),
            // 4.5.3.2.6: the client itself gives up after 10 minutes.
            Self::Question => Duration::from_secs(10 * 60),
        }
    }
}
