//! Calls from extension to extension.

use expect_test::expect;

use crate::bench::check;
use crate::situations::{CALLING, HELP, PHONES, RINGING, TALKING, TWO_PHONES};

#[test]
fn answered_and_the_caller_hangs_up() {
    CALLING.check(
        "
        trace
        live
        ring B1
        ring B1
        pickup B1
        ack a
        live
        wait 61
        bye a
        ",
        &expect![[r#"
            > trace
            > live
                call1 Ringing emergency false
            > ring B1
                ring a 180
            > ring B1
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > live
                call1 Talking emergency false
            > wait 61
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 61s packets 1/2
                    0s Good It rings
                    0s Good Answered by Nurse
                   61s Good The caller hung up
                   61s Good Ended
        "#]],
    );
}

#[test]
fn answered_and_the_called_side_hangs_up() {
    TALKING.check(
        "wait 5\nbye B1",
        &expect![[r#"
        > wait 5
        > bye B1
            bye a
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 5s packets 1/2
    "#]],
    );
}

#[test]
fn a_side_that_vanishes_is_at_fault() {
    TALKING.check(
        "lost B1",
        &expect![[r#"
        > lost B1
            bye a
            close s1 s2
            RECORD call1 Out 101 > 102 Lost fault Callee talked 0s packets 1/2
    "#]],
    );
    TALKING.check(
        "lost a",
        &expect![[r#"
        > lost a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 Lost fault Caller talked 0s packets 1/2
    "#]],
    );
}

/// Its media reports a moment later than a program that ends can wait. Without that its record tells no packets, but it is one.
#[test]
fn a_call_that_ends_right_before_the_program_is_on_record() {
    TALKING.check(
        "media dies\nwait 5\nbye a\nending",
        &expect![[r#"
        > media dies
        > wait 5
        > bye a
            bye B1
            close s1 s2
        > ending
            RECORD call1 Out 101 > 102 HungUp fault None talked 5s packets 0/0
    "#]],
    );
}

/// Whoever talks when the program ends hears it, and their call is on record; so is one that rings, and one for help.
#[test]
fn a_program_that_ends_leaves_nobody_in_silence() {
    for (situation, expected) in [
        (
            &TALKING,
            expect![[r#"
            > ending
                bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 0/0
        "#]],
        ),
        (
            &RINGING,
            expect![[r#"
            > ending
                refuse p 480
                cancel B1
                cancel B2
                close s1 s2
                RECORD call1 In +12025550101 > +12025550123 OurFault fault Us packets 0/0
        "#]],
        ),
        (
            &HELP,
            expect![[r#"
            > ending
                bye a
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 0/0
        "#]],
        ),
    ] {
        situation.check("ending", &expected);
    }
}

#[test]
fn busy() {
    CALLING.check(
        "refuse B1 486",
        &expect![[r#"
        > refuse B1 486
            refuse a 486
            close s1 s2
            RECORD call1 Out 101 > 102 Busy fault Callee packets 1/2
    "#]],
    );
}

#[test]
fn declined() {
    CALLING.check(
        "ring B1\nrefuse B1 603",
        &expect![[r#"
        > ring B1
            ring a 180
        > refuse B1 603
            refuse a 603
            close s1 s2
            RECORD call1 Out 101 > 102 Refused fault Callee packets 1/2
    "#]],
    );
}

#[test]
fn nobody_answers() {
    CALLING.check(
        "trace\nring B1\nwait 24\nwait 2",
        &expect![[r#"
        > trace
        > ring B1
            ring a 180
        > wait 24
        > wait 2
            refuse a 480
            cancel B1
            close s1 s2
            RECORD call1 Out 101 > 102 NoAnswer fault Callee packets 1/2
                0s Good It rings
               25s Warn Nobody answered
    "#]],
    );
}

#[test]
fn a_phone_that_never_says_a_word_was_not_reached() {
    CALLING.check(
        "wait 26",
        &expect![[r#"
        > wait 26
            refuse a 480
            cancel B1
            close s1 s2
            RECORD call1 Out 101 > 102 Unreachable fault Callee packets 1/2
    "#]],
    );
}

#[test]
fn the_caller_gives_up() {
    TWO_PHONES.check(
        "invite a 101 102\nring B1\ncancel a",
        &expect![[r#"
        > invite a 101 102
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            invite B2 sip:102@10.0.0.52 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > ring B1
            ring a 180
        > cancel a
            cancel B1
            cancel B2
            close s1 s2
            RECORD call1 Out 101 > 102 Abandoned fault Caller packets 1/2
    "#]],
    );
}

#[test]
fn no_phone_is_registered() {
    check(
        "trace\ninvite a 101 102",
        &expect![[r#"
        > trace
        > invite a 101 102
            refuse a 480
            RECORD call1 Out 101 > 102 Unreachable fault Callee packets 0/0
                0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                0s Warn No phone is registered there
                0s Warn Not reachable
    "#]],
    );
}

#[test]
fn no_such_extension_and_no_number_at_all() {
    check(
        "invite a 101 199\ninvite b 101 nurse",
        &expect![[r#"
        > invite a 101 199
            refuse a 404
            RECORD call1 Out 101 > 199 Unreachable fault Caller packets 0/0
        > invite b 101 nurse
            refuse b 404
            RECORD call2 Out 101 > ? Unreachable fault Caller packets 0/0
    "#]],
    );
}

#[test]
fn all_phones_ring_and_the_first_answer_wins() {
    TWO_PHONES.check(
        "
        invite a 101 102
        ring B2
        ring B1
        pickup B2
        ack a
        bye a
        invite b 103 100
        cancel b
        ",
        &expect![[r#"
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.52 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B2
                ring a 180
            > ring B1
            > pickup B2
                cancel B1 taken
                sound s2 10.0.1.11:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > bye a
                bye B2
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > invite b 103 100
                open s3 :4004
                open s4 :4006
                invite B3 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4006)
                invite B4 sip:102@10.0.0.102 from "Doctor" sip:103@clinic.demo (v1 :4006)
                invite B5 sip:102@10.0.0.52 from "Doctor" sip:103@clinic.demo (v1 :4006)
            > cancel b
                cancel B3
                cancel B4
                cancel B5
                close s3 s4
                RECORD call2 Out 103 > 100 Abandoned fault Caller packets 3/4
        "#]],
    );
}

#[test]
fn one_of_two_phones_is_busy_the_other_answers() {
    TWO_PHONES.check(
        "
        invite a 101 102
        refuse B1 486
        pickup B2
        bye B2
        invite b 101 102
        refuse B3 480
        refuse B4 486
        ",
        &expect![[r#"
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.52 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B1 486
            > pickup B2
                sound s2 10.0.1.11:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye B2
                bye a
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > invite b 101 102
                open s3 :4004
                open s4 :4006
                invite B3 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
                invite B4 sip:102@10.0.0.52 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > refuse B3 480
            > refuse B4 486
                refuse b 486
                close s3 s4
                RECORD call2 Out 101 > 102 Busy fault Callee packets 3/4
        "#]],
    );
}

#[test]
fn who_calls_their_own_group_does_not_ring_their_own_phone() {
    PHONES.check(
        "invite a 101 100\ncancel a",
        &expect![[r#"
        > invite a 101 100
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > cancel a
            cancel B1
            close s1 s2
            RECORD call1 Out 101 > 100 Abandoned fault Caller packets 1/2
    "#]],
    );
}
