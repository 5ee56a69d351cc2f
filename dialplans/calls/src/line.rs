//! One of our media sessions as one peer knows it: our descriptions of it, and under which keys its sound goes.

use std::net::SocketAddr;

use media::SessionId;
use media::sdp::{self, AudioLine, Crypto, Direction, Formats, Origin, Profile, SdpError, T38};
use media::srtp::{Key, Keys};
use model::trace::Mark;
use sip::api::Body;

use crate::call::Who;
use crate::secrecy::{Proposal, Secrecy};
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
    /// How that line travels.
    profile: Profile,
    sound: Sound,
    /// What our offer that has no answer yet says.
    proposal: Proposal,
    /// What the media engine was told.
    told: Option<Keys>,
}

/// How the sound goes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sound {
    /// Nothing is agreed.
    Open,
    /// In the clear.
    Clear,
    /// Under these keys.
    Sealed(Keys),
}

const STAYS_ENCRYPTED: SdpError =
    SdpError::NotAcceptable("its sound was encrypted and would be in the clear from now on");

impl Line {
    pub(crate) const fn new(session: SessionId, local: SocketAddr) -> Self {
        Self {
            session,
            local,
            origin: Origin::new(session.0, local.ip()),
            audio: true,
            profile: Profile::Avp,
            sound: Sound::Open,
            proposal: Proposal { profile: Profile::Avp, crypto: Vec::new() },
            told: None,
        }
    }

    /// Before each description that differs from the last.
    pub(crate) const fn next(&mut self) {
        self.origin.next();
    }

    /// A first offer to one of several who are called; the one that answers is told with [`Line::taken_by`].
    pub(crate) fn pitch(&self, formats: &Formats, ways: Direction, proposal: &Proposal) -> Body {
        let Proposal { profile, crypto } = proposal.clone();
        let line = AudioLine { local: self.local, formats: formats.clone(), direction: ways, profile, crypto };
        sdp::offer(&self.origin, &sdp::Line::Open(line), &sdp::Line::Absent).into()
    }

    /// Of those who were called, the one with this proposal speaks: what another one may have agreed on before is over.
    pub(crate) fn taken_by(&mut self, proposal: &Proposal) {
        self.proposal = proposal.clone();
        self.sound = Sound::Open;
    }

    /// Our offer. What was agreed goes on under the key that it has: another one would only cost the packets that are on their way.
    pub(crate) fn offer(&mut self, formats: &Formats, ways: Direction, who: &Who, step: &mut Step<'_>) -> Body {
        self.proposal = match &self.sound {
            Sound::Open => secrecy(who, step).propose(step.random),
            Sound::Clear => Proposal { profile: self.profile, crypto: Vec::new() },
            Sound::Sealed(keys) => {
                Proposal { profile: self.profile, crypto: vec![Crypto { tag: 1, key: keys.ours.clone() }] }
            }
        };
        self.pitch(formats, ways, &self.proposal)
    }

    /// Our audio answer: of `formats` what they know too, and of `ways` what they allow.
    pub(crate) fn answer(
        &mut self,
        offered: &sdp::Session,
        formats: &Formats,
        ways: Direction,
        who: &Who,
        step: &mut Step<'_>,
    ) -> Result<Body, SdpError> {
        let theirs = offered.open_audio().ok_or(SdpError::NotAcceptable("no audio that is supported here"))?;
        let taken = theirs.crypto.first().filter(|_| theirs.profile.is_sealed() || secrecy(who, step).takes_keys());
        self.may_be(taken.is_some(), who, step)?;
        if taken.is_none() && self.sound == Sound::Open && who.secrecy.offers() {
            not_encrypted("it offered no SRTP", who, step);
        }
        let sound = taken.map_or(Sound::Clear, |theirs| Sound::Sealed(self.keys_for(&theirs.key, step)));
        // The hold of RFC 2543 says nothing about directions; to answer it as if media flowed would leave the phone waiting.
        let ways = Direction::of(ways.sends() && !theirs.addr.ip().is_unspecified(), ways.receives());
        let line = AudioLine {
            local: self.local,
            formats: formats.clone(),
            direction: ways,
            profile: theirs.profile,
            crypto: match (&sound, taken) {
                (Sound::Sealed(keys), Some(theirs)) => vec![Crypto { tag: theirs.tag, key: keys.ours.clone() }],
                _ => Vec::new(),
            },
        };
        let body = sdp::answer(&self.origin, offered, &sdp::Line::Open(line), &sdp::Line::Closed)?;
        (self.sound, self.profile) = (sound, theirs.profile);
        Ok(body.into())
    }

    /// Their answer to our offer.
    pub(crate) fn accept(&mut self, audio: &sdp::Audio, who: &Who, step: &mut Step<'_>) -> Result<(), SdpError> {
        let proposal = std::mem::take(&mut self.proposal);
        let taken = proposal.taken(&audio.crypto);
        if audio.profile.is_sealed() && taken.is_none() {
            return Err(SdpError::NotAcceptable("the answer has no key for what was offered"));
        }
        self.may_be(taken.is_some(), who, step)?;
        if taken.is_none() && !proposal.crypto.is_empty() {
            not_encrypted("SRTP was offered and not taken", who, step);
        }
        self.sound = taken.map_or(Sound::Clear, |(ours, theirs)| Sound::Sealed(Keys { theirs, ours: ours.clone() }));
        self.profile = proposal.profile;
        Ok(())
    }

    /// Whether the sound may be encrypted, or not, from now on.
    fn may_be(&self, sealed: bool, who: &Who, step: &Step<'_>) -> Result<(), SdpError> {
        secrecy(who, step).permits(sealed)?;
        let worse = !sealed && matches!(self.sound, Sound::Sealed(_));
        if worse && step.card.help.is_none() { Err(STAYS_ENCRYPTED) } else { Ok(()) }
    }

    /// The keys when they seal with this one. If they change theirs, somebody else may be at the other end: ours is changed, too. If they
    /// keep it, it is a refresh, and so do we.
    fn keys_for(&self, theirs: &Key, step: &mut Step<'_>) -> Keys {
        match &self.sound {
            Sound::Sealed(keys) if keys.theirs == *theirs => keys.clone(),
            _ => Keys { theirs: theirs.clone(), ours: Key::generate(theirs.suite(), step.random) },
        }
    }

    /// What was agreed is encrypted.
    pub(crate) const fn is_sealed(&self) -> bool {
        matches!(self.sound, Sound::Sealed(_))
    }

    /// Our proposal of T.38.
    pub(crate) fn t38_offer(&mut self) -> Body {
        self.origin.next();
        self.t38_again()
    }

    /// The same once more, when they ask what we are offering.
    pub(crate) fn t38_again(&self) -> Body {
        sdp::t38_offer(&self.origin, self.local, &T38::ours(), self.audio.then_some(self.profile)).into()
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

    /// Sends audio where their description says, under the keys that were agreed, and nowhere while they hold. What we say ourselves is said
    /// in the first codec of theirs that was agreed on.
    pub(crate) fn send_to(&mut self, audio: &sdp::Audio, agreed: &Formats, who: &Who, step: &mut Step<'_>) {
        let session = self.session;
        let keys = match &self.sound {
            Sound::Sealed(keys) => Some(keys.clone()),
            Sound::Open | Sound::Clear => None,
        };
        // First the keys: not a packet goes in the clear.
        if keys != self.told {
            if let Some(keys) = &keys {
                let what = if self.told.is_some() { "has new keys" } else { "is encrypted" };
                let title = format!("The sound of {} {what}", who.said());
                step.note(Mark::Detail, title, format!("SRTP {}", keys.ours.suite().name()));
            }
            step.media(media::Command::Secure { session, keys: keys.clone().map(Box::new) });
            self.told = keys;
        }
        step.media(media::Command::Remote { session, addr: audio.remote() });
        step.media(media::Command::TelephoneEvent { session, payload_type: audio.formats.telephone_event });
        let common = audio.formats.common(agreed);
        let voice = common.codecs.first().map(|p| media::Voice {
            codec: p.codec,
            payload_type: p.number,
            ptime: audio.formats.ptime.unwrap_or(PTIME),
        });
        step.media(media::Command::Voice { session, voice });
    }
}

/// For the record: nothing is silently less than it might be.
fn not_encrypted(why: &str, who: &Who, step: &mut Step<'_>) {
    step.note(Mark::Warn, format!("The sound of {} is not encrypted", who.said()), why);
}

/// What holds for the sound of somebody in this call.
fn secrecy(who: &Who, step: &Step<'_>) -> Secrecy {
    if step.card.help.is_some() { who.secrecy.for_help() } else { who.secrecy }
}
