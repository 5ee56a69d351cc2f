//! Who is recorded, what they hear before, and what there is when it cannot be kept.

use expect_test::expect;

use super::{PATIENT, PLAN, run};

#[test]
fn both_hear_of_it_before_the_first_second_is_kept() {
    run(
        PLAN,
        &[],
        "trace
        invite p main:+12025550101 +12025550123
        ring B1
        pickup B1
        ack p
        tape kept
        played s1
        played s2
        recorded s1 2
        recorded s2 2
        bye p",
        &expect![[r#"
            > trace
            > invite p main:+12025550101 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
            > ring B1
                ring p 180
            > pickup B1
                sound s2 10.0.1.10:7000
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
                tape begin 101 days 30
                play s1 recording_notice recording_decline number-9
                play s2 recording_notice recording_decline number-9
            > ack p
            > tape kept
            > played s1
                record s1 most 14400s silence None
                record s2 most 14400s silence None
            > played s2
            > recorded s1 2
            > recorded s2 2
                tape part 0 1s 1s
                tape part 1 1s 1s
            > bye p
                bye B1
                close s1 s2
                tape part 2 500ms 500ms
                tape stopped elsewhere
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Front desk
                    0s Detail The plan records calls that come in.
                    0s Detail Both hear that the call is recorded
                    0s Good The recording begins
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

/// A call that came through a menu and a queue is recorded as any other, from when somebody of ours talks; nothing of the way there is. Who chose a
/// language there is told in it.
#[test]
fn who_chose_a_language_in_a_menu_is_told_in_it_and_ours_in_the_clinic_s() {
    let plan = PLAN.replace("ring = [\"101\"]", "to = \"menu main\"")
        + "[menus.main]\nprompt = \"menu_practice\"\nkeys = { 1 = \"queue desk\", 9 = \"language es\" }\nnobody = \"hang up\"\n[queues.desk]\nring = [\"101\"]";
    run(
        &plan,
        &["invite p main:+12025550101 +12025550123\nack p\nkey s1 9\nkey s1 1\nring B1"],
        "pickup B1
        tape kept
        played s1
        wait 1
        key s1 9
        bye p",
        &expect![[r#"
            > pickup B1
                sound s2 10.0.1.10:7000
                stop s1
                bridge s1 s2
                reinvite p (v2 :4000)
                tape begin 101 days 30
                play s1 es/recording_notice es/recording_decline es/number-9
                play s2 recording_notice recording_decline number-9
            > tape kept
            > played s1
                record s1 most 14400s silence None
                record s2 most 14400s silence None
            > wait 1
            > key s1 9
                stop record s1
                stop record s2
                tape discard
                play s1 es/recording_declined
                play s2 recording_declined
            > bye p
                bye B1
                close s1 s2
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 1s desk 0s taken packets 1/2
        "#]],
    );
}

#[test]
fn what_was_said_last_is_kept_although_the_call_is_over() {
    run(
        PLAN,
        &[PATIENT, super::TOLD],
        "media dies\nlost p\nrecorded s1 0.4 closed\nrecorded s2 0.42 closed",
        &expect![[r#"
            > media dies
            > lost p
                bye B1
                close s1 s2
            > recorded s1 0.4 closed
            > recorded s2 0.42 closed
                tape part 0 400ms 420ms
                tape stopped elsewhere
                RECORD call1 In +12025550101 > +12025550123 Lost fault Caller talked 0s packets 0/0
        "#]],
    );
}

#[test]
fn a_plan_has_words_of_its_own_and_a_tone() {
    let plan = format!("{PLAN}announce = [\"clinic_closed\", \"recording_notice\"]\nbeep = true\ndecline = \"5\"");
    run(
        &plan,
        &[PATIENT, "tape kept"],
        "key s1 9\nkey s1 5\nbye p",
        &expect![[r#"
        > key s1 9
        > key s1 5
            tape discard
            play s1 recording_declined
            play s2 recording_declined
        > bye p
            bye B1
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn where_it_cannot_be_kept_the_call_goes_on_without() {
    run(
        PLAN,
        &[PATIENT],
        "trace\ntape refused\nplayed s1\nbye p",
        &expect![[r#"
        > trace
        > tape refused
        > played s1
        > bye p
            bye B1
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Good It rings
                0s Good Answered by Front desk
                0s Detail The plan records calls that come in.
                0s Detail Both hear that the call is recorded
                0s Bad The call cannot be recorded now
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
    run(
        PLAN,
        &[PATIENT, super::TOLD],
        "trace\nrecorded s1 1\nrecorded s2 1\ntape lost\nrecorded s1 1 stopped\nrecorded s2 1 stopped\nbye p",
        &expect![[r#"
            > trace
            > recorded s1 1
            > recorded s2 1
                tape part 0 1s 1s
            > tape lost
                stop record s1
                stop record s2
            > recorded s1 1 stopped
            > recorded s2 1 stopped
            > bye p
                bye B1
                close s1 s2
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Front desk
                    0s Detail The plan records calls that come in.
                    0s Detail Both hear that the call is recorded
                    0s Good The recording begins
                    0s Bad The rest of the call is not recorded: it could not be kept
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn a_call_for_help_is_not_recorded_unless_the_plan_says_so_and_then_nothing_is_heard() {
    let help = "invite a 101 911\npickup B1\nack a\nkey s1 *\nkey s1 1\nbye a";
    run(
        PLAN,
        &[],
        help,
        &expect![[r#"
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                send 1 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > key s1 *
            > key s1 1
            > bye a
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
        "#]],
    );
    let plan = format!("{PLAN}emergency = true");
    run(
        &plan,
        &[],
        "invite a 101 911\npickup B1\nack a\ntape kept\ntype s1 *1\nbye a",
        &expect![[r#"
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                send 1 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
                tape begin 101 days 30
            > ack a
            > tape kept
                record s1 most 14400s silence None
                record s2 most 14400s silence None
            > type s1 *1
            > bye a
                bye B1
                close s1 s2
                tape part 0 500ms 500ms
                tape stopped elsewhere
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn calls_between_extensions_are_recorded_only_where_the_plan_names_them() {
    run(
        PLAN,
        &[],
        "invite a 102 103\npickup B1\nack a\nbye a",
        &expect![[r#"
        > invite a 102 103
            open s1 :4000
            open s2 :4002
            invite B1 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
        > pickup B1
            sound s2 10.0.1.10:7000
            answer a (v1 :4000)
            sound s1 10.0.0.102:7000
            bridge s1 s2
        > ack a
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 102 > 103 HungUp fault None talked 0s packets 1/2
    "#]],
    );
    let plan = format!("{PLAN}calls = [\"inside\"]\npeople = [\"103\"]");
    run(
        &plan,
        &[],
        "invite a 102 103\npickup B1\nack a\ntape kept\nplayed s1\nbye a",
        &expect![[r#"
        > invite a 102 103
            open s1 :4000
            open s2 :4002
            invite B1 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
        > pickup B1
            sound s2 10.0.1.10:7000
            answer a (v1 :4000)
            sound s1 10.0.0.102:7000
            bridge s1 s2
            tape begin 102+103 days 30
            play s1 recording_notice recording_decline number-9
            play s2 recording_notice recording_decline number-9
        > ack a
        > tape kept
        > played s1
            record s1 most 14400s silence None
            record s2 most 14400s silence None
        > bye a
            bye B1
            close s1 s2
            tape part 0 500ms 500ms
            tape stopped elsewhere
            RECORD call1 Out 102 > 103 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

/// A part that found no room on its way is lost, and what follows it stays where its time is.
#[test]
fn a_second_of_one_side_that_is_lost_is_silence_and_shifts_nothing() {
    run(
        PLAN,
        &[PATIENT, "tape kept\nplayed s1"],
        "recorded s1 1
        recorded s2 1 lost
        recorded s2 1
        recorded s1 1
        recorded s1 1 lost
        recorded s2 1 lost
        bye p",
        &expect![[r#"
            > recorded s1 1
            > recorded s2 1 lost
            > recorded s2 1
                tape part 0 1s 0ns
            > recorded s1 1
                tape part 1 1s 1s
            > recorded s1 1 lost
            > recorded s2 1 lost
            > bye p
                bye B1
                close s1 s2
                tape part 2 1s 0ns
                tape part 3 500ms 500ms
                tape stopped elsewhere
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}
