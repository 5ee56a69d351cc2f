//! Calls that come with T.38 alone: of those whom the plan has ring, only fax machines do.

use calls::Limits;
use expect_test::expect;
use model::Settings;
use model::settings::PhoneFax;

use super::check;
use crate::bench::{Bench, SETTINGS};

const SCREENED: &str = r#"
[[inbound]]
number = "main"
to = "101"
[extensions.101]
ring = ["101"]
screen = "all"
nobody = "fax machine"
[outside]
national = "main"
"#;

#[test]
fn a_machine_on_a_phone_answers_with_sound_which_is_translated() {
    check(
        "
        register 101
        register 102
        invite p main:+12025550101 +12025550123 image
        ring B1
        pickup B1
        ack p
        trace
        ask p image
        ask p
        carried 1
        bye p
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 102
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite p main:+12025550101 +12025550123 image
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
            > ring B1
                ring p 180
            > pickup B1
                sound s2 10.0.1.10:7000
                answer p (v2 image :4000 9600)
                raw s1
                remote s1 192.0.2.1:7000
                BETWEEN call1 s1 9600 bit/s and s2 sound PCMU as 0
            > ack p
            > trace
            > ask p image
                answer reinvite p (v2 image :4000 9600)
                remote s1 10.0.1.2:7000
            > ask p
                refuse reinvite p 488
            > carried 1
            > bye p
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Detail 101 is a fax machine: its faxes are translated to T.38 where the trunk takes it.
                    0s Detail A fax calls without sound: only fax machines ring (T.38 alone)
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Front desk
                    0s Good Both sides agreed on T.38
                    0s Good The fax is translated (between sound and T.38)
                    0s Detail They asked for other media in the middle of the fax, which was refused (no T.38 over UDPTL)
                    0s Good Page 1 was translated and confirmed (14400 bit/s)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn one_that_knows_t38_gets_it_as_it_is_and_at_the_speed_of_the_caller() {
    check(
        "
        register 101
        invite p main:+12025550101 +12025550123 image rate=9600
        pickup B1 pcma
        ack p
        trace
        ask B1 image rate=14400
        ask B1 image
        bye B1
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite p main:+12025550101 +12025550123 image rate=9600
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
            > pickup B1 pcma
                sound s2 10.0.1.10:7000
                answer p (v2 image :4000 9600)
                raw s1
                remote s1 192.0.2.1:7000
                BETWEEN call1 s1 9600 bit/s and s2 sound PCMA as 8
            > ack p
            > trace
            > ask B1 image rate=14400
                answer reinvite B1 (v2 image :4002 9600)
                raw s2
                remote s2 10.0.1.10:7000
                BETWEEN call1 s1 9600 bit/s and s2 14400 bit/s
            > ask B1 image
                answer reinvite B1 (v2 image :4002 9600)
                remote s2 10.0.1.10:7000
            > bye B1
                bye p
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Detail 101 is a fax machine: its faxes are translated to T.38 where the trunk takes it.
                    0s Detail A fax calls without sound: only fax machines ring (T.38 alone)
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Good Both sides agreed on T.38
                    0s Good The fax is translated (between sound and T.38)
                    0s Detail T.38 is proposed by the called side (re-INVITE)
                    0s Good Both sides agreed on T.38
                    0s Good The fax passes as it is (T.38 on both sides)
                    0s Good The called side hung up
                    0s Good Ended
        "#]],
    );
}

/// It is as slow as it is, and the caller is told.
#[test]
fn one_that_knows_a_slower_t38_has_the_caller_told() {
    check(
        "
        register 101
        invite p main:+12025550101 +12025550123 image rate=14400
        pickup B1
        ack p
        ask B1 image rate=4800
        agree p image rate=4800
        bye p
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite p main:+12025550101 +12025550123 image rate=14400
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer p (v2 image :4000 14400)
                raw s1
                remote s1 192.0.2.1:7000
                BETWEEN call1 s1 14400 bit/s and s2 sound PCMU as 0
            > ack p
            > ask B1 image rate=4800
                answer reinvite B1 (v2 image :4002 4800)
                raw s2
                remote s2 10.0.1.10:7000
                BETWEEN call1 s1 14400 bit/s and s2 4800 bit/s
                reinvite p (v3 image :4000 4800)
            > agree p image rate=4800
                remote s1 10.0.1.2:7000
            > bye p
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn where_no_machine_takes_it_nobody_else_is_disturbed() {
    check(
        "
        register 102
        invite p main:+12025550101 +12025550123 image
        trace
        register 101
        invite q main:+12025550102 +12025550123 image
        pickup B1 g722
        trace
        invite r main:+12025550103 +12025550123 image
        ring B2
        cancel r
        trace
        ",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite p main:+12025550101 +12025550123 image
                refuse p 480
                RECORD call1 In +12025550101 > +12025550123 Unreachable fault Callee packets 0/0
            > trace
            > register 101
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite q main:+12025550102 +12025550123 image
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550102@clinic.demo (v1 :4002)
            > pickup B1 g722
                bye B1
                refuse q 488
                close s1 s2
                RECORD call2 In +12025550102 > +12025550123 Refused fault Callee packets 1/2
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Detail 101 is a fax machine: its faxes are translated to T.38 where the trunk takes it.
                    0s Detail A fax calls without sound: only fax machines ring (T.38 alone)
                    0s Good Ringing 1 phone
                    0s Bad It was answered with media that the caller does not know (the answer has no codec that carries a fax)
                    0s Warn Refused
            > trace
            > invite r main:+12025550103 +12025550123 image
                open s3 :4004
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "" sip:+12025550103@clinic.demo (v1 :4006)
            > ring B2
                ring r 180
            > cancel r
                cancel B2
                close s3 s4
                RECORD call3 In +12025550103 > +12025550123 Abandoned fault Caller packets 3/4
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Detail 101 is a fax machine: its faxes are translated to T.38 where the trunk takes it.
                    0s Detail A fax calls without sound: only fax machines ring (T.38 alone)
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Warn The caller hung up before anyone answered
            > trace
        "#]],
    );
}

#[test]
fn nobody_picks_such_a_call_up_nor_is_anybody_else_its_caller() {
    check(
        "
        register 101
        register 102
        invite p main:+12025550101 +12025550123 image
        ring B1
        invite b 102 101 replaces=B1
        pickup B1
        ack p
        bye p
        invite c 102 101 image
        trace
        invite d 102 911 image
        trace
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 102
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite p main:+12025550101 +12025550123 image
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
            > ring B1
                ring p 180
            > invite b 102 101 replaces=B1
                refuse b 603
            > pickup B1
                sound s2 10.0.1.10:7000
                answer p (v2 image :4000 9600)
                raw s1
                remote s1 192.0.2.1:7000
                BETWEEN call1 s1 9600 bit/s and s2 sound PCMU as 0
            > ack p
            > bye p
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
            > invite c 102 101 image
                refuse c 488
                RECORD call2 Out 102 > 101 Refused fault Caller packets 0/0
            > trace
            > invite d 102 911 image
                ALERT call3 Extension 102 (Nurse) called 911. -> 101,102,103
                refuse d 488
                ALERT call3 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 102 (Nurse) called 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                send 3 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                RECORD call3 EMERGENCY Out 102 > 911 Refused fault Caller packets 0/0
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Bad The phone offered no audio that Frontdesk knows (G.711, G.722 or Opus is needed)
                    0s Warn Refused
            > trace
        "#]],
    );
}

/// Who cannot be spoken to is asked for no name, and is led on as any caller.
#[test]
fn it_is_asked_for_no_name_and_led_on_as_any_call() {
    let settings = Settings::parse(SETTINGS).expect("the bench's settings are good");
    let mut settings = Settings { plan: SCREENED.to_owned(), ..settings };
    for who in [0, 2] {
        settings.people[who].fax = Some(PhoneFax::Gateway);
    }
    let mut bench = Bench::with(Limits::default(), settings);
    bench.run(
        "
        register 101
        register 103
        invite p main:+12025550101 +12025550123 image
        cancel p
        switch forward 101 busy 103
        invite q main:+12025550102 +12025550123 image
        refuse B2 486
        pickup B3
        bye q
        switch forward 101 busy off
        invite r main:+12025550103 +12025550123 image
        refuse B4 480
        ack r
        bye r
        ",
    );
    bench.check_rest();
    expect![[r#"
        > register 101
            bindings [101 udp 10.0.0.101:5060]
            accept register [sip:101@10.0.0.101 3600s]
        > register 103
            bindings [101 udp 10.0.0.101:5060, 103 udp 10.0.0.103:5060]
            accept register [sip:103@10.0.0.103 3600s]
        > invite p main:+12025550101 +12025550123 image
            open s1 :4000
            open s2 :4002
            invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
        > cancel p
            cancel B1
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 Abandoned fault Caller packets 1/2
        > switch forward 101 busy 103
            switches changed
            switched
        > invite q main:+12025550102 +12025550123 image
            open s3 :4004
            open s4 :4006
            invite B2 sip:101@10.0.0.101 from "" sip:+12025550102@clinic.demo (v1 :4006)
        > refuse B2 486
            close s3 s4
            open s5 :4008
            open s6 :4010
            invite B3 sip:103@10.0.0.103 from "" sip:+12025550102@clinic.demo (v1 :4010)
        > pickup B3
            sound s6 10.0.1.12:7000
            answer q (v2 image :4008 9600)
            raw s5
            remote s5 192.0.2.1:7000
            BETWEEN call2 s5 9600 bit/s and s6 sound PCMU as 0
        > bye q
            bye B3
            close s5 s6
            FAX LINE ENDED call2
            RECORD call2 In +12025550102 > +12025550123 HungUp fault None talked 0s packets 5/6
        > switch forward 101 busy off
            switches changed
            switched
        > invite r main:+12025550103 +12025550123 image
            open s7 :4012
            open s8 :4014
            invite B4 sip:101@10.0.0.101 from "" sip:+12025550103@clinic.demo (v1 :4014)
        > refuse B4 480
            close s8 s7
            open s9 :4016
            answer r (v2 image :4016 9600)
        > ack r
            raw s9
            remote s9 192.0.2.1:7000
            ATTACH call3 s9 In +12025550103 > +12025550123 9600 bit/s
        > bye r
            close s9
            FAX LINE ENDED call3
            RECORD call3 In +12025550103 > +12025550123 HungUp fault None talked 0s packets 9/0
    "#]]
    .assert_eq(&bench.log);
}
