//! Codes that find a person by name, and those that mean nothing.

use expect_test::expect;

use super::check;

#[test]
fn codes_that_mean_nothing() {
    check(
        "
        invite a 101 *72
        wait 20
        invite b 101 *7212025550101234
        wait 20
        invite c 101 *99
        invite d main:+12025550101 *78
        invite e 101 *7212025550101234567890
        wait 20
        ",
        &expect![[r#"
            > invite a 101 *72
                answer a (v1 :4000)
                play s1 <Error> not_possible
            > wait 20
                bye a
                RECORD call1 Out 101 > *72 HungUp fault None talked 15s packets 1/0
                    0s Detail *72 is forwarding.
                    0s Warn The code was not carried out (What follows the code is no number.)
                   15s Good Ended
            > invite b 101 *7212025550101234
                answer b (v1 :4002)
                play s2 <Error> not_possible
            > wait 20
                bye b
                RECORD call2 Out 101 > *7212025550101234 HungUp fault None talked 15s packets 2/0
                    0s Detail *72 is forwarding.
                    0s Warn The code was not carried out (What follows the code is no number.)
                   15s Good Ended
            > invite c 101 *99
                refuse c 404
                RECORD call3 Out 101 > *99 Unreachable fault Caller packets 0/0
                    0s Detail There is no service code *99.
                    0s Warn Not reachable
            > invite d main:+12025550101 *78
                refuse d 404
                RECORD call4 In +12025550101 > *78 Unreachable fault Caller packets 0/0
                    0s Detail The clinic does not have the number that was called.
                    0s Warn Not reachable
            > invite e 101 *7212025550101234567890
                answer e (v1 :4004)
                play s3 <Error> not_possible
            > wait 20
                bye e
                RECORD call5 Out 101 > *7212025550101234567890 HungUp fault None talked 15s packets 3/0
                    0s Detail *72 is forwarding.
                    0s Warn The code was not carried out (What follows the code is no number.)
                   15s Good Ended"#]],
    );
}

#[test]
fn by_the_first_letters_of_a_name() {
    check(
        "
        invite a 101 *411687
        cancel a
        invite b 101 *4113
        bye b
        invite c 102 *411999
        wait 20
        invite d 102 *411337
        cancel d
        ",
        &expect![[r#"
            > invite a 101 *411687
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                RECORD call1 Out 101 > 102 Abandoned fault Caller packets 1/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered
            > invite b 101 *4113
                answer b (v1 :4004)
                play s3 several_names dial_by_name Silence(300ms)
            > bye b
                RECORD call2 Out 101 > *4113 HungUp fault None talked 0s packets 3/0
                    0s Detail *411 is the directory of names.
                    0s Good The menu of names answered
                    0s Detail Several names begin as the caller typed
                    0s Good The caller hung up
                    0s Good Ended
            > invite c 102 *411999
                answer c (v1 :4006)
                play s4 <Error> not_possible
            > wait 20
                bye c
                RECORD call3 Out 102 > *411999 HungUp fault None talked 15s packets 4/0
                    0s Detail *411 is the directory of names.
                    0s Warn The code was not carried out (Nobody has such a name.)
                   15s Good Ended
            > invite d 102 *411337
                invite B2 sip:101@10.0.0.101 from "Nurse" sip:102@clinic.demo (v1 :4010)
            > cancel d
                cancel B2
                RECORD call4 Out 102 > 101 Abandoned fault Caller packets 5/6
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Warn The caller hung up before anyone answered"#]],
    );
}
