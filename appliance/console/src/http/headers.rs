//! The strict headers, on every answer whatever made it. A handler may set its own `Cache-Control`, `Content-Security-Policy` or
//! `Permissions-Policy`; all
//! else is set here, so that a new page cannot forget one.

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::App;

/// Nothing from elsewhere, no inline script or style, no frame around us (DESIGN invariant 9).
pub(crate) const POLICY: &str =
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    // Other sites learn nothing of our addresses. Ours must learn where a form was sent from: under "no-referrer" browsers name no origin, and
    // over http in a network the origin is all that they say (`crate::auth::same_origin`).
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// What no page may ask a person for. Only the telephone needs more, and says so itself.
const PERMISSIONS: (HeaderName, HeaderValue) = (
    HeaderName::from_static("permissions-policy"),
    HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
);

/// Puts the headers on an answer.
pub(crate) async fn strict(State(app): State<App>, request: Request, next: Next) -> Response {
    harden(next.run(request).await, app.https)
}

/// The same, where there is no console yet ([`crate::locked`]).
pub(crate) async fn strict_while_locked(request: Request, next: Next) -> Response {
    harden(next.run(request).await, false)
}

fn harden(mut response: Response, https: bool) -> Response {
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    // Personal unless a handler knows better: no browser or proxy keeps a copy.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let (name, value) = PERMISSIONS;
    headers.entry(name).or_insert(value);
    headers.extend(ALWAYS);
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}
