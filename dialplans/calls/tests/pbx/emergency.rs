//! Calls for help (DESIGN invariant 7).

use std::sync::Arc;

use calls::{Command, Input, Limits};
use expect_test::expect;
use model::Settings;
use plan::Plan;

use crate::bench::{Bench, SETTINGS, check};

#[test]
fn from_a_phone_that_never_registered_without_a_challenge() {
    check(
        "trace\ninvite a device:ghost 911\nring B1\npickup B1\nwait 90\nbye B1",
        &expect![[r#"
            > trace
            > invite a device:ghost 911
                ALERT call1 A phone that has not registered, at 10.0.0.77, called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.77:7000
                bridge s1 s2
            > wait 90
            > bye B1
                bye a
                close s1 s2
                RECORD call1 EMERGENCY Out ? > 911 HungUp fault None talked 90s packets 1/2
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Good It rings
                    0s Good Answered by the trunk main
                   90s Good The called side hung up
                   90s Good Ended
        "#]],
    );
}

#[test]
fn wrong_credentials_do_not_matter() {
    check(
        "invite a 101 911 auth=wrong\npickup B1\nbye a\ninvite b 101 911 auth=stale\ncancel b",
        &expect![[r#"
            > invite a 101 911 auth=wrong
                ALERT call1 A phone that has not registered and calls itself Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
            > invite b 101 911 auth=stale
                ALERT call2 A phone that has not registered and calls itself Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s3 :4004
                open s4 :4006
                invite B2 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > cancel b
                cancel B2
                close s3 s4
                RECORD call2 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 3/4
        "#]],
    );
}

#[test]
fn the_next_trunk_is_called_when_one_refuses() {
    check(
        "invite a 101 911\nrefuse B1 503\nring B2\npickup B2\nlive\nbye a\ntrunks",
        &expect![[r#"
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B1 503
                invite B2 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > ring B2
                ring a 180
            > pickup B2
                sound s2 10.0.1.11:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > live
                call1 Talking emergency true
            > bye a
                bye B2
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
            > trunks
                main 0/2 healthy false
                backup 0/10 healthy true
        "#]],
    );
}

#[test]
fn a_silent_trunk_gets_company_and_the_first_answer_wins() {
    check(
        "trace\ninvite a 101 911\nwait 5\nring B1\npickup B2\nbye a",
        &expect![[r#"
            > trace
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > wait 5
                invite B2 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > pickup B2
                cancel B1 taken
                sound s2 10.0.1.11:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B2
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    4s Warn The trunk is silent; the next one is called as well
                    4s Good Calling over the trunk backup
                    5s Good It rings
                    5s Good Answered by the trunk backup
                    5s Good The caller hung up
                    5s Good Ended
        "#]],
    );
}

#[test]
fn a_trunk_that_rings_is_left_to_ring() {
    check(
        "invite a 101 911\nring B1\nwait 60\npickup B1\nbye a",
        &expect![[r#"
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > wait 60
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn when_no_trunk_takes_it_staff_are_told_what_to_do() {
    check(
        "invite a 101 911\nrefuse B1 503\nrefuse B2 503\nrefuse B3 503\nrefuse B4 503\nwait 2\nrefuse B5 503\nrefuse B6 503\nrefuse B7 503\nrefuse B8 503",
        &expect![[r#"
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B1 503
                invite B2 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B2 503
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B3 503
                invite B4 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B4 503
                ALERT call1 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
            > wait 2
                invite B5 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B5 503
                invite B6 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B6 503
                invite B7 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B7 503
                invite B8 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B8 503
                refuse a 502
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 TrunkFailed fault Trunk packets 1/2
        "#]],
    );
}

#[test]
fn nobody_ends_it_from_the_console() {
    check(
        "invite a 101 911\npickup B1\nhangup\nbye a",
        &expect![[r#"
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > hangup
                not hung up call1: An emergency call is ended only by those who talk.
            > bye a
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_port_that_is_taken_does_not_stop_it() {
    check(
        "invite a 101 911\nbindfail s2\npickup B2\nbye a",
        &expect![[r#"
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > bindfail s2
                open s3 :4004
                cancel B1
                invite B2 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > pickup B2
                sound s3 10.0.1.11:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s3
            > bye a
                bye B2
                close s1 s3
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/3
        "#]],
    );
}

#[test]
fn a_trunk_cannot_start_one() {
    check(
        "invite a main:+12025550101 911\ninvite b stranger:101 911",
        &expect![[r#"
        > invite a main:+12025550101 911
            refuse a 404
            RECORD call1 In +12025550101 > 911 Unreachable fault Caller packets 0/0
        > invite b stranger:101 911
            refuse b 403
    "#]],
    );
}

#[test]
fn a_phone_that_cannot_speak_with_us_raises_the_alarm() {
    check(
        "invite a 101 911 g729\ninvite b 101 911 garbage",
        &expect![[r#"
        > invite a 101 911 g729
            ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
            refuse a 488
            ALERT call1 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
            RECORD call1 EMERGENCY Out 101 > 911 Refused fault Caller packets 0/0
        > invite b 101 911 garbage
            ALERT call2 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
            refuse b 400
            ALERT call2 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
            RECORD call2 EMERGENCY Out 101 > 911 Refused fault Caller packets 0/0
    "#]],
    );
}

#[test]
fn ports_that_rest_after_many_calls_do_not_stop_it() {
    let mut bench = crate::bench::Bench::new(calls::Limits::default());
    bench.run_line("register 102");
    // All ordinary ports rest after twelve calls that are over, and an ordinary call is refused.
    for n in 1..=12 {
        for line in [format!("invite a{n} 101 102"), format!("pickup B{n}"), format!("bye a{n}")] {
            bench.run_line(&line);
        }
    }
    bench.run_line("invite late 101 102");
    assert!(bench.log.contains("refuse late 503"), "{}", bench.log);
    // More calls for help than there are ports of their own, before any has rested.
    for n in 13..=24 {
        for line in [format!("invite h{n} 101 911"), format!("pickup B{n}"), format!("bye h{n}")] {
            bench.run_line(&line);
        }
        assert!(bench.log.contains(&format!("answer h{n} ")), "{}", bench.log);
    }
    bench.check_rest();
}

#[test]
fn ports_that_ordinary_calls_have_in_use_do_not_stop_it() {
    let mut bench = crate::bench::Bench::new(calls::Limits::default());
    bench.run_line("register 102");
    for n in 0..12 {
        bench.run_line(&format!("invite a{n} 101 102"));
    }
    bench.run_line("invite late 101 102");
    assert!(bench.log.contains("refuse late 503"), "{}", bench.log);
    // More than there are ports of their own, all at once; the last ones are beyond the range.
    for n in 0..16 {
        bench.run_line(&format!("invite h{n} 102 911"));
    }
    assert!(!bench.log.contains("refuse h"), "{}", bench.log);
    bench.log.clear();
    bench.run_line("invite z 102 911");
    expect![[r#"
        > invite z 102 911
            ALERT call18 Extension 102 (Nurse) called 911. -> 101,102,103
            open s57 :4112
            open s58 :4114
            invite B29 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4114)
    "#]]
    .assert_eq(&bench.log);
    for n in 0..12 {
        bench.run_line(&format!("cancel a{n}"));
    }
    for n in 0..16 {
        bench.run_line(&format!("cancel h{n}"));
    }
    bench.run_line("cancel z");
    bench.check_rest();
}

#[test]
fn when_not_one_port_is_left_the_alarm_is_raised() {
    let mut bench = crate::bench::Bench::new(calls::Limits::default());
    for n in 0..32 {
        bench.run_line(&format!("invite a{n} 101 911"));
    }
    assert!(!bench.log.contains("refuse"), "{}", bench.log);
    bench.log.clear();
    bench.run_line("invite z 101 911");
    expect![[r#"
        > invite z 101 911
            ALERT call33 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
            refuse z 503 retry-after 5
            ALERT call33 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
            RECORD call33 EMERGENCY Out 101 > 911 OurFault fault Us packets 0/0
    "#]]
    .assert_eq(&bench.log);
    for n in 0..32 {
        bench.run_line(&format!("cancel a{n}"));
    }
    bench.check_rest();
}

#[test]
fn it_goes_out_although_the_plan_is_only_the_lifeline() {
    check(
        "reload 101\ninvite a 102 911\ncancel a",
        &expect![[r#"
        > reload 101
            set peers: 1 trunks
        > invite a 102 911
            ALERT call1 A phone that has not registered, at 10.0.0.102, called 911. -> 101
            open s1 :4000
            open s2 :4002
            invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > cancel a
            cancel B1
            close s1 s2
            RECORD call1 EMERGENCY Out ? > 911 Abandoned fault Caller packets 1/2
    "#]],
    );
}

#[test]
fn each_country_has_its_own_numbers() {
    let british = SETTINGS.replace("[clinic]\n", "[clinic]\ncountry = \"GB\"\n");
    let settings = Settings::parse(&british).expect("the settings of a British clinic");
    let mut bench = Bench::with(Limits::default(), settings);
    bench.run("invite a device:ghost 999\ncancel a\ninvite b device:ghost 911");
    bench.check_rest();
    expect![[r#"
        > invite a device:ghost 999
            ALERT call1 A phone that has not registered, at 10.0.0.77, called 999. -> 101,102,103
            open s1 :4000
            open s2 :4002
            invite B1 sip:999@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > cancel a
            cancel B1
            close s1 s2
            RECORD call1 EMERGENCY Out ? > 999 Abandoned fault Caller packets 1/2
        > invite b device:ghost 911
            challenge b
    "#]]
    .assert_eq(&bench.log);
}

/// The carrier's tones are those of the trunk that is being called, and not of one that has failed.
#[test]
fn the_tones_of_the_next_trunk_are_heard() {
    check(
        "invite a 101 911\nearly B1\nrefuse B1 503\nearly B2\ncancel a",
        &expect![[r#"
        > invite a 101 911
            ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
            open s1 :4000
            open s2 :4002
            invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > early B1
            sound s2 10.0.1.10:7000
            sound s1 10.0.0.101:7000
            bridge s1 s2
            ring a 183 (v1 :4000)
        > refuse B1 503
            invite B2 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > early B2
            sound s2 10.0.1.11:7000
        > cancel a
            cancel B2
            close s1 s2
            RECORD call1 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 1/2
    "#]],
    );
}

/// The door must know them, or it would refuse such a call with all others when it has no room.
#[test]
fn a_plan_that_goes_live_says_which_numbers_are_help() {
    let settings = Arc::new(Settings::parse(SETTINGS).expect("good"));
    let text = plan::library("solo-practice").expect("it is there");
    let text = text.replace("[emergency]", "[emergency]\nnumbers = [\"988\"]");
    let plan = Arc::new(Plan::of(&Settings { plan: text, ..Settings::clone(&settings) }).expect("good"));
    let mut bench = Bench::new(Limits::default());
    bench.input(Input::Command(Command::Reload { settings, plan }));
    assert!(bench.log.contains("set emergency: 911, 9911, 933, 9933, 988, 9988\n"), "{}", bench.log);
}

/// Four digits that are no number of the country, dialled by a phone that nobody knows: neither the door nor the country's numbering may
/// stand before it.
#[test]
fn a_number_of_the_plan_alone_reaches_help() {
    let text = plan::library("solo-practice").expect("it is there");
    let text = text.replace("[emergency]", "[emergency]\nnumbers = [\"2222\"]");
    let mut bench = Bench::with_plan(Limits::default(), &text);
    bench.run("invite a device:ghost 2222\ncancel a\ninvite b 101 9-2222\ncancel b");
    bench.check_rest();
    expect![[r#"
        > invite a device:ghost 2222
            ALERT call1 A phone that has not registered, at 10.0.0.77, called 2222. -> 101,102,103
            open s1 :4000
            open s2 :4002
            invite B1 sip:2222@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > cancel a
            cancel B1
            close s1 s2
            RECORD call1 EMERGENCY Out ? > 2222 Abandoned fault Caller packets 1/2
        > invite b 101 9-2222
            ALERT call2 Extension 101 (Front desk, ground floor) called 2222. -> 101,102,103
            open s3 :4004
            open s4 :4006
            invite B2 sip:2222@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
        > cancel b
            cancel B2
            close s3 s4
            RECORD call2 EMERGENCY Out 101 > 2222 Abandoned fault Caller packets 3/4
    "#]]
    .assert_eq(&bench.log);
}

/// A base sends for all of its handsets from one port, and so does a proxy for all phones behind it: the path alone does not tell who calls.
#[test]
fn of_several_phones_at_one_port_the_one_that_calls_is_named() {
    let mut bench = Bench::new(Limits::default());
    bench.run("register 101 at=10.0.0.50:5060\nregister 102 at=10.0.0.50:5060");
    bench.run("invite a 102 911 at=10.0.0.50:5060 auth=none\ncancel a");
    // One that is not registered there, and one whose name is nobody's.
    bench.run("invite b 103 911 at=10.0.0.50:5060 auth=none\ncancel b");
    bench.run("invite c device:ghost 911 at=10.0.0.50:5060\ncancel c");
    // Where only one is registered, that is who it is, whatever it says.
    bench.run("register 101\ninvite d 102 911 at=10.0.0.101:5060 auth=none\ncancel d");
    bench.check_rest();
    let who: Vec<&str> =
        bench.log.lines().map(str::trim).filter(|l| l.contains("ALERT") || l.contains("RECORD")).collect();
    expect![[r#"
        ALERT call1 Extension 102 (Nurse) called 911. -> 101,102,103
        RECORD call1 EMERGENCY Out 102 > 911 Abandoned fault Caller packets 1/2
        ALERT call2 A phone that has not registered and calls itself Extension 103 (Doctor) called 911. -> 101,102,103
        RECORD call2 EMERGENCY Out 103 > 911 Abandoned fault Caller packets 3/4
        ALERT call3 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
        RECORD call3 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 5/6
        ALERT call4 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
        RECORD call4 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 7/8"#]]
    .assert_eq(&who.join("\n"));
}
