//! "What happened", from the flight recorders: what a person reads in one list, every frame in another.

use model::Wall;
use model::trace::{Mark, Trace, TraceEntry};

use super::Ctx;

/// One line.
pub(crate) struct Step {
    /// Its mark: nothing for good, `w`, `b`, or `n` for neutral.
    pub(crate) class: &'static str,
    /// The mark in a word, for those who do not see it.
    pub(crate) word: String,
    pub(crate) said: String,
    pub(crate) exact: String,
    pub(crate) machine: String,
    pub(crate) title: String,
    pub(crate) detail: String,
    at: Wall,
}

impl Step {
    pub(crate) fn new(ctx: &Ctx, at: Wall, mark: Mark, title: String, detail: String) -> Self {
        let (class, word) = match mark {
            Mark::Good => ("", String::new()),
            Mark::Warn => ("w", ctx.t("mark-warn")),
            Mark::Bad => ("b", ctx.t("mark-bad")),
            Mark::Detail => ("n", String::new()),
        };
        let local = &ctx.local;
        let said = local.clock_exact(at);
        Self { class, word, said, exact: local.exact(at), machine: local.machine(at), title, detail, at }
    }

    fn of(ctx: &Ctx, entry: &TraceEntry) -> Self {
        Self::new(ctx, entry.at, entry.mark, entry.title.expose().clone(), entry.detail.expose().clone())
    }
}

/// Steps for people, and frames for those who look closer, both oldest first.
#[derive(Default)]
pub(crate) struct Happened {
    pub(crate) steps: Vec<Step>,
    pub(crate) frames: Vec<Step>,
}

impl Happened {
    /// Adds a recorder.
    pub(crate) fn add(&mut self, ctx: &Ctx, trace: &Trace) {
        for entry in trace.entries() {
            let into = if entry.mark == Mark::Detail { &mut self.frames } else { &mut self.steps };
            into.push(Step::of(ctx, entry));
        }
        if let (Some(first), true) = (trace.entries().next(), trace.dropped() > 0) {
            let title = ctx.with("steps-dropped", &[("count", trace.dropped().into())]);
            self.frames.push(Step::new(ctx, first.at, Mark::Detail, title, String::new()));
        }
    }

    /// In the order of time; of equal times, in the order in which they were added.
    pub(crate) fn sorted(mut self) -> Self {
        self.steps.sort_by_key(|s| s.at);
        self.frames.sort_by_key(|s| s.at);
        self
    }
}
