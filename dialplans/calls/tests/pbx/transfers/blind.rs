//! Blind: the partner is handed on to whoever answers at a number.

use expect_test::expect;

use crate::situations::{HANDING_ON, PATIENT, PATIENT_HELD, REFERRED, TALKING};

#[test]
fn a_patient_is_handed_on_and_the_record_tells_it() {
    PATIENT_HELD.check(
        "
        trace
        refer B1 102
        ring B3
        live
        pickup B3
        agree p
        live
        bye B1
        wait 60
        bye p
        ",
        &expect![[r#"
            > trace
            > refer B1 102
                open s3 :4004
                accept refer B1
                invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
            > ring B3
                refer progress B1 180
            > live
                call1 Talking emergency false
            > pickup B3
                sound s3 10.0.1.12:7000
                bridge s1 s3
                refer progress B1 200
                close s2
                reinvite p (v3 :4000)
                stop s1
            > agree p
                sound s1 10.0.1.2:7000
            > live
                call1 Talking emergency false
            > bye B1
            > wait 60
            > bye p
                bye B3
                close s1 s3
                RECORD call1 In +12025550101 > 102 HungUp fault None talked 60s packets 1/3
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Front desk transfers +12025550101 to Nurse (REFER)
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Nurse
                    0s Good Transferred by Front desk to Nurse
                   60s Good The caller hung up
                   60s Good Ended
        "#]],
    );
}

#[test]
fn the_caller_hands_the_called_side_on() {
    HANDING_ON.check(
        "trace\nring B2\npickup B2\nbye a\nbye B1",
        &expect![[r#"
        > trace
        > ring B2
            refer progress a 180
        > pickup B2
            sound s3 10.0.1.11:7000
            bridge s2 s3
            refer progress a 200
            close s1
        > bye a
        > bye B1
            bye B2
            close s2 s3
            RECORD call1 Out 103 > 102 HungUp fault None talked 0s packets 3/2
                0s Good It rings
                0s Good Answered by Doctor
                0s Good Transferred by Front desk to Doctor
                0s Good The called side hung up
                0s Good Ended
    "#]],
    );
}

#[test]
fn a_phone_that_does_not_hang_up_after_its_transfer_is_let_go() {
    HANDING_ON.check(
        "pickup B2\nask a\nwait 5\nbye B2",
        &expect![[r#"
        > pickup B2
            sound s3 10.0.1.11:7000
            bridge s2 s3
            refer progress a 200
            close s1
        > ask a
            refuse reinvite a 488
        > wait 5
            bye a
        > bye B2
            bye B1
            close s2 s3
            RECORD call1 Out 103 > 102 HungUp fault None talked 5s packets 3/2
    "#]],
    );
}

#[test]
fn nobody_takes_it_and_the_two_go_on() {
    PATIENT_HELD.check(
        "
        trace
        refer B1 102
        ring B3
        refuse B3 486
        ask B1
        agree p
        bye p
        ",
        &expect![[r#"
            > trace
            > refer B1 102
                open s3 :4004
                accept refer B1
                invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
            > ring B3
                refer progress B1 180
            > refuse B3 486
                close s3
                refer progress B1 486
            > ask B1
                answer reinvite B1 (v3 :4002)
                sound s2 10.0.1.10:7000
                reinvite p (v3 :4000)
                stop s1
            > agree p
                sound s1 10.0.1.2:7000
            > bye p
                bye B1
                close s1 s2
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Front desk transfers +12025550101 to Nurse (REFER)
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Warn Refused by Nurse (status 486)
                    0s Warn The transfer failed (Busy)
                    0s Detail The called side took the call back (sendrecv)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
    REFERRED.check(
        "ring B3\nwait 26\nbye B1",
        &expect![[r#"
        > ring B3
            refer progress B1 180
        > wait 26
            cancel B3
            close s3
            refer progress B1 480
        > bye B1
            bye p
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 26s packets 1/2
    "#]],
    );
    REFERRED.check(
        "pickup B3 garbage\nbye B1",
        &expect![[r#"
        > pickup B3 garbage
            bye B3
            close s3
            refer progress B1 488
        > bye B1
            bye p
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn to_a_number_outside_the_carriers_tones_are_heard() {
    TALKING.check(
        "
        ask a inactive
        agree B1 inactive
        refer a 202-555-0101
        early B2
        agree B1
        ask B1
        trunks
        pickup B2
        trunks
        bye a
        bye B2
        ",
        &expect![[r#"
            > ask a inactive
                answer reinvite a (v2 :4000 inactive)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree B1 inactive
                sound s2 on hold
                reinvite a (v3 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > refer a 202-555-0101
                open s3 :4004
                accept refer a
                invite B2 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004 sendonly)
            > early B2
                sound s3 10.0.1.11:7000
                bridge s2 s3
                refer progress a 180
                reinvite B1 (v3 :4002)
                stop s2
            > agree B1
                sound s2 10.0.1.10:7000
            > ask B1
                answer reinvite B1 (v4 :4002)
                sound s2 10.0.1.10:7000
            > trunks
                main 1/2 healthy true
                backup 0/10 healthy true
            > pickup B2
                sound s3 10.0.1.11:7000
                bridge s2 s3
                refer progress a 200
                close s1
                reinvite B2 (v2 :4004)
            > trunks
                main 1/2 healthy true
                backup 0/10 healthy true
            > bye a
            > bye B2
                bye B1
                close s2 s3
                RECORD call1 Out +12025550101 > 102 HungUp fault None talked 0s packets 3/2
        "#]],
    );
    TALKING.check("refer a 202-555-0101\nearly B2\nrefuse B2 486\nask a\nbye a", &expect![[r#"
        > refer a 202-555-0101
            open s3 :4004
            accept refer a
            invite B2 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
        > early B2
            sound s3 10.0.1.11:7000
            bridge s2 s3
            refer progress a 180
        > refuse B2 486
            close s3
            refer progress a 486
            bridge s2 s1
        > ask a
            answer reinvite a (v2 :4000)
            sound s1 10.0.1.2:7000
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
    "#]]);
}

/// Tones that nobody can hear part nobody: the two talk on.
#[test]
fn a_carrier_that_closes_its_sound_plays_no_tones() {
    TALKING.check("refer a 202-555-0101\nearly B2 closed\nrefuse B2 486\nbye a", &expect![[r#"
        > refer a 202-555-0101
            open s3 :4004
            accept refer a
            invite B2 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
        > early B2 closed
            refer progress a 180
        > refuse B2 486
            close s3
            refer progress a 486
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
    "#]]);
}

#[test]
fn to_a_group_that_one_is_in() {
    PATIENT.check(
        "refer B1 100\npickup B3\nbye p",
        &expect![[r#"
        > refer B1 100
            open s3 :4004
            accept refer B1
            invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
        > pickup B3
            sound s3 10.0.1.12:7000
            bridge s1 s3
            refer progress B1 200
            close s2
        > bye p
            bye B1
            bye B3
            close s1 s3
            RECORD call1 In +12025550101 > 102 HungUp fault None talked 0s packets 1/3
    "#]],
    );
}

#[test]
fn one_transfer_at_a_time_and_the_next_one_after_it() {
    REFERRED.check(
        "refer p 103\nring B3\npickup B3\nrefer B3 103\npickup B4\nbye B3\nbye B4",
        &expect![[r#"
        > refer p 103
            refuse refer p 491
        > ring B3
            refer progress B1 180
        > pickup B3
            sound s3 10.0.1.12:7000
            bridge s1 s3
            refer progress B1 200
            close s2
        > refer B3 103
            bye B1
            open s4 :4006
            accept refer B3
            invite B4 sip:103@10.0.0.103 from "" sip:+12025550101@clinic.demo (v1 :4006)
        > pickup B4
            sound s4 10.0.1.13:7000
            bridge s1 s4
            refer progress B3 200
            close s3
        > bye B3
        > bye B4
            bye p
            close s1 s4
            RECORD call1 In +12025550101 > 103 HungUp fault None talked 0s packets 1/4
    "#]],
    );
}
