//! As many datagrams as the real thing has, but nothing in them: what the system's calls alone cost.

use std::io;
use std::net::SocketAddr;

use model::Instant;
use model::time::Clock;

use super::{Crowd, Line, Rhythm, Tally, act};

/// The size of each: that of a usual REGISTER.
const SIZE: usize = 500;

/// Sends one datagram and the next when it is back, so many times for each thing that begins.
pub(crate) fn run(clock: Clock, server: SocketAddr, exchanges: u32, rhythm: Rhythm) -> io::Result<Tally> {
    let line = Line::new(server)?;
    let mut echoing = Echoing { clock, line, exchanges, all: Vec::new(), tally: Tally::default() };
    let lateness = act(clock, rhythm, &mut echoing)?;
    for _ in 0..echoing.open() {
        echoing.tally.fail(0);
    }
    Ok(Tally { lateness, ..echoing.tally })
}

struct Echoing {
    clock: Clock,
    line: Line,
    exchanges: u32,
    /// By number: when it began, and how often it came back.
    all: Vec<(Instant, u32)>,
    tally: Tally,
}

impl Crowd for Echoing {
    fn begin(&mut self, number: usize) {
        self.all.push((self.clock.now().instant, 0));
        self.tally.begun += 1;
        self.line.send(&format!("{number:SIZE$}"));
    }

    fn receive(&mut self) {
        while let Some(text) = self.line.receive() {
            let number = text.trim().parse::<usize>().ok();
            let Some((begun, times)) = number.and_then(|n| self.all.get_mut(n)) else { continue };
            *times += 1;
            if *times < self.exchanges {
                self.line.send(&text);
            } else {
                let waited = self.clock.now().instant.saturating_since(*begun);
                self.tally.waits_ms.push(waited.as_secs_f64() * 1e3);
                self.tally.done += 1;
            }
        }
    }

    fn open(&self) -> u64 {
        self.tally.begun - self.tally.done - self.tally.failures()
    }

    fn lines(&self) -> Vec<&Line> {
        vec![&self.line]
    }
}
