//! Calls and the connections that they go over: one that is dead without a word, one that its peer closes in the midst of a call.

mod script;

use script::{PHONE, Script, TRUNK, seconds, sdp, tcp};
use sip::{Command, Event, Flow, LegId, NameAddr, OutgoingCall};

fn party(user: &str) -> NameAddr {
    NameAddr { display: Default::default(), uri: format!("sip:{user}@clinic.demo").into() }
}

/// Calls over a connection.
fn call_by(script: &mut Script, leg: u64, flow: Flow) {
    let call = OutgoingCall::new("sip:911@carrier.example", flow, party("101"), party("911"), sdp("offer"));
    script.order(Command::Invite { leg: LegId::outgoing(leg), call: call.into() });
}

#[test]
fn a_connection_of_ours_on_which_nothing_comes_is_not_used_again() {
    let mut script = Script::new();
    let carrier = tcp(TRUNK, 0);
    call_by(&mut script, 1, carrier);
    script.wait(seconds(20));
    call_by(&mut script, 2, carrier);
    script.wait(seconds(11));
    assert_eq!((script.closed.len(), script.events.len()), (0, 0));
    script.wait(seconds(2));
    // The second waits no longer for what cannot come.
    let told = |event: &Event| matches!(event, Event::Refused { .. }).then(|| format!("{event:?}"));
    let told: Vec<String> = script.events.iter().filter_map(told).collect();
    assert!(told.len() == 2 && told[0].contains("408") && told[1].contains("503"), "{told:?}");
    assert_eq!(script.closed, [carrier]);
}

#[test]
fn a_connection_that_lives_or_that_a_phone_has_opened_is_left_open() {
    let mut script = Script::new();
    call_by(&mut script, 1, tcp(TRUNK, 0));
    script.wait(seconds(10));
    // The answer to a ping.
    script.receive(tcp(TRUNK, Flow::opened(1)), b"\r\n");
    call_by(&mut script, 2, tcp(PHONE, 7));
    script.wait(seconds(40));
    assert_eq!((script.names(), script.closed.len()), (vec!["Refused".to_owned(); 2], 0));
}
