//! What the console's port serves while the store is closed: one page that says what works (the phones and emergency calls), what
//! does not, and why; and, where a passphrase opens it, the field for it. It needs no store, knows nobody, and reveals nothing.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use model::Pii;
use serde::Deserialize;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::http::assets::{Assets, asset, assets};
use crate::http::headers;
use crate::texts::Texts;

/// A passphrase on its way to whoever opens the store.
pub struct Try {
    /// What was typed.
    pub passphrase: Pii<String>,
    /// Whether it opened the store.
    pub opened: oneshot::Sender<bool>,
}

/// What the page says.
#[derive(Clone, Debug)]
pub struct Locked {
    /// Why the store is closed, as a sentence for the person who looks after the box.
    pub reason: String,
    /// Where tries go, if a passphrase opens it.
    pub tries: Option<mpsc::Sender<Try>>,
}

struct Inner {
    locked: Locked,
    /// One try at a time: each costs a slow hash by design, and guesses must not keep the phones from their processor.
    one: Mutex<()>,
}

/// The page as a service.
pub fn router(locked: Locked) -> axum::Router {
    let inner = Arc::new(Inner { locked, one: Mutex::new(()) });
    axum::Router::new()
        .route("/", get(show).post(unlock))
        .route("/assets/{name}", get(asset))
        .fallback(show)
        .with_state(inner)
        .layer(axum::middleware::from_fn(headers::strict_while_locked))
}

#[derive(Template)]
#[template(path = "locked.html")]
struct Page<'a> {
    texts: &'a Texts,
    assets: &'a Assets,
    reason: &'a str,
    asks: bool,
    wrong: bool,
    opened: bool,
}

#[derive(Deserialize)]
struct Typed {
    passphrase: String,
}

async fn show(State(inner): State<Arc<Inner>>) -> Response {
    // 503: a monitor must not take this page for a working console.
    page(StatusCode::SERVICE_UNAVAILABLE, &inner.locked, false, false)
}

async fn unlock(State(inner): State<Arc<Inner>>, Form(typed): Form<Typed>) -> Response {
    let Some(tries) = &inner.locked.tries else { return StatusCode::NOT_FOUND.into_response() };
    let _one = inner.one.lock().await;
    let (opened, answer) = oneshot::channel();
    let sent = tries.send(Try { passphrase: Pii::new(typed.passphrase), opened }).await;
    if sent.is_ok() && answer.await == Ok(true) {
        page(StatusCode::OK, &inner.locked, false, true)
    } else {
        page(StatusCode::FORBIDDEN, &inner.locked, true, false)
    }
}

fn page(status: StatusCode, locked: &Locked, wrong: bool, opened: bool) -> Response {
    let page = Page {
        texts: Texts::choose(None),
        assets: assets(),
        reason: &locked.reason,
        asks: locked.tries.is_some(),
        wrong,
        opened,
    };
    match page.render() {
        Ok(html) => (status, axum::response::Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
