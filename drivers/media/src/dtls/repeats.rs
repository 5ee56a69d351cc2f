//! Flights that come again, and have nothing new.
//!
//! The stack (rtc-dtls 0.21, `handshaker.rs`, `wait`) ends its timer as soon as any message of the handshake comes, and sets it again only
//! when a whole new flight has come. So an end that has answered, and whose answer was lost, falls silent for ever as soon as it hears the
//! other end repeat itself. Here such repetitions are kept from it: its timer goes on, and sends its answer again.

use std::collections::BTreeSet;

/// RFC 6347 section 4.1.
const RECORD_HEADER: usize = 13;
const HANDSHAKE: u8 = 22;
/// RFC 6347 section 4.2.2.
const MESSAGE_HEADER: usize = 12;

/// A message's number, and where in it a piece begins.
type Piece = (u16, [u8; 3]);

/// The pieces that were heard in the clear, in as many datagrams as a handshake may have.
#[derive(Debug, Default)]
pub(super) struct Heard(BTreeSet<Piece>);

impl Heard {
    /// Whether all of a datagram was heard before; notes what was not.
    ///
    /// The first message is always new as long as there is no second: a server that asked for a cookie has no timer, and asks again when
    /// its client does.
    pub(super) fn repeats(&mut self, datagram: &[u8]) -> bool {
        let Some(pieces) = pieces(datagram) else { return false };
        let begins = self.0.iter().chain(&pieces).all(|(number, _)| *number == 0);
        let new = pieces.into_iter().filter(|piece| self.0.insert(*piece)).count();
        new == 0 && !begins
    }
}

/// `None` if the datagram has anything else than messages of the handshake in the clear.
fn pieces(mut datagram: &[u8]) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    while !datagram.is_empty() {
        let (header, rest) = datagram.split_at_checked(RECORD_HEADER)?;
        let length = usize::from(u16::from_be_bytes([header[11], header[12]]));
        let (mut record, rest) = rest.split_at_checked(length)?;
        if header[0] != HANDSHAKE || header[3..5] != [0, 0] {
            return None;
        }
        while !record.is_empty() {
            let (message, rest) = record.split_at_checked(MESSAGE_HEADER)?;
            let length = usize::try_from(u32::from_be_bytes([0, message[9], message[10], message[11]])).ok()?;
            pieces.push((u16::from_be_bytes([message[4], message[5]]), [message[6], message[7], message[8]]));
            record = rest.get(length..)?;
        }
        datagram = rest;
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, epoch: u8, messages: &[(u8, u8)]) -> Vec<u8> {
        let body: Vec<u8> = messages.iter().flat_map(|&(n, at)| [1, 0, 0, 9, 0, n, 0, 0, at, 0, 0, 2, 7, 7]).collect();
        let length = u8::try_from(body.len()).expect("short");
        [&[kind, 254, 253, 0, epoch, 0, 0, 0, 0, 0, 5, 0, length][..], &body].concat()
    }

    #[test]
    fn only_what_was_heard_whole_is_a_repetition() {
        let mut heard = Heard::default();
        let first = record(HANDSHAKE, 0, &[(0, 0)]);
        assert!(!heard.repeats(&first) && !heard.repeats(&first), "a cookie may be asked for again");
        let flight = record(HANDSHAKE, 0, &[(1, 0), (2, 0)]);
        assert!(!heard.repeats(&flight));
        assert!(heard.repeats(&flight) && heard.repeats(&first));
        assert!(heard.repeats(&[flight.clone(), record(HANDSHAKE, 0, &[(2, 0)])].concat()));
        assert!(!heard.repeats(&record(HANDSHAKE, 0, &[(2, 0), (2, 2)])), "its other half");
        assert!(heard.repeats(&record(HANDSHAKE, 0, &[(2, 2)])));
    }

    #[test]
    fn what_is_under_keys_or_no_handshake_goes_on() {
        let mut heard = Heard::default();
        assert!(!heard.repeats(&record(HANDSHAKE, 0, &[(1, 0)])));
        for other in
            [record(20, 0, &[(1, 0)]), record(HANDSHAKE, 1, &[(1, 0)]), record(HANDSHAKE, 0, &[(1, 0)])[..20].to_vec()]
        {
            assert!(!heard.repeats(&other) && !heard.repeats(&other));
        }
    }
}
