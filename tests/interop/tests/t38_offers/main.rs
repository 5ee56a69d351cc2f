//! What far ends say of T.38, and what becomes of the fax: SIPp is the far end of a trunk of one channel, calls our fax number or is called by
//! a fax, and agrees, refuses, says nothing, says two things at once or says what makes no sense. Whatever it is, the fax travels as both sides
//! have said, or its end has a plain sentence; nothing is called sent; and the channel is free for the next.

mod machine_on_a_phone;
mod they_call;
mod we_call;

use interop::Demo;

/// UDPTL of theirs may be that long; what they say is in [`interop::far_end::T38`].
const LONGEST: usize = 400;
const REDUNDANCY: &str = "T38FaxUdpEC:t38UDPRedundancy";

/// What a description of theirs says of a media line: its whole line, and its attributes.
fn line<'a>(description: &'a str, kind: &str) -> Vec<&'a str> {
    let mut lines = description.lines().skip_while(|line| !line.starts_with(&format!("m={kind} ")));
    let first = lines.next();
    first.into_iter().chain(lines.take_while(|line| !line.starts_with("m="))).collect()
}

/// What its lines are about, in their order.
fn kinds(description: &str) -> Vec<&str> {
    description.lines().filter_map(|line| line.strip_prefix("m=")?.split(' ').next()).collect()
}

/// How many of its lines are open.
fn open(description: &str) -> usize {
    let ports = description.lines().filter_map(|line| line.strip_prefix("m=")?.split(' ').nth(1));
    ports.filter(|port| *port != "0").count()
}

/// Asserts that a description opens T.38 as we can do it, with this correction, and closes its sound, if it has a line for that.
fn assert_opens_t38(description: &str, correction: &str) {
    let image = line(description, "image");
    assert!(image.first().is_some_and(|m| m.ends_with(" udptl t38") && !m.starts_with("m=image 0 ")), "{description}");
    for attribute in ["T38FaxVersion:0", "T38FaxRateManagement:transferredTCF", correction] {
        assert!(image.contains(&format!("a={attribute}").as_str()), "no {attribute}: {description}");
    }
    let value = |name: &str| image.iter().find_map(|a| a.strip_prefix(name)?.parse::<u32>().ok()).expect(name);
    assert!([2400, 4800, 7200, 9600, 12_000, 14_400].contains(&value("a=T38MaxBitRate:")), "{description}");
    // At least what the redundancy of the fastest modem takes, and no packet that a network would cut in two.
    assert!((200..=1472).contains(&value("a=T38FaxMaxDatagram:")), "{description}");
    let sound = line(description, "audio");
    assert!(sound.first().is_none_or(|m| m.starts_with("m=audio 0 ")), "{description}");
}

/// The call that ended last, as its page tells it.
fn story_of_last(demo: &Demo, calls: usize, to: &str) -> String {
    demo.story(&demo.wait_for_call(calls, to, "hung_up"))
}

/// Asserts that all this stands in the story of a call: what went well or ill first, and then every detail.
fn assert_tells(story: &str, sentences: &[&str]) {
    for sentence in sentences {
        assert!(story.contains(sentence), "no “{sentence}”: {story}");
    }
}
