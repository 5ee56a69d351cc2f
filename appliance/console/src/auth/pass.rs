//! By what somebody showed who they are, to ask again while an answer is on its way whether it still holds.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::{Principal, Proof, cookie_of};
use crate::{App, data};

/// A session's secret or a token. It prints nothing of either.
#[derive(Clone)]
pub(crate) enum Pass {
    /// Of a browser's cookie.
    Session(String),
    /// Of a program.
    Token(String),
}

impl Pass {
    /// What comes with a request. A token goes before a cookie.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        match bearer_of(headers) {
            Some(token) => Some(Self::Token(token.to_owned())),
            None => cookie_of(headers).map(Self::Session),
        }
    }

    /// Whose it is now, with the rights that they have now. The user must still be one of the clinic's people. Also at a desk that was left: what was
    /// begun there goes on, as a long recording does while nobody touches the page.
    pub(crate) async fn holder(&self, app: &App) -> Option<Principal> {
        match self {
            Self::Token(token) => data::principal_of_token(app, token).await,
            Self::Session(secret) => {
                let user = app.sessions.telephone_of(secret, false)?;
                Principal::of(app, user, Proof::Session)
            }
        }
    }

    /// False of a session whose pages have signed themselves off, since nobody was at them.
    pub(crate) fn is_at_its_desk(&self, app: &App) -> bool {
        match self {
            Self::Token(_) => true,
            Self::Session(secret) => app.sessions.user_of(secret, false).is_some(),
        }
    }
}

fn bearer_of(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
