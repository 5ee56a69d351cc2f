//! A small clinic to test with: identities and orders made from a seed, and a store that opens and closes.

use std::path::Path;

use model::command::Document;
use model::fax::{Cause, Door, Outcome, Retention};
use model::sending::Wish;
use model::trace::{Mark, Trace};
use model::{AttemptId, FaxId, MailId, Now, PhoneNumber, Pii, Random, Wall};
use store::effect::{NewFax, NewMail};
use store::{Done, Effect, RootKey, Store, StoreError};

/// A store in a folder, with a clock and a source of identities.
pub(crate) struct Clinic {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) random: Random,
    pub(crate) now: Wall,
}

pub(crate) fn root() -> RootKey {
    RootKey::from_bytes([7; 32])
}

pub(crate) fn open(dir: &Path) -> Result<Store, StoreError> {
    Store::open_blocking(dir, root())
}

impl Clinic {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let store = open(dir.path()).expect("a new store");
        Self { dir, store, random: Random::from_u64(1), now: Now::simulation_start().wall }
    }

    /// Ends the store without a word and opens it again, as a start after a crash does.
    pub(crate) fn restart(self) -> Self {
        let Self { dir, store, random, now } = self;
        drop(store);
        let store = open(dir.path()).expect("the store opens again");
        Self { dir, store, random, now }
    }

    /// A minute passes.
    pub(crate) fn tick(&mut self) -> Wall {
        self.now = Wall(self.now.millis() + 60_000);
        self.now
    }

    pub(crate) fn fax_id(&mut self) -> FaxId {
        FaxId::new(self.tick(), &mut self.random)
    }

    pub(crate) fn attempt_id(&mut self) -> AttemptId {
        AttemptId::new(self.tick(), &mut self.random)
    }

    pub(crate) fn mail_id(&mut self) -> MailId {
        MailId::new(self.tick(), &mut self.random)
    }

    pub(crate) fn perform(&self, effect: Effect) -> Result<Done, StoreError> {
        self.store.perform_blocking(effect)
    }

    /// Performs what must work.
    #[track_caller]
    pub(crate) fn does(&self, effect: Effect) -> Done {
        match self.perform(effect) {
            Ok(done) => done,
            Err(e) => panic!("refused: {e}"),
        }
    }

    /// Performs what must be refused so.
    #[track_caller]
    pub(crate) fn refuses(&self, effect: Effect, why: &StoreError) {
        match self.perform(effect) {
            Ok(done) => panic!("done: {done:?}"),
            Err(e) => assert_eq!(e, *why),
        }
    }

    pub(crate) fn order(&mut self) -> NewFax {
        NewFax {
            id: self.fax_id(),
            door: Door::Mail,
            by: "102".to_owned(),
            to: number("+12025550101"),
            fetch: false,
            forwards: None,
            subject: Pii::from("Referral for Adalbert Quux"),
            documents: vec![document("referral.pdf", b"%PDF-1.7 first"), document("lab.pdf", b"%PDF-1.7 second")],
            left_out: Pii::from("logo.png"),
            receipt_to: Some(Pii::from("nurse@clinic.demo")),
            retention: Retention::Clinical,
            wish: Wish::default(),
            at: self.now,
        }
    }

    pub(crate) fn mail(&mut self, faxes: usize) -> NewMail {
        let faxes = (0..faxes).map(|_| self.order()).collect();
        let id = self.mail_id();
        let mut fingerprint = [0; 32];
        fingerprint[..26].copy_from_slice(id.to_string().as_bytes());
        NewMail {
            id,
            fingerprint,
            anew_after: None,
            by: "102".to_owned(),
            from: Pii::from("nurse@clinic.demo"),
            body: Pii::new(b"Subject: Referral for Adalbert Quux\r\n\r\nPlease see attached.\r\n".to_vec()),
            faxes,
            at: self.now,
        }
    }

    /// An accepted fax with this many pages, waiting.
    pub(crate) fn waiting(&mut self, pages: usize) -> FaxId {
        let order = self.order();
        let fax = order.id;
        self.does(Effect::AcceptFax(Box::new(order)));
        let at = self.tick();
        self.does(Effect::FaxRendered { fax, pages: (0..pages).map(page).collect(), twins_since: None, at });
        fax
    }

    /// A fax on the line.
    pub(crate) fn sending(&mut self, pages: usize) -> (FaxId, AttemptId) {
        let fax = self.waiting(pages);
        let attempt = self.attempt_id();
        self.does(start(fax, attempt, 0, self.now));
        (fax, attempt)
    }

    /// This person looks at a fax as it stands.
    pub(crate) fn looks(&self, fax: FaxId, by: &str) {
        let row = self.store.wait(self.store.faxes().get(fax)).expect("read").expect("a fax");
        self.does(Effect::FaxViewed { fax, by: by.to_owned(), shown: Some(row.shown()), at: self.now });
    }

    /// A fax that is coming in.
    pub(crate) fn receiving(&mut self) -> (FaxId, AttemptId) {
        let (fax, attempt) = (self.fax_id(), self.attempt_id());
        self.does(Effect::BeginReceived {
            fax,
            attempt,
            from: Some(number("+12025550177")),
            to: number("+12025550199"),
            line: "main, T.38".to_owned(),
            at: self.now,
        });
        (fax, attempt)
    }
}

pub(crate) fn number(text: &str) -> PhoneNumber {
    PhoneNumber::E164(text.to_owned())
}

pub(crate) fn document(name: &str, bytes: &[u8]) -> Document {
    Document { name: Pii::from(name), media_type: "application/pdf".to_owned(), bytes: Pii::new(bytes.to_vec()) }
}

/// A page that differs from every other, a little longer than one sealed chunk.
pub(crate) fn page(n: usize) -> Pii<Vec<u8>> {
    let mut bytes = format!("II*\0 page {n} Adalbert Quux ").into_bytes();
    bytes.resize(70_000 + n, b'.');
    Pii::new(bytes)
}

pub(crate) fn start(fax: FaxId, attempt: AttemptId, first_page: u32, at: Wall) -> Effect {
    Effect::StartAttempt { fax, attempt, line: "main, T.38".to_owned(), first_page, at }
}

pub(crate) fn outcome(cause: Cause, pages_confirmed: u32) -> Outcome {
    Outcome { pages_confirmed, remote_ident: Pii::from("QUUX CLINIC"), ..Outcome::without_session(cause) }
}

pub(crate) fn trace(at: Wall) -> Trace {
    let mut trace = Trace::default();
    trace.note(at, Mark::Good, "Answered by Adalbert Quux", "200 OK");
    trace
}
