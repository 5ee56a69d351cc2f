//! LibreOffice's own life: what it may, and then the exec.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::rank;
use crate::sandbox::{self, Limits};

/// The document, and what becomes of it, in the folder.
pub(super) const DOCUMENT: &str = "letter";
/// See above.
pub(super) const PDF: &str = "letter.pdf";
/// The status of a child that could not be confined, and read nothing.
pub(super) const NOT_CONFINED: u8 = 2;

pub(super) const LIMITS: Limits = Limits {
    // Its libraries and their mappings are most of it.
    memory: 4 << 30,
    cpu_seconds: 90,
    renewable: false,
    // The PDF is read up to this size.
    file_bytes: 64 << 20,
    open_files: 512,
};

/// What it may read besides its folder: itself, its libraries, the fonts, and who it is. None of it is the clinic's.
const READS: [&str; 19] = [
    "/usr",
    "/lib",
    "/lib64",
    "/opt/libreoffice",
    "/etc/libreoffice",
    "/var/lib/libreoffice",
    "/var/spool/libreoffice",
    "/etc/fonts",
    "/var/cache/fontconfig",
    "/etc/ld.so.cache",
    "/etc/passwd",
    "/etc/nsswitch.conf",
    "/etc/localtime",
    "/etc/locale.alias",
    "/proc/filesystems",
    "/proc/self",
    "/dev/null",
    "/dev/urandom",
    "/dev/random",
];

pub(super) fn can_be_confined() -> bool {
    sandbox::can_confine()
}

/// The whole life of `frontdesk office FOLDER`: it becomes LibreOffice, which makes `letter.pdf` of the `letter` in the folder.
pub fn child_main(folder: &Path) -> ExitCode {
    rank::behind();
    let Some(program) = super::program() else { return ExitCode::from(NOT_CONFINED) };
    if sandbox::confine(&LIMITS, &READS, folder).is_err() {
        return ExitCode::from(NOT_CONFINED);
    }
    let mut command = Command::new(program);
    command.arg(format!("-env:UserInstallation=file://{}/profile", folder.display()));
    // It listens for others of its kind, by default in /tmp.
    command.arg(format!("-env:OSL_SOCKET_PATH={}", folder.display()));
    command.args(["--headless", "--norestore", "--nologo", "--nodefault", "--convert-to", "pdf", "--outdir"]);
    command.arg(folder).arg(folder.join(DOCUMENT));
    command.env_clear().env("HOME", folder).env("TMPDIR", folder).env("LANG", "C.UTF-8");
    // It returns only if there is nothing to become.
    let _never_began = command.exec();
    ExitCode::from(NOT_CONFINED)
}
