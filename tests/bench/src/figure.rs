//! What a benchmark found, for the summary.

use std::fmt;

/// One number with its name.
pub(crate) struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    goal: Option<f64>,
}

impl Figure {
    /// A number of which nothing is demanded.
    pub(crate) fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, goal: None }
    }

    /// A number that shall not be greater than this.
    pub(crate) fn at_most(self, goal: f64) -> Self {
        Self { goal: Some(goal), ..self }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, value, unit, goal } = self;
        write!(f, "{what:58} {value:10.2} {unit}")?;
        match goal {
            Some(goal) => write!(f, " (goal: at most {goal})"),
            None => Ok(()),
        }
    }
}
