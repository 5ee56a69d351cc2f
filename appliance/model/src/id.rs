//! Identities that outlive the process. Each is a ULID: 48 bits of milliseconds, 80 random bits, 26 characters that sort by time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

use crate::{Random, Wall};

/// A text that is not an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an identity: 26 letters and digits are expected")
    }
}

impl std::error::Error for NotAnId {}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl $name {
            /// A new identity, born at `wall`.
            pub fn new(wall: Wall, random: &mut Random) -> Self {
                let millis = u64::try_from(wall.millis()).unwrap_or(0);
                Self(Ulid::from_parts(millis, random.next_u128()))
            }

            /// Not after any identity that was born at `wall`.
            pub fn earliest(wall: Wall) -> Self {
                Self(Ulid::from_parts(u64::try_from(wall.millis()).unwrap_or(0), 0))
            }

            /// When it was made.
            pub fn born(self) -> Wall {
                Wall(i64::try_from(self.0.timestamp_ms()).unwrap_or(0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Ulid::from_string(text).map(Self).map_err(|_| NotAnId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// One call, from the first INVITE to the last BYE, however many legs it had.
    CallId,
    /// One fax, sent or received, however many attempts it took.
    FaxId,
    /// One attempt to send, or one reception of, a fax.
    AttemptId,
    /// One accepted mail message.
    MailId,
    /// One sealed body: a mail, a document, a fax page, a voice.
    BlobId,
    /// One message that a caller left.
    VoicemailId,
    /// The recording of one call.
    RecordingId,
    /// One caller who is to be called back.
    CallbackId,
}
