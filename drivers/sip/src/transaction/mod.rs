//! Transactions: the four state machines of RFC 3261 section 17, with the Accepted states of RFC 6026.
//!
//! A transaction hides repetition. What the network sends twice is handled once; what we send is repeated until it is answered or
//! given up. A server transaction keeps its request until it is answered and then only the bytes of its final response; a client
//! transaction keeps the bytes of its request. Every transaction ends by itself, at the latest 32 s after its final response,
//! except those that wait for our user's answer, or for the final response to a ringing INVITE (the leg has Timer C for that).

pub(crate) mod client;
pub(crate) mod server;
pub(crate) mod timer;

use std::collections::VecDeque;

use bytes::Bytes;
use model::Instant;

use crate::api::{Event, Flow, Output};
use crate::recorder::Recorder;
use timer::{Owner, Timer, Timers};

/// What every part of an endpoint works with: the time of this step, the timers, what goes out, and the recorder.
pub(crate) struct Context {
    pub(crate) now: Instant,
    pub(crate) timers: Timers,
    pub(crate) out: VecDeque<Output>,
    pub(crate) recorder: Recorder,
}

impl Context {
    /// Sends bytes.
    pub(crate) fn transmit(&mut self, flow: Flow, data: Bytes) {
        self.recorder.sent(flow, &data);
        self.out.push_back(Output::Transmit { flow, data });
    }

    /// Sets the recorder's timer if it has something to give away.
    pub(crate) fn watch_recorder(&mut self) {
        if let Some(at) = self.recorder.next()
            && !self.timers.is_set(Owner::Recorder, Timer::Recorded)
        {
            self.timers.set(Owner::Recorder, Timer::Recorded, at);
        }
    }

    /// The messages of the legs that are over.
    pub(crate) fn give_away(&mut self) {
        let (legs, turned_away) = self.recorder.take();
        if !legs.is_empty() || !turned_away.is_empty() {
            self.tell(Event::Recorded { legs, turned_away });
        }
    }

    /// Tells the user.
    pub(crate) fn tell(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }
}

/// True if the transport repeats by itself what is lost.
pub(crate) fn is_reliable(flow: Flow) -> bool {
    flow.transport.is_reliable()
}
