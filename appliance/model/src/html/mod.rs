//! The text of a page or a mail in HTML, as it goes on paper.
//!
//! Promises: what stands apart on a screen stands apart here. A block is a line of its own. The lines of a row's cells stand beside each
//! other, with bars between them, around an empty cell too and one that reaches into the row from above or from the side, so that no dose
//! runs into the next one or slips into another row or column. A table in a cell has lines of its own, below those of the row so far. What
//! a browser shows as text is here, in the letters that it shows it in, and of a form what is filled in; styles, scripts and titles are not,
//! nor are pictures, nor what an element [hides](hidden) by itself. What is quoted has "> " before each line of it, as in the text of a mail, so that
//! it is seen who said what. It is read from its first letter to its last, tags that are not closed and tags in tags among them, and nothing
//! calls itself.

mod faces;
mod flow;
mod hidden;
mod names;
mod select;
mod symbols;
mod table;
mod tag;

use faces::Faces;
use flow::{Flow, Script};
use hidden::{Ended, Hidden};
use html5gum::{StartTag, Token, Tokenizer};
use names::{is_apart, is_block, is_mark, is_of_table, is_set, is_unread};
use select::{Kind, Select};
use symbols::Face;
use table::{Level, Row, Table};

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// The text.
    pub text: String,
    /// It says what letters alone do not: a table, what is struck out, raised or lowered, a form, letters of another face, or that some
    /// are hidden. The plain version that a mail program makes of it has lost that.
    pub is_marked: bool,
}

/// The text of `source`; `None` if it has more than `longest` bytes.
pub fn text(source: &str, longest: usize) -> Option<String> {
    read(source, longest).map(|read| read.text)
}

/// The text of `source`, and whether it says more than letters do; `None` if it has more than `longest` bytes. A letter that ends in
/// something hidden, or that hides all that it has, was not meant so: it is read again, with all of it.
pub fn read(source: &str, longest: usize) -> Option<Read> {
    let paper = paper_of(source, longest, true)?;
    let (is_closed, has_hidden) = (paper.hidden.is_none(), paper.has_hidden);
    let read = paper.finish()?;
    if is_closed && !(has_hidden && read.text.trim().is_empty()) {
        return Some(read);
    }
    paper_of(source, longest, false)?.finish()
}

/// `hides`: what the page hides is left out.
fn paper_of(source: &str, longest: usize, hides: bool) -> Option<Paper> {
    let mut paper = Paper::new(longest, hides);
    let mut tokens = Tokenizer::new(source);
    while let Some(Ok(token)) = tokens.next() {
        match token {
            Token::StartTag(tag) => {
                paper.start(&tag);
                if let Some(state) = tag::inside(&tag) {
                    tokens.set_state(state);
                }
            }
            Token::EndTag(tag) => paper.end(&tag.name),
            Token::String(letters) => paper.letters(&String::from_utf8_lossy(&letters)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => (),
        }
        if paper.is_full() {
            return None;
        }
    }
    Some(paper)
}

/// Lists in lists that are numbered and set in, and tables in tables whose columns are counted; nobody writes half as many.
const DEEPEST: usize = 64;
/// So many lists are set in: the others have no room on paper.
const SET_IN: usize = 4;

/// A table, and what was begun outside of its cells: a cell ends all that was begun in it.
#[derive(Default)]
struct Around {
    table: Table,
    struck: usize,
    /// How many faces there are outside of the table, outside of the group, of the row, and of the cell.
    faces: [usize; 4],
}

/// What was read so far.
struct Paper {
    longest: usize,
    page: Flow,
    /// The cell that we are in. The others of its row wait for it, since they have the same lines.
    cell: Option<(usize, Flow)>,
    row: Row,
    /// What stands in no table, and the tables that we are in.
    tables: Vec<Around>,
    too_deep: usize,
    /// It is longer than that.
    is_over: bool,
    /// The lists that we are in, with the number of the next item if they have numbers.
    lists: Vec<Option<i64>>,
    /// What the next letter has before it since it begins an item.
    mark: Option<String>,
    unread: usize,
    /// What is hidden is left out, and whether something was.
    hides: bool,
    has_hidden: bool,
    hidden: Option<Hidden>,
    set: usize,
    struck: usize,
    faces: Faces,
    select: Option<Select>,
    is_marked: bool,
}

impl Paper {
    fn new(longest: usize, hides: bool) -> Self {
        Self {
            longest,
            page: Flow::default(),
            cell: None,
            row: Row::default(),
            tables: vec![Around::default()],
            too_deep: 0,
            is_over: false,
            lists: Vec::new(),
            mark: None,
            unread: 0,
            hides,
            has_hidden: false,
            hidden: None,
            set: 0,
            struck: 0,
            faces: Faces::default(),
            select: None,
            is_marked: false,
        }
    }

    fn flow(&mut self) -> &mut Flow {
        self.cell.as_mut().map_or(&mut self.page, |(_, flow)| flow)
    }

    fn start(&mut self, tag: &StartTag<()>) {
        let name = tag.name.as_slice();
        if is_unread(name) && !tag.self_closing {
            self.unread += 1;
        }
        if self.unread > 0 || self.hidden.as_mut().is_some_and(|hidden| hidden.start(tag)) {
            return;
        }
        self.end_hidden();
        if self.select.is_some() && self.in_select(tag) {
            return;
        }
        let hidden = Hidden::begins(tag);
        let is_apart = hidden.is_some() || tag::is_set_apart(tag);
        if let Some(hidden) = hidden.filter(|_| self.hides) {
            return self.start_hidden(tag, hidden);
        }
        self.part(name);
        match name {
            b"br" => self.flow().break_line(),
            b"table" => self.start_table(),
            b"tr" => {
                self.end_row();
                self.around().table.start_row();
            }
            b"td" | b"th" => self.start_cell(tag),
            b"ol" => self.list(Some(tag::number(tag, "start").unwrap_or(1))),
            b"ul" | b"menu" | b"dir" => self.list(None),
            b"li" => self.item(tag::number(tag, "value")),
            b"del" | b"s" | b"strike" => self.struck += 1,
            b"sup" | b"sub" => self.flow().start_script(Script::of(name)),
            b"blockquote" => self.flow().start_quote(),
            b"input" => self.input(tag),
            b"select" => {
                let many = tag::has(tag, "multiple");
                let is_open = many || tag::number(tag, "size").is_some_and(|size| size > 1);
                self.select = Some(Select::new(many, is_open));
            }
            _ if is_set(name) => self.set += 1,
            _ => (),
        }
        if is_apart {
            self.flow().blank();
        }
        if !tag.self_closing {
            self.faces.start(name, tag::face(tag), is_apart);
        }
        if let Some(level) = Level::of(name).filter(|_| self.too_deep == 0) {
            self.within(level);
        }
        self.is_marked |= is_mark(name) || self.faces.current() != Face::Plain;
    }

    fn end(&mut self, name: &[u8]) {
        if self.unread > 0 {
            self.unread -= usize::from(is_unread(name));
            return;
        }
        match self.hidden.as_mut().map(|hidden| hidden.end(name)) {
            Some(Ended::Nothing) => return,
            Some(Ended::Hidden) => return self.end_of_hidden(name),
            Some(Ended::Around) => self.end_hidden(),
            None => (),
        }
        match (&mut self.select, name) {
            (Some(select), b"option" | b"optgroup") => return select.end_option(),
            (Some(_), b"select") => return self.end_select(),
            (Some(_), _) if is_of_table(name) || is_block(name) => self.end_select(),
            _ => (),
        }
        self.part(name);
        match name {
            // As browsers read "</br>".
            b"br" => self.flow().break_line(),
            b"table" => self.end_table(),
            b"tr" => self.end_row(),
            // What stands between two cells is in neither.
            b"td" | b"th" => {
                self.flow().blank();
                self.end_in_cell();
            }
            b"ol" | b"ul" | b"menu" | b"dir" => {
                self.lists.pop();
                self.mark = None;
            }
            b"li" => self.mark = None,
            b"del" | b"s" | b"strike" => {
                self.struck = self.struck.saturating_sub(1).max(self.around().struck);
                if self.struck == 0 {
                    self.flow().end_struck();
                }
            }
            b"sup" | b"sub" => self.flow().end_script(Script::of(name)),
            b"blockquote" => self.flow().end_quote(),
            _ if is_set(name) => self.set = self.set.saturating_sub(1),
            _ => (),
        }
        // Those of a table were left with what they are.
        let is_left = self.tables.len() > 1 && is_of_table(name) || name == b"table";
        if !is_left && self.faces.end(name, is_block(name)) {
            self.flow().blank();
        }
    }

    /// What both ends of an element do.
    fn part(&mut self, name: &[u8]) {
        if matches!(name, b"tbody" | b"tfoot" | b"thead") {
            self.end_row();
            self.around().table.end_group();
            self.leave(Level::Group);
        } else if is_block(name) {
            self.flow().block();
        } else if is_apart(name) {
            self.flow().blank();
        }
    }

    fn around(&mut self) -> &mut Around {
        self.tables.last_mut().expect("what stands in no table is never taken away")
    }

    /// The row that it stands in goes on below it.
    fn start_table(&mut self) {
        self.write_row();
        self.around().table.interrupt();
        if self.tables.len() < DEEPEST {
            let (struck, faces) = (self.struck, [self.faces.depth(); 4]);
            self.tables.push(Around { struck, faces, ..Around::default() });
        } else {
            self.too_deep += 1;
            self.around().table.end_group();
        }
    }

    fn end_table(&mut self) {
        self.end_row();
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return self.around().table.interrupt();
        }
        self.leave(Level::Table);
        if self.tables.len() > 1 {
            self.tables.pop();
        }
        self.around().table.interrupt();
    }

    /// What has a face of its own begins there, and what stands in it.
    fn within(&mut self, level: Level) {
        let depth = self.faces.depth();
        self.around().faces[level as usize + 1..].fill(depth);
    }

    /// What was begun there, or in what stands in it, ends.
    fn leave(&mut self, level: Level) {
        if self.tables.len() > 1 {
            let depth = self.around().faces[level as usize];
            self.faces.back_to(depth);
            self.within(level);
        }
    }

    fn start_cell(&mut self, tag: &StartTag<()>) {
        self.end_cell();
        self.end_in_cell();
        let columns = usize::try_from(tag::span(tag, "colspan")).unwrap_or(usize::MAX);
        let column = self.around().table.cell(columns, tag::span(tag, "rowspan"));
        self.cell = Some((column, Flow::of_cell()));
    }

    fn end_cell(&mut self) {
        if let Some((column, cell)) = self.cell.take() {
            self.row.push(column, cell);
        }
        self.mark = None;
    }

    /// What is struck out in one cell is not in the next, but in a table that stands in it.
    fn end_in_cell(&mut self) {
        if self.tables.len() > 1 {
            self.struck = self.around().struck;
            self.leave(Level::Cell);
        }
    }

    fn write_row(&mut self) {
        self.end_cell();
        let fits = self.row.write(&mut self.page, self.longest);
        self.is_over |= !fits;
        self.page.below();
    }

    fn end_row(&mut self) {
        self.write_row();
        self.end_in_cell();
        self.leave(Level::Row);
        self.around().table.end_row();
    }

    /// What it would have ended by its beginning ends; one that is only invisible has its column.
    fn start_hidden(&mut self, tag: &StartTag<()>, hidden: Hidden) {
        let name = tag.name.as_slice();
        match name {
            b"tr" => self.end_row(),
            b"td" | b"th" if hidden.takes_room() => self.start_cell(tag),
            b"td" | b"th" => {
                self.end_cell();
                self.end_in_cell();
            }
            b"table" => self.flow().block(),
            _ => self.part(name),
        }
        (self.has_hidden, self.is_marked) = (true, true);
        self.hidden = Some(hidden);
    }

    fn end_of_hidden(&mut self, name: &[u8]) {
        if self.hidden.take().is_some_and(|hidden| hidden.takes_room()) {
            self.flow().blank();
        }
        match name {
            b"table" => self.flow().block(),
            _ => self.part(name),
        }
    }

    /// Something else ended it, and what was in it may stand right beside what follows.
    fn end_hidden(&mut self) {
        if self.hidden.take().is_some() {
            self.flow().blank();
        }
    }

    fn list(&mut self, first: Option<i64>) {
        if self.lists.len() < DEEPEST {
            self.lists.push(first);
        }
    }

    fn item(&mut self, number: Option<i64>) {
        let sign = match self.lists.last_mut() {
            Some(Some(next)) => {
                let this = number.unwrap_or(*next);
                *next = this.saturating_add(1);
                format!("{this}. ")
            }
            Some(None) | None => "- ".to_owned(),
        };
        let depth = self.lists.len().saturating_sub(1).min(SET_IN);
        self.mark = Some("  ".repeat(depth) + &sign);
    }

    /// What is filled in, or ticked.
    fn input(&mut self, tag: &StartTag<()>) {
        match tag::kind(tag).as_str() {
            "checkbox" | "radio" => self.word(if tag::has(tag, "checked") { "☒" } else { "☐" }),
            "button" | "color" | "file" | "hidden" | "image" | "password" | "range" | "reset" | "submit" => (),
            _ => self.word(tag::value(tag)),
        }
    }

    /// True if a browser takes the tag for a part of the list.
    fn in_select(&mut self, tag: &StartTag<()>) -> bool {
        let name = tag.name.as_slice();
        match (&mut self.select, name) {
            (Some(select), b"option") => {
                let kind = match (tag::has(tag, "selected"), tag::has(tag, "disabled")) {
                    (true, _) => Kind::Chosen,
                    (false, true) => Kind::Disabled,
                    (false, false) => Kind::Other,
                };
                select.start_option(kind);
            }
            (Some(select), b"optgroup" | b"hr") => select.end_option(),
            // Nothing of this kind stands in a list: it was not closed, and the letter goes on.
            _ if is_of_table(name) || is_block(name) || matches!(name, b"input" | b"select") => {
                self.end_select();
                return name == b"select";
            }
            _ => (),
        }
        true
    }

    fn end_select(&mut self) {
        if let Some(select) = self.select.take() {
            self.word(&select.finish());
        }
    }

    /// What stands apart from the words beside it.
    fn word(&mut self, word: &str) {
        self.flow().blank();
        for c in word.chars() {
            if c.is_ascii_whitespace() || c.is_ascii_control() { self.flow().blank() } else { self.letter(c) }
        }
        self.flow().blank();
    }

    fn letters(&mut self, letters: &str) {
        if self.unread > 0 || self.hidden.is_some() {
            return;
        }
        if let Some(select) = &mut self.select {
            return select.letters(letters);
        }
        let face = self.faces.current();
        for c in letters.chars() {
            match c {
                '\n' if self.set > 0 => self.flow().break_line(),
                _ if c.is_ascii_whitespace() && self.set == 0 => self.flow().blank(),
                // No paper has it, and what stands beside it is no part of this.
                _ if c.is_ascii_control() && c != '\t' => self.flow().blank(),
                _ if face == Face::Plain => self.letter(c),
                _ => self.letter(face.shown(c)),
            }
            if self.is_full() {
                return;
            }
        }
    }

    fn letter(&mut self, c: char) {
        let (mark, struck) = (self.mark.take(), self.struck > 0);
        self.flow().letter(c, mark, struck);
    }

    fn is_full(&self) -> bool {
        let cell = self.cell.as_ref().map_or(0, |(_, flow)| flow.len());
        self.is_over || self.page.len() + self.row.len() + cell > self.longest
    }

    fn finish(mut self) -> Option<Read> {
        self.end_select();
        self.end_row();
        let text = if self.is_over { None } else { Some(self.page.finish()) };
        let text = text.filter(|text| text.len() <= self.longest)?;
        Some(Read { text, is_marked: self.is_marked })
    }
}

#[cfg(test)]
mod tests;
