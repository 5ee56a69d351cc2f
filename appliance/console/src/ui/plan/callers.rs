//! What the clinic calls numbers outside: phones show it beside the number of whoever calls.

use askama::Template;
use axum::http::StatusCode;
use plan::edit::Change;

use super::super::{Answer, Ctx, Place, Shell, page_with};
use super::edit::mark;
use super::forms::{self, Fields, Posted, Sent, Slip, SlipView, full_number};
use super::hours::Broken;

const PAGE: &str = "/plan/names";

/// `GET /plan/names`.
pub(crate) async fn names_page(ctx: Ctx) -> Answer {
    show(&ctx, &Slip::default(), StatusCode::OK).await
}

/// `POST /plan/names/{what}`.
pub(crate) async fn change_names(ctx: Ctx, posted: Posted) -> Answer {
    match posted.change(&ctx, PAGE, |_, sent| wanted(&ctx, sent)).await? {
        Ok(done) => Ok(done),
        Err(slip) => show(&ctx, &slip, slip.status()).await,
    }
}

fn wanted(ctx: &Ctx, sent: &Sent) -> Result<Change, String> {
    let number = full_number(ctx, sent.fields.said("number"), "names-inside")?;
    match (sent.what.as_str(), sent.fields.said("name")) {
        ("remove", _) => Ok(Change::Name(number, None)),
        ("set", "") => Err(ctx.t("names-no-name")),
        ("set", name) => Ok(Change::Name(number, Some(name.to_owned()))),
        _ => Err(ctx.t("form-gone")),
    }
}

async fn show(ctx: &Ctx, slip: &Slip, status: StatusCode) -> Answer {
    let shell = ctx.shell(ctx.t("names-title"), Place::Plan, &[]).await;
    let Some(editor) = forms::editor(ctx) else {
        return page_with(status, &Broken { shell });
    };
    let typed = slip.of("set");
    let value = |field: &str| typed.map_or("", |fields: &Fields| fields.said(field)).to_owned();
    let mut names: Vec<_> = editor
        .names()
        .iter()
        .map(|(number, name)| NameRow {
            name: name.clone(),
            said: ctx.number(number),
            number: number.as_str().to_owned(),
        })
        .collect();
    names.sort_by_key(|row| row.name.to_lowercase());
    let page = NamesPage {
        slip: &slip.said,
        over: mark(&ctx.settings),
        names,
        number: value("number"),
        name: value("name"),
        shell,
    };
    page_with(status, &page)
}

#[derive(Template)]
#[template(path = "plan_names.html")]
struct NamesPage<'a> {
    shell: Shell,
    slip: &'a SlipView,
    over: String,
    names: Vec<NameRow>,
    number: String,
    name: String,
}

struct NameRow {
    name: String,
    said: String,
    number: String,
}
