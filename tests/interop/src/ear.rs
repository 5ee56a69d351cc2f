//! The ear of a SIPp phone: SIPp does the signalling, and here its media port listens, judges what it hears, and sends every packet back, or its
//! own tone for each. Whoever talks with it hears their own tone, or that one, if sound flows both ways.

use std::cell::Cell;
use std::net::UdpSocket;
use std::time::Duration;

use crate::baresip::are_in;
use crate::peer::patiently;

/// How long sound may take to come.
const PATIENCE: Duration = Duration::from_secs(15);
/// Packets of 20 ms that are judged: a second.
const JUDGED: usize = 50;
/// How long a packet is waited for at once.
const LOOK: Duration = Duration::from_millis(100);
/// Looks in vain after which nobody speaks: on a busy machine a talker may be kept from it for a while.
const SILENCE: u32 = 10;

/// A media port.
pub struct Ear {
    socket: UdpSocket,
    /// What it says for each packet that it hears; if nothing, the same.
    says: Option<Vec<u8>>,
    /// The source of what it says and the number of its next packet, if those are not of what it hears.
    stream: Option<(u32, Cell<u16>)>,
}

impl Ear {
    /// Listens at this port.
    ///
    /// # Panics
    /// If the port is taken.
    pub fn at(port: u16) -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", port)).expect("the port is the test's own");
        socket.set_read_timeout(Some(LOOK)).expect("a socket");
        Self { socket, says: None, stream: None }
    }

    /// Listens at this port, and says a tone of `8000 / period` Hz as long as it hears anything.
    ///
    /// # Panics
    /// If the port is taken, or packets of 20 ms do not hold the period a whole number of times.
    pub fn that_says(port: u16, period: usize) -> Self {
        assert_eq!(160 % period, 0, "a tone without seams");
        // As baresip's tones are: a triangle.
        let wave = (0..period).map(|n| (n as f64 / period as f64 * 4.0 - 2.0).abs() - 1.0);
        let nearest = |sample: f64| (0..=u8::MAX).min_by_key(|code| (sample as i32 - i32::from(linear(*code))).abs());
        let one: Vec<u8> = wave.filter_map(|level| nearest(level * 8000.0)).collect();
        Self { says: Some(one.repeat(160 / period)), ..Self::at(port) }
    }

    /// The same in a stream of its own: with this source, from this number on.
    pub fn in_a_stream(self, source: u32, first: u16) -> Self {
        Self { stream: Some((source, Cell::new(first))), ..self }
    }

    /// Waits until what comes now is a tone of this height for a second. Packets go back all the while.
    ///
    /// # Panics
    /// If it does not come.
    pub fn hears(&self, hertz: usize) {
        self.forget();
        let near = hertz - hertz / 10..hertz + hertz / 10;
        let mut heard = Vec::new();
        let came = patiently(PATIENCE, || {
            heard = self.listen();
            (heard.len() >= JUDGED * 160 && near.contains(&pitch(&heard))).then_some(())
        });
        assert!(came.is_some(), "a tone of {hertz} Hz is to be heard: {} samples, {} Hz", heard.len(), pitch(&heard));
    }

    /// Waits until what comes now is sound for a second in which each of these tones is, and this one, its own, is not.
    ///
    /// # Panics
    /// If it does not come.
    pub fn hears_all(&self, tones: &[usize], but_not: usize) {
        self.forget();
        let came = patiently(PATIENCE, || {
            let heard = self.listen();
            (heard.len() >= JUDGED * 160 && are_in(&heard, tones, but_not)).then_some(())
        });
        assert!(came.is_some(), "{tones:?} Hz are to be heard, and {but_not} Hz is not");
    }

    /// Waits until what comes now is sound for a second, but no tone of this height: music, for instance.
    ///
    /// # Panics
    /// If it does not come.
    pub fn hears_other_than(&self, hertz: usize) {
        self.forget();
        let near = hertz - hertz / 10..hertz + hertz / 10;
        let mut heard = Vec::new();
        let came = patiently(PATIENCE, || {
            heard = self.listen();
            let loud = heard.iter().any(|s| s.unsigned_abs() > 300);
            (heard.len() >= JUDGED * 160 && loud && !near.contains(&pitch(&heard))).then_some(())
        });
        assert!(came.is_some(), "something else than {hertz} Hz is to be heard: {} samples", heard.len());
    }

    /// Waits until a second has passed in which nothing came.
    ///
    /// # Panics
    /// If sound goes on coming.
    pub fn hears_nothing(&self) {
        self.forget();
        let mut quiet = 0;
        let silent = patiently(PATIENCE, || {
            quiet = if self.packet().is_none() { quiet + 1 } else { 0 };
            (quiet >= SILENCE).then_some(())
        });
        assert!(silent.is_some(), "nothing should be heard");
    }

    /// Sends back what comes, until `done`.
    ///
    /// # Panics
    /// If it is not done in time.
    pub fn echo_until(&self, what: &str, mut done: impl FnMut() -> bool) {
        let seen = patiently(PATIENCE, || {
            self.listen();
            done().then_some(())
        });
        assert!(seen.is_some(), "{what}: not in time");
    }

    /// Speaks, or sends back what comes, for as long as this takes.
    ///
    /// # Panics
    /// If it panics.
    pub fn speaking(&self, until: impl FnOnce() + Send) {
        std::thread::scope(|scope| {
            let hears = scope.spawn(until);
            while !hears.is_finished() {
                self.listen();
            }
            hears.join().expect("it is heard");
        });
    }

    /// What the system has kept until now was not said now.
    fn forget(&self) {
        self.socket.set_nonblocking(true).expect("a socket");
        while self.packet().is_some() {}
        self.socket.set_nonblocking(false).expect("a socket");
    }

    /// What comes, until that is a second of it or nobody speaks.
    fn listen(&self) -> Vec<i16> {
        let (mut heard, mut quiet) = (Vec::new(), 0);
        while heard.len() < JUDGED * 160 && quiet < SILENCE {
            match self.packet() {
                Some(samples) => {
                    heard.extend(samples);
                    quiet = 0;
                }
                None => quiet += 1,
            }
        }
        heard
    }

    fn packet(&self) -> Option<Vec<i16>> {
        let mut buffer = [0; 2048];
        let (length, from) = self.socket.recv_from(&mut buffer).ok()?;
        let heard = buffer.get(12..length)?.iter().map(|b| linear(*b)).collect();
        if let Some(says) = &self.says
            && length == 12 + says.len()
        {
            buffer[12..length].copy_from_slice(says);
        }
        if let Some((source, next)) = &self.stream {
            let sequence = next.replace(next.get().wrapping_add(1));
            buffer[2..4].copy_from_slice(&sequence.to_be_bytes());
            buffer[4..8].copy_from_slice(&(u32::from(sequence) * 160).to_be_bytes());
            buffer[8..12].copy_from_slice(&source.to_be_bytes());
        }
        let _ = self.socket.send_to(&buffer[..length], from);
        Some(heard)
    }
}

/// µ-law (G.711).
pub fn linear(byte: u8) -> i16 {
    let byte = !byte;
    let magnitude = ((i16::from(byte & 0x0f) << 3) + 0x84) << ((byte >> 4) & 7);
    if byte & 0x80 == 0 { magnitude - 0x84 } else { 0x84 - magnitude }
}

/// How often the sound rises through zero in a second.
fn pitch(samples: &[i16]) -> usize {
    samples.windows(2).filter(|w| w[0] < 0 && w[1] >= 0).count()
}
