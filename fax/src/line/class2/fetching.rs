//! A call that fetches what their machine holds ready (T.30 polling), and names in general: whom a fax is for, which document is wanted, and
//! the password to either.
//!
//! The modem is told before the call that we would fetch (`+FSPL=1`; `+FSP=1` in T.32). It says after their DIS whether there is a document
//! (`+FPOLL`, `+FPO`), and asks for it at our `+FDR`; from then on it is a reception like any (MultiTech S000263C, pages 65 and 78; the host
//! programs mgetty and HylaFAX do so). Names it takes in T.32 alone (`+FPA`, `+FPW`, `+FSA`; S000263C, page 81), and sends them if their
//! machine takes them: of that it says nothing. So it is asked to report the frames themselves (`+FBU`, page 93). A document that was
//! asked for by name is not asked for without, since what a machine gives then is somebody else's.

use model::Inside;
use model::settings::FaxClass;
use modem::Word;
use spandsp::status;

use super::{Class2, Ending, Phase};
use crate::session::{Params, Role};
use crate::worker::frames::{FrameView, fcf};
use crate::worker::proto::FromWorker;

/// What a call knows of names, and of what it fetches.
#[derive(Debug, Default)]
pub(super) struct Asking {
    inside: Inside,
    fetches: bool,
    /// There is something to be fetched.
    holds: bool,
    /// Their machine takes a SEP (a SUB, if we send), and a PWD, if the modem reported its DIS.
    takes: Option<(bool, bool)>,
    /// It said goodbye.
    refused: bool,
}

impl Asking {
    pub(super) fn new(role: Role, params: &Params) -> Self {
        let fetches = role == Role::Fetch;
        Self { inside: params.inside.clone(), fetches, holds: false, takes: None, refused: false }
    }

    /// It asks for a name, and for a password.
    fn names(&self) -> (bool, bool) {
        (!self.inside.subaddress.expose().is_empty(), !self.inside.password.expose().is_empty())
    }
}

impl Class2 {
    /// The modem says that there is something to be fetched.
    pub(super) const fn holds_document(&mut self) {
        self.asking.holds = true;
    }

    /// SP-2388 has no names, and modems that say OK to what they do not know: that is not left to the modem.
    pub(super) fn note_names(&mut self, role: Role) {
        let named = self.class == FaxClass::Two && self.asking.names() != (false, false);
        match role {
            Role::Send { .. } if named => {
                let what = "A modem of this class passes on no subaddress and no password; the fax goes without.";
                self.note(what, String::new());
            }
            Role::Fetch if named => {
                self.note("A modem of this class can ask for no document by its name.", String::new());
                self.finish(Ending::Word(Word::Error));
            }
            _ => {}
        }
    }

    /// A frame of their machine, as the modem reports it.
    pub(super) fn frame_reported(&mut self, frame: &[u8]) {
        let frame = FrameView(frame);
        match frame.fcf() {
            fcf::DCN => self.asking.refused = true,
            fcf::DIS if self.phase == Phase::Calling && self.asking.fetches => {
                self.asking.holds |= frame.has_document();
                self.asking.takes = Some((frame.takes_selection(), frame.takes_password()));
            }
            fcf::DIS if self.phase == Phase::Calling => {
                self.asking.takes = Some((frame.takes_subaddress(), frame.takes_password()));
            }
            _ => {}
        }
    }

    /// Their machine has greeted. What was to be said to it by name, and it does not take, is known now.
    pub(super) fn greeted(&mut self) {
        let (named, (subaddress, password)) = (self.asking.takes, self.asking.names());
        if self.asking.fetches {
            return self.ask_for_document();
        }
        self.phase = Phase::Between;
        if self.receives {
            return;
        }
        let takes = named.unwrap_or((true, true));
        let (subaddress, password) = (subaddress && !takes.0, password && !takes.1);
        if subaddress || password {
            self.report(FromWorker::NotTaken { subaddress, password });
        }
        self.report(FromWorker::Confirmed { pages: 0 });
    }

    /// The next `+FDR` asks for the document.
    fn ask_for_document(&mut self) {
        let (subaddress, password) = self.asking.names();
        if !self.asking.holds {
            return self.not_asked_for(false);
        }
        if (subaddress || password) && self.asking.takes.is_none() {
            let what = "The modem does not tell whether their machine takes names, so it was not asked for anything.";
            self.note(what, "+FBU".to_owned());
            return self.not_asked_for(true);
        }
        let takes = self.asking.takes.unwrap_or_default();
        if subaddress && !takes.0 || password && !takes.1 {
            return self.not_asked_for(true);
        }
        if password {
            self.told(fcf::PWD, "PWD: a password".to_owned());
        }
        if subaddress {
            let name = self.asking.inside.subaddress.expose().clone();
            self.told(fcf::SEP, format!("SEP: asks for the document “{name}”"));
        }
        self.told(fcf::DIS, "DTC: asks for a document".to_owned());
        self.phase = Phase::Between;
    }

    fn not_asked_for(&mut self, ready: bool) {
        self.report(FromWorker::NotAsked { ready });
        self.finish(Ending::Status(status::CALL_DROPPED));
    }

    /// Their machine said goodbye to how it was asked, before anything came.
    pub(super) const fn was_refused(&self) -> bool {
        self.asking.fetches && self.asking.refused
    }
}
