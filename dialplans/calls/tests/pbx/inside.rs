//! Calls from extension to extension.

use expect_test::expect;

use crate::bench::check;

#[test]
fn answered_and_the_caller_hangs_up() {
    check(
        "
        register 101
        register 102
        trace
        invite a 101 102
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
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 102
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > trace
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
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
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Nurse
                   61s Good The caller hung up
                   61s Good Ended
        "#]],
    );
}

#[test]
fn answered_and_the_called_side_hangs_up() {
    check(
        "
        register 102
        invite a 101 102
        pickup B1
        wait 5
        bye B1
        ",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
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
    check(
        "
        register 102
        invite a 101 102
        pickup B1
        lost B1
        invite b 101 102
        pickup B2
        lost b
        ",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > lost B1
                bye a
                close s1 s2
                RECORD call1 Out 101 > 102 Lost fault Callee talked 0s packets 1/2
            > invite b 101 102
                open s3 :4004
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer b (v1 :4004)
                sound s3 10.0.0.101:7000
                bridge s3 s4
            > lost b
                bye B2
                close s3 s4
                RECORD call2 Out 101 > 102 Lost fault Caller talked 0s packets 3/4
        "#]],
    );
}

#[test]
fn busy() {
    check(
        "register 102\ninvite a 101 102\nrefuse B1 486",
        &expect![[r#"
        > register 102
            bindings [102 udp 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
        > invite a 101 102
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > refuse B1 486
            refuse a 486
            close s1 s2
            RECORD call1 Out 101 > 102 Busy fault Callee packets 1/2
    "#]],
    );
}

#[test]
fn declined() {
    check(
        "register 102\ninvite a 101 102\nring B1\nrefuse B1 603",
        &expect![[r#"
        > register 102
            bindings [102 udp 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
        > invite a 101 102
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
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
    check(
        "trace\nregister 102\ninvite a 101 102\nring B1\nwait 24\nwait 2",
        &expect![[r#"
            > trace
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > wait 24
            > wait 2
                refuse a 480
                cancel B1
                close s1 s2
                RECORD call1 Out 101 > 102 NoAnswer fault Callee packets 1/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                   25s Warn Nobody answered
        "#]],
    );
}

#[test]
fn a_phone_that_never_says_a_word_was_not_reached() {
    check(
        "register 102\ninvite a 101 102\nwait 26",
        &expect![[r#"
        > register 102
            bindings [102 udp 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
        > invite a 101 102
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
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
    check(
        "register 102\nregister 102 host=52\ninvite a 101 102\nring B1\ncancel a",
        &expect![[r#"
        > register 102
            bindings [102 udp 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
        > register 102 host=52
            bindings [102 udp 10.0.0.102:5060, 102 udp 10.0.0.52:5060]
            accept register [sip:102@10.0.0.102 3600s, sip:102@10.0.0.52 3600s]
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
    check(
        "
        register 102
        register 102 host=52
        register 103
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
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > register 102 host=52
                bindings [102 udp 10.0.0.102:5060, 102 udp 10.0.0.52:5060]
                accept register [sip:102@10.0.0.102 3600s, sip:102@10.0.0.52 3600s]
            > register 103
                bindings [102 udp 10.0.0.102:5060, 102 udp 10.0.0.52:5060, 103 udp 10.0.0.103:5060]
                accept register [sip:103@10.0.0.103 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.52 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B2
                ring a 180
            > ring B1
            > pickup B2
                cancel B1
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
                invite B3 sip:102@10.0.0.102 from "Doctor" sip:103@clinic.demo (v1 :4006)
                invite B4 sip:102@10.0.0.52 from "Doctor" sip:103@clinic.demo (v1 :4006)
            > cancel b
                cancel B3
                cancel B4
                close s3 s4
                RECORD call2 Out 103 > 100 Abandoned fault Caller packets 3/4
        "#]],
    );
}

#[test]
fn one_of_two_phones_is_busy_the_other_answers() {
    check(
        "
        register 102
        register 102 host=52
        invite a 101 102
        refuse B1 486
        pickup B2
        bye B2
        invite b 101 102
        refuse B3 480
        refuse B4 486
        ",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > register 102 host=52
                bindings [102 udp 10.0.0.102:5060, 102 udp 10.0.0.52:5060]
                accept register [sip:102@10.0.0.102 3600s, sip:102@10.0.0.52 3600s]
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
    check(
        "register 101\nregister 102\ninvite a 101 100\ncancel a",
        &expect![[r#"
        > register 101
            bindings [101 udp 10.0.0.101:5060]
            accept register [sip:101@10.0.0.101 3600s]
        > register 102
            bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
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
