//! The settings, for who asks at the box (`frontdesk settings`): shown, checked and changed by the program that has the store open.

use std::fmt::Write as _;
use std::sync::Arc;

use console::CommandRequest;
use model::settings::{Problem, Proposal, When};
use model::{Command, CommandError, Pii, Settings, Snapshot};
use plan::Plan;
use store::Store;
use tokio::sync::{mpsc, oneshot, watch};

use super::access::BY;
use crate::control::{Answer, OfSettings};
use crate::settings_text::marked;
use crate::shell::Request;

/// See the module.
pub(super) struct AtTheBox {
    pub(super) store: Store,
    pub(super) settings: watch::Receiver<Arc<Settings>>,
    pub(super) requests: mpsc::Sender<Request>,
    pub(super) snapshot: watch::Receiver<Arc<Snapshot>>,
}

/// What a text would do.
struct Outcome {
    /// What it changes, a line each.
    changes: String,
    /// Phones that are there and that nobody would answer any more, in a sentence.
    shuts_out: Option<String>,
}

impl AtTheBox {
    pub(super) async fn answer(&self, asked: OfSettings) -> Answer {
        let newest = match self.store.settings().load().await {
            Ok(newest) => newest.unwrap_or_default(),
            Err(error) => return Answer::Refused(format!("the settings cannot be read: {error}")),
        };
        match asked {
            OfSettings::Show => Answer::Given(marked(newest.0, &newest.1)),
            OfSettings::Check { text, after } => match self.outcome(&text, &newest.1) {
                Ok(Outcome { changes, shuts_out }) => {
                    let warning = shuts_out.map(|said| format!("at once: {said}\n")).unwrap_or_default();
                    let head = "No problems. Nothing was changed yet; saved, this would follow.";
                    Answer::Given(format!("{head}\n{changes}{warning}"))
                }
                Err(problems) => wrong(problems, after),
            },
            OfSettings::Save { text, after, over, all_the_same } => match self.outcome(&text, &newest.1) {
                Ok(Outcome { shuts_out: Some(said), .. }) if !all_the_same => Answer::ShutsOut(format!(
                    "{said}\n  nothing was changed; widen the networks of the text, or save it with --all-the-same"
                )),
                Ok(Outcome { changes, .. }) => self.save(text, over.unwrap_or(newest.0), changes).await,
                Err(problems) => wrong(problems, after),
            },
        }
    }

    async fn save(&self, text: Pii<String>, over: u64, changes: String) -> Answer {
        let command = Command::SetSettings { by: BY.to_owned(), text, over };
        let (reply, answer) = oneshot::channel();
        let order = Request::Command(Box::new(CommandRequest { command, reply }));
        let _ = self.requests.send(order).await;
        match answer.await {
            Ok(Ok(_)) => Answer::Given(format!("The settings are saved, and in use.\n{changes}")),
            Ok(Err(CommandError::NotNow(sentence))) => self.overtaken(over, sentence).await,
            Ok(Err(CommandError::NotAllowed(sentence))) => Answer::Wrong(vec![sentence]),
            Ok(Err(other)) => Answer::Refused(other.to_string()),
            Err(_) => Answer::Refused("Frontdesk ends; whether the settings were saved is not known".to_owned()),
        }
    }

    async fn overtaken(&self, over: u64, sentence: String) -> Answer {
        let newest = self.store.settings().generations(1).await.ok().and_then(|all| all.into_iter().next());
        Answer::Overtaken(match newest {
            Some((generation, by, at)) if generation != over => {
                let at = at.in_zone(&self.settings.borrow().zone()).strftime("%Y-%m-%d %H:%M").to_string();
                format!(
                    "generation {generation} was saved by {by}, {at}, after yours began with {over}; nothing was changed. Print \
                     the settings anew and change those; or, to undo what {by} changed, take the first line out of your file"
                )
            }
            _ => sentence,
        })
    }

    /// What this text would do; `written` is the text that is saved now.
    fn outcome(&self, text: &Pii<String>, written: &str) -> Result<Outcome, Vec<Problem>> {
        let live = self.settings.borrow().clone();
        let proposal: Proposal = Plan::in_force(&live).plan.propose(text.expose(), &live)?;
        let changes = proposal.changes(&live, Settings::parse(written).ok().as_ref());
        let mut lines = String::new();
        for change in &changes {
            let when = match change.when {
                When::Now => "at once",
                When::NextStart => "at the next start",
                When::Never => "not at all",
            };
            let _ = writeln!(lines, "{when}: {change}");
        }
        if changes.is_empty() {
            lines.push_str("nothing: they say what the settings in use say\n");
        }
        let phones = proposal.shut_out_said(&self.snapshot.borrow().phones);
        let shuts_out = (!phones.is_empty()).then(|| {
            format!(
                "phones that are registered now would be outside the networks of this text, and nobody would answer them any more, \
                 not even when they call for help: {phones}"
            )
        });
        Ok(Outcome { changes: lines, shuts_out })
    }
}

/// As whoever wrote the file reads it, in which so many lines stand before the text.
fn wrong(problems: Vec<Problem>, after: usize) -> Answer {
    let count = problems.len();
    let s = if count == 1 { "" } else { "s" };
    let first = format!("the settings have {count} problem{s}; nothing was changed");
    let lines = problems.into_iter().map(|problem| problem.further_down(after).to_string());
    Answer::Wrong(std::iter::once(first).chain(lines).collect())
}
