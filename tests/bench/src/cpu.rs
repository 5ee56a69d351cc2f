//! CPU time of one thread of this process, as the kernel's scheduler counts it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A thread, found by its name.
#[derive(Debug)]
pub(crate) struct ThreadCpu {
    task: PathBuf,
}

impl ThreadCpu {
    /// The thread with this name. Fails if there is none, or more than one: a sum would hide which one works.
    pub(crate) fn named(name: &str) -> io::Result<Self> {
        let mut found = None;
        for entry in fs::read_dir("/proc/self/task")? {
            let task = entry?.path();
            // A thread may end while we look.
            if fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim_end() == name)
                && found.replace(task).is_some()
            {
                return Err(io::Error::other(format!("more than one thread is named {name}")));
            }
        }
        let task = found.ok_or_else(|| io::Error::other(format!("no thread is named {name}")))?;
        Ok(Self { task })
    }

    /// What it has used since its start, user and system together.
    pub(crate) fn used(&self) -> io::Result<Duration> {
        let text = read_to_string(&self.task.join("schedstat"))?;
        let nanos = text.split_whitespace().next().and_then(|n| n.parse().ok());
        nanos.map(Duration::from_nanos).ok_or_else(|| io::Error::other("schedstat holds no number"))
    }
}

fn read_to_string(path: &Path) -> io::Result<String> {
    fs::read_to_string(path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))
}
