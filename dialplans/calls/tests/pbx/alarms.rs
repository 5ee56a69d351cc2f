//! Who is told that somebody calls for help, and how.

use calls::Limits;
use expect_test::expect;

use crate::bench::{Bench, check};

#[test]
fn whoever_it_is_staff_are_told_by_name_and_place() {
    check(
        "
        register 101
        invite a 101 9911 auth=none
        cancel a
        invite b 102 911
        cancel b
        invite c device:103 933
        cancel c
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite a 101 9911 auth=none
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 1/2
            > invite b 102 911
                ALERT call2 Extension 102 (Nurse) called 911. -> 101,102,103
                open s3 :4004
                open s4 :4006
                invite B2 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 102 (Nurse) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > cancel b
                cancel B2
                close s3 s4
                RECORD call2 EMERGENCY Out 102 > 911 Abandoned fault Caller packets 3/4
            > invite c device:103 933
                ALERT call3 A phone that has not registered and calls itself Extension 103 (Doctor) called 933. -> 101,102,103
                open s5 :4008
                open s6 :4010
                invite B3 sip:933@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
                send 2 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "A phone that has not registered and calls itself Extension 103 (Doctor) called 933." from "Harbor Street Clinic" sip:clinic.demo
            > cancel c
                cancel B3
                close s5 s6
                RECORD call3 EMERGENCY Out 103 > 933 Abandoned fault Caller packets 5/6
        "#]],
    );
}

/// The plan says whose phones show it: each device of theirs, after the call for help has left, and once however the call goes on.
#[test]
fn phones_show_who_called_for_help_and_the_call_never_waits_for_them() {
    let plan = "[emergency]\nalert = [\"101\", \"103\"]\n";
    let mut bench = Bench::with_plan(Limits::default(), plan);
    bench.run(
        "
        register 101
        register 101 host=151 device=b
        register 102
        invite a 102 911
        sent 1 200
        refuse B1 503
        sent 2 408
        refuse B2 503
        refuse B3 503
        refuse B4 503
        wait 2
        refuse B5 503
        refuse B6 503
        refuse B7 503
        refuse B8 503
        ",
    );
    bench.check_rest();
    expect![[r#"
        > register 101
            bindings [101 udp 10.0.0.101:5060]
            accept register [sip:101@10.0.0.101 3600s]
        > register 101 host=151 device=b
            bindings [101 udp 10.0.0.101:5060, 101 udp 10.0.0.151:5060]
            accept register [sip:101@10.0.0.101 3600s, sip:101@10.0.0.151 3600s]
        > register 102
            bindings [101 udp 10.0.0.101:5060, 101 udp 10.0.0.151:5060, 102 udp 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
        > invite a 102 911
            ALERT call1 Extension 102 (Nurse) called 911. -> 101,103
            open s1 :4000
            open s2 :4002
            invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 102 (Nurse) called 911." from "Harbor Street Clinic" sip:clinic.demo
            send 2 sip:101@10.0.0.151 at 10.0.0.151:5060 message text/plain "Extension 102 (Nurse) called 911." from "Harbor Street Clinic" sip:clinic.demo
        > sent 1 200
        > refuse B1 503
            invite B2 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > sent 2 408
        > refuse B2 503
            invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > refuse B3 503
            invite B4 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > refuse B4 503
            ALERT call1 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,103
            send 3 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
            send 4 sip:101@10.0.0.151 at 10.0.0.151:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
        > wait 2
            invite B5 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > refuse B5 503
            invite B6 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > refuse B6 503
            invite B7 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > refuse B7 503
            invite B8 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        > refuse B8 503
            refuse a 502
            close s1 s2
            RECORD call1 EMERGENCY Out 102 > 911 TrunkFailed fault Trunk packets 1/2
    "#]].assert_eq(&bench.log);
}

/// A phone that dials for help for ever makes no flood of messages: those that are under way are enough.
#[test]
fn so_many_phones_are_told_at_once_and_no_more() {
    let mut bench = Bench::new(Limits::default());
    bench.run("register 101\nregister 102\nregister 103");
    let told = |bench: &Bench| bench.log.matches("called 911.\" from \"Harbor").count();
    for call in 0..80 {
        bench.run(&format!("invite a{call} device:ghost 911\ncancel a{call}"));
    }
    assert_eq!(told(&bench), 200);
    // Their phones have answered, or never will.
    for id in 1..=200 {
        bench.run(&format!("sent {id} 408"));
    }
    bench.run("invite z device:ghost 911\ncancel z");
    assert_eq!(told(&bench), 203);
    bench.check_rest();
}

/// Every channel carries something else. What can be repeated ends, and help is called again.
#[test]
fn a_fax_makes_room_for_a_call_for_help() {
    check(
        "
        register 101
        trace
        invite a 101 202-555-0144
        pickup B1
        fax +12025550101
        pickup B2
        wait 1
        ask B2 image
        invite b 102 911
        refuse B3 486
        refuse B4 503
        refuse B5 486
        refuse B6 503
        wait 2
        ring B7
        pickup B7
        bye b
        bye a
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > trace
            > invite a 101 202-555-0144
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > fax +12025550101
                open s3 :4004
                invite B2 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4004)
            > pickup B2
                sound s3 10.0.1.11:7000
            > wait 1
                ATTACH call1 s3 Out +12025550199 > +12025550101 sound PCMU as 0
            > ask B2 image
                answer reinvite B2 (v2 image :4004 9600)
                raw s3
                remote s3 10.0.1.11:7000
                ATTACH call1 s3 Out +12025550199 > +12025550101 9600 bit/s
            > invite b 102 911
                ALERT call2 Extension 102 (Nurse) called 911. -> 101,102,103
                open s4 :4006
                open s5 :4008
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 102 (Nurse) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > refuse B3 486
                invite B4 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
            > refuse B4 503
                invite B5 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
            > refuse B5 486
                invite B6 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
            > refuse B6 503
                ALERT call2 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
                send 2 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                bye B2
                close s3
                FAX LINE ENDED call1
                RECORD call1 Out +12025550199 > +12025550101 HungUp fault None talked 1s packets 0/3
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good It rings
                    0s Good Answered
                    1s Detail The fax begins as sound (PCMU)
                    1s Detail They propose T.38 (re-INVITE)
                    1s Good Both sides agreed on T.38
                    1s Warn The call was ended: a call for help needed its line
                    1s Good Ended
            > wait 2
                invite B7 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
            > ring B7
                ring b 180
            > pickup B7
                sound s5 10.0.1.16:7000
                answer b (v1 :4006)
                sound s4 10.0.0.102:7000
                ALERT call2 The call to 911 has got through after all. -> 101,102,103
                bridge s4 s5
                send 3 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 has got through after all." from "Harbor Street Clinic" sip:clinic.demo
            > bye b
                bye B7
                close s4 s5
                RECORD call2 EMERGENCY Out 102 > 911 HungUp fault None talked 0s packets 4/5
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Warn Refused by the trunk main (status 486)
                    0s Good Calling over the trunk backup
                    0s Warn Refused by the trunk backup (status 503)
                    0s Good Calling over the trunk main
                    0s Warn Refused by the trunk main (status 486)
                    0s Good Calling over the trunk backup
                    0s Warn Refused by the trunk backup (status 503)
                    0s Bad No trunk took the call; all of them are tried again in a moment
                    2s Good Calling over the trunk main
                    2s Good It rings
                    2s Good Answered by the trunk main
                    2s Good The caller hung up
                    2s Good Ended
            > bye a
                bye B1
                close s1 s2
                RECORD call3 Out 101 > +12025550144 HungUp fault None talked 3s packets 1/2
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    3s Good The caller hung up
                    3s Good Ended
        "#]],
    );
}

/// Two who talk are parted for a third who needs help, the one who began last; nobody whose call is for help itself.
#[test]
fn whoever_began_last_makes_room_where_nothing_else_can() {
    check(
        "
        invite a 101 202-555-0144
        pickup B1
        wait 30
        invite b 102 202-555-0155
        pickup B2
        invite c 103 911
        refuse B3 503
        refuse B4 503
        refuse B5 503
        refuse B6 503
        wait 2
        pickup B7
        bye c
        bye a
        ",
        &expect![[r#"
            > invite a 101 202-555-0144
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > wait 30
            > invite b 102 202-555-0155
                open s3 :4004
                open s4 :4006
                invite B2 sip:+12025550155@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer b (v1 :4004)
                sound s3 10.0.0.102:7000
                bridge s3 s4
            > invite c 103 911
                ALERT call1 Extension 103 (Doctor) called 911. -> 101,102,103
                open s5 :4008
                open s6 :4010
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > refuse B3 503
                invite B4 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > refuse B4 503
                invite B5 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > refuse B5 503
                invite B6 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > refuse B6 503
                ALERT call1 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
                bye b
                bye B2
                close s3 s4
                RECORD call2 Out 102 > +12025550155 HungUp fault None talked 0s packets 3/4
            > wait 2
                invite B7 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > pickup B7
                sound s6 10.0.1.16:7000
                answer c (v1 :4008)
                sound s5 10.0.0.103:7000
                ALERT call1 The call to 911 has got through after all. -> 101,102,103
                bridge s5 s6
            > bye c
                bye B7
                close s5 s6
                RECORD call1 EMERGENCY Out 103 > 911 HungUp fault None talked 0s packets 5/6
            > bye a
                bye B1
                close s1 s2
                RECORD call3 Out 101 > +12025550144 HungUp fault None talked 32s packets 1/2
        "#]],
    );
}

/// Its carrier was silent a moment ago: help does not wait for it, unless the plan prefers it for help.
#[test]
fn a_trunk_that_was_silent_a_moment_ago_comes_after_the_others() {
    let script =
        "invite a 101 202-555-0144\nrefuse B1 CODE\ninvite b 101 911\ncancel b\nwait 601\ninvite c 101 911\ncancel c";
    let outside = "[outside]\nnational = \"main\"\n";
    let named = format!("{outside}[emergency]\ntrunks = [\"main\"]\n");
    for (plan, code, called) in [
        (outside, "408", ["192.0.2.2", "192.0.2.1"]),
        (outside, "503", ["192.0.2.1", "192.0.2.1"]),
        (&named, "408", ["192.0.2.1", "192.0.2.1"]),
    ] {
        let mut bench = Bench::with_plan(Limits::default(), plan);
        bench.run(&script.replace("CODE", code));
        bench.check_rest();
        let invites = bench.log.lines().filter_map(|line| line.split_once("sip:911@"));
        let first: Vec<&str> = invites.filter_map(|(_, rest)| rest.split(':').next()).collect();
        assert_eq!(first, called, "{code}\n{}", bench.log);
    }
}

/// A dispatcher who calls back is not sent away by the next who calls for help.
#[test]
fn nobody_who_calls_after_a_call_for_help_makes_room_for_another() {
    check(
        "
        register 101
        invite a 102 202-555-0144
        pickup B1
        invite b 103 911
        pickup B2
        bye b
        wait 1
        invite p main:+12025550171 +12025550123
        pickup B3
        invite c 103 911
        refuse B4 486
        refuse B5 486
        refuse B6 486
        refuse B7 486
        wait 2
        pickup B8
        bye c
        bye p
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite a 102 202-555-0144
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > invite b 103 911
                ALERT call1 Extension 103 (Doctor) called 911. -> 101,102,103
                open s3 :4004
                open s4 :4006
                invite B2 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 103 (Doctor) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > pickup B2
                sound s4 10.0.1.11:7000
                answer b (v1 :4004)
                sound s3 10.0.0.103:7000
                bridge s3 s4
            > bye b
                bye B2
                close s3 s4
                RECORD call1 EMERGENCY Out 103 > 911 HungUp fault None talked 0s packets 3/4
            > wait 1
            > invite p main:+12025550171 +12025550123
                open s5 :4008
                open s6 :4010
                invite B3 sip:101@10.0.0.101 from "" sip:+12025550171@clinic.demo (v1 :4010)
            > pickup B3
                sound s6 10.0.1.12:7000
                answer p (v1 :4008)
                sound s5 192.0.2.1:7000
                bridge s5 s6
            > invite c 103 911
                ALERT call2 Extension 103 (Doctor) called 911. -> 101,102,103
                open s7 :4012
                open s8 :4014
                invite B4 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4014)
                send 2 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 103 (Doctor) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > refuse B4 486
                invite B5 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4014)
            > refuse B5 486
                invite B6 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4014)
            > refuse B6 486
                invite B7 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4014)
            > refuse B7 486
                ALERT call2 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
                send 3 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                bye a
                bye B1
                close s1 s2
                RECORD call3 Out 102 > +12025550144 HungUp fault None talked 1s packets 1/2
            > wait 2
                invite B8 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4014)
            > pickup B8
                sound s8 10.0.1.17:7000
                answer c (v1 :4012)
                sound s7 10.0.0.103:7000
                ALERT call2 The call to 911 has got through after all. -> 101,102,103
                bridge s7 s8
                send 4 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 has got through after all." from "Harbor Street Clinic" sip:clinic.demo
            > bye c
                bye B8
                close s7 s8
                RECORD call2 EMERGENCY Out 103 > 911 HungUp fault None talked 0s packets 7/8
            > bye p
                bye B3
                close s5 s6
                RECORD call4 In +12025550171 > +12025550123 HungUp fault None talked 2s packets 5/6
        "#]],
    );
}

/// A patient who rang when help needed the line is one to call back: the record says whose fault it was, ours.
#[test]
fn a_patient_who_made_room_while_it_rang_is_one_to_call_back() {
    check(
        "
        register 101
        invite p main:+12025550171 +12025550123
        invite q main:+12025550172 +12025550123
        invite a 102 911
        refuse B3 486
        refuse B4 486
        refuse B5 486
        refuse B6 486
        wait 2
        pickup B7
        bye a
        cancel p
        ",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite p main:+12025550171 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550171@clinic.demo (v1 :4002)
            > invite q main:+12025550172 +12025550123
                open s3 :4004
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "" sip:+12025550172@clinic.demo (v1 :4006)
            > invite a 102 911
                ALERT call1 Extension 102 (Nurse) called 911. -> 101,102,103
                open s5 :4008
                open s6 :4010
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 102 (Nurse) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > refuse B3 486
                invite B4 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > refuse B4 486
                invite B5 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > refuse B5 486
                invite B6 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > refuse B6 486
                ALERT call1 The call to 911 could not be placed. Call 911 from a mobile phone now. -> 101,102,103
                send 2 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 could not be placed. Call 911 from a mobile phone now." from "Harbor Street Clinic" sip:clinic.demo
                refuse q 480
                cancel B2
                close s3 s4
                RECORD call2 In +12025550172 > +12025550123 OurFault fault Us packets 3/4
            > wait 2
                invite B7 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > pickup B7
                sound s6 10.0.1.16:7000
                answer a (v1 :4008)
                sound s5 10.0.0.102:7000
                ALERT call1 The call to 911 has got through after all. -> 101,102,103
                bridge s5 s6
                send 3 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "The call to 911 has got through after all." from "Harbor Street Clinic" sip:clinic.demo
            > bye a
                bye B7
                close s5 s6
                RECORD call1 EMERGENCY Out 102 > 911 HungUp fault None talked 0s packets 5/6
            > cancel p
                cancel B1
                close s1 s2
                RECORD call3 In +12025550171 > +12025550123 Abandoned fault Caller packets 1/2
        "#]],
    );
}
