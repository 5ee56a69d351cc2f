//! A phone calls a step of the plan, hears where it is, and lets its partner take its seat there (REFER with Replaces).

use expect_test::expect;

use super::{check, check_after};

const PLAN: &str = r#"
[[inbound]]
number = "main"
ring = ["101"]
[extensions.600]
to = "menu main"
[extensions.601]
to = "rota doctor"
[extensions.602]
to = "queue desk"
[extensions.603]
to = "voicemail 102"
[extensions.604]
to = "announcement closed"
[menus.main]
prompt = "menu_practice"
keys = { 2 = "102" }
nobody = "hang up"
[queues.desk]
ring = ["103"]
seconds = 20
wait = 90
nobody = "voicemail 102"
[rotas.doctor]
turns = ["103"]
since = "2026-11-16"
[announcements.closed]
prompt = "clinic_closed"
then = "hang up"
[rooms.800]
[rooms.801]
pin = "4711"
[outside]
national = "main"
[voicemail]
people = ["101", "102", "103"]
main = "101"
"#;

/// A patient talks with 101, who has put them on hold and calls `to` on a second line.
fn announced(to: &str, script: &str, expected: &expect_test::Expect) {
    let before = "invite p main:+12025550171 +12025550123\npickup B1\nack p\nask B1 hold\nagree p held";
    check_after(PLAN, before, &format!("invite a 101 {to}\nack a\ntrace\n{script}"), expected);
}

#[test]
fn into_a_queue_whose_place_is_kept() {
    announced(
        "602",
        "wait 10\nrefer B1 replaces a\nagree p\nlive\nring B2\npickup B2\nbye p",
        &expect![[r#"
            > invite a 101 602
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                play s3 queue_stay Silence(300ms) Forever(Silence(9s) <Beep>)
                open s4 :4006
                invite B2 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > ack a
            > trace
            > wait 10
            > refer B1 replaces a
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                close s3
                bye a
                stop s1
                reinvite p (v3 :4000)
                play s1 queue_stay Silence(300ms) Forever(Silence(9s) <Beep>)
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 10s packets 0/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                   10s Good Front desk connected this call with another one (attended transfer)
                   10s Good Ended
            > agree p
                sound s1 10.0.1.2:7000
            > live
                call2 Talking emergency false
            > ring B2
            > pickup B2
                sound s4 10.0.1.11:7000
                stop s1
                bridge s1 s4
            > bye p
                bye B2
                close s1 s4
                RECORD call2 In +12025550171 > 602 HungUp fault None talked 10s packets 1/4
                    0s Detail 602 is an extension of this plan that leads to: queue desk.
                    0s Detail The caller waits in the queue desk until one of 103 is free.
                    0s Good The caller waits in the queue desk, 0 before them
                    0s Good Ringing 1 phone
                   10s Good Front desk hands this call over to +12025550171 (attended transfer)
                   10s Good It rings
                   10s Good Answered by Doctor
                   10s Good The caller hung up
                   10s Good Ended
        "#]],
    );
}

#[test]
fn into_a_menu_which_is_offered_anew() {
    announced(
        "600",
        "refer B1 replaces a\nagree p\nplayed s1\nkey s1 2\npickup B2\nbye p",
        &expect![[r#"
            > invite a 101 600
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                play s3 menu_practice Silence(300ms)
            > ack a
            > trace
            > refer B1 replaces a
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                close s3
                bye a
                stop s1
                reinvite p (v3 :4000)
                play s1 menu_practice Silence(300ms)
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 0/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Good Front desk connected this call with another one (attended transfer)
                    0s Good Ended
            > agree p
                sound s1 10.0.1.2:7000
            > played s1
            > key s1 2
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4006)
                play s1 <Ringing>
            > pickup B2
                sound s4 10.0.1.11:7000
                stop s1
                bridge s1 s4
            > bye p
                bye B2
                close s1 s4
                RECORD call2 In +12025550171 > 600 HungUp fault None talked 0s packets 1/4
                    0s Detail 600 is an extension of this plan that leads to: menu main.
                    0s Detail The menu main asks the caller for a key.
                    0s Good The menu main answered
                    0s Good Front desk hands this call over to +12025550171 (attended transfer)
                    0s Good The menu main answered
                    0s Good The caller pressed 2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn into_an_announcement_a_rota_and_a_room() {
    announced(
        "604",
        "refer B1 replaces a\nagree p\nplayed s1",
        &expect![[r#"
            > invite a 101 604
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                play s3 clinic_closed Silence(300ms)
            > ack a
            > trace
            > refer B1 replaces a
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                close s3
                bye a
                stop s1
                reinvite p (v3 :4000)
                play s1 clinic_closed Silence(300ms)
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 0/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Good Front desk connected this call with another one (attended transfer)
                    0s Good Ended
            > agree p
                sound s1 10.0.1.2:7000
            > played s1
                bye p
                close s1
                RECORD call2 In +12025550171 > 604 HungUp fault None talked 0s packets 1/0
                    0s Detail 604 is an extension of this plan that leads to: announcement closed.
                    0s Detail The caller hears the announcement closed.
                    0s Good The caller hears the announcement closed
                    0s Good Front desk hands this call over to +12025550171 (attended transfer)
                    0s Good The caller hears the announcement closed
                    0s Detail The plan ends the call here.
                    0s Good Ended
        "#]],
    );
    announced(
        "601",
        "played s3\nrefer B1 replaces a\nagree p\npickup B2\nkey s4 1\nbye p",
        &expect![[r#"
            > invite a 101 601
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                play s3 please_hold Silence(300ms)
            > ack a
            > trace
            > played s3
                play s3 <Ringing>
                open s4 :4006
                invite B2 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > refer B1 replaces a
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                close s3
                bye a
                stop s1
                reinvite p (v3 :4000)
                play s1 <Ringing>
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 0/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Good Front desk connected this call with another one (attended transfer)
                    0s Good Ended
            > agree p
                sound s1 10.0.1.2:7000
            > pickup B2
                sound s4 10.0.1.11:7000
                play s4 Forever(take_call Silence(2s))
            > key s4 1
                stop s4
                stop s1
                bridge s1 s4
            > bye p
                bye B2
                close s1 s4
                RECORD call2 In +12025550171 > 601 HungUp fault None talked 0s packets 1/4
                    0s Detail 601 is an extension of this plan that leads to: rota doctor.
                    0s Detail Rota doctor: 103, whose turn it is, is called.
                    0s Good The rota doctor looks for whoever is on call
                    0s Good Calling 103, who is on call
                    0s Good Ringing 1 phone
                    0s Good Front desk hands this call over to +12025550171 (attended transfer)
                    0s Good Answered by Doctor
                    0s Good Doctor answered and is asked to press 1
                    0s Good Doctor takes the call
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
    announced(
        "800",
        "refer B1 replaces a\nagree p\nbye p",
        &expect![[r#"
            > invite a 101 800
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                room 4611686018427388704 s3
            > ack a
            > trace
            > refer B1 replaces a
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                close s3
                bye a
                stop s1
                reinvite p (v3 :4000)
                room 4611686018427388704 s1
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 0/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Good Front desk connected this call with another one (attended transfer)
                    0s Good Ended
            > agree p
                sound s1 10.0.1.2:7000
            > bye p
                close s1
                RECORD call2 In +12025550171 > 800 HungUp fault None talked 0s packets 1/0
                    0s Detail 800 is a conference room of this plan.
                    0s Good Front desk is in the room 800
                    0s Good Front desk hands this call over to +12025550171 (attended transfer)
                    0s Good +12025550171 is in the room 800
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn into_a_mailbox_which_greets_anew_while_nothing_was_said() {
    announced(
        "603",
        "answer greeting\nanswer begun\nrefer B1 replaces a\nagree p\nanswer greeting\nanswer begun\nbye p",
        &expect![[r#"
            > invite a 101 603
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                ask greeting 102 unavailable
                ask begin 102
            > ack a
            > trace
            > answer greeting
                play s3 nobody_available leave_a_message
            > answer begun
            > refer B1 replaces a
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                ask discard
                close s3
                bye a
                stop s1
                reinvite p (v3 :4000)
                ask greeting 102 unavailable
                ask begin 102
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 0/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Good Front desk connected this call with another one (attended transfer)
                    0s Good Ended
            > agree p
                sound s1 10.0.1.2:7000
            > answer greeting
                play s1 nobody_available leave_a_message
            > answer begun
            > bye p
                ask discard
                close s1
                RECORD call2 In +12025550171 > 603 HungUp fault None talked 0s packets 1/0
                    0s Detail 603 is an extension of this plan that leads to: voicemail 102.
                    0s Detail The mailbox of 102 takes a message.
                    0s Good The mailbox of 102 answered (unavailable)
                    0s Good Front desk hands this call over to +12025550171 (attended transfer)
                    0s Good The mailbox of 102 answered (unavailable)
                    0s Good The caller hung up
                    0s Warn The caller left no message
                    0s Good Ended
        "#]],
    );
    announced(
        "603",
        "answer greeting\nanswer begun\nplayed s3\nplayed s3\nrefer B1 replaces a\nbye a\nrecorded s3 0.5 stopped\nbye p",
        &expect![[r#"
            > invite a 101 603
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                ask greeting 102 unavailable
                ask begin 102
            > ack a
            > trace
            > answer greeting
                play s3 nobody_available leave_a_message
            > answer begun
            > played s3
                play s3 <Beep>
            > played s3
                record s3 most 180s silence Some(5s)
            > refer B1 replaces a
                refuse refer B1 491
            > bye a
                stop record s3
            > recorded s3 0.5 stopped
                ask part 0
                ask discard
                close s3
                RECORD call1 Out 101 > 603 HungUp fault None talked 0s packets 3/0
                    0s Detail 603 is an extension of this plan that leads to: voicemail 102.
                    0s Detail The mailbox of 102 takes a message.
                    0s Good The mailbox of 102 answered (unavailable)
                    0s Good The caller hung up
                    0s Warn The caller left no message
                    0s Good Ended
            > bye p
                bye B1
                close s1 s2
                RECORD call2 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Warn A transfer was refused (A message is being left there already)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

/// Their phone still rings for the one who transfers: the patient is who it rings for.
#[test]
fn where_somebody_rings_already() {
    announced(
        "600",
        "played s3\nkey s3 2\nrefer B1 replaces a\nagree p\npickup B2\nbye p",
        &expect![[r#"
            > invite a 101 600
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                play s3 menu_practice Silence(300ms)
            > ack a
            > trace
            > played s3
            > key s3 2
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
                play s3 <Ringing>
            > refer B1 replaces a
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                close s3
                bye a
                stop s1
                reinvite p (v3 :4000)
                play s1 <Ringing>
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 0/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Good Front desk connected this call with another one (attended transfer)
                    0s Good Ended
            > agree p
                sound s1 10.0.1.2:7000
            > pickup B2
                sound s4 10.0.1.11:7000
                stop s1
                bridge s1 s4
            > bye p
                bye B2
                close s1 s4
                RECORD call2 In +12025550171 > 600 HungUp fault None talked 0s packets 1/4
                    0s Detail 600 is an extension of this plan that leads to: menu main.
                    0s Detail The menu main asks the caller for a key.
                    0s Good The menu main answered
                    0s Good The caller pressed 2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Front desk hands this call over to +12025550171 (attended transfer)
                    0s Good Answered by Nurse
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn who_was_called_goes_there_too() {
    check(
        PLAN,
        "
        invite b 101 12025550109
        pickup B1
        ack b
        invite a 101 602
        ack a
        trace
        refer b replaces a
        pickup B2
        bye B1
        ",
        &expect![[r#"
            > invite b 101 12025550109
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550109@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer b (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack b
            > invite a 101 602
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                play s3 queue_stay Silence(300ms) Forever(Silence(9s) <Beep>)
                open s4 :4006
                invite B2 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > ack a
            > trace
            > refer b replaces a
                accept refer b
                refer progress b 200
                close s1
                bye b
                close s3
                bye a
                play s2 queue_stay Silence(300ms) Forever(Silence(9s) <Beep>)
                RECORD call1 Out 101 > +12025550109 HungUp fault None talked 0s packets 0/0
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good Front desk connected this call with another one (attended transfer)
                    0s Good Ended
            > pickup B2
                sound s4 10.0.1.11:7000
                stop s2
                bridge s2 s4
            > bye B1
                bye B2
                close s2 s4
                RECORD call2 Out +12025550109 > 602 HungUp fault None talked 0s packets 2/4
                    0s Detail 602 is an extension of this plan that leads to: queue desk.
                    0s Detail The caller waits in the queue desk until one of 103 is free.
                    0s Good The caller waits in the queue desk, 0 before them
                    0s Good Ringing 1 phone
                    0s Good Front desk hands this call over to +12025550109 (attended transfer)
                    0s Good Answered by Doctor
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

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
                play s3 <Beep>
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
                play s3 <Error>
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
                play s3 queue_stay Silence(300ms) Forever(Silence(9s) <Beep>)
            > ack c
            > trace
            > refer B1 replaces c
                refuse refer B1 603
            > bye c
                close s3
                RECORD call1 Out 103 > 602 HungUp fault None talked 0s packets 3/0
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
