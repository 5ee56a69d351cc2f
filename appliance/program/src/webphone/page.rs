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

/// See the module.
pub(super) struct Page {
    socket: WebSocketStream<SipStream>,
    signed_in: Arc<console::SignedIn>,
}

impl Page {
    pub(super) async fn open(visit: PhoneVisit) -> Self {
        let config = WebSocketConfig::default()
            .write_buffer_size(0)
            .max_write_buffer_size(4 * MAX_FRAME)
            .max_message_size(Some(MAX_FRAME))
            .max_frame_size(Some(MAX_FRAME));
        let socket = WebSocketStream::from_raw_socket(visit.stream, Role::Server, Some(config)).await;
        Self { socket, signed_in: visit.signed_in }
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
