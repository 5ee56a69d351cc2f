//! A virtual modem in a child process of its own: what a program writes and what a telephone line says are both read by spandsp, and neither
//! may harm more than this one port.

use std::process::ExitCode;

use model::{Now, Pii};
use serde::{Deserialize, Serialize};

use super::child;
use super::gateway::Terms;
use super::virtual_modem::{Input, NoCall, Output, VirtualModem};
use crate::audio::Law;

/// In which law the child hears and says its sound.
pub const LAW: Law = Law::Mu;
/// Bytes of the program that are handed over at once.
pub const MOST_BYTES: usize = 512;

/// What the child is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// The program writes.
    Bytes(Vec<u8>),
    /// The program has closed the port, as if the modem saw DTR go.
    Closed,
    /// Sound of the call.
    Sound {
        /// Its place.
        timestamp: u32,
        /// Its octets, in [`LAW`].
        payload: Vec<u8>,
    },
    /// The call is one over T.38, or becomes one now.
    Packets(Terms),
    /// A datagram of the call over T.38.
    Datagram(Vec<u8>),
    /// Somebody calls, from this number as a telephone shows it, or from none that is known.
    Ringing(Pii<String>),
    /// The call is answered.
    Answered,
    /// The call that was placed came to nothing.
    Failed(NoCall),
    /// The call is over.
    Ended,
    /// Time has passed.
    Time,
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// The program reads this.
    Bytes(Vec<u8>),
    /// Say this in the call, in [`LAW`].
    Sound(Vec<u8>),
    /// Send this in the call, which is one over T.38.
    Datagram(Vec<u8>),
    /// The fax is past its greetings: a call as sound must stay one.
    UnderWay,
    /// Call this number, as the program wrote it.
    Dial(Pii<String>),
    /// Answer the call that rings.
    Answer,
    /// End the call.
    HangUp,
}

/// The answer to one thing that was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// In this order.
    pub said: Vec<Said>,
    /// The port may be read.
    pub takes_bytes: bool,
    /// It has no call, and nothing that it was given is waiting.
    pub is_free: bool,
    /// It has a call.
    pub has_call: bool,
    /// Its bell is heard at this moment.
    pub rings: bool,
    /// When it is to be told the time, in nanoseconds.
    pub wake: u64,
}

/// The child's whole life.
pub fn child_main() -> ExitCode {
    let mut modem: Option<VirtualModem> = None;
    child::serve(|now, told: Told| {
        let modem = match &mut modem {
            Some(modem) => modem,
            None => modem.insert(VirtualModem::new(now, LAW).ok()?),
        };
        modem.handle_input(now, input(&told));
        Some(answer(now, modem))
    })
}

fn input(told: &Told) -> Input<'_> {
    match told {
        Told::Bytes(bytes) => Input::Bytes(bytes),
        Told::Closed => Input::Closed,
        Told::Sound { timestamp, payload } => Input::Sound { timestamp: *timestamp, payload },
        Told::Packets(terms) => Input::Packets(*terms),
        Told::Datagram(bytes) => Input::Datagram(bytes),
        Told::Ringing(from) => Input::Ringing(from.expose()),
        Told::Answered => Input::Answered,
        Told::Failed(why) => Input::Failed(*why),
        Told::Ended => Input::Ended,
        Told::Time => Input::Timeout,
    }
}

fn answer(now: Now, modem: &mut VirtualModem) -> Answer {
    let mut answer = Answer::default();
    loop {
        answer.said.push(match modem.poll_output() {
            Output::Timeout(at) => {
                answer.wake = at.nanos();
                break;
            }
            Output::Bytes(bytes) => Said::Bytes(bytes),
            Output::Sound(sound) => Said::Sound(sound.to_vec()),
            Output::Datagram(datagram) => Said::Datagram(datagram.to_vec()),
            Output::UnderWay => Said::UnderWay,
            Output::Dial(number) => Said::Dial(number.into()),
            Output::Answer => Said::Answer,
            Output::HangUp => Said::HangUp,
        });
    }
    (answer.takes_bytes, answer.is_free) = (modem.takes_bytes(), modem.is_free());
    (answer.has_call, answer.rings) = (modem.has_call(), modem.rings(now));
    answer
}
