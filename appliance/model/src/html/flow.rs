//! Lines that are being written: those of the page, or those of a cell.

/// What was read so far of the page or of a cell.
#[derive(Default)]
pub(super) struct Flow {
    /// Whole lines.
    done: String,
    line: String,
    /// Where the letters of the line end. Behind them are blanks.
    lettered: usize,
    /// The line has a letter, or a blank that was written to be there.
    held: bool,
    /// Line ends that the next letter has before it. None is written before it is known that there is one, since those at the end of
    /// a cell are no lines of it.
    breaks: usize,
    /// The next letter has a blank before it.
    blank: bool,
    /// Something stands in this block or cell.
    begun: bool,
    /// What is struck out is on paper, and not yet closed.
    is_struck: bool,
    scripts: Scripts,
    /// The quotations that we are in.
    quotes: usize,
    /// Its lines stand beside those of other cells: each of them counts, and blanks at its end are kept till the row is known.
    of_cell: bool,
}

impl Flow {
    pub(super) fn of_cell() -> Self {
        Self { of_cell: true, ..Self::default() }
    }

    /// A block begins or ends.
    pub(super) fn block(&mut self) {
        if self.begun {
            self.breaks = self.breaks.max(1);
            self.begun = false;
        }
    }

    /// A row or a table begins or ends.
    pub(super) fn below(&mut self) {
        if !self.line.is_empty() {
            self.breaks = self.breaks.max(1);
        }
        self.begun = false;
    }

    pub(super) fn break_line(&mut self) {
        self.breaks += 1;
        (self.begun, self.blank) = (false, false);
    }

    pub(super) fn blank(&mut self) {
        self.blank = true;
    }

    pub(super) fn start_script(&mut self, script: Script) {
        self.scripts.start(script);
    }

    pub(super) fn end_script(&mut self, script: Script) {
        self.scripts.end(script);
    }

    pub(super) fn start_quote(&mut self) {
        self.quotes += 1;
    }

    /// That of a quotation in which the cell stands is none.
    pub(super) fn end_quote(&mut self) {
        self.quotes = self.quotes.saturating_sub(1);
    }

    fn quote(&self) -> String {
        QUOTE.repeat(self.quotes.min(MOST_QUOTES))
    }

    /// The next letter, with what it has before it since it begins an item.
    pub(super) fn letter(&mut self, c: char, mark: Option<String>, struck: bool) {
        let parted = self.breaks > 0 || self.blank;
        self.write_breaks();
        if self.line.is_empty() {
            self.line = self.quote();
        }
        if self.blank && self.begun {
            self.line.push(' ');
        }
        self.line.push_str(&mark.unwrap_or_default());
        // A dose that was struck out must not be read as one that is given.
        if struck && !self.is_struck && !c.is_whitespace() {
            self.line.push_str("[struck out: ");
            self.is_struck = true;
        }
        let sign = self.scripts.letter(c, &self.line).filter(|_| !parted);
        self.line.extend(sign);
        (self.blank, self.begun, self.held) = (false, true, true);
        self.line.push(c);
        if !c.is_whitespace() {
            self.lettered = self.line.len();
        }
    }

    pub(super) fn end_struck(&mut self) {
        if self.is_struck {
            self.line.push(']');
            self.lettered = self.line.len();
            self.is_struck = false;
        }
    }

    fn write_breaks(&mut self) {
        if self.breaks == 0 {
            return;
        }
        let ended = usize::from(self.held);
        self.end_line();
        self.done.extend(std::iter::repeat_n('\n', self.breaks - ended));
        self.breaks = 0;
    }

    /// One of a blank that was written to be there is an empty one. What is struck out is so in each line: beside it there may be another cell's.
    fn end_line(&mut self) {
        self.end_struck();
        if self.held {
            self.done.push_str(if self.of_cell { &self.line } else { &self.line[..self.lettered] });
            self.done.push('\n');
        }
        self.line.clear();
        (self.lettered, self.held) = (0, false);
    }

    /// Writes one line of a row, of the cells that have it with their columns; false if it would be longer than `longest`. Bars at its end
    /// are none.
    pub(super) fn row_line(&mut self, cells: &[(usize, &str)], longest: usize) -> bool {
        self.below();
        self.write_breaks();
        self.blank = false;
        let lettered = cells.iter().rposition(|(_, text)| !text.trim().is_empty()).map_or(0, |last| last + 1);
        if lettered > 0 {
            self.done.push_str(&self.quote());
        }
        let start = self.done.len();
        let mut column = 0;
        for (at, text) in cells[..lettered].iter().filter(|(_, text)| !text.is_empty()) {
            if self.done.len() + BAR.len() * (at - column) > longest {
                return false;
            }
            for _ in column..*at {
                let apart = self.done.len() == start || self.done.ends_with(' ');
                self.done.push_str(if apart { BAR.trim_start() } else { BAR });
            }
            self.done.push_str(text);
            column = *at;
        }
        self.done.truncate(start + self.done[start..].trim_end().len());
        self.done.push('\n');
        true
    }

    pub(super) fn len(&self) -> usize {
        self.done.len() + self.line.len()
    }

    /// Its lines.
    pub(super) fn finish(mut self) -> String {
        self.end_struck();
        if self.of_cell {
            self.done.push_str(&self.line);
            return self.done;
        }
        self.end_line();
        self.done.trim_matches('\n').to_owned()
    }
}

/// Between two cells.
const BAR: &str = " | ";
/// Before a line that is quoted, and how often it stands there at most: deeper ones have no room on paper.
const QUOTE: &str = "> ";
const MOST_QUOTES: usize = 8;

/// Letters above or below their line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Raised,
    Lowered,
}

impl Script {
    pub(super) fn of(name: &[u8]) -> Self {
        if name == b"sup" { Self::Raised } else { Self::Lowered }
    }
}

/// Those that we are in, and the one that ended before the next letter. One right behind another of its kind is a part of it, and one
/// without a letter is none.
#[derive(Default)]
struct Scripts {
    depth: usize,
    /// The next letter is the first of it.
    begun: Option<Script>,
    lettered: bool,
    before: Option<Script>,
}

impl Scripts {
    fn start(&mut self, script: Script) {
        self.depth += 1;
        (self.begun, self.lettered) = (Some(script), false);
    }

    fn end(&mut self, script: Script) {
        if self.depth > 0 {
            self.depth -= 1;
            self.begun = None;
            if self.lettered {
                self.before = Some(script);
            }
        }
    }

    /// What stands before the next letter of the line: 10 to the 9th is not 109, and log10 of 5.2 is not log105.2.
    fn letter(&mut self, c: char, line: &str) -> Option<char> {
        let behind_digit = line.ends_with(|c: char| c.is_ascii_digit());
        self.lettered = true;
        match (self.begun.take(), self.before.take()) {
            (Some(script), Some(before)) if script == before => None,
            (Some(Script::Raised), _) => {
                let raises = c.is_ascii_digit() || matches!(c, '-' | '+' | '\u{2212}' | '\u{2013}');
                (raises && (behind_digit || line.ends_with(')'))).then_some('^')
            }
            (Some(Script::Lowered), _) => (c.is_ascii_digit() && behind_digit).then_some('_'),
            (None, Some(_)) => c.is_ascii_digit().then_some(' '),
            (None, None) => None,
        }
    }
}
