//! Sessions of browsers: in memory, and in the store for the next start, so that a power cut at night signs nobody out. Only the SHA-256 of a
//! secret is kept in either, so that a dump opens nothing. The table is bounded; when it is full, the session that was idle longest leaves.
//! One-time login links are tokens of the store: it uses each up in one transaction, with the session that it opens, so that two who press
//! at once are told apart.
//!
//! What is in the store is what memory was a minute ago. What cannot be written there ends at the next start, and before that works.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::settings::SignIn;
use model::time::Clock;
use model::{Instant, Now, Random, Wall};
use ring::digest;
use store::effect::StoreError;
use store::{NewSession, SessionRow, Store, TokenKind};
use subtle::ConstantTimeEq;

/// Bytes of a secret: 256 bits, beyond guessing.
const SECRET_BYTES: usize = 32;
/// Signed-in browsers; a large clinic has a tenth of it.
const MAX_SESSIONS: usize = 1_000;
/// A login link that nobody used.
pub(crate) const LINK_LIFE: Duration = Duration::from_hours(1);
/// How often it is written down that a session is in use: a row each, and a restart takes no more than this from who was at work.
const WRITTEN_EVERY: Duration = Duration::from_mins(1);

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
    terms: SignIn,
    sessions: Vec<Session>,
}

struct Session {
    key: [u8; 32],
    user: String,
    /// On a computer of the person's own.
    stays: bool,
    ends: Instant,
    /// When its pages are closed, if nobody is at it before.
    left_at: Instant,
    /// When it was used last, until that is written down.
    unwritten: Option<Wall>,
    /// Before this it is not written down again.
    write_again: Instant,
}

/// A session that begins.
pub(crate) struct Begun {
    pub(crate) user: String,
    /// For the cookie.
    pub(crate) secret: String,
    /// How long the browser keeps it: until it is closed, if nothing is said.
    pub(crate) keeps: Option<Duration>,
}

impl Session {
    /// Nobody was at it for so long that its pages are closed, for good.
    fn is_left(&self, now: Instant) -> bool {
        self.left_at <= now
    }

    fn used(&mut self, idle: Duration, now: Now) {
        self.left_at = now.instant + idle;
        self.unwritten = Some(now.wall);
    }
}

/// How long a session lasts, and how long without anybody.
fn lasts(terms: &SignIn, stays: bool) -> (Duration, Duration) {
    match terms.stay.filter(|_| stays) {
        Some(stay) => (stay, SignIn::STAY_IDLE.min(stay)),
        None => (SignIn::WORKING_DAY, terms.idle),
    }
}

impl Sessions {
    /// An empty table; [`Self::load`] takes up what an earlier start had. `random` must be seeded by the system.
    pub fn new(store: Store, clock: Clock, random: Random, terms: SignIn) -> Self {
        let tables = Tables { random, terms, sessions: Vec::new() };
        Self { inner: Arc::new(Inner { clock, store, tables: Mutex::new(tables) }) }
    }

    /// Takes up the sessions that were there when the program ended. The time that it was away counts.
    ///
    /// # Errors
    /// The store cannot be read: everybody signs in anew.
    pub async fn load(&self) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        let rows = self.inner.store.sessions().all(MAX_SESSIONS, now.wall).await?;
        self.with(|tables| tables.take_up(rows, now));
        Ok(())
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

    /// How long somebody may stay signed in on a computer of their own, if anybody may.
    pub(crate) fn stay(&self) -> Option<Duration> {
        self.with(|tables| tables.terms.stay)
    }

    /// Other terms hold from now on. Nobody is signed in for longer than if they had signed in now.
    pub fn set_terms(&self, terms: SignIn) {
        let now = self.inner.clock.now().instant;
        self.with(|tables| tables.set_terms(terms, now));
    }

    /// Uses a link up, and begins a session that a restart does not end. `stays`: on a computer of the person's own. There is a line in the audit.
    pub(crate) async fn redeem(&self, token: &str, stays: bool) -> Result<Option<Begun>, StoreError> {
        let now = self.inner.clock.now();
        let stays = stays && self.stay().is_some();
        let (secret, (life, _)) = self.with(|tables| (tables.random.hex(SECRET_BYTES), lasts(&tables.terms, stays)));
        let new = NewSession { key: hash(&secret), stays, at: now.wall, ends: now.wall + life };
        let Some(user) = self.inner.store.sessions().begin(token, new).await? else { return Ok(None) };
        if let Some(gone) = self.with(|tables| tables.begin(new.key, user.clone(), stays, now)) {
            self.forget_row(gone).await;
        }
        // Who takes everything back at this moment has ended the sessions that were there; this one was between the store and here.
        if !matches!(self.inner.store.sessions().is_kept(new.key).await, Ok(true)) {
            self.with(|tables| tables.remove(&new.key));
            return Ok(None);
        }
        Ok(Some(Begun { user, secret, keeps: stays.then_some(life) }))
    }

    /// The user of a session. `touch` says that a person did something; a page that refreshes itself does not keep a session alive.
    pub(crate) fn user_of(&self, secret: &str, touch: bool) -> Option<String> {
        let now = self.inner.clock.now();
        let key = hash(secret);
        self.with(|tables| tables.user_of(&key, touch, now))
    }

    /// Whose telephone a session is. It rings on after its pages have signed themselves off, as the telephone on a desk does, until the working
    /// day is over or its person signs out. `by_hand`: they did something with it, which keeps a session alive that is not over yet.
    pub(crate) fn telephone_of(&self, secret: &str, by_hand: bool) -> Option<String> {
        let now = self.inner.clock.now();
        let key = hash(secret);
        self.with(|tables| tables.telephone_of(&key, by_hand, now))
    }

    /// Writes down that a session was used, if that is due: whoever is at work when the power fails is signed in after it. A store that takes
    /// nothing keeps nobody from their page.
    pub(crate) async fn write_use(&self, secret: &str) {
        let (key, now) = (hash(secret), self.inner.clock.now().instant);
        let Some(at) = self.with(|tables| tables.due(&key, now)) else { return };
        if let Err(error) = self.inner.store.sessions().used(key, at).await {
            tracing::warn!(%error, "that a session is in use was not written down; a restart may end it");
        }
    }

    /// Signs out; `by` is who did, for the audit.
    ///
    /// # Errors
    /// The store could not write it: the session has ended, but may be there again after the next start.
    pub(crate) async fn end(&self, secret: &str, by: &str) -> Result<(), StoreError> {
        let key = hash(secret);
        self.with(|tables| tables.remove(&key));
        let at = self.inner.clock.now().wall;
        self.inner.store.sessions().end(key, Some((by.to_owned(), at))).await
    }

    /// Signs this user out everywhere, their telephones in browsers too. How many sessions that were. The store forgets them with all else that
    /// lets the user in (`People::forget`).
    pub fn end_all_of(&self, user: &str) -> usize {
        self.with(|tables| {
            let before = tables.sessions.len();
            tables.sessions.retain(|s| s.user != user);
            before - tables.sessions.len()
        })
    }

    /// How many sessions this user has.
    pub(crate) fn count_of(&self, user: &str) -> usize {
        let now = self.inner.clock.now().instant;
        self.with(|tables| {
            tables.forget_ended(now);
            tables.sessions.iter().filter(|s| s.user == user).count()
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

    async fn forget_row(&self, key: [u8; 32]) {
        if let Err(error) = self.inner.store.sessions().end(key, None).await {
            tracing::warn!(%error, "a session that made room for another is still in the store");
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Tables) -> T) -> T {
        // No step between two writes can panic, so a poisoned table is whole.
        work(&mut self.inner.tables.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Tables {
    /// Adds a session; the key of the one that made room for it, if the table was full.
    fn begin(&mut self, key: [u8; 32], user: String, stays: bool, now: Now) -> Option<[u8; 32]> {
        self.forget_ended(now.instant);
        let idlest = (0..self.sessions.len()).min_by_key(|&i| self.sessions[i].left_at);
        let gone = idlest.filter(|_| self.sessions.len() >= MAX_SESSIONS).map(|i| self.sessions.swap_remove(i).key);
        let (life, idle) = lasts(&self.terms, stays);
        let (ends, left_at) = (now.instant + life, now.instant + idle);
        let write_again = now.instant + WRITTEN_EVERY;
        self.sessions.push(Session { key, user, stays, ends, left_at, unwritten: None, write_again });
        gone
    }

    /// Those of an earlier start. A clock that was put back makes nothing last longer than if it began now.
    fn take_up(&mut self, rows: Vec<SessionRow>, now: Now) {
        for row in rows {
            let (life, idle) = lasts(&self.terms, row.stays);
            let since = |at: Wall| Duration::from_millis(now.wall.millis_since(at).try_into().unwrap_or(0));
            let left = Duration::from_millis(row.ends.millis_since(now.wall).try_into().unwrap_or(0)).min(life);
            self.sessions.push(Session {
                key: row.key,
                user: row.user,
                stays: row.stays,
                ends: now.instant + left,
                left_at: now.instant + idle.saturating_sub(since(row.used)),
                unwritten: None,
                write_again: now.instant,
            });
        }
    }

    fn set_terms(&mut self, terms: SignIn, now: Instant) {
        self.terms = terms;
        for session in &mut self.sessions {
            let (life, idle) = lasts(&terms, session.stays);
            session.ends = session.ends.min(now + life);
            session.left_at = session.left_at.min(now + idle);
        }
    }

    fn remove(&mut self, key: &[u8; 32]) {
        self.sessions.retain(|s| !same(&s.key, key));
    }

    fn user_of(&mut self, key: &[u8; 32], touch: bool, now: Now) -> Option<String> {
        let terms = self.terms;
        let session = self.session(key, now.instant).filter(|s| !s.is_left(now.instant))?;
        if touch {
            session.used(lasts(&terms, session.stays).1, now);
        }
        Some(session.user.clone())
    }

    fn telephone_of(&mut self, key: &[u8; 32], by_hand: bool, now: Now) -> Option<String> {
        let terms = self.terms;
        let session = self.session(key, now.instant)?;
        if by_hand && !session.is_left(now.instant) {
            session.used(lasts(&terms, session.stays).1, now);
        }
        Some(session.user.clone())
    }

    /// When it was used last, if that is to be written down now.
    fn due(&mut self, key: &[u8; 32], now: Instant) -> Option<Wall> {
        let session = self.session(key, now).filter(|s| s.write_again <= now)?;
        let at = session.unwritten.take()?;
        session.write_again = now + WRITTEN_EVERY;
        Some(at)
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

    fn minutes(n: u64) -> Now {
        Now::simulation_start().after(Duration::from_mins(n))
    }

    fn tables() -> Tables {
        Tables { random: Random::from_u64(1), terms: SignIn::default(), sessions: Vec::new() }
    }

    /// One begins then; its key.
    fn begun(tables: &mut Tables, user: &str, stays: bool, now: Now) -> [u8; 32] {
        let key = hash(&tables.random.hex(SECRET_BYTES));
        assert_eq!(tables.begin(key, user.to_owned(), stays, now), None);
        key
    }

    #[test]
    fn a_desk_that_was_left_signs_itself_off() {
        let mut tables = tables();
        let key = begun(&mut tables, "101", false, minutes(0));
        assert!(tables.user_of(&key, true, minutes(29)).is_some());
        // Its page goes on refreshing itself; that is nobody's doing.
        assert!(tables.user_of(&key, false, minutes(50)).is_some());
        assert!(tables.user_of(&key, false, minutes(60)).is_none());
        assert!(tables.user_of(&key, true, minutes(61)).is_none(), "nothing opens it again");
    }

    #[test]
    fn the_clinic_says_how_long_a_desk_may_be_left() {
        let mut tables = tables();
        tables.terms.idle = Duration::from_mins(60);
        let key = begun(&mut tables, "101", false, minutes(0));
        assert!(tables.user_of(&key, true, minutes(59)).is_some(), "lunch");
        assert!(tables.user_of(&key, true, minutes(119)).is_none());
    }

    #[test]
    fn other_terms_hold_for_whoever_is_signed_in_and_make_nothing_last_longer() {
        const DAY: u64 = 24 * 60;
        let mut tables = tables();
        let (desk, own) = (begun(&mut tables, "101", false, minutes(0)), begun(&mut tables, "102", true, minutes(0)));
        tables.set_terms(SignIn { idle: Duration::from_mins(10), stay: None }, minutes(15).instant);
        assert!(tables.user_of(&desk, true, minutes(24)).is_some());
        assert!(tables.user_of(&desk, true, minutes(34)).is_none());
        assert!(
            tables.user_of(&own, false, minutes(24)).is_some() && tables.user_of(&own, true, minutes(25)).is_none()
        );
        let desk = begun(&mut tables, "101", false, minutes(40));
        tables.set_terms(SignIn::default(), minutes(49).instant);
        assert!(tables.user_of(&desk, true, minutes(50)).is_none(), "it was left before");
        assert!(tables.telephone_of(&own, false, minutes(DAY)).is_none());
    }

    #[test]
    fn on_a_computer_of_their_own_somebody_stays_signed_in_for_weeks_unless_nobody_is_there_for_one() {
        const DAY: u64 = 24 * 60;
        let mut tables = tables();
        let key = begun(&mut tables, "102", true, minutes(0));
        for day in [2, 8, 14, 20, 26] {
            assert!(tables.user_of(&key, true, minutes(day * DAY)).is_some(), "on day {day}");
        }
        assert!(tables.user_of(&key, true, minutes(30 * DAY)).is_none());
        let key = begun(&mut tables, "102", true, minutes(40 * DAY));
        assert!(tables.user_of(&key, false, minutes(47 * DAY - 1)).is_some());
        assert!(tables.user_of(&key, true, minutes(47 * DAY)).is_none());
    }

    #[test]
    fn the_telephone_of_a_desk_that_was_left_rings_on_and_opens_no_page() {
        let mut tables = tables();
        let key = begun(&mut tables, "101", false, minutes(0));
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
        let key = begun(&mut tables, "101", false, minutes(0));
        for n in 1..72 {
            assert!(tables.user_of(&key, true, minutes(n * 10)).is_some(), "after {n} times ten minutes");
        }
        assert!(tables.user_of(&key, true, minutes(720)).is_none());
    }

    #[test]
    fn that_a_session_is_in_use_is_written_once_a_minute() {
        let mut tables = tables();
        let key = begun(&mut tables, "101", false, minutes(0));
        assert_eq!(tables.due(&key, minutes(5).instant), None, "nobody did anything since it began");
        tables.user_of(&key, true, minutes(5));
        tables.user_of(&key, false, minutes(6));
        assert_eq!(tables.due(&key, minutes(6).instant), Some(minutes(5).wall));
        tables.user_of(&key, true, minutes(6));
        assert_eq!(tables.due(&key, minutes(6).instant), None, "it was just written");
        assert_eq!(tables.due(&key, minutes(7).instant), Some(minutes(6).wall));
    }

    #[test]
    fn the_time_that_the_box_was_away_counts_and_a_clock_that_was_put_back_gives_nothing() {
        let row = |begun: u64, used: u64, stays: bool| SessionRow {
            key: [u8::try_from(used % 251).expect("small"); 32],
            user: "101".to_owned(),
            begun: minutes(begun).wall,
            used: minutes(used).wall,
            ends: minutes(begun + if stays { 30 * 1440 } else { 720 }).wall,
            stays,
        };
        // It starts again here; its monotonic clock begins anew.
        let start = |at: u64| Now { instant: Instant::ZERO, wall: minutes(at).wall };
        let mut tables = tables();
        tables.take_up(vec![row(0, 100, false), row(0, 60, false), row(0, 90, true)], start(110));
        let [used, left, own] = [100, 60, 90].map(|n| [n; 32]);
        let here = |tables: &mut Tables, key, after: u64| {
            tables.user_of(&key, false, start(110).after(Duration::from_mins(after))).is_some()
        };
        assert!(here(&mut tables, used, 19) && !here(&mut tables, used, 20), "twenty minutes of thirty were left");
        assert!(!here(&mut tables, left, 0), "nobody was there for half an hour");
        assert!(tables.telephone_of(&left, false, start(110).after(Duration::from_mins(609))).is_some());
        assert!(here(&mut tables, own, 7 * 1440 - 21) && !here(&mut tables, own, 7 * 1440 - 20));
        let mut back = self::tables();
        back.take_up(vec![row(10_000, 10_000, false)], start(0));
        let key = [u8::try_from(10_000 % 251).expect("small"); 32];
        let after = |n: u64| start(0).after(Duration::from_mins(n));
        assert!(back.user_of(&key, false, after(29)).is_some() && back.user_of(&key, false, after(30)).is_none());
        assert!(back.telephone_of(&key, false, after(719)).is_some());
        assert!(back.telephone_of(&key, false, after(720)).is_none());
    }

    #[test]
    fn the_table_is_bounded_and_the_idlest_leaves() {
        let mut tables = tables();
        let first = begun(&mut tables, "101", false, minutes(0));
        let second = begun(&mut tables, "102", false, minutes(0));
        tables.user_of(&first, true, minutes(1));
        for _ in 0..MAX_SESSIONS - 2 {
            begun(&mut tables, "103", false, minutes(2));
        }
        let key = hash(&tables.random.hex(SECRET_BYTES));
        assert_eq!(tables.begin(key, "103".to_owned(), false, minutes(2)), Some(second), "the store forgets it, too");
        assert_eq!(tables.sessions.len(), MAX_SESSIONS);
        assert!(tables.user_of(&first, false, minutes(2)).is_some());
        assert!(tables.user_of(&second, false, minutes(2)).is_none());
    }
}
