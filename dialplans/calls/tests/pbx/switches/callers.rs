//! Who is not let in, and whose number is not shown.

use expect_test::expect;

use super::check;
use crate::situations::PHONES;

#[test]
fn a_caller_who_is_blocked_gets_no_further() {
    check(
        "
        invite p main:+12025550101 +12025550123
        cancel p
        invite a 101 *60
        wait 20
        invite q main:+12025550101 +12025550123
        invite r main:+12025550102 +12025550123
        cancel r
        invite b 103 *60
        wait 20
        switch block 101
        ",
        &expect![[r#"
            > invite p main:+12025550101 +12025550123
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550101@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550101@clinic.demo (v1 :4002)
            > cancel p
                cancel B1
                cancel B2
                RECORD call1 In +12025550101 > +12025550123 Abandoned fault Caller packets 1/2
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Warn The caller hung up before anyone answered
            > invite a 101 *60
                switches changed
                answer a (v1 :4004)
                play s3 <Confirm> blocked_number
            > wait 20
                bye a
                RECORD call2 Out 101 > *60 HungUp fault None talked 15s packets 3/0
                    0s Detail *60 is blocking the last caller.
                    0s Good Front desk blocked the last caller
                   15s Good Ended
            > invite q main:+12025550101 +12025550123
                refuse q 603
                RECORD call3 In +12025550101 > +12025550123 Refused fault None packets 0/0
                    0s Detail This caller is blocked.
                    0s Warn Refused
            > invite r main:+12025550102 +12025550123
                invite B3 sip:101@10.0.0.101 from "" sip:+12025550102@clinic.demo (v1 :4008)
                invite B4 sip:102@10.0.0.102 from "" sip:+12025550102@clinic.demo (v1 :4008)
            > cancel r
                cancel B3
                cancel B4
                RECORD call4 In +12025550102 > +12025550123 Abandoned fault Caller packets 4/5
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Warn The caller hung up before anyone answered
            > invite b 103 *60
                answer b (v1 :4010)
                play s6 <Error> not_possible
            > wait 20
                bye b
                RECORD call5 Out 103 > *60 HungUp fault None talked 15s packets 6/0
                    0s Detail *60 is blocking the last caller.
                    0s Warn The code was not carried out (Nobody has called from outside with a number since the start.)
                   15s Good Ended
            > switch block 101
                not switched: Only a full number from outside can be blocked."#]],
    );
}

#[test]
fn callers_without_a_number_and_calls_without_ours() {
    check(
        "
        invite a 101 *77
        wait 20
        invite p main:anonymous +12025550123
        invite f main:anonymous +12025550199
        faxdone
        invite b 101 *87
        wait 20
        invite q main:anonymous +12025550123
        cancel q
        invite c 101 *6712025550101
        cancel c
        invite d 101 *67911
        cancel d
        invite e 101 *67
        wait 20
        ",
        &expect![[r#"
            > invite a 101 *77
                switches changed
                answer a (v1 :4000)
                play s1 <Confirm> on
            > wait 20
                bye a
                RECORD call1 Out 101 > *77 HungUp fault None talked 15s packets 1/0
                    0s Detail *77 is refusing callers without a number.
                    0s Good Front desk refuses callers without a number
                   15s Good Ended
            > invite p main:anonymous +12025550123
                refuse p 603
                RECORD call2 In ? > +12025550123 Refused fault None packets 0/0
                    0s Detail This caller is blocked.
                    0s Warn Refused
            > invite f main:anonymous +12025550199
                answer f (v1 :4002)
            > faxdone
                bye f
                FAX FAILED call3 In Cancelled
                RECORD call3 In ? > +12025550199 HungUp fault None talked 0s packets 2/0
                    0s Detail It is a fax number: the fax machine answers.
                    0s Good The fax machine answered
                    0s Good Ended
            > invite b 101 *87
                switches changed
                answer b (v1 :4004)
                play s3 <Confirm> off
            > wait 20
                bye b
                RECORD call4 Out 101 > *87 HungUp fault None talked 15s packets 3/0
                    0s Detail *87 is the end of refusing callers without a number.
                    0s Good Front desk lets in callers without a number
                   15s Good Ended
            > invite q main:anonymous +12025550123
                invite B1 sip:101@10.0.0.101 from "" sip:anonymous@clinic.demo (v1 :4008)
                invite B2 sip:102@10.0.0.102 from "" sip:anonymous@clinic.demo (v1 :4008)
            > cancel q
                cancel B1
                cancel B2
                RECORD call5 In ? > +12025550123 Abandoned fault Caller packets 4/5
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Warn The caller hung up before anyone answered
            > invite c 101 *6712025550101
                invite B3 sip:+12025550101@192.0.2.1:5060 from "Anonymous" sip:anonymous@anonymous.invalid (v1 :4012) private
            > cancel c
                cancel B3
                RECORD call6 Out 101 > +12025550101 Abandoned fault Caller packets 6/7
                    0s Detail The caller does not want to be known to those who are called (Privacy)
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Warn The caller hung up before anyone answered
            > invite d 101 *67911
                ALERT call7 Extension 101 (Front desk, ground floor) called 911. -> 101,102,103
                invite B4 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4016)
                send 1 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 101 (Front desk, ground floor) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > cancel d
                cancel B4
                RECORD call7 EMERGENCY Out 101 > 911 Abandoned fault Caller packets 8/9
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Warn The caller hung up before anyone answered
            > invite e 101 *67
                refuse e 404
                RECORD call8 Out 101 > ? Unreachable fault Caller packets 0/0
                    0s Detail The caller does not want to be known to those who are called (Privacy)
                    0s Detail What was dialled is not a number.
                    0s Warn Not reachable
            > wait 20"#]],
    );
}

/// Dispatchers call back, often without a number.
#[test]
fn who_calls_back_after_a_call_for_help_is_let_in() {
    check(
        "
        invite a 101 *77
        wait 20
        invite b 102 911
        pickup B1
        bye B1
        invite p main:anonymous +12025550123
        cancel p
        wait 3601
        invite q main:anonymous +12025550123
        ",
        &expect![[r#"
            > invite a 101 *77
                switches changed
                answer a (v1 :4000)
                play s1 <Confirm> on
            > wait 20
                bye a
                RECORD call1 Out 101 > *77 HungUp fault None talked 15s packets 1/0
                    0s Detail *77 is refusing callers without a number.
                    0s Good Front desk refuses callers without a number
                   15s Good Ended
            > invite b 102 911
                ALERT call2 Extension 102 (Nurse) called 911. -> 101,102,103
                invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
                send 1 sip:101@10.0.0.101 at 10.0.0.101:5060 message text/plain "Extension 102 (Nurse) called 911." from "Harbor Street Clinic" sip:clinic.demo
                send 2 sip:103@10.0.0.103 at 10.0.0.103:5060 message text/plain "Extension 102 (Nurse) called 911." from "Harbor Street Clinic" sip:clinic.demo
            > pickup B1
                answer b (v1 :4002)
            > bye B1
                bye b
                RECORD call2 EMERGENCY Out 102 > 911 HungUp fault None talked 0s packets 2/3
                    0s Detail 911 is an emergency number: it goes out before any other rule.
                    0s Detail Trunks in order: main, backup.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good The called side hung up
                    0s Good Ended
            > invite p main:anonymous +12025550123
                invite B2 sip:102@10.0.0.102 from "" sip:anonymous@clinic.demo (v1 :4008)
            > cancel p
                cancel B2
                RECORD call3 In ? > +12025550123 Abandoned fault Caller packets 4/5
                    0s Detail Help was called from 102 within the hour and may call back: it rings there first, for 20 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
            > wait 3601
                bindings []
            > invite q main:anonymous +12025550123
                refuse q 603
                RECORD call4 In ? > +12025550123 Refused fault None packets 0/0
                    0s Detail This caller is blocked.
                    0s Warn Refused"#]],
    );
}

/// Each device that was ever plugged in has a name, and nobody takes one back that is gone.
#[test]
fn of_devices_that_are_no_modems_so_many_are_remembered_and_those_that_are_may_be_named_again() {
    let names = (0..65).map(|n| format!("switch no-modem /dev/serial/by-id/usb-{n}\n")).collect::<String>();
    let said = PHONES.run(&format!("{names}switch no-modem /dev/serial/by-id/usb-0\n"));
    assert_eq!(said.matches("switches changed").count(), 64);
    assert_eq!(said.matches("not switched: 64 devices are known to be no modems already").count(), 1, "{said}");
}
