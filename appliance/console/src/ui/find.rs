//! Ctrl K: finds a person, a number, a call or a fax. What the principal may not see is not searched.

use askama::Template;
use axum::extract::Query;
use model::PhoneNumber;
use model::settings::{Person, Right};
use serde::Deserialize;
use store::rows::{CallFilter, FaxFilter, Junk};

use super::calls::Past;
use super::faxes::form_urlencoded;
use super::words::FaxLine;
use super::{Answer, Ctx, Place, Shell, page as render, phone};

/// Faxes that are shown; all others are behind a link.
const MAX_FAXES: usize = 10;

/// And calls.
const MAX_CALLS: usize = 10;

/// What is looked for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    q: String,
}

/// `GET /find`.
pub(crate) async fn page(ctx: Ctx, Query(asked): Query<Asked>) -> Answer {
    let q = asked.q.trim().to_owned();
    let people = if ctx.may(Right::SeePeople) && !q.is_empty() { people(&ctx, &q) } else { Vec::new() };
    let faxes = if ctx.may(Right::SeeFaxes) && !q.is_empty() { faxes(&ctx, &q).await? } else { Vec::new() };
    let calls = if ctx.may(Right::SeeCalls) && !q.is_empty() { calls(&ctx, &q).await? } else { Vec::new() };
    let number = if ctx.may(Right::SendFaxes) { number(&ctx, &q) } else { None };
    let mut shell = ctx.shell(ctx.t("find-title"), Place::Elsewhere, &[]).await;
    shell.query.clone_from(&q);
    render(&Find {
        shell,
        sub: if q.is_empty() { ctx.t("find-type") } else { ctx.with("find-for", &[("what", (&q).into())]) },
        nothing: !q.is_empty() && people.is_empty() && faxes.is_empty() && calls.is_empty() && number.is_none(),
        number,
        people,
        faxes,
        calls,
        all_faxes: format!("/faxes?{}", form_urlencoded(&[("q", &q)]).trim_end_matches('&')),
        all_calls: format!("/calls?{}", form_urlencoded(&[("q", &q)]).trim_end_matches('&')),
    })
}

#[derive(Template)]
#[template(path = "find.html")]
struct Find {
    shell: Shell,
    sub: String,
    number: Option<(String, String)>,
    people: Vec<Found>,
    faxes: Vec<FaxLine>,
    calls: Vec<Past>,
    all_faxes: String,
    all_calls: String,
    nothing: bool,
}

/// A person who was found.
struct Found {
    name: String,
    extension: String,
    said: String,
    /// The telephone with their number on it; none for oneself.
    call: Option<String>,
}

impl Found {
    fn new(ctx: &Ctx, person: &Person) -> Self {
        let number = PhoneNumber::Internal(person.extension.clone());
        Self {
            name: person.name.expose().clone(),
            extension: person.extension.clone(),
            said: ctx.with("find-extension", &[("number", (&person.extension).into())]),
            call: phone::with_number(Some(&number)).filter(|_| person.user != ctx.principal.user),
        }
    }
}

fn people(ctx: &Ctx, q: &str) -> Vec<Found> {
    let q = q.to_lowercase();
    let found = ctx.settings.people.iter().filter(|p| {
        let mail = p.mail.as_ref().map(|m| m.expose().to_lowercase()).unwrap_or_default();
        p.name.expose().to_lowercase().contains(&q) || p.extension.starts_with(&q) || mail.contains(&q)
    });
    found.map(|person| Found::new(ctx, person)).collect()
}

async fn faxes(ctx: &Ctx, q: &str) -> Result<Vec<FaxLine>, crate::failure::Failure> {
    let named = crate::data::named(&ctx.settings, q);
    let filter = FaxFilter { search: Some(q.to_owned()), named, junk: Junk::With, ..FaxFilter::default() };
    let rows = ctx.app.store.faxes().list(filter, MAX_FAXES, None).await?;
    Ok(rows.iter().map(|row| FaxLine::new(ctx, row)).collect())
}

async fn calls(ctx: &Ctx, q: &str) -> Result<Vec<Past>, crate::failure::Failure> {
    let filter = CallFilter { search: Some(q.to_owned()), ..CallFilter::default() };
    let records = ctx.app.store.calls().list(&filter, MAX_CALLS, None).await?;
    Ok(records.iter().map(|record| Past::new(ctx, record)).collect())
}

/// A full number can be faxed to right away.
fn number(ctx: &Ctx, q: &str) -> Option<(String, String)> {
    let number = ctx.settings.numbering.parse(q).ok().filter(|n| matches!(n, PhoneNumber::E164(_)))?;
    let query = form_urlencoded(&[("to", number.as_str())]);
    Some((ctx.number(&number), format!("/send?{}", query.trim_end_matches('&'))))
}
