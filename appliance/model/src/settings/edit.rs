//! Changes of single things in the text of the settings: what a form of the console says, written where a person would write it. Comments, order
//! and all else stay byte for byte as they are, since the text is somebody's own; so it is cut and pasted, not written anew.
//!
//! A result is settings as far as the form was right: whoever uses it checks it as a whole ([`Settings::parse`](super::Settings::parse)).
//! What these functions promise by themselves is that nothing else has changed: a text in which that cannot be had is left alone, and the person is
//! told to change it as text.

use std::ops::Range;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::Problem;
use super::media::Media;
use super::person::{Person, PhoneFax, Right};

type Read<'t> = Spanned<DeValue<'t>>;

/// Writes a person behind the others.
///
/// # Errors
/// A text that cannot be read, or is written too unusually to be changed.
pub fn add_person(text: &str, person: &Person) -> Result<String, Problem> {
    let read = read(text)?;
    let said = said_of(person);
    let mut wanted = table(text)?;
    let values = said.iter().filter_map(|(key, value)| Some(((*key).to_owned(), value.clone()?))).collect();
    people_of(&mut wanted)?.push(Value::Table(values));
    let lines: Vec<String> =
        said.iter().filter_map(|(key, value)| Some(format!("{key} = {}", value.as_ref()?))).collect();
    let splices = match people(&read) {
        None => Lines::new(text).append_block(text.len(), "people", &lines),
        Some((list, array)) => match list.last() {
            Some(last) if is_section(text, last) => {
                let end = Lines::new(text).end_of_block(end_of(last));
                Lines::new(text).append_block(end, "people", &lines)
            }
            last => into_list(text, array, last, &format!("{{ {} }}", lines.join(", "))),
        },
    };
    done(text, splices, &wanted)
}

/// Makes the person with this extension one that is as `person` says. What they are already is not written again.
///
/// # Errors
/// As [`add_person`], and if there is nobody with this extension.
pub fn change_person(text: &str, person: &Person) -> Result<String, Problem> {
    let read = read(text)?;
    let (list, _) = people(&read).ok_or_else(|| nobody(&person.extension))?;
    let index = index_of(&list, &person.extension)?;
    let mut wanted = table(text)?;
    let mut splices = Vec::new();
    for (key, value) in said_of(person) {
        let Some(Value::Table(now)) = people_of(&mut wanted)?.get_mut(index) else { return Err(unusual("people")) };
        if means_the_same(key, now.get(key), value.as_ref()) {
            continue;
        }
        splices.extend(set_in(text, list[index], key, value.as_ref())?);
        match value {
            Some(value) => _ = now.insert(key.to_owned(), value),
            None => _ = now.remove(key),
        }
    }
    done(text, splices, &wanted)
}

/// Takes out the person with this extension, with the comment that stands right above them; that above the first may be about all, and stays.
///
/// # Errors
/// As [`add_person`], and if there is nobody with this extension.
pub fn remove_person(text: &str, extension: &str) -> Result<String, Problem> {
    let read = read(text)?;
    let (list, _) = people(&read).ok_or_else(|| nobody(extension))?;
    let index = index_of(&list, extension)?;
    let mut wanted = table(text)?;
    people_of(&mut wanted)?.remove(index);
    if list.len() == 1 && is_section(text, list[index]) {
        wanted.remove("people");
    }
    let cut = if is_section(text, list[index]) {
        Lines::new(text).block(list[index].span().start, end_of(list[index]), index == 0)
    } else {
        element(text, &list, index)
    };
    done(text, vec![(cut, String::new())], &wanted)
}

/// What the settings say of a person, key by key in the order in which people write them; `None` for what is left out.
fn said_of(person: &Person) -> [(&'static str, Option<Value>); 7] {
    let text = |said: &str| Value::String(said.to_owned());
    let rights = person.rights.iter().map(|right| text(word_of(*right))).collect();
    [
        ("extension", Some(text(&person.extension))),
        ("name", Some(text(person.name.expose()))),
        ("mail", person.mail.as_ref().map(|mail| text(mail.expose()))),
        ("rights", Some(Value::Array(rights))),
        ("location", (!person.location.is_empty()).then(|| text(&person.location))),
        ("media", person.media.map(|media| text(media_word(media)))),
        ("fax", person.fax.map(|PhoneFax::Gateway| text("gateway"))),
    ]
}

fn word_of(right: Right) -> &'static str {
    match right {
        Right::SeeCalls => "see_calls",
        Right::SeeFaxes => "see_faxes",
        Right::SendFaxes => "send_faxes",
        Right::SeePeople => "see_people",
        Right::Manage => "manage",
    }
}

fn media_word(media: Media) -> &'static str {
    match media {
        Media::Srtp => "srtp",
        Media::Dtls => "dtls",
        Media::Prefer => "prefer",
        Media::Plain => "plain",
    }
}

/// Rights in another order are the same rights, and so are none that are written and none that are left out.
fn means_the_same(key: &str, now: Option<&Value>, wanted: Option<&Value>) -> bool {
    let sorted = |value: Option<&Value>| {
        let list = value.and_then(Value::as_array).cloned().unwrap_or_default();
        let mut list: Vec<String> = list.iter().map(ToString::to_string).collect();
        list.sort();
        list
    };
    match key {
        "rights" => sorted(now) == sorted(wanted),
        "location" => now.and_then(Value::as_str).unwrap_or("") == wanted.and_then(Value::as_str).unwrap_or(""),
        _ => now == wanted,
    }
}

/// A part of the text, and what comes in its place.
type Splice = (Range<usize>, String);

/// The text with its splices, if it means what it should mean and nothing else.
fn done(text: &str, mut splices: Vec<Splice>, wanted: &Table) -> Result<String, Problem> {
    // Those at one place come in their order.
    splices.sort_by_key(|(range, _)| range.start);
    let (mut new, mut at) = (String::with_capacity(text.len()), 0);
    for (range, instead) in splices {
        let kept = text.get(at..range.start).ok_or_else(|| unusual("people"))?;
        new.push_str(kept);
        new.push_str(&instead);
        at = range.end;
    }
    new.push_str(text.get(at..).ok_or_else(|| unusual("people"))?);
    match new.parse::<Table>() {
        Ok(table) if table == *wanted => Ok(new),
        _ => Err(unusual("people")),
    }
}

fn read(text: &str) -> Result<DeTable<'_>, Problem> {
    DeTable::parse(text).map(Spanned::into_inner).map_err(|error| Problem::of_toml(text, &error))
}

fn table(text: &str) -> Result<Table, Problem> {
    text.parse().map_err(|error| Problem::of_toml(text, &error))
}

fn people_of(table: &mut Table) -> Result<&mut Vec<Value>, Problem> {
    match table.entry("people").or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(list) => Ok(list),
        _ => Err(unusual("people")),
    }
}

/// The people, and the list that they stand in.
fn people<'r, 't>(read: &'r DeTable<'t>) -> Option<(Vec<&'r Read<'t>>, &'r Read<'t>)> {
    let array = read.get("people")?;
    Some((array.get_ref().as_array()?.iter().collect(), array))
}

fn index_of(list: &[&Read<'_>], extension: &str) -> Result<usize, Problem> {
    let is = |person: &&Read<'_>| {
        let table = person.get_ref().as_table();
        table.and_then(|t| t.get("extension")).and_then(|e| e.get_ref().as_str()) == Some(extension)
    };
    list.iter().position(is).ok_or_else(|| nobody(extension))
}

fn nobody(extension: &str) -> Problem {
    Problem {
        at: "people".to_owned(),
        what: format!("nobody has the extension {extension} any more"),
        help: "look at the list again".to_owned(),
    }
}

fn unusual(at: &str) -> Problem {
    Problem {
        at: at.to_owned(),
        what: "the settings are written in a way in which a form cannot change this".to_owned(),
        help: "change it in their text".to_owned(),
    }
}

/// True of what stands under a header of its own, false of what stands between brackets.
fn is_section(text: &str, value: &Read<'_>) -> bool {
    text[value.span().start..].starts_with('[')
}

/// Where what is said in a section ends.
fn end_of(section: &Read<'_>) -> usize {
    let values = section.get_ref().as_table();
    let ends = values.into_iter().flat_map(|table| table.values()).map(|value| value.span().end);
    ends.chain([section.span().end]).max().unwrap_or_default()
}

/// Makes one key of a section, or of a table between brackets, say this, or nothing.
fn set_in(text: &str, of: &Read<'_>, key: &str, value: Option<&Value>) -> Result<Vec<Splice>, Problem> {
    let table = of.get_ref().as_table().ok_or_else(|| unusual(key))?;
    let known = table.get_key_value(key);
    let section = is_section(text, of);
    let splice = match (known, value) {
        (None, None) => return Ok(Vec::new()),
        (Some((_, old)), Some(value)) => (old.span(), value.to_string()),
        (Some((key, old)), None) if section => {
            (Lines::new(text).whole(key.span().start, old.span().end), String::new())
        }
        (Some((key, old)), None) => {
            // With the comma before it; the first goes with the one behind.
            let before = table.values().map(|v| v.span().end).filter(|end| *end <= key.span().start).max();
            let after = table.keys().map(|k| k.span().start).filter(|start| *start >= old.span().end).min();
            match (before, after) {
                (Some(before), _) => (before..old.span().end, String::new()),
                (None, Some(after)) => (key.span().start..after, String::new()),
                (None, None) => (key.span().start..old.span().end, String::new()),
            }
        }
        (None, Some(value)) if section => {
            let lines = Lines::new(text);
            let last = end_of(of);
            let place = lines.after(last);
            let (indent, end) = (lines.indent(last), lines.end);
            // Several may come behind a last line that has no end.
            let (before, behind) = if text[..place].ends_with('\n') { ("", end) } else { (end, "") };
            (place..place, format!("{before}{indent}{key} = {value}{behind}"))
        }
        (None, Some(value)) => {
            let last = table.values().map(|v| v.span().end).max().ok_or_else(|| unusual(key))?;
            (last..last, format!(", {key} = {value}"))
        }
    };
    Ok(vec![splice])
}

/// One more element between the brackets of a list, behind the last: on a line of its own if that has one.
fn into_list(text: &str, array: &Read<'_>, last: Option<&&Read<'_>>, element: &str) -> Vec<Splice> {
    let closing = array.span().end - 1;
    let Some(last) = last.map(|last| last.span()) else {
        return vec![(closing..closing, element.to_owned())];
    };
    let lines = Lines::new(text);
    let comma = comma_after(text, last.end);
    let mut splices = Vec::new();
    if comma.is_none() {
        splices.push((last.end..last.end, ",".to_owned()));
    }
    if lines.begins(last.start) {
        let place = lines.after(comma.unwrap_or(last.end)).min(closing);
        let (indent, end) = (lines.indent(last.start), lines.end);
        if text[..place].ends_with('\n') {
            let comma = if comma.is_some() { "," } else { "" };
            splices.push((place..place, format!("{indent}{element}{comma}{end}")));
            return splices;
        }
    }
    let place = comma.map_or(last.end, |at| at + 1);
    splices.push((place..place, format!(" {element}")));
    splices
}

/// What goes with an element of a list between brackets.
fn element(text: &str, list: &[&Read<'_>], index: usize) -> Range<usize> {
    let own = list[index].span();
    let lines = Lines::new(text);
    let end = comma_after(text, own.end).map_or(own.end, |comma| comma + 1);
    // Alone on its line but for a comment, which is about it.
    let rest = text[end..lines.after(end)].trim();
    if lines.begins(own.start) && (rest.is_empty() || rest.starts_with('#')) {
        return lines.whole(own.start, end);
    }
    let is_plain = |between: &Range<usize>| !text[between.clone()].contains(['#', '\n']);
    let next = list.get(index + 1).map(|next| own.start..next.span().start);
    let before = index.checked_sub(1).map(|before| list[before].span().end..own.end);
    next.filter(is_plain).or(before.filter(is_plain)).unwrap_or(own.start..end)
}

/// The comma that ends an element, behind whatever space and comments.
fn comma_after(text: &str, mut at: usize) -> Option<usize> {
    loop {
        let rest = &text[at..];
        match rest.chars().next()? {
            ',' => return Some(at),
            '#' => at += rest.find('\n')?,
            space if space.is_whitespace() => at += space.len_utf8(),
            _ => return None,
        }
    }
}

/// A text by its lines.
struct Lines<'t> {
    text: &'t str,
    /// How they end.
    end: &'static str,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, end: if text.contains("\r\n") { "\r\n" } else { "\n" } }
    }

    /// Where the line begins that this stands in.
    fn start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Where the next line begins.
    fn after(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }

    /// The lines from one place to another, whole.
    fn whole(&self, from: usize, to: usize) -> Range<usize> {
        self.start(from)..self.after(to)
    }

    /// True if nothing stands before it on its line.
    fn begins(&self, at: usize) -> bool {
        self.text[self.start(at)..at].trim().is_empty()
    }

    /// With what the line begins that this stands in.
    fn indent(&self, at: usize) -> &'t str {
        let line = &self.text[self.start(at)..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// Where a section ends whose last word ends at `last`: with the comments below that belong to nothing else.
    fn end_of_block(&self, last: usize) -> usize {
        let own = self.after(last);
        let mut at = own;
        while at < self.text.len() {
            let next = self.after(at);
            match self.text[at..next].trim() {
                line if line.starts_with('#') => at = next,
                "" => return at,
                // The header of another section, and the comment is about that.
                _ => return own,
            }
        }
        at
    }

    /// The lines of a section with its comments, and with the blank lines that set it apart from what stands before; the first, behind it.
    fn block(&self, header: usize, last: usize, first: bool) -> Range<usize> {
        let (mut start, mut end) = (self.start(header), self.end_of_block(last));
        let before = |start: usize| (start > 0).then(|| self.start(start - 1));
        if first {
            while end < self.text.len() && self.text[end..self.after(end)].trim().is_empty() {
                end = self.after(end);
            }
            return start..end;
        }
        while let Some(line) = before(start).filter(|line| self.text[*line..start].trim_start().starts_with('#')) {
            start = line;
        }
        while let Some(line) = before(start).filter(|line| self.text[*line..start].trim().is_empty()) {
            start = line;
        }
        start..end
    }

    /// One more section at this place, between lines.
    fn append_block(&self, at: usize, name: &str, lines: &[String]) -> Vec<Splice> {
        let end = self.end;
        let newline = if at > 0 && !self.text[..at].ends_with('\n') { end } else { "" };
        let blank = if at > 0 { end } else { "" };
        let lines: String = lines.iter().flat_map(|line| [line.as_str(), end]).collect();
        vec![(at..at, format!("{newline}{blank}[[{name}]]{end}{lines}"))]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::settings::Settings;
    use crate::settings::tests::GOOD;

    /// A text as somebody keeps it.
    const KEPT: &str = "\
# Ours. Ask Ruth before changing trunks.
plan = \"solo-practice\" # for now
networks = [\"127.0.0.0/8\", \"::1\"]

[clinic]
name      = \"Harbor Street Clinic\"   # as on the sign
address   = \"1 Harbor Street\"
timezone  = \"America/New_York\"
number    = \"+12025550123\"

# People. Keep the extensions in order.
[[people]]
extension = \"101\"
name = 'Front desk' # shared
rights = [
  \"see_calls\", # since March
  \"manage\",
]

# Works Mondays.
[[people]]
  name = \"Nurse\"
  extension = \"102\"
  mail = \"nurse@clinic.demo\" # hers
  # fax = \"gateway\"

[[trunks]]
name = \"main\"
address = \"127.0.0.1:5070\"

[mail]
domain = \"clinic.demo\"
fax_domain = \"fax.clinic.demo\"
smarthost = \"127.0.0.1:2526\"
[fax]
number = \"+12025550199\"
station_id = \"+1 202 555 0199\"
";

    fn person(text: &str, extension: &str) -> Person {
        Settings::parse(text).expect("good").extension(extension).expect("there").clone()
    }

    fn doctor() -> Person {
        Person {
            user: "103".into(),
            extension: "103".into(),
            name: "Doctor \"Bo\" Okafor".into(),
            mail: None,
            rights: vec![Right::SeeFaxes],
            location: "Room 4".into(),
            media: Some(Media::Srtp),
            fax: None,
        }
    }

    /// The lines that one text has and the other has not.
    fn lines_gone(from: &str, to: &str) -> Vec<String> {
        let mut left: Vec<&str> = to.lines().collect();
        let mut gone = Vec::new();
        for line in from.lines() {
            match left.iter().position(|l| *l == line) {
                Some(at) => _ = left.remove(at),
                None => gone.push(line.to_owned()),
            }
        }
        gone
    }

    #[test]
    fn somebody_new_stands_behind_the_others_and_all_else_is_as_it_was() {
        let new = add_person(KEPT, &doctor()).expect("added");
        let block = "\n[[people]]\nextension = \"103\"\nname = 'Doctor \"Bo\" Okafor'\nrights = [\"see_faxes\"]\nlocation = \"Room 4\"\nmedia = \"srtp\"\n";
        let at = KEPT.find("\n[[trunks]]").expect("there");
        assert_eq!(new, format!("{}{block}{}", &KEPT[..at], &KEPT[at..]));
        assert_eq!(person(&new, "103"), doctor());
        assert_eq!(remove_person(&new, "103").expect("removed"), KEPT);
    }

    #[test]
    fn a_change_touches_the_lines_that_it_is_about() {
        let mut nurse = person(KEPT, "102");
        assert_eq!(change_person(KEPT, &nurse).expect("nothing"), KEPT);
        nurse.name = "Nurse Ada".into();
        nurse.mail = None;
        nurse.fax = Some(PhoneFax::Gateway);
        nurse.location = "Room 2".into();
        let new = change_person(KEPT, &nurse).expect("changed");
        assert_eq!(lines_gone(KEPT, &new), ["  name = \"Nurse\"", "  mail = \"nurse@clinic.demo\" # hers"]);
        assert_eq!(
            lines_gone(&new, KEPT),
            ["  name = \"Nurse Ada\"", "  location = \"Room 2\"", "  fax = \"gateway\""]
        );
        assert_eq!(person(&new, "102"), nurse);
        // A list over several lines, with what is said in it, is left alone while it says the same.
        let mut desk = person(KEPT, "101");
        desk.rights.reverse();
        assert_eq!(change_person(KEPT, &desk).expect("the same"), KEPT);
        desk.rights.push(Right::SeeFaxes);
        let new = change_person(KEPT, &desk).expect("changed");
        assert!(
            new.contains(
                "name = 'Front desk' # shared\nrights = [\"manage\", \"see_calls\", \"see_faxes\"]\n\n# Works"
            ),
            "{new}"
        );
    }

    #[test]
    fn who_goes_takes_their_own_comments_along() {
        let new = remove_person(KEPT, "102").expect("removed");
        let block = KEPT.find("\n# Works").expect("there")..KEPT.find("\n[[trunks]]").expect("there");
        assert_eq!(new, format!("{}{}", &KEPT[..block.start], &KEPT[block.end..]));
        // The comment above the first is about all.
        let new = remove_person(KEPT, "101").expect("removed");
        assert!(new.contains("# People. Keep the extensions in order.\n# Works Mondays.\n[[people]]\n  name"), "{new}");
        let nobody = remove_person(&new, "102").expect("removed");
        assert!(Settings::parse(&nobody).expect("good").people.is_empty(), "{nobody}");
        assert_eq!(person(&add_person(&nobody, &doctor()).expect("added"), "103"), doctor());
        assert_eq!(remove_person(KEPT, "177").expect_err("nobody").at, "people");
    }

    #[test]
    fn a_list_between_brackets_is_changed_where_it_stands() {
        let head = GOOD.split("[[people]]").next().expect("a head").replacen("plan", "PEOPLE\nplan", 1);
        let tail = GOOD.split("[\"see_calls\", \"see_faxes\"]").nth(1).expect("a tail");
        let text = |list: &str| format!("{head}{tail}").replace("PEOPLE", &format!("people = {list}"));
        let one = "{ extension = \"101\", name = \"Front desk\" }";
        let new = "{ extension = \"103\", name = 'Doctor \"Bo\" Okafor', rights = [\"see_faxes\"], location = \"Room 4\", media = \"srtp\" }";
        for (before, after) in [
            ("[]", format!("[{new}]")),
            ("[{ONE}]", format!("[{one}, {new}]")),
            ("[{ONE},]", format!("[{one}, {new}]")),
            ("[\n  {ONE}, # desk\n]", format!("[\n  {one}, # desk\n  {new},\n]")),
            ("[\n  {ONE} # desk\n]", format!("[\n  {one}, # desk\n  {new}\n]")),
        ] {
            let before = text(&before.replace("{ONE}", one));
            let added = add_person(&before, &doctor()).unwrap_or_else(|e| panic!("{e}\n{before}"));
            assert_eq!(added, text(&after), "{before}");
            let back = remove_person(&added, "103").expect("removed");
            assert_eq!(Settings::parse(&back), Settings::parse(&before), "{back}");
            let mut changed = doctor();
            changed.media = None;
            changed.mail = Some("bo@clinic.demo".into());
            assert_eq!(person(&change_person(&added, &changed).expect("changed"), "103"), changed);
        }
        let two = text(&format!("[\n  {one}, # desk\n  {new}, # Bo\n]"));
        assert_eq!(remove_person(&two, "101").expect("removed"), text(&format!("[\n  {new}, # Bo\n]")));
        assert_eq!(remove_person(&two, "103").expect("removed"), text(&format!("[\n  {one}, # desk\n]")));
    }

    #[test]
    fn lines_end_as_they_do_in_the_text() {
        let windows = KEPT.replace('\n', "\r\n");
        let added = add_person(&windows, &doctor()).expect("added");
        assert!(!added.replace("\r\n", "").contains('\n'), "{added:?}");
        assert_eq!(added.replace("\r\n", "\n"), add_person(KEPT, &doctor()).expect("added"));
    }

    #[test]
    fn what_a_form_cannot_change_is_left_alone() {
        for text in [
            KEPT.replace("[[trunks]]", "[people.desk]\nfloor = 1\n[[trunks]]"),
            "people = 3".to_owned(),
            "people = [".to_owned(),
        ] {
            let removed = remove_person(&text, "102");
            assert!(removed.is_err(), "{removed:?}");
        }
    }

    fn names() -> impl Strategy<Value = String> {
        "[ -~äß\u{1F600}]{1,20}"
    }

    prop_compose! {
        fn anybody(extension: String)(
            name in names(), mail in proptest::option::of("[a-z]{1,8}@[a-z]{1,8}"), place in names(), which in 0_usize..5, fax: bool, rights in 0_usize..32,
        ) -> Person {
            Person {
                user: extension.clone(),
                extension: extension.clone(),
                name: name.into(),
                mail: mail.map(Into::into),
                rights: Right::ALL.into_iter().enumerate().filter(|(n, _)| rights & (1 << n) != 0).map(|(_, r)| r).collect(),
                location: place,
                media: [None, Some(Media::Srtp), Some(Media::Dtls), Some(Media::Prefer), Some(Media::Plain)][which],
                fax: fax.then_some(PhoneFax::Gateway),
            }
        }
    }

    proptest! {
        /// Whatever somebody types into a form is in the settings what they typed, and what stands outside that person is as it was.
        #[test]
        fn what_is_typed_is_what_is_said(
            new in anybody("104".to_owned()), changed in anybody("102".to_owned()), crlf: bool, before in "(# [a-z]{0,9}\n|\n){0,4}", at in 0_usize..2,
        ) {
            let text = KEPT.replace("\n[[trunks]]", &format!("\n{before}[[trunks]]"));
            let text = if crlf { text.replace('\n', "\r\n") } else { text };
            let added = add_person(&text, &new).expect("added");
            prop_assert_eq!(person(&added, "104"), new);
            prop_assert_eq!(&remove_person(&added, "104").expect("removed"), &text);
            let other = change_person(&added, &changed).expect("changed");
            prop_assert_eq!(person(&other, "102"), changed);
            let outside = |text: &str| {
                let start = text.find("# Works").expect("there");
                let end = text.find("extension = \"104\"").expect("there");
                (text[..start].to_owned(), text[end..].to_owned())
            };
            prop_assert_eq!(outside(&other), outside(&added));
            let gone = remove_person(&added, ["101", "102"][at]).expect("removed");
            prop_assert!(added.ends_with(&gone[gone.find("extension = \"104\"").expect("there")..]));
            prop_assert!(gone.starts_with(&added[..added.find("[[people]]").expect("there")]));
        }
    }
}
