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
        "key s1 5\ndtmf a 5\nkey s1 5\ndtmf a 5\ndtmf a 5\nwait 0.5\nkey s1 7\nwait 1.1\ndtmf a 7\nwait 1\nbye a",
        &expect![[r#"
        > key s1 5
        > dtmf a 5
        > key s1 5
        > dtmf a 5
        > dtmf a 5
        > wait 0.5
            press s2 5
        > key s1 7
        > wait 1.1
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
