//! A number outside rings beside somebody's own phones: whoever takes the call first has it, and outside they press 1.

use calls::Limits;
use expect_test::expect;

use super::check;
use crate::bench::Bench;

/// The mailbox of a mobile phone answers at once, and takes no call: the desk goes on ringing.
#[test]
fn the_desk_rings_on_while_somebody_outside_is_asked() {
    check(
        "
        switch forward 102 also +12025550188
        invite a 101 102
        ring B1
        ring B2
        pickup B2
        wait 5
        pickup B1
        bye a
        ",
        &expect![[r#"
            > switch forward 102 also +12025550188
                switches changed
                switched
            > invite a 101 102
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
                invite B2 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > ring B2
            > pickup B2
                idle s2
                play s2 Forever(take_call Silence(2s))
            > wait 5
            > pickup B1
                stop s2
                bye B2
                dismiss s2
                answer a (v1 :4000)
            > bye a
                bye B1
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 1/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good A number outside rings beside the phones of 102
                    0s Good Calling over the trunk main
                    0s Good It rings
                    0s Good It rings
                    0s Good Answered by the trunk main
                    0s Detail Whoever answered is asked to press 1
                    5s Detail +12025550188 is not asked any more
                    5s Good Answered by Nurse
                    5s Good The caller hung up
                    5s Good Ended"#]],
    );
}

#[test]
fn who_presses_1_outside_has_the_call() {
    check(
        "
        switch forward 102 also +12025550188
        invite a main:+12025550171 +12025550123
        cancel a
        invite b 101 102
        early B4
        pickup B4
        dtmf B4 1
        bye b
        ",
        &expect![[r#"
            > switch forward 102 also +12025550188
                switches changed
                switched
            > invite a main:+12025550171 +12025550123
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550171@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550171@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                cancel B2
                RECORD call1 In +12025550171 > +12025550123 Abandoned fault Caller packets 1/2
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Warn The caller hung up before anyone answered
            > invite b 101 102
                invite B3 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
                invite B4 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > early B4
                ring b 180
            > pickup B4
                idle s4
                play s4 Forever(take_call Silence(2s))
            > dtmf B4 1
                stop s4
                cancel B3 taken
                answer b (v1 :4004)
            > bye b
                bye B4
                RECORD call2 Out 101 > 102 HungUp fault None talked 0s packets 3/4
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good A number outside rings beside the phones of 102
                    0s Good Calling over the trunk main
                    0s Good It rings
                    0s Good Answered by the trunk main
                    0s Detail Whoever answered is asked to press 1
                    0s Good +12025550188 took the call
                    0s Good The caller hung up
                    0s Good Ended"#]],
    );
}

/// What is said outside is nothing that the desk has said.
#[test]
fn a_mobile_that_is_busy_or_does_not_press_leaves_the_desk_its_time() {
    check(
        "
        switch forward 102 also +12025550188
        invite a 101 102
        refuse B2 486
        ring B1
        wait 26
        invite b 101 102
        refuse B3 486
        pickup B4
        wait 14
        wait 2
        invite c 101 102
        pickup B6
        wait 24
        wait 20
        ",
        &expect![[r#"
            > switch forward 102 also +12025550188
                switches changed
                switched
            > invite a 101 102
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
                invite B2 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
            > refuse B2 486
            > ring B1
                ring a 180
            > wait 26
                refuse a 480
                cancel B1
                RECORD call1 Out 101 > 102 NoAnswer fault Callee packets 1/2
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good A number outside rings beside the phones of 102
                    0s Good Calling over the trunk main
                    0s Warn Refused by the trunk main (status 486)
                    0s Good It rings
                   25s Warn Nobody answered
            > invite b 101 102
                invite B3 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4006)
                invite B4 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4006)
            > refuse B3 486
            > pickup B4
                idle s4
                play s4 Forever(take_call Silence(2s))
            > wait 14
            > wait 2
                bye B4
                dismiss s4
                refuse b 480
                RECORD call2 Out 101 > 102 NoAnswer fault Callee packets 3/4
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good A number outside rings beside the phones of 102
                    0s Good Calling over the trunk main
                    0s Warn Refused by Nurse (status 486)
                    0s Good Answered by the trunk main
                    0s Detail Whoever answered is asked to press 1
                   15s Warn +12025550188 did not take the call (no 1 was pressed)
                   15s Warn Nobody answered
            > invite c 101 102
                invite B5 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4010)
                invite B6 sip:+12025550188@192.0.2.1:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4010)
            > pickup B6
                idle s6
                play s6 Forever(take_call Silence(2s))
            > wait 24
                bye B6
                dismiss s6
            > wait 20
                refuse c 480
                cancel B5
                RECORD call3 Out 101 > 102 Unreachable fault Callee packets 5/6
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good A number outside rings beside the phones of 102
                    0s Good Calling over the trunk main
                    0s Good Answered by the trunk main
                    0s Detail Whoever answered is asked to press 1
                   15s Warn +12025550188 did not take the call (no 1 was pressed)
                   25s Warn Not reachable"#]],
    );
}

#[test]
fn only_a_number_outside_rings_beside_and_not_for_who_calls_from_there() {
    check(
        "
        switch forward 102 also 103
        switch forward 102 also 911
        switch forward 102 also +12025550188
        invite a main:+12025550188 +12025550123
        cancel a
        register 102 expires=0
        invite b 101 102
        ",
        &expect![[r#"
            > switch forward 102 also 103
                not switched: Only a number outside rings beside one's own phones; inside, a group does that.
            > switch forward 102 also 911
                not switched: Calls are never forwarded to an emergency number.
            > switch forward 102 also +12025550188
                switches changed
                switched
            > invite a main:+12025550188 +12025550123
                invite B1 sip:101@10.0.0.101 from "" sip:+12025550188@clinic.demo (v1 :4002)
                invite B2 sip:102@10.0.0.102 from "" sip:+12025550188@clinic.demo (v1 :4002)
            > cancel a
                cancel B1
                cancel B2
                RECORD call1 In +12025550188 > +12025550123 Abandoned fault Caller packets 1/2
                    0s Detail It is a number that this plan answers: 101, 102 ring together for 30 seconds.
                    0s Good Ringing 2 phones
                    0s Warn The caller hung up before anyone answered
            > register 102 expires=0
                bindings [101 udp 10.0.0.101:5060, 103 udp 10.0.0.103:5060]
                accept register []
            > invite b 101 102
                refuse b 480
                RECORD call2 Out 101 > 102 Unreachable fault Callee packets 0/0
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Warn No phone is registered there
                    0s Warn Not reachable"#]],
    );
}

/// Whoever waits in a menu hears it ring, wherever their call is taken.
#[test]
fn a_call_that_the_box_has_answered_rings_outside_too() {
    let plan = "[outside]\nnational = [\"main\", \"backup\"]\n[[inbound]]\nnumber = \"main\"\nto = \"menu m\"\n[menus.m]\nprompt = \"menu_practice\"\nkeys = { 1 = \"102\" }\nnobody = \"hang up\"\n";
    for ends in [
        "refuse B2 503\npickup B3\ndtmf B3 1\nbye B3",
        "pickup B2\nwait 3\npickup B1\nbye p",
        "pickup B2\nrefuse B1 486\nwait 16",
        "pickup B2\nbye p",
    ] {
        let mut bench = Bench::with_plan(Limits::default(), plan);
        bench.run("register 102\nswitch forward 102 also +12025550188");
        bench.run("invite p main:+12025550171 +12025550123\nack p\nkey s1 1\nwait 3");
        bench.run(ends);
        bench.check_rest();
        let lines: Vec<&str> = bench.log.lines().skip_while(|line| *line != "> wait 3").collect();
        let untold = ["open", "sound", "wait 3"];
        let said: Vec<&str> = lines.into_iter().filter(|l| !untold.iter().any(|u| l.contains(u))).collect();
        match ends.as_bytes()[0] {
            b'r' => expect![[r#"
                > refuse B2 503
                    invite B3 sip:+12025550188@192.0.2.2:5060 from "Harbor Street Clinic" sip:+12025550123@clinic.demo (v1 :4002)
                > pickup B3
                    play s2 Forever(take_call Silence(2s))
                > dtmf B3 1
                    stop s2
                    cancel B1 taken
                    stop s1
                    bridge s1 s2
                    reinvite p (v2 :4000)
                > bye B3
                    bye p
                    close s1 s2
                    RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 3s packets 1/2"#]].assert_eq(&said.join("\n")),
            _ if ends.contains("wait 16") => expect![[r#"
                > pickup B2
                    play s2 Forever(take_call Silence(2s))
                > refuse B1 486
                > wait 16
                    bye B2
                    dismiss s2
                    close s2
                    bye p
                    close s1
                    RECORD call1 In +12025550171 > +12025550123 NoAnswer fault Callee alone 18s packets 1/0"#]].assert_eq(&said.join("\n")),
            _ if ends.contains("wait 3") => expect![[r#"
                > pickup B2
                    play s2 Forever(take_call Silence(2s))
                > pickup B1
                    stop s2
                    bye B2
                    dismiss s2
                    stop s1
                    bridge s1 s2
                    reinvite p (v2 :4000)
                > bye p
                    bye B1
                    close s1 s2
                    RECORD call1 In +12025550171 > +12025550123 HungUp fault None talked 6s packets 1/2"#]].assert_eq(&said.join("\n")),
            _ => expect![[r#"
                > pickup B2
                    play s2 Forever(take_call Silence(2s))
                > bye p
                    cancel B1
                    bye B2
                    close s1 s2
                    RECORD call1 In +12025550171 > +12025550123 HungUp fault None alone 3s packets 1/2"#]].assert_eq(&said.join("\n")),
        }
    }
}

/// Whoever hands a ringing call on leaves nobody outside who would take it unasked, and nobody who hears what was said to them.
#[test]
fn a_ringing_call_that_is_handed_on_rings_at_the_desk_alone() {
    for asked in ["ring B4", "pickup B4"] {
        let mut bench = Bench::new(Limits::default());
        bench.run("register 101\nregister 102\nregister 103\nswitch forward 103 also +12025550188");
        bench.run("invite p main:+12025550171 +12025550123\npickup B1\nack p\nask B1 held\ninvite a 101 103");
        bench.run(asked);
        bench.run("refer B1 replaces a");
        bench.run("pickup B3\nbye p");
        bench.check_rest();
        let lines: Vec<&str> = bench.log.lines().skip_while(|line| !line.starts_with("> refer")).collect();
        let log = lines.join("\n");
        assert!(log.contains(if asked == "ring B4" { "cancel B4" } else { "bye B4" }), "{}", bench.log);
        assert_eq!(log.contains("stop s"), asked == "pickup B4", "{}", bench.log);
        assert!(log.contains("bridge "), "{}", bench.log);
    }
}
