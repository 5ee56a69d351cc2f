//! `GET /events`: tells a browser that something changed, never what. Changes of a quarter second go out together, so that a fax of forty
//! pages does not refresh every screen forty times. The stream ends with the session: a screen that nobody touches signs itself off.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event as Sse, KeepAlive, Sse as Stream};
use axum::response::{IntoResponse, Response};
use model::Event;
use model::settings::Right;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use crate::App;
use crate::auth::{Principal, cookie_of};
use crate::failure::{ApiFailure, Failure};

/// Changes that come within this time go out together.
const GATHER: Duration = Duration::from_millis(250);
/// How often a silent stream shows that it is alive, and looks whether its session still is.
const ALIVE: Duration = Duration::from_secs(15);
/// Messages on their way to one browser. A browser that does not read them is cut off: it asks again when it wakes.
const BACKLOG: usize = 64;
/// Faxes that are named one by one in a quarter second; beyond that, all are said to have changed by reconnecting.
const MAX_NAMED: usize = 50;

/// The handler.
pub(crate) async fn events(State(app): State<App>, principal: Principal, headers: HeaderMap) -> Response {
    let Ok(permit) = app.streams.clone().try_acquire_owned() else {
        return ApiFailure::from(Failure::TooMany).into_response();
    };
    let (to, stream) = mpsc::channel(BACKLOG);
    let feed =
        Feed { changes: app.events.subscribe(), session: cookie_of(&headers), to, app, principal, _permit: permit };
    #[allow(
        clippy::disallowed_methods,
        reason = "this is a shell: one task a listening browser, bounded by MAX_STREAMS"
    )]
    tokio::spawn(feed.run());
    Stream::new(ReceiverStream::new(stream)).keep_alive(KeepAlive::new().interval(ALIVE)).into_response()
}

struct Feed {
    app: App,
    principal: Principal,
    session: Option<String>,
    changes: Receiver<Event>,
    to: mpsc::Sender<Result<Sse, Infallible>>,
    _permit: OwnedSemaphorePermit,
}

impl Feed {
    async fn run(mut self) {
        loop {
            let first = tokio::select! {
                () = self.to.closed() => return,
                () = tokio::time::sleep(ALIVE) => None,
                change = self.changes.recv() => match change {
                    Ok(event) => Some(event),
                    // Some were missed: the browser reconnects and refreshes everything.
                    Err(RecvError::Lagged(_) | RecvError::Closed) => return,
                },
            };
            if !self.still_signed_in() {
                return;
            }
            let Some(first) = first else { continue };
            tokio::time::sleep(GATHER).await;
            let mut names = BTreeSet::from_iter(self.named(first));
            while let Ok(event) = self.changes.try_recv() {
                names.extend(self.named(event));
            }
            if names.len() > MAX_NAMED {
                return;
            }
            for (name, data) in names {
                // A message without data would not be delivered by the browser.
                if self.to.try_send(Ok(Sse::default().event(name).data(data))).is_err() {
                    return;
                }
            }
        }
    }

    fn still_signed_in(&self) -> bool {
        match &self.session {
            Some(secret) => self.app.sessions.user_of(secret, false).as_deref() == Some(self.principal.user.as_str()),
            None => true,
        }
    }

    /// The name and data under which a change is told, if this principal may hear of it.
    fn named(&self, event: Event) -> Option<(&'static str, String)> {
        let (name, data, right) = match event {
            Event::Calls => ("calls", "1".to_owned(), Some(Right::SeeCalls)),
            Event::Phones => ("phones", "1".to_owned(), Some(Right::SeePeople)),
            Event::Lines => ("lines", "1".to_owned(), None),
            Event::Fax(id) => ("fax", id.to_string(), Some(Right::SeeFaxes)),
            Event::Alerts => ("alerts", "1".to_owned(), None),
            Event::Voicemail => ("voicemail", "1".to_owned(), None),
            Event::Plan => ("plan", "1".to_owned(), Some(Right::SeeCalls)),
            Event::Mail => ("mail", "1".to_owned(), Some(Right::SeeFaxes)),
        };
        right.is_none_or(|r| self.principal.may(r)).then_some((name, data))
    }
}
