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
async fn kinds_of_calls_are_off_while_nobody_is_there() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let before = plan::library("group-practice").expect("it is there");
    shows(&clinic.get("/plan/costs", &cookie).await, &["<dt>Calls that are off</dt><dd>none</dd>"]);
    let fields = |more: &[(&'static str, &'static str)]| {
        let hours = [("off", "some"), ("from", "07:30"), ("until", "00:00"), ("days", "0"), ("days", "5")];
        hours.into_iter().chain(more.iter().copied()).collect::<Vec<_>>()
    };
    let same = change(&clinic, &cookie, "/plan/costs/off", "live", &[("off", ""), ("kinds", "national")]).await;
    assert_eq!((same.status, clinic.ordered().len()), (StatusCode::SEE_OTHER, 0), "none were off before");
    let backwards = [("off", "some"), ("kinds", "national"), ("from", "18:00"), ("until", "08:00")];
    for (fields, says) in [
        (fields(&[]), "Choose which calls are off"),
        (fields(&[("kinds", "mars")]), "Choose which calls are off"),
        (backwards.to_vec(), "Say from when until when nothing is off"),
        (
            [&[("off", "some"), ("kinds", "national")][..], &[("from", "noon"), ("until", "18:00")]].concat(),
            "Say from when",
        ),
    ] {
        let page = change(&clinic, &cookie, "/plan/costs/off", "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}");
        shows(&page, &[says, "<details open><summary>Change what is off"]);
    }
    assert!(clinic.ordered().is_empty());
    let abroad = fields(&[("kinds", "premium"), ("kinds", "international")]);
    let asked = change(&clinic, &cookie, "/plan/costs/off", "", &abroad).await;
    shows(
        &asked,
        &[
            "<li>While nobody is here, Calls that are off: abroad, numbers that cost extra (until now: none).</li>",
            "<li>While nobody is here, Nothing is off: 07:30–24:00 (until now: 08:00–18:00).</li>",
            "<li>While nobody is here, On: Monday, Saturday (until now: Monday, Tuesday,",
        ],
    );
    change(&clinic, &cookie, "/plan/costs/off", "live", &abroad).await;
    let new = text(&clinic);
    let block =
        "[closed]\nopen = \"07:30-24:00\"\ndays = [\"monday\", \"saturday\"]\noff = [\"international\", \"premium\"]\n";
    assert!(new.contains(block), "{new}");
    uses(&clinic, &new);
    shows(
        &clinic.get("/plan/costs", &cookie).await,
        &["<dd>07:30–24:00</dd>", "name=\"days\" value=\"5\" checked", "name=\"kinds\" value=\"premium\" checked"],
    );
    change(&clinic, &cookie, "/plan/costs/off", "live", &[("off", "")]).await;
    assert_eq!(text(&clinic), before);
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
