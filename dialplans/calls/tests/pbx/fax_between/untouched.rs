//! Calls that are none of two machines, and what is never done to one that is.

use expect_test::expect;

use super::check;

#[test]
fn a_fax_is_not_handed_on() {
    check(
        "
        invite a 101 202-555-0101
        pickup B1
        ack a
        ask B1 image
        refer a 102
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
            > ask B1 image
                answer reinvite B1 (v2 image :4002 9600)
                raw s2
                remote s2 10.0.1.10:7000
                BETWEEN call1 s1 sound PCMU as 0 and s2 9600 bit/s
            > refer a 102
                refuse refer a 603
            > bye a
                bye B1
                close s1 s2
                FAX LINE ENDED call1
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_call_for_help_is_never_one_of_machines() {
    check(
        "
        invite a 101 911
        pickup B1
        ack a
        trace
        faxtone s1
        ask B1 image
        bye a
        ",
        &expect![[r#"
            > invite a 101 911
                ALERT call1 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > trace
            > faxtone s1
            > ask B1 image
                refuse reinvite B1 488
            > bye a
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 1/2
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Warn The called side asked for other media, which was refused (no audio that is supported here)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn whose_phone_is_no_machine_talks_on() {
    check(
        "
        invite a 102 202-555-0101
        pickup B1
        ack a
        faxtone s1
        ask B1 image
        bye a
        ",
        &expect![[r#"
            > invite a 102 202-555-0101
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > ack a
            > faxtone s1
            > ask B1 image
                refuse reinvite B1 488
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 102 > +12025550101 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}
