//! Faces that show other letters than are written: "m" in Symbol is "µ" on every screen, and 50 µg must not become 50 mg on paper.

/// How letters are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    /// As they are written.
    Plain,
    Symbol,
    Wingdings,
    Wingdings2,
    /// Pictures that we have no table of.
    Pictures,
}

impl Face {
    pub(super) fn named(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "symbol" | "symbol mt" | "symbolmt" => Self::Symbol,
            "wingdings" => Self::Wingdings,
            "wingdings 2" => Self::Wingdings2,
            "wingdings 3" | "webdings" | "zapfdingbats" | "zapf dingbats" | "itc zapf dingbats" => Self::Pictures,
            _ => Self::Plain,
        }
    }

    /// What a screen shows of the letter; "?" where we do not know for certain.
    pub(super) fn shown(self, c: char) -> char {
        // As Word writes them where it wants no other font to show them.
        let code = match u32::from(c) {
            code @ 0xf020..=0xf0ff => code - 0xf000,
            code => code,
        };
        let Some(letter) = char::from_u32(code).filter(|_| self != Self::Plain) else { return c };
        let [written, shown] = match self {
            _ if letter.is_whitespace() || letter.is_control() => return letter,
            Self::Symbol if code > 0xff => return c,
            Self::Symbol if SYMBOL_AS_WRITTEN.contains(letter) => return letter,
            Self::Symbol => SYMBOL,
            // Letters beside those of Windows' western code page are in no such font, and a screen takes them from another.
            _ if code > 0xff && !crate::western::WINDOWS.contains(&letter) => return c,
            Self::Wingdings => WINGDINGS,
            Self::Wingdings2 => WINGDINGS_2,
            Self::Plain | Self::Pictures => NONE,
        };
        written.chars().zip(shown.chars()).find(|(written, _)| *written == letter).map_or('?', |(_, shown)| shown)
    }
}

/// The signs of ASCII that Symbol has in their places.
const SYMBOL_AS_WRITTEN: &str = "!#%&()+,./0123456789:;<=>?[]_{|}";

/// The letters that are written, and in their order those that are shown.
const SYMBOL: [&str; 2] = [
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-*@~\"$\u{a3}\u{a5}\u{ab}\u{ac}\u{ad}\u{ae}\u{af}\u{b0}\u{b1}\u{b3}\u{b4}\u{b7}\u{b8}\u{b9}\u{bb}\u{d6}",
    "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖαβχδεφγηιϕκλµνοπθρστυϖωξψζ−∗≅∼∀∃≤∞↔←↑→↓°±≥×•÷≠≈√",
];
const WINGDINGS: [&str; 2] = ["x\u{fd}\u{fe}\u{a8}oq\u{fb}\u{fc}\u{a7}nlv\u{d8}\u{df}\u{e0}JL", "☒☒☑☐☐☐✗✓▪■●❖➢←→☺☹"];
const WINGDINGS_2: [&str; 2] = ["OPRS\u{a3}", "✗✓☑☒☐"];
const NONE: [&str; 2] = ["", ""];
