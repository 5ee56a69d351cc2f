//! Where a plan's steps and its mailboxes meet, and calls that are sought outside.

use expect_test::expect;

use super::check;

const PLAN: &str = r##"
[[inbound]]
number = "main"
to = "menu main"
[extensions.100]
ring = ["101", "103"]
order = "one by one"
seconds = 10
[extensions.200]
ring = ["101", "103"]
seconds = 10
nobody = "voicemail 103"
[menus.main]
keys = { 1 = "102", 2 = "voicemail 101", 9 = "language es" }
nobody = "hang up"
[outside]
national = "main"
[voicemail]
people = ["101", "102", "103"]
main = "101"
"##;

#[test]
fn a_key_leads_to_a_mailbox_in_the_language_that_was_chosen() {
    check(
        PLAN,
        "
        trace
        invite a main:+12025550171 +12025550123
        key s1 9
        key s1 2
        answer greeting
        answer begun
        played s1
        played s1
        recorded s1 2.5
        bye a
        recorded s1 0.5 stopped
        ",
        &expect![[r#"
            > trace
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 Silence(300ms)
            > key s1 9
                stop s1
                play s1 Silence(300ms)
            > key s1 2
                stop s1
                ask greeting 101 unavailable
                ask begin 101
            > answer greeting
                play s1 (3.140687s) es/leave_a_message
            > answer begun
            > played s1
                play s1 <Beep>
            > played s1
                record s1 most 180s silence Some(5s)
            > recorded s1 2.5
                ask part 0
                ask part 1
                ask part 2
            > bye a
                stop record s1
            > recorded s1 0.5 stopped
                ask part 3
                ask finish
                close s1
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s with a message packets 1/0
                    0s Detail It is a number that this plan answers: it leads to menu main.
                    0s Detail The menu main asks the caller for a key.
                    0s Good The menu main answered
                    0s Good The caller chose the language es
                    0s Good The caller pressed 2
                    0s Detail The mailbox of 101 takes a message.
                    0s Good The mailbox of 101 answered (unavailable)
                    0s Good The caller hung up
                    0s Good The caller left a message
                    0s Good Ended
        "#]],
    );
}

#[test]
fn whom_a_menu_led_to_does_not_answer_and_their_mailbox_does() {
    check(
        PLAN,
        "
        trace
        invite a main:+12025550171 +12025550123
        key s1 1
        ring B1
        wait 26
        answer greeting
        answer begun
        bye a
        ",
        &expect![[r#"
            > trace
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 Silence(300ms)
            > key s1 1
                stop s1
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > ring B1
            > wait 26
                cancel B1
                close s2
                stop s1
                ask greeting 102 unavailable
                ask begin 102
                play s1 nobody_available leave_a_message
            > answer greeting
            > answer begun
            > bye a
                ask discard
                close s1
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 26s packets 1/0
                    0s Detail It is a number that this plan answers: it leads to menu main.
                    0s Detail The menu main asks the caller for a key.
                    0s Good The menu main answered
                    0s Good The caller pressed 1
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
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
fn of_a_group_that_rings_one_by_one_nobody_answers() {
    check(
        PLAN,
        "
        invite a 102 100
        wait 11
        wait 11
        bye a
        ",
        &expect![[r#"
            > invite a 102 100
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > wait 11
                cancel B1
                invite B2 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > wait 11
                cancel B2
                close s2 s1
                open s3 :4004
                sound s3 10.0.0.102:7000
                answer a (v1 :4004)
                ask greeting 101 unavailable
                ask begin 101
                play s3 nobody_available leave_a_message
            > bye a
                ask discard
                close s3
                RECORD call1 Out 102 > 100 HungUp fault None talked 2s packets 3/0
        "#]],
    );
}

#[test]
fn what_the_plan_says_comes_before_the_mailbox_of_a_group() {
    check(
        PLAN,
        "
        invite a 102 200
        wait 11
        bye a
        ",
        &expect![[r#"
            > invite a 102 200
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4002)
                invite B2 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > wait 11
                cancel B1
                cancel B2
                close s2 s1
                open s3 :4004
                sound s3 10.0.0.102:7000
                answer a (v1 :4004)
                ask greeting 103 unavailable
                ask begin 103
                play s3 nobody_available leave_a_message
            > bye a
                ask discard
                close s3
                RECORD call1 Out 102 > 200 HungUp fault None talked 1s packets 3/0
        "#]],
    );
}

#[test]
fn whom_a_menu_led_to_is_sought_outside_and_takes_the_call_by_a_key() {
    check(
        PLAN,
        "
        trace
        switch forward 102 no-answer 12025550188
        invite a main:+12025550171 +12025550123
        key s1 1
        ring B1
        wait 26
        pickup B2
        dtmf B2 5
        dtmf B2 1
        bye a
        ",
        &expect![[r#"
            > trace
            > switch forward 102 no-answer 12025550188
                switches changed
                switched
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 Silence(300ms)
            > key s1 1
                stop s1
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > ring B1
            > wait 26
                cancel B1
                close s2
                open s3 :4004
                invite B2 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
                play s1 <Ringing>
            > pickup B2
                sound s3 10.0.1.11:7000
                play s3 Forever(take_call Silence(2s))
            > dtmf B2 5
            > dtmf B2 1
                stop s3
                stop s1
                bridge s1 s3
                reinvite a (v2 :4000)
            > bye a
                bye B2
                close s1 s3
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 26s packets 1/3
                    0s Detail It is a number that this plan answers: it leads to menu main.
                    0s Detail The menu main asks the caller for a key.
                    0s Good The menu main answered
                    0s Good The caller pressed 1
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                   25s Detail It is a national number: the plan sends these over the trunk main.
                   25s Good 102 forwards such calls
                   25s Good Calling over the trunk main
                   26s Good Answered by the trunk main
                   26s Detail Whoever answered is asked to press 1
                   26s Good +12025550188 took the call
                   26s Good The caller hung up
                   26s Good Ended
        "#]],
    );
    check(
        PLAN,
        "
        switch forward 102 no-answer 12025550188
        invite a main:+12025550171 +12025550123
        key s1 1
        ring B1
        wait 26
        pickup B2
        wait 16
        ",
        &expect![[r#"
            > switch forward 102 no-answer 12025550188
                switches changed
                switched
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 Silence(300ms)
            > key s1 1
                stop s1
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > ring B1
            > wait 26
                cancel B1
                close s2
                open s3 :4004
                invite B2 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
                play s1 <Ringing>
            > pickup B2
                sound s3 10.0.1.11:7000
                play s3 Forever(take_call Silence(2s))
            > wait 16
                bye B2
                dismiss s3
                close s3
                bye a
                close s1
                RECORD call1 In +12025550171 > +12025550123 NoAnswer fault Callee alone 41s packets 1/0
        "#]],
    );
}
