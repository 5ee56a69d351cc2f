//! Messages are heard and greetings recorded by phone.

use expect_test::expect;

use super::{OWN, check};

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
