//! How ladders are packed: compressed, since messages of one call repeat each other, and those of the next call repeat them.

use std::io::Read;

use flate2::read::DeflateDecoder;
use flate2::{Compress, Compression, FlushCompress, Status};
use model::ladder::{Ladder, MAX_BYTES};
use serde::{Deserialize, Serialize};

use crate::effect::StoreError;

/// Ladders that are packed together have no more bytes than this, or there is only one: what a reader of one opens in a millisecond.
pub(super) const MAX_PIECE: usize = 128 << 10;
/// The largest that is opened: messages and what is known of each, with room.
const MAX_OPENED: u64 = 2 * MAX_BYTES as u64;

/// What is known of the messages, as it is written: in JSON, so that it can be read when it has grown.
#[derive(Serialize, Deserialize)]
struct Head<L> {
    ladder: L,
    /// How long each message is.
    lengths: Vec<usize>,
}

/// Packs one piece after the other. What a compressor works with is a quarter of a megabyte: it is made when something is first packed, and kept, since
/// in a busy hour there is something every second.
#[derive(Default)]
pub(crate) struct Packer {
    compress: Option<Compress>,
    plain: Vec<u8>,
}

impl Packer {
    /// Nothing was added yet, also where the last piece failed.
    pub(super) fn begin(&mut self) {
        self.plain.clear();
        self.plain.shrink_to(2 * MAX_PIECE);
    }

    /// True if a ladder more would make the piece too large.
    pub(super) fn is_full_for(&self, ladder: &Ladder) -> bool {
        !self.plain.is_empty() && self.plain.len() + ladder.size() > MAX_PIECE
    }

    /// Adds a ladder to the piece: its head's length, its head, then all its messages. Where it begins.
    pub(super) fn add(&mut self, ladder: &Ladder) -> Result<usize, StoreError> {
        let place = self.plain.len();
        self.try_add(place, ladder).ok_or_else(cannot)?;
        Ok(place)
    }

    fn try_add(&mut self, place: usize, ladder: &Ladder) -> Option<()> {
        let lengths = ladder.messages.iter().map(|m| m.text.expose().len()).collect();
        let text = place + 4;
        self.plain.extend_from_slice(&[0; 4]);
        serde_json::to_writer(&mut self.plain, &Head { ladder, lengths }).ok()?;
        let head = u32::try_from(self.plain.len() - text).ok()?;
        self.plain[place..text].copy_from_slice(&head.to_le_bytes());
        for message in &ladder.messages {
            self.plain.extend_from_slice(message.text.expose());
        }
        Some(())
    }

    /// All that was added, packed; the next piece is empty.
    pub(super) fn take(&mut self) -> Result<Vec<u8>, StoreError> {
        let packed = self.try_take().ok_or_else(cannot);
        self.plain.clear();
        packed
    }

    fn try_take(&mut self) -> Option<Vec<u8>> {
        let compress = self.compress.get_or_insert_with(|| Compress::new(Compression::fast(), false));
        compress.reset();
        // Messages of one call shrink to less than half. Noise grows, and by how much is the compressor's own affair.
        let mut out = Vec::with_capacity(self.plain.len() / 2 + 64);
        loop {
            let taken = usize::try_from(compress.total_in()).ok()?;
            let rest = self.plain.get(taken..)?;
            if compress.compress_vec(rest, &mut out, FlushCompress::Finish).ok()? == Status::StreamEnd {
                return Some(out);
            }
            out.reserve(1024.max(out.len() / 8));
        }
    }

    /// One alone.
    pub(super) fn pack(&mut self, ladder: &Ladder) -> Result<Vec<u8>, StoreError> {
        self.add(ladder)?;
        self.take()
    }
}

fn cannot() -> StoreError {
    StoreError::Broken("a ladder cannot be packed".to_owned())
}

/// The ladder that begins at this place of a piece.
pub(super) fn unpack(packed: &[u8], place: usize) -> Result<Ladder, StoreError> {
    try_unpack(packed, place).ok_or_else(|| StoreError::Broken("a row cannot be read: column packed".to_owned()))
}

fn try_unpack(packed: &[u8], place: usize) -> Option<Ladder> {
    let mut all = Vec::new();
    DeflateDecoder::new(packed).take(MAX_OPENED).read_to_end(&mut all).ok()?;
    let (length, rest) = all.get(place..)?.split_first_chunk::<4>()?;
    let (head, mut texts) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let Head { mut ladder, lengths } = serde_json::from_slice::<Head<Ladder>>(head).ok()?;
    for (message, length) in ladder.messages.iter_mut().zip(lengths) {
        let (text, rest) = texts.split_at_checked(length)?;
        message.text = text.to_vec().into();
        texts = rest;
    }
    Some(ladder)
}

#[cfg(test)]
mod tests {
    use model::Wall;
    use model::ladder::{LadderMessage, Lane};

    use super::*;

    fn some() -> Ladder {
        let lane = Lane { caller: true, trunk: None, name: "Front desk".into() };
        let message = |text: &[u8]| LadderMessage {
            at: Wall(1),
            lane: 0,
            inbound: true,
            again: false,
            transport: "UDP".into(),
            local: "10.0.0.1:5060".parse::<std::net::SocketAddr>().expect("address").into(),
            remote: "[::1]:5060".parse::<std::net::SocketAddr>().expect("address").into(),
            text: text.to_vec().into(),
        };
        let messages = vec![message(b"INVITE sip:a SIP/2.0\r\n\r\n"), message(b""), message(b"\xff\xfe not text")];
        Ladder { lanes: vec![lane], messages, dropped: 3 }
    }

    fn noise(bytes: usize) -> Ladder {
        let mut ladder = some();
        let mut state = 1_u32;
        let noise = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        ladder.messages[0].text = (0..bytes).map(noise).collect::<Vec<u8>>().into();
        ladder
    }

    #[test]
    fn what_is_packed_comes_out_again_byte_for_byte() {
        let packed = Packer::default().pack(&some()).expect("packed");
        assert_eq!(unpack(&packed, 0), Ok(some()));
    }

    #[test]
    fn each_of_a_piece_is_found_at_its_place() {
        let mut packer = Packer::default();
        let all = [some(), noise(2000), Ladder::default(), some()];
        let places = all.each_ref().map(|ladder| packer.add(ladder).expect("added"));
        let packed = packer.take().expect("packed");
        for (ladder, place) in all.iter().zip(places) {
            assert_eq!(unpack(&packed, place).as_ref(), Ok(ladder));
        }
        assert!(unpack(&packed, 1).is_err() && unpack(&packed, usize::MAX).is_err());
    }

    #[test]
    fn a_piece_takes_one_ladder_of_any_size_and_no_more_than_it_may() {
        let mut packer = Packer::default();
        let large = noise(MAX_PIECE + 1);
        assert!(!packer.is_full_for(&large));
        packer.add(&large).expect("added");
        assert!(packer.is_full_for(&some()));
        packer.take().expect("packed");
        assert!(!packer.is_full_for(&some()));
    }

    #[test]
    fn noise_can_be_packed_too_and_a_packer_works_twice() {
        let ladder = noise(200_000);
        let mut packer = Packer::default();
        for _ in 0..2 {
            assert_eq!(unpack(&packer.pack(&ladder).expect("packed"), 0), Ok(ladder.clone()));
        }
    }

    #[test]
    fn what_is_damaged_is_an_error_and_names_nothing() {
        let packed = Packer::default().pack(&some()).expect("packed");
        for cut in 0..packed.len() {
            assert!(unpack(&packed[..cut], 0).is_err(), "{cut}");
        }
        let Err(StoreError::Broken(why)) = unpack(b"junk", 0) else { panic!("an error") };
        assert_eq!(why, "a row cannot be read: column packed");
    }
}
