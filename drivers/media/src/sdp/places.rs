//! The places of a dialog's media lines: each that was ever agreed on, open or closed, stays in every later offer (RFC 3264 section 8).

use super::Profile;
use super::parse::{Kind, MediaLine};

/// The places, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(Vec<MediaLine>);

impl Places {
    pub(super) fn of(lines: &[MediaLine]) -> Self {
        Self(lines.to_vec())
    }

    /// Those of a dialog whose only line is one of sound.
    pub fn of_sound(profile: Profile) -> Self {
        let mut places = Self::default();
        places.with_sound(profile);
        places
    }

    /// A line of sound was agreed on, or one of this kind was closed.
    pub fn with_sound(&mut self, profile: Profile) {
        match self.0.iter_mut().find(|line| line.kind == Kind::Audio) {
            Some(line) => profile.name().clone_into(&mut line.proto),
            None => self.0.push(new(Kind::Audio, "audio", profile.name(), "0")),
        }
    }

    /// A line of T.38 was agreed on, open or closed.
    pub fn with_image(&mut self) {
        if !self.has(Kind::Image) {
            self.0.push(new(Kind::Image, "image", "udptl", "t38"));
        }
    }

    pub(super) fn has(&self, kind: Kind) -> bool {
        self.0.iter().any(|line| line.kind == kind)
    }

    pub(super) fn lines(&self) -> &[MediaLine] {
        &self.0
    }
}

fn new(kind: Kind, media: &str, proto: &str, fmt: &str) -> MediaLine {
    MediaLine { kind, media: media.to_owned(), proto: proto.to_owned(), fmt: fmt.to_owned(), mid: None, bundled: false }
}
