//! The connection of a page.

use std::sync::Arc;
use std::time::Duration;

use console::{PhoneVisit, SipStream};
use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::protocol::{MAX_FRAME, News, Order, Why};

/// How long a page may take to say the first word, and to take what it is told. Longer is a page that is gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// So many words of ours in a row without an answer are a page that is gone: a computer that sleeps says nothing, and the system waits a quarter
/// of an hour for its confirmation.
const MAX_UNANSWERED: u32 = 2;

/// See the module.
pub(super) struct Page {
    socket: WebSocketStream<SipStream>,
    signed_in: Arc<console::SignedIn>,
    pub(super) pulse: Pulse,
}

/// Whether a page still runs.
#[derive(Default)]
pub(super) struct Pulse {
    /// It has answered once. One that was loaded before pages did never does, and is as good as before.
    answers: bool,
    unanswered: u32,
}

impl Page {
    pub(super) async fn open(visit: PhoneVisit) -> Self {
        let config = WebSocketConfig::default()
            .write_buffer_size(0)
            .max_write_buffer_size(4 * MAX_FRAME)
            .max_message_size(Some(MAX_FRAME))
            .max_frame_size(Some(MAX_FRAME));
        let socket = WebSocketStream::from_raw_socket(visit.stream, Role::Server, Some(config)).await;
        Self { socket, signed_in: visit.signed_in, pulse: Pulse::default() }
    }

    /// Its first words. None of a page that begins with anything else.
    pub(super) async fn greeting(&mut self) -> Option<Order> {
        let frame = timeout(PATIENCE, self.next()).await.ok()??;
        serde_json::from_str(&frame).ok().filter(|order| matches!(order, Order::Hello { .. }))
    }

    /// What it says next; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<String> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Some(text.as_str().to_owned()),
                // A page of ours says nothing in bytes.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return None,
            }
        }
    }

    /// False if it does not listen any more.
    pub(super) async fn say(&mut self, news: &News) -> bool {
        let Ok(text) = serde_json::to_string(news) else { return true };
        matches!(timeout(PATIENCE, self.socket.send(Message::text(text))).await, Ok(Ok(())))
    }

    /// There is no room for it.
    pub(super) async fn turn_away(mut self) {
        self.say(&News::NotReady { why: Why::TooMany }).await;
    }

    /// True while its person is signed in. `by_hand`: they did something.
    pub(super) fn signed_in(&self, by_hand: bool) -> bool {
        (self.signed_in)(by_hand)
    }
}

impl Pulse {
    /// The page said something; `alive`: that it is there.
    pub(super) const fn heard(&mut self, alive: bool) {
        self.answers |= alive;
        self.unanswered = 0;
    }

    /// The page is about to be asked whether it is there. False if it has not answered before.
    pub(super) const fn beats(&mut self) -> bool {
        let gone = self.answers && self.unanswered >= MAX_UNANSWERED;
        self.unanswered = self.unanswered.saturating_add(1);
        !gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_answered_and_does_not_any_more_is_gone() {
        let mut pulse = Pulse::default();
        for _ in 0..5 {
            assert!(pulse.beats(), "it answers each time");
            pulse.heard(true);
        }
        assert!(pulse.beats(), "its computer falls asleep");
        assert!(pulse.beats(), "once may be a busy computer");
        assert!(!pulse.beats(), "twice is not");
        pulse.heard(false);
        assert!(pulse.beats(), "whatever it says, it runs");
    }

    #[test]
    fn a_page_that_was_loaded_before_pages_answered_is_believed() {
        let mut pulse = Pulse::default();
        for _ in 0..100 {
            pulse.heard(false);
            assert!((0..10).all(|_| pulse.beats()));
        }
    }
}
