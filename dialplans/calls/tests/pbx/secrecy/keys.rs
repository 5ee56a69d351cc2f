//! Keys in the signalling (RFC 4568), as a call begins.

use expect_test::expect;

use super::{PREFER, check_as};
use crate::bench::check;

#[test]
fn a_phone_under_tls_and_a_plain_one() {
    check(
        "
        trace
        register 101
        register 102 tls
        invite a 101 102
        pickup B1 keys=2
        ack a
        bye a
        invite b 102 101 tls savp=2
        pickup B2
        bye b
        ",
        &expect![[r#"
            > trace
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 102 tls
                bindings [101 udp 10.0.0.101:5060, 102 tls 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=KYNe)
            > pickup B1 keys=2
                secure s2 AES_CM_128_HMAC_SHA1_80 ours 1HdP theirs md1/
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
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
                    0s Good The caller hung up
                    0s Good Ended
            > invite b 102 101 tls savp=2
                open s3 :4004
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer b (v1 :4004 savp 2=2S0B)
                secure s3 AES_CM_128_HMAC_SHA1_80 ours 2S0B theirs md1/
                sound s3 10.0.0.102:7000
                bridge s3 s4
            > bye b
                bye B2
                close s3 s4
                RECORD call2 Out 102 > 101 HungUp fault None talked 0s packets 3/4
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The sound of Nurse is encrypted (SRTP AES_CM_128_HMAC_SHA1_80)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn every_leg_and_every_fork_has_keys_of_its_own() {
    check(
        "register 102 tls\nregister 102 host=52 tls\ninvite a 101 102 tls keys=1,2\npickup B2 keys=1\nbye a",
        &expect![[r#"
            > register 102 tls
                bindings [102 tls 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > register 102 host=52 tls
                bindings [102 tls 10.0.0.102:5060, 102 tls 10.0.0.52:5060]
                accept register [sip:102@10.0.0.102 3600s, sip:102@10.0.0.52 3600s]
            > invite a 101 102 tls keys=1,2
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=KYNe)
                invite B2 sip:102@10.0.0.52 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=2S0B/2=TQ6X/3=It2Y)
            > pickup B2 keys=1
                cancel B1 taken
                secure s2 AEAD_AES_256_GCM ours 2S0B theirs md1/
                sound s2 10.0.1.11:7000
                answer a (v1 :4000 keys 1=ZBi/)
                secure s1 AEAD_AES_256_GCM ours ZBi/ theirs md1/
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B2
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn an_answer_under_keys_that_nobody_offered_is_none() {
    check_as(
        PREFER,
        "",
        "register 101\nregister 102\ninvite a 101 102\npickup B1 savp=2 new\nbye a\ninvite b 102 101\npickup B2 savp=2",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 102
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=KYNe)
            > pickup B1 savp=2 new
                secure s2 AES_CM_128_HMAC_SHA1_80 ours 1HdP theirs aEcq
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > invite b 102 101
                open s3 :4004
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4006)
            > pickup B2 savp=2
                bye B2
                refuse b 488
                close s3 s4
                RECORD call2 Out 102 > 101 Refused fault Callee packets 3/4
        "#]],
    );
}

#[test]
fn the_tones_of_a_carrier_under_keys_and_its_answer_under_others() {
    check_as(
        "",
        PREFER,
        "register 101\ninvite a 101 202-555-0101 tls keys=2\nearly B1 keys=2\npickup B1 keys=1 new\nbye a",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite a 101 202-555-0101 tls keys=2
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=KYNe)
            > early B1 keys=2
                secure s2 AES_CM_128_HMAC_SHA1_80 ours 1HdP theirs md1/
                sound s2 10.0.1.10:7000
                secure s1 AES_CM_128_HMAC_SHA1_80 ours 2S0B theirs md1/
                sound s1 10.0.0.101:7000
                bridge s1 s2
                ring a 183 (v1 :4000 keys 2=2S0B)
            > pickup B1 keys=1 new
                secure s2 AEAD_AES_256_GCM ours su3W theirs aEcq
                sound s2 10.0.1.10:7000
                answer a (v1 :4000 keys 2=2S0B)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}
