//! A page on one side, a switchboard on the other, and the phone between them: frames of JSON in, SIP out, and back, in simulated time. The
//! switchboard is an endpoint of its own, which is told whose the connection is.

mod coming_back;

use std::fmt::Write as _;
use std::time::Duration;

use expect_test::{Expect, expect};
use model::{Now, Pii, Random};
use sip::{Auth, Command, Endpoint, Event, Flow, Input, LegId, NameAddr, OutgoingCall, Output, Peers, Transport};

use super::phone::{Action, Phone, Setup};
use super::protocol::Order;

const BROWSER: &str = "10.0.0.9:50123";
const CONSOLE: &str = "10.0.0.1:443";

/// All three, and what was said between them since it was last asked for.
struct Bench {
    phone: Phone,
    switch: Endpoint,
    now: Now,
    said: String,
    events: Vec<Event>,
    next: model::Instant,
}

fn flow(local: &str, remote: &str) -> Flow {
    let address = |text: &str| text.parse().expect("an address");
    Flow { transport: Transport::Wss, local: address(local), remote: address(remote), connection: 1 }
}

impl Bench {
    /// A phone that is registered.
    fn new() -> Self {
        let now = Now::simulation_start();
        let setup = Setup {
            user: "101".into(),
            name: "Front desk".to_owned().into(),
            domain: "clinic.demo".into(),
            flow: flow(BROWSER, CONSOLE),
            emergency: vec!["911".into()],
        };
        let mut switch = Endpoint::new(sip::Config::new("clinic.demo"), Random::from_u64(2));
        let peers = Peers { trunks: vec!["10.0.0.9".parse().expect("an address")], ..Peers::default() };
        for input in [
            Input::Command(Command::SetPeers(peers)),
            Input::Known { flow: flow(CONSOLE, BROWSER), user: "101".to_owned().into() },
        ] {
            switch.handle_input(now, input);
        }
        let phone = Phone::new(setup, now, Random::from_u64(1));
        let next = model::Instant::FAR_FUTURE;
        let mut bench = Self { phone, switch, now, said: String::new(), events: Vec::new(), next };
        bench.pump();
        bench
    }

    /// Carries everything to where it goes, until nothing is left.
    fn pump(&mut self) {
        loop {
            match self.phone.poll() {
                Action::Wire(data) => {
                    self.note_wire("->", &data);
                    let flow = flow(CONSOLE, BROWSER);
                    self.switch.handle_input(self.now, Input::Bytes { flow, data: &data });
                    self.listen();
                }
                Action::Tell(news) => {
                    let text = serde_json::to_string(&news).expect("JSON");
                    writeln!(self.said, "{text}").expect("text grows");
                }
                Action::Timeout(at) => {
                    self.next = at;
                    return;
                }
            }
        }
    }

    fn listen(&mut self) {
        loop {
            match self.switch.poll_output() {
                Output::Transmit { data, .. } => {
                    self.note_wire("<-", &data);
                    self.phone.heard(self.now, &data);
                }
                Output::Event(Event::Register { request, register }) => {
                    assert_eq!(register.auth, Auth::Valid { user: "101".into() }, "known without a password");
                    let contacts = register.contacts.into_iter().filter(|c| c.expires > 0).collect();
                    self.switch_does(Command::AcceptRegister { request, contacts, outbound: false });
                }
                Output::Event(event) => self.events.push(event),
                Output::Close { .. } | Output::Leave { .. } => panic!("the switchboard closes"),
                Output::Timeout(_) => return,
            }
        }
    }

    fn switch_does(&mut self, command: Command) {
        self.switch.handle_input(self.now, Input::Command(command));
        self.listen();
        self.pump();
    }

    /// The first line of a message, and what of its headers a transfer is made of.
    fn note_wire(&mut self, way: &str, data: &[u8]) {
        let text = String::from_utf8_lossy(data);
        let line = text.lines().next().unwrap_or_default().trim_end_matches(" SIP/2.0");
        writeln!(self.said, "{way} {line}").expect("text grows");
        if let Some(refer) = text.lines().find(|l| l.starts_with("Refer-To")) {
            writeln!(self.said, "   {refer}").expect("text grows");
        }
    }

    fn page(&mut self, frame: &str) {
        if let Some(order) = self.phone.read(frame) {
            self.phone.order(self.now, order);
        }
        self.pump();
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now.after(time);
        while self.next <= until.instant {
            self.now = self.now.after(self.next.saturating_since(self.now.instant));
            self.phone.timeout(self.now);
            self.switch.handle_input(self.now, Input::Timeout);
            self.listen();
            self.pump();
        }
        self.now = until;
    }

    /// Somebody calls the page.
    fn ring_at_page(&mut self, n: u64, name: &str, number: &str) -> LegId {
        let (leg, flow) = (LegId::outgoing(n), flow(CONSOLE, BROWSER));
        let uri = |user: &str| Pii::new(format!("sip:{user}@clinic.demo"));
        let from = NameAddr { display: name.to_owned().into(), uri: uri(number) };
        let to = NameAddr { display: Pii::default(), uri: uri("101") };
        let call = OutgoingCall::new(format!("sip:101@{BROWSER}"), flow, from, to, "offer of the switchboard");
        self.switch_does(Command::Invite { leg, call: Box::new(call) });
        leg
    }

    /// The page calls somebody, who answers.
    fn talks(&mut self, call: u32) -> LegId {
        self.page(&format!(r#"{{"do":"call","call":{call},"to":"102","offer":"offer"}}"#));
        let leg = self.invited().0;
        self.switch_does(Command::Answer { leg, body: "answer".into() });
        self.said.clear();
        leg
    }

    /// The call that has come to the switchboard last, and whom it is for.
    fn invited(&mut self) -> (LegId, String) {
        let found = self.events.iter().rev().find_map(|event| match event {
            Event::Invite { leg, invite } => {
                assert_eq!(invite.auth, Auth::Valid { user: "101".into() });
                Some((*leg, invite.dialled.expose().clone()))
            }
            _ => None,
        });
        found.expect("a call")
    }

    fn check(&mut self, expected: &Expect) {
        // Tags and Call-IDs are random; where they stand is what counts.
        let said = std::mem::take(&mut self.said);
        expected.assert_eq(&said);
    }
}

#[test]
fn it_registers_without_a_password_calls_and_hangs_up() {
    let mut bench = Bench::new();
    bench.check(&expect![[r#"
        -> REGISTER sip:clinic.demo
        <- SIP/2.0 200 OK
        {"say":"ready"}
    "#]]);
    bench.page(r#"{"do":"call","call":1,"to":"(202) 555-0123","offer":"my offer"}"#);
    let (leg, dialled) = bench.invited();
    assert_eq!(dialled, "2025550123", "as people write it, but dialled as phones do");
    bench.switch_does(Command::Ring { leg, code: 180, body: None });
    bench.switch_does(Command::Answer { leg, body: "their answer".into() });
    bench.page(r#"{"do":"hang_up","call":1}"#);
    bench.check(&expect![[r#"
        -> INVITE sip:2025550123@clinic.demo
        <- SIP/2.0 180 Ringing
        {"say":"ringing","call":1,"answer":null}
        <- SIP/2.0 200 OK
        -> ACK sip:10.0.0.1:443;transport=wss
        {"say":"answered","call":1,"answer":"their answer"}
        -> BYE sip:10.0.0.1:443;transport=wss
        <- SIP/2.0 200 OK
        {"say":"ended","call":1,"why":"hung_up"}
    "#]]);
}

#[test]
fn it_is_called_and_answers_or_does_not() {
    let mut bench = Bench::new();
    bench.said.clear();
    let first = bench.ring_at_page(1, "Nurse", "102");
    bench.page(r#"{"do":"answer","call":2,"answer":"my answer"}"#);
    bench.switch_does(Command::Bye { leg: first });
    bench.ring_at_page(2, "Nurse", "102");
    bench.page(r#"{"do":"refuse","call":4}"#);
    let third = bench.ring_at_page(3, "", "anonymous");
    bench.switch_does(Command::Cancel { leg: third });
    bench.check(&expect![[r#"
        <- INVITE sip:101@10.0.0.9:50123
        -> SIP/2.0 180 Ringing
        {"say":"called","call":2,"name":"Nurse","number":"102","offer":"offer of the switchboard"}
        -> SIP/2.0 200 OK
        <- ACK sip:10.0.0.9:50123;transport=wss
        <- BYE sip:10.0.0.9:50123;transport=wss
        -> SIP/2.0 200 OK
        {"say":"ended","call":2,"why":"hung_up"}
        <- INVITE sip:101@10.0.0.9:50123
        -> SIP/2.0 180 Ringing
        {"say":"called","call":4,"name":"Nurse","number":"102","offer":"offer of the switchboard"}
        -> SIP/2.0 486 Busy Here
        <- ACK sip:101@10.0.0.9:50123
        {"say":"ended","call":4,"why":"hung_up"}
        <- INVITE sip:101@10.0.0.9:50123
        -> SIP/2.0 180 Ringing
        {"say":"called","call":6,"name":"","number":"anonymous","offer":"offer of the switchboard"}
        <- CANCEL sip:101@10.0.0.9:50123
        -> SIP/2.0 200 OK
        -> SIP/2.0 487 Request Terminated
        <- ACK sip:101@10.0.0.9:50123
        {"say":"ended","call":6,"why":"stopped"}
    "#]]);
}

#[test]
fn both_sides_change_the_session() {
    let mut bench = Bench::new();
    let leg = bench.talks(1);
    bench.page(r#"{"do":"offer","call":1,"offer":"hold"}"#);
    bench.switch_does(Command::AnswerReinvite { leg, body: "held".into() });
    bench.page(r#"{"do":"offer","call":1,"offer":"video"}"#);
    bench.switch_does(Command::RefuseReinvite { leg, code: 488 });
    bench.switch_does(Command::Reinvite { leg, body: "other place".into() });
    bench.page(r#"{"do":"answer_offer","call":1,"answer":"well"}"#);
    bench.switch_does(Command::Reinvite { leg, body: "elsewhere".into() });
    bench.page(r#"{"do":"refuse_offer","call":1}"#);
    bench.check(&expect![[r#"
        -> INVITE sip:10.0.0.1:443;transport=wss
        <- SIP/2.0 200 OK
        -> ACK sip:10.0.0.1:443;transport=wss
        {"say":"changed","call":1,"answer":"held"}
        -> INVITE sip:10.0.0.1:443;transport=wss
        <- SIP/2.0 488 Not Acceptable Here
        -> ACK sip:10.0.0.1:443;transport=wss
        {"say":"unchanged","call":1}
        <- INVITE sip:10.0.0.9:50123;transport=wss
        {"say":"offered","call":1,"offer":"other place"}
        -> SIP/2.0 200 OK
        <- ACK sip:10.0.0.9:50123;transport=wss
        <- INVITE sip:10.0.0.9:50123;transport=wss
        {"say":"offered","call":1,"offer":"elsewhere"}
        -> SIP/2.0 488 Not Acceptable Here
        <- ACK sip:10.0.0.9:50123;transport=wss
    "#]]);
}

#[test]
fn a_transfer_that_works_ends_the_call_and_one_that_fails_keeps_it() {
    let mut bench = Bench::new();
    let leg = bench.talks(1);
    bench.page(r#"{"do":"transfer","call":1,"to":"103"}"#);
    bench.switch_does(Command::AcceptRefer { leg });
    bench.switch_does(Command::ReferProgress { leg, code: 486 });
    bench.page(r#"{"do":"transfer","call":1,"to":"*72#"}"#);
    bench.switch_does(Command::RefuseRefer { leg, code: 603 });
    bench.page(r#"{"do":"transfer","call":1,"to":"103"}"#);
    bench.switch_does(Command::AcceptRefer { leg });
    bench.switch_does(Command::ReferProgress { leg, code: 200 });
    bench.check(&expect![[r#"
        -> REFER sip:10.0.0.1:443;transport=wss
           Refer-To: <sip:103@clinic.demo>
        <- SIP/2.0 202 Accepted
        <- NOTIFY sip:10.0.0.9:50123;transport=wss
        -> SIP/2.0 200 OK
        {"say":"transferring","call":1}
        {"say":"transferring","call":1}
        <- NOTIFY sip:10.0.0.9:50123;transport=wss
        -> SIP/2.0 200 OK
        {"say":"not_transferred","call":1,"why":"busy"}
        -> REFER sip:10.0.0.1:443;transport=wss
           Refer-To: <sip:*72%23@clinic.demo>
        <- SIP/2.0 603 Decline
        {"say":"not_transferred","call":1,"why":"declined"}
        -> REFER sip:10.0.0.1:443;transport=wss
           Refer-To: <sip:103@clinic.demo>
        <- SIP/2.0 202 Accepted
        <- NOTIFY sip:10.0.0.9:50123;transport=wss
        -> SIP/2.0 200 OK
        {"say":"transferring","call":1}
        {"say":"transferring","call":1}
        <- NOTIFY sip:10.0.0.9:50123;transport=wss
        -> SIP/2.0 200 OK
        -> BYE sip:10.0.0.1:443;transport=wss
        <- SIP/2.0 200 OK
        {"say":"transferred","call":1}
    "#]]);
}

#[test]
fn two_calls_become_one_without_the_page() {
    let mut bench = Bench::new();
    let (first, second) = (bench.talks(1), bench.talks(3));
    bench.page(r#"{"do":"join","call":1,"with":3}"#);
    let refer = bench.events.iter().find_map(|event| match event {
        Event::Refer { leg, refer } => Some((*leg, refer.replaces)),
        _ => None,
    });
    assert_eq!(refer, Some((first, Some(second))), "the switchboard finds its own end of the other call");
    bench.page(r#"{"do":"join","call":3,"with":3}"#);
    assert!(
        bench.said.ends_with("{\"say\":\"not_transferred\",\"call\":3,\"why\":\"no_such_call\"}\n"),
        "{}",
        bench.said
    );
}

#[test]
fn a_page_that_talks_nonsense_or_too_much_is_told_so_and_still_reaches_help() {
    let mut bench = Bench::new();
    bench.said.clear();
    for frame in ["", "[]", "{\"do\":\"register\"}", r#"{"do":"call","call":1}"#, &" ".repeat(70_000)] {
        bench.page(frame);
    }
    assert_eq!(bench.said, "{\"say\":\"problem\",\"why\":\"nonsense\"}\n".repeat(5));
    for call in [1, 3, 5, 7, 9] {
        bench.page(&format!(r#"{{"do":"call","call":{call},"to":"102","offer":"o"}}"#));
    }
    assert!(bench.said.ends_with("{\"say\":\"ended\",\"call\":9,\"why\":\"too_many\"}\n"), "{}", bench.said);
    for _ in 0..60 {
        bench.page(r#"{"do":"here"}"#);
    }
    assert!(bench.said.ends_with("{\"say\":\"problem\",\"why\":\"too_many\"}\n"), "{}", bench.said);
    bench.said.clear();
    bench.page(r#"{"do":"call","call":11,"to":"911","offer":"o"}"#);
    assert_eq!(bench.invited().1, "911");
}

/// A dispatcher calls back, and a desk with four calls is busy to everybody else.
#[test]
fn whoever_has_called_for_help_is_not_busy_when_help_calls_back() {
    let mut bench = Bench::new();
    let is_taken = |bench: &mut Bench, n| {
        bench.said.clear();
        bench.ring_at_page(n, "", "12025550199");
        bench.said.contains("-> SIP/2.0 180")
    };
    for n in 1..=4 {
        assert!(is_taken(&mut bench, n));
    }
    assert!(!is_taken(&mut bench, 5) && bench.said.contains("-> SIP/2.0 486"), "{}", bench.said);
    bench.page(r#"{"do":"call","call":1,"to":"911","offer":"o"}"#);
    for n in 6..=8 {
        assert!(is_taken(&mut bench, n), "{}", bench.said);
    }
    assert!(!is_taken(&mut bench, 9), "there is a bound");
    bench.page(r#"{"do":"hang_up","call":1}"#);
    bench.wait(Duration::from_secs(3600));
    assert!(!is_taken(&mut bench, 10), "by then they have come");
}

#[test]
fn who_is_signed_out_is_not_called_and_calls_nobody_but_help() {
    let mut bench = Bench::new();
    bench.talks(1);
    bench.phone.sign_out(bench.now);
    bench.pump();
    bench.ring_at_page(1, "Nurse", "102");
    bench.page(r#"{"do":"call","call":3,"to":"102","offer":"o"}"#);
    assert!(!bench.phone.is_over(), "the call that is up goes on");
    bench.page(r#"{"do":"hang_up","call":1}"#);
    assert!(bench.phone.is_over());
    bench.check(&expect![[r#"
        -> REGISTER sip:clinic.demo
        <- SIP/2.0 200 OK
        {"say":"signed_out"}
        <- INVITE sip:101@10.0.0.9:50123
        -> SIP/2.0 480 Temporarily Unavailable
        <- ACK sip:101@10.0.0.9:50123
        {"say":"ended","call":3,"why":"signed_out"}
        -> BYE sip:10.0.0.1:443;transport=wss
        <- SIP/2.0 200 OK
        {"say":"ended","call":1,"why":"hung_up"}
    "#]]);
    bench.page(r#"{"do":"call","call":5,"to":"911","offer":"o"}"#);
    assert_eq!(bench.invited().1, "911");
    // A plan goes live that has another.
    let order = || Order::Call { call: 7, to: "0-19222".to_owned().into(), offer: Pii::default() };
    assert!(!bench.phone.is_for_help(&order()));
    bench.phone.help_is(vec!["911".into(), "19222".into(), "019222".into()]);
    assert!(bench.phone.is_for_help(&order()));
    bench.page(r#"{"do":"call","call":7,"to":"0-19222","offer":"o"}"#);
    assert_eq!(bench.invited().1, "019222");
}

/// Somebody may be on hold, and somebody may wait at the bell.
#[test]
fn the_calls_of_who_is_signed_out_are_taken_back_from_hold_and_answered_and_not_handed_on() {
    let mut bench = Bench::new();
    let leg = bench.talks(1);
    bench.ring_at_page(1, "Nurse", "102");
    bench.phone.sign_out(bench.now);
    bench.pump();
    bench.said.clear();
    bench.page(r#"{"do":"offer","call":1,"offer":"go on"}"#);
    bench.switch_does(Command::AnswerReinvite { leg, body: "well".into() });
    bench.page(r#"{"do":"answer","call":2,"answer":"answer"}"#);
    bench.page(r#"{"do":"transfer","call":1,"to":"103"}"#);
    bench.page(r#"{"do":"join","call":1,"with":2}"#);
    bench.check(&expect![[r#"
        -> INVITE sip:10.0.0.1:443;transport=wss
        <- SIP/2.0 200 OK
        -> ACK sip:10.0.0.1:443;transport=wss
        {"say":"changed","call":1,"answer":"well"}
        -> SIP/2.0 200 OK
        <- ACK sip:10.0.0.9:50123;transport=wss
        {"say":"not_transferred","call":1,"why":"signed_out"}
        {"say":"not_transferred","call":1,"why":"signed_out"}
    "#]]);
}

#[test]
fn it_renews_its_registration_and_says_when_the_switchboard_does_not_answer() {
    let mut bench = Bench::new();
    bench.said.clear();
    bench.wait(Duration::from_secs(3600));
    assert!(bench.said.matches("-> REGISTER").count() >= 6, "{}", bench.said);
    assert!(bench.phone.is_registered());
    bench.phone.leave(bench.now);
    bench.pump();
    assert!(!bench.phone.is_registered(), "the switchboard has heard that it is gone");
}

#[test]
fn only_what_a_person_does_keeps_them_signed_in() {
    let by_hand = |frame: &str| serde_json::from_str::<Order>(frame).expect("an order").is_by_hand();
    assert!(by_hand(r#"{"do":"here"}"#) && by_hand(r#"{"do":"refuse","call":2}"#));
    assert!(!by_hand(r#"{"do":"alive"}"#), "a page answers by itself");
    assert!(!by_hand(r#"{"do":"hello"}"#) && !by_hand(r#"{"do":"answer_offer","call":1,"answer":"a"}"#));
}
