//! What holds of every text, all facts and all dialled numbers.

use std::time::Duration;

use model::Now;
use plan::{Facts, Plan, Target, Usage};
use proptest::prelude::*;

use crate::{caller, settings};

/// Texts that look like plans: pieces that are right, wrong and hostile to the emergency rule.
fn plan_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("[extensions.911]\nring = [\"101\"]\n"),
        Just("[extensions.100]\nring = [\"101\", \"911\"]\n"),
        Just("[extensions.9911]\nring = [\"101\"]\n"),
        Just("[[inbound]]\nnumber = \"911\"\nfax_machine = true\n"),
        Just("[[inbound]]\nnumber = \"main\"\nring = [\"911\"]\n"),
        Just("[outside]\nnational = \"off\"\nshort = \"off\"\n"),
        Just("[outside]\nshort = \"main\"\nnational = \"main\"\n"),
        Just("[services]\n\"911\" = \"echo\"\n"),
        Just("[services]\n\"*43\" = \"echo\"\n"),
        Just("[emergency]\nnumbers = []\ntrunks = []\nalert = []\n"),
        Just("[emergency]\ntrunks = [\"nowhere\"]\nalert = [\"911\"]\n"),
        Just("[ringing]\nseconds = 20\n"),
        Just("[limits]\nat_once = 1\nat_once_each = 1\nper_hour_each = 1\nper_day_each = 1\nminutes_abroad = 1\n"),
        Just("[closed]\nopen = \"09:00-10:00\"\noff = [\"national\", \"short\", \"international\", \"premium\"]\n"),
        Just("\u{0}\u{fffd}= ]["),
    ];
    prop_oneof![
        4 => prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat()),
        1 => ".{0,200}",
    ]
}

proptest! {
    /// No plan text and no facts keep an emergency call of a phone from going out, over every trunk; and nobody else starts one.
    #[test]
    fn nothing_shadows_an_emergency_number(
        text in plan_text(),
        number in prop::sample::select(vec!["911", "9911", "933", "9-911", " 911 "]),
        who in prop::sample::select(vec!["101", "ghost", "device", "trunk", "fax"]),
        trunks in 0usize..3,
        used in prop::sample::select(vec![0, 1, u32::MAX]),
        hour in 0u64..200,
    ) {
        let mut settings = settings();
        settings.trunks.truncate(trunks);
        let plan = Plan::parse(&text).unwrap_or_else(|_| Plan::lifeline());
        let dialled = settings.numbering.parse(number).expect("a number");
        let caller = caller(who);
        // Whatever was used, and whenever.
        let used = Usage { at_once_each: used, at_once: used, per_hour_each: used, per_day_each: used, minutes_abroad: used };
        let facts = Facts { used, ..Facts::new(&caller, &dialled, &settings, Now::simulation_start().after(Duration::from_secs(3600 * hour)).wall) };
        let decision = plan.route(&facts);
        match (who, decision.target) {
            ("trunk" | "fax", Target::Refuse { .. }) => {}
            ("101" | "ghost" | "device", Target::Emergency { number, trunks, .. }) => {
                prop_assert!(number == "911" || number == "933");
                let mut all: Vec<_> = settings.trunks.iter().map(|t| t.name.clone()).collect();
                let mut tried = trunks;
                all.sort();
                tried.sort();
                prop_assert_eq!(tried, all);
            }
            (who, other) => prop_assert!(false, "{who} -> {other:?}"),
        }
    }

    /// Whatever the text, parsing ends, and every problem names a line.
    #[test]
    fn hostile_texts_only_give_problems(text in ".{0,400}") {
        if let Err(problems) = Plan::parse(&text) {
            prop_assert!(!problems.is_empty());
            prop_assert!(problems.iter().all(|p| p.at.starts_with("line ")));
        }
    }
}
