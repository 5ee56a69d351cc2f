//! What a page has and does not show: sort keys, the first words of a mail for a list of mails, what another program left.
//!
//! Promises: what an element hides by its own style (`display: none`, `visibility: hidden`) or by `hidden` is not printed, and so is no part
//! of the dose beside it. No text that a screen shows is lost with it, for a medication that is missing is not asked about. So in doubt
//! it is printed: what is hidden ends at its end tag, and where that is missing at whatever ends the block, item, cell or table around it, at the
//! next block if it stands in a line, and at what says of itself that it is visible. A letter that ends before it does hides nothing
//! (see [`super::read`]). Boxes and fields are printed however they are styled, since pages hide those that they paint anew; a row or
//! table that is only invisible is too, for its cells reach into others. What a style sheet hides we do not know, and it is printed.

use html5gum::StartTag;

use super::names::{is_block, is_of_table, is_void};
use super::tag::{self, Hiding};

/// Elements in one that is hidden; nobody writes half as many, and what has more is shown.
const DEEPEST: usize = 64;

/// The element that is hidden.
pub(super) struct Hidden {
    name: Vec<u8>,
    by: Hiding,
    /// What was begun in it.
    open: Vec<Vec<u8>>,
}

/// What an end tag ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Nothing but what stands in it.
    Nothing,
    /// The element that is hidden.
    Hidden,
    /// What is around it, and so it is over.
    Around,
}

impl Hidden {
    /// The element that begins there, if that is hidden.
    pub(super) fn begins(tag: &StartTag<()>) -> Option<Self> {
        let by = tag::hiding(tag)?;
        let name = tag.name.as_slice();
        let is_shown = match name {
            // Whoever hides the whole letter did not mean us.
            b"body" | b"head" | b"html" => true,
            b"table" | b"tbody" | b"tfoot" | b"thead" | b"tr" => by == Hiding::Invisible,
            _ => tag.self_closing || is_void(name),
        };
        (!is_shown).then(|| Self { name: name.to_owned(), by, open: Vec::new() })
    }

    /// It is where it would be if it were shown.
    pub(super) fn takes_room(&self) -> bool {
        self.by == Hiding::Invisible
    }

    /// False if what begins there is not in it, so that it is over.
    pub(super) fn start(&mut self, tag: &StartTag<()>) -> bool {
        let name = tag.name.as_slice();
        let is_visible = self.by == Hiding::Invisible && tag::is_visible(tag);
        if is_visible || self.is_ended_by(name) || self.open.len() == DEEPEST {
            return false;
        }
        if !tag.self_closing && !is_void(name) {
            self.open.push(name.to_owned());
        }
        true
    }

    pub(super) fn end(&mut self, name: &[u8]) -> Ended {
        if let Some(at) = self.open.iter().rposition(|open| open == name) {
            self.open.truncate(at);
            Ended::Nothing
        } else if self.name == name {
            Ended::Hidden
        } else {
            Ended::Around
        }
    }

    /// Elements whose end need not be written end where the next of their kind begins.
    fn is_ended_by(&self, name: &[u8]) -> bool {
        let mut within = self.open.iter().chain([&self.name]);
        let mut is_in = |names: &[&[u8]]| within.any(|open| names.contains(&open.as_slice()));
        match name {
            b"td" | b"th" => !is_in(&[b"table", b"tbody", b"tfoot", b"thead", b"tr"]),
            b"tr" => !is_in(&[b"table", b"tbody", b"tfoot", b"thead"]),
            b"tbody" | b"tfoot" | b"thead" => !is_in(&[b"table"]),
            b"li" if is_in(&[b"dir", b"menu", b"ol", b"ul"]) => false,
            b"dd" | b"dt" if is_in(&[b"dl"]) => false,
            b"dd" | b"dt" | b"li" => true,
            b"hr" | b"optgroup" | b"option" if self.name == b"select" => false,
            // A line has no blocks in it, and a paragraph has none either.
            _ if is_block(name) || name == b"table" => {
                self.name == b"p" || !is_block(&self.name) && !is_of_table(&self.name)
            }
            _ => false,
        }
    }
}
