//! The torture messages of RFC 4475 and RFC 5118, typed from the RFCs, over real sockets of the loopback.
//!
//! `torture/*.sip` are the messages in the RFC's own notation, `torture/outcomes.txt` is what each must come to.

mod script;
#[path = "torture/client.rs"]
mod torture_client;
#[path = "torture/notation.rs"]
mod torture_notation;

use std::collections::BTreeMap;

use sip::wire::{self, Address, Name, Verdict, lex, parse};
use torture_client::Served;

/// The messages of RFC 4475 by their names there, section by section.
const RFC_4475: &str = "wsinv intmeth esc01 escnull esc02 lwsdisp longreq dblreq semiuri transports mpart01 unreason noreason \
    badinv01 clerr ncl scalar02 scalarlg quotbal ltgtruri lwsruri lwsstart trws escruri baddate regbadct badaspec baddn badvers \
    mismatch01 mismatch02 bigcode badbranch insuf unkscm novelsc unksm2 bext01 invut regaut01 multi01 mcl01 bcast zeromf cparam01 \
    cparam02 regescrt sdp01 inv2543";
/// The same of RFC 5118.
const RFC_5118: &str = "ipv6-good ipv6-bad port-ambiguous port-unambiguous via-received-param-with-delim via-received-param-no-delim \
    ipv6-in-sdp mult-ip-in-header mult-ip-in-sdp ipv4-mapped-ipv6 ipv6-bug-abnf-3-colons ipv6-correct-abnf-2-colons";

struct Row {
    name: &'static str,
    read: String,
    udp: Vec<&'static str>,
    tcp: Vec<&'static str>,
}

/// The lines of the table.
fn table() -> Vec<Row> {
    let lines = include_str!("torture/outcomes.txt").lines();
    let rows = lines.filter(|l| !l.is_empty() && !l.starts_with('#') && !l.starts_with("name "));
    rows.map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [name, _section, read @ .., udp, tcp] = &words[..] else { panic!("a line of the table: {line}") };
        Row { name, read: read.join(" "), udp: udp.split(',').collect(), tcp: tcp.split(',').collect() }
    })
    .collect()
}

fn messages() -> BTreeMap<String, Vec<u8>> {
    torture_notation::all().into_iter().collect()
}

fn message(name: &str) -> Vec<u8> {
    messages().remove(name).expect("a message of this name")
}

fn request(name: &str) -> wire::Request {
    match parse(&message(name)) {
        Verdict::Request(request) => request,
        other => panic!("{other:?} of {name}"),
    }
}

/// What the two stages make of a message, in the words of the table.
fn read(message: &[u8]) -> String {
    match parse(message) {
        Verdict::Request(r) => format!("{} {}", wire::method_name(r.method), r.cseq),
        Verdict::Response(r) => format!("response {} {}", r.code, r.cseq),
        Verdict::Refuse(r) => format!("refuse {}", r.code),
        Verdict::Silence(_) => "nothing".into(),
    }
}

#[test]
fn none_is_missing() {
    let mut named: Vec<_> = RFC_4475.split_whitespace().chain(RFC_5118.split_whitespace()).collect();
    assert_eq!((RFC_4475.split_whitespace().count(), RFC_5118.split_whitespace().count()), (49, 12));
    assert_eq!(table().iter().map(|row| row.name).collect::<Vec<_>>(), named, "the table, in the order of the RFCs");
    named.sort_unstable();
    assert_eq!(messages().into_keys().collect::<Vec<_>>(), named, "the files");
}

#[test]
fn each_is_read_as_the_table_says() {
    let messages = messages();
    for row in table() {
        assert_eq!(read(&messages[row.name]), row.read, "{}", row.name);
    }
}

#[tokio::test]
async fn each_datagram_gets_its_answer() {
    let messages = messages();
    for row in table() {
        let mut served = Served::start().await;
        served.datagram(row.name, &messages[row.name], &row.udp).await;
    }
}

#[tokio::test]
async fn each_stream_gets_its_answers() {
    let messages = messages();
    // A stream needs a length, which a client of RFC 2543 need not send.
    for row in table().iter().filter(|row| row.tcp != ["-"]) {
        let mut served = Served::start().await;
        served.stream(row.name, &messages[row.name], &row.tcp).await;
    }
}

#[test]
fn a_short_tortuous_invite() {
    let invite = request("wsinv");
    let to = invite.address(Name::To).expect("To");
    assert_eq!((to.uri.raw, to.tag()), (&b"sip:vivekg@chair-dnrc.example.com"[..], Some(&b"1918181833n"[..])));
    assert_eq!(invite.address(Name::From).expect("From").name(), "J Rosenberg \\\"");
    assert_eq!((invite.cseq, &invite.branch[..], invite.body.len()), (9, &b"390skdjuw"[..], 150));
    let vias: Vec<_> = invite.message.list(Name::Via).map(|v| wire::Via::parse(v).expect("a Via")).collect();
    let hops: Vec<_> = vias.iter().map(|v| (v.transport, v.branch().expect("a branch"))).collect();
    let expected = [("UDP", "390skdjuw"), ("TCP", "z9hG4bK9ikj8"), ("UDP", "z9hG4bK30239")];
    assert_eq!(hops, expected.map(|(transport, branch)| (transport.as_bytes(), branch.as_bytes())));
    let contact = invite.message.list(Name::Contact).next().and_then(|c| Address::parse(c).ok()).expect("Contact");
    assert_eq!(contact.name(), "Quoted string \"\"");
    assert_eq!(lex::param(contact.params, "q"), Some(Some(&b"0.33"[..])));
    assert_eq!(invite.message.value(Name::Subject), Some(&b""[..]));
}

#[test]
fn escapes_mean_what_they_say_and_stay_as_they_are() {
    let esc01 = request("esc01");
    assert_eq!(&esc01.uri[..], b"sip:sips%3Auser%40example.com@example.net");
    assert_eq!(esc01.uri().expect("a URI").user(), "sips:user@example.com");
    assert_eq!(esc01.address(Name::To).expect("To").uri.user(), "user");
    assert_eq!(esc01.address(Name::From).expect("From").uri.user(), "I have spaces");
    let null = request("escnull");
    assert_eq!(null.address(Name::To).expect("To").uri.user(), "null-\0-null");
    let contacts: Vec<_> = null.message.list(Name::Contact).collect();
    assert_eq!(contacts, [&b"<sip:%00@host5.example.com>"[..], b"<sip:%00%00@host5.example.com>"]);
    assert_eq!(request("semiuri").uri().expect("a URI").user, Some(&b"user;par=u%40example.net"[..]));
}

#[test]
fn bodies_end_where_they_should() {
    assert!(request("dblreq").body.is_empty(), "the second request of a datagram belongs to nobody");
    let mpart = request("mpart01");
    assert_eq!(mpart.body.len(), 553);
    let kind = mpart.message.value(Name::ContentType).expect("a type");
    let binary = wire::find_part(kind, &mpart.body, "application", "octet-stream").expect("the second part");
    assert_eq!((binary.len(), &binary[..4], binary.contains(&0)), (342, &[0x30, 0x82, 0x01, 0x52][..], true));
    assert_eq!(wire::find_part(kind, &mpart.body, "text", "plain"), Some(&b"Hello"[..]));
    assert_eq!(request("inv2543").body.len(), 105, "without a length, all of the datagram");
}

#[test]
fn parameters_belong_to_the_uri_only_inside_its_brackets() {
    let contact = |name| {
        let request = request(name);
        let contact = request.message.list(Name::Contact).next().map(<[u8]>::to_vec).expect("a contact");
        let address = Address::parse(&contact).expect("an address");
        (address.uri.params.to_vec(), address.params.to_vec())
    };
    assert_eq!(contact("cparam01"), (vec![], b"unknownparam".to_vec()));
    assert_eq!(contact("cparam02"), (b"unknownparam".to_vec(), vec![]));
}

#[test]
fn a_refusal_names_what_is_not_supported() {
    let Verdict::Refuse(refusal) = parse(&message("bext01")) else { panic!("refused") };
    // What a proxy would have to support is not asked of us.
    assert_eq!(refusal.extra, Some((Name::Unsupported, b"nothingSupportsThis, nothingSupportsThisEither".to_vec())));
}

#[test]
fn ports_and_addresses_of_ipv6() {
    let host = |name| {
        let request = request(name);
        let uri = request.uri().expect("a URI");
        (wire::uri::literal(uri.host).map(|ip| ip.to_string()), uri.port)
    };
    let address = |text: &str| Some(text.to_owned());
    assert_eq!(host("port-ambiguous"), (address("2001:db8::10:5070"), None));
    assert_eq!(host("port-unambiguous"), (address("2001:db8::10"), Some(5070)));
    assert_eq!(host("ipv6-bug-abnf-3-colons"), host("ipv6-correct-abnf-2-colons"));
}
