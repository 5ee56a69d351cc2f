//! Trunks: carriers that we call over, and with whom we may have to register.

use std::fmt;
use std::net::SocketAddr;

use model::Pii;
use model::settings::Network;

use super::Flow;

/// A connection to a carrier. Its password comes apart ([`TrunkSecret`]), since it lives elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Trunk {
    /// Its name in the settings; every event names it.
    pub name: String,
    /// Where it, or the proxy on the way to it, is: in the order to try.
    pub flows: Vec<Flow>,
    /// Where it was until lately: a call that comes from there is its still, and none goes there.
    pub former: Vec<SocketAddr>,
    /// Where its other machines are: a call that comes from there is its, and none begins there. Never in the clinic's own networks.
    pub also_from: Vec<Network>,
    /// The host part of its URIs: the domain of our account there.
    pub domain: String,
    /// A Route that requests outside dialogs begin with: the outbound proxy, as a URI with `lr`.
    pub proxy: Option<String>,
    /// The user part of the account, of From in REGISTER, and of our Contact; empty if there is no account.
    pub user: String,
    /// We must register there.
    pub registers: bool,
    /// For how long, in seconds.
    pub expires: u32,
    /// Requests above 1300 bytes go over TCP (RFC 3261 section 18.1.1).
    pub large_over_tcp: bool,
}

impl Trunk {
    /// A trunk without an account; set the other fields as needed.
    pub fn new(name: impl Into<String>, domain: impl Into<String>, flows: Vec<Flow>) -> Self {
        Self {
            name: name.into(),
            flows,
            former: Vec::new(),
            also_from: Vec::new(),
            domain: domain.into(),
            proxy: None,
            user: String::new(),
            registers: false,
            expires: 3600,
            large_over_tcp: true,
        }
    }

    /// True if what we know of `other` holds for this one too: all but the addresses is the same.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        let nowhere =
            |trunk: &Self| Self { flows: Vec::new(), former: Vec::new(), also_from: Vec::new(), ..trunk.clone() };
        nowhere(self) == nowhere(other)
    }
}

/// Its account is mostly the clinic's number, and its domain may be an address.
impl fmt::Debug for Trunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trunk({})", self.name)
    }
}

/// What a trunk demands of us. A digest needs the password itself, since the realm is the carrier's to name.
#[derive(Clone, PartialEq, Eq)]
pub struct TrunkSecret {
    /// The trunk's name.
    pub trunk: String,
    /// The user name of the digest, which may differ from the account's.
    pub user: String,
    /// The password.
    pub password: Pii<String>,
}

impl fmt::Debug for TrunkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrunkSecret({})", self.trunk)
    }
}

/// Why a trunk cannot be used as it should be. Each is a different sentence to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrunkTrouble {
    /// The carrier says that user or password is wrong.
    WrongPassword,
    /// The carrier wants a password and there is none.
    NoPassword,
    /// The carrier asks for a kind of proof that we do not know.
    UnknownChallenge,
    /// The carrier refused with this status.
    Refused(u16),
    /// No address of it answers.
    NoAnswer,
    /// It did not show the certificate that it must have, so it was told nothing.
    Untrusted,
    /// We left: the end of the program.
    Left,
}
