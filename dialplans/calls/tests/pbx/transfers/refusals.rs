//! Who may not hand whom on to where, and what each hears.

use expect_test::expect;

use crate::situations::{PATIENT, PHONES, TALKING};

#[test]
fn the_rights_of_whoever_transfers_count() {
    // From outside: the patient could not call that number themselves.
    PATIENT.check("trunks\nrefer B1 202-555-0101\ntrunks\npickup B3\ntrunks\nbye p", &expect![[r#"
        > trunks
            main 1/2 healthy true
            backup 0/10 healthy true
        > refer B1 202-555-0101
            open s3 :4004
            accept refer B1
            invite B3 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
        > trunks
            main 2/2 healthy true
            backup 0/10 healthy true
        > pickup B3
            sound s3 10.0.1.12:7000
            bridge s1 s3
            refer progress B1 200
            close s2
        > trunks
            main 2/2 healthy true
            backup 0/10 healthy true
        > bye p
            bye B1
            bye B3
            close s1 s3
            RECORD call1 In +12025550101 > +12025550101 HungUp fault None talked 0s packets 1/3
    "#]]);
    PATIENT.check(
        "trace\nrefer B1 +442079460018\nrefer B1 199\nrefer B1 nonsense\nrefer B1 *78\nbye p",
        &expect![[r#"
        > trace
        > refer B1 +442079460018
            refuse refer B1 403
        > refer B1 199
            refuse refer B1 404
        > refer B1 nonsense
            refuse refer B1 404
        > refer B1 *78
            refuse refer B1 603
        > bye p
            bye B1
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                0s Warn A transfer was refused (It is a number abroad, and the plan does not allow numbers abroad.)
                0s Warn A transfer was refused (There is no extension 199.)
                0s Warn A transfer was refused (What was dialled is not a number)
                0s Warn A transfer was refused (A code does something for the phone that dials it; nobody is handed on to it)
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
}

#[test]
fn every_channel_is_in_use() {
    PATIENT.check("invite x 102 202-555-0109\nrefer B1 202-555-0101\ncancel x\nbye p", &expect![[r#"
        > invite x 102 202-555-0109
            open s3 :4004
            open s4 :4006
            invite B3 sip:+12025550109@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
        > refer B1 202-555-0101
            refuse refer B1 480
        > cancel x
            cancel B3
            close s3 s4
            RECORD call1 Out 102 > +12025550109 Abandoned fault Caller packets 3/4
        > bye p
            bye B1
            close s1 s2
            RECORD call2 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
    "#]]);
}

#[test]
fn a_carrier_hands_nobody_on() {
    PATIENT.check(
        "trace\nrefer p 102\nbye p",
        &expect![[r#"
        > trace
        > refer p 102
            refuse refer p 603
        > bye p
            bye B1
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
                0s Warn A transfer was refused (Only a phone of the clinic's own may do that)
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
}

#[test]
fn nobody_is_registered_there() {
    PATIENT.check(
        "register 102 expires=0\nrefer B1 102\nbye p",
        &expect![[r#"
        > register 102 expires=0
            bindings [101 udp 10.0.0.101:5060, 103 udp 10.0.0.103:5060]
            accept register []
        > refer B1 102
            refuse refer B1 480
        > bye p
            bye B1
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn calls_of_others_are_not_joined() {
    TALKING.check(
        "
        trace
        invite c 103 202-555-0109
        pickup B2
        ack c
        refer a replaces c
        refer a replaces a
        refer a replaces B1
        refer a replaces B77
        bye a
        bye c
        ",
        &expect![[r#"
            > trace
            > invite c 103 202-555-0109
                open s3 :4004
                open s4 :4006
                invite B2 sip:+12025550109@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer c (v1 :4004)
                sound s3 10.0.0.103:7000
                bridge s3 s4
            > ack c
            > refer a replaces c
                refuse refer a 603
            > refer a replaces a
                refuse refer a 603
            > refer a replaces B1
                refuse refer a 603
            > refer a replaces B77
                refuse refer a 481
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                    0s Warn A transfer was refused (The other call is somebody else's)
                    0s Warn A transfer was refused (There is no other call)
                    0s Warn A transfer was refused (There is no other call)
                    0s Warn A transfer was refused (The other call is over)
                    0s Good The caller hung up
                    0s Good Ended
            > bye c
                bye B2
                close s3 s4
                RECORD call2 Out 103 > +12025550109 HungUp fault None talked 0s packets 3/4
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn what_is_no_conversation_is_not_handed_on() {
    PHONES.check(
        "
        invite a 101 *43
        ack a
        invite b 101 102
        refer a 102
        refer a replaces b
        ask b
        ask B1
        pickup B1
        ack b
        bye a
        bye b
        ",
        &expect![[r#"
            > invite a 101 *43
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                echo s1
            > ack a
            > invite b 101 102
                open s2 :4002
                open s3 :4004
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4004)
            > refer a 102
                refuse refer a 603
            > refer a replaces b
                refuse refer a 603
            > ask b
                refuse reinvite b 500
            > ask B1
                refuse reinvite B1 491
            > pickup B1
                sound s3 10.0.1.10:7000
                answer b (v1 :4002)
                sound s2 10.0.0.101:7000
                bridge s2 s3
            > ack b
            > bye a
                close s1
                RECORD call1 Out 101 > *43 HungUp fault None talked 0s packets 1/0
            > bye b
                bye B1
                close s2 s3
                RECORD call2 Out 101 > 102 HungUp fault None talked 0s packets 2/3
        "#]],
    );
}
