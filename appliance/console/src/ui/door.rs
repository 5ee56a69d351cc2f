//! Who was turned away at the door, in words: addresses that are not answered, why and until when, and how much else was refused.

use model::defence::{Block, Change, Mirrored, TurnedAway};

use super::words::TimeView;
use super::{Ctx, Fact};

/// A finding about a router is shown this long after it was last seen.
const ALTERED_MILLIS: i64 = 2 * 3_600_000;

/// The section, as its template sees it.
pub(super) struct Door {
    pub(super) blocks: Vec<BlockView>,
    /// What was turned away since the start, largest concern first; without what never happened.
    pub(super) counts: Vec<Fact>,
    /// Phones whose messages a router changes: a sentence each.
    pub(super) altered: Vec<String>,
    /// Mirrors to which our own messages come changed: a sentence each.
    pub(super) meddled: Vec<String>,
    /// What the others said.
    pub(super) mirrors: Vec<Fact>,
}

/// An address that is not answered.
pub(super) struct BlockView {
    pub(super) address: String,
    pub(super) why: String,
    pub(super) since: TimeView,
    pub(super) until: String,
    /// "The third time within a day", if it is not the first.
    pub(super) again: String,
}

impl Door {
    pub(super) fn new(ctx: &Ctx) -> Self {
        let defence = &ctx.snapshot.defence;
        let now = ctx.local.now;
        let blocks = defence.blocks.iter().filter(|b| b.until > now).map(|b| BlockView::new(ctx, b)).collect();
        let (meddled, mirrors) = mirrors(ctx, &defence.mirrored);
        Self { blocks, counts: counts(ctx, &defence.turned_away), altered: altered(ctx), meddled, mirrors }
    }
}

impl BlockView {
    fn new(ctx: &Ctx, block: &Block) -> Self {
        let until = ctx.local.when(block.until);
        Self {
            address: block.source.label(),
            why: ctx.t(&format!("door-why-{}", block.suspicion.word().replace('_', "-"))),
            since: TimeView::new(&ctx.local, block.since, ctx.local.when(block.since)),
            until: ctx.with("door-until", &[("time", (&until).into())]),
            again: if block.times > 1 {
                ctx.with("door-again", &[("count", u64::from(block.times).into())])
            } else {
                String::new()
            },
        }
    }
}

fn altered(ctx: &Ctx) -> Vec<String> {
    let recent = ctx.snapshot.defence.altered.iter().filter(|(_, at)| ctx.local.now.millis_since(*at) < ALTERED_MILLIS);
    let people = recent.filter_map(|(user, _)| ctx.settings.person(user));
    people
        .map(|p| ctx.with("door-altered", &[("extension", (&p.extension).into()), ("name", p.name.expose().into())]))
        .collect()
}

/// What mirrors outside said: what is wrong in sentences, the rest as facts.
fn mirrors(ctx: &Ctx, said: &[Mirrored]) -> (Vec<String>, Vec<Fact>) {
    let (mut meddled, mut facts) = (Vec::new(), Vec::new());
    for Mirrored { mirror, at, changed } in said {
        let (mirror, time) = (mirror.ip().to_string(), ctx.local.when(*at));
        let what = changed.as_ref().map(|all| all.iter().map(|change| ctx.t(&text(*change))).collect::<Vec<_>>());
        match what {
            Some(what) if !what.is_empty() => {
                let what = what.join(", ");
                let args = [("mirror", (&mirror).into()), ("what", (&what).into())];
                meddled.push(ctx.with("door-mirror-changed", &args));
            }
            Some(_) => facts.push((
                ctx.with("door-mirror", &[("mirror", (&mirror).into())]),
                ctx.with("door-mirror-unchanged", &[("time", (&time).into())]),
            )),
            None => facts.push((
                ctx.with("door-mirror", &[("mirror", (&mirror).into())]),
                ctx.with("door-mirror-silent", &[("time", (&time).into())]),
            )),
        }
    }
    (meddled, facts)
}

fn text(change: Change) -> String {
    format!("door-mirror-{}", change.word().replace('_', "-"))
}

fn counts(ctx: &Ctx, turned_away: &TurnedAway) -> Vec<Fact> {
    let TurnedAway { foreign, garbage, invalid, busy, above_share, silenced, blocked } = *turned_away;
    let all = [
        ("door-foreign-calls", foreign.calls),
        ("door-foreign-registrations", foreign.registrations),
        ("door-foreign-probes", foreign.probes),
        ("door-foreign-other", foreign.other),
        ("door-blocked", blocked),
        ("door-share", above_share + silenced),
        ("door-busy", busy),
        ("door-broken", garbage + invalid),
    ];
    let said = all.into_iter().filter(|(_, count)| *count > 0);
    said.map(|(key, count)| (ctx.t(key), ctx.local.grouped(count))).collect()
}
