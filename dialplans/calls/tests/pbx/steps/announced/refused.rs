//! Where a seat would mean nothing, or is not theirs to give, the phone hears so and all talk on.

use expect_test::expect;

use super::super::check;
use super::{PLAN, announced};

#[test]
fn not_where_it_would_mean_nothing() {
    announced(
        "801",
        "refer B1 replaces a\nbye a\nbye p",
        &expect![[r#"
            > invite a 101 801
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                play s3 enter_pin
            > ack a
            > trace
            > refer B1 replaces a
                refuse refer B1 491
            > bye a
                close s3
                RECORD call1 Out 101 > 801 HungUp fault None talked 0s packets 3/0
                    0s Detail 801 is a conference room of this plan.
                    0s Good The caller hung up
                    0s Good Ended
            > bye p
                bye B1
                close s1 s2
                RECORD call2 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Warn A transfer was refused (The PIN of the room is not typed yet)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
    announced(
        "*97",
        "refer B1 replaces a\nbye a\nbye p",
        &expect![[r#"
            > invite a 101 *97
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                ask check pin 101
            > ack a
            > trace
            > refer B1 replaces a
                refuse refer B1 603
            > bye a
                close s3
                RECORD call1 Out 101 > *97 HungUp fault None talked 0s packets 3/0
                    0s Detail *97 opens the mailbox of whoever calls.
                    0s Good The messages are listened to by phone
                    0s Good The caller hung up
                    0s Good Ended
            > bye p
                bye B1
                close s1 s2
                RECORD call2 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Warn A transfer was refused (Messages are for whoever they were left for)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
    announced(
        "202-555-0199",
        "refer B1 replaces a\nbye a\nbye p",
        &expect![[r#"
            > invite a 101 202-555-0199
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
            > ack a
                reinvite a (v2 audio closed image :4004 14400)
            > trace
            > refer B1 replaces a
                refuse refer B1 603
            > bye a
                close s3
                FAX FAILED call1 Out NotAFax
                RECORD call1 Out 101 > +12025550199 HungUp fault None talked 0s packets 3/0
                    0s Detail It is a number of the clinic itself: the call stays inside.
                    0s Detail It is the clinic's fax number: the fax machine answers.
                    0s Good The fax machine answered
                    0s Detail We propose T.38 (re-INVITE)
                    0s Detail The other side hung up
                    0s Good Ended
            > bye p
                bye B1
                close s1 s2
                RECORD call2 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Warn A transfer was refused (The fax machine has that line already: hand the caller on to its number)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
    announced(
        "700",
        "refer B1 replaces a\nbye a\nbye p",
        &expect![[r#"
            > invite a 101 700
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                play s3 <Error> nothing_parked
            > ack a
            > trace
            > refer B1 replaces a
                refuse refer B1 603
            > bye a
                close s3
                RECORD call1 Out 101 > 700 HungUp fault None talked 0s packets 3/0
                    0s Detail 700 is an orbit: parties wait there.
                    0s Warn The code was not carried out (Nobody is parked there.)
                    0s Good The caller hung up
                    0s Good Ended
            > bye p
                bye B1
                close s1 s2
                RECORD call2 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Warn A transfer was refused (A code does something for the phone that dials it)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

/// The seat of another phone is not theirs to give.
#[test]
fn nor_in_the_place_of_somebody_else() {
    check(
        PLAN,
        "invite p main:+12025550171 +12025550123\npickup B1\nack p\ninvite c 103 602\nack c\ntrace\nrefer B1 replaces c\nbye c\nbye p",
        &expect![[r#"
            > invite p main:+12025550171 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550171@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > ack p
            > invite c 103 602
                open s3 :4004
                sound s3 10.0.0.103:7000
                answer c (v1 :4004)
                play s3 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ack c
            > trace
            > refer B1 replaces c
                refuse refer B1 603
            > bye c
                close s3
                RECORD call1 Out 103 > 602 HungUp fault None talked 0s desk 0s left packets 3/0
                    0s Detail 602 is an extension of this plan that leads to: queue desk.
                    0s Detail The caller waits in the queue desk until one of 103 is free.
                    0s Good The caller waits in the queue desk, 0 before them
                    0s Good The caller hung up
                    0s Good Ended
            > bye p
                bye B1
                close s1 s2
                RECORD call2 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Warn A transfer was refused (The other call is somebody else's)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}
