//! Running other programs, and where things are.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a verb comes to.
pub(crate) type Outcome = Result<(), Failure>;

/// Why a verb did not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Called wrongly; the help follows.
    Usage(String),
    /// It failed; this is the last sentence about it, or nothing if all was said.
    Failed(String),
}

/// A failure with its sentence.
pub(crate) fn failed<T>(what: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Failed(what.into()))
}

/// A wrong call with its sentence.
pub(crate) fn usage<T>(what: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::Usage(what.into()))
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// `cargo`, in the root of the workspace.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.args(args).current_dir(root());
    // What cargo tells us of our own package is nothing to what is built now: build scripts that look at it (ring's) would run anew, and all
    // above them, each time that somebody calls cargo by hand in between.
    for (name, _) in std::env::vars_os() {
        if OF_OUR_PACKAGE.iter().any(|own| name.to_string_lossy().starts_with(own)) {
            command.env_remove(name);
        }
    }
    command
}

/// How the variables begin by which cargo tells a program of the package that it belongs to.
const OF_OUR_PACKAGE: [&str; 2] = ["CARGO_PKG_", "CARGO_MANIFEST_"];

/// Where cargo puts `frontdesk`.
pub(crate) fn program(release: bool) -> Result<PathBuf, Failure> {
    Ok(target()?.join(if release { "release" } else { "debug" }).join("frontdesk"))
}

/// Where cargo puts everything.
pub(crate) fn target() -> Result<PathBuf, Failure> {
    match metadata()?["target_directory"].as_str() {
        Some(target) => Ok(PathBuf::from(target)),
        None => failed("cargo metadata names no target directory"),
    }
}

/// Runs a program to its end, and says which one first.
pub(crate) fn step(command: &mut Command) -> Outcome {
    println!("$ {}", shown(command));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => failed(format!("{} ended with {status}", shown(command))),
        Err(error) => failed(format!("{} could not be started: {error}", shown(command))),
    }
}

/// As a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|w| w.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Whether `program` is on the PATH.
pub(crate) fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

/// Whether we may do everything.
pub(crate) fn is_root() -> bool {
    // `id` is of the essential packages, and saves a dependency for one system call.
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|o| o.stdout.trim_ascii() == b"0")
}

/// What `cargo metadata` says of the workspace's own packages.
pub(crate) fn metadata() -> Result<serde_json::Value, Failure> {
    metadata_with(&["--no-deps"])
}

/// What it says of all packages that are built for these machines.
pub(crate) fn metadata_of_all(targets: &[String]) -> Result<serde_json::Value, Failure> {
    let targets: Vec<&str> = targets.iter().flat_map(|target| ["--filter-platform", target]).collect();
    metadata_with(&targets)
}

fn metadata_with(options: &[&str]) -> Result<serde_json::Value, Failure> {
    let output = cargo(&["metadata", "--format-version", "1"]).args(options).output();
    let output = output.map_err(|e| Failure::Failed(format!("cargo metadata could not be started: {e}")))?;
    if !output.status.success() {
        return failed(format!("cargo metadata failed:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    serde_json::from_slice(&output.stdout).map_err(|e| Failure::Failed(format!("cargo metadata gave no JSON: {e}")))
}
