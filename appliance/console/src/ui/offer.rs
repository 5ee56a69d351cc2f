//! Lay a document out for other machines to fetch: the form, and what the page of such a document says, and that of each fetch.

use askama::Template;
use axum::extract::Multipart;
use axum::http::StatusCode;
use model::command::{Command, CommandOutcome, Document};
use model::fax::{Door, FaxState};
use model::sending::{OrderKey, Wish};
use model::settings::Right;
use model::{Inside, Offer, Pii, Wall};
use store::rows::FaxRow;

use super::fax::{Act, Banner};
use super::send::{self, Draft, Fate, document_line, document_of};
use super::words::{FaxLine, fax_href};
use super::{Answer, Ctx, Fact, Place, Shell, page, page_with};
use crate::api::offers::fingerprint;
use crate::data;
use crate::failure::Failure;
use crate::numbers::Numbers;
use crate::upload::{Upload, accepted};

/// Documents above the form, and fetches on the page of one.
const SHOWN: usize = 50;

/// The form as a person has filled it in so far, and what is wrong with it.
#[derive(Default)]
struct Filled {
    subject: String,
    called: String,
    subaddress: String,
    password: String,
    until: String,
    once: bool,
    open: bool,
    key: String,
    /// The document that is here already: its address and its name.
    kept: Option<(String, String)>,
    inside_error: String,
    until_error: String,
    document_error: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "offer.html")]
struct OfferForm {
    shell: Shell,
    office: bool,
    accepted: String,
    document_hint: String,
    /// The numbers of ours, if there are several.
    numbers: Vec<Number>,
    rows: Vec<FaxLine>,
    filled: Filled,
}

struct Number {
    number: String,
    said: String,
    chosen: bool,
}

/// `GET /offer`.
pub(crate) async fn form(ctx: Ctx) -> Answer {
    let until = ctx.local.now + Offer::USUAL;
    let until = until.in_zone(&ctx.settings.zone()).strftime("%Y-%m-%dT%H:%M").to_string();
    let filled = Filled { until, key: ctx.app.sessions.random_key(), ..Filled::default() };
    page(&filled.form(&ctx).await?)
}

/// `POST /offer`: checks and orders. It can be withdrawn at any time, and until its pages are drawn nobody gets it.
pub(crate) async fn order(ctx: Ctx, form: Multipart) -> Answer {
    let mut upload = Upload::read_typed(&ctx.app, form).await?;
    let mut filled = Filled::of(&upload);
    let offer = filled.check(&ctx);
    let document = match document_of(&ctx, &mut upload, "offer-no-document") {
        Ok(document) => document,
        Err((status, sentence)) => {
            filled.document_error = sentence;
            return page_with(status, &filled.form(&ctx).await?);
        }
    };
    let Some(offer) = offer else {
        filled.keep(&ctx, document);
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &filled.form(&ctx).await?);
    };
    upload.documents = vec![document.clone()];
    let key = Some(upload.key.clone()).filter(|key| !key.is_empty() && key.len() <= OrderKey::MAX);
    let command = Command::OfferFax {
        by: ctx.principal.user.clone(),
        door: Door::Console,
        subject: Pii::new(filled.subject.clone()),
        documents: vec![document.clone()],
        offer,
        open: filled.open,
        key: key.map(|key| OrderKey { key: Pii::new(key), fingerprint: fingerprint(&upload) }),
    };
    match data::order(&ctx.app, command).await {
        Ok(CommandOutcome::FaxAccepted(fax)) => Ok(send::taken(&ctx, &fax_href(fax))),
        Ok(CommandOutcome::Done | CommandOutcome::FaxesAccepted(_) | CommandOutcome::Ladder(_)) => {
            Err(Failure::Unknown)
        }
        Err(Failure::Command(error)) => {
            filled.problem = Some(error.to_string());
            filled.keep(&ctx, document);
            page_with(StatusCode::CONFLICT, &filled.form(&ctx).await?)
        }
        Err(failure) => Err(failure),
    }
}

impl Filled {
    fn of(upload: &Upload) -> Self {
        Self {
            subject: upload.subject.clone(),
            called: upload.called.clone(),
            subaddress: upload.subaddress.clone(),
            password: upload.password.clone(),
            until: upload.until.clone(),
            once: upload.once,
            open: upload.open,
            key: upload.key.clone(),
            ..Self::default()
        }
    }

    /// What it orders; or the sentences beside its fields.
    fn check(&mut self, ctx: &Ctx) -> Option<Offer> {
        let inside = Inside::parse(&self.subaddress, &self.password);
        if let Err(sentence) = inside {
            sentence.clone_into(&mut self.inside_error);
        }
        let until = ctx.local.read_time(&self.until);
        if until.is_none() {
            self.until_error = ctx.t("send-bad-time");
        }
        let called = match self.called.as_str() {
            "" => None,
            typed => Some(ctx.settings.numbering.parse(typed).ok()?),
        };
        let offer = Offer { called, inside: inside.ok()?, until: until?, once: self.once };
        let (settings, open) = (&ctx.settings, self.open);
        match data::admit_offer(settings, &ctx.principal, Door::Console, (&offer, open), ctx.local.now) {
            Ok(()) => Some(offer),
            Err(sentence) => {
                self.inside_error = sentence;
                None
            }
        }
    }

    /// The document need not be chosen again.
    fn keep(&mut self, ctx: &Ctx, document: Document) {
        let kept = ctx.app.drafts.keep(Draft {
            key: ctx.app.sessions.random_key(),
            user: ctx.principal.user.clone(),
            typed: String::new(),
            to: Numbers::default(),
            wish: Wish::default(),
            asked: Default::default(),
            subject: self.subject.clone(),
            document,
            born: ctx.app.clock.now().instant,
            fate: Fate::Open.into(),
        });
        self.kept = Some((kept.key.clone(), document_line(ctx, &kept)));
    }

    async fn form(self, ctx: &Ctx) -> Result<OfferForm, Failure> {
        let limit = ctx.local.size(ctx.settings.max_message);
        let rows = ctx.app.store.faxes().offers(SHOWN).await?;
        let numbers = data::fax_numbers(&ctx.settings);
        let number = |number: &model::PhoneNumber| Number {
            number: number.as_str().to_owned(),
            said: ctx.number(number),
            chosen: self.called == number.as_str(),
        };
        Ok(OfferForm {
            shell: ctx.shell(ctx.t("offer-title"), Place::Faxes, &[]).await,
            office: ctx.snapshot.office,
            accepted: accepted(),
            document_hint: match &self.kept {
                Some(_) => ctx.t("send-document-other"),
                None if ctx.snapshot.office => ctx.with("send-document-hint-office", &[("size", (&limit).into())]),
                None => ctx.with("send-document-hint", &[("size", (&limit).into())]),
            },
            numbers: if numbers.len() > 1 { numbers.iter().map(number).collect() } else { Vec::new() },
            rows: rows.iter().map(|row| FaxLine::new(ctx, row)).collect(),
            filled: self,
        })
    }
}

/// It lies ready now.
pub(super) fn lies_ready(offer: &Offer, row: &FaxRow, now: Wall) -> bool {
    row.state == FaxState::Offered && now < offer.until
}

/// How a document that is laid out stands, and what to do about it; or what to do about a fetch of it.
pub(super) fn banner(ctx: &Ctx, row: &FaxRow) -> Option<Banner> {
    let href = fax_href(row.id);
    let may_send = ctx.may(Right::SendFaxes);
    let acts = |key: &str, path: &str, class, post| {
        let act = || Act { title: ctx.t(key), href: format!("{href}/{path}"), class, post };
        may_send.then(act).into_iter().collect::<Vec<_>>()
    };
    let calm = |title, lines, acts| Banner { class: "calm", title, lines, acts };
    let Some(offer) = &row.offer else {
        let why = row.cause.map(|cause| row.sentence_of(cause).to_owned()).unwrap_or_default();
        return match row.state {
            FaxState::Uncertain => {
                let lines = vec![why, ctx.t("offer-uncertain-what")];
                let acts = acts("fax-arrived", "arrived", "", false);
                Some(Banner { class: "", title: ctx.t("fax-uncertain"), lines, acts })
            }
            FaxState::Failed => Some(calm(ctx.t("offer-broke"), vec![why], Vec::new())),
            FaxState::Sending => Some(calm(ctx.t("offer-on-the-line"), Vec::new(), Vec::new())),
            _ => None,
        };
    };
    let over = ctx.local.now >= offer.until;
    let again = || if over { Vec::new() } else { acts("offer-again", "again", "", true) };
    Some(match row.state {
        FaxState::Rendering => {
            calm(ctx.t("fax-rendering"), vec![ctx.t("offer-not-yet")], acts("offer-withdraw", "recall", "", true))
        }
        FaxState::Offered if over => calm(ctx.t("offer-over"), vec![ctx.t("offer-nobody")], Vec::new()),
        FaxState::Offered => {
            let until = ctx.local.when(offer.until);
            let whom = ctx.t(if offer.is_open() { "offer-open-what" } else { "offer-closed-what" });
            let class = if offer.is_open() { "warn" } else { "calm" };
            let title = ctx.with("offer-ready", &[("time", (&until).into())]);
            Banner { class, title, lines: vec![whom], acts: acts("offer-withdraw", "recall", "", true) }
        }
        FaxState::Cancelled => calm(ctx.t("offer-withdrawn"), vec![ctx.t("offer-nobody")], again()),
        FaxState::Sent => calm(ctx.t("offer-used"), vec![ctx.t("offer-nobody")], again()),
        FaxState::Failed => {
            let why = row.reason.as_ref().map(|reason| reason.expose().clone()).unwrap_or_default();
            Banner { class: "", title: ctx.t("offer-failed"), lines: vec![why], acts: Vec::new() }
        }
        _ => return None,
    })
}

/// What its record says beside that of every fax.
pub(super) fn facts(ctx: &Ctx, row: &FaxRow) -> Vec<Fact> {
    let Some(offer) = &row.offer else { return Vec::new() };
    let all = || ctx.t("offer-any-number");
    let subaddress = offer.inside.subaddress.expose();
    vec![
        (ctx.t("offer-called"), offer.called.as_ref().map_or_else(all, |number| ctx.number(number))),
        (ctx.t("fetch-subaddress"), if subaddress.is_empty() { ctx.t("offer-none") } else { subaddress.clone() }),
        (ctx.t("fetch-password"), ctx.t(if offer.is_open() { "offer-none" } else { "offer-has-one" })),
        (ctx.t("offer-until"), ctx.local.when(offer.until)),
        (ctx.t("offer-often"), ctx.t(if offer.once { "offer-once-fact" } else { "offer-often-fact" })),
    ]
}

/// Who fetched it, newest first; `None` of what is not laid out.
pub(super) async fn given(ctx: &Ctx, row: &FaxRow) -> Result<Option<Vec<FaxLine>>, Failure> {
    if row.offer.is_none() {
        return Ok(None);
    }
    let rows = ctx.app.store.faxes().given(row.id, SHOWN).await?;
    Ok(Some(rows.iter().map(|row| FaxLine::new(ctx, row)).collect()))
}
