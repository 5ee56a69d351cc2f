//! What the clinic records while calls come: the next caller hears it, and whoever listens hears what they began with. The names here are said by
//! no other test of this process.

use expect_test::{Expect, expect};
use model::{Language, Recordable, Recorded, Sound};

use super::ready;
use crate::bench::Bench;

const PLAN: &str = "
[[inbound]]
number = \"main\"
to = \"announcement parking\"
[announcements.parking]
say = \"Patients park behind the house.\"
[extensions.600]
to = \"announcement lab\"
[announcements.lab]
prompt = [\"es/message_options\", \"our-lab\"]
";

fn record(name: &str, language: Language, seconds: Option<usize>) {
    let sound = |seconds: usize| Recorded::new(Sound { rate: 16_000, samples: vec![1_000; seconds * 16_000] });
    prompts::record(&Recordable::Prompt { language, name: name.to_owned() }, seconds.map(sound));
}

/// What is played in this script, one line for each.
fn hears(bench: &mut Bench, script: &str, expected: &Expect) {
    bench.log.clear();
    bench.run(script);
    let played = bench.log.lines().filter(|line| line.trim_start().starts_with("play ") || line.starts_with('>'));
    expected.assert_eq(&played.map(|line| format!("{}\n", line.trim())).collect::<String>());
}

#[test]
fn the_next_caller_hears_a_new_recording_and_who_listens_hears_the_old_one_to_its_end() {
    let mut bench = ready(PLAN);
    record("our-lab", Language::English, Some(2));
    hears(
        &mut bench,
        "invite a 101 600\nack a",
        &expect![[r#"
        > invite a 101 600
        play s1 (11.043s) (2s) Silence(300ms)
        > ack a
    "#]],
    );
    record("our-lab", Language::English, Some(5));
    record("message_options", Language::Spanish, Some(1));
    // Nothing is played anew to the first of them.
    hears(
        &mut bench,
        "wait 1\ninvite b 102 600\nack b",
        &expect![[r#"
        > wait 1
        > invite b 102 600
        play s2 (1s) (5s) Silence(300ms)
        > ack b
    "#]],
    );
    record("our-lab", Language::English, Some(2));
    record("message_options", Language::Spanish, None);
    hears(
        &mut bench,
        "bye a\nbye b\ninvite c 103 600\nack c\nbye c",
        &expect![[r#"
        > bye a
        > bye b
        > invite c 103 600
        play s3 (11.043s) (2s) Silence(300ms)
        > ack c
        > bye c
    "#]],
    );
    record("our-lab", Language::English, None);
    bench.check_rest();
}

/// Voices speak only while the program is built, and what a step writes is the clinic's own.
#[test]
fn what_a_step_writes_is_heard_once_it_is_recorded() {
    let mut bench = ready(PLAN);
    let call = |name: &str| format!("invite {name} main:+12025550171 +12025550123\nack {name}\nbye {name}");
    hears(
        &mut bench,
        &call("a"),
        &expect![[r#"
        > invite a main:+12025550171 +12025550123
        play s1 <Confirm> Silence(300ms)
        > ack a
        > bye a
    "#]],
    );
    record("announcements.parking", Language::English, Some(3));
    hears(
        &mut bench,
        &call("b"),
        &expect![[r#"
        > invite b main:+12025550171 +12025550123
        play s2 (3s) Silence(300ms)
        > ack b
        > bye b
    "#]],
    );
    record("announcements.parking", Language::English, None);
    hears(
        &mut bench,
        &call("c"),
        &expect![[r#"
        > invite c main:+12025550171 +12025550123
        play s3 <Confirm> Silence(300ms)
        > ack c
        > bye c
    "#]],
    );
    bench.check_rest();
}
