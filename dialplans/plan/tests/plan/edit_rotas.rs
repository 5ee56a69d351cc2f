//! Who is on call, changed by form: what the form shows is whom calls reach, and what it writes is what they reach then.

use std::collections::BTreeMap;

use jiff::civil::{DateTime, date};
use plan::edit::{Change, Group, GroupOf, MenuKeys, Refusal, Rota, Said, Saying, StandIn};
use plan::{Caller, Destination, Facts, Member, Plan, Target};

use super::edit::{changed, good, open, text_of};
use super::{at, settings};

fn to(text: &str) -> Destination {
    Destination::parse(text).expect("a place")
}

fn time(text: &str) -> DateTime {
    text.replace(' ', "T").parse().expect("a time")
}

/// Whom a call to this rota rings first.
fn rings(plan: &Plan, rota: &str, when: &str) -> String {
    let (settings, caller) = (settings(), Caller::Trunk { name: "main".to_owned() });
    let facts = Facts::new(&caller, &settings.main_number, &settings, at(when));
    match plan.follow(&to(&format!("rota {rota}")), &facts).target {
        Target::Rota(rota) => match rota.members.first() {
            Some(Member::Phones { extensions, .. }) => extensions.join("+"),
            Some(Member::Outside { number, .. }) => format!("outside {}", number.as_str()),
            None => "nobody".to_owned(),
        },
        other => panic!("{other:?}"),
    }
}

/// Who is on call, hour by hour, as the form has it and as calls find it.
fn assert_true(text: &str, rota: &str, from: &str, hours: i64) {
    let (editor, plan) = (open(text), good(text));
    let mut now = time(from);
    for _ in 0..hours {
        let until = now.checked_add(jiff::Span::new().minutes(1)).expect("a minute later");
        let turns = editor.turns(rota, now, until);
        let [turn] = turns.as_slice() else { panic!("{now}: {turns:?}") };
        assert!(turn.from <= now && now < turn.until, "{now}: {turn:?}");
        let when = now.strftime("%Y-%m-%d %H:%M").to_string();
        assert_eq!(turn.who.to_string(), rings(&plan, rota, &when), "{when}");
        now = now.checked_add(jiff::Span::new().hours(1)).expect("an hour later");
    }
}

#[test]
fn the_turns_that_are_shown_are_those_that_calls_find() {
    // Over Christmas, in which somebody stands in, and over the end of summer time.
    assert_true(text_of("after-hours"), "on-call", "2026-12-22 00:30", 24 * 8);
    assert_true(text_of("group-practice"), "doctor", "2026-10-26 00:30", 24 * 21);
    // Before the first turn, too.
    assert_true(text_of("group-practice"), "doctor", "2026-03-02 07:30", 24 * 15);
    assert_true(text_of("dental"), "dentist", "2026-11-20 00:30", 24);
}

#[test]
fn turns_follow_each_other_and_are_cut_where_somebody_stands_in() {
    let text = text_of("after-hours");
    let said: Vec<_> = open(text)
        .turns("on-call", time("2026-12-23 10:00"), time("2026-12-27 09:00"))
        .into_iter()
        .map(|turn| format!("{} {} {} {:?}", turn.from, turn.until, turn.who, turn.stands_in))
        .collect();
    expect_test::expect![[r#"
        2026-12-23T08:00:00 2026-12-24T08:00:00 103 None
        2026-12-24T08:00:00 2026-12-26T08:00:00 103 Some("2026-12-24 08:00 - 2026-12-26 08:00")
        2026-12-26T08:00:00 2026-12-27T08:00:00 102 None
        2026-12-27T08:00:00 2026-12-28T08:00:00 103 None"#]]
    .assert_eq(&said.join("\n"));
}

#[test]
fn somebody_stands_in_from_noon_and_is_taken_back() {
    let text = text_of("group-practice");
    let stand_in = StandIn {
        rota: "doctor".to_owned(),
        from: time("2026-11-25 12:00"),
        until: time("2026-11-27 07:00"),
        who: to("101"),
    };
    let (new, lines) = changed(text, &[Change::StandIn(stand_in.clone())]);
    assert_eq!(lines, "+ [rotas.doctor.swaps]\n+ \"2026-11-25 12:00 - 2026-11-27 07:00\" = \"101\"\n");
    assert_true(&new, "doctor", "2026-11-24 00:00", 24 * 4);
    let plan = good(&new);
    assert_eq!(rings(&plan, "doctor", "2026-11-25 12:00"), "101");
    assert_ne!(rings(&plan, "doctor", "2026-11-25 11:59"), "101");
    let stands_in = open(&new).stand_ins("doctor");
    let [(key, found)] = stands_in.as_slice() else { panic!("{stands_in:?}") };
    assert_eq!(*found, stand_in);
    let back = open(&new).with(&[Change::TakeBack("doctor".to_owned(), key.clone())]).expect("taken back");
    assert_true(&back, "doctor", "2026-11-24 00:00", 24 * 4);
    assert_ne!(rings(&good(&back), "doctor", "2026-11-25 12:00"), "101");
    let again = open(&back).with(&[Change::TakeBack("doctor".to_owned(), key.clone())]);
    assert_eq!(again, Err(Refusal::Gone));
    // Two at the same time the plan refuses, as in the text.
    let twice = open(&new).with(&[Change::StandIn(StandIn { from: time("2026-11-26 12:00"), ..stand_in })]);
    let problems = Plan::parse(&twice.expect("written")).expect_err("two stand in");
    assert!(problems.iter().any(|p| p.what == "two stand in at the same time"), "{problems:?}");
}

/// The form shows a list that begins with whoever is on call now; left as it is, it changes nothing.
#[test]
fn a_list_that_begins_elsewhere_is_the_same_list() {
    let text = text_of("group-practice");
    for day in 20..30 {
        let now = date(2026, 11, day).at(9, 0, 0, 0);
        let rota = open(text).rota_now("doctor", now).expect("a rota");
        assert_eq!(rota.turns[0], open(text).turns("doctor", now, now + jiff::Span::new().minutes(1))[0].who);
        assert_eq!(open(text).with(&[Change::Rota(rota)]).as_deref(), Ok(text), "{now}");
    }
}

#[test]
fn a_third_takes_turns_from_now_on() {
    let text = text_of("group-practice");
    let now = time("2026-11-25 10:00");
    let mut rota = open(text).rota_now("doctor", now).expect("a rota");
    assert_eq!(rota.turns, [to("102"), to("103")]);
    rota.turns = vec![to("102"), to("101"), to("103")];
    let (new, lines) = changed(text, &[Change::Rota(rota)]);
    assert_eq!(
        lines,
        "- turns = [\"103\", \"102\"]\n- since = \"2026-11-16\"\n+ turns = [\"102\", \"101\", \"103\"]\n+ since = \"2026-11-23\"\n"
    );
    let plan = good(&new);
    let mondays = ["2026-11-25 10:00", "2026-11-30 08:00", "2026-12-07 08:00", "2026-12-14 08:00"];
    assert_eq!(mondays.map(|when| rings(&plan, "doctor", when)), ["102", "101", "103", "102"]);
    assert_true(&new, "doctor", "2026-11-23 08:00", 24 * 30);
}

#[test]
fn how_a_rota_is_called_changes_word_by_word() {
    let text = text_of("group-practice");
    let rota = open(text).rotas().remove(0);
    let new = Rota { change: 17 * 60 + 30, seconds: 40, press_1: false, days: 1, nobody: None, ..rota };
    let (new, lines) = changed(text, &[Change::Rota(new)]);
    assert_eq!(
        lines,
        "- days = 7\n- change = \"08:00\"\n- seconds = 25\n- nobody = \"announcement nobody-on-call\"\n\
         + days = 1\n+ change = \"17:30\"\n+ seconds = 40\n+ press_1 = false\n"
    );
    assert_true(&new, "doctor", "2026-11-20 00:00", 24 * 5);
}

/// Whom a call to this rota rings, one after the other.
fn order(plan: &Plan, rota: &str, when: &str) -> Vec<String> {
    let (settings, caller) = (settings(), Caller::Trunk { name: "main".to_owned() });
    let facts = Facts::new(&caller, &settings.main_number, &settings, at(when));
    let Target::Rota(rota) = plan.follow(&to(&format!("rota {rota}")), &facts).target else { panic!("no rota") };
    let member = |member: &Member| match member {
        Member::Phones { extensions, .. } => extensions.join("+"),
        Member::Outside { number, .. } => number.as_str().to_owned(),
    };
    rota.members.iter().map(member).collect()
}

#[test]
fn who_is_called_after_whoever_is_on_call_is_others_these_or_nobody() {
    let text = text_of("group-practice");
    let when = "2026-11-25 10:00";
    assert_eq!(order(&good(text), "doctor", when), ["102", "103"]);
    let rota = open(text).rotas().remove(0);
    let with = |after: Option<Vec<Destination>>| Change::Rota(Rota { after, ..rota.clone() });
    let (new, lines) = changed(text, &[with(Some(vec![to("101"), to("outside +12025550144")]))]);
    assert_eq!(lines, "+ escalate = [\"101\", \"outside +12025550144\"]\n");
    assert_eq!(order(&good(&new), "doctor", when), ["102", "101", "+12025550144"]);
    assert_eq!(open(&new).rotas().remove(0).after, Some(vec![to("101"), to("outside +12025550144")]));
    let (alone, lines) = changed(&new, &[with(Some(Vec::new()))]);
    assert_eq!(lines, "- escalate = [\"101\", \"outside +12025550144\"]\n+ escalate = []\n");
    assert_eq!(order(&good(&alone), "doctor", when), ["102"]);
    let (back, _) = changed(&alone, &[with(None)]);
    assert_eq!(back, text);
    let noted = new.replace("[\"101\", \"outside +12025550144\"]", "[\"101\", # the desk\n]");
    assert_eq!(open(&noted).with(&[with(Some(Vec::new()))]), Err(Refusal::ByHand));
    let windows = text.replace('\n', "\r\n");
    let crlf = open(&windows).with(&[with(Some(vec![to("101")]))]).expect("changed");
    assert_eq!(crlf.matches('\n').count(), crlf.matches("\r\n").count());
}

#[test]
fn a_plan_without_a_rota_gets_one_to_which_calls_can_be_led() {
    let text = text_of("solo-practice");
    let rota = Rota {
        name: "doctor".to_owned(),
        turns: vec![to("outside +12025550144"), to("102")],
        after: None,
        since: date(2026, 11, 20),
        days: 7,
        change: 8 * 60,
        seconds: 25,
        press_1: true,
        nobody: Some(to("hang up")),
    };
    let words = |prompts: &[&str]| Said {
        at: Saying::Rota("doctor".to_owned()),
        prompts: prompts.iter().map(|name| (*name).to_owned()).collect(),
        texts: BTreeMap::new(),
        then: None,
    };
    let (new, lines) = changed(text, &[Change::AddRota(rota.clone(), words(&[]))]);
    assert_eq!(
        lines,
        "+ [rotas.doctor]\n+ turns = [\"outside +12025550144\", \"102\"]\n+ since = \"2026-11-20\"\n+ days = 7\n\
         + change = \"08:00\"\n+ seconds = 25\n+ nobody = \"hang up\"\n"
    );
    assert!(open(&new).destinations(&settings()).contains(&to("rota doctor")));
    assert_true(&new, "doctor", "2026-11-20 08:00", 24 * 15);
    assert_eq!(open(&new).with(&[Change::AddRota(rota.clone(), words(&[]))]), Err(Refusal::Taken));
    let told = open(text).with(&[Change::AddRota(rota, words(&["stay_for_doctor"]))]).expect("added");
    assert_eq!(told, format!("{new}prompt = \"stay_for_doctor\"\n"));
}

#[test]
fn what_a_rota_says_to_its_callers_comes_changes_and_goes() {
    let text = text_of("group-practice");
    let at = Saying::Rota("doctor".to_owned());
    let old = open(text).said().into_iter().find(|said| said.at == at).expect("the rota");
    assert_eq!((old.prompts.len(), old.texts.len()), (0, 0));
    let with = |prompts: &[&str], texts: &[&str]| {
        let prompts = prompts.iter().map(|name| (*name).to_owned()).collect();
        let texts = texts.iter().map(|text| (String::new(), (*text).to_owned())).collect();
        Change::Said(Said { prompts, texts, ..old.clone() })
    };
    let (new, lines) = changed(text, &[with(&["stay_for_doctor"], &["Please stay."])]);
    assert_eq!(lines, "+ prompt = \"stay_for_doctor\"\n+ say = \"Please stay.\"\n");
    let plan = good(&new);
    let (settings, caller) = (settings(), Caller::Trunk { name: "main".to_owned() });
    let facts = Facts::new(&caller, &settings.main_number, &settings, super::at("2027-08-01 03:00"));
    let Target::Rota(rota) = plan.follow(&to("rota doctor"), &facts).target else { panic!("the rota is called") };
    assert_eq!((rota.words.prompts, rota.words.texts.len()), (vec!["stay_for_doctor".to_owned()], 1));
    assert_eq!(open(&new).with(&[with(&[], &[])]).as_deref(), Ok(text));
    let (_, lines) = changed(&new, &[with(&["clinic_closed", "stay_for_doctor"], &["Please stay."])]);
    assert_eq!(lines, "- prompt = \"stay_for_doctor\"\n+ prompt = [\"clinic_closed\", \"stay_for_doctor\"]\n");
}

#[test]
fn groups_menus_and_announcements_are_added_whole() {
    let said = |at: Saying, prompt: &str, text: &str| Said {
        at,
        prompts: vec![prompt.to_owned()],
        texts: [(String::new(), text.to_owned())].into(),
        then: None,
    };
    let snow = Change::AddSaid(Said {
        then: Some(to("600")),
        ..said(Saying::Announcement("snow".to_owned()), "clinic_closed", "We are closed, for snow.")
    });
    let group = Change::AddGroup(Group {
        of: GroupOf::Extension("600".to_owned()),
        ring: vec!["101".to_owned(), "102".to_owned()],
        order: "one by one".to_owned(),
        seconds: 25,
        nobody: None,
        busy: None,
        unreachable: None,
        screen: None,
    });
    let keys = MenuKeys {
        name: "night".to_owned(),
        keys: [('1', "announcement snow".to_owned()), ('*', "again".to_owned())].into(),
        extensions: false,
        names: Vec::new(),
        seconds: 5,
        times: 3,
        nobody: to("hang up"),
    };
    let menu = Change::AddMenu(keys, said(Saying::Menu("night".to_owned()), "clinic_closed", "Press 1."));
    let text = text_of("solo-practice");
    let (new, lines) = changed(text, &[group.clone(), snow.clone(), menu.clone()]);
    expect_test::expect![[r#"
        + [extensions.600]
        + ring = ["101", "102"]
        + order = "one by one"
        + seconds = 25
        + [announcements.snow]
        + prompt = "clinic_closed"
        + say = "We are closed, for snow."
        + then = "600"
        + [menus.night]
        + prompt = "clinic_closed"
        + say = "Press 1."
        + nobody = "hang up"
        + keys = { "*" = "again", "1" = "announcement snow" }
    "#]]
    .assert_eq(&lines);
    let after = open(&new);
    good(&new);
    for place in ["600", "announcement snow", "menu night"] {
        assert!(after.destinations(&settings()).contains(&to(place)), "{place}");
    }
    for again in [group, snow, menu] {
        assert_eq!(after.with(&[again]), Err(Refusal::Taken));
    }
}
