//! What calls may cost within a day, by the plan's rates.

use expect_test::expect;

use super::ends::check_all;

const PLAN: &str = r#"
[outside]
national = "main"
international = "backup"
[limits]
spent_per_day = 1.5
[[rates]]
kinds = ["international"]
per_minute = 0.5
[[rates]]
numbers = ["+1613"]
per_minute = 0
[[rates]]
numbers = ["+1900", "+1212"]
per_minute = 0.25
"#;

/// Two share what is left by what each costs; what costs nothing goes on, and so does whoever calls for help.
#[test]
fn calls_end_with_the_money_and_those_that_cost_nothing_go_on() {
    check_all(
        PLAN,
        "
        invite a 101 +442079460018
        pickup B1
        invite b 102 2125550101
        pickup B2
        invite c 103 2025550102
        pickup B3
        wait 90
        wait 40
        invite d 101 +442079460018
        played s7
        invite e 101 2025550103
        cancel e
        invite f 101 911
        pickup B5
        wait 10
        bye f
        bye c
        ",
        &expect![[r#"
            > invite a 101 +442079460018
                invite B1 sip:+442079460018@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                answer a (v1 :4000)
                bridge s1 s2
            > invite b 102 2125550101
                invite B2 sip:+12125550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > pickup B2
                answer b (v1 :4004)
                bridge s3 s4
            > invite c 103 2025550102
                invite B3 sip:+12025550102@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > pickup B3
                answer c (v1 :4008)
                bridge s5 s6
            > wait 90
                play s3 <Beep> Silence(200ms) <Beep>
                play s1 <Beep> Silence(200ms) <Beep>
            > wait 40
                NOTICE Calls have cost as much within a day as the plan allows; those that cost were ended.
                bye b
                bye B2
                close s3 s4
                bye a
                bye B1
                close s1 s2
                RECORD call1 Out 102 > +12125550101 Refused fault Caller talked 120s packets 3/4
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                   60s Detail Two tones say that what calls may cost within a day is nearly spent
                  120s Warn What calls may cost within a day by the plan is spent
                  120s Warn Refused
                RECORD call2 Out 101 > +442079460018 Refused fault Caller talked 120s packets 1/2
                    0s Good Calling over the trunk backup
                    0s Good Answered by the trunk backup
                   60s Detail Two tones say that what calls may cost within a day is nearly spent
                  120s Warn What calls may cost within a day by the plan is spent
                  120s Warn Refused
            > invite d 101 +442079460018
                NOTICE Calls have cost as much within a day as the plan allows; more calls that cost are refused.
                answer d (v1 :4012)
                play s7 <Error> limit_reached
            > played s7
                bye d
                close s7
                RECORD call3 Out 101 > +442079460018 Refused fault Caller talked 0s packets 7/0
                    0s Detail The caller hears why, in words
                    0s Warn Refused
            > invite e 101 2025550103
                invite B4 sip:+12025550103@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4016)
            > cancel e
                cancel B4
                close s8 s9
                RECORD call4 Out 101 > +12025550103 Abandoned fault Caller packets 8/9
                    0s Good Calling over the trunk main
                    0s Warn The caller hung up before anyone answered
            > invite f 101 911
                ALERT call5 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                invite B5 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4020)
            > pickup B5
                answer f (v1 :4018)
                bridge s10 s11
            > wait 10
            > bye f
                bye B5
                close s10 s11
                RECORD call5 EMERGENCY Out 101 > 911 HungUp fault None talked 10s packets 10/11
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                   10s Good The caller hung up
                   10s Good Ended
            > bye c
                bye B3
                close s5 s6
                RECORD call6 Out 103 > +12025550102 HungUp fault None talked 140s packets 5/6
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                  140s Good The caller hung up
                  140s Good Ended"#]],
    );
}
