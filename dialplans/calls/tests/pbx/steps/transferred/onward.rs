//! Another phone, a group, a queue or whoever transferred comes next, where there is no mailbox or forwarding goes before it.

use expect_test::expect;

use super::handed_on;

#[test]
fn a_phone_that_is_busy_and_one_that_is_not_there() {
    handed_on(
        "refer B1 102\nrefuse B2 486\nanswer greeting\nanswer begun\nbye p",
        &expect![[r#"
            > refer B1 102
                open s3 :4004
                accept refer B1
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > refuse B2 486
                close s3
                refer progress B1 200
                close s2
                bye B1
                ask greeting 102 busy
                ask begin 102
            > answer greeting
                play s1 greeting_busy leave_a_message
            > answer begun
            > bye p
                ask discard
                close s1
                RECORD call1 In +12025550171 > 102 HungUp fault None talked 0s packets 1/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Front desk transfers +12025550171 to Nurse (REFER)
                    0s Good Ringing 1 phone
                    0s Warn Refused by Nurse (status 486)
                    0s Warn Nobody took the call (Busy)
                    0s Detail The mailbox of 102 takes a message.
                    0s Good The mailbox of 102 answered (busy)
                    0s Good The caller hung up
                    0s Warn The caller left no message
                    0s Good Ended
        "#]],
    );
    handed_on(
        "register 102 expires=0\nrefer B1 102\nanswer greeting\nanswer begun\nbye p",
        &expect![[r#"
            > register 102 expires=0
                bindings [101 udp 10.0.0.101:5060, 103 udp 10.0.0.103:5060]
                accept register []
            > refer B1 102
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                ask greeting 102 unavailable
                ask begin 102
            > answer greeting
                play s1 greeting_extension number-1 number-0 number-2 greeting_unavailable leave_a_message
            > answer begun
            > bye p
                ask discard
                close s1
                RECORD call1 In +12025550171 > 102 HungUp fault None talked 0s packets 1/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Front desk transfers +12025550171 to Nurse (REFER)
                    0s Warn No phone is registered there
                    0s Detail The mailbox of 102 takes a message.
                    0s Good The mailbox of 102 answered (unavailable)
                    0s Good The caller hung up
                    0s Warn The caller left no message
                    0s Good Ended
        "#]],
    );
    handed_on(
        "switch dnd 102 on\nrefer B1 102\nanswer greeting\nanswer begun\nbye p",
        &expect![[r#"
            > switch dnd 102 on
                switches changed
                switched
            > refer B1 102
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                ask greeting 102 unavailable
                ask begin 102
            > answer greeting
                play s1 greeting_extension number-1 number-0 number-2 greeting_unavailable leave_a_message
            > answer begun
            > bye p
                ask discard
                close s1
                RECORD call1 In +12025550171 > 102 HungUp fault None talked 0s packets 1/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Detail 102 does not want to be disturbed.
                    0s Good Front desk transfers +12025550171 to Nurse (REFER)
                    0s Detail The mailbox of 102 takes a message.
                    0s Good The mailbox of 102 answered (unavailable)
                    0s Good The caller hung up
                    0s Warn The caller left no message
                    0s Good Ended
        "#]],
    );
}

#[test]
fn a_group_rings_in_its_order_and_a_queue_comes_next() {
    handed_on(
        "refer B1 610\nring B2\nwait 6\nring B3\nbye B1\nwait 6\npickup B4\nbye p",
        &expect![[r#"
            > refer B1 610
                open s3 :4004
                accept refer B1
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > ring B2
                refer progress B1 180
            > wait 6
                cancel B2
                invite B3 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > ring B3
            > bye B1
                close s2
                play s1 <Ringing>
            > wait 6
                cancel B3
                close s3
                stop s1
                play s1 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
                open s4 :4006
                invite B4 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4006)
            > pickup B4
                sound s4 10.0.1.13:7000
                stop s1
                bridge s1 s4
            > bye p
                bye B4
                close s1 s4
                RECORD call1 In +12025550171 > 610 HungUp fault None talked 12s desk 2s taken packets 1/4
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail 610 is an extension of this plan: 102, 103 ring one after the other, 5 seconds each.
                    0s Good Front desk transfers +12025550171 to 610 (REFER)
                    0s Good Ringing 1 phone
                    0s Good It rings
                    5s Good Ringing 1 phone
                    6s Good It rings
                    6s Detail Front desk hung up
                   10s Warn Nobody took the call (Nobody answered)
                   10s Detail The caller waits in the queue desk until one of 103 is free.
                   10s Good The caller waits in the queue desk, 0 before them
                   11s Good Ringing 1 phone
                   12s Good Answered by Doctor
                   12s Good The caller hung up
                   12s Good Ended
        "#]],
    );
}

/// 103 has no mailbox: who transferred is called back, as ever.
#[test]
fn where_the_plan_has_nothing_more_who_transferred_is_called_back() {
    handed_on(
        "refer B1 103\nring B2\nbye B1\nwait 26\npickup B3\nbye p",
        &expect![[r#"
            > refer B1 103
                open s3 :4004
                accept refer B1
                invite B2 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > ring B2
                refer progress B1 180
            > bye B1
                close s2
                play s1 <Ringing>
            > wait 26
                cancel B2
                invite B3 sip:101@10.0.0.101 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > pickup B3
                sound s3 10.0.1.12:7000
                bridge s1 s3
                stop s1
            > bye p
                bye B3
                close s1 s3
                RECORD call1 In +12025550171 > 101 HungUp fault None talked 26s packets 1/3
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Front desk transfers +12025550171 to Doctor (REFER)
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Detail Front desk hung up
                   25s Warn Nobody took the call; Front desk is called back (Nobody answered)
                   25s Good Ringing 1 phone
                   26s Good Answered by Front desk
                   26s Good Transferred by Front desk to Front desk
                   26s Good The caller hung up
                   26s Good Ended
        "#]],
    );
}

/// What whoever was called has switched comes before the plan: another phone, or a mailbox of somebody else.
#[test]
fn forwarding_comes_first_and_the_plan_of_who_forwarded_after_it() {
    handed_on(
        "switch forward 102 no-answer 103\nrefer B1 102\nring B2\nbye B1\nwait 26\nring B3\nwait 26\nbye p",
        &expect![[r#"
            > switch forward 102 no-answer 103
                switches changed
                switched
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
                invite B3 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > ring B3
            > wait 26
                cancel B3
                invite B4 sip:101@10.0.0.101 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > bye p
                cancel B4
                close s1 s3
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 52s packets 1/3
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Front desk transfers +12025550171 to Nurse (REFER)
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Detail Front desk hung up
                   25s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                   25s Good 102 forwards such calls
                   25s Good Ringing 1 phone
                   26s Good It rings
                   50s Warn Nobody took the call; Front desk is called back (Nobody answered)
                   50s Good Ringing 1 phone
                   52s Good The caller hung up
                   52s Good Ended
        "#]],
    );
    handed_on(
        "switch forward 103 no-answer 102\nrefer B1 103\nring B2\nbye B1\nwait 26\nring B3\nwait 26\nanswer greeting\nanswer begun\nbye p",
        &expect![[r#"
            > switch forward 103 no-answer 102
                switches changed
                switched
            > refer B1 103
                open s3 :4004
                accept refer B1
                invite B2 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > ring B2
                refer progress B1 180
            > bye B1
                close s2
                play s1 <Ringing>
            > wait 26
                cancel B2
                invite B3 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > ring B3
            > wait 26
                cancel B3
                close s3
                stop s1
                ask greeting 102 unavailable
                ask begin 102
                play s1 nobody_available leave_a_message
            > answer greeting
            > answer begun
            > bye p
                ask discard
                close s1
                RECORD call1 In +12025550171 > 103 HungUp fault None talked 52s packets 1/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Front desk transfers +12025550171 to Doctor (REFER)
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Detail Front desk hung up
                   25s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                   25s Good 103 forwards such calls
                   25s Good Ringing 1 phone
                   26s Good It rings
                   50s Warn Nobody took the call (Nobody answered)
                   50s Detail The mailbox of 102 takes a message.
                   50s Good The mailbox of 102 answered (unavailable)
                   52s Good The caller hung up
                   52s Warn The caller left no message
                   52s Good Ended
        "#]],
    );
}
