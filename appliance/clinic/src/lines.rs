//! The faxes that are on a line: each joins a call's media port, raw or tapped, to a [`fax::session::Session`] and its engine.
//!
//! A line ends exactly once, by [`Clinic::line_finished`]: by the session's own outcome, or because the call never came to one.

use std::collections::BTreeMap;

use bytes::Bytes;
use calls::FaxWay;
use fax::audio::Law;
use fax::page::Page;
use fax::session::{self, Session};
use fax::worker::proto::{FromWorker, Start, Way};
use media::sdp::{Codec, ErrorCorrection, Payload, T38};
use media::{Heard, Said, SessionId};
use model::fax::{Cause, Direction, Outcome};
use model::sending::Manner;
use model::trace::{Mark, Trace};
use model::{CallId, Event, FaxId, Inside, Instant, Now, PhoneNumber};
use store::effect::Effect;

use crate::batch::Batch;
use crate::fetching::Fetch;
use crate::vault::{Attempt, Then};
use crate::{Clinic, Output};

/// What a fax engine starts with.
#[derive(Clone, Debug)]
pub struct WorkerStart {
    /// The first frame.
    pub start: Start,
    /// The document to send, as one TIFF file; `None` for a reception.
    pub document: Option<Vec<u8>>,
}

/// A call's port, ready for a fax.
pub(crate) struct Attachment {
    pub(crate) call: CallId,
    pub(crate) session: SessionId,
    pub(crate) direction: Direction,
    pub(crate) from: Option<PhoneNumber>,
    pub(crate) to: Option<PhoneNumber>,
    pub(crate) way: FaxWay,
}

/// One fax on the line.
pub(crate) struct Line {
    pub(crate) attempt: Attempt,
    pub(crate) direction: Direction,
    pub(crate) number: Option<PhoneNumber>,
    /// The number of ours that was called.
    pub(crate) called: Option<PhoneNumber>,
    pub(crate) began: Now,
    /// The pages of the whole document, once they were read from the store.
    pub(crate) pages: Option<Vec<Page>>,
    /// Pages confirmed before this attempt, which are not sent again, and pages in all.
    pub(crate) first_page: u32,
    pub(crate) total: Option<u32>,
    /// How the other machine is called, and over which trunk.
    pub(crate) manner: Manner,
    /// Whom an outgoing one is for there, and the keys that an incoming one's caller pressed.
    pub(crate) inside: Inside,
    pub(crate) keys: String,
    pub(crate) trunk: Option<String>,
    pub(crate) port: Option<(SessionId, FaxWay)>,
    /// The modem that carries it, in place of a port.
    pub(crate) modem: Option<String>,
    /// What else goes in this call.
    pub(crate) batch: Batch,
    /// Nothing is sent in it: what their machine holds ready is fetched.
    pub(crate) fetch: Option<Fetch>,
    /// Whoever called asked for this document of ours, and gets it.
    pub(crate) giving: Option<FaxId>,
    pub(crate) session: Option<Session>,
    /// The switchboard knows that the fax has begun its pages.
    pub(crate) under_way: bool,
    pub(crate) timeout: Instant,
    pub(crate) pages_confirmed: u32,
    /// Incoming: pages of the call that belong to faxes before this one.
    pub(crate) pages_before: u32,
    pub(crate) bit_rate: u32,
    pub(crate) doing: String,
    pub(crate) trace: Trace,
}

impl Line {
    pub(crate) fn new(attempt: Attempt, direction: Direction, number: Option<PhoneNumber>, now: Now) -> Self {
        Self {
            attempt,
            direction,
            number,
            called: None,
            began: now,
            pages: None,
            first_page: 0,
            total: None,
            manner: Manner::default(),
            inside: Inside::default(),
            keys: String::new(),
            trunk: None,
            port: None,
            modem: None,
            batch: Batch::default(),
            fetch: None,
            giving: None,
            session: None,
            under_way: false,
            timeout: Instant::FAR_FUTURE,
            pages_confirmed: 0,
            pages_before: 0,
            bit_rate: 0,
            doing: String::new(),
            trace: Trace::default(),
        }
    }
}

/// The lines by call, and by the media session that carries them.
#[derive(Default)]
pub(crate) struct Lines {
    pub(crate) by_call: BTreeMap<CallId, Line>,
    by_port: BTreeMap<SessionId, CallId>,
}

impl Lines {
    pub(crate) fn next_timeout(&self) -> Instant {
        self.by_call.values().map(|l| l.timeout).min().unwrap_or(Instant::FAR_FUTURE)
    }

    pub(crate) fn call_of_fax(&self, fax: FaxId) -> Option<CallId> {
        self.by_call.iter().find(|(_, l)| l.attempt.fax == fax).map(|(call, _)| *call)
    }
}

impl Clinic {
    /// A call's port is ready. An outgoing fax also needs its pages; whichever comes last begins the session.
    pub(crate) fn attach(&mut self, now: Now, a: Attachment) {
        if let Some(name) = self.ports.of_call(a.call) {
            return self.port_attached(&name, &a);
        }
        if a.direction == Direction::In
            && let Some(name) = a.to.as_ref().and_then(|to| self.settings.port_of(to)).map(|port| port.name.clone())
        {
            return self.port_rings(now, &name, &a);
        }
        if a.direction == Direction::In && !self.lines.by_call.contains_key(&a.call) {
            self.reception(now, &a);
        }
        let Some(line) = self.lines.by_call.get_mut(&a.call) else {
            // Recalled while it was ringing.
            self.hang_up_fax(now, a.call);
            return;
        };
        match &a.way {
            FaxWay::T38(t38) => {
                line.trace.note(now.wall, Mark::Good, "Connected, fax over IP (T.38) agreed", t38_words(t38));
            }
            FaxWay::Audio(payload) => {
                line.trace.note(now.wall, Mark::Good, "Connected; the fax begins as sound", payload.codec.name());
                let ssrc = self.random.next_u32();
                let tap = media::Command::Tap { session: a.session, payload_type: payload.number, ssrc };
                self.out.push_back(Output::Media(tap));
            }
        }
        line.port = Some((a.session, a.way));
        self.lines.by_port.insert(a.session, a.call);
        match (a.way, line.session.is_some()) {
            (FaxWay::T38(t38), true) => {
                let (max_datagram, redundancy) = terms(&t38);
                let max_bit_rate = max_bit_rate(&t38);
                self.line_input(now, a.call, session::Input::Switch { max_datagram, redundancy, max_bit_rate });
            }
            _ => self.begin_session(now, a.call),
        }
    }

    /// Begins the T.30 session if pages are there, and a port or a modem.
    pub(crate) fn begin_session(&mut self, now: Now, call: CallId) {
        let Some(line) = self.lines.by_call.get(&call) else { return };
        // Of a call that came in, the number is the caller's: it is answered, and not called.
        let to = line.number.as_ref().filter(|_| line.direction == Direction::Out);
        let modem = line.modem.as_ref().map(|name| self.modem_call(name, to));
        let station = line.modem.as_ref().and_then(|name| self.settings.modem(name)?.station_id.clone());
        if matches!(&modem, Some(Some((modem, _))) if self.cannot_ask_by(now, call, modem.class)) {
            return;
        }
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        let role = match (line.direction, &line.pages) {
            (Direction::In, _) => session::Role::Receive,
            (Direction::Out, _) if line.fetch.is_some() => session::Role::Fetch,
            // What goes along comes with it, or is left out when it could not be read.
            (Direction::Out, Some(_)) if !line.batch.is_read() => return,
            (Direction::Out, Some(pages)) => {
                let all = u32::try_from(pages.len()).unwrap_or(u32::MAX);
                session::Role::Send { pages: all.saturating_sub(line.first_page) }
            }
            (Direction::Out, None) => return,
        };
        let called = line.called.clone().filter(|_| role == session::Role::Receive);
        let ready = called.is_some_and(|called| self.offers.lie_ready(&called, now.wall));
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        let (way, (max_datagram, redundancy)) = match (&modem, &line.port) {
            (Some(None), _) => return self.fax_never_began(now, call, Cause::ModemGone),
            (Some(Some((call, _))), _) if call.class.speaks_t30() => (Way::Class2, terms(&T38::ours())),
            (Some(Some(_)), _) => (Way::Modem, terms(&T38::ours())),
            (None, Some((_, FaxWay::T38(t38)))) => (Way::T38, terms(t38)),
            (None, Some((_, FaxWay::Audio(payload)))) => {
                (Way::Audio(law(payload.codec).unwrap_or(Law::Mu)), terms(&T38::ours()))
            }
            (None, None) => return,
        };
        let agreed = match &line.port {
            Some((_, FaxWay::T38(t38))) if way == Way::T38 => max_bit_rate(t38),
            _ => u16::MAX,
        };
        let (modem, most) = modem.flatten().map_or((None, agreed), |(call, most)| (Some(call), most));
        let more = line.batch.take_pages();
        let followers = more.iter().map(|pages| u32::try_from(pages.len()).unwrap_or(u32::MAX)).collect();
        let document = line.pages.take().map(|pages| Page::multi_tiff(&[pages, more.concat()].concat()));
        let params = session::Params {
            station_id: station.unwrap_or_else(|| self.settings.station_id.clone()),
            header: self.settings.clinic_name.clone(),
            timezone: self.settings.timezone.clone(),
            way,
            modem,
            max_datagram,
            redundancy,
            first_page: line.first_page,
            // A modem that speaks T.30 itself gives nothing away.
            ready: ready && way != Way::Class2,
            followers,
            ecm: line.manner.ecm,
            max_bit_rate: line.manner.max_bit_rate.min(most),
            inside: line.inside.clone(),
            finest: self.settings.faxing.resolution,
            t85: true,
            paced: true,
        };
        let (session, start) = Session::new(now, role, params);
        line.session = Some(session);
        line.timeout = now.instant;
        line.doing = "Agreeing on a speed".to_owned();
        self.out.push_back(Output::StartWorker { call, start: Box::new(WorkerStart { start, document }) });
        self.pump_line(now, call);
    }

    pub(crate) fn worker(&mut self, now: Now, call: CallId, frame: FromWorker) {
        self.line_input(now, call, session::Input::Worker(frame));
    }

    pub(crate) fn worker_gone(&mut self, now: Now, call: CallId) {
        self.line_input(now, call, session::Input::WorkerGone);
    }

    /// A datagram came, perhaps together with others, of which more follow.
    pub(crate) fn datagram(&mut self, now: Now, port: SessionId, data: &Bytes, more: bool) {
        if self.port_is_sent(port, data) || self.gateway_is_sent(port, data) {
            return;
        }
        if let Some(call) = self.lines.by_port.get(&port).copied() {
            self.line_hears(now, call, session::Input::Datagram(data), more);
        }
    }

    /// Packets of sound came.
    pub(crate) fn sound(&mut self, now: Now, port: SessionId, heard: &[Heard]) {
        if self.port_hears(port, heard) || self.gateway_hears(port, heard) {
            return;
        }
        let Some(call) = self.lines.by_port.get(&port).copied() else { return };
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        let (Some((_, FaxWay::Audio(agreed))), Some(session)) = (line.port, line.session.as_mut()) else { return };
        for Heard { at, timestamp, payload_type, payload } in heard {
            // Comfort noise and the like is no sound of a modem.
            if let Some(law) = law_of(*payload_type, agreed) {
                session.part(now, session::Input::Sound { at: *at, timestamp: *timestamp, law, payload });
            }
        }
        // Nothing is decided before they all are there.
        self.line_input(now, call, session::Input::Timeout);
    }

    /// The other side hung up, or the call broke.
    pub(crate) fn line_ended(&mut self, now: Now, call: CallId) {
        if self.lines.by_call.get(&call).is_some_and(|l| l.session.is_some()) {
            self.line_input(now, call, session::Input::LineEnded);
        } else {
            self.fax_never_began(now, call, Cause::Dropped);
        }
    }

    /// The call ended before there was a session.
    pub(crate) fn fax_never_began(&mut self, now: Now, call: CallId, cause: Cause) {
        self.line_finished(now, call, Outcome::without_session(cause));
    }

    pub(crate) fn tick_lines(&mut self, now: Now) {
        let due: Vec<_> =
            self.lines.by_call.iter().filter(|(_, l)| l.timeout <= now.instant).map(|(call, _)| *call).collect();
        for call in due {
            self.line_input(now, call, session::Input::Timeout);
        }
    }

    fn line_hears(&mut self, now: Now, call: CallId, packet: session::Input<'_>, more: bool) {
        match self.lines.by_call.get_mut(&call).and_then(|l| l.session.as_mut()) {
            Some(session) if more => session.part(now, packet),
            _ => self.line_input(now, call, packet),
        }
    }

    pub(crate) fn line_input(&mut self, now: Now, call: CallId, input: session::Input<'_>) {
        if let Some(session) = self.lines.by_call.get_mut(&call).and_then(|l| l.session.as_mut()) {
            session.handle_input(now, input);
            self.pump_line(now, call);
            self.tell_under_way(now, call);
        }
    }

    /// Once, when the pages begin.
    fn tell_under_way(&mut self, now: Now, call: CallId) {
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        if !line.under_way && line.session.as_ref().is_some_and(Session::is_under_way) {
            line.under_way = true;
            self.pbx.handle_input(now, calls::Input::Command(calls::Command::FaxUnderWay { call }));
        }
    }

    fn pump_line(&mut self, now: Now, call: CallId) {
        loop {
            let Some(line) = self.lines.by_call.get_mut(&call) else { return };
            let Some(session) = line.session.as_mut() else { return };
            match session.poll_output() {
                session::Output::Worker(frame) => self.out.push_back(Output::Worker { call, frame }),
                session::Output::KillWorker => self.out.push_back(Output::KillWorker { call }),
                session::Output::Datagram { data, due } => {
                    if let Some((port, _)) = &line.port {
                        self.out.push_back(Output::Media(media::Command::SendRaw { session: *port, data, due }));
                    }
                }
                session::Output::Modem(order) => {
                    if let Some(name) = line.modem.clone() {
                        self.order_modem(&name, order);
                    }
                }
                session::Output::Sound(spans) => {
                    if let Some((port, _)) = &line.port {
                        self.out.push_back(Output::Media(says(*port, spans)));
                    }
                }
                session::Output::Gather { until } => {
                    if let Some((port, _)) = &line.port {
                        self.out.push_back(Output::Media(media::Command::Gather { session: *port, until }));
                    }
                }
                session::Output::StorePage { number, page, in_part } => {
                    self.page_arrived(now, call, number, (&page, in_part));
                }
                session::Output::AskedFor(inside) => self.document_asked_for(now, call, &inside),
                session::Output::DocumentReceived(outcome) => self.document_received(now, call, outcome),
                session::Output::DocumentSent { outcome, next } => self.document_sent(now, call, outcome, next),
                session::Output::StoreProgress { pages_confirmed, last_page_begins } => {
                    line.batch.trained = true;
                    let attempt = line.attempt.id;
                    let effect =
                        Effect::AttemptProgress { attempt, pages_confirmed, last_page_begun: last_page_begins };
                    self.store(effect, Then::Progress { call });
                }
                session::Output::Trace { mark, title, detail } => line.trace.note(now.wall, mark, title, detail),
                session::Output::Progress { doing, pages_confirmed, bit_rate } => {
                    line.doing = doing;
                    line.pages_confirmed = pages_confirmed;
                    line.bit_rate = bit_rate;
                    let fax = line.attempt.fax;
                    self.out.push_back(Output::Event(Event::Fax(fax)));
                }
                session::Output::Finished(outcome) => {
                    self.line_finished(now, call, outcome);
                    return;
                }
                session::Output::Timeout(at) => {
                    line.timeout = at;
                    return;
                }
            }
        }
    }

    /// The one end of every line.
    fn line_finished(&mut self, now: Now, call: CallId, mut outcome: Outcome) {
        let Some(line) = self.lines.by_call.remove(&call) else { return };
        if let Some((port, _)) = &line.port {
            self.lines.by_port.remove(port);
        }
        outcome.millis = millis_since(line.began, now);
        self.out.push_back(Output::KillWorker { call });
        match &line.modem {
            Some(name) => {
                let received = (line.direction == Direction::In && line.giving.is_none()) || line.fetch.is_some();
                if received && outcome.pages_confirmed > 0 {
                    let early = line.session.as_ref().is_some_and(Session::modem_confirms_by_itself);
                    self.modem_waited(name, !early);
                }
                self.release_modem(name, call);
            }
            None => self.hang_up_fax(now, call),
        }
        match line.direction {
            Direction::Out if line.fetch.is_some() => self.fetch_finished(now, line, outcome),
            Direction::Out => {
                if let Some(outcome) = self.batch_ends(now, &line, outcome) {
                    self.sending_finished(now, line, outcome);
                }
            }
            Direction::In => match line.giving {
                Some(offer) => self.giving_finished(now, line, offer, outcome),
                None => self.reception_finished(now, line, outcome),
            },
        }
    }

    /// A person recalls what is on the line.
    pub(crate) fn cancel_line(&mut self, now: Now, call: CallId) {
        if self.lines.by_call.get(&call).is_some_and(|l| l.session.is_some()) {
            self.line_input(now, call, session::Input::Cancel);
        } else {
            self.fax_never_began(now, call, Cause::Cancelled);
        }
    }

    pub(crate) fn hang_up_fax(&mut self, now: Now, call: CallId) {
        self.pbx.handle_input(now, calls::Input::Command(calls::Command::FaxDone { call }));
    }
}

/// What carries an incoming fax, in its attempt.
pub(crate) fn line_name(line: &Line) -> String {
    match (&line.modem, &line.port) {
        (Some(name), _) => name.clone(),
        (None, Some((_, FaxWay::Audio(_)))) => "G.711".to_owned(),
        (None, _) => "T.38".to_owned(),
    }
}

pub(crate) fn millis_since(began: Now, now: Now) -> u64 {
    u64::try_from((now.instant - began.instant).as_millis()).unwrap_or(u64::MAX)
}

/// A modem's tones survive G.711 alone; a fax call agrees on nothing else.
pub(crate) const fn law(codec: Codec) -> Option<Law> {
    match codec {
        Codec::Pcmu => Some(Law::Mu),
        Codec::Pcma => Some(Law::A),
        Codec::G722 | Codec::Opus => None,
    }
}

/// The order to say what a fax engine says.
pub(crate) fn says(session: SessionId, spans: Vec<session::Span>) -> media::Command {
    let said = spans.into_iter().map(|session::Span { payload, due }| Said { payload, due }).collect();
    media::Command::SendTapped { session, said }
}

/// The order to say this at once.
pub(crate) fn says_now(session: SessionId, payload: Bytes) -> media::Command {
    media::Command::SendTapped { session, said: vec![Said { payload, due: Instant::ZERO }] }
}

/// The law of a packet: by the number that was agreed, or by those that are fixed (RFC 3551 Table 4).
pub(crate) fn law_of(payload_type: u8, agreed: Payload) -> Option<Law> {
    match payload_type {
        number if number == agreed.number => law(agreed.codec),
        0 => Some(Law::Mu),
        8 => Some(Law::A),
        _ => None,
    }
}

/// The longest datagram that they take, and whether redundancy was agreed.
pub(crate) fn terms(t38: &T38) -> (u16, bool) {
    (t38.max_datagram, t38.error_correction != ErrorCorrection::None)
}

/// The fastest that they can.
pub(crate) fn max_bit_rate(t38: &T38) -> u16 {
    u16::try_from(t38.max_bit_rate).unwrap_or(u16::MAX)
}

fn t38_words(t38: &T38) -> String {
    let correction = match t38.error_correction {
        ErrorCorrection::None => "no redundancy",
        ErrorCorrection::Redundancy => "redundancy",
        ErrorCorrection::Fec => "forward error correction",
    };
    format!("T.38 version {}, {} bit/s, {correction}", t38.version, t38.max_bit_rate)
}
