//! Hold: each side is told what the other wants, whoever wants it, in whatever order the answers come.

mod refused;

use expect_test::expect;

use crate::situations::{HELD, HELP, OUTSIDE_EARLY, PHONES, TALKING};

#[test]
fn hold_and_resume_reach_the_other_phone() {
    HELD.check(
        "
        trace
        silent s2
        ask a
        agree B1
        silent s2
        bye a
        ",
        &expect![[r#"
            > trace
            > silent s2
            > ask a
                answer reinvite a (v3 :4000)
                sound s1 10.0.1.2:7000
                reinvite B1 (v3 :4002)
                stop s2
            > agree B1
                sound s2 10.0.1.10:7000
            > silent s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                    0s Detail The caller took the call back (sendrecv)
                    0s Warn No sound comes from the called side (no RTP)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn the_called_side_holds_and_resumes() {
    TALKING.check(
        "trace\nask B1 hold\nagree a held\nask B1\nagree a\nbye a",
        &expect![[r#"
            > trace
            > ask B1 hold
                answer reinvite B1 (v2 :4002 recvonly)
                sound s2 on hold
                reinvite a (v2 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree a held
                sound s1 10.0.1.2:7000
            > ask B1
                answer reinvite B1 (v3 :4002)
                sound s2 10.0.1.10:7000
                reinvite a (v3 :4000)
                stop s1
            > agree a
                sound s1 10.0.1.2:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                    0s Detail The called side put the call on hold (sendonly)
                    0s Detail The called side took the call back (sendrecv)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn both_hold_and_each_resumes_alone() {
    HELD.check(
        "
        ask B1 inactive
        agree a inactive
        ask a
        agree B1 hold
        ask B1
        agree a
        bye a
        ",
        &expect![[r#"
            > ask B1 inactive
                answer reinvite B1 (v3 :4002 inactive)
                sound s2 on hold
                reinvite a (v3 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree a inactive
                sound s1 on hold
            > ask a
                answer reinvite a (v4 :4000 sendonly)
                sound s1 10.0.1.2:7000
                reinvite B1 (v4 :4002)
                stop s2
            > agree B1 hold
                sound s2 on hold
            > ask B1
                answer reinvite B1 (v5 :4002)
                sound s2 10.0.1.10:7000
                reinvite a (v5 :4000)
                stop s1
            > agree a
                sound s1 10.0.1.2:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn every_word_for_hold() {
    TALKING.check(
        "
        trace
        ask a inactive
        agree B1 inactive
        ask a
        agree B1
        ask B1 hold0
        agree a held
        ask B1
        agree a
        bye a
        ",
        &expect![[r#"
            > trace
            > ask a inactive
                answer reinvite a (v2 :4000 inactive)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree B1 inactive
                sound s2 on hold
                reinvite a (v3 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ask a
                answer reinvite a (v4 :4000 sendonly)
                sound s1 10.0.1.2:7000
                reinvite B1 (v3 :4002)
                stop s2
            > agree B1
                sound s2 10.0.1.10:7000
                stop s1
            > ask B1 hold0
                answer reinvite B1 (v4 :4002 recvonly)
                sound s2 on hold
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree a held
                sound s1 10.0.1.2:7000
            > ask B1
                answer reinvite B1 (v5 :4002)
                sound s2 10.0.1.10:7000
                reinvite a (v5 :4000)
                stop s1
            > agree a
                sound s1 10.0.1.2:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                    0s Detail The caller put the call on hold (inactive)
                    0s Detail The called side put the call on hold (inactive)
                    0s Detail The caller took the call back (sendrecv)
                    0s Detail The called side took the call back (sendrecv)
                    0s Detail The called side put the call on hold (sendrecv)
                    0s Detail The called side took the call back (sendrecv)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn resumed_before_the_other_has_answered() {
    TALKING.check(
        "ask a hold\nask a\nagree B1 held\nagree B1\nbye a",
        &expect![[r#"
            > ask a hold
                answer reinvite a (v2 :4000 recvonly)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ask a
                answer reinvite a (v3 :4000)
                sound s1 10.0.1.2:7000
                stop s2
            > agree B1 held
                sound s2 10.0.1.10:7000
                reinvite B1 (v3 :4002)
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
fn both_hold_at_the_same_moment() {
    TALKING.check(
        "
        ask a hold
        ask B1 hold
        agree B1 inactive
        agree a inactive
        ask B1
        agree a hold
        ask a
        agree B1
        bye B1
        ",
        &expect![[r#"
            > ask a hold
                answer reinvite a (v2 :4000 recvonly)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ask B1 hold
                answer reinvite B1 (v3 :4002 inactive)
                sound s2 on hold
                reinvite a (v3 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree B1 inactive
                sound s2 on hold
            > agree a inactive
                sound s1 on hold
            > ask B1
                answer reinvite B1 (v4 :4002 sendonly)
                sound s2 10.0.1.10:7000
                reinvite a (v4 :4000)
                stop s1
            > agree a hold
                sound s1 on hold
            > ask a
                answer reinvite a (v5 :4000)
                sound s1 10.0.1.2:7000
                reinvite B1 (v5 :4002)
                stop s2
            > agree B1
                sound s2 10.0.1.10:7000
            > bye B1
                bye a
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn the_other_vanishes_while_it_is_asked() {
    TALKING.check(
        "ask a hold\nlost B1",
        &expect![[r#"
            > ask a hold
                answer reinvite a (v2 :4000 recvonly)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > lost B1
                bye a
                close s1 s2
                RECORD call1 Out 101 > 102 Lost fault Callee talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_call_that_begins_on_hold() {
    PHONES.check(
        "invite a 101 102 inactive\npickup B1 inactive\nack a\nask a\nagree B1\nbye a",
        &expect![[r#"
            > invite a 101 102 inactive
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 inactive)
            > pickup B1 inactive
                sound s2 on hold
                answer a (v1 :4000 inactive)
                sound s1 on hold
                bridge s1 s2
                reinvite B1 (v2 :4002 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ack a
            > ask a
                answer reinvite a (v2 :4000)
                sound s1 10.0.1.2:7000
                stop s2
            > agree B1
                sound s2 10.0.1.10:7000
                reinvite B1 (v3 :4002)
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn our_offer_says_that_the_other_holds() {
    HELD.check(
        "ask B1 nosdp\nackanswer B1 held\nask a\nagree B1\nbye a",
        &expect![[r#"
            > ask B1 nosdp
                answer reinvite B1 (v3 :4002 sendonly)
            > ackanswer B1 held
                sound s2 10.0.1.10:7000
            > ask a
                answer reinvite a (v3 :4000)
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
fn help_is_not_told_of_a_hold() {
    HELP.check(
        "ask a hold\nask a\nask B1 hold\nask B1\nbye a",
        &expect![[r#"
        > ask a hold
            answer reinvite a (v2 :4000 recvonly)
            sound s1 on hold
        > ask a
            answer reinvite a (v3 :4000)
            sound s1 10.0.1.2:7000
        > ask B1 hold
            answer reinvite B1 (v2 :4002 recvonly)
            sound s2 on hold
        > ask B1
            answer reinvite B1 (v3 :4002)
            sound s2 10.0.1.10:7000
        > bye a
            bye B1
            close s1 s2
            RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn a_session_is_changed_before_the_call_is_answered() {
    // Nothing is agreed yet.
    PHONES.check(
        "invite a 101 102\nring B1\nask a\nask B1\npickup B1\nbye a",
        &expect![[r#"
        > invite a 101 102
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > ring B1
            ring a 180
        > ask a
            refuse reinvite a 500
        > ask B1
            refuse reinvite B1 491
        > pickup B1
            sound s2 10.0.1.10:7000
            answer a (v1 :4000)
            sound s1 10.0.0.101:7000
            bridge s1 s2
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
    "#]],
    );
    // The caller hears the carrier already.
    OUTSIDE_EARLY.check(
        "ask a\nask B1 pcmu\nask B1 garbage\npickup B1\nbye a",
        &expect![[r#"
        > ask a
            sound s1 10.0.1.2:7000
            answer reinvite a (v2 :4000)
        > ask B1 pcmu
            sound s2 10.0.1.10:7000
            answer reinvite B1 (v2 :4002 0+101)
        > ask B1 garbage
            refuse reinvite B1 400
        > pickup B1
            sound s2 10.0.1.10:7000
            answer a (v2 :4000)
            sound s1 10.0.1.2:7000
            bridge s1 s2
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}
