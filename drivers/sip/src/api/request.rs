//! Requests that belong to no call: messages of text (RFC 3428), and asking a phone whether it is there (OPTIONS).

use model::Pii;

use super::{Auth, Body, Document, Flow, NameAddr, Package};

/// The longest text of a message: with its headers it still travels in one datagram (RFC 3428 section 8).
pub const MAX_TEXT: usize = 1000;

/// A message of text.
#[derive(Clone, Debug)]
pub struct Message {
    /// By which path it came.
    pub flow: Flow,
    /// What its credentials came to.
    pub auth: Auth,
    /// Who sends it.
    pub from: NameAddr,
    /// To whom: the user part of the Request-URI, unescaped.
    pub to: Pii<String>,
    /// The type of its text.
    pub content_type: String,
    /// The text.
    pub body: Body,
}

/// A request that its user sends, as numbered by the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SendId(pub u64);

/// What is sent.
#[derive(Clone, Debug)]
pub enum Content {
    /// "Are you there?" (OPTIONS); any answer at all says yes.
    Options,
    /// How something stands, to a phone that never asked (RFC 3842 section 4.1): many learn of their messages in no other way.
    State {
        /// Of what it is.
        package: Package,
        /// All that there is to know.
        document: Document,
    },
    /// A message of text.
    Message {
        /// Its type.
        content_type: String,
        /// The text.
        body: Body,
    },
}

/// A request that belongs to no call.
#[derive(Clone, Debug)]
pub struct Sending {
    /// The Request-URI: a registered contact.
    pub uri: Pii<String>,
    /// Where to send it.
    pub flow: Flow,
    /// The proxies that it goes through.
    pub route: Vec<Pii<String>>,
    /// From.
    pub from: NameAddr,
    /// To.
    pub to: NameAddr,
    /// What.
    pub content: Content,
}
