//! How a caller comes onto the list, and how not.

use expect_test::expect;

use super::{LEFT, PLAN, check};
use crate::steps::ran;

#[test]
fn they_hear_their_number_and_are_told_so_when_it_is_kept() {
    check(
        PLAN,
        &format!("{LEFT}callback list\ncallback cancel\ncallback list\nbye a"),
        &expect![[r#"
            > invite a 102 103
                open s1 :4000
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > ack a
            > invite p main:+12025550171 +12025550123
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer p (v1 :4004)
                play s3 queue_stay Silence(300ms) queue_callback number-2 (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ack p
            > key s3 2
                play s3 callback_number number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_confirm
            > played s3
            > key s3 1
                callback keep desk +12025550171 60 min
            > callback kept
                play s3 callback_taken goodbye
            > played s3
                bye p
                close s3
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s desk 0s called_back packets 3/0
            > callback list
                desk +12025550171 waiting
            > callback cancel
                callback is cancelled
                cancelled
            > callback list
            > bye a
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 103 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn another_number_is_typed_and_help_or_what_the_plan_forbids_is_none() {
    check(
        PLAN,
        "
        invite a 102 103
        pickup B1
        ack a
        invite p main:anonymous +12025550123
        ack p
        trace
        key s3 2
        played s3
        type s3 911#
        type s3 442079460018#
        type s3 2025550172#
        key s3 9
        key s3 1
        callback kept
        played s3
        callback list
        callback cancel
        bye a
        ",
        &expect![[r#"
            > invite a 102 103
                open s1 :4000
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > ack a
            > invite p main:anonymous +12025550123
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer p (v1 :4004)
                play s3 queue_stay Silence(300ms) queue_callback number-2 (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ack p
            > trace
            > key s3 2
                play s3 callback_type
            > played s3
            > type s3 911#
                play s3 callback_refused callback_type
            > type s3 442079460018#
                stop s3
                play s3 callback_refused callback_type
            > type s3 2025550172#
                stop s3
                play s3 callback_number number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-2 callback_confirm
            > key s3 9
                play s3 invalid_choice callback_number number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-2 callback_confirm
            > key s3 1
                stop s3
                callback keep desk +12025550172 60 min
            > callback kept
                play s3 callback_taken goodbye
            > played s3
                bye p
                close s3
                RECORD call1 In ? > +12025550123 HungUp fault None alone 0s desk 0s called_back packets 3/0
                    0s Detail It is a number that this plan answers: it leads to queue desk.
                    0s Detail The caller waits in the queue desk until one of 102, 103 is free.
                    0s Good The caller waits in the queue desk, 0 before them
                    0s Good The caller wants to be called back
                    0s Good The caller keeps their place and is called back
                    0s Good Ended
            > callback list
                desk +12025550172 waiting
            > callback cancel
                callback is cancelled
                cancelled
            > bye a
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 103 HungUp fault None talked 0s packets 1/2
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Doctor
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn three_wrong_numbers_a_star_or_nothing_at_all_and_they_wait_on() {
    check(
        PLAN,
        "
        invite a 102 103
        pickup B1
        ack a
        invite p main:+12025550171 +12025550123
        ack p
        key s3 2
        key s3 2
        type s3 1#
        type s3 2#
        type s3 3#
        key s3 2
        key s3 *
        key s3 2
        wait 16
        bye p
        bye a
        ",
        &expect![[r#"
            > invite a 102 103
                open s1 :4000
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > ack a
            > invite p main:+12025550171 +12025550123
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer p (v1 :4004)
                play s3 queue_stay Silence(300ms) queue_callback number-2 (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ack p
            > key s3 2
                play s3 callback_number number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_confirm
            > key s3 2
                play s3 callback_type
            > type s3 1#
                stop s3
                play s3 callback_refused callback_type
            > type s3 2#
                stop s3
                play s3 callback_refused callback_type
            > type s3 3#
                stop s3
                play s3 queue_stay (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > key s3 2
                play s3 callback_number number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_confirm
            > key s3 *
                play s3 queue_stay (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > key s3 2
                play s3 callback_number number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_confirm
            > wait 16
                play s3 queue_stay (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > bye p
                close s3
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 16s desk 16s left packets 3/0
            > bye a
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 103 HungUp fault None talked 16s packets 1/2
        "#]],
    );
}

#[test]
fn it_cannot_be_kept_and_they_wait_on() {
    check(
        PLAN,
        "
        invite a 102 103
        pickup B1
        ack a
        invite p main:+12025550171 +12025550123
        ack p
        key s3 2
        key s3 1
        callback not kept
        callback list
        bye p
        bye a
        ",
        &expect![[r#"
            > invite a 102 103
                open s1 :4000
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > ack a
            > invite p main:+12025550171 +12025550123
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer p (v1 :4004)
                play s3 queue_stay Silence(300ms) queue_callback number-2 (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ack p
            > key s3 2
                play s3 callback_number number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_confirm
            > key s3 1
                stop s3
                callback keep desk +12025550171 60 min
            > callback not kept
                play s3 not_possible queue_stay (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > callback list
            > bye p
                close s3
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s desk 0s left packets 3/0
            > bye a
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 103 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

/// They have hung up before it was durable: it counts all the same. A second order for the same number is the same one.
#[test]
fn who_hangs_up_at_once_is_on_the_list_and_on_it_once() {
    check(
        PLAN,
        "
        invite a 102 103
        pickup B1
        ack a
        invite p main:+12025550171 +12025550123
        ack p
        key s3 2
        key s3 1
        bye p
        callback kept
        invite q main:+12025550171 +12025550123
        ack q
        key s4 2
        key s4 1
        callback list
        bye q
        callback cancel
        bye a
        ",
        &expect![[r#"
            > invite a 102 103
                open s1 :4000
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > ack a
            > invite p main:+12025550171 +12025550123
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer p (v1 :4004)
                play s3 queue_stay Silence(300ms) queue_callback number-2 (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ack p
            > key s3 2
                play s3 callback_number number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_confirm
            > key s3 1
                stop s3
                callback keep desk +12025550171 60 min
            > bye p
                close s3
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s desk 0s left packets 3/0
            > callback kept
            > invite q main:+12025550171 +12025550123
                open s4 :4006
                sound s4 192.0.2.1:7000
                answer q (v1 :4006)
                play s4 queue_stay Silence(300ms) queue_callback number-2 (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ack q
            > key s4 2
                play s4 callback_number number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_confirm
            > key s4 1
                stop s4
                play s4 callback_taken goodbye
            > callback list
                desk +12025550171 waiting
            > bye q
                close s4
                RECORD call2 In +12025550171 > +12025550123 HungUp fault None alone 0s desk 0s called_back packets 4/0
            > callback cancel
                callback is cancelled
                cancelled
            > bye a
                bye B1
                close s1 s2
                RECORD call3 Out 102 > 103 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

/// Their time in the queue ends while the store is asked, or while somebody rings whom they then do not wait for.
#[test]
fn who_cannot_be_called_back_still_waits_no_longer_than_the_queue_allows() {
    let plan = PLAN.replace("seconds = 10", "seconds = 10\nwait = 10\nnobody = \"announcement later\"")
        + "[announcements.later]\nsay = \"Please call again.\"\n";
    check(
        &plan,
        "
        invite a 102 103
        pickup B1
        ack a
        invite p main:+12025550171 +12025550123
        ack p
        key s3 2
        wait 8
        key s3 1
        wait 3
        callback not kept
        wait 6
        bye p
        bye a
        ",
        &expect![[r#"
            > invite a 102 103
                open s1 :4000
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > ack a
            > invite p main:+12025550171 +12025550123
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer p (v1 :4004)
                play s3 queue_stay Silence(300ms) queue_callback number-2 (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ack p
            > key s3 2
                play s3 callback_number number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_confirm
            > wait 8
            > key s3 1
                stop s3
                callback keep desk +12025550171 60 min
            > wait 3
            > callback not kept
                play s3 not_possible queue_stay (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > wait 6
                play s3 <Confirm> Silence(300ms)
            > bye p
                close s3
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 17s desk 15s led_on packets 3/0
            > bye a
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 103 HungUp fault None talked 17s packets 1/2
        "#]],
    );
    check(
        &plan,
        "
        invite a 102 103
        pickup B1
        ack a
        invite p main:+12025550171 +12025550123
        ack p
        key s3 2
        wait 6
        bye a
        wait 4
        key s3 1
        invite b 102 103
        callback not kept
        wait 12
        bye p
        cancel b
        ",
        &expect![[r#"
            > invite a 102 103
                open s1 :4000
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > ack a
            > invite p main:+12025550171 +12025550123
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer p (v1 :4004)
                play s3 queue_stay Silence(300ms) queue_callback number-2 (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ack p
            > key s3 2
                play s3 callback_number number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_confirm
            > wait 6
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 102 > 103 HungUp fault None talked 6s packets 1/2
            > wait 4
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4006)
            > key s3 1
                cancel B2
                close s4
                stop s3
                callback keep desk +12025550171 60 min
            > invite b 102 103
                open s5 :4008
                open s6 :4010
                invite B3 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4010)
            > callback not kept
                play s3 not_possible queue_stay (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > wait 12
                play s3 <Confirm> Silence(300ms)
            > bye p
                close s3
                RECORD call2 In +12025550171 > +12025550123 HungUp fault None alone 22s desk 15s led_on packets 3/0
            > cancel b
                cancel B3
                close s5 s6
                RECORD call3 Out 102 > 103 Abandoned fault Caller packets 5/6
        "#]],
    );
}

/// The time that the queue allows ends while they confirm their number: they are led on only if they stay after all.
#[test]
fn who_says_where_they_want_to_be_called_back_is_not_led_on_meanwhile() {
    let plan = PLAN.replace("seconds = 10", "seconds = 10\nwait = 10\nnobody = \"announcement later\"")
        + "[announcements.later]\nsay = \"Please call again.\"\n";
    let busy =
        "invite a 102 103\npickup B1\nack a\ninvite p main:+12025550171 +12025550123\nack p\nwait 6\nkey s3 2\nwait 6";
    let log = ran(&plan, &format!("{busy}\nkey s3 1\ncallback kept\nplayed s3\ncallback cancel\nbye a")).log;
    assert!(log.contains("callback keep desk") && log.contains("called_back"), "{log}");
    let log = ran(&plan, &format!("{busy}\nwait 14\nbye p\nbye a")).log;
    assert!(log.contains("desk 25s led_on"), "{log}");
    // The same where the last one who rings does not answer meanwhile.
    let longer = plan.replace("seconds = 10", "seconds = 15");
    let rings = "invite p main:+12025550171 +12025550123\nack p\nring B1\nwait 12\nkey s1 2\nwait 4\nkey s1 1";
    let log = ran(&longer, &format!("{rings}\ncallback kept\nplayed s1\ncallback cancel")).log;
    assert!(log.contains("cancel B1") && log.contains("called_back") && !log.contains("invite B2"), "{log}");
    // Nobody keeps their place for ever by pressing keys.
    let keys = "wait 5\nkey s3 7\n".repeat(30);
    let log = ran(&plan, &format!("{busy}\n{keys}bye p\nbye a")).log;
    assert!(log.contains("led_on"), "{log}");
}
