//! Asking mirrors outside whether the clinic's router changes phone messages (a "SIP ALG").

use std::net::SocketAddr;
use std::time::Duration;

use model::defence::{Change, Mirrored};
use model::{Instant, Now};
use sip::api::{self as sip_api, Flow, Transport};

use crate::api::Output;
use crate::pbx::Pbx;
use crate::timers::Timer;

/// A router's settings change when somebody changes them, or with an update in the night.
const EVERY: Duration = Duration::from_hours(6);
/// After a start or new settings: registrations and calls come first.
const FIRST: Duration = Duration::from_secs(10);

impl Pbx {
    /// The mirrors of the settings, and our own outside addresses: a router brings a message to them back to us.
    fn mirrors(&self) -> Vec<SocketAddr> {
        let us = self.site.sip_local;
        let settings = &self.site.settings;
        let outside = settings.advertise.iter().map(|a| SocketAddr::new(a.address, us.port()));
        let all = settings.mirrors.iter().copied().chain(outside);
        // Another kind of address is not reached from this socket, and our own shows no router.
        all.filter(|mirror| mirror.is_ipv4() == us.is_ipv4() && *mirror != us).collect()
    }

    pub(crate) fn watch_mirrors(&mut self, now: Instant) {
        let mirrors = self.mirrors();
        self.guard.keep_mirrors(&mirrors);
        if mirrors.is_empty() {
            self.timers.clear(Timer::Mirrors);
        } else {
            self.timers.set(Timer::Mirrors, now + FIRST);
        }
    }

    pub(crate) fn ask_mirrors(&mut self, now: Instant) {
        for remote in self.mirrors() {
            let at = Flow { transport: Transport::Udp, local: self.site.sip_local, remote, connection: 0 };
            self.out.push_back(Output::Sip(sip_api::Command::AskMirror { at }));
        }
        self.timers.set(Timer::Mirrors, now + EVERY);
    }

    pub(crate) fn on_mirrored(&mut self, now: Now, at: Flow, changed: Option<Vec<Change>>) {
        self.guard.mirrored(Mirrored { mirror: at.remote, at: now.wall, changed });
        self.live_changed = true;
    }
}
