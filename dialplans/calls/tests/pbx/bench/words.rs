//! Descriptions of media, made from a few words and told in a few words.

use std::net::SocketAddr;

use media::dtls::Fingerprint;
use media::ice::Credentials;
use media::sdp::{self, Codec, Crypto, Dtls, Formats, Line, Origin, Payload, Profile, Setup, T38};
use media::srtp::{Key, Suite};
use sip::api::{Flow, Transport};

pub(super) fn flow(remote: SocketAddr) -> Flow {
    flow_over(remote, &[])
}

/// Which address of its family that is, if it is not the first.
pub(super) fn at_home(home: media::Home) -> String {
    if home.nth == 0 { String::new() } else { format!(" at {}", home.nth) }
}

/// "tls", "wss", or else UDP; it came to the address after "to=".
pub(super) fn flow_over(remote: SocketAddr, options: &[&str]) -> Flow {
    let to = options.iter().find_map(|o| o.strip_prefix("to=")).unwrap_or("10.0.0.1:5060");
    let local = to.parse().expect("an address");
    let over = |word: &str| options.contains(&word);
    let transport = if over("tls") {
        Transport::Tls
    } else if over("wss") {
        Transport::Wss
    } else {
        Transport::Udp
    };
    Flow { transport, local, remote, connection: 0 }
}

/// A contact of our answer to a REGISTER; a temporary GRUU is fresh each time, so only that it is there is told.
pub(super) fn contact(contact: &sip::api::Contact) -> String {
    let mut text = format!("{} {}s", contact.uri.expose(), contact.expires);
    if contact.priority < 1000 {
        text += &format!(" q{}", contact.priority);
    }
    if contact.reg_id != 0 {
        text += &format!(" flow {} of {}", contact.reg_id, contact.instance);
    }
    if let Some((public, _)) = &contact.gruus {
        text += &format!(" gruu {}", public.expose());
    }
    text
}

/// What a watcher reads, in a few words: the state of each call or mailbox, and with whom.
pub(super) fn document(document: &sip::api::Document) -> String {
    let text = String::from_utf8_lossy(&document.body);
    let all = |start: &str, end: &str| -> Vec<String> {
        text.split(start).skip(1).filter_map(|rest| Some(rest.split(end).next()?.to_owned())).collect()
    };
    let version = all(" version=\"", "\"").get(1).cloned().unwrap_or_default();
    match document.content_type.split(';').next().unwrap_or_default() {
        "application/dialog-info+xml" => {
            let calls: Vec<String> = all("<dialog ", "</dialog>").iter().map(|call| dialog(call)).collect();
            format!("lamp v{version} [{}]", calls.join(", "))
        }
        "application/pidf+xml" => {
            format!("presence {} {}", all("<basic>", "<").join(","), all("<dm:note>", "<").join(","))
        }
        "multipart/related" => {
            let full = if text.contains("fullState=\"true\"") { "all" } else { "news" };
            format!("list v{version} {full} {}", all("<resource uri=\"sip:", "@").join(","))
        }
        "application/x-as-feature-event+xml" | "multipart/mixed" => {
            let each = text.split("<?xml").skip(1).map(|one| {
                let value = |name: &str| one.split(&format!("<{name}>")).nth(1).and_then(|r| r.split('<').next());
                match value("doNotDisturbOn") {
                    Some(on) => format!("quiet {on}"),
                    None => [value("forwardingType"), value("forwardStatus"), value("forwardTo")]
                        .into_iter()
                        .flatten()
                        .collect::<Vec<_>>()
                        .join(" "),
                }
            });
            format!("keys {}", each.collect::<Vec<_>>().join(", "))
        }
        _ => text.replace("\r\n", "; "),
    }
}

fn dialog(call: &str) -> String {
    let between = |start: &str, end: &str| call.split(start).nth(1).and_then(|r| r.split(end).next());
    let other = between("<remote>", "</remote>").and_then(|r| r.split("sip:").nth(1)?.split('@').next());
    format!(
        "{} {} {}",
        between("direction=\"", "\"").unwrap_or_default(),
        between("<state>", "<").unwrap_or_default(),
        other.unwrap_or("-")
    )
}

/// "2": the key of the second suite, under that tag; "1:2", under tag 1; "short": of the suite with the short tag. The same in every run; "new" makes another one.
fn key(text: &str, options: &[&str]) -> Crypto {
    let (tag, suite) = text.split_once(':').unwrap_or((text, text));
    let seed = if options.contains(&"new") { 200 } else { 100 };
    let suite = match suite {
        "short" => Suite::AesCm128HmacSha1_32,
        number => Suite::ALL[number.parse::<usize>().expect("a suite") - 1],
    };
    Crypto { tag: tag.parse().unwrap_or(9), key: Key::generate(suite, &mut model::Random::from_u64(seed)) }
}

/// A key by its first letters.
pub(super) fn key_name(key: &Key) -> String {
    key.inline().chars().take(4).collect()
}

/// The description of a peer at `at`, port 7000, G.711 if it says nothing else: "pcma", "pcmu", "g722",
/// "g729", "mux" (reports on the same port), "rtcp" (reports on port 7777), "image" (of 9600 bit/s, or with "rate=4800"), "both", "hold", "held", "inactive", "hold0", "garbage", "closed", "c=2001:db8:1::7" (at this address);
/// with keys, "savp=1,2" on a line that demands SRTP and "keys=1,2" on one that does not (1 is AES-256-GCM, 2 is AES_CM_128_HMAC_SHA1_80).
pub(super) fn body_of(at: SocketAddr, options: &[&str]) -> sip::api::Body {
    let has = |o: &str| options.contains(&o);
    if has("garbage") {
        return "v=0\r\nm=audio".into();
    }
    let mut local = SocketAddr::new(at.ip(), 7000);
    if has("hold0") {
        local.set_ip("0.0.0.0".parse().expect("an address"));
    }
    if let Some(ip) = options.iter().find_map(|o| o.strip_prefix("c=")) {
        local.set_ip(ip.parse().expect("an address"));
    }
    let mut formats = Formats::g711();
    if has("g722") {
        formats.codecs = [Payload { number: 9, codec: Codec::G722 }].into_iter().collect();
    }
    if has("pcma") {
        formats.codecs = [Payload { number: 8, codec: Codec::Pcma }].into_iter().collect();
    }
    if has("pcmu") {
        formats.codecs = [Payload { number: 0, codec: Codec::Pcmu }].into_iter().collect();
    }
    if has("noevents") {
        formats.telephone_event = None;
    }
    if has("te96") {
        formats.telephone_event = Some(96);
    }
    let direction = match (has("hold"), has("held"), has("inactive")) {
        (true, _, _) => sdp::Direction::SendOnly,
        (_, true, _) => sdp::Direction::RecvOnly,
        (_, _, true) => sdp::Direction::Inactive,
        _ => sdp::Direction::SendRecv,
    };
    let tags = |word: &str| options.iter().find_map(|o| o.strip_prefix(word)).map(|tags| tags.split(','));
    let keys = |tags: std::str::Split<'_, char>| tags.map(|t| key(t, options)).collect();
    let plain = sdp::AudioLine { mux: has("mux"), ..sdp::AudioLine::plain(local, &formats, direction) };
    // "dtls=active": a desk phone whose keys come by DTLS; with "checks=name": a browser, which is nowhere yet.
    let value = |word: &str| options.iter().find_map(|o| o.strip_prefix(word));
    let ice = value("checks=")
        .map(|name| Credentials { ufrag: name.to_owned(), password: "a password of 22 letters".to_owned().into() });
    let dtls = value("dtls=").map(|setup| {
        let setup = [Setup::Actpass, Setup::Active, Setup::Passive].into_iter().find(|s| s.name() == setup);
        let fingerprint = Fingerprint([if has("new") { 2 } else { 1 }; 32]);
        let profile = if ice.is_some() { Profile::Dtlsf } else { Profile::Dtls };
        let dtls = Some(Dtls { fingerprint, setup: setup.expect("a setup") });
        sdp::AudioLine { profile, dtls, ice, mux: true, ..plain.clone() }
    });
    let audio = match (tags("savp="), tags("keys=")) {
        _ if dtls.is_some() => dtls.unwrap_or(plain),
        (Some(tags), _) => sdp::AudioLine { profile: Profile::Savp, crypto: keys(tags), ..plain },
        (_, Some(tags)) => sdp::AudioLine { crypto: keys(tags), ..plain },
        _ => plain,
    };
    let max_bit_rate = value("rate=").map_or(9600, |rate| rate.parse().expect("bit/s"));
    let image = sdp::ImageLine { local, t38: T38 { max_bit_rate, ..T38::ours() } };
    let (audio, image) = match (has("image"), has("both"), has("closed")) {
        (true, _, _) => (Line::Absent, Line::Open(image)),
        (_, true, _) => (Line::Open(audio), Line::Open(image)),
        (_, _, true) => (Line::Closed, Line::Absent),
        _ => (Line::Open(audio), Line::Absent),
    };
    let text = sdp::offer(&Origin::new(7, local.ip()), &audio, &image);
    if has("g729") {
        return String::from_utf8_lossy(&text).replace("RTP/AVP 0 8 101", "RTP/AVP 18").into_bytes().into();
    }
    if has("rtcp") {
        return String::from_utf8_lossy(&text).replace("a=sendrecv", "a=rtcp:7777\r\na=sendrecv").into_bytes().into();
    }
    text.into()
}

/// Whom an INVITE is for, and where it is sent if that is somewhere else.
pub(super) fn target(uri: &str, flow: &Flow) -> String {
    let (host, remote) = (uri.rsplit('@').next().unwrap_or_default(), flow.remote.to_string());
    if host == remote || format!("{host}:5060") == remote { uri.to_owned() } else { format!("{uri} at {remote}") }
}

/// "savp 1=abcd", "keys 1=abcd/2=efgh", "dtls passive with checks", or nothing.
fn keys(audio: &sdp::Audio) -> Option<String> {
    if let Some(dtls) = &audio.dtls {
        let checks = if audio.ufrag.is_some() { " with checks" } else { "" };
        return Some(format!("dtls {}{checks}", dtls.setup.name()));
    }
    let keys: Vec<_> = audio.crypto.iter().map(|c| format!("{}={}", c.tag, key_name(&c.key))).collect();
    let word = if audio.profile.is_sealed() { "savp" } else { "keys" };
    (audio.profile.is_sealed() || !keys.is_empty()).then(|| format!("{word} {}", keys.join("/")))
}

/// Where media is: the port, at the address that the clinic has always.
fn place(addr: SocketAddr) -> String {
    if addr.ip().to_string() == "10.0.0.1" { format!(":{}", addr.port()) } else { addr.to_string() }
}

/// A description in a few words: "(v1 :4000)" is audio at that port, with every codec of ours and both ways.
pub(super) fn describe(body: &[u8]) -> String {
    let Ok(session) = sdp::Session::parse(body) else { return "(no SDP)".to_owned() };
    let mut words = vec![format!("v{}", session.version)];
    if let Some(audio) = &session.audio {
        // What is there beside G.711 goes without saying, as do G.711 itself and both ways.
        let g711 = [0, 8].iter().all(|n| audio.formats.codecs.iter().any(|p| p.number == *n));
        let said = audio.formats.codecs.iter().filter(|p| !g711 || !matches!(p.number, 9 | 111));
        let numbers: Vec<_> = said.map(|p| p.number.to_string()).collect();
        let event = audio.formats.telephone_event.map_or_else(String::new, |e| format!("+{e}"));
        if audio.rejected {
            words.push("audio closed".to_owned());
        } else {
            words.push(place(audio.addr));
            let (formats, ways) = (format!("{}{event}", numbers.join("/")), audio.direction.name());
            words.extend(Some(formats).filter(|f| f != "0/8+101"));
            words.extend(Some(ways.to_owned()).filter(|w| w != "sendrecv"));
            words.extend(keys(audio));
            // Browsers demand it, so it goes without saying where the keys come by DTLS.
            words.extend(Some("mux".to_owned()).filter(|_| audio.mux && audio.dtls.is_none()));
        }
    }
    if let Some(image) = &session.image {
        words.push(match image.rejected {
            true => "image closed".to_owned(),
            false => format!("image {} {}", place(image.addr), image.t38.max_bit_rate),
        });
    }
    format!("({})", words.join(" "))
}
