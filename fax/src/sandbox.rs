//! What a child worker gives up before it touches anything that came from outside (README, invariant 6).
//!
//! [`enter`] is called by the child itself, after it has everything it needs open: its pipes, its memfds, its seeds. From then
//! on the process can compute, read and write what is open, and end. It cannot open a file, reach the network, start a program
//! or outlive its parent. It fails closed: if a step that the kernel must know is refused, the child ends before it reads a byte.
//! [`confine`] is for a program that is not ours and needs files and system calls of which nobody has a list: it is kept from the network, from
//! other processes and from every file but those that are named, and where the kernel has no landlock to do that it is not run at all.
//!
//! The appliance runs as the same user, so that the kernel by itself would let a child end it, slow it down or take its memory away: no child
//! of either kind can reach another process by a signal, its rank or its limits, nor start one that would outlive it.
//!
//! Landlock alone is best effort, because a NAS may run a kernel without it, and the system-call filter already forbids `open`.
//! Nothing here needs `unsafe`: every call has a safe wrapper.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;

use rustix::param::clock_ticks_per_second;
use rustix::process::{Pid, Resource, Rlimit, Signal};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

/// What a child may use of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Address space in bytes, the program's own text included.
    pub memory: u64,
    /// Seconds of processor time. Then the process ends by SIGXCPU.
    pub cpu_seconds: u64,
    /// Whoever started it may give it the same time again, by [`renew`]; it cannot do so itself.
    pub renewable: bool,
    /// The largest file (or memfd) that it can grow.
    pub file_bytes: u64,
    /// Open descriptors.
    pub open_files: u64,
}

/// The step that the kernel refused. The child must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SandboxError {
    /// Which step.
    pub step: &'static str,
}

impl fmt::Display for SandboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the sandbox could not be closed: {}", self.step)
    }
}

impl std::error::Error for SandboxError {}

/// Told to a child in its environment. The program's allocator takes room ahead of need, a gigabyte at once unless it is told less: without touching
/// it, but a child's limit of memory counts that too. In kilobytes.
pub(crate) const ROOM: (&str, &str) = ("MIMALLOC_ARENA_RESERVE", "65536");

/// What computing needs: memory, time, randomness, the descriptors that are open already, and an orderly end.
const COMPUTE: &[i64] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_ppoll,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_clock_gettime,
    libc::SYS_getrandom,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    // Where memory has several nodes, the allocator takes the nearest.
    libc::SYS_getcpu,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    // A panic or an abort ends with a signal to oneself (see `filter`).
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// By which orders to fcntl(2) a descriptor sends signals, of any kind and to any process of the same user: `F_SETOWN`, `F_SETOWN_EX` and
/// `F_SETSIG`; and the two of ioctl(2), `FIOSETOWN` and `SIOCSPGRP`.
const OWNERS: [u64; 3] = [8, 15, 10];
/// See above.
const OWNERS_BY_IOCTL: [u64; 2] = [0x8901, 0x8902];
/// Threads that a confined program may have, and what else of the same user may begin meanwhile. LibreOffice has some dozen.
const MOST_THREADS: u64 = 512;

/// Closes the sandbox around the calling process. `more` are the system calls that this worker needs besides computing.
/// The process must have one thread only: the filter covers the thread that asks for it and those it starts.
pub fn enter(limits: &Limits, more: &[i64]) -> Result<(), SandboxError> {
    limit(limits)?;
    forbid_files();
    let filter = filter(more).ok_or(SandboxError { step: "system-call list" })?;
    seccompiler::apply_filter(&filter).map_err(|_| SandboxError { step: "system-call filter" })
}

/// Confines the calling process, and whatever it becomes: it can read and run what is below `reads`, work in `folder`, and see no other file;
/// it has no network and no way to another process. What of `reads` does not exist is left out.
pub fn confine(limits: &Limits, reads: &[&str], folder: &Path) -> Result<(), SandboxError> {
    limit(limits)?;
    let threads = Some(threads_of_ours() + MOST_THREADS);
    let threads = Rlimit { current: threads, maximum: threads };
    rustix::process::setrlimit(Resource::Nproc, threads).map_err(|_| SandboxError { step: "thread limit" })?;
    allow_files(reads, folder).ok_or(SandboxError { step: "files" })?;
    for filter in [no_network(), no_clone3()] {
        let filter = filter.ok_or(SandboxError { step: "system-call list" })?;
        seccompiler::apply_filter(&filter).map_err(|_| SandboxError { step: "system-call filter" })?;
    }
    Ok(())
}

/// True where the kernel can keep a program from files.
pub fn can_confine() -> bool {
    ruleset().is_some()
}

/// Limits of the machine, and no way back.
fn limit(limits: &Limits) -> Result<(), SandboxError> {
    let refused = |step| move |_| SandboxError { step };
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(refused("parent's death"))?;
    for (resource, limit, step) in [
        (Resource::As, limits.memory, "memory limit"),
        (Resource::Cpu, limits.cpu_seconds, "processor limit"),
        (Resource::Fsize, limits.file_bytes, "file limit"),
        (Resource::Nofile, limits.open_files, "descriptor limit"),
        // A core dump would hold a patient's letter.
        (Resource::Core, 0, "core limit"),
    ] {
        // A second between the two, so that the end of the processor time has a signal of its own.
        let maximum = match resource {
            Resource::Cpu if limits.renewable => None,
            Resource::Cpu => Some(limit + 1),
            _ => Some(limit),
        };
        let limit = Rlimit { current: Some(limit), maximum };
        rustix::process::setrlimit(resource, limit).map_err(|_| SandboxError { step })?;
    }
    rustix::thread::set_no_new_privs(true).map_err(refused("no new privileges"))
}

/// Gives a child of ours with these limits, which entered its sandbox, its processor time anew.
///
/// # Errors
/// It has ended, or the kernel refuses.
pub fn renew(child: u32, limits: &Limits) -> io::Result<()> {
    let used = ticks(child)?.div_ceil(clock_ticks_per_second().max(1));
    let pid = i32::try_from(child).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::NotFound)?;
    let limit = Rlimit { current: Some(used + limits.cpu_seconds), maximum: None };
    rustix::process::prlimit(Some(pid), Resource::Cpu, limit)?;
    Ok(())
}

/// True if a child of ours with these limits, which has had its time by the clock on the wall, has clearly not had its processor time: the
/// machine was busy, and the child stood back.
pub(crate) fn was_kept_waiting(child: Option<u32>, limits: &Limits) -> bool {
    let used = child.and_then(|child| ticks(child).ok());
    used.is_none_or(|used| is_clearly_less(used, limits.cpu_seconds * clock_ticks_per_second()))
}

/// By a tenth.
const fn is_clearly_less(used: u64, limit: u64) -> bool {
    used.saturating_mul(10) < limit.saturating_mul(9)
}

/// The processor time that a process has used, in the clock's ticks: `utime` and `stime` of proc_pid_stat(5), which stand behind a name in
/// brackets that may hold anything.
fn ticks(process: u32) -> io::Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields.split_whitespace());
    let times: Vec<u64> = fields.into_iter().flatten().skip(11).take(2).filter_map(|time| time.parse().ok()).collect();
    if times.len() == 2 { Ok(times.iter().sum()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// How many threads this user has, which is what the kernel counts against the limit of each: `num_threads` of proc_pid_stat(5).
fn threads_of_ours() -> u64 {
    use std::os::unix::fs::MetadataExt;
    let us = rustix::process::getuid().as_raw();
    let ours = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ours = ours.filter(|entry| entry.metadata().is_ok_and(|of| of.uid() == us));
    let threads = ours.filter_map(|process| {
        let stat = std::fs::read_to_string(process.path().join("stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(17)?.parse::<u64>().ok()
    });
    threads.sum()
}

/// A ruleset for all that landlock's first version knows of files; `None` where the kernel has none.
fn ruleset() -> Option<landlock::RulesetCreated> {
    use landlock::{ABI, Access, AccessFs, CompatLevel, Compatible, Ruleset, RulesetAttr};
    let ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    ruleset.handle_access(AccessFs::from_all(ABI::V1)).ok()?.create().ok()
}

fn allow_files(reads: &[&str], folder: &Path) -> Option<()> {
    use landlock::{ABI, Access, AccessFs, PathBeneath, PathFd, RulesetCreatedAttr, RulesetStatus};
    let mut ruleset = ruleset()?;
    for path in reads.iter().filter_map(|path| Some((*path, PathFd::new(path).ok()?))) {
        let (path, fd) = path;
        // A rule for a file may name no right of folders.
        let (read, file) = (AccessFs::from_read(ABI::V1), AccessFs::from_file(ABI::V1));
        let is_file = !Path::new(path).is_dir();
        let mut rights = if is_file { read & file } else { read };
        if path == "/dev/null" {
            rights |= AccessFs::WriteFile;
        }
        ruleset = ruleset.add_rule(PathBeneath::new(fd, rights)).ok()?;
    }
    let folder = PathBeneath::new(PathFd::new(folder).ok()?, AccessFs::from_all(ABI::V1));
    let restricted = ruleset.add_rule(folder).ok()?.restrict_self().ok()?;
    (restricted.ruleset == RulesetStatus::FullyEnforced).then_some(())
}

/// `access`, which newer processors have only in its later form.
#[cfg(target_arch = "x86_64")]
const ACCESS: i64 = libc::SYS_access;
#[cfg(not(target_arch = "x86_64"))]
const ACCESS: i64 = libc::SYS_faccessat;

/// Refuses the network, connections of any kind, and what reaches another process or the machine. All else is allowed.
fn no_network() -> Option<BpfProgram> {
    const REFUSED: &[i64] = &[
        libc::SYS_connect,
        // Signals, but for those to itself, which are below.
        libc::SYS_tkill,
        libc::SYS_rt_sigqueueinfo,
        libc::SYS_rt_tgsigqueueinfo,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_send_signal,
        // Another process's rank, processor and memory.
        libc::SYS_setpriority,
        libc::SYS_ioprio_set,
        libc::SYS_sched_setscheduler,
        libc::SYS_sched_setparam,
        libc::SYS_sched_setattr,
        libc::SYS_sched_setaffinity,
        libc::SYS_migrate_pages,
        libc::SYS_move_pages,
        libc::SYS_process_madvise,
        libc::SYS_process_mrelease,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_getfd,
        libc::SYS_kcmp,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_pivot_root,
        libc::SYS_chroot,
        libc::SYS_setns,
        libc::SYS_unshare,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_io_uring_setup,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_init_module,
        libc::SYS_finit_module,
        libc::SYS_kexec_load,
        libc::SYS_reboot,
        libc::SYS_open_by_handle_at,
    ];
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    #[cfg(target_arch = "x86_64")]
    rules.extend([libc::SYS_fork, libc::SYS_vfork].map(|call| (call, Vec::new())));
    let is = SeccompCmpOp::Eq;
    let us = u64::from(std::process::id());
    for call in [libc::SYS_kill, libc::SYS_tgkill] {
        rules.insert(call, vec![rule([(0, SeccompCmpOp::Ne, us)])?]);
    }
    rules.insert(libc::SYS_prlimit64, vec![rule([(0, SeccompCmpOp::Ne, 0), (0, SeccompCmpOp::Ne, us)])?]);
    let orders = |all: &[u64]| all.iter().map(|order| rule([(1, is.clone(), *order)])).collect::<Option<Vec<_>>>();
    rules.insert(libc::SYS_fcntl, orders(&OWNERS)?);
    rules.insert(libc::SYS_ioctl, orders(&OWNERS_BY_IOCTL)?);
    // It ends with whoever started it, and starts threads, but no process.
    rules.insert(libc::SYS_prctl, vec![rule([(0, is.clone(), u64::from(libc::PR_SET_PDEATHSIG.unsigned_abs()))])?]);
    let thread = u64::from(libc::CLONE_THREAD.unsigned_abs());
    rules.insert(libc::SYS_clone, vec![rule([(0, SeccompCmpOp::MaskedEq(thread), 0)])?]);
    // Sockets within this computer are how it looks for another of itself; it may make one and reach nobody by it.
    let local = u64::from(libc::AF_UNIX.unsigned_abs());
    rules.insert(libc::SYS_socket, vec![rule([(0, SeccompCmpOp::Ne, local)])?]);
    // Landlock leaves the question whether a folder can be written to the owner's rights. Asked for /tmp that would be a yes, and LibreOffice
    // would insist on its socket there; told no, it takes the place that it is given.
    let writable = u64::from(libc::W_OK.unsigned_abs());
    for (call, mode) in [(ACCESS, 1), (libc::SYS_faccessat, 2), (libc::SYS_faccessat2, 2)] {
        rules.insert(call, vec![rule([(mode, is.clone(), writable)])?]);
    }
    refusing(rules, libc::EACCES)
}

/// What clone3(2) is asked for lies in memory, where no filter can look. Told that there is none, libraries take clone(2).
fn no_clone3() -> Option<BpfProgram> {
    refusing(BTreeMap::from([(libc::SYS_clone3, Vec::new())]), libc::ENOSYS)
}

/// Answers these calls with an error, and allows all others.
fn refusing(rules: BTreeMap<i64, Vec<SeccompRule>>, error: i32) -> Option<BpfProgram> {
    let refuse = SeccompAction::Errno(error.unsigned_abs());
    let arch = TargetArch::try_from(std::env::consts::ARCH).ok()?;
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch).ok()?.try_into().ok()
}

/// Fits a call of which all of this is so: an argument by its number, as the 32 bits that these calls take, and what it is compared with.
fn rule<const N: usize>(conditions: [(u8, SeccompCmpOp, u64); N]) -> Option<SeccompRule> {
    let of = |(argument, op, value)| SeccompCondition::new(argument, SeccompCmpArgLen::Dword, op, value).ok();
    SeccompRule::new(conditions.into_iter().map(of).collect::<Option<Vec<_>>>()?).ok()
}

/// Landlock without any rule: no file below any path can be opened. Memfds stay reachable, since they lie below none.
fn forbid_files() {
    use landlock::{ABI, Access, AccessFs, Ruleset, RulesetAttr};
    // An old kernel knows less or nothing of it; what it knows is applied.
    let _ = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V4))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
}

/// Any call that is not listed kills the process, so that an exploit gets no second try. `None` on a processor that the filter
/// does not know.
fn filter(more: &[i64]) -> Option<BpfProgram> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        COMPUTE.iter().chain(more).map(|call| (*call, Vec::new())).collect();
    // Memory may be mapped, but never as something that can be executed.
    let executable = u64::from(libc::PROT_EXEC.unsigned_abs());
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![rule([(2, SeccompCmpOp::MaskedEq(executable), 0)])?]);
    }
    // The allocator names what it maps, and that is all that may be set of the process.
    let name = u64::from(libc::PR_SET_VMA.unsigned_abs());
    rules.insert(libc::SYS_prctl, vec![rule([(0, SeccompCmpOp::Eq, name)])?]);
    // Signals reach nobody else.
    rules.insert(libc::SYS_tgkill, vec![rule([(0, SeccompCmpOp::Eq, u64::from(std::process::id()))])?]);
    rules.insert(libc::SYS_fcntl, vec![rule(OWNERS.map(|order| (1, SeccompCmpOp::Ne, order)))?]);
    let arch = TargetArch::try_from(std::env::consts::ARCH).ok()?;
    SeccompFilter::new(rules, SeccompAction::KillProcess, SeccompAction::Allow, arch).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_can_be_built() {
        assert!(filter(&[libc::SYS_openat]).is_some_and(|program| program.len() > COMPUTE.len()));
        assert!(no_network().is_some() && no_clone3().is_some());
    }

    #[test]
    fn a_child_that_had_a_tenth_of_its_time_was_kept_waiting_and_one_that_had_nearly_all_was_not() {
        for (used, limit, is) in
            [(0, 20_000, true), (2_000, 20_000, true), (17_999, 20_000, true), (18_000, 20_000, false)]
        {
            assert_eq!(is_clearly_less(used, limit), is, "{used} of {limit}");
        }
        let limits = Limits { memory: 0, cpu_seconds: 200, renewable: false, file_bytes: 0, open_files: 0 };
        assert!(was_kept_waiting(Some(std::process::id()), &limits), "this test has not had 180 seconds");
    }
}
