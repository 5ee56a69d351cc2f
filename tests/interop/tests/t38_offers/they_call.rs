//! They call our fax number.

use std::time::Duration;

use interop::Demo;
use interop::far_end::Does::{
    Agrees, Calls, Disagrees, HangsUp, IsAgreedWith, IsAsked, IsHungUpOn, IsNotTaken, IsRefused, Meets, Proposes,
    WaitsToBeTold,
};
use interop::far_end::{CED, CED_PACKET, FarEnd, NO_SOUND, NO_T38, PREAMBLE_PACKET, SOUND, T38, rests};

use super::{assert_opens_t38, assert_tells, kinds, open, story_of_last};

const SOON: Duration = Duration::from_secs(30);
/// T.30's own times, and some for a busy machine.
const LONG: Duration = Duration::from_secs(100);
/// UDPTL of theirs may be that long; what they say is in [`T38`].
const LONGEST: usize = 400;
const OURS: &str = "+12025550199";
const REDUNDANCY: &str = "T38FaxUdpEC:t38UDPRedundancy";

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
