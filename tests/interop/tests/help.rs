//! Who hears of it when somebody calls for help, at real softphones.

use interop::Demo;
use interop::baresip::Baresip;
use interop::linphone::{Linphone, Manner};

#[test]
fn another_phone_shows_that_somebody_calls_for_help_and_the_one_that_calls_is_told_nothing() {
    let demo = Demo::start();
    let mut desk = Linphone::start(&demo, "101", 0, 20, Manner::Usual);
    let mut nurse = Linphone::start(&demo, "102", 1, 40, Manner::Usual);
    let mut manager = Baresip::start(&demo, "103", 2, 80);
    nurse.tell("call sip:911@clinic.demo");
    desk.wait_until_printed("called 911.");
    nurse.tell("terminate");
    demo.wait_for_call(1, "911", "hung_up");
    let told = "Extension 102 (Nurse, Room 2, ground floor) called 911.";
    assert!(desk.log().contains(told));
    // The next message is for both: had there been one before, it stood before this.
    manager.order("dial 911");
    nurse.wait_until_printed("Extension 103");
    assert!(!nurse.log().contains(told), "{}", nurse.log());
}
