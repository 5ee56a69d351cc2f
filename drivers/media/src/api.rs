//! The narrow face of the crate: what goes into an [`Engine`](crate::Engine) and what comes out.
//!
//! A *session* is one local port, at one of our addresses or at several, and its one remote party. It carries RTP that is forwarded, echoed or dropped, or it is *raw*:
//! its datagrams go to the user untouched (T.38 by UDPTL) and the user's go out. A *tapped* one is between the two: it is RTP like any
//! other, and what its packets carry is the user's (a fax modem listens and speaks).

use std::net::SocketAddr;

use bytes::Bytes;
use model::Instant;
use model::call::LegQuality;

use crate::dtls::Terms;
use crate::family::Home;
use crate::sdp::{Codec, OpusWishes};
use crate::sound::{Clip, PlayId, RecordEnd, RecordId, RecordLimits, RoomId, Sound};
use crate::srtp::{Keys, Suite};

/// A session, numbered by the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// How to speak to an end, and how it speaks to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voice {
    /// The codec.
    pub codec: Codec,
    /// Its number.
    pub payload_type: u8,
    /// All that was agreed on: what may be sent on to it as it is.
    pub takes: Takes,
    /// Milliseconds per packet that this end would like.
    pub ptime: u8,
    /// It may be told how a silent line sounds instead of the silence (RFC 3389).
    pub comfort_noise: bool,
    /// What it wishes of Opus.
    pub opus: OpusWishes,
}

/// Codecs, of which each is there or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Takes(u8);

impl Takes {
    /// It is there.
    pub const fn has(self, codec: Codec) -> bool {
        self.0 >> codec as u8 & 1 == 1
    }
}

impl From<Codec> for Takes {
    fn from(codec: Codec) -> Self {
        Self(1 << codec as u8)
    }
}

impl FromIterator<Codec> for Takes {
    fn from_iter<I: IntoIterator<Item = Codec>>(codecs: I) -> Self {
        Self(codecs.into_iter().fold(0, |all, codec| all | Self::from(codec).0))
    }
}

/// Over which way two ends report to each other what they hear (RTCP).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reports {
    /// On the port of the sound (RFC 5761).
    Mux,
    /// On the port after it, and to the port after theirs, or to the one that they named (RFC 3605).
    Beside(Option<SocketAddr>),
}

/// What the user orders.
#[derive(Clone, Debug)]
pub enum Command {
    /// Opens a session on this local UDP port, of the engine's address there.
    Open {
        /// A number never used before.
        session: SessionId,
        /// The port.
        port: u16,
        /// Where its other end will send to, as far as is known.
        home: Home,
    },
    /// Listens there, too, on the port of the same number, and sends from there to whoever is of this family: the other end was told so, or may
    /// choose. A `Remote` of a family in which the session does not listen does the same by itself, at the first address of that.
    Listen {
        /// Which.
        session: SessionId,
        /// Where.
        home: Home,
    },
    /// Where the SDP says to send, or `None` for hold. The engine latches to where packets really come from (symmetric RTP),
    /// once per `Remote` command that names another address, and only after a packet that is RTP (or anything, if raw). On hold
    /// nothing is sent, and the address known before is still listened to.
    Remote {
        /// Which.
        session: SessionId,
        /// Where to.
        addr: Option<SocketAddr>,
    },
    /// Sends to a group of addresses from now on, all of whose members hear it, and hears nobody: whoever sends to this port is a stranger. It is
    /// the user's own setting, never what a description named. It goes out from every address of the group's family at which the session listens
    /// by now, into the network of each, and no further.
    Group {
        /// Which.
        session: SessionId,
        /// The group.
        group: SocketAddr,
    },
    /// The payload type of RFC 4733 events that this end's SDP agreed to send and take; none before. Events are reported, and when
    /// forwarded to an end that gave them another number they get that number. Keys that the partner of such an end, who agreed to none, presses by
    /// their tones are told to it as events, and their tones are not.
    TelephoneEvent {
        /// Which.
        session: SessionId,
        /// The number, or none.
        payload_type: Option<u8>,
    },
    /// What this end's description agreed to for speech. Without it a session can forward and echo, but neither speak nor be understood.
    Voice {
        /// Which.
        session: SessionId,
        /// What, or nothing any more.
        voice: Option<Voice>,
    },
    /// Opens what comes and seals what goes with these keys, from now on; `None`: neither. Bridged, echoed and forwarded packets are
    /// plain inside the engine, so each end may have its own. Raw datagrams are left as they are.
    Secure {
        /// Which.
        session: SessionId,
        /// The keys that the two descriptions agreed on.
        keys: Option<Box<Keys>>,
    },
    /// The keys are agreed on over the path itself, on these terms; until that has come to keys, sound is neither taken nor sent. The same
    /// terms once more, or with another password alone, change nothing about keys that there are. `None`: no longer. Answered by
    /// `Secured` or `NotSecured`.
    Handshake {
        /// Which.
        session: SessionId,
        /// What the two descriptions agreed on.
        terms: Option<Box<Terms>>,
    },
    /// How this end and we report to each other; not at all before this, and not at all from now on if there is no way. Reports are encrypted
    /// as packets are, go on during a hold, and rest while the session is raw.
    Reports {
        /// Which.
        session: SessionId,
        /// The way that the two descriptions agreed on.
        way: Option<Reports>,
    },
    /// Forwards each session's packets to the other. Replaces what either did before.
    Bridge {
        /// One.
        a: SessionId,
        /// The other.
        b: SessionId,
    },
    /// Puts the session into a room, where each hears all others and not itself. It leaves by any other order of what becomes of its
    /// packets, or by `Close`. Replaces what it did before.
    Room {
        /// Which.
        session: SessionId,
        /// The room.
        room: RoomId,
    },
    /// In its room the others do not hear this session any more, or do again: a phone that holds says music. In another room it is heard again.
    Mute {
        /// Which.
        session: SessionId,
        /// Not heard.
        muted: bool,
    },
    /// Plays to this session's party instead of what a bridge or a room would send it, until its end, `Stop`, or another `Play`. The
    /// party is heard meanwhile. Time passes for it also while nothing can be said: on hold, or before there is a `Voice`.
    Play {
        /// Which.
        session: SessionId,
        /// The number for `Played`.
        play: PlayId,
        /// What.
        sound: Sound,
    },
    /// Ends what is played. Nothing is reported.
    Stop {
        /// Which.
        session: SessionId,
    },
    /// Presses a key for this party, which hears it as its end agreed to hear keys: as telephone events (RFC 4733), for 160 ms in which it hears
    /// nothing else, or by its tones. Several are pressed one after the other. What is played to it is more important: it hears no key then.
    Press {
        /// Which.
        session: SessionId,
        /// 0 to 9, `*`, `#` or A to D.
        digit: char,
    },
    /// Records what comes from this party, from now. Another recording of it ends.
    Record {
        /// Which.
        session: SessionId,
        /// The number for `Recorded`.
        record: RecordId,
        /// When it ends by itself.
        limits: RecordLimits,
    },
    /// Ends the recording.
    StopRecord {
        /// Which.
        session: SessionId,
    },
    /// Records what is said in a room by all together, each once, from now until nobody is in it any more. Another recording of it ends. Of
    /// a room in which nobody is, the end is reported at once.
    RecordRoom {
        /// Which.
        room: RoomId,
        /// The number for `RoomRecorded`.
        record: RecordId,
        /// When it ends by itself.
        limits: RecordLimits,
    },
    /// Ends the recording of a room.
    StopRecordRoom {
        /// Which.
        room: RoomId,
    },
    /// Sends each packet back (`*43`).
    Echo {
        /// Which.
        session: SessionId,
    },
    /// Whoever is heard there has no more to do with it, and somebody else takes their place: nobody is heard or spoken to until a `Remote` says
    /// where, and what still comes from where the one was is nothing until it names that.
    Dismiss {
        /// Which.
        session: SessionId,
    },
    /// Drops what comes, sends nothing.
    Idle {
        /// Which.
        session: SessionId,
    },
    /// From now on datagrams are the user's: reported as `Event::Raw`, sent with `SendRaw`.
    Raw {
        /// Which.
        session: SessionId,
    },
    /// Sends a datagram of a raw session, when it is due. Those that are due later wait here, so that nobody else need wake for them, and none is
    /// kept from leaving by one that is due after it. When the session is closed or changed, what waits is forgotten.
    SendRaw {
        /// Which.
        session: SessionId,
        /// What.
        data: Bytes,
        /// When it is due. What was due already is sent at once.
        due: Instant,
    },
    /// From now on what its packets carry is the user's: reported as `Event::Tapped`, said with `SendTapped`.
    Tap {
        /// Which.
        session: SessionId,
        /// The payload type of what the user says.
        payload_type: u8,
        /// The source under which it is said, chosen at random (RFC 3550 section 8).
        ssrc: u32,
    },
    /// Says packets on a tapped session, each when it is due: each follows the one before it without a gap. Those that are due later wait here; when
    /// the session is closed or changed, what waits is forgotten.
    SendTapped {
        /// Which.
        session: SessionId,
        /// The packets, in their order.
        said: Vec<Said>,
    },
    /// What comes to a raw or tapped session until then is kept, and reported together. At other times each packet is as it comes.
    Gather {
        /// Which.
        session: SessionId,
        /// The instant, not far from now.
        until: Instant,
    },
    /// Closes the session. Answered by `Event::Closed`. Every session ends with exactly one `BindFailed` or `Closed`.
    Close {
        /// Which.
        session: SessionId,
    },
}

impl Command {
    /// By when the thread has to look at it, if it sleeps. What comes wakes it, and whether that is to be kept together it sees before.
    pub(crate) fn needed_by(&self) -> Instant {
        match self {
            Self::SendRaw { due, .. } => *due,
            Self::SendTapped { said, .. } => said.first().map_or(Instant::FAR_FUTURE, |first| first.due),
            Self::Gather { .. } => Instant::FAR_FUTURE,
            _ => Instant::ZERO,
        }
    }
}

/// A packet to be said on a tapped session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its samples, one octet each.
    pub payload: Bytes,
    /// When it is due. What was due already is said at once.
    pub due: Instant,
}

/// A packet that came to a tapped session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// When it came.
    pub at: Instant,
    /// Its place.
    pub timestamp: u32,
    /// What it is in.
    pub payload_type: u8,
    /// What it carries.
    pub payload: Bytes,
}

/// What the engine reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The port could not be bound; the session does not exist.
    BindFailed {
        /// Which.
        session: SessionId,
        /// The port.
        port: u16,
    },
    /// The first packet came.
    FirstPacket {
        /// Which.
        session: SessionId,
    },
    /// A digit, once per press: by RFC 4733, or, where no telephone event was agreed on, as the tones of its key.
    Dtmf {
        /// Which.
        session: SessionId,
        /// 0–9 * # A–D.
        digit: char,
    },
    /// The party is a fax machine: it calls (CNG, 1100 Hz), or begins its first frame (the flags of V.21). Once.
    FaxTone {
        /// Which.
        session: SessionId,
    },
    /// What was played came to its end by itself.
    Played {
        /// Which.
        session: SessionId,
        /// Its number.
        play: PlayId,
    },
    /// What was recorded since the last of these: a second, or less in the last. Every recording ends with exactly one that has an `end`.
    Recorded {
        /// Which.
        session: SessionId,
        /// Its number.
        record: RecordId,
        /// The part's, from 0: its first step is so many seconds after that of the recording. Where one is left out it was lost.
        number: u32,
        /// The samples.
        part: Clip,
        /// This is the last, and why.
        end: Option<RecordEnd>,
    },
    /// The same of what all in a room said. Every recording of a room ends with exactly one that has an `end`.
    RoomRecorded {
        /// Which.
        room: RoomId,
        /// Its number.
        record: RecordId,
        /// The samples.
        part: Clip,
        /// This is the last, and why.
        end: Option<RecordEnd>,
    },
    /// No packet for `Config::silence` although a remote is set. Reported once until packets come again; never of a raw session,
    /// since T.38 may rest. It says what is, not what is wrong: an end that was told not to send (`recvonly`), or whose user muted it,
    /// may be silent by right.
    Silent {
        /// Which.
        session: SessionId,
    },
    /// A `Handshake` came to keys.
    Secured {
        /// Which.
        session: SessionId,
        /// What they are for.
        suite: Suite,
    },
    /// A `Handshake` came to no keys: the other end is not who its description says, or has not answered for half a minute. Once; whoever
    /// does not answer is asked again for as long as the session is there, and `Secured` may still follow.
    NotSecured {
        /// Which.
        session: SessionId,
    },
    /// An end that checked its path (ICE) has ceased to, and nothing comes from it that opens. Once, until it checks again.
    Gone {
        /// Which.
        session: SessionId,
    },
    /// What comes does not open with the key that was agreed on: `WRONG_KEY` packets in a row. Once, until one opens.
    WrongKey {
        /// Which.
        session: SessionId,
    },
    /// What its media came to until now: with each report that is due, so every five seconds or so, and only where reports were agreed on.
    Quality {
        /// Which.
        session: SessionId,
        /// The sum since its beginning.
        quality: LegQuality,
    },
    /// A datagram of a raw session.
    Raw {
        /// Which.
        session: SessionId,
        /// When it came.
        at: Instant,
        /// What.
        data: Bytes,
        /// It was kept with others ([`Command::Gather`]), of which the next follows at once.
        more: bool,
    },
    /// A packet of a tapped session, as it came: perhaps late, twice, or out of order. Several, if they were kept together ([`Command::Gather`]).
    Tapped {
        /// Which.
        session: SessionId,
        /// The packets, in the order in which they came.
        heard: Vec<Heard>,
    },
    /// The session is closed.
    Closed {
        /// Which.
        session: SessionId,
        /// What its media came to.
        quality: LegQuality,
    },
}

/// What goes in.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram arrived at a session's port.
    Packet {
        /// Which.
        session: SessionId,
        /// From where.
        from: SocketAddr,
        /// What.
        data: &'a [u8],
    },
    /// A datagram arrived at the port beside a session's, which `Output::BindReports` named.
    Report {
        /// Which.
        session: SessionId,
        /// From where.
        from: SocketAddr,
        /// What.
        data: &'a [u8],
    },
    /// An order.
    Command(Command),
    /// The shell could not bind the port that `Output::Bind` named.
    BindFailed {
        /// Which.
        session: SessionId,
    },
    /// The instant that `Output::Timeout` named has come.
    Timeout,
}

/// What comes out of `poll_output`; the shell loops until `Timeout`.
#[derive(Debug)]
pub enum Output {
    /// Bind this port for the session, also beside others of it, and send from it what goes to this family. Answer with `Input::BindFailed` if it
    /// can't be; where there is no such address, nothing that is sent in its family goes anywhere, and that is no failure.
    Bind {
        /// Which.
        session: SessionId,
        /// The port.
        port: u16,
        /// At which address.
        home: Home,
    },
    /// Send what goes to this family from there again, reports too. It was bound before.
    Prefer {
        /// Which.
        session: SessionId,
        /// Where.
        home: Home,
    },
    /// What this session sends to a group of addresses goes out from there, too, into the network of that address. It was bound before.
    ToGroup {
        /// Which.
        session: SessionId,
        /// From where.
        home: Home,
    },
    /// Bind this port for the session's reports, too. Where it can't be, there are none, and the call goes on.
    BindReports {
        /// Which.
        session: SessionId,
        /// The port.
        port: u16,
        /// At which address.
        home: Home,
    },
    /// Close the session's sockets.
    Unbind {
        /// Which.
        session: SessionId,
    },
    /// Send from the port of the session's reports, in the family of the address.
    TransmitReport {
        /// Which.
        session: SessionId,
        /// Where to.
        to: SocketAddr,
        /// What.
        data: Bytes,
    },
    /// Send from the session's port, in the family of the address; to a group of addresses from each that `ToGroup` named.
    Transmit {
        /// Which.
        session: SessionId,
        /// Where to.
        to: SocketAddr,
        /// What.
        data: Bytes,
    },
    /// For the user.
    Event(Event),
    /// Nothing more until this instant. One that has come already says that more work is left: look at the packets first, then come
    /// again.
    Timeout(Instant),
}
