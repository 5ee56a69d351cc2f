//! Who goes first on a machine that has more to do than time.
//!
//! A fax that travels as sound owes the line 160 samples every 20 ms, and the other machine hears a gap as a fault; a document that
//! becomes pages owes nobody anything. So fax engines, and the threads that pass their sound on, go before ordinary programs, and
//! renderers after them: ten thousand pages of a PDF delay no call.
//!
//! To go first takes a right (CAP_SYS_NICE, or RLIMIT_NICE of the service manager); to stand back takes none.

/// Before ordinary programs, and behind the thread of the packets (−10): it feeds us.
const AHEAD: i32 = -5;
/// The rank at which a renderer gets what ordinary programs leave, about a tenth of the machine if all of it is wanted.
const BEHIND: i32 = 10;

/// What to do where the right is missing, in a sentence.
pub const MISSING: &str = "Frontdesk may not go before other programs (LimitNICE=-10 in its service unit lets it), so a fax that \
                           travels as sound may fail while this computer is busy with something else.";

/// From now on this thread, and each that it starts, and their children, go before ordinary programs. False if that is not allowed.
pub fn ahead() -> bool {
    // A child may stand there already, by its parent.
    own() <= AHEAD || rustix::process::setpriority_process(None, AHEAD).is_ok()
}

/// From now on this thread and what it starts stand back.
pub fn behind() {
    // Nobody is ever refused this.
    let _ = rustix::process::setpriority_process(None, own().max(BEHIND));
}

fn own() -> i32 {
    rustix::process::getpriority_process(None).unwrap_or(0)
}
