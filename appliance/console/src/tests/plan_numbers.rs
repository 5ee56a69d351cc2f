//! Which numbers the clinic answers and shows, by form.

use axum::http::StatusCode;

use super::Clinic;
use super::plan::{send, uses};
use super::plan_forms::{change, shows, text};

const PLAN: &str = "# Ours.\n[[inbound]]\nnumber = \"main\"\nring = [\"101\", \"102\"]\nseconds = 40\n\n# Billing has a line of its own.\n\
     [[inbound]]\nnumber = \"+12025550177\"\nto = \"103\" # the doctor\nlabel = \"Billing <2>\"\n\n[announcements.closed]\nprompt = \"clinic_closed\"\n";

#[tokio::test]
async fn numbers_are_shown_with_where_their_calls_go_and_changed() {
    let clinic = Clinic::open().await;
    let (cookie, nurse) = (clinic.sign_in("101").await, clinic.sign_in("102").await);
    uses(&clinic, PLAN);
    assert_eq!(clinic.get("/plan/numbers", &nurse).await.status, StatusCode::FORBIDDEN);
    assert!(!clinic.get("/plan", &nurse).await.body.contains("/plan/numbers"));
    shows(&clinic.get("/plan", &cookie).await, &["href=\"/plan/numbers\""]);
    let page = clinic.get("/plan/numbers", &cookie).await;
    shows(
        &page,
        &[
            "<h2 id=\"number-main\">(202) 555-0199</h2><span class=\"tag\">main number</span>",
            "Its calls go to: <strong>Front desk (101), Nurse (102)</strong>",
            "href=\"/plan/groups#number-main\"",
            "<option value=\"\" selected>its phones, as they ring now: Front desk (101), Nurse (102)</option>",
            "<h2 id=\"number-12025550177\">(202) 555-0177</h2>",
            "<p>“Billing &#60;2&#62;” stands before the names of its callers</p>",
            "value=\"Billing &#60;2&#62;\"",
            // The plan says nothing of it: it is the fax number all the same.
            "<h2 id=\"number-fax\">(202) 555-0198</h2><span class=\"tag\">faxes</span>",
            "Whoever calls it hears then that there is no such number.",
        ],
    );
    assert_eq!(page.body.matches("action=\"/plan/numbers/remove\"").count(), 2, "what is not said cannot go");
    let fields = [("number", "+12025550177"), ("to", "announcement closed"), ("label", "")];
    let asked = change(&clinic, &cookie, "/plan/numbers/change", "", &fields).await;
    shows(
        &asked,
        &[
            "<li>(202) 555-0177, leads to: announcement closed (until now: Doctor &#60;Okafor&#62; (103)).</li>",
            "<li>(202) 555-0177, before the names of its callers: nothing (until now: Billing &#60;2&#62;).</li>",
        ],
    );
    assert!(clinic.ordered().is_empty(), "nothing happens before somebody has seen it");
    change(&clinic, &cookie, "/plan/numbers/change", "live", &fields).await;
    let expected =
        PLAN.replace("\"103\" # the doctor\nlabel = \"Billing <2>\"", "\"announcement closed\" # the doctor");
    assert_eq!(text(&clinic), expected);
    // Faxes are taken there, and how phones rang goes with them.
    let fax = [("number", "main"), ("to", "fax machine"), ("label", "")];
    let asked = change(&clinic, &cookie, "/plan/numbers/change", "", &fax).await;
    shows(&asked, &["(202) 555-0199, leads to: the fax machine (until now: Front desk (101), Nurse (102))."]);
    change(&clinic, &cookie, "/plan/numbers/change", "live", &fax).await;
    assert_eq!(text(&clinic), PLAN.replace("ring = [\"101\", \"102\"]\nseconds = 40", "fax_machine = true"));
    // As it is: nothing changes.
    let same = [("number", "main"), ("to", ""), ("label", "")];
    let same = change(&clinic, &cookie, "/plan/numbers/change", "live", &same).await;
    assert_eq!((same.status, clinic.ordered().len()), (StatusCode::SEE_OTHER, 0));
}

#[tokio::test]
async fn a_number_is_added_once_and_goes_once_nothing_speaks_of_it() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, PLAN);
    for (number, to, says) in [
        ("911", "102", "“911” is no number that is called from outside."),
        ("abc", "102", "characters that no phone number has"),
        ("202 555 0177", "102", "(202) 555-0177 is answered already."),
        ("(202) 555-0199", "102", "(202) 555-0199 is answered already."),
        ("202 555 0111", "", "Say where its calls go."),
    ] {
        let fields = [("number", number), ("to", to), ("label", "")];
        let page = change(&clinic, &cookie, "/plan/numbers/add", "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}");
        shows(&page, &[says, &format!("value=\"{number}\"")]);
    }
    let long = [("number", "202 555 0111"), ("to", "102"), ("label", "More than twenty letters")];
    shows(&change(&clinic, &cookie, "/plan/numbers/add", "live", &long).await, &["write 1 to 20 letters"]);
    let new = [("number", "202 555 0111"), ("to", "102"), ("label", "Nurse")];
    let asked = change(&clinic, &cookie, "/plan/numbers/add", "", &new).await;
    shows(
        &asked,
        &[
            "<li>New: calls to (202) 555-0111 go to Nurse (102).</li>",
            "<li>“Nurse” stands before the names of those who call (202) 555-0111.</li>",
        ],
    );
    change(&clinic, &cookie, "/plan/numbers/add", "live", &new).await;
    let block = "\n[[inbound]]\nnumber = \"+12025550111\"\nto = \"102\"\nlabel = \"Nurse\"\n";
    assert_eq!(text(&clinic).replacen(block, "", 1), PLAN);
    // Those of the settings are called by their words in the plan.
    let fax = [("number", "202-555-0198"), ("to", "101"), ("label", "")];
    change(&clinic, &cookie, "/plan/numbers/add", "live", &fax).await;
    let with_fax = text(&clinic);
    assert!(with_fax.contains("\n[[inbound]]\nnumber = \"fax\"\nto = \"101\"\n"), "{with_fax}");

    let more = "\n[[callers]]\nnumbers = [\"+44\"]\ncalled = [\"+12025550177\"]\nto = \"hang up\"\n[[shows]]\nnumber = \"+12025550177\"\n";
    uses(&clinic, &format!("{PLAN}{more}"));
    shows(
        &clinic.get("/plan/numbers", &cookie).await,
        &[
            "<a class=\"link\" href=\"/plan/callers#rule-1\">rule 1 for callers</a>",
            "<a class=\"link\" href=\"/plan/numbers#show-1\">entry 1 of what calls show</a>",
        ],
    );
    let gone = [("number", "+12025550177")];
    let refused = change(&clinic, &cookie, "/plan/numbers/remove", "live", &gone).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    shows(&refused, &["The plan still speaks of (202) 555-0177 elsewhere.", "<details open><summary>Take out"]);
    assert!(clinic.ordered().is_empty());
    uses(&clinic, PLAN);
    let asked = change(&clinic, &cookie, "/plan/numbers/remove", "", &gone).await;
    shows(
        &asked,
        &["(202) 555-0177 is answered no more: whoever calls it hears that there is no such number (until now: "],
    );
    change(&clinic, &cookie, "/plan/numbers/remove", "live", &gone).await;
    let without = text(&clinic);
    assert!(
        !without.contains("Billing") && without.starts_with("# Ours.\n[[inbound]]\nnumber = \"main\"\n"),
        "{without}"
    );
    let asked = change(&clinic, &cookie, "/plan/numbers/remove", "", &[("number", "main")]).await;
    shows(&asked, &["(202) 555-0199, leads to: all phones (until now: Front desk (101), Nurse (102))."]);
    for (what, number) in [("remove", "+12025550178"), ("change", "+12025550178"), ("other", "main")] {
        let fields = [("number", number), ("to", "101")];
        let page = change(&clinic, &cookie, &format!("/plan/numbers/{what}"), "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}");
        shows(&page, &["This is not in the plan any more."]);
    }
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn what_calls_show_is_said_of_people_and_numbers_in_an_order() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, PLAN);
    let page = clinic.get("/plan/numbers", &cookie).await;
    shows(&page, &["Calls outside show the main number, (202) 555-0199, with the clinic’s name", "value=\"103\""]);
    let add = [("people", "103"), ("numbers", "+1 202, 118"), ("shown", "+12025550177"), ("name", "Billing \"2\"")];
    for (field, typed, says) in [
        ("shown", "", "Choose which number these calls show."),
        ("shown", "+12025550178", "Choose which number these calls show."),
        ("numbers", "+44, 12x", "“12x” begins no number"),
    ] {
        let fields = add.map(|(name, value)| (name, if name == field { typed } else { value }));
        let page = change(&clinic, &cookie, "/plan/numbers/show-add", "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[says, "name=\"people\" value=\"103\" checked", "value=\"Billing &#34;2&#34;\""]);
    }
    let asked = change(&clinic, &cookie, "/plan/numbers/show-add", "", &add).await;
    shows(
        &asked,
        &[
            "<li>From now on: Calls of Doctor &#60;Okafor&#62; (103), to numbers that begin with +1202, 118: (202) 555-0177, “Billing &#34;2&#34;”.</li>",
        ],
    );
    assert!(clinic.ordered().is_empty());
    change(&clinic, &cookie, "/plan/numbers/show-add", "live", &add).await;
    let one = text(&clinic);
    let block = "\n[[shows]]\npeople = [\"103\"]\nnumbers = [\"+1202\", \"118\"]\nnumber = \"+12025550177\"\nname = \"Billing \\\"2\\\"\"\n";
    assert_eq!(one, format!("{PLAN}{block}"));
    uses(&clinic, &one);
    change(&clinic, &cookie, "/plan/numbers/show-add", "live", &[("shown", "fax")]).await;
    let two = text(&clinic);
    assert!(two.ends_with("\n[[shows]]\nnumber = \"fax\"\n"), "{two}");
    uses(&clinic, &two);
    shows(
        &clinic.get("/plan/numbers", &cookie).await,
        &[
            "<h2 id=\"show-2\">All calls</h2>",
            "They show: <strong>(202) 555-0198</strong>",
            "<option value=\"fax\" selected>",
        ],
    );
    let raise = [("rule", "1")];
    let asked = change(&clinic, &cookie, "/plan/numbers/show-raise", "", &raise).await;
    shows(&asked, &["<li>What calls show is asked in another order: the first that fits holds.</li>"]);
    change(&clinic, &cookie, "/plan/numbers/show-raise", "live", &raise).await;
    let raised = text(&clinic);
    assert!(raised.find("number = \"fax\"") < raised.find("people"), "{raised}");
    let other = [("rule", "0"), ("people", "101"), ("people", "102"), ("shown", "main"), ("name", "")];
    change(&clinic, &cookie, "/plan/numbers/show-change", "live", &other).await;
    let changed = text(&clinic);
    assert!(changed.contains("\n[[shows]]\npeople = [\"101\", \"102\"]\nnumber = \"main\"\n"), "{changed}");
    change(&clinic, &cookie, "/plan/numbers/show-remove", "live", &[("rule", "1")]).await;
    assert_eq!(text(&clinic), one);
    // Opened before another changed the plan: nothing goes live over that.
    let over = asked.body.split("name=\"over\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let late = [("over", over.expect("which plan it changes")), ("act", "live"), raise[0]];
    uses(&clinic, PLAN);
    assert_eq!(
        send(&clinic, "/plan/numbers/show-raise", &cookie, &late).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    uses(&clinic, &one.replace("clinic_closed", "goodbye"));
    let page = send(&clinic, "/plan/numbers/show-remove", &cookie, &[late[0], late[1], ("rule", "0")]).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(clinic.ordered().is_empty());
}
