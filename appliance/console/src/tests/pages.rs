//! What pages say and show, and what looking at them leaves behind.

use axum::body::Body;
use axum::http::StatusCode;

use super::{Clinic, get};
use crate::sample::SETTINGS;

#[tokio::test]
async fn what_people_wrote_is_shown_and_never_run() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let failed = clinic.faxes.failed;
    for path in ["/".to_owned(), "/faxes".to_owned(), format!("/faxes/{failed}"), "/find?q=Prescription".to_owned()] {
        let body = clinic.get(&path, &cookie).await.body;
        assert!(body.contains("Prescription &#60;b&#62;renewal&#60;/b&#62;"), "{path}");
        assert!(!body.contains("<b>renewal"), "{path}");
    }
    let people = clinic.get("/people", &cookie).await.body;
    assert!(people.contains("Doctor &#60;Okafor&#62;") && !people.contains("<Okafor>"));
    let echoed = clinic.get("/faxes?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&show=%22%3E%3Cb%3E", &cookie).await.body;
    assert!(!echoed.contains("<script>alert") && !echoed.contains("\"><b>"));
    let echoed = clinic.get("/send?to=%22%3E%3Cscript%3E", &cookie).await.body;
    assert!(!echoed.contains("\"><script>"));
}

#[tokio::test]
async fn today_puts_first_what_needs_a_person() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let body = clinic.get("/", &cookie).await.body;
    for part in [
        "4 things need a person",
        "No owner · 12 min",
        "Not sure it arrived",
        "Incomplete",
        "called 911",
        "1 Harbor Street",
        "Front desk → (202) 555-0171",
        "2 of 10 in use",
        "Sending page 2",
    ] {
        assert!(body.contains(part), "{part}");
    }
    assert!(!body.contains("+1202555"), "numbers are written as people write them");
}

#[tokio::test]
async fn a_phone_that_has_stopped_answering_is_not_counted_among_those_that_can_be_called() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let ready = async || {
        let page = clinic.get("/people", &cookie).await.body;
        let said = page.split(" can be called").next().and_then(|before| before.rsplit('>').next());
        (said.expect("how many").to_owned(), page)
    };
    assert_eq!(ready().await.0, "2 of 3");
    clinic.snapshot.send_modify(|snapshot| {
        let mut new = (**snapshot).clone();
        for phone in &mut new.phones {
            phone.silent = 1;
        }
        *snapshot = new.into();
    });
    let (said, page) = ready().await;
    assert_eq!(said, "1 of 3", "the other has a second phone");
    assert!(page.contains("<span class=\"dot w\"></span>Registered · 1 does not answer"), "{page}");
    assert!(page.contains("<span class=\"dot\"></span>2 phones registered · 1 does not answer"), "{page}");
}

#[tokio::test]
async fn a_phone_whose_call_for_help_would_not_say_where_it_is_is_marked() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let marked = async || {
        let page = clinic.get("/people", &cookie).await.body;
        let rows = page.split("<tr id=\"person-").skip(1);
        let nowhere = rows.filter(|row| row.contains("Help would not find it"));
        nowhere.map(|row| row[..3].to_owned()).collect::<Vec<_>>()
    };
    let place = "[[places]]\nnetwork = \"127.0.5.0/24\"\nlocation = \"Annex\"\n[clinic]";
    let mut settings = model::Settings::parse(&SETTINGS.replacen("[clinic]", place, 1)).expect("good");
    settings.people.iter_mut().for_each(|person| person.location.clear());
    clinic.settings.send_replace(settings.into());
    assert!(marked().await.is_empty(), "no phone has registered");
    clinic.snapshot.send_modify(|snapshot| {
        let phones = &mut std::sync::Arc::make_mut(snapshot).phones;
        for (phone, from) in phones.iter_mut().zip([&["127.0.5.1"][..], &["127.0.5.2", "127.0.6.2"]]) {
            phone.addresses = from.iter().map(|ip| ip.parse().expect("an address")).collect();
        }
    });
    assert_eq!(marked().await, ["102"], "one of two stands where nobody knows, and 101 in the annex");
}

#[tokio::test]
async fn a_person_without_rights_sees_an_alert_and_no_record() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("103").await;
    let body = clinic.get("/", &cookie).await.body;
    assert!(body.contains("called 911"));
    for hidden in ["555-0171", "Referral", "href=\"/faxes\"", "href=\"/calls\"", "href=\"/people\"", "href=\"/send\""] {
        assert!(!body.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn every_link_of_every_page_leads_somewhere() {
    let clinic = Clinic::open().await;
    let at = clinic.app.clock.now().wall;
    clinic.app.store.settings().save(crate::sample::SETTINGS, "first start", at).await.expect("saved");
    let cookie = clinic.sign_in("101").await;
    let mut waiting = vec!["/".to_owned()];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(path) = waiting.pop() {
        if path.is_empty() || !seen.insert(path.clone()) {
            continue;
        }
        let answer = clinic.get(&path, &cookie).await;
        assert!(matches!(answer.status, StatusCode::OK | StatusCode::SEE_OTHER), "{path}: {}", answer.status);
        for attribute in [" href=\"", " src=\""] {
            for rest in answer.body.split(attribute).skip(1) {
                let link = rest.split('"').next().expect("an end").replace("&#38;", "&");
                waiting.push(link.split('#').next().expect("a path").to_owned());
            }
        }
    }
    assert!(seen.len() > 40, "{} pages", seen.len());
}

#[tokio::test]
async fn one_fax_says_what_happened_and_what_to_do() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let uncertain = clinic.faxes.uncertain;
    let body = clinic.get(&format!("/faxes/{uncertain}"), &cookie).await.body;
    for part in [
        "We can’t tell whether this fax arrived.",
        model::fax::Cause::Unconfirmed.sentence(),
        "Send page 3 again",
        "It arrived",
        "not confirmed",
        "14,400 bit/s",
        "CFR received",
        "Fax to (202) 555-0163 · from Nurse (by mail)",
    ] {
        assert!(body.contains(part), "{part}");
    }
    let again = clinic.get(&format!("/faxes/{uncertain}/again"), &cookie).await.body;
    assert!(again.contains("page 3 sent. 2 of 3 pages are confirmed already"), "danger is asked with its numbers");
    assert!(clinic.ordered().is_empty(), "asking orders nothing");
    let sent = clinic.faxes.sent;
    let settled = clinic.get(&format!("/faxes/{sent}/again"), &cookie).await;
    assert_eq!(settled.status, StatusCode::SEE_OTHER, "there is nothing to ask about a fax that arrived");
}

#[tokio::test]
async fn a_call_says_how_its_sound_was_and_what_was_not_measured() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let body = clinic.get(&format!("/calls/{}", clinic.call), &cookie).await.body;
    let (caller, callee) = body.split_once("Sound from the called side").expect("both were heard");
    for said in [
        "The far end heard 3.0 % gaps.",
        "<dt>Sound from there</dt><dd>Very good (MOS 4.4)</dd>",
        "<dt>Sound to there</dt><dd>Good (MOS 4.1)</dd>",
        "<dt>There and back</dt><dd>19 ms</dd>",
    ] {
        assert!(caller.contains(said), "{said}: {caller}");
    }
    assert!(
        callee.contains("The far end does not say what it heard.") && callee.contains("<dd>Unknown</dd>"),
        "{callee}"
    );

    let table = clinic.get("/calls.csv", &cookie).await.body;
    let line = table.lines().find(|line| line.starts_with(&clinic.call.to_string())).expect("its line");
    assert!(line.contains(",18.4,4312,130,2,4.0,4.40,4.13,,,,,,,,,,,"), "{line}");
}

#[tokio::test]
async fn a_call_shows_every_message_in_words_and_as_it_was() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let body = clinic.get(&format!("/calls/{}", clinic.call), &cookie).await.body;
    let story = [
        "Front desk called 12025550112",
        "Frontdesk asked Front desk for its password",
        "Frontdesk called the carrier (sent again: no answer had come)",
        "The carrier refused: overloaded or out of service",
        "The carrier rings",
        "Front desk put the call on hold",
        "Frontdesk ended the call with the carrier",
    ];
    let mut rest = &body[body.find("id=\"ladder\"").expect("the ladder")..];
    for sentence in story {
        let at = rest.find(&format!("<span class=\"say\">{sentence}</span>"));
        rest = &rest[at.unwrap_or_else(|| panic!("{sentence} does not follow"))..];
    }
    assert!(
        body.contains("<div class=\"ladder n4\">") && body.contains("Carrier (backup)"),
        "caller, Frontdesk, two carriers"
    );
    assert!(body.contains("class=\"arrow s1 e2 to-right\">INVITE<"), "the caller calls us");
    assert!(body.contains("class=\"arrow s2 e3 to-right again\">INVITE<"), "we call the carrier once more");
    assert!(body.contains("class=\"arrow s2 e3 to-left bad\">503 Service Unavailable<"));
    assert!(body.contains("7.031 s") && body.contains("TLS from 192.0.2.2:5060"), "when, and how it travelled");
    assert!(body.contains("X-Note: &#60;b&#62;bold") && !body.contains("<b>bold"), "a message is shown and never run");
    assert_eq!(
        body.matches("<td>SIP/2.0 ").count() + body.matches("<td>INVITE ").count(),
        16,
        "the table has each message"
    );
    let list = clinic.get("/calls", &cookie).await.body;
    let (_, past) = list.split_once("id=\"past\"").expect("those that are over");
    let old =
        past.split("/calls/").skip(1).filter_map(|r| r.split('"').next()).find(|id| *id != clinic.call.to_string());
    let without = clinic.get(&format!("/calls/{}", old.expect("another call")), &cookie).await.body;
    assert!(without.contains("No messages are kept of this call."));
    assert!(!without.contains("/capture"));
}

#[tokio::test]
async fn a_call_is_found_by_its_number_and_those_that_were_missed_stand_alone() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let past = async |path: &str| {
        let body = clinic.get(path, &cookie).await.body;
        body.split_once("id=\"past\"").expect("those that are over").1.to_owned()
    };
    let rows = |part: &str| part.matches("id=\"call-").count();
    let (all, missed) = (past("/calls").await, past("/calls?missed").await);
    assert!(0 < rows(&missed) && rows(&missed) < rows(&all) && !missed.contains("Answered"), "{missed}");
    let found = past("/calls?q=(202)+555-0103").await;
    assert!(
        rows(&found) > 0
            && rows(&found) == found.matches("(202) 555-0103</a>").count() + found.matches(">(202) 555-0103 →").count()
    );
    assert!(past("/calls?q=555-0999").await.contains("No such call"));
    let everywhere = clinic.get("/find?q=555-0103", &cookie).await.body;
    assert!(everywhere.contains("id=\"found-calls\"") && everywhere.contains("href=\"/calls?q=555-0103\""));
    let echoed = clinic.get("/calls?q=%22%3E%3Cscript%3E", &cookie).await.body;
    assert!(!echoed.contains("\"><script>"));
    // Whoever may see no calls finds none.
    let other = clinic.sign_in("103").await;
    assert!(!clinic.get("/find?q=555-0103", &other).await.body.contains("found-calls"));
}

#[tokio::test]
async fn calls_are_listed_by_day_and_by_person() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let rows = |page: &str| page.matches("<tr id=\"call-").count();
    let all = clinic.get("/calls?q=5550103", &cookie).await.body;
    // Each day with a call in it, in the clinic's time, which the rows have as a tooltip.
    let times = all.split("<time ").skip(1).filter_map(|time| time.split_once("title=\"")?.1.get(..10));
    let mut days: Vec<&str> = times.collect();
    days.dedup();
    let mut of_days = 0;
    for day in &days {
        let page = clinic.get(&format!("/calls?q=5550103&day={day}"), &cookie).await.body;
        of_days += rows(&page);
        assert!(page.contains(&format!("value=\"{day}\"")) && page.contains(">All days</a>"), "{page}");
        // What is looked for is kept, from day to day and from choice to choice.
        assert!(page.contains(&format!("href=\"/calls?missed&#38;q=5550103&#38;day={day}\"")), "{page}");
        assert_eq!(
            page.matches("href=\"/calls?q=5550103&#38;day=").count(),
            1 + usize::from(page.contains(">Day after</a>")) + 1
        );
    }
    assert!(rows(&all) > 0 && of_days == rows(&all), "{days:?}: {of_days} of {}", rows(&all));
    let long_ago = clinic.get("/calls?day=2019-03-10", &cookie).await.body;
    assert!(long_ago.contains("No calls on this day") && long_ago.contains("Sunday 10 March 2019"), "{long_ago}");
    assert!(long_ago.contains("day=2019-03-09") && long_ago.contains("day=2019-03-11"));
    assert_eq!(clinic.get("/calls?day=yesterday", &cookie).await.status, 422);
    assert_eq!(clinic.get("/calls?day=", &cookie).await.status, 200);
    let person = clinic.get("/people/101", &cookie).await.body;
    let theirs = person.split("href=\"/calls?").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let theirs = clinic.get(&format!("/calls?{theirs}"), &cookie).await.body;
    let all = clinic.get("/calls", &cookie).await.body;
    let has_name = |page: &str| -> Vec<bool> {
        let rows = page.split("<tr id=\"call-").skip(1);
        rows.map(|row| row.split("</a>").next().is_some_and(|title| title.contains("Front desk"))).collect()
    };
    assert!(has_name(&all).contains(&false) && !has_name(&theirs).contains(&false) && rows(&theirs) > 0, "{theirs}");
    // Whoever sees no calls has no link to them.
    let other = clinic.sign_in("103").await;
    assert!(!clinic.get("/people/103", &other).await.body.contains("href=\"/calls?"));
}

#[tokio::test]
async fn what_was_turned_away_has_its_reason() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let body = clinic.get("/calls/turned-away", &cookie).await.body;
    for sentence in [
        "10.0.0.23 tried to register as 103: the password is wrong · 3 times",
        "10.0.0.66 tried to call 00442071234567: no password was given",
        "2001:db8::7 sent OPTIONS: the message was not understood",
    ] {
        assert!(body.contains(sentence), "{sentence}");
    }
    // What somebody has opened to read is not what came since.
    let ids: Vec<&str> =
        body.split("<li id=\"away-").skip(1).map(|rest| rest.split('"').next().expect("an end")).collect();
    assert_eq!((ids.len(), ids.iter().collect::<std::collections::BTreeSet<_>>().len()), (3, 3), "{ids:?}");
    assert!(body.contains("Via: &#60;script&#62;") && !body.contains("Via: <script>"));
    let stranger = clinic.sign_in("103").await;
    assert_eq!(clinic.get("/calls/turned-away", &stranger).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_mirrors_said_of_the_router_is_told_in_words() {
    let clinic = Clinic::open().await;
    let body = clinic.get("/people", &clinic.sign_in("101").await).await.body;
    for sentence in [
        "The router here changes phone messages on their way out: the address of the phone, the address for the sound came changed to 203.0.113.9.",
        "<dt>Messages to 198.51.100.4</dt><dd>Pass the router unchanged, ",
        "<dt>Messages to 192.0.2.77</dt><dd>Nothing came back, ",
    ] {
        assert!(body.contains(sentence), "{sentence}");
    }
}

#[tokio::test]
async fn a_capture_is_a_file_and_is_recorded() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let answer = clinic.get(&format!("/calls/{}/capture", clinic.call), &cookie).await;
    assert_eq!(answer.status, StatusCode::OK);
    let name = answer.headers["content-disposition"].to_str().expect("text");
    assert_eq!(name, format!("attachment; filename=\"call-{}.pcapng\"", clinic.call));
    assert!(
        answer.body.contains("INVITE sip:12025550112@clinic.demo")
            && answer.body.contains("went over TLS, shown as UDP")
    );
    assert!(clinic.audit().await.contains(&"102 capture_saved".to_owned()));
    assert_eq!(clinic.get("/calls/00000000000000000000000000/capture", &cookie).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn looking_at_a_fax_is_recorded_once() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let href = format!("/faxes/{}", clinic.faxes.unowned);
    let looks = async || clinic.audit().await.iter().filter(|l| *l == "102 fax_viewed").count();
    clinic.get(&format!("{href}/pages/1/thumb.png"), &cookie).await;
    assert_eq!(looks().await, 0, "nothing can be read in the smallest picture");
    clinic.get(&format!("{href}/pages/1/small.png"), &cookie).await;
    assert_eq!(looks().await, 1);
    clinic.get(&href, &cookie).await;
    assert_eq!(looks().await, 2, "a page says more than a picture: how it stands");
    clinic.get(&format!("{href}/pages/2"), &cookie).await;
    clinic.get(&format!("{href}/pages/2/small.png"), &cookie).await;
    clinic.get(&format!("{href}/fax.pdf"), &cookie).await;
    assert_eq!(looks().await, 2, "one look, many pictures");
    let other = clinic.sign_in("101").await;
    let by_itself = get(&href, Some(&other)).header("x-live", "1").body(Body::empty()).expect("request");
    assert_eq!(clinic.ask(by_itself).await.status, StatusCode::OK);
    assert!(clinic.audit().await.contains(&"101 fax_viewed".to_owned()), "a refresh is no way around the record");
}

#[tokio::test]
async fn a_fax_is_one_file_in_two_forms_for_people_and_for_programs() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let fax = clinic.faxes.unowned;
    let token = clinic.token("101").await;
    let page = clinic.get(&format!("/faxes/{fax}"), &cookie).await.body;
    for (ending, media_type, begins) in
        [("pdf", "application/pdf", "%PDF-1.7 of 4 pages"), ("tif", "image/tiff", "II* of 4 pages")]
    {
        assert!(page.contains(&format!("href=\"/faxes/{fax}/fax.{ending}\" download")), "{ending}");
        let person = clinic.get(&format!("/faxes/{fax}/fax.{ending}"), &cookie).await;
        assert_eq!((person.status, person.headers["content-type"].as_bytes()), (StatusCode::OK, media_type.as_bytes()));
        assert_eq!(
            person.headers["content-disposition"],
            format!("attachment; filename=\"fax-{fax}.{ending}\""),
            "nothing personal in its name"
        );
        assert!(person.body.starts_with(begins), "{}", person.body);
        let asked = get(&format!("/api/v1/faxes/{fax}/fax.{ending}"), None);
        let program = clinic.ask(asked.header("authorization", format!("Bearer {token}")).body(Body::empty()).unwrap());
        let program = program.await;
        assert_eq!(
            (program.status, program.headers["content-type"].as_bytes()),
            (StatusCode::OK, media_type.as_bytes())
        );
        assert!(program.body.starts_with(begins), "{}", program.body);
        assert_eq!(clinic.get(&format!("/faxes/{fax}x/fax.{ending}"), &cookie).await.status, StatusCode::NOT_FOUND);
    }
    // Each of the two took it with them.
    let looks = clinic.audit().await;
    assert_eq!(["101 fax_viewed", "102 fax_viewed"].map(|l| looks.iter().filter(|look| *look == l).count()), [1, 1]);
}

#[tokio::test]
async fn pictures_come_in_the_known_widths_only() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let href = format!("/faxes/{}/pages", clinic.faxes.unowned);
    let good = clinic.get(&format!("{href}/1/thumb.png"), &cookie).await;
    assert_eq!(good.status, StatusCode::OK);
    assert_eq!(good.headers["content-type"], "image/png");
    for bad in ["0/thumb.png", "5/thumb.png", "1/99999.png", "x/thumb.png", "4294967296/thumb.png"] {
        assert_eq!(clinic.get(&format!("{href}/{bad}"), &cookie).await.status, StatusCode::NOT_FOUND, "{bad}");
    }
}

#[tokio::test]
async fn filters_and_search_stand_in_the_address() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let rows = async |path: &str| clinic.get(path, &cookie).await.body.matches("data-row").count();
    assert_eq!(rows("/faxes").await, 8);
    assert_eq!(rows("/faxes?show=in").await, 3);
    assert_eq!(rows("/faxes?show=needs").await, 4);
    assert_eq!(rows("/faxes?q=referral").await, 1);
    let empty = clinic.get("/faxes?q=nobody-knows-this", &cookie).await.body;
    assert!(empty.contains("No fax like this"));
}

/// Whoever changes one choice has not given up the others.
#[tokio::test]
async fn one_filter_keeps_the_others() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let at = clinic.app.clock.now().wall;
    let filing = model::filing::Filing::Folder(Some("Lab & more".to_owned()));
    let file = store::effect::Effect::FileFax { fax: clinic.faxes.unowned, by: "101".to_owned(), filing, at };
    clinic.app.store.perform(file).await.expect("filed");
    let page = clinic.get("/faxes?show=in&q=555&folder=Lab+%26+more", &cookie).await.body;
    let has = |link: &str| page.contains(&format!("href=\"{}\"", link.replace('&', "&#38;")));
    for link in [
        "/faxes?q=555&folder=Lab+%26+more",
        "/faxes?show=junk&q=555&folder=Lab+%26+more",
        "/faxes?show=in&q=555&folder=Lab+%26+more",
        "/faxes?show=in&q=555",
    ] {
        assert!(has(link), "{link}: {page}");
    }
    assert!(clinic.get("/faxes?show=in", &cookie).await.body.contains("href=\"/faxes\""));
    let calls = clinic.get("/calls?missed&q=555", &cookie).await.body;
    assert!(calls.contains("href=\"/calls?q=555\"") && calls.contains("href=\"/calls?missed&#38;q=555\""), "{calls}");
    assert!(clinic.get("/calls?missed", &cookie).await.body.contains("href=\"/calls\""));
}

/// What somebody looks for and took for junk came all the same.
#[tokio::test]
async fn a_search_finds_junk_and_whatever_is_of_whoever_is_named() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let (fax, at) = (clinic.faxes.unowned, clinic.app.clock.now().wall);
    let filing = model::filing::Filing::Junk(true);
    let junk = store::effect::Effect::FileFax { fax, by: "101".to_owned(), filing, at };
    clinic.app.store.perform(junk).await.expect("filed");
    let row = |page: &str| {
        let row = page.split_once(&format!("href=\"/faxes/{fax}\"")).map(|(_, rest)| rest.to_owned());
        row.map(|rest| rest.split_once("<time").expect("its time").0.to_owned())
    };
    for path in ["/faxes?q=lakeside+imaging", "/find?q=lakeside+imaging", "/faxes?show=junk"] {
        let found = row(&clinic.get(path, &cookie).await.body).expect(path);
        assert!(found.contains("Junk"), "{path}: {found}");
    }
    for path in ["/faxes", "/faxes?show=in", "/faxes?show=needs&q=lakeside+imaging"] {
        assert_eq!(row(&clinic.get(path, &cookie).await.body), None, "{path}");
    }
    let token = clinic.token("101").await;
    for (query, expected) in
        [("", false), ("&junk=1", true), ("&junk=false&search=lakeside", false), ("&search=lakeside", true)]
    {
        let path = format!("/api/v1/faxes?limit=200{query}");
        let (answer, _) = super::api::ask(&clinic, axum::http::Method::GET, &path, &token, None).await;
        assert_eq!(answer.body.contains(&fax.to_string()), expected, "{query}: {}", answer.body);
    }
    // By name, as people know each other.
    let theirs = clinic.get("/faxes?q=nurse", &cookie).await.body;
    assert!(theirs.contains(&clinic.faxes.sent.to_string()) && theirs.contains(&clinic.faxes.failed.to_string()));
    let found = clinic.get("/find?q=nurse", &cookie).await.body;
    assert!(found.contains("href=\"/people/102\"") && found.contains("href=\"/phone?call=102\""), "{found}");
    let own = clinic.get("/find?q=front+desk", &cookie).await.body;
    assert!(
        own.contains("href=\"/people/101\"") && !own.contains("href=\"/phone?call=101\""),
        "nobody calls themselves"
    );
}

/// The number stands in the page as people of the country write it.
#[tokio::test]
async fn a_call_is_found_by_the_number_that_its_page_shows_anywhere() {
    let clinic = Clinic::open().await;
    let settings = crate::sample::SETTINGS.replace("timezone =", "country = \"GB\"\ntimezone =");
    let settings = settings.replace("+12025550199", "+442079460199").replace("+12025550198", "+442079460198");
    clinic.settings.send_replace(model::Settings::parse(&settings).expect("good").into());
    let cookie = clinic.sign_in("101").await;
    let some = clinic.app.store.calls().recent(1, None).await.expect("read").remove(0);
    let at = clinic.app.clock.now().wall;
    let id = model::CallId::new(at, &mut model::Random::from_u64(12));
    let number = Some(model::PhoneNumber::E164("+442079460123".to_owned()));
    let from = model::call::Party { number, name: model::Pii::default() };
    let record = model::call::CallRecord { id, from, ..some };
    clinic.app.store.perform(store::effect::Effect::RecordCalls(vec![record].into())).await.expect("stored");
    let shown = clinic.get(&format!("/calls/{id}"), &cookie).await.body;
    assert!(shown.contains("020 7946 0123"), "{shown}");
    for typed in ["020+7946+0123", "02079460123", "%2B44+(0)20+7946+0123", "7946+0123"] {
        let found = clinic.get(&format!("/calls?q={typed}"), &cookie).await.body;
        assert!(found.contains(&format!("id=\"call-{id}\"")), "{typed}");
    }
}

#[tokio::test]
async fn while_locked_every_page_says_so() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    clinic.snapshot.send_modify(|s| std::sync::Arc::make_mut(s).unlocked = false);
    assert!(clinic.get("/people", &cookie).await.body.contains("The records are still locked."));
}
