//! What Prometheus is told.

use std::fmt::Write as _;
use std::sync::Arc;

use model::Snapshot;
use model::event::{ModemIs, ModemState};
use tokio::sync::watch;

/// A function that renders the metrics as they are when it is called.
pub(crate) fn of(snapshot: watch::Receiver<Arc<Snapshot>>) -> Arc<dyn Fn() -> String + Send + Sync> {
    Arc::new(move || render(&snapshot.borrow(), resident()))
}

fn render(s: &Snapshot, resident: Option<u64>) -> String {
    let mut out = String::new();
    let mut gauge = |name: &str, help: &str, value: u64| {
        // Writing to a string cannot fail.
        let _ =
            writeln!(out, "# HELP frontdesk_{name} {help}\n# TYPE frontdesk_{name} gauge\nfrontdesk_{name} {value}");
    };
    gauge("calls", "Calls that are up.", s.calls.len() as u64);
    gauge("faxes_on_line", "Faxes on the line.", s.faxes.len() as u64);
    let of = |states: &[ModemState], is: fn(ModemIs) -> bool| states.iter().filter(|m| is(m.is)).count() as u64;
    let missing = |is: ModemIs| matches!(is, ModemIs::Away | ModemIs::Unfit);
    gauge("modems_usable", "Fax modems that are there and can be used.", of(&s.modems, ModemIs::is_usable));
    gauge("modems_missing", "Fax modems that are not there or of no use.", of(&s.modems, missing));
    let registered = s.phones.iter().map(|p| p.phones as u64).sum();
    gauge("phones_registered", "Phones that are registered.", registered);
    gauge("alerts_open", "Staff alerts that nobody acknowledged.", s.alerts.iter().filter(|a| a.open).count() as u64);
    gauge("unlocked", "1 when the store is open.", u64::from(s.unlocked));
    if let Some(bytes) = resident {
        gauge("resident_memory_bytes", "Resident memory of the program, without its child workers.", bytes);
    }
    out
}

/// Resident set size (proc(5), the second field of statm, in pages).
fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_its_help_and_type() {
        let text = render(&Snapshot { unlocked: true, ..Snapshot::default() }, Some(4096));
        assert!(text.contains("# TYPE frontdesk_unlocked gauge\nfrontdesk_unlocked 1\n"), "{text}");
        assert!(text.contains("frontdesk_resident_memory_bytes 4096"), "{text}");
    }
}
