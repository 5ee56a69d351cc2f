//! Mail becomes fax becomes mail, in simulated time: the clinic as `program` runs it, a real store, real fax engines on both ends,
//! and a network that loses what it likes.

mod crash;
mod handed;
mod held;
mod late;
mod mailed;
mod received;
mod several;
mod text;
mod told;

use std::path::Path;

use fax::page::{Bitmap, Page};
use model::command::Command;
use model::fax::FaxState;
use model::{FaxId, Now};
use store::rows::FaxRow;
use world::clinic::World;
use world::net::Conditions;

pub(crate) const GOOD: &str = "12025550101";
pub(crate) const BUSY: &str = "12025550102";
pub(crate) const DROPS_PAGE_2: &str = "12025550103";
pub(crate) const REFUSES_T38: &str = "12025550106";
/// Its line refuses calls with sound.
pub(crate) const OVER_IP_ALONE: &str = "12025550112";
/// No such number.
pub(crate) const NOBODY: &str = "12025550190";

pub(crate) fn world(dir: &Path, seed: u64, conditions: Conditions) -> World {
    World::new(dir, seed, conditions, Now::simulation_start())
}

/// A mail with this PDF and no cover page.
pub(crate) fn letter(pdf: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(pdf);
    let lines: Vec<_> = encoded.as_bytes().chunks(76).map(|l| std::str::from_utf8(l).expect("ascii")).collect();
    let head = "From: nurse@clinic.test\r\nTo: fax@fax.clinic.test\r\nSubject: Referral nocover\r\nMIME-Version: 1.0\r\n\
                Content-Type: application/pdf; name=\"referral.pdf\"\r\nContent-Disposition: attachment; \
                filename=\"referral.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    format!("{head}{}\r\n", lines.join("\r\n")).into_bytes()
}

pub(crate) fn referral() -> Vec<u8> {
    letter(include_bytes!("../../../fixtures/referral.pdf"))
}

/// A page of our own, small so that the many runs of the crash test are quick.
pub(crate) fn one_page() -> Vec<u8> {
    let cover = fax::cover::Cover {
        clinic: "Harbor Street Clinic".into(),
        message: "A short letter.".into(),
        ..Default::default()
    };
    letter(&cover.to_pdf())
}

pub(crate) fn only(faxes: Vec<FaxRow>) -> FaxRow {
    assert_eq!(faxes.len(), 1, "{faxes:?}");
    faxes.into_iter().next().expect("one")
}

pub(crate) fn at_rest(world: &World) -> bool {
    let faxes = world.faxes();
    !faxes.is_empty() && faxes.iter().all(|f| f.state.is_final()) && world.snapshot().faxes.is_empty()
}

pub(crate) fn bitmaps(files: impl IntoIterator<Item = Vec<u8>>) -> Vec<Bitmap> {
    files.into_iter().map(|f| Page::from_tiff(&f).expect("a page").decode().expect("whole")).collect()
}

/// The same dots, below the line that the sending machine printed above the page.
pub(crate) fn same(sent: &[Bitmap], received: &[Bitmap]) {
    assert_eq!(sent.len(), received.len(), "pages");
    for (n, (sent, received)) in sent.iter().zip(received).enumerate() {
        let extra = received.height() - sent.height();
        assert!((0..sent.height()).all(|y| sent.row(y) == received.row(y + extra)), "page {} differs", n + 1);
    }
}

pub(crate) fn seeds(default: u64) -> std::ops::Range<u64> {
    0..std::env::var("FRONTDESK_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// The same letter, written anew: another Message-ID, the same page.
pub(crate) fn written_anew() -> Vec<u8> {
    [b"Message-ID: <second@clinic.test>\r\n".as_slice(), &one_page()].concat()
}

pub(crate) fn held(w: &World) -> Option<FaxRow> {
    w.faxes().into_iter().find(|f| f.state == FaxState::Held)
}

pub(crate) fn order_of(by: &str, to: &str, key: Option<&str>) -> Command {
    let cover = fax::cover::Cover { message: "A short letter.".into(), ..Default::default() };
    let document = model::command::Document {
        name: "letter.pdf".into(),
        media_type: "application/pdf".to_owned(),
        bytes: cover.to_pdf().into(),
    };
    let key = key.map(|key| model::sending::OrderKey { key: key.into(), fingerprint: [1; 32] });
    Command::SendFax {
        by: by.to_owned(),
        door: model::fax::Door::Api,
        to: model::PhoneNumber::E164(format!("+{to}")),
        subject: "A letter".into(),
        documents: vec![document],
        wish: model::sending::Wish { key, ..Default::default() },
    }
}

pub(crate) fn accepted(answer: Option<Result<model::CommandOutcome, model::CommandError>>) -> FaxId {
    match answer {
        Some(Ok(model::CommandOutcome::FaxAccepted(fax))) => fax,
        other => panic!("{other:?}"),
    }
}
