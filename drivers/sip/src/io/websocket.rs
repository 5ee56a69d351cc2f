//! A SIP WebSocket (RFC 7118) on a stream that was upgraded already: one message in each frame, text or binary.
//!
//! A frame, and all fragments of a message together, may be as long as a SIP message. Browsers answer our pings by themselves, so a
//! connection without a whole frame for a minute is a browser that is gone, or a peer that sends one frame for ever.

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{interval, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::Patience;
use super::link::{Heard, Line, Outbox, Stream};
use crate::wire::MAX_MESSAGE;

/// Kept for each connection: most messages of a phone fit.
const BUFFER: usize = 2048;

/// Serves a WebSocket until it ends.
#[allow(clippy::disallowed_methods, reason = "the shell owns the tasks of its connections")]
pub(super) async fn serve<S: Stream + 'static>(stream: S, line: Line) {
    let Line { id, heard, patience, outbox } = line;
    // Nothing is held back in the write buffer: the queue in front of it is the one that is bounded.
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * MAX_MESSAGE)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let (write, read) = socket.split();
    tokio::spawn(write_all(write, outbox, patience, id, heard.clone()));
    read_all(read, id, &heard, patience).await;
    // The shell is gone if this fails.
    let _ = heard.send(Heard::Closed { connection: id }).await;
}

async fn read_all<S: Stream>(
    mut read: SplitStream<WebSocketStream<S>>,
    connection: u64,
    heard: &mpsc::Sender<Heard>,
    patience: Patience,
) {
    while let Ok(Some(Ok(message))) = timeout(patience.silence, read.next()).await {
        let data = match message {
            Message::Text(text) => Bytes::from(text),
            Message::Binary(data) => data,
            Message::Close(_) => return,
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
        };
        if heard.send(Heard::Bytes { connection, data }).await.is_err() {
            return;
        }
    }
}

async fn write_all<S: Stream>(
    mut write: SplitSink<WebSocketStream<S>, Message>,
    mut outbox: Outbox,
    patience: Patience,
    connection: u64,
    heard: mpsc::Sender<Heard>,
) {
    let given_up = outbox.given_up();
    let work = async {
        let mut pings = interval(patience.ping);
        pings.reset();
        loop {
            let (message, length) = tokio::select! {
                data = outbox.next() => match data {
                    Some(data) => (frame(&data), data.len()),
                    None => break,
                },
                _ = pings.tick() => (Message::Ping(Bytes::new()), 0),
            };
            if !matches!(timeout(patience.write, write.send(message)).await, Ok(Ok(()))) {
                return true;
            }
            outbox.written(length);
        }
        let _ = timeout(patience.write, write.close()).await;
        false
    };
    let lost = tokio::select! {
        lost = work => lost,
        () = given_up => false,
    };
    if lost {
        let _ = heard.send(Heard::Closed { connection }).await;
    }
}

/// Text, as browsers expect, unless a name in it is in another encoding (RFC 7118 section 4.2).
fn frame(data: &Bytes) -> Message {
    match Utf8Bytes::try_from(data.clone()) {
        Ok(text) => Message::Text(text),
        Err(_) => Message::Binary(data.clone()),
    }
}
