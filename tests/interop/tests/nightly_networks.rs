//! A page to a group of addresses in a clinic of two networks, as real phones hear it: those of baresip that listen to the group.

use std::fs;
use std::time::Duration;

use interop::baresip::pitch;
use interop::network::Host;
use interop::softphone::samples;
use interop::two_networks::{Clinic, GROUP};
use interop::{Peer, sid, wait_for};

const SOON: Duration = Duration::from_secs(30);
/// The period of the tone in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
/// Samples in a second.
const SECOND: usize = 8000;

/// A phone that takes no calls and plays what is said to the group.
struct Porch {
    peer: Peer,
    folder: tempfile::TempDir,
}

impl Porch {
    fn start(host: &Host, address: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (at, modules) = (folder.path().display(), sid::existing("usr/lib/baresip/modules"));
        let config = format!(
            "sip_listen {address}:5060\naudio_source aufile,{at}/none.wav\naudio_player aufile,{at}/heard.wav\n\
             audio_alert aufile,{at}/alert.wav\nausrc_srate 8000\nauplay_srate 8000\nausrc_channels 1\nauplay_channels 1\n\
             module_path {}\nmodule g711.so\nmodule aufile.so\nmodule_app multicast.so\nmulticast_listener {GROUP}\n",
            modules.display()
        );
        for (name, text) in [("config", config.as_str()), ("accounts", ""), ("contacts", "")] {
            fs::write(folder.path().join(name), text).expect("a file in a temporary folder");
        }
        let mut command = sid::program("usr/bin/baresip");
        command.arg("-f").arg(folder.path());
        let mut peer = host.inside(|| Peer::start("baresip", folder.path(), &mut command));
        peer.wait_until_printed("baresip is ready", SOON);
        Self { peer, folder }
    }

    /// Waits until it has played two seconds, of which the last is this tone.
    fn hears(&self, hertz: usize) {
        let heard = || samples(&self.folder.path().join("heard.wav"));
        wait_for("the page is heard", SOON, || {
            let heard = heard();
            let near = hertz - hertz / 10..=hertz + hertz / 10;
            (heard.len() >= 2 * SECOND && near.contains(&pitch(&heard))).then_some(())
        });
    }
}

#[test]
#[ignore = "nightly: needs Debian sid's baresip (cargo xtask sid)"]
fn phones_that_listen_to_a_group_hear_a_page_in_both_networks_and_those_outside_do_not() {
    let Some(mut clinic) = Clinic::open() else { return };
    let places = [("voice", "10.66.1.13"), ("office", "10.66.2.14"), ("outside", "10.66.3.15")];
    let [voice, office, outside] = places.map(|(network, address)| {
        let host = clinic.visitor(&format!("porch-{network}"), network, &format!("{address}/24"));
        // This version of it takes what its host has joined, and joins nothing itself.
        host.ip(&["addr", "add", &format!("{}/32", GROUP.ip()), "dev", network, "autojoin"]);
        Porch::start(&host, address)
    });
    let mut desk = clinic.phone((&clinic.desk, "10.66.1.11"), "101", DESK.0, "10.66.1.1:5060");
    desk.order("dial *81");
    voice.hears(DESK.1);
    office.hears(DESK.1);
    desk.order("hangup");
    clinic.demo.wait_for_call(1, "*81", "hung_up");
    // It says how long nothing came any more, where something came.
    for (porch, heard) in [(voice, true), (office, true), (outside, false)] {
        let file = porch.folder.path().join("heard.wav");
        assert_eq!(file.exists(), heard, "{}", porch.peer.printed());
    }
}
