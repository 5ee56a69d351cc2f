//! What callers are told: names of prompts, and texts that only people read.

use expect_test::{Expect, expect};
use model::settings::Problem;
use plan::{Plan, Saying, library, library_names};

fn said(problems: &[Problem], expected: &Expect) {
    expected.assert_eq(&problems.iter().map(|p| format!("{p}\n")).collect::<String>());
}

const PLAN: &str = r#"
[extensions.600]
to = "menu main"
[menus.main]
prompt = ["welcome", "es/welcome"]
say = "Welcome."
keys = { 1 = "announcement hours", 2 = "queue desk", 3 = "rota doctor" }
nobody = "hang up"
[announcements.hours]
say = { en = "We open at eight.", es = "Abrimos a las ocho." }
[queues.desk]
ring = ["101"]
prompt = "wait"
nobody = "hang up"
[rotas.doctor]
turns = ["103"]
say = "We are calling the doctor."
nobody = "hang up"
"#;

#[test]
fn a_prompt_that_nobody_can_say_is_named_with_its_line() {
    let plan = Plan::parse(PLAN).expect("it is right in itself");
    said(
        &plan.check_prompts(|name| name == "welcome"),
        &expect![[r#"
        line 5: there is no prompt "es/welcome" (the console lists them, and `frontdesk plan prompts`; a recording of your own is one once it is there)
        line 13: there is no prompt "wait" (the console lists them, and `frontdesk plan prompts`; a recording of your own is one once it is there)
    "#]],
    );
    assert_eq!(plan.check_prompts(|_| true), []);
}

#[test]
fn a_text_that_no_prompt_says_is_a_hint_and_no_problem() {
    let plan = Plan::parse(PLAN).expect("it is right in itself");
    said(
        &plan.hints(|_| false),
        &expect![[r#"
        line 10: this text is for people to read: callers hear a tone in its place (record it in the console once the plan is live, or name what says it, as in prompt = "clinic_closed")
        line 17: this text is for people to read: callers hear a tone in its place (record it in the console once the plan is live, or name what says it, as in prompt = "clinic_closed")
    "#]],
    );
}

#[test]
fn a_text_that_the_clinic_has_recorded_for_its_step_is_no_hint() {
    let plan = Plan::parse(PLAN).expect("it is right in itself");
    let hints = plan.hints(|step| step == "announcements.hours");
    assert_eq!(hints.iter().map(|hint| hint.at.as_str()).collect::<Vec<_>>(), ["line 17"]);
    assert!(plan.writes("announcements.hours") && plan.writes("rotas.doctor"));
    for said in ["menus.main", "queues.desk", "announcements.none", "hours", ""] {
        assert!(!plan.writes(said), "{said}");
    }
}

#[test]
fn what_a_plan_has_said_is_listed_once_each() {
    let plan = Plan::parse(&PLAN.replace("\"wait\"", "\"welcome\"")).expect("it is right in itself");
    let said = plan.sayings().into_iter().map(|saying| match saying {
        Saying::Prompt(name) => name.to_owned(),
        Saying::Text(words) => format!("{}: {}", words.step, words.text("es").unwrap_or_default()),
    });
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            "welcome",
            "es/welcome",
            "announcements.hours: Abrimos a las ocho.",
            "rotas.doctor: We are calling the doctor."
        ]
    );
}

#[test]
fn more_prompts_than_anybody_listens_to_are_a_problem() {
    let names = ["\"a\""; 9].join(", ");
    let text = format!("[extensions.600]\nto = \"announcement all\"\n[announcements.all]\nprompt = [{names}]\n");
    let problems = Plan::parse(&text).expect_err("too many");
    said(
        &problems,
        &expect![[r#"
            line 4: too many prompts (at most 8 may follow each other)
        "#]],
    );
}

/// What a clinic begins with is heard, but for what no one else can say: its own hours.
#[test]
fn the_librarys_plans_say_what_they_write() {
    for name in library_names() {
        let plan = Plan::parse(library(name).expect("it is there")).expect("good");
        let own = usize::from(name == "multi-site");
        assert_eq!(plan.hints(|_| false).len(), own, "{name}");
    }
}
