//! The messages of calls: kept beside their records, for a while.

use model::ladder::{Ladder, LadderMessage, Lane, RefusedMessage};
use model::{CallId, Pii, Wall};
use store::{Done, Effect};

use crate::clinic::Clinic;

const DAY: i64 = 86_400_000;

fn message(at: Wall, text: &[u8]) -> LadderMessage {
    let address = Pii::new("10.0.0.1:5060".parse().expect("an address"));
    LadderMessage {
        at,
        lane: 0,
        inbound: true,
        again: false,
        transport: "UDP".into(),
        local: address.clone(),
        remote: address,
        text: text.to_vec().into(),
    }
}

pub(crate) fn ladder(at: Wall, text: &[u8]) -> Ladder {
    let lane = Lane { caller: true, trunk: Some("main".to_owned()), name: "+12025550101".into() };
    Ladder { lanes: vec![lane], messages: vec![message(at, text)], dropped: 1 }
}

fn read<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

#[test]
fn messages_are_kept_over_a_restart_and_never_replaced() {
    let mut clinic = Clinic::new();
    let at = clinic.tick();
    let (call, other) = (CallId::new(at, &mut clinic.random), CallId::new(at, &mut clinic.random));
    let record = |ladders: Vec<(CallId, Ladder)>| Effect::RecordMessages { ladders, turned_away: Vec::new(), at };
    assert!(matches!(clinic.does(record(vec![(call, ladder(at, b"INVITE \xff"))])), Done::Ok));
    clinic.does(record(vec![(call, ladder(at, b"BYE")), (other, ladder(at, b"ACK"))]));
    let clinic = clinic.restart();
    let calls = clinic.store.calls();
    assert_eq!(read(calls.ladder(call)), Ok(Some(ladder(at, b"INVITE \xff"))));
    assert_eq!(read(calls.ladder(other)), Ok(Some(ladder(at, b"ACK"))));
    assert_eq!(read(calls.ladder(CallId::earliest(at))), Ok(None));
}

#[test]
fn of_many_that_end_together_each_is_found_again() {
    let mut clinic = Clinic::new();
    let at = clinic.tick();
    let text = |n: usize| format!("INVITE {n}\r\n").repeat(if n == 150 { 40_000 } else { 1 + n * 7 });
    let record = |ladders: Vec<(CallId, Ladder)>| Effect::RecordMessages { ladders, turned_away: Vec::new(), at };
    let calls: Vec<CallId> = (0..300).map(|_| CallId::new(at, &mut clinic.random)).collect();
    // Of three there is one already, in a row to itself and as the newest of a piece.
    clinic.does(record(vec![(calls[7], ladder(at, b"first"))]));
    clinic.does(record(vec![(calls[8], ladder(at, b"first")), (calls[299], ladder(at, b"first"))]));
    let all = calls.iter().enumerate().map(|(n, call)| (*call, ladder(at, text(n).as_bytes()))).collect();
    clinic.does(record(all));
    // What comes behind them is no part of any of them.
    let newer = [(); 2].map(|()| CallId::new(at, &mut clinic.random));
    clinic.does(record(newer.iter().map(|call| (*call, ladder(at, b"newer"))).collect()));
    let clinic = clinic.restart();
    let found = |call| read(clinic.store.calls().ladder(call)).expect("read").expect("a ladder");
    for (n, call) in calls.iter().enumerate() {
        let is = found(*call).messages[0].text.clone();
        let expected = if [7, 8, 299].contains(&n) { "first".to_owned() } else { text(n) };
        assert!(is.expose() == expected.as_bytes(), "{n}");
    }
    for call in newer {
        assert_eq!(found(call), ladder(at, b"newer"));
    }
}

#[test]
fn what_is_packed_together_goes_when_all_of_it_has_gone() {
    let mut clinic = Clinic::new();
    let first = clinic.tick();
    let later = |days: i64| Wall(first.millis() + days * DAY);
    let record = |clinic: &mut Clinic, began: [i64; 2], ended: i64| {
        let calls = began.map(|day| CallId::new(later(day), &mut clinic.random));
        let ladders = calls.map(|call| (call, ladder(later(ended), b"INVITE"))).to_vec();
        clinic.does(Effect::RecordMessages { ladders, turned_away: Vec::new(), at: later(ended) });
        calls
    };
    // Two calls that ended together, of which one had been up for a day.
    let [long, short] = record(&mut clinic, [0, 1], 1);
    let kept = |clinic: &Clinic, call| read(clinic.store.calls().ladder(call)).expect("read").is_some();
    record(&mut clinic, [30, 30], 30);
    assert!(kept(&clinic, long) && kept(&clinic, short));
    record(&mut clinic, [31, 31], 31);
    assert!(!kept(&clinic, long) && kept(&clinic, short), "one of a piece goes and leaves the other");
    record(&mut clinic, [32, 32], 32);
    assert!(!kept(&clinic, short));
}

#[test]
fn messages_go_after_thirty_days() {
    let mut clinic = Clinic::new();
    let first = clinic.tick();
    let later = |days: i64| Wall(first.millis() + days * DAY);
    let calls: Vec<CallId> = [0, 29, 31].map(|days| CallId::new(later(days), &mut clinic.random)).to_vec();
    for (call, days) in calls.iter().zip([0, 29, 31]) {
        let ladders = vec![(*call, ladder(later(days), b"INVITE"))];
        clinic.does(Effect::RecordMessages { ladders, turned_away: Vec::new(), at: later(days) });
    }
    let kept: Vec<bool> =
        calls.iter().map(|c| read(clinic.store.calls().ladder(*c)).expect("read").is_some()).collect();
    assert_eq!(kept, [false, true, true]);
}

#[test]
fn of_what_was_turned_away_the_newest_are_kept() {
    let mut clinic = Clinic::new();
    for n in 0..30_u16 {
        let at = clinic.tick();
        let one = |i: u16| RefusedMessage { code: 400 + i, message: message(at, format!("OPTIONS {n}").as_bytes()) };
        clinic.does(Effect::RecordMessages { ladders: Vec::new(), turned_away: (0..10).map(one).collect(), at });
    }
    let all = read(clinic.store.calls().turned_away(1000)).expect("read");
    assert_eq!(all.len(), 200);
    assert_eq!((all[0].code, &all[0].message.text.expose()[..]), (409, &b"OPTIONS 29"[..]));
    assert_eq!(&all[199].message.text.expose()[..], b"OPTIONS 10");
}
