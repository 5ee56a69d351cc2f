//! What a transfer means for the media of those who stay, and of those who come.

use expect_test::expect;

use crate::situations::{OTHER_CODEC, REFERRED};

#[test]
fn the_phones_that_talk_may_change_their_media_meanwhile() {
    REFERRED.check(
        "
        ask p hold
        agree B1 held
        ask B1 pcma
        agree p pcma
        ask B3
        refuse B3 486
        bye p
        ",
        &expect![[r#"
            > ask p hold
                answer reinvite p (v2 :4000 recvonly)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree B1 held
                sound s2 10.0.1.10:7000
            > ask B1 pcma
                answer reinvite B1 (v3 :4002 8+101 sendonly)
                sound s2 10.0.1.10:7000
                reinvite p (v3 :4000 8+101)
            > agree p pcma
                sound s1 10.0.1.2:7000
                reinvite B1 (v4 :4002 8+101)
                stop s2
            > ask B3
                refuse reinvite B3 491
            > refuse B3 486
                close s3
                refer progress B1 486
            > bye p
                bye B1
                close s1 s2
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_port_that_is_taken_is_replaced_in_a_transfer() {
    REFERRED.check(
        "bindfail s3\npickup B4\nbye p",
        &expect![[r#"
        > bindfail s3
            open s4 :4006
            cancel B3
            invite B4 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4006)
        > pickup B4
            sound s4 10.0.1.13:7000
            bridge s1 s4
            refer progress B1 200
            close s2
        > bye p
            bye B1
            bye B4
            close s1 s4
            RECORD call1 In +12025550101 > 102 HungUp fault None talked 0s packets 1/4
    "#]],
    );
    REFERRED.check(
        "bindfail s3\nbindfail s4\nbindfail s5\nbindfail s6\nbye p",
        &expect![[r#"
        > bindfail s3
            open s4 :4006
            cancel B3
            invite B4 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4006)
        > bindfail s4
            open s5 :4008
            cancel B4
            invite B5 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4008)
        > bindfail s5
            open s6 :4010
            cancel B5
            invite B6 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4010)
        > bindfail s6
            cancel B6
            refer progress B1 500
        > bye p
            bye B1
            close s1 s2
            RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn other_codecs_are_agreed_on_after_a_transfer() {
    OTHER_CODEC.check(
        "agree B1 pcma\nagree B2 pcma\nbye a\nbye B1",
        &expect![[r#"
        > agree B1 pcma
            sound s2 10.0.1.10:7000
        > agree B2 pcma
            sound s3 10.0.1.11:7000
        > bye a
        > bye B1
            bye B2
            close s2 s3
            RECORD call1 Out 103 > 102 HungUp fault None talked 0s packets 3/2
    "#]],
    );
    OTHER_CODEC.check(
        "trace\ndisagree B1\nagree B2\nbye a\nbye B1",
        &expect![[r#"
        > trace
        > disagree B1
        > agree B2
            sound s3 10.0.1.11:7000
            reinvite B2 (v3 :4004 0+101)
        > bye a
        > bye B1
            bye B2
            close s2 s3
            RECORD call1 Out 103 > 102 HungUp fault None talked 0s packets 3/2
                0s Warn The called side refused a change of the call (status 488)
                0s Good The called side hung up
                0s Good Ended
    "#]],
    );
    OTHER_CODEC.check(
        "trace\ndisagree B1\ndisagree B2\nbye B1",
        &expect![[r#"
        > trace
        > disagree B1
        > disagree B2
        > bye B1
            bye a
            bye B2
            close s2 s3
            RECORD call1 Out 103 > 102 HungUp fault None talked 0s packets 3/2
                0s Warn The called side refused a change of the call (status 488)
                0s Warn The caller refused a change of the call (status 488)
                0s Good The called side hung up
                0s Good Ended
    "#]],
    );
}
