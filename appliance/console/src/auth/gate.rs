//! The door before every handler.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{COOKIE, HOST};
use axum::http::{Extensions, HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::{Begun, Pass, Principal, Proof, same_origin};
use crate::App;
use crate::failure::{ApiFailure, Failure};
use crate::routes::{Face, Need};

/// What the gate of one route knows.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) app: App,
    pub(crate) need: Need,
    pub(crate) face: Face,
}

/// Lets a request through to its handler, with its [`Principal`], or answers in its place.
pub(crate) async fn gate(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let method = request.method().clone();
    if guard.need == Need::Nothing {
        // Even a sign-in must come from our own page, or another site could sign a browser in as somebody else.
        return if guard.face == Face::Page && !same_origin(&method, request.headers()) {
            Failure::ForeignOrigin.into_response()
        } else {
            next.run(request).await
        };
    }
    if matches!(guard.need, Need::LoopbackOr(_)) && is_local(&request) {
        return next.run(request).await;
    }
    let Some(mut principal) = identify(&guard.app, guard.need, request.headers()).await else {
        return guard.unknown(request.headers());
    };
    if principal.proof == Proof::Session && !same_origin(&method, request.headers()) {
        return guard.refuse(Failure::ForeignOrigin);
    }
    let allowed = match guard.need {
        Need::Nothing | Need::Person | Need::Telephone => true,
        Need::Right(right) | Need::LoopbackOr(right) => principal.may(right),
        Need::Rights(one, other) => principal.may(one) && principal.may(other),
    };
    if !allowed {
        return guard.refuse(Failure::NotAllowed);
    }
    principal.looks = method != Method::HEAD;
    request.extensions_mut().insert(principal);
    next.run(request).await
}

impl Guard {
    fn unknown(&self, headers: &HeaderMap) -> Response {
        match self.face {
            Face::Api => ApiFailure::Unknown.into_response(),
            // A page that refreshes itself cannot follow a redirect to a whole other page; htmx is told to go there.
            Face::Page if headers.contains_key("hx-request") => {
                (axum::http::StatusCode::UNAUTHORIZED, [("hx-redirect", "/login")]).into_response()
            }
            Face::Page => Redirect::to("/login").into_response(),
        }
    }

    fn refuse(&self, failure: Failure) -> Response {
        match self.face {
            Face::Api => ApiFailure::from(failure).into_response(),
            Face::Page => failure.into_response(),
        }
    }
}

/// Who asks: by session cookie, or by API token.
async fn identify(app: &App, need: Need, headers: &HeaderMap) -> Option<Principal> {
    let pass = Pass::of(headers)?;
    if let Pass::Session(secret) = &pass {
        let by_hand = is_by_hand(headers);
        match need {
            Need::Telephone => app.sessions.telephone_of(secret, by_hand)?,
            _ => app.sessions.user_of(secret, by_hand)?,
        };
        app.sessions.write_use(secret).await;
    }
    pass.holder(app).await
}

/// Cookies know hosts but no ports: two appliances on one address would sign each other's browsers out, so the name carries the port.
fn cookie_name(headers: &HeaderMap) -> String {
    let port = headers.get(HOST).and_then(|h| h.to_str().ok()).and_then(|h| h.rsplit_once(':')).map(|(_, port)| port);
    match port {
        Some(port) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => format!("frontdesk_{port}"),
        _ => "frontdesk".to_owned(),
    }
}

/// The secret of the session cookie.
pub(crate) fn cookie_of(headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(headers);
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, value)| value.to_owned())
}

/// The `Set-Cookie` value that begins a session. The browser keeps it so long, or until it is closed if nothing is said.
pub(crate) fn session_cookie(headers: &HeaderMap, begun: &Begun, https: bool) -> String {
    let secure = if https { "; Secure" } else { "" };
    let kept = begun.keeps.map(|kept| format!("; Max-Age={}", kept.as_secs())).unwrap_or_default();
    format!("{}={}; Path=/; HttpOnly; SameSite=Lax{kept}{secure}", cookie_name(headers), begun.secret)
}

/// The `Set-Cookie` value that ends it.
pub(crate) fn expired_cookie(headers: &HeaderMap) -> String {
    format!("{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0", cookie_name(headers))
}

/// The address of the other end, where the server was told to note it.
pub(crate) fn peer_of(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical())
}

/// True if a person asked: for a page that refreshes itself, and for the pictures and streams of a page, nobody did. Only a person keeps
/// a session alive: also who types on a page for long, which its script says once a minute. A browser that does not say (`Sec-Fetch-Mode`) is
/// believed to be used.
fn is_by_hand(headers: &HeaderMap) -> bool {
    let navigates = || headers.get("sec-fetch-mode").is_none_or(|mode| mode == "navigate");
    headers.contains_key("x-typed") || !headers.contains_key("x-live") && navigates()
}

/// From this machine, and not handed on by a proxy on it.
fn is_local(request: &Request) -> bool {
    let handed_on = ["forwarded", "x-forwarded-for"].iter().any(|h| request.headers().contains_key(*h));
    !handed_on && peer_of(request.extensions()).is_some_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever types for an hour is there; a page that refreshes itself, and its pictures, are nobody.
    #[test]
    fn who_types_is_there_and_what_comes_by_itself_is_nobody() {
        let by_hand = |all: &[(&'static str, &'static str)]| {
            let headers = all.iter().map(|(name, value)| {
                (axum::http::HeaderName::from_static(name), axum::http::HeaderValue::from_static(value))
            });
            is_by_hand(&headers.collect())
        };
        let (script, person) = (("sec-fetch-mode", "cors"), ("sec-fetch-mode", "navigate"));
        assert!(by_hand(&[person]) && by_hand(&[]) && by_hand(&[script, ("x-typed", "1")]));
        assert!(!by_hand(&[script]) && !by_hand(&[script, ("x-live", "1")]) && !by_hand(&[("x-live", "1")]));
    }
}
