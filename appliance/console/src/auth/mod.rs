//! Who asks, and whether they may. Deny is the default: every route stands in one table (`crate::routes`) with what it needs, and
//! [`gate`] runs before its handler. A request without a known principal is sent to the sign-in page (pages) or gets a 401 (API);
//! a principal without the right gets a 403. Rights are looked up in the settings at every request, so that taking one away works at once.

mod gate;
mod limit;
mod origin;
mod pass;
mod sessions;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use model::Pii;
use model::settings::Right;

use crate::App;

pub(crate) use gate::{Guard, cookie_of, expired_cookie, gate, peer_of, session_cookie};
pub(crate) use limit::Limiter;
pub(crate) use origin::{came_from, reached_at, same_origin};
pub(crate) use pass::Pass;
pub use sessions::Sessions;
pub(crate) use sessions::{Begun, LINK_LIFE};

/// How a principal showed who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// A cookie of a browser: such a request may be forged by another site, so it must also show where it comes from.
    Session,
    /// A token in the `Authorization` header: no other site can make a browser send it.
    Token,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    /// The user, for audit and commands.
    pub(crate) user: String,
    /// Their name, for pages.
    pub(crate) name: Pii<String>,
    /// What they may do now.
    pub(crate) rights: Vec<Right>,
    /// How they showed it.
    pub(crate) proof: Proof,
    /// They get to see what they ask for. Who asks for the head of an answer alone (`HEAD`) gets nothing of it: that is no look at anything.
    pub(crate) looks: bool,
}

impl Principal {
    /// This user, if they are one of the clinic's people.
    pub(crate) fn of(app: &App, user: String, proof: Proof) -> Option<Self> {
        let settings = app.settings.borrow().clone();
        let person = settings.person(&user)?;
        Some(Self { name: person.name.clone(), rights: person.rights.clone(), user, proof, looks: true })
    }

    pub(crate) fn may(&self, right: Right) -> bool {
        self.rights.contains(&right)
    }
}

impl<S: Sync> FromRequestParts<S> for Principal {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        // The gate puts it there for every route that is not open; a handler of an open route that asks for one is a fault of ours.
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}
