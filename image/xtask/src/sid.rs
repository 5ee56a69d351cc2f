//! Unpacks programs of Debian sid as peers of benchmarks and of the nightly tests: Debian 12 has no Asterisk, its SIPp has no
//! TLS, and its baresip listens to no group of addresses.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::deps;
use crate::run::{self, Failure, Outcome, failed};

pub(crate) const HELP: &str = "\
cargo xtask sid - unpacks programs of Debian sid beside the build

USAGE
    cargo xtask sid

Runs debootstrap (and installs it, if it is missing) to unpack a minimal Debian sid into target/sid, with the packages asterisk (a
telephone system, with the fax of spandsp), sip-tester (SIPp with TLS and SRTP) and baresip-core (a softphone that listens to groups of
addresses): some 150 MB to fetch, 600 MB on disk. Nothing of the machine itself is changed. What is there already stays; what it lacks
of the three is added.

    cargo xtask bench register, call    start Asterisk in there, by chroot
    cargo xtask bench fax-lines         starts it as it is
    cargo xtask nightly                 calls this itself; its tests start all from there, as they are

Needs root, for chroot. Remove the folder to be rid of it.

EXIT STATUS
    0  all are there
    1  something failed; it was said above
    2  called wrongly
";

/// A package, and the program by which it is known to be there.
const PACKAGES: [(&str, &str); 3] =
    [("asterisk", "usr/sbin/asterisk"), ("sip-tester", "usr/bin/sipp"), ("baresip-core", "usr/bin/baresip")];

pub(crate) fn run(args: &[String]) -> Outcome {
    if let Some(surplus) = args.first() {
        return run::usage(format!("sid takes no arguments, and was given {surplus}."));
    }
    ensure()?;
    println!("Asterisk, SIPp and baresip of Debian sid are there: {}", folder().display());
    Ok(())
}

/// Makes sure that all are there, without a word if they are.
pub(crate) fn ensure() -> Outcome {
    let folder = folder();
    let missing = missing(&folder);
    if missing.is_empty() {
        return Ok(());
    }
    if !run::is_root() {
        return failed(format!("{} must be unpacked by root: cargo xtask sid", missing.join(", ")));
    }
    // The last thing that debootstrap does is to take its own folder away.
    let whole = folder.join("etc/debian_version").is_file() && !folder.join("debootstrap").exists();
    if whole { add(&folder, &missing) } else { unpack(&folder) }
}

fn folder() -> PathBuf {
    run::root().join("target/sid")
}

fn missing(folder: &Path) -> Vec<&'static str> {
    let missing = PACKAGES.iter().filter(|(_, program)| !folder.join(program).is_file());
    missing.map(|(package, _)| *package).collect()
}

fn unpack(folder: &Path) -> Outcome {
    deps::ensure_only("debootstrap")?;
    let include = format!("--include={}", PACKAGES.map(|(package, _)| package).join(","));
    let debootstrap = run::step(Command::new("debootstrap").args(["--variant=minbase", &include, "sid"]).arg(folder));
    debootstrap.map_err(|_| {
        let log = folder.join("debootstrap/debootstrap.log");
        Failure::Failed(format!("debootstrap did not end well; its log is {}", log.display()))
    })
}

/// Installs what is missing in a sid that was unpacked before.
fn add(folder: &Path, packages: &[&str]) -> Outcome {
    // The machine may have moved to another network since then.
    let resolver = std::fs::copy("/etc/resolv.conf", folder.join("etc/resolv.conf"));
    resolver.map_err(|e| Failure::Failed(format!("{} can't be written: {e}", folder.join("etc").display())))?;
    let within = |args: &[&str]| {
        let mut command = Command::new("chroot");
        command.arg(folder).args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]).args(args);
        command
    };
    // A mirror that lags behind by more than sid's week is good enough, as it is to debootstrap. Its signature is checked all the same.
    run::step(&mut within(&["-o", "Acquire::Check-Valid-Until=false", "update"]))?;
    run::step(within(&["install", "--yes", "--no-install-recommends"]).args(packages))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_folder_lacks_is_missing() {
        let folder = run::root().join("no-such-folder");
        assert_eq!(missing(&folder), ["asterisk", "sip-tester", "baresip-core"]);
    }
}
