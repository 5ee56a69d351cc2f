//! People are found by the letters of their names, with real phones: a colleague dials the code of the directory, somebody outside is in a menu of the
//! plan. Every phone has a tone of its own height, and a name was recorded with another one; what each hears is judged.

use std::time::Duration;

use interop::baresip::{Baresip, talk};
use interop::spoken::Words;
use interop::{Demo, free_offset, planned, wait_for};

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (10, 800);
const BAKER: (u16, usize) = (16, 500);
const ABEL: (u16, usize) = (32, 250);
const PATIENT: (u16, usize) = (20, 400);

const PLAN: &str = "[[inbound]]
number = 'main'
to = 'menu names'
[menus.names]
prompt = 'dial_by_name'
names = ['102', '103']
nobody = 'hang up'
[voicemail]
people = ['all']
[outside]
national = 'main'";
const TRUNK: &str = "[[trunks]]
name = \"patients\"
address = \"127.0.0.1:PORT_OUTSIDE\"";

/// Two have names like each other's: 102 and 103.
fn demo() -> Demo {
    let offset = free_offset();
    Demo::start_changed(offset, |sample| {
        let mut sample = sample.to_owned();
        for (name, other) in [("Nurse", "Nurse Baker"), ("Office manager", "Nurse Abel")] {
            let named = format!("name = \"{name}\"");
            assert!(sample.contains(&named), "{name} is somebody of the sample's");
            sample = sample.replacen(&named, &format!("name = \"{other}\""), 1);
        }
        planned(&sample, PLAN, TRUNK, offset)
    })
}

/// The phone of 103 chooses a PIN, and by that its name is said at the desk.
fn named_at_the_desk(demo: &Demo, abel: &mut Baresip, desk: &mut Baresip) {
    let words = |key: &str| Words::of(demo, key);
    abel.order("dial *97");
    abel.wait_for_events("CALL_ESTABLISHED", 1);
    abel.press("2580#2580#");
    abel.wait_until_told(&words("en.no_messages"), 0);
    abel.order("hangup");
    abel.wait_for_events("CALL_CLOSED", 1);
    desk.order("dial *98");
    desk.wait_for_events("CALL_ESTABLISHED", 1);
    // To the greetings, to the name, to record it.
    desk.press("103#2580#342");
    desk.records(&words("en.say_your_name"), &words("en.message_kept"));
    desk.order("hangup");
    desk.wait_for_events("CALL_CLOSED", 1);
}

/// Where this tone was heard, after so many samples: its name, said by another.
fn wait_until_named(phone: &Baresip, hertz: usize, after: usize) -> usize {
    let is_tone = |part: &[i16]| interop::baresip::strength(part, hertz) > 3_000.0;
    let at = |heard: &[i16]| heard.get(after..)?.chunks_exact(800).position(is_tone).map(|n| after + 800 * n);
    wait_for("the name is said", Duration::from_secs(20), || at(&phone.heard()))
}

#[test]
fn a_colleague_dials_letters_that_mean_two_and_chooses_one_of_those_by_a_key() {
    let demo = demo();
    let words = |key: &str| Words::of(&demo, key);
    let mut desk = Baresip::start(&demo, "101", 1, DESK.0);
    let baker = Baresip::start(&demo, "102", 3, BAKER.0);
    let mut abel = Baresip::start(&demo, "103", 2, ABEL.0);
    named_at_the_desk(&demo, &mut abel, &mut desk);

    desk.order("dial *411687");
    let named = wait_until_named(&desk, DESK.1, 0);
    let first = desk.wait_until_told(&words("en.number-1"), named);
    let told = desk.wait_until_told(&words("en.extension"), first.end).end;
    let second = desk.wait_until_told(&words("en.press"), told).end;
    let second = desk.wait_until_told(&words("en.number-2"), second).end;
    desk.wait_until_told(&words("en.names_anew"), second);
    desk.press("2");
    talk((&desk, DESK.1), (&baker, BAKER.1));
    desk.order("hangup");
    let story = demo.story(&demo.wait_for_call(3, "*411687", "hung_up"));
    assert!(story.contains("2 are offered") && story.contains("Answered by Nurse Baker"), "{story}");

    // Letters that mean one alone.
    desk.wait_for_events("CALL_CLOSED", 2);
    desk.order("dial *4112235");
    talk((&desk, DESK.1), (&abel, ABEL.1));
}

#[test]
fn somebody_outside_types_a_name_in_a_menu_hears_it_as_it_was_said_and_talks_with_whose_it_is() {
    let demo = demo();
    let words = |key: &str| Words::of(&demo, key);
    let mut desk = Baresip::start(&demo, "101", 1, DESK.0);
    let mut abel = Baresip::start(&demo, "103", 2, ABEL.0);
    named_at_the_desk(&demo, &mut abel, &mut desk);

    let mut patient = Baresip::start_outside(&demo, "+12025550123", 0, PATIENT.0);
    patient.order(&format!("dial sip:+12025550100@127.0.0.1:{}", demo.text("/sip/udp")));
    patient.wait_for_events("CALL_ESTABLISHED", 1);
    let asked = patient.wait_until_told(&words("en.dial_by_name"), 0).end;
    // Nobody's.
    patient.press("99");
    let told = patient.wait_until_told(&words("en.invalid_choice"), asked).end;
    patient.press("2235#");
    wait_until_named(&patient, DESK.1, told);
    talk((&patient, PATIENT.1), (&abel, ABEL.1));
    assert_eq!(desk.events("CALL_INCOMING"), 0, "{}", desk.printed());
    patient.order("hangup");
    let story = demo.story(&demo.wait_for_call(3, "+12025550100", "hung_up"));
    assert!(story.contains("The caller pressed 2235") && story.contains("Answered by Nurse Abel"), "{story}");
}
