//! Starting and stopping the appliance, for `run` and for `demo` alike.
//!
//! The order is the promise of invariant 7: the phone side starts from the lifeline capsule, which needs no key, and only then
//! is the store opened. Only on the very first start, when there is no capsule yet, does the phone side wait for the settings.

mod access;
mod at_the_box;
mod capsule;
mod folder;
mod follow;
mod giving;
mod http;
mod phones;
mod plan_now;
mod plugged;
mod port;
mod settings;
mod signals;
mod taking_back;
mod threads;
mod unlock;
mod web;

use std::fmt;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use model::time::Clock;
use model::{Random, Settings};
use sip::io::dns::Dns;
use store::Store;
use store::lifeline::{Capsule, CapsuleError};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::watch;

use self::access::Access;
use self::at_the_box::AtTheBox;
use self::capsule::Capsules;
use self::follow::Follow;
use self::giving::Giving;
use self::phones::{Around, PhoneSide};
use self::plan_now::{is_said, plan_of};
use self::port::{Port, Wants};
pub(crate) use self::settings::FirstSettings;
pub(crate) use self::signals::Signals;
use self::signals::Wish;
use self::taking_back::TakingBack;
pub(crate) use self::threads::Threads;
use self::unlock::Opening;
use self::web::Doors;
use crate::certificates::{self, Certificates};
use crate::lifeline;
use crate::ports::Ports;
use crate::shell::{Desk, Failures, Gate, Live, Names};
use crate::webphone::{self, Phones};

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
    capsules: Capsules,
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
        let Some(appliance) = start(setup, threads.office(), Clock::start(), &mut signals).await? else {
            return Ok(());
        };
        tracing::info!("frontdesk is running");
        appliance.until_told(&mut signals).await?;
        appliance.until_help_is_over(&mut signals).await;
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

/// Starts everything. When it returns, every port listens (of those that nothing else has) and the store is open. While the store is closed the
/// phones work, and the console's port says why. `None` if it was told to end before.
pub(crate) async fn start(
    setup: Setup,
    office: Handle,
    clock: Clock,
    signals: &mut Signals,
) -> Result<Option<Appliance>, Failure> {
    let Setup { state, ports, certificates: source, origins, key, first_settings, pace, demo, dns } = setup;
    let lock = folder::own(&state)?;
    for why in crate::recordings::load(&state) {
        tracing::warn!(why, "a recording cannot be used");
    }
    let mut random = seed()?;
    let certificates = certificates(source, &state, &ports, &first_settings, clock);
    if let Some(certificates) = certificates.clone() {
        office.spawn(certificates.stay_valid(clock));
    }
    let names = || Names::new(dns.map_or_else(Dns::system, Dns::at), state.clone());
    // At the first start, and in the demo, somebody is there who reads the sentence, and no phone is lost by it.
    let strict = demo.is_some() || matches!(Capsule::load(&state), Err(CapsuleError::Missing));
    let (certificates_of, office_of) = (certificates.as_ref(), &office);
    let around =
        Around { state: &state, ports: &ports, certificates: certificates_of, office: office_of, pace, clock, strict };
    let early = phones_from_capsule(&state, around, names(), &mut random).await?;
    let doors = Doors::new(office.clone(), &ports, certificates.as_ref());
    if strict {
        // Before anybody is asked for a passphrase.
        if early.is_none() {
            phones::are_free(&ports, certificates_of).await?;
        }
        doors.take()?;
    }
    let wants = early.as_ref().map_or_else(Wants::unseen, PhoneSide::wants);
    let first_settings = &first_settings;
    let opening = Opening {
        state: &state,
        key,
        first_settings,
        phones_run: early.is_some(),
        doors: &doors,
        wants: &wants,
        clock,
    };
    let opened = tokio::select! {
        opened = opening.open() => Some(opened?),
        failure = phones::failure_of(early.as_ref()) => return Err(failure),
        () = ended(certificates.as_ref(), clock, signals) => None,
    };
    let Some((store, settings)) = opened else {
        if let Some(phones) = early {
            phones.until_help_is_over(ended(certificates.as_ref(), clock, signals)).await;
            phones.leave().await;
        }
        return Ok(None);
    };
    prompts::help_is(settings.numbering.help());
    crate::recordings::load_kept(&store).await;
    let settings = Arc::new(settings);
    let plan = plan_of(&settings);
    is_said(&plan);
    let (settings_tx, settings_rx) = watch::channel(settings.clone());
    let (plan_tx, plan_rx) = watch::channel(plan.clone());
    let live = Live { settings: settings_tx, plan: plan_tx };
    let phones = match early {
        Some(phones) => phones.renewed(&store, &live).await,
        None => {
            let phones = PhoneSide::start(around, settings.clone(), plan, names(), &mut random).await?;
            phones.open(&store, &live).await?;
            phones
        }
    };
    let wants = phones.wants();
    let capsules = Capsules::new(state.clone(), store.clone(), wants.clone());
    capsules.renew(&settings).await;

    let gate = Gate {
        store: store.clone(),
        settings: settings_rx.clone(),
        plan: plan_rx.clone(),
        desk: phones.desk.clone(),
        clock,
        random: Mutex::new(random.fork()),
        failures: Failures::default(),
    };
    // From here on everything works, and whoever waits for that may wait for this port.
    let mail = Port::new(ports.submission, "mail submission");
    if strict {
        mail.take()?;
    }
    let (stop, stopped) = watch::channel(false);
    // What is plugged into somebody's own computer is nothing to the demo.
    if demo.is_none() {
        office.spawn(until_told(stopped.clone(), plugged::show(settings_rx.clone(), wants.clone())));
    }
    let submission = office.spawn(submission(mail, gate, wants.clone(), stopped));
    let sign_in = settings_rx.borrow().sign_in;
    let sessions = console::Sessions::new(store.clone(), clock, random.fork(), sign_in);
    if let Err(error) = sessions.load().await {
        tracing::error!(%error, "who was signed in at the console cannot be read; everybody signs in anew");
    }
    let follow = Follow {
        store: store.clone(),
        known: settings,
        sessions: sessions.clone(),
        sip: phones.endpoint(),
        capsules: capsules.clone(),
    };
    office.spawn(follow.live(settings_rx.clone()));
    let taking_back = TakingBack {
        store: store.clone(),
        settings: settings_rx.clone(),
        sessions: sessions.clone(),
        sip: phones.endpoint(),
        capsules: capsules.clone(),
        clock,
    };
    let giving = Giving {
        store: store.clone(),
        settings: settings_rx.clone(),
        taking_back: taking_back.clone(),
        clock,
        random: Arc::new(Mutex::new(random.fork())),
        ports: ports.clone(),
    };
    let access = Access {
        store: store.clone(),
        settings: settings_rx.clone(),
        sessions: sessions.clone(),
        taking_back: taking_back.clone(),
        giving: giving.clone(),
        clock,
        random: random.fork(),
        ports: ports.clone(),
        at_the_box: AtTheBox {
            store: store.clone(),
            settings: settings_rx.clone(),
            requests: phones.desk.requests.clone(),
            snapshot: phones.desk.snapshot.clone(),
        },
    };
    let welcomes = demo.is_none();
    let now = webphone::Live { settings: settings_rx.clone(), plan: plan_rx };
    let parts = web::Parts {
        store: &store,
        settings: &settings_rx,
        desk: &phones.desk,
        sessions: &sessions,
        taking_back,
        giving,
        clock,
        demo,
        door: phones.door.clone(),
        phones: Phones::new(phones.door.clone(), clock, now, random.fork()),
        origins,
    };
    web::serve(&doors, &wants, parts);
    if welcomes {
        access.welcome().await;
    }
    if let Some(listener) = access::listen(&state) {
        office.spawn(access.serve(listener));
    }
    Ok(Some(Appliance {
        store,
        settings: settings_rx,
        sessions,
        random,
        certificates,
        clock,
        capsules,
        phones,
        submission,
        stop,
        _lock: lock,
    }))
}

/// Waits until the program is told to end. Meanwhile SIGHUP reads the certificates again.
async fn ended(certificates: Option<&Certificates>, clock: Clock, signals: &mut Signals) {
    while signals.next().await == Wish::Certificates {
        reload(certificates, clock);
    }
}

/// Shows renewed certificates from now on; connections that stand go on.
fn reload(certificates: Option<&Certificates>, clock: Clock) {
    match certificates.map(|c| c.reload(clock.now().wall)) {
        Some(Ok(())) => tracing::info!("the certificates were read again"),
        Some(Err(reason)) => tracing::error!("the certificates stay as they were: {reason}"),
        None => tracing::error!("there is no TLS; start again when the certificates are in order"),
    }
}

/// Takes mail from when its port can be had until the end.
async fn submission(port: Port, gate: Gate, wants: Wants, mut stopped: watch::Receiver<bool>) {
    let until = stopped.clone();
    let listener = tokio::select! {
        listener = port.had(&wants) => listener,
        () = told(&mut stopped) => return,
    };
    gate.serve(listener, until).await;
}

async fn until_told(mut stopped: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        () = told(&mut stopped) => {}
    }
}

async fn told(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// What is needed for TLS. Without it everything else works, and nothing may keep the box from starting that an emergency call does not need.
fn certificates(
    source: certificates::Source,
    state: &Path,
    ports: &Ports,
    first_settings: &FirstSettings,
    clock: Clock,
) -> Option<Certificates> {
    let capsule = Capsule::load(state).ok().map(|c| c.domain);
    let domain = capsule.or_else(|| first_settings.domain()).unwrap_or_default();
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
        Err(error) => match Capsule::load_previous(state) {
            Ok(previous) => {
                tracing::error!(%error, "phones begin with the settings before the last, until the store is open");
                previous
            }
            Err(_) => {
                tracing::error!(%error, "phones work once the store is open");
                return Ok(None);
            }
        },
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
        &self.phones.desk
    }

    /// Gives the endpoint the secrets of its users as they are in the store now, and renews the capsule.
    pub(crate) async fn users_changed(&self) -> Result<(), Failure> {
        let settings = self.settings.borrow().clone();
        self.phones.users(phones::users(&self.store).await?).await;
        self.capsules.renew(&settings).await;
        Ok(())
    }

    /// Waits for SIGTERM or Ctrl-C. SIGHUP reads the certificates again. Fails if the phones' side has ended by itself: whoever started the program
    /// starts it again, and phones work two seconds later.
    pub(crate) async fn until_told(&self, signals: &mut Signals) -> Result<(), Failure> {
        tokio::select! {
            () = ended(self.certificates.as_ref(), self.clock, signals) => Ok(()),
            failure = phones::failure_of(Some(&self.phones)) => Err(failure),
        }
    }

    /// Everything goes on until nobody talks with help, or another signal says that it must not.
    pub(crate) async fn until_help_is_over(&self, signals: &mut Signals) {
        self.phones.until_help_is_over(ended(self.certificates.as_ref(), self.clock, signals)).await;
    }

    /// Ends cleanly: what is durable is durable, whoever talks is hung up on and has a record, a fax on a line goes on after the next start.
    pub(crate) async fn stop(self) {
        // Sessions that hand in a mail end first: they wait for the clinic's answer.
        let _ = self.stop.send(true);
        let _ = self.submission.await;
        self.phones.leave().await;
    }
}

pub(crate) async fn listen(addr: SocketAddr, what: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(addr).await.map_err(|e| in_use(addr, what, &e))
}

/// What is said of a port that another program has.
pub(crate) const IN_USE: &str = "is in use by another program";

/// One sentence for a port that cannot be had.
pub(crate) fn in_use(addr: SocketAddr, what: &str, error: &io::Error) -> Failure {
    Failure(match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {} for {what} {IN_USE} at {}; stop that program, or choose another port",
            addr.port(),
            addr.ip()
        ),
        io::ErrorKind::PermissionDenied => {
            format!(
                "port {} for {what} may only be opened by root and with CAP_NET_BIND_SERVICE; give the program that, or choose a port above 1023",
                addr.port()
            )
        }
        io::ErrorKind::AddrNotAvailable => {
            format!(
                "{what} cannot listen on {addr}: this computer has no such address; correct it in the configuration"
            )
        }
        _ => format!("{what} cannot listen on port {}: {error}", addr.port()),
    })
}

/// The process' randomness comes from the system, once.
pub(crate) fn seed() -> Result<Random, Failure> {
    use ring::rand::{SecureRandom, SystemRandom};
    let mut seed = [0; 32];
    SystemRandom::new().fill(&mut seed).map_err(|_| Failure("the system gives no random numbers".to_owned()))?;
    Ok(Random::from_seed(seed))
}
