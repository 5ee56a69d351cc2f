//! Codes, and where phones listen to pages, changed by form.

use plan::edit::{Change, Editor, NewCodes, Refusal};
use plan::{Facts, Service, Target, library_names};

use super::edit::{BARE, changed, good, open, text_of};
use super::{at, caller, settings};

fn codes(new: &[(Service, &[&str])]) -> Change {
    let codes = new.iter().map(|(service, codes)| (*service, codes.iter().map(|code| (*code).to_owned()).collect()));
    Change::Codes(codes.collect::<NewCodes>())
}

fn of(editor: &Editor, service: Service) -> String {
    editor.plan().codes(service).collect::<Vec<_>>().join(" ")
}

/// What 101 meets who dials this.
fn dials(text: &str, code: &str) -> String {
    let (settings, caller) = (settings(), caller("101"));
    let dialled = settings.numbering.parse(code).expect("a code");
    match good(text).route(&Facts::new(&caller, &dialled, &settings, at("2027-08-03 10:00"))).target {
        Target::Service { service, .. } => service.word().to_owned(),
        other => super::target(&other),
    }
}

#[test]
fn a_code_becomes_another_goes_and_comes_back_in_every_library_plan() {
    for text in library_names().map(text_of).chain([BARE]) {
        for line_end in ["\n", "\r\n"] {
            let text = text.replace('\n', line_end);
            let night = |codes_of: &[&str]| codes(&[(Service::Night, codes_of)]);
            let other = open(&text).with(&[night(&["*55"])]).expect("changed");
            assert_eq!(
                (dials(&other, "*55").as_str(), dials(&other, "*28").as_str()),
                ("night", "refuse 404"),
                "{other}"
            );
            assert_eq!(other.matches('\n').count(), other.matches(line_end).count());
            let both = open(&other).with(&[night(&["*28", "*55"])]).expect("changed");
            assert_eq!(of(&open(&both), Service::Night), "*28 *55");
            let none = open(&both).with(&[night(&[])]).expect("changed");
            assert_eq!((dials(&none, "*55").as_str(), dials(&none, "*28").as_str()), ("refuse 404", "refuse 404"));
            let back = open(&none).with(&[night(&["*28"])]).expect("changed");
            assert_eq!(dials(&back, "*28"), "night");
            assert!(!back.contains("\"*28\""), "what is usual need not stand there: {back}");
            assert_eq!(open(&text).with(&[night(&["*28"])]).as_ref(), Ok(&text), "what is the same changes nothing");
        }
    }
}

#[test]
fn two_services_take_each_others_codes() {
    let swap = codes(&[(Service::Night, &["*45"]), (Service::Queues, &["*28"])]);
    let (new, _) = changed(text_of("solo-practice"), &[swap]);
    assert_eq!((dials(&new, "*45").as_str(), dials(&new, "*28").as_str()), ("night", "queues"));
    // Back to where they were, and no word of it is left.
    let back = codes(&[(Service::Night, &["*28"]), (Service::Queues, &["*45"])]);
    assert_eq!(open(&new).with(&[back]).as_deref(), Ok(text_of("solo-practice")));
}

#[test]
fn no_code_is_taken_from_another_unasked() {
    let text = text_of("solo-practice");
    assert_eq!(open(text).with(&[codes(&[(Service::Night, &["*45"])])]), Err(Refusal::Taken));
    let twice = codes(&[(Service::Night, &["*55"]), (Service::Queues, &["*55"])]);
    assert_eq!(open(text).with(&[twice]), Err(Refusal::Taken));
    // The plan's own check is the last word on what a code is.
    let new = open(text).with(&[codes(&[(Service::Night, &["55"])])]).expect("written");
    assert!(
        plan::Plan::parse(&new).is_err_and(|problems| problems.iter().any(|p| p.what == "this is no service code"))
    );
}

#[test]
fn a_code_that_the_plan_writes_itself_is_changed_where_it_stands() {
    let text = format!("{BARE}\n[services]\n\"*44\" = \"echo\"   # ours\n\"*43\" = \"off\"\n");
    assert_eq!(of(&open(&text), Service::Echo), "*44");
    let (new, _) = changed(&text, &[codes(&[(Service::Echo, &["*43"])])]);
    assert_eq!(new, format!("{BARE}\n[services]\n"));
    let (new, _) = changed(&text, &[codes(&[(Service::Echo, &["*44", "*43"])])]);
    assert_eq!(new, format!("{BARE}\n[services]\n\"*44\" = \"echo\"   # ours\n"));
    let (new, _) = changed(&text, &[codes(&[(Service::Night, &["*44"]), (Service::Echo, &[])])]);
    assert_eq!(
        new,
        format!("{BARE}\n[services]\n\"*44\" = \"night\"   # ours\n\"*43\" = \"off\"\n\"*28\" = \"off\"\n")
    );
}

#[test]
fn phones_listen_to_pages_somewhere_elsewhere_and_nowhere() {
    for text in library_names().map(text_of).chain([BARE]) {
        let group = |at: Option<&str>| Change::PageGroup(at.map(str::to_owned));
        let said = |text: &str| good(text).page_group().map(|at| at.to_string());
        assert_eq!(open(text).with(&[group(None)]).as_deref(), Ok(text));
        let (new, _) = changed(text, &[group(Some("224.0.1.75:5004"))]);
        assert_eq!(said(&new).as_deref(), Some("224.0.1.75:5004"));
        let (other, _) = changed(&new, &[group(Some("239.1.2.3:10000"))]);
        assert_eq!(said(&other).as_deref(), Some("239.1.2.3:10000"));
        let (none, _) = changed(&other, &[group(None)]);
        assert_eq!(none, text);
    }
    let braces = format!("page = {{ multicast = \"224.0.1.75:5004\" }}\n{BARE}");
    assert_eq!(changed(&braces, &[Change::PageGroup(None)]).0, BARE);
    let new = open(BARE).with(&[Change::PageGroup(Some("10.0.0.1:5004".to_owned()))]).expect("written");
    assert!(plan::Plan::parse(&new).is_err());
}
