//! Who is let in and when a call is refused; the services of the box; and what a person may end.

use calls::Limits;
use expect_test::expect;

use crate::bench::{Bench, check, check_with};

#[test]
fn a_caller_has_to_prove_who_they_are() {
    check(
        "
        register 102
        invite a 101 102 auth=none
        invite b 101 102 auth=stale
        invite c 101 102 auth=wrong
        invite d 199 102
        invite e stranger:101 102
        ",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102 auth=none
                challenge a
            > invite b 101 102 auth=stale
                challenge b stale
            > invite c 101 102 auth=wrong
                challenge c
            > invite d 199 102
                refuse d 403
            > invite e stranger:101 102
                refuse e 403
        "#]],
    );
}

#[test]
fn an_address_that_guesses_is_refused_but_the_right_answer_is_not() {
    let mut script = "register 102\n".to_owned();
    for n in 0..11 {
        script += &format!("invite g{n} 101 102 auth=wrong\n");
    }
    script += "invite good 101 102\ncancel good\nwait 61\ninvite again 101 102 auth=wrong";
    check(
        &script,
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite g0 101 102 auth=wrong
                challenge g0
            > invite g1 101 102 auth=wrong
                challenge g1
            > invite g2 101 102 auth=wrong
                challenge g2
            > invite g3 101 102 auth=wrong
                challenge g3
            > invite g4 101 102 auth=wrong
                challenge g4
            > invite g5 101 102 auth=wrong
                challenge g5
            > invite g6 101 102 auth=wrong
                challenge g6
            > invite g7 101 102 auth=wrong
                challenge g7
            > invite g8 101 102 auth=wrong
                challenge g8
            > invite g9 101 102 auth=wrong
                challenge g9
            > invite g10 101 102 auth=wrong
                refuse g10 403
            > invite good 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > cancel good
                cancel B1
                close s1 s2
                RECORD call1 Out 101 > 102 Abandoned fault Caller packets 1/2
            > wait 61
                SIGN-INS REFUSED 11 from 10.0.0.101
            > invite again 101 102 auth=wrong
                challenge again
        "#]],
    );
}

#[test]
fn the_echo_test() {
    check(
        "invite a 101 *43\nlive\nack a\nask a hold\nask a\nwait 30\nbye a",
        &expect![[r#"
        > invite a 101 *43
            open s1 :4000
            sound s1 10.0.0.101:7000
            answer a (v1 :4000)
            echo s1
        > live
            call1 Talking emergency false
        > ack a
        > ask a hold
            answer reinvite a (v2 :4000 recvonly)
            sound s1 on hold
        > ask a
            answer reinvite a (v3 :4000)
            sound s1 10.0.1.2:7000
        > wait 30
        > bye a
            close s1
            RECORD call1 Out 101 > *43 HungUp fault None talked 30s packets 1/0
    "#]],
    );
}

#[test]
fn a_forgotten_echo_test_ends() {
    check(
        "invite a 101 *43\nack a\nwait 601",
        &expect![[r#"
        > invite a 101 *43
            open s1 :4000
            sound s1 10.0.0.101:7000
            answer a (v1 :4000)
            echo s1
        > ack a
        > wait 601
            bye a
            close s1
            RECORD call1 Out 101 > *43 HungUp fault None talked 600s packets 1/0
    "#]],
    );
}

#[test]
fn a_person_ends_a_call_from_the_console() {
    check(
        "
        register 102
        invite a 101 102
        pickup B1
        hangup
        hangup
        invite b 101 102
        hangup
        ",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > hangup
                bye a
                bye B1
                close s1 s2
                hung up call1
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > hangup
                not hung up call1: The call is already over.
            > invite b 101 102
                open s3 :4004
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > hangup
                refuse b 480
                cancel B2
                close s3 s4
                hung up call2
                RECORD call2 Out 101 > 102 Refused fault None packets 3/4
        "#]],
    );
}

#[test]
fn above_capacity_calls_are_refused_in_order_and_help_is_still_reached() {
    check_with(
        Limits { calls: 1 },
        "
        register 102
        invite a 101 102
        invite b 103 102
        invite c 103 911
        pickup B2
        bye c
        cancel a
        invite d 103 102
        cancel d
        ",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > invite b 103 102
                refuse b 503 retry-after 5
                RECORD call1 Out 103 > 102 OurFault fault Us packets 0/0
            > invite c 103 911
                ALERT call2 Extension 103 (Doctor) called 911. -> 101,102,103
                open s3 :4004
                open s4 :4006
                invite B2 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
                send 1 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 103 (Doctor) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > pickup B2
                sound s4 10.0.1.11:7000
                answer c (v1 :4004)
                sound s3 10.0.0.103:7000
                bridge s3 s4
            > bye c
                bye B2
                close s3 s4
                RECORD call2 EMERGENCY Out 103 > 911 HungUp fault None talked 0s packets 3/4
            > cancel a
                cancel B1
                close s1 s2
                RECORD call3 Out 101 > 102 Abandoned fault Caller packets 1/2
            > invite d 103 102
                open s5 :4008
                open s6 :4010
                invite B3 sip:102@10.0.0.102 from "Doctor" sip:103@clinic.demo (v1 :4010)
            > cancel d
                cancel B3
                close s5 s6
                RECORD call4 Out 103 > 102 Abandoned fault Caller packets 5/6
        "#]],
    );
}

#[test]
fn the_last_ports_are_for_emergencies() {
    let mut script = "register 102\n".to_owned();
    for n in 0..15 {
        script += &format!("invite a{n} 101 102\n");
    }
    script += "invite help 103 911\ncancel help\n";
    for n in 0..14 {
        script += &format!("cancel a{n}\n");
    }
    let mut bench = crate::bench::Bench::new(Limits::default());
    // Only the interesting end is kept: 14 calls of two ports each leave the four of the reserve.
    for line in script.lines() {
        bench.run_line(line);
    }
    bench.check_rest();
    let log: Vec<&str> = bench.log.lines().skip_while(|l| *l != "> invite a14 101 102").take(10).collect();
    expect![[r#"
        > invite a14 101 102
            refuse a14 503 retry-after 5
            RECORD call3 Out 101 > 102 OurFault fault Us packets 0/0
        > invite help 103 911
            ALERT call4 Extension 103 (Doctor) called 911. -> 101,102,103
            open s25 :4048
            open s26 :4050
            invite B13 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4050)
            send 1 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 103 (Doctor) called 911." from "Harbor Street Clinic" sip:clinic.demo
        > cancel help"#]]
    .assert_eq(&log.join("\n"));
}

#[test]
fn blocked_addresses_are_kept_for_people_until_they_end_or_are_lifted() {
    check(
        "
        block 10.0.0.66 10
        block 10.0.0.67 30
        block 10.0.0.68 30
        blocks
        wait 601
        blocks
        unblock 10.0.0.67
        unblock 10.0.0.67
        forgive 10.0.0.68
        blocks
        ",
        &expect![[r#"
            > block 10.0.0.66 10
                BLOCKED 10.0.0.66 scanner
            > block 10.0.0.67 30
                BLOCKED 10.0.0.67 scanner
            > block 10.0.0.68 30
                BLOCKED 10.0.0.68 scanner
            > blocks
                blocks [10.0.0.68, 10.0.0.67, 10.0.0.66]
            > wait 601
            > blocks
                blocks [10.0.0.68, 10.0.0.67]
            > unblock 10.0.0.67
                unblock 10.0.0.67
                unblocked 10.0.0.67
            > unblock 10.0.0.67
                unblock 10.0.0.67
                not unblocked 10.0.0.67: That address is not blocked any more.
            > forgive 10.0.0.68
                FORGIVEN 10.0.0.68
            > blocks
                blocks []
        "#]],
    );
}

#[test]
fn a_flood_of_wrong_passwords_is_one_line_a_minute() {
    let mut script = String::new();
    for n in 0..40 {
        script += &format!("invite g{n} {} 102 auth=wrong\n", 101 + n % 2);
    }
    let mut bench = crate::bench::Bench::new(Limits::default());
    (script + "wait 61\nwait 600").lines().for_each(|line| bench.run_line(line));
    let lines: Vec<_> = bench.log.lines().filter(|l| l.contains("SIGN-INS")).collect();
    assert_eq!(lines, ["    SIGN-INS REFUSED 20 from 10.0.0.101", "    SIGN-INS REFUSED 20 from 10.0.0.102"]);
}

#[test]
fn blocks_and_what_was_used_go_on_after_a_restart() {
    let mut bench = Bench::new(Limits::default());
    bench.run(
        "
        block 10.0.0.66 10
        wait 60
        block 10.0.0.67 90
        invite a 101 202-555-0101
        cancel a
        wait 3
        ",
    );
    let kept = bench.pbx.kept(bench.now);
    assert_eq!(kept.used.iter().map(|used| used.count).collect::<Vec<_>>(), [1, 1]);
    // A minute before the first block ends.
    let now = bench.now.after(std::time::Duration::from_secs(477));
    let mut again = Bench::new(Limits::default());
    again.now = model::Now { wall: now.wall, ..again.now };
    again.restore(kept);
    again.run("blocks\nwait 61\nblocks\nunblock 10.0.0.67\nblocks");
    again.check_rest();
    expect![[r#"
            block [10.0.0.67, 10.0.0.66]
        > blocks
            blocks [10.0.0.67, 10.0.0.66]
        > wait 61
        > blocks
            blocks [10.0.0.67]
        > unblock 10.0.0.67
            unblock 10.0.0.67
            unblocked 10.0.0.67
        > blocks
            blocks []
    "#]]
    .assert_eq(&again.log);
    assert_eq!(again.pbx.kept(again.now).used.len(), 2);
}
