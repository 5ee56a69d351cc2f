//! A fax machine behind an adapter, which is a phone account of ours, and they.

use std::time::Duration;

use interop::far_end::Does::{Agrees, Answers, Calls, HangsUp, IsAsked, IsHungUpOn, WaitsToBeTold};
use interop::far_end::{CNG, CNG_PACKET, FarEnd, NO_SOUND, PREAMBLE_PACKET, T38, rests, scenario};
use interop::mailbox::Mail;
use interop::sipp::Phone;
use interop::toned::Toned;
use interop::{Demo, free_offset, planned, wait_for};
use serde_json::Value;

use super::{LONGEST, REDUNDANCY, assert_opens_t38, assert_tells, kinds, story_of_last};

const SOON: Duration = Duration::from_secs(40);
const PLAN: &str = "[[inbound]]\nnumber = 'main'\nto = '103'\n[outside]\nnational = 'main'";
const MACHINE: &str = "extension = \"103\"\n";

/// Their number, which the adapter's machine dials.
const THEIRS: &str = "+12025550171";

fn with_machine(sample: &str) -> String {
    sample.replace(MACHINE, &format!("{MACHINE}fax = \"gateway\"\n"))
}

/// Waits until so many messages have come in the call that is up that begin with this and say that.
fn wait_until_came(demo: &Demo, times: usize, beginning: &str, what: &str) {
    let came = || {
        let calls = demo.api("/api/v1/calls/live");
        let ladder = demo.api(&format!("/api/v1/calls/{}/ladder", calls["calls"][0]["id"].as_str()?));
        let is = |message: &&Value| {
            let says = |key: &str, words: &str| message[key].as_str().is_some_and(|text| text.contains(words));
            message["direction"] == "in" && says("first_line", beginning) && says("text", what)
        };
        (ladder["messages"].as_array()?.iter().filter(is).count() >= times).then_some(())
    };
    wait_for(&format!("{times} times {beginning} with {what}"), SOON, came);
}

/// The adapter is a second Frontdesk, whose machine sends. It has agreed on T.38 before their gateway does, which takes less: it is told so, takes it,
/// and says no more about it.
#[test]
fn an_adapter_that_agreed_before_a_slower_gateway_takes_the_slower_speed() {
    let (far, demo) = FarEnd::with_changed(with_machine);
    let (sip, password) = (demo.text("/sip/udp"), demo.secret("103", "password"));
    let house = format!(
        "[[trunks]]\nname = \"main\"\naddress = \"127.0.0.1:{sip}\"\ndomain = \"clinic.demo\"\nuser = \"103\"\npassword = \
         \"{password}\"\nregister = true\n"
    );
    let adapter = Demo::start_with_trunks(&house, free_offset());
    wait_for("the adapter is a phone", SOON, || (demo.registered("103") > 0).then_some(()));
    let slow = format!("{NO_SOUND}\n{}", T38.replace("14400", "4800"));
    let sipp = far.does(&[Answers, IsAsked, WaitsToBeTold, Agrees(&slow), WaitsToBeTold, HangsUp]);
    Mail::to(&adapter, THEIRS.trim_start_matches('+')).referral().accepted();
    far.waits(1);
    // Only the adapter sends an INVITE here.
    wait_until_came(&demo, 1, "INVITE ", "m=image");
    far.goes_on(1);
    // Theirs, and the adapter's.
    wait_until_came(&demo, 2, "SIP/2.0 200 ", "T38MaxBitRate:4800");
    far.goes_on(2);
    sipp.succeed(SOON);
    let story = story_of_last(&demo, 1, THEIRS);
    assert_tells(
        &story,
        &["The fax is translated", "4800 bit/s", "The fax passes as it is", "The called side hung up"],
    );
    for never in ["is not taken by", "is closed by"] {
        assert!(!story.contains(never), "{story}");
    }
    rests(&demo);
}

/// Each hears what the other one says, in its own manner: the flags of V.21 as a packet, and a packet as the tone that it names.
#[test]
fn a_call_with_t38_alone_rings_it_and_passes_through_the_gateway() {
    let (far, demo) = FarEnd::with_changed(|sample| planned(&with_machine(sample), PLAN, "", 0));
    let number = demo.text("/clinic/number");
    let far = far.calling(number.clone());
    let adapter = Phone::new(&demo, "103", 6);
    adapter.register();
    let mut machine = Toned::flags_at(adapter.ear());
    let server = format!("{}:{}", demo.text("/sip/host"), demo.text("/sip/udp"));
    let ear = adapter.ear().to_string();
    let answers = adapter.plays(&scenario(&[Answers, IsHungUpOn]), (&server, ""), &[("sound", &ear)], (1, SOON));

    let sipp = far.does(&[Calls(T38), WaitsToBeTold, HangsUp]);
    far.image.gets(PREAMBLE_PACKET, LONGEST);
    far.image.says(CNG_PACKET, LONGEST);
    machine.wait_until_heard(CNG);
    far.goes_on(1);
    sipp.succeed(SOON);
    answers.succeed(SOON);

    let offered: Vec<String> = adapter.received().into_iter().filter(|m| m.starts_with("INVITE ")).collect();
    assert!(offered.iter().all(|offer| kinds(offer) == ["audio"] && offer.contains("PCMU")), "{offered:#?}");
    let said = far.descriptions();
    assert_eq!(kinds(&said[0]), ["image"], "{}", said[0]);
    assert_opens_t38(&said[0], REDUNDANCY);
    let story = story_of_last(&demo, 1, &number);
    let tells = ["only fax machines ring", "Both sides agreed on T.38", "The fax is translated", "The caller hung up"];
    assert_tells(&story, &tells);
    rests(&demo);
    assert!(demo.faxes().is_empty(), "it is no fax of ours");
}
