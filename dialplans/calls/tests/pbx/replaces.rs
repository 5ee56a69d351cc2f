//! A phone takes the place of another: it picks up what rings there, or takes over a call.

use expect_test::expect;

use crate::bench::check;
use crate::situations::{HANDING_ON, HELD, OUTSIDE, RINGING, TALKING};

#[test]
fn a_ringing_call_is_picked_up() {
    RINGING.check(
        "trace\ninvite n 103 101 replaces=B1 early\nack n\nlive\nbye n",
        &expect![[r#"
            > trace
            > invite n 103 101 replaces=B1 early
                answer n (v2 :4002)
                sound s2 10.0.0.103:7000
                cancel B1 taken
                cancel B2 taken
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > ack n
            > live
                call1 Talking emergency false
            > bye n
                bye p
                close s1 s2
                RECORD call1 In +12025550101 > 103 HungUp fault None talked 0s packets 1/2
                    0s Good Picked up by Doctor (Replaces)
                    0s Good The called side hung up
                    0s Good Ended
        "#]],
    );
    RINGING.check(
        "invite n 103 101 replaces=B1 early nosdp\nack n\nackanswer n\nbye p",
        &expect![[r#"
            > invite n 103 101 replaces=B1 early nosdp
                answer n (v2 :4002)
                cancel B1 taken
                cancel B2 taken
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > ack n
            > ackanswer n
                sound s2 10.0.1.3:7000
            > bye p
                bye n
                close s1 s2
                RECORD call1 In +12025550101 > 103 HungUp fault None talked 0s packets 1/2
        "#]],
    );
    RINGING.check(
        "trace\ninvite n 103 101 replaces=B1 early g729\npickup B2\nbye p",
        &expect![[r#"
            > trace
            > invite n 103 101 replaces=B1 early g729
                refuse n 488
            > pickup B2
                cancel B1 taken
                sound s2 10.0.1.11:7000
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > bye p
                bye B2
                close s1 s2
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Warn Doctor wanted to take this call and was refused (no codec in common: G.711, G.722 or Opus is needed)
                    0s Good Answered by Nurse
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn what_rings_in_a_transfer_is_picked_up() {
    HANDING_ON.check(
        "ring B2\ninvite n 101 103 replaces=B2 early\nack n\nbye a\nbye n",
        &expect![[r#"
            > ring B2
                refer progress a 180
            > invite n 101 103 replaces=B2 early
                answer n (v2 :4004)
                sound s3 10.0.0.101:7000
                cancel B2 taken
                bridge s2 s3
                refer progress a 200
                close s1
            > ack n
            > bye a
            > bye n
                bye B1
                close s2 s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 3/2
        "#]],
    );
}

#[test]
fn a_call_is_taken_over() {
    HELD.check(
        "trace\ninvite n 103 101 replaces=a\nagree B1\nack n\nlive\nbye n",
        &expect![[r#"
            > trace
            > invite n 103 101 replaces=a
                open s3 :4004
                answer n (v2 :4004)
                sound s3 10.0.0.103:7000
                close s1
                bye a
                bridge s2 s3
                reinvite B1 (v3 :4002)
                stop s2
            > agree B1
                sound s2 10.0.1.10:7000
            > ack n
            > live
                call1 Talking emergency false
            > bye n
                bye B1
                close s2 s3
                RECORD call1 Out 103 > 102 HungUp fault None talked 0s packets 3/2
                    0s Good Doctor took the call over from Front desk (Replaces)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
    TALKING.check(
        "invite n 103 101 replaces=B1 pcma\nagree a pcma\nack n\nbye n",
        &expect![[r#"
            > invite n 103 101 replaces=B1 pcma
                open s3 :4004
                answer n (v2 :4004 8+101)
                sound s3 10.0.0.103:7000
                close s2
                bye B1
                bridge s1 s3
                reinvite a (v2 :4000 8+101)
            > agree a pcma
                sound s1 10.0.1.2:7000
            > ack n
            > bye n
                bye a
                close s1 s3
                RECORD call1 Out 101 > 103 HungUp fault None talked 0s packets 1/3
        "#]],
    );
}

#[test]
fn only_phones_of_the_clinic_take_and_are_taken() {
    RINGING.check(
        "
        invite n main:+12025550102 101 replaces=B1
        invite n device:7 101 replaces=B1 auth=none
        invite n 103 101 replaces=p
        invite n 103 101 replaces=B77
        cancel p
        ",
        &expect![[r#"
            > invite n main:+12025550102 101 replaces=B1
                refuse n 603
            > invite n device:7 101 replaces=B1 auth=none
                challenge n
            > invite n 103 101 replaces=p
                refuse n 603
            > invite n 103 101 replaces=B77
                refuse n 481
            > cancel p
                cancel B1
                cancel B2
                close s1 s2
                RECORD call1 In +12025550101 > +12025550123 Abandoned fault Caller packets 1/2
        "#]],
    );
    OUTSIDE.check(
        "invite n 103 101 replaces=B1\ninvite n 103 101 replaces=a garbage\nbye a",
        &expect![[r#"
            > invite n 103 101 replaces=B1
                refuse n 603
            > invite n 103 101 replaces=a garbage
                open s3 :4004
                refuse n 400
                close s3
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn nobody_takes_the_place_of_a_phone_that_calls_for_help() {
    check(
        "trace\ninvite a 101 911\ninvite n 103 101 replaces=a\npickup B1\nack a\ninvite m 103 101 replaces=a\nbye a",
        &expect![[r#"
            > trace
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > invite n 103 101 replaces=a
                refuse n 603
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > invite m 103 101 replaces=a
                refuse m 603
            > bye a
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Warn Doctor wanted to take this call and was refused (Nobody takes the place of a phone that calls for help)
                    0s Good Answered by the trunk main
                    0s Warn Doctor wanted to take this call and was refused (Nobody takes the place of a phone that calls for help)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn a_call_for_help_is_one_whatever_else_it_says() {
    TALKING.check(
        "invite n device:7 911 replaces=a\npickup B2\nack n\nbye n\nbye a",
        &expect![[r#"
            > invite n device:7 911 replaces=a
                ALERT call1 A phone that has not registered, at 10.0.0.77, called 911. -> 101,102,103
                open s3 :4004
                open s4 :4006
                invite B2 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "A phone that has not registered, at 10.0.0.77, called 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "A phone that has not registered, at 10.0.0.77, called 911." from "Harbor Street Clinic" sip:clinic.demo
                send 3 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "A phone that has not registered, at 10.0.0.77, called 911." from "Harbor Street Clinic" sip:clinic.demo
            > pickup B2
                sound s4 10.0.1.11:7000
                answer n (v1 :4004)
                sound s3 10.0.0.77:7000
                bridge s3 s4
            > ack n
            > bye n
                bye B2
                close s3 s4
                RECORD call1 EMERGENCY Out ? > 911 HungUp fault None talked 0s packets 3/4
            > bye a
                bye B1
                close s1 s2
                RECORD call2 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn the_echo_has_no_place_to_take() {
    check(
        "invite a 101 *43\nack a\ninvite n 103 101 replaces=a\nbye a",
        &expect![[r#"
            > invite a 101 *43
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                echo s1
            > ack a
            > invite n 103 101 replaces=a
                refuse n 603
            > bye a
                close s1
                RECORD call1 Out 101 > *43 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

/// Whoever has handed its partner on is let go, also if the partner is taken over from the next one before that.
#[test]
fn whoever_has_transferred_before_a_take_over_is_let_go() {
    HANDING_ON.check(
        "pickup B2\ninvite n 101 103 replaces=B2\nack n\nwait 5\nbye n",
        &expect![[r#"
        > pickup B2
            sound s3 10.0.1.11:7000
            bridge s2 s3
            refer progress a 200
            close s1
        > invite n 101 103 replaces=B2
            open s4 :4006
            answer n (v2 :4006)
            sound s4 10.0.0.101:7000
            bye a
            close s3
            bye B2
            bridge s2 s4
        > ack n
        > wait 5
        > bye n
            bye B1
            close s2 s4
            RECORD call1 Out 101 > 102 HungUp fault None talked 5s packets 4/2
    "#]],
    );
}
