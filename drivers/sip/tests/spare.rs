//! A change that the call can do without: gateways that know no T.38 are there though they never answer its proposal.

mod script;

use script::{CONTACT, OUT, PHONE, Script, body, call, last, respond, sdp, seconds, value};
use sip::{Command, EndReason, Event};

/// A call of ours that stands.
fn stands() -> Script {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    script.phone(&respond(&invite, 200, "t", CONTACT, "answer"));
    assert_eq!(script.names(), ["Answered"]);
    script.sent.clear();
    script
}

fn refusal(script: &mut Script) -> Option<u16> {
    let refused = script.events.drain(..).map(|event| match event {
        Event::ReinviteRefused { leg: OUT, code } => Some(code),
        _ => None,
    });
    let all: Vec<_> = refused.collect();
    all.first().copied().flatten().filter(|_| all.len() == 1)
}

#[test]
fn silence_and_a_timeout_of_others_refuse_it_and_end_nothing() {
    let mut script = stands();
    script.order(Command::Propose { leg: OUT, body: sdp("t38 offer") });
    assert!(last(&mut script).starts_with("INVITE "));
    script.wait(seconds(40));
    assert_eq!(refusal(&mut script), Some(408));
    assert!(script.sent.iter().all(|(_, text)| text.starts_with("INVITE ")), "{:?}", script.lines());
    // The next may be answered, and the one after that by somebody who waited in vain for theirs.
    script.order(Command::Propose { leg: OUT, body: sdp("t38 offer") });
    let again = last(&mut script);
    script.phone(&respond(&again, 200, "t", CONTACT, "t38 answer"));
    assert_eq!(script.names(), ["ReinviteAnswered"]);
    script.order(Command::Propose { leg: OUT, body: sdp("sound") });
    let third = last(&mut script);
    script.phone(&respond(&third, 408, "t", "", ""));
    assert_eq!(refusal(&mut script), Some(408));
    // What stands is what was agreed on.
    script.sent.clear();
    script.order(Command::Reinvite { leg: OUT, body: sdp("more") });
    let fourth = last(&mut script);
    assert_eq!((body(&fourth), value(&fourth, "CSeq")), ("more", "5 INVITE".to_owned()));
}

#[test]
fn whoever_does_not_know_the_call_ends_it_and_so_does_silence_to_any_other_change() {
    let mut script = stands();
    script.order(Command::Propose { leg: OUT, body: sdp("t38 offer") });
    let proposal = last(&mut script);
    script.phone(&respond(&proposal, 481, "t", "", ""));
    assert!(matches!(script.events[..], [Event::Ended { leg: OUT, reason: EndReason::Lost }]), "{:?}", script.events);
    let mut script = stands();
    script.order(Command::Reinvite { leg: OUT, body: sdp("held") });
    script.wait(seconds(40));
    assert!(matches!(script.events[..], [Event::Ended { leg: OUT, reason: EndReason::Lost }]), "{:?}", script.events);
}

#[test]
fn it_waits_for_its_turn_as_any_other_and_keeps_its_kind_while_it_waits_out_a_glare() {
    let mut script = stands();
    script.order(Command::Reinvite { leg: OUT, body: sdp("first") });
    let first = last(&mut script);
    script.order(Command::Propose { leg: OUT, body: sdp("t38 offer") });
    script.phone(&respond(&first, 200, "t", CONTACT, "answer"));
    assert_eq!(script.names(), ["ReinviteAnswered"]);
    let proposal = last(&mut script);
    assert_eq!(body(&proposal), "t38 offer");
    script.phone(&respond(&proposal, 491, "t", "", ""));
    script.wait(seconds(60));
    assert_eq!(refusal(&mut script), Some(408));
}
