//! The other side of the trunk, for the demo and the simulation: a carrier with a few numbers behind it. It is a real second
//! end of the real protocols, scripted to misbehave, and shares no state with the appliance.
//!
//! | number | what it does |
//! |---|---|
//! | voice (12025550123) | rings, answers, sends back what it hears |
//! | 911, 933 | the operator: the same, at once |
//! | good (12025550101) | takes a fax, then faxes it back to the clinic, as a test number of a fax vendor would |
//! | busy (12025550102) | 486 |
//! | drops page 2 (12025550103) | hangs up when the second page is complete, before it confirms it |
//! | T.38 refused (12025550106) | an ordinary machine on an ordinary line: answers 488 to T.38, takes a fax as sound, faxes it back |
//! | over IP alone (12025550112) | a fax machine whose line takes T.38 alone: answers 488 to a call with sound |
//! | holds (12025550108) | holds a document ready for whoever asks for it (polling) |
//! | holds named (12025550109) | the same, for whoever gives its subaddress and its password |
//! | holds and breaks (12025550110) | holds one, and hangs up when its first page is confirmed |
//! | fetches (12025550111) | takes a fax, then calls the clinic and fetches the document that lies ready there under the same names |
//! | anything else | 404 |

mod fax_leg;
mod held;
mod script;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use fax::page::Page;
use fax::worker::proto::{FromWorker, ToWorker};
use media::sdp::{self, Formats, Origin};
use media::{Family, Ports, SessionId};
use model::{Inside, Instant, Now, Pii, Random};
use sip::{EndReason, Flow, LegId, NameAddr};

use crate::lines::WorkerStart;
use fax_leg::FaxLeg;
pub use held::held;
pub use script::{Numbers, Script};

/// What goes in.
#[derive(Debug)]
pub enum Input {
    /// From its SIP endpoint.
    Sip(sip::Event),
    /// From its media engine.
    Media(media::Event),
    /// From the fax engine of a leg.
    Worker {
        /// Whose.
        leg: LegId,
        /// What it says.
        frame: FromWorker,
    },
    /// The fax engine of a leg died.
    WorkerGone {
        /// Whose.
        leg: LegId,
    },
    /// Call this number of the clinic and say nothing: a caller from outside.
    Call {
        /// What to dial.
        number: String,
    },
    /// Fax these pages to this number of the clinic.
    Fax {
        /// What to dial.
        number: String,
        /// What to send.
        pages: Vec<Page>,
        /// Pages of each further document at the end of them, which is sent in the same call.
        followers: Vec<u32>,
        /// Whom there they are for.
        inside: Inside,
    },
    /// Call this number of the clinic, and ask for the document that it holds ready.
    Fetch {
        /// What to dial.
        number: String,
        /// Which document (SEP), and what lets us in (PWD).
        inside: Inside,
        /// Over T.38, or as sound.
        t38: bool,
        /// Hang up when this page (from 0) is complete, before it is confirmed.
        drops_page: Option<u32>,
    },
    /// End every call that carries a fax, as a line that breaks.
    BreakFaxes,
    /// The instant that `Output::Timeout` named has come.
    Timeout,
}

/// What comes out; the shell loops until `Timeout`.
#[derive(Debug)]
pub enum Output {
    /// For its SIP endpoint.
    Sip(sip::Command),
    /// For its media engine.
    Media(media::Command),
    /// Start a fax engine for this leg.
    StartWorker {
        /// Whose.
        leg: LegId,
        /// What it starts with.
        start: Box<WorkerStart>,
    },
    /// For the fax engine of a leg.
    Worker {
        /// Whose.
        leg: LegId,
        /// What to say.
        frame: ToWorker,
    },
    /// End the fax engine of a leg.
    KillWorker {
        /// Whose.
        leg: LegId,
    },
    /// A page was received by this number, and is about to be confirmed.
    Received {
        /// The leg, unique among receptions.
        leg: LegId,
        /// The number called.
        number: String,
        /// From 0.
        index: u32,
        /// The page.
        page: Box<Page>,
    },
    /// A fax session ended.
    FaxEnded {
        /// The number called.
        number: String,
        /// What it came to.
        outcome: model::fax::Outcome,
    },
    /// A call to or from the clinic was answered.
    Talking {
        /// Which.
        leg: LegId,
    },
    /// Nothing more until this instant.
    Timeout(Instant),
}

/// Where things are.
#[derive(Clone, Debug)]
pub struct Config {
    /// Our media address and ports.
    pub local: std::net::IpAddr,
    /// See above.
    pub ports: std::ops::RangeInclusive<u16>,
    /// Our SIP end, and the clinic's.
    pub flow: Flow,
    /// What each number does.
    pub numbers: Numbers,
    /// The clinic's fax number, for faxing back.
    pub clinic_fax: String,
    /// The document that some numbers hold ready.
    pub held: Vec<Page>,
}

/// One call, seen from here.
struct Leg {
    number: String,
    script: Script,
    port: u16,
    session: SessionId,
    origin: Origin,
    offer: Option<sdp::Session>,
    /// Pages to send, for a call of our own that is a fax, and whom there they are for.
    document: Vec<Page>,
    followers: Vec<u32>,
    inside: Inside,
    fax: Option<FaxLeg>,
    answered: bool,
    /// The clinic hung up, or the call broke: there is nobody to say BYE to.
    ended: bool,
}

enum Due {
    Answer(LegId),
    FaxBack { pages: Vec<Page>, t38: bool, inside: Inside },
    Fetch,
}

/// See the module.
pub struct FarEnd {
    config: Config,
    ports: Ports,
    legs: BTreeMap<LegId, Leg>,
    due: BTreeMap<(Instant, u64), Due>,
    next: u64,
    random: Random,
    out: VecDeque<Output>,
    timeout: Instant,
}

/// How long a person takes to pick up.
const PICK_UP: std::time::Duration = std::time::Duration::from_millis(400);
/// How long the good machine takes before it faxes back.
const TURN_ROUND: std::time::Duration = std::time::Duration::from_millis(500);

impl FarEnd {
    /// A carrier without calls.
    pub fn new(config: Config, random: Random) -> Self {
        let ports = Ports::new(config.ports.clone());
        Self {
            config,
            ports,
            legs: BTreeMap::new(),
            due: BTreeMap::new(),
            next: 0,
            random,
            out: VecDeque::new(),
            timeout: Instant::FAR_FUTURE,
        }
    }

    /// One step.
    pub fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::Sip(event) => self.sip(now, event),
            Input::Media(media::Event::Raw { session, data, more, .. }) => {
                self.fax_hears(now, session, fax::session::Input::Datagram(&data), more);
            }
            Input::Media(media::Event::Tapped { session, heard }) => {
                let mut left = heard.len();
                for media::Heard { at, timestamp, payload_type, payload } in heard {
                    left -= 1;
                    let law = if payload_type == 8 { fax::audio::Law::A } else { fax::audio::Law::Mu };
                    let sound = fax::session::Input::Sound { at, timestamp, law, payload: &payload };
                    self.fax_hears(now, session, sound, left > 0);
                }
            }
            Input::Media(_) => {}
            Input::Worker { leg, frame } => self.fax_input(now, leg, fax::session::Input::Worker(frame)),
            Input::WorkerGone { leg } => self.fax_input(now, leg, fax::session::Input::WorkerGone),
            Input::Call { number } => self.call(now, number, Script::Voice, <_>::default(), Inside::default()),
            Input::Fax { number, pages, followers, inside } => {
                self.call(now, number, Script::Sender { t38: true }, (pages, followers), inside);
            }
            Input::Fetch { number, inside, t38, drops_page } => {
                self.call(now, number, Script::Fetcher { t38, drops_page }, <_>::default(), inside);
            }
            Input::BreakFaxes => {
                let faxes: Vec<_> = self.legs.iter().filter(|(_, l)| l.fax.is_some()).map(|(id, _)| *id).collect();
                for leg in faxes {
                    self.hang_up(now, leg);
                }
            }
            Input::Timeout => {}
        }
        self.tick(now);
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Output {
        self.out.pop_front().unwrap_or(Output::Timeout(self.timeout))
    }

    /// Calls that are up.
    pub fn calls(&self) -> usize {
        self.legs.len()
    }

    fn tick(&mut self, now: Now) {
        while let Some(entry) = self.due.first_entry()
            && entry.key().0 <= now.instant
        {
            match entry.remove() {
                Due::Answer(leg) => self.answer(now, leg),
                Due::FaxBack { pages, t38, inside } => {
                    let number = self.config.clinic_fax.clone();
                    self.call(now, number, Script::Sender { t38 }, (pages, Vec::new()), inside);
                }
                Due::Fetch => {
                    let (number, (subaddress, password)) = (self.config.clinic_fax.clone(), Numbers::NAME);
                    let inside = Inside { subaddress: subaddress.into(), password: password.into() };
                    self.call(now, number, Script::Fetcher { t38: true, drops_page: None }, <_>::default(), inside);
                }
            }
        }
        let late: Vec<_> = self.legs.iter().filter(|(_, l)| l.fax_due(now.instant)).map(|(id, _)| *id).collect();
        for leg in late {
            self.fax_input(now, leg, fax::session::Input::Timeout);
        }
        let faxes = self.legs.values().filter_map(|l| l.fax.as_ref()).map(|f| f.timeout);
        let timers = self.due.keys().map(|(at, _)| *at);
        self.timeout = faxes.chain(timers).min().unwrap_or(Instant::FAR_FUTURE);
    }

    fn later(&mut self, at: Instant, due: Due) {
        self.next += 1;
        self.due.insert((at, self.next), due);
    }

    fn leg_of(&self, session: SessionId) -> Option<LegId> {
        self.legs.iter().find(|(_, l)| l.session == session).map(|(id, _)| *id)
    }

    fn sip(&mut self, now: Now, event: sip::Event) {
        match event {
            sip::Event::Register { request, .. } => self.order(sip::Command::Reject { request, code: 403 }),
            sip::Event::Invite { leg, invite } => self.invited(now, leg, &invite),
            sip::Event::Established { leg } => self.established(leg),
            sip::Event::Answered { leg, body } => self.answered(now, leg, &body),
            sip::Event::Reinvite { leg, offer } => self.reinvited(now, leg, &offer),
            sip::Event::ReinviteAnswered { leg, body } => self.t38_agreed(now, leg, &body),
            sip::Event::ReinviteRefused { leg, .. } => self.hang_up(now, leg),
            sip::Event::Refused { leg, .. } => self.gone(now, leg),
            sip::Event::Ended { leg, reason } => {
                if reason != EndReason::Cancelled
                    && let Some(entry) = self.legs.get_mut(&leg)
                {
                    entry.ended = true;
                    self.fax_input(now, leg, fax::session::Input::LineEnded);
                }
                self.gone(now, leg);
            }
            // What no script plays.
            _ => {}
        }
    }

    fn order(&mut self, command: sip::Command) {
        self.out.push_back(Output::Sip(command));
    }

    fn invited(&mut self, now: Now, leg: LegId, invite: &sip::Invite) {
        let number = invite.dialled.expose().trim_start_matches('+').to_owned();
        let offer = invite.offer.as_deref().and_then(|o| sdp::Session::parse(o).ok());
        let script = self.config.numbers.script(&number);
        let refuse = match (&script, &offer) {
            (Script::Refuse(code), _) => Some(*code),
            (_, None) => Some(488),
            (Script::OverIpAlone, Some(offer)) if offer.open_image().is_none() => Some(488),
            _ => None,
        };
        if let Some(code) = refuse {
            return self.order(sip::Command::Refuse { leg, code, retry_after: None });
        }
        let held = if matches!(script, Script::Holder { .. }) { self.config.held.clone() } else { Vec::new() };
        let Some(entry) = self.new_leg(now, number, script, held) else {
            return self.order(sip::Command::Refuse { leg, code: 503, retry_after: Some(5) });
        };
        self.legs.insert(leg, Leg { offer, ..entry });
        self.order(sip::Command::Ring { leg, code: 180, body: None });
        let wait = if matches!(script, Script::Operator) { std::time::Duration::ZERO } else { PICK_UP };
        self.later(now.instant + wait, Due::Answer(leg));
    }

    fn new_leg(&mut self, now: Now, number: String, script: Script, document: Vec<Page>) -> Option<Leg> {
        let port = self.ports.take(now)?;
        self.next += 1;
        let session = SessionId(self.next);
        let home = Family::of(self.config.local).into();
        self.out.push_back(Output::Media(media::Command::Open { session, port, home }));
        let origin = Origin::new(self.random.next_u64() >> 1, self.config.local);
        Some(Leg {
            number,
            script,
            port,
            session,
            origin,
            offer: None,
            document,
            followers: Vec::new(),
            inside: Inside::default(),
            fax: None,
            answered: false,
            ended: false,
        })
    }

    fn answer(&mut self, now: Now, leg: LegId) {
        let local = self.config.local;
        let Some(entry) = self.legs.get_mut(&leg) else { return };
        let Some(offer) = entry.offer.as_ref() else { return };
        let addr = SocketAddr::new(local, entry.port);
        if entry.script == Script::OverIpAlone {
            return self.answer_image(now, leg, addr);
        }
        let body = sdp::audio_answer(&entry.origin, offer, addr, &Formats::g711(), sdp::Direction::SendRecv);
        let Ok(body) = body else {
            self.legs.remove(&leg);
            return self.order(sip::Command::Refuse { leg, code: 488, retry_after: None });
        };
        entry.answered = true;
        let session = entry.session;
        let audio = offer.audio.clone();
        let remote = audio.as_ref().and_then(sdp::Audio::remote);
        self.out.push_back(Output::Media(media::Command::Remote { session, addr: remote }));
        self.out.push_back(Output::Media(media::Command::Echo { session }));
        self.order(sip::Command::Answer { leg, body: body.into() });
        self.out.push_back(Output::Talking { leg });
        self.begin_sound(now, leg, audio.as_ref());
    }

    /// The call came with T.38, and is answered with that.
    fn answer_image(&mut self, now: Now, leg: LegId, addr: SocketAddr) {
        let Some(entry) = self.legs.get_mut(&leg) else { return };
        let Some(offer) = entry.offer.as_ref() else { return };
        let Ok(body) = sdp::t38_answer(&entry.origin, offer, addr, &sdp::T38::ours()) else { return };
        let remote = offer.open_image().and_then(sdp::Image::remote);
        entry.answered = true;
        self.order(sip::Command::Answer { leg, body: body.into() });
        self.out.push_back(Output::Talking { leg });
        self.begin_fax(now, leg, remote);
    }

    /// A fax machine that was called asks for T.38 as soon as the call stands.
    fn established(&mut self, leg: LegId) {
        let Some(entry) = self.legs.get_mut(&leg) else { return };
        if !matches!(entry.script, Script::Receiver { t38: true, .. } | Script::Holder { .. } | Script::TakesOne) {
            return;
        }
        entry.origin.next();
        let addr = SocketAddr::new(self.config.local, entry.port);
        let body = sdp::t38_offer(&entry.origin, addr, &sdp::T38::ours(), Some(sdp::Profile::Avp));
        self.order(sip::Command::Reinvite { leg, body: body.into() });
    }

    fn call(&mut self, now: Now, number: String, script: Script, documents: (Vec<Page>, Vec<u32>), inside: Inside) {
        let (pages, followers) = documents;
        let Some(entry) = self.new_leg(now, number.clone(), script, pages) else { return };
        let entry = Leg { followers, inside, ..entry };
        self.next += 1;
        let leg = LegId::outgoing(self.next);
        let addr = SocketAddr::new(self.config.local, entry.port);
        let body = sdp::audio_offer(&entry.origin, addr, &Formats::g711(), sdp::Direction::SendRecv);
        let (flow, host) = (self.config.flow, self.config.flow.remote);
        let caller = self.config.numbers.caller(script);
        let from = NameAddr { display: Pii::default(), uri: format!("sip:+{caller}@{}", flow.local).into() };
        let uri = Pii::new(format!("sip:{number}@{host}"));
        let to = NameAddr { display: Pii::default(), uri: uri.clone() };
        self.legs.insert(leg, entry);
        let call = sip::OutgoingCall::new(uri, flow, from, to, body);
        self.order(sip::Command::Invite { leg, call: call.into() });
    }

    fn answered(&mut self, now: Now, leg: LegId, body: &[u8]) {
        let Some(entry) = self.legs.get_mut(&leg) else { return };
        entry.answered = true;
        let answer = sdp::Session::parse(body).ok();
        let audio = answer.and_then(|s| s.audio);
        let addr = audio.as_ref().and_then(sdp::Audio::remote);
        let session = entry.session;
        self.out.push_back(Output::Media(media::Command::Remote { session, addr }));
        self.out.push_back(Output::Media(media::Command::Echo { session }));
        self.out.push_back(Output::Talking { leg });
        self.begin_sound(now, leg, audio.as_ref());
    }

    fn reinvited(&mut self, now: Now, leg: LegId, offer: &[u8]) {
        let local = self.config.local;
        let Some(entry) = self.legs.get_mut(&leg) else { return };
        let offered = sdp::Session::parse(offer).ok();
        let image = offered.as_ref().and_then(sdp::Session::open_image);
        entry.origin.next();
        let addr = SocketAddr::new(local, entry.port);
        let willing = entry.script.takes_t38();
        let answer = match (&offered, image) {
            (Some(offered), Some(image)) if willing => {
                let remote = image.remote();
                sdp::t38_answer(&entry.origin, offered, addr, &sdp::T38::ours()).ok().map(|body| (body, remote))
            }
            _ => None,
        };
        let Some((body, remote)) = answer else {
            return self.order(sip::Command::RefuseReinvite { leg, code: 488 });
        };
        self.order(sip::Command::AnswerReinvite { leg, body: body.into() });
        self.begin_fax(now, leg, remote);
    }

    fn t38_agreed(&mut self, now: Now, leg: LegId, body: &[u8]) {
        let answer = sdp::Session::parse(body).ok();
        match answer.as_ref().and_then(sdp::Session::open_image).and_then(sdp::Image::remote) {
            Some(remote) => self.begin_fax(now, leg, Some(remote)),
            None => self.hang_up(now, leg),
        }
    }

    fn hang_up(&mut self, now: Now, leg: LegId) {
        if let Some(entry) = self.legs.get(&leg) {
            if !entry.ended {
                self.order(sip::Command::Bye { leg });
            }
            self.gone(now, leg);
        }
    }

    /// The leg is over: whatever hung on it goes.
    fn gone(&mut self, now: Now, leg: LegId) {
        if let Some(entry) = self.legs.remove(&leg) {
            if entry.fax.is_some() {
                self.out.push_back(Output::KillWorker { leg });
            }
            self.out.push_back(Output::Media(media::Command::Close { session: entry.session }));
            self.ports.give_back(now, entry.port);
        }
    }
}

impl Leg {
    fn fax_due(&self, now: Instant) -> bool {
        self.fax.as_ref().is_some_and(|f| f.timeout <= now)
    }
}
