//! Messages and recordings, changed by form.

use plan::edit::{Change, EVERYBODY, Mailboxes, Recording};
use plan::{Between, Plan, Talk, library_names};

use super::edit::{BARE, changed, good, open, text_of};
use super::settings;

fn all(list: &[&str]) -> Vec<String> {
    list.iter().map(|one| (*one).to_owned()).collect()
}

/// Whose calls of these are recorded, and when it begins: "101 always".
fn recorded(plan: &Plan, between: Between) -> Vec<String> {
    let settings = settings();
    let called = Some(&settings.main_number).filter(|_| between == Between::In);
    let whose = |extension: &&str| {
        let extensions = all(&[extension]);
        let talk = Talk { between, called, extensions: &extensions, help: false };
        let recording = plan.recording(&talk, &settings)?;
        Some(format!("{extension} {}", if recording.always { "always" } else { "on demand" }))
    };
    ["101", "102"].iter().filter_map(whose).collect()
}

#[test]
fn mailboxes_come_change_and_go() {
    let usual = Mailboxes { people: Vec::new(), main: None, seconds: 180, mail_as: "wav".to_owned() };
    assert_eq!(open(BARE).mailboxes(), usual);
    assert_eq!(open(BARE).with(&[Change::Mailboxes(usual.clone())]).as_deref(), Ok(BARE));
    let some = Mailboxes { people: all(&["101", "103"]), main: Some("103".to_owned()), ..usual.clone() };
    let (new, lines) = changed(BARE, &[Change::Mailboxes(some.clone())]);
    assert_eq!(lines, "+ [voicemail]\n+ people = [\"101\", \"103\"]\n+ main = \"103\"\n");
    let has = |text: &str| ["101", "102", "103"].map(|extension| good(text).has_mailbox(extension, &settings()));
    assert_eq!((has(BARE), has(&new)), ([false; 3], [true, false, true]));
    let other = Mailboxes { people: all(&[EVERYBODY]), main: None, seconds: 60, mail_as: "opus".to_owned() };
    let (other, lines) = changed(&new, &[Change::Mailboxes(other)]);
    assert_eq!(
        lines,
        "- people = [\"101\", \"103\"]\n- main = \"103\"\n+ people = [\"all\"]\n+ seconds = 60\n+ mail_as = \"opus\"\n"
    );
    assert_eq!((has(&other), good(&other).longest_message().as_secs()), ([true; 3], 60));
    assert_eq!(open(&other).with(&[Change::Mailboxes(usual)]).as_deref(), Ok(BARE));
    for name in library_names() {
        let text = text_of(name);
        let same = open(text).mailboxes();
        assert_eq!(open(text).with(&[Change::Mailboxes(same.clone())]).as_deref(), Ok(text), "{name}");
        let long = Mailboxes { people: all(&[EVERYBODY]), seconds: 60, ..same };
        let (new, _) = changed(text, &[Change::Mailboxes(long)]);
        assert_eq!(good(&new).longest_message().as_secs(), 60, "{name}");
    }
}

#[test]
fn calls_are_recorded_as_a_form_says_and_no_longer_if_it_says_so() {
    for text in library_names().map(text_of).chain([BARE]) {
        assert_eq!(open(text).recording(), None);
        assert_eq!(open(text).with(&[Change::Recording(None)]).as_deref(), Ok(text));
        let (new, lines) = changed(text, &[Change::Recording(Some(Recording::default()))]);
        assert_eq!(lines, "+ [recording]\n+ start = \"on demand\"\n");
        assert_eq!(recorded(&good(&new), Between::Out), ["101 on demand", "102 on demand"]);
        assert!(recorded(&good(&new), Between::Inside).is_empty());
        let one = Recording { always: true, people: all(&["102"]), calls: all(&["inside"]), ..Recording::default() };
        let (one, _) = changed(&new, &[Change::Recording(Some(one))]);
        assert_eq!(recorded(&good(&one), Between::Inside), ["102 always"]);
        assert!(recorded(&good(&one), Between::In).is_empty());
        assert_eq!(open(&one).with(&[Change::Recording(None)]).as_deref(), Ok(text), "and the text is as it was");
    }
}

#[test]
fn each_word_of_a_recording_comes_and_goes_by_itself() {
    let text = text_of("solo-practice");
    let (start, usual) = (Recording { always: true, ..Recording::default() }, "+ [recording]\n+ start = \"always\"\n");
    let each = [
        (Recording { people: all(&["101"]), ..start.clone() }, "people = [\"101\"]"),
        (Recording { numbers: all(&["main"]), ..start.clone() }, "numbers = [\"main\"]"),
        (Recording { calls: all(&["in"]), ..start.clone() }, "calls = [\"in\"]"),
        (Recording { calls: Vec::new(), rooms: all(&["800"]), ..start.clone() }, "rooms = [\"800\"]\n+ calls = []"),
        (Recording { emergency: true, ..start.clone() }, "emergency = true"),
        (Recording { silent: true, ..start.clone() }, "silent = true"),
        (Recording { beep: true, ..start.clone() }, "beep = true"),
        (Recording { decline: "7".to_owned(), ..start.clone() }, "decline = \"7\""),
        (Recording { code: "*2".to_owned(), ..start.clone() }, "code = \"*2\""),
        (Recording { keep_days: 90, ..start.clone() }, "keep_days = 90"),
    ];
    for (recording, line) in each {
        let (new, lines) = changed(text, &[Change::Recording(Some(recording.clone()))]);
        assert_eq!(lines, format!("{usual}+ {line}\n"));
        assert_eq!(open(&new).recording(), Some(recording), "{line}");
        good(&new);
        let back = open(&new).with(&[Change::Recording(Some(start.clone()))]).expect("changed");
        assert_eq!(open(&back).recording().as_ref(), Some(&start), "{line}");
    }
    // Whose calls a plan does not say are everybody's, in whichever way that is said.
    let everybody = Recording { people: all(&[EVERYBODY]), ..Recording::default() };
    let (_, lines) = changed(text, &[Change::Recording(Some(everybody))]);
    assert_eq!(lines, "+ [recording]\n+ start = \"on demand\"\n");
}
