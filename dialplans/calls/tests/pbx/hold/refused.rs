//! Changes that a phone refuses, for the moment or for good.

use expect_test::expect;

use crate::situations::{HELD, TALKING};

#[test]
fn a_refused_hold_is_a_hold_all_the_same() {
    TALKING.check(
        "
        trace
        ask a hold
        disagree B1 488
        ask a
        ask a hold
        disagree B1 488
        ask a
        ask B1 hold
        agree a held
        bye a
        ",
        &expect![[r#"
            > trace
            > ask a hold
                answer reinvite a (v2 :4000 recvonly)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > disagree B1 488
            > ask a
                answer reinvite a (v3 :4000)
                sound s1 10.0.1.2:7000
                stop s2
            > ask a hold
                answer reinvite a (v4 :4000 recvonly)
                sound s1 on hold
                reinvite B1 (v3 :4002 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > disagree B1 488
            > ask a
                answer reinvite a (v5 :4000)
                sound s1 10.0.1.2:7000
                stop s2
            > ask B1 hold
                answer reinvite B1 (v4 :4002 recvonly)
                sound s2 on hold
                reinvite a (v6 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree a held
                sound s1 10.0.1.2:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                    0s Detail The caller put the call on hold (sendonly)
                    0s Warn The called side refused a change of the call (status 488)
                    0s Detail The caller took the call back (sendrecv)
                    0s Detail The caller put the call on hold (sendonly)
                    0s Warn The called side refused a change of the call (status 488)
                    0s Detail The caller took the call back (sendrecv)
                    0s Detail The called side put the call on hold (sendonly)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn glare_that_does_not_end() {
    TALKING.check(
        "ask a hold\ndisagree B1 491\nask B1 held\nask a\nbye a",
        &expect![[r#"
            > ask a hold
                answer reinvite a (v2 :4000 recvonly)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > disagree B1 491
            > ask B1 held
                answer reinvite B1 (v3 :4002 sendonly)
                sound s2 10.0.1.10:7000
                reinvite a (v3 :4000 recvonly)
            > ask a
                answer reinvite a (v4 :4000 recvonly)
                sound s1 10.0.1.2:7000
                reinvite B1 (v4 :4002)
                stop s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn what_was_refused_once_is_offered_again_when_the_other_wants_it_again() {
    HELD.check(
        "ask a\ndisagree B1 503\nask a hold\nask a\nagree B1\nbye a",
        &expect![[r#"
            > ask a
                answer reinvite a (v3 :4000)
                sound s1 10.0.1.2:7000
                reinvite B1 (v3 :4002)
                stop s2
            > disagree B1 503
            > ask a hold
                answer reinvite a (v4 :4000 recvonly)
                sound s1 on hold
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ask a
                answer reinvite a (v5 :4000)
                sound s1 10.0.1.2:7000
                reinvite B1 (v4 :4002)
                stop s2
            > agree B1
                sound s2 10.0.1.10:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn what_a_phone_could_not_do_at_that_moment_is_offered_once_more() {
    HELD.check(
        "ask a\ndisagree B1 500\nwait 4\nwait 2\nagree B1\nbye a",
        &expect![[r#"
            > ask a
                answer reinvite a (v3 :4000)
                sound s1 10.0.1.2:7000
                reinvite B1 (v3 :4002)
                stop s2
            > disagree B1 500
            > wait 4
            > wait 2
                reinvite B1 (v4 :4002)
            > agree B1
                sound s2 10.0.1.10:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 6s packets 1/2
        "#]],
    );
    // Once, and not for ever. What it cannot do at all is not offered again.
    HELD.check(
        "ask a\ndisagree B1 491\nwait 6\ndisagree B1 491\nwait 60\nbye a",
        &expect![[r#"
            > ask a
                answer reinvite a (v3 :4000)
                sound s1 10.0.1.2:7000
                reinvite B1 (v3 :4002)
                stop s2
            > disagree B1 491
            > wait 6
                reinvite B1 (v4 :4002)
            > disagree B1 491
            > wait 60
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 66s packets 1/2
        "#]],
    );
    HELD.check(
        "ask a\ndisagree B1 488\nwait 60\nbye a",
        &expect![[r#"
            > ask a
                answer reinvite a (v3 :4000)
                sound s1 10.0.1.2:7000
                reinvite B1 (v3 :4002)
                stop s2
            > disagree B1 488
            > wait 60
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 60s packets 1/2
        "#]],
    );
}
