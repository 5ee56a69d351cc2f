//! Who manages records by phone what callers hear.

use calls::Limits;
use expect_test::{Expect, expect};
use media::SessionId;
use model::settings::Right;
use model::{Random, Settings};
use proptest::prelude::*;

use crate::bench::{Bench, SETTINGS};

const PLAN: &str = r#"
[[inbound]]
number = "main"
to = "announcement snow"
[extensions.600]
to = "announcement snow"
[extensions.601]
to = "announcement closed"
[extensions.602]
to = "menu hello"
[extensions.603]
to = "announcement both"
[announcements.snow]
say = "We are closed today because of the snow."
[announcements.closed]
prompt = "es/clinic_closed"
[announcements.both]
prompt = ["clinic_closed", "clinic_emergency"]
[menus.hello]
prompt = "menu_practice"
keys = { 1 = "101" }
nobody = "hang up"
"#;

/// 101 may manage, and 102 and 103 may not.
fn bench() -> Bench {
    let mut settings = Settings::parse(SETTINGS).expect("the bench's settings are good");
    settings.people[0].rights = vec![Right::Manage];
    let mut bench = Bench::with(Limits::default(), Settings { plan: PLAN.to_owned(), ..settings });
    bench.run("register 101\nregister 102");
    bench.log.clear();
    bench
}

/// Only what follows `before` is told.
fn after(before: &str, script: &str, expected: &Expect) {
    let mut bench = bench();
    bench.run(before);
    bench.log.clear();
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

/// The phone of 101 has answered, after an order of the console, and what to do was said.
const RUNG: &str = "studio 101 en.announcements.snow\nring B1\npickup B1\nplayed s1\n";
/// They have spoken for two seconds.
const SPOKEN: &str = "recorded s1 2\nkey s1 #\nrecorded s1 0.2 stopped\n";

#[test]
fn an_order_of_the_console_rings_ones_own_phone_and_what_was_said_is_heard_and_kept_by_1() {
    after(
        "trace",
        &format!("{RUNG}{SPOKEN}played s1\nkey s1 1\nanswer done\nplayed s1"),
        &expect![[r#"
        > studio 101 en.announcements.snow
            open s1 :4000
            invite B1 sip:101@10.0.0.101 from "Harbor Street Clinic" sip:*75@clinic.demo (v1 :4000)
            it rings for a recording
        > ring B1
        > pickup B1
            sound s1 10.0.1.10:7000
            play s1 record_announcement <Beep>
        > played s1
            record s1 most 60s silence Some(4s)
        > recorded s1 2
        > key s1 #
            stop record s1
        > recorded s1 0.2 stopped
            play s1 (2.2s) announcement_choices
        > played s1
        > key s1 1
            ask record en.announcements.snow by 101 of 2.2s
        > answer done
            play s1 announcement_kept goodbye
        > played s1
            bye B1
            close s1
            RECORD call1 Out 101 > *75 HungUp fault None talked 0s packets 1/0
                0s Good 101 wants to record en.announcements.snow by phone (console)
                0s Good Ringing 1 phone
                0s Good It rings
                0s Good Answered by Front desk
                0s Good It is kept, and callers hear it
                0s Good Ended
    "#]],
    );
}

#[test]
fn it_is_recorded_again_and_heard_again_as_often_as_one_likes() {
    after(
        RUNG,
        &format!(
            "{SPOKEN}key s1 3\nplayed s1\nkey s1 2\nkey s1 #\nplayed s1\nrecorded s1 5 silence\nkey s1 3\nkey s1 1\nanswer done\nbye B1"
        ),
        &expect![[r#"
            > recorded s1 2
            > key s1 #
                stop record s1
            > recorded s1 0.2 stopped
                play s1 (2.2s) announcement_choices
            > key s1 3
                play s1 (2.2s) announcement_choices
            > played s1
            > key s1 2
                play s1 record_announcement <Beep>
            > key s1 #
                play s1 <Beep>
            > played s1
                record s1 most 60s silence Some(4s)
            > recorded s1 5 silence
                play s1 (5s) announcement_choices
            > key s1 3
                play s1 (5s) announcement_choices
            > key s1 1
                stop s1
                ask record en.announcements.snow by 101 of 5s
            > answer done
                play s1 announcement_kept goodbye
            > bye B1
                close s1
                RECORD call1 Out 101 > *75 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

/// Whatever they have heard by then, and whatever the store says later.
#[test]
fn whoever_hangs_up_without_1_keeps_nothing() {
    for said in
        ["", "recorded s1 2\n", SPOKEN, &format!("{SPOKEN}key s1 3\n"), &format!("{SPOKEN}key s1 *\nplayed s1\n")]
    {
        let mut bench = bench();
        bench.run(&format!("{RUNG}{said}"));
        if bench.pbx.live_calls().len() == 1 {
            bench.run("bye B1");
        }
        bench.check_rest();
        assert!(!bench.log.contains("ask record"), "{}", bench.log);
    }
    let mut bench = bench();
    bench.run("studio 101 en.announcements.snow\nring B1\nwait 31");
    bench.check_rest();
    assert!(bench.log.contains("cancel B1") && bench.log.contains("NoAnswer"), "{}", bench.log);
}

#[test]
fn who_has_pressed_1_and_hangs_up_has_kept_it() {
    after(
        &format!("{RUNG}{SPOKEN}"),
        "key s1 1\nbye B1\nanswer done",
        &expect![[r#"
        > key s1 1
            stop s1
            ask record en.announcements.snow by 101 of 2.2s
        > bye B1
            close s1
            RECORD call1 Out 101 > *75 HungUp fault None talked 0s packets 1/0
        > answer done
    "#]],
    );
}

#[test]
fn nobody_is_told_that_it_is_kept_when_it_is_not_and_it_may_be_kept_once_more() {
    after(
        &format!("{RUNG}{SPOKEN}key s1 1"),
        "answer done no\nkey s1 1\nwait 16\nplayed s1",
        &expect![[r#"
        > answer done no
            play s1 announcement_not_kept announcement_choices
        > key s1 1
            stop s1
            ask record en.announcements.snow by 101 of 2.2s
        > wait 16
            play s1 sorry_fault goodbye
        > played s1
            bye B1
            close s1
            RECORD call1 Out 101 > *75 HungUp fault None talked 16s packets 1/0
    "#]],
    );
}

#[test]
fn silence_is_no_recording_and_a_minute_is_the_longest() {
    after(
        RUNG,
        "recorded s1 4 silence hush\nplayed s1\nrecorded s1 60 limit\nbye B1",
        &expect![[r#"
        > recorded s1 4 silence hush
            play s1 nothing_recorded record_announcement <Beep>
        > played s1
            record s1 most 60s silence Some(4s)
        > recorded s1 60 limit
            play s1 message_limit (60s) announcement_choices
        > bye B1
            close s1
            RECORD call1 Out 101 > *75 HungUp fault None talked 0s packets 1/0
    "#]],
    );
}

#[test]
fn who_presses_nothing_is_asked_again_and_nothing_is_kept() {
    after(
        &format!("{RUNG}{SPOKEN}trace"),
        "played s1\nwait 11\nplayed s1\nkey s1 9\nplayed s1\nwait 11\nplayed s1",
        &expect![[r#"
            > played s1
            > wait 11
                play s1 announcement_choices
            > played s1
            > key s1 9
                play s1 invalid_choice announcement_choices
            > played s1
            > wait 11
                play s1 goodbye
            > played s1
                bye B1
                close s1
                RECORD call1 Out 101 > *75 HungUp fault None talked 22s packets 1/0
                    0s Good 101 wants to record en.announcements.snow by phone (console)
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Front desk
                   21s Warn Nothing was kept
                   22s Good Ended
        "#]],
    );
}

/// A code, and the number at which callers hear it; the PIN proves that it is not just anybody at the receiver.
#[test]
fn a_code_with_the_number_of_an_announcement_records_it_after_the_pin() {
    after(
        "trace",
        "invite a 101 *75600\nack a\ntype s1 25\nanswer pin wrong\ntype s1 80#\nanswer pin right\nplayed s1\nrecorded s1 3 silence\nkey s1 1\nanswer done\nplayed s1",
        &expect![[r#"
            > invite a 101 *75600
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                ask check pin 101
            > ack a
            > type s1 25
            > answer pin wrong
                play s1 enter_pin
                stop s1
            > type s1 80#
                ask check pin 101
            > answer pin right
                play s1 record_announcement <Beep>
            > played s1
                record s1 most 60s silence Some(4s)
            > recorded s1 3 silence
                play s1 (3s) announcement_choices
            > key s1 1
                stop s1
                ask record en.announcements.snow by 101 of 3s
            > answer done
                play s1 announcement_kept goodbye
            > played s1
                bye a
                close s1
                RECORD call1 Out 101 > *75600 HungUp fault None talked 0s packets 1/0
                    0s Detail *75 is the recording of an announcement.
                    0s Good en.announcements.snow is to be recorded by phone
                    0s Good It is kept, and callers hear it
                    0s Good Ended
        "#]],
    );
}

#[test]
fn a_wrong_pin_a_blocked_one_and_none_at_all_record_nothing() {
    let ends = |script: &str| {
        let mut bench = bench();
        bench.run(&format!("invite a 101 *75600\nack a\n{script}"));
        bench.check_rest();
        let said = bench.log.lines().rev().find(|line| line.contains("play s1")).expect("words").trim().to_owned();
        assert!(!bench.log.contains("record "), "{}", bench.log);
        said
    };
    let wrong = "type s1 1111#\nanswer pin wrong\n";
    assert_eq!(ends(&format!("answer pin wrong\n{wrong}{wrong}{wrong}played s1")), "play s1 too_many_tries goodbye");
    assert_eq!(ends("answer pin blocked\nplayed s1"), "play s1 mailbox_blocked goodbye");
    assert_eq!(ends("answer pin unset\nplayed s1"), "play s1 pin_first goodbye");
    assert_eq!(ends("answer pin fault\nplayed s1"), "play s1 sorry_fault goodbye");
    assert_eq!(ends("wait 16\nplayed s1"), "play s1 sorry_fault goodbye");
    assert_eq!(
        ends("answer pin wrong\nplayed s1\nwait 11\nplayed s1\nwait 11\nplayed s1\nwait 11\nplayed s1"),
        "play s1 goodbye"
    );
}

#[test]
fn only_who_manages_records_and_only_what_one_recording_says() {
    let told = |who: &str, dialled: &str| {
        let mut bench = bench();
        bench.run(&format!("trace\ninvite a {who} {dialled}\nplayed s1"));
        bench.check_rest();
        let why =
            bench.log.lines().find(|line| line.contains("was not carried out")).expect("why not").trim().to_owned();
        let word = bench.log.lines().find(|line| line.contains("play s1")).expect("words").trim().to_owned();
        format!("{word}: {}", why.split_once('(').expect("why").1)
    };
    let no = "play s1 <Error> not_allowed: Only who manages records what callers hear.)";
    assert_eq!(told("102", "*75600"), no);
    let not_possible = |why: &str| format!("play s1 <Error> not_possible: {why})");
    for nothing in ["*75101", "*75699", "*75911", "*7512025550177"] {
        assert_eq!(
            told("101", nothing),
            not_possible("What follows the code leads to nothing that the plan says."),
            "{nothing}"
        );
    }
    assert_eq!(told("101", "*75"), not_possible("What follows the code is no number."));
    assert_eq!(
        told("101", "*75603"),
        not_possible("What is said there is not one recording: the console has each of them.")
    );
    // A prompt by its name, in its language, and what a menu says.
    for (number, key) in [("601", "es.clinic_closed"), ("602", "en.menu_practice")] {
        let mut bench = bench();
        bench.run(&format!(
            "invite a 101 *75{number}\nack a\nanswer pin wrong\ntype s1 2580#\nanswer pin right\nplayed s1"
        ));
        bench.run("recorded s1 2 silence\nkey s1 1\nbye a");
        bench.check_rest();
        assert!(bench.log.contains(&format!("ask record {key} by 101")), "{}", bench.log);
    }
}

#[test]
fn an_order_without_a_phone_or_twice_is_refused_with_a_sentence() {
    after(
        "",
        "studio 103 en.goodbye\nstudio 199 en.goodbye\nstudio 101 en.goodbye\nstudio 101 en.thank_you\nrefuse B1 486\nstudio 101 en.thank_you\npickup B2\nbye B2",
        &expect![[r#"
            > studio 103 en.goodbye
                no recording: None of your phones is connected. Nothing was changed.
            > studio 199 en.goodbye
                no recording: Only a person of the clinic has a phone that can ring.
            > studio 101 en.goodbye
                open s1 :4000
                invite B1 sip:101@10.0.0.101 from "Harbor Street Clinic" sip:*75@clinic.demo (v1 :4000)
                it rings for a recording
            > studio 101 en.thank_you
                no recording: Your phone rings for a recording already, or you are recording one. Nothing was changed.
            > refuse B1 486
                close s1
                RECORD call1 Out 101 > *75 Busy fault Callee packets 1/0
            > studio 101 en.thank_you
                open s2 :4002
                invite B2 sip:101@10.0.0.101 from "Harbor Street Clinic" sip:*75@clinic.demo (v1 :4002)
                it rings for a recording
            > pickup B2
                sound s2 10.0.1.11:7000
                play s2 record_announcement <Beep>
            > bye B2
                close s2
                RECORD call2 Out 101 > *75 HungUp fault None talked 0s packets 2/0
        "#]],
    );
}

/// Who has just pressed the button is there, whatever they have switched for the calls of others.
#[test]
fn do_not_disturb_and_forwarding_do_not_hold_for_it() {
    after(
        "switch dnd 101 on\nswitch forward 101 always 102",
        "studio 101 en.goodbye\npickup B1\nbye B1",
        &expect![[r#"
            > studio 101 en.goodbye
                open s1 :4000
                invite B1 sip:101@10.0.0.101 from "Harbor Street Clinic" sip:*75@clinic.demo (v1 :4000)
                it rings for a recording
            > pickup B1
                sound s1 10.0.1.10:7000
                play s1 record_announcement <Beep>
            > bye B1
                close s1
                RECORD call1 Out 101 > *75 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

/// Its person is handed on to nobody, and nobody takes their place.
#[test]
fn nobody_is_handed_on_to_it() {
    after(
        RUNG,
        "refer B1 102\ninvite b 102 103 replaces=B1\ninvite c 102 *8\nplayed s2\nbye B1",
        &expect![[r#"
        > refer B1 102
            refuse refer B1 603
        > invite b 102 103 replaces=B1
            refuse b 603
        > invite c 102 *8
            open s2 :4002
            sound s2 10.0.0.102:7000
            answer c (v1 :4002)
            play s2 <Error> nothing_to_pick_up
        > played s2
            bye c
            close s2
            RECORD call1 Out 102 > *8 HungUp fault None talked 0s packets 2/0
        > bye B1
            close s1
            RECORD call2 Out 101 > *75 HungUp fault None talked 0s packets 1/0
    "#]],
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Keys, parts and answers in any order: what is kept was recorded, and each call ends.
    #[test]
    fn whatever_comes_in_whatever_order(seed: u64) {
        let (mut bench, mut random) = (bench(), Random::from_u64(seed));
        bench.run(if random.chance(0.5) { "invite a 101 *75600\nack a" } else { "studio 101 en.goodbye\npickup B1" });
        let (mut spoken, name) = (false, if bench.log.contains("pickup") { "B1" } else { "a" });
        for _ in 0..random.below(40) {
            let keys = ["1", "2", "3", "#", "*", "2580#"];
            let line = match random.below(8) {
                0 | 1 => format!("type s1 {}", keys[usize::try_from(random.below(6)).expect("small")]),
                2 if bench.has_asked() => "answer pin right".to_owned(),
                3 if bench.has_asked() => if random.chance(0.5) { "answer done" } else { "answer done no" }.to_owned(),
                4 if bench.has_asked() => "answer pin wrong".to_owned(),
                5 => format!("wait {}", random.below(12)),
                6 if bench.is_recorded(SessionId(1)) => {
                    spoken = true;
                    if random.chance(0.5) { "recorded s1 1" } else { "recorded s1 1 stopped" }.to_owned()
                }
                _ if bench.is_told(SessionId(1)) => "played s1".to_owned(),
                _ => continue,
            };
            if bench.pbx.live_calls().is_empty() {
                break;
            }
            bench.run(&line);
        }
        if !bench.pbx.live_calls().is_empty() {
            bench.run(&format!("bye {name}"));
        }
        bench.check_rest();
        prop_assert!(spoken || !bench.log.contains("ask record"), "{}", bench.log);
    }
}
