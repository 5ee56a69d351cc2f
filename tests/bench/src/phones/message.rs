//! SIP as a phone needs it: text out of parts, parts out of text, and the digest.

use md5::{Digest, Md5};

use super::Account;

/// A received message.
#[derive(Clone, Copy)]
pub(crate) struct Message<'a> {
    text: &'a str,
}

impl<'a> Message<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text }
    }

    /// The status of a response; 0 for a request.
    pub(crate) fn status(self) -> u16 {
        let code = self.text.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3));
        code.and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    /// The method of a request, or of the request that is answered.
    pub(crate) fn method(self) -> &'a str {
        self.header("CSeq").split(' ').next_back().unwrap_or_default()
    }

    /// The first header of this name; empty if there is none.
    pub(crate) fn header(self, name: &'static str) -> &'a str {
        self.headers(name).next().unwrap_or_default()
    }

    /// All headers of this name.
    pub(crate) fn headers(self, name: &'static str) -> impl Iterator<Item = &'a str> {
        let lines = self.text.split("\r\n").skip(1).take_while(|line| !line.is_empty());
        lines.filter_map(|line| line.split_once(':')).filter(move |(n, _)| is(n, name)).map(|(_, value)| value.trim())
    }

    /// The port at which its description expects sound.
    pub(crate) fn sound(self) -> Option<u16> {
        self.text.split_once("m=audio ")?.1.split(' ').next()?.parse().ok()
    }

    /// What a response repeats of its request, with the tag of the side that answers.
    pub(crate) fn response(self, status: &str, rest: &str) -> String {
        let mut text = format!("SIP/2.0 {status}\r\n");
        for via in self.headers("Via") {
            text.push_str(&format!("Via: {via}\r\n"));
        }
        let to = self.header("To");
        let tag = if to.contains(";tag=") { "" } else { ";tag=callee" };
        let (from, call_id, cseq) = (self.header("From"), self.header("Call-ID"), self.header("CSeq"));
        text.push_str(&format!("From: {from}\r\nTo: {to}{tag}\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n{rest}"));
        text
    }

    /// The Authorization line that answers this challenge. Of those offered MD5 is taken: the oldest phones know no other.
    pub(crate) fn authorization(self, method: &str, uri: &str, account: &Account) -> Option<String> {
        let challenge = self.headers("WWW-Authenticate").find(|c| !c.to_ascii_lowercase().contains("sha-256"))?;
        let field = |name: &str| {
            let fields = challenge.trim_start_matches("Digest ").split(',').filter_map(|f| f.split_once('='));
            let found = fields.map(|(n, v)| (n.trim(), v.trim().trim_matches('"'))).find(|(n, _)| *n == name);
            found.map(|(_, value)| value)
        };
        let (realm, nonce, cnonce) = (field("realm")?, field("nonce")?, "0a4f113b9c0e4d2f");
        let ha1 = hash(&format!("{}:{realm}:{}", account.user, account.password));
        let ha2 = hash(&format!("{method}:{uri}"));
        let response = hash(&format!("{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}"));
        Some(format!(
            "Authorization: Digest username=\"{}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", qop=auth, \
             nc=00000001, cnonce=\"{cnonce}\", response=\"{response}\", algorithm=MD5\r\n",
            account.user
        ))
    }
}

/// Names are compared without case, and some have a short form (RFC 3261 section 7.3.3).
fn is(found: &str, name: &str) -> bool {
    let short = match name {
        "Via" => "v",
        "From" => "f",
        "To" => "t",
        "Call-ID" => "i",
        "Contact" => "m",
        _ => name,
    };
    let found = found.trim();
    found.eq_ignore_ascii_case(name) || found.eq_ignore_ascii_case(short)
}

/// What is between the angle brackets.
pub(crate) fn in_angles(value: &str) -> Option<&str> {
    value.split_once('<')?.1.split_once('>').map(|(uri, _)| uri)
}

fn hash(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_rfc_2617() {
        let account = Account {
            user: "Mufasa".to_owned(),
            password: "Circle Of Life".to_owned(),
            domain: "testrealm@host.com".to_owned(),
            server: ([127, 0, 0, 1], 5060).into(),
        };
        let text = "SIP/2.0 401 Unauthorized\r\n\
            www-authenticate: Digest realm=\"testrealm@host.com\", nonce=\"dcd9\", algorithm=SHA-256\r\n\
            www-authenticate: Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c0\", qop=\"auth\"\r\n\r\n";
        let line = Message::new(text).authorization("GET", "/dir/index.html", &account).expect("an MD5 challenge");
        assert!(line.contains("response=\"01407227ef73e28a1060260c9297c027\""), "{line}");
    }
}
