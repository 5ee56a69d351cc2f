//! From what we want to text.

use std::net::{IpAddr, SocketAddr};

use super::lines::Lines;
use super::parse::{Kind, MediaLine};
use super::{
    Codec, Crypto, Direction, Dtls, ErrorCorrection, Formats, Origin, Profile, RateManagement, SdpError, Session, T38,
};
use crate::ice::Credentials;
use crate::rtp::COMFORT_NOISE;

/// A line of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line<T> {
    /// It never was.
    Absent,
    /// It was, and keeps its place with port 0 (RFC 3264 section 8.2); in an answer: it is refused.
    Closed,
    /// It is open.
    Open(T),
}

/// Our audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioLine {
    /// Where we want packets.
    pub local: SocketAddr,
    /// What we can say.
    pub formats: Formats,
    /// Which ways.
    pub direction: Direction,
    /// How it travels. An answer repeats what was offered.
    pub profile: Profile,
    /// In an offer: a key for each suite that we would like, the preferred first; on a profile that demands nothing, the other end may do
    /// without (RFC 8643). In an answer: the one that was chosen, with the tag that the offer gave it. Empty: in the clear.
    pub crypto: Vec<Crypto>,
    /// Which certificate we will show, if the keys come by DTLS.
    pub dtls: Option<Dtls>,
    /// Our name and password for whoever checks paths; the ones that we name are `local` and `also`.
    pub ice: Option<Credentials>,
    /// Where we are in the other family of addresses, on the port of the same number, for whoever checks paths.
    pub also: Option<IpAddr>,
    /// Reports need no port of their own (RFC 5761). An answer says it only where the offer did.
    pub mux: bool,
}

impl AudioLine {
    /// A line in the clear.
    pub fn plain(local: SocketAddr, formats: &Formats, direction: Direction) -> Self {
        Self {
            local,
            formats: formats.clone(),
            direction,
            profile: Profile::Avp,
            crypto: Vec::new(),
            dtls: None,
            ice: None,
            also: None,
            mux: false,
        }
    }
}

/// Our T.38.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageLine {
    /// Where we want datagrams.
    pub local: SocketAddr,
    /// What we can do.
    pub t38: T38,
}

/// An offer, audio first.
pub fn offer(origin: &Origin, audio: &Line<AudioLine>, image: &Line<ImageLine>) -> Vec<u8> {
    let mut out = Lines::begin(origin);
    // What a browser has bundled once it wants to read in every later offer as well (RFC 9143 section 7.5).
    let bundled = matches!(audio, Line::Open(line) if line.profile.is_dtls() && line.mux);
    session_attributes(&mut out, audio, bundled.then_some(NAME));
    match audio {
        Line::Absent => {}
        Line::Closed => closed_audio(&mut out, Profile::Avp),
        Line::Open(line) => {
            audio_media(&mut out, line, &line.formats, line.direction, line.profile.name());
            if line.profile.is_dtls() {
                out.attribute("mid").say(NAME).end();
            }
            if line.mux {
                out.flag("rtcp-mux");
            }
        }
    }
    match image {
        Line::Absent => {}
        Line::Closed => {
            out.media("image", 0, UDPTL).say(" t38").end();
        }
        Line::Open(line) => image_media(&mut out, line.local, &line.t38),
    }
    out.into_bytes()
}

/// Browsers demand a name for each line; theirs have this one too.
const NAME: &str = "0";
const UDPTL: &str = "udptl";

/// What is said of the whole description because of its audio line, which is in a bundle under this name.
fn session_attributes(out: &mut Lines, audio: &Line<AudioLine>, bundled: Option<&str>) {
    if matches!(audio, Line::Open(line) if line.ice.is_some()) {
        out.flag("ice-lite");
    }
    if let Some(mid) = bundled {
        out.attribute("group").say("BUNDLE ").say(mid).end();
    }
}

/// An answer, line by line as offered; what is not `Open` is refused. `NotAcceptable` if an open line meets no such line in
/// the offer, or no codec in common: the offer then gets a 488 instead.
pub fn answer(
    origin: &Origin,
    offered: &Session,
    audio: &Line<AudioLine>,
    image: &Line<ImageLine>,
) -> Result<Vec<u8>, SdpError> {
    if matches!(audio, Line::Open(_)) && offered.open_audio().is_none() {
        return Err(SdpError::NotAcceptable("no audio that is supported here"));
    }
    if matches!(image, Line::Open(_)) && offered.open_image().is_none() {
        return Err(SdpError::NotAcceptable("no T.38 over UDPTL"));
    }
    let mut out = Lines::begin(origin);
    let open = offered.lines.iter().find(|l| l.kind == Kind::Audio && l.bundled && matches!(audio, Line::Open(_)));
    session_attributes(&mut out, audio, open.and_then(|l| l.mid.as_deref()));
    for line in &offered.lines {
        match (line.kind, audio, image) {
            (Kind::Audio, Line::Open(ours), _) => answered_audio(&mut out, offered, line, ours)?,
            (Kind::Image, _, Line::Open(ours)) => answered_image(&mut out, offered, ours),
            _ => refused(&mut out, line),
        }
    }
    Ok(out.into_bytes())
}

/// Offers audio.
pub fn audio_offer(origin: &Origin, local: SocketAddr, formats: &Formats, direction: Direction) -> Vec<u8> {
    let line = AudioLine::plain(local, formats, direction);
    offer(origin, &Line::Open(line), &Line::Absent)
}

/// Answers with audio; a T.38 line beside it is refused.
pub fn audio_answer(
    origin: &Origin,
    offered: &Session,
    local: SocketAddr,
    formats: &Formats,
    direction: Direction,
) -> Result<Vec<u8>, SdpError> {
    let line = AudioLine::plain(local, formats, direction);
    answer(origin, offered, &Line::Open(line), &Line::Closed)
}

/// Offers T.38. `audio`: the dialog had an audio line of this kind, which is closed in its place.
pub fn t38_offer(origin: &Origin, local: SocketAddr, t38: &T38, audio: Option<Profile>) -> Vec<u8> {
    let mut out = Lines::begin(origin);
    if let Some(profile) = audio {
        closed_audio(&mut out, profile);
    }
    image_media(&mut out, local, t38);
    out.into_bytes()
}

/// Answers with T.38; an audio line beside it is refused.
pub fn t38_answer(origin: &Origin, offered: &Session, local: SocketAddr, t38: &T38) -> Result<Vec<u8>, SdpError> {
    answer(origin, offered, &Line::Closed, &Line::Open(ImageLine { local, t38: *t38 }))
}

fn answered_audio(out: &mut Lines, offered: &Session, line: &MediaLine, ours: &AudioLine) -> Result<(), SdpError> {
    let Some(theirs) = &offered.audio else {
        refused(out, line);
        return Ok(());
    };
    let formats = theirs.formats.common(&ours.formats);
    if formats.codecs.is_empty() {
        return Err(SdpError::NotAcceptable("no codec in common: G.711, G.722 or Opus is needed"));
    }
    if theirs.profile.is_sealed() && ours.crypto.is_empty() && ours.dtls.is_none() {
        return Err(SdpError::NotAcceptable("the other end demands SRTP"));
    }
    audio_media(out, ours, &formats, ours.direction.answering(theirs.direction), &line.proto);
    if let Some(mid) = &line.mid {
        out.attribute("mid").say(mid.as_str()).end();
    }
    if theirs.mux && ours.mux {
        out.flag("rtcp-mux");
    }
    Ok(())
}

fn answered_image(out: &mut Lines, offered: &Session, ours: &ImageLine) {
    let t38 = offered.image.as_ref().map_or(ours.t38, |theirs| theirs.t38.answered_by(&ours.t38));
    image_media(out, ours.local, &t38);
}

fn refused(out: &mut Lines, line: &MediaLine) {
    out.media(&line.media, 0, &line.proto).say(" ").say(line.fmt.as_str()).end();
}

/// Our line, with these formats and directions in place of its own.
fn audio_media(out: &mut Lines, line: &AudioLine, formats: &Formats, direction: Direction, proto: &str) {
    let Formats { codecs, telephone_event, comfort_noise, ptime, opus } = formats;
    let noise = comfort_noise.then_some(COMFORT_NOISE);
    out.media("audio", line.local.port(), proto);
    for number in codecs.iter().map(|p| p.number).chain(noise).chain(*telephone_event) {
        out.say(" ").say(number);
    }
    out.end().connection(line.local.ip());
    for p in codecs {
        out.attribute("rtpmap").say(p.number).say(" ").say(p.codec.mapping()).end();
        if p.codec == Codec::Opus {
            out.attribute("fmtp").say(p.number).say(" ").say(opus.text().as_str()).end();
        }
    }
    if let Some(noise) = noise {
        out.attribute("rtpmap").say(noise).say(" CN/8000").end();
    }
    if let Some(event) = *telephone_event {
        out.attribute("rtpmap").say(event).say(" telephone-event/8000").end();
        out.attribute("fmtp").say(event).say(" 0-15").end();
    }
    if let Some(ptime) = *ptime {
        out.attribute("ptime").say(ptime).end();
    }
    keys(out, line);
    out.flag(direction.name());
}

/// How it is sealed, and by which paths it may be reached.
fn keys(out: &mut Lines, line: &AudioLine) {
    for Crypto { tag, key } in &line.crypto {
        let (suite, inline) = (key.suite().name(), key.inline());
        out.attribute("crypto").say(*tag).say(" ").say(suite).say(" inline:").say(inline.as_str()).end();
    }
    if let Some(Dtls { fingerprint, setup }) = &line.dtls {
        out.attribute("fingerprint").say("sha-256 ").say(fingerprint.to_string().as_str()).end();
        out.attribute("setup").say(setup.name()).end();
    }
    let Some(ours) = &line.ice else { return };
    out.attribute("ice-ufrag").say(ours.ufrag.as_str()).end();
    out.attribute("ice-pwd").say(ours.password.as_str()).end();
    // Hosts of one component: type preference 126, as RFC 8445 section 5.1.2.1 reckons it, the one that counts by default first.
    let (port, hosts) = (line.local.port(), [Some(line.local.ip()), line.also]);
    for (beginning, ip) in ["1 1 udp 2130706431 ", "2 1 udp 2130706175 "].into_iter().zip(hosts.into_iter().flatten()) {
        out.attribute("candidate").say(beginning).say(ip).say(" ").say(port).say(" typ host").end();
    }
    out.flag("end-of-candidates");
}

fn image_media(out: &mut Lines, local: SocketAddr, t38: &T38) {
    out.media("image", local.port(), UDPTL).say(" t38").end().connection(local.ip());
    out.attribute("T38FaxVersion").say(t38.version).end();
    out.attribute("T38MaxBitRate").say(t38.max_bit_rate).end();
    for (name, on) in [
        ("T38FaxFillBitRemoval", t38.fill_bit_removal),
        ("T38FaxTranscodingMMR", t38.transcoding_mmr),
        ("T38FaxTranscodingJBIG", t38.transcoding_jbig),
    ] {
        if on {
            out.flag(name);
        }
    }
    let management = match t38.rate_management {
        RateManagement::TransferredTcf => "transferredTCF",
        RateManagement::LocalTcf => "localTCF",
    };
    let correction = match t38.error_correction {
        ErrorCorrection::None => "t38UDPNoEC",
        ErrorCorrection::Redundancy => "t38UDPRedundancy",
        ErrorCorrection::Fec => "t38UDPFEC",
    };
    out.attribute("T38FaxRateManagement").say(management).end();
    out.attribute("T38FaxMaxDatagram").say(t38.max_datagram).end();
    out.attribute("T38FaxUdpEC").say(correction).end();
}

fn closed_audio(out: &mut Lines, profile: Profile) {
    out.media("audio", 0, profile.name()).say(" 0").end();
}
