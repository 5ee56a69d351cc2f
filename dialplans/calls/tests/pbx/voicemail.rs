//! Messages that callers leave, and listening to them by phone.

use expect_test::{Expect, expect};

use crate::bench::Bench;

fn check(script: &str, expected: &Expect) {
    let mut bench = Bench::plan_with_mailboxes();
    bench.run("register 101\nregister 102\nregister 103");
    bench.log.clear();
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

/// 102 does not answer; the caller's greeting has come.
const NOBODY: &str = "invite a 101 102\nring B1\nwait 26\nanswer greeting\nanswer begun\n";

fn after_nobody(script: &str, expected: &Expect) {
    let mut bench = Bench::plan_with_mailboxes();
    bench.run("register 101\nregister 102\nregister 103");
    bench.run(NOBODY);
    bench.log.clear();
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

#[test]
fn nobody_answers_and_a_message_is_left() {
    check(
        "trace
        invite a 101 102
        ring B1
        wait 26
        answer greeting
        answer begun
        played s1
        played s1
        recorded s1 2.5
        bye a
        recorded s1 0.5 stopped",
        &expect![[r#"
            > trace
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > wait 26
                cancel B1
                close s2
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                ask greeting 102 unavailable
                ask begin 102
                play s1 greeting_extension number-1 number-0 number-2 greeting_unavailable leave_a_message
            > answer greeting
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
                RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 1/0
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                   25s Warn Nobody answered
                   25s Good The mailbox of 102 answered (unavailable)
                   26s Good The caller left a message
                   26s Good Ended
        "#]],
    );
}

#[test]
fn silence_ends_a_message_and_the_caller_hears_that_it_was_saved_when_it_is() {
    after_nobody(
        "played s1\nplayed s1\nrecorded s1 3 silence\nanswer taken\nplayed s1",
        &expect![[r#"
            > played s1
                play s1 <Beep>
            > played s1
                record s1 most 180s silence Some(5s)
            > recorded s1 3 silence
                ask part 0
                ask part 1
                ask part 2
                ask finish
            > answer taken
                play s1 message_saved goodbye
            > played s1
                bye a
                close s1
                RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 1/0
        "#]],
    );
}

#[test]
fn what_is_not_durable_in_time_is_not_said_to_be_saved() {
    after_nobody(
        "played s1\nplayed s1\nrecorded s1 3 limit\nwait 6\nanswer taken\nplayed s1",
        &expect![[r#"
            > played s1
                play s1 <Beep>
            > played s1
                record s1 most 180s silence Some(5s)
            > recorded s1 3 limit
                ask part 0
                ask part 1
                ask part 2
                play s1 message_limit
                ask finish
            > wait 6
                play s1 goodbye
            > answer taken
            > played s1
                bye a
                close s1
                RECORD call1 Out 101 > 102 HungUp fault None talked 7s packets 1/0
        "#]],
    );
}

#[test]
fn a_caller_listens_marks_it_urgent_and_records_it_again() {
    after_nobody(
        "key s1 #\nplayed s1\nrecorded s1 2\nkey s1 #\nrecorded s1 0.2 stopped\nkey s1 2\nplayed s1\nkey s1 4\nkey s1 9\nkey s1 3
        answer begun\nplayed s1\nrecorded s1 1.5\nkey s1 #\nrecorded s1 0.2 stopped\nkey s1 1\nanswer taken\nplayed s1",
        &expect![[r#"
            > key s1 #
                play s1 <Beep>
            > played s1
                record s1 most 180s silence Some(5s)
            > recorded s1 2
                ask part 0
                ask part 1
            > key s1 #
                stop record s1
            > recorded s1 0.2 stopped
                ask part 2
                play s1 message_options
            > key s1 2
                play s1 (1s) (1s) (200ms) message_options
            > played s1
            > key s1 4
                play s1 message_urgent message_options
            > key s1 9
                play s1 invalid_choice message_options
            > key s1 3
                ask discard
                ask begin 102
                play s1 <Beep>
            > answer begun
            > played s1
                record s1 most 180s silence Some(5s)
            > recorded s1 1.5
                ask part 0
                ask part 1
            > key s1 #
                stop record s1
            > recorded s1 0.2 stopped
                ask part 2
                play s1 message_options
            > key s1 1
                stop s1
                ask finish urgent
            > answer taken
                play s1 message_saved goodbye
            > played s1
                bye a
                close s1
                RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 1/0
        "#]],
    );
}

#[test]
fn who_presses_nothing_has_sent_the_message() {
    after_nobody(
        "played s1\nplayed s1\nrecorded s1 2\nkey s1 #\nrecorded s1 0.2 stopped\nplayed s1\nwait 11\nanswer taken\nbye a",
        &expect![[r#"
            > played s1
                play s1 <Beep>
            > played s1
                record s1 most 180s silence Some(5s)
            > recorded s1 2
                ask part 0
                ask part 1
            > key s1 #
                stop record s1
            > recorded s1 0.2 stopped
                ask part 2
                play s1 message_options
            > played s1
            > wait 11
                ask finish
            > answer taken
                play s1 message_saved goodbye
            > bye a
                close s1
                RECORD call1 Out 101 > 102 HungUp fault None talked 12s packets 1/0
        "#]],
    );
}

#[test]
fn a_click_is_no_message() {
    after_nobody(
        "played s1\nplayed s1\nrecorded s1 0.4 silence\nplayed s1",
        &expect![[r#"
        > played s1
            play s1 <Beep>
        > played s1
            record s1 most 180s silence Some(5s)
        > recorded s1 0.4 silence
            ask part 0
            ask discard
            play s1 message_too_short goodbye
        > played s1
            bye a
            close s1
            RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 1/0
    "#]],
    );
    after_nobody(
        "played s1\nplayed s1\nbye a\nrecorded s1 0.4 stopped",
        &expect![[r#"
        > played s1
            play s1 <Beep>
        > played s1
            record s1 most 180s silence Some(5s)
        > bye a
            stop record s1
        > recorded s1 0.4 stopped
            ask part 0
            ask discard
            close s1
            RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 1/0
    "#]],
    );
    after_nobody(
        "bye a",
        &expect![[r#"
        > bye a
            ask discard
            close s1
            RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 1/0
    "#]],
    );
}

#[test]
fn a_message_that_cannot_be_kept_is_refused_before_the_tone_or_said_to_be_lost() {
    check(
        "invite a 101 102\nrefuse B1 486\nanswer begun no\nplayed s1",
        &expect![[r#"
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B1 486
                close s2
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                ask greeting 102 busy
                ask begin 102
            > answer begun no
                play s1 voicemail_off goodbye
            > played s1
                bye a
                close s1
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/0
        "#]],
    );
    after_nobody(
        "played s1\nplayed s1\nrecorded s1 2\nanswer lost\nplayed s1",
        &expect![[r#"
        > played s1
            play s1 <Beep>
        > played s1
            record s1 most 180s silence Some(5s)
        > recorded s1 2
            ask part 0
            ask part 1
        > answer lost
            stop record s1
            ask finish
            play s1 message_not_saved goodbye
        > played s1
            bye a
            close s1
            RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 1/0
    "#]],
    );
}

#[test]
fn whoever_keeps_messages_is_silent_and_the_caller_does_not_wait_for_ever() {
    check(
        "invite a 101 102\nrefuse B1 486\nwait 1\nplayed s1\nplayed s1\nwait 6\nplayed s1",
        &expect![[r#"
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B1 486
                close s2
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                ask greeting 102 busy
                ask begin 102
            > wait 1
                play s1 greeting_busy leave_a_message
            > played s1
                play s1 <Beep>
            > played s1
            > wait 6
                play s1 voicemail_off goodbye
            > played s1
                bye a
                close s1
                RECORD call1 Out 101 > 102 HungUp fault None talked 7s packets 1/0
        "#]],
    );
}

#[test]
fn a_greeting_of_ones_own_and_no_phone_at_all() {
    check(
        "register 103 expires=0\ninvite a 101 103\nanswer greeting own\nanswer begun\nbye a",
        &expect![[r#"
            > register 103 expires=0
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
                accept register []
            > invite a 101 103
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                ask greeting 103 unavailable
                ask begin 103
            > answer greeting own
                play s1 (3s) leave_a_message
            > answer begun
            > bye a
                ask discard
                close s1
                RECORD call1 Out 101 > 103 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

#[test]
fn a_group_has_the_mailbox_that_the_plan_names_and_help_has_none() {
    check(
        "invite p main:+12025550101 +12025550123\nring B1\nwait 31\nanswer greeting\nanswer begun\nbye p
        invite a 101 911\nrefuse B3 503\nrefuse B4 503\nrefuse B5 503\nrefuse B6 503",
        &expect![[r#"
            > invite p main:+12025550101 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4002)
            > ring B1
                ring p 180
            > wait 31
                cancel B1
                cancel B2
                close s2
                sound s1 192.0.2.1:7000
                answer p (v1 :4000)
                ask greeting 101 unavailable
                ask begin 101
                play s1 nobody_available leave_a_message
            > answer greeting
            > answer begun
            > bye p
                ask discard
                close s1
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 1s packets 1/0
            > invite a 101 911
                ALERT call2 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s3 :4004
                open s4 :4006
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > refuse B3 503
                invite B4 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > refuse B4 503
                invite B5 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > refuse B5 503
                invite B6 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > refuse B6 503
                refuse a 502
                close s3 s4
                ALERT call2 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
                RECORD call2 EMERGENCY Out 101 > 911 TrunkFailed fault Trunk packets 3/4
        "#]],
    );
}

#[test]
fn the_console_ends_a_message_and_what_was_said_is_kept() {
    after_nobody(
        "played s1\nplayed s1\nrecorded s1 2\nhangup",
        &expect![[r#"
        > played s1
            play s1 <Beep>
        > played s1
            record s1 most 180s silence Some(5s)
        > recorded s1 2
            ask part 0
            ask part 1
        > hangup
            ask finish
            bye a
            close s1
            hung up call1
            RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 1/0
    "#]],
    );
}

/// 101 opens its own mailbox.
const OWN: &str = "invite a 101 *97\nack a\n";

#[test]
fn new_messages_are_heard_urgent_ones_first_deleted_and_taken_back() {
    check(
        &format!(
            "{OWN}answer pin wrong\ntype s1 2580#\nanswer pin right\nanswer messages new kept urgent-new\nkey s1 1\nanswer sound\nkey s1 3
            key s1 7\nkey s1 6\nanswer sound\nkey s1 2\nkey s1 *\nplayed s1"
        ),
        &expect![[r#"
            > invite a 101 *97
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                ask check pin 101
            > ack a
            > answer pin wrong
                play s1 enter_pin
            > type s1 2580#
                stop s1
                ask check pin 101
            > answer pin right
                ask list 101
            > answer messages new kept urgent-new
                play s1 you_have number-2 new_messages and number-1 kept_message mailbox_menu
            > key s1 1
                ask listen 01M7W9SYW0VRD4GN255Y3199AJ
            > answer sound
                play s1 urgent message_from extension number-1 number-0 number-2 received today hour-6 half-0 (7s) message_menu
                ask mark 101 voicemail_heard
            > key s1 3
                ask mark 101 voicemail_deleted
                play s1 message_deleted message_menu
            > key s1 7
                ask mark 101 voicemail_restored
                play s1 message_restored message_menu
            > key s1 6
                ask listen 01M7WGNP40QRFG8ZG087P7SAHY
            > answer sound
                play s1 message_from extension number-1 number-0 number-2 received today hour-8 half-0 (7s) message_menu
                ask mark 101 voicemail_heard
            > key s1 2
                stop s1
                play s1 no_more_messages mailbox_menu
            > key s1 *
                play s1 goodbye
            > played s1
                bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

#[test]
fn a_pin_is_chosen_at_the_first_call_of_ones_own_phone() {
    check(
        &format!(
            "{OWN}answer pin unset\ntype s1 1234#\ntype s1 2580#\ntype s1 2581#\ntype s1 2580#\ntype s1 2580#\nanswer done\nanswer messages
            key s1 *\nplayed s1"
        ),
        &expect![[r#"
            > invite a 101 *97
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                ask check pin 101
            > ack a
            > answer pin unset
                play s1 choose_pin
            > type s1 1234#
                stop s1
                play s1 pin_too_simple choose_pin
            > type s1 2580#
                stop s1
                play s1 repeat_pin
            > type s1 2581#
                stop s1
                play s1 pins_differ choose_pin
            > type s1 2580#
                stop s1
                play s1 repeat_pin
            > type s1 2580#
                stop s1
                ask set pin 101
            > answer done
                ask list 101
            > answer messages
                play s1 no_messages mailbox_menu
            > key s1 *
                play s1 goodbye
            > played s1
                bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

#[test]
fn any_mailbox_opens_with_its_pin_alone() {
    check(
        "invite a 102 *98\ntype s1 101#\ntype s1 1111#\nanswer pin wrong\ntype s1 2222#\nanswer pin wrong\ntype s1 3333#\nanswer pin wrong
        played s1",
        &expect![[r#"
            > invite a 102 *98
                open s1 :4000
                sound s1 10.0.0.102:7000
                answer a (v1 :4000)
                play s1 mailbox_number
            > type s1 101#
                stop s1
                play s1 enter_pin
            > type s1 1111#
                stop s1
                ask check pin 101
            > answer pin wrong
                play s1 wrong_pin enter_pin
            > type s1 2222#
                stop s1
                ask check pin 101
            > answer pin wrong
                play s1 wrong_pin enter_pin
            > type s1 3333#
                stop s1
                ask check pin 101
            > answer pin wrong
                play s1 too_many_tries goodbye
            > played s1
                bye a
                close s1
                RECORD call1 Out 102 > *98 HungUp fault None talked 0s packets 1/0
        "#]],
    );
    check(
        "invite a 102 *98\ntype s1 101#\ntype s1 1111#\nanswer pin blocked\nplayed s1",
        &expect![[r#"
        > invite a 102 *98
            open s1 :4000
            sound s1 10.0.0.102:7000
            answer a (v1 :4000)
            play s1 mailbox_number
        > type s1 101#
            stop s1
            play s1 enter_pin
        > type s1 1111#
            stop s1
            ask check pin 101
        > answer pin blocked
            play s1 mailbox_blocked goodbye
        > played s1
            bye a
            close s1
            RECORD call1 Out 102 > *98 HungUp fault None talked 0s packets 1/0
    "#]],
    );
    check(
        "invite a 102 *98\ntype s1 101#\ntype s1 1111#\nanswer pin unset\nplayed s1",
        &expect![[r#"
        > invite a 102 *98
            open s1 :4000
            sound s1 10.0.0.102:7000
            answer a (v1 :4000)
            play s1 mailbox_number
        > type s1 101#
            stop s1
            play s1 enter_pin
        > type s1 1111#
            stop s1
            ask check pin 101
        > answer pin unset
            play s1 no_pin_yet goodbye
        > played s1
            bye a
            close s1
            RECORD call1 Out 102 > *98 HungUp fault None talked 0s packets 1/0
    "#]],
    );
}

#[test]
fn a_greeting_is_recorded_heard_and_given_up() {
    check(
        &format!(
            "{OWN}answer pin wrong\ntype s1 2580#\nanswer pin right\nanswer messages\nkey s1 3\nkey s1 2\nkey s1 2\nplayed s1
            recorded s1 1.5\nkey s1 #\nrecorded s1 0.3 stopped\nanswer done\nkey s1 1\nanswer greeting own\nkey s1 3\nanswer done\nbye a"
        ),
        &expect![[r#"
            > invite a 101 *97
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                ask check pin 101
            > ack a
            > answer pin wrong
                play s1 enter_pin
            > type s1 2580#
                stop s1
                ask check pin 101
            > answer pin right
                ask list 101
            > answer messages
                play s1 no_messages mailbox_menu
            > key s1 3
                play s1 greetings_menu
            > key s1 2
                play s1 greeting_menu
            > key s1 2
                play s1 record_greeting <Beep>
            > played s1
                record s1 most 60s silence Some(4s)
            > recorded s1 1.5
            > key s1 #
                stop record s1
            > recorded s1 0.3 stopped
                ask set greeting 101 busy of 3 parts
            > answer done
                play s1 greeting_saved greeting_menu
            > key s1 1
                ask greeting 101 busy
            > answer greeting own
                play s1 (3s) greeting_menu
            > key s1 3
                ask set greeting 101 busy of 0 parts
            > answer done
                play s1 greeting_saved greeting_menu
            > bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

#[test]
fn who_presses_nothing_is_asked_again_and_then_let_go() {
    check(
        "invite a 102 *98\nplayed s1\nwait 9\nplayed s1\nwait 9\nplayed s1\nwait 9\nplayed s1",
        &expect![[r#"
        > invite a 102 *98
            open s1 :4000
            sound s1 10.0.0.102:7000
            answer a (v1 :4000)
            play s1 mailbox_number
        > played s1
        > wait 9
            play s1 mailbox_number
        > played s1
        > wait 9
            play s1 mailbox_number
        > played s1
        > wait 9
            play s1 goodbye
        > played s1
            bye a
            close s1
            RECORD call1 Out 102 > *98 HungUp fault None talked 27s packets 1/0
    "#]],
    );
}

#[test]
fn keys_that_come_before_their_question_are_not_lost() {
    check(
        &format!(
            "{OWN}type s1 2580#\nanswer pin wrong\ntype s1 1\nanswer pin right\nanswer messages new\nanswer sound\nbye a"
        ),
        &expect![[r#"
            > invite a 101 *97
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                ask check pin 101
            > ack a
            > type s1 2580#
            > answer pin wrong
                play s1 enter_pin
                stop s1
                ask check pin 101
            > type s1 1
            > answer pin right
                ask list 101
            > answer messages new
                play s1 you_have number-1 new_message mailbox_menu
                ask listen 01M7WGNP40QRFG8ZG087P7SAHY
            > answer sound
                play s1 message_from extension number-1 number-0 number-2 received today hour-8 half-0 (7s) message_menu
                ask mark 101 voicemail_heard
            > bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}
