//! Outside, a call that nobody took inside is taken by pressing 1, so that no answering machine of a stranger takes it.

use expect_test::expect;

use super::check_in;
use crate::situations::{FORWARDED_OUTSIDE, PHONES};

#[test]
fn outside_a_call_is_taken_by_pressing_1() {
    check_in(
        &FORWARDED_OUTSIDE,
        "pickup B2\ndtmf B2 5\ndtmf B2 1\nbye a",
        &expect![[r#"
            > pickup B2
                idle s4
                play s4 Forever(take_call Silence(2s))
            > dtmf B2 5
            > dtmf B2 1
                stop s4
                answer a (v1 :4004)
            > bye a
                bye B2
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 3/4
                   26s Good Answered by the trunk main
                   26s Detail Whoever answered is asked to press 1
                   26s Good +12025550188 took the call
                   26s Good The caller hung up
                   26s Good Ended"#]],
    );
    check_in(
        &FORWARDED_OUTSIDE,
        "early B2\npickup B2\nwait 16",
        &expect![[r#"
            > early B2
                ring a 183 (v1 :4004)
            > pickup B2
                idle s4
                play s4 Forever(take_call Silence(2s))
                play s3 <Ringing>
            > wait 16
                bye B2
                dismiss s4
                refuse a 480
                RECORD call1 Out 101 > 102 NoAnswer fault Callee packets 3/4
                   26s Good It rings
                   26s Good Answered by the trunk main
                   26s Detail Whoever answered is asked to press 1
                   41s Warn +12025550188 did not take the call (no 1 was pressed)
                   41s Warn Nobody answered"#]],
    );
    check_in(
        &FORWARDED_OUTSIDE,
        "pickup B2\nask B2 hold\nbye B2",
        &expect![[r#"
            > pickup B2
                idle s4
                play s4 Forever(take_call Silence(2s))
            > ask B2 hold
                answer reinvite B2 (v2 :4006 recvonly)
            > bye B2
                dismiss s4
                refuse a 480
                RECORD call1 Out 101 > 102 NoAnswer fault Callee packets 3/4
                   26s Good Answered by the trunk main
                   26s Detail Whoever answered is asked to press 1
                   26s Detail The called side put the call on hold (sendonly)
                   26s Warn +12025550188 did not take the call (no 1 was pressed)
                   26s Warn Nobody answered"#]],
    );
    check_in(
        &FORWARDED_OUTSIDE,
        "pickup B2\ncancel a",
        &expect![[r#"
            > pickup B2
                idle s4
                play s4 Forever(take_call Silence(2s))
            > cancel a
                bye B2
                RECORD call1 Out 101 > 102 Abandoned fault Caller packets 3/4
                   26s Good Answered by the trunk main
                   26s Detail Whoever answered is asked to press 1
                   26s Warn The caller hung up before anyone answered"#]],
    );
}

/// A phone that knows no G.711, and a mobile phone that knows nothing else: the key is heard, and the two are translated to each other.
#[test]
fn a_phone_without_g711_keeps_its_call_when_the_key_is_pressed() {
    let script =
        "switch forward 102 no-answer 12025550188\ninvite a 101 102 g722\nring B1\nwait 26\npickup B2 pcmu\ndtmf B2 1";
    let log = PHONES.run(&format!("{script}\nack a\nbye a"));
    assert!(log.contains("answer a ") && !log.contains("refuse a"), "{log}");
}
