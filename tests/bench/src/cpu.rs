//! CPU time, as the kernel's scheduler counts it: of one thread, of this process, and of another process with its children.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::process::pause;

/// What this thread has used.
pub(crate) fn this_thread() -> Duration {
    clock(ClockId::ThreadCPUTime)
}

/// What this process has used, with the threads that have ended.
pub(crate) fn this_process() -> Duration {
    clock(ClockId::ProcessCPUTime)
}

fn clock(id: ClockId) -> Duration {
    Duration::try_from(clock_gettime(id)).unwrap_or_default()
}

/// What the children of this process used that have ended and were waited for; to the hundredth of a second.
pub(crate) fn ended_children() -> io::Result<Duration> {
    ticks("self", CHILDREN)
}

/// What a process has used, with its threads that have ended; to the hundredth of a second.
pub(crate) fn of_process(pid: u32) -> io::Result<Duration> {
    ticks(&pid.to_string(), ITSELF)
}

/// Where `utime` and `stime` stand in `/proc/PID/stat` behind the name, and `cutime` and `cstime` (proc(5): fields 14 to 17).
const ITSELF: usize = 11;
const CHILDREN: usize = 13;

fn ticks(process: &str, first: usize) -> io::Result<Duration> {
    let stat = read_to_string(Path::new(&format!("/proc/{process}/stat")))?;
    // The second field is a name in brackets and may hold anything.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: Vec<u64> = fields.skip(first).take(2).filter_map(|f| f.parse().ok()).collect();
    if ticks.len() != 2 {
        return Err(io::Error::other(format!("/proc/{process}/stat holds no CPU times")));
    }
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Ok(Duration::from_nanos(ticks.iter().sum::<u64>() * (1_000_000_000 / per_second)))
}

/// A thread, found by its name.
#[derive(Debug)]
pub(crate) struct ThreadCpu {
    task: PathBuf,
}

impl ThreadCpu {
    /// The thread with this name. Fails if there is none, or more than one: a sum would hide which one works.
    pub(crate) fn named(name: &str) -> io::Result<Self> {
        let mut found = tasks(name)?;
        match (found.pop(), found.is_empty()) {
            (Some(task), true) => Ok(Self { task }),
            (Some(_), false) => Err(io::Error::other(format!("more than one thread is named {name}"))),
            (None, _) => Err(io::Error::other(format!("no thread is named {name}"))),
        }
    }

    /// Waits until no thread has this name: one that nobody joins ends a moment after it was told to, and later on a busy machine.
    pub(crate) fn wait_until_none_is_named(name: &str) -> io::Result<()> {
        const LOOKS: u32 = 1000;
        for _ in 0..LOOKS {
            if tasks(name)?.is_empty() {
                return Ok(());
            }
            pause(Duration::from_millis(5));
        }
        Err(io::Error::other(format!("a thread named {name} does not end")))
    }

    /// What it has used since its start, user and system together.
    pub(crate) fn used(&self) -> io::Result<Duration> {
        scheduled(&self.task)
    }
}

/// The threads of this process that have this name.
fn tasks(name: &str) -> io::Result<Vec<PathBuf>> {
    let tasks: Vec<PathBuf> = fs::read_dir("/proc/self/task")?.map(|e| Ok(e?.path())).collect::<io::Result<_>>()?;
    // A thread may end while we look.
    let is_it = |task: &PathBuf| fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim_end() == name);
    Ok(tasks.into_iter().filter(is_it).collect())
}

/// What each thread of a server had used at one moment.
///
/// `utime` and `stime` of `/proc/PID/stat` are the same time, in hundredths of a second; that is too coarse for rounds of seconds.
pub(crate) struct Used {
    by_thread: BTreeMap<String, Duration>,
}

impl Used {
    /// Looks at a process and its children.
    pub(crate) fn of(pid: u32) -> io::Result<Self> {
        let mut by_thread = BTreeMap::new();
        let mut processes = vec![pid.to_string()];
        while let Some(process) = processes.pop() {
            for entry in fs::read_dir(format!("/proc/{process}/task"))? {
                let entry = entry?;
                // A thread may end while we look.
                let Ok(used) = scheduled(&entry.path()) else { continue };
                by_thread.insert(entry.file_name().to_string_lossy().into_owned(), used);
                let children = fs::read_to_string(entry.path().join("children")).unwrap_or_default();
                processes.extend(children.split_whitespace().map(str::to_owned));
            }
        }
        Ok(Self { by_thread })
    }

    /// Looks at one thread of this process.
    pub(crate) fn of_thread(thread: &ThreadCpu) -> io::Result<Self> {
        Ok(Self { by_thread: BTreeMap::from([(String::new(), thread.used()?)]) })
    }

    /// What was used since an earlier look. The last of a thread that ended in between is not seen; those that end are pool threads that
    /// had nothing to do.
    pub(crate) fn since(&self, earlier: &Self) -> Duration {
        let before = |thread: &String| earlier.by_thread.get(thread).copied().unwrap_or_default();
        self.by_thread.iter().map(|(thread, used)| used.saturating_sub(before(thread))).sum()
    }
}

/// How long the processors of this machine had nothing to do, all together, at one moment.
pub(crate) struct Idle {
    /// Of them together.
    rested: Duration,
    processors: usize,
    at: Duration,
}

impl Idle {
    /// Looks at them.
    pub(crate) fn now() -> io::Result<Self> {
        let stat = read_to_string(Path::new("/proc/stat"))?;
        let ticks = idle_ticks(&stat).ok_or_else(|| io::Error::other("/proc/stat holds no idle time"))?;
        let per_second = rustix::param::clock_ticks_per_second().max(1);
        let processors = stat.lines().filter(|line| line.starts_with("cpu")).count().saturating_sub(1).max(1);
        Ok(Self {
            rested: Duration::from_nanos(ticks * (1_000_000_000 / per_second)),
            processors,
            at: clock(ClockId::Monotonic),
        })
    }

    /// The share of the time since an earlier look, from 0 to 1; to a hundredth of a second.
    pub(crate) fn since(&self, earlier: &Self) -> f64 {
        let all = self.at.saturating_sub(earlier.at).as_secs_f64() * self.processors as f64;
        (self.rested.saturating_sub(earlier.rested).as_secs_f64() / all).min(1.0)
    }
}

/// Idle, and idle while a disk was waited for (proc(5): fields 4 and 5 of the first line).
fn idle_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().skip(3);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

fn scheduled(task: &Path) -> io::Result<Duration> {
    let text = read_to_string(&task.join("schedstat"))?;
    let nanos = text.split_whitespace().next().and_then(|n| n.parse().ok());
    nanos.map(Duration::from_nanos).ok_or_else(|| io::Error::other("schedstat holds no number"))
}

fn read_to_string(path: &Path) -> io::Result<String> {
    fs::read_to_string(path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_is_that_of_all_processors_and_of_waiting_for_disks() {
        let stat = "cpu  10 20 30 400 5 6 7 8 9 10\ncpu0 5 10 15 200 3 3 3 4 4 5\n";
        assert_eq!((idle_ticks(stat), idle_ticks("cpu0 1 2 3 4 5\n")), (Some(405), None));
    }
}
