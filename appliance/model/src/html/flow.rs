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
    /// The next letter is the first of a superscript.
    raised: bool,
    /// A super- or subscript ended before the next letter.
    after_script: bool,
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

    /// A superscript begins. One right behind another is a part of it.
    pub(super) fn start_script(&mut self, raised: bool) {
        self.raised = raised && !self.after_script;
        self.after_script = false;
    }

    pub(super) fn end_script(&mut self) {
        (self.raised, self.after_script) = (false, true);
    }

    /// The next letter, with what it has before it since it begins an item.
    pub(super) fn letter(&mut self, c: char, mark: Option<String>, struck: bool) {
        let parted = self.breaks > 0 || self.blank;
        self.write_breaks();
        if self.blank && self.begun {
            self.line.push(' ');
        }
        self.line.push_str(&mark.unwrap_or_default());
        // A dose that was struck out must not be read as one that is given.
        if struck && !self.is_struck && !c.is_whitespace() {
            self.line.push_str("[struck out: ");
            self.is_struck = true;
        }
        // 10 to the 9th is not 109, and log10 of 5.2 is not log105.2.
        if self.raised && !parted && self.line.ends_with(|c: char| c.is_ascii_digit() || c == ')') {
            let raises = c.is_ascii_digit() || matches!(c, '-' | '+' | '\u{2212}' | '\u{2013}');
            self.line.push_str(if raises { "^" } else { "" });
        } else if self.after_script && !parted && c.is_ascii_digit() {
            self.line.push(' ');
        }
        (self.blank, self.begun, self.held, self.raised, self.after_script) = (false, true, true, false, false);
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
