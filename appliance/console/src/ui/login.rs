//! Signing in by a one-time link, and signing out. Opening the link shows a button and changes nothing, because mail scanners open links
//! too; pressing the button uses it up. Every press is audited, whether it worked or not.

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{Answer, page, page_with};
use crate::api::PerhapsForm;
use crate::auth::{Principal, cookie_of, expired_cookie, peer_of, session_cookie};
use crate::failure::Failure;
use crate::http::assets::{Assets, assets};
use crate::texts::Texts;
use crate::{App, data};

/// `GET /login`: how to get a link.
pub(crate) async fn how(State(app): State<App>) -> Answer {
    page(&Login::new(&app, Link::None))
}

/// `GET /login/{secret}`: a button.
pub(crate) async fn link(State(app): State<App>, Path(secret): Path<String>, peer: Peer) -> Answer {
    if !app.limiter.allows(peer.0, app.clock.now().instant) {
        return Err(Failure::TooMany);
    }
    if app.sessions.link_works(&secret).await? {
        page(&Login::new(&app, Link::Works(format!("/login/{secret}"))))
    } else {
        page_with(StatusCode::GONE, &Login::new(&app, Link::Used))
    }
}

/// What the form of a link says.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    /// They stay signed in on this computer.
    stay: Option<String>,
}

/// `POST /login/{secret}`: signs in.
pub(crate) async fn redeem(
    State(app): State<App>,
    Path(secret): Path<String>,
    peer: Peer,
    headers: HeaderMap,
    PerhapsForm(asked): PerhapsForm<Asked>,
) -> Result<Response, Failure> {
    if !app.limiter.allows(peer.0, app.clock.now().instant) {
        return Err(Failure::TooMany);
    }
    let Some(begun) = app.sessions.redeem(&secret, asked.stay.is_some()).await? else {
        for line in app.limiter.refused(peer.0, app.clock.now().instant) {
            data::audit(&app, "", "login_refused", &line).await?;
        }
        return page_with(StatusCode::GONE, &Login::new(&app, Link::Used));
    };
    end_another(&app, &headers, &begun.user).await?;
    Ok(([(SET_COOKIE, session_cookie(&headers, &begun, app.https))], Redirect::to("/")).into_response())
}

/// Whoever was signed in at this browser and is somebody else is signed out: their telephone would ring on at a desk that is not theirs now.
async fn end_another(app: &App, headers: &HeaderMap, user: &str) -> Result<(), Failure> {
    let Some(secret) = cookie_of(headers) else { return Ok(()) };
    // Also of a desk that was left, where no page is open any more.
    let before = app.sessions.telephone_of(&secret, false);
    let Some(before) = before.filter(|before| before != user) else { return Ok(()) };
    app.sessions.end(&secret, &before).await.map_err(data::not_recorded)
}

/// `POST /logout`.
pub(crate) async fn out(
    State(app): State<App>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    match cookie_of(&headers) {
        Some(secret) => app.sessions.end(&secret, &principal.user).await.map_err(data::not_recorded)?,
        None => data::audit(&app, &principal.user, "logout", "").await?,
    }
    Ok(([(SET_COOKIE, expired_cookie(&headers))], Redirect::to("/login")).into_response())
}

/// The address of the other end, for the limit of tries.
pub(crate) struct Peer(Option<std::net::IpAddr>);

impl<S: Sync> axum::extract::FromRequestParts<S> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        let extensions: &Extensions = &parts.extensions;
        Ok(Self(peer_of(extensions)))
    }
}

enum Link {
    None,
    Works(String),
    Used,
}

#[derive(Template)]
#[template(path = "login.html")]
struct Login {
    texts: &'static Texts,
    assets: &'static Assets,
    clinic: String,
    link: Link,
    /// "Stay signed in on this computer for 30 days", where the clinic allows it.
    stay: Option<String>,
}

impl Login {
    fn new(app: &App, link: Link) -> Self {
        let clinic = app.settings.borrow().clinic_name.clone();
        let texts = Texts::choose(None);
        let days = app.sessions.stay().map(|stay| stay.as_secs() / 86_400);
        let stay = days.map(|days| texts.with("login-stay", &[("days", days.into())]));
        Self { texts, assets: assets(), clinic, link, stay }
    }
}
