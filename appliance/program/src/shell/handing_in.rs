//! Work beside the calls for whose outcome the clinic waits.

use clinic::Input;
use tokio::sync::mpsc;

/// Does it in a task of its own, and hands in what it comes to. A panic in it is a fault of ours in one mail, fax or page, and comes to `fault`: what waits
/// for it goes on, and so do others for whom there is no place meanwhile.
#[allow(clippy::disallowed_methods, reason = "the shell's task for one delivery, conversion or page")]
pub(super) fn hand_in(inputs: mpsc::Sender<Input>, fault: Input, work: impl Future<Output = Input> + Send + 'static) {
    tokio::spawn(async move {
        let input = tokio::spawn(work).await.unwrap_or_else(|_| {
            tracing::error!("a task of one mail, fax or page panicked");
            fault
        });
        let _ = inputs.send(input).await;
    });
}

#[cfg(test)]
mod tests {
    use model::mail::SmtpReply;
    use model::{MailId, Random, Wall};

    use super::*;

    fn broken() -> Input {
        panic!("a fault")
    }

    #[tokio::test]
    async fn what_panics_is_answered_all_the_same() {
        let (inputs, mut handed) = mpsc::channel(2);
        let mail = MailId::new(Wall(0), &mut Random::from_u64(1));
        let tried = move |code| Input::MailTried { mail, reply: SmtpReply::new(code, "") };
        hand_in(inputs.clone(), tried(0), async { broken() });
        hand_in(inputs, tried(0), async move { tried(250) });
        let mut codes = Vec::new();
        while let Some(Input::MailTried { reply, .. }) = handed.recv().await {
            codes.push(reply.code);
        }
        codes.sort_unstable();
        assert_eq!(codes, [0, 250]);
    }
}
