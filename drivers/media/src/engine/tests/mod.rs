//! The engine, listened to: phones that each say a tone of their own, in simulated time, and what each of them hears.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use model::{Instant, Now};

use crate::api::{Command, Event, Input, Output, SessionId, Voice};
use crate::codec::{Decoder, Encoder};
use crate::engine::{Config, Engine};
use crate::family::Family;
use crate::rtp::{COMFORT_NOISE, Rtp};
use crate::sdp::{Codec, OpusWishes};
use crate::voice::detect::level;

mod by_tones;
mod comfort;
mod fax;
mod keys;
mod opus;
mod play;
mod record;
mod rooms;
mod steps;
mod takes_over;
mod taps;
mod translate;

/// How loud the phones are: the peak of their sines.
const PEAK: f64 = 6000.0;

/// A phone at the far end of a session.
struct Phone {
    session: SessionId,
    addr: SocketAddr,
    voice: Voice,
    events: Option<u8>,
    /// What it says, or nothing at all.
    hertz: Option<f64>,
    encoder: Encoder,
    decoder: Decoder,
    said: u64,
    sequence: u16,
    /// What it heard, and the packets.
    heard: Vec<i16>,
    packets: Vec<Rtp>,
    markers: Vec<usize>,
    /// The telephone events among them.
    pressed: Vec<Vec<u8>>,
}

impl Phone {
    fn says(&mut self) -> Option<Vec<u8>> {
        let hertz = self.hertz?;
        let rate = f64::from(self.voice.codec.rate());
        let samples: Vec<i16> = (self.said..self.said + self.samples() as u64)
            .map(|n| (PEAK * (std::f64::consts::TAU * hertz * n as f64 / rate).sin()) as i16)
            .collect();
        Some(self.packet(&samples))
    }

    /// In a packet.
    fn samples(&self) -> usize {
        self.voice.codec.rate() as usize / 1000 * usize::from(self.voice.ptime)
    }

    /// The next packet of its stream, with this in it.
    fn packet(&mut self, samples: &[i16]) -> Vec<u8> {
        let mut packet = Vec::new();
        let clock = self.said * u64::from(self.voice.codec.clock()) / u64::from(self.voice.codec.rate());
        crate::rtp::write(
            &mut packet,
            self.voice.payload_type,
            self.said == 0,
            self.sequence,
            clock as u32,
            self.session.0 as u32,
        );
        self.encoder.encode(samples, &mut packet);
        self.said += samples.len() as u64;
        self.sequence = self.sequence.wrapping_add(1);
        packet
    }

    fn hears(&mut self, data: &[u8]) {
        let rtp = Rtp::parse(data).expect("what we send is RTP");
        if data[1] & 0x80 != 0 {
            self.markers.push(self.packets.len());
        }
        if Some(rtp.payload_type) == self.events {
            self.pressed.push(data.to_vec());
        }
        if rtp.payload_type != COMFORT_NOISE && Some(rtp.payload_type) != self.events {
            let codec = self.voice.codec_of(rtp.payload_type).expect("a codec of the phone");
            if codec != self.decoder.codec() {
                self.decoder = Decoder::new(codec);
            }
            self.decoder.decode(&data[rtp.start..rtp.end], &mut self.heard);
        }
        self.packets.push(rtp);
    }

    /// The peak of a sine of this frequency in what was heard of late.
    fn peak(&self, hertz: f64) -> f64 {
        let rate = self.decoder.codec().rate();
        let last = self.heard.len().saturating_sub(rate as usize / 2);
        (2.0 * level(&self.heard[last..], rate, hertz)).sqrt()
    }

    fn hears_tone(&self, hertz: f64) -> bool {
        self.peak(hertz) > PEAK / 2.0
    }

    fn hears_no_tone(&self, hertz: f64) -> bool {
        self.peak(hertz) < PEAK / 100.0
    }
}

struct Clinic {
    engine: Engine,
    now: Now,
    phones: BTreeMap<u64, Phone>,
    events: Vec<Event>,
    /// Packets on the way to the engine are lost by this.
    loses: fn(u64) -> bool,
    sent: u64,
}

impl Clinic {
    fn new() -> Self {
        let now = Now::simulation_start().after(Duration::from_millis(1003));
        Self {
            engine: Engine::new(Config::default()),
            now,
            phones: BTreeMap::new(),
            events: Vec::new(),
            loses: |_| false,
            sent: 0,
        }
    }

    fn phone(&mut self, number: u64, codec: Codec, hertz: Option<f64>) -> &mut Self {
        self.phone_with(number, codec, hertz, 20)
    }

    fn phone_with(&mut self, number: u64, codec: Codec, hertz: Option<f64>, ptime: u8) -> &mut Self {
        let payload_type = match codec {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
            Codec::G722 => 9,
            Codec::Opus => 111,
        };
        let session = SessionId(number);
        let addr = SocketAddr::from(([192, 0, 2, number as u8], 4000));
        let voice = Voice {
            codec,
            payload_type,
            takes: codec.into(),
            ptime,
            comfort_noise: false,
            opus: OpusWishes { fec: true, ..OpusWishes::default() },
        };
        let phone = Phone {
            session,
            addr,
            voice,
            events: Some(101),
            hertz,
            encoder: Encoder::new(codec, voice.opus),
            decoder: Decoder::new(codec),
            said: 0,
            sequence: 0,
            heard: Vec::new(),
            packets: Vec::new(),
            markers: Vec::new(),
            pressed: Vec::new(),
        };
        self.phones.insert(number, phone);
        self.order(Command::Open { session, port: 4000 + 2 * number as u16, home: Family::V4.into() });
        self.order(Command::Remote { session, addr: Some(addr) });
        self.order(Command::TelephoneEvent { session, payload_type: Some(101) });
        self.order(Command::Voice { session, voice: Some(voice) })
    }

    fn order(&mut self, command: Command) -> &mut Self {
        self.engine.handle_input(self.now, Input::Command(command));
        self.drain();
        self
    }

    fn drain(&mut self) -> Instant {
        loop {
            match self.engine.poll_output() {
                Output::Transmit { session, to, data } => {
                    let phone = self.phones.get_mut(&session.0).expect("a phone");
                    assert_eq!(to, phone.addr);
                    phone.hears(&data);
                }
                Output::Event(Event::FirstPacket { .. })
                | Output::Bind { .. }
                | Output::Prefer { .. }
                | Output::ToGroup { .. }
                | Output::Unbind { .. } => {}
                Output::BindReports { .. } | Output::TransmitReport { .. } => panic!("no reports were agreed on"),
                Output::Event(event) => self.events.push(event),
                Output::Timeout(at) => return at,
            }
        }
    }

    /// The phone of this number, which says nothing by itself, says this, packet for packet.
    fn speaks(&mut self, number: u64, samples: &[i16]) -> &mut Self {
        let (length, ptime) = (self.phones[&number].samples(), self.phones[&number].voice.ptime);
        for part in samples.chunks_exact(length) {
            let phone = self.phones.get_mut(&number).expect("a phone");
            let (session, from, data) = (phone.session, phone.addr, phone.packet(part));
            self.sent += 1;
            if !(self.loses)(self.sent) {
                self.engine.handle_input(self.now, Input::Packet { session, from, data: &data });
                self.drain();
            }
            self.run(ptime.into());
        }
        self
    }

    /// The phone of a session says something at this moment, and no timer has run since it was another.
    fn says_now(&mut self, session: SessionId) {
        let phone = self.phones.get_mut(&session.0).expect("a phone");
        let (from, data) = (phone.addr, phone.says().expect("it speaks"));
        self.engine.handle_input(self.now, Input::Packet { session, from, data: &data });
        self.drain();
    }

    /// Lets time pass. Each phone speaks in a phase of its own.
    fn run(&mut self, ms: u64) -> &mut Self {
        for _ in 0..ms {
            self.now = self.now.after(Duration::from_millis(1));
            let at = self.now.instant.nanos() / 1_000_000;
            let mut said = Vec::new();
            for phone in self.phones.values_mut() {
                if at % u64::from(phone.voice.ptime) == phone.session.0 * 7 % u64::from(phone.voice.ptime) {
                    said.extend(phone.says().map(|packet| (phone.session, phone.addr, packet)));
                }
            }
            for (session, from, data) in said {
                self.sent += 1;
                if !(self.loses)(self.sent) {
                    self.engine.handle_input(self.now, Input::Packet { session, from, data: &data });
                    self.drain();
                }
            }
            while self.drain() <= self.now.instant {
                self.engine.handle_input(self.now, Input::Timeout);
            }
        }
        self
    }

    /// Forgets what was heard until now.
    fn fresh(&mut self) -> &mut Self {
        for phone in self.phones.values_mut() {
            phone.heard.clear();
            phone.packets.clear();
            phone.markers.clear();
        }
        self
    }

    fn bridge(&mut self, a: u64, b: u64) -> &mut Self {
        self.order(Command::Bridge { a: SessionId(a), b: SessionId(b) })
    }
}

/// One stream, without a gap in its numbers, and with timestamps that go forward.
fn is_one_stream(packets: &[Rtp]) {
    for pair in packets.windows(2) {
        assert_eq!(pair[0].ssrc, pair[1].ssrc);
        assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1), "{pair:?}");
        assert!((1..1 << 31).contains(&pair[1].timestamp.wrapping_sub(pair[0].timestamp)), "{pair:?}");
    }
}
