//! Whether the sound of calls is encrypted on its way (SRTP).

use serde::{Deserialize, Serialize};

/// What the settings say about the sound of a phone or a trunk. What they do not say follows from how its signalling comes: under TLS
/// encryption is offered and taken, in the clear it is taken where the other end offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// Encrypted, with keys in the signalling (SDES), or no call. A call for help is the exception: it is had, however it can be.
    Srtp,
    /// Encrypted, with keys that the two ends agree on over the path of the sound (DTLS), or no call. The same exception.
    Dtls,
    /// Encrypted if the other end can, else in the clear, and the call's record says so.
    Prefer,
    /// Never encrypted.
    Plain,
}
