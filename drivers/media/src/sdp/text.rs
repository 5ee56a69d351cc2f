//! A description in its own words: which lines it has, and what stands in them.
//!
//! Only lines that we need are looked at, so that a phone with a broken `b=` or `t=` can still call. They are as RFC 8866 section 9 has them, but that
//! they may come in almost any order, and that `o=` may be missing.

use std::ops::Range;

/// A description.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Description<'a> {
    /// The version in `o=`; 0 without one.
    pub(super) version: u64,
    /// The address in `c=` of the whole.
    pub(super) connection: Option<&'a str>,
    pub(super) medias: Vec<Media<'a>>,
    /// All of all lines, first those of the whole.
    attributes: Vec<Attribute<'a>>,
    own: usize,
}

/// A media line with those that belong to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Media<'a> {
    pub(super) media: &'a str,
    pub(super) port: u16,
    pub(super) proto: &'a str,
    pub(super) fmt: &'a str,
    /// The address in its first `c=`.
    pub(super) connection: Option<&'a str>,
    attributes: Range<usize>,
}

/// Its name, and its value if it has one.
type Attribute<'a> = (&'a str, Option<&'a str>);

/// The attributes of the whole, or of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attributes<'a, 'd>(&'d [Attribute<'a>]);

impl<'a, 'd> Attributes<'a, 'd> {
    pub(super) fn has(self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))
    }

    /// The values of all with this name that have one.
    pub(super) fn values(self, name: &'d str) -> impl Iterator<Item = &'a str> + 'd
    where
        'a: 'd,
    {
        self.named(name).flatten()
    }

    /// The first with this name: its value, if it has one.
    pub(super) fn first(self, name: &'d str) -> Option<Option<&'a str>> {
        self.named(name).next()
    }

    /// The value of the first with this name.
    pub(super) fn value(self, name: &'d str) -> Option<&'a str> {
        self.first(name).flatten()
    }

    fn named(self, name: &'d str) -> impl Iterator<Item = Option<&'a str>> + 'd
    where
        'a: 'd,
    {
        self.0.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

impl<'a> Description<'a> {
    /// Reads one. `None` if a line that we need cannot be read.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut out = Self { version: 0, connection: None, medias: Vec::new(), attributes: Vec::new(), own: 0 };
        let mut lines = text.split('\n').filter_map(|line| needed(line.trim_end()));
        if lines.next()? != (b'v', "0") {
            return None;
        }
        let mut named = false;
        for (key, value) in lines {
            // Neither stands in a line; and what we write holds words of it.
            if value.bytes().any(|b| matches!(b, 0 | b'\r')) {
                return None;
            }
            match (key, out.medias.last_mut()) {
                (b'o', None) if named => return None,
                (b'o', None) => (out.version, named) = (version(value)?, true),
                (b'c', None) if out.connection.is_some() => return None,
                (b'c', None) => out.connection = Some(connection(value)?),
                (b'c', Some(media)) => {
                    let address = connection(value)?;
                    media.connection.get_or_insert(address);
                }
                (b'a', media) => {
                    out.attributes.push(value.split_once(':').map_or((value, None), |(name, v)| (name, Some(v))));
                    match media {
                        Some(media) => media.attributes.end = out.attributes.len(),
                        None => out.own = out.attributes.len(),
                    }
                }
                (b'm', _) => out.medias.push(media(value, out.attributes.len())?),
                // A second version, or another origin in the midst of it, says nothing.
                _ => {}
            }
        }
        Some(out)
    }

    /// What is said of the whole.
    pub(super) fn attributes(&self) -> Attributes<'a, '_> {
        Attributes(self.attributes.get(..self.own).unwrap_or_default())
    }

    /// What is said of one of its lines.
    pub(super) fn attributes_of(&self, media: &Media<'a>) -> Attributes<'a, '_> {
        Attributes(self.attributes.get(media.attributes.clone()).unwrap_or_default())
    }
}

/// A line that we need, by the letter before its equals sign.
fn needed(line: &str) -> Option<(u8, &str)> {
    match line.as_bytes() {
        [key @ (b'v' | b'o' | b'c' | b'm' | b'a'), b'=', ..] => Some((*key, line.get(2..)?)),
        _ => None,
    }
}

/// `username id version nettype addrtype address`; no field is empty, so blanks in a row are one.
fn version(value: &str) -> Option<u64> {
    let mut fields = value.split(' ').filter(|field| !field.is_empty());
    let (_, _, version) = (fields.next()?, fields.next()?, fields.next()?.parse().ok()?);
    in_network(&mut fields)?;
    Some(version)
}

/// `nettype addrtype address`: the address.
fn connection(value: &str) -> Option<&str> {
    in_network(&mut value.split(' ').filter(|field| !field.is_empty()))
}

/// The last three fields of a line.
fn in_network<'a>(fields: &mut impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (net, family, address) = (fields.next()?, fields.next()?, fields.next()?);
    (is_token(net) && is_token(family) && fields.next().is_none()).then_some(address)
}

/// `media port proto fmt …`, or `port/count`.
fn media(value: &str, attributes: usize) -> Option<Media<'_>> {
    let mut fields = value.splitn(4, ' ');
    let (media, port, proto, fmt) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let (port, count) = port.split_once('/').map_or((port, None), |(port, count)| (port, Some(count)));
    if count.is_some_and(|count| count.parse::<u16>().is_err()) {
        return None;
    }
    let port = port.parse().ok()?;
    Some(Media { media, port, proto, fmt, connection: None, attributes: attributes..attributes })
}

/// RFC 8866 section 9.
fn is_token(text: &str) -> bool {
    let of_token =
        |b| matches!(b, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'^'..=b'~');
    !text.is_empty() && text.bytes().all(of_token)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same as a library for all of SDP reads it: version, addresses, lines and attributes; `None` where it refuses.
    fn by_the_library(text: &str) -> Option<String> {
        let needed: String =
            text.split('\n').map(str::trim_end).filter(|l| needed(l).is_some()).flat_map(|l| [l, "\n"]).collect();
        let read = sdp_types::Session::parse(needed.as_bytes()).ok()?;
        let said = |all: &[sdp_types::Attribute]| {
            all.iter().map(|a| format!("{:?}", (a.attribute.as_str(), a.value.as_deref()))).collect::<Vec<_>>()
        };
        let medias = read.medias.iter().map(|m| {
            let address = m.connections.first().map(|c| c.connection_address.as_str());
            format!("{:?}", (&m.media, m.port, &m.proto, &m.fmt, address, said(&m.attributes)))
        });
        let connection = read.connection.as_ref().map(|c| c.connection_address.as_str());
        Some(format!(
            "{:?}",
            (read.origin.sess_version, connection, said(&read.attributes), medias.collect::<Vec<_>>())
        ))
    }

    fn by_us(text: &str) -> Option<String> {
        let read = Description::read(text)?;
        let said = |all: Attributes<'_, '_>| all.0.iter().map(|a| format!("{a:?}")).collect::<Vec<_>>();
        let medias = read
            .medias
            .iter()
            .map(|m| format!("{:?}", (m.media, m.port, m.proto, m.fmt, m.connection, said(read.attributes_of(m)))));
        Some(format!("{:?}", (read.version, read.connection, said(read.attributes()), medias.collect::<Vec<_>>())))
    }

    fn line() -> impl Strategy<Value = String> {
        prop_oneof![
            // As they come,
            8 => "a=(rtpmap|fmtp|sendonly|crypto|)(:[ -~]{0,12})?",
            6 => "m=(audio|image) [0-9]{1,4}(/[0-9])? (RTP/AVP|udptl) [0-9 ]{1,6}",
            2 => "o=- [0-9]{1,3}  ?[0-9]{1,9} IN IP4 192\\.0\\.2\\.[0-9]",
            6 => "c=IN IP[46] (192\\.0\\.2\\.[0-9]|::[0-9])",
            2 => "[bstikz]=[ -~]{0,8}",
            // and as they should not.
            1 => "m=(audio|image|) ?[0-9]{0,6}(/[0-9]{0,6})? ?(RTP/AVP|udptl)( [0-9 ]{0,6})?",
            1 => "o=- [0-9]{1,3}  ?[+0-9]{0,21} (IN|I:N) IP4 192\\.0\\.2\\.1( x)?",
            1 => "c=(IN|) ?IP[46] (192\\.0\\.2\\.1|::1|0)( 9)?",
            1 => "v=[01]",
            1 => "[a-z]?=?[ -~]{0,8}",
            1 => "[vocma]=.{0,10}",
        ]
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_a_library_for_all_of_it_reads(
            head in prop_oneof![9 => Just("v=0\n"), 1 => Just("")],
            lines in proptest::collection::vec((line(), prop_oneof!["\r\n", "\n", " \r\n"]), 0..12),
        ) {
            let text: String = lines.iter().fold(head.to_owned(), |text, (line, end)| text + line + end);
            prop_assert_eq!(by_us(&text), by_the_library(&text));
        }
    }
}
