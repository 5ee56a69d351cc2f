//! What comes to a session's port beside its sound: the checks of ICE and the handshake of DTLS (RFC 7983 tells them apart by their first
//! byte). Until that has come to keys, sound is neither taken nor sent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use model::{Instant, Now};

use super::session::Session;
use crate::dtls::{Handshake, Identity, Progress, Terms};
use crate::ice;
use crate::latch::Standing;
use crate::srtp::Suite;

/// Checks and handshakes that a session works on in a second, from where it is spoken to and from elsewhere: nobody elsewhere uses up what
/// is left for the other end. A browser sends some five checks a second and a handshake is ten datagrams.
const MAX_ASIDE: u32 = 60;

/// How long an end that checked its path may show no life before it counts as gone (RFC 7675 section 5.1). Browsers say nothing when they are
/// closed. Others only keep their path open once it was chosen (RFC 8445 section 11), by what anybody could send: their sound is their life.
const GONE: Duration = Duration::from_secs(30);

/// How a session comes to its keys.
#[derive(Debug)]
pub(super) struct Path {
    identity: Arc<Identity>,
    terms: Terms,
    handshake: Handshake,
    /// It was told that there are no keys.
    told: bool,
    /// The last life of an end that checks its path: a check that was answered, or what opened with its key.
    alive: Option<Instant>,
    second: u64,
    /// From elsewhere, and from where it is spoken to.
    in_second: [u32; 2],
}

/// What is to be done about such a datagram.
#[derive(Debug, Default)]
pub(super) struct Aside {
    pub(super) replies: Vec<(SocketAddr, Bytes)>,
    /// The session has keys now; or it will have none.
    pub(super) keys: Option<Result<Suite, ()>>,
    /// The other end has checked its path, and shows no life any more.
    pub(super) gone: bool,
}

impl Path {
    /// `None` if these terms cannot be met.
    pub(super) fn new(now: Now, identity: &Arc<Identity>, terms: Terms) -> Option<Self> {
        let handshake = Handshake::new(now.instant, identity, &terms)?;
        let identity = Arc::clone(identity);
        Some(Self { identity, terms, handshake, told: false, alive: None, second: 0, in_second: [0; 2] })
    }

    /// Other terms with the same other end go on with the same handshake: only the password of its checks is another.
    pub(super) fn renew(&mut self, terms: &Terms) -> bool {
        let same = (self.terms.role, self.terms.theirs) == (terms.role, terms.theirs);
        if same {
            self.terms.ice.clone_from(&terms.ice);
        }
        same
    }

    pub(super) const fn checks(&self) -> bool {
        self.terms.ice.is_some()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.handshake.deadline().into_iter().chain(self.gone_at()).min()
    }

    fn gone_at(&self) -> Option<Instant> {
        self.alive.map(|at| at + GONE)
    }

    /// Something came that opens with the key of the other end. Whoever has never checked its path is not missed.
    pub(super) fn lives(&mut self, now: Now) {
        if let Some(alive) = &mut self.alive {
            *alive = now.instant;
        }
    }

    fn within_rate(&mut self, now: Now, standing: Standing) -> bool {
        let second = now.instant.nanos() / 1_000_000_000;
        if second != self.second {
            (self.second, self.in_second) = (second, [0; 2]);
        }
        let count = &mut self.in_second[usize::from(standing == Standing::Known)];
        *count = count.saturating_add(1);
        *count <= MAX_ASIDE
    }
}

/// Neither sound nor its reports.
pub(super) const fn is_aside(first: u8) -> bool {
    matches!(first, 0..=3 | 20..=63)
}

impl Session {
    /// Takes a check or a piece of a handshake.
    pub(super) fn aside(&mut self, now: Now, from: SocketAddr, data: &[u8]) -> Aside {
        let mut aside = Aside::default();
        let Some(path) = &mut self.path else { return aside };
        let standing = self.latch.standing(now.instant, from);
        if data.first().is_some_and(|b| *b < 4) {
            // What does not even know the name is nobody's check, and uses nothing up.
            let request = path.terms.ice.as_ref().and_then(|ours| ice::read(ours, data));
            let request = request.filter(|_| path.within_rate(now, standing));
            let check = request.and_then(|request| ice::answer(path.terms.ice.as_ref()?, from, request));
            let Some(check) = check else { return aside };
            path.alive = Some(now.instant);
            aside.replies.push((from, check.reply));
            if check.nominates {
                self.latch.nominate(from);
                self.pump(&mut aside);
            }
            return aside;
        }
        // Where paths are checked, only the one that was chosen is spoken over.
        match standing {
            Standing::Known => {}
            Standing::Possible if !path.checks() => {}
            Standing::Possible | Standing::Stranger => return aside,
        }
        if !path.within_rate(now, standing) {
            return aside;
        }
        let progress = path.handshake.hear(now.instant, data);
        while let Some(data) = path.handshake.send() {
            aside.replies.push((from, data));
        }
        self.progress(now, progress, &mut aside);
        aside
    }

    /// Sends what the handshake has to say, as far as it is known where to.
    pub(super) fn pump(&mut self, aside: &mut Aside) {
        let (Some(path), Some(to)) = (&mut self.path, self.latch.address()) else { return };
        while let Some(data) = path.handshake.send() {
            aside.replies.push((to, data));
        }
    }

    /// The instant that its handshake waited for.
    pub(super) fn path_timeout(&mut self, now: Now) -> Aside {
        let mut aside = Aside::default();
        if let Some(path) = self.path.as_mut().filter(|p| p.deadline().is_some_and(|at| at <= now.instant)) {
            if path.gone_at().is_some_and(|at| at <= now.instant) {
                path.alive = None;
                aside.gone = true;
            }
            let progress = path.handshake.timeout(now.instant);
            self.progress(now, progress, &mut aside);
            self.pump(&mut aside);
        }
        aside
    }

    fn progress(&mut self, now: Now, progress: Progress, aside: &mut Aside) {
        let Some(path) = &mut self.path else { return };
        match progress {
            Progress::More => return,
            Progress::Done(keys) => {
                let suite = keys.ours.suite();
                self.secure(Some(*keys));
                aside.keys = Some(Ok(suite));
                return;
            }
            Progress::Failed => {}
            // Whoever calls for help may wait for a network that comes back; for anybody else the call is over now, and this with it.
            Progress::Unanswered => {
                if let Some(another) = Handshake::new(now.instant, &path.identity, &path.terms) {
                    path.handshake = another;
                }
            }
        }
        if !std::mem::replace(&mut path.told, true) {
            aside.keys = Some(Err(()));
        }
    }
}
