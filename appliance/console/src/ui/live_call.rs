//! A call that is up: who talks, for how long, how it sounds, and every message until now.

use askama::Template;
use model::CallId;
use model::call::LiveCall;
use model::settings::Right;

use super::calls::{Leg, party_in_full};
use super::ladder::LadderView;
use super::words::LiveView;
use super::{Answer, Ctx, Fact, Place, Shell, page as render};
use crate::data;
use crate::failure::Failure;

/// `GET /calls/{id}` of a call that has no record yet. The page looks anew while the call is up, and becomes that of the record then.
pub(crate) async fn page(ctx: Ctx, id: CallId) -> Answer {
    let call = ctx.snapshot.calls.iter().find(|call| call.id == id);
    let ladder = data::ladder(&ctx.app, id).await?.map(|(ladder, _)| ladder).filter(|l| !l.messages.is_empty());
    if call.is_none() && ladder.is_none() {
        return Err(Failure::NotFound);
    }
    let live = call.map(|call| LiveView::new(&ctx, call));
    let title = live.as_ref().map_or_else(|| ctx.t("live-over"), |view| view.title.clone());
    render(&Page {
        // What phones and carriers say to each other is no event of its own: it is looked for.
        shell: ctx.shell(title, Place::Calls, &["every 5s", "live-calls"]).await,
        sub: call.map_or_else(
            || ctx.t("live-over-what"),
            |call| ctx.with("live-since", &[("time", (&ctx.local.date_time(call.started)).into())]),
        ),
        id: id.to_string(),
        can_hang_up: ctx.may(Right::Manage) && live.as_ref().is_some_and(|view| !view.emergency),
        facts: call.map(|call| facts(&ctx, call)).unwrap_or_default(),
        legs: call.map(|call| legs(&ctx, call)).unwrap_or_default(),
        live,
        no_ladder: ctx.t("ladder-not-yet"),
        ladder: ladder.map(|ladder| LadderView::new(&ctx, &ladder)),
    })
}

#[derive(Template)]
#[template(path = "live-call.html")]
struct Page {
    shell: Shell,
    sub: String,
    id: String,
    can_hang_up: bool,
    live: Option<LiveView>,
    facts: Vec<Fact>,
    legs: Vec<Leg>,
    ladder: Option<LadderView>,
    no_ladder: String,
}

fn legs(ctx: &Ctx, call: &LiveCall) -> Vec<Leg> {
    let legs = [("call-caller", &call.caller_quality), ("call-callee", &call.callee_quality)];
    legs.iter().filter(|(_, quality)| quality.came()).map(|(key, quality)| Leg::new(ctx, key, quality)).collect()
}

fn facts(ctx: &Ctx, call: &LiveCall) -> Vec<Fact> {
    let mut facts =
        vec![(ctx.t("call-from"), party_in_full(ctx, &call.from)), (ctx.t("call-to"), party_in_full(ctx, &call.to))];
    if let Some(at) = call.answered {
        let waited = u64::try_from(at.millis_since(call.started)).unwrap_or(0);
        facts.push((ctx.t("call-answered-after"), ctx.local.duration(waited)));
    }
    if !call.next_trunks.is_empty() {
        facts.push((ctx.t("live-next"), call.next_trunks.join(", ")));
    }
    facts
}
