//! Everything that lets somebody in is taken back at once: for `frontdesk access forget` and for the console alike.

use std::sync::Arc;

use model::Settings;
use model::time::Clock;
use store::Store;
use tokio::sync::{mpsc, watch};

use super::access::unkept;
use super::capsule::Capsules;
use super::{Failure, phones};

/// See the module.
#[derive(Clone)]
pub(super) struct TakingBack {
    pub(super) store: Store,
    pub(super) settings: watch::Receiver<Arc<Settings>>,
    pub(super) sessions: console::Sessions,
    /// The endpoint, which phones sign in at. It ends when nobody can order it any more; who gives ways in shall not keep it.
    pub(super) sip: mpsc::WeakSender<sip::Command>,
    pub(super) capsules: Capsules,
    pub(super) clock: Clock,
}

impl TakingBack {
    /// Takes back what lets this user in: links, sessions, tokens, the passwords of their phones and mail program, and the PIN of their mailbox. How many sessions that
    /// ended. `by` is who wanted it, for the audit.
    pub(super) async fn forget(&self, user: &str, by: &str) -> Result<usize, Failure> {
        self.store.people().forget(user, by, self.clock.now().wall).await.map_err(unkept)?;
        let sessions = self.sessions.end_all_of(user);
        self.tell_phones().await?;
        Ok(sessions)
    }

    /// Phones sign in with what is stored now, also while the store is locked.
    pub(super) async fn tell_phones(&self) -> Result<(), Failure> {
        if let Some(sip) = self.sip.upgrade() {
            let _ = sip.send(sip::Command::SetUsers(phones::users(&self.store).await?.into())).await;
        }
        let settings = self.settings.borrow().clone();
        self.capsules.renew(&settings).await;
        Ok(())
    }

    /// The same for the console, which hands on a sentence.
    pub(super) fn for_console(self) -> Arc<console::TakeBack> {
        Arc::new(move |user, by| {
            let this = self.clone();
            Box::pin(async move { this.forget(&user, &by).await.map_err(|Failure(sentence)| sentence) })
        })
    }
}
