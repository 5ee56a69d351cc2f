//! SRTP with libsrtp as the other end: each suite by itself, whoever calls; what is wrong or comes again; and the kinds of audio lines (RTP/AVP, AVPF,
//! SAVP, SAVPF) that the settings let a phone have, or do not. What is heard is judged on both sides: the plain phone has a tone of its own, and hears
//! it come back through libsrtp.

use std::time::Duration;

use interop::baresip::Baresip;
use interop::sealed::{Fault, GALOIS, STRONG, SUITES, Sealed, USUAL};
use interop::sipp::Phone;
use interop::{Demo, free_offset};

/// The tone's period in samples, and what that is in Hz.
const NURSE: (u16, usize) = (16, 500);
const UNOPENED: &str = "Not opened: altered, under another key, or sent again";
const SOON: Duration = Duration::from_secs(20);
/// Of an offer that brings no key.
const NO_KEY: &str = "a=x-key:none";

/// A clinic in which this is said of the front desk's phone, and the nurse's plain one.
fn clinic(media: &str) -> (Demo, Baresip) {
    let line = format!("name = \"Front desk\"\nmedia = \"{media}\"");
    let demo = Demo::start_changed(free_offset(), |sample| sample.replace("name = \"Front desk\"", &line));
    let nurse = Baresip::start(&demo, "102", 4, NURSE.0);
    (demo, nurse)
}

/// Gives back what is heard until this is done.
fn give_back<T: Send>(desk: &Sealed, until: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let until = scope.spawn(until);
        desk.ear.echo_until("what is waited for", || until.is_finished());
        until.join().expect("it comes")
    })
}

/// What the call's page says of the packets that came from its caller.
fn received(story: &str) -> u64 {
    counted(story, "Packets received")
}

/// And of those that did not open.
fn unopened(story: &str) -> u64 {
    counted(story, UNOPENED)
}

fn counted(story: &str, what: &str) -> u64 {
    let caller = story.split("Sound from the caller").nth(1);
    let number = caller.and_then(|side| side.split(&format!("{what}</dt><dd>")).nth(1)?.split('<').next());
    number.expect("they were counted").replace(',', "").parse().expect("a number")
}

#[test]
fn a_phone_that_offers_one_suite_gets_that_one_and_is_heard_and_hears() {
    let (demo, mut nurse) = clinic("srtp");
    for (n, suite) in (1..).zip(SUITES) {
        let Some(mut desk) = Sealed::start(&demo, "101", 0, suite) else { return };
        let answer = desk.dial("102", "RTP/SAVP");
        let key = format!("a=crypto:1 {} inline:", suite.name);
        assert!(answer.len() == 2 && answer[0].contains(" RTP/SAVP 0") && answer[1].starts_with(&key), "{answer:#?}");
        desk.ear.hears(NURSE.1);
        give_back(&desk, || nurse.wait_until_heard(NURSE.1));
        nurse.order("hangup");
        desk.is_hung_up_on();
        let counts = desk.counts();
        assert!(counts.opened > 50 && counts.unopened == 0, "{counts:?}");
        let story = demo.story(&demo.wait_for_call(n, "102", "hung_up"));
        assert!(story.contains(&format!("Encrypted, {}<", suite.said)) && story.contains("Not encrypted"), "{story}");
        assert!(story.contains(&format!("SRTP {}<", suite.name)) && !story.contains(UNOPENED), "{story}");
    }
}

#[test]
fn a_phone_that_answers_with_one_suite_of_those_that_it_is_offered_is_heard_and_hears() {
    let (demo, mut nurse) = clinic("srtp");
    for (n, suite) in (1..).zip(SUITES) {
        let Some(mut desk) = Sealed::start(&demo, "101", 0, suite) else { return };
        desk.waits("RTP/SAVP");
        nurse.order("dial 101");
        let offer = desk.is_called();
        let names = offer.iter().filter_map(|line| line.strip_prefix("a=crypto:")?.split(' ').nth(1));
        assert!(offer[0].contains(" RTP/SAVP ") && names.eq(SUITES.map(|suite| suite.name)), "{offer:#?}");
        desk.ear.hears(NURSE.1);
        give_back(&desk, || nurse.wait_until_heard(NURSE.1));
        nurse.order("hangup");
        desk.is_hung_up_on();
        let story = demo.story(&demo.wait_for_call(n, "101", "hung_up"));
        assert!(story.contains(&format!("Encrypted, {}<", suite.said)) && story.contains("Not encrypted"), "{story}");
    }
}

#[test]
fn what_bears_a_wrong_tag_or_comes_under_another_key_is_not_heard_and_what_comes_after_it_is() {
    let (demo, mut nurse) = clinic("srtp");
    for (n, suite) in (1..).zip(SUITES) {
        let Some(mut desk) = Sealed::start(&demo, "101", 0, suite) else { return };
        desk.dial("102", "RTP/SAVP");
        give_back(&desk, || nurse.wait_until_heard(NURSE.1));
        for fault in [Fault::Tag, Fault::Key] {
            desk.has(fault);
            give_back(&desk, || nurse.assert_silent());
            desk.has(Fault::None);
            give_back(&desk, || nurse.wait_until_heard(NURSE.1));
        }
        nurse.order("hangup");
        desk.is_hung_up_on();
        let story = demo.story(&demo.wait_for_call(n, "102", "hung_up"));
        assert!(story.contains("The encrypted sound of the caller can") && story.contains("be opened"), "{story}");
        // Two seconds of silence were listened to, and in them it spoke.
        let counts = desk.counts();
        assert!(counts.spoilt >= 75 && received(&story) <= counts.sealed, "{counts:?}: {story}");
        let all = counts.spoilt * 9 / 10..=counts.spoilt;
        assert!(all.contains(&unopened(&story)), "{counts:?}: {story}");
    }
}

#[test]
fn what_comes_again_is_not_heard_again() {
    let (demo, mut nurse) = clinic("srtp");
    for (n, suite) in (1..).zip(SUITES) {
        let Some(mut desk) = Sealed::start(&demo, "101", 0, suite) else { return };
        desk.dial("102", "RTP/SAVP");
        desk.has(Fault::Again);
        give_back(&desk, || nurse.wait_until_heard(NURSE.1));
        nurse.order("hangup");
        desk.is_hung_up_on();
        let (counts, story) = (desk.counts(), demo.story(&demo.wait_for_call(n, "102", "hung_up")));
        assert!(counts.again > counts.sealed, "{counts:?}");
        let once = counts.sealed * 9 / 10..=counts.sealed;
        assert!(once.contains(&received(&story)), "{counts:?}: {story}");
        let all = counts.again * 9 / 10..=counts.again;
        assert!(all.contains(&unopened(&story)), "{counts:?}: {story}");
    }
}

#[test]
fn a_phone_that_must_be_encrypted_and_offers_no_key_is_told_488_and_its_call_says_why() {
    let (demo, mut nurse) = clinic("srtp");
    let Some(desk) = Sealed::start(&demo, "101", 0, USUAL) else { return };
    let clear = "its sound would be in the clear, and the settings want it encrypted";
    let keyless = "SRTP needs a key in the description, of a suite that is known here";
    let offers = [("RTP/AVP", clear), ("RTP/AVPF", clear), ("RTP/SAVP", keyless), ("RTP/SAVPF", keyless)];
    for (n, (profile, why)) in (1..).zip(offers) {
        desk.dials_in_vain("102", profile, NO_KEY);
        let story = demo.story(&demo.wait_for_call(n, "102", "refused"));
        assert!(story.contains(why), "{profile}: {story}");
    }
    assert_eq!(nurse.events("CALL_ESTABLISHED"), 0, "nobody was rung for them, and she answers by herself");
}

#[test]
fn a_phone_that_must_be_encrypted_has_its_keys_taken_on_every_kind_of_line() {
    let (demo, mut nurse) = clinic("srtp");
    for (n, profile) in (1..).zip(["RTP/AVP", "RTP/AVPF", "RTP/SAVPF"]) {
        let Some(mut desk) = Sealed::start(&demo, "101", 0, GALOIS) else { return };
        let answer = desk.dial("102", profile);
        assert!(answer[0].contains(&format!(" {profile} 0")), "{answer:#?}");
        desk.ear.hears(NURSE.1);
        give_back(&desk, || nurse.wait_until_heard(NURSE.1));
        nurse.order("hangup");
        desk.is_hung_up_on();
        let story = demo.story(&demo.wait_for_call(n, "102", "hung_up"));
        assert!(story.contains("Encrypted, AES-128-GCM<"), "{profile}: {story}");
    }
}

#[test]
fn a_phone_that_must_be_encrypted_and_answers_in_the_clear_is_hung_up_on_and_its_call_says_why() {
    let (demo, mut nurse) = clinic("srtp");
    let desk = Phone::new(&demo, "101", 2);
    desk.register();
    let answering = desk.waits("answer");
    nurse.order("dial 101");
    answering.succeed(SOON);
    nurse.order("hangup");
    let story = demo.story(&demo.wait_for_call(1, "101", "hung_up"));
    for said in ["It was answered in the clear", "its sound would be in the clear, and the settings want it encrypted"]
    {
        assert!(story.contains(said), "{story}");
    }
    // As where nobody answers: not a packet of the phone's was heard.
    assert!(story.contains("The mailbox of 101 answered") && !story.contains("Sound from the called side"), "{story}");
}

#[test]
fn a_phone_that_must_be_plain_and_demands_encryption_is_told_488_and_its_call_says_why() {
    let (demo, mut nurse) = clinic("plain");
    let Some(desk) = Sealed::start(&demo, "101", 0, STRONG) else { return };
    for (n, profile) in (1..).zip(["RTP/SAVP", "RTP/SAVPF"]) {
        desk.dials_in_vain("102", profile, &STRONG.line(1));
        let story = demo.story(&demo.wait_for_call(n, "102", "refused"));
        assert!(story.contains("its sound would be encrypted, and the settings want it plain"), "{profile}: {story}");
    }
    assert_eq!(nurse.events("CALL_ESTABLISHED"), 0, "nobody was rung for them, and she answers by herself");
}
