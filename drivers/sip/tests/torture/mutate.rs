//! Seeded mutations of messages: bytes changed, cut and repeated, and parts of one message put into another.

use model::Random;

/// What hurts parsers most.
const EDGES: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r\n ",
    b" ",
    b"\t",
    b":",
    b";",
    b",",
    b"<",
    b">",
    b"\"",
    b"\\",
    b"@",
    b"[",
    b"]",
    b"%",
    b"=",
    b"/",
    b"?",
    b"\0",
    b"\xe9",
    b"\xff",
    b";tag=",
    b";branch=z9hG4bK",
    b"SIP/2.0",
    b"4294967296",
    b"-1",
    b"\r\n\r\n",
    b"Via: SIP/2.0/UDP h\r\n",
    b"Content-Length: 9\r\n",
    b"l: 0\r\n",
    b"sips:",
    b"tel:",
    b"[::1]",
    b":::",
    b"*",
];

/// An endless row of messages, the same for the same seed.
pub(crate) struct Mutator {
    random: Random,
    corpus: Vec<Vec<u8>>,
}

impl Mutator {
    pub(crate) fn new(seed: u64, corpus: Vec<Vec<u8>>) -> Self {
        Self { random: Random::from_u64(seed), corpus }
    }

    pub(crate) fn next(&mut self) -> Vec<u8> {
        let from = self.below(self.corpus.len());
        let mut message = self.corpus[from].clone();
        for _ in 0..=self.below(6) {
            self.change(&mut message);
        }
        message
    }

    fn change(&mut self, message: &mut Vec<u8>) {
        let at = self.below(message.len() + 1);
        let end = (at + self.below(40)).min(message.len());
        match self.below(7) {
            0 => message.get_mut(at).into_iter().for_each(|b| *b ^= 1 << (at % 8)),
            1 => drop(message.drain(at..end)),
            2 => {
                let part = message[at..end].to_vec();
                message.splice(at..at, part);
            }
            3 | 4 => {
                let edge = EDGES[self.below(EDGES.len())];
                message.splice(at..at, edge.iter().copied());
            }
            5 => {
                let edge = EDGES[self.below(EDGES.len())];
                message.splice(at..end, edge.iter().copied());
            }
            _ => {
                let other = self.below(self.corpus.len());
                let other = &self.corpus[other];
                let from = (at * 7) % other.len();
                let part = other[from..(from + end - at).min(other.len())].to_vec();
                message.splice(at..end, part);
            }
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.random.below(bound)).unwrap_or(0)
    }
}
