//! Where our own telephone page comes in: `/ws/phone` becomes a WebSocket, and its raw stream is handed to the program together with who is at
//! the other end. What is said on it is the program's affair.
//!
//! Who it is comes from the session alone, which the gate has seen; an API token opens no telephone, since it does not end when a desk is
//! left. And the page must be one of ours: a browser sends our cookie also with a WebSocket that another site opens.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{CONNECTION, ORIGIN, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::TokioIo;
use model::Pii;

use crate::App;
use crate::auth::{Principal, Proof, cookie_of, same_origin};
use crate::sip::{SipStream, accept_key};

/// True until a session's working day is over or its person signs out, and while they are one of the clinic's. Its argument says that they did
/// something just now, which keeps the session's pages open.
pub type SignedIn = dyn Fn(bool) -> bool + Send + Sync;

/// A page that wants to be a telephone.
pub struct PhoneVisit {
    /// Its connection, a WebSocket from here on.
    pub stream: SipStream,
    /// Where the browser is.
    pub remote: SocketAddr,
    /// Whose telephone it is.
    pub user: String,
    /// Their name.
    pub name: Pii<String>,
    /// Whether that still holds.
    pub signed_in: Arc<SignedIn>,
}

/// Takes it over.
pub type TakePhone = dyn Fn(PhoneVisit) + Send + Sync;

impl std::fmt::Debug for PhoneVisit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PhoneVisit")
    }
}

/// `GET /ws/phone`. `HEAD` asks whether a telephone of this session may still come here; the gate has said no to all others.
#[allow(clippy::disallowed_methods, reason = "an upgraded connection outlives its request")]
pub(crate) async fn upgrade(State(app): State<App>, principal: Principal, mut request: Request) -> Response {
    if request.method() == Method::HEAD {
        return StatusCode::NO_CONTENT.into_response();
    }
    let headers = request.headers();
    // A GET changes nothing, says the gate; this one does.
    let ours = headers.contains_key(ORIGIN) && same_origin(&Method::POST, headers);
    let secret = cookie_of(headers).filter(|_| principal.proof == Proof::Session && ours);
    let Some(secret) = secret else {
        return (StatusCode::FORBIDDEN, "only the telephone page of this console may come here").into_response();
    };
    let Some(accept) = accept_key(headers) else {
        return (StatusCode::UPGRADE_REQUIRED, "this is a WebSocket, version 13").into_response();
    };
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
    let (Some(take), Some(remote)) = (app.phone.clone(), peer) else {
        return (StatusCode::NOT_FOUND, "there is no phone system behind this console").into_response();
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgraded.await {
            let (user, name) = (principal.user.clone(), principal.name);
            let signed_in = Arc::new(move |by_hand| lasts(&app, &secret, &principal.user, by_hand));
            take(PhoneVisit { stream: TokioIo::new(upgraded), remote, user, name, signed_in });
        }
    });
    let headers =
        [(CONNECTION, "Upgrade".to_owned()), (UPGRADE, "websocket".to_owned()), (SEC_WEBSOCKET_ACCEPT, accept)];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

fn lasts(app: &App, secret: &str, user: &str, by_hand: bool) -> bool {
    let same = app.sessions.telephone_of(secret, by_hand).as_deref() == Some(user);
    same && app.settings.borrow().person(user).is_some()
}
