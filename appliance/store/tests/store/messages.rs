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
        transport: "UDP".to_owned(),
        local: address.clone(),
        remote: address,
        text: text.to_vec().into(),
    }
}

fn ladder(at: Wall, text: &[u8]) -> Ladder {
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
    assert_eq!((all[0].code, all[0].message.text.expose().as_slice()), (409, &b"OPTIONS 29"[..]));
    assert_eq!(all[199].message.text.expose(), b"OPTIONS 10");
}
