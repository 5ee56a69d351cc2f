//! A fax of ours calls them.

use std::time::Duration;

use interop::far_end::Does::{
    Agrees, Answers, AnswersImage, Disagrees, HangsUp, IsAgreedWith, IsAsked, IsHungUpOn, IsRefused, Meets, Pauses,
    Proposes, Refuses, RefusesSound, WaitsToBeTold,
};
use interop::far_end::{CNG, CNG_PACKET, FarEnd, NO_SOUND, NO_T38, SOUND, T38, recall, rests};
use interop::mailbox::Mail;
use interop::{Demo, wait_for};
use serde_json::Value;

use super::{LONGEST, REDUNDANCY, assert_opens_t38, assert_tells, kinds, line, open, story_of_last};

const SOON: Duration = Duration::from_secs(40);
/// T.30's own times, and some for a busy machine.
const LONG: Duration = Duration::from_secs(120);

/// A letter to the `n`-th number there.
fn number(n: usize) -> String {
    format!("+1202555{:04}", 170 + n)
}

fn send(demo: &Demo, n: usize) {
    Mail::to(demo, number(n).trim_start_matches('+')).referral().accepted();
}

/// The fax to the `n`-th number, with its attempts.
fn fax(demo: &Demo, n: usize) -> Option<Value> {
    let fax = demo.faxes().into_iter().find(|fax| fax["direction"] == "out" && fax["number"] == number(n))?;
    Some(demo.api(&format!("/api/v1/faxes/{}", fax["id"].as_str()?)))
}

/// Its first attempt met no machine: it is tried again, and nothing is called sent. Nobody is there for that any more.
fn assert_is_tried_again(demo: &Demo, n: usize) {
    let tried =
        wait_for("its attempt has ended", SOON, || fax(demo, n).filter(|fax| fax["attempts"][0]["cause"].is_string()));
    let attempt = &tried["attempts"][0];
    assert_eq!((&attempt["cause"], &attempt["pages_confirmed"]), (&"not_a_fax".into(), &0.into()), "{tried:#}");
    assert_eq!(attempt["sentence"], "The call was answered, but not by a fax machine.");
    assert_eq!((&tried["final"], &tried["pages_confirmed"]), (&false.into(), &0.into()), "{tried:#}");
    recall(demo, &tried);
    wait_for("it is recalled", SOON, || fax(demo, n).filter(|fax| fax["state"] == "cancelled"));
}

#[test]
fn a_gateway_that_takes_our_proposal_gets_the_fax_over_t38() {
    let (far, demo) = FarEnd::with_demo();
    let agreed = format!("{NO_SOUND}\n{T38}");
    let sipp = far.does(&[Answers, IsAsked, Agrees(&agreed), WaitsToBeTold, HangsUp]);
    send(&demo, 1);
    far.image.gets(CNG_PACKET, LONGEST);
    far.goes_on(1);
    sipp.succeed(SOON);
    assert_opens_t38(&far.descriptions()[1], REDUNDANCY);
    assert_tells(&story_of_last(&demo, 1, &number(1)), &["We propose T.38", "Both sides agreed on T.38"]);
    assert_is_tried_again(&demo, 1);
    rests(&demo);
}

#[test]
fn a_gateway_that_refuses_t38_hears_the_fax_call_as_sound() {
    let (far, demo) = FarEnd::with_demo();
    let refusals = ["488 Not Acceptable Here", "415 Unsupported Media Type", "606 Not Acceptable"];
    for (n, status) in (1..).zip(refusals) {
        let sipp = far.does(&[Answers, IsAsked, Disagrees(status), WaitsToBeTold, HangsUp]);
        send(&demo, n);
        // It was heard before, too: what counts is that it goes on.
        far.waits(1);
        far.sound.forget();
        far.sound.hears(CNG);
        far.goes_on(1);
        sipp.succeed(SOON);
        let story = story_of_last(&demo, n, &number(n));
        assert_tells(&story, &["The fax begins as sound", "so the fax goes as sound", &status[..3]]);
        assert_is_tried_again(&demo, n);
        rests(&demo);
    }
}

/// Such are some carriers of faxes. What they refuse costs no attempt, and once it is known nothing is refused any more, after a restart neither.
#[test]
fn a_carrier_that_takes_t38_alone_is_called_with_that_and_gets_the_fax() {
    let (far, demo) = FarEnd::with_demo();
    let offset = demo.offset();
    let takes_image = [AnswersImage(T38), WaitsToBeTold, HangsUp, RefusesSound("488 Not Acceptable Here")];
    let gets = |demo: &Demo, n: usize, offered: &[&str]| {
        let sipp = if offered.len() == 2 { far.does_twice(&takes_image) } else { far.does(&takes_image) };
        send(demo, n);
        far.image.gets(CNG_PACKET, LONGEST);
        far.goes_on(1);
        sipp.succeed(SOON);
        let offers = far.descriptions();
        assert_eq!(offers.iter().flat_map(|offer| kinds(offer)).collect::<Vec<_>>(), offered);
        assert_opens_t38(&offers[offered.len() - 1], REDUNDANCY);
        let story = story_of_last(demo, n, &number(n));
        assert_tells(&story, &["Both sides agreed on T.38"]);
        assert_is_tried_again(demo, n);
        rests(demo);
        story
    };
    assert_tells(&gets(&demo, 1, &["audio", "image"]), &["488", "without sound"]);
    assert_tells(&gets(&demo, 2, &["image"]), &["the call has no sound"]);
    let folder = demo.kill().expect("it is the demo's own");
    let demo = Demo::start_on(&folder.path().join("state"), offset);
    assert_tells(&gets(&demo, 3, &["image"]), &["the call has no sound"]);

    // The carrier has changed: sound is tried after all, and by the next fax first.
    let kinds_offered =
        || far.descriptions().iter().flat_map(|offer| kinds(offer)).map(str::to_owned).collect::<Vec<_>>();
    for (n, offered) in [(4, ["image", "audio"]), (5, ["audio", "image"])] {
        let sipp = far.does_twice(&[Refuses("488 Not Acceptable Here")]);
        send(&demo, n);
        sipp.succeed(SOON);
        let failed = wait_for("it has failed", SOON, || fax(&demo, n).filter(|fax| fax["final"] == true));
        assert_eq!(failed["cause"], "no_common_media", "{failed:#}");
        assert_eq!(kinds_offered(), offered);
        rests(&demo);
    }
}

/// It is there, and would say the same again: nobody calls it all day as one that is away. The trunk stays as good as it was.
#[test]
fn a_carrier_that_takes_neither_sound_nor_t38_ends_the_fax_with_a_plain_sentence() {
    let (far, demo) = FarEnd::with_demo();
    let refusals = ["488 Not Acceptable Here", "415 Unsupported Media Type", "606 Not Acceptable"];
    for (n, status) in (1..).zip(refusals) {
        let sipp = far.does_twice(&[Refuses(status)]);
        send(&demo, n);
        sipp.succeed(SOON);
        let failed = wait_for("it has failed", SOON, || fax(&demo, n).filter(|fax| fax["final"] == true));
        let said = (&failed["state"], &failed["cause"], &failed["attempts_made"], &failed["pages_confirmed"]);
        assert_eq!(said, (&"failed".into(), &"no_common_media".into(), &1.into(), &0.into()), "{failed:#}");
        assert_eq!(failed["sentence"], "Their line takes no fax in any way that ours can send it.");
        assert_eq!(far.descriptions().iter().map(|offer| kinds(offer)).collect::<Vec<_>>(), [["audio"], ["image"]]);
        let call = demo.wait_for_call(n, &number(n), "refused");
        assert_eq!(call["fault"], "callee", "{call:#}");
        assert_eq!(demo.api("/api/v1/status")["trunks"][0]["healthy"], true);
        rests(&demo);
    }
}

#[test]
fn a_gateway_that_agrees_without_t38_is_offered_its_sound_again() {
    let (far, demo) = FarEnd::with_demo();
    let answers = [format!("{NO_SOUND}\n{NO_T38}"), format!("{SOUND}\n{NO_T38}"), SOUND.to_owned()];
    let again = format!("{SOUND}\n{NO_T38}");
    for (n, answer) in (1..).zip(&answers) {
        let sipp = far.does(&[Answers, IsAsked, Agrees(answer), IsAsked, Agrees(&again), WaitsToBeTold, HangsUp]);
        send(&demo, n);
        far.waits(1);
        far.sound.forget();
        far.sound.hears(CNG);
        far.goes_on(1);
        sipp.succeed(SOON);
        let offer = &far.descriptions()[2];
        assert!(line(offer, "audio").first().is_some_and(|m| !m.starts_with("m=audio 0 ")), "{offer}");
        // What a modem does not outlive is not offered to it.
        assert!(!offer.contains("opus") && !offer.contains("G722"), "{offer}");
        assert_eq!(line(offer, "image"), [NO_T38], "it keeps its place (RFC 3264 section 8): {offer}");
        let story = story_of_last(&demo, n, &number(n));
        assert_tells(&story, &["so the fax goes as sound", "the answer has no T.38"]);
        assert_is_tried_again(&demo, n);
        rests(&demo);
    }
}

/// The call outlives the half minute of the proposal (Timer B), and ends when T.30 has waited for a machine long enough (T0, 60 s).
#[test]
fn a_gateway_that_says_nothing_to_our_proposal_hears_the_fax_call_as_sound() {
    let (far, demo) = FarEnd::with_demo();
    let sipp = far.does_within(LONG, &[Answers, IsAsked, IsHungUpOn]);
    send(&demo, 1);
    far.sound.hears(CNG);
    sipp.succeed(LONG);
    let story = story_of_last(&demo, 1, &number(1));
    assert_tells(&story, &["The fax begins as sound", "so the fax goes as sound", "status 408"]);
    assert_is_tried_again(&demo, 1);
    rests(&demo);
}

/// We called, so ours is the longer wait (RFC 3261 section 14.1); it is kept.
#[test]
fn a_gateway_that_is_busy_with_something_is_asked_again() {
    let (far, demo) = FarEnd::with_demo();
    let agreed = format!("{NO_SOUND}\n{T38}");
    let busy = Disagrees("491 Request Pending");
    let sipp = far.does(&[Answers, IsAsked, busy, IsAsked, Agrees(&agreed), WaitsToBeTold, HangsUp]);
    send(&demo, 1);
    far.image.gets(CNG_PACKET, LONGEST);
    far.goes_on(1);
    sipp.succeed(SOON);
    assert_eq!(far.came("INVITE ").len(), 3);
    assert_tells(&story_of_last(&demo, 1, &number(1)), &["We propose T.38", "Both sides agreed on T.38"]);
    assert_is_tried_again(&demo, 1);
    rests(&demo);
}

/// Both propose at the same moment, and both say 491. It comes again first, and ours is not sent any more.
#[test]
fn two_proposals_that_cross_come_to_one_agreement() {
    let (far, demo) = FarEnd::with_demo();
    let offer = format!("{NO_SOUND}\n{T38}");
    let sipp = far.does(&[
        Answers,
        IsAsked,
        Proposes(1, &offer),
        Meets(1),
        Pauses,
        Proposes(2, &offer),
        IsAgreedWith(2),
        WaitsToBeTold,
        HangsUp,
    ]);
    send(&demo, 1);
    far.image.gets(CNG_PACKET, LONGEST);
    far.goes_on(1);
    sipp.succeed(SOON);
    assert_eq!(far.came("INVITE ").len(), 2, "the call, and what crossed");
    assert_tells(&story_of_last(&demo, 1, &number(1)), &["They propose T.38", "Both sides agreed on T.38"]);
    assert_is_tried_again(&demo, 1);
    rests(&demo);
}

/// As T.38 annex D has it: who was called proposes. Each line of theirs is answered in its place.
#[test]
fn a_gateway_that_proposes_t38_gets_the_fax_over_it() {
    let (far, demo) = FarEnd::with_demo();
    let absurd = "m=image [image] udptl t38\na=T38FaxVersion:99\na=T38FaxMaxDatagram:1\na=T38FaxUdpEC:magic";
    let offers = [
        format!("{NO_SOUND}\n{T38}"),
        format!("{SOUND}\n{T38}"),
        format!("{NO_SOUND}\n{T38}\n{T38}"),
        format!("{NO_SOUND}\n{absurd}"),
        T38.to_owned(),
    ];
    for (n, offer) in (1..).zip(&offers) {
        let sipp = far.does(&[Answers, Proposes(1, offer), IsAgreedWith(1), WaitsToBeTold, HangsUp]);
        send(&demo, n);
        far.image.gets(CNG_PACKET, if offer.contains("Datagram:1\n") { 72 } else { LONGEST });
        far.goes_on(1);
        sipp.succeed(SOON);
        let answer = &far.descriptions()[1];
        assert_opens_t38(answer, REDUNDANCY);
        assert_eq!((kinds(answer), open(answer)), (kinds(offer), 1), "{answer}");
        assert_eq!(far.came("INVITE ").len(), 1, "we do not propose it, too");
        assert_tells(&story_of_last(&demo, n, &number(n)), &["They propose T.38", "Both sides agreed on T.38"]);
        assert_is_tried_again(&demo, n);
        rests(&demo);
    }
}

#[test]
fn a_fax_over_t38_is_not_moved_back_to_sound_and_goes_on() {
    let (far, demo) = FarEnd::with_demo();
    let (offer, sound) = (format!("{NO_SOUND}\n{T38}"), format!("{SOUND}\n{NO_T38}"));
    let sipp = far.does(&[
        Answers,
        Proposes(1, &offer),
        IsAgreedWith(1),
        WaitsToBeTold,
        Proposes(2, &sound),
        IsRefused(2, "488"),
        Proposes(3, &offer),
        IsAgreedWith(3),
        HangsUp,
    ]);
    send(&demo, 1);
    far.image.gets(CNG_PACKET, LONGEST);
    far.goes_on(1);
    sipp.succeed(SOON);
    let said = far.descriptions();
    assert_eq!(said[1], said[2], "a refresh says what was said before");
    let story = story_of_last(&demo, 1, &number(1));
    assert_tells(&story, &["Both sides agreed on T.38", "which was refused"]);
    assert_is_tried_again(&demo, 1);
    rests(&demo);
}

/// Both have agreed, and not one packet comes: T.30 has a time for that (T0, 60 s). The next time somebody hangs up in the midst of our proposal.
/// That was no machine twice, so the fax has failed, and its sentence says so.
#[test]
fn a_fax_that_no_machine_ever_answers_fails_with_a_plain_sentence() {
    let (far, demo) = FarEnd::with_demo();
    let agreed = format!("{NO_SOUND}\n{T38}");
    let sipp = far.does_within(LONG, &[Answers, IsAsked, Agrees(&agreed), IsHungUpOn]);
    send(&demo, 1);
    far.image.gets(CNG_PACKET, LONGEST);
    sipp.succeed(LONG);
    let second = far.does(&[Answers, IsAsked, HangsUp, Disagrees("487 Request Terminated")]);
    second.succeed(SOON);
    let failed = wait_for("it has failed", SOON, || fax(&demo, 1).filter(|fax| fax["final"] == true));
    let said = (&failed["state"], &failed["cause"], &failed["attempts_made"], &failed["pages_confirmed"]);
    assert_eq!(said, (&"failed".into(), &"not_a_fax".into(), &2.into(), &0.into()), "{failed:#}");
    assert_eq!(failed["sentence"], "The call was answered, but not by a fax machine.");
    rests(&demo);
}
