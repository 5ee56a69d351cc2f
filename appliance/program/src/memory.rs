//! The program's allocator, and what it is told.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use mimalloc::MiMalloc;

/// What a busy hour took goes back to the system soon after it was last needed. The C library's own keeps most of it: what lives for half a
/// minute (a transaction) lies there between what lives for a call, and no page of it becomes free. A child worker has the same one, with less
/// room ([`fax::sandbox`]).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// For how long it keeps what is free, in milliseconds. By itself a tenth of a second and then until something else is freed: on a box where
/// nothing happens that is for ever, 19 MiB for each password that was checked at once.
const KEEPS: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "0");

/// Begins the program anew with the allocator's setting, which it reads before all else and from the environment alone. The same process, and
/// nothing has been done in it yet. Whoever has set it decides; where the program cannot begin anew it goes on as it is.
pub(crate) fn given_back_at_once() {
    if std::env::var_os(KEEPS.0).is_some() {
        return;
    }
    let mut args = std::env::args_os();
    if let (Some(name), Ok(program)) = (args.next(), std::env::current_exe()) {
        let _did_not_begin = Command::new(program).arg0(name).args(args).env(KEEPS.0, KEEPS.1).exec();
    }
}
