//! Calls from their first message to their record.

use model::call::{CallEnd, Fault};
use model::ladder::{Ladder, LadderMessage, Lane};

use crate::world::World;
use crate::{CARRIER, CLINIC, DESK, NURSE, at};

#[test]
fn a_call_from_outside_is_answered_heard_and_ended() {
    let mut world = World::new(1, 0.0);
    world.peer(NURSE).answers = true;
    world.call(CARRIER, "+12025550123", "+12025550101");
    assert_eq!(world.said(CARRIER), "answered");
    world.wait(1);
    world.speak(CARRIER);
    world.speak(NURSE);
    let clinic = at(CLINIC).ip();
    assert!(world.peer(NURSE).heard.iter().any(|from| from.ip() == clinic), "the nurse hears the caller");
    assert!(world.peer(CARRIER).heard.iter().any(|from| from.ip() == clinic), "the caller hears the nurse");
    world.hang_up(NURSE);
    let record = world.check_rest();
    assert_eq!((record.end, record.fault), (CallEnd::HungUp, Fault::None));
    assert_eq!((record.caller_quality.packets_in, record.callee_quality.packets_in), (1, 1));
    assert_eq!(world.said(CARRIER), "answered ended Bye");
    assert_eq!(world.said(DESK), "rings ended Cancelled");
}

#[test]
fn the_messages_of_all_legs_stand_in_one_ladder() {
    let mut world = World::new(1, 0.0);
    world.peer(NURSE).answers = true;
    world.call(CARRIER, "+12025550123", "+12025550101");
    world.wait(1);
    world.hang_up(NURSE);
    world.check_rest();
    let ladder = &world.ladders[0].1;
    let lane = |l: &Lane| format!("{} {:?} {}", l.caller, l.trunk.as_deref(), l.name.expose());
    let lanes: Vec<String> = ladder.lanes.iter().map(lane).collect();
    assert_eq!(lanes, ["true Some(\"main\") +12025550101", "false None Front desk", "false None Nurse"]);
    let said = |m: &LadderMessage| {
        let text = String::from_utf8_lossy(m.text.expose()).into_owned();
        let first = text.lines().next().unwrap_or_default().replace(" SIP/2.0", "").replace("SIP/2.0 ", "");
        format!("{} {} {}", m.lane, if m.inbound { "-->" } else { "<--" }, first.split(" sip:").next().unwrap_or(""))
    };
    let all: Vec<String> = ladder.messages.iter().map(said).collect();
    expect_test::expect![[r#"
        0 --> INVITE
        1 <-- INVITE
        2 <-- INVITE
        1 --> 180 Ringing
        0 <-- 180 Ringing
        2 --> 200 OK
        2 <-- ACK
        1 <-- CANCEL
        0 <-- 200 OK
        1 --> 200 OK
        1 --> 487 Request Terminated
        1 <-- ACK
        0 --> ACK
        2 --> BYE
        2 <-- 200 OK
        0 <-- BYE
        0 --> 200 OK
    "#]]
    .assert_eq(&(all.join("\n") + "\n"));
    assert_eq!((ladder.dropped, ladder.messages.iter().filter(|m| m.again).count()), (0, 0));
    assert!(format!("{ladder:?}").len() < 4000 && !format!("{ladder:?}").contains("555"), "{ladder:?}");
}

#[test]
fn the_messages_of_a_call_that_is_up_can_be_read_and_are_kept_all_the_same() {
    let mut world = World::new(1, 0.0);
    world.peer(NURSE).answers = true;
    world.call(CARRIER, "+12025550123", "+12025550101");
    world.wait(1);
    let call = world.up();
    let first_lines = |ladder: &Ladder| {
        let first = |m: &LadderMessage| {
            let text = String::from_utf8_lossy(m.text.expose()).into_owned();
            format!("{} {}", m.lane, text.split("\r\n").next().and_then(|l| l.split(" sip:").next()).unwrap_or(""))
        };
        ladder.messages.iter().map(first).collect::<Vec<_>>().join("\n")
    };
    let until_now = world.read_ladder(call).expect("it is up");
    assert_eq!(until_now.lanes.len(), 3, "who called, who is spoken to, and who only rang");
    let said = first_lines(&until_now);
    assert!(said.contains("2 SIP/2.0 200 OK") && said.ends_with("0 ACK") && !said.contains("BYE"), "{said}");
    world.hang_up(NURSE);
    let ended = world.read_ladder(call).expect("its last messages may still come");
    assert!(first_lines(&ended).contains("2 BYE"), "{}", first_lines(&ended));
    world.check_rest();
    let kept = first_lines(&world.ladders[0].1);
    assert!(kept.starts_with(&said), "{kept}");
    assert!(kept.ends_with("0 SIP/2.0 200 OK"), "{kept}");
    world.read_ladder(call).expect_err("what is kept is with its record");
}

#[test]
fn help_is_reached_by_a_phone_without_a_password() {
    let mut world = World::new(2, 0.0);
    world.peer(CARRIER).answers = true;
    world.call(DESK, "911", "101");
    assert_eq!((world.said(DESK), world.alerts), ("answered".to_owned(), 1));
    world.speak(DESK);
    assert_eq!(world.peer(CARRIER).heard.len(), 1);
    world.hang_up(CARRIER);
    let record = world.check_rest();
    assert!(record.emergency);
    assert_eq!(world.said(DESK), "answered ended Bye");
}

#[test]
fn a_phone_without_a_password_reaches_nobody_else() {
    let mut world = World::new(3, 0.0);
    world.call(DESK, "102", "101");
    assert_eq!(world.said(DESK), "refused 401");
    assert!(world.records.is_empty() && world.said(NURSE).is_empty());
}

#[test]
fn nobody_answers_and_the_mailbox_does() {
    let mut world = World::new(4, 0.0);
    world.call(CARRIER, "+12025550123", "+12025550101");
    world.wait(31);
    assert_eq!(world.said(CARRIER), "answered");
    assert_eq!(world.said(DESK), "rings ended Cancelled");
    world.hang_up(CARRIER);
    assert_eq!(world.check_rest().end, CallEnd::HungUp);
}

#[test]
fn on_a_wire_that_loses_a_quarter_every_call_has_one_end_and_nothing_is_kept() {
    let mut talked = 0;
    for seed in 0..40 {
        let mut world = World::new(seed, 0.25);
        world.peer(NURSE).answers = true;
        world.call(CARRIER, "+12025550123", "+12025550101");
        world.wait(20);
        if world.peer(CARRIER).up.is_some() {
            world.hang_up(CARRIER);
        }
        let record = world.check_rest();
        // Whatever was lost, nothing of it may look like a fault of our own.
        assert_ne!(record.fault, Fault::Us, "seed {seed}");
        talked += usize::from(record.answered.is_some());
    }
    assert!(talked >= 36, "only {talked} of 40 were answered");
}
