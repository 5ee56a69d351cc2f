//! What the console's port serves while the store is closed: one page that says what works (the phones and emergency calls), what
//! does not, and why; and, where a passphrase opens it, the field for it. It needs no store, knows nobody, and reveals nothing.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Request, State};
use axum::http::header::CONNECTION;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use model::Pii;
use serde::Deserialize;
use tokio::sync::{Mutex, mpsc, oneshot, watch};

use crate::auth::same_origin;
use crate::http::assets::{Assets, asset, assets};
use crate::http::headers;
use crate::numbers::capital;
use crate::texts::Texts;

/// Characters of a passphrase that is chosen: whoever has the disk may guess for years.
const SHORTEST: usize = 12;

/// A passphrase on its way to whoever opens the store.
pub struct Try {
    /// What was typed.
    pub passphrase: Pii<String>,
    /// Whether it opened the store.
    pub opened: oneshot::Sender<Result<(), NotOpened>>,
}

/// Why a try did not open the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// By what was typed.
    WrongPassphrase,
    /// By something that another passphrase does not mend; a sentence with nothing personal.
    Otherwise(String),
}

/// Where tries go.
#[derive(Clone, Debug)]
pub struct Tries {
    /// To whoever opens the store.
    pub to: mpsc::Sender<Try>,
    /// There is no store yet: the passphrase is chosen now, and asked for twice, since a slip in it would lose all that will be stored.
    pub first: bool,
}

/// What the page says.
#[derive(Clone, Debug)]
pub struct Locked {
    /// Why the store is closed, as a sentence for the person who looks after the box.
    pub reason: String,
    /// If a passphrase opens it.
    pub tries: Option<Tries>,
}

struct Inner {
    locked: Locked,
    /// One try at a time: each costs a slow hash by design, and guesses must not keep the phones from their processor.
    one: Mutex<()>,
}

/// The page as a service, until it is `over`. It closes each connection after its answer, so that the next request of a browser finds what is served
/// then; who had connected before, and asks only now, is told to ask again.
pub fn router(locked: Locked, over: watch::Receiver<bool>) -> axum::Router {
    let inner = Arc::new(Inner { locked, one: Mutex::new(()) });
    axum::Router::new()
        .route("/", get(show).post(unlock))
        .route("/assets/{name}", get(asset))
        .fallback(show)
        .with_state(inner)
        .layer(from_fn(headers::strict_while_locked))
        .layer(from_fn_with_state(over, once))
}

async fn once(State(over): State<watch::Receiver<bool>>, request: Request, next: Next) -> Response {
    let is_over = *over.borrow();
    let mut response =
        if is_over { Redirect::to(request.uri().path()).into_response() } else { next.run(request).await };
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

#[derive(Template)]
#[template(path = "locked.html")]
struct Page<'a> {
    texts: &'a Texts,
    assets: &'a Assets,
    title: String,
    /// What works meanwhile.
    what: String,
    reason: String,
    asks: bool,
    /// The passphrase is chosen now.
    first: bool,
    /// What is wrong with what was typed.
    wrong: String,
    opened: bool,
}

#[derive(Deserialize)]
struct Typed {
    passphrase: String,
    #[serde(default)]
    again: String,
}

async fn show(State(inner): State<Arc<Inner>>) -> Response {
    // 503: a monitor must not take this page for a working console.
    inner.locked.page(StatusCode::SERVICE_UNAVAILABLE, String::new())
}

async fn unlock(State(inner): State<Arc<Inner>>, headers: HeaderMap, Form(typed): Form<Typed>) -> Response {
    // A page of another site may post here from a browser in the clinic: it would choose the first passphrase, or try others.
    if !same_origin(&Method::POST, &headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let locked = &inner.locked;
    let Some(tries) = &locked.tries else { return StatusCode::NOT_FOUND.into_response() };
    let texts = Texts::choose(None);
    if tries.first && typed.passphrase.chars().count() < SHORTEST {
        return locked.page(StatusCode::UNPROCESSABLE_ENTITY, texts.get("closed-short"));
    }
    if tries.first && typed.passphrase != typed.again {
        return locked.page(StatusCode::UNPROCESSABLE_ENTITY, texts.get("closed-differs"));
    }
    let _one = inner.one.lock().await;
    let (opened, answer) = oneshot::channel();
    if tries.to.send(Try { passphrase: Pii::new(typed.passphrase), opened }).await.is_err() {
        // Another page was faster, and the console is about to come.
        return locked.opened();
    }
    match answer.await {
        Ok(Ok(())) => locked.opened(),
        Ok(Err(NotOpened::WrongPassphrase)) => locked.page(StatusCode::FORBIDDEN, texts.get("closed-wrong")),
        Ok(Err(NotOpened::Otherwise(why))) => locked.page(StatusCode::INTERNAL_SERVER_ERROR, why),
        Err(_) => locked.page(StatusCode::SERVICE_UNAVAILABLE, String::new()),
    }
}

impl Locked {
    fn page(&self, status: StatusCode, wrong: String) -> Response {
        self.render(status, wrong, false)
    }

    fn opened(&self) -> Response {
        self.render(StatusCode::OK, String::new(), true)
    }

    fn render(&self, status: StatusCode, wrong: String, opened: bool) -> Response {
        let texts = Texts::choose(None);
        let (asks, first) = (self.tries.is_some(), self.tries.as_ref().is_some_and(|tries| tries.first));
        let (title, what) = match (opened, asks, first) {
            (true, ..) => ("closed-opened", None),
            (false, _, true) => ("closed-first", None),
            (false, true, false) => ("closed-title", Some("closed-what")),
            // Nobody can type anything that helps.
            (false, false, false) => ("closed-broken", Some("closed-broken-what")),
        };
        let (title, what) = (texts.get(title), what.map(|what| texts.get(what)).unwrap_or_default());
        // As a log has it, it begins as the middle of a line.
        let reason = capital(self.reason.trim_end_matches('.'));
        let page = Page { texts, assets: assets(), title, what, reason, asks, first, wrong, opened };
        match page.render() {
            Ok(html) => (status, axum::response::Html(html)).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
    use tower::ServiceExt;

    use super::*;

    /// The status for who posts a new passphrase from there, and whether it reached whoever opens the store.
    async fn post_from(origin: Option<&str>) -> (StatusCode, bool) {
        let (to, mut tries) = mpsc::channel(1);
        let (_over, is_over) = watch::channel(false);
        let locked = Locked { reason: String::new(), tries: Some(Tries { to, first: true }) };
        let mut request =
            Request::post("/").header(HOST, "10.0.0.1:8443").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        let request = request.body(Body::from("passphrase=long+enough+for+us&again=long+enough+for+us")).expect("one");
        let opener = async {
            let came = tries.recv().await;
            came.is_some_and(|Try { opened, .. }| opened.send(Ok(())).is_ok())
        };
        let (answer, reached) = tokio::join!(router(locked, is_over).oneshot(request), opener);
        (answer.expect("an answer").status(), reached)
    }

    #[tokio::test]
    async fn only_its_own_page_may_choose_a_passphrase() {
        assert_eq!(post_from(Some("http://10.0.0.1:8443")).await, (StatusCode::OK, true));
        assert_eq!(post_from(Some("http://shop.example")).await, (StatusCode::FORBIDDEN, false));
        assert_eq!(post_from(Some("null")).await, (StatusCode::FORBIDDEN, false));
        assert_eq!(post_from(None).await, (StatusCode::FORBIDDEN, false));
    }
}
