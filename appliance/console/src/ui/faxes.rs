//! The list of faxes. Filter and search stand in the address, so that a link keeps them.

use askama::Template;
use axum::extract::Query;
use model::FaxId;
use model::fax::Direction;
use model::settings::Right;
use serde::Deserialize;
use store::rows::{FaxFilter, Junk};

use super::words::FaxLine;
use super::{Answer, Ctx, Place, Shell, page as render};
use crate::data;
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
        named: data::named(&ctx.settings, &q),
        folder: (!asked.folder.is_empty()).then(|| asked.folder.clone()),
        junk: match asked.show.as_str() {
            "junk" => Junk::Only,
            // Nobody waits for junk, and it is nobody's.
            "needs" | "mine" => Junk::Without,
            // What was taken for junk by mistake is found by whoever looks for it.
            _ if !q.is_empty() => Junk::With,
            _ => Junk::Without,
        },
    };
    let rows = ctx.app.store.faxes().list(filter, PER_PAGE, before).await?;
    let needs = data::needs_person(&ctx.app).await?;
    let show =
        if ["in", "out", "needs", "mine", "junk"].contains(&asked.show.as_str()) { asked.show } else { String::new() };
    let chosen = Chosen { show: &show, q: &q, folder: &asked.folder };
    let older = rows.last().filter(|_| rows.len() == PER_PAGE).map(|r| chosen.href(Some(r.id)));
    render(&Faxes {
        shell: ctx.shell(ctx.t("nav-faxes"), Place::Faxes, &["live-fax"]).await,
        sub: ctx.with("faxes-needs-count", &[("count", needs.into())]),
        may_fetch: ctx.may(Right::SendFaxes),
        tabs: tabs(&ctx, chosen),
        empty_what: ctx.t(match show.as_str() {
            "needs" => "faxes-empty-needs",
            "mine" => "faxes-empty-mine",
            _ => "faxes-empty-what",
        }),
        rows: rows.iter().map(|row| FaxLine::new(&ctx, row)).collect(),
        folders: folders(&ctx, chosen).await?,
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

/// What is chosen: whoever changes one of it keeps the others.
#[derive(Clone, Copy)]
struct Chosen<'a> {
    show: &'a str,
    q: &'a str,
    folder: &'a str,
}

impl Chosen<'_> {
    fn href(self, before: Option<FaxId>) -> String {
        let before = before.map(|id| id.to_string()).unwrap_or_default();
        let query =
            form_urlencoded(&[("show", self.show), ("q", self.q), ("folder", self.folder), ("before", &before)]);
        if query.is_empty() { "/faxes".to_owned() } else { format!("/faxes?{}", query.trim_end_matches('&')) }
    }
}

fn tabs(ctx: &Ctx, chosen: Chosen<'_>) -> Vec<Tab> {
    let all = [
        ("", "faxes-all"),
        ("needs", "faxes-needs"),
        ("mine", "faxes-mine"),
        ("in", "faxes-in"),
        ("out", "faxes-out"),
        ("junk", "faxes-junk"),
    ];
    let tab = |(show, title): (&str, &str)| {
        let href = Chosen { show, ..chosen }.href(None);
        Tab { title: ctx.t(title), href, current: show == chosen.show }
    };
    all.into_iter().map(tab).collect()
}

/// The folders of the inbox, and the way back to all of it; nothing if there is none.
async fn folders(ctx: &Ctx, chosen: Chosen<'_>) -> Result<Vec<Tab>, Failure> {
    let names = ctx.app.store.faxes().folders().await?;
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let tab = |folder: &str, title: String| {
        let href = Chosen { folder, ..chosen }.href(None);
        Tab { title, href, current: folder == chosen.folder }
    };
    let all = tab("", ctx.t("faxes-all-folders"));
    Ok(std::iter::once(all).chain(names.into_iter().map(|name| tab(&name, name.clone()))).collect())
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
