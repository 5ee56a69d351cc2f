//! Folders for received faxes that are shares: mounted at their place in the state folder, or linked there.
//!
//! Where a share is not mounted an ordinary folder lies in its place. What is written there is found by nobody, and is hidden as soon as the share is
//! back. So it is remembered of each folder that it was one, by a file beside it (`.NAME.mounted`): as long as that is there and the share is not,
//! nothing is written, and it is tried again. Whoever wants an ordinary folder there deletes the file.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What lies in it lies on another disk than the folder that it is in.
pub(super) fn is_share(folder: &Path) -> io::Result<bool> {
    let Some(parent) = folder.parent() else { return Ok(false) };
    Ok(fs::metadata(folder)?.dev() != fs::metadata(parent)?.dev())
}

/// Fails if it was a share and is none now.
pub(super) fn is_as_it_was(folder: &Path, is_share: bool) -> io::Result<()> {
    let was_share = mark(folder);
    match (is_share, was_share.exists()) {
        (false, true) => return Err(io::Error::other("its share is not mounted")),
        (true, false) => {
            if let Err(error) = File::create(&was_share) {
                tracing::warn!(why = %error.kind(), "it cannot be remembered that a folder for received faxes is a share");
            }
        }
        (true, true) | (false, false) => {}
    }
    Ok(())
}

fn mark(folder: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(folder.file_name().unwrap_or_default());
    name.push(".mounted");
    folder.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_a_share_where_something_is_mounted_or_linked_from_elsewhere() {
        let state = tempfile::tempdir().expect("a folder");
        let plain = state.path().join("lab");
        fs::create_dir(&plain).expect("a folder");
        let linked = state.path().join("linked");
        std::os::unix::fs::symlink("/proc", &linked).expect("a link");
        let is =
            [plain.as_path(), Path::new("/proc"), &linked].map(|folder| is_share(folder).expect("it can be asked"));
        assert_eq!(is, [false, true, true]);
    }
}
