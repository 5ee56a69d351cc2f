//! Limits and prices, by form.

use axum::http::StatusCode;

use super::Clinic;
use super::plan::uses;
use super::plan_forms::{change, shows, text};

#[tokio::test]
async fn limits_are_shown_and_changed() {
    let clinic = Clinic::open().await;
    let (cookie, nurse) = (clinic.sign_in("101").await, clinic.sign_in("102").await);
    uses(&clinic, "group-practice");
    assert_eq!(clinic.get("/plan/costs", &nurse).await.status, StatusCode::FORBIDDEN);
    let page = clinic.get("/plan/costs", &cookie).await;
    shows(
        &page,
        &[
            "<dt>Minutes with numbers abroad within a day</dt><dd>120</dd>",
            "<dt>What all calls may cost within a day</dt><dd>no limit</dd>",
            "Nothing costs anything in this plan.",
        ],
    );
    let fields = |abroad: &'static str, spent: &'static str| {
        [
            ("at_once_each", "3"),
            ("at_once", ""),
            ("per_hour_each", "60"),
            ("per_day_each", "300"),
            ("minutes_abroad", abroad),
            ("spent_per_day", spent),
        ]
    };
    for (abroad, spent, says) in [
        ("0", "", "Minutes with numbers abroad within a day: write a number from 1 to 10000."),
        ("120", "much", "What all calls may cost within a day: write an amount"),
        ("120", "20", "nothing costs anything in this plan"),
    ] {
        let page = change(&clinic, &cookie, "/plan/costs/limits", "live", &fields(abroad, spent)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[says, "<details open><summary>Change the limits"]);
    }
    assert!(clinic.ordered().is_empty());
    let asked = change(&clinic, &cookie, "/plan/costs/limits", "", &fields("60", "")).await;
    shows(&asked, &["<li>Minutes with numbers abroad within a day: 60 (until now: 120).</li>"]);
    change(&clinic, &cookie, "/plan/costs/limits", "live", &fields("", "")).await;
    let new = text(&clinic);
    let before = plan::library("group-practice").expect("it is there");
    assert_eq!(new, before.replace("minutes_abroad = 120\n", ""));
}

#[tokio::test]
async fn prices_are_shown_in_their_order_and_changed() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let rates = "[[rates]]\nnumbers = [\"+44\"]\nper_minute = 0.02\n\n# The rest\n[[rates]]\nkinds = [\"international\"]\nper_minute = 0.15 # since May\n";
    uses(&clinic, &format!("[[inbound]]\nnumber = \"main\"\nring = [\"101\"]\n\n{rates}"));
    shows(
        &clinic.get("/plan/costs", &cookie).await,
        &[
            "<h2 id=\"rate-1\">All calls, to numbers that begin with +44</h2>",
            "<h2 id=\"rate-2\">Calls: abroad</h2>",
            "<p>0.15 a minute</p>",
            "name=\"kinds\" value=\"international\" checked",
        ],
    );
    for (price, numbers, says) in [
        ("", "", "Say what a minute costs"),
        ("-1", "", "Say what a minute costs"),
        ("0.00001", "", "this is no amount of money"),
        ("1", "12", "“12” begins no number"),
    ] {
        let fields = [("per_minute", price), ("numbers", numbers)];
        let page = change(&clinic, &cookie, "/plan/costs/add", "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{price}");
        shows(&page, &[says]);
    }
    for (what, rate) in [("remove", "2"), ("raise", "0"), ("change", "x"), ("other", "0")] {
        let fields = [("rate", rate), ("per_minute", "1")];
        let page = change(&clinic, &cookie, &format!("/plan/costs/{what}"), "live", &fields).await;
        shows(&page, &["This is not in the plan any more."]);
    }
    assert!(clinic.ordered().is_empty());
    let fields =
        [("rate", "1"), ("kinds", "international"), ("kinds", "premium"), ("numbers", "118"), ("per_minute", "00,20")];
    let asked = change(&clinic, &cookie, "/plan/costs/change", "", &fields).await;
    shows(
        &asked,
        &[
            "<li>From now on: Calls: abroad, numbers that cost extra, to numbers that begin with 118: 0.20 a minute.</li>",
            "<li>Not any more: Calls: abroad: 0.15 a minute.</li>",
        ],
    );
    change(&clinic, &cookie, "/plan/costs/change", "live", &fields).await;
    let new = text(&clinic);
    let rule = "# The rest\n[[rates]]\nkinds = [\"international\", \"premium\"]\nper_minute = 0.20 # since May\nnumbers = [\"118\"]\n";
    assert!(new.ends_with(rule), "{new}");
    let asked = change(&clinic, &cookie, "/plan/costs/raise", "", &[("rate", "1")]).await;
    shows(&asked, &["The prices are asked in another order"]);
    change(&clinic, &cookie, "/plan/costs/remove", "live", &[("rate", "0")]).await;
    assert!(!text(&clinic).contains("+44"));
    change(&clinic, &cookie, "/plan/costs/add", "live", &[("kinds", "national"), ("per_minute", "1")]).await;
    assert!(text(&clinic).ends_with("\n[[rates]]\nkinds = [\"national\"]\nper_minute = 1\n"));
}
