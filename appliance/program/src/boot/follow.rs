//! What follows from settings and plans that go live while everything runs, beside what the clinic itself does: what phones and trunks sign in with,
//! who is signed in, and the lifeline capsule, with which phones begin after a restart.

use std::sync::Arc;

use model::Settings;
use store::{Store, TrunkSecret};
use tokio::sync::{mpsc, watch};

use super::capsule::Capsules;
use super::phones::{self, trunk_secret};

/// See the module.
pub(super) struct Follow {
    pub(super) store: Store,
    /// What they all have.
    pub(super) known: Arc<Settings>,
    pub(super) sessions: console::Sessions,
    /// The endpoint. It ends when nobody can order it any more, and whoever follows shall not keep it.
    pub(super) sip: mpsc::WeakSender<sip::Command>,
    pub(super) capsules: Capsules,
}

impl Follow {
    /// Until the clinic is gone.
    pub(super) async fn live(mut self, mut settings: watch::Receiver<Arc<Settings>>) {
        // What the endpoint was told here. Whoever gave a trunk a password while this began is told with the first change.
        let mut secrets = None;
        while settings.changed().await.is_ok() {
            let new = settings.borrow_and_update().clone();
            let old = std::mem::replace(&mut self.known, new.clone());
            if old.sign_in != new.sign_in {
                self.sessions.set_terms(new.sign_in);
            }
            self.tell_phones(&old, &new).await;
            self.tell_trunks(&mut secrets).await;
            self.capsules.renew(&new).await;
        }
    }

    /// Who has left the clinic is signed out, and their phones know nothing any more that lets them in.
    async fn tell_phones(&self, old: &Settings, new: &Settings) {
        let gone = |user: &String| new.person(user).is_none();
        let gone: Vec<String> = old.people.iter().map(|person| person.user.clone()).filter(gone).collect();
        if gone.is_empty() {
            return;
        }
        for user in gone {
            self.sessions.end_all_of(&user);
        }
        match phones::users(&self.store).await {
            Ok(users) => self.order(sip::Command::SetUsers(users.into())).await,
            // Of whoever is no person of the clinic no phone is registered all the same.
            Err(failure) => tracing::error!("phones go on with the secrets that they have: {failure}"),
        }
    }

    async fn tell_trunks(&self, told: &mut Option<Vec<TrunkSecret>>) {
        match self.store.trunks().secrets().await {
            Ok(secrets) if told.as_ref() == Some(&secrets) => {}
            Ok(secrets) => {
                let all = secrets.iter().cloned().map(trunk_secret).collect();
                self.order(sip::Command::SetTrunkSecrets(all)).await;
                *told = Some(secrets);
            }
            Err(error) => {
                tracing::error!(%error, "the trunks' passwords cannot be read; trunks go on with those that they have");
            }
        }
    }

    async fn order(&self, command: sip::Command) {
        if let Some(sip) = self.sip.upgrade() {
            let _ = sip.send(command).await;
        }
    }
}
