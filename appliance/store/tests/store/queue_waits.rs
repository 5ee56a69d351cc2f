//! How callers fared in the queues.

use model::Wall;
use model::call::{QueueEnd, Queued};
use store::Effect;
use store::rows::QueueStat;

use crate::clinic::Clinic;
use crate::people::call;

#[test]
fn each_wait_is_counted_once_and_only_since_then() {
    let mut clinic = Clinic::new();
    let from = clinic.now;
    let at = |seconds: i64| Wall(from.millis() + seconds * 1000);
    let waits = |clinic: &mut Clinic, waits: &[(&str, i64, u64, QueueEnd)]| {
        let mut record = call(clinic, from, true);
        let wait = |&(queue, since, seconds, end): &(&str, i64, u64, QueueEnd)| Queued {
            queue: queue.to_owned(),
            since: at(since),
            millis: seconds * 1000,
            end,
        };
        record.queued = waits.iter().map(wait).collect();
        record
    };
    let records = [
        waits(&mut clinic, &[("desk", 0, 60, QueueEnd::Taken)]),
        waits(&mut clinic, &[("desk", 10, 90, QueueEnd::Taken)]),
        waits(&mut clinic, &[("desk", 20, 300, QueueEnd::LedOn), ("nurses", 320, 40, QueueEnd::Left)]),
        waits(&mut clinic, &[("desk", 30, 20, QueueEnd::CalledBack)]),
        // The day before.
        waits(&mut clinic, &[("desk", -1, 900, QueueEnd::Taken)]),
        waits(&mut clinic, &[]),
    ];
    clinic.does(Effect::RecordCalls(records.clone().into()));
    // What was perhaps written before a crash is written again.
    clinic.does(Effect::RecordCalls(records.into()));
    let clinic = clinic.restart();
    let stat = |queue: &str, callers| QueueStat {
        queue: queue.to_owned(),
        callers,
        taken: 0,
        soon: 0,
        left: 0,
        called_back: 0,
        led_on: 0,
        average: None,
        longest: 0,
    };
    let desk = QueueStat {
        taken: 2,
        soon: 1,
        called_back: 1,
        led_on: 1,
        average: Some(75_000),
        longest: 300_000,
        ..stat("desk", 4)
    };
    let nurses = QueueStat { left: 1, longest: 40_000, ..stat("nurses", 1) };
    let calls = clinic.store.calls();
    clinic.store.wait(async {
        assert_eq!(calls.per_queue(from).await.expect("queues"), [desk, nurses]);
        assert_eq!(calls.per_queue(at(1000)).await.expect("queues"), []);
    });
}
