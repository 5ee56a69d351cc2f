//! The codes on the first page of a received fax, where a route of the settings asks for them: read while the rest arrives, and waited for
//! at its end, for a while. A page that cannot be read has no code; the fax goes its way without. What a restart has interrupted is read anew, from
//! the page as it is stored.

use std::collections::BTreeMap;
use std::time::Duration;

use fax::page::Page;
use model::fax::Outcome;
use model::trace::Mark;
use model::{FaxId, Instant, Now};
use store::effect::{Done, Effect, StoreError};

use crate::lines::Line;
use crate::vault::Then;
use crate::{Clinic, Output};

/// From the end of the call. The reader has its own bound, which is shorter; this is for a reader that says nothing at all.
const LATEST: Duration = Duration::from_secs(15);

/// The readings under way, by fax: a call may bring several.
#[derive(Default)]
pub(crate) struct Readings(BTreeMap<FaxId, Reading>);

enum Reading {
    /// The fax is still arriving.
    Arriving,
    /// The same, and the codes are there.
    Read(Vec<String>),
    /// The fax is there, and waits for its codes until then.
    Awaited(Box<(Line, Outcome)>, Instant),
}

impl Readings {
    /// A fax is there but for its codes.
    pub(crate) fn awaits(&self) -> bool {
        self.0.values().any(|reading| matches!(reading, Reading::Awaited(..)))
    }

    /// This fax is arriving, or waits for its codes.
    pub(crate) fn has(&self, fax: FaxId) -> bool {
        self.0.contains_key(&fax)
    }

    pub(crate) fn next_timeout(&self) -> Instant {
        let until = |reading: &Reading| if let Reading::Awaited(_, until) = reading { Some(*until) } else { None };
        self.0.values().filter_map(until).min().unwrap_or(Instant::FAR_FUTURE)
    }
}

impl Clinic {
    /// The first page is there.
    pub(crate) fn read_codes(&mut self, fax: FaxId, page: &Page) {
        if self.settings.faxing.reads_codes() {
            self.readings.0.insert(fax, Reading::Arriving);
            self.out.push_back(Output::ReadCodes { fax, page: Box::new(page.clone()) });
        }
    }

    /// A reception has ended. It is placed when its codes are read; `None` if that is still to come.
    pub(crate) fn codes_of(&mut self, now: Now, line: Line, outcome: Outcome) -> Option<(Line, Outcome, String)> {
        let fax = line.attempt.fax;
        match self.readings.0.remove(&fax) {
            None => Some((line, outcome, String::new())),
            Some(Reading::Read(codes)) => Some((line, outcome, codes.join("\n"))),
            Some(Reading::Arriving | Reading::Awaited(..)) => {
                let until = now.instant + LATEST;
                self.readings.0.insert(fax, Reading::Awaited(Box::new((line, outcome)), until));
                None
            }
        }
    }

    /// We were restarted before a fax was placed that has so many pages.
    pub(crate) fn read_codes_anew(&mut self, now: Now, line: Line, outcome: Outcome, pages: u32) {
        if pages == 0 || !self.settings.faxing.reads_codes() {
            return self.reception_placed(now, line, outcome, String::new());
        }
        let (fax, until) = (line.attempt.fax, now.instant + LATEST);
        self.readings.0.insert(fax, Reading::Awaited(Box::new((line, outcome)), until));
        self.store(Effect::LoadPages { fax }, Then::ReadCodes { fax });
    }

    /// Its pages, as they are stored.
    pub(crate) fn pages_with_codes(&mut self, now: Now, fax: FaxId, result: Result<Done, StoreError>) {
        let Ok(Done::Pages(pages)) = result else { return self.codes_read(now, fax, Vec::new()) };
        match pages.first().and_then(|page| Page::from_tiff(page.expose()).ok()) {
            Some(page) => self.out.push_back(Output::ReadCodes { fax, page: Box::new(page) }),
            None => self.codes_read(now, fax, Vec::new()),
        }
    }

    /// The codes are read; none, if there are none.
    pub(crate) fn codes_read(&mut self, now: Now, fax: FaxId, codes: Vec<String>) {
        match self.readings.0.remove(&fax) {
            Some(Reading::Arriving) => {
                let of_this = |line: &&mut Line| {
                    let came = line.fetch.as_ref().and_then(|fetch| fetch.came);
                    came.map_or(line.attempt.fax, |came| came.fax) == fax
                };
                if let Some(line) = self.lines.by_call.values_mut().find(of_this) {
                    for code in &codes {
                        line.trace.note(now.wall, Mark::Detail, format!("A code on the first page says “{code}”"), "");
                    }
                }
                self.readings.0.insert(fax, Reading::Read(codes));
            }
            Some(Reading::Awaited(ended, _)) => {
                let (line, outcome) = *ended;
                self.reception_placed(now, line, outcome, codes.join("\n"));
            }
            Some(Reading::Read(_)) | None => {}
        }
    }

    pub(crate) fn tick_readings(&mut self, now: Now) {
        let late = |reading: &Reading| matches!(reading, Reading::Awaited(_, until) if *until <= now.instant);
        let late: Vec<_> = self.readings.0.iter().filter(|(_, r)| late(r)).map(|(fax, _)| *fax).collect();
        for fax in late {
            self.codes_read(now, fax, Vec::new());
        }
    }
}
