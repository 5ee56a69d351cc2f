//! A plan's text that is changed in single places: what is not meant keeps each of its bytes, notes and blank lines included. toml_edit says where
//! everything stands, and what is new is written there; nothing is ever written anew from a tree, in which order or notes could be lost.

use std::fmt::Write as _;
use std::ops::Range;

use toml_edit::{Document, InlineTable, Item, Key, Table, TableLike, Value};

use super::Refusal;

/// The text.
#[derive(Clone, Debug)]
pub(super) struct Text(String);

/// A table of the text, and how it is written.
#[derive(Clone, Copy)]
enum Found<'a> {
    /// Under a header of its own, or before the first.
    Headed(&'a Table),
    /// As the beginnings of keys: `holidays.country = "US"`.
    Dotted(&'a Table),
    /// In braces.
    Inline(&'a InlineTable),
}

impl<'a> Found<'a> {
    fn entries(self) -> &'a dyn TableLike {
        match self {
            Self::Headed(table) | Self::Dotted(table) => table,
            Self::Inline(table) => table,
        }
    }

    /// The table `step` in it. In a list of tables it is a number.
    fn inside(self, step: &str) -> Option<Result<Self, Refusal>> {
        Some(match self.entries().get(step)? {
            Item::Table(table) if table.is_dotted() => Ok(Self::Dotted(table)),
            Item::Table(table) => Ok(Self::Headed(table)),
            Item::Value(Value::InlineTable(table)) if !table.is_dotted() => Ok(Self::Inline(table)),
            _ => Err(Refusal::ByHand),
        })
    }
}

/// How far a path leads.
struct Way<'a> {
    at: Found<'a>,
    /// What of the path is not there.
    rest: Vec<&'a str>,
    /// The beginnings of keys that stand for the tables up to here.
    dots: Vec<&'a str>,
}

impl Text {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }

    /// The text under `key`, if one stands there.
    pub(super) fn string(&self, path: &[&str], key: &str) -> Option<String> {
        self.look(path, |found| found.entries().get(key)?.as_str().map(str::to_owned))
    }

    /// What stands under `key`, as it is written.
    pub(super) fn raw(&self, path: &[&str], key: &str) -> Option<String> {
        let at = self.look(path, |found| found.entries().get(key)?.span())?;
        self.0.get(at).map(|text| text.trim().to_owned())
    }

    /// The texts of a list under `key`; of a single text, that one.
    pub(super) fn strings(&self, path: &[&str], key: &str) -> Vec<String> {
        let read = |found: Found<'_>| {
            let item = found.entries().get(key)?;
            if let Some(one) = item.as_str() {
                return Some(vec![one.to_owned()]);
            }
            Some(item.as_array()?.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect())
        };
        self.look(path, read).unwrap_or_default()
    }

    pub(super) fn has(&self, path: &[&str], key: &str) -> bool {
        self.look(path, |found| found.entries().get(key).map(|_| ())).is_some()
    }

    /// The keys of a table, in their order.
    pub(super) fn keys(&self, path: &[&str]) -> Vec<String> {
        let keys = |found: Found<'_>| Some(found.entries().iter().map(|(key, _)| key.to_owned()).collect());
        self.look(path, keys).unwrap_or_default()
    }

    /// How many tables of this name follow each other (`[[name]]`).
    pub(super) fn count(&self, name: &str) -> usize {
        self.look(&[], |found| Some(found.entries().get(name)?.as_array_of_tables()?.len())).unwrap_or(0)
    }

    /// What somebody has noted behind the value of a key.
    pub(super) fn note(&self, path: &[&str], key: &str) -> Option<String> {
        let end = self.look(path, |found| Some(found.entries().get(key)?.span()?.end))?;
        let rest = self.0.get(end..line_end(&self.0, end))?.trim();
        Some(rest.strip_prefix('#')?.trim().to_owned()).filter(|note| !note.is_empty())
    }

    /// Lets `value`, written as TOML writes it, stand under `key`.
    pub(super) fn set(&mut self, path: &[&str], key: &str, value: &str) -> Result<(), Refusal> {
        let (at, new) = {
            let document = Document::parse(self.0.as_str()).map_err(|_| Refusal::ByHand)?;
            let way = walk(document.as_table(), path)?;
            match way.at.entries().get(key).filter(|_| way.rest.is_empty()) {
                Some(there) => self.replaced(there, value)?,
                None => self.added(document.as_table(), &way, path, key, value)?,
            }
        };
        self.splice(at, &new);
        Ok(())
    }

    /// The same with a note behind it, where a line has room for one.
    pub(super) fn set_noted(&mut self, path: &[&str], key: &str, value: &str, note: &str) -> Result<(), Refusal> {
        self.set(path, key, value)?;
        let note: String = note.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let Some(end) = self.look(path, |found| Some(found.entries().get(key)?.span()?.end)) else { return Ok(()) };
        let rest = self.0.get(end..line_end(&self.0, end)).unwrap_or_default().trim_end();
        let (at, is_free) = (end..end + rest.len(), rest.is_empty() || rest.trim_start().starts_with('#'));
        if is_free && !note.trim().is_empty() {
            self.splice(at, &format!("  # {}", note.trim()));
        }
        Ok(())
    }

    /// Takes a key away, with what is noted behind its value; a note on a line of its own stays.
    pub(super) fn remove(&mut self, path: &[&str], key: &str) -> Result<(), Refusal> {
        let at = {
            let document = Document::parse(self.0.as_str()).map_err(|_| Refusal::ByHand)?;
            let way = walk(document.as_table(), path)?;
            if !way.rest.is_empty() {
                return Err(Refusal::Gone);
            }
            let own = entry(way.at.entries(), key).ok_or(Refusal::Gone)?;
            match way.at {
                Found::Inline(table) => self.in_braces(table, key, own)?,
                Found::Headed(_) | Found::Dotted(_) => line_start(&self.0, own.start)..next_line(&self.0, own.end),
            }
        };
        self.splice(at, "");
        Ok(())
    }

    /// Takes a table away, with all that stands in it and what is noted in it and right above it. Of two blank lines that meet then one goes.
    pub(super) fn take(&mut self, path: &[&str]) -> Result<(), Refusal> {
        let lines = {
            let document = Document::parse(self.0.as_str()).map_err(|_| Refusal::ByHand)?;
            let way = walk(document.as_table(), path)?;
            match way.at {
                _ if !way.rest.is_empty() => return Err(Refusal::Gone),
                Found::Headed(table) | Found::Dotted(table) => Some(lines_of(&self.0, table)),
                Found::Inline(_) => None,
            }
        };
        let Some(lines) = lines else {
            let (key, path) = path.split_last().ok_or(Refusal::Gone)?;
            return self.remove(path, key);
        };
        for at in with_notes(&self.0, lines).into_iter().rev() {
            let start = at.start;
            self.splice(at, "");
            self.close_gap(start);
        }
        Ok(())
    }

    /// One more table of a list (`[[name]]`), after the last; of its lines each has a key and a value as TOML writes it.
    pub(super) fn push(&mut self, name: &str, lines: &[(&str, String)]) -> Result<(), Refusal> {
        let end = {
            let document = Document::parse(self.0.as_str()).map_err(|_| Refusal::ByHand)?;
            match document.get(name) {
                None => self.0.len(),
                Some(Item::ArrayOfTables(all)) => {
                    let ends = all.iter().filter_map(|table| end_of(table, true)).max();
                    past_notes(&self.0, next_line(&self.0, ends.ok_or(Refusal::ByHand)?))
                }
                Some(_) => return Err(Refusal::ByHand),
            }
        };
        let new_line = self.new_line();
        let lines: String = lines.iter().map(|(key, value)| format!("{} = {value}{new_line}", bare(key))).collect();
        let (at, block) = self.line(end, &format!("{new_line}[[{name}]]{new_line}{lines}"));
        self.splice(at, &block);
        Ok(())
    }

    /// Two tables of a list change places, each with the notes right above it.
    pub(super) fn swap(&mut self, name: &str, first: usize, second: usize) -> Result<(), Refusal> {
        let (first, second) = {
            let document = Document::parse(self.0.as_str()).map_err(|_| Refusal::ByHand)?;
            let all = document.get(name).and_then(Item::as_array_of_tables).ok_or(Refusal::ByHand)?;
            let block = |n: usize| {
                let table = all.get(n).ok_or(Refusal::Gone)?;
                let start = table.span().ok_or(Refusal::ByHand)?.start;
                Ok(above_notes(&self.0, line_start(&self.0, start))..end_of(table, true).ok_or(Refusal::ByHand)?)
            };
            (block(first)?, block(second)?)
        };
        // As far as the line goes: what is noted behind the last value goes along.
        let text = |at: &Range<usize>| {
            self.0.get(at.start..line_end(&self.0, at.end)).unwrap_or_default().trim_end().to_owned()
        };
        let (one, other) = (text(&first), text(&second));
        self.splice(second.start..second.start + other.len(), &one);
        self.splice(first.start..first.start + one.len(), &other);
        Ok(())
    }

    /// Where lines were, two blank ones may follow each other, or one may begin or end the text.
    fn close_gap(&mut self, at: usize) {
        let is_blank = |line: Range<usize>| self.0.get(line).is_some_and(|line| line.trim().is_empty());
        let before = line_start(&self.0, at.saturating_sub(1))..at;
        let after = at..next_line(&self.0, at);
        if is_blank(before.clone()) && is_blank(after.clone()) {
            self.splice(if before.is_empty() { after } else { before }, "");
        }
    }

    fn look<T>(&self, path: &[&str], read: impl FnOnce(Found<'_>) -> Option<T>) -> Option<T> {
        let document = Document::parse(self.0.as_str()).ok()?;
        let way = walk(document.as_table(), path).ok().filter(|way| way.rest.is_empty())?;
        read(way.at)
    }

    fn splice(&mut self, at: Range<usize>, new: &str) {
        self.0.replace_range(at, new);
    }

    /// What takes the place of a value. Notes in a list belong to whoever wrote them, and so does their list.
    fn replaced(&self, there: &Item, value: &str) -> Result<(Range<usize>, String), Refusal> {
        let at = there.span().filter(|_| there.is_value()).ok_or(Refusal::ByHand)?;
        let is_list = there.is_array() || there.is_inline_table();
        if is_list && self.0.get(at.clone()).is_some_and(has_note) {
            return Err(Refusal::ByHand);
        }
        Ok((at, value.to_owned()))
    }

    fn added(
        &self,
        root: &Table,
        way: &Way<'_>,
        path: &[&str],
        key: &str,
        value: &str,
    ) -> Result<(Range<usize>, String), Refusal> {
        let (text, new_line) = (&self.0, self.new_line());
        match way.at {
            Found::Inline(table) => {
                let nested = way.rest.iter().skip(1).chain([&key]).rev();
                let (mut key, mut value) = (key, value.to_owned());
                if let Some(first) = way.rest.first() {
                    value = nested.fold(value, |value, key| format!("{{ {} = {value} }}", bare(key)));
                    key = *first;
                }
                let line = format!("{} = {value}", bare(key));
                Ok(match last_end(table) {
                    Some(end) => (end..end, format!(", {line}")),
                    None => (table.span().ok_or(Refusal::ByHand)?, format!("{{ {line} }}")),
                })
            }
            Found::Dotted(table) => {
                let at = next_line(text, end_of(table, false).ok_or(Refusal::ByHand)?);
                let keys: Vec<_> = way.dots.iter().chain(&way.rest).chain([&key]).map(|key| bare(key)).collect();
                Ok(self.line(at, &format!("{} = {value}{new_line}", keys.join("."))))
            }
            Found::Headed(table) if way.rest.is_empty() && !table.is_implicit() => {
                let at = end_of(table, false).map_or(0, |end| next_line(text, end));
                Ok(self.line(at, &format!("{} = {value}{new_line}", bare(key))))
            }
            Found::Headed(table) => {
                // Beside what stands there already; what is the first of its kind comes last.
                let is_root = std::ptr::eq(table, root);
                let end = end_of(table, true).filter(|_| !is_root).unwrap_or(text.len());
                let header: Vec<_> = path.iter().map(|key| bare(key)).collect();
                let header = header.join(".");
                let block = format!("{new_line}[{header}]{new_line}{} = {value}{new_line}", bare(key));
                Ok(self.line(past_notes(text, next_line(text, end)), &block))
            }
        }
    }

    /// New lines at the beginning of a line; the last line of a text may have no end.
    fn line(&self, at: usize, new: &str) -> (Range<usize>, String) {
        let open = at == self.0.len() && !self.0.is_empty() && !self.0.ends_with('\n');
        (at..at, if open { format!("{}{new}", self.new_line()) } else { new.to_owned() })
    }

    /// As the text has them.
    fn new_line(&self) -> &'static str {
        if self.0.contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// An entry between braces, with the comma that parts it from its neighbour.
    fn in_braces(&self, table: &InlineTable, key: &str, own: Range<usize>) -> Result<Range<usize>, Refusal> {
        if table.span().and_then(|at| self.0.get(at)).is_some_and(has_note) {
            return Err(Refusal::ByHand);
        }
        let places: Vec<_> = table.iter().filter_map(|(key, _)| Some((key, entry(table, key)?))).collect();
        let at = places.iter().position(|(other, _)| *other == key).ok_or(Refusal::Gone)?;
        Ok(match (places.get(at + 1), at.checked_sub(1).and_then(|before| places.get(before))) {
            (Some((_, next)), _) => own.start..next.start,
            (None, Some((_, before))) => before.end..own.end,
            (None, None) => own,
        })
    }
}

/// As far as the path leads.
fn walk<'a>(root: &'a Table, path: &[&'a str]) -> Result<Way<'a>, Refusal> {
    let (mut at, mut dots, mut steps) = (Found::Headed(root), Vec::new(), path.iter());
    while let Some(step) = steps.next() {
        if let Some(Item::ArrayOfTables(all)) = at.entries().get(step) {
            let number = steps.next().and_then(|number| number.parse().ok());
            at = Found::Headed(number.and_then(|number: usize| all.get(number)).ok_or(Refusal::Gone)?);
            continue;
        }
        let Some(next) = at.inside(step) else {
            let rest = std::iter::once(*step).chain(steps.copied()).collect();
            return Ok(Way { at, rest, dots });
        };
        at = next?;
        match at {
            Found::Dotted(_) => dots.push(*step),
            _ => dots.clear(),
        }
    }
    Ok(Way { at, rest: Vec::new(), dots })
}

/// The lines of a table: its header, its entries, and the tables in it.
fn lines_of(text: &str, table: &Table) -> Vec<Range<usize>> {
    let lines = |at: Range<usize>| line_start(text, at.start)..next_line(text, at.end);
    let header = table.span().filter(|at| !at.is_empty() && !table.is_dotted());
    let mut all: Vec<_> = header.into_iter().map(lines).collect();
    for (key, item) in table {
        match item {
            Item::Table(inner) => all.extend(lines_of(text, inner)),
            Item::ArrayOfTables(inner) => all.extend(inner.iter().flat_map(|inner| lines_of(text, inner))),
            _ => all.extend(entry(table, key).map(lines)),
        }
    }
    all
}

/// The same lines with the notes between them, and with those right above and right below what has a header. Those with which the text begins
/// are about all of it, and stay.
fn with_notes(text: &str, mut lines: Vec<Range<usize>>) -> Vec<Range<usize>> {
    lines.sort_by_key(|at| at.start);
    let part = |at: Range<usize>| text.get(at).unwrap_or_default();
    let is_note = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let first = |at: &Range<usize>| part(at.clone()).lines().find(|line| !is_note(line)).map(str::trim_start);
    let is_headed = |at: &Range<usize>| first(at).is_some_and(|line| line.starts_with('['));
    let mut all: Vec<Range<usize>> = Vec::new();
    for mut at in lines {
        let notes = above_notes(text, at.start);
        if notes > 0 && is_headed(&at) {
            at.start = notes;
        }
        match all.last_mut() {
            Some(before) if part(before.end..at.start).lines().all(is_note) => before.end = before.end.max(at.end),
            _ => all.push(at),
        }
    }
    all.into_iter().map(|at| if is_headed(&at) { at.start..past_notes(text, at.end) } else { at }).collect()
}

/// Where an entry stands, from its key to the end of its value.
fn entry(table: &dyn TableLike, key: &str) -> Option<Range<usize>> {
    let value = table.get(key)?;
    if !value.is_value() {
        return None;
    }
    Some(table.key(key).and_then(Key::span)?.start..value.span()?.end)
}

fn last_end(table: &InlineTable) -> Option<usize> {
    table.iter().filter_map(|(_, value)| value.span()).map(|at| at.end).max()
}

/// Where a table ends: its header, its entries, and, if `whole`, the tables in it.
fn end_of(table: &Table, whole: bool) -> Option<usize> {
    let own = table.span().filter(|at| !at.is_empty()).map(|at| at.end);
    let of = |item: &Item| match item {
        Item::Value(Value::InlineTable(inline)) if inline.is_dotted() => last_end(inline),
        Item::Value(value) => value.span().map(|at| at.end),
        Item::Table(inner) if whole || inner.is_dotted() => end_of(inner, whole),
        Item::ArrayOfTables(all) if whole => all.iter().filter_map(|inner| end_of(inner, true)).max(),
        _ => None,
    };
    table.iter().filter_map(|(_, item)| of(item)).chain(own).max()
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |n| n + 1)
}

/// Where the line of this place ends, before its end of line.
fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |n| at + n)
}

fn next_line(text: &str, at: usize) -> usize {
    text.len().min(line_end(text, at) + 1)
}

/// Behind the notes that begin at this line, if a blank line says that they belong to what stands before them.
fn past_notes(text: &str, at: usize) -> usize {
    let mut end = at;
    while text.get(end..).is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with('#')) {
        end = next_line(text, end);
    }
    let is_own = text.get(end..line_end(text, end)).is_none_or(|line| line.trim().is_empty());
    if is_own { end } else { at }
}

/// Where the notes begin that stand right above this line.
fn above_notes(text: &str, mut at: usize) -> usize {
    while at > 0 {
        let before = line_start(text, at - 1);
        if !text.get(before..at).is_some_and(|line| line.trim_start().starts_with('#')) {
            break;
        }
        at = before;
    }
    at
}

/// True if somebody has noted something in this list or table.
fn has_note(value: &str) -> bool {
    let (mut quote, mut escaped) = (None, false);
    for c in value.chars() {
        match (quote, c) {
            (None, '#') => return true,
            (None, '"' | '\'') => quote = Some(c),
            (Some('"'), '\\') if !escaped => {
                escaped = true;
                continue;
            }
            (Some(open), c) if open == c && !escaped => quote = None,
            _ => {}
        }
        escaped = false;
    }
    false
}

/// A key as people write it: days stand in quotes, although TOML would do without.
fn bare(key: &str) -> String {
    let is_number = !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit());
    let is_word = is_number || key.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_bare = is_word && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if is_bare { key.to_owned() } else { quoted(key) }
}

/// A text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => drop(write!(out, "\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A list of texts as TOML writes it.
pub(super) fn list(texts: &[String]) -> String {
    let all: Vec<_> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", all.join(", "))
}
