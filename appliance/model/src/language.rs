//! The languages in which the appliance speaks on the telephone.

use serde::{Deserialize, Serialize};

/// A language of announcements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    /// American English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Spanish, as in the Americas.
    #[serde(rename = "es")]
    Spanish,
    /// French.
    #[serde(rename = "fr")]
    French,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::English, Self::Spanish, Self::French];

    /// Its tag (BCP 47), as settings and folders have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::French => "fr",
        }
    }

    /// The language that [`Language::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.word() == word)
    }
}
