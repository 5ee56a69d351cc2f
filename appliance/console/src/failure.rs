//! What a handler answers when it cannot do what was asked: each variant is a status and a sentence, for pages and API alike. The
//! sentence says what the person can do; the detail behind it goes to the log, without anything personal.

use askama::Template;
use axum::Json;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use model::command::CommandError;
use serde_json::json;
use store::effect::StoreError;

use crate::auth::came_from;
use crate::http::assets::{Assets, assets};
use crate::texts::Texts;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no such page, fax or call.
    NotFound,
    /// The principal lacks the right.
    NotAllowed,
    /// The request does not come from one of our own pages.
    ForeignOrigin,
    /// Too many tries to sign in, or too many listeners.
    TooMany,
    /// What was sent cannot be understood; the sentence says what.
    Unusable(String),
    /// What was sent is larger than the settings allow.
    TooLarge,
    /// The appliance said no; its sentence.
    Command(CommandError),
    /// Nobody takes orders. Nothing was ordered.
    NotTaken,
    /// The order was handed on, but no answer came: it may have been carried out.
    Unknown,
    /// The store could not be read.
    Store,
    /// The audit could not be written, so what it would have recorded is not shown.
    NotRecorded,
    /// A page could not be drawn.
    NotDrawn,
}

impl Failure {
    const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::Command(CommandError::NotFound(_)) => StatusCode::NOT_FOUND,
            Self::NotAllowed | Self::ForeignOrigin | Self::Command(CommandError::NotAllowed(_)) => {
                StatusCode::FORBIDDEN
            }
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Unusable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Command(CommandError::NotNow(_)) => StatusCode::CONFLICT,
            Self::Command(CommandError::NotStored(_)) | Self::NotTaken | Self::Store | Self::NotRecorded => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Unknown => StatusCode::GATEWAY_TIMEOUT,
            Self::NotDrawn => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What it says to a person, in a form whose rest is good.
    pub(crate) fn sentence(&self) -> String {
        self.texts(Texts::choose(None)).1
    }

    /// A stable word for the API.
    const fn word(&self) -> &'static str {
        match self {
            Self::NotFound | Self::Command(CommandError::NotFound(_)) => "not_found",
            Self::NotAllowed | Self::Command(CommandError::NotAllowed(_)) => "not_allowed",
            Self::ForeignOrigin => "foreign_origin",
            Self::TooMany => "too_many",
            Self::Unusable(_) => "unusable",
            Self::TooLarge => "too_large",
            Self::Command(CommandError::NotNow(_)) => "not_now",
            Self::Command(CommandError::NotStored(_)) => "not_stored",
            Self::NotTaken => "not_taken",
            Self::Unknown => "unknown_outcome",
            Self::Store => "store",
            Self::NotRecorded => "not_recorded",
            Self::NotDrawn => "not_drawn",
        }
    }

    /// Title and sentence.
    fn texts(&self, texts: &Texts) -> (String, String) {
        let pair = |title: &str, sentence: &str| (texts.get(title), texts.get(sentence));
        match self {
            Self::NotFound => pair("failure-not-found", "failure-not-found-what"),
            Self::NotAllowed => pair("failure-not-allowed", "failure-not-allowed-what"),
            Self::ForeignOrigin => pair("failure-origin", "failure-origin-what"),
            Self::TooMany => pair("failure-too-many", "failure-too-many-what"),
            Self::Unusable(sentence) => (texts.get("failure-unusable"), sentence.clone()),
            Self::TooLarge => pair("failure-too-large", "failure-too-large-what"),
            Self::Command(error) => (texts.get("failure-command"), error.to_string()),
            Self::NotTaken => pair("failure-not-taken", "failure-not-taken-what"),
            Self::Unknown => pair("failure-unknown", "failure-unknown-what"),
            Self::Store => pair("failure-store", "failure-store-what"),
            Self::NotRecorded => pair("failure-not-recorded", "failure-not-recorded-what"),
            Self::NotDrawn => pair("failure-not-drawn", "failure-not-drawn-what"),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            other => {
                // The store's words hold nothing personal (its contract).
                tracing::error!(%other, "the console could not read the store");
                Self::Store
            }
        }
    }
}

/// A page of its own, without the frame of the others: whatever failed may be what the frame needs.
#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    texts: &'static Texts,
    assets: &'static Assets,
    title: String,
    sentence: String,
    /// The page of the form that was sent.
    back: Option<String>,
}

/// Who has sent a form that cannot be used is one press from where they were.
pub(crate) async fn with_way_back(request: Request, next: Next) -> Response {
    let back = came_from(request.headers()).filter(|_| request.method() == Method::POST);
    let response = next.run(request).await;
    let failure = response.extensions().get::<Failure>().filter(|_| response.status().is_client_error());
    match (back, failure.cloned()) {
        (Some(back), Some(failure)) => failure.page(Some(back)),
        _ => response,
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.page(None)
    }
}

impl Failure {
    fn page(self, back: Option<String>) -> Response {
        let texts = Texts::choose(None);
        let (title, sentence) = self.texts(texts);
        let page = FailurePage { texts, assets: assets(), title, sentence, back };
        // A template writes into memory; only a formatter that fails could end up here, and none of ours does.
        let body = page.render().unwrap_or_default();
        let mut response = (self.status(), Html(body)).into_response();
        if self == Self::TooMany {
            response.headers_mut().insert(RETRY_AFTER, axum::http::HeaderValue::from_static("10"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The same for the API: `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ApiFailure {
    /// Nobody we know: no token, or one that does not work.
    Unknown,
    /// The request cannot be read at all: which status, and why.
    Unreadable(StatusCode, String),
    /// As on a page.
    As(Failure),
}

/// Most of what is said of a request that cannot be read.
const MAX_SAID: usize = 4096;

/// A program gets a problem where a request was refused before any handler saw it, which is said in plain text.
pub(crate) async fn problems_to_programs(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_plain = kind.is_some_and(|kind| kind.starts_with("text/plain"));
    if !(is_api && is_plain && response.status().is_client_error()) {
        return response;
    }
    let status = response.status();
    let said = to_bytes(response.into_body(), MAX_SAID).await.unwrap_or_default();
    ApiFailure::Unreadable(status, String::from_utf8_lossy(&said).into_owned()).into_response()
}

impl From<Failure> for ApiFailure {
    fn from(failure: Failure) -> Self {
        Self::As(failure)
    }
}

impl IntoResponse for ApiFailure {
    fn into_response(self) -> Response {
        let texts = Texts::choose(None);
        let (status, word, (title, sentence)) = match &self {
            Self::Unknown => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                (texts.get("failure-token"), texts.get("failure-token-what")),
            ),
            Self::Unreadable(status, said) => (*status, "unusable", (texts.get("failure-unusable"), said.clone())),
            Self::As(failure) => (failure.status(), failure.word(), failure.texts(texts)),
        };
        let body = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "code": word, "detail": sentence });
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static("application/problem+json"));
        if self == Self::Unknown {
            headers.insert(axum::http::header::WWW_AUTHENTICATE, axum::http::HeaderValue::from_static("Bearer"));
        }
        response
    }
}
