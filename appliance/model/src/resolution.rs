//! How fine the pages of a fax are.

use serde::{Deserialize, Serialize};

/// The finest that the clinic offers to those who fax to it, and at which it renders what it sends. Finer pages are slower: a page of
/// 400 dots per inch takes two to three times as long on the line as a fine one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Resolution {
    /// 204 × 196 dots per inch, which every machine of the last thirty years takes.
    #[default]
    Fine,
    /// 300 × 300.
    Dots300,
    /// 408 × 391 (16 dots and 15.4 rows a millimetre), which machines of 400 × 400 take too.
    Dots400,
}

impl Resolution {
    /// All of them, the coarsest first.
    pub const ALL: [Self; 3] = [Self::Fine, Self::Dots300, Self::Dots400];

    /// A stable word for the settings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Dots300 => "300",
            Self::Dots400 => "400",
        }
    }

    /// The resolution that [`Resolution::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resolution| resolution.word() == word)
    }
}
