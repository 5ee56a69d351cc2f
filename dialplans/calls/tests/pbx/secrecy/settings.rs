//! What the settings want: encrypted, plain, or encrypted where it can be had.

use expect_test::expect;

use super::{PLAIN, PREFER, SRTP, check_as};

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
        invite b 102 101 keys=2
        pickup B1
        bye b
        invite c 101 102
        pickup B2
        invite d 101 102
        pickup B3 savp=3
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
            > invite b 102 101 keys=2
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer b (v1 :4000 keys 2=su3W)
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
                invite B2 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006 savp 1=YDFX/2=KYNe/3=1TNl)
            > pickup B2
                bye B2
                refuse c 488
                close s3 s4
                RECORD call3 Out 101 > 102 Refused fault Callee packets 3/4
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Bad It was answered in the clear, against the settings (its sound would be in the clear, and the settings want it encrypted)
                    0s Warn Refused
            > invite d 101 102
                open s5 :4008
                open s6 :4010
                invite B3 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4010 savp 1=Ud/x/2=It2Y/3=LL5Y)
            > pickup B3 savp=3
                secure s6 AEAD_AES_128_GCM ours LL5Y theirs md1/
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
        "trace\nregister 101\nregister 102 tls\ninvite a 102 101 savp=2\ninvite b 102 101 keys=2\npickup B1\nbye b\ninvite c 101 102\npickup B2\nbye c",
        &expect![[r#"
            > trace
            > register 101
                bindings [101 udp 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > register 102 tls
                bindings [101 udp 10.0.0.101:5060, 102 tls 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 102 101 savp=2
                refuse a 488
                RECORD call1 Out 102 > 101 Refused fault Caller packets 0/0
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Bad Nurse may not call like this (its sound would be encrypted, and the settings want it plain)
                    0s Warn Refused
            > invite b 102 101 keys=2
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
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=KYNe)
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
