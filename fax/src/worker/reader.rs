//! Receiving over a modem that speaks T.30 itself (Class 2): the modem gives a page as it came over the line, and here it becomes a page
//! of ours, or is found too damaged to keep.
//!
//! No engine runs here. The modem holds its answer to the page until its driver says which it is, and the driver says nothing before the
//! parent has made the page durable.

use std::sync::Arc;

use super::channel::{Files, Gone, Parent};
use super::frames::fcf;
use super::header::band;
use super::proto::{Coding, FromWorker, FrontInput, ToWorker};
use crate::page::{MAX_STRIP, Page};
use crate::t4;

/// Of a hundred rows so many must be good, or the page is asked for again: what most machines ask for, too.
const MOST_GOOD: u32 = 95;
/// Stands above a page in whose midst the call broke.
const INCOMPLETE: &str = "INCOMPLETE: THE CALL ENDED BEFORE THIS PAGE WAS CONFIRMED";

/// The page that comes.
#[derive(Debug)]
pub(super) struct Reader {
    parent: Arc<Parent>,
    files: Arc<Files>,
    data: Vec<u8>,
    /// Pages that the parent was offered, over the call.
    offered: u32,
}

impl Reader {
    pub(super) const fn new(parent: Arc<Parent>, files: Arc<Files>) -> Self {
        Self { parent, files, data: Vec::new(), offered: 0 }
    }

    /// Part of a page came, or all of it has. `Gone` if that makes no sense here.
    pub(super) fn input(&mut self, input: FrontInput) -> Result<(), Gone> {
        match input {
            FrontInput::Put(data) => {
                // What is beyond is no page, and the last octets of it are not missed.
                let room = MAX_STRIP.saturating_sub(self.data.len());
                self.data.extend(data.iter().take(room));
                Ok(())
            }
            FrontInput::Forget => {
                self.data.clear();
                Ok(())
            }
            FrontInput::Received { coding, width, fine, after } => self.received(coding, width, fine, after),
            _ => Err(Gone),
        }
    }

    fn received(&mut self, coding: Coding, width: u16, fine: bool, after: Option<u8>) -> Result<(), Gone> {
        let data = std::mem::take(&mut self.data);
        let rows = t4::read(&data, u32::from(width), coding);
        let Some(rows) = rows.filter(|rows| rows.bad < rows.bitmap.height()) else {
            return if after.is_some() { self.parent.tell(&FromWorker::PageDamaged) } else { Ok(()) };
        };
        let (bad, all) = (rows.bad, rows.bitmap.height());
        if after.is_some() && (bad * 100 > all * (100 - MOST_GOOD) || !rows.ends) {
            return self.parent.tell(&FromWorker::PageDamaged);
        }
        let y_dpi = if fine { 196 } else { 98 };
        let mut page = Page { bad_rows: bad, ..Page::encode(&rows.bitmap, 204, y_dpi) };
        if after.is_none() {
            page = page.below(&band(&page, INCOMPLETE, ""));
        }
        self.offer(page, after)
    }

    fn offer(&mut self, mut page: Page, after: Option<u8>) -> Result<(), Gone> {
        let strip = std::mem::take(&mut page.g4);
        if self.files.write_strip(&strip).is_err() {
            let why = "there is no memory for the page".to_owned();
            self.parent.tell(&FromWorker::PageUnusable { why })?;
            return Err(Gone);
        }
        self.offered += 1;
        self.parent.tell(&FromWorker::Page {
            number: self.offered,
            page,
            strip: u32::try_from(strip.len()).unwrap_or(u32::MAX),
            last: matches!(after, Some(fcf::EOP)),
            message_ends: matches!(after, Some(fcf::EOM)),
            incomplete: after.is_none(),
        })?;
        // Every other answer ends the call.
        match self.parent.order()? {
            ToWorker::PageCommitted => Ok(()),
            _ => Err(Gone),
        }
    }
}
