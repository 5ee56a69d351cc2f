//! Rules for some callers, by form.

use axum::http::StatusCode;

use super::Clinic;
use super::plan::{send, uses};
use super::plan_forms::{change, shows, text};

const PLAN: &str = "# Ours.\n[[inbound]]\nnumber = \"main\"\nring = [\"101\"]\n[[inbound]]\nnumber = \"fax\"\nfax_machine = true\n\n\
     [[callers]]\nnumbers = [\"+1900\"]\nto = \"hang up\"\n\n# The lab\n[[callers]]\nnumbers = [\"+12025550142\", \"hidden\"]\n\
     called = [\"main\"]\nlabel = \"Lab <2>\" # since May\n";

#[tokio::test]
async fn rules_are_shown_in_their_order_and_changed() {
    let clinic = Clinic::open().await;
    let (cookie, nurse) = (clinic.sign_in("101").await, clinic.sign_in("102").await);
    shows(&clinic.get("/plan/callers", &cookie).await, &["The plan treats all callers alike."]);
    uses(&clinic, PLAN);
    assert_eq!(clinic.get("/plan/callers", &nurse).await.status, StatusCode::FORBIDDEN);
    assert!(!clinic.get("/plan", &nurse).await.body.contains("/plan/callers"));
    shows(&clinic.get("/plan", &cookie).await, &["href=\"/plan/callers\""]);
    let page = clinic.get("/plan/callers", &cookie).await;
    shows(
        &page,
        &[
            "<h2 id=\"rule-1\">Numbers that begin with +1900</h2>",
            "<p>the call ends</p>",
            "<h2 id=\"rule-2\">Numbers that begin with +12025550142, and callers without a number</h2>",
            "<p>“Lab &#60;2&#62;” stands before their names · only calls to (202) 555-0199</p>",
            "name=\"called\" value=\"main\" checked",
            "<option value=\"hang up\" selected>",
        ],
    );
    assert_eq!(page.body.matches("action=\"/plan/callers/raise\"").count(), 1, "the first has none before it");
    let fields = [("rule", "1"), ("numbers", "+1 202 555 01, (202) 555-0143"), ("to", "102"), ("label", "Lab")];
    let asked = change(&clinic, &cookie, "/plan/callers/change", "", &fields).await;
    shows(
        &asked,
        &[
            "<li>From now on: Numbers that begin with +120255501, +12025550143: Nurse (102) · “Lab” stands before their names.</li>",
            "<li>Not any more: Numbers that begin with +12025550142, and callers without a number: “Lab &#60;2&#62;” stands",
        ],
    );
    assert!(clinic.ordered().is_empty());
    change(&clinic, &cookie, "/plan/callers/change", "live", &fields).await;
    let new = text(&clinic);
    let rule = "# The lab\n[[callers]]\nnumbers = [\"+120255501\", \"+12025550143\"]\nlabel = \"Lab\" # since May\nto = \"102\"\n";
    assert_eq!(new, PLAN[..PLAN.find("# The lab").expect("a note")].to_owned() + rule);
    let raise = [("rule", "1")];
    let asked = change(&clinic, &cookie, "/plan/callers/raise", "", &raise).await;
    shows(&asked, &["<li>The rules for callers are asked in another order: the first that fits holds."]);
    change(&clinic, &cookie, "/plan/callers/raise", "live", &raise).await;
    let raised = text(&clinic);
    assert!(raised.find("Lab <2>") < raised.find("+1900"), "{raised}");
    change(&clinic, &cookie, "/plan/callers/remove", "live", &[("rule", "0")]).await;
    let without = text(&clinic);
    assert!(!without.contains("+1900") && without.contains("Lab <2>"), "{without}");
}

#[tokio::test]
async fn a_rule_says_whose_calls_and_what_becomes_of_them() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, PLAN);
    for (fields, says) in [
        (&[("numbers", ""), ("to", "102")][..], "Say whose calls"),
        (&[("numbers", "+44"), ("to", ""), ("label", "")], "Say where these calls go"),
        (&[("numbers", "+44, 12x"), ("to", "102")], "“12x” begins no number"),
        (&[("numbers", "911"), ("to", "102")], "“911” begins no number"),
        (&[("numbers", "+44"), ("label", "More than twenty letters")], "write 1 to 20 letters"),
    ] {
        let page = change(&clinic, &cookie, "/plan/callers/add", "live", fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(
            &page,
            &[
                says,
                &format!(
                    "name=\"numbers\" type=\"text\" maxlength=\"400\" autocomplete=\"off\" value=\"{}\"",
                    fields[0].1
                ),
            ],
        );
    }
    for (what, rule) in [("change", "7"), ("remove", "2"), ("raise", "0"), ("raise", "x"), ("other", "0")] {
        let fields = [("rule", rule), ("numbers", "+44"), ("to", "102")];
        let page = change(&clinic, &cookie, &format!("/plan/callers/{what}"), "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &["This is not in the plan any more."]);
    }
    assert!(clinic.ordered().is_empty());
    let fields = [("numbers", "+44"), ("hidden", "on"), ("called", "main"), ("to", "busy"), ("label", "")];
    let asked = change(&clinic, &cookie, "/plan/callers/add", "", &fields).await;
    shows(
        &asked,
        &[
            "From now on: Numbers that begin with +44, and callers without a number: the caller hears that the line is busy",
        ],
    );
    change(&clinic, &cookie, "/plan/callers/add", "live", &fields).await;
    let block = "\n[[callers]]\nnumbers = [\"+44\", \"hidden\"]\ncalled = [\"main\"]\nto = \"busy\"\n";
    assert_eq!(text(&clinic), format!("{PLAN}{block}"));
    // Opened before another changed the plan: nothing goes live over that.
    let over = asked.body.split("name=\"over\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let over = over.expect("which plan it changes").to_owned();
    uses(&clinic, &PLAN.replace("+1900", "+1901"));
    let late: Vec<_> = [("over", over.as_str()), ("act", "live")].into_iter().chain(fields).collect();
    let late = send(&clinic, "/plan/callers/add", &cookie, &late).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    shows(&late, &["value=\"+44\""]);
    assert!(clinic.ordered().is_empty());
}
