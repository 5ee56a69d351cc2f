//! What the converter's parent and child say to each other, over the child's standard input and output.
//!
//! Both directions are frames: four bytes of length, little-endian, then `postcard`. The parent writes one [`Order`] and then
//! the documents' bytes without frames. The child answers with [`Message`]s. The parent believes nothing: lengths are bounded
//! before memory is taken, and each page is checked.

use std::io;

use model::Resolution;
use serde::{Deserialize, Serialize};

use super::{Claims, MAX_DOCUMENTS, Problem};
use crate::page::{MAX_STRIP, Page};

/// The first frame to the child: what it is for, and how long each document is.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    /// What is to be done.
    pub(super) task: Task,
    pub(super) lengths: Vec<u32>,
    /// Which of them are called HTML.
    pub(super) claims: Claims,
}

/// What a child is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Task {
    /// The documents become pages, so fine.
    Render(Resolution),
    /// The document is a fax page, and the codes on it are to be read.
    ReadCodes,
}

/// A frame from the child.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Message {
    /// This document is next. If the child ends without a word, it is the one to blame.
    Begins(u32),
    /// A page.
    Page(Page),
    /// What a code on the page says.
    Code(String),
    /// The end: this document cannot be rendered.
    Failed(u32, Problem),
    /// The end: all pages have been given.
    Done,
}

/// Nothing that is said is longer: the longest strip of a page, and its sizes.
pub(super) const MAX_FRAME: usize = MAX_STRIP + 64;
/// An order is [`MAX_DOCUMENTS`] numbers, and a few bytes.
pub(super) const MAX_ORDER: usize = MAX_DOCUMENTS * 5 + 16;

/// A frame with its length.
pub(super) fn frame<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    let bytes = postcard::to_extend(value, vec![0; 4]).map_err(|_| io::ErrorKind::InvalidData)?;
    let length = u32::try_from(bytes.len() - 4).map_err(|_| io::ErrorKind::InvalidData)?;
    let mut bytes = bytes;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

/// The length of the frame that begins so; an error if it is beyond `most`.
pub(super) fn length(head: [u8; 4], most: usize) -> io::Result<usize> {
    let length = u32::from_le_bytes(head) as usize;
    if length > most { Err(io::ErrorKind::InvalidData.into()) } else { Ok(length) }
}

/// The value of a frame without its length.
pub(super) fn value<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> io::Result<T> {
    postcard::from_bytes(bytes).map_err(|_| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_and_are_bounded() {
        let page = Page { width: 1728, rows: 2156, x_dpi: 204, y_dpi: 196, g4: vec![1, 2, 3], bad_rows: 0 };
        for message in [Message::Begins(3), Message::Page(page), Message::Failed(7, Problem::Encrypted), Message::Done]
        {
            let bytes = frame(&message).unwrap();
            let length = length(bytes[..4].try_into().unwrap(), MAX_FRAME).unwrap();
            assert_eq!(value::<Message>(&bytes[4..4 + length]).unwrap(), message);
        }
        assert!(length([255; 4], MAX_FRAME).is_err());
        let order = Order {
            task: Task::Render(Resolution::Dots400),
            lengths: vec![u32::MAX; MAX_DOCUMENTS],
            claims: Claims(u64::MAX),
        };
        assert!(frame(&order).unwrap().len() <= MAX_ORDER + 4);
    }
}
