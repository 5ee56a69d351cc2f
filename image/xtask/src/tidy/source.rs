//! The form of source files.

use super::Problem;
use crate::nightly::HALVES;

/// Lines of a file without its tests. Beyond this it holds more than one matter.
const MAX_LINES: usize = 600;

/// Files that may be longer, each with its reason.
const LONGER: &[(&str, &str)] = &[];

/// Where tests may wait by the clock, each with its reason: a path, or the beginning of one.
const MAY_SLEEP: &[(&str, &str)] = &[
    ("tests/bench/", "the pace of the packets is what is measured"),
    ("tests/interop/", "programs of others are driven, which tell their state only when asked again"),
];

/// Macros of work that is not done, or of looking for a fault. In pieces, so that this file has none.
const UNFINISHED: &[&str] = &[concat!("to", "do!("), concat!("unimple", "mented!("), concat!("db", "g!(")];
const IGNORED: &str = concat!("#[ign", "ore");
const SLEEPS: &[&str] = &[concat!("sl", "eep("), concat!("sl", "eep_until(")];

/// The rules for every kind of text.
pub(super) fn text(path: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    // Transcripts of protocols, which tests expect, do end with blanks. The rest of a .rs file rustfmt holds clean.
    let mut verbatim = Verbatim { inside: false, known: path.ends_with(".rs") };
    for (i, line) in text.split('\n').enumerate() {
        if verbatim.line(line) {
            continue;
        }
        if line.ends_with('\r') {
            problems.push(Problem::new(path, i + 1, "a carriage return", "lines end with a line feed alone"));
        } else if line.ends_with([' ', '\t']) {
            problems.push(Problem::new(path, i + 1, "trailing white space", "remove it"));
        }
    }
    if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
        let last = text.lines().count();
        problems.push(Problem::new(
            path,
            last,
            "the end of the file",
            "one line feed ends the last line, and nothing follows",
        ));
    }
    problems
}

/// Follows raw strings of Rust over the lines of a file.
struct Verbatim {
    inside: bool,
    known: bool,
}

impl Verbatim {
    /// Whether the end of this line belongs to a raw string.
    fn line(&mut self, line: &str) -> bool {
        let mut rest = line;
        loop {
            let (mark, other) = if self.inside { ("\"#", false) } else { ("r#\"", true) };
            let Some((_, after)) = rest.split_once(mark) else { return self.inside && self.known };
            self.inside = other;
            rest = after;
        }
    }
}

/// The rules for Rust.
pub(super) fn rust(path: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !text.starts_with("//!") {
        let help = "open it with //! and what it promises, and how it fails";
        problems.push(Problem::new(path, 1, "no module docs", help));
    }
    let tests_from = tests_from(path, text);
    let own = text.lines().count().min(tests_from - 1);
    if own > MAX_LINES && !LONGER.iter().any(|(long, _)| *long == path) {
        let help = "split it by meaning, into a folder whose names tell where to look";
        problems.push(Problem::new(path, 0, format!("{own} lines without tests, more than {MAX_LINES}"), help));
    }
    problems.extend(ignored(path, text));
    // In a paused runtime of tokio a sleep takes no time.
    let simulated = text.contains("start_paused = true");
    let may_sleep = simulated || MAY_SLEEP.iter().any(|(from, _)| path.starts_with(from));
    for (i, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        if let Some(word) = UNFINISHED.iter().find(|w| stands_alone(code, w)) {
            let help = "finish it, or leave it out and say so in the documentation";
            problems.push(Problem::new(path, i + 1, format!("{word}…) in the code"), help));
        }
        if i + 1 >= tests_from && !may_sleep && SLEEPS.iter().any(|s| stands_alone(code, s)) {
            let help = "wait for the thing itself, or let simulated time pass (tests/world, or tokio's start_paused)";
            problems.push(Problem::new(path, i + 1, "a test that sleeps", help));
        }
    }
    problems
}

/// The tests that drive programs: of what is ignored among them the night runs these files alone.
const DRIVING: &str = "tests/interop/";
const DRIVING_BY_NIGHT: &str = "tests/interop/tests/nightly_";

/// Tests that nobody would run: what is ignored says that it is for the night, where all such tests are run, or is half of another.
fn ignored(path: &str, text: &str) -> Vec<Problem> {
    let mut lines = text.lines().map(str::trim).enumerate();
    let mut problems = Vec::new();
    while let Some((i, line)) = lines.next() {
        if !line.starts_with(IGNORED) {
            continue;
        }
        if line.contains("= \"nightly: ") {
            if path.starts_with(DRIVING) && !path.starts_with(DRIVING_BY_NIGHT) {
                let help = "put it into a file tests/interop/tests/nightly_*.rs: of the tests with other programs the night runs those";
                problems.push(Problem::new(path, i + 1, "a test for the night where the night does not look", help));
            }
            continue;
        }
        let name = lines.clone().find_map(|(_, line)| line.split_once("fn ")?.1.split('(').next());
        if !name.is_some_and(|name| HALVES.contains(&name)) {
            let help = "give its reason as in \"nightly: needs Asterisk\": cargo xtask nightly runs it then; or let it run always";
            problems.push(Problem::new(path, i + 1, "a test that is ignored, and not for the night", help));
        }
    }
    problems
}

/// The line where the tests begin: 1 in a file that is all tests, beyond the last one if there are none.
fn tests_from(path: &str, text: &str) -> usize {
    let all_tests = path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs");
    if all_tests {
        return 1;
    }
    let lines: Vec<&str> = text.lines().collect();
    let inline = lines.windows(2).position(|w| w[0].trim() == "#[cfg(test)]" && w[1].trim_end().ends_with('{'));
    inline.map_or(lines.len() + 1, |i| i + 1)
}

/// Whether `word` stands in `code` as a name of its own, and not as the end of another or at the start of a text.
fn stands_alone(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code.get(..at).and_then(|c| c.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '"')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rust_at(path: &str, text: &str) -> Vec<String> {
        rust(path, text).into_iter().map(|p| format!("{}: {}", p.line, p.what)).collect()
    }

    #[test]
    fn white_space() {
        let found: Vec<_> = text("a.md", "ok\nbad \nworse\t\r\n\n").into_iter().map(|p| (p.line, p.what)).collect();
        let expected = [(2, "trailing white space"), (3, "a carriage return"), (4, "the end of the file")];
        assert_eq!(found, expected.map(|(line, what)| (line, what.to_owned())));
        let transcript = "let x = r#\"\nC: \n\"#; \n";
        assert_eq!(text("a.rs", transcript).len(), 1, "the last line is code");
        assert_eq!(text("a.md", transcript).len(), 2);
        assert_eq!(text("a.md", "no end").len(), 1);
        assert!(text("a.md", "").is_empty() && text("a.md", "fine\n").is_empty());
    }

    #[test]
    fn docs_first() {
        assert!(rust_at("a/src/x.rs", "//! Does this.\n").is_empty());
        assert_eq!(rust_at("a/src/x.rs", "// Does this.\n"), ["1: no module docs"]);
    }

    #[test]
    fn tests_do_not_count_as_length() {
        let code = "//! X\n".to_owned() + &"x();\n".repeat(MAX_LINES - 1);
        let tests = "#[cfg(test)]\nmod tests {\n".to_owned() + &"y();\n".repeat(900) + "}\n";
        assert!(rust_at("a/src/x.rs", &(code.clone() + &tests)).is_empty());
        assert!(rust_at("a/tests/x.rs", &("//! X\n".to_owned() + &"x();\n".repeat(900))).is_empty());
        assert_eq!(rust_at("a/src/x.rs", &(code + "z();\n")), ["0: 601 lines without tests, more than 600"]);
    }

    #[test]
    fn unfinished_work() {
        let text =
            format!("//! X\n{}\"later\");\n// {}\nlet x = my_{}1);\n", UNFINISHED[0], UNFINISHED[0], UNFINISHED[2]);
        assert_eq!(rust_at("a/src/x.rs", &text), [format!("2: {}…) in the code", UNFINISHED[0])]);
    }

    #[test]
    fn what_is_ignored_is_run_by_night() {
        let test = |reason: &str, name: &str| format!("//! X\n#[test]\n{IGNORED}{reason}]\nasync fn {name}() {{}}\n");
        let expected = ["3: a test that is ignored, and not for the night"];
        assert_eq!(rust_at("a/tests/x.rs", &test("", "x")), expected);
        assert_eq!(rust_at("a/tests/x.rs", &test(" = \"it is slow\"", "x")), expected);
        assert!(rust_at("a/tests/x.rs", &test(" = \"nightly: it is slow\"", "x")).is_empty());
        assert!(rust_at("a/tests/x.rs", &test(" = \"half of another\"", HALVES[0])).is_empty());
        let asterisk = test(" = \"nightly: needs Asterisk\"", "x");
        assert!(rust_at("tests/interop/tests/nightly_fax.rs", &asterisk).is_empty());
        let expected = ["3: a test for the night where the night does not look"];
        for path in ["tests/interop/tests/fax.rs", "tests/interop/src/peer.rs"] {
            assert_eq!(rust_at(path, &asterisk), expected, "{path}");
        }
    }

    #[test]
    fn tests_do_not_sleep() {
        let sleep = format!("std::thread::{}d);\n", SLEEPS[0]);
        let inline = format!("//! X\n{sleep}#[cfg(test)]\nmod tests {{\n{sleep}}}\n");
        assert_eq!(rust_at("a/src/x.rs", &inline), ["5: a test that sleeps"], "the code itself is clippy's matter");
        let file = format!("//! X\n{sleep}");
        assert_eq!(rust_at("a/tests/x.rs", &file), ["2: a test that sleeps"]);
        assert!(rust_at("tests/bench/src/x.rs", &file).is_empty());
        let paused = format!("//! X\n#[tokio::test(start_paused = true)]\ntokio::time::{}d).await;\n", SLEEPS[1]);
        assert!(rust_at("a/tests/x.rs", &paused).is_empty());
        assert!(rust_at("a/tests/x.rs", &format!("//! X\nfalls_a{}x);\n", SLEEPS[0])).is_empty());
    }
}
