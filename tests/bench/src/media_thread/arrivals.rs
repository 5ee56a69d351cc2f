//! What comes to the phones, and when.
//!
//! When is the kernel's to say: it stamps a datagram as it comes off the wire, which on the loopback is while the relay is still in its call
//! to send it (`SO_TIMESTAMPNS`, socket(7)). How soon a phone of the bench then comes to read it is no part of the delay that a relay adds.

use std::io::{self, IoSliceMut};
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use memmap2::MmapMut;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use nix::sys::time::TimeSpec;
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use super::{pages, wall};

/// How long the last packets may take before they are lost.
const PATIENCE: Duration = Duration::from_millis(500);
/// How much longer than that is listened where it never falls silent: a translated or mixed stream goes on.
const LONGER: Duration = Duration::from_millis(200);
/// A larger datagram is cut here, and is none of ours.
const DATAGRAM: usize = 256;

/// Before the octets of each: the phone, their number, and the nanoseconds of the stamp.
const HEAD: usize = 4 + 4 + 8;

/// All that came, in the order in which it was read.
pub(super) struct Arrivals {
    pages: MmapMut,
    used: usize,
}

impl Arrivals {
    /// Room for so many, and half as many more: where nobody listens to packets but to a stream, there are more of them.
    pub(super) fn with_room(packets: usize) -> io::Result<Self> {
        const AT_LEAST: usize = 4096;
        Ok(Self { pages: pages((packets + packets / 2 + AT_LEAST) * (HEAD + DATAGRAM))?, used: 0 })
    }

    /// Phone, time on the wall clock, and octets.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, Duration, &[u8])> {
        let mut rest = self.pages.get(..self.used).unwrap_or_default();
        std::iter::from_fn(move || {
            let (phone, after) = rest.split_first_chunk().map(|(n, after)| (u32::from_ne_bytes(*n), after))?;
            let (length, after) = after.split_first_chunk().map(|(n, after)| (u32::from_ne_bytes(*n), after))?;
            let (at, after) = after.split_first_chunk().map(|(n, after)| (u64::from_ne_bytes(*n), after))?;
            let (octets, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
            rest = after;
            Some((usize::try_from(phone).ok()?, Duration::from_nanos(at), octets))
        })
    }

    /// What finds no room is none of what was sent.
    pub(super) fn keep(&mut self, phone: usize, at: Duration, octets: &[u8]) {
        let Some((head, place)) = self.pages.get_mut(self.used..).and_then(|p| p.split_first_chunk_mut::<HEAD>())
        else {
            return;
        };
        let Some(place) = place.get_mut(..octets.len()) else { return };
        head[..4].copy_from_slice(&u32::try_from(phone).unwrap_or(u32::MAX).to_ne_bytes());
        head[4..8].copy_from_slice(&u32::try_from(octets.len()).unwrap_or(u32::MAX).to_ne_bytes());
        head[8..].copy_from_slice(&wall::nanos(at).to_ne_bytes());
        place.copy_from_slice(octets);
        self.used += HEAD + octets.len();
    }
}

/// Asks the kernel to say when it had each datagram for this phone.
pub(super) fn ask_for_stamps(phone: &UdpSocket) -> io::Result<()> {
    Ok(setsockopt(phone, sockopt::ReceiveTimestampns, &true)?)
}

/// Takes what comes, and counts it in `received`, until nothing more comes after `done`.
pub(super) fn receive(
    phones: &[UdpSocket],
    mut arrivals: Arrivals,
    (received, done): (&AtomicU64, &AtomicBool),
) -> io::Result<Arrivals> {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    for (number, phone) in (0u64..).zip(phones) {
        epoll::add(&epoll, phone, epoll::EventData::new_u64(number), epoll::EventFlags::IN)?;
    }
    let patience = Timespec::try_from(PATIENCE).ok();
    let mut ready = Vec::with_capacity(phones.len().max(1));
    let mut datagram = [0; DATAGRAM];
    let mut control = nix::cmsg_space!(TimeSpec);
    let mut last = None;
    loop {
        epoll::wait(&epoll, spare_capacity(&mut ready), patience.as_ref())?;
        if done.load(Ordering::Relaxed) {
            let last = *last.get_or_insert_with(|| wall::now() + PATIENCE);
            if ready.is_empty() || wall::now() > last + LONGER {
                return Ok(arrivals);
            }
        }
        for event in ready.drain(..) {
            let phone = usize::try_from(event.data.u64()).unwrap_or(usize::MAX);
            let Some(socket) = phones.get(phone) else { continue };
            let Ok((length, at)) = take(socket, &mut datagram, &mut control) else { continue };
            let at = at.ok_or_else(|| io::Error::other("the kernel does not say when it had a datagram"))?;
            received.fetch_add(1, Ordering::Relaxed);
            arrivals.keep(phone, at, datagram.get(..length).unwrap_or_default());
        }
    }
}

/// The next datagram: its length, and when the kernel had it.
fn take(socket: &UdpSocket, datagram: &mut [u8], control: &mut [u8]) -> nix::Result<(usize, Option<Duration>)> {
    let mut parts = [IoSliceMut::new(datagram)];
    let message = recvmsg::<()>(socket.as_raw_fd(), &mut parts, Some(control), MsgFlags::empty())?;
    let stamp = message.cmsgs()?.find_map(|told| match told {
        ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at)),
        _ => None,
    });
    Ok((message.bytes, stamp))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_datagram_has_come_when_the_kernel_has_it_and_not_when_it_is_read() {
        /// The kernel begins to stamp a moment after it was asked to.
        const TRIES: usize = 1_000_000;
        let [ours, theirs] = [(); 2].map(|()| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
        ask_for_stamps(&theirs).expect("a kernel that stamps");
        let to = theirs.local_addr().expect("an address");
        let (mut datagram, mut control) = ([0; DATAGRAM], nix::cmsg_space!(TimeSpec));
        let stamped_on_the_way = (0..TRIES).any(|_| {
            let before = wall::now();
            ours.send_to(b"hello", to).expect("a loopback");
            let sent = wall::now();
            let (length, at) = take(&theirs, &mut datagram, &mut control).expect("what was sent");
            let at = at.expect("a stamp");
            assert_eq!((&datagram[..length], at >= before), (&b"hello"[..], true));
            at <= sent
        });
        assert!(stamped_on_the_way, "no stamp was from before the datagram was read");
    }

    #[test]
    fn what_was_kept_is_there_with_its_phone_and_its_time() {
        let mut arrivals = Arrivals::with_room(2).expect("memory");
        arrivals.keep(7, Duration::from_micros(3), b"one");
        arrivals.keep(2999, Duration::from_micros(5), b"");
        let all: Vec<_> = arrivals.all().collect();
        assert_eq!(all, [(7, Duration::from_micros(3), &b"one"[..]), (2999, Duration::from_micros(5), &b""[..])]);
    }
}
