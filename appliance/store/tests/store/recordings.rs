//! Recordings of calls.

use model::call::{CallEnd, CallRecord, Fault, LegQuality, Party, Taken};
use model::fax::Direction;
use model::recording::{Gap, Pause, Recording, RecordingMark, RecordingState};
use model::trace::Trace;
use model::{CallId, Pii, RecordingId, Sound, Wall};
use store::effect::{NewRecording, Taking};
use store::{AuditCheck, Done, Effect, StoreError, UNDO_DAYS};

use crate::clinic::{Clinic, number};
use crate::commit::limit;

const DAY: i64 = 86_400_000;

fn begin(clinic: &mut Clinic, keep_days: u16) -> (RecordingId, CallId) {
    begin_as(clinic, keep_days, false)
}

fn begin_as(clinic: &mut Clinic, keep_days: u16, together: bool) -> (RecordingId, CallId) {
    let at = clinic.tick();
    let recording = RecordingId::new(at, &mut clinic.random);
    let call = CallId::new(at, &mut clinic.random);
    let record = CallRecord {
        id: call,
        direction: Direction::In,
        from: Party { number: Some(number("+12025550177")), name: Pii::from("Adalbert Quux") },
        to: Party { number: Some(number("+12025550123")), name: Pii::default() },
        started: at,
        answered: Some(at),
        taken: Taken::At(at),
        left_message: false,
        queued: Vec::new(),
        ended: at,
        end: CallEnd::OurFault,
        fault: Fault::Us,
        emergency: false,
        caller_quality: LegQuality::default(),
        callee_quality: LegQuality::default(),
        trace: Trace::default(),
    };
    let new = NewRecording { extensions: vec!["101".to_owned()], together, record, keep_days };
    take(clinic, recording, Taking::Begin(Box::new(new))).expect("begun");
    (recording, call)
}

fn take(clinic: &Clinic, recording: RecordingId, taking: Taking) -> Result<Done, StoreError> {
    clinic.perform(Effect::TakeRecording { recording, taking, at: clinic.now })
}

/// So many samples of a voice; G.711 keeps each of these values as it is.
fn voice(level: i16, count: usize) -> Sound {
    Sound { rate: 8_000, samples: (0..count).map(|n| if n % 2 == 0 { level } else { -level }).collect() }
}

fn part(
    clinic: &Clinic,
    recording: RecordingId,
    number: u32,
    (caller, callee): (Sound, Sound),
) -> Result<Done, StoreError> {
    take(clinic, recording, Taking::Part { number, caller: Pii::new(caller), callee: Some(Pii::new(callee)) })
}

/// Two seconds.
pub(crate) fn taken(clinic: &mut Clinic, keep_days: u16) -> (RecordingId, CallId) {
    let (id, call) = begin(clinic, keep_days);
    for number in 0..2 {
        part(clinic, id, number, (voice(988, 8_000), voice(1_980, 8_000))).expect("kept");
    }
    take(clinic, id, Taking::Finish).expect("whole");
    (id, call)
}

fn there(clinic: &Clinic, call: CallId) -> Option<Recording> {
    clinic.store.wait(clinic.store.recordings().of_call(call)).expect("read")
}

fn mark(clinic: &mut Clinic, recording: RecordingId, mark: RecordingMark) -> Result<Done, StoreError> {
    let at = clinic.tick();
    clinic.perform(Effect::MarkRecording { recording, mark, by: "101".to_owned(), at })
}

#[test]
fn both_sides_are_kept_to_the_bit_and_any_stretch_of_them_is_read() {
    let mut clinic = Clinic::new();
    let (id, call) = begin(&mut clinic, 30);
    part(&clinic, id, 0, (voice(988, 8_000), voice(1_980, 7_900))).expect("kept");
    part(&clinic, id, 0, (voice(31, 10), voice(31, 10))).expect("a repetition replaces nothing");
    let wide = Sound { rate: 16_000, samples: vec![0; 16_000] };
    part(&clinic, id, 1, (wide, Sound { rate: 8_000, samples: Vec::new() }))
        .expect("of another codec, and nobody there");
    take(&clinic, id, Taking::Finish).expect("whole");
    assert_eq!(part(&clinic, id, 2, (voice(31, 10), voice(31, 10))).err(), Some(StoreError::WrongState));

    let recording = there(&clinic, call).expect("there");
    assert_eq!((recording.state, recording.millis), (RecordingState::Kept, 2_000));
    assert_eq!(recording.peaks, [(3, 6), (0, 0)]);
    let voices =
        |from, count| clinic.store.wait(clinic.store.recordings().voices(id, from, count)).expect("read").into_inner();
    let all = voices(0, usize::MAX);
    assert_eq!((all.caller.len(), all.callee.len()), (16_000, 16_000));
    assert!(all.caller[..8_000] == voice(988, 8_000).samples && all.callee[..7_900] == voice(1_980, 7_900).samples);
    assert!(all.callee[7_900..].iter().all(|s| *s == 0), "the shorter side is silent");
    let some = voices(7_990, 20);
    assert!(some.caller == all.caller[7_990..8_010] && some.callee == all.callee[7_990..8_010]);
    assert_eq!(voices(16_000, 10).caller.len(), 0);
}

/// A recording goes on for hours: it ends where the room begins that faxes need to end.
#[test]
fn what_is_kept_free_for_faxes_is_not_recorded_over() {
    let mut clinic = Clinic::new();
    let (id, call) = begin(&mut clinic, 30);
    let seconds = |count: usize| (voice(988, 8_000 * count), voice(1_980, 8_000 * count));
    part(&clinic, id, 0, seconds(60)).expect("kept");
    // Less than the reserve, which is a twentieth of so small a database, and twice what the next second takes.
    let clinic = limit(clinic, 40 * 1024);
    assert_eq!(part(&clinic, id, 1, seconds(1)).err(), Some(StoreError::Full));
    part(&clinic, id, 0, seconds(1)).expect("a repetition needs no room");
    take(&clinic, id, Taking::Stopped { since: Wall(1_000), why: Gap::Elsewhere }).expect("told");
    take(&clinic, id, Taking::Finish).expect("what there is of it is whole");
    let recording = there(&clinic, call).expect("there");
    assert_eq!((recording.state, recording.millis), (RecordingState::Kept, 60_000));
}

#[test]
fn a_break_is_told_and_takes_no_room() {
    let mut clinic = Clinic::new();
    let (id, call) = begin(&mut clinic, 30);
    let second = || (voice(988, 8_000), voice(1_980, 8_000));
    part(&clinic, id, 0, second()).expect("kept");
    take(&clinic, id, Taking::Stopped { since: Wall(1_000), why: Gap::Paused }).expect("told");
    take(&clinic, id, Taking::GoesOn { since: Wall(9_000), extensions: vec!["102".to_owned()] }).expect("told");
    part(&clinic, id, 1, second()).expect("kept");
    take(&clinic, id, Taking::Stopped { since: Wall(10_000), why: Gap::Elsewhere }).expect("told");
    take(&clinic, id, Taking::Finish).expect("whole");
    let recording = there(&clinic, call).expect("there");
    let pause = |millis, from, until, why| Pause { millis, from: Wall(from), until, why };
    assert_eq!(
        recording.pauses,
        [pause(1_000, 1_000, Some(Wall(9_000)), Gap::Paused), pause(2_000, 10_000, None, Gap::Elsewhere)]
    );
    assert_eq!((recording.millis, recording.extensions.join(" ")), (2_000, "101 102".to_owned()));
}

#[test]
fn what_was_said_before_a_crash_is_there_and_its_call_has_a_record() {
    let mut clinic = Clinic::new();
    let (id, call) = begin(&mut clinic, 30);
    clinic.tick();
    part(&clinic, id, 0, (voice(988, 8_000), voice(1_980, 8_000))).expect("kept");
    let (nothing, _) = begin(&mut clinic, 30);
    let clinic = clinic.restart();
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("work") };
    assert_eq!(work.open_recordings.iter().map(|o| o.recording).collect::<Vec<_>>(), [id, nothing]);
    assert_eq!(
        (work.open_recordings[0].record.id, work.open_recordings[0].record.from.name.expose().as_str()),
        (call, "Adalbert Quux")
    );
    assert!(work.open_recordings[0].record.ended > work.open_recordings[0].record.started);
    for open in work.open_recordings {
        clinic.does(Effect::RecordCalls([open.record].into()));
        take(&clinic, open.recording, Taking::Finish).expect("whole");
    }
    assert_eq!(there(&clinic, call).expect("there").millis, 1_000);
    let calls = clinic.store.wait(clinic.store.recordings().calls(10, None)).expect("read");
    assert_eq!(calls.iter().map(|c| c.id).collect::<Vec<_>>(), [call], "without a part there is no recording");
}

#[test]
fn who_says_no_was_never_recorded() {
    let mut clinic = Clinic::new();
    let (id, call) = begin(&mut clinic, 30);
    part(&clinic, id, 0, (voice(988, 8_000), voice(1_980, 8_000))).expect("kept");
    take(&clinic, id, Taking::Discard).expect("destroyed");
    assert_eq!(there(&clinic, call), None);
    assert_eq!(part(&clinic, id, 1, (voice(988, 10), voice(988, 10))).err(), Some(StoreError::NotFound));
    let audit = clinic.store.wait(clinic.store.audit().list(10)).expect("audit");
    assert_eq!(audit.iter().map(|a| a.what.as_str()).collect::<Vec<_>>(), ["recording_declined"]);
}

/// A store in trouble refused what was declined, and was told in the meantime that the recording is whole.
#[test]
fn what_was_declined_goes_from_a_recording_that_is_whole_already_too() {
    let mut clinic = Clinic::new();
    let (call_over, room_over, all_gone) = (taken(&mut clinic, 30), taken(&mut clinic, 30), taken(&mut clinic, 30));
    take(&clinic, call_over.0, Taking::Discard).expect("destroyed");
    assert_eq!(there(&clinic, call_over.1), None);
    take(&clinic, room_over.0, Taking::Forget { from: 1 }).expect("destroyed");
    let left = there(&clinic, room_over.1).expect("there");
    assert_eq!((left.state, left.millis), (RecordingState::Kept, 1_000));
    let voices = clinic.store.wait(clinic.store.recordings().voices(room_over.0, 0, usize::MAX)).expect("read");
    assert_eq!(voices.expose().caller.len(), 8_000);
    take(&clinic, all_gone.0, Taking::Forget { from: 0 }).expect("destroyed");
    assert_eq!(there(&clinic, all_gone.1), None, "nothing of it is left");
}

#[test]
fn of_a_room_there_is_one_sound_and_whoever_came_later_takes_theirs_away() {
    let mut clinic = Clinic::new();
    let (id, call) = begin_as(&mut clinic, 30, true);
    let all = |clinic: &Clinic, number, level| {
        let caller = Pii::new(voice(level, 8_000));
        take(clinic, id, Taking::Part { number, caller, callee: None }).expect("kept");
    };
    for (number, level) in [(0, 988), (1, 1_980), (2, 3_900)] {
        all(&clinic, number, level);
    }
    take(&clinic, id, Taking::Forget { from: 1 }).expect("destroyed");
    take(&clinic, id, Taking::Forget { from: 1 }).expect("there is nothing of it any more");
    all(&clinic, 3, 924);
    take(&clinic, id, Taking::Finish).expect("whole");
    let recording = there(&clinic, call).expect("there");
    assert_eq!((recording.together, recording.millis, recording.peaks), (true, 2_000, vec![(3, 3), (2, 2)]));
    let voices = clinic.store.wait(clinic.store.recordings().voices(id, 0, usize::MAX)).expect("read").into_inner();
    assert!(voices.caller == [voice(988, 8_000).samples, voice(924, 8_000).samples].concat());
    assert!(voices.callee == voices.caller, "in both ears");
}

#[test]
fn a_recording_goes_after_its_days_or_after_it_was_deleted_and_stays_while_it_is_held() {
    let mut clinic = Clinic::new();
    let kept = taken(&mut clinic, 30);
    let long = taken(&mut clinic, 90);
    let deleted = taken(&mut clinic, 30);
    let held = taken(&mut clinic, 30);
    mark(&mut clinic, deleted.0, RecordingMark::Delete).expect("deleted");
    mark(&mut clinic, held.0, RecordingMark::Hold("asked for by a court".to_owned())).expect("held");
    assert_eq!(mark(&mut clinic, held.0, RecordingMark::Delete).err(), Some(StoreError::WrongState));
    assert_eq!(there(&clinic, held.1).expect("there").hold.as_deref(), Some("asked for by a court"));
    let now = clinic.now.millis();
    let purge = |clinic: &Clinic, days: i64| {
        let Done::Purged(count) = clinic.does(Effect::PurgeRecordings { at: Wall(now + days * DAY + 1) }) else {
            panic!("purged")
        };
        count
    };
    assert_eq!(purge(&clinic, UNDO_DAYS - 1), 0);
    assert_eq!(purge(&clinic, UNDO_DAYS), 1);
    assert!(there(&clinic, deleted.1).is_none() && there(&clinic, kept.1).is_some());
    assert_eq!(purge(&clinic, 31), 1);
    assert!(there(&clinic, kept.1).is_none() && there(&clinic, long.1).is_some() && there(&clinic, held.1).is_some());
    mark(&mut clinic, held.0, RecordingMark::Release).expect("released");
    assert_eq!(purge(&clinic, 91), 2);
    let voices = clinic.store.wait(clinic.store.recordings().voices(held.0, 0, 100)).expect("read");
    assert!(voices.expose().caller.is_empty(), "its sound went with it");
}

#[test]
fn each_look_copy_deletion_and_hold_is_a_line_of_the_audit() {
    let mut clinic = Clinic::new();
    let (id, call) = taken(&mut clinic, 30);
    let marks = [
        RecordingMark::Heard,
        RecordingMark::Saved,
        RecordingMark::Delete,
        RecordingMark::Restore,
        RecordingMark::Hold("a complaint".to_owned()),
        RecordingMark::Release,
    ];
    for one in marks.clone() {
        mark(&mut clinic, id, one).expect("done");
    }
    assert_eq!(there(&clinic, call).expect("there").state, RecordingState::Kept);
    let audit = clinic.store.wait(clinic.store.audit().list(10)).expect("audit");
    let lines: Vec<_> = audit.iter().rev().map(|a| (a.by.as_str(), a.what.as_str())).collect();
    let expected: Vec<_> = marks.iter().map(|m| ("101", m.word())).collect();
    assert_eq!(lines[1..], expected);
    assert_eq!((lines[0].1, audit[0].subject.clone()), ("recording_taken", id.to_string()));
    assert!(matches!(clinic.store.wait(clinic.store.audit().verify()), Ok(AuditCheck::Intact { .. })));
}
