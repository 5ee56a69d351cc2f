//! What holds of every text, all facts and all dialled numbers.

use std::time::Duration;

use model::Now;
use plan::{Destination, Facts, Money, Night, Plan, Sense, Target, Usage};
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
        Just("[emergency]\nnumbers = [\"2222\", \"15\"]\n"),
        Just("[emergency]\nnumbers = []\ntrunks = []\nalert = []\n"),
        Just("[emergency]\ntrunks = [\"nowhere\"]\nalert = [\"911\"]\n"),
        Just("[ringing]\nseconds = 20\n"),
        Just("[limits]\nat_once = 1\nat_once_each = 1\nper_hour_each = 1\nper_day_each = 1\nminutes_abroad = 1\n"),
        Just("[closed]\nopen = \"09:00-10:00\"\noff = [\"national\", \"short\", \"international\", \"premium\"]\n"),
        Just("[extensions.101]\nring = [\"101\"]\nnobody = \"911\"\nbusy = \"menu m\"\n"),
        Just("[extensions.933]\nto = \"menu m\"\n"),
        Just("[menus.m]\nkeys = { 9 = \"101\", 1 = \"911\" }\nextensions = true\nnobody = \"101\"\n"),
        Just(
            "[menus.m]\nkeys = { 9 = \"101\" }\nextensions = true\nnobody = \"hang up\"\n[extensions.102]\nto = \"menu m\"\n"
        ),
        Just("[announcements.911]\nsay = \"No.\"\n"),
        Just("[queues.q]\nring = [\"911\"]\nnobody = \"hang up\"\n"),
        Just("[rotas.r]\nturns = [\"911\", \"outside +911\"]\n"),
        Just("[hours.h]\nmonday = \"closed\"\n[schedules.s]\nhours = \"h\"\nopen = \"101\"\nclosed = \"hang up\"\n"),
        Just("[[rights]]\npeople = [\"101\"]\nover = \"off\"\n"),
        Just("[[rights]]\nnumbers = [\"+9\", \"911\"]\nover = \"off\"\n"),
        Just("[[inbound]]\nnumber = \"main\"\nto = \"outside +1911\"\n"),
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
        night in prop::sample::select(vec![None, Some(Sense::Open), Some(Sense::Closed)]),
    ) {
        let mut settings = settings();
        settings.trunks.truncate(trunks);
        let plan = Plan::parse(&text).unwrap_or_else(|_| Plan::lifeline());
        let dialled = settings.numbering.parse(number).expect("a number");
        let caller = caller(who);
        // Whatever was used, and whenever.
        let used = Usage { at_once_each: used, at_once: used, per_hour_each: used, per_day_each: used, minutes_abroad: used, spent: Money(used.into()) };
        let facts = Facts::new(&caller, &dialled, &settings, Now::simulation_start().after(Duration::from_secs(3600 * hour)).wall);
        let night = night.map(|sense| Night { sense, until: None });
        let facts = Facts { used, night, ..facts };
        let decision = plan.route(&facts);
        // What is shown of it is what it does: one step, and no other.
        let way = plan.explain(&facts);
        prop_assert_eq!((&way.why, way.boxes.len(), way.arrows.len()), (&decision.why, 2, 1));
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

    /// Wherever a plan leads a call by itself, it is never led to help: people dial that, and nothing else does.
    #[test]
    fn no_step_leads_to_help(text in plan_text(), to in prop::sample::select(vec!["911", "9911", "933", "101", "m", "q", "r", "s"])) {
        let plan = Plan::parse(&text).unwrap_or_else(|_| Plan::lifeline());
        let settings = settings();
        let caller = caller("trunk");
        let facts = Facts::new(&caller, &settings.main_number, &settings, Now::simulation_start().wall);
        let name = to.to_owned();
        for to in [
            Destination::Extension(name.clone()),
            Destination::Menu(name.clone()),
            Destination::Queue(name.clone()),
            Destination::Rota(name.clone()),
            Destination::Schedule(name.clone()),
            Destination::Announcement(name),
        ] {
            let decision = plan.follow(&to, &facts);
            let helps = matches!(decision.target, Target::Emergency { .. });
            let rings_help = matches!(&decision.target, Target::Ring { extensions, .. } if extensions.iter().any(|e| e.ends_with("911")));
            prop_assert!(!helps && !rings_help, "{to:?} -> {decision:?}");
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
