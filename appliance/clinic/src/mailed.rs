//! Messages go to their owners by mail: as WAV, or as Opus where the plan says so. Opus takes its time, so it is made beside the calls; a message
//! whose mail is not queued yet is told of at the next start, whatever happens meanwhile.

use std::collections::{BTreeMap, VecDeque};

use mail::compose::{self, Attached, VoicemailFacts};
use model::mail::MailPurpose;
use model::voicemail::Voicemail;
use model::{MailId, Now, Pii, Sound, VoicemailId};
use plan::MailAs;
use store::effect::{Done, Effect, StoreError};

use crate::mailboxes::clip_of;
use crate::vault::Then;
use crate::{Clinic, Output};

/// So many are made into Opus at once: each is up to some megabytes of sound in memory. Others are read when their turn comes.
const AT_ONCE: usize = 3;

/// A message as a file of Opus. Minutes of it take seconds. `None` if it cannot be one.
pub fn as_opus(voicemail: VoicemailId, sound: &Sound) -> Option<Vec<u8>> {
    // The same message is the same file, and no other is.
    let serial = voicemail.to_string().bytes().fold(0, |serial: u32, b| serial.wrapping_mul(31) + u32::from(b));
    media::file::opus(&clip_of(sound), serial)
}

/// Messages on their way to becoming Opus.
#[derive(Default)]
pub(crate) struct Packing {
    next: u64,
    under_way: BTreeMap<u64, Message>,
    /// Their owners are to be told, too.
    later: VecDeque<VoicemailId>,
}

/// What is known of a message, for its mail.
struct Message {
    voicemail: Voicemail,
    sound: Pii<Sound>,
    to: Pii<String>,
}

impl Clinic {
    /// The owner of a message gets it by mail.
    pub(crate) fn tell_owner(&mut self, now: Now, voicemail: VoicemailId, result: Result<Done, StoreError>) {
        let found = match result {
            Ok(Done::Voicemail(Some(found))) => found,
            // It is gone, or cannot be read: it stays in the list, where its owner sees it.
            _ => return self.nobody_to_tell(voicemail),
        };
        let (message, sound) = *found;
        let owner = self.settings.extension(&message.mailbox);
        let is_orphan = owner.is_none();
        let Some(to) = owner.and_then(|p| p.mail.clone()) else {
            if is_orphan {
                self.left_to_nobody(now, &message.mailbox);
            }
            return self.nobody_to_tell(voicemail);
        };
        let message = Message { voicemail: message, sound, to };
        match self.plan.messages_mailed_as() {
            MailAs::Wav => self.mail_message(now, &message, None),
            MailAs::Opus if self.packing.under_way.len() >= AT_ONCE => self.packing.later.push_back(voicemail),
            MailAs::Opus => {
                let id = self.packing.next;
                self.packing.next += 1;
                self.out.push_back(Output::PackMessage { id, voicemail, sound: message.sound.clone() });
                self.packing.under_way.insert(id, message);
            }
        }
    }

    /// A message is Opus, or could not be: then it goes as WAV.
    pub(crate) fn message_packed(&mut self, now: Now, id: u64, opus: Option<&Pii<Vec<u8>>>) {
        let Some(message) = self.packing.under_way.remove(&id) else { return };
        if opus.is_none() {
            tracing::error!(voicemail = %message.voicemail.id, "a message could not become Opus, and is mailed as WAV");
        }
        self.mail_message(now, &message, opus);
        self.pack_next();
    }

    fn nobody_to_tell(&mut self, voicemail: VoicemailId) {
        self.queue_voicemail_mail(voicemail, Vec::new());
        self.pack_next();
    }

    /// Whoever waits until there is room is next.
    fn pack_next(&mut self) {
        if self.packing.under_way.len() < AT_ONCE
            && let Some(voicemail) = self.packing.later.pop_front()
        {
            self.store(Effect::LoadVoicemail { voicemail }, Then::TellOwner { voicemail });
        }
    }

    fn mail_message(&mut self, now: Now, message: &Message, opus: Option<&Pii<Vec<u8>>>) {
        let Message { voicemail, sound, to } = message;
        let id = MailId::new(now.wall, &mut self.random);
        let facts = VoicemailFacts { id, at: now.wall, to, settings: &self.settings, voicemail };
        let attached = opus.map_or_else(|| Attached::Wav(sound.expose()), |opus| Attached::Opus(opus.expose()));
        let mails = match compose::voicemail(&facts, attached) {
            Ok(body) => vec![self.outgoing(id, MailPurpose::Voicemail(voicemail.id), to.clone(), body, now)],
            Err(_) => {
                tracing::error!(voicemail = %voicemail.id, "a message could not become a mail");
                Vec::new()
            }
        };
        self.queue_voicemail_mail(voicemail.id, mails);
    }

    fn queue_voicemail_mail(&mut self, voicemail: VoicemailId, mails: Vec<store::effect::NewOutgoing>) {
        let ids = mails.iter().map(|m| m.id).collect();
        self.store(Effect::QueueVoicemailMails { voicemail, mails }, Then::Queued { mails: ids, urgent: false });
    }
}

#[cfg(test)]
mod tests;
