//! The state folder, for this program alone.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use super::Failure;

/// Makes the folder if it is not there, and locks it while what is returned lives: two programs on one folder would each think that they own its
/// faxes. A file system that can only be read, as one is after a fault of the disk, ends nothing: with the capsule in it phones work.
pub(super) fn own(state: &Path) -> Result<File, Failure> {
    let failure = |e: io::Error| Failure(format!("the state folder {} cannot be used: {e}", state.display()));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(state).map_err(failure)?;
    match fs::set_permissions(state, fs::Permissions::from_mode(0o700)) {
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => {
            tracing::error!("the state folder {} can only be read: nothing can be stored", state.display());
        }
        set => set.map_err(failure)?,
    }
    let lock = lock_of(state).map_err(failure)?;
    lock.try_lock().map_err(|_| {
        Failure(format!("another Frontdesk is running on the state folder {}; stop it first", state.display()))
    })?;
    Ok(lock)
}

/// What is locked: a file in it. If none can be made, the folder.
fn lock_of(state: &Path) -> io::Result<File> {
    let path = state.join("lock");
    File::create(&path).or_else(|error| match error.kind() {
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::StorageFull => {
            File::open(&path).or_else(|_| File::open(state))
        }
        _ => Err(error),
    })
}
