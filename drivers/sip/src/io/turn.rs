//! The end of a moment, on a thread that runs several tasks.

use std::future::poll_fn;
use std::task::Poll;

/// Waits until every task that could go on has had its turn: what follows from what this one has just handed to them may have come back by then. It
/// costs one look, and nothing is waited for that somebody else would have to wake.
pub async fn others_turn() {
    let mut had = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut had, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn others_that_could_go_on_have_gone_on() {
        let steps = Arc::new(AtomicU32::new(0));
        for _ in 0..3 {
            let steps = Arc::clone(&steps);
            #[allow(clippy::disallowed_methods, reason = "the others of the test")]
            tokio::spawn(async move { steps.fetch_add(1, Ordering::Relaxed) });
        }
        others_turn().await;
        assert_eq!(steps.load(Ordering::Relaxed), 3);
    }
}
