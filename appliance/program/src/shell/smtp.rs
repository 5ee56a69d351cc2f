//! Mail submission: the sockets are `mail::io`'s, the decisions are `clinic::submission`'s, the accounts are the store's.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clinic::submission;
use mail::inbound::{Access, AuthVerdict, Config, RecipientVerdict, StoreVerdict, Submission};
use mail::io::{Handler, Limits};
use model::limit::{Buckets, Share};
use model::time::Clock;
use model::{Instant, Pii, Random, Settings, Source};
use plan::Plan;
use store::Store;
use store::effect::StoreError;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use super::{Desk, Request};

/// Above this many wrong passwords from one address, none is looked at. A person mistypes three times, a program that guesses gets some
/// 700 tries a day: fewer than at the other doors, since no phone stops ringing for it.
const WRONG: Share = Share { burst: 10, refill: Duration::from_secs(120) };
/// Addresses that are told apart. A whole /22 of guessing machines; those beyond share what one has.
const MAX_ADDRESSES: usize = 1024;

/// Who answers the questions of SMTP sessions.
pub(crate) struct Gate {
    pub(crate) store: Store,
    pub(crate) settings: watch::Receiver<Arc<Settings>>,
    pub(crate) plan: watch::Receiver<Arc<Plan>>,
    pub(crate) desk: Desk,
    pub(crate) clock: Clock,
    pub(crate) random: Mutex<Random>,
    pub(crate) failures: Failures,
}

/// Wrong passwords, by who guesses.
pub(crate) struct Failures(Mutex<Buckets<Guesser>>);

/// Whose wrong passwords are counted together: those of an address. Programs of the computer itself come from any of its own that they like, so
/// these are one, and there it is those for one person, and those for nobody that is known: a device with an old password keeps no other
/// from mailing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Guesser(Source, Option<u64>);

impl Guesser {
    fn of(peer: IpAddr, known: Option<&str>) -> Self {
        let account = || {
            let mut hash = DefaultHasher::new();
            known.hash(&mut hash);
            hash.finish()
        };
        if peer.to_canonical().is_loopback() {
            return Self(Source::of(Ipv4Addr::LOCALHOST.into()), Some(account()));
        }
        Self(Source::of(peer), None)
    }
}

impl Default for Failures {
    fn default() -> Self {
        Self(Mutex::new(Buckets::new(WRONG, MAX_ADDRESSES)))
    }
}

impl Gate {
    /// Serves the listener until `stop`, on the office's thread.
    #[allow(clippy::disallowed_methods, reason = "the program's own task")]
    pub(crate) async fn serve(self, listener: TcpListener, stop: watch::Receiver<bool>) {
        let settings = self.settings.borrow().clone();
        // Without TLS a password may cross loopback only; nothing else is listened on yet.
        let loopback = listener.local_addr().is_ok_and(|a| a.ip().is_loopback());
        let config = Config {
            hostname: settings.domain.clone(),
            max_message: settings.max_message,
            access: Access::Login { allow_plain_auth: loopback },
        };
        let clock = self.clock;
        mail::io::serve(listener, config, Arc::new(self), clock, Limits::default(), stop).await;
    }
}

impl Handler for Gate {
    async fn check_auth(&self, peer: Pii<IpAddr>, user: Pii<String>, password: Pii<String>) -> AuthVerdict {
        let (peer, now) = (*peer.expose(), self.clock.now());
        // People sign in with their mail address; their extension does as well.
        let name = user.expose();
        let settings = self.settings.borrow().clone();
        let known = settings.person_by_mail(name).or_else(|| settings.person(name)).map(|p| p.user.clone());
        let guesser = Guesser::of(peer, known.as_deref());
        if self.failures.locked(guesser, now.instant) {
            // It may be right: whoever has a good password must not be told that it is wrong.
            self.tell(peer);
            return AuthVerdict::Later;
        }
        // An unknown name costs as much time as a known one.
        let checked = self.store.people().check_mail_password(known.as_deref().unwrap_or(""), password.expose()).await;
        match (checked, known) {
            (Ok(true), Some(by)) => {
                self.failures.forget(guesser);
                AuthVerdict::Accept { by }
            }
            (Ok(_), _) => {
                self.failures.count(guesser, now.instant);
                self.tell(peer);
                AuthVerdict::Refuse
            }
            (Err(_), _) => AuthVerdict::Later,
        }
    }

    async fn check_recipient(&self, by: Option<String>, address: Pii<String>) -> RecipientVerdict {
        let settings = self.settings.borrow().clone();
        let at = self.clock.now().wall;
        match submission::recipient(&settings, &self.plan.borrow().clone(), by.as_deref(), address.expose(), at) {
            Ok(_) => RecipientVerdict::Accept,
            Err(rejection) => RecipientVerdict::Refuse(rejection),
        }
    }

    async fn deliver(&self, submission: Submission) -> Result<(), StoreVerdict> {
        let settings = self.settings.borrow().clone();
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner).fork();
        let mail = submission::order(&settings, &self.plan.borrow().clone(), submission, self.clock.now(), &mut random)
            .map_err(StoreVerdict::Refused)?;
        let (reply, answer) = oneshot::channel();
        let request = Request::Submission { mail: Box::new(mail), reply };
        self.desk.requests.send(request).await.map_err(|_| StoreVerdict::Failed)?;
        match answer.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(StoreError::Full)) => Err(StoreVerdict::Full),
            Ok(Err(_)) | Err(_) => Err(StoreVerdict::Failed),
        }
    }
}

impl Gate {
    /// It goes on record, a line a minute for each address. A full queue leaves it uncounted: guessing must not hold up what people order.
    fn tell(&self, peer: IpAddr) {
        let from = Source::of(peer);
        let _ = self.desk.requests.try_send(Request::MailSignInRefused { from });
    }
}

impl Failures {
    fn locked(&self, guesser: Guesser, now: Instant) -> bool {
        !self.buckets().has(guesser, now)
    }

    fn count(&self, guesser: Guesser, now: Instant) {
        self.buckets().take(guesser, now);
    }

    fn forget(&self, guesser: Guesser) {
        self.buckets().forget(guesser);
    }

    fn buckets(&self) -> std::sync::MutexGuard<'_, Buckets<Guesser>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use model::Snapshot;
    use store::RootKey;
    use tokio::sync::{broadcast, mpsc};

    use super::*;

    /// A gate to the demo's clinic, in which the front desk has a password, and what is told of it.
    async fn gate(dir: &std::path::Path) -> (Gate, mpsc::Receiver<Request>) {
        let store = Store::open(dir, RootKey::from_bytes([7; 32])).await.expect("a new store");
        let text = crate::demo::sample_settings();
        let settings = Arc::new(Settings::parse(&text).expect("the demo's settings"));
        let plan = Arc::new(Plan::of(&settings).expect("the demo's plan"));
        let clock = Clock::start();
        let desk = settings.person_by_mail("desk@clinic.demo").expect("the front desk").user.clone();
        store.people().set_mail_password(&desk, "right", "test", clock.now().wall).await.expect("set");
        let (requests, told) = mpsc::channel(100);
        let (_, snapshot) = watch::channel(Arc::new(Snapshot::default()));
        let desk = Desk { requests, snapshot, events: broadcast::channel(1).0 };
        let (settings, plan) = (watch::channel(settings).1, watch::channel(plan).1);
        let (random, failures) = (Mutex::new(Random::from_u64(1)), Failures::default());
        (Gate { store, settings, plan, desk, clock, random, failures }, told)
    }

    async fn sign_in(gate: &Gate, peer: &str, user: &str, password: &str) -> AuthVerdict {
        let peer: IpAddr = peer.parse().expect("an address");
        gate.check_auth(peer.into(), user.into(), password.into()).await
    }

    /// Each sign-in that is refused is told to whoever keeps the record, also those that are not looked at any more.
    #[tokio::test]
    async fn sign_ins_that_are_refused_go_on_record() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (gate, mut told) = gate(dir.path()).await;
        let tries = WRONG.burst + 2;
        let peer = "192.0.2.7";
        for n in 0..tries {
            let verdict = sign_in(&gate, peer, "nurse@clinic.demo", "wrong").await;
            let expected = if n < WRONG.burst { AuthVerdict::Refuse } else { AuthVerdict::Later };
            assert_eq!(verdict, expected, "whether the password is right was not looked at any more");
        }
        // What an address may try, it may try for all.
        assert_eq!(sign_in(&gate, peer, "desk@clinic.demo", "right").await, AuthVerdict::Later);
        let peer: IpAddr = peer.parse().expect("an address");
        for n in 0..=tries {
            let request = told.try_recv().unwrap_or_else(|_| panic!("{n} were told"));
            assert!(matches!(request, Request::MailSignInRefused { from } if from == Source::of(peer)));
        }
        assert!(told.try_recv().is_err(), "each once");
    }

    /// All programs of the computer come from one address: a copier with an old password, and one that guesses names.
    #[tokio::test]
    async fn a_wrong_password_on_the_computer_itself_keeps_nobody_else_from_mailing() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (gate, _told) = gate(dir.path()).await;
        for n in 0..3 * WRONG.burst {
            for peer in ["127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"] {
                sign_in(&gate, peer, "nurse@clinic.demo", "wrong").await;
                sign_in(&gate, peer, &format!("guess{n}@clinic.demo"), "wrong").await;
                let accepted = sign_in(&gate, peer, "desk@clinic.demo", "right").await;
                assert!(matches!(accepted, AuthVerdict::Accept { .. }), "{n}, {peer}: {accepted:?}");
            }
        }
        assert_eq!(sign_in(&gate, "127.0.0.1", "nurse@clinic.demo", "wrong").await, AuthVerdict::Later);
        assert_eq!(sign_in(&gate, "127.0.0.1", "another@clinic.demo", "wrong").await, AuthVerdict::Later);
    }

    /// A program of the computer may come from each address of a /8, with ten tries at each.
    #[tokio::test]
    async fn all_addresses_of_the_computer_itself_have_ten_tries_together() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (gate, _told) = gate(dir.path()).await;
        let mut verdicts = Vec::new();
        for n in 0..WRONG.burst {
            let peer = ["127.0.0.1".to_owned(), "::1".to_owned(), format!("127.0.{n}.9")][n as usize % 3].clone();
            verdicts.push(sign_in(&gate, &peer, "desk@clinic.demo", "wrong").await);
        }
        assert!(verdicts.iter().all(|verdict| *verdict == AuthVerdict::Refuse), "{verdicts:?}");
        for peer in ["127.0.0.1", "127.200.1.1", "::1", "::ffff:127.3.2.1"] {
            assert_eq!(sign_in(&gate, peer, "desk@clinic.demo", "right").await, AuthVerdict::Later, "{peer}");
        }
    }
}
