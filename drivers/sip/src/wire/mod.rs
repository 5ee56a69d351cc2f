//! The wire: bytes to messages and back.
//!
//! Reading has two stages. [`Message::parse`] only finds the lines: it is lenient (compact names, folded lines, bare line
//! feeds, any bytes in a value), keeps every header raw and in order, and copies the message once. [`check`] then reads what
//! a transaction needs and decides: a [`Request`], a [`Response`], a [`Refusal`] with the status to answer, or silence.
//! Writing has one door, [`Writer`], through which no value can smuggle a line break.
//!
//! Nothing here panics on any input or allocates more than a small multiple of it.

pub mod address;
mod auth;
mod challenge;
mod check;
mod event;
pub mod lex;
mod media;
mod message;
mod name;
mod reason;
mod refer;
mod reliable;
mod replaces;
pub mod stream;
pub(crate) mod stun;
mod timer;
pub mod uri;
mod via;
mod write;

pub use address::Address;
pub use auth::Credentials;
pub use challenge::Challenge;
pub use check::{Refusal, Request, Response, SUPPORTED, Verdict, check, without_extensions};
pub use event::{EventType, State, SubscriptionState};
pub use media::{MediaType, find_part, parts};
pub use message::{Defect, Header, Message, Start};
pub use name::Name;
pub use reason::Reason;
pub use refer::ReferTo;
pub use reliable::{RAck, rseq};
pub use replaces::DialogId;
/// The methods that have a name here; any other is an extension method.
pub use rsip::Method;
pub use timer::{MIN_SE, Refresher, SessionExpires, min_se};
pub use uri::{Scheme, Uri};
pub use via::Via;
pub use write::{Writer, readdress, reason, respond};

/// The largest message of a stream, and more than any datagram can hold.
pub const MAX_MESSAGE: usize = 64 * 1024;
/// The most header lines of a message. A phone sends about 20; a proxy chain adds a few Via and Record-Route each.
pub const MAX_HEADERS: usize = 256;
/// The longest header line. Phones' longest (Authorization, Contact with instance and GRUU) stay below 1 KiB.
pub const MAX_LINE: usize = 8 * 1024;
/// The longest Request-URI; above it 414.
pub const MAX_URI: usize = 4 * 1024;

/// Both stages at once: what one whole message, from a datagram or cut from a stream, means.
pub fn parse(data: &[u8]) -> Verdict {
    match Message::parse(data) {
        Some(message) => check(message),
        None => Verdict::Silence("no SIP message"),
    }
}

/// True if a message is a request that may be refused: it names a way back, and is no ACK.
pub fn answerable(message: &Message) -> bool {
    let Start::Request { method, .. } = message.start() else { return false };
    message.at(method) != b"ACK" && message.via().is_some()
}

/// The method of this name; names are compared exactly (RFC 3261 section 7.1).
pub fn method(text: &[u8]) -> Option<Method> {
    Some(match text {
        b"INVITE" => Method::Invite,
        b"ACK" => Method::Ack,
        b"BYE" => Method::Bye,
        b"CANCEL" => Method::Cancel,
        b"REGISTER" => Method::Register,
        b"OPTIONS" => Method::Options,
        b"INFO" => Method::Info,
        b"MESSAGE" => Method::Message,
        b"NOTIFY" => Method::Notify,
        b"PRACK" => Method::PRack,
        b"PUBLISH" => Method::Publish,
        b"REFER" => Method::Refer,
        b"SUBSCRIBE" => Method::Subscribe,
        b"UPDATE" => Method::Update,
        _ => return None,
    })
}

/// The name of a method. (`rsip` would allocate it.)
pub const fn method_name(method: Method) -> &'static str {
    match method {
        Method::Invite => "INVITE",
        Method::Ack => "ACK",
        Method::Bye => "BYE",
        Method::Cancel => "CANCEL",
        Method::Register => "REGISTER",
        Method::Options => "OPTIONS",
        Method::Info => "INFO",
        Method::Message => "MESSAGE",
        Method::Notify => "NOTIFY",
        Method::PRack => "PRACK",
        Method::Publish => "PUBLISH",
        Method::Refer => "REFER",
        Method::Subscribe => "SUBSCRIBE",
        Method::Update => "UPDATE",
    }
}
