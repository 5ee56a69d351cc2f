//! Which crate may know which: the levels of the design.
//!
//! An edge that is not in the table fails. Tests of a crate may use any lower level besides, but never their own or a higher one.

use serde_json::Value;

use super::Problem;

/// A package, its level, and which of ours its code may use. `model` may be used by all above it, and is not repeated.
struct Room {
    name: &'static str,
    level: u8,
    uses: &'static [&'static str],
}

const fn room(level: u8, name: &'static str, uses: &'static [&'static str]) -> Room {
    Room { name, level, uses }
}

const MODEL: &str = "frontdesk-model";
/// The level of what is for development only: nothing of the product uses it.
const DEV: u8 = 5;
/// Above it, the benchmark: it drives the same world and the same demo as the tests.
const BENCH: u8 = 6;

/// The levels. `*` stands for everything below.
const ROOMS: &[Room] = &[
    room(0, MODEL, &[]),
    // What tests of all others say.
    room(0, "frontdesk-skip", &[]),
    room(1, "frontdesk-media", &[]),
    room(1, "frontdesk-modem", &[]),
    room(1, "frontdesk-plan", &[]),
    room(1, "frontdesk-prompts", &[]),
    room(1, "frontdesk-sip", &[]),
    room(1, "frontdesk-spandsp", &[]),
    room(1, "frontdesk-store", &[]),
    room(2, "frontdesk-calls", &["frontdesk-media", "frontdesk-plan", "frontdesk-prompts", "frontdesk-sip"]),
    room(2, "frontdesk-fax", &["frontdesk-modem", "frontdesk-plan", "frontdesk-spandsp", "frontdesk-store"]),
    room(2, "frontdesk-mail", &["frontdesk-plan", "frontdesk-store"]),
    room(
        3,
        "frontdesk-clinic",
        // It hands on what `calls` says, which is in the words of `sip` and `media`, and what `fax` says to a modem.
        &[
            "frontdesk-calls",
            "frontdesk-fax",
            "frontdesk-mail",
            "frontdesk-media",
            "frontdesk-modem",
            "frontdesk-plan",
            "frontdesk-sip",
            "frontdesk-store",
        ],
    ),
    // It tells whoever writes a plan which prompts there are.
    room(3, "frontdesk-console", &["frontdesk-plan", "frontdesk-prompts", "frontdesk-store"]),
    room(4, "frontdesk-program", &["*"]),
    room(BENCH, "frontdesk-bench", &["*"]),
    room(DEV, "frontdesk-interop", &["*"]),
    room(DEV, "frontdesk-world", &["*"]),
    room(DEV, "xtask", &[]),
];

fn find(name: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|r| r.name == name)
}

/// Every edge of `metadata` (of `cargo metadata --no-deps`) that the table does not allow.
pub(super) fn check(metadata: &Value, root: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ours: Vec<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let path = package["manifest_path"].as_str().unwrap_or_default();
        let file = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
        let Some(room) = find(name) else {
            let help = "give it a row in image/xtask/src/tidy/levels.rs, at the level where the design puts it";
            problems.push(Problem::new(file, 0, format!("{name} has no level"), help));
            continue;
        };
        for dependency in package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let on = dependency["name"].as_str().unwrap_or_default();
            if ours.contains(&on) && !allowed(room, on, dependency["kind"].as_str() == Some("dev")) {
                let help = "what two rooms must share belongs into model; what joins them, into clinic or program";
                problems.push(Problem::new(file, 0, format!("{name} may not depend on {on}"), help));
            }
        }
    }
    problems
}

fn allowed(room: &Room, on: &str, for_tests: bool) -> bool {
    let Some(other) = find(on) else {
        // It has its own problem: no level.
        return true;
    };
    let below = other.level < room.level && (other.level < DEV || room.level == BENCH);
    let listed = (on == MODEL && room.level < DEV) || room.uses.contains(&"*") || room.uses.contains(&on);
    below && (for_tests || listed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check_one(name: &str, on: &str, kind: Option<&str>) -> Vec<String> {
        let package = |name: &str, dependencies: Value| json!({"name": name, "manifest_path": format!("/r/{name}/Cargo.toml"), "dependencies": dependencies});
        let metadata = json!({"packages": [
            package(name, json!([{"name": on, "kind": kind}, {"name": "serde", "kind": null}])),
            package(on, json!([])),
        ]});
        check(&metadata, "/r").into_iter().map(|p| format!("{}: {}", p.file, p.what)).collect()
    }

    #[test]
    fn listed_edges_pass() {
        for (name, on) in [
            ("frontdesk-calls", "frontdesk-sip"),
            ("frontdesk-media", "frontdesk-model"),
            ("frontdesk-program", "frontdesk-console"),
            ("frontdesk-world", "frontdesk-clinic"),
        ] {
            assert!(check_one(name, on, None).is_empty(), "{name} -> {on}");
        }
    }

    #[test]
    fn others_fail() {
        for (name, on) in [
            ("frontdesk-sip", "frontdesk-media"),
            ("frontdesk-calls", "frontdesk-fax"),
            ("frontdesk-calls", "frontdesk-store"),
            ("frontdesk-model", "frontdesk-plan"),
            ("frontdesk-program", "frontdesk-world"),
            ("frontdesk-interop", "frontdesk-world"),
            ("xtask", "frontdesk-model"),
        ] {
            let expected = format!("{name}/Cargo.toml: {name} may not depend on {on}");
            let found = check_one(name, on, None);
            assert_eq!(found, [expected]);
        }
    }

    #[test]
    fn tests_may_use_what_is_below() {
        assert!(check_one("frontdesk-calls", "frontdesk-store", Some("dev")).is_empty());
        assert_eq!(check_one("frontdesk-calls", "frontdesk-fax", Some("dev")).len(), 1);
        assert_eq!(check_one("frontdesk-sip", "frontdesk-world", Some("dev")).len(), 1);
    }

    #[test]
    fn a_newcomer_needs_a_level() {
        assert_eq!(
            check_one("frontdesk-new", "frontdesk-model", None),
            ["frontdesk-new/Cargo.toml: frontdesk-new has no level"]
        );
    }

    #[test]
    fn the_table_itself_goes_downwards() {
        for room in ROOMS {
            for on in room.uses.iter().filter(|u| **u != "*") {
                assert!(find(on).is_some_and(|o| o.level < room.level), "{} -> {on}", room.name);
            }
        }
    }
}
