//! The phones: one thread sends for all of them, each in its own phase of the 20 ms; another receives for all. Both do as little as can be done
//! while relays are measured: packets are made before and judged after.

use std::io;
use std::net::UdpSocket;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::arrivals::{self, Arrivals};
use super::packets::{Judged, Packets};
use super::relay::{Kind, Relay};
use super::seals::Seals;
use super::wall;
use crate::cpu::Idle;

/// The time of one packet.
const FRAME: Duration = Duration::from_millis(20);
/// Phones that are due within this time speak at once. It is the distance of two packets at 200 calls, up to which each phone has a phase of
/// its own; to sleep for less costs more than to send, and those who do it at 1500 calls take a core with it that relays need.
const GRAIN: Duration = Duration::from_micros(50);
/// Before anything counts: caches, latches, the frequency of the CPU.
const WARM_UP: Duration = Duration::from_millis(500);

/// What a round came to.
pub(super) struct Run {
    /// CPU time of the relay per packet that arrived.
    pub(super) cpu_per_packet_us: f64,
    /// From one phone to where the kernel has it for the other.
    pub(super) delays_us: Vec<f64>,
    pub(super) sent: u64,
    pub(super) received: u64,
    /// What was left of the whole machine, of 1.
    pub(super) idle: f64,
    /// The phones themselves could not keep to their rhythm: at the end they were behind by a packet and more.
    pub(super) late: bool,
}

/// Lets all phones talk for the warm-up and `measured` more.
pub(super) fn talk(
    kind: Kind,
    phones: &[UdpSocket],
    (relay, seals): (&Relay, Seals),
    measured: Duration,
) -> io::Result<Run> {
    let Seals { mut says, mut hears } = seals;
    let pace = Pace::of(phones.len());
    let (before, count) = (pace.packets_in(WARM_UP), pace.packets_in(WARM_UP + measured));
    let mut packets = Packets::prepare(kind, phones.len(), &mut says, count)?;
    let room = Arrivals::with_room(count)?;
    let (received, done) = (&AtomicU64::new(0), &AtomicBool::new(false));
    let watch = wall::Watch::start();
    let (window, arrivals) = std::thread::scope(|scope| {
        let receiver = scope.spawn(move || arrivals::receive(phones, room, (received, done)));
        let mut sender = Sender { phones, packets: &mut packets, pace, start: wall::now(), sent: 0 };
        let window = sender.measure(before, relay, received);
        done.store(true, Ordering::Relaxed);
        let arrivals = receiver.join().unwrap_or_else(|_| Err(io::Error::other("the receiver panicked")));
        (window, arrivals)
    });
    watch.end()?;
    let (window, arrivals) = (window?, arrivals?);
    if window.arrived == 0 {
        return Err(io::Error::other("not one packet came through"));
    }
    let Judged { received, delays_us } = packets.judge(&arrivals, &mut hears, window.since)?;
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    let cpu_per_packet_us = window.used.as_secs_f64() * 1e6 / window.arrived as f64;
    let sent = u64::try_from(count).unwrap_or(u64::MAX);
    Ok(Run { cpu_per_packet_us, delays_us, sent, received, idle: window.idle, late: window.behind >= FRAME })
}

/// When who speaks.
#[derive(Clone, Copy)]
struct Pace {
    phones: u32,
    /// So many at a time.
    together: u32,
}

impl Pace {
    fn of(phones: usize) -> Self {
        let phones = u32::try_from(phones).unwrap_or(u32::MAX).max(1);
        let together = GRAIN.as_nanos() * u128::from(phones) / FRAME.as_nanos();
        Self { phones, together: u32::try_from(together).unwrap_or(u32::MAX).max(1) }
    }

    /// How many of all phones are sent in this time.
    fn packets_in(self, time: Duration) -> usize {
        usize::try_from(time.as_nanos() * u128::from(self.phones) / FRAME.as_nanos()).unwrap_or(usize::MAX)
    }

    /// When this packet of all is due, after the first.
    fn due(self, number: usize) -> Duration {
        let number = u64::try_from(number).unwrap_or(u64::MAX) / u64::from(self.together) * u64::from(self.together);
        let nanos = u128::from(number) * FRAME.as_nanos() / u128::from(self.phones);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// What the part of a round that counts came to.
struct Window {
    /// When it began.
    since: Duration,
    /// By the relay.
    used: Duration,
    /// Packets.
    arrived: u64,
    /// Of the machine.
    idle: f64,
    /// How much later than planned all was sent.
    behind: Duration,
}

struct Sender<'a> {
    phones: &'a [UdpSocket],
    packets: &'a mut Packets,
    pace: Pace,
    start: Duration,
    /// So many are out.
    sent: usize,
}

impl Sender<'_> {
    /// Sends all, of which so many do not count.
    fn measure(&mut self, before: usize, relay: &Relay, received: &AtomicU64) -> io::Result<Window> {
        // The kernel may add this to every sleep; by default 50 us, which is the distance of two packets at 200 calls.
        let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
        let look = || io::Result::Ok((relay.used()?, received.load(Ordering::Relaxed), Idle::now()?));
        let count = self.packets.count();
        self.send_until(before)?;
        let since = wall::now();
        let (used_before, arrived_before, idle_before) = look()?;
        self.send_until(count)?;
        let (used, arrived, idle) = look()?;
        Ok(Window {
            since,
            used: used.since(&used_before),
            arrived: arrived - arrived_before,
            idle: idle.since(&idle_before),
            behind: wall::now().saturating_sub(self.start + self.pace.due(count)),
        })
    }

    /// Sends the next ones up to this number, in the rhythm of all phones together.
    fn send_until(&mut self, end: usize) -> io::Result<()> {
        while self.sent < end {
            let due = self.start + self.pace.due(self.sent);
            let mut now = wall::now();
            if now < due {
                pause(due - now);
                now = wall::now();
            }
            let Some((phone, packet)) = self.packets.say(self.sent, now) else { break };
            let Some(socket) = self.phones.get(phone) else { break };
            socket.send(packet)?;
            self.sent += 1;
        }
        Ok(())
    }
}

#[allow(clippy::disallowed_methods, reason = "the pace of the packets is what is measured")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phone_has_a_phase_of_its_own_until_they_are_too_near_to_each_other() {
        let few = Pace::of(400);
        assert_eq!([0, 1, 2, 400].map(|n| few.due(n).as_micros()), [0, 50, 100, 20_000]);
        let many = Pace::of(3000);
        assert_eq!([0, 6, 7, 13, 14].map(|n| many.due(n).as_nanos()), [0, 0, 46_666, 46_666, 93_333]);
        assert_eq!(many.packets_in(Duration::from_secs(1)), 150_000);
    }
}
