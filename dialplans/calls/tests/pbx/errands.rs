//! Requests of our own to phones: texts that extensions write to each other, and whether a phone is there.

use std::sync::Arc;

use calls::{Command, Input, Limits};
use expect_test::expect;
use model::Settings;
use plan::Plan;

use crate::bench::{Bench, SETTINGS, check};

#[test]
fn texts_go_from_extension_to_extension() {
    check(
        "
        register 102 host=51 device=a reg=1
        register 102 host=52 device=a reg=2
        register 102 host=53
        text 101 102 hello
        sent 1 486
        sent 2 200
        text 101 102 hello
        sent 3 408
        sent 4 408
        text 101 102 hello
        sent 5 415
        sent 6 408
        text 101 103 hello
        text 101 199 hello
        text 101 102 hello auth=none
        text 101 102 hello at=192.0.2.1:5060
        sent 77 200
        ",
        &expect![[r#"
            > register 102 host=51 device=a reg=1
                bindings [102 udp 10.0.0.51:5060]
                accept register outbound [sip:102@10.0.0.51 3600s flow 1 of urn:uuid:a]
            > register 102 host=52 device=a reg=2
                bindings [102 udp 10.0.0.51:5060, 102 udp 10.0.0.52:5060]
                accept register outbound [sip:102@10.0.0.51 3600s flow 1 of urn:uuid:a, sip:102@10.0.0.52 3600s flow 2 of urn:uuid:a]
            > register 102 host=53
                bindings [102 udp 10.0.0.51:5060, 102 udp 10.0.0.52:5060, 102 udp 10.0.0.53:5060]
                accept register [sip:102@10.0.0.51 3600s flow 1 of urn:uuid:a, sip:102@10.0.0.52 3600s flow 2 of urn:uuid:a, sip:102@10.0.0.53 3600s]
            > text 101 102 hello
                send 1 sip:102@10.0.0.51 at 10.0.0.51:5060 message text/plain "hello" from "Front desk" sip:101@clinic.demo
                send 2 sip:102@10.0.0.53 at 10.0.0.53:5060 message text/plain "hello" from "Front desk" sip:101@clinic.demo
            > sent 1 486
            > sent 2 200
                accept message
            > text 101 102 hello
                send 3 sip:102@10.0.0.51 at 10.0.0.51:5060 message text/plain "hello" from "Front desk" sip:101@clinic.demo
                send 4 sip:102@10.0.0.53 at 10.0.0.53:5060 message text/plain "hello" from "Front desk" sip:101@clinic.demo
            > sent 3 408
            > sent 4 408
                reject 480
            > text 101 102 hello
                send 5 sip:102@10.0.0.51 at 10.0.0.51:5060 message text/plain "hello" from "Front desk" sip:101@clinic.demo
                send 6 sip:102@10.0.0.53 at 10.0.0.53:5060 message text/plain "hello" from "Front desk" sip:101@clinic.demo
            > sent 5 415
            > sent 6 408
                reject 415
            > text 101 103 hello
                reject 480
            > text 101 199 hello
                reject 404
            > text 101 102 hello auth=none
                challenge register
            > text 101 102 hello at=192.0.2.1:5060
                reject 403
            > sent 77 200
        "#]],
    );
}

/// Over two connections of one phone, of which the newer has broken. A phone that has answered is asked no other way.
#[test]
fn a_text_goes_by_the_next_way_to_its_phone_when_the_first_has_failed() {
    let mut bench = Bench::new(Limits::default());
    bench.run("register 102 host=51 device=a reg=1\nwait 1\nregister 102 host=52 device=a reg=2\nregister 102 host=53");
    bench.log.clear();
    bench.run("text 101 102 hello\nsent 1 503\nsent 2 486\nsent 3 200");
    bench.run("text 101 102 again\nsent 4 486\nsent 5 503\nwait 10");
    bench.run("invite a 103 911\nsent 6 408\nsent 7 200\ncancel a");
    let sent: Vec<&str> = bench.log.lines().map(str::trim).filter(|l| !l.starts_with("open")).collect();
    expect![[r#"
        > text 101 102 hello
        send 1 sip:102@10.0.0.52 at 10.0.0.52:5060 message text/plain "hello" from "Front desk" sip:101@clinic.demo
        send 2 sip:102@10.0.0.53 at 10.0.0.53:5060 message text/plain "hello" from "Front desk" sip:101@clinic.demo
        > sent 1 503
        send 3 sip:102@10.0.0.51 at 10.0.0.51:5060 message text/plain "hello" from "Front desk" sip:101@clinic.demo
        > sent 2 486
        > sent 3 200
        accept message
        > text 101 102 again
        send 4 sip:102@10.0.0.52 at 10.0.0.52:5060 message text/plain "again" from "Front desk" sip:101@clinic.demo
        send 5 sip:102@10.0.0.53 at 10.0.0.53:5060 message text/plain "again" from "Front desk" sip:101@clinic.demo
        > sent 4 486
        > sent 5 503
        reject 486
        > wait 10
        > invite a 103 911
        ALERT call1 Extension 103 (Doctor) called 911. -> 101,102,103
        invite B1 sip:911@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
        send 6 sip:102@10.0.0.52 at 10.0.0.52:5060 message text/plain "Extension 103 (Doctor) called 911." from "Harbor Street Clinic" sip:clinic.demo
        send 7 sip:102@10.0.0.53 at 10.0.0.53:5060 message text/plain "Extension 103 (Doctor) called 911." from "Harbor Street Clinic" sip:clinic.demo
        > sent 6 408
        send 8 sip:102@10.0.0.51 at 10.0.0.51:5060 message text/plain "Extension 103 (Doctor) called 911." from "Harbor Street Clinic" sip:clinic.demo
        > sent 7 200
        > cancel a
        cancel B1
        close s1 s2
        RECORD call1 EMERGENCY Out 103 > 911 Abandoned fault Caller packets 1/2"#]].assert_eq(&sent.join("\n"));
}

#[test]
fn a_trunk_may_write_where_the_settings_say_so() {
    let mut bench = Bench::new(Limits::default());
    let text = format!("{SETTINGS}[phones]\ntrunk_messages = true\n");
    let settings = Arc::new(Settings::parse(&text).expect("good"));
    let plan = Arc::new(Plan::of(&settings).expect("good"));
    bench.input(Input::Command(Command::Reload { settings, plan }));
    bench.log.clear();
    bench.run_line("register 102");
    bench.run_line("text 101 102 hello at=192.0.2.1:5060 auth=none");
    bench.run_line("sent 1 200");
    expect![[r#"
        > register 102
            bindings [102 udp 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
        > text 101 102 hello at=192.0.2.1:5060 auth=none
            send 1 sip:102@10.0.0.102 at 10.0.0.102:5060 message text/plain "hello" from "" sip:anonymous@clinic.demo
        > sent 1 200
            accept message
    "#]]
    .assert_eq(&bench.log);
}

/// 101 is behind a NAT: it registers from another address than its Contact names. Also while it is silent it is rung: a NAT may open
/// again.
#[test]
fn a_phone_behind_a_nat_is_asked_every_minute_and_shown_when_it_is_silent() {
    let mut bench = Bench::new(Limits::default());
    bench.run_line("register 102");
    bench.run_line("register 101 contact=192.168.7.7");
    bench.log.clear();
    bench.run_line("wait 60");
    let asked = |bench: &Bench| bench.log.matches("options").count();
    assert_eq!(asked(&bench), 1, "{}", bench.log);
    assert!(bench.log.contains("sip:101@192.168.7.7 at 10.0.0.101:5060 options"), "{}", bench.log);
    bench.run_line("wait 120");
    assert_eq!(asked(&bench), 3, "{}", bench.log);
    bench.log.clear();
    for line in [
        "sent 1 408",
        "sent 2 408",
        "phones",
        "sent 3 408",
        "phones",
        "invite a 102 101",
        "cancel a",
        "wait 60",
        "sent 4 404",
        "phones",
    ] {
        bench.run_line(line);
    }
    expect![[r#"
        > sent 1 408
        > sent 2 408
        > phones
            101 1 phones bench
            102 1 phones bench
            103 0 phones
        > sent 3 408
            phones changed
        > phones
            101 1 phones bench 1 silent
            102 1 phones bench
            103 0 phones
        > invite a 102 101
            open s1 :4000
            open s2 :4002
            invite B1 sip:101@192.168.7.7 at 10.0.0.101:5060 from "Nurse" sip:102@clinic.demo (v1 :4002)
        > cancel a
            cancel B1
            close s1 s2
            RECORD call1 Out 102 > 101 Abandoned fault Caller packets 1/2
        > wait 60
            send 4 sip:101@192.168.7.7 at 10.0.0.101:5060 options
        > sent 4 404
            phones changed
        > phones
            101 1 phones bench
            102 1 phones bench
            103 0 phones
    "#]]
    .assert_eq(&bench.log);
    bench.log.clear();
    bench.run_line("register 101 contact=192.168.7.7 expires=0");
    bench.run_line("wait 120");
    assert_eq!(asked(&bench), 0, "nobody is left to be asked: {}", bench.log);
}
