//! One of our media sessions as one peer knows it: our descriptions of it, and what the peer said to them.

use std::net::SocketAddr;

use bytes::Bytes;
use media::SessionId;
use media::sdp::{self, Direction, Formats, Origin, SdpError, T38};
use model::trace::Mark;
use sip::api::{self as sip_api, LegId};

use crate::step::Step;

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

    pub(crate) fn offer(&self, formats: &Formats) -> Bytes {
        sdp::audio_offer(&self.origin, self.local, formats, Direction::SendRecv).into()
    }

    /// Our audio answer, and what of `formats` the two have agreed on.
    pub(crate) fn answer(&self, offered: &sdp::Session, formats: &Formats) -> Result<Bytes, SdpError> {
        let unspecified = offered.open_audio().is_some_and(|a| a.addr.ip().is_unspecified());
        // The hold of RFC 2543 says nothing about directions; to answer it as if media flowed would leave the phone waiting.
        let ways = if unspecified { Direction::RecvOnly } else { Direction::SendRecv };
        sdp::audio_answer(&self.origin, offered, self.local, formats, ways).map(Into::into)
    }

    /// Our proposal of T.38.
    pub(crate) fn t38_offer(&mut self) -> Bytes {
        self.origin.next();
        self.t38_again()
    }

    /// The same once more, when they ask what we are offering.
    pub(crate) fn t38_again(&self) -> Bytes {
        sdp::t38_offer(&self.origin, self.local, &T38::ours(), self.audio).into()
    }

    /// Our answer to their proposal of T.38.
    pub(crate) fn t38_answer(&mut self, offered: &sdp::Session) -> Result<Bytes, SdpError> {
        self.origin.next();
        self.audio = offered.audio.is_some();
        self.t38_answer_again(offered)
    }

    /// The same once more, for a session refresh.
    pub(crate) fn t38_answer_again(&self, offered: &sdp::Session) -> Result<Bytes, SdpError> {
        let theirs = offered.open_image().map_or_else(T38::ours, |i| i.t38);
        sdp::t38_answer(&self.origin, offered, self.local, &theirs.answered_by(&T38::ours())).map(Into::into)
    }

    /// Sends audio where their description says, and nowhere while they hold.
    pub(crate) fn send_to(&self, audio: &sdp::Audio, step: &mut Step<'_>) {
        let session = self.session;
        step.media(media::Command::Remote { session, addr: audio.remote() });
        step.media(media::Command::TelephoneEvent { session, payload_type: audio.formats.telephone_event });
    }
}

/// An answered leg with its line.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) leg: LegId,
    pub(crate) line: Line,
    /// What may be said on it: with two peers, what both know, since nothing here transcodes.
    pub(crate) formats: Formats,
    /// Our offer went in a 2xx; the answer comes with the ACK.
    pub(crate) offered: bool,
    /// They put us on hold.
    pub(crate) held: bool,
}

impl Peer {
    pub(crate) const fn new(leg: LegId, line: Line, formats: Formats) -> Self {
        Self { leg, line, formats, offered: false, held: false }
    }

    /// Answers a re-INVITE about audio: hold, resume, a new address, or a request for our offer. What cannot be done is refused,
    /// and the call goes on as it was (RFC 3261 section 14.2). `who` is for the trace.
    pub(crate) fn reinvited(&mut self, offer: &[u8], who: &str, step: &mut Step<'_>) {
        let leg = self.leg;
        if offer.is_empty() {
            self.offered = true;
            let body = self.line.offer(&self.formats);
            step.sip(sip_api::Command::AnswerReinvite { leg, body });
            return;
        }
        let described = sdp::Session::parse(offer).and_then(|theirs| {
            let mut line = self.line.clone();
            line.origin.next();
            line.answer(&theirs, &self.formats).map(|body| (theirs, line, body))
        });
        match described {
            Ok((theirs, line, body)) => {
                self.line = line;
                step.sip(sip_api::Command::AnswerReinvite { leg, body });
                self.described(&theirs, who, step);
            }
            Err(e) => {
                step.note(Mark::Warn, format!("{who} asked for other media, which was refused"), e.reason());
                step.sip(sip_api::Command::RefuseReinvite { leg, code: e.status() });
            }
        }
    }

    /// The answer to an offer of ours came with an ACK.
    pub(crate) fn ack_answered(&mut self, body: &[u8], who: &str, step: &mut Step<'_>) -> Result<(), SdpError> {
        if !std::mem::take(&mut self.offered) {
            return Ok(());
        }
        let theirs = sdp::Session::parse(body)?;
        if theirs.open_audio().is_none() {
            return Err(SdpError::NotAcceptable("the answer has no audio"));
        }
        self.described(&theirs, who, step);
        Ok(())
    }

    fn described(&mut self, theirs: &sdp::Session, who: &str, step: &mut Step<'_>) {
        let Some(audio) = theirs.open_audio() else { return };
        self.line.send_to(audio, step);
        let held = audio.remote().is_none();
        if held != self.held {
            self.held = held;
            let what = if held { "put the call on hold" } else { "took the call back" };
            step.note(Mark::Detail, format!("{who} {what}"), audio.direction.name());
        }
    }
}
