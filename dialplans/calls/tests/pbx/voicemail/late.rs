//! A mailbox whose keeper answers late: a disk that sleeps.

use expect_test::expect;

use super::{OWN, check};

/// A disk that sleeps: the first message is given up, and its sound comes when the second is waited for.
#[test]
fn a_sound_that_comes_late_is_not_taken_for_another_message() {
    check(
        &format!(
            "{OWN}answer pin wrong\ntype s1 2580#\nanswer pin right\nanswer messages new kept urgent-new\nkey s1 1\nwait 6\nkey s1 6
            answer sound late\nkey s1 2\nanswer sound\nplayed s1\nkey s1 *\nkey s1 *\nplayed s1"
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
            > wait 6
                play s1 urgent message_from extension number-1 number-0 number-2 received today hour-6 half-0 message_unreadable message_menu message_give message_call_back
            > key s1 6
                ask listen 01M7WGNP40QRFG8ZG087P7SAHY
            > answer sound late
            > key s1 2
            > answer sound
                play s1 message_from extension number-1 number-0 number-2 received today hour-8 half-0 (7s) message_menu message_give message_call_back
                ask mark 101 voicemail_heard
                stop s1
                play s1 no_more_messages mailbox_menu
            > played s1
            > key s1 *
                play s1 goodbye
            > key s1 *
            > played s1
                bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 6s packets 1/0
        "#]],
    );
}

/// Who knows the way is not made to wait by it.
#[test]
fn keys_that_came_before_a_message_was_given_up_count_then() {
    check(
        &format!(
            "{OWN}answer pin wrong\ntype s1 2580#\nanswer pin right\nanswer messages new kept urgent-new\nkey s1 1\nkey s1 6\nwait 6
            answer sound\nbye a"
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
            > key s1 6
            > wait 6
                play s1 urgent message_from extension number-1 number-0 number-2 received today hour-6 half-0 message_unreadable message_menu message_give message_call_back
                ask listen 01M7WGNP40QRFG8ZG087P7SAHY
            > answer sound
                play s1 message_from extension number-1 number-0 number-2 received today hour-8 half-0 (7s) message_menu message_give message_call_back
                ask mark 101 voicemail_heard
            > bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 6s packets 1/0
        "#]],
    );
}
