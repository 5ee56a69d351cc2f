//! A list of codecs. It is copied at every turn of a call, so it has no memory of its own.

use std::ops::Deref;

use super::{Codec, Payload};

/// As many as there are.
const MOST: usize = 4;
const NONE: Payload = Payload { number: 0, codec: Codec::Pcmu };

/// Codecs in the order of preference, each once.
#[derive(Clone, PartialEq, Eq)]
pub struct Codecs {
    /// Behind the last, all are the same.
    all: [Payload; MOST],
    count: usize,
}

impl Codecs {
    /// Adds one at the end, if it is not there under another number.
    pub fn push(&mut self, one: Payload) {
        if self.iter().any(|p| p.codec == one.codec) {
            return;
        }
        if let Some(place) = self.all.get_mut(self.count) {
            *place = one;
            self.count += 1;
        }
    }

    /// Keeps those that `keep` says.
    pub fn retain(&mut self, keep: impl Fn(&Payload) -> bool) {
        *self = self.iter().copied().filter(keep).collect();
    }
}

impl Default for Codecs {
    fn default() -> Self {
        Self { all: [NONE; MOST], count: 0 }
    }
}

impl Deref for Codecs {
    type Target = [Payload];

    fn deref(&self) -> &[Payload] {
        self.all.get(..self.count).unwrap_or_default()
    }
}

impl std::fmt::Debug for Codecs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.deref().fmt(f)
    }
}

impl Extend<Payload> for Codecs {
    fn extend<I: IntoIterator<Item = Payload>>(&mut self, more: I) {
        more.into_iter().for_each(|one| self.push(one));
    }
}

impl FromIterator<Payload> for Codecs {
    fn from_iter<I: IntoIterator<Item = Payload>>(all: I) -> Self {
        let mut codecs = Self::default();
        codecs.extend(all);
        codecs
    }
}

impl<'a> IntoIterator for &'a Codecs {
    type Item = &'a Payload;
    type IntoIter = std::slice::Iter<'a, Payload>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_codec_has_one_place_and_one_number() {
        let payload = |number, codec| Payload { number, codec };
        let every = [Codec::Pcmu, Codec::Opus, Codec::G722, Codec::Pcma];
        let mut codecs: Codecs =
            (96..).zip(every.into_iter().chain(every)).map(|(n, codec)| payload(n, codec)).collect();
        assert_eq!(codecs.iter().map(|p| p.number).collect::<Vec<_>>(), [96, 97, 98, 99], "all of them, each once");
        codecs.retain(|p| p.codec.is_g711());
        let two: Codecs = [payload(96, Codec::Pcmu), payload(99, Codec::Pcma)].into_iter().collect();
        assert_eq!(codecs, two, "what was taken out is forgotten");
        assert_eq!(format!("{codecs:?}"), format!("{:?}", codecs.to_vec()));
    }
}
