//! They call a number that leads to a fax machine behind an adapter, which is a phone account of ours and speaks G.711 alone.

use std::time::Duration;

use interop::far_end::Does::{Answers, Calls, HangsUp, IsHungUpOn, WaitsToBeTold};
use interop::far_end::{CNG, CNG_PACKET, FarEnd, PREAMBLE_PACKET, T38, rests, scenario};
use interop::planned;
use interop::sipp::Phone;
use interop::toned::Toned;

use super::{LONGEST, REDUNDANCY, assert_opens_t38, assert_tells, kinds, story_of_last};

const SOON: Duration = Duration::from_secs(40);
const PLAN: &str = "[[inbound]]\nnumber = 'main'\nto = '103'\n[outside]\nnational = 'main'";
const MACHINE: &str = "extension = \"103\"\n";

/// Each hears what the other one says, in its own manner: the flags of V.21 as a packet, and a packet as the tone that it names.
#[test]
fn a_call_with_t38_alone_rings_it_and_passes_through_the_gateway() {
    let (far, demo) = FarEnd::with_changed(|sample| {
        planned(&sample.replace(MACHINE, &format!("{MACHINE}fax = \"gateway\"\n")), PLAN, "", 0)
    });
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
