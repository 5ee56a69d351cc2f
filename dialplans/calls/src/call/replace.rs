//! INVITE with Replaces (RFC 3891): a phone of the clinic's own takes the place of another, in a call or while it rings.

use media::sdp::{self, Direction, Formats};
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use sip::api::{self as sip_api, LegId};

use crate::call::peer::{Peer, Who};
use crate::line::Line;
use crate::refusal::Ending;
use crate::step::Step;

/// A phone that asks for the place of another. The leg is of this call already.
pub(crate) struct Newcomer {
    pub(crate) leg: LegId,
    pub(crate) who: Who,
    pub(crate) offer: Option<sip_api::Body>,
    /// Whose place it wants.
    pub(crate) replaces: LegId,
}

impl Newcomer {
    /// It stays outside, and the call goes on as it was.
    pub(crate) fn refuse(&self, code: u16, why: &str, step: &mut Step<'_>) {
        let title = format!("{} wanted to take this call and was refused", self.who.said());
        step.note(Mark::Warn, title, why);
        step.drop_leg(self.leg, &Ending::new(CallEnd::Refused, Fault::Caller).code(code));
    }

    /// Answers it on this line, if possible with what the one it will talk to knows. If its media is nothing for us it is refused.
    pub(crate) fn answer(self, line: Line, known: &Formats, ways: Direction, step: &mut Step<'_>) -> Result<Peer, ()> {
        let leg = self.leg;
        // A line that rang elsewhere may be in another network than this phone.
        let mut line = self.who.address().map_or_else(|| line.clone(), |at| line.named_to(at, step.site));
        let Some(offer) = &self.offer else {
            line.next();
            let body = line.offer(known, ways, &self.who, step);
            step.sip(sip_api::Command::Answer { leg, body });
            let mut peer = Peer::new(leg, line, self.who, known.clone()).told(ways);
            peer.await_answer();
            return Ok(peer);
        };
        let agreed = sdp::Session::parse(offer).and_then(|theirs| {
            let audio = theirs.open_audio().cloned().ok_or(sdp::SdpError::NotAcceptable("no audio"))?;
            // If the two know nothing in common they are asked for more afterwards.
            let common = audio.formats.common(known);
            let formats = if common.codecs.is_empty() { audio.formats.common(&Formats::ours()) } else { common };
            line.next();
            let body = line.answer(&theirs, &formats, ways, &self.who, step)?;
            Ok((audio, formats, body))
        });
        match agreed {
            Ok((audio, formats, body)) => {
                step.sip(sip_api::Command::Answer { leg, body });
                let mut peer = Peer::new(leg, line, self.who, formats).told(ways);
                peer.described(&audio, ways, step);
                Ok(peer)
            }
            Err(e) => {
                self.refuse(e.status(), e.reason(), step);
                Err(())
            }
        }
    }
}
