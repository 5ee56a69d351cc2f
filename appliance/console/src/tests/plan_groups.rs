//! Where a group's calls go that nobody took, who says their name first, what leads on, and whom a menu finds, by form.

use axum::http::StatusCode;

use super::Clinic;
use super::plan::uses;
use super::plan_forms::{change, shows, text};

#[tokio::test]
async fn a_groups_calls_go_elsewhere_when_all_are_in_a_call_or_no_phone_is_reached() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "multi-site");
    let page = clinic.get("/plan/groups", &cookie).await;
    shows(
        &page,
        &["<dt>If no phone is reached</dt><dd>extension 100</dd>", "<dt>If nobody answers</dt><dd>queue both</dd>"],
    );
    assert!(!page.body.contains("<dt>If all are in a call</dt>"), "what is as for others needs no line");
    let fields = |busy: &'static str, unreachable: &'static str| {
        [
            ("kind", "extension"),
            ("name", "200"),
            ("ring", "103"),
            ("order", "together"),
            ("seconds", "20"),
            ("nobody", "queue both"),
            ("busy", busy),
            ("unreachable", unreachable),
        ]
    };
    let same = change(&clinic, &cookie, "/plan/groups/ring", "live", &fields("", "100")).await;
    assert_eq!((same.status, clinic.ordered().len()), (StatusCode::SEE_OTHER, 0), "what is the same changes nothing");
    let asked = change(&clinic, &cookie, "/plan/groups/ring", "", &fields("announcement call-again", "")).await;
    shows(
        &asked,
        &[
            "<li>extension 200, If all are in a call: announcement call-again (until now: as if nobody answers).</li>",
            "<li>extension 200, If no phone is reached: as if nobody answers (until now: extension 100).</li>",
        ],
    );
    assert_eq!(asked.body.matches("(until now").count(), 2, "{}", asked.body);
    change(&clinic, &cookie, "/plan/groups/ring", "live", &fields("announcement call-again", "")).await;
    let before = plan::library("multi-site").expect("it is there");
    assert_eq!(text(&clinic), before.replace("unreachable = \"100\"\n", "busy = \"announcement call-again\"\n"));
    // A way that comes back to itself has no end: the plan says so, and what was chosen stands there again.
    let round = change(&clinic, &cookie, "/plan/groups/ring", "live", &fields("200", "")).await;
    assert_eq!(round.status, StatusCode::UNPROCESSABLE_ENTITY);
    shows(&round, &["goes round for ever", "<details open>"]);
    let new = [("number", "640"), ("ring", "102"), ("order", "together"), ("seconds", "25"), ("busy", "100")];
    change(&clinic, &cookie, "/plan/groups/add-group", "live", &new).await;
    let live = text(&clinic);
    assert!(
        live.contains("[extensions.640]\nring = [\"102\"]\norder = \"together\"\nseconds = 25\nbusy = \"100\"\n"),
        "{live}"
    );
}

#[tokio::test]
async fn callers_say_their_name_first_where_a_group_wants_to_know() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let page = clinic.get("/plan/groups", &cookie).await;
    shows(
        &page,
        &[
            "<option value=\"\" selected>no</option><option value=\"unknown\">",
            "<a href=\"#extension-100\">extension 100</a>",
        ],
    );
    let fields = |screen: &'static str| {
        [
            ("kind", "extension"),
            ("name", "100"),
            ("ring", "101"),
            ("ring", "102"),
            ("order", "together"),
            ("seconds", "30"),
            ("screen", screen),
        ]
    };
    let same = change(&clinic, &cookie, "/plan/groups/ring", "live", &fields("")).await;
    assert_eq!((same.status, clinic.ordered().len()), (StatusCode::SEE_OTHER, 0), "what is the same changes nothing");
    let asked = change(&clinic, &cookie, "/plan/groups/ring", "", &fields("all")).await;
    shows(&asked, &["<li>extension 100, Callers from outside say their name first: all (until now: no).</li>"]);
    change(&clinic, &cookie, "/plan/groups/ring", "live", &fields("all")).await;
    let new = text(&clinic);
    assert!(new.contains("seconds = 30\nscreen = \"all\"\n# screen = "), "{new}");
    uses(&clinic, &new);
    shows(
        &clinic.get("/plan/groups", &cookie).await,
        &["<dt>Callers from outside say their name first</dt><dd>all</dd>", "<option value=\"all\" selected>"],
    );
    let none = change(&clinic, &cookie, "/plan/groups/ring", "live", &fields("some")).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    shows(&none, &["there are no such callers"]);
}

#[tokio::test]
async fn an_extension_leads_somewhere_and_elsewhere() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    for (number, to, says) in [
        ("102", "rota doctor", "102 is somebody’s already."),
        ("six", "rota doctor", "Give it an extension"),
        ("190", "", "Say where calls to it go."),
    ] {
        let page = change(&clinic, &cookie, "/plan/groups/add-lead", "live", &[("number", number), ("to", to)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[says, &format!("value=\"{number}\"")]);
    }
    let fields = [("number", "190"), ("to", "rota doctor")];
    let asked = change(&clinic, &cookie, "/plan/groups/add-lead", "", &fields).await;
    shows(&asked, &["<li>New: extension 190 leads to whoever is on call (doctor).</li>"]);
    assert!(clinic.ordered().is_empty());
    change(&clinic, &cookie, "/plan/groups/add-lead", "live", &fields).await;
    let new = text(&clinic);
    assert!(new.contains("\n[extensions.190]\nto = \"rota doctor\"\n"), "{new}");
    uses(&clinic, &new);
    shows(
        &clinic.get("/plan/groups", &cookie).await,
        &["<h2 id=\"extension-190\">extension 190</h2>", "<dd>whoever is on call (doctor)</dd>"],
    );
    shows(
        &clinic.get("/plan/oncall", &cookie).await,
        &["<a class=\"link\" href=\"/plan/groups#extension-190\">extension 190: leads there</a>"],
    );
    let taken = change(&clinic, &cookie, "/plan/groups/add-group", "live", &[("number", "190"), ("ring", "101")]).await;
    shows(&taken, &["190 is somebody’s already."]);
    let other = [("number", "190"), ("to", "menu main")];
    let asked = change(&clinic, &cookie, "/plan/groups/lead", "", &other).await;
    shows(&asked, &["<li>extension 190, leads to: menu main (until now: whoever is on call (doctor)).</li>"]);
    change(&clinic, &cookie, "/plan/groups/lead", "live", &other).await;
    assert_eq!(
        text(&clinic),
        new.replace("[extensions.190]\nto = \"rota doctor\"", "[extensions.190]\nto = \"menu main\"")
    );
    change(&clinic, &cookie, "/plan/groups/remove", "live", &[("what", "190")]).await;
    assert_eq!(text(&clinic), plan::library("group-practice").expect("it is there"));
    let gone = change(&clinic, &cookie, "/plan/groups/lead", "live", &[("number", "191"), ("to", "menu main")]).await;
    shows(&gone, &["This is not in the plan any more."]);
}

#[tokio::test]
async fn a_menu_finds_people_by_their_extensions_and_names() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let page = clinic.get("/plan/groups", &cookie).await;
    shows(
        &page,
        &[
            "Who knows an extension may dial it",
            "name=\"extensions\" checked",
            "<option value=\"\" selected>nobody</option>",
        ],
    );
    let rest = [
        ("name", "main"),
        ("key-1", "queue appointments"),
        ("key-2", "102"),
        ("key-3", "103"),
        ("key-9", "language es"),
        ("nobody", "queue appointments"),
        ("prompt", "menu_practice"),
        ("prompt", "es/menu_language_9"),
    ];
    let before = plan::library("group-practice").expect("it is there");
    let said =
        |language: &str| before.split(&format!("{language} = \"")).nth(1).and_then(|rest| rest.split('"').next());
    let texts = [("text-en", said("say = { en").expect("a text")), ("text-es", said(", es").expect("a text"))];
    let fields =
        |more: &[(&'static str, &'static str)]| rest.iter().chain(&texts).chain(more).copied().collect::<Vec<_>>();
    let same = change(&clinic, &cookie, "/plan/groups/menu", "live", &fields(&[("extensions", "on")])).await;
    assert_eq!((same.status, clinic.ordered().len()), (StatusCode::SEE_OTHER, 0), "what is the same changes nothing");
    for (more, says) in [
        (&[("finds", ""), ("found", "103")][..], "Say that only those who are chosen are found"),
        (&[("finds", "these")], "Choose who is found by their names."),
    ] {
        let page = change(&clinic, &cookie, "/plan/groups/menu", "live", &fields(more)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(&page, &[says, "<details open>"]);
    }
    let these = fields(&[("finds", "these"), ("found", "103"), ("found", "101")]);
    let asked = change(&clinic, &cookie, "/plan/groups/menu", "", &these).await;
    shows(
        &asked,
        &[
            "<li>Menu main: extensions cannot be dialled any more.</li>",
            "<li>Menu main, found by their names: Doctor &#60;Okafor&#62; (103), Front desk (101) (until now: nobody).</li>",
        ],
    );
    change(&clinic, &cookie, "/plan/groups/menu", "live", &these).await;
    let new = text(&clinic);
    let line = "extensions = true       # who knows an extension may dial it\n";
    assert_eq!(new.replace("names = [\"103\", \"101\"]\n", ""), before.replace(line, ""));
    uses(&clinic, &new);
    shows(
        &clinic.get("/plan/groups", &cookie).await,
        &[
            "Found by the letters of their names: Doctor",
            "name=\"found\" value=\"103\" checked",
            "<option value=\"these\" selected>",
        ],
    );
    let all = fields(&[("extensions", "on"), ("finds", "all")]);
    change(&clinic, &cookie, "/plan/groups/menu", "live", &all).await;
    let all = text(&clinic);
    assert!(all.contains("names = [\"all\"]\n") && all.contains("extensions = true\n"), "{all}");
    // One that only finds people needs no keys.
    let bare = [("name", "people"), ("prompt", "dial_by_name"), ("finds", "all"), ("nobody", "hang up")];
    let asked = change(&clinic, &cookie, "/plan/groups/add-menu", "", &bare).await;
    shows(
        &asked,
        &["<li>New: menu people.</li>", "<li>Menu people finds by the letters of their names: everybody.</li>"],
    );
    change(&clinic, &cookie, "/plan/groups/add-menu", "live", &bare).await;
    let block = "[menus.people]\nprompt = \"dial_by_name\"\nnobody = \"hang up\"\nnames = [\"all\"]\n";
    let live = text(&clinic);
    assert!(live.contains(block), "{live}");
    let none = change(
        &clinic,
        &cookie,
        "/plan/groups/add-menu",
        "live",
        &bare.map(|f| if f.0 == "finds" { ("finds", "") } else { f }),
    )
    .await;
    shows(&none, &["Say what at least one key does."]);
}

#[tokio::test]
async fn a_menu_waits_as_long_and_speaks_as_often_as_its_form_says() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let menu = "[menus.main]\nprompt = \"menu_practice\"\nkeys = { 1 = \"102\" }\nnobody = \"101\"\n";
    let before = format!("[[inbound]]\nnumber = \"main\"\nto = \"menu main\"\n\n{menu}");
    uses(&clinic, &before);
    shows(&clinic.get("/plan/groups", &cookie).await, &["Said 3 times, each with 5 s to press a key"]);
    let fields = |seconds: &'static str, times: &'static str| {
        let keys = [("name", "main"), ("key-1", "102"), ("nobody", "101"), ("prompt", "menu_practice")];
        keys.into_iter().chain([("seconds", seconds), ("times", times)]).collect::<Vec<_>>()
    };
    for (seconds, times, says) in [
        ("1", "3", "Seconds to press a key: write a number from 2 to 60."),
        ("5", "", "So often the words are said: write a number from 1 to 10."),
    ] {
        let page = change(&clinic, &cookie, "/plan/groups/menu", "live", &fields(seconds, times)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        shows(
            &page,
            &[says, &format!("name=\"seconds\" type=\"text\" inputmode=\"numeric\" required value=\"{seconds}\"")],
        );
    }
    let same = change(&clinic, &cookie, "/plan/groups/menu", "live", &fields("5", "3")).await;
    assert_eq!((same.status, clinic.ordered().len()), (StatusCode::SEE_OTHER, 0), "what is the same changes nothing");
    let asked = change(&clinic, &cookie, "/plan/groups/menu", "", &fields("12", "1")).await;
    let says = "<li>menu main: Said once, with 12 s to press a key (until now: Said 3 times, each with 5 s to press a key).</li>";
    shows(&asked, &[says]);
    change(&clinic, &cookie, "/plan/groups/menu", "live", &fields("12", "1")).await;
    assert_eq!(text(&clinic), format!("{before}seconds = 12\ntimes = 1\n"));
}

#[tokio::test]
async fn a_schedule_heeds_the_night_switch_or_does_not() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, "group-practice");
    let before = plan::library("group-practice").expect("it is there");
    let schedules = plan::edit::Editor::open(before).expect("a plan").schedules();
    let schedule = schedules.first().expect("it has one");
    let (open, closed) = (schedule.open.to_string(), schedule.closed.to_string());
    let holiday = schedule.holiday.as_ref().map(ToString::to_string).unwrap_or_default();
    let fields = |night| {
        [
            ("schedule", schedule.name.as_str()),
            ("open", &open),
            ("closed", &closed),
            ("holiday", &holiday),
            ("night", night),
        ]
    };
    let same = change(&clinic, &cookie, "/plan/hours/calls", "live", &fields("")).await;
    assert_eq!((same.status, clinic.ordered().len()), (StatusCode::SEE_OTHER, 0), "what is the same changes nothing");
    let asked = change(&clinic, &cookie, "/plan/hours/calls", "", &fields("no")).await;
    shows(&asked, &["the switch of the night: changes nothing here (until now: closes it).</li>"]);
    change(&clinic, &cookie, "/plan/hours/calls", "live", &fields("no")).await;
    let new = text(&clinic);
    assert_eq!(new.replace("night_switch = false\n", ""), before);
    uses(&clinic, &new);
    shows(
        &clinic.get("/plan/hours", &cookie).await,
        &["<dt>the switch of the night</dt><dd>changes nothing here</dd>", "<option value=\"no\" selected>"],
    );
}
