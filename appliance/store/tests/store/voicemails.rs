//! Messages that callers leave.

use model::call::Party;
use model::mail::MailPurpose;
use model::voicemail::{GreetingKind, MailboxCounts, PinCheck, VoicemailMark, VoicemailState};
use model::{CallId, Pii, Sound, VoicemailId, Wall};
use store::effect::{Giving, NewGreeting, NewOutgoing};
use store::{Done, Effect, MAX_MESSAGES, StoreError, UNDO_DAYS};

use crate::clinic::{Clinic, number};
use crate::commit::limit;

fn begin(clinic: &mut Clinic, mailbox: &str) -> VoicemailId {
    let at = clinic.tick();
    let voicemail = VoicemailId::new(at, &mut clinic.random);
    let call = CallId::new(at, &mut clinic.random);
    let from = Party { number: Some(number("+12025550177")), name: Pii::from("Adalbert Quux") };
    clinic.does(Effect::BeginVoicemail { voicemail, mailbox: mailbox.to_owned(), call, from, at });
    voicemail
}

/// A second of a voice; G.711 keeps each of these values as it is.
fn voice(level: i16) -> Sound {
    let samples = (0..8_000).map(|n| if n % 2 == 0 { level } else { -level }).collect();
    Sound { rate: 8_000, samples }
}

fn part(clinic: &Clinic, voicemail: VoicemailId, number: u32, level: i16) -> Result<Done, StoreError> {
    let sound = Pii::new(voice(level));
    clinic.perform(Effect::VoicemailPart { voicemail, number, sound, at: clinic.now })
}

pub(crate) fn left(clinic: &mut Clinic, mailbox: &str) -> VoicemailId {
    let voicemail = begin(clinic, mailbox);
    part(clinic, voicemail, 0, 988).expect("kept");
    part(clinic, voicemail, 1, 1_980).expect("kept");
    clinic.does(Effect::FinishVoicemail { voicemail, urgent: None, at: clinic.now });
    voicemail
}

fn counts(clinic: &Clinic, mailbox: &str) -> (u32, u32) {
    let MailboxCounts { new, kept, .. } = clinic.store.wait(clinic.store.voicemails().counts(mailbox)).expect("read");
    (new, kept)
}

fn mark(clinic: &mut Clinic, voicemail: VoicemailId, mailbox: &str, mark: VoicemailMark) -> Result<Done, StoreError> {
    let at = clinic.tick();
    let (mailbox, by) = (mailbox.to_owned(), "101".to_owned());
    clinic.perform(Effect::MarkVoicemail { voicemail, mailbox, mark, by, at })
}

/// A message ends where the room begins that faxes need to end: its caller hears so, and what was said until then is one.
#[test]
fn what_is_kept_free_for_faxes_is_not_spoken_over() {
    let mut clinic = Clinic::new();
    let earlier = left(&mut clinic, "102");
    let voicemail = begin(&mut clinic, "101");
    for number in 0..60 {
        part(&clinic, voicemail, number, 988).expect("kept");
    }
    // Less than the reserve, which is a twentieth of so small a database, and several times what the next second takes.
    let clinic = limit(clinic, 40 * 1024);
    assert_eq!(part(&clinic, voicemail, 60, 988).err(), Some(StoreError::Full));
    part(&clinic, voicemail, 0, 1_980).expect("a repetition needs no room");
    clinic.does(Effect::FinishVoicemail { voicemail, urgent: None, at: clinic.now });
    let message = clinic.store.wait(clinic.store.voicemails().get("101", voicemail)).expect("read").expect("there");
    assert_eq!((message.state, message.millis), (VoicemailState::New, 60_000));
    assert!(clinic.store.wait(clinic.store.voicemails().get("102", earlier)).expect("read").is_some());
}

/// A crash before the message's end: at the next start nobody knows any more what was said of it, but what is on disk.
#[test]
fn urgent_is_kept_as_soon_as_it_is_said() {
    let mut clinic = Clinic::new();
    for (said, is) in [(&[true][..], true), (&[true, false], false), (&[], false)] {
        let voicemail = begin(&mut clinic, "101");
        part(&clinic, voicemail, 0, 988).expect("kept");
        for urgent in said {
            clinic.does(Effect::VoicemailUrgent { voicemail, urgent: *urgent });
        }
        clinic.does(Effect::FinishVoicemail { voicemail, urgent: None, at: clinic.now });
        let message = clinic.store.wait(clinic.store.voicemails().get("101", voicemail)).expect("read").expect("there");
        assert_eq!(message.urgent, is, "{said:?}");
    }
}

/// The order of the moment may have failed, on a full disk.
#[test]
fn what_was_said_last_of_urgency_counts() {
    let mut clinic = Clinic::new();
    for (early, last, is) in [(None, Some(true), true), (Some(true), Some(false), false), (Some(true), None, true)] {
        let voicemail = begin(&mut clinic, "101");
        part(&clinic, voicemail, 0, 988).expect("kept");
        if let Some(urgent) = early {
            clinic.does(Effect::VoicemailUrgent { voicemail, urgent });
        }
        clinic.does(Effect::FinishVoicemail { voicemail, urgent: last, at: clinic.now });
        let message = clinic.store.wait(clinic.store.voicemails().get("101", voicemail)).expect("read").expect("there");
        assert_eq!(message.urgent, is, "{early:?} {last:?}");
    }
}

#[test]
fn parts_become_one_message_and_nothing_else_is_left() {
    let mut clinic = Clinic::new();
    let id = begin(&mut clinic, "101");
    assert_eq!(counts(&clinic, "101"), (0, 0), "it is no message yet");
    part(&clinic, id, 0, 988).expect("kept");
    part(&clinic, id, 0, 31).expect("a repetition replaces nothing");
    part(&clinic, id, 1, 1_980).expect("kept");
    clinic.does(Effect::VoicemailUrgent { voicemail: id, urgent: true });
    let done = clinic.does(Effect::FinishVoicemail { voicemail: id, urgent: None, at: clinic.now });
    let Done::Mailbox { mailbox, counts } = done else { panic!("{done:?}") };
    assert_eq!((mailbox.as_str(), counts), ("101", MailboxCounts { new: 1, kept: 0, urgent: 1 }));

    let voicemails = clinic.store.voicemails();
    let message = clinic.store.wait(voicemails.get("101", id)).expect("read").expect("there");
    assert_eq!((message.state, message.urgent, message.millis), (VoicemailState::New, true, 2_000));
    assert_eq!(message.from.name.expose(), "Adalbert Quux");
    assert_eq!((message.peaks.first(), message.peaks.last()), (Some(&3), Some(&6)));
    let sound = clinic.store.wait(voicemails.sound("101", id)).expect("read").expect("there");
    let expected = [voice(988).samples, voice(1_980).samples].concat();
    assert!(sound.expose().samples == expected, "G.711 keeps it to the bit");
    assert!(clinic.store.wait(voicemails.sound("102", id)).expect("read").is_none(), "another's mailbox");
    assert_eq!(part(&clinic, id, 2, 31).err(), Some(StoreError::WrongState), "it is whole");
}

#[test]
fn what_was_said_before_a_crash_is_a_message_and_its_owner_is_told_once() {
    let mut clinic = Clinic::new();
    let id = begin(&mut clinic, "101");
    part(&clinic, id, 0, 988).expect("kept");
    let nothing = begin(&mut clinic, "101");
    let mut clinic = clinic.restart();
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("work") };
    assert_eq!((work.open_voicemails.as_slice(), work.untold_voicemails.len()), ([id, nothing].as_slice(), 0));
    for voicemail in work.open_voicemails {
        clinic.does(Effect::FinishVoicemail { voicemail, urgent: None, at: clinic.now });
    }
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("work") };
    assert_eq!(work.untold_voicemails, [id], "without a part there is no message");
    assert_eq!(work.mailboxes, [("101".to_owned(), MailboxCounts { new: 1, kept: 0, urgent: 0 })]);

    let mail = |clinic: &mut Clinic| NewOutgoing {
        id: clinic.mail_id(),
        purpose: MailPurpose::Voicemail(id),
        from: Pii::default(),
        to: Pii::from("desk@clinic.demo"),
        body: b"RIFF".to_vec().into(),
        at: clinic.now,
    };
    for _ in 0..2 {
        let mails = vec![mail(&mut clinic)];
        clinic.does(Effect::QueueVoicemailMails { voicemail: id, mails });
    }
    let queue = clinic.store.wait(clinic.store.mails().queue(10)).expect("read");
    assert_eq!(queue.iter().map(|m| m.purpose).collect::<Vec<_>>(), [MailPurpose::Voicemail(id)]);
}

#[test]
fn a_message_is_heard_deleted_and_taken_back_by_its_owner_alone() {
    let mut clinic = Clinic::new();
    let id = left(&mut clinic, "101");
    assert_eq!(mark(&mut clinic, id, "102", VoicemailMark::Delete).err(), Some(StoreError::NotFound));
    mark(&mut clinic, id, "101", VoicemailMark::Delete).expect("deleted");
    assert_eq!(counts(&clinic, "101"), (0, 0));
    mark(&mut clinic, id, "101", VoicemailMark::Restore).expect("taken back");
    assert_eq!(counts(&clinic, "101"), (1, 0), "it was new before");
    mark(&mut clinic, id, "101", VoicemailMark::Heard).expect("heard");
    assert_eq!(counts(&clinic, "101"), (0, 1));
    let audit = clinic.store.wait(clinic.store.audit().list(10)).expect("audit");
    let whats: Vec<_> = audit.iter().map(|a| a.what.as_str()).collect();
    assert_eq!(whats, ["voicemail_heard", "voicemail_restored", "voicemail_deleted", "voicemail_taken"]);
}

#[test]
fn deleted_messages_go_after_some_days_and_all_after_half_a_year() {
    let mut clinic = Clinic::new();
    let (deleted, kept) = (left(&mut clinic, "101"), left(&mut clinic, "101"));
    for voicemail in [deleted, kept] {
        clinic.does(Effect::QueueVoicemailMails { voicemail, mails: Vec::new() });
    }
    mark(&mut clinic, deleted, "101", VoicemailMark::Delete).expect("deleted");
    let days = |days: i64| Wall(clinic.now.millis() + days * 86_400_000 + 1);
    let there = |id| clinic.store.wait(clinic.store.voicemails().get("101", id)).expect("read").is_some();
    clinic.does(Effect::PurgeVoicemails { at: days(UNDO_DAYS - 1) });
    assert!(there(deleted) && there(kept));
    let left = |done| match done {
        Done::Mailboxes(left) => left.into_iter().map(|(mailbox, of)| (mailbox, of.new)).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let done = clinic.does(Effect::PurgeVoicemails { at: days(UNDO_DAYS) });
    assert!(!there(deleted) && there(kept));
    assert_eq!(left(done), [("101".to_owned(), 1)]);
    let done = clinic.does(Effect::PurgeVoicemails { at: days(184) });
    assert!(!there(kept));
    assert_eq!(left(done), [("101".to_owned(), 0)], "the lamp goes out");
}

#[test]
fn a_mailbox_that_nobody_empties_takes_no_more() {
    let mut clinic = Clinic::new();
    let mut all: Vec<VoicemailId> = (0..MAX_MESSAGES).map(|_| begin(&mut clinic, "101")).collect();
    let at = clinic.tick();
    let mut another = |mailbox: &str| Effect::BeginVoicemail {
        voicemail: VoicemailId::new(at, &mut clinic.random),
        mailbox: mailbox.to_owned(),
        call: CallId::new(at, &mut clinic.random),
        from: Party::default(),
        at,
    };
    let (full, other, again) = (another("101"), another("102"), another("101"));
    clinic.refuses(full, &StoreError::WrongState);
    clinic.does(other);
    clinic.does(Effect::DiscardVoicemail { voicemail: all.pop().expect("one") });
    clinic.does(again);
}

#[test]
fn a_greeting_is_kept_replaced_and_removed() {
    let clinic = Clinic::new();
    let set = |sound: Option<Sound>| {
        Effect::SetGreeting(NewGreeting {
            mailbox: "101".to_owned(),
            kind: GreetingKind::Busy,
            sound: sound.map(Pii::new),
            by: "101".to_owned(),
            at: clinic.now,
        })
    };
    let read = |kind| clinic.store.wait(clinic.store.voicemails().greeting("101", kind)).expect("read");
    clinic.does(set(Some(voice(988))));
    clinic.does(set(Some(voice(1_980))));
    assert!(read(GreetingKind::Busy).is_some_and(|s| *s.expose() == voice(1_980)));
    assert!(read(GreetingKind::Closed).is_none());
    clinic.does(set(None));
    assert!(read(GreetingKind::Busy).is_none());
}

/// It is none of the greetings, and speaks for those that were not recorded.
#[test]
fn a_name_is_kept_and_read_with_others_and_where_a_greeting_is_wanted() {
    let clinic = Clinic::new();
    let set = |mailbox: &str, kind, sound: Option<Sound>| {
        let (mailbox, by, sound) = (mailbox.to_owned(), mailbox.to_owned(), sound.map(Pii::new));
        clinic.does(Effect::SetGreeting(NewGreeting { mailbox, kind, sound, by, at: clinic.now }))
    };
    set("101", GreetingKind::Name, Some(voice(988)));
    set("103", GreetingKind::Name, Some(voice(1_980)));
    set("101", GreetingKind::Busy, Some(voice(1_980)));
    let of = ["103", "102", "101"].map(str::to_owned).to_vec();
    let Done::Names(names) = clinic.does(Effect::LoadNames(of.clone())) else { panic!("no names") };
    let names: Vec<_> = names.into_iter().map(|(who, name)| (who, name.into_inner())).collect();
    assert_eq!(names, [("103".to_owned(), voice(1_980)), ("101".to_owned(), voice(988))]);
    let heard = |kind| match clinic.does(Effect::LoadGreeting("101".to_owned(), kind)) {
        Done::Greeting { own, name } => [own, name].map(|sound| sound.map(Pii::into_inner)),
        other => panic!("{other:?}"),
    };
    assert_eq!(heard(GreetingKind::Unavailable), [None, Some(voice(988))]);
    assert_eq!(heard(GreetingKind::Busy), [Some(voice(1_980)), None]);
    assert_eq!(heard(GreetingKind::Name), [Some(voice(988)), None]);
    set("101", GreetingKind::Name, None);
    assert_eq!(heard(GreetingKind::Unavailable), [None, None]);
    let Done::Names(names) = clinic.does(Effect::LoadNames(of)) else { panic!("no names") };
    assert_eq!(names.len(), 1);
}

#[test]
fn a_pin_is_guessed_five_times_and_then_not_for_a_while_over_a_restart_too() {
    let clinic = Clinic::new();
    let check = |clinic: &Clinic, pin: &str, minutes: i64| {
        let at = Wall(clinic.now.millis() + minutes * 60_000);
        let done = clinic.does(Effect::CheckPin { mailbox: "101".to_owned(), pin: Pii::from(pin), at });
        let Done::Pin(check) = done else { panic!("{done:?}") };
        check
    };
    assert_eq!(check(&clinic, "2580", 0), PinCheck::NotSet);
    let (mailbox, by) = ("101".to_owned(), "101".to_owned());
    clinic.does(Effect::SetPin { mailbox, pin: Pii::from("2580"), by, at: clinic.now });
    assert_eq!(check(&clinic, "2580", 0), PinCheck::Right);
    for _ in 0..5 {
        assert_eq!(check(&clinic, "0852", 0), PinCheck::Wrong);
        assert_eq!(check(&clinic, "", 0), if counts_wrong(&clinic) < 5 { PinCheck::Wrong } else { PinCheck::Blocked });
    }
    let clinic = clinic.restart();
    assert_eq!(check(&clinic, "2580", 14), PinCheck::Blocked, "the right one is not looked at either");
    assert_eq!(check(&clinic, "2580", 15), PinCheck::Right);
    for _ in 0..5 {
        check(&clinic, "0852", 20);
    }
    assert_eq!(check(&clinic, "2580", 34), PinCheck::Blocked);
    let audit = clinic.store.wait(clinic.store.audit().list(10)).expect("audit");
    let blocked = audit.iter().filter(|a| a.what == "mailbox_blocked" && a.subject == "101").count();
    assert_eq!(blocked, 2);
}

/// The clock was decades ahead when somebody guessed.
#[test]
fn a_block_of_a_wrong_clock_lasts_a_day_and_not_decades() {
    let clinic = Clinic::new();
    let check = |pin: &str, millis: i64| {
        let at = Wall(clinic.now.millis() + millis);
        let done = clinic.does(Effect::CheckPin { mailbox: "101".to_owned(), pin: Pii::from(pin), at });
        let Done::Pin(check) = done else { panic!("{done:?}") };
        check
    };
    const DAY: i64 = 86_400_000;
    let (mailbox, by) = ("101".to_owned(), "101".to_owned());
    clinic.does(Effect::SetPin { mailbox, pin: Pii::from("2580"), by, at: clinic.now });
    for _ in 0..5 {
        assert_eq!(check("0852", 73 * 365 * DAY), PinCheck::Wrong);
    }
    assert_eq!(check("2580", 0), PinCheck::Blocked, "a clock that is put back is no key");
    assert_eq!(check("2580", DAY - 1), PinCheck::Blocked);
    assert_eq!(check("2580", DAY), PinCheck::Right);
}

/// Blocks so far, as the audit has them, in wrong PINs.
fn counts_wrong(clinic: &Clinic) -> usize {
    let audit = clinic.store.wait(clinic.store.audit().list(10)).expect("audit");
    5 * audit.iter().filter(|a| a.what == "mailbox_blocked").count()
}

#[test]
fn nothing_of_a_message_lies_in_plain() {
    let mut clinic = Clinic::new();
    left(&mut clinic, "101");
    let voice = voice(988).to_wav();
    drop(clinic.store);
    for entry in std::fs::read_dir(clinic.dir.path()).expect("a folder") {
        let bytes = std::fs::read(entry.expect("a file").path()).expect("read");
        assert!(!bytes.windows(13).any(|w| w == b"Adalbert Quux"));
        assert!(!bytes.windows(64).any(|w| w == &voice[44..108]));
    }
}

/// Whose it was has it no longer, and whose it is now is told as of any message; what is deleted, or has no room there, stays where it is.
#[test]
fn a_message_is_given_to_a_colleague() {
    let mut clinic = Clinic::new();
    let id = left(&mut clinic, "101");
    clinic.does(Effect::QueueVoicemailMails { voicemail: id, mails: Vec::new() });
    let give = |clinic: &mut Clinic, from: &str, to: &str| {
        let (mailbox, to, at) = (from.to_owned(), to.to_owned(), clinic.tick());
        clinic.perform(Effect::GiveVoicemail(Giving { voicemail: id, mailbox, to, by: "front".to_owned(), at }))
    };
    assert_eq!(give(&mut clinic, "102", "103").err(), Some(StoreError::NotFound), "it is another's");
    mark(&mut clinic, id, "101", VoicemailMark::Delete).expect("deleted");
    assert_eq!(give(&mut clinic, "101", "102").err(), Some(StoreError::WrongState));
    mark(&mut clinic, id, "101", VoicemailMark::Restore).expect("there again");
    mark(&mut clinic, id, "101", VoicemailMark::Heard).expect("heard");
    let counted = |new| MailboxCounts { new, ..MailboxCounts::default() };
    let done = give(&mut clinic, "101", "102").expect("given");
    let Done::Mailboxes(all) = done else { panic!("{done:?}") };
    assert_eq!(all, [("101".to_owned(), counted(0)), ("102".to_owned(), counted(1))]);
    let voicemails = clinic.store.voicemails();
    assert!(clinic.store.wait(voicemails.get("101", id)).expect("read").is_none());
    let message = clinic.store.wait(voicemails.get("102", id)).expect("read").expect("there");
    assert_eq!((message.state, message.given_by.as_deref()), (VoicemailState::New, Some("front")));
    assert!(clinic.store.wait(voicemails.sound("102", id)).expect("read").is_some());
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("no work") };
    assert_eq!(work.untold_voicemails, [id], "its new owner is still to be told");
    let audit = clinic.store.wait(clinic.store.audit().list(500)).expect("audit");
    assert!(audit.iter().any(|line| line.what == "voicemail_given"), "who had it is known later");
    for _ in 0..MAX_MESSAGES {
        left(&mut clinic, "103");
    }
    assert_eq!(give(&mut clinic, "102", "103").err(), Some(StoreError::WrongState), "no room");
}
