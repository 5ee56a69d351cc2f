//! Queues: who came first is served first, busy phones do not ring, and waiting ends.

use expect_test::expect;

use super::{check, ran};

const QUEUE: &str = r#"
[[inbound]]
number = "main"
to = "queue desk"
[queues.desk]
ring = ["102", "103"]
order = "one by one"
seconds = 10
wait = 60
at_most = 2
every = 20
nobody = "101"
full = "hang up"
"#;

#[test]
fn the_first_who_came_is_the_first_who_is_served() {
    check(
        QUEUE,
        "
        trace
        invite a main:+12025550171 +12025550123
        ring B1
        invite b main:+12025550172 +12025550123
        wait 1
        ring B2
        pickup B2
        pickup B1
        bye a
        bye b
        ",
        &expect![[r#"
            > trace
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4002)
            > ring B1
            > invite b main:+12025550172 +12025550123
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer b (v1 :4004)
                play s3 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
                open s4 :4006
                invite B2 sip:103@10.0.0.103 from "" sip:+12025550172@clinic.demo (v1 :4006)
            > wait 1
            > ring B2
            > pickup B2
                sound s4 10.0.1.11:7000
                stop s3
                bridge s3 s4
                reinvite b (v2 :4004)
            > pickup B1
                sound s2 10.0.1.10:7000
                stop s1
                bridge s1 s2
                reinvite a (v2 :4000)
            > bye a
                bye B1
                close s1 s2
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 1s desk 1s taken packets 1/2
                    0s Detail It is a number that this plan answers: it leads to queue desk.
                    0s Detail The caller waits in the queue desk until one of 102, 103 is free.
                    0s Good The caller waits in the queue desk, 0 before them
                    0s Good Ringing 1 phone
                    0s Good It rings
                    1s Good Answered by Nurse
                    1s Good The caller hung up
                    1s Good Ended
            > bye b
                bye B2
                close s3 s4
                RECORD call2 In +12025550172 > +12025550123 HungUp fault None talked 1s desk 1s taken packets 3/4
                    0s Detail It is a number that this plan answers: it leads to queue desk.
                    0s Detail The caller waits in the queue desk until one of 102, 103 is free.
                    0s Good The caller waits in the queue desk, 1 before them
                    0s Good Ringing 1 phone
                    1s Good It rings
                    1s Good Answered by Doctor
                    1s Good The caller hung up
                    1s Good Ended
        "#]],
    );
}

#[test]
fn who_does_not_answer_gives_way_to_the_next_and_then_rings_again() {
    check(
        QUEUE,
        "
        invite a main:+12025550171 +12025550123
        ring B1
        wait 11
        ring B2
        refuse B2 486
        wait 1
        ring B3
        pickup B3
        bye B3
        ",
        &expect![[r#"
            > invite a main:+12025550171 +12025550123
                open s1 :4000
                sound s1 192.0.2.1:7000
                answer a (v1 :4000)
                play s1 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4002)
            > ring B1
            > wait 11
                cancel B1
                close s2
                open s3 :4004
                invite B2 sip:103@10.0.0.103 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > ring B2
            > refuse B2 486
                close s3
            > wait 1
                open s4 :4006
                invite B3 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4006)
            > ring B3
            > pickup B3
                sound s4 10.0.1.12:7000
                stop s1
                bridge s1 s4
                reinvite a (v2 :4000)
            > bye B3
                bye a
                close s1 s4
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 12s desk 12s taken packets 1/4
        "#]],
    );
}

#[test]
fn phones_in_a_call_do_not_ring_and_a_full_queue_takes_nobody() {
    let bench = ran(
        QUEUE,
        "
        trace
        invite x 102 103
        pickup B1
        invite a main:+12025550171 +12025550123
        wait 5
        invite b main:+12025550172 +12025550123
        invite c backup:+12025550173 +12025550123
        bye x
        wait 1
        pickup B2
        wait 1
        bye a
        bye b
        ",
    );
    // Nobody rang before the two had hung up; then 102, the first of the list, for the first who waits.
    let calls: Vec<&str> = bench.log.lines().map(str::trim).filter(|l| l.starts_with("invite B")).collect();
    assert_eq!(calls.len(), 3, "{}", bench.log);
    assert!(calls[1].contains("sip:102@") && calls[2].contains("sip:103@"), "{}", bench.log);
    assert!(bench.log.contains("The queue desk is full"), "{}", bench.log);
}

#[test]
fn waiting_ends_and_the_plan_says_where() {
    check(
        QUEUE,
        "
        invite x 102 103
        pickup B1
        invite a main:+12025550171 +12025550123
        wait 60
        pickup B2
        bye a
        bye x
        ",
        &expect![[r#"
            > invite x 102 103
                open s1 :4000
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer x (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > invite a main:+12025550171 +12025550123
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer a (v1 :4004)
                play s3 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > wait 60
                play s3 queue_next (15.644812s) Forever(Clip(Clip(16000 Hz, 15.9s)))
                play s3 queue_next (12.338687s) Forever(Clip(Clip(16000 Hz, 15.9s)))
                play s3 queue_next (9.032562s) Forever(Clip(Clip(16000 Hz, 15.9s)))
                open s4 :4006
                invite B2 sip:101@10.0.0.101 from "" sip:+12025550171@clinic.demo (v1 :4006)
                play s3 <Ringing>
            > pickup B2
                sound s4 10.0.1.11:7000
                stop s3
                bridge s3 s4
                reinvite a (v2 :4004)
            > bye a
                bye B2
                close s3 s4
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 60s desk 60s led_on packets 3/4
            > bye x
                bye B1
                close s1 s2
                RECORD call2 Out 102 > 103 HungUp fault None talked 60s packets 1/2
        "#]],
    );
}

#[test]
fn who_waits_hears_their_place_in_words() {
    let queue = QUEUE.replace("at_most = 2", "at_most = 3");
    check(
        &queue,
        "
        invite x 102 103
        ring B1
        pickup B1
        invite a main:+12025550171 +12025550123
        invite b main:+12025550172 +12025550123
        wait 20
        bye a
        wait 20
        bye b
        bye x
        ",
        &expect![[r#"
            > invite x 102 103
                open s1 :4000
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > ring B1
                ring x 180
            > pickup B1
                sound s2 10.0.1.10:7000
                answer x (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > invite a main:+12025550171 +12025550123
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer a (v1 :4004)
                play s3 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > invite b main:+12025550172 +12025550123
                open s4 :4006
                sound s4 192.0.2.1:7000
                answer b (v1 :4006)
                play s4 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > wait 20
                play s4 queue_position number-2 (15.644812s) Forever(Clip(Clip(16000 Hz, 15.9s)))
                play s3 queue_next (15.644812s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > bye a
                close s3
                RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 20s desk 20s left packets 3/0
            > wait 20
                play s4 queue_next (13.659312s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > bye b
                close s4
                RECORD call2 In +12025550172 > +12025550123 HungUp fault None alone 40s desk 40s left packets 4/0
            > bye x
                bye B1
                close s1 s2
                RECORD call3 Out 102 > 103 HungUp fault None talked 40s packets 1/2
        "#]],
    );
}

/// Numbers inside lead to two queues: `*45` is of both, and with a number of one.
const TWO: &str = r#"
[[inbound]]
number = "main"
to = "queue desk"
[extensions.600]
to = "queue desk"
[extensions.601]
to = "queue nurses"
[queues.desk]
ring = ["102", "103"]
seconds = 10
nobody = "101"
[queues.nurses]
ring = ["103"]
"#;

#[test]
fn who_takes_no_calls_of_a_queue_is_not_rung_by_it() {
    check(
        TWO,
        "
        watch 103 dialog *45
        taken 1
        trace
        invite a 103 *45600
        taken 1
        played s1 1
        switches
        invite b main:+12025550171 +12025550123
        cancel b
        invite c 103 *45
        taken 1
        played s4 1
        switches
        invite d 103 *45601
        played s5 1
        invite e 103 *45101
        played s6 1
        invite f 101 *45
        played s7 1
        ",
        &expect![[r#"
            > watch 103 dialog *45
                accept subscription 1
                notify 1 lamp v1 [recipient confirmed -]
            > taken 1
            > trace
            > invite a 103 *45600
                switches changed
                open s1 :4000
                sound s1 10.0.0.103:7000
                answer a (v1 :4000)
                play s1 <Confirm> queue_out
                notify 1 lamp v2 [recipient terminated -]
            > taken 1
            > played s1 1
                bye a
                close s1
                RECORD call1 Out 103 > *45600 HungUp fault None talked 0s packets 1/0
                    0s Detail *45 is taking calls of queues, or not.
                    0s Good Doctor takes no calls of desk
                    0s Good Ended
            > switches
                103 out of desk
                night false blocked 0
            > invite b main:+12025550171 +12025550123
                open s2 :4002
                sound s2 192.0.2.1:7000
                answer b (v1 :4002)
                play s2 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
                open s3 :4004
                invite B1 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4004)
            > cancel b
                cancel B1
                close s2 s3
                RECORD call2 In +12025550171 > +12025550123 HungUp fault None alone 0s desk 0s left packets 2/3
                    0s Detail It is a number that this plan answers: it leads to queue desk.
                    0s Detail The caller waits in the queue desk until one of 102, 103 is free.
                    0s Good The caller waits in the queue desk, 0 before them
                    0s Good Ringing 1 phone
                    0s Good The caller hung up
                    0s Good Ended
            > invite c 103 *45
                switches changed
                open s4 :4006
                sound s4 10.0.0.103:7000
                answer c (v1 :4006)
                play s4 <Confirm> queue_in
                notify 1 lamp v3 [recipient confirmed -]
            > taken 1
            > played s4 1
                bye c
                close s4
                RECORD call3 Out 103 > *45 HungUp fault None talked 0s packets 4/0
                    0s Detail *45 is taking calls of queues, or not.
                    0s Good Doctor takes calls of desk, nurses
                    0s Good Ended
            > switches
                night false blocked 0
            > invite d 103 *45601
                switches changed
                open s5 :4008
                sound s5 10.0.0.103:7000
                answer d (v1 :4008)
                play s5 <Confirm> queue_out
                notify 1 lamp v4 [recipient terminated -]
            > played s5 1
                bye d
                close s5
                RECORD call4 Out 103 > *45601 HungUp fault None talked 0s packets 5/0
                    0s Detail *45 is taking calls of queues, or not.
                    0s Good Doctor takes no calls of nurses
                    0s Good Ended
            > invite e 103 *45101
                open s6 :4010
                sound s6 10.0.0.103:7000
                answer e (v1 :4010)
                play s6 <Error> not_possible
            > played s6 1
                bye e
                close s6
                RECORD call5 Out 103 > *45101 HungUp fault None talked 0s packets 6/0
                    0s Detail *45 is taking calls of queues, or not.
                    0s Warn The code was not carried out (What follows the code leads to no queue.)
                    0s Good Ended
            > invite f 101 *45
                open s7 :4012
                sound s7 10.0.0.101:7000
                answer f (v1 :4012)
                play s7 <Error> not_possible
            > played s7 1
                bye f
                close s7
                RECORD call6 Out 101 > *45 HungUp fault None talked 0s packets 7/0
                    0s Detail *45 is taking calls of queues, or not.
                    0s Warn The code was not carried out (No such queue rings at this extension.)
                    0s Good Ended
        "#]],
    );
}

/// Nobody waits for those who have all gone: whoever waits is led on when the last one goes, and who calls later at once.
#[test]
fn a_queue_that_nobody_takes_calls_of_leads_on() {
    check(
        TWO,
        "
        trace
        invite x 102 103
        pickup B1
        invite a main:+12025550171 +12025550123
        invite b 102 *45
        played s4 1
        invite c 103 *45600
        wait 1
        played s5 1
        pickup B2
        bye a
        bye x
        invite d main:+12025550172 +12025550123
        cancel d
        ",
        &expect![[r#"
            > trace
            > invite x 102 103
                open s1 :4000
                open s2 :4002
                invite B1 sip:103@10.0.0.103 from "Nurse" sip:102@clinic.demo (v1 :4002)
            > pickup B1
                sound s2 10.0.1.10:7000
                answer x (v1 :4000)
                sound s1 10.0.0.102:7000
                bridge s1 s2
            > invite a main:+12025550171 +12025550123
                open s3 :4004
                sound s3 192.0.2.1:7000
                answer a (v1 :4004)
                play s3 queue_stay Silence(300ms) (15.9s) Forever(Clip(Clip(16000 Hz, 15.9s)))
            > invite b 102 *45
                switches changed
                open s4 :4006
                sound s4 10.0.0.102:7000
                answer b (v1 :4006)
                play s4 <Confirm> queue_out
            > played s4 1
                bye b
                close s4
                RECORD call1 Out 102 > *45 HungUp fault None talked 0s packets 4/0
                    0s Detail *45 is taking calls of queues, or not.
                    0s Good Nurse takes no calls of desk
                    0s Good Ended
            > invite c 103 *45600
                switches changed
                open s5 :4008
                sound s5 10.0.0.103:7000
                answer c (v1 :4008)
                play s5 <Confirm> queue_out
            > wait 1
                open s6 :4010
                invite B2 sip:101@10.0.0.101 from "" sip:+12025550171@clinic.demo (v1 :4010)
                play s3 <Ringing>
            > played s5 1
                bye c
                close s5
                RECORD call2 Out 103 > *45600 HungUp fault None talked 1s packets 5/0
                    0s Detail *45 is taking calls of queues, or not.
                    0s Good Doctor takes no calls of desk
                    1s Good Ended
            > pickup B2
                sound s6 10.0.1.11:7000
                stop s3
                bridge s3 s6
                reinvite a (v2 :4004)
            > bye a
                bye B2
                close s3 s6
                RECORD call3 In +12025550171 > +12025550123 HungUp fault None talked 1s desk 1s led_on packets 3/6
                    0s Detail It is a number that this plan answers: it leads to queue desk.
                    0s Detail The caller waits in the queue desk until one of 102, 103 is free.
                    0s Good The caller waits in the queue desk, 0 before them
                    1s Warn Nobody takes calls of the queue any more
                    1s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    1s Good Ringing 1 phone
                    1s Good Answered by Front desk
                    1s Good The caller hung up
                    1s Good Ended
            > bye x
                bye B1
                close s1 s2
                RECORD call4 Out 102 > 103 HungUp fault None talked 1s packets 1/2
                    0s Detail 103 is the extension of a person: 103 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good Answered by Doctor
                    1s Good The caller hung up
                    1s Good Ended
            > invite d main:+12025550172 +12025550123
                open s7 :4012
                sound s7 192.0.2.1:7000
                answer d (v1 :4012)
                open s8 :4014
                invite B3 sip:101@10.0.0.101 from "" sip:+12025550172@clinic.demo (v1 :4014)
                play s7 <Ringing>
            > cancel d
                cancel B3
                close s7 s8
                RECORD call5 In +12025550172 > +12025550123 HungUp fault None alone 0s packets 7/8
                    0s Detail It is a number that this plan answers: it leads to queue desk.
                    0s Detail The caller waits in the queue desk until one of 102, 103 is free.
                    0s Warn Nobody takes calls of the queue desk now
                    0s Detail 101 is the extension of a person: 101 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good The caller hung up
                    0s Good Ended
        "#]],
    );
}

/// Once three have got through it can be said how long the next ones wait.
#[test]
fn who_waits_hears_how_long_that_may_be() {
    let plan = r#"
[[inbound]]
number = "main"
to = "queue desk"
[queues.desk]
ring = ["102"]
every = 30
say_wait = true
"#;
    let before: String = ["a", "b", "c"]
        .iter()
        .zip(1..)
        .map(|(caller, n)| {
            format!("invite {caller} main:+1202555017{n} +12025550123\nwait 110\npickup B{n}\nwait 1\nbye {caller}\n")
        })
        .collect();
    let mut bench = super::ready(&plan.replace("every", "seconds = 120\nevery"));
    bench.run(&before);
    bench.log.clear();
    bench.run(
        "
        invite d main:+12025550174 +12025550123
        invite e main:+12025550175 +12025550123
        wait 31
        bye d
        bye e
        ",
    );
    let told: Vec<&str> = bench.log.lines().filter(|line| line.contains("queue_minute")).collect();
    assert_eq!(
        told.iter().map(|line| line.split(" (").next().unwrap_or_default().trim()).collect::<Vec<_>>(),
        [
            "play s7 queue_next queue_minutes number-2 minutes",
            "play s9 queue_position number-2 queue_minutes number-4 minutes"
        ],
        "{}",
        bench.log
    );
}

/// Whoever declines is not rung again each second, and who becomes free meanwhile is at once.
#[test]
fn who_declines_a_call_is_left_in_peace_by_it_for_a_while() {
    let script = "invite x 103 101\npickup B1\ninvite a main:+12025550171 +12025550123\nrefuse B2 603\nwait 19";
    let log = ran(QUEUE, &format!("{script}\nwait 3\nrefuse B3 486\nbye x\nwait 2\npickup B4\nbye a")).log;
    let calls: Vec<&str> =
        log.lines().map(str::trim).filter(|l| l.starts_with("invite B") || *l == "> wait 19").collect();
    assert_eq!(calls.len(), 5, "{log}");
    assert!(calls[1].contains("sip:102@") && calls[2] == "> wait 19" && calls[3].contains("sip:102@"), "{log}");
    assert!(calls[4].contains("sip:103@"), "{log}");
}
