//! The documents that one call sends, one after the other out of one file.

use std::ops::Range;

/// See the module.
pub(super) struct Documents {
    path: String,
    /// Pages of each; empty if all of the file is one.
    pages: Vec<u32>,
    /// Pages that the call has confirmed when the document that is being sent is.
    ends_at: u32,
    /// What follows it, as the far end was told.
    next: Option<usize>,
}

impl Documents {
    /// The documents in the file at `path`, of which the first is sent from `first_page` on.
    pub(super) fn new(path: &str, pages: &[u32], first_page: u32) -> Self {
        let first = pages.first().copied().unwrap_or(u32::MAX);
        Self { path: path.to_owned(), pages: pages.to_vec(), ends_at: first.saturating_sub(first_page), next: None }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) const fn are_several(&self) -> bool {
        self.pages.len() > 1
    }

    /// The last page of the first document; `None`: that of the file.
    pub(super) fn last(&self) -> Option<u32> {
        self.pages.first().map(|pages| pages.saturating_sub(1))
    }

    /// What follows. False if nothing does.
    pub(super) fn choose(&mut self, next: Option<u16>) -> bool {
        self.next = next.map(usize::from).filter(|next| self.pages.get(*next).is_some_and(|pages| *pages > 0));
        self.next.is_some()
    }

    /// The pages in the file of the document that follows, once so many pages are confirmed that it does.
    pub(super) fn next(&mut self, confirmed: u32) -> Option<Range<u32>> {
        if confirmed < self.ends_at {
            return None;
        }
        let next = self.next.take()?;
        let start = self.pages.iter().take(next).sum::<u32>();
        let pages = self.pages.get(next)?;
        self.ends_at += pages;
        Some(start..start + pages)
    }
}
