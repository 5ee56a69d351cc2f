//! A party is handed on to somebody whom nobody answers: the plan leads them on, as it leads everybody who calls there.

mod onward;

use expect_test::expect;

use super::{check, check_after};

const PLAN: &str = r#"
[[inbound]]
number = "main"
ring = ["101"]
[extensions.610]
ring = ["102", "103"]
order = "one by one"
seconds = 5
nobody = "queue desk"
busy = "hang up"
[queues.desk]
ring = ["103"]
wait = 60
nobody = "hang up"
[outside]
national = "main"
[voicemail]
people = ["101", "102"]
main = "101"
"#;

/// A patient talks with 101.
const PATIENT: &str = "invite p main:+12025550171 +12025550123\npickup B1\nack p\ntrace\n";

fn handed_on(script: &str, expected: &expect_test::Expect) {
    check_after(PLAN, PATIENT, script, expected);
}

#[test]
fn who_transferred_has_hung_up_and_a_mailbox_takes_a_message() {
    handed_on(
        "refer B1 102\nring B2\nbye B1\nwait 26\nanswer greeting\nanswer begun\nplayed s1\nbye p",
        &expect![[r#"
            > refer B1 102
                open s3 :4004
                accept refer B1
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > ring B2
                refer progress B1 180
            > bye B1
                close s2
                play s1 <Ringing>
            > wait 26
                cancel B2
                close s3
                stop s1
                ask greeting 102 unavailable
                ask begin 102
                play s1 greeting_extension number-1 number-0 number-2 greeting_unavailable leave_a_message
            > answer greeting
            > answer begun
            > played s1
                play s1 <Beep>
            > bye p
                ask discard
                close s1
                RECORD call1 In +12025550171 > 102 HungUp fault None talked 26s packets 1/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Front desk transfers +12025550171 to Nurse (REFER)
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Detail Front desk hung up
                   25s Warn Nobody took the call (Nobody answered)
                   25s Detail The mailbox of 102 takes a message.
                   25s Good The mailbox of 102 answered (unavailable)
                   26s Good The caller hung up
                   26s Warn The caller left no message
                   26s Good Ended
        "#]],
    );
}

#[test]
fn who_transferred_still_waits_and_is_done_then() {
    handed_on(
        "refer B1 102\nring B2\nwait 26\nanswer greeting\nanswer begun\nbye p",
        &expect![[r#"
            > refer B1 102
                open s3 :4004
                accept refer B1
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > ring B2
                refer progress B1 180
            > wait 26
                cancel B2
                close s3
                refer progress B1 200
                close s2
                bye B1
                ask greeting 102 unavailable
                ask begin 102
                play s1 greeting_extension number-1 number-0 number-2 greeting_unavailable leave_a_message
            > answer greeting
            > answer begun
            > bye p
                ask discard
                close s1
                RECORD call1 In +12025550171 > 102 HungUp fault None talked 26s packets 1/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Front desk transfers +12025550171 to Nurse (REFER)
                    0s Good Ringing 1 phone
                    0s Good It rings
                   25s Warn Nobody took the call (Nobody answered)
                   25s Detail The mailbox of 102 takes a message.
                   25s Good The mailbox of 102 answered (unavailable)
                   26s Good The caller hung up
                   26s Warn The caller left no message
                   26s Good Ended
        "#]],
    );
}

#[test]
fn who_was_called_leaves_a_message_too() {
    check(
        PLAN,
        "
        invite a 101 12025550109
        pickup B1
        ack a
        trace
        refer a 102
        bye a
        wait 26
        answer greeting
        answer begun
        bye B1
        ",
        &expect![[r#"
            > invite a 101 12025550109
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550109@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > trace
            > refer a 102
                open s3 :4004
                accept refer a
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550109@clinic.demo (v1 :4004)
            > bye a
                close s1
                play s2 <Ringing>
            > wait 26
                cancel B2
                close s3
                stop s2
                ask greeting 102 unavailable
                ask begin 102
                play s2 greeting_extension number-1 number-0 number-2 greeting_unavailable leave_a_message
            > answer greeting
            > answer begun
            > bye B1
                ask discard
                close s2
                RECORD call1 Out +12025550109 > 102 HungUp fault None talked 26s packets 2/0
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Front desk transfers +12025550109 to Nurse (REFER)
                    0s Good Ringing 1 phone
                    0s Detail Front desk hung up
                   25s Warn Nobody took the call (Not reachable)
                   25s Detail The mailbox of 102 takes a message.
                   25s Good The mailbox of 102 answered (unavailable)
                   26s Good The caller hung up
                   26s Warn The caller left no message
                   26s Good Ended
        "#]],
    );
}

/// 101 has called 102 on a second line and hands the patient over while it rings there.
#[test]
fn the_phone_that_rings_already_is_not_answered_either() {
    handed_on(
        "ask B1 hold\nagree p held\ninvite a 101 102\nring B2\nrefer B1 replaces a\nbye B1\nagree p\nwait 26\nanswer greeting\nanswer begun\nbye p",
        &expect![[r#"
            > ask B1 hold
                answer reinvite B1 (v2 :4002 recvonly)
                sound s2 on hold
                reinvite p (v2 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree p held
                sound s1 10.0.1.2:7000
            > invite a 101 102
                open s3 :4004
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > ring B2
                ring a 180
            > refer B1 replaces a
                refuse a 487
                close s3
                accept refer B1
                refer progress B1 180
                RECORD call1 Out 101 > 102 Abandoned fault None packets 3/0
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Front desk handed the ringing call on (attended transfer)
                    0s Warn The caller hung up before anyone answered
            > bye B1
                close s2
                reinvite p (v3 :4000)
                play s1 <Ringing>
            > agree p
                sound s1 10.0.1.2:7000
            > wait 26
                cancel B2
                close s4
                stop s1
                ask greeting 102 unavailable
                ask begin 102
                play s1 greeting_extension number-1 number-0 number-2 greeting_unavailable leave_a_message
            > answer greeting
            > answer begun
            > bye p
                ask discard
                close s1
                RECORD call2 In +12025550171 > 102 HungUp fault None talked 26s packets 1/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Good Front desk transfers +12025550171 to the phone that rings (attended transfer)
                    0s Detail Front desk hung up
                   25s Warn Nobody took the call (Nobody answered)
                   25s Detail The mailbox of 102 takes a message.
                   25s Good The mailbox of 102 answered (unavailable)
                   26s Good The caller hung up
                   26s Warn The caller left no message
                   26s Good Ended
        "#]],
    );
}

/// Who sought help wants a person and no machine: they come back to whom they talked with.
#[test]
fn who_sought_help_gets_no_mailbox() {
    check(
        PLAN,
        "
        invite a 103 101
        pickup B1
        ack a
        trace
        refer B1 911
        refuse B2 503
        refuse B3 503
        refuse B4 503
        refuse B5 503
        wait 2
        refuse B6 503
        refuse B7 503
        refuse B8 503
        refuse B9 503
        refer B1 102
        refuse B10 486
        bye a
        ",
        &expect![[r#"
            > invite a 103 101
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.103:7000
                bridge s1 s2
            > ack a
            > trace
            > refer B1 911
                ALERT call1 Extension 101 (Front desk, ground floor) transferred a call to 911. -> 101,102,103
                open s3 :4004
                accept refer B1
                invite B2 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
                send 3 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 101 (Front desk, ground floor) transferred a call to 911." from "Harbor Street Clinic" sip:clinic.demo
            > refuse B2 503
                invite B3 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B3 503
                invite B4 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B4 503
                invite B5 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B5 503
                ALERT call1 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
                send 4 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                send 5 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                send 6 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
            > wait 2
                invite B6 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B6 503
                invite B7 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B7 503
                invite B8 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B8 503
                invite B9 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > refuse B9 503
                close s3
                refer progress B1 502
            > refer B1 102
                open s4 :4006
                accept refer B1
                invite B10 sip:102@10.0.0.102 from "Doctor" sip:103@clinic.demo (v1 :4006)
            > refuse B10 486
                close s4
                refer progress B1 486
            > bye a
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY Out 103 > 101 HungUp fault None talked 2s packets 1/2
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Front desk transfers Doctor to 911 (REFER)
                    0s Good Calling over the trunk main
                    0s Warn Refused by the trunk main (status 503)
                    0s Good Calling over the trunk backup
                    0s Warn Refused by the trunk backup (status 503)
                    0s Good Calling over the trunk main
                    0s Warn Refused by the trunk main (status 503)
                    0s Good Calling over the trunk backup
                    0s Warn Refused by the trunk backup (status 503)
                    0s Bad No trunk took the call; all of them are tried again in a moment
                    2s Good Calling over the trunk main
                    2s Warn Refused by the trunk main (status 503)
                    2s Good Calling over the trunk backup
                    2s Warn Refused by the trunk backup (status 503)
                    2s Good Calling over the trunk main
                    2s Warn Refused by the trunk main (status 503)
                    2s Good Calling over the trunk backup
                    2s Warn Refused by the trunk backup (status 503)
                    2s Warn The transfer failed (The phone line could not place the call)
                    2s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    2s Good Front desk transfers Doctor to Nurse (REFER)
                    2s Good Ringing 1 phone
                    2s Warn Refused by Nurse (status 486)
                    2s Warn The transfer failed (Busy)
                    2s Good The caller hung up
                    2s Good Ended
        "#]],
    );
}
