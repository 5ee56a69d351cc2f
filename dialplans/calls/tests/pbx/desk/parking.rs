//! A party waits in an orbit until any phone takes it from there, or goes back to who parked it.

use expect_test::expect;

use crate::situations::{PARKED, PARKING, PATIENT, PATIENT_HELD};

#[test]
fn a_party_is_parked_and_taken_from_any_phone() {
    PATIENT.check(
        "
        trace
        watch 103 dialog 701
        taken 1
        refer B1 701
        taken 1
        bye B1
        invite a 103 701
        taken 1
        ack a
        bye p
        ",
        &expect![[r#"
            > trace
            > watch 103 dialog 701
                accept subscription 1
                notify 1 lamp v1 []
            > taken 1
            > refer B1 701
                accept refer B1
                refer progress B1 200
                close s2
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
                notify 1 lamp v2 [recipient confirmed -]
            > taken 1
            > bye B1
            > invite a 103 701
                open s3 :4004
                answer a (v2 :4004)
                sound s3 10.0.0.103:7000
                bridge s1 s3
                stop s1
                notify 1 lamp v3 [recipient terminated -]
            > taken 1
            > ack a
            > bye p
                bye a
                close s1 s3
                RECORD call1 In +12025550101 > 103 HungUp fault None talked 0s packets 1/3
                    0s Good Front desk parked +12025550101 in 701 (REFER)
                    0s Good Doctor took +12025550101 from 701
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn nobody_comes_and_the_party_goes_back_to_who_parked_it() {
    PARKING.check(
        "
        trace
        wait 5
        wait 86
        ring B3
        wait 26
        wait 90
        pickup B4
        bye B4
        ",
        &expect![[r#"
            > trace
            > wait 5
                bye B1
            > wait 86
                open s3 :4004
                invite B3 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4004)
            > ring B3
            > wait 26
                cancel B3
                close s3
            > wait 90
                open s4 :4006
                invite B4 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4006)
            > pickup B4
                sound s4 10.0.1.13:7000
                bridge s1 s4
                stop s1
            > bye B4
                bye p
                close s1 s4
                RECORD call1 In +12025550101 > 101 HungUp fault None talked 207s packets 1/4
                   90s Detail Nobody came; Front desk is called
                   90s Good Ringing 1 phone
                   91s Good It rings
                  205s Detail Nobody came; Front desk is called
                  205s Good Ringing 1 phone
                  207s Good Answered by Front desk
                  207s Good +12025550101 came back from 700 to Front desk
                  207s Good The called side hung up
                  207s Good Ended
        "#]],
    );
}

#[test]
fn a_party_that_everybody_forgot() {
    PARKED.check(
        "trace\nwait 700",
        &expect![[r#"
            > trace
            > wait 700
                open s3 :4004
                invite B3 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4004)
                cancel B3
                close s3
                open s4 :4006
                invite B4 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4006)
                cancel B4
                close s4
                open s5 :4008
                invite B5 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4008)
                cancel B5
                close s5
                open s6 :4010
                invite B6 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4010)
                cancel B6
                close s6
                open s7 :4012
                invite B7 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4012)
                cancel B7
                close s7
                stop s1
                open s8 :4014
                invite B8 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4014)
                invite B9 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4014)
                play s1 <Ringing>
                cancel B8
                cancel B9
                close s8
                bye p
                close s1
                RECORD call1 In +12025550101 > +12025550123 Unreachable fault Callee talked 695s packets 1/0
                   90s Detail Nobody came; Front desk is called
                   90s Good Ringing 1 phone
                  205s Detail Nobody came; Front desk is called
                  205s Good Ringing 1 phone
                  320s Detail Nobody came; Front desk is called
                  320s Good Ringing 1 phone
                  435s Detail Nobody came; Front desk is called
                  435s Good Ringing 1 phone
                  550s Detail Nobody came; Front desk is called
                  550s Good Ringing 1 phone
                  665s Bad Nobody came for a party that was parked
                  665s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                  665s Good Ringing 2 phones
                  695s Warn Nobody took the call (Not reachable)
                  695s Warn Not reachable
        "#]],
    );
}

#[test]
fn an_orbit_that_is_taken_or_empty() {
    PARKED.check(
        "
        trace
        invite a 102 103
        pickup B3
        refer a 700
        bye a
        invite b 102 701
        wait 20
        bye p
        ",
        &expect![[r#"
            > trace
            > invite a 102 103
                open s3 :4004
                open s4 :4006
                invite B3 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4006)
            > pickup B3
                sound s4 10.0.1.12:7000
                answer a (v1 :4004)
                sound s3 10.0.0.102:7000
                bridge s3 s4
            > refer a 700
                refuse refer a 486
            > bye a
                bye B3
                close s3 s4
                RECORD call1 Out 102 > 103 HungUp fault None talked 0s packets 3/4
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Doctor
                    0s Warn A transfer was refused (Somebody is parked there already)
                    0s Good The caller hung up
                    0s Good Ended
            > invite b 102 701
                open s5 :4008
                sound s5 10.0.0.102:7000
                answer b (v1 :4008)
                play s5 <Error> nothing_parked
            > wait 20
                bye b
                close s5
                RECORD call2 Out 102 > 701 HungUp fault None talked 15s packets 5/0
                    0s Detail 701 is an orbit: parties wait there.
                    0s Warn The code was not carried out (Nobody is parked there.)
                   15s Good Ended
            > bye p
                close s1
                RECORD call3 In +12025550101 > +12025550123 HungUp fault None talked 20s packets 1/0
                   20s Good The caller hung up
                   20s Good Ended
        "#]],
    );
}

#[test]
fn who_vanishes_while_parked_or_while_parking() {
    PARKING.check(
        "trace\nlost B1\nlost p",
        &expect![[r#"
            > trace
            > lost B1
            > lost p
                close s1
                RECORD call1 In +12025550101 > +12025550123 Lost fault Caller talked 0s packets 1/0
                    0s Bad The caller vanished (no answer to what was sent to it)
                    0s Bad The connection was lost
        "#]],
    );
    PARKING.check(
        "trace\nwait 91\nbye p",
        &expect![[r#"
            > trace
            > wait 91
                bye B1
                open s3 :4004
                invite B3 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4004)
            > bye p
                cancel B3
                close s1 s3
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 91s packets 1/3
                   90s Detail Nobody came; Front desk is called
                   90s Good Ringing 1 phone
                   91s Good The caller hung up
                   91s Good Ended
        "#]],
    );
}

#[test]
fn a_phone_without_sound_takes_nobody_from_an_orbit() {
    PARKED.check(
        "trace\ninvite a 103 700 image\ninvite b 103 700 hold\nbye b",
        &expect![[r#"
            > trace
            > invite a 103 700 image
                open s3 :4004
                refuse a 488
                close s3
            > invite b 103 700 hold
                open s4 :4006
                answer b (v2 :4006 recvonly)
                sound s4 on hold
                bridge s1 s4
                reinvite p (v2 :4000 sendonly)
            > bye b
                bye p
                close s1 s4
                RECORD call1 In +12025550101 > 103 HungUp fault None talked 0s packets 1/4
                    0s Warn Doctor wanted to take this call and was refused (no audio)
                    0s Good Doctor took +12025550101 from 700
                    0s Good The called side hung up
                    0s Good Ended
        "#]],
    );
}

/// Whoever was held is to be heard in the orbit; their side could not change the call at that moment, and is asked once more.
#[test]
fn a_party_that_could_not_be_taken_back_at_once_is_asked_again() {
    PATIENT_HELD.check(
        "
        refer B1 700
        bye B1
        disagree p 491
        wait 5
        agree p
        bye p
        ",
        &expect![[r#"
            > refer B1 700
                accept refer B1
                refer progress B1 200
                close s2
                reinvite p (v3 :4000)
            > bye B1
            > disagree p 491
            > wait 5
                reinvite p (v4 :4000)
            > agree p
                sound s1 10.0.1.2:7000
            > bye p
                close s1
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 5s packets 1/0
        "#]],
    );
}

/// Whoever parked them has gone home, and their phone with them.
#[test]
fn a_party_from_outside_that_has_nobody_to_come_back_to_goes_where_the_main_number_leads() {
    let log = PARKED.run("register 101 expires=0\nwait 91\npickup B3\nlive\nbye p");
    let (_, after) = log.split_once("> wait 91").expect("it waited");
    assert!(after.contains("invite B3 sip:102@10.0.0.102 ") && after.contains("call1 Talking"), "{log}");
}
