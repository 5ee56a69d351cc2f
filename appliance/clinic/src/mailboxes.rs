//! Messages that callers leave: calls ask, the store keeps, phones' lamps and the owners' mail follow.
//!
//! Effects of one call go to the store in the order in which the call asked, so that a message is begun before its parts and whole after them.
//! A message that was begun is finished whatever happens: by its call, or at the next start.

use std::collections::BTreeMap;

use calls::mailbox::{Answer, Ask, Given};
use media::Clip;
use model::voicemail::{GreetingKind, MailboxCounts, PinFault, VoicemailMark, VoicemailState};
use model::{CallId, CommandError, CommandOutcome, Event, Now, Pii, Sound, VoicemailId};
use store::effect::{Done, Effect, Giving, NewGreeting, StoreError};

use crate::restart::not_stored;
use crate::vault::Then;
use crate::{Clinic, Output, trouble};

/// The message that each call is leaving.
pub(crate) type Taking = BTreeMap<CallId, Leaving>;

/// A message that is being left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaving {
    voicemail: VoicemailId,
    /// What its caller said of it last. The store heard it too, for a crash, and may have failed just then.
    urgent: Option<bool>,
}

impl Clinic {
    /// A call asks something.
    pub(crate) fn mailbox_asked(&mut self, now: Now, call: CallId, ask: Ask) {
        if !self.vault.is_unlocked() {
            return self.answer_locked(now, call, &ask);
        }
        let at = now.wall;
        match ask {
            Ask::Begin { mailbox, from } => {
                let voicemail = VoicemailId::new(at, &mut self.random);
                self.taking.insert(call, Leaving { voicemail, urgent: None });
                // Room for it: what may go, goes first.
                self.store(Effect::PurgeVoicemails { at }, Then::MessagesPurged);
                self.store(Effect::BeginVoicemail { voicemail, mailbox, call, from, at }, Then::MessageBegun { call });
            }
            Ask::Part { number, sound } => {
                let Some(Leaving { voicemail, .. }) = self.taking.get(&call).copied() else { return };
                let sound = Pii::new(sound_of(&sound));
                self.store(Effect::VoicemailPart { voicemail, number, sound, at }, Then::MessagePart { call });
            }
            Ask::Urgent(urgent) => {
                if let Some(leaving) = self.taking.get_mut(&call) {
                    leaving.urgent = Some(urgent);
                    let voicemail = leaving.voicemail;
                    self.store(Effect::VoicemailUrgent { voicemail, urgent }, Then::Nothing);
                }
            }
            Ask::Finish => {
                if let Some(leaving) = self.taking.remove(&call) {
                    self.finish_message(now, leaving, Some(call));
                }
            }
            Ask::Discard => {
                if let Some(Leaving { voicemail, .. }) = self.taking.remove(&call) {
                    self.store(Effect::DiscardVoicemail { voicemail }, Then::Must);
                }
            }
            Ask::CheckPin { mailbox, pin } => {
                self.store(Effect::CheckPin { mailbox, pin, at }, Then::Asked { call, about: About::Pin });
            }
            Ask::SetPin { mailbox, pin } => {
                let effect = Effect::SetPin { by: mailbox.clone(), mailbox, pin, at };
                self.store(effect, Then::Asked { call, about: About::Done });
            }
            Ask::List { mailbox } => {
                self.store(Effect::LoadMailbox { mailbox }, Then::Asked { call, about: About::Messages });
            }
            Ask::Listen { voicemail } => {
                self.store(Effect::LoadVoicemail { voicemail }, Then::Asked { call, about: About::Sound(voicemail) });
            }
            Ask::Greeting { mailbox, kind } => {
                self.store(Effect::LoadGreeting(mailbox, kind), Then::Asked { call, about: About::Greeting });
            }
            Ask::Names { of } => self.store(Effect::LoadNames(of), Then::Asked { call, about: About::Names }),
            Ask::Mark { mailbox, voicemail, mark } => {
                let by = mailbox.clone();
                self.store(Effect::MarkVoicemail { voicemail, mailbox, mark, by, at }, Then::Marked { id: None });
            }
            Ask::Give { mailbox, voicemail, to } => self.give_by_phone(now, call, mailbox, voicemail, to),
            Ask::Record { by, what, sound } => self.recorded_by_phone(now, call, by, what, &sound),
            Ask::SetGreeting { mailbox, kind, parts } => {
                let sound = parts.map(|parts| Pii::new(joined(&parts)));
                let effect = Effect::SetGreeting(NewGreeting { by: mailbox.clone(), mailbox, kind, sound, at });
                self.store(effect, Then::Asked { call, about: About::Done });
            }
        }
    }

    /// While the store is locked nothing can be kept, and nobody is told otherwise.
    fn answer_locked(&mut self, now: Now, call: CallId, ask: &Ask) {
        let answer = match ask {
            Ask::Begin { .. } => Answer::Begun(false),
            Ask::Part { .. } => Answer::Lost,
            Ask::Finish => Answer::Taken(false),
            Ask::CheckPin { .. } => Answer::Pin(None),
            Ask::SetPin { .. } | Ask::SetGreeting { .. } | Ask::Record { .. } => Answer::Done(false),
            Ask::List { .. } => Answer::Messages(None),
            Ask::Listen { voicemail } => Answer::Sound { voicemail: *voicemail, sound: None },
            Ask::Greeting { .. } => Answer::Greeting { own: None, name: None },
            Ask::Names { .. } => Answer::Names(BTreeMap::new()),
            Ask::Give { .. } => Answer::Given(Given::NotStored),
            Ask::Discard | Ask::Urgent(_) | Ask::Mark { .. } => return,
        };
        self.answer_call(now, call, answer);
    }

    pub(crate) fn answer_call(&mut self, now: Now, call: CallId, answer: Answer) {
        self.pbx.handle_input(now, calls::Input::Command(calls::Command::Mailbox { call, answer }));
    }

    fn finish_message(&mut self, now: Now, leaving: Leaving, call: Option<CallId>) {
        let Leaving { voicemail, urgent } = leaving;
        let effect = Effect::FinishVoicemail { voicemail, urgent, at: now.wall };
        self.store(effect, Then::MessageFinished { call, voicemail });
    }

    /// A call is over. If it broke off in the middle of a message, what was said is one.
    pub(crate) fn message_left_over(&mut self, now: Now, call: CallId) {
        if let Some(leaving) = self.taking.remove(&call) {
            self.finish_message(now, leaving, None);
        }
    }

    pub(crate) fn message_begun(&mut self, now: Now, call: CallId, result: &Result<Done, StoreError>) {
        if let Err(error) = result {
            self.taking.remove(&call);
            self.not_kept(now, error, trouble::MESSAGES);
        }
        self.answer_call(now, call, Answer::Begun(result.is_ok()));
    }

    pub(crate) fn message_part(&mut self, now: Now, call: CallId, result: &Result<Done, StoreError>) {
        if let Err(error) = result {
            tracing::error!(%call, %error, "a part of a message could not be stored");
            self.not_kept(now, error, trouble::MESSAGES);
            self.answer_call(now, call, Answer::Lost);
        }
    }

    pub(crate) fn message_finished(
        &mut self,
        now: Now,
        call: Option<CallId>,
        voicemail: VoicemailId,
        result: &Result<Done, StoreError>,
    ) {
        if let Ok(Done::Mailbox { mailbox, counts }) = result {
            self.tell_phones(now, mailbox.clone(), *counts);
            self.store(Effect::LoadVoicemail { voicemail }, Then::TellOwner { voicemail });
        }
        if let Some(call) = call {
            self.answer_call(now, call, Answer::Taken(result.is_ok()));
        }
    }

    /// What a call asked was read, or done.
    pub(crate) fn asked(&mut self, now: Now, call: CallId, about: About, result: Result<Done, StoreError>) {
        if let Err(error) = &result {
            tracing::warn!(%call, %error, "a mailbox could not be asked");
        }
        let answer = match (about, result) {
            (About::Pin, Ok(Done::Pin(check))) => Answer::Pin(Some(check)),
            (About::Pin, _) => Answer::Pin(None),
            (About::Messages, Ok(Done::Voicemails(list))) => Answer::Messages(Some(list)),
            (About::Messages, _) => Answer::Messages(None),
            (About::Sound(voicemail), Ok(Done::Voicemail(Some(found)))) => {
                Answer::Sound { voicemail, sound: Some(clip_of(found.1.expose())) }
            }
            (About::Sound(voicemail), _) => Answer::Sound { voicemail, sound: None },
            (About::Greeting, Ok(Done::Greeting { own, name })) => {
                let [own, name] = [own, name].map(|sound| sound.map(|s| clip_of(s.expose())));
                Answer::Greeting { own, name }
            }
            (About::Greeting, _) => Answer::Greeting { own: None, name: None },
            (About::Names, Ok(Done::Names(names))) => {
                Answer::Names(names.into_iter().map(|(who, name)| (who, clip_of(name.expose()))).collect())
            }
            (About::Names, _) => Answer::Names(BTreeMap::new()),
            (About::Done, result) => Answer::Done(result.is_ok()),
        };
        self.answer_call(now, call, answer);
    }

    /// A message was marked, by phone or by order `id`.
    pub(crate) fn marked(&mut self, now: Now, id: Option<u64>, result: Result<Done, StoreError>) {
        if let Ok(Done::Mailbox { mailbox, counts }) = &result {
            self.tell_phones(now, mailbox.clone(), *counts);
        }
        if let Some(id) = id {
            self.reply(id, result.map(|_| CommandOutcome::Done).map_err(|error| not_stored(&error)));
        }
    }

    /// Messages went whose time was over: a lamp must not call somebody to what is not there.
    pub(crate) fn messages_purged(&mut self, now: Now, result: Result<Done, StoreError>) {
        if let Ok(Done::Mailboxes(left)) = result {
            self.tell_all_phones(now, left);
        }
    }

    fn tell_all_phones(&mut self, now: Now, all: Vec<(String, MailboxCounts)>) {
        all.into_iter().for_each(|(mailbox, counts)| self.tell_phones(now, mailbox, counts));
    }

    /// The lamp of the owner's phones, and whoever looks at the console.
    fn tell_phones(&mut self, now: Now, extension: String, counts: MailboxCounts) {
        let mailbox = calls::Mailbox { new: counts.new, old: counts.kept };
        self.pbx.handle_input(now, calls::Input::Command(calls::Command::Messages { extension, mailbox }));
        self.out.push_back(Output::Event(Event::Voicemail));
    }

    /// Goes on after a start.
    pub(crate) fn resume_mailboxes(&mut self, now: Now, work: &mut store::effect::Work) {
        self.tell_all_phones(now, std::mem::take(&mut work.mailboxes));
        let mut open = std::mem::take(&mut work.open_voicemails);
        // One that has begun since is none of those: its caller speaks.
        open.retain(|open| self.taking.values().all(|taken| taken.voicemail != *open));
        for voicemail in open {
            // What was said of it, only the store knows.
            self.finish_message(now, Leaving { voicemail, urgent: None }, None);
        }
        for voicemail in std::mem::take(&mut work.untold_voicemails) {
            self.store(Effect::LoadVoicemail { voicemail }, Then::TellOwner { voicemail });
        }
        self.store(Effect::PurgeVoicemails { at: now.wall }, Then::MessagesPurged);
    }

    /// Somebody has left the clinic, and nobody else can hear what lies in their mailbox.
    pub(crate) fn left_behind(&mut self, now: Now, mailbox: &str, result: Result<Done, StoreError>) {
        let new = match result {
            Ok(Done::Voicemails(all)) => all.iter().filter(|message| message.state == VoicemailState::New).count(),
            _ => return,
        };
        let messages = match new {
            0 => return,
            1 => "1 message".to_owned(),
            _ => format!("{new} messages"),
        };
        let sentence = format!(
            "The mailbox of extension {mailbox}, which nobody has any more, holds {messages} that nobody has heard. Whoever is given the extension hears them."
        );
        self.notice(now, sentence.into());
    }

    /// A message for somebody who has left, while it was spoken.
    pub(crate) fn left_to_nobody(&mut self, now: Now, mailbox: &str) {
        let sentence = format!(
            "A message was left for extension {mailbox}, which nobody has any more. Whoever is given the extension hears it."
        );
        self.notice_once(now, sentence.into());
    }

    /// What people order about their own mailbox.
    pub(crate) fn mark_voicemail(
        &mut self,
        now: Now,
        id: u64,
        by: String,
        voicemail: VoicemailId,
        mark: VoicemailMark,
    ) {
        let Some(mailbox) = self.mailbox_of(&by) else { return self.no_mailbox(id) };
        let effect = Effect::MarkVoicemail { voicemail, mailbox, mark, by, at: now.wall };
        self.store_if_open(id, effect, Then::Marked { id: Some(id) });
    }

    /// A person gives a message of theirs to a colleague who has a mailbox.
    pub(crate) fn give_voicemail(&mut self, now: Now, id: u64, by: String, voicemail: VoicemailId, to: String) {
        let Some(mailbox) = self.mailbox_of(&by) else { return self.no_mailbox(id) };
        if !self.is_colleague(&mailbox, &to) {
            let sentence = "There is no colleague with a mailbox at that extension.".to_owned();
            return self.reply(id, Err(CommandError::NotAllowed(sentence)));
        }
        let effect = Effect::GiveVoicemail(Giving { voicemail, mailbox, to, by, at: now.wall });
        self.store_if_open(id, effect, Then::MessageGiven { giver: Giver::Order(id), voicemail });
    }

    /// The same from the menu of a mailbox, whose PIN was typed: given by whose it is, from whatever phone.
    fn give_by_phone(&mut self, now: Now, call: CallId, mailbox: String, voicemail: VoicemailId, to: String) {
        let by = self.settings.extension(&mailbox).map(|person| person.user.clone());
        let Some(by) = by.filter(|_| self.is_colleague(&mailbox, &to)) else {
            return self.answer_call(now, call, Answer::Given(Given::Nobody));
        };
        let effect = Effect::GiveVoicemail(Giving { voicemail, mailbox, to, by, at: now.wall });
        self.store(effect, Then::MessageGiven { giver: Giver::Call(call), voicemail });
    }

    fn is_colleague(&self, mailbox: &str, to: &str) -> bool {
        to != mailbox && self.pbx.has_mailbox(to)
    }

    /// It is a colleague's now, or not; whoever gave it may have hung up since.
    pub(crate) fn message_given(
        &mut self,
        now: Now,
        giver: Giver,
        voicemail: VoicemailId,
        result: Result<Done, StoreError>,
    ) {
        let given = match &result {
            Ok(_) => Given::Theirs,
            Err(StoreError::WrongState) => Given::NoRoom,
            Err(_) => Given::NotStored,
        };
        let reply = match result {
            Ok(Done::Mailboxes(all)) => {
                self.tell_all_phones(now, all);
                self.store(Effect::LoadVoicemail { voicemail }, Then::TellOwner { voicemail });
                Ok(CommandOutcome::Done)
            }
            Ok(_) => Ok(CommandOutcome::Done),
            Err(StoreError::WrongState) => {
                let sentence = "The message is deleted, or their mailbox is full.".to_owned();
                Err(CommandError::NotNow(sentence))
            }
            Err(error) => {
                tracing::warn!(%voicemail, %error, "a message could not be given to a colleague");
                Err(not_stored(&error))
            }
        };
        match giver {
            Giver::Order(id) => self.reply(id, reply),
            Giver::Call(call) => self.answer_call(now, call, Answer::Given(given)),
        }
    }

    pub(crate) fn set_greeting(
        &mut self,
        now: Now,
        id: u64,
        by: String,
        kind: GreetingKind,
        sound: Option<Pii<Sound>>,
    ) {
        let Some(mailbox) = self.mailbox_of(&by) else { return self.no_mailbox(id) };
        let effect = Effect::SetGreeting(NewGreeting { mailbox, kind, sound, by, at: now.wall });
        self.store_if_open(id, effect, Then::MailboxSet { id });
    }

    pub(crate) fn set_pin(&mut self, now: Now, id: u64, by: String, pin: Pii<String>) {
        let Some(mailbox) = self.mailbox_of(&by) else { return self.no_mailbox(id) };
        if let Some(fault) = PinFault::of(pin.expose(), &mailbox) {
            return self.reply(id, Err(CommandError::NotAllowed(fault.sentence().to_owned())));
        }
        self.store_if_open(id, Effect::SetPin { mailbox, pin, by, at: now.wall }, Then::MailboxSet { id });
    }

    /// An order is durable, or not.
    pub(crate) fn mailbox_set(&mut self, id: u64, result: Result<Done, StoreError>) {
        self.out.push_back(Output::Event(Event::Voicemail));
        self.reply(id, result.map(|_| CommandOutcome::Done).map_err(|error| not_stored(&error)));
    }

    fn mailbox_of(&self, user: &str) -> Option<String> {
        self.settings.person(user).map(|p| p.extension.clone())
    }

    fn no_mailbox(&mut self, id: u64) {
        let nobody = "Only a person of the clinic has a mailbox.".to_owned();
        self.reply(id, Err(CommandError::NotAllowed(nobody)));
    }
}

/// Who waits to hear whether a message was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Giver {
    /// Whoever gave the order with this number.
    Order(u64),
    /// Whoever listens by phone.
    Call(CallId),
}

/// What a call asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    Pin,
    Done,
    Messages,
    Sound(VoicemailId),
    Greeting,
    Names,
}

pub(crate) fn sound_of(clip: &Clip) -> Sound {
    Sound { rate: clip.rate(), samples: clip.samples().to_vec() }
}

/// A recording as one sound: at the rate of its first part.
fn joined(parts: &[Clip]) -> Sound {
    let mut whole = Sound { rate: parts.first().map_or(8_000, Clip::rate), samples: Vec::new() };
    for part in parts {
        whole.samples.extend(sound_of(part).at_rate(whole.rate).samples);
    }
    whole
}

pub(crate) fn clip_of(sound: &Sound) -> Clip {
    Clip::new(sound.rate, sound.samples.clone())
}

#[cfg(test)]
pub(crate) mod tests;
