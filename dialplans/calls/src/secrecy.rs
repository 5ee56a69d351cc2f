//! Whether the sound of a leg is encrypted (SRTP): what the settings allow there, and what we offer because of that.
//!
//! A leg never becomes unencrypted in silence. What its settings forbid ends it with 488; what they only would rather not have is written
//! into the call's trace. A call for help is had however it can be had.

use media::ice::Credentials;
use media::sdp::{Audio, Crypto, Profile, SdpError};
use media::srtp::{Key, Suite};
use model::Random;
use model::settings::{Media, Settings};
use sip::api::Transport;

/// How an offer of ours proposes to encrypt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Not at all.
    Clear,
    /// With keys beside a line that demands nothing: the other end takes them, or does without (RFC 8643).
    Either,
    /// With keys, on a line that demands SRTP.
    Sdes,
    /// With keys that come by DTLS.
    Dtls(Profile),
}

/// What holds for one leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Secrecy {
    offer: Way,
    /// Its sound may be in the clear.
    clear: bool,
    /// Its sound may be encrypted.
    sealed: bool,
}

impl Default for Secrecy {
    /// Of a leg whose signalling anybody on the way can read: keys of ours in there would protect nothing. Its own are taken.
    fn default() -> Self {
        Self { offer: Way::Clear, clear: true, sealed: true }
    }
}

const NOT_IN_THE_CLEAR: SdpError =
    SdpError::NotAcceptable("its sound would be in the clear, and the settings want it encrypted");
const NOT_ENCRYPTED: SdpError = SdpError::NotAcceptable("its sound would be encrypted, and the settings want it plain");

pub(crate) const STAYS_ENCRYPTED: SdpError =
    SdpError::NotAcceptable("its sound was encrypted and would be in the clear from now on");

/// How somebody has answered whose answer is not taken for this, for the trace. `unknown`: where that has nothing to do with encryption.
pub(crate) fn how_answered(e: SdpError, unknown: &'static str) -> &'static str {
    match e {
        NOT_IN_THE_CLEAR => "in the clear, against the settings",
        STAYS_ENCRYPTED => "in the clear, in a call that is encrypted",
        _ => unknown,
    }
}

impl Secrecy {
    /// Of a leg about which the settings say this, and that is spoken to over this transport.
    pub(crate) fn of(media: Option<Media>, transport: Transport) -> Self {
        // A browser knows nothing else.
        let dtls = Way::Dtls(if transport.is_websocket() { Profile::Dtlsf } else { Profile::Dtls });
        let (either, sdes) = if transport.is_websocket() { (dtls, dtls) } else { (Way::Either, Way::Sdes) };
        match media {
            Some(Media::Plain) => Self { sealed: false, ..Self::default() },
            Some(Media::Srtp) => Self { offer: sdes, clear: false, sealed: true },
            Some(Media::Dtls) => Self { offer: dtls, clear: false, sealed: true },
            Some(Media::Prefer) => Self { offer: either, ..Self::default() },
            None if matches!(transport, Transport::Udp | Transport::Tcp) => Self::default(),
            None => Self { offer: either, ..Self::default() },
        }
    }

    /// Of a phone of this user.
    pub(crate) fn of_phone(settings: &Settings, user: &str, transport: Transport) -> Self {
        Self::of(settings.media_of(user), transport)
    }

    /// Of a call over this trunk.
    pub(crate) fn of_trunk(settings: &Settings, trunk: &str, transport: Transport) -> Self {
        Self::of(settings.trunk(trunk).and_then(|t| t.terms.media), transport)
    }

    /// The same when somebody calls for help: nothing is forbidden.
    pub(crate) const fn for_help(self) -> Self {
        Self { clear: true, sealed: true, ..self }
    }

    /// The same once more, where the first offer may have been refused for its encryption: one that demands less.
    pub(crate) const fn otherwise(self) -> Self {
        let offer = match self.offer {
            Way::Sdes | Way::Dtls(_) => Way::Either,
            Way::Clear | Way::Either => Way::Clear,
        };
        Self { offer, ..self }
    }

    /// Whether sound on a line like this may be had, encrypted or not.
    pub(crate) const fn permits(self, sealed: bool) -> Result<(), SdpError> {
        match (sealed, self) {
            (true, Self { sealed: false, .. }) => Err(NOT_ENCRYPTED),
            (false, Self { clear: false, .. }) => Err(NOT_IN_THE_CLEAR),
            _ => Ok(()),
        }
    }

    /// Whether a call may begin with this offer.
    pub(crate) fn permits_offer(self, audio: &Audio) -> Result<(), SdpError> {
        let keys = audio.crypto.iter().any(|c| !c.key.suite().is_weak());
        self.permits(audio.profile.is_sealed() || self.sealed && keys)
    }

    /// Whether we offer encryption by ourselves.
    pub(crate) fn offers(self) -> bool {
        self.offer != Way::Clear
    }

    /// Whether keys that are offered on a line that demands none are to be taken.
    pub(crate) const fn takes_keys(self) -> bool {
        self.sealed
    }

    /// What a first offer says, with keys of its own. `dtls`: we have a certificate to show.
    pub(crate) fn propose(self, dtls: bool, random: &mut Random) -> Proposal {
        let profile = match self.offer {
            Way::Clear => return Proposal::default(),
            Way::Either => Profile::Avp,
            Way::Sdes => Profile::Savp,
            Way::Dtls(_) if !dtls => return Proposal::default(),
            Way::Dtls(profile) => {
                // Phones on desks are where they say.
                let checks = profile == Profile::Dtlsf;
                let ice = checks.then(|| Credentials::generate(random));
                return Proposal { profile, crypto: Vec::new(), ice };
            }
        };
        let keys = (1..).zip(Suite::ALL).map(|(tag, suite)| Crypto { tag, key: Key::generate(suite, random) });
        Proposal { profile, crypto: keys.collect(), ice: None }
    }
}

/// What an offer of ours says about encryption, for its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proposal {
    pub(crate) profile: Profile,
    pub(crate) crypto: Vec<Crypto>,
    /// Our name and password for whoever checks paths.
    pub(crate) ice: Option<Credentials>,
}

impl Proposal {
    /// Which of our keys an answer took up, with the key that it gave for it (RFC 4568 section 5.1.3).
    pub(crate) fn taken(&self, answer: &[Crypto]) -> Option<(&Key, Key)> {
        let fits = |theirs: &Crypto| {
            let ours = self.crypto.iter().find(|c| c.tag == theirs.tag && c.key.suite() == theirs.key.suite())?;
            Some((&ours.key, theirs.key.clone()))
        };
        answer.iter().find_map(fits)
    }
}
