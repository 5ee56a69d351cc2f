//! One fax in the queue.

use model::fax::Cause;
use model::sending::{Manner, Priority};
use model::{AttemptId, Inside, Instant, PhoneNumber, Wall};
use store::rows::FaxRow;

use super::{Line, times};

/// What the queue knows of a fax; all but `avoid` and the counts is in its row too.
pub(super) struct Entry {
    pub(super) number: PhoneNumber,
    /// Whom it is for there: what is for somebody else is another call's.
    pub(super) inside: Inside,
    pub(super) priority: Priority,
    /// The time of day that somebody asked for.
    pub(super) not_before: Option<Wall>,
    /// It is in peace until then: it can be recalled, or was just tried.
    pub(super) rest: Instant,
    pub(super) pages: u32,
    pub(super) confirmed: u32,
    /// It is fetched, and its pages are those that came.
    pub(super) fetch: bool,
    pub(super) attempts: u32,
    /// How often each cause ended an attempt. Not kept over a restart: then all count for the last one.
    pub(super) causes: Vec<(Cause, u32)>,
    /// Lines that are the last to be tried again, and until when.
    pub(super) avoid: Vec<(String, Instant)>,
    /// Lines that cannot ask for what is to be fetched. Not kept over a restart: they say so once more.
    pub(super) unfit: Vec<String>,
    /// Attempts after which another line was tried at once.
    pub(super) line_changes: u32,
    /// How the next attempt is made, if an earlier one has taught that.
    pub(super) manner: Option<Manner>,
    /// Since when it has been due, and no line could take it.
    pub(super) lineless: Option<Instant>,
    /// How often its renderer failed by no fault of its documents. Not kept over a restart, which may have mended it.
    pub(super) renders_failed: u32,
    /// The end of its attempt is not counted against it (see `batch`).
    pub(super) spared: bool,
    /// The end of the process left its attempt open.
    pub(super) cut_off: bool,
    pub(super) stage: Stage,
}

pub(super) enum Stage {
    /// Its documents wait for a renderer, from this time on.
    Unrendered {
        due: Instant,
    },
    Rendering,
    Waiting {
        due: Instant,
    },
    /// It goes in another's call when its turn comes; if that does not come, it waits as it did.
    Following {
        due: Instant,
    },
    Sending {
        attempt: AttemptId,
        line: String,
        manner: Manner,
        recalled: bool,
    },
}

impl Entry {
    /// `None` for a row without a number, which cannot be dialled.
    pub(super) fn of(row: &FaxRow, stage: Stage) -> Option<Self> {
        Some(Self {
            number: row.number.clone()?,
            inside: row.inside.clone(),
            priority: row.priority,
            not_before: times::asked(row),
            rest: Instant::ZERO,
            pages: row.pages,
            confirmed: row.pages_confirmed,
            fetch: row.fetch,
            attempts: row.attempts,
            causes: Vec::new(),
            avoid: Vec::new(),
            unfit: Vec::new(),
            line_changes: 0,
            manner: row.manner,
            lineless: None,
            renders_failed: 0,
            spared: false,
            cut_off: false,
            stage,
        })
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        matches!(self.stage, Stage::Waiting { due } if due <= now)
    }

    pub(super) fn avoids(&self, line: &str, now: Instant) -> bool {
        self.unfit.iter().any(|unfit| unfit == line)
            || self.avoid.iter().any(|(avoided, until)| avoided == line && now < *until)
    }

    /// As what an end on this line counts. That a line cannot fetch it, or its carrier takes no such call, or no fax, is told only where that is so
    /// of each: one that may be able to, and is away, is waited for as any line is.
    pub(super) fn counts_as(&mut self, cause: Cause, line: &str, lines: &[Line]) -> Cause {
        if !matches!(cause, Cause::CannotFetch | Cause::LineRefused | Cause::NoCommonMedia) {
            return cause;
        }
        if !self.unfit.iter().any(|unfit| unfit == line) {
            self.unfit.push(line.to_owned());
        }
        let may_be_fit = |other: &Line| other.carries(&self.number) && !self.unfit.contains(&other.name);
        if lines.iter().any(may_be_fit) { Cause::TrunkDown } else { cause }
    }

    /// Counts an end for `cause`, and says how many there were. A line of ours that is not there is one cause, be it a trunk or a modem.
    pub(super) fn count(&mut self, cause: Cause) -> u32 {
        let cause = if cause == Cause::ModemGone { Cause::TrunkDown } else { cause };
        if let Some((_, count)) = self.causes.iter_mut().find(|(counted, _)| *counted == cause) {
            *count += 1;
            return *count;
        }
        self.causes.push((cause, 1));
        1
    }
}

/// After a restart only the last cause is known, so all attempts count for it. A fault of ours does not: the restart may have mended it,
/// and was one itself if it fell into a call.
pub(super) fn causes(last: Option<Cause>, attempts: u32) -> Vec<(Cause, u32)> {
    let last = last.filter(|cause| *cause != Cause::OurFault);
    let last = last.map(|cause| if cause == Cause::ModemGone { Cause::TrunkDown } else { cause });
    last.filter(|_| attempts > 0).map(|cause| (cause, attempts)).into_iter().collect()
}
