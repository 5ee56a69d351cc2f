//! One phone, or all of a group, answer by themselves and are spoken to.

use expect_test::expect;

use crate::situations::PHONES;

#[test]
fn a_phone_answers_by_itself() {
    PHONES.check(
        "
        trace
        invite a 101 *80102
        pickup B1
        bye a
        switch dnd 102 on
        invite b 101 *80102
        wait 20
        invite c 101 *80177
        wait 20
        ",
        &expect![[r#"
            > trace
            > invite a 101 *80102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
                  Answer-Mode: Auto | Call-Info: <sip:clinic.demo>;answer-after=0 | Alert-Info: <http://clinic.demo>;info=alert-autoanswer;delay=0 | Alert-Info: Auto Answer | P-Auto-Answer: normal
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > *80102 HungUp fault None talked 0s packets 1/2
                    0s Detail *80 is the intercom.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Good The caller hung up
                    0s Good Ended
            > switch dnd 102 on
                switches changed
                switched
            > invite b 101 *80102
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer b (v1 :4004)
                play s3 <Error> not_possible
            > wait 20
                bye b
                close s3
                RECORD call2 Out 101 > *80102 HungUp fault None talked 15s packets 3/0
                    0s Detail *80 is the intercom.
                    0s Warn The code was not carried out (The person does not want to be disturbed.)
                   15s Good Ended
            > invite c 101 *80177
                open s4 :4006
                sound s4 10.0.0.101:7000
                answer c (v1 :4006)
                play s4 <Error> not_possible
            > wait 20
                bye c
                close s4
                RECORD call3 Out 101 > *80177 HungUp fault None talked 15s packets 4/0
                    0s Detail *80 is the intercom.
                    0s Warn The code was not carried out (What follows the code is no extension.)
                   15s Good Ended
        "#]],
    );
}

#[test]
fn one_speaks_and_all_others_listen() {
    PHONES.check(
        "
        trace
        invite a 103 *81100
        pickup B1 held
        refuse B2 486
        ack a
        lost B1
        invite b 101 *81100
        pickup B3 held
        wait 13
        bye b
        invite c 101 *81900
        wait 20
        invite d 103 *81100
        wait 13
        invite e 103 *81100
        pickup B6 garbage
        pickup B7 held
        hangup
        ",
        &expect![[r#"
            > trace
            > invite a 103 *81100
                open s1 :4000
                sound s1 10.0.0.103:7000
                answer a (v1 :4000)
                room 1 s1
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4002 sendonly)
                  Answer-Mode: Auto | Call-Info: <sip:clinic.demo>;answer-after=0 | Alert-Info: <http://clinic.demo>;info=alert-autoanswer;delay=0 | Alert-Info: Auto Answer | P-Auto-Answer: normal
                open s3 :4004
                invite B2 sip:102@10.0.0.102 from "Doctor" sip:103@clinic.demo (v1 :4004 sendonly)
                  Answer-Mode: Auto | Call-Info: <sip:clinic.demo>;answer-after=0 | Alert-Info: <http://clinic.demo>;info=alert-autoanswer;delay=0 | Alert-Info: Auto Answer | P-Auto-Answer: normal
            > pickup B1 held
                sound s2 10.0.1.10:7000
                room 1 s2
            > refuse B2 486
                close s3
            > ack a
            > lost B1
                close s2
                bye a
                close s1
                RECORD call1 Out 103 > *81100 HungUp fault None talked 0s packets 1/0
                    0s Detail *81 is paging.
                    0s Good Speaking to phones: 2
                    0s Detail Front desk listens
                    0s Warn Nobody listens
                    0s Good Ended
            > invite b 101 *81100
                open s4 :4006
                sound s4 10.0.0.101:7000
                answer b (v1 :4006)
                room 4 s4
                open s5 :4008
                invite B3 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4008 sendonly)
                  Answer-Mode: Auto | Call-Info: <sip:clinic.demo>;answer-after=0 | Alert-Info: <http://clinic.demo>;info=alert-autoanswer;delay=0 | Alert-Info: Auto Answer | P-Auto-Answer: normal
            > pickup B3 held
                sound s5 10.0.1.12:7000
                room 4 s5
            > wait 13
            > bye b
                bye B3
                close s4 s5
                RECORD call2 Out 101 > *81100 HungUp fault None talked 13s packets 4/5
                    0s Detail *81 is paging.
                    0s Good Speaking to phones: 1
                    0s Detail Nurse listens
                   13s Good The caller hung up
                   13s Good Ended
            > invite c 101 *81900
                open s6 :4010
                sound s6 10.0.0.101:7000
                answer c (v1 :4010)
                play s6 <Error> not_possible
            > wait 20
                bye c
                close s6
                RECORD call3 Out 101 > *81900 HungUp fault None talked 15s packets 6/0
                    0s Detail *81 is paging.
                    0s Warn The code was not carried out (What follows the code is no extension.)
                   15s Good Ended
            > invite d 103 *81100
                open s7 :4012
                sound s7 10.0.0.103:7000
                answer d (v1 :4012)
                room 7 s7
                open s8 :4014
                invite B4 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4014 sendonly)
                  Answer-Mode: Auto | Call-Info: <sip:clinic.demo>;answer-after=0 | Alert-Info: <http://clinic.demo>;info=alert-autoanswer;delay=0 | Alert-Info: Auto Answer | P-Auto-Answer: normal
                open s9 :4016
                invite B5 sip:102@10.0.0.102 from "Doctor" sip:103@clinic.demo (v1 :4016 sendonly)
                  Answer-Mode: Auto | Call-Info: <sip:clinic.demo>;answer-after=0 | Alert-Info: <http://clinic.demo>;info=alert-autoanswer;delay=0 | Alert-Info: Auto Answer | P-Auto-Answer: normal
            > wait 13
                cancel B4
                close s8
                cancel B5
                close s9
                bye d
                close s7
                RECORD call4 Out 103 > *81100 HungUp fault None talked 12s packets 7/0
                    0s Detail *81 is paging.
                    0s Good Speaking to phones: 2
                   12s Warn Nobody listens
                   12s Good Ended
            > invite e 103 *81100
                open s10 :4018
                sound s10 10.0.0.103:7000
                answer e (v1 :4018)
                room 10 s10
                open s11 :4020
                invite B6 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4020 sendonly)
                  Answer-Mode: Auto | Call-Info: <sip:clinic.demo>;answer-after=0 | Alert-Info: <http://clinic.demo>;info=alert-autoanswer;delay=0 | Alert-Info: Auto Answer | P-Auto-Answer: normal
                open s12 :4022
                invite B7 sip:102@10.0.0.102 from "Doctor" sip:103@clinic.demo (v1 :4022 sendonly)
                  Answer-Mode: Auto | Call-Info: <sip:clinic.demo>;answer-after=0 | Alert-Info: <http://clinic.demo>;info=alert-autoanswer;delay=0 | Alert-Info: Auto Answer | P-Auto-Answer: normal
            > pickup B6 garbage
                bye B6
                close s11
            > pickup B7 held
                sound s12 10.0.1.16:7000
                room 10 s12
            > hangup
                bye e
                bye B7
                close s10 s12
                hung up call5
                RECORD call5 Out 103 > *81100 HungUp fault None talked 0s packets 10/12
                    0s Detail *81 is paging.
                    0s Good Speaking to phones: 2
                    0s Detail Nurse listens
                    0s Good Ended
        "#]],
    );
}

const TO_A_GROUP: &str = r#"
page = { multicast = "224.0.1.75:5004" }
[outside]
national = "main"
"#;

/// Phones that listen to the plan's group hear the speaker, without a call to any of them. Help is called all the same, by the speaker's phone
/// and by others.
#[test]
fn one_speaks_to_a_group_of_addresses() {
    PHONES.check_planned(
        TO_A_GROUP,
        "
        trace
        invite a 103 *81
        ack a
        invite h 103 911
        invite i 101 911
        pickup B1
        pickup B2
        bye h
        bye i
        wait 301
        ",
        &expect![[r#"
            > trace
            > invite a 103 *81
                open s1 :4000
                sound s1 10.0.0.103:7000
                answer a (v1 :4000)
                open s2 :4002
                group s2 224.0.1.75:5004
                room 1 s1
                room 1 s2
            > ack a
            > invite h 103 911
                ALERT call1 Extension 103 (Doctor) called 911. -> 101,102,103
                open s3 :4004
                open s4 :4006
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 103 (Doctor) called 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 103 (Doctor) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > invite i 101 911
                ALERT call2 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s5 :4008
                open s6 :4010
                invite B2 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
                send 3 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
                send 4 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > pickup B1
                sound s4 10.0.1.10:7000
                answer h (v1 :4004)
                sound s3 10.0.0.103:7000
                bridge s3 s4
            > pickup B2
                sound s6 10.0.1.11:7000
                answer i (v1 :4008)
                sound s5 10.0.0.101:7000
                bridge s5 s6
            > bye h
                bye B1
                close s3 s4
                RECORD call1 EMERGENCY Out 103 > 911 HungUp fault None talked 0s packets 3/4
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good The caller hung up
                    0s Good Ended
            > bye i
                bye B2
                close s5 s6
                RECORD call2 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 5/6
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good The caller hung up
                    0s Good Ended
            > wait 301
                bye a
                close s1 s2
                RECORD call3 Out 103 > *81 HungUp fault None talked 300s packets 1/2
                    0s Detail *81 is paging.
                    0s Good Speaking to all phones that listen to 224.0.1.75:5004 (multicast)
                  300s Good Ended
        "#]],
    );
    // A receiver that was laid beside its phone; and a plan that names no group.
    PHONES.check(
        "trace\ninvite a 103 *81\nwait 20",
        &expect![[r#"
            > trace
            > invite a 103 *81
                open s1 :4000
                sound s1 10.0.0.103:7000
                answer a (v1 :4000)
                play s1 <Error> not_possible
            > wait 20
                bye a
                close s1
                RECORD call1 Out 103 > *81 HungUp fault None talked 15s packets 1/0
                    0s Detail *81 is paging.
                    0s Warn The code was not carried out (The plan names no group of phones that listen.)
                   15s Good Ended
        "#]],
    );
}

/// A phone that lets such calls barge in, as many do by themselves, would hold the call that it is in and answer.
#[test]
fn nobody_is_spoken_to_who_talks() {
    let script = "trace\ninvite h 102 911 auth=none\npickup B1\ninvite p 103 *81100\npickup B2 held\nbye p";
    let log = PHONES.run(&format!("{script}\ninvite i 103 *80102\nwait 20\nbye h"));
    assert!(log.contains("invite B2 sip:101@10.0.0.101 "), "{log}");
    assert!(log.contains("Left out, since they are in a call: 1"), "{log}");
    assert!(log.contains("The code was not carried out (The person is in a call for help.)"), "{log}");
    assert!(!log.contains("invite B3"), "{log}");
    let log = PHONES.run("trace\ninvite a 101 102\npickup B1\ninvite p 103 *81100\nwait 20\nbye a");
    assert!(log.contains("The code was not carried out (Everybody who could be reached there is in a call.)"), "{log}");
    assert!(!log.contains("invite B2"), "{log}");
}

#[test]
fn a_phone_in_a_call_rings_and_does_not_answer_by_itself() {
    let log = PHONES.run("trace\ninvite a 101 102\npickup B1\ninvite i 103 *80102\nring B2\npickup B2\nbye i\nbye a");
    assert!(log.contains("invite B2 sip:102@10.0.0.102 ") && log.contains("answer i "), "{log}");
    assert!(!log.contains("Answer-Mode"), "{log}");
    assert!(log.contains("The person is in a call: it rings there, and no phone answers by itself."), "{log}");
}
