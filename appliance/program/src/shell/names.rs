//! Names of the outside world: look-ups in the DNS, and what they found, kept for the next start.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use clinic::Input;
use sip::io::dns::Dns;
use sip::resolve::{Query, Target};
use store::lifeline::Addresses;
use tokio::sync::mpsc;

/// Who answers, and where the answers are kept.
pub(crate) struct Names {
    dns: Dns,
    kept: Arc<Kept>,
}

/// What is kept of the answers. Several may come in one moment: they are written one after the other, and the newest stays.
struct Kept {
    state: PathBuf,
    newest: Mutex<Option<Addresses>>,
    writing: Mutex<()>,
}

impl Kept {
    fn put(&self, addresses: Addresses) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(addresses);
    }

    /// Writes the newest, unless somebody has.
    fn write(&self) {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(error)) = newest.map(|addresses| addresses.save(&self.state)) {
            tracing::warn!(%error, "the trunks' addresses cannot be kept for the next start");
        }
    }
}

impl Names {
    pub(crate) fn new(dns: Dns, state: PathBuf) -> Self {
        Self { dns, kept: Arc::new(Kept { state, newest: Mutex::default(), writing: Mutex::default() }) }
    }

    /// Where the trunks were when they were last looked up.
    pub(crate) fn known(&self) -> Vec<(String, Vec<Target>)> {
        let read = |texts: Vec<String>| texts.iter().filter_map(|t| calls::target_of(t)).collect();
        Addresses::load(&self.kept.state).0.into_iter().map(|(name, texts)| (name, read(texts))).collect()
    }

    /// Asks, and hands the answer in. The number of questions at once is bounded by who asks.
    #[allow(clippy::disallowed_methods, reason = "the shell owns the tasks of its look-ups")]
    pub(super) fn ask(&self, query: Query, inputs: mpsc::Sender<Input>) {
        let dns = self.dns.clone();
        tokio::spawn(async move {
            let answer = dns.ask(&query).await;
            // The shell is gone if this fails.
            let _ = inputs.send(Input::Resolved { query, answer }).await;
        });
    }

    /// Keeps what was found.
    #[allow(clippy::disallowed_methods, reason = "a small file, written beside the calls")]
    pub(super) fn keep(&self, known: &[(String, Vec<Target>)]) {
        let text = |targets: &[Target]| targets.iter().map(calls::target_text).collect();
        self.kept.put(Addresses(known.iter().map(|(name, targets)| (name.clone(), text(targets))).collect()));
        let kept = self.kept.clone();
        tokio::task::spawn_blocking(move || kept.write());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_answers_that_come_at_once_the_newest_is_kept_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = Kept { state: folder.path().to_owned(), newest: Mutex::default(), writing: Mutex::default() };
        let answer = |n: usize| Addresses(vec![("main".to_owned(), vec!["udp 192.0.2.1:5060".to_owned(); 1 + n % 50])]);
        std::thread::scope(|scope| {
            for n in 0..200 {
                kept.put(answer(n));
                scope.spawn(|| kept.write());
            }
        });
        assert_eq!(Addresses::load(folder.path()), answer(199));
    }
}
