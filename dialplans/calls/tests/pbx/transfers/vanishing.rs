//! Somebody hangs up or vanishes in the middle of a transfer: nobody is left without an owner.

use expect_test::expect;

use crate::situations::{CONSULTED, JOINED, PATIENT, PATIENT_HELD, REFERRED};

#[test]
fn whoever_transfers_hangs_up_at_once() {
    PATIENT_HELD.check(
        "refer B1 102\nbye B1\nagree p\nring B3\npickup B3\nbye B3",
        &expect![[r#"
            > refer B1 102
                open s3 :4004
                accept refer B1
                invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
            > bye B1
                close s2
                reinvite p (v3 :4000)
                play s1 <Ringing>
            > agree p
                sound s1 10.0.1.2:7000
            > ring B3
            > pickup B3
                sound s3 10.0.1.12:7000
                bridge s1 s3
                stop s1
            > bye B3
                bye p
                close s1 s3
                RECORD call1 In +12025550101 > 102 HungUp fault None talked 0s packets 1/3
        "#]],
    );
    PATIENT.check(
        "trace\nrefer B1 102\nbye B1\nring B3\nrefuse B3 486\nring B4\nrefuse B4 486",
        &expect![[r#"
            > trace
            > refer B1 102
                open s3 :4004
                accept refer B1
                invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
            > bye B1
                close s2
                play s1 <Ringing>
            > ring B3
            > refuse B3 486
                invite B4 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4004)
            > ring B4
            > refuse B4 486
                bye p
                close s1 s3
                RECORD call1 In +12025550101 > +12025550123 Busy fault Callee talked 0s packets 1/3
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Front desk transfers +12025550101 to Nurse (REFER)
                    0s Good Ringing 1 phone
                    0s Detail Front desk hung up
                    0s Good It rings
                    0s Warn Refused by Nurse (status 486)
                    0s Warn Nobody took the call; Front desk is called back (Busy)
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Warn Refused by Front desk (status 486)
                    0s Warn The transfer failed (Busy)
                    0s Warn Busy
        "#]],
    );
}

#[test]
fn the_party_hangs_up_while_it_is_handed_on() {
    REFERRED.check(
        "ring B3\nbye p",
        &expect![[r#"
        > ring B3
            refer progress B1 180
        > bye p
            refer progress B1 487
            bye B1
            cancel B3
            close s1 s2 s3
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/3
    "#]],
    );
    REFERRED.check(
        "lost p",
        &expect![[r#"
        > lost p
            refer progress B1 487
            bye B1
            cancel B3
            close s1 s2 s3
            RECORD call1 In +12025550101 > +12025550123 Lost fault Caller talked 0s packets 1/3
    "#]],
    );
    REFERRED.check(
        "hangup",
        &expect![[r#"
        > hangup
            bye p
            bye B1
            cancel B3
            close s1 s2 s3
            hung up call1
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/3
    "#]],
    );
}

#[test]
fn somebody_vanishes_from_two_calls_that_became_one() {
    JOINED.check(
        "lost B3",
        &expect![[r#"
        > lost B3
            bye p
            bye B1
            close s1 s4
            RECORD call2 In +12025550101 > 103 Lost fault Callee talked 0s packets 1/4
    "#]],
    );
    JOINED.check(
        "lost p",
        &expect![[r#"
        > lost p
            bye B1
            bye B3
            close s1 s4
            RECORD call2 In +12025550101 > 103 Lost fault Caller talked 0s packets 1/4
    "#]],
    );
    JOINED.check(
        "lost B1\nagree p\nbye p",
        &expect![[r#"
        > lost B1
        > agree p
            sound s1 10.0.1.2:7000
        > bye p
            bye B3
            close s1 s4
            RECORD call2 In +12025550101 > 103 HungUp fault None talked 0s packets 1/4
    "#]],
    );
}

#[test]
fn the_other_call_ends_before_it_is_joined() {
    CONSULTED.check(
        "bye B3\nrefer B1 replaces a\nbye p",
        &expect![[r#"
        > bye B3
            bye a
            close s3 s4
            RECORD call1 Out 101 > 103 HungUp fault None talked 0s packets 3/4
        > refer B1 replaces a
            refuse refer B1 481
        > bye p
            bye B1
            close s1 s2
            RECORD call2 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}
