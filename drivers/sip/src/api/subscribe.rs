//! Subscriptions to what we know (RFC 6665): the lamps of extensions (dialog-info, RFC 4235), presence (PIDF, RFC 3863), and messages that
//! wait (RFC 3842); each also as a list of many (RFC 4662). And what keys of the phone's own switch (`as-feature-event`).
//!
//! The endpoint keeps the subscriptions: their dialogs, their time, one NOTIFY under way at a time. Its user decides who may subscribe, and
//! says what there is to know: when a subscription begins, when [`Event::StateWanted`](super::Event::StateWanted) asks, and whenever it changes.

use model::Pii;

use super::{Auth, Body, Flow};

/// A subscription, as numbered by the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(pub u64);

/// What can be subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Package {
    /// The calls of an extension: the lamp beside its key.
    Dialog,
    /// Whether somebody can be reached.
    Presence,
    /// How many messages wait.
    MessageSummary,
    /// Do-not-disturb and forwarding, for phones whose own keys switch them (BroadWorks calls it device feature key synchronization). A
    /// SUBSCRIBE of this package may bring what its phone wants to be changed.
    Features,
}

impl Package {
    /// All that there are.
    pub const ALL: [Self; 4] = [Self::Dialog, Self::Presence, Self::MessageSummary, Self::Features];

    /// As the header Event names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dialog => "dialog",
            Self::Presence => "presence",
            Self::MessageSummary => "message-summary",
            Self::Features => "as-feature-event",
        }
    }

    /// The type of its documents.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Dialog => "application/dialog-info+xml",
            Self::Presence => "application/pidf+xml",
            Self::MessageSummary => "application/simple-message-summary",
            Self::Features => "application/x-as-feature-event+xml",
        }
    }
}

/// Somebody wants to be told, or wants something to be changed of what they are told of.
#[derive(Clone, Debug)]
pub struct Subscribe {
    /// By which path it came.
    pub flow: Flow,
    /// What its credentials came to.
    pub auth: Auth,
    /// About whom: the user part of the Request-URI, unescaped. Inside a subscription that names us, and says nothing.
    pub about: Pii<String>,
    /// What.
    pub package: Package,
    /// For how long, in seconds; 0 asks only for how things stand now.
    pub expires: u32,
    /// It can read lists of many resources.
    pub lists: bool,
    /// It can read several documents in one body (`multipart/mixed`).
    pub mixed: bool,
    /// What its phone wants to be changed, in the package's own type; none if it only asks.
    pub wish: Option<Body>,
}

/// What there is to know, as the body of a NOTIFY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its type.
    pub content_type: String,
    /// Its text.
    pub body: Body,
}

/// Why we end a subscription (RFC 6665 section 4.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndOfSubscription {
    /// It may be asked for again at once.
    Deactivated,
    /// It may not be asked for again.
    Rejected,
    /// What it was about does not exist any more.
    NoResource,
    /// Its time is over.
    Timeout,
}

impl EndOfSubscription {
    /// As Subscription-State writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deactivated => "deactivated",
            Self::Rejected => "rejected",
            Self::NoResource => "noresource",
            Self::Timeout => "timeout",
        }
    }
}
