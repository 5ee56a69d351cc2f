//! The ear of a SIPp phone: SIPp does the signalling, and here its media port listens, judges what it hears, and sends every packet back.
//! Whoever talks with it hears their own tone, if sound flows both ways.

use std::net::UdpSocket;
use std::time::Duration;

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
}

impl Ear {
    /// Listens at this port.
    ///
    /// # Panics
    /// If the port is taken.
    pub fn at(port: u16) -> Self {
        let socket = UdpSocket::bind(("127.0.0.1", port)).expect("the port is the test's own");
        socket.set_read_timeout(Some(LOOK)).expect("a socket");
        Self { socket }
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
        let _ = self.socket.send_to(&buffer[..length], from);
        Some(buffer.get(12..length)?.iter().map(|b| linear(*b)).collect())
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
