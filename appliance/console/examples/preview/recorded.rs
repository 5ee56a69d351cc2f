//! A recording of the sample's call: two voices that take turns, with a pause.

use model::recording::Gap;
use model::{CallId, Pii, Random, RecordingId, Sound, Wall};
use store::effect::{Effect, NewRecording, Taking};

/// Seconds of it.
const SECONDS: u32 = 48;

/// Records it.
pub(crate) async fn record(store: &store::Store, call: CallId) {
    let record = store.calls().get(call).await.expect("read").expect("the sample's call");
    let answered = record.answered.unwrap_or(record.started);
    let recording = RecordingId::new(answered, &mut Random::from_u64(50));
    let at = |second: u32| Wall(answered.millis() + 1_000 * i64::from(second));
    let perform = async |taking, at| {
        store.perform(Effect::TakeRecording { recording, taking, at }).await.expect("stored");
    };
    let extensions = vec!["102".to_owned()];
    let new = NewRecording { extensions: extensions.clone(), together: false, record, keep_days: 30 };
    perform(Taking::Begin(Box::new(new)), at(0)).await;
    for number in 0..SECONDS {
        if number == SECONDS / 2 {
            perform(Taking::Stopped { since: at(number), why: Gap::Paused }, at(number)).await;
            perform(Taking::GoesOn { since: at(number + 21), extensions: extensions.clone() }, at(number)).await;
        }
        let turn = number / 5 % 2 == 0;
        let loud = 2_000.0 + 7_000.0 * (f64::from(number) * 1.7).sin().abs();
        let voice = |speaks: bool, hertz: f64| {
            let peak = if speaks { loud } else { 150.0 };
            let sample = |n: u32| (peak * (f64::from(n) * hertz * std::f64::consts::TAU / 8_000.0).sin()) as i16;
            Pii::new(Sound { rate: 8_000, samples: (0..8_000).map(sample).collect() })
        };
        let part = Taking::Part { number, caller: voice(turn, 220.0), callee: Some(voice(!turn, 330.0)) };
        let late = if number >= SECONDS / 2 { 21 } else { 0 };
        perform(part, at(number + 1 + late)).await;
    }
    perform(Taking::Finish, at(SECONDS + 21)).await;
}
