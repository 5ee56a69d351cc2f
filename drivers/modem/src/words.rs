//! What a modem says.

/// A result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// It is done.
    Ok,
    /// It cannot be done; of a frame that was received: its check sum is wrong.
    Error,
    /// Data goes or comes from here.
    Connect,
    /// The call rings.
    Ring,
    /// No carrier came, or the one that was there has gone.
    NoCarrier,
    /// Another carrier came than the one that was asked for (T.31 section 8.2.1: `+FCERROR`).
    OtherCarrier,
    /// The number is busy.
    Busy,
    /// There is no line.
    NoDialTone,
    /// Nobody answers.
    NoAnswer,
    /// It does not dial this number again so soon (Conexant, in countries that limit that).
    Delayed,
    /// It does not dial this number any more: too many calls came to nothing.
    Blacklisted,
}

impl Word {
    /// The result that a line is, whatever the model's way of writing it.
    pub fn read(line: &str) -> Option<Self> {
        let line = line.trim();
        // "CONNECT 14400", "RING 1", "NO CARRIER\0": models add to them.
        let begins = |word: &str| line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        Some(match () {
            () if line.eq_ignore_ascii_case("OK") => Self::Ok,
            () if begins("ERROR") || begins("+CME ERROR") => Self::Error,
            () if begins("CONNECT") => Self::Connect,
            () if begins("NO CARRIER") => Self::NoCarrier,
            () if begins("+FCERROR") => Self::OtherCarrier,
            () if begins("BUSY") => Self::Busy,
            () if begins("NO DIAL") => Self::NoDialTone,
            () if begins("NO ANSWER") => Self::NoAnswer,
            () if begins("DELAYED") => Self::Delayed,
            () if begins("BLACKLISTED") => Self::Blacklisted,
            () if begins("RINGING") => return None,
            () if begins("RING") => Self::Ring,
            () => return None,
        })
    }

    /// As T.31 writes it, or its maker.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Error => "ERROR",
            Self::Connect => "CONNECT",
            Self::Ring => "RING",
            Self::NoCarrier => "NO CARRIER",
            Self::OtherCarrier => "+FCERROR",
            Self::Busy => "BUSY",
            Self::NoDialTone => "NO DIALTONE",
            Self::NoAnswer => "NO ANSWER",
            Self::Delayed => "DELAYED",
            Self::Blacklisted => "BLACKLISTED",
        }
    }
}
