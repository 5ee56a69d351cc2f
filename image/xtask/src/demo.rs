//! Builds the product and becomes it.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::deps::{self, Group};
use crate::run::{self, Failure, Outcome};

pub(crate) const HELP: &str = "\
cargo xtask demo - starts the whole product on loopback, with a sample clinic

USAGE
    cargo xtask demo [--release] [--skip-deps] [arguments of \"frontdesk demo\" ...]

Installs the Debian packages that the build needs (see \"cargo xtask deps\"), builds the program, and becomes
\"frontdesk demo\": its output is this one's, and a signal to this process is a signal to it. Control-C ends it cleanly, and
so does closing its terminal.

OPTIONS
    --release      Builds with optimisation. Takes longer the first time; for measuring, and for many calls at once.
    --skip-deps    Does not look for Debian packages.
    --             What follows goes to the program, even if it has the name of an option above.

ARGUMENTS OF THE PROGRAM, among others (all: \"cargo xtask demo -- --help\")
    --state <dir>        Keeps the clinic there; a second start goes on where it was. A fresh temporary folder if left out.
    --port-offset <n>    Adds n to every port, so that several run side by side.
    --check              Drives the whole tour by itself and exits with 0 or 1.

EXIT STATUS
    That of the program; 1 if it could not be built.
";

pub(crate) fn run(args: &[String]) -> Outcome {
    let (mut release, mut skip_deps, mut own) = (false, false, true);
    let mut passed = Vec::new();
    for arg in args {
        match arg.as_str() {
            "--release" if own => release = true,
            "--skip-deps" if own => skip_deps = true,
            "--" if own => own = false,
            _ => passed.push(arg),
        }
    }
    if !skip_deps {
        deps::ensure(&[Group::Build])?;
    }
    let mut build = run::cargo(&["build", "--package", "frontdesk-program", "--bin", "frontdesk"]);
    if release {
        build.arg("--release");
    }
    run::step(&mut build)?;
    let program = run::program(release)?;
    // On success this does not return.
    let error = Command::new(&program).arg("demo").args(passed).exec();
    Err(Failure::Failed(format!("{} could not be started: {error}", program.display())))
}
