//! Faxes of ours that other people's machines receive. They leave over SIP to a second Frontdesk, which is nothing here but the line in the wall of
//! another house: HylaFAX or efax answers at its port, and what they wrote down is compared with what we say that we sent.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fax::cover::Cover;
use fax::page::Page;
use interop::hylafax::HylaFax;
use interop::mailbox::{self, Mail};
use interop::pages::{Picture, assert_same, of_pdf};
use interop::{Demo, Peer, free_offset, run, wait_for};
use serde_json::Value;

/// A page takes half a minute, and its greetings as long.
const CALL: Duration = Duration::from_secs(240);
const SOON: Duration = Duration::from_secs(30);
/// The number of the other house.
const NUMBER: &str = "12025550188";
/// How many pages the referral has.
const REFERRAL: usize = 3;

/// Two houses: ours, and another with a port at which its number rings. Each is the other's carrier.
struct Houses {
    ours: Demo,
    other: Demo,
    port: PathBuf,
}

impl Houses {
    /// This is said of the port.
    fn with(folder: &Path, more: &str) -> Self {
        let port = folder.join("ttyFAX");
        let setting = format!(
            "[[virtual_modems]]\nname = \"wall\"\nlink = \"{}\"\ntrunk = \"main\"\nnumber = \"+{NUMBER}\"\n{more}\n",
            port.display()
        );
        let (here, there) = (free_offset(), free_offset());
        let leads_to = |sample: &str, offset: u16| {
            let changed = sample.replace("127.0.0.1:PORT_CARRIER", &format!("127.0.0.1:{}", 5060 + offset));
            assert_ne!(changed, sample, "the sample's trunk");
            changed
        };
        let other = Demo::start_changed(there, |sample| format!("{}\n{setting}", leads_to(sample, here)));
        let ours = Demo::start_changed(here, |sample| leads_to(sample, there));
        wait_for("the port is there", SOON, || port.exists().then_some(()));
        Self { ours, other, port }
    }

    fn wait_until_the_port_is_open(&self) {
        let ready = || self.other.api("/api/v1/status")["virtual_modems"][0]["state"] == "ready";
        wait_for("a program has the port open", SOON, || ready().then_some(()));
    }

    /// Mails this to the other house, and waits until we say that all of it has arrived: on the fax's page and in a receipt by mail. The fax.
    fn send(&self, mail: &dyn Fn(Mail) -> Mail, pages: usize) -> Value {
        let before = self.receipts().len();
        mail(Mail::to(&self.ours, NUMBER)).accepted();
        let is_over = |fax: &Value| fax["state"] == "sent" || fax["state"] == "failed";
        let fax = self.ours.wait_for_fax("over", |fax| self.ours.faxes()[0]["id"] == fax["id"] && is_over(fax));
        assert_eq!(fax["state"], "sent", "{fax:#}");
        assert_eq!(["pages", "pages_confirmed"].map(|count| fax[count].as_u64()), [Some(pages as u64); 2], "{fax:#}");
        let receipt = wait_for("the receipt", SOON, || self.receipts().get(before).cloned());
        for line in ["Action: delivered", "To: <nurse@clinic.demo>", &format!("X-Frontdesk-Pages: {pages} of {pages}")]
        {
            assert!(receipt.contains(line), "{line}\n{receipt}");
        }
        fax
    }

    fn receipts(&self) -> Vec<String> {
        let mails = mailbox::sink(&self.ours).into_iter().map(|(_, mail)| mail);
        mails.filter(|mail| mail.contains("multipart/report")).collect()
    }

    /// The pages of a fax, as poppler sees them in the PDF that the console gives to a person.
    fn pages(&self, fax: &Value, folder: &Path) -> Vec<Picture> {
        let id = fax["id"].as_str().expect("an id");
        let path = folder.join(format!("{id}.pdf"));
        fs::write(&path, self.ours.get(&format!("/faxes/{id}/fax.pdf"))).expect("a file in a temporary folder");
        of_pdf(&path)
    }

    /// What the pages of the newest call say: that of ours and that of the other house.
    fn stories(&self) -> [String; 2] {
        [(&self.ours, "out"), (&self.other, "in")].map(|(house, direction)| {
            let all = house.api("/api/v1/calls?limit=50")["calls"].as_array().expect("a list").clone();
            let call = all.iter().find(|call| call["direction"] == direction);
            house.story(call.unwrap_or_else(|| panic!("no call is {direction}: {all:#?}")))
        })
    }

    /// T.38 was proposed and refused, and all went as G.711 in the call that was up.
    #[track_caller]
    fn assert_as_sound(&self) {
        let [ours, other] = self.stories();
        assert!(ours.contains("They do not take fax over IP, so the fax goes as sound"), "{ours}");
        assert!(!other.contains("Both sides agreed on T.38"), "{other}");
    }
}

fn picture(page: &Page) -> Picture {
    let bitmap = page.decode().expect("whole");
    Picture { width: bitmap.width() as usize, rows: (0..bitmap.height()).map(|y| bitmap.row(y).to_vec()).collect() }
}

/// Mails the referral to HylaFAX at the port. What it wrote down, as libtiff reads it, has the same dots, and came under error correction.
fn send_to_hylafax(houses: &Houses, folder: &Path) {
    let mut hylafax = HylaFax::at(&houses.port, folder, houses.other.peer_port(0));
    hylafax.answers(folder);
    hylafax.waits_for_a_call(CALL);
    houses.wait_until_the_port_is_open();
    let fax = houses.send(&Mail::referral, REFERRAL);
    let came: Vec<_> = hylafax.received(SOON).iter().map(picture).collect();
    assert_same(&houses.pages(&fax, folder), &came);
    let log = hylafax.log();
    assert!(log.contains("REMOTE wants T.30 Annex A, 256-byte ECM"), "{log}");
}

#[test]
fn hylafax_behind_t38_receives_a_mailed_fax_dot_by_dot_and_the_receipt_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let houses = Houses::with(folder.path(), "");
    send_to_hylafax(&houses, folder.path());
    for story in houses.stories() {
        assert!(story.contains("Both sides agreed on T.38"), "{story}");
    }
}

#[test]
fn hylafax_on_a_line_without_t38_receives_a_mailed_fax_dot_by_dot() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let houses = Houses::with(folder.path(), "t38 = false");
    send_to_hylafax(&houses, folder.path());
    houses.assert_as_sound();
}

/// It has no error correction, and whenever a busy machine has no time for one end or the other, a page loses some rows by it. So there are three faxes,
/// and the first that comes as it went is enough.
#[test]
fn efax_on_a_line_without_t38_receives_a_mailed_fax_dot_by_dot() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let houses = Houses::with(folder.path(), "t38 = false");
    let damaged = |n: u32| {
        let peer = efax(&houses, folder.path(), n);
        houses.wait_until_the_port_is_open();
        let letter = folder.path().join(format!("letter{n}.pdf"));
        let cover =
            Cover { clinic: "Harbor Street Clinic".into(), message: format!("Letter {n}."), ..Cover::default() };
        fs::write(&letter, cover.to_pdf()).expect("a file in a temporary folder");
        let fax = houses.send(&|mail| mail.attach(&letter, "application/pdf"), 1);
        let said = peer.succeed(CALL);
        houses.assert_as_sound();
        let (sent, came) = (&houses.pages(&fax, folder.path())[0], received_by_efax(folder.path(), n));
        assert_eq!((sent.width, came.len()), (1728, 1), "{said}");
        assert!((1..200).contains(&sent.blackness()), "it shows something");
        // Our line stands above it.
        let above = came[0].rows.len().checked_sub(sent.rows.len()).expect("no row is missing");
        let rows = sent.rows.iter().zip(&came[0].rows[above..]);
        rows.filter(|(sent, came)| sent != came).count()
    };
    let mut rows = Vec::new();
    for n in 0..3 {
        rows.push(damaged(n));
        if rows.last() == Some(&0) {
            return;
        }
    }
    panic!("rows of each page that differ: {rows:?}");
}

/// It answers the next call, and ends with it.
fn efax(houses: &Houses, folder: &Path, n: u32) -> Peer {
    let mut command = Command::new("efax");
    command.arg("-d").arg(&houses.port).args(["-o1", "-l", "555 0188", "-x"]).arg(folder.join("LCK"));
    let into = folder.join(format!("in{n}"));
    Peer::start("efax", folder, command.args(["-w", "-iS0=1", "-r"]).arg(into))
}

/// The pages that it wrote down, as libtiff reads them.
fn received_by_efax(folder: &Path, n: u32) -> Vec<Picture> {
    let page = |number: u32| {
        let (file, tiff) = (folder.join(format!("in{n}.{number:03}")), folder.join(format!("in{n}.{number}.tif")));
        file.exists().then(|| {
            run("tiffcp", &["-c", "g4", "-r", "10000", &file.display().to_string(), &tiff.display().to_string()]);
            picture(&Page::from_tiff(&fs::read(&tiff).expect("a file")).expect("a page"))
        })
    };
    (1..).map_while(page).collect()
}
