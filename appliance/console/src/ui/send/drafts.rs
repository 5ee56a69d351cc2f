//! Faxes that a person has filled in and not yet confirmed: in memory, bounded, for a quarter of an hour. A draft remembers what became of
//! it, so that a second press of the button shows the fax and never sends another.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::command::Document;
use model::{FaxId, Instant, PhoneNumber};

/// Drafts at the same time.
const MAX_DRAFTS: usize = 32;
/// Bytes of all of them: two of the largest documents that a clinic usually allows, and small ones beside.
const MAX_BYTES: usize = 128 * 1024 * 1024;
/// How long one is kept.
const LIFE: Duration = Duration::from_mins(15);

/// What is to be sent.
pub(crate) struct Draft {
    pub(crate) key: String,
    /// Whose it is; nobody else sees it.
    pub(crate) user: String,
    /// The number as it was typed.
    pub(crate) typed: String,
    /// The number as it was understood; without one the draft only keeps what was typed.
    pub(crate) to: Option<PhoneNumber>,
    pub(crate) subject: String,
    pub(crate) document: Document,
    pub(crate) born: Instant,
    /// Held while the order is under way, so that a second press waits for the first.
    pub(crate) fate: tokio::sync::Mutex<Fate>,
}

/// What became of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing yet.
    Open,
    /// It is a fax now.
    Accepted(FaxId),
    /// It was ordered and no answer came.
    Unknown,
}

/// The drafts.
#[derive(Default)]
pub(crate) struct Drafts(Mutex<Vec<Arc<Draft>>>);

impl Drafts {
    /// Keeps a draft; the oldest leave when there are too many.
    pub(crate) fn keep(&self, draft: Draft) -> Arc<Draft> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = draft.born;
        let size = |d: &Draft| d.document.bytes.expose().len();
        all.retain(|d| d.born + LIFE > now);
        while all.len() >= MAX_DRAFTS
            || (!all.is_empty() && all.iter().map(|d| size(d)).sum::<usize>() + size(&draft) > MAX_BYTES)
        {
            all.remove(0);
        }
        let draft = Arc::new(draft);
        all.push(draft.clone());
        draft
    }

    /// The draft of this key, if it is this user's.
    pub(crate) fn find(&self, key: &str, user: &str, now: Instant) -> Option<Arc<Draft>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|d| d.key == key && d.user == user && d.born + LIFE > now).cloned()
    }
}
