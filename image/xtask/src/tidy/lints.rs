//! A crate that is held to more than the house has a `clippy.toml` of its own, which takes the place of the house's: so it must say all that
//! that one says.

use super::Problem;

/// What `house` says and this file does not.
pub(crate) fn check(path: &str, text: &str, house: &str) -> Vec<Problem> {
    let says = |line: &&str| !line.trim().is_empty() && !line.starts_with('#') && !line.ends_with(['[', ']']);
    let missing = house.lines().filter(says).filter(|rule| !text.lines().any(|line| line == *rule));
    let told = |rule: &str| {
        Problem::new(path, 1, format!("it leaves out a rule of the house: {}", rule.trim()), "copy it from clippy.toml")
    };
    missing.map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_of_the_house_that_is_left_out_is_named() {
        let house = "# Why.\ndisallowed-methods = [\n    { path = \"a\" },\n    { path = \"b\" },\n]\nallow-print-in-tests = true\n";
        let own = "disallowed-types = [\n    { path = \"T\" },\n]\ndisallowed-methods = [\n    { path = \"b\" },\n]\n";
        let told: Vec<_> = check("x/clippy.toml", own, house).into_iter().map(|problem| problem.what).collect();
        assert_eq!(
            told,
            [
                "it leaves out a rule of the house: { path = \"a\" },",
                "it leaves out a rule of the house: allow-print-in-tests = true"
            ]
        );
        assert!(check("x/clippy.toml", house, house).is_empty());
    }
}
