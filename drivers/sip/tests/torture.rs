//! The torture messages of RFC 4475 and RFC 5118, typed from their descriptions in our own words and numbers, and what each must come to.
//!
//! A line of `Expected` is what the first two stages make of it; what only an endpoint can answer (405, 415, a bad Contact in a REGISTER)
//! is tested in `requests.rs`.

use bytes::Bytes;
use sip::wire::{self, Address, Name, Verdict, parse};

/// What a message comes to, in a line.
fn verdict(text: &str) -> String {
    match parse(text.replace('\n', "\r\n").as_bytes()) {
        Verdict::Request(r) => format!("{} {}", wire::method_name(r.method), r.cseq),
        Verdict::Response(r) => format!("response {}", r.code),
        Verdict::Refuse(r) => r.code.to_string(),
        Verdict::Silence(_) => "silence".into(),
    }
}

fn request(text: &str) -> wire::Request {
    match parse(text.replace('\n', "\r\n").as_bytes()) {
        Verdict::Request(request) => request,
        other => panic!("{other:?} of\n{text}"),
    }
}

/// A request of the usual form with these lines in place of, or beside, the usual ones.
fn with(start: &str, lines: &str) -> String {
    let method = start.split(' ').next().unwrap_or_default();
    let mut out = format!("{start}\n");
    let usual = [
        ("Via", "SIP/2.0/UDP host.example.com;branch=z9hG4bKkdjuw".to_owned()),
        ("To", "<sip:user@example.com>".to_owned()),
        ("From", "<sip:caller@example.net>;tag=33242".to_owned()),
        ("Call-ID", "torture.1@host.example.com".to_owned()),
        ("CSeq", format!("8 {method}")),
        ("Max-Forwards", "70".to_owned()),
        ("Contact", "<sip:caller@host.example.net>".to_owned()),
        ("Content-Length", "0".to_owned()),
    ];
    for (name, value) in usual {
        let given = lines.lines().any(|l| l.split(':').next().is_some_and(|n| n.trim().eq_ignore_ascii_case(name)));
        if !given {
            out += &format!("{name}: {value}\n");
        }
    }
    out + lines + "\n"
}

const WSINV: &str = "INVITE sip:vivek@chair.example.com;unknownparam SIP/2.0
TO :
 sip:vivek@chair.example.com ;   tag    = 1918n
from   : \"J Rosen \\\\\\\"\"       <sip:jd@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.nd@192.0.2.1
Content-Length   : 4
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:\"Quoted string \\\"\\\"\" <sip:jd@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33

v=0
";

#[test]
fn a_short_tortuous_invite() {
    // 3.1.1.1. The length is one short of what follows: the rest of the datagram is nobody's.
    let invite = request(WSINV);
    let to = invite.address(Name::To).expect("To");
    assert_eq!((to.uri.raw, to.tag()), (&b"sip:vivek@chair.example.com"[..], Some(&b"1918n"[..])));
    assert_eq!(invite.address(Name::From).expect("From").name(), "J Rosen \\\"");
    assert_eq!((invite.cseq, &invite.branch[..], &invite.body[..]), (9, &b"390skdjuw"[..], &b"v=0\r"[..]));
    assert_eq!(invite.message.list(Name::Via).count(), 3);
    let contact = invite.message.list(Name::Contact).next().and_then(|c| Address::parse(c).ok()).expect("Contact");
    assert_eq!(
        (contact.name(), wire::lex::param(contact.params, "q")),
        ("Quoted string \"\"".into(), Some(Some(&b"0.33"[..])))
    );
}

#[test]
fn valid_messages() {
    let unusual =
        "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com";
    let method = "!interesting-Method0123456789_*+`.%indeed'~";
    let long = |n: usize| "x".repeat(n);
    for (name, text, expected) in [
        ("3.1.1.2 intmeth", with(&format!("{method} {unusual} SIP/2.0"), ""), "501"),
        ("3.1.1.2 its URI", with(&format!("OPTIONS {unusual} SIP/2.0"), ""), "OPTIONS 8"),
        ("3.1.1.3 esc01", with("INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0", ""), "INVITE 8"),
        (
            "3.1.1.4 escnull",
            with(
                "REGISTER sip:example.com SIP/2.0",
                "To: sip:null-%00-null@example.com\nContact: <sip:%00@h>, <sip:%00%00@h>\n",
            ),
            "REGISTER 8",
        ),
        ("3.1.1.5 esc02", with("RE%47IST%45R sip:registrar.example.com SIP/2.0", ""), "501"),
        (
            "3.1.1.6 lwsdisp",
            with("OPTIONS sip:user@example.com SIP/2.0", "From: caller<sip:caller@example.com>;tag=323\n"),
            "OPTIONS 8",
        ),
        (
            "3.1.1.7 longreq",
            with(
                &format!("INVITE sip:user@example.com;p={} SIP/2.0", long(900)),
                &format!(
                    "To: \"I have a {}\" <sip:user@example.com:6000;p={}>\nUnknown{}Name: {}\nVia: SIP/2.0/UDP sip33.example.com;branch=z9hG4bK{}\nVia: {}\n",
                    long(300),
                    long(900),
                    long(600),
                    long(2000),
                    long(300),
                    ["SIP/2.0/TCP h.example.com"; 33].join(", ")
                ),
            ),
            "INVITE 8",
        ),
        ("3.1.1.9 semiuri", with("OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0", ""), "OPTIONS 8"),
        (
            "3.1.1.10 transports",
            with(
                "OPTIONS sip:user@example.com SIP/2.0",
                "Via: SIP/2.0/UDP a;branch=z9hG4bK1\nVia: SIP/2.0/SCTP b\nVia: SIP/2.0/TLS c\nVia: SIP/2.0/UNKNOWN d\n",
            ),
            "OPTIONS 8",
        ),
        (
            "3.1.1.12 unreason",
            with("OPTIONS x SIP/2.0", "").replacen(
                "OPTIONS x SIP/2.0",
                "SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять",
                1,
            ),
            "response 200",
        ),
        (
            "3.1.1.13 noreason",
            with("OPTIONS x SIP/2.0", "").replacen("OPTIONS x SIP/2.0", "SIP/2.0 100 ", 1),
            "response 100",
        ),
        (
            "3.2.1 badbranch",
            with("OPTIONS sip:user@example.com SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK\n"),
            "OPTIONS 8",
        ),
        (
            "3.3.4 unksm2",
            with(
                "REGISTER sip:example.com SIP/2.0",
                "To: isbn:2983792873\nFrom: <http://www.example.com>;tag=3\nContact: <name:John_Smith>\n",
            ),
            "REGISTER 8",
        ),
        (
            "3.3.7 regaut01",
            with("REGISTER sip:example.com SIP/2.0", "Authorization: NoOneKnowsThisScheme opaque-data=here\n"),
            "REGISTER 8",
        ),
        ("3.3.11 zeromf", with("OPTIONS sip:user@example.com SIP/2.0", "Max-Forwards: 0\n"), "OPTIONS 8"),
        (
            "3.3.14 regescrt",
            with(
                "REGISTER sip:example.com SIP/2.0",
                "Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>\n",
            ),
            "REGISTER 8",
        ),
        ("3.3.15 sdp01", with("INVITE sip:user@example.com SIP/2.0", "Accept: text/nobodyKnowsThis\n"), "INVITE 8"),
        (
            "3.4.1 inv2543",
            with(
                "INVITE sip:UserB@example.com SIP/2.0",
                "Via: SIP/2.0/UDP iftgw.example.com\nFrom: <sip:+13035551111@ift.client.example.net;user=phone>\nRecord-Route: <sip:UserB@example.com;maddr=ss1.example.com>\n",
            ),
            "INVITE 8",
        ),
    ] {
        assert_eq!(verdict(&text), expected, "{name}");
    }
}

#[test]
fn invalid_messages() {
    let invite = "INVITE sip:user@example.com SIP/2.0";
    let response = |start: &str, lines: &str| with("OPTIONS x SIP/2.0", lines).replacen("OPTIONS x SIP/2.0", start, 1);
    for (name, text, expected) in [
        ("3.1.2.1 badinv01", with(invite, "Via: SIP/2.0/UDP 192.0.2.15;;,;,,\nContact: \"Joe\" <sip:joe@example.org>;;;;\n"), "400"),
        ("3.1.2.2 clerr", with(invite, "Content-Length: 9999\n"), "400"),
        ("3.1.2.3 ncl", with(invite, "Content-Length: -999\n"), "400"),
        ("3.1.2.4 scalar02", with("REGISTER sip:example.com SIP/2.0", "CSeq: 36893488147419103232 REGISTER\n"), "400"),
        ("3.1.2.4 scalar02", with("REGISTER sip:example.com SIP/2.0", "Max-Forwards: 300\n"), "400"),
        ("3.1.2.5 scalarlg", response("SIP/2.0 503 Service Unavailable", "CSeq: 9292394834772304023312 OPTIONS\n"), "silence"),
        ("3.1.2.6 quotbal", with(invite, "To: \"Mr. J. User <sip:j.user@example.com>\n"), "400"),
        ("3.1.2.7 ltgtruri", with("INVITE <sip:user@example.com> SIP/2.0", ""), "400"),
        ("3.1.2.8 lwsruri", with("INVITE sip:user@example.com; lr SIP/2.0", ""), "400"),
        ("3.1.2.9 lwsstart", with("INVITE  sip:user@example.com  SIP/2.0", ""), "400"),
        ("3.1.2.10 trws", with("OPTIONS sip:user@example.com SIP/2.0  ", ""), "400"),
        ("3.1.2.11 escruri", with("INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0", ""), "400"),
        // A date is nothing that we act on; the message is taken as it is.
        ("3.1.2.12 baddate", with(invite, "Date: Fri, 01 Jan 2010 16:00:00 EST\n"), "INVITE 8"),
        ("3.1.2.14 badaspec", with("OPTIONS sip:user@example.org SIP/2.0", "To: <\"Watson, Thomas\" <sip:t.watson@example.org>>\n"), "400"),
        // An unquoted comma in From cannot mean anything else: taken as a name.
        ("3.1.2.15 baddn", with("OPTIONS sip:user@example.org SIP/2.0", "From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43\n"), "OPTIONS 8"),
        ("3.1.2.16 badvers", with("OPTIONS sip:user@example.org SIP/7.0", ""), "505"),
        ("3.1.2.17 mismatch01", with("OPTIONS sip:user@example.org SIP/2.0", "CSeq: 8 INVITE\n"), "400"),
        ("3.1.2.18 mismatch02", with("NEWMETHOD sip:user@example.org SIP/2.0", "CSeq: 8 INVITE\n"), "501"),
        ("3.1.2.19 bigcode", response("SIP/2.0 4294967301 better not break the receiver", ""), "silence"),
        ("3.3.1 insuf", "INVITE sip:user@example.com SIP/2.0\nCSeq: 193942 INVITE\nVia: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKk\nContent-Length: 0\n\n".into(), "400"),
        ("3.3.2 unkscm", with("OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0", ""), "416"),
        ("3.3.3 novelsc", with("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0", ""), "416"),
        ("3.3.8 multi01", with(invite, "CSeq: 5 INVITE\nCall-ID: other\nMax-Forwards: 5\nCall-ID: more\n"), "400"),
        ("3.3.9 mcl01", with("OPTIONS sip:user@example.com SIP/2.0", "Content-Length: 13\nContent-Length: 5\n\nThere's no way"), "400"),
        ("3.3.10 bcast", response("SIP/2.0 200 OK", "Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1\nVia: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK2\n"), "silence"),
    ] {
        assert_eq!(verdict(&text), expected, "{name}");
    }
}

#[test]
fn details_of_valid_messages() {
    // 3.1.1.8 dblreq: the second request in the datagram belongs to nobody.
    let double = with("REGISTER sip:example.com SIP/2.0", "") + &with("INVITE sip:joe@example.com SIP/2.0", "");
    assert_eq!((request(&double).method, request(&double).body), (wire::Method::Register, Bytes::new()));
    // 3.1.1.4 escnull: kept as it was written.
    let null = request(&with("REGISTER sip:example.com SIP/2.0", "Contact: <sip:%00@h>\n"));
    assert_eq!(null.message.value(Name::Contact), Some(&b"<sip:%00@h>"[..]));
    // 3.1.1.9 semiuri: the user part is all before the @.
    let semi = request(&with("OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0", ""));
    assert_eq!(semi.uri().expect("a URI").user, Some(&b"user;par=u%40example.net"[..]));
    // 3.3.5 bext01: only what is required of us.
    let text = with(
        "OPTIONS sip:user@example.com SIP/2.0",
        "Require: nothingSupportsThis, nothingSupportsThisEither\nProxy-Require: noProxiesSupportThis\n",
    );
    let Verdict::Refuse(refusal) = parse(text.replace('\n', "\r\n").as_bytes()) else { panic!("refused") };
    let named = refusal.extra.map(|(_, value)| value);
    assert_eq!((refusal.code, named), (420, Some(b"nothingSupportsThis, nothingSupportsThisEither".to_vec())));
    // 3.3.12 and 3.3.13, cparam01 and cparam02: whose parameter it is.
    for (contact, uri) in [
        ("sip:+19725552222@gw1.example.net;unknownparam", "sip:+19725552222@gw1.example.net"),
        ("<sip:+19725552222@gw1.example.net;unknownparam>", "sip:+19725552222@gw1.example.net;unknownparam"),
    ] {
        assert_eq!(Address::parse(contact.as_bytes()).expect("valid").uri.raw, uri.as_bytes());
    }
}

#[test]
fn rfc_5118() {
    let register = |uri: &str, lines: &str| with(&format!("REGISTER {uri} SIP/2.0"), lines);
    let via = |value: &str| format!("Via: SIP/2.0/UDP {value};branch=z9hG4bKas3\n");
    for (name, text, expected) in [
        ("4.1 valid", register("sip:[2001:db8::10]", &via("[2001:db8::9:1]")), "REGISTER 8"),
        ("4.2 no brackets", register("sip:2001:db8::10", ""), "400"),
        ("4.3 ambiguous port", register("sip:[2001:db8::10:5070]", ""), "REGISTER 8"),
        ("4.4 unambiguous port", register("sip:[2001:db8::10]:5070", ""), "REGISTER 8"),
        (
            "4.5 received in brackets",
            register(
                "sip:[2001:db8::10]",
                "Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bK1\n",
            ),
            "REGISTER 8",
        ),
        (
            "4.5 received without",
            register(
                "sip:[2001:db8::10]",
                "Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bK1\n",
            ),
            "REGISTER 8",
        ),
        (
            "4.6 both families",
            register(
                "sip:user@example.com",
                "Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bK1, SIP/2.0/UDP 192.0.2.1\n",
            ),
            "REGISTER 8",
        ),
        ("4.8 IPv4-mapped", register("sip:user@[::ffff:192.0.2.10]:19823", ""), "REGISTER 8"),
        ("4.9 three colons", register("sip:user@[2001:db8:::192.0.2.1]", &via("[2001:db8:::192.0.2.1]")), "REGISTER 8"),
    ] {
        assert_eq!(verdict(&text), expected, "{name}");
    }
}
