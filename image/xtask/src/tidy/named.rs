//! What a document names is there: a promise whose test was moved or deleted is held by nothing.

use super::Problem;

/// The rooms of the house, as paths begin.
const ROOMS: [&str; 7] = ["appliance/", "dialplans/", "drivers/", "fax/", "image/", "mail/", "tests/"];

/// Paths between back-ticks that are not there. Braces stand for each of their parts; a star is not looked up.
pub(crate) fn check(path: &str, text: &str, is_there: impl Fn(&str) -> bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (number, line) in text.lines().enumerate() {
        // Every second piece stands between back-ticks.
        for named in line.split('`').skip(1).step_by(2).flat_map(str::split_whitespace) {
            let named = named.trim_end_matches([',', ';', ':']);
            if !ROOMS.iter().any(|room| named.starts_with(room)) || named.contains('*') {
                continue;
            }
            for one in each(named).into_iter().filter(|one| !is_there(one)) {
                let what = format!("there is no {one}");
                problems.push(Problem::new(path, number + 1, what, "name the file that it is in now"));
            }
        }
    }
    problems
}

/// `a/{b,c}.rs` is `a/b.rs` and `a/c.rs`.
fn each(path: &str) -> Vec<String> {
    match path.split_once('{').and_then(|(head, rest)| Some((head, rest.split_once('}')?))) {
        Some((head, (parts, tail))) => parts.split(',').map(|part| format!("{head}{part}{tail}")).collect(),
        None => vec![path.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_not_there_is_named_with_its_line() {
        let text = "| a promise | `fax/tests/calls`, `tests/interop/tests/{tls,gone}.rs` (SIPp) |\n\
                    `cargo test -p frontdesk-fax` of `mail/old.rs`, `drivers/sip/*.rs`, `src/x.rs`\n";
        let there = ["fax/tests/calls", "tests/interop/tests/tls.rs"];
        let told: Vec<_> =
            check("S.md", text, |p| there.contains(&p)).iter().map(|p| (p.line, p.what.clone())).collect();
        assert_eq!(
            told,
            [(1, "there is no tests/interop/tests/gone.rs".to_owned()), (2, "there is no mail/old.rs".to_owned())]
        );
    }
}
