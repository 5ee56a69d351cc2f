//! Names of the outside world: look-ups in the DNS, and what they found, kept for the next start.

use std::path::PathBuf;

use clinic::Input;
use sip::io::dns::Dns;
use sip::resolve::{Query, Target};
use store::lifeline::Addresses;
use tokio::sync::mpsc;

/// Who answers, and where the answers are kept.
pub(crate) struct Names {
    dns: Dns,
    state: PathBuf,
}

impl Names {
    pub(crate) const fn new(dns: Dns, state: PathBuf) -> Self {
        Self { dns, state }
    }

    /// Where the trunks were when they were last looked up.
    pub(crate) fn known(&self) -> Vec<(String, Vec<Target>)> {
        let read = |texts: Vec<String>| texts.iter().filter_map(|t| calls::target_of(t)).collect();
        Addresses::load(&self.state).0.into_iter().map(|(name, texts)| (name, read(texts))).collect()
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
        let addresses = Addresses(known.iter().map(|(name, targets)| (name.clone(), text(targets))).collect());
        let state = self.state.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = addresses.save(&state) {
                tracing::warn!(%error, "the trunks' addresses cannot be kept for the next start");
            }
        });
    }
}
