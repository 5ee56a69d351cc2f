//! Menus, announcements, queues, rotas, and what comes when nobody answers.

use expect_test::{Expect, expect};
use plan::{Choice, Destination, Facts, Missed, Plan, Target, Usage};

use crate::{at, caller, routes, routes_in, settings, target};

const STEPS: &str = r##"
[[inbound]]
number = "main"
ring = ["100"]
nobody = "menu main"
busy = "queue desk"
[extensions.100]
ring = ["101", "102", "103"]
order = "one by one"
seconds = 12
nobody = "voicemail 101"
unreachable = "outside +12025550144"
[extensions.600]
to = "rota doctor"
[menus.main]
say = { en = "Hello.", es = "Hola." }
keys = { 1 = "100", 2 = "queue desk", 9 = "language es", "*" = "again", "#" = "menu main" }
extensions = true
nobody = "announcement bye"
[announcements.bye]
say = "Bye."
[queues.desk]
ring = ["101", "102"]
order = "longest idle"
nobody = "announcement bye"
[rotas.doctor]
turns = ["103", "outside +12025550144", "102"]
since = "2026-11-16"
days = 7
change = "08:00"
nobody = "announcement bye"
[rotas.doctor.swaps]
"2026-12-24 08:00 - 2026-12-26 08:00" = "101"
[outside]
national = ["main", "backup"]
[voicemail]
people = ["101"]
"##;

fn steps() -> Plan {
    let plan = Plan::parse(STEPS).expect("good");
    assert_eq!(plan.check(&settings()), []);
    plan
}

#[test]
fn extensions_lead_on_and_ring_in_their_order() {
    routes(
        &steps(),
        "trunk +12025550123\n101 100\n101 600\n101 102\n101 202-555-0101",
        &expect![[r#"
            trunk +12025550123 -> ring 101+102+103 12s OneByOne
                It is a number that this plan answers: 101, 102, 103 ring one after the other, 12 seconds each.
            101 100 -> ring 101+102+103 12s OneByOne
                100 is an extension of this plan: 101, 102, 103 ring one after the other, 12 seconds each.
            101 600 -> rota doctor 103 then +12025550144 by main,backup then 102
                600 is an extension of this plan that leads to: rota doctor.
                Rota doctor: 103, whose turn it is, is called first, and 2 more after that.
            101 102 -> ring 102 25s
                102 is the extension of a person: 102 rings for 25 seconds.
            101 202-555-0101 -> trunk main or backup +12025550101
                It is a national number: the plan sends these over the trunk main, or backup if that fails.
        "#]],
    );
}

fn follow(to: &str, moments: &[&str], expected: &Expect) {
    let (plan, settings, caller) = (steps(), settings(), caller("trunk"));
    let to: Destination = match to.split_once(' ') {
        Some(("menu", name)) => Destination::Menu(name.to_owned()),
        Some(("rota", name)) => Destination::Rota(name.to_owned()),
        Some(("queue", name)) => Destination::Queue(name.to_owned()),
        _ => Destination::Extension(to.to_owned()),
    };
    let mut out = String::new();
    for moment in moments {
        let decision = plan.follow(&to, &Facts::new(&caller, &settings.main_number, &settings, at(moment)));
        out += &format!("{moment} {to} -> {}\n", target(&decision.target));
        decision.why.iter().for_each(|why| out += &format!("    {why}\n"));
    }
    expected.assert_eq(&out);
}

#[test]
fn turns_change_at_their_hour_and_swaps_go_before_them() {
    let moments = [
        "2026-11-16 07:59",
        "2026-11-16 08:00",
        "2026-11-23 07:59",
        "2026-11-23 08:00",
        "2026-11-30 12:00",
        "2026-12-07 12:00",
        "2026-12-25 12:00",
        "2026-12-26 08:00",
    ];
    follow(
        "rota doctor",
        &moments,
        &expect![[r#"
        2026-11-16 07:59 rota doctor -> rota doctor 102 then 103 then +12025550144 by main,backup
            Rota doctor: 102, whose turn it is, is called first, and 2 more after that.
        2026-11-16 08:00 rota doctor -> rota doctor 103 then +12025550144 by main,backup then 102
            Rota doctor: 103, whose turn it is, is called first, and 2 more after that.
        2026-11-23 07:59 rota doctor -> rota doctor 103 then +12025550144 by main,backup then 102
            Rota doctor: 103, whose turn it is, is called first, and 2 more after that.
        2026-11-23 08:00 rota doctor -> rota doctor +12025550144 by main,backup then 103 then 102
            Rota doctor: a number outside, whose turn it is, is called first, and 2 more after that.
        2026-11-30 12:00 rota doctor -> rota doctor 102 then 103 then +12025550144 by main,backup
            Rota doctor: 102, whose turn it is, is called first, and 2 more after that.
        2026-12-07 12:00 rota doctor -> rota doctor 103 then +12025550144 by main,backup then 102
            Rota doctor: 103, whose turn it is, is called first, and 2 more after that.
        2026-12-25 12:00 rota doctor -> rota doctor 101 then 103 then +12025550144 by main,backup then 102
            Rota doctor: 101, who stands in, is called first, and 3 more after that.
        2026-12-26 08:00 rota doctor -> rota doctor 102 then 103 then +12025550144 by main,backup
            Rota doctor: 102, whose turn it is, is called first, and 2 more after that.
    "#]],
    );
}

#[test]
fn what_is_not_in_the_plan_any_more_is_said() {
    follow(
        "menu gone",
        &["2026-11-16 08:00"],
        &expect![[r#"
        2026-11-16 08:00 menu gone -> refuse 404
            There is no step "menu gone" in the plan any more.
    "#]],
    );
    follow(
        "199",
        &["2026-11-16 08:00"],
        &expect![[r#"
        2026-11-16 08:00 199 -> refuse 404
            There is no extension 199.
    "#]],
    );
}

#[test]
fn what_comes_next_depends_on_what_became_of_the_phones() {
    let plan = steps();
    let settings = settings();
    let (trunk, desk) = (caller("trunk"), caller("101"));
    let next = |caller, dialled: &str| {
        let dialled = settings.numbering.parse(dialled).expect("a number");
        match plan.route(&Facts::new(caller, &dialled, &settings, at("2026-11-16 08:00"))).target {
            Target::Ring { then, .. } => [Missed::NoAnswer, Missed::Busy, Missed::Unreachable]
                .map(|missed| then.after(missed).map_or_else(|| "-".to_owned(), |to| to.to_string())),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(next(&trunk, "+12025550123"), ["menu main", "queue desk", "menu main"]);
    assert_eq!(next(&desk, "100"), ["voicemail 101", "voicemail 101", "outside +12025550144"]);
    assert_eq!(next(&desk, "102"), ["-", "-", "-"]);
}

#[test]
fn a_menu_offers_what_is_written_and_extensions_of_people() {
    let (plan, settings, caller) = (steps(), settings(), caller("trunk"));
    let facts = Facts::new(&caller, &settings.main_number, &settings, at("2026-11-16 08:00"));
    let Target::Menu(menu) = plan.follow(&Destination::Menu("main".to_owned()), &facts).target else {
        panic!("a menu")
    };
    assert_eq!(menu.keys.keys().collect::<String>(), "#*129");
    assert_eq!(menu.keys[&'9'], Choice::Language("es".to_owned()));
    assert_eq!((menu.words.text("es"), menu.words.text("fr")), (Some("Hola."), Some("Hello.")));
    let dialled = |digits| plan.dialled_extension(digits, &settings).is_some();
    assert!(dialled("101") && dialled("100") && dialled("600") && !dialled("199") && !dialled("1") && !dialled("911"));
    let more = |digits| plan.extension_begins(digits, &settings);
    assert!(more("1") && more("10") && more("6") && !more("101") && !more("9"));
}

/// A house that is closed leads on to one that is open: whoever leaves a message there does not hear that the clinic is closed.
#[test]
fn the_last_schedule_on_the_way_says_whether_the_clinic_is_closed() {
    let text = |harbor: &str| {
        format!(
            "[voicemail]\npeople = [\"101\"]\n[[inbound]]\nnumber = \"main\"\nto = \"schedule hill\"\n\
             [hours.hill]\nsaturday = \"08:00-12:00\"\n[hours.harbor]\n{harbor} = \"08:00-17:00\"\n\
             [schedules.hill]\nhours = \"hill\"\nopen = \"102\"\nclosed = \"schedule harbor\"\n\
             [schedules.harbor]\nhours = \"harbor\"\nopen = \"voicemail 101\"\nclosed = \"voicemail 101\"\n"
        )
    };
    for (harbor, greeting) in [("friday", "unavailable"), ("saturday", "closed")] {
        let plan = Plan::parse(&text(harbor)).expect("good");
        let said = routes_in(&settings(), &plan, "trunk +12025550123", Usage::default(), 0);
        assert!(said.contains(&format!("-> voicemail 101 {greeting}\n")), "{said}");
    }
}
