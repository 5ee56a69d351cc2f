//! Header names that we act on, in their long and compact forms. Every other header keeps its text and its place.

/// A header that something in this crate reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the header of that name")]
pub enum Name {
    Accept,
    Allow,
    Authorization,
    CallId,
    Contact,
    ContentDisposition,
    ContentEncoding,
    ContentLength,
    ContentType,
    CSeq,
    Event,
    Expires,
    From,
    MaxForwards,
    MinSe,
    ProxyAuthorization,
    RAck,
    RecordRoute,
    ReferSub,
    ReferTo,
    Replaces,
    Require,
    RetryAfter,
    Route,
    RSeq,
    Server,
    SessionExpires,
    Supported,
    Timestamp,
    To,
    Unsupported,
    UserAgent,
    Via,
    Warning,
    WwwAuthenticate,
    /// Any other.
    Other,
}

const TABLE: [(Name, &str, &str); 35] = [
    (Name::Via, "Via", "v"),
    (Name::From, "From", "f"),
    (Name::To, "To", "t"),
    (Name::CallId, "Call-ID", "i"),
    (Name::CSeq, "CSeq", ""),
    (Name::MaxForwards, "Max-Forwards", ""),
    (Name::Contact, "Contact", "m"),
    (Name::ContentLength, "Content-Length", "l"),
    (Name::ContentType, "Content-Type", "c"),
    (Name::UserAgent, "User-Agent", ""),
    (Name::Authorization, "Authorization", ""),
    (Name::Expires, "Expires", ""),
    (Name::Supported, "Supported", "k"),
    (Name::Allow, "Allow", ""),
    (Name::Route, "Route", ""),
    (Name::RecordRoute, "Record-Route", ""),
    (Name::Require, "Require", ""),
    (Name::Accept, "Accept", ""),
    (Name::SessionExpires, "Session-Expires", "x"),
    (Name::MinSe, "Min-SE", ""),
    (Name::RSeq, "RSeq", ""),
    (Name::RAck, "RAck", ""),
    (Name::ReferTo, "Refer-To", "r"),
    (Name::ReferSub, "Refer-Sub", ""),
    (Name::Replaces, "Replaces", ""),
    (Name::Event, "Event", "o"),
    (Name::ContentDisposition, "Content-Disposition", ""),
    (Name::ContentEncoding, "Content-Encoding", "e"),
    (Name::ProxyAuthorization, "Proxy-Authorization", ""),
    (Name::RetryAfter, "Retry-After", ""),
    (Name::Server, "Server", ""),
    (Name::Timestamp, "Timestamp", ""),
    (Name::Unsupported, "Unsupported", ""),
    (Name::Warning, "Warning", ""),
    (Name::WwwAuthenticate, "WWW-Authenticate", ""),
];

impl Name {
    /// The header that is called so, in its long or compact form, without regard to case.
    pub fn of(text: &[u8]) -> Self {
        TABLE
            .iter()
            .find(|(_, long, short)| {
                let known = if text.len() == 1 { short } else { long };
                known.len() == text.len() && known.as_bytes().eq_ignore_ascii_case(text)
            })
            .map_or(Self::Other, |(name, ..)| *name)
    }

    /// Its long form.
    pub fn text(self) -> &'static str {
        TABLE.iter().find(|(name, ..)| *name == self).map_or("", |(_, long, _)| long)
    }

    /// True for what may be there only once and would be ambiguous twice.
    pub const fn is_singleton(self) -> bool {
        matches!(
            self,
            Self::CallId
                | Self::CSeq
                | Self::From
                | Self::To
                | Self::MaxForwards
                | Self::ContentType
                | Self::Expires
                | Self::Event
                | Self::MinSe
                | Self::RAck
                | Self::ReferTo
                | Self::Replaces
                | Self::RSeq
                | Self::SessionExpires
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn both_forms() {
        assert_eq!(Name::of(b"v"), Name::Via);
        assert_eq!(Name::of(b"CALL-id"), Name::CallId);
        assert_eq!(Name::of(b"y"), Name::Other);
        assert_eq!(Name::of(b""), Name::Other);
        assert_eq!(Name::WwwAuthenticate.text(), "WWW-Authenticate");
    }
}
