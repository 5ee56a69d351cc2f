//! A number outside that rings beside a desk, and who is shown to whom, with real ends: SIPp is the mobile phone at the end of a trunk of its
//! own, and the desk.

use std::time::Duration;

use interop::baresip::Baresip;
use interop::sipp::Phone;
use interop::{Demo, free_offset, http};

const SOON: Duration = Duration::from_secs(30);
/// The caller's tone: its period in samples, and what that is in Hz.
const CALLER: (u16, usize) = (8, 1000);
const PLAN: &str = "[outside]
national = 'main'
[[rights]]
numbers = ['+12025550188']
over = 'mobile'
[[inbound]]
number = 'main'
ring = ['102']
label = 'Front'
[[shows]]
people = ['101']
number = 'fax'
name = 'Harbor Billing'
[names]
'+12025550123' = 'Lab on Main Street'
[emergency]
trunks = ['main']";

/// With the mobile phone's trunk, at the port of the test's phone 0; it rings beside 102.
fn demo() -> Demo {
    let offset = free_offset();
    let demo = Demo::start_changed(offset, |sample| {
        let plan = format!("plan = \"\"\"\n{PLAN}\n\"\"\"");
        let changed = sample.replacen("plan = \"solo-practice\"", &plan, 1);
        assert_ne!(changed, sample, "the sample's plan");
        format!("{changed}\n[[trunks]]\nname = \"mobile\"\naddress = \"127.0.0.1:{}\"\n", 6100 + offset)
    });
    let address = demo.text("/console").replace("http://", "");
    let headers = format!(
        "Authorization: Bearer {}\r\nOrigin: http://{address}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        demo.text("/api_token")
    );
    let form = b"also=%2B12025550188";
    let answer = http::request(&address, "POST", "/people/102", &headers, form).expect("an answer");
    assert_eq!(answer.status, 303, "{}", String::from_utf8_lossy(&answer.body));
    demo
}

fn mobile(demo: &Demo) -> Phone {
    Phone::with_password(demo, "outside", "", 0)
}

fn desk(demo: &Demo) -> Phone {
    let desk = Phone::new(demo, "102", 2);
    desk.register();
    desk
}

#[test]
fn whoever_presses_1_outside_has_the_call_and_sees_whom_the_plan_shows() {
    let demo = demo();
    let (mobile, desk) = (mobile(&demo), desk(&demo));
    let (takes, rings) = (mobile.waits("answer_and_press"), desk.waits("ring"));
    let mut caller = Baresip::start(&demo, "101", 4, CALLER.0);
    caller.order("dial 102");
    caller.wait_for_events("CALL_ESTABLISHED", 1);
    rings.succeed(SOON);
    // Whoever took it sends back what they hear.
    caller.wait_until_heard(CALLER.1);
    caller.order("hangup");
    takes.succeed(SOON);
    let invite = mobile.received().into_iter().find(|message| message.starts_with("INVITE ")).expect("a call");
    assert!(invite.contains("\nFrom: \"Harbor Billing\" <sip:+12025550199@"), "{invite}");
    let story = demo.story(&demo.wait_for_call(1, "102", "hung_up"));
    assert!(story.contains("asked to press 1") && story.contains("took the call"), "{story}");
}

/// As the mailbox of a mobile phone does, that end answers at once and presses nothing.
#[test]
fn the_desk_rings_on_while_a_mailbox_outside_listens_to_us() {
    let demo = demo();
    let (mobile, desk) = (mobile(&demo), desk(&demo));
    let mailbox = mobile.waits("answer");
    let answers = desk.waits_and_rings("answer", Duration::from_secs(3));
    let mut caller = Baresip::start(&demo, "101", 4, CALLER.0);
    caller.order("dial 102");
    caller.wait_for_events("CALL_ESTABLISHED", 1);
    mailbox.succeed(SOON);
    caller.wait_until_heard(CALLER.1);
    caller.order("hangup");
    answers.succeed(SOON);
    let story = demo.story(&demo.wait_for_call(1, "102", "hung_up"));
    assert!(story.contains("asked to press 1") && story.contains("is not asked any more"), "{story}");
}

#[test]
fn a_phone_shows_which_number_is_called_and_the_clinic_s_own_name_for_who_calls() {
    let demo = demo();
    let desk = desk(&demo);
    let answering = desk.waits("answer_and_hang_up");
    let server = format!("{}:{}", demo.text("/sip/host"), demo.text("/sip/udp"));
    mobile(&demo).call_at(&server, "outside_until_told", "+12025550100");
    answering.succeed(SOON);
    let invite = desk.received().into_iter().find(|message| message.starts_with("INVITE ")).expect("a call");
    assert!(invite.contains("\nFrom: \"Front: Lab on Main Street\" <sip:+12025550123@"), "{invite}");
    let call = demo.wait_for_call(1, "+12025550100", "hung_up");
    assert_eq!(call["from"]["name"], "Lab on Main Street", "{call}");
}
