//! The console's own telephone on a computer with several microphones and speakers (Chromium's false ones, which beep): the one that a person chooses is
//! kept and used, and the test of both tells them that it works.

use std::time::Duration;

use interop::baresip::Baresip;
use interop::telephone::Telephone;
use interop::{Demo, wait_for};

/// The tone's period in samples, and what that is in Hz.
const NURSE: (u16, i64) = (16, 500);
const OWN: &str = "Fake Default Audio Input";
const MICROPHONE: &str = "Fake Audio Input 2";
const SPEAKER: &str = "Fake Audio Output 1";
const RINGER: &str = "Fake Audio Output 2";
const SOON: Duration = Duration::from_secs(20);
/// What beeps in the microphones, in samples of the telephone: a wave, a beep and the time from one to the next.
const BEEP: [usize; 3] = [20, 160, 4000];

/// A person who has chosen all three.
fn desk(demo: &Demo) -> Telephone {
    let desk = Telephone::start_with_devices(demo, "101", 0);
    assert_eq!(desk.chosen("microphone")[0], OWN);
    for (what, name) in [("microphone", MICROPHONE), ("speaker", SPEAKER), ("ringer", RINGER)] {
        desk.choose(what, name);
        assert_eq!(desk.chosen(what)[0], name);
    }
    desk
}

/// How many beeps follow each other here as they should: of the height, the length and the distance that they have.
fn beeps(heard: &[i16]) -> usize {
    let [wave, length, distance] = BEEP;
    let loud: Vec<usize> = (1..heard.len()).filter(|n| heard[*n] > 8000).collect();
    let starts: Vec<usize> = loud
        .iter()
        .enumerate()
        .filter(|(n, at)| *n == 0 || *at - loud[n - 1] > distance / 2)
        .map(|(_, at)| *at)
        .collect();
    let is_beep = |start: &&usize| {
        let Some(beep) = heard.get(**start..**start + 2 * length) else { return false };
        let rises = beep.windows(2).filter(|w| w[0] <= 8000 && w[1] > 8000).count();
        rises.abs_diff(length / wave) <= 2
    };
    let right: Vec<usize> = starts.iter().filter(is_beep).copied().collect();
    right.windows(2).filter(|w| (w[1] - w[0]).abs_diff(distance) < distance / 10).count()
}

#[test]
fn what_is_chosen_is_kept_and_a_call_is_spoken_and_heard_and_rings_by_it() {
    let demo = Demo::start();
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    // The page is loaded again, as on the next morning.
    let desk = desk(&demo).opened();
    for (what, name) in [("microphone", MICROPHONE), ("speaker", SPEAKER), ("ringer", RINGER)] {
        assert_eq!(desk.chosen(what)[0], name);
    }
    desk.dial("102");
    desk.wait_for_call("In a call with");
    assert_eq!(desk.microphones(), [(MICROPHONE.to_owned(), true)]);
    let sent = "const track = window.peer.getSenders()[0].track; return [track.label, track.getSettings().deviceId]";
    assert_eq!(desk.browser.script(sent), serde_json::json!([MICROPHONE, desk.chosen("microphone")[1]]));
    wait_for("the nurse hears three beeps in a row", SOON, || (beeps(&nurse.heard()) >= 2).then_some(()));
    desk.wait_until_heard(NURSE.1);
    desk.wait_until_sounds(NURSE.1, &desk.chosen("speaker")[1]);
    desk.press("hang-up");
    wait_for("the microphone is off", SOON, || (!desk.microphones()[0].1).then_some(()));

    nurse.order("dial 101");
    desk.wait_for_call("Nurse (102) calls");
    let ringer = desk.chosen("ringer")[1].clone();
    wait_for("the bell rings", SOON, || {
        let bell = |hertz| desk.sounds(hertz, &ringer);
        (bell(520) || bell(650)).then_some(())
    });
    desk.press("refuse");
}

#[test]
fn a_chosen_microphone_that_was_unplugged_is_replaced_by_the_computers_own() {
    let demo = Demo::start();
    let nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    let desk = desk(&demo);
    // The browser knows none of this name any more.
    desk.browser.script("localStorage.setItem('phone-microphone', 'unplugged')");
    let desk = desk.opened();
    desk.dial("102");
    desk.wait_for_call("In a call with");
    assert_eq!(desk.microphones(), [(OWN.to_owned(), true)]);
    wait_for("the nurse hears three beeps in a row", SOON, || (beeps(&nurse.heard()) >= 2).then_some(()));
}

#[test]
fn the_test_sounds_in_the_chosen_speaker_and_shows_what_the_chosen_microphone_hears() {
    let demo = Demo::start();
    let desk = desk(&demo);
    desk.browser.script(
        r"
        window.level = 0;
        setInterval(() => { window.level = Math.max(window.level, document.getElementById('phone-level').value); }, 20);",
    );
    desk.browser.click("#phone-test");
    desk.wait_until_sounds(440, &desk.chosen("speaker")[1]);
    let level = || desk.browser.script("return window.level").as_f64().filter(|level| *level > 50.0);
    wait_for("the level of the microphone", SOON, level);
    assert_eq!(desk.microphones(), [(MICROPHONE.to_owned(), true)]);
    wait_for("the test is over, and the microphone off", SOON, || {
        let over = desk.browser.script("return !document.getElementById('phone-test').disabled") == true;
        (over && !desk.microphones()[0].1).then_some(())
    });
}
