//! Fetch a fax that another machine holds ready: the form, and what the page of a fax says of such an order and of what came of it.

use askama::Template;
use axum::extract::Form;
use axum::http::StatusCode;
use model::command::{Command, CommandOutcome};
use model::fax::{Door, FaxState};
use model::sending::Wish;
use model::settings::Right;
use model::{Inside, Pii};
use serde::Deserialize;
use store::rows::FaxRow;

use super::fax::{Act, Banner, tried, waiting};
use super::send::{self, Wanted, admitted};
use super::words::{fax_href, recallable};
use super::{Answer, Ctx, Place, Shell, page, page_with};
use crate::data;
use crate::failure::Failure;

/// The form as a person has filled it in so far, and what is wrong with it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Filled {
    from: String,
    subject: String,
    subaddress: String,
    password: String,
    not_before: String,
    #[serde(skip)]
    from_error: String,
    #[serde(skip)]
    inside_error: String,
    #[serde(skip)]
    when_error: String,
    #[serde(skip)]
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "fetch.html")]
struct FetchForm {
    shell: Shell,
    filled: Filled,
}

/// `GET /fetch`.
pub(crate) async fn form(ctx: Ctx) -> Answer {
    page(&Filled::default().form(&ctx).await)
}

/// `POST /fetch`: checks and orders. For a moment nothing is dialled, and one press on the page that follows takes it back.
pub(crate) async fn order(ctx: Ctx, Form(mut filled): Form<Filled>) -> Answer {
    let number = admitted(&ctx, &filled.from);
    let wish = Wanted::of(&ctx, "", &filled.not_before);
    let inside = Inside::parse(&filled.subaddress, &filled.password);
    let (number, wish, inside) = match (number, wish, inside) {
        (Ok(number), Ok(wish), Ok(inside)) => (number, wish, inside),
        (number, wish, inside) => {
            filled.from_error = number.err().unwrap_or_default();
            filled.when_error = wish.err().unwrap_or_default();
            filled.inside_error = inside.err().unwrap_or_default().to_owned();
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &filled.form(&ctx).await);
        }
    };
    let command = Command::FetchFax {
        by: ctx.principal.user.clone(),
        door: Door::Console,
        from: number,
        subject: Pii::new(filled.subject.clone()),
        wish: Wish { inside, ..wish },
    };
    match data::order(&ctx.app, command).await {
        Ok(CommandOutcome::FaxAccepted(fax)) => Ok(send::taken(&ctx, &fax_href(fax))),
        Ok(CommandOutcome::Done | CommandOutcome::FaxesAccepted(_) | CommandOutcome::Ladder(_)) => {
            Err(Failure::Unknown)
        }
        Err(Failure::Command(error)) => {
            filled.problem = Some(error.to_string());
            page_with(StatusCode::CONFLICT, &filled.form(&ctx).await)
        }
        Err(failure) => Err(failure),
    }
}

impl Filled {
    async fn form(self, ctx: &Ctx) -> FetchForm {
        FetchForm { shell: ctx.shell(ctx.t("fetch-title"), Place::Faxes, &[]).await, filled: self }
    }

    fn names_nothing(&self) -> bool {
        self.subaddress.is_empty() && self.password.is_empty()
    }
}

/// From an order to what came of it, and back; and from a fetch to the document that it is of.
pub(super) async fn links(ctx: &Ctx, row: &FaxRow) -> Result<Vec<(String, String)>, Failure> {
    if let Some(offer) = row.given_of {
        return Ok(vec![(fax_href(offer), ctx.t("offer-see"))]);
    }
    if let Some(order) = row.fetched_by {
        return Ok(vec![(fax_href(order), ctx.t("fetch-see-order"))]);
    }
    if !row.fetch {
        return Ok(Vec::new());
    }
    let came = ctx.app.store.faxes().fetched(row.id).await?;
    Ok(came.into_iter().map(|fax| (fax_href(fax), ctx.t("fetch-see-fax"))).collect())
}

/// How an order to fetch stands, and what to do about it.
pub(super) fn banner(ctx: &Ctx, row: &FaxRow) -> Option<Banner> {
    let href = fax_href(row.id);
    let may_send = ctx.may(Right::SendFaxes);
    let acts = |key: &str, path: &str, class, post| {
        let act = || Act { title: ctx.t(key), href: format!("{href}/{path}"), class, post };
        may_send.then(act).into_iter().collect()
    };
    let calm = |title: String, lines, acts| Banner { class: "calm", title, lines, acts };
    let mut banner = match row.state {
        FaxState::Failed => {
            let why = row.cause.map(|cause| row.sentence_of(cause).to_owned()).unwrap_or_default();
            let part =
                if row.pages > 0 { ctx.with("fetch-part-what", &[("count", row.pages.into())]) } else { String::new() };
            let title = ctx.t(if row.pages > 0 { "fetch-part" } else { "fetch-failed" });
            let lines = vec![why, part, tried(ctx, row)];
            Banner { class: "", title, lines, acts: acts("fetch-again", "again", "p", false) }
        }
        FaxState::Waiting => match recallable(ctx, row) {
            Some(until) => calm(
                ctx.with("fetch-undo-until", &[("time", (&ctx.local.when_exact(until)).into())]),
                vec![ctx.t("fax-undo-what")],
                acts("fax-undo", "recall", "p", true),
            ),
            None => calm(ctx.t("fetch-waiting"), waiting(ctx, row), acts("fax-recall", "recall", "", false)),
        },
        FaxState::Sending => calm(ctx.t("fax-sending"), Vec::new(), acts("fax-recall", "recall", "", false)),
        _ => return None,
    };
    banner.lines.retain(|line| !line.is_empty());
    Some(banner)
}

/// What another try comes to.
pub(super) fn again_lines(ctx: &Ctx, row: &FaxRow) -> Vec<String> {
    let mut lines = vec![ctx.t("fetch-again-what")];
    if row.pages > 0 {
        lines.push(ctx.with("fetch-again-part", &[("count", row.pages.into())]));
    }
    lines
}
