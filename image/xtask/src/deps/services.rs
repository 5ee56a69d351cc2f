//! Services that packages bring along: the tests start the programs themselves, and nobody who tests wants a relay of sound or a modem's port
//! to be open on their machine from then on.
//!
//! While apt-get runs, Debian's own hook for this (`policy-rc.d`) says no to those that are new here; afterwards they are not started with the
//! machine either. A service that was here before stays as it was, and so does a hook that somebody else has put there.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::run::{self, Failure, Outcome};

/// Packages, and the service that each of them would start.
const SERVICES: [(&str, &str); 4] = [
    ("hylafax-server", "hylafax"),
    ("kamailio", "kamailio"),
    ("rtpengine-daemon", "rtpengine-daemon"),
    ("ser2net", "ser2net"),
];

const HOOK: &str = "/usr/sbin/policy-rc.d";

/// The services of packages.
pub(super) fn of(packages: &[&str]) -> Vec<&'static str> {
    SERVICES.iter().filter(|(package, _)| packages.contains(package)).map(|(_, service)| *service).collect()
}

/// Keeps services from being started. Dropping it takes the hook away.
pub(super) struct Held<'a> {
    privileged: &'a dyn Fn(&str) -> Command,
    ours: bool,
}

impl<'a> Held<'a> {
    /// From now on. `privileged` makes a command that may do everything.
    pub(super) fn new(services: &[&str], privileged: &'a dyn Fn(&str) -> Command) -> Result<Self, Failure> {
        let there = std::fs::read_to_string(HOOK).ok();
        // One of our own is left where a run was killed.
        let theirs = there.is_some_and(|text| !text.contains(MARK)) || services.is_empty();
        if !theirs {
            let mut install = privileged("install");
            let written = write(install.args(["-m", "755", "/dev/stdin", HOOK]), &hook(services, std::process::id()));
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

/// They are not started with the machine. (This command of Debian's knows each of its two ways to start services.)
pub(super) fn disable(services: &[&str], privileged: &dyn Fn(&str) -> Command) -> Outcome {
    services.iter().try_for_each(|service| run::step(privileged("update-rc.d").args([service, "disable"])))
}

/// By which we know a hook of our own.
const MARK: &str = "cargo xtask deps";

/// Says no (101) to these services as long as the process of this number lives, and yes to all others: one that is left behind holds nothing.
/// It is asked by names like "kamailio" and "kamailio.service", behind options (invoke-rc.d(8), deb-systemd-invoke(1p)).
fn hook(services: &[&str], process: u32) -> String {
    let names: Vec<String> = services.iter().map(|s| format!("{s}|{s}.service")).collect();
    format!(
        "#!/bin/sh\n# By {MARK}, for as long as it runs.\n[ -d /proc/{process} ] || exit 0\nfor word in \"$@\"; do\n    \
         case \"$word\" in {}) exit 101 ;; esac\ndone\nexit 0\n",
        names.join("|")
    )
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

    #[test]
    fn the_hook_says_no_to_the_new_services_alone_and_to_none_once_its_process_is_gone() {
        let services = of(&["sox", "rtpengine-daemon", "kamailio"]);
        assert_eq!(services, ["kamailio", "rtpengine-daemon"]);
        let held = hook(&services, std::process::id());
        for words in [&["--quiet", "rtpengine-daemon", "start", "5"][..], &["kamailio.service", "restart"]] {
            assert_eq!(says(&held, words), Some(101), "{words:?}");
        }
        for words in [&["ser2net", "start"][..], &["rtpengine-recording-daemon.service", "start"], &[]] {
            assert_eq!(says(&held, words), Some(0), "{words:?}");
        }
        let mut gone = Command::new("true").spawn().expect("a process");
        gone.wait().expect("it ends");
        assert_eq!(says(&hook(&services, gone.id()), &["kamailio", "start"]), Some(0));
    }
}
