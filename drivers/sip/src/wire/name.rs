//! Header names that we act on, in their long and compact forms. Every other header keeps its text and its place.

/// Makes the names, and the table that [`Name::of`] and [`Name::text`] read.
macro_rules! names {
    ($($(#[$doc:meta])* $name:ident $long:literal $short:literal,)*) => {
        /// A header that something in this crate or beside it reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "each is the header of that name")]
        pub enum Name {
            $($(#[$doc])* $name,)*
            /// Any other.
            Other,
        }

        /// Name, long form, compact form, in the order of the enumeration.
        const TABLE: &[(Name, &str, &str)] = &[$((Name::$name, $long, $short),)*];
    };
}

names! {
    // RFC 3261.
    Accept "Accept" "",
    AcceptEncoding "Accept-Encoding" "",
    AlertInfo "Alert-Info" "",
    Allow "Allow" "",
    AuthenticationInfo "Authentication-Info" "",
    Authorization "Authorization" "",
    CallId "Call-ID" "i",
    CallInfo "Call-Info" "",
    Contact "Contact" "m",
    ContentDisposition "Content-Disposition" "",
    ContentEncoding "Content-Encoding" "e",
    ContentLength "Content-Length" "l",
    ContentType "Content-Type" "c",
    CSeq "CSeq" "",
    Date "Date" "",
    Expires "Expires" "",
    From "From" "f",
    InReplyTo "In-Reply-To" "",
    MaxForwards "Max-Forwards" "",
    MinExpires "Min-Expires" "",
    Priority "Priority" "",
    ProxyAuthenticate "Proxy-Authenticate" "",
    ProxyAuthorization "Proxy-Authorization" "",
    ProxyRequire "Proxy-Require" "",
    RecordRoute "Record-Route" "",
    Require "Require" "",
    RetryAfter "Retry-After" "",
    Route "Route" "",
    Server "Server" "",
    Subject "Subject" "s",
    Supported "Supported" "k",
    Timestamp "Timestamp" "",
    To "To" "t",
    Unsupported "Unsupported" "",
    UserAgent "User-Agent" "",
    Via "Via" "v",
    Warning "Warning" "",
    WwwAuthenticate "WWW-Authenticate" "",
    // RFC 3262.
    RAck "RAck" "",
    RSeq "RSeq" "",
    // RFC 3323, 3325; what trunks and phones say about callers.
    PAssertedIdentity "P-Asserted-Identity" "",
    PPreferredIdentity "P-Preferred-Identity" "",
    PCalledPartyId "P-Called-Party-ID" "",
    Privacy "Privacy" "",
    RemotePartyId "Remote-Party-ID" "",
    // RFC 3326.
    Reason "Reason" "",
    // RFC 3327, 3608.
    Path "Path" "",
    ServiceRoute "Service-Route" "",
    // RFC 3515, 3892, 4488.
    ReferTo "Refer-To" "r",
    ReferredBy "Referred-By" "b",
    ReferSub "Refer-Sub" "",
    // RFC 3841.
    AcceptContact "Accept-Contact" "a",
    RejectContact "Reject-Contact" "j",
    RequestDisposition "Request-Disposition" "d",
    // RFC 3891, 3911, 4538.
    Replaces "Replaces" "",
    Join "Join" "",
    TargetDialog "Target-Dialog" "",
    // RFC 3903.
    SipETag "SIP-ETag" "",
    SipIfMatch "SIP-If-Match" "",
    // RFC 4028.
    SessionExpires "Session-Expires" "x",
    MinSe "Min-SE" "",
    // RFC 4474.
    Identity "Identity" "y",
    IdentityInfo "Identity-Info" "n",
    // RFC 5373, 5626, 6086, 6442.
    AnswerMode "Answer-Mode" "",
    FlowTimer "Flow-Timer" "",
    InfoPackage "Info-Package" "",
    RecvInfo "Recv-Info" "",
    Geolocation "Geolocation" "",
    // RFC 5806, 7044.
    Diversion "Diversion" "",
    HistoryInfo "History-Info" "",
    // RFC 6665.
    Event "Event" "o",
    AllowEvents "Allow-Events" "u",
    SubscriptionState "Subscription-State" "",
}

/// Places of [`INDEX`]: twice as many as names, so that a look-up meets one or two of them.
const SLOTS: usize = 256;

/// Where in [`TABLE`] a name is, plus one, by its [`slot`] or one of the next; 0 ends the search.
const INDEX: [u8; SLOTS] = index();

const fn slot(text: &[u8]) -> usize {
    // Two letters and the length tell nearly all names apart, whatever their case.
    let last = text.len() - 1;
    let middle = text[last / 2] | 0x20;
    ((text[0] | 0x20) as usize * 5 + (text[last] | 0x20) as usize * 31 + middle as usize * 3 + text.len() * 11) % SLOTS
}

const fn index() -> [u8; SLOTS] {
    let mut index = [0; SLOTS];
    let mut i = 0;
    while i < TABLE.len() {
        let mut at = slot(TABLE[i].1.as_bytes());
        while index[at] != 0 {
            at = (at + 1) % SLOTS;
        }
        index[at] = (i + 1) as u8;
        i += 1;
    }
    index
}

impl Name {
    /// The header that is called so, in its long or compact form, without regard to case.
    pub fn of(text: &[u8]) -> Self {
        match text {
            [] => Self::Other,
            [letter] => Self::compact(*letter),
            _ => Self::long(text),
        }
    }

    fn long(text: &[u8]) -> Self {
        let mut at = slot(text);
        while let Some((name, long, _)) = TABLE.get(usize::from(INDEX[at]).wrapping_sub(1)) {
            if long.as_bytes().eq_ignore_ascii_case(text) {
                return *name;
            }
            at = (at + 1) % SLOTS;
        }
        Self::Other
    }

    const fn compact(letter: u8) -> Self {
        match letter.to_ascii_lowercase() {
            b'a' => Self::AcceptContact,
            b'b' => Self::ReferredBy,
            b'c' => Self::ContentType,
            b'd' => Self::RequestDisposition,
            b'e' => Self::ContentEncoding,
            b'f' => Self::From,
            b'i' => Self::CallId,
            b'j' => Self::RejectContact,
            b'k' => Self::Supported,
            b'l' => Self::ContentLength,
            b'm' => Self::Contact,
            b'n' => Self::IdentityInfo,
            b'o' => Self::Event,
            b'r' => Self::ReferTo,
            b's' => Self::Subject,
            b't' => Self::To,
            b'u' => Self::AllowEvents,
            b'v' => Self::Via,
            b'x' => Self::SessionExpires,
            b'y' => Self::Identity,
            _ => Self::Other,
        }
    }

    /// Its long form.
    pub fn text(self) -> &'static str {
        TABLE.get(self as usize).map_or("", |(_, long, _)| long)
    }

    /// True for what may be there only once and would be ambiguous twice.
    pub const fn is_singleton(self) -> bool {
        matches!(
            self,
            Self::CallId
                | Self::ContentType
                | Self::CSeq
                | Self::Event
                | Self::Expires
                | Self::From
                | Self::MaxForwards
                | Self::MinSe
                | Self::RAck
                | Self::ReferTo
                | Self::Replaces
                | Self::RSeq
                | Self::SessionExpires
                | Self::SubscriptionState
                | Self::To
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_each() {
        for (i, &(name, long, short)) in TABLE.iter().enumerate() {
            assert_eq!((name as usize, name.text()), (i, long));
            assert_eq!(Name::of(long.to_uppercase().as_bytes()), name, "{long}");
            assert_eq!(Name::of(long.to_lowercase().as_bytes()), name, "{long}");
            assert!(short.is_empty() || Name::of(short.as_bytes()) == name, "{short}");
        }
        // Each letter of the registry of compact forms, and no other.
        let compact = (b'a'..=b'z').filter(|l| Name::of(&[*l]) != Name::Other).map(char::from).collect::<String>();
        assert_eq!(compact, "abcdefijklmnorstuvxy");
        assert_eq!(TABLE.iter().filter(|(_, _, short)| !short.is_empty()).count(), compact.len());
        assert_eq!(Name::of(b"V"), Name::Via);
    }

    #[test]
    fn others() {
        for other in [&b""[..], b"q", b"X-Thing", b"Viaa", b"Vi", b"Call ID", b"\xff", b"\x00\x00"] {
            assert_eq!(Name::of(other), Name::Other);
        }
        assert_eq!(Name::Other.text(), "");
    }
}
