//! What a SIP message says, as far as words are made of it. It was read by the endpoint before, or refused; here nothing is decided, so a
//! message that cannot be read is shown as it is.

/// A message, read.
pub(crate) struct Said {
    pub(crate) start: Start,
    /// The first line as it stands.
    pub(crate) first_line: String,
    /// CSeq: number and method.
    pub(crate) cseq: (u64, String),
    /// To has a tag: of a request, that it belongs to a call that stands.
    pub(crate) inside: bool,
    /// The user part of To.
    pub(crate) to: String,
    /// It answers a challenge.
    pub(crate) credentials: bool,
    pub(crate) session: Session,
}

/// Its first line.
pub(crate) enum Start {
    /// Method, and the user part of the Request-URI.
    Request(String, String),
    /// Status and reason.
    Response(u16, String),
    /// Neither.
    Unreadable,
}

/// What its SDP is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Session {
    /// No SDP.
    None,
    /// Sound.
    Audio,
    /// Sound that is held.
    Hold,
    /// Fax (T.38).
    Fax,
}

impl Said {
    pub(crate) fn read(message: &[u8]) -> Self {
        let text = String::from_utf8_lossy(message);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let first_line = lines.next().unwrap_or_default().to_owned();
        let mut said = Self {
            start: start(&first_line),
            first_line,
            cseq: (0, String::new()),
            inside: false,
            to: String::new(),
            credentials: false,
            session: session(body),
        };
        for line in lines {
            let Some((name, value)) = line.split_once(':') else { continue };
            match name.trim().to_ascii_lowercase().as_str() {
                "cseq" => {
                    let mut parts = value.split_whitespace();
                    let number = parts.next().and_then(|n| n.parse().ok()).unwrap_or(0);
                    said.cseq = (number, parts.next().unwrap_or_default().to_owned());
                }
                "to" | "t" => {
                    said.inside = value.rsplit('>').next().unwrap_or(value).contains("tag=");
                    said.to = user(value.rsplit('<').next().unwrap_or(value));
                }
                "authorization" | "proxy-authorization" => said.credentials = true,
                _ => {}
            }
        }
        said
    }
}

fn start(line: &str) -> Start {
    let mut words = line.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some("SIP/2.0"), Some(code), reason) => match code.parse() {
            Ok(code) => Start::Response(code, reason.unwrap_or_default().to_owned()),
            Err(_) => Start::Unreadable,
        },
        (Some(method), Some(uri), Some(version)) if version.starts_with("SIP/") => {
            Start::Request(method.to_owned(), user(uri))
        }
        _ => Start::Unreadable,
    }
}

/// The user part of a URI; empty if it has none.
fn user(uri: &str) -> String {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    rest.split_once('@').map_or("", |(user, _)| user.split([';', ':']).next().unwrap_or(user)).to_owned()
}

fn session(sdp: &str) -> Session {
    let fax = sdp.lines().any(|l| l.starts_with("m=image ") && !l.starts_with("m=image 0 "));
    let is = |line: &str| sdp.lines().any(|l| l == line);
    match sdp {
        "" => Session::None,
        _ if fax => Session::Fax,
        // The second is the hold of RFC 2543.
        _ if is("a=sendonly") || is("a=inactive") || is("c=IN IP4 0.0.0.0") => Session::Hold,
        _ => Session::Audio,
    }
}
