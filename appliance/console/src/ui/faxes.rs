//! The list of faxes. Filter and search stand in the address, so that a link keeps them.

use askama::Template;
use axum::extract::Query;
use model::FaxId;
use model::fax::Direction;
use model::settings::Right;
use serde::Deserialize;
use store::rows::FaxFilter;

use super::words::FaxLine;
use super::{Answer, Ctx, Place, Shell, page as render};
use crate::failure::Failure;

/// Faxes on one page of the list.
pub(crate) const PER_PAGE: usize = 50;

/// What the address may say.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    show: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    folder: String,
    before: Option<String>,
}

/// `GET /faxes`.
pub(crate) async fn page(ctx: Ctx, Query(asked): Query<Asked>) -> Answer {
    let q = asked.q.trim().to_owned();
    let before: Option<FaxId> = asked.before.map(|b| b.parse()).transpose().map_err(|_| Failure::NotFound)?;
    let filter = FaxFilter {
        direction: match asked.show.as_str() {
            "in" => Some(Direction::In),
            "out" => Some(Direction::Out),
            _ => None,
        },
        needs_person: asked.show == "needs",
        mine: (asked.show == "mine").then(|| ctx.principal.user.clone()),
        search: (!q.is_empty()).then(|| q.clone()),
        folder: (!asked.folder.is_empty()).then(|| asked.folder.clone()),
        junk: asked.show == "junk",
    };
    let rows = ctx.app.store.faxes().list(filter, PER_PAGE, before).await?;
    let needs = crate::data::needs_person(&ctx.app).await?;
    let show =
        if ["in", "out", "needs", "mine", "junk"].contains(&asked.show.as_str()) { asked.show } else { String::new() };
    let older = rows.last().filter(|_| rows.len() == PER_PAGE).map(|r| {
        let mut query = form_urlencoded(&[("show", &show), ("q", &q), ("folder", &asked.folder)]);
        query.push_str(&format!("before={}", r.id));
        format!("/faxes?{query}")
    });
    render(&Faxes {
        shell: ctx.shell(ctx.t("nav-faxes"), Place::Faxes, &["live-fax"]).await,
        sub: ctx.with("faxes-needs-count", &[("count", needs.into())]),
        may_fetch: ctx.may(Right::SendFaxes),
        tabs: tabs(&ctx, &show, &q),
        empty_what: ctx.t(match show.as_str() {
            "needs" => "faxes-empty-needs",
            "mine" => "faxes-empty-mine",
            _ => "faxes-empty-what",
        }),
        rows: rows.iter().map(|row| FaxLine::new(&ctx, row)).collect(),
        folders: folders(&ctx, &asked.folder).await?,
        folder: asked.folder,
        show,
        q,
        older,
    })
}

#[derive(Template)]
#[template(path = "faxes.html")]
struct Faxes {
    shell: Shell,
    sub: String,
    may_fetch: bool,
    tabs: Vec<Tab>,
    show: String,
    q: String,
    empty_what: String,
    rows: Vec<FaxLine>,
    folders: Vec<Tab>,
    folder: String,
    older: Option<String>,
}

struct Tab {
    title: String,
    href: String,
    current: bool,
}

fn tabs(ctx: &Ctx, show: &str, q: &str) -> Vec<Tab> {
    let all = [
        ("", "faxes-all"),
        ("needs", "faxes-needs"),
        ("mine", "faxes-mine"),
        ("in", "faxes-in"),
        ("out", "faxes-out"),
        ("junk", "faxes-junk"),
    ];
    let tab = |(word, title): (&str, &str)| {
        let query = form_urlencoded(&[("show", word), ("q", q)]);
        let href =
            if query.is_empty() { "/faxes".to_owned() } else { format!("/faxes?{}", query.trim_end_matches('&')) };
        Tab { title: ctx.t(title), href, current: word == show }
    };
    all.into_iter().map(tab).collect()
}

/// The folders of the inbox, and the way back to all of it; nothing if there is none.
async fn folders(ctx: &Ctx, chosen: &str) -> Result<Vec<Tab>, Failure> {
    let names = ctx.app.store.faxes().folders().await?;
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let all = Tab { title: ctx.t("faxes-all-folders"), href: "/faxes".to_owned(), current: chosen.is_empty() };
    let tab = |name: String| {
        let query = form_urlencoded(&[("folder", &name)]);
        Tab { current: name == chosen, href: format!("/faxes?{}", query.trim_end_matches('&')), title: name }
    };
    Ok(std::iter::once(all).chain(names.into_iter().map(tab)).collect())
}

/// Pairs with a value, encoded for a query (application/x-www-form-urlencoded), each followed by "&".
pub(crate) fn form_urlencoded(pairs: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        out.push_str(name);
        out.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => out.push(char::from(byte)),
                b' ' => out.push('+'),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
        out.push('&');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::form_urlencoded;

    #[test]
    fn what_a_person_typed_cannot_leave_its_place_in_an_address() {
        let hostile = form_urlencoded(&[("show", ""), ("q", "a&b=c d\"<é")]);
        assert_eq!(hostile, "q=a%26b%3Dc+d%22%3C%C3%A9&");
    }
}
