//! The elements whose style changes the letters in them, or parts them from those beside them.

use super::names::is_void;
use super::symbols::Face;

/// Elements in one of those; nobody writes half as many.
const DEEPEST: usize = 64;

/// The elements that we are in since the first of those. There are none in nearly all of a letter.
#[derive(Default)]
pub(super) struct Faces {
    open: Vec<Open>,
    deeper: usize,
}

struct Open {
    name: Vec<u8>,
    face: Face,
    /// What stands behind it stands apart.
    is_apart: bool,
}

impl Faces {
    pub(super) fn current(&self) -> Face {
        self.open.last().map_or(Face::Plain, |open| open.face)
    }

    pub(super) fn start(&mut self, name: &[u8], face: Option<Face>, is_apart: bool) {
        let changes_nothing = self.open.is_empty() && !is_apart && face.is_none_or(|face| face == Face::Plain);
        if changes_nothing || is_void(name) {
            return;
        }
        if self.open.len() < DEEPEST {
            let face = face.unwrap_or_else(|| self.current());
            self.open.push(Open { name: name.to_owned(), face, is_apart });
        } else {
            self.deeper += 1;
        }
    }

    /// A block that ends ends what stands in it, but for `font`, which goes on in the next one until it is closed. True if something ended
    /// that stands apart.
    pub(super) fn end(&mut self, name: &[u8], is_block: bool) -> bool {
        let mut ended_apart = false;
        if self.open.is_empty() {
        } else if self.deeper > 0 {
            self.deeper -= 1;
        } else if let Some(at) = self.open.iter().rposition(|open| open.name == name) {
            ended_apart = self.open.drain(at..).any(|open| open.is_apart);
        } else if is_block {
            self.open.retain(|open| open.name == b"font");
        }
        ended_apart
    }

    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// A cell ends, and what was begun in it.
    pub(super) fn back_to(&mut self, depth: usize) {
        self.open.truncate(depth);
        self.deeper = 0;
    }
}
