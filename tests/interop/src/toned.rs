//! The sound of a SIPp phone that knows no telephone events: whoever holds it speaks with a tone of their own, presses keys that are heard as two
//! tones (ITU-T Q.23), and hears the keys of others in the same way. G.711 µ-law.

use std::collections::VecDeque;
use std::net::{SocketAddr, UdpSocket};
use std::ops::Range;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::baresip::strength;
use crate::ear::linear;
use crate::peer::patiently;
use crate::spoken::{self, Words};

/// How long sound may take to come.
const PATIENCE: Duration = Duration::from_secs(30);
/// A packet.
const STEP: Duration = Duration::from_millis(20);
const SAMPLES: usize = 160;
/// Packets that a key is down, and after which the next may follow: a tenth of a second each.
const DOWN: usize = 5;
const UP: usize = 5;
/// What is looked at for a key: 40 ms, the shortest that counts (Q.24).
const BLOCK: usize = 320;
/// Sound of a greater power is no noise.
const LOUD: f64 = 100.0 * 100.0;
const ROWS: [usize; 4] = [697, 770, 852, 941];
const COLUMNS: [usize; 4] = [1209, 1336, 1477, 1633];
const KEYS: [&str; 4] = ["123A", "456B", "789C", "*0#D"];

/// Its media port, where somebody speaks and listens.
pub struct Toned {
    orders: Option<Sender<char>>,
    heard: Receiver<Vec<i16>>,
    all: Vec<i16>,
    thread: Option<JoinHandle<()>>,
}

impl Toned {
    /// Speaks from this port with a tone of this height, to whoever speaks to it.
    ///
    /// # Panics
    /// If the port is taken.
    pub fn at(port: u16, hertz: usize) -> Self {
        Self::says(port, Says::Tone(hertz))
    }

    /// Speaks as a fax machine does before its greeting: with flags of V.21, for as long as anybody listens.
    ///
    /// # Panics
    /// If the port is taken.
    pub fn flags_at(port: u16) -> Self {
        Self::says(port, Says::Flags)
    }

    #[allow(clippy::disallowed_methods, reason = "the phone's own thread")]
    fn says(port: u16, says: Says) -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", port)).expect("the port is the test's own");
        socket.set_nonblocking(true).expect("a socket");
        let (orders, pressed) = mpsc::channel();
        let (hear, heard) = mpsc::channel();
        let mouth = Mouth { says, at: 0, keys: VecDeque::new(), sequence: 0 };
        let thread = std::thread::spawn(move || talk(&socket, mouth, &pressed, &hear));
        Self { orders: Some(orders), heard, all: Vec::new(), thread: Some(thread) }
    }

    /// Presses these keys, one after the other.
    ///
    /// # Panics
    /// If the phone is broken.
    pub fn presses(&self, keys: &str) {
        let orders = self.orders.as_ref().expect("until it is dropped");
        keys.chars().for_each(|key| orders.send(key).expect("it listens"));
    }

    /// What it heard until now.
    pub fn heard(&mut self) -> &[i16] {
        self.all.extend(self.heard.try_iter().flatten());
        &self.all
    }

    /// Waits until the last half second that it heard was this tone and no other.
    ///
    /// # Panics
    /// If it does not come.
    pub fn wait_until_heard(&mut self, hertz: usize) {
        let came = patiently(PATIENCE, || {
            let heard = self.heard();
            let last = &heard[heard.len().checked_sub(4000)?..];
            is_tone(last, hertz).then_some(())
        });
        assert!(came.is_some(), "a tone of {hertz} Hz is to be heard in {} samples", self.all.len());
    }

    /// Waits until the last half second that it heard was sound, and not this tone: music, for instance.
    ///
    /// # Panics
    /// If it does not come.
    pub fn wait_until_heard_other_than(&mut self, hertz: usize) {
        let came = patiently(PATIENCE, || {
            let heard = self.heard();
            let last = &heard[heard.len().checked_sub(4000)?..];
            (power(last) > LOUD && !is_tone(last, hertz)).then_some(())
        });
        assert!(came.is_some(), "something else than {hertz} Hz is to be heard in {} samples", self.all.len());
    }

    /// Waits until it was told this, after so many samples of what it heard; where that was.
    ///
    /// # Panics
    /// If it is told nothing, or anything else.
    pub fn wait_until_told(&mut self, words: &Words, after: usize) -> Range<usize> {
        let told = patiently(PATIENCE, || words.find(self.heard(), after));
        told.unwrap_or_else(|| panic!("{} is to be heard in {} samples after {after}", words.key(), self.all.len()))
    }

    /// Waits until the tone has come after which one speaks, after so many samples of what it heard.
    ///
    /// # Panics
    /// If it does not come.
    pub fn wait_until_beeped(&mut self, after: usize) {
        let beep = patiently(PATIENCE, || spoken::beep(self.heard(), after));
        assert!(beep.is_some(), "no tone came in {} samples after {after}", self.all.len());
    }

    /// Speaks for a second at least to whom says nothing.
    ///
    /// # Panics
    /// If sound goes on coming.
    pub fn speaks_to_silence(&mut self) {
        let quiet = patiently(PATIENCE, || {
            let before = self.heard().len();
            let more = patiently(Duration::from_secs(1), || (self.heard().len() != before).then_some(()));
            more.is_none().then_some(())
        });
        assert!(quiet.is_some(), "nothing should be heard");
    }

    /// Waits until the keys that were heard by their tones since so many samples are these.
    ///
    /// # Panics
    /// If others come, or none.
    pub fn wait_for_keys(&mut self, keys: &str, since: usize) {
        let came = patiently(PATIENCE, || (keys_in(&self.heard()[since..]) == keys).then_some(()));
        assert!(came.is_some(), "{keys} are to be heard, not {:?}", keys_in(&self.all[since..]));
    }
}

impl Drop for Toned {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Until nobody orders any more.
#[allow(clippy::disallowed_methods, reason = "somebody speaks in real time")]
fn talk(socket: &UdpSocket, mut mouth: Mouth, pressed: &Receiver<char>, hear: &Sender<Vec<i16>>) {
    let mut to: Option<SocketAddr> = None;
    let mut next = std::time::Instant::now();
    loop {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            to = Some(from);
            // Of G.711 alone: what else might come says nothing to it.
            if buffer[1] & 0x7f == 0 {
                let _ = hear.send(buffer[12..length].iter().map(|b| linear(*b)).collect());
            }
        }
        loop {
            match pressed.try_recv() {
                Ok(key) => mouth.press(key),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return,
            }
        }
        if let Some(to) = to {
            let _ = socket.send_to(&mouth.packet(), to);
        }
        next += STEP;
        std::thread::sleep(next.saturating_duration_since(std::time::Instant::now()));
    }
}

/// What it says while it presses no key.
#[derive(Clone, Copy)]
enum Says {
    Tone(usize),
    Flags,
}

struct Mouth {
    says: Says,
    at: usize,
    /// What is said in the next packets in the place of the tone: a key, or nothing.
    keys: VecDeque<Option<char>>,
    sequence: u16,
}

impl Mouth {
    fn press(&mut self, key: char) {
        let times = |what, count| std::iter::repeat_n(what, count);
        self.keys.extend(times(None, UP).chain(times(Some(key), DOWN)).chain(times(None, UP)));
    }

    fn packet(&mut self) -> Vec<u8> {
        let key = self.keys.pop_front();
        let tones: Vec<(usize, f64)> = match (key, self.says) {
            (None, Says::Tone(hertz)) => vec![(hertz, 8_000.0)],
            (None, Says::Flags) => Vec::new(),
            (Some(None), _) => Vec::new(),
            (Some(Some(key)), _) => tones_of(key).map(|hertz| (hertz, 5_000.0)).to_vec(),
        };
        let sample = |at: usize| {
            let wave = |(hertz, loud): &(usize, f64)| {
                (std::f64::consts::TAU * *hertz as f64 * at as f64 / 8000.0).sin() * loud
            };
            let flags = if key.is_none() && matches!(self.says, Says::Flags) { flags(at) * 8_000.0 } else { 0.0 };
            law((flags + tones.iter().map(wave).sum::<f64>()) as i16)
        };
        let mut packet = vec![0x80, 0];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(u32::try_from(self.at).expect("a short call").to_be_bytes());
        packet.extend(*b"tone");
        packet.extend((self.at..self.at + SAMPLES).map(sample));
        self.sequence = self.sequence.wrapping_add(1);
        self.at += SAMPLES;
        packet
    }
}

/// Sample after sample of the flags of HDLC (01111110) as a called machine says them: V.21, 300 bit/s, a 1 at 1650 Hz and a 0 at 1850 Hz, without a
/// break in the wave.
fn flags(at: usize) -> f64 {
    const CYCLES: [f64; 2] = [1850.0 / 300.0, 1650.0 / 300.0];
    const FLAG: f64 = 2.0 * CYCLES[0] + 6.0 * CYCLES[1];
    let bits = at as f64 * 300.0 / 8000.0;
    let place = bits % 8.0;
    let before = match place.floor() {
        0.0 => 0.0,
        ones => CYCLES[0] + (ones - 1.0) * CYCLES[1],
    };
    let one = usize::from((1.0..7.0).contains(&place));
    let cycles = (bits / 8.0).floor() * FLAG + before + place.fract() * CYCLES[one];
    (std::f64::consts::TAU * cycles).sin()
}

/// The two tones of a key.
fn tones_of(key: char) -> [usize; 2] {
    let place = KEYS.iter().enumerate().find_map(|(row, keys)| Some((row, keys.find(key)?)));
    let (row, column) = place.expect("a key of a telephone");
    [ROWS[row], COLUMNS[column]]
}

/// The keys that are heard in this, by Goertzel's filter: two tones, of which nothing else is left, for 40 ms at least.
pub fn keys_in(samples: &[i16]) -> String {
    let blocks = (0..).step_by(BLOCK / 4).map_while(|at| samples.get(at..at + BLOCK));
    let mut keys = String::new();
    let mut last = None;
    for key in blocks.map(key_in) {
        keys.extend(key.filter(|_| last != key));
        last = key;
    }
    keys
}

fn key_in(block: &[i16]) -> Option<char> {
    let strongest = |group: [usize; 4]| {
        let strengths = group.map(|hertz| strength(block, hertz));
        let place = (0..4).max_by(|a, b| strengths[*a].total_cmp(&strengths[*b]))?;
        Some((place, strengths[place]))
    };
    let (row, low) = strongest(ROWS)?;
    let (column, high) = strongest(COLUMNS)?;
    let is_key = low > 500.0 && high > 500.0 && (low * low + high * high) / 2.0 > 0.7 * power(block);
    is_key.then(|| KEYS[row].chars().nth(column)).flatten()
}

fn is_tone(samples: &[i16], hertz: usize) -> bool {
    let tone = strength(samples, hertz);
    tone > 1_000.0 && tone * tone / 2.0 > 0.5 * power(samples)
}

fn power(samples: &[i16]) -> f64 {
    samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len().max(1) as f64
}

/// A sample in µ-law (G.711): the byte that stands for the nearest value.
fn law(sample: i16) -> u8 {
    let far = |byte: &u8| i32::from(linear(*byte)).abs_diff(i32::from(sample));
    (0..=u8::MAX).min_by_key(far).expect("there are 256")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_heard_as_they_were_pressed_and_a_voice_presses_none() {
        let mut mouth = Mouth { says: Says::Tone(400), at: 0, keys: VecDeque::new(), sequence: 0 };
        "1147*#0D".chars().for_each(|key| mouth.press(key));
        let said: Vec<i16> = (0..200).flat_map(|_| mouth.packet().split_off(12)).map(linear).collect();
        assert_eq!(keys_in(&said), "1147*#0D");
        assert!(is_tone(&said[said.len() - 4000..], 400));
    }
}
