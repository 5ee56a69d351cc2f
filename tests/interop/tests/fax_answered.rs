//! A machine calls a number that a menu answers. What it sends is a fax of ours all the same: its tone is heard under the menu's words.

use interop::Demo;
use interop::free_offset;
use interop::mailbox::Mail;

/// The clinic has one number for all, as the smallest have.
const PLAN: &str = "[[inbound]]
number = 'fax'
to = 'menu main'
[menus.main]
prompt = 'menu_practice'
keys = { 1 = '101' }
times = 3
nobody = 'hang up'
[outside]
national = 'main'";

#[test]
fn a_fax_that_a_menu_answers_arrives() {
    let demo = Demo::start_changed(free_offset(), |sample| {
        let plan = format!("plan = \"\"\"\n{PLAN}\n\"\"\"");
        let changed = sample.replacen("plan = \"solo-practice\"", &plan, 1);
        assert_ne!(changed, sample, "the sample's plan");
        changed
    });
    // It sends back what it gets, and calls as a machine does: by its tone.
    Mail::to(&demo, &demo.text("/fax_numbers/t38_refused")).referral().accepted();
    let fax = demo.wait_for_fax("sent back", |fax| fax["direction"] == "in" && fax["state"] == "received");
    assert_eq!(fax["pages"], 3, "{fax}");
}
