//! A caller finds people by the letters of their names, in a menu of the plan or by the code of the directory, and hears whom they have found.

use calls::Limits;
use expect_test::{Expect, expect};
use model::Settings;

use crate::bench::{Bench, SETTINGS};

/// 101 is the front desk; more have names like each other's.
const PEOPLE: [(&str, &str); 4] =
    [("101", "Front desk"), ("102", "Nurse Baker"), ("103", "Doctor Baker"), ("104", "Nurse Abel")];

const NAMES: &str = r##"
[[inbound]]
number = "main"
to = "menu names"
[menus.names]
prompt = "dial_by_name"
names = ["102", "103", "104"]
keys = { 6 = "103", 0 = "101" }
times = 3
nobody = "101"
"##;

/// Only what follows `before` is told.
fn ran(people: &[(&str, &str)], plan: &str, before: &str, script: &str) -> String {
    let mut settings = Settings { plan: plan.to_owned(), ..Settings::parse(SETTINGS).expect("good settings") };
    let like = settings.people[1].clone();
    let person = |(extension, name): &(&str, &str)| model::settings::Person {
        user: (*extension).to_owned(),
        extension: (*extension).to_owned(),
        name: (*name).into(),
        ..like.clone()
    };
    settings.people = people.iter().map(person).collect();
    let mut bench = Bench::with(Limits::default(), settings);
    for user in ["101", "102", "103"] {
        bench.register(user, &[]);
    }
    bench.run(before);
    bench.log.clear();
    bench.run(script);
    bench.check_rest();
    bench.log
}

/// A caller from outside is in the menu.
const LED: &str = "invite a main:+12025550171 +12025550123\nack a";

fn check(script: &str, expected: &Expect) {
    expected.assert_eq(&ran(&PEOPLE, NAMES, LED, script));
}

#[test]
fn the_only_one_is_heard_by_name_and_called() {
    check(
        "trace\ntype s1 3\ntype s1 6#\nanswer names 103\nplayed s1\ncancel B1\nbye a",
        &expect![[r#"
            > trace
            > type s1 3
                stop s1
            > type s1 6#
                ask names 103
            > answer names 103
                play s1 (1s)
            > played s1
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > cancel B1
                close s2
                bye a
                close s1
                RECORD call1 In +12025550171 > +12025550123 Unreachable fault Callee alone 0s packets 1/0
                    0s Detail It is a number that this plan answers: it leads to menu names.
                    0s Detail The menu names asks the caller for a key.
                    0s Good The menu names answered
                    0s Good The caller pressed 36
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn Refused by Doctor Baker (status 480)
                    0s Warn Nobody took the call (Not reachable)
                    0s Warn Not reachable
            > bye a
        "#]],
    );
}

#[test]
fn who_has_recorded_no_name_or_whose_is_not_there_in_time_is_called_at_once() {
    check(
        "type s1 36#\nanswer names\ncancel B1\nbye a",
        &expect![[r#"
            > type s1 36#
                stop s1
                ask names 103
            > answer names
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > cancel B1
                close s2
                bye a
                close s1
                RECORD call1 In +12025550171 > +12025550123 Unreachable fault Callee alone 0s packets 1/0
            > bye a
        "#]],
    );
    check(
        "type s1 36#\nwait 1\nanswer names 103\ncancel B1\nbye a",
        &expect![[r#"
            > type s1 36#
                stop s1
                ask names 103
            > wait 1
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > answer names 103
            > cancel B1
                close s2
                bye a
                close s1
                RECORD call1 In +12025550171 > +12025550123 Unreachable fault Callee alone 1s packets 1/0
            > bye a
        "#]],
    );
}

#[test]
fn several_are_offered_each_by_a_key() {
    check(
        "type s1 2253\nwait 3\nanswer names 102\nkey s1 9\nkey s1 2\ncancel B1\nbye a",
        &expect![[r#"
            > type s1 2253
                stop s1
            > wait 3
                ask names 103 102
            > answer names 102
                play s1 extension number-1 number-0 number-3 press number-1 Silence(300ms) (1s) press number-2 Silence(300ms) names_anew
            > key s1 9
                play s1 invalid_choice extension number-1 number-0 number-3 press number-1 Silence(300ms) (1s) press number-2 Silence(300ms) names_anew
            > key s1 2
                stop s1
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > cancel B1
                close s2
                bye a
                close s1
                RECORD call1 In +12025550171 > +12025550123 Unreachable fault Callee alone 3s packets 1/0
            > bye a
        "#]],
    );
}

#[test]
fn star_begins_anew_and_silence_hears_them_again_and_goes_to_nobody() {
    check(
        "type s1 22#\nanswer names 102 103 104\nkey s1 *\ntype s1 36#\nanswer names 103\nkey s1 *\nbye a",
        &expect![[r#"
            > type s1 22#
                stop s1
                ask names 103 104 102
            > answer names 102 103 104
                play s1 (1s) press number-1 Silence(300ms) (1s) press number-2 Silence(300ms) (1s) press number-3 Silence(300ms) names_anew
            > key s1 *
                play s1 dial_by_name Silence(300ms)
            > type s1 36#
                stop s1
                ask names 103
            > answer names 103
                play s1 (1s)
            > key s1 *
                play s1 dial_by_name Silence(300ms)
            > bye a
                close s1
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s packets 1/0
        "#]],
    );
    check(
        "type s1 22#\nkey s1 1\nanswer names\nplayed s1\nwait 6\nplayed s1\nwait 6\nplayed s1\nwait 6\ncancel B1\nbye a",
        &expect![[r#"
            > type s1 22#
                stop s1
                ask names 103 104 102
            > key s1 1
            > answer names
                play s1 extension number-1 number-0 number-3 press number-1 Silence(300ms) extension number-1 number-0 number-4 press number-2 Silence(300ms) extension number-1 number-0 number-2 press number-3 Silence(300ms) names_anew
            > played s1
            > wait 6
                play s1 choose_again extension number-1 number-0 number-3 press number-1 Silence(300ms) extension number-1 number-0 number-4 press number-2 Silence(300ms) extension number-1 number-0 number-2 press number-3 Silence(300ms) names_anew
            > played s1
            > wait 6
                play s1 choose_again extension number-1 number-0 number-3 press number-1 Silence(300ms) extension number-1 number-0 number-4 press number-2 Silence(300ms) extension number-1 number-0 number-2 press number-3 Silence(300ms) names_anew
            > played s1
            > wait 6
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550171@clinic.demo (v1 :4002)
                play s1 <Ringing>
            > cancel B1
                close s2
                bye a
                close s1
                RECORD call1 In +12025550171 > +12025550123 Unreachable fault Callee alone 18s packets 1/0
            > bye a
        "#]],
    );
}

/// Whoever is not to be found is not, a key of the menu means what it says, and `#` says that the name is typed.
#[test]
fn letters_that_mean_nobody_or_half_of_the_clinic_are_asked_for_again() {
    check(
        "key s1 3\nkey s1 #\ntype s1 37\ntype s1 2253#\nbye a",
        &expect![[r#"
            > key s1 3
                stop s1
            > key s1 #
                play s1 several_names dial_by_name Silence(300ms)
            > type s1 37
                stop s1
                play s1 invalid_choice dial_by_name Silence(300ms)
            > type s1 2253#
                stop s1
                ask names 103 102
            > bye a
                close s1
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s packets 1/0
        "#]],
    );
}

#[test]
fn more_than_eight_are_not_offered() {
    let people: Vec<(String, String)> = (102..111).map(|n| (n.to_string(), format!("Nurse {n}"))).collect();
    let people: Vec<(&str, &str)> = people.iter().map(|(extension, name)| (&**extension, &**name)).collect();
    let plan = NAMES
        .replace("[\"102\", \"103\", \"104\"]", "[\"all\"]")
        .replace("0 = \"101\"", "0 = \"102\"")
        .replace("nobody = \"101\"", "nobody = \"hang up\"");
    expect![[r#"
        > type s1 687#
            stop s1
            play s1 several_names dial_by_name Silence(300ms)
        > bye a
            close s1
            RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s packets 1/0
    "#]]
    .assert_eq(&ran(&people, &plan, LED, "type s1 687#\nbye a"));
    expect![[r#"
        > type s1 687#
            stop s1
            ask names 102 103 104 105 106 107 108 109
        > answer names 105
            play s1 extension number-1 number-0 number-2 press number-1 Silence(300ms) extension number-1 number-0 number-3 press number-2 Silence(300ms) extension number-1 number-0 number-4 press number-3 Silence(300ms) (1s) press number-4 Silence(300ms) extension number-1 number-0 number-6 press number-5 Silence(300ms) extension number-1 number-0 number-7 press number-6 Silence(300ms) extension number-1 number-0 number-8 press number-7 Silence(300ms) extension number-1 number-0 number-9 press number-8 Silence(300ms) names_anew
        > bye a
            close s1
            RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s packets 1/0
    "#]].assert_eq(&ran(&people[..8], &plan, LED, "type s1 687#\nanswer names 105\nbye a"));
}

/// One of the only name rings at once, since the phone shows it; who is meant of several is asked for, and so are more letters.
#[test]
fn colleagues_choose_by_the_code_of_the_directory() {
    let chosen = "trace\ninvite a 101 *4112253\nack a\nanswer names 103\nkey s1 2\npickup B1\nbye a";
    expect![[r#"
        > trace
        > invite a 101 *4112253
            open s1 :4000
            sound s1 10.0.0.101:7000
            answer a (v1 :4000)
            ask names 103 102
        > ack a
        > answer names 103
            play s1 (1s) press number-1 Silence(300ms) extension number-1 number-0 number-2 press number-2 Silence(300ms) names_anew
        > key s1 2
            stop s1
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            play s1 <Ringing>
        > pickup B1
            sound s2 10.0.1.10:7000
            stop s1
            bridge s1 s2
            reinvite a (v2 :4000)
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > *4112253 HungUp fault None talked 0s packets 1/2
                0s Detail *411 is the directory of names.
                0s Good The menu of names answered
                0s Good The caller pressed 2253
                0s Detail 2 are offered whose names begin so
                0s Good The caller pressed 2
                0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Good Answered by Nurse Baker
                0s Good The caller hung up
                0s Good Ended
    "#]].assert_eq(&ran(&PEOPLE, NAMES, "", chosen));
    let typed = "trace\ninvite b 101 *411\nack b\ntype s1 36#\nanswer names 103\nbye b
        invite c 102 *4116\nack c\ntype s2 37#\nbye c";
    expect![[r#"
        > trace
        > invite b 101 *411
            open s1 :4000
            sound s1 10.0.0.101:7000
            answer b (v1 :4000)
            play s1 dial_by_name Silence(300ms)
        > ack b
        > type s1 36#
            stop s1
            ask names 103
        > answer names 103
            play s1 (1s)
        > bye b
            close s1
            RECORD call1 Out 101 > *411 HungUp fault None talked 0s packets 1/0
                0s Detail *411 is the directory of names.
                0s Good The menu of names answered
                0s Good The caller pressed 36
                0s Good The caller hung up
                0s Good Ended
        > invite c 102 *4116
            open s2 :4002
            sound s2 10.0.0.102:7000
            answer c (v1 :4002)
            play s2 several_names dial_by_name Silence(300ms)
        > ack c
        > type s2 37#
            stop s2
            ask names 101
        > bye c
            close s2
            RECORD call2 Out 102 > *4116 HungUp fault None talked 0s packets 2/0
                0s Detail *411 is the directory of names.
                0s Good The menu of names answered
                0s Detail Several names begin as the caller typed
                0s Good The caller pressed 37
                0s Good The caller hung up
                0s Good Ended
    "#]]
    .assert_eq(&ran(&PEOPLE, NAMES, "", typed));
    let only = "trace\ninvite d 102 *411999\nwait 20\ninvite e 101 *41136\ncancel e";
    expect![[r#"
        > trace
        > invite d 102 *411999
            open s1 :4000
            sound s1 10.0.0.102:7000
            answer d (v1 :4000)
            play s1 <Error> not_possible
        > wait 20
            bye d
            close s1
            RECORD call1 Out 102 > *411999 HungUp fault None talked 15s packets 1/0
                0s Detail *411 is the directory of names.
                0s Warn The code was not carried out (Nobody has such a name.)
               15s Good Ended
        > invite e 101 *41136
            open s2 :4002
            open s3 :4004
            invite B1 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4004)
        > cancel e
            cancel B1
            close s2 s3
            RECORD call2 Out 101 > 103 Abandoned fault Caller packets 2/3
                0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Warn The caller hung up before anyone answered
    "#]]
    .assert_eq(&ran(&PEOPLE, NAMES, "", only));
}
