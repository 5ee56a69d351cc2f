//! Asterisk as a carrier and as the fax machine behind it: its fax is spandsp's (res_fax_spandsp), over T.38 or as sound. It is that of
//! Debian sid, with all its files in a folder of the test's own.

use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{Peer, sid, wait_for};

/// How long it takes to begin: it reads its documentation first.
const STARTS: Duration = Duration::from_secs(60);

/// The modules that it needs for this; a stock installation loads five times as many.
const MODULES: &str = "res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjproject res_pjsip res_pjsip_pubsub \
    res_pjsip_endpoint_identifier_ip res_pjsip_session res_pjsip_sdp_rtp res_pjsip_caller_id res_pjsip_t38 res_rtp_asterisk \
    chan_pjsip codec_ulaw bridge_simple pbx_config pbx_spool app_verbose res_fax res_fax_spandsp";

/// Every number that is called is a fax machine. What came of a fax is logged when its call has ended.
const EXTENSIONS: &str = "[faxes]\nexten => _[+0-9]X.,1,Answer()\n same => n,ReceiveFAX(FOLDER/received-${EXTEN:-4}.tif,OPTION)\n\
    exten => h,1,Verbose(0,TOLD)\n[sends]\nexten => send,1,SendFAX(FOLDER/page.tif,OPTION)\nexten => h,1,Verbose(0,TOLD)\n";
/// What the fax came to, as it is logged.
const TOLD: &str = "The fax: ${FAXOPT(status)} ${FAXOPT(pages)} pages, ${FAXOPT(statusstr)}, by ${FAXMODE}";

/// How its faxes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faxes {
    /// Over T.38, which it leaves the other end to propose, unless it has said its CED for three seconds.
    T38,
    /// Over T.38 with parity packets, which it proposes itself as soon as it may.
    Proposed,
    /// As sound: it refuses T.38.
    Sound,
}

/// The lines of one that is a carrier for a few calls.
const LINES: u16 = 5;

/// A running one.
pub struct Asterisk {
    folder: PathBuf,
    peer: Peer,
}

impl Asterisk {
    /// Starts it in this folder. Its ports are the 60 from `port` on, and its line is at the port `clinic`.
    ///
    /// # Panics
    /// If it does not come to answer.
    pub fn start(folder: &Path, port: u16, clinic: u16, faxes: Faxes) -> Self {
        Self::begin(folder, port, clinic, LINES, faxes)
    }

    /// Starts one in this folder that calls itself: what it sends it receives. It takes ten ports from `port` on, and ten more for each of its
    /// calls at once.
    ///
    /// # Panics
    /// If it does not come to answer.
    pub fn calling_itself(folder: &Path, port: u16, calls: u16, faxes: Faxes) -> Self {
        Self::begin(folder, port, port, calls, faxes)
    }

    fn begin(folder: &Path, port: u16, clinic: u16, lines: u16, faxes: Faxes) -> Self {
        let folder = folder.join("asterisk");
        for name in ["run", "spool/outgoing", "spool/tmp"] {
            fs::create_dir_all(folder.join(name)).expect("a folder in a temporary folder");
        }
        for (name, text) in files(&folder, port, clinic, lines, faxes) {
            fs::write(folder.join(name), text).expect("a file in a temporary folder");
        }
        let mut command = sid::program("usr/sbin/asterisk");
        // Before all others where it may: one that is late by 80 ms counts its packets anew, and the modem at the other end loses a page.
        command.args(["-f", "-p", "-C"]).arg(folder.join("asterisk.conf"));
        let peer = Peer::start("asterisk", &folder, &mut command);
        let this = Self { folder, peer };
        this.await_answer(port);
        // It answers before it can take a call.
        wait_for("Asterisk is ready", STARTS, || this.log().contains("Asterisk Ready").then_some(()));
        this
    }

    fn await_answer(&self, port: u16) {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.connect(("127.0.0.1", port)).expect("an address");
        socket.set_read_timeout(Some(Duration::from_millis(100))).expect("a time");
        let local = socket.local_addr().expect("bound");
        let question = format!(
            "OPTIONS sip:ready@127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKready\r\nFrom: <sip:a@b>;tag=1\r\n\
             To: <sip:b@b>\r\nCall-ID: ready@{local}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        );
        wait_for("Asterisk answers", STARTS, || {
            // One that is not there yet refuses, or says nothing.
            let _ = socket.send(question.as_bytes());
            socket.recv(&mut [0; 2048]).ok()
        });
    }

    /// Calls this number and sends the pages of this TIFF.
    ///
    /// # Panics
    /// If the folder is gone.
    pub fn sends(&self, number: &str, tiff: &[u8]) {
        // It may be reading the page of a call before, and reads what appears in the folder of orders: both must appear whole.
        let appears = |drawn: &str, due: &str, bytes: &[u8]| {
            fs::write(self.folder.join(drawn), bytes).expect("a file in a temporary folder");
            fs::rename(self.folder.join(drawn), self.folder.join(due)).expect("the same disk");
        };
        appears("spool/tmp/page.tif", "page.tif", tiff);
        let order = format!(
            "Channel: PJSIP/{number}@clinic\nCallerID: \"Lakeside\" <12025550177>\nMaxRetries: 0\nWaitTime: 60\n\
             Context: sends\nExtension: send\nPriority: 1\n"
        );
        appears("spool/tmp/order", &format!("spool/outgoing/{number}"), order.as_bytes());
    }

    /// Waits until as many faxes have ended, and gives what it says of the last: how it ended, its pages, its words, and how it went.
    ///
    /// # Panics
    /// If they do not in time.
    pub fn told(&self, faxes: usize, within: Duration) -> String {
        let line = || {
            let log = self.log();
            // What it executes is logged, too, as it stands in the configuration: in quotes.
            let mut told = log.lines().filter_map(|line| line.split_once("app_verbose.c: The fax: "));
            told.nth(faxes - 1).map(|(_, told)| told.to_owned())
        };
        crate::peer::patiently(within, line).unwrap_or_else(|| panic!("no fax has ended:\n{}", self.log()))
    }

    /// The file in which it keeps what it has received for this number.
    pub fn received(&self, number: &str) -> PathBuf {
        let last = number.get(number.len().saturating_sub(4)..).unwrap_or(number);
        self.folder.join(format!("received-{last}.tif"))
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.peer.pid()
    }

    /// All that it has logged and printed.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default() + &self.peer.printed()
    }
}

/// Its configuration.
fn files(folder: &Path, port: u16, clinic: u16, lines: u16, faxes: Faxes) -> Vec<(&'static str, String)> {
    let at = folder.display();
    let (modules, data) = (sid::libraries().join("asterisk/modules"), sid::existing("usr/share/asterisk"));
    let load = MODULES.split_whitespace().map(|name| format!("load = {name}.so\n")).collect::<String>();
    let (t38, correction, option) = match faxes {
        Faxes::T38 => ("yes", "redundancy", ""),
        Faxes::Proposed => ("yes", "fec", "z"),
        Faxes::Sound => ("no", "redundancy", "F"),
    };
    // Each call has an end or two here, each with two ports for sound and one for T.38.
    let (sound, datagrams) = (port + 10, port + 10 + 4 * lines);
    let extensions = EXTENSIONS.replace("FOLDER", &at.to_string()).replace("TOLD", TOLD);
    vec![
        (
            "asterisk.conf",
            format!(
                "[directories]\nastetcdir => {at}\nastmoddir => {}\nastvarlibdir => {at}\nastdbdir => {at}\nastkeydir => {at}\n\
                 astdatadir => {}\nastagidir => {at}\nastspooldir => {at}/spool\nastrundir => {at}/run\nastlogdir => {at}\n\
                 [options]\nverbose = 3\n",
                modules.display(),
                data.display()
            ),
        ),
        ("logger.conf", "[general]\n[logfiles]\nlog => notice,warning,error,verbose,fax\n".to_owned()),
        ("modules.conf", format!("[modules]\nautoload = no\n{load}")),
        ("rtp.conf", format!("[general]\nrtpstart={sound}\nrtpend={}\n", datagrams - 1)),
        ("udptl.conf", format!("[general]\nudptlstart={datagrams}\nudptlend={}\n", datagrams + 6 * lines - 1)),
        ("res_fax.conf", "[general]\nstatusevents=no\n".to_owned()),
        ("extensions.conf", extensions.replace("OPTION", option)),
        (
            "pjsip.conf",
            format!(
                "[udp]\ntype = transport\nprotocol = udp\nbind = 127.0.0.1:{port}\n\
                 [clinic]\ntype = endpoint\ncontext = faxes\ndisallow = all\nallow = ulaw\ndirect_media = no\naors = clinic\n\
                 t38_udptl = {t38}\nt38_udptl_ec = {correction}\n\
                 [clinic]\ntype = aor\ncontact = sip:127.0.0.1:{clinic}\n[clinic]\ntype = identify\nendpoint = clinic\nmatch = 127.0.0.1\n"
            ),
        ),
    ]
}
