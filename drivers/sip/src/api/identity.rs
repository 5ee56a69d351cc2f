//! Who somebody says to be, and what that is worth.

use std::fmt;

use model::Pii;

/// Digest secrets of one user: H(user:realm:password), so that no password is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// User name.
    pub user: String,
    /// MD5 of "user:realm:password", lower-case hexadecimal.
    pub ha1_md5: String,
    /// SHA-256 of the same.
    pub ha1_sha256: String,
    /// SHA-512-256 of the same; empty if the password was set before this was kept. It is then neither offered nor accepted.
    pub ha1_sha512_256: String,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("User")
    }
}

/// What the credentials of a request came to. The user of the endpoint decides what follows.
#[derive(Clone, PartialEq, Eq)]
pub enum Auth {
    /// It had none for our realm.
    None,
    /// They are right; it is this user.
    Valid {
        /// The user.
        user: String,
    },
    /// They are right, but for a nonce that is too old or was used: challenge again with `stale`.
    Stale,
    /// They are wrong.
    Wrong,
}

/// A user is an extension, and so a person.
impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Valid { .. } => "Valid",
            Self::Stale => "Stale",
            Self::Wrong => "Wrong",
        })
    }
}

/// A name-addr (RFC 3261 section 25.1).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct NameAddr {
    /// The display name, unquoted, lossy UTF-8 of what came; empty if there was none.
    pub display: Pii<String>,
    /// The URI, verbatim.
    pub uri: Pii<String>,
}

/// Somebody, as a header of a call names them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Named {
    /// The user part, unescaped: mostly a number.
    pub user: Pii<String>,
    /// The display name, or empty.
    pub display: Pii<String>,
}

/// What a carrier vouches for (RFC 3325, 3323, 5806, 7044). Nothing of it is read from anybody else.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Vouched {
    /// The trunk it came over.
    pub trunk: String,
    /// Who calls, as the carrier knows them (P-Asserted-Identity).
    pub asserted: Option<Named>,
    /// The caller wants to stay unknown (Privacy).
    pub private: bool,
    /// For whom the call was meant before it was sent on, the last first (Diversion, History-Info).
    pub diverted: Vec<Named>,
}
