//! The connection of a page broke, or swallowed what was said on it, and the page is back.

use expect_test::expect;
use sip::Command;

use super::Bench;

#[test]
fn a_page_that_comes_back_finds_its_call_and_what_it_missed() {
    let mut bench = Bench::new();
    let leg = bench.talks(1);
    bench.talks(3);
    bench.switch_does(Command::Reinvite { leg, body: "other place".into() });
    bench.said.clear();
    // It lost its third call somewhere, and believes in one that never was.
    bench.page(r#"{"do":"hello","phone":"secret","calls":[{"call":1},{"call":9}]}"#);
    bench.check(&expect![[r#"
        -> BYE sip:10.0.0.1:443;transport=wss
        <- SIP/2.0 200 OK
        {"say":"ended","call":3,"why":"hung_up"}
        {"say":"ended","call":9,"why":"lost"}
        {"say":"answered","call":1,"answer":"answer"}
        {"say":"offered","call":1,"offer":"other place"}
        {"say":"ready"}
    "#]]);
    assert_eq!(bench.phone.calls(), [1]);
}

/// The page was away for a moment, and somebody called.
#[test]
fn a_call_that_rings_while_the_page_is_away_rings_on_when_it_is_back() {
    let mut bench = Bench::new();
    bench.ring_at_page(1, "Pharmacy", "12025550101");
    bench.said.clear();
    bench.page(r#"{"do":"hello","phone":"secret","calls":[]}"#);
    bench.page(r#"{"do":"answer","call":2,"answer":"answer"}"#);
    bench.page(r#"{"do":"hello","phone":"secret","calls":[{"call":2}]}"#);
    bench.check(&expect![[r#"
        {"say":"called","call":2,"name":"Pharmacy","number":"12025550101","offer":"offer of the switchboard"}
        {"say":"ready"}
        -> SIP/2.0 200 OK
        <- ACK sip:10.0.0.9:50123;transport=wss
        {"say":"ready"}
    "#]]);
}

/// Both sides believe that it was said: the kernel took it.
#[test]
fn what_was_said_on_a_dead_connection_is_said_again() {
    let mut bench = Bench::new();
    bench.page(r#"{"do":"call","call":1,"to":"102","offer":"offer"}"#);
    let leg = bench.invited().0;
    bench.switch_does(Command::Ring { leg, code: 183, body: Some("their tones".into()) });
    bench.ring_at_page(1, "Pharmacy", "12025550101");
    bench.said.clear();
    bench.page(r#"{"do":"hello","phone":"secret","calls":[{"call":1},{"call":2}]}"#);
    bench.check(&expect![[r#"
        {"say":"ringing","call":1,"answer":"their tones"}
        {"say":"called","call":2,"name":"Pharmacy","number":"12025550101","offer":"offer of the switchboard"}
        {"say":"ready"}
    "#]]);
    bench.switch_does(Command::Answer { leg, body: "their answer".into() });
    bench.said.clear();
    bench.page(r#"{"do":"hello","phone":"secret","calls":[{"call":1},{"call":2}]}"#);
    // The page has answered the other call, and nobody has heard it.
    bench.page(r#"{"do":"answer","call":2,"answer":"my answer"}"#);
    bench.page(r#"{"do":"hello","phone":"secret","calls":[{"call":1},{"call":2}]}"#);
    bench.check(&expect![[r#"
        {"say":"answered","call":1,"answer":"their answer"}
        {"say":"called","call":2,"name":"Pharmacy","number":"12025550101","offer":"offer of the switchboard"}
        {"say":"ready"}
        -> SIP/2.0 200 OK
        <- ACK sip:10.0.0.9:50123;transport=wss
        {"say":"answered","call":1,"answer":"their answer"}
        {"say":"ready"}
    "#]]);
}

#[test]
fn an_offer_that_was_lost_is_made_and_one_whose_answer_was_lost_is_not_made_twice() {
    let mut bench = Bench::new();
    let leg = bench.talks(1);
    bench.page(r#"{"do":"hello","phone":"secret","calls":[{"call":1,"offer":"hold"}]}"#);
    bench.page(r#"{"do":"hello","phone":"secret","calls":[{"call":1,"offer":"hold"}]}"#);
    bench.switch_does(Command::AnswerReinvite { leg, body: "held".into() });
    bench.page(r#"{"do":"hello","phone":"secret","calls":[{"call":1,"offer":"hold"}]}"#);
    bench.page(r#"{"do":"hello","phone":"secret","calls":[{"call":1,"offer":"go on"}]}"#);
    bench.switch_does(Command::RefuseReinvite { leg, code: 488 });
    bench.page(r#"{"do":"hello","phone":"secret","calls":[{"call":1,"offer":"go on"}]}"#);
    bench.check(&expect![[r#"
        -> INVITE sip:10.0.0.1:443;transport=wss
        {"say":"answered","call":1,"answer":"answer"}
        {"say":"ready"}
        {"say":"answered","call":1,"answer":"answer"}
        {"say":"ready"}
        <- SIP/2.0 200 OK
        -> ACK sip:10.0.0.1:443;transport=wss
        {"say":"changed","call":1,"answer":"held"}
        {"say":"answered","call":1,"answer":"answer"}
        {"say":"changed","call":1,"answer":"held"}
        {"say":"ready"}
        -> INVITE sip:10.0.0.1:443;transport=wss
        {"say":"answered","call":1,"answer":"answer"}
        {"say":"ready"}
        <- SIP/2.0 488 Not Acceptable Here
        -> ACK sip:10.0.0.1:443;transport=wss
        {"say":"unchanged","call":1}
        {"say":"answered","call":1,"answer":"answer"}
        {"say":"unchanged","call":1}
        {"say":"ready"}
    "#]]);
}

/// Else whoever was to be handed on is shown as "being transferred" for as long as they talk.
#[test]
fn how_a_transfer_stands_is_said_again() {
    let mut bench = Bench::new();
    let leg = bench.talks(1);
    let hello = r#"{"do":"hello","phone":"secret","calls":[{"call":1}]}"#;
    bench.page(r#"{"do":"transfer","call":1,"to":"103"}"#);
    bench.switch_does(Command::AcceptRefer { leg });
    bench.said.clear();
    bench.page(hello);
    // Whoever orders it twice is told so, and it goes on.
    bench.page(r#"{"do":"transfer","call":1,"to":"103"}"#);
    bench.page(hello);
    bench.switch_does(Command::ReferProgress { leg, code: 486 });
    bench.page(hello);
    bench.page(r#"{"do":"transfer","call":1,"to":"-"}"#);
    bench.page(hello);
    bench.check(&expect![[r#"
        {"say":"answered","call":1,"answer":"answer"}
        {"say":"transferring","call":1}
        {"say":"ready"}
        {"say":"not_transferred","call":1,"why":"no_such_call"}
        {"say":"answered","call":1,"answer":"answer"}
        {"say":"transferring","call":1}
        {"say":"ready"}
        <- NOTIFY sip:10.0.0.9:50123;transport=wss
        -> SIP/2.0 200 OK
        {"say":"not_transferred","call":1,"why":"busy"}
        {"say":"answered","call":1,"answer":"answer"}
        {"say":"not_transferred","call":1,"why":"busy"}
        {"say":"ready"}
        {"say":"not_transferred","call":1,"why":"not_a_number"}
        {"say":"answered","call":1,"answer":"answer"}
        {"say":"not_transferred","call":1,"why":"not_a_number"}
        {"say":"ready"}
    "#]]);
}
