//! Sessions of browsers, in memory only: a restart signs everybody out. Only the SHA-256 of a secret is kept, so that a dump of this
//! table opens nothing. The table is bounded; when it is full, the session that was idle longest leaves. One-time login links are tokens
//! of the store: it uses each up in one transaction, so that two who press at once are told apart.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::time::Clock;
use model::{Instant, Random};
use ring::digest;
use store::effect::StoreError;
use store::{Store, TokenKind};
use subtle::ConstantTimeEq;

/// Bytes of a secret: 256 bits, beyond guessing.
const SECRET_BYTES: usize = 32;
/// Signed-in browsers; a large clinic has a tenth of it.
const MAX_SESSIONS: usize = 1_000;
/// A working day: a session never lives longer.
const SESSION_LIFE: Duration = Duration::from_hours(12);
/// Automatic logoff (45 CFR 164.312(a)(2)(iii)): a desk that was left shows nothing for longer than this.
const SESSION_IDLE: Duration = Duration::from_mins(30);
/// A login link that nobody used.
const LINK_LIFE: Duration = Duration::from_hours(1);

/// The table of sessions, and the maker of login links. Clones share it.
#[derive(Clone)]
pub struct Sessions {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    store: Store,
    tables: Mutex<Tables>,
}

struct Tables {
    random: Random,
    sessions: Vec<Session>,
}

struct Session {
    key: [u8; 32],
    user: String,
    ends: Instant,
    /// When its pages are closed, if nobody is at it before.
    left_at: Instant,
}

impl Session {
    /// Nobody was at it for so long that its pages are closed, for good.
    fn is_left(&self, now: Instant) -> bool {
        self.left_at <= now
    }

    fn used(&mut self, now: Instant) {
        self.left_at = now + SESSION_IDLE;
    }
}

impl Sessions {
    /// An empty table. `random` must be seeded by the system.
    pub fn new(store: Store, clock: Clock, random: Random) -> Self {
        let tables = Tables { random, sessions: Vec::new() };
        Self { inner: Arc::new(Inner { clock, store, tables: Mutex::new(tables) }) }
    }

    /// A new one-time link for `user`: the path to open ("/login/…"). It works once, for one hour. Whoever holds it is that user. `by` is who asked
    /// for it, for the audit.
    ///
    /// # Errors
    /// The store could not keep it: there is no link.
    pub async fn mint_login_link(&self, user: &str, by: &str) -> Result<String, StoreError> {
        let now = self.inner.clock.now().wall;
        let mut random = self.with(|tables| tables.random.fork());
        let (tokens, until) = (self.inner.store.tokens(), Some(now + LINK_LIFE));
        let token = tokens.mint_by(by, &mut random, user, TokenKind::Login, until, now).await?;
        Ok(format!("/login/{token}"))
    }

    /// True if the link would still work. Does not use it up: a mail scanner may look, only a person presses the button.
    pub(crate) async fn link_works(&self, token: &str) -> Result<bool, StoreError> {
        let now = self.inner.clock.now().wall;
        Ok(self.inner.store.tokens().check(token, TokenKind::Login, now).await?.is_some())
    }

    /// Uses a link up: the user and the secret of a new session.
    pub(crate) async fn redeem(&self, token: &str) -> Result<Option<(String, String)>, StoreError> {
        let now = self.inner.clock.now();
        let user = self.inner.store.tokens().redeem(token, TokenKind::Login, now.wall).await?;
        Ok(user.map(|user| (user.clone(), self.with(|tables| tables.begin(user, now.instant)))))
    }

    /// The user of a session. `touch` says that a person did something; a page that refreshes itself does not keep a session alive.
    pub(crate) fn user_of(&self, secret: &str, touch: bool) -> Option<String> {
        let now = self.inner.clock.now().instant;
        let key = hash(secret);
        self.with(|tables| tables.user_of(&key, touch, now))
    }

    /// Whose telephone a session is. It rings on after its pages have signed themselves off, as the telephone on a desk does, until the working
    /// day is over or its person signs out. `by_hand`: they did something with it, which keeps a session alive that is not over yet.
    pub(crate) fn telephone_of(&self, secret: &str, by_hand: bool) -> Option<String> {
        let now = self.inner.clock.now().instant;
        let key = hash(secret);
        self.with(|tables| tables.telephone_of(&key, by_hand, now))
    }

    /// Signs out.
    pub(crate) fn end(&self, secret: &str) {
        let key = hash(secret);
        self.with(|tables| tables.sessions.retain(|s| !same(&s.key, &key)));
    }

    /// Signs this user out everywhere, their telephones in browsers too. How many sessions that were.
    pub fn end_all_of(&self, user: &str) -> usize {
        self.with(|tables| {
            let before = tables.sessions.len();
            tables.sessions.retain(|s| s.user != user);
            before - tables.sessions.len()
        })
    }

    /// As if nobody had been at it for half an hour.
    #[cfg(test)]
    pub(crate) fn leave(&self, secret: &str) {
        let key = hash(secret);
        self.with(|tables| {
            tables.sessions.iter_mut().filter(|s| same(&s.key, &key)).for_each(|s| s.left_at = Instant::ZERO);
        });
    }

    /// A name that nobody can guess.
    pub(crate) fn random_key(&self) -> String {
        self.with(|tables| tables.random.hex(16))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Tables) -> T) -> T {
        // No step between two writes can panic, so a poisoned table is whole.
        work(&mut self.inner.tables.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Tables {
    fn begin(&mut self, user: String, now: Instant) -> String {
        self.forget_ended(now);
        if self.sessions.len() >= MAX_SESSIONS
            && let Some(oldest) = (0..self.sessions.len()).min_by_key(|&i| self.sessions[i].left_at)
        {
            self.sessions.swap_remove(oldest);
        }
        let secret = self.random.hex(SECRET_BYTES);
        let (ends, left_at) = (now + SESSION_LIFE, now + SESSION_IDLE);
        self.sessions.push(Session { key: hash(&secret), user, ends, left_at });
        secret
    }

    fn user_of(&mut self, key: &[u8; 32], touch: bool, now: Instant) -> Option<String> {
        let session = self.session(key, now).filter(|s| !s.is_left(now))?;
        if touch {
            session.used(now);
        }
        Some(session.user.clone())
    }

    fn telephone_of(&mut self, key: &[u8; 32], by_hand: bool, now: Instant) -> Option<String> {
        let session = self.session(key, now)?;
        if by_hand && !session.is_left(now) {
            session.used(now);
        }
        Some(session.user.clone())
    }

    fn session(&mut self, key: &[u8; 32], now: Instant) -> Option<&mut Session> {
        self.forget_ended(now);
        self.sessions.iter_mut().find(|s| same(&s.key, key))
    }

    fn forget_ended(&mut self, now: Instant) {
        self.sessions.retain(|s| s.ends > now);
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

fn hash(secret: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
    out
}

fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(n: u64) -> Instant {
        Instant::ZERO + Duration::from_mins(n)
    }

    fn tables() -> Tables {
        Tables { random: Random::from_u64(1), sessions: Vec::new() }
    }

    #[test]
    fn a_desk_that_was_left_signs_itself_off() {
        let mut tables = tables();
        let key = hash(&tables.begin("101".into(), minutes(0)));
        assert!(tables.user_of(&key, true, minutes(29)).is_some());
        // Its page goes on refreshing itself; that is nobody's doing.
        assert!(tables.user_of(&key, false, minutes(50)).is_some());
        assert!(tables.user_of(&key, false, minutes(60)).is_none());
        assert!(tables.user_of(&key, true, minutes(61)).is_none(), "nothing opens it again");
    }

    #[test]
    fn the_telephone_of_a_desk_that_was_left_rings_on_and_opens_no_page() {
        let mut tables = tables();
        let secret = tables.begin("101".into(), minutes(0));
        let key = hash(&secret);
        assert!(tables.telephone_of(&key, true, minutes(20)).is_some());
        assert!(tables.user_of(&key, false, minutes(49)).is_some(), "who calls is at work");
        assert!(tables.telephone_of(&key, false, minutes(60)).is_some());
        assert!(tables.telephone_of(&key, true, minutes(61)).is_some());
        assert!(tables.user_of(&key, true, minutes(61)).is_none());
        assert!(tables.telephone_of(&key, false, minutes(719)).is_some());
        assert!(tables.telephone_of(&key, true, minutes(720)).is_none());
        assert!(tables.sessions.is_empty());
    }

    #[test]
    fn no_session_outlives_a_working_day() {
        let mut tables = tables();
        let key = hash(&tables.begin("101".into(), minutes(0)));
        for n in 1..72 {
            assert!(tables.user_of(&key, true, minutes(n * 10)).is_some(), "after {n} times ten minutes");
        }
        assert!(tables.user_of(&key, true, minutes(720)).is_none());
    }

    #[test]
    fn the_table_is_bounded_and_the_idlest_leaves() {
        let mut tables = tables();
        let first = hash(&tables.begin("101".into(), minutes(0)));
        let second = hash(&tables.begin("102".into(), minutes(0)));
        tables.user_of(&first, true, minutes(1));
        for _ in 0..MAX_SESSIONS - 1 {
            tables.begin("103".into(), minutes(2));
        }
        assert_eq!(tables.sessions.len(), MAX_SESSIONS);
        assert!(tables.user_of(&first, false, minutes(2)).is_some());
        assert!(tables.user_of(&second, false, minutes(2)).is_none());
    }
}
