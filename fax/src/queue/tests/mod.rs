//! The queue in simulated time: what happens is written down as a transcript.

mod along;
mod hours;
mod lines;
mod manners;
mod restarts;

use std::time::Duration;

use expect_test::expect;
use model::fax::{Delivery, Retention};
use model::sending::{Manner, Priority};
use model::settings::Pattern;
use model::{Inside, Pii, Said, Wall};

use super::*;

/// A clinic without hours.
const ALWAYS: fn(&PhoneNumber, Priority, Wall) -> Wall = |_, _, at| at;

struct World {
    queue: Queue,
    now: Now,
    ids: Random,
    faxes: Vec<FaxId>,
    said: String,
}

impl World {
    fn new(lines: &[(&str, usize)]) -> Self {
        let line = |(name, channels): &(&str, usize)| Line {
            name: (*name).to_owned(),
            channels: *channels,
            audio: false,
            only: Vec::new(),
        };
        let lines = lines.iter().map(line).collect();
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
            left_out: Pii::default(),
            remote_ident: Pii::default(),
            delivery: Delivery::None,
            unwritten: false,
            receipt_to: None,
            mail: None,
            retention: Retention::Clinical,
            keep_until: Wall(0),
            priority: Priority::Normal,
            not_before: None,
            cover: false,
            inside: Inside::default(),
            said: Said::default(),
            manner: None,
            twin: None,
            folder: None,
            junk: false,
            done: None,
            legal_hold: false,
            fetch: false,
            fetched_by: None,
            offer: None,
            given_of: None,
        }
    }

    fn fax(&mut self, number: &str, pages: u32) -> FaxId {
        let row = self.row(number, FaxState::Waiting, pages);
        self.queue.accepted(self.now, &row, &ALWAYS);
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
        while let Some(dial) = self.queue.poll(self.now, &ALWAYS) {
            let usual = dial.manner == Manner::default();
            let manner = if usual { String::new() } else { format!(", {}", dial.manner.words()) };
            let text = format!(
                "dial fax {} on {} from page {} of {}{manner}",
                self.name(dial.fax),
                dial.line.unwrap_or_else(|| "no line".to_owned()),
                dial.first_page,
                dial.pages
            );
            self.say(&text);
        }
    }

    fn ends(&mut self, fax: FaxId, cause: Cause, confirmed: u32) {
        let outcome = Outcome { pages_confirmed: confirmed, ..Outcome::without_session(cause) };
        let verdict = self.queue.attempt_finished(self.now, fax, &outcome, &ALWAYS);
        let follows = match verdict.map(|verdict| verdict.next) {
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
        223s dial fax 1 on main from page 2 of 5, T.38, up to 9600 bit/s, error correction
        223s fax 1 ends bad_page, 1 confirmed: again
        294s dial fax 1 on main from page 3 of 5, T.38, up to 9600 bit/s, no error correction
        294s fax 1 ends unconfirmed, 1 confirmed: uncertain
    "#]]
    .assert_eq(&world.said);
}

#[test]
fn rendering_is_bounded_and_oldest_first() {
    let mut world = World::new(&[("main", 1)]);
    let rows: Vec<_> = (0..3).map(|_| world.row("+12025550101", FaxState::Rendering, 0)).collect();
    for row in rows.iter().rev() {
        world.queue.accepted(world.now, row, &ALWAYS);
    }
    assert_eq!(world.queue.poll_render(world.now), Some(rows[0].id));
    assert_eq!(world.queue.poll_render(world.now), Some(rows[1].id));
    assert_eq!(world.queue.poll_render(world.now), None, "two renderers");
    assert_eq!(world.queue.poll(world.now, &ALWAYS), None, "nothing is dialled without pages");
    assert!(world.queue.render_later(world.now, rows[0].id));
    world.queue.unrenderable(rows[1].id);
    assert_eq!(world.queue.poll_render(world.now), Some(rows[2].id));
    world.queue.rendered(world.now, rows[2].id, 4, &ALWAYS);
    let dial = world.queue.poll(world.now, &ALWAYS).unwrap();
    assert_eq!((dial.fax, dial.pages), (rows[2].id, 4));
    assert_eq!(world.queue.poll_render(world.now), None, "the first waits a while");
    world.now = world.now.after(Duration::from_secs(31));
    assert_eq!(world.queue.poll_render(world.now), Some(rows[0].id));
}

#[test]
fn what_waits_for_another_fax_holds_no_renderer() {
    let mut world = World::new(&[("main", 1)]);
    let rows: Vec<_> = (0..4).map(|_| world.row("+12025550101", FaxState::Rendering, 0)).collect();
    for row in &rows {
        world.queue.accepted(world.now, row, &ALWAYS);
    }
    assert_eq!(world.queue.poll_render(world.now), Some(rows[0].id));
    for waits in &rows[1..3] {
        assert_eq!(world.queue.poll_render(world.now), Some(waits.id));
        world.queue.render_waits(waits.id);
    }
    assert_eq!(world.queue.poll_render(world.now), Some(rows[3].id), "it needs nothing that others have");
    world.queue.unrenderable(rows[3].id);
    world.now = world.now.after(Duration::from_secs(3600));
    assert_eq!(world.queue.poll_render(world.now), None, "they wait until they are told");
    world.queue.rendered(world.now, rows[0].id, 1, &ALWAYS);
    world.queue.render_waiting(world.now);
    assert_eq!(world.queue.poll_render(world.now), Some(rows[1].id), "the oldest first");
}

/// A document of which the kernel kills the converter each time.
#[test]
fn what_kills_the_renderer_is_given_up_after_hours_and_holds_up_nobody() {
    let mut world = World::new(&[("main", 1)]);
    let bad = [(); 2].map(|()| world.row("+12025550101", FaxState::Rendering, 0));
    for row in &bad {
        world.queue.accepted(world.now, row, &ALWAYS);
    }
    for tries in 1.. {
        for row in &bad {
            assert_eq!(world.queue.poll_render(world.now), Some(row.id));
        }
        let again = bad.iter().filter(|row| world.queue.render_later(world.now, row.id)).count();
        if again == 0 {
            world.say("given up");
            break;
        }
        world.say(&format!("try {tries} failed"));
        // Whoever orders a fax meanwhile has a renderer when these are due again.
        let good = world.row("+12025550102", FaxState::Rendering, 0);
        world.queue.accepted(world.now, &good, &ALWAYS);
        let due = world.queue.next_timeout(world.now).expect("they are tried again");
        world.now = world.now.after(due - world.now.instant);
        assert_eq!(world.queue.poll_render(world.now), Some(good.id), "after try {tries}");
        world.queue.unrenderable(good.id);
    }
    assert!(world.queue.is_empty());
    expect![[r#"
        0s try 1 failed
        30s try 2 failed
        90s try 3 failed
        210s try 4 failed
        510s try 5 failed
        1110s try 6 failed
        2310s try 7 failed
        4110s try 8 failed
        5910s try 9 failed
        8310s try 10 failed
        10710s given up
    "#]]
    .assert_eq(&world.said);
}

#[test]
fn a_recalled_fax_is_never_dialled_again() {
    let mut world = World::new(&[("main", 1)]);
    let (on_line, waiting) = (world.fax("+12025550101", 2), world.fax("+12025550102", 1));
    let dial = world.queue.poll(world.now, &ALWAYS).unwrap();
    assert_eq!(world.queue.recall(waiting), Recall::Withdrawn);
    assert_eq!(world.queue.recall(waiting), Recall::NotHere);
    assert_eq!(world.queue.recall(on_line), Recall::EndAttempt(dial.attempt));
    // The line drops on its own before the hang-up arrives.
    world.ends(on_line, Cause::Dropped, 1);
    assert!(world.said.ends_with("1 confirmed: cancelled\n"), "{}", world.said);
    assert!(world.queue.is_empty());
}

#[test]
fn what_is_urgent_goes_first_and_bulk_last() {
    let mut world = World::new(&[("main", 1)]);
    for (number, priority) in [
        ("+12025550101", Priority::Bulk),
        ("+12025550102", Priority::Normal),
        ("+12025550103", Priority::Urgent),
        ("+12025550104", Priority::Urgent),
    ] {
        let row = world.row(number, FaxState::Waiting, 1);
        world.queue.accepted(world.now, &FaxRow { priority, ..row }, &ALWAYS);
    }
    for _ in 0..4 {
        let dial = world.queue.poll(world.now, &ALWAYS).expect("one waits");
        assert_eq!(world.queue.poll(world.now, &ALWAYS), None, "one channel");
        let number = world.name(dial.fax);
        world.say(&format!("fax {number}"));
        world.ends(dial.fax, Cause::Delivered, 1);
    }
    let order: Vec<_> = world.said.lines().filter(|l| !l.contains("ends")).collect();
    assert_eq!(order, ["0s fax 3", "0s fax 4", "0s fax 2", "0s fax 1"]);
}
