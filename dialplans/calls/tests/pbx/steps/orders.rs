//! In which order phones are called where the plan leaves it to who has rested longest, or to chance.

use std::collections::BTreeMap;

use super::ran;

/// A group and a queue of the same three, in an order that is not that of their numbers.
fn plan(order: &str) -> String {
    format!(
        r#"
[[inbound]]
number = "main"
to = "queue desk"
[[inbound]]
number = "+12025550188"
to = "100"
[extensions.100]
ring = ["103", "101", "102"]
order = "{order}"
seconds = 5
nobody = "hang up"
[queues.desk]
ring = ["103", "101", "102"]
order = "{order}"
seconds = 5
wait = 60
at_most = 2
every = 20
nobody = "hang up"
full = "hang up"
[outside]
national = ["main"]
"#
    )
}

/// Whose phones a script calls, one after the other.
fn called(order: &str, script: &str) -> Vec<String> {
    let log = ran(&plan(order), script).log;
    let who = |line: &str| Some(line.trim().strip_prefix("invite B")?.split_once(" sip:")?.1[..3].to_owned());
    log.lines().filter_map(who).filter(|who| who != "+12").collect()
}

/// The main number leads to the queue, the other to the group.
const NUMBERS: [&str; 2] = ["+12025550123", "+12025550188"];

#[test]
fn who_has_rested_longest_is_called_first() {
    for number in NUMBERS {
        let mut script = "wait 1\n".to_owned();
        // Nobody has talked yet: they come as they are named, and each who has talked comes last.
        for call in 1..=4 {
            script += &format!("invite a{call} main:+12025550171 {number}\npickup B{call}\nbye B{call}\nwait 5\n");
        }
        // 101, who would be next, calls somebody outside by themselves.
        script += "invite o 101 202-555-0101\npickup B5\nbye o\nwait 5\n";
        // Nobody answers.
        script += &format!("invite a5 main:+12025550171 {number}\nwait 14\ncancel a5\nbye a5\n");
        assert_eq!(called("longest idle", &script), ["103", "101", "102", "103", "102", "103", "101"], "{number}");
        let named = called("one by one", &script);
        assert_eq!(named, ["103", "103", "103", "103", "103", "101", "102"], "{number}");
    }
}

#[test]
fn chance_calls_each_of_them_once_and_all_of_them_first_now_and_then() {
    for number in NUMBERS {
        let mut script = String::new();
        const CALLS: usize = 60;
        for call in 0..CALLS {
            script +=
                &format!("invite a{call} main:+12025550171 {number}\nwait 14\ncancel a{call}\nbye a{call}\nwait 5\n");
        }
        let who = called("random", &script);
        assert_eq!(who.len(), 3 * CALLS, "{number}");
        assert_eq!(who, called("random", &script), "the same by the same seed");
        let mut orders: BTreeMap<&[String], usize> = BTreeMap::new();
        for order in who.chunks(3) {
            let mut all = order.to_vec();
            all.sort();
            assert_eq!(all, ["101", "102", "103"], "{number}");
            *orders.entry(order).or_default() += 1;
        }
        // Each of the six orders is as likely as the others: ten times of sixty. One that comes less than three times has a chance of
        // one in three hundred, and none of these seeds has it.
        assert!(orders.len() == 6 && orders.values().all(|times| *times >= 3), "{number}: {orders:?}");
    }
}
