//! Faxes that a person has filled in and not yet confirmed: in memory, bounded, for a quarter of an hour. A draft remembers what became of
//! it, so that a second press of the button shows the fax and never sends another.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::command::Document;
use model::sending::Wish;
use model::{FaxId, Instant};

use crate::numbers::Numbers;

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
    /// The numbers as they were understood; without one the draft only keeps what was typed.
    pub(crate) to: Numbers,
    pub(crate) subject: String,
    /// When and how urgently.
    pub(crate) wish: Wish,
    /// The same as it was chosen: priority, time, subaddress and password.
    pub(crate) asked: [String; 4],
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
    /// It is several faxes now.
    AllAccepted,
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

#[cfg(test)]
mod tests {
    use model::Pii;

    use super::*;

    fn draft(key: &str, bytes: usize, born: Instant) -> Draft {
        let document = Document {
            name: "a.pdf".into(),
            media_type: "application/pdf".to_owned(),
            bytes: Pii::new(vec![0; bytes]),
        };
        let (key, user) = (key.to_owned(), "102".to_owned());
        Draft {
            key,
            user,
            typed: String::new(),
            to: Numbers::default(),
            subject: String::new(),
            wish: Wish::default(),
            asked: Default::default(),
            document,
            born,
            fate: Fate::Open.into(),
        }
    }

    #[test]
    fn drafts_are_bounded_by_number_by_size_and_by_time() {
        let drafts = Drafts::default();
        let now = Instant::ZERO;
        for n in 0..100 {
            drafts.keep(draft(&n.to_string(), 10, now));
        }
        assert!(drafts.find("67", "102", now).is_none());
        assert!(drafts.find("68", "102", now).is_some());
        for n in 0..3 {
            drafts.keep(draft(&format!("big {n}"), MAX_BYTES / 2, now));
        }
        assert!(drafts.find("99", "102", now).is_none() && drafts.find("big 0", "102", now).is_none());
        assert!(drafts.find("big 1", "102", now).is_some() && drafts.find("big 2", "102", now).is_some());
        assert!(drafts.find("big 2", "101", now).is_none(), "another's");
        assert!(drafts.find("big 2", "102", now + LIFE).is_none(), "too late");
    }
}
