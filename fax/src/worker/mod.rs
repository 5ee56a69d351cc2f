//! The worker: one process (a thread, in tests) that runs the T.30 engine of one call and nothing else.
//!
//! It has no clock and no network. The parent's [`Session`](crate::session::Session) gives it one order at a time, a packet or a
//! span of time, and it answers with what the engine wants sent, then `Idle`. A run is therefore the same in simulated time and
//! in real time. A crash, a hang or a kill costs this call only, and no page is confirmed that the parent has not made durable.

pub mod channel;
pub mod child;
mod coder;
mod documents;
mod engine;
mod fit;
pub mod frames;
mod header;
mod lost;
mod polling;
pub mod proto;
mod reader;

use std::sync::Arc;

use model::{Inside, Resolution};
use spandsp::{AudioTerminal, Config, Document, Finest, FrontTerminal, SetupFailed, T38Terminal, Turn};

use self::channel::Parent;
pub use self::channel::{Channel, Files, Gone};
pub use self::child::{WorkerHandle, child_main, spawn};
use self::coder::Coder;
use self::documents::Documents;
use self::engine::{Engine, Line};
use self::lost::Lost;
use self::polling::Polling;
use self::proto::{
    FromWorker, FrontInput, LONG_SOUND_BLOCK, MOST_AHEAD, MOST_AHEAD_BETWEEN, MOST_QUIET, MOST_SOUND, Start, Task,
    ToWorker, VERSION, Way,
};
use self::reader::Reader;
use crate::audio::Law;

/// The engine lives so much at a time, in 1/8000 s, also when it is given more: it answers within an order, not at its end.
const STEP: u16 = 160;
/// The same as sound.
const SOUND_STEP: usize = STEP as usize;

/// Runs one call, until the parent says `Stop` or is gone. Blocks.
pub fn run(channel: Channel, files: Files) -> Result<(), Gone> {
    let parent = Arc::new(Parent::new(channel));
    let ToWorker::Start(start) = parent.order()? else { return Err(Gone) };
    parent.tell(&FromWorker::Ready { version: VERSION })?;
    if start.version != VERSION {
        return Err(Gone);
    }
    let mut call = match Call::new(start, Arc::clone(&parent), files) {
        Ok(call) => call,
        Err(failed) => {
            parent.tell(&FromWorker::Fault { what: failed.to_string() })?;
            return wait_for_the_end(&parent);
        }
    };
    parent.tell(&FromWorker::Idle)?;
    loop {
        match parent.order()? {
            ToWorker::Stop => return Ok(()),
            order => call.order(order)?,
        }
        if call.line.is_silent() {
            // Nothing that the engine does matters any more, and its state may be one that it was never tried in.
            return wait_for_the_end(&parent);
        }
        parent.tell(&FromWorker::Idle)?;
    }
}

/// The call, and the terminal that it has now.
struct Call {
    start: Start,
    parent: Arc<Parent>,
    files: Arc<Files>,
    /// Where the document to send is, with its header lines.
    path: String,
    line: Arc<Line>,
    terminal: Terminal,
    /// Over T.38: what did not come.
    lost: Lost,
}

enum Terminal {
    T38(T38Terminal),
    Audio(Law, AudioTerminal),
    Front(FrontTerminal),
    /// No engine: pages are coded for one that is elsewhere.
    Coder(Coder),
    /// The same, and they come from it.
    Reader(Reader),
}

impl Call {
    fn new(start: Start, parent: Arc<Parent>, files: Files) -> Result<Self, SetupFailed> {
        let path = match &start.task {
            Task::Send { header, documents, .. } => {
                let document = files.read_document().map_err(|_| SetupFailed)?;
                header::stamp(&files, &document, header.expose(), documents).map_err(|_| SetupFailed)?
            }
            Task::Receive { .. } | Task::Fetch { .. } => files.document_path(),
        };
        let files = Arc::new(files);
        let (line, terminal) = terminal(&start, &path, &parent, &files)?;
        Ok(Self { start, parent, files, path, line, terminal, lost: Lost::default() })
    }

    /// Does one order. `Gone` if it makes no sense here: then this is not the parent that we know.
    fn order(&mut self, order: ToWorker) -> Result<(), Gone> {
        match (order, &mut self.terminal) {
            (ToWorker::Packets { before, packets, samples }, Terminal::T38(terminal)) => {
                pass(&self.line, terminal, before);
                for (seq, data) in packets {
                    let packets = self.lost.fill(seq, data, self.line.page_follows());
                    self.line.misses_packets(self.lost.gap(), self.lost.is_spoilt());
                    for (seq, data) in packets {
                        if !self.line.is_silent() {
                            terminal.feed(seq, &data);
                        }
                    }
                }
                pass(&self.line, terminal, samples);
                rest(&self.parent, terminal)?;
            }
            (ToWorker::Tick { samples }, Terminal::T38(terminal)) => {
                pass(&self.line, terminal, samples);
                run_ahead(&self.parent, &self.line, terminal)?;
                rest(&self.parent, terminal)?;
            }
            (ToWorker::Sound { heard, missing }, Terminal::Audio(law, terminal)) => {
                self.line.misses_sound(missing);
                let said = say(*law, terminal, &self.line, heard);
                if !self.line.is_silent() {
                    let speaks = terminal.speaks();
                    self.parent.tell(&FromWorker::Sound { said, speaks })?;
                    if self.line.is_within_their_page() {
                        self.parent.tell(&FromWorker::Listens)?;
                    }
                }
            }
            (ToWorker::Front(input), Terminal::Front(terminal)) => {
                front(&self.parent, terminal, input)?;
                while let Some(order) = terminal.order() {
                    self.parent.tell(&FromWorker::Front(order))?;
                }
            }
            (ToWorker::Front(input), Terminal::Coder(coder)) => code(&self.parent, coder, &self.files, input)?,
            (ToWorker::Front(input), Terminal::Reader(reader)) => reader.input(input)?,
            // It asks for nothing by itself, and what the other engine reached has been made durable.
            (ToWorker::Go, Terminal::Coder(_)) => {}
            (ToWorker::PageCommitted, Terminal::Front(terminal)) => terminal.t30().set_receiver_not_ready(0),
            (ToWorker::PageCommitted, Terminal::T38(terminal)) => terminal.t30().set_receiver_not_ready(0),
            (ToWorker::PageCommitted, Terminal::Audio(_, terminal)) => terminal.t30().set_receiver_not_ready(0),
            (ToWorker::Switch { max_bit_rate }, Terminal::Audio(..)) => self.switch(max_bit_rate)?,
            // The rest are answers, and nothing was asked; or of another way.
            _ => return Err(Gone),
        }
        Ok(())
    }

    /// The call goes on as packets. The engine begins anew: nothing but greetings has been said.
    fn switch(&mut self, max_bit_rate: u16) -> Result<(), Gone> {
        self.line.silence();
        self.start.way = Way::T38;
        self.start.max_bit_rate = self.start.max_bit_rate.min(max_bit_rate);
        match terminal(&self.start, &self.path, &self.parent, &self.files) {
            Ok((line, terminal)) => {
                (self.line, self.terminal) = (line, terminal);
                Ok(())
            }
            Err(failed) => self.parent.tell(&FromWorker::Fault { what: failed.to_string() }),
        }
    }
}

fn terminal(
    start: &Start,
    path: &str,
    parent: &Arc<Parent>,
    files: &Arc<Files>,
) -> Result<(Arc<Line>, Terminal), SetupFailed> {
    let ready = files.strip_path();
    let (document, documents, inside, polling) = match &start.task {
        Task::Send { first_page, documents, inside, .. } => {
            let documents = Documents::new(path, documents, *first_page);
            let document = Document::Send { path, first: *first_page, last: documents.last() };
            (document, Some(documents), inside.clone(), None)
        }
        Task::Receive { ready: false } => (Document::Receive { path, ready: None }, None, Inside::default(), None),
        Task::Receive { ready: true } => {
            let document = Document::Receive { path, ready: Some(&ready) };
            (document, None, Inside::default(), Some(Polling::default()))
        }
        Task::Fetch { inside } => (Document::Fetch { path }, None, inside.clone(), Some(Polling::asks(inside))),
    };
    let config = Config {
        document,
        ident: &start.station_id,
        subaddress: inside.subaddress.expose(),
        password: inside.password.expose(),
        finest: match start.finest {
            Resolution::Fine => Finest::Fine,
            Resolution::Dots300 => Finest::Dots300,
            Resolution::Dots400 => Finest::Dots400,
        },
        t85: start.t85,
        ecm: start.ecm,
        max_bit_rate: start.max_bit_rate,
    };
    let line = Arc::new(Line::default());
    let engine = Engine::new(Arc::clone(parent), Arc::clone(files), Arc::clone(&line), documents);
    let engine = Box::new(engine.asking_for(&inside).polling(polling).packing_by_t85(start.t85 && start.ecm));
    let terminal = match start.way {
        Way::T38 => Terminal::T38(T38Terminal::new(&config, engine)?),
        Way::Audio(law) => Terminal::Audio(law, AudioTerminal::new(&config, engine)?),
        Way::Modem => Terminal::Front(FrontTerminal::new(&config, engine)?),
        Way::Class2 => match start.task {
            Task::Send { first_page, .. } => Terminal::Coder(Coder::new(first_page)),
            Task::Receive { .. } | Task::Fetch { .. } => {
                Terminal::Reader(Reader::new(Arc::clone(parent), Arc::clone(files)))
            }
        },
    };
    Ok((line, terminal))
}

/// Lets so much time pass, as the engine's clock goes.
fn pass(line: &Line, terminal: &mut T38Terminal, mut samples: u16) {
    while samples > 0 && !line.is_silent() {
        let step = samples.min(STEP);
        terminal.tick(step);
        samples -= step;
    }
}

/// Goes on for a while, as if more orders had come: long where it is our turn to speak, and not at all where it is theirs.
fn run_ahead(parent: &Parent, line: &Line, terminal: &mut T38Terminal) -> Result<(), Gone> {
    let mut ahead = 0;
    let most = |turn| match turn {
        Turn::Ours => MOST_AHEAD,
        Turn::Open => MOST_AHEAD_BETWEEN,
        Turn::Theirs => 0,
    };
    while !line.is_silent() && ahead + STEP <= most(terminal.turn()) {
        ahead += STEP;
        line.set_ahead(ahead);
        terminal.tick(STEP);
    }
    line.set_ahead(0);
    if ahead > 0 { parent.tell(&FromWorker::Ahead { samples: ahead }) } else { Ok(()) }
}

/// Says how long nothing is to be done, if it is their turn.
fn rest(parent: &Parent, terminal: &mut T38Terminal) -> Result<(), Gone> {
    if terminal.turn() == Turn::Theirs { parent.tell(&FromWorker::Quiet { samples: MOST_QUIET }) } else { Ok(()) }
}

/// Tells the engine what the front end says.
fn front(parent: &Parent, terminal: &mut FrontTerminal, input: FrontInput) -> Result<(), Gone> {
    match input {
        FrontInput::News(news) => terminal.tell(news),
        FrontInput::Frame { frame, good } => terminal.frame(&frame, good),
        FrontInput::Put(data) => terminal.put(&data),
        FrontInput::Take(most) => return parent.tell(&FromWorker::Taken(terminal.take(usize::from(most)))),
        FrontInput::Pass(samples) => terminal.pass(u32::from(samples)),
        FrontInput::Page { .. } | FrontInput::Forget | FrontInput::Received { .. } => return Err(Gone),
    }
    Ok(())
}

/// Codes a page, or gives part of one.
fn code(parent: &Parent, coder: &mut Coder, files: &Files, input: FrontInput) -> Result<(), Gone> {
    match input {
        FrontInput::Page { number, coding, fine } => match coder.page(files, number, coding, fine) {
            Ok(()) => Ok(()),
            Err(what) => parent.tell(&FromWorker::Fault { what }),
        },
        FrontInput::Take(most) => parent.tell(&FromWorker::Taken(coder.take(usize::from(most)))),
        _ => Err(Gone),
    }
}

/// What is said while this is heard. While it speaks the engine goes on, and hears nothing: nobody interrupts it. Longer than what is taken at
/// once nobody sends.
fn say(law: Law, terminal: &mut AudioTerminal, line: &Line, mut octets: Vec<u8>) -> Vec<u8> {
    octets.truncate(usize::from(LONG_SOUND_BLOCK));
    let mut done = 0;
    while done < octets.len() {
        let until = octets.len().min(done + SOUND_STEP);
        step(law, terminal, &mut octets[done..until]);
        done = until;
        let goes_on = terminal.speaks() && !line.is_silent();
        if goes_on && done == octets.len() && done + SOUND_STEP <= usize::from(MOST_SOUND) {
            octets.resize(done + SOUND_STEP, law.silence());
        }
    }
    octets
}

/// Puts in the place of what is heard what is said.
fn step(law: Law, terminal: &mut AudioTerminal, octets: &mut [u8]) {
    let mut samples = [0; SOUND_STEP];
    let samples = &mut samples[..octets.len()];
    for (sample, octet) in samples.iter_mut().zip(&*octets) {
        *sample = law.decode(*octet);
    }
    terminal.step(samples);
    for (octet, sample) in octets.iter_mut().zip(samples) {
        *octet = law.encode(*sample);
    }
}

/// Takes orders and does nothing, until the parent stops or kills us.
fn wait_for_the_end(parent: &Parent) -> Result<(), Gone> {
    while parent.order()? != ToWorker::Stop {}
    Ok(())
}
