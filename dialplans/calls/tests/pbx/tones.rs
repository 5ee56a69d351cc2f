//! Carriers that play tones of their own before somebody answers, and speak otherwise then.

use expect_test::expect;

use crate::bench::check;

/// What plays the tones and who answers are two machines, and the caller was told how to speak with the first.
#[test]
fn who_answers_in_another_codec_than_the_tones_had_is_heard() {
    check(
        "invite a 101 202-555-0101\nearly B1 pcmu\npickup B1 pcma\nack a\nbye a",
        &expect![[r#"
        > invite a 101 202-555-0101
            open s1 :4000
            open s2 :4002
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > early B1 pcmu
            sound s2 10.0.1.10:7000
            sound s1 10.0.0.101:7000
            bridge s1 s2
            ring a 183 (v1 :4000 0+101)
        > pickup B1 pcma
            sound s2 10.0.1.10:7000
            answer a (v1 :4000 0+101)
            sound s1 10.0.0.101:7000
            bridge s1 s2
        > ack a
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn help_that_answers_in_another_codec_than_the_tones_of_the_trunk_before_is_heard() {
    check(
        "invite a 101 911\nearly B1 pcmu\nrefuse B1 503\npickup B2 pcma\nack a\nbye a",
        &expect![[r#"
        > invite a 101 911
            ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
            open s1 :4000
            open s2 :4002
            invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > early B1 pcmu
            sound s2 10.0.1.10:7000
            sound s1 10.0.0.101:7000
            bridge s1 s2
            ring a 183 (v1 :4000 0+101)
        > refuse B1 503
            invite B2 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > pickup B2 pcma
            sound s2 10.0.1.11:7000
            answer a (v1 :4000 0+101)
            sound s1 10.0.0.101:7000
            bridge s1 s2
        > ack a
        > bye a
            bye B2
            close s1 s2
            RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

/// A phone that speaks one law calls for help over a carrier that speaks the other.
#[test]
fn help_is_asked_for_in_both_laws() {
    check(
        "invite a 101 911 pcmu\npickup B1 pcma\nack a\nbye a",
        &expect![[r#"
        > invite a 101 911 pcmu
            ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
            open s1 :4000
            open s2 :4002
            invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > pickup B1 pcma
            sound s2 10.0.1.10:7000
            answer a (v1 :4000 0+101)
            sound s1 10.0.0.101:7000
            bridge s1 s2
        > ack a
        > bye a
            bye B1
            close s1 s2
            RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

/// The machine that plays the tones knows no keys, and who answers does: a menu of theirs hears them.
#[test]
fn keys_are_agreed_on_with_who_answers_though_the_tones_came_without() {
    let mut bench = crate::bench::Bench::new(calls::Limits::default());
    bench.run("invite a 101 911\nearly B1 pcmu noevents\nrefuse B1 503\npickup B2 pcmu\nack a");
    let (_, after) = bench.log.split_once("> refuse B1 503").expect("it went on");
    assert!(after.contains("invite B2 ") && after.contains("(v1 :4002)\n"), "keys are offered: {}", bench.log);
    bench.run("bye a");
    bench.check_rest();
}
