//! The vocabulary that every room of the appliance shares: time, identities, numbers, what is personal, settings,
//! and the snapshots, events and commands that cross the levels.
//!
//! Nothing here does anything: no I/O, no clock (see [`time::Clock`] for the one door), no policy. A type belongs here
//! when two rooms that may not know each other must speak of the same thing.

pub mod call;
pub mod callback;
pub mod command;
pub mod defence;
pub mod event;
pub mod fax;
pub mod filing;
pub mod html;
pub mod id;
pub mod inside;
pub mod ladder;
pub mod language;
pub mod limit;
pub mod mail;
pub mod missed;
pub mod number;
pub mod offer;
mod office;
pub mod picture;
pub mod pii;
pub mod random;
pub mod recordable;
pub mod recording;
pub mod resolution;
pub mod sending;
pub mod settings;
pub mod sound;
pub mod switches;
pub mod table;
pub mod time;
pub mod trace;
pub mod voicemail;
pub mod western;

pub use callback::Callback;
pub use command::{Command, CommandError, CommandOutcome};
pub use event::{Alert, Event, Snapshot};
pub use id::{AttemptId, BlobId, CallId, CallbackId, FaxId, MailId, RecordingId, VoicemailId};
pub use inside::{Inside, Said};
pub use language::Language;
pub use limit::Source;
pub use number::{Numbering, PhoneNumber};
pub use offer::Offer;
pub use office::is_office;
pub use picture::PictureKind;
pub use pii::Pii;
pub use random::Random;
pub use recordable::{Recordable, Recorded};
pub use resolution::Resolution;
pub use settings::Settings;
pub use sound::Sound;
pub use switches::Switches;
pub use time::{Instant, Now, Wall};
