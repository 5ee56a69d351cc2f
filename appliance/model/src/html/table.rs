//! Tables: which column a cell stands in, and the lines of a row.

use super::flow::Flow;

/// Columns and rows of one cell, and columns in which cells of rows above may stand: as many as browsers take.
const MOST_COLUMNS: usize = 1000;
const MOST_ROWS: u64 = 65_534;

/// What may set the letters in it in a face of its own, from without to within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Table,
    Group,
    Row,
    Cell,
}

impl Level {
    /// Cells have nothing of a table in them.
    pub(super) fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"table" => Some(Self::Table),
            b"tbody" | b"tfoot" | b"thead" => Some(Self::Group),
            b"tr" => Some(Self::Row),
            _ => None,
        }
    }
}

/// A table that we are in.
#[derive(Default)]
pub(super) struct Table {
    row: u64,
    is_open: bool,
    /// Where the next cell of the row stands, if none of a row above does.
    column: usize,
    /// The row goes on below a table that stood in it, so what it has there begins at the next cell.
    goes_on: bool,
    first: usize,
    /// For each column the row before which the cell that stands in it ends.
    spans: Vec<u64>,
}

impl Table {
    pub(super) fn start_row(&mut self) {
        self.end_row();
        self.is_open = true;
    }

    pub(super) fn end_row(&mut self) {
        if self.is_open {
            self.row += 1;
            (self.is_open, self.column, self.first, self.goes_on) = (false, 0, 0, false);
        }
    }

    /// No cell reaches into the next group.
    pub(super) fn end_group(&mut self) {
        self.end_row();
        self.spans.clear();
    }

    /// Another table stands in the row.
    pub(super) fn interrupt(&mut self) {
        self.goes_on = self.is_open;
    }

    /// The column of the next cell, which takes `columns` and `rows` (0: all that follow).
    pub(super) fn cell(&mut self, columns: usize, rows: u64) -> usize {
        self.is_open = true;
        while self.spans.get(self.column).is_some_and(|before| *before > self.row) {
            self.column += 1;
        }
        let at = self.column;
        if std::mem::take(&mut self.goes_on) {
            self.first = at;
        }
        let end = if at < MOST_COLUMNS { at + columns.clamp(1, MOST_COLUMNS) } else { at + 1 };
        if rows != 1 && at < MOST_COLUMNS {
            let before = if rows == 0 { u64::MAX } else { self.row + rows.min(MOST_ROWS) };
            let end = end.min(MOST_COLUMNS);
            self.spans.resize(self.spans.len().max(end), 0);
            self.spans[at..end].iter_mut().for_each(|open| *open = before.max(*open));
        }
        self.column = end;
        at - self.first
    }
}

/// The cells of a row so far, with their columns.
#[derive(Default)]
pub(super) struct Row {
    cells: Vec<(usize, String)>,
    len: usize,
}

impl Row {
    pub(super) fn push(&mut self, column: usize, cell: Flow) {
        let text = cell.finish();
        if !text.is_empty() {
            self.len += text.len();
            self.cells.push((column, text));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Line by line, so that what stands side by side in two cells does so on paper; false if that is longer than `longest`. Each line of
    /// a cell is looked at once.
    pub(super) fn write(&mut self, page: &mut Flow, longest: usize) -> bool {
        let row = std::mem::take(self);
        let mut open: Vec<_> = row.cells.iter().map(|(column, text)| (*column, text.split('\n'))).collect();
        let mut line = Vec::with_capacity(open.len());
        loop {
            line.clear();
            open.retain_mut(|(column, lines)| lines.next().map(|text| line.push((*column, text))).is_some());
            if line.is_empty() {
                return true;
            }
            if !page.row_line(&line, longest) || page.len() > longest {
                return false;
            }
        }
    }
}
