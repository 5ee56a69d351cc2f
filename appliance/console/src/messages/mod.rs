//! The messages of a call for people: what each says in words ([`words`]), and all of them as a capture file ([`capture`]).

pub(crate) mod capture;
mod said;
pub(crate) mod words;
