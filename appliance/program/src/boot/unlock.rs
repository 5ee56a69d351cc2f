//! Opening the store: by its key file, or by a passphrase that somebody types on the console's port. Until it is open the phones
//! work from the capsule, and the port says what is the matter.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use console::locked::{Locked, Try};
use store::{RootKey, Store};
use tokio::sync::{mpsc, watch};

use super::{Failure, KeySource, web};

/// How long to wait before a store that could not be opened is tried again: a disk or a key may come back.
const AGAIN: Duration = Duration::from_secs(20);

/// Opens the store of `state`. Without phones (`phones_run`: no capsule yet) a store that cannot be opened ends the start, with a
/// sentence; with them, nothing may end the program that an emergency call needs.
pub(super) async fn open(
    state: &Path,
    key: KeySource,
    phones_run: bool,
    console: &[TcpListener],
) -> Result<Store, Failure> {
    match key {
        KeySource::Passphrase => by_passphrase(state, console).await,
        KeySource::File => loop {
            match by_file(state).await {
                Ok(store) => return Ok(store),
                Err(reason) if phones_run => {
                    tracing::error!("{reason}; phones and emergency calls work");
                    let page = Page::show(console, Locked { reason, tries: None })?;
                    tokio::time::sleep(AGAIN).await;
                    page.close().await;
                }
                Err(reason) => return Err(Failure(reason)),
            }
        },
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

async fn by_passphrase(state: &Path, console: &[TcpListener]) -> Result<Store, Failure> {
    let (sender, mut tries) = mpsc::channel::<Try>(1);
    let reason = if state.join("store").exists() {
        "Type the passphrase that was chosen at the first start."
    } else {
        "This is the first start: choose a passphrase now, and keep it where you will find it. Without it nothing that is stored \
         here can ever be read again. Phones work once it is chosen."
    };
    let page = Page::show(console, Locked { reason: reason.to_owned(), tries: Some(sender) })?;
    while let Some(Try { passphrase, opened }) = tries.recv().await {
        let folder = state.join("store");
        let derived = {
            let folder = folder.clone();
            tokio::task::spawn_blocking(move || RootKey::from_passphrase(&folder, passphrase.expose())).await
        };
        let store = match derived {
            Ok(Ok(root)) => Store::open(&folder, root).await,
            Ok(Err(error)) => Err(error),
            Err(_) => Err(store::StoreError::Broken("the key could not be derived".to_owned())),
        };
        match store {
            Ok(store) => {
                let _ = opened.send(true);
                page.close().await;
                return Ok(store);
            }
            Err(error) => {
                tracing::warn!(%error, "the store was not opened by the passphrase that was typed");
                let _ = opened.send(false);
            }
        }
    }
    Err(Failure("the page that takes the passphrase ended".to_owned()))
}

/// The page of a locked box, while it is shown.
struct Page {
    close: watch::Sender<bool>,
    served: Vec<tokio::task::JoinHandle<()>>,
}

impl Page {
    #[allow(clippy::disallowed_methods, reason = "the program's own task")]
    fn show(console: &[TcpListener], locked: Locked) -> Result<Self, Failure> {
        let (close, closed) = watch::channel(false);
        let router = console::locked::router(locked);
        let serve = |listener: &TcpListener| {
            let (listener, service, mut closed) = (web::again(listener)?, router.clone(), closed.clone());
            Ok(tokio::spawn(async move {
                let shutdown = async move {
                    let _ = closed.wait_for(|close| *close).await;
                };
                if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(shutdown).await {
                    tracing::error!(%error, "the page of the locked box stopped");
                }
            }))
        };
        let served = console.iter().map(serve).collect::<Result<_, Failure>>()?;
        Ok(Self { close, served })
    }

    /// Answers what was asked, and makes room for the console. A browser that holds its connection open is not waited for.
    async fn close(self) {
        self.close.send_replace(true);
        let all = async {
            for served in self.served {
                let _ = served.await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), all).await;
    }
}
