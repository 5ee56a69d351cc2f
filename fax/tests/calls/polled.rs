//! A call that came in and may ask for a document: who sends is received as ever, who asks is answered in time, and whatever a machine says,
//! the call ends and nothing counts as fetched that was not confirmed.

use std::time::Duration;

use fax::audio::Law;
use fax::session::{Input, Output, Params, Role, Session};
use fax::udptl::Sender;
use fax::worker::proto::{FromWorker, ToWorker, VERSION, Way};
use model::fax::Cause;
use model::{Inside, Instant, Now};
use proptest::prelude::*;

use crate::party::Party;
use crate::support::{Setup, assert_same, page, pages};

/// Longer than the longest call that a session bears.
const LIMIT: Duration = Duration::from_secs(4 * 3600);
/// How long a datagram is on its way.
const DELAY: Duration = Duration::from_millis(30);

fn named(subaddress: &str, password: &str) -> Inside {
    Inside::parse(subaddress, password).unwrap()
}

#[test]
fn who_sends_is_received_as_ever_while_a_document_lies_ready() {
    for (way, ecm) in [(Way::T38, true), (Way::T38, false), (Way::Audio(Law::Mu), true)] {
        let setup = Setup { way, ecm, ready: true, ..Setup::new(pages(2)) };
        let sent = setup.pages.clone();
        let world = setup.run();
        assert_eq!(world.receiver.outcome().cause, Cause::Delivered, "{:#?}", world.receiver.trace);
        assert_eq!(world.sender.outcome().cause, Cause::Delivered);
        assert_same(&world.receiver.durable, &sent);
    }
}

/// Two ends over a good network, of which one may take another's place in the midst of the call.
struct Call {
    now: Now,
    ends: [Party; 2],
    /// What each end is to get: when, and what.
    flying: [Vec<(Instant, Vec<u8>)>; 2],
    /// What the place of the caller has sent and got before it was taken.
    before: [u16; 2],
    counted: [u16; 2],
}

impl Call {
    fn new(caller: Party, called: Party) -> Self {
        let now = Now::simulation_start();
        Self { now, ends: [caller, called], flying: Default::default(), before: [0; 2], counted: [0; 2] }
    }

    /// Another machine goes on where the caller was.
    fn take_over(&mut self, caller: Party) {
        self.ends[0] = caller;
        self.flying[0].clear();
        self.before = self.counted;
    }

    fn run(&mut self, is: impl Fn(&[Party; 2]) -> bool) {
        let limit = self.now.instant + LIMIT;
        while !is(&self.ends) {
            let flying = self.flying.iter().flatten().map(|(at, _)| *at);
            let next = flying.chain(self.ends.iter().map(|end| end.timeout)).min().unwrap();
            assert!(next < limit, "the call does not end: {:#?}", self.ends[1].trace);
            self.now = self.now.after(next.saturating_since(self.now.instant));
            for end in 0..2 {
                self.step(end);
            }
        }
    }

    fn step(&mut self, end: usize) {
        let now = self.now;
        while self.flying[end].first().is_some_and(|(at, _)| *at <= now.instant) {
            let (_, datagram) = self.flying[end].remove(0);
            self.ends[end].input(now, Input::Datagram(&datagram));
        }
        if self.ends[end].timeout <= now.instant {
            self.ends[end].input(now, Input::Timeout);
        }
        while let Some(datagram) = self.ends[end].datagrams.pop_front() {
            let mut datagram = datagram.to_vec();
            let number = u16::from_be_bytes([datagram[0], datagram[1]]);
            // The called end counts on; whoever took the caller's place counts from 0, and gets no copy of what was before.
            let counted =
                if end == 0 { number.checked_add(self.before[0]) } else { number.checked_sub(self.before[1]) };
            let Some(counted) = counted else { continue };
            self.counted[end] = self.counted[end].max(if end == 0 { counted + 1 } else { number + 1 });
            datagram[..2].copy_from_slice(&counted.to_be_bytes());
            self.flying[1 - end].push((now.instant + DELAY, datagram));
        }
    }
}

fn end(role: Role, ready: bool, document: Option<&[u8]>, followers: Vec<u32>) -> Party {
    let params = Params { station_id: "+1 202 555 0123".to_owned(), ready, followers, ..Params::default() };
    Party::new(Now::simulation_start(), role, params, document)
}

#[test]
fn a_machine_that_has_sent_its_own_may_ask_for_ours_in_the_same_call() {
    let (sent, held) = (pages(2), vec![page(300, 7), page(200, 8)]);
    // The second document is announced, so that the first ends with EOM, and never comes.
    let document = fax::page::Page::multi_tiff(&sent);
    let caller = end(Role::Send { pages: 1 }, false, Some(&document), vec![1]);
    let mut called = end(Role::Receive, true, None, Vec::new());
    called.held.clone_from(&held);
    let mut call = Call::new(caller, called);
    call.run(|ends| !ends[0].documents.is_empty());
    assert_eq!(call.ends[1].opened(), 3, "another document may come");
    call.take_over(end(Role::Fetch, false, None, Vec::new()));
    call.run(|ends| !ends[0].durable.is_empty());
    assert_eq!(call.ends[1].opened(), 2, "nothing is received any more, and the file is open still");
    call.run(|ends| ends.iter().all(|end| end.outcome.is_some()));
    let [caller, called] = &call.ends;
    assert_eq!(called.documents.len(), 1, "{:#?}", called.trace);
    assert_eq!((called.documents[0].cause, called.documents[0].pages_confirmed), (Cause::Delivered, 1));
    assert_same(&called.durable, &sent[..1]);
    let given = called.outcome.as_ref().unwrap();
    assert_eq!((given.cause, given.pages_confirmed), (Cause::Delivered, 2), "{:#?}", called.trace);
    assert_same(&caller.durable, &held);
}

/// A session alone, at its first order.
fn alone(ready: bool) -> (Now, Session) {
    let now = Now::simulation_start();
    let (mut session, _) = Session::new(now, Role::Receive, Params { ready, ..Params::default() });
    for report in [FromWorker::Ready { version: VERSION }, FromWorker::Idle] {
        session.handle_input(now, Input::Worker(report));
    }
    while !matches!(session.poll_output(), Output::Timeout(_)) {}
    let now = now.after(Duration::from_millis(20));
    session.handle_input(now, Input::Timeout);
    (now, session)
}

/// What it orders, asks and ends with, until it has no more to say; and when it wants to be woken.
fn says(session: &mut Session) -> (Vec<String>, Instant) {
    let mut said = Vec::new();
    loop {
        match session.poll_output() {
            Output::Timeout(at) => return (said, at),
            Output::Worker(ToWorker::Give { length, .. }) => said.push(format!("give {}", length > 0)),
            Output::Worker(order) => said.push(format!("{order:?}")),
            Output::AskedFor(inside) => said.push(format!("asked for {}", inside.subaddress.expose())),
            Output::Finished(outcome) => said.push(format!("{:?} {}", outcome.cause, outcome.pages_confirmed)),
            Output::KillWorker => said.push("kill".to_owned()),
            _ => {}
        }
    }
}

fn asks(now: Now, session: &mut Session) -> (Vec<String>, Instant) {
    session.handle_input(now, Input::Worker(FromWorker::AskedFor { inside: named("44", "1234") }));
    says(session)
}

#[test]
fn an_answer_that_does_not_come_in_time_is_no_and_one_that_comes_too_late_is_none() {
    let (now, mut session) = alone(true);
    says(&mut session);
    let (said, due) = asks(now, &mut session);
    assert_eq!(said, ["asked for 44"]);
    // Their machine asks again after T4, at the earliest 2.55 s after its own question.
    assert!(due.saturating_since(now.instant) <= Duration::from_millis(2200), "{due:?}");
    let now = now.after(due.saturating_since(now.instant));
    session.handle_input(now, Input::Timeout);
    assert_eq!(says(&mut session).0, ["Refuse"]);
    session.handle_input(now, Input::Give { pages: &pages(1) });
    assert_eq!(says(&mut session).0, Vec::<String>::new());
    session.handle_input(now, Input::LineEnded);
    assert_eq!(says(&mut session).0, ["kill", "OurFault 0"]);

    let (now, mut session) = alone(true);
    says(&mut session);
    asks(now, &mut session);
    session.handle_input(now, Input::Give { pages: &pages(2) });
    assert_eq!(says(&mut session).0, ["give true"]);
    session.handle_input(now, Input::Refuse { cause: Cause::FetchRefused, why: String::new() });
    session.handle_input(now, Input::Give { pages: &pages(1) });
    assert_eq!(says(&mut session).0, Vec::<String>::new(), "it is answered once");
}

#[test]
fn an_engine_that_asks_where_nothing_lies_ready_is_not_believed() {
    let (now, mut session) = alone(false);
    says(&mut session);
    assert_eq!(asks(now, &mut session).0, ["kill", "OurFault 0"]);
}

/// What a machine may say: the facsimile control field and what follows it. The second of each name is a wrong one.
const FRAMES: [(u8, &[u8]); 22] = [
    (0x81, &[0x00, 0x4e, 0x10]),
    (0x80, &[0x00, 0xce, 0x10]),
    (0x41, b"5550"),
    (0xa1, b"44"),
    (0xa1, b"45"),
    (0xc1, b"4321"),
    (0xc1, b"9999"),
    (0x83, &[0x00, 0x20, 0x00]),
    (0x84, &[]),
    (0x44, &[]),
    (0x8c, &[]),
    (0xcc, &[]),
    (0x4c, &[]),
    (0xbc, &[0xff; 32]),
    (0xec, &[]),
    (0x2e, &[]),
    (0x8e, &[]),
    (0x4e, &[]),
    (0xbe, &[0x2e, 0, 0, 0]),
    (0xfa, &[]),
    (0x1a, &[]),
    (0xca, &[]),
];

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// These frames in one breath.
    Says(Vec<usize>),
    /// Any packet.
    Packet(Vec<u8>),
    /// So many milliseconds pass.
    Passes(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let asks = prop_oneof![Just(vec![2, 3, 5, 0]), Just(vec![2, 4, 5, 0]), Just(vec![3, 6, 0]), Just(vec![0])];
    let one = (0..FRAMES.len()).prop_map(|frame| vec![frame]);
    let answers = prop_oneof![Just(vec![8]), Just(vec![10]), Just(vec![12]), Just(vec![13]), Just(vec![1])];
    prop_oneof![
        4 => asks.prop_map(Step::Says),
        6 => answers.prop_map(Step::Says),
        3 => one.prop_map(Step::Says),
        2 => proptest::collection::vec(0..FRAMES.len(), 1..5).prop_map(Step::Says),
        1 => proptest::collection::vec(any::<u8>(), 1..40).prop_map(Step::Packet),
        8 => prop_oneof![Just(200_u64), Just(1500), Just(3000), Just(5000), Just(8000)].prop_map(Step::Passes),
    ]
}

/// Plays the steps to an end of ours, and then says nothing more. Gives the end, and how often a page was confirmed to it.
fn play(role: Role, steps: &[Step]) -> (Party, u32) {
    let mut now = Now::simulation_start();
    let mut party = end(role, role == Role::Receive, None, Vec::new());
    (party.held, party.needs) = (vec![page(40, 1)], named("44", "1234"));
    let (mut sender, mut confirmed) = (Sender::new(400), 0);
    let pass = |party: &mut Party, now: &mut Now, until: Instant| {
        while party.outcome.is_none() && party.timeout <= until {
            *now = now.after(party.timeout.saturating_since(now.instant));
            party.input(*now, Input::Timeout);
        }
        if party.outcome.is_none() {
            *now = now.after(until.saturating_since(now.instant));
        }
        party.datagrams.clear();
    };
    for step in steps {
        let packets = match step {
            Step::Passes(millis) => {
                let until = now.instant + Duration::from_millis(*millis);
                pass(&mut party, &mut now, until);
                continue;
            }
            Step::Packet(packet) => vec![packet.clone()],
            Step::Says(frames) => said(frames),
        };
        if let Step::Says(frames) = step {
            confirmed += frames.iter().filter(|frame| matches!(FRAMES[**frame].0, 0x8c | 0xcc)).count() as u32;
        }
        for packet in packets {
            party.input(now, Input::Datagram(&sender.encode(&packet)));
        }
    }
    let limit = now.instant + LIMIT;
    pass(&mut party, &mut now, limit);
    (party, confirmed)
}

/// The packets of T.38 in which these frames travel.
fn said(frames: &[usize]) -> Vec<Vec<u8>> {
    let mut packets = vec![vec![0x06]];
    for (at, frame) in frames.iter().enumerate() {
        let last = at + 1 == frames.len();
        let (fcf, rest) = FRAMES[*frame];
        let frame: Vec<u8> = [0xff, if last { 0x13 } else { 0x03 }, fcf].iter().chain(rest).copied().collect();
        let mut data = vec![0xc0, 0x01, 0x80, 0x00, frame.len() as u8 - 1];
        data.extend(frame.iter().map(|octet| octet.reverse_bits()));
        packets.extend([data, vec![0xc0, 0x01, if last { 0x40 } else { 0x20 }]]);
    }
    packets
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_a_caller_says_the_call_ends_and_nothing_counts_that_was_not_confirmed(
        steps in proptest::collection::vec(step(), 1..24)
    ) {
        let (party, confirmed) = play(Role::Receive, &steps);
        let outcome = party.outcome.as_ref().expect("it does not hang");
        let sent_any = party.trace.iter().any(|line| line.contains("→ DCS"));
        prop_assert!(party.gave || !sent_any, "given without its name: {:#?}", party.trace);
        if party.gave {
            prop_assert!(outcome.pages_confirmed <= confirmed, "{outcome:?} {:#?}", party.trace);
            prop_assert!(outcome.cause != Cause::Delivered || confirmed > 0);
        } else {
            prop_assert!(outcome.pages_confirmed as usize <= party.durable.len());
        }
    }

    #[test]
    fn whatever_a_called_machine_says_a_fetch_ends_and_nothing_counts_that_is_not_durable(
        steps in proptest::collection::vec(step(), 1..24)
    ) {
        let (party, _) = play(Role::Fetch, &steps);
        let outcome = party.outcome.as_ref().expect("it does not hang");
        prop_assert!(outcome.pages_confirmed as usize <= party.durable.len());
        prop_assert!(outcome.cause != Cause::Delivered || !party.durable.is_empty(), "{outcome:?}");
    }
}

/// The strategy reaches what it is for.
#[test]
fn who_asks_politely_gets_the_page() {
    let steps = [(8000, vec![3, 5, 0]), (5000, vec![8]), (4000, vec![10])];
    let steps: Vec<_> =
        steps.into_iter().flat_map(|(after, frames)| [Step::Passes(after), Step::Says(frames)]).collect();
    let (party, confirmed) = play(Role::Receive, &steps);
    assert!(party.gave, "{:#?}", party.trace);
    let outcome = party.outcome.as_ref().unwrap();
    assert_eq!((outcome.cause, outcome.pages_confirmed, confirmed), (Cause::Delivered, 1, 1), "{:#?}", party.trace);
}
