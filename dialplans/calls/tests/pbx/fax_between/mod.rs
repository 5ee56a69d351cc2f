//! A fax machine behind a phone of ours, and one behind a trunk: when the trunk is asked for T.38, what is passed on how, and what comes of a
//! refusal.

mod alone;
mod refused;
mod slower;
mod untouched;

use calls::Limits;
use expect_test::{Expect, expect};
use model::Settings;
use model::settings::PhoneFax;

use crate::bench::{Bench, SETTINGS};

/// A clinic where 101 is a fax machine behind an adapter.
fn clinic() -> Bench {
    let mut settings = Settings::parse(SETTINGS).expect("the bench's settings are good");
    settings.people[0].fax = Some(PhoneFax::Gateway);
    Bench::with(Limits::default(), settings)
}

#[track_caller]
fn check(script: &str, expected: &Expect) {
    let mut bench = clinic();
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

#[test]
fn an_analogue_machine_faxes_over_a_trunk_that_takes_t38() {
    check(
        "
        register 101
        invite a 101 202-555-0101
        pickup B1
        ack a
        trace
        faxtone s1
        agree B1 image
        ask B1 image
        ask B1
        carried 2
        bye a
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > trace
            > faxtone s1
                reinvite B1 (v2 audio closed image :4002 14400)
            > agree B1 image
                raw s2
                remote s2 10.0.1.10:7000
                BETWEEN call1 s1 sound PCMU as 0 and s2 9600 bit/s
            > ask B1 image
                answer reinvite B1 (v2 image :4002 9600)
                remote s2 10.0.1.10:7000
            > ask B1
                refuse reinvite B1 488
            > carried 2
            > bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Detail 101 is a fax machine: its faxes are translated to T.38 where the trunk takes it.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good A fax machine is on the line (CNG or V.21)
                    0s Detail We propose T.38 to the called side (re-INVITE)
                    0s Good Both sides agreed on T.38
                    0s Good The fax is translated (between sound and T.38)
                    0s Detail They asked for other media in the middle of the fax, which was refused (no T.38 over UDPTL)
                    0s Good Page 1 was translated and confirmed (14400 bit/s)
                    0s Good Page 2 was translated and confirmed (14400 bit/s)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn a_trunk_proposes_t38_by_itself() {
    check(
        "
        invite a 101 202-555-0101
        pickup B1
        ack a
        trace
        ask B1 image
        ask a
        bye a
        ",
        &expect![[r#"
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > trace
            > ask B1 image
                answer reinvite B1 (v2 image :4002 9600)
                raw s2
                remote s2 10.0.1.10:7000
                BETWEEN call1 s1 sound PCMU as 0 and s2 9600 bit/s
            > ask a
                answer reinvite a (v2 :4000)
                sound s1 10.0.1.2:7000
            > bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Detail 101 is a fax machine: its faxes are translated to T.38 where the trunk takes it.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Detail T.38 is proposed by the called side (re-INVITE)
                    0s Good Both sides agreed on T.38
                    0s Good The fax is translated (between sound and T.38)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn an_adapter_that_knows_t38_is_passed_on_or_translated() {
    check(
        "
        invite a 101 202-555-0101
        pickup B1
        ack a
        trace
        ask a image
        agree B1 image
        bye a
        invite b 101 202-555-0102
        pickup B2
        ack b
        ask b image
        disagree B2 488
        bye b
        ",
        &expect![[r#"
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > trace
            > ask a image
                answer reinvite a (v2 image :4000 9600)
                raw s1
                remote s1 10.0.1.2:7000
                BETWEEN call1 s1 9600 bit/s and s2 sound PCMU as 0
                reinvite B1 (v2 audio closed image :4002 9600)
            > agree B1 image
                raw s2
                remote s2 10.0.1.10:7000
                BETWEEN call1 s1 9600 bit/s and s2 9600 bit/s
            > bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Detail 101 is a fax machine: its faxes are translated to T.38 where the trunk takes it.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Detail T.38 is proposed by the caller (re-INVITE)
                    0s Good Both sides agreed on T.38
                    0s Good The fax is translated (between sound and T.38)
                    0s Detail We propose T.38 to the called side (re-INVITE)
                    0s Good Both sides agreed on T.38
                    0s Good The fax passes as it is (T.38 on both sides)
                    0s Good The caller hung up
                    0s Good Ended
            > invite b 101 202-555-0102
                open s3 :4004
                open s4 :4006
                invite B2 sip:+12025550102@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer b (v1 :4004)
                sound s3 10.0.0.101:7000
                bridge s3 s4
            > ack b
            > ask b image
                answer reinvite b (v2 image :4004 9600)
                raw s3
                remote s3 10.0.1.3:7000
                BETWEEN call2 s3 9600 bit/s and s4 sound PCMU as 0
                reinvite B2 (v2 audio closed image :4006 9600)
            > disagree B2 488
                BETWEEN call2 s3 9600 bit/s and s4 sound PCMU as 0
            > bye b
                bye B2
                close s3 s4
                FAX LINE ENDED call2
                RECORD call2 Out 101 > +12025550102 HungUp fault None talked 0s packets 3/4
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Detail 101 is a fax machine: its faxes are translated to T.38 where the trunk takes it.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Detail T.38 is proposed by the caller (re-INVITE)
                    0s Good Both sides agreed on T.38
                    0s Good The fax is translated (between sound and T.38)
                    0s Detail We propose T.38 to the called side (re-INVITE)
                    0s Warn T.38 is not taken by the called side: there the fax goes as sound (status 488)
                    0s Good The fax is translated (between sound and T.38)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

/// Its packets are passed on as they are, so it is told of no speed that the other end cannot do; and asked again, it hears the same.
#[test]
fn of_two_that_know_t38_each_is_told_of_the_slower_one() {
    check(
        "
        invite a 101 202-555-0101
        pickup B1
        ack a
        faxtone s1
        agree B1 image rate=4800
        ask a image rate=14400
        ask a image rate=14400
        ask a nosdp
        ackanswer a image
        bye a
        ",
        &expect![[r#"
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > faxtone s1
                reinvite B1 (v2 audio closed image :4002 14400)
            > agree B1 image rate=4800
                raw s2
                remote s2 10.0.1.10:7000
                BETWEEN call1 s1 sound PCMU as 0 and s2 4800 bit/s
            > ask a image rate=14400
                answer reinvite a (v2 image :4000 4800)
                raw s1
                remote s1 10.0.1.2:7000
                BETWEEN call1 s1 14400 bit/s and s2 4800 bit/s
            > ask a image rate=14400
                answer reinvite a (v2 image :4000 4800)
                remote s1 10.0.1.2:7000
            > ask a nosdp
                answer reinvite a (v2 image :4000 4800)
            > ackanswer a image
                remote s1 10.0.1.2:7000
            > bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_machine_outside_calls_one_of_ours() {
    check(
        "
        register 101
        invite p main:+12025550101 +12025550123
        pickup B1
        trace
        faxtone s1
        agree p image
        bye p
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite p main:+12025550101 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > trace
            > faxtone s1
                reinvite p (v2 audio closed image :4000 14400)
            > agree p image
                raw s1
                remote s1 10.0.1.2:7000
                BETWEEN call1 s1 9600 bit/s and s2 sound PCMU as 0
            > bye p
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Detail 101 is a fax machine: its faxes are translated to T.38 where the trunk takes it.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Good A fax machine is on the line (CNG or V.21)
                    0s Detail We propose T.38 to the caller (re-INVITE)
                    0s Good Both sides agreed on T.38
                    0s Good The fax is translated (between sound and T.38)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

/// What the machine outside says it is itself: nobody has to be heard.
#[test]
fn a_trunk_that_calls_one_of_ours_proposes_t38_by_itself() {
    check(
        "
        register 101
        invite p main:+12025550101 +12025550123
        pickup B1
        ask p image
        lost B1
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite p main:+12025550101 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > ask p image
                answer reinvite p (v2 image :4000 9600)
                raw s1
                remote s1 10.0.1.2:7000
                BETWEEN call1 s1 9600 bit/s and s2 sound PCMU as 0
            > lost B1
                bye p
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550123 Lost fault Callee talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_gateway_that_ends_takes_the_call_with_it() {
    check(
        "
        invite a 101 202-555-0101
        pickup B1
        ack a
        trace
        ask B1 image
        faxdone
        ",
        &expect![[r#"
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > trace
            > ask B1 image
                answer reinvite B1 (v2 image :4002 9600)
                raw s2
                remote s2 10.0.1.10:7000
                BETWEEN call1 s1 sound PCMU as 0 and s2 9600 bit/s
            > faxdone
                bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 OurFault fault Us talked 0s packets 1/2
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Detail 101 is a fax machine: its faxes are translated to T.38 where the trunk takes it.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Detail T.38 is proposed by the called side (re-INVITE)
                    0s Good Both sides agreed on T.38
                    0s Good The fax is translated (between sound and T.38)
                    0s Bad The gateway between the two fax machines ended
                    0s Bad Frontdesk could not handle the call
        "#]],
    );
}
