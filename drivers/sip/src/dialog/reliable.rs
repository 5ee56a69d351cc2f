//! Provisional responses that are acknowledged (RFC 3262): what one of ours waits for, and what their headers say.

use std::time::Duration;

use bytes::Bytes;

use crate::api::{Body, Flow};
use crate::wire::{self, Message, Method, Name, RAck};

/// Our provisional responses to an INVITE that requires them to be acknowledged: one at a time (section 3).
#[derive(Default)]
pub(crate) struct Reliable {
    /// The number of the last one; 0 before the first.
    pub(crate) rseq: u32,
    /// The CSeq of the INVITE.
    pub(crate) cseq: u32,
    /// The one that is not acknowledged yet.
    pub(crate) sent: Option<Sent>,
    /// What our user said meanwhile: the newest, but a description is not lost to a mere 180.
    pub(crate) waiting: Option<(u16, Body)>,
    /// Our user answered meanwhile: a 2xx must not overtake a description (section 3).
    pub(crate) accept: Option<Body>,
}

/// A provisional response that is repeated until its PRACK comes.
pub(crate) struct Sent {
    pub(crate) data: Bytes,
    pub(crate) flow: Flow,
    pub(crate) interval: Duration,
    pub(crate) described: bool,
}

impl Reliable {
    pub(crate) fn new(cseq: u32) -> Self {
        Self { cseq, ..Self::default() }
    }

    /// True if a PRACK means the last one that we sent.
    pub(crate) fn is_meant(&self, prack: &Message) -> bool {
        let meant = RAck { rseq: self.rseq, cseq: self.cseq, method: Method::Invite };
        self.rseq != 0 && prack.value(Name::RAck).and_then(RAck::parse) == Some(meant)
    }

    /// Keeps what cannot be said yet.
    pub(crate) fn wait(&mut self, code: u16, body: Body) {
        let described = self.waiting.as_ref().is_some_and(|(_, waiting)| !waiting.is_empty());
        if !described || !body.is_empty() {
            self.waiting = Some((code, body));
        }
    }
}

/// The number of a provisional response that wants to be acknowledged.
pub(crate) fn rseq(response: &Message) -> Option<u32> {
    let required = response.list(Name::Require).any(|tag| tag.eq_ignore_ascii_case(b"100rel"));
    response.value(Name::RSeq).and_then(wire::rseq).filter(|_| required)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_prack_means() {
        let mut reliable = Reliable::new(7);
        let prack =
            |rack: &str| Message::parse(format!("PRACK sip:a SIP/2.0\r\n{rack}\r\n\r\n").as_bytes()).expect("it");
        assert!(!reliable.is_meant(&prack("RAck: 0 7 INVITE")));
        reliable.rseq = 3;
        for (text, meant) in [
            ("RAck: 3 7 INVITE", true),
            ("RACK: 3\t 7  INVITE", true),
            ("RAck: 2 7 INVITE", false),
            ("RAck: 3 8 INVITE", false),
            ("RAck: 3 7 UPDATE", false),
            ("RAck: 3 7", false),
            ("RAck: 3 7 INVITE x", false),
            ("X: y", false),
        ] {
            assert_eq!(reliable.is_meant(&prack(text)), meant, "{text}");
        }
    }

    #[test]
    fn a_description_waits_and_is_not_lost() {
        let mut reliable = Reliable::new(1);
        reliable.wait(180, Body::default());
        reliable.wait(183, "a".into());
        reliable.wait(180, Body::default());
        assert_eq!(reliable.waiting, Some((183, "a".into())));
        reliable.wait(183, "b".into());
        assert_eq!(reliable.waiting, Some((183, "b".into())));
    }
}
