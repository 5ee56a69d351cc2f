//! Keys over the path of the sound itself (DTLS-SRTP).

use expect_test::expect;

use super::check_as;
use crate::bench::check;

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
                reports s2 on the port of the sound
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > keys s2 come
            > ack a
            > ask B1 hold dtls=actpass checks=theirs
                answer reinvite B1 (v2 :4002 recvonly dtls passive with checks)
                sound s2 on hold
                reports s2 on the port of the sound
                reinvite a (v2 :4000 sendonly)
                play s1 Forever(Clip(Clip(16000 Hz, 15.9s)))
            > agree a held
                sound s1 10.0.1.2:7000
            > ask B1 dtls=actpass checks=again
                answer reinvite B1 (v3 :4002 dtls passive with checks)
                handshake s2 as Server with checks
                sound s2 10.0.1.10:7000
                reports s2 on the port of the sound
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
                reports s3 on the port of the sound
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
                reports s2 on the port of the sound
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
                reports s3 on the port of the sound
                bridge s3 s4
            > ask b dtls=actpass new
                answer reinvite b (v2 :4004 dtls passive)
                handshake s3 as Server
                sound s3 10.0.1.3:7000
                reports s3 on the port of the sound
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
