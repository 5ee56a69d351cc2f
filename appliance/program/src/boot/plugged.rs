//! What is plugged in and stands in no setting: a fax modem that somebody bought and nobody uses.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use model::Settings;
use modem::port::{BY_ID, stable_names};
use tokio::sync::watch;

use super::port::Wants;

/// How often it is looked. A look reads one folder.
const LOOK: Duration = Duration::from_secs(10);
/// Of so many it is said by which name they stand there: a clinic that plugs in more knows what it does.
const MOST_NAMED: usize = 16;

/// Says on Today what is plugged in and unused, as long as it is.
pub(super) async fn show(settings: watch::Receiver<Arc<Settings>>, wants: Wants) {
    let mut shown = Vec::new();
    loop {
        let used: Vec<_> = settings.borrow().modems.iter().map(|modem| PathBuf::from(&modem.device)).collect();
        let ports = unused(Path::new(BY_ID), &used);
        if ports != shown {
            wants.plugged(ports.clone()).await;
            shown = ports;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The names in this folder whose ports are none of these, whichever name the settings call those by.
fn unused(by_id: &Path, used: &[PathBuf]) -> Vec<String> {
    let used: BTreeSet<_> = used.iter().filter_map(|device| fs::canonicalize(device).ok()).collect();
    let is_unused = |name: &PathBuf| fs::canonicalize(name).is_ok_and(|port| !used.contains(&port));
    let unused = stable_names(by_id).into_iter().filter(is_unused).take(MOST_NAMED);
    unused.map(|name| name.display().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_plugged_in_is_named_until_a_setting_names_it_by_whatever_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let by_id = folder.path().join("by-id");
        fs::create_dir(&by_id).expect("a folder");
        let (port, name) = (folder.path().join("ttyACM0"), by_id.join("usb-U.S._Robotics_56K_FAX_USB-if00"));
        assert_eq!(unused(&by_id, &[]), Vec::<String>::new());
        fs::write(&port, "").expect("a file");
        symlink(&port, &name).expect("a link");
        assert_eq!(unused(&by_id, &[]), [name.display().to_string()]);
        for used in [name, port] {
            assert_eq!(unused(&by_id, &[used]), Vec::<String>::new());
        }
        assert_eq!(unused(Path::new("/nowhere"), &[]), Vec::<String>::new());
    }
}
