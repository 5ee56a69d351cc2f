//! When a mail is tried again, and when it is given up.

use std::time::Duration;

use model::Random;
use model::mail::SmtpReply;

/// How patient the queue is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Pauses after the first, second … attempt; the last one repeats.
    pub pauses: Vec<Duration>,
    /// A mail older than this is given up at its next failure.
    pub patience: Duration,
    /// But not before this many attempts: a box that starts with its clock at 1970 and then learns the time must not take every
    /// mail for decades old.
    pub least_tries: u32,
    /// Deliveries at once, without the one more of what is urgent. All go to one smarthost, and those commonly allow ten connections.
    pub concurrency: usize,
}

/// What follows an attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Delivered,
    GaveUp,
    Wait(Duration),
}

impl Default for Policy {
    /// RFC 5321, 4.5.4.1, asks for patience of days; a receipt or a received fax is of no use later than that.
    fn default() -> Self {
        let minutes = |m: u64| Duration::from_secs(60 * m);
        Self {
            pauses: [1, 5, 15, 30, 60, 120, 240].map(minutes).to_vec(),
            patience: minutes(2 * 24 * 60),
            least_tries: 6,
            concurrency: 4,
        }
    }
}

impl Policy {
    /// For the demo: seconds where the clinic has hours.
    pub fn demo() -> Self {
        Self {
            pauses: [1, 2, 5, 10].map(Duration::from_secs).to_vec(),
            patience: Duration::from_secs(10 * 60),
            ..Self::default()
        }
    }

    /// The longest pause, with its jitter.
    pub(super) fn longest_wait(&self) -> Duration {
        self.pauses.iter().max().copied().unwrap_or_default() * 11 / 10
    }

    /// `tries` is the number of attempts before this one, `age` the age of the mail in milliseconds.
    pub(super) fn after(&self, reply: &SmtpReply, tries: u32, age: i64, random: &mut Random) -> Next {
        if reply.is_success() {
            return Next::Delivered;
        }
        // What was written under a clock that was ahead has no age for years; then the pauses count.
        let paused = (0..tries).map(|nth| self.pause(nth)).sum::<Duration>() >= self.patience;
        let old = paused || u128::try_from(age).is_ok_and(|age| age >= self.patience.as_millis());
        if is_final(reply) || (old && tries + 1 >= self.least_tries) {
            return Next::GaveUp;
        }
        let pause = self.pause(tries);
        // A tenth of jitter, so that what failed together does not come back together.
        let tenth = u64::try_from(pause.as_millis() / 10).unwrap_or(0);
        Next::Wait(pause + Duration::from_millis(random.below(tenth + 1)))
    }

    /// The pause after this attempt, without its jitter.
    fn pause(&self, nth: u32) -> Duration {
        let last = self.pauses.len().saturating_sub(1);
        self.pauses.get(last.min(nth as usize)).copied().unwrap_or(Duration::from_secs(60))
    }
}

/// True if no later attempt can end better.
fn is_final(reply: &SmtpReply) -> bool {
    reply.is_permanent() && !refuses_us(reply)
}

/// Statuses of policy (RFC 3463, 3.8, and its registry) by which a server that is asked for one recipient says that it does not know who asks: sign in,
/// encrypt first, no rights here. The last two are Exchange's. The others, as 5.7.1 ("not authorized to send to the destination"), are the recipient's
/// own rules, which do not change with us.
const NOT_KNOWN: [&str; 7] = ["5.7.0", "5.7.3", "5.7.8", "5.7.9", "5.7.11", "5.7.57", "5.7.64"];
/// What such a server says in words, whatever its status: that it does not relay for us, or takes nothing from this client.
const NOT_FOR_US: [&str; 2] = ["relay", "client"];

/// True if a server refused this box and not this mail: that is mended in settings, ours or the server's, and the mail should then go. 530, 534, 535 and 538
/// (RFC 4954) say that we should sign in or encrypt. A smarthost that does not know us says so to MAIL, before it has heard of anybody else, or to RCPT by
/// [`NOT_KNOWN`] or [`NOT_FOR_US`]. To the message itself such a status is about what is in it.
pub fn refuses_us(reply: &SmtpReply) -> bool {
    if matches!(reply.code, 530 | 534 | 535 | 538) {
        return true;
    }
    let text = reply.text.expose().to_ascii_lowercase();
    // It may quote a mailbox at a host that is called so.
    let mut words = text.split_ascii_whitespace().filter(|word| !word.contains('@'));
    let status = words.clone().next().unwrap_or("");
    let no_such_mailbox = status == "5.1.1";
    let by_status = NOT_KNOWN.contains(&status) || (reply.to_sender && status.starts_with("5.7."));
    let in_words = words.any(|word| NOT_FOR_US.iter().any(|not| word.contains(not)));
    reply.is_permanent() && reply.to_envelope && (by_status || in_words) && !no_such_mailbox
}
