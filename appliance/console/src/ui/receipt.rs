//! The printable receipt of a fax that was sent, or was tried: for the hospital that says "we never received it".

use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use model::Wall;
use model::fax::{Direction, FaxState};
use store::rows::{AttemptRow, FaxRow};

use super::words::fax_tag;
use super::{Answer, Ctx, Fact};
use crate::ReceiptPaper;
use crate::data;
use crate::failure::Failure;

/// Attempts on the paper; earlier ones are in the console.
const ATTEMPTS: usize = 12;

/// `GET /faxes/{id}/receipt.pdf`. The first page is on it if the settings say so.
pub(crate) async fn download(ctx: Ctx, Path(id): Path<String>) -> Answer {
    let row = data::fax(&ctx.app, &id).await?;
    if row.direction != Direction::Out || row.fetch {
        return Err(Failure::NotFound);
    }
    data::viewed(&ctx.app, &ctx.principal, &row, data::Look::Standing).await?;
    let attempts = ctx.app.store.faxes().attempts(row.id).await?;
    let shown = ctx.settings.faxing.receipt_page && row.pages > 0;
    let first_page = if shown { ctx.app.store.faxes().page(row.id, 0).await? } else { None };
    let paper = ReceiptPaper {
        clinic: ctx.settings.clinic_name.clone(),
        title: ctx.t("receipt-title"),
        sentence: sentence(&ctx, &row),
        facts: facts(&ctx, &row, &attempts),
        heading: ctx.t("receipt-attempts"),
        attempts: attempts.iter().rev().take(ATTEMPTS).rev().flat_map(|attempt| lines(&ctx, attempt)).collect(),
        first_page,
    };
    let _turn = ctx.app.drawing.acquire().await.map_err(|_| Failure::NotDrawn)?;
    let print = ctx.app.receipt_pdf.clone();
    let pdf = tokio::task::spawn_blocking(move || print(paper)).await.map_err(|_| Failure::NotDrawn)?;
    // The name says when, not who: it ends up in folders of downloads.
    let name = format!("attachment; filename=\"receipt-{}.pdf\"", row.id);
    Ok(([(CONTENT_TYPE, "application/pdf".to_owned()), (CONTENT_DISPOSITION, name)], pdf).into_response())
}

/// The same sentence as everywhere.
fn sentence(ctx: &Ctx, row: &FaxRow) -> String {
    match (&row.reason, row.sentence()) {
        (Some(reason), _) => reason.expose().clone(),
        (None, Some(sentence)) => format!("{}. {sentence}", fax_tag(ctx, row).text),
        (None, None) => fax_tag(ctx, row).text,
    }
}

fn facts(ctx: &Ctx, row: &FaxRow, attempts: &[AttemptRow]) -> Vec<Fact> {
    // What people do with it later changes its row, and not when its last call was over.
    let called = attempts.last().and_then(|attempt| attempt.ended).filter(|_| row.state != FaxState::Cancelled);
    let ended = called.unwrap_or(row.changed);
    let said = |(by, at): &(String, Wall)| format!("{}, {}", ctx.person(by), ctx.local.exact(*at));
    let pages = [("done", row.pages_confirmed.into()), ("count", row.pages.into())];
    let mut facts = vec![
        (ctx.t("receipt-to"), row.number.as_ref().map(|n| ctx.number(n)).unwrap_or_default()),
        (ctx.t("receipt-about"), row.subject.expose().clone()),
        (ctx.t("receipt-by"), row.by.as_deref().map(|u| ctx.person(u)).unwrap_or_default()),
        (ctx.t("receipt-ordered"), ctx.local.exact(row.created)),
        (ctx.t("receipt-ended"), if row.state.is_final() { ctx.local.exact(ended) } else { String::new() }),
        (ctx.t("record-arrived-by"), row.done.as_ref().map(said).unwrap_or_default()),
        (ctx.t("receipt-pages"), ctx.with("receipt-pages-of", &pages)),
        (ctx.t("receipt-machine"), row.remote_ident.expose().clone()),
        (ctx.t("receipt-fax"), row.id.to_string()),
    ];
    facts.retain(|(_, fact)| !fact.is_empty());
    facts.push((String::new(), ctx.with("receipt-printed", &[("time", (&ctx.local.exact(ctx.local.now)).into())])));
    facts
}

fn lines(ctx: &Ctx, attempt: &AttemptRow) -> Vec<String> {
    let outcome = attempt.outcome.as_ref();
    let sentence = outcome.map_or_else(|| ctx.t("attempt-open"), |o| o.cause.sentence().to_owned());
    let mut lines = vec![ctx.with(
        "receipt-attempt",
        &[
            ("number", attempt.number.into()),
            ("time", (&ctx.local.exact(attempt.started)).into()),
            ("line", (&attempt.line).into()),
            ("sentence", (&sentence).into()),
        ],
    )];
    if let Some(o) = outcome.filter(|o| o.bit_rate > 0) {
        let ecm = ctx.t(if o.ecm { "attempt-ecm-on" } else { "attempt-ecm-off" });
        let ecm = format!("{} {ecm}", ctx.t("attempt-ecm").to_lowercase());
        lines.push(ctx.with(
            "receipt-detail",
            &[
                ("pages", o.pages_confirmed.into()),
                ("rate", (&ctx.local.grouped(u64::from(o.bit_rate))).into()),
                ("ecm", (&ecm).into()),
                ("repeated", o.blocks_repeated.into()),
                ("lost", o.packets_lost.into()),
                ("time", (&ctx.local.duration(o.millis)).into()),
            ],
        ));
    }
    lines
}
