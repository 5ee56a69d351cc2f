//! A trunk that takes no T.38, or closes or drops the line when it is asked for it.

use expect_test::expect;

use super::check;

#[test]
fn a_trunk_that_takes_no_t38_gets_the_fax_as_sound_and_may_think_better_of_it() {
    check(
        "
        invite a 101 202-555-0101
        pickup B1
        ack a
        trace
        faxtone s1
        disagree B1 488
        ask B1 image
        bye B1
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
            > faxtone s1
                reinvite B1 (v2 audio closed image :4002 14400)
            > disagree B1 488
                BETWEEN call1 s1 sound PCMU as 0 and s2 sound PCMU as 0
            > ask B1 image
                answer reinvite B1 (v3 image :4002 9600)
                raw s2
                remote s2 10.0.1.10:7000
                BETWEEN call1 s1 sound PCMU as 0 and s2 9600 bit/s
            > bye B1
                bye a
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Detail 101 is a fax machine: its faxes are translated to T.38 where the trunk takes it.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good A fax machine is on the line (CNG or V.21)
                    0s Detail We propose T.38 to the called side (re-INVITE)
                    0s Warn T.38 is not taken by the called side: there the fax goes as sound (status 488)
                    0s Good The fax passes as sound (fixed buffer)
                    0s Detail T.38 is proposed by the called side (re-INVITE)
                    0s Good Both sides agreed on T.38
                    0s Good The fax is translated (between sound and T.38)
                    0s Good The called side hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn a_trunk_that_closes_the_line_in_its_answer_gets_sound_again() {
    check(
        "
        invite a 101 202-555-0101
        pickup B1
        ack a
        faxtone s1
        agree B1
        agree B1
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
            > agree B1
                reinvite B1 (v3 :4002 image closed)
                BETWEEN call1 s1 sound PCMU as 0 and s2 sound PCMU as 0
            > agree B1
                sound s2 10.0.1.10:7000
            > bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_trunk_that_vanishes_while_it_is_asked_ends_the_call() {
    check(
        "
        invite a 101 202-555-0101
        pickup B1
        ack a
        faxtone s1
        disagree B1 481
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
            > disagree B1 481
                bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > +12025550101 Lost fault Trunk talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_trunk_that_never_answers_about_t38_keeps_the_call_and_its_sound() {
    check(
        "
        invite a 101 202-555-0101
        pickup B1
        ack a
        trace
        faxtone s1
        wait 32
        disagree B1 408
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
            > faxtone s1
                reinvite B1 (v2 audio closed image :4002 14400)
            > wait 32
            > disagree B1 408
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 32s packets 1/2
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Detail 101 is a fax machine: its faxes are translated to T.38 where the trunk takes it.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good A fax machine is on the line (CNG or V.21)
                    0s Detail We propose T.38 to the called side (re-INVITE)
                   32s Warn The called side does not answer about T.38: the fax stays sound there (status 408)
                   32s Good The caller hung up
                   32s Good Ended
        "#]],
    );
}
