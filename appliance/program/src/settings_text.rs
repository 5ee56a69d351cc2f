//! `frontdesk settings`: who sits at the box reads the clinic's settings, checks a text of them and lets it take their place, while everything runs.
//! The running program does it, by the same order and with the same checks as the console.

use std::io::{self, Read as _};
use std::path::Path;
use std::process::ExitCode;

use crate::cli::{SettingsOptions, SettingsVerb};
use crate::control::{self, Answer, Asked, OfSettings};

/// The text has problems, or cannot be read. Nothing was changed.
const WRONG: u8 = 1;
/// Others have saved settings meanwhile. Nothing was changed.
const OVERTAKEN: u8 = 3;
/// The running program cannot be asked, or could not store it. Nothing was changed.
const UNABLE: u8 = 4;

/// Registered phones would be shut out. Nothing was changed.
const SHUTS_OUT: u8 = 5;

/// Runs the verb. The status says to a script what the sentences say to a person.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "this is what the verb prints")]
pub(crate) fn run(options: &SettingsOptions) -> ExitCode {
    let asked = match &options.verb {
        SettingsVerb::Show => Ok(OfSettings::Show),
        SettingsVerb::Check { file } => read(file).map(|text| {
            let (over, text) = unmarked(&text);
            OfSettings::Check { text: text.into(), after: usize::from(over.is_some()) }
        }),
        SettingsVerb::Save { file, all_the_same } => read(file).map(|text| {
            let (over, text) = unmarked(&text);
            let after = usize::from(over.is_some());
            OfSettings::Save { text: text.into(), after, over, all_the_same: *all_the_same }
        }),
    };
    let (code, said) = match asked {
        Err(sentence) => (WRONG, sentence),
        Ok(of) => match control::ask(&options.state, &Asked::Settings(of)) {
            Ok(Answer::Given(lines)) => {
                print!("{lines}");
                return ExitCode::SUCCESS;
            }
            Ok(Answer::Wrong(lines)) => (WRONG, lines.join("\n  ")),
            Ok(Answer::Overtaken(sentence)) => (OVERTAKEN, sentence),
            Ok(Answer::ShutsOut(sentence)) => (SHUTS_OUT, sentence),
            Ok(Answer::Refused(sentence)) | Err(sentence) => (UNABLE, sentence),
        },
    };
    eprintln!("frontdesk: {said}");
    ExitCode::from(code)
}

fn read(file: &Path) -> Result<String, String> {
    let mut text = String::new();
    // A byte more than may be shows that it is too long, whatever stands behind the name.
    let most = model::settings::LONGEST_SETTINGS as u64 + 64;
    let read = match file == Path::new("-") {
        true => io::stdin().take(most).read_to_string(&mut text),
        false => std::fs::File::open(file).and_then(|open| open.take(most).read_to_string(&mut text)),
    };
    read.map(|_| text).map_err(|error| format!("{} cannot be read: {error}", file.display()))
}

/// The first line of what is printed: whoever saves that text again is told if others have saved another meanwhile.
pub(crate) fn marked(generation: u64, text: &str) -> String {
    format!("{MARK}{generation}\n{text}")
}

const MARK: &str = "# Frontdesk settings, generation ";

fn unmarked(text: &str) -> (Option<u64>, &str) {
    let marked = text.strip_prefix(MARK).and_then(|rest| {
        let (number, rest) = rest.split_once('\n')?;
        Some((Some(number.trim().parse().ok()?), rest))
    });
    marked.unwrap_or((None, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_was_printed_knows_what_it_was_made_from() {
        let text = "plan = \"solo-practice\"\n# ours\n";
        assert_eq!(unmarked(&marked(7, text)), (Some(7), text));
        assert_eq!(unmarked(&marked(7, text).replace('\n', "\r\n")).0, Some(7));
        assert_eq!(unmarked(text), (None, text));
        let other = format!("{MARK}x\n{text}");
        assert_eq!(unmarked(&other), (None, other.as_str()));
    }
}
