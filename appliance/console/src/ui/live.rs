//! `GET /events`: tells a browser that something changed, never what. Changes of a quarter second go out together, so that a fax of forty
//! pages does not refresh every screen forty times. The stream ends with the session: a screen that nobody touches signs itself off. It ends with a
//! token, too, and what somebody may hear of is asked each time that something is told.

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
use crate::auth::{Pass, Principal};
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
pub(crate) async fn events(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(pass) = Pass::of(&headers) else { return ApiFailure::Unknown.into_response() };
    let Ok(permit) = app.streams.clone().try_acquire_owned() else {
        return ApiFailure::from(Failure::TooMany).into_response();
    };
    let (to, stream) = mpsc::channel(BACKLOG);
    let feed = Feed { changes: app.events.subscribe(), pass, to, app, _permit: permit };
    #[allow(
        clippy::disallowed_methods,
        reason = "this is a shell: one task a listening browser, bounded by MAX_STREAMS"
    )]
    tokio::spawn(feed.run());
    Stream::new(ReceiverStream::new(stream)).keep_alive(KeepAlive::new().interval(ALIVE)).into_response()
}

struct Feed {
    app: App,
    pass: Pass,
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
            let mut changes = Vec::from_iter(first);
            if !changes.is_empty() {
                tokio::time::sleep(GATHER).await;
                // As many at most as the channel holds.
                while let Ok(event) = self.changes.try_recv() {
                    changes.push(event);
                }
            }
            let Some(listener) = self.listener().await else { return };
            let names: BTreeSet<_> = changes.iter().filter_map(|event| named(&listener, event)).collect();
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

    /// Who listens, with the rights that they have now; nobody any more, if what let them in is gone.
    async fn listener(&self) -> Option<Principal> {
        if !self.pass.is_at_its_desk(&self.app) {
            return None;
        }
        if let Pass::Session(secret) = &self.pass {
            self.app.sessions.write_use(secret).await;
        }
        self.pass.holder(&self.app).await
    }
}

/// The name and data under which a change is told, if this principal may hear of it.
fn named(listener: &Principal, event: &Event) -> Option<(&'static str, String)> {
    let data = if let Event::Fax(id) = event { id.to_string() } else { "1".to_owned() };
    let (name, right) = told(event);
    right.is_none_or(|r| listener.may(r)).then_some((name, data))
}

/// What a change is called, which the script of the pages listens for, and the right without which nobody hears of it.
const fn told(event: &Event) -> (&'static str, Option<Right>) {
    match event {
        Event::Calls => ("calls", Some(Right::SeeCalls)),
        Event::Phones => ("phones", Some(Right::SeePeople)),
        Event::Lines => ("lines", None),
        Event::Fax(_) => ("fax", Some(Right::SeeFaxes)),
        Event::Alerts => ("alerts", None),
        Event::Voicemail => ("voicemail", None),
        Event::Plan => ("plan", Some(Right::SeeCalls)),
        Event::Mail => ("mail", Some(Right::SeeFaxes)),
    }
}

#[cfg(test)]
mod tests {
    use model::{FaxId, Random, Wall};

    use super::*;

    #[test]
    fn the_script_of_the_pages_listens_for_every_change() {
        let script = include_str!("../../assets/app.js");
        let names = script.lines().find(|line| line.contains("const NAMES")).expect("the names that it listens for");
        let fax = Event::Fax(FaxId::new(Wall(0), &mut Random::from_u64(1)));
        for event in
            [Event::Calls, Event::Phones, Event::Lines, fax, Event::Alerts, Event::Voicemail, Event::Plan, Event::Mail]
        {
            let (name, _) = told(&event);
            assert!(names.contains(&format!("\"{name}\"")), "{event:?} is {name} and not in {names}");
        }
    }
}
