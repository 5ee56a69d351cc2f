//! Attended: two calls of one phone become one.

use expect_test::expect;

use crate::situations::{ASKED_OUTSIDE, CONSULTED, SECOND_CALL};

#[test]
fn two_calls_become_one() {
    CONSULTED.check(
        "
        trace
        ask a hold
        agree B3 held
        refer B1 replaces a
        agree p
        agree B3
        live
        bye B1
        wait 60
        bye p
        ",
        &expect![[r#"
            > trace
            > ask a hold
                answer reinvite a (v2 :4004 recvonly)
                sound s3 on hold
                reinvite B3 (v2 :4006 sendonly)
                play s4 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree B3 held
                sound s4 10.0.1.12:7000
            > refer B1 replaces a
                bye a
                close s3
                accept refer B1
                bridge s1 s4
                refer progress B1 200
                close s2
                reinvite p (v3 :4000)
                reinvite B3 (v3 :4006)
                stop s1
                stop s4
                RECORD call1 Out 101 > 103 HungUp fault None talked 0s packets 3/0
                    0s Detail The caller put the call on hold (sendonly)
                    0s Good Front desk connected this call with another one (attended transfer)
                    0s Good Ended
            > agree p
                sound s1 10.0.1.2:7000
            > agree B3
                sound s4 10.0.1.12:7000
            > live
                call2 Talking emergency false
            > bye B1
            > wait 60
            > bye p
                bye B3
                close s1 s4
                RECORD call2 In +12025550101 > 103 HungUp fault None talked 60s packets 1/4
                    0s Good Front desk connected +12025550101 with Doctor (attended transfer)
                   60s Good The caller hung up
                   60s Good Ended
        "#]],
    );
}

/// 103 has called 101, who had 102 on the line already.
#[test]
fn two_calls_become_one_when_the_other_was_an_incoming_one() {
    SECOND_CALL.check(
        "trace\nrefer a replaces B2\nbye a\nbye c",
        &expect![[r#"
        > trace
        > refer a replaces B2
            bye B2
            close s4
            accept refer a
            bridge s2 s3
            refer progress a 200
            close s1
            RECORD call1 Out 103 > 101 HungUp fault None talked 0s packets 0/4
                0s Good Front desk connected this call with another one (attended transfer)
                0s Good Ended
        > bye a
        > bye c
            bye B1
            close s2 s3
            RECORD call2 Out 103 > 102 HungUp fault None talked 0s packets 3/2
                0s Good Front desk connected Nurse with Doctor (attended transfer)
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
    SECOND_CALL.check(
        "refer B2 replaces a\nbye B2\nbye B1",
        &expect![[r#"
        > refer B2 replaces a
            bye a
            close s1
            accept refer B2
            bridge s3 s2
            refer progress B2 200
            close s4
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/0
        > bye B2
        > bye B1
            bye c
            close s2 s3
            RECORD call2 Out 103 > 102 HungUp fault None talked 0s packets 3/2
    "#]],
    );
}

#[test]
fn two_calls_outside_become_one() {
    ASKED_OUTSIDE.check(
        "
        pickup B3
        ack a
        trunks
        refer B1 replaces a
        trunks
        bye B1
        bye B3
        trunks
        ",
        &expect![[r#"
            > pickup B3
                sound s4 10.0.1.12:7000
                answer a (v1 :4004)
                sound s3 10.0.0.101:7000
                bridge s3 s4
            > ack a
            > trunks
                main 2/2 healthy true
                backup 0/10 healthy true
            > refer B1 replaces a
                bye a
                close s3
                accept refer B1
                bridge s1 s4
                refer progress B1 200
                close s2
                RECORD call1 Out 101 > +12025550109 HungUp fault None talked 0s packets 3/0
            > trunks
                main 2/2 healthy true
                backup 0/10 healthy true
            > bye B1
            > bye B3
                bye p
                close s1 s4
                RECORD call2 In +12025550101 > +12025550109 HungUp fault None talked 0s packets 1/4
            > trunks
                main 0/2 healthy true
                backup 0/10 healthy true
        "#]],
    );
}
