//! Faxes of ours to carriers that take no sound: refused for their media, they call once more with T.38 alone.

use calls::Limits;
use expect_test::expect;
use model::Settings;

use crate::bench::{Bench, SETTINGS, check};

#[test]
fn whoever_refuses_sound_is_called_with_t38_alone_and_gets_the_fax() {
    check(
        "
        trace
        fax +12025550101
        refuse B1 488
        ring B2
        pickup B2 image
        ask B2 nosdp
        ackanswer B2 image
        ask B2 image
        ask B2
        wait 60
        faxdone
        trunks
        ",
        &expect![[r#"
            > trace
            > fax +12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
            > refuse B1 488
                invite B2 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 image :4000 14400)
            > ring B2
            > pickup B2 image
                raw s1
                remote s1 10.0.1.11:7000
                ATTACH call1 s1 Out +12025550199 > +12025550101 9600 bit/s
            > ask B2 nosdp
                answer reinvite B2 (v1 image :4000 14400)
            > ackanswer B2 image
                remote s1 10.0.1.11:7000
            > ask B2 image
                answer reinvite B2 (v1 image :4000 9600)
                remote s1 10.0.1.11:7000
            > ask B2
                refuse reinvite B2 488
            > wait 60
            > faxdone
                bye B2
                close s1
                FAX LINE ENDED call1
                RECORD call1 Out +12025550199 > +12025550101 HungUp fault None talked 60s packets 0/1
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Warn The call was refused (status 488)
                    0s Detail They may take fax over IP alone: the call goes once more, without sound (T.38)
                    0s Good Calling over the trunk main
                    0s Good It rings
                    0s Good Answered
                    0s Good Both sides agreed on T.38
                    0s Detail They asked for other media in the middle of the fax, which was refused (no T.38 over UDPTL)
                   60s Good Ended
            > trunks
                main 0/2 healthy true
                backup 0/10 healthy true
        "#]],
    );
}

/// What it comes to is no carrier that is away, and the trunk is as good as it was for all others.
#[test]
fn whoever_refuses_t38_alone_too_has_nothing_in_common_with_us() {
    let logs = [488, 415, 606].map(|code| {
        let mut bench = Bench::new(Limits::default());
        bench.run(&format!("fax +12025550101\nrefuse B1 {code}\nrefuse B2 {code}\ntrunks"));
        bench.check_rest();
        bench.log.replace(&format!(" {code}"), " CODE")
    });
    assert!(logs.iter().all(|log| *log == logs[0]), "{logs:?}");
    expect![[r#"
        > fax +12025550101
            open s1 :4000
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
        > refuse B1 CODE
            invite B2 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 image :4000 14400)
        > refuse B2 CODE
            close s1
            FAX FAILED call1 Out NoCommonMedia
            RECORD call1 Out +12025550199 > +12025550101 Refused fault Callee packets 0/1
        > trunks
            main 0/2 healthy true
            backup 0/10 healthy true
    "#]].assert_eq(&logs[0]);
}

#[test]
fn what_else_may_become_of_t38_alone() {
    for (script, expected) in [
        (
            "refuse B2 486",
            expect![[r#"
            > refuse B2 486
                close s1
                FAX FAILED call1 Out Busy
                RECORD call1 Out +12025550199 > +12025550101 Busy fault Callee packets 0/1
        "#]],
        ),
        // It has said something before, so it is there.
        (
            "refuse B2 408\ntrunks",
            expect![[r#"
            > refuse B2 408
                close s1
                FAX FAILED call1 Out NoAnswer
                RECORD call1 Out +12025550199 > +12025550101 NoAnswer fault Callee packets 0/1
            > trunks
                main 0/2 healthy true
                backup 0/10 healthy true
        "#]],
        ),
        (
            "refuse B2 503\ntrunks",
            expect![[r#"
            > refuse B2 503
                close s1
                FAX FAILED call1 Out TrunkDown
                RECORD call1 Out +12025550199 > +12025550101 TrunkFailed fault Trunk packets 0/1
            > trunks
                main 0/2 healthy true
                backup 0/10 healthy true
        "#]],
        ),
        (
            "ring B2\nwait 61",
            expect![[r#"
            > ring B2
            > wait 61
                cancel B2
                close s1
                FAX FAILED call1 Out NoAnswer
                RECORD call1 Out +12025550199 > +12025550101 NoAnswer fault Callee packets 0/1
        "#]],
        ),
        (
            "wait 59\nring B2\nwait 2\nfaxdone",
            expect![[r#"
            > wait 59
            > ring B2
            > wait 2
                cancel B2
                close s1
                FAX FAILED call1 Out NoAnswer
                RECORD call1 Out +12025550199 > +12025550101 NoAnswer fault Callee packets 0/1
            > faxdone
        "#]],
        ),
        (
            "pickup B2",
            expect![[r#"
            > pickup B2
                bye B2
                close s1
                FAX FAILED call1 Out NoCommonMedia
                RECORD call1 Out +12025550199 > +12025550101 Refused fault Callee talked 0s packets 0/1
        "#]],
        ),
        (
            "pickup B2 garbage",
            expect![[r#"
            > pickup B2 garbage
                bye B2
                close s1
                FAX FAILED call1 Out NoCommonMedia
                RECORD call1 Out +12025550199 > +12025550101 Refused fault Callee talked 0s packets 0/1
        "#]],
        ),
        (
            "pickup B2 closed",
            expect![[r#"
            > pickup B2 closed
                bye B2
                close s1
                FAX FAILED call1 Out NoCommonMedia
                RECORD call1 Out +12025550199 > +12025550101 Refused fault Callee talked 0s packets 0/1
        "#]],
        ),
        (
            "pickup B2 both\nbye B2",
            expect![[r#"
            > pickup B2 both
                raw s1
                remote s1 10.0.1.11:7000
                ATTACH call1 s1 Out +12025550199 > +12025550101 9600 bit/s
            > bye B2
                close s1
                FAX LINE ENDED call1
                RECORD call1 Out +12025550199 > +12025550101 HungUp fault None talked 0s packets 0/1
        "#]],
        ),
        (
            "bindfail s1",
            expect![[r#"
            > bindfail s1
                cancel B2
                FAX FAILED call1 Out OurFault
                RECORD call1 Out +12025550199 > +12025550101 OurFault fault Us packets 0/0
        "#]],
        ),
    ] {
        let mut bench = Bench::new(Limits::default());
        bench.run("fax +12025550101\nrefuse B1 488");
        bench.log.clear();
        bench.run(script);
        bench.check_rest();
        expected.assert_eq(&bench.log);
    }
}

/// A manner of calling, or the settings of the trunk, may rule it out.
#[test]
fn t38_alone_is_offered_nobody_who_is_to_get_sound_or_encryption() {
    let sound = expect![[r#"
        > trace
        > fax +12025550101 sound
            open s1 :4000
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000)
        > refuse B1 488
            close s1
            FAX FAILED call1 Out NoCommonMedia
            RECORD call1 Out +12025550199 > +12025550101 Refused fault Callee packets 0/1
                0s Detail It is a national number: the plan sends these over the trunk main.
                0s Good Calling over the trunk main
                0s Warn The call was refused (status 488)
                0s Detail T.38 alone is not offered (it is not wanted in this call)
                0s Warn Refused
    "#]];
    check("trace\nfax +12025550101 sound\nrefuse B1 488", &sound);
    let sealed = SETTINGS.replace("channels = 2", "channels = 2\nmedia = \"srtp\"");
    let mut bench = Bench::with(Limits::default(), Settings::parse(&sealed).expect("good settings"));
    bench.run("trace\nfax +12025550101\nrefuse B1 488");
    bench.check_rest();
    expect![[r#"
        > trace
        > fax +12025550101
            open s1 :4000
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000 savp 1=su3W/2=1HdP/3=KYNe)
        > refuse B1 488
            close s1
            FAX FAILED call1 Out NoCommonMedia
            RECORD call1 Out +12025550199 > +12025550101 Refused fault Callee packets 0/1
                0s Detail It is a national number: the plan sends these over the trunk main.
                0s Good Calling over the trunk main
                0s Warn The call was refused (status 488)
                0s Detail T.38 alone is not offered (its sound would be encrypted)
                0s Warn Refused
    "#]].assert_eq(&bench.log);
}

/// A call of a person stays what it is.
#[test]
fn a_person_whose_sound_is_refused_is_not_called_with_t38() {
    check(
        "register 101\ninvite A 101 +12025550101\nrefuse B1 488",
        &expect![[r#"
        > register 101
            bindings [101 udp 10.0.0.101:5060]
            accept register [sip:101@10.0.0.101 3600s]
        > invite A 101 +12025550101
            open s1 :4000
            open s2 :4002
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > refuse B1 488
            refuse A 488
            close s1 s2
            RECORD call1 Out 101 > +12025550101 TrunkFailed fault Trunk packets 1/2
    "#]],
    );
}
