//! Attended, but the phone that is to get the partner still rings.

use expect_test::expect;

use crate::situations::{ASKED, ASKED_OUTSIDE, PATIENT_HELD};

#[test]
fn it_answers_afterwards() {
    ASKED.check(
        "trace\nring B3\nrefer B1 replaces a\nlive\npickup B3\nagree p\nbye B1\nbye p",
        &expect![[r#"
            > trace
            > ring B3
                ring a 180
            > refer B1 replaces a
                refuse a 487
                close s3
                accept refer B1
                refer progress B1 180
                RECORD call1 Out 101 > 103 Abandoned fault None packets 3/0
                    0s Good It rings
                    0s Good Front desk handed the ringing call on (attended transfer)
                    0s Warn The caller hung up before anyone answered
            > live
                call2 Talking emergency false
            > pickup B3
                sound s4 10.0.1.12:7000
                bridge s1 s4
                refer progress B1 200
                close s2
                reinvite p (v3 :4000)
                stop s1
            > agree p
                sound s1 10.0.1.2:7000
            > bye B1
            > bye p
                bye B3
                close s1 s4
                RECORD call2 In +12025550101 > 103 HungUp fault None talked 0s packets 1/4
                    0s Good Front desk transfers +12025550101 to the phone that rings (attended transfer)
                    0s Good Answered by Doctor
                    0s Good Transferred by Front desk to Doctor
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn it_never_answers_or_refuses() {
    ASKED.check(
        "refer B1 replaces a\nbye B1\nagree p\nwait 26\nwait 26",
        &expect![[r#"
            > refer B1 replaces a
                refuse a 487
                close s3
                accept refer B1
                RECORD call1 Out 101 > 103 Abandoned fault None packets 3/0
            > bye B1
                close s2
                reinvite p (v3 :4000)
                play s1 <Ringing>
            > agree p
                sound s1 10.0.1.2:7000
            > wait 26
                cancel B3
                invite B4 sip:101@10.0.0.101 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > wait 26
                cancel B4
                bye p
                close s1 s4
                RECORD call2 In +12025550101 > +12025550123 Unreachable fault Callee talked 50s packets 1/4
        "#]],
    );
    ASKED.check(
        "refer B1 replaces a\nrefuse B3 486\nbye p",
        &expect![[r#"
        > refer B1 replaces a
            refuse a 487
            close s3
            accept refer B1
            RECORD call1 Out 101 > 103 Abandoned fault None packets 3/0
        > refuse B3 486
            close s4
            refer progress B1 486
        > bye p
            bye B1
            close s1 s2
            RECORD call2 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn the_partner_hangs_up_meanwhile() {
    ASKED.check(
        "refer B1 replaces a\nbye p",
        &expect![[r#"
        > refer B1 replaces a
            refuse a 487
            close s3
            accept refer B1
            RECORD call1 Out 101 > 103 Abandoned fault None packets 3/0
        > bye p
            refer progress B1 487
            bye B1
            cancel B3
            close s1 s2 s4
            RECORD call2 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/4
    "#]],
    );
}

#[test]
fn the_carriers_tones_go_on_to_the_partner() {
    ASKED_OUTSIDE.check(
        "early B3\nrefer B1 replaces a\npickup B3\nbye B1\nbye p",
        &expect![[r#"
        > early B3
            sound s4 10.0.1.12:7000
            sound s3 10.0.0.101:7000
            bridge s3 s4
            ring a 183 (v1 :4004)
        > refer B1 replaces a
            refuse a 487
            close s3
            accept refer B1
            bridge s1 s4
            refer progress B1 180
            RECORD call1 Out 101 > +12025550109 Abandoned fault None packets 3/0
        > pickup B3
            sound s4 10.0.1.12:7000
            bridge s1 s4
            refer progress B1 200
            close s2
        > bye B1
        > bye p
            bye B3
            close s1 s4
            RECORD call2 In +12025550101 > +12025550109 HungUp fault None talked 0s packets 1/4
    "#]],
    );
}

/// The number outside that somebody forwards to may be answered by a mailbox: nobody is handed on to it before somebody has pressed the key.
#[test]
fn nobody_is_handed_on_to_a_number_outside_where_nobody_has_pressed_the_key() {
    let sought = "trace\nswitch forward 103 no-answer 12025550188\ninvite a 101 103\nring B3\nwait 26";
    let log = PATIENT_HELD.run(&format!("{sought}\nrefer B1 replaces a\npickup B4\nwait 16\nbye p"));
    assert!(log.contains("invite B4 sip:+12025550188@") && log.contains("refuse refer B1 491"), "{log}");
    let (_, answered) = log.split_once("> pickup B4").expect("a mailbox answers");
    assert!(answered.contains("> <TakeCall>") || answered.contains("take_call"), "{log}");
    assert!(answered.contains("bye B4") && !answered.contains("bridge s1"), "the patient never hears it: {log}");
    // Somebody takes the call, and then the two are connected.
    let log = PATIENT_HELD.run(&format!("{sought}\nring B4\npickup B4\nkey s6 1\nack a\nrefer B1 replaces a\nbye p"));
    assert!(log.contains("accept refer B1") && log.contains("bridge s1 s6"), "{log}");
}
