//! Polling: one end asks for a document that the other holds ready (T.30 §3.2, DTC in place of DIS), and may have to name it (SEP) and to
//! be let in (PWD).
//!
//! A document that was asked for by name is not asked for without: what a machine gives then is somebody else's.

use model::Inside;

use super::frames::{FrameView, fcf};

/// What one call knows of it.
#[derive(Debug)]
pub(super) enum Polling {
    /// We ask.
    Asks {
        /// With a subaddress, and with a password.
        with: (bool, bool),
        /// What was said of both since the far end spoke last.
        said: (bool, bool),
        /// The far end has a document ready, and knows of subaddresses and of passwords.
        ready: bool,
        /// See above.
        takes: (bool, bool),
    },
    /// We give our document to whoever names what is to be named.
    Gives {
        /// Empty for what need not be.
        to: Inside,
        /// What the far end named.
        named: (Option<String>, Option<String>),
    },
}

impl Polling {
    pub(super) fn asks(inside: &Inside) -> Self {
        let with = (!inside.subaddress.expose().is_empty(), !inside.password.expose().is_empty());
        Self::Asks { with, said: (false, false), ready: false, takes: (false, false) }
    }

    pub(super) fn gives(to: &Inside) -> Self {
        Self::Gives { to: to.clone(), named: (None, None) }
    }

    /// A frame came or goes. False if it must not go: it asks for a document without its name.
    pub(super) fn frame(&mut self, incoming: bool, frame: FrameView<'_>) -> bool {
        match self {
            Self::Asks { said, ready, takes, .. } if incoming && frame.fcf() == fcf::DIS => {
                *said = (false, false);
                *ready = frame.has_document();
                *takes = (frame.takes_selection(), frame.takes_password());
            }
            Self::Asks { with, said, .. } if !incoming => match frame.fcf() {
                fcf::SEP => said.0 = true,
                fcf::PWD => said.1 = true,
                // The engine says its command once more by itself when nothing came, and leaves out what was named.
                fcf::DIS => return std::mem::take(said) == *with,
                _ => {}
            },
            Self::Gives { named, .. } if incoming => {
                if let Some(subaddress) = frame.selection() {
                    named.0 = Some(subaddress);
                }
                if let Some(password) = frame.polling_password() {
                    named.1 = Some(password);
                }
            }
            Self::Asks { .. } | Self::Gives { .. } => {}
        }
        true
    }

    /// There is a document.
    pub(super) const fn is_ready(&self) -> bool {
        !matches!(self, Self::Asks { ready: false, .. })
    }

    /// The far end's DIS or DTC has come: whether to go on.
    pub(super) fn agrees(&mut self) -> bool {
        match self {
            Self::Asks { with, ready, takes, .. } => *ready && (!with.0 || takes.0) && (!with.1 || takes.1),
            Self::Gives { to, named } => {
                let (subaddress, password) = std::mem::take(named);
                fits(to.subaddress.expose(), subaddress.as_deref()) && fits(to.password.expose(), password.as_deref())
            }
        }
    }
}

fn fits(needed: &str, named: Option<&str>) -> bool {
    needed.is_empty() || named == Some(needed)
}
