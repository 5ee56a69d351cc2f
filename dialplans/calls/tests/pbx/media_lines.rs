//! What the two sides of a call say about their media, and what may go wrong with it.

use expect_test::expect;

use crate::bench::check;

#[test]
fn hold_and_resume_of_either_side() {
    check(
        "
        trace
        register 102
        invite a 101 102
        pickup B1
        ack a
        ask a hold
        agree B1 held
        ask a
        agree B1
        ask B1 hold0
        agree a held
        ask B1
        agree a
        bye a
        ",
        &expect![[r#"
            > trace
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
            > ack a
            > ask a hold
                answer reinvite a (v2 :4000 recvonly)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly)
            > agree B1 held
                sound s2 10.0.1.10:7000
            > ask a
                answer reinvite a (v3 :4000)
                sound s1 10.0.1.2:7000
                reinvite B1 (v3 :4002)
            > agree B1
                sound s2 10.0.1.10:7000
            > ask B1 hold0
                answer reinvite B1 (v4 :4002 recvonly)
                sound s2 on hold
                reinvite a (v4 :4000 sendonly)
            > agree a held
                sound s1 10.0.1.2:7000
            > ask B1
                answer reinvite B1 (v5 :4002)
                sound s2 10.0.1.10:7000
                reinvite a (v5 :4000)
            > agree a
                sound s1 10.0.1.2:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Detail The caller put the call on hold (sendonly)
                    0s Detail The caller took the call back (sendrecv)
                    0s Detail The called side put the call on hold (sendrecv)
                    0s Detail The called side took the call back (sendrecv)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn a_reinvite_without_sdp_gets_our_offer() {
    check(
        "register 102\ninvite a 101 102\npickup B1\nack a\nask B1 nosdp\nackanswer B1 hold\nagree a held\nbye a",
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
            > ack a
            > ask B1 nosdp
                answer reinvite B1 (v2 :4002)
            > ackanswer B1 hold
                sound s2 on hold
                reinvite a (v2 :4000 sendonly)
            > agree a held
                sound s1 10.0.1.2:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn what_cannot_be_done_is_refused_and_the_call_goes_on() {
    check(
        "
        register 102
        invite a 101 102
        pickup B1 pcma
        ack a
        ask a pcmu
        ask a image
        ask a garbage
        ask a pcma
        bye B1
        ",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1 pcma
                sound s2 10.0.1.10:7000
                answer a (v1 :4000 8+101)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > ask a pcmu
                refuse reinvite a 488
            > ask a image
                refuse reinvite a 488
            > ask a garbage
                refuse reinvite a 400
            > ask a pcma
                answer reinvite a (v2 :4000 8+101)
                sound s1 10.0.1.2:7000
            > bye B1
                bye a
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_caller_without_an_offer_gets_ours() {
    check(
        "register 102\ninvite a 101 102 nosdp\nring B1\npickup B1\nack a\nackanswer a\nbye a",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102 nosdp
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                bridge s1 s2
            > ack a
            > ackanswer a
                sound s1 10.0.1.2:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_caller_that_answers_nonsense_in_its_ack_is_ended() {
    check(
        "register 102\ninvite a 101 102 nosdp\npickup B1\nack a\nackanswer a garbage",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102 nosdp
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                bridge s1 s2
            > ack a
            > ackanswer a garbage
                bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 Refused fault Caller talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn the_called_side_gets_only_what_the_caller_knows() {
    check(
        "register 102\ninvite a 101 102 pcma te96\npickup B1 pcma\nbye a",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102 pcma te96
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 8+96)
            > pickup B1 pcma
                sound s2 10.0.1.10:7000
                answer a (v1 :4000 8+96)
                sound s1 10.0.0.101:7000 events 96
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn an_offer_without_g711_or_without_sense_is_refused() {
    check(
        "register 102\ninvite a 101 102 g722\ninvite b 101 102 garbage\ninvite c 101 *43 g722",
        &expect![[r#"
        > register 102
            bindings [102 udp 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
        > invite a 101 102 g722
            refuse a 488
            RECORD call1 Out 101 > 102 Refused fault Caller packets 0/0
        > invite b 101 102 garbage
            refuse b 400
            RECORD call2 Out 101 > 102 Refused fault Caller packets 0/0
        > invite c 101 *43 g722
            refuse c 488
            RECORD call3 Out 101 > *43 Refused fault Caller packets 0/0
    "#]],
    );
}

#[test]
fn an_answer_without_sense_is_hung_up_on_and_the_next_phone_may_answer() {
    check(
        "register 102\nregister 102 host=52\ninvite a 101 102\npickup B1 garbage\npickup B2\nbye a",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > register 102 host=52
                bindings [102 udp 10.0.0.102:5060, 102 udp 10.0.0.52:5060]
                accept register [sip:102@10.0.0.102 3600s, sip:102@10.0.0.52 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.52 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1 garbage
                bye B1
            > pickup B2
                sound s2 10.0.1.11:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B2
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
    check(
        "register 102\ninvite a 101 102\npickup B1 closed",
        &expect![[r#"
        > register 102
            bindings [102 udp 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
        > invite a 101 102
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > pickup B1 closed
            bye B1
            refuse a 488
            close s1 s2
            RECORD call1 Out 101 > 102 Refused fault Callee packets 1/2
    "#]],
    );
}

#[test]
fn a_port_that_is_taken_is_replaced_while_nobody_knows_it() {
    check(
        "register 102\ninvite a 101 102\nbindfail s1\nbindfail s2\npickup B2\nbye a",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > bindfail s1
                open s3 :4004
            > bindfail s2
                open s4 :4006
                cancel B1
                invite B2 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer a (v1 :4004)
                sound s3 10.0.0.101:7000
                bridge s3 s4
            > bye a
                bye B2
                close s3 s4
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 3/4
        "#]],
    );
}

#[test]
fn without_any_port_the_call_ends_as_our_fault() {
    check(
        "register 102\ninvite a 101 102\nbindfail s1\nbindfail s3\nbindfail s4\nbindfail s5",
        &expect![[r#"
        > register 102
            bindings [102 udp 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
        > invite a 101 102
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > bindfail s1
            open s3 :4004
        > bindfail s3
            open s4 :4006
        > bindfail s4
            open s5 :4008
        > bindfail s5
            refuse a 500
            cancel B1
            close s2
            RECORD call1 Out 101 > 102 OurFault fault Us packets 0/2
    "#]],
    );
    check(
        "invite a 101 *43\nbindfail s1",
        &expect![[r#"
        > invite a 101 *43
            open s1 :4000
            sound s1 10.0.0.101:7000
            answer a (v1 :4000)
            echo s1
        > bindfail s1
            bye a
            RECORD call1 Out 101 > *43 OurFault fault Us talked 0s packets 0/0
    "#]],
    );
}

#[test]
fn silence_is_noted_and_ends_nothing() {
    check(
        "trace\nregister 102\ninvite a 101 102\npickup B1\nsilent s1\nsilent s2\nwait 100\nbye a",
        &expect![[r#"
            > trace
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
            > silent s1
            > silent s2
            > wait 100
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 100s packets 1/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Warn No sound comes from the caller (no RTP)
                    0s Warn No sound comes from the called side (no RTP)
                  100s Good The caller hung up
                  100s Good Ended
        "#]],
    );
}

#[test]
fn a_media_engine_that_died_costs_no_record_and_no_port() {
    check(
        "register 102\ninvite a 101 102\npickup B1\nmedia dies\nbye a\nwait 2",
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
            > media dies
            > bye a
                bye B1
                close s1 s2
            > wait 2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 0/0
        "#]],
    );
}
