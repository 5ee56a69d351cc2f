//! Starting and stopping the appliance, for `run` and for `demo` alike.
//!
//! The order is the promise of invariant 7: the phone side starts from the lifeline capsule, which needs no key, and only then
//! is the store opened. Only on the very first start, when there is no capsule yet, does the phone side wait for the settings.

mod http;
mod phones;
mod plan_now;
mod threads;
mod unlock;
mod web;

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::settings::{Problem, TrunkPassword, take_passwords};
use model::time::Clock;
use model::{Random, Settings};
use plan::Plan;
use sip::io::dns::Dns;
use store::Store;
use store::lifeline::{Capsule, CapsuleError};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use self::phones::{Around, PhoneSide};
use self::plan_now::plan_of;
pub(crate) use self::threads::Threads;
use crate::certificates::{self, Certificates};
use crate::lifeline;
use crate::ports::Ports;
use crate::shell::{Desk, Failures, Gate, Names, Request};
use crate::webphone::Phones;

/// Why the program ends: one sentence that says what to do.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What to start.
pub(crate) struct Setup {
    /// The state folder.
    pub(crate) state: PathBuf,
    /// Where to listen.
    pub(crate) ports: Ports,
    /// Where certificates come from.
    pub(crate) certificates: certificates::Source,
    /// From where pages may open a SIP WebSocket.
    pub(crate) origins: console::Origins,
    /// Where the root key comes from.
    pub(crate) key: KeySource,
    /// The settings of a store that has none yet.
    pub(crate) first_settings: FirstSettings,
    /// How failed faxes and mails are tried again.
    pub(crate) pace: Pace,
    /// What the console shows as a demo, if it is one.
    pub(crate) demo: Option<console::DemoInfo>,
    /// Who looks names up; the system's servers if none is named.
    pub(crate) dns: Option<SocketAddr>,
}

/// The settings that a person wrote for the first start.
pub(crate) struct FirstSettings {
    pub(crate) text: String,
    /// Where they stand, for who has to mend them: "the settings /etc/frontdesk/clinic.toml".
    pub(crate) from: String,
}

/// Where the root key of the store comes from. What each protects against is said in the README.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// A file beside the data.
    File,
    /// A passphrase that a person types at each start, on the console's port.
    Passphrase,
}

/// How patient the queues are.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// Minutes and hours, as the field's retry table has it.
    Clinic,
    /// The same in seconds, for people who watch.
    Demo,
}

/// The running product.
pub(crate) struct Appliance {
    pub(crate) store: Store,
    pub(crate) settings: watch::Receiver<Arc<Settings>>,
    pub(crate) sessions: console::Sessions,
    pub(crate) random: Random,
    certificates: Option<Certificates>,
    clock: Clock,
    desk: Desk,
    phones: PhoneSide,
    submission: tokio::task::JoinHandle<()>,
    stop: watch::Sender<bool>,
    /// Held until the end: two programs on one folder would each think that they own its faxes.
    _lock: File,
}

/// The program's threads, and its whole life on them.
pub(crate) fn run(options: crate::cli::RunOptions) -> Result<(), Failure> {
    crate::log::start("info");
    let setup = crate::config::read(&options.config)?;
    let threads = threads()?;
    threads.live(async {
        // Before the start, which waits for days where nobody types the passphrase: phones work meanwhile, and who sends SIGHUP for a
        // new certificate must not end them.
        let mut signals = Signals::listen()?;
        let appliance = tokio::select! {
            appliance = start(setup, threads.office(), Clock::start()) => appliance?,
            () = signals.end() => return Ok(()),
        };
        tracing::info!("frontdesk is running");
        until_told(&appliance, &mut signals).await?;
        appliance.stop().await;
        Ok(())
    })
}

pub(crate) fn threads() -> Result<Threads, Failure> {
    as_many_descriptors_as_allowed();
    // Before there are other threads, so that all begin there; if it may not be, the task of the clinic says so.
    fax::rank::ahead();
    Threads::start()
}

/// Two thousand phones and five hundred browsers may be connected, and systems begin with 1024 descriptors for all.
fn as_many_descriptors_as_allowed() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    if setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_err() {
        tracing::warn!("the number of open files cannot be raised; fewer phones can be connected at once");
    }
}

/// What the program is told from outside. What comes before somebody asks is kept.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// From here on they end the program only when it wants to.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let of = |kind| signal(kind).map_err(|e| Failure(format!("signals cannot be received: {e}")));
        let (terminate, interrupt) = (of(SignalKind::terminate())?, of(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, hang_up: of(SignalKind::hangup())? })
    }

    /// Waits for SIGTERM or Ctrl-C.
    async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Waits for SIGTERM or Ctrl-C. SIGHUP reads the certificates again. Fails if the phones' side has ended by itself: whoever started the program
/// starts it again, and phones work two seconds later.
pub(crate) async fn until_told(appliance: &Appliance, signals: &mut Signals) -> Result<(), Failure> {
    /// A call for help is tried again by then.
    const LOOK: Duration = Duration::from_secs(1);
    loop {
        tokio::select! {
            _ = signals.terminate.recv() => return Ok(()),
            _ = signals.interrupt.recv() => return Ok(()),
            _ = signals.hang_up.recv() => appliance.reload_certificates(),
            () = tokio::time::sleep(LOOK) => {
                if appliance.phones.is_over() {
                    return Err(Failure("the phones' side has ended by a fault of ours".to_owned()));
                }
            }
        }
    }
}

/// Starts everything. When it returns, every port listens and the store is open. While the store is closed the phones work, and
/// the console's port says why.
pub(crate) async fn start(setup: Setup, office: Handle, clock: Clock) -> Result<Appliance, Failure> {
    let Setup { state, ports, certificates: source, origins, key, first_settings, pace, demo, dns } = setup;
    let lock = own_folder(&state)?;
    for why in crate::recordings::load(&state) {
        tracing::warn!(why, "a recording cannot be used");
    }
    let mut random = seed()?;
    let console = web::bind(&ports.console)?;
    let certificates = certificates(source, &state, &ports, &first_settings.text, clock);
    if let Some(certificates) = certificates.clone() {
        office.spawn(certificates.stay_valid(clock));
    }
    let names = || Names::new(dns.map_or_else(Dns::system, Dns::at), state.clone());
    let around =
        Around { state: &state, ports: &ports, certificates: certificates.as_ref(), office: &office, pace, clock };
    let early = phones_from_capsule(&state, around, names(), &mut random).await?;
    let store = unlock::open(&state, key, early.is_some(), &console).await?;
    let mut settings = settings_of(&store, &first_settings, clock).await?;
    // A plan that went live in the console goes before the one that the settings began with.
    match store.plans().newest().await {
        Ok(newest) => settings.plan = newest.unwrap_or(settings.plan),
        Err(error) => tracing::error!(%error, "the plan that was live cannot be read; that of the settings is used"),
    }
    prompts::help_is(settings.numbering.help());
    let settings = Arc::new(settings);
    let plan = plan_of(&settings);
    let phones = match early {
        Some(phones) => phones,
        None => PhoneSide::start(around, settings.clone(), plan.clone(), names(), &mut random).await?,
    };
    phones.open(&store, &settings, &plan).await?;
    if let Err(Failure(reason)) = write_capsule(&state, &store, &settings).await {
        // A full disk, as it may be after a power cut: phones work, and help is reached.
        tracing::error!("after a restart phones begin with what was written before: {reason}");
    }

    let (settings_tx, settings_rx) = watch::channel(settings);
    let live = watch::channel(plan.clone());
    follow_plan(phones.desk.live.clone(), (settings_tx, live.0), state.clone(), store.clone());
    let gate = Gate {
        store: store.clone(),
        settings: settings_rx.clone(),
        plan: live.1,
        desk: phones.desk.clone(),
        clock,
        random: Mutex::new(random.fork()),
        failures: Failures::default(),
    };
    let (stop, stopped) = watch::channel(false);
    let submission = gate.serve(&office, listen_on(&office, ports.submission, "mail submission").await?, stopped);
    let sessions = console::Sessions::new(store.clone(), clock, random.fork());
    let mut tls = Vec::new();
    for (addr, own) in certificates.iter().flat_map(|own| ports.console_tls.iter().map(move |addr| (*addr, own))) {
        tls.push((listen_on(&office, addr, "the console over TLS").await?, own.console.clone()));
    }
    let parts = web::Parts {
        store: &store,
        settings: &settings_rx,
        desk: &phones.desk,
        sessions: &sessions,
        clock,
        demo,
        door: phones.door.clone(),
        phones: Phones::new(phones.door.clone(), clock, settings_rx.clone(), random.fork()),
        origins,
    };
    web::serve(&office, &console, tls, parts)?;
    Ok(Appliance {
        store,
        settings: settings_rx,
        sessions,
        random,
        certificates,
        clock,
        desk: phones.desk.clone(),
        phones,
        submission,
        stop,
        _lock: lock,
    })
}

/// Hands a plan that goes live to all who have the settings, and to the lifeline capsule: after a restart phones begin with it.
#[allow(clippy::disallowed_methods, reason = "the program's own task")]
fn follow_plan(
    mut live: watch::Receiver<crate::shell::Live>,
    (settings, plan): (watch::Sender<Arc<Settings>>, watch::Sender<Arc<Plan>>),
    state: PathBuf,
    store: Store,
) {
    tokio::spawn(async move {
        while live.changed().await.is_ok() {
            let Some((new, new_plan)) = live.borrow_and_update().clone() else { continue };
            settings.send_replace(new.clone());
            plan.send_replace(new_plan);
            if let Err(Failure(reason)) = write_capsule(&state, &store, &new).await {
                tracing::error!("after a restart phones begin with the plan before: {reason}");
            }
        }
    });
}

/// What is needed for TLS. Without it everything else works, and nothing may keep the box from starting that an emergency call does not need.
fn certificates(
    source: certificates::Source,
    state: &Path,
    ports: &Ports,
    first_settings: &str,
    clock: Clock,
) -> Option<Certificates> {
    let capsule = Capsule::load(state).ok().map(|c| c.domain);
    let domain = capsule.or_else(|| Settings::parse(first_settings).ok().map(|s| s.domain)).unwrap_or_default();
    let listeners = ports.sip.iter().chain(&ports.sip_tls).chain(&ports.console_tls);
    let names = certificates::names(&domain, listeners.map(SocketAddr::ip));
    match Certificates::load(source, state, names, clock.now().wall) {
        Ok(certificates) => Some(certificates),
        Err(reason) => {
            tracing::error!("there is no TLS: {reason}");
            None
        }
    }
}

/// The capsule first: with it, emergency calls work before anything else does. A damaged one must not keep the box from starting.
async fn phones_from_capsule(
    state: &Path,
    around: Around<'_>,
    names: Names,
    random: &mut Random,
) -> Result<Option<PhoneSide>, Failure> {
    let capsule = match Capsule::load(state) {
        Ok(capsule) => capsule,
        Err(CapsuleError::Missing) => return Ok(None),
        Err(error) => {
            tracing::error!(%error, "phones work once the store is open");
            return Ok(None);
        }
    };
    let settings = Arc::new(lifeline::settings(&capsule));
    prompts::help_is(settings.numbering.help());
    let plan = plan_of(&settings);
    let phones = PhoneSide::start(around, settings, plan, names, random).await?;
    phones.users(lifeline::users(&capsule)).await;
    phones.trunk_secrets(lifeline::trunk_secrets(&capsule)).await;
    Ok(Some(phones))
}

impl Appliance {
    /// What is live, and orders.
    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Gives the endpoint the secrets of its users as they are in the store now, and renews the capsule.
    pub(crate) async fn users_changed(&self, state: &Path) -> Result<(), Failure> {
        let settings = self.settings.borrow().clone();
        self.phones.users(phones::users(&self.store).await?).await;
        write_capsule(state, &self.store, &settings).await
    }

    /// Shows renewed certificates from now on; connections that stand go on.
    fn reload_certificates(&self) {
        match self.certificates.as_ref().map(|c| c.reload(self.clock.now().wall)) {
            Some(Ok(())) => tracing::info!("the certificates were read again"),
            Some(Err(reason)) => tracing::error!("the certificates stay as they were: {reason}"),
            None => tracing::error!("there is no TLS; start again when the certificates are in order"),
        }
    }

    /// Ends cleanly: what is durable is durable, what is on a line ends as a line that breaks.
    pub(crate) async fn stop(self) {
        // Sessions that hand in a mail end first: they wait for the clinic's answer.
        let _ = self.stop.send(true);
        let _ = self.submission.await;
        self.phones.leave_trunks().await;
        let _ = self.desk.requests.send(Request::Stop).await;
        self.phones.end().await;
    }
}

pub(crate) async fn listen(addr: SocketAddr, what: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(addr).await.map_err(|e| in_use(addr, what, &e))
}

/// A port whose connections are taken and read on the office's thread.
#[allow(clippy::disallowed_methods, reason = "the program's own task")]
async fn listen_on(office: &Handle, addr: SocketAddr, what: &'static str) -> Result<TcpListener, Failure> {
    let listening = office.spawn(listen(addr, what)).await;
    listening.map_err(|e| Failure(format!("{what} cannot be listened for: {e}")))?
}

/// One sentence for a port that cannot be had.
pub(crate) fn in_use(addr: SocketAddr, what: &str, error: &io::Error) -> Failure {
    Failure(match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {} for {what} is in use by another program; stop that program, or choose other ports \
             (the demo: --port-offset 1000)",
            addr.port()
        ),
        io::ErrorKind::PermissionDenied => {
            format!("port {} for {what} may only be opened by root; choose a port above 1023", addr.port())
        }
        io::ErrorKind::AddrNotAvailable => {
            format!(
                "{what} cannot listen on {addr}: this computer has no such address; correct it in the configuration"
            )
        }
        _ => format!("{what} cannot listen on port {}: {error}", addr.port()),
    })
}

fn own_folder(state: &Path) -> Result<File, Failure> {
    let failure = |e: &io::Error| Failure(format!("the state folder {} cannot be used: {e}", state.display()));
    fs::DirBuilder::new().recursive(true).mode(0o700).create(state).map_err(|e| failure(&e))?;
    fs::set_permissions(state, fs::Permissions::from_mode(0o700)).map_err(|e| failure(&e))?;
    let lock = File::create(state.join("lock")).map_err(|e| failure(&e))?;
    lock.try_lock().map_err(|_| {
        Failure(format!("another Frontdesk is running on the state folder {}; stop it first", state.display()))
    })?;
    Ok(lock)
}

/// The process' randomness comes from the system, once.
pub(crate) fn seed() -> Result<Random, Failure> {
    use ring::rand::{SecureRandom, SystemRandom};
    let mut seed = [0; 32];
    SystemRandom::new().fill(&mut seed).map_err(|_| Failure("the system gives no random numbers".to_owned()))?;
    Ok(Random::from_seed(seed))
}

async fn settings_of(store: &Store, first: &FirstSettings, clock: Clock) -> Result<Settings, Failure> {
    let broken = |e: store::effect::StoreError| Failure(format!("the settings cannot be read: {e}"));
    if let Some((_, text)) = store.settings().load().await.map_err(broken)? {
        return checked(&text, "the settings in the store");
    }
    let (text, passwords) = take_passwords(&first.text).map_err(|problem| problems(&first.from, &[problem]))?;
    // Checked with the passwords, so that what is wrong with one is said.
    checked(&first.text, &first.from)?;
    let at = clock.now().wall;
    for TrunkPassword { trunk, user, password } in passwords {
        let secret = store::TrunkSecret { trunk, user, password: password.into() };
        store.trunks().set_secret(secret, "first start", at).await.map_err(broken)?;
    }
    store.settings().save(&text, "first start", at).await.map_err(broken)?;
    checked(&text, &first.from)
}

fn checked(text: &str, from: &str) -> Result<Settings, Failure> {
    Settings::parse(text).map_err(|list| problems(from, &list))
}

fn problems(from: &str, list: &[Problem]) -> Failure {
    let list: Vec<_> = list.iter().map(ToString::to_string).collect();
    Failure(format!("{from} have problems:\n  {}", list.join("\n  ")))
}

async fn write_capsule(state: &Path, store: &Store, settings: &Settings) -> Result<(), Failure> {
    let secrets = store.trunks().secrets().await;
    let secrets = secrets.map_err(|e| Failure(format!("the trunks' passwords cannot be read: {e}")))?;
    let capsule = lifeline::capsule(settings, &phones::users(store).await?, &secrets);
    capsule.save(state).map_err(|e| Failure(format!("the lifeline capsule cannot be written: {e}")))
}
