//! What a person sees of a page is what is sent: in a browser, at its full size, dot by dot.

use std::fs;
use std::path::Path;
use std::time::Duration;

use fax::cover::Cover;
use interop::browser::Browser;
use interop::mailbox::Mail;
use interop::pages::{Picture, assert_same, of_pdf};
use interop::{Demo, free_offset, wait_for};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(30);

/// What the browser shows, as hexadecimal digits of four dots each, and how many of its pixels are neither black nor white.
const SHOWN: &str = "
    const image = document.images[0], [width, height] = [image.naturalWidth, image.naturalHeight];
    const canvas = Object.assign(document.createElement('canvas'), { width, height }), context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, width, height), black = at => data[at * 4] === 0 ? 1 : 0;
    let grey = 0;
    for (let at = 0; at < data.length; at += 4) {
        const same = data[at] === data[at + 1] && data[at] === data[at + 2] && data[at + 3] === 255;
        if (!same || (data[at] !== 0 && data[at] !== 255)) grey += 1;
    }
    const digit = at => (black(at) << 3 | black(at + 1) << 2 | black(at + 2) << 1 | black(at + 3)).toString(16);
    const row = y => Array.from({ length: width / 4 }, (_, n) => digit(y * width + n * 4)).join('');
    return { width, grey, rows: Array.from({ length: height }, (_, y) => row(y)) };";

#[test]
fn a_page_is_shown_as_it_is_sent() {
    shown_as_sent("fine", 1728);
}

#[test]
fn a_page_of_the_finest_dots_is_shown_as_it_is_sent() {
    shown_as_sent("400", 3456);
}

/// The number of the other house.
const NUMBER: &str = "12025550177";

/// The machine that takes it is one of ours, in another house: others seldom take the finest dots.
fn shown_as_sent(resolution: &str, width: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (here, there) = (free_offset(), free_offset());
    let house = |offset: u16, leads_to: u16, number: &str| {
        Demo::start_changed(offset, |sample| {
            let carrier = format!("127.0.0.1:{}", 5060 + leads_to);
            let fax = format!("[fax]\nresolution = \"{resolution}\"\n");
            sample.replace("127.0.0.1:PORT_CARRIER", &carrier).replace("[fax]\n", &fax).replace("+12025550199", number)
        })
    };
    let other = house(there, here, &format!("+{NUMBER}"));
    let demo = house(here, there, "+12025550199");
    let letter = folder.path().join("letter.pdf");
    let cover = Cover { clinic: "Harbor Street Clinic".into(), message: "As it is.".into(), ..Cover::default() };
    fs::write(&letter, cover.to_pdf()).expect("a file in a temporary folder");
    Mail::to(&demo, NUMBER).attach(&letter, "application/pdf").accepted();
    let came = other.wait_for_fax("received", |fax| fax["direction"] == "in" && fax["state"] == "received");
    let fax = demo.wait_for_fax("sent", |fax| fax["state"] == "sent");
    // Our line stands above it on what was sent.
    let page = pages_of(&demo, &fax, folder.path());
    assert_same(&page, &pages_of(&other, &came, folder.path()));
    assert_eq!(page[0].width, width);

    let browser = Browser::start(&demo, folder.path());
    browser.sign_in(&demo.text("/login"));
    browser.open(&format!("/faxes/{}/pages/1", fax["id"].as_str().expect("an id")));
    browser.click("main a:has(img)");
    let drawn = "return document.images.length === 1 && document.images[0].src.endsWith('/full.png') && document.images[0].complete";
    wait_for("the page is there at its full size", SOON, || (browser.script(drawn) == true).then_some(()));
    let shown = browser.script(SHOWN);
    assert_eq!((shown["width"].as_u64(), shown["grey"].as_u64()), (Some(width as u64), Some(0)));
    let shown: Vec<Vec<u8>> = shown["rows"].as_array().expect("rows").iter().map(octets).collect();
    // Its dots are made square by showing some rows twice.
    let rows = page[0].rows.len();
    assert!(shown.len() >= rows, "{} rows of {rows}", shown.len());
    for (y, seen) in shown.iter().enumerate() {
        assert!(*seen == page[0].rows[y * rows / shown.len()], "row {y} of {} is another", shown.len());
    }
}

fn octets(row: &Value) -> Vec<u8> {
    let digits = row.as_str().expect("digits").as_bytes();
    let digit = |digit: u8| char::from(digit).to_digit(16).expect("a digit") as u8;
    digits.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// The pages of a fax, as poppler sees them in the PDF that the console gives to a person.
fn pages_of(demo: &Demo, fax: &Value, folder: &Path) -> Vec<Picture> {
    let id = fax["id"].as_str().expect("an id");
    let path = folder.join("fax.pdf");
    fs::write(&path, demo.get(&format!("/faxes/{id}/fax.pdf"))).expect("a file in a temporary folder");
    of_pdf(&path)
}
