//! Opening the store: by its key file, or by a passphrase that somebody types on the console's port. Until it is open the phones
//! work from the capsule, and the port says what is the matter.

use std::path::Path;
use std::time::Duration;

use console::locked::{Locked, NotOpened, Tries, Try};
use model::Settings;
use model::time::Clock;
use store::{RootKey, Store, StoreError};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::port::Wants;
use super::settings::{self, FirstSettings};
use super::web::Doors;
use super::{Failure, KeySource};

/// How long to wait before a store that could not be opened is tried again: a disk or a key may come back.
const AGAIN: Duration = Duration::from_secs(20);

/// What the store is opened with.
pub(super) struct Opening<'a> {
    /// The state folder.
    pub(super) state: &'a Path,
    pub(super) key: KeySource,
    pub(super) first_settings: &'a FirstSettings,
    /// False without a capsule yet: then what cannot be opened or read ends the start, with a sentence. With phones, nothing may end the
    /// program that an emergency call needs.
    pub(super) phones_run: bool,
    /// Where the page of a locked box is shown.
    pub(super) doors: &'a Doors,
    pub(super) wants: &'a Wants,
    pub(super) clock: Clock,
}

impl Opening<'_> {
    /// The open store and the settings in it.
    pub(super) async fn open(&self) -> Result<(Store, Settings), Failure> {
        let store = match self.key {
            KeySource::Passphrase => self.by_passphrase().await?,
            KeySource::File => loop {
                match by_file(self.state).await {
                    Ok(store) => break store,
                    Err(reason) => self.wait(reason).await?,
                }
            },
        };
        loop {
            match settings::of(&store, self.first_settings, self.clock).await {
                Ok(settings) => return Ok((store, settings)),
                Err(Failure(reason)) => self.wait(reason).await?,
            }
        }
    }

    /// Shows the reason for a while, if phones work meanwhile.
    async fn wait(&self, reason: String) -> Result<(), Failure> {
        if !self.phones_run {
            return Err(Failure(reason));
        }
        tracing::error!("{reason}; phones and emergency calls work");
        let page = self.page(Locked { reason, tries: None });
        tokio::time::sleep(AGAIN).await;
        drop(page);
        Ok(())
    }

    async fn by_passphrase(&self) -> Result<Store, Failure> {
        let folder = self.state.join("store");
        let (to, mut tries) = mpsc::channel::<Try>(1);
        let first = Store::is_new(&folder);
        let reason = if first {
            "This is the first start: choose a passphrase now, and keep it where you will find it. Without it nothing that is \
             stored here can ever be read again. Phones work once it is chosen."
        } else {
            "Type the passphrase that was chosen at the first start."
        };
        let _page = self.page(Locked { reason: reason.to_owned(), tries: Some(Tries { to, first }) });
        while let Some(Try { passphrase, opened }) = tries.recv().await {
            let derived = {
                let folder = folder.clone();
                tokio::task::spawn_blocking(move || RootKey::from_passphrase(&folder, passphrase.expose())).await
            };
            let store = match derived {
                Ok(Ok(root)) => Store::open(&folder, root).await,
                Ok(Err(error)) => Err(error),
                Err(_) => Err(StoreError::Broken("the key could not be derived".to_owned())),
            };
            match store {
                Ok(store) => {
                    let _ = opened.send(Ok(()));
                    return Ok(store);
                }
                Err(error) => {
                    tracing::warn!(%error, "the store was not opened by the passphrase that was typed");
                    let _ = opened.send(Err(match error {
                        StoreError::WrongKey => NotOpened::WrongPassphrase,
                        other => NotOpened::Otherwise(format!("It cannot be opened, whatever is typed: {other}.")),
                    }));
                }
            }
        }
        Err(Failure("the page that takes the passphrase ended".to_owned()))
    }

    fn page(&self, locked: Locked) -> Page {
        let (over, is_over) = watch::channel(false);
        let router = console::locked::router(locked, is_over);
        Page { over, served: self.doors.serve(self.wants, |_, _| router.clone()) }
    }
}

async fn by_file(state: &Path) -> Result<Store, String> {
    let failed = |e| format!("the store in {} cannot be opened: {e}", state.display());
    // The key is made with the store. Making one beside a store that has lost its key would hide what happened.
    let (folder, file) = (state.join("store"), state.join("root.key"));
    if folder.exists() && !file.exists() {
        return Err(format!("the key file {} is missing; put it back", file.display()));
    }
    let root = RootKey::load_or_create(&file).map_err(failed)?;
    Store::open(&folder, root).await.map_err(failed)
}

/// The page of a locked box. When it is dropped nobody who comes anew sees it; who has asked before is still answered.
struct Page {
    over: watch::Sender<bool>,
    served: Vec<JoinHandle<()>>,
}

impl Drop for Page {
    fn drop(&mut self) {
        self.over.send_replace(true);
        self.served.iter().for_each(JoinHandle::abort);
    }
}
