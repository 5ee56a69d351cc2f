//! Keys in the middle of a call: hold, new keys, offers that are asked for, transfers, and whoever wants to have them gone.

use expect_test::expect;

use super::{SRTP, check_as};
use crate::situations::SEALED;

#[test]
fn hold_and_its_end_keep_the_keys() {
    SEALED.check(
        "ask a hold savp=2\nagree B1 held keys=1:2\nask a savp=2\nagree B1 keys=1:2\nbye a",
        &expect![[r#"
            > ask a hold savp=2
                answer reinvite a (v2 :4000 recvonly savp 2=2S0B)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly keys 1=1HdP)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree B1 held keys=1:2
                sound s2 10.0.1.10:7000
            > ask a savp=2
                answer reinvite a (v3 :4000 savp 2=2S0B)
                sound s1 10.0.1.2:7000
                reinvite B1 (v3 :4002 keys 1=1HdP)
                stop s2
            > agree B1 keys=1:2
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
    SEALED.check(
        "ask a savp=2 new\nask B1 keys=3\nbye a",
        &expect![[r#"
            > ask a savp=2 new
                answer reinvite a (v2 :4000 savp 2=Ud/x)
                secure s1 AES_CM_128_HMAC_SHA1_80 ours Ud/x theirs aEcq
                sound s1 10.0.1.2:7000
            > ask B1 keys=3
                answer reinvite B1 (v2 :4002 keys 3=bVPD)
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
    SEALED.check(
        "trace\nask a\nask B1 hold\nask a hold savp=2\nagree B1 held",
        &expect![[r#"
            > trace
            > ask a
                refuse reinvite a 488
            > ask B1 hold
                refuse reinvite B1 488
            > ask a hold savp=2
                answer reinvite a (v2 :4000 recvonly savp 2=2S0B)
                sound s1 on hold
                reinvite B1 (v2 :4002 sendonly keys 1=1HdP)
                play s2 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree B1 held
                bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 Refused fault Caller talked 0s packets 1/2
                    0s Warn The caller asked for other media, which was refused (its sound was encrypted and would be in the clear from now on)
                    0s Warn The called side asked for other media, which was refused (its sound was encrypted and would be in the clear from now on)
                    0s Detail The caller put the call on hold (sendonly)
                    0s Bad The called side answered in the clear, in a call that is encrypted (its sound was encrypted and would be in the clear from now on)
                    0s Warn Refused
        "#]],
    );
}

#[test]
fn an_offer_that_is_asked_for_has_the_keys_of_the_call() {
    SEALED.check(
        "ask B1 nosdp\nackanswer B1 keys=1:2\nbye a\ninvite b 101 *43 tls nosdp\nackanswer b keys=3\nbye b",
        &expect![[r#"
            > ask B1 nosdp
                answer reinvite B1 (v2 :4002 keys 1=1HdP)
            > ackanswer B1 keys=1:2
                sound s2 10.0.1.10:7000
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > invite b 101 *43 tls nosdp
                open s3 :4004
                answer b (v1 :4004 keys 1=Ud/x/2=It2Y/3=LL5Y)
                echo s3
            > ackanswer b keys=3
                secure s3 AEAD_AES_128_GCM ours LL5Y theirs md1/
                sound s3 10.0.1.3:7000
            > bye b
                close s3
                RECORD call2 Out 101 > *43 HungUp fault None talked 0s packets 3/0
        "#]],
    );
}

#[test]
fn a_transfer_keeps_the_keys_of_who_stays_and_gives_new_ones_to_who_comes() {
    SEALED.check(
        "register 103 tls\nrefer a 103\nring B2\npickup B2 keys=2\nagree B1 keys=1:2\nbye a\nbye B1",
        &expect![[r#"
            > register 103 tls
                bindings [102 tls 10.0.0.102:5060, 103 tls 10.0.0.103:5060]
                accept register [sip:103@10.0.0.103 3600s]
            > refer a 103
                open s3 :4004
                accept refer a
                invite B2 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4004 keys 1=Ud/x/2=It2Y/3=LL5Y)
            > ring B2
                refer progress a 180
            > pickup B2 keys=2
                secure s3 AES_CM_128_HMAC_SHA1_80 ours It2Y theirs md1/
                sound s3 10.0.1.11:7000
                bridge s2 s3
                refer progress a 200
                close s1
            > agree B1 keys=1:2
            > bye a
            > bye B1
                bye B2
                close s2 s3
                RECORD call1 Out 103 > 102 HungUp fault None talked 0s packets 3/2
        "#]],
    );
}

#[test]
fn a_fax_leaves_its_encrypted_line_in_the_place_that_it_had() {
    check_as(
        "",
        SRTP,
        "trace\nfax 12025550101\npickup B1 savp=2\nwait 3\nagree B1 image\nfaxdone",
        &expect![[r#"
            > trace
            > fax 12025550101
                open s1 :4000
                invite B1 sip:+12025550101@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550199@clinic.demo (v1 :4000 savp 1=su3W/2=1HdP/3=KYNe)
            > pickup B1 savp=2
                secure s1 AES_CM_128_HMAC_SHA1_80 ours 1HdP theirs md1/
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
        "invite p main:+12025550101 +12025550199 savp=2\nack p\nask p image\nfaxdone",
        &expect![[r#"
            > invite p main:+12025550101 +12025550199 savp=2
                open s1 :4000
                secure s1 AES_CM_128_HMAC_SHA1_80 ours su3W theirs md1/
                sound s1 192.0.2.1:7000
                answer p (v1 :4000 savp 2=su3W)
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
fn who_gets_a_parked_party_back_is_encrypted_as_in_any_other_call() {
    let parked = "invite p main:+12025550101 +12025550123\npickup B1 keys=2\nack p\nrefer B1 700\nbye B1\nwait 91";
    check_as(
        "",
        "",
        &format!("register 101 tls\n{parked}\npickup B2 keys=2\nbye p"),
        &expect![[r#"
            > register 101 tls
                bindings [101 tls 10.0.0.101:5060]
                accept register [sip:101@10.0.0.101 3600s]
            > invite p main:+12025550101 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002 keys 1=su3W/2=1HdP/3=KYNe)
            > pickup B1 keys=2
                secure s2 AES_CM_128_HMAC_SHA1_80 ours 1HdP theirs md1/
                sound s2 10.0.1.10:7000
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > ack p
            > refer B1 700
                accept refer B1
                refer progress B1 200
                close s2
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > bye B1
            > wait 91
                open s3 :4004
                invite B2 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4004 keys 1=2S0B/2=TQ6X/3=It2Y)
            > pickup B2 keys=2
                secure s3 AES_CM_128_HMAC_SHA1_80 ours TQ6X theirs md1/
                sound s3 10.0.1.11:7000
                bridge s1 s3
                stop s1
            > bye p
                bye B2
                close s1 s3
                RECORD call1 In +12025550101 > 101 HungUp fault None talked 91s packets 1/3
        "#]],
    );
    // What its settings forbid is not taken then either, and the party waits on.
    check_as(
        SRTP,
        "",
        &format!("trace\nregister 102 tls\n{parked}\npickup B2\nwait 91\npickup B3 g729\nbye p")
            .replace("keys=2", "savp=2"),
        &expect![[r#"
            > trace
            > register 102 tls
                bindings [102 tls 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite p main:+12025550101 +12025550123
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4002 savp 1=su3W/2=1HdP/3=KYNe)
            > pickup B1 savp=2
                secure s2 AES_CM_128_HMAC_SHA1_80 ours 1HdP theirs md1/
                sound s2 10.0.1.10:7000
                answer p (v1 :4000)
                sound s1 192.0.2.1:7000
                bridge s1 s2
            > ack p
            > refer B1 700
                accept refer B1
                refer progress B1 200
                close s2
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > bye B1
            > wait 91
                open s3 :4004
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4004 savp 1=2S0B/2=TQ6X/3=It2Y)
            > pickup B2
                bye B2
                close s3
            > wait 91
                open s4 :4006
                invite B3 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4006 savp 1=ZBi//2=1MSS/3=yVcA)
            > pickup B3 g729
                bye B3
                close s4
            > bye p
                close s1
                RECORD call1 In +12025550101 > +12025550123 HungUp fault None talked 182s packets 1/0
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Nurse
                    0s Detail The sound of Nurse is encrypted (SRTP AES_CM_128_HMAC_SHA1_80)
                    0s Good Nurse parked +12025550101 in 700 (REFER)
                   90s Detail Nobody came; Nurse is called
                   90s Good Ringing 1 phone
                   91s Bad It was answered in the clear, against the settings (its sound would be in the clear, and the settings want it encrypted)
                  181s Detail Nobody came; Nurse is called
                  181s Good Ringing 1 phone
                  182s Bad It was answered with media that the caller does not know (no codec in common: G.711, G.722 or Opus is needed)
                  182s Good The caller hung up
                  182s Good Ended
        "#]],
    );
}
