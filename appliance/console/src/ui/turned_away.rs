//! What was refused before it could become a call or a registration: a phone with a wrong password, a device that does not speak SIP
//! well, somebody who knocks at doors.

use std::collections::HashSet;

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
        all: grouped(&ctx, &all),
    })
}

/// What is the same as the one before it (the same source, what it wanted, and why it did not get it) is said once, with how often: a phone with
/// an old password asks every minute, and must not hide everybody else. The newest of them is shown.
fn grouped(ctx: &Ctx, all: &[RefusedMessage]) -> Vec<One> {
    let mut shown: Vec<(One, u32)> = Vec::new();
    for one in all {
        let one = One::new(ctx, one);
        match shown.last_mut().filter(|(last, _)| last.sentence == one.sentence) {
            Some((last, times)) => {
                last.id = one.id;
                *times += 1;
            }
            None => shown.push((one, 1)),
        }
    }
    let mut ids = HashSet::new();
    for (one, _) in shown.iter_mut().rev() {
        while !ids.insert(one.id.clone()) {
            one.id.push('-');
        }
    }
    let said = |(one, times): (One, u32)| match times {
        1 => one,
        _ => {
            let words = [("what", (&one.sentence).into()), ("count", times.into())];
            One { sentence: ctx.with("turned-away-times", &words), ..one }
        }
    };
    shown.into_iter().map(said).collect()
}

#[derive(Template)]
#[template(path = "turned_away.html")]
struct Page {
    shell: Shell,
    all: Vec<One>,
}

struct One {
    /// By the oldest of its kind, which stays the oldest when more come: what somebody has opened to read stays what it is.
    id: String,
    at: TimeView,
    sentence: String,
    path: String,
    text: String,
}

impl One {
    fn new(ctx: &Ctx, one: &RefusedMessage) -> Self {
        Self {
            id: format!("away-{}", one.message.at.millis()),
            at: ctx.time(one.message.at),
            sentence: words::turned_away(ctx.local.texts, one),
            path: path(ctx, &one.message),
            text: readable(one.message.text.expose()),
        }
    }
}
