//! Asking a mirror whether a router on the way changes our messages ([`crate::alg`]).

use bytes::Bytes;

use super::Endpoint;
use super::answer::SDP;
use crate::alg;
use crate::api::{Event, Flow, HOPS};
use crate::dialog::{begin, contact, sent_by};
use crate::transaction::client::{ClientId, Purpose};
use crate::wire::{Method, Response};

/// Mirrors that are asked at once.
const MAX_PROBES: usize = 8;

/// The questions that are on their way.
#[derive(Default)]
pub(super) struct Mirrors {
    probes: Vec<Probe>,
    asked: u64,
}

/// A question to a mirror.
struct Probe {
    number: u64,
    at: Flow,
    sent: Bytes,
    /// By which we know our own question again. Nobody else can: it is drawn anew for each.
    token: String,
    client: ClientId,
}

impl Endpoint {
    /// Sends a marked OPTIONS with all that routers like to change: our address in Via, Contact, Call-ID and SDP.
    pub(super) fn ask_mirror(&mut self, at: Flow) {
        if self.mirrors.probes.len() == MAX_PROBES || self.mirrors.probes.iter().any(|probe| probe.at == at) {
            return;
        }
        let (token, tag, branch) = (self.random.hex(16), self.random.hex(8), self.branch());
        let (us, them) = (sent_by(at.local), sent_by(at.remote));
        let host = us.ip();
        let call_id = format!("{}@{host}", self.random.hex(12));
        let kind = if host.is_ipv4() { "IP4" } else { "IP6" };
        let body = format!(
            "v=0\r\no=- 1 1 IN {kind} {host}\r\ns=-\r\nc=IN {kind} {host}\r\nt=0 0\r\nm=audio 10000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
        );
        let sent = begin("OPTIONS", format!("sip:{them}").as_bytes(), at, &branch, HOPS)
            .header("From", &[format!("<sip:{us}>;tag={tag}").as_bytes()])
            .header("To", &[format!("<sip:{them}>").as_bytes()])
            .header("Call-ID", &[call_id.as_bytes()])
            .header("CSeq", &[b"1 OPTIONS"])
            .header("Contact", &[contact(at).as_bytes()])
            .header("User-Agent", &[self.config.software.as_bytes()])
            .header(alg::MIRROR, &[token.as_bytes()])
            .body(SDP, body.as_bytes());
        self.mirrors.asked += 1;
        let number = self.mirrors.asked;
        let purpose = Purpose::Mirror(number);
        let client = self.clients.start(&mut self.cx, Method::Options, &branch, at, sent.clone(), purpose);
        self.mirrors.probes.push(Probe { number, at, sent, token, client });
    }

    /// True for a mirror that is asked: its answer is wanted, whoever it is.
    pub(super) fn is_mirror(&self, flow: Flow) -> bool {
        self.mirrors.probes.iter().any(|probe| probe.at.remote == flow.remote)
    }

    /// Our own question came in again: the mirror is our outside address, and the router brought it back to us.
    pub(super) fn came_round(&mut self, data: &[u8]) -> bool {
        if self.mirrors.probes.is_empty() || !data.starts_with(b"OPTIONS ") {
            return false;
        }
        let ours = |probe: &Probe| data.windows(probe.token.len()).any(|part| part == probe.token.as_bytes());
        let Some(found) = self.mirrors.probes.iter().position(ours) else { return false };
        let probe = self.mirrors.probes.swap_remove(found);
        self.clients.remove(&mut self.cx, probe.client);
        let changed = alg::changes(&probe.sent, data);
        self.cx.tell(Event::Mirrored { at: probe.at, changed });
        true
    }

    /// The mirror answered. Whatever is no mirror's answer (a router that answers by itself) is as good as none.
    pub(super) fn mirror_said(&mut self, number: u64, response: &Response) {
        if response.code >= 200 {
            self.mirrored(number, |probe| alg::compare(&probe.sent, &response.body));
        }
    }

    pub(super) fn mirror_silent(&mut self, number: u64) {
        self.mirrored(number, |_| None);
    }

    fn mirrored(&mut self, number: u64, found: impl Fn(&Probe) -> Option<Vec<alg::Change>>) {
        let Some(at) = self.mirrors.probes.iter().position(|probe| probe.number == number) else { return };
        let probe = self.mirrors.probes.swap_remove(at);
        self.cx.tell(Event::Mirrored { at: probe.at, changed: found(&probe) });
    }
}
