//! A call abroad ends when its minutes are used up, and who talks hears it before.

use calls::Limits;
use expect_test::{Expect, expect};

use super::PLAN;
use crate::bench::Bench;

/// The lines about tones and ends, too.
pub(super) fn check_all(plan: &str, script: &str, expected: &Expect) {
    let mut bench = Bench::with_plan(Limits::default(), plan);
    bench.show_trace = true;
    script.lines().map(str::trim).filter(|l| !l.is_empty()).for_each(|line| bench.run_line(line));
    bench.check_rest();
    let untold = ["open", "sound", "Detail The plan", "Detail It is"];
    let said: Vec<_> = bench.log.lines().filter(|l| !untold.iter().any(|w| l.contains(w))).collect();
    expected.assert_eq(&said.join("\n"));
}

#[test]
fn a_call_abroad_ends_with_its_minutes_and_who_talks_hears_it_before() {
    check_all(
        PLAN,
        "
        invite a 101 +442079460018
        wait 20
        pickup B1
        wait 239
        wait 1
        wait 59
        wait 1
        ",
        &expect![[r#"
            > invite a 101 +442079460018
                invite B1 sip:+442079460018@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > wait 20
            > pickup B1
                answer a (v1 :4000)
                bridge s1 s2
            > wait 239
            > wait 1
                play s1 <Beep> Silence(200ms) <Beep>
            > wait 59
            > wait 1
                NOTICE As many minutes with numbers abroad were used within a day as the plan allows; calls abroad were ended.
                bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > +442079460018 Refused fault Caller talked 300s packets 1/2
                    0s Good Calling over the trunk backup
                   20s Good Answered by the trunk backup
                  260s Detail Two tones say that the minutes with numbers abroad are nearly used up
                  320s Warn The minutes with numbers abroad that the plan allows within a day are used up
                  320s Warn Refused"#]],
    );
}

/// What is left is shared by all who talk abroad; a call that ends leaves the others its part.
#[test]
fn calls_abroad_use_up_the_minutes_together() {
    check_all(
        PLAN,
        "
        invite a 101 +442079460018
        pickup B1
        invite b 102 +442079460019
        pickup B2
        wait 90
        wait 10
        bye b
        wait 99
        wait 2
        ",
        &expect![[r#"
            > invite a 101 +442079460018
                invite B1 sip:+442079460018@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                answer a (v1 :4000)
                bridge s1 s2
            > invite b 102 +442079460019
                invite B2 sip:+442079460019@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > pickup B2
                answer b (v1 :4004)
                bridge s3 s4
            > wait 90
                play s3 <Beep> Silence(200ms) <Beep>
                play s1 <Beep> Silence(200ms) <Beep>
            > wait 10
            > bye b
                bye B2
                close s3 s4
                RECORD call1 Out 102 > +442079460019 HungUp fault None talked 100s packets 3/4
                    0s Good Calling over the trunk backup
                    0s Good Answered by the trunk backup
                   90s Detail Two tones say that the minutes with numbers abroad are nearly used up
                  100s Good The caller hung up
                  100s Good Ended
            > wait 99
            > wait 2
                NOTICE As many minutes with numbers abroad were used within a day as the plan allows; calls abroad were ended.
                bye a
                bye B1
                close s1 s2
                RECORD call2 Out 101 > +442079460018 Refused fault Caller talked 200s packets 1/2
                    0s Good Calling over the trunk backup
                    0s Good Answered by the trunk backup
                   90s Detail Two tones say that the minutes with numbers abroad are nearly used up
                  200s Warn The minutes with numbers abroad that the plan allows within a day are used up
                  200s Warn Refused"#]],
    );
}

/// Who talks within the clinic or the country, or calls for help, neither hears it nor is ended.
#[test]
fn what_costs_nothing_by_the_minute_goes_on() {
    check_all(
        PLAN,
        "
        register 103
        invite a 101 +442079460018
        pickup B1
        invite b 102 2025550101
        pickup B2
        invite c 102 103
        pickup B3
        invite help 103 911
        pickup B4
        wait 301
        bye b
        bye c
        bye help
        ",
        &expect![[r#"
            > register 103
                bindings [103 udp 10.0.0.103:5060]
                accept register [sip:103@10.0.0.103 3600s]
            > invite a 101 +442079460018
                invite B1 sip:+442079460018@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                answer a (v1 :4000)
                bridge s1 s2
            > invite b 102 2025550101
                invite B2 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > pickup B2
                answer b (v1 :4004)
                bridge s3 s4
            > invite c 102 103
                invite B3 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4010)
            > pickup B3
                answer c (v1 :4008)
                bridge s5 s6
            > invite help 103 911
                ALERT call1 Extension 103 (Doctor) called 911. -> 101,102,103
                invite B4 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4014)
            > pickup B4
                answer help (v1 :4012)
                bridge s7 s8
            > wait 301
                play s1 <Beep> Silence(200ms) <Beep>
                NOTICE As many minutes with numbers abroad were used within a day as the plan allows; calls abroad were ended.
                bye a
                bye B1
                close s1 s2
                RECORD call2 Out 101 > +442079460018 Refused fault Caller talked 300s packets 1/2
                    0s Good Calling over the trunk backup
                    0s Good Answered by the trunk backup
                  240s Detail Two tones say that the minutes with numbers abroad are nearly used up
                  300s Warn The minutes with numbers abroad that the plan allows within a day are used up
                  300s Warn Refused
            > bye b
                bye B2
                close s3 s4
                RECORD call3 Out 102 > +12025550101 HungUp fault None talked 301s packets 3/4
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                  301s Good The caller hung up
                  301s Good Ended
            > bye c
                bye B3
                close s5 s6
                RECORD call4 Out 102 > 103 HungUp fault None talked 301s packets 5/6
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Doctor
                  301s Good The caller hung up
                  301s Good Ended
            > bye help
                bye B4
                close s7 s8
                RECORD call1 EMERGENCY Out 103 > 911 HungUp fault None talked 301s packets 7/8
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                  301s Good The caller hung up
                  301s Good Ended"#]],
    );
}

/// Whoever handed it on is not there to hear it: the caller does, as soon as no music is in the way, and the call ends all the same.
#[test]
fn a_call_that_was_handed_on_to_a_number_abroad_ends_too() {
    check_all(
        PLAN,
        "
        register 101
        invite a main:+12025550111 +12025550123
        pickup B1
        refer B1 +442079460018
        pickup B2
        bye B1
        wait 239
        ask B2 hold
        agree a
        wait 11
        ask B2
        agree a
        wait 5
        wait 50
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite a main:+12025550111 +12025550123
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550111@clinic.demo (v1 :4002)
            > pickup B1
                answer a (v1 :4000)
                bridge s1 s2
            > refer B1 +442079460018
                accept refer B1
                invite B2 sip:+442079460018@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > pickup B2
                bridge s1 s3
                refer progress B1 200
                close s2
            > bye B1
            > wait 239
            > ask B2 hold
                answer reinvite B2 (v2 :4004 recvonly)
                reinvite a (v2 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree a
            > wait 11
            > ask B2
                answer reinvite B2 (v3 :4004)
                reinvite a (v3 :4000)
                stop s1
            > agree a
            > wait 5
                play s1 <Beep> Silence(200ms) <Beep>
            > wait 50
                NOTICE As many minutes with numbers abroad were used within a day as the plan allows; calls abroad were ended.
                bye a
                bye B2
                close s1 s3
                RECORD call1 In +12025550111 > +442079460018 Refused fault Caller talked 300s packets 1/3
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Good Front desk transfers +12025550111 to +442079460018 (REFER)
                    0s Good Calling over the trunk backup
                    0s Good Answered by the trunk backup
                    0s Good Transferred by Front desk to +442079460018
                  239s Detail The called side put the call on hold (sendonly)
                  250s Detail The called side took the call back (sendrecv)
                  255s Detail Two tones say that the minutes with numbers abroad are nearly used up
                  300s Warn The minutes with numbers abroad that the plan allows within a day are used up
                  300s Warn Refused"#]],
    );
}

/// Without that limit nothing ends.
#[test]
fn a_plan_without_a_limit_of_minutes_ends_nothing() {
    check_all(
        "[outside]\nnational = \"main\"\ninternational = \"backup\"\n",
        "
        invite a 101 +442079460018
        pickup B1
        wait 40000
        bye a
        ",
        &expect![[r#"
            > invite a 101 +442079460018
                invite B1 sip:+442079460018@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                answer a (v1 :4000)
                bridge s1 s2
            > wait 40000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > +442079460018 HungUp fault None talked 40000s packets 1/2
                    0s Good Calling over the trunk backup
                    0s Good Answered by the trunk backup
                  40000s Good The caller hung up
                  40000s Good Ended"#]],
    );
}

const A_MINUTE: &str = r#"
[[inbound]]
number = "main"
to = "102"
[extensions.102]
ring = ["102"]
nobody = "queue desk"
[queues.desk]
ring = ["103"]
[outside]
national = "main"
international = "backup"
[limits]
minutes_abroad = 1
"#;

/// Nobody is charged for a telephone that rings: neither is a call ended for it, nor the next one refused.
#[test]
fn what_rings_abroad_uses_up_no_minutes() {
    let begun = "register 101\nregister 102\ninvite a main:+12025550111 +12025550123\n";
    let abroad = "\ninvite z 101 +442079460019\ncancel z";
    for (way, ending) in [
        ("pickup B1\nrefer B1 +442079460018\nring B2\nbye B1\nwait 70", "bye a"),
        // Somebody forwards their calls there, it is busy, and the caller waits in a queue.
        ("switch forward 102 no-answer +442079460018\nring B1\nwait 26\nrefuse B2 486\nwait 70", "bye a"),
    ] {
        let mut bench = Bench::with_plan(Limits::default(), A_MINUTE);
        bench.run(&format!("{begun}{way}\nlive\n{ending}{abroad}"));
        bench.check_rest();
        let log = bench.log;
        assert!(log.contains("invite B2 sip:+442079460018@192.0.2.2:5060 ") && log.contains("call1 "), "{log}");
        assert!(log.contains("invite B3 sip:+442079460019@192.0.2.2:5060 ") && !log.contains("NOTICE"), "{log}");
    }
}
