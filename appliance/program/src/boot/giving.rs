//! A new password for the phones or the mail program of a person: for `frontdesk access` and for the console alike.

use std::sync::{Arc, Mutex, PoisonError};

use console::{GivenPassword, PasswordFor};
use model::settings::Person;
use model::time::Clock;
use model::{Pii, Random, Settings};
use store::{SipSecret, Store};
use tokio::sync::watch;

use super::Failure;
use super::access::unkept;
use super::taking_back::TakingBack;
use crate::ports::Ports;

/// See the module.
#[derive(Clone)]
pub(super) struct Giving {
    pub(super) store: Store,
    pub(super) settings: watch::Receiver<Arc<Settings>>,
    /// Phones sign in with the new one at once.
    pub(super) taking_back: TakingBack,
    pub(super) clock: Clock,
    pub(super) random: Arc<Mutex<Random>>,
    /// Where phones and mail programs sign in.
    pub(super) ports: Ports,
}

impl Giving {
    /// The password is stored before it is given, and the old one ends with it. `by` is who wanted it, for the audit.
    pub(super) async fn give(&self, purpose: PasswordFor, user: &str, by: &str) -> Result<GivenPassword, Failure> {
        let settings = self.settings.borrow().clone();
        let person = settings.person(user).ok_or_else(|| Failure(format!("the clinic has nobody {user}")))?;
        match purpose {
            PasswordFor::Phones => self.phones(person, &settings.domain, by).await,
            PasswordFor::Mail => self.mail(person, &settings, by).await,
        }
    }

    async fn phones(&self, person: &Person, domain: &str, by: &str) -> Result<GivenPassword, Failure> {
        let password = self.fresh(16);
        let user = sip::User::from_password(&person.user, domain, &password);
        let secret = SipSecret {
            user: user.user,
            ha1_md5: user.ha1_md5,
            ha1_sha256: user.ha1_sha256,
            ha1_sha512_256: user.ha1_sha512_256,
        };
        self.store.people().set_sip_secret(secret, by, self.clock.now().wall).await.map_err(unkept)?;
        self.taking_back.tell_phones().await?;
        let plain = self.ports.sip.iter().map(|at| ("UDP or TCP", *at));
        let secure = self.ports.sip_tls.iter().map(|at| ("TLS", *at));
        Ok(GivenPassword {
            user: Pii::new(person.user.clone()),
            password: Pii::new(password),
            domain: domain.to_owned(),
            servers: plain.chain(secure).collect(),
        })
    }

    async fn mail(&self, person: &Person, settings: &Settings, by: &str) -> Result<GivenPassword, Failure> {
        let password = self.fresh(12);
        let at = self.clock.now().wall;
        self.store.people().set_mail_password(&person.user, &password, by, at).await.map_err(unkept)?;
        // Either is taken; an address is what mail programs ask for. One that several share signs the first of them in.
        let address = person.mail.as_ref().map(|mail| mail.expose());
        let own = address.filter(|mail| settings.person_by_mail(mail).is_some_and(|first| first.user == person.user));
        Ok(GivenPassword {
            user: Pii::new(own.unwrap_or(&person.user).clone()),
            password: Pii::new(password),
            domain: String::new(),
            servers: vec![("SMTP", self.ports.submission)],
        })
    }

    fn fresh(&self, bytes: usize) -> String {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).hex(bytes)
    }

    /// The same for the console, which hands on a sentence.
    pub(super) fn for_console(self) -> Arc<console::GivePassword> {
        Arc::new(move |purpose, user, by| {
            let this = self.clone();
            Box::pin(async move { this.give(purpose, &user, &by).await.map_err(|Failure(sentence)| sentence) })
        })
    }
}
