//! One stream: however it is cut, it holds the same messages, and no more than one message waits.

use sip::wire::MAX_MESSAGE;
use sip::wire::stream::{Frame, Framer};

pub fn run(data: &[u8]) {
    // The first byte is how it is cut.
    let Some((&cut, data)) = data.split_first() else { return };
    let whole = frames(data, data.len().max(1));
    let parts = frames(data, usize::from(cut).max(1));
    assert_eq!(whole, parts);
    for frame in &whole {
        if let Frame::Message(message) = frame {
            assert!(message.len() <= MAX_MESSAGE && !message.is_empty());
        }
    }
}

fn frames(data: &[u8], cut: usize) -> Vec<Frame> {
    let mut framer = Framer::default();
    let mut out = Vec::new();
    for part in data.chunks(cut) {
        framer.push(part);
        while let Some(frame) = framer.next() {
            let last = matches!(frame, Frame::Lost | Frame::TooLarge(_) | Frame::Unmeasured(_));
            out.push(frame);
            if last {
                // The stream is closed.
                return out;
            }
        }
    }
    out
}
