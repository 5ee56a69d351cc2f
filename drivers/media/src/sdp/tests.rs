//! SDP as devices send it, as attackers send it, and as we send it.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::srtp::Suite;

fn local() -> SocketAddr {
    "192.0.2.10:4600".parse().unwrap()
}

fn origin() -> Origin {
    Origin { id: 77, version: 3, addr: local().ip() }
}

fn sdp(media: &str) -> String {
    format!(
        "v=0\r\no=- 1 5 IN IP4 198.51.100.4\r\ns=-\r\nc=IN IP4 198.51.100.4\r\nt=0 0\r\n{}",
        media.replace('\n', "\r\n")
    )
}

fn parse(media: &str) -> Session {
    Session::parse(sdp(media).as_bytes()).unwrap()
}

fn check(text: &[u8], expected: &Expect) {
    let text = std::str::from_utf8(text).unwrap();
    assert!(text.lines().all(|l| text.contains(&format!("{l}\r\n"))), "every line ends with CRLF");
    Session::parse(text.as_bytes()).unwrap();
    expected.assert_eq(&text.replace("\r\n", "\n"));
}

#[test]
fn a_desk_phones_offer() {
    let s = parse(
        "m=audio 11780 RTP/AVP 9 8 0 18 101\na=rtpmap:9 G722/8000\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\na=ptime:20\n",
    );
    let audio = s.open_audio().unwrap();
    assert_eq!(audio.remote(), Some("198.51.100.4:11780".parse().unwrap()));
    let codecs: Vec<_> = audio.formats.codecs.iter().map(|p| (p.number, p.codec)).collect();
    assert_eq!(codecs, [(9, Codec::G722), (8, Codec::Pcma), (0, Codec::Pcmu)]);
    assert_eq!((audio.formats.telephone_event, audio.formats.ptime), (Some(101), Some(20)));
    assert_eq!((audio.direction, s.version), (Direction::SendRecv, 5));
}

#[test]
fn line_feeds_only_broken_extras_and_latin_1() {
    let mut body = b"v=0\no=- 1 5 IN IP4 198.51.100.4\ns=Praxis M\xfcller\nt=\nb=AS\nc=IN IP4 198.51.100.4\nm=audio 4000 RTP/AVP 0\n\n".to_vec();
    assert!(Session::parse(&body).unwrap().open_audio().is_some());
    body.retain(|b| *b != 0xfc);
    assert!(Session::parse(&body).unwrap().open_audio().is_some());
}

#[test]
fn addresses_at_either_level_and_ipv6() {
    let s = parse("m=audio 4000 RTP/AVP 0\nc=IN IP6 2001:db8::7\na=sendonly\n");
    let audio = s.open_audio().unwrap();
    assert_eq!(audio.addr, "[2001:db8::7]:4000".parse::<SocketAddr>().unwrap());
    assert_eq!(audio.remote(), None, "sendonly: we are on hold");
    let s = parse("a=inactive\nm=audio 4000 RTP/AVP 0\n");
    assert_eq!(s.open_audio().unwrap().direction, Direction::Inactive);
    let s = parse("m=audio 4000 RTP/AVP 0\nc=IN IP4 0.0.0.0\n");
    assert_eq!(s.open_audio().unwrap().remote(), None, "hold by RFC 2543");
}

#[test]
fn refusals() {
    use SdpError::{Malformed, NotAcceptable};
    for (body, expected) in [
        (String::new(), Malformed("the session description can't be read")),
        ("v=1\r\n".to_owned(), Malformed("the session description can't be read")),
        (sdp(""), Malformed("the session description has no media line")),
        (sdp("m=audio 99999 RTP/AVP 0\n"), Malformed("the session description can't be read")),
        (sdp("m=audio x RTP/AVP 0\n"), Malformed("the session description can't be read")),
        (sdp("m=audio 4000 RTP/AVP\n"), Malformed("the session description can't be read")),
        (sdp("m=audio 4000 RTP/AVP 0\x01\n"), Malformed("a media line with forbidden characters")),
        (sdp("m=audio 4000 RTP/AVP 0\n").replace("c=", "x="), Malformed("an open media line without c=")),
        (sdp(&"a".repeat(MAX_SIZE)), Malformed("the session description is too long")),
        (sdp(&"m=audio 4000 RTP/AVP 0\n".repeat(17)), NotAcceptable("too many media lines")),
        (sdp("m=audio 4000 RTP/AVP 18\n"), NotAcceptable("no codec in common: G.711, G.722 or Opus is needed")),
        (
            sdp("m=audio 4000 RTP/AVP 101\na=rtpmap:101 telephone-event/8000\n"),
            NotAcceptable("no codec in common: G.711, G.722 or Opus is needed"),
        ),
        (
            sdp("m=audio 4000 RTP/SAVP 0\n"),
            NotAcceptable("SRTP needs a key in the description, of a suite that is known here"),
        ),
        (sdp("m=video 4000 RTP/AVP 96\n"), NotAcceptable("no audio and no T.38")),
        (sdp("m=image 53 udptl t38\n"), NotAcceptable("media can only go to one plain IP address and port")),
        (
            sdp("m=audio 4000 RTP/AVP 0\nc=IN IP4 224.0.0.1/127\n"),
            NotAcceptable("media can only go to one plain IP address and port"),
        ),
        (
            sdp("m=audio 4000 RTP/AVP 0\nc=IN IP4 pbx.example\n"),
            NotAcceptable("media can only go to one plain IP address and port"),
        ),
        (sdp("m=image 4000 tcp t38\n"), NotAcceptable("no audio and no T.38")),
        (
            sdp("m=image 4000 udptl t38\na=T38FaxRateManagement:localTCF\n"),
            NotAcceptable("T.38 needs transferredTCF over UDPTL"),
        ),
    ] {
        assert_eq!(Session::parse(body.as_bytes()), Err(expected), "{body}");
    }
    assert_eq!((Malformed("").status(), NotAcceptable("").status()), (400, 488));
}

#[test]
fn offers_of_ours() {
    check(
        &audio_offer(&origin(), local(), &Formats::ours(), Direction::SendRecv),
        &expect![[r#"
            v=0
            o=- 77 3 IN IP4 192.0.2.10
            s=-
            c=IN IP4 192.0.2.10
            t=0 0
            m=audio 4600 RTP/AVP 111 9 0 8 13 101
            c=IN IP4 192.0.2.10
            a=rtpmap:111 opus/48000/2
            a=fmtp:111 useinbandfec=1;stereo=0
            a=rtpmap:9 G722/8000
            a=rtpmap:0 PCMU/8000
            a=rtpmap:8 PCMA/8000
            a=rtpmap:13 CN/8000
            a=rtpmap:101 telephone-event/8000
            a=fmtp:101 0-15
            a=ptime:20
            a=sendrecv
        "#]],
    );
    check(
        &t38_offer(&origin(), local(), &T38::ours(), Some(Profile::Savp)),
        &expect![[r#"
            v=0
            o=- 77 3 IN IP4 192.0.2.10
            s=-
            c=IN IP4 192.0.2.10
            t=0 0
            m=audio 0 RTP/SAVP 0
            m=image 4600 udptl t38
            c=IN IP4 192.0.2.10
            a=T38FaxVersion:0
            a=T38MaxBitRate:14400
            a=T38FaxRateManagement:transferredTCF
            a=T38FaxMaxDatagram:1400
            a=T38FaxUdpEC:t38UDPRedundancy
        "#]],
    );
}

#[test]
fn a_b2bua_passes_formats_on() {
    let a = parse(
        "m=audio 11780 RTP/AVP 9 8 0 97\na=rtpmap:97 telephone-event/8000\na=ptime:30\na=sendonly\nm=video 4002 RTP/AVP 99\n",
    );
    let offered = a.open_audio().unwrap();
    let to_b = audio_offer(&origin(), local(), &offered.formats, offered.direction);
    assert!(String::from_utf8(to_b).unwrap().contains("m=audio 4600 RTP/AVP 9 8 0 97\r\n"));

    let b = parse("m=audio 6000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000\na=ptime:20\n");
    check(
        &audio_answer(&origin(), &a, local(), &b.open_audio().unwrap().formats, Direction::SendRecv).unwrap(),
        &expect![[r#"
            v=0
            o=- 77 3 IN IP4 192.0.2.10
            s=-
            c=IN IP4 192.0.2.10
            t=0 0
            m=audio 4600 RTP/AVP 0 97
            c=IN IP4 192.0.2.10
            a=rtpmap:0 PCMU/8000
            a=rtpmap:97 telephone-event/8000
            a=fmtp:97 0-15
            a=ptime:20
            a=recvonly
            m=video 0 RTP/AVP 99
        "#]],
    );
    let alaw =
        Formats { codecs: [Payload { number: 8, codec: Codec::Pcma }].into_iter().collect(), ..Formats::default() };
    let only_ulaw = parse("m=audio 6000 RTP/AVP 0\n");
    assert!(audio_answer(&origin(), &only_ulaw, local(), &alaw, Direction::SendRecv).is_err());
}

#[test]
fn opus_keeps_its_number_and_its_end_is_told_what_both_play() {
    let offered = parse(
        "m=audio 4000 RTP/AVP 96 0 101\r\na=rtpmap:96 OPUS/48000/2\r\n\
         a=fmtp:96 minptime=10;useinbandfec=1; maxplaybackrate=16000;stereo=1\r\na=rtpmap:101 telephone-event/8000\r\n",
    );
    let theirs = &offered.open_audio().unwrap().formats;
    assert_eq!(theirs.codecs[0], Payload { number: 96, codec: Codec::Opus });
    assert_eq!(theirs.opus, OpusWishes { max_playback: 16_000, fec: true });
    let to_b = audio_offer(&origin(), local(), &theirs.common(&Formats::ours()), Direction::SendRecv);
    let text = String::from_utf8(to_b).unwrap();
    assert!(text.contains("m=audio 4600 RTP/AVP 96 0 101\r\n"), "{text}");
    assert!(
        text.contains("a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1;stereo=0;maxplaybackrate=16000\r\n"),
        "{text}"
    );
    let body = audio_answer(&origin(), &offered, local(), &Formats::ours(), Direction::SendRecv).unwrap();
    assert!(String::from_utf8(body).unwrap().contains("a=rtpmap:96 opus/48000/2\r\n"));
    for wrong in ["opus/48000/1", "opus/48000", "opus/8000/2"] {
        let other = Session::parse(sdp(&format!("m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 {wrong}\r\n")).as_bytes());
        assert!(other.is_err(), "{wrong} is not what RFC 7587 says");
    }
}

#[test]
fn help_is_asked_for_in_what_every_telephone_knows() {
    let numbers = |formats: Formats| formats.codecs.iter().map(|p| p.number).collect::<Vec<_>>();
    assert_eq!(numbers(Formats::ours().for_help()), [9, 0, 8]);
    assert!(!Formats::ours().for_help().comfort_noise && !Formats::g711().comfort_noise, "nor in a fax");
    let mut only = Formats::ours();
    only.codecs.retain(|p| p.codec == Codec::Opus);
    assert_eq!(numbers(only.for_help().with_g711()), [111, 0, 8], "who knows nothing else is heard all the same");
}

#[test]
fn a_fax_takes_over_and_both_lines_at_once() {
    let gateway = "a=T38FaxVersion:3\na=T38MaxBitRate:33600\na=T38FaxFillBitRemoval:0\na=T38FaxTranscodingMMR\na=T38FaxRateManagement:transferredTCF\na=T38FaxMaxDatagram:320\na=T38FaxUdpEC:t38UDPFEC\n";
    let reinvite = parse(&format!("m=audio 0 RTP/AVP 0\nm=image 4000 udptl t38\n{gateway}"));
    assert!(reinvite.open_audio().is_none() && reinvite.audio.as_ref().unwrap().rejected);
    let image = reinvite.open_image().unwrap();
    assert_eq!((image.t38.version, image.t38.max_bit_rate, image.t38.max_datagram), (3, 33_600, 320));
    assert_eq!((image.t38.error_correction, image.t38.fill_bit_removal), (ErrorCorrection::Fec, false));
    assert!(image.t38.transcoding_mmr);

    let both = parse(&format!("m=image 4000 udptl t38\n{gateway}m=audio 4002 RTP/AVP 0\n"));
    check(
        &t38_answer(&origin(), &both, local(), &T38::ours()).unwrap(),
        &expect![[r#"
            v=0
            o=- 77 3 IN IP4 192.0.2.10
            s=-
            c=IN IP4 192.0.2.10
            t=0 0
            m=image 4600 udptl t38
            c=IN IP4 192.0.2.10
            a=T38FaxVersion:0
            a=T38MaxBitRate:14400
            a=T38FaxRateManagement:transferredTCF
            a=T38FaxMaxDatagram:1400
            a=T38FaxUdpEC:t38UDPRedundancy
            m=audio 0 RTP/AVP 0
        "#]],
    );
    let audio = audio_answer(&origin(), &both, local(), &Formats::ours(), Direction::SendRecv).unwrap();
    let audio = Session::parse(&audio).unwrap();
    assert!(audio.open_audio().is_some() && audio.image.unwrap().rejected);
    assert!(t38_answer(&origin(), &parse("m=audio 4002 RTP/AVP 0\n"), local(), &T38::ours()).is_err());
}

#[test]
fn a_privileged_port_is_never_sent_to_and_its_phone_still_heard() {
    let s = parse("m=audio 53 RTP/AVP 0\n");
    assert_eq!(s.open_audio().unwrap().remote(), None);
    assert!(audio_answer(&origin(), &s, local(), &Formats::ours(), Direction::SendRecv).is_ok());
}

const CM_KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

#[test]
fn a_key_in_an_offer_is_taken_and_answered_under_its_tag() {
    let s = parse(&format!(
        "m=audio 4000 RTP/SAVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:{CM_KEY}\na=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY}|2^31\n\
         a=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY}|2^31|1:4\na=crypto:10 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY} UNENCRYPTED_SRTP\n\
         a=crypto:11 AEAD_AES_128_GCM inline:{CM_KEY}\na=crypto:12 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY}|300:1\n"
    ));
    let audio = s.open_audio().unwrap();
    assert!(audio.profile.is_sealed());
    let known: Vec<_> = audio.crypto.iter().map(|c| (c.tag, c.key.suite())).collect();
    assert_eq!(
        known,
        [(1, Suite::AesCm128HmacSha1_32), (7, Suite::AesCm128HmacSha1_80), (9, Suite::AesCm128HmacSha1_80)],
        "not the open one, the wrong length, an index that does not fit"
    );
    assert_eq!(audio.crypto[1].key.inline().as_str(), CM_KEY);
    assert_ne!(audio.crypto[2].key, audio.crypto[1].key, "a number in its packets makes it another one");

    let refused = audio_answer(&origin(), &s, local(), &Formats::ours(), Direction::SendRecv);
    assert_eq!(refused, Err(SdpError::NotAcceptable("the other end demands SRTP")), "never in the clear");
    let ours = Key::generate(Suite::AesCm128HmacSha1_80, &mut model::Random::from_u64(5));
    let line = AudioLine {
        crypto: vec![Crypto { tag: 7, key: ours.clone() }],
        ..AudioLine::plain(local(), &Formats::ours(), Direction::SendRecv)
    };
    let answer = answer(&origin(), &s, &Line::Open(line), &Line::Closed).unwrap();
    let text = String::from_utf8(answer.clone()).unwrap();
    assert!(text.contains("m=audio 4600 RTP/SAVP 0\r\n"), "{text}");
    assert!(
        text.contains(&format!("a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:{}\r\n", ours.inline().as_str())),
        "{text}"
    );
    assert_eq!(Session::parse(&answer).unwrap().open_audio().unwrap().crypto, [Crypto { tag: 7, key: ours }]);
}

#[test]
fn an_offer_of_ours_with_keys_demands_srtp_by_its_profile() {
    let mut random = model::Random::from_u64(6);
    let crypto: Vec<Crypto> =
        (1..).zip(Suite::ALL).map(|(tag, suite)| Crypto { tag, key: Key::generate(suite, &mut random) }).collect();
    for profile in [Profile::Savp, Profile::Savpf, Profile::Avp] {
        let plain = AudioLine::plain(local(), &Formats::ours(), Direction::SendRecv);
        let line = AudioLine { profile, crypto: crypto.clone(), ..plain };
        let text = offer(&origin(), &Line::Open(line), &Line::Absent);
        let back = Session::parse(&text).unwrap();
        assert_eq!((back.open_audio().unwrap().profile, &back.open_audio().unwrap().crypto), (profile, &crypto));
    }
}

#[test]
fn a_plain_line_may_say_that_its_end_can_do_srtp() {
    let s = parse(&format!("m=audio 4000 RTP/AVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY}\n"));
    assert!(!s.open_audio().unwrap().profile.is_sealed() && s.open_audio().unwrap().crypto.len() == 1);
    let s = parse(&format!(
        "m=audio 4000 RTP/SAVP 0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{CM_KEY}\nm=audio 4002 RTP/AVP 0\n"
    ));
    assert_eq!(s.open_audio().unwrap().addr.port(), 4000, "of two lines that we can do, the first");
}

#[test]
fn the_plain_line_of_two_is_taken() {
    let s = parse("m=audio 4000 RTP/SAVP 0\nm=audio 4002 RTP/AVP 0\nm=audio 4004 RTP/AVP 0\n");
    assert_eq!(s.open_audio().unwrap().addr.port(), 4002);
    let answer = audio_answer(&origin(), &s, local(), &Formats::ours(), Direction::SendRecv).unwrap();
    let ports: Vec<String> = String::from_utf8(answer)
        .unwrap()
        .lines()
        .filter(|l| l.starts_with("m="))
        .map(|l| l.split(' ').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(ports, ["0", "4600", "0"]);
}

#[test]
fn where_reports_go() {
    let told = |more: &str, mux| parse(&format!("m=audio 4000 RTP/AVP 0\n{more}")).open_audio().unwrap().reports(mux);
    let at = |text: &str| Some(Reports::Beside(Some(text.parse().unwrap())));
    assert_eq!(told("", false), Some(Reports::Beside(None)));
    assert_eq!(told("a=rtcp-mux\n", true), Some(Reports::Mux));
    assert_eq!(told("a=rtcp-mux\n", false), Some(Reports::Beside(None)), "we did not say so");
    assert_eq!(told("a=rtcp:53020\n", true), at("198.51.100.4:53020"));
    assert_eq!(told("a=rtcp:53020 IN IP4 126.16.64.4\n", false), at("126.16.64.4:53020"));
    assert_eq!(told("a=rtcp:53020 IN IP6 2001:db8::4\n", false), at("[2001:db8::4]:53020"));
    for bad in ["53", "0", "70000", "x", "", "53020 IN IP4 phone.example"] {
        assert_eq!(told(&format!("a=rtcp:{bad}\n"), false), Some(Reports::Beside(None)), "{bad}");
    }
    // A handshake of their own for reports alone is more than we do.
    let dtls = format!("m=audio 4000 UDP/TLS/RTP/SAVP 0\na=fingerprint:sha-256 {}\n", ["AB"; 32].join(":"));
    assert_eq!(parse(&dtls).open_audio().unwrap().reports(true), None);
    assert_eq!(parse(&format!("{dtls}a=rtcp-mux\n")).open_audio().unwrap().reports(true), Some(Reports::Mux));
}

#[test]
fn reports_share_the_port_only_where_that_was_offered() {
    let line = AudioLine { mux: true, ..AudioLine::plain(local(), &Formats::g711(), Direction::SendRecv) };
    for (more, expected) in [("", false), ("a=rtcp-mux\n", true)] {
        let offered = parse(&format!("m=audio 4000 RTP/AVP 0\n{more}"));
        let text = answer(&origin(), &offered, &Line::Open(line.clone()), &Line::Absent).unwrap();
        assert_eq!(Session::parse(&text).unwrap().open_audio().unwrap().mux, expected);
    }
    let text = offer(&origin(), &Line::Open(line), &Line::Absent);
    assert!(Session::parse(&text).unwrap().open_audio().unwrap().mux);
}

/// Whatever they have offered once: a description with fewer lines is none that may follow (RFC 3264 section 8), and browsers refuse it.
#[test]
fn every_line_keeps_its_place_in_our_offers() {
    let offered = parse(
        "m=image 4000 udptl t38\nm=audio 4002 RTP/AVP 0 8\nm=video 4004 RTP/AVP 99\na=mid:7\nm=image 4006 udptl t38\n",
    );
    let audio = Line::Open(AudioLine::plain(local(), &Formats::g711(), Direction::SendRecv));
    let image = Line::Open(ImageLine { local: local(), t38: T38::ours() });
    let lines = |places: &Places, audio: &Line<AudioLine>, image: &Line<ImageLine>| {
        let text = String::from_utf8(offer_again(&origin(), places, audio, image)).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("m=") || line.starts_with("a=mid"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let sound = [
        "m=image 0 udptl t38",
        "m=audio 4600 RTP/AVP 0 8 101",
        "m=video 0 RTP/AVP 99",
        "a=mid:7",
        "m=image 0 udptl t38",
    ];
    assert_eq!(lines(&offered.places(), &audio, &Line::Closed), sound);
    let fax =
        ["m=image 4600 udptl t38", "m=audio 0 RTP/AVP 0 8", "m=video 0 RTP/AVP 99", "a=mid:7", "m=image 0 udptl t38"];
    assert_eq!(lines(&offered.places(), &Line::Closed, &image), fax);
    // What is new comes last.
    let mut places = Places::of_sound(Profile::Savp);
    assert_eq!(lines(&places, &Line::Closed, &image), ["m=audio 0 RTP/SAVP 0", "m=image 4600 udptl t38"]);
    assert_eq!(lines(&places, &audio, &Line::Closed), ["m=audio 4600 RTP/AVP 0 8 101"], "T.38 was never agreed on");
    places.with_image();
    assert_eq!(lines(&places, &audio, &Line::Closed), ["m=audio 4600 RTP/AVP 0 8 101", "m=image 0 udptl t38"]);
}

#[test]
fn absurd_t38_numbers_are_tamed() {
    for (said, meant) in [("0", 400), ("", 400), ("10", 72), ("99999999", 1400), ("65535", 1400), ("-1", 400)] {
        let s = parse(&format!("m=image 4000 udptl t38\na=T38FaxMaxDatagram:{said}\n"));
        assert_eq!(s.open_image().unwrap().t38.max_datagram, meant, "{said}");
    }
    for (said, meant) in [("0", 14_400), ("1", 14_400), ("-1", 14_400), ("", 14_400), ("2400", 2400), ("33600", 33_600)]
    {
        let s = parse(&format!("m=image 4000 udptl t38\na=T38MaxBitRate:{said}\n"));
        assert_eq!(s.open_image().unwrap().t38.max_bit_rate, meant, "{said}");
    }
}

#[test]
fn the_version_counts() {
    let mut origin = Origin::new(9, local().ip());
    let first = Session::parse(&audio_offer(&origin, local(), &Formats::ours(), Direction::SendRecv)).unwrap();
    origin.next();
    let second = Session::parse(&audio_offer(&origin, local(), &Formats::ours(), Direction::SendOnly)).unwrap();
    assert_eq!(second.version, first.version + 1);
}

/// Text that looks like SDP often enough to reach deep.
fn sdp_like() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just("v=0".to_owned()),
        Just("o=- 1 1 IN IP4 10.0.0.1".to_owned()),
        Just("c=IN IP4 10.0.0.1".to_owned()),
        Just("c=IN IP6 ::1".to_owned()),
        "m=(audio|image|video) [0-9]{0,6}(/[0-9])? (RTP/AVP|RTP/SAVP|udptl) ([0-9]{1,3} ?|t38){1,5}",
        "a=rtpmap:[0-9]{1,3} (PCMU|pcma|telephone-event|x)/(8000|16000)(/[12])?",
        "a=(sendonly|inactive|ptime:[0-9]{0,4}|T38[A-Za-z]{0,16}:[0-9a-zA-Z]{0,12})",
        "[a-z]=.{0,40}",
        ".{0,40}",
    ];
    (proptest::collection::vec(line, 0..20), any::<bool>()).prop_map(|(lines, head)| {
        let head = if head { "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\nc=IN IP4 10.0.0.1\r\n" } else { "" };
        format!("{head}{}\r\n", lines.join("\r\n")).into_bytes()
    })
}

proptest! {
    #[test]
    fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Session::parse(&body);
    }

    /// Whatever we accept, we can answer, and the answer is SDP with as many lines, of which none is open that was not offered.
    #[test]
    fn whatever_is_accepted_can_be_answered(body in sdp_like()) {
        if let Ok(offered) = Session::parse(&body) {
            let audio = audio_answer(&origin(), &offered, local(), &Formats::ours(), Direction::SendRecv);
            let image = t38_answer(&origin(), &offered, local(), &T38::ours());
            prop_assert_eq!(audio.is_ok(), offered.open_audio().is_some());
            prop_assert_eq!(image.is_ok(), offered.open_image().is_some());
            for text in [audio, image].into_iter().flatten() {
                let back = Session::parse(&text).expect("our own SDP is readable");
                prop_assert_eq!(back.lines.len(), offered.lines.len());
                prop_assert!(back.open_audio().is_some() != back.open_image().is_some());
            }
        }
    }

    #[test]
    fn our_offers_come_back(codecs in 0usize..4, event in proptest::option::of(96u8..128), ptime in proptest::option::of(10u8..61),
                            sends: bool, receives: bool, port in 1024u16.., datagram in 72u16..1401, v6: bool) {
        let ip: IpAddr = if v6 { "2001:db8::1".parse().unwrap() } else { "192.0.2.1".parse().unwrap() };
        let both = [Payload { number: 0, codec: Codec::Pcmu }, Payload { number: 8, codec: Codec::Pcma }];
        let codecs = match codecs { 0 => both[..1].to_vec(), 1 => both[1..].to_vec(), 2 => both.to_vec(), _ => vec![both[1], both[0]] };
        let codecs = codecs.into_iter().collect();
        let formats = Formats { codecs, telephone_event: event, ptime, ..Formats::default() };
        let audio = AudioLine::plain(SocketAddr::new(ip, port), &formats, Direction::of(sends, receives));
        let image = ImageLine { local: SocketAddr::new(ip, port), t38: T38 { max_datagram: datagram, ..T38::ours() } };
        let back = Session::parse(&offer(&origin(), &Line::Open(audio.clone()), &Line::Open(image.clone()))).unwrap();
        let heard = back.open_audio().unwrap();
        prop_assert_eq!((heard.addr, &heard.formats, heard.direction), (audio.local, &audio.formats, audio.direction));
        let seen = back.open_image().unwrap();
        prop_assert_eq!((seen.addr, seen.t38), (image.local, image.t38));
    }
}

#[test]
fn whoever_checks_paths_is_named_both_families_and_the_default_first() {
    let ice = Some(crate::ice::Credentials { ufrag: "ours".to_owned(), password: "secret".to_owned().into() });
    let plain = AudioLine::plain(local(), &Formats::g711(), Direction::SendRecv);
    let also = Some("2001:db8::1".parse().unwrap());
    let candidates = |line: AudioLine| {
        let text = String::from_utf8(offer(&origin(), &Line::Open(line), &Line::Absent)).unwrap();
        text.lines().filter_map(|line| line.strip_prefix("a=candidate:")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (ip, port) = (local().ip(), local().port());
    let first = format!("1 1 udp 2130706431 {ip} {port} typ host");
    assert_eq!(candidates(AudioLine { ice: ice.clone(), ..plain.clone() }), std::slice::from_ref(&first));
    let second = format!("2 1 udp 2130706175 2001:db8::1 {port} typ host");
    assert_eq!(candidates(AudioLine { ice, also, ..plain.clone() }), [first, second]);
    assert_eq!(candidates(AudioLine { also, ..plain }), [""; 0], "who checks no paths is not told of two");
}

#[test]
fn ipv4_in_the_writing_of_ipv6_is_ipv4() {
    let sdp = "v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::ffff:192.0.2.7\r\nt=0 0\r\nm=audio 7000 RTP/AVP 0\r\n";
    let named = Session::parse(sdp.as_bytes()).unwrap().named();
    assert_eq!(named, Some("192.0.2.7".parse().unwrap()));
}

/// A browser that has put its line into a bundle once wants to read that in every later offer (RFC 9143 section 7.5): without it the call fails at
/// the first hold.
#[test]
fn every_offer_to_a_browser_names_its_bundle() {
    let dtls = Dtls { fingerprint: crate::dtls::Fingerprint([7; 32]), setup: Setup::Actpass };
    let plain = AudioLine::plain(local(), &Formats::g711(), Direction::SendOnly);
    let browser = AudioLine { profile: Profile::Dtlsf, dtls: Some(dtls), mux: true, ..plain.clone() };
    let said =
        |line: &AudioLine| String::from_utf8(offer(&origin(), &Line::Open(line.clone()), &Line::Absent)).unwrap();
    let text = said(&browser);
    let (of_all, of_line) = text.split_once("m=audio").unwrap();
    assert!(of_all.contains("a=group:BUNDLE 0\r\n") && of_line.contains("a=mid:0\r\n"), "{text}");
    // Who has reports on a port of their own is in no bundle, and a desk phone that knows none reads of none.
    for other in [AudioLine { mux: false, ..browser }, plain] {
        assert!(!said(&other).contains("BUNDLE"), "{}", said(&other));
    }
}
