//! One of our media sessions as one peer knows it: our descriptions of it.

use std::net::SocketAddr;

use media::SessionId;
use media::sdp::{self, Direction, Formats, Origin, SdpError, T38};
use sip::api::Body;

use crate::step::Step;

/// Milliseconds per packet for an end that does not say (RFC 3551 section 4.2).
const PTIME: u8 = 20;

/// Our end.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) session: SessionId,
    local: SocketAddr,
    origin: Origin,
    /// The dialog has an audio line, which keeps its place for ever (RFC 3264 section 8).
    audio: bool,
}

impl Line {
    pub(crate) const fn new(session: SessionId, local: SocketAddr) -> Self {
        Self { session, local, origin: Origin::new(session.0, local.ip()), audio: true }
    }

    /// Before each description that differs from the last.
    pub(crate) const fn next(&mut self) {
        self.origin.next();
    }

    pub(crate) fn offer(&self, formats: &Formats, ways: Direction) -> Body {
        sdp::audio_offer(&self.origin, self.local, formats, ways).into()
    }

    /// Our audio answer: of `formats` what they know too, and of `ways` what they allow.
    pub(crate) fn answer(&self, offered: &sdp::Session, formats: &Formats, ways: Direction) -> Result<Body, SdpError> {
        let unspecified = offered.open_audio().is_some_and(|a| a.addr.ip().is_unspecified());
        // The hold of RFC 2543 says nothing about directions; to answer it as if media flowed would leave the phone waiting.
        let ways = Direction::of(ways.sends() && !unspecified, ways.receives());
        sdp::audio_answer(&self.origin, offered, self.local, formats, ways).map(Into::into)
    }

    /// Our proposal of T.38.
    pub(crate) fn t38_offer(&mut self) -> Body {
        self.origin.next();
        self.t38_again()
    }

    /// The same once more, when they ask what we are offering.
    pub(crate) fn t38_again(&self) -> Body {
        sdp::t38_offer(&self.origin, self.local, &T38::ours(), self.audio).into()
    }

    /// Our answer to their proposal of T.38.
    pub(crate) fn t38_answer(&mut self, offered: &sdp::Session) -> Result<Body, SdpError> {
        self.origin.next();
        self.audio = offered.audio.is_some();
        self.t38_answer_again(offered)
    }

    /// The same once more, for a session refresh.
    pub(crate) fn t38_answer_again(&self, offered: &sdp::Session) -> Result<Body, SdpError> {
        let theirs = offered.open_image().map_or_else(T38::ours, |i| i.t38);
        sdp::t38_answer(&self.origin, offered, self.local, &theirs.answered_by(&T38::ours())).map(Into::into)
    }

    /// Sends audio where their description says, and nowhere while they hold. What we say ourselves is said in one of the codecs
    /// that were agreed on, under their number.
    pub(crate) fn send_to(&self, audio: &sdp::Audio, agreed: &Formats, step: &mut Step<'_>) {
        let session = self.session;
        step.media(media::Command::Remote { session, addr: audio.remote() });
        step.media(media::Command::TelephoneEvent { session, payload_type: audio.formats.telephone_event });
        let voice = audio.formats.common(agreed).spoken().map(|p| media::Voice {
            codec: p.codec,
            payload_type: p.number,
            ptime: audio.formats.ptime.unwrap_or(PTIME),
        });
        step.media(media::Command::Voice { session, voice });
    }
}
