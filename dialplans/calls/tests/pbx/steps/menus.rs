//! Menus and announcements.

use expect_test::expect;

use super::check;

const MENU: &str = r##"
[[inbound]]
number = "main"
to = "schedule front"
[hours.office]
weekdays = "08:00-12:00"
[schedules.front]
hours = "office"
open = "menu main"
closed = "announcement closed"
[menus.main]
say = "For the nurse, press 1."
keys = { 1 = "102", 9 = "language es", "#" = "again" }
extensions = true
seconds = 5
times = 2
nobody = "103"
[announcements.closed]
say = "We are closed."
"##;

#[test]
fn a_key_leads_to_a_phone_and_both_talk() {
    check(
        MENU,
        "
        trace
        invite a main:+12025550171 +12025550123
        ack a
        played s1 1
        wait 2
        key s1 1
        wait 3
        ring B1
        pickup B1
        wait 30
        bye a
        ",
        &expect![[r#"
            > trace
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 <Confirm> Silence(300ms)
            > ack a
            > played s1 1
            > wait 2
            > key s1 1
            > wait 3
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > ring B1
            > pickup B1
                sound s2 10.0.1.10:7000
                stop s1
                bridge s1 s2
                reinvite a (v2 :4000)
            > wait 30
            > bye a
                bye B1
                close s1 s2
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 35s packets 1/2
                    0s Detail It is a number that this plan answers: it leads to schedule front.
                    0s Detail Schedule front: it is Friday 20 November 2026, 09:00, and the hours office are open.
                    0s Detail The menu main asks the caller for a key.
                    0s Good The menu main answered
                    4s Good The caller pressed 1
                    4s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    4s Good Ringing 1 phone
                    5s Good It rings
                    5s Good Answered by Nurse
                   35s Good The caller hung up
                   35s Good Ended
        "#]],
    );
}

#[test]
fn an_extension_is_dialled_and_a_wrong_key_is_said() {
    check(
        MENU,
        "
        invite a main:+12025550171 +12025550123
        key s1 5
        key s1 1
        key s1 0
        key s1 3
        pickup B1
        bye B1
        invite b main:+12025550171 +12025550123
        key s3 1
        wait 3
        pickup B2
        bye b
        ",
        &expect![[r#"
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 <Confirm> Silence(300ms)
            > key s1 5
                stop s1
                play s1 invalid_choice <Confirm> Silence(300ms)
            > key s1 1
                stop s1
            > key s1 0
            > key s1 3
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > pickup B1
                sound s2 10.0.1.10:7000
                stop s1
                bridge s1 s2
                reinvite a (v2 :4000)
            > bye B1
                bye a
                close s1 s2
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
            > invite b main:+12025550171 +12025550123
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer b (v1 :4004)
                play s3 <Confirm> Silence(300ms)
            > key s3 1
                stop s3
            > wait 3
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4006)
                play s3 <Ringing>
            > pickup B2
                sound s4 10.0.1.11:7000
                stop s3
                bridge s3 s4
                reinvite b (v2 :4004)
            > bye b
                bye B2
                close s3 s4
                RECORD call2 In +12025550171 > +12025550123 HungUp fault None talked 3s packets 3/4
        "#]],
    );
}

#[test]
fn who_presses_nothing_goes_where_the_menu_says_and_nobody_there_ends_it() {
    check(
        MENU,
        "
        trace
        invite a main:+12025550171 +12025550123
        played s1 1
        wait 5
        played s1 2
        wait 5
        refuse B1 486
        ",
        &expect![[r#"
            > trace
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 <Confirm> Silence(300ms)
            > played s1 1
            > wait 5
                play s1 choose_again <Confirm> Silence(300ms)
            > played s1 2
            > wait 5
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > refuse B1 486
                close s2
                bye a
                close s1
                RECORD call1 In +12025550171 > +12025550123 Busy fault Callee alone 10s packets 1/0
                    0s Detail It is a number that this plan answers: it leads to schedule front.
                    0s Detail Schedule front: it is Friday 20 November 2026, 09:00, and the hours office are open.
                    0s Detail The menu main asks the caller for a key.
                    0s Good The menu main answered
                   10s Warn The caller has chosen nothing
                   10s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                   10s Good Ringing 1 phone
                   10s Warn Refused by Doctor (status 486)
                   10s Warn Nobody took the call (Busy)
                   10s Warn Busy
        "#]],
    );
}

#[test]
fn another_language_says_the_menu_again() {
    check(
        MENU,
        "invite a main:+12025550171 +12025550123\nkey s1 9\nkey s1 #\nbye a",
        &expect![[r#"
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 <Confirm> Silence(300ms)
            > key s1 9
                stop s1
                play s1 <Confirm> Silence(300ms)
            > key s1 #
                stop s1
                play s1 <Confirm> Silence(300ms)
            > bye a
                close s1
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s packets 1/0
        "#]],
    );
}

#[test]
fn the_night_switch_closes_it_at_once() {
    check(
        MENU,
        "
        trace
        switch night
        invite a main:+12025550171 +12025550123
        played s1 1
        switch night
        invite b main:+12025550171 +12025550123
        lost b
        ",
        &expect![[r#"
            > trace
            > switch night
                switches changed
                switched
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 <Confirm> Silence(300ms)
            > played s1 1
                bye a
                close s1
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s packets 1/0
                    0s Detail It is a number that this plan answers: it leads to schedule front.
                    0s Detail Schedule front: the night switch says closed.
                    0s Detail The caller hears the announcement closed.
                    0s Good The caller hears the announcement closed
                    0s Detail The plan ends the call here.
                    0s Good Ended
            > switch night
                switches changed
                switched
            > invite b main:+12025550171 +12025550123
                open s2 :4002
                sound s2 192.0.2.1:7000
                answer b (v1 :4002)
                play s2 <Confirm> Silence(300ms)
            > lost b
                close s2
                RECORD call2 In +12025550171 > +12025550123 Lost fault Caller alone 0s packets 2/0
                    0s Detail It is a number that this plan answers: it leads to schedule front.
                    0s Detail Schedule front: it is Friday 20 November 2026, 09:00, and the hours office are open.
                    0s Detail The menu main asks the caller for a key.
                    0s Good The menu main answered
                    0s Bad The caller vanished (no answer to what was sent to it)
                    0s Bad The connection was lost
        "#]],
    );
}

#[test]
fn a_person_may_end_it_and_a_phone_may_hold_it() {
    check(
        MENU,
        "invite a main:+12025550171 +12025550123\nask a hold\nask a\nack a\nhangup\ninvite b main:+12025550171 +12025550123\nbindfail s2",
        &expect![[r#"
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 <Confirm> Silence(300ms)
            > ask a hold
                answer reinvite a (v2 :4000 recvonly)
                sound s1 on hold
            > ask a
                answer reinvite a (v3 :4000)
                sound s1 10.0.1.2:7000
            > ack a
            > hangup
                bye a
                close s1
                hung up call1
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s packets 1/0
            > invite b main:+12025550171 +12025550123
                open s2 :4002
                sound s2 192.0.2.1:7000
                answer b (v1 :4002)
                play s2 <Confirm> Silence(300ms)
            > bindfail s2
                bye b
                RECORD call2 In +12025550171 > +12025550123 OurFault fault Us alone 0s packets 0/0
        "#]],
    );
}

#[test]
fn a_caller_who_offers_nothing_is_offered_sound() {
    check(
        MENU,
        "invite a main:+12025550171 +12025550123 nosdp\nackanswer a\nkey s1 1\nwait 3\npickup B1\nbye a",
        &expect![[r#"
            > invite a main:+12025550171 +12025550123 nosdp
                open s1 :4000
                answer a (v1 :4000)
                play s1 <Confirm> Silence(300ms)
            > ackanswer a
                sound s1 10.0.1.2:7000
            > key s1 1
                stop s1
            > wait 3
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > pickup B1
                sound s2 10.0.1.10:7000
                stop s1
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 3s packets 1/2
        "#]],
    );
}

const SPOKEN: &str = r##"
[[inbound]]
number = "main"
to = "menu main"
[extensions.600]
to = "announcement busy"
[menus.main]
prompt = ["menu_practice", "es/menu_language_9"]
say = "Only people who read the plan see this."
keys = { 1 = "102", 9 = "language es" }
seconds = 5
times = 2
nobody = "announcement busy"
[announcements.busy]
prompt = ["all_busy", "taken-away"]
"##;

#[test]
fn a_menu_speaks_the_language_that_was_chosen_also_of_what_was_not_pressed() {
    check(
        SPOKEN,
        "
        invite a main:+12025550171 +12025550123
        key s1 5
        key s1 9
        played s1
        wait 5
        played s1
        wait 5
        played s1
        ",
        &expect![[r#"
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 menu_practice es/menu_language_9 Silence(300ms)
            > key s1 5
                stop s1
                play s1 invalid_choice menu_practice es/menu_language_9 Silence(300ms)
            > key s1 9
                stop s1
                play s1 es/menu_practice es/menu_language_9 Silence(300ms)
            > played s1
            > wait 5
                play s1 es/choose_again es/menu_practice es/menu_language_9 Silence(300ms)
            > played s1
            > wait 5
                play s1 es/all_busy Silence(300ms)
            > played s1
                bye a
                close s1
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 10s packets 1/0
        "#]],
    );
}

/// A recording that is not there any more leaves the rest of the words.
#[test]
fn of_words_that_are_not_all_there_the_rest_is_heard() {
    check(
        SPOKEN,
        "invite a 101 600\nplayed s1",
        &expect![[r#"
            > invite a 101 600
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                play s1 all_busy Silence(300ms)
            > played s1
                bye a
                close s1
                RECORD call1 Out 101 > 600 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}
