//! Rotas: whoever is on call is asked to press 1, and the next is called if they do not.

mod forwarding;

use expect_test::expect;

use super::{check, ran};

const ROTA: &str = r#"
[extensions.600]
to = "rota doctor"
[rotas.doctor]
turns = ["103", "outside +12025550144"]
since = "2026-11-16"
seconds = 20
nobody = "announcement sorry"
[announcements.sorry]
say = "Nobody can be reached."
[outside]
national = "main"
"#;

#[test]
fn whoever_is_on_call_takes_the_call_by_pressing_1() {
    check(
        ROTA,
        "
        trace
        invite a 101 600
        played s1 1
        ring B1
        pickup B1
        key s2 1
        wait 60
        bye B1
        ",
        &expect![[r#"
            > trace
            > invite a 101 600
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                play s1 please_hold Silence(300ms)
            > played s1 1
                play s1 <Ringing>
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
            > pickup B1
                sound s2 10.0.1.10:7000
                play s2 Forever(take_call Silence(2s))
            > key s2 1
                stop s2
                stop s1
                bridge s1 s2
                reinvite a (v2 :4000)
            > wait 60
            > bye B1
                bye a
                close s1 s2
                RECORD call1 Out 101 > 600 HungUp fault None talked 60s packets 1/2
                    0s Detail 600 is an extension of this plan that leads to: rota doctor.
                    0s Detail Rota doctor: 103, whose turn it is, is called first, and one more after that.
                    0s Good The rota doctor looks for whoever is on call
                    0s Good Calling 103, who is on call
                    0s Good Ringing 1 phone
                    0s Good It rings
                    0s Good Answered by Doctor
                    0s Good Doctor answered and is asked to press 1
                    0s Good Doctor takes the call
                   60s Good The called side hung up
                   60s Good Ended
        "#]],
    );
}

#[test]
fn a_mailbox_never_gets_the_caller_and_the_next_is_called() {
    check(
        ROTA,
        "
        trace
        invite a 101 600
        played s1 1
        refuse B1 486
        ring B2
        pickup B2
        wait 15
        played s1 3
        ",
        &expect![[r#"
            > trace
            > invite a 101 600
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                play s1 please_hold Silence(300ms)
            > played s1 1
                play s1 <Ringing>
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B1 486
                close s2
                open s3 :4004
                invite B2 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > ring B2
            > pickup B2
                sound s3 10.0.1.11:7000
                play s3 Forever(take_call Silence(2s))
            > wait 15
                bye B2
                close s3
                play s1 <Confirm> Silence(300ms)
            > played s1 3
                bye a
                close s1
                RECORD call1 Out 101 > 600 HungUp fault None talked 15s packets 1/0
                    0s Detail 600 is an extension of this plan that leads to: rota doctor.
                    0s Detail Rota doctor: 103, whose turn it is, is called first, and one more after that.
                    0s Good The rota doctor looks for whoever is on call
                    0s Good Calling 103, who is on call
                    0s Good Ringing 1 phone
                    0s Warn Refused by Doctor (status 486)
                    0s Warn Not taken (Busy)
                    0s Good Calling the number outside of whoever is on call
                    0s Good Calling over the trunk main
                    0s Good It rings
                    0s Good Answered by the trunk main
                    0s Good +12025550144 answered and is asked to press 1
                   15s Warn +12025550144 did not take the call
                   15s Bad Nobody of the rota doctor took the call
                   15s Detail The caller hears the announcement sorry.
                   15s Good The caller hears the announcement sorry
                   15s Detail The plan ends the call here.
                   15s Good Ended
        "#]],
    );
}

#[test]
fn another_key_is_no_and_a_caller_who_leaves_ends_it_all() {
    check(
        ROTA,
        "
        invite a 101 600
        played s1 1
        pickup B1
        key s2 2
        pickup B2
        bye a
        ",
        &expect![[r#"
            > invite a 101 600
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                play s1 please_hold Silence(300ms)
            > played s1 1
                play s1 <Ringing>
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                play s2 Forever(take_call Silence(2s))
            > key s2 2
                bye B1
                close s2
                open s3 :4004
                invite B2 sip:+12025550144@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4004)
            > pickup B2
                sound s3 10.0.1.11:7000
                play s3 Forever(take_call Silence(2s))
            > bye a
                bye B2
                close s1 s3
                RECORD call1 Out 101 > 600 HungUp fault None talked 0s packets 1/3
        "#]],
    );
}

#[test]
fn a_group_whose_turn_it_is_rings_as_a_group_does() {
    check(
        r#"
[extensions.100]
ring = ["102", "103"]
[extensions.600]
to = "rota nurses"
[rotas.nurses]
turns = ["100"]
"#,
        "
        invite a 101 600
        trace
        played s1 1
        pickup B2
        key s2 1
        bye a
        ",
        &expect![[r#"
            > invite a 101 600
                open s1 :4000
                sound s1 10.0.0.101:7000
                answer a (v1 :4000)
                play s1 please_hold Silence(300ms)
            > trace
            > played s1 1
                play s1 <Ringing>
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
                invite B2 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > pickup B2
                sound s2 10.0.1.11:7000
                cancel B1 taken
                play s2 Forever(take_call Silence(2s))
            > key s2 1
                stop s2
                stop s1
                bridge s1 s2
                reinvite a (v2 :4000)
            > bye a
                bye B2
                close s1 s2
                RECORD call1 Out 101 > 600 HungUp fault None talked 0s packets 1/2
                    0s Detail 600 is an extension of this plan that leads to: rota nurses.
                    0s Detail Rota nurses: 100, whose turn it is, is called.
                    0s Good The rota nurses looks for whoever is on call
                    0s Good Calling 102, 103, who are on call
                    0s Good Ringing 2 phones
                    0s Good Answered by Doctor
                    0s Good Doctor answered and is asked to press 1
                    0s Good Doctor takes the call
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

/// Whoever calls at night for a doctor waits for no word that does not end.
#[test]
fn words_whose_end_nobody_reports_keep_nobody_from_whoever_is_on_call() {
    let log = ran(ROTA, "invite a 101 600\nwait 119\nwait 2\npickup B1\nkey s2 1\nbye a").log;
    let (before, after) = log.split_once("> wait 2\n").expect("it waited");
    assert!(
        !before.contains("invite B1") && after.contains("invite B1 sip:103@") && after.contains("bridge "),
        "{log}"
    );
}
