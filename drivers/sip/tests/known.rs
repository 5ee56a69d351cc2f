//! A stream whose owner is known to whoever handed it in: no digest is asked for on it, and on no other.

mod script;

use script::{PHONE, Script, request, tcp, wire};
use sip::{Auth, Event, Flow, Input};

fn register(script: &mut Script, flow: Flow, branch: &str) -> Auth {
    let text = request("REGISTER", "sip:clinic.demo", branch, 1, "To: <sip:102@clinic.demo>\n", "");
    script.receive(flow, &wire(&text.replace("UDP", "TCP").replace("Call-ID: c1", &format!("Call-ID: {branch}"))));
    match script.events.pop() {
        Some(Event::Register { register, .. }) => register.auth,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stream_with_a_name_is_that_users_until_it_ends() {
    let mut script = Script::new();
    let (known, other) = (tcp(PHONE, 7), tcp(PHONE, 8));
    script.input(Input::Known { flow: known, user: "102".to_owned().into() });
    assert_eq!(register(&mut script, known, "a"), Auth::Valid { user: "102".into() });
    assert_eq!(register(&mut script, other, "b"), Auth::None, "the same phone by another connection");
    assert_eq!(register(&mut script, script::udp(PHONE), "c"), Auth::None);
    script.input(Input::Closed { flow: known });
    assert_eq!(register(&mut script, known, "d"), Auth::None, "it has ended");
}

#[test]
fn what_has_no_number_of_its_own_has_no_name() {
    let mut script = Script::new();
    for flow in [script::udp(PHONE), tcp(PHONE, 0)] {
        script.input(Input::Known { flow, user: "102".to_owned().into() });
        assert_eq!(register(&mut script, flow, &format!("e{:?}", flow.transport)), Auth::None);
    }
}
