//! Fax engines and converters as child processes.

use std::collections::HashMap;
use std::hash::Hash;
use std::io::Write;
use std::path::{Path, PathBuf};

use clinic::{FaxWorkerStart, Input};
use fax::page::Page;
use fax::worker::WorkerHandle;
use fax::worker::proto::{FromWorker, ToWorker};
use model::command::Document;
use model::{FaxId, Pii, Resolution};
use tokio::sync::mpsc;

/// Orders on their way to one engine. It answers each before the next; a backlog this long means that it hangs, and the
/// session's watchdog ends it.
const MAX_FRAMES: usize = 256;

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
#[allow(clippy::disallowed_methods, reason = "the shell's task for one conversion")]
pub(crate) fn render(fax: FaxId, documents: Vec<Document>, resolution: Resolution, inputs: mpsc::Sender<Input>) {
    tokio::spawn(async move {
        let result = fax::convert::io::run(&documents, resolution).await;
        let _ = inputs.send(Input::Rendered { fax, result }).await;
    });
}

/// Reads the codes on a page in the sandbox.
#[allow(clippy::disallowed_methods, reason = "the shell's task for one page")]
pub(crate) fn read_codes(fax: FaxId, page: Box<Page>, inputs: mpsc::Sender<Input>) {
    tokio::spawn(async move {
        let codes = fax::convert::io::read_codes(&page).await;
        let _ = inputs.send(Input::CodesRead { fax, codes }).await;
    });
}

/// Writes a received fax into a folder: whole and durable under its name, or not at all.
#[allow(clippy::disallowed_methods, reason = "the shell's task for one file")]
pub(crate) fn write(
    path: PathBuf,
    fax: FaxId,
    folder: String,
    name: String,
    pdf: Pii<Vec<u8>>,
    inputs: mpsc::Sender<Input>,
) {
    tokio::spawn(async move {
        let written = tokio::task::spawn_blocking(move || write_file(&path, &name, pdf.expose())).await;
        let result = match written {
            Ok(Ok(())) => Ok(()),
            // The kind of an error names no file.
            Ok(Err(error)) => Err(error.kind().to_string()),
            Err(_) => Err("the writer ended".to_owned()),
        };
        if let Err(why) = &result {
            tracing::warn!(%fax, %why, "a received fax could not be written into its folder");
        }
        let _ = inputs.send(Input::FaxWritten { fax, folder, result }).await;
    });
}

fn write_file(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!(".{name}.part"));
    let mut file = std::fs::File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, folder.join(name))?;
    std::fs::File::open(folder)?.sync_all()
}
