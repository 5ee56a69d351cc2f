//! rtpengine in userspace: a relay in C that many carriers run, ordered about by its own protocol ("ng": a cookie and a bencoded
//! dictionary in a datagram).

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use media::srtp::{Key, Suite};
use model::Random;

use super::seals::Seals;
use crate::process::{Ending, pause};

const PROGRAM: &str = "/usr/bin/rtpengine";
/// How often it is asked whether it listens, and how many times.
const ASK: (Duration, u32) = (Duration::from_millis(50), 200);
/// The suites of the two ends of a call. Where both have the same it hands their keys through and encrypts nothing anew; these cost the
/// same and differ in the length of the tag.
const SUITES: [Suite; 2] = [Suite::AesCm128HmacSha1_80, Suite::AesCm128HmacSha1_32];

/// Whether it is on this machine.
pub(super) fn is_installed() -> bool {
    Path::new(PROGRAM).is_file()
}

/// A running one. Dropping it ends it.
pub(super) struct Rtpengine {
    child: Ending,
    socket: UdpSocket,
    asked: u32,
}

impl Rtpengine {
    pub(super) fn start() -> io::Result<Self> {
        // Its port is free now, and nobody else on this machine looks for one in this moment but other benchmarks.
        let address = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(PROGRAM);
        // Without the machine's own configuration, and without its kernel module.
        command.args(["--foreground", "--config-file=none", "--table=-1", "--interface=127.0.0.1", "--log-level=1"]);
        command.args(["--port-min=20000", "--port-max=31998"]).arg(format!("--listen-ng={address}"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect(address)?;
        let mut rtpengine = Self { child: Ending(child), socket, asked: 0 };
        rtpengine.socket.set_read_timeout(Some(ASK.0))?;
        for _ in 0..ASK.1 {
            if rtpengine.ask(&[("command", "ping")]).is_ok() {
                rtpengine.socket.set_read_timeout(Some(ASK.0 * ASK.1))?;
                return Ok(rtpengine);
            }
            pause(ASK.0);
        }
        Err(io::Error::other("rtpengine does not answer"))
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Where it takes orders.
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }

    fn describe(&mut self, command: &str, call: &str, sdp: &str) -> io::Result<String> {
        let mut order = vec![("command", command), ("call-id", call), ("from-tag", "a"), ("sdp", sdp)];
        order.extend([("ICE", "remove"), ("DTLS", "off")]);
        if command == "answer" {
            order.push(("to-tag", "b"));
        }
        self.ask(&order)
    }

    fn ask(&mut self, order: &[(&str, &str)]) -> io::Result<String> {
        self.asked += 1;
        let cookie = format!("{} ", self.asked);
        let text: String =
            order.iter().flat_map(|(key, value)| [*key, *value]).map(|s| format!("{}:{s}", s.len())).collect();
        self.socket.send(format!("{cookie}d{text}e").as_bytes())?;
        let mut answer = [0; 8192];
        let length = self.socket.recv(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
        match answer.strip_prefix(&cookie) {
            Some(said) if !said.contains("6:result5:error") => Ok(said.to_owned()),
            _ => Err(io::Error::other(format!("rtpengine: {answer}"))),
        }
    }
}

/// Whatever takes the descriptions of two phones to each other and puts a relay into them.
pub(super) trait Between {
    /// Takes the description of the phone that calls, and gives the one that the other gets.
    fn offer(&mut self, call: &str, sdp: &str) -> io::Result<String>;
    /// The same with the description of the one that is called.
    fn answer(&mut self, call: &str, sdp: &str) -> io::Result<String>;
}

impl Between for Rtpengine {
    fn offer(&mut self, call: &str, sdp: &str) -> io::Result<String> {
        self.describe("offer", call, sdp)
    }

    fn answer(&mut self, call: &str, sdp: &str) -> io::Result<String> {
        self.describe("answer", call, sdp)
    }
}

/// Sets up a call for each pair of phones, and gives the address that each phone sends to.
pub(super) fn calls(
    between: &mut impl Between,
    phones: &[SocketAddr],
    secure: bool,
    seals: &mut Seals,
) -> io::Result<Vec<SocketAddr>> {
    let mut random = Random::from_u64(7);
    let mut addresses = Vec::new();
    for (number, pair) in phones.chunks_exact(2).enumerate() {
        let call = number.to_string();
        let keys = secure.then(|| SUITES.map(|suite| Key::generate(suite, &mut random)));
        let [first, second] = keys.as_ref().map_or([None, None], |[a, b]| [Some((1, a)), Some((1, b))]);
        let to_second = between.offer(&call, &description(pair[0], first))?;
        // The answer chooses a suite by the number that it had in the offer.
        let second = second.map(|(_, key)| (offered(&to_second, key.suite()).map_or(1, |(tag, _)| tag), key));
        let to_first = between.answer(&call, &description(pair[1], second))?;
        addresses.push(port(&to_first)?);
        addresses.push(port(&to_second)?);
        if let Some([a, b]) = &keys {
            seals.add(a, &key_of(&to_first, a.suite())?)?;
            seals.add(b, &key_of(&to_second, b.suite())?)?;
        }
    }
    Ok(addresses)
}

/// What a phone says of itself.
fn description(phone: SocketAddr, key: Option<(u32, &Key)>) -> String {
    let profile = if key.is_some() { "RTP/SAVP" } else { "RTP/AVP" };
    let mut sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {} {profile} 0\r\n",
        phone.port()
    );
    if let Some((tag, key)) = key {
        sdp += &format!("a=crypto:{tag} {} inline:{}\r\n", key.suite().name(), *key.inline());
    }
    sdp
}

/// Where a description wants sound.
fn port(description: &str) -> io::Result<SocketAddr> {
    let port = description.split("m=audio ").nth(1).and_then(|rest| rest.split(' ').next());
    let port = port.and_then(|port| port.parse::<u16>().ok()).filter(|port| *port != 0);
    Ok((Ipv4Addr::LOCALHOST, port.ok_or_else(|| io::Error::other("rtpengine gave no port"))?).into())
}

fn key_of(description: &str, suite: Suite) -> io::Result<Key> {
    offered(description, suite).map(|(_, key)| key).ok_or_else(|| io::Error::other("rtpengine gave no key"))
}

/// The key of this suite in a description, and its number there.
fn offered(description: &str, suite: Suite) -> Option<(u32, Key)> {
    let lines = description.lines().filter_map(|line| line.strip_prefix("a=crypto:"));
    let mut keys = lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        let (tag, name, inline) = (words.next()?, words.next()?, words.next()?);
        (name == suite.name()).then_some((tag.parse().ok()?, Key::from_inline(suite, inline.strip_prefix("inline:")?)?))
    });
    keys.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_with_its_number() {
        let key = Key::generate(Suite::AesCm128HmacSha1_32, &mut Random::from_u64(1));
        let text =
            format!("a=crypto:8 {} inline:{}\r\nm=audio 20010 RTP/SAVP 0\r\n", key.suite().name(), *key.inline());
        assert_eq!(offered(&text, key.suite()).map(|(tag, found)| (tag, found == key)), Some((8, true)));
        assert!(offered(&text, Suite::AeadAes128Gcm).is_none());
        assert_eq!(port(&text).ok(), Some(([127, 0, 0, 1], 20010).into()));
    }
}
