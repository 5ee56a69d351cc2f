//! The phone side: SIP, media, and the task that owns the clinic. It starts from the lifeline capsule or from the settings, and
//! never waits for the store.

use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clinic::Clinic;
use model::event::{LineState, TrunkState};
use model::time::Clock;
use model::{Random, Settings, Snapshot};
use plan::Plan;
use store::{SipSecret, Store};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::port::Wants;
use super::{Failure, Pace, in_use};
use crate::certificates::Certificates;
use crate::ports::Ports;
use crate::shell::{Desk, Live, Names, Request, Shell};

/// How long carriers have to hear that we leave.
const LEAVE: Duration = Duration::from_secs(2);
/// A dispatcher stays on the line until somebody is there: a quarter of an hour, as a rule, and hardly ever twice that.
const HELP_TALKS: Duration = Duration::from_secs(30 * 60);

/// SIP, media and the task that owns the clinic.
pub(super) struct PhoneSide {
    sip: mpsc::Sender<sip::Command>,
    wires: tokio::task::JoinHandle<sip::Endpoint>,
    task: tokio::task::JoinHandle<()>,
    pub(super) desk: Desk,
    /// Where the console hands in browser phones.
    pub(super) door: sip::io::Door,
}

/// What the phones' side starts in.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// The state folder.
    pub(super) state: &'a Path,
    pub(super) ports: &'a Ports,
    /// None: without TLS.
    pub(super) certificates: Option<&'a Certificates>,
    /// Where handshakes are computed: a thousand phones that come back at once keep no call waiting.
    pub(super) office: &'a Handle,
    pub(super) pace: Pace,
    pub(super) clock: Clock,
    /// Every port must be had: somebody is there who reads which cannot.
    pub(super) strict: bool,
}

fn help_is_called(snapshot: &Snapshot) -> bool {
    snapshot.calls.iter().any(|call| call.emergency)
}

/// Returns when nobody talks with help. Whoever does is not cut off because somebody restarts the box: it ends when they have ended, or when
/// they have talked for [`HELP_TALKS`], or when it is told once more.
async fn until_help_is_over(
    requests: &mpsc::Sender<Request>,
    mut snapshot: watch::Receiver<Arc<Snapshot>>,
    told_again: impl Future<Output = ()>,
) {
    // Somebody may have been answered this very moment.
    let (shown, is_shown) = oneshot::channel();
    let _ = requests.send(Request::Show(shown)).await;
    let _ = is_shown.await;
    if !help_is_called(&snapshot.borrow()) {
        return;
    }
    tracing::warn!("somebody talks with help: frontdesk ends when they have ended; told once more, it ends at once");
    tokio::select! {
        // It is over, or the clinic is gone.
        _ = timeout(HELP_TALKS, snapshot.wait_for(|now| !help_is_called(now))) => {}
        () = told_again => {}
    }
}

impl PhoneSide {
    /// SIP and media, bound and running.
    #[allow(clippy::disallowed_methods, reason = "the program's own tasks")]
    pub(super) async fn start(
        around: Around<'_>,
        settings: Arc<Settings>,
        plan: Arc<Plan>,
        names: Names,
        random: &mut Random,
    ) -> Result<Self, Failure> {
        let Around { state, ports, certificates, office, pace, clock, strict } = around;
        let folders = state.join("faxes");
        let (mut bound, taken) = bind(ports, certificates, strict).await?;
        bound.shake_hands_on(office.clone());
        let door = bound.door();
        let first = first_address(ports);
        let config = sip::Config {
            software: concat!("Frontdesk/", env!("CARGO_PKG_VERSION")).to_owned(),
            emergency: calls::emergency_numbers(&settings, &plan),
            record: true,
            strong_digest: settings.phones.strong_digest,
            challenge_registers: true,
            ..sip::Config::new(settings.domain.as_str())
        };
        let endpoint = sip::Endpoint::new(config, random.fork());
        let (sip_tx, sip_rx) = mpsc::channel(1024);
        let (event_tx, event_rx) = mpsc::channel(1024);
        let identity = media_identity();
        let fingerprint = identity.as_ref().map(|identity| identity.fingerprint());
        let engine = media::Config { identity, ..media::Config::default() };
        let addresses = sound_addresses(ports);
        let media_config = media::io::Config { addresses: addresses.clone(), engine };
        let media = media::io::spawn(media_config, clock)
            .map_err(|e| Failure(format!("the media thread could not be started: {e}")))?;
        let pbx = calls::PbxConfig {
            media: addresses,
            fingerprint,
            media_ports: ports.media.start..=ports.media.end - 1,
            sip_local: first,
            limits: calls::Limits::default(),
            known_trunks: names.known(),
            settings: settings.clone(),
            plan,
        };
        let (fax_policy, mail_policy) = match pace {
            Pace::Clinic => (fax::queue::Policy::default(), mail::queue::Policy::default()),
            Pace::Demo => (fax::queue::Policy::demo(), mail::queue::Policy::demo()),
        };
        let clinic = Clinic::new(clinic::Config { pbx, fax_policy, mail_policy }, random.fork());
        let (shell, sources, desk) = Shell::new(clock, clinic, (sip_tx.clone(), event_rx), media, names, folders);
        if !taken.is_empty() {
            tokio::spawn(show_until_free(taken, bound.awaited(), Wants::shown_by(desk.requests.clone())));
        }
        let wires = tokio::spawn(bound.run(endpoint, clock, sip_rx, event_tx));
        let task = tokio::spawn(shell.run(sources));
        Ok(Self { sip: sip_tx, wires, task, desk, door })
    }

    pub(super) async fn users(&self, users: Vec<sip::User>) {
        let _ = self.sip.send(sip::Command::SetUsers(users.into())).await;
    }

    pub(super) async fn trunk_secrets(&self, secrets: Vec<sip::TrunkSecret>) {
        let _ = self.sip.send(sip::Command::SetTrunkSecrets(secrets.into())).await;
    }

    /// The endpoint, for who orders something of it as long as it is there.
    pub(super) fn endpoint(&self) -> mpsc::WeakSender<sip::Command> {
        self.sip.downgrade()
    }

    /// Where what is to be mended is shown.
    pub(super) fn wants(&self) -> Wants {
        Wants::shown_by(self.desk.requests.clone())
    }

    /// See [`until_help_is_over`].
    pub(super) async fn until_help_is_over(&self, told_again: impl Future<Output = ()>) {
        until_help_is_over(&self.desk.requests, self.desk.snapshot.clone(), told_again).await;
    }

    /// Ends: carriers are told that we are gone, what is durable is durable, what is on a line ends as a line that breaks.
    pub(super) async fn leave(self) {
        self.leave_trunks().await;
        let _ = self.desk.requests.send(Request::Stop).await;
        let Self { sip, wires, task, .. } = self;
        // What the clinic says last, phones shall hear.
        let _ = task.await;
        drop(sip);
        let _ = timeout(LEAVE, wires).await;
    }

    /// Tells the carriers, so that they send nobody to us. One that does not answer is not waited for.
    async fn leave_trunks(&self) {
        let is_registered = |t: &TrunkState| matches!(t.line, LineState::Registered { .. });
        let mut snapshot = self.desk.snapshot.clone();
        if !snapshot.borrow().trunks.iter().any(is_registered) {
            return;
        }
        let _ = self.sip.send(sip::Command::LeaveTrunks).await;
        let _ = timeout(LEAVE, snapshot.wait_for(|s| !s.trunks.iter().any(is_registered))).await;
    }

    /// One of its tasks has ended, which it does only when it is told to, when the media thread has ended, or by a panic.
    fn is_over(&self) -> bool {
        self.wires.is_finished() || self.task.is_finished()
    }

    /// Goes on with what is in the store. Secrets that cannot be read stay as the capsule has them.
    pub(super) async fn renewed(self, store: &Store, live: &Live) -> Self {
        if let Err(Failure(reason)) = self.open(store, live).await {
            tracing::error!("{reason}; phones and trunks go on with the secrets of the last start");
            self.unlock(store, live).await;
        }
        self
    }

    /// The clinic with its store.
    pub(super) async fn open(&self, store: &Store, live: &Live) -> Result<(), Failure> {
        let users = users(store).await?;
        let secrets = store.trunks().secrets().await;
        let secrets = secrets.map_err(|e| Failure(format!("the trunks' passwords cannot be read: {e}")))?;
        self.users(users).await;
        self.trunk_secrets(secrets.into_iter().map(trunk_secret).collect()).await;
        self.unlock(store, live).await;
        Ok(())
    }

    async fn unlock(&self, store: &Store, live: &Live) {
        let unlock = Request::Unlock { store: store.clone(), live: live.clone() };
        let _ = self.desk.requests.send(unlock).await;
    }
}

/// Waits until a phones' side has ended by itself; for ever if there is none.
pub(super) async fn failure_of(phones: Option<&PhoneSide>) -> Failure {
    /// A call for help is tried again by then.
    const LOOK: Duration = Duration::from_secs(1);
    while !phones.is_some_and(PhoneSide::is_over) {
        tokio::time::sleep(LOOK).await;
    }
    Failure("the phones' side has ended by a fault of ours".to_owned())
}

/// A port of the phones that another program has, and why it is not had.
type Taken = (SocketAddr, String);

/// Every SIP socket. What cannot be had is waited for, unless somebody is there who reads why.
async fn bind(
    ports: &Ports,
    certificates: Option<&Certificates>,
    strict: bool,
) -> Result<(sip::io::Bound, Vec<Taken>), Failure> {
    let (now, once_free): (&[SocketAddr], &[SocketAddr]) = if strict { (&ports.sip, &[]) } else { (&[], &ports.sip) };
    let mut bound = sip::io::bind(now, now).await.map_err(|e| in_use(culprit(ports, &e), "SIP", &e))?;
    let refused = bound.listen_as_free(once_free).into_iter();
    let mut taken: Vec<Taken> = refused.map(|(address, e)| (address, in_use(address, "SIP", &e).0)).collect();
    if let Some(certificates) = certificates {
        let mut addresses = ports.sip_tls.clone();
        // `[::]` leaves out IPv4 where that has a socket of its own.
        addresses.sort_by_key(SocketAddr::is_ipv6);
        for address in addresses {
            let listening = bound.listen_tls(address, certificates.phones.clone()).await;
            if let Err(failure) = listening.map_err(|e| in_use(address, "SIP over TLS", &e)) {
                if strict {
                    return Err(failure);
                }
                taken.push((address, failure.0));
                bound.listen_tls_once_free(address, certificates.phones.clone());
            }
        }
    }
    for (_, reason) in &taken {
        tracing::error!("{reason}. All other phones work; it is tried again until it succeeds");
    }
    warn_of_absent(ports);
    Ok((bound, taken))
}

/// Says in a sentence which port of the phones cannot be had.
pub(super) async fn are_free(ports: &Ports, certificates: Option<&Certificates>) -> Result<(), Failure> {
    bind(ports, certificates, true).await.map(drop)
}

/// Today says which ports are not had yet.
async fn show_until_free(mut taken: Vec<Taken>, mut awaited: watch::Receiver<Vec<SocketAddr>>, wants: Wants) {
    let about = |address: &SocketAddr| format!("SIP {address}");
    for (address, reason) in &taken {
        wants.mending(&about(address), reason.clone()).await;
    }
    while !taken.is_empty() && awaited.changed().await.is_ok() {
        let still = awaited.borrow_and_update().clone();
        let (had, left): (Vec<Taken>, Vec<Taken>) = taken.into_iter().partition(|(at, _)| !still.contains(at));
        for (address, _) in had {
            tracing::info!(%address, "phones are served there now");
            wants.nothing(&about(&address)).await;
        }
        taken = left;
    }
}

/// Phones find us at an address as soon as it is there; one that never comes is a slip in the configuration.
fn warn_of_absent(ports: &Ports) {
    for address in ports.sip.iter().chain(&ports.sip_tls) {
        if UdpSocket::bind((address.ip(), 0)).is_err() {
            tracing::warn!(%address, "this computer has no such address (yet): phones reach the box there once it has");
        }
    }
}

/// The certificate that phones in browsers are shown: a new one with each start. Without one (and only a system without randomness has
/// none) they are told so, and all other phones go on.
#[allow(clippy::disallowed_methods, reason = "the handshakes of the media engine need an origin of the system's clock")]
fn media_identity() -> Option<std::sync::Arc<media::dtls::Identity>> {
    match media::dtls::Identity::generate(std::time::Instant::now()) {
        Ok(identity) => Some(identity.into()),
        Err(error) => {
            tracing::error!(%error, "no certificate for encrypted sound by DTLS");
            None
        }
    }
}

/// The first address of SIP that cannot be had for this reason; else the first of all.
fn culprit(ports: &Ports, error: &std::io::Error) -> SocketAddr {
    let same = |e: std::io::Error| e.kind() == error.kind();
    let is_it = |address: &&SocketAddr| {
        UdpSocket::bind(*address).is_err_and(same) || TcpListener::bind(*address).is_err_and(same)
    };
    ports.sip.iter().find(is_it).copied().unwrap_or_else(|| first_address(ports))
}

/// Sound is where SIP is: each phone is told the address that it has reached.
fn sound_addresses(ports: &Ports) -> media::Addresses {
    let ips = || ports.sip.iter().map(SocketAddr::ip);
    let addresses = media::Addresses::new(first_address(ports).ip(), ips());
    for ip in ips().filter(|ip| addresses.of(media::Family::of(*ip)).next().is_none()) {
        // A wildcard cannot be told to anybody. Help is had without it, and so the box starts.
        tracing::warn!(sip = %ip, "no sound in this family of addresses: the configuration names none of its own under sip");
    }
    let known = |ip: &IpAddr| addresses.of(media::Family::of(*ip)).any(|(_, ours)| ours == ip.to_canonical());
    for ip in ips().filter(|ip| !ip.is_unspecified() && !known(ip)) {
        tracing::warn!(sip = %ip, "no sound at this address: there are too many; phones that come to it are told the first of its family");
    }
    addresses
}

fn first_address(ports: &Ports) -> SocketAddr {
    ports.sip.first().copied().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 5060)))
}

/// What the endpoint signs in with at a trunk.
pub(super) fn trunk_secret(secret: store::TrunkSecret) -> sip::TrunkSecret {
    sip::TrunkSecret { trunk: secret.trunk, user: secret.user, password: secret.password }
}

pub(super) async fn users(store: &Store) -> Result<Vec<sip::User>, Failure> {
    let secrets = store.people().sip_secrets().await;
    let secrets = secrets.map_err(|e| Failure(format!("the phones' secrets cannot be read: {e}")))?;
    let user = |s: SipSecret| sip::User {
        user: s.user,
        ha1_md5: s.ha1_md5,
        ha1_sha256: s.ha1_sha256,
        ha1_sha512_256: s.ha1_sha512_256,
    };
    Ok(secrets.into_iter().map(user).collect())
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use model::call::{CallPhase, LegQuality, LiveCall, Party};
    use model::fax::Direction;
    use model::{CallId, Wall};

    use super::*;

    /// What is shown while somebody talks with help.
    fn help() -> Arc<Snapshot> {
        let call = LiveCall {
            id: CallId::earliest(Wall(1)),
            direction: Direction::Out,
            from: Party::default(),
            to: Party::default(),
            started: Wall(1),
            answered: Some(Wall(2)),
            phase: CallPhase::Talking,
            queue: None,
            emergency: true,
            next_trunks: Vec::new(),
            caller_quality: LegQuality::default(),
            callee_quality: LegQuality::default(),
        };
        Arc::new(Snapshot { calls: vec![call], ..Snapshot::default() })
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_talks_with_help_is_waited_for_half_an_hour_at_most_or_until_it_is_told_again() {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        // The clinic has shown how it stands, and answers nobody.
        let (requests, _) = mpsc::channel(1);
        let (shows, snapshot) = watch::channel(help());
        let ends = || until_help_is_over(&requests, snapshot.clone(), pending());
        let mut never = std::pin::pin!(ends());
        assert!(timeout(minutes(29), never.as_mut()).await.is_err());
        assert!(timeout(minutes(2), never).await.is_ok());
        assert!(timeout(minutes(1), until_help_is_over(&requests, snapshot.clone(), ready(()))).await.is_ok());
        let mut over = std::pin::pin!(ends());
        assert!(timeout(minutes(1), over.as_mut()).await.is_err());
        shows.send_replace(Arc::default());
        assert!(timeout(minutes(1), over).await.is_ok());
    }

    /// A phones' side on ports that nobody else has, and where its handshakes would be computed.
    async fn begun(state: &Path) -> PhoneSide {
        let settings = Arc::new(Settings::parse(&crate::demo::sample_settings()).expect("good settings"));
        let here = SocketAddr::from(([127, 0, 0, 1], 0));
        let ports = Ports {
            sip: vec![here],
            sip_tls: Vec::new(),
            media: 10_000..10_100,
            console: vec![here],
            console_tls: Vec::new(),
            submission: here,
        };
        let (office, clock, pace) = (Handle::current(), Clock::start(), Pace::Clinic);
        let around = Around { state, ports: &ports, certificates: None, office: &office, pace, clock, strict: true };
        let names = Names::new(sip::io::dns::Dns::system(), state.to_owned());
        let (plan, mut random) = (Arc::new(Plan::lifeline()), Random::from_u64(1));
        PhoneSide::start(around, settings, plan, names, &mut random).await.expect("free ports")
    }

    #[tokio::test]
    async fn a_phones_side_of_which_a_task_has_ended_is_a_failure_and_one_that_runs_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        for of_wires in [false, true] {
            let phones = begun(folder.path()).await;
            assert!(!phones.is_over());
            let ends = if of_wires { phones.wires.abort_handle() } else { phones.task.abort_handle() };
            ends.abort();
            // It is looked at each second, which goes by at once where nothing else is waited for.
            tokio::time::pause();
            let failure = timeout(Duration::from_secs(60), failure_of(Some(&phones))).await;
            assert!(failure.is_ok_and(|Failure(why)| why.contains("by a fault of ours")));
            tokio::time::resume();
        }
    }

    #[tokio::test]
    async fn today_names_each_port_until_it_is_had() {
        let [one, two] = [1, 2].map(|last| SocketAddr::from(([127, 0, 0, last], 5060)));
        // Each is waited for twice: for datagrams and for connections.
        let (awaited, follows) = watch::channel(vec![one, one, two, two]);
        let (requests, mut shown) = mpsc::channel(10);
        let taken = [one, two].map(|address| (address, format!("{address} is in use"))).to_vec();
        let of = |address: SocketAddr, why: Option<&str>| Some((format!("SIP {address}"), why.map(str::to_owned)));
        let mut next = async || match shown.recv().await {
            Some(Request::ToMend { about, sentence }) => Some((about, sentence)),
            _ => None,
        };
        let people = async {
            assert_eq!(next().await, of(one, Some("127.0.0.1:5060 is in use")));
            assert_eq!(next().await, of(two, Some("127.0.0.2:5060 is in use")));
            awaited.send_replace(vec![one, two, two]);
            tokio::task::yield_now().await;
            // The first that is had is the second: of the first, connections are still not.
            awaited.send_replace(vec![one]);
            assert_eq!(next().await, of(two, None));
            awaited.send_replace(Vec::new());
            assert_eq!(next().await, of(one, None));
            assert_eq!(next().await, None, "and then nobody looks any more");
        };
        tokio::join!(people, show_until_free(taken, follows, Wants::shown_by(requests)));
    }
}
