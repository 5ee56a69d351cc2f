//! Whom to call for help: trunk after trunk, and each trunk at every address that it has.

use std::collections::VecDeque;
use std::time::Duration;

use model::PhoneNumber;
use sip::resolve::Target;

use crate::call::route::{Fork, MAX_SERVERS, NEXT_TRUNK, Pitch, SAID_LITTLE, over_trunk};
use crate::step::Step;

/// How often the list of emergency trunks is gone through before the call is given up.
const ROUNDS: usize = 2;

/// What is left to try. In a round each trunk is called at its first address, then each at its second, since another carrier is likelier to be
/// there than the next machine of one that is not.
#[derive(Clone, Debug)]
pub(crate) struct Rounds {
    number: PhoneNumber,
    waiting: VecDeque<Turn>,
    /// What was called in which turn.
    tried: Vec<(Turn, Target)>,
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
        let turn = |round| trunks.iter().map(move |trunk| Turn { trunk: trunk.clone(), round });
        let number = PhoneNumber::Emergency(number);
        Self { number, waiting: (0..ROUNDS).flat_map(turn).collect(), tried: Vec::new() }
    }

    /// Calls who comes next while `forks` are being called.
    pub(crate) fn next(&mut self, forks: &[Fork], pitch: &Pitch<'_>, step: &mut Step<'_>) -> Option<Fork> {
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

/// The addresses of the turn's trunk that are being called.
fn called<'a>(turn: &'a Turn, forks: &'a [Fork]) -> impl Iterator<Item = &'a Target> {
    of_trunk(turn, forks).filter_map(|fork| fork.who.server.as_ref())
}

fn of_trunk<'a>(turn: &'a Turn, forks: &'a [Fork]) -> impl Iterator<Item = &'a Fork> {
    forks.iter().filter(move |fork| fork.who.trunk.as_ref() == Some(&turn.trunk))
}
