//! Whoever keeps messages refuses, is late or says nothing.

use expect_test::expect;

use super::{after_nobody, check};

#[test]
fn what_is_not_durable_in_time_is_not_said_to_be_saved() {
    after_nobody(
        "played s3\nplayed s3\nrecorded s3 3 limit\nwait 6\nanswer taken\nplayed s3",
        &expect![[r#"
            > played s3
                play s3 <Beep>
            > played s3
                record s3 most 180s silence Some(5s)
            > recorded s3 3 limit
                ask part 0
                ask part 1
                ask part 2
                ask finish
            > wait 6
                play s3 message_limit goodbye
            > answer taken
            > played s3
                bye a
                close s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 7s with a message packets 3/0
        "#]],
    );
}

#[test]
fn a_message_that_cannot_be_kept_is_refused_before_the_tone_or_said_to_be_lost() {
    check(
        "invite a 101 102\nrefuse B1 486\nanswer begun no\nplayed s3",
        &expect![[r#"
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B1 486
                close s2 s1
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                ask greeting 102 busy
                ask begin 102
            > answer begun no
                play s3 voicemail_off goodbye
            > played s3
                bye a
                close s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 0s packets 3/0
        "#]],
    );
    after_nobody(
        "played s3\nplayed s3\nrecorded s3 2\nanswer lost\nanswer taken no\nplayed s3",
        &expect![[r#"
            > played s3
                play s3 <Beep>
            > played s3
                record s3 most 180s silence Some(5s)
            > recorded s3 2
                ask part 0
                ask part 1
            > answer lost
                stop record s3
                ask finish
                play s3 message_not_saved goodbye
            > answer taken no
            > played s3
                bye a
                close s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 1s packets 3/0
        "#]],
    );
}

/// Its caller thinks that all of it is there. Whoever has the mailbox hears what was kept.
#[test]
fn a_message_whose_end_could_not_be_kept_is_not_said_to_be_saved() {
    after_nobody(
        "played s3\nplayed s3\nrecorded s3 3 silence\nanswer lost\nanswer taken\nplayed s3",
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
            > answer lost
                play s3 message_not_saved goodbye
            > answer taken
            > played s3
                bye a
                close s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 1s with a message packets 3/0
        "#]],
    );
}

#[test]
fn whoever_keeps_messages_is_silent_and_the_caller_does_not_wait_for_ever() {
    check(
        "invite a 101 102\nrefuse B1 486\nwait 1\nplayed s3\nplayed s3\nwait 6\nplayed s3",
        &expect![[r#"
            > invite a 101 102
                open s1 :4000
                open s2 :4002
                invite B1 sip:102@10.0.0.102 from "Front desk" sip:101@clinic.demo (v1 :4002)
            > refuse B1 486
                close s2 s1
                open s3 :4004
                sound s3 10.0.0.101:7000
                answer a (v1 :4004)
                ask greeting 102 busy
                ask begin 102
            > wait 1
                play s3 greeting_busy leave_a_message
            > played s3
                play s3 <Beep>
            > played s3
            > wait 6
                play s3 voicemail_off goodbye
            > played s3
                bye a
                close s3
                RECORD call1 Out 101 > 102 HungUp fault None talked 7s packets 3/0
        "#]],
    );
}
