//! A list to choose from, of which paper shows what was chosen.

/// A list that we are in.
#[derive(Default)]
pub(super) struct Select {
    /// It stands open, with room for more than one: then nothing is chosen that does not say so.
    is_open: bool,
    /// More than one may be chosen.
    many: bool,
    option: Option<(Kind, String)>,
    chosen: Option<String>,
    first: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Chosen,
    Other,
    /// It cannot be chosen.
    Disabled,
}

impl Select {
    pub(super) fn new(many: bool, is_open: bool) -> Self {
        Self { many, is_open, ..Self::default() }
    }

    pub(super) fn start_option(&mut self, kind: Kind) {
        self.end_option();
        self.option = Some((kind, String::new()));
    }

    pub(super) fn end_option(&mut self) {
        match self.option.take() {
            Some((Kind::Chosen, text)) => {
                let before = self.chosen.take().filter(|_| self.many);
                self.chosen = Some(before.map_or_else(String::new, |before| before + ", ") + text.trim());
            }
            Some((Kind::Other, text)) if self.first.is_none() => self.first = Some(text),
            _ => (),
        }
    }

    /// What stands in no option is shown nowhere.
    pub(super) fn letters(&mut self, letters: &str) {
        if let Some((_, text)) = &mut self.option {
            text.push_str(letters);
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.end_option();
        let by_itself = if self.is_open { None } else { self.first };
        self.chosen.or(by_itself).unwrap_or_default()
    }
}
