//! Messages that callers leave: taken part by part, each durable as it comes, so that a crash costs the second that was under way.
//!
//! A message that has parts is never forgotten: whatever ends the call, or the program, it becomes a new message of its mailbox, and its
//! owner is told (`to_tell` is settled in the transaction that queues the mail).

mod greetings;
mod marks;
pub(crate) mod pack;
mod pins;
mod read;
mod take;

pub use read::Voicemails;

pub(crate) use greetings::{forget_others, load as load_greeting, load_names, set as set_greeting};
pub(crate) use marks::{counts_of, give, mark, queue_mails};
pub(crate) use pins::{PinOrder, check as check_pin, perform as perform_pin, set as set_pin};
pub(crate) use read::{all_counts, list, load, open};
pub(crate) use take::{begin, discard, finish, part, purge, urgent};

/// Messages of one mailbox that are not deleted: above it no caller is asked to leave one more, since nobody listens to them any more.
pub const MAX_MESSAGES: usize = 200;
/// How long a deleted message can be taken back.
pub const UNDO_DAYS: i64 = 7;
/// The parts of a message's picture.
const PEAKS: usize = 160;
