//! Calls that our fax machine makes.

use expect_test::expect;

use crate::bench::check;

#[test]
fn a_fax_goes_out_and_they_propose() {
    check(
        "
        trace
        fax +12025550101
        ring B1
        pickup B1
        wait 1
        ask B1 image
        wait 60
        faxdone
        faxdone
        ",
        &expect![[r#"
            > trace
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > ring B1
            > pickup B1
                sound s1 10.0.1.10:7000
            > wait 1
                ATTACH call1 s1 Out +12025550199 > +12025550101 sound PCMU as 0
            > ask B1 image
                answer reinvite B1 (v2 image :4000 9600)
                raw s1
                remote s1 10.0.1.10:7000
                ATTACH call1 s1 Out +12025550199 > +12025550101 9600 bit/s
            > wait 60
            > faxdone
                bye B1
                close s1
                FAX LINE ENDED call1
                RECORD call1 Out +12025550199 > +12025550101 HungUp fault None talked 61s packets 0/1
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good It rings
                    0s Good Answered
                    1s Detail The fax begins as sound (PCMU)
                    1s Detail They propose T.38 (re-INVITE)
                    1s Good Both sides agreed on T.38
                   61s Good Ended
            > faxdone
        "#]],
    );
}

#[test]
fn a_fax_goes_out_and_we_propose() {
    check(
        "fax +12025550101\npickup B1\nwait 4\nagree B1 image\nwait 60\nbye B1",
        &expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > pickup B1
                sound s1 10.0.1.10:7000
            > wait 4
                ATTACH call1 s1 Out +12025550199 > +12025550101 sound PCMU as 0
                reinvite B1 (v2 audio closed image :4000 14400)
            > agree B1 image
                raw s1
                remote s1 10.0.1.10:7000
                ATTACH call1 s1 Out +12025550199 > +12025550101 9600 bit/s
            > wait 60
            > bye B1
                close s1
                FAX LINE ENDED call1
                RECORD call1 Out +12025550199 > +12025550101 HungUp fault None talked 64s packets 0/1
        "#]],
    );
}

#[test]
fn their_line_drops() {
    check(
        "fax +12025550101\npickup B1\nwait 4\nagree B1 image\nlost B1",
        &expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > pickup B1
                sound s1 10.0.1.10:7000
            > wait 4
                ATTACH call1 s1 Out +12025550199 > +12025550101 sound PCMU as 0
                reinvite B1 (v2 audio closed image :4000 14400)
            > agree B1 image
                raw s1
                remote s1 10.0.1.10:7000
                ATTACH call1 s1 Out +12025550199 > +12025550101 9600 bit/s
            > lost B1
                close s1
                FAX LINE ENDED call1
                RECORD call1 Out +12025550199 > +12025550101 Lost fault Callee talked 4s packets 0/1
        "#]],
    );
}

#[test]
fn what_may_become_of_dialling() {
    for (script, expected) in [
        (
            "refuse B1 486",
            expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > refuse B1 486
                close s1
                FAX FAILED call1 Out Busy
                RECORD call1 Out +12025550199 > +12025550101 Busy fault Callee packets 0/1
        "#]],
        ),
        (
            "refuse B1 404",
            expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > refuse B1 404
                close s1
                FAX FAILED call1 Out NoSuchNumber
                RECORD call1 Out +12025550199 > +12025550101 Unreachable fault Callee packets 0/1
        "#]],
        ),
        (
            "refuse B1 403\ntrunks",
            expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > refuse B1 403
                close s1
                FAX FAILED call1 Out LineRefused
                RECORD call1 Out +12025550199 > +12025550101 Refused fault Trunk packets 0/1
            > trunks
                main 0/2 healthy false
                backup 0/10 healthy true
        "#]],
        ),
        (
            "refuse B1 603",
            expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > refuse B1 603
                close s1
                FAX FAILED call1 Out Refused
                RECORD call1 Out +12025550199 > +12025550101 Refused fault Callee packets 0/1
        "#]],
        ),
        (
            "refuse B1 503",
            expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > refuse B1 503
                close s1
                FAX FAILED call1 Out TrunkDown
                RECORD call1 Out +12025550199 > +12025550101 TrunkFailed fault Trunk packets 0/1
        "#]],
        ),
        (
            "ring B1\nwait 61",
            expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > ring B1
            > wait 61
                cancel B1
                close s1
                FAX FAILED call1 Out NoAnswer
                RECORD call1 Out +12025550199 > +12025550101 NoAnswer fault Callee packets 0/1
        "#]],
        ),
        (
            "ring B1\nfaxdone",
            expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > ring B1
            > faxdone
                cancel B1
                close s1
                FAX FAILED call1 Out Cancelled
                RECORD call1 Out +12025550199 > +12025550101 Abandoned fault None packets 0/1
        "#]],
        ),
        (
            "pickup B1\nwait 4\ndisagree B1 488\nwait 60\nfaxdone",
            expect![[r#"
                > fax +12025550101
                    open s1 :4000
                    invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
                > pickup B1
                    sound s1 10.0.1.10:7000
                > wait 4
                    ATTACH call1 s1 Out +12025550199 > +12025550101 sound PCMU as 0
                    reinvite B1 (v2 audio closed image :4000 14400)
                > disagree B1 488
                > wait 60
                > faxdone
                    bye B1
                    close s1
                    FAX LINE ENDED call1
                    RECORD call1 Out +12025550199 > +12025550101 HungUp fault None talked 64s packets 0/1
            "#]],
        ),
        // A gateway that is there and never answers what it does not know.
        (
            "pickup B1\nwait 4\ndisagree B1 408\nwait 60\nfaxdone",
            expect![[r#"
                > fax +12025550101
                    open s1 :4000
                    invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
                > pickup B1
                    sound s1 10.0.1.10:7000
                > wait 4
                    ATTACH call1 s1 Out +12025550199 > +12025550101 sound PCMU as 0
                    reinvite B1 (v2 audio closed image :4000 14400)
                > disagree B1 408
                > wait 60
                > faxdone
                    bye B1
                    close s1
                    FAX LINE ENDED call1
                    RECORD call1 Out +12025550199 > +12025550101 HungUp fault None talked 64s packets 0/1
            "#]],
        ),
        (
            "pickup B1\nbye B1",
            expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > pickup B1
                sound s1 10.0.1.10:7000
            > bye B1
                close s1
                FAX FAILED call1 Out NotAFax
                RECORD call1 Out +12025550199 > +12025550101 HungUp fault None talked 0s packets 0/1
        "#]],
        ),
        (
            "bindfail s1",
            expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > bindfail s1
                cancel B1
                FAX FAILED call1 Out OurFault
                RECORD call1 Out +12025550199 > +12025550101 OurFault fault Us packets 0/0
        "#]],
        ),
        (
            "pickup B1\nhangup",
            expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > pickup B1
                sound s1 10.0.1.10:7000
            > hangup
                bye B1
                close s1
                FAX FAILED call1 Out Cancelled
                hung up call1
                RECORD call1 Out +12025550199 > +12025550101 HungUp fault None talked 0s packets 0/1
        "#]],
        ),
    ] {
        check(&format!("fax +12025550101\n{script}"), &expected);
    }
}

#[test]
fn their_proposal_in_the_midst_of_a_page_is_refused() {
    check(
        "fax +12025550101\npickup B1\nwait 2\nunderway\nask B1 image\nask B1\nbye B1",
        &expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > pickup B1
                sound s1 10.0.1.10:7000
            > wait 2
                ATTACH call1 s1 Out +12025550199 > +12025550101 sound PCMU as 0
            > underway
            > ask B1 image
                refuse reinvite B1 488
            > ask B1
                answer reinvite B1 (v2 :4000)
                sound s1 10.0.1.10:7000
            > bye B1
                close s1
                FAX LINE ENDED call1
                RECORD call1 Out +12025550199 > +12025550101 HungUp fault None talked 2s packets 0/1
        "#]],
    );
}

#[test]
fn what_cannot_even_be_dialled() {
    check(
        "fax +442079460018",
        &expect![[r#"
        > fax +442079460018
            FAX FAILED call1 Out NotAllowed
            RECORD call1 Out +12025550199 > +442079460018 Refused fault Us packets 0/0
    "#]],
    );
    check(
        "fax +12025550101\nfax +12025550102\nfax +12025550103\nrefuse B1 486\nrefuse B2 486",
        &expect![[r#"
        > fax +12025550101
            open s1 :4000
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
        > fax +12025550102
            open s2 :4002
            invite B2 sip:+12025550102@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4002)
        > fax +12025550103
            FAX FAILED call3 Out TrunkDown
            RECORD call3 Out +12025550199 > +12025550103 TrunkFailed fault Us packets 0/0
        > refuse B1 486
            close s1
            FAX FAILED call1 Out Busy
            RECORD call1 Out +12025550199 > +12025550101 Busy fault Callee packets 0/1
        > refuse B2 486
            close s2
            FAX FAILED call2 Out Busy
            RECORD call2 Out +12025550199 > +12025550102 Busy fault Callee packets 0/2
    "#]],
    );
}

#[test]
fn a_refresh_in_the_middle_changes_nothing() {
    check(
        "
        fax +12025550101
        pickup B1
        ask B1 image
        ask B1 image
        ask B1 nosdp
        ackanswer B1 image
        ask B1
        faxdone
        ",
        &expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > pickup B1
                sound s1 10.0.1.10:7000
            > ask B1 image
                answer reinvite B1 (v2 image :4000 9600)
                raw s1
                remote s1 10.0.1.10:7000
                ATTACH call1 s1 Out +12025550199 > +12025550101 9600 bit/s
            > ask B1 image
                answer reinvite B1 (v2 image :4000 9600)
                remote s1 10.0.1.10:7000
            > ask B1 nosdp
                answer reinvite B1 (v2 image :4000 14400)
            > ackanswer B1 image
                remote s1 10.0.1.10:7000
            > ask B1
                refuse reinvite B1 488
            > faxdone
                bye B1
                close s1
                FAX LINE ENDED call1
                RECORD call1 Out +12025550199 > +12025550101 HungUp fault None talked 0s packets 0/1
        "#]],
    );
}

#[test]
fn both_propose_at_once() {
    check(
        "fax +12025550101\npickup B1\nwait 4\nask B1 image\nagree B1 image\nfaxdone",
        &expect![[r#"
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > pickup B1
                sound s1 10.0.1.10:7000
            > wait 4
                ATTACH call1 s1 Out +12025550199 > +12025550101 sound PCMU as 0
                reinvite B1 (v2 audio closed image :4000 14400)
            > ask B1 image
                answer reinvite B1 (v3 image :4000 9600)
                raw s1
                remote s1 10.0.1.10:7000
                ATTACH call1 s1 Out +12025550199 > +12025550101 9600 bit/s
            > agree B1 image
            > faxdone
                bye B1
                close s1
                FAX LINE ENDED call1
                RECORD call1 Out +12025550199 > +12025550101 HungUp fault None talked 4s packets 0/1
        "#]],
    );
}

/// The queue's next start knows what to make of it; its line did not break, and its machine is not to be sent slower pages for that.
#[test]
fn a_program_that_ends_says_nothing_ill_of_the_line() {
    check(
        "fax +12025550101\nring B1\npickup B1\nwait 1\nask B1 image\nending",
        &expect![[r#"
        > fax +12025550101
            open s1 :4000
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
        > ring B1
        > pickup B1
            sound s1 10.0.1.10:7000
        > wait 1
            ATTACH call1 s1 Out +12025550199 > +12025550101 sound PCMU as 0
        > ask B1 image
            answer reinvite B1 (v2 image :4000 9600)
            raw s1
            remote s1 10.0.1.10:7000
            ATTACH call1 s1 Out +12025550199 > +12025550101 9600 bit/s
        > ending
            bye B1
            close s1
            RECORD call1 Out +12025550199 > +12025550101 HungUp fault None talked 1s packets 0/0
    "#]],
    );
}
