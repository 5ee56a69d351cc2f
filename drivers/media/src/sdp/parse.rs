//! From text to a checked [`Session`].

use std::net::{IpAddr, SocketAddr};

use sdp_types::Media;

use super::{
    Audio, Codec, Crypto, Direction, ErrorCorrection, Formats, Image, MAX_SIZE, OpusWishes, Payload, Profile,
    RateManagement, SdpError, Session, T38, dtls,
};
use crate::rtp::COMFORT_NOISE;
use crate::srtp::{Key, Mki, Suite};

/// Media lines of one description. A desk phone has one or two; each further one costs us a line in the answer.
const MAX_MEDIA: usize = 16;
/// Formats of one line. There are 128 payload types, and nobody offers half of them.
const MAX_FORMATS: usize = 64;
/// `a=crypto` lines of one media line that are read. There are some ten suites.
const MAX_CRYPTO: usize = 16;
/// Ports that no media lives on: to send there would let a caller aim us at somebody's DNS or NTP.
const PRIVILEGED: u16 = 1024;
/// The smallest and the largest T.38 datagram we believe. Some gateways say 0 or nothing, and mean "any".
const DATAGRAM: std::ops::RangeInclusive<u16> = 72..=1400;
/// The slowest that fax machines speak (V.27ter). Who says less, and 0 is said, has said nothing.
const SLOWEST: u32 = 2400;
/// What is meant by an end that does not say: the redundancy of the fastest modem fits.
const DEFAULT_DATAGRAM: u16 = 400;

/// A line of an offer, as its answer needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MediaLine {
    /// What it is to us.
    pub(super) kind: Kind,
    /// Verbatim.
    pub(super) media: String,
    /// Verbatim.
    pub(super) proto: String,
    /// Verbatim.
    pub(super) fmt: String,
    /// Its name.
    pub(super) mid: Option<String>,
    /// It is in a bundle.
    pub(super) bundled: bool,
}

/// What a line is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is `Session::audio`.
    Audio,
    /// It is `Session::image`.
    Image,
    /// We refuse it.
    Other,
}

pub(super) fn session(body: &[u8]) -> Result<Session, SdpError> {
    if body.len() > MAX_SIZE {
        return Err(SdpError::Malformed("the session description is too long"));
    }
    let parsed = sdp_types::Session::parse(needed_lines(body).as_bytes())
        .map_err(|_| SdpError::Malformed("the session description can't be read"))?;
    if parsed.medias.is_empty() {
        return Err(SdpError::Malformed("the session description has no media line"));
    }
    if parsed.medias.len() > MAX_MEDIA {
        return Err(SdpError::NotAcceptable("too many media lines"));
    }
    let mut out = Session { version: parsed.origin.sess_version, audio: None, image: None, lines: Vec::new() };
    let mut open = false;
    let mut refusal = None;
    for media in &parsed.medias {
        open |= media.port != 0;
        let kind = match line(&parsed, media) {
            Ok(found) => take(&mut out, found),
            Err(SdpError::NotAcceptable(reason)) => {
                refusal = refusal.or(Some(reason));
                Kind::Other
            }
            Err(malformed) => return Err(malformed),
        };
        out.lines.push(verbatim(&parsed, media, kind)?);
    }
    if open && out.open_audio().is_none() && out.open_image().is_none() {
        return Err(SdpError::NotAcceptable(refusal.unwrap_or_else(|| why_not(&out))));
    }
    Ok(out)
}

/// Only the lines we read, so that a phone with a broken `b=` or `t=` can still call; without the blank ones some gateways end
/// with, and in UTF-8, since names in `s=` come in anything.
fn needed_lines(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut out = String::with_capacity(text.len());
    for line in text.split('\n').map(str::trim_end) {
        if matches!(line.as_bytes(), [b'v' | b'o' | b'c' | b'm' | b'a', b'=', ..]) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

enum Found {
    Audio(Audio),
    Image(Image),
}

/// Keeps the first usable line of each kind, or else the first. The line that it displaces is refused.
fn take(out: &mut Session, found: Found) -> Kind {
    match found {
        Found::Audio(audio) => {
            if out.audio.is_some() && (out.open_audio().is_some() || !audio.usable()) {
                return Kind::Other;
            }
            displace(out, Kind::Audio);
            out.audio = Some(audio);
            Kind::Audio
        }
        Found::Image(image) => {
            if out.image.is_some() && (out.open_image().is_some() || !image.usable()) {
                return Kind::Other;
            }
            displace(out, Kind::Image);
            out.image = Some(image);
            Kind::Image
        }
    }
}

fn displace(out: &mut Session, kind: Kind) {
    for line in out.lines.iter_mut().filter(|l| l.kind == kind) {
        line.kind = Kind::Other;
    }
}

fn why_not(session: &Session) -> &'static str {
    match (&session.audio, &session.image) {
        (Some(audio), _) if audio.profile.is_dtls() && audio.dtls.is_none() => {
            "SRTP by DTLS needs the SHA-256 of a certificate in the description"
        }
        (Some(audio), _) if audio.profile.is_sealed() && !audio.profile.is_dtls() && audio.crypto.is_empty() => {
            "SRTP needs a key in the description, of a suite that is known here"
        }
        (Some(audio), _) if !audio.rejected => "no codec in common: G.711, G.722 or Opus is needed",
        (_, Some(image)) if !image.rejected => "T.38 needs transferredTCF over UDPTL",
        _ => "no audio and no T.38",
    }
}

fn line(session: &sdp_types::Session, media: &Media) -> Result<Found, SdpError> {
    let is = |s: &str, what: &str| s.eq_ignore_ascii_case(what);
    if is(&media.media, "audio") {
        let profile = Profile::named(&media.proto)
            .ok_or(SdpError::NotAcceptable("an audio transport that is not supported here"))?;
        Ok(Found::Audio(Audio {
            addr: address(session, media)?,
            rejected: media.port == 0,
            formats: formats(media),
            direction: direction(session, media),
            profile,
            crypto: if profile.is_dtls() { Vec::new() } else { crypto(media) },
            dtls: dtls::dtls(session, media).filter(|_| profile.is_dtls()),
            ufrag: dtls::ufrag(session, media).filter(|_| profile.is_dtls()),
            mux: media.has_attribute("rtcp-mux"),
            rtcp: rtcp(session, media),
        }))
    } else if is(&media.media, "image") && is(&media.proto, "udptl") && media.fmt.split(' ').any(|f| is(f, "t38")) {
        Ok(Found::Image(Image { addr: address(session, media)?, rejected: media.port == 0, t38: t38(media) }))
    } else {
        Err(SdpError::NotAcceptable("no audio and no T.38"))
    }
}

/// Where the line's end wants packets: its own `c=`, or the session's. A closed line needs none.
fn address(session: &sdp_types::Session, media: &Media) -> Result<SocketAddr, SdpError> {
    const UNUSABLE: SdpError = SdpError::NotAcceptable("media can only go to one plain IP address and port");
    let unspecified = IpAddr::from([0, 0, 0, 0]);
    let Some(connection) = media.connections.first().or(session.connection.as_ref()) else {
        return if media.port == 0 {
            Ok(SocketAddr::new(unspecified, 0))
        } else {
            Err(SdpError::Malformed("an open media line without c="))
        };
    };
    if media.port == 0 {
        // Some refuse with "c=IN IP4 0" or a name: it does not matter.
        return Ok(SocketAddr::new(connection.connection_address.parse().unwrap_or(unspecified), 0));
    }
    let ip: IpAddr = connection.connection_address.parse().map_err(|_| UNUSABLE)?;
    // One that is IPv4 in the writing of IPv6 is reached by IPv4.
    let ip = ip.to_canonical();
    let broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
    if ip.is_multicast() || broadcast {
        return Err(UNUSABLE);
    }
    if media.port < PRIVILEGED {
        // Nothing is ever sent there, but a phone with such a fault must still be heard: it may be calling for help.
        return if media.media.eq_ignore_ascii_case("audio") {
            Ok(SocketAddr::new(unspecified, media.port))
        } else {
            Err(UNUSABLE)
        };
    }
    Ok(SocketAddr::new(ip, media.port))
}

/// Where the line's end wants reports: "53020", or "53020 IN IP4 126.16.64.4". What cannot be used is as if it was not there.
fn rtcp(session: &sdp_types::Session, media: &Media) -> Option<SocketAddr> {
    let mut words = media.get_first_attribute_value("rtcp").flatten()?.split_whitespace();
    let port = words.next()?.parse().ok().filter(|port| *port >= PRIVILEGED)?;
    let ip = match words.nth(2) {
        Some(ip) => ip.parse::<IpAddr>().ok()?.to_canonical(),
        None => address(session, media).ok()?.ip(),
    };
    Some(SocketAddr::new(ip, port))
}

fn formats(media: &Media) -> Formats {
    let mut out = Formats { ptime: number(media, "ptime").filter(|p| (5..=200).contains(p)), ..Formats::default() };
    let numbers = media.fmt.split(' ').filter_map(|f| f.parse::<u8>().ok()).filter(|n| *n < 128);
    for number in numbers.take(MAX_FORMATS) {
        match named(media, number) {
            Named::Codec(codec) => {
                if !out.codecs.iter().any(|p| p.codec == codec || p.number == number) {
                    out.codecs.push(Payload { number, codec });
                }
            }
            Named::TelephoneEvent => out.telephone_event = out.telephone_event.or(Some(number)),
            Named::ComfortNoise => out.comfort_noise = true,
            Named::Unknown => {}
        }
    }
    if let Some(opus) = out.codecs.iter().find(|p| p.codec == Codec::Opus) {
        out.opus = OpusWishes::read(media, opus.number);
    }
    out
}

enum Named {
    Codec(Codec),
    TelephoneEvent,
    ComfortNoise,
    Unknown,
}

/// What a payload type stands for: numbers 0, 8, 9 and 13 for ever (RFC 3551 section 6), others by their `a=rtpmap`.
fn named(media: &Media, number: u8) -> Named {
    match number {
        0 => return Named::Codec(Codec::Pcmu),
        8 => return Named::Codec(Codec::Pcma),
        9 => return Named::Codec(Codec::G722),
        COMFORT_NOISE => return Named::ComfortNoise,
        _ => {}
    }
    let encoding = media.get_attribute_values("rtpmap").flatten().find_map(|value| {
        let (n, encoding) = value.split_once(' ')?;
        (n.parse() == Ok(number)).then_some(encoding.trim())
    });
    // "PCMU/8000", or with a channel count "PCMU/8000/1".
    let mut parts = encoding.unwrap_or_default().split('/');
    let (name, clock, channels) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    if name.eq_ignore_ascii_case("opus") && (clock, channels) == (Some("48000"), Some("2")) {
        return Named::Codec(Codec::Opus);
    }
    if clock != Some("8000") || !matches!(channels, None | Some("1")) {
        return Named::Unknown;
    }
    match name.to_ascii_uppercase().as_str() {
        "PCMU" => Named::Codec(Codec::Pcmu),
        "PCMA" => Named::Codec(Codec::Pcma),
        // Its clock is 8000 by an old mistake (RFC 3551 section 4.5.2).
        "G722" => Named::Codec(Codec::G722),
        "TELEPHONE-EVENT" => Named::TelephoneEvent,
        _ => Named::Unknown,
    }
}

/// The `a=crypto` lines that we can do: one key for the whole session, with or without its index in the packets, everything sealed. A line that
/// asks for anything else is passed over, as for an unknown suite (RFC 4568 section 5.1.2). A lifetime is longer than any call.
fn crypto(media: &Media) -> Vec<Crypto> {
    let lines = media.attributes_typed::<sdp_types::attributes::Crypto>().flatten().take(MAX_CRYPTO);
    lines
        .filter_map(|line| {
            let [param] = line.key_params.as_slice() else { return None };
            let plain = line.session_params.iter().all(|p| matches!(p, sdp_types::enums::SrtpSessionParam::Wsh(_)));
            let mki = match param.mki_and_length {
                Some((value, length)) => Some(Mki::new(value, length)?),
                None => None,
            };
            let suite = Suite::named(line.crypto_suite.as_str()).filter(|_| plain)?;
            Some(Crypto { tag: line.tag, key: Key::from_inline(suite, &param.key_and_salt)?.indexed(mki) })
        })
        .collect()
}

/// The line's own direction, or else the session's (RFC 8866 section 6.7).
fn direction(session: &sdp_types::Session, media: &Media) -> Direction {
    let all = [Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive];
    let own = all.into_iter().find(|d| media.has_attribute(d.name()));
    own.or_else(|| all.into_iter().find(|d| session.has_attribute(d.name()))).unwrap_or_default()
}

fn t38(media: &Media) -> T38 {
    let value = |name| media.get_first_attribute_value(name).flatten().map(str::trim);
    let rate_management = match value("T38FaxRateManagement") {
        Some(v) if v.eq_ignore_ascii_case("localTCF") => RateManagement::LocalTcf,
        _ => RateManagement::TransferredTcf,
    };
    let error_correction = match value("T38FaxUdpEC").map(str::to_ascii_lowercase).as_deref() {
        Some("t38udpfec") => ErrorCorrection::Fec,
        Some("t38udpnoec") => ErrorCorrection::None,
        _ => ErrorCorrection::Redundancy,
    };
    let max_datagram = number::<u32>(media, "T38FaxMaxDatagram").filter(|d| *d != 0);
    let max_datagram = max_datagram.map_or(DEFAULT_DATAGRAM, |d| u16::try_from(d).unwrap_or(u16::MAX));
    T38 {
        version: number(media, "T38FaxVersion").unwrap_or(0),
        max_bit_rate: number(media, "T38MaxBitRate").filter(|rate| *rate >= SLOWEST).unwrap_or(14_400),
        rate_management,
        max_datagram: max_datagram.clamp(*DATAGRAM.start(), *DATAGRAM.end()),
        error_correction,
        fill_bit_removal: flag(media, "T38FaxFillBitRemoval"),
        transcoding_mmr: flag(media, "T38FaxTranscodingMMR"),
        transcoding_jbig: flag(media, "T38FaxTranscodingJBIG"),
    }
}

fn number<T: std::str::FromStr>(media: &Media, name: &str) -> Option<T> {
    media.get_first_attribute_value(name).flatten()?.trim().parse().ok()
}

/// Present means yes by T.38 annex D; some write ":1" and ":0".
fn flag(media: &Media, name: &str) -> bool {
    media.get_first_attribute_value(name).is_some_and(|v| v.is_none_or(|v| v.trim() != "0"))
}

/// The line for the answer, which repeats it. Nothing of it may break our own text.
fn verbatim(session: &sdp_types::Session, media: &Media, kind: Kind) -> Result<MediaLine, SdpError> {
    let token = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_graphic());
    let formats = !media.fmt.is_empty() && media.fmt.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if !token(&media.media) || !token(&media.proto) || !formats {
        return Err(SdpError::Malformed("a media line with forbidden characters"));
    }
    Ok(MediaLine {
        kind,
        media: media.media.clone(),
        proto: media.proto.clone(),
        fmt: media.fmt.clone(),
        mid: dtls::mid(media),
        bundled: dtls::bundled(session, media).is_some(),
    })
}
