//! What must not go: what nobody has seen, what is still on its way, and whatever a wrong clock says is old.

use std::time::Duration;

use model::call::Party;
use model::fax::{Cause, Delivery, FaxState};
use model::filing::{Filing, Way};
use model::mail::{MailPurpose, SmtpReply};
use model::voicemail::VoicemailMark;
use model::{CallId, FaxId, MailId, Pii, Sound, VoicemailId, Wall};
use store::effect::{Decision, MailNext, NewOutgoing, Place, WayNext};
use store::{Done, Effect};

use crate::clinic::{Clinic, outcome, page, trace};

const DAY: i64 = 86_400_000;
const YEAR: i64 = 366 * DAY;
/// 2026-01-01: no such program existed before.
const FIRST: Wall = Wall(1_767_225_600_000);

/// A received fax whose readers were told.
fn received(clinic: &mut Clinic, ways: Vec<Way>) -> FaxId {
    let (fax, attempt) = clinic.receiving();
    let at = clinic.now;
    clinic.does(Effect::ReceivedPage { fax, number: 0, page: page(0), bad_rows: 0, in_part: false, known: None, at });
    let (outcome, state) = (outcome(Cause::Delivered, 1), FaxState::Received);
    let place = Place { ways, ..Place::default() };
    let entry = clinic.does(Effect::FinishReceived { fax, attempt, outcome, state, place, trace: trace(at), at });
    let Done::Outboxed(entry) = entry else { panic!("no entry") };
    clinic.does(Effect::QueueMails { mails: Vec::new(), outbox: Some(entry.id) });
    fax
}

fn taken(clinic: &mut Clinic, ways: Vec<Way>) -> FaxId {
    let fax = received(clinic, ways);
    let (by, decision) = ("101".to_owned(), Decision::Take);
    clinic.does(Effect::DecideFax { fax, by, decision, at: clinic.now });
    fax
}

fn queued(clinic: &mut Clinic, purpose: MailPurpose) -> (MailId, NewOutgoing) {
    let id = clinic.mail_id();
    let (from, to) = (Pii::default(), Pii::from("desk@clinic.demo"));
    let body = Pii::new(b"Subject: fax of Adalbert Quux\r\n\r\n".to_vec());
    (id, NewOutgoing { id, purpose, from, to, body, at: clinic.now })
}

fn delivered(clinic: &Clinic, mail: MailId) {
    delivered_at(clinic, mail, clinic.now);
}

fn delivered_at(clinic: &Clinic, mail: MailId, at: Wall) {
    let reply = SmtpReply::new(250, "taken");
    clinic.does(Effect::MailTried { mail, reply, next: MailNext::Delivered, at });
}

fn gave_up(clinic: &Clinic, fax: FaxId, way: Way) {
    let (next, why, at) = (WayNext::GaveUp, Some("the disk is full".to_owned()), clinic.now);
    clinic.does(Effect::WayTried { fax, way, next, why, by: None, at });
}

fn left(clinic: &mut Clinic) -> VoicemailId {
    let at = clinic.tick();
    let voicemail = VoicemailId::new(at, &mut clinic.random);
    let call = CallId::new(at, &mut clinic.random);
    let mailbox = "101".to_owned();
    clinic.does(Effect::BeginVoicemail { voicemail, mailbox, call, from: Party::default(), at });
    let sound = Pii::new(Sound { rate: 8_000, samples: vec![988; 8_000] });
    clinic.does(Effect::VoicemailPart { voicemail, number: 0, sound, at });
    clinic.does(Effect::FinishVoicemail { voicemail, urgent: None, at });
    voicemail
}

fn told(clinic: &Clinic, voicemail: VoicemailId, mails: Vec<NewOutgoing>) {
    clinic.does(Effect::QueueVoicemailMails { voicemail, mails });
}

fn purge(clinic: &Clinic, at: Wall) -> usize {
    let Done::Purged(faxes) = clinic.does(Effect::PurgeFaxes { at }) else { panic!("not purged") };
    clinic.does(Effect::PurgeVoicemails { at });
    faxes
}

fn is_there(clinic: &Clinic, fax: FaxId) -> bool {
    matches!(clinic.does(Effect::LoadFax { fax }), Done::Fax(Some(_)))
}

fn can_be_heard(clinic: &Clinic, voicemail: VoicemailId) -> bool {
    clinic.store.wait(clinic.store.voicemails().get("101", voicemail)).expect("read").is_some()
}

/// The clock of the purges after a move at this wall clock.
fn moved(clinic: &Clinic, days: u64, at: Wall) {
    clinic.does(Effect::MovePurgeClock { most: Duration::from_secs(days * 86_400), at });
}

#[test]
fn a_fax_that_needs_a_person_or_is_on_its_way_is_not_purged() {
    let mut clinic = Clinic::new();
    let late = Wall(clinic.now.millis() + 8 * YEAR);
    let unseen = received(&mut clinic, Vec::new());
    let fetched = taken(&mut clinic, vec![Way::Api]);
    let mailed = taken(&mut clinic, Vec::new());
    let (mail, new) = queued(&mut clinic, MailPurpose::ReceivedFax(mailed));
    clinic.does(Effect::QueueMails { mails: vec![new], outbox: None });
    let undelivered = taken(&mut clinic, Vec::new());
    clinic.does(Effect::SetDelivery { fax: undelivered, delivery: Delivery::Failed });
    let scans = Way::Folder("scans".to_owned());
    let unwritten = taken(&mut clinic, vec![scans.clone()]);
    gave_up(&clinic, unwritten, scans);
    let done = taken(&mut clinic, Vec::new());
    let junk = taken(&mut clinic, Vec::new());
    let (by, at) = ("101".to_owned(), clinic.now);
    clinic.does(Effect::FileFax { fax: junk, by, filing: Filing::Junk(true), at });
    clinic.does(Effect::SetDelivery { fax: junk, delivery: Delivery::Failed });
    assert_eq!(purge(&clinic, late), 2);
    assert!(!is_there(&clinic, done) && !is_there(&clinic, junk));
    assert!([unseen, fetched, mailed, undelivered, unwritten].into_iter().all(|fax| is_there(&clinic, fax)));

    let (by, at) = ("101".to_owned(), clinic.now);
    clinic.does(Effect::DecideFax { fax: unseen, by: by.clone(), decision: Decision::Take, at });
    let (way, next) = (Way::Api, WayNext::Delivered);
    clinic.does(Effect::WayTried { fax: fetched, way, next, why: None, by: Some(by.clone()), at });
    delivered(&clinic, mail);
    for fax in [undelivered, unwritten] {
        clinic.looks(fax, &by);
    }
    // And the mail of one, whose time is over too.
    assert_eq!(purge(&clinic, late), 6);
}

#[test]
fn an_unheard_message_stays_while_its_mail_is_on_its_way() {
    let mut clinic = Clinic::new();
    let late = Wall(clinic.now.millis() + YEAR);
    let (unheard, heard) = (left(&mut clinic), left(&mut clinic));
    let mut mails = Vec::new();
    for voicemail in [unheard, heard] {
        let (mail, new) = queued(&mut clinic, MailPurpose::Voicemail(voicemail));
        told(&clinic, voicemail, vec![new]);
        mails.push(mail);
    }
    let (mailbox, by, at) = ("101".to_owned(), "101".to_owned(), clinic.now);
    clinic.does(Effect::MarkVoicemail { voicemail: heard, mailbox, mark: VoicemailMark::Heard, by, at });
    purge(&clinic, late);
    assert!(can_be_heard(&clinic, unheard) && !can_be_heard(&clinic, heard));
    delivered(&clinic, mails[0]);
    purge(&clinic, late);
    assert!(!can_be_heard(&clinic, unheard));
}

#[test]
fn a_mail_whose_fax_is_gone_can_still_be_listed() {
    let mut clinic = Clinic::new();
    let fax = taken(&mut clinic, Vec::new());
    let (mail, new) = queued(&mut clinic, MailPurpose::ReceivedFax(fax));
    clinic.does(Effect::QueueMails { mails: vec![new], outbox: None });
    let late = Wall(clinic.now.millis() + 8 * YEAR);
    delivered_at(&clinic, mail, Wall(late.millis() - DAY));
    assert_eq!(purge(&clinic, late), 1);
    let queue = clinic.store.wait(clinic.store.mails().queue(10)).expect("it can be read");
    assert_eq!(queue.iter().map(|mail| mail.purpose).collect::<Vec<_>>(), [MailPurpose::GoneFax]);
}

#[test]
fn a_mail_whose_fate_is_known_goes_after_its_time_and_that_of_a_fax_with_its_fax() {
    let mut clinic = Clinic::new();
    let fax = taken(&mut clinic, Vec::new());
    let (receipt, of_a_fax) = queued(&mut clinic, MailPurpose::Receipt(fax));
    let (waits, waiting) = queued(&mut clinic, MailPurpose::Alert);
    let mut mails = vec![of_a_fax, waiting];
    let alerts: Vec<_> = (0..60).map(|_| queued(&mut clinic, MailPurpose::Alert)).collect();
    mails.extend(alerts.iter().map(|(_, new)| new.clone()));
    clinic.does(Effect::QueueMails { mails, outbox: None });
    delivered(&clinic, receipt);
    for (alert, _) in &alerts {
        delivered(&clinic, *alert);
    }
    let left = |clinic: &Clinic| clinic.store.wait(clinic.store.mails().queue(100)).expect("read").len();
    let day = |n: i64| Wall(clinic.now.millis() + n * DAY);
    assert_eq!((purge(&clinic, day(29)), left(&clinic)), (0, 62));
    // Some at a time, as of all that is purged.
    assert_eq!((purge(&clinic, day(31)), left(&clinic)), (50, 12));
    assert_eq!((purge(&clinic, day(31)), left(&clinic)), (10, 2));
    assert_eq!(purge(&clinic, day(31)), 0);
    // Its fax goes, and it with it; what still waits is not given up by its age.
    assert_eq!((purge(&clinic, day(8 * 366)), left(&clinic)), (2, 1));
    assert!(matches!(clinic.does(Effect::LoadOutgoing { mail: waits }), Done::Outgoing(Some(_))));
}

#[test]
fn a_clock_that_jumps_years_ahead_for_an_hour_costs_nothing() {
    let mut clinic = Clinic::new();
    let fax = taken(&mut clinic, Vec::new());
    let voicemail = left(&mut clinic);
    told(&clinic, voicemail, Vec::new());
    moved(&clinic, 0, clinic.now);
    let ahead = Wall(clinic.now.millis() + 20 * YEAR);
    moved(&clinic, 1, ahead);
    assert_eq!(purge(&clinic, ahead), 0);
    assert!(is_there(&clinic, fax) && can_be_heard(&clinic, voicemail));
    // It goes back at once, and a new start moves nothing forward.
    moved(&clinic, 1, clinic.now);
    for _ in 0..3 {
        moved(&clinic, 0, ahead);
    }
    purge(&clinic, ahead);
    assert!(is_there(&clinic, fax) && can_be_heard(&clinic, voicemail));
    // A box that was off for half a year is where it should be after as many hours as days.
    let later = Wall(clinic.now.millis() + 184 * DAY);
    for hour in 0..185 {
        assert!(can_be_heard(&clinic, voicemail), "gone after {hour} hours");
        moved(&clinic, 1, later);
        purge(&clinic, later);
        if hour == 183 {
            break;
        }
    }
    assert!(!can_be_heard(&clinic, voicemail) && is_there(&clinic, fax));
}

/// One of each that a purge takes, which nobody needs to keep.
struct Kept {
    fax: FaxId,
    voicemail: VoicemailId,
    call: CallId,
}

impl Kept {
    fn now(clinic: &mut Clinic) -> Self {
        let mail = clinic.mail(1);
        let ordered = mail.faxes[0].id;
        clinic.does(Effect::AcceptMail(Box::new(mail)));
        let (by, decision) = ("102".to_owned(), Decision::Cancel);
        clinic.does(Effect::DecideFax { fax: ordered, by, decision, at: clinic.now });
        let fax = taken(clinic, Vec::new());
        let voicemail = left(clinic);
        told(clinic, voicemail, Vec::new());
        Self { fax, voicemail, call: crate::recordings::taken(clinic, 90).1 }
    }

    /// How many mails are left; whether the recording, the message and the fax are.
    fn left(&self, clinic: &Clinic) -> (usize, bool, bool, bool) {
        let mails = clinic.store.wait(clinic.store.mails().accepted(10)).expect("mails").len();
        let recorded = clinic.store.wait(clinic.store.recordings().of_call(self.call)).expect("read").is_some();
        (mails, recorded, can_be_heard(clinic, self.voicemail), is_there(clinic, self.fax))
    }
}

#[test]
fn what_was_born_in_1970_is_kept_from_when_the_clock_is_right() {
    let mut clinic = Clinic::new();
    let right = clinic.now;
    // A box without a battery for its clock.
    clinic.now = Wall(3_600_000);
    moved(&clinic, 0, clinic.now);
    let kept = Kept::now(&mut clinic);
    // While the clock is certainly wrong nothing goes at all, however old it says that it is.
    assert_eq!(purge(&clinic, Wall(FIRST.millis() - 1)), 0);
    clinic.does(Effect::PurgeRecordings { at: Wall(FIRST.millis() - 1) });
    assert_eq!(kept.left(&clinic), (1, true, true, true));

    moved(&clinic, 1, right);
    let days = |n: i64| Wall(right.millis() + n * DAY);
    let look = |clinic: &Clinic, n: i64| {
        moved(clinic, 184 * 24, days(n));
        purge(clinic, days(n));
        clinic.does(Effect::PurgeRecordings { at: days(n) });
        kept.left(clinic)
    };
    assert_eq!(look(&clinic, 0), (1, true, true, true));
    assert_eq!(look(&clinic, 29), (1, true, true, true));
    assert_eq!(look(&clinic, 31), (0, true, true, true));
    assert_eq!(look(&clinic, 89), (0, true, true, true));
    assert_eq!(look(&clinic, 91), (0, false, true, true));
    assert_eq!(look(&clinic, 184), (0, false, false, true));
    assert_eq!(look(&clinic, 7 * 366 - 1), (0, false, false, true));
    assert_eq!(look(&clinic, 7 * 366 + 1), (0, false, false, false));
}

/// A box whose clock was decades ahead for an hour: what came then was to stay until then.
#[test]
fn what_was_born_far_ahead_is_kept_from_when_the_clock_is_right() {
    let mut clinic = Clinic::new();
    let right = clinic.now;
    clinic.now = Wall(right.millis() + 73 * YEAR);
    let kept = Kept::now(&mut clinic);
    let look = |clinic: &Clinic, n: i64| {
        let at = Wall(right.millis() + n * DAY);
        moved(clinic, 184 * 24, at);
        purge(clinic, at);
        clinic.does(Effect::PurgeRecordings { at });
        kept.left(clinic)
    };
    assert_eq!(look(&clinic, 0), (1, true, true, true));
    assert_eq!(look(&clinic, 29), (1, true, true, true));
    assert_eq!(look(&clinic, 31), (0, true, true, true));
    assert_eq!(look(&clinic, 91), (0, false, true, true));
    assert_eq!(look(&clinic, 184), (0, false, false, true));
    assert_eq!(look(&clinic, 7 * 366 + 1), (0, false, false, false));
}

/// A box without a battery for its clock starts on the day of its image, and has the time a minute later.
#[test]
fn a_clock_that_went_back_by_years_makes_nothing_older() {
    let mut clinic = Clinic::new();
    clinic.now = Wall(clinic.now.millis() + 9 * YEAR);
    let (fax, voicemail) = (taken(&mut clinic, Vec::new()), left(&mut clinic));
    told(&clinic, voicemail, Vec::new());
    let now = clinic.now;
    moved(&clinic, 1, now);
    let image = Wall(now.millis() - 9 * YEAR);
    moved(&clinic, 1, image);
    purge(&clinic, image);
    for _ in 0..2 {
        moved(&clinic, 9 * 366, now);
        purge(&clinic, now);
    }
    assert!(is_there(&clinic, fax) && can_be_heard(&clinic, voicemail));
}
