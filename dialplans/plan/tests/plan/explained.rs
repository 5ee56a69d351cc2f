//! The whole way of a call, as it is drawn.

use expect_test::{Expect, expect};
use plan::{Certainty, Decision, Facts, Missed, Plan, Target, Way, library};

use crate::{at, caller, settings, target};

fn way(text: &str, who: &str, dialled: &str, moment: &str) -> Way {
    let (plan, settings, caller) = (Plan::parse(text).expect("good"), settings(), caller(who));
    let dialled = settings.numbering.parse(dialled).expect("a number");
    plan.explain(&Facts::new(&caller, &dialled, &settings, at(moment)))
}

fn told(way: &Way, expected: &Expect) {
    let mark = |certainty| match certainty {
        Certainty::Now => '!',
        Certainty::Perhaps => '?',
        Certainty::NotNow => ' ',
    };
    let mut out = way.why.iter().map(|why| format!("{why}\n")).collect::<String>();
    for (number, drawn) in way.boxes.iter().enumerate() {
        out += &format!(
            "{} {number} {} [{}] {}\n",
            mark(drawn.certainty),
            drawn.title,
            drawn.kind,
            drawn.lines.join(" | ")
        );
        for arrow in way.arrows.iter().filter(|a| a.from == number) {
            out += &format!("      {} {} -> {}\n", mark(arrow.certainty), arrow.when, arrow.to);
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn christmas_eve_in_a_group_practice() {
    let text = library("group-practice").expect("it is there");
    told(
        &way(text, "trunk", "+12025550123", "2026-12-24 17:30"),
        &expect![[r#"
            It is a number that this plan answers: it leads to schedule front.
            Schedule front: it is Thursday 24 December 2026, 17:30, Christmas Eve: the hours office are closed.
            The caller hears the announcement holiday.
            ! 0 a call over the trunk main [start] Thursday 24 December 2026, 17:30
                  !  -> 1
            ! 1 schedule front [schedule] Schedule front: it is Thursday 24 December 2026, 17:30, Christmas Eve: the hours office are closed.
                  ! holiday -> 2
                    open -> 6
                    closed -> 7
            ! 2 announcement holiday [announcement] The caller hears the announcement holiday. | “We are closed for the holiday. If this is an emergency, please hang up and call 911. Stay on the line to reach the doctor on call.”
                  ! then -> 3
            ! 3 rota doctor [rota] Rota doctor: 102, whose turn it is, is called first, and one more after that.
                  ? none takes it -> 4
            ? 4 announcement nobody-on-call [announcement] The caller hears the announcement nobody-on-call. | “We could not reach anybody on call. If you cannot wait, please hang up and call 911.”
                  ? then -> 5
            ? 5 hang up [end] The plan ends the call here.
              6 menu main [menu] The menu main asks the caller for a key. | “For appointments, press 1. For the nurse, press 2. For billing, press 3. Para español, marque 9.”
                    key 1 -> 8
                    key 2 -> 10
                    key 3 -> 11
                    no key -> 8
              7 announcement closed [announcement] The caller hears the announcement closed. | “We are closed now. If this is an emergency, please hang up and call 911. Stay on the line to reach the doctor on call.”
                    then -> 3
              8 queue appointments [queue] The caller waits in the queue appointments until one of 101, 102 is free.
                    key 2 -> 9
                    full -> 12
                    waited too long -> 12
              9 called back [end] The caller hangs up, keeps their place and is called back; after 120 minutes a person decides.
              10 102 [ring] 102 is the extension of a person: 102 rings for 25 seconds.
              11 103 [ring] 103 is the extension of a person: 103 rings for 25 seconds.
              12 announcement call-again [announcement] The caller hears the announcement call-again. | “All of us are busy. Please call again in a while.”
                    then -> 5
        "#]],
    );
}

#[test]
fn a_call_for_help_is_one_arrow_and_nothing_of_the_plan() {
    let text = library("group-practice").expect("it is there");
    told(
        &way(text, "101", "911", "2026-12-24 17:30"),
        &expect![[r#"
        911 is an emergency number: it goes out before any other rule.
        Trunks in order: main, backup.
        ! 0 extension 101 calls [start] Thursday 24 December 2026, 17:30
              !  -> 1
        ! 1 help [help] 911 is an emergency number: it goes out before any other rule. | Trunks in order: main, backup.
    "#]],
    );
}

#[test]
fn phones_that_ring_and_what_follows() {
    let text = library("multi-site").expect("it is there");
    told(
        &way(text, "trunk", "+12025550124", "2026-11-20 09:00"),
        &expect![[r#"
            It is a number that this plan answers: it leads to schedule hill.
            Schedule hill: it is Friday 20 November 2026, 09:00, and the hours hill are open.
            200 is an extension of this plan: 103 rings for 20 seconds.
            ! 0 a call over the trunk main [start] Friday 20 November 2026, 09:00
                  !  -> 1
            ! 1 schedule hill [schedule] Schedule hill: it is Friday 20 November 2026, 09:00, and the hours hill are open.
                  ! open -> 2
                    closed -> 7
            ! 2 200 [ring] 200 is an extension of this plan: 103 rings for 20 seconds.
                  ? nobody answers -> 3
                  ? no phone is reached -> 4
            ? 3 queue both [queue] The caller waits in the queue both until one of 101, 102, 103 is free.
                  ? waited too long -> 5
            ? 4 100 [ring] 100 is an extension of this plan: 101, 102 ring together for 20 seconds.
                  ? nobody answers -> 3
            ? 5 announcement call-again [announcement] The caller hears the announcement call-again. | “All of us are busy. Please call again in a while.”
                  ? then -> 6
            ? 6 hang up [end] The plan ends the call here.
              7 schedule harbor [schedule] Schedule harbor: it is Friday 20 November 2026, 09:00, and the hours harbor are open.
                    open -> 4
                    closed -> 8
              8 menu closed [menu] The menu closed asks the caller for a key. | “We are closed now. To hear our opening hours, press 1. If this is an emergency, please hang up and call 911.”
                    key 1 -> 9
                    no key -> 6
              9 announcement hours [announcement] The caller hears the announcement hours. | “Harbor Street is open on weekdays from 8 to 5. Hill Road is open on Monday, Wednesday and Friday.”
                    then -> 6
        "#]],
    );
}

#[test]
fn a_mailbox_takes_whom_nobody_answered_where_the_text_says_no_more() {
    let text = library("solo-practice").expect("it is there");
    told(
        &way(text, "trunk", "+12025550123", "2026-11-20 09:00"),
        &expect![[r#"
        It is a number that this plan answers: 101, 102 ring together for 30 seconds.
        ! 0 a call over the trunk main [start] Friday 20 November 2026, 09:00
              !  -> 1
        ! 1 101, 102 [ring] It is a number that this plan answers: 101, 102 ring together for 30 seconds.
              ? nobody answers -> 2
        ? 2 voicemail 101 [voicemail] The mailbox of 101 takes a message.
    "#]],
    );
    // What the text says goes before it, and only where it says something.
    let text = "[extensions.100]\nring = [\"102\", \"103\"]\norder = \"one by one\"\nbusy = \"hang up\"\n[voicemail]\npeople = [\"102\", \"103\"]\nmain = \"103\"\n";
    told(
        &way(text, "101", "100", "2026-11-20 09:00"),
        &expect![[r#"
        100 is an extension of this plan: 102, 103 ring one after the other, 25 seconds each.
        ! 0 extension 101 calls [start] Friday 20 November 2026, 09:00
              !  -> 1
        ! 1 102, 103 [ring] 100 is an extension of this plan: 102, 103 ring one after the other, 25 seconds each.
              ? nobody answers -> 2
              ? busy -> 3
        ? 2 voicemail 103 [voicemail] The mailbox of 103 takes a message.
        ? 3 hang up [end] The plan ends the call here.
    "#]],
    );
    told(
        &way(text, "101", "101", "2026-11-20 09:00"),
        &expect![[r#"
        101 is the extension of a person: 101 rings for 25 seconds.
        ! 0 extension 101 calls [start] Friday 20 November 2026, 09:00
              !  -> 1
        ! 1 101 [ring] 101 is the extension of a person: 101 rings for 25 seconds.
    "#]],
    );
}

/// What is drawn as certain is what a call does: the same code says both.
#[test]
fn the_drawing_and_the_call_agree() {
    for name in plan::library_names() {
        let text = library(name).expect("it is there");
        let (plan, settings) = (Plan::parse(text).expect("good"), settings());
        for hour in 0..24 * 8 {
            let moment = model::Wall(at("2026-12-22 00:10").millis() + hour * 3_600_000);
            for (who, dialled) in [
                ("trunk", "+12025550123"),
                ("trunk", "+12025550199"),
                ("101", "100"),
                ("101", "102"),
                ("102", "911"),
                ("device", "102"),
            ] {
                let (caller, dialled) = (caller(who), settings.numbering.parse(dialled).expect("a number"));
                let facts = Facts::new(&caller, &dialled, &settings, moment);
                let (decision, way) = (plan.route(&facts), plan.explain(&facts));
                assert_eq!(way.why, decision.why, "{name} {}", target(&decision.target));
                let last = decision.why.last().expect("a reason");
                let drawn = way.boxes.iter().any(|b| b.certainty == Certainty::Now && b.lines.contains(last));
                assert!(drawn, "{name}: {last} is not in {way:?}");
                nobody_answers(&plan, &facts, &decision, &way);
            }
        }
    }
}

/// Wherever phones ring, what comes next is drawn as well, and is a mailbox if the text says nothing and whom it was for has one.
fn nobody_answers(plan: &Plan, facts: &Facts<'_>, decision: &Decision, way: &Way) {
    let Target::Ring { extensions, then, .. } = &decision.target else { return };
    for missed in [Missed::NoAnswer, Missed::Busy, Missed::NotDisturbed, Missed::Unreachable] {
        let Some(to) = then.after(missed) else {
            let alone = extensions.first().filter(|_| extensions.len() == 1);
            assert!(!alone.is_some_and(|one| plan.has_mailbox(one, facts.settings)), "{way:?}");
            continue;
        };
        let next = plan.follow(to, &Facts { missed: Some(missed), ..*facts });
        let last = next.why.last().expect("a reason");
        let drawn = way.boxes.iter().any(|b| b.certainty != Certainty::NotNow && b.lines.contains(last));
        assert!(drawn, "{last} is not in {way:?}");
        nobody_answers(plan, facts, &next, way);
    }
}

#[test]
fn whoever_waits_may_be_called_back() {
    let text = "[queues.desk]\nring = [\"101\"]\ncallback = \"2\"\ncallback_minutes = 90\nnobody = \"hang up\"\n\
                [[inbound]]\nnumber = \"main\"\nto = \"queue desk\"\n";
    told(
        &way(text, "trunk", "+12025550123", "2026-12-22 10:00"),
        &expect![[r#"
        It is a number that this plan answers: it leads to queue desk.
        The caller waits in the queue desk until one of 101 is free.
        ! 0 a call over the trunk main [start] Tuesday 22 December 2026, 10:00
              !  -> 1
        ! 1 queue desk [queue] The caller waits in the queue desk until one of 101 is free.
              ? key 2 -> 2
              ? waited too long -> 3
        ? 2 called back [end] The caller hangs up, keeps their place and is called back; after 90 minutes a person decides.
        ? 3 hang up [end] The plan ends the call here.
    "#]],
    );
}

#[test]
fn what_becomes_of_the_faxes_of_a_phone_that_is_a_fax_machine_is_said() {
    let mut settings = settings();
    settings.people[0].fax = Some(model::settings::PhoneFax::Gateway);
    let plan = Plan::of(&settings).expect("the library's plan is good");
    let why = |who: &str, dialled: &str| {
        let (caller, dialled) = (caller(who), settings.numbering.parse(dialled).expect("a number"));
        plan.explain(&Facts::new(&caller, &dialled, &settings, at("2026-12-21 10:00"))).why.join(" ")
    };
    let said = "101 is a fax machine: its faxes are translated to T.38 where the trunk takes it.";
    assert!(why("101", "202-555-0101").contains(said), "{}", why("101", "202-555-0101"));
    assert!(why("trunk", "+12025550123").contains(said), "{}", why("trunk", "+12025550123"));
    for (who, dialled) in [("101", "102"), ("101", "911"), ("102", "202-555-0101"), ("trunk", "+12025550199")] {
        assert!(!why(who, dialled).contains("fax machine: its"), "{who} calls {dialled}");
    }
}

#[test]
fn a_call_that_goes_out_says_which_trunks_are_asked_and_what_ends_it() {
    told(
        &way("[outside]\nnational = [\"main\", \"backup\"]\n", "101", "12025550188", "2026-11-20 09:00"),
        &expect![[r#"
            It is a national number: the plan sends these over the trunk main, or backup if that fails.
            ! 0 extension 101 calls [start] Friday 20 November 2026, 09:00
                  !  -> 1
            ! 1 outside over main [outside] It is a national number: the plan sends these over the trunk main, or backup if that fails.
                  ? busy, refused, not answered -> 2
                  ? the carrier fails or is silent -> 3
            ? 2 the far end's answer [end] The caller hears that. It is the answer of who was called: no other trunk is asked.
            ? 3 outside over backup [outside] 
                  ? busy, refused, not answered -> 2
                  ? the carrier fails or is silent -> 4
            ? 4 no trunk is left [end] The caller hears that the line could not place the call, and it stands so on Calls.
        "#]],
    );
    told(
        &way("[outside]\nnational = \"main\"\n", "101", "12025550188", "2026-11-20 09:00"),
        &expect![[r#"
            It is a national number: the plan sends these over the trunk main.
            ! 0 extension 101 calls [start] Friday 20 November 2026, 09:00
                  !  -> 1
            ! 1 outside over main [outside] It is a national number: the plan sends these over the trunk main.
                  ? busy, refused, not answered -> 2
                  ? the carrier fails or is silent -> 3
            ? 2 the far end's answer [end] The caller hears that. It is the answer of who was called: no other trunk is asked.
            ? 3 no trunk is left [end] The caller hears that the line could not place the call, and it stands so on Calls.
        "#]],
    );
}
