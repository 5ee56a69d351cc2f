//! The text of a page or a mail in HTML, as it goes on paper.
//!
//! Promises: what stands apart on a screen stands apart here. A block is a line of its own, and between the cells of a row there are
//! bars, around an empty cell too, so that no dose runs into the next one or slips into another column. What a browser shows as text is
//! here; styles, scripts and titles are not, nor are pictures. It is read once from its first letter to its last, tags that are not
//! closed and tags in tags among them, and nothing calls itself.

use html5gum::{StartTag, State, Token, Tokenizer};

/// The text of `source`; `None` if it has more than `longest` bytes.
pub fn text(source: &str, longest: usize) -> Option<String> {
    let mut paper = Paper::default();
    let mut tokens = Tokenizer::new(source);
    while let Some(Ok(token)) = tokens.next() {
        match token {
            Token::StartTag(tag) => {
                paper.start(&tag);
                if let Some(state) = inside(&tag) {
                    tokens.set_state(state);
                }
            }
            Token::EndTag(tag) => paper.end(&tag.name),
            Token::String(letters) => paper.letters(&String::from_utf8_lossy(&letters), longest),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => (),
        }
        if paper.len() > longest {
            return None;
        }
    }
    Some(paper.finish())
}

/// How what follows the tag is read: in some there are no tags.
fn inside(tag: &StartTag<()>) -> Option<State> {
    match tag.name.as_slice() {
        // Of XHTML and of drawings. A browser would take all that follows for its inside, and we would lose a letter.
        _ if tag.self_closing => None,
        b"title" | b"textarea" => Some(State::RcData),
        b"style" | b"iframe" | b"noembed" | b"noframes" | b"xmp" => Some(State::RawText),
        b"script" => Some(State::ScriptData),
        b"plaintext" => Some(State::PlainText),
        _ => None,
    }
}

fn is_hidden(name: &[u8]) -> bool {
    matches!(name, b"iframe" | b"noembed" | b"noframes" | b"script" | b"style" | b"template" | b"title")
}

/// What keeps its blanks and line ends.
fn is_set(name: &[u8]) -> bool {
    matches!(name, b"listing" | b"plaintext" | b"pre" | b"textarea" | b"xmp")
}

const BLOCKS: &str = "\
    address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure \
    footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav noscript ol \
    optgroup option p plaintext pre search section select summary textarea ul xmp";

fn is_block(name: &[u8]) -> bool {
    BLOCKS.split(' ').any(|block| block.as_bytes() == name)
}

fn is_of_table(name: &[u8]) -> bool {
    matches!(name, b"table" | b"tbody" | b"tfoot" | b"thead" | b"tr")
}

/// What stands between words though it has none.
fn is_apart(name: &[u8]) -> bool {
    matches!(name, b"audio" | b"button" | b"canvas" | b"img" | b"input" | b"object" | b"svg" | b"video")
}

/// Lists in lists that are numbered and set in; nobody writes half as many.
const DEEPEST: usize = 64;
/// So many of them are set in: the others have no room on paper.
const SET_IN: usize = 4;

/// What was read so far.
#[derive(Default)]
struct Paper {
    /// Whole lines.
    done: String,
    line: String,
    /// Where the letters of the line end. Behind them are blanks, and bars of cells in which nothing stands.
    lettered: usize,
    /// The line has a letter, or a blank that was written to be there.
    held: bool,
    /// Line ends that the next letter has before it. None is written before it is known that there is one, since those at the end of
    /// a cell do not part it from the next.
    breaks: usize,
    /// The next letter has a blank before it.
    blank: bool,
    /// Something stands in this block or cell.
    begun: bool,
    /// The row has a cell.
    in_row: bool,
    /// The lists that we are in, with the number of the next item if they have numbers.
    lists: Vec<Option<i64>>,
    /// What the next letter has before it since it begins an item.
    mark: Option<String>,
    hidden: usize,
    set: usize,
    struck: usize,
    /// Its words are on paper.
    is_struck: bool,
    raised: bool,
}

impl Paper {
    fn start(&mut self, tag: &StartTag<()>) {
        let name = tag.name.as_slice();
        if is_hidden(name) && !tag.self_closing {
            self.hidden += 1;
        }
        if self.hidden > 0 {
            return;
        }
        self.part(name);
        match name {
            b"br" => self.break_line(),
            b"td" | b"th" => self.cell(),
            b"ol" => self.list(Some(number(tag, b"start").unwrap_or(1))),
            b"ul" | b"menu" | b"dir" => self.list(None),
            b"li" => self.item(number(tag, b"value")),
            b"del" | b"s" | b"strike" => self.struck += 1,
            b"sup" => self.raised = true,
            _ if is_set(name) => self.set += 1,
            _ => (),
        }
    }

    fn end(&mut self, name: &[u8]) {
        if self.hidden > 0 {
            self.hidden -= usize::from(is_hidden(name));
            return;
        }
        self.part(name);
        match name {
            // As browsers read "</br>".
            b"br" => self.break_line(),
            // What stands between two cells is in neither.
            b"td" | b"th" => self.blank = true,
            b"ol" | b"ul" | b"menu" | b"dir" => {
                self.lists.pop();
                self.mark = None;
            }
            b"li" => self.mark = None,
            b"del" | b"s" | b"strike" => {
                self.struck = self.struck.saturating_sub(1);
                self.end_struck();
            }
            b"sup" => self.raised = false,
            _ if is_set(name) => self.set = self.set.saturating_sub(1),
            _ => (),
        }
    }

    /// What both ends of an element do.
    fn part(&mut self, name: &[u8]) {
        if is_of_table(name) {
            // Also below a row of empty cells. The row that a table stands in goes on below it.
            if !self.line.is_empty() {
                self.breaks = self.breaks.max(1);
            }
            (self.begun, self.in_row) = (false, false);
        } else if is_block(name) && self.begun {
            self.breaks = self.breaks.max(1);
            self.begun = false;
        } else if is_apart(name) {
            self.blank = true;
        }
    }

    fn break_line(&mut self) {
        self.breaks += 1;
        (self.begun, self.blank) = (false, false);
    }

    fn cell(&mut self) {
        if self.in_row {
            self.breaks = 0;
            self.line.push_str(if self.line.is_empty() || self.line.ends_with(' ') { "| " } else { " | " });
        }
        (self.begun, self.blank, self.in_row, self.mark) = (false, false, true, None);
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

    fn letters(&mut self, letters: &str, longest: usize) {
        if self.hidden > 0 {
            return;
        }
        for c in letters.chars() {
            match c {
                '\n' if self.set > 0 => self.break_line(),
                _ if c.is_ascii_whitespace() && self.set == 0 => self.blank = true,
                _ => self.letter(c),
            }
            if self.len() > longest {
                return;
            }
        }
    }

    fn letter(&mut self, c: char) {
        let parted = self.breaks > 0 || self.blank;
        self.write_breaks();
        if self.blank && self.begun {
            self.line.push(' ');
        }
        if let Some(mark) = self.mark.take() {
            self.line.push_str(&mark);
        }
        // A dose that was struck out must not be read as one that is given.
        if self.struck > 0 && !self.is_struck && !c.is_whitespace() {
            self.line.push_str("[struck out: ");
            self.is_struck = true;
        }
        // 10 to the 9th is not 109.
        if self.raised && !parted && self.line.ends_with(|c: char| c.is_ascii_digit()) {
            let raises = c.is_ascii_digit() || matches!(c, '-' | '+' | '\u{2212}' | '\u{2013}');
            self.line.push_str(if raises { "^" } else { "" });
        }
        (self.blank, self.begun, self.held, self.raised) = (false, true, true, false);
        self.line.push(c);
        if !c.is_whitespace() {
            self.lettered = self.line.len();
        }
    }

    fn end_struck(&mut self) {
        if self.is_struck && self.struck == 0 {
            self.line.push(']');
            self.lettered = self.line.len();
            self.is_struck = false;
        }
    }

    fn write_breaks(&mut self) {
        if self.breaks == 0 {
            return;
        }
        self.end_line();
        self.done.extend(std::iter::repeat_n('\n', self.breaks - 1));
        self.breaks = 0;
    }

    /// A line of bars alone is none; one of a blank that was written to be there is an empty one.
    fn end_line(&mut self) {
        if self.held {
            self.done.push_str(&self.line[..self.lettered]);
            self.done.push('\n');
        }
        self.line.clear();
        (self.lettered, self.held) = (0, false);
    }

    fn len(&self) -> usize {
        self.done.len() + self.line.len()
    }

    fn finish(mut self) -> String {
        self.struck = 0;
        self.end_struck();
        self.end_line();
        self.done.trim_matches('\n').to_owned()
    }
}

fn number(tag: &StartTag<()>, name: &[u8]) -> Option<i64> {
    let value = tag.attributes.get(name)?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(text(html, usize::MAX).as_deref(), Some(expected), "{html}");
    }

    #[test]
    fn cells_of_a_row_have_bars_between_them() {
        let row = "<tr><td>Metoprolol</td><td>5</td><td>10</td></tr>";
        check(&format!("<table>{row}{row}</table>"), "Metoprolol | 5 | 10\nMetoprolol | 5 | 10");
        // An empty one keeps its column, however it is empty.
        for empty in ["", " ", "&nbsp;", "<p>&nbsp;</p>", "<br>", "<p><br></p>", "<img src=\"cid:dot\">"] {
            check(
                &format!("<tr><td>A</td><td>{empty}</td><td>5</td><td>{empty}</td></tr>"),
                &match empty.contains("&nbsp;") {
                    true => "A | \u{a0} | 5".to_owned(),
                    false => "A | | 5".to_owned(),
                },
            );
        }
        check("<tr><th></th><th>Mon</th></tr><tr><td>A</td><td>5</td></tr>", "| Mon\nA | 5");
        // Word makes a paragraph of each.
        check(
            "<TR>\n<TD><P CLASS=MsoNormal>A</P></TD>\n<TD><P>5</P></TD></TR>\n<TR><TD><P>B</P></TD></TR>",
            "A | 5\nB",
        );
        // Nothing is closed.
        check("<table><tr><td>A<td>5<tr><td>B<td>10", "A | 5\nB | 10");
        // Two lines in a cell.
        check("<tr><td>A</td><td>5 mg<br>at noon</td><td>10</td></tr>", "A | 5 mg\nat noon | 10");
        check("<table><tr><td></td><td></td></tr></table>after", "after");
    }

    #[test]
    fn a_table_in_a_cell_has_lines_of_its_own() {
        let inner = "<table><tr><td>B</td><td>5</td></tr><tr><td>C</td><td>10</td></tr></table>";
        check(
            &format!("<table><tr><td>A</td><td>{inner}</td><td>D</td><td>E</td></tr></table>F"),
            "A\nB | 5\nC | 10\nD | E\nF",
        );
    }

    #[test]
    fn a_block_is_a_line() {
        for name in ["div", "p", "h1", "section", "blockquote", "DIV", "center", "dd", "pre", "header"] {
            check(
                &format!("<{name}>Metoprolol 5</{name}><{name} title=\"a>b\">0.5 tablets</{name}>"),
                "Metoprolol 5\n0.5 tablets",
            );
            check(&format!("Metoprolol 5<{name}>0.5 tablets"), "Metoprolol 5\n0.5 tablets");
        }
        check("a<hr>b", "a\nb");
        check("<div>a</div><div><br></div><div>b</div>", "a\n\nb");
        check("<p>a</p><p>&nbsp;</p><p>b</p>", "a\n\nb");
        check("a<br>b<br clear=\"all\">c<br/><br/>d<br>", "a\nb\nc\n\nd");
        check("<div><div><div>a</div></div></div>\n <b>b</b>\n<i>c</i>d", "a\nb cd");
        check("<pre>A   5\n B 10\n</pre>C", "A   5\n B 10\nC");
        check("5<img src=x>10", "5 10");
    }

    #[test]
    fn items_have_their_signs() {
        check("<ul><li>A 5</li><li>B 10<ul><li>noon<li></ul></ul>C", "- A 5\n- B 10\n  - noon\nC");
        check("Take<ol><li><p>A</p></li><li value=4>B<li>C</ol>", "Take\n1. A\n4. B\n5. C");
        check("<ol start=\"3\"><li>A</ol><li>B", "3. A\n- B");
    }

    #[test]
    fn what_is_not_shown_is_not_printed() {
        check("<html><head><title>T</title><style type=\"text/css\">p{a:b}</style></head><body>a</body></html>", "a");
        check("<script src=x>if (1<2) document.write('<b>')</script>a<!-- b --><template><p>c</p></template>d", "ad");
        // A head that is not closed, and a title that is none.
        check("<head><title/>a<p>K+ <3.5 &amp; Na > 130 &lt;140", "a\nK+ <3.5 & Na > 130 <140");
        check("5&#150;10 mg, the patient&#146;s", "5–10 mg, the patient’s");
    }

    #[test]
    fn what_changes_a_number_is_said() {
        check(
            "4.5 x 10<sup>9</sup>/L, 10<sup>-3</sup>, CO<sub>2</sub>, m<sup>2</sup>, 1<sup>st</sup>",
            "4.5 x 10^9/L, 10^-3, CO2, m2, 1st",
        );
        check("A <s>5 mg</s> 10 mg <del> </del>", "A [struck out: 5 mg] 10 mg");
        check("<tr><td><strike>5<br>6</strike></td><td>7", "[struck out: 5\n6] | 7");
        check("<s>5", "[struck out: 5]");
    }

    #[test]
    fn what_is_too_long_is_not_cut() {
        assert_eq!(text("<p>abc</p>", 3).as_deref(), Some("abc"));
        assert_eq!(text("<p>abcd</p>", 3), None);
        assert_eq!(text(&format!("a{}b", "<br>".repeat(100)), 50), None);
    }

    /// A hundred thousand tags each; a converter that looks back at all that are open would be at it for minutes.
    #[test]
    fn deep_and_broken_pages_are_read_once() {
        let many = 100_000;
        for piece in [
            "<div>",
            "<table><tr><td>",
            "<ol><li>a",
            "<p",
            "<!--",
            "&",
            "<b a='",
            "</",
            "<sup>1",
            "<s>a",
            "<td><br>",
            "<style>",
            "<![CDATA[",
        ] {
            let page = piece.repeat(many);
            assert!(text(&page, usize::MAX).is_some_and(|text| text.len() <= 40 * many), "{piece}");
        }
    }
}
