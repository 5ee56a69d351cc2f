//! What two ends agree about their media (RFC 8866, RFC 3264): read from hostile text, and written by us.
//!
//! [`Session::parse`] gives a checked description or a decision: `Malformed` is answered with 400, `NotAcceptable` with 488. It never
//! panics, and its work is bounded by [`MAX_SIZE`]. It knows Opus, G.722 and G.711 with RFC 4733 events, plain or sealed under
//! keys in the description (SDES), and T.38 over UDPTL; every other line of an offer
//! is refused in our answer with port 0, in its place (RFC 3264 section 6).
//!
//! [`offer`], [`offer_again`] and [`answer`] write: [`audio_offer`], [`audio_answer`], [`t38_offer`] and [`t38_answer`] are their usual cases. A B2BUA
//! passes formats on: to B goes what A offered of what we know, under A's numbers; to A goes what B answered.

use std::net::{IpAddr, SocketAddr};

use crate::api::Reports;
use crate::srtp::Key;

mod codecs;
mod dtls;
mod opus;
mod parse;
mod places;
mod profile;
mod write;

pub use codecs::Codecs;
pub use dtls::{Dtls, Setup};
pub use opus::OpusWishes;
pub use places::Places;
pub use profile::Profile;
pub use write::{
    AudioLine, ImageLine, Line, answer, audio_answer, audio_offer, offer, offer_again, t38_answer, t38_offer,
};

/// The longest description we read. A desk phone sends below 1.5 KiB; a browser with all its candidates 6 KiB.
pub const MAX_SIZE: usize = 16 * 1024;

/// Why a description is not taken, as a decision. The texts name no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SdpError {
    /// It is not SDP: 400.
    Malformed(&'static str),
    /// It is SDP, but nothing in it that we can do: 488.
    NotAcceptable(&'static str),
}

impl SdpError {
    /// The status code to answer with.
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::NotAcceptable(_) => 488,
        }
    }

    /// For a Warning or Reason header, and for the log: it holds nothing personal.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Malformed(reason) | Self::NotAcceptable(reason) => reason,
        }
    }
}

impl std::fmt::Display for SdpError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.reason(), self.status())
    }
}

impl std::error::Error for SdpError {}

/// A description that was read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The version of its `o=` line. The same as before says that nothing changed (RFC 3264 section 8).
    pub version: u64,
    /// The first audio line that we can do, or else the first.
    pub audio: Option<Audio>,
    /// The first T.38 line over UDPTL that we can do, or else the first.
    pub image: Option<Image>,
    /// Every line, for the answer.
    lines: Vec<parse::MediaLine>,
}

impl Session {
    /// Reads a description. `NotAcceptable` if it opens media, but none that we can do. One whose lines are all closed (port 0) is fine.
    pub fn parse(body: &[u8]) -> Result<Self, SdpError> {
        parse::session(body)
    }

    /// The audio line, if it is open and we can do it.
    pub fn open_audio(&self) -> Option<&Audio> {
        self.audio.as_ref().filter(|a| a.usable())
    }

    /// The same of what it opens: its audio, or else its T.38.
    pub fn named(&self) -> Option<IpAddr> {
        match self.open_audio() {
            Some(audio) => audio.named(),
            None => self.open_image().and_then(Image::remote).map(|addr| addr.ip()),
        }
    }

    /// Its lines, which keep their places in every later description of the dialog.
    pub fn places(&self) -> Places {
        Places::of(&self.lines)
    }

    /// The T.38 line, if it is open and we can do it.
    pub fn open_image(&self) -> Option<&Image> {
        self.image.as_ref().filter(|i| i.usable())
    }
}

/// An audio line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audio {
    /// Where its end wants packets. Use [`Audio::remote`], which knows of hold.
    pub addr: SocketAddr,
    /// Port 0: refused, or closed.
    pub rejected: bool,
    /// What of it we know.
    pub formats: Formats,
    /// Which ways it wants media to flow, as its end sees it.
    pub direction: Direction,
    /// How it travels.
    pub profile: Profile,
    /// The keys that its end would seal with, one for each suite that we know, in its order (RFC 4568). On a line that demands nothing
    /// it means that the end can do SRTP, and an answer may take it up (RFC 8643).
    pub crypto: Vec<Crypto>,
    /// Which certificate its end will show, if its keys come by DTLS.
    pub dtls: Option<Dtls>,
    /// Its end checks paths (ICE), under this name. What [`Audio::addr`] says is not where it is, then.
    pub ufrag: Option<String>,
    /// It would have reports on the same port (RFC 5761).
    pub mux: bool,
    /// Where else it wants them, if it says so (RFC 3605); to be read with [`Audio::reports`].
    pub rtcp: Option<SocketAddr>,
}

impl Audio {
    /// Where to send: `None` while that end is on hold (`sendonly`, `inactive`, or the address 0.0.0.0 of RFC 2543) or has closed it.
    pub fn remote(&self) -> Option<SocketAddr> {
        let named = self.ufrag.is_some() || !self.addr.ip().is_unspecified();
        (!self.rejected && self.direction.receives() && named).then_some(self.addr)
    }

    /// The address where its end wants packets, if it names one and does not leave that to checks of paths (ICE).
    pub fn named(&self) -> Option<IpAddr> {
        (self.ufrag.is_none() && !self.addr.ip().is_unspecified()).then_some(self.addr.ip())
    }

    /// Which ways its end wants media to flow; the address 0.0.0.0 is the hold of RFC 2543, which says nothing about directions.
    pub fn wanted(&self) -> Direction {
        Direction::of(self.direction.sends(), self.remote().is_some())
    }

    /// How reports travel, if we agreed to this; `mux`: we also said that they come and go on the port of the sound. Where the keys come by
    /// DTLS another port would need a handshake of its own (RFC 5764 section 4.1): there are none, then.
    pub fn reports(&self, mux: bool) -> Option<Reports> {
        match (self.mux && mux, self.profile.is_dtls()) {
            (true, _) => Some(Reports::Mux),
            (false, true) => None,
            (false, false) => Some(Reports::Beside(self.rtcp)),
        }
    }

    fn usable(&self) -> bool {
        let keyed = match self.profile {
            Profile::Avp | Profile::Avpf => true,
            Profile::Savp | Profile::Savpf => !self.crypto.is_empty(),
            Profile::Dtls | Profile::Dtlsf => self.dtls.is_some(),
        };
        !self.rejected && !self.formats.codecs.is_empty() && keyed
    }
}

/// An `a=crypto` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crypto {
    /// Its number, which an answer repeats.
    pub tag: u32,
    /// What the end that says it seals with.
    pub key: Key,
}

/// What can be said on an audio line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Formats {
    /// Codecs in the order of preference, each once.
    pub codecs: Codecs,
    /// The payload type of RFC 4733 events.
    pub telephone_event: Option<u8>,
    /// It may be told how a silent line sounds instead of the silence (RFC 3389), under the number that this has for ever.
    pub comfort_noise: bool,
    /// Milliseconds per packet that this end would like.
    pub ptime: Option<u8>,
    /// What this end wishes of Opus.
    pub opus: OpusWishes,
}

impl Formats {
    /// All that we know, the best first: Opus, G.722, µ-law, A-law, events.
    pub fn ours() -> Self {
        let codecs = [(111, Codec::Opus), (9, Codec::G722), (0, Codec::Pcmu), (8, Codec::Pcma)];
        let codecs = codecs.into_iter().map(|(number, codec)| Payload { number, codec }).collect();
        let opus = OpusWishes { fec: true, ..OpusWishes::default() };
        Self { codecs, telephone_event: Some(101), comfort_noise: true, ptime: Some(20), opus }
    }

    /// For a call for help: without Opus where its end knows what every telephone knows, and with every sound that is made, so that nothing new
    /// stands between the two.
    #[must_use]
    pub fn for_help(mut self) -> Self {
        if self.codecs.iter().any(|p| p.codec.is_g711()) {
            self.codecs.retain(|p| p.codec != Codec::Opus);
        }
        self.comfort_noise = false;
        self.codecs.extend(Self::g711().codecs.iter().copied());
        self
    }

    /// µ-law, A-law, events: all that a fax machine may be heard through.
    pub fn g711() -> Self {
        let mut g711 = Self::ours();
        g711.codecs.retain(|p| p.codec.is_g711());
        g711.comfort_noise = false;
        g711
    }

    /// The same, and µ-law and A-law at its end if neither is there: what every telephone and every carrier speaks. Sound is then made
    /// from one codec into the other here.
    #[must_use]
    pub fn with_g711(mut self) -> Self {
        if !self.codecs.iter().any(|p| p.codec.is_g711()) {
            self.codecs.extend(Self::g711().codecs.iter().copied());
        }
        self
    }

    /// The same, and at its end what `others` have beside it.
    #[must_use]
    pub fn before(mut self, others: &Self) -> Self {
        self.codecs.extend(others.codecs.iter().copied());
        self.telephone_event = self.telephone_event.or(others.telephone_event);
        self
    }

    /// The same with telephone events, for a phone that would press for nobody without them: an end that knows none hears its keys by their tones.
    #[must_use]
    pub fn with_events(mut self) -> Self {
        self.telephone_event = self.telephone_event.or(Self::ours().telephone_event);
        self
    }

    /// What we say ourselves to an end that agreed to this: of all that may be said the same for every end, so that two that agreed to the
    /// same need no translation.
    pub fn spoken(&self) -> Option<Payload> {
        let best = [Codec::Opus, Codec::G722, Codec::Pcmu, Codec::Pcma];
        best.into_iter().find_map(|codec| self.codecs.iter().find(|p| p.codec == codec).copied())
    }

    /// What both know, in this one's order and under this one's numbers, with the other's packet time, and no more of Opus than both play.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        let known = |p: &&Payload| other.codecs.iter().any(|o| o.codec == p.codec);
        Self {
            codecs: self.codecs.iter().filter(known).copied().collect(),
            telephone_event: self.telephone_event.filter(|_| other.telephone_event.is_some()),
            comfort_noise: self.comfort_noise && other.comfort_noise,
            ptime: other.ptime.or(self.ptime),
            opus: self.opus.narrowed(other.opus),
        }
    }
}

/// A codec under its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The RTP payload type.
    pub number: u8,
    /// What it stands for.
    pub codec: Codec,
}

/// A codec that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 µ-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// G.722 at 64 kbit/s.
    G722,
    /// Opus (RFC 6716), of one channel.
    Opus,
}

impl Codec {
    /// A waveform, which a modem survives.
    pub const fn is_g711(self) -> bool {
        matches!(self, Self::Pcmu | Self::Pcma)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
            Self::G722 => "G722",
            Self::Opus => "opus",
        }
    }

    /// What follows its number in `a=rtpmap`. Opus has two channels there whatever it has (RFC 7587 section 7).
    const fn mapping(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU/8000",
            Self::Pcma => "PCMA/8000",
            Self::G722 => "G722/8000",
            Self::Opus => "opus/48000/2",
        }
    }
}

/// Which ways media flows, as the end that says it sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both.
    #[default]
    SendRecv,
    /// It only sends: the other is on hold.
    SendOnly,
    /// It only listens.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    /// It sends.
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// It wants to receive.
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// By its two halves.
    pub const fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// The same flow as the other end sees it.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self::of(self.receives(), self.sends())
    }

    /// As much of this as the offer allows (RFC 3264 section 6.1).
    #[must_use]
    pub const fn answering(self, offered: Self) -> Self {
        Self::of(self.sends() && offered.receives(), self.receives() && offered.sends())
    }

    /// The name of its attribute.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}

/// A T.38 line (`m=image … udptl t38`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Where its end wants datagrams.
    pub addr: SocketAddr,
    /// Port 0: refused, or closed.
    pub rejected: bool,
    /// What it can do.
    pub t38: T38,
}

impl Image {
    /// Where to send, if it is open.
    pub fn remote(&self) -> Option<SocketAddr> {
        (!self.rejected && !self.addr.ip().is_unspecified()).then_some(self.addr)
    }

    fn usable(&self) -> bool {
        !self.rejected && self.t38.rate_management == RateManagement::TransferredTcf
    }
}

/// What an end can do by T.38 (annex D.2.3). What it does not say has the default of that annex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct T38 {
    /// `T38FaxVersion`.
    pub version: u8,
    /// `T38MaxBitRate`.
    pub max_bit_rate: u32,
    /// `T38FaxRateManagement`.
    pub rate_management: RateManagement,
    /// `T38FaxMaxDatagram`: the longest UDPTL datagram that this end takes.
    pub max_datagram: u16,
    /// `T38FaxUdpEC`.
    pub error_correction: ErrorCorrection,
    /// `T38FaxFillBitRemoval`.
    pub fill_bit_removal: bool,
    /// `T38FaxTranscodingMMR`.
    pub transcoding_mmr: bool,
    /// `T38FaxTranscodingJBIG`.
    pub transcoding_jbig: bool,
}

impl T38 {
    /// What we can do: version 0 (the one that everybody speaks), V.17, redundancy.
    pub const fn ours() -> Self {
        Self {
            version: 0,
            max_bit_rate: 14_400,
            rate_management: RateManagement::TransferredTcf,
            max_datagram: 1400,
            error_correction: ErrorCorrection::Redundancy,
            fill_bit_removal: false,
            transcoding_mmr: false,
            transcoding_jbig: false,
        }
    }

    /// What we answer to this offer: never more than either can do. `max_datagram` stays ours, since it says what *we* take.
    /// FEC is answered with redundancy, which everyone who offers it can do (T.38 section 9.1).
    #[must_use]
    pub fn answered_by(&self, ours: &Self) -> Self {
        let error_correction = match self.error_correction {
            ErrorCorrection::None => ErrorCorrection::None,
            ErrorCorrection::Redundancy | ErrorCorrection::Fec => ours.error_correction,
        };
        Self {
            version: self.version.min(ours.version),
            max_bit_rate: self.max_bit_rate.min(ours.max_bit_rate),
            rate_management: ours.rate_management,
            max_datagram: ours.max_datagram,
            error_correction,
            fill_bit_removal: self.fill_bit_removal && ours.fill_bit_removal,
            transcoding_mmr: self.transcoding_mmr && ours.transcoding_mmr,
            transcoding_jbig: self.transcoding_jbig && ours.transcoding_jbig,
        }
    }
}

/// Who checks the training of the modems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateManagement {
    /// The fax machines themselves, over the packets: the one for UDPTL.
    TransferredTcf,
    /// Each gateway: for TCP, which we don't do.
    LocalTcf,
}

/// How lost datagrams are made good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCorrection {
    /// Not at all.
    None,
    /// Each datagram repeats the ones before.
    Redundancy,
    /// Parity.
    Fec,
}

/// Who we are in an `o=` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// A number of the dialog's own.
    pub id: u64,
    /// Counts the descriptions of this dialog.
    pub version: u64,
    /// Our address.
    pub addr: IpAddr,
}

impl Origin {
    /// The first description of a dialog.
    pub const fn new(id: u64, addr: IpAddr) -> Self {
        Self { id, version: 1, addr }
    }

    /// Before each further description that differs from the last (RFC 3264 section 8): one more.
    pub const fn next(&mut self) {
        self.version = self.version.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests;
