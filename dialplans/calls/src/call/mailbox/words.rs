//! What a person hears about messages.

use model::voicemail::{Voicemail, VoicemailState};
use model::{Language, PhoneNumber};
use prompts::Prompt;

use crate::step::Step;

/// How many there are, and the menu.
pub(super) fn summary(messages: &[Voicemail]) -> Vec<Prompt> {
    let count = |state| u32::try_from(messages.iter().filter(|m| m.state == state).count()).unwrap_or(u32::MAX);
    let (new, kept) = (count(VoicemailState::New), count(VoicemailState::Kept));
    let mut words = Vec::new();
    if new + kept == 0 {
        words.push(Prompt::NoMessages);
    } else {
        words.push(Prompt::YouHave);
        if new > 0 {
            words.extend(prompts::number(new));
            words.push(if new == 1 { Prompt::NewMessage } else { Prompt::NewMessages });
        }
        if new > 0 && kept > 0 {
            words.push(Prompt::And);
        }
        if kept > 0 {
            words.extend(prompts::number(kept));
            words.push(if kept == 1 { Prompt::KeptMessage } else { Prompt::KeptMessages });
        }
    }
    words.push(Prompt::MailboxMenu);
    words
}

/// Those in this state, in the order in which they are heard: urgent ones first, then as they came.
pub(super) fn in_order(messages: &[Voicemail], state: VoicemailState) -> Vec<usize> {
    let mut order: Vec<usize> = (0..messages.len()).filter(|n| messages[*n].state == state).collect();
    order.sort_by_key(|n| (!messages[*n].urgent, messages[*n].id));
    order
}

/// Who left it, and when.
pub(super) fn heading(message: &Voicemail, language: Language, step: &Step<'_>) -> Vec<Prompt> {
    let mut words = Vec::new();
    if message.urgent {
        words.push(Prompt::Urgent);
    }
    words.push(Prompt::MessageFrom);
    match &message.from.number {
        Some(PhoneNumber::Internal(extension)) => {
            words.push(Prompt::Extension);
            words.extend(prompts::digits(extension));
        }
        Some(number) => words.extend(prompts::digits(number.as_str())),
        None => words.push(Prompt::UnknownNumber),
    }
    words.push(Prompt::Received);
    let zone = step.site.settings.zone();
    let (at, now) = (message.created.in_zone(&zone), step.now.wall.in_zone(&zone));
    let small = |n: i8| u8::try_from(n).unwrap_or(0);
    if at.date() == now.date() {
        words.push(Prompt::Today);
    } else if now.date().yesterday().is_ok_and(|y| y == at.date()) {
        words.push(Prompt::Yesterday);
    } else {
        let weekday = small(at.weekday().to_monday_one_offset());
        words.extend(prompts::date(language, weekday, small(at.month()), small(at.day())));
    }
    words.extend(prompts::time(language, small(at.hour()), small(at.minute())));
    words
}
