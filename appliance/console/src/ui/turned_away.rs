//! What was refused before it could become a call or a registration: a phone with a wrong password, a device that does not speak SIP
//! well, somebody who knocks at doors.

use askama::Template;
use model::ladder::RefusedMessage;

use super::ladder::{path, readable};
use super::words::TimeView;
use super::{Answer, Ctx, Place, Shell, page as render};
use crate::messages::words;

/// As many as are kept.
const MAX_SHOWN: usize = 200;

/// `GET /calls/turned-away`.
pub(crate) async fn page(ctx: Ctx) -> Answer {
    let all = ctx.app.store.calls().turned_away(MAX_SHOWN).await?;
    render(&Page {
        shell: ctx.shell(ctx.t("turned-away-title"), Place::Calls, &["live-calls"]).await,
        all: all.iter().map(|one| One::new(&ctx, one)).collect(),
    })
}

#[derive(Template)]
#[template(path = "turned_away.html")]
struct Page {
    shell: Shell,
    all: Vec<One>,
}

struct One {
    at: TimeView,
    sentence: String,
    path: String,
    text: String,
}

impl One {
    fn new(ctx: &Ctx, one: &RefusedMessage) -> Self {
        Self {
            at: ctx.time(one.message.at),
            sentence: words::turned_away(ctx.local.texts, one),
            path: path(ctx, &one.message),
            text: readable(one.message.text.expose()),
        }
    }
}
