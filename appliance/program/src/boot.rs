//! Starting and stopping the appliance, for `run` and for `demo` alike.
//!
//! The order is the promise of invariant 7: the phone side starts from the lifeline capsule, which needs no key, and only then
//! is the store opened. Only on the very first start, when there is no capsule yet, does the phone side wait for the settings.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clinic::Clinic;
use model::time::Clock;
use model::{Random, Settings};
use plan::Plan;
use store::lifeline::{Capsule, CapsuleError};
use store::{RootKey, Store};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::lifeline;
use crate::ports::Ports;
use crate::shell::{Desk, Failures, Gate, Request, Shell};

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
    /// The settings of a store that has none yet.
    pub(crate) first_settings: String,
    /// How failed faxes and mails are tried again.
    pub(crate) pace: Pace,
    /// What the console shows as a demo, if it is one.
    pub(crate) demo: Option<console::DemoInfo>,
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
    desk: Desk,
    phones: PhoneSide,
    submission: tokio::task::JoinHandle<()>,
    stop: watch::Sender<bool>,
    _settings: watch::Sender<Arc<Settings>>,
    /// Held until the end: two programs on one folder would each think that they own its faxes.
    _lock: File,
}

/// SIP, media and the task that owns the clinic.
struct PhoneSide {
    sip: mpsc::Sender<sip::Command>,
    task: tokio::task::JoinHandle<()>,
    desk: Desk,
}

/// A runtime, and the program's whole life inside it.
pub(crate) fn run(options: crate::cli::RunOptions) -> Result<(), Failure> {
    crate::log::start("info");
    let setup = crate::config::read(&options.config)?;
    runtime()?.block_on(async {
        let appliance = start(setup, Clock::start()).await?;
        tracing::info!("frontdesk is running");
        until_told().await?;
        appliance.stop().await;
        Ok(())
    })
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Failure(format!("the runtime could not be started: {e}")))
}

/// Waits for SIGTERM or Ctrl-C.
pub(crate) async fn until_told() -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = signal(SignalKind::terminate()).and_then(|t| Ok((t, signal(SignalKind::interrupt())?)));
    let (mut terminate, mut interrupt) = signals.map_err(|e| Failure(format!("signals cannot be received: {e}")))?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Starts everything. When it returns, every port listens.
pub(crate) async fn start(setup: Setup, clock: Clock) -> Result<Appliance, Failure> {
    let Setup { state, ports, first_settings, pace, demo } = setup;
    let lock = own_folder(&state)?;
    let mut random = seed()?;

    // Capsule first: with it, emergency calls work before anything else does.
    let phones = match Capsule::load(&state) {
        Ok(capsule) => {
            let settings = Arc::new(lifeline::settings(&capsule));
            let plan = plan_of(&settings);
            let phones = phone_side(&ports, settings, plan, pace, clock, &mut random).await?;
            phones.users(lifeline::users(&capsule)).await;
            Some(phones)
        }
        Err(CapsuleError::Missing) => None,
        Err(error) => {
            tracing::error!(%error, "phones work once the store is open");
            None
        }
    };

    let root = RootKey::load_or_create(&state.join("root.key")).map_err(|e| store_failure(&state, &e))?;
    let store = Store::open(&state.join("store"), root).await.map_err(|e| store_failure(&state, &e))?;
    let settings = Arc::new(settings_of(&store, &first_settings, clock).await?);
    let plan = plan_of(&settings);
    let phones = match phones {
        Some(phones) => phones,
        None => phone_side(&ports, settings.clone(), plan.clone(), pace, clock, &mut random).await?,
    };
    phones.open(&store, &settings, &plan).await?;
    write_capsule(&state, &store, &settings).await?;

    let (settings_tx, settings_rx) = watch::channel(settings);
    let gate = Gate {
        store: store.clone(),
        settings: settings_rx.clone(),
        plan,
        desk: phones.desk.clone(),
        clock,
        random: std::sync::Mutex::new(random.fork()),
        failures: Failures::default(),
    };
    let (stop, stopped) = watch::channel(false);
    let submission = gate.serve(listen(ports.submission, "mail submission").await?, stopped.clone());
    let sessions = console::Sessions::new(store.clone(), clock, random.fork());
    serve_console(&ports, &store, &settings_rx, &phones.desk, &sessions, clock, demo).await?;
    Ok(Appliance {
        store,
        settings: settings_rx,
        sessions,
        random,
        desk: phones.desk.clone(),
        phones,
        submission,
        stop,
        _settings: settings_tx,
        _lock: lock,
    })
}

impl Appliance {
    /// What is live, and orders.
    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Gives the endpoint the secrets of its users as they are in the store now, and renews the capsule.
    pub(crate) async fn users_changed(&self, state: &Path) -> Result<(), Failure> {
        let settings = self.settings.borrow().clone();
        self.phones.users(users(&self.store).await?).await;
        write_capsule(state, &self.store, &settings).await
    }

    /// Ends cleanly: what is durable is durable, what is on a line ends as a line that breaks.
    pub(crate) async fn stop(self) {
        // Sessions that hand in a mail end first: they wait for the clinic's answer.
        let _ = self.stop.send(true);
        let _ = self.submission.await;
        let _ = self.desk.requests.send(Request::Stop).await;
        let _ = self.phones.task.await;
    }
}

impl PhoneSide {
    async fn users(&self, users: Vec<sip::User>) {
        let _ = self.sip.send(sip::Command::SetUsers(users.into())).await;
    }

    async fn open(&self, store: &Store, settings: &Arc<Settings>, plan: &Arc<Plan>) -> Result<(), Failure> {
        self.users(users(store).await?).await;
        let unlock = Request::Unlock { store: store.clone(), settings: settings.clone(), plan: plan.clone() };
        let _ = self.desk.requests.send(unlock).await;
        Ok(())
    }
}

/// SIP and media, bound and running.
#[allow(clippy::disallowed_methods, reason = "the program's own tasks")]
async fn phone_side(
    ports: &Ports,
    settings: Arc<Settings>,
    plan: Arc<Plan>,
    pace: Pace,
    clock: Clock,
    random: &mut Random,
) -> Result<PhoneSide, Failure> {
    let bound = sip::io::bind(&[ports.sip], &[ports.sip]).await.map_err(|e| in_use(ports.sip, "SIP", &e))?;
    let config = sip::Config {
        domain: settings.domain.clone(),
        software: concat!("Frontdesk/", env!("CARGO_PKG_VERSION")).to_owned(),
        max_invites: 200,
        max_transactions: 5_000,
        emergency: settings.numbering.emergency.iter().flat_map(|n| [n.clone(), format!("9{n}")]).collect(),
    };
    let endpoint = sip::Endpoint::new(config, random.fork());
    let (sip_tx, sip_rx) = mpsc::channel(1024);
    let (event_tx, event_rx) = mpsc::channel(1024);
    let media_config = media::io::Config { address: ports.sip.ip(), ..media::io::Config::default() };
    let media = media::io::spawn(media_config, clock)
        .map_err(|e| Failure(format!("the media thread could not be started: {e}")))?;
    let pbx = calls::PbxConfig {
        media_ip: ports.sip.ip(),
        media_ports: ports.media.start..=ports.media.end - 1,
        sip_local: ports.sip,
        limits: calls::Limits::default(),
        settings: settings.clone(),
        plan,
    };
    let (fax_policy, mail_policy) = match pace {
        Pace::Clinic => (fax::queue::Policy::default(), mail::queue::Policy::default()),
        Pace::Demo => (fax::queue::Policy::demo(), mail::queue::Policy::demo()),
    };
    let clinic = Clinic::new(clinic::Config { pbx, fax_policy, mail_policy }, random.fork());
    let (shell, sources, desk) = Shell::new(clock, clinic, (sip_tx.clone(), event_rx), media);
    tokio::spawn(bound.run(endpoint, clock, sip_rx, event_tx));
    let task = tokio::spawn(shell.run(sources));
    Ok(PhoneSide { sip: sip_tx, task, desk })
}

#[allow(clippy::disallowed_methods, reason = "the program's own tasks")]
async fn serve_console(
    ports: &Ports,
    store: &Store,
    settings: &watch::Receiver<Arc<Settings>>,
    desk: &Desk,
    sessions: &console::Sessions,
    clock: Clock,
    demo: Option<console::DemoInfo>,
) -> Result<(), Failure> {
    let (commands, mut orders) = mpsc::channel(64);
    let requests = desk.requests.clone();
    tokio::spawn(async move {
        while let Some(order) = orders.recv().await {
            if requests.send(Request::Command(order)).await.is_err() {
                return;
            }
        }
    });
    let handles = console::Handles {
        store: store.clone(),
        settings: settings.clone(),
        snapshot: desk.snapshot.clone(),
        events: desk.events.clone(),
        commands,
        clock,
        sessions: sessions.clone(),
        metrics: crate::metrics::of(desk.snapshot.clone()),
        demo,
        page_png: Arc::new(|tiff, width| {
            fax::page::Page::from_tiff(tiff).ok().and_then(|page| fax::preview::png(&page, width).ok())
        }),
        fax_pdf: Arc::new(crate::documents::fax_pdf),
        https: false,
    };
    let listener = listen(ports.console, "the console").await?;
    let router = console::router(handles).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the console stopped");
        }
    });
    Ok(())
}

pub(crate) async fn listen(addr: SocketAddr, what: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(addr).await.map_err(|e| in_use(addr, what, &e))
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
    SystemRandom::new()
        .fill(&mut seed)
        .map_err(|_| Failure("the system gives no random numbers".to_owned()))?;
    Ok(Random::from_seed(seed))
}

async fn settings_of(store: &Store, first: &str, clock: Clock) -> Result<Settings, Failure> {
    let broken = |e: store::effect::StoreError| Failure(format!("the settings cannot be read: {e}"));
    let text = match store.settings().load().await.map_err(broken)? {
        Some((_, text)) => text,
        None => {
            store.settings().save(first, "first start", clock.now().wall).await.map_err(broken)?;
            first.to_owned()
        }
    };
    Settings::parse(&text).map_err(|problems| {
        let list: Vec<_> = problems.iter().map(ToString::to_string).collect();
        Failure(format!("the settings have problems:\n  {}", list.join("\n  ")))
    })
}

/// A plan with problems never stops the phones: the lifeline takes its place, and the log says why.
fn plan_of(settings: &Settings) -> Arc<Plan> {
    Arc::new(Plan::of(settings).unwrap_or_else(|problems| {
        for problem in problems {
            tracing::error!(%problem, "the dial plan has a problem; only emergency and internal calls work");
        }
        Plan::lifeline()
    }))
}

async fn users(store: &Store) -> Result<Vec<sip::User>, Failure> {
    let secrets = store.people().sip_secrets().await;
    let secrets = secrets.map_err(|e| Failure(format!("the phones' secrets cannot be read: {e}")))?;
    Ok(secrets.into_iter().map(|(user, ha1_md5, ha1_sha256)| sip::User { user, ha1_md5, ha1_sha256 }).collect())
}

async fn write_capsule(state: &Path, store: &Store, settings: &Settings) -> Result<(), Failure> {
    let capsule = lifeline::capsule(settings, &users(store).await?);
    capsule.save(state).map_err(|e| Failure(format!("the lifeline capsule cannot be written: {e}")))
}

fn store_failure(state: &Path, error: &store::effect::StoreError) -> Failure {
    Failure(format!("the store in {} cannot be opened: {error}", state.display()))
}
