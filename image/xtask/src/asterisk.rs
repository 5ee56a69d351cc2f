//! Unpacks Asterisk as a peer of the benchmarks: Debian 12 has no package of it, Debian sid has.

use std::process::Command;

use crate::run::{self, Outcome, failed};

pub(crate) const HELP: &str = "\
cargo xtask asterisk - unpacks Asterisk beside the build, for the benchmarks

USAGE
    cargo xtask asterisk

Runs debootstrap (and installs it, if it is missing) to unpack a minimal Debian sid with the package asterisk into target/asterisk: some
120 MB to fetch, 500 MB on disk. Nothing of the machine itself is changed. \"cargo xtask bench register\" and \"call\" start it in there by
chroot when it is there. Needs root, for chroot. Remove the folder to be rid of it.

EXIT STATUS
    0  it is there
    1  something failed; it was said above
    2  called wrongly
";

pub(crate) fn run(args: &[String]) -> Outcome {
    if let Some(surplus) = args.first() {
        return run::usage(format!("asterisk takes no arguments, and was given {surplus}."));
    }
    let folder = run::root().join("target/asterisk");
    if folder.join("usr/sbin/asterisk").is_file() {
        println!("Asterisk is there: {}", folder.display());
        return Ok(());
    }
    if !run::on_path("debootstrap") {
        run::step(Command::new("apt-get").args(["install", "--yes", "--no-install-recommends", "debootstrap"]))?;
    }
    let debootstrap =
        run::step(Command::new("debootstrap").args(["--variant=minbase", "--include=asterisk", "sid"]).arg(&folder));
    if debootstrap.is_err() {
        return failed(format!(
            "debootstrap did not end well; its log is {}/debootstrap/debootstrap.log",
            folder.display()
        ));
    }
    Ok(())
}
