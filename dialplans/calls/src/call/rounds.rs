//! Whom to call for help: trunk after trunk, and each trunk at every address that it has.

use std::collections::VecDeque;
use std::time::Duration;

use model::PhoneNumber;
use sip::resolve::Target;

use crate::call::route::{Fork, MAX_SERVERS, NEXT_TRUNK, Pitch, SAID_LITTLE, over_trunk};
use crate::step::Step;

/// How often the list of emergency trunks is gone through at once.
const ROUNDS: usize = 2;
/// How often all of that is done once more before the call is given up: what was ended to make room for it is over by then at the carrier, too,
/// and a name server or a link that was away for a moment is back. Staff have been told meanwhile to use another phone. And once again, where a
/// carrier says that it is full though fewer calls are up there than the settings let it carry.
const RESTS: usize = 1;
/// How long is waited before that.
pub(crate) const REST: Duration = Duration::from_secs(2);

/// What is left to try. In a round each trunk is called at its first address, then each at its second, since another carrier is likelier to be
/// there than the next machine of one that is not.
#[derive(Clone, Debug)]
pub(crate) struct Rounds {
    number: PhoneNumber,
    waiting: VecDeque<Turn>,
    /// What was called in which turn.
    tried: Vec<(Turn, Target)>,
    /// All trunks, in the order to try them.
    trunks: Vec<String>,
    /// Those that may have refused since the last rest because they can carry no more calls.
    full: Vec<(String, Full)>,
    /// Those of them that carried some calls then, and could carry more by the settings: nobody who talks there was parted.
    spared: Vec<String>,
    rests: usize,
}

/// How it is known that a trunk can carry no more calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Full {
    /// It refused as carriers do for many reasons, this one among them.
    Perhaps,
    /// It said so.
    Said,
    /// It said so again, after it was given what room the settings tell of.
    SaidAgain,
}

/// A trunk's turn in a round.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Turn {
    trunk: String,
    round: usize,
}

impl Turn {
    /// Its first offer may have been refused for its encryption: this one says otherwise.
    const fn otherwise(&self) -> bool {
        self.round % 2 == 1
    }
}

/// What can be done with a turn now.
#[derive(PartialEq, Eq)]
enum Left {
    /// An address of it was not called yet.
    Some,
    /// The same, but an address of this trunk that is being called has said that it is there: it has a little time to say more.
    Waits,
    /// All that are left are being called already, for an earlier turn: it comes when one of them has refused.
    Later,
    Nothing,
}

impl Rounds {
    pub(crate) fn new(number: String, trunks: &[String]) -> Self {
        let (number, trunks) = (PhoneNumber::Emergency(number), trunks.to_vec());
        let (waiting, tried, full, spared) = (turns(&trunks), Vec::new(), Vec::new(), Vec::new());
        Self { number, waiting, tried, trunks, full, spared, rests: 0 }
    }

    /// Nobody is left to call: all are called once more after a [`REST`], if they have not been often enough. Those that are to have room by then.
    pub(crate) fn rest(&mut self, step: &Step<'_>) -> Option<Vec<(String, Full)>> {
        let mut full = std::mem::take(&mut self.full);
        if self.rests >= RESTS {
            full.retain(|(trunk, how)| *how == Full::Said && self.spared.contains(trunk));
            full.iter_mut().for_each(|(_, how)| *how = Full::SaidAgain);
            if self.rests > RESTS || full.is_empty() {
                return None;
            }
        }
        let spared = full.iter().map(|(trunk, _)| trunk).filter(|trunk| matches!(step.others_on(trunk), (1.., true)));
        self.spared = spared.cloned().collect();
        self.rests += 1;
        self.waiting = turns(&self.trunks);
        self.tried.clear();
        Some(full)
    }

    /// One of them was refused.
    pub(crate) fn refused(&mut self, fork: &Fork, code: u16) {
        let (Some(trunk), Some(how)) = (&fork.who.trunk, how_full(code)) else { return };
        match self.full.iter_mut().find(|(other, _)| other == trunk) {
            Some((_, before)) => *before = how.max(*before),
            None => self.full.push((trunk.clone(), how)),
        }
    }

    /// Calls who comes next while `forks` are being called.
    pub(crate) fn next(&mut self, forks: &[Fork], pitch: &Pitch<'_>, step: &mut Step<'_>) -> Option<Fork> {
        self.learn(step);
        let mut at = 0;
        while let Some(turn) = self.waiting.get(at) {
            match self.left(turn, forks, step) {
                Left::Later | Left::Waits => at += 1,
                Left::Nothing => drop(self.waiting.remove(at)),
                Left::Some => {
                    let turn = self.waiting.remove(at)?;
                    let barred: Vec<Target> = self.tried(&turn).chain(called(&turn, forks)).cloned().collect();
                    let fork = over_trunk(&turn.trunk, &self.number, pitch, turn.otherwise(), false, &barred, step);
                    if let Some((fork, server)) = fork.and_then(|fork| Some((fork.clone(), fork.who.server?))) {
                        self.tried.push((turn.clone(), server));
                        // The trunk's other addresses come after the others' first.
                        let later = self.waiting.iter().position(|other| other.round > turn.round);
                        self.waiting.insert(later.unwrap_or(self.waiting.len()), turn);
                        return Some(fork);
                    }
                }
            }
        }
        None
    }

    /// Trunks that have come since the call began are called after the others: those that it began with may all have been taken out.
    fn learn(&mut self, step: &Step<'_>) {
        let mut new = step.site.plan.trunks_for_help(&step.site.settings);
        new.retain(|trunk| !self.trunks.contains(trunk));
        self.waiting.extend(turns(&new));
        self.trunks.extend(new);
    }

    /// How long these may be silent before somebody is called beside them, if anybody is left.
    pub(crate) fn patience(&self, forks: &[Fork], step: &Step<'_>) -> Option<Duration> {
        let some = |wanted| self.waiting.iter().any(|turn| self.left(turn, forks, step) == wanted);
        if some(Left::Some) { Some(NEXT_TRUNK) } else { some(Left::Waits).then_some(SAID_LITTLE) }
    }

    /// This one was let go for a reason of our own: it is to be called again, before all others.
    pub(crate) fn again(&mut self, fork: &Fork) {
        let reached = |(turn, server): &(Turn, Target)| {
            fork.who.trunk.as_ref() == Some(&turn.trunk) && fork.who.server.as_ref() == Some(server)
        };
        if let Some(at) = self.tried.iter().rposition(reached) {
            let (turn, _) = self.tried.remove(at);
            self.waiting.retain(|other| *other != turn);
            self.waiting.push_front(turn);
        }
    }

    /// The trunks that are left, each once.
    pub(crate) fn trunks(&self) -> Vec<String> {
        let mut trunks: Vec<String> = Vec::new();
        for turn in &self.waiting {
            if !trunks.contains(&turn.trunk) {
                trunks.push(turn.trunk.clone());
            }
        }
        trunks
    }

    fn tried<'a>(&'a self, turn: &'a Turn) -> impl Iterator<Item = &'a Target> {
        self.tried.iter().filter(move |(of, _)| of == turn).map(|(_, server)| server)
    }

    fn left(&self, turn: &Turn, forks: &[Fork], step: &Step<'_>) -> Left {
        let known = step.servers.order(&turn.trunk);
        let mut untried = known.iter().filter(|server| self.tried(turn).all(|tried| tried != *server)).peekable();
        if self.tried(turn).count() >= MAX_SERVERS || !known.is_empty() && untried.peek().is_none() {
            return Left::Nothing;
        }
        // Of a trunk that nobody knows where it is, the trace is told when its turn comes.
        let free = known.is_empty() || untried.any(|server| called(turn, forks).all(|other| other != server));
        let is_there = of_trunk(turn, forks).any(|fork| (fork.trying || fork.on_its_way) && !fork.waited_for);
        match (free, is_there) {
            (false, _) => Left::Later,
            (true, false) => Left::Some,
            (true, true) => Left::Waits,
        }
    }
}

/// Carriers say so in several ways that an account has as many calls as its contract allows, and some in words that mean other things as well.
const fn how_full(code: u16) -> Option<Full> {
    match code {
        486 | 503 | 600 => Some(Full::Said),
        402 | 403 | 480 | 500 | 603 => Some(Full::Perhaps),
        _ => None,
    }
}

fn turns(trunks: &[String]) -> VecDeque<Turn> {
    let turn = |round| trunks.iter().map(move |trunk| Turn { trunk: trunk.clone(), round });
    (0..ROUNDS).flat_map(turn).collect()
}

/// The addresses of the turn's trunk that are being called.
fn called<'a>(turn: &'a Turn, forks: &'a [Fork]) -> impl Iterator<Item = &'a Target> {
    of_trunk(turn, forks).filter_map(|fork| fork.who.server.as_ref())
}

fn of_trunk<'a>(turn: &'a Turn, forks: &'a [Fork]) -> impl Iterator<Item = &'a Fork> {
    forks.iter().filter(move |fork| fork.who.trunk.as_ref() == Some(&turn.trunk))
}
