//! Where in a text a problem stands: "people[2].mail" says it to a program, a line says it to whoever wrote the text.

use toml::de::{DeTable, DeValue};

use super::Problem;

impl Problem {
    /// The number of the line that it names, from 1.
    pub fn line(&self) -> Option<usize> {
        let digits = self.at.strip_prefix("line ")?;
        digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }

    /// The same in a text that has so many lines more before.
    pub fn further_down(self, lines: usize) -> Self {
        let Some(line) = self.line() else { return self };
        let rest = self.at.trim_start_matches("line ").trim_start_matches(|c: char| c.is_ascii_digit());
        Self { at: format!("line {}{rest}", line + lines), ..self }
    }

    /// The same, with its line in this text before the place: "line 12 (people[2].mail)". As it is where it names one already, or the text says
    /// nothing of that place.
    pub(super) fn with_line(self, text: &str) -> Self {
        match line_of(text, &self.at).filter(|_| self.line().is_none()) {
            Some(line) => Self { at: format!("line {line} ({})", self.at), ..self },
            None => self,
        }
    }
}

/// The line on which this place stands, or what it is missing in.
fn line_of(text: &str, place: &str) -> Option<usize> {
    let root = DeTable::parse(text).ok()?;
    let mut table = Some(root.get_ref());
    let (mut value, mut found): (Option<&DeValue<'_>>, Option<usize>) = (None, None);
    for step in place.split(['.', '[']) {
        match step.strip_suffix(']') {
            Some(number) => {
                let Some(item) =
                    value.and_then(|v| v.as_array()).and_then(|all| all.get(number.parse::<usize>().ok()?))
                else {
                    break;
                };
                found = Some(item.span().start);
                value = Some(item.get_ref());
            }
            None => {
                let Some((key, item)) = table.and_then(|table| table.iter().find(|(key, _)| key.get_ref() == step))
                else {
                    break;
                };
                found = Some(key.span().start);
                value = Some(item.get_ref());
            }
        }
        table = value.and_then(DeValue::as_table);
    }
    // The sections of a list each begin on a line of their own; what they are called stands on it.
    Some(text.get(..found?)?.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "networks = [\n  \"10.0.0.0/8\",\n  \"here\",\n]\n[clinic]\nname = \"C\"\n\n[[people]]\nextension = \"101\"\n[[people]]\nname = \"N\"\nextension = \"102\"\n[fax]\nnumber = \"x\"\n[[fax.routes]]\nmail = [\"a\"]\n";

    #[test]
    fn a_place_is_found_in_the_text_or_what_it_is_missing_in() {
        for (place, line) in [
            ("clinic.name", 6),
            ("clinic.timezone", 5),
            ("networks[1]", 3),
            ("networks", 1),
            ("people[0].extension", 9),
            ("people[1].extension", 12),
            ("people[1].mail", 10),
            ("fax.routes[0].mail", 16),
            ("fax.routes[0].mail[0]", 16),
            ("fax.routes[3]", 15),
        ] {
            assert_eq!(line_of(TEXT, place), Some(line), "{place}");
        }
        assert_eq!((line_of(TEXT, "trunks"), line_of("= what", "clinic")), (None, None));
    }

    #[test]
    fn a_problem_names_its_line_once() {
        let problem = |at: &str| Problem { at: at.to_owned(), what: String::new(), help: String::new() };
        let moved = [("line 9 (x)", "line 10 (x)"), ("line 4", "line 5"), ("trunks", "trunks")];
        for (at, said) in moved {
            assert_eq!(problem(at).further_down(1).at, said);
        }
        let lines = [("clinic.name", "line 6 (clinic.name)"), ("line 3 (x)", "line 3 (x)"), ("trunks", "trunks")];
        for (at, said) in lines {
            assert_eq!(problem(at).with_line(TEXT).at, said);
        }
        assert_eq!(
            (problem("line 12 (x)").line(), problem("line 4").line(), problem("x").line()),
            (Some(12), Some(4), None)
        );
    }
}
