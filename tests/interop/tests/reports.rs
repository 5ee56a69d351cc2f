//! What phones and we report to each other about a call's sound (RTCP): baresip and Chromium as the other ends, tshark and their own statistics
//! as judges of ours, and the call's page as what a person learns of theirs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use interop::baresip::Baresip;
use interop::browser::Browser;
use interop::jssip::{self, WebPhone};
use interop::lossy::Lossy;
use interop::peer::patiently;
use interop::softphone::{Encryption, Way};
use interop::{Demo, Peer, run};
use skip::skipped;

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
/// Seconds in which everybody has reported, and answered a report: they come every five seconds, and some are late by half of that.
const LONG_ENOUGH: usize = 16;
const SOON: Duration = Duration::from_secs(20);
/// There and back over the loopback, on a machine that does much else: whoever takes the time that a report waited for part of its way comes
/// to seconds.
const NEAR: Duration = Duration::from_millis(500);

/// 101 calls 102, they talk until all have reported, and 101 hangs up. What the call's page says of the caller's and the called side's sound.
fn talk(demo: &Demo, desk: &mut Baresip, nurse: &mut Baresip) -> [String; 2] {
    desk.order("dial 102");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
    for _ in 0..LONG_ENOUGH {
        nurse.wait_until_heard(DESK.1);
    }
    desk.wait_until_heard(NURSE.1);
    desk.order("hangup");
    sides(&demo.story(&demo.wait_for_call(1, "102", "hung_up")))
}

/// The two sides of a call's page.
fn sides(story: &str) -> [String; 2] {
    let caller = story.split("Sound from the caller").nth(1).expect("the caller was heard");
    let (caller, callee) = caller.split_once("Sound from the called side").expect("the called side was heard");
    [caller.to_owned(), callee.to_owned()]
}

/// A number of a side.
fn fact<'a>(side: &'a str, name: &str) -> &'a str {
    let value = side.split(&format!("<dt>{name}</dt><dd>")).nth(1).and_then(|rest| rest.split('<').next());
    value.unwrap_or_else(|| panic!("no {name}: {side}"))
}

/// Nothing gets lost on the loopback, and the way is short.
fn assert_good(side: &str) {
    assert!(side.contains("The far end heard no gaps."), "{side}");
    assert_near(side);
}

/// A browser on a busy machine leaves out some of its own packets: whoever hears it hears the gaps that came to us, and no others.
fn assert_as_good_as_it_came(side: &str) {
    let Some(gaps) = side.split("The far end heard ").nth(1).filter(|gaps| !gaps.starts_with("no gaps")) else {
        return assert_near(side);
    };
    let (heard, rest) = gaps.split_once(" % gaps. ").unwrap_or_else(|| panic!("{side}"));
    let (came, _) = rest.split_once(" % had not come to us either.").unwrap_or_else(|| panic!("{side}"));
    let [heard, came] = [heard, came].map(|percent| percent.parse::<f64>().expect("a number"));
    // The far end's last report is some seconds older than what we count at the end.
    assert!(heard < 2.0 && heard <= came + 0.3, "{side}");
    assert_near(side);
}

fn assert_near(side: &str) {
    let way: u64 = fact(side, "There and back").trim_end_matches(" ms").parse().expect("a number");
    assert!(Duration::from_millis(way) < NEAR, "{way} ms");
    for name in ["Sound from there", "Sound to there"] {
        // A longer way costs some of it: 100 ms a twentieth of a point.
        let good = ["Very good (MOS 4.", "Good (MOS 4."].iter().any(|good| fact(side, name).starts_with(good));
        assert!(good, "{name}: {}", fact(side, name));
    }
}

/// What a phone learned from our reports.
fn assert_told(phone: &Baresip) {
    let summary = phone.summary();
    let number = |name: &str| -> f64 { summary.get(name).and_then(|v| v.parse().ok()).expect("a number") };
    assert_eq!(summary.get("PL").map(String::as_str), Some("0,0"), "{summary:?}");
    let way = NEAR.as_secs_f64() * 1000.0;
    assert!((0.0..way).contains(&number("DL")), "{summary:?}");
}

#[test]
fn desk_phones_and_we_report_to_each_other() {
    let demo = Demo::start();
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    let mut nurse = Baresip::start_muxed(&demo, "102", 1, NURSE.0);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let capture = Capture::start(&demo, folder.path());
    for side in talk(&demo, &mut desk, &mut nurse) {
        assert_good(&side);
    }
    assert_told(&desk);
    assert_told(&nurse);
    if let Some(capture) = capture {
        capture.judge();
    }
}

#[test]
fn reports_are_encrypted_where_the_sound_is() {
    let demo = Demo::start();
    let mut desk = Baresip::start_as(&demo, "101", 0, DESK.0, Way::Tls, Encryption::Demanded);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    let sides = talk(&demo, &mut desk, &mut nurse);
    assert!(sides[0].contains("Encrypted, AES") && sides[1].contains("Not encrypted"));
    for side in sides {
        assert_good(&side);
    }
    assert_told(&desk);
    assert_told(&nurse);
}

#[test]
fn a_browser_and_we_report_to_each_other() {
    let Some(script) = jssip::script() else { return };
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let browser = Browser::start(&demo, folder.path());
    browser.open("/login");
    let phone = WebPhone::start(&browser, &script, &demo, &demo.text("/sip/ws"), "101");
    phone.wait_for("registered");
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    phone.order("dial('102', 1000)");
    phone.wait_for("answered");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
    for _ in 0..LONG_ENOUGH {
        nurse.wait_until_heard(DESK.1);
    }
    // What the browser learned of our reports: it has one only if it believed them, and those are sealed.
    phone.order(
        "session.connection.getStats().then(all => { for (const s of all.values()) {
            if (s.type === 'remote-inbound-rtp') { tell('reported', [s.packetsLost, s.roundTripTime]); }
            if (s.type === 'remote-outbound-rtp') { tell('sent', s.packetsSent); }
        } })",
    );
    let told = phone.wait_for("reported");
    // A busy machine may lose a few of the first, before both are ready; of a report that was not believed there would be none.
    assert!(told[1][0].as_u64().is_some_and(|lost| lost < 10), "{told}");
    assert!(told[1][1].as_f64().is_some_and(|seconds| seconds < NEAR.as_secs_f64()), "{told}");
    assert!(phone.wait_for("sent")[1].as_u64().is_some_and(|packets| packets > 100));
    phone.order("session.terminate()");
    let [browser_side, nurse_side] = sides(&demo.story(&demo.wait_for_call(1, "102", "hung_up")));
    assert!(browser_side.contains("Encrypted, AES"), "{browser_side}");
    assert_good(&browser_side);
    assert_as_good_as_it_came(&nurse_side);
}

/// What the caller says gets lost on its way to us. That is seen on the caller's side, and there alone; the called side hears it, and says so.
#[test]
fn loss_shows_where_it_happened() {
    let demo = Demo::start();
    let lossy = Lossy::start(&demo, demo.peer_port(390), 20);
    let mut desk = Baresip::start_behind(&demo, lossy.proxy, "101", 0, DESK.0);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    let [caller, callee] = talk(&demo, &mut desk, &mut nurse);
    let lost: f64 = fact(&caller, "Lost on the way").trim_end_matches(" %").parse().expect("a number");
    assert!((4.0..6.0).contains(&lost), "{caller}");
    assert!(fact(&caller, "Sound from there").starts_with("Fair (MOS 3."), "{caller}");
    assert!(caller.contains("The far end heard no gaps."), "{caller}");
    assert!(fact(&caller, "Sound to there").starts_with("Very good (MOS 4.4"), "{caller}");

    assert_eq!(fact(&callee, "Lost on the way"), "0.0 %");
    for name in ["Sound from there", "Sound to there"] {
        assert!(fact(&callee, name).starts_with("Very good (MOS 4.4"), "the network to 102 is good: {callee}");
    }
    let heard = callee.split("The far end heard ").nth(1).expect("102 reported gaps");
    let heard: f64 = heard.split(' ').next().and_then(|n| n.parse().ok()).expect("a number");
    assert!((4.0..6.0).contains(&heard) && callee.contains("had not come to us either"), "{callee}");
}

/// tshark on the demo's media ports.
struct Capture {
    peer: Peer,
    file: PathBuf,
    ports: String,
}

impl Capture {
    /// `None`, with a line that says so, where capturing is not permitted.
    fn start(demo: &Demo, folder: &Path) -> Option<Self> {
        let file = folder.join("wire.pcapng");
        let ports = format!("{}-{}", 4600 + demo.offset(), 4999 + demo.offset());
        let mut command = Command::new("tshark");
        command.args(["-i", "lo", "-f", &format!("udp portrange {ports}"), "-w"]).arg(&file);
        let mut peer = Peer::start("tshark", folder, &mut command);
        let started = patiently(SOON, || {
            let said = peer.printed();
            (said.contains("Capture started") || said.contains("permission")).then(|| said.contains("Capture started"))
        });
        if started != Some(true) || peer.end(Duration::ZERO).is_some() {
            skipped(&format!("this user may not capture on the loopback interface: {}", peer.printed()));
            return None;
        }
        Some(Self { peer, file, ports })
    }

    /// Every report is one that Wireshark understands, and it finds the round trip from them too: which is short.
    fn judge(self) {
        self.peer.interrupt(SOON);
        let file = self.file.display().to_string();
        let decode = format!("udp.port=={},rtp", self.ports);
        let fields = ["udp.srcport", "rtcp.pt", "rtcp.length_check", "rtcp.roundtrip-delay", "_ws.expert.severity"];
        let mut args = vec!["-r", &file, "-d", &decode, "-o", "rtcp.heuristic_rtcp:TRUE"];
        args.extend(["-o", "rtcp.show_roundtrip_calculation:TRUE", "-o", "rtcp.roundtrip_min_threshhold:0"]);
        args.extend(["-Y", "rtcp", "-T", "fields", "-E", "separator=|"]);
        args.extend(fields.iter().flat_map(|f| ["-e", f]));
        let decoded = run("tshark", &args);
        let (mut ours, mut round_trips) = (0, 0);
        for row in decoded.lines().map(|l| l.split('|').collect::<Vec<_>>()).filter(|r| r.len() == 5) {
            let port: u16 = row[0].parse().expect("a port");
            let range: Vec<u16> = self.ports.split('-').filter_map(|p| p.parse().ok()).collect();
            if !(range[0]..=range[1]).contains(&port) {
                continue;
            }
            ours += 1;
            // A report, and who reports; at the end a goodbye.
            assert!(row[1].starts_with("200,202") || row[1].starts_with("201,202"), "{row:?}");
            assert!(row[2] == "True" || row[2] == "1", "the lengths come out: {row:?}");
            let worst = row[4].split(',').filter_map(|severity| severity.parse::<u32>().ok()).max();
            assert!(worst.is_none_or(|severity| severity < 0x0060_0000), "Wireshark does not understand {row:?}");
            if let Ok(way) = row[3].parse::<i128>() {
                round_trips += 1;
                assert!(way >= -1 && way < NEAR.as_millis().cast_signed(), "{row:?}");
            }
        }
        assert!(ours >= 6 && round_trips >= 2, "{ours} reports of ours, {round_trips} round trips:\n{decoded}");
    }
}
