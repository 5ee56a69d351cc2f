//! A fax on one leg of the far end.

use std::net::SocketAddr;

use fax::audio::Law;
use fax::page::Page;
use fax::session::{self, Session};
use fax::worker::proto::Way;
use media::sdp::{self, Codec, Formats};
use model::fax::{Cause, Outcome};
use model::{Inside, Instant, Now};
use sip::LegId;

use super::{Due, FarEnd, Numbers, Output, Script, TURN_ROUND};
use crate::lines::{WorkerStart, says};

pub(super) struct FaxLeg {
    session: Session,
    pub(super) timeout: Instant,
    received: Vec<Page>,
    /// What it gives to whoever asks for it.
    held: Vec<Page>,
}

impl FarEnd {
    /// T.38 is agreed.
    pub(super) fn begin_fax(&mut self, now: Now, leg: LegId, remote: Option<SocketAddr>) {
        let Some(entry) = self.legs.get_mut(&leg).filter(|entry| entry.fax.is_none()) else { return };
        let session = entry.session;
        self.out.push_back(Output::Media(media::Command::Raw { session }));
        self.out.push_back(Output::Media(media::Command::Remote { session, addr: remote }));
        self.begin_session(now, leg, Way::T38);
    }

    /// The call is answered: a machine on a line without T.38 begins as it always did.
    pub(super) fn begin_sound(&mut self, now: Now, leg: LegId, audio: Option<&sdp::Audio>) {
        let Some(entry) = self.legs.get_mut(&leg).filter(|entry| !entry.script.takes_t38()) else { return };
        let Some(payload) = audio.and_then(|audio| audio.formats.common(&Formats::g711()).codecs.first().copied())
        else {
            return;
        };
        let (session, payload_type, ssrc) = (entry.session, payload.number, self.random.next_u32());
        self.out.push_back(Output::Media(media::Command::Tap { session, payload_type, ssrc }));
        let law = if payload.codec == Codec::Pcma { Law::A } else { Law::Mu };
        self.begin_session(now, leg, Way::Audio(law));
    }

    fn begin_session(&mut self, now: Now, leg: LegId, way: Way) {
        let Some(entry) = self.legs.get_mut(&leg) else { return };
        let calls = matches!(entry.script, Script::Sender { .. } | Script::Fetcher { .. });
        let station = if calls { self.config.numbers.caller(entry.script).to_owned() } else { entry.number.clone() };
        let pages = std::mem::take(&mut entry.document);
        let followers = std::mem::take(&mut entry.followers);
        let all = u32::try_from(pages.len()).unwrap_or(u32::MAX);
        let role = match entry.script {
            Script::Sender { .. } => session::Role::Send { pages: all.saturating_sub(followers.iter().sum()) },
            Script::Fetcher { .. } => session::Role::Fetch,
            _ => session::Role::Receive,
        };
        let held = matches!(entry.script, Script::Holder { .. }).then(|| pages.clone());
        let inside = entry.inside.clone();
        let station_id = format!("+{station}");
        let ready = held.is_some();
        let paced = true;
        let params = session::Params { station_id, way, ready, inside, followers, paced, ..session::Params::default() };
        let (session, start) = Session::new(now, role, params);
        entry.fax =
            Some(FaxLeg { session, timeout: now.instant, received: Vec::new(), held: held.unwrap_or_default() });
        let document = matches!(role, session::Role::Send { .. }).then(|| Page::multi_tiff(&pages));
        self.out.push_back(Output::StartWorker { leg, start: Box::new(WorkerStart { start, document }) });
        self.pump_fax(now, leg);
    }

    pub(super) fn fax_input(&mut self, now: Now, leg: LegId, input: session::Input<'_>) {
        if let Some(fax) = self.legs.get_mut(&leg).and_then(|l| l.fax.as_mut()) {
            fax.session.handle_input(now, input);
            self.pump_fax(now, leg);
        }
    }

    /// A packet came, perhaps together with others, of which more follow.
    pub(super) fn fax_hears(&mut self, now: Now, port: media::SessionId, packet: session::Input<'_>, more: bool) {
        let Some(leg) = self.leg_of(port) else { return };
        match self.legs.get_mut(&leg).and_then(|l| l.fax.as_mut()) {
            Some(fax) if more => fax.session.part(now, packet),
            _ => self.fax_input(now, leg, packet),
        }
    }

    fn pump_fax(&mut self, now: Now, leg: LegId) {
        loop {
            let Some(entry) = self.legs.get_mut(&leg) else { return };
            let Some(fax) = entry.fax.as_mut() else { return };
            match fax.session.poll_output() {
                session::Output::Worker(frame) => self.out.push_back(Output::Worker { leg, frame }),
                session::Output::KillWorker => self.out.push_back(Output::KillWorker { leg }),
                session::Output::Datagram { data, due } => {
                    let session = entry.session;
                    self.out.push_back(Output::Media(media::Command::SendRaw { session, data, due }));
                }
                session::Output::Sound(spans) => self.out.push_back(Output::Media(says(entry.session, spans))),
                session::Output::Gather { until } => {
                    let session = entry.session;
                    self.out.push_back(Output::Media(media::Command::Gather { session, until }));
                }
                session::Output::StorePage { number, page, .. } => {
                    let index = number.saturating_sub(1);
                    if entry.script.drops(index) {
                        return self.hang_up(now, leg);
                    }
                    let called = entry.number.clone();
                    fax.received.push(page.clone());
                    fax.session.handle_input(now, session::Input::PageStored { page: number });
                    self.out.push_back(Output::Received { leg, number: called, index, page: Box::new(page) });
                }
                session::Output::DocumentSent { .. } => {
                    fax.session.handle_input(now, session::Input::DocumentBegun);
                }
                session::Output::AskedFor(named) => {
                    let held = fax.held.clone();
                    let refusal = session::Input::Refuse { cause: Cause::FetchRefused, why: String::new() };
                    let gives = entry.script.gives(&named);
                    let answer = if gives { session::Input::Give { pages: &held } } else { refusal };
                    fax.session.handle_input(now, answer);
                }
                session::Output::DocumentReceived(_) if entry.script == Script::TakesOne => {
                    return self.hang_up(now, leg);
                }
                // What came in one call goes back in one.
                session::Output::DocumentReceived(_) => {}
                session::Output::StoreProgress { pages_confirmed, .. } => {
                    if pages_confirmed == 1 && matches!(entry.script, Script::Holder { breaks: true, .. }) {
                        return self.hang_up(now, leg);
                    }
                    fax.session.handle_input(now, session::Input::ProgressStored);
                }
                session::Output::Trace { .. } | session::Output::Progress { .. } | session::Output::Modem(_) => {}
                session::Output::Finished(outcome) => return self.fax_finished(now, leg, outcome),
                session::Output::Timeout(at) => {
                    fax.timeout = at;
                    return;
                }
            }
        }
    }

    fn fax_finished(&mut self, now: Now, leg: LegId, outcome: Outcome) {
        let Some(entry) = self.legs.get_mut(&leg) else { return };
        let received = entry.fax.take().map(|f| f.received).unwrap_or_default();
        let (number, script) = (entry.number.clone(), entry.script);
        self.out.push_back(Output::KillWorker { leg });
        let whole = outcome.cause == Cause::Delivered;
        // Whom a fax was for here, it is from there that it goes back.
        let inside = Inside { subaddress: outcome.subaddress.clone(), ..Inside::default() };
        self.out.push_back(Output::FaxEnded { number, outcome });
        self.hang_up(now, leg);
        match script {
            Script::Receiver { faxes_back: true, t38, .. } if whole => {
                self.later(now.instant + TURN_ROUND, Due::FaxBack { pages: received, t38, inside });
            }
            Script::Receiver { fetches: true, .. } if whole => self.later(now.instant + TURN_ROUND, Due::Fetch),
            _ => {}
        }
    }
}

impl Script {
    const fn drops(self, number: u32) -> bool {
        let (Self::Receiver { drops_page, .. } | Self::Fetcher { drops_page, .. }) = self else { return false };
        matches!(drops_page, Some(page) if page == number)
    }

    /// Whoever asks for this gets what it holds.
    fn gives(self, named: &Inside) -> bool {
        let (subaddress, password) = Numbers::NAME;
        match self {
            Self::Holder { named: false, .. } => true,
            Self::Holder { named: true, .. } => {
                named.subaddress.expose() == subaddress && named.password.expose() == password
            }
            _ => false,
        }
    }
}
