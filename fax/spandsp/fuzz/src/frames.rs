//! T.30 frames at an engine whose modem is driven elsewhere, with the data of pages and news between.

use spandsp::{FrontNews, FrontTerminal};

use crate::{Listener, Scratch, config};

const NEWS: [FrontNews; 6] = [
    FrontNews::Sent,
    FrontNews::CarrierUp,
    FrontNews::CarrierDown,
    FrontNews::Trained,
    FrontNews::FramingOk,
    FrontNews::Training,
];

pub fn run(data: &[u8]) {
    let Some((first, mut rest)) = data.split_first() else { return };
    let scratch = Scratch::new();
    let Ok(mut terminal) = FrontTerminal::new(&config(*first, scratch.path()), Box::new(Listener)) else { return };
    while let [what, length, tail @ ..] = rest {
        let (part, tail) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = tail;
        match what >> 5 {
            // A frame as the engine expects it: address and control in front.
            0 => terminal.frame(&[&[0xff, 0x13], part].concat(), true),
            1 => terminal.frame(&[&[0xff, 0x03], part].concat(), true),
            2 => terminal.frame(part, what & 1 == 0),
            3 => terminal.put(part),
            4 => terminal.tell(NEWS[usize::from(*what) % NEWS.len()]),
            5 => drop(terminal.take(usize::from(*length))),
            _ => terminal.pass(u32::from(*length) * 160),
        }
        while terminal.order().is_some() {}
    }
}
