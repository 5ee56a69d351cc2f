//! A recorded call is held, handed on, parked, brought into a room, or loses a phone.

use expect_test::expect;

use super::{PATIENT, PLAN, TOLD, recorded, run};

#[test]
fn nothing_is_recorded_during_a_hold() {
    recorded(
        "ask B1 hold
        agree p held
        recorded s1 0.5 stopped
        recorded s2 0.5 stopped
        ask B1
        agree p
        bye p",
        &expect![[r#"
            > ask B1 hold
                answer reinvite B1 (v2 :4002 recvonly)
                sound s2 on hold
                reinvite p (v2 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
                stop record s1
                stop record s2
            > agree p held
                sound s1 10.0.1.2:7000
            > recorded s1 0.5 stopped
            > recorded s2 0.5 stopped
                tape part 0 500ms 500ms
                tape stopped held
            > ask B1
                answer reinvite B1 (v3 :4002)
                sound s2 10.0.1.10:7000
                reinvite p (v3 :4000)
                stop s1
                record s1 most 14400s silence None
                record s2 most 14400s silence None
                tape goes on 101
            > agree p
                sound s1 10.0.1.2:7000
            > bye p
                bye B1
                close s1 s2
                tape part 1 500ms 500ms
                tape stopped elsewhere
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_hold_in_the_midst_of_the_words_says_them_again() {
    run(
        PLAN,
        &[PATIENT, "tape kept"],
        "ask B1 hold\nagree p held\nask B1\nagree p\nplayed s1\nbye p",
        &expect![[r#"
        > ask B1 hold
            answer reinvite B1 (v2 :4002 recvonly)
            sound s2 on hold
            reinvite p (v2 :4000 sendonly)
            play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
        > agree p held
            sound s1 10.0.1.2:7000
        > ask B1
            answer reinvite B1 (v3 :4002)
            sound s2 10.0.1.10:7000
            reinvite p (v3 :4000)
            stop s1
            play s1 recording_notice recording_decline number-9
            play s2 recording_notice recording_decline number-9
        > agree p
            sound s1 10.0.1.2:7000
        > played s1
            record s1 most 14400s silence None
            record s2 most 14400s silence None
        > bye p
            bye B1
            close s1 s2
            tape part 0 500ms 500ms
            tape stopped elsewhere
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn who_was_told_is_not_told_again_by_another_of_ours() {
    recorded(
        "refer B1 102
        recorded s1 0.5 stopped
        recorded s2 0.5 stopped
        pickup B2
        bye B1
        recorded s1 1
        recorded s3 1
        bye p",
        &expect![[r#"
            > refer B1 102
                open s3 :4004
                accept refer B1
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
                stop record s1
                stop record s2
            > recorded s1 0.5 stopped
            > recorded s2 0.5 stopped
                tape part 0 500ms 500ms
                tape stopped elsewhere
            > pickup B2
                sound s3 10.0.1.11:7000
                bridge s1 s3
                refer progress B1 200
                close s2
                record s1 most 14400s silence None
                record s3 most 14400s silence None
                tape goes on 102
            > bye B1
            > recorded s1 1
            > recorded s3 1
                tape part 1 1s 1s
            > bye p
                bye B2
                close s1 s3
                tape part 2 500ms 500ms
                tape stopped elsewhere
                RECORD call1 In +12025550101 > 102 HungUp fault None talked 0s packets 1/3
        "#]],
    );
}

/// Whether the patient is recorded where they go is for the call there to say: nothing runs on from the one that they came from.
#[test]
fn whoever_is_given_to_another_call_takes_no_recording_along() {
    run(
        PLAN,
        &[PATIENT, TOLD],
        "invite a 101 103\npickup B2\nack a\nrefer a replaces B1\nrecorded s1 0.5 stopped\nbye a\nbye B1\nbye p",
        &expect![[r#"
            > invite a 101 103
                open s3 :4004
                open s4 :4006
                invite B2 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer a (v1 :4004)
                sound s3 10.0.0.101:7000
                bridge s3 s4
            > ack a
            > refer a replaces B1
                stop record s1
                bye B1
                close s2
                accept refer a
                bridge s4 s1
                refer progress a 200
                close s3
                tape begin 103 days 30
                play s1 recording_notice recording_decline number-9
                play s4 recording_notice recording_decline number-9
                tape part 0 0ns 500ms
                tape stopped elsewhere
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 0/2
            > recorded s1 0.5 stopped
            > bye a
            > bye B1
            > bye p
                bye B2
                close s1 s4
                RECORD call2 Out +12025550101 > 103 HungUp fault None talked 0s packets 1/4
        "#]],
    );
}

#[test]
fn whom_the_patient_is_connected_with_is_recorded_and_the_call_to_ask_is_not() {
    run(
        PLAN,
        &[PATIENT, TOLD, "ask B1 hold\nagree p held\nrecorded s1 0.5 stopped\nrecorded s2 0.5 stopped"],
        "invite a 101 103\npickup B2\nack a\nrefer B1 replaces a\nbye B1\nbye a\nbye p",
        &expect![[r#"
            > invite a 101 103
                open s3 :4004
                open s4 :4006
                invite B2 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer a (v1 :4004)
                sound s3 10.0.0.101:7000
                bridge s3 s4
            > ack a
            > refer B1 replaces a
                bye a
                close s3
                accept refer B1
                bridge s1 s4
                refer progress B1 200
                close s2
                reinvite p (v3 :4000)
                stop s1
                record s1 most 14400s silence None
                record s4 most 14400s silence None
                tape goes on 103
                RECORD call1 Out 101 > 103 HungUp fault None talked 0s packets 3/0
            > bye B1
            > bye a
            > bye p
                bye B2
                close s1 s4
                tape part 1 500ms 500ms
                tape stopped elsewhere
                RECORD call2 In +12025550101 > 103 HungUp fault None talked 0s packets 1/4
        "#]],
    );
}

#[test]
fn in_a_room_nobody_is_recorded() {
    recorded(
        "refer B1 600\nrecorded s1 0.5 stopped\nbye B1\nbye p",
        &expect![[r#"
        > refer B1 600
            accept refer B1
            refer progress B1 200
            close s2
            room 4611686018427388504 s1
            stop record s1
        > recorded s1 0.5 stopped
            tape part 0 500ms 500ms
            tape stopped elsewhere
        > bye B1
        > bye p
            close s1
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/0
    "#]],
    );
}

#[test]
fn who_waits_in_an_orbit_is_not_recorded() {
    recorded(
        "refer B1 700\nrecorded s1 0.5 stopped\nbye B1\nbye p",
        &expect![[r#"
        > refer B1 700
            accept refer B1
            refer progress B1 200
            close s2
            play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            stop record s1
        > recorded s1 0.5 stopped
            tape part 0 500ms 500ms
            tape stopped elsewhere
        > bye B1
        > bye p
            close s1
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/0
    "#]],
    );
}

#[test]
fn a_phone_that_vanishes_ends_the_recording_with_the_call() {
    recorded(
        "recorded s1 1\nrecorded s2 1\nlost B1",
        &expect![[r#"
        > recorded s1 1
        > recorded s2 1
            tape part 0 1s 1s
        > lost B1
            bye p
            close s1 s2
            tape part 1 500ms 500ms
            tape stopped elsewhere
            RECORD call1 In +12025550101 > +12025550123 Lost fault Callee talked 0s packets 1/2
    "#]],
    );
}

/// It stays paused, since what was not to be recorded may still be said; and whoever takes the call over knows it.
#[test]
fn who_takes_over_what_was_paused_hears_that_it_is() {
    recorded(
        "key s2 *
        key s2 1
        recorded s1 0.5 stopped
        recorded s2 0.5 stopped
        refer B1 102
        pickup B2
        bye B1
        bye p",
        &expect![[r#"
            > key s2 *
            > key s2 1
                play s2 recording_paused
                stop record s1
                stop record s2
            > recorded s1 0.5 stopped
            > recorded s2 0.5 stopped
                tape part 0 500ms 500ms
                tape stopped paused
            > refer B1 102
                open s3 :4004
                accept refer B1
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004)
            > pickup B2
                sound s3 10.0.1.11:7000
                bridge s1 s3
                refer progress B1 200
                close s2
                play s3 recording_paused
            > bye B1
            > bye p
                bye B2
                close s1 s3
                RECORD call1 In +12025550101 > 102 HungUp fault None talked 0s packets 1/3
        "#]],
    );
}
