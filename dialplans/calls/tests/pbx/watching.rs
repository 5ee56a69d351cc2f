//! Who watches whom: lamps, presence, messages that wait, and lists of lamps.

use std::sync::Arc;

use calls::{Command, Input, Limits};
use expect_test::expect;
use model::Settings;
use plan::Plan;

use crate::bench::{Bench, SETTINGS, check};
use crate::situations::PHONES;

#[test]
fn a_lamp_follows_its_calls() {
    PHONES.check(
        "
        watch 103 dialog 102
        taken 1
        invite a 101 102
        taken 1
        named B1 phone
        ring B1
        taken 1
        pickup B1
        taken 1
        bye B1
        taken 1
        ",
        &expect![[r#"
            > watch 103 dialog 102
                accept subscription 1
                notify 1 lamp v1 []
            > taken 1
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
                notify 1 lamp v2 [recipient trying 101]
            > taken 1
            > named B1 phone
            > ring B1
                ring a 180
                notify 1 lamp v3 [recipient early 101]
            > taken 1
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
                notify 1 lamp v4 [recipient confirmed 101]
            > taken 1
            > bye B1
                bye a
                close s1 s2
                notify 1 lamp v5 [recipient terminated 101]
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > taken 1
        "#]],
    );
}

#[test]
fn the_caller_has_a_lamp_too_and_outside_numbers_are_for_who_may_see_calls() {
    check(
        "
        watch 103 dialog 101
        watch 101 dialog 101
        taken 1
        taken 2
        invite a 101 12025550188
        taken 1
        taken 2
        cancel a
        ",
        &expect![[r#"
            > watch 103 dialog 101
                accept subscription 1
                notify 1 lamp v1 []
            > watch 101 dialog 101
                accept subscription 2
                notify 2 lamp v1 []
            > taken 1
            > taken 2
            > invite a 101 12025550188
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                notify 1 lamp v2 [initiator trying -]
                notify 2 lamp v2 [initiator trying -]
            > taken 1
            > taken 2
            > cancel a
                cancel B1
                close s1 s2
                notify 1 lamp v3 [initiator terminated -]
                notify 2 lamp v3 [initiator terminated -]
                RECORD call1 Out 101 > +12025550188 Abandoned fault Caller packets 1/2
        "#]],
    );
}

#[test]
fn with_whom_outside_is_shown_to_who_may_see_calls() {
    let mut bench = Bench::new(Limits::default());
    let text = SETTINGS.replace("name = \"Doctor\"", "name = \"Doctor\"\nrights = [\"see_calls\"]");
    let settings = Arc::new(Settings::parse(&text).expect("good"));
    let plan = Arc::new(Plan::of(&settings).expect("good"));
    bench.input(Input::Command(Command::Reload { settings, plan }));
    bench.run_line("invite a 101 12025550188");
    for (watcher, shown) in [("102", "[initiator trying -]"), ("103", "[initiator trying +12025550188]")] {
        bench.log.clear();
        bench.run_line(&format!("watch {watcher} dialog 101"));
        assert!(bench.log.contains(shown), "{}", bench.log);
    }
    bench.run_line("cancel a");
    bench.check_rest();
}

#[test]
fn a_document_in_full() {
    let mut bench = Bench::new(Limits::default());
    for line in
        ["register 102", "watch 103 dialog 102", "taken 1", "invite a 101 102", "taken 1", "named B1 phone", "ring B1"]
    {
        bench.run_line(line);
    }
    let body = bench.documents.last().expect("a document").body.clone();
    bench.run_line("cancel a");
    bench.check_rest();
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="3" state="full" entity="sip:102@clinic.demo">
        <dialog id="8000000000000001" call-id="call-B1" local-tag="phone" remote-tag="ours-B1" direction="recipient">
        <state>early</state>
        <local><identity display="Nurse">sip:102@clinic.demo</identity><target uri="sip:102@clinic.demo"/></local>
        <remote><identity display="Front desk">sip:101@clinic.demo</identity><target uri="sip:101@clinic.demo"/></remote>
        </dialog>
        </dialog-info>
    "#]].assert_eq(&String::from_utf8_lossy(&body));
}

#[test]
fn a_slow_phone_hears_the_newest_and_never_two_at_once() {
    PHONES.check(
        "
        watch 103 dialog 102
        invite a 101 102
        ring B1
        refreshed 1
        pickup B1
        taken 1
        bye a
        unwatched 1
        ",
        &expect![[r#"
            > watch 103 dialog 102
                accept subscription 1
                notify 1 lamp v1 []
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > refreshed 1
                notify 1 lamp v2 [recipient early 101]
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > taken 1
                notify 1 lamp v3 [recipient confirmed 101]
            > bye a
                bye B1
                close s1 s2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > unwatched 1
        "#]],
    );
}

#[test]
fn who_may_watch_what() {
    check(
        "
        watch 101 dialog 102 auth=none
        watch 101 dialog 102 auth=stale
        watch 101 dialog 102 auth=wrong
        watch 101 dialog 102 auth=199
        watch 101 dialog 102 at=192.0.2.1:5060
        watch 101 dialog 199
        watch 101 message-summary 102
        watch 101 dialog blf-101
        watch 101 dialog blf-199 lists
        watch 101 message-summary blf-101 lists
        ",
        &expect![[r#"
            > watch 101 dialog 102 auth=none
                challenge subscription 1
            > watch 101 dialog 102 auth=stale
                challenge subscription 2 stale
            > watch 101 dialog 102 auth=wrong
                challenge subscription 3
            > watch 101 dialog 102 auth=199
                refuse subscription 4 403
            > watch 101 dialog 102 at=192.0.2.1:5060
                refuse subscription 5 403
            > watch 101 dialog 199
                refuse subscription 6 404
            > watch 101 message-summary 102
                refuse subscription 7 403
            > watch 101 dialog blf-101
                refuse subscription 8 421
            > watch 101 dialog blf-199 lists
                refuse subscription 9 404
            > watch 101 message-summary blf-101 lists
                refuse subscription 10 404
        "#]],
    );
}

#[test]
fn presence_follows_registrations_and_calls() {
    check(
        "
        watch 103 presence 102
        taken 1
        register 102
        taken 1
        register 102
        invite a 101 102
        taken 1
        ring B1
        pickup B1
        taken 1
        bye a
        taken 1
        register 102 expires=0
        ",
        &expect![[r#"
            > watch 103 presence 102
                accept subscription 1
                notify 1 presence closed No phone
            > taken 1
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
                notify 1 presence open Free
            > taken 1
            > register 102
                bindings [102 udp 10.0.0.102:5060]
                accept register [sip:102@10.0.0.102 3600s]
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
                notify 1 presence open Ringing
            > taken 1
            > ring B1
                ring a 180
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
                notify 1 presence open On the phone
            > taken 1
            > bye a
                bye B1
                close s1 s2
                notify 1 presence open Free
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
            > taken 1
            > register 102 expires=0
                bindings []
                accept register []
                notify 1 presence closed No phone
        "#]],
    );
}

#[test]
fn messages_wait_for_their_owner() {
    check(
        "
        watch 101 message-summary 101
        taken 1
        messages 101 2 1
        taken 1
        messages 102 5 0
        messages 101 0 3
        ",
        &expect![[r#"
            > watch 101 message-summary 101
                accept subscription 1
                notify 1 Messages-Waiting: no; Message-Account: sip:101@clinic.demo; Voice-Message: 0/0 (0/0);
            > taken 1
            > messages 101 2 1
                notify 1 Messages-Waiting: yes; Message-Account: sip:101@clinic.demo; Voice-Message: 2/1 (0/0);
            > taken 1
            > messages 102 5 0
            > messages 101 0 3
                notify 1 Messages-Waiting: no; Message-Account: sip:101@clinic.demo; Voice-Message: 0/3 (0/0);
        "#]],
    );
}

#[test]
fn a_list_is_told_whole_and_then_what_changed() {
    PHONES.check(
        "
        watch 101 dialog blf-101 lists
        taken 1
        invite a 103 102
        ring B1
        taken 1
        cancel a
        taken 1
        refreshed 1
        ",
        &expect![[r#"
            > watch 101 dialog blf-101 lists
                accept subscription 1 list
                notify 1 list v1 all 101,102,103
            > taken 1
            > invite a 103 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Doctor" sip:103@clinic.demo (v1 :4002)
                notify 1 list v2 news 102,103
            > ring B1
                ring a 180
            > taken 1
                notify 1 list v3 news 102,103
            > cancel a
                cancel B1
                close s1 s2
                RECORD call1 Out 103 > 102 Abandoned fault Caller packets 1/2
            > taken 1
                notify 1 list v4 news 102,103
            > refreshed 1
                notify 1 list v5 all 101,102,103
        "#]],
    );
}

#[test]
fn a_list_in_full() {
    let mut bench = Bench::new(Limits::default());
    bench.run_line("watch 101 presence blf-101 lists");
    let document = bench.documents.pop().expect("a document");
    assert_eq!(
        document.content_type,
        "multipart/related;type=\"application/rlmi+xml\";start=\"<list.1@clinic.demo>\";boundary=\"frontdesk-part\""
    );
    let body = String::from_utf8_lossy(&document.body).replace('\r', "");
    let start: String = body.split("application/pidf+xml").next().expect("a first part").to_owned();
    expect![[r#"
        --frontdesk-part
        Content-Transfer-Encoding: binary
        Content-ID: <list.1@clinic.demo>
        Content-Type: application/rlmi+xml;charset="UTF-8"

        <?xml version="1.0" encoding="UTF-8"?>
        <list xmlns="urn:ietf:params:xml:ns:rlmi" uri="sip:blf-101@clinic.demo" version="1" fullState="true">
        <resource uri="sip:101@clinic.demo"><name>Front desk</name><instance id="101" state="active" cid="101.1@clinic.demo"/></resource>
        <resource uri="sip:102@clinic.demo"><name>Nurse</name><instance id="102" state="active" cid="102.1@clinic.demo"/></resource>
        <resource uri="sip:103@clinic.demo"><name>Doctor</name><instance id="103" state="active" cid="103.1@clinic.demo"/></resource>
        </list>

        --frontdesk-part
        Content-Transfer-Encoding: binary
        Content-ID: <101.1@clinic.demo>
        Content-Type: "#]].assert_eq(&start);
    assert_eq!(body.matches("Content-Type: application/pidf+xml\n").count(), 3);
    assert!(body.ends_with("--frontdesk-part--\n"));
}

/// A datagram takes no more than 64 KiB, and many a phone less: without this nothing of a large clinic's list would ever arrive.
#[test]
fn a_list_that_is_too_long_for_one_document_is_told_in_several() {
    let people: String =
        (200..400).map(|n| format!("[[people]]\nextension = \"{n}\"\nname = \"Colleague number {n}\"\n")).collect();
    let settings = Settings::parse(&SETTINGS.replacen("[[trunks]]", &format!("{people}[[trunks]]"), 1)).expect("good");
    let mut bench = Bench::with(Limits::default(), settings);
    bench.run_line("watch 101 dialog blf-101 lists");
    let mut told = Vec::new();
    for n in 0.. {
        let Some(document) = bench.documents.pop() else { break };
        assert!(document.body.len() < 60_000, "{} bytes", document.body.len());
        let body = String::from_utf8_lossy(&document.body).into_owned();
        // The first names all of them, as one after a SUBSCRIBE must (RFC 4662 section 5.2).
        let named = body.matches("<resource ").count();
        let bodies = body.split("Content-ID: <").skip(2).filter_map(|part| part.split('.').next());
        let bodies: Vec<String> = bodies.map(str::to_owned).collect();
        assert_eq!(body.contains("fullState=\"true\""), n == 0);
        assert_eq!(named, if n == 0 { 203 } else { bodies.len() });
        assert_eq!(body.matches("<instance ").count(), bodies.len());
        told.extend(bodies);
        bench.run_line("taken 1");
    }
    told.sort_unstable();
    let all: Vec<String> = (101..=103).chain(200..400).map(|n: u32| n.to_string()).collect();
    assert_eq!(told, all, "each once");
}

#[test]
fn who_leaves_the_clinic_is_not_watched_and_does_not_watch() {
    check(
        "
        watch 101 dialog 102
        watch 102 dialog 101
        watch 103 dialog 101
        taken 1
        taken 2
        taken 3
        reload 101,103
        ",
        &expect![[r#"
            > watch 101 dialog 102
                accept subscription 1
                notify 1 lamp v1 []
            > watch 102 dialog 101
                accept subscription 2
                notify 2 lamp v1 []
            > watch 103 dialog 101
                accept subscription 3
                notify 3 lamp v1 []
            > taken 1
            > taken 2
            > taken 3
            > reload 101,103
                set peers: 1 trunks
                end subscription 1 noresource
                end subscription 2 rejected
        "#]],
    );
}

#[test]
fn a_phone_that_never_subscribed_is_told_of_its_messages() {
    check(
        "
        register 102 host=51
        register 102 host=52
        watch 102 message-summary 102 at=10.0.0.52:5060
        messages 102 1 0
        messages 102 2 0
        messages 102 3 0
        taken 1
        sent 1 200
        sent 2 200
        messages 102 0 3
        sent 3 489
        register 102 host=51
        register 102 host=53
        messages 101 1 0
        ",
        &expect![[r#"
            > register 102 host=51
                bindings [102 udp 10.0.0.51:5060]
                accept register [sip:102@10.0.0.51 3600s]
            > register 102 host=52
                bindings [102 udp 10.0.0.51:5060, 102 udp 10.0.0.52:5060]
                accept register [sip:102@10.0.0.51 3600s, sip:102@10.0.0.52 3600s]
            > watch 102 message-summary 102 at=10.0.0.52:5060
                accept subscription 1
                notify 1 Messages-Waiting: no; Message-Account: sip:102@clinic.demo; Voice-Message: 0/0 (0/0);
            > messages 102 1 0
                send 1 sip:102@10.0.0.51 at 10.0.0.51:5060 message-summary Messages-Waiting: yes; Message-Account: sip:102@clinic.demo; Voice-Message: 1/0 (0/0);
            > messages 102 2 0
            > messages 102 3 0
            > taken 1
                notify 1 Messages-Waiting: yes; Message-Account: sip:102@clinic.demo; Voice-Message: 3/0 (0/0);
            > sent 1 200
                send 2 sip:102@10.0.0.51 at 10.0.0.51:5060 message-summary Messages-Waiting: yes; Message-Account: sip:102@clinic.demo; Voice-Message: 3/0 (0/0);
            > sent 2 200
            > messages 102 0 3
                send 3 sip:102@10.0.0.51 at 10.0.0.51:5060 message-summary Messages-Waiting: no; Message-Account: sip:102@clinic.demo; Voice-Message: 0/3 (0/0);
            > sent 3 489
            > register 102 host=51
                bindings [102 udp 10.0.0.52:5060, 102 udp 10.0.0.51:5060]
                accept register [sip:102@10.0.0.52 3600s, sip:102@10.0.0.51 3600s]
            > register 102 host=53
                bindings [102 udp 10.0.0.52:5060, 102 udp 10.0.0.51:5060, 102 udp 10.0.0.53:5060]
                accept register [sip:102@10.0.0.52 3600s, sip:102@10.0.0.51 3600s, sip:102@10.0.0.53 3600s]
                send 4 sip:102@10.0.0.53 at 10.0.0.53:5060 message-summary Messages-Waiting: no; Message-Account: sip:102@clinic.demo; Voice-Message: 0/3 (0/0);
            > messages 101 1 0
        "#]],
    );
}

/// One lost its power, and begins anew at the same address; another's cable was out when it was to be told.
#[test]
fn a_phone_that_was_away_is_told_of_its_messages_when_it_is_back() {
    check(
        "
        messages 102 1 0
        register 102 host=51
        sent 1 200
        register 102 host=51 call=reg-51
        register 102 host=51 call=after-the-power-cut
        sent 2 200
        messages 102 0 1
        sent 3 408
        register 102 host=51 call=after-the-power-cut
        sent 4 200
        register 102 host=51 call=after-the-power-cut
        ",
        &expect![[r#"
            > messages 102 1 0
            > register 102 host=51
                bindings [102 udp 10.0.0.51:5060]
                accept register [sip:102@10.0.0.51 3600s]
                send 1 sip:102@10.0.0.51 at 10.0.0.51:5060 message-summary Messages-Waiting: yes; Message-Account: sip:102@clinic.demo; Voice-Message: 1/0 (0/0);
            > sent 1 200
            > register 102 host=51 call=reg-51
                bindings [102 udp 10.0.0.51:5060]
                accept register [sip:102@10.0.0.51 3600s]
            > register 102 host=51 call=after-the-power-cut
                bindings [102 udp 10.0.0.51:5060]
                accept register [sip:102@10.0.0.51 3600s]
                send 2 sip:102@10.0.0.51 at 10.0.0.51:5060 message-summary Messages-Waiting: yes; Message-Account: sip:102@clinic.demo; Voice-Message: 1/0 (0/0);
            > sent 2 200
            > messages 102 0 1
                send 3 sip:102@10.0.0.51 at 10.0.0.51:5060 message-summary Messages-Waiting: no; Message-Account: sip:102@clinic.demo; Voice-Message: 0/1 (0/0);
            > sent 3 408
            > register 102 host=51 call=after-the-power-cut
                bindings [102 udp 10.0.0.51:5060]
                accept register [sip:102@10.0.0.51 3600s]
                send 4 sip:102@10.0.0.51 at 10.0.0.51:5060 message-summary Messages-Waiting: no; Message-Account: sip:102@clinic.demo; Voice-Message: 0/1 (0/0);
            > sent 4 200
            > register 102 host=51 call=after-the-power-cut
                bindings [102 udp 10.0.0.51:5060]
                accept register [sip:102@10.0.0.51 3600s]
        "#]],
    );
}

#[test]
fn at_a_clean_end_all_are_told_to_subscribe_anew() {
    check(
        "
        watch 101 dialog 102
        watch 102 dialog 101
        ending
        watch 101 dialog 102
        ending
        ",
        &expect![[r#"
            > watch 101 dialog 102
                accept subscription 1
                notify 1 lamp v1 []
            > watch 102 dialog 101
                accept subscription 2
                notify 2 lamp v1 []
            > ending
                end subscription 1 deactivated
                end subscription 2 deactivated
            > watch 101 dialog 102
                refuse subscription 3 503
            > ending
        "#]],
    );
}

/// It subscribed from another port, or another connection, and has come back since.
#[test]
fn a_phone_that_has_moved_is_not_told_of_its_messages_twice() {
    let mut bench = Bench::new(calls::Limits::default());
    bench.run("register 101\nmessages 101 1 0\nsent 1 200\nwatch 101 message-summary 101\ntaken 1");
    bench.run("register 101 at=10.0.0.101:5070\nsent 2 200\nrefreshed 1 at=10.0.0.101:5070\ntaken 1");
    bench.log.clear();
    bench.run("messages 101 2 0");
    expect![[r#"
        > messages 101 2 0
            notify 1 Messages-Waiting: yes; Message-Account: sip:101@clinic.demo; Voice-Message: 2/0 (0/0);
    "#]]
    .assert_eq(&bench.log);
}
