//! A phone or a carrier at the other end of the wire.

use std::net::SocketAddr;

use media::sdp::{self, Direction, Formats, Origin};
use model::{Instant, Now};
use sip::Endpoint;
use sip::api::{self as sip_api, LegId};

/// A phone or a carrier: a real endpoint, a user that answers every call at once, and one port for sound.
pub(crate) struct Peer {
    pub(crate) endpoint: Endpoint,
    pub(crate) timeout: Instant,
    pub(crate) answers: bool,
    pub(crate) said: Vec<String>,
    pub(crate) up: Option<LegId>,
    /// Where the other end wants sound, by its description.
    pub(crate) remote: Option<SocketAddr>,
    /// Which ways its user wants sound to flow.
    pub(crate) wants: Direction,
    /// Which ways the other end wants sound to flow, by the same.
    pub(crate) ways: Option<Direction>,
    pub(crate) heard: Vec<SocketAddr>,
    /// Its last 2xx to an INVITE, as it went over the wire.
    pub(crate) accepted: String,
}

impl Peer {
    pub(crate) fn described(&mut self, body: &[u8]) {
        let theirs = sdp::Session::parse(body).expect("our own SDP is good");
        self.remote = theirs.open_audio().and_then(sdp::Audio::remote);
        self.ways = theirs.open_audio().map(|a| a.direction);
    }
}

/// What the person at a phone does.
pub(crate) fn user(host: SocketAddr, peer: &mut Peer, now: Now, event: sip_api::Event) {
    use sip_api::{Command as C, Event as E};
    let command = match event {
        E::Invite { leg, invite } => {
            peer.said.push("rings".to_owned());
            let offered = invite.offer.expect("the Pbx offers");
            peer.described(&offered);
            if !peer.answers {
                C::Ring { leg, code: 180, body: None }
            } else {
                peer.up = Some(leg);
                let offered = sdp::Session::parse(&offered).expect("our own SDP is good");
                let local = SocketAddr::new(host.ip(), 7000);
                let origin = Origin::new(1, host.ip());
                let body = sdp::audio_answer(&origin, &offered, local, &Formats::ours(), Direction::SendRecv);
                C::Answer { leg, body: body.expect("G.711 is there").into() }
            }
        }
        E::Reinvite { leg, offer } => {
            peer.described(&offer);
            let offered = sdp::Session::parse(&offer).expect("our own SDP is good");
            let local = SocketAddr::new(host.ip(), 7000);
            let mut origin = Origin::new(1, host.ip());
            origin.version = 2 + now.instant.nanos();
            let body = sdp::audio_answer(&origin, &offered, local, &Formats::ours(), peer.wants);
            C::AnswerReinvite { leg, body: body.expect("G.711 is there").into() }
        }
        E::ReinviteAnswered { body, .. } => return peer.described(&body),
        E::Answered { leg, body } => {
            peer.said.push("answered".to_owned());
            peer.up = Some(leg);
            peer.described(&body);
            return;
        }
        E::Refused { code, .. } => return peer.said.push(format!("refused {code}")),
        E::Ended { reason, .. } => {
            peer.up = None;
            return peer.said.push(format!("ended {reason:?}"));
        }
        _ => return,
    };
    peer.endpoint.handle_input(now, sip_api::Input::Command(command));
}

pub(crate) fn offer(host: SocketAddr) -> sip_api::Body {
    let local = SocketAddr::new(host.ip(), 7000);
    sdp::audio_offer(&Origin::new(1, host.ip()), local, &Formats::ours(), Direction::SendRecv).into()
}
