//! The lifeline capsule: phones begin with it, and it is kept as the clinic is now.

use std::path::PathBuf;
use std::sync::Arc;

use model::Settings;
use store::Store;
use tokio::sync::Mutex;

use super::port::Wants;
use super::{Failure, phones};
use crate::lifeline;

/// Keeps the capsule. Clones write one after the other, so that the last to write is who read last.
#[derive(Clone)]
pub(super) struct Capsules {
    state: PathBuf,
    store: Store,
    wants: Wants,
    turn: Arc<Mutex<()>>,
}

impl Capsules {
    pub(super) fn new(state: PathBuf, store: Store, wants: Wants) -> Self {
        Self { state, store, wants, turn: Arc::default() }
    }

    /// Writes what phones begin with after a restart. If that fails, on a full disk say, they begin with what was written before, and Today says
    /// so.
    pub(super) async fn renew(&self, settings: &Settings) {
        let about = "capsule";
        let _turn = self.turn.lock().await;
        match self.write(settings).await {
            Ok(()) => self.wants.nothing(about).await,
            Err(Failure(reason)) => {
                let sentence = format!(
                    "After a restart phones would begin with older settings, and reach help as those say: {reason}."
                );
                tracing::error!("{sentence}");
                self.wants.mending(about, sentence).await;
            }
        }
    }

    async fn write(&self, settings: &Settings) -> Result<(), Failure> {
        let secrets = self.store.trunks().secrets().await;
        let secrets = secrets.map_err(|e| Failure(format!("the trunks' passwords cannot be read: {e}")))?;
        let capsule = lifeline::capsule(settings, &phones::users(&self.store).await?, &secrets);
        capsule.save(&self.state).map_err(|e| Failure(format!("the lifeline capsule cannot be written: {e}")))
    }
}
