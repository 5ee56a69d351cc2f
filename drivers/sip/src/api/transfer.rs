//! Transfers: REFER (RFC 3515) inside a call, and INVITE with Replaces (RFC 3891).

use model::Pii;

use super::LegId;

/// A peer asks that its partner be connected with somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refer {
    /// Refer-To without its headers, verbatim.
    pub to: Pii<String>,
    /// Its user part, unescaped: what a blind transfer dials.
    pub dialled: Pii<String>,
    /// An attended transfer: the leg of ours that the Replaces inside Refer-To names. The endpoint refuses one that names no leg.
    pub replaces: Option<LegId>,
}

/// A call that shall take the place of another (the header Replaces of an INVITE). The endpoint has found it, or refused the INVITE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaces {
    /// The leg whose place it takes.
    pub leg: LegId,
    /// Only if that is not answered yet (a pickup).
    pub early_only: bool,
}
