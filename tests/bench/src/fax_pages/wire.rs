//! A fax over T.38, or as sound, from its begin to its end in virtual time: two sessions, two engines, and a network that loses nothing. All the CPU time
//! it takes is this process', and none of it is waiting.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use clinic::FaxWorkerStart;
use fax::audio::Law;
use fax::page::Page;
use fax::session::{Input, Output, Params, Role, Session, Span};
use fax::worker::proto::Way;
use model::fax::{Cause, Outcome};
use model::{Instant, Now};
use world::engine::Engine;

/// From one end to the other.
const DELAY: Duration = Duration::from_millis(30);
/// A call of a hundred pages takes less.
const LONGEST: Duration = Duration::from_secs(3 * 3600);

/// Sends these pages; gives how long it took on the virtual clock.
pub(super) fn send(pages: &[Page], way: Way, t85: bool) -> io::Result<Duration> {
    let start = Now::simulation_start();
    let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    let document = Page::multi_tiff(pages);
    let mut now = start;
    let end = |role, document| End::new(now, role, (way, t85), document);
    let mut ends = [end(Role::Send { pages: count }, Some(document)), end(Role::Receive, None)];
    let mut flying: VecDeque<(Instant, usize, Packet)> = VecDeque::new();
    while ends.iter().any(|end| end.finished.is_none()) {
        for (side, end) in ends.iter_mut().enumerate() {
            // In order, since the delay is the same for all.
            flying.extend(end.packets.drain(..).map(|packet| (now.instant + DELAY, 1 - side, packet)));
        }
        let arrival = flying.front().map_or(Instant::FAR_FUTURE, |(at, ..)| *at);
        let next = arrival.min(ends[0].timeout).min(ends[1].timeout).max(now.instant);
        if next > start.instant + LONGEST {
            return Err(io::Error::other("the fax does not end"));
        }
        now = now.after(next - now.instant);
        while let Some((_, to, packet)) = flying.pop_front_if(|(at, ..)| *at <= now.instant) {
            let input = match &packet {
                Packet::Datagram(bytes) => Input::Datagram(bytes),
                Packet::Sound(timestamp, payload) => {
                    Input::Sound { at: now.instant, timestamp: *timestamp, law: Law::Mu, payload }
                }
            };
            ends[to].input(now, input);
        }
        for end in &mut ends {
            if end.timeout <= now.instant {
                end.input(now, Input::Timeout);
            }
        }
    }
    for end in &ends {
        match &end.finished {
            Some(outcome) if outcome.cause == Cause::Delivered && outcome.pages_confirmed == count => {}
            other => return Err(io::Error::other(format!("the fax was not delivered: {other:?}"))),
        }
    }
    Ok(now.instant - start.instant)
}

enum Packet {
    Datagram(bytes::Bytes),
    Sound(u32, bytes::Bytes),
}

struct End {
    session: Session,
    engine: Option<Engine>,
    timeout: Instant,
    packets: Vec<Packet>,
    /// Of the next packet of sound.
    timestamp: u32,
    finished: Option<Outcome>,
}

impl End {
    fn new(now: Now, role: Role, (way, t85): (Way, bool), document: Option<Vec<u8>>) -> Self {
        let (header, station_id) = ("Clinic".to_owned(), "+1 202 555 0100".to_owned());
        let params = Params { header, station_id, way, t85, ..Params::default() };
        let (session, start) = Session::new(now, role, params);
        let (engine, said) = Engine::start(FaxWorkerStart { start, document });
        let mut end = Self {
            session,
            engine: Some(engine),
            timeout: Instant::ZERO,
            packets: Vec::new(),
            timestamp: 0,
            finished: None,
        };
        for report in said {
            end.input(now, Input::Worker(report));
        }
        end
    }

    /// Pages are durable at once: the disk is not what is measured here.
    fn input(&mut self, now: Now, input: Input<'_>) {
        self.session.handle_input(now, input);
        loop {
            match self.session.poll_output() {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                Output::Worker(order) => {
                    for report in self.engine.as_mut().map(|engine| engine.give(&order)).unwrap_or_default() {
                        self.session.handle_input(now, Input::Worker(report));
                    }
                }
                Output::KillWorker => self.engine = None,
                Output::Datagram { data, .. } => self.packets.push(Packet::Datagram(data)),
                Output::Sound(spans) => {
                    for Span { payload, .. } in spans {
                        let timestamp = self.timestamp;
                        self.timestamp = timestamp.wrapping_add(u32::try_from(payload.len()).unwrap_or_default());
                        self.packets.push(Packet::Sound(timestamp, payload));
                    }
                }
                Output::StorePage { number, .. } => {
                    self.session.handle_input(now, Input::PageStored { page: number });
                }
                Output::DocumentSent { .. } => self.session.handle_input(now, Input::DocumentBegun),
                Output::StoreProgress { .. } => self.session.handle_input(now, Input::ProgressStored),
                Output::DocumentReceived(_) | Output::AskedFor(_) | Output::Trace { .. } | Output::Progress { .. } => {}
                Output::Gather { .. } | Output::Modem(_) => {}
                Output::Finished(outcome) => self.finished = Some(outcome),
            }
        }
    }
}
