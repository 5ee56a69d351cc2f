//! The text of a mail: its subject, and what of its body belongs on a cover page.

use std::collections::BTreeMap;

use mail_parser::{Message, MessagePartId, MimeHeaders, PartType};
use model::western::meant;
use model::{Pii, html};

use super::{Config, Refusal, alphabet};

/// Longest subject that is kept, in characters: it stands in lists and on a cover page.
const SUBJECT: usize = 200;
/// The word in a subject that forbids the cover page.
const NO_COVER: &str = "nocover";
/// Lines that mail programs of phones put below an otherwise empty mail.
const PHONE_SIGNATURES: [&str; 4] =
    ["sent from my ", "get outlook for ", "sent from outlook", "sent from mail for windows"];

/// One line of visible characters, at most `longest` of them, spaces collapsed. What is cut ends with "…".
pub(super) fn one_line(text: &str, longest: usize) -> String {
    let visible: String = text.chars().map(meant).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().nth(longest).is_none() {
        return line;
    }
    // Whoever reads it must see that there was more.
    line.chars().take(longest - 1).chain(['…']).collect()
}

/// The subject without the word `nocover`, and whether it was there.
pub(super) fn subject(text: &str) -> (String, bool) {
    let line = one_line(text, usize::MAX);
    let is_word = |word: &&str| word.trim_matches(['[', ']', '(', ')', ',', ';', ':']).eq_ignore_ascii_case(NO_COVER);
    let no_cover = line.split(' ').any(|word| is_word(&word));
    let rest: Vec<&str> = line.split(' ').filter(|word| !is_word(word)).collect();
    (one_line(&rest.join(" "), SUBJECT), no_cover)
}

/// Bytes of a letter in UTF-8.
const LONGEST_LETTER: usize = 4;

/// What stands in a mail besides its attachments.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// For the cover page; `None` if nothing is left.
    pub(super) text: Option<String>,
    /// What is not: the signatures of people and of telephones, by name.
    pub(super) dropped: Vec<Pii<String>>,
}

/// The body as text without the signature.
pub(super) fn written(message: &Message<'_>, config: &Config) -> Result<Written, Refusal> {
    let mut whole = String::new();
    let mut dropped = Vec::new();
    for letter in letters(message) {
        let Text { letter, below, .. } = letter.read(message, config)?;
        if !whole.is_empty() {
            whole.push('\n');
        }
        whole.push_str(&letter);
        dropped.extend(name_of_lines("what stood below the mark of a signature", below));
    }
    let text = whole.trim_end().trim_start_matches('\n').to_owned();
    if text.chars().count() > config.max_text || text.lines().count() > config.max_lines {
        return Err(Refusal::TextTooLong);
    }
    if has_words(&text) {
        return Ok(Written { text: Some(text), dropped });
    }
    dropped.extend(name_of_lines("what a mail program wrote below the mail", words_of(text.lines()).count()));
    Ok(Written { text: None, dropped })
}

/// A body, or one that was written twice (multipart/alternative), as the numbers of the parts that are it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Letter {
    plain: Vec<MessagePartId>,
    html: Vec<MessagePartId>,
}

impl Letter {
    /// Its text, and how many lines with words stood below the mark of a signature. The plain version, as its sender may have written it,
    /// unless there is nothing in it, or the other says what is lost in it: a dose that is struck out there is given here.
    fn read(&self, message: &Message<'_>, config: &Config) -> Result<Text, Refusal> {
        let plain = read(&self.plain, message, config)?;
        if self.html == self.plain {
            return Ok(plain);
        }
        let html = read(&self.html, message, config)?;
        let says_more = html.is_marked || !has_words(&plain.letter);
        Ok(if says_more && has_words(&html.letter) { html } else { plain })
    }
}

/// What stands in some parts of a mail.
#[derive(Debug, Default)]
struct Text {
    letter: String,
    /// Lines with words below the mark of a signature.
    below: usize,
    /// It was HTML, and says more than its letters.
    is_marked: bool,
}

/// The bodies in the order of the mail: those below one multipart/alternative are one letter.
fn letters(message: &Message<'_>) -> Vec<Letter> {
    let mut all: BTreeMap<MessagePartId, Letter> = BTreeMap::new();
    let written_twice = alternatives(message);
    let of = |id: MessagePartId| written_twice.get(id as usize).copied().flatten().unwrap_or(id);
    for id in &message.text_body {
        all.entry(of(*id)).or_default().plain.push(*id);
    }
    for id in &message.html_body {
        all.entry(of(*id)).or_default().html.push(*id);
    }
    all.into_values().collect()
}

/// For each part the outermost multipart/alternative that it stands in. A part stands before those that are in it.
fn alternatives(message: &Message<'_>) -> Vec<Option<MessagePartId>> {
    let mut above = vec![None; message.parts.len()];
    for (at, part) in message.parts.iter().enumerate() {
        let PartType::Multipart(inner) = &part.body else { continue };
        let own = part.is_content_type("multipart", "alternative").then_some(at as MessagePartId);
        let outermost = above[at].or(own);
        for id in inner {
            if let Some(above) = above.get_mut(*id as usize) {
                *above = outermost;
            }
        }
    }
    above
}

fn read(parts: &[MessagePartId], message: &Message<'_>, config: &Config) -> Result<Text, Refusal> {
    let mut whole = Text::default();
    for part in parts.iter().filter_map(|id| message.parts.get(*id as usize)) {
        let text = match &part.body {
            PartType::Text(text) => alphabet::text(message, part, text).ok_or(Refusal::Unreadable)?.into_owned(),
            PartType::Html(page) => {
                let page = alphabet::text(message, part, page).ok_or(Refusal::Unreadable)?;
                let page = html::read(&page, config.max_text * LONGEST_LETTER).ok_or(Refusal::TextTooLong)?;
                whole.is_marked |= page.is_marked;
                page.text
            }
            // Inline images stand among the bodies too; they were looked at as attachments.
            _ => continue,
        };
        if !whole.letter.is_empty() {
            whole.letter.push('\n');
        }
        let (letter, below) = without_signature(&text);
        whole.letter.push_str(&letter);
        whole.below += below;
    }
    Ok(whole)
}

fn name_of_lines(what: &str, lines: usize) -> Option<Pii<String>> {
    let unit = if lines == 1 { "line" } else { "lines" };
    (lines > 0).then(|| Pii::new(format!("{what} ({lines} {unit})")))
}

/// Lines of a signature that is cut. RFC 3676 knows of four; a clinic adds its address and a notice, and more is a part of the letter.
const SIGNATURE: usize = 10;

/// Lines without trailing spaces, up to the last mark "-- " of a signature (RFC 3676, 4.3), and how many lines with words stood below it.
/// What is no signature is the letter: a list below a line of dashes, or what was answered or passed on below it.
fn without_signature(text: &str) -> (String, usize) {
    let lines: Vec<&str> = lines(text).collect();
    let mark = lines.iter().rposition(|line| *line == "-- ").filter(|at| is_signature(&lines[at + 1..]));
    let end = mark.unwrap_or(lines.len());
    let letter = lines[..end].iter().map(|line| clean(line).trim_end().to_owned()).collect::<Vec<_>>().join("\n");
    (letter, words_of(lines[end..].iter().skip(1).copied()).count())
}

/// What stands apart by a sign that ends a line, on whatever machine: a carriage return alone, or one that a page or a column ends by.
/// A text has doses on either side of it.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.trim_end_matches('\r').split(['\r', '\x0b', '\x0c']))
}

/// A line in visible letters, and a blank for a sign that no paper has; what stands behind a tabulator stays in its column.
fn clean(line: &str) -> String {
    let (mut shown, mut column) = (String::with_capacity(line.len()), 0);
    for c in line.chars().map(meant) {
        match c {
            '\t' => {
                let blanks = STOP - column % STOP;
                shown.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
                continue;
            }
            '\u{feff}' => continue,
            '\u{a0}' => shown.push(' '),
            c if c.is_control() => shown.push(' '),
            c => shown.push(c),
        }
        column += 1;
    }
    shown
}

/// Columns from one stop of a tabulator to the next.
const STOP: usize = 8;

/// The lines that have words.
fn words_of<'a>(lines: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    lines.map(str::trim).filter(|line| !line.is_empty())
}

fn is_signature(below: &[&str]) -> bool {
    let words = || words_of(below.iter().copied());
    words().nth(SIGNATURE).is_none() && !words().any(begins_another_letter)
}

/// A quoted line, or what mail programs write above a letter that is answered or passed on.
fn begins_another_letter(line: &str) -> bool {
    let line = line.to_lowercase();
    line.starts_with(['>', '|']) || ABOVE.iter().any(|above| line.starts_with(above)) || line.ends_with(':')
}

/// Rules, "Begin forwarded message", and the first line of a head: with "On Tuesday Nurse wrote:", in any language, all that they write.
const ABOVE: [&str; 11] =
    ["---", "___", "===", "***", "begin forwarded", "from:", "sent:", "date:", "subject:", "von:", "de:"];

/// False for nothing but blank lines and the signature of a phone.
fn has_words(text: &str) -> bool {
    let of_phone = |line: &str| {
        let line = line.to_ascii_lowercase();
        PHONE_SIGNATURES.iter().any(|signature| line.starts_with(signature))
    };
    words_of(text.lines()).any(|line| !of_phone(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(text: &str) -> String {
        without_signature(text).0
    }

    #[test]
    fn nocover_is_a_word_of_the_subject() {
        for (text, expected) in [
            ("Referral for Tuesday", ("Referral for Tuesday", false)),
            ("nocover", ("", true)),
            ("Referral [NoCover]  for Tuesday", ("Referral for Tuesday", true)),
            ("nocovering", ("nocovering", false)),
            ("two\r\nlines\tof it", ("two lines of it", false)),
        ] {
            let (subject, no_cover) = subject(text);
            assert_eq!((subject.as_str(), no_cover), expected);
        }
    }

    #[test]
    fn a_subject_that_is_cut_says_so() {
        let long = "x".repeat(SUBJECT);
        assert_eq!(subject(&long).0, long);
        assert_eq!(subject(&format!("{long}y")).0, format!("{}…", &long[1..]));
        assert_eq!(subject(&format!("{long} nocover")), (long, true), "what is behind the end is a word too");
    }

    #[test]
    fn a_signature_alone_is_no_text() {
        assert!(!has_words(&letter("\n \n-- \nDr. Who\n555-0100")));
        assert!(!has_words("\n Sent from my telephone\n"));
        assert!(has_words("Please call.\nSent from my telephone"));
        assert_eq!(letter("a \r\nb\r\n-- \r\nc"), "a\nb");
        assert_eq!(letter("\tAM\nAspirin\t5\t\n\u{feff}A\u{a0}5"), "        AM\nAspirin 5\nA 5", "columns stay");
    }

    #[test]
    fn what_stands_below_a_line_of_dashes_is_text_unless_it_is_a_signature() {
        let kept = |text: &str| assert_eq!(letter(text), text.replace("-- \n", "--\n"), "{text}");
        // A rule, as people draw one.
        kept("Medication\n--\nAspirin 100 mg");
        // A reply above the letter that it answers, or that it passes on.
        kept("See below.\n-- \nNurse\n\nOn Tuesday Dr. Who wrote:\n> Please fax the results.");
        kept("See below.\n-- \nNurse\n\n-----Original Message-----\nPlease fax the results.");
        kept("See below.\n-- \nNurse\n\nFrom: Dr. Who\nSubject: Results\n\nPlease fax the results.");
        kept("See below.\n-- \nNurse\n\nBegin forwarded message:\n\nPlease fax the results.");
        // Longer than any signature (RFC 3676 knows of four lines).
        kept(&format!("Medication\n-- \n{}", "Aspirin\n".repeat(11).trim_end()));
        // The last one counts, however short the letter is between them.
        for lines in [1, 2, 11] {
            let list = format!("Medication\n-- \n{}", "Aspirin\n".repeat(lines));
            let kept = list.replace("-- \n", "--\n");
            assert_eq!(letter(&format!("{list}-- \nNurse")), kept.trim_end(), "{list}");
        }
        assert_eq!(letter(&format!("Medication\n-- \n{}", "Nurse\n\n".repeat(10))), "Medication");
    }

    #[test]
    fn a_dose_keeps_its_dash() {
        let html = "Content-Type: text/html; charset=utf-8\r\n\r\n<p>5&#150;10 mg, the patient&#146;s</p>\r\n";
        let message = mail_parser::MessageParser::default().parse(html).expect("a mail");
        let body = written(&message, &Config::default()).expect("short").text;
        assert_eq!(body.as_deref(), Some("5–10 mg, the patient’s"));
        assert_eq!(one_line("5\u{96}10 mg", SUBJECT), "5–10 mg");
    }
}
