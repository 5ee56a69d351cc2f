//! What a carrier is told beside the number, as its terms say: who calls, who vouches for it, that a call was sent on, and from where somebody
//! calls for help (RFC 3323, RFC 3325, RFC 5806, RFC 7044).

use calls::Limits;
use expect_test::{Expect, expect};
use model::Settings;

use crate::bench::{Bench, SETTINGS};

/// Calls for the main number go on to a phone outside.
const SENT_ON: &str = r#"
[[inbound]]
number = "main"
to = "outside +12025550144"
[outside]
national = "main"
"#;

/// The trunk main has these terms.
fn bench(terms: &str) -> Bench {
    let trunk = "address = \"192.0.2.1:5060\"\n";
    let text = SETTINGS.replace(trunk, &format!("{trunk}{terms}\n"));
    assert_ne!(text, SETTINGS, "the trunk is there");
    let settings = Settings::parse(&text).expect("good settings");
    Bench::with(Limits::default(), Settings { plan: SENT_ON.to_owned(), ..settings })
}

/// What each INVITE of this script tells the carrier.
fn check(terms: &str, script: &str, expected: &Expect) {
    let mut bench = bench(terms);
    bench.run(script);
    bench.check_rest();
    let lines: Vec<&str> = bench.log.lines().collect();
    let mut told = String::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("    invite ")) {
        let line = line.trim_start().split(" (v1").next().expect("a line");
        let private = if lines[at].ends_with(" private") { " private" } else { "" };
        told += &format!("{line}{private}\n");
        let headers = lines.get(at + 1).filter(|next| next.starts_with("      "));
        told.extend(headers.map(|headers| format!("  {}\n", headers.trim_start())));
    }
    expected.assert_eq(&told);
}

/// A call of ours, one from outside that is sent on, and one from outside without a number that is.
const ALL: &str = "
    invite a 101 202-555-0101
    cancel a
    invite b main:+12025550177 +12025550123
    cancel b
    invite c main:anonymous +12025550123
    cancel c
";

#[test]
fn the_clinic_calls_as_itself_unless_the_carrier_takes_another_word() {
    let clinic = expect![[r#"
        invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
        invite B2 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
        invite B3 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
    "#]];
    for terms in ["", "caller_id = \"clinic\""] {
        check(terms, ALL, &clinic);
    }
    check(
        "caller_id = \"original\"",
        ALL,
        &expect![[r#"
        invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
        invite B2 sip:+12025550144@192.0.2.1:5060 from "" sip:+12025550177@clinic.demo
        invite B3 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
    "#]],
    );
    check(
        "caller_id = \"anonymous\"",
        ALL,
        &expect![[r#"
        invite B1 sip:+12025550101@192.0.2.1:5060 from "Anonymous" sip:anonymous@anonymous.invalid private
        invite B2 sip:+12025550144@192.0.2.1:5060 from "Anonymous" sip:anonymous@anonymous.invalid private
        invite B3 sip:+12025550144@192.0.2.1:5060 from "Anonymous" sip:anonymous@anonymous.invalid private
    "#]],
    );
}

#[test]
fn a_carrier_is_told_who_vouches_as_it_asks() {
    check(
        "caller_id = \"anonymous\"\nidentity = \"asserted\"",
        ALL,
        &expect![[r#"
        invite B1 sip:+12025550101@192.0.2.1:5060 from "Anonymous" sip:anonymous@anonymous.invalid private
          P-Asserted-Identity: <sip:+12025550123@clinic.demo>
        invite B2 sip:+12025550144@192.0.2.1:5060 from "Anonymous" sip:anonymous@anonymous.invalid private
          P-Asserted-Identity: <sip:+12025550123@clinic.demo>
        invite B3 sip:+12025550144@192.0.2.1:5060 from "Anonymous" sip:anonymous@anonymous.invalid private
          P-Asserted-Identity: <sip:+12025550123@clinic.demo>
    "#]],
    );
    check(
        "caller_id = \"original\"\nidentity = \"preferred\"",
        ALL,
        &expect![[r#"
        invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
          P-Preferred-Identity: <sip:+12025550123@clinic.demo>
        invite B2 sip:+12025550144@192.0.2.1:5060 from "" sip:+12025550177@clinic.demo
          P-Preferred-Identity: <sip:+12025550123@clinic.demo>
        invite B3 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
          P-Preferred-Identity: <sip:+12025550123@clinic.demo>
    "#]],
    );
}

#[test]
fn a_carrier_is_told_that_a_call_was_sent_on_as_it_asks() {
    check(
        "diversion = \"diversion\"",
        ALL,
        &expect![[r#"
        invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
        invite B2 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
          Diversion: <sip:+12025550123@192.0.2.1:5060>;reason=unconditional;counter=1
        invite B3 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
    "#]],
    );
    check(
        "diversion = \"history_info\"",
        ALL,
        &expect![[r#"
        invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
        invite B2 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
          History-Info: <sip:+12025550123@192.0.2.1:5060>;index=1, <sip:+12025550144@192.0.2.1:5060>;index=1.1;mp=1
        invite B3 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
    "#]],
    );
}

/// An account makes us a name at the carrier's, and numbers are written as it wants them in each header.
#[test]
fn the_names_and_numbers_are_the_carriers_own() {
    let terms = "domain = \"carrier.example\"\nuser = \"harbor\"\npassword = \"secret\"\nnumbers_out = \"10_digits\"\n\
                 caller_id = \"original\"\nidentity = \"asserted\"\ndiversion = \"history_info\"";
    check(
        terms,
        ALL,
        &expect![[r#"
        invite B1 sip:2025550101@carrier.example at 192.0.2.1:5060 from "Harbor Street Clinic" sip:2025550123@carrier.example
          P-Asserted-Identity: <sip:2025550123@carrier.example>
        invite B2 sip:2025550144@carrier.example at 192.0.2.1:5060 from "" sip:2025550177@carrier.example
          P-Asserted-Identity: <sip:2025550123@carrier.example> | History-Info: <sip:2025550123@carrier.example>;index=1, <sip:2025550144@carrier.example>;index=1.1;mp=1
        invite B3 sip:2025550144@carrier.example at 192.0.2.1:5060 from "Harbor Street Clinic" sip:2025550123@carrier.example
          P-Asserted-Identity: <sip:2025550123@carrier.example>
    "#]],
    );
}

/// From phones with and without a place of their own, from one that is unknown, and a call that is none for help.
const HELP: &str = "
    invite a 101 911
    cancel a
    invite b 102 911 private
    cancel b
    invite c device:ghost 911
    cancel c
    invite d 101 202-555-0101
    cancel d
";

/// Help knows who calls and where they are, whatever was agreed on for other calls; and no other call tells the place.
#[test]
fn help_is_told_the_clinic_and_the_place() {
    let hidden = "caller_id = \"anonymous\"\ndiversion = \"diversion\"\nidentity = \"asserted\"\nlocation_header =";
    check(
        &format!("{hidden} \"Subject\""),
        HELP,
        &expect![[r#"
        invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
          P-Asserted-Identity: <sip:+12025550123@clinic.demo> | Subject: 1 Harbor Street; ground floor
        invite B2 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
          P-Asserted-Identity: <sip:+12025550123@clinic.demo> | Subject: 1 Harbor Street
        invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
          P-Asserted-Identity: <sip:+12025550123@clinic.demo> | Subject: 1 Harbor Street
        invite B4 sip:+12025550101@192.0.2.1:5060 from "Anonymous" sip:anonymous@anonymous.invalid private
          P-Asserted-Identity: <sip:+12025550123@clinic.demo>
    "#]],
    );
    check(
        "location_header = \"X-Location\"",
        HELP,
        &expect![[r#"
        invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
          X-Location: 1 Harbor Street; ground floor
        invite B2 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
          X-Location: 1 Harbor Street
        invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
          X-Location: 1 Harbor Street
        invite B4 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
    "#]],
    );
    check(
        "",
        "invite a 101 911\ncancel a",
        &expect![[r#"
        invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo
    "#]],
    );
}
