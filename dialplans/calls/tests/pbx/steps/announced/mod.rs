//! A phone calls a step of the plan, hears where it is, and lets its partner take its seat there (REFER with Replaces).

mod refused;
mod seats;

use expect_test::expect;

use super::{check, check_after};

const PLAN: &str = r#"
[[inbound]]
number = "main"
ring = ["101"]
[extensions.600]
to = "menu main"
[extensions.601]
to = "rota doctor"
[extensions.602]
to = "queue desk"
[extensions.603]
to = "voicemail 102"
[extensions.604]
to = "announcement closed"
[menus.main]
prompt = "menu_practice"
keys = { 2 = "102" }
nobody = "hang up"
[queues.desk]
ring = ["103"]
seconds = 20
wait = 90
nobody = "voicemail 102"
[rotas.doctor]
turns = ["103"]
since = "2026-11-16"
[announcements.closed]
prompt = "clinic_closed"
then = "hang up"
[rooms.800]
[rooms.801]
pin = "4711"
[outside]
national = "main"
[voicemail]
people = ["101", "102", "103"]
main = "101"
"#;

/// A patient talks with 101, who has put them on hold and calls `to` on a second line.
fn announced(to: &str, script: &str, expected: &expect_test::Expect) {
    let before = "invite p main:+12025550171 +12025550123\npickup B1\nack p\nask B1 hold\nagree p held";
    check_after(PLAN, before, &format!("invite a 101 {to}\nack a\ntrace\n{script}"), expected);
}

/// Their phone still rings for the one who transfers: the patient is who it rings for.
#[test]
fn where_somebody_rings_already() {
    announced(
        "600",
        "played s3\nkey s3 2\nrefer B1 replaces a\nagree p\npickup B2\nbye p",
        &expect![[r#"
            > invite a 101 600
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                play s3 menu_practice Silence(300ms)
            > ack a
            > trace
            > played s3
            > key s3 2
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
                play s3 <Ringing>
            > refer B1 replaces a
                accept refer B1
                refer progress B1 200
                close s2
                bye B1
                close s3
                bye a
                stop s1
                reinvite p (v3 :4000)
                play s1 <Ringing>
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 0s packets 0/0
                    0s Detail It is a number that this plan answers: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Front desk
                    0s Detail The called side put the call on hold (sendonly)
                    0s Good Front desk connected this call with another one (attended transfer)
                    0s Good Ended
            > agree p
                sound s1 10.0.1.2:7000
            > pickup B2
                sound s4 10.0.1.11:7000
                stop s1
                bridge s1 s4
            > bye p
                bye B2
                close s1 s4
                RECORD call2 In +12025550171 > 600 HungUp fault None talked 0s packets 1/4
                    0s Detail 600 is an extension of this plan that leads to: menu main.
                    0s Detail The menu main asks the caller for a key.
                    0s Good The menu main answered
                    0s Good The caller pressed 2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Front desk hands this call over to +12025550171 (attended transfer)
                    0s Good Answered by Nurse
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

#[test]
fn who_was_called_goes_there_too() {
    check(
        PLAN,
        "
        invite b 101 12025550109
        pickup B1
        ack b
        invite a 101 602
        ack a
        trace
        refer b replaces a
        pickup B2
        bye B1
        ",
        &expect![[r#"
            > invite b 101 12025550109
                open s1 :4000
                open s2 :4002
                invite B1 sip:+12025550109@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer b (v1 :4000)
                sound s1 10.0.0.101:7000
                bridge s1 s2
            > ack b
            > invite a 101 602
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                play s3 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
                open s4 :4006
                invite B2 sip:103@10.0.0.103 from "Front desk" sip:101@clinic.demo (v1 :4006)
            > ack a
            > trace
            > refer b replaces a
                accept refer b
                refer progress b 200
                close s1
                bye b
                close s3
                bye a
                play s2 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
                RECORD call1 Out 101 > +12025550109 HungUp fault None talked 0s packets 0/0
                    0s Detail It is a national number: the plan sends these over the trunk main.
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Good Front desk connected this call with another one (attended transfer)
                    0s Good Ended
            > pickup B2
                sound s4 10.0.1.11:7000
                stop s2
                bridge s2 s4
            > bye B1
                bye B2
                close s2 s4
                RECORD call2 Out +12025550109 > 602 HungUp fault None talked 0s desk 0s taken packets 2/4
                    0s Detail 602 is an extension of this plan that leads to: queue desk.
                    0s Detail The caller waits in the queue desk until one of 103 is free.
                    0s Good The caller waits in the queue desk, 0 before them
                    0s Good Ringing 1 phone
                    0s Good Front desk hands this call over to +12025550109 (attended transfer)
                    0s Good Answered by Doctor
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}
