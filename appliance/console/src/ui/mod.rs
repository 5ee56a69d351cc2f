//! The pages. Each page module has its handler on top, then the view it fills, then what it says; templates only lay out.

mod chart;
mod checked;
mod door;
mod ladder;
mod shell;
mod sound;
mod steps;
mod undelivered;
mod words;

pub(crate) mod access;
pub(crate) mod alerts;
pub(crate) mod call_statistics;
pub(crate) mod callbacks;
pub(crate) mod calls;
pub(crate) mod decide;
pub(crate) mod fax;
pub(crate) mod faxes;
pub(crate) mod fetch;
pub(crate) mod filing;
pub(crate) mod find;
pub(crate) mod handing;
pub(crate) mod live;
pub(crate) mod live_call;
pub(crate) mod login;
pub(crate) mod missed;
pub(crate) mod offer;
pub(crate) mod pages;
pub(crate) mod password;
pub(crate) mod people;
pub(crate) mod phone;
pub(crate) mod plan;
pub(crate) mod queues;
pub(crate) mod receipt;
pub(crate) mod recording;
pub(crate) mod send;
pub(crate) mod settings;
pub(crate) mod staff;
pub(crate) mod statistics;
pub(crate) mod switches;
pub(crate) mod today;
pub(crate) mod turned_away;
pub(crate) mod voicemail;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::failure::Failure;

pub(crate) use shell::{Ctx, Place, Shell};

/// What a page handler gives.
pub(crate) type Answer = Result<Response, Failure>;

/// A label with a number or word behind it, in a list of facts.
pub(crate) type Fact = (String, String);

fn page(template: &impl Template) -> Answer {
    page_with(StatusCode::OK, template)
}

fn page_with(status: StatusCode, template: &impl Template) -> Answer {
    // A template writes into memory and calls nothing that can fail; if one did, the page would be broken, not half shown.
    match template.render() {
        Ok(body) => Ok((status, Html(body)).into_response()),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            Err(Failure::NotDrawn)
        }
    }
}
