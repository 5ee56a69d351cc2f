//! A leg whose session is one over T.38: what is said about that. After the switch nothing moves the session back.

use media::sdp;
use model::trace::Mark;
use sip::api as sip_api;

use crate::call::peer::Peer;
use crate::step::Step;

/// What an offer proposes of T.38, and the whole offer.
pub(super) fn proposed(offer: &[u8]) -> Option<(sdp::Image, sdp::Session)> {
    sdp::Session::parse(offer).ok().and_then(|theirs| Some((theirs.open_image()?.clone(), theirs)))
}

/// Both sides agreed on it.
pub(super) fn begins(peer: &Peer, image: &sdp::Image, step: &mut Step<'_>) {
    let session = peer.line.session;
    step.media(media::Command::Raw { session });
    step.media(media::Command::Remote { session, addr: image.remote() });
    step.note(Mark::Good, "Both sides agreed on T.38", "");
    if peer.line.is_sealed() {
        step.note(Mark::Warn, "The fax itself is not encrypted, though the call was", "T.38 over UDPTL");
    }
}

/// A refresh must never renegotiate: whole faxes died of that at the session timer.
pub(super) fn refreshed(peer: &mut Peer, offer: &[u8], step: &mut Step<'_>) {
    let leg = peer.leg;
    let session = peer.line.session;
    if offer.is_empty() {
        peer.await_answer();
        let body = peer.line.t38_again();
        step.sip(sip_api::Command::AnswerReinvite { leg, body });
        return;
    }
    let described = sdp::Session::parse(offer).and_then(|theirs| {
        let body = peer.line.t38_answer_again(&theirs, step)?;
        Ok((theirs.open_image().and_then(sdp::Image::remote), body))
    });
    match described {
        Ok((addr, body)) => {
            step.sip(sip_api::Command::AnswerReinvite { leg, body });
            step.media(media::Command::Remote { session, addr });
        }
        Err(e) => {
            step.note(
                Mark::Detail,
                "They asked for other media in the middle of the fax, which was refused",
                e.reason(),
            );
            step.sip(sip_api::Command::RefuseReinvite { leg, code: 488 });
        }
    }
}

/// The answer to a refresh without an offer came with its ACK.
pub(super) fn ack_answered(peer: &mut Peer, body: &[u8], step: &mut Step<'_>) {
    if peer.answer_came() {
        moved(peer, body, step);
    }
}

/// They answered what we said of it in the midst of it, and may be elsewhere now.
pub(super) fn moved(peer: &Peer, body: &[u8], step: &mut Step<'_>) {
    let image = sdp::Session::parse(body).ok().and_then(|s| s.open_image().and_then(sdp::Image::remote));
    if let Some(addr) = image {
        step.media(media::Command::Remote { session: peer.line.session, addr: Some(addr) });
    }
}
