//! A desk phone for the check: plain text over one UDP socket, with none of our own SIP code, so that a fault of ours cannot
//! agree with itself.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use md5::{Digest, Md5};
use model::Random;
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// How long any one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Packets of the sound test: a second of speech.
const PACKETS: u16 = 50;

/// One packet carries so much speech.
const PACE: Duration = Duration::from_millis(20);

/// What went wrong, in words.
pub(super) type Trouble = String;

pub(super) struct Phone {
    user: String,
    password: String,
    domain: String,
    server: SocketAddr,
    sip: UdpSocket,
    rtp: UdpSocket,
    random: Random,
}

/// A call that stands.
pub(super) struct Call {
    call_id: String,
    from: String,
    to: String,
    target: String,
    cseq: u32,
    remote_rtp: SocketAddr,
}

/// A message, as far as a phone needs to read it.
struct Message {
    start: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Phone {
    pub(super) async fn new(
        user: &str,
        password: &str,
        domain: &str,
        server: SocketAddr,
        random: Random,
    ) -> Result<Self, Trouble> {
        let bind = || async { UdpSocket::bind("127.0.0.1:0").await.map_err(|e| format!("no socket: {e}")) };
        let (sip, rtp) = (bind().await?, bind().await?);
        let [user, password, domain] = [user, password, domain].map(str::to_owned);
        Ok(Self { user, password, domain, server, sip, rtp, random })
    }

    /// Registers, by digest.
    pub(super) async fn register(&mut self) -> Result<(), Trouble> {
        let call_id = self.random.hex(8);
        let uri = format!("sip:{}", self.domain);
        let me = format!("<sip:{}@{}>", self.user, self.domain);
        let from = format!("{me};tag={}", self.random.hex(4));
        let contact = format!("<sip:{}@{}>", self.user, self.local());
        let mut authorization = String::new();
        for cseq in 1..=2 {
            let head = self.head("REGISTER", &uri, &call_id, cseq, &from, &me);
            let text = format!("{head}Contact: {contact}\r\nExpires: 300\r\n{authorization}Content-Length: 0\r\n\r\n");
            let answer = self.ask(&text).await?;
            match answer.status() {
                200 => return Ok(()),
                401 if cseq == 1 => authorization = self.authorize("REGISTER", &uri, &answer)?,
                other => return Err(format!("REGISTER was answered {other}")),
            }
        }
        Err("REGISTER was challenged twice".to_owned())
    }

    /// Calls a number and waits until it is answered. `credentials`: false for a phone that nobody registered.
    pub(super) async fn call(&mut self, number: &str, credentials: bool) -> Result<Call, Trouble> {
        let uri = format!("sip:{number}@{}", self.domain);
        let (call_id, tag) = (self.random.hex(8), self.random.hex(4));
        let from = format!("<sip:{}@{}>;tag={tag}", self.user, self.domain);
        let to = format!("<{uri}>");
        let contact = format!("<sip:{}@{}>", self.user, self.local());
        let sdp = self.sdp();
        let mut authorization = String::new();
        for cseq in 1..=2 {
            let head = self.head("INVITE", &uri, &call_id, cseq, &from, &to);
            let text = format!(
                "{head}Contact: {contact}\r\n{authorization}Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
                sdp.len()
            );
            let answer = self.ask(&text).await?;
            let to = answer.header("to").unwrap_or_default().to_owned();
            match answer.status() {
                200 => {
                    let target = answer.header("contact").and_then(in_angles).unwrap_or(&uri).to_owned();
                    let remote_rtp = rtp_address(&answer.body).ok_or("the answer names no place for sound")?;
                    let call = Call { call_id, from, to, target, cseq, remote_rtp };
                    self.acknowledge(&call, cseq).await?;
                    return Ok(call);
                }
                401 if cseq == 1 && credentials => {
                    self.refuse_ack(&text, &to).await?;
                    authorization = self.authorize("INVITE", &uri, &answer)?;
                }
                other => {
                    self.refuse_ack(&text, &to).await?;
                    return Err(format!("the call was answered {other}"));
                }
            }
        }
        Err("INVITE was challenged twice".to_owned())
    }

    /// Waits for a call and answers it.
    pub(super) async fn answer(&mut self) -> Result<Call, Trouble> {
        let invite = loop {
            let message = self.receive().await?;
            if message.start.starts_with("INVITE ") {
                break message;
            }
        };
        let header = |name: &str| invite.header(name).unwrap_or_default().to_owned();
        let to = format!("{};tag={}", header("to"), self.random.hex(4));
        let contact = format!("<sip:{}@{}>", self.user, self.local());
        for (code, body) in [("180 Ringing", String::new()), ("200 OK", self.sdp())] {
            let text = format!(
                "SIP/2.0 {code}\r\n{}From: {}\r\nTo: {to}\r\nCall-ID: {}\r\nCSeq: {}\r\nContact: {contact}\r\n\
                 Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
                invite.vias(),
                header("from"),
                header("call-id"),
                header("cseq"),
                body.len()
            );
            self.send(&text).await?;
        }
        let remote_rtp = rtp_address(&invite.body).ok_or("the call names no place for sound")?;
        let target = invite.header("contact").and_then(in_angles).unwrap_or_default().to_owned();
        while !self.receive().await?.start.starts_with("ACK ") {}
        // In its own requests the called side's From is the To it answered with (RFC 3261 section 12.1.1).
        Ok(Call { call_id: header("call-id"), from: to, to: header("from"), target, cseq: 100, remote_rtp })
    }

    /// Sends a second of sound and says how many packets came back, or came from the other side.
    pub(super) async fn sound(&mut self, call: &Call) -> Result<u16, Trouble> {
        let ssrc = self.random.next_u32().to_be_bytes();
        let mut heard = 0;
        let mut buffer = [0; 2048];
        let mut pace = tokio::time::interval(PACE);
        for n in 0..PACKETS {
            pace.tick().await;
            let mut packet = vec![0x80, 0];
            packet.extend(n.to_be_bytes());
            packet.extend((u32::from(n) * 160).to_be_bytes());
            packet.extend(ssrc);
            packet.extend([0xd5; 160]);
            self.rtp.send_to(&packet, call.remote_rtp).await.map_err(|e| format!("sound cannot be sent: {e}"))?;
            if let Ok(Ok((len, _))) = timeout(PACE, self.rtp.recv_from(&mut buffer)).await
                && len == packet.len()
            {
                heard += 1;
            }
        }
        Ok(heard)
    }

    /// Sends back what it hears until nothing comes for a while.
    pub(super) async fn echo(&mut self) -> u16 {
        let mut buffer = [0; 2048];
        let mut heard = 0;
        while let Ok(Ok((len, from))) = timeout(Duration::from_secs(2), self.rtp.recv_from(&mut buffer)).await {
            heard += 1;
            let _ = self.rtp.send_to(&buffer[..len], from).await;
        }
        heard
    }

    /// Hangs up.
    pub(super) async fn hang_up(&mut self, call: Call) -> Result<(), Trouble> {
        let head = self.head("BYE", &call.target, &call.call_id, call.cseq + 1, &call.from, &call.to);
        let answer = self.ask(&format!("{head}Content-Length: 0\r\n\r\n")).await?;
        if answer.status() == 200 { Ok(()) } else { Err(format!("BYE was answered {}", answer.status())) }
    }

    /// Waits until the other side hangs up.
    pub(super) async fn wait_for_bye(&mut self) -> Result<(), Trouble> {
        loop {
            let message = self.receive().await?;
            if message.start.starts_with("BYE ") {
                let header = |name: &str| message.header(name).unwrap_or_default().to_owned();
                let text = format!(
                    "SIP/2.0 200 OK\r\n{}From: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {}\r\nContent-Length: 0\r\n\r\n",
                    message.vias(),
                    header("from"),
                    header("to"),
                    header("call-id"),
                    header("cseq")
                );
                return self.send(&text).await;
            }
        }
    }

    fn local(&self) -> String {
        self.sip.local_addr().map(|a| a.to_string()).unwrap_or_default()
    }

    fn head(&mut self, method: &str, uri: &str, call_id: &str, cseq: u32, from: &str, to: &str) -> String {
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {};branch=z9hG4bK{};rport\r\nMax-Forwards: 70\r\nFrom: {from}\r\n\
             To: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nUser-Agent: Frontdesk check\r\n",
            self.local(),
            self.random.hex(8)
        )
    }

    fn sdp(&self) -> String {
        let port = self.rtp.local_addr().map(|a| a.port()).unwrap_or_default();
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n\
             a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
        )
    }

    /// Sends a request and waits for its final response.
    async fn ask(&mut self, request: &str) -> Result<Message, Trouble> {
        self.send(request).await?;
        loop {
            let message = self.receive().await?;
            if message.status() >= 200 {
                return Ok(message);
            }
        }
    }

    async fn acknowledge(&mut self, call: &Call, cseq: u32) -> Result<(), Trouble> {
        let head = self.head("ACK", &call.target, &call.call_id, cseq, &call.from, &call.to);
        let head = head.replace(&format!("CSeq: {cseq} INVITE"), &format!("CSeq: {cseq} ACK"));
        self.send(&format!("{head}Content-Length: 0\r\n\r\n")).await
    }

    /// The ACK of a refusal is part of the transaction: the same Via and request line (RFC 3261 section 17.1.1.3).
    async fn refuse_ack(&mut self, invite: &str, to: &str) -> Result<(), Trouble> {
        let mut text = String::new();
        for line in invite.split("\r\n").take_while(|line| !line.is_empty()) {
            match line.split_once(':').map(|(name, _)| name) {
                Some("Contact" | "Authorization" | "Content-Type" | "Content-Length") => {}
                Some("To") => text.push_str(&format!("To: {to}\r\n")),
                _ => text.push_str(&format!("{}\r\n", line.replace("INVITE", "ACK"))),
            }
        }
        self.send(&format!("{text}Content-Length: 0\r\n\r\n")).await
    }

    async fn send(&self, text: &str) -> Result<(), Trouble> {
        self.sip.send_to(text.as_bytes(), self.server).await.map(|_| ()).map_err(|e| format!("cannot send: {e}"))
    }

    async fn receive(&self) -> Result<Message, Trouble> {
        let mut buffer = vec![0; 65_536];
        let received = timeout(PATIENCE, self.sip.recv_from(&mut buffer)).await;
        let (len, _) =
            received.map_err(|_| "no answer within ten seconds")?.map_err(|e| format!("cannot hear: {e}"))?;
        Ok(Message::parse(&String::from_utf8_lossy(&buffer[..len])))
    }

    /// The Authorization for a challenge; of those offered, MD5 is what the oldest phones can do.
    fn authorize(&mut self, method: &str, uri: &str, challenge: &Message) -> Result<String, Trouble> {
        let md5 = |h: &&(String, String)| h.0 == "www-authenticate" && !h.1.to_ascii_lowercase().contains("sha-256");
        let (_, value) = challenge.headers.iter().find(md5).ok_or("there is no MD5 challenge")?;
        let fields = parameters(value);
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let (realm, nonce, cnonce) = (field("realm"), field("nonce"), self.random.hex(8));
        let ha1 = hash(&format!("{}:{realm}:{}", self.user, self.password));
        let ha2 = hash(&format!("{method}:{uri}"));
        let response = hash(&format!("{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}"));
        Ok(format!(
            "Authorization: Digest username=\"{}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", qop=auth, \
             nc=00000001, cnonce=\"{cnonce}\", response=\"{response}\", algorithm=MD5\r\n",
            self.user
        ))
    }
}

impl Message {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let mut lines = head.split("\r\n");
        let start = lines.next().unwrap_or_default().to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Self { start, headers, body: body.to_owned() }
    }

    /// The status of a response; 0 for a request.
    fn status(&self) -> u16 {
        let code = self.start.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3));
        code.and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    fn vias(&self) -> String {
        self.headers.iter().filter(|(n, _)| n == "via").map(|(_, v)| format!("Via: {v}\r\n")).collect()
    }
}

fn hash(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

fn parameters(challenge: &str) -> HashMap<String, String> {
    let list = challenge.trim_start_matches("Digest ");
    list.split(',')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_owned()))
        .collect()
}

fn in_angles(value: &str) -> Option<&str> {
    value.split_once('<')?.1.split_once('>').map(|(uri, _)| uri)
}

fn rtp_address(sdp: &str) -> Option<SocketAddr> {
    let line = |prefix: &str| sdp.lines().find_map(|l| l.strip_prefix(prefix));
    let ip = line("c=IN IP4 ")?.trim();
    let port = line("m=audio ")?.split(' ').next()?;
    format!("{ip}:{port}").parse().ok()
}
