//! Calls to our fax machine.

use calls::Limits;
use expect_test::expect;

use crate::bench::{Bench, check};
use crate::situations::{PATIENT, REFERRED};

#[test]
fn a_fax_comes_in() {
    check(
        "
        trace
        invite a main:+12025550101 +12025550199
        live
        ack a
        agree a image
        live
        wait 60
        bye a
        ",
        &expect![[r#"
            > trace
            > invite a main:+12025550101 +12025550199
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
            > live
                call1 Fax emergency false
            > ack a
                reinvite a (v2 audio closed image :4000 14400)
            > agree a image
                raw s1
                remote s1 10.0.1.2:7000
                ATTACH call1 s1 In +12025550101 > +12025550199 9600 bit/s
            > live
                call1 Fax emergency false
            > wait 60
            > bye a
                close s1
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 60s packets 1/0
                    0s Detail It is a fax number: the fax machine answers.
                    0s Good The fax machine answered
                    0s Detail We propose T.38 (re-INVITE)
                    0s Good Both sides agreed on T.38
                   60s Detail The other side hung up
                   60s Good Ended
        "#]],
    );
}

/// By INFO and as telephone events, before the fax session has the line and after that.
#[test]
fn keys_are_pressed_before_the_fax_begins() {
    check(
        "
        invite a main:+12025550101 +12025550199
        ack a
        dtmf a 4
        key s1 5
        agree a image
        key s1 #
        underway
        key s1 9
        bye a
        ",
        &expect![[r#"
            > invite a main:+12025550101 +12025550199
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
            > ack a
                reinvite a (v2 audio closed image :4000 14400)
            > dtmf a 4
            > key s1 5
            > agree a image
                raw s1
                remote s1 10.0.1.2:7000
                ATTACH call1 s1 In +12025550101 > +12025550199 9600 bit/s
                FAX KEYS call1 45
            > key s1 #
                FAX KEYS call1 45#
            > underway
            > key s1 9
            > bye a
                close s1
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

/// Their gateway was asked, and says yes only after the first page has begun as sound.
#[test]
fn an_agreement_that_comes_too_late_costs_no_page() {
    check(
        "
        invite a main:+12025550101 +12025550199
        ack a
        wait 2.1
        underway
        agree a image
        agree a
        bye a
        ",
        &expect![[r#"
            > invite a main:+12025550101 +12025550199
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
            > ack a
                reinvite a (v2 audio closed image :4000 14400)
            > wait 2.1
                ATTACH call1 s1 In +12025550101 > +12025550199 sound PCMU as 0
            > underway
            > agree a image
                reinvite a (v3 :4000 image closed)
            > agree a
                sound s1 10.0.1.2:7000
            > bye a
                close s1
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 2s packets 1/0
        "#]],
    );
}

#[test]
fn our_side_is_done_first() {
    check(
        "invite a main:+12025550101 +12025550199\nack a\nagree a image\nwait 60\nfaxdone",
        &expect![[r#"
        > invite a main:+12025550101 +12025550199
            open s1 :4000
            sound s1 192.0.2.1:7000
            answer a (v1 :4000)
        > ack a
            reinvite a (v2 audio closed image :4000 14400)
        > agree a image
            raw s1
            remote s1 10.0.1.2:7000
            ATTACH call1 s1 In +12025550101 > +12025550199 9600 bit/s
        > wait 60
        > faxdone
            bye a
            close s1
            FAX LINE ENDED call1
            RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 60s packets 1/0
    "#]],
    );
}

#[test]
fn the_caller_proposes_t38_itself() {
    check(
        "invite a main:+12025550101 +12025550199\nask a image\nbye a",
        &expect![[r#"
        > invite a main:+12025550101 +12025550199
            open s1 :4000
            sound s1 192.0.2.1:7000
            answer a (v1 :4000)
        > ask a image
            answer reinvite a (v2 image :4000 9600)
            raw s1
            remote s1 10.0.1.2:7000
            ATTACH call1 s1 In +12025550101 > +12025550199 9600 bit/s
        > bye a
            close s1
            FAX LINE ENDED call1
            RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
    "#]],
    );
}

#[test]
fn the_caller_offers_t38_from_the_start() {
    check(
        "invite a main:+12025550101 +12025550199 image\nack a\nbye a",
        &expect![[r#"
        > invite a main:+12025550101 +12025550199 image
            open s1 :4000
            answer a (v2 image :4000 9600)
        > ack a
            raw s1
            remote s1 192.0.2.1:7000
            ATTACH call1 s1 In +12025550101 > +12025550199 9600 bit/s
        > bye a
            close s1
            FAX LINE ENDED call1
            RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
    "#]],
    );
    check(
        "invite a main:+12025550101 +12025550199 both\nack a\nagree a image\nbye a",
        &expect![[r#"
        > invite a main:+12025550101 +12025550199 both
            open s1 :4000
            sound s1 192.0.2.1:7000
            answer a (v1 :4000 image closed)
        > ack a
            reinvite a (v2 audio closed image :4000 14400)
        > agree a image
            raw s1
            remote s1 10.0.1.2:7000
            ATTACH call1 s1 In +12025550101 > +12025550199 9600 bit/s
        > bye a
            close s1
            FAX LINE ENDED call1
            RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
    "#]],
    );
}

#[test]
fn the_caller_has_no_offer() {
    check(
        "invite a main:+12025550101 +12025550199 nosdp\nack a\nackanswer a\nagree a image\nbye a",
        &expect![[r#"
        > invite a main:+12025550101 +12025550199 nosdp
            open s1 :4000
            answer a (v1 :4000)
        > ack a
            reinvite a (v2 audio closed image :4000 14400)
        > ackanswer a
            sound s1 10.0.1.2:7000
        > agree a image
            raw s1
            remote s1 10.0.1.2:7000
            ATTACH call1 s1 In +12025550101 > +12025550199 9600 bit/s
        > bye a
            close s1
            FAX LINE ENDED call1
            RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
    "#]],
    );
}

#[test]
fn the_caller_refuses_t38() {
    check(
        "trace\ninvite a main:+12025550101 +12025550199\nack a\ndisagree a 488\nwait 60\nfaxdone",
        &expect![[r#"
            > trace
            > invite a main:+12025550101 +12025550199
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
            > ack a
                reinvite a (v2 audio closed image :4000 14400)
            > disagree a 488
                ATTACH call1 s1 In +12025550101 > +12025550199 sound PCMU as 0
            > wait 60
            > faxdone
                bye a
                close s1
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 60s packets 1/0
                    0s Detail It is a fax number: the fax machine answers.
                    0s Good The fax machine answered
                    0s Detail We propose T.38 (re-INVITE)
                    0s Warn They do not take fax over IP, so the fax goes as sound (status 488)
                    0s Detail The fax begins as sound (PCMU)
                   60s Good Ended
        "#]],
    );
    check(
        "invite a main:+12025550101 +12025550199\nack a\nagree a closed\nagree a\nbye a",
        &expect![[r#"
            > invite a main:+12025550101 +12025550199
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
            > ack a
                reinvite a (v2 audio closed image :4000 14400)
            > agree a closed
                reinvite a (v3 :4000 image closed)
                ATTACH call1 s1 In +12025550101 > +12025550199 sound PCMU as 0
            > agree a
                sound s1 10.0.1.2:7000
            > bye a
                close s1
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
        "#]],
    );
}

#[test]
fn the_caller_was_a_person() {
    check(
        "invite a main:+12025550101 +12025550199\nack a\nbye a",
        &expect![[r#"
        > invite a main:+12025550101 +12025550199
            open s1 :4000
            sound s1 192.0.2.1:7000
            answer a (v1 :4000)
        > ack a
            reinvite a (v2 audio closed image :4000 14400)
        > bye a
            close s1
            FAX FAILED call1 In NotAFax
            RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
    "#]],
    );
}

#[test]
fn the_caller_never_answers_our_proposal() {
    check(
        "invite a main:+12025550101 +12025550199\nack a\nwait 41\nbye a",
        &expect![[r#"
            > invite a main:+12025550101 +12025550199
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
            > ack a
                reinvite a (v2 audio closed image :4000 14400)
            > wait 41
                ATTACH call1 s1 In +12025550101 > +12025550199 sound PCMU as 0
            > bye a
                close s1
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 41s packets 1/0
        "#]],
    );
}

#[test]
fn an_extension_may_fax_to_our_own_machine() {
    check(
        "invite a 101 202-555-0199\nack a\nagree a image\nbye a",
        &expect![[r#"
        > invite a 101 202-555-0199
            open s1 :4000
            sound s1 10.0.0.101:7000
            answer a (v1 :4000)
        > ack a
            reinvite a (v2 audio closed image :4000 14400)
        > agree a image
            raw s1
            remote s1 10.0.1.2:7000
            ATTACH call1 s1 In 101 > +12025550199 9600 bit/s
        > bye a
            close s1
            FAX LINE ENDED call1
            RECORD call1 Out 101 > +12025550199 HungUp fault None talked 0s packets 1/0
    "#]],
    );
}

/// Whoever handed it on has not hung up yet: what their phone still asks is about their own leg, which ends here.
#[test]
fn a_fax_that_was_handed_on_leaves_nobody_behind() {
    REFERRED.check(
        "
        pickup B3
        faxtone s1
        agree p image
        faxdone
        ",
        &expect![[r#"
            > pickup B3
                sound s3 10.0.1.12:7000
                bridge s1 s3
                refer progress B1 200
                close s2
            > faxtone s1
                bye B1
                bye B3
                close s3
                idle s1
                reinvite p (v2 audio closed image :4000 14400)
            > agree p image
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
fn a_fax_that_calls_a_number_for_people_reaches_the_fax_machine() {
    PATIENT.check(
        "
        trace
        faxtone s2
        faxtone s1
        agree p image
        faxdone
        ",
        &expect![[r#"
            > trace
            > faxtone s2
            > faxtone s1
                bye B1
                close s2
                idle s1
                reinvite p (v2 audio closed image :4000 14400)
            > agree p image
                raw s1
                remote s1 10.0.1.2:7000
                ATTACH call1 s1 In +12025550101 > +12025550199 9600 bit/s
            > faxdone
                bye p
                close s1
                FAX LINE ENDED call1
                RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
                    0s Good A fax machine calls: ours takes the call over (CNG)
                    0s Detail We propose T.38 (re-INVITE)
                    0s Good Both sides agreed on T.38
                    0s Good Ended
        "#]],
    );
}

/// Whatever of ours answers in people's stead: the fax does not wait until a person is there, and nothing of it is a message.
#[test]
fn a_fax_that_a_menu_or_a_queue_or_a_mailbox_answers_reaches_the_fax_machine() {
    let plan = |to: &str, table: &str| format!("[[inbound]]\nnumber = \"main\"\nto = \"{to}\"\n{table}\n");
    let whole = |to: &str, table: &str, script: &str| {
        let mut bench = Bench::with_plan(Limits::default(), &plan(to, table));
        bench.run("register 101");
        bench.log.clear();
        bench.run(&format!("invite p main:+12025550101 +12025550123\n{script}agree p image\nfaxdone"));
        bench.check_rest();
        bench.log
    };
    let mut log = String::new();
    let mailbox = "[voicemail]\npeople = [\"all\"]";
    let greeted = "answer greeting\nplayed s1\nanswer begun\nplayed s1\n";
    for (to, table, before) in [
        ("menu main", "[menus.main]\nsay = \"1\"\nkeys = { 1 = \"101\" }\nnobody = \"101\"", String::new()),
        ("announcement hours", "[announcements.hours]\nsay = \"We are open.\"", String::new()),
        ("queue desk", "[queues.desk]\nring = [\"101\"]", String::new()),
        ("voicemail 101", mailbox, String::new()),
        ("voicemail 101", mailbox, format!("{greeted}recorded s1 2\n")),
        ("voicemail 101", mailbox, format!("{greeted}recorded s1 8\n")),
    ] {
        let said = whole(to, table, &format!("{before}faxtone s1\n"));
        // How such a fax goes on is shown above.
        let (_, from) = said.split_once("> faxtone s1\n").expect("the tone");
        let (until, rest) = from.split_once("> agree").expect("an offer of T.38");
        let record = rest.lines().find(|line| line.contains("RECORD")).expect("a record");
        log.push_str(&format!("{to}\n{until}{record}\n"));
    }
    expect![[r#"
        menu main
            stop s1
            idle s1
            reinvite p (v2 audio closed image :4000 14400)
            RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
        announcement hours
            stop s1
            idle s1
            reinvite p (v2 audio closed image :4000 14400)
            RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
        queue desk
            cancel B1
            close s2
            stop s1
            idle s1
            reinvite p (v2 audio closed image :4000 14400)
            RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s desk 0s led_on packets 1/0
        voicemail 101
            ask discard
            idle s1
            reinvite p (v2 audio closed image :4000 14400)
            RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
        voicemail 101
            stop record s1
            ask discard
            idle s1
            reinvite p (v2 audio closed image :4000 14400)
            RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s packets 1/0
        voicemail 101
            stop record s1
            ask finish
            idle s1
            reinvite p (v2 audio closed image :4000 14400)
            RECORD call1 In +12025550101 > +12025550199 HungUp fault None talked 0s with a message packets 1/0
    "#]]
    .assert_eq(&log);
}
