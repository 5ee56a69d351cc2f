//! The stages of a call. Each carries what it needs and nothing else; an event moves a stage by value into the next.

mod announcement;
mod booth;
mod calling_back;
mod echo;
pub(crate) mod entry;
mod fax_between;
mod fax_call;
mod guest;
mod image;
mod in_room;
mod join;
mod machine;
mod mailbox;
mod manners;
mod menu;
mod naming;
mod oncall;
mod onward;
mod page;
mod pair;
mod parked;
mod peer;
mod phones;
mod pressed;
mod queue;
mod replace;
mod ringing;
mod rounds;
mod route;
mod search;
mod seat;
mod seeking;
mod start;
mod studio;
mod talking;
pub(crate) mod tape;
pub(crate) mod told;
mod transferring;
mod used_up;
mod voicemail;
mod way;

use sip::api::LegId;

use crate::call::entry::Side;
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;

pub(crate) use announcement::Speaking;
pub(crate) use calling_back::{CallingBack, Callout, Errand};
pub(crate) use echo::Echo;
pub(crate) use fax_between::FaxBetween;
pub(crate) use fax_call::{FaxCall, place as place_fax};
pub(crate) use in_room::{InRoom, Present, Room};
pub(crate) use join::{Baggage, Parcel};
pub(crate) use mailbox::Mailbox;
pub(crate) use menu::Choosing;
pub(crate) use naming::Naming;
pub(crate) use oncall::OnCall;
pub(crate) use onward::{Ask, Onward};
pub(crate) use page::Page;
pub(crate) use parked::Parked;
pub(crate) use peer::{Peer, Who};
pub(crate) use queue::Queueing;
pub(crate) use replace::Newcomer;
pub(crate) use ringing::Ringing;
pub(crate) use rounds::Full;
pub(crate) use route::Route;
pub(crate) use seeking::Seeking;
pub(crate) use start::{Arrival, Done, Obstacle, arrive};
pub(crate) use studio::{Script, Studio};
pub(crate) use talking::Talking;
pub(crate) use told::Told;
pub(crate) use transferring::{Calling, Goal, Order, Terms, Transferring};
pub(crate) use used_up::{Limit, UsedUp};
pub(crate) use voicemail::LeavingMessage;
pub(crate) use way::Journey;

/// Where a call is.
pub(crate) enum Stage {
    /// Phones or trunks are being called for a caller who waits.
    Ringing(Box<Ringing>),
    /// Two peers talk.
    Talking(Box<Talking>),
    /// The same, while one of them is handed on to somebody who is being called.
    Transferring(Box<Transferring>),
    /// One waits in an orbit.
    Parked(Box<Parked>),
    /// One peer, in a conference room.
    InRoom(Box<InRoom>),
    /// One speaks, and others only listen.
    Page(Box<Page>),
    /// A caller whom we answered is told something.
    Speaking(Box<Speaking>),
    /// A caller whom we answered chooses by keys.
    Choosing(Box<Choosing>),
    /// A caller whom we answered says their name.
    Naming(Box<Naming>),
    /// Somebody is being called for a caller whom we answered.
    Seeking(Box<Seeking>),
    /// A caller whom we answered waits until somebody is free.
    Queueing(Box<Queueing>),
    /// Whoever is on call is being called.
    OnCall(Box<OnCall>),
    /// Somebody is asked to call a caller back.
    CallingBack(Box<CallingBack>),
    /// One peer hears itself.
    Echo(Box<Echo>),
    /// One peer hears what became of the code it dialled.
    Told(Box<Told>),
    /// One peer, and our fax machine.
    Fax(Box<FaxCall>),
    /// Two fax machines of others.
    FaxBetween(Box<FaxBetween>),
    /// One peer leaves a message.
    LeavingMessage(Box<LeavingMessage>),
    /// One peer listens to messages.
    Mailbox(Box<Mailbox>),
    /// One peer records what callers hear.
    Studio(Box<Studio>),
    /// It is over; its media sessions are reporting.
    Closing(Ending),
}

/// For whose sake a call is ended that nobody in it wanted to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndedFor {
    /// A person's, at the console.
    APerson,
    /// That of a call for help: the carrier has no channel left for it.
    Help,
    /// Nobody's: Frontdesk ends.
    TheEnd,
}

impl EndedFor {
    /// For its trace.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::APerson => "A person ended the call from the console",
            Self::Help => "The call was ended: a call for help needed its line",
            Self::TheEnd => "The call was ended: Frontdesk was stopped",
        }
    }
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
    /// Whoever keeps messages answers.
    Mailbox(crate::mailbox::Answer),
    /// Whoever keeps recordings answers.
    Recording(crate::recording::Answer),
    /// Something about somebody who is to be called back.
    Callback(Callout),
    /// It is ended.
    HangUp(EndedFor),
    /// What may be talked with numbers abroad, or spent on calls, is nearly used up, or is.
    UsedUp(UsedUp),
    /// Its fax has begun its pages.
    FaxUnderWay,
    /// Pages of a fax that passes through us were confirmed: how many in all, and how they travel.
    FaxCarried(u32, String),
    /// Its fax is done.
    FaxDone,
    /// A phone hands its partner on, and may.
    Transfer(Box<Order>),
    /// A phone would hand its partner on, and may not.
    NoTransfer { leg: LegId, code: u16, why: String },
    /// A phone asks for the place of another.
    Replace(Box<Newcomer>),
    /// What its stage asked: where it goes on.
    Onward(Box<Onward>),
}

impl Stage {
    /// Moves on.
    pub(crate) fn on(self, event: CallEvent, step: &mut Step<'_>) -> Self {
        if !pressed::counts(&self, &event, step) {
            return self;
        }
        match &event {
            CallEvent::Timer(CallTimer::PassOn) => {
                pressed::heard(&self, step);
                return self;
            }
            CallEvent::Media(said) if tape::hear(said, step) => return self,
            CallEvent::Recording(answer) => {
                tape::answered(*answer, step);
                return self;
            }
            event => {
                if let Self::Talking(talking) = &self {
                    tape::key(event, talking, step);
                }
            }
        }
        match (self, event) {
            (closing @ Self::Closing(_), _) => closing,
            (
                stage @ (Self::Speaking(_)
                | Self::Choosing(_)
                | Self::Naming(_)
                | Self::Queueing(_)
                | Self::LeavingMessage(_)),
                CallEvent::Media(media::Event::FaxTone { session }),
            ) => machine::heard(stage, session, step),
            (stage, CallEvent::UsedUp(what)) => used_up::on(stage, what, step),
            (stage, CallEvent::NoTransfer { leg, code, why }) => {
                step.refuse_transfer(leg, code, &why);
                stage
            }
            (stage, CallEvent::Replace(newcomer)) if step.card.help.is_some() => {
                newcomer.refuse(603, "Nobody takes the place of a phone that calls for help", step);
                stage
            }
            (
                stage @ (Self::InRoom(_)
                | Self::Page(_)
                | Self::Echo(_)
                | Self::Told(_)
                | Self::Fax(_)
                | Self::FaxBetween(_)
                | Self::CallingBack(_)
                | Self::LeavingMessage(_)
                | Self::Mailbox(_)
                | Self::Studio(_)),
                CallEvent::Replace(newcomer),
            ) => {
                newcomer.refuse(603, "There is no phone's place to take", step);
                stage
            }
            (stage @ (Self::Speaking(_) | Self::Choosing(_) | Self::Naming(_)), CallEvent::Replace(newcomer)) => {
                newcomer.refuse(491, "The plan is leading the caller on", step);
                stage
            }
            (Self::Ringing(stage), event) => stage.on(event, step),
            (Self::Talking(stage), event) => stage.on(event, step),
            (Self::Transferring(stage), event) => stage.on(event, step),
            (Self::Parked(stage), event) => stage.on(event, step),
            (Self::InRoom(stage), event) => stage.on(event, step),
            (Self::Page(stage), event) => stage.on(event, step),
            (Self::Speaking(stage), event) => stage.on(event, step),
            (Self::Choosing(stage), event) => stage.on(event, step),
            (Self::Naming(stage), event) => stage.on(event, step),
            (Self::Seeking(stage), event) => stage.on(event, step),
            (Self::Queueing(stage), event) => stage.on(event, step),
            (Self::OnCall(stage), event) => stage.on(event, step),
            (Self::CallingBack(stage), event) => (*stage).on(event, step),
            (Self::Echo(stage), event) => stage.on(event, step),
            (Self::Told(stage), event) => stage.on(event, step),
            (Self::Fax(stage), event) => stage.on(event, step),
            (Self::FaxBetween(stage), event) => stage.on(event, step),
            (Self::LeavingMessage(stage), event) => stage.on(event, step),
            (Self::Mailbox(stage), event) => stage.on(event, step),
            (Self::Studio(stage), event) => stage.on(event, step),
        }
    }

    /// Who asks on this leg that its partner be handed on, if that may be asked now; else why not.
    pub(crate) fn hands_on(&self, leg: LegId) -> Result<&Who, (u16, &'static str)> {
        match self {
            Self::Talking(talking) => match talking.side(leg) {
                Some(side) => Ok(&talking.peer(side).who),
                None => Err((603, "It has handed its partner on already")),
            },
            Self::FaxBetween(_) => Err((603, "A fax is on the line")),
            Self::Transferring(_) | Self::Ringing(_) => Err((491, "The call is not ready for it yet")),
            Self::Speaking(_)
            | Self::Choosing(_)
            | Self::Naming(_)
            | Self::Seeking(_)
            | Self::Queueing(_)
            | Self::OnCall(_)
            | Self::Parked(_)
            | Self::InRoom(_)
            | Self::Page(_)
            | Self::CallingBack(_)
            | Self::Echo(_)
            | Self::Told(_)
            | Self::Fax(_)
            | Self::LeavingMessage(_)
            | Self::Mailbox(_)
            | Self::Studio(_)
            | Self::Closing(_) => Err((603, "There is nobody to hand on")),
        }
    }

    /// Whose phone has taken the errand to call somebody back, while the store learns that.
    pub(crate) fn calls_back(&self) -> Option<String> {
        match self {
            Self::CallingBack(stage) => stage.user(),
            _ => None,
        }
    }

    /// Who records what callers hear, or is rung for it.
    pub(crate) fn records_for_callers(&self) -> Option<&str> {
        match self {
            Self::Studio(stage) => Some(stage.user()),
            _ => None,
        }
    }

    /// Who rings in it rings for somebody who waits, and anybody's phone may take the call in their place. A page and a call back ring for nobody
    /// who is there yet.
    pub(crate) const fn may_be_picked_up(&self) -> bool {
        matches!(
            self,
            Self::Ringing(_)
                | Self::Transferring(_)
                | Self::Parked(_)
                | Self::Seeking(_)
                | Self::Queueing(_)
                | Self::OnCall(_)
        )
    }

    /// In which orbit its party waits.
    pub(crate) fn orbit(&self) -> Option<&str> {
        match self {
            Self::Parked(parked) => Some(parked.orbit()),
            _ => None,
        }
    }

    /// The trunks that are called one after the other if the one that is called now fails.
    pub(crate) fn next_trunks(&self) -> Vec<String> {
        match self {
            Self::Ringing(ringing) => ringing.next_trunks(),
            _ => Vec::new(),
        }
    }

    /// The conference room in which somebody is, or at whose door.
    pub(crate) fn room(&self) -> Option<&str> {
        match self {
            Self::InRoom(stage) => Some(stage.number()),
            _ => None,
        }
    }

    /// Who is in a conference room, or at its door.
    pub(crate) fn present(&self, sought_help: bool) -> Option<Present<'_>> {
        match self {
            Self::InRoom(stage) => stage.present(sought_help),
            _ => None,
        }
    }

    /// Who could give up this leg's place to the partner of another call of theirs.
    pub(crate) fn gives_place(&self, leg: LegId) -> Option<&Who> {
        match self {
            Self::Talking(talking) => talking.side(leg).map(|side| &talking.peer(side).who),
            Self::Ringing(ringing) => ringing.caller(leg),
            _ => None,
        }
    }

    /// The leg goes, and its partner goes to another call.
    pub(crate) fn give(self, leg: LegId, step: &mut Step<'_>) -> (Option<Parcel>, Self) {
        let (parcel, stage) = match self {
            Self::Talking(talking) => match talking.side(leg) {
                Some(side) => talking.give(side, step),
                None => return (None, Self::Talking(talking)),
            },
            Self::Ringing(ringing) => ringing.give(step),
            stage => return (None, stage),
        };
        (Some(parcel), stage)
    }

    /// The leg's partner gets whom the other call has given.
    pub(crate) fn join(self, leg: LegId, parcel: Option<Parcel>, step: &mut Step<'_>) -> Self {
        let side = match &self {
            Self::Talking(talking) => talking.side(leg),
            _ => None,
        };
        match (self, side, parcel) {
            (Self::Talking(talking), Some(side), Some(parcel)) => talking.join(side, parcel, step),
            // What was asked before both steps says that this cannot be. Then nobody may be left without an owner.
            (_, _, Some(parcel)) => {
                step.adopt(parcel.baggage, crate::call::entry::Side::Callee);
                step.finish(Ending::our_fault())
            }
            (stage, ..) => {
                step.refuse_transfer(leg, 481, "The other call is over");
                stage
            }
        }
    }
}

/// The leg that a SIP event is about; `None` for what is about no call.
pub(crate) const fn leg_of(event: &sip::api::Event) -> Option<LegId> {
    use sip::api::Event as E;
    match event {
        E::Register { .. }
        | E::TrunkRegistered { .. }
        | E::TrunkLost { .. }
        | E::Recorded { .. }
        | E::Messages { .. }
        | E::Mirrored { .. }
        | E::Blocked(_)
        | E::Forgiven { .. }
        | E::Altered { .. }
        | E::TurnedAway(_)
        | E::Subscribe { .. }
        | E::StateWanted { .. }
        | E::Notified { .. }
        | E::Unsubscribed { .. }
        | E::Message { .. }
        | E::Sent { .. } => None,
        E::Invite { leg, .. }
        | E::Established { leg }
        | E::AckAnswer { leg, .. }
        | E::Trying { leg }
        | E::Dialog { leg, .. }
        | E::Progress { leg, .. }
        | E::Answered { leg, .. }
        | E::Offered { leg, .. }
        | E::Refused { leg, .. }
        | E::Reinvite { leg, .. }
        | E::ReinviteAnswered { leg, .. }
        | E::ReinviteRefused { leg, .. }
        | E::ReinviteOvertaken { leg }
        | E::Refer { leg, .. }
        | E::Referred { leg, .. }
        | E::Dtmf { leg, .. }
        | E::Ended { leg, .. } => Some(*leg),
    }
}

/// The session that a media event is about; `None` for what is about a room.
pub(crate) const fn session_of(event: &media::Event) -> Option<media::SessionId> {
    use media::Event as E;
    match event {
        E::BindFailed { session, .. }
        | E::FirstPacket { session }
        | E::Dtmf { session, .. }
        | E::FaxTone { session }
        | E::Played { session, .. }
        | E::Recorded { session, .. }
        | E::Silent { session }
        | E::WrongKey { session }
        | E::Secured { session, .. }
        | E::NotSecured { session }
        | E::Gone { session }
        | E::Quality { session, .. }
        | E::Raw { session, .. }
        | E::Tapped { session, .. }
        | E::Closed { session, .. } => Some(*session),
        E::RoomRecorded { .. } => None,
    }
}
