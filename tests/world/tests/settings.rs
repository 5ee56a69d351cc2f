//! Settings take the place of others while the clinic runs: whole and durable, or not at all; and what is on the line goes on.

use std::path::Path;

use model::command::{Command, Document};
use model::fax::{Door, FaxState};
use model::sending::Wish;
use model::voicemail::GreetingKind;
use model::{CommandError, CommandOutcome, Now, PhoneNumber, Pii, Sound};
use store::StoreError;
use store::effect::Effect;
use world::clinic::{SETTINGS, World};
use world::net::Conditions;

const DONE: Option<Result<CommandOutcome, CommandError>> = Some(Ok(CommandOutcome::Done));
const NEW: &str = "[[people]]\nextension = \"104\"\nname = \"Doctor\"\n[[trunks]]";

fn world(dir: &Path) -> World {
    World::new(dir, 1, Conditions::GOOD, Now::simulation_start())
}

fn set(text: &str, over: u64) -> Command {
    Command::SetSettings { by: "101".to_owned(), text: text.into(), over }
}

fn with_104() -> String {
    SETTINGS.replacen("[[trunks]]", NEW, 1)
}

fn phones(world: &World) -> Vec<String> {
    world.snapshot().phones.into_iter().map(|phone| phone.extension).collect()
}

fn audit(world: &World) -> Vec<String> {
    let mut rows = world.store.wait(world.store.audit().list(50)).expect("read");
    rows.reverse();
    rows.into_iter().map(|row| format!("{} {} {}", row.by, row.what, row.subject)).collect()
}

#[test]
fn people_come_and_go_and_both_is_durable_before_it_is_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    assert_eq!(phones(&world), ["101", "102", "103"]);
    assert_eq!(world.command(set(&with_104().replace('\n', "\r\n"), 0)), DONE);
    assert_eq!(phones(&world), ["101", "102", "103", "104"]);
    let saved = world.store.wait(world.store.settings().load()).expect("read");
    assert_eq!(saved, Some((1, with_104())));

    let gone =
        with_104().replace("[[people]]\nextension = \"103\"\nname = \"Visitor\"\nmail = \"visitor@clinic.test\"\n", "");
    assert_eq!(world.command(set(&gone, 1)), DONE);
    assert_eq!(phones(&world), ["101", "102", "104"]);
    assert_eq!(audit(&world), ["101 settings_saved 1", "101 settings_saved 2", "101 secrets_removed 103"]);
    // Back, by the same door.
    let first = world.store.wait(world.store.settings().text_of(1)).expect("read").expect("it is kept");
    assert_eq!(world.command(set(&first, 2)), DONE);
    assert_eq!(phones(&world).len(), 4);
}

const VISITOR: &str = "[[people]]\nextension = \"103\"\nname = \"Visitor\"\nmail = \"visitor@clinic.test\"\n";

/// A clinic whose visitor has a PIN and a greeting, as the nurse has.
fn with_mailboxes(dir: &Path) -> World {
    let mut world = world(dir);
    for by in ["102", "103"] {
        let by = || by.to_owned();
        let sound = Some(Pii::new(Sound { rate: 8_000, samples: vec![500; 8_000] }));
        assert_eq!(world.command(Command::SetPin { by: by(), pin: "738291".into() }), DONE);
        assert_eq!(world.command(Command::SetGreeting { by: by(), kind: GreetingKind::Busy, sound }), DONE);
    }
    world
}

/// Whether the mailbox has a PIN, and how many greetings.
fn mailbox(world: &World, of: &str) -> (bool, usize) {
    let store = world.store.voicemails();
    world.store.wait(async { (store.has_pin(of).await.expect("read"), store.greetings(of).await.expect("read").len()) })
}

/// It would open the messages of whoever has the extension next, from any phone inside, and greet their callers.
#[test]
fn who_leaves_takes_pin_and_greetings_along() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = with_mailboxes(dir.path());
    assert_eq!(mailbox(&world, "103"), (true, 1));
    assert_eq!(world.command(set(&SETTINGS.replace(VISITOR, ""), 0)), DONE);
    assert_eq!(world.command(set(SETTINGS, 1)), DONE);
    assert_eq!(mailbox(&world, "103"), (false, 0), "they are somebody else now");
    assert_eq!(mailbox(&world, "102"), (true, 1));
    assert!(audit(&world).contains(&"101 mailbox_forgotten 103".to_owned()), "{:?}", audit(&world));
}

#[test]
fn what_a_start_finds_of_somebody_who_is_not_there_goes() {
    let dir = tempfile::tempdir().expect("a folder");
    let world = with_mailboxes(dir.path());
    let now = world.now;
    drop(world);
    let world = World::changed(dir.path(), 2, now, |settings| settings.replace(VISITOR, ""));
    assert_eq!((mailbox(&world, "103"), mailbox(&world, "102")), ((false, 0), (true, 1)));
}

#[test]
fn of_two_who_change_the_same_settings_the_later_one_is_told_and_undoes_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    let other = SETTINGS.replace("Visitor", "Guest");
    assert_eq!(world.command(set(&with_104(), 0)), DONE);
    let late = world.command(set(&other, 0));
    assert!(matches!(&late, Some(Err(CommandError::NotNow(why))) if why.contains("Nothing was changed")), "{late:?}");
    assert_eq!(phones(&world).len(), 4);

    world.hold_up_store();
    assert_eq!(world.command(set(&other, 1)), None, "it is not durable yet");
    assert_eq!(phones(&world).len(), 4);
    let late = world.command(set(SETTINGS, 1));
    assert!(matches!(late, Some(Err(CommandError::NotNow(_)))), "{late:?}");
    let plan = Command::SetPlan { by: "102".to_owned(), text: "name = \"Ours\"\n".to_owned(), instead_of: None };
    let late = world.command(plan.clone());
    assert!(matches!(late, Some(Err(CommandError::NotNow(_)))), "both are checked with each other: {late:?}");
    world.let_store_go_on();
    assert_eq!(phones(&world).len(), 3);
    assert_eq!(world.command(plan), DONE);
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_changes_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    let plan = "name = \"Ours\"\n[outside]\nnational = \"main\"\n[extensions.600]\nring = [\"103\"]\n".to_owned();
    assert_eq!(world.command(Command::SetPlan { by: "101".to_owned(), text: plan, instead_of: None }), DONE);
    let before = world.effects.len();
    let mut said = |text: &str| match world.command(set(text, 0)) {
        Some(Err(CommandError::NotAllowed(sentence))) => sentence,
        other => panic!("{other:?}"),
    };
    let sentence = said(&SETTINGS.replace("America/New_York", "Mars/Olympus"));
    assert!(
        sentence.contains("line 7 (clinic.timezone): unknown time zone") && sentence.contains("Nothing was changed"),
        "{sentence}"
    );
    let sentence = said(&SETTINGS.replace("\"103\"", "\"105\""));
    assert!(sentence.contains("the plan that is live, line 5: nobody has the extension 103"), "{sentence}");
    let sentence = said(&SETTINGS.replace("domain = \"clinic.test\"", "domain = \"other.test\""));
    assert!(sentence.contains("the domain cannot be changed"), "{sentence}");
    assert!(said("plan = [").contains("line 1"));
    assert_eq!((world.effects.len(), phones(&world).len()), (before, 3), "nothing was stored");
}

#[test]
fn what_a_full_disk_does_not_take_is_not_used() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    world.store_refuses(|effect| matches!(effect, Effect::SaveSettings(_)).then_some(StoreError::Full));
    let answer = world.command(set(&with_104(), 0));
    assert!(matches!(answer, Some(Err(CommandError::NotStored(_)))), "{answer:?}");
    assert_eq!(phones(&world).len(), 3);
    world.store_refuses(|_| None);
    assert_eq!(world.command(set(&with_104(), 0)), DONE, "nothing of it holds up the next");
}

#[test]
fn the_password_of_a_trunk_is_kept_apart_and_goes_with_the_account_of_the_settings() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    let account = |user: &str, more: &str| {
        SETTINGS.replace("name = \"main\"\n", &format!("name = \"main\"\nuser = \"{user}\"\n{more}"))
    };
    assert_eq!(world.command(set(&account("clinic", "password = \"between us\"\n"), 0)), DONE);
    assert_eq!(world.store.wait(world.store.settings().load()), Ok(Some((1, account("clinic", "")))));
    let secrets = |world: &World| {
        let all = world.store.wait(world.store.trunks().secrets()).expect("read");
        all.into_iter().map(|s| (s.trunk, s.user, s.password.into_inner())).collect::<Vec<_>>()
    };
    let of = |user: &str| vec![("main".to_owned(), user.to_owned(), "between us".to_owned())];
    assert_eq!(secrets(&world), of("clinic"));
    // Another name at the carrier, the same password.
    assert_eq!(world.command(set(&account("clinic2", ""), 1)), DONE);
    assert_eq!(secrets(&world), of("clinic2"));
    assert!(!audit(&world).iter().any(|line| line.contains("between")));
}

/// The key `plan` is for the first start. As long as no plan was kept it is the one that the next start would take.
#[test]
fn another_plan_in_the_text_changes_nothing_now_and_nothing_at_the_next_start() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    assert_eq!(world.command(set(&with_104(), 0)), DONE);
    let newest = |world: &World| world.store.wait(world.store.plans().newest()).expect("read");
    assert_eq!(newest(&world), None, "the library's plan is followed as it is");
    assert_eq!(world.command(set(&with_104().replace("solo-practice", "dental"), 1)), DONE);
    assert_eq!(newest(&world), Some("solo-practice".to_owned()));
    assert_eq!(world.command(set(&with_104().replace("solo-practice", "multi-site"), 2)), DONE);
    assert_eq!(newest(&world), Some("solo-practice".to_owned()));
}

#[test]
fn a_fax_that_is_on_the_line_goes_on_when_settings_change() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    let cover = fax::cover::Cover { message: "On its way.".to_owned(), ..Default::default() };
    let bytes = cover.to_pdf().into();
    let document = Document { name: "letter.pdf".into(), media_type: "application/pdf".to_owned(), bytes };
    let answer = world.command(Command::SendFax {
        by: "102".to_owned(),
        door: Door::Api,
        to: PhoneNumber::E164("+12025550101".to_owned()),
        subject: "A letter".into(),
        documents: vec![document],
        wish: Wish::default(),
    });
    assert!(matches!(answer, Some(Ok(CommandOutcome::FaxAccepted(_)))), "{answer:?}");
    world.run_until(|w| w.faxes()[0].state == FaxState::Sending);
    let other = with_104().replace("10.0.0.2:5060", "10.0.0.9:5060").replace("10.0.0.0/24", "10.0.1.0/24");
    assert_eq!(world.command(set(&other.replace("2025550199\"", "2025550198\""), 0)), DONE);
    world.run_until(|w| w.faxes()[0].state != FaxState::Sending);
    assert_eq!((world.faxes()[0].state, world.faxes()[0].attempts), (FaxState::Sent, 1));
}

/// Whoever was given the extension anew would hear them, and nobody else can.
#[test]
fn messages_that_a_person_leaves_behind_are_said_and_so_is_one_that_comes_later() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    let mut random = model::Random::from_u64(3);
    let mut left = |world: &World| {
        let at = world.now.wall;
        let (voicemail, call) = (model::VoicemailId::new(at, &mut random), model::CallId::new(at, &mut random));
        let (mailbox, from) = ("103".to_owned(), model::call::Party::default());
        let sound = model::Pii::new(model::Sound { rate: 8_000, samples: vec![988; 8_000] });
        for effect in [
            Effect::BeginVoicemail { voicemail, mailbox, call, from, at },
            Effect::VoicemailPart { voicemail, number: 0, sound, at },
        ] {
            world.store.perform_blocking(effect).expect("kept");
        }
        voicemail
    };
    let (at, heard) = (world.now.wall, left(&world));
    world.store.perform_blocking(Effect::FinishVoicemail { voicemail: heard, urgent: None, at }).expect("kept");
    left(&world);
    let told = |world: &World| {
        let all = world.store.wait(world.store.alerts().recent(10)).expect("the store reads");
        all.into_iter().map(|alert| alert.sentence.into_inner()).filter(|said| said.contains("103")).collect::<Vec<_>>()
    };
    let gone =
        SETTINGS.replace("[[people]]\nextension = \"103\"\nname = \"Visitor\"\nmail = \"visitor@clinic.test\"\n", "");
    assert_eq!(told(&world), [""; 0]);
    assert_eq!(world.command(set(&gone, 0)), DONE);
    let said = told(&world);
    assert!(said.len() == 1 && said[0].contains("1 message that nobody has heard"), "{said:?}");
    // Somebody spoke while the box lost its power, and the message is one of its next start.
    let now = world.now;
    drop(world);
    let world = World::changed(dir.path(), 2, now, |_| gone.clone());
    let said = told(&world);
    assert!(said.len() == 2 && said.iter().any(|said| said.contains("was left")), "{said:?}");
}
