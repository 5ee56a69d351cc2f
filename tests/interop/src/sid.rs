//! Programs of Debian sid, which `cargo xtask sid` unpacks: those that Debian 12 does not have, or has without TLS. They are run as they
//! lie there, by the loader and with the libraries of their own release, so that they see the files and the loopback of the tests and
//! need no root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::repository;

/// The folder with Debian sid.
pub fn root() -> PathBuf {
    repository("target/sid")
}

/// A program of it, by its path there (`usr/bin/sipp`).
///
/// # Panics
/// If it is not there.
pub fn program(path: &str) -> Command {
    let libraries = libraries();
    let loader = entries(&libraries).into_iter().find(|name| is_loader(name)).expect("a release has a loader");
    let mut command = Command::new(libraries.join(loader));
    command.arg("--library-path").arg(&libraries).arg(existing(path));
    command
}

/// The folder of its libraries, which is named after the machine's architecture.
///
/// # Panics
/// If it is not there.
pub fn libraries() -> PathBuf {
    let all = existing("usr/lib");
    let name = entries(&all).into_iter().find(|name| entries(&all.join(name)).iter().any(|file| is_loader(file)));
    all.join(name.expect("a release has a loader"))
}

/// A file or folder of it.
///
/// # Panics
/// If it is not there.
pub fn existing(path: &str) -> PathBuf {
    let file = root().join(path);
    assert!(file.exists(), "{} is not there: as root, cargo xtask sid", file.display());
    file
}

fn is_loader(name: &str) -> bool {
    name.starts_with("ld-linux") && name.contains(".so.")
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
