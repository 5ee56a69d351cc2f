//! Whose call the plan refuses hears that in words, if it is a person at a phone of ours and their own call.

use calls::Limits;
use expect_test::{Expect, expect};
use model::Settings;
use model::settings::PhoneFax;

use super::PLAN;
use crate::bench::{Bench, SETTINGS};

fn check(mut bench: Bench, script: &str, expected: &Expect) {
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

/// Whatever they do meanwhile, the call was refused; and who is told so keeps nobody else waiting.
#[test]
fn who_hangs_up_on_them_was_refused_all_the_same_and_words_whose_end_nobody_reports_end() {
    check(
        Bench::with_plan(Limits::default(), PLAN),
        "
        trace
        invite a 101 2025550101
        pickup B1
        invite b 101 2025550102
        bye b
        invite c 101 2025550102
        wait 16
        bye a
        ",
        &expect![[r#"
            > trace
            > invite a 101 2025550101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > invite b 101 2025550102
                NOTICE Extension 101 has as many outside calls at a time as the plan allows; another was refused.
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer b (v1 :4004)
                play s3 <Error> limit_reached
            > bye b
                close s3
                RECORD call1 Out 101 > +12025550102 Refused fault Caller talked 0s packets 3/0
                    0s Detail The plan's limit of 1 for outside calls of one person at a time is reached.
                    0s Detail The caller hears why, in words
                    0s Good The caller hung up
                    0s Warn Refused
            > invite c 101 2025550102
                open s4 :4006
                sound s4 10.0.0.101:7000
                answer c (v1 :4006)
                play s4 <Error> limit_reached
            > wait 16
                bye c
                close s4
                RECORD call2 Out 101 > +12025550102 Refused fault Caller talked 15s packets 4/0
                    0s Detail The plan's limit of 1 for outside calls of one person at a time is reached.
                    0s Detail The caller hears why, in words
                   15s Warn Refused
            > bye a
                bye B1
                close s1 s2
                RECORD call3 Out 101 > +12025550101 HungUp fault None talked 16s packets 1/2
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                   16s Good The caller hung up
                   16s Good Ended
        "#]],
    );
}

#[test]
fn not_a_call_that_somebody_else_led_outside_nor_one_of_t38_alone() {
    check(
        Bench::with_plan(Limits::default(), PLAN),
        "
        trace
        invite a 102 2025550101
        pickup B1
        switch forward 102 always 12025550188
        invite b 103 102
        invite c 102 2025550102 image
        bye a
        ",
        &expect![[r#"
            > trace
            > invite a 102 2025550101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > switch forward 102 always 12025550188
                switches changed
                switched
            > invite b 103 102
                NOTICE Extension 102 has as many outside calls at a time as the plan allows; another was refused.
                refuse b 403
                RECORD call1 Out 103 > 102 Refused fault Caller packets 0/0
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Detail 102 forwards all calls.
                    0s Detail The plan's limit of 1 for outside calls of one person at a time is reached.
                    0s Warn Refused
            > invite c 102 2025550102 image
                refuse c 403
                RECORD call2 Out 102 > +12025550102 Refused fault Caller packets 0/0
                    0s Detail The plan's limit of 1 for outside calls of one person at a time is reached.
                    0s Warn Refused
            > bye a
                bye B1
                close s1 s2
                RECORD call3 Out 102 > +12025550101 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn not_a_fax_machine() {
    let mut settings = Settings::parse(SETTINGS).expect("the bench's settings are good");
    settings.people[0].fax = Some(PhoneFax::Gateway);
    check(
        Bench::with(Limits::default(), settings),
        "trace\ninvite a 101 +442079460018",
        &expect![[r#"
        > trace
        > invite a 101 +442079460018
            refuse a 403
            RECORD call1 Out 101 > +442079460018 Refused fault Caller packets 0/0
                0s Detail It is a number abroad, and the plan does not allow numbers abroad.
                0s Warn Refused
    "#]],
    );
}
