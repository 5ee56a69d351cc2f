//! Callers from outside who say their name before they are put through.

mod whose;

use expect_test::expect;

use super::{check, check_after};

const PLAN: &str = r#"
[[inbound]]
number = "main"
to = "101"
[extensions.101]
ring = ["101"]
screen = "all"
[extensions.100]
ring = ["101", "102"]
screen = "all"
nobody = "103"
[extensions.103]
ring = ["103"]
screen = "unknown"
nobody = "busy"
[names]
"+12025550171" = "Laboratory"
[outside]
national = "main"
[voicemail]
people = ["101"]
"#;

/// A caller who has said their name: B1 rings.
const SAID: &str = "
invite a main:+12025550171 +12025550123
played s1
recorded s1 1.5 stopped
ring B1
";

#[test]
fn a_name_is_said_and_the_call_taken() {
    check(
        PLAN,
        "
        trace
        invite a main:+12025550171 +12025550123
        played s1
        recorded s1 1.5
        key s1 #
        recorded s1 0.2 stopped
        ring B1
        pickup B1
        key s2 5
        key s2 1
        bye a
        ",
        &expect![[r#"
            > trace
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 say_your_name <Beep>
            > played s1
                record s1 most 4s silence Some(2s)
            > recorded s1 1.5
            > key s1 #
                stop record s1
            > recorded s1 0.2 stopped
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Laboratory" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > ring B1
            > pickup B1
                sound s2 10.0.1.10:7000
                play s2 Forever(call_from (1s) (500ms) (200ms) take_or_send_on Silence(2s))
            > key s2 5
            > key s2 1
                stop s2
                stop s1
                bridge s1 s2
                reinvite a (v2 :4000)
            > bye a
                bye B1
                close s1 s2
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Good The caller is asked to say their name
                    0s Detail The caller said a name
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Front desk
                    0s Detail Whoever answered is asked to press 1
                    0s Good Front desk took the call
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn two_sends_the_caller_on_to_the_next_step() {
    check_after(
        PLAN,
        SAID,
        "
        trace
        pickup B1
        key s2 2
        answer greeting
        answer begun
        bye a
        ",
        &expect![[r#"
            > trace
            > pickup B1
                sound s2 10.0.1.10:7000
                play s2 Forever(call_from (1s) (500ms) take_or_send_on Silence(2s))
            > key s2 2
                bye B1
                close s2
                stop s1
                ask greeting 101 unavailable
                ask begin 101
            > answer greeting
                play s1 nobody_available leave_a_message
            > answer begun
            > bye a
                ask discard
                close s1
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s packets 1/0
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Good The caller is asked to say their name
                    0s Detail The caller said a name
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Front desk
                    0s Detail Whoever answered is asked to press 1
                    0s Warn Front desk sent the caller on
                    0s Warn Nobody took the call (Refused)
                    0s Detail The mailbox of 101 takes a message.
                    0s Good The mailbox of 101 answered (unavailable)
                    0s Good The caller hung up
                    0s Warn The caller left no message
                    0s Good Ended
        "#]],
    );
}

#[test]
fn who_hears_a_name_and_presses_nothing_does_not_take_the_call() {
    check_after(
        PLAN,
        SAID,
        "pickup B1\nwait 15\nanswer greeting\nanswer begun\nbye a",
        &expect![[r#"
        > pickup B1
            sound s2 10.0.1.10:7000
            play s2 Forever(call_from (1s) (500ms) take_or_send_on Silence(2s))
        > wait 15
            bye B1
            dismiss s2
            close s2
            stop s1
            ask greeting 101 unavailable
            ask begin 101
        > answer greeting
            play s1 nobody_available leave_a_message
        > answer begun
        > bye a
            ask discard
            close s1
            RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 15s packets 1/0
    "#]],
    );
    check_after(
        PLAN,
        SAID,
        "pickup B1\nbye B1\nanswer greeting\nanswer begun\nbye a",
        &expect![[r#"
        > pickup B1
            sound s2 10.0.1.10:7000
            play s2 Forever(call_from (1s) (500ms) take_or_send_on Silence(2s))
        > bye B1
            dismiss s2
            close s2
            stop s1
            ask greeting 101 unavailable
            ask begin 101
        > answer greeting
            play s1 nobody_available leave_a_message
        > answer begun
        > bye a
            ask discard
            close s1
            RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s packets 1/0
    "#]],
    );
}

#[test]
fn who_says_nothing_is_asked_twice_and_put_through_without_a_name() {
    check(
        PLAN,
        "
        trace
        invite a main:+12025550171 +12025550123
        played s1
        recorded s1 2 silence hush
        played s1
        recorded s1 2 silence hush
        ring B1
        pickup B1
        key s2 1
        bye B1
        ",
        &expect![[r#"
            > trace
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 say_your_name <Beep>
            > played s1
                record s1 most 4s silence Some(2s)
            > recorded s1 2 silence hush
                play s1 say_your_name <Beep>
            > played s1
                record s1 most 4s silence Some(2s)
            > recorded s1 2 silence hush
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Laboratory" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > ring B1
            > pickup B1
                sound s2 10.0.1.10:7000
                play s2 Forever(no_name_said take_or_send_on Silence(2s))
            > key s2 1
                stop s2
                stop s1
                bridge s1 s2
                reinvite a (v2 :4000)
            > bye B1
                bye a
                close s1 s2
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Good The caller is asked to say their name
                    0s Detail The caller said no name
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Front desk
                    0s Detail Whoever answered is asked to press 1
                    0s Good Front desk took the call
                    0s Good The called side hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn words_whose_end_nobody_reports_keep_no_caller_waiting() {
    check(
        PLAN,
        "invite a main:+12025550171 +12025550123\nwait 30\nring B1\nbye a",
        &expect![[r#"
        > invite a main:+12025550171 +12025550123
            open s1 :4000
            sound s1 192.0.2.1:7000
            answer a (v1 :4000)
            play s1 say_your_name <Beep>
        > wait 30
            open s2 :4002
            invite B1 sip:101@10.0.0.101 from "Laboratory" sip:+12025550171@clinic.demo (v1 :4002)
            play s1 <Ringing>
        > ring B1
        > bye a
            cancel B1
            close s1 s2
            RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 30s packets 1/2
    "#]],
    );
}

#[test]
fn a_caller_hangs_up_while_they_are_recorded_or_while_somebody_hears_their_name() {
    check(
        PLAN,
        "
        trace
        invite a main:+12025550171 +12025550123
        played s1
        recorded s1 1
        bye a
        ",
        &expect![[r#"
            > trace
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 say_your_name <Beep>
            > played s1
                record s1 most 4s silence Some(2s)
            > recorded s1 1
            > bye a
                close s1
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s packets 1/0
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Good The caller is asked to say their name
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
    check_after(
        PLAN,
        SAID,
        "pickup B1\nbye a",
        &expect![[r#"
        > pickup B1
            sound s2 10.0.1.10:7000
            play s2 Forever(call_from (1s) (500ms) take_or_send_on Silence(2s))
        > bye a
            bye B1
            close s1 s2
            RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s packets 1/2
    "#]],
    );
}

#[test]
fn a_fax_machine_says_no_name_and_ours_takes_the_call() {
    check(
        PLAN,
        "
        trace
        invite a main:+12025550171 +12025550123
        played s1
        recorded s1 1
        faxtone s1
        bye a
        ",
        &expect![[r#"
            > trace
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 say_your_name <Beep>
            > played s1
                record s1 most 4s silence Some(2s)
            > recorded s1 1
            > faxtone s1
                stop record s1
                idle s1
                reinvite a (v2 audio closed image :4000 14400)
            > bye a
                close s1
                FAX FAILED call1 In NotAFax
                RECORD call1 In +12025550171 > +12025550199 HungUp fault None talked 0s packets 1/0
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Good The caller is asked to say their name
                    0s Good A fax machine calls: ours takes the call over (CNG)
                    0s Detail We propose T.38 (re-INVITE)
                    0s Detail The other side hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn one_of_several_phones_hears_the_name_and_the_others_ring_no_more() {
    let plan = PLAN.replace("to = \"101\"", "to = \"100\"");
    check(
        &plan,
        "
        invite a main:+12025550171 +12025550123
        played s1
        recorded s1 1 stopped
        ring B1
        ring B2
        pickup B2
        key s2 1
        bye a
        ",
        &expect![[r#"
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 say_your_name <Beep>
            > played s1
                record s1 most 4s silence Some(2s)
            > recorded s1 1 stopped
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Laboratory" sip:+12025550171@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.102 from "Laboratory" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > ring B1
            > ring B2
            > pickup B2
                sound s2 10.0.1.11:7000
                cancel B1 taken
                play s2 Forever(call_from (1s) take_or_send_on Silence(2s))
            > key s2 1
                stop s2
                stop s1
                bridge s1 s2
                reinvite a (v2 :4000)
            > bye a
                bye B2
                close s1 s2
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn who_is_led_on_has_said_their_name() {
    let plan = PLAN.replace("to = \"101\"", "to = \"100\"");
    check(
        &plan,
        "
        trace
        invite a main:+12025550188 +12025550123
        played s1
        recorded s1 1 stopped
        ring B1
        pickup B1
        key s2 2
        ring B3
        pickup B3
        key s3 1
        bye a
        ",
        &expect![[r#"
            > trace
            > invite a main:+12025550188 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 say_your_name <Beep>
            > played s1
                record s1 most 4s silence Some(2s)
            > recorded s1 1 stopped
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550188@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550188@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > ring B1
            > pickup B1
                sound s2 10.0.1.10:7000
                cancel B2 taken
                play s2 Forever(call_from (1s) take_or_send_on Silence(2s))
            > key s2 2
                bye B1
                close s2
                open s3 :4004
                invite B3 sip:103@10.0.0.103 from "" sip:+12025550188@clinic.demo (v1 :4004)
                play s1 <Ringing>
            > ring B3
            > pickup B3
                sound s3 10.0.1.12:7000
                play s3 Forever(call_from (1s) take_or_send_on Silence(2s))
            > key s3 1
                stop s3
                stop s1
                bridge s1 s3
                reinvite a (v2 :4000)
            > bye a
                bye B3
                close s1 s3
                RECORD call1 In +12025550188 > +12025550123 HungUp fault None talked 0s packets 1/3
                    0s Detail It is a number that this plan answers: it leads to 100.
                    0s Detail 100 is an extension of this plan: 101, 102 ring together for 25 seconds.
                    0s Good The caller is asked to say their name
                    0s Detail The caller said a name
                    0s Good Ringing 2 phones
                    0s Good It rings
                    0s Good Answered by Front desk
                    0s Detail Whoever answered is asked to press 1
                    0s Warn Front desk sent the caller on
                    0s Warn Nobody took the call (Refused)
                    0s Detail 103 is an extension of this plan: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Doctor
                    0s Detail Whoever answered is asked to press 1
                    0s Good Doctor took the call
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn a_number_outside_that_rings_too_hears_the_name_and_the_phones_ring_on_beside_it() {
    check(
        PLAN,
        "
        switch forward 101 also +12025550144
        invite a main:+12025550171 +12025550123
        played s1
        recorded s1 1 stopped
        ring B1
        ring B2
        pickup B2
        pickup B1
        key s2 1
        bye a
        ",
        &expect![[r#"
            > switch forward 101 also +12025550144
                switches changed
                switched
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 say_your_name <Beep>
            > played s1
                record s1 most 4s silence Some(2s)
            > recorded s1 1 stopped
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Laboratory" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
                invite B2 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > ring B1
            > ring B2
            > pickup B2
                sound s2 10.0.1.11:7000
                play s2 Forever(call_from (1s) take_or_send_on Silence(2s))
            > pickup B1
                stop s2
                bye B2
                dismiss s2
                sound s2 10.0.1.10:7000
                play s2 Forever(call_from (1s) take_or_send_on Silence(2s))
            > key s2 1
                stop s2
                stop s1
                bridge s1 s2
                reinvite a (v2 :4000)
            > bye a
                bye B1
                close s1 s2
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}
