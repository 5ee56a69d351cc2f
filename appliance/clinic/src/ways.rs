//! The ways of a received fax other than mail: into a folder of the computer, or until a program has fetched it. Each is a state of its
//! own in the store, tried again until it has come to an end, and none holds up another.

use std::collections::BTreeMap;
use std::time::Duration;

use fax::page::Page;
use model::fax::FaxState;
use model::filing::Way;
use model::settings::{FaxRoute, Right};
use model::{CommandError, CommandOutcome, Event, FaxId, Instant, Now, PhoneNumber, Pii, Settings, Wall};
use store::effect::{Done, Effect, Place, StoreError, WayNext};
use store::rows::FaxRow;

use crate::restart::not_stored;
use crate::vault::Then;
use crate::{Clinic, Output};

/// How long after the first, second … failure the next try follows; the last repeats. A full disk or a share that is away comes back
/// in minutes, or when somebody is at work again.
const DELAYS: [u64; 4] = [60, 300, 900, 3600];
/// Then a person is needed: a little more than a day.
const MAX_TRIES: u32 = 30;
/// Tries after which staff hear that a folder takes nothing: some minutes, within which a share is mounted anew.
const TOLD_AFTER: u32 = 3;
/// Files that are written at once: each holds a whole fax in memory. Into one folder goes one at a time, so that a folder that does not answer holds one
/// fax, however many are for it; it takes none of these places for longer than until that is known.
const AT_ONCE: usize = 2;

/// Faxes on their way into folders.
#[derive(Default)]
pub(crate) struct Ways(BTreeMap<(FaxId, Way), Course>);

struct Course {
    tries: u32,
    /// When the next try is due; `None` while one is under way.
    due: Option<Instant>,
    /// The one that is under way has no answer for so long that others do not wait for it.
    hangs: bool,
}

impl Ways {
    pub(crate) fn add(&mut self, fax: FaxId, way: Way, tries: u32, due: Instant) {
        // What a program fetches waits for the program.
        if way != Way::Api {
            self.0.insert((fax, way), Course { tries, due: Some(due), hangs: false });
        }
    }

    pub(crate) fn restore(&mut self, now: Now, open: Vec<(FaxId, Way, u32, Wall)>) {
        for (fax, way, tries, at) in open {
            // It has begun since.
            if self.0.contains_key(&(fax, way.clone())) {
                continue;
            }
            let wait = Duration::from_millis(u64::try_from(at.millis_since(now.wall)).unwrap_or(0));
            // It is due by then, whatever a clock said that was ahead.
            let longest = Duration::from_secs(DELAYS[DELAYS.len() - 1]);
            self.add(fax, way, tries, now.instant + wait.min(longest));
        }
    }

    fn poll(&mut self, now: Now) -> Option<(FaxId, Way)> {
        let (due, key) = self.next()?;
        if due > now.instant {
            return None;
        }
        let key = key.clone();
        self.0.get_mut(&key)?.due = None;
        Some(key)
    }

    /// The earliest of those that may begin, as soon as it is due.
    fn next(&self) -> Option<(Instant, &(FaxId, Way))> {
        let under_way = || self.0.iter().filter(|(_, course)| course.due.is_none());
        if under_way().filter(|(_, course)| !course.hangs).count() >= AT_ONCE {
            return None;
        }
        let under_way: Vec<&Way> = under_way().map(|((_, way), _)| way).collect();
        let due = self.0.iter().filter_map(|(key, course)| Some((course.due?, key)));
        due.filter(|(_, (_, way))| !under_way.contains(&way)).min_by_key(|(due, _)| *due)
    }

    /// A try ended: what follows. `None` if none was under way.
    fn tried(&mut self, now: Now, fax: FaxId, way: &Way, worked: bool) -> Option<WayNext> {
        let key = (fax, way.clone());
        let course = self.0.get_mut(&key)?;
        course.tries += 1;
        course.hangs = false;
        if worked || course.tries >= MAX_TRIES {
            self.0.remove(&key);
            return Some(if worked { WayNext::Delivered } else { WayNext::GaveUp });
        }
        let seconds = DELAYS[(course.tries as usize - 1).min(DELAYS.len() - 1)];
        let delay = Duration::from_secs(seconds);
        course.due = Some(now.instant + delay);
        Some(WayNext::Retry { at: now.wall + delay })
    }

    /// How often it was tried, if it is to be tried again.
    fn tries(&self, fax: FaxId, way: &Way) -> u32 {
        self.0.get(&(fax, way.clone())).map_or(0, |course| course.tries)
    }

    /// A try has no answer yet. It stays under way: it may come to its end at any time.
    fn hangs(&mut self, fax: FaxId, way: Way) {
        if let Some(course) = self.0.get_mut(&(fax, way)) {
            course.hangs = course.due.is_none();
        }
    }

    /// A file is being written into a folder that answers. Whatever fetches from there may have it before that is noted.
    pub(crate) fn writes(&self) -> bool {
        self.0.values().any(|course| course.due.is_none() && !course.hangs)
    }

    pub(crate) fn next_timeout(&self) -> Instant {
        self.next().map_or(Instant::FAR_FUTURE, |(due, _)| due)
    }
}

/// Where a received fax goes, by the settings' routes.
pub(crate) fn place(settings: &Settings, fax: &model::settings::Received<'_>) -> Place {
    let said = Box::new(fax.said.clone());
    let Some(route) = settings.faxing.route(fax) else { return Place { said, ..Place::default() } };
    let ways = route.write_to.iter().cloned().map(Way::Folder).chain(route.api.then_some(Way::Api)).collect();
    Place { owner: owner(settings, route).cloned(), folder: route.folder.clone(), junk: route.junk, ways, said }
}

/// Whose a fax of this route is: nobody's, if they may not see it.
fn owner<'a>(settings: &Settings, route: &'a FaxRoute) -> Option<&'a String> {
    let may = |user: &String| settings.person(user).is_some_and(|person| person.rights.contains(&Right::SeeFaxes));
    route.owner.as_ref().filter(|user| may(user))
}

/// Who gets a received fax by mail.
pub(crate) fn readers(settings: &Settings, row: &FaxRow) -> Vec<Pii<String>> {
    let fax = model::settings::Received {
        called: row.our_number.as_ref(),
        caller: row.number.as_ref(),
        ident: row.remote_ident.expose(),
        said: &row.said,
    };
    match settings.faxing.route(&fax).and_then(|route| route.mail.as_ref()) {
        Some(readers) => readers.clone(),
        None => settings.fax_to_mail.clone(),
    }
}

impl Clinic {
    /// The end of a reception is durable: its ways begin.
    pub(crate) fn received(&mut self, now: Now, fax: FaxId, ways: Vec<Way>, result: Result<Done, StoreError>) {
        if result.is_ok() {
            for way in ways {
                self.ways.add(fax, way, 0, now.instant);
            }
        }
        self.fax_ended(fax, result);
    }

    pub(crate) fn write_due(&mut self, now: Now) {
        while let Some((fax, way)) = self.ways.poll(now) {
            self.store(Effect::LoadFax { fax }, Then::WayRow { fax, way });
        }
    }

    pub(crate) fn way_row(&mut self, now: Now, fax: FaxId, way: Way, result: Result<Done, StoreError>) {
        match result {
            Ok(Done::Fax(Some(row))) => self.store(Effect::LoadPages { fax }, Then::WayPages { row, way }),
            _ => self.way_tried(now, fax, &way, Some("the fax could not be read".to_owned())),
        }
    }

    pub(crate) fn way_pages(&mut self, now: Now, row: &FaxRow, way: Way, result: Result<Done, StoreError>) {
        let pages = match result {
            Ok(Done::Pages(files)) => {
                files.iter().map(|f| Page::from_tiff(f.expose())).collect::<Result<Vec<_>, _>>().ok()
            }
            _ => None,
        };
        let Some(pages) = pages.filter(|pages| !pages.is_empty()) else {
            return self.way_tried(now, row.id, &way, Some("its pages could not be read".to_owned()));
        };
        let Way::Folder(folder) = &way else { return };
        let pdf = fax::pdf::to_pdf(&pages, "Fax", row.created);
        let part = if row.state == FaxState::Partial { " INCOMPLETE" } else { "" };
        let stamp = row.created.in_zone(&self.settings.zone()).strftime("%Y-%m-%d %H%M").to_string();
        let name = format!("{stamp} {}{part}.pdf", row.id);
        self.out.push_back(Output::WriteFax { fax: row.id, folder: folder.clone(), name, pdf: Pii::new(pdf) });
    }

    /// A fax was written into a folder, or could not be, and why.
    pub(crate) fn way_tried(&mut self, now: Now, fax: FaxId, way: &Way, why: Option<String>) {
        let Some(next) = self.ways.tried(now, fax, way, why.is_none()) else { return };
        match (&next, way, &why) {
            (WayNext::GaveUp, ..) => {
                self.notice_once(now, "A received fax could not be written into its folder.".to_owned().into());
            }
            (WayNext::Retry { .. }, Way::Folder(folder), Some(why)) if self.ways.tries(fax, way) == TOLD_AFTER => {
                let sentence = format!(
                    "Received faxes cannot be written into the folder {folder}: {why}. They are in the inbox, and are tried again for a day."
                );
                self.notice_once(now, sentence.into());
            }
            _ => {}
        }
        let effect = Effect::WayTried { fax, way: way.clone(), next, why, by: None, at: now.wall };
        self.store(effect, Then::Changed { fax });
    }

    /// A folder does not answer, and nobody can say whether it has the fax: staff look after it.
    pub(crate) fn folder_hangs(&mut self, now: Now, fax: FaxId, folder: String) {
        let sentence =
            format!("The folder {folder} for received faxes does not answer. Faxes for it wait until it does.");
        self.notice_once(now, sentence.into());
        self.ways.hangs(fax, Way::Folder(folder));
    }

    /// A program has fetched it.
    pub(crate) fn fetched(&mut self, now: Now, id: u64, by: String, fax: FaxId) {
        let next = WayNext::Delivered;
        let effect = Effect::WayTried { fax, way: Way::Api, next, why: None, by: Some(by), at: now.wall };
        self.store_if_open(id, effect, Then::Ordered { id, fax: Some(fax) });
    }

    /// A person's order came to this.
    pub(crate) fn ordered(&mut self, id: u64, fax: Option<FaxId>, result: Result<Done, StoreError>) {
        let answer = result.map(|_| CommandOutcome::Done).map_err(|error| not_stored(&error));
        self.reply(id, answer);
        if let Some(fax) = fax {
            self.out.push_back(Output::Event(Event::Fax(fax)));
        }
    }

    /// Fax calls from this number are not answered any more, or are again: at once, and after a restart.
    pub(crate) fn block_faxes(&mut self, now: Now, id: u64, by: String, number: PhoneNumber, blocked: bool) {
        let effect = Effect::BlockFaxes { number: number.clone(), blocked, by, at: now.wall };
        self.store_if_open(id, effect, Then::FaxesBlocked { id, number, blocked });
    }

    /// That is durable, or whoever ordered it hears that nothing has changed.
    pub(crate) fn faxes_blocked(
        &mut self,
        now: Now,
        id: u64,
        (number, blocked): (&PhoneNumber, bool),
        result: Result<Done, StoreError>,
    ) {
        if result.is_ok() {
            if blocked {
                self.fax_blocks.insert(number.as_str().to_owned());
            } else {
                self.fax_blocks.remove(number.as_str());
            }
            self.tell_blocks(now);
        }
        self.ordered(id, None, result);
    }

    pub(crate) fn tell_blocks(&mut self, now: Now) {
        let numbers = self.fax_blocks.clone();
        self.pbx.handle_input(now, calls::Input::Command(calls::Command::FaxBlocks { numbers }));
    }

    /// The pages of a received fax become a new one.
    pub(crate) fn forward(&mut self, now: Now, id: u64, order: Forward, result: Result<Done, StoreError>) {
        let pages = match result {
            Ok(Done::Pages(files)) => {
                files.iter().map(|f| Page::from_tiff(f.expose())).collect::<Result<Vec<_>, _>>().ok()
            }
            _ => None,
        };
        let Some(pages) = pages.filter(|pages| !pages.is_empty()) else {
            let empty = "That fax has no pages that could go on.".to_owned();
            return self.reply(id, Err(CommandError::NotNow(empty)));
        };
        self.send_pages(now, id, order, &pages);
    }

    /// Removes what has been kept long enough, a little at a time. It has no timer of its own: in a clinic that lives something happens
    /// every minute, and in one that does not it can wait. Its clock goes on with the time that truly passed, a day in each hour: the wall
    /// clock may be wrong by years.
    pub(crate) fn purge_due(&mut self, now: Now) {
        /// Nobody waits for it; a fax more or less in a day of seven years.
        const EVERY: Duration = Duration::from_secs(3600);
        /// What a purge may believe after each hour.
        const MOST: Duration = Duration::from_secs(86_400);
        if self.purge_at <= now.instant {
            self.purge_at = now.instant + EVERY;
            let passed = now.instant.saturating_since(self.purge_clock_moved);
            self.purge_clock_moved = now.instant;
            let most = (passed * 24).min(MOST);
            self.say_staff(now);
            self.store(Effect::MovePurgeClock { most, at: now.wall }, Then::Nothing);
            self.store(Effect::PurgeFaxes { at: now.wall }, Then::Purged);
            self.store(Effect::PurgeRecordings { at: now.wall }, Then::Purged);
            self.store(Effect::PurgeVoicemails { at: now.wall }, Then::MessagesPurged);
        }
    }

    pub(crate) fn purged(&mut self, now: Now, result: &Result<Done, StoreError>) {
        /// The writer has time for others in between.
        const PAUSE: Duration = Duration::from_secs(1);
        if matches!(result, Ok(Done::Purged(1..))) {
            self.purge_at = now.instant + PAUSE;
        }
    }
}

/// A received fax that is to go on.
#[derive(Clone, Debug)]
pub(crate) struct Forward {
    pub(crate) by: String,
    /// The one that came.
    pub(crate) fax: FaxId,
    pub(crate) to: PhoneNumber,
}

#[cfg(test)]
mod tests {
    use model::Random;

    use super::*;

    /// What a folder that hangs comes to at last is the end of that try, and until then there is no other.
    #[test]
    fn a_folder_that_hangs_is_asked_once_and_takes_no_place_of_others() {
        let (now, mut random) = (Now::simulation_start(), Random::from_u64(1));
        let mut ways = Ways::default();
        let mut add = |ways: &mut Ways, folder: &str| {
            let (fax, way) = (FaxId::new(now.wall, &mut random), Way::Folder(folder.to_owned()));
            ways.add(fax, way.clone(), 0, now.instant);
            (fax, way)
        };
        let gone = [add(&mut ways, "first"), add(&mut ways, "second")];
        for _ in &gone {
            let (fax, way) = ways.poll(now).expect("its turn");
            ways.hangs(fax, way);
        }
        let (fax, way) = add(&mut ways, "third");
        let waits = add(&mut ways, "first");
        assert_eq!(ways.poll(now), Some((fax, way.clone())));
        assert_eq!(ways.tried(now, fax, &way, true), Some(WayNext::Delivered));
        let later = now.after(Duration::from_secs(86_400));
        assert_eq!(ways.poll(later), None);
        let [(fax, way), _] = &gone;
        assert_eq!(ways.tried(later, *fax, way, true), Some(WayNext::Delivered), "it went there after all");
        assert_eq!(ways.poll(later), Some(waits));
    }

    /// Two faxes for a share that is gone, and one for another folder.
    #[test]
    fn a_folder_that_does_not_answer_keeps_no_other_waiting() {
        let (now, mut random) = (Now::simulation_start(), Random::from_u64(1));
        let mut fax = || FaxId::new(now.wall, &mut random);
        let way = |folder: &str| Way::Folder(folder.to_owned());
        let mut ways = Ways::default();
        let gone = [fax(), fax(), fax()];
        for fax in gone {
            ways.add(fax, way("gone"), 0, now.instant);
        }
        let (_, first) = ways.poll(now).expect("one for the folder that is gone");
        assert_eq!((first, ways.poll(now)), (way("gone"), None));
        assert_eq!(ways.next_timeout(), Instant::FAR_FUTURE, "nothing to do until one of them has ended");
        let other = [fax(), fax()];
        for fax in other {
            ways.add(fax, way("other"), 0, now.instant);
        }
        for _ in other {
            assert_eq!(ways.next_timeout(), now.instant);
            let (fax, to) = ways.poll(now).expect("the other folder's turn");
            assert_eq!((to, ways.poll(now)), (way("other"), None));
            assert_eq!(ways.tried(now, fax, &way("other"), true), Some(WayNext::Delivered));
        }
        assert_eq!(ways.poll(now), None);
        let tried = gone.into_iter().find_map(|fax| ways.tried(now, fax, &way("gone"), false));
        assert!(matches!(tried, Some(WayNext::Retry { .. })));
        assert!(matches!(ways.poll(now), Some((_, to)) if to == way("gone")), "the next one's turn");
    }
}
