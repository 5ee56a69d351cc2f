//! What `deny.toml` says of licences, crates and sources, held against `Cargo.lock` and against what the manifests of all packages say of
//! themselves. `cargo deny` reads the licence files too, and knows the advisories; it is a tool of its own, and this needs none.
//!
//! Of the file's form only what stands in ours is read, a crate or a licence a line. A list of which nothing is read is a problem too.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Problem;

const FILE: &str = "deny.toml";
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What the file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    /// For which machines the product is built.
    pub(super) targets: Vec<String>,
    licences: Vec<String>,
    /// Crates, and what each may have beside the others.
    exceptions: Vec<(String, Vec<String>)>,
    /// Crates, and who alone may use each.
    banned: Vec<(String, Vec<String>)>,
}

impl Rules {
    pub(super) fn read(text: &str) -> Self {
        let mut rules = Self::default();
        let (mut section, mut list) = ("", "");
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            if line.starts_with('[') {
                section = line;
            }
            if let Some((name, _)) = line.split_once(" = [").filter(|_| !line.starts_with('{')) {
                list = name;
            }
            let one = || strings(line, "crate = ").into_iter().next();
            match (section, list) {
                ("[graph]", "targets") => rules.targets.extend(strings(line, "")),
                ("[licenses]", "allow") => rules.licences.extend(strings(line, "")),
                ("[licenses]", "exceptions") => {
                    rules.exceptions.extend(one().map(|name| (name, strings(line, "allow = ["))));
                }
                ("[bans]", "deny") => rules.banned.extend(one().map(|name| (name, strings(line, "wrappers = [")))),
                _ => {}
            }
            if line.ends_with(']') && !line.starts_with('{') {
                list = "";
            }
        }
        rules
    }
}

/// What stands between quotation marks behind a mark, up to the end of its list or table.
fn strings(line: &str, mark: &str) -> Vec<String> {
    let Some((_, rest)) = line.split_once(mark) else { return Vec::new() };
    let rest = if mark.is_empty() { rest } else { rest.split(']').next().unwrap_or_default() };
    rest.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Everything that the rules forbid. `metadata` is that of all packages, those of others with them.
pub(super) fn check(rules: &Rules, lock: &str, metadata: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (what, empty) in [
        ("targets", rules.targets.is_empty()),
        ("licences", rules.licences.is_empty()),
        ("exceptions", rules.exceptions.is_empty()),
        ("crates to deny", rules.banned.is_empty()),
    ] {
        if empty {
            let help =
                "give each crate or licence a line, as they were, or teach image/xtask/src/tidy/deny.rs the new form";
            problems.push(Problem::new(FILE, 0, format!("no {what} are read from it"), help));
        }
    }
    let locked = locked(lock);
    problems.extend(bans(rules, &locked));
    problems.extend(sources(&locked));
    problems.extend(licences(rules, metadata));
    problems
}

fn bans(rules: &Rules, locked: &[Locked<'_>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for package in locked {
        for (name, wrappers) in rules.banned.iter().filter(|(name, _)| package.uses.contains(&name.as_str())) {
            if !wrappers.iter().any(|wrapper| wrapper == package.name) {
                let what = format!("{} brings {name}", package.name);
                problems.push(Problem::new(
                    "Cargo.lock",
                    package.line,
                    what,
                    "deny.toml says why not; choose other features, or another crate",
                ));
            }
        }
    }
    problems
}

fn sources(locked: &[Locked<'_>]) -> Vec<Problem> {
    let others = locked.iter().filter(|package| package.source.is_some_and(|source| source != CRATES_IO));
    let told = |package: &Locked<'_>| {
        let what = format!("{} comes from elsewhere than crates.io", package.name);
        Problem::new(
            "Cargo.lock",
            package.line,
            what,
            "what is built must be there for everybody, and stay what it was",
        )
    };
    others.map(told).collect()
}

fn licences(rules: &Rules, metadata: &Value) -> Vec<Problem> {
    let mut problems = BTreeSet::new();
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    // Our own come from nowhere.
    for package in packages.iter().filter(|package| package["source"].is_string()) {
        let (name, licence) = (package["name"].as_str().unwrap_or_default(), package["license"].as_str());
        let exception = rules.exceptions.iter().find(|(excepted, _)| excepted == name).map(|(_, licences)| licences);
        let may = |id: &str| rules.licences.iter().chain(exception.into_iter().flatten()).any(|allowed| allowed == id);
        // What names none in its manifest has been read by whoever made an exception of it.
        if !licence.map_or(exception.is_some(), |licence| allows(licence, may)) {
            let what = format!("{name} is under {}", licence.unwrap_or("no licence that its manifest names"));
            problems.insert(Problem::new(
                FILE,
                0,
                what,
                "leave it out, or have somebody decide about it and write it there",
            ));
        }
    }
    problems.into_iter().collect()
}

/// Whether an expression (SPDX; older crates write a slash for OR) leaves a choice that may be made.
fn allows(expression: &str, may: impl Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ").replace(" WITH ", "+WITH+");
    let mut words = spaced.split_whitespace().peekable();
    any(&mut words, &|id| may(&id.replace("+WITH+", " WITH "))) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>, may: &dyn Fn(&str) -> bool) -> bool {
    let mut held = all(words, may);
    while words.next_if_eq(&"OR").is_some() {
        held |= all(words, may);
    }
    held
}

fn all(words: &mut Words<'_>, may: &dyn Fn(&str) -> bool) -> bool {
    let mut held = one(words, may);
    while words.next_if_eq(&"AND").is_some() {
        held &= one(words, may);
    }
    held
}

fn one(words: &mut Words<'_>, may: &dyn Fn(&str) -> bool) -> bool {
    match words.next() {
        Some("(") => any(words, may) & words.next_if_eq(&")").is_some(),
        Some(id) => may(id),
        None => false,
    }
}

/// A package of `Cargo.lock`.
#[derive(Default)]
struct Locked<'a> {
    line: usize,
    name: &'a str,
    source: Option<&'a str>,
    uses: Vec<&'a str>,
}

fn locked(text: &str) -> Vec<Locked<'_>> {
    let mut all: Vec<Locked<'_>> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        if line == "[[package]]" {
            all.push(Locked { line: i + 1, ..Locked::default() });
        }
        let Some(package) = all.last_mut() else { continue };
        let value = line.split('"').nth(1).unwrap_or_default();
        match line.split(' ').next() {
            Some("name") => package.name = value,
            Some("source") => package.source = Some(value),
            // A dependency stands in from the margin; behind its name is its version where there are several.
            Some("") if !value.is_empty() => package.uses.extend(value.split(' ').next()),
            _ => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const RULES: &str = "# Why.\n[graph]\ntargets = [\"x86_64-unknown-linux-gnu\", \"aarch64-unknown-linux-gnu\"]\n[licenses]\nallow = [\n    \
        \"Apache-2.0\",\n    # Data.\n    \"MIT\",\n    \"Apache-2.0 WITH LLVM-exception\",\n]\nconfidence-threshold = 0.9\nexceptions = [\n    \
        { crate = \"spandsp-sys\", allow = [\"LGPL-2.1\", \"MIT\"] },\n    { crate = \"rsip\", allow = [\"X11-swapped\"] },\n]\n[bans]\n\
        wildcards = \"deny\"\ndeny = [\n    { crate = \"aws-lc-rs\", reason = \"TLS is rustls\" },\n    \
        { crate = \"openssl-sys\", wrappers = [\"libsqlite3-sys\"], reason = \"for [SQLCipher]\" },\n]\n[sources]\nunknown-git = \"deny\"\n";

    fn told(lock: &str, metadata: &Value) -> Vec<String> {
        check(&Rules::read(RULES), lock, metadata)
            .into_iter()
            .map(|p| format!("{}:{}: {}", p.file, p.line, p.what))
            .collect()
    }

    #[test]
    fn the_rules_are_read_line_by_line() {
        let rules = Rules::read(RULES);
        assert_eq!(rules.targets.len(), 2);
        assert_eq!(rules.licences, ["Apache-2.0", "MIT", "Apache-2.0 WITH LLVM-exception"]);
        let named = |pairs: &[(String, Vec<String>)]| {
            pairs.iter().map(|(n, l)| format!("{n} {}", l.join(","))).collect::<Vec<_>>()
        };
        assert_eq!(named(&rules.exceptions), ["spandsp-sys LGPL-2.1,MIT", "rsip X11-swapped"]);
        assert_eq!(named(&rules.banned), ["aws-lc-rs ", "openssl-sys libsqlite3-sys"]);
        let unread: Vec<_> = check(&Rules::read("[bans]\n"), "", &json!({})).into_iter().map(|p| p.what).collect();
        assert_eq!(unread.len(), 4, "{unread:?}");
    }

    #[test]
    fn who_brings_what_is_denied_is_named() {
        let lock = "version = 4\n\n[[package]]\nname = \"rustls\"\nversion = \"1\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
                    dependencies = [\n \"aws-lc-rs\",\n \"ring 0.17.1\",\n]\n\n[[package]]\nname = \"libsqlite3-sys\"\ndependencies = [\n \
                    \"openssl-sys\",\n]\n\n[[package]]\nname = \"other\"\nsource = \"git+https://example.org/other\"\ndependencies = [\n \
                    \"openssl-sys 0.9.1\",\n]\n";
        let expected = [
            "Cargo.lock:3: rustls brings aws-lc-rs",
            "Cargo.lock:18: other brings openssl-sys",
            "Cargo.lock:18: other comes from elsewhere than crates.io",
        ];
        assert_eq!(told(lock, &json!({})), expected);
    }

    #[test]
    fn a_licence_must_leave_a_choice_that_may_be_made() {
        let of = |name: &str, licence: Option<&str>| {
            let metadata = json!({"packages": [{"name": name, "license": licence, "source": CRATES_IO}]});
            told("", &metadata).is_empty()
        };
        for licence in [
            "MIT",
            "GPL-3.0-only OR MIT",
            "Unlicense/MIT",
            "(MIT OR GPL-2.0) AND Apache-2.0",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(of("x", Some(licence)), "{licence}");
        }
        for licence in
            ["GPL-3.0-only", "MIT AND GPL-3.0-only", "Apache-2.0 WITH Classpath-exception", "(MIT", "MIT MIT", ""]
        {
            assert!(!of("x", Some(licence)), "{licence}");
        }
        assert!(of("spandsp-sys", Some("LGPL-2.1")) && !of("x", Some("LGPL-2.1")));
        assert!(of("rsip", None) && !of("x", None));
        let ours = json!({"packages": [{"name": "frontdesk-sip", "license": "Ours", "source": null}]});
        assert!(told("", &ours).is_empty());
    }
}
