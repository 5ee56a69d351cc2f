//! A caller leaves a queue, keeps their place, and is called back when it is their turn.

mod leaving;

use calls::Limits;
use expect_test::expect;
use model::callback::CallbackState;
use model::{Callback, CallbackId, Language, PhoneNumber, Pii, Random};

use super::{check, check_after};
use crate::bench::Bench;

const PLAN: &str = r#"
[[inbound]]
number = "main"
to = "queue desk"
[extensions.602]
to = "queue desk"
[queues.desk]
ring = ["102", "103"]
order = "one by one"
seconds = 10
callback = "2"
callback_minutes = 60
[outside]
national = "main"
"#;

/// 102 and 103 talk; a patient waits and asks to be called back at the number that they call from.
const LEFT: &str = "
    invite a 102 103
    pickup B1
    ack a
    invite p main:+12025550171 +12025550123
    ack p
    key s3 2
    played s3
    key s3 1
    callback kept
    played s3
    ";

fn left(script: &str, expected: &expect_test::Expect) {
    check_after(PLAN, LEFT, script, expected);
}

#[test]
fn who_is_free_first_takes_it_by_a_key_and_only_then_they_are_called() {
    left(
        "trace\nbye a\nwait 2\nring B2\npickup B2\nplayed s4\nkey s4 1\ncallback list\ncallback started\ncallback list\npickup B3\ntrunks\nbye B2\ncallback list",
        &expect![[r#"
            > trace
            > bye a
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 103 HungUp fault None talked 0s packets 1/2
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Doctor
                    0s Good The caller hung up
                    0s Good Ended
            > wait 2
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4006)
            > ring B2
            > pickup B2
                sound s4 10.0.1.11:7000
                play s4 callback_for number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_call
            > played s4
            > key s4 1
                callback start
            > callback list
                desk +12025550171 waiting
            > callback started
                open s5 :4008
                invite B3 sip:+12025550171@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
                play s4 <Ringing>
            > callback list
                desk +12025550171 dialling
            > pickup B3
                sound s5 10.0.1.12:7000
                stop s4
                bridge s4 s5
            > trunks
                main 1/2 healthy true
                backup 0/10 healthy true
            > bye B2
                bye B3
                close s4 s5
                callback is reached
                RECORD call3 Out 102 > +12025550171 HungUp fault None talked 0s packets 4/5
                    0s Good The queue desk calls somebody back (they kept their place)
                    0s Good Ringing 1 phone
                    1s Good It rings
                    1s Good Answered by Nurse
                    1s Good Nurse takes it
                    1s Detail It is a national number: the plan sends these over the trunk main.
                    1s Good Calling over the trunk main
                    1s Good Answered by the trunk main
                    1s Good The caller hung up
                    1s Good Ended
            > callback list
        "#]],
    );
}

/// Whoever does not take it is asked again after the others, and after a while.
#[test]
fn nobody_takes_it_and_it_waits_on() {
    left(
        "trace\nbye a\nwait 12\npickup B3\nkey s5 7\nwait 30\nwait 40\ncallback list\nrefuse B4 486\nwait 1\nwait 1\nrefuse B5 486\nwait 1\ncallback cancel",
        &expect![[r#"
            > trace
            > bye a
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 103 HungUp fault None talked 0s packets 1/2
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Doctor
                    0s Good The caller hung up
                    0s Good Ended
            > wait 12
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4006)
                cancel B2
                close s4
                RECORD call3 Out ? > +12025550171 Unreachable fault Callee packets 4/0
                    0s Good The queue desk calls somebody back (they kept their place)
                    0s Good Ringing 1 phone
                   10s Warn Not reachable
                open s5 :4008
                invite B3 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4008)
            > pickup B3
                sound s5 10.0.1.12:7000
                play s5 callback_for number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_call
            > key s5 7
                bye B3
                close s5
                RECORD call4 Out 103 > +12025550171 NoAnswer fault Callee packets 5/0
                    0s Good The queue desk calls somebody back (they kept their place)
                    0s Good Ringing 1 phone
                    0s Good Answered by Doctor
                    0s Warn Doctor did not take it
                    0s Warn Nobody answered
            > wait 30
            > wait 40
                open s6 :4010
                invite B4 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4010)
            > callback list
                desk +12025550171 waiting
            > refuse B4 486
                close s6
                RECORD call5 Out ? > +12025550171 Busy fault Callee packets 6/0
                    0s Good The queue desk calls somebody back (they kept their place)
                    0s Good Ringing 1 phone
                    9s Warn Refused by Nurse (status 486)
                    9s Warn Busy
            > wait 1
                open s7 :4012
                invite B5 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4012)
            > wait 1
            > refuse B5 486
                close s7
                RECORD call6 Out ? > +12025550171 Busy fault Callee packets 7/0
                    0s Good The queue desk calls somebody back (they kept their place)
                    0s Good Ringing 1 phone
                    1s Warn Refused by Doctor (status 486)
                    1s Warn Busy
            > wait 1
            > callback cancel
                callback is cancelled
                cancelled
        "#]],
    );
}

#[test]
fn they_do_not_answer_and_a_person_decides() {
    left(
        "bye a\nwait 2\npickup B2\nkey s4 1\ncallback started\nrefuse B3 486\ncallback list\ncallback cancel",
        &expect![[r#"
            > bye a
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 103 HungUp fault None talked 0s packets 1/2
            > wait 2
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                play s4 callback_for number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_call
            > key s4 1
                stop s4
                callback start
            > callback started
                open s5 :4008
                invite B3 sip:+12025550171@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
                play s4 <Ringing>
            > refuse B3 486
                close s5
                bye B2
                close s4
                callback is missed
                NOTICE A caller who left a queue was called back and did not answer.
                RECORD call3 Out 102 > +12025550171 Busy fault Callee packets 4/0
            > callback list
                desk +12025550171 missed
            > callback cancel
                callback is cancelled
                cancelled
        "#]],
    );
}

/// It was taken off the list, or the store is silent, in the moment in which somebody took it.
/// No telephone of theirs has rung: they wait on, and are called again. Where whoever calls gives up, that is said.
#[test]
fn a_trunk_that_fails_costs_nobody_their_place() {
    left(
        "bye a\nwait 2\npickup B2\nkey s4 1\ncallback started\nrefuse B3 503\ncallback list\nwait 61\npickup B4\nkey s6 1\n\
         callback started\nbye B4\ncallback list",
        &expect![[r#"
            > bye a
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 103 HungUp fault None talked 0s packets 1/2
            > wait 2
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                play s4 callback_for number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_call
            > key s4 1
                stop s4
                callback start
            > callback started
                open s5 :4008
                invite B3 sip:+12025550171@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4008)
                play s4 <Ringing>
            > refuse B3 503
                close s5
                bye B2
                close s4
                callback is waiting
                RECORD call3 Out 102 > +12025550171 TrunkFailed fault Trunk packets 4/0
            > callback list
                desk +12025550171 waiting
            > wait 61
                open s6 :4010
                invite B4 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4010)
            > pickup B4
                sound s6 10.0.1.13:7000
                play s6 callback_for number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_call
            > key s6 1
                stop s6
                callback start
            > callback started
                open s7 :4012
                invite B5 sip:+12025550171@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4012)
                play s6 <Ringing>
            > bye B4
                cancel B5
                close s6 s7
                callback is missed
                NOTICE A caller who left a queue was called back, and whoever called hung up before they answered.
                RECORD call4 Out 102 > +12025550171 HungUp fault None packets 6/7
            > callback list
                desk +12025550171 missed
        "#]],
    );
}

#[test]
fn what_the_store_does_not_have_is_not_dialled() {
    left(
        "bye a\nwait 2\npickup B2\nkey s4 1\ncallback not started\nplayed s4\ncallback list\ncallback cancel",
        &expect![[r#"
            > bye a
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 103 HungUp fault None talked 0s packets 1/2
            > wait 2
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                play s4 callback_for number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_call
            > key s4 1
                stop s4
                callback start
            > callback not started
                play s4 not_possible
            > played s4
                bye B2
                close s4
                RECORD call3 Out 102 > +12025550171 HungUp fault None packets 4/0
            > callback list
                desk +12025550171 waiting
            > callback cancel
                callback is cancelled
                cancelled
        "#]],
    );
    left(
        "bye a\nwait 2\npickup B2\nkey s4 1\nbye B2\ncallback started\ncallback list\ncallback cancel",
        &expect![[r#"
            > bye a
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 103 HungUp fault None talked 0s packets 1/2
            > wait 2
                open s4 :4006
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4006)
            > pickup B2
                sound s4 10.0.1.11:7000
                play s4 callback_for number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_call
            > key s4 1
                stop s4
                callback start
            > bye B2
                close s4
                RECORD call3 Out 102 > +12025550171 HungUp fault None packets 4/0
            > callback started
                callback is waiting
            > callback list
                desk +12025550171 waiting
            > callback cancel
                callback is cancelled
                cancelled
        "#]],
    );
}

/// Who came before them and waits on the line goes first, and who comes after them waits until they were called. (The trunk has two
/// channels: were it full, those on the line would not wait for a call that cannot be made.)
#[test]
fn their_place_is_kept() {
    check(
        PLAN,
        "
        invite a 102 103
        pickup B1
        ack a
        invite o main:+12025550170 +12025550123
        ack o
        invite p main:+12025550171 +12025550123
        ack p
        key s4 2
        key s4 1
        callback kept
        played s4
        invite q 101 602
        ack q
        bye a
        wait 2
        pickup B2
        wait 2
        pickup B3
        key s6 1
        key s7 1
        callback started
        bye o
        wait 2
        bye q
        pickup B4
        bye B4
        ",
        &expect![[r#"
            > invite a 102 103
                open s1 :4000
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer a (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > ack a
            > invite o main:+12025550170 +12025550123
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer o (v1 :4004)
                play s3 queue_stay Silence(300ms) queue_callback number-2 (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ack o
            > invite p main:+12025550171 +12025550123
                open s4 :4006
                sound s4 192.0.2.1:7000
                answer p (v1 :4006)
                play s4 queue_stay Silence(300ms) queue_callback number-2 (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ack p
            > key s4 2
                play s4 callback_number number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_confirm
            > key s4 1
                stop s4
                callback keep desk +12025550171 60 min
            > callback kept
                play s4 callback_taken goodbye
            > played s4
                bye p
                close s4
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 0s desk 0s called_back packets 4/0
            > invite q 101 602
                open s5 :4008
                sound s5 10.0.0.101:7000
                answer q (v1 :4008)
                play s5 queue_stay Silence(300ms) queue_callback number-2 (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > ack q
            > bye a
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 103 HungUp fault None talked 0s packets 1/2
            > wait 2
                open s6 :4010
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550170@clinic.demo (v1 :4010)
                open s7 :4012
                invite B3 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4012)
            > pickup B2
                sound s6 10.0.1.11:7000
                stop s3
                bridge s3 s6
                reinvite o (v2 :4004)
            > wait 2
            > pickup B3
                sound s7 10.0.1.12:7000
                play s7 callback_for number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_call
            > key s6 1
            > key s7 1
                stop s7
                callback start
            > callback started
                open s8 :4014
                invite B4 sip:+12025550171@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4014)
                play s7 <Ringing>
            > bye o
                bye B2
                close s3 s6
                RECORD call3 In +12025550170 > +12025550123 HungUp fault None talked 4s desk 2s taken packets 3/6
            > wait 2
                open s9 :4016
                invite B5 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4016)
            > bye q
                cancel B5
                close s5 s9
                RECORD call4 Out 101 > 602 HungUp fault None talked 6s desk 6s left packets 5/9
            > pickup B4
                sound s8 10.0.1.13:7000
                stop s7
                bridge s7 s8
            > bye B4
                bye B3
                close s7 s8
                callback is reached
                RECORD call5 Out 103 > +12025550171 HungUp fault None talked 0s packets 7/8
        "#]],
    );
}

#[test]
fn nobody_is_free_in_time_and_a_person_decides() {
    left(
        "wait 3601\ncallback list\ncallback cancel\nbye a",
        &expect![[r#"
            > wait 3601
                bindings []
                callback is expired
                NOTICE A caller who left a queue could not be called back in time.
            > callback list
                desk +12025550171 expired
            > callback cancel
                callback is cancelled
                cancelled
            > bye a
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 103 HungUp fault None talked 3601s packets 1/2
        "#]],
    );
}

/// A restart loses none, in their order; the one that was being dialled is not dialled again by itself.
#[test]
fn those_of_before_a_restart_are_called_in_their_order() {
    let mut bench = Bench::with_plan(Limits::default(), PLAN);
    let mut random = Random::from_u64(7);
    let all = [
        ("+12025550171", CallbackState::Waiting),
        ("+12025550172", CallbackState::Unknown),
        ("+12025550173", CallbackState::Waiting),
    ];
    let all = all.map(|(number, state)| Callback {
        id: CallbackId::new(bench.now.wall, &mut random),
        queue: "desk".to_owned(),
        number: model::Numbering::default().parse(number).expect("a number"),
        name: Pii::default(),
        language: Language::English,
        ordered: bench.now.wall,
        expires: bench.now.after(std::time::Duration::from_secs(600)).wall,
        state,
    });
    assert!(all.iter().all(|c| matches!(c.number, PhoneNumber::E164(_))));
    bench.pbx.restore_callbacks(bench.now, all.into());
    bench.run("register 102\nwait 2\npickup B1\nkey s1 1\ncallback started\npickup B2\nbye B1\nwait 2\ncallback list");
    bench.run("refuse B3 486\ncallback cancel\ncallback cancel");
    bench.check_rest();
    expect![[r#"
        > register 102
            bindings [102 udp 10.0.0.102:5060]
            accept register [sip:102@10.0.0.102 3600s]
        > wait 2
            open s1 :4000
            invite B1 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4000)
        > pickup B1
            sound s1 10.0.1.10:7000
            play s1 callback_for number-1 number-2 number-0 number-2 number-5 number-5 number-5 number-0 number-1 number-7 number-1 callback_call
        > key s1 1
            stop s1
            callback start
        > callback started
            open s2 :4002
            invite B2 sip:+12025550171@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            play s1 <Ringing>
        > pickup B2
            sound s2 10.0.1.11:7000
            stop s1
            bridge s1 s2
        > bye B1
            bye B2
            close s1 s2
            callback is reached
            RECORD call1 Out 102 > +12025550171 HungUp fault None talked 0s packets 1/2
        > wait 2
            open s3 :4004
            invite B3 sip:102@10.0.0.102 from "" sip:+12025550173@clinic.demo (v1 :4004)
        > callback list
            desk +12025550173 waiting
            desk +12025550172 unknown
        > refuse B3 486
            close s3
            RECORD call2 Out ? > +12025550173 Busy fault Callee packets 3/0
        > callback cancel
            callback is cancelled
            cancelled
        > callback cancel
            callback is cancelled
            cancelled
    "#]].assert_eq(&bench.log);
}
