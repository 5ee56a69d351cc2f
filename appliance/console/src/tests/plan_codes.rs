//! What is dialled: the list of it, and the codes by form.

use axum::http::StatusCode;
use plan::Service;

use super::Clinic;
use super::plan::uses;
use super::plan_forms::{BARE, change, shows, text};

#[tokio::test]
async fn a_code_is_changed_taken_back_and_given_to_another() {
    let clinic = Clinic::open().await;
    let (cookie, nurse) = (clinic.sign_in("101").await, clinic.sign_in("102").await);
    uses(&clinic, BARE);
    assert_eq!(clinic.get("/plan/codes", &nurse).await.status, StatusCode::FORBIDDEN);
    shows(
        &clinic.get("/plan/codes", &cookie).await,
        &["name=\"night\" type=\"text\"", "value=\"*28\"", "value=\"**\""],
    );
    let page = clinic.get("/plan/codes", &cookie).await.body;
    for service in Service::all() {
        assert_eq!(page.matches(&format!("name=\"{}\"", service.word())).count(), 1, "{}", service.word());
    }
    assert!(!page.contains(">dial-"), "a code has no words");
    for (fields, says) in [
        (vec![("night", "28")], "28 is no code (for: The clinic is at night, or by its hours again)."),
        (vec![("night", "*2800")], "*2800 is no code"),
        (vec![("night", "*45"), ("queues", "*45")], "*45 stands twice: for"),
        (vec![("night", "*45")], "The plan has one of this name already."),
    ] {
        let page = change(&clinic, &cookie, "/plan/codes/codes", "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}");
        shows(&page, &[says, &format!("value=\"{}\"", fields[0].1)]);
    }
    assert!(clinic.ordered().is_empty());
    let swap = [("night", "*45, *28 *45"), ("queues", "")];
    let asked = change(&clinic, &cookie, "/plan/codes/codes", "", &swap).await;
    shows(
        &asked,
        &[
            "<li>Codes, The clinic is at night, or by its hours again: *28 *45 (until now: *28).</li>",
            "<li>Codes, You take calls of the queue, or no more: none (until now: *45).</li>",
        ],
    );
    change(&clinic, &cookie, "/plan/codes/codes", "live", &swap).await;
    let new = text(&clinic);
    assert_eq!(new, format!("{BARE}\n[services]\n\"*45\" = \"night\"\n"));
    uses(&clinic, &new);
    let back = [("night", "*28"), ("queues", "*45")];
    change(&clinic, &cookie, "/plan/codes/codes", "live", &back).await;
    assert_eq!(text(&clinic), format!("{BARE}\n[services]\n"));
}

#[tokio::test]
async fn where_phones_listen_to_pages_is_said_by_a_form() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, BARE);
    for bad in ["224.0.1.75", "10.0.0.1:5004", "224.0.1.75:5005"] {
        let page = change(&clinic, &cookie, "/plan/codes/page", "live", &[("group", bad)]).await;
        shows(&page, &["Phones cannot listen there.", &format!("value=\"{bad}\"")]);
    }
    let group = [("group", "224.0.1.75:5004")];
    let asked = change(&clinic, &cookie, "/plan/codes/page", "", &group).await;
    shows(&asked, &["Group of addresses and port: 224.0.1.75:5004 (until now: none)."]);
    change(&clinic, &cookie, "/plan/codes/page", "live", &group).await;
    let new = text(&clinic);
    assert_eq!(new, format!("{BARE}\n[page]\nmulticast = \"224.0.1.75:5004\"\n"));
    uses(&clinic, &new);
    change(&clinic, &cookie, "/plan/codes/page", "live", &[("group", "")]).await;
    assert_eq!(text(&clinic), BARE);
}

#[tokio::test]
async fn everybody_sees_what_there_is_to_dial_and_nothing_that_is_not_theirs() {
    let clinic = Clinic::open().await;
    let (manager, nurse) = (clinic.sign_in("101").await, clinic.sign_in("102").await);
    let plan = format!(
        "{BARE}\n[extensions.600]\nring = [\"101\", \"102\"]\n[rooms.800]\npin = \"4711\"\n[voicemail]\npeople = [\"101\"]\n\
         [services]\n\"*55\" = \"night\"\n\"*28\" = \"off\"\n[recording]\nstart = \"on demand\"\ncode = \"*2\"\n"
    );
    uses(&clinic, &plan);
    let row = |code: &str, does: &str| format!("<b class=\"code\">{code}</b></th><td>{does}");
    let all = [
        row("103", "Doctor &#60;Okafor&#62;"),
        row("600", "Front desk (101), Nurse (102)"),
        row("800", "A room in which all who dial it and type its PIN hear each other"),
        row("700–709", "Transfer a call there"),
        row("*55", "The clinic is at night"),
        row("*2", "In a call: begins a recording"),
        row("*98", "You listen to messages of another mailbox"),
        "<b class=\"code\">*72</b> + <i>number</i></th><td>All your calls go to the number".to_owned(),
    ];
    let (page, own) = (clinic.get("/dial", &nurse).await, clinic.get("/dial", &manager).await);
    for page in [&page, &own] {
        shows(page, &["Help: 911, 9911, from every phone", " With most carriers 933 tries it: "]);
        shows(page, &all.each_ref().map(String::as_str));
        for hidden in ["*28", "4711", "*45"] {
            assert!(!page.body.contains(hidden), "{hidden}");
        }
    }
    // Only who has a mailbox listens to it, and only who manages records words and changes codes.
    for theirs in ["*97", "*75", "/plan/codes"] {
        assert!(own.body.contains(theirs) && !page.body.contains(theirs), "{theirs}");
    }
    assert_eq!(clinic.get("/dial", "").await.status, StatusCode::SEE_OTHER);
}
