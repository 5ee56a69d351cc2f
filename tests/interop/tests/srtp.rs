//! Calls whose sound is encrypted: baresip as a phone that encrypts, to one that does too and to one that does not. Every phone plays a tone
//! of its own height, what is heard is judged, and the call's page says which side was encrypted.

use interop::baresip::Baresip;
use interop::softphone::{Encryption, Way};
use interop::{Demo, free_offset};

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);

/// 101 calls 102, and each hears the other. What the call's page says about the sound of the caller and of the called side.
fn talk(demo: &Demo, desk: &mut Baresip, nurse: &mut Baresip) -> [bool; 2] {
    encrypted(&told(demo, desk, nurse))
}

/// The same, and the whole page.
fn told(demo: &Demo, desk: &mut Baresip, nurse: &mut Baresip) -> String {
    desk.order("dial 102");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
    nurse.wait_until_heard(DESK.1);
    desk.wait_until_heard(NURSE.1);
    desk.order("hangup");
    demo.story(&demo.wait_for_call(1, "102", "hung_up"))
}

/// Of the caller and of the called side.
fn encrypted(story: &str) -> [bool; 2] {
    let caller = story.split("Sound from the caller").nth(1).expect("the caller was heard");
    let (caller, callee) = caller.split_once("Sound from the called side").expect("the called side was heard");
    [caller, callee].map(|side| {
        let encrypted = side.contains("Encrypted, AES");
        assert_ne!(encrypted, side.contains("Not encrypted"), "{side}");
        encrypted
    })
}

/// Whether each side's keys came by DTLS, and not in its description: what the page says of how its sound came to be encrypted.
fn by_dtls(story: &str) -> [bool; 2] {
    let step = |who: &str| {
        let said = story.split(&format!("The sound of {who} is encrypted")).nth(1)?;
        said.split_once("</li>").map(|(step, _)| step.contains("DTLS, SRTP "))
    };
    // By the description we know the caller's name; of keys that come later, the side that they come from.
    let side = |side: &str, name: &str| step(side).or_else(|| step(name)).unwrap_or_default();
    [side("the caller", "Front desk"), side("the called side", "Nurse")]
}

#[test]
fn two_phones_under_tls_are_encrypted_on_both_sides() {
    let demo = Demo::start();
    let mut desk = Baresip::start_as(&demo, "101", 0, DESK.0, Way::Tls, Encryption::Offered);
    let mut nurse = Baresip::start_as(&demo, "102", 1, NURSE.0, Way::Tls, Encryption::Offered);
    let story = told(&demo, &mut desk, &mut nurse);
    assert_eq!((encrypted(&story), by_dtls(&story)), ([true, true], [false, false]), "{story}");
    // It offers the one that every phone knows, and takes the strongest that it is offered.
    let ciphers: Vec<&str> = story.split("Encrypted, ").skip(1).filter_map(|said| said.split('<').next()).collect();
    assert_eq!(ciphers, ["AES-128", "AES-256-GCM"], "{story}");
}

#[test]
fn an_encrypted_phone_and_a_plain_one_call_each_other() {
    let demo = Demo::start();
    let mut desk = Baresip::start_as(&demo, "101", 0, DESK.0, Way::Tls, Encryption::Demanded);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    assert_eq!(talk(&demo, &mut desk, &mut nurse), [true, false]);

    let demo = Demo::start();
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    let mut nurse = Baresip::start_as(&demo, "102", 1, NURSE.0, Way::Tls, Encryption::Offered);
    assert_eq!(talk(&demo, &mut desk, &mut nurse), [false, true]);
}

#[test]
fn what_the_settings_demand_is_had_or_the_call_is_refused() {
    let with = |word: &str| {
        let line = format!("name = \"Nurse\"\nmedia = \"{word}\"");
        Demo::start_changed(free_offset(), |sample| sample.replace("name = \"Nurse\"", &line))
    };
    // SRTP is demanded, and had, although nobody would read the keys over UDP for that.
    let demo = with("srtp");
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    let mut nurse = Baresip::start_as(&demo, "102", 1, NURSE.0, Way::Udp, Encryption::Demanded);
    assert_eq!(talk(&demo, &mut desk, &mut nurse), [false, true]);

    let demo = with("srtp");
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    nurse.order("dial 101");
    nurse.wait_for_events("CALL_CLOSED", 1);
    let call = demo.wait_for_call(1, "101", "refused");
    let story = demo.story(&call);
    assert!(story.contains("its sound would be in the clear, and the settings want it encrypted"), "{story}");
    // Help is had all the same.
    nurse.order("dial 911");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
}

#[test]
fn a_hold_keeps_the_call_encrypted() {
    let demo = Demo::start();
    let mut desk = Baresip::start_as(&demo, "101", 0, DESK.0, Way::Tls, Encryption::Offered);
    let nurse = Baresip::start_as(&demo, "102", 1, NURSE.0, Way::Tls, Encryption::Offered);
    desk.order("dial 102");
    nurse.wait_until_heard(DESK.1);
    desk.order("hold");
    nurse.assert_silent();
    desk.order("resume");
    desk.order("hangup");
    let call = demo.wait_for_call(1, "102", "hung_up");
    let story = demo.story(&call);
    assert_eq!(story.matches("Encrypted, AES").count(), 2, "{story}");
}

#[test]
fn a_desk_phone_whose_keys_come_by_dtls() {
    let demo = Demo::start();
    let mut desk = Baresip::start_as(&demo, "101", 0, DESK.0, Way::Udp, Encryption::Dtls);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    assert_eq!(talk(&demo, &mut desk, &mut nurse), [true, false]);

    let demo = Demo::start_changed(free_offset(), |sample| {
        sample.replace("name = \"Nurse\"", "name = \"Nurse\"\nmedia = \"dtls\"")
    });
    let mut desk = Baresip::start_as(&demo, "101", 0, DESK.0, Way::Tls, Encryption::Offered);
    let mut nurse = Baresip::start_as(&demo, "102", 1, NURSE.0, Way::Udp, Encryption::Dtls);
    assert_eq!(talk(&demo, &mut desk, &mut nurse), [true, true]);
}

/// The signalling goes over TLS as well: nobody on the way reads who calls whom, nor changes the certificates that are named there.
#[test]
fn desk_phones_under_tls_whose_keys_come_by_dtls_talk_with_each_other_and_with_a_plain_one() {
    let (both, callee, caller) = ([true, true], [false, true], [true, false]);
    for by_certificate in [both, callee, caller] {
        let demo = Demo::start_changed(free_offset(), |sample| {
            let demanded = by_certificate.into_iter().zip(["Front desk", "Nurse"]).filter(|(demanded, _)| *demanded);
            demanded.fold(sample.to_owned(), |text, (_, name)| {
                let name = format!("name = \"{name}\"");
                text.replace(&name, &format!("{name}\nmedia = \"dtls\""))
            })
        });
        let phone = |side: usize, user, period| match by_certificate[side] {
            true => Baresip::start_as(&demo, user, side as u16, period, Way::Tls, Encryption::Dtls),
            false => Baresip::start(&demo, user, side as u16, period),
        };
        let (mut desk, mut nurse) = (phone(0, "101", DESK.0), phone(1, "102", NURSE.0));
        let story = told(&demo, &mut desk, &mut nurse);
        assert_eq!((encrypted(&story), by_dtls(&story)), (by_certificate, by_certificate), "{story}");
    }
}
