//! The clinic's side of the store: which effects are under way, what follows each, and those that must not get lost.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use model::call::{Binding, CallRecord};
use model::defence::Kept;
use model::ladder::{Ladder, RefusedMessage};
use model::{AttemptId, CallId, FaxId, Instant, Switches, Wall};
use store::effect::{Done, Effect, StoreError};

use crate::Output;
use crate::messages::Messages;
pub(crate) use crate::then::Then;

/// An effect under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// See the module.
#[derive(Default)]
pub(crate) struct Vault {
    next: u64,
    under_way: BTreeMap<Ticket, UnderWay>,
    /// Effects that the store has carried out.
    done: u64,
    again: VecDeque<(Instant, Ticket, Effect)>,
    unlocked: bool,
    /// The bindings of the last start were read: until then they must not be overwritten by the few that came since.
    resumed: bool,
    held: VecDeque<(Ticket, Effect)>,
    records: Vec<CallRecord>,
    recording: bool,
    messages: Messages,
    /// The bindings changed since they were written.
    bindings_changed: bool,
    saving: bool,
    /// What is kept of the defence changed since it was written.
    kept_changed: bool,
    keeping: bool,
    /// So do the switches, which are written at once: a person has just heard that it is done.
    switches_changed: bool,
    saving_switches: bool,
    /// Not before this are bindings written again, or what is kept of the defence.
    save_again: Instant,
    keep_again: Instant,
    /// Not before this are records and messages written again, and messages not before the second.
    record_again: Instant,
    messages_again: Instant,
}

/// An effect that has no answer yet, or will be offered again.
struct UnderWay {
    then: Then,
    /// To offer it again.
    copy: Option<Effect>,
    /// How often the store could not do it, and how much else it had done before the first time.
    broken: u32,
    done_before: u64,
}

/// While the store is locked this many effects wait, and as many call records: a clinic's morning. The oldest is dropped then.
const MAX_HELD: usize = 1000;
/// How long to wait before an effect that the store refused is offered again.
const OFFER_AGAIN: Duration = Duration::from_secs(5);
/// What the store could not read so often, for a minute, while it did something else is damaged; a disk that is away does nothing else.
const DAMAGED_AFTER: u32 = 12;
/// Bindings are written this often at most: a thousand phones that come back together cost two writes, not a thousand, and what a
/// power cut takes with it comes back with the phones' next registration.
const SAVE_EVERY: Duration = Duration::from_secs(2);
/// Call records are written this often at most. In a quiet clinic each is written at once; at a hundred calls a
/// second one commit serves twenty-five of them, and a power cut takes the records of the last quarter of a second.
const RECORD_EVERY: Duration = Duration::from_millis(250);
/// The messages of calls are written this often at most, in the same commit as records where there are any: nothing depends on them.
const MESSAGES_EVERY: Duration = Duration::from_secs(1);
/// Records in one effect: bounds the transaction, not the day.
const MAX_RECORDS: usize = 500;

impl Vault {
    pub(crate) fn order(&mut self, effect: Effect, then: Then, out: &mut VecDeque<Output>) {
        self.next += 1;
        let ticket = Ticket(self.next);
        let copy = then.must().then(|| effect.clone());
        self.under_way.insert(ticket, UnderWay { then, copy, broken: 0, done_before: 0 });
        if self.unlocked {
            out.push_back(Output::Store { ticket, effect });
            return;
        }
        if self.held.len() == MAX_HELD
            && let Some((dropped, _)) = self.held.pop_front()
        {
            self.under_way.remove(&dropped);
        }
        self.held.push_back((ticket, effect));
    }

    pub(crate) const fn is_unlocked(&self) -> bool {
        self.unlocked
    }

    pub(crate) fn unlock(&mut self, out: &mut VecDeque<Output>) {
        self.unlocked = true;
        out.extend(self.held.drain(..).map(|(ticket, effect)| Output::Store { ticket, effect }));
    }

    /// What was to follow this effect, or `None` if it will be offered again: what writes for ever, what reads until it is known to be
    /// damaged.
    pub(crate) fn finish(&mut self, now: Instant, ticket: Ticket, result: &Result<Done, StoreError>) -> Option<Then> {
        let mut under_way = self.under_way.remove(&ticket)?;
        self.done += u64::from(result.is_ok());
        let Some(effect) = under_way.copy.clone() else { return Some(under_way.then) };
        match result {
            Err(StoreError::Full) => {}
            Err(StoreError::Broken(_)) => {
                if under_way.broken == 0 {
                    under_way.done_before = self.done;
                }
                under_way.broken = under_way.broken.saturating_add(1);
                let damaged = under_way.broken >= DAMAGED_AFTER && self.done > under_way.done_before;
                if damaged && under_way.then.can_do_without() {
                    return Some(under_way.then);
                }
            }
            _ => return Some(under_way.then),
        }
        self.under_way.insert(ticket, under_way);
        self.again.push_back((now + OFFER_AGAIN, ticket, effect));
        None
    }

    /// True while the outcome of this fax's last attempt is not durable yet.
    pub(crate) fn is_finishing(&self, fax: FaxId) -> bool {
        self.under_way
            .values()
            .any(|u| matches!(u.then, Then::Closed { fax: f, .. } | Then::Finished { fax: f } | Then::Received { fax: f, .. } | Then::GivenOver { fax: f, .. } if f == fax))
    }

    /// What the last start left could not be read for a minute. Asked after each try.
    pub(crate) fn is_start_unread(&self) -> bool {
        let tried = |u: &UnderWay| matches!(u.then, Then::Work) && u.broken == DAMAGED_AFTER;
        !self.resumed && self.under_way.values().any(tried)
    }

    /// A message could not be put together for a minute, while other things were done: a part of it is damaged. Asked after each try.
    pub(crate) fn is_message_damaged(&self) -> bool {
        let is_damaged = |u: &UnderWay| u.broken == DAMAGED_AFTER && self.done > u.done_before;
        self.under_way.values().any(|u| matches!(u.then, Then::MessageFinished { .. }) && is_damaged(u))
    }

    /// Effects whose time has come again.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<(Ticket, Effect)> {
        let mut due = Vec::new();
        while let Some((at, ..)) = self.again.front()
            && *at <= now
            && let Some((_, ticket, effect)) = self.again.pop_front()
        {
            due.push((ticket, effect));
        }
        due
    }

    pub(crate) fn next_timeout(&self) -> Instant {
        let again = self.again.front().map_or(Instant::FAR_FUTURE, |(at, ..)| *at);
        let bindings =
            if self.bindings_changed && self.resumed && !self.saving { self.save_again } else { Instant::FAR_FUTURE };
        let kept =
            if self.kept_changed && self.resumed && !self.keeping { self.keep_again } else { Instant::FAR_FUTURE };
        let when = |is_waiting: bool, at: Instant| if self.unlocked && is_waiting { at } else { Instant::FAR_FUTURE };
        let records = when(!self.recording && !self.records.is_empty(), self.record_again);
        let messages = when(self.messages.are_waiting(), self.record_again.max(self.messages_again));
        again.min(bindings).min(kept).min(records).min(messages)
    }

    /// A call's record: gathered while the last group is being written, so that no call waits for the disk.
    pub(crate) fn record(&mut self, record: CallRecord) {
        if !self.unlocked && self.records.len() == MAX_HELD {
            self.records.remove(0);
        }
        self.records.push(record);
    }

    pub(crate) const fn records_written(&mut self) {
        self.recording = false;
    }

    /// Writes what has gathered of calls if its time has come: their records first.
    pub(crate) fn write_calls(&mut self, now: Instant, out: &mut VecDeque<Output>) {
        if !self.unlocked || now < self.record_again {
            return;
        }
        if !self.recording && !self.records.is_empty() {
            let rest = self.records.split_off(self.records.len().min(MAX_RECORDS));
            let group = std::mem::replace(&mut self.records, rest);
            self.recording = true;
            self.record_again = now + RECORD_EVERY;
            self.order(Effect::RecordCalls(group.into()), Then::Records, out);
        }
        if now >= self.messages_again
            && let Some(effect) = self.messages.take()
        {
            self.record_again = now + RECORD_EVERY;
            // What found no room in this group does not wait for the next second.
            self.messages_again = now + if self.messages.is_empty() { MESSAGES_EVERY } else { RECORD_EVERY };
            self.order(effect, Then::Messages, out);
        }
    }

    /// The messages of a call: gathered while the last group is being written, as records are.
    pub(crate) fn ladder(&mut self, at: Wall, call: CallId, ladder: Ladder) {
        self.messages.ladder(at, call, ladder);
    }

    /// What was turned away.
    pub(crate) fn turned_away(&mut self, at: Wall, all: Vec<RefusedMessage>) {
        self.messages.turned_away(at, all);
    }

    pub(crate) const fn messages_written(&mut self) {
        self.messages.written();
    }

    /// The program ends: what gathers is written at once.
    pub(crate) const fn hurry(&mut self) {
        self.save_again = Instant::ZERO;
        self.keep_again = Instant::ZERO;
        self.record_again = Instant::ZERO;
        self.messages_again = Instant::ZERO;
    }

    /// Nothing waits to be written, but for what the store refused and will be offered again. A locked store takes nothing.
    pub(crate) fn is_written(&self) -> bool {
        let changed = self.bindings_changed || self.kept_changed || self.switches_changed;
        let gathering = !self.records.is_empty() || self.messages.are_waiting() || changed && self.resumed;
        !self.unlocked || !gathering && self.under_way.len() <= self.again.len()
    }

    /// The registrar's bindings changed. They are asked for when they are written: only the newest state matters, and a copy of all of
    /// them for each phone that registers would cost more than the registration.
    pub(crate) const fn bindings_changed(&mut self) {
        self.bindings_changed = true;
    }

    /// The same of what is kept of the defence.
    pub(crate) const fn kept_changed(&mut self) {
        self.kept_changed = true;
    }

    pub(crate) const fn kept_written(&mut self) {
        self.keeping = false;
    }

    /// Writes it if it changed and its time has come: a flood of blocks, or a busy hour of outside calls, is a row every two seconds.
    pub(crate) fn write_kept(&mut self, now: Instant, kept: impl FnOnce() -> Kept, out: &mut VecDeque<Output>) {
        if !self.kept_changed || !self.resumed || self.keeping || now < self.keep_again {
            return;
        }
        self.kept_changed = false;
        self.keeping = true;
        self.keep_again = now + SAVE_EVERY;
        self.order(Effect::SaveDefence(kept()), Then::Kept, out);
    }

    /// What the last start had is known: from now on the bindings are written.
    pub(crate) const fn resumed(&mut self) {
        self.resumed = true;
    }

    pub(crate) fn bindings_written(&mut self) {
        self.saving = false;
    }

    /// The switches changed.
    pub(crate) const fn switches_changed(&mut self) {
        self.switches_changed = true;
    }

    pub(crate) const fn switches_written(&mut self) {
        self.saving_switches = false;
    }

    /// Writes the switches if they changed: one write after the other, so that a late one never brings back what was before.
    pub(crate) fn write_switches(&mut self, all: impl FnOnce() -> Switches, out: &mut VecDeque<Output>) {
        if self.switches_changed && self.resumed && !self.saving_switches {
            self.switches_changed = false;
            self.saving_switches = true;
            self.order(Effect::SaveSwitches(all()), Then::Switches, out);
        }
    }

    /// Writes the bindings if they changed and their time has come.
    pub(crate) fn write_bindings(
        &mut self,
        now: Instant,
        all: impl FnOnce() -> Vec<Binding>,
        out: &mut VecDeque<Output>,
    ) {
        if !self.bindings_changed || !self.resumed || self.saving || now < self.save_again {
            return;
        }
        self.bindings_changed = false;
        self.saving = true;
        self.save_again = now + SAVE_EVERY;
        self.order(Effect::SaveBindings(all()), Then::Bindings, out);
    }
}

/// An attempt, as the lines know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) fax: FaxId,
    pub(crate) id: AttemptId,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding(user: &str) -> Binding {
        Binding { user: user.to_owned(), ..Binding::default() }
    }

    fn record(id: CallId) -> CallRecord {
        CallRecord {
            id,
            direction: model::fax::Direction::Out,
            from: model::call::Party::default(),
            to: model::call::Party::default(),
            started: id.born(),
            answered: None,
            taken: model::call::Taken::default(),
            left_message: false,
            queued: Vec::new(),
            ended: id.born(),
            end: model::call::CallEnd::Abandoned,
            fault: model::call::Fault::None,
            emergency: false,
            caller_quality: model::call::LegQuality::default(),
            callee_quality: model::call::LegQuality::default(),
            trace: model::trace::Trace::default(),
        }
    }

    fn saved(out: &VecDeque<Output>) -> Vec<usize> {
        let save = |o: &Output| match o {
            Output::Store { effect: Effect::SaveBindings(all), .. } => Some(all.len()),
            _ => None,
        };
        out.iter().filter_map(save).collect()
    }

    #[test]
    fn messages_gather_for_a_second_and_records_for_a_quarter() {
        let (mut vault, mut out, mut random) = (Vault::default(), VecDeque::new(), model::Random::from_u64(1));
        vault.unlock(&mut out);
        let (mut records, mut ladders) = (Vec::new(), Vec::new());
        // 100 calls a second for two seconds, each looked at as its messages come.
        for ms in (0..2000).step_by(10) {
            let now = Instant::ZERO + Duration::from_millis(ms);
            let call = CallId::new(Wall(i64::try_from(ms).expect("small")), &mut random);
            vault.record(record(call));
            vault.ladder(call.born(), call, Ladder::default());
            vault.write_calls(now, &mut out);
            for output in out.drain(..) {
                match output {
                    Output::Store { effect: Effect::RecordCalls(all), .. } => records.push((ms, all.len())),
                    Output::Store { effect: Effect::RecordMessages { ladders: all, .. }, .. } => {
                        ladders.push((ms, all.len()));
                    }
                    _ => {}
                }
                vault.records_written();
                vault.messages_written();
            }
        }
        assert_eq!(records, [(0, 1), (250, 25), (500, 25), (750, 25), (1000, 25), (1250, 25), (1500, 25), (1750, 25)]);
        assert_eq!(ladders, [(0, 1), (1000, 64), (1250, 61)], "a group is bounded, and the rest follows soon");
        assert_eq!(vault.next_timeout(), Instant::ZERO + Duration::from_secs(2));
    }

    #[test]
    fn a_phone_that_is_faster_than_the_store_does_not_wipe_the_others() {
        let (mut vault, mut out) = (Vault::default(), VecDeque::new());
        let few = || vec![binding("101")];
        let all = || vec![binding("101"), binding("102")];
        vault.bindings_changed();
        vault.write_bindings(Instant::ZERO, few, &mut out);
        vault.unlock(&mut out);
        vault.write_bindings(Instant::ZERO, few, &mut out);
        assert_eq!(saved(&out), Vec::<usize>::new());
        vault.resumed();
        vault.write_bindings(Instant::ZERO, all, &mut out);
        assert_eq!(saved(&out), [2]);
        vault.bindings_written();
        vault.write_bindings(Instant::FAR_FUTURE, all, &mut out);
        assert_eq!(saved(&out), [2], "nothing changed");
    }

    #[test]
    fn what_cannot_be_read_is_given_up_only_by_a_store_that_works() {
        let (mut vault, mut out) = (Vault::default(), VecDeque::new());
        vault.unlock(&mut out);
        let mail = model::MailId::new(Wall(0), &mut model::Random::from_u64(1));
        let broken = || Err(StoreError::Broken("no disk".to_owned()));
        vault.order(Effect::LoadOutgoing { mail }, Then::Deliver { mail }, &mut out);
        let read = Ticket(vault.next);
        // The disk is away for an hour: it comes back, and with it all that was stored.
        for _ in 0..720 {
            assert!(vault.finish(Instant::ZERO, read, &broken()).is_none());
        }
        vault.order(Effect::SaveBindings(Vec::new()), Then::Bindings, &mut out);
        let write = Ticket(vault.next);
        for _ in 0..720 {
            assert!(vault.finish(Instant::ZERO, write, &broken()).is_none(), "a write is never given up");
        }
        assert!(matches!(vault.finish(Instant::ZERO, write, &Ok(Done::Ok)), Some(Then::Bindings)));
        assert!(matches!(vault.finish(Instant::ZERO, read, &broken()), Some(Then::Deliver { .. })));
    }
}
