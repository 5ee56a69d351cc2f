//! IFP packets of T.38 at a terminal, with losses and time between them.

use spandsp::T38Terminal;

use crate::{Listener, Scratch, config};

pub fn run(data: &[u8]) {
    let Some((first, mut rest)) = data.split_first() else { return };
    let scratch = Scratch::new();
    let Ok(mut terminal) = T38Terminal::new(&config(*first, scratch.path()), Box::new(Listener)) else { return };
    let mut seq = 0u16;
    // It greets before anybody is heard.
    for _ in 0..first >> 5 << 5 {
        terminal.tick(160);
    }
    // Each packet begins with how long it is, and with the time and the losses before it.
    while let [length, before, tail @ ..] = rest {
        let (packet, tail) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = tail;
        for _ in 0..before & 0x0f {
            terminal.tick(160);
        }
        // Now and then some seconds.
        if before & 0x30 == 0x30 {
            (0..100).for_each(|_| terminal.tick(800));
        }
        seq = seq.wrapping_add(u16::from(before >> 6));
        terminal.feed(seq, packet);
        seq = seq.wrapping_add(1);
    }
    for _ in 0..50 {
        terminal.tick(160);
    }
}
