//! A phone hands its partner on: to a number (blind), or to the partner of its other call (attended).

use expect_test::expect;

use crate::bench::check_after;

/// 101 has called 102, who answered; 103 has a phone, too.
const TALKING: &str = "register 101\nregister 102\nregister 103\ninvite a 101 102\npickup B1\nack a\n";
/// A patient has called from outside; 101 answered.
const PATIENT: &str =
    "register 101\nregister 102\nregister 103\ninvite p main:+12025550101 +12025550123\npickup B1\nack p\n";
/// … and 101 has called 103 to ask, with the patient on hold.
const ASKED: &str = "ask B1 hold\nagree p held\ninvite a 101 103\n";

fn patient(script: &str, expected: &expect_test::Expect) {
    check_after(PATIENT, script, expected);
}

fn asked(script: &str, expected: &expect_test::Expect) {
    check_after(&format!("{PATIENT}{ASKED}"), script, expected);
}

#[test]
fn a_patient_is_handed_on_and_the_record_tells_it() {
    patient(
        "
        trace
        ask B1 hold
        agree p held
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
            > ask B1 hold
                answer reinvite B1 (v2 :4002 recvonly)
                sound s2 on hold
                reinvite p (v2 :4000 sendonly)
            > agree p held
                sound s1 10.0.1.2:7000
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
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
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
    check_after(
        TALKING,
        "trace\nrefer a 103\nring B2\npickup B2\nbye a\nbye B1",
        &expect![[r#"
        > trace
        > refer a 103
            open s3 :4004
            accept refer a
            invite B2 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4004)
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
                0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Good Answered by Nurse
                0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                0s Good Front desk transfers Nurse to Doctor (REFER)
                0s Good Ringing 1 phone
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
    check_after(
        TALKING,
        "refer a 103\npickup B2\nask a\nwait 5\nbye B2",
        &expect![[r#"
        > refer a 103
            open s3 :4004
            accept refer a
            invite B2 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4004)
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
    patient(
        "
        trace
        ask B1 hold
        agree p held
        refer B1 102
        ring B3
        refuse B3 486
        ask B1
        agree p
        bye p
        ",
        &expect![[r#"
            > trace
            > ask B1 hold
                answer reinvite B1 (v2 :4002 recvonly)
                sound s2 on hold
                reinvite p (v2 :4000 sendonly)
            > agree p held
                sound s1 10.0.1.2:7000
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
            > agree p
                sound s1 10.0.1.2:7000
            > bye p
                bye B1
                close s1 s2
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
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
    patient(
        "refer B1 102\nring B3\nwait 26\nbye B1",
        &expect![[r#"
        > refer B1 102
            open s3 :4004
            accept refer B1
            invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
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
    patient(
        "refer B1 102\npickup B3 garbage\nbye B1",
        &expect![[r#"
        > refer B1 102
            open s3 :4004
            accept refer B1
            invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
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
fn whoever_transfers_hangs_up_at_once() {
    patient(
        "ask B1 hold\nagree p held\nrefer B1 102\nbye B1\nagree p\nring B3\npickup B3\nbye B3",
        &expect![[r#"
        > ask B1 hold
            answer reinvite B1 (v2 :4002 recvonly)
            sound s2 on hold
            reinvite p (v2 :4000 sendonly)
        > agree p held
            sound s1 10.0.1.2:7000
        > refer B1 102
            open s3 :4004
            accept refer B1
            invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
        > bye B1
            close s2
            reinvite p (v3 :4000)
        > agree p
            sound s1 10.0.1.2:7000
        > ring B3
        > pickup B3
            sound s3 10.0.1.12:7000
            bridge s1 s3
        > bye B3
            bye p
            close s1 s3
            RECORD call1 In +12025550101 > 102 HungUp fault None talked 0s packets 1/3
    "#]],
    );
    patient(
        "trace\nrefer B1 102\nbye B1\nring B3\nrefuse B3 486",
        &expect![[r#"
        > trace
        > refer B1 102
            open s3 :4004
            accept refer B1
            invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
        > bye B1
            close s2
        > ring B3
        > refuse B3 486
            bye p
            close s1 s3
            RECORD call1 In +12025550101 > +12025550123 Busy fault Callee talked 0s packets 1/3
                0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                0s Good Ringing 2 phones
                0s Good Answered by Front desk
                0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                0s Good Front desk transfers +12025550101 to Nurse (REFER)
                0s Good Ringing 1 phone
                0s Detail Front desk hung up
                0s Good It rings
                0s Warn Refused by Nurse (status 486)
                0s Warn The transfer failed (Busy)
                0s Warn Busy
    "#]],
    );
}

#[test]
fn the_party_hangs_up_while_it_is_handed_on() {
    patient(
        "refer B1 102\nring B3\nbye p",
        &expect![[r#"
        > refer B1 102
            open s3 :4004
            accept refer B1
            invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
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
    patient(
        "refer B1 102\nlost p",
        &expect![[r#"
        > refer B1 102
            open s3 :4004
            accept refer B1
            invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
        > lost p
            refer progress B1 487
            bye B1
            cancel B3
            close s1 s2 s3
            RECORD call1 In +12025550101 > +12025550123 Lost fault Caller talked 0s packets 1/3
    "#]],
    );
    patient(
        "refer B1 102\nhangup",
        &expect![[r#"
        > refer B1 102
            open s3 :4004
            accept refer B1
            invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
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
fn to_a_number_outside_the_carriers_tones_are_heard() {
    check_after(
        TALKING,
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
                reinvite B1 (v2 :4002 inactive)
            > agree B1 inactive
                sound s2 on hold
            > refer a 202-555-0101
                open s3 :4004
                accept refer a
                invite B2 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > early B2
                sound s3 10.0.1.11:7000
                bridge s2 s3
                refer progress a 180
                reinvite B1 (v3 :4002)
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
    check_after(
        TALKING,
        "refer a 202-555-0101\nearly B2\nrefuse B2 486\nask a\nbye a",
        &expect![[r#"
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
    "#]],
    );
}

#[test]
fn the_rights_of_whoever_transfers_count() {
    // From outside: the patient could not call that number themselves.
    patient(
        "trunks\nrefer B1 202-555-0101\ntrunks\npickup B3\ntrunks\nbye p",
        &expect![[r#"
        > trunks
            main 1/2 healthy true
            backup 0/10 healthy true
        > refer B1 202-555-0101
            open s3 :4004
            accept refer B1
            invite B3 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
        > trunks
            main 2/2 healthy true
            backup 0/10 healthy true
        > pickup B3
            sound s3 10.0.1.12:7000
            bridge s1 s3
            refer progress B1 200
            close s2
        > trunks
            main 2/2 healthy true
            backup 0/10 healthy true
        > bye p
            bye B1
            bye B3
            close s1 s3
            RECORD call1 In +12025550101 > +12025550101 HungUp fault None talked 0s packets 1/3
    "#]],
    );
    patient(
        "trace\nrefer B1 +442079460018\nrefer B1 199\nrefer B1 nonsense\nrefer B1 *43\nbye p",
        &expect![[r#"
        > trace
        > refer B1 +442079460018
            refuse refer B1 403
        > refer B1 199
            refuse refer B1 404
        > refer B1 nonsense
            refuse refer B1 404
        > refer B1 *43
            refuse refer B1 603
        > bye p
            bye B1
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                0s Good Ringing 2 phones
                0s Good Answered by Front desk
                0s Warn A transfer was refused (It is a number abroad, and the plan does not allow numbers abroad.)
                0s Warn A transfer was refused (There is no extension 199.)
                0s Warn A transfer was refused (What was dialled is not a number)
                0s Warn A transfer was refused (Nobody can be handed on to there)
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
    patient(
        "invite x 102 202-555-0109\nrefer B1 202-555-0101\ncancel x\nbye p",
        &expect![[r#"
        > invite x 102 202-555-0109
            open s3 :4004
            open s4 :4006
            invite B3 sip:+12025550109@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
        > refer B1 202-555-0101
            refuse refer B1 480
        > cancel x
            cancel B3
            close s3 s4
            RECORD call1 Out 102 > +12025550109 Abandoned fault Caller packets 3/4
        > bye p
            bye B1
            close s1 s2
            RECORD call2 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
    "#]],
    );
    // A carrier hands nobody on.
    patient(
        "trace\nrefer p 102\nbye p",
        &expect![[r#"
        > trace
        > refer p 102
            refuse refer p 603
        > bye p
            bye B1
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                0s Good Ringing 2 phones
                0s Good Answered by Front desk
                0s Warn A transfer was refused (Only a phone of the clinic's own may do that)
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
}

#[test]
fn nobody_is_registered_there() {
    patient(
        "register 102 expires=0\nrefer B1 102\nbye p",
        &expect![[r#"
        > register 102 expires=0
            bindings [101 udp 10.0.0.101:5060, 103 udp 10.0.0.103:5060]
            accept register []
        > refer B1 102
            refuse refer B1 480
        > bye p
            bye B1
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn to_a_group_that_one_is_in() {
    patient(
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
fn a_call_that_is_transferred_to_help() {
    patient(
        "trace\nrefer B1 911\nring B3\npickup B3\nrefer B3 101\nhangup\nbye B1\nbye p",
        &expect![[r#"
        > trace
        > refer B1 911
            ALERT call1 Extension 101 (Front desk, ground floor) transferred a call to 911. -> 101,102,103
            open s3 :4004
            accept refer B1
            invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
        > ring B3
            refer progress B1 180
        > pickup B3
            sound s3 10.0.1.12:7000
            bridge s1 s3
            refer progress B1 200
            close s2
        > refer B3 101
            refuse refer B3 603
        > hangup
            not hung up call1: An emergency call is ended only by those who talk.
        > bye B1
        > bye p
            bye B3
            close s1 s3
            RECORD call1 EMERGENCY In +12025550101 > 911 HungUp fault None talked 0s packets 1/3
                0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                0s Good Ringing 2 phones
                0s Good Answered by Front desk
                0s Detail 911 is an emergency number: it goes out before any other rule.
                0s Detail Trunks in order: main, backup.
                0s Good Front desk transfers +12025550101 to 911 (REFER)
                0s Good Calling over the trunk main
                0s Good It rings
                0s Good Answered by the trunk main
                0s Good Transferred by Front desk to 911
                0s Warn A transfer was refused (A call for help is not handed on)
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
    patient(
        "refer B1 911\nrefuse B3 503\nrefuse B4 503\nrefuse B5 503\nrefuse B6 503\nbye p",
        &expect![[r#"
        > refer B1 911
            ALERT call1 Extension 101 (Front desk, ground floor) transferred a call to 911. -> 101,102,103
            open s3 :4004
            accept refer B1
            invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
        > refuse B3 503
            invite B4 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
        > refuse B4 503
            invite B5 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
        > refuse B5 503
            invite B6 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
        > refuse B6 503
            ALERT call1 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
            close s3
            refer progress B1 502
        > bye p
            bye B1
            close s1 s2
            RECORD call1 EMERGENCY In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn a_call_for_help_is_not_handed_on() {
    check_after(
        "register 102\ninvite a 101 911\npickup B1\nack a\n",
        "trace\nrefer a 102\ninvite b 101 102\npickup B2\nrefer b replaces a\nrefer a replaces b\nbye b\nbye a",
        &expect![[r#"
            > trace
            > refer a 102
                refuse refer a 603
            > invite b 101 102
                open s3 :4004
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer b (v1 :4004)
                sound s3 10.0.0.101:7000
                bridge s3 s4
            > refer b replaces a
                refuse refer b 603
            > refer a replaces b
                refuse refer a 603
            > bye b
                bye B2
                close s3 s4
                RECORD call2 Out 101 > 102 HungUp fault None talked 0s packets 3/4
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Warn A transfer was refused (Nobody is connected with a call for help)
                    0s Good The caller hung up
                    0s Good Ended
            > bye a
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Warn A transfer was refused (A call for help is not handed on)
                    0s Warn A transfer was refused (A call for help is not handed on)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn one_transfer_at_a_time_and_the_next_one_after_it() {
    patient(
        "refer B1 102\nrefer p 103\nring B3\npickup B3\nrefer B3 103\npickup B4\nbye B3\nbye B4",
        &expect![[r#"
            > refer B1 102
                open s3 :4004
                accept refer B1
                invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
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

#[test]
fn the_phones_that_talk_may_change_their_media_meanwhile() {
    patient(
        "
        refer B1 102
        ask p hold
        agree B1 held
        ask B1 pcma
        agree p pcma
        ask B3
        refuse B3 486
        bye p
        ",
        &expect![[r#"
            > refer B1 102
                open s3 :4004
                accept refer B1
                invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
            > ask p hold
                answer reinvite p (v2 :4000 recvonly)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly)
            > agree B1 held
                sound s2 10.0.1.10:7000
            > ask B1 pcma
                answer reinvite B1 (v3 :4002 8+101 sendonly)
                sound s2 10.0.1.10:7000
                reinvite p (v3 :4000 8+101)
            > agree p pcma
                sound s1 10.0.1.2:7000
                reinvite B1 (v4 :4002 8+101)
            > ask B3
                refuse reinvite B3 491
            > refuse B3 486
                close s3
                refer progress B1 486
            > bye p
                bye B1
                close s1 s2
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_port_that_is_taken_is_replaced_in_a_transfer() {
    patient(
        "refer B1 102\nbindfail s3\npickup B4\nbye p",
        &expect![[r#"
        > refer B1 102
            open s3 :4004
            accept refer B1
            invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
        > bindfail s3
            open s4 :4006
            cancel B3
            invite B4 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4006)
        > pickup B4
            sound s4 10.0.1.13:7000
            bridge s1 s4
            refer progress B1 200
            close s2
        > bye p
            bye B1
            bye B4
            close s1 s4
            RECORD call1 In +12025550101 > 102 HungUp fault None talked 0s packets 1/4
    "#]],
    );
    patient(
        "refer B1 102\nbindfail s3\nbindfail s4\nbindfail s5\nbindfail s6\nbye p",
        &expect![[r#"
        > refer B1 102
            open s3 :4004
            accept refer B1
            invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
        > bindfail s3
            open s4 :4006
            cancel B3
            invite B4 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4006)
        > bindfail s4
            open s5 :4008
            cancel B4
            invite B5 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4008)
        > bindfail s5
            open s6 :4010
            cancel B5
            invite B6 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4010)
        > bindfail s6
            cancel B6
            refer progress B1 500
        > bye p
            bye B1
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn other_codecs_are_agreed_on_after_a_transfer() {
    let beginning = "register 102\nregister 103\ninvite a 101 102\npickup B1 pcmu\nack a\n";
    check_after(
        beginning,
        "refer a 103\npickup B2 pcma\nagree B1 pcma\nagree B2 pcma\nbye a\nbye B1",
        &expect![[r#"
            > refer a 103
                open s3 :4004
                accept refer a
                invite B2 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4004)
            > pickup B2 pcma
                sound s3 10.0.1.11:7000
                bridge s2 s3
                refer progress a 200
                close s1
                reinvite B2 (v2 :4004 8/0+101)
                reinvite B1 (v2 :4002)
            > agree B1 pcma
                sound s2 10.0.1.10:7000
            > agree B2 pcma
                sound s3 10.0.1.11:7000
            > bye a
            > bye B1
                bye B2
                close s2 s3
                RECORD call1 Out 103 > 102 HungUp fault None talked 0s packets 3/2
        "#]],
    );
    check_after(
        beginning,
        "trace\nrefer a 103\npickup B2 pcma\ndisagree B1\nagree B2\nbye a\nbye B1",
        &expect![[r#"
            > trace
            > refer a 103
                open s3 :4004
                accept refer a
                invite B2 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4004)
            > pickup B2 pcma
                sound s3 10.0.1.11:7000
                bridge s2 s3
                refer progress a 200
                close s1
                reinvite B2 (v2 :4004 8/0+101)
                reinvite B1 (v2 :4002)
            > disagree B1
            > agree B2
                sound s3 10.0.1.11:7000
                reinvite B2 (v3 :4004 0+101)
            > bye a
            > bye B1
                bye B2
                close s2 s3
                RECORD call1 Out 103 > 102 HungUp fault None talked 0s packets 3/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Front desk transfers Nurse to Doctor (REFER)
                    0s Good Ringing 1 phone
                    0s Good Answered by Doctor
                    0s Good Transferred by Front desk to Doctor
                    0s Warn The called side refused a change of the call (status 488)
                    0s Good The called side hung up
                    0s Good Ended
        "#]],
    );
    check_after(
        beginning,
        "trace\nrefer a 103\npickup B2 pcma\ndisagree B1\ndisagree B2",
        &expect![[r#"
        > trace
        > refer a 103
            open s3 :4004
            accept refer a
            invite B2 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4004)
        > pickup B2 pcma
            sound s3 10.0.1.11:7000
            bridge s2 s3
            refer progress a 200
            close s1
            reinvite B2 (v2 :4004 8/0+101)
            reinvite B1 (v2 :4002)
        > disagree B1
        > disagree B2
            bye a
            bye B1
            bye B2
            close s2 s3
            RECORD call1 Out 103 > 102 Refused fault Callee talked 0s packets 3/2
                0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Good Answered by Nurse
                0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                0s Good Front desk transfers Nurse to Doctor (REFER)
                0s Good Ringing 1 phone
                0s Good Answered by Doctor
                0s Good Transferred by Front desk to Doctor
                0s Warn The called side refused a change of the call (status 488)
                0s Warn The caller refused a change of the call (status 488)
                0s Bad The two have no codec in common (G.711 µ-law or A-law)
                0s Warn Refused
    "#]],
    );
}

#[test]
fn two_calls_become_one() {
    asked(
        "
        trace
        pickup B3
        ack a
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
            > pickup B3
                sound s4 10.0.1.12:7000
                answer a (v1 :4004)
                sound s3 10.0.0.101:7000
                bridge s3 s4
            > ack a
            > ask a hold
                answer reinvite a (v2 :4004 recvonly)
                sound s3 on hold
                reinvite B3 (v2 :4006 sendonly)
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
                RECORD call1 Out 101 > 103 HungUp fault None talked 0s packets 3/0
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Doctor
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
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Good Front desk connected +12025550101 with Doctor (attended transfer)
                   60s Good The caller hung up
                   60s Good Ended
        "#]],
    );
}

#[test]
fn two_calls_become_one_when_the_other_was_an_incoming_one() {
    // 103 has called 101, who had 102 on the line already.
    check_after(
        TALKING,
        "trace\ninvite c 103 101\npickup B2\nack c\nrefer a replaces B2\nbye a\nbye c",
        &expect![[r#"
            > trace
            > invite c 103 101
                open s3 :4004
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer c (v1 :4004)
                sound s3 10.0.0.103:7000
                bridge s3 s4
            > ack c
            > refer a replaces B2
                bye B2
                close s4
                accept refer a
                bridge s2 s3
                refer progress a 200
                close s1
                RECORD call1 Out 103 > 101 HungUp fault None talked 0s packets 0/4
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Good Front desk connected this call with another one (attended transfer)
                    0s Good Ended
            > bye a
            > bye c
                bye B1
                close s2 s3
                RECORD call2 Out 103 > 102 HungUp fault None talked 0s packets 3/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Good Front desk connected Nurse with Doctor (attended transfer)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
    check_after(
        TALKING,
        "invite c 103 101\npickup B2\nack c\nrefer B2 replaces a\nbye B2\nbye B1",
        &expect![[r#"
        > invite c 103 101
            open s3 :4004
            open s4 :4006
            invite B2 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4006)
        > pickup B2
            sound s4 10.0.1.11:7000
            answer c (v1 :4004)
            sound s3 10.0.0.103:7000
            bridge s3 s4
        > ack c
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
    patient(
        "
        invite a 101 202-555-0109
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
            > invite a 101 202-555-0109
                open s3 :4004
                open s4 :4006
                invite B3 sip:+12025550109@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
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

#[test]
fn the_target_still_rings() {
    asked(
        "trace\nring B3\nrefer B1 replaces a\nlive\npickup B3\nagree p\nbye B1\nbye p",
        &expect![[r#"
        > trace
        > ring B3
            ring a 180
        > refer B1 replaces a
            refuse a 487
            close s3
            accept refer B1
            refer progress B1 180
            RECORD call1 Out 101 > 103 Abandoned fault None packets 3/0
                0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Good It rings
                0s Good Front desk handed the ringing call on (attended transfer)
                0s Warn The caller hung up before anyone answered
        > live
            call2 Talking emergency false
        > pickup B3
            sound s4 10.0.1.12:7000
            bridge s1 s4
            refer progress B1 200
            close s2
            reinvite p (v3 :4000)
        > agree p
            sound s1 10.0.1.2:7000
        > bye B1
        > bye p
            bye B3
            close s1 s4
            RECORD call2 In +12025550101 > 103 HungUp fault None talked 0s packets 1/4
                0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                0s Good Ringing 2 phones
                0s Good Answered by Front desk
                0s Detail The called side put the call on hold (sendonly)
                0s Good Front desk transfers +12025550101 to the phone that rings (attended transfer)
                0s Good Answered by Doctor
                0s Good Transferred by Front desk to Doctor
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
    asked(
        "refer B1 replaces a\nbye B1\nagree p\nwait 26",
        &expect![[r#"
        > refer B1 replaces a
            refuse a 487
            close s3
            accept refer B1
            RECORD call1 Out 101 > 103 Abandoned fault None packets 3/0
        > bye B1
            close s2
            reinvite p (v3 :4000)
        > agree p
            sound s1 10.0.1.2:7000
        > wait 26
            cancel B3
            bye p
            close s1 s4
            RECORD call2 In +12025550101 > +12025550123 Unreachable fault Callee talked 25s packets 1/4
    "#]],
    );
    asked(
        "refer B1 replaces a\nrefuse B3 486\nbye p",
        &expect![[r#"
        > refer B1 replaces a
            refuse a 487
            close s3
            accept refer B1
            RECORD call1 Out 101 > 103 Abandoned fault None packets 3/0
        > refuse B3 486
            close s4
            refer progress B1 486
        > bye p
            bye B1
            close s1 s2
            RECORD call2 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
    "#]],
    );
    asked(
        "refer B1 replaces a\nbye p",
        &expect![[r#"
        > refer B1 replaces a
            refuse a 487
            close s3
            accept refer B1
            RECORD call1 Out 101 > 103 Abandoned fault None packets 3/0
        > bye p
            refer progress B1 487
            bye B1
            cancel B3
            close s1 s2 s4
            RECORD call2 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/4
    "#]],
    );
    patient(
        "invite a 101 202-555-0109\nearly B3\nrefer B1 replaces a\npickup B3\nbye B1\nbye p",
        &expect![[r#"
            > invite a 101 202-555-0109
                open s3 :4004
                open s4 :4006
                invite B3 sip:+12025550109@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > early B3
                sound s4 10.0.1.12:7000
                sound s3 10.0.0.101:7000
                bridge s3 s4
                ring a 183 (v1 :4004)
            > refer B1 replaces a
                refuse a 487
                close s3
                accept refer B1
                bridge s1 s4
                refer progress B1 180
                RECORD call1 Out 101 > +12025550109 Abandoned fault None packets 3/0
            > pickup B3
                sound s4 10.0.1.12:7000
                bridge s1 s4
                refer progress B1 200
                close s2
            > bye B1
            > bye p
                bye B3
                close s1 s4
                RECORD call2 In +12025550101 > +12025550109 HungUp fault None talked 0s packets 1/4
        "#]],
    );
}

#[test]
fn somebody_vanishes_in_the_middle() {
    asked(
        "pickup B3\nack a\nrefer B1 replaces a\nlost B3",
        &expect![[r#"
        > pickup B3
            sound s4 10.0.1.12:7000
            answer a (v1 :4004)
            sound s3 10.0.0.101:7000
            bridge s3 s4
        > ack a
        > refer B1 replaces a
            bye a
            close s3
            accept refer B1
            bridge s1 s4
            refer progress B1 200
            close s2
            reinvite p (v3 :4000)
            RECORD call1 Out 101 > 103 HungUp fault None talked 0s packets 3/0
        > lost B3
            bye p
            bye B1
            close s1 s4
            RECORD call2 In +12025550101 > 103 Lost fault Callee talked 0s packets 1/4
    "#]],
    );
    asked(
        "pickup B3\nack a\nrefer B1 replaces a\nlost p",
        &expect![[r#"
        > pickup B3
            sound s4 10.0.1.12:7000
            answer a (v1 :4004)
            sound s3 10.0.0.101:7000
            bridge s3 s4
        > ack a
        > refer B1 replaces a
            bye a
            close s3
            accept refer B1
            bridge s1 s4
            refer progress B1 200
            close s2
            reinvite p (v3 :4000)
            RECORD call1 Out 101 > 103 HungUp fault None talked 0s packets 3/0
        > lost p
            bye B1
            bye B3
            close s1 s4
            RECORD call2 In +12025550101 > 103 Lost fault Caller talked 0s packets 1/4
    "#]],
    );
    asked(
        "pickup B3\nack a\nrefer B1 replaces a\nlost B1\nagree p\nbye p",
        &expect![[r#"
        > pickup B3
            sound s4 10.0.1.12:7000
            answer a (v1 :4004)
            sound s3 10.0.0.101:7000
            bridge s3 s4
        > ack a
        > refer B1 replaces a
            bye a
            close s3
            accept refer B1
            bridge s1 s4
            refer progress B1 200
            close s2
            reinvite p (v3 :4000)
            RECORD call1 Out 101 > 103 HungUp fault None talked 0s packets 3/0
        > lost B1
        > agree p
            sound s1 10.0.1.2:7000
        > bye p
            bye B3
            close s1 s4
            RECORD call2 In +12025550101 > 103 HungUp fault None talked 0s packets 1/4
    "#]],
    );
    asked(
        "pickup B3\nack a\nbye B3\nrefer B1 replaces a\nbye p",
        &expect![[r#"
        > pickup B3
            sound s4 10.0.1.12:7000
            answer a (v1 :4004)
            sound s3 10.0.0.101:7000
            bridge s3 s4
        > ack a
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

#[test]
fn calls_of_others_are_not_joined() {
    check_after(
        TALKING,
        "
        trace
        invite c 103 202-555-0109
        pickup B2
        ack c
        refer a replaces c
        refer a replaces a
        refer a replaces B1
        refer a replaces B77
        bye a
        bye c
        ",
        &expect![[r#"
            > trace
            > invite c 103 202-555-0109
                open s3 :4004
                open s4 :4006
                invite B2 sip:+12025550109@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer c (v1 :4004)
                sound s3 10.0.0.103:7000
                bridge s3 s4
            > ack c
            > refer a replaces c
                refuse refer a 603
            > refer a replaces a
                refuse refer a 603
            > refer a replaces B1
                refuse refer a 603
            > refer a replaces B77
                refuse refer a 481
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Warn A transfer was refused (The other call is somebody else's)
                    0s Warn A transfer was refused (There is no other call)
                    0s Warn A transfer was refused (There is no other call)
                    0s Warn A transfer was refused (The other call is over)
                    0s Good The caller hung up
                    0s Good Ended
            > bye c
                bye B2
                close s3 s4
                RECORD call2 Out 103 > +12025550109 HungUp fault None talked 0s packets 3/4
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn what_is_no_conversation_is_not_handed_on() {
    check_after(
        "register 102\ninvite a 101 *43\nack a\ninvite b 101 102\n",
        "refer a 102\nrefer a replaces b\nask b\nask B1\npickup B1\nack b\nrefer b replaces a\nbye a\nbye b",
        &expect![[r#"
            > refer a 102
                refuse refer a 603
            > refer a replaces b
                refuse refer a 603
            > ask b
                refuse reinvite b 500
            > ask B1
                refuse reinvite B1 491
            > pickup B1
                sound s3 10.0.1.10:7000
                answer b (v1 :4002)
                sound s2 10.0.0.101:7000
                bridge s2 s3
            > ack b
            > refer b replaces a
                refuse refer b 491
            > bye a
                close s1
                RECORD call1 Out 101 > *43 HungUp fault None talked 0s packets 1/0
            > bye b
                bye B1
                close s2 s3
                RECORD call2 Out 101 > 102 HungUp fault None talked 0s packets 2/3
        "#]],
    );
}
