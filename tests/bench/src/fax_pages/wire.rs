//! A fax over T.38 from its begin to its end in virtual time: two sessions, two engines, and a network that loses nothing. All the CPU time
//! it takes is this process', and none of it is waiting.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use clinic::FaxWorkerStart;
use fax::page::Page;
use fax::session::{Input, Output, Params, Role, Session};
use model::fax::{Cause, Outcome};
use model::{Instant, Now};
use world::engine::Engine;

/// From one end to the other.
const DELAY: Duration = Duration::from_millis(30);
/// A call of a hundred pages takes less.
const LONGEST: Duration = Duration::from_secs(3 * 3600);

/// Sends these pages; gives how long it took on the virtual clock.
pub(super) fn send(pages: &[Page]) -> io::Result<Duration> {
    let start = Now::simulation_start();
    let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
    let document = Page::multi_tiff(pages);
    let mut now = start;
    let mut ends = [End::new(now, Role::Send { pages: count }, Some(document)), End::new(now, Role::Receive, None)];
    let mut flying: VecDeque<(Instant, usize, bytes::Bytes)> = VecDeque::new();
    while ends.iter().any(|end| end.finished.is_none()) {
        for (side, end) in ends.iter_mut().enumerate() {
            // In order, since the delay is the same for all.
            flying.extend(end.datagrams.drain(..).map(|bytes| (now.instant + DELAY, 1 - side, bytes)));
        }
        let arrival = flying.front().map_or(Instant::FAR_FUTURE, |(at, ..)| *at);
        let next = arrival.min(ends[0].timeout).min(ends[1].timeout).max(now.instant);
        if next > start.instant + LONGEST {
            return Err(io::Error::other("the fax does not end"));
        }
        now = now.after(next - now.instant);
        while let Some((_, to, bytes)) = flying.pop_front_if(|(at, ..)| *at <= now.instant) {
            ends[to].input(now, Input::Datagram(&bytes));
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

struct End {
    session: Session,
    engine: Option<Engine>,
    timeout: Instant,
    datagrams: Vec<bytes::Bytes>,
    finished: Option<Outcome>,
}

impl End {
    fn new(now: Now, role: Role, document: Option<Vec<u8>>) -> Self {
        let params =
            Params { header: "Clinic".to_owned(), station_id: "+1 202 555 0100".to_owned(), ..Params::default() };
        let (session, start) = Session::new(now, role, params);
        let (engine, said) = Engine::start(FaxWorkerStart { start, document });
        let mut end =
            Self { session, engine: Some(engine), timeout: Instant::ZERO, datagrams: Vec::new(), finished: None };
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
                Output::Datagram(bytes) => self.datagrams.push(bytes),
                Output::StorePage { number, .. } => {
                    self.session.handle_input(now, Input::PageStored { page: number });
                }
                Output::DocumentSent { .. } => self.session.handle_input(now, Input::DocumentBegun),
                Output::StoreProgress { .. } => self.session.handle_input(now, Input::ProgressStored),
                Output::DocumentReceived(_) | Output::Trace { .. } | Output::Progress { .. } => {}
                Output::Sound(_) | Output::Modem(_) => {}
                Output::Finished(outcome) => self.finished = Some(outcome),
            }
        }
    }
}
