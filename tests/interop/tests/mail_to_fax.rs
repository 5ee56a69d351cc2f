//! A staff member's mail becomes a fax, and a fax becomes a mail: swaks mails it, tshark watches the wire, poppler compares the pages, and
//! a real browser shows it.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fax::cover::Cover;
use interop::browser::Browser;
use interop::mailbox::{self, Mail};
use interop::pages::{Picture, assert_same, of_pdf};
use interop::{Demo, Peer, repository, run, wait_for};
use serde_json::Value;
use skip::skipped;

const SOON: Duration = Duration::from_secs(30);
const PAGES: u64 = 3;

#[test]
fn a_mailed_pdf_leaves_as_a_fax_and_comes_back_as_a_mail() {
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let capture = Capture::start(&demo, folder.path());

    Mail::to(&demo, &demo.text("/fax_numbers/good")).referral().accepted();
    let sent = demo.wait_for_fax("sent", |f| f["direction"] == "out" && f["state"] == "sent");
    assert_eq!((&sent["pages"], &sent["pages_confirmed"]), (&PAGES.into(), &PAGES.into()), "{sent:#}");
    let rendered = pages_of(&demo, &sent, folder.path());
    assert_same(&rendered, &far_end(&demo, "good"));

    let received = demo.wait_for_fax("received", |f| f["direction"] == "in" && f["state"] == "received");
    if let Some(capture) = capture {
        capture.judge();
    }
    let in_inbox = pages_of(&demo, &received, folder.path());
    assert_same(&rendered, &in_inbox);

    let mails = wait_for("the receipt and the PDF in the sink", SOON, || {
        let mails = mailbox::sink(&demo);
        (mails.len() >= 2).then_some(mails)
    });
    let receipt = mails.iter().find(|(_, m)| m.contains("multipart/report")).expect("a receipt");
    assert!(receipt.1.contains("Action: delivered") && receipt.1.contains("To: <nurse@clinic.demo>"), "{}", receipt.1);
    let with_pdf = mails.iter().find(|(_, m)| m.contains("application/pdf")).expect("a mail with the fax");
    let pdf = mailbox::pdf_of(&with_pdf.1, folder.path());
    run("pdftoppm", &["-r", "50", &pdf.display().to_string(), &folder.path().join("seen").display().to_string()]);
    assert!(of_pdf(&pdf) == in_inbox, "the mail has the pages of the inbox");

    let browser = Browser::start(&demo, folder.path());
    browser.sign_in(&demo.text("/login"));
    let page = format!("/faxes/{}", sent["id"].as_str().expect("an id"));
    browser.open("/faxes");
    assert!(browser.page().contains(&page), "the fax is in the list");
    browser.open(&page);
    let drawn =
        "const all = [...document.images]; return all.length > 0 && all.every(i => i.complete && i.naturalWidth > 0)";
    wait_for("its pages are drawn", SOON, || (browser.script(drawn) == true).then_some(()));
    assert_eq!(browser.complaints(), [Value::Null; 0], "the browser does not complain");
}

#[test]
fn a_line_that_refuses_t38_carries_the_fax_as_sound_in_real_time_both_ways() {
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let letter = folder.path().join("letter.pdf");
    let cover = Cover { clinic: "Harbor Street Clinic".into(), message: "By sound.".into(), ..Cover::default() };
    fs::write(&letter, cover.to_pdf()).expect("a file in a temporary folder");

    Mail::to(&demo, &demo.text("/fax_numbers/t38_refused")).attach(&letter, "application/pdf").accepted();
    let sent = demo.wait_for_fax("sent", |f| f["direction"] == "out" && f["state"] == "sent");
    assert_eq!((&sent["attempts_made"], &sent["pages_confirmed"]), (&1.into(), &1.into()), "{sent:#}");
    let received = demo.wait_for_fax("received", |f| f["direction"] == "in" && f["state"] == "received");
    let rendered = pages_of(&demo, &sent, folder.path());
    assert_same(&rendered, &far_end(&demo, "t38_refused"));
    assert_same(&rendered, &pages_of(&demo, &received, folder.path()));
    judge_files(&demo, &received, folder.path());
    for (fax, way) in [(&sent, "the fax begins as sound"), (&received, "G.711")] {
        let page = demo.get(&format!("/faxes/{}", fax["id"].as_str().expect("an id")));
        assert!(String::from_utf8_lossy(&page).contains(way), "its page does not say {way}");
    }
}

#[test]
fn a_mail_that_cannot_be_a_fax_is_refused_with_the_reason() {
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("a file in a temporary folder");
        path
    };
    let good = demo.text("/fax_numbers/good");
    let mail = || Mail::to(&demo, &good);

    let refusal = Mail::to(&demo, "reception").referral().refused();
    assert!(refusal.starts_with("550 5.1.") && refusal.contains("number"), "{refusal}");
    let refusal = mail().referral().with("--auth-password", "wrong").refused();
    assert!(refusal.contains("535 5.7.8"), "{refusal}");
    let refusal = mail().referral().unsigned().refused();
    assert!(refusal.contains("530 5.7.0"), "{refusal}");
    let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    let refusal = mail().attach(&file("letter.docx", b"PK\x03\x04 a letter"), word).refused();
    assert!(refusal.starts_with("55") && refusal.contains("letter.docx"), "{refusal}");
    let refusal = mail().attach(&file("huge.pdf", &vec![b'x'; 20_000_000]), "application/pdf").refused();
    assert!(refusal.starts_with("552 5.3.4"), "{refusal}");
    let refusal = Mail::to(&demo, "911").referral().refused();
    assert!(refusal.starts_with("55"), "an emergency number is no fax number: {refusal}");
    assert!(demo.faxes().is_empty(), "nothing is half-sent: {:?}", demo.faxes());

    let whole = fs::read(repository("tests/fixtures/referral.pdf")).expect("the fixture");
    mail().attach(&file("cut.pdf", &whole[..600]), "application/pdf").accepted();
    let failed = demo.wait_for_fax("failed", |f| f["state"] == "failed");
    assert_eq!(failed["attempts_made"], 0, "nothing was dialled: {failed:#}");
    let answer = wait_for("a mail that names it", SOON, || mailbox::sink(&demo).into_iter().next());
    assert!(answer.1.contains("cut.pdf") && answer.1.contains("Action: failed"), "{}", answer.1);
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
        let started = interop::peer::patiently(SOON, || {
            let said = peer.printed();
            (said.contains("Capture started") || said.contains("permission")).then(|| said.contains("Capture started"))
        });
        if started != Some(true) || peer.end(Duration::ZERO).is_some() {
            skipped(&format!("this user may not capture on the loopback interface: {}", peer.printed()));
            return None;
        }
        Some(Self { peer, file, ports })
    }

    /// Every datagram is T.38 that Wireshark understands, and T.30 says in it what it should.
    fn judge(self) {
        self.peer.interrupt(SOON);
        let file = self.file.display().to_string();
        let decode = format!("udp.port=={},t38", self.ports);
        let fields = ["udp.srcport", "t38.seq_number", "_ws.expert.severity", "_ws.col.Protocol", "_ws.col.Info"];
        let mut args = vec!["-r", &file, "-d", &decode, "-T", "fields", "-E", "separator=|", "-E", "occurrence=f"];
        args.extend(fields.iter().flat_map(|f| ["-e", f]));
        let decoded = run("tshark", &args);
        let rows: Vec<Vec<&str>> =
            decoded.lines().map(|l| l.splitn(5, '|').collect()).filter(|r: &Vec<_>| r.len() == 5).collect();
        assert!(rows.len() > 500, "six pages are more than {} datagrams", rows.len());
        let mut seen = HashSet::new();
        for row in &rows {
            assert_eq!(row[3], "T.38", "{row:?}");
            // The end of a signal is sent three times with one sequence number, since it matters most. Wireshark reassembles at the
            // first, and then marks the repeats as ends without data.
            let repeat = !seen.insert((row[0], row[1]));
            let error =
                row[2].parse().is_ok_and(|severity: u32| severity >= 0x0060_0000) || row[4].contains("alformed");
            assert!(repeat || !error, "Wireshark does not understand {row:?}");
        }
        let said =
            |word: &str| rows.iter().filter(|r| r[4].split([' ', ':', ',', '(', ')']).any(|w| w == word)).count();
        for word in ["DIS", "DCS", "CFR", "MCF", "DCN"] {
            assert!(said(word) >= 1, "T.30 says {word}:\n{decoded}");
        }
        assert!(said("MCF") >= 6, "one confirmation a page there and back, not {}", said("MCF"));
    }
}

/// The pages of a fax, as the console gives them to a person.
fn pages_of(demo: &Demo, fax: &Value, folder: &Path) -> Vec<Picture> {
    let id = fax["id"].as_str().expect("an id");
    let path = folder.join(format!("{id}.pdf"));
    fs::write(&path, demo.get(&format!("/faxes/{id}/fax.pdf"))).expect("a file in a temporary folder");
    of_pdf(&path)
}

/// What an archive and a fax program are given of a fax: poppler finds in the PDF what it calls itself, and libtiff in the TIFF the same dots.
fn judge_files(demo: &Demo, fax: &Value, folder: &Path) {
    let id = fax["id"].as_str().expect("an id");
    let (pdf, tiff) = (folder.join(format!("{id}.pdf")), folder.join(format!("{id}.tif")));
    let xmp = run("pdfinfo", &["-meta", &pdf.display().to_string()]);
    assert!(xmp.contains("<pdfaid:part>2<") && xmp.contains("<pdfaid:conformance>B<"), "{xmp}");
    fs::write(&tiff, demo.get(&format!("/faxes/{id}/fax.tif"))).expect("a file in a temporary folder");
    let plain = folder.join("plain.tif").display().to_string();
    run("tiffcp", &["-c", "none", &tiff.display().to_string(), &plain]);
    let said = run("tiffinfo", &[&plain]);
    let pages = of_pdf(&pdf);
    assert_eq!(said.matches("Image Width: 1728").count(), pages.len(), "{said}");
    let file = fs::read(&plain).expect("what libtiff wrote");
    // Rows without packing stand in the file as they are.
    let dots = pages[0].rows.concat();
    assert!(file.windows(dots.len()).any(|at| at == dots), "libtiff sees other dots than poppler");
}

/// The pages that the machine of this number wrote down.
fn far_end(demo: &Demo, number: &str) -> Vec<Picture> {
    let number = demo.text(&format!("/fax_numbers/{number}"));
    Picture::of_folder(&PathBuf::from(demo.text("/received_dir")).join(number))
}
