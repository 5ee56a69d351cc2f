//! The pages of a fax: as pictures in four widths, in a viewer, and as one PDF or TIFF. Drawing is pure computing and runs beside the async
//! tasks, a few at a time. Looking is audited, except at the smallest picture: 88 pixels show that there is a page, not what it says.

use askama::Template;
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use store::rows::FaxRow;

use super::fax::heading;
use super::words::fax_href;
use super::{Answer, Ctx, Place, Shell, page as render};
use crate::data::{self, Form, Look};
use crate::failure::Failure;

/// The widths in pixels, by the name in the address. Only these: each width costs computing. The last is that of the finest pages, which are shown
/// dot by dot then, as all others are.
const SIZES: [(&str, u32); 4] = [("thumb.png", 88), ("small.png", 288), ("large.png", 864), ("full.png", 3456)];
/// A document of more pages is downloaded in no useful time.
const MAX_DOWNLOAD_PAGES: u32 = 500;

/// `GET /faxes/{id}/pages/{number}/{size}`.
pub(crate) async fn picture(ctx: Ctx, Path((id, number, size)): Path<(String, String, String)>) -> Answer {
    let (_, width) = *SIZES.iter().find(|(name, _)| *name == size).ok_or(Failure::NotFound)?;
    let row = data::fax(&ctx.app, &id).await?;
    let index = page_number(&row, &number)? - 1;
    if width > SIZES[0].1 {
        data::viewed(&ctx.app, &ctx.principal, &row, if ctx.by_itself { Look::ByItself } else { Look::Pages }).await?;
    }
    // Waits for its turn: what is drawn at the same time is bounded, what is read from the store with it.
    let _turn = ctx.app.drawing.acquire().await.map_err(|_| Failure::NotDrawn)?;
    let page = ctx.app.store.faxes().page(row.id, index).await?.ok_or(Failure::NotFound)?;
    let draw = ctx.app.page_png.clone();
    let png = tokio::task::spawn_blocking(move || draw(page.expose(), width)).await.ok().flatten();
    let png = png.ok_or(Failure::NotDrawn)?;
    Ok(([(CONTENT_TYPE, "image/png")], png).into_response())
}

/// `GET /faxes/{id}/fax.pdf`.
pub(crate) async fn pdf(ctx: Ctx, Path(id): Path<String>) -> Answer {
    download(&ctx, &id, Form::Pdf).await
}

/// `GET /faxes/{id}/fax.tif`.
pub(crate) async fn tiff(ctx: Ctx, Path(id): Path<String>) -> Answer {
    download(&ctx, &id, Form::Tiff).await
}

async fn download(ctx: &Ctx, id: &str, form: Form) -> Answer {
    let row = data::fax(&ctx.app, id).await?;
    if row.pages > MAX_DOWNLOAD_PAGES {
        return Err(Failure::NotFound);
    }
    let file = data::fax_file(&ctx.app, &ctx.principal, &row, form, heading(ctx, &row)).await?;
    // The name says when, not who: it ends up in folders of downloads.
    let name = format!("attachment; filename=\"fax-{}.{}\"", row.id, form.ending());
    Ok(([(CONTENT_TYPE, form.media_type().to_owned()), (CONTENT_DISPOSITION, name)], file).into_response())
}

/// `GET /faxes/{id}/pages/{number}`.
pub(crate) async fn viewer(ctx: Ctx, Path((id, number)): Path<(String, String)>) -> Answer {
    let row = data::fax(&ctx.app, &id).await?;
    let number = page_number(&row, &number)?;
    data::viewed(&ctx.app, &ctx.principal, &row, Look::at_page(ctx.by_itself)).await?;
    let heading_text = ctx.with("page-alt", &[("page", number.into()), ("count", row.pages.into())]);
    let fax_title = heading(&ctx, &row);
    render(&Viewer {
        shell: ctx.shell(format!("{heading_text} · {fax_title}"), Place::Faxes, &[]).await,
        href: fax_href(row.id),
        fax_title,
        alt: heading_text.clone(),
        heading: heading_text,
        number,
        prev: (number > 1).then(|| number - 1),
        next: (number < row.pages).then(|| number + 1),
    })
}

#[derive(Template)]
#[template(path = "page.html")]
struct Viewer {
    shell: Shell,
    href: String,
    fax_title: String,
    heading: String,
    alt: String,
    number: u32,
    prev: Option<u32>,
    next: Option<u32>,
}

/// A page of the fax; people count from 1, the store from 0.
fn page_number(row: &FaxRow, number: &str) -> Result<u32, Failure> {
    number.parse().ok().filter(|n| (1..=row.pages).contains(n)).ok_or(Failure::NotFound)
}
