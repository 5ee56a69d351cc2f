//! Fax engines and converters as child processes.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clinic::{FaxWorkerStart, Input};
use fax::convert::{ConvertError, Problem};
use fax::page::Page;
use fax::worker::WorkerHandle;
use fax::worker::proto::{FromWorker, ToWorker};
use model::command::Document;
use model::{FaxId, Pii, Resolution};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::handing_in::hand_in;
use super::shares;

/// Orders on their way to one engine. It answers each before the next; a backlog this long means that it hangs, and the
/// session's watchdog ends it.
const MAX_FRAMES: usize = 256;
/// How long a folder has for one file before staff hear of it. A share over a slow line takes a long fax in a minute.
const PATIENCE: Duration = Duration::from_secs(2 * 60);
/// So often they hear of it again.
const AGAIN: Duration = Duration::from_secs(3600);

/// The running engines, by the call that each belongs to.
pub(crate) struct Workers<K> {
    running: HashMap<K, mpsc::Sender<ToWorker>>,
}

impl<K> Default for Workers<K> {
    fn default() -> Self {
        Self { running: HashMap::new() }
    }
}

impl<K: Copy + Eq + Hash + Send + 'static> Workers<K> {
    /// Starts an engine. What it says goes to `inputs`; its end is `gone`, once, unless it was killed.
    #[allow(clippy::disallowed_methods, reason = "the shell's task for one engine")]
    pub(crate) fn start<I: Send + 'static>(
        &mut self,
        key: K,
        start: FaxWorkerStart,
        inputs: mpsc::Sender<I>,
        frame: impl Fn(FromWorker) -> I + Send + 'static,
        gone: I,
    ) {
        let (orders, mut rx) = mpsc::channel::<ToWorker>(MAX_FRAMES);
        self.running.insert(key, orders);
        tokio::spawn(async move {
            let worker = match engine(&start) {
                Ok(worker) => worker,
                Err(error) => {
                    tracing::error!(%error, "a fax engine could not be started");
                    let _ = inputs.send(gone).await;
                    return;
                }
            };
            let mut worker = worker;
            loop {
                tokio::select! {
                    order = rx.recv() => match order {
                        Some(order) => if worker.send(&order).is_err() { break },
                        // Killed by its session: nobody is told.
                        None => { worker.kill(); return; }
                    },
                    said = worker.recv() => match said {
                        Ok(said) => if inputs.send(frame(said)).await.is_err() { return },
                        Err(_) => break,
                    },
                }
            }
            worker.kill();
            let _ = inputs.send(gone).await;
        });
    }

    /// Orders something of an engine. One that does not take it is hanging; its session notices.
    pub(crate) fn send(&mut self, key: K, order: ToWorker) {
        if let Some(orders) = self.running.get(&key) {
            let _ = orders.try_send(order);
        }
    }

    /// Ends an engine at once, if it runs.
    pub(crate) fn kill(&mut self, key: K) {
        self.running.remove(&key);
    }
}

/// The engine is this program itself, under another verb: there is nothing else to install or to find.
fn engine(start: &FaxWorkerStart) -> std::io::Result<WorkerHandle> {
    let program = Path::new("/proc/self/exe");
    fax::worker::spawn(program, &["fax-worker"], &start.start, start.document.as_deref())
}

/// Renders documents in the sandbox.
pub(crate) fn render(fax: FaxId, documents: Vec<Document>, resolution: Resolution, inputs: mpsc::Sender<Input>) {
    let fault = ConvertError { document: 0, name: Pii::default(), kind: Problem::OurFault };
    hand_in(inputs, Input::Rendered { fax, result: Err(fault) }, async move {
        Input::Rendered { fax, result: fax::convert::io::run(&documents, resolution).await }
    });
}

/// Reads the codes on a page in the sandbox.
pub(crate) fn read_codes(fax: FaxId, page: Box<Page>, inputs: mpsc::Sender<Input>) {
    hand_in(inputs, Input::CodesRead { fax, codes: Vec::new() }, async move {
        Input::CodesRead { fax, codes: fax::convert::io::read_codes(&page).await }
    });
}

/// Writes received faxes into folders. A share whose server is gone may hold whoever writes there for hours, and no one can end that: so each write has a
/// thread of its own, for which nothing else waits, not even the end of the program; and while one hangs none is begun for its folder. What it comes to
/// counts however late it is: whatever fetches from the folder may have the fax by then, and would get a second one.
#[derive(Clone, Default)]
pub(crate) struct Folders {
    /// Those into which a thread writes.
    busy: Arc<Mutex<BTreeSet<String>>>,
}

impl Folders {
    /// Writes one: whole and durable under its name, or not at all.
    #[allow(clippy::disallowed_methods, reason = "the shell's task for one file")]
    pub(crate) fn write(
        &self,
        path: PathBuf,
        fax: FaxId,
        folder: String,
        name: String,
        pdf: Pii<Vec<u8>>,
        inputs: mpsc::Sender<Input>,
    ) {
        let folders = self.clone();
        tokio::spawn(async move {
            let hangs = || inputs.send(Input::FolderHangs { fax, folder: folder.clone() });
            let result = folders.turned(&folder, move || write_file(&path, &name, pdf.expose()), hangs).await;
            if let Err(why) = &result {
                tracing::warn!(%fax, %why, "a received fax could not be written into its folder");
            }
            let _ = inputs.send(Input::FaxWritten { fax, folder, result }).await;
        });
    }

    /// Does it in the folder's turn, or says in words that name no file why it could not. `hangs` is called while it takes too long.
    async fn turned<H: Future>(
        &self,
        folder: &str,
        write: impl FnOnce() -> std::io::Result<()> + Send + 'static,
        hangs: impl Fn() -> H,
    ) -> Result<(), String> {
        let turn = self.turn(folder).ok_or("an earlier try still waits for the folder")?;
        let (done, mut is_done) = oneshot::channel();
        let run = move || {
            let written = write();
            // Whoever hears of it may begin the next.
            drop(turn);
            let _ = done.send(written);
        };
        let named = std::thread::Builder::new().name("folder".to_owned());
        named.spawn(run).map_err(|error| error.kind().to_string())?;
        let mut patience = PATIENCE;
        loop {
            match timeout(patience, &mut is_done).await {
                Ok(Ok(written)) => return written.map_err(|error| words(&error)),
                Ok(Err(_)) => return Err("the writer ended".to_owned()),
                Err(_) => {
                    tracing::warn!("a folder for received faxes does not answer");
                    hangs().await;
                    patience = AGAIN;
                }
            }
        }
    }

    /// `None` while another has it.
    fn turn(&self, folder: &str) -> Option<Turn> {
        let free = self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned());
        free.then(|| Turn { folders: self.clone(), folder: folder.to_owned() })
    }
}

/// The right to write into a folder.
struct Turn {
    folders: Folders,
    folder: String,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.folders.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.folder);
    }
}

/// Ours, or those of the system for its kind: neither names a file.
fn words(error: &std::io::Error) -> String {
    error.get_ref().map_or_else(|| error.kind().to_string(), ToString::to_string)
}

fn write_file(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    write_into(folder, shares::is_share(folder)?, name, bytes)
}

fn write_into(folder: &Path, is_share: bool, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    shares::is_as_it_was(folder, is_share)?;
    let unfinished = folder.join(format!(".{name}.part"));
    let mut file = std::fs::File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, folder.join(name))?;
    // From here on it is there, and whatever fetches it may have it. Not every share can make the name durable, too.
    if let Err(error) = std::fs::File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::warn!(why = %error.kind(), "a received fax is in its folder, which may lose it in a power cut");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    /// The share is away, and the folder in which it is mounted lies there, empty. When it is back, what was written into that is hidden.
    #[test]
    fn nothing_is_written_where_a_share_was_that_is_not_mounted() {
        let state = tempfile::tempdir().expect("a folder");
        let folder = state.path().join("lab");
        std::fs::create_dir(&folder).expect("a folder");
        let write = |name: &str, is_share| write_into(&folder, is_share, name, b"%PDF-").map_err(|error| words(&error));
        assert_eq!(write("before.pdf", false), Ok(()), "it was none yet");
        assert_eq!(write("first.pdf", true), Ok(()));
        assert_eq!(write("second.pdf", false), Err("its share is not mounted".to_owned()));
        assert!(!folder.join("second.pdf").exists(), "nobody finds it there");
        assert_eq!(write("second.pdf", true), Ok(()));
        // Whoever wants an ordinary folder says so.
        std::fs::remove_file(state.path().join(".lab.mounted")).expect("it is there");
        assert_eq!(write("third.pdf", false), Ok(()));
    }

    /// Time goes on by itself as soon as nothing else does.
    #[tokio::test(start_paused = true)]
    async fn what_a_folder_that_hangs_comes_to_counts_however_late_it_is() {
        let (folders, told) = (Folders::default(), AtomicUsize::new(0));
        let (hold, held) = mpsc::channel::<()>();
        let hangs = move || {
            let _ = held.recv();
            Ok(())
        };
        // Whoever fetches from the share has it at last.
        let hold = Mutex::new(Some(hold));
        let tell = || {
            if told.fetch_add(1, Ordering::Relaxed) == 2 {
                hold.lock().unwrap_or_else(PoisonError::into_inner).take();
                // From here on the threads are waited for as long as they take.
                tokio::time::resume();
            }
            async {}
        };
        let late = folders.turned("gone", hangs, tell);
        let none = || async {};
        let meanwhile = async {
            tokio::time::sleep(PATIENCE + AGAIN / 2).await;
            folders.turned("gone", || unreachable!("no second thread"), none).await
        };
        let (late, meanwhile) = tokio::join!(late, meanwhile);
        assert_eq!(meanwhile, Err("an earlier try still waits for the folder".to_owned()));
        assert_eq!((late, told.into_inner()), (Ok(()), 3));
        assert_eq!(folders.turned("other", || Ok(()), none).await, Ok(()));
        let full = || Err(std::io::ErrorKind::StorageFull.into());
        assert_eq!(folders.turned("other", full, none).await, Err("no storage space".to_owned()));
        assert_eq!(folders.turned("gone", || Ok(()), none).await, Ok(()));
        assert_eq!(folders.turned("gone", || panic!("a fault"), none).await, Err("the writer ended".to_owned()));
        assert_eq!(folders.turned("gone", || Ok(()), none).await, Ok(()), "a fault holds up no other");
    }
}
