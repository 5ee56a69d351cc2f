//! What a stolen password may cost: the plan's limits, counted call by call.

mod ends;
mod money;
mod words;

use calls::Limits;
use expect_test::{Expect, expect};

use crate::bench::Bench;

const PLAN: &str = r#"
[outside]
national = "main"
international = "backup"
[limits]
at_once_each = 1
per_hour_each = 3
minutes_abroad = 5
"#;

/// The lines of the transcript that say what became of the calls.
fn check(script: &str, expected: &Expect) {
    let mut bench = Bench::with_plan(Limits::default(), PLAN);
    bench.show_trace = true;
    script.lines().map(str::trim).filter(|l| !l.is_empty()).for_each(|line| bench.run_line(line));
    bench.check_rest();
    let words = ["> ", "refuse", "NOTICE", "RECORD", "ALERT", "The plan's limit"];
    let said: Vec<_> = bench.log.lines().filter(|l| words.iter().any(|w| l.contains(w))).collect();
    expected.assert_eq(&said.join("\n"));
}

#[test]
fn one_person_has_a_call_at_a_time_and_help_is_not_counted() {
    check(
        "
        invite a 101 2025550101
        pickup B1
        invite b 101 2025550102
        played s3
        invite c 101 2025550103
        played s4
        invite d 102 2025550104
        invite help 101 911
        cancel help
        bye a
        invite e 101 2025550105
        cancel e
        cancel d
        ",
        &expect![[r#"
            > invite a 101 2025550101
            > pickup B1
            > invite b 101 2025550102
                NOTICE Extension 101 has as many outside calls at a time as the plan allows; another was refused.
                play s3 <Error> limit_reached
            > played s3
                RECORD call1 Out 101 > +12025550102 Refused fault Caller talked 0s packets 3/0
                    0s Detail The plan's limit of 1 for outside calls of one person at a time is reached.
            > invite c 101 2025550103
                play s4 <Error> limit_reached
            > played s4
                RECORD call2 Out 101 > +12025550103 Refused fault Caller talked 0s packets 4/0
                    0s Detail The plan's limit of 1 for outside calls of one person at a time is reached.
            > invite d 102 2025550104
            > invite help 101 911
                ALERT call3 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
            > cancel help
                RECORD call3 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 7/8
            > bye a
                RECORD call4 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
            > invite e 101 2025550105
            > cancel e
                RECORD call5 Out 101 > +12025550105 Abandoned fault Caller packets 9/10
            > cancel d
                RECORD call6 Out 102 > +12025550104 Abandoned fault Caller packets 5/6"#]],
    );
}

#[test]
fn an_hour_has_its_calls() {
    check(
        "
        invite a 101 2025550101
        cancel a
        invite b 101 2025550101
        cancel b
        invite c 101 2025550101
        cancel c
        invite d 101 2025550101
        played s7
        invite e 101 2025550101
        played s8
        invite help 101 911
        cancel help
        wait 3600
        invite f 101 2025550101
        cancel f
        ",
        &expect![[r#"
            > invite a 101 2025550101
            > cancel a
                RECORD call1 Out 101 > +12025550101 Abandoned fault Caller packets 1/2
            > invite b 101 2025550101
            > cancel b
                RECORD call2 Out 101 > +12025550101 Abandoned fault Caller packets 3/4
            > invite c 101 2025550101
            > cancel c
                RECORD call3 Out 101 > +12025550101 Abandoned fault Caller packets 5/6
            > invite d 101 2025550101
                NOTICE Extension 101 has made as many outside calls within an hour as the plan allows; more are refused.
                play s7 <Error> limit_reached
            > played s7
                RECORD call4 Out 101 > +12025550101 Refused fault Caller talked 0s packets 7/0
                    0s Detail The plan's limit of 3 for outside calls of one person within an hour is reached.
            > invite e 101 2025550101
                play s8 <Error> limit_reached
            > played s8
                RECORD call5 Out 101 > +12025550101 Refused fault Caller talked 0s packets 8/0
                    0s Detail The plan's limit of 3 for outside calls of one person within an hour is reached.
            > invite help 101 911
                ALERT call6 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
            > cancel help
                RECORD call6 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 9/10
            > wait 3600
            > invite f 101 2025550101
            > cancel f
                RECORD call7 Out 101 > +12025550101 Abandoned fault Caller packets 11/12"#]],
    );
}

#[test]
fn abroad_is_paid_by_the_minute() {
    check(
        "
        invite a 101 +442079460018
        pickup B1
        wait 200
        invite b 102 +442079460018
        pickup B2
        wait 40
        bye a
        bye b
        wait 60
        invite c 103 +442079460018
        pickup B3
        wait 20
        invite d 101 +442079460018
        played s7
        invite e 103 2025550101
        cancel e
        ",
        &expect![[r#"
            > invite a 101 +442079460018
            > pickup B1
            > wait 200
            > invite b 102 +442079460018
            > pickup B2
                play s1 <Beep> Silence(200ms) <Beep>
                play s3 <Beep> Silence(200ms) <Beep>
            > wait 40
            > bye a
                RECORD call1 Out 101 > +442079460018 HungUp fault None talked 240s packets 1/2
            > bye b
                RECORD call2 Out 102 > +442079460018 HungUp fault None talked 40s packets 3/4
            > wait 60
            > invite c 103 +442079460018
            > pickup B3
                play s5 <Beep> Silence(200ms) <Beep>
            > wait 20
                NOTICE As many minutes with numbers abroad were used within a day as the plan allows; calls abroad were ended.
                RECORD call3 Out 103 > +442079460018 Refused fault Caller talked 20s packets 5/6
            > invite d 101 +442079460018
                NOTICE As many minutes with numbers abroad were used within a day as the plan allows; more calls abroad are refused.
                play s7 <Error> limit_reached
            > played s7
                RECORD call4 Out 101 > +442079460018 Refused fault Caller talked 0s packets 7/0
                    0s Detail The plan's limit of 5 for minutes with numbers abroad within a day is reached.
            > invite e 103 2025550101
            > cancel e
                RECORD call5 Out 103 > +12025550101 Abandoned fault Caller packets 8/9"#]],
    );
}

#[test]
fn who_hands_a_caller_on_to_the_outside_pays_for_it() {
    check(
        "
        register 101
        invite a main:+12025550111 +12025550123
        pickup B1
        refer B1 +442079460018
        pickup B2
        wait 300
        invite b 102 +442079460018
        played s4
        ",
        &expect![[r#"
            > register 101
            > invite a main:+12025550111 +12025550123
            > pickup B1
            > refer B1 +442079460018
            > pickup B2
            > wait 300
                play s1 <Beep> Silence(200ms) <Beep>
                NOTICE As many minutes with numbers abroad were used within a day as the plan allows; calls abroad were ended.
                RECORD call1 In +12025550111 > +442079460018 Refused fault Caller talked 300s packets 1/3
            > invite b 102 +442079460018
                NOTICE As many minutes with numbers abroad were used within a day as the plan allows; more calls abroad are refused.
                play s4 <Error> limit_reached
            > played s4
                RECORD call2 Out 102 > +442079460018 Refused fault Caller talked 0s packets 4/0
                    0s Detail The plan's limit of 5 for minutes with numbers abroad within a day is reached."#]],
    );
}

#[test]
fn a_transfer_to_the_outside_that_fails_costs_nothing() {
    check(
        "
        register 101
        invite a main:+12025550111 +12025550123
        pickup B1
        refer B1 +442079460018
        refuse B2 486
        wait 600
        refer B1 +442079460018
        pickup B3
        bye a
        ",
        &expect![[r#"
            > register 101
            > invite a main:+12025550111 +12025550123
            > pickup B1
            > refer B1 +442079460018
            > refuse B2 486
            > wait 600
            > refer B1 +442079460018
            > pickup B3
            > bye a
                RECORD call1 In +12025550111 > +442079460018 HungUp fault None talked 600s packets 1/4"#]],
    );
}

/// What was talked before with somebody inside is no minute abroad.
#[test]
fn a_call_outside_that_still_rings_is_paid_from_its_transfer() {
    check(
        "
        register 102
        invite a 101 102
        pickup B1
        wait 600
        invite b 101 +442079460018
        ring B2
        refer a replaces b
        pickup B2
        invite c 102 +442079460018
        cancel c
        bye B1
        ",
        &expect![[r#"
            > register 102
            > invite a 101 102
            > pickup B1
            > wait 600
            > invite b 101 +442079460018
            > ring B2
            > refer a replaces b
                refuse b 487
                RECORD call1 Out 101 > +442079460018 Abandoned fault None packets 3/0
            > pickup B2
            > invite c 102 +442079460018
            > cancel c
                RECORD call2 Out 102 > +442079460018 Abandoned fault Caller packets 5/6
            > bye B1
                RECORD call3 Out +442079460018 > 102 HungUp fault None talked 600s packets 4/2"#]],
    );
}
