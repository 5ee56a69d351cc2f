//! `screen` of an extension, or of a number of the clinic.

use crate::check::Check;
use crate::read::Section;
use crate::screening::Screening;

impl<'t> Check<'t> {
    /// `screen = "unknown"`. `rings`: phones ring there, so that somebody can be told the name.
    pub(super) fn screening(&mut self, section: Section<'_, 't>, rings: bool) -> Screening {
        let Some(word) = self.reader.string(section, "screen") else { return Screening::default() };
        if !rings {
            let help = "take screen out here, and write it where phones ring: at the extension that callers are led to";
            self.reader.say(word.span, "nobody rings here who could be told the caller's name", help);
            return Screening::default();
        }
        let known = Screening::ALL.iter().find(|(w, _)| *w == word.value);
        if known.is_none() {
            let help = "write screen = \"unknown\" for callers whom the clinic has no name for, or \"all\" for all from outside";
            self.reader.say(word.span, "there are no such callers", help);
        }
        known.map_or_else(Screening::default, |(_, screening)| *screening)
    }
}
