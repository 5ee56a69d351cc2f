//! Calls outside, by form.

use axum::http::StatusCode;

use super::Clinic;
use super::plan::uses;
use super::plan_forms::{change, shows, text};

#[tokio::test]
async fn what_may_be_called_is_shown_and_changed() {
    let clinic = Clinic::open().await;
    let (cookie, nurse) = (clinic.sign_in("101").await, clinic.sign_in("102").await);
    uses(&clinic, "solo-practice");
    let before = plan::library("solo-practice").expect("it is there");
    assert_eq!(clinic.get("/plan/outside", &nurse).await.status, StatusCode::FORBIDDEN);
    shows(
        &clinic.get("/plan/outside", &cookie).await,
        &[
            "<dt>in the country</dt><dd>main</dd>",
            "<dt>abroad</dt><dd>not allowed</dd>",
            "Nobody may call otherwise yet.",
        ],
    );
    let fields =
        |abroad: &'static str| [("national", "main"), ("short", "main"), ("international", abroad), ("premium", "")];
    let same = change(&clinic, &cookie, "/plan/outside/kinds", "live", &fields("")).await;
    assert_eq!((same.status, clinic.ordered().len()), (StatusCode::SEE_OTHER, 0), "what is the same changes nothing");
    let wrong = change(&clinic, &cookie, "/plan/outside/kinds", "live", &fields("other")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    shows(&wrong, &["other", "<details open><summary>Change what may be called"]);
    let asked = change(&clinic, &cookie, "/plan/outside/kinds", "", &fields("main")).await;
    shows(&asked, &["<li>What may be called, abroad: main (until now: not allowed).</li>"]);
    change(&clinic, &cookie, "/plan/outside/kinds", "live", &fields("main")).await;
    assert_eq!(text(&clinic), before.replace("international = \"off\"", "international = \"main\""));
}

#[tokio::test]
async fn some_may_call_otherwise_than_all() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "solo-practice");
    let before = plan::library("solo-practice").expect("it is there");
    for (fields, says) in [
        (&[("trunks", "main")][..], "Choose whose calls are meant"),
        (&[("trunks", "main"), ("numbers", "12")], "“12” begins no number"),
    ] {
        let page = change(&clinic, &cookie, "/plan/outside/add", "live", fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[says]);
    }
    for what in ["remove", "raise", "change", "other"] {
        let fields = [("right", "0"), ("people", "103")];
        let page = change(&clinic, &cookie, &format!("/plan/outside/{what}"), "live", &fields).await;
        shows(&page, &["This is not in the plan any more."]);
    }
    assert!(clinic.ordered().is_empty());
    let abroad = [("people", "103"), ("kinds", "international"), ("trunks", "main"), ("trunks", "main")];
    let asked = change(&clinic, &cookie, "/plan/outside/add", "", &abroad).await;
    shows(&asked, &["<li>From now on: Calls: abroad, of Doctor &#60;Okafor&#62; (103): main.</li>"]);
    change(&clinic, &cookie, "/plan/outside/add", "live", &abroad).await;
    let block = "\n[[rights]]\npeople = [\"103\"]\nkinds = [\"international\"]\nover = \"main\"\n";
    let new = text(&clinic);
    assert_eq!(new.replace(block, ""), before);
    let two = format!("{new}\n[[rights]]\nnumbers = [\"+4420\"]\nover = \"off\"\n");
    uses(&clinic, &two);
    shows(
        &clinic.get("/plan/outside", &cookie).await,
        &[
            "<h2 id=\"right-1\">Calls: abroad, of Doctor",
            "<h2 id=\"right-2\">All calls, to numbers that begin with +4420</h2>",
            "name=\"people\" value=\"103\" checked",
        ],
    );
    let asked = change(&clinic, &cookie, "/plan/outside/raise", "", &[("right", "1")]).await;
    shows(&asked, &["<li>Who may call otherwise is asked in another order.</li>"]);
    let other = [("right", "1"), ("numbers", "+4420"), ("trunks", "main")];
    change(&clinic, &cookie, "/plan/outside/change", "live", &other).await;
    assert_eq!(text(&clinic), two.replace("[\"+4420\"]\nover = \"off\"", "[\"+4420\"]\nover = \"main\""));
    change(&clinic, &cookie, "/plan/outside/remove", "live", &[("right", "1")]).await;
    assert_eq!(text(&clinic).trim_end(), new.trim_end());
}

#[tokio::test]
async fn whose_phones_say_that_somebody_calls_for_help_is_chosen_and_help_goes_out_all_the_same() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "solo-practice");
    let before = plan::library("solo-practice").expect("it is there");
    shows(
        &clinic.get("/plan/outside", &cookie).await,
        &["<dt>Tried first</dt><dd>main</dd>", "<dt>Whose phones say it at once</dt><dd>all phones</dd>"],
    );
    for (numbers, says) in [("11a", "“11a” is no number to call for help"), ("101", "101 is the extension of a person")]
    {
        let fields = [("trunks", "main"), ("numbers", numbers)];
        let page = change(&clinic, &cookie, "/plan/outside/help", "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[says, &format!("value=\"{numbers}\"")]);
    }
    assert!(clinic.ordered().is_empty());
    let fields = [("trunks", "main"), ("alert", "101"), ("alert", "102"), ("numbers", "112, 999")];
    let asked = change(&clinic, &cookie, "/plan/outside/help", "", &fields).await;
    shows(
        &asked,
        &[
            "<li>Calls for help, Whose phones say it at once: Front desk (101), Nurse (102) (until now: all phones).</li>",
            "<li>Calls for help, Numbers beside those of the country: 112, 999 (until now: none).</li>",
        ],
    );
    change(&clinic, &cookie, "/plan/outside/help", "live", &fields).await;
    let lines = "trunks = [\"main\"]\nnumbers = [\"112\", \"999\"]\nalert = [\"101\", \"102\"]\n";
    assert_eq!(text(&clinic), before.replace("[emergency]\ntrunks = [\"main\"]\n", &format!("[emergency]\n{lines}")));
}

#[tokio::test]
async fn who_answers_outside_presses_1_or_has_the_call_at_once() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "solo-practice");
    let before = plan::library("solo-practice").expect("it is there");
    shows(&clinic.get("/plan/outside", &cookie).await, &["presses 1 to take it", "name=\"press_1\" checked"]);
    let asked = change(&clinic, &cookie, "/plan/outside/press-1", "", &[]).await;
    shows(&asked, &["<li>Whoever answers a call there has it at once, and so has a mailbox.</li>"]);
    change(&clinic, &cookie, "/plan/outside/press-1", "live", &[]).await;
    assert_eq!(text(&clinic), before.replace("press_1 = true", "press_1 = false"));
}
