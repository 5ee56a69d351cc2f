//! Whoever is called first does not want to be disturbed: what comes next is what comes if they are busy.

mod forwarded;

use expect_test::expect;

use super::check;

const PLAN: &str = r##"
[extensions.100]
ring = ["101", "103"]
seconds = 10
busy = "announcement later"
[extensions.200]
ring = ["102"]
seconds = 10
nobody = "103"
[extensions.300]
ring = ["101", "103"]
seconds = 10
[announcements.later]
say = "Please call again."
[outside]
national = "main"
[voicemail]
people = ["101", "102"]
"##;

#[test]
fn their_mailbox_takes_the_call_and_does_not_say_that_they_talk() {
    check(
        PLAN,
        "
        trace
        switch dnd 102 on
        invite a 101 102
        answer greeting
        answer begun
        bye a
        ",
        &expect![[r#"
            > trace
            > switch dnd 102 on
                switches changed
                switched
            > invite a 101 102
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                ask greeting 102 unavailable
                ask begin 102
            > answer greeting
                play s1 greeting_extension number-1 number-0 number-2 greeting_unavailable leave_a_message
            > answer begun
            > bye a
                ask discard
                close s1
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/0
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Detail 102 does not want to be disturbed.
                    0s Detail The mailbox of 102 takes a message.
                    0s Good The mailbox of 102 answered (unavailable)
                    0s Good The caller hung up
                    0s Warn The caller left no message
                    0s Good Ended
        "#]],
    );
}

#[test]
fn somebody_else_rings_where_the_plan_says_so_and_forwarding_goes_before_it() {
    check(
        PLAN,
        "
        trace
        switch dnd 102 on
        invite a 101 200
        cancel a
        switch forward 102 busy 101
        invite b 103 200
        cancel b
        ",
        &expect![[r#"
            > trace
            > switch dnd 102 on
                switches changed
                switched
            > invite a 101 200
                open s1 :4000
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                close s1 s2
                RECORD call1 Out 101 > 200 Abandoned fault Caller packets 1/2
                    0s Detail 200 is an extension of this plan: 102 rings for 10 seconds.
                    0s Detail 102 does not want to be disturbed.
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
            > switch forward 102 busy 101
                switches changed
                switched
            > invite b 103 200
                open s3 :4004
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4006)
            > cancel b
                cancel B2
                close s3 s4
                RECORD call2 Out 103 > 200 Abandoned fault Caller packets 3/4
                    0s Detail 200 is an extension of this plan: 102 rings for 10 seconds.
                    0s Detail 102 does not want to be disturbed.
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
        "#]],
    );
}

#[test]
fn nobody_of_a_group_wants_to_be_called() {
    check(
        PLAN,
        "
        trace
        switch dnd 101 on
        switch dnd 103 on
        invite a 102 100
        bye a
        invite b 102 300
        invite c 102 103
        ",
        &expect![[r#"
            > trace
            > switch dnd 101 on
                switches changed
                switched
            > switch dnd 103 on
                switches changed
                switched
            > invite a 102 100
                open s1 :4000
                sound s1 10.0.0.102:7000
                answer a (v1 :4000)
                play s1 <Confirm> Silence(300ms)
            > bye a
                close s1
                RECORD call1 Out 102 > 100 HungUp fault None talked 0s packets 1/0
                    0s Detail 100 is an extension of this plan: 101, 103 ring together for 10 seconds.
                    0s Detail Nobody of them takes calls now.
                    0s Detail The caller hears the announcement later.
                    0s Good The caller hears the announcement later
                    0s Good The caller hung up
                    0s Good Ended
            > invite b 102 300
                refuse b 480
                RECORD call2 Out 102 > 300 NoAnswer fault Callee packets 0/0
                    0s Detail 300 is an extension of this plan: 101, 103 ring together for 10 seconds.
                    0s Detail Nobody of them takes calls now.
                    0s Warn Nobody answered
            > invite c 102 103
                refuse c 486
                RECORD call3 Out 102 > 103 Busy fault Callee packets 0/0
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Detail 103 does not want to be disturbed.
                    0s Warn Busy
        "#]],
    );
}

#[test]
fn who_is_handed_on_to_them_reaches_their_mailbox() {
    check(
        PLAN,
        "
        switch dnd 102 on
        invite a 101 103
        pickup B1
        ack a
        refer B1 102
        bye a
        ",
        &expect![[r#"
            > switch dnd 102 on
                switches changed
                switched
            > invite a 101 103
                open s1 :4000
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > refer B1 102
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                ask greeting 102 unavailable
                ask begin 102
            > bye a
                ask discard
                close s1
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}
