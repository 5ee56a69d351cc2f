//! Services that packages bring along: the tests start the programs themselves, and nobody who tests wants a relay of sound, a modem's port or
//! a mail server to be there on their machine from then on.
//!
//! A package brings others (a fax server wants a mail server), so no list of ours would be whole: what was there before the installation is
//! looked up, and all else is new. While apt-get runs, Debian's own hook for this (`policy-rc.d`) says no to what is new; afterwards it is not
//! started with the machine either. A service that was here before stays as it was, and so does a hook that somebody else has put there.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::run::{self, Failure, Outcome, on_path};

const HOOK: &str = "/usr/sbin/policy-rc.d";
/// Where scripts of services lie.
const SCRIPTS: &str = "/etc/init.d";
/// Where units of systemd lie, in the order in which one stands for another.
const UNITS: [&str; 3] = ["/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system"];
/// What of them can be started.
const KINDS: [&str; 4] = [".service", ".socket", ".timer", ".path"];

/// What this machine could start at one moment, by name: scripts, and units with their kind ("exim4-base.timer").
pub(super) struct Services {
    scripts: BTreeSet<String>,
    units: BTreeSet<String>,
}

impl Services {
    /// Those that are here now.
    pub(super) fn here() -> Self {
        let is_unit = |name: &String| KINDS.iter().any(|kind| name.ends_with(kind));
        let units = UNITS.iter().flat_map(|folder| names(Path::new(folder))).filter(is_unit).collect();
        Self { scripts: names(Path::new(SCRIPTS)).collect(), units }
    }

    /// What is here now and was not then: scripts, and units that no script stands for and that something could switch on.
    fn new_since(&self, before: &Self, can_be_on: impl Fn(&str) -> bool) -> (Vec<String>, Vec<String>) {
        let scripts: Vec<String> = self.scripts.difference(&before.scripts).cloned().collect();
        let has_script =
            |unit: &str| unit.strip_suffix(".service").is_some_and(|name| scripts.iter().any(|s| s == name));
        let units = self.units.difference(&before.units).filter(|unit| !has_script(unit) && can_be_on(unit)).cloned();
        (scripts.clone(), units.collect())
    }
}

fn names(folder: &Path) -> impl Iterator<Item = String> + use<> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned())
}

/// Keeps services from being started. Dropping it takes the hook away.
pub(super) struct Held<'a> {
    privileged: &'a dyn Fn(&str) -> Command,
    ours: bool,
}

impl<'a> Held<'a> {
    /// From now on, but for those that are here. `privileged` makes a command that may do everything.
    pub(super) fn new(here: &Services, privileged: &'a dyn Fn(&str) -> Command) -> Result<Self, Failure> {
        let there = std::fs::read_to_string(HOOK).ok();
        // One of our own is left where a run was killed.
        let theirs = there.is_some_and(|text| !text.contains(MARK));
        if !theirs {
            let mut install = privileged("install");
            let written = write(install.args(["-m", "755", "/dev/stdin", HOOK]), &hook(here, std::process::id()));
            written.map_err(|e| Failure::Failed(format!("{HOOK} can't be written: {e}")))?;
        }
        Ok(Self { privileged, ours: !theirs })
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.ours {
            let _ = run::step((self.privileged)("rm").args(["-f", HOOK]));
        }
    }
}

/// What has come since is not started with the machine. (The first command is Debian's, and knows each of its two ways to start services.)
pub(super) fn disable_all_since(before: &Services, privileged: &dyn Fn(&str) -> Command) -> Outcome {
    let (scripts, units) = Services::here().new_since(before, can_be_on);
    scripts.iter().try_for_each(|script| run::step(privileged("update-rc.d").args([script.as_str(), "disable"])))?;
    match units.is_empty() || !on_path("systemctl") {
        true => Ok(()),
        false => run::step(privileged("systemctl").args(["disable", "--quiet"]).args(&units)),
    }
}

/// Whether a unit says by what it would be switched on. One that does not runs only when another wants it.
fn can_be_on(unit: &str) -> bool {
    let text = UNITS.iter().find_map(|folder| std::fs::read_to_string(Path::new(folder).join(unit)).ok());
    text.is_some_and(|text| text.lines().any(|line| line.trim() == "[Install]"))
}

/// By which we know a hook of our own.
const MARK: &str = "cargo xtask deps";

/// Says yes to these services, and no (101) to all others as long as the process of this number lives: one that is left behind holds nothing.
/// It is asked by names like "kamailio" and "kamailio.service", behind options (invoke-rc.d(8), deb-systemd-invoke(1p)).
fn hook(here: &Services, process: u32) -> String {
    let known: BTreeSet<String> = here.scripts.iter().chain(&here.units).flat_map(|name| words(name)).collect();
    let known: Vec<String> = known.into_iter().collect();
    // A pattern that fits no word, where there is no service yet.
    let known = if known.is_empty() { "''".to_owned() } else { known.join("|") };
    format!(
        "#!/bin/sh\n# By {MARK}, for as long as it runs.\n[ -d /proc/{process} ] || exit 0\nfor word in \"$@\"; do\n    \
         case \"$word\" in {known}) exit 0 ;; esac\ndone\nexit 101\n"
    )
}

/// By which words a service is asked for, as patterns of the shell. A template ("getty@.service") stands for all that are made of it.
fn words(name: &str) -> Vec<String> {
    let quoted = |name: &str| format!("'{}'", name.replace('\'', "")).replace("@.", "@'*'.");
    match name.strip_suffix(".service") {
        Some(stem) => vec![quoted(name), quoted(stem)],
        None if KINDS.iter().any(|kind| name.ends_with(kind)) => vec![quoted(name)],
        None => vec![quoted(name), quoted(&format!("{name}.service"))],
    }
}

fn write(command: &mut Command, text: &str) -> std::io::Result<()> {
    println!("$ {}", run::shown(command));
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes())?;
    }
    match child.wait()?.success() && Path::new(HOOK).is_file() {
        true => Ok(()),
        false => Err(std::io::Error::other("install failed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the hook, run by a shell, says to these words.
    fn says(hook: &str, words: &[&str]) -> Option<i32> {
        Command::new("sh").args(["-c", hook, "policy-rc.d"]).args(words).status().expect("there is a shell").code()
    }

    fn services(scripts: &[&str], units: &[&str]) -> Services {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Services { scripts: owned(scripts), units: owned(units) }
    }

    #[test]
    fn the_hook_says_no_to_what_is_new_alone_and_to_nothing_once_its_process_is_gone() {
        let here = services(&["dbus", "postfix"], &["getty@.service", "cron.service", "apt-daily.timer"]);
        let held = hook(&here, std::process::id());
        let new = [
            &["--quiet", "rtpengine-daemon", "start", "5"][..],
            &["kamailio.service", "restart"],
            &["exim4", "start"],
            &["exim4-base.timer", "start"],
            &["apt-daily.service", "start"],
            &[],
        ];
        for words in new {
            assert_eq!(says(&held, words), Some(101), "{words:?}");
        }
        let old = [
            &["--quiet", "dbus", "restart"][..],
            &["postfix.service", "restart"],
            &["cron", "restart"],
            &["getty@tty1.service", "restart"],
            &["apt-daily.timer", "restart"],
        ];
        for words in old {
            assert_eq!(says(&held, words), Some(0), "{words:?}");
        }
        assert_eq!(says(&hook(&services(&[], &[]), std::process::id()), &["kamailio", "start"]), Some(101));
        let mut gone = Command::new("true").spawn().expect("a process");
        gone.wait().expect("it ends");
        assert_eq!(says(&hook(&here, gone.id()), &["kamailio", "start"]), Some(0));
    }

    #[test]
    fn what_came_along_is_switched_off_and_what_was_there_is_not() {
        let before = services(&["dbus"], &["dbus.service", "cron.service"]);
        let after = services(
            &["dbus", "exim4", "hylafax"],
            &[
                "dbus.service",
                "cron.service",
                "hylafax.service",
                "faxq.service",
                "exim4-base.service",
                "exim4-base.timer",
            ],
        );
        let (scripts, units) = after.new_since(&before, |unit| unit != "exim4-base.service");
        assert_eq!(
            (scripts, units),
            (
                vec!["exim4".to_owned(), "hylafax".to_owned()],
                vec!["exim4-base.timer".to_owned(), "faxq.service".to_owned()]
            )
        );
        let none = before.new_since(&before, |_| true);
        assert_eq!(none, (Vec::new(), Vec::new()));
    }
}
