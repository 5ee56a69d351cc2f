//! Whose names are asked for, and where.

use calls::Limits;
use expect_test::expect;

use super::PLAN;
use crate::bench::Bench;
use crate::steps::{check, check_after};

#[test]
fn whom_the_clinic_knows_is_not_asked_where_only_the_unknown_are() {
    let plan = PLAN.replace("to = \"101\"", "to = \"103\"");
    check(
        &plan,
        "invite a main:+12025550171 +12025550123\nring B1\nbye a",
        &expect![[r#"
        > invite a main:+12025550171 +12025550123
            open s1 :4000
            open s2 :4002
            invite B1 sip:103@10.0.0.103 from "Laboratory" sip:+12025550171@clinic.demo (v1 :4002)
        > ring B1
            ring a 180
        > bye a
            cancel B1
            close s1 s2
            RECORD call1 In +12025550171 > +12025550123 Abandoned fault Caller packets 1/2
    "#]],
    );
    check(
        &plan,
        "invite a main:anonymous +12025550123\nbye a",
        &expect![[r#"
        > invite a main:anonymous +12025550123
            open s1 :4000
            sound s1 192.0.2.1:7000
            answer a (v1 :4000)
            play s1 say_your_name <Beep>
        > bye a
            close s1
            RECORD call1 In ? > +12025550123 HungUp fault None alone 0s packets 1/0
    "#]],
    );
}

#[test]
fn a_key_of_a_menu_leads_to_somebody_who_screens_their_calls() {
    let plan = PLAN.replace("to = \"101\"", "to = \"menu main\"");
    let menu = "[menus.main]\nkeys = { 1 = \"101\", 9 = \"language es\" }\nnobody = \"hang up\"\n";
    let plan = format!("{plan}{menu}");
    check(
        &plan,
        "
        invite a main:+12025550171 +12025550123
        key s1 9
        key s1 1
        played s1
        recorded s1 1 stopped
        pickup B1
        key s2 1
        bye a
        ",
        &expect![[r#"
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 Silence(300ms)
            > key s1 9
                stop s1
                play s1 Silence(300ms)
            > key s1 1
                stop s1
                play s1 es/say_your_name <Beep>
            > played s1
                record s1 most 4s silence Some(2s)
            > recorded s1 1 stopped
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Laboratory" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > pickup B1
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
    // What 101 has switched leads elsewhere, and nobody there has asked for a name.
    check(
        &plan,
        "
        switch forward 101 always 102
        invite a main:+12025550171 +12025550123
        key s1 1
        pickup B1
        bye a
        ",
        &expect![[r#"
            > switch forward 101 always 102
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
                play s1 <Ringing>
                close s2
                open s3 :4004
                invite B1 sip:102@10.0.0.102 from "Laboratory" sip:+12025550171@clinic.demo (v1 :4004)
                play s1 <Ringing>
            > pickup B1
                sound s3 10.0.1.10:7000
                stop s1
                bridge s1 s3
                reinvite a (v2 :4000)
            > bye a
                bye B1
                close s1 s3
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/3
        "#]],
    );
}

#[test]
fn nobody_inside_is_asked() {
    check(
        PLAN,
        "invite a 102 101\nring B1\npickup B1\nbye a",
        &expect![[r#"
        > invite a 102 101
            open s1 :4000
            open s2 :4002
            invite B1 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4002)
        > ring B1
            ring a 180
        > pickup B1
            sound s2 10.0.1.10:7000
            answer a (v1 :4000)
            sound s1 10.0.0.102:7000
            bridge s1 s2
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 102 > 101 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn a_colleague_who_hands_a_caller_on_says_who_it_is() {
    check(
        PLAN,
        "
        invite a 102 +12025550171
        pickup B1
        refer a 101
        ring B2
        pickup B2
        bye B1
        ",
        &expect![[r#"
            > invite a 102 +12025550171
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550171@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > refer a 101
                open s3 :4004
                accept refer a
                invite B2 sip:101@10.0.0.101 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > ring B2
                refer progress a 180
            > pickup B2
                sound s3 10.0.1.11:7000
                bridge s2 s3
                refer progress a 200
                close s1
            > bye B1
                bye a
                bye B2
                close s2 s3
                RECORD call1 Out 101 > +12025550171 HungUp fault None talked 0s packets 3/2
        "#]],
    );
}

#[test]
fn nobody_is_asked_who_may_be_help_that_calls_back() {
    check_after(
        PLAN,
        // Of a phone that nobody knows, so that nobody rings before the plan has its say.
        "invite e device:ghost 911\npickup B1\nbye e",
        "trace\ninvite a main:+12025550188 +12025550123\nring B2\npickup B2\nbye a",
        &expect![[r#"
            > trace
            > invite a main:+12025550188 +12025550123
                open s3 :4004
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "" sip:+12025550188@clinic.demo (v1 :4006)
            > ring B2
                ring a 180
            > pickup B2
                sound s4 10.0.1.11:7000
                answer a (v1 :4004)
                sound s3 192.0.2.1:7000
                bridge s3 s4
            > bye a
                bye B2
                close s3 s4
                RECORD call2 In +12025550188 > +12025550123 HungUp fault None talked 0s packets 3/4
                    0s Detail It is a number that this plan answers: it leads to 101.
                    0s Detail 101 is an extension of this plan: 101 rings for 25 seconds.
                    0s Detail Help may be calling back: nobody asks for a name
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Front desk
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn nobody_says_a_name_for_phones_that_are_not_there() {
    let mut bench = Bench::with_plan(Limits::default(), PLAN);
    bench.run("invite a main:+12025550171 +12025550123\nanswer greeting\nbye a");
    bench.check_rest();
    expect![[r#"
        > invite a main:+12025550171 +12025550123
            open s1 :4000
            sound s1 192.0.2.1:7000
            answer a (v1 :4000)
            ask greeting 101 unavailable
            ask begin 101
        > answer greeting
            play s1 nobody_available leave_a_message
        > bye a
            ask discard
            close s1
            RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s packets 1/0
    "#]]
    .assert_eq(&bench.log);
}
