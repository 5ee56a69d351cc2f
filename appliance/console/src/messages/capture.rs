//! A call's messages as a file for Wireshark: pcapng, one packet a message.
//!
//! The packets are made up: an IP and a UDP header with the addresses of the message, around the message as it was recorded, without its
//! secrets. A stream (TCP, TLS, WebSocket) has no packet of its own for each message, and what TLS carried can be seen here in the clear, so such a message is
//! written as if it had come by UDP, and its packet has a comment that says so. A repetition has a comment too. Wireshark shows
//! comments beside the packets, and draws the call by "Telephony, SIP Flows".
//!
//! The format is <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html>: blocks of 32-bit words, here little-endian.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use model::ladder::{Ladder, LadderMessage};

/// Packets begin with their IP header.
const LINKTYPE_RAW: u16 = 101;
const OPT_COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;

/// The file.
pub(crate) fn pcapng(ladder: &Ladder) -> Vec<u8> {
    let mut out = Vec::with_capacity(ladder.size() + 1024);
    // Byte order, version 1.0, unknown length of the section.
    let mut section = Vec::new();
    section.extend_from_slice(&0x1a2b_3c4d_u32.to_le_bytes());
    section.extend_from_slice(&[1, 0, 0, 0]);
    section.extend_from_slice(&u64::MAX.to_le_bytes());
    option(&mut section, SHB_USERAPPL, b"Frontdesk");
    end_of_options(&mut section);
    block(&mut out, 0x0a0d_0d0a, &section);
    let mut interface = Vec::new();
    interface.extend_from_slice(&LINKTYPE_RAW.to_le_bytes());
    // Reserved, and no limit of length. Without an option the time is in microseconds.
    interface.extend_from_slice(&[0; 6]);
    block(&mut out, 1, &interface);
    for message in &ladder.messages {
        block(&mut out, 6, &packet(message));
    }
    out
}

/// An Enhanced Packet Block.
fn packet(message: &LadderMessage) -> Vec<u8> {
    let (local, remote) = (*message.local.expose(), *message.remote.expose());
    let (from, to) = if message.inbound { (remote, local) } else { (local, remote) };
    let frame = datagram(from, to, message.text.expose());
    let micros = u64::try_from(message.at.millis()).unwrap_or(0).saturating_mul(1000);
    let length = u32::try_from(frame.len()).unwrap_or(0).to_le_bytes();
    let mut out = Vec::with_capacity(frame.len() + 128);
    out.extend_from_slice(&0_u32.to_le_bytes());
    // High half first, each little-endian.
    out.extend_from_slice(&((micros >> 32) as u32).to_le_bytes());
    out.extend_from_slice(&(micros as u32).to_le_bytes());
    out.extend_from_slice(&length);
    out.extend_from_slice(&length);
    out.extend_from_slice(&frame);
    pad(&mut out);
    let mut comments = Vec::new();
    if message.again {
        comments.push("sent again".to_owned());
    }
    if message.transport != "UDP" {
        comments.push(format!("went over {}, shown as UDP", message.transport));
    }
    if !comments.is_empty() {
        option(&mut out, OPT_COMMENT, comments.join("; ").as_bytes());
        end_of_options(&mut out);
    }
    out
}

/// An IP packet with one UDP datagram. A message is at most 8 KiB, so it fits.
fn datagram(from: SocketAddr, to: SocketAddr, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + data.len()).unwrap_or(u16::MAX);
    let data = &data[..usize::from(length) - 8];
    let mut udp = Vec::with_capacity(8 + data.len());
    for word in [from.port(), to.port(), length, 0] {
        udp.extend_from_slice(&word.to_be_bytes());
    }
    udp.extend_from_slice(data);
    let (from, to) = (from.ip().to_canonical(), to.ip().to_canonical());
    let mut out = Vec::with_capacity(40 + udp.len());
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let total = 20_u16.saturating_add(length);
            // Version and header length, no service class, total length, no fragment, TTL 64, UDP, no checksum yet.
            out.extend_from_slice(&[0x45, 0]);
            out.extend_from_slice(&total.to_be_bytes());
            out.extend_from_slice(&[0, 0, 0x40, 0, 64, 17, 0, 0]);
            out.extend_from_slice(&from.octets());
            out.extend_from_slice(&to.octets());
            let sum = checksum(&[&out]);
            out[10..12].copy_from_slice(&sum.to_be_bytes());
            let sum = checksum(&[&from.octets(), &to.octets(), &[0, 17], &length.to_be_bytes(), &udp]);
            udp[6..8].copy_from_slice(&nonzero(sum));
        }
        (from, to) => {
            let (from, to) = (v6(from).octets(), v6(to).octets());
            out.extend_from_slice(&[0x60, 0, 0, 0]);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(&[17, 64]);
            out.extend_from_slice(&from);
            out.extend_from_slice(&to);
            let sum = checksum(&[&from, &to, &[0, 0], &length.to_be_bytes(), &[0, 0, 0, 17], &udp]);
            udp[6..8].copy_from_slice(&nonzero(sum));
        }
    }
    out.extend_from_slice(&udp);
    out
}

/// Ends of two families meet only in a socket that serves both.
const fn v6(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}

/// The checksum of IP and UDP (RFC 1071). All parts but the last have an even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let mut sum: u32 =
        words.map(|w| u32::from(w[0]) << 8 | u32::from(w.get(1).copied().unwrap_or(0))).fold(0, u32::wrapping_add);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// Zero means "no checksum" (RFC 768).
const fn nonzero(sum: u16) -> [u8; 2] {
    if sum == 0 { [0xff, 0xff] } else { sum.to_be_bytes() }
}

fn block(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let length = u32::try_from(12 + body.len()).unwrap_or(0).to_le_bytes();
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&length);
    out.extend_from_slice(body);
    out.extend_from_slice(&length);
}

fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    out.extend_from_slice(&code.to_le_bytes());
    out.extend_from_slice(&u16::try_from(value.len()).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(value);
    pad(out);
}

fn end_of_options(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0; 4]);
}

/// To whole words. What goes before is whole words too.
fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use model::Wall;

    use super::*;

    fn message(from: &str, to: &str, text: &[u8]) -> LadderMessage {
        let address = |a: &str| a.parse::<SocketAddr>().expect("address").into();
        LadderMessage {
            at: Wall(1_795_183_200_123),
            lane: 0,
            inbound: true,
            again: true,
            transport: "TLS".into(),
            local: address(to),
            remote: address(from),
            text: text.to_vec().into(),
        }
    }

    #[test]
    fn every_block_is_whole_words_and_says_its_length_twice() {
        let messages = (0..9).map(|n| message("10.0.0.2:5060", "[::1]:5061", &vec![b'x'; n])).collect();
        let file = pcapng(&Ladder { messages, ..Ladder::default() });
        let (mut at, mut blocks) = (0, 0);
        while at < file.len() {
            let word = |i: usize| u32::from_le_bytes(file[i..i + 4].try_into().expect("four bytes")) as usize;
            let length = word(at + 4);
            assert!(length % 4 == 0 && word(at + length - 4) == length);
            at += length;
            blocks += 1;
        }
        assert_eq!((at, blocks), (file.len(), 2 + 9));
    }

    #[test]
    fn checksums_come_out_as_zero() {
        let v4 = datagram("10.0.0.2:5060".parse().expect("a"), "10.0.0.1:5060".parse().expect("a"), b"odd");
        assert_eq!(checksum(&[&v4[..20]]), 0);
        assert_eq!(checksum(&[&v4[12..20], &[0, 17, 0, 11], &v4[20..]]), 0);
        let v6 = datagram("[::1]:1".parse().expect("a"), "[::2]:2".parse().expect("a"), b"even");
        assert_eq!(checksum(&[&v6[8..40], &[0, 12, 0, 17], &v6[40..]]), 0);
    }
}
