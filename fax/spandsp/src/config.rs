//! What a terminal is set up with, and how it becomes what the C code takes: short texts of plain letters.

use std::ffi::CString;
use std::fmt;

use spandsp_sys as sys;

/// Where the pages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document<'a> {
    /// Send the TIFF file at `path`, from page `first` (counted from 0) to page `last`.
    Send {
        /// Such as `/proc/self/fd/4`.
        path: &'a str,
        /// The first page to send.
        first: u32,
        /// The last page to send; `None`: the last of the file.
        last: Option<u32>,
    },
    /// Write what arrives to the TIFF file at `path`, replacing what is there. The engine removes the file by its name if the call
    /// ends without a page, whatever it is: name only a file that is yours to lose.
    Receive {
        /// Such as `/proc/self/fd/4`.
        path: &'a str,
        /// The far end is told that a document lies ready for whoever asks for it (T.30 DIS, bit 9). It is read from this file once
        /// [`Events::agrees`](crate::Events::agrees) has let somebody have it, and need not be there before.
        ready: Option<&'a str>,
    },
    /// Call, and ask for the document that the far end holds ready (polling, T.30 DTC). It is written as by `Receive`.
    Fetch {
        /// Such as `/proc/self/fd/4`.
        path: &'a str,
    },
}

impl<'a> Document<'a> {
    /// True for the end that calls.
    pub(crate) const fn calls(self) -> bool {
        matches!(self, Self::Send { .. } | Self::Fetch { .. })
    }

    const fn path(self) -> &'a str {
        match self {
            Self::Send { path, .. } | Self::Receive { path, .. } | Self::Fetch { path } => path,
        }
    }

    const fn ready(self) -> Option<&'a str> {
        match self {
            Self::Receive { ready, .. } => ready,
            Self::Send { .. } | Self::Fetch { .. } => None,
        }
    }
}

/// How fine pages may be. Standard and fine ones are taken always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finest {
    /// R8 × 7.7, or 200 dots per inch.
    #[default]
    Fine,
    /// 300 dots per inch too.
    Dots300,
    /// 400 dots per inch too, which is R16 × 15.4, and R8 × 15.4.
    Dots400,
}

/// One end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config<'a> {
    /// What to send, or where to put what comes. Where nobody asks for a document, the caller sends and the answerer receives.
    pub document: Document<'a>,
    /// What we call ourselves (TSI, CSI): at most 20 digits, `+`, blanks or letters.
    pub ident: &'a str,
    /// Sending: the subaddress to ask for (SUB) and the digits to be let in by (SID), each at most 20 digits. What is empty is not sent,
    /// nor what the other end does not say that it knows. Fetching: the document that is wanted (SEP) and the password for it (PWD).
    pub subaddress: &'a str,
    /// See above.
    pub password: &'a str,
    /// The finest pages to offer, or to send to whoever takes them.
    pub finest: Finest,
    /// Pack pages by T.85 (JBIG) with whoever can, under error correction: a fifth less time on the line.
    pub t85: bool,
    /// Offer error correction (T.30 Annex A).
    pub ecm: bool,
    /// The fastest carrier to use: 14400 (V.17), 9600 (V.29) or 4800 (V.27ter).
    pub max_bit_rate: u16,
}

/// There is no memory for a terminal, or a text of the configuration is too long or holds a zero byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetupFailed;

impl fmt::Display for SetupFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fax terminal could not be set up")
    }
}

impl std::error::Error for SetupFailed {}

/// The texts of a configuration as C wants them.
pub(crate) struct Texts {
    pub(crate) path: CString,
    /// What lies ready, if anything does.
    pub(crate) ready: Option<CString>,
    pub(crate) ident: CString,
    pub(crate) subaddress: CString,
    pub(crate) password: CString,
}

impl Texts {
    pub(crate) fn new(config: &Config<'_>) -> Result<Self, SetupFailed> {
        let (path, ready) = (config.document.path(), config.document.ready());
        if path.len().max(ready.map_or(0, str::len)) > LONGEST_PATH {
            return Err(SetupFailed);
        }
        // T.30 has no letters beyond ASCII, and the engine refuses what is longer.
        let short = |text: &str| -> String {
            text.chars()
                .take(sys::T30_MAX_IDENT_LEN as usize)
                .map(|c| if matches!(c, ' '..='~') { c } else { '?' })
                .collect()
        };
        let text = |text: &str| CString::new(text).map_err(|_| SetupFailed);
        Ok(Self {
            path: text(path)?,
            ready: ready.map(text).transpose()?,
            ident: text(&short(config.ident))?,
            subaddress: text(&short(config.subaddress))?,
            password: text(&short(config.password))?,
        })
    }
}

/// The engine cuts a longer path off, silently.
pub(crate) const LONGEST_PATH: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_made_to_fit() {
        let config = Config {
            document: Document::Send { path: "/nowhere/none.tif", first: 0, last: None },
            ident: "Clínica, a text of far more than twenty",
            finest: Finest::Fine,
            t85: true,
            subaddress: "",
            password: "",
            ecm: true,
            max_bit_rate: 9600,
        };
        let texts = Texts::new(&config).unwrap();
        assert_eq!(texts.ident.to_str().unwrap(), "Cl?nica, a text of f");
        for path in ["/".repeat(300), "a\0b".to_owned()] {
            let config = Config { document: Document::Receive { path: &path, ready: None }, ..config };
            assert!(matches!(Texts::new(&config), Err(SetupFailed)));
        }
    }
}
