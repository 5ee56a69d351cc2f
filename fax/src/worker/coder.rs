//! Coding pages for a modem that speaks T.30 itself (Class 2): what the two machines agreed on, in the order of the line.
//!
//! No engine runs here. The worker is the one who has the document, and it stays the one who takes pages apart.

use super::channel::Files;
use super::proto::Coding;
use crate::grain::Grain;
use crate::page::{Page, PageError};
use crate::strip::Strip;
use crate::tiff;

/// T.4 section 4.2: at standard resolution every second row stands for itself, at fine resolution every fourth.
const K_STANDARD: u32 = 2;
const K_FINE: u32 = 4;

/// The page that is being taken, and where the document's pages begin.
#[derive(Debug)]
pub(super) struct Coder {
    first: u32,
    coded: Vec<u8>,
    taken: usize,
}

impl Coder {
    /// For the pages of the document from `first` on, counted from 0.
    pub(super) const fn new(first: u32) -> Self {
        Self { first, coded: Vec::new(), taken: 0 }
    }

    /// Codes a page of the attempt. A page that is wider than A4 is made to fit, as T.4 machines do that have no wider paper.
    ///
    /// # Errors
    /// The document has no such page, or it cannot be painted: in a few words.
    pub(super) fn page(&mut self, files: &Files, number: u32, coding: Coding, fine: bool) -> Result<(), String> {
        let document = files.read_to_send().map_err(|error| error.to_string())?;
        let pages = tiff::read(&document).map_err(|error| error.to_string())?;
        let index = usize::try_from(self.first.saturating_add(number)).unwrap_or(usize::MAX);
        let page = pages.get(index).ok_or("the document has no such page")?;
        self.coded = coded(page, coding, fine).map_err(|error| error.to_string())?;
        self.taken = 0;
        Ok(())
    }

    /// The next part of it, shorter than `most` at its end. The first bit of the line is the lowest of its octet.
    pub(super) fn take(&mut self, most: usize) -> Vec<u8> {
        let rest = self.coded.get(self.taken..).unwrap_or_default();
        let part: Vec<u8> = rest.iter().take(most).map(|octet| octet.reverse_bits()).collect();
        self.taken += part.len();
        part
    }
}

fn coded(page: &Page, coding: Coding, fine: bool) -> Result<Vec<u8>, PageError> {
    let page = page.at(Grain::FINE)?;
    let page = if fine { page } else { page.standard()? };
    let k = match (coding, fine) {
        (Coding::Mmr, _) => return Ok(page.g4),
        (Coding::Mh, _) => 1,
        (Coding::Mr, false) => K_STANDARD,
        (Coding::Mr, true) => K_FINE,
    };
    Ok(Strip::t4(&page.decode()?, k).bytes)
}
