//! Sessions whose packets are the user's: raw ones, and tapped ones.

use bytes::Bytes;
use model::Now;

use super::Engine;
use super::session::Mode;
use crate::api::{Event, SessionId};
use crate::rtp;
use crate::srtp::OVERHEAD;

impl Engine {
    pub(super) fn send_raw(&mut self, session: SessionId, data: Bytes) {
        let Some(leg) = self.sessions.get_mut(&session).filter(|leg| leg.mode == Mode::Raw) else { return };
        if let Some(to) = leg.latch.target() {
            leg.stats.sent();
            self.transmit(session, to, data);
        }
    }

    /// Gives the user what a packet carries.
    pub(super) fn tapped(&mut self, session: SessionId, data: &[u8]) {
        let Some(rtp) = rtp::Rtp::parse(data) else { return };
        let Some(payload) = data.get(rtp.start..rtp.end) else { return };
        let (timestamp, payload_type) = (rtp.timestamp, rtp.payload_type);
        self.event(Event::Tapped { session, timestamp, payload_type, payload: Bytes::copy_from_slice(payload) });
    }

    pub(super) fn send_tapped(&mut self, now: Now, session: SessionId, payload: &[u8]) {
        let Some(leg) = self.sessions.get_mut(&session).filter(|leg| leg.mode == Mode::Tapped) else { return };
        let (Some(to), Some(saying)) = (leg.latch.target(), leg.saying.as_mut()) else { return };
        let mut packet = saying.packet(payload);
        let plain = packet.len() - OVERHEAD;
        let Some(length) = leg.seal(&mut packet, plain) else { return };
        packet.truncate(length);
        leg.count_sent(now, &packet, payload.len(), true);
        self.transmit(session, to, packet.into());
    }
}
