//! The one STUN message that a SIP port is asked: a Binding request, by which a phone behind NAT keeps its flow open and learns whether its
//! outer address has changed (RFC 5626 section 3.5.2, RFC 5389). It comes without credentials; the answer says nothing but where it came from.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

const HEADER: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const BINDING_ERROR: [u8; 2] = [0x01, 0x11];
const XOR_MAPPED_ADDRESS: [u8; 2] = [0x00, 0x20];
const ERROR_CODE: [u8; 2] = [0x00, 0x09];
const UNKNOWN_ATTRIBUTES: [u8; 2] = [0x00, 0x0a];
/// Unknown attributes that an error names. A request that has more is not a keep-alive.
const MAX_UNKNOWN: usize = 8;

/// True if a datagram is STUN and no SIP: the first two bits are zero and the cookie is there (RFC 5389 section 6).
pub(crate) fn is_stun(data: &[u8]) -> bool {
    data.len() >= HEADER && data[0] < 0x40 && data[4..8] == COOKIE
}

/// The answer to a Binding request from `remote`; `None` for anything else, and for what is damaged.
pub(crate) fn answer(data: &[u8], remote: SocketAddr) -> Option<Bytes> {
    let (header, attributes) = data.split_at_checked(HEADER)?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    if !is_stun(data) || header[..2] != BINDING_REQUEST || length != attributes.len() || length % 4 != 0 {
        return None;
    }
    let transaction = &header[4..];
    let unknown = unknown_attributes(attributes)?;
    Some(if unknown.is_empty() {
        message(BINDING_SUCCESS, transaction, &attribute(XOR_MAPPED_ADDRESS, &xor_address(transaction, remote)))
    } else {
        // 420 Unknown Attribute: class 4, number 20 (section 15.6).
        let code = attribute(ERROR_CODE, &[0, 0, 4, 20]);
        message(BINDING_ERROR, transaction, &[code, attribute(UNKNOWN_ATTRIBUTES, &unknown)].concat())
    })
}

/// The types of attributes that must be understood (below 0x8000) and are not: we understand none, since a keep-alive needs none. `None`
/// if an attribute is cut off.
fn unknown_attributes(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut unknown = Vec::new();
    while !rest.is_empty() {
        let (head, value) = rest.split_at_checked(4)?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]])).next_multiple_of(4);
        rest = value.get(length..)?;
        // USERNAME and MESSAGE-INTEGRITY come from clients that were given a password; it is not ours to check.
        if head[0] < 0x80 && !matches!(head[..2], [0x00, 0x06 | 0x08]) && unknown.len() < 2 * MAX_UNKNOWN {
            unknown.extend_from_slice(&head[..2]);
        }
    }
    Some(unknown)
}

/// Section 15.2: hidden from NATs that rewrite whatever looks like their address.
fn xor_address(transaction: &[u8], remote: SocketAddr) -> Vec<u8> {
    let (family, octets) = match remote.ip().to_canonical() {
        IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        IpAddr::V6(ip) => (2, ip.octets().to_vec()),
    };
    let port = remote.port().to_be_bytes();
    let hidden = octets.iter().zip(transaction).map(|(a, b)| a ^ b);
    [0, family, port[0] ^ COOKIE[0], port[1] ^ COOKIE[1]].into_iter().chain(hidden).collect()
}

/// With the padding that its length does not count.
fn attribute(kind: [u8; 2], value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap_or(0).to_be_bytes();
    let padding = value.len().next_multiple_of(4) - value.len();
    [&kind, &length, value, &[0; 4][..padding]].concat()
}

/// `transaction` is the cookie and the twelve bytes of the request.
fn message(kind: [u8; 2], transaction: &[u8], attributes: &[u8]) -> Bytes {
    let length = u16::try_from(attributes.len()).unwrap_or(0).to_be_bytes();
    [&kind, &length, transaction, attributes].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The request and the answers of RFC 5769 (sections 2.1 to 2.3), without their credentials.
    const TRANSACTION: &str = "2112a442b7e7a701bc34d686fa87dfae";

    fn request(attributes: &str) -> Vec<u8> {
        let attributes = hex::decode(attributes).expect("hex");
        let length = u16::try_from(attributes.len()).expect("short");
        hex::decode(format!("0001{length:04x}{TRANSACTION}")).expect("hex").into_iter().chain(attributes).collect()
    }

    fn answered(attributes: &str, remote: &str) -> Option<String> {
        answer(&request(attributes), remote.parse().expect("address")).map(hex::encode)
    }

    #[test]
    fn a_phone_learns_its_outer_address() {
        let v4 = answered("", "192.0.2.1:32853").expect("an answer");
        assert_eq!(v4, format!("0101000c{TRANSACTION}002000080001a147e112a643"));
        let v6 = answered("", "[2001:db8:1234:5678:11:2233:4455:6677]:32853").expect("an answer");
        assert_eq!(v6, format!("01010018{TRANSACTION}002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"));
        // SOFTWARE may be ignored; what must be understood and is not, is named.
        assert_eq!(answered("802200036162630000", "192.0.2.1:32853"), None, "a length that is no multiple of four");
        assert_eq!(answered("8022000361626300", "192.0.2.1:32853"), Some(v4));
        let refused = format!("01110010{TRANSACTION}0009000400000414000a00020003{}", "0000");
        assert_eq!(answered("0003000400000006", "192.0.2.1:32853"), Some(refused));
    }

    #[test]
    fn nothing_else_is_answered() {
        let whole = request("8022000361626300");
        let remote = "192.0.2.1:1".parse().expect("address");
        for cut in 0..whole.len() {
            assert_eq!(answer(&whole[..cut], remote), None, "cut at {cut}");
        }
        for kind in [[0x00, 0x11], [0x01, 0x01], [0x01, 0x11], [0x00, 0x03]] {
            let other = [&kind, &whole[2..]].concat();
            assert!(is_stun(&other) && answer(&other, remote).is_none());
        }
        assert!(!is_stun(b"OPTIONS sip:clinic.demo SIP/2.0\r\n"));
    }
}
