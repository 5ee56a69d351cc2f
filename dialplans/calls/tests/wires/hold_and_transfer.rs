//! Hold, and handing a partner on.

use media::sdp::Direction;
use model::PhoneNumber;
use model::call::{CallEnd, Fault};

use crate::world::World;
use crate::{CARRIER, DESK, NURSE};

#[test]
fn a_hold_reaches_the_other_phone_and_so_does_its_end() {
    let mut world = World::new(5, 0.0);
    world.peer(NURSE).answers = true;
    world.call(CARRIER, "+12025550123", "+12025550101");
    world.wait(1);
    world.hold(NURSE, Direction::SendOnly);
    world.wait(1);
    assert_eq!(world.peer(CARRIER).ways, Some(Direction::SendOnly));
    world.hold(NURSE, Direction::SendRecv);
    world.wait(1);
    assert_eq!(world.peer(CARRIER).ways, Some(Direction::SendRecv));
    world.hang_up(NURSE);
    world.check_rest();
}

/// Both press hold at the same moment, so that every offer meets another, and take the call back one after the other.
#[test]
fn both_sides_hold_at_once_on_a_wire_that_loses_and_agree_in_the_end() {
    let mut agreed = 0;
    for seed in 0..30 {
        let mut world = World::new(seed, 0.15);
        world.peer(NURSE).answers = true;
        world.call(CARRIER, "+12025550123", "+12025550101");
        world.wait(40);
        if world.peer(CARRIER).up.is_none() || world.peer(NURSE).up.is_none() {
            continue;
        }
        world.hold(NURSE, Direction::SendOnly);
        world.hold(CARRIER, Direction::SendOnly);
        world.wait(80);
        if world.peer(CARRIER).up.is_none() || world.peer(NURSE).up.is_none() {
            continue;
        }
        // Each is told that the other holds, and says so of itself: nothing flows.
        assert_eq!(world.peer(NURSE).ways.map(Direction::receives), Some(false), "seed {seed}");
        assert_eq!(world.peer(CARRIER).ways.map(Direction::receives), Some(false), "seed {seed}");
        world.hold(CARRIER, Direction::SendRecv);
        world.wait(80);
        world.hold(NURSE, Direction::SendRecv);
        world.wait(80);
        if world.peer(CARRIER).up.is_none() || world.peer(NURSE).up.is_none() {
            continue;
        }
        for host in [NURSE, CARRIER] {
            assert_eq!(world.peer(host).ways, Some(Direction::SendRecv), "seed {seed} {host}");
        }
        world.hang_up(CARRIER);
        world.check_rest();
        agreed += 1;
    }
    assert!(agreed >= 24, "only {agreed} of 30 calls lived so long");
}

#[test]
fn after_a_transfer_the_two_that_remain_hear_each_other() {
    let mut world = World::new(6, 0.0);
    world.peer(NURSE).answers = true;
    world.call(CARRIER, "+12025550123", "+12025550101");
    world.wait(1);
    world.hold(NURSE, Direction::SendOnly);
    world.wait(1);
    world.peer(DESK).answers = true;
    // Its first request in the call was the re-INVITE.
    world.transfer(NURSE, "101", 2);
    world.wait(1);
    assert_eq!(world.peer(CARRIER).ways, Some(Direction::SendRecv), "the hold is over");
    for host in [CARRIER, DESK, NURSE] {
        world.peer(host).heard.clear();
    }
    world.speak(CARRIER);
    world.speak(DESK);
    assert_eq!((world.peer(CARRIER).heard.len(), world.peer(DESK).heard.len()), (1, 1));
    world.wait(10);
    assert!(world.said(NURSE).ends_with("ended Bye"), "{}", world.said(NURSE));
    world.hang_up(DESK);
    let record = world.check_rest();
    assert_eq!((record.end, record.fault), (CallEnd::HungUp, Fault::None));
    assert_eq!(record.to.number, Some(PhoneNumber::Internal("101".to_owned())));
    assert!(record.trace.entries().any(|e| e.title.expose() == "Transferred by Nurse to Front desk"));
    assert!(world.said(CARRIER).ends_with("answered ended Bye"), "{}", world.said(CARRIER));
}

#[test]
fn a_transfer_on_a_wire_that_loses_keeps_nothing() {
    let mut transferred = 0;
    for seed in 0..40 {
        let mut world = World::new(seed, 0.2);
        world.peer(NURSE).answers = true;
        world.call(CARRIER, "+12025550123", "+12025550101");
        world.wait(40);
        world.peer(DESK).answers = true;
        // As a phone repeats what it hears no answer to (timer E).
        for _ in 0..4 {
            if world.peer(NURSE).up.is_some() {
                world.transfer(NURSE, "101", 1);
            }
            world.wait(1);
        }
        world.wait(80);
        if world.peer(CARRIER).up.is_some() {
            world.hang_up(CARRIER);
        }
        let record = world.check_rest();
        assert_ne!(record.fault, Fault::Us, "seed {seed}");
        transferred += usize::from(record.to.number == Some(PhoneNumber::Internal("101".to_owned())));
    }
    assert!(transferred >= 30, "only {transferred} of 40 were transferred");
}
