//! Where a call for help is made from, in a clinic with phones on several floors and a second house: those who are told are told that, and not
//! where the person usually is.

use expect_test::expect;
use model::Settings;

use crate::bench::{Bench, SETTINGS};

const PLACES: &str = r#"
[[places]]
network = "10.0.0.101"
location = "Room 4"
[[places]]
network = "10.0.0.64/28"
location = "East wing"
address = "40 Elm Street"
"#;

fn bench() -> Bench {
    let trunk = "address = \"192.0.2.1:5060\"\n";
    let text = SETTINGS.replacen("[clinic]", &format!("{PLACES}[clinic]"), 1);
    let text = text.replacen(trunk, &format!("{trunk}location_header = \"X-Location\"\n"), 1);
    Bench::with(calls::Limits::default(), Settings::parse(&text).expect("good settings"))
}

/// The lines of the log that tell of it.
fn alerts(bench: &Bench) -> String {
    bench.log.lines().filter(|line| line.contains("ALERT")).map(|line| format!("{}\n", line.trim())).collect()
}

#[test]
fn a_phone_is_where_its_address_says_also_one_that_nobody_knows() {
    let mut bench = bench();
    bench.run(
        "register 101\ninvite a 101 911\ncancel a\ninvite b device:ghost 911\ncancel b\ninvite c 102 911\ncancel c",
    );
    expect![[r#"
        ALERT call1 Extension 101 (Front desk, Room 4) called 911. -> 101,102,103
        ALERT call2 A phone that has not registered, at 10.0.0.77 (East wing, 40 Elm Street), called 911. -> 101,102,103
        ALERT call3 Extension 102 (Nurse) called 911. -> 101,102,103
    "#]]
    .assert_eq(&alerts(&bench));
}

#[test]
fn the_carrier_is_told_the_same_with_the_street_of_that_house() {
    let mut bench = bench();
    bench.run(
        "register 101\ninvite a 101 911\ncancel a\ninvite b device:ghost 911\ncancel b\ninvite c 102 911\ncancel c",
    );
    let told = |line: &&str| line.contains("X-Location");
    let told: String = bench.log.lines().filter(told).map(|line| format!("{}\n", line.trim())).collect();
    expect![[r#"
        X-Location: 1 Harbor Street; Room 4
        X-Location: 40 Elm Street; East wing
        X-Location: 1 Harbor Street
    "#]]
    .assert_eq(&told);
}

#[test]
fn staff_see_where_each_phone_is() {
    let mut bench = bench();
    let places =
        |bench: &Bench| bench.pbx.phones().into_iter().map(|phone| phone.places.join("; ")).collect::<Vec<_>>();
    assert_eq!(places(&bench)[0], "ground floor");
    bench.run("register 101");
    assert_eq!(places(&bench)[0], "Room 4");
}

#[test]
fn who_hands_a_call_on_to_help_is_there_too() {
    let mut bench = bench();
    bench.run("register 101\nregister 102\ninvite a 101 102\nring B1\npickup B1\nrefer a 911\nhangup");
    expect![[r#"
        ALERT call1 Extension 101 (Front desk, Room 4) transferred a call to 911. -> 101,102,103
    "#]]
    .assert_eq(&alerts(&bench));
}
