//! The console's own telephone: people sign in, and their browsers call desk phones, each other, the outside and help. Every party has a tone of
//! its own, and what each hears is judged.

use interop::Demo;
use interop::baresip::Baresip;
use interop::telephone::Telephone;

/// In Hz. baresip's are 8000 by a period in samples.
const BROWSER: u32 = 1000;
const DESK: (u16, i64) = (16, 500);

#[test]
fn a_person_at_the_console_and_a_desk_phone_call_each_other() {
    let demo = Demo::start();
    let person = Telephone::start(&demo, "101", 0, BROWSER);
    let mut desk = Baresip::start(&demo, "102", 1, DESK.0);

    person.dial("102");
    person.wait_for_call("In a call with Nurse (102)");
    desk.wait_until_heard(1000);
    person.wait_until_heard(DESK.1);
    person.press("hang-up");
    let call = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&call);
    let story = demo.story(&call);
    assert!(story.contains("Encrypted, AES") && story.contains("Not encrypted"), "{story}");

    desk.order("dial 101");
    person.wait_for_call("Nurse (102) calls");
    person.press("answer");
    person.wait_for_call("In a call with Nurse (102)");
    desk.wait_until_heard(1000);
    person.wait_until_heard(DESK.1);
    desk.order("hangup");
    person.wait_for_note("The call with Nurse (102) is over");
    demo.wait_for_call(2, "101", "hung_up");
}
