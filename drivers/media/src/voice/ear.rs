//! The sound of one party, step by step: its packets in order, decoded, with what is missing made good, and what its tones say.

use model::Instant;

use super::conceal::Conceal;
use super::detect::{FaxFlags, FaxTone, KeyTones};
use super::jitter::{Jitter, Next};
use super::resample::{Down, Up};
use super::{TICK, frame};
use crate::api::Voice;
use crate::codec::{Decoder, longest};
use crate::rtp::{COMFORT_NOISE, Rtp};
use crate::sdp::Codec;

/// See the module.
#[derive(Debug)]
pub(crate) struct Ear {
    voice: Voice,
    jitter: Jitter,
    decoder: Decoder,
    conceal: Conceal,
    noise: Option<Noise>,
    /// Decoded, and not heard yet.
    ready: Vec<i16>,
    frame: Vec<i16>,
    /// The frame at 8 kHz, for the detectors, and at 16 kHz, for rooms, where it is not so already.
    narrow: Vec<i16>,
    wide: Vec<i16>,
    down: Down,
    up: Up,
    fax: FaxTone,
    flags: FaxFlags,
    keys: KeyTones,
}

/// What a step told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) fax: bool,
    pub(crate) keys: Vec<char>,
}

impl Ear {
    pub(crate) fn new(voice: Voice) -> Self {
        let rate = voice.codec.rate();
        Self {
            voice,
            jitter: Jitter::default(),
            decoder: Decoder::new(voice.codec),
            conceal: Conceal::new(rate),
            noise: None,
            ready: Vec::new(),
            frame: vec![0; frame(rate)],
            narrow: Vec::new(),
            wide: Vec::new(),
            down: Down::default(),
            up: Up::default(),
            fax: FaxTone::default(),
            flags: FaxFlags::default(),
            keys: KeyTones::default(),
        }
    }

    /// Its end agreed to something else.
    pub(crate) fn speaks(&mut self, voice: Voice) {
        self.voice = voice;
    }

    /// A packet came. It is on the way of forwarded packets: this only copies.
    pub(crate) fn put(&mut self, now: Instant, rtp: &Rtp, payload: &[u8]) {
        if rtp.payload_type == COMFORT_NOISE || self.voice.codec_of(rtp.payload_type).is_some() {
            self.jitter.put(now, rtp, self.voice.clock_of(rtp.payload_type), payload);
        }
    }

    /// A packet came that is no sound, between those that are.
    pub(crate) fn pass(&mut self, rtp: &Rtp) {
        self.jitter.pass(rtp);
    }

    /// Samples a second of the frame.
    pub(crate) const fn rate(&self) -> u32 {
        self.decoder.codec().rate()
    }

    /// What the party says in this step.
    pub(crate) fn frame(&self) -> &[i16] {
        &self.frame
    }

    /// The same at 16 kHz, once [`Ear::widen`] has made it.
    pub(crate) fn wide(&self) -> &[i16] {
        if self.rate() == super::room::RATE { &self.frame } else { &self.wide }
    }

    /// For a room.
    pub(crate) fn widen(&mut self) {
        if self.rate() != super::room::RATE {
            self.wide.clear();
            self.up.run(&self.frame, &mut self.wide);
        }
    }

    /// The next step.
    pub(crate) fn step(&mut self, now: Instant) {
        self.fill(now, 1);
        let rest = self.ready.len().saturating_sub(frame(self.rate())) as u64 * 1_000_000 / u64::from(self.rate());
        let leave_out = self.jitter.too_much(rest);
        if leave_out {
            self.fill(now, 2);
        }
        let count = frame(self.rate());
        let end = if leave_out { self.fade(count) } else { count };
        self.frame.clear();
        self.frame.extend_from_slice(self.ready.get(..count).unwrap_or_default());
        self.ready.drain(..end.min(self.ready.len()));
    }

    /// What the tones of this step say.
    pub(crate) fn listen(&mut self, fax: bool, keys: bool) -> Told {
        let mut told = Told::default();
        let narrow = if self.rate() == 8_000 {
            &self.frame
        } else {
            self.narrow.clear();
            self.down.run(&self.frame, &mut self.narrow);
            &self.narrow
        };
        if fax {
            told.fax = self.fax.hear(narrow) | self.flags.hear(narrow);
        }
        if keys {
            self.keys.hear(narrow, |key| told.keys.push(key));
        }
        told
    }

    /// What it heard in this step may be a key.
    pub(crate) const fn seems_pressed(&self) -> bool {
        self.keys.seems_down()
    }

    /// Decodes until there are so many steps.
    fn fill(&mut self, now: Instant, steps: usize) {
        while self.ready.len() < steps * frame(self.rate()) {
            let count = frame(self.rate());
            match self.jitter.next(now) {
                Next::Packet { payload_type: COMFORT_NOISE, payload } => self.noise = Noise::parse(payload),
                Next::Packet { payload_type, payload } => {
                    let Some(codec) = self.voice.codec_of(payload_type) else { continue };
                    if codec != self.decoder.codec() {
                        change(codec, &mut self.decoder, &mut self.conceal, &mut self.ready);
                    }
                    self.noise = None;
                    let before = self.ready.len();
                    self.decoder.decode(payload, &mut self.ready);
                    let came = self.ready.get_mut(before..).unwrap_or_default();
                    self.conceal.came(came);
                    // What a codec that may refuse can't decode is as good as lost.
                    if came.is_empty() && self.decoder.lost(None, count, &mut self.ready) {
                        continue;
                    }
                    let came = self.ready.len() - before;
                    let micros = came as u64 * 1_000_000 / u64::from(codec.rate());
                    self.jitter.lasted(micros);
                }
                // As long as it would have been: else what follows is heard later with each that is lost, or earlier.
                Next::Lost => self.missing((self.jitter.packet_us() * u64::from(self.rate()) / 1_000_000) as usize),
                Next::Late => self.missing(count),
                Next::Waiting => match &mut self.noise {
                    Some(noise) => noise.make(count, &mut self.ready),
                    None => self.ready.resize(self.ready.len() + count, 0),
                },
            }
            self.ready.truncate(longest(self.rate()) * 2);
        }
    }

    /// What is heard instead of a packet that did not come.
    fn missing(&mut self, count: usize) {
        if let Some(noise) = &mut self.noise {
            return noise.make(count, &mut self.ready);
        }
        if !self.decoder.lost(self.jitter.following(), count, &mut self.ready) {
            self.conceal.lost(count, &mut self.ready);
        }
    }

    /// Two steps become one, which is faded from the first to the second. Gives how many samples that takes.
    fn fade(&mut self, count: usize) -> usize {
        let there = count.min(self.ready.len());
        let (first, second) = self.ready.split_at_mut(there);
        for (n, (old, new)) in first.iter_mut().zip(second.iter()).enumerate() {
            let (from, to) = (i32::from(*old), i32::from(*new));
            *old = (from + (to - from) * n as i32 / count as i32) as i16;
        }
        2 * count
    }
}

/// What comes is of another codec than before, as every end may do that agreed to both.
fn change(codec: Codec, decoder: &mut Decoder, conceal: &mut Conceal, ready: &mut Vec<i16>) {
    if codec.rate() != decoder.codec().rate() {
        *conceal = Conceal::new(codec.rate());
        ready.clear();
    }
    *decoder = Decoder::new(codec);
}

/// Noise of a loudness. Which noise it is nobody can tell, so it is the same always.
#[derive(Debug)]
struct Noise {
    peak: i32,
    state: u32,
}

impl Noise {
    /// From the payload of RFC 3389: how far below the loudest there is, in decibels. Its spectrum is not read.
    fn parse(payload: &[u8]) -> Option<Self> {
        let below = f64::from(payload.first()? & 0x7f);
        // A uniform noise of this peak has the power that was said, against a square wave at full scale.
        let peak = 32_767.0 * 3f64.sqrt() * 10f64.powf(-below / 20.0);
        Some(Self { peak: peak.min(3000.0) as i32, state: 1 })
    }

    fn make(&mut self, count: usize, out: &mut Vec<i16>) {
        for _ in 0..count {
            self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            out.push(((i32::from((self.state >> 16) as i16) * self.peak) >> 15) as i16);
        }
    }
}

const _: () = assert!(TICK.as_millis() == 20, "frames are of this length");
