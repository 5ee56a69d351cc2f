//! When what is shown follows what happens: at once, if nothing was shown a moment ago.
//!
//! A picture of the whole clinic is made for each change, and at a hundred calls a second there are five hundred of them, or a thousand phones that
//! register: those that come close together are shown together. Nobody sees the difference, and whoever is told that something changed finds it
//! in the picture.

use std::time::Duration;

use model::{Event, Instant};

/// How soon one picture may follow another.
const BETWEEN: Duration = Duration::from_millis(50);

/// What was not shown yet.
#[derive(Default)]
pub(super) struct Showing {
    changed: bool,
    /// Each once; bounded by the faxes that change within that time.
    told: Vec<Event>,
    /// Somebody waits for the answer to what they ordered.
    at_once: bool,
    /// Not before this is the next picture made.
    due: Instant,
}

impl Showing {
    /// Something is to be shown.
    pub(super) const fn change(&mut self) {
        self.changed = true;
    }

    /// Something is to be shown, and whoever looks is to be told.
    pub(super) fn tell(&mut self, event: Event) {
        self.changed = true;
        if !self.told.contains(&event) {
            self.told.push(event);
        }
    }

    /// A person's order was answered: what they look at next shows what came of it.
    pub(super) const fn hurry(&mut self) {
        self.at_once = true;
    }

    /// What to tell, if a picture is to be made now; otherwise when.
    pub(super) fn take(&mut self, now: Instant) -> Result<Vec<Event>, Instant> {
        let hurried = std::mem::take(&mut self.at_once);
        if !self.changed {
            return Err(Instant::FAR_FUTURE);
        }
        if now < self.due && !hurried {
            return Err(self.due);
        }
        self.changed = false;
        self.due = now + BETWEEN;
        Ok(std::mem::take(&mut self.told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_close_together_is_shown_together_and_nothing_is_left_out() {
        let at = |ms: u64| Instant::ZERO + Duration::from_millis(1000 + ms);
        let mut showing = Showing::default();
        assert_eq!(showing.take(at(0)), Err(Instant::FAR_FUTURE));
        showing.tell(Event::Calls);
        assert_eq!(showing.take(at(0)), Ok(vec![Event::Calls]), "the first is shown at once");
        showing.tell(Event::Calls);
        showing.tell(Event::Phones);
        showing.tell(Event::Calls);
        assert_eq!(showing.take(at(10)), Err(at(50)));
        showing.change();
        assert_eq!(showing.take(at(50)), Ok(vec![Event::Calls, Event::Phones]));
        assert_eq!(showing.take(at(51)), Err(Instant::FAR_FUTURE));
        showing.change();
        showing.hurry();
        assert_eq!(showing.take(at(52)), Ok(vec![]), "nobody waits for the picture of what they ordered");
    }
}
