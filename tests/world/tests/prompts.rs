//! What a clinic records for its callers is durable before it is heard, and nothing else is recorded.

use std::path::Path;

use model::command::Command;
use model::{CommandError, CommandOutcome, Language, Now, Recordable, Recorded, Sound};
use store::{Effect, StoreError};
use world::clinic::World;
use world::net::Conditions;

const PLAN: &str = "name = \"Ours\"\n[outside]\nnational = \"main\"\n[[inbound]]\nnumber = \"main\"\nto = \"announcement hello\"\n\
                    [announcements.hello]\nsay = \"We are glad that you call.\"\n";

fn world(dir: &Path) -> World {
    World::new(dir, 1, Conditions::GOOD, Now::simulation_start())
}

fn prompt(name: &str) -> Recordable {
    Recordable::Prompt { language: Language::English, name: name.to_owned() }
}

fn record(what: Recordable, seconds: Option<usize>) -> Command {
    let sound = |seconds: usize| Recorded::new(Sound { rate: 16_000, samples: vec![988; seconds * 16_000] });
    Command::Record { by: "101".to_owned(), what, sound: seconds.map(sound) }
}

/// What is heard by now: its key, and how many seconds it has.
fn heard(world: &World) -> Vec<(String, Option<u64>)> {
    let seconds = |(what, sound): &(Recordable, Option<Recorded>)| {
        (what.key(), sound.as_ref().map(|sound| sound.millis() / 1_000))
    };
    world.seen.prompts.iter().map(seconds).collect()
}

fn kept(world: &World) -> Vec<String> {
    let all = world.store.wait(world.store.prompts().all()).expect("read");
    all.into_iter().map(|row| row.what.key()).collect()
}

#[test]
fn a_recording_is_kept_and_then_heard_and_so_is_that_it_was_taken_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    let done = Some(Ok(CommandOutcome::Done));
    assert_eq!(world.command(record(prompt("goodbye"), Some(2))), done);
    assert_eq!(world.command(record(Recordable::Music, Some(300))), done);
    assert_eq!(world.command(record(prompt("our-hours"), Some(60))), done);
    assert_eq!(world.command(record(prompt("goodbye"), None)), done);
    let all = [("en.goodbye", Some(2)), ("music", Some(300)), ("en.our-hours", Some(60)), ("en.goodbye", None)];
    assert_eq!(heard(&world), all.map(|(key, seconds)| (key.to_owned(), seconds)));
    assert_eq!(kept(&world), ["en.our-hours", "music"]);
}

#[test]
fn only_what_callers_can_hear_is_recorded_and_no_longer_than_anybody_listens() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    let refused = |world: &mut World, what: Recordable, seconds| {
        let answer = world.command(record(what, Some(seconds)));
        matches!(answer, Some(Err(CommandError::NotAllowed(_))))
    };
    assert!(refused(&mut world, prompt("announcements.hello"), 3), "no step of this plan");
    assert!(refused(&mut world, prompt("../etc"), 3));
    assert!(refused(&mut world, prompt("goodbye"), 61));
    assert!(refused(&mut world, Recordable::Music, 361));
    assert!(heard(&world).is_empty() && kept(&world).is_empty());
    let plan = Command::SetPlan { by: "101".to_owned(), text: PLAN.to_owned(), instead_of: None };
    assert_eq!(world.command(plan), Some(Ok(CommandOutcome::Done)));
    assert_eq!(world.command(record(prompt("announcements.hello"), Some(3))), Some(Ok(CommandOutcome::Done)));
    // Another plan may have no such step: what was recorded for it can be taken away all the same.
    let plan = Command::SetPlan { by: "101".to_owned(), text: PLAN.replace("hello", "welcome"), instead_of: None };
    assert_eq!(world.command(plan), Some(Ok(CommandOutcome::Done)));
    assert!(refused(&mut world, prompt("announcements.hello"), 3));
    assert_eq!(world.command(record(prompt("announcements.hello"), None)), Some(Ok(CommandOutcome::Done)));
}

/// Callers would hear a tone in its place, and the plan could not be saved again.
#[test]
fn what_the_live_plan_says_and_nothing_else_is_not_taken_away() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    let done = Some(Ok(CommandOutcome::Done));
    let ours = prompt("our-only-words");
    assert_eq!(world.command(record(ours.clone(), Some(2))), done);
    // The program lets callers hear what the world only sees.
    prompts::record(&ours, Some(Recorded::new(Sound { rate: 16_000, samples: vec![988; 16_000] })));
    let says = |say: &str| Command::SetPlan {
        by: "101".to_owned(),
        text: PLAN.replace("say = ", &format!("prompt = {say}\nsay = ")),
        instead_of: None,
    };
    assert_eq!(world.command(says("[\"our-only-words\", \"goodbye\"]")), done);
    let refused = world.command(record(ours.clone(), None));
    assert!(
        matches!(&refused, Some(Err(CommandError::NotAllowed(why))) if why.contains("The plan that is live")),
        "{refused:?}"
    );
    // A text has the box's own voice.
    assert_eq!(world.command(record(prompt("goodbye"), Some(2))), done);
    assert_eq!(world.command(record(prompt("goodbye"), None)), done);
    assert_eq!(world.command(says("\"goodbye\"")), done);
    assert_eq!(world.command(record(ours, None)), done);
}

#[test]
fn what_the_store_did_not_take_is_not_heard() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    world.store_refuses(|effect| matches!(effect, Effect::Record(_)).then_some(StoreError::Full));
    let answer = world.command(record(prompt("goodbye"), Some(2)));
    assert!(matches!(answer, Some(Err(CommandError::NotStored(_)))), "{answer:?}");
    assert!(heard(&world).is_empty());
    world.store_refuses(|_| None);
    assert_eq!(world.command(record(prompt("goodbye"), Some(2))), Some(Ok(CommandOutcome::Done)));
}

/// Two who record the same at once hear what was kept last, since there is only one at a time.
#[test]
fn while_one_recording_is_kept_the_next_is_asked_to_try_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    world.hold_up_store();
    assert_eq!(world.command(record(prompt("goodbye"), Some(2))), None, "it is not durable yet");
    let second = world.command(record(prompt("goodbye"), None));
    assert!(matches!(second, Some(Err(CommandError::NotNow(_)))), "{second:?}");
    assert!(heard(&world).is_empty());
    world.let_store_go_on();
    assert_eq!(heard(&world), [("en.goodbye".to_owned(), Some(2))]);
    assert_eq!(world.command(record(prompt("goodbye"), None)), Some(Ok(CommandOutcome::Done)));
}

/// The power fails between the disk and the answer: nobody was told that it is done, and it is there whole.
#[test]
fn a_recording_is_there_after_a_crash_whole_or_not_at_all() {
    let dir = tempfile::tempdir().expect("a folder");
    {
        let mut world = world(dir.path());
        world.crash_after(0);
        assert_eq!(world.command(record(prompt("goodbye"), Some(2))), None);
        assert!(world.has_crashed() && heard(&world).is_empty());
    }
    let world = world(dir.path());
    assert_eq!(kept(&world), ["en.goodbye"]);
    let sound = world.store.wait(world.store.prompts().sound(&prompt("goodbye"))).expect("read");
    assert_eq!(sound.map(|sound| sound.millis()), Some(2_000));
}
