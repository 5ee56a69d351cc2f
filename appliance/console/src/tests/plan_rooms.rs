//! Rooms and parking, by form.

use axum::http::StatusCode;

use super::Clinic;
use super::plan::uses;
use super::plan_forms::{change, shows, text};

#[tokio::test]
async fn a_room_is_added_gets_a_pin_and_goes() {
    let clinic = Clinic::open().await;
    let (cookie, nurse) = (clinic.sign_in("101").await, clinic.sign_in("102").await);
    uses(&clinic, "solo-practice");
    assert_eq!(clinic.get("/plan/rooms", &nurse).await.status, StatusCode::FORBIDDEN);
    shows(
        &clinic.get("/plan/rooms", &cookie).await,
        &["<h2 id=\"room-800\">Room 800</h2>", "Whoever dials it, or is transferred there, comes in."],
    );
    for (number, pin, says) in [
        ("", "", "written with digits alone"),
        ("80a", "", "written with digits alone"),
        ("101", "", "101 is the extension of a person"),
        ("911", "", "this cannot be the number of a room"),
        ("801", "12", "A PIN has 4 to 10 digits."),
        ("800", "", "The plan has one of this name already."),
    ] {
        let fields = [("number", number), ("pin", pin)];
        let page = change(&clinic, &cookie, "/plan/rooms/add", "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{number} {pin}");
        shows(&page, &[says, &format!("value=\"{number}\"")]);
    }
    assert!(clinic.ordered().is_empty());
    let fields = [("number", "801"), ("pin", "4711")];
    let asked = change(&clinic, &cookie, "/plan/rooms/add", "", &fields).await;
    shows(&asked, &["<li>New: room 801. Whoever types its PIN comes in.</li>"]);
    change(&clinic, &cookie, "/plan/rooms/add", "live", &fields).await;
    let new = text(&clinic);
    let before = plan::library("solo-practice").expect("it is there");
    assert_eq!(new.replace("\n[rooms.801]\npin = \"4711\"\n", ""), before);
    uses(&clinic, &new);
    shows(&clinic.get("/plan/rooms", &cookie).await, &["<h2 id=\"room-801\">Room 801</h2>", "value=\"4711\""]);
    for (pin, says) in [("0815", "Room 801 has another PIN."), ("", "Room 801: Whoever dials it")] {
        let fields = [("number", "801"), ("pin", pin)];
        let asked = change(&clinic, &cookie, "/plan/rooms/change", "", &fields).await;
        shows(&asked, &[says]);
        let list = asked.body.split("<ul").nth(1).and_then(|rest| rest.split("</ul>").next()).expect("a list");
        assert!(!list.contains("0815"), "what changes is said without the PIN itself: {list}");
    }
    let asked = change(&clinic, &cookie, "/plan/rooms/remove", "", &[("number", "801")]).await;
    shows(&asked, &["<li>Room 801 is not there any more.</li>"]);
    change(&clinic, &cookie, "/plan/rooms/remove", "live", &[("number", "801")]).await;
    assert_eq!(text(&clinic), before);
    for what in ["remove", "change", "other"] {
        let page = change(&clinic, &cookie, &format!("/plan/rooms/{what}"), "live", &[("number", "899")]).await;
        shows(&page, &["This is not in the plan any more."]);
    }
}

#[tokio::test]
async fn callers_are_parked_elsewhere_and_come_back_sooner() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "solo-practice");
    shows(
        &clinic.get("/plan/rooms", &cookie).await,
        &["<dt>Numbers</dt><dd>700–709</dd>", "<dt>Comes back to whoever parked it after</dt><dd>1 min 30 s</dd>"],
    );
    for (first, last, seconds, says) in [
        ("720", "721", "5", "Seconds until a call comes back: write a number from 10 to 600."),
        ("720", "", "45", "the smaller one first, as in 700 and 709"),
        ("721", "720", "45", "the smaller one first"),
        ("700", "799", "45", "these are no orbits"),
        ("7020", "7021", "45", "no phone can dial these orbits here"),
    ] {
        let fields = [("first", first), ("last", last), ("seconds", seconds)];
        let page = change(&clinic, &cookie, "/plan/rooms/park", "live", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(
            &page,
            &[
                says,
                &format!(
                    "name=\"first\" type=\"text\" inputmode=\"numeric\" required maxlength=\"6\" autocomplete=\"off\" value=\"{first}\""
                ),
            ],
        );
    }
    let fields = [("first", "720"), ("last", "721"), ("seconds", "45")];
    let asked = change(&clinic, &cookie, "/plan/rooms/park", "", &fields).await;
    shows(
        &asked,
        &[
            "<li>Parking, Numbers: 720–721 (until now: 700–709).</li>",
            "<li>Parking, Comes back to whoever parked it after: 45 s (until now: 1 min 30 s).</li>",
        ],
    );
    change(&clinic, &cookie, "/plan/rooms/park", "live", &fields).await;
    let before = plan::library("solo-practice").expect("it is there");
    let after = before.replace("\"700-709\"\nseconds = 90", "\"720-721\"\nseconds = 45");
    assert_eq!(text(&clinic), after);
}
