//! A phone written by hand that does what a phone may do in a call, at times that nobody chose well: it demands reliable ringing,
//! changes and refreshes the session by re-INVITE and UPDATE, transfers, presses keys, and hangs up. It repeats its requests until
//! they are answered and answers repetitions as before, and knows nothing of the endpoint's code.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::ops::AddAssign;
use std::time::Duration;

use model::{Instant, Random};
use world::net::Net;

use super::REALM;

const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
const GIVE_UP: Duration = Duration::from_secs(32);
/// An INVITE that rings is given up after this.
const NO_ANSWER: Duration = Duration::from_secs(300);

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) pracks: u32,
    pub(crate) updates: u32,
    pub(crate) reinvites: u32,
    /// REFERs that were accepted.
    pub(crate) transfers: u32,
    /// Those of which the end was told.
    pub(crate) told: u32,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.pracks += other.pracks;
        self.updates += other.updates;
        self.reinvites += other.reinvites;
        self.transfers += other.transfers;
        self.told += other.told;
    }
}

/// A request that waits for its final response.
struct Pending {
    method: &'static str,
    text: String,
    interval: Duration,
    /// FAR_FUTURE once it must not be repeated any more.
    next: Instant,
    give_up: Instant,
}

/// See the module.
pub(crate) struct Handset {
    pub(crate) at: SocketAddr,
    pub(crate) tally: Tally,
    to: SocketAddr,
    random: Random,
    call_id: String,
    tag: String,
    cseq: u32,
    branch: u32,
    offers: u32,
    offer: String,
    pending: BTreeMap<String, Pending>,
    /// The ACK of each INVITE that was answered, by its branch.
    acks: HashMap<String, String>,
    /// What was answered to each request, by its branch.
    answers: HashMap<String, String>,
    rseq: Option<u32>,
    plans: BTreeMap<(Instant, u32), &'static str>,
    over: bool,
}

/// The value of a header.
fn value<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default()
}

fn branch(text: &str) -> String {
    value(text, "Via").split("branch=").nth(1).and_then(|b| b.split([';', ',']).next()).unwrap_or_default().to_owned()
}

impl Handset {
    pub(crate) fn new(seed: u64, at: SocketAddr, to: SocketAddr) -> Self {
        let mut phone = Self {
            at,
            tally: Tally::default(),
            to,
            random: Random::from_u64(seed ^ 77 << 40),
            call_id: format!("handset{seed}"),
            tag: String::new(),
            cseq: 0,
            branch: 0,
            offers: 0,
            offer: "offer".to_owned(),
            pending: BTreeMap::new(),
            acks: HashMap::new(),
            answers: HashMap::new(),
            rseq: None,
            plans: BTreeMap::new(),
            over: false,
        };
        phone.plan(Instant::ZERO, 1, "INVITE");
        phone
    }

    fn plan(&mut self, now: Instant, within_ms: u64, what: &'static str) {
        let at = now + Duration::from_millis(self.random.below(within_ms));
        self.branch += 1;
        self.plans.insert((at, self.branch), what);
    }

    /// Does what is due; when it wants to be woken.
    pub(crate) fn wake(&mut self, now: Instant, net: &mut Net) -> Instant {
        while let Some(plan) = self.plans.first_entry().filter(|p| p.key().0 <= now) {
            let what = plan.remove();
            self.begin(now, what);
        }
        self.pending.retain(|_, p| now < p.give_up);
        for p in self.pending.values_mut().filter(|p| p.next <= now) {
            net.send(now, self.at, self.to, p.text.as_bytes());
            p.next = now + p.interval;
            p.interval = if p.method == "INVITE" { p.interval * 2 } else { (p.interval * 2).min(T2) };
        }
        let pending = self.pending.values().map(|p| p.next.min(p.give_up)).min();
        let planned = self.plans.keys().next().map(|(at, _)| *at);
        pending.into_iter().chain(planned).min().unwrap_or(Instant::FAR_FUTURE)
    }

    fn begin(&mut self, now: Instant, what: &'static str) {
        if self.over {
            return;
        }
        match what {
            "INVITE" | "re-INVITE" | "UPDATE" => {
                // A third of them says the same again, or nothing.
                if what != "INVITE" && self.random.chance(0.7) {
                    self.offers += 1;
                    self.offer = format!("offer {}", self.offers);
                }
                let body = if what == "UPDATE" && self.random.chance(0.3) { String::new() } else { self.offer.clone() };
                let extra = "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\nRequire: 100rel\r\n";
                self.send(now, if what == "UPDATE" { "UPDATE" } else { "INVITE" }, extra, &body);
            }
            "REFER" => self.send(now, "REFER", "Refer-To: <sip:103@clinic.demo>\r\n", ""),
            "INFO" => self.send(now, "INFO", "", "Signal=5"),
            _ => {
                self.send(now, "BYE", "", "");
                // From here on it only answers.
                self.over = true;
                self.pending.retain(|_, p| p.method == "BYE" || p.method == "INVITE");
            }
        }
    }

    fn send(&mut self, now: Instant, method: &'static str, extra: &str, body: &str) {
        self.branch += 1;
        self.cseq += 1;
        let branch = format!("z9hG4bKh{}", self.branch);
        let text = self.request(method, &branch, self.cseq, extra, body);
        let give_up = now + if method == "INVITE" { NO_ANSWER } else { GIVE_UP };
        self.pending.insert(branch, Pending { method, text, interval: T1, next: now, give_up });
    }

    fn request(&self, method: &str, branch: &str, cseq: u32, extra: &str, body: &str) -> String {
        let (at, to, tag, call_id) = (self.at, self.to, &self.tag, &self.call_id);
        let tag = if tag.is_empty() { String::new() } else { format!(";tag={tag}") };
        let kind = match (method, body) {
            (_, "") => "",
            ("INFO", _) => "Content-Type: application/dtmf-relay\r\n",
            _ => "Content-Type: application/sdp\r\n",
        };
        format!(
            "{method} sip:101@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {at};rport;branch={branch}\r\nMax-Forwards: 70\r\n\
             From: <sip:102@{REALM}>;tag=h\r\nTo: <sip:101@{REALM}>{tag}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:102@{at}>\r\nAllow: INVITE, ACK, BYE, UPDATE\r\n{extra}{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    pub(crate) fn hear(&mut self, now: Instant, data: &[u8], net: &mut Net) {
        let text = String::from_utf8_lossy(data).into_owned();
        match text.strip_prefix("SIP/2.0 ") {
            Some(status) => {
                let code: u16 = status[..3].parse().expect("a status");
                self.answered(now, code, &text, net);
            }
            None => self.asked(now, &text, net),
        }
    }

    fn answered(&mut self, now: Instant, code: u16, text: &str, net: &mut Net) {
        let branch = branch(text);
        if let Some(ack) = self.acks.get(&branch).filter(|_| code >= 200) {
            return net.send(now, self.at, self.to, ack.as_bytes());
        }
        let Some(pending) = self.pending.get_mut(&branch) else { return };
        if code < 200 {
            if pending.method == "INVITE" {
                pending.next = Instant::FAR_FUTURE;
                self.rings(now, text);
            }
            return;
        }
        let method = pending.method;
        self.pending.remove(&branch);
        match (method, code) {
            ("INVITE", _) => self.invite_answered(now, code, &branch, text, net),
            ("PRACK", 200) => self.tally.pracks += 1,
            ("UPDATE", 200) => self.tally.updates += 1,
            ("REFER", 202) => self.tally.transfers += 1,
            // The endpoint does not know the call any more.
            ("BYE", _) | (_, 481) => self.over = true,
            _ => {}
        }
    }

    fn rings(&mut self, now: Instant, text: &str) {
        let Ok(rseq) = value(text, "RSeq").parse::<u32>() else { return };
        if self.rseq.is_some_and(|last| rseq != last + 1) || self.over {
            return;
        }
        self.rseq = Some(rseq);
        self.learn_tag(text);
        let rack = format!("RAck: {rseq} {}\r\n", value(text, "CSeq"));
        self.send(now, "PRACK", &rack, "");
    }

    fn learn_tag(&mut self, text: &str) {
        if let Some((_, tag)) = value(text, "To").split_once(";tag=").filter(|_| self.tag.is_empty()) {
            self.tag = tag.to_owned();
        }
    }

    fn invite_answered(&mut self, now: Instant, code: u16, branch: &str, text: &str, net: &mut Net) {
        let first = self.acks.is_empty();
        self.learn_tag(text);
        let cseq = value(text, "CSeq").split(' ').next().and_then(|n| n.parse().ok()).expect("a number");
        // The ACK of a refusal is part of its transaction.
        let ack_branch = if code < 300 { format!("{branch}a") } else { branch.to_owned() };
        let ack = self.request("ACK", &ack_branch, cseq, "", "");
        net.send(now, self.at, self.to, ack.as_bytes());
        self.acks.insert(branch.to_owned(), ack);
        match (first, code < 300) {
            (true, true) => {
                for what in ["UPDATE", "re-INVITE", "REFER", "INFO", "UPDATE", "re-INVITE", "REFER"] {
                    if self.random.chance(0.6) {
                        self.plan(now, 60_000, what);
                    }
                }
                self.plan(now, 200_000, "BYE");
            }
            (true, false) => self.over = true,
            (false, true) => self.tally.reinvites += 1,
            (false, false) => self.over |= code == 481,
        }
    }

    /// A request of the endpoint's; answered, and answered the same again.
    fn asked(&mut self, now: Instant, text: &str, net: &mut Net) {
        let method = text.split(' ').next().unwrap_or_default();
        let branch = branch(text);
        if method == "ACK" {
            return;
        }
        if let Some(answer) = self.answers.get(&branch) {
            return net.send(now, self.at, self.to, answer.as_bytes());
        }
        match method {
            "BYE" => {
                self.over = true;
                self.pending.retain(|_, p| p.method == "BYE");
            }
            "NOTIFY" if value(text, "Subscription-State").starts_with("terminated") => self.tally.told += 1,
            _ => {}
        }
        let body = if method == "INVITE" { self.offer.as_str() } else { "" };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let mut answer = "SIP/2.0 200 OK\r\n".to_owned();
        for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
            answer += &format!("{name}: {}\r\n", value(text, name));
        }
        answer += &format!("Contact: <sip:102@{}>\r\n{kind}Content-Length: {}\r\n\r\n{body}", self.at, body.len());
        net.send(now, self.at, self.to, answer.as_bytes());
        self.answers.insert(branch, answer);
    }
}
