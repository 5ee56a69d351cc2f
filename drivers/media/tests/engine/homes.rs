//! Families of addresses and networks: where a session listens, and from where it sends.

use expect_test::expect;
use media::{Command, Family, Home, Input};

use crate::script::{A, B, PHONE_A, PHONE_B, Script, speech};

#[test]
fn an_end_of_ipv4_and_one_of_ipv6_hear_each_other() {
    const SIX: &str = "[2001:db8::2]:4000";
    let mut script = Script::new();
    script.open(A, 4600, PHONE_A).open(B, 4602, SIX).order(Command::Bridge { a: A, b: B });
    script.packet(A, PHONE_A, &speech(1)).packet(B, SIX, &speech(2));
    script.check(&expect![[r#"
        bind 1 4600
        bind 2 4602 in IPv6
        first packet 1
        2 -> [2001:db8::2]:4000: rtp 0 1
        first packet 2
        1 -> 192.0.2.1:4000: rtp 0 2
    "#]]);
}

#[test]
fn a_session_listens_in_the_other_family_when_its_end_may_send_in_it() {
    const SIX: &str = "[2001:db8::1]:4000";
    let mut script = Script::new();
    script.open(A, 4600, PHONE_A).order(Command::Echo { session: A });
    script.note("its end may choose").order(Command::Listen { session: A, home: Family::V6.into() });
    script.order(Command::Listen { session: A, home: Family::V6.into() });
    script.order(Command::Reports { session: A, way: Some(media::Reports::Beside(None)) });
    script.packet(A, PHONE_A, &speech(1));
    script.note("it has moved").order(Command::Remote { session: A, addr: Some(SIX.parse().unwrap()) });
    script.packet(A, PHONE_A, &speech(2)).packet(A, SIX, &speech(3)).order(Command::Close { session: A });
    script.note("it moves to where nobody listened").open(B, 4602, PHONE_B);
    script.order(Command::Reports { session: B, way: Some(media::Reports::Beside(None)) });
    script.order(Command::Remote { session: B, addr: Some(SIX.parse().unwrap()) });
    script.note("which somebody else has").input(Input::BindFailed { session: B });
    script.check(&expect![[r#"
        bind 1 4600
        # its end may choose
        bind 1 4600 in IPv6
        bind 1 4601 for reports
        bind 1 4601 in IPv6 for reports
        first packet 1
        1 -> 192.0.2.1:4000: rtp 0 1
        # it has moved
        1 -> [2001:db8::1]:4000: rtp 0 2
        1 -> [2001:db8::1]:4000: rtp 0 3
        unbind 1
        closed 1: 3 in, 3 out, 0 lost
        # it moves to where nobody listened
        bind 2 4602
        bind 2 4603 for reports
        bind 2 4602 in IPv6
        bind 2 4603 in IPv6 for reports
        # which somebody else has
        bind failed 2 4602
    "#]]);
}

/// Two phones in two networks of one family ring, and the first of them answers.
#[test]
fn a_session_listens_in_several_networks_and_sends_from_the_one_that_was_agreed_on() {
    let home = |nth| Home { family: Family::V4, nth };
    let mut script = Script::new();
    script.order(Command::Open { session: A, port: 4600, home: home(0) });
    script.note("the second is told of another address").order(Command::Listen { session: A, home: home(1) });
    script.order(Command::Listen { session: A, home: home(1) });
    script.note("the first answers").order(Command::Listen { session: A, home: home(0) });
    script.order(Command::Remote { session: A, addr: Some(PHONE_A.parse().unwrap()) });
    script.order(Command::Reports { session: A, way: Some(media::Reports::Beside(None)) });
    script.order(Command::Echo { session: A }).packet(A, PHONE_A, &speech(1));
    script.check(&expect![[r#"
        bind 1 4600
        # the second is told of another address
        bind 1 4600 at 1
        # the first answers
        1 sends from there
        bind 1 4601 at 1 for reports
        bind 1 4601 for reports
        first packet 1
        1 -> 192.0.2.1:4000: rtp 0 1
    "#]]);
}

#[test]
fn what_goes_to_a_group_goes_out_from_every_address_of_its_family_that_was_named() {
    let mut script = Script::new();
    script.order(Command::Open { session: A, port: 4600, home: Family::V4.into() });
    script.order(Command::Listen { session: A, home: Family::V6.into() });
    script.order(Command::Listen { session: A, home: Home { family: Family::V4, nth: 2 } });
    script.note("no group").order(Command::Group { session: A, group: PHONE_A.parse().unwrap() });
    script.note("a group").order(Command::Group { session: A, group: "239.1.2.3:5004".parse().unwrap() });
    script.check(&expect![[r#"
        bind 1 4600
        bind 1 4600 in IPv6
        bind 1 4600 at 2
        # no group
        # a group
        1 sends to its group
        1 sends to its group at 2
    "#]]);
}
