//! axe-core, which finds what keeps people with a screen reader or a keyboard from using a page. It is fetched from npm into a cache
//! under `target`, once.

use std::fs;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use crate::browser::Browser;
use skip::skipped;

use crate::peer::outcome;
use crate::{repository, wait_for};

/// What is fetched.
const PACKAGE: &str = "axe-core@4.10";
/// A long page takes seconds on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// The script; `None`, and the test counts as skipped, if npm cannot fetch it.
///
/// # Panics
/// If what npm fetched is not what it should be.
pub fn script() -> Option<String> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock();
    let file = repository("target").join(format!("{}.js", PACKAGE.replace('@', "-")));
    if !file.exists() {
        fs::create_dir_all(repository("target")).expect("target can be made");
        let fresh = tempfile::tempdir_in(repository("target")).expect("target can be written");
        let folder = fresh.path().display().to_string();
        let args = ["install", "--prefix", &folder, "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE];
        let (fetched, said) = outcome("npm", &args);
        if !fetched {
            skipped(&format!("axe-core cannot be fetched from npm, so no page was judged: {said}"));
            return None;
        }
        fs::rename(fresh.path().join("node_modules/axe-core/axe.min.js"), &file).expect("renamed");
    }
    Some(fs::read_to_string(file).expect("the script"))
}

/// What it finds wrong with the page that the browser shows, each with its elements.
///
/// # Panics
/// If it does not come to an end.
pub fn findings(browser: &Browser, axe: &str) -> Vec<Value> {
    browser.script(&format!(
        "{axe}; window.judged = null; axe.run().then(r => {{ window.judged = r.violations.map(v => \
         v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | ')) }})"
    ));
    wait_for("axe-core has judged the page", PATIENCE, || match browser.script("return window.judged") {
        Value::Array(found) => Some(found),
        _ => None,
    })
}

/// Asserts that it finds nothing wrong with the page that the browser shows.
///
/// # Panics
/// If it finds something.
pub fn assert_accessible(browser: &Browser, axe: &str, what: &str) {
    let found = findings(browser, axe);
    assert!(found.is_empty(), "{what}: {found:#?}");
}
