//! What staff and callers order is durable before it counts, and a restart goes on with it.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use model::call::Party;
use model::callback::CallbackState;
use model::command::Command;
use model::voicemail::VoicemailMark;
use model::{
    CallId, Callback, CallbackId, CommandError, CommandOutcome, Language, Now, PhoneNumber, Pii, Random, Sound,
    VoicemailId,
};
use store::effect::Effect;
use world::clinic::World;
use world::net::Conditions;

fn world(dir: &Path) -> World {
    World::new(dir, 1, Conditions::GOOD, Now::simulation_start())
}

const PLAN: &str = "name = \"Ours\"\n[outside]\nnational = \"main\"\n[[inbound]]\nnumber = \"main\"\nto = \"announcement hello\"\n[announcements.hello]\nthen = \"hang up\"\n";

/// A plan that wants something said that nobody can say does not go live: callers would hear a tone where they wait for words.
#[test]
fn a_plan_with_prompts_that_nobody_can_say_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    let set = |text: &str| Command::SetPlan { by: "101".to_owned(), text: text.to_owned(), instead_of: None };
    let before = world.effects.len();
    let unknown = format!("{PLAN}prompt = [\"clinic_closed\", \"no-such-words\"]\n");
    let answer = world.command(set(&unknown));
    let Some(Err(CommandError::NotAllowed(sentence))) = answer else { panic!("{answer:?}") };
    assert!(
        sentence.contains("there is no prompt \"no-such-words\"") && sentence.contains("Nothing was changed"),
        "{sentence}"
    );
    assert!(!world.effects[before..].iter().any(|effect| effect.starts_with("SavePlan")), "{:?}", world.effects);
    let good = format!("{PLAN}prompt = [\"clinic_closed\", \"clinic_emergency\"]\n");
    assert_eq!(world.command(set(&good)), Some(Ok(CommandOutcome::Done)));
    assert!(world.effects[before..].iter().any(|effect| effect.starts_with("SavePlan")), "{:?}", world.effects);
}

/// Of two who change the same plan the later one is told, and undoes nothing of the earlier.
#[test]
fn a_plan_takes_the_place_of_the_one_that_it_was_made_from_or_of_none() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    let mut set = |text: &str, instead_of: Option<&str>| {
        let (by, text, instead_of) = ("101".to_owned(), text.to_owned(), instead_of.map(str::to_owned));
        world.command(Command::SetPlan { by, text, instead_of }).expect("an answer")
    };
    let plan = format!("{PLAN}prompt = \"clinic_closed\"\n");
    let (ours, theirs) = (plan.replace("Ours", "A"), plan.replace("Ours", "B"));
    assert_eq!(set(&plan, None), Ok(CommandOutcome::Done));
    assert_eq!(set(&ours, Some(&plan)), Ok(CommandOutcome::Done));
    let late = set(&theirs, Some(&plan));
    assert!(matches!(&late, Err(CommandError::NotNow(why)) if why.contains("Another plan has gone live")), "{late:?}");
    assert_eq!(set(&theirs, Some(&ours)), Ok(CommandOutcome::Done));
    assert_eq!(set(&plan, None), Ok(CommandOutcome::Done), "whoever says nothing of it knows what they do");

    world.hold_up_store();
    let order =
        |text: &str| Command::SetPlan { by: "101".to_owned(), text: text.to_owned(), instead_of: Some(plan.clone()) };
    assert_eq!(world.command(order(&ours)), None, "it is not durable yet");
    let late = world.command(order(&theirs));
    assert!(matches!(late, Some(Err(CommandError::NotNow(_)))), "{late:?}");
    world.let_store_go_on();
    let late = world.command(order(&theirs));
    assert!(matches!(late, Some(Err(CommandError::NotNow(_)))), "{late:?}");
}

/// Whatever door an order comes by, a mailbox has no PIN that anybody tries first.
#[test]
fn a_pin_that_anybody_tries_first_is_refused_with_what_to_choose_instead() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    let set = |pin: &str| Command::SetPin { by: "101".to_owned(), pin: Pii::from(pin) };
    let before = world.effects.len();
    for (pin, said) in [("1234", "Choose another"), ("1111", "Choose another"), ("101", "four to ten digits")] {
        let answer = world.command(set(pin));
        let Some(Err(CommandError::NotAllowed(sentence))) = answer else { panic!("{pin}: {answer:?}") };
        assert!(sentence.contains(said), "{pin}: {sentence}");
    }
    assert_eq!(world.effects.len(), before, "nothing was stored");
    assert_eq!(world.command(set("2580")), Some(Ok(CommandOutcome::Done)));
}

/// A program that asks for what is gone need not try again; one that was late may.
#[test]
fn a_message_that_is_not_there_is_another_answer_than_one_that_is_past_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    let voicemail = VoicemailId::new(Now::simulation_start().wall, &mut Random::from_u64(7));
    let by = || "101".to_owned();
    for mark in [VoicemailMark::Heard, VoicemailMark::Delete] {
        let answer = world.command(Command::MarkVoicemail { by: by(), voicemail, mark });
        assert!(matches!(answer, Some(Err(CommandError::NotFound(_)))), "{answer:?}");
    }
    let answer = world.command(Command::GiveVoicemail { by: by(), voicemail, to: "102".to_owned() });
    assert!(matches!(answer, Some(Err(CommandError::NotFound(_)))), "{answer:?}");
}

/// In a clinic where nobody leaves a message any more, those whose time is over go all the same.
#[test]
fn messages_whose_time_is_over_go_though_nobody_leaves_another() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    world.wait_until(Now::simulation_start().after(Duration::from_secs(60)).instant);
    let at = Now::simulation_start().wall.before(Duration::from_hours(200 * 24));
    let mut random = Random::from_u64(7);
    let voicemail = VoicemailId::new(at, &mut random);
    let call = CallId::new(at, &mut random);
    let sound = Pii::new(Sound { rate: 8_000, samples: vec![500; 8_000] });
    for effect in [
        Effect::BeginVoicemail { voicemail, mailbox: "101".to_owned(), call, from: Party::default(), at },
        Effect::VoicemailPart { voicemail, number: 0, sound, at },
        Effect::FinishVoicemail { voicemail, urgent: None, at },
        Effect::QueueVoicemailMails { voicemail, mails: Vec::new() },
    ] {
        world.store.perform_blocking(effect).expect("stored");
    }
    let there =
        |world: &World| world.store.wait(world.store.voicemails().get("101", voicemail)).expect("read").is_some();
    assert!(there(&world));
    world.wait_until(Now::simulation_start().after(Duration::from_hours(3)).instant);
    // Something happens, as it does every minute where phones are.
    world.command(Command::SetPin { by: "101".to_owned(), pin: Pii::from("2580") });
    assert!(!there(&world), "within an hour or two of its end");
}

fn wanted(n: u64, number: &str) -> Callback {
    let at = Now::simulation_start().wall;
    Callback {
        id: CallbackId::new(at, &mut Random::from_u64(n)),
        queue: "desk".to_owned(),
        number: PhoneNumber::E164(number.to_owned()),
        name: Pii::default(),
        language: Language::English,
        ordered: at,
        expires: Now::simulation_start().after(std::time::Duration::from_secs(3600)).wall,
        state: CallbackState::Waiting,
    }
}

/// Who waited to be called back waits on. Who was being dialled is not dialled again: a person is told, and takes them off the list.
#[test]
fn who_is_to_be_called_back_is_after_a_restart_and_nobody_is_called_twice() {
    let dir = tempfile::tempdir().expect("a folder");
    let (waits, was_dialled) = (wanted(1, "+12025550171"), wanted(2, "+12025550172"));
    {
        let world = world(dir.path());
        for callback in [&waits, &was_dialled] {
            let keep = Effect::KeepCallback(Box::new(callback.clone()));
            world.store.wait(world.store.perform(keep)).expect("kept");
        }
        let at = world.now.wall;
        let start = Effect::StartCallback { callback: was_dialled.id, at };
        world.store.wait(world.store.perform(start)).expect("started");
    }
    for start in 0..2 {
        let mut world = world(dir.path());
        let state = |world: &World, id| world.snapshot().callbacks.iter().find(|c| c.id == id).map(|c| c.state);
        assert_eq!(state(&world, waits.id), Some(CallbackState::Waiting));
        assert_eq!(state(&world, was_dialled.id), Some(CallbackState::Unknown));
        let told = world
            .snapshot()
            .alerts
            .iter()
            .filter(|a| a.sentence.expose().contains("restarted while it called"))
            .count();
        assert_eq!(told, 1, "once, at the start after it, and it waits until somebody has seen it");
        if start == 1 {
            for id in [waits.id, was_dialled.id] {
                let cancel = Command::CancelCallback { by: "101".to_owned(), callback: id };
                assert_eq!(world.command(cancel.clone()), Some(Ok(CommandOutcome::Done)));
                let again = world.command(cancel);
                assert!(matches!(again, Some(Err(CommandError::NotNow(_)))), "{again:?}");
            }
            assert!(world.snapshot().callbacks.is_empty());
        }
    }
    assert!(world(dir.path()).snapshot().callbacks.is_empty(), "what a person took off the list does not come back");
}

/// Who guesses passwords of mail stands in the audit as whoever guesses those of phones: a line a minute for each address.
#[test]
fn sign_ins_for_mail_that_were_refused_are_on_record() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    let lines = |world: &World| -> Vec<String> {
        let all = world.store.wait(world.store.audit().list(500)).expect("the store reads");
        all.into_iter().rev().filter(|line| line.what == "mail_sign_in_refused").map(|line| line.subject).collect()
    };
    let minute = Duration::from_secs(61);
    for from in ["192.0.2.7", "192.0.2.7", "2001:db8::7", "192.0.2.7"] {
        world.mail_sign_in_refused(from.parse().expect("an address"));
    }
    assert_eq!(lines(&world), [""; 0], "the minute is not over");
    let until = world.now.instant + minute;
    world.wait_until(until);
    assert_eq!(lines(&world), ["3 from 192.0.2.7", "1 from 2001:db8::/64"]);
    world.mail_sign_in_refused("192.0.2.7".parse().expect("an address"));
    let until = world.now.instant + minute;
    world.wait_until(until);
    assert_eq!(lines(&world).last().map(String::as_str), Some("1 from 192.0.2.7"));
}

/// Each is heard by whoever has it then, in as many mails as there are messages, however many are to be packed at once.
#[test]
fn messages_are_mailed_as_wav_or_as_opus_where_the_plan_says_so() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut world = world(dir.path());
    let mut random = Random::from_u64(7);
    let mut messages = |world: &mut World, count: usize| -> Vec<VoicemailId> {
        let at = world.now.wall;
        let tone = |n: u32| ((f64::from(n) * std::f64::consts::TAU / 16.0).sin() * 8_000.0) as i16;
        let sound = Pii::new(Sound { rate: 8_000, samples: (0..16_000).map(tone).collect() });
        let mut message = || {
            let (voicemail, call) = (VoicemailId::new(at, &mut random), CallId::new(at, &mut random));
            for effect in [
                Effect::BeginVoicemail { voicemail, mailbox: "101".to_owned(), call, from: Party::default(), at },
                Effect::VoicemailPart { voicemail, number: 0, sound: sound.clone(), at },
                Effect::FinishVoicemail { voicemail, urgent: None, at },
                Effect::QueueVoicemailMails { voicemail, mails: Vec::new() },
            ] {
                world.store.perform_blocking(effect).expect("stored");
            }
            voicemail
        };
        (0..count).map(|_| message()).collect()
    };
    let give = |world: &mut World, voicemail| {
        let order = Command::GiveVoicemail { by: "101".to_owned(), voicemail, to: "102".to_owned() };
        assert_eq!(world.command(order), Some(Ok(CommandOutcome::Done)));
    };
    let plan = |mail_as: &str| {
        let voicemail = format!("[voicemail]\npeople = [\"all\"]\n{mail_as}");
        let text = format!("{PLAN}prompt = \"clinic_closed\"\n{voicemail}");
        Command::SetPlan { by: "101".to_owned(), text, instead_of: None }
    };
    assert_eq!(world.command(plan("")), Some(Ok(CommandOutcome::Done)));
    for id in messages(&mut world, 1) {
        give(&mut world, id);
    }
    assert_eq!(world.command(plan("mail_as = \"opus\"\n")), Some(Ok(CommandOutcome::Done)));
    let all = messages(&mut world, 9);
    world.hold_up_store();
    for id in &all {
        let order = Command::GiveVoicemail { by: "101".to_owned(), voicemail: *id, to: "102".to_owned() };
        assert_eq!(world.command(order), None);
    }
    world.let_store_go_on();
    world.wait_until(world.now.after(Duration::from_secs(60)).instant);

    let mails: Vec<String> =
        world.seen.mails.iter().map(|mail| String::from_utf8_lossy(mail.body.expose()).into_owned()).collect();
    let of = |kind: &str| mails.iter().filter(|mail| mail.contains(kind)).count();
    assert_eq!((of("audio/wav"), of("audio/ogg")), (1, 9), "{mails:?}");
    let opus = mails.iter().find(|mail| mail.contains("audio/ogg")).expect("a mail");
    assert!(opus.contains("codecs=\"opus\"") && opus.contains(".opus\""), "{opus}");
    let (_, body) = opus.split_once("T2dnUw").expect("a file of Ogg in base64");
    let body: String =
        body.lines().take_while(|line| !line.is_empty() && !line.starts_with("--")).map(str::trim).collect();
    let file = base64::engine::general_purpose::STANDARD.decode(format!("T2dnUw{body}")).expect("base64");
    assert!((2_000..8_000).contains(&file.len()), "two seconds: {} bytes", file.len());
    assert_eq!(&file[28..36], b"OpusHead");
}
