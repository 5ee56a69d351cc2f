//! CPU time, as the kernel's scheduler counts it: of one thread, of this process, and of another process with its children.

use std::collections::BTreeSet;
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
    ended_children_of("self")
}

fn ended_children_of(process: &str) -> io::Result<Duration> {
    /// Where `cutime` and `cstime` stand behind the name (proc(5): fields 16 and 17).
    const FIRST: usize = 13;
    let stat = read_to_string(Path::new(&format!("/proc/{process}/stat")))?;
    // The second field is a name in brackets and may hold anything.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: Vec<u64> = fields.skip(FIRST).take(2).filter_map(|f| f.parse().ok()).collect();
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

/// What a server had used at one moment, with the threads that had ended and the children that had been waited for.
///
/// A telephone system may have a thread for each channel, and what such a thread did is gone from `/proc/PID/task` when its call is over.
pub(crate) struct Used(Duration);

impl Used {
    /// Looks at a process and its children: those that live to the nanosecond, those that have ended to the hundredth of a second.
    pub(crate) fn of(pid: u32) -> io::Result<Self> {
        let (mut used, mut seen) = (of_living(pid)?, BTreeSet::from([pid]));
        let mut parents = vec![pid];
        while let Some(parent) = parents.pop() {
            // A child may be forked, or end, while we look.
            for child in children(parent).into_iter().filter(|child| seen.insert(*child)) {
                used += of_living(child).unwrap_or_default();
                parents.push(child);
            }
        }
        Ok(Self(used))
    }

    /// Looks at one thread of this process.
    pub(crate) fn of_thread(thread: &ThreadCpu) -> io::Result<Self> {
        thread.used().map(Self)
    }

    /// The same with what another had used.
    pub(crate) fn and(self, other: &Self) -> Self {
        Self(self.0 + other.0)
    }

    /// What was used since an earlier look.
    pub(crate) const fn since(&self, earlier: &Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// What a process has used, and its children that have ended.
fn of_living(pid: u32) -> io::Result<Duration> {
    let number = i32::try_from(pid).map_err(io::Error::other)?;
    let clock = nix::time::clock_getcpuclockid(nix::unistd::Pid::from_raw(number))?;
    Ok(Duration::from(nix::time::clock_gettime(clock)?) + ended_children_of(&pid.to_string())?)
}

/// The children of each thread of a process.
fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|child| child.parse().ok()).collect::<Vec<_>>()).collect()
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

    /// More than a hundredth of a second, less than anybody waits for.
    const WORK: Duration = Duration::from_millis(40);

    fn work() {
        let begun = this_thread();
        while this_thread() - begun < WORK {}
    }

    #[test]
    fn what_a_thread_did_that_has_ended_counts() {
        let own = std::process::id();
        let before = Used::of(own).expect("our own process");
        std::thread::scope(|scope| scope.spawn(work).join()).expect("it works");
        let used = Used::of(own).expect("our own process").since(&before);
        assert!(used >= WORK, "{used:?}");
    }

    #[test]
    fn what_a_child_did_counts_while_it_lives_and_when_it_has_ended() {
        let own = std::process::id();
        let before = Used::of(own).expect("our own process");
        let counts = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo; read over";
        let mut command = std::process::Command::new("sh");
        command.args(["-c", counts]).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = command.spawn().expect("there is a shell");
        let mut said = [0];
        io::Read::read_exact(child.stdout.as_mut().expect("a pipe"), &mut said).expect("it has counted");
        let living = Used::of(own).expect("our own process");
        let did = Used::of(child.id()).expect("it waits for our word").since(&Used(Duration::ZERO));
        drop(child.stdin.take());
        child.wait().expect("it ends");
        let ended = Used::of(own).expect("our own process");
        // What has ended is known to the hundredth of a second.
        assert!(did > Duration::from_millis(20), "{did:?}");
        assert!(living.since(&before) >= did, "{:?}", living.since(&before));
        assert!(ended.since(&before) + Duration::from_millis(20) >= did, "{:?}", ended.since(&before));
    }

    #[test]
    fn idle_time_is_that_of_all_processors_and_of_waiting_for_disks() {
        let stat = "cpu  10 20 30 400 5 6 7 8 9 10\ncpu0 5 10 15 200 3 3 3 4 4 5\n";
        assert_eq!((idle_ticks(stat), idle_ticks("cpu0 1 2 3 4 5\n")), (Some(405), None));
    }
}
