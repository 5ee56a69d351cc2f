//! What staff do at their phones: park and take back, pick up, speak at once to one or to all, and meet in a room.

use calls::Limits;
use expect_test::{Expect, expect};

use crate::bench::Bench;

/// 101, 102 and 103 have a phone each, and a patient (p, B1) talks with 101.
const PATIENT: &str =
    "register 101\nregister 102\nregister 103\ninvite p main:+12025550101 +12025550123\npickup B1\nack p";

fn check(before: &str, script: &str, expected: &Expect) {
    run(Bench::new(Limits::default()), before, script, expected);
}

/// The same where the room has a PIN.
fn check_pin(before: &str, script: &str, expected: &Expect) {
    run(Bench::with_plan(Limits::default(), WITH_PIN), before, script, expected);
}

const WITH_PIN: &str = r#"
[extensions.100]
ring = ["101", "102"]
seconds = 30
[[inbound]]
number = "main"
ring = ["100"]
[rooms.800]
pin = "2468"
"#;

fn run(mut bench: Bench, before: &str, script: &str, expected: &Expect) {
    bench.run(before);
    bench.log.clear();
    bench.show_trace = true;
    bench.wait(std::time::Duration::from_millis(1));
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

#[test]
fn a_party_is_parked_and_taken_from_any_phone() {
    check(
        PATIENT,
        "
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
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Good Answered by Front desk
                    0s Good Front desk parked +12025550101 in 701 (REFER)
                    0s Good Doctor took +12025550101 from 701
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn nobody_comes_and_the_party_goes_back_to_who_parked_it() {
    check(
        PATIENT,
        "
        refer B1 700
        wait 5
        wait 86
        ring B3
        wait 26
        wait 90
        pickup B4
        bye B4
        ",
        &expect![[r#"
            > refer B1 700
                accept refer B1
                refer progress B1 200
                close s2
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
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
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Good Answered by Front desk
                    0s Good Front desk parked +12025550101 in 700 (REFER)
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
    check(
        PATIENT,
        "refer B1 700\nbye B1\nwait 700",
        &expect![[r#"
            > refer B1 700
                accept refer B1
                refer progress B1 200
                close s2
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > bye B1
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
                bye p
                close s1
                RECORD call1 In +12025550101 > +12025550123 NoAnswer fault Callee talked 665s packets 1/0
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Good Answered by Front desk
                    0s Good Front desk parked +12025550101 in 700 (REFER)
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
                  665s Warn Nobody answered
        "#]],
    );
}

#[test]
fn an_orbit_that_is_taken_or_empty() {
    check(
        PATIENT,
        "
        refer B1 700
        bye B1
        invite a 102 103
        pickup B3
        refer a 700
        bye a
        invite b 102 701
        wait 3
        bye p
        ",
        &expect![[r#"
            > refer B1 700
                accept refer B1
                refer progress B1 200
                close s2
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > bye B1
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
                play s5 <Error>
            > wait 3
                bye b
                close s5
                RECORD call2 Out 102 > 701 HungUp fault None talked 2s packets 5/0
                    0s Detail 701 is an orbit: parties wait there.
                    0s Warn The code was not carried out (Nobody is parked there.)
                    2s Good Ended
            > bye p
                close s1
                RECORD call3 In +12025550101 > +12025550123 HungUp fault None talked 3s packets 1/0
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Good Answered by Front desk
                    0s Good Front desk parked +12025550101 in 700 (REFER)
                    3s Good The caller hung up
                    3s Good Ended
        "#]],
    );
}

#[test]
fn who_vanishes_while_parked_or_while_parking() {
    check(
        PATIENT,
        "refer B1 700\nlost B1\nlost p",
        &expect![[r#"
            > refer B1 700
                accept refer B1
                refer progress B1 200
                close s2
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > lost B1
            > lost p
                close s1
                RECORD call1 In +12025550101 > +12025550123 Lost fault Caller talked 0s packets 1/0
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Good Answered by Front desk
                    0s Good Front desk parked +12025550101 in 700 (REFER)
                    0s Bad The caller vanished (no answer to what was sent to it)
                    0s Bad The connection was lost
        "#]],
    );
    check(
        PATIENT,
        "refer B1 700\nwait 91\nbye p",
        &expect![[r#"
            > refer B1 700
                accept refer B1
                refer progress B1 200
                close s2
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > wait 91
                bye B1
                open s3 :4004
                invite B3 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4004)
            > bye p
                cancel B3
                close s1 s3
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 91s packets 1/3
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Good Answered by Front desk
                    0s Good Front desk parked +12025550101 in 700 (REFER)
                   90s Detail Nobody came; Front desk is called
                   90s Good Ringing 1 phone
                   91s Good The caller hung up
                   91s Good Ended
        "#]],
    );
}

#[test]
fn a_phone_without_sound_takes_nobody_from_an_orbit() {
    check(
        PATIENT,
        "refer B1 700\nbye B1\ninvite a 103 700 image\ninvite b 103 700 hold\nbye b",
        &expect![[r#"
            > refer B1 700
                accept refer B1
                refer progress B1 200
                close s2
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > bye B1
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
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Good Answered by Front desk
                    0s Good Front desk parked +12025550101 in 700 (REFER)
                    0s Warn Doctor wanted to take this call and was refused (no audio)
                    0s Good Doctor took +12025550101 from 700
                    0s Good The called side hung up
                    0s Good Ended
        "#]],
    );
}

const RINGING: &str =
    "register 101\nregister 102\nregister 103\ninvite p main:+12025550101 +12025550123\nring B1\nring B2";

#[test]
fn a_call_that_rings_elsewhere_is_taken() {
    check(
        RINGING,
        "invite a 103 **101\nack a\nbye a",
        &expect![[r#"
        > invite a 103 **101
            answer a (v2 :4002)
            sound s2 10.0.0.103:7000
            cancel B1
            cancel B2
            answer p (v1 :4000)
            sound s1 192.0.2.1:7000
            bridge s1 s2
        > ack a
        > bye a
            bye p
            close s1 s2
            RECORD call1 In +12025550101 > 103 HungUp fault None talked 0s packets 1/2
                0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                0s Good Ringing 2 phones
                0s Good It rings
                0s Good It rings
                0s Good Picked up by Doctor (Replaces)
                0s Good The called side hung up
                0s Good Ended
    "#]],
    );
    check(
        RINGING,
        "invite a 103 *8\nwait 3\ninvite b 102 *8\nack b\nbye p",
        &expect![[r#"
            > invite a 103 *8
                answer a (v2 :4002)
                sound s2 10.0.0.103:7000
                cancel B1
                cancel B2
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > wait 3
            > invite b 102 *8
                open s3 :4004
                sound s3 10.0.0.102:7000
                answer b (v1 :4004)
                play s3 <Error>
            > ack b
            > bye p
                bye a
                close s1 s2
                RECORD call1 In +12025550101 > 103 HungUp fault None talked 3s packets 1/2
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Good It rings
                    0s Good It rings
                    0s Good Picked up by Doctor (Replaces)
                    3s Good The caller hung up
                    3s Good Ended
                bye b
                close s3
                RECORD call2 Out 102 > *8 HungUp fault None talked 2s packets 3/0
                    0s Detail *8 is the pickup within a group.
                    0s Warn The code was not carried out (No phone of the group rings.)
                    2s Good Ended
        "#]],
    );
}

#[test]
fn nothing_rings_there() {
    check(
        "register 101\nregister 102\ninvite h 101 911\npickup B1",
        "invite a 102 **101\nwait 3\ninvite b 102 **\nwait 3\ninvite c 102 **999\nwait 3\nbye h",
        &expect![[r#"
            > invite a 102 **101
                open s3 :4004
                sound s3 10.0.0.102:7000
                answer a (v1 :4004)
                play s3 <Error>
            > wait 3
                bye a
                close s3
                RECORD call2 Out 102 > **101 HungUp fault None talked 2s packets 3/0
                    0s Detail ** is the pickup of a phone that rings.
                    0s Warn The code was not carried out (No phone rings there.)
                    2s Good Ended
            > invite b 102 **
                open s4 :4006
                sound s4 10.0.0.102:7000
                answer b (v1 :4006)
                play s4 <Error>
            > wait 3
                bye b
                close s4
                RECORD call3 Out 102 > ** HungUp fault None talked 2s packets 4/0
                    0s Detail ** is the pickup of a phone that rings.
                    0s Warn The code was not carried out (No phone rings there.)
                    2s Good Ended
            > invite c 102 **999
                open s5 :4008
                sound s5 10.0.0.102:7000
                answer c (v1 :4008)
                play s5 <Error>
            > wait 3
                bye c
                close s5
                RECORD call4 Out 102 > **999 HungUp fault None talked 2s packets 5/0
                    0s Detail ** is the pickup of a phone that rings.
                    0s Warn The code was not carried out (No phone rings there.)
                    2s Good Ended
            > bye h
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 9s packets 1/2
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    9s Good The caller hung up
                    9s Good Ended
        "#]],
    );
}

#[test]
fn a_phone_answers_by_itself() {
    check(
        "register 101\nregister 102",
        "
        invite a 101 *80102
        pickup B1
        bye a
        switch dnd 102 on
        invite b 101 *80102
        wait 3
        invite c 101 *80177
        wait 3
        ",
        &expect![[r#"
            > invite a 101 *80102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > *80102 HungUp fault None talked 0s packets 1/2
                    0s Detail *80 is the intercom.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Good The caller hung up
                    0s Good Ended
            > switch dnd 102 on
                switches changed
                switched
            > invite b 101 *80102
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer b (v1 :4004)
                play s3 <Error>
            > wait 3
                bye b
                close s3
                RECORD call2 Out 101 > *80102 HungUp fault None talked 2s packets 3/0
                    0s Detail *80 is the intercom.
                    0s Warn The code was not carried out (The person does not want to be disturbed.)
                    2s Good Ended
            > invite c 101 *80177
                open s4 :4006
                sound s4 10.0.0.101:7000
                answer c (v1 :4006)
                play s4 <Error>
            > wait 3
                bye c
                close s4
                RECORD call3 Out 101 > *80177 HungUp fault None talked 2s packets 4/0
                    0s Detail *80 is the intercom.
                    0s Warn The code was not carried out (What follows the code is no extension.)
                    2s Good Ended
        "#]],
    );
}

#[test]
fn one_speaks_and_all_others_listen() {
    check(
        "register 101\nregister 102\nregister 103",
        "
        invite a 103 *81100
        pickup B1 held
        refuse B2 486
        ack a
        lost B1
        invite b 101 *81100
        pickup B3 held
        wait 13
        bye b
        invite c 101 *81900
        wait 3
        invite d 103 *81100
        wait 13
        invite e 103 *81100
        pickup B6 garbage
        pickup B7 held
        hangup
        ",
        &expect![[r#"
            > invite a 103 *81100
                open s1 :4000
                sound s1 10.0.0.103:7000
                answer a (v1 :4000)
                room 1 s1
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4002 sendonly)
                open s3 :4004
                invite B2 sip:102@10.0.0.102 from "Doctor" sip:103@clinic.demo (v1 :4004 sendonly)
            > pickup B1 held
                sound s2 10.0.1.10:7000
                room 1 s2
            > refuse B2 486
                close s3
            > ack a
            > lost B1
                close s2
                bye a
                close s1
                RECORD call1 Out 103 > *81100 HungUp fault None talked 0s packets 1/0
                    0s Detail *81 is paging.
                    0s Good Speaking to phones: 2
                    0s Detail Front desk listens
                    0s Warn Nobody listens
                    0s Good Ended
            > invite b 101 *81100
                open s4 :4006
                sound s4 10.0.0.101:7000
                answer b (v1 :4006)
                room 4 s4
                open s5 :4008
                invite B3 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4008 sendonly)
            > pickup B3 held
                sound s5 10.0.1.12:7000
                room 4 s5
            > wait 13
            > bye b
                bye B3
                close s4 s5
                RECORD call2 Out 101 > *81100 HungUp fault None talked 13s packets 4/5
                    0s Detail *81 is paging.
                    0s Good Speaking to phones: 1
                    0s Detail Nurse listens
                   13s Good The caller hung up
                   13s Good Ended
            > invite c 101 *81900
                open s6 :4010
                sound s6 10.0.0.101:7000
                answer c (v1 :4010)
                play s6 <Error>
            > wait 3
                bye c
                close s6
                RECORD call3 Out 101 > *81900 HungUp fault None talked 2s packets 6/0
                    0s Detail *81 is paging.
                    0s Warn The code was not carried out (What follows the code is no extension.)
                    2s Good Ended
            > invite d 103 *81100
                open s7 :4012
                sound s7 10.0.0.103:7000
                answer d (v1 :4012)
                room 7 s7
                open s8 :4014
                invite B4 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4014 sendonly)
                open s9 :4016
                invite B5 sip:102@10.0.0.102 from "Doctor" sip:103@clinic.demo (v1 :4016 sendonly)
            > wait 13
                cancel B4
                close s8
                cancel B5
                close s9
                bye d
                close s7
                RECORD call4 Out 103 > *81100 HungUp fault None talked 12s packets 7/0
                    0s Detail *81 is paging.
                    0s Good Speaking to phones: 2
                   12s Warn Nobody listens
                   12s Good Ended
            > invite e 103 *81100
                open s10 :4018
                sound s10 10.0.0.103:7000
                answer e (v1 :4018)
                room 10 s10
                open s11 :4020
                invite B6 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4020 sendonly)
                open s12 :4022
                invite B7 sip:102@10.0.0.102 from "Doctor" sip:103@clinic.demo (v1 :4022 sendonly)
            > pickup B6 garbage
                bye B6
                close s11
            > pickup B7 held
                sound s12 10.0.1.16:7000
                room 10 s12
            > hangup
                bye e
                bye B7
                close s10 s12
                hung up call5
                RECORD call5 Out 103 > *81100 HungUp fault None talked 0s packets 10/12
                    0s Detail *81 is paging.
                    0s Good Speaking to phones: 2
                    0s Detail Nurse listens
                    0s Good Ended
        "#]],
    );
}

#[test]
fn a_room_with_a_pin() {
    check_pin(
        PATIENT,
        "
        invite a 102 800
        dtmf a 2468
        invite b 103 800
        dtmf b 1111
        dtmf b 22#
        dtmf b 2468
        invite c 103 800
        wait 21
        refer B1 800
        bye B1
        lost p
        ask a hold
        bye a
        bye b
        ",
        &expect![[r#"
            > invite a 102 800
                open s3 :4004
                sound s3 10.0.0.102:7000
                answer a (v1 :4004)
                play s3 <Beep>
            > dtmf a 2468
                room 4611686018427388704 s3
            > invite b 103 800
                open s4 :4006
                sound s4 10.0.0.103:7000
                answer b (v1 :4006)
                play s4 <Beep>
            > dtmf b 1111
                play s4 <Beep>
            > dtmf b 22#
                play s4 <Beep>
            > dtmf b 2468
                room 4611686018427388704 s4
            > invite c 103 800
                open s5 :4008
                sound s5 10.0.0.103:7000
                answer c (v1 :4008)
                play s5 <Beep>
            > wait 21
                bye c
                close s5
                RECORD call1 Out 103 > 800 Refused fault Caller talked 20s packets 5/0
                    0s Detail 800 is a conference room of this plan.
                   20s Warn Nobody typed the PIN of the room
                   20s Warn Refused
            > refer B1 800
                accept refer B1
                refer progress B1 200
                close s2
                room 4611686018427388704 s1
            > bye B1
            > lost p
                close s1
                RECORD call2 In +12025550101 > +12025550123 Lost fault Caller talked 21s packets 1/0
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Good Answered by Front desk
                   21s Good Front desk transfers +12025550101 to the room 800 (REFER)
                   21s Good +12025550101 is in the room 800
                   21s Bad The caller vanished (no answer to what was sent to it)
                   21s Bad The connection was lost
            > ask a hold
                answer reinvite a (v2 :4004 recvonly)
                sound s3 on hold
            > bye a
                close s3
                RECORD call3 Out 102 > 800 HungUp fault None talked 21s packets 3/0
                    0s Detail 800 is a conference room of this plan.
                    0s Good Nurse is in the room 800
                   21s Detail The caller put the call on hold (sendonly)
                   21s Good The caller hung up
                   21s Good Ended
            > bye b
                close s4
                RECORD call4 Out 103 > 800 HungUp fault None talked 21s packets 4/0
                    0s Detail 800 is a conference room of this plan.
                    0s Warn A wrong PIN was typed
                    0s Warn A wrong PIN was typed
                    0s Good Doctor is in the room 800
                   21s Good The caller hung up
                   21s Good Ended
        "#]],
    );
}

#[test]
fn a_wrong_pin_three_times() {
    check_pin(
        "register 101",
        "invite a 101 800\ndtmf a 1234\ndtmf a 1234\ndtmf a 1234",
        &expect![[r#"
            > invite a 101 800
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                play s1 <Beep>
            > dtmf a 1234
                play s1 <Beep>
            > dtmf a 1234
                play s1 <Beep>
            > dtmf a 1234
                bye a
                close s1
                RECORD call1 Out 101 > 800 Refused fault Caller talked 0s packets 1/0
                    0s Detail 800 is a conference room of this plan.
                    0s Warn A wrong PIN was typed
                    0s Warn A wrong PIN was typed
                    0s Warn A wrong PIN was typed
                    0s Warn Refused
        "#]],
    );
}

#[test]
fn a_fax_that_calls_a_number_for_people_reaches_the_fax_machine() {
    check(
        PATIENT,
        "
        faxtone s2
        faxtone s1
        agree p image
        faxdone
        ",
        &expect![[r#"
            > faxtone s2
            > faxtone s1
                bye B1
                close s2
                idle s1
                reinvite p (v2 audio closed image :4000 14400)
            > agree p image
                raw s1
                remote s1 10.0.1.2:7000
                ATTACH call1 s1 In +12025550101 > +12025550199 9600 bit/s
            > faxdone
                bye p
                close s1
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Good Answered by Front desk
                    0s Good A fax machine calls: ours takes the call over (CNG)
                    0s Detail We propose T.38 (re-INVITE)
                    0s Good Both sides agreed on T.38
                    0s Good Ended
        "#]],
    );
}
