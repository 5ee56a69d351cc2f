//! The clinic's modems, each kept by a thread of its own.

use std::collections::HashMap;
use std::path::PathBuf;

use clinic::Input;
use model::Settings;
use model::time::Clock;
use modem::Order;
use modem::io::{Kept, keep};
use tokio::sync::mpsc;

/// The modems of the settings, by name.
#[derive(Default)]
pub(super) struct Modems(HashMap<String, Kept>);

impl Modems {
    /// Keeps those that the settings name, and no others any more.
    pub(super) fn start(settings: &Settings, clock: Clock, inputs: &mpsc::Sender<Input>) -> Self {
        let kept = settings.modems.iter().map(|modem| {
            let (name, inputs) = (modem.name.clone(), inputs.clone());
            let settings = modem.ring_command.clone().into_iter().collect();
            let tell = move |news| inputs.blocking_send(Input::Modem { name: name.clone(), news }).is_ok();
            (modem.name.clone(), keep(clock, PathBuf::from(&modem.device), settings, tell))
        });
        Self(kept.collect())
    }

    pub(super) fn order(&self, name: &str, order: Order) {
        if let Some(modem) = self.0.get(name) {
            modem.order(order);
        }
    }
}
