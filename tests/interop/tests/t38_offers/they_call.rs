//! They call our fax number.

use std::time::Duration;

use interop::Demo;
use interop::far_end::Does::{
    Agrees, Calls, Disagrees, HangsUp, IsAgreedWith, IsAsked, IsHungUpOn, IsNotTaken, IsRefused, Meets, Proposes,
    WaitsToBeTold,
};
use interop::far_end::{CED, CED_PACKET, FarEnd, NO_SOUND, NO_T38, PREAMBLE_PACKET, SOUND, T38, rests};

use super::{LONGEST, REDUNDANCY, assert_opens_t38, assert_tells, kinds, line, open, story_of_last};

const SOON: Duration = Duration::from_secs(30);
/// T.30's own times, and some for a busy machine.
const LONG: Duration = Duration::from_secs(100);
const OURS: &str = "+12025550199";

/// Nobody was a machine here, so nothing was received, and the reason is said in plain words.
fn assert_nothing_came(demo: &Demo, faxes: usize) {
    let all = demo.faxes();
    assert_eq!(all.len(), faxes, "{all:#?}");
    for fax in &all {
        let said = (&fax["direction"], &fax["state"], &fax["cause"], &fax["pages"]);
        assert_eq!(said, (&"in".into(), &"failed".into(), &"not_a_fax".into(), &0.into()), "{fax:#}");
        assert_eq!(fax["sentence"], "The call was answered, but not by a fax machine.");
    }
}

#[test]
fn a_gateway_that_takes_our_proposal_gets_the_fax_over_t38() {
    let (far, demo) = FarEnd::with_demo();
    let agreed = format!("{NO_SOUND}\n{T38}");
    for calls in 1..=2 {
        let sipp = far.does(&[Calls(SOUND), IsAsked, Agrees(&agreed), WaitsToBeTold, HangsUp]);
        far.image.gets(CED_PACKET, LONGEST);
        far.goes_on(1);
        sipp.succeed(SOON);
        assert_opens_t38(&far.descriptions()[1], REDUNDANCY);
        let story = story_of_last(&demo, calls, OURS);
        assert_tells(&story, &["We propose T.38", "Both sides agreed on T.38", "The other side hung up"]);
        rests(&demo);
    }
    assert_nothing_came(&demo, 2);
}

#[test]
fn a_gateway_that_refuses_t38_gets_the_fax_as_sound_in_the_same_call() {
    let (far, demo) = FarEnd::with_demo();
    let refusals = ["488 Not Acceptable Here", "415 Unsupported Media Type", "606 Not Acceptable"];
    for (calls, status) in (1..).zip(refusals) {
        let sipp = far.does(&[Calls(SOUND), IsAsked, Disagrees(status), WaitsToBeTold, HangsUp]);
        far.sound.hears(CED);
        far.goes_on(1);
        sipp.succeed(SOON);
        let story = story_of_last(&demo, calls, OURS);
        assert_tells(&story, &["so the fax goes as sound", &status[..3], "The fax begins as sound"]);
        rests(&demo);
    }
    assert_nothing_came(&demo, refusals.len());
}

/// A 200 that takes no T.38 has closed the sound all the same: that was what it agreed to. Some open it in that answer, which nobody may (RFC 3264
/// section 6); either way the fax has its line of sound again, and the one of T.38 keeps its place, closed (section 8).
#[test]
fn a_gateway_that_agrees_without_t38_is_offered_its_sound_again() {
    let (far, demo) = FarEnd::with_demo();
    let answers = [format!("{NO_SOUND}\n{NO_T38}"), format!("{SOUND}\n{NO_T38}"), SOUND.to_owned()];
    let again = format!("{SOUND}\n{NO_T38}");
    for (calls, answer) in (1..).zip(&answers) {
        let does = [Calls(SOUND), IsAsked, Agrees(answer), IsAsked, Agrees(&again), WaitsToBeTold, HangsUp];
        let sipp = far.does(&does);
        far.sound.hears(CED);
        far.goes_on(1);
        sipp.succeed(SOON);
        let offer = &far.descriptions()[2];
        assert!(line(offer, "audio").first().is_some_and(|m| !m.starts_with("m=audio 0 ")), "{offer}");
        // What a modem does not outlive is not offered to it.
        assert!(!offer.contains("opus") && !offer.contains("G722"), "{offer}");
        assert_eq!(line(offer, "image"), [NO_T38], "{offer}");
        let story = story_of_last(&demo, calls, OURS);
        assert_tells(&story, &["so the fax goes as sound", "the answer has no T.38"]);
        rests(&demo);
    }
    assert_nothing_came(&demo, answers.len());
}

/// The proposal is sent again and again for half a minute (Timer B); the fax does not wait for that, and the call outlives it.
#[test]
fn a_gateway_that_says_nothing_to_our_proposal_gets_the_fax_as_sound() {
    let (far, demo) = FarEnd::with_demo();
    let sipp = far.does_within(LONG, &[Calls(SOUND), IsAsked, IsHungUpOn]);
    far.sound.hears(CED);
    sipp.succeed(LONG);
    let story = story_of_last(&demo, 1, OURS);
    assert_tells(&story, &["The fax begins as sound", "so the fax goes as sound", "status 408"]);
    rests(&demo);
    assert_nothing_came(&demo, 1);
    // The next one is answered.
    far.does(&[Calls(SOUND), IsAsked, HangsUp, Disagrees("487 Request Terminated")]).succeed(SOON);
    rests(&demo);
}

#[test]
fn a_gateway_that_is_busy_with_something_is_asked_again() {
    let (far, demo) = FarEnd::with_demo();
    let agreed = format!("{NO_SOUND}\n{T38}");
    let busy = Disagrees("491 Request Pending");
    let sipp =
        far.does(&[Calls(SOUND), IsAsked, busy, IsAsked, busy, IsAsked, Agrees(&agreed), WaitsToBeTold, HangsUp]);
    far.image.gets(CED_PACKET, LONGEST);
    far.goes_on(1);
    sipp.succeed(SOON);
    assert_eq!(far.came("INVITE ").len(), 3);
    assert_tells(&story_of_last(&demo, 1, OURS), &["We propose T.38", "Both sides agreed on T.38"]);
    rests(&demo);
    assert_nothing_came(&demo, 1);
}

/// Both propose at the same moment, and both say 491. Who called waits longer before it comes again (RFC 3261 section 14.1), so we do first.
#[test]
fn two_proposals_that_cross_come_to_one_agreement() {
    let (far, demo) = FarEnd::with_demo();
    let offer = format!("{NO_SOUND}\n{T38}");
    let does = [Calls(SOUND), IsAsked, Proposes(2, &offer), Meets(2), IsAsked, Agrees(&offer), WaitsToBeTold, HangsUp];
    let sipp = far.does(&does);
    far.image.gets(CED_PACKET, LONGEST);
    far.goes_on(1);
    sipp.succeed(SOON);
    assert_tells(&story_of_last(&demo, 1, OURS), &["Both sides agreed on T.38"]);
    rests(&demo);
    assert_nothing_came(&demo, 1);
}

#[test]
fn who_hangs_up_before_saying_anything_to_our_proposal_leaves_no_call_behind() {
    let (far, demo) = FarEnd::with_demo();
    for calls in 1..=2 {
        far.does(&[Calls(SOUND), IsAsked, HangsUp, Disagrees("487 Request Terminated")]).succeed(SOON);
        assert_tells(&story_of_last(&demo, calls, OURS), &["We propose T.38", "The other side hung up"]);
        rests(&demo);
    }
    assert_nothing_came(&demo, 0);
}

/// Some gateways refuse what they are asked, and want to be the one who asks. Whatever lines stand in what they say, ours answer each in its place.
#[test]
fn a_gateway_that_wants_to_propose_itself_may() {
    let (far, demo) = FarEnd::with_demo();
    let offers = [
        T38.to_owned(),
        format!("{NO_SOUND}\n{T38}"),
        format!("{SOUND}\n{T38}"),
        format!("{T38}\n{SOUND}"),
        format!("{NO_SOUND}\n{T38}\n{T38}"),
    ];
    for (calls, offer) in (1..).zip(&offers) {
        let refusal = Disagrees("488 Not Acceptable Here");
        let sipp =
            far.does(&[Calls(SOUND), IsAsked, refusal, Proposes(2, offer), IsAgreedWith(2), WaitsToBeTold, HangsUp]);
        far.image.gets(CED_PACKET, LONGEST);
        far.goes_on(1);
        sipp.succeed(SOON);
        let answer = &far.descriptions()[2];
        assert_opens_t38(answer, REDUNDANCY);
        assert_eq!(kinds(answer), kinds(offer), "{answer}");
        assert_eq!(open(answer), 1, "{answer}");
        assert_tells(&story_of_last(&demo, calls, OURS), &["They propose T.38", "Both sides agreed on T.38"]);
        rests(&demo);
    }
    assert_nothing_came(&demo, offers.len());
}

/// From the first word, as gateways do that have heard the machine before they call. Nonsense is answered with what makes sense.
#[test]
fn a_call_that_offers_t38_alone_is_answered_with_what_both_can_do() {
    let (far, demo) = FarEnd::with_demo();
    let with = |what: &str, by: &str| {
        let changed = T38.replacen(what, by, 1);
        assert_ne!(changed, T38, "{what}");
        changed
    };
    let offers = [
        (T38.to_owned(), REDUNDANCY),
        (with("T38FaxVersion:0", "T38FaxVersion:99"), REDUNDANCY),
        (with("T38FaxVersion:0", "T38FaxVersion:-1"), REDUNDANCY),
        (with("T38MaxBitRate:14400", "T38MaxBitRate:33600"), REDUNDANCY),
        (with("T38MaxBitRate:14400", "T38MaxBitRate:0"), REDUNDANCY),
        (with("T38MaxBitRate:14400", "T38MaxBitRate:1"), REDUNDANCY),
        (with("T38FaxMaxDatagram:400", "T38FaxMaxDatagram:1"), REDUNDANCY),
        (with("T38FaxMaxDatagram:400", "T38FaxMaxDatagram:4294967296"), REDUNDANCY),
        (with("t38UDPRedundancy", "t38UDPMagic"), REDUNDANCY),
        (with("t38UDPRedundancy", "t38UDPFEC"), REDUNDANCY),
        (with("t38UDPRedundancy", "t38UDPNoEC"), "T38FaxUdpEC:t38UDPNoEC"),
        (format!("{T38}\n{T38}"), REDUNDANCY),
        ("m=image [image] udptl t38".to_owned(), REDUNDANCY),
    ];
    for (calls, (offer, correction)) in (1..).zip(&offers) {
        let sipp = far.does(&[Calls(offer), WaitsToBeTold, HangsUp]);
        // The least that T.38 allows to take (its annex D: nothing is said of less), and what we believe of nonsense.
        let longest = if offer.contains("Datagram:1\n") { 72 } else { LONGEST };
        far.image.gets(CED_PACKET, longest);
        far.goes_on(1);
        sipp.succeed(SOON);
        let answer = &far.descriptions()[0];
        assert_opens_t38(answer, correction);
        assert_eq!((kinds(answer), open(answer)), (kinds(offer), 1), "{answer}");
        assert_tells(&story_of_last(&demo, calls, OURS), &["Both sides agreed on T.38"]);
        rests(&demo);
    }
    assert_nothing_came(&demo, offers.len());
}

#[test]
fn a_call_that_offers_what_no_fax_of_ours_can_is_refused_and_the_next_is_answered() {
    let (far, demo) = FarEnd::with_demo();
    let offers = [
        T38.replace("transferredTCF", "localTCF"),
        T38.replace("udptl", "tcp"),
        T38.replace("[image]", "53"),
        NO_T38.to_owned(),
        format!("{NO_SOUND}\n{NO_T38}"),
    ];
    for offer in &offers {
        far.does(&[IsNotTaken(offer, "488")]).succeed(SOON);
        rests(&demo);
    }
    let sipp = far.does(&[Calls(T38), WaitsToBeTold, HangsUp]);
    far.image.gets(CED_PACKET, LONGEST);
    far.goes_on(1);
    sipp.succeed(SOON);
    rests(&demo);
    assert_nothing_came(&demo, 1);
}

/// Sound beside T.38 is taken first, as every machine understands it, and T.38 is proposed in its turn.
#[test]
fn a_call_that_offers_both_is_answered_with_sound_and_then_moved() {
    let (far, demo) = FarEnd::with_demo();
    for (calls, offer) in (1..).zip([format!("{SOUND}\n{T38}"), format!("{T38}\n{SOUND}")]) {
        let agreed =
            if offer.starts_with("m=audio") { format!("{NO_SOUND}\n{T38}") } else { format!("{T38}\n{NO_SOUND}") };
        let sipp = far.does(&[Calls(&offer), IsAsked, Agrees(&agreed), WaitsToBeTold, HangsUp]);
        far.image.gets(CED_PACKET, LONGEST);
        far.goes_on(1);
        sipp.succeed(SOON);
        let said = far.descriptions();
        assert_eq!((kinds(&said[0]), open(&said[0])), (kinds(&offer), 1), "{}", said[0]);
        assert!(line(&said[0], "audio").first().is_some_and(|m| !m.starts_with("m=audio 0 ")), "{}", said[0]);
        assert_opens_t38(&said[1], REDUNDANCY);
        assert_eq!(kinds(&said[1]), kinds(&offer), "each line keeps its place: {}", said[1]);
        assert_tells(&story_of_last(&demo, calls, OURS), &["Both sides agreed on T.38"]);
        rests(&demo);
    }
    assert_nothing_came(&demo, 2);
}

/// A gateway that hears no fax for a while asks for its sound back; ours is there, and says so.
#[test]
fn a_fax_over_t38_is_not_moved_back_to_sound_and_goes_on() {
    let (far, demo) = FarEnd::with_demo();
    let sound = format!("{NO_T38}\n{SOUND}");
    let sipp = far.does(&[
        Calls(T38),
        WaitsToBeTold,
        Proposes(2, &sound),
        IsRefused(2, "488"),
        Proposes(3, T38),
        IsAgreedWith(3),
        WaitsToBeTold,
        HangsUp,
    ]);
    far.image.gets(CED_PACKET, LONGEST);
    far.goes_on(1);
    far.waits(2);
    far.image.forget();
    far.image.gets(PREAMBLE_PACKET, LONGEST);
    far.goes_on(2);
    sipp.succeed(SOON);
    let said = far.descriptions();
    assert_eq!(said[0], said[1], "a refresh says what was said before");
    assert_tells(&story_of_last(&demo, 1, OURS), &["Both sides agreed on T.38", "which was refused"]);
    rests(&demo);
    assert_nothing_came(&demo, 1);
}

/// Both have agreed, and not one packet comes: T.30 has a time for that (T1, 35 s).
#[test]
fn a_line_of_t38_on_which_nothing_ever_comes_is_given_up() {
    let (far, demo) = FarEnd::with_demo();
    let sipp = far.does_within(LONG, &[Calls(T38), IsHungUpOn]);
    far.image.gets(CED_PACKET, LONGEST);
    sipp.succeed(LONG);
    story_of_last(&demo, 1, OURS);
    rests(&demo);
    assert_nothing_came(&demo, 1);
}
