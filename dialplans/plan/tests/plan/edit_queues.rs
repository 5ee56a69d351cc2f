//! Queues changed by form: what the form says is how callers wait.

use expect_test::expect;
use plan::Destination;
use plan::edit::{Change, Queue, Refusal, Said, Saying};
use plan::library_names;

use super::edit::{changed, good, open, text_of};
use super::settings;

fn to(text: &str) -> Destination {
    Destination::parse(text).expect("a place")
}

fn appointments() -> Queue {
    open(text_of("group-practice")).queues().remove(0)
}

#[test]
fn a_queue_is_read_as_the_plan_has_it() {
    let queue = Queue {
        name: "appointments".to_owned(),
        ring: vec!["101".to_owned(), "102".to_owned()],
        order: "longest idle".to_owned(),
        seconds: 15,
        wait: 600,
        at_most: 8,
        every: 45,
        say_wait: true,
        callback: Some(('2', 120)),
        full: Some(to("announcement call-again")),
        nobody: Some(to("announcement call-again")),
    };
    assert_eq!(appointments(), queue);
    assert_eq!(open(text_of("group-practice")).with(&[Change::Queue(queue)]).as_deref(), Ok(text_of("group-practice")));
}

#[test]
fn each_of_it_changes_in_every_library_plan_and_callers_wait_so() {
    for name in library_names() {
        for old in open(text_of(name)).queues() {
            let queue = Queue {
                ring: vec!["103".to_owned()],
                order: "together".to_owned(),
                seconds: 31,
                wait: 333,
                at_most: 3,
                every: 33,
                say_wait: true,
                callback: Some(('*', 33)),
                full: Some(to("busy")),
                nobody: Some(to("103")),
                ..old
            };
            let (new, _) = changed(text_of(name), &[Change::Queue(queue.clone())]);
            let plan = good(&new);
            assert_eq!(open(&new).queues().into_iter().find(|q| q.name == queue.name).as_ref(), Some(&queue), "{name}");
            let waits = plan.queue(&queue.name).expect("a queue");
            assert_eq!((waits.wait.as_secs(), waits.most, waits.every.as_secs()), (333, 3, 33));
            assert_eq!(waits.callback.map(|back| (back.key, back.within.as_secs())), Some(('*', 33 * 60)));
            // And all that may be left out goes again.
            let plain = Queue { every: 0, say_wait: false, callback: None, full: None, nobody: None, ..queue };
            let (plain_text, _) = changed(&new, &[Change::Queue(plain.clone())]);
            good(&plain_text);
            assert_eq!(open(&plain_text).queues().into_iter().find(|q| q.name == plain.name), Some(plain), "{name}");
        }
    }
}

#[test]
fn no_line_changes_but_what_was_meant() {
    let text = text_of("group-practice");
    let check = |queue: Queue, expected: expect_test::Expect| {
        let (new, lines) = changed(text, &[Change::Queue(queue)]);
        expected.assert_eq(&lines);
        good(&new);
    };
    check(
        Queue { callback: Some(('2', 30)), ..appointments() },
        expect![[r#"
            + callback_minutes = 30
        "#]],
    );
    check(
        Queue { callback: None, ..appointments() },
        expect![[r#"
            - callback = "2"          # who presses it keeps their place and is called back
        "#]],
    );
    check(
        Queue { every: 60, wait: 900, full: None, ..appointments() },
        expect![[r#"
            - every = 45              # how often a caller is told how many are before them
            - wait = 600
            - full = "announcement call-again"
            + every = 60              # how often a caller is told how many are before them
            + wait = 900
        "#]],
    );
    // The minutes are kept where the key changes alone, and go with it.
    let minutes = text.replace("callback = \"2\"", "callback_minutes = 30\ncallback = \"2\"");
    let key = Queue { callback: Some(('5', 30)), ..appointments() };
    let (other, lines) = changed(&minutes, &[Change::Queue(key)]);
    assert!(lines.contains("+ callback = \"5\"") && !lines.contains("minutes"), "{lines}");
    let (gone, lines) = changed(&other, &[Change::Queue(Queue { callback: None, ..appointments() })]);
    assert!(lines.contains("- callback_minutes = 30\n") && !gone.contains("callback"), "{lines}");
}

#[test]
fn callers_are_told_something_as_they_begin_to_wait() {
    let at = Saying::Queue("appointments".to_owned());
    let said = Said {
        at: at.clone(),
        prompts: vec!["all_busy".to_owned()],
        texts: [(String::new(), "Please hold.".to_owned())].into(),
        then: None,
    };
    let (new, lines) = changed(text_of("group-practice"), &[Change::Said(said.clone())]);
    assert_eq!(lines, "+ prompt = \"all_busy\"\n+ say = \"Please hold.\"\n");
    assert_eq!(good(&new).queue("appointments").expect("a queue").words.prompts, ["all_busy"]);
    assert!(open(&new).said().contains(&said));
    let (silent, _) = changed(&new, &[Change::Said(Said { at, prompts: Vec::new(), texts: [].into(), then: None })]);
    assert_eq!(silent, text_of("group-practice"));
}

#[test]
fn a_plan_gets_a_queue_to_which_calls_can_be_led_and_loses_it() {
    for line_end in ["\n", "\r\n"] {
        let text = text_of("solo-practice").replace('\n', line_end);
        let queue = Queue {
            name: "desk".to_owned(),
            callback: Some(('1', 60)),
            full: Some(to("busy")),
            nobody: Some(to("voicemail 101")),
            ..appointments()
        };
        let at = Saying::Queue("desk".to_owned());
        let said = Said { at, prompts: vec!["all_busy".to_owned()], texts: [].into(), then: None };
        let add = Change::AddQueue(queue.clone(), said);
        let new = open(&text).with(std::slice::from_ref(&add)).expect("added");
        let block = "\n[queues.desk]\nring = [\"101\", \"102\"]\norder = \"longest idle\"\nseconds = 15\nwait = 600\nat_most = 8\nevery = 45\n\
                     say_wait = true\ncallback = \"1\"\ncallback_minutes = 60\nfull = \"busy\"\nnobody = \"voicemail 101\"\nprompt = \"all_busy\"\n";
        assert_eq!(new, text.clone() + &block.replace('\n', line_end));
        good(&new);
        assert_eq!(open(&new).queues(), [queue]);
        assert!(open(&new).destinations(&settings()).contains(&to("queue desk")));
        assert_eq!(open(&new).with(&[add]), Err(Refusal::Taken));
        assert_eq!(open(&new).with(&[Change::Without(to("queue desk"), None)]).as_ref(), Ok(&text));
        let none = Queue { name: "none".to_owned(), ..appointments() };
        assert_eq!(open(&new).with(&[Change::Queue(none)]), Err(Refusal::Gone));
    }
}
