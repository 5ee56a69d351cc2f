//! From what we want to text.

use std::net::{IpAddr, SocketAddr};

use sdp_types::{Attribute, Connection, Media, MediaType, TransportProto};

use super::parse::{Kind, MediaLine};
use super::{
    Codec, Crypto, Direction, Dtls, ErrorCorrection, Formats, Origin, Places, Profile, RateManagement, SdpError,
    Session, T38,
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

/// A first offer, audio first.
pub fn offer(origin: &Origin, audio: &Line<AudioLine>, image: &Line<ImageLine>) -> Vec<u8> {
    let mut places = Places::default();
    match audio {
        Line::Absent => {}
        Line::Closed => places.with_sound(Profile::Avp),
        Line::Open(line) => places.with_sound(line.profile),
    }
    if !matches!(image, Line::Absent) {
        places.with_image();
    }
    offer_again(origin, &places, audio, image)
}

/// An offer in a dialog whose lines have these places. What is not `Open` is closed in its place; what is and has none comes last.
pub fn offer_again(origin: &Origin, places: &Places, audio: &Line<AudioLine>, image: &Line<ImageLine>) -> Vec<u8> {
    let mut medias: Vec<Media> = places
        .lines()
        .iter()
        .map(|line| match (line.kind, audio, image) {
            (Kind::Audio, Line::Open(ours), _) => offered_audio(ours),
            (Kind::Image, _, Line::Open(ours)) => image_media(ours),
            _ => closed(line),
        })
        .collect();
    if let Line::Open(ours) = audio
        && !places.has(Kind::Audio)
    {
        medias.push(offered_audio(ours));
    }
    if let Line::Open(ours) = image
        && !places.has(Kind::Image)
    {
        medias.push(image_media(ours));
    }
    // What a browser has bundled once it wants to read in every later offer as well (RFC 9143 section 7.5).
    let bundled = matches!(audio, Line::Open(line) if line.profile.is_dtls() && line.mux);
    text(origin, session_attributes(audio, bundled.then_some(NAME)), medias)
}

/// Browsers demand a name for each line; theirs have this one too.
const NAME: &str = "0";

/// What is said of the whole description because of its audio line, which is in a bundle under this name.
fn session_attributes(audio: &Line<AudioLine>, bundled: Option<&str>) -> Vec<Attribute> {
    let lite = matches!(audio, Line::Open(line) if line.ice.is_some());
    let lite = lite.then(|| Attribute::new("ice-lite"));
    let group = bundled.map(|mid| Attribute::with_value("group", format_args!("BUNDLE {mid}")));
    lite.into_iter().chain(group).collect()
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
    let medias = offered.lines.iter().map(|line| match (line.kind, audio, image) {
        (Kind::Audio, Line::Open(ours), _) => answered_audio(offered, line, ours),
        (Kind::Image, _, Line::Open(ours)) => Ok(answered_image(offered, ours)),
        _ => Ok(refused(line)),
    });
    let open = offered.lines.iter().find(|l| l.kind == Kind::Audio && l.bundled && matches!(audio, Line::Open(_)));
    let attributes = session_attributes(audio, open.and_then(|l| l.mid.as_deref()));
    Ok(text(origin, attributes, medias.collect::<Result<_, _>>()?))
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
    let places = audio.map(Places::of_sound).unwrap_or_default();
    offer_again(origin, &places, &Line::Closed, &Line::Open(ImageLine { local, t38: *t38 }))
}

/// Answers with T.38; an audio line beside it is refused.
pub fn t38_answer(origin: &Origin, offered: &Session, local: SocketAddr, t38: &T38) -> Result<Vec<u8>, SdpError> {
    answer(origin, offered, &Line::Closed, &Line::Open(ImageLine { local, t38: *t38 }))
}

fn offered_audio(ours: &AudioLine) -> Media {
    let mut media = audio_media(ours, proto(ours.profile));
    if ours.profile.is_dtls() {
        media.add_attribute_with_value("mid", NAME);
    }
    if ours.mux {
        media.add_attribute(Attribute::new("rtcp-mux"));
    }
    media
}

fn answered_audio(offered: &Session, line: &MediaLine, ours: &AudioLine) -> Result<Media, SdpError> {
    let Some(theirs) = &offered.audio else { return Ok(refused(line)) };
    let formats = theirs.formats.common(&ours.formats);
    if formats.codecs.is_empty() {
        return Err(SdpError::NotAcceptable("no codec in common: G.711, G.722 or Opus is needed"));
    }
    if theirs.profile.is_sealed() && ours.crypto.is_empty() && ours.dtls.is_none() {
        return Err(SdpError::NotAcceptable("the other end demands SRTP"));
    }
    let direction = ours.direction.answering(theirs.direction);
    let ours = AudioLine { formats, direction, ..ours.clone() };
    let mut media = audio_media(&ours, TransportProto::from(line.proto.as_str()));
    if let Some(mid) = &line.mid {
        media.add_attribute_with_value("mid", mid);
    }
    if theirs.mux && ours.mux {
        media.add_attribute(Attribute::new("rtcp-mux"));
    }
    Ok(media)
}

fn answered_image(offered: &Session, ours: &ImageLine) -> Media {
    let t38 = offered.image.as_ref().map_or(ours.t38, |theirs| theirs.t38.answered_by(&ours.t38));
    image_media(&ImageLine { local: ours.local, t38 })
}

fn refused(line: &MediaLine) -> Media {
    let mut media = Media::new(MediaType::Audio, 0, TransportProto::from(line.proto.as_str()), &line.fmt);
    media.media.clone_from(&line.media);
    media
}

/// A line of an offer that stays where it was, under the name that it has in a bundle.
fn closed(line: &MediaLine) -> Media {
    let mut media = refused(line);
    if let Some(mid) = &line.mid {
        media.add_attribute_with_value("mid", mid);
    }
    media
}

fn audio_media(line: &AudioLine, proto: TransportProto) -> Media {
    let Formats { codecs, telephone_event, comfort_noise, ptime, opus } = &line.formats;
    let noise = comfort_noise.then_some(COMFORT_NOISE);
    let numbers = codecs.iter().map(|p| p.number).chain(noise).chain(*telephone_event);
    let numbers: Vec<String> = numbers.map(|n| n.to_string()).collect();
    let mut media = Media::new(MediaType::Audio, line.local.port(), proto, numbers.join(" "));
    media.add_connection(line.local.ip());
    for p in codecs {
        media.add_attribute_with_value("rtpmap", format_args!("{} {}", p.number, p.codec.mapping()));
        if p.codec == Codec::Opus {
            media.add_attribute_with_value("fmtp", format_args!("{} {}", p.number, opus.text()));
        }
    }
    if let Some(noise) = noise {
        media.add_attribute_with_value("rtpmap", format_args!("{noise} CN/8000"));
    }
    if let Some(event) = telephone_event {
        media.add_attribute_with_value("rtpmap", format_args!("{event} telephone-event/8000"));
        media.add_attribute_with_value("fmtp", format_args!("{event} 0-15"));
    }
    if let Some(ptime) = ptime {
        media.add_attribute_with_value("ptime", ptime);
    }
    for Crypto { tag, key } in &line.crypto {
        media.add_attribute_with_value(
            "crypto",
            format_args!("{tag} {} inline:{}", key.suite().name(), key.inline().as_str()),
        );
    }
    if let Some(Dtls { fingerprint, setup }) = &line.dtls {
        media.add_attribute_with_value("fingerprint", format_args!("sha-256 {fingerprint}"));
        media.add_attribute_with_value("setup", setup.name());
    }
    if let Some(ours) = &line.ice {
        media.add_attribute_with_value("ice-ufrag", &ours.ufrag);
        media.add_attribute_with_value("ice-pwd", ours.password.as_str());
        // Hosts of one component: type preference 126, as RFC 8445 section 5.1.2.1 reckons it, the one that counts by default first.
        let (port, hosts) = (line.local.port(), [Some(line.local.ip()), line.also]);
        for ((foundation, priority), ip) in
            [(1, 2_130_706_431), (2, 2_130_706_175)].into_iter().zip(hosts.iter().flatten())
        {
            let candidate = format_args!("{foundation} 1 udp {priority} {ip} {port} typ host");
            media.add_attribute_with_value("candidate", candidate);
        }
        media.add_attribute(Attribute::new("end-of-candidates"));
    }
    media.add_attribute(Attribute::new(line.direction.name()));
    media
}

fn image_media(line: &ImageLine) -> Media {
    let t38 = &line.t38;
    let mut media = Media::new(MediaType::Image, line.local.port(), udptl(), "t38");
    media.add_connection(line.local.ip());
    media.add_attribute_with_value("T38FaxVersion", t38.version);
    media.add_attribute_with_value("T38MaxBitRate", t38.max_bit_rate);
    for (name, on) in [
        ("T38FaxFillBitRemoval", t38.fill_bit_removal),
        ("T38FaxTranscodingMMR", t38.transcoding_mmr),
        ("T38FaxTranscodingJBIG", t38.transcoding_jbig),
    ] {
        if on {
            media.add_attribute(Attribute::new(name));
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
    media.add_attribute_with_value("T38FaxRateManagement", management);
    media.add_attribute_with_value("T38FaxMaxDatagram", t38.max_datagram);
    media.add_attribute_with_value("T38FaxUdpEC", correction);
    media
}

fn proto(profile: Profile) -> TransportProto {
    TransportProto::from(profile.name())
}

fn udptl() -> TransportProto {
    TransportProto::Other("udptl".to_owned())
}

fn text(origin: &Origin, attributes: Vec<Attribute>, medias: Vec<Media>) -> Vec<u8> {
    let line = sdp_types::Origin::with_ip_addr(origin.id, origin.version, origin.addr);
    let mut session = sdp_types::Session::new(line, "-");
    session.set_connection(Connection::from_ip_addr(origin.addr));
    for attribute in attributes {
        session.add_attribute(attribute);
    }
    session.add_medias(medias);
    let mut out = Vec::new();
    session.write(&mut out).expect("a Vec takes every write");
    out
}
