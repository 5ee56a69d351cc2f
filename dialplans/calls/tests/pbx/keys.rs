//! Keys that are pressed while two talk: by INFO, in the media, or by both ways at once.

use expect_test::expect;

use crate::situations::TALKING;

#[test]
fn a_key_by_info_is_heard_by_the_other_side_in_its_turn() {
    TALKING.check(
        "dtmf a 12\nwait 0.1\ndtmf B1 #\nwait 1\nbye a",
        &expect![[r#"
        > dtmf a 12
        > wait 0.1
        > dtmf B1 #
        > wait 1
            press s2 1
            press s2 2
            press s1 #
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 1/2
    "#]],
    );
}

#[test]
fn a_key_that_came_both_ways_is_one_press_whichever_came_first() {
    TALKING.check(
        "dtmf a 5\nwait 0.1\nkey s1 5\nwait 1\nbye a",
        &expect![[r#"
        > dtmf a 5
        > wait 0.1
        > key s1 5
        > wait 1
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 1/2
    "#]],
    );
    TALKING.check(
        "key s1 5\nwait 0.9\ndtmf a 5\nwait 1\nbye a",
        &expect![[r#"
        > key s1 5
        > wait 0.9
        > dtmf a 5
        > wait 1
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 1/2
    "#]],
    );
    // The next is another one, and so is one long after.
    TALKING.check(
        "key s1 5\ndtmf a 5\nkey s1 5\ndtmf a 5\ndtmf a 5\nwait 0.5\nkey s1 7\nwait 1.3\ndtmf a 7\nwait 1\nbye a",
        &expect![[r#"
        > key s1 5
        > dtmf a 5
        > key s1 5
        > dtmf a 5
        > dtmf a 5
        > wait 0.5
            press s2 5
        > key s1 7
        > wait 1.3
        > dtmf a 7
        > wait 1
            press s2 7
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 2s packets 1/2
    "#]],
    );
}

#[test]
fn nobody_hears_a_key_whose_call_is_over() {
    TALKING.check(
        "dtmf a 5\nbye B1\nwait 1",
        &expect![[r#"
        > dtmf a 5
        > bye B1
            bye a
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        > wait 1
    "#]],
    );
}

/// The other side's telephone may hear it as an echo, or whoever is there presses the same.
#[test]
fn a_key_of_one_side_is_not_taken_for_one_of_the_other() {
    TALKING.check(
        "dtmf a 5\nkey s2 5\nwait 1\nbye a",
        &expect![[r#"
        > dtmf a 5
        > key s2 5
        > wait 1
            press s2 5
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 1/2
    "#]],
    );
}

/// It says so when it is released.
#[test]
fn a_key_that_was_held_long_is_one_press() {
    TALKING.check(
        "key s1 7\nwait 1.6\ndtmf a 7 1500\nwait 1\nbye a",
        &expect![[r#"
        > key s1 7
        > wait 1.6
        > dtmf a 7 1500
        > wait 1
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 2s packets 1/2
    "#]],
    );
}

#[test]
fn a_key_that_waited_while_its_partner_was_handed_on_is_not_pressed_later() {
    TALKING.check(
        "dtmf a 1\nrefer a 103\nwait 1\nrefuse B2 486\nwait 60\ndtmf a 2\nwait 1\nbye a",
        &expect![[r#"
            > dtmf a 1
            > refer a 103
                open s3 :4004
                accept refer a
                invite B2 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4004)
            > wait 1
            > refuse B2 486
                close s3
                refer progress a 486
            > wait 60
            > dtmf a 2
            > wait 1
                press s2 2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 62s packets 1/2
        "#]],
    );
}
