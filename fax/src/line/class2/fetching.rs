//! A call that fetches what their machine holds ready (T.30 polling), and names in general: whom a fax is for, which document is wanted, and
//! the password to either.
//!
//! The modem is told before the call that we would fetch (`+FSPL=1`; `+FSP=1` in T.32). It says after their DIS whether there is a document
//! (`+FPOLL`, `+FPO`), and asks for it at our `+FDR`; from then on it is a reception like any (MultiTech S000263C, pages 65 and 78; the host
//! programs mgetty and HylaFAX do so). Names it takes in T.32 alone (`+FPA`, `+FPW`, `+FSA`; S000263C, page 81), and sends them if their
//! machine takes them: of that it says nothing. So it is asked to report the frames themselves (`+FBU`, page 93). A document that was
//! asked for by name is not asked for without, since what a machine gives then is somebody else's.
//!
//! # A refusal
//! Their machine may say goodbye to how it was asked (DCN), and is then not asked again by itself. Where the modem reports frames, that one
//! says it. Else the number of the hang-up does, as far as it tells (Table 3.4 of S000263C, page 70, and Faximum's technical note 38: "COMREC
//! error" and "RSPREC error" are a DCN, or a frame that was spoiled for seconds), and if it only says that something went wrong, when it came:
//! an answer comes sooner than silence is given up.

use std::time::Duration;

use model::settings::FaxClass;
use model::{Inside, Instant};
use spandsp::status;

use super::{Class2, Ending, Phase};
use crate::session::{Params, Role};
use crate::worker::frames::{FrameView, fcf};
use crate::worker::proto::FromWorker;

/// An answer to our DTC is here by then: we say a second of flags, our ident and the DTC, and they a second of flags and the answer, on lines with a
/// second of delay. Silence takes longer: until the DTC is out, and then T2, 6 s and at least 5 (T.30 section 5.4.3.1).
const ANSWERED: Duration = Duration::from_secs(6);

/// What a call knows of names, and of what it fetches.
#[derive(Debug, Default)]
pub(super) struct Asking {
    inside: Inside,
    fetches: bool,
    /// There is something to be fetched.
    holds: bool,
    /// Their machine takes a SEP (a SUB, if we send), and a PWD, if the modem reported its DIS.
    takes: Option<(bool, bool)>,
    /// The modem reports frames.
    tells: bool,
    /// When it was asked for the document.
    since: Option<Instant>,
    /// It said goodbye.
    refused: bool,
}

impl Asking {
    pub(super) fn new(role: Role, params: &Params) -> Self {
        let fetches = role == Role::Fetch;
        Self { inside: params.inside.clone(), fetches, ..Self::default() }
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
                self.finish(Ending::CannotFetch);
            }
            _ => {}
        }
    }

    /// A frame of their machine, as the modem reports it.
    pub(super) fn frame_reported(&mut self, frame: &[u8]) {
        let frame = FrameView(frame);
        self.asking.tells = true;
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

    /// It is asked now.
    pub(super) fn asked_for_document(&mut self, now: Instant) {
        if self.asking.fetches {
            self.asking.since.get_or_insert(now);
        }
    }

    /// The modem has put the line down. If it was no more than asked for the document: whether that was their machine's answer.
    pub(super) fn hung_up_on(&mut self, now: Instant, code: u16) {
        let Some(since) = self.asking.since.filter(|_| self.agreed.is_none() && !self.asking.tells) else { return };
        self.asking.refused |= match code {
            // It cannot be polled; COMREC and RSPREC errors, and what was neither a document nor a goodbye.
            21..=24 | 28 | 71 | 72 => true,
            // That all went well, though nothing came; errors without a name.
            0 | 20 | 70 => now < since + ANSWERED,
            _ => false,
        };
    }

    /// Their machine said goodbye to how it was asked, before anything came.
    pub(super) const fn was_refused(&self) -> bool {
        self.asking.fetches && self.asking.refused
    }
}
