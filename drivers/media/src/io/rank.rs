//! Packets before everything else on the machine.
//!
//! A thread of an ordinary rank that wakes for a packet may wait for the end of another's slice, some milliseconds, whatever their ranks: a nice
//! value says how much of a processor a thread gets, not how soon. One of real time goes at once. It sleeps whenever no packet is there, and of one that
//! never slept (a flood) the kernel keeps a twentieth of its processor back for the others.

use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

/// The lowest of real time: whatever else of the machine asks for that goes first.
const REAL_TIME: u8 = 1;
/// Where real time is refused: behind nobody of an ordinary rank, and with the largest share but for what the system keeps for itself.
const ABOVE_ORDINARY: i32 = -10;

/// What a thread got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rank {
    /// Before all ordinary ones, at once.
    RealTime,
    /// A larger share than ordinary ones.
    AboveOrdinary,
    /// None: the right is missing (CAP_SYS_NICE, or RLIMIT_RTPRIO and RLIMIT_NICE of the service manager).
    Ordinary,
}

/// Gives the calling thread the rank of the media thread, or the best that the system lets it have.
pub fn raise() -> Rank {
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
    let lowest = REAL_TIME.try_into().map(ThreadPriority::Crossplatform);
    if lowest.is_ok_and(|lowest| set_thread_priority_and_policy(thread_native_id(), lowest, policy).is_ok()) {
        return Rank::RealTime;
    }
    let own = rustix::thread::gettid();
    match rustix::process::setpriority_process(Some(own), ABOVE_ORDINARY) {
        Ok(()) => Rank::AboveOrdinary,
        Err(_) => Rank::Ordinary,
    }
}
