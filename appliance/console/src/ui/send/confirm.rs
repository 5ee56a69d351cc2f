//! The page that asks once more before a fax is sent: each number written back, with what became of the last faxes to it.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use model::PhoneNumber;
use model::fax::FaxState;
use model::sending::Priority;
use store::rows::FaxRow;

use super::{Draft, document_line, draft, form_href};
use crate::failure::Failure;
use crate::ui::decide::Confirm;
use crate::ui::{Answer, Ctx, Fact, Place, Shell, page};

/// How far back "the last faxes to this number" looks.
const HISTORY: usize = 12;

/// `GET /send/{draft}`: the numbers, written back.
pub(crate) async fn confirm(ctx: Ctx, Path(key): Path<String>) -> Answer {
    let Some(draft) = draft(&ctx, &key) else { return Ok(Redirect::to("/send").into_response()) };
    let action = format!("/send/{key}");
    match &draft.to.all[..] {
        [] => Ok(Redirect::to(&form_href(&draft)).into_response()),
        [to] => one(&ctx, &draft, to, action).await,
        all => several(&ctx, &draft, all, action).await,
    }
}

async fn one(ctx: &Ctx, draft: &Draft, to: &PhoneNumber, action: String) -> Answer {
    let number = ctx.number(to);
    let mut lines = repeated(ctx, draft);
    lines.push(history(ctx, to).await?);
    lines.extend(about(ctx, draft));
    page(&Confirm {
        shell: ctx.shell(ctx.t("send-confirm"), Place::Elsewhere, &[]).await,
        lines,
        action,
        button: ctx.with("send-button", &[("number", (&number).into())]),
        class: "p",
        big: number,
        back: form_href(draft),
        back_title: ctx.t("send-a-fax"),
        keep: ctx.t("send-change"),
    })
}

async fn several(ctx: &Ctx, draft: &Draft, all: &[PhoneNumber], action: String) -> Answer {
    let mut numbers = Vec::with_capacity(all.len());
    for number in all {
        numbers.push((ctx.number(number), history(ctx, number).await?));
    }
    let count = [("count", all.len().into())];
    let mut lines = repeated(ctx, draft);
    lines.push(ctx.t("send-each"));
    lines.extend(about(ctx, draft));
    page(&Several {
        shell: ctx.shell(ctx.t("send-confirm-several"), Place::Elsewhere, &[]).await,
        big: ctx.with("send-count", &count),
        numbers,
        lines,
        action,
        button: ctx.with("send-button-several", &count),
        back: form_href(draft),
    })
}

#[derive(Template)]
#[template(path = "send-several.html")]
struct Several {
    shell: Shell,
    big: String,
    /// Each number, and what became of the last faxes to it.
    numbers: Vec<Fact>,
    lines: Vec<String>,
    action: String,
    button: String,
    back: String,
}

fn repeated(ctx: &Ctx, draft: &Draft) -> Vec<String> {
    let said = |number| ctx.with("send-repeated", &[("number", (&ctx.number(number)).into())]);
    draft.to.repeated.iter().map(said).collect()
}

/// What is sent, for whom inside their house, when and how urgently.
fn about(ctx: &Ctx, draft: &Draft) -> Vec<String> {
    let mut lines = vec![document_line(ctx, draft)];
    if !draft.subject.is_empty() {
        lines.push(ctx.with("send-about", &[("subject", (&draft.subject).into())]));
    }
    let inside = &draft.wish.inside;
    if !inside.subaddress.expose().is_empty() {
        lines.push(ctx.with("send-for", &[("subaddress", inside.subaddress.expose().into())]));
    }
    if !inside.password.expose().is_empty() {
        lines.push(ctx.t("send-with-password"));
    }
    lines
        .extend(draft.wish.not_before.map(|at| ctx.with("send-later", &[("time", (&ctx.local.date_time(at)).into())])));
    if draft.wish.priority != Priority::Normal {
        lines.push(ctx.t(&format!("send-is-{}", draft.wish.priority.word())));
    }
    lines
}

/// What became of the last faxes to this number: the best sign that it is the right one.
async fn history(ctx: &Ctx, to: &PhoneNumber) -> Result<String, Failure> {
    let rows = ctx.app.store.faxes().sent_to(to, HISTORY).await?;
    let sent_there = |r: &&FaxRow| r.given_of.is_none() && !r.fetch;
    // What was recalled or held says nothing of the number.
    let told = |r: &&FaxRow| matches!(r.state, FaxState::Sent | FaxState::Failed | FaxState::Uncertain);
    let ended: Vec<_> = rows.iter().filter(sent_there).filter(told).collect();
    if ended.is_empty() {
        return Ok(ctx.t("send-first"));
    }
    let arrived = ended.iter().filter(|r| r.state == FaxState::Sent).count();
    Ok(ctx.with("send-history", &[("count", ended.len().into()), ("arrived", arrived.into())]))
}
