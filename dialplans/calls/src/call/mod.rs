//! The stages of a call. Each carries what it needs and nothing else; an event moves a stage by value into the next.

mod echo;
mod fax_call;
mod pair;
mod peer;
mod ringing;
mod search;
mod seek;
mod start;
mod talking;

use sip::api::LegId;

use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;

pub(crate) use echo::Echo;
pub(crate) use fax_call::{FaxCall, place as place_fax};
pub(crate) use peer::Who;
pub(crate) use ringing::Ringing;
pub(crate) use start::{Arrival, Obstacle, arrive};
pub(crate) use talking::Talking;

/// Where a call is.
pub(crate) enum Stage {
    /// Phones or trunks are being called for a caller who waits.
    Ringing(Box<Ringing>),
    /// Two peers talk.
    Talking(Box<Talking>),
    /// One peer hears itself.
    Echo(Box<Echo>),
    /// One peer, and our fax machine.
    Fax(Box<FaxCall>),
    /// It is over; its media sessions are reporting.
    Closing(Ending),
}

/// What a stage is told, already sorted to its call.
#[allow(clippy::large_enum_variant, reason = "each is moved once, from the queue into its step; a box would cost more")]
pub(crate) enum CallEvent {
    /// Of a leg of this call.
    Sip(sip::api::Event),
    /// Of a session of this call.
    Media(media::Event),
    /// A timer of this call came.
    Timer(CallTimer),
    /// A person ends it.
    HangUp,
    /// Its fax is done.
    FaxDone,
}

impl Stage {
    /// Moves on.
    pub(crate) fn on(self, event: CallEvent, step: &mut Step<'_>) -> Self {
        match self {
            Self::Ringing(stage) => stage.on(event, step),
            Self::Talking(stage) => stage.on(event, step),
            Self::Echo(stage) => stage.on(event, step),
            Self::Fax(stage) => stage.on(event, step),
            closing @ Self::Closing(_) => closing,
        }
    }
}

/// The leg that a SIP event is about; `None` for a REGISTER.
pub(crate) const fn leg_of(event: &sip::api::Event) -> Option<LegId> {
    use sip::api::Event as E;
    match event {
        E::Register { .. } => None,
        E::Invite { leg, .. }
        | E::Established { leg }
        | E::AckAnswer { leg, .. }
        | E::Progress { leg, .. }
        | E::Answered { leg, .. }
        | E::Refused { leg, .. }
        | E::Reinvite { leg, .. }
        | E::ReinviteAnswered { leg, .. }
        | E::ReinviteRefused { leg, .. }
        | E::Refer { leg, .. }
        | E::Ended { leg, .. } => Some(*leg),
    }
}

/// The session that a media event is about.
pub(crate) const fn session_of(event: &media::Event) -> media::SessionId {
    use media::Event as E;
    match event {
        E::BindFailed { session, .. }
        | E::FirstPacket { session }
        | E::Dtmf { session, .. }
        | E::Silent { session }
        | E::WrongKey { session }
        | E::Raw { session, .. }
        | E::Closed { session, .. } => *session,
    }
}
