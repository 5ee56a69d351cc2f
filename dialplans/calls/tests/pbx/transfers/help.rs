//! A call for help is never handed on; to hand a call on to help is never blocked.

use expect_test::expect;

use crate::situations::{HELP, PATIENT};

#[test]
fn a_call_that_is_transferred_to_help() {
    PATIENT.check(
        "trace\nrefer B1 911\nring B3\npickup B3\nrefer B3 101\nhangup\nbye B1\nbye p",
        &expect![[r#"
            > trace
            > refer B1 911
                ALERT call1 Extension 101 (Front desk, ground floor) transferred a call to 911. -> 101,102,103
                open s3 :4004
                accept refer B1
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
                send 3 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
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
}

#[test]
fn every_trunk_is_tried_twice_and_then_people_are_told() {
    PATIENT.check(
        "refer B1 911\nrefuse B3 503\nrefuse B4 503\nrefuse B5 503\nrefuse B6 503\nwait 2\nrefuse B7 503\nrefuse B8 503\nrefuse B9 503\nrefuse B10 503\nbye p",
        &expect![[r#"
            > refer B1 911
                ALERT call1 Extension 101 (Front desk, ground floor) transferred a call to 911. -> 101,102,103
                open s3 :4004
                accept refer B1
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
                send 3 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
            > refuse B3 503
                invite B4 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B4 503
                invite B5 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B5 503
                invite B6 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B6 503
                ALERT call1 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
                send 4 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                send 5 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                send 6 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
            > wait 2
                invite B7 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B7 503
                invite B8 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B8 503
                invite B9 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B9 503
                invite B10 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B10 503
                close s3
                refer progress B1 502
            > bye p
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY In +12025550101 > +12025550123 HungUp fault None talked 2s packets 1/2
        "#]],
    );
}

/// Until the next trunk is heard, the two hear each other again.
#[test]
fn a_trunk_that_played_tones_and_then_failed() {
    PATIENT.check(
        "refer B1 911\nearly B3\nrefuse B3 503\nearly B4\npickup B4\nbye p",
        &expect![[r#"
            > refer B1 911
                ALERT call1 Extension 101 (Front desk, ground floor) transferred a call to 911. -> 101,102,103
                open s3 :4004
                accept refer B1
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
                send 3 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
            > early B3
                sound s3 10.0.1.12:7000
                bridge s1 s3
                refer progress B1 180
            > refuse B3 503
                invite B4 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
                bridge s1 s2
            > early B4
                sound s3 10.0.1.13:7000
                bridge s1 s3
            > pickup B4
                sound s3 10.0.1.13:7000
                bridge s1 s3
                refer progress B1 200
                close s2
            > bye p
                bye B1
                bye B4
                close s1 s3
                RECORD call1 EMERGENCY In +12025550101 > 911 HungUp fault None talked 0s packets 1/3
        "#]],
    );
}

#[test]
fn a_call_for_help_is_not_handed_on() {
    HELP.check(
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
                    0s Warn A transfer was refused (A call for help is not handed on)
                    0s Warn A transfer was refused (A call for help is not handed on)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

/// Help was not reached, and the two who talk go on as before: they may try again, or somebody else.
#[test]
fn after_help_was_not_reached_it_may_be_asked_for_again() {
    PATIENT.check(
        "
        refer B1 911
        refuse B3 503
        refuse B4 503
        refuse B5 503
        refuse B6 503
        wait 2
        refuse B7 503
        refuse B8 503
        refuse B9 503
        refuse B10 503
        live
        refer B1 103
        refuse B11 486
        refer B1 911
        pickup B12
        live
        bye p
        ",
        &expect![[r#"
            > refer B1 911
                ALERT call1 Extension 101 (Front desk, ground floor) transferred a call to 911. -> 101,102,103
                open s3 :4004
                accept refer B1
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
                send 3 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
            > refuse B3 503
                invite B4 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B4 503
                invite B5 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B5 503
                invite B6 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B6 503
                ALERT call1 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
                send 4 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                send 5 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                send 6 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
            > wait 2
                invite B7 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B7 503
                invite B8 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B8 503
                invite B9 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B9 503
                invite B10 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B10 503
                close s3
                refer progress B1 502
            > live
                call1 Talking emergency false
            > refer B1 103
                open s4 :4006
                accept refer B1
                invite B11 sip:103@10.0.0.103 from "" sip:+12025550101@clinic.demo (v1 :4006)
            > refuse B11 486
                close s4
                refer progress B1 486
            > refer B1 911
                ALERT call1 Extension 101 (Front desk, ground floor) transferred a call to 911. -> 101,102,103
                open s5 :4008
                accept refer B1
                invite B12 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
                send 7 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
                send 8 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
                send 9 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
            > pickup B12
                sound s5 10.0.1.21:7000
                bridge s1 s5
                refer progress B1 200
                close s2
            > live
                call1 Talking emergency true
            > bye p
                bye B1
                bye B12
                close s1 s5
                RECORD call1 EMERGENCY In +12025550101 > 911 HungUp fault None talked 2s packets 1/5
        "#]],
    );
}

/// Who was told to call otherwise hears that they need not.
#[test]
fn help_that_is_reached_after_all_is_told() {
    PATIENT.check(
        "refer B1 911\nrefuse B3 503\nrefuse B4 503\nrefuse B5 503\nrefuse B6 503\nwait 2\npickup B7\nbye p",
        &expect![[r#"
            > refer B1 911
                ALERT call1 Extension 101 (Front desk, ground floor) transferred a call to 911. -> 101,102,103
                open s3 :4004
                accept refer B1
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
                send 3 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
            > refuse B3 503
                invite B4 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B4 503
                invite B5 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B5 503
                invite B6 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B6 503
                ALERT call1 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
                send 4 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                send 5 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                send 6 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
            > wait 2
                invite B7 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > pickup B7
                ALERT call1 The call to 911 has got through after all. -> 101,102,103
                sound s3 10.0.1.16:7000
                bridge s1 s3
                refer progress B1 200
                close s2
                send 7 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 has got through after all." from "Harbor Street Clinic" sip:clinic.demo
                send 8 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "The call to 911 has got through after all." from "Harbor Street Clinic" sip:clinic.demo
                send 9 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "The call to 911 has got through after all." from "Harbor Street Clinic" sip:clinic.demo
            > bye p
                bye B1
                bye B7
                close s1 s3
                RECORD call1 EMERGENCY In +12025550101 > 911 HungUp fault None talked 2s packets 1/3
        "#]],
    );
}

/// Most phones hang up as soon as their transfer was accepted: whoever is in need goes back there, and is not hung up on.
#[test]
fn whom_no_trunk_brings_to_help_goes_back_to_whoever_handed_them_on() {
    let refused = |legs: std::ops::RangeInclusive<u8>| legs.map(|n| format!("refuse B{n} 503\n")).collect::<String>();
    let failed = format!("refer B1 911\nbye B1\n{}wait 2\n{}", refused(3..=6), refused(7..=10));
    let log = PATIENT.run(&format!("{failed}ring B11\npickup B11\nlive\nbye p"));
    let (_, after) = log.split_once("> refuse B10 503").expect("all were tried");
    assert!(after.contains("invite B11 sip:101@10.0.0.101 ") && !after.contains("bye p\n    close"), "{log}");
    assert!(after.contains("bridge s1 ") && after.contains("call1 Talking emergency false"), "{log}");
    assert!(after.contains("RECORD call1 EMERGENCY In "), "{log}");
    // Nobody is there: that is said, and no mailbox takes who sought help.
    let log = PATIENT.run(&format!("{failed}ring B11\nwait 26"));
    assert!(log.contains("cancel B11") && log.contains("bye p"), "{log}");
}
