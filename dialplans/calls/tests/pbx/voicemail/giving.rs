//! A message is given to a colleague from the menu of a mailbox.

use expect_test::{Expect, expect};

use super::{OWN, after};

/// What follows when 101 has heard the first of two new messages.
fn heard(then: &str, expected: &Expect) {
    let before = format!(
        "{OWN}answer pin wrong\ntype s1 2580#\nanswer pin right\nanswer messages new new\nkey s1 1\nanswer sound"
    );
    after(&before, then, expected);
}

#[test]
fn it_is_said_back_given_and_the_next_one_comes() {
    heard(
        "key s1 4\ntype s1 102#\nkey s1 1\nanswer given\nanswer sound\nkey s1 6\nkey s1 1\nbye a",
        &expect![[r#"
            > key s1 4
                play s1 give_extension
            > type s1 102#
                stop s1
                play s1 extension number-1 number-0 number-2 give_confirm
            > key s1 1
                ask give 101 102
            > answer given
                ask listen 01M7WGNP40QRFG8ZG087P7SAHY
            > answer sound
                play s1 give_done message_from extension number-1 number-0 number-2 received today hour-8 half-0 (7s) message_menu message_give message_call_back
                ask mark 101 voicemail_heard
            > key s1 6
                play s1 no_more_messages mailbox_menu
            > key s1 1
                play s1 no_more_messages mailbox_menu
            > bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

#[test]
fn the_last_one_that_is_given_is_no_more_in_the_list() {
    heard(
        "key s1 6\nanswer sound\nkey s1 4\ntype s1 103#\nkey s1 1\nanswer given\nkey s1 1\nbye a",
        &expect![[r#"
            > key s1 6
                ask listen 01M7WGNP40QRFG8ZG087P7SAHY
            > answer sound
                play s1 message_from extension number-1 number-0 number-2 received today hour-8 half-0 (7s) message_menu message_give message_call_back
                ask mark 101 voicemail_heard
            > key s1 4
                play s1 give_extension
            > type s1 103#
                stop s1
                play s1 extension number-1 number-0 number-3 give_confirm
            > key s1 1
                ask give 101 103
            > answer given
                play s1 give_done no_more_messages mailbox_menu
            > key s1 1
                play s1 no_more_messages mailbox_menu
            > bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

#[test]
fn nobody_oneself_and_nothing_typed_are_asked_again_and_star_goes_back() {
    heard(
        "key s1 4\ntype s1 199#\ntype s1 101#\nkey s1 *\nbye a",
        &expect![[r#"
            > key s1 4
                play s1 give_extension
            > type s1 199#
                stop s1
                play s1 give_nobody give_extension
            > type s1 101#
                stop s1
                play s1 give_nobody give_extension
            > key s1 *
                play s1 message_menu message_give message_call_back
            > bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 1/0
        "#]],
    );
    heard(
        "key s1 4\ntype s1 199#\ntype s1 101#\ntype s1 #\nplayed s1",
        &expect![[r#"
            > key s1 4
                play s1 give_extension
            > type s1 199#
                stop s1
                play s1 give_nobody give_extension
            > type s1 101#
                stop s1
                play s1 give_nobody give_extension
            > type s1 #
                stop s1
                play s1 too_many_tries goodbye
            > played s1
                bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

#[test]
fn another_extension_may_be_typed_before_it_is_given_and_without_a_last_word_nothing_is() {
    heard(
        "key s1 4\ntype s1 10*102\nwait 9\nkey s1 2\ntype s1 103#\nkey s1 5\nkey s1 *\nkey s1 3\nkey s1 4\nbye a",
        &expect![[r#"
            > key s1 4
                play s1 give_extension
            > type s1 10*102
                stop s1
            > wait 9
                play s1 extension number-1 number-0 number-2 give_confirm
            > key s1 2
                play s1 give_extension
            > type s1 103#
                stop s1
                play s1 extension number-1 number-0 number-3 give_confirm
            > key s1 5
                play s1 invalid_choice extension number-1 number-0 number-3 give_confirm
            > key s1 *
                play s1 message_menu message_give message_call_back
            > key s1 3
                ask mark 101 voicemail_deleted
                play s1 message_deleted message_menu message_call_back
            > key s1 4
                play s1 invalid_choice message_menu message_call_back
            > bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 9s packets 1/0
        "#]],
    );
    heard(
        "key s1 4\ntype s1 102#\nbye a",
        &expect![[r#"
            > key s1 4
                play s1 give_extension
            > type s1 102#
                stop s1
                play s1 extension number-1 number-0 number-2 give_confirm
            > bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

/// It was asked, so it is done: whoever gave it hears of it in the console.
#[test]
fn who_hangs_up_before_the_answer_has_given_it() {
    heard(
        "key s1 4\ntype s1 102#1\nbye a\nanswer given",
        &expect![[r#"
            > key s1 4
                play s1 give_extension
            > type s1 102#1
                stop s1
                play s1 extension number-1 number-0 number-2 give_confirm
                ask give 101 102
            > bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 1/0
            > answer given
        "#]],
    );
}

#[test]
fn what_could_not_be_given_is_still_here_and_silence_ends_the_call() {
    heard(
        "key s1 4\ntype s1 102#1\nanswer given no\nkey s1 4\ntype s1 102#1\nanswer given full\nkey s1 4\ntype s1 102#1\nanswer given nobody\nkey s1 6\nanswer sound\nbye a",
        &expect![[r#"
            > key s1 4
                play s1 give_extension
            > type s1 102#1
                stop s1
                play s1 extension number-1 number-0 number-2 give_confirm
                ask give 101 102
            > answer given no
                play s1 give_not_stored message_menu message_give message_call_back
            > key s1 4
                play s1 give_extension
            > type s1 102#1
                stop s1
                play s1 extension number-1 number-0 number-2 give_confirm
                ask give 101 102
            > answer given full
                play s1 give_no_room message_menu message_give message_call_back
            > key s1 4
                play s1 give_extension
            > type s1 102#1
                stop s1
                play s1 extension number-1 number-0 number-2 give_confirm
                ask give 101 102
            > answer given nobody
                play s1 give_nobody message_menu message_give message_call_back
            > key s1 6
                ask listen 01M7WGNP40QRFG8ZG087P7SAHY
            > answer sound
                play s1 message_from extension number-1 number-0 number-2 received today hour-8 half-0 (7s) message_menu message_give message_call_back
                ask mark 101 voicemail_heard
            > bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 1/0
        "#]],
    );
    heard(
        "key s1 4\ntype s1 102#1\nwait 6\nplayed s1",
        &expect![[r#"
            > key s1 4
                play s1 give_extension
            > type s1 102#1
                stop s1
                play s1 extension number-1 number-0 number-2 give_confirm
                ask give 101 102
            > wait 6
                play s1 sorry_fault goodbye
            > played s1
                bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 6s packets 1/0
        "#]],
    );
}
