//! The phones: one thread sends for all of them, each in its own phase of the 20 ms; another receives for all.

use std::io;
use std::net::UdpSocket;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use model::Instant;
use model::time::Clock;
use rtc_srtp::context::Context;
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use super::relay::{Kind, Relay};
use super::seals::Seals;

/// The time of one packet.
const FRAME: Duration = Duration::from_millis(20);
/// Before anything counts: caches, latches, the frequency of the CPU.
const WARM_UP: Duration = Duration::from_millis(500);
/// How long the last packets may take before they are lost.
const PATIENCE: Duration = Duration::from_millis(500);
/// How much later than planned all is over when the phones kept to their rhythm.
const LATE: Duration = Duration::from_millis(200);
/// Where in a packet stands when it was sent.
const STAMP: std::ops::Range<usize> = 12..20;

/// What a round came to.
pub(super) struct Run {
    /// CPU time of the relay per packet that arrived.
    pub(super) cpu_per_packet_us: f64,
    /// From phone to phone.
    pub(super) delays_us: Vec<f64>,
    pub(super) sent: u64,
    pub(super) received: u64,
    /// The phones themselves could not keep to their rhythm.
    pub(super) late: bool,
}

/// Lets all phones talk for the warm-up and `measured` more.
pub(super) fn talk(
    clock: Clock,
    kind: Kind,
    phones: &[UdpSocket],
    (relay, seals): (&Relay, Seals),
    measured: Duration,
) -> io::Result<Run> {
    let Seals { mut says, mut hears } = seals;
    let received = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    let counts_from = clock.now().instant + WARM_UP;
    std::thread::scope(|scope| {
        let receiver = scope.spawn(|| receive(clock, phones, &mut hears, (&received, &done), counts_from));
        let mut sender = || {
            let mut sent = send(clock, kind, (phones, &mut says), 0, counts_from)?;
            let (cpu_before, received_before) = (relay.used()?, received.load(Ordering::Relaxed));
            sent += send(clock, kind, (phones, &mut says), sent, counts_from + measured)?;
            let (cpu_after, received_after) = (relay.used()?, received.load(Ordering::Relaxed));
            io::Result::Ok((sent, cpu_after.since(&cpu_before), received_after - received_before))
        };
        let outcome = sender();
        done.store(true, Ordering::Relaxed);
        let delays_us = receiver.join().map_err(|_| io::Error::other("the receiver panicked"))??;
        let (sent, used, packets) = outcome?;
        if packets == 0 {
            return Err(io::Error::other("not one packet came through"));
        }
        #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
        let cpu_per_packet_us = used.as_secs_f64() * 1e6 / packets as f64;
        let received = received.load(Ordering::Relaxed).min(sent);
        let late = clock.now().instant.saturating_since(counts_from + measured) > PATIENCE + LATE;
        Ok(Run { cpu_per_packet_us, delays_us, sent, received, late })
    })
}

/// Sends until `end`, in the rhythm of all phones together; gives how many went out. `before` packets were sent already.
fn send(
    clock: Clock,
    kind: Kind,
    (phones, says): (&[UdpSocket], &mut [Context]),
    before: u64,
    end: Instant,
) -> io::Result<u64> {
    // The kernel may add this to every sleep; by default 50 us, which is the distance of two packets at 200 calls.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
    let gap = FRAME / u32::try_from(phones.len()).unwrap_or(u32::MAX).max(1);
    let mut at = clock.now().instant;
    let mut sent = 0;
    while at < end {
        let now = clock.now().instant;
        if now < at {
            pause(at - now);
        }
        let number = usize::try_from(before + sent).unwrap_or_default();
        let (turn, phone) = (number / phones.len().max(1), number % phones.len().max(1));
        let Some(socket) = phones.get(phone) else { break };
        let payload_type = kind.voice(phone).map_or(0, |voice| voice.payload_type);
        let packet = packet(turn, phone, payload_type, clock.now().instant);
        match says.get_mut(phone) {
            Some(key) => socket.send(&key.encrypt_rtp(&packet).map_err(io::Error::other)?)?,
            None => socket.send(&packet)?,
        };
        sent += 1;
        at = at + gap;
    }
    Ok(sent)
}

#[allow(clippy::disallowed_methods, reason = "the pace of the packets is what is measured")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

#[allow(clippy::cast_possible_truncation, reason = "sequence numbers and timestamps wrap")]
fn packet(turn: usize, phone: usize, payload_type: u8, now: Instant) -> [u8; 172] {
    let mut data = [0xff; 172];
    data[0] = 0x80;
    data[1] = payload_type;
    data[2..4].copy_from_slice(&(turn as u16).to_be_bytes());
    data[4..8].copy_from_slice(&((turn * 160) as u32).to_be_bytes());
    data[8..12].copy_from_slice(&(phone as u32).to_be_bytes());
    data[STAMP].copy_from_slice(&now.nanos().to_be_bytes());
    data
}

/// Counts what arrives, and how long it took if it was sent at or after `counts_from`, until nothing more comes after `done`, or only what
/// nobody sent: a translated or mixed stream goes on, in silence.
fn receive(
    clock: Clock,
    phones: &[UdpSocket],
    hears: &mut [Context],
    (received, done): (&AtomicU64, &AtomicBool),
    counts_from: Instant,
) -> io::Result<Vec<f64>> {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    for (number, phone) in (0u64..).zip(phones) {
        epoll::add(&epoll, phone, epoll::EventData::new_u64(number), epoll::EventFlags::IN)?;
    }
    let patience = Timespec::try_from(PATIENCE).ok();
    let mut ready = Vec::with_capacity(phones.len().max(1));
    let mut delays = Vec::new();
    let mut datagram = [0; 2048];
    let mut last = None;
    loop {
        epoll::wait(&epoll, spare_capacity(&mut ready), patience.as_ref())?;
        if done.load(Ordering::Relaxed) {
            let last = *last.get_or_insert_with(|| clock.now().instant + PATIENCE);
            if ready.is_empty() || clock.now().instant > last + LATE {
                return Ok(delays);
            }
        }
        for event in ready.drain(..) {
            let number = usize::try_from(event.data.u64()).unwrap_or(usize::MAX);
            let Some(Ok(length)) = phones.get(number).map(|p| p.recv(&mut datagram)) else { continue };
            if let Some(key) = hears.get_mut(number) {
                // What does not open has not arrived.
                let Ok(open) = key.decrypt_rtp(&datagram[..length]) else { continue };
                datagram[..open.len()].copy_from_slice(&open);
            }
            let stamp = datagram.get(..length).and_then(|d| d.get(STAMP)).and_then(|s| s.try_into().ok());
            let Some(sent) = stamp.map(u64::from_be_bytes).map(Instant::from_nanos) else { continue };
            received.fetch_add(1, Ordering::Relaxed);
            if sent >= counts_from {
                delays.push(clock.now().instant.saturating_since(sent).as_secs_f64() * 1e6);
            }
        }
    }
}
