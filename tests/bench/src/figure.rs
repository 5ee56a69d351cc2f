//! What a benchmark found, beside what it should have found.

use std::fmt;

/// One number with its name.
pub(crate) struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    goal: Option<Goal>,
}

struct Goal {
    bound: Bound,
    /// A time says what else ran on the machine, too: it is missed in words alone.
    is_time: bool,
}

#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Figure {
    /// A number of which nothing is demanded.
    pub(crate) fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, goal: None }
    }

    /// A time, or a ratio of times, that shall not be greater than this. One that is fails nothing.
    pub(crate) fn at_most(self, goal: f64) -> Self {
        Self { goal: Some(Goal { bound: Bound::AtMost(goal), is_time: true }), ..self }
    }

    /// What is no time and must not be greater than this.
    pub(crate) fn must_be_at_most(self, goal: f64) -> Self {
        Self { goal: Some(Goal { bound: Bound::AtMost(goal), is_time: false }), ..self }
    }

    /// What is no time and must not be less than this.
    pub(crate) fn must_be_at_least(self, goal: f64) -> Self {
        Self { goal: Some(Goal { bound: Bound::AtLeast(goal), is_time: false }), ..self }
    }

    /// How many of something failed, which must be none.
    pub(crate) fn none(what: impl Into<String>, failed: u64) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
        Self::new(what, failed as f64, "").must_be_at_most(0.0)
    }

    /// Whether the whole run has failed by this.
    pub(crate) fn fails(&self) -> bool {
        self.goal.as_ref().is_some_and(|goal| !goal.is_time && !goal.bound.holds(self.value))
    }
}

impl Bound {
    /// A ratio to nothing is no number, and holds no bound.
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(goal) => value <= goal,
            Self::AtLeast(goal) => value >= goal,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, value, unit, goal } = self;
        write!(f, "{what:58} {value:10.2} {unit}")?;
        let Some(Goal { bound, .. }) = goal else { return Ok(()) };
        match bound {
            Bound::AtMost(goal) => write!(f, " (goal: at most {goal})")?,
            Bound::AtLeast(goal) => write!(f, " (goal: at least {goal})")?,
        }
        if bound.holds(*value) { Ok(()) } else { f.write_str(" MISSED") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_that_is_missed_is_said_and_fails_the_run_where_it_is_no_time() {
        let said =
            |figure: &Figure| figure.to_string().split_once(" (").map_or(String::new(), |(_, goal)| goal.to_owned());
        let judged = [
            (Figure::new("x", 5.0, "us"), "", false),
            (Figure::new("x", 1.2, "").at_most(1.2), "goal: at most 1.2)", false),
            (Figure::new("x", 1.3, "").at_most(1.2), "goal: at most 1.2) MISSED", false),
            (Figure::new("x", f64::NAN, "").at_most(1.2), "goal: at most 1.2) MISSED", false),
            (Figure::new("x", 60.0, "MB").must_be_at_most(60.0), "goal: at most 60)", false),
            (Figure::new("x", 61.0, "MB").must_be_at_most(60.0), "goal: at most 60) MISSED", true),
            (Figure::new("x", f64::NAN, "MB").must_be_at_most(60.0), "goal: at most 60) MISSED", true),
            (Figure::new("x", 0.9, "").must_be_at_least(0.9), "goal: at least 0.9)", false),
            (Figure::new("x", 0.8, "").must_be_at_least(0.9), "goal: at least 0.9) MISSED", true),
            (Figure::none("x", 0), "goal: at most 0)", false),
            (Figure::none("x", 1), "goal: at most 0) MISSED", true),
        ];
        for (figure, goal, fails) in judged {
            assert_eq!((said(&figure).as_str(), figure.fails()), (goal, fails), "{figure}");
        }
    }
}
