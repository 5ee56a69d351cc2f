//! INVITEs of ours without an offer (RFC 3261 section 13.2.1): the 2xx brings theirs, and the ACK waits for our user's answer.

use super::Endpoint;
use crate::api::{Body, Event, LegId};
use crate::dialog::exchange::Carrier;
use crate::dialog::leg::{Late, Leg};
use crate::transaction::client::ClientId;
use crate::transaction::timer::{Owner, PATIENCE, Timer};

impl Leg {
    /// Their 2xx brought an offer.
    pub(super) fn offered(&mut self, client: ClientId, cseq: u32, offer: &Body) {
        self.exchange.ask(Carrier::Accept, offer);
        self.late = Some(Late { client, cseq, offer: offer.clone() });
    }
}

impl Endpoint {
    /// Asks our user. The peer repeats its 2xx meanwhile, and gives up after half a minute: our user has less.
    pub(super) fn ask_for_answer(&mut self, leg: LegId, offer: Body) {
        self.cx.timers.set(Owner::Leg(leg), Timer::Late, self.cx.now + PATIENCE);
        self.cx.tell(Event::Offered { leg, offer });
    }

    /// Our user's answer.
    pub(super) fn answer_offer(&mut self, leg: LegId, body: &Body) {
        let Some(late) = self.take_late(leg) else { return };
        if let Some(found) = self.legs.find(leg) {
            found.exchange.answer(body);
        }
        self.acknowledge(leg, late.client, late.cseq, body);
        self.next_change(leg);
    }

    /// Nothing of their offer is used, and the call is about to end. An ACK there must be, and it has to hold an answer (section 13.2.2.4).
    pub(super) fn decline_offer(&mut self, leg: LegId) {
        let Some(late) = self.take_late(leg) else { return };
        if let Some(found) = self.legs.find(leg) {
            found.exchange.withdraw();
        }
        self.acknowledge(leg, late.client, late.cseq, &declined(&late.offer));
    }

    /// Our user said nothing.
    pub(super) fn never_answered(&mut self, leg: LegId) {
        if self.legs.find(leg).is_some_and(|found| found.late.is_some()) {
            self.lose(leg);
        }
    }

    fn take_late(&mut self, leg: LegId) -> Option<Late> {
        let late = self.legs.find(leg)?.late.take()?;
        self.cx.timers.clear(Owner::Leg(leg), &[Timer::Late]);
        Some(late)
    }
}

/// An answer that takes none of the streams of an offer (RFC 3264 section 6: port zero). What describes streams is left out.
fn declined(offer: &[u8]) -> Vec<u8> {
    let mut answer = Vec::with_capacity(offer.len());
    for line in offer.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)) {
        match line.first() {
            Some(b'v' | b'o' | b's' | b'c' | b't') => answer.extend_from_slice(line),
            Some(b'm') => {
                let mut words = line.splitn(3, |b| *b == b' ');
                let (kind, _, rest) =
                    (words.next().unwrap_or_default(), words.next(), words.next().unwrap_or_default());
                answer.extend_from_slice(&[kind, b" 0 ", rest].concat());
            }
            _ => continue,
        }
        answer.extend_from_slice(b"\r\n");
    }
    // An answer there must be, also to what nobody can read: without one its sender waits for ever, or takes us for lost.
    if answer.is_empty() { b"v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n".to_vec() } else { answer }
}

#[cfg(test)]
mod tests {
    use super::declined;

    #[test]
    fn what_is_declined_has_every_stream_and_no_port() {
        let offer = b"v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\n\
                      m=image 4002/1 udptl t38\r\n";
        let answer = b"v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 0 RTP/AVP 0 8\r\nm=image 0 udptl t38\r\n";
        assert_eq!(declined(offer), answer);
        assert_eq!(declined(b"m=\nm\n\n=\n"), b"m= 0 \r\nm 0 \r\n");
    }
}
