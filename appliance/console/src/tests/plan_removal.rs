//! What goes from a plan by form: only with a word about where its calls go instead, and after it was said what changes.

use axum::http::StatusCode;

use super::Clinic;
use super::plan::{send, uses};
use super::plan_forms::{change, shows, text};

#[tokio::test]
async fn a_queue_goes_once_its_callers_have_somewhere_to_go() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let page = clinic.get("/plan/groups", &cookie).await;
    shows(
        &page,
        &[
            "<a class=\"link\" href=\"/plan/groups#menu-main\">menu main: key 1</a>",
            "<a class=\"link\" href=\"/plan/groups#menu-main\">menu main: nothing pressed</a>",
            "<a class=\"link\" href=\"/plan/hours#calls-front\">by the hours (front): while it is open</a>",
        ],
    );
    let alone = [("what", "queue appointments"), ("instead", "")];
    for act in ["", "live"] {
        let refused = change(&clinic, &cookie, "/plan/groups/remove", act, &alone).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(
            &refused,
            &["Calls still get to queue appointments. Choose where they go instead", "<details open><summary>Take out"],
        );
    }
    assert!(clinic.ordered().is_empty());
    let instead = [("what", "queue appointments"), ("instead", "101")];
    let asked = change(&clinic, &cookie, "/plan/groups/remove", "", &instead).await;
    shows(
        &asked,
        &[
            "<li>Menu main, key 1: Front desk (101) (until now: queue appointments).</li>",
            "<li>Menu main, nothing pressed: Front desk (101) (until now: queue appointments).</li>",
            "<li>Gone from the plan: queue appointments.</li>",
            "<li>No call gets to “announcement call-again” any more. It stays in the plan.</li>",
        ],
    );
    assert!(clinic.ordered().is_empty(), "nothing happens before somebody has seen it");
    change(&clinic, &cookie, "/plan/groups/remove", "live", &instead).await;
    let new = text(&clinic);
    assert!(!new.contains("queue appointments") && !new.contains("[queues.appointments]"), "{new}");
    // What nothing leads to any more goes without a question.
    uses(&clinic, &new);
    shows(&clinic.get("/plan/groups", &cookie).await, &["Nothing of the plan leads here."]);
    let lost = [("what", "announcement call-again")];
    shows(
        &change(&clinic, &cookie, "/plan/groups/remove", "", &lost).await,
        &["<li>Gone from the plan: announcement call-again.</li>"],
    );
    change(&clinic, &cookie, "/plan/groups/remove", "live", &lost).await;
    let after = text(&clinic);
    assert!(!after.contains("call-again"), "{after}");
    let gone = change(&clinic, &cookie, "/plan/groups/remove", "live", &instead).await;
    assert_eq!(gone.status, StatusCode::UNPROCESSABLE_ENTITY);
    shows(&gone, &["This is not in the plan any more."]);
}

#[tokio::test]
async fn only_a_phone_takes_the_place_of_a_group_that_a_number_rings() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let page = clinic.get("/plan/groups", &cookie).await;
    shows(&page, &["<a class=\"link\" href=\"/plan/text\">(202) 555-0199: rings it</a>"]);
    for (instead, says) in
        [("hang up", "only a phone can take its place"), ("100", "This is not in the plan any more.")]
    {
        let fields = [("what", "100"), ("instead", instead)];
        let page = change(&clinic, &cookie, "/plan/groups/remove", "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[says]);
    }
    let fields = [("what", "100"), ("instead", "102")];
    let asked = change(&clinic, &cookie, "/plan/groups/remove", "", &fields).await;
    shows(
        &asked,
        &[
            "<li>(202) 555-0199, who rings: Nurse (102) (until now: extension 100).</li>",
            "<li>Gone from the plan: extension 100.</li>",
        ],
    );
    assert_eq!(asked.body.matches("(until now").count(), 1, "{}", asked.body);
    change(&clinic, &cookie, "/plan/groups/remove", "live", &fields).await;
    let new = text(&clinic);
    assert!(new.contains("number = \"main\"\nring = [\"102\"]\n") && !new.contains("[extensions.100]"), "{new}");
    // Neither a person nor a number of the clinic goes so, nor what is no step.
    uses(&clinic, &new);
    for what in ["101", "main", "schedule front", "fax machine", "menu none", ""] {
        let page = change(&clinic, &cookie, "/plan/groups/remove", "live", &[("what", what), ("instead", "101")]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
        shows(&page, &["This is not in the plan any more."]);
    }
    // A person who has a group under their own extension keeps the extension.
    uses(&clinic, &format!("{new}[extensions.101]\nring = [\"101\", \"102\"]\n"));
    let own = [("what", "101")];
    shows(
        &change(&clinic, &cookie, "/plan/groups/remove", "", &own).await,
        &["<li>Front desk (101) rings alone again.</li>"],
    );
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn a_rota_goes_and_a_form_that_was_open_meanwhile_takes_nothing() {
    let clinic = Clinic::open().await;
    let (cookie, nurse) = (clinic.sign_in("101").await, clinic.sign_in("102").await);
    uses(&clinic, "group-practice");
    let page = clinic.get("/plan/oncall", &cookie).await;
    shows(&page, &["<a class=\"link\" href=\"/plan/groups#told-closed\">announcement closed: comes after it</a>"]);
    let fields = [("what", "rota doctor"), ("instead", "announcement nobody-on-call")];
    let asked = change(&clinic, &cookie, "/plan/oncall/remove", "", &fields).await;
    shows(
        &asked,
        &[
            "announcement closed, and then: announcement nobody-on-call (until now: whoever is on call (doctor)).",
            "Gone from the plan: whoever is on call (doctor).",
        ],
    );
    let over = asked.body.split("name=\"over\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let late = |over| [("over", over), ("act", "live"), fields[0], fields[1]];
    let over = over.expect("which plan it changes").to_owned();
    assert_eq!(send(&clinic, "/plan/oncall/remove", &nurse, &late(&over)).await.status, StatusCode::FORBIDDEN);
    change(&clinic, &cookie, "/plan/oncall/remove", "live", &fields).await;
    let new = text(&clinic);
    assert!(!new.contains("doctor]") && new.contains("# Turns change every Monday"), "{new}");
    // Another has changed the plan since.
    let other = plan::library("group-practice").expect("it is there").replace("seconds = 15", "seconds = 20");
    uses(&clinic, &other);
    let late = send(&clinic, "/plan/oncall/remove", &cookie, &late(&over)).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(clinic.ordered().is_empty());
}
