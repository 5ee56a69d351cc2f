//! Faxes of ours to carriers that take no sound, once that is known: the next begins with T.38 alone.

use std::sync::Arc;
use std::time::Duration;

use calls::{Command, Input, Limits};
use expect_test::{Expect, expect};
use model::{Now, Settings};
use plan::Plan;

use crate::bench::{Bench, SETTINGS};

/// A carrier has refused sound and taken T.38 alone.
fn known() -> Bench {
    let mut bench = Bench::new(Limits::default());
    bench.run("fax +12025550101\nrefuse B1 488\npickup B2 image\nbye B2");
    bench.log.clear();
    bench
}

/// Whom a fax is called with next, and what is kept of that.
fn offers(bench: &mut Bench) -> &'static str {
    bench.log.clear();
    bench.run("fax +12025550101");
    let image = bench.log.contains(" image :");
    assert_eq!(image, !bench.pbx.kept(bench.now).image_alone.is_empty(), "{}", bench.log);
    bench.run("faxdone");
    if image { "T.38 alone" } else { "sound" }
}

fn reload(bench: &mut Bench, change: impl Fn(&str) -> String) {
    let settings = Settings::parse(&change(SETTINGS)).expect("good settings");
    let plan = Plan::in_force(&settings).plan;
    bench.input(Input::Command(Command::Reload { settings: Arc::new(settings), plan: Arc::new(plan) }));
}

fn check_known(script: &str, expected: &Expect) {
    let mut bench = known();
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

#[test]
fn the_next_fax_begins_with_t38_alone() {
    check_known(
        "
        trace
        fax +12025550102
        ring B3
        pickup B3 image
        faxdone
        ",
        &expect![[r#"
            > trace
            > fax +12025550102
                open s2 :4002
                invite B3 sip:+12025550102@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 image :4002 14400)
            > ring B3
            > pickup B3 image
                raw s2
                remote s2 10.0.1.12:7000
                ATTACH call2 s2 Out +12025550199 > +12025550102 9600 bit/s
            > faxdone
                bye B3
                close s2
                FAX LINE ENDED call2
                RECORD call2 Out +12025550199 > +12025550102 HungUp fault None talked 0s packets 0/2
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Detail Lately they took fax over IP alone: the call has no sound (T.38)
                    0s Good Calling over the trunk main
                    0s Good It rings
                    0s Good Answered
                    0s Good Both sides agreed on T.38
                    0s Good Ended
        "#]],
    );
}

/// The carrier has changed: no fax is lost by what was known, and the next begins with sound again.
#[test]
fn whoever_refuses_t38_alone_is_called_with_sound_after_all() {
    check_known(
        "
        trace
        fax +12025550101
        refuse B3 488
        ring B4
        pickup B4
        wait 3
        agree B4 image
        faxdone
        fax +12025550101
        faxdone
        ",
        &expect![[r#"
            > trace
            > fax +12025550101
                open s2 :4002
                invite B3 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 image :4002 14400)
            > refuse B3 488
                invite B4 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4002)
            > ring B4
            > pickup B4
                sound s2 10.0.1.13:7000
            > wait 3
                ATTACH call2 s2 Out +12025550199 > +12025550101 sound PCMU as 0
                reinvite B4 (v2 audio closed image :4002 14400)
            > agree B4 image
                raw s2
                remote s2 10.0.1.13:7000
                ATTACH call2 s2 Out +12025550199 > +12025550101 9600 bit/s
            > faxdone
                bye B4
                close s2
                FAX LINE ENDED call2
                RECORD call2 Out +12025550199 > +12025550101 HungUp fault None talked 3s packets 0/2
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Detail Lately they took fax over IP alone: the call has no sound (T.38)
                    0s Good Calling over the trunk main
                    0s Warn The call was refused (status 488)
                    0s Detail They may take sound after all: the call goes once more, with it
                    0s Good Calling over the trunk main
                    0s Good It rings
                    0s Good Answered
                    1s Detail The fax begins as sound (PCMU)
                    3s Detail We propose T.38 (re-INVITE)
                    3s Good Both sides agreed on T.38
                    3s Good Ended
            > fax +12025550101
                open s3 :4004
                invite B5 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4004)
            > faxdone
                cancel B5
                close s3
                FAX FAILED call3 Out Cancelled
                RECORD call3 Out +12025550199 > +12025550101 Abandoned fault None packets 0/3
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Warn The caller hung up before anyone answered
        "#]],
    );
}

/// An answer without T.38 is as good as a refusal, and nobody has talked.
#[test]
fn whoever_answers_t38_alone_with_something_else_is_called_with_sound_after_all() {
    for how in ["", " garbage", " closed"] {
        let mut bench = known();
        bench.run(&format!("fax +12025550101\npickup B3{how}\nwait 5\nrefuse B4 486\nfax +12025550101\nfaxdone"));
        bench.check_rest();
        expect![[r#"
            > fax +12025550101
                open s2 :4002
                invite B3 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 image :4002 14400)
            > pickup B3
                bye B3
                invite B4 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4002)
            > wait 5
            > refuse B4 486
                close s2
                FAX FAILED call2 Out Busy
                RECORD call2 Out +12025550199 > +12025550101 Busy fault Callee packets 0/2
            > fax +12025550101
                open s3 :4004
                invite B5 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4004)
            > faxdone
                cancel B5
                close s3
                FAX FAILED call3 Out Cancelled
                RECORD call3 Out +12025550199 > +12025550101 Abandoned fault None packets 0/3
        "#]]
        .assert_eq(&bench.log.replace(&format!("B3{how}\n"), "B3\n"));
    }
}

/// One call with each, and no third.
#[test]
fn whoever_refuses_both_has_nothing_in_common_with_us() {
    check_known(
        "
        trace
        fax +12025550101
        refuse B3 606
        refuse B4 488
        trunks
        ",
        &expect![[r#"
            > trace
            > fax +12025550101
                open s2 :4002
                invite B3 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 image :4002 14400)
            > refuse B3 606
                invite B4 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4002)
            > refuse B4 488
                close s2
                FAX FAILED call2 Out NoCommonMedia
                RECORD call2 Out +12025550199 > +12025550101 Refused fault Callee packets 0/2
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Detail Lately they took fax over IP alone: the call has no sound (T.38)
                    0s Good Calling over the trunk main
                    0s Warn The call was refused (status 606)
                    0s Detail They may take sound after all: the call goes once more, with it
                    0s Good Calling over the trunk main
                    0s Warn The call was refused (status 488)
                    0s Warn Refused
            > trunks
                main 0/2 healthy true
                backup 0/10 healthy true
        "#]],
    );
}

/// What says nothing of the media changes nothing; what may be a carrier's word for them is not held against it for a month.
#[test]
fn what_is_known_outlives_the_called_side_and_no_trouble_of_the_carrier() {
    let after = |code: u16| {
        let mut bench = known();
        bench.run(&format!("fax +12025550101\nrefuse B3 {code}"));
        let next = offers(&mut bench);
        bench.check_rest();
        (code, next)
    };
    let codes = [486, 404, 480, 603, 403, 408, 500, 503];
    let (kept, forgotten) = codes.split_at(4);
    assert!(kept.iter().all(|code| after(*code).1 == "T.38 alone"), "{:?}", kept.iter().map(|c| after(*c)));
    assert!(forgotten.iter().all(|code| after(*code).1 == "sound"));
}

#[test]
fn it_is_forgotten_when_sound_is_taken_there() {
    for call in [
        "register 101\ninvite A 101 +12025550101\npickup B3\nack A\nbye A",
        // By the machine that was called as its settings wanted it.
        "fax +12025550101 sound\npickup B3\nfaxdone",
    ] {
        let mut bench = known();
        bench.run(call);
        assert_eq!(offers(&mut bench), "sound", "{call}");
        bench.check_rest();
    }
    // Nobody has taken it.
    for call in ["register 101\ninvite A 101 +12025550101\nrefuse B3 486", "fax +12025550101 sound\nrefuse B3 488"] {
        let mut bench = known();
        bench.run(call);
        assert_eq!(offers(&mut bench), "T.38 alone", "{call}");
        bench.check_rest();
    }
}

/// As what is learned of machines is: carriers change. It is the day on which it was learned that counts, and not the last fax.
#[test]
fn it_is_tried_anew_after_thirty_days() {
    let mut bench = known();
    let day = Duration::from_secs(86_400);
    bench.now = bench.now.after(29 * day);
    bench.run("fax +12025550101\npickup B3 image\nfaxdone");
    bench.now = bench.now.after(day);
    bench.run("fax +12025550101\nrefuse B4 488\npickup B5 image\nfaxdone");
    let offered: Vec<_> = bench.log.lines().filter(|line| line.contains("invite B")).collect();
    assert_eq!(
        offered.iter().map(|line| line.contains(" image :")).collect::<Vec<_>>(),
        [true, false, true],
        "{}",
        bench.log
    );
    assert_eq!(offers(&mut bench), "T.38 alone", "it was learned anew");
    bench.check_rest();
}

#[test]
fn a_trunk_that_is_changed_in_the_settings_is_another() {
    let mut bench = known();
    reload(&mut bench, |text| text.replace("Front desk", "Reception"));
    assert_eq!(offers(&mut bench), "T.38 alone", "something else has changed");
    for change in [("192.0.2.1:5060", "192.0.2.9:5060"), ("channels = 2", "channels = 3")] {
        let mut bench = known();
        reload(&mut bench, |text| text.replace(change.0, change.1));
        assert_eq!(offers(&mut bench), "sound", "{change:?}");
        bench.check_rest();
    }
}

#[test]
fn it_outlives_a_restart() {
    let before = known();
    let kept = before.pbx.kept(before.now);
    assert_eq!(kept.image_alone.iter().map(|(trunk, _)| trunk.as_str()).collect::<Vec<_>>(), ["main"]);
    let again = |later: Duration| {
        let mut bench = Bench::new(Limits::default());
        bench.now = Now { wall: before.now.after(later).wall, ..bench.now };
        bench.restore(kept.clone());
        bench.run("fax +12025550101");
        bench.log.contains(" image :")
    };
    assert!(again(Duration::from_secs(3_600)));
    assert!(!again(Duration::from_secs(31 * 86_400)));
}

/// Whatever is known of its trunk.
#[test]
fn no_fax_begins_so_that_is_to_go_as_sound_or_encrypted() {
    let mut bench = known();
    bench.run("fax +12025550101 sound\nrefuse B3 488");
    bench.check_rest();
    expect![[r#"
        > fax +12025550101 sound
            open s2 :4002
            invite B3 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4002)
        > refuse B3 488
            close s2
            FAX FAILED call2 Out NoCommonMedia
            RECORD call2 Out +12025550199 > +12025550101 Refused fault Callee packets 0/2
    "#]].assert_eq(&bench.log);
    let sealed = SETTINGS.replace("channels = 2", "channels = 2\nmedia = \"srtp\"");
    let mut bench = Bench::with(Limits::default(), Settings::parse(&sealed).expect("good settings"));
    bench.restore(known().pbx.kept(bench.now));
    bench.log.clear();
    bench.run("fax +12025550101\nrefuse B1 488");
    bench.check_rest();
    expect![[r#"
        > fax +12025550101
            open s1 :4000
            invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000 savp 1=su3W/2=1HdP/3=KYNe)
        > refuse B1 488
            close s1
            FAX FAILED call1 Out NoCommonMedia
            RECORD call1 Out +12025550199 > +12025550101 Refused fault Callee packets 0/1
    "#]].assert_eq(&bench.log);
}
