//! Mail submission: the sockets are `mail::io`'s, the decisions are `clinic::submission`'s, the accounts are the store's.

use std::net::IpAddr;
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

/// Wrong passwords by address.
pub(crate) struct Failures(Mutex<Buckets<Source>>);

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
        if self.failures.locked(peer, now.instant) {
            return self.refuse(peer);
        }
        // People sign in with their mail address; their extension does as well.
        let name = user.expose();
        let settings = self.settings.borrow().clone();
        let known = settings.person_by_mail(name).or_else(|| settings.person(name)).map(|p| p.user.clone());
        // An unknown name costs as much time as a known one.
        let checked = self.store.people().check_mail_password(known.as_deref().unwrap_or(""), password.expose()).await;
        match (checked, known) {
            (Ok(true), Some(by)) => {
                self.failures.forget(peer);
                AuthVerdict::Accept { by }
            }
            (Ok(_), _) => {
                self.failures.count(peer, now.instant);
                self.refuse(peer)
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
    fn refuse(&self, peer: IpAddr) -> AuthVerdict {
        let from = Source::of(peer);
        let _ = self.desk.requests.try_send(Request::MailSignInRefused { from });
        AuthVerdict::Refuse
    }
}

impl Failures {
    fn locked(&self, peer: IpAddr, now: Instant) -> bool {
        !self.buckets().has(Source::of(peer), now)
    }

    fn count(&self, peer: IpAddr, now: Instant) {
        self.buckets().take(Source::of(peer), now);
    }

    fn forget(&self, peer: IpAddr) {
        self.buckets().forget(Source::of(peer));
    }

    fn buckets(&self) -> std::sync::MutexGuard<'_, Buckets<Source>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use model::Snapshot;
    use store::RootKey;
    use tokio::sync::{broadcast, mpsc};

    use super::*;

    /// Each sign-in that is refused is told to whoever keeps the record, also those that are not looked at any more.
    #[tokio::test]
    async fn sign_ins_that_are_refused_go_on_record() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(dir.path(), RootKey::from_bytes([7; 32])).await.expect("a new store");
        let text = include_str!("../demo/clinic.toml").replace("PORT_CARRIER", "5070").replace("PORT_SINK", "2526");
        let settings = Arc::new(Settings::parse(&text).expect("the demo's settings"));
        let plan = Arc::new(Plan::of(&settings).expect("the demo's plan"));
        let (requests, mut told) = mpsc::channel(100);
        let (_, snapshot) = watch::channel(Arc::new(Snapshot::default()));
        let desk = Desk { requests, snapshot, events: broadcast::channel(1).0, live: watch::channel(None).1 };
        let gate = Gate {
            store,
            settings: watch::channel(settings).1,
            plan: watch::channel(plan).1,
            desk,
            clock: Clock::start(),
            random: Mutex::new(Random::from_u64(1)),
            failures: Failures::default(),
        };
        let tries = WRONG.burst + 2;
        let peer: IpAddr = "192.0.2.7".parse().expect("an address");
        for _ in 0..tries {
            let verdict = gate.check_auth(peer.into(), "nurse@clinic.demo".into(), "wrong".into()).await;
            assert!(matches!(verdict, AuthVerdict::Refuse), "{verdict:?}");
        }
        for n in 0..tries {
            let request = told.try_recv().unwrap_or_else(|_| panic!("{n} of {tries} were told"));
            assert!(matches!(request, Request::MailSignInRefused { from } if from == Source::of(peer)));
        }
        assert!(told.try_recv().is_err(), "each once");
    }
}
