//! The yardstick: the same pages from one bare engine of the library to another, with nothing around them but a clock and two queues. No
//! redundancy, no process, no session, and nobody who reads what arrives.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use fax::page::Page;
use fax::worker::proto::Way;
use spandsp::{AudioTerminal, Config, Document, Events, Finest, T30, T38Terminal};

/// What passes in a step, of 1/8000 s.
const STEP: u16 = 160;
/// A call of a hundred pages takes fewer.
const MOST_STEPS: u32 = 3 * 3600 * 50;

/// What an engine says.
#[derive(Default)]
struct Said {
    packets: Mutex<VecDeque<Vec<u8>>>,
    ended: AtomicBool,
}

struct Listener(Arc<Said>);

impl Events for Listener {
    fn packet(&mut self, ifp: &[u8], _copies: u32) -> bool {
        self.0.packets.lock().map(|mut packets| packets.push_back(ifp.to_vec())).is_ok()
    }

    fn frame(&mut self, _incoming: bool, _frame: &[u8], _t30: T30<'_>) {}

    fn page_end(&mut self, _fcf: u8, _t30: T30<'_>) {}

    fn call_end(&mut self, _status: i32) {
        self.0.ended.store(true, Ordering::Relaxed);
    }
}

enum Terminal {
    T38(T38Terminal, u16),
    Audio(Box<AudioTerminal>, Vec<i16>),
}

struct End {
    terminal: Terminal,
    said: Arc<Said>,
}

impl End {
    fn new(document: Document<'_>, way: Way, t85: bool) -> io::Result<Self> {
        let config = Config {
            document,
            ident: "+1 202 555 0100",
            subaddress: "",
            password: "",
            finest: Finest::Fine,
            t85,
            ecm: true,
            max_bit_rate: 14_400,
        };
        let said = Arc::new(Said::default());
        let events = Box::new(Listener(Arc::clone(&said)));
        let terminal = match way {
            Way::T38 => T38Terminal::new(&config, events).map(|terminal| Terminal::T38(terminal, 0)),
            _ => AudioTerminal::new(&config, events)
                .map(|terminal| Terminal::Audio(Box::new(terminal), vec![0; usize::from(STEP)])),
        };
        let terminal = terminal.map_err(io::Error::other)?;
        Ok(Self { terminal, said })
    }

    /// A step of time, after what the other end said in the one before.
    fn step(&mut self, other: &Said, heard: Option<&[i16]>) {
        match &mut self.terminal {
            Terminal::T38(terminal, seq) => {
                for packet in other.packets.lock().map(|mut packets| std::mem::take(&mut *packets)).unwrap_or_default()
                {
                    terminal.feed(*seq, &packet);
                    *seq = seq.wrapping_add(1);
                }
                terminal.tick(STEP);
            }
            Terminal::Audio(terminal, samples) => {
                if let Some(heard) = heard {
                    samples.copy_from_slice(heard);
                }
                terminal.step(samples);
            }
        }
    }

    fn sound(&self) -> Option<Vec<i16>> {
        match &self.terminal {
            Terminal::T38(..) => None,
            Terminal::Audio(_, samples) => Some(samples.clone()),
        }
    }
}

/// Sends these pages.
pub(super) fn send(pages: &[Page], way: Way, t85: bool) -> io::Result<()> {
    let dir = tempfile::tempdir()?;
    let (from, to) = (dir.path().join("sent.tif"), dir.path().join("received.tif"));
    std::fs::write(&from, Page::multi_tiff(pages))?;
    let text = |path: &std::path::Path| path.to_str().map(str::to_owned).ok_or(io::ErrorKind::InvalidInput);
    let mut sender = End::new(Document::Send { path: &text(&from)?, first: 0, last: None }, way, t85)?;
    let mut receiver = End::new(Document::Receive { path: &text(&to)?, ready: None }, way, t85)?;
    let mut steps = 0;
    while ![&sender, &receiver].iter().all(|end| end.said.ended.load(Ordering::Relaxed)) {
        steps += 1;
        if steps > MOST_STEPS {
            return Err(io::Error::other("the bare engines do not come to an end"));
        }
        let (from, to) = (Arc::clone(&sender.said), Arc::clone(&receiver.said));
        let said = sender.sound();
        sender.step(&to, receiver.sound().as_deref());
        receiver.step(&from, said.as_deref());
    }
    let (sent, received) = (t30(&mut sender).pages().sent, t30(&mut receiver).received());
    if sent as usize == pages.len() && received as usize == pages.len() {
        return Ok(());
    }
    Err(io::Error::other(format!("the bare engines sent {sent} pages and received {received}")))
}

fn t30(end: &mut End) -> T30<'_> {
    match &mut end.terminal {
        Terminal::T38(terminal, _) => terminal.t30(),
        Terminal::Audio(terminal, _) => terminal.t30(),
    }
}
