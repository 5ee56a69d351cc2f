//! Where browser phones come in: `/ws/sip` becomes a SIP WebSocket (RFC 7118, RFC 6455 section 4.2), and its raw stream is handed to the
//! program. Nothing of SIP is known here.
//!
//! It needs no session, since a phone shows by its digest who it is. But a page of another site, open in a browser inside the clinic, must
//! not reach the switchboard through that browser: its `Origin` is checked.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    CONNECTION, HOST, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;

use crate::App;

/// A connection that became a SIP WebSocket.
pub type SipStream = TokioIo<Upgraded>;
/// Takes it over.
pub type TakeSip = dyn Fn(SipStream, SocketAddr) + Send + Sync;

/// From where pages may open a SIP WebSocket, besides from this console.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// Whole origins: `https://phones.clinic.example`.
    pub listed: Vec<String>,
    /// Any page that this computer serves itself: the demo is for programs that are being written.
    pub loopback: bool,
}

/// `GET /ws/sip`.
#[allow(clippy::disallowed_methods, reason = "an upgraded connection outlives its request")]
pub(crate) async fn upgrade(State(app): State<App>, mut request: Request) -> Response {
    let headers = request.headers();
    let domain = app.settings.borrow().domain.clone();
    if !may_come(headers, &app.sip_origins, &domain) {
        return refused(StatusCode::FORBIDDEN, "a page of another site may not open a phone here");
    }
    let Some(accept) = accept_key(headers) else {
        let mut answer = refused(StatusCode::UPGRADE_REQUIRED, "this is a SIP WebSocket (RFC 7118), version 13");
        answer.headers_mut().insert(SEC_WEBSOCKET_VERSION, axum::http::HeaderValue::from_static("13"));
        return answer;
    };
    if !has_token(headers, &SEC_WEBSOCKET_PROTOCOL, "sip") {
        return refused(StatusCode::BAD_REQUEST, "the subprotocol must be sip (RFC 7118 section 4)");
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
    let (Some(take), Some(peer)) = (app.sip.clone(), peer) else {
        return refused(StatusCode::NOT_FOUND, "there is no phone system behind this console");
    };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(upgraded) = upgraded.await {
            take(TokioIo::new(upgraded), peer);
        }
    });
    let headers = [
        (CONNECTION, "Upgrade".to_owned()),
        (UPGRADE, "websocket".to_owned()),
        (SEC_WEBSOCKET_PROTOCOL, "sip".to_owned()),
        (SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

fn refused(status: StatusCode, why: &'static str) -> Response {
    (status, why).into_response()
}

/// What proves that we read the request (RFC 6455 section 4.2.2); `None` if it asks for no WebSocket of our version.
pub(crate) fn accept_key(headers: &HeaderMap) -> Option<String> {
    /// Section 1.3.
    const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    let wanted = has_token(headers, &CONNECTION, "upgrade") && has_token(headers, &UPGRADE, "websocket");
    let version = text(headers, &SEC_WEBSOCKET_VERSION)? == "13";
    let key = text(headers, &SEC_WEBSOCKET_KEY)?;
    (wanted && version && BASE64_STANDARD.decode(key).is_ok_and(|k| k.len() == 16)).then(|| {
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{GUID}").as_bytes());
        BASE64_STANDARD.encode(digest)
    })
}

/// True if the request was made by a program that is no browser, by a page of ours, or by one that the settings name.
///
/// A page of ours is one whose host is the one that was asked; but that host must be an address or a name that is ours, or a site could
/// point its own name at us (DNS rebinding).
fn may_come(headers: &HeaderMap, origins: &Origins, domain: &str) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if origins.listed.iter().any(|o| o.eq_ignore_ascii_case(origin)) {
        return true;
    }
    let Some(authority) = origin.parse::<Uri>().ok().and_then(|uri| uri.authority().cloned()) else { return false };
    let host = authority.host().trim_matches(['[', ']']);
    let ip = host.parse::<IpAddr>().ok();
    let local = host.eq_ignore_ascii_case("localhost") || ip.is_some_and(|ip| ip.is_loopback());
    if origins.loopback && local {
        return true;
    }
    let host = host.to_ascii_lowercase();
    let domain = domain.to_ascii_lowercase();
    let inside =
        host.strip_suffix(&domain).is_some_and(|rest| !domain.is_empty() && (rest.is_empty() || rest.ends_with('.')));
    let same = text(headers, &HOST).is_some_and(|h| h.eq_ignore_ascii_case(authority.as_str()));
    same && (local || ip.is_some() || inside)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// True if a comma list has this word.
fn has_token(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|v| v.to_str().ok());
    values.flat_map(|v| v.split(',')).any(|w| w.trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn the_key_of_the_rfc() {
        // RFC 6455 section 1.3.
        let mut asked = headers(&[
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ]);
        assert_eq!(accept_key(&asked).as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        asked.insert("sec-websocket-version", HeaderValue::from_static("8"));
        assert_eq!(accept_key(&asked), None);
    }

    #[test]
    fn no_page_of_another_site_reaches_the_switchboard() {
        let none = Origins::default();
        let from = |host, origin, origins: &Origins| {
            may_come(&headers(&[("host", host), ("origin", origin)]), origins, "clinic.example")
        };
        assert!(may_come(&headers(&[("host", "10.0.0.1:8443")]), &none, "clinic.example"), "no browser");
        assert!(from("10.0.0.1:8443", "https://10.0.0.1:8443", &none));
        assert!(from("[fd00::1]:8443", "https://[fd00::1]:8443", &none));
        assert!(from("desk.clinic.example", "https://desk.clinic.example", &none));
        assert!(!from("10.0.0.1:8443", "https://evil.example", &none));
        assert!(!from("10.0.0.1:8443", "null", &none));
        assert!(!from("evil.example:8443", "http://evil.example:8443", &none), "a name that was pointed at us");
        assert!(!from("evilclinic.example", "http://evilclinic.example", &none));
        assert!(!from("127.0.0.1:8080", "http://localhost:3000", &none));
        assert!(from("127.0.0.1:8080", "http://localhost:3000", &Origins { loopback: true, ..Origins::default() }));
        let listed = Origins { listed: vec!["https://phones.example".to_owned()], loopback: false };
        assert!(from("10.0.0.1:8443", "https://phones.example", &listed));
    }
}
