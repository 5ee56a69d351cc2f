//! Somebody is handed on to a step of the plan by the phone that they talk with.

use expect_test::expect;

use super::check;

const PLAN: &str = r#"
[[inbound]]
number = "main"
ring = ["101"]
[extensions.600]
to = "menu main"
[extensions.602]
to = "queue desk"
[extensions.603]
to = "voicemail 102"
[menus.main]
prompt = "menu_practice"
keys = { 2 = "102" }
nobody = "hang up"
[queues.desk]
ring = ["103"]
wait = 60
nobody = "voicemail 102"
[outside]
national = "main"
[voicemail]
people = ["101", "102", "103"]
main = "101"
"#;

#[test]
fn to_a_menu_where_they_choose_somebody_else() {
    check(
        PLAN,
        "
        invite p main:+12025550171 +12025550123
        pickup B1
        ack p
        trace
        ask B1 hold
        refer B1 600
        agree p
        agree p
        played s1
        key s1 2
        pickup B2
        bye p
        ",
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
            > trace
            > ask B1 hold
                answer reinvite B1 (v2 :4002 recvonly)
                sound s2 on hold
                reinvite p (v2 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > refer B1 600
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                stop s1
                play s1 menu_practice Silence(300ms)
            > agree p
                sound s1 10.0.1.2:7000
                reinvite p (v3 :4000)
            > agree p
                sound s1 10.0.1.2:7000
            > played s1
            > key s1 2
                open s3 :4004
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4004)
                play s1 <Ringing>
            > pickup B2
                sound s3 10.0.1.11:7000
                stop s1
                bridge s1 s3
            > bye p
                bye B2
                close s1 s3
                RECORD call1 In +12025550171 > 600 HungUp fault None talked 0s packets 1/3
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Detail 600 is an extension of this plan that leads to: menu main.
                    0s Detail The menu main asks the caller for a key.
                    0s Good Front desk transfers +12025550171 to 600 (REFER)
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
fn to_a_queue_where_nobody_takes_them_in_time_and_so_to_a_mailbox() {
    check(
        PLAN,
        "
        invite p main:+12025550171 +12025550123
        pickup B1
        ack p
        trace
        refer B1 602
        wait 61
        refuse B4 480
        answer greeting
        answer begun
        played s1
        played s1
        recorded s1 2.5
        bye p
        recorded s1 0.5 stopped
        ",
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
            > trace
            > refer B1 602
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                play s1 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
                open s3 :4004
                invite B2 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > wait 61
                cancel B2
                close s3
                open s4 :4006
                invite B3 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4006)
                cancel B3
                close s4
                open s5 :4008
                invite B4 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4008)
            > refuse B4 480
                close s5
                stop s1
                ask greeting 102 unavailable
                ask begin 102
            > answer greeting
                play s1 nobody_available leave_a_message
            > answer begun
            > played s1
                play s1 <Beep>
            > played s1
                record s1 most 180s silence Some(5s)
            > recorded s1 2.5
                ask part 0
                ask part 1
                ask part 2
            > bye p
                stop record s1
            > recorded s1 0.5 stopped
                ask part 3
                ask finish
                close s1
                RECORD call1 In +12025550171 > 602 HungUp fault None talked 61s with a message desk 61s led_on packets 1/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail 602 is an extension of this plan that leads to: queue desk.
                    0s Detail The caller waits in the queue desk until one of 103 is free.
                    0s Good Front desk transfers +12025550171 to 602 (REFER)
                    0s Good The caller waits in the queue desk, 0 before them
                    0s Good Ringing 1 phone
                   21s Good Ringing 1 phone
                   42s Good Ringing 1 phone
                   61s Warn Refused by Doctor (status 480)
                   61s Warn The caller has waited as long as the queue allows
                   61s Detail The mailbox of 102 takes a message.
                   61s Good The mailbox of 102 answered (unavailable)
                   61s Good The caller hung up
                   61s Good The caller left a message
                   61s Good Ended
        "#]],
    );
}

#[test]
fn to_a_mailbox_at_once_and_a_call_between_phones_too() {
    check(
        PLAN,
        "
        invite a 103 101
        pickup B1
        ack a
        trace
        refer B1 603
        answer greeting
        answer begun
        bye a
        ",
        &expect![[r#"
            > invite a 103 101
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.103:7000
                bridge s1 s2
            > ack a
            > trace
            > refer B1 603
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                ask greeting 102 unavailable
                ask begin 102
            > answer greeting
                play s1 nobody_available leave_a_message
            > answer begun
            > bye a
                ask discard
                close s1
                RECORD call1 Out 103 > 603 HungUp fault None talked 0s packets 1/0
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail 603 is an extension of this plan that leads to: voicemail 102.
                    0s Detail The mailbox of 102 takes a message.
                    0s Good Front desk transfers Doctor to 603 (REFER)
                    0s Good The mailbox of 102 answered (unavailable)
                    0s Good The caller hung up
                    0s Warn The caller left no message
                    0s Good Ended
        "#]],
    );
}

/// Who was called is led on like who called, and the record tells the call from their side.
#[test]
fn and_who_was_called_too() {
    check(
        PLAN,
        "
        invite a 101 12025550109
        pickup B1
        ack a
        trace
        refer a 602
        pickup B2
        bye B1
        ",
        &expect![[r#"
            > invite a 101 12025550109
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550109@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > trace
            > refer a 602
                accept refer a
                refer progress a 200
                close s1
                bye a
                play s2 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
                open s3 :4004
                invite B2 sip:103@10.0.0.103 from "" sip:+12025550109@clinic.demo (v1 :4004)
            > pickup B2
                sound s3 10.0.1.11:7000
                stop s2
                bridge s2 s3
            > bye B1
                bye B2
                close s2 s3
                RECORD call1 Out +12025550109 > 602 HungUp fault None talked 0s desk 0s taken packets 2/3
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Detail 602 is an extension of this plan that leads to: queue desk.
                    0s Detail The caller waits in the queue desk until one of 103 is free.
                    0s Good Front desk transfers +12025550109 to 602 (REFER)
                    0s Good The caller waits in the queue desk, 0 before them
                    0s Good Ringing 1 phone
                    0s Good Answered by Doctor
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
    check(
        PLAN,
        "invite a 101 102\npickup B1\nack a\nrefer B1 600\nplayed s1\nbye a",
        &expect![[r#"
        > invite a 101 102
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > pickup B1
            sound s2 10.0.1.10:7000
            answer a (v1 :4000)
            sound s1 10.0.0.101:7000
            bridge s1 s2
        > ack a
        > refer B1 600
            accept refer B1
            refer progress B1 200
            close s2
            bye B1
            play s1 menu_practice Silence(300ms)
        > played s1
        > bye a
            close s1
            RECORD call1 Out 101 > 600 HungUp fault None talked 0s packets 1/0
    "#]],
    );
}

#[test]
fn to_the_fax_machine_and_to_the_echo_test() {
    check(
        PLAN,
        "
        invite p main:+12025550171 +12025550123
        pickup B1
        ack p
        trace
        refer B1 202-555-0199
        agree p image
        faxdone
        ",
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
            > trace
            > refer B1 202-555-0199
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                idle s1
                reinvite p (v2 audio closed image :4000 14400)
            > agree p image
                raw s1
                remote s1 10.0.1.2:7000
                ATTACH call1 s1 In +12025550171 > +12025550199 9600 bit/s
            > faxdone
                bye p
                close s1
                FAX LINE ENDED call1
                RECORD call1 In +12025550171 > +12025550199 HungUp fault None talked 0s packets 1/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail It is a number of the clinic itself: the call stays inside.
                    0s Detail It is the clinic's fax number: the fax machine answers.
                    0s Good Front desk transfers +12025550171 to +12025550199 (REFER)
                    0s Good The fax machine answered
                    0s Detail We propose T.38 (re-INVITE)
                    0s Good Both sides agreed on T.38
                    0s Good Ended
        "#]],
    );
    // Who was on hold agrees to be heard before they are offered T.38.
    check(
        PLAN,
        "
        invite p main:+12025550171 +12025550123
        pickup B1
        ack p
        ask B1 hold
        agree p held
        refer B1 202-555-0199
        wait 1
        agree p
        wait 1
        agree p image
        faxdone
        ",
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
            > ask B1 hold
                answer reinvite B1 (v2 :4002 recvonly)
                sound s2 on hold
                reinvite p (v2 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree p held
                sound s1 10.0.1.2:7000
            > refer B1 202-555-0199
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                stop s1
                reinvite p (v3 :4000)
                idle s1
            > wait 1
            > agree p
                sound s1 10.0.1.2:7000
            > wait 1
                reinvite p (v4 audio closed image :4000 14400)
                ATTACH call1 s1 In +12025550171 > +12025550199 sound PCMU as 0
            > agree p image
                raw s1
                remote s1 10.0.1.2:7000
                ATTACH call1 s1 In +12025550171 > +12025550199 9600 bit/s
            > faxdone
                bye p
                close s1
                FAX LINE ENDED call1
                RECORD call1 In +12025550171 > +12025550199 HungUp fault None talked 2s packets 1/0
        "#]],
    );
    check(
        PLAN,
        "invite a 103 101\npickup B1\nack a\ntrace\nrefer B1 *43\nbye a",
        &expect![[r#"
        > invite a 103 101
            open s1 :4000
            open s2 :4002
            invite B1 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4002)
        > pickup B1
            sound s2 10.0.1.10:7000
            answer a (v1 :4000)
            sound s1 10.0.0.103:7000
            bridge s1 s2
        > ack a
        > trace
        > refer B1 *43
            accept refer B1
            refer progress B1 200
            close s2
            bye B1
            echo s1
        > bye a
            close s1
            RECORD call1 Out 103 > *43 HungUp fault None talked 0s packets 1/0
                0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Good Answered by Front desk
                0s Detail *43 is the echo test of this plan.
                0s Good Front desk transfers Doctor to *43 (REFER)
                0s Good The echo test answered
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
}

/// Where it would mean nothing the phone hears that, and the two talk on.
#[test]
fn but_not_to_messages_nor_to_what_a_code_does() {
    check(
        PLAN,
        "
        invite a 103 101
        pickup B1
        ack a
        trace
        refer B1 *97
        refer B1 *78
        bye a
        ",
        &expect![[r#"
            > invite a 103 101
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.103:7000
                bridge s1 s2
            > ack a
            > trace
            > refer B1 *97
                refuse refer B1 603
            > refer B1 *78
                refuse refer B1 603
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 103 > 101 HungUp fault None talked 0s packets 1/2
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Warn A transfer was refused (Messages are for whoever they were left for, and nobody is handed on to them)
                    0s Warn A transfer was refused (A code does something for the phone that dials it; nobody is handed on to it)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}
