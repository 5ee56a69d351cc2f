//! Two sides over T.38, of which the one that agreed first is the faster: it hears that the other is slower, once, and whatever it says to that
//! the fax goes on.

use expect_test::expect;

use super::{check, clinic};

/// The adapter proposes 14400, and the trunk knows 4800.
const FASTER_FIRST: &str = "
    invite a 101 202-555-0101
    pickup B1
    ack a
    ask a image rate=14400
    agree B1 image rate=4800
";

fn after(script: &str) -> String {
    let mut bench = clinic();
    bench.run(FASTER_FIRST);
    bench.log.clear();
    bench.run(script);
    bench.check_rest();
    bench.log
}

#[test]
fn the_one_that_agreed_first_is_told_of_the_slower_one() {
    check(
        &format!(
            "trace\n{FASTER_FIRST}\nagree a image rate=4800\nask a image rate=14400\nask a nosdp\nackanswer a image\nwait 60\nbye a"
        ),
        &expect![[r#"
            > trace
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > ask a image rate=14400
                answer reinvite a (v2 image :4000 14400)
                raw s1
                remote s1 10.0.1.2:7000
                BETWEEN call1 s1 14400 bit/s and s2 sound PCMU as 0
                reinvite B1 (v2 audio closed image :4002 14400)
            > agree B1 image rate=4800
                raw s2
                remote s2 10.0.1.10:7000
                BETWEEN call1 s1 14400 bit/s and s2 4800 bit/s
                reinvite a (v3 image :4000 4800)
            > agree a image rate=4800
                remote s1 10.0.1.2:7000
            > ask a image rate=14400
                answer reinvite a (v3 image :4000 4800)
                remote s1 10.0.1.2:7000
            > ask a nosdp
                answer reinvite a (v3 image :4000 4800)
            > ackanswer a image
                remote s1 10.0.1.2:7000
            > wait 60
            > bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 60s packets 1/2
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Detail 101 is a fax machine: its faxes are translated to T.38 where the trunk takes it.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Detail T.38 is proposed by the caller (re-INVITE)
                    0s Good Both sides agreed on T.38
                    0s Good The fax is translated (between sound and T.38)
                    0s Detail We propose T.38 to the called side (re-INVITE)
                    0s Good Both sides agreed on T.38
                    0s Good The fax passes as it is (T.38 on both sides)
                    0s Detail We tell the caller that T.38 goes slower (4800 bit/s)
                   60s Good The caller hung up
                   60s Good Ended
        "#]],
    );
}

/// It does not matter which of the two it is.
#[test]
fn so_is_a_trunk_that_proposed_first() {
    check(
        "
        invite a 101 202-555-0101
        pickup B1
        ack a
        ask B1 image rate=14400
        ask a image rate=9600
        agree B1 image rate=9600
        bye a
        ",
        &expect![[r#"
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > ask B1 image rate=14400
                answer reinvite B1 (v2 image :4002 14400)
                raw s2
                remote s2 10.0.1.10:7000
                BETWEEN call1 s1 sound PCMU as 0 and s2 14400 bit/s
            > ask a image rate=9600
                answer reinvite a (v2 image :4000 9600)
                raw s1
                remote s1 10.0.1.2:7000
                BETWEEN call1 s1 9600 bit/s and s2 14400 bit/s
                reinvite B1 (v3 image :4002 9600)
            > agree B1 image rate=9600
                remote s2 10.0.1.10:7000
            > bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

/// Nothing that it would say is news.
#[test]
fn whoever_is_as_slow_is_told_nothing() {
    for (first, second) in [(9600, 9600), (4800, 9600), (14_400, 33_600), (33_600, 14_400)] {
        let mut bench = clinic();
        bench.run("invite a 101 202-555-0101\npickup B1\nack a");
        bench.log.clear();
        bench.run(&format!("ask a image rate={first}\nagree B1 image rate={second}\nwait 60"));
        assert!(!bench.log.contains("reinvite a (v3"), "{first} {second}: {}", bench.log);
        bench.run("bye a");
        bench.check_rest();
    }
}

#[test]
fn what_it_answers_ends_nothing_and_it_is_not_asked_again() {
    for (answer, expected) in [
        (
            "disagree a 488",
            expect![[r#"
            > disagree a 488
            > wait 60
            > bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 60s packets 1/2
        "#]],
        ),
        (
            "disagree a 408",
            expect![[r#"
            > disagree a 408
            > wait 60
            > bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 60s packets 1/2
        "#]],
        ),
        (
            "agree a closed",
            expect![[r#"
            > agree a closed
            > wait 60
            > bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 60s packets 1/2
        "#]],
        ),
        (
            "agree a garbage",
            expect![[r#"
            > agree a garbage
            > wait 60
            > bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 60s packets 1/2
        "#]],
        ),
        (
            "disagree a 481",
            expect![[r#"
            > disagree a 481
                bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 Lost fault Trunk talked 0s packets 1/2
        "#]],
        ),
    ] {
        let end = if answer.ends_with("481") { "" } else { "\nwait 60\nbye a" };
        expected.assert_eq(&after(&format!("{answer}{end}")));
    }
}

/// Theirs came first: its answer says it, and ours is not sent any more.
#[test]
fn a_change_of_theirs_that_crosses_it_is_answered_with_the_slower_speed() {
    let log = after("ask a image rate=14400\novertaken a\nwait 60\nbye a");
    expect![[r#"
        > ask a image rate=14400
            answer reinvite a (v3 image :4000 4800)
            remote s1 10.0.1.2:7000
        > overtaken a
        > wait 60
        > bye a
            bye B1
            close s1 s2
            FAX LINE ENDED call1
            RECORD call1 Out 101 > +12025550101 HungUp fault None talked 60s packets 1/2
    "#]]
    .assert_eq(&log);
}

/// An exchange about something else is over first.
#[test]
fn it_waits_for_its_turn() {
    check(
        "
        invite a 101 202-555-0101
        pickup B1
        ack a
        ask a image rate=14400
        ask a nosdp
        agree B1 image rate=4800
        wait 1
        ackanswer a image
        wait 1
        agree a image rate=4800
        bye a
        ",
        &expect![[r#"
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > ask a image rate=14400
                answer reinvite a (v2 image :4000 14400)
                raw s1
                remote s1 10.0.1.2:7000
                BETWEEN call1 s1 14400 bit/s and s2 sound PCMU as 0
                reinvite B1 (v2 audio closed image :4002 14400)
            > ask a nosdp
                answer reinvite a (v2 image :4000 14400)
            > agree B1 image rate=4800
                raw s2
                remote s2 10.0.1.10:7000
                BETWEEN call1 s1 14400 bit/s and s2 4800 bit/s
            > wait 1
            > ackanswer a image
                remote s1 10.0.1.2:7000
            > wait 1
                reinvite a (v3 image :4000 4800)
            > agree a image rate=4800
                remote s1 10.0.1.2:7000
            > bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 2s packets 1/2
        "#]],
    );
}
