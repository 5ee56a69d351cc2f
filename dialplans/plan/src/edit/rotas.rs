//! Who is on call, and who stands in for whom.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time};

use super::added::words;
use super::text::{Text, list, quoted};
use super::{Editor, Refusal, Said, set_place};
use crate::check::swap_times;
use crate::destination::Destination;
use crate::steps::{self, RotaText};

/// Whoever takes turns at being on call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rota {
    /// "doctor".
    pub name: String,
    /// Extensions and numbers outside, in the order of their turns.
    pub turns: Vec<Destination>,
    /// Who is called after whoever is on call; nothing: the others who take turns. An empty list: nobody.
    pub after: Option<Vec<Destination>>,
    /// The first day of the first of them.
    pub since: Date,
    /// Each turn has so many days.
    pub days: i32,
    /// The minute of the day at which one ends and the next begins.
    pub change: u16,
    /// How long each who is called rings.
    pub seconds: u64,
    /// Whoever is called presses 1 before they have the caller.
    pub press_1: bool,
    /// Where callers go if none takes the call.
    pub nobody: Option<Destination>,
}

/// From when until when somebody is on call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// In the clinic's time.
    pub from: DateTime,
    /// When somebody else, or another turn, begins.
    pub until: DateTime,
    /// Who.
    pub who: Destination,
    /// They stand in for whoever would have this turn: the key under which the plan says so.
    pub stands_in: Option<String>,
}

/// Somebody takes another's turn, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// Of which rota.
    pub rota: String,
    /// In the clinic's time.
    pub from: DateTime,
    /// In the clinic's time.
    pub until: DateTime,
    /// Who.
    pub who: Destination,
}

const ROTAS: &str = "rotas";
const SWAPS: &str = "swaps";
const ESCALATE: &str = "escalate";
/// Nobody asks who is on call at more times than that.
const MOST_PIECES: usize = 1000;

impl Editor {
    /// All rotas, by their names.
    pub fn rotas(&self) -> Vec<Rota> {
        let rota = |(name, rota): (&String, &RotaText)| Rota {
            name: name.clone(),
            turns: rota.turns.clone(),
            after: rota.escalate.clone(),
            since: rota.change.since,
            days: rota.change.days,
            change: rota.change.at,
            seconds: rota.ring.as_secs(),
            press_1: rota.acknowledge,
            nobody: rota.nobody.clone(),
        };
        self.plan.steps.rotas.iter().map(rota).collect()
    }

    /// Who stands in, and under which key the plan says so.
    pub fn stand_ins(&self, name: &str) -> Vec<(String, StandIn)> {
        let Some(rota) = self.plan.steps.rotas.get(name) else { return Vec::new() };
        let keys = self.text.keys(&[ROTAS, name, SWAPS]).into_iter();
        let of = |key: String| {
            let (from, until) = swap_times(&key)?;
            let who = rota.swaps.iter().find(|swap| swap.from == from && swap.until == until)?.who.clone();
            Some((key, StandIn { rota: name.to_owned(), from, until, who }))
        };
        keys.filter_map(of).collect()
    }

    /// Who is on call from `from` until `until`, one after the other. The first turn has begun before, and the last one ends later.
    pub fn turns(&self, name: &str, from: DateTime, until: DateTime) -> Vec<Turn> {
        let Some(rota) = self.plan.steps.rotas.get(name) else { return Vec::new() };
        let stand_ins = self.stand_ins(name);
        let (mut turns, mut at) = (Vec::<Turn>::new(), from);
        while at < until && turns.len() < MOST_PIECES {
            let turn = match stand_ins.iter().find(|(_, other)| other.from <= at && at < other.until) {
                Some((key, StandIn { from, until, who, .. })) => {
                    Turn { from: *from, until: *until, who: who.clone(), stands_in: Some(key.clone()) }
                }
                None => match own_turn(rota, at) {
                    Some(turn) => turn,
                    None => break,
                },
            };
            at = turn.until;
            turns.push(turn);
        }
        turns
    }

    /// The rota as whoever changes it now would write it: it begins with the turn that is now.
    pub fn rota_now(&self, name: &str, now: DateTime) -> Option<Rota> {
        let mut rota = self.rotas().into_iter().find(|rota| rota.name == name)?;
        let (begun, n) = regular(&self.plan.steps.rotas.get(name)?.change, now)?;
        rota.since = begun.date();
        let turn = n.rem_euclid(i32::try_from(rota.turns.len()).ok()?.max(1));
        rota.turns.rotate_left(usize::try_from(turn).ok()?);
        Some(rota)
    }

    pub(super) fn set_rota(&self, text: &mut Text, new: &Rota) -> Result<(), Refusal> {
        let old = self.rotas().into_iter().find(|rota| rota.name == new.name).ok_or(Refusal::Gone)?;
        let path = [ROTAS, new.name.as_str()];
        if !same_turns(&old, new) {
            if old.turns != new.turns {
                text.set(&path, "turns", &written(&new.turns))?;
            }
            // One who is always on call has no beginning.
            if old.since != new.since && (new.turns.len() > 1 || text.has(&path, "since")) {
                text.set(&path, "since", &quoted(&new.since.to_string()))?;
            }
        }
        match &new.after {
            same if *same == old.after => {}
            Some(after) => text.set(&path, ESCALATE, &written(after))?,
            None => text.remove(&path, ESCALATE)?,
        }
        if old.days != new.days {
            text.set(&path, "days", &new.days.to_string())?;
        }
        if old.change != new.change {
            text.set(&path, "change", &quoted(&clock(new.change)))?;
        }
        if old.seconds != new.seconds {
            text.set(&path, "seconds", &new.seconds.to_string())?;
        }
        if old.press_1 != new.press_1 {
            text.set(&path, "press_1", if new.press_1 { "true" } else { "false" })?;
        }
        set_place(text, &path, "nobody", new.nobody.as_ref())
    }

    pub(super) fn add_rota(&self, text: &mut Text, new: &Rota, said: &Said) -> Result<(), Refusal> {
        if self.plan.steps.rotas.contains_key(&new.name) {
            return Err(Refusal::Taken);
        }
        let path = [ROTAS, new.name.as_str()];
        text.set(&path, "turns", &written(&new.turns))?;
        if let Some(after) = &new.after {
            text.set(&path, ESCALATE, &written(after))?;
        }
        text.set(&path, "since", &quoted(&new.since.to_string()))?;
        text.set(&path, "days", &new.days.to_string())?;
        text.set(&path, "change", &quoted(&clock(new.change)))?;
        text.set(&path, "seconds", &new.seconds.to_string())?;
        if !new.press_1 {
            text.set(&path, "press_1", "false")?;
        }
        set_place(text, &path, "nobody", new.nobody.as_ref())?;
        words(text, path, said)
    }

    pub(super) fn stand_in(&self, text: &mut Text, new: &StandIn) -> Result<(), Refusal> {
        if !self.plan.steps.rotas.contains_key(&new.rota) {
            return Err(Refusal::Gone);
        }
        let time = |at: DateTime| at.strftime("%Y-%m-%d %H:%M").to_string();
        let key = format!("{} - {}", time(new.from), time(new.until));
        text.set(&[ROTAS, &new.rota, SWAPS], &key, &quoted(&new.who.to_string()))
    }
}

pub(super) fn take_back(text: &mut Text, rota: &str, key: &str) -> Result<(), Refusal> {
    text.remove(&[ROTAS, rota, SWAPS], key)
}

/// The turn at that time as the rota alone has it, cut where somebody stands in.
fn own_turn(rota: &RotaText, at: DateTime) -> Option<Turn> {
    let (begun, n) = regular(&rota.change, at)?;
    let turn = n.rem_euclid(i32::try_from(rota.turns.len()).ok()?.max(1));
    let who = rota.turns.get(usize::try_from(turn).ok()?)?.clone();
    let ends = begun.checked_add(rota.change.days.max(1).days()).ok()?;
    let before = rota.swaps.iter().map(|swap| swap.until).filter(|until| *until <= at).max();
    let after = rota.swaps.iter().map(|swap| swap.from).filter(|from| *from > at).min();
    Some(Turn {
        from: before.map_or(begun, |until| until.max(begun)),
        until: after.map_or(ends, |from| from.min(ends)),
        who,
        stands_in: None,
    })
}

/// When the turn began that is at that time, and how many were before it; of those before the first, less than none.
fn regular(change: &steps::Change, at: DateTime) -> Option<(DateTime, i32)> {
    let days = change.days.max(1);
    let n = change.days_until(at)?.div_euclid(days);
    let first = change.since.to_datetime(Time::midnight()).checked_add(i64::from(change.at).minutes()).ok()?;
    Some((first.checked_add(n.checked_mul(days)?.days()).ok()?, n))
}

/// The same people have the same turns, wherever the list begins.
fn same_turns(old: &Rota, new: &Rota) -> bool {
    let (count, days) = (old.turns.len(), old.days.max(1));
    let Ok(apart) = new.since.since(old.since).map(|span| span.get_days()) else { return false };
    let Ok(many) = i32::try_from(count) else { return false };
    let same_pace = count == new.turns.len() && old.days == new.days && old.change == new.change;
    if !same_pace || many == 0 || apart.rem_euclid(days) != 0 {
        return false;
    }
    let Ok(by) = usize::try_from(apart.div_euclid(days).rem_euclid(many)) else { return false };
    (0..count).all(|n| new.turns[n] == old.turns[(n + by) % count])
}

fn written(turns: &[Destination]) -> String {
    list(&turns.iter().map(ToString::to_string).collect::<Vec<_>>())
}

fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}
