//! The ready plans: each is good as it stands, for a clinic that has three people and a trunk "main".

use std::fmt::Write;

use expect_test::expect;
use model::Settings;
use plan::{Plan, library, library_names};

use crate::{calls_at, settings};

#[test]
fn every_library_plan_is_good_and_says_what_it_does_all_week() {
    let mut said = String::new();
    for name in library_names() {
        let settings = Settings { plan: name.to_owned(), ..settings() };
        let plan = Plan::of(&settings).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        let _ = writeln!(said, "# {name}: {}", plan.name());
        let moments = "2026-11-20 09:00\n2026-11-20 12:30\n2026-11-21 10:00\n2026-11-26 10:00";
        for line in calls_at(&plan, None, moments).lines().filter(|l| l.contains("->")) {
            let _ = writeln!(said, "{line}");
        }
    }
    expect![[r#"
        # solo-practice: Solo practice
        2026-11-20 09:00 -> ring 101+102 30s
        2026-11-20 12:30 -> ring 101+102 30s
        2026-11-21 10:00 -> ring 101+102 30s
        2026-11-26 10:00 -> ring 101+102 30s
        # group-practice: Group practice
        2026-11-20 09:00 -> menu main
        2026-11-20 12:30 -> menu main
        2026-11-21 10:00 -> announcement closed
        2026-11-26 10:00 -> announcement holiday
        # dental: Dental practice
        2026-11-20 09:00 -> ring 101+102+103 12s Growing
        2026-11-20 12:30 -> ring 101+102+103 12s Growing
        2026-11-21 10:00 -> menu closed
        2026-11-26 10:00 -> menu closed
        # after-hours: After-hours service
        2026-11-20 09:00 -> ring 101 30s
        2026-11-20 12:30 -> ring 101 30s
        2026-11-21 10:00 -> ring 101 30s
        2026-11-26 10:00 -> announcement after-hours
        # multi-site: Several sites
        2026-11-20 09:00 -> ring 101+102 20s
        2026-11-20 12:30 -> ring 101+102 20s
        2026-11-21 10:00 -> menu closed
        2026-11-26 10:00 -> menu closed
    "#]]
    .assert_eq(&said);
}

/// Somebody will begin with one of these: it says what it is for, and shows help before anything else.
#[test]
fn every_library_plan_begins_with_a_sentence() {
    for name in library_names() {
        let text = library(name).expect("it is there");
        assert!(text.starts_with("# ") && text.lines().all(|l| l.len() <= 260), "{name}");
        assert!(text.contains("[emergency]"), "{name}");
    }
    assert_eq!(library("no-such"), None);
}
