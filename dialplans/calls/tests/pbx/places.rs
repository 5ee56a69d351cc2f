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

/// In most contracts the carrier tells help the address that stands there for the number that calls: another house has a number of its own, and
/// help calls that back.
#[test]
fn help_is_shown_the_number_of_the_house_that_it_is_called_from() {
    let places = PLACES.replace("40 Elm Street\"", "40 Elm Street\"\nnumber = \"+12025550140\"");
    let text = SETTINGS.replacen("[clinic]", &format!("{places}[clinic]"), 1);
    let mut bench = Bench::with(calls::Limits::default(), Settings::parse(&text).expect("good settings"));
    bench.run("register 101\nregister 102 at=10.0.0.70:5060\ninvite a 101 911\npickup B1\nbye a");
    bench.run("invite b 102 911 at=10.0.0.70:5060\npickup B2\nbye b");
    bench.run("invite c 102 12025550101 at=10.0.0.70:5060\ncancel c");
    let shown: Vec<&str> =
        bench.log.lines().filter_map(|line| line.split("Clinic\" sip:+").nth(1)?.split('@').next()).collect();
    assert_eq!(shown, ["12025550123", "12025550140", "12025550123"], "{}", bench.log);
    // Each is called back by the number that they were shown by. An hour later all ring, as for the main number.
    for (call, wait, called, rung) in [
        ("d", 0, "+12025550140", &["102"][..]),
        ("e", 0, "+12025550123", &["101"]),
        ("f", 3700, "+12025550140", &["101", "102"]),
        ("g", 0, "+12025550141", &[]),
    ] {
        bench.run(&format!("wait {wait}\nregister 101\nregister 102 at=10.0.0.70:5060"));
        bench.log.clear();
        bench.run(&format!("invite {call} main:+12025550999 {called}"));
        let invited = bench.log.lines().filter(|line| line.trim().starts_with("invite B"));
        let invited: Vec<&str> = invited.filter_map(|line| line.split("sip:").nth(1)?.split('@').next()).collect();
        assert_eq!(invited, rung, "{}", bench.log);
        if !rung.is_empty() {
            bench.run(&format!("cancel {call}"));
        }
    }
    bench.check_rest();
}
