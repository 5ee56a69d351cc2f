//! A sample clinic for looking at the console and for its tests: a real store, filled through its effects, and a live snapshot by hand.
//! Times count back from the moment at which it is made.

// Named by its file, since the tests of the console have this module under another name.
#[path = "messages.rs"]
mod messages;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use console::{Binding, CommandRequest, GivenPassword, Handles, PasswordFor, Sessions};
use model::call::{
    CallEnd, CallPhase, CallRecord, Cipher, FarEnd, Fault, LegQuality, LiveCall, Mos, Party, QueueEnd, Queued, Taken,
};
use model::command::{CommandError, Document};
use model::defence::{Block, Change, Defence, Foreign, Mirrored, Suspicion};
use model::event::{Alert, LiveFax, ModemIs, ModemState, PhoneState, TrunkState};
use model::fax::{Cause, Direction, Door, FaxState, Outcome, Retention};
use model::sending::Wish;
use model::time::Clock;
use model::trace::{Mark, Trace};
use model::{AttemptId, CallId, Event, FaxId, PhoneNumber, Pii, Random, Settings, Snapshot, Wall};
use store::effect::{Effect, FaxNext, NewFax, Place};
use store::{RootKey, SipSecret, Store};
use tokio::sync::{broadcast, mpsc, watch};

use messages::{ladder, turned_away};

/// Its settings.
pub(crate) const SETTINGS: &str = r#"
plan = "solo-practice"
networks = ["127.0.0.0/8", "::1"]
[clinic]
name = "Harbor Street Clinic"
address = "1 Harbor Street"
timezone = "America/New_York"
number = "+12025550199"
[[people]]
extension = "101"
name = "Front desk"
mail = "desk@clinic.demo"
rights = ["see_calls", "see_faxes", "send_faxes", "see_people", "manage"]
location = "Reception, ground floor"
[[people]]
extension = "102"
name = "Nurse"
mail = "nurse@clinic.demo"
rights = ["see_calls", "see_faxes", "send_faxes"]
location = "Room 2, first floor"
[[people]]
extension = "103"
name = "Doctor <Okafor>"
rights = []
location = "Room 4, first floor"
[[trunks]]
name = "main"
address = "127.0.0.1:5070"
[mail]
domain = "clinic.demo"
fax_domain = "fax.clinic.demo"
smarthost = "127.0.0.1:2526"
[fax]
number = "+12025550198"
station_id = "+1 202 555 0198"
"#;

/// The clinic, and the ends that its appliance would hold.
pub(crate) struct Sample {
    /// For the router.
    pub(crate) handles: Handles,
    /// Orders of the console.
    pub(crate) orders: mpsc::Receiver<CommandRequest>,
    /// The live snapshot.
    pub(crate) snapshot: watch::Sender<Arc<Snapshot>>,
    /// The settings.
    pub(crate) settings: watch::Sender<Arc<Settings>>,
    /// One fax of each kind, for tests.
    pub(crate) faxes: Faxes,
    /// One finished call.
    pub(crate) call: CallId,
}

impl Sample {
    /// As on the first day: no record, nobody on the phone.
    pub(crate) async fn be_new(&mut self, dir: &Path) {
        let store = Store::open(dir, RootKey::from_bytes([8; 32])).await.expect("a new store");
        let terms = self.handles.settings.borrow().sign_in;
        self.handles.sessions = Sessions::new(store.clone(), self.handles.clock, Random::from_u64(23), terms);
        self.handles.take_back = take_back(store.clone(), self.handles.sessions.clone(), self.handles.clock);
        self.handles.give_password = give_password(store.clone(), self.handles.clock);
        self.handles.store = store;
        self.snapshot.send_replace(Arc::new(Snapshot { unlocked: true, ..Snapshot::default() }));
    }
}

/// One fax of each kind.
#[derive(Clone, Copy)]
pub(crate) struct Faxes {
    pub(crate) unowned: FaxId,
    pub(crate) partial: FaxId,
    pub(crate) uncertain: FaxId,
    pub(crate) failed: FaxId,
    pub(crate) waiting: FaxId,
    pub(crate) sending: FaxId,
    pub(crate) sent: FaxId,
}

/// Fills a store in `dir`. What is there happened shortly before now.
pub(crate) async fn open(dir: &Path, clock: Clock) -> Sample {
    let store = Store::open(dir, RootKey::from_bytes([7; 32])).await.expect("a new store");
    let mut seed = Seed { store: store.clone(), random: Random::from_u64(20), now: clock.now().wall };
    let call = seed.calls().await;
    let faxes = seed.faxes().await;
    let settings = Arc::new(Settings::parse(SETTINGS).expect("good settings"));
    let (settings_tx, settings) = watch::channel(settings);
    let (snapshot_tx, snapshot) = watch::channel(Arc::new(seed.snapshot(faxes)));
    let (commands, orders) = mpsc::channel(16);
    let sessions = Sessions::new(store.clone(), clock, Random::from_u64(21), settings.borrow().sign_in);
    let handles = Handles {
        take_back: take_back(store.clone(), sessions.clone(), clock),
        give_password: give_password(store.clone(), clock),
        sessions,
        store,
        settings,
        snapshot,
        events: broadcast::channel::<Event>(64).0,
        commands,
        clock,
        metrics: Arc::new(|| "frontdesk_calls 2\n".to_owned()),
        demo: None,
        page_png: Arc::new(|page, width| Some(drawing(page, width))),
        bind_pages: Arc::new(|pages, binding| {
            let file = match binding {
                Binding::Pdf { title, .. } => format!("%PDF-1.7 of {} pages: {title}", pages.len()),
                Binding::Tiff => format!("II* of {} pages", pages.len()),
            };
            Some(file.into_bytes())
        }),
        receipt_pdf: Arc::new(|paper| format!("%PDF-1.4 {paper:?}").into_bytes()),
        sip: None,
        phone: None,
        sip_origins: console::Origins::default(),
        https: false,
    };
    Sample { handles, orders, snapshot: snapshot_tx, settings: settings_tx, faxes, call }
}

/// As the appliance does it, but for the plan.
pub(crate) async fn set_settings(
    store: &Store,
    live: &watch::Sender<Arc<Settings>>,
    (by, text, over): (&str, &str, u64),
    at: Wall,
) -> Result<(), CommandError> {
    let not_now = |error: String| CommandError::NotNow(error);
    let newest = store.settings().load().await.map_err(|e| not_now(e.to_string()))?;
    if newest.is_none_or(|(generation, _)| generation != over) {
        return Err(not_now("Somebody was faster. Nothing was changed.".to_owned()));
    }
    let settings = Settings::parse(text).map_err(|problems| CommandError::NotAllowed(problems[0].to_string()))?;
    store.settings().save(text, by, at).await.map_err(|e| not_now(e.to_string()))?;
    live.send_modify(|now| *now = Arc::new(Settings { plan: now.plan.clone(), ..settings }));
    Ok(())
}

/// As the appliance does it, without phones.
fn take_back(store: Store, sessions: Sessions, clock: Clock) -> Arc<console::TakeBack> {
    Arc::new(move |user, by| {
        let (store, sessions) = (store.clone(), sessions.clone());
        Box::pin(async move {
            store.people().forget(&user, &by, clock.now().wall).await.map_err(|error| error.to_string())?;
            Ok(sessions.end_all_of(&user))
        })
    })
}

/// As the appliance does it, with a password that everybody may know.
fn give_password(store: Store, clock: Clock) -> Arc<console::GivePassword> {
    Arc::new(move |purpose, user, by| {
        let (store, password) = (store.clone(), format!("password of {user}").replace(' ', "-"));
        Box::pin(async move {
            let (people, at) = (store.people(), clock.now().wall);
            let (domain, servers) = match purpose {
                PasswordFor::Phones => {
                    let [ha1_md5, ha1_sha256, ha1_sha512_256] = ["1", "2", "3"].map(str::to_owned);
                    let secret = SipSecret { user: user.clone(), ha1_md5, ha1_sha256, ha1_sha512_256 };
                    people.set_sip_secret(secret, &by, at).await.map_err(|error| error.to_string())?;
                    let at = |port| SocketAddr::from(([192, 0, 2, 10], port));
                    ("clinic.demo".to_owned(), vec![("UDP or TCP", at(5060)), ("TLS", at(5061))])
                }
                PasswordFor::Mail => {
                    people.set_mail_password(&user, &password, &by, at).await.map_err(|error| error.to_string())?;
                    (String::new(), vec![("SMTP", SocketAddr::from(([127, 0, 0, 1], 2587)))])
                }
            };
            Ok(GivenPassword { user: user.into(), password: password.into(), domain, servers })
        })
    })
}

struct Seed {
    store: Store,
    random: Random,
    now: Wall,
}

impl Seed {
    fn ago(&self, minutes: u64) -> Wall {
        Wall(self.now.millis() - i64::try_from(minutes).expect("small") * 60_000)
    }

    async fn perform(&self, effect: Effect) {
        self.store.perform(effect).await.expect("the effect happens");
    }

    async fn faxes(&mut self) -> Faxes {
        let old = self.received(60 * 26, Some("+12025550171"), "LAKESIDE", 2, FaxState::Received).await;
        self.take(old, "102").await;
        let sent = self.outgoing(190, "+12025550163", "Lab results, Monday", 2).await;
        self.attempt(sent, 189, 0, 2, Cause::Delivered, FaxNext::Final(FaxState::Sent)).await;
        let failed = self.outgoing(150, "+12025550144", "Prescription <b>renewal</b>", 1).await;
        self.attempt(failed, 149, 0, 0, Cause::Busy, FaxNext::Retry { at: self.ago(146) }).await;
        self.attempt(failed, 146, 0, 0, Cause::NotAFax, FaxNext::Final(FaxState::Failed)).await;
        let uncertain = self.outgoing(74, "+12025550163", "Referral to St. Mary’s Cardiology", 3).await;
        self.attempt(uncertain, 73, 0, 0, Cause::Busy, FaxNext::Retry { at: self.ago(70) }).await;
        self.attempt(uncertain, 70, 0, 2, Cause::Unconfirmed, FaxNext::Final(FaxState::Uncertain)).await;
        let partial = self.received(40, None, "ST MARYS CARDIO", 1, FaxState::Partial).await;
        let unowned = self.received(12, Some("+12025550171"), "LAKESIDE IMAGING", 4, FaxState::Received).await;
        let waiting = self.outgoing(6, "+12025550155", "Records request", 5).await;
        let next = Wall(self.now.millis() + 120_000);
        self.attempt(waiting, 5, 0, 0, Cause::Busy, FaxNext::Retry { at: next }).await;
        let sending = self.outgoing(2, "+12025550177", "Discharge summary", 3).await;
        let attempt = AttemptId::new(self.ago(1), &mut self.random);
        let line = "main, T.38".to_owned();
        self.perform(Effect::StartAttempt { fax: sending, attempt, line, first_page: 0, at: self.ago(1) }).await;
        Faxes { unowned, partial, uncertain, failed, waiting, sending, sent }
    }

    async fn take(&self, fax: FaxId, by: &str) {
        let decision = store::effect::Decision::Take;
        self.perform(Effect::DecideFax { fax, by: by.to_owned(), decision, at: self.now }).await;
    }

    async fn outgoing(&mut self, minutes: u64, to: &str, subject: &str, pages: u8) -> FaxId {
        let at = self.ago(minutes);
        let id = FaxId::new(at, &mut self.random);
        let new = NewFax {
            id,
            door: if pages == 3 { Door::Mail } else { Door::Console },
            by: "102".to_owned(),
            to: PhoneNumber::E164(to.to_owned()),
            fetch: false,
            forwards: None,
            subject: subject.into(),
            documents: vec![Document {
                name: "referral.pdf".into(),
                media_type: "application/pdf".to_owned(),
                bytes: Pii::new(b"%PDF-1.4".to_vec()),
            }],
            left_out: Pii::default(),
            receipt_to: Some("nurse@clinic.demo".into()),
            retention: Retention::Clinical,
            wish: Wish::default(),
            at,
        };
        self.perform(Effect::AcceptFax(Box::new(new))).await;
        let pages = (0..pages).map(|n| Pii::new(vec![n])).collect();
        let at = at + Duration::from_secs(2);
        self.perform(Effect::FaxRendered { fax: id, pages, twins_since: None, at }).await;
        id
    }

    async fn attempt(&mut self, fax: FaxId, minutes: u64, first_page: u32, done: u32, cause: Cause, next: FaxNext) {
        let at = self.ago(minutes);
        let attempt = AttemptId::new(at, &mut self.random);
        let line = "main, T.38".to_owned();
        self.perform(Effect::StartAttempt { fax, attempt, line, first_page, at }).await;
        let connected = !matches!(cause, Cause::Busy | Cause::NotAFax);
        let mut trace = Trace::default();
        trace.note(at, Mark::Detail, "INVITE sent", "to the carrier");
        if connected {
            let step = |seconds| at + Duration::from_secs(seconds);
            trace.note(
                step(8),
                Mark::Good,
                "Connected at 14,400 bit/s, error correction on",
                "Their machine calls itself “ST MARYS CARDIO”.",
            );
            trace.note(step(9), Mark::Detail, "DIS received", "V.17, ECM, 200 dpi");
            trace.note(step(11), Mark::Detail, "CFR received", "training passed at 14,400 bit/s");
            for page in 1..=done {
                trace.note(
                    step(11 + u64::from(page) * 20),
                    Mark::Good,
                    format!("Page {page} confirmed"),
                    "MCF, no block sent twice",
                );
            }
            if cause == Cause::Unconfirmed {
                trace.note(
                    step(80),
                    Mark::Bad,
                    "The line dropped after page 3",
                    "PPS-EOP sent three times, no answer; then BYE.",
                );
            }
        } else {
            trace.note(at + Duration::from_secs(1), Mark::Detail, "486 Busy Here", "");
        }
        let outcome = Outcome {
            cause,
            pages_confirmed: done,
            pages_in_part: 0,
            bit_rate: if connected { 14_400 } else { 0 },
            ecm: connected,
            remote_ident: if connected { "ST MARYS CARDIO".into() } else { Pii::default() },
            packets_repaired: if connected { 7 } else { 0 },
            packets_lost: 0,
            millis: if connected { 81_000 } else { 1_400 },
            blocks_repeated: if connected { 2 } else { 0 },
            bad_rows: 0,
            subaddress: Pii::default(),
        };
        let at = at + Duration::from_millis(outcome.millis);
        let lesson = Box::default();
        self.perform(Effect::FinishAttempt { fax, attempt, outcome, next, lesson, trace, at }).await;
    }

    async fn received(&mut self, minutes: u64, from: Option<&str>, ident: &str, pages: u8, state: FaxState) -> FaxId {
        let at = self.ago(minutes);
        let fax = FaxId::new(at, &mut self.random);
        let attempt = AttemptId::new(at, &mut self.random);
        let from = from.map(|n| PhoneNumber::E164(n.to_owned()));
        let to = PhoneNumber::E164("+12025550198".to_owned());
        self.perform(Effect::BeginReceived { fax, attempt, from, to, line: "main, T.38".to_owned(), at }).await;
        let mut trace = Trace::default();
        trace.note(at, Mark::Good, "Their machine called", "and showed itself by its tone");
        for number in 0..u32::from(pages) {
            let page = Pii::new(vec![number.try_into().expect("few pages")]);
            let at = at + Duration::from_secs(20 * u64::from(number + 1));
            self.perform(Effect::ReceivedPage { fax, number, page, bad_rows: 0, in_part: false, known: None, at })
                .await;
            trace.note(at, Mark::Good, format!("Page {} stored, then confirmed", number + 1), "");
        }
        let outcome = Outcome {
            cause: if state == FaxState::Received { Cause::Delivered } else { Cause::Dropped },
            pages_confirmed: u32::from(pages),
            pages_in_part: 0,
            bit_rate: 14_400,
            ecm: true,
            remote_ident: ident.into(),
            packets_repaired: 0,
            packets_lost: 0,
            millis: 96_000,
            blocks_repeated: 0,
            bad_rows: 0,
            subaddress: Pii::default(),
        };
        let at = at + Duration::from_secs(96);
        let place = Place::default();
        self.perform(Effect::FinishReceived { fax, attempt, outcome, state, place, trace, at }).await;
        fax
    }

    /// A morning's calls, and one that is followed up.
    async fn calls(&mut self) -> CallId {
        let mut records = Vec::new();
        for n in 0..46u64 {
            let minutes = 3 + n * 7 + n * n % 11;
            let missed = n % 9 == 4;
            records.push(self.call(minutes, missed, if n % 3 == 0 { Direction::Out } else { Direction::In }));
        }
        // The weeks before, for who looks how calls go.
        for (day, n) in (1..28u64).flat_map(|day| (0..6 + day * 5 % 7).map(move |n| (day, n))) {
            let minutes = day * 1440 + n * 53 % 420;
            records.push(self.call(minutes, n % 7 == 3, if n % 4 == 0 { Direction::Out } else { Direction::In }));
        }
        let last = records[0].id;
        let ladders = vec![(last, ladder(records[0].started))];
        self.perform(Effect::RecordCalls(records.into())).await;
        self.perform(Effect::RecordMessages { ladders, turned_away: turned_away(self.ago(9)), at: self.now }).await;
        last
    }

    fn call(&mut self, minutes: u64, missed: bool, direction: Direction) -> CallRecord {
        let started = self.ago(minutes);
        let outside =
            Party { number: Some(PhoneNumber::E164(format!("+120255501{:02}", minutes % 90))), name: Pii::default() };
        let inside = Party { number: Some(PhoneNumber::Internal("101".to_owned())), name: "Front desk".into() };
        let (from, to) = if direction == Direction::In { (outside, inside) } else { (inside, outside) };
        let waits = direction == Direction::In && !minutes.is_multiple_of(4);
        let waited = if waits { 4 + minutes % 97 } else { 3 };
        let answered = (!missed).then(|| started + Duration::from_secs(3 + waited));
        let queued = waits.then(|| Queued {
            queue: "desk".to_owned(),
            since: started + Duration::from_secs(3),
            millis: waited * 1000,
            end: if missed { QueueEnd::Left } else { QueueEnd::Taken },
        });
        let ended = started + Duration::from_secs(waited + if missed { 22 } else { 50 + minutes % 200 });
        let mut trace = Trace::default();
        trace.note(started, Mark::Good, "Front desk rings", "Plan: during opening hours, the front desk first.");
        trace.note(started, Mark::Detail, "INVITE", "From the trunk, PCMU and G.722 offered");
        if let Some(at) = answered {
            trace.note(at, Mark::Good, "Front desk answered", "");
        }
        trace.note(
            ended,
            if missed { Mark::Warn } else { Mark::Good },
            if missed { "Nobody answered" } else { "Hung up" },
            "",
        );
        CallRecord {
            id: CallId::new(started, &mut self.random),
            direction,
            from,
            to,
            started,
            answered,
            taken: answered.map_or(Taken::Never, Taken::At),
            left_message: false,
            queued: queued.into_iter().collect(),
            ended,
            end: if missed { CallEnd::NoAnswer } else { CallEnd::HungUp },
            fault: if missed { Fault::Callee } else { Fault::None },
            emergency: false,
            caller_quality: quality(),
            // A phone that does not report.
            callee_quality: LegQuality { round_trip_us: None, far: None, mos_in: None, mos_out: None, ..quality() },
            trace,
        }
    }

    fn snapshot(&mut self, faxes: Faxes) -> Snapshot {
        let desk = Party { number: Some(PhoneNumber::Internal("101".to_owned())), name: "Front desk".into() };
        let nurse = Party { number: Some(PhoneNumber::Internal("102".to_owned())), name: "Nurse".into() };
        let outside = |n: &str| Party { number: Some(PhoneNumber::E164(n.to_owned())), name: Pii::default() };
        let mut live = |from, to, seconds: i64, answered: bool| LiveCall {
            id: CallId::new(self.now, &mut self.random),
            direction: Direction::Out,
            from,
            to,
            started: Wall(self.now.millis() - (seconds + 6) * 1000),
            answered: answered.then(|| Wall(self.now.millis() - seconds * 1000)),
            phase: if answered { CallPhase::Talking } else { CallPhase::Ringing },
            queue: None,
            emergency: false,
            next_trunks: Vec::new(),
            caller_quality: if answered { quality() } else { LegQuality::default() },
            callee_quality: LegQuality::default(),
        };
        let phone = |extension: &str, name: &str, place: &str, phones| PhoneState {
            extension: extension.to_owned(),
            name: name.into(),
            phones,
            silent: 0,
            addresses: Vec::new(),
            places: vec![place.to_owned()],
            agent: "Yealink SIP-T54W 96.86.0.100".to_owned(),
            until: None,
        };
        Snapshot {
            callbacks: vec![model::Callback {
                id: model::CallbackId::new(self.now, &mut model::Random::from_u64(9)),
                queue: "desk".to_owned(),
                number: PhoneNumber::E164("+12025550172".to_owned()),
                name: Pii::default(),
                language: model::Language::English,
                ordered: Wall(self.now.millis() - 600_000),
                expires: Wall(self.now.millis() + 6_600_000),
                state: model::callback::CallbackState::Waiting,
            }],
            calls: vec![live(desk, outside("+12025550171"), 187, true), live(outside("+12025550148"), nurse, 4, false)],
            phones: vec![
                phone("101", "Front desk", "Reception, ground floor", 1),
                phone("102", "Nurse", "Room 2, first floor", 2),
                phone("103", "Doctor <Okafor>", "Room 4, first floor", 0),
            ],
            trunks: vec![TrunkState {
                name: "main".to_owned(),
                in_use: 2,
                channels: 10,
                healthy: true,
                line: model::event::LineState::Open,
            }],
            modems: vec![
                ModemState { name: "closet".to_owned(), is: ModemIs::Ready, sentence: String::new() },
                ModemState {
                    name: "spare".to_owned(),
                    is: ModemIs::Away,
                    sentence: "There is nothing at /dev/serial/by-id/usb-U.S._Robotics_56K_FAX_USB-if00. Is it plugged in and \
                               switched on?"
                        .to_owned(),
                },
            ],
            virtual_modems: vec![ModemState {
                name: "hylafax".to_owned(),
                is: ModemIs::InCall,
                sentence: String::new(),
            }],
            faxes: vec![LiveFax {
                fax: faxes.sending,
                attempt: AttemptId::new(self.now, &mut self.random),
                direction: Direction::Out,
                number: Some(PhoneNumber::E164("+12025550177".to_owned())),
                pages_confirmed: 1,
                pages: Some(3),
                bit_rate: 14_400,
                doing: "Sending page 2".to_owned(),
            }],
            alerts: vec![Alert {
                id: 1,
                at: self.ago(1),
                sentence: "Extension 102 (Nurse, Room 2, first floor) called 911".into(),
                help: Some("1 Harbor Street".into()),
                open: true,
                acknowledged_by: None,
            }],
            switches: model::Switches::default(),
            machine: Vec::new(),
            plugged: vec!["/dev/serial/by-id/usb-American_Power_Conversion_Smart-UPS_750-if00".to_owned()],
            office: false,
            defence: Defence {
                turned_away: model::defence::TurnedAway {
                    foreign: Foreign { calls: 41, registrations: 1830, probes: 212, other: 3 },
                    blocked: 12_411,
                    above_share: 20,
                    busy: 4,
                    ..model::defence::TurnedAway::default()
                },
                blocks: vec![
                    self.block("10.0.0.66", Suspicion::Scanner, 4, 30, 2),
                    self.block("10.0.0.21", Suspicion::WrongPasswords, 9, 10, 1),
                ],
                altered: vec![("102".to_owned(), self.ago(3))],
                mirrored: vec![
                    Mirrored {
                        mirror: "203.0.113.9:5060".parse().expect("an address"),
                        at: self.ago(20),
                        changed: Some(vec![Change::Contact, Change::Body]),
                    },
                    Mirrored {
                        mirror: "198.51.100.4:5060".parse().expect("an address"),
                        at: self.ago(20),
                        changed: Some(Vec::new()),
                    },
                    Mirrored { mirror: "192.0.2.77:5060".parse().expect("an address"), at: self.ago(20), changed: None },
                ],
            },
            unlocked: true,
        }
    }

    fn block(&self, address: &str, suspicion: Suspicion, ago: u64, minutes: u64, times: u32) -> Block {
        let since = self.ago(ago);
        let until = since + Duration::from_secs(minutes * 60);
        Block { source: address.parse().expect("an address"), suspicion, since, until, times }
    }
}

/// A page with lines where text would be; the first byte of `page` says how long it is.
fn drawing(page: &[u8], width: u32) -> Vec<u8> {
    let height = width * 13 / 10;
    let lines = 34 - u32::from(page.first().copied().unwrap_or(0)) * 7 % 20;
    let mut image = image::GrayImage::from_pixel(width, height, image::Luma([255]));
    for line in 0..lines {
        let y = height / 12 + line * height / 42;
        let end = width - width / 10 - if line % 4 == 3 { width / 3 } else { line % 3 * width / 40 };
        for dot in (width / 10..end).filter(|x| (x / (width / 60 + 1) + line) % 7 != 6) {
            for thick in 0..(height / 130).max(1) {
                image.put_pixel(dot, (y + thick).min(height - 1), image::Luma([40]));
            }
        }
    }
    let mut out = std::io::Cursor::new(Vec::new());
    image.write_to(&mut out, image::ImageFormat::Png).expect("a picture in memory");
    out.into_inner()
}

/// What was measured of a phone that reports.
const fn quality() -> LegQuality {
    LegQuality {
        packets_in: 4_310,
        packets_out: 4_312,
        unopened: 0,
        lost: 2,
        jitter_us: 1_830,
        cipher: Some(Cipher::Aes128),
        round_trip_us: Some(18_400),
        far: Some(FarEnd { expected: 4_312, lost: 130, lost_before: 2, jitter_us: 4_000 }),
        mos_in: Some(Mos(440)),
        mos_out: Some(Mos(413)),
    }
}
