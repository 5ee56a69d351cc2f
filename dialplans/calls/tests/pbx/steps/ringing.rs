//! Phones that ring in an order, and what comes when nobody takes the call.

use expect_test::expect;

use super::{check, ran};

const ORDERED: &str = r#"
[extensions.100]
ring = ["102", "103"]
order = "one by one"
seconds = 10
nobody = "101"
[extensions.200]
ring = ["102", "103"]
order = "growing"
seconds = 10
busy = "outside +12025550144"
[extensions.300]
ring = ["103"]
nobody = "busy"
[outside]
national = ["main", "backup"]
"#;

#[test]
fn one_after_the_other_and_then_somebody_else() {
    check(
        ORDERED,
        "
        trace
        invite a main:+12025550171 +12025550123
        cancel a
        invite b 101 100
        ring B4
        wait 10
        ring B5
        refuse B5 486
        ring B6
        pickup B6
        bye b
        ",
        &expect![[r#"
            > trace
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550171@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4002)
                invite B3 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                cancel B2
                cancel B3
                close s1 s2
                RECORD call1 In +12025550171 > +12025550123 Abandoned fault Caller packets 1/2
                    0s Detail It is the main number, and the plan names nobody for it: 101, 102, 103 ring together for 25 seconds.
                    0s Good Ringing 3 phones
                    0s Warn The caller hung up before anyone answered
            > invite b 101 100
                open s3 :4004
                open s4 :4006
                invite B4 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > ring B4
                ring b 180
            > wait 10
                cancel B4
                invite B5 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > ring B5
            > refuse B5 486
                close s4 s3
                open s5 :4008
                open s6 :4010
                invite B6 sip:101@10.0.0.101 from "Front desk" sip:101@clinic.demo (v1 :4010)
            > ring B6
                ring b 180
            > pickup B6
                sound s6 10.0.1.15:7000
                answer b (v1 :4008)
                sound s5 10.0.0.101:7000
                bridge s5 s6
            > bye b
                bye B6
                close s5 s6
                RECORD call2 Out 101 > 100 HungUp fault None talked 0s packets 5/6
                    0s Detail 100 is an extension of this plan: 102, 103 ring one after the other, 10 seconds each.
                    0s Good Ringing 1 phone
                    0s Good It rings
                   10s Good Ringing 1 phone
                   10s Good It rings
                   10s Warn Refused by Doctor (status 486)
                   10s Warn Nobody took the call (Busy)
                   10s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                   10s Good Ringing 1 phone
                   10s Good It rings
                   10s Good Answered by Front desk
                   10s Good The caller hung up
                   10s Good Ended
        "#]],
    );
}

#[test]
fn one_more_phone_rings_every_while_and_busy_leads_outside() {
    check(
        ORDERED,
        "
        invite a 101 200
        ring B1
        wait 10
        ring B2
        pickup B1
        bye a
        invite b 101 200
        refuse B3 486
        refuse B4 486
        early B5
        pickup B5
        bye b
        ",
        &expect![[r#"
            > invite a 101 200
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > wait 10
                invite B2 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B2
            > pickup B1
                cancel B2 taken
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 200 HungUp fault None talked 0s packets 1/2
            > invite b 101 200
                open s3 :4004
                open s4 :4006
                invite B3 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > refuse B3 486
                invite B4 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > refuse B4 486
                close s4 s3
                open s5 :4008
                open s6 :4010
                invite B5 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > early B5
                sound s6 10.0.1.14:7000
                sound s5 10.0.0.101:7000
                bridge s5 s6
                ring b 183 (v1 :4008)
            > pickup B5
                sound s6 10.0.1.14:7000
                answer b (v1 :4008)
                sound s5 10.0.0.101:7000
                bridge s5 s6
            > bye b
                bye B5
                close s5 s6
                RECORD call2 Out 101 > 200 HungUp fault None talked 0s packets 5/6
        "#]],
    );
}

#[test]
fn a_trunk_that_fails_gives_way_to_the_next_one() {
    check(
        ORDERED,
        "
        trace
        invite a 101 202-555-0101
        live
        refuse B1 503
        live
        ring B2
        pickup B2
        bye a
        invite b 101 202-555-0101
        refuse B3 486
        ",
        &expect![[r#"
            > trace
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > live
                call1 Ringing emergency false next backup
            > refuse B1 503
                invite B2 sip:+12025550101@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > live
                call1 Ringing emergency false
            > ring B2
                ring a 180
            > pickup B2
                sound s2 10.0.1.11:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B2
                close s1 s2
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
                    0s Detail It is a national number: the plan sends these over the trunk main, or backup if that fails.
                    0s Good Calling over the trunk main
                    0s Detail If it fails: backup
                    0s Warn Refused by the trunk main (status 503)
                    0s Bad Each address of the trunk main was tried
                    0s Good Calling over the trunk backup
                    0s Good It rings
                    0s Good Answered by the trunk backup
                    0s Good The caller hung up
                    0s Good Ended
            > invite b 101 202-555-0101
                open s3 :4004
                open s4 :4006
                invite B3 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > refuse B3 486
                refuse b 486
                close s3 s4
                RECORD call2 Out 101 > +12025550101 Busy fault Callee packets 3/4
                    0s Detail It is a national number: the plan sends these over the trunk main, or backup if that fails.
                    0s Good Calling over the trunk main
                    0s Detail If it fails: backup
                    0s Warn Refused by the trunk main (status 486)
                    0s Warn Busy
        "#]],
    );
}

/// The account has no credit, or may not call there. What the called side refuses is not asked of another carrier.
#[test]
fn a_carrier_that_refuses_of_its_own_accord_gives_way_to_the_next() {
    check(
        ORDERED,
        "
        invite a 101 202-555-0101
        refuse B1 402
        refuse B2 603
        trunks
        invite b 101 202-555-0101
        refuse B3 403
        ring B4
        refuse B4 403
        invite c 101 202-555-0101
        ring B5
        refuse B5 403
        trunks
        ",
        &expect![[r#"
            > invite a 101 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B1 402
                invite B2 sip:+12025550101@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B2 603
                refuse a 603
                close s1 s2
                RECORD call1 Out 101 > +12025550101 Refused fault Callee packets 1/2
            > trunks
                main 0/2 healthy false
                backup 0/10 healthy true
            > invite b 101 202-555-0101
                open s3 :4004
                open s4 :4006
                invite B3 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > refuse B3 403
                invite B4 sip:+12025550101@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > ring B4
                ring b 180
            > refuse B4 403
                refuse b 603
                close s3 s4
                RECORD call2 Out 101 > +12025550101 Refused fault Callee packets 3/4
            > invite c 101 202-555-0101
                open s5 :4008
                open s6 :4010
                invite B5 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > ring B5
                ring c 180
            > refuse B5 403
                refuse c 603
                close s5 s6
                RECORD call3 Out 101 > +12025550101 Refused fault Callee packets 5/6
            > trunks
                main 0/2 healthy true
                backup 0/10 healthy true
        "#]],
    );
}

#[test]
fn a_caller_who_hears_the_first_phone_ring_hears_that_the_line_is_busy_then() {
    check(
        ORDERED,
        "trace\ninvite a 101 300\nring B1\nwait 25",
        &expect![[r#"
        > trace
        > invite a 101 300
            open s1 :4000
            open s2 :4002
            invite B1 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > ring B1
            ring a 180
        > wait 25
            cancel B1
            close s2 s1
            refuse a 486
            RECORD call1 Out 101 > 300 Busy fault Caller packets 0/0
                0s Detail 300 is an extension of this plan: 103 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Good It rings
               25s Warn Nobody took the call (Nobody answered)
               25s Detail The plan says that the line is busy.
               25s Warn Busy
    "#]],
    );
}

#[test]
fn a_caller_who_leaves_on_the_way_leaves_nothing() {
    check(
        ORDERED,
        "invite a 101 100\nring B1\nwait 10\ncancel a",
        &expect![[r#"
        > invite a 101 100
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > ring B1
            ring a 180
        > wait 10
            cancel B1
            invite B2 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > cancel a
            cancel B2
            close s1 s2
            RECORD call1 Out 101 > 100 Abandoned fault Caller packets 1/2
    "#]],
    );
}

/// 103 is the last of the group whose turn it is, and whom the others have left alone: the call is still the group's.
#[test]
fn what_the_last_of_a_group_has_switched_leads_no_call_away_from_the_group() {
    check(
        ORDERED,
        "
        trace
        switch forward 103 no-answer 12025550188
        switch forward 103 also 12025550189
        invite a 101 100
        ring B1
        refuse B1 486
        ring B2
        wait 10
        cancel a
        switch dnd 102 on
        invite b 101 200
        ring B4
        wait 10
        cancel b
        ",
        &expect![[r#"
            > trace
            > switch forward 103 no-answer 12025550188
                switches changed
                switched
            > switch forward 103 also 12025550189
                switches changed
                switched
            > invite a 101 100
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > refuse B1 486
                invite B2 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B2
            > wait 10
                cancel B2
                close s2 s1
                open s3 :4004
                open s4 :4006
                invite B3 sip:101@10.0.0.101 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > cancel a
                cancel B3
                close s3 s4
                RECORD call1 Out 101 > 100 Abandoned fault Caller packets 3/4
                    0s Detail 100 is an extension of this plan: 102, 103 ring one after the other, 10 seconds each.
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Warn Refused by Nurse (status 486)
                    0s Good Ringing 1 phone
                    0s Good It rings
                   10s Warn Nobody took the call (Nobody answered)
                   10s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                   10s Good Ringing 1 phone
                   10s Warn The caller hung up before anyone answered
            > switch dnd 102 on
                switches changed
                switched
            > invite b 101 200
                open s5 :4008
                open s6 :4010
                invite B4 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4010)
            > ring B4
                ring b 180
            > wait 10
                refuse b 480
                cancel B4
                close s5 s6
                RECORD call2 Out 101 > 200 NoAnswer fault Callee packets 5/6
                    0s Detail 200 is an extension of this plan: 102, 103 ring, one more every 10 seconds.
                    0s Detail Left out, since they do not want to be disturbed or forward their calls: 1.
                    0s Good Ringing 1 phone
                    0s Good It rings
                   10s Warn Nobody answered
            > cancel b
        "#]],
    );
}

#[test]
fn a_caller_who_is_all_that_is_left_of_the_group_hears_that_nobody_is_there() {
    check(
        ORDERED,
        "
        trace
        switch dnd 102 on
        invite a 103 100
        ring B1
        cancel a
        ",
        &expect![[r#"
            > trace
            > switch dnd 102 on
                switches changed
                switched
            > invite a 103 100
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > cancel a
                cancel B1
                close s1 s2
                RECORD call1 Out 103 > 100 Abandoned fault Caller packets 1/2
                    0s Detail 100 is an extension of this plan: 102, 103 ring one after the other, 10 seconds each.
                    0s Detail Left out, since they do not want to be disturbed or forward their calls: 1.
                    0s Warn No phone is registered there
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Warn The caller hung up before anyone answered
        "#]],
    );
}

/// Where it leads nobody here has agreed to pay, and the next carrier takes the call.
#[test]
fn a_carrier_that_leads_the_call_elsewhere_gives_way_to_the_next() {
    let log = ran(ORDERED, "invite a 101 202-555-0101\nrefuse B1 302 12025550177\npickup B2\ntrunks\nbye a").log;
    assert!(log.contains("invite B2 sip:+12025550101@192.0.2.2:5060 ") && log.contains("answer a "), "{log}");
    assert!(log.contains("main 0/2 healthy true"), "it works all the same: {log}");
}
