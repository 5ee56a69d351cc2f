//! The messages of one call, as people look at them: who said what to whom, and when. Secrets were taken out before they came here.

use std::borrow::Cow;
use std::net::SocketAddr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Pii, Wall};

/// All messages of a call, in the order in which they came and went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// With whom Frontdesk spoke: the caller first.
    pub lanes: Vec<Lane>,
    /// The messages, oldest first.
    pub messages: Vec<LadderMessage>,
    /// Older messages that were not kept.
    pub dropped: u32,
}

/// One party of the ladder: a leg of the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// It called; otherwise it was called.
    pub caller: bool,
    /// The trunk that it goes over; none for a phone.
    pub trunk: Option<String>,
    /// Who is there: the name of a person, or a number.
    pub name: Pii<String>,
}

/// One message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LadderMessage {
    /// When.
    pub at: Wall,
    /// With whom: the place in [`Ladder::lanes`].
    pub lane: usize,
    /// It came to Frontdesk; otherwise Frontdesk sent it.
    pub inbound: bool,
    /// The same message was there before.
    pub again: bool,
    /// "UDP", "TCP", "TLS", "WS" or "WSS".
    pub transport: Cow<'static, str>,
    /// Our end.
    pub local: Pii<SocketAddr>,
    /// Their end.
    pub remote: Pii<SocketAddr>,
    /// The message, as bytes: what came may be no text.
    #[serde(skip)]
    pub text: Pii<Bytes>,
}

/// A message that was refused before it could become a call or a registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedMessage {
    /// With which status.
    pub code: u16,
    /// The message; it has no lane.
    pub message: LadderMessage,
}

/// Bytes that one ladder may have: a ring of each leg, for the thirty phones of a large group.
pub const MAX_BYTES: usize = 1 << 20;

/// Only the shape: a message is personal.
impl std::fmt::Debug for LadderMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LadderMessage(lane {}, {} bytes)", self.lane, self.text.expose().len())
    }
}

impl Ladder {
    /// Bytes of all its messages.
    pub fn size(&self) -> usize {
        self.messages.iter().map(|m| m.text.expose().len()).sum()
    }
}
