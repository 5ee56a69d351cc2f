//! A clinic and the far end of its trunk. The clinic is the one that `program` runs, with a real store; only sockets, processes and
//! clocks are missing.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use clinic::far_end::{self, FarEnd, Numbers};
use clinic::{Clinic, Config, Input, Output, StoreTicket, submission};
use fax::convert::{ConvertError, Problem};
use mail::inbound::Submission;
use model::fax::{Direction, Outcome};
use model::mail::SmtpReply;
use model::{
    CallId, Command, CommandError, CommandOutcome, FaxId, Instant, Now, Pii, Random, Recordable, Recorded, Settings,
    Source,
};
use plan::Plan;
use sip::{Flow, LegId, Transport};
use store::effect::Effect;
use store::rows::{FaxFilter, FaxRow, OutgoingMail};
use store::{RootKey, Store, StoreError};

use crate::engine::Engine;
use crate::net::{Conditions, Net};
use crate::wires::{Heard, Wires};

/// The clinic's SIP address.
pub const CLINIC: &str = "10.0.0.1:5060";
/// The far end's.
pub const CARRIER: &str = "10.0.0.2:5060";

/// The clinic's settings, if nothing else is said.
pub const SETTINGS: &str = r#"
plan = "solo-practice"
networks = ["10.0.0.0/24"]
[clinic]
name = "Harbor Street Clinic"
address = "12 Harbor Street"
timezone = "America/New_York"
number = "+12025550100"
[[people]]
extension = "101"
name = "Front desk"
mail = "desk@clinic.test"
rights = ["see_faxes", "send_faxes"]
location = "Reception"
[[people]]
extension = "102"
name = "Nurse"
mail = "nurse@clinic.test"
rights = ["see_faxes", "send_faxes"]
[[people]]
extension = "103"
name = "Visitor"
mail = "visitor@clinic.test"
[[trunks]]
name = "main"
address = "10.0.0.2:5060"
[mail]
domain = "clinic.test"
fax_domain = "fax.clinic.test"
smarthost = "10.0.0.3:25"
[fax]
number = "+12025550199"
station_id = "+1 202 555 0199"
deliver_to = ["desk@clinic.test"]
"#;

/// How much simulated time a run may take before it counts as hanging.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(6 * 3600);

/// What the far end saw, over all crashes of the clinic.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Outcomes of fax sessions, as the far end judges them, by the number called.
    pub sessions: Vec<(String, Outcome)>,
    /// Pages that it confirmed, in order: number called, index, TIFF.
    pub pages: Vec<(String, u32, Vec<u8>)>,
    /// Mails that the smarthost took.
    pub mails: Vec<OutgoingMail>,
    /// Files that were written: folder, name, content.
    pub files: Vec<(String, String, Vec<u8>)>,
    /// What modems were told to do, by their names. Nothing comes of it but what a test says ([`World::modem`]).
    pub modems: Vec<(String, modem::Order)>,
    /// Recordings that callers hear from then on.
    pub prompts: Vec<(Recordable, Option<Recorded>)>,
}

impl Seen {
    /// Puts what was seen before the clinic's last start in front.
    pub fn precede(&mut self, earlier: Self) {
        let later = std::mem::replace(self, earlier);
        self.sessions.extend(later.sessions);
        self.pages.extend(later.pages);
        self.mails.extend(later.mails);
        self.files.extend(later.files);
        self.modems.extend(later.modems);
        self.prompts.extend(later.prompts);
    }
}

/// See the module.
pub struct World {
    /// Now.
    pub now: Now,
    /// What the world outside saw.
    pub seen: Seen,
    /// The clinic's settings.
    pub settings: Arc<Settings>,
    /// Its store.
    pub store: Store,
    /// The effects that were performed, by name, for the exhaustive crash test.
    pub effects: Vec<String>,
    plan: Arc<Plan>,
    random: Random,
    net: Net,
    clinic: Clinic,
    clinic_wires: Wires,
    clinic_timeout: Instant,
    engines: BTreeMap<CallId, Engine>,
    far_end: FarEnd,
    far_wires: Wires,
    far_timeout: Instant,
    far_engines: BTreeMap<LegId, Engine>,
    crash_after: Option<usize>,
    crashed: bool,
    reads_codes: bool,
    renders: bool,
    folders_answer: bool,
    next_id: u64,
    submissions: BTreeMap<u64, bool>,
    replies: BTreeMap<u64, Result<CommandOutcome, CommandError>>,
    /// The faxes as they were after so many effects: a run asks at each of its events, and only effects change them.
    faxes: RefCell<Option<(usize, Vec<FaxRow>)>>,
    refuses: Refuses,
    smarthost: Smarthost,
    /// What becomes of a datagram that the far end sends to where phones and carriers are answered.
    far_says: Box<dyn FnMut(Vec<u8>) -> Vec<u8>>,
    /// Effects that the store has not come to yet, while it is held up.
    held_up: Option<VecDeque<(StoreTicket, Effect)>>,
}

/// What the store refuses, and why.
type Refuses = Box<dyn FnMut(&Effect) -> Option<StoreError>>;
/// What the smarthost says to a mail.
type Smarthost = Box<dyn FnMut(&OutgoingMail) -> SmtpReply>;

impl World {
    /// A world whose clinic keeps its store in `dir`. A second world on the same folder is the clinic after a crash.
    pub fn new(dir: &Path, seed: u64, conditions: Conditions, now: Now) -> Self {
        Self::with(dir, seed, conditions, now, "")
    }

    /// The same, with more settings: what follows on `[fax]`.
    pub fn with(dir: &Path, seed: u64, conditions: Conditions, now: Now, more: &str) -> Self {
        Self::of(dir, seed, conditions, now, &format!("{SETTINGS}{more}"))
    }

    /// The same, with settings that are changed before.
    pub fn changed(dir: &Path, seed: u64, now: Now, change: impl FnOnce(&str) -> String) -> Self {
        Self::of(dir, seed, Conditions::GOOD, now, &change(SETTINGS))
    }

    /// The same, whose store refuses what this says from its start on.
    pub fn refused(
        dir: &Path,
        now: Now,
        more: &str,
        refuses: impl FnMut(&Effect) -> Option<StoreError> + 'static,
    ) -> Self {
        let mut world = Self::locked(dir, 1, Conditions::GOOD, now, &format!("{SETTINGS}{more}"));
        world.store_refuses(refuses);
        world.input(Input::Unlocked);
        world
    }

    fn of(dir: &Path, seed: u64, conditions: Conditions, now: Now, settings: &str) -> Self {
        let mut world = Self::locked(dir, seed, conditions, now, settings);
        world.input(Input::Unlocked);
        world
    }

    fn locked(dir: &Path, seed: u64, conditions: Conditions, now: Now, settings: &str) -> Self {
        let settings = Arc::new(Settings::parse(settings).expect("good settings"));
        let plan = Arc::new(Plan::of(&settings).expect("a good plan"));
        let mut random = Random::from_u64(seed);
        let store = Store::open_blocking(dir, RootKey::from_bytes([7; 32])).expect("the store opens");
        let (us, them): (SocketAddr, SocketAddr) =
            (CLINIC.parse().expect("address"), CARRIER.parse().expect("address"));
        let pbx = calls::PbxConfig {
            settings: settings.clone(),
            plan: plan.clone(),
            media: us.ip().into(),
            fingerprint: None,
            media_ports: 10_000..=10_399,
            sip_local: us,
            limits: calls::Limits::default(),
            known_trunks: Vec::new(),
        };
        let config =
            Config { pbx, fax_policy: fax::queue::Policy::default(), mail_policy: mail::queue::Policy::default() };
        let far_config = far_end::Config {
            local: them.ip(),
            ports: 20_000..=20_399,
            flow: Flow { transport: Transport::Udp, local: them, remote: us, connection: 0 },
            numbers: Numbers::default(),
            clinic_fax: "12025550199".to_owned(),
            held: far_end::held(),
        };
        let mut far_wires = Wires::new(them, "carrier.test", random.fork());
        let peers = sip::Peers { trunks: vec![us.ip()], ..sip::Peers::default() };
        far_wires.sip(now, sip::Command::SetPeers(peers));
        Self {
            now,
            seen: Seen::default(),
            settings,
            store,
            effects: Vec::new(),
            plan,
            net: Net::new(random.next_u64(), conditions),
            clinic: Clinic::new(config, random.fork()),
            clinic_wires: Wires::new(us, "clinic.test", random.fork()),
            clinic_timeout: Instant::ZERO,
            engines: BTreeMap::new(),
            far_end: FarEnd::new(far_config, random.fork()),
            far_wires,
            far_timeout: Instant::FAR_FUTURE,
            far_engines: BTreeMap::new(),
            crash_after: None,
            crashed: false,
            reads_codes: true,
            renders: true,
            folders_answer: true,
            next_id: 0,
            submissions: BTreeMap::new(),
            replies: BTreeMap::new(),
            faxes: RefCell::new(None),
            refuses: Box::new(|_| None),
            smarthost: Box::new(|_| SmtpReply::new(250, "2.0.0 taken")),
            far_says: Box::new(|message| message),
            held_up: None,
            random,
        }
    }

    /// From now on, the process dies right after this many further effects, before their results are known.
    pub fn crash_after(&mut self, effects: usize) {
        self.crash_after = Some(effects);
    }

    /// From now on, who is asked for the codes on a page says nothing.
    pub const fn lose_the_reader(&mut self) {
        self.reads_codes = false;
    }

    /// The codes on a fax are read after all.
    pub fn codes_come(&mut self, fax: FaxId, codes: &[&str]) {
        let codes = codes.iter().map(|code| (*code).to_owned()).collect();
        self.clinic.handle_input(self.now, Input::CodesRead { fax, codes });
        self.settle();
    }

    /// The process is told to end: true if nothing keeps it any more.
    pub fn may_end(&mut self) -> bool {
        self.clinic.handle_input(self.now, Input::Ending);
        self.settle();
        self.clinic.is_written()
    }

    /// A mail server or a folder has something of ours, and has not said whether it keeps it.
    pub fn delivers(&self) -> bool {
        self.clinic.delivers()
    }

    /// From now on, a file is in its folder, and whoever wrote it has not said so yet.
    pub const fn lose_the_folders(&mut self) {
        self.folders_answer = false;
    }

    /// What writing this fax into this folder came to.
    pub fn folder_says(&mut self, fax: FaxId, folder: &str, result: Result<(), &str>) {
        let (folder, result) = (folder.to_owned(), result.map_err(str::to_owned));
        self.input(Input::FaxWritten { fax, folder, result });
    }

    /// From now on, whatever renders is killed.
    pub const fn kill_the_renderer(&mut self) {
        self.renders = false;
    }

    /// From now on, the store refuses what this says.
    pub fn store_refuses(&mut self, refuses: impl FnMut(&Effect) -> Option<StoreError> + 'static) {
        self.refuses = Box::new(refuses);
    }

    /// From now on, the smarthost says this to each mail.
    pub fn smarthost_says(&mut self, says: impl FnMut(&OutgoingMail) -> SmtpReply + 'static) {
        self.smarthost = Box::new(says);
    }

    /// From now on, the far end says this in place of each of its messages.
    pub fn far_end_says(&mut self, says: impl FnMut(Vec<u8>) -> Vec<u8> + 'static) {
        self.far_says = Box::new(says);
    }

    /// From now on, the store comes to nothing.
    pub fn hold_up_store(&mut self) {
        self.held_up = Some(VecDeque::new());
    }

    /// It goes on, with what has waited first.
    pub fn let_store_go_on(&mut self) {
        for (ticket, effect) in self.held_up.take().into_iter().flatten() {
            self.perform(ticket, effect);
        }
        self.settle();
    }

    /// It died.
    pub const fn has_crashed(&self) -> bool {
        self.crashed
    }

    /// A person mails a message to fax numbers, over SMTP that was accepted up to its end. True only for a 250.
    ///
    /// # Errors
    /// The refusal as the client hears it, with its codes.
    pub fn mail(&mut self, by: &str, to: &[&str], message: &[u8]) -> Result<bool, String> {
        self.mail_from("nurse@clinic.test", by, to, message)
    }

    /// The same, with this envelope sender.
    ///
    /// # Errors
    /// As above.
    pub fn mail_from(&mut self, from: &str, by: &str, to: &[&str], message: &[u8]) -> Result<bool, String> {
        let submission = Submission {
            by: Some(by.to_owned()),
            from: Pii::from(from),
            recipients: to.iter().map(|n| Pii::new(format!("{n}@fax.clinic.test"))).collect(),
            body: Pii::new(message.to_vec()),
        };
        let mail = submission::order(&self.settings, &self.plan, submission, self.now, &mut self.random)
            .map_err(|refusal| format!("{} {} {}", refusal.code, refusal.status, refusal.text.expose()))?;
        self.next_id += 1;
        let id = self.next_id;
        self.input(Input::Submission { id, mail: Box::new(mail) });
        Ok(self.submissions.get(&id).copied().unwrap_or(false))
    }

    /// An SMTP session from this address was refused its sign-in.
    pub fn mail_sign_in_refused(&mut self, from: IpAddr) {
        self.input(Input::MailSignInRefused { from: Source::of(from) });
    }

    /// A person orders something.
    ///
    /// # Errors
    /// What the person is told.
    pub fn command(&mut self, command: Command) -> Option<Result<CommandOutcome, CommandError>> {
        self.next_id += 1;
        let id = self.next_id;
        self.input(Input::Command { id, command });
        self.replies.remove(&id)
    }

    /// A modem says something, or its keeper of it.
    pub fn modem(&mut self, name: &str, news: modem::keeper::News) {
        self.input(Input::Modem { name: name.to_owned(), news });
    }

    /// The program is told to end.
    pub fn end(&mut self) {
        self.input(Input::Ending);
    }

    /// The far end does something by itself.
    pub fn far_end(&mut self, input: far_end::Input) {
        self.far_end.handle_input(self.now, input);
        self.settle();
    }

    /// Lets time pass until `is`, or the clinic crashed, or nothing will ever happen again.
    ///
    /// # Panics
    /// If it takes more simulated time than any real run would.
    pub fn run_until(&mut self, is: impl Fn(&Self) -> bool) {
        let limit = self.now.instant + LIMIT;
        while !is(self) && !self.crashed {
            let next = self.next_event();
            if next == Instant::FAR_FUTURE {
                return;
            }
            assert!(next < limit, "the world does not come to rest; faxes: {:?}", self.faxes());
            self.now = self.now.after(next.saturating_since(self.now.instant));
            self.step();
        }
    }

    /// Lets time pass until then, whatever happens.
    pub fn wait_until(&mut self, until: Instant) {
        while self.next_event() <= until && !self.crashed {
            self.now = self.now.after(self.next_event().saturating_since(self.now.instant));
            self.step();
        }
        self.now = self.now.after(until.saturating_since(self.now.instant));
    }

    /// Every fax that the clinic knows.
    pub fn faxes(&self) -> Vec<FaxRow> {
        let mut known = self.faxes.borrow_mut();
        match &*known {
            Some((effects, faxes)) if *effects == self.effects.len() => faxes.clone(),
            _ => {
                let faxes = self.store.wait(self.store.faxes().list(FaxFilter::default(), 100, None));
                let faxes = faxes.expect("the store reads");
                known.insert((self.effects.len(), faxes)).1.clone()
            }
        }
    }

    /// The faxes of one direction.
    pub fn faxes_of(&self, direction: Direction) -> Vec<FaxRow> {
        self.faxes().into_iter().filter(|f| f.direction == direction).collect()
    }

    /// All that is live.
    pub fn snapshot(&self) -> model::Snapshot {
        self.clinic.snapshot()
    }

    fn next_event(&self) -> Instant {
        let net = self.net.next_arrival().unwrap_or(Instant::FAR_FUTURE);
        let wires = self.clinic_wires.next_timeout().min(self.far_wires.next_timeout());
        net.min(wires).min(self.clinic_timeout).min(self.far_timeout)
    }

    fn step(&mut self) {
        let now = self.now;
        while let Some((from, to, mut data)) = self.net.pop(now.instant) {
            if to == self.clinic_wires.sip {
                data = (self.far_says)(data);
            }
            let wires =
                if to.ip() == self.clinic_wires.sip.ip() { &mut self.clinic_wires } else { &mut self.far_wires };
            wires.datagram(now, from, to, &data);
        }
        self.clinic_wires.tick(now);
        self.far_wires.tick(now);
        if self.clinic_timeout <= now.instant {
            self.clinic.handle_input(now, Input::Timeout);
        }
        if self.far_timeout <= now.instant {
            self.far_end.handle_input(now, far_end::Input::Timeout);
        }
        self.settle();
    }

    fn input(&mut self, input: Input) {
        self.clinic.handle_input(self.now, input);
        self.settle();
    }

    /// Carries everything out until nothing more follows at this instant.
    fn settle(&mut self) {
        loop {
            let mut busy = self.drain_clinic() | self.drain_far_end();
            for heard in self.clinic_wires.pump(self.now, &mut self.net) {
                busy = true;
                let input = match heard {
                    Heard::Sip(event) => Input::Sip(*event),
                    Heard::Media(event) => Input::Media(event),
                };
                self.clinic.handle_input(self.now, input);
            }
            for heard in self.far_wires.pump(self.now, &mut self.net) {
                busy = true;
                let input = match heard {
                    Heard::Sip(event) => far_end::Input::Sip(*event),
                    Heard::Media(event) => far_end::Input::Media(event),
                };
                self.far_end.handle_input(self.now, input);
            }
            if !busy || self.crashed {
                return;
            }
        }
    }

    fn drain_clinic(&mut self) -> bool {
        let mut busy = false;
        while !self.crashed {
            match self.clinic.poll_output() {
                // This world's trunk is an address.
                Output::Resolve(_) | Output::TrunksFound(_) | Output::Live { .. } => {}
                Output::Timeout(at) => {
                    self.clinic_timeout = at;
                    break;
                }
                output => {
                    busy = true;
                    self.carry_out(output);
                }
            }
        }
        busy
    }

    fn carry_out(&mut self, output: Output) {
        let now = self.now;
        match output {
            Output::Sip(command) => self.clinic_wires.sip(now, command),
            Output::Media(command) => self.clinic_wires.media(now, command),
            Output::StartWorker { call, start } => {
                let (engine, said) = Engine::start(*start);
                self.engines.insert(call, engine);
                self.hear(call, said);
            }
            Output::Worker { call, frame } => {
                let said = self.engines.get_mut(&call).map(|e| e.give(&frame)).unwrap_or_default();
                self.hear(call, said);
            }
            Output::KillWorker { call } => {
                self.engines.remove(&call);
            }
            Output::Store { ticket, effect } => self.perform(ticket, effect),
            Output::Render { fax, documents, resolution } => {
                let killed = ConvertError { document: 0, name: documents[0].name.clone(), kind: Problem::OurFault };
                let result =
                    if self.renders { fax::convert::render_at(&documents, resolution) } else { Err(killed) };
                self.clinic.handle_input(now, Input::Rendered { fax, result });
            }
            Output::ReadCodes { .. } if !self.reads_codes => {}
            Output::ReadCodes { fax, page } => {
                let codes = fax::codes::read(&page).unwrap_or_default();
                self.clinic.handle_input(now, Input::CodesRead { fax, codes });
            }
            Output::PackMessage { id, voicemail, sound } => {
                let opus = clinic::as_opus(voicemail, sound.expose()).map(Pii::new);
                self.clinic.handle_input(now, Input::MessagePacked { id, opus });
            }
            Output::Deliver { mail } => {
                let id = mail.id;
                let reply = (self.smarthost)(&mail);
                if reply.is_success() {
                    self.seen.mails.push(*mail);
                }
                self.clinic.handle_input(now, Input::MailTried { mail: id, reply });
            }
            Output::WriteFax { fax, folder, name, pdf } => {
                self.seen.files.push((folder.clone(), name, pdf.into_inner()));
                if self.folders_answer {
                    self.clinic.handle_input(now, Input::FaxWritten { fax, folder, result: Ok(()) });
                }
            }
            Output::SubmissionStored { id, result } => {
                self.submissions.insert(id, result.is_ok());
            }
            Output::Reply { id, result } => {
                self.replies.insert(id, result);
            }
            Output::Modem { name, order } => self.seen.modems.push((name, order)),
            Output::PromptLive { what, sound } => self.seen.prompts.push((what, sound)),
            // This world's trunk is an address, and no name is ever looked up.
            Output::Resolve(_)
            | Output::TrunksFound(_)
            | Output::Live { .. }
            // No port for fax programs is there.
            | Output::Port { .. }
            // And no phone is a fax machine.
            | Output::StartGateway { .. }
            | Output::Gateway { .. }
            | Output::KillGateway { .. }
            | Output::Event(_)
            | Output::Timeout(_) => {}
        }
    }

    fn hear(&mut self, call: CallId, said: Vec<fax::worker::proto::FromWorker>) {
        for frame in said {
            self.clinic.handle_input(self.now, Input::Worker { call, frame });
        }
    }

    fn perform(&mut self, ticket: StoreTicket, effect: Effect) {
        if let Some(waiting) = &mut self.held_up {
            return waiting.push_back((ticket, effect));
        }
        let name = format!("{effect:?}");
        let name = name.split([' ', '(', '{']).next().unwrap_or_default().to_owned();
        let result = match (self.refuses)(&effect) {
            Some(error) => Err(error),
            None => self.store.perform_blocking(effect),
        };
        self.effects.push(name);
        if let Some(left) = &mut self.crash_after {
            if *left == 0 {
                self.crashed = true;
                return;
            }
            *left -= 1;
        }
        self.clinic.handle_input(self.now, Input::Stored { ticket, result });
    }

    fn drain_far_end(&mut self) -> bool {
        let mut busy = false;
        loop {
            let output = self.far_end.poll_output();
            busy |= !matches!(output, far_end::Output::Timeout(_));
            match output {
                far_end::Output::Timeout(at) => {
                    self.far_timeout = at;
                    return busy;
                }
                far_end::Output::Sip(command) => self.far_wires.sip(self.now, command),
                far_end::Output::Media(command) => self.far_wires.media(self.now, command),
                far_end::Output::StartWorker { leg, start } => {
                    let (engine, said) = Engine::start(*start);
                    self.far_engines.insert(leg, engine);
                    self.far_hear(leg, said);
                }
                far_end::Output::Worker { leg, frame } => {
                    let said = self.far_engines.get_mut(&leg).map(|e| e.give(&frame)).unwrap_or_default();
                    self.far_hear(leg, said);
                }
                far_end::Output::KillWorker { leg } => {
                    self.far_engines.remove(&leg);
                }
                far_end::Output::Received { number, index, page, .. } => {
                    self.seen.pages.push((number, index, page.to_tiff()));
                }
                far_end::Output::FaxEnded { number, outcome } => self.seen.sessions.push((number, outcome)),
                far_end::Output::Talking { .. } => {}
            }
        }
    }

    fn far_hear(&mut self, leg: LegId, said: Vec<fax::worker::proto::FromWorker>) {
        for frame in said {
            self.far_end.handle_input(self.now, far_end::Input::Worker { leg, frame });
        }
    }
}
