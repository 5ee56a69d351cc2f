//! Asterisk as a telephone system for three phones: PJSIP, digest, one extension each. It is the package of Debian sid in a root folder of
//! its own (`cargo xtask sid` unpacks it), run in there by chroot.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::answers;
use crate::process::Ending;

/// The realm of its challenges.
pub(super) const REALM: &str = "clinic.demo";
/// Every user's password there.
pub(super) const PASSWORD: &str = "benchmark";

/// Where its configuration lies, as it sees it.
const CONFIG: &str = "/etc/frontdesk-bench";
/// What it needs for registrations and for calls between two phones, and nothing else: a stock installation loads five times as much.
const MODULES: &str = "res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjproject res_pjsip \
    res_pjsip_authenticator_digest res_pjsip_endpoint_identifier_user res_pjsip_pubsub res_pjsip_registrar res_pjsip_session res_pjsip_sdp_rtp \
    res_pjsip_caller_id res_pjsip_nat res_rtp_asterisk chan_pjsip codec_ulaw codec_alaw bridge_simple bridge_native_rtp \
    pbx_config app_dial";

/// A running one. Dropping it ends it.
pub(crate) struct Asterisk {
    child: Ending,
    address: SocketAddr,
}

/// Its root folder.
fn root() -> PathBuf {
    interop::sid::root()
}

/// Whether it is on this machine, and whether we may run it.
pub(super) fn is_installed() -> bool {
    root().join("usr/sbin/asterisk").is_file() && rustix::process::geteuid().is_root()
}

impl Asterisk {
    pub(super) fn start() -> io::Result<Self> {
        let folder = root().join(CONFIG.trim_start_matches('/'));
        fs::create_dir_all(&folder)?;
        // Its port is free now, and nobody else on this machine looks for one in this moment but other benchmarks.
        let address = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        // It asks for the address of its own name in each call, and would wait five seconds for a DNS that is not there.
        let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        fs::write(root().join("etc/hosts"), format!("127.0.0.1 localhost {name}\n"))?;
        let files = [
            (
                "asterisk.conf",
                format!("[directories]\nastetcdir => {CONFIG}\nastrundir => /tmp\n[options]\nverbose = 0\ndebug = 0\n"),
            ),
            ("logger.conf", "[general]\n[logfiles]\n".to_owned()),
            ("modules.conf", modules()),
            ("rtp.conf", "[general]\nrtpstart=20000\nrtpend=31999\n".to_owned()),
            ("extensions.conf", "[phones]\nexten => _1XX,1,Dial(PJSIP/${EXTEN},30)\n same => n,Hangup()\n".to_owned()),
            ("pjsip.conf", pjsip(address)),
        ];
        for (name, text) in files {
            fs::write(folder.join(name), text)?;
        }
        let mut command = Command::new("chroot");
        command.arg(root()).args(["/usr/sbin/asterisk", "-f", "-C"]).arg(format!("{CONFIG}/asterisk.conf"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut child = Ending(child);
        answers("asterisk", &mut child, address, REALM)?;
        Ok(Self { child, address })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.0.id()
    }
}

fn modules() -> String {
    let load = MODULES.split_whitespace().map(|name| format!("load = {name}.so\n"));
    "[modules]\nautoload = no\n".to_owned() + &load.collect::<String>()
}

fn pjsip(address: SocketAddr) -> String {
    let mut text = format!("[udp]\ntype = transport\nprotocol = udp\nbind = {address}\n");
    for user in ["101", "102", "103"] {
        text += &format!(
            "[{user}]\ntype = endpoint\ncontext = phones\ndisallow = all\nallow = ulaw,alaw\ndirect_media = no\nauth = {user}\n\
             aors = {user}\n[{user}]\ntype = auth\nauth_type = userpass\nusername = {user}\npassword = {PASSWORD}\nrealm = {REALM}\n\
             [{user}]\ntype = aor\nmax_contacts = 1\nremove_existing = yes\n"
        );
    }
    text
}
