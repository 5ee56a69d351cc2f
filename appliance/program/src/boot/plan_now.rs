//! The plan that the program starts with.

use std::sync::Arc;

use model::Settings;
use plan::{InForce, Plan};

/// A plan with problems never stops the phones, and the log says what they are.
pub(super) fn plan_of(settings: &Settings) -> Arc<Plan> {
    let InForce { plan, problems, .. } = Plan::in_force(settings);
    for problem in problems {
        tracing::error!(%problem, plan = plan.name(), "the dial plan has a problem");
    }
    Arc::new(plan)
}

/// What cannot be said, since a recording was taken away, is heard as a tone. For when all recordings are there: those of the console come with the
/// store.
pub(super) fn is_said(plan: &Plan) {
    for problem in calls::unknown_prompts(plan) {
        tracing::warn!(%problem, "the dial plan wants something said that is not there; callers hear a tone");
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Mutex, PoisonError};

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    /// Where the log goes.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Lines {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn a_recording_that_was_taken_away_is_said_and_the_plan_holds() {
        let text = crate::demo::sample_settings();
        let mut settings = Settings::parse(&text).expect("the demo's settings");
        settings.plan = "name = \"Ours\"\n[extensions.600]\nto = \"announcement hours\"\n[announcements.hours]\n\
                         prompt = [\"clinic_closed\", \"our-hours\"]\n"
            .to_owned();
        let lines = Lines::default();
        let log = tracing_subscriber::fmt().with_writer(lines.clone()).with_ansi(false).finish();
        let plan = tracing::subscriber::with_default(log, || {
            let plan = plan_of(&settings);
            is_said(&plan);
            plan
        });
        assert_eq!(plan.name(), "Ours");
        let said = String::from_utf8(lines.0.lock().expect("unpoisoned").clone()).expect("text");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains("WARN") && said.contains("line 5: there is no prompt \"our-hours\""), "{said}");
    }
}
