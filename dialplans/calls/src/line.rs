//! One of our media sessions as one peer knows it: our descriptions of it, and under which keys its sound goes.

use std::net::{IpAddr, SocketAddr};

use media::dtls::{Role, Terms};
use media::ice::Credentials;
use media::sdp::{
    self, AudioLine, Crypto, Direction, Dtls, Formats, ImageLine, Origin, Places, Profile, SdpError, Setup, T38,
};
use media::srtp::{Key, Keys};
use media::{Family, Home, SessionId};
use model::trace::Mark;
use sip::api::Body;

use crate::call::Who;
use crate::secrecy::{Proposal, STAYS_ENCRYPTED, Secrecy};
use crate::site::{At, Ours, Site};
use crate::step::Step;

/// Milliseconds per packet for an end that does not say (RFC 3551 section 4.2).
const PTIME: u8 = 20;

/// Our end.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) session: SessionId,
    /// Where they were told that we are.
    local: SocketAddr,
    /// Which of our addresses that is.
    home: Home,
    /// At which the session listens from its beginning.
    listens: Home,
    origin: Origin,
    /// The lines that the dialog has, which keep their places for ever (RFC 3264 section 8).
    places: Places,
    /// How its sound travels.
    profile: Profile,
    sound: Sound,
    /// What our offer that has no answer yet says.
    proposal: Proposal,
    /// The name under which they check paths.
    ufrag: Option<String>,
    /// Reports travel on the port of the sound (RFC 5761), which each further description says again.
    mux: bool,
    /// The fastest that we say that we can over T.38, in bit/s, where whoever it is passed on to can no more than that.
    fastest: u16,
    told: Told,
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
    /// Under keys that come by DTLS on these terms.
    Dtls(Terms),
}

/// What the media engine was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Told {
    keys: Option<Keys>,
    terms: Option<Terms>,
}

const NO_CERTIFICATE: SdpError = SdpError::NotAcceptable("keys by DTLS are not to be had here");
const SHORT_TAG: SdpError = SdpError::NotAcceptable("its only suite has a tag of 32 bits");

impl Line {
    pub(crate) fn new(session: SessionId, place: Ours, port: u16) -> Self {
        Self {
            session,
            local: SocketAddr::new(place.told, port),
            home: place.home,
            listens: place.home,
            origin: Origin::new(session.0, place.told),
            places: Places::of_sound(Profile::Avp),
            profile: Profile::Avp,
            sound: Sound::Open,
            proposal: Proposal { profile: Profile::Avp, crypto: Vec::new(), ice: None },
            ufrag: None,
            mux: false,
            fastest: u16::MAX,
            told: Told { keys: None, terms: None },
        }
    }

    /// Before each description that differs from the last.
    pub(crate) const fn next(&mut self) {
        self.origin.next();
    }

    /// A first offer to one of several who are called; the one that answers is told with [`Line::taken_by`].
    pub(crate) fn pitch(&self, formats: &Formats, ways: Direction, proposal: &Proposal, step: &mut Step<'_>) -> Body {
        self.listen(self.home, step);
        let Proposal { profile, crypto, ice } = proposal.clone();
        let also = ice.as_ref().and_then(|_| self.also(step));
        let dtls = step.site.fingerprint.filter(|_| profile.is_dtls());
        let dtls = dtls.map(|fingerprint| Dtls { fingerprint, setup: Setup::Actpass });
        let mux = self.offers_mux(profile);
        let line = AudioLine { profile, crypto, dtls, ice, also, mux, ..AudioLine::plain(self.local, formats, ways) };
        sdp::offer_again(&self.origin, &self.places, &sdp::Line::Open(line), &sdp::Line::Closed).into()
    }

    /// The same line as somebody at this address is told of it.
    pub(crate) fn named_to(&self, at: At, site: &Site) -> Self {
        let mut line = self.clone();
        if let Some(place) = site.media_for(at) {
            line.local.set_ip(place.told);
            line.origin.addr = place.told;
            line.home = place.home;
        }
        line
    }

    /// Listens where they are told of.
    fn listen(&self, home: Home, step: &mut Step<'_>) {
        if home != self.listens {
            step.media(media::Command::Listen { session: self.session, home });
        }
    }

    /// Sends from where they were told of: others may have been told of other addresses.
    fn settle(&self, step: &mut Step<'_>) {
        if step.site.media.of(self.home.family).count() > 1 {
            step.media(media::Command::Listen { session: self.session, home: self.home });
        }
    }

    /// Where else we are, for whoever checks paths and may choose one of the other family.
    fn also(&self, step: &mut Step<'_>) -> Option<IpAddr> {
        let (other, also) = step.site.media.of(self.home.family.other()).next()?;
        self.listen(other, step);
        Some(also)
    }

    /// Where we are to somebody whose description says this: in the family in which they want their packets. A call for help goes on however
    /// it can.
    fn meeting(&self, theirs: &sdp::Session, step: &Step<'_>) -> Result<Ours, SdpError> {
        let here = Ours { home: self.home, told: self.local.ip() };
        let Some(named) = theirs.named().filter(|ip| Family::of(*ip) != self.home.family) else {
            return Ok(here);
        };
        match step.site.media_for(At::alone(named)) {
            Some(place) => Ok(place),
            None if step.card.help.is_some() => Ok(here),
            None => step.site.meets(Some(named)).map(|()| here),
        }
    }

    fn move_to(&mut self, place: Ours) {
        self.local.set_ip(place.told);
        self.home = place.home;
    }

    /// Whether our offers want reports on the port of the sound. Browsers demand it, and what was agreed on stays. Others are not asked: to
    /// them it is one more line that an old phone may stumble over, and the port beside is there.
    const fn offers_mux(&self, profile: Profile) -> bool {
        self.mux || profile.is_dtls()
    }

    /// Of those who were called, the one with this proposal speaks: what another one may have agreed on before is over.
    pub(crate) fn taken_by(&mut self, proposal: &Proposal, who: &Who, step: &Step<'_>) {
        if let Some(at) = who.address() {
            *self = self.named_to(at, step.site);
        }
        self.proposal = proposal.clone();
        self.places = Places::of_sound(Profile::Avp);
        self.sound = Sound::Open;
        self.mux = false;
    }

    /// Our offer. What was agreed goes on under the key that it has: another one would only cost the packets that are on their way.
    pub(crate) fn offer(&mut self, formats: &Formats, ways: Direction, who: &Who, step: &mut Step<'_>) -> Body {
        self.proposal = match &self.sound {
            Sound::Open => secrecy(who, step).propose(step.site.fingerprint.is_some(), step.random),
            Sound::Clear => Proposal { profile: self.profile, ..Proposal::default() },
            Sound::Sealed(keys) => {
                let crypto = vec![Crypto { tag: 1, key: keys.ours.clone() }];
                Proposal { profile: self.profile, crypto, ice: None }
            }
            Sound::Dtls(terms) => Proposal { profile: self.profile, crypto: Vec::new(), ice: terms.ice.clone() },
        };
        self.pitch(formats, ways, &self.proposal, step)
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
        // A short tag is better than nothing where that is the choice, and not otherwise.
        let good = |c: &&Crypto| step.card.help.is_some() || !c.key.suite().is_weak();
        let taken = theirs.crypto.iter().find(good);
        let taken = taken.filter(|_| theirs.profile.is_sealed() || secrecy(who, step).takes_keys());
        if theirs.profile.is_sealed() && taken.is_none() && theirs.dtls.is_none() {
            return Err(SHORT_TAG);
        }
        self.may_be(taken.is_some() || theirs.dtls.is_some(), who, step)?;
        let place = self.meeting(offered, step)?;
        let local = SocketAddr::new(place.told, self.local.port());
        if let Some(dtls) = theirs.dtls {
            let body = self.answer_dtls(offered, theirs, dtls, &AudioLine::plain(local, formats, ways), step)?;
            self.move_to(place);
            return Ok(body);
        }
        if taken.is_none() && self.sound == Sound::Open && who.secrecy.offers() {
            not_encrypted("it offered no SRTP", who, step);
        }
        let sound = taken.map_or(Sound::Clear, |theirs| Sound::Sealed(self.keys_for(&theirs.key, step)));
        // The hold of RFC 2543 says nothing about directions; to answer it as if media flowed would leave the phone waiting.
        let ways = Direction::of(ways.sends() && !theirs.addr.ip().is_unspecified(), ways.receives());
        let line = AudioLine {
            local,
            formats: formats.clone(),
            direction: ways,
            profile: theirs.profile,
            crypto: match (&sound, taken) {
                (Sound::Sealed(keys), Some(theirs)) => vec![Crypto { tag: theirs.tag, key: keys.ours.clone() }],
                _ => Vec::new(),
            },
            dtls: None,
            ice: None,
            also: None,
            mux: true,
        };
        let body = sdp::answer(&self.origin, offered, &sdp::Line::Open(line), &sdp::Line::Closed)?;
        self.move_to(place);
        self.places = offered.places();
        (self.sound, self.profile, self.mux) = (sound, theirs.profile, theirs.mux);
        Ok(body.into())
    }

    /// Our answer where the keys come by DTLS. The same other end goes on as it began (RFC 8842 section 5.5): with the keys that there are.
    fn answer_dtls(
        &mut self,
        offered: &sdp::Session,
        theirs: &sdp::Audio,
        dtls: Dtls,
        plain: &AudioLine,
        step: &mut Step<'_>,
    ) -> Result<Body, SdpError> {
        let fingerprint = step.site.fingerprint.ok_or(NO_CERTIFICATE)?;
        let before = match &self.sound {
            Sound::Dtls(terms) if terms.theirs == dtls.fingerprint => Some(terms),
            _ => None,
        };
        let role = match (dtls.setup, before) {
            (Setup::Passive, _) => Role::Client,
            (Setup::Actpass, Some(terms)) => terms.role,
            (Setup::Active | Setup::Actpass, _) => Role::Server,
        };
        // Another name of theirs is a restart of the checks, and wants another name of ours (RFC 8839 section 4.4.1.1.1).
        let known = before.and_then(|t| t.ice.clone()).filter(|_| self.ufrag == theirs.ufrag);
        let ice = theirs.ufrag.as_ref().map(|_| known.unwrap_or_else(|| Credentials::generate(step.random)));
        let setup = if role == Role::Client { Setup::Active } else { Setup::Passive };
        let dtls_line = Some(Dtls { fingerprint, setup });
        let also = ice.as_ref().and_then(|_| self.also(step));
        let (profile, ice_line) = (theirs.profile, ice.clone());
        let line = AudioLine { profile, dtls: dtls_line, ice: ice_line, also, mux: true, ..plain.clone() };
        let body = sdp::answer(&self.origin, offered, &sdp::Line::Open(line), &sdp::Line::Closed)?;
        self.places = offered.places();
        self.sound = Sound::Dtls(Terms { role, theirs: dtls.fingerprint, ice });
        (self.profile, self.ufrag, self.mux) = (theirs.profile, theirs.ufrag.clone(), theirs.mux);
        Ok(body.into())
    }

    /// Their answer to our offer.
    pub(crate) fn accept(&mut self, audio: &sdp::Audio, who: &Who, step: &mut Step<'_>) -> Result<(), SdpError> {
        if step.card.help.is_none() {
            step.site.meets(audio.named())?;
        }
        let proposal = std::mem::take(&mut self.proposal);
        let mux = audio.mux && self.offers_mux(proposal.profile);
        if let Some(dtls) = audio.dtls.filter(|_| proposal.profile.is_dtls()) {
            self.may_be(true, who, step)?;
            let role = if dtls.setup == Setup::Passive { Role::Client } else { Role::Server };
            let ice = proposal.ice.filter(|_| audio.ufrag.is_some());
            self.sound = Sound::Dtls(Terms { role, theirs: dtls.fingerprint, ice });
            (self.profile, self.ufrag, self.mux) = (proposal.profile, audio.ufrag.clone(), mux);
            self.places.with_sound(self.profile);
            return Ok(());
        }
        let taken = proposal.taken(&audio.crypto);
        if audio.profile.is_sealed() && taken.is_none() {
            return Err(SdpError::NotAcceptable("the answer has no key for what was offered"));
        }
        self.may_be(taken.is_some(), who, step)?;
        if taken.is_none() && !proposal.crypto.is_empty() {
            not_encrypted("SRTP was offered and not taken", who, step);
        }
        self.sound = taken.map_or(Sound::Clear, |(ours, theirs)| Sound::Sealed(Keys { theirs, ours: ours.clone() }));
        (self.profile, self.mux) = (proposal.profile, mux);
        self.places.with_sound(self.profile);
        Ok(())
    }

    /// Whether the sound may be encrypted, or not, from now on.
    fn may_be(&self, sealed: bool, who: &Who, step: &Step<'_>) -> Result<(), SdpError> {
        secrecy(who, step).permits(sealed)?;
        let worse = !sealed && self.is_sealed();
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
        matches!(self.sound, Sound::Sealed(_) | Sound::Dtls(_))
    }

    /// From now on we say that we can no more than this over T.38, in bit/s.
    pub(crate) fn goes_no_faster_than(&mut self, bit_rate: u32) {
        self.fastest = self.fastest.min(u16::try_from(bit_rate).unwrap_or(u16::MAX));
    }

    /// The fastest that we say that we can over T.38, in bit/s.
    pub(crate) fn t38_bit_rate(&self) -> u32 {
        self.t38().max_bit_rate
    }

    /// What we can over T.38.
    fn t38(&self) -> T38 {
        let ours = T38::ours();
        T38 { max_bit_rate: ours.max_bit_rate.min(self.fastest.into()), ..ours }
    }

    /// Our proposal of T.38.
    pub(crate) fn t38_offer(&mut self) -> Body {
        self.origin.next();
        self.t38_again()
    }

    /// The same once more, when they ask what we are offering.
    pub(crate) fn t38_again(&self) -> Body {
        let image = sdp::Line::Open(ImageLine { local: self.local, t38: self.t38() });
        sdp::offer_again(&self.origin, &self.places, &sdp::Line::Closed, &image).into()
    }

    /// They answered that with 200: they take it or not, its line is there.
    pub(crate) fn t38_answered(&mut self) {
        self.places.with_image();
    }

    /// A first offer of T.38 alone.
    pub(crate) fn t38_pitch(&self, step: &mut Step<'_>) -> Body {
        self.listen(self.home, step);
        let image = sdp::Line::Open(ImageLine { local: self.local, t38: self.t38() });
        sdp::offer(&self.origin, &sdp::Line::Absent, &image).into()
    }

    /// They took that: the dialog has no other line.
    pub(crate) fn t38_taken(&mut self) {
        self.places = Places::default();
        self.places.with_image();
    }

    /// Our answer to their proposal of T.38.
    pub(crate) fn t38_answer(&mut self, offered: &sdp::Session, step: &Step<'_>) -> Result<Body, SdpError> {
        self.origin.next();
        self.t38_answer_again(offered, step)
    }

    /// The same once more, for a session refresh.
    pub(crate) fn t38_answer_again(&mut self, offered: &sdp::Session, step: &Step<'_>) -> Result<Body, SdpError> {
        let ours = self.t38();
        let theirs = offered.open_image().map_or(ours, |i| i.t38);
        self.move_to(self.meeting(offered, step)?);
        let body = sdp::t38_answer(&self.origin, offered, self.local, &theirs.answered_by(&ours))?;
        self.places = offered.places();
        Ok(body.into())
    }

    /// Sends audio where their description says, under the keys that were agreed, and nowhere while they hold. What we say ourselves is said
    /// in one of the codecs that were agreed on, under their number.
    pub(crate) fn send_to(&mut self, audio: &sdp::Audio, agreed: &Formats, who: &Who, step: &mut Step<'_>) {
        let session = self.session;
        // First the keys: not a packet goes in the clear.
        self.tell_keys(who, step);
        self.settle(step);
        step.media(media::Command::Remote { session, addr: audio.remote() });
        // Who was not told that we take events sends their keys as tones, whatever they could have sent.
        let common = audio.formats.common(agreed);
        step.media(media::Command::TelephoneEvent { session, payload_type: common.telephone_event });
        let voice = common.spoken().map(|p| media::Voice {
            codec: p.codec,
            payload_type: p.number,
            takes: common.codecs.iter().map(|p| p.codec).collect(),
            ptime: audio.formats.ptime.unwrap_or(PTIME),
            comfort_noise: audio.formats.comfort_noise && agreed.comfort_noise,
            opus: audio.formats.opus,
        });
        step.media(media::Command::Voice { session, voice });
        step.media(media::Command::Reports { session, way: audio.reports(self.mux) });
    }
}

impl Line {
    /// Tells the media engine what was agreed, if it does not know yet.
    fn tell_keys(&mut self, who: &Who, step: &mut Step<'_>) {
        let session = self.session;
        let new = match &self.sound {
            Sound::Open | Sound::Clear => Told::default(),
            Sound::Sealed(keys) => Told { keys: Some(keys.clone()), terms: None },
            Sound::Dtls(terms) => Told { keys: None, terms: Some(terms.clone()) },
        };
        let old = std::mem::replace(&mut self.told, new.clone());
        if old.terms.is_some() && new.terms.is_none() {
            step.media(media::Command::Handshake { session, terms: None });
        }
        if let Some(keys) = new.keys.as_ref().filter(|_| old.keys != new.keys) {
            let what = if old.keys.is_some() { "has new keys" } else { "is encrypted" };
            let title = format!("The sound of {} {what}", who.said());
            step.note(Mark::Detail, title, format!("SRTP {}", keys.ours.suite().name()));
        }
        if old.keys != new.keys {
            step.media(media::Command::Secure { session, keys: new.keys.map(Box::new) });
        }
        if new.terms.is_some() && old.terms != new.terms {
            step.media(media::Command::Handshake { session, terms: new.terms.map(Box::new) });
        }
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
