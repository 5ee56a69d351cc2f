//! With a patient from outside.

use expect_test::expect;

use crate::situations::*;

#[test]
fn a_patient() {
    RINGING.tell(
        "cancel p",
        &expect![[r#"
        > trace
        > invite p main:+12025550101 +12025550123
            open s1 :4000
            open s2 :4002
            invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
            invite B2 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4002)
        > ring B1
            ring p 180
        > ring B2
        > cancel p
            cancel B1
            cancel B2
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 Abandoned fault Caller packets 1/2
                0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                0s Good Ringing 2 phones
                0s Good It rings
                0s Good It rings
                0s Warn The caller hung up before anyone answered
    "#]],
    );
    PATIENT.tell(
        "bye p",
        &expect![[r#"
        > trace
        > pickup B1
            cancel B2 taken
            sound s2 10.0.1.10:7000
            answer p (v1 :4000)
            sound s1 192.0.2.1:7000
            bridge s1 s2
        > ack p
        > bye p
            bye B1
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                0s Good Answered by Front desk
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
    REFERRED.tell(
        "bye p",
        &expect![[r#"
        > trace
        > refer B1 102
            open s3 :4004
            accept refer B1
            invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
        > bye p
            refer progress B1 487
            bye B1
            cancel B3
            close s1 s2 s3
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/3
                0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                0s Good Front desk transfers +12025550101 to Nurse (REFER)
                0s Good Ringing 1 phone
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
    PATIENT_HELD.tell(
        "bye p",
        &expect![[r#"
            > trace
            > ask B1 hold
                answer reinvite B1 (v2 :4002 recvonly)
                sound s2 on hold
                reinvite p (v2 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree p held
                sound s1 10.0.1.2:7000
            > bye p
                bye B1
                close s1 s2
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail The called side put the call on hold (sendonly)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn a_patient_and_somebody_who_is_asked() {
    ASKED.tell(
        "cancel a\nbye p",
        &expect![[r#"
        > trace
        > invite a 101 103
            open s3 :4004
            open s4 :4006
            invite B3 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4006)
        > cancel a
            cancel B3
            close s3 s4
            RECORD call1 Out 101 > 103 Abandoned fault Caller packets 3/4
                0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Warn The caller hung up before anyone answered
        > bye p
            bye B1
            close s1 s2
            RECORD call2 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
    CONSULTED.tell(
        "bye a\nbye p",
        &expect![[r#"
        > trace
        > pickup B3
            sound s4 10.0.1.12:7000
            answer a (v1 :4004)
            sound s3 10.0.0.101:7000
            bridge s3 s4
        > ack a
        > bye a
            bye B3
            close s3 s4
            RECORD call1 Out 101 > 103 HungUp fault None talked 0s packets 3/4
                0s Good Answered by Doctor
                0s Good The caller hung up
                0s Good Ended
        > bye p
            bye B1
            close s1 s2
            RECORD call2 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
    JOINED.tell(
        "bye p",
        &expect![[r#"
            > trace
            > refer B1 replaces a
                bye a
                close s3
                accept refer B1
                bridge s1 s4
                refer progress B1 200
                close s2
                reinvite p (v3 :4000)
                stop s1
                RECORD call1 Out 101 > 103 HungUp fault None talked 0s packets 3/0
                    0s Good Front desk connected this call with another one (attended transfer)
                    0s Good Ended
            > bye p
                bye B1
                bye B3
                close s1 s4
                RECORD call2 In +12025550101 > 103 HungUp fault None talked 0s packets 1/4
                    0s Good Front desk connected +12025550101 with Doctor (attended transfer)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
    ASKED_OUTSIDE.tell("cancel a\nbye p", &expect![[r#"
        > trace
        > invite a 101 202-555-0109
            open s3 :4004
            open s4 :4006
            invite B3 sip:+12025550109@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
        > cancel a
            cancel B3
            close s3 s4
            RECORD call1 Out 101 > +12025550109 Abandoned fault Caller packets 3/4
                0s Detail It is a national number: the plan sends these over the trunk main.
                0s Good Calling over the trunk main
                0s Warn The caller hung up before anyone answered
        > bye p
            bye B1
            close s1 s2
            RECORD call2 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                0s Good The caller hung up
                0s Good Ended
    "#]]);
}

#[test]
fn parked() {
    PARKING.tell(
        "bye B1\nbye p",
        &expect![[r#"
        > trace
        > refer B1 700
            accept refer B1
            refer progress B1 200
            close s2
            play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
        > bye B1
        > bye p
            close s1
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/0
                0s Good Front desk parked +12025550101 in 700 (REFER)
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
    PARKED.tell(
        "bye p",
        &expect![[r#"
        > trace
        > bye B1
        > bye p
            close s1
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/0
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
}
