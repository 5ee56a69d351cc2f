//! What the last start left is read late, or never: a disk is away for a while, or a part of it is damaged. What has begun since goes on.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use model::call::Party;
use model::fax::{Cause, Direction, FaxState};
use model::{CallId, Now, Pii, Random, Sound, VoicemailId};
use store::StoreError;
use store::effect::Effect;
use world::clinic::World;
use world::net::Conditions;

use crate::received::fax_in;
use crate::{GOOD, accepted, at_rest, only, order_of};

/// A clinic that has not read what the last start left, until this is set.
fn late(dir: &std::path::Path) -> (World, Rc<Cell<bool>>) {
    let readable = Rc::new(Cell::new(false));
    let known = Rc::clone(&readable);
    let damaged = move |effect: &Effect| {
        let refused = matches!(effect, Effect::LoadWork) && !known.get();
        refused.then(|| StoreError::Broken("a page cannot be read".to_owned()))
    };
    (World::refused(dir, Now::simulation_start(), "recall_seconds = 0\n", damaged), readable)
}

#[test]
fn a_fax_that_is_on_the_line_when_that_is_read_goes_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut w, readable) = late(dir.path());
    accepted(w.command(order_of("102", GOOD, None)));
    w.run_until(|w| w.snapshot().faxes.iter().any(|fax| fax.bit_rate > 0));
    let before = w.effects.iter().filter(|effect| *effect == "LoadWork").count();
    readable.set(true);
    w.run_until(|w| w.effects.iter().filter(|effect| *effect == "LoadWork").count() > before);
    w.run_until(at_rest);
    w.wait_until(w.now.instant + Duration::from_secs(600));
    let fax = only(w.faxes_of(Direction::Out));
    let sent = w.seen.pages.iter().filter(|(number, ..)| number == GOOD).count();
    assert_eq!((fax.state, fax.attempts, sent), (FaxState::Sent, 1, 1));
}

#[test]
fn a_fax_that_arrives_when_that_is_read_arrives_whole() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut w, readable) = late(dir.path());
    fax_in(&mut w);
    w.run_until(|w| w.snapshot().faxes.iter().any(|fax| fax.bit_rate > 0));
    readable.set(true);
    w.run_until(at_rest);
    let fax = only(w.faxes());
    assert_eq!((fax.state, fax.cause), (FaxState::Received, Some(Cause::Delivered)));
    assert!(w.seen.sessions.iter().all(|(_, outcome)| outcome.cause == Cause::Delivered), "{:?}", w.seen.sessions);
}

/// What was accepted before waits as long as that is so, and nobody would miss it.
#[test]
fn staff_hear_that_what_was_accepted_before_a_start_cannot_be_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut w, readable) = late(dir.path());
    let told = |w: &World| {
        let said = "What was under way before the last start cannot be read";
        w.snapshot().alerts.iter().filter(|alert| alert.sentence.expose().starts_with(said)).count()
    };
    w.wait_until(w.now.instant + Duration::from_secs(30));
    assert_eq!(told(&w), 0, "a disk may be away for a moment");
    w.wait_until(w.now.instant + Duration::from_secs(600));
    assert_eq!(told(&w), 1, "once");
    readable.set(true);
    w.wait_until(w.now.instant + Duration::from_secs(60));
    assert_eq!(told(&w), 1);
}

/// Its caller was told that it was saved, or had gone: it stands in no mailbox, and nobody would miss it.
#[test]
fn staff_hear_that_a_message_cannot_be_put_together() {
    let dir = tempfile::tempdir().expect("a folder");
    let (now, mut random) = (Now::simulation_start(), Random::from_u64(3));
    let before = World::new(dir.path(), 1, Conditions::GOOD, now);
    let (at, voicemail, call) = (now.wall, VoicemailId::new(now.wall, &mut random), CallId::new(now.wall, &mut random));
    let (mailbox, from) = ("102".to_owned(), Party::default());
    let sound = Pii::new(Sound { rate: 8_000, samples: vec![988; 8_000] });
    for effect in [
        Effect::BeginVoicemail { voicemail, mailbox, call, from, at },
        Effect::VoicemailPart { voicemail, number: 0, sound, at },
    ] {
        before.store.perform_blocking(effect).expect("kept");
    }
    drop(before);
    let damaged = |effect: &Effect| {
        let refused = matches!(effect, Effect::FinishVoicemail { .. });
        refused.then(|| StoreError::Broken("a part cannot be read".to_owned()))
    };
    let mut w = World::refused(dir.path(), now, "", damaged);
    let told = |w: &World| {
        let alerts = w.snapshot().alerts;
        alerts.iter().filter(|alert| alert.sentence.expose().contains("cannot be put into its mailbox")).count()
    };
    accepted(w.command(order_of("102", GOOD, None)));
    w.wait_until(w.now.instant + Duration::from_secs(30));
    assert_eq!(told(&w), 0, "a disk may be away for a moment");
    w.wait_until(w.now.instant + Duration::from_secs(600));
    assert_eq!(told(&w), 1, "once");
}
