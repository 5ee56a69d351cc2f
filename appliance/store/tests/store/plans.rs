//! The dial plans that went live.

use store::Effect;
use store::effect::NewPlan;

use crate::clinic::Clinic;

#[test]
fn the_last_ten_plans_are_kept_over_a_restart_and_each_is_audited() {
    let mut clinic = Clinic::new();
    assert_eq!(clinic.store.wait(clinic.store.plans().newest()), Ok(None));
    for number in 1..=12 {
        let at = clinic.tick();
        clinic.does(Effect::SavePlan(NewPlan { text: format!("name = \"{number}\"\n"), by: "101".to_owned(), at }));
    }
    let clinic = clinic.restart();
    let plans = clinic.store.wait(clinic.store.plans().all()).expect("read");
    assert_eq!(plans.iter().map(|p| p.generation).collect::<Vec<_>>(), (3..=12).rev().collect::<Vec<u64>>());
    assert_eq!((plans[0].text.as_str(), plans[0].by.as_str()), ("name = \"12\"\n", "101"));
    assert_eq!(clinic.store.wait(clinic.store.plans().newest()), Ok(Some("name = \"12\"\n".to_owned())));
    let lines = clinic.store.wait(clinic.store.audit().list(50)).expect("audit");
    assert_eq!(lines.iter().filter(|l| l.what == "plan_live").count(), 12);
}
