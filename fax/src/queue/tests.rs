//! The queue in simulated time: what happens is written down as a transcript.

use std::time::Duration;

use expect_test::expect;
use model::fax::{Delivery, Retention};
use model::{Pii, Wall};

use super::*;

struct World {
    queue: Queue,
    now: Now,
    ids: Random,
    faxes: Vec<FaxId>,
    said: String,
}

impl World {
    fn new(lines: &[(&str, usize)]) -> Self {
        let lines =
            lines.iter().map(|(name, channels)| Line { name: (*name).to_owned(), channels: *channels }).collect();
        Self {
            queue: Queue::new(Policy::default(), lines, Random::from_u64(1)),
            now: Now::simulation_start(),
            ids: Random::from_u64(2),
            faxes: Vec::new(),
            said: String::new(),
        }
    }

    fn row(&mut self, number: &str, state: FaxState, pages: u32) -> FaxRow {
        // A millisecond apart, as identities sort by age.
        self.now = self.now.after(Duration::from_millis(1));
        let id = FaxId::new(self.now.wall, &mut self.ids);
        self.faxes.push(id);
        FaxRow {
            id,
            direction: Direction::Out,
            door: None,
            state,
            number: Some(PhoneNumber::E164(number.to_owned())),
            our_number: None,
            subject: Pii::default(),
            by: None,
            owner: None,
            created: self.now.wall,
            changed: self.now.wall,
            pages,
            pages_confirmed: 0,
            attempts: 0,
            next_at: None,
            cause: None,
            reason: None,
            remote_ident: Pii::default(),
            delivery: Delivery::None,
            receipt_to: None,
            mail: None,
            retention: Retention::Clinical,
            keep_until: Wall(0),
        }
    }

    fn fax(&mut self, number: &str, pages: u32) -> FaxId {
        let row = self.row(number, FaxState::Waiting, pages);
        self.queue.accepted(self.now, &row);
        row.id
    }

    fn say(&mut self, text: &str) {
        let start = Now::simulation_start().instant;
        let seconds = (self.now.instant - start).as_secs();
        self.said.push_str(&format!("{seconds}s {text}\n"));
    }

    fn name(&self, fax: FaxId) -> usize {
        self.faxes.iter().position(|known| *known == fax).unwrap() + 1
    }

    fn dial(&mut self) {
        while let Some(dial) = self.queue.poll(self.now) {
            let text = format!(
                "dial fax {} on {} from page {} of {}",
                self.name(dial.fax),
                dial.line,
                dial.first_page,
                dial.pages
            );
            self.say(&text);
        }
    }

    fn ends(&mut self, fax: FaxId, cause: Cause, confirmed: u32) {
        let outcome = Outcome { pages_confirmed: confirmed, ..Outcome::without_session(cause) };
        let next = self.queue.attempt_finished(self.now, fax, &outcome);
        let follows = match next {
            Some(FaxNext::Final(state)) => state.word().to_owned(),
            Some(FaxNext::Retry { .. }) => "again".to_owned(),
            None => "nothing".to_owned(),
        };
        let text = format!("fax {} ends {}, {confirmed} confirmed: {follows}", self.name(fax), cause.word());
        self.say(&text);
    }

    /// Lets time pass to the next timer, in whole seconds.
    fn wait(&mut self) {
        let at = self.queue.next_timeout(self.now).expect("a timer");
        self.now = self.now.after(at - self.now.instant);
        self.dial();
    }
}

#[test]
fn one_call_to_a_number_and_no_more_than_the_channels() {
    let mut world = World::new(&[("main", 2)]);
    let first = world.fax("+12025550101", 2);
    let same = world.fax("+12025550101", 1);
    let other = world.fax("+12025550102", 1);
    let third = world.fax("+12025550103", 1);
    world.dial();
    assert_eq!(world.queue.next_timeout(world.now), None);
    world.ends(first, Cause::Delivered, 2);
    world.dial();
    world.ends(other, Cause::Delivered, 1);
    world.dial();
    world.ends(same, Cause::Delivered, 1);
    world.ends(third, Cause::Delivered, 1);
    world.ends(third, Cause::Delivered, 1);
    assert!(world.queue.is_empty());
    expect![[r#"
            0s dial fax 1 on main from page 0 of 2
            0s dial fax 3 on main from page 0 of 1
            0s fax 1 ends delivered, 2 confirmed: sent
            0s dial fax 2 on main from page 0 of 1
            0s fax 3 ends delivered, 1 confirmed: sent
            0s dial fax 4 on main from page 0 of 1
            0s fax 2 ends delivered, 1 confirmed: sent
            0s fax 4 ends delivered, 1 confirmed: sent
            0s fax 4 ends delivered, 1 confirmed: nothing
    "#]]
    .assert_eq(&world.said);
}

#[test]
fn a_broken_fax_goes_on_where_it_stopped() {
    let mut world = World::new(&[("main", 1)]);
    let fax = world.fax("+12025550103", 5);
    world.dial();
    world.ends(fax, Cause::Busy, 0);
    world.wait();
    world.ends(fax, Cause::Dropped, 2);
    world.wait();
    world.ends(fax, Cause::BadPage, 1);
    world.wait();
    world.ends(fax, Cause::Unconfirmed, 1);
    world.dial();
    assert!(world.queue.is_empty());
    expect![[r#"
        0s dial fax 1 on main from page 0 of 5
        0s fax 1 ends busy, 0 confirmed: again
        154s dial fax 1 on main from page 0 of 5
        154s fax 1 ends dropped, 2 confirmed: again
        223s dial fax 1 on main from page 2 of 5
        223s fax 1 ends bad_page, 1 confirmed: again
        294s dial fax 1 on main from page 3 of 5
        294s fax 1 ends unconfirmed, 1 confirmed: uncertain
    "#]]
    .assert_eq(&world.said);
}

#[test]
fn another_trunk_is_taken_at_once_and_the_first_again_later() {
    let mut world = World::new(&[("main", 1), ("spare", 1)]);
    let fax = world.fax("+12025550101", 1);
    world.dial();
    world.ends(fax, Cause::TrunkDown, 0);
    world.dial();
    world.ends(fax, Cause::TrunkDown, 0);
    world.wait();
    expect![[r#"
        0s dial fax 1 on main from page 0 of 1
        0s fax 1 ends trunk_down, 0 confirmed: again
        0s dial fax 1 on spare from page 0 of 1
        0s fax 1 ends trunk_down, 0 confirmed: again
        54s dial fax 1 on main from page 0 of 1
    "#]]
    .assert_eq(&world.said);
}

#[test]
fn rendering_is_bounded_and_oldest_first() {
    let mut world = World::new(&[("main", 1)]);
    let rows: Vec<_> = (0..3).map(|_| world.row("+12025550101", FaxState::Rendering, 0)).collect();
    for row in rows.iter().rev() {
        world.queue.accepted(world.now, row);
    }
    assert_eq!(world.queue.poll_render(world.now), Some(rows[0].id));
    assert_eq!(world.queue.poll_render(world.now), Some(rows[1].id));
    assert_eq!(world.queue.poll_render(world.now), None, "two renderers");
    assert_eq!(world.queue.poll(world.now), None, "nothing is dialled without pages");
    world.queue.render_later(world.now, rows[0].id);
    world.queue.unrenderable(rows[1].id);
    assert_eq!(world.queue.poll_render(world.now), Some(rows[2].id));
    world.queue.rendered(world.now, rows[2].id, 4);
    let dial = world.queue.poll(world.now).unwrap();
    assert_eq!((dial.fax, dial.pages), (rows[2].id, 4));
    assert_eq!(world.queue.poll_render(world.now), None, "the first waits a while");
    world.now = world.now.after(Duration::from_secs(31));
    assert_eq!(world.queue.poll_render(world.now), Some(rows[0].id));
}

#[test]
fn a_recalled_fax_is_never_dialled_again() {
    let mut world = World::new(&[("main", 1)]);
    let (on_line, waiting) = (world.fax("+12025550101", 2), world.fax("+12025550102", 1));
    let dial = world.queue.poll(world.now).unwrap();
    assert_eq!(world.queue.recall(waiting), Recall::Withdrawn);
    assert_eq!(world.queue.recall(waiting), Recall::NotHere);
    assert_eq!(world.queue.recall(on_line), Recall::EndAttempt(dial.attempt));
    // The line drops on its own before the hang-up arrives.
    world.ends(on_line, Cause::Dropped, 1);
    assert!(world.said.ends_with("1 confirmed: cancelled\n"), "{}", world.said);
    assert!(world.queue.is_empty());
}

#[test]
fn a_start_that_is_not_durable_dials_nothing() {
    let mut world = World::new(&[("main", 1)]);
    let (first, second) = (world.fax("+12025550101", 1), world.fax("+12025550102", 1));
    assert_eq!(world.queue.poll(world.now).map(|dial| dial.fax), Some(first));
    world.queue.not_started(world.now, first, true);
    assert_eq!(world.queue.poll(world.now).map(|dial| dial.fax), Some(second));
    world.queue.not_started(world.now, second, false);
    assert_eq!(world.queue.poll(world.now), None);
    world.now = world.now.after(Duration::from_secs(10));
    assert_eq!(world.queue.poll(world.now).map(|dial| dial.fax), Some(first));
    assert_eq!(world.queue.len(), 1);
}

/// What every kind of row becomes after a crash. As the store keeps them: the row counts the open attempt and its pages.
#[test]
fn after_a_crash_each_open_attempt_gets_its_one_outcome() {
    for (first_page, in_attempt, last_begun, cause, follows) in [
        (0, 0, false, Cause::Dropped, "again from 0"),
        (1, 1, false, Cause::Dropped, "again from 2"),
        (0, 2, false, Cause::Dropped, "again from 2"),
        (1, 1, true, Cause::Unconfirmed, "uncertain"),
        (0, 0, true, Cause::Unconfirmed, "uncertain"),
        (1, 2, true, Cause::Delivered, "sent"),
    ] {
        let mut world = World::new(&[("main", 1)]);
        let mut row = world.row("+12025550101", FaxState::Sending, 3);
        row.pages_confirmed = first_page + in_attempt;
        row.attempts = 2;
        row.cause = Some(Cause::Busy);
        let attempt = AttemptId::new(world.now.wall, &mut world.ids);
        let open = OpenAttempt { attempt, fax: row.id, pages_confirmed: in_attempt, last_page_begun: last_begun };
        let work = Work { faxes: vec![row], open_attempts: vec![open], ..Work::default() };
        let recovered = world.queue.restore(world.now, &work);
        let [only] = &recovered[..] else { panic!("one outcome") };
        assert_eq!((only.attempt, only.outcome.cause, only.outcome.pages_confirmed), (attempt, cause, in_attempt));
        let happened = match only.next {
            FaxNext::Final(state) => state.word().to_owned(),
            FaxNext::Retry { .. } => {
                world.now = world.now.after(Duration::from_secs(120));
                format!("again from {}", world.queue.poll(world.now).unwrap().first_page)
            }
        };
        assert_eq!(happened, follows, "from page {first_page}, {in_attempt} confirmed");
    }
}

#[test]
fn a_restart_keeps_the_time_of_the_next_attempt() {
    let mut world = World::new(&[("main", 1)]);
    let mut row = world.row("+12025550102", FaxState::Waiting, 1);
    row.attempts = 5;
    row.cause = Some(Cause::Busy);
    row.next_at = Some(world.now.wall + Duration::from_secs(90));
    let id = row.id;
    let work = Work { faxes: vec![row], ..Work::default() };
    assert!(world.queue.restore(world.now, &work).is_empty());
    assert_eq!(world.queue.poll(world.now), None);
    world.wait();
    // The sixth busy is followed by 20 minutes, not by 3 again.
    world.ends(id, Cause::Busy, 0);
    world.wait();
    expect![[r#"
        90s dial fax 1 on main from page 0 of 1
        90s fax 1 ends busy, 0 confirmed: again
        1097s dial fax 1 on main from page 0 of 1
    "#]]
    .assert_eq(&world.said);
}

#[test]
fn a_row_on_the_line_without_an_attempt_is_never_dialled() {
    let mut world = World::new(&[("main", 1)]);
    let row = world.row("+12025550101", FaxState::Sending, 1);
    let work = Work { faxes: vec![row], ..Work::default() };
    assert!(world.queue.restore(world.now, &work).is_empty());
    assert_eq!(world.queue.poll(world.now), None);
    assert!(world.queue.is_empty());
}
