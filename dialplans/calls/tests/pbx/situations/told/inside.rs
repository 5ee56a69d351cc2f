//! Between phones.

use expect_test::expect;

use crate::situations::*;

#[test]
fn phones() {
    PHONES.tell(
        "",
        &expect![[r#"
        > trace
        > register 101
            bindings [101 udp 10.0.0.101:5060]
            accept register [sip:101@10.0.0.101 3600s]
        > register 102
            bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
        > register 103
            bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060, 103 udp 10.0.0.103:5060]
            accept register [sip:103@10.0.0.103 3600s]
    "#]],
    );
    TWO_PHONES.tell(
        "",
        &expect![[r#"
        > trace
        > register 102 host=52
            bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060, 102 udp 10.0.0.52:5060, 103 udp 10.0.0.103:5060]
            accept register [sip:102@10.0.0.102 3599s, sip:102@10.0.0.52 3600s]
    "#]],
    );
}

#[test]
fn between_phones() {
    CALLING.tell(
        "cancel a",
        &expect![[r#"
        > trace
        > invite a 101 102
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
        > cancel a
            cancel B1
            close s1 s2
            RECORD call1 Out 101 > 102 Abandoned fault Caller packets 1/2
                0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Warn The caller hung up before anyone answered
    "#]],
    );
    TALKING.tell(
        "bye a",
        &expect![[r#"
        > trace
        > pickup B1
            sound s2 10.0.1.10:7000
            answer a (v1 :4000)
            sound s1 10.0.0.101:7000
            bridge s1 s2
        > ack a
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                0s Good Answered by Nurse
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
    HELD.tell(
        "bye a",
        &expect![[r#"
            > trace
            > ask a hold
                answer reinvite a (v2 :4000 recvonly)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree B1 held
                sound s2 10.0.1.10:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                    0s Detail The caller put the call on hold (sendonly)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
    HANDING_ON.tell(
        "bye B1",
        &expect![[r#"
        > trace
        > refer a 103
            open s3 :4004
            accept refer a
            invite B2 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4004)
        > bye B1
            refer progress a 487
            bye a
            cancel B2
            close s1 s2 s3
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 3/2
                0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                0s Good Front desk transfers Nurse to Doctor (REFER)
                0s Good Ringing 1 phone
                0s Good The called side hung up
                0s Good Ended
    "#]],
    );
    SECOND_CALL.tell(
        "bye a\nbye c",
        &expect![[r#"
        > trace
        > invite c 103 101
            open s3 :4004
            open s4 :4006
            invite B2 sip:101@10.0.0.101 from "Doctor" sip:103@clinic.demo (v1 :4006)
        > pickup B2
            sound s4 10.0.1.11:7000
            answer c (v1 :4004)
            sound s3 10.0.0.103:7000
            bridge s3 s4
        > ack c
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                0s Good The caller hung up
                0s Good Ended
        > bye c
            bye B2
            close s3 s4
            RECORD call2 Out 103 > 101 HungUp fault None talked 0s packets 3/4
                0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Good Answered by Front desk
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
    ONE_CODEC.tell(
        "bye a",
        &expect![[r#"
        > trace
        > pickup B1 pcmu
            sound s2 10.0.1.10:7000
            answer a (v1 :4000 0+101)
            sound s1 10.0.0.101:7000
            bridge s1 s2
        > ack a
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                0s Good Answered by Nurse
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
    OTHER_CODEC.tell(
        "bye B1",
        &expect![[r#"
        > trace
        > refer a 103
            open s3 :4004
            accept refer a
            invite B2 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4004)
        > pickup B2 pcma
            sound s3 10.0.1.11:7000
            bridge s2 s3
            refer progress a 200
            close s1
            reinvite B2 (v2 :4004 8/0+101)
            reinvite B1 (v2 :4002)
        > bye B1
            bye a
            bye B2
            close s2 s3
            RECORD call1 Out 103 > 102 HungUp fault None talked 0s packets 3/2
                0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                0s Good Front desk transfers Nurse to Doctor (REFER)
                0s Good Ringing 1 phone
                0s Good Answered by Doctor
                0s Good Transferred by Front desk to Doctor
                0s Good The called side hung up
                0s Good Ended
    "#]],
    );
    NO_OFFER.tell(
        "bye a",
        &expect![[r#"
        > trace
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
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                0s Good Ringing 1 phone
                0s Good It rings
                0s Good Answered by Nurse
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
}

#[test]
fn under_keys() {
    SEALED.tell(
        "bye a",
        &expect![[r#"
            > trace
            > register 102 tls
                bindings [102 tls 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102 tls savp=2
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=KYNe)
            > pickup B1 keys=2
                secure s2 AES_CM_128_HMAC_SHA1_80 ours 1HdP theirs md1/
                sound s2 10.0.1.10:7000
                answer a (v1 :4000 savp 2=2S0B)
                secure s1 AES_CM_128_HMAC_SHA1_80 ours 2S0B theirs md1/
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Detail The sound of Nurse is encrypted (SRTP AES_CM_128_HMAC_SHA1_80)
                    0s Detail The sound of Front desk is encrypted (SRTP AES_CM_128_HMAC_SHA1_80)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}
