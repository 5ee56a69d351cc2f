//! Queues: who takes their calls, and how callers wait.

use super::text::{Text, list, quoted};
use super::{Editor, Refusal, set_place};
use crate::destination::Destination;

pub use crate::check::{CALLBACK_MINUTES, EVERY_SECONDS, QUEUE_MOST, QUEUE_SECONDS, RING_SECONDS};

/// Callers wait for the next who is free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// "appointments".
    pub name: String,
    /// Extensions, in their order.
    pub ring: Vec<String>,
    /// A word of [`orders`](super::orders).
    pub order: String,
    /// How long each of them rings.
    pub seconds: u64,
    /// So many seconds a caller waits at most.
    pub wait: u64,
    /// So many wait at most.
    pub at_most: u64,
    /// Every so many seconds a caller is told their place; 0: never.
    pub every: u64,
    /// And how long it may take.
    pub say_wait: bool,
    /// The key by which a caller asks to be called back, and for how many minutes that is tried.
    pub callback: Option<(char, u64)>,
    /// Where callers go who find it full; nothing: they hear that the line is busy.
    pub full: Option<Destination>,
    /// Where callers go who have waited long enough, or whom nobody is there to take; nothing: the call ends.
    pub nobody: Option<Destination>,
}

const QUEUES: &str = "queues";
/// How long it is tried to call back if the plan does not say.
const USUAL_MINUTES: u64 = 120;

impl Editor {
    /// All queues, by their names.
    pub fn queues(&self) -> Vec<Queue> {
        let of = self.plan.queues().map(|queue| {
            let path = [QUEUES, queue.name.as_str()];
            Queue {
                name: queue.name.clone(),
                ring: self.text.strings(&path, "ring"),
                order: self.order_at(&path),
                seconds: queue.ring.as_secs(),
                wait: queue.wait.as_secs(),
                at_most: u64::try_from(queue.most).unwrap_or(u64::MAX),
                every: queue.every.as_secs(),
                say_wait: queue.tells_wait,
                callback: queue.callback.map(|back| (back.key, back.within.as_secs() / 60)),
                full: queue.full.clone(),
                nobody: queue.nobody.clone(),
            }
        });
        of.collect()
    }

    pub(super) fn set_queue(&self, text: &mut Text, new: &Queue) -> Result<(), Refusal> {
        let old = self.queues().into_iter().find(|queue| queue.name == new.name).ok_or(Refusal::Gone)?;
        let path = [QUEUES, new.name.as_str()];
        if old.ring != new.ring {
            text.set(&path, "ring", &list(&new.ring))?;
        }
        if old.order != new.order {
            text.set(&path, "order", &quoted(&new.order))?;
        }
        for (key, old, new) in
            [("seconds", old.seconds, new.seconds), ("wait", old.wait, new.wait), ("at_most", old.at_most, new.at_most)]
        {
            if old != new {
                text.set(&path, key, &new.to_string())?;
            }
        }
        set_or_remove(text, &path, "every", old.every, new.every, 0)?;
        if old.say_wait != new.say_wait {
            if new.say_wait { text.set(&path, "say_wait", "true")? } else { text.remove(&path, "say_wait")? }
        }
        let (key, minutes) =
            (new.callback.map(|(key, _)| key), new.callback.map_or(USUAL_MINUTES, |(_, within)| within));
        if old.callback.map(|(key, _)| key) != key {
            match key {
                Some(key) => text.set(&path, "callback", &quoted(&key.to_string()))?,
                None => text.remove(&path, "callback")?,
            }
        }
        let before = if text.has(&path, "callback_minutes") {
            old.callback.map_or(0, |(_, within)| within)
        } else {
            USUAL_MINUTES
        };
        set_or_remove(text, &path, "callback_minutes", before, minutes, USUAL_MINUTES)?;
        set_place(text, &path, "full", new.full.as_ref())?;
        set_place(text, &path, "nobody", new.nobody.as_ref())
    }

    /// All but its words.
    pub(super) fn write_queue(&self, text: &mut Text, new: &Queue) -> Result<(), Refusal> {
        let path = [QUEUES, new.name.as_str()];
        text.set(&path, "ring", &list(&new.ring))?;
        text.set(&path, "order", &quoted(&new.order))?;
        for (key, number) in [("seconds", new.seconds), ("wait", new.wait), ("at_most", new.at_most)] {
            text.set(&path, key, &number.to_string())?;
        }
        set_or_remove(text, &path, "every", 0, new.every, 0)?;
        if new.say_wait {
            text.set(&path, "say_wait", "true")?;
        }
        if let Some((key, minutes)) = new.callback {
            text.set(&path, "callback", &quoted(&key.to_string()))?;
            set_or_remove(text, &path, "callback_minutes", USUAL_MINUTES, minutes, USUAL_MINUTES)?;
        }
        set_place(text, &path, "full", new.full.as_ref())?;
        set_place(text, &path, "nobody", new.nobody.as_ref())
    }
}

/// A number that is not written where it is the usual one.
fn set_or_remove(text: &mut Text, path: &[&str], key: &str, old: u64, new: u64, usual: u64) -> Result<(), Refusal> {
    match new {
        same if same == old => Ok(()),
        new if new == usual => text.remove(path, key),
        new => text.set(path, key, &new.to_string()),
    }
}
