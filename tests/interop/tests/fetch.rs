//! What another machine holds ready is fetched by the real program: ordered in a real browser, dialled over SIP, asked for and received by
//! the sandboxed engine over T.38; and what is laid out is fetched from it by a machine that calls. Our way of holding a document is tried by
//! HylaFAX too, which asks for it.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use fax::page::{Bitmap, Page};
use interop::browser::Browser;
use interop::hylafax::HylaFax;
use interop::mailbox::Mail;
use interop::pages::{Picture, assert_same, of_pdf};
use interop::vmodem::{FarEnd, Line};
use interop::{Demo, axe, wait_for};
use model::fax::Cause;
use serde_json::Value;

const SOON: Duration = Duration::from_secs(30);
/// A page takes half a minute, and its greetings as long.
const CALL: Duration = Duration::from_secs(240);

#[test]
fn a_person_fetches_a_document_by_its_name_and_finds_it_in_the_inbox() {
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let browser = Browser::start(&demo, folder.path());
    browser.sign_in(&demo.text("/login"));
    browser.open("/fetch");
    if let Some(axe) = axe::script() {
        axe::assert_accessible(&browser, &axe, "the form");
    }
    let fill = format!(
        "for (const [id, text] of [['from', '{}'], ['subject', 'Results'], ['subaddress', '44'], ['password', '1234']])
           document.getElementById(id).value = text;
         document.querySelector('form[action=\"/fetch\"] button').click();",
        demo.text("/fax_numbers/holds_named")
    );
    browser.script(&fill);
    let order = demo.wait_for_fax("fetched", |fax| fax["fetch"] == true && fax["state"] == "sent");
    assert_eq!((&order["pages"], &order["attempts_made"]), (&2.into(), &1.into()), "{order:#}");
    let came = demo.wait_for_fax("here", |fax| fax["direction"] == "in" && fax["state"] == "received");
    assert_eq!((&came["fetched_by"], &came["pages"]), (&order["id"], &2.into()), "{came:#}");
    let (order, came) = (order["id"].as_str().expect("an id"), came["id"].as_str().expect("an id"));
    assert_eq!(demo.api(&format!("/api/v1/faxes/{order}"))["fetched"][0], came);

    browser.open(&format!("/faxes/{order}"));
    let page = browser.page();
    for part in [format!("href=\"/faxes/{came}\""), "SEP: asks for the document “44”".to_owned()] {
        assert!(page.contains(&part), "{part}: {page}");
    }
    assert!(!page.contains("1234"), "the password is nobody's to read");
    browser.click(&format!("a[href=\"/faxes/{came}\"]"));
    let drawn =
        "const all = [...document.images]; return all.length == 2 && all.every(i => i.complete && i.naturalWidth > 0)";
    wait_for("its pages are drawn", SOON, || (browser.script(drawn) == true).then_some(()));
    assert_eq!(browser.complaints(), [Value::Null; 0], "the browser does not complain");
}

/// A far end that is asked by a fax to call back does so, and asks for what lies ready under its subaddress with its password.
#[test]
fn a_person_lays_out_a_document_and_a_machine_that_calls_fetches_it_by_its_password() {
    let demo = Demo::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let browser = Browser::start(&demo, folder.path());
    browser.sign_in(&demo.text("/login"));
    browser.open("/offer");
    if let Some(axe) = axe::script() {
        axe::assert_accessible(&browser, &axe, "the form to lay out a document");
    }
    browser.script(
        "const files = new DataTransfer();
         files.items.add(new File(['Results of this week, and of the week before. '.repeat(60)], 'results.txt', { type: 'text/plain' }));
         document.getElementById('document').files = files.files;
         document.querySelector('details').open = true;
         for (const [id, text] of [['subject', 'Results'], ['subaddress', '44'], ['password', '1234']])
           document.getElementById(id).value = text;
         document.querySelector('input[name=once]').checked = true;
         document.querySelector('form[action=\"/offer\"] button').click();",
    );
    let offer = demo.wait_for_fax("laid out", |fax| fax["state"] == "offered");
    assert_eq!((&offer["offer"]["once"], &offer["offer"]["has_password"]), (&true.into(), &true.into()), "{offer:#}");
    let path = format!("/faxes/{}", offer["id"].as_str().expect("an id"));
    browser.open(&path);
    if let Some(axe) = axe::script() {
        axe::assert_accessible(&browser, &axe, "a document that lies ready");
    }
    assert!(browser.page().contains("It lies ready until") && !browser.page().contains("1234"));

    let letter = folder.path().join("call.txt");
    fs::write(&letter, "Please call us, and fetch the results.").expect("a file in a temporary folder");
    Mail::to(&demo, &demo.text("/fax_numbers/fetches")).attach(&letter, "text/plain").accepted();
    let fetch = demo.wait_for_fax("fetched", |fax| fax["given_of"] == offer["id"] && fax["state"] == "sent");
    assert_eq!((&fetch["pages"], &fetch["pages_confirmed"]), (&1.into(), &1.into()), "{fetch:#}");
    let used = demo.wait_for_fax("used up", |fax| fax["id"] == offer["id"] && fax["state"] == "sent");
    assert_eq!(used["offer"]["once"], true);

    // What their machine has is the page that was laid out, below our line.
    let pdf = folder.path().join("offer.pdf");
    fs::write(&pdf, demo.get(&format!("{path}/fax.pdf"))).expect("a file in a temporary folder");
    let clinic = demo.text("/clinic/fax");
    let came = PathBuf::from(demo.text("/received_dir")).join(clinic.trim_start_matches('+'));
    assert_same(&of_pdf(&pdf), &Picture::of_folder(&came));
    browser.open(&path);
    let record = format!("href=\"/faxes/{}\"", fetch["id"].as_str().expect("an id"));
    assert!(browser.page().contains(&record) && browser.page().contains("It was given away, once."));
    assert_eq!(browser.complaints(), [Value::Null; 0], "the browser does not complain");
}

/// A page with letters of a kind.
fn page() -> Page {
    let mut bitmap = Bitmap::new(1728, 1100);
    for y in (0..1100).filter(|y| y % 40 < 26) {
        for word in 0..24 {
            bitmap.fill_run(y, word * 72 + y / 40 % 31, word * 72 + y / 40 % 31 + 3 + (y * 5 + word * 11) % 17);
        }
    }
    Page::encode(&bitmap, 204, 98)
}

#[test]
fn hylafax_asks_our_machine_for_what_it_holds_and_gets_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let held = page();
    let line = Line::plug_in(FarEnd::Holds(vec![held.clone()]));
    let mut hylafax = HylaFax::at(&line.port, folder.path(), 6100 + interop::free_offset());
    hylafax.polls(folder.path(), "5551234", CALL);
    let done = line.done(CALL);
    assert_eq!((done.outcome.cause, done.outcome.pages_confirmed), (Cause::Delivered, 1), "{}", hylafax.log());
    let received = hylafax.received(SOON);
    assert_eq!(received.len(), 1, "{}", hylafax.log());
    let (received, held) = (received[0].decode().expect("whole"), held.decode().expect("whole"));
    assert!((0..held.height()).all(|y| received.row(y) == held.row(y)), "the page is another");
}
