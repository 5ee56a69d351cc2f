//! A description as it is written: into one buffer, line by line, in the order of RFC 8866 section 5.

use std::io::Write;
use std::net::IpAddr;

use super::Origin;

/// What a description of one audio line takes.
const USUAL: usize = 384;

/// A description that is being written.
#[derive(Debug)]
pub(super) struct Lines(Vec<u8>);

/// Something that can stand in a line. What came from elsewhere was read from one line, so that none ends early.
pub(super) trait Word {
    /// Writes it.
    fn write(self, out: &mut Vec<u8>);
}

impl Word for &str {
    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }
}

impl Word for u64 {
    fn write(self, out: &mut Vec<u8>) {
        let (mut digits, mut from, mut rest) = ([0; 20], 20, self);
        loop {
            from -= 1;
            digits[from] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                return out.extend_from_slice(&digits[from..]);
            }
        }
    }
}

impl Word for u8 {
    fn write(self, out: &mut Vec<u8>) {
        u64::from(self).write(out);
    }
}

impl Word for u16 {
    fn write(self, out: &mut Vec<u8>) {
        u64::from(self).write(out);
    }
}

impl Word for u32 {
    fn write(self, out: &mut Vec<u8>) {
        u64::from(self).write(out);
    }
}

impl Word for IpAddr {
    fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::V4(ip) => {
                for (i, octet) in ip.octets().into_iter().enumerate() {
                    out.extend_from_slice(if i == 0 { b"" } else { b"." });
                    octet.write(out);
                }
            }
            Self::V6(ip) => write!(out, "{ip}").expect("a Vec takes every write"),
        }
    }
}

impl Lines {
    /// The lines before the first attribute: who describes, and when that is.
    pub(super) fn begin(origin: &Origin) -> Self {
        let mut lines = Self(Vec::with_capacity(USUAL));
        lines.say("v=0\r\no=- ").say(origin.id).say(" ").say(origin.version).say(" ").address(origin.addr).end();
        lines.say("s=-").end().connection(origin.addr).say("t=0 0").end();
        lines
    }

    pub(super) fn say(&mut self, word: impl Word) -> &mut Self {
        word.write(&mut self.0);
        self
    }

    /// Ends a line.
    pub(super) fn end(&mut self) -> &mut Self {
        self.say("\r\n")
    }

    /// Opens media of this kind; the formats are to follow, each behind a blank.
    pub(super) fn media(&mut self, kind: &str, port: u16, proto: &str) -> &mut Self {
        self.say("m=").say(kind).say(" ").say(port).say(" ").say(proto)
    }

    /// Where packets are wanted.
    pub(super) fn connection(&mut self, ip: IpAddr) -> &mut Self {
        self.say("c=").address(ip).end()
    }

    /// An attribute that is there or not.
    pub(super) fn flag(&mut self, name: &str) -> &mut Self {
        self.say("a=").say(name).end()
    }

    /// An attribute; its value is to follow.
    pub(super) fn attribute(&mut self, name: &str) -> &mut Self {
        self.say("a=").say(name).say(":")
    }

    /// All that was written.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn address(&mut self, ip: IpAddr) -> &mut Self {
        self.say(if ip.is_ipv4() { "IN IP4 " } else { "IN IP6 " }).say(ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_written_as_the_library_writes_them() {
        for number in [0, 7, 10, 99, 100, 65_535, u64::MAX] {
            assert_eq!(written(number), number.to_string());
        }
        for ip in ["0.0.0.0", "192.0.2.10", "255.255.255.255", "2001:db8::7", "::ffff:192.0.2.1"] {
            let parsed: IpAddr = ip.parse().expect("an address");
            assert_eq!(written(parsed), ip);
        }
    }

    fn written(word: impl Word) -> String {
        let mut out = Vec::new();
        word.write(&mut out);
        String::from_utf8(out).expect("text")
    }
}
