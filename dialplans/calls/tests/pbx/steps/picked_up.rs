//! A colleague takes a call at their own phone that the plan has led to another one: its caller talks with the box until then.

use expect_test::expect;

use super::{check, check_after};

const PLAN: &str = r##"
[[inbound]]
number = "main"
to = "menu main"
[menus.main]
keys = { 1 = "102", 2 = "queue desk", 3 = "rota doctor" }
nobody = "hang up"
[queues.desk]
ring = ["102"]
[rotas.doctor]
turns = ["102"]
since = "2026-11-16"
nobody = "hang up"
"##;

/// By each key the caller comes to 102 in another way, and 102 rings. Who takes the call from a rota so is no mailbox of a mobile phone, and is not
/// asked for a key.
#[test]
fn from_a_phone_that_the_plan_rings_from_a_queue_and_from_a_rota() {
    for (key, ring, expected) in [
        (
            '1',
            "ring B1",
            expect![[r#"
            > invite a 101 **102
                answer a (v2 :4002)
                sound s2 10.0.0.101:7000
                cancel B1 taken
                stop s1
                bridge s1 s2
                reinvite p (v2 :4000)
            > ack a
            > bye a
                bye p
                close s1 s2
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
        "#]],
        ),
        (
            '2',
            "ring B1",
            expect![[r#"
            > invite a 101 **102
                answer a (v2 :4002)
                sound s2 10.0.0.101:7000
                cancel B1 taken
                stop s1
                bridge s1 s2
                reinvite p (v2 :4000)
            > ack a
            > bye a
                bye p
                close s1 s2
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s desk 0s taken packets 1/2
        "#]],
        ),
        (
            '3',
            "played s1 2\nring B1",
            expect![[r#"
            > invite a 101 **102
                answer a (v2 :4002)
                sound s2 10.0.0.101:7000
                cancel B1 taken
                stop s1
                bridge s1 s2
                reinvite p (v2 :4000)
            > ack a
            > bye a
                bye p
                close s1 s2
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
        "#]],
        ),
    ] {
        let before = format!("invite p main:+12025550171 +12025550123\nack p\nkey s1 {key}\n{ring}");
        check_after(PLAN, &before, "invite a 101 **102\nack a\nbye a", &expected);
    }
}

/// A phone that rings for a page has nobody who waits, and hides no call that has.
#[test]
fn a_page_hides_no_call() {
    check(
        PLAN,
        "
        invite p 103 *81102
        invite q main:+12025550171 +12025550123
        key s3 1
        ring B2
        trace
        invite a 101 **102
        bye a
        bye p
        ",
        &expect![[r#"
            > invite p 103 *81102
                open s1 :4000
                sound s1 10.0.0.103:7000
                answer p (v1 :4000)
                room 1 s1
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Doctor" sip:103@clinic.demo (v1 :4002 sendonly)
                  Answer-Mode: Auto | Call-Info: <sip:clinic.demo>;answer-after=0 | Alert-Info: <http://clinic.demo>;info=alert-autoanswer;delay=0 | Alert-Info: Auto Answer | P-Auto-Answer: normal
            > invite q main:+12025550171 +12025550123
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer q (v1 :4004)
                play s3 Silence(300ms)
            > key s3 1
                stop s3
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4006)
                play s3 <Ringing>
            > ring B2
            > trace
            > invite a 101 **102
                answer a (v2 :4006)
                sound s4 10.0.0.101:7000
                cancel B2 taken
                stop s3
                bridge s3 s4
                reinvite q (v2 :4004)
            > bye a
                bye q
                close s3 s4
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 3/4
                    0s Detail It is a number that this plan answers: it leads to menu main.
                    0s Detail The menu main asks the caller for a key.
                    0s Good The menu main answered
                    0s Good The caller pressed 1
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Picked up by Front desk (Replaces)
                    0s Good The called side hung up
                    0s Good Ended
            > bye p
                cancel B1
                close s1 s2
                RECORD call2 Out 103 > *81102 HungUp fault None talked 0s packets 1/2
                    0s Detail *81 is paging.
                    0s Good Speaking to phones: 1
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

/// Whose number only says what comes after their own phone is in no group by that: everybody's calls are theirs to take.
#[test]
fn an_entry_for_ones_own_number_is_no_group() {
    check(
        "[extensions.101]\nring = [\"101\"]\nnobody = \"busy\"\n",
        "invite a 103 102\nring B1\ninvite b 101 *8\nbye b",
        &expect![[r#"
            > invite a 103 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Doctor" sip:103@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > invite b 101 *8
                answer b (v2 :4002)
                sound s2 10.0.0.101:7000
                cancel B1 taken
                answer a (v1 :4000)
                sound s1 10.0.0.103:7000
                bridge s1 s2
            > bye b
                bye a
                close s1 s2
                RECORD call1 Out 103 > 101 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

/// Before hours: the caller is led to somebody's phone, and hears then that the clinic is closed.
#[test]
fn nobody_takes_a_call_when_it_is_closed() {
    check(
        r##"
[[inbound]]
number = "main"
to = "schedule front"
[hours.office]
weekdays = "13:00-17:00"
[schedules.front]
hours = "office"
open = "102"
closed = "102"
[voicemail]
people = ["102"]
"##,
        "invite p main:+12025550171 +12025550123\nring B1\nwait 25\nanswer greeting\ncancel p",
        &expect![[r#"
            > invite p main:+12025550171 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4002)
            > ring B1
                ring p 180
            > wait 25
                cancel B1
                close s2 s1
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer p (v1 :4004)
                ask greeting 102 closed
                ask begin 102
            > answer greeting
                play s3 greeting_closed leave_a_message
            > cancel p
                ask discard
                close s3
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s packets 3/0
        "#]],
    );
}
