//! What the two sides of a call say about their media, and what may go wrong with it.

use expect_test::expect;

use crate::bench::{Bench, check};
use crate::situations::{CALLING, NO_OFFER, ONE_CODEC, PHONES, TALKING, TWO_PHONES};

#[test]
fn a_reinvite_without_sdp_gets_our_offer() {
    TALKING.check(
        "ask B1 nosdp\nackanswer B1 hold\nagree a held\nbye a",
        &expect![[r#"
            > ask B1 nosdp
                answer reinvite B1 (v2 :4002)
            > ackanswer B1 hold
                sound s2 on hold
                reinvite a (v2 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
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
    CALLING.check(
        "
        pickup B1 pcma
        ack a
        ask a pcmu
        ask a image
        ask a garbage
        ask a pcma
        bye B1
        ",
        &expect![[r#"
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
    NO_OFFER.check(
        "ackanswer a\nbye a",
        &expect![[r#"
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
    NO_OFFER.check(
        "ackanswer a garbage",
        &expect![[r#"
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
    PHONES.check(
        "invite a 101 102 pcma te96\npickup B1 pcma\nbye a",
        &expect![[r#"
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
    PHONES.check(
        "invite a 101 102 g729\ninvite b 101 102 garbage\ninvite c 101 *43 g729",
        &expect![[r#"
        > invite a 101 102 g729
            refuse a 488
            RECORD call1 Out 101 > 102 Refused fault Caller packets 0/0
        > invite b 101 102 garbage
            refuse b 400
            RECORD call2 Out 101 > 102 Refused fault Caller packets 0/0
        > invite c 101 *43 g729
            refuse c 488
            RECORD call3 Out 101 > *43 Refused fault Caller packets 0/0
    "#]],
    );
}

#[test]
fn an_answer_without_sense_is_hung_up_on_and_the_next_phone_may_answer() {
    TWO_PHONES.check(
        "invite a 101 102\npickup B1 garbage\npickup B2\nbye a",
        &expect![[r#"
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
    CALLING.check(
        "pickup B1 closed",
        &expect![[r#"
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
    CALLING.check(
        "bindfail s1\nbindfail s2\npickup B2\nbye a",
        &expect![[r#"
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
    CALLING.check(
        "bindfail s1\nbindfail s3\nbindfail s4\nbindfail s5",
        &expect![[r#"
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
    TALKING.check(
        "trace\nsilent s1\nsilent s2\nwait 100\nbye a",
        &expect![[r#"
        > trace
        > silent s1
        > silent s2
        > wait 100
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 100s packets 1/2
                0s Warn No sound comes from the caller (no RTP)
                0s Warn No sound comes from the called side (no RTP)
              100s Good The caller hung up
              100s Good Ended
    "#]],
    );
}

#[test]
fn a_media_engine_that_died_costs_no_record_and_no_port() {
    TALKING.check(
        "media dies\nbye a\nwait 2",
        &expect![[r#"
        > media dies
        > bye a
            bye B1
            close s1 s2
        > wait 2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 0/0
    "#]],
    );
}

#[test]
fn a_codec_that_one_side_gives_up_is_given_up_by_both() {
    TALKING.check(
        "ask a pcma\nagree B1 pcma\nask B1\nbye a",
        &expect![[r#"
        > ask a pcma
            answer reinvite a (v2 :4000 8+101)
            sound s1 10.0.1.2:7000
            reinvite B1 (v2 :4002 8+101)
        > agree B1 pcma
            sound s2 10.0.1.10:7000
        > ask B1
            answer reinvite B1 (v3 :4002 8+101)
            sound s2 10.0.1.10:7000
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn a_codec_that_the_other_side_does_not_have_is_refused() {
    ONE_CODEC.check(
        "ask a pcma\nask a hold pcmu\nagree B1 held pcmu\nbye a",
        &expect![[r#"
            > ask a pcma
                refuse reinvite a 488
            > ask a hold pcmu
                answer reinvite a (v2 :4000 0+101 recvonly)
                sound s1 on hold
                reinvite B1 (v2 :4002 0+101 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree B1 held pcmu
                sound s2 10.0.1.10:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn an_answer_that_was_narrower_than_our_offer() {
    NO_OFFER.check(
        "ackanswer a pcma\nagree B1\nbye a",
        &expect![[r#"
        > ackanswer a pcma
            sound s1 10.0.1.2:7000
            reinvite B1 (v2 :4002 8+101)
        > agree B1
            sound s2 10.0.1.10:7000
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn an_answer_that_is_none_ends_the_call() {
    TALKING.check(
        "ask a hold\nagree B1 garbage",
        &expect![[r#"
            > ask a hold
                answer reinvite a (v2 :4000 recvonly)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree B1 garbage
                bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 Refused fault Caller talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_caller_without_g711_talks_with_a_phone_that_has_nothing_else() {
    PHONES.check(
        "invite a 101 102 g722\nring B1\npickup B1\nask a hold g722\nagree B1 held\nask a g722\nagree B1\nbye a",
        &expect![[r#"
            > invite a 101 102 g722
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000 9+101)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ask a hold g722
                answer reinvite a (v2 :4000 9+101 recvonly)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree B1 held
                sound s2 10.0.1.10:7000
            > ask a g722
                answer reinvite a (v3 :4000 9+101)
                sound s1 10.0.1.2:7000
                reinvite B1 (v3 :4002)
                stop s2
            > agree B1
                sound s2 10.0.1.10:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

/// Who asks for reports on the port of the sound gets them there, and our own later offers say it again; to whom we ring it is not offered, and
/// who takes it all the same does not get it.
#[test]
fn reports_go_where_was_agreed() {
    TWO_PHONES.check(
        "
        invite a 101 102 mux
        pickup B1 mux
        ack a
        ask B1 nosdp
        ackanswer B1 rtcp
        ask a nosdp
        ackanswer a mux
        ask a
        bye a
        ",
        &expect![[r#"
            > invite a 101 102 mux
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.52 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1 mux
                cancel B2 taken
                sound s2 10.0.1.10:7000
                answer a (v1 :4000 mux)
                sound s1 10.0.0.101:7000
                reports s1 on the port of the sound
                bridge s1 s2
            > ack a
            > ask B1 nosdp
                answer reinvite B1 (v2 :4002)
            > ackanswer B1 rtcp
                sound s2 10.0.1.10:7000
                reports s2 to Some(10.0.1.10:7777)
            > ask a nosdp
                answer reinvite a (v2 :4000 mux)
            > ackanswer a mux
                sound s1 10.0.1.2:7000
                reports s1 on the port of the sound
            > ask a
                answer reinvite a (v3 :4000)
                sound s1 10.0.1.2:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn how_a_call_sounds_is_seen_while_it_is_up() {
    TALKING.check(
        "sound\ntold s1 250\ntold s2 240\ntold s9 1\nsound\nbye a\nsound",
        &expect![[r#"
        > sound
            call1 0/0
        > told s1 250
        > told s2 240
        > told s9 1
        > sound
            call1 250/240
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        > sound
    "#]],
    );
}

/// Whoever takes no events leaves its caller to send keys as tones: they are listened for, or nobody could decline a recording.
#[test]
fn keys_are_events_only_for_whom_both_have_agreed_on_them() {
    CALLING.check(
        "pickup B1 noevents\nack a\nbye a",
        &expect![[r#"
            > pickup B1 noevents
                sound s2 10.0.1.10:7000 no events
                answer a (v1 :4000 0/8)
                sound s1 10.0.0.101:7000 no events
                bridge s1 s2
            > ack a
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

/// Some exchanges call so, and know G.711 alone, while a phone says the best that it has and nothing else.
#[test]
fn a_caller_without_an_offer_is_offered_more_than_whoever_answered_speaks() {
    let mut bench = Bench::new(calls::Limits::default());
    bench.run("register 102\ninvite p main:+12025550171 +12025550123 nosdp\npickup B1 g722\nackanswer p pcmu");
    bench.run("agree B1 g722\nagree p pcmu\nlive\nbye p");
    bench.check_rest();
    // The bench names no codec where G.711 is among those that are offered.
    assert!(bench.log.contains("answer p (v1 :4000)\n"), "{}", bench.log);
    assert!(bench.log.contains("call1 Talking"), "{}", bench.log);
}
