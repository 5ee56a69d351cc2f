//! A caller leaves a message: what is heard, which keys there are, and how it ends.

use expect_test::expect;

use super::{after_nobody, check};

#[test]
fn nobody_answers_and_a_message_is_left() {
    check(
        "trace
        invite a 101 102
        ring B1
        wait 26
        answer greeting
        answer begun
        played s3
        played s3
        recorded s3 2.5
        bye a
        recorded s3 0.5 stopped",
        &expect![[r#"
            > trace
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > ring B1
                ring a 180
            > wait 26
                cancel B1
                close s2 s1
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                ask greeting 102 unavailable
                ask begin 102
                play s3 greeting_extension number-1 number-0 number-2 greeting_unavailable leave_a_message
            > answer greeting
            > answer begun
            > played s3
                play s3 <Beep>
            > played s3
                record s3 most 180s silence Some(5s)
            > recorded s3 2.5
                ask part 0
                ask part 1
                ask part 2
            > bye a
                stop record s3
            > recorded s3 0.5 stopped
                ask part 3
                ask finish
                close s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 1s with a message packets 3/0
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                   25s Warn Nobody took the call (Nobody answered)
                   25s Detail The mailbox of 102 takes a message.
                   25s Good The mailbox of 102 answered (unavailable)
                   26s Good The caller hung up
                   26s Good The caller left a message
                   26s Good Ended
        "#]],
    );
}

#[test]
fn silence_ends_a_message_and_the_caller_hears_that_it_was_saved_when_it_is() {
    after_nobody(
        "played s3\nplayed s3\nrecorded s3 3 silence\nanswer taken\nplayed s3",
        &expect![[r#"
            > played s3
                play s3 <Beep>
            > played s3
                record s3 most 180s silence Some(5s)
            > recorded s3 3 silence
                ask part 0
                ask part 1
                ask part 2
                ask finish
            > answer taken
                play s3 message_saved goodbye
            > played s3
                bye a
                close s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 1s with a message packets 3/0
        "#]],
    );
}

#[test]
fn a_caller_listens_marks_it_urgent_and_records_it_again() {
    after_nobody(
        "key s3 #\nplayed s3\nrecorded s3 2\nkey s3 #\nrecorded s3 0.2 stopped\nkey s3 2\nplayed s3\nkey s3 4\nkey s3 9\nkey s3 3
        answer begun\nplayed s3\nrecorded s3 1.5\nkey s3 #\nrecorded s3 0.2 stopped\nkey s3 1\nanswer taken\nplayed s3",
        &expect![[r#"
            > key s3 #
                play s3 <Beep>
            > played s3
                record s3 most 180s silence Some(5s)
            > recorded s3 2
                ask part 0
                ask part 1
            > key s3 #
                stop record s3
            > recorded s3 0.2 stopped
                ask part 2
                play s3 message_options
            > key s3 2
                play s3 (1s) (1s) (200ms) message_options
            > played s3
            > key s3 4
                ask urgent
                play s3 message_urgent message_options
            > key s3 9
                play s3 invalid_choice message_options
            > key s3 3
                ask discard
                ask begin 102
                ask urgent
                play s3 <Beep>
            > answer begun
            > played s3
                record s3 most 180s silence Some(5s)
            > recorded s3 1.5
                ask part 0
                ask part 1
            > key s3 #
                stop record s3
            > recorded s3 0.2 stopped
                ask part 2
                play s3 message_options
            > key s3 1
                stop s3
                ask finish
            > answer taken
                play s3 message_saved goodbye
            > played s3
                bye a
                close s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 1s with a message packets 3/0
        "#]],
    );
}

#[test]
fn who_presses_nothing_has_sent_the_message() {
    after_nobody(
        "played s3\nplayed s3\nrecorded s3 2\nkey s3 #\nrecorded s3 0.2 stopped\nplayed s3\nwait 11\nanswer taken\nbye a",
        &expect![[r#"
            > played s3
                play s3 <Beep>
            > played s3
                record s3 most 180s silence Some(5s)
            > recorded s3 2
                ask part 0
                ask part 1
            > key s3 #
                stop record s3
            > recorded s3 0.2 stopped
                ask part 2
                play s3 message_options
            > played s3
            > wait 11
                ask finish
            > answer taken
                play s3 message_saved goodbye
            > bye a
                close s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 12s with a message packets 3/0
        "#]],
    );
}

#[test]
fn a_click_is_no_message() {
    after_nobody(
        "played s3\nplayed s3\nrecorded s3 0.4 silence\nplayed s3",
        &expect![[r#"
            > played s3
                play s3 <Beep>
            > played s3
                record s3 most 180s silence Some(5s)
            > recorded s3 0.4 silence
                ask part 0
                ask discard
                play s3 message_too_short goodbye
            > played s3
                bye a
                close s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 3/0
        "#]],
    );
    after_nobody(
        "played s3\nplayed s3\nbye a\nrecorded s3 0.4 stopped",
        &expect![[r#"
            > played s3
                play s3 <Beep>
            > played s3
                record s3 most 180s silence Some(5s)
            > bye a
                stop record s3
            > recorded s3 0.4 stopped
                ask part 0
                ask discard
                close s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 3/0
        "#]],
    );
    after_nobody(
        "bye a",
        &expect![[r#"
            > bye a
                ask discard
                close s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 3/0
        "#]],
    );
}

#[test]
fn the_console_ends_a_message_and_what_was_said_is_kept() {
    after_nobody(
        "played s3\nplayed s3\nrecorded s3 2\nhangup",
        &expect![[r#"
            > played s3
                play s3 <Beep>
            > played s3
                record s3 most 180s silence Some(5s)
            > recorded s3 2
                ask part 0
                ask part 1
            > hangup
                stop record s3
                hung up call1
                ask finish
                bye a
                close s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 2s with a message packets 3/0
        "#]],
    );
}

#[test]
fn a_browser_that_vanishes_leaves_what_it_said() {
    after_nobody(
        "played s3\nplayed s3\nrecorded s3 2.5\nkeys s3 gone\nrecorded s3 0.5 stopped",
        &expect![[r#"
        > played s3
            play s3 <Beep>
        > played s3
            record s3 most 180s silence Some(5s)
        > recorded s3 2.5
            ask part 0
            ask part 1
            ask part 2
        > keys s3 gone
            stop record s3
        > recorded s3 0.5 stopped
            ask part 3
            ask finish
            bye a
            close s3
            RECORD call1 Out 101 > 102 Lost fault Caller talked 1s with a message packets 3/0
    "#]],
    );
}

#[test]
fn with_whom_no_keys_were_agreed_on_is_not_spoken_to() {
    after_nobody(
        "trace\nkeys s3 fail",
        &expect![[r#"
            > trace
            > keys s3 fail
                ask discard
                bye a
                close s3
                RECORD call1 Out 101 > 102 Refused fault Caller talked 1s packets 3/0
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                   25s Warn Nobody took the call (Nobody answered)
                   25s Detail The mailbox of 102 takes a message.
                   25s Good The mailbox of 102 answered (unavailable)
                   26s Bad No keys were agreed on with the caller (DTLS: not the certificate that its description names, or no answer)
                   26s Warn The caller left no message
                   26s Warn Refused
        "#]],
    );
}

#[test]
fn a_caller_whose_sound_does_not_come_leaves_no_message_and_hears_so() {
    after_nobody(
        "trace\nplayed s3\nplayed s3\nsilent s3\nrecorded s3 5 silence hush\nplayed s3",
        &expect![[r#"
            > trace
            > played s3
                play s3 <Beep>
            > played s3
                record s3 most 180s silence Some(5s)
            > silent s3
            > recorded s3 5 silence hush
                ask part 0
                ask part 1
                ask part 2
                ask part 3
                ask part 4
                ask discard
                play s3 message_too_short goodbye
            > played s3
                bye a
                close s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 3/0
                    0s Detail 102 is the extension of a person: 102 rings for 25 seconds.
                    0s Good Ringing 1 phone
                    0s Good It rings
                   25s Warn Nobody took the call (Nobody answered)
                   25s Detail The mailbox of 102 takes a message.
                   25s Good The mailbox of 102 answered (unavailable)
                   26s Warn No sound comes from the caller (no RTP)
                   26s Good Ended
        "#]],
    );
}

/// What was said until then is a message, to its last part, as if the caller had hung up.
#[test]
fn a_person_ends_the_call_while_a_message_is_left() {
    after_nobody(
        "played s3\nplayed s3\nrecorded s3 2.5\nhangup\nrecorded s3 0.5 stopped",
        &expect![[r#"
        > played s3
            play s3 <Beep>
        > played s3
            record s3 most 180s silence Some(5s)
        > recorded s3 2.5
            ask part 0
            ask part 1
            ask part 2
        > hangup
            stop record s3
            hung up call1
        > recorded s3 0.5 stopped
            ask part 3
            ask finish
            bye a
            close s3
            RECORD call1 Out 101 > 102 HungUp fault None talked 1s with a message packets 3/0
    "#]],
    );
}
