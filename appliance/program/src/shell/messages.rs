//! Messages as they are mailed.

use clinic::Input;
use model::{Pii, Sound, VoicemailId};
use tokio::sync::mpsc;

/// Makes a message into Opus. Minutes of it take a processor for seconds, and no call waits for them: it has a thread of its own, and the clinic has
/// few of them made at once. A panic in it is a message that goes as WAV.
#[allow(clippy::disallowed_methods, reason = "the shell's task for one message")]
pub(crate) fn pack(id: u64, voicemail: VoicemailId, sound: Pii<Sound>, inputs: mpsc::Sender<Input>) {
    tokio::spawn(async move {
        let work = tokio::task::spawn_blocking(move || clinic::as_opus(voicemail, sound.expose()));
        let opus = work.await.ok().flatten().map(Pii::new);
        let _ = inputs.send(Input::MessagePacked { id, opus }).await;
    });
}
