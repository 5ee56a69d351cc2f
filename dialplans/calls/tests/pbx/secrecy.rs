//! Encrypted sound (SRTP): who is offered it, who must have it, and that nobody loses it in silence.

use calls::Limits;
use expect_test::{Expect, expect};
use model::Settings;

use crate::bench::{Bench, SETTINGS, check};

/// Runs a script in the bench's clinic, changed: 102's phones, and the trunk main, have these lines more.
fn check_as(nurse: &str, main: &str, script: &str, expected: &Expect) {
    let text = SETTINGS
        .replace("name = \"Nurse\"", &format!("name = \"Nurse\"\n{nurse}"))
        .replace("address = \"192.0.2.1:5060\"", &format!("address = \"192.0.2.1:5060\"\n{main}"));
    let mut bench = Bench::with(Limits::default(), Settings::parse(&text).expect("good settings"));
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

const SRTP: &str = "media = \"srtp\"";
const PREFER: &str = "media = \"prefer\"";
const PLAIN: &str = "media = \"plain\"";

#[test]
fn a_phone_under_tls_and_a_plain_one() {
    check(
        "
        trace
        register 101
        register 102 tls
        invite a 101 102
        pickup B1 keys=3
        ack a
        bye a
        invite b 102 101 tls savp=3
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
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=3c92)
            > pickup B1 keys=3
                secure s2 AES_CM_128_HMAC_SHA1_80 ours 3c92 theirs md1/
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
            > invite b 102 101 tls savp=3
                open s3 :4004
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer b (v1 :4004 savp 3=2S0B)
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
        "register 102 tls\nregister 102 host=52 tls\ninvite a 101 102 tls keys=1,3\npickup B2 keys=1\nbye a",
        &expect![[r#"
            > register 102 tls
                bindings [102 tls 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > register 102 host=52 tls
                bindings [102 tls 10.0.0.102:5060, 102 tls 10.0.0.52:5060]
                accept register [sip:102@10.0.0.102 3600s, sip:102@10.0.0.52 3600s]
            > invite a 101 102 tls keys=1,3
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=3c92)
                invite B2 sip:102@10.0.0.52 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=2S0B/2=TQ6X/3=CZ4d)
            > pickup B2 keys=1
                cancel B1
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
fn what_the_settings_forbid_is_refused() {
    check_as(
        SRTP,
        SRTP,
        "
        trace
        register 101
        register 102
        invite a 102 101
        invite b 102 101 keys=3
        pickup B1
        bye b
        invite c 101 102
        pickup B2
        invite d 101 102
        pickup B3 savp=2
        bye d
        invite e main:+12025550101 +12025550123
        ",
        &expect![[r#"
            > trace
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 102
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 102 101
                refuse a 488
                RECORD call1 Out 102 > 101 Refused fault Caller packets 0/0
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Bad Nurse may not call like this (its sound would be in the clear, and the settings want it encrypted)
                    0s Warn Refused
            > invite b 102 101 keys=3
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer b (v1 :4000 keys 3=su3W)
                secure s1 AES_CM_128_HMAC_SHA1_80 ours su3W theirs md1/
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > bye b
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 101 HungUp fault None talked 0s packets 1/2
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The sound of Nurse is encrypted (SRTP AES_CM_128_HMAC_SHA1_80)
                    0s Good The caller hung up
                    0s Good Ended
            > invite c 101 102
                open s3 :4004
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006 savp 1=YDFX/2=KYNe/3=2S0B)
            > pickup B2
                bye B2
                refuse c 488
                close s3 s4
                RECORD call3 Out 101 > 102 Refused fault Callee packets 3/4
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Bad It was answered with media that the caller does not know (its sound would be in the clear, and the settings want it encrypted)
                    0s Warn Refused
            > invite d 101 102
                open s5 :4008
                open s6 :4010
                invite B3 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4010 savp 1=Ud/x/2=It2Y/3=ZBi/)
            > pickup B3 savp=2
                secure s6 AEAD_AES_128_GCM ours It2Y theirs md1/
                sound s6 10.0.1.12:7000
                answer d (v1 :4008)
                sound s5 10.0.0.101:7000
                bridge s5 s6
            > bye d
                bye B3
                close s5 s6
                RECORD call4 Out 101 > 102 HungUp fault None talked 0s packets 5/6
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Detail The sound of Nurse is encrypted (SRTP AEAD_AES_128_GCM)
                    0s Good The caller hung up
                    0s Good Ended
            > invite e main:+12025550101 +12025550123
                refuse e 488
                RECORD call5 In +12025550101 > +12025550123 Refused fault Caller packets 0/0
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Bad +12025550101 may not call like this (its sound would be in the clear, and the settings want it encrypted)
                    0s Warn Refused
        "#]],
    );
    check_as(
        PLAIN,
        "",
        "trace\nregister 101\nregister 102 tls\ninvite a 102 101 savp=3\ninvite b 102 101 keys=3\npickup B1\nbye b\ninvite c 101 102\npickup B2\nbye c",
        &expect![[r#"
            > trace
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 102 tls
                bindings [101 udp 10.0.0.101:5060, 102 tls 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 102 101 savp=3
                refuse a 488
                RECORD call1 Out 102 > 101 Refused fault Caller packets 0/0
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Bad Nurse may not call like this (its sound would be encrypted, and the settings want it plain)
                    0s Warn Refused
            > invite b 102 101 keys=3
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer b (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > bye b
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 101 HungUp fault None talked 0s packets 1/2
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Good The caller hung up
                    0s Good Ended
            > invite c 101 102
                open s3 :4004
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer c (v1 :4004)
                sound s3 10.0.0.101:7000
                bridge s3 s4
            > bye c
                bye B2
                close s3 s4
                RECORD call3 Out 101 > 102 HungUp fault None talked 0s packets 3/4
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn what_is_preferred_and_not_had_is_written_down() {
    check_as(
        PREFER,
        PREFER,
        "trace\nregister 101\nregister 102\ninvite a 101 102\npickup B1\nbye a\ninvite b 102 101\npickup B2\nbye b",
        &expect![[r#"
            > trace
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 102
                bindings [101 udp 10.0.0.101:5060, 102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=3c92)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The sound of Nurse is not encrypted (SRTP was offered and not taken)
                    0s Good Answered by Nurse
                    0s Good The caller hung up
                    0s Good Ended
            > invite b 102 101
                open s3 :4004
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer b (v1 :4004)
                sound s3 10.0.0.102:7000
                bridge s3 s4
            > bye b
                bye B2
                close s3 s4
                RECORD call2 Out 102 > 101 HungUp fault None talked 0s packets 3/4
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The sound of Nurse is not encrypted (it offered no SRTP)
                    0s Good Answered by Front desk
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn an_answer_under_keys_that_nobody_offered_is_none() {
    check_as(
        PREFER,
        "",
        "register 101\nregister 102\ninvite a 101 102\npickup B1 savp=3 new\nbye a\ninvite b 102 101\npickup B2 savp=3",
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
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=3c92)
            > pickup B1 savp=3 new
                secure s2 AES_CM_128_HMAC_SHA1_80 ours 3c92 theirs aEcq
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
            > pickup B2 savp=3
                bye B2
                refuse b 488
                close s3 s4
                RECORD call2 Out 102 > 101 Refused fault Callee packets 3/4
        "#]],
    );
}

/// 101 calls 102 over TLS, and both are encrypted.
const SEALED: &str = "register 102 tls\ninvite a 101 102 tls savp=3\npickup B1 keys=3\nack a";

#[test]
fn hold_and_its_end_keep_the_keys() {
    check(
        &format!("{SEALED}\nask a hold savp=3\nagree B1 held keys=1:3\nask a savp=3\nagree B1 keys=1:3\nbye a"),
        &expect![[r#"
            > register 102 tls
                bindings [102 tls 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102 tls savp=3
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=3c92)
            > pickup B1 keys=3
                secure s2 AES_CM_128_HMAC_SHA1_80 ours 3c92 theirs md1/
                sound s2 10.0.1.10:7000
                answer a (v1 :4000 savp 3=2S0B)
                secure s1 AES_CM_128_HMAC_SHA1_80 ours 2S0B theirs md1/
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > ask a hold savp=3
                answer reinvite a (v2 :4000 recvonly savp 3=2S0B)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly keys 1=3c92)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree B1 held keys=1:3
                sound s2 10.0.1.10:7000
            > ask a savp=3
                answer reinvite a (v3 :4000 savp 3=2S0B)
                sound s1 10.0.1.2:7000
                reinvite B1 (v3 :4002 keys 1=3c92)
                stop s2
            > agree B1 keys=1:3
                sound s2 10.0.1.10:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn new_keys_in_the_middle_of_a_call() {
    check(
        &format!("{SEALED}\nask a savp=3 new\nask B1 keys=2\nbye a"),
        &expect![[r#"
        > register 102 tls
            bindings [102 tls 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
        > invite a 101 102 tls savp=3
            open s1 :4000
            open s2 :4002
            invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=3c92)
        > pickup B1 keys=3
            secure s2 AES_CM_128_HMAC_SHA1_80 ours 3c92 theirs md1/
            sound s2 10.0.1.10:7000
            answer a (v1 :4000 savp 3=2S0B)
            secure s1 AES_CM_128_HMAC_SHA1_80 ours 2S0B theirs md1/
            sound s1 10.0.0.101:7000
            bridge s1 s2
        > ack a
        > ask a savp=3 new
            answer reinvite a (v2 :4000 savp 3=Ud/x)
            secure s1 AES_CM_128_HMAC_SHA1_80 ours Ud/x theirs aEcq
            sound s1 10.0.1.2:7000
        > ask B1 keys=2
            answer reinvite B1 (v2 :4002 keys 2=bVPD)
            secure s2 AEAD_AES_128_GCM ours bVPD theirs md1/
            sound s2 10.0.1.10:7000
        > bye a
            bye B1
            close s1 s2
            RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
    "#]],
    );
}

#[test]
fn nobody_talks_an_encrypted_leg_into_the_clear() {
    check(
        &format!("{SEALED}\ntrace\nask a\nask B1 hold\nask a hold savp=3\nagree B1 held"),
        &expect![[r#"
            > register 102 tls
                bindings [102 tls 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102 tls savp=3
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=3c92)
            > pickup B1 keys=3
                secure s2 AES_CM_128_HMAC_SHA1_80 ours 3c92 theirs md1/
                sound s2 10.0.1.10:7000
                answer a (v1 :4000 savp 3=2S0B)
                secure s1 AES_CM_128_HMAC_SHA1_80 ours 2S0B theirs md1/
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > trace
            > ask a
                refuse reinvite a 488
            > ask B1 hold
                refuse reinvite B1 488
            > ask a hold savp=3
                answer reinvite a (v2 :4000 recvonly savp 3=2S0B)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly keys 1=3c92)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree B1 held
                bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 Refused fault Caller talked 0s packets 1/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Detail The sound of Nurse is encrypted (SRTP AES_CM_128_HMAC_SHA1_80)
                    0s Detail The sound of Front desk is encrypted (SRTP AES_CM_128_HMAC_SHA1_80)
                    0s Warn The caller asked for other media, which was refused (its sound was encrypted and would be in the clear from now on)
                    0s Warn The called side asked for other media, which was refused (its sound was encrypted and would be in the clear from now on)
                    0s Detail The caller put the call on hold (sendonly)
                    0s Bad The called side answered with media that Frontdesk does not know (its sound was encrypted and would be in the clear from now on)
                    0s Warn Refused
        "#]],
    );
}

#[test]
fn an_offer_that_is_asked_for_has_the_keys_of_the_call() {
    check(
        &format!(
            "{SEALED}\nask B1 nosdp\nackanswer B1 keys=1:3\nbye a\ninvite b 101 *43 tls nosdp\nackanswer b keys=2\nbye b"
        ),
        &expect![[r#"
            > register 102 tls
                bindings [102 tls 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102 tls savp=3
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=3c92)
            > pickup B1 keys=3
                secure s2 AES_CM_128_HMAC_SHA1_80 ours 3c92 theirs md1/
                sound s2 10.0.1.10:7000
                answer a (v1 :4000 savp 3=2S0B)
                secure s1 AES_CM_128_HMAC_SHA1_80 ours 2S0B theirs md1/
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > ask B1 nosdp
                answer reinvite B1 (v2 :4002 keys 1=3c92)
            > ackanswer B1 keys=1:3
                sound s2 10.0.1.10:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > invite b 101 *43 tls nosdp
                open s3 :4004
                answer b (v1 :4004 keys 1=Ud/x/2=It2Y/3=ZBi/)
                echo s3
            > ackanswer b keys=2
                secure s3 AEAD_AES_128_GCM ours It2Y theirs md1/
                sound s3 10.0.1.3:7000
            > bye b
                close s3
                RECORD call2 Out 101 > *43 HungUp fault None talked 0s packets 3/0
        "#]],
    );
}

#[test]
fn a_transfer_keeps_the_keys_of_who_stays_and_gives_new_ones_to_who_comes() {
    check(
        &format!(
            "register 103 tls\n{SEALED}\nrefer a 103\nring B2\npickup B2 keys=3\nagree B1 keys=1:3\nbye a\nbye B1"
        ),
        &expect![[r#"
            > register 103 tls
                bindings [103 tls 10.0.0.103:5060]
                accept register [sip:103@10.0.0.103 3600s]
            > register 102 tls
                bindings [102 tls 10.0.0.102:5060, 103 tls 10.0.0.103:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102 tls savp=3
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=3c92)
            > pickup B1 keys=3
                secure s2 AES_CM_128_HMAC_SHA1_80 ours 3c92 theirs md1/
                sound s2 10.0.1.10:7000
                answer a (v1 :4000 savp 3=2S0B)
                secure s1 AES_CM_128_HMAC_SHA1_80 ours 2S0B theirs md1/
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack a
            > refer a 103
                open s3 :4004
                accept refer a
                invite B2 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4004 keys 1=Ud/x/2=It2Y/3=ZBi/)
            > ring B2
                refer progress a 180
            > pickup B2 keys=3
                secure s3 AES_CM_128_HMAC_SHA1_80 ours ZBi/ theirs md1/
                sound s3 10.0.1.11:7000
                bridge s2 s3
                refer progress a 200
                close s1
            > agree B1 keys=1:3
            > bye a
            > bye B1
                bye B2
                close s2 s3
                RECORD call1 Out 103 > 102 HungUp fault None talked 0s packets 3/2
        "#]],
    );
}

#[test]
fn the_tones_of_a_carrier_under_keys_and_its_answer_under_others() {
    check_as(
        "",
        PREFER,
        "register 101\ninvite a 101 202-555-0101 tls keys=3\nearly B1 keys=3\npickup B1 keys=1 new\nbye a",
        &expect![[r#"
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite a 101 202-555-0101 tls keys=3
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=3c92)
            > early B1 keys=3
                secure s2 AES_CM_128_HMAC_SHA1_80 ours 3c92 theirs md1/
                sound s2 10.0.1.10:7000
                secure s1 AES_CM_128_HMAC_SHA1_80 ours 2S0B theirs md1/
                sound s1 10.0.0.101:7000
                bridge s1 s2
                ring a 183 (v1 :4000 keys 3=2S0B)
            > pickup B1 keys=1 new
                secure s2 AEAD_AES_256_GCM ours su3W theirs aEcq
                sound s2 10.0.1.10:7000
                answer a (v1 :4000 keys 3=2S0B)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > +12025550101 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn help_is_called_whatever_the_settings_say() {
    // The phone must be encrypted and is not, and the trunk refuses what it must have: it is asked once more, in another way.
    check_as(
        SRTP,
        SRTP,
        "trace\nregister 102\ninvite a 102 911\nrefuse B1 488\nrefuse B2 488\npickup B3\nack a\nask a hold\nbye a",
        &expect![[r#"
            > trace
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 102 911
                ALERT call1 Extension 102 (Nurse) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002 savp 1=su3W/2=1HdP/3=3c92)
            > refuse B1 488
                invite B2 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B2 488
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002 keys 1=2S0B/2=TQ6X/3=CZ4d)
            > pickup B3
                sound s2 10.0.1.12:7000
                answer a (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > ack a
            > ask a hold
                answer reinvite a (v2 :4000 recvonly)
                sound s1 on hold
            > bye a
                bye B3
                close s1 s2
                RECORD call1 EMERGENCY Out 102 > 911 HungUp fault None talked 0s packets 1/2
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Warn Refused by the trunk main (status 488)
                    0s Good Calling over the trunk backup
                    0s Warn Refused by the trunk backup (status 488)
                    0s Good Calling over the trunk main
                    0s Warn The sound of 911 is not encrypted (SRTP was offered and not taken)
                    0s Warn The sound of Nurse is not encrypted (it offered no SRTP)
                    0s Good Answered by the trunk main
                    0s Detail The caller put the call on hold (sendonly)
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
    check_as(
        PLAIN,
        PLAIN,
        "register 102\ninvite a 102 911 savp=3\npickup B1\nack a\nask a\nbye a",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 102 911 savp=3
                ALERT call1 Extension 102 (Nurse) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000 savp 3=su3W)
                secure s1 AES_CM_128_HMAC_SHA1_80 ours su3W theirs md1/
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > ack a
            > ask a
                answer reinvite a (v2 :4000)
                plain s1
                sound s1 10.0.1.2:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 EMERGENCY Out 102 > 911 HungUp fault None talked 0s packets 1/2
        "#]],
    );
}

#[test]
fn a_fax_leaves_its_encrypted_line_in_the_place_that_it_had() {
    check_as(
        "",
        SRTP,
        "trace\nfax 12025550101\npickup B1 savp=3\nwait 3\nagree B1 image\nfaxdone",
        &expect![[r#"
            > trace
            > fax 12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000 savp 1=su3W/2=1HdP/3=3c92)
            > pickup B1 savp=3
                secure s1 AES_CM_128_HMAC_SHA1_80 ours 3c92 theirs md1/
                sound s1 10.0.1.10:7000
            > wait 3
                ATTACH call1 s1 Out +12025550199 > +12025550101 sound PCMU as 0
                reinvite B1 (v2 audio closed image :4000 14400)
            > agree B1 image
                raw s1
                remote s1 10.0.1.10:7000
                ATTACH call1 s1 Out +12025550199 > +12025550101 9600 bit/s
            > faxdone
                bye B1
                close s1
                FAX LINE ENDED call1
                RECORD call1 Out +12025550199 > +12025550101 HungUp fault None talked 3s packets 0/1
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good It rings
                    0s Good Answered
                    0s Detail The sound of +12025550101 is encrypted (SRTP AES_CM_128_HMAC_SHA1_80)
                    1s Detail The fax begins as sound (PCMU)
                    3s Detail We propose T.38 (re-INVITE)
                    3s Good Both sides agreed on T.38
                    3s Warn The fax itself is not encrypted, though the call was (T.38 over UDPTL)
                    3s Good Ended
        "#]],
    );
    check_as(
        "",
        SRTP,
        "invite p main:+12025550101 +12025550199 savp=3\nack p\nask p image\nfaxdone",
        &expect![[r#"
            > invite p main:+12025550101 +12025550199 savp=3
                open s1 :4000
                secure s1 AES_CM_128_HMAC_SHA1_80 ours su3W theirs md1/
                sound s1 192.0.2.1:7000
                answer p (v1 :4000 savp 3=su3W)
            > ack p
                reinvite p (v2 audio closed image :4000 14400)
            > ask p image
                answer reinvite p (v3 image :4000 9600)
                raw s1
                remote s1 10.0.1.2:7000
                ATTACH call1 s1 In +12025550101 > +12025550199 9600 bit/s
            > faxdone
                bye p
                close s1
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

#[test]
fn a_phone_in_a_browser_gets_its_keys_by_dtls() {
    check(
        "
        trace
        register 101
        register 102 wss
        invite a 101 102
        pickup B1 dtls=active checks=theirs
        keys s2 come
        ack a
        ask B1 hold dtls=actpass checks=theirs
        agree a held
        ask B1 dtls=actpass checks=again
        bye a
        invite b 102 101 wss dtls=actpass checks=theirs
        pickup B2
        keys s4 fail
        ",
        &expect![[r#"
            > trace
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 102 wss
                bindings [101 udp 10.0.0.101:5060, 102 wss 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 dtls actpass with checks)
            > pickup B1 dtls=active checks=theirs
                handshake s2 as Server with checks
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > keys s2 come
            > ack a
            > ask B1 hold dtls=actpass checks=theirs
                answer reinvite B1 (v2 :4002 recvonly dtls passive with checks)
                sound s2 on hold
                reinvite a (v2 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree a held
                sound s1 10.0.1.2:7000
            > ask B1 dtls=actpass checks=again
                answer reinvite B1 (v3 :4002 dtls passive with checks)
                handshake s2 as Server with checks
                sound s2 10.0.1.10:7000
                reinvite a (v3 :4000)
                stop s1
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Detail The sound of the called side is encrypted (DTLS, SRTP AEAD_AES_128_GCM)
                    0s Detail The called side put the call on hold (sendonly)
                    0s Detail The called side took the call back (sendrecv)
                    0s Good The caller hung up
                    0s Good Ended
            > invite b 102 101 wss dtls=actpass checks=theirs
                open s3 :4004
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer b (v1 :4004 dtls passive with checks)
                handshake s3 as Server with checks
                sound s3 10.0.0.102:7000
                bridge s3 s4
            > keys s4 fail
                bye b
                bye B2
                close s3 s4
                RECORD call2 Out 102 > 101 Refused fault Callee talked 0s packets 3/4
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Bad No keys were agreed on with the called side (DTLS: not the certificate that its description names, or no answer)
                    0s Warn Refused
        "#]],
    );
}

#[test]
fn a_desk_phone_whose_keys_come_by_dtls() {
    check_as(
        "media = \"dtls\"",
        "",
        "register 101\nregister 102\ninvite a 101 102\npickup B1 dtls=passive\nbye a\n\
         invite b 102 101 dtls=actpass\npickup B2\nask b dtls=actpass new\nbye b\ninvite c 102 101",
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
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 dtls actpass)
            > pickup B1 dtls=passive
                handshake s2 as Client
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > invite b 102 101 dtls=actpass
                open s3 :4004
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                answer b (v1 :4004 dtls passive)
                handshake s3 as Server
                sound s3 10.0.0.102:7000
                bridge s3 s4
            > ask b dtls=actpass new
                answer reinvite b (v2 :4004 dtls passive)
                handshake s3 as Server
                sound s3 10.0.1.3:7000
            > bye b
                bye B2
                close s3 s4
                RECORD call2 Out 102 > 101 HungUp fault None talked 0s packets 3/4
            > invite c 102 101
                refuse c 488
                RECORD call3 Out 102 > 101 Refused fault Caller packets 0/0
        "#]],
    );
}

#[test]
fn a_short_tag_is_taken_from_who_calls_for_help_and_from_nobody_else() {
    check(
        "trace\nregister 101\ninvite a 101 *43 savp=short\ninvite b 101 911 savp=short\npickup B1\nbye b",
        &expect![[r#"
        > trace
        > register 101
            bindings [101 udp 10.0.0.101:5060]
            accept register [sip:101@10.0.0.101 3600s]
        > invite a 101 *43 savp=short
            open s1 :4000
            refuse a 488
            close s1
            RECORD call1 Out 101 > *43 Refused fault Caller packets 1/0
                0s Detail *43 is the echo test of this plan.
                0s Bad The phone offered no audio that Frontdesk knows (its only suite has a tag of 32 bits)
                0s Warn Refused
        > invite b 101 911 savp=short
            ALERT call2 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
            open s2 :4002
            open s3 :4004
            invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
        > pickup B1
            sound s3 10.0.1.10:7000
            answer b (v1 :4002 savp 9=su3W)
            secure s2 AES_CM_128_HMAC_SHA1_32 ours su3W theirs md1/
            sound s2 10.0.0.101:7000
            bridge s2 s3
        > bye b
            bye B1
            close s2 s3
            RECORD call2 EMERGENCY Out 101 > 911 HungUp fault None talked 0s packets 2/3
                0s Detail 911 is an emergency number: it goes out before any other rule.
                0s Detail Trunks in order: main, backup.
                0s Good Calling over the trunk main
                0s Good Answered by the trunk main
                0s Detail The sound of Front desk is encrypted (SRTP AES_CM_128_HMAC_SHA1_32)
                0s Good The caller hung up
                0s Good Ended
    "#]],
    );
}
