//! What goes into a [`Pbx`](crate::Pbx) and what comes out.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;

use media::SessionId;
use media::dtls::Fingerprint;
use media::sdp::{Payload, T38};
use model::call::CallRecord;
use model::defence::Block;
use model::fax::{Cause, Direction};
use model::ladder::{Ladder, RefusedMessage};
use model::limit::Counted;
use model::switches::Switch;
use model::{CallId, CallbackId, CommandError, Instant, PhoneNumber, Pii, Recordable, Settings, Source};
use plan::Plan;
use sip::resolve::{Answer, Query, Target};

use crate::watch::Mailbox;
use crate::{callback, mailbox, recording};

/// What a `Pbx` needs to know from its start.
#[derive(Clone, Debug)]
pub struct PbxConfig {
    /// The clinic.
    pub settings: Arc<Settings>,
    /// Its plan; [`Plan::lifeline`] if it has none that is good.
    pub plan: Arc<Plan>,
    /// The addresses that our SDP names: where peers send their media, each in its own family.
    pub media: media::Addresses,
    /// Of the certificate that the media engine shows to phones whose keys come by DTLS; none if it can't.
    pub fingerprint: Option<Fingerprint>,
    /// The ports of media; the even ones are used.
    pub media_ports: RangeInclusive<u16>,
    /// Our UDP end for calls that we start to a trunk.
    pub sip_local: SocketAddr,
    /// How much at most.
    pub limits: Limits,
    /// Where the trunks were when they were last looked up.
    pub known_trunks: Vec<(String, Vec<Target>)>,
}

/// Named bounds, each with its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls at once; above it 503 with Retry-After, emergency calls excepted. A clinic of 50 phones has 20 calls in its worst hour.
    pub calls: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { calls: 200 }
    }
}

/// What goes in.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "each is moved once, from the queue into its step; a box would cost more")]
pub enum Input {
    /// From the SIP endpoint.
    Sip(sip::api::Event),
    /// From the media engine; `Raw` datagrams are not for us and are ignored.
    Media(media::Event),
    /// An order.
    Command(Command),
    /// The DNS answered an [`Output::Resolve`].
    Resolved {
        /// What was asked.
        query: Query,
        /// What it said.
        answer: Answer,
    },
    /// The instant that `Output::Timeout` named has come.
    Timeout,
}

/// An order.
#[derive(Clone, Debug)]
pub enum Command {
    /// Call a fax machine. Answered by `Attach`, or by `FaxFailed`.
    PlaceFax {
        /// A number of the caller's, never used before.
        call: CallId,
        /// Where to.
        to: PhoneNumber,
        /// Over this trunk; `None`, or a name that is none, leaves it to the plan. Whether the number may be called is the plan's in any
        /// case.
        over: Option<String>,
        /// As sound from the start, without a word of T.38: what experience with this number has taught, or the settings say.
        as_sound: bool,
    },
    /// Fax calls from these numbers are refused before they are answered, and those that the settings name.
    FaxBlocks {
        /// The numbers, as [`PhoneNumber::as_str`] has them.
        numbers: BTreeSet<String>,
    },
    /// The fax session has begun to send or take a page: what carries it must not be changed any more.
    FaxUnderWay {
        /// Which.
        call: CallId,
    },
    /// A gateway between two fax machines of others has seen pages confirmed. Of a call without one it is ignored.
    FaxCarried {
        /// Which call.
        call: CallId,
        /// How many so far.
        pages: u32,
        /// How they travel: the speed and whether errors are corrected, in a few words.
        how: String,
    },
    /// The fax session is over, or is recalled: hang up. Unknown calls are ignored, since the line may have ended meanwhile.
    FaxDone {
        /// Which.
        call: CallId,
    },
    /// A person ends a call. Answered by `HangUpAnswered`.
    HangUp {
        /// Which.
        call: CallId,
    },
    /// The messages of a call until now: one that is up, or whose last messages are still waited for. Answered by `LadderAnswered`.
    Ladder {
        /// A number of the caller's, for the answer.
        order: u64,
        /// Which call.
        call: CallId,
    },
    /// How many messages wait for an extension. Who never hears of an extension's messages takes it that there are none.
    Messages {
        /// Whose.
        extension: String,
        /// How many.
        mailbox: Mailbox,
    },
    /// The answer to an [`Event::Mailbox`]. Of a call that is over it is ignored.
    Mailbox {
        /// Which call asked.
        call: CallId,
        /// What it is answered.
        answer: mailbox::Answer,
    },
    /// The answer to an [`Event::Recording`]. Of a call that is over it is ignored.
    Recording {
        /// Which call asked.
        call: CallId,
        /// What it is answered.
        answer: recording::Answer,
    },
    /// The answer to an [`Event::Callback`].
    Callback {
        /// Which call asked. It may be over.
        call: CallId,
        /// About which.
        callback: CallbackId,
        /// What it is answered.
        answer: callback::Answer,
    },
    /// A person takes somebody off the list of those to be called back. Answered by `CallbackCancelled`.
    CancelCallback {
        /// A number of the caller's, for the answer.
        order: u64,
        /// Which.
        callback: CallbackId,
    },
    /// New settings and plan, for the calls that come; those that are up go on as they are.
    Reload {
        /// The clinic.
        settings: Arc<Settings>,
        /// Its plan.
        plan: Arc<Plan>,
    },
    /// The program ends: whoever watches is told to subscribe anew.
    Ending,
    /// A person switches something in the console. Answered by `SwitchAnswered`.
    Switch {
        /// A number of the caller's, for the answer.
        order: u64,
        /// What.
        switch: Switch,
    },
    /// A person who manages wants to record what callers hear: their phones ring. Answered by `StudioRings`.
    RecordByPhone {
        /// A number of the caller's, for the answer.
        order: u64,
        /// Who.
        user: String,
        /// What.
        what: Recordable,
    },
    /// A person ends the block of an address. Answered by `UnblockAnswered`.
    Unblock {
        /// Which.
        source: Source,
    },
}

/// What comes out of `poll_output`; loop until `Timeout`.
#[derive(Debug)]
pub enum Output {
    /// For the SIP endpoint.
    Sip(sip::api::Command),
    /// For the media engine.
    Media(media::Command),
    /// Ask the DNS, and answer with [`Input::Resolved`].
    Resolve(Query),
    /// For the appliance.
    Event(Event),
    /// Nothing more until this instant.
    Timeout(Instant),
}

/// What the appliance is told.
#[derive(Clone, Debug)]
pub enum Event {
    /// The registrations changed; [`Pbx::bindings`](crate::Pbx::bindings) has them for the store.
    BindingsChanged,
    /// Staff have switched something; [`Pbx::switches`](crate::Pbx::switches) has all of it for the store.
    SwitchesChanged,
    /// Somebody switched something by a key of their phone, which no record of a call tells of.
    KeyPressed {
        /// Who.
        user: String,
        /// What.
        switch: Switch,
    },
    /// What `Switch` came to.
    SwitchAnswered {
        /// Which.
        order: u64,
        /// Done, or the sentence for the person.
        result: Result<(), CommandError>,
    },
    /// What `phones` answers has changed.
    PhonesChanged,
    /// What `live_calls` and `trunks` answer has changed.
    LiveChanged,
    /// The trunks were found at other addresses than before: to be kept, so that help finds them after a restart without a look-up.
    TrunksFound(Vec<(String, Vec<Target>)>),
    /// Staff must know at once.
    Alert {
        /// The call it is about.
        call: CallId,
        /// "Extension 101 (Front desk, ground floor) called 911".
        sentence: Pii<String>,
        /// The street address that help comes to.
        address: Pii<String>,
        /// The extensions of those to tell.
        tell: Vec<String>,
        /// The extension and the address of the phone that is not to beep: whoever calls may have somebody dangerous in the room.
        quiet: Option<(String, IpAddr)>,
    },
    /// Staff must know, and it is no emergency: a limit against misuse was reached.
    Notice {
        /// A sentence that names no outside number.
        sentence: Pii<String>,
    },
    /// A fax call is ready. One that is ready as sound may come again, when the peer agrees to T.38 after all.
    Attach {
        /// The call.
        call: CallId,
        /// Its media session.
        session: SessionId,
        /// `In`: we are the called machine.
        direction: Direction,
        /// Who called.
        from: Option<PhoneNumber>,
        /// Who was called.
        to: Option<PhoneNumber>,
        /// How the fax travels on it.
        way: FaxWay,
    },
    /// Two fax machines of others talk through us, from now on in these ways: the caller's and the called one's. May come again, when a side
    /// agrees to T.38 after all. The end is a `FaxLineEnded`.
    Between {
        /// The call.
        call: CallId,
        /// The media session of each side, and how it travels.
        sides: [(SessionId, FaxWay); 2],
    },
    /// The keys that a caller of our machine has pressed so far; only after `Attach`.
    FaxKeys {
        /// The call.
        call: CallId,
        /// All of them, in order.
        keys: Pii<String>,
    },
    /// A fax call ended before it was attached.
    FaxFailed {
        /// The call.
        call: CallId,
        /// Whether we were called.
        direction: Direction,
        /// Why.
        cause: Cause,
    },
    /// A fax call that was attached, or in which two machines talk, has ended: by the other end, by loss, or after `FaxDone`.
    FaxLineEnded {
        /// The call.
        call: CallId,
    },
    /// What `HangUp` came to.
    HangUpAnswered {
        /// Which.
        call: CallId,
        /// Done, or the sentence for the person.
        result: Result<(), CommandError>,
    },
    /// The answer to [`Command::Ladder`].
    LadderAnswered {
        /// Which order.
        order: u64,
        /// The messages, or the sentence for the person.
        result: Result<Box<Ladder>, CommandError>,
    },
    /// What `Unblock` came to.
    UnblockAnswered {
        /// Which.
        source: Source,
        /// Done, or the sentence for the person.
        result: Result<(), CommandError>,
    },
    /// An address is not answered any more, for a while.
    Blocked(Block),
    /// A phone at a blocked address knew the right password: the block is over.
    Forgiven {
        /// Which.
        source: Source,
    },
    /// Wrong passwords of the last minute. One for each minute and source, however many came.
    SignInsRefused(Counted<Source>),
    /// A call asks something of whoever keeps messages, in this order.
    Mailbox {
        /// Which call.
        call: CallId,
        /// What it asks.
        ask: mailbox::Ask,
    },
    /// A call asks something of whoever keeps its recording, in this order.
    Recording {
        /// Which call.
        call: CallId,
        /// What it asks.
        ask: recording::Ask,
    },
    /// Something about somebody who is to be called back must be durable.
    Callback {
        /// The call that waits for the answer, if it is to be answered.
        call: Option<CallId>,
        /// What.
        ask: callback::Ask,
    },
    /// What `CancelCallback` came to.
    CallbackCancelled {
        /// Which order.
        order: u64,
        /// Done, or the sentence for the person.
        result: Result<(), CommandError>,
    },
    /// What `RecordByPhone` came to.
    StudioRings {
        /// Which order.
        order: u64,
        /// Their phones ring, or the sentence for the person.
        result: Result<(), CommandError>,
    },
    /// A call is over. Exactly one for each.
    Record(Box<CallRecord>),
    /// The messages of a call that is over, a moment after its record. At most one for each; none if the endpoint does not record.
    Ladder {
        /// Which.
        call: CallId,
        /// Its messages.
        ladder: Box<Ladder>,
    },
    /// What [`Pbx::kept`](crate::Pbx::kept) answers has changed, for the store.
    KeptChanged,
    /// Messages that were refused before they could become a call or a registration.
    TurnedAway(Vec<RefusedMessage>),
}

/// How a fax travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaxWay {
    /// As T.38, of which the peer can do this. The session is raw: datagrams come as `media::Event::Raw` and go by
    /// `media::Command::SendRaw`.
    T38(T38),
    /// As sound, in this codec. The session is whoever's who orders `media::Command::Tap` of it.
    Audio(Payload),
}

/// Under which address each peer is to reach us, by these settings.
pub(crate) fn advertised(settings: &Settings) -> Vec<sip::api::Advertised> {
    settings.advertise.iter().map(|a| sip::api::Advertised { network: a.network, address: a.address }).collect()
}
