//! What opens a mailbox.

use expect_test::expect;

use super::{OWN, check};

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

/// Three hesitations in a row are one too many; with a greeting chosen between them nobody is shown the door.
#[test]
fn whoever_gets_on_may_hesitate_again() {
    let wrong = "key s1 9\nkey s1 9\n";
    check(
        &format!(
            "{OWN}answer pin wrong\ntype s1 2580#\nanswer pin right\nanswer messages\n{wrong}key s1 3\n{wrong}key s1 2\n{wrong}key s1 9\nbye a"
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
            > key s1 9
                play s1 invalid_choice mailbox_menu
            > key s1 9
                play s1 invalid_choice mailbox_menu
            > key s1 3
                play s1 greetings_menu
            > key s1 9
                play s1 invalid_choice greetings_menu
            > key s1 9
                play s1 invalid_choice greetings_menu
            > key s1 2
                play s1 greeting_menu
            > key s1 9
                play s1 invalid_choice greeting_menu
            > key s1 9
                play s1 invalid_choice greeting_menu
            > key s1 9
                play s1 too_many_tries goodbye
            > bye a
                close s1
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}
