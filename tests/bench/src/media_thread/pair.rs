//! Kamailio before rtpengine, as carriers run them: the phones' INVITE and its answer go through the proxy, which has the relay put into both. The
//! cost of a packet is that of both programs together, although the proxy rests once a call stands.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use super::rtpengine::{self, Between, Rtpengine};
use crate::cpu::Used;
use crate::phones::message::Message;
use crate::servers::kamailio::{self, Kamailio};

/// How long one of its messages may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether both are on this machine.
pub(super) fn is_installed() -> bool {
    rtpengine::is_installed() && kamailio::is_installed()
}

/// Running ones. Dropping it ends both.
pub(super) struct Pair {
    kamailio: Kamailio,
    rtpengine: Rtpengine,
    /// Of all phones that call.
    caller: UdpSocket,
    /// Of all that are called.
    callee: UdpSocket,
    /// The call that has come to be answered.
    asked: String,
}

impl Pair {
    pub(super) fn start() -> io::Result<Self> {
        let rtpengine = Rtpengine::start()?;
        let config = include_str!("pair.cfg").replace("RTPENGINE", &rtpengine.address()?.to_string());
        let kamailio = Kamailio::start(&config)?;
        let phone = || {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            socket.set_read_timeout(Some(PATIENCE))?;
            io::Result::Ok(socket)
        };
        Ok(Self { kamailio, rtpengine, caller: phone()?, callee: phone()?, asked: String::new() })
    }

    /// Both together.
    pub(super) fn used(&self) -> io::Result<Used> {
        Ok(Used::of(self.rtpengine.pid())?.and(&Used::of(self.kamailio.pid())?))
    }
}

impl Between for Pair {
    fn offer(&mut self, call: &str, sdp: &str) -> io::Result<String> {
        let (caller, callee) = (self.caller.local_addr()?, self.callee.local_addr()?);
        let invite = format!(
            "INVITE sip:b@{callee} SIP/2.0\r\nVia: SIP/2.0/UDP {caller};branch=z9hG4bK{call}\r\nMax-Forwards: 70\r\n\
             From: <sip:a@{caller}>;tag=a{call}\r\nTo: <sip:b@{callee}>\r\nCall-ID: {call}\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:a@{caller}>\r\n{}",
            body(sdp)
        );
        self.caller.send_to(invite.as_bytes(), self.kamailio.address())?;
        self.asked = until(&self.callee, |message| of(message, call) && message.method() == "INVITE")?;
        Ok(self.asked.clone())
    }

    fn answer(&mut self, call: &str, sdp: &str) -> io::Result<String> {
        let callee = self.callee.local_addr()?;
        let answer =
            Message::new(&self.asked).response("200 OK", &format!("Contact: <sip:b@{callee}>\r\n{}", body(sdp)));
        self.callee.send_to(answer.as_bytes(), self.kamailio.address())?;
        let answer = until(&self.caller, |message| of(message, call) && message.status() >= 200)?;
        let said = Message::new(&answer);
        if said.status() != 200 {
            return Err(io::Error::other(format!("kamailio and rtpengine: {answer}")));
        }
        // Nothing was put into the route, so the rest is between the phones.
        let caller = self.caller.local_addr()?;
        let (from, to) = (said.header("From"), said.header("To"));
        let ack = format!(
            "ACK sip:b@{callee} SIP/2.0\r\nVia: SIP/2.0/UDP {caller};branch=z9hG4bK{call}ack\r\nMax-Forwards: 70\r\n\
             From: {from}\r\nTo: {to}\r\nCall-ID: {call}\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n"
        );
        self.caller.send_to(ack.as_bytes(), callee)?;
        Ok(answer)
    }
}

fn body(sdp: &str) -> String {
    format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}", sdp.len())
}

fn of(message: Message<'_>, call: &str) -> bool {
    message.header("Call-ID") == call
}

/// The next message to this phone of which this is true.
fn until(phone: &UdpSocket, is: impl Fn(Message<'_>) -> bool) -> io::Result<String> {
    let mut buffer = [0; 65_536];
    loop {
        let length = phone.recv(&mut buffer)?;
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if is(Message::new(&text)) {
            return Ok(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::super::seals::Seals;
    use super::*;

    /// Two phones that call through both get each other's sound by the relay, and nothing else.
    #[test]
    fn a_call_through_both_goes_by_the_relay() {
        let mut pair = Pair::start().expect("cargo xtask deps installs both");
        let phones = [(); 2].map(|()| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket"));
        let addresses: Vec<SocketAddr> = phones.iter().map(|phone| phone.local_addr().expect("bound")).collect();
        let ours = rtpengine::calls(&mut pair, &addresses, false, &mut Seals::default());
        let ours = ours.expect("a call");
        assert!(ours.iter().all(|address| !addresses.contains(address)), "{ours:?} instead of {addresses:?}");
        let packet = [&[0x80, 0, 0, 1, 0, 0, 0, 160, 0, 0, 0, 9][..], &[0xff; 160]].concat();
        phones[1].set_read_timeout(Some(PATIENCE)).expect("a time");
        phones[0].send_to(&packet, ours[0]).expect("sent");
        let mut heard = [0; 2048];
        let (length, from) = phones[1].recv_from(&mut heard).expect("it comes");
        assert_eq!((&heard[..length], from), (&packet[..], ours[1]));
    }
}
