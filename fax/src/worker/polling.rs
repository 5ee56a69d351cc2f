//! Polling: one end asks for a document that the other holds ready (T.30 §3.2, DTC in place of DIS), and may have to name it (SEP) and to
//! be let in (PWD).
//!
//! A document that was asked for by name is not asked for without: what a machine gives then is somebody else's.

use model::Inside;

use super::frames::{FrameView, Takes, fcf};

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
    /// We are asked.
    Asked {
        /// What the far end named since it last asked.
        named: (Option<String>, Option<String>),
        /// What pages its machine takes.
        takes: Takes,
    },
}

impl Default for Polling {
    /// Of an end that may be asked.
    fn default() -> Self {
        Self::Asked { named: (None, None), takes: Takes::default() }
    }
}

impl Polling {
    pub(super) fn asks(inside: &Inside) -> Self {
        let with = (!inside.subaddress.expose().is_empty(), !inside.password.expose().is_empty());
        Self::Asks { with, said: (false, false), ready: false, takes: (false, false) }
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
            Self::Asked { named, takes } if incoming => {
                if let Some(subaddress) = frame.selection() {
                    named.0 = Some(subaddress);
                }
                if let Some(password) = frame.polling_password() {
                    named.1 = Some(password);
                }
                if frame.is_command_to_send() {
                    *takes = frame.takes();
                }
            }
            Self::Asks { .. } | Self::Asked { .. } => {}
        }
        true
    }

    /// Fetching: their DIS has come. Whether to go on, and whether they have a document.
    pub(super) const fn agrees(&self) -> (bool, bool) {
        match self {
            Self::Asks { with, ready, takes, .. } => (*ready && (!with.0 || takes.0) && (!with.1 || takes.1), *ready),
            Self::Asked { .. } => (true, true),
        }
    }

    /// We are asked: for what, and which pages their machine takes. What was named counts once.
    pub(super) fn asked(&mut self) -> Option<(Inside, Takes)> {
        match self {
            Self::Asks { .. } => None,
            Self::Asked { named, takes } => {
                let (subaddress, password) = std::mem::take(named);
                let (subaddress, password) = (subaddress.unwrap_or_default(), password.unwrap_or_default());
                Some((Inside { subaddress: subaddress.into(), password: password.into() }, *takes))
            }
        }
    }
}
