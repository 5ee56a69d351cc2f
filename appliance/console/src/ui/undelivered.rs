//! Who did not get a received fax: its readers by mail, or a folder of the computer.

use model::fax::Delivery;
use model::filing::Way;
use store::rows::{FaxRow, MailState};

use super::Ctx;
use super::fax::Banner;
use crate::failure::Failure;

/// Somebody who did not get it, and what is known of why.
pub(super) struct Undelivered {
    title: String,
    what: String,
}

/// All that did not get this fax.
pub(super) async fn of(ctx: &Ctx, row: &FaxRow) -> Result<Vec<Undelivered>, Failure> {
    let mut all = Vec::new();
    if row.delivery == Delivery::Failed {
        // No mail of it may have been made: then no server has refused one.
        let lost = ctx.app.store.mails().is_reader_lost(row.id).await?;
        let what = ctx.t(if lost { "fax-mail-failed-what" } else { "fax-mail-unmade-what" });
        all.push(Undelivered { title: ctx.t("fax-mail-failed"), what });
    }
    if !row.unwritten {
        return Ok(all);
    }
    for way in ctx.app.store.faxes().ways(row.id).await? {
        if let (MailState::Failed, Way::Folder(name)) = (way.state, &way.way) {
            let title = ctx.with("fax-unwritten", &[("name", name.into())]);
            let why = way.why.unwrap_or_default();
            all.push(Undelivered { title, what: ctx.with("fax-unwritten-what", &[("why", (&why).into())]) });
        }
    }
    Ok(all)
}

/// What is said of a fax, and below it who did not get it. Where there is nothing else to be said, that is it.
pub(super) fn below(banner: Option<Banner>, undelivered: Vec<Undelivered>) -> Option<Banner> {
    let mut all = undelivered.into_iter();
    let mut banner = match banner {
        Some(banner) => banner,
        None => {
            let first = all.next()?;
            Banner { class: "warn", title: first.title, lines: vec![first.what], acts: Vec::new() }
        }
    };
    banner.lines.extend(all.map(|other| format!("{}. {}", other.title, other.what)));
    Some(banner)
}
