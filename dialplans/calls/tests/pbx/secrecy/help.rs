//! Help is refused to nobody, with whatever keys or none they call.

use expect_test::expect;

use super::{PLAIN, SRTP, check_as};
use crate::bench::check;

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
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002 savp 1=su3W/2=1HdP/3=KYNe)
            > refuse B1 488
                invite B2 sip:911@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B2 488
                invite B3 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002 keys 1=2S0B/2=TQ6X/3=It2Y)
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
        "register 102\ninvite a 102 911 savp=2\npickup B1\nack a\nask a\nbye a",
        &expect![[r#"
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 102 911 savp=2
                ALERT call1 Extension 102 (Nurse) called 911. -> 101,102,103
                open s1 :4000
                open s2 :4002
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000 savp 2=su3W)
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
