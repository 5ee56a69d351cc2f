//! The settings as they were saved last, which a form changes, and the order that lets the change go live.

use std::time::Duration;

use model::command::{Command, CommandError};
use model::settings::Problem;
use model::{Pii, Settings};

use super::super::Ctx;
use crate::App;
use crate::data;
use crate::failure::Failure;
use crate::numbers::capital;

/// How long a page waits until the change that it has ordered is seen here: a page that is shown before says that nothing has happened.
const SEEN_WITHIN: Duration = Duration::from_secs(2);

/// See the module.
pub(super) struct Newest {
    /// Who changes them says over which they do.
    pub(super) generation: u64,
    pub(super) text: Pii<String>,
    pub(super) settings: Settings,
}

impl Newest {
    pub(super) async fn of(app: &App) -> Result<Self, Failure> {
        let (generation, text) = app.store.settings().load().await?.ok_or(Failure::Store)?;
        let settings = Settings::parse(&text).map_err(|problems| Failure::Unusable(sentence_of_all(&problems)))?;
        Ok(Self { generation, text: Pii::new(text), settings })
    }
}

/// What became of a change.
pub(super) enum Ordered {
    /// It is live.
    Done,
    /// Somebody else was faster; nothing was changed.
    Overtaken,
    /// It was not taken; a sentence.
    Refused(String),
}

/// Lets a changed text go live, in place of what the person had before them. `is_seen` of the settings that the console has then.
pub(super) async fn order(
    ctx: &Ctx,
    text: String,
    over: u64,
    is_seen: impl FnMut(&std::sync::Arc<Settings>) -> bool,
) -> Ordered {
    let by = ctx.principal.user.clone();
    match data::order(&ctx.app, Command::SetSettings { by, text: Pii::new(text), over }).await {
        Ok(_) => {
            // If it takes longer the next look shows it.
            let _ = tokio::time::timeout(SEEN_WITHIN, ctx.app.settings.clone().wait_for(is_seen)).await;
            Ordered::Done
        }
        Err(Failure::Command(CommandError::NotNow(_))) => Ordered::Overtaken,
        Err(failure) => Ordered::Refused(failure.sentence()),
    }
}

/// Who has changed the settings last.
pub(super) async fn overtaken(ctx: &Ctx) -> String {
    match ctx.app.store.settings().generations(1).await.ok().and_then(|rows| rows.into_iter().next()) {
        Some((_, by, at)) => {
            let (by, at) = (ctx.person(&by), ctx.local.when(at));
            ctx.with("staff-overtaken-by", &[("by", (&by).into()), ("time", (&at).into())])
        }
        None => ctx.t("staff-overtaken-what"),
    }
}

/// One problem as a person reads it: where, what, and what to do.
pub(super) fn sentence_of(problem: &Problem) -> String {
    format!("{}: {} {}", problem.at, capital(&problem.what), capital(&problem.help))
}

pub(super) fn sentence_of_all(problems: &[Problem]) -> String {
    problems.iter().map(sentence_of).collect::<Vec<_>>().join(" ")
}
