//! Messages are heard and greetings recorded by phone.

use expect_test::expect;

use super::{OWN, check};

#[test]
fn new_messages_are_heard_urgent_ones_first_deleted_and_taken_back() {
    check(
        &format!(
            "{OWN}answer pin wrong\ntype s1 2580#\nanswer pin right\nanswer messages new kept urgent-new\nkey s1 1\nanswer sound\nkey s1 3
            key s1 1\nanswer sound\nkey s1 7\nkey s1 6\nanswer sound\nkey s1 2\nkey s1 *\nplayed s1"
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
                play s1 urgent message_from extension number-1 number-0 number-2 received today hour-6 half-0 (7s) message_menu message_give message_call_back
                ask mark 101 voicemail_heard
            > key s1 3
                ask mark 101 voicemail_deleted
                play s1 message_deleted message_menu message_call_back
            > key s1 1
                ask listen 01M7W9SYW0VRD4GN255Y3199AJ
            > answer sound
                play s1 urgent message_from extension number-1 number-0 number-2 received today hour-6 half-0 (7s) message_menu message_call_back
                ask mark 101 voicemail_heard
            > key s1 7
                ask mark 101 voicemail_restored
                play s1 message_restored message_menu message_give message_call_back
            > key s1 6
                ask listen 01M7WGNP40QRFG8ZG087P7SAHY
            > answer sound
                play s1 message_from extension number-1 number-0 number-2 received today hour-8 half-0 (7s) message_menu message_give message_call_back
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
                play s1 message_from extension number-1 number-0 number-2 received today hour-8 half-0 (7s) message_menu message_give message_call_back
                ask mark 101 voicemail_heard
            > bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 1/0
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
fn a_name_is_recorded_heard_and_taken_away() {
    check(
        &format!(
            "{OWN}answer pin wrong\ntype s1 2580#\nanswer pin right\nanswer messages\nkey s1 3\nkey s1 4\nkey s1 1\nanswer greeting
            key s1 2\nplayed s1\nrecorded s1 1.2 silence\nanswer done\nkey s1 3\nanswer done\nplayed s1\nwait 9\nkey s1 *\nbye a"
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
            > key s1 4
                play s1 name_menu
            > key s1 1
                ask greeting 101 name
            > answer greeting
                play s1 nothing_recorded name_menu
            > key s1 2
                play s1 say_your_name <Beep>
            > played s1
                record s1 most 8s silence Some(2s)
            > recorded s1 1.2 silence
                ask set greeting 101 name of 2 parts
            > answer done
                play s1 message_kept name_menu
            > key s1 3
                ask set greeting 101 name of 0 parts
            > answer done
                play s1 message_kept name_menu
            > played s1
            > wait 9
                play s1 name_menu
            > key s1 *
                play s1 greetings_menu
            > bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 9s packets 1/0
        "#]],
    );
}

#[test]
fn whoever_vanishes_or_cannot_be_encrypted_hears_no_messages() {
    check(
        "trace
        invite a 101 *97
        keys s1 gone
        invite b 101 *97
        keys s2 fail",
        &expect![[r#"
            > trace
            > invite a 101 *97
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                ask check pin 101
            > keys s1 gone
                bye a
                close s1
                RECORD call1 Out 101 > *97 Lost fault Caller talked 0s packets 1/0
                    0s Detail *97 opens the mailbox of whoever calls.
                    0s Good The messages are listened to by phone
                    0s Bad The browser of the caller is gone (it checks its path no more)
                    0s Bad The connection was lost
            > invite b 101 *97
                open s2 :4002
                sound s2 10.0.0.101:7000
                answer b (v1 :4002)
                ask check pin 101
            > keys s2 fail
                bye b
                close s2
                RECORD call2 Out 101 > *97 Refused fault Caller talked 0s packets 2/0
                    0s Detail *97 opens the mailbox of whoever calls.
                    0s Good The messages are listened to by phone
                    0s Bad No keys were agreed on with the caller (DTLS: not the certificate that its description names, or no answer)
                    0s Warn Refused
        "#]],
    );
}

/// Only what follows the choices at the first message.
fn check_message(messages: &str, script: &str, expected: &expect_test::Expect) {
    let mut bench = crate::bench::Bench::plan_with_mailboxes();
    bench.run("register 101\nregister 102\nregister 103\ntrace");
    bench.run(&format!("{OWN}answer pin wrong\ntype s1 2580#\nanswer pin right\n{messages}\nkey s1 1\nanswer sound"));
    bench.log.clear();
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

#[test]
fn whoever_left_a_message_is_called_back_by_a_key() {
    check_message(
        "answer messages new",
        "key s1 8\nring B1\npickup B1\nbye B1",
        &expect![[r#"
        > key s1 8
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            play s1 <Ringing>
        > ring B1
        > pickup B1
            sound s2 10.0.1.10:7000
            stop s1
            bridge s1 s2
            reinvite a (v2 :4000)
        > bye B1
            bye a
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                0s Detail *97 opens the mailbox of whoever calls.
                0s Good The messages are listened to by phone
                0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                0s Good Whoever left the message is called back
                0s Good Ringing 1 phone
                0s Good It rings
                0s Good Answered by Nurse
                0s Good The called side hung up
                0s Good Ended
    "#]],
    );
}

#[test]
fn whoever_called_from_outside_is_called_back_over_a_trunk() {
    check_message(
        "answer messages new:+12025550188",
        "key s1 8\npickup B1\nbye a",
        &expect![[r#"
        > key s1 8
            open s2 :4002
            invite B1 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            play s1 <Ringing>
        > pickup B1
            sound s2 10.0.1.10:7000
            stop s1
            bridge s1 s2
            reinvite a (v2 :4000)
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > +12025550188 HungUp fault None talked 0s packets 1/2
                0s Detail *97 opens the mailbox of whoever calls.
                0s Good The messages are listened to by phone
                0s Detail It is a national number: the plan sends these over the trunk main.
                0s Good Whoever left the message is called back
                0s Good Calling over the trunk main
                0s Good Answered by the trunk main
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
}

#[test]
fn whom_nobody_may_call_is_not_called_back_and_the_menu_goes_on() {
    check_message(
        "answer messages new:- new:911 new:+442079460018",
        "key s1 8\nkey s1 6\nanswer sound\nkey s1 8\nkey s1 6\nanswer sound\nkey s1 8\nbye a",
        &expect![[r#"
            > key s1 8
                play s1 callback_refused message_menu message_give message_call_back
            > key s1 6
                ask listen 01M7WD7TG06AS4AZME7PQBBT15
            > answer sound
                play s1 message_from number-9 number-1 number-1 received today hour-7 half-0 (7s) message_menu message_give message_call_back
                ask mark 101 voicemail_heard
            > key s1 8
                play s1 callback_refused message_menu message_give message_call_back
            > key s1 6
                ask listen 01M7WGNP40QRFG8ZG087P7SAHY
            > answer sound
                play s1 message_from unknown_number received today hour-8 half-0 (7s) message_menu message_give
                ask mark 101 voicemail_heard
            > key s1 8
                play s1 callback_refused message_menu message_give
            > bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 1/0
                    0s Detail *97 opens the mailbox of whoever calls.
                    0s Good The messages are listened to by phone
                    0s Detail It is a number abroad, and the plan does not allow numbers abroad.
                    0s Warn Whoever left the message cannot be called back (It is a number abroad, and the plan does not allow numbers abroad.)
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Warn Whoever left the message cannot be called back (Calls are not forwarded there.)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn who_is_called_back_and_does_not_answer_is_a_call_like_any_other() {
    check_message(
        "answer messages new",
        "key s1 8\nrefuse B1 486\nanswer greeting\nbye a",
        &expect![[r#"
        > key s1 8
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            play s1 <Ringing>
        > refuse B1 486
            close s2
            stop s1
            ask greeting 102 busy
            ask begin 102
        > answer greeting
            play s1 greeting_busy leave_a_message
        > bye a
            ask discard
            close s1
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/0
                0s Detail *97 opens the mailbox of whoever calls.
                0s Good The messages are listened to by phone
                0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                0s Good Whoever left the message is called back
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
}

/// Opened from another phone, it is its owner who calls: by what they may, and what they have used of it.
#[test]
fn who_listens_from_another_phone_calls_back_by_the_rights_of_whose_mailbox_it_is() {
    let text = plan::library("solo-practice").expect("it is there").replace("at_once_each = 3", "at_once_each = 1");
    let mut bench = crate::bench::Bench::with_plan(calls::Limits::default(), &text);
    bench.run("register 101\nregister 102\ninvite o 101 12025550177\npickup B1\ninvite a 102 *98\nack a");
    bench
        .run("type s3 101#\ntype s3 2580#\nanswer pin right\nanswer messages new:+12025550188\nkey s3 1\nanswer sound");
    bench.log.clear();
    bench.run("key s3 8\nbye o\nkey s3 8\npickup B2\nbye a");
    bench.check_rest();
    let told = ["> ", "invite", "play", "RECORD", "NOTICE"];
    let said: Vec<_> = bench.log.lines().filter(|l| told.iter().any(|word| l.contains(word))).collect();
    expect![[r#"
        > key s3 8
            NOTICE Extension 101 has as many outside calls at a time as the plan allows; another was refused.
            play s3 callback_refused message_menu message_give message_call_back
        > bye o
            RECORD call1 Out 101 > +12025550177 HungUp fault None talked 0s packets 1/2
        > key s3 8
            invite B2 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            play s3 <Ringing>
        > pickup B2
            reinvite a (v2 :4004)
        > bye a
            RECORD call2 Out 102 > +12025550188 HungUp fault None talked 0s packets 3/4"#]].assert_eq(&said.join("\n"));
}

/// It stays new, and the next one is a key away.
#[test]
fn a_message_that_cannot_be_read_hides_none_behind_it() {
    check(
        &format!(
            "{OWN}answer pin wrong\ntype s1 2580#\nanswer pin right\nanswer messages new kept urgent-new\nkey s1 1\nanswer sound no\nkey s1 6
            wait 6\nkey s1 3\nkey s1 1\nanswer sound\nkey s1 6\nkey s1 *\nplayed s1"
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
            > answer sound no
                play s1 urgent message_from extension number-1 number-0 number-2 received today hour-6 half-0 message_unreadable message_menu message_give message_call_back
            > key s1 6
                ask listen 01M7WGNP40QRFG8ZG087P7SAHY
            > wait 6
                play s1 message_from extension number-1 number-0 number-2 received today hour-8 half-0 message_unreadable message_menu message_give message_call_back
            > key s1 3
                ask mark 101 voicemail_deleted
                play s1 message_deleted message_menu message_call_back
            > key s1 1
                ask listen 01M7WGNP40QRFG8ZG087P7SAHY
            > answer sound
                play s1 message_from extension number-1 number-0 number-2 received today hour-8 half-0 (7s) message_menu message_call_back
                ask mark 101 voicemail_heard
            > key s1 6
                play s1 no_more_messages mailbox_menu
            > key s1 *
                play s1 goodbye
            > played s1
                bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 6s packets 1/0
        "#]],
    );
}
