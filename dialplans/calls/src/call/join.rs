//! What goes from one call to another when a phone joins its two calls (an attended transfer).

use std::collections::BTreeMap;

use media::SessionId;
use model::fax::Direction;
use sip::api::LegId;

use crate::call::entry::LegState;
use crate::call::peer::Peer;
use crate::call::search::Search;
use crate::call::transferring::Following;
use crate::tolls::Toll;

/// Whom the other call gets, with what that one brings along.
pub(crate) struct Parcel {
    pub(crate) given: Given,
    pub(crate) baggage: Baggage,
}

/// Whom it gets.
pub(crate) enum Given {
    /// Somebody who talks.
    Peer(Box<Peer>),
    /// Somebody whose phone still rings.
    Search(Box<StillRings>),
}

/// A search that goes on for somebody else.
pub(crate) struct StillRings {
    pub(crate) search: Search,
    /// Whose carrier plays its own tones already.
    pub(crate) early: Option<LegId>,
    /// What the plan says comes next, of whom was dialled.
    pub(crate) next: Option<Following>,
}

/// Legs and the media session that change their call.
pub(crate) struct Baggage {
    pub(crate) legs: BTreeMap<LegId, LegState>,
    pub(crate) session: SessionId,
    pub(crate) trunks: BTreeMap<LegId, String>,
    /// An outside call goes on in the other call, and so does what it costs.
    pub(crate) tolls: Vec<Toll>,
    /// What kind of call it was.
    pub(crate) direction: Direction,
    /// Help was sought there, and not reached.
    pub(crate) sought_help: bool,
}
