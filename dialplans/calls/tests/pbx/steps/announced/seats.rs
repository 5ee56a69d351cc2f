//! What keeps whose place: a queue, a menu, an announcement, a rota, a room and a mailbox give their seat to the partner.

use expect_test::expect;

use super::announced;

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
                play s3 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
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
                play s1 queue_stay Silence(300ms) (9.744812s) Forever(Clip(Clip(16000 Hz, 15.9s)))
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
                call2 Waiting emergency false
            > ring B2
            > pickup B2
                sound s4 10.0.1.11:7000
                stop s1
                bridge s1 s4
            > bye p
                bye B2
                close s1 s4
                RECORD call2 In +12025550171 > 602 HungUp fault None talked 10s desk 10s taken packets 1/4
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
                RECORD call2 In +12025550171 > 604 HungUp fault None alone 0s packets 1/0
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
                RECORD call2 In +12025550171 > 603 HungUp fault None alone 0s packets 1/0
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
