//! Whatever goes into an endpoint or comes out of it can be printed, and shows nothing personal and no secret.

use std::fmt::Debug;

use bytes::Bytes;
use model::defence::{Block, Suspicion};
use model::settings::Network;
use model::{Pii, Source, Wall};
use sip::api::{self, Content, DialogId, Named, Package, Refer, Replaces, SendId, Sending, SubscriptionId, Vouched};
use sip::{
    Advertised, Auth, Body, Command, Contact, Event, Flow, Input, Invite, LegId, NameAddr, OutgoingCall, Output, Peers,
    Register, RequestId, SecurePeer, Transport, Trunk, TrunkSecret, Trust, User,
};

/// Stands in all that must not be shown: a description, a number, a name, a key, a Call-ID, a phone's name for itself.
const SECRET: &str = "v=0 o=- 555-0123 IN IP4 10.1.2.3";
const LEG: LegId = LegId(1);
const REQUEST: RequestId = RequestId(1);
const SUBSCRIPTION: SubscriptionId = SubscriptionId(1);

fn flow() -> Flow {
    let at = "10.1.2.3:5060".parse().expect("an address");
    Flow { transport: Transport::Udp, local: at, remote: at, connection: 0 }
}

fn source() -> Source {
    Source::of(flow().remote.ip())
}

fn party() -> NameAddr {
    NameAddr { display: SECRET.into(), uri: SECRET.into() }
}

fn auth() -> Auth {
    Auth::Valid { user: SECRET.into() }
}

fn dialog() -> DialogId {
    DialogId { call_id: SECRET.into(), local_tag: SECRET.into(), remote_tag: SECRET.into() }
}

fn invite() -> Invite {
    let named = Named { user: SECRET.into(), display: SECRET.into() };
    let diverted = vec![named.clone()];
    Invite {
        dialog: dialog(),
        from: party(),
        from_user: SECRET.into(),
        gr: Some(SECRET.into()),
        auth: auth(),
        vouched: Some(Vouched { trunk: "north".into(), asserted: Some(named), private: true, diverted }),
        offer: Some(SECRET.into()),
        agent: SECRET.into(),
        replaces: Some(Replaces { leg: LEG, early_only: false }),
        ..Invite::new(flow(), SECRET)
    }
}

fn contact() -> Contact {
    let gruus = Some((SECRET.into(), SECRET.into()));
    Contact { instance: SECRET.into(), gruus, ..Contact::new(SECRET, 60) }
}

fn register() -> Register {
    Register {
        auth: auth(),
        contacts: vec![contact()],
        path: vec![SECRET.into()],
        call_id: SECRET.into(),
        agent: SECRET.into(),
        ..Register::new(flow(), SECRET)
    }
}

fn events() -> Vec<Event> {
    let body = || Body::from(SECRET);
    let (leg, request, subscription) = (LEG, REQUEST, SUBSCRIPTION);
    let block = Block { source: source(), suspicion: Suspicion::Scanner, since: Wall(0), until: Wall(1), times: 1 };
    let message = api::Message {
        flow: flow(),
        auth: auth(),
        from: party(),
        to: SECRET.into(),
        content_type: "text/plain".into(),
        body: body(),
    };
    let package = Package::Dialog;
    let subscribe = api::Subscribe {
        flow: flow(),
        auth: auth(),
        about: SECRET.into(),
        package,
        expires: 60,
        lists: false,
        mixed: false,
        wish: Some(body()),
    };
    let refer = Refer { to: SECRET.into(), dialled: SECRET.into(), replaces: Some(leg) };
    vec![
        Event::Register { request, register: register().into() },
        Event::Invite { leg, invite: invite().into() },
        Event::Dialog { leg, dialog: dialog() },
        Event::AckAnswer { leg, body: body() },
        Event::Progress { leg, code: 183, body: Some(body()) },
        Event::Answered { leg, body: body() },
        Event::Reinvite { leg, offer: body() },
        Event::ReinviteAnswered { leg, body: body() },
        Event::Refer { leg, refer },
        Event::Offered { leg, offer: body() },
        Event::Referred { leg, code: 200 },
        Event::Dtmf { leg, digit: Pii::new('5'), millis: 100 },
        Event::Subscribe { subscription, subscribe: subscribe.into() },
        Event::Message { request, message: message.into() },
        Event::TrunkRegistered { trunk: "north".into(), flow: flow(), seconds: 60 },
        Event::Blocked(block),
        Event::Forgiven { source: source() },
        Event::Altered { user: SECRET.into(), source: source() },
    ]
}

fn commands() -> Vec<Command> {
    let body = || Body::from(SECRET);
    let (leg, ip) = (LEG, flow().remote.ip());
    let user =
        User { user: SECRET.into(), ha1_md5: SECRET.into(), ha1_sha256: SECRET.into(), ha1_sha512_256: SECRET.into() };
    let network = Network::parse("10.1.2.0/24").expect("a network");
    let peers =
        Peers { networks: vec![network], trunks: vec![ip], carriers: vec![network], gateways: vec![flow().remote] };
    let trunk = Trunk { proxy: Some(SECRET.into()), user: SECRET.into(), ..Trunk::new("north", SECRET, vec![flow()]) };
    let secret = TrunkSecret { trunk: "north".into(), user: SECRET.into(), password: SECRET.into() };
    let secure = SecurePeer { address: flow().remote, domain: SECRET.into(), trust: Trust::Public };
    let call = OutgoingCall {
        route: vec![SECRET.into()],
        headers: vec![("Diversion", SECRET.into())],
        owner: Some(SECRET.into()),
        ..OutgoingCall::new(SECRET, flow(), party(), party(), body())
    };
    let content = Content::Message { content_type: "text/plain".into(), body: body() };
    let (uri, route) = (SECRET.into(), vec![SECRET.into()]);
    let sending = Sending { uri, flow: flow(), route, from: party(), to: party(), content };
    let document = api::Document { content_type: Package::Dialog.content_type().into(), body: body() };
    vec![
        Command::SetUsers([user].into()),
        Command::SetPeers(peers),
        Command::SetAdvertised(vec![Advertised { network, address: ip }]),
        Command::SetSecurePeers(vec![secure]),
        Command::Unblock { source: source() },
        Command::SetTrunks(vec![trunk]),
        Command::SetTrunkSecrets([secret].into()),
        Command::AcceptRegister { request: REQUEST, contacts: vec![contact()], outbound: true },
        Command::Send { id: SendId(1), sending: sending.into() },
        Command::Notify { subscription: SUBSCRIPTION, document },
        Command::Ring { leg, code: 183, body: Some(body()) },
        Command::Answer { leg, body: body() },
        Command::Invite { leg, call: call.into() },
        Command::Reinvite { leg, body: body() },
        Command::Propose { leg, body: body() },
        Command::AnswerReinvite { leg, body: body() },
        Command::AnswerOffer { leg, body: body() },
    ]
}

fn assert_hidden(thing: &dyn Debug) {
    for text in [format!("{thing:?}"), format!("{thing:#?}")] {
        for word in ["555", "10.1", "'5'", "v=0", "IP4"] {
            assert!(!text.contains(word), "{text}");
        }
    }
}

#[test]
fn no_body_no_number_no_address_and_no_key_is_printed() {
    let body = Bytes::from(SECRET);
    events().iter().for_each(|event| assert_hidden(event));
    commands().iter().for_each(|command| assert_hidden(command));
    for command in commands() {
        assert_hidden(&Input::Command(command));
    }
    for event in events() {
        assert_hidden(&Output::Event(event));
    }
    assert_hidden(&Output::Transmit { flow: flow(), data: body.clone() });
    assert_hidden(&Input::Bytes { flow: flow(), data: &body });
}

/// What helps whoever reads a log is there.
#[test]
fn kinds_codes_and_sizes_are_printed() {
    let printed = |command: Command| format!("{command:?}");
    let ring = Command::Ring { leg: LEG, code: 183, body: Some("v=0".into()) };
    assert_eq!(printed(ring), "Ring { leg: LegId(1), code: 183, body: Some(3 bytes) }");
    assert_eq!(printed(Command::Bye { leg: LEG }), "Bye { leg: LegId(1) }");
}
