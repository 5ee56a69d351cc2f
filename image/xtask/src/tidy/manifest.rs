//! The form of a `Cargo.toml`, read line by line: the rules are about lines, and a parser would be this tool's second dependency.

use super::Problem;

/// What each package takes from the workspace, and where it says so.
const FROM_WORKSPACE: &[(&str, &str)] = &[
    ("package", "version.workspace = true"),
    ("package", "edition.workspace = true"),
    ("package", "rust-version.workspace = true"),
    ("package", "license.workspace = true"),
    ("package", "publish.workspace = true"),
    ("lints", "workspace = true"),
];

/// The problems of the manifest at `path`.
pub(super) fn check(path: &str, text: &str) -> Vec<Problem> {
    let lines = sections(text);
    if lines.iter().any(|l| l.section == "workspace") {
        return workspace(path, &lines);
    }
    let mut problems = Vec::new();
    for &(section, needed) in FROM_WORKSPACE {
        if !lines.iter().any(|l| l.section == section && l.text == needed) {
            let help = "copy the form of another package: version, edition, licence, lints and \"do not publish\" live in one place";
            problems.push(Problem::new(path, 0, format!("[{section}] lacks \"{needed}\""), help));
        }
    }
    problems.extend(name(path, &lines));
    for line in lines.iter().filter(|l| l.section.ends_with("dependencies") && !l.text.is_empty()) {
        if !line.text.contains("workspace = true") {
            let help = "put it into [workspace.dependencies] of the root, and \"<name>.workspace = true\" here";
            problems.push(Problem::new(path, line.number, format!("\"{}\" has a version of its own", line.text), help));
        }
    }
    problems
}

fn workspace(path: &str, lines: &[Line<'_>]) -> Vec<Problem> {
    let needed = [("workspace.package", "publish = false"), ("workspace.package", "license = \"Apache-2.0\"")];
    let lacking =
        needed.iter().filter(|(section, text)| !lines.iter().any(|l| l.section == *section && l.text == *text));
    let help = "every package inherits it";
    let lacking = lacking.map(|(section, text)| Problem::new(path, 0, format!("[{section}] lacks \"{text}\""), help));
    let any = lines.iter().filter(|l| l.section == "workspace.dependencies" && l.text.contains("\"*\""));
    let help = "say from which version on it is known to work";
    let any = any.map(|l| Problem::new(path, l.number, format!("\"{}\" takes any version", l.text), help));
    lacking.chain(any).collect()
}

/// `frontdesk-<folder>`, so that `-p` is never ambiguous; this tool is called by its alias.
fn name(path: &str, lines: &[Line<'_>]) -> Option<Problem> {
    let folder = path.rsplit('/').nth(1)?;
    let wanted = if folder == "xtask" { folder.to_owned() } else { format!("frontdesk-{folder}") };
    let line = lines.iter().find(|l| l.section == "package" && l.text.starts_with("name = "))?;
    let help = "packages are named after their folder, their libraries as the folder";
    (line.text != format!("name = \"{wanted}\""))
        .then(|| Problem::new(path, line.number, format!("the package of this folder is \"{wanted}\""), help))
}

struct Line<'a> {
    number: usize,
    section: &'a str,
    text: &'a str,
}

fn sections(text: &str) -> Vec<Line<'_>> {
    let mut section = "";
    let mut lines = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = name;
        }
        if !line.starts_with(['#', '[']) || line.is_empty() {
            lines.push(Line { number: i + 1, section, text: line });
        } else if line.starts_with('[') {
            lines.push(Line { number: i + 1, section, text: "" });
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
[package]
name = \"frontdesk-media\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
publish.workspace = true

[dependencies]
# Why it is here.
bytes.workspace = true
tokio = { workspace = true, features = [\"sync\"] }

[lints]
workspace = true
";

    fn check_at(path: &str, text: &str) -> Vec<String> {
        check(path, text).into_iter().map(|p| format!("{}: {}", p.line, p.what)).collect()
    }

    #[test]
    fn a_good_one() {
        assert!(check_at("drivers/media/Cargo.toml", GOOD).is_empty());
    }

    #[test]
    fn each_rule() {
        let path = "drivers/media/Cargo.toml";
        let without_lints = GOOD.replace("[lints]\nworkspace = true\n", "");
        assert_eq!(check_at(path, &without_lints), ["0: [lints] lacks \"workspace = true\""]);
        let published = GOOD.replace("publish.workspace = true\n", "");
        assert_eq!(check_at(path, &published), ["0: [package] lacks \"publish.workspace = true\""]);
        let own = GOOD.replace("bytes.workspace = true", "bytes = \"1\"");
        assert_eq!(check_at(path, &own), ["11: \"bytes = \"1\"\" has a version of its own"]);
        assert_eq!(check_at("drivers/sip/Cargo.toml", GOOD), ["2: the package of this folder is \"frontdesk-sip\""]);
        assert_eq!(
            check_at("Cargo.toml", "[workspace]\n[workspace.package]\nlicense = \"Apache-2.0\"\n"),
            ["0: [workspace.package] lacks \"publish = false\""]
        );
        let any = "[workspace.package]\nlicense = \"Apache-2.0\"\npublish = false\n[workspace.dependencies]\nx = \"*\"\ny = \"1\"\n[workspace]\n";
        assert_eq!(check_at("Cargo.toml", any), ["5: \"x = \"*\"\" takes any version"]);
    }
}
